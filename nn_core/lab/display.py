"""Put figures onto the page. They suit a light and a dark background."""

import io
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from html import escape
from pathlib import Path
from typing import ParamSpec

import matplotlib.pyplot as plt
from IPython.display import HTML, display
from matplotlib.figure import Figure

plt.style.use(str(Path(__file__).with_name("course.mplstyle")))

INK = "#1f2933"  # the text colour of course.mplstyle
ACCENT = "#c2410c"  # the accent colour of the book, also in course.css
# The colours are C0 to C3 of course.mplstyle. Lines and classes also differ in the marker.
COLOURS = ["blue", "orange", "green", "pink"]
MARKERS = {"o": "circles", "s": "squares", "^": "triangles", "D": "diamonds", "v": "wedges"}

Drawn = tuple[Figure, str]  # a figure, and its alt text
Arguments = ParamSpec("Arguments")

LONG = re.compile(r"\d+\.\d{3,}")  # a number with many decimals

_caught: ContextVar[list[Drawn] | None] = ContextVar("_caught", default=None)


def show(fig: Figure, alt: str) -> None:
    """Show a figure in the text colour of the page, light or dark.

    The figure becomes an SVG drawing with the ink `currentColor`. The drawing works in the
    rendered book and in a notebook, and stays sharp at any size.

    Parameters
    ----------
    fig
        A matplotlib figure. The function closes it.
    alt
        A description of the figure in a sentence or two, for readers who cannot see the figure.

    Raises
    ------
    ValueError
        `fig` is no figure, or `alt` is empty or no text.
    """
    if not isinstance(fig, Figure):
        raise ValueError(f"expected a figure and its alt text, found {type(fig).__name__}")
    if not (isinstance(alt, str) and alt.strip()):
        raise ValueError(f"expected alt text that says what is seen, found {alt!r}")
    caught = _caught.get()
    if caught is None:
        display(HTML(f'<div class="plot">{drawing(fig, alt)}</div>'))
    else:
        caught.append((fig, alt))


def showing(draw: Callable[Arguments, Drawn]) -> Callable[Arguments, None]:
    """Turn a function that draws a figure into a function that shows the figure."""

    @wraps(draw)
    def draw_and_show(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        show(*draw(*args, **kwargs))

    return draw_and_show


@contextmanager
def catch() -> Iterator[list[Drawn]]:
    """Collect the figures shown inside, with their alt texts, instead of showing them."""
    shown: list[Drawn] = []
    token = _caught.set(shown)
    try:
        yield shown
    finally:
        _caught.reset(token)


def drawing(fig: Figure, alt: str, salt: str = "") -> str:
    """Turn a figure into the text of an SVG drawing in `currentColor`; see `show`.

    The ids in the drawing depend on `salt`, or on `alt` if there is no salt. The frames of one
    slider have the same salt, so equal parts of the frames are equal text.
    """
    salt = salt or alt
    buffer = io.StringIO()
    # Matplotlib makes the ids by hashing the content and this salt. Without a salt, the ids would
    # differ at each build. With one salt for all, two figures of a page could have the same id.
    with plt.rc_context({"svg.hashsalt": salt, "figure.constrained_layout.use": False}):
        # If savefig computed the layout, it would draw everything twice.
        if fig.axes and (engine := fig.get_layout_engine()) is not None:
            engine.execute(fig)
            fig.set_layout_engine(None)
        fig.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(fig)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor")
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    # Nobody sees less than a hundredth of a point. More digits made drawings a third larger.
    svg = re.sub(r' (?:d|x|y)="[^"]*"', lambda found: LONG.sub(_short, found[0]), svg)
    # Ids of groups, such as figure_1, and of glyphs, such as DejaVuSans-35, are the same in every
    # figure. But an id must be unique on its page.
    svg = re.sub(r' id="[A-Za-z0-9.]+_\d+"', "", svg)
    svg = re.sub(r'(id="|#)(DejaVu)', rf"\g<1>g{zlib.crc32(salt.encode()):08x}\g<2>", svg)
    width = fig.get_figwidth() * 96
    label = f'<svg role="img" aria-label="{escape(alt)}" style="width:{width:.0f}px;'
    return re.sub(
        r'<svg([^>]*?) width="[^"]*"([^>]*?) height="[^"]*"|<svg([^>]*?) height="[^"]*"([^>]*?) '
        r'width="[^"]*"',
        lambda found: f'{label}max-width:100%;height:auto"' + "".join(filter(None, found.groups())),
        svg,
        count=1,
    )


def _short(number: re.Match[str]) -> str:
    """Round a number to two decimals."""
    return f"{round(float(number[0]), 2):g}"

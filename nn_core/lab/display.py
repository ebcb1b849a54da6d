"""Getting things onto the page: figures that read in light and dark, and numbers."""

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
# Series differ in colour (C0 to C3 of course.mplstyle) and in the shape of their marks.
COLOURS = ["blue", "orange", "green", "pink"]
MARKERS = {"o": "circles", "s": "squares", "^": "triangles", "D": "diamonds", "v": "wedges"}

Drawn = tuple[Figure, str]  # a figure, and its alt text
Arguments = ParamSpec("Arguments")

LONG = re.compile(r"\d+\.\d{3,}")  # a number with many decimals

_caught: ContextVar[list[Drawn] | None] = ContextVar("_caught", default=None)


def show(fig: Figure, alt: str) -> None:
    """Show a figure in the page's own text colour, so that it reads in light and in dark.

    The figure goes into the page as an SVG drawing whose ink is `currentColor`. It works
    in the rendered book and in a notebook, and stays sharp at any size.

    Parameters
    ----------
    fig
        A matplotlib figure. It is closed afterwards.
    alt
        What is seen, in a sentence or two, for readers who cannot see it.

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
    """Make, of a function that draws, one that shows what it draws."""

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

    Its ids are made from `salt`, or from `alt` if there is none. Give frames of one figure the
    same salt: then what they have in common is the same text.
    """
    salt = salt or alt
    buffer = io.StringIO()
    # The ids that a drawing refers to are hashed from the content and this salt: without one they
    # would differ at each build, and figures on one page could share some.
    with plt.rc_context({"svg.hashsalt": salt, "figure.constrained_layout.use": False}):
        # Left to savefig, the layout would have everything drawn twice.
        if fig.axes and (engine := fig.get_layout_engine()) is not None:
            engine.execute(fig)
            fig.set_layout_engine(None)
        fig.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(fig)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor")
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    # A hundredth of a point is finer than anybody sees. More digits made drawings a third larger.
    svg = re.sub(r' (?:d|x|y)="[^"]*"', lambda found: LONG.sub(_short, found[0]), svg)
    # Groups have names such as figure_1, glyphs such as DejaVuSans-35, the same in every figure.
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
    return f"{round(float(number[0]), 2):g}"


def glue(name: str, value: object) -> None:
    """Keep a value under a name, so that the prose of the book can state it.

    In the text, ``{glue:text}`name` `` stands for the value that this build computed.
    Round before you glue: `glue("accuracy", f"{value:.1%}")`. In a notebook, where the text shows
    only the name, the value is printed with it.
    """
    # The form in which MyST-NB looks for it. Written out here, so that a chapter runs where
    # only this package is installed.
    mime = "application/papermill.record/text/plain"
    display(
        {mime: repr(str(value)), "text/plain": f"{name}: {value}"},
        metadata={"scrapbook": {"name": name, "mime_prefix": "application/papermill.record/"}},
        raw=True,
    )

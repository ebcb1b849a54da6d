"""Put figures onto the page. They suit a light and a dark background."""

import base64
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

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from PIL import Image

from nn_core.lab.axes import LABEL, MIDDLE, finish, lay_out, mark
from nn_core.lab.page import caption, place
from nn_core.lab.palette import BLUE, INK, ORANGE

plt.style.use(str(Path(__file__).with_name("course.mplstyle")))

Drawn = tuple[Figure, str]  # a figure, and its alt text
Arguments = ParamSpec("Arguments")

# Two colour maps for `imshow`, by name. A pixel that is zero, or has no value, is the page itself.
# "ink" goes to the text colour of the page; "signed" from blue, negative, to orange, positive.
for colours in (
    # In sixteen shades, of which the eye sees no two apart: a digit takes a third of the bytes.
    LinearSegmentedColormap.from_list("ink", [f"{INK}00", INK], N=16),
    LinearSegmentedColormap.from_list(
        # Covers more of the page at once near zero, for small weights to be seen on a dark one.
        "signed",
        [
            (0, BLUE),
            (0.3, f"{BLUE}b0"),
            (0.5, f"{BLUE}00"),
            (0.5, f"{ORANGE}00"),
            (0.7, f"{ORANGE}b0"),
            (1, ORANGE),
        ],
    ),
):
    mpl.colormaps.register(colours, force=True)

LONG = re.compile(r"\d+\.\d{3,}")  # a number with many decimals
TEXT = mpl.rcParams["font.size"]

_caught: ContextVar[list[Drawn] | None] = ContextVar("_caught", default=None)


def show(fig: Figure, alt: str) -> None:
    """Show a figure in the text colour and the face of the page, light or dark.

    The figure becomes an SVG drawing with the ink `currentColor` and with text that can be
    selected. The title of the figure, `fig.suptitle(...)`, becomes its caption: it says what is
    found, and in the book it has a number. The title of `Axes` names a panel, and is drawn.

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
        place("plot", fallback=with_caption(fig, alt), plain=alt)
    else:
        caught.append((fig, alt))


def with_caption(fig: Figure, alt: str) -> str:
    """Write what stands in a figure of a page: the drawing, and its caption."""
    view = f'<div class="lab-drawing">{drawing(fig, alt)}</div>'
    return view + caption(fig.get_suptitle())


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


def drawing(fig: Figure, alt: str, salt: str = "", places: list[Bbox] | None = None) -> str:
    """Turn a figure, without its title, into the text of an SVG drawing; see `show`.

    The ids in the drawing depend on `salt`, or on `alt` if there is no salt. The frames of one
    slider have the same salt, so equal parts of the frames are equal text. They also have the same
    `places` of their axes: the first frame fills the list.
    """
    salt = salt or alt
    title = fig.get_suptitle()
    if title:
        fig.suptitle("", in_layout=False)
    finish(fig)
    lay_out(fig, [] if places is None else places)
    mark(fig)
    buffer = io.StringIO()
    # Matplotlib makes the ids by hashing the content and this salt. Without a salt, the ids would
    # differ at each build. With one salt for all, two figures of a page could have the same id.
    with plt.rc_context({"svg.hashsalt": salt}):
        fig.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(fig)
    if title:
        fig.suptitle(title)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"base64,\s*([^\"]*)", _with_palette, svg)
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = in_ink(svg, f"{zlib.crc32(salt.encode()):08x}").replace(INK, "currentColor")
    # The pixels of a digit have edges. A photo or a drawing has none.
    svg = re.sub(
        r'<image[^>]* width="\d{3,}[^>]*>', lambda tag: re.sub(' style="[^"]*"', "", tag[0]), svg
    )
    # Nobody sees less than a hundredth of a point. More digits made drawings a third larger.
    svg = re.sub(r' (?:d|x|y)="[^"]*"', lambda found: LONG.sub(_short, found[0]), svg)
    svg = re.sub(
        r"<text[^>]*>", _page_text, svg.replace(' transform="rotate(-0 ', ' data-level="(')
    )
    svg = re.sub(r' data-level="[^"]*"', "", svg)
    svg = re.sub(rf'<g id="{MIDDLE}">\s*<text[^>]*>', _middle, svg)
    svg = svg.replace(f'<g id="{LABEL}">', '<g class="lab-label">')
    svg = re.sub(r"""<g id=("|')(line|axes) (.*?)\1>""", r"<g data-\2=\1\3\1>", svg)
    # Ids of groups, such as figure_1, are the same in every figure, but unique on a page.
    svg = re.sub(r' id="[A-Za-z0-9.]+_\d+"', "", svg)
    svg = re.sub(r"\s*\n\s*", " ", svg)
    width, height = fig.get_size_inches()
    label = f'<svg role="img" aria-label="{escape(alt)}"'
    if title:
        label += f' data-finding="{escape(title)}"'
    return (
        f'{label} style="--inches:{width:g}" viewBox="0 0 {72 * width:g} {72 * height:g}" '
        'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        + svg[svg.index(">") :]
    )


def in_ink(svg: str, salt: str) -> str:
    """Draw the pictures of the colour map "ink" in the text colour of the page.

    A picture has its own colours, but it can be the mask of a rectangle, which has the text's.
    """
    count = 0

    def masked(found: re.Match[str]) -> str:
        nonlocal count
        count += 1
        key = f"m{salt}-{count}"
        tag = re.sub(r' id="ink[^"]*"', "", found[0])
        turn = re.search(r' transform="[^"]*"', tag)
        place = "".join(re.findall(r' (?:x|y|width|height)="[^"]*"', tag))
        if " x=" not in place:
            place += ' x="0" y="0"'
        if turn:
            tag = tag.replace(turn[0], "")
        return (
            f'<g{turn[0] if turn else ""}><mask id="{key}" style="mask-type:alpha" '
            f'maskUnits="userSpaceOnUse"{place}>{tag}</mask>'
            f'<rect{place} fill="currentColor" mask="url(#{key})"/></g>'
        )

    return re.sub(r'<image[^>]* id="ink[^>]*/>', masked, svg)


def _with_palette(found: re.Match[str]) -> str:
    """Write the pixels of a picture with a palette of its colours, if these are few enough."""
    data = base64.b64decode(found[1])
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))
    pixels = np.where(pixels[..., 3:], pixels, np.uint8(0))
    colours, places = np.unique(pixels.view(np.uint32), return_inverse=True)
    if len(colours) <= 256:
        palette = colours.view(np.uint8).reshape(-1, 4)
        picture = Image.fromarray(places.reshape(pixels.shape[:2]).astype(np.uint8))
        picture.putpalette(palette[:, :3].tobytes())
        written = io.BytesIO()
        picture.save(written, "png", optimize=True, transparency=palette[:, 3].tobytes())
        data = min(data, written.getvalue(), key=len)
    return f"base64,{base64.b64encode(data).decode()}"


def _page_text(found: re.Match[str]) -> str:
    """Let a text have the page's face and size, and a colour that is read on every page."""
    tag = re.sub(r"font-family: [^;\"]*;? ?", "", found[0])
    tag = re.sub(r"font-size: ([\d.]+)px;? ?", _relative, tag)
    tag = re.sub(
        r"fill: (#(?!ffffff)\w{6})", r"fill: color-mix(in oklab, \1 65%, currentColor)", tag
    )
    return tag.replace(' style=""', "").replace('; "', '"')


def _relative(found: re.Match[str]) -> str:
    """Write the size of a text by that of the figure's text."""
    share = float(found[1]) / TEXT
    return "" if abs(share - 1) < 0.01 else f"font-size: {share:.2g}em; "


def _middle(found: re.Match[str]) -> str:
    """Count the height of a text from its middle, so that it stays there at any size."""
    lift = 0.36 * TEXT
    return re.sub(
        r' y="([-\d.]+)"',
        lambda y: f' y="{float(y[1]) - lift:.2f}" dy=".36em"',
        found[0].replace(f' id="{MIDDLE}"', ""),
    )


def _short(number: re.Match[str]) -> str:
    """Round a number to two decimals."""
    return f"{round(float(number[0]), 2):g}"

"""Sliders that work everywhere: they recompute where Python runs, and else choose stored frames."""

import inspect
import json
import math
import re
import signal
import threading
import traceback
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from html import escape, unescape
from itertools import product
from numbers import Integral, Real
from typing import Any, NamedTuple
from uuid import uuid4

import matplotlib.pyplot as plt
from IPython import get_ipython
from IPython.display import display
from IPython.utils.capture import CapturedIO, RichOutput, capture_output
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from nn_core.lab import page
from nn_core.lab.display import Drawn, catch, drawing

MOST_FRAMES = 120  # drawing so many takes ten seconds or more, and the book is built often
MOST_BYTES = 400_000  # of one figure's frames, compressed as servers send them
MOST_PRINTED = 10_000  # characters; a loop that prints and does not end would fill the memory


class Control(NamedTuple):
    """One slider: the name of an argument, and the values it can take."""

    name: str
    values: list[Any]
    texts: list[str]  # the values, as the reader sees them
    start: int  # the position of the value it starts at

    @property
    def label(self) -> str:
        """The name, as the reader sees it."""
        return self.name.replace("_", " ")


class Frames:
    """What a function shows at each point of a grid: drawings of one size."""

    def __init__(self, fn: Callable[..., object], controls: list[Control]) -> None:
        self.fn, self.controls = fn, controls
        self.size: tuple[float, float] | None = None
        self.salt = ""
        self.places: list[Bbox] = []  # of the axes, in all frames as in the first
        self.printed = ""  # by the latest call

    def at(self, positions: Iterable[int]) -> dict[str, Any]:
        """Give the arguments for the positions of all sliders."""
        pairs = zip(self.controls, positions, strict=True)
        return {control.name: control.values[k] for control, k in pairs}

    def draw(self, positions: Iterable[int]) -> str:
        """Give the SVG drawing of the figure that the function shows."""
        values = self.at(positions)
        opened = plt.get_fignums()
        try:
            # Not interactive: else each message of a widget shows all figures that are open, also
            # one at which this thread is still at work.
            with plt.ioff(), capture_output() as output, catch() as shown:
                try:
                    returned = self.fn(**values)
                finally:
                    self.printed = _printed(output)
            if any(_is_of("image/", each) for each in output.outputs):
                raise ValueError(
                    f"{_name(self.fn)} shows a picture by plt.show() or display(), but is expected "
                    "to show one figure by show(fig, alt)"
                )
            fig, alt = self.only(shown, returned)
            return drawing(fig, alt, self.salt, self.places)
        finally:
            # What is left open would appear below the cell once more.
            for number in set(plt.get_fignums()) - set(opened):
                plt.close(number)

    def only(self, shown: list[Drawn], returned: object) -> Drawn:
        """Give the one figure that was shown, if it is one and has the size of those before."""
        if not shown and isinstance(returned, Figure):
            raise ValueError(
                f"{_name(self.fn)} returns its figure, but is expected to show it: "
                "end it with show(fig, alt)"
            )
        if len(shown) != 1:
            raise ValueError(
                f"{_name(self.fn)} shows {len(shown) or 'no'} figure{'s' * (len(shown) > 1)}, but "
                "one is expected, by show(fig, alt) or a function such as show_digits"
            )
        ((fig, alt),) = shown
        size = (float(fig.get_figwidth()), float(fig.get_figheight()))
        self.size, self.salt = self.size or size, self.salt or alt
        if size != self.size:
            first, found = (f"{width:g} × {height:g}" for width, height in (self.size, size))
            raise ValueError(
                f"{_name(self.fn)} shows a figure of {found} inches after one of {first}, but one "
                "size is expected, so that the page does not jump"
            )
        return fig, alt

    def view(self, content: str) -> str:
        """Put a drawing, or what stands in its place, into a box that keeps its size."""
        width, height = self.size or plt.rcParams["figure.figsize"]
        style = f"--inches:{width:g};aspect-ratio:{width:g} / {height:g}"
        printed = f"<pre>{escape(self.printed)}</pre>" if self.printed else ""
        box = f'<div class="lab-frame" style="{style}">{content}</div>'
        return f'<div class="lab-view">{box}{printed}</div>'


def _name(fn: Callable[..., object]) -> str:
    """Give the name that a function has in a message."""
    name = getattr(fn, "__name__", "<")
    return "the function" if "<" in name else name


def _is_of(kind: str, shown: RichOutput) -> bool:
    return any(mime.startswith(kind) for mime in shown.data)


def _printed(output: CapturedIO) -> str:
    """Give the text that was printed, or displayed as text."""
    # A picture is refused elsewhere. A widget, such as a progress bar, has no text worth showing.
    texts = [
        shown.data.get("text/plain", "") + "\n"
        for shown in output.outputs
        if not _is_of("image/", shown) and not _is_of("application/", shown)
    ]
    text = output.stdout + output.stderr + "".join(texts)
    # A carriage return begins the line anew: a progress bar leaves its last state.
    text = re.sub(r"[^\n]*\r(?!\n)", "", text)
    return text if len(text) <= MOST_PRINTED else f"…{text[-MOST_PRINTED:]}"


def explore(
    fn: Callable[..., object], start: Mapping[str, object] | None = None, **grid: Iterable[Any]
) -> None:
    """Show a figure with sliders.

    With a kernel, or Python in the page, each move of a slider calls `fn` anew. Whatever goes wrong
    is said in the figure's place, and the next move goes on.

    While the book is built, `fn` is called for all combinations of values, and the page then
    chooses among the frames that were stored.

    Parameters
    ----------
    fn
        A function that shows one figure, with `show` or one of the functions that use it. The
        figures must have one size. It is called with the values of all sliders, by name.
    start
        Values to start at, by name. The other sliders start at their first.
    grid
        For each slider the values it can take, numbers or text.

    Raises
    ------
    ValueError
        While the book is built: there is no slider, one without values or with two that read the
        same, or one that `fn` does not take; `start` is not on the grid; there are more frames than
        a page should hold, or their drawings weigh more; `fn` does not show one figure of the size
        of the first, or prints.
    """
    if page.building():
        _choose(Frames(fn, _controls(fn, start or {}, grid)))
        return
    try:
        frames = Frames(fn, _controls(fn, start or {}, grid))
    except ValueError as error:
        html = f"<style>{page.static('explore.css')}</style>{_alert(str(error))}"
        display({"text/html": html, "text/plain": str(error)}, raw=True)
    else:
        draw_on_demand = _offer if page.in_page() else _recompute
        draw_on_demand(frames)


def _text(value: object) -> str:
    """Write a value as the reader sees it."""
    real = isinstance(value, Real) and not isinstance(value, Integral)
    return f"{value:g}" if real else str(value)


def _controls(
    fn: Callable[..., object], start: Mapping[str, object], grid: Mapping[str, Iterable[Any]]
) -> list[Control]:
    """Check what `explore` was given."""
    if not callable(fn):
        raise ValueError(f"expected a function that shows a figure, found {fn!r}")
    if not isinstance(start, Mapping):
        raise ValueError(
            f"expected start as the values to start at, such as {{'k': 2}}, found {start!r}"
        )
    if not grid:
        raise ValueError("expected at least one slider, such as k=[1, 2, 3], found none")
    if unknown := [name for name in start if name not in grid]:
        raise ValueError(f"start sets {unknown[0]!r}, but the sliders are {', '.join(grid)}")
    try:
        inspect.signature(fn).bind(**grid)
    except TypeError as error:
        raise ValueError(
            f"{_name(fn)} does not fit the sliders {', '.join(grid)}: {error}"
        ) from None
    controls = []
    for name, given in grid.items():
        values = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else []
        if not values:
            raise ValueError(f"expected a list of values for {name}, found {given!r}")
        texts = [_text(value) for value in values]
        if len(set(texts)) < len(texts):
            raise ValueError(f"expected different values for {name}, found {', '.join(texts)}")
        # Compared as the reader sees them: np.linspace(0, 1, 11) has no 0.3, only a neighbour.
        first = _text(start[name]) if name in start else texts[0]
        if first not in texts:
            raise ValueError(f"start sets {name} to {first}, which is none of {', '.join(texts)}")
        controls.append(Control(name, values, texts, texts.index(first)))
    return controls


def _thin(controls: list[Control]) -> str:
    """Say which slider should have fewer values."""
    longest = max(controls, key=lambda control: len(control.values))
    return f"give {longest.name} fewer values than {len(longest.values)}"


# --- stored frames


def _choose(frames: Frames) -> None:
    """Draw all frames, and show the element that chooses among them."""
    controls = frames.controls
    counts = [len(control.values) for control in controls]
    if math.prod(counts) > MOST_FRAMES:
        raise ValueError(
            f"expected at most {MOST_FRAMES} frames in a page, found "
            f"{' × '.join(map(str, counts))} = {math.prod(counts)}: {_thin(controls)}"
        )
    grid = list(product(*map(range, counts)))
    drawings = []
    for positions in grid:
        try:
            drawings.append(frames.draw(positions))
            if frames.printed:
                raise ValueError(
                    f"{_name(frames.fn)} prints {frames.printed!r}, but a page stores figures only:"
                    " put the text into the title"
                )
        except Exception as error:
            error.add_note(f"This came from explore, at {frames.at(positions)}.")
            raise
    data = {"texts": [control.texts for control in controls], **_pack(drawings)}
    weight = len(zlib.compress(json.dumps(data).encode()))
    if weight > MOST_BYTES:
        raise ValueError(
            f"expected frames of at most {MOST_BYTES // 1000} KB when compressed, found "
            f"{weight // 1000} KB in {len(set(drawings))} different ones: {_thin(controls)}, "
            "or draw less in each"
        )
    first = drawings[grid.index(tuple(control.start for control in controls))]
    _place(frames, data, frames.view(first))


def _place(frames: Frames, data: dict[str, Any], view: str, advice: str = "") -> None:
    """Show the element: a view, and the sliders below it, which the script turns on."""
    labels = ", ".join(control.label for control in frames.controls)
    page.place(
        "explore",
        data,
        fallback=f'<div class="lab-drawing">{view}</div>'
        f"{_inputs(frames.controls, advice)}{page.caption(_finding(view))}",
        plain=f"Figure with sliders: {labels}",
    )


def _finding(view: str) -> str:
    """Give the title of the figure in a view. In each frame it may be another."""
    found = re.search(r' data-finding="([^"]*)"', view)
    return unescape(found[1]) if found else ""


def _pack(drawings: list[str]) -> dict[str, Any]:
    """Store each tag of all drawings once, and each drawing once, as the numbers of its tags."""
    different: dict[str, int] = {}
    tags: dict[str, int] = {}
    frames = [different.setdefault(text, len(different)) for text in drawings]
    return {
        "drawings": [
            # With the end tags that follow: cut before every "<" that is not one of "</".
            [tags.setdefault(tag, len(tags)) for tag in re.split(r"(?=<[^/])", text)]
            for text in different
        ],
        "tags": list(tags),
        "frames": frames,
    }


def _inputs(controls: list[Control], advice: str) -> str:
    """Write the sliders and buttons, and what to do as long as they are off."""
    rows = "".join(
        f'<label class="lab-control"><span>{escape(control.label)}</span>'
        # Hidden, since a screen reader says the text of the slider.
        f'<span class="lab-value" aria-hidden="true">{escape(control.texts[control.start])}</span>'
        f'<input type="range" min="0" max="{len(control.values) - 1}" value="{control.start}" '
        f'autocomplete="off" aria-valuetext="{escape(control.texts[control.start])}" disabled>'
        "</label>"
        for control in controls
    )
    buttons = "".join(
        f'<button type="button" disabled>{name}</button>' for name in ("Play", "Reset")
    )
    # In the last line stands the alt text of the latest frame, for screen readers to say.
    return (
        f'<div class="lab-sliders">{rows}</div><div class="lab-buttons">{buttons}'
        f'<span class="lab-advice" role="status">{advice}</span></div>'
        '<div class="lab-said lab-unseen" aria-live="polite"></div>'
    )


# --- frames drawn on demand, in the page's Python

# By the key in the element's data. A key is never used again: what a Python before a restart has
# shown is still in the page, and must not get the frames of another function.
_offered: dict[str, Frames] = {}


def _offer(frames: Frames) -> None:
    """Show the element, with the first frame in it. Its script asks `answer` for the others."""
    key = uuid4().hex
    _offered[key] = frames
    _place_live(frames, {"call": key})


def answer(key: str, positions: Iterable[int]) -> str:
    """Give the view at the positions of all sliders, or nothing if this Python has no such key."""
    frames = _offered.get(key)
    return _view(frames, positions) if frames else ""


# --- frames drawn on demand, with a kernel


def _recompute(frames: Frames) -> None:
    """Show the element, with the first frame in it, and two widgets that nobody sees.

    The script writes the positions of the sliders into one of them, and finds the view in the
    other. In a notebook that is opened later the element is still there, and the widgets are not.
    """
    import ipywidgets as widgets

    asked, answer = widgets.Text(), widgets.HTML()
    wire = widgets.Box([asked, answer], layout={"display": "none"})
    name = f"lab-wire-{wire.model_id}"
    wire.add_class(name)
    latest = ""

    def redraw() -> None:
        # The positions of this moment: moves that came during the last drawing are passed over.
        nonlocal latest
        if asked.value != latest:
            latest = asked.value
            positions = latest.split(" ")[0].split(",")
            view = _view(frames, map(int, positions))
            # In a template the drawing is read, but not drawn a second time.
            answer.value = f'<template data-answers="{latest}">{view}</template>'

    # JupyterLab sends moves to a second thread of the kernel. There an interrupt does not arrive,
    # and a cell could run at the same time.
    asked.observe(lambda _: _in_main_thread(redraw), "value")
    _place_live(frames, {"wire": name})
    # The text of a widget says nothing to those who read the notebook where there are none.
    view = {"version_major": 2, "version_minor": 0, "model_id": wire.model_id}
    display({"application/vnd.jupyter.widget-view+json": view, "text/plain": ""}, raw=True)


def _place_live(frames: Frames, source: dict[str, str]) -> None:
    """Show the element with the first frame in it, and what to do when nobody draws others."""
    controls = frames.controls
    data = {"texts": [control.texts for control in controls], **source}
    advice = f"Run this cell to move the slider{'s' * (len(controls) > 1)}."
    _place(frames, data, _view(frames, [control.start for control in controls]), advice)


def _in_main_thread(action: Callable[[], None]) -> None:
    if threading.current_thread() is threading.main_thread():
        action()
    else:
        get_ipython().kernel.io_loop.add_callback(action)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let an interrupt end what runs inside, as in a cell. Between cells a kernel ignores it."""
    if threading.current_thread() is not threading.main_thread():
        yield  # where no interrupt arrives
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _view(frames: Frames, positions: Iterable[int]) -> str:
    """Draw a frame, or say in its place what went wrong."""
    positions = list(positions)
    try:
        with _interruptible():
            content = frames.draw(positions)
    except BaseException as error:  # also an interrupt, and sys.exit()
        content = _explain(error, frames.fn, frames.at(positions))
    return frames.view(content)


def _explain(error: BaseException, fn: Any, values: dict[str, Any]) -> str:
    """Write what went wrong, where, and for which values."""
    while isinstance(fn, partial):
        fn = fn.func
    fn = inspect.unwrap(fn)
    code = getattr(fn, "__code__", None) or getattr(fn.__call__, "__code__", None)
    steps = traceback.extract_tb(error.__traceback__)
    inside = [step for step in steps if code and step.filename == code.co_filename]
    where = ", ".join(f"{name} = {_text(value)}" for name, value in values.items())
    more = f"<br>At {escape(where)}"
    if inside:
        more += f", in line {inside[-1].lineno}: <code>{escape(inside[-1].line or '')}</code>"
    kind = "Interrupted" if isinstance(error, KeyboardInterrupt) else type(error).__name__
    said = ": ".join(filter(None, (kind, str(error))))
    return _alert(said, more)


def _alert(message: str, more: str = "") -> str:
    return f'<div class="lab-error" role="alert"><strong>{escape(message)}</strong>{more}</div>'

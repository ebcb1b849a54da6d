"""Sliders that work everywhere: they recompute with a kernel, and choose stored frames without."""

import inspect
import json
import math
import re
import traceback
import zlib
from collections.abc import Callable, Iterable, Mapping
from html import escape
from itertools import product
from numbers import Integral, Real
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
from IPython.display import display

from nn_core.lab import page
from nn_core.lab.display import catch, drawing

MOST_FRAMES = 120  # drawing so many takes ten seconds or more, and the book is built often
MOST_BYTES = 400_000  # of one figure's frames, compressed as servers send them


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

    def at(self, positions: Iterable[int]) -> dict[str, Any]:
        """Give the arguments for the positions of all sliders."""
        pairs = zip(self.controls, positions, strict=True)
        return {control.name: control.values[k] for control, k in pairs}

    def draw(self, positions: Iterable[int]) -> str:
        """Give the SVG drawing of the figure that the function shows."""
        values = self.at(positions)
        opened = plt.get_fignums()
        try:
            with catch() as shown:
                self.fn(**values)
        finally:
            # What is left open would appear below the cell once more.
            for number in set(plt.get_fignums()) - set(opened):
                plt.close(number)
        if len(shown) != 1:
            raise ValueError(
                "expected a function that shows one figure, by show(fig, alt) or a function such "
                f"as show_digits, found {len(shown)} figures"
            )
        ((fig, alt),) = shown
        size = (float(fig.get_figwidth()), float(fig.get_figheight()))
        self.size, self.salt = self.size or size, self.salt or alt
        if size != self.size:
            raise ValueError(
                "expected figures of one size, so that the page does not jump, "
                f"found {self.size} and {size} inches"
            )
        return drawing(fig, alt, self.salt)

    def box(self, content: str) -> str:
        """Put a drawing, or what stands in its place, into a box that keeps its size."""
        width, height = self.size or plt.rcParams["figure.figsize"]
        style = f"width:{width * 96:.0f}px;aspect-ratio:{width:g} / {height:g}"
        return f'<div class="lab-frame" style="{style}">{content}</div>'


def explore(
    fn: Callable[..., object], start: Mapping[str, object] | None = None, **grid: Iterable[Any]
) -> None:
    """Show a figure with sliders.

    With a kernel, each move of a slider calls `fn` anew. While the book is built, `fn` is called
    for all combinations of values, and the page then chooses among the frames that were stored.

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
        There is no slider, one without values or with two that read the same, or one that `fn` does
        not take; `start` is not on the grid; there are more frames than a page should hold, or
        their drawings weigh more.
    """
    controls = _controls(fn, start or {}, grid)
    frames = Frames(fn, controls)
    if page.building():
        _choose(frames)
    else:
        _recompute(frames)


def _text(value: object) -> str:
    """Write a value as the reader sees it."""
    real = isinstance(value, Real) and not isinstance(value, Integral)
    return f"{value:g}" if real else str(value)


def _controls(
    fn: Callable[..., object], start: Mapping[str, object], grid: Mapping[str, Iterable[Any]]
) -> list[Control]:
    """Check what `explore` was given."""
    if not grid:
        raise ValueError("expected at least one slider, such as k=[1, 2, 3], found none")
    if unknown := [name for name in start if name not in grid]:
        raise ValueError(f"start sets {unknown[0]!r}, but the sliders are {', '.join(grid)}")
    try:
        inspect.signature(fn).bind(**grid)
    except TypeError as error:
        raise ValueError(f"the function does not fit the sliders: {error}") from None
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
    counts = [len(control.values) for control in controls]
    if math.prod(counts) > MOST_FRAMES:
        raise ValueError(
            f"expected at most {MOST_FRAMES} frames, found {' × '.join(map(str, counts))} = "
            f"{math.prod(counts)}: {_thin(controls)}"
        )
    return controls


def _thin(controls: list[Control]) -> str:
    """Say which slider should have fewer values."""
    longest = max(controls, key=lambda control: len(control.values))
    return f"give {longest.name} fewer values than {len(longest.values)}"


# --- without a kernel


def _choose(frames: Frames) -> None:
    """Draw all frames, and show the element that chooses among them."""
    controls = frames.controls
    grid = list(product(*(range(len(control.values)) for control in controls)))
    drawings = []
    for positions in grid:
        try:
            drawings.append(frames.draw(positions))
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
    page.place(
        "explore",
        data,
        label=f"Figure with sliders: {', '.join(control.label for control in controls)}",
        fallback=frames.box(first) + _inputs(controls),
    )


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


def _inputs(controls: list[Control]) -> str:
    """Write the sliders and buttons, which the script then turns on."""
    rows = "".join(
        f'<label><span>{escape(control.label)}</span><input type="range" min="0" '
        f'max="{len(control.values) - 1}" value="{control.start}" autocomplete="off" '
        f'aria-valuetext="{escape(control.texts[control.start])}" disabled></label>'
        # Hidden, since a screen reader says the text of the slider.
        f'<span class="lab-value" aria-hidden="true" '
        f'style="min-width:{max(map(len, control.texts))}ch">'
        f"{escape(control.texts[control.start])}</span>"
        for control in controls
    )
    buttons = "".join(
        f'<button type="button" disabled>{name}</button>' for name in ("Play", "Reset")
    )
    # In the last line stands the alt text of the latest frame, for screen readers to say.
    return (
        f'<div class="lab-sliders">{rows}</div><div class="lab-buttons">{buttons}</div>'
        '<div class="lab-said" aria-live="polite"></div>'
    )


# --- with a kernel


def _recompute(frames: Frames) -> None:
    """Show sliders of ipywidgets that call the function anew."""
    import ipywidgets as widgets

    longest = max(len(control.label) for control in frames.controls)
    sliders = [
        widgets.SelectionSlider(
            options=[(text, k) for k, text in enumerate(control.texts)],
            value=control.start,
            description=control.label,
            tooltip=control.label,
            style={"description_width": f"{longest}ch"},
            layout={"width": "auto", "max_width": "36rem"},
        )
        for control in frames.controls
    ]
    picture = widgets.HTML()

    def redraw(_: object = None) -> None:
        positions = [slider.value for slider in sliders]
        # The style shows it only when it takes long enough to be noticed. The picture itself would
        # be put into the page anew at each change of its classes.
        panel.add_class("lab-busy")
        try:
            content = frames.draw(positions)
        except Exception as error:
            content = _explain(error, frames.fn, frames.at(positions))
        picture.value = frames.box(content)
        panel.remove_class("lab-busy")

    def back(_: object) -> None:
        for slider, control in zip(sliders, frames.controls, strict=True):
            slider.value = control.start

    play = widgets.Play(
        min=0,
        max=len(frames.controls[0].values) - 1,
        value=frames.controls[0].start,
        interval=500,
        show_repeat=False,
    )
    reset = widgets.Button(description="Reset", layout={"width": "auto"})
    style = widgets.HTML(f"<style>{page.static('explore.css')}</style>")
    panel = widgets.VBox([style, picture, *sliders, widgets.HBox([play, reset])])
    redraw()
    for slider in sliders:
        slider.observe(redraw, "value")
    reset.on_click(back)
    widgets.jslink((play, "value"), (sliders[0], "index"))
    display(panel)


def _explain(error: Exception, fn: Callable[..., object], values: dict[str, Any]) -> str:
    """Write what went wrong, where, and for which values."""
    steps = traceback.extract_tb(error.__traceback__)
    file = getattr(getattr(fn, "__code__", None), "co_filename", None)
    inside = [step for step in steps if step.filename == file]
    at = ", ".join(f"{name} = {_text(value)}" for name, value in values.items())
    where = f", in line {inside[-1].lineno}: <code>{escape(inside[-1].line or '')}</code>"
    return (
        f'<div class="lab-error" role="alert"><strong>{type(error).__name__}: '
        f"{escape(str(error))}</strong><br>At {escape(at)}{where if inside else ''}</div>"
    )

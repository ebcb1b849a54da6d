"""What `show` does to the axes of every figure before it is drawn."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation, Text
from matplotlib.ticker import LogFormatter, PercentFormatter
from matplotlib.transforms import Bbox

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
WIDEST = 14  # letters in a line of a label
# Before the label of a line that is not drawn through: its colour alone may not tell it.
STROKES = {"--": "– –\u00a0", ":": "···\u00a0", "-.": "–·–\u00a0"}
LABEL, MIDDLE = "label", "middle"  # ids, in the drawing, of labels and of texts centred at a height


def label_lines(ax: Axes) -> None:
    """Write the label of each line at its end, in its colour, so that no legend is needed.

    `show` moves labels apart that would overlap.
    """
    for line in ax.lines:
        name = str(line.get_label())
        x, y = points_of(line)
        if name.startswith("_") or len(x) == 0:
            continue
        last = x.argmax()
        ax.annotate(
            fill(STROKES.get(str(line.get_linestyle()), "") + name, WIDEST, break_long_words=False),
            (x[last], y[last]),
            (7, 0),
            textcoords="offset points",
            va="center",
            linespacing=1,
            color=line.get_color(),
            annotation_clip=False,
            gid=LABEL,
        )


def points_of(line: Line2D) -> tuple[np.ndarray, np.ndarray]:
    """Give the coordinates of a line's points that are finite."""
    x, y = (np.asarray(values, float) for values in line.get_data())
    seen = np.isfinite(x) & np.isfinite(y)
    return x[seen], y[seen]


def finish(fig: Figure) -> None:
    """Write what the layout depends on: the names of quantities, and of places on the axes."""
    for ax in fig.axes:
        # A line may leave the axes before it ends. Room for a label out there is found by nobody.
        low, high = np.sort([ax.get_xlim(), ax.get_ylim()]).T
        for label in labels_of(ax):
            x, y = np.clip(label.xy, low, high)
            label.xy = (float(x), float(y))
        if not ax.axison:
            continue
        for axis in (ax.xaxis, ax.yaxis):
            for formatter, put in (
                (axis.get_major_formatter(), axis.set_major_formatter),
                (axis.get_minor_formatter(), axis.set_minor_formatter),
            ):
                if isinstance(formatter, LogFormatter):
                    put(PlainPowers(labelOnlyBase=formatter.labelOnlyBase))
            if isinstance(formatter := axis.get_major_formatter(), PercentFormatter):
                whole = 100 * axis.get_majorticklocs() / formatter.xmax
                if formatter.decimals is None and np.allclose(whole, np.round(whole)):
                    formatter.decimals = 0
        # Above its axis a quantity is read without turning the head, and takes no width.
        titled = ax.get_title() or ax.get_title(loc="left")
        if ax.get_ylabel() and not titled and len(ax.get_yticks()):
            ax.set_ylabel(ax.get_ylabel(), rotation=0, ha="left", va="bottom")
            ax.yaxis.set_label_coords(0, 1.03)


class PlainPowers(LogFormatter):
    """Names places as plain text: powers of ten; on a short axis also 2 and 5, or every place."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Give the name of a place."""
        assert isinstance(self.axis, Axis)
        low, high = self.axis.get_view_interval()
        tens = abs(np.log10(high / low))
        named = "1" if self.labelOnlyBase or tens > 1.3 else "125" if tens > 0.6 else "123456789"
        return power(x) if f"{x:.0e}"[0] in named else ""


def power(value: float) -> str:
    """Write a place on a logarithmic axis: 0.01, 1,000, 10⁻⁷."""
    if 1e-3 <= value < 1e5:
        return f"{value:,.10g}"
    digits, exponent = f"{value:.0e}".split("e")
    raised = f"10{str(int(exponent)).translate(RAISED)}"
    return raised if digits == "1" else f"{digits} · {raised}"


def lay_out(fig: Figure, places: list[Bbox]) -> None:
    """Give the axes their places: those found before, or else what the layout engine finds.

    The engine takes a quarter of a figure's time, and the axes of a slider should not move.
    """
    if places and len(places) == len(fig.axes):
        for ax, place in zip(fig.axes, places, strict=True):
            ax.set_position(place)
    elif fig.axes and (engine := fig.get_layout_engine()) is not None:
        engine.execute(fig)
        places[:] = [ax.get_position(original=True) for ax in fig.axes]
    # If savefig computed the layout, it would draw everything twice.
    with plt.rc_context({"figure.constrained_layout.use": False}):
        fig.set_layout_engine(None)
    for ax in fig.axes:
        ax.apply_aspect()
        move_apart(ax)


def labels_of(ax: Axes) -> list[Annotation]:
    """Give the labels of lines."""
    return [text for text in ax.texts if isinstance(text, Annotation) and text.get_gid() == LABEL]


def move_apart(ax: Axes) -> None:
    """Move the labels of lines that end at one place apart, and keep them beside the axes."""
    inches = ax.figure.dpi_scale_trans.inverted()

    def end(label: Annotation) -> np.ndarray:
        """Give the place of a line's end, in points."""
        found: np.ndarray = 72 * inches.transform(ax.transData.transform(label.xy))
        return found

    labels = labels_of(ax)
    box = ax.bbox.transformed(inches)
    for _, column in groupby(
        sorted(labels, key=lambda label: end(label)[0]), lambda label: round(end(label)[0] / 60)
    ):
        group = sorted(column, key=lambda label: end(label)[1])
        heights = [17.0 * (1 + label.get_text().count("\n")) for label in group]
        ends = [float(end(label)[1]) for label in group]
        moved = spread(ends, heights, 72 * box.y0, 72 * box.y1)
        for label, before, after in zip(group, ends, moved, strict=True):
            label.set_position((7, after - before))


def spread(
    wanted: Sequence[float], heights: Sequence[float], low: float, high: float
) -> list[float]:
    """Give places near those that are wanted, in their order, at which nothing overlaps."""
    steps = [0.0, *((a + b) / 2 for a, b in pairwise(heights))]
    below = np.cumsum(steps)
    # Without the room that is needed below, the places only have to rise: the mean of a run that
    # falls is as near as can be.
    runs: list[list[float]] = []
    for place in wanted - below:
        runs.append([place])
        while len(runs) > 1 and np.mean(runs[-2]) > np.mean(runs[-1]):
            last = runs.pop()
            runs[-1] += last
    flat = [float(np.mean(run)) for run in runs for _ in run]
    most = max(high - float(below[-1]), low)
    return [
        float(min(max(place, low), most) + room) for place, room in zip(flat, below, strict=True)
    ]


def mark(fig: Figure) -> None:
    """Name in the drawing what its script reads: the scales of the axes, and the lines.

    The script finds the values of a line in the places of its points. See static/values.js.
    """
    for text in texts(fig):
        if text.get_verticalalignment() in ("center", "center_baseline") and text.get_gid() is None:
            text.set_gid(MIDDLE)
    for ax in fig.axes:
        for image in ax.images:
            if image.get_cmap().name == "ink":
                image.set_gid("ink")
        if lines := list(named_lines(ax)):
            for line, name in lines:
                line.set_gid(f"line {name}")
            ax.set_gid(f"axes {json.dumps(scales(fig, ax), ensure_ascii=False)}")


def texts(artist: Artist) -> Iterator[Text]:
    """Give every text inside that is drawn.

    `findobj` would also make the ticks of axes that are switched off, for a quarter of the time
    that a figure takes.
    """
    if isinstance(artist, Text):
        yield artist
    elif not (isinstance(artist, Axis) and not artist.axes.axison):
        for child in artist.get_children():
            yield from texts(child)


def named_lines(ax: Axes) -> Iterator[tuple[Line2D, str]]:
    """Give the lines whose values can be read, with their names. A line alone needs no label."""
    lines = [line for line in ax.lines if line.get_linestyle() != "None" and is_function(line)]
    labelled = [(line, str(line.get_label())) for line in lines]
    labelled = [pair for pair in labelled if not pair[1].startswith("_")]
    if labelled:
        yield from labelled
    elif len(lines) == 1:
        yield lines[0], ax.get_ylabel()


def is_function(line: Line2D) -> bool:
    """Whether a line has one value at each place from left to right, and not only two ends."""
    x, _ = points_of(line)
    return len(x) > 2 and bool(np.all(np.diff(x) > 0) or np.all(np.diff(x) < 0))


def scales(fig: Figure, ax: Axes) -> list[dict[str, object]]:
    """Give both scales of the axes: places in the drawing, in points, and their values."""
    width, height = 72 * fig.get_size_inches()
    box = ax.get_position()
    found = []
    for axis, low, high in (
        (ax.xaxis, box.x0 * width, box.x1 * width),
        (ax.yaxis, (1 - box.y0) * height, (1 - box.y1) * height),
    ):
        scale: dict[str, object] = {
            "name": axis.get_label_text(),
            "at": [round(low, 2), round(high, 2)],
            "of": [float(f"{value:.6g}") for value in axis.get_view_interval()],
        }
        if axis.get_scale() == "log":
            scale["log"] = True
        if isinstance(axis.get_major_formatter(), PercentFormatter):
            scale["percent"] = True
        found.append(scale)
    return found

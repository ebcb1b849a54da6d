"""Line plots. As in `plots`, `draw_...` gives a figure and its alt text, `show_...` shows both."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import ArrayLike

from nn_core.lab.axes import label_lines
from nn_core.lab.display import Drawn, showing
from nn_core.lab.palette import INK, looks_of
from nn_core.metrics import expected_calibration_error, reliability

if TYPE_CHECKING:
    import pandas as pd

ROUND = [1, 2, 5, 10]  # epochs are marked at 5, 10, 15 and not at 8, 16, 24


def draw_lines(
    lines: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    xscale: str = "linear",
    yscale: str = "linear",
    percent: bool = False,
) -> Drawn:
    """Draw lines through points, each with its name at its end.

    A line with a standard name, such as "dev" or "Adam", has its own look: see `palette`.

    Parameters
    ----------
    lines
        For each name the coordinates x and y, `(n,)` both. Points with a y that is not finite are
        left out.
    title
        The message of the figure.
    xlabel, ylabel
        The quantities on the axes, with their units.
    xscale, yscale
        "linear" or "log".
    percent
        Whether the y are shares from 0 to 1. The axis then shows percentages.

    Raises
    ------
    ValueError
        There are no lines, x and y of a line differ in length, or a line has no finite value.
    """
    if not lines:
        raise ValueError("expected at least one line, found none")
    points = {name: (np.asarray(x), np.asarray(y)) for name, (x, y) in lines.items()}
    alt = [f"Lines of {ylabel} by {xlabel}."]
    for name, (x, y) in points.items():
        if x.ndim != 1 or x.shape != y.shape:
            raise ValueError(
                f"expected as many x as y for {name!r}, found shapes {x.shape} and {y.shape}"
            )
        finite = np.isfinite(y)
        if not finite.any():
            raise ValueError(f"expected a finite value for {name!r}, found none")
        alt.append(f"{name}: {course_of(x[finite], y[finite], percent)}.")
        if not finite.all():
            alt.append(f"Not finite, and left out: {np.sum(~finite)}.")
    fig, ax = plt.subplots()
    drawn: list[tuple[np.ndarray, np.ndarray]] = []
    for (name, (x, y)), look in zip(points.items(), looks_of(points), strict=True):
        # Where a line covers another, its gaps show the other.
        with np.errstate(all="ignore"):
            heights = np.log(y) if yscale == "log" else y
        if any(covers((x, heights), below) for below in drawn):
            look = look._replace(dashes="--")
        drawn.append((x, heights))
        ax.plot(
            x,
            np.where(np.isfinite(y), y, np.nan),
            color=look.colour,
            linestyle=look.dashes,
            marker=look.marker,
            markevery=-(-len(x) // 20),
            label=name,
        )
    fig.suptitle(title)
    ax.set(xlabel=xlabel, ylabel=ylabel, xscale=xscale, yscale=yscale)
    if xscale == "linear" and all(x.dtype.kind in "iu" for x, _ in points.values()):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=ROUND))
    if percent:
        ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.grid(axis="y", alpha=0.15)
    if len(lines) > 1:
        label_lines(ax)
    return fig, " ".join(alt)


def covers(line: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]) -> bool:
    """Whether two lines lie on one another at most of their places."""
    (x, y), (at, height) = line, other
    both = np.concatenate([y, height])
    span = np.ptp(both[np.isfinite(both)])
    gaps = np.abs(y - np.interp(x, at, height, left=np.nan, right=np.nan))
    return bool(np.mean(gaps <= 0.02 * span) > 0.6)


def course_of(x: np.ndarray, y: np.ndarray, percent: bool) -> str:
    """Describe a line in words: its first and last, lowest and highest points."""

    def at(k: int) -> str:
        return f"{y[k]:.1%} at {x[k]:.4g}" if percent else f"{y[k]:.3g} at {x[k]:.4g}"

    text = f"from {at(0)} to {at(-1)}" if len(y) > 1 else at(0)
    for word, k in (("lowest", int(y.argmin())), ("highest", int(y.argmax()))):
        if y[k] not in (y[0], y[-1]):
            text += f", {word} {at(k)}"
    return text


def draw_history(history: "pd.DataFrame", quantity: str = "accuracy", *, title: str) -> Drawn:
    """Draw accuracy or loss by epoch, on training and on dev examples.

    Parameters
    ----------
    history
        The history that `fit` returned. Without dev examples, it has only the loss.
    quantity
        "accuracy" or "loss".
    title
        The message of the figure.

    Raises
    ------
    ValueError
        The history has no such column, or no epochs.
    """
    lines = {"training": column_of(history, quantity)}
    if f"dev_{quantity}" in history:
        lines["dev"] = column_of(history, f"dev_{quantity}")
    return by_epoch(lines, quantity, title)


def draw_histories(
    histories: Mapping[str, "pd.DataFrame"], column: str = "dev_accuracy", *, title: str
) -> Drawn:
    """Draw one column of several histories, to compare the networks.

    Parameters
    ----------
    histories
        Histories that `fit` returned, by the name of the network.
    column
        The column to draw; see `fit`.
    title
        The message of the figure.

    Raises
    ------
    ValueError
        There are no histories, or a history lacks the column or has no epochs.
    """
    lines = {name: column_of(history, column) for name, history in histories.items()}
    return by_epoch(lines, column, title)


def column_of(history: "pd.DataFrame", column: str) -> "pd.Series[float]":
    """Give a column of a history, or raise ValueError if there is none."""
    if column not in history:
        raise ValueError(f"expected a column {column!r}, found {', '.join(history.columns)}")
    if len(history) == 0:
        raise ValueError("expected at least one epoch, found none")
    return history[column]


def by_epoch(lines: Mapping[str, "pd.Series[float]"], quantity: str, title: str) -> Drawn:
    """Draw columns of histories."""
    return draw_lines(
        {name: (values.index, values) for name, values in lines.items()},
        title=title,
        xlabel="epoch",
        ylabel=quantity.replace("_", " "),
        percent=quantity.endswith("accuracy"),
    )


def draw_reliability(
    P: Mapping[str, np.ndarray], y: np.ndarray, *, title: str, bins: int = 15
) -> Drawn:
    """Draw a reliability diagram: accuracy by confidence, and below it the numbers of predictions.

    On the dotted diagonal, accuracy and confidence are equal. The legend states the expected
    calibration error.

    Parameters
    ----------
    P
        Probabilities `(N, classes)` by name: of several networks, or before and after a change of
        temperature.
    y
        Integer labels `(N,)`.
    title
        The message of the figure.
    bins
        The number of bins, of equal width.

    Raises
    ------
    TypeError, ValueError
        The arguments are wrong as in `reliability`, or P is empty.
    """
    if not P:
        raise ValueError("expected the probabilities of at least one network, found none")
    measured = {
        name: (*reliability(p, y, bins), expected_calibration_error(p, y, bins))
        for name, p in P.items()
    }
    fig, (top, bottom) = plt.subplots(2, 1, figsize=(6, 5.8), height_ratios=[3, 1], sharex=True)
    top.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle=":")
    alt = [f"How often predictions are right, by confidence, in {bins} bins."]
    for k, ((name, (confidence, right, count, error)), look) in enumerate(
        zip(measured.items(), looks_of(measured), strict=True)
    ):
        used = count > 0
        label = f"{name}: calibration error {error:.1%}"
        top.plot(confidence[used], right[used], color=look.colour, marker=look.marker, label=label)
        width = 0.9 / bins / len(P)
        left = np.arange(bins) / bins + 0.05 / bins + k * width
        bottom.bar(left, count, width, align="edge", color=look.colour)
        gap = np.where(used, np.abs(right - confidence), 0) * count
        worst = int(gap.argmax())
        alt.append(
            f"{name}: expected calibration error {error:.1%}; mean confidence "
            f"{np.average(confidence[used], weights=count[used]):.1%}, of {len(y):,} predictions "
            f"{np.average(right[used], weights=count[used]):.1%} right. Where they differ most, "
            f"at confidence {confidence[worst]:.0%}, {right[worst]:.0%} of {count[worst]:,} "
            "are right."
        )
    fig.suptitle(title)
    top.set(ylabel="share that is right", xlim=(0, 1), ylim=(0, 1.02))
    # The last bin holds nearly all examples. On a linear scale, the other bars would be invisible.
    bottom.set(xlabel="confidence", ylabel="predictions", yscale="log")
    bottom.set_ylim(bottom=0.5)
    bottom.yaxis.set_major_formatter("{x:,.0f}")
    for axis in (top.xaxis, top.yaxis):
        axis.set_major_formatter(PercentFormatter(1))
    fig.legend(loc="outside lower center")
    return fig, " ".join(alt)


show_lines = showing(draw_lines)
show_history = showing(draw_history)
show_histories = showing(draw_histories)
show_reliability = showing(draw_reliability)

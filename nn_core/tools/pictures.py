"""Draw pictures for the command line. Only this module and `nn_core.lab` need matplotlib."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from nn_core.data import SIDE
from nn_core.tools.photos import BOX, Preparation

if TYPE_CHECKING:
    import pandas as pd

MISTAKE_COLOUR = "#c2410c"


def save_curves(path: str | Path, history: "pd.DataFrame", *, title: str) -> None:
    """Draw loss and accuracy by epoch, on training and on dev examples.

    Parameters
    ----------
    path
        The PNG file to write.
    history
        From `fit`, with dev examples.
    title
        The title above the curves.
    """
    fig = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = fig.subplots(1, 2)
    # Markers show single epochs. With a thousand epochs, markers would overlap to one thick band.
    marker = "o" if len(history) <= 30 else ""
    for ax, columns, label in (
        (left, ("loss", "dev_loss"), "loss"),
        (right, ("accuracy", "dev_accuracy"), "accuracy"),
    ):
        for column, name, style in zip(columns, ("training", "dev"), ("-", "--"), strict=True):
            ax.plot(history.index, history[column], style, marker=marker, label=name)
        ax.set(xlabel="epoch", ylabel=label)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.grid(alpha=0.25)
        ax.legend()
    right.yaxis.set_major_formatter(PercentFormatter(1))
    fig.suptitle(title)
    fig.savefig(path, dpi=120, facecolor="white")


def save_predictions(
    path: str | Path, X: np.ndarray, y: np.ndarray, predicted: np.ndarray, rng: np.random.Generator
) -> None:
    """Draw ten random examples and, below them, up to ten random mistakes.

    Parameters
    ----------
    path
        The PNG file to write.
    X
        Images `(N, 784)`.
    y, predicted
        Their true and predicted labels, `(N,)`.
    rng
        The random generator that chooses the examples.
    """
    wrong = np.flatnonzero(predicted != y)
    rows = [
        ("Ten at random", rng.choice(len(y), min(10, len(y)), replace=False)),
        (f"From the {len(wrong)} mistakes", rng.choice(wrong, min(10, len(wrong)), replace=False)),
    ]
    fig = Figure(figsize=(10, 3.9), layout="constrained")
    subfigures = fig.subfigures(2, 1, squeeze=False)[:, 0]
    for subfigure, (title, chosen) in zip(subfigures, rows, strict=True):
        subfigure.suptitle(title if len(chosen) else "No mistakes", x=0.01, ha="left")
        axes = subfigure.subplots(1, 10)
        for ax in axes:
            ax.axis("off")
        for ax, n in zip(axes, chosen, strict=False):
            ax.imshow(X[n].reshape(SIDE, SIDE), cmap="gray_r", vmin=0, vmax=1)
            right = predicted[n] == y[n]
            caption = f"said {predicted[n]}\nis {y[n]}"
            ax.set_title(caption, fontsize=10, color="black" if right else MISTAKE_COLOUR)
    fig.savefig(path, dpi=120, facecolor="white")


def save_steps(path: str | Path, steps: Preparation, *, title: str) -> None:
    """Draw the steps from a photo to the input of the network.

    Parameters
    ----------
    path
        The PNG file to write.
    steps
        The result of `photos.prepare`.
    title
        The title above the steps, drawn as plain text: a `$` does not start a formula.
    """
    h, w = steps.digit.shape
    top, left = (BOX - h) // 2, (BOX - w) // 2
    boxed = np.zeros((BOX, BOX), np.float32)
    boxed[top : top + h, left : left + w] = steps.digit
    shown = [
        ("1. in gray", steps.gray, "gray"),
        ("2. the light", steps.light, "gray"),
        ("3. against the paper", np.maximum(steps.contrast, 0), "gray_r"),
        ("4. the ink", steps.ink, "gray_r"),
        ("5. in 20 x 20", boxed, "gray"),
        ("6. centred in 28 x 28", steps.image, "gray"),
    ]
    fig = Figure(figsize=(12, 2.7), layout="constrained")
    for ax, (name, image, colours) in zip(fig.subplots(1, 6), shown, strict=True):
        highest = max(1.0, float(image.max()))
        ax.imshow(image, cmap=colours, vmin=0, vmax=highest)
        ax.set_title(name, fontsize=10)
        ax.set(xticks=[], yticks=[])
    fig.suptitle(title, parse_math=False)
    with warnings.catch_warnings():
        # The font may lack letters of a file name. Matplotlib draws boxes instead.
        warnings.filterwarnings("ignore", "Glyph", UserWarning)
        fig.savefig(path, dpi=100)

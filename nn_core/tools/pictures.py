"""The pictures that the command line saves. But for `nn_core.lab`, only this needs matplotlib."""

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

WRONG = "#c2410c"


def save_curves(path: str | Path, history: "pd.DataFrame", *, title: str) -> None:
    """Draw loss and accuracy by epoch, on training and on dev examples.

    Parameters
    ----------
    path
        The PNG file to write.
    history
        From `fit`, with dev examples.
    title
        Stands above the curves.
    """
    fig = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = fig.subplots(1, 2)
    # Few epochs are points to be told apart; a thousand would run into one thick band.
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
    fig.savefig(path, dpi=120)


def save_predictions(
    path: str | Path, X: np.ndarray, y: np.ndarray, predicted: np.ndarray, rng: np.random.Generator
) -> None:
    """Show ten examples drawn at random, and below them up to ten that were read wrongly.

    Parameters
    ----------
    path
        The PNG file to write.
    X
        Images `(N, 784)`.
    y, predicted
        Their true and predicted labels, `(N,)`.
    rng
        Where the choice comes from.
    """
    wrong = np.flatnonzero(predicted != y)
    rows = [
        ("Ten at random", rng.choice(len(y), min(10, len(y)), replace=False)),
        (f"From the {len(wrong)} mistakes", rng.choice(wrong, min(10, len(wrong)), replace=False)),
    ]
    fig = Figure(figsize=(10, 3.9), layout="constrained")
    parts = fig.subfigures(2, 1, squeeze=False)[:, 0]
    for part, (title, chosen) in zip(parts, rows, strict=True):
        part.suptitle(title if len(chosen) else "No mistakes", x=0.01, ha="left")
        axes = part.subplots(1, 10)
        for ax in axes:
            ax.axis("off")
        for ax, n in zip(axes, chosen, strict=False):
            ax.imshow(X[n].reshape(SIDE, SIDE), cmap="gray_r", vmin=0, vmax=1)
            right = predicted[n] == y[n]
            said = f"said {predicted[n]}\nis {y[n]}"
            ax.set_title(said, fontsize=10, color="black" if right else WRONG)
    fig.savefig(path, dpi=120)


def save_steps(path: str | Path, steps: Preparation, *, title: str) -> None:
    """Show what `photos.prepare` made of a picture, step by step.

    Parameters
    ----------
    path
        The PNG file to write.
    steps
        What it gave.
    title
        Stands above the steps, as it is: a `$` in it is no formula.
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
        # A file's name may have letters that the font lacks: they are shown as boxes.
        warnings.filterwarnings("ignore", "Glyph", UserWarning)
        fig.savefig(path, dpi=100)

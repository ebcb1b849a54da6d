"""The figures that return from chapter to chapter. Each writes its own alt text from the data."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import MaxNLocator, PercentFormatter

from nn_core.data import SIDE
from nn_core.lab.display import ACCENT, INK, show

# Paper to ink: pixels keep their own background, so that a digit looks the same in light and dark.
PAPER = LinearSegmentedColormap.from_list("paper", ["#fdfcf8", "#1b2430"])


def show_digits(
    images: np.ndarray,
    captions: Sequence[object] | None = None,
    *,
    title: str,
    columns: int = 10,
) -> None:
    """Show digits in a grid, each with a caption above it.

    Parameters
    ----------
    images
        `(N, 784)` or `(N, 28, 28)`, in any scale: the largest value is drawn as ink.
    captions
        One for each image.
    title
        What the picture says.
    columns
        Digits per row.

    Raises
    ------
    ValueError
        No images, images of another shape, or not one caption per image.
    """
    images = np.asarray(images)
    if images.shape[1:] not in ((SIDE * SIDE,), (SIDE, SIDE)):
        raise ValueError(
            f"expected images of shape (N, {SIDE * SIDE}) or (N, {SIDE}, {SIDE}), "
            f"found {images.shape}"
        )
    images = images.reshape(len(images), SIDE, SIDE)
    texts = None if captions is None else [str(caption) for caption in captions]
    if len(images) == 0:
        raise ValueError("expected at least one image, found none")
    if texts is not None and len(texts) != len(images):
        raise ValueError(f"expected {len(images)} captions, found {len(texts)}")
    columns = max(columns, 1)
    rows = -(-len(images) // columns)
    size = 6 / columns
    fig, axes = plt.subplots(
        rows,
        columns,
        squeeze=False,
        figsize=(6, rows * (size + (0.24 if texts else 0.0)) + 0.4),
    )
    for k, ax in enumerate(axes.flat):
        ax.axis("off")
        if k < len(images):
            ax.imshow(images[k], cmap=PAPER, vmin=0, vmax=images.max())
            if texts:
                ax.set_title(texts[k], fontsize=10, fontweight="normal", loc="center", pad=3)
    fig.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    listed = f", captioned {', '.join(texts)}" if texts else ""
    show(fig, f"{title}. {len(images)} handwritten digits, shown in a grid{listed}.")


def show_history(history: pd.DataFrame, *, title: str) -> None:
    """Draw accuracy by epoch, on training and on dev examples, from what `fit` returned."""
    fig, ax = plt.subplots()
    lines = [("accuracy", "training", "o"), ("dev_accuracy", "dev", "s")]
    for column, label, marker in lines:
        ax.plot(history.index, history[column], marker=marker, label=label)
    ax.set(title=title, xlabel="epoch", ylabel="accuracy")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.grid(axis="y", alpha=0.25)
    ax.legend(loc="lower right")
    first, last = history.iloc[0], history.iloc[-1]
    show(
        fig,
        f"{title}. Over {len(history)} epochs, accuracy on training examples goes from "
        f"{first.accuracy:.1%} to {last.accuracy:.1%}, on dev examples from "
        f"{first.dev_accuracy:.1%} to {last.dev_accuracy:.1%}.",
    )


def show_confusion(counts: np.ndarray, *, title: str) -> None:
    """Draw a confusion matrix: true class by row, predicted class by column, counts in the cells.

    The diagonal, the right answers, is left uncoloured, so that the mistakes stand out.
    """
    counts = np.asarray(counts)
    mistakes = counts * (1 - np.eye(len(counts), dtype=counts.dtype))
    worst = max(int(mistakes.max()), 1)
    fig, ax = plt.subplots(figsize=(6, 5.6))
    blend = LinearSegmentedColormap.from_list("accent", [ACCENT + "00", ACCENT])
    ax.imshow(mistakes, cmap=blend, vmin=0, vmax=worst)
    for i, j in np.ndindex(counts.shape):
        strong = mistakes[i, j] > 0.85 * worst
        ax.text(
            j,
            i,
            str(counts[i, j]) if counts[i, j] else "·",
            ha="center",
            va="center",
            fontsize=9,
            color="white" if strong else INK,
            fontweight="bold" if i == j else "normal",
        )
    ax.set(
        title=title,
        xlabel="what the network said",
        ylabel="what it was",
        xticks=range(len(counts)),
        yticks=range(len(counts)),
    )
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    alt = f"{title}. Of {counts.sum():,} digits, {np.trace(counts):,} lie on the diagonal, right."
    if mistakes.any():
        i, j = np.unravel_index(mistakes.argmax(), mistakes.shape)
        alt += f" The most frequent mistake: {mistakes[i, j]} times a {i} was taken for a {j}."
    show(fig, alt)

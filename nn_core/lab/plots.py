"""The pictures that return from chapter to chapter, with alt text written from the data.

Each has two forms: `draw_digits(...)` gives the figure and its alt text, which is what a slider
wants; `show_digits(...)` shows them.
"""

from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from nn_core.checks.examples import (
    check_labels_below,
    check_same_length,
    examples,
    labels,
    scores,
    takes,
)
from nn_core.checks.predictions import check_counts, check_probabilities
from nn_core.data import SIDE
from nn_core.lab.display import ACCENT, COLOURS, INK, MARKERS, Drawn, showing

# Paper to ink: pixels keep their own background, so that a digit looks the same in light and dark.
PAPER = LinearSegmentedColormap.from_list("paper", ["#fdfcf8", "#1b2430"])
# Below zero to above: the same paper in the middle, and ends that differ to colour-blind eyes too.
SIGNED = LinearSegmentedColormap.from_list(
    "signed", ["#003a5d", "#0072b2", "#fdfcf8", "#d55e00", "#6e2f00"]
)


def draw_digits(
    images: np.ndarray,
    captions: Sequence[object] | None = None,
    *,
    title: str,
    columns: int = 10,
) -> Drawn:
    """Digits in a grid, each with a caption above it.

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
    fig, _, listed = tiles(
        images,
        captions,
        title=title,
        columns=columns,
        cmap=PAPER,
        low=0,
        high=images.max(initial=0),
    )
    return fig, f"{title}. {len(images)} handwritten digits, shown in a grid{listed}."


def draw_weights(
    W: np.ndarray,
    captions: Sequence[object] | None = None,
    *,
    title: str,
    columns: int = 8,
    limit: float | None = None,
) -> Drawn:
    """What each unit of the first layer looks for: its weights as a picture, one per pixel.

    Blue is below zero, orange above, and paper is zero.

    Parameters
    ----------
    W
        `(784, units)`.
    captions
        One for each unit.
    title
        What the picture says.
    columns
        Units per row.
    limit
        The weight drawn darkest. If it is not given, the largest there is; give it where
        several figures are to be compared.

    Raises
    ------
    ValueError
        No units, weights of another shape, not one caption per unit, or a limit that is not
        above 0.
    """
    W = np.asarray(W)
    if W.ndim != 2 or W.shape[0] != SIDE * SIDE:
        raise ValueError(f"expected weights of shape ({SIDE * SIDE}, units), found {W.shape}")
    if limit is None:
        limit = float(np.abs(W).max(initial=0)) or 1.0  # nothing but zeros is paper
    if not limit > 0:
        raise ValueError(f"expected a limit above 0, found {limit}")
    fig, ax, listed = tiles(
        W.T, captions, title=title, columns=columns, cmap=SIGNED, low=-limit, high=limit
    )
    fig.set_figheight(fig.get_figheight() + 0.65)
    bar = fig.colorbar(ax.images[0], ax=ax, location="bottom", shrink=0.5, aspect=30, pad=0.03)
    bar.set_label("weight")
    bar.outline.set_visible(False)
    bar.locator = MaxNLocator(4, symmetric=True)
    units = W.shape[1]
    return fig, (
        f"{title}. The weights of {units} {'units' if units > 1 else 'unit'}, each a picture of "
        f"{SIDE} by {SIDE} pixels{listed}: from {W.min():.2g}, blue, to {W.max():.2g}, orange; "
        f"{np.mean(W > 0):.0%} are above zero."
    )


def tiles(
    images: np.ndarray,
    captions: Sequence[object] | None,
    *,
    title: str,
    columns: int,
    cmap: Colormap,
    low: float,
    high: float,
) -> tuple[Figure, Axes, str]:
    """Pictures of 28 x 28 in a grid; with the figure, its axes and the captions for the alt text.

    All stand in one pair of axes: one pair for each would take seconds to lay out.
    """
    texts = None if captions is None else [str(caption) for caption in captions]
    if len(images) == 0:
        raise ValueError("expected at least one image, found none")
    if texts is not None and len(texts) != len(images):
        raise ValueError(f"expected {len(images)} captions, found {len(texts)}")
    columns = max(columns, 1)
    rows = -(-len(images) // columns)
    # Lengths in pixels of the pictures. The figure is 6 inches wide, a line of a caption 0.2 high.
    width = SIDE + 2
    lines = max((text.count("\n") + 1 for text in texts), default=0) if texts else 0
    above = lines * 0.2 * columns * width / 6
    height = above + width
    fig, ax = plt.subplots(figsize=(6, 6 * rows * height / (columns * width) + 0.4))
    for k, image in enumerate(images.reshape(-1, SIDE, SIDE)):
        left, top = k % columns * width, k // columns * height + above
        extent = (left, left + SIDE, top + SIDE, top)
        ax.imshow(image, cmap=cmap, vmin=low, vmax=high, extent=extent)
        if texts:
            ax.text(left + SIDE / 2, top - 1, texts[k], ha="center", va="bottom", fontsize=10)
    ax.set(xlim=(0, columns * width - 2), ylim=(rows * height - 2, 0), title=title)
    ax.axis("off")
    return fig, ax, f", captioned {', '.join(texts)}" if texts else ""


def draw_confusion(counts: np.ndarray, *, title: str) -> Drawn:
    """A confusion matrix: true class by row, predicted class by column, counts in the cells.

    The diagonal, the right answers, is left uncoloured, so that the mistakes stand out.

    Raises
    ------
    TypeError, ValueError
        `counts` is not what `confusion_matrix` gives.
    """
    counts = np.asarray(counts)
    check_counts(counts)
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
    return fig, alt


@takes(X=examples, y=labels)
def draw_boundary(
    predict_proba: Callable[[np.ndarray], np.ndarray],
    X: np.ndarray,
    y: np.ndarray,
    *,
    title: str,
) -> Drawn:
    """Which class a network sees where, for examples with two inputs.

    Each place has the colour of its likeliest class, the stronger the surer; a line runs where two
    classes are equally likely. The examples lie on top, in the colour and mark of what they are.

    Parameters
    ----------
    predict_proba
        Gives `(N, classes)` probabilities for inputs `(N, 2)`, as `MLP.predict_proba` does.
    X
        Inputs `(N, 2)`.
    y
        Integer labels `(N,)`.
    title
        What the figure says.

    Raises
    ------
    TypeError, ValueError
        X is not `(N, 2)`, y does not fit it, or `predict_proba` gives something else than
        probabilities of 2 to 4 classes.
    """
    if X.ndim != 2 or X.shape[1] != 2 or len(X) == 0:
        raise ValueError(f"expected X of shape (N, 2), found {X.shape}")
    check_same_length(X, y)
    low, high = X.min(axis=0), X.max(axis=0)
    margin = 0.08 * float((high - low).max()) or 1.0
    side = 160  # places along each axis
    across, up = np.linspace(low - margin, high + margin, side).T
    places = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    places = places.astype(np.result_type(X, np.float32))
    P = scores(predict_proba(places), "probabilities")
    check_probabilities(P, np.zeros(len(places), int))
    classes = P.shape[1]
    if not 2 <= classes <= len(COLOURS):
        raise ValueError(f"expected 2 to {len(COLOURS)} classes, found {classes}")
    check_labels_below(y, classes)

    said = P.argmax(axis=1)
    sure = (P.max(axis=1) - 1 / classes) / (1 - 1 / classes)
    colours = np.array([to_rgb(f"C{k}") for k in range(classes)])
    picture = np.column_stack([colours[said], np.round(0.4 * sure, 2)]).reshape(side, side, 4)
    fig, ax = plt.subplots(figsize=(5, 4.4))
    extent = (across[0], across[-1], up[0], up[-1])
    ax.imshow(picture, extent=extent, origin="lower")
    alt = [f"{title}. {len(X)} points of {classes} classes, and the class the network sees where."]
    for k in range(classes - 1):  # the border of the last class is the border of others, too
        lead = P[:, k] - np.delete(P, k, axis=1).max(axis=1)
        if lead.min() < 0 < lead.max():
            ax.contour(across, up, lead.reshape(side, side), [0], colors=INK, linewidths=1.2)
    for k, marker in zip(range(classes), MARKERS, strict=False):
        ax.scatter(
            X[y == k, 0],
            X[y == k, 1],
            s=26,
            color=f"C{k}",
            marker=marker,
            edgecolors=INK,
            linewidths=0.7,
            zorder=3,
            label=f"class {k}",
        )
        alt.append(
            f"Class {k}, {COLOURS[k]} {MARKERS[marker]}, has {np.sum(y == k)} of the points and "
            f"{np.mean(said == k):.0%} of the area."
        )
    right = int(np.sum(predict_proba(X).argmax(axis=1) == y))
    alt.append(f"{right} of the {len(X)} points lie where the network sees their class.")
    ax.set(title=title, xlabel="$x_1$", ylabel="$x_2$")
    fig.legend(loc="outside lower center", ncols=classes)
    return fig, " ".join(alt)


show_digits = showing(draw_digits)
show_weights = showing(draw_weights)
show_confusion = showing(draw_confusion)
show_boundary = showing(draw_boundary)

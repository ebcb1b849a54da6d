"""Figures that several chapters use, with alt text made from the data.

Each figure has two functions: `draw_digits(...)` gives the figure and its alt text, and
`show_digits(...)` shows the figure.
"""

from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
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
from nn_core.lab.display import Drawn, showing
from nn_core.lab.palette import ACCENT, COLOURS, INK, MARKERS

LINE = 0.25  # the height of a line of a caption, in inches


def draw_digits(
    images: np.ndarray,
    captions: Sequence[object] | None = None,
    *,
    title: str,
    columns: int = 10,
) -> Drawn:
    """Draw digits in a grid, each with a caption above it.

    Parameters
    ----------
    images
        `(N, 784)` or `(N, 28, 28)`, in any scale: the largest value is drawn as ink.
    captions
        A caption for each image.
    title
        The message of the figure.
    columns
        The number of digits per row.

    Raises
    ------
    ValueError
        There are no images, they have another shape, or the number of captions is wrong.
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
        cmap="ink",
        low=0,
        high=images.max(initial=0),
    )
    number = f"{len(images)} handwritten digits" if len(images) > 1 else "One handwritten digit"
    return fig, f"{number}, shown in a grid{listed}."


def draw_weights(
    W: np.ndarray,
    captions: Sequence[object] | None = None,
    *,
    title: str,
    columns: int = 8,
    limit: float | None = None,
) -> Drawn:
    """Draw the weights of each unit of the first layer as an image, one weight per pixel.

    Blue is negative, orange is positive, and zero is the page itself.

    Parameters
    ----------
    W
        `(784, units)`.
    captions
        A caption for each unit.
    title
        The message of the figure.
    columns
        The number of units per row.
    limit
        The absolute weight with the darkest colour. The default is the largest absolute weight.
        Give a limit if readers should compare several figures.

    Raises
    ------
    ValueError
        There are no units, W has another shape, the number of captions is wrong, or the limit is
        not above 0.
    """
    W = np.asarray(W)
    if W.ndim != 2 or W.shape[0] != SIDE * SIDE:
        raise ValueError(f"expected weights of shape ({SIDE * SIDE}, units), found {W.shape}")
    if limit is None:
        limit = float(np.abs(W).max(initial=0)) or 1.0  # all weights may be zero
    if not limit > 0:
        raise ValueError(f"expected a limit above 0, found {limit}")
    fig, ax, listed = tiles(
        W.T, captions, title=title, columns=columns, cmap="signed", low=-limit, high=limit
    )
    fig.set_figheight(fig.get_figheight() + 0.65)
    bar = fig.colorbar(ax.images[0], ax=ax, location="bottom", shrink=0.5, aspect=30, pad=0.03)
    bar.set_label("weight")
    bar.outline.set_visible(False)
    bar.locator = MaxNLocator(4, symmetric=True)
    units = W.shape[1]
    return fig, (
        f"The weights of {units} {'units' if units > 1 else 'unit'}, each a picture of "
        f"{SIDE} by {SIDE} pixels{listed}: from {W.min():.2g}, blue, to {W.max():.2g}, orange; "
        f"{np.mean(W > 0):.0%} are above zero."
    )


def tiles(
    images: np.ndarray,
    captions: Sequence[object] | None,
    *,
    title: str,
    columns: int,
    cmap: str,
    low: float,
    high: float,
) -> tuple[Figure, Axes, str]:
    """Draw images of 28 x 28 pixels in a grid. Give figure, axes, and the captions as a text.

    All images share one `Axes`: the layout of one `Axes` per image would take seconds.
    """
    texts = None if captions is None else [str(caption) for caption in captions]
    if len(images) == 0:
        raise ValueError("expected at least one image, found none")
    if texts is not None and len(texts) != len(images):
        raise ValueError(f"expected {len(images)} captions, found {len(texts)}")
    columns = max(columns, 1)
    rows = -(-len(images) // columns)
    # The unit of length is a pixel of an image. The figure is 6 inches wide.
    width = SIDE + 2
    lines = max((text.count("\n") + 1 for text in texts), default=0) if texts else 0
    line = LINE * columns * width / 6
    above = lines * line
    height = above + width
    fig, ax = plt.subplots(figsize=(6, 6 * rows * height / (columns * width) + 0.1))
    for k, image in enumerate(images.reshape(-1, SIDE, SIDE)):
        left, top = k % columns * width, k // columns * height + above
        extent = (left, left + SIDE, top + SIDE, top)
        ax.imshow(image, cmap=cmap, vmin=low, vmax=high, extent=extent)
        # Each line is a text of its own, so that it stays centred in the face of the page.
        for up, text in enumerate(reversed(texts[k].split("\n") if texts else [])):
            at = (left + SIDE / 2, top - 1 - up * line)
            ax.text(*at, text, ha="center", va="bottom")
    fig.suptitle(title)
    ax.set(xlim=(0, columns * width - 2), ylim=(rows * height - 2, 0))
    ax.axis("off")
    return fig, ax, f", captioned {', '.join(texts)}" if texts else ""


def draw_confusion(counts: np.ndarray, *, title: str) -> Drawn:
    """Draw a confusion matrix: a row per true class, a column per predicted class.

    Only the mistakes have a colour. The diagonal, the right predictions, has none.

    Raises
    ------
    TypeError, ValueError
        `counts` is not a square matrix of integers from 0.
    """
    counts = np.asarray(counts)
    check_counts(counts)
    mistakes = counts * (1 - np.eye(len(counts), dtype=counts.dtype))
    worst = max(int(mistakes.max()), 1)
    fig, ax = plt.subplots(figsize=(6, 5.6))
    fig.suptitle(title)
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
            color="white" if strong else INK,
            fontweight="bold" if i == j else "normal",
        )
    ax.set(
        xlabel="predicted class",
        ylabel="true class",
        xticks=range(len(counts)),
        yticks=range(len(counts)),
    )
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    alt = f"Of {counts.sum():,} digits, {np.trace(counts):,} lie on the diagonal, right."
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
    """Draw the predicted class at each point of the plane, for a network with two inputs.

    Each point has the colour of its most probable class. A higher probability makes the colour
    stronger. On the lines, two classes have equal probability. The markers are the examples, in
    the colour of their true class.

    Parameters
    ----------
    predict_proba
        A function such as `MLP.predict_proba`: it gives probabilities `(N, classes)` for inputs
        `(N, 2)`.
    X
        Inputs `(N, 2)`.
    y
        Integer labels `(N,)`.
    title
        The message of the figure.

    Raises
    ------
    TypeError, ValueError
        X is not `(N, 2)`, y does not fit X, or `predict_proba` does not give probabilities of 2 to
        7 classes.
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

    predicted = P.argmax(axis=1)
    confidence = (P.max(axis=1) - 1 / classes) / (1 - 1 / classes)
    colours = np.array([to_rgb(f"C{k}") for k in range(classes)])
    opacity = np.round(0.4 * confidence, 2)
    picture = np.column_stack([colours[predicted], opacity]).reshape(side, side, 4)
    fig, ax = plt.subplots(figsize=(6, 5))
    extent = (across[0], across[-1], up[0], up[-1])
    ax.imshow(picture, extent=extent, origin="lower")
    alt = [f"{len(X)} points of {classes} classes, and the predicted class of each place."]
    for k in range(classes - 1):  # the borders of the last class are borders of other classes
        lead = P[:, k] - np.delete(P, k, axis=1).max(axis=1)
        if lead.min() < 0 < lead.max():
            ax.contour(across, up, lead.reshape(side, side), [0], colors=INK, linewidths=1.2)
    for k, colour, marker in zip(range(classes), COLOURS, MARKERS, strict=False):
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
            f"Class {k}, {colour} {MARKERS[marker]}, has {np.sum(y == k)} of the points and "
            f"{np.mean(predicted == k):.0%} of the area."
        )
    right = int(np.sum(predict_proba(X).argmax(axis=1) == y))
    alt.append(f"The network predicts the class of {right} of the {len(X)} points rightly.")
    fig.suptitle(title)
    ax.set(xlabel="x₁", ylabel="x₂")
    fig.legend(loc="outside lower center", ncols=classes)
    return fig, " ".join(alt)


show_digits = showing(draw_digits)
show_weights = showing(draw_weights)
show_confusion = showing(draw_confusion)
show_boundary = showing(draw_boundary)

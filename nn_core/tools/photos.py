"""From a photo or scan of a digit to the 784 numbers a network reads.

A network trained on MNIST reads nothing but pictures made as MNIST was: light ink on black, cut
to the ink, 20 pixels high or wide, its centre of mass in the middle of 28 x 28 pixels. `prepare`
does the same to a picture of one digit, and keeps each step so that it can be looked at.
"""

import struct
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nn_core.checks.formats import describe_format
from nn_core.data import SIDE, DataError

BOX = 20  # pixels: MNIST's digits fit a square of this side
# Rows and columns of MNIST are counted from 0, and its centres of mass lie at 14, not at 13.5.
MIDDLE = SIDE / 2
WORKING_SIDE = 400  # pixels: enough for a digit a tenth as high as the photo
COARSE_SIDE = 50  # pixels: enough to see whether there is a hard shadow
HARD_SHADOW = 0.8  # of the light beside it: a shadow lighter than that is let be
WIDEST = 1.6  # times its height: few digits are wider
SMALLEST_SIDE = 8  # pixels: less can hardly be told to be a digit


@dataclass(frozen=True)
class Preparation:
    """What became of a picture on its way to the network, step by step.

    Attributes
    ----------
    gray
        The picture, `(H, W)`, from 0, black, to 1, white; reduced if it was large.
    light
        What the paper alone would look like, `(H, W)`.
    contrast
        How far each pixel is from the paper, toward the ink, `(H, W)`; 0 is paper.
    ink
        Which pixels were taken for the digit, boolean `(H, W)`.
    digit
        The ink alone, cut out and fitted into 20 x 20 pixels, from 0 to 1.
    image
        The digit with its centre of mass in the middle, `(28, 28)`, from 0 to 1.
    warnings
        What was seen that makes it doubtful whether `image` is one whole digit, a sentence
        each: long straight lines, a box, several large pieces, ink from border to border.
    """

    gray: np.ndarray
    light: np.ndarray
    contrast: np.ndarray
    ink: np.ndarray
    digit: np.ndarray
    image: np.ndarray
    warnings: tuple[str, ...] = ()

    @property
    def row(self) -> np.ndarray:
        """The input of a network, float32 `(784,)`."""
        return self.image.reshape(-1)


def read_photo(path: str | Path) -> np.ndarray:
    """Read a picture as shades of gray, upright.

    The orientation that a camera notes (EXIF) is applied, and what is transparent is put on
    white paper.

    Parameters
    ----------
    path
        A file of any format, mode and size that Pillow reads.

    Returns
    -------
    ndarray of float32 `(H, W)`
        From 0, black, to 1, white.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    DataError
        The file is not a picture, or is damaged.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    if Path(path).is_dir():
        raise DataError(f"{path}: expected a picture, found a folder")
    try:
        with warnings.catch_warnings():
            # Pillow warns of a picture of 90 million pixels, and refuses twice as many.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as file:
                file.load()
                photo = ImageOps.exif_transpose(file)
    except (FileNotFoundError, PermissionError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(
            f"{path}: expected a picture of at most {Image.MAX_IMAGE_PIXELS:,} pixels, "
            "found a larger one: make it smaller first"
        ) from error
    except UnidentifiedImageError as error:
        found = describe_format(Path(path).read_bytes()) or "a file that Pillow cannot read"
        raise DataError(f"{path}: expected a picture, found {found}") from error
    # Pillow has no common error: a broken file can raise any of these.
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        raise DataError(f"{path}: expected a picture, found: {error}") from error
    if photo.has_transparency_data:
        photo = photo.convert("RGBA")
        paper = Image.new("RGBA", photo.size, "white")
        photo = Image.alpha_composite(paper, photo)
    if photo.mode[0] in "IF":
        # More than 8 bits: Pillow would cut these off at 255 instead of scaling them.
        values = np.asarray(photo, np.float32)
        if not np.isfinite(values).all():
            raise DataError(f"{path}: expected numbers for shades of gray, found NaN or infinity")
        low, high = values.min(), values.max()
        return (values - low) / max(high - low, 1)
    return np.asarray(photo.convert("RGB").convert("L"), np.float32) / 255


def prepare(gray: np.ndarray) -> Preparation:
    """Do to a picture of one digit what was done to make MNIST.

    Uneven light and hard shadows are estimated and taken out, and so are the lines of squared or
    ruled paper; the ink, dark or light, is told from the paper; boxes, specks, and what reaches
    in from the border are dropped; the rest is cut out, fitted into 20 x 20 pixels and placed
    with its centre of mass in the middle of 28 x 28. What else is on the paper may be taken for
    ink; look at `warnings` before you believe an answer.

    Parameters
    ----------
    gray
        The picture `(H, W)`, from 0, black, to 1, white, as `read_photo` gives it.

    Returns
    -------
    Preparation
        Every step to the network's input, and warnings of what was seen on the way.

    Raises
    ------
    DataError
        The picture is smaller than 8 x 8 pixels, or no ink is found in it.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998), "Gradient-based learning applied to document
    recognition", section III.A.
    """
    if gray.ndim != 2 or min(gray.shape) < SMALLEST_SIDE:
        raise DataError(
            f"expected a picture of at least {SMALLEST_SIDE} x {SMALLEST_SIDE} pixels, "
            f"found {' x '.join(str(side) for side in gray.shape)}"
        )
    gray = fit_into(gray, WORKING_SIDE) if max(gray.shape) > WORKING_SIDE else gray
    light = follow_shadows(gray, estimate_light(gray))
    contrast = contrast_to_paper(gray, light)
    lines = find_lines(contrast)
    ink, level = find_ink(np.where(lines, 0, contrast))
    ink, doubts = keep_digit(ink)
    if lines.any():
        doubts = ("long straight lines cross the picture: they were taken out", *doubts)
    # Half-covered pixels at the edge of a stroke keep their share of ink; everything beyond the
    # edge is paper, whatever its shade.
    stroke = grow(ink) & (ink | ~lines)
    shade = np.where(stroke, np.clip(contrast / level, 0, 1), 0)
    digit = fit_into(cut_out(shade, ink), BOX)
    digit /= digit.max()
    return Preparation(gray, light, contrast, ink, digit, centre(digit), doubts)


def fit_into(image: np.ndarray, side: int) -> np.ndarray:
    """Scale an image so that its longer side is `side` pixels, and keep its proportions.

    Each new pixel is the mean of the area it covers in the old image, so that no thin line is
    skipped.
    """
    H, W = image.shape
    scale = side / max(H, W)
    down, across = (area_weights(n, max(1, round(n * scale))) for n in (H, W))
    return down @ image @ across.T


def area_weights(old: int, new: int) -> np.ndarray:
    """Say how much each of `old` pixels in a line counts for each of `new`, `(new, old)`.

    New pixel i covers the stretch from `i old/new` to `(i + 1) old/new`; an old pixel counts
    by the part of that stretch which it fills.
    """
    edges = np.arange(new + 1)[:, None] * (old / new)
    start = np.arange(old)
    overlap = np.minimum(edges[1:], start + 1) - np.maximum(edges[:-1], start)
    return (np.maximum(overlap, 0) * (new / old)).astype(np.float32)


def estimate_light(gray: np.ndarray, *, blocks: int = 16, rounds: int = 20) -> np.ndarray:
    """Estimate the paper's brightness everywhere, also under the ink.

    A quadratic surface is fitted to the medians of small blocks. The sum of the distances is
    made small, not that of their squares, so that blocks full of ink do not pull the surface
    down: weighted least squares, repeated with the weights `1 / |distance|`. Blocks at the
    border, where a digit rarely reaches, count four times.

    Parameters
    ----------
    gray
        The picture `(H, W)`.
    blocks
        Blocks along each side.
    rounds
        How often the weights are set anew.

    Returns
    -------
    ndarray of float32 `(H, W)`
    """
    H, W = gray.shape
    n, m = min(blocks, H), min(blocks, W)
    medians = np.array(
        [[np.median(block) for block in np.array_split(band, m, axis=1)]
         for band in np.array_split(gray, n, axis=0)]
    )  # fmt: skip
    border = np.full((n, m), 4.0)
    border[1:-1, 1:-1] = 1
    terms = surface_terms(n, m)
    weights = border.ravel()
    for _ in range(rounds):
        root = np.sqrt(weights)[:, None]
        factors = np.linalg.lstsq(terms * root, medians.reshape(-1, 1) * root, rcond=None)[0]
        distance = np.abs(medians.ravel() - (terms @ factors)[:, 0])
        weights = border.ravel() / np.maximum(distance, 0.01)
    return (surface_terms(H, W) @ factors).reshape(H, W).astype(np.float32)


def follow_shadows(gray: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Replace the estimated light where a shadow has a hard edge, which no smooth surface follows.

    Closing a picture of dark ink, the lowest of the highest brightness around each pixel, fills
    strokes with the paper beside them and keeps the edges of everything larger than its window,
    a quarter of the picture. If the paper so found is far from the light in places, it is the
    better estimate. On a blackboard, light and dark change sides.

    References
    ----------
    Serra (1982), "Image Analysis and Mathematical Morphology".
    """
    coarse, smooth = (fit_into(image, COARSE_SIDE) for image in (gray, light))
    # The median around a pixel is paper, for strokes are narrow: on which side of it is the ink?
    sign = 1 if np.sum((median_filter(coarse, COARSE_SIDE // 5 | 1) - coarse) ** 3) > 0 else -1

    def paper(image: np.ndarray) -> np.ndarray:
        return sign * closing(sign * image, min(image.shape) // 4 | 1)

    low, high = np.percentile(paper(coarse) / np.maximum(smooth, 0.05), [5, 95])
    if low > HARD_SHADOW * high:
        return light
    # Closing prefers the highest values, so that noise would lift the paper.
    return paper(median_filter(gray, 5))


def median_filter(image: np.ndarray, side: int) -> np.ndarray:
    """Replace each pixel by the median of a square around it; its side is odd."""
    around = np.pad(image, side // 2, mode="edge")
    return np.median(sliding_window_view(around, (side, side)), axis=(2, 3)).astype(image.dtype)


def closing(image: np.ndarray, side: int) -> np.ndarray:
    """Give the lowest, in a square around each pixel, of the highest values; its side is odd."""
    return -highest(-highest(image, side), side)


def highest(image: np.ndarray, side: int) -> np.ndarray:
    """Replace each pixel by the highest value in a square around it; its side is odd."""
    image = np.pad(image, side // 2, mode="edge")
    width = 1
    while width < side:
        # Two squares that overlap or touch make a larger one.
        step = min(width, side - width)
        image = np.maximum(image[step:], image[:-step])
        image = np.maximum(image[:, step:], image[:, :-step])
        width += step
    return image


def surface_terms(H: int, W: int) -> np.ndarray:
    """1, x, y, x^2, x y and y^2 at the pixels of an image, x and y from -1 to 1, `(H W, 6)`."""
    y, x = ((np.arange(n) + 0.5) * (2 / n) - 1 for n in (H, W))
    y, x = np.repeat(y, W), np.tile(x, H)
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)


def contrast_to_paper(gray: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Measure how much darker than the paper each pixel is, or lighter, if the ink is light.

    Dark ink takes away a share of the light, `1 - gray / light`; light ink on dark paper adds
    to it, `gray - light`. The ink is on the side where the large differences are. May be
    slightly negative on paper.
    """
    difference = light - gray
    if np.sum(difference**3) < 0:
        return -difference
    return difference / np.maximum(light, 0.1)


def find_lines(contrast: np.ndarray) -> np.ndarray:
    """Find the lines of squared or ruled paper, boolean `(H, W)`.

    Where a stroke crosses a line, the pixels stay the stroke's.
    """
    dark = contrast > 0.75 * least_contrast(contrast)
    thickest = max(3, min(dark.shape) // 25)
    across = lines_across(dark, thickest)
    lines = across | lines_across(dark.T, thickest, taken=across.T).T
    # Where nothing else is on the page, a line may be a one.
    rest = dark & ~lines
    return lines & (contrast[rest].sum() > 0.05 * contrast[lines].sum())


def lines_across(
    dark: np.ndarray, thickest: int, *, least: float = 0.9, taken: np.ndarray | bool = False
) -> np.ndarray:
    """Find straight lines from the left border to the right one, level or somewhat tilted.

    Along a line nearly all is dark, most of it thin, and there is paper on both sides. It is
    taken out where it is as thin as is usual for it; elsewhere a stroke crosses it.

    Parameters
    ----------
    dark
        All that may be a line, boolean `(H, W)`.
    thickest
        The height in pixels above which it is none.
    least
        What share of it must be dark.
    taken
        What is not counted to the height: lines found in the other direction, `(H, W)`.

    Returns
    -------
    ndarray of bool `(H, W)`

    References
    ----------
    Dalitz, Droettboom, Pranzas and Fujinaga (2008), "A comparative study of staff removal
    algorithms": "line track height", for lines of music.
    """
    H, W = dark.shape
    heights = run_heights(dark & ~np.asarray(taken))
    thin = (heights > 0) & (heights <= thickest)
    columns = np.arange(W)
    # A line of one pixel, drawn at a tilt, jumps by a row here and there.
    near = grow(dark)
    lines = np.zeros_like(dark)
    # From one slope to the next, the ends of a line move by one pixel.
    for slope in np.linspace(-0.1, 0.1, W // 10 | 1):
        shift = np.rint(slope * (columns - W / 2)).astype(int)
        rows = np.arange(H)[:, None] + shift
        rows = rows[(rows.min(axis=1) >= 0) & (rows.max(axis=1) < H)]
        share = near[rows, columns].mean(axis=1)
        for k in np.flatnonzero(share > least):
            beside = share[max(0, k - thickest) : k], share[k + 1 : k + 1 + thickest]
            usual = heights[rows[k], columns][thin[rows[k], columns]]
            if len(usual) < 0.4 * W or any(side.min(initial=0.5) > 0.6 for side in beside):
                continue
            for step in range(-2, 3):
                there = np.clip(rows[k] + step, 0, H - 1), columns
                lines[there] |= thin[there] & (heights[there] <= 1.5 * np.median(usual) + 1)
    return lines


def run_heights(mask: np.ndarray) -> np.ndarray:
    """Give each pixel of a mask the height of the unbroken column it is in, the others 0."""
    rows = np.arange(len(mask))[:, None]
    above = np.maximum.accumulate(np.where(mask, -1, rows))
    below = np.minimum.accumulate(np.where(mask, len(mask), rows)[::-1])[::-1]
    return np.where(mask, below - above - 1, 0)


def find_ink(contrast: np.ndarray) -> tuple[np.ndarray, float]:
    """Tell ink from paper, and the digit from specks and shadows.

    Parameters
    ----------
    contrast
        From `contrast_to_paper`, `(H, W)`.

    Returns
    -------
    ink, level
        Which pixels belong to the digit, boolean `(H, W)`, and their usual contrast.

    Raises
    ------
    DataError
        Nothing stands out from the paper.
    """
    least = least_contrast(contrast)
    ink = contrast > max(otsu_threshold(contrast), least / 2)
    level = float(np.median(contrast[ink])) if ink.any() else 0.0
    if level < least:
        raise DataError(
            f"expected a digit that stands out from its paper by at least {least:.0%}, "
            + (f"found {level:.0%}" if ink.any() else "found nothing on it")
        )
    return ink, level


def least_contrast(contrast: np.ndarray) -> float:
    """Say from which contrast on a pixel is more than noise."""
    # Where the picture is lighter than its own paper there is only noise: how far does it go?
    # Misjudged light counts as noise too, so that there is an upper limit.
    noise = 1.5 * float(np.median(-contrast[contrast < 0])) if (contrast < 0).any() else 0.0
    return min(max(0.06, 4 * noise), 0.3)


def otsu_threshold(values: np.ndarray, *, bins: int = 256) -> float:
    """Split values from 0 to 1 at the threshold that leaves the two classes farthest apart.

    Of all thresholds, the one with the largest `n0 n1 (mean1 - mean0)^2`, where n0 and n1
    count the values on either side.

    References
    ----------
    Otsu (1979), "A threshold selection method from gray-level histograms".
    """
    counts, edges = np.histogram(np.clip(values, 0, 1), bins, (0, 1))
    centres = (edges[:-1] + edges[1:]) / 2
    n0 = np.cumsum(counts)[:-1]
    n1 = values.size - n0
    sum0 = np.cumsum(counts * centres)[:-1]
    sum1 = np.sum(counts * centres) - sum0
    # A class of nothing has no mean; its n makes the product zero whatever is put there.
    difference = sum1 / np.maximum(n1, 1) - sum0 / np.maximum(n0, 1)
    between = n0 * n1 * difference**2
    # Between two clear classes a whole stretch of thresholds is equally good: take its middle.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    return float(edges[1 + (best[0] + best[-1]) // 2])


def keep_digit(ink: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Drop boxes, what touches the border, if something else is there, and specks.

    A piece is a speck when it has less than a thirtieth of the pixels of the largest piece.
    What lies inside counts as something else when it is at least a tenth as high or wide as
    the picture's shorter side is long.

    Parameters
    ----------
    ink
        From `find_ink`, `(H, W)`.

    Returns
    -------
    digit, doubts
        Which pixels belong to the digit, boolean `(H, W)`; what makes that doubtful, if anything.
    """
    doubts: list[str] = []
    labels = connected_pieces(ink)
    area = np.bincount(labels[ink])
    spans = pieces_spans(labels, len(area))
    size = np.ptp(spans, axis=2).max(axis=0)
    large = size >= min(ink.shape) / 10
    limits = np.array(ink.shape)[:, None]
    inside = ((spans[..., 0] > 0) & (limits > spans[..., 1])).all(axis=0)
    kept = np.array(inside if (inside & large).any() else np.ones(len(area)), bool)
    found = np.flatnonzero(kept & large)
    boxes = [
        k
        for k in found
        if any(
            3 * size[n] > size[k] and encloses(labels == k, spans[:, n]) for n in found if n != k
        )
    ]
    kept[boxes] = False
    kept &= area * 30 >= area[kept].max()
    digit = ink & kept[labels]
    sides = box_sides(digit)
    # Of an empty box nothing may be left: it stays.
    sides &= (digit & ~sides).any()
    if sides.any():
        digit = keep_digit(digit & ~sides)[0]
    if boxes or sides.any():
        doubts.append("there is a box or frame: it was left out")
    found = np.flatnonzero(kept & (2 * size >= size[kept].max()))
    if any(apart(spans[:, k], spans[:, n]) for k in found for n in found if n < k):
        doubts.append("the ink lies in large pieces apart from each other: is it one digit?")
    shape = cut_out(digit, digit).shape
    if shape[0] == len(ink) or shape[1] == ink.shape[1]:
        doubts.append("the ink reaches from one border of the picture to the other")
    if shape[1] > WIDEST * shape[0]:
        ratio = shape[1] / shape[0]
        doubts.append(f"the ink is {ratio:.1f} times as wide as high: is it one digit?")
    return digit, tuple(doubts)


def pieces_spans(labels: np.ndarray, count: int) -> np.ndarray:
    """Give the first row of each piece and the one after its last; columns too: `(2, n, 2)`."""
    places = np.nonzero(labels >= 0)
    first, end = np.full((2, count), labels.size), np.zeros((2, count), int)
    for axis in (0, 1):
        np.minimum.at(first[axis], labels[places], places[axis])
        np.maximum.at(end[axis], labels[places], places[axis] + 1)
    return np.stack([first, end], axis=2)


def encloses(piece: np.ndarray, span: np.ndarray) -> bool:
    """Say whether a piece, boolean `(H, W)`, is on all four sides of a rectangle of the picture."""
    (top, bottom), (left, right) = span
    band, column = piece[top:bottom], piece[:, left:right]
    sides = band[:, :left], band[:, right:], column[:top].T, column[bottom:].T
    # A box drawn by hand may have a gap.
    return all(side.any(axis=1).mean() > 0.9 for side in sides)


def apart(one: np.ndarray, other: np.ndarray) -> bool:
    """Say whether two rectangles lie beside or below each other, but for a tenth of the smaller."""
    shared = np.minimum(one[:, 1], other[:, 1]) - np.maximum(one[:, 0], other[:, 0])
    return bool((shared < 0.1 * np.minimum(np.ptp(one, axis=1), np.ptp(other, axis=1))).any())


def box_sides(ink: np.ndarray) -> np.ndarray:
    """Find the sides of a box that the digit touches, boolean `(H, W)`, if all four are there."""
    thickest = max(3, min(ink.shape) // 20)
    cut = np.pad(cut_out(ink, ink), thickest)
    # The sides of a box at a tilt are shorter than the rectangle around it.
    across = lines_across(cut, thickest, least=0.7)
    down = lines_across(cut.T, thickest, least=0.7, taken=across.T).T
    h, w = (thickest + side // 5 for side in cut.shape)
    ends = across[:h].T, across[-h:].T, down[:, :w], down[:, -w:]
    sides = np.zeros_like(ink)
    if min(end.any(axis=1).mean() for end in ends) > 0.5:
        inner = np.s_[thickest:-thickest, thickest:-thickest]
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        sides[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = (across | down)[inner]
    return sides


def connected_pieces(ink: np.ndarray) -> np.ndarray:
    """Number the connected pieces of ink from 0; neighbours may touch by a corner. Paper is -1.

    Every pixel starts as its own root. Where two neighbours have different roots, the larger
    root is hung below the smaller one, until no such pair is left.

    References
    ----------
    Shiloach and Vishkin (1982), "An O(log n) parallel connectivity algorithm".
    """
    number = np.full(ink.shape, -1)
    number[ink] = np.arange(np.count_nonzero(ink))
    pairs = np.concatenate(
        [
            np.stack([number[a].ravel(), number[b].ravel()])
            for a, b in (
                (np.s_[:, :-1], np.s_[:, 1:]),
                (np.s_[:-1, :], np.s_[1:, :]),
                (np.s_[:-1, :-1], np.s_[1:, 1:]),
                (np.s_[:-1, 1:], np.s_[1:, :-1]),
            )
        ],
        axis=1,
    )
    one, other = pairs[:, (pairs >= 0).all(axis=0)]
    root = np.arange(np.count_nonzero(ink))
    while (root[one] != root[other]).any():
        low, high = np.minimum(root[one], root[other]), np.maximum(root[one], root[other])
        np.minimum.at(root, high, low)
        while (root[root] != root).any():
            root = root[root]
    number[ink] = np.unique(root, return_inverse=True)[1]
    return number


def grow(mask: np.ndarray) -> np.ndarray:
    """Add to a mask all pixels that touch it, by a side or a corner."""
    padded = np.pad(mask, 1)
    tall = padded[:-2] | padded[1:-1] | padded[2:]
    return tall[:, :-2] | tall[:, 1:-1] | tall[:, 2:]


def cut_out(image: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Give the smallest rectangle of an image that holds all of the ink, a boolean mask of it."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def centre(digit: np.ndarray) -> np.ndarray:
    """Place a digit of up to 20 x 20 pixels with its centre of mass in the middle of 28 x 28.

    By whole pixels, as in MNIST, and never so far that a part of it would be cut off.
    """
    h, w = digit.shape
    row = digit.sum(axis=1) @ np.arange(h) / digit.sum()
    column = digit.sum(axis=0) @ np.arange(w) / digit.sum()
    top = min(max(round(MIDDLE - row), 0), SIDE - h)
    left = min(max(round(MIDDLE - column), 0), SIDE - w)
    image = np.zeros((SIDE, SIDE), np.float32)
    image[top : top + h, left : left + w] = digit
    return image

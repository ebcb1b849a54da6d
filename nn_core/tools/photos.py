"""Turn a photo or scan of a digit into the 784 inputs of a network.

A network trained on MNIST can only read pictures like MNIST: light ink on black, cropped to the
ink, 20 pixels high or wide, with the centre of mass in the middle of 28 x 28 pixels. `prepare`
turns a picture of one digit into such an image, and keeps each step for inspection.
"""

import struct
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nn_core.checks.formats import describe_format
from nn_core.data import SIDE, DataError

BOX = 20  # pixels: the side of the square that every digit of MNIST fits into
# The centre of mass of an MNIST image lies at row and column 14, counted from 0, not at 13.5.
CENTRE = SIDE / 2
WORKING_SIDE = 400  # pixels: enough for a digit with a tenth of the height of the photo
COARSE_SIDE = 50  # pixels: enough to detect a hard shadow
HARD_SHADOW_RATIO = 0.8  # brightness in the shadow / beside it: lighter shadows stay
MAX_ASPECT_RATIO = 1.6  # width / height: few digits are wider
MIN_SIDE = 8  # pixels: a digit in a smaller picture can hardly be recognised


@dataclass(frozen=True)
class Preparation:
    """The steps from a picture to the input of a network.

    Attributes
    ----------
    gray
        The picture, `(H, W)`, from 0, black, to 1, white; a large picture is scaled down.
    light
        The estimated brightness of the paper without ink, `(H, W)`.
    contrast
        The difference of each pixel from the paper, `(H, W)`: 0 for paper, positive for ink.
    ink
        The mask of the digit, boolean `(H, W)`.
    digit
        The ink, cropped and scaled to fit into 20 x 20 pixels, from 0 to 1.
    image
        The digit, its centre of mass in the middle, `(28, 28)`, from 0 to 1.
    warnings
        Reasons why `image` may not be one whole digit, each in a sentence: long straight lines, a
        box, several large components, ink from border to border.
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
    """Read a picture as an upright grayscale image.

    The orientation that a camera stores (EXIF) is applied. Transparent pixels become white.

    Parameters
    ----------
    path
        A picture file of any format, mode and size that Pillow reads.

    Returns
    -------
    ndarray of float32 `(H, W)`
        From 0, black, to 1, white.

    Raises
    ------
    FileNotFoundError
        The file does not exist.
    DataError
        The file is not a picture, or is damaged.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    if Path(path).is_dir():
        raise DataError(f"{path}: expected a picture, found a folder")
    try:
        with warnings.catch_warnings():
            # Pillow warns above 90 million pixels, and raises an error above twice as many.
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
    # Pillow has no common error class: a damaged file can raise any of these errors.
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        raise DataError(f"{path}: expected a picture, found: {error}") from error
    if photo.has_transparency_data:
        photo = photo.convert("RGBA")
        paper = Image.new("RGBA", photo.size, "white")
        photo = Image.alpha_composite(paper, photo)
    if photo.mode[0] in "IF":
        # Pillow would clip pixels of more than 8 bits to 255 instead of scaling them.
        values = np.asarray(photo, np.float32)
        if not np.isfinite(values).all():
            raise DataError(f"{path}: expected numbers for shades of gray, found NaN or infinity")
        low, high = values.min(), values.max()
        return (values - low) / max(high - low, 1)
    return np.asarray(photo.convert("RGB").convert("L"), np.float32) / 255


def prepare(gray: np.ndarray) -> Preparation:
    """Turn a picture of one digit into an image like MNIST.

    The steps: estimate uneven light and hard shadows and remove them; remove the lines of squared
    or ruled paper; separate ink, dark or light, from paper; remove boxes, specks, and ink that
    touches the border; crop the rest, scale it to fit into 20 x 20 pixels, and place its centre of
    mass in the middle of 28 x 28. Other marks on the paper may be mistaken for the digit: read
    `warnings` before you trust a prediction.

    Parameters
    ----------
    gray
        The picture `(H, W)`, from 0, black, to 1, white, as `read_photo` gives it.

    Returns
    -------
    Preparation
        All steps to the input of the network, and warnings.

    Raises
    ------
    DataError
        The picture is smaller than 8 x 8 pixels, or contains no ink.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998), "Gradient-based learning applied to document
    recognition", section III.A.
    """
    if gray.ndim != 2 or min(gray.shape) < MIN_SIDE:
        raise DataError(
            f"expected a picture of at least {MIN_SIDE} x {MIN_SIDE} pixels, "
            f"found {' x '.join(str(side) for side in gray.shape)}"
        )
    gray = fit_into(gray, WORKING_SIDE) if max(gray.shape) > WORKING_SIDE else gray
    light = follow_shadows(gray, estimate_light(gray))
    contrast = contrast_to_paper(gray, light)
    lines = find_lines(contrast)
    ink, level = find_ink(np.where(lines, 0, contrast))
    ink, problems = keep_digit(ink)
    if lines.any():
        problems = ("long straight lines cross the picture: they were taken out", *problems)
    # A pixel at the edge of a stroke is partly ink and keeps its contrast. Every pixel beyond the
    # edge becomes paper.
    stroke = dilate(ink) & (ink | ~lines)
    shade = np.where(stroke, np.clip(contrast / level, 0, 1), 0)
    digit = fit_into(crop_to_ink(shade, ink), BOX)
    digit /= digit.max()
    return Preparation(gray, light, contrast, ink, digit, centre(digit), problems)


def fit_into(image: np.ndarray, side: int) -> np.ndarray:
    """Scale an image, without distortion, so that its longer side has `side` pixels.

    Each new pixel is the mean of the area that it covers in the old image, so thin lines are not
    lost.
    """
    H, W = image.shape
    scale = side / max(H, W)
    down, across = (area_weights(n, max(1, round(n * scale))) for n in (H, W))
    return down @ image @ across.T


def area_weights(old: int, new: int) -> np.ndarray:
    """Give the weight of each of `old` pixels in a line for each of `new` pixels, `(new, old)`.

    New pixel i covers the interval from `i old/new` to `(i + 1) old/new`. The weight of an old
    pixel is the share of this interval that the old pixel covers.
    """
    edges = np.arange(new + 1)[:, None] * (old / new)
    start = np.arange(old)
    overlap = np.minimum(edges[1:], start + 1) - np.maximum(edges[:-1], start)
    return (np.maximum(overlap, 0) * (new / old)).astype(np.float32)


def estimate_light(gray: np.ndarray, *, blocks: int = 16, rounds: int = 20) -> np.ndarray:
    """Estimate the brightness of the paper at each pixel, also under the ink.

    A quadratic surface is fitted to the medians of small blocks. The fit minimises the sum of the
    absolute distances, not of their squares, so blocks full of ink do not pull the surface down:
    weighted least squares, repeated with weights `1 / |distance|`. Ink is rare at the border, so
    blocks at the border count four times.

    Parameters
    ----------
    gray
        The picture `(H, W)`.
    blocks
        The number of blocks along each side.
    rounds
        The number of weighted fits.

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
    """Replace the estimated light if a shadow has a hard edge, which no smooth surface fits.

    Morphological closing of a picture of dark ink fills strokes with the brightness of the paper
    beside them, and keeps the edges of areas larger than its window, a quarter of the picture. If
    the result differs much from `light`, the result is the better estimate. For light ink, as on a
    blackboard, the sign of the picture is changed first.

    References
    ----------
    Serra (1982), "Image Analysis and Mathematical Morphology".
    """
    coarse, smooth = (fit_into(image, COARSE_SIDE) for image in (gray, light))
    # Strokes are narrow, so the median around a pixel is paper. The sign tells if ink is darker.
    sign = 1 if np.sum((median_filter(coarse, COARSE_SIDE // 5 | 1) - coarse) ** 3) > 0 else -1

    def paper(image: np.ndarray) -> np.ndarray:
        return sign * closing(sign * image, min(image.shape) // 4 | 1)

    low, high = np.percentile(paper(coarse) / np.maximum(smooth, 0.05), [5, 95])
    if low > HARD_SHADOW_RATIO * high:
        return light
    # Closing prefers the highest values: with noise, it would estimate too bright a paper.
    return paper(median_filter(gray, 5))


def median_filter(image: np.ndarray, side: int) -> np.ndarray:
    """Replace each pixel by the median of a square around it, with an odd side."""
    around = np.pad(image, side // 2, mode="edge")
    return np.median(sliding_window_view(around, (side, side)), axis=(2, 3)).astype(image.dtype)


def closing(image: np.ndarray, side: int) -> np.ndarray:
    """Apply the morphological closing with a square of odd side: maximum, then minimum filter."""
    return -max_filter(-max_filter(image, side), side)


def max_filter(image: np.ndarray, side: int) -> np.ndarray:
    """Replace each pixel by the maximum of a square around it, with an odd side."""
    image = np.pad(image, side // 2, mode="edge")
    width = 1
    while width < side:
        # The maximum of two overlapping or touching squares is the maximum of a larger rectangle.
        step = min(width, side - width)
        image = np.maximum(image[step:], image[:-step])
        image = np.maximum(image[:, step:], image[:, :-step])
        width += step
    return image


def surface_terms(H: int, W: int) -> np.ndarray:
    """Give 1, x, y, x^2, x y and y^2 at each pixel, x and y from -1 to 1, as `(H W, 6)`."""
    y, x = ((np.arange(n) + 0.5) * (2 / n) - 1 for n in (H, W))
    y, x = np.repeat(y, W), np.tile(x, H)
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)


def contrast_to_paper(gray: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Measure the contrast of each pixel to the paper, for dark or for light ink.

    The contrast of dark ink is `1 - gray / light`, the contrast of light ink is `gray - light`. The
    sign of the large differences tells whether the ink is dark or light. On paper, the contrast may
    be slightly negative.
    """
    difference = light - gray
    if np.sum(difference**3) < 0:
        return -difference
    return difference / np.maximum(light, 0.1)


def find_lines(contrast: np.ndarray) -> np.ndarray:
    """Find the lines of squared or ruled paper, boolean `(H, W)`.

    Pixels where a stroke crosses a line do not count as line.
    """
    dark = contrast > 0.75 * min_contrast(contrast)
    max_thickness = max(3, min(dark.shape) // 25)
    across = lines_across(dark, max_thickness)
    lines = across | lines_across(dark.T, max_thickness, excluded=across.T).T
    # If the page contains nothing else, a line may be the digit 1.
    rest = dark & ~lines
    return lines & (contrast[rest].sum() > 0.05 * contrast[lines].sum())


def lines_across(
    dark: np.ndarray,
    max_thickness: int,
    *,
    min_share: float = 0.9,
    excluded: np.ndarray | bool = False,
) -> np.ndarray:
    """Find straight lines from the left to the right border, with a slope of up to 0.1.

    Nearly all pixels of a line are dark, most of its columns are thin, and there is paper on both
    sides. A column much thicker than the median of its line is a crossing stroke, not line.

    Parameters
    ----------
    dark
        The mask of all dark pixels, boolean `(H, W)`.
    max_thickness
        The largest thickness of a line, in pixels.
    min_share
        The smallest share of dark pixels along a line.
    excluded
        Pixels that do not count for the thickness: lines of the other direction, `(H, W)`.

    Returns
    -------
    ndarray of bool `(H, W)`

    References
    ----------
    Dalitz, Droettboom, Pranzas and Fujinaga (2008), "A comparative study of staff removal
    algorithms": "line track height", for staff lines in music.
    """
    H, W = dark.shape
    heights = run_heights(dark & ~np.asarray(excluded))
    thin = (heights > 0) & (heights <= max_thickness)
    columns = np.arange(W)
    # A sloped line of one pixel jumps by a row at some columns, so neighbouring rows count too.
    near = dilate(dark)
    lines = np.zeros_like(dark)
    # Between two slopes, the ends of a line move by one pixel.
    for slope in np.linspace(-0.1, 0.1, W // 10 | 1):
        shift = np.rint(slope * (columns - W / 2)).astype(int)
        rows = np.arange(H)[:, None] + shift
        rows = rows[(rows.min(axis=1) >= 0) & (rows.max(axis=1) < H)]
        share = near[rows, columns].mean(axis=1)
        for k in np.flatnonzero(share > min_share):
            beside = share[max(0, k - max_thickness) : k], share[k + 1 : k + 1 + max_thickness]
            usual = heights[rows[k], columns][thin[rows[k], columns]]
            if len(usual) < 0.4 * W or any(side.min(initial=0.5) > 0.6 for side in beside):
                continue
            for step in range(-2, 3):
                there = np.clip(rows[k] + step, 0, H - 1), columns
                lines[there] |= thin[there] & (heights[there] <= 1.5 * np.median(usual) + 1)
    return lines


def run_heights(mask: np.ndarray) -> np.ndarray:
    """Give for each pixel of a mask the height of its vertical run, and 0 for the other pixels."""
    rows = np.arange(len(mask))[:, None]
    above = np.maximum.accumulate(np.where(mask, -1, rows))
    below = np.minimum.accumulate(np.where(mask, len(mask), rows)[::-1])[::-1]
    return np.where(mask, below - above - 1, 0)


def find_ink(contrast: np.ndarray) -> tuple[np.ndarray, float]:
    """Separate ink from paper by a threshold.

    Parameters
    ----------
    contrast
        The result of `contrast_to_paper`, `(H, W)`.

    Returns
    -------
    ink, level
        The mask of the ink, boolean `(H, W)`, and the median contrast of its pixels.

    Raises
    ------
    DataError
        No pixel has enough contrast to the paper.
    """
    smallest = min_contrast(contrast)
    ink = contrast > max(otsu_threshold(contrast), smallest / 2)
    level = float(np.median(contrast[ink])) if ink.any() else 0.0
    if level < smallest:
        raise DataError(
            f"expected a digit that stands out from its paper by at least {smallest:.0%}, "
            + (f"found {level:.0%}" if ink.any() else "found nothing on it")
        )
    return ink, level


def min_contrast(contrast: np.ndarray) -> float:
    """Give the smallest contrast that is not noise."""
    # A negative contrast can only be noise, so it measures the noise. A wrong estimate of the light
    # makes negative contrast too, so the result has an upper limit.
    noise = 1.5 * float(np.median(-contrast[contrast < 0])) if (contrast < 0).any() else 0.0
    return min(max(0.06, 4 * noise), 0.3)


def otsu_threshold(values: np.ndarray, *, bins: int = 256) -> float:
    """Find the threshold, from 0 to 1, that separates two classes of values best.

    The threshold maximises `n0 n1 (mean1 - mean0)^2`, where n0 and n1 count the values below and
    above the threshold.

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
    # An empty class has no mean. Its n is 0, so the product is 0 for any mean.
    difference = sum1 / np.maximum(n1, 1) - sum0 / np.maximum(n0, 1)
    between = n0 * n1 * difference**2
    # Between two clear classes, all thresholds of an interval are equally good: use the middle.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    return float(edges[1 + (best[0] + best[-1]) // 2])


def keep_digit(ink: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Remove boxes, specks, and components that touch the border.

    A speck is a component with less than a thirtieth of the pixels of the largest component.
    Components that touch the border are removed only if a large component lies inside: its height
    or width is at least a tenth of the shorter side of the picture.

    Parameters
    ----------
    ink
        The result of `find_ink`, `(H, W)`.

    Returns
    -------
    digit, problems
        The mask of the digit, boolean `(H, W)`, and a sentence for each problem found.
    """
    problems: list[str] = []
    labels = connected_components(ink)
    area = np.bincount(labels[ink])
    spans = bounding_boxes(labels, len(area))
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
    # An empty box would leave no ink at all, so its sides stay.
    sides &= (digit & ~sides).any()
    if sides.any():
        digit = keep_digit(digit & ~sides)[0]
    if boxes or sides.any():
        problems.append("there is a box or frame: it was left out")
    found = np.flatnonzero(kept & (2 * size >= size[kept].max()))
    if any(are_separate(spans[:, k], spans[:, n]) for k in found for n in found if n < k):
        problems.append("the ink lies in large pieces apart from each other: is it one digit?")
    shape = crop_to_ink(digit, digit).shape
    if shape[0] == len(ink) or shape[1] == ink.shape[1]:
        problems.append("the ink reaches from one border of the picture to the other")
    if shape[1] > MAX_ASPECT_RATIO * shape[0]:
        ratio = shape[1] / shape[0]
        problems.append(f"the ink is {ratio:.1f} times as wide as high: is it one digit?")
    return digit, tuple(problems)


def bounding_boxes(labels: np.ndarray, count: int) -> np.ndarray:
    """Give for each component first and last row + 1, first and last column + 1: `(2, n, 2)`."""
    places = np.nonzero(labels >= 0)
    first, end = np.full((2, count), labels.size), np.zeros((2, count), int)
    for axis in (0, 1):
        np.minimum.at(first[axis], labels[places], places[axis])
        np.maximum.at(end[axis], labels[places], places[axis] + 1)
    return np.stack([first, end], axis=2)


def encloses(component: np.ndarray, span: np.ndarray) -> bool:
    """Whether a component, boolean `(H, W)`, lies on all four sides of a bounding box."""
    (top, bottom), (left, right) = span
    band, column = component[top:bottom], component[:, left:right]
    sides = band[:, :left], band[:, right:], column[:top].T, column[bottom:].T
    # A hand-drawn box may have a gap.
    return all(side.any(axis=1).mean() > 0.9 for side in sides)


def are_separate(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two bounding boxes overlap by less than a tenth of the smaller side on some axis."""
    shared = np.minimum(one[:, 1], other[:, 1]) - np.maximum(one[:, 0], other[:, 0])
    return bool((shared < 0.1 * np.minimum(np.ptp(one, axis=1), np.ptp(other, axis=1))).any())


def box_sides(ink: np.ndarray) -> np.ndarray:
    """Find the four sides of a box that touches the digit, boolean `(H, W)`."""
    max_thickness = max(3, min(ink.shape) // 20)
    cut = np.pad(crop_to_ink(ink, ink), max_thickness)
    # The sides of a tilted box are shorter than its bounding box.
    across = lines_across(cut, max_thickness, min_share=0.7)
    down = lines_across(cut.T, max_thickness, min_share=0.7, excluded=across.T).T
    h, w = (max_thickness + side // 5 for side in cut.shape)
    ends = across[:h].T, across[-h:].T, down[:, :w], down[:, -w:]
    sides = np.zeros_like(ink)
    if min(end.any(axis=1).mean() for end in ends) > 0.5:
        inner = np.s_[max_thickness:-max_thickness, max_thickness:-max_thickness]
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        sides[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = (across | down)[inner]
    return sides


def connected_components(ink: np.ndarray) -> np.ndarray:
    """Label the connected components of ink from 0, with 8 neighbours for each pixel; paper is -1.

    At first each pixel is its own root. If two neighbours have different roots, the smaller root
    becomes the parent of the larger root. This repeats until all neighbours have the same root.

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


def dilate(mask: np.ndarray) -> np.ndarray:
    """Dilate a mask: add all pixels that touch it, also at a corner."""
    padded = np.pad(mask, 1)
    tall = padded[:-2] | padded[1:-1] | padded[2:]
    return tall[:, :-2] | tall[:, 1:-1] | tall[:, 2:]


def crop_to_ink(image: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Crop an image to the bounding box of the ink, a boolean mask of the image."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def centre(digit: np.ndarray) -> np.ndarray:
    """Place a digit of up to 20 x 20 pixels with its centre of mass in the middle of 28 x 28.

    The digit moves by whole pixels, as in MNIST, and no part of it leaves the image.
    """
    h, w = digit.shape
    row = digit.sum(axis=1) @ np.arange(h) / digit.sum()
    column = digit.sum(axis=0) @ np.arange(w) / digit.sum()
    top = min(max(round(CENTRE - row), 0), SIDE - h)
    left = min(max(round(CENTRE - column), 0), SIDE - w)
    image = np.zeros((SIDE, SIDE), np.float32)
    image[top : top + h, left : left + w] = digit
    return image

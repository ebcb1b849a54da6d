"""From a photo or scan of a digit to the 784 numbers a network reads.

A network trained on MNIST reads nothing but pictures made as MNIST was: light ink on black, cut
to the ink, 20 pixels high or wide, its centre of mass in the middle of 28 x 28 pixels. `prepare`
does the same to a picture of one digit, and keeps each step so that it can be looked at.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nn_core.data import SIDE, DataError
from nn_core.formats import describe_format

BOX = 20  # pixels: MNIST's digits fit a square of this side
# Rows and columns of MNIST are counted from 0, and its centres of mass lie at 14, not at 13.5.
MIDDLE = SIDE / 2
WORKING_SIDE = 400  # pixels: enough for a digit a tenth as high as the photo
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
    """

    gray: np.ndarray
    light: np.ndarray
    contrast: np.ndarray
    ink: np.ndarray
    digit: np.ndarray
    image: np.ndarray

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

    try:
        with Image.open(path) as file:
            photo = ImageOps.exif_transpose(file)
            photo.load()
    except FileNotFoundError:
        raise
    except UnidentifiedImageError as error:
        found = describe_format(Path(path).read_bytes()) or "a file that Pillow cannot read"
        raise DataError(f"{path}: expected a picture, found {found}") from error
    # Pillow has no common error: a broken file can raise any of these.
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: expected a picture, found: {error}") from error
    if photo.has_transparency_data:
        photo = photo.convert("RGBA")
        paper = Image.new("RGBA", photo.size, "white")
        photo = Image.alpha_composite(paper, photo)
    if photo.mode[0] in "IF":
        # More than 8 bits: Pillow would cut these off at 255 instead of scaling them.
        values = np.asarray(photo, np.float32)
        low, high = values.min(), values.max()
        return (values - low) / max(high - low, 1)
    return np.asarray(photo.convert("RGB").convert("L"), np.float32) / 255


def prepare(gray: np.ndarray) -> Preparation:
    """Do to a picture of one digit what was done to make MNIST.

    Uneven light is estimated and taken out; the ink, dark or light, is told from the paper;
    specks, and shadows that reach in from the border, are dropped; the rest is cut out, fitted
    into 20 x 20 pixels and placed with its centre of mass in the middle of 28 x 28. All of the
    picture should be paper but for the digit: what else is on it may be taken for ink.

    Parameters
    ----------
    gray
        The picture `(H, W)`, from 0, black, to 1, white, as `read_photo` gives it.

    Returns
    -------
    Preparation
        Every step, the last of which is the network's input.

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
    light = estimate_light(gray)
    contrast = contrast_to_paper(gray, light)
    ink, level = find_ink(contrast)
    # Half-covered pixels at the edge of a stroke keep their share of ink; everything beyond the
    # edge is paper, whatever its shade.
    shade = np.where(grow(ink), np.clip(contrast / level, 0, 1), 0)
    digit = fit_into(cut_out(shade, ink), BOX)
    digit /= digit.max()
    return Preparation(gray, light, contrast, ink, digit, centre(digit))


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
    # Where the picture is lighter than its own paper there is only noise: how far does it go?
    # Misjudged light counts as noise too, so that there is an upper limit.
    noise = 1.5 * float(np.median(-contrast[contrast < 0])) if (contrast < 0).any() else 0.0
    least = min(max(0.06, 4 * noise), 0.3)
    ink = contrast > max(otsu_threshold(contrast), least / 2)
    level = float(np.median(contrast[ink])) if ink.any() else 0.0
    if level < least:
        raise DataError(
            f"expected a digit that stands out from its paper by at least {least:.0%}, "
            + (f"found {level:.0%}" if ink.any() else "found nothing on it")
        )
    return keep_digit(ink), level


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


def keep_digit(ink: np.ndarray) -> np.ndarray:
    """Drop what touches the border, if something else is there, and specks.

    A piece is a speck when it has less than a thirtieth of the pixels of the largest piece.
    What lies inside counts as something else when it is at least a tenth as high or wide as
    the picture's shorter side is long.
    """
    labels = connected_pieces(ink)
    rows, columns = np.nonzero(ink)
    pieces = labels[ink]
    count = pieces.max() + 1
    area = np.bincount(pieces, minlength=count)

    def extent(positions: np.ndarray) -> np.ndarray:
        first, last = np.full(count, ink.size), np.zeros(count, int)
        np.minimum.at(first, pieces, positions)
        np.maximum.at(last, pieces, positions)
        return last - first + 1

    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    inside = np.ones(count, bool)
    inside[edge[edge >= 0]] = False
    large = np.maximum(extent(rows), extent(columns)) >= min(ink.shape) / 10
    kept = inside if (inside & large).any() else np.ones(count, bool)
    kept &= area * 30 >= area[kept].max()
    return ink & kept[labels]


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

"""Augmentation: make new training digits by small random shifts and distortions.

A distortion is a field of displacements `F (2, N, D)`: pixel `d` of image `n` takes its ink from
`F[0, n, d]` pixels further down and `F[1, n, d]` pixels further right. `affine_field` and
`elastic_field` draw random fields, and `warp` applies a field. Fields can be added, so an affine
and an elastic distortion together need only one `warp`.
"""

import functools

import numpy as np

from nn_core.checks.examples import examples, takes
from nn_core.checks.images import check_field, check_images, check_places
from nn_core.checks.settings import check_number, check_rng, check_strengths


@takes(X=examples)
def shift(X: np.ndarray, rng: np.random.Generator, *, pixels: int = 2) -> np.ndarray:
    """Move each image by whole pixels, `X'[n, r, c] = X[n, r - down, c - right]`.

    Zeros (paper) fill the empty rows and columns. Ink that passes an edge is lost.

    Parameters
    ----------
    X
        Images as rows, float32 `(N, D)` with `D = side * side`.
    rng
        The random generator.
    pixels
        `down` and `right` are whole numbers from `-pixels` to `pixels`, all equally likely.

    Returns
    -------
    ndarray of float32 `(N, D)`

    Raises
    ------
    TypeError
        X is not float32, or `pixels` is not an integer.
    ValueError
        X is not two-dimensional, its rows are not square images, or `pixels` is negative.
    """
    side = image_side(X)
    check_rng(rng)
    check_number("pixels", pixels, at_least=0, whole=True)
    margin = (pixels, pixels)
    padded = np.pad(X.reshape(-1, side, side), ((0, 0), margin, margin))
    # windows[n, r, c] is a view: the part of image n of shape (side, side) that starts at r, c.
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(1, 2))
    # If this part starts further up, the ink moves down.
    up, left = rng.integers(0, 2 * pixels, (2, len(X)), endpoint=True)
    return windows[np.arange(len(X)), up, left].reshape(X.shape)


@takes(X=examples)
def distort(
    X: np.ndarray,
    rng: np.random.Generator,
    *,
    degrees: float = 10.0,
    scale: float = 0.1,
    shear: float = 0.1,
    pixels: float = 1.0,
    alpha: float = 1.2,
    sigma: float = 5.0,
    strength: float = 1.0,
) -> np.ndarray:
    """Distort each image at random: `warp(X, affine_field(...) + elastic_field(...))`.

    With `alpha=0` the distortion is only affine. With `strength=0` there is no distortion, and
    the result is equal to X.

    Parameters
    ----------
    X
        Images as rows, float32 `(N, D)` with `D = side * side`. Use minibatches: the function
        needs about 60 bytes of memory per pixel.
    rng
        The random generator.
    degrees, scale, shear, pixels
        Strengths of `affine_field`.
    alpha, sigma
        Strength and smoothness of `elastic_field`, both in pixels.
    strength
        A factor for all of these strengths except `sigma`.

    Returns
    -------
    ndarray of float32 `(N, D)`
        New images. No pixel is below the minimum of X and 0, or above the maximum of X and 0.

    Raises
    ------
    TypeError
        X is not float32.
    ValueError
        X is not two-dimensional, its rows are not square images, a strength is negative,
        `strength * scale` is not below 1, or `sigma` is below 1.

    References
    ----------
    Simard, Steinkraus and Platt (2003), "Best practices for convolutional neural networks
    applied to visual document analysis". Cireşan, Meier, Gambardella and Schmidhuber (2010),
    "Deep, big, simple neural nets for handwritten digit recognition".
    """
    n, side = len(X), image_side(X)
    check_rng(rng)
    check_number("strength", strength, at_least=0)
    check_strengths(degrees=degrees, scale=scale, shear=shear, pixels=pixels, alpha=alpha)
    field = elastic_field(n, side, rng, alpha=strength * alpha, sigma=sigma)
    field += affine_field(
        n,
        side,
        rng,
        degrees=strength * degrees,
        scale=strength * scale,
        shear=strength * shear,
        pixels=strength * pixels,
    )
    return warp(X, field)


def affine_field(
    n: int,
    side: int,
    rng: np.random.Generator,
    *,
    degrees: float,
    scale: float,
    shear: float,
    pixels: float,
) -> np.ndarray:
    """Draw displacements that turn, scale, shear and shift `n` images about their centre.

    With `p = (row, column)` counted from the centre of the image, `F = M p - p + t`, where
    `M = rotation(angle) @ [[1 / tall, 0], [slant, 1 / wide]]`. The drawing becomes `tall` times
    as tall and `wide` times as wide, since neighbouring pixels take their ink from places that
    are `1 / tall` and `1 / wide` pixels apart.

    Parameters
    ----------
    n, side
        The number of images, and their height and width in pixels.
    rng
        The random generator. The numbers below are uniform; each image has its own numbers.
    degrees
        `angle` is from `-degrees` to `degrees`. A positive angle turns clockwise.
    scale
        `tall` and `wide` are from `1 - scale` to `1 + scale`, so `scale` is below 1.
    shear
        `slant` is from `-shear` to `shear`, in columns per row.
    pixels
        Both parts of `t` are from `-pixels` to `pixels`. They may be fractions.

    Returns
    -------
    F
        float32 `(2, n, side * side)`: pixels down, pixels to the right.

    Raises
    ------
    ValueError
        A strength is negative, or `scale` is not below 1.
    """
    check_strengths(degrees=degrees, scale=scale, shear=shear, pixels=pixels)
    check_number("scale", scale, below=1)
    limits = np.array([np.deg2rad(degrees), scale, scale, shear, pixels, pixels])
    angle, tall, wide, slant, down, right = limits[:, None] * rng.uniform(-1, 1, (6, n))
    cos, sin = np.cos(angle), np.sin(angle)
    step_down = 1 / (1 + tall)
    step_right = 1 / (1 + wide)
    # The columns of M - 1: the first is added to F for each row down, the second for each column.
    per_row = np.array(
        [cos * step_down - sin * slant - 1, sin * step_down + cos * slant], np.float32
    )
    per_column = np.array([-sin * step_right, cos * step_right - 1], np.float32)
    t = np.array([down, right], np.float32)
    place = np.arange(side, dtype=np.float32) - (side - 1) / 2
    # F is the sum of a part for the row and a part for the column, each of shape (2, n, side).
    by_row = per_row[..., None] * place + t[..., None]
    by_column = per_column[..., None] * place
    return (by_row[..., :, None] + by_column[..., None, :]).reshape(2, n, side * side)


def elastic_field(
    n: int, side: int, rng: np.random.Generator, *, alpha: float, sigma: float
) -> np.ndarray:
    """Draw smooth random displacements for `n` images: `F = alpha H E H^T`.

    Simard, Steinkraus and Platt draw a random displacement for every pixel, and blur these
    displacements with a Gaussian of standard deviation `sigma`. Blurred noise is a random sum of
    Gaussian hills, one hill per pixel. Such wide hills may as well be `1.5 sigma` apart. So here
    the noise `E` has one number per hill: at `sigma = 6` on 28 by 28 pixels, these are 7 by 7
    numbers. A hill is the product of two profiles, and each column of `H (side, hills)` is a
    profile. At a distance of `d` pixels, the correlation of two displacements is that of blurred
    noise, `exp(-d^2 / (4 sigma^2))`, within 0.05.

    Parameters
    ----------
    n, side
        The number of images, and their height and width in pixels.
    rng
        The random generator.
    alpha
        The standard deviation of the displacement of every pixel, in pixels, down and right.
        (Most programs after the paper multiply blurred noise, uniform from -1 to 1, by alpha.
        The paper's alpha of 34 at sigma 4 is `34 / (2 sigma sqrt(3 pi)) = 1.4` here.)
    sigma
        The standard deviation of the Gaussian, in pixels, at least 1. If sigma is small, each
        pixel moves on its own, and strokes become ragged. If sigma is very large, all pixels
        move together, as in a shift.

    Returns
    -------
    F
        float32 `(2, n, side * side)`: pixels down, pixels to the right.

    Raises
    ------
    ValueError
        `alpha` is negative, or `sigma` is below 1.

    References
    ----------
    Simard, Steinkraus and Platt (2003), "Best practices for convolutional neural networks
    applied to visual document analysis".
    """
    check_number("alpha", alpha, at_least=0)
    check_number("sigma", sigma, at_least=1)
    H = hills(side, sigma)
    E = rng.standard_normal((2, n, H.shape[1], H.shape[1]), np.float32)
    E *= alpha  # E has fewer numbers than the field
    return (H @ E @ H.T).reshape(2, n, side * side)


@functools.lru_cache(maxsize=16)
def hills(side: int, sigma: float, apart: float = 1.5) -> np.ndarray:
    """Compute profiles of Gaussian hills, at most `apart sigma` apart: float32 `(side, hills)`.

    Each row has length 1, so noise of standard deviation 1 gives displacements of standard
    deviation 1.
    """
    reach = 2 * sigma  # some hills lie outside the image, so pixels at the edge have as many hills
    count = int(np.ceil((side - 1 + 2 * reach) / (apart * sigma))) + 1
    tops = np.linspace(-reach, side - 1 + reach, count)
    H = np.exp(-(((np.arange(side)[:, None] - tops) / sigma) ** 2) / 2)
    H = (H / np.linalg.norm(H, axis=1, keepdims=True)).astype(np.float32)
    H.flags.writeable = False  # the cache returns the same array in later calls
    return H


def warp(X: np.ndarray, field: np.ndarray) -> np.ndarray:
    """Move the ink of each image by a field: `X'[n, d] = X[n] at pixel d + field[:, n, d]`.

    Parameters
    ----------
    X
        Images as rows, float32 `(N, D)` with `D = side * side`.
    field
        Displacements float32 `(2, N, D)`: pixels down, pixels to the right.

    Returns
    -------
    ndarray of float32 `(N, D)`
        The values of `sample_bilinear`. With a field of zeros, they are equal to X.

    Raises
    ------
    TypeError
        X or the field is not float32.
    ValueError
        X is not two-dimensional, its rows are not square images, or the field does not fit.
    """
    side = image_side(X)
    check_field(field, X)
    rows, columns = field + np.indices((side, side), np.float32).reshape(2, 1, -1)
    return sample_bilinear(X.reshape(-1, side, side), rows, columns)


def sample_bilinear(images: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Compute values between pixels: the weighted mean of the four nearest pixels.

    A place has the whole parts `r, c` and the fractions `a, b`. Its value is
    `(1-a) (1-b) I[r, c] + (1-a) b I[r, c+1] + a (1-b) I[r+1, c] + a b I[r+1, c+1]`.
    Pixels outside the image are 0.

    Parameters
    ----------
    images
        float32 `(N, height, width)`.
    rows, columns
        The places, float32 `(N, P)` each: P places for every image. Row 0, column 0 is the
        middle of the first pixel.

    Returns
    -------
    ndarray of float32 `(N, P)`

    Raises
    ------
    ValueError
        The images are not three-dimensional, or the number of rows of places is not N.
    """
    check_places(images, rows, columns)
    n, height, width = images.shape
    # The padding holds the zeros outside the image, so no mask is needed. It has two rows and two
    # columns after the image: a place is clipped to the first, and its neighbour is the second.
    padded = np.pad(images, ((0, 0), (1, 2), (1, 2)))
    a, b = np.clip(rows, -1, height), np.clip(columns, -1, width)
    r, c = np.floor(a), np.floor(b)
    a -= r
    b -= c
    # The four pixels lie at one index of the flat array plus 0, 1, step and step + 1. Within one
    # image, float32 holds this index exactly. Pixel 0, 0 of an image is at step + 1.
    step = width + 3
    r *= step
    r += c
    first = np.arange(n) * (height + 3) * step + step + 1
    place = r.astype(np.int32) + first[:, None]
    flat = padded.reshape(-1)
    top = between(flat.take(place), flat[1:].take(place), b)
    bottom = between(flat[step:].take(place), flat[step + 1 :].take(place), b)
    return between(top, bottom, a)


def between(start: np.ndarray, end: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Interpolate: `start + share (end - start)`. The result overwrites `end`, to save memory."""
    end -= start
    end *= share
    end += start
    return end


def image_side(X: np.ndarray) -> int:
    """Give the height and width of the images in the rows of X. They must be float32 and square."""
    check_images(X)
    return round(X.shape[1] ** 0.5)

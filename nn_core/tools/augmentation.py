"""Augmentation: new training digits out of old ones, moved, turned and bent a little.

A distortion is a field of displacements `F (2, N, D)`: pixel `d` of image `n` takes its ink from
`F[0, n, d]` pixels further down and `F[1, n, d]` pixels further right. Two functions draw random
fields, `warp` applies one, and fields add up: affine and elastic together cost one `warp`.
"""

import functools

import numpy as np

from nn_core.checks.examples import examples, takes
from nn_core.checks.images import check_field, check_images, check_places
from nn_core.checks.settings import check_number, check_rng, check_strengths


@takes(X=examples)
def shift(X: np.ndarray, rng: np.random.Generator, *, pixels: int = 2) -> np.ndarray:
    """Move each image by whole pixels, `X'[n, r, c] = X[n, r - down, c - right]`.

    Zeros (paper) move in at one edge, and what passes the other edge is lost.

    Parameters
    ----------
    X
        Images as rows, float32 `(N, D)` with `D = side * side`.
    rng
        Where the randomness comes from.
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
    # A view, windows[n, r, c] being the (side, side) cut of image n that starts at r, c.
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(1, 2))
    # The ink moves down where the cut starts further up.
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
    """Distort each image in its own random way, affine and elastic, in one sampling pass.

    `warp(X, affine_field(...) + elastic_field(...))`. What is 0 is switched off: `alpha=0` leaves
    the affine part alone, and `strength=0` gives X back.

    Parameters
    ----------
    X
        Images as rows, float32 `(N, D)` with `D = side * side`. Meant for minibatches: the
        work takes about 60 bytes per pixel for as long as it lasts.
    rng
        Where the randomness comes from.
    degrees, scale, shear, pixels
        Strengths of `affine_field`.
    alpha, sigma
        Strength and smoothness of `elastic_field`, both in pixels.
    strength
        Multiplies all of these but `sigma`: one number to make the whole milder.

    Returns
    -------
    ndarray of float32 `(N, D)`
        New images, with pixels between the smallest and the largest of X and 0.

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
    `M = rotation(angle) @ [[1 / tall, 0], [slant, 1 / wide]]`: the drawing becomes `tall` times
    as tall and `wide` times as wide, for it is read in smaller steps.

    Parameters
    ----------
    n, side
        How many images, and their height and width in pixels.
    rng
        Where the randomness comes from. All numbers below are uniform, one of each per image.
    degrees
        `angle` is from `-degrees` to `degrees`; above 0 is clockwise.
    scale
        `tall` and `wide` are from `1 - scale` to `1 + scale`, so below 1.
    shear
        `slant` is from `-shear` to `shear`: columns to the side per row down.
    pixels
        Both parts of `t` are from `-pixels` to `pixels`, and need not be whole.

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
    # One part of F depends on the row alone and one on the column, so both are (2, n, side).
    by_row = per_row[..., None] * place + t[..., None]
    by_column = per_column[..., None] * place
    return (by_row[..., :, None] + by_column[..., None, :]).reshape(2, n, side * side)


def elastic_field(
    n: int, side: int, rng: np.random.Generator, *, alpha: float, sigma: float
) -> np.ndarray:
    """Draw smooth random displacements for `n` images: `F = alpha H E H^T`.

    Simard, Steinkraus and Platt draw a random displacement for every pixel and blur that with
    a Gaussian of standard deviation `sigma`. Blurred noise is a random sum of Gaussian hills,
    one per pixel, and hills so wide do as well when they stand `1.5 sigma` apart. So here the
    noise `E` is one number per hill: 7 by 7 of them at `sigma = 6` on 28 by 28 pixels. A hill is
    the product of its two profiles, and `H (side, hills)` holds a profile per column. For
    displacements `d` pixels apart the correlation is that of blurred noise,
    `exp(-d^2 / (4 sigma^2))`, within 0.05.

    Parameters
    ----------
    n, side
        How many images, and their height and width in pixels.
    rng
        Where the randomness comes from.
    alpha
        Standard deviation of the displacement of every pixel, in pixels, down and right alike.
        (Most programs after the paper multiply blurred noise, uniform from -1 to 1, by alpha.
        Its 34 at sigma 4 is then `34 / (2 sigma sqrt(3 pi)) = 1.4` here.)
    sigma
        Standard deviation of the Gaussian, in pixels, at least 1. Small: each pixel for itself,
        ragged strokes; large: neighbours go together, in the end as one shift.

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
    E *= alpha  # on the few numbers, not on every pixel
    return (H @ E @ H.T).reshape(2, n, side * side)


@functools.lru_cache(maxsize=16)
def hills(side: int, sigma: float, apart: float = 1.5) -> np.ndarray:
    """Profiles of Gaussian hills, at most `apart sigma` apart: float32 `(side, hills)`.

    Each row has length 1, so that unit noise gives displacements of standard deviation 1.
    """
    reach = 2 * sigma  # beyond the image, or the pixels at its edge would know fewer hills
    count = int(np.ceil((side - 1 + 2 * reach) / (apart * sigma))) + 1
    tops = np.linspace(-reach, side - 1 + reach, count)
    H = np.exp(-(((np.arange(side)[:, None] - tops) / sigma) ** 2) / 2)
    H = (H / np.linalg.norm(H, axis=1, keepdims=True)).astype(np.float32)
    H.flags.writeable = False  # every later call gets this same array
    return H


def warp(X: np.ndarray, field: np.ndarray) -> np.ndarray:
    """Let each pixel take its ink from elsewhere: `X'[n, d] = X[n] at pixel d + field[:, n, d]`.

    Parameters
    ----------
    X
        Images as rows, float32 `(N, D)` with `D = side * side`.
    field
        Displacements float32 `(2, N, D)`: pixels down, pixels to the right.

    Returns
    -------
    ndarray of float32 `(N, D)`
        Sampled as `sample_bilinear` does; a field of zeros gives X back.

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
    """Read images between their pixels: the mean of the four around, nearer ones counting more.

    With `r, c` the whole parts of a place and `a, b` what is left of it, the value is
    `(1-a) (1-b) I[r, c] + (1-a) b I[r, c+1] + a (1-b) I[r+1, c] + a b I[r+1, c+1]`.
    Outside of the image everything is 0.

    Parameters
    ----------
    images
        float32 `(N, height, width)`.
    rows, columns
        Where to read: float32 `(N, P)` each, P places for every image. Row 0, column 0 is the
        middle of the first pixel.

    Returns
    -------
    ndarray of float32 `(N, P)`

    Raises
    ------
    ValueError
        The images are not three-dimensional, or there are not as many rows of places as images.
    """
    check_places(images, rows, columns)
    n, height, width = images.shape
    # Zeros around the image stand for all that is outside, so no place needs a mask. After the
    # last row and column there are two: a place clipped to the first still has a neighbour.
    padded = np.pad(images, ((0, 0), (1, 2), (1, 2)))
    a, b = np.clip(rows, -1, height), np.clip(columns, -1, width)
    r, c = np.floor(a), np.floor(b)
    a -= r
    b -= c
    # One index into the flat array finds all four, for they lie 0, 1, step and step + 1 later.
    # Within one image it is exact as a float32; pixel 0, 0 of the image is at step + 1.
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
    """The value a share of the way from start to end, `start + share (end - start)`.

    It takes the place of `end`, so that no memory is asked for.
    """
    end -= start
    end *= share
    end += start
    return end


def image_side(X: np.ndarray) -> int:
    """Height and width of the images in the rows of X, which must be float32 and square."""
    check_images(X)
    return round(X.shape[1] ** 0.5)

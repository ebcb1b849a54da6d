"""The oracle: gradients by finite differences, slow and hard to get wrong."""

from collections.abc import Callable

import numpy as np

from nn_core.checks.examples import numbers, takes
from nn_core.checks.settings import check_number


def numerical_gradient(f: Callable[[], float], x: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """Gradient by central differences: `df/dx[i] = (f(x[i] + h) - f(x[i] - h)) / 2h`.

    Parameters
    ----------
    f
        A function of no arguments that reads `x`.
    x
        The array to vary, float64. Each entry is moved in place and put back.
    h
        The step. Near 1e-5 the error of the formula (about h^2) and that of rounding
        (about 1e-16 / h) are both small.

    Returns
    -------
    ndarray of float64
        Of the shape of `x`.

    Raises
    ------
    TypeError
        `x` is not float64: float32 rounds too coarsely to difference.
    ValueError
        `h` is not above 0, or not finite.
    """
    if not isinstance(x, np.ndarray):
        raise TypeError(f"expected an array to vary in place, found {type(x).__name__}")
    if x.dtype != np.float64:
        raise TypeError(f"expected float64, found {x.dtype}: too coarse for a difference")
    check_number("h", h, above=0)
    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        kept = x[i]
        try:
            x[i] = kept + h
            above = float(f())
            x[i] = kept - h
            below = float(f())
        finally:
            x[i] = kept
        gradient[i] = (above - below) / (2 * h)
    return gradient


def directional_error(
    f: Callable[[], float],
    x: np.ndarray,
    gradient: np.ndarray,
    rng: np.random.Generator,
    *,
    h: float = 1e-5,
) -> float:
    """Check a gradient along one random direction: two evaluations, however many parameters.

    For a direction `u` of length 1 the slope is `gradient . u`, and by differences
    `(f(x + h u) - f(x - h u)) / 2h`. Every entry of `u` has the sign of the gradient's and
    a random size, so that no entry cancels another and the slope is not lost in rounding.

    Parameters
    ----------
    f, x, h
        As for `numerical_gradient`.
    gradient
        What is to be checked, of the shape of `x`. It is copied first: `f` may write into it, as
        one that computes a loss and its gradient together does with a network's `grad`.
    rng
        Where the direction comes from.

    Returns
    -------
    float
        The relative error of the slope, `|a - b| / (|a| + |b|)`.

    Raises
    ------
    TypeError
        `x` is not float64.
    ValueError
        `gradient` is not of the shape of `x`, or `h` not above 0, or not finite.
    """
    if gradient.shape != x.shape:
        raise ValueError(f"expected a gradient of shape {x.shape}, found {gradient.shape}")
    gradient = gradient.copy()
    u = np.where(gradient < 0, -1, 1) * rng.uniform(0.5, 1.5, x.shape)
    u /= np.linalg.norm(u)
    # One number, the distance along u, takes the place of all the entries of x.
    kept, distance = x.copy(), np.zeros(1, x.dtype)

    def along() -> float:
        x[...] = kept + distance[0] * u
        return f()

    try:
        slope = numerical_gradient(along, distance, h)
    finally:
        x[...] = kept
    return relative_error(np.array([np.vdot(gradient, u)]), slope)


@takes(a=numbers, b=numbers)
def relative_error(a: np.ndarray, b: np.ndarray) -> float:
    """How far two gradients are apart: `|a - b| / (|a| + |b|)`, with Euclidean norms.

    0 when they agree, 1 when one of them is zero or the negative of the other. Two zero
    gradients agree; where either holds a NaN, so does the answer.

    Raises
    ------
    ValueError
        The two differ in shape.
    """
    if a.shape != b.shape:
        raise ValueError(f"expected two arrays of one shape, found {a.shape} and {b.shape}")
    size = float(np.linalg.norm(a) + np.linalg.norm(b))
    return 0.0 if size == 0 else float(np.linalg.norm(a - b)) / size

"""Gradient checks: gradients by finite differences, which are slow but easy to get right."""

from collections.abc import Callable

import numpy as np

from nn_core.checks.examples import numbers, takes
from nn_core.checks.settings import check_number


def numerical_gradient(f: Callable[[], float], x: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """Compute a gradient by central differences: `df/dx[i] = (f(x[i] + h) - f(x[i] - h)) / 2h`.

    Parameters
    ----------
    f
        A function without arguments that reads `x`.
    x
        The float64 array. The function changes each entry in place, and restores it.
    h
        The step. Near 1e-5 the error of the formula (about h^2) and the rounding error
        (about 1e-16 / h) are both small.

    Returns
    -------
    ndarray of float64
        The gradient, of the shape of `x`.

    Raises
    ------
    TypeError
        `x` is not float64: float32 is too coarse for differences.
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
    """Check a gradient along one random direction: `f` is called twice, for any size of `x`.

    For a direction `u` of length 1 the slope is `gradient . u`, and by differences
    `(f(x + h u) - f(x - h u)) / 2h`. Every entry of `u` has a random size and the sign of that
    entry of the gradient. So no entry cancels another, and the slope is large against the
    rounding error.

    Parameters
    ----------
    f, x, h
        As for `numerical_gradient`.
    gradient
        The gradient to check, of the shape of `x`. The function copies it first, since `f` may
        overwrite it: `loss_and_grad` writes into the `grad` of the network.
    rng
        The random generator for the direction.

    Returns
    -------
    float
        The relative error of the slope, `|a - b| / (|a| + |b|)`.

    Raises
    ------
    TypeError
        `x` is not float64.
    ValueError
        `gradient` and `x` differ in shape, or `h` is not above 0, or not finite.
    """
    if gradient.shape != x.shape:
        raise ValueError(f"expected a gradient of shape {x.shape}, found {gradient.shape}")
    gradient = gradient.copy()
    u = np.where(gradient < 0, -1, 1) * rng.uniform(0.5, 1.5, x.shape)
    u /= np.linalg.norm(u)
    # The only variable of `along` is the distance along u, so one difference is enough.
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
    """Compare two gradients: `|a - b| / (|a| + |b|)`, with Euclidean norms.

    The error is 0 if the gradients are equal, even if both are zero. It is 1 if one gradient is
    zero, or the negative of the other. If a gradient contains NaN, the error is NaN.

    Raises
    ------
    ValueError
        `a` and `b` differ in shape.
    """
    if a.shape != b.shape:
        raise ValueError(f"expected two arrays of one shape, found {a.shape} and {b.shape}")
    size = float(np.linalg.norm(a) + np.linalg.norm(b))
    return 0.0 if size == 0 else float(np.linalg.norm(a - b)) / size

"""Slant: how far a digit leans, and the same digit upright.

Hands differ most in how they lean. A network that reads only upright digits need not learn that.
"""

from collections.abc import Sequence

import numpy as np

from nn_core.checks.examples import examples, inputs, takes
from nn_core.network import MLP
from nn_core.tools.augmentation import image_side, warp

STEEPEST = 1.0  # columns per row, 45 degrees: a dash lying down is not stood up


@takes(X=examples)
def slant_of(X: np.ndarray) -> np.ndarray:
    """How far the ink of each image goes to the right per row down, `s = m_rc / m_rr`.

    With the ink `I[r, c]` as weights and its centre `(r_mean, c_mean)`::

        m_rr = sum of I[r, c] (r - r_mean)^2
        m_rc = sum of I[r, c] (r - r_mean) (c - c_mean)

    This is the slope of the straight line through the ink, fitted by least squares.

    Parameters
    ----------
    X
        Images as rows, float32 `(N, D)` with `D = side * side`, from 0 for paper.

    Returns
    -------
    s
        float32 `(N,)`, in columns per row, within ±1. Without ink, or with ink in one row, 0.

    Raises
    ------
    TypeError
        X is not float32.
    ValueError
        X is not two-dimensional, or its rows are not square images.
    """
    return slant_and_centre(X)[0]


@takes(X=examples)
def deslant(X: np.ndarray) -> np.ndarray:
    """Shear each image so that its ink stands upright: `I'[r, c] = I[r, c + s (r - r_mean)]`.

    Parameters
    ----------
    X
        Images as rows, float32 `(N, D)` with `D = side * side`, from 0 for paper.

    Returns
    -------
    ndarray of float32 `(N, D)`
        With the slant `s` of `slant_of` taken out, read between pixels as `warp` does.

    Raises
    ------
    TypeError, ValueError
        As in `slant_of`.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998), "Gradient-based learning applied to document
    recognition", one of whose sets of digits is deslanted, by second moments and a shear.
    """
    s, r_mean, r = slant_and_centre(X)
    field = np.zeros((2, *X.shape), np.float32)
    field[1] = s[:, None] * (r - r_mean[:, None])
    return warp(X, field)


def slant_and_centre(X: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The slant and the middle row of each image's ink, and the row of each pixel."""
    side = image_side(X)
    # Counted from the centre: smaller numbers, so less is lost when squares are subtracted.
    r, c = np.indices((side, side), np.float32).reshape(2, -1) - (side - 1) / 2
    ink, by_r, by_c, by_rr, by_rc = (X @ np.stack([r**0, r, c, r * r, r * c], axis=1)).T
    ink = np.where(ink > 0, ink, 1)
    r_mean = by_r / ink
    m_rr, m_rc = by_rr - r_mean * by_r, by_rc - r_mean * by_c
    thick = m_rr > 1e-3 * ink
    s = np.where(thick, m_rc / np.where(thick, m_rr, 1), 0)
    return s.clip(-STEEPEST, STEEPEST), r_mean, r


class UprightMLP(MLP):
    """A network that makes each digit upright before its first layer (see `deslant`).

    Everything else is as in `MLP`. The number of inputs must be that of a square image.
    """

    def activations(
        self, X: np.ndarray, masks: Sequence[np.ndarray] | None = None
    ) -> list[np.ndarray]:
        """As in `MLP`, the input being upright."""
        X = inputs(X, self.sizes[0], self.theta.dtype, one=True, scaled=False)
        return super().activations(deslant(X), masks)

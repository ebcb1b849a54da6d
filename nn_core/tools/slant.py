"""Slant: measure how far a digit leans, and make the digit upright.

Handwriting varies most in its slant. A network for upright digits need not learn this variation.
"""

from collections.abc import Sequence

import numpy as np

from nn_core.checks.examples import examples, inputs, takes
from nn_core.network import MLP
from nn_core.tools.augmentation import image_side, warp

MAX_SLANT = 1.0  # columns per row, 45 degrees: a horizontal stroke stays horizontal


@takes(X=examples)
def slant_of(X: np.ndarray) -> np.ndarray:
    """Measure by how many columns the ink of each image moves right per row, `s = m_rc / m_rr`.

    The ink `I[r, c]` gives the weights, and `(r_mean, c_mean)` is its centre::

        m_rr = sum of I[r, c] (r - r_mean)^2
        m_rc = sum of I[r, c] (r - r_mean) (c - c_mean)

    The slant s is the slope of a straight line through the ink, fitted by least squares.

    Parameters
    ----------
    X
        Images as rows, float32 `(N, D)` with `D = side * side`; 0 is paper.

    Returns
    -------
    s
        float32 `(N,)`, in columns per row, from -1 to 1. If an image has no ink, or ink in one row
        only, s is 0.

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
        Images as rows, float32 `(N, D)` with `D = side * side`; 0 is paper.

    Returns
    -------
    ndarray of float32 `(N, D)`
        The images without the slant `s` of `slant_of`. `warp` computes values between pixels.

    Raises
    ------
    TypeError, ValueError
        As in `slant_of`.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998), "Gradient-based learning applied to document
    recognition". One of its data sets is deslanted by second moments and a shear.
    """
    s, r_mean, r = slant_and_centre(X)
    field = np.zeros((2, *X.shape), np.float32)
    field[1] = s[:, None] * (r - r_mean[:, None])
    return warp(X, field)


def slant_and_centre(X: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the slant and the mean row of the ink of each image, and the row of each pixel."""
    side = image_side(X)
    # Rows and columns count from the centre. Smaller numbers lose less precision when squares are
    # subtracted.
    r, c = np.indices((side, side), np.float32).reshape(2, -1) - (side - 1) / 2
    ink, by_r, by_c, by_rr, by_rc = (X @ np.stack([r**0, r, c, r * r, r * c], axis=1)).T
    ink = np.where(ink > 0, ink, 1)
    r_mean = by_r / ink
    m_rr, m_rc = by_rr - r_mean * by_r, by_rc - r_mean * by_c
    thick = m_rr > 1e-3 * ink
    s = np.where(thick, m_rc / np.where(thick, m_rr, 1), 0)
    return s.clip(-MAX_SLANT, MAX_SLANT), r_mean, r


class UprightMLP(MLP):
    """A network that makes each digit upright before its first layer (see `deslant`).

    Everything else is as in `MLP`. The number of inputs must be that of a square image.
    """

    def activations(
        self, X: np.ndarray, masks: Sequence[np.ndarray] | None = None
    ) -> list[np.ndarray]:
        """Compute the forward pass as in `MLP`, with upright images as the input."""
        X = inputs(X, self.sizes[0], self.theta.dtype, one=True, scaled=False)
        return super().activations(deslant(X), masks)

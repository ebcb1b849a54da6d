"""Losses: functions that measure how wrong the outputs are, and their gradients."""

import numpy as np

from nn_core.checks.examples import check_labels_below, check_same_length, labels, scores, takes
from nn_core.checks.settings import check_number
from nn_core.data import one_hot


@takes(Z=scores, y=labels)
def softmax_cross_entropy(Z: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean of the negative log-probability that softmax gives to the right class.

    `loss = -1/N sum over n of log P[n, y[n]]` with `P = softmax(Z)`, in nats, and its
    gradient `dZ = (P - Y) / N`, where `Y` holds the one-hot labels. The function computes `log P`
    as `Z - log(sum(exp(Z)))`, so it never takes the logarithm of a probability that is rounded to
    zero.

    Parameters
    ----------
    Z
        Scores, also called logits, `(N, K)`.
    y
        Integer labels `(N,)`.

    Returns
    -------
    loss, dZ
        A float, and the gradient `(N, K)`.

    Raises
    ------
    TypeError, ValueError
        `Z` is not `(N, K)`, or `y` does not hold an integer from 0 to K - 1 for each row of
        `Z`.

    References
    ----------
    Bridle (1990), "Probabilistic interpretation of feedforward classification network
    outputs".
    """
    check_same_length(Z, y)
    check_labels_below(y, Z.shape[1])
    N = len(Z)
    right = np.arange(N), y
    Z = Z - Z.max(axis=1, keepdims=True)
    dZ = np.exp(Z)
    total = dZ.sum(axis=1, keepdims=True)
    loss = float(np.mean(np.log(total[:, 0]) - Z[right]))
    dZ /= total
    # Smaller probabilities are lost in the rounding of the largest one. They would only lead to
    # gradients whose squares are denormal numbers, which are slow (see `optimizers`).
    dZ[dZ < np.finfo(dZ.dtype).eps ** 2] = 0
    dZ[right] -= 1
    dZ /= N
    return loss, dZ


@takes(Z=scores, y=labels)
def smoothed_cross_entropy(
    Z: np.ndarray, y: np.ndarray, smoothing: float
) -> tuple[float, np.ndarray]:
    """Cross-entropy with label smoothing: the target gives each class some probability.

    The target is `Q = (1 - smoothing) Y + smoothing / K` instead of the one-hot labels `Y`:
    `loss = -1/N sum over n, k of Q[n, k] log P[n, k]` and `dZ = (P - Q) / N`.

    Parameters
    ----------
    Z, y
        As for `softmax_cross_entropy`.
    smoothing
        The probability that all K classes share equally, from 0 to 1.

    Returns
    -------
    loss, dZ
        A float, and the gradient `(N, K)`.

    Raises
    ------
    TypeError, ValueError
        As `softmax_cross_entropy` does, or `smoothing` is not from 0 to 1.

    References
    ----------
    Szegedy, Vanhoucke, Ioffe, Shlens and Wojna (2016), "Rethinking the Inception
    architecture for computer vision".
    """
    check_number("smoothing", smoothing, at_least=0, at_most=1)
    loss, dZ = softmax_cross_entropy(Z, y)
    N, K = Z.shape
    # Smoothing adds (Y - Q) / N to dZ. The rows of this term sum to 0. `log P` is Z minus one
    # number for each row, and these numbers therefore cancel in the loss: Z alone is needed.
    extra = np.full_like(dZ, -smoothing / (N * K))
    extra[np.arange(N), y] += smoothing / N
    return loss + float(np.sum(extra * Z)), dZ + extra


@takes(A=scores, y=labels)
def mean_squared_error(A: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean of the squared distance to the one-hot labels, over examples and classes.

    `loss = 1/(N K) sum over n, k of (A[n, k] - Y[n, k])^2`, and its gradient
    `dA = 2/(N K) (A - Y)`.

    Parameters
    ----------
    A
        Outputs `(N, K)` of any activation.
    y
        Integer labels `(N,)`.

    Returns
    -------
    loss, dA
        A float, and the gradient `(N, K)`.

    Raises
    ------
    TypeError, ValueError
        `A` is not `(N, K)`, or `y` does not hold an integer from 0 to K - 1 for each row of
        `A`.
    """
    check_same_length(A, y)
    dA = A - one_hot(y, A.shape[1])
    loss = float(np.mean(dA * dA))
    dA *= 2 / dA.size
    return loss, dA

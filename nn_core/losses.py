"""Losses: how wrong the network is, and the gradient of that at its output."""

import numpy as np

from nn_core.checks.examples import check_labels_below, check_same_length, labels, scores, takes
from nn_core.checks.settings import check_number
from nn_core.data import one_hot


@takes(Z=scores, y=labels)
def softmax_cross_entropy(Z: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean of the negative log-probability that softmax gives to the right class.

    `loss = -1/N sum over n of log P[n, y[n]]` with `P = softmax(Z)`, in nats, and its
    gradient `dZ = (P - Y) / N` with `Y` the one-hot labels. The logarithm is taken as
    `Z - log(sum(exp(Z)))`, so that no probability is rounded to zero before it.

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
        `Z` has no row for each example, or the labels are not integers 0 to K - 1, one for each
        row of `Z`.

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
    dZ[right] -= 1
    dZ /= N
    return loss, dZ


@takes(Z=scores, y=labels)
def smoothed_cross_entropy(
    Z: np.ndarray, y: np.ndarray, smoothing: float
) -> tuple[float, np.ndarray]:
    """Cross-entropy with a target that is not quite sure: label smoothing.

    The target is `Q = (1 - smoothing) Y + smoothing / K` in place of the one-hot labels `Y`:
    `loss = -1/N sum over n, k of Q[n, k] log P[n, k]` and `dZ = (P - Q) / N`.

    Parameters
    ----------
    Z, y
        As for `softmax_cross_entropy`.
    smoothing
        Probability that is spread evenly over all K classes, from 0 to 1.

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
    # What smoothing adds to dZ, (Y - Q) / N. Its rows sum to 0, so of `log P`, which is Z less
    # one number for each row, the loss feels Z alone.
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
        Outputs `(N, K)`, of whichever activation.
    y
        Integer labels `(N,)`.

    Returns
    -------
    loss, dA
        A float, and the gradient `(N, K)`.

    Raises
    ------
    TypeError, ValueError
        `A` has no row for each example, or the labels are not integers 0 to K - 1, one for each
        row of `A`.
    """
    check_same_length(A, y)
    dA = A - one_hot(y, A.shape[1])
    loss = float(np.mean(dA * dA))
    dA *= 2 / dA.size
    return loss, dA

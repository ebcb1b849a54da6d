"""Losses: how wrong the network is, and the gradient of that at its output."""

import numpy as np

from nn_core.data import check_integer_labels, check_same_length, one_hot


def softmax_cross_entropy(
    Z: np.ndarray, y: np.ndarray, *, smoothing: float = 0.0
) -> tuple[float, np.ndarray]:
    """Mean of the negative log-probability that softmax gives to the right class.

    `loss = -1/N sum over n of log P[n, y[n]]` with `P = softmax(Z)`, in nats, and its
    gradient `dZ = (P - Y) / N` with `Y` the one-hot labels. The logarithm is taken as
    `Z - log(sum(exp(Z)))`, so that no probability is rounded to zero before it.

    With label smoothing the target is `Q = (1 - smoothing) Y + smoothing / K` in place of
    `Y`: `loss = -1/N sum over n, k of Q[n, k] log P[n, k]` and `dZ = (P - Q) / N`.

    Parameters
    ----------
    Z
        Scores, also called logits, `(N, K)`.
    y
        Integer labels `(N,)`.
    smoothing
        Probability that is spread evenly over all K classes, from 0 to 1.

    Returns
    -------
    loss, dZ
        A float, and the gradient `(N, K)`.

    Raises
    ------
    TypeError, ValueError
        The labels are not integers 0 to K - 1, one for each row of `Z`.

    References
    ----------
    Bridle (1990), "Probabilistic interpretation of feedforward classification network
    outputs". Label smoothing: Szegedy, Vanhoucke, Ioffe, Shlens and Wojna (2016),
    "Rethinking the Inception architecture for computer vision".
    """
    N, K = Z.shape
    check_same_length(Z, y)
    check_integer_labels(y, K)
    rows = np.arange(N)
    Z = Z - Z.max(axis=1, keepdims=True)
    dZ = np.exp(Z)
    total = dZ.sum(axis=1, keepdims=True)
    hit = Z[rows, y]
    dZ /= total
    if smoothing:
        hit = (1 - smoothing) * hit + smoothing * Z.mean(axis=1)
        dZ -= smoothing / K
    loss = float(np.mean(np.log(total[:, 0]) - hit))
    dZ[rows, y] -= 1 - smoothing
    dZ /= N
    return loss, dZ


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
        The labels are not integers 0 to K - 1, one for each row of `A`.
    """
    check_same_length(A, y)
    dA = A - one_hot(y, A.shape[1])
    loss = float(np.mean(dA * dA))
    dA *= 2 / dA.size
    return loss, dA

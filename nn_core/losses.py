"""Losses: how wrong the network is, and the gradient of that at its output."""

import numpy as np


def softmax_cross_entropy(Z: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean of the negative log-probability that softmax gives to the right class.

    `loss = -1/N sum over n of log P[n, y[n]]` with `P = softmax(Z)`, in nats, and its
    gradient `dZ = (P - Y) / N` with `Y` the one-hot labels. The logarithm is taken as
    `Z - log(sum(exp(Z)))`, so that no probability is rounded to zero before it.

    Parameters
    ----------
    Z
        Scores, also called logits, `(N, classes)`.
    y
        Integer labels `(N,)`.

    Returns
    -------
    loss, dZ
        A float, and the gradient `(N, classes)`.

    References
    ----------
    Bridle (1990), "Probabilistic interpretation of feedforward classification network
    outputs".
    """
    N = len(Z)
    rows = np.arange(N)
    Z = Z - Z.max(axis=1, keepdims=True)
    dZ = np.exp(Z)
    total = dZ.sum(axis=1, keepdims=True)
    loss = float(np.mean(np.log(total[:, 0]) - Z[rows, y]))
    dZ /= total
    dZ[rows, y] -= 1
    dZ /= N
    return loss, dZ

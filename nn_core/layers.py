"""Layers and activations: pure functions whose arguments are the symbols of the formula.

`dZ` stands for the gradient of the loss with respect to `Z`, and so on for every symbol.
"""

import numpy as np


def dense_forward(X: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Weigh the inputs and add a bias: `Z = X W + b`.

    Parameters
    ----------
    X
        Inputs `(N, in)`, one example per row.
    W
        Weights `(in, out)`, one column per unit.
    b
        Biases `(out,)`.

    Returns
    -------
    Z
        `(N, out)`.
    """
    Z = X @ W
    Z += b
    return Z


def dense_backward(
    dZ: np.ndarray,
    X: np.ndarray,
    W: np.ndarray,
    *,
    dW: np.ndarray | None = None,
    db: np.ndarray | None = None,
    input_gradient: bool = True,
) -> tuple[np.ndarray | None, np.ndarray, np.ndarray]:
    """Gradients of a dense layer: `dX = dZ W^T`, `dW = X^T dZ`, `db = sum over n of dZ[n]`.

    Parameters
    ----------
    dZ
        Gradient at the output `(N, out)`.
    X, W
        What went into `dense_forward`.
    dW, db
        Arrays to write the results into, of the shapes of `W` and `b`.
    input_gradient
        Whether to compute `dX`, which the first layer of a network has no use for.

    Returns
    -------
    dX, dW, db
        Of the shapes of `X`, `W` and `b`; `dX` is None when not asked for.

    References
    ----------
    Rumelhart, Hinton and Williams (1986), "Learning representations by
    back-propagating errors".
    """
    dX = dZ @ W.T if input_gradient else None
    dW = np.matmul(X.T, dZ, out=dW)
    db = np.sum(dZ, axis=0, out=db)
    return dX, dW, db


def relu_forward(Z: np.ndarray) -> np.ndarray:
    """Cut off below zero: `A = max(Z, 0)`, element by element.

    References
    ----------
    Nair and Hinton (2010), "Rectified linear units improve restricted Boltzmann machines".
    """
    return np.maximum(Z, 0)


def relu_backward(dA: np.ndarray, A: np.ndarray) -> np.ndarray:
    """Gradient of ReLU, read from its output: `dZ = dA where A > 0, else 0`.

    The derivative at the kink, `Z = 0`, is taken to be 0.
    """
    return dA * (A > 0)


def softmax(Z: np.ndarray) -> np.ndarray:
    """Turn scores into probabilities: `P[n, k] = exp(Z[n, k]) / sum over j of exp(Z[n, j])`.

    The largest score of each row is subtracted first. That changes nothing in the
    result and keeps `exp` from overflowing.

    Parameters
    ----------
    Z
        Scores, also called logits, `(N, classes)`.

    Returns
    -------
    P
        `(N, classes)`, each row summing to 1.
    """
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)

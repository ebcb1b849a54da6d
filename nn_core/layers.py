"""Layers and activations: pure functions whose arguments are the symbols of the formulas.

`dZ` is the gradient of the loss with respect to `Z`. The same holds for every other symbol.
"""

import numpy as np

from nn_core.checks.examples import scores, takes
from nn_core.checks.settings import check_dense, check_number, check_rng


def dense_forward(X: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Multiply the inputs by the weights and add the biases: `Z = X W + b`.

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

    Raises
    ------
    ValueError
        The shapes do not fit each other.
    """
    check_dense(X, W, b)
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
        The gradient at the output, `(N, out)`.
    X, W
        The inputs and weights of `dense_forward`.
    dW, db
        Arrays for the results, of the shapes of `W` and `b`. Without them, the function creates
        new arrays.
    input_gradient
        Whether to compute `dX`. The first layer of a network does not need it.

    Returns
    -------
    dX, dW, db
        The gradients, of the shapes of `X`, `W` and `b`. Without `input_gradient`, `dX` is None.

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
    """Replace negative numbers by zero: `A = max(Z, 0)`, element by element.

    References
    ----------
    Nair and Hinton (2010), "Rectified linear units improve restricted Boltzmann machines".
    """
    return np.maximum(Z, 0)


def relu_backward(dA: np.ndarray, A: np.ndarray) -> np.ndarray:
    """Gradient of ReLU, computed from the output: `dZ = dA where A > 0, else 0`.

    The derivative at `Z = 0`, where the slope jumps, is defined as 0.
    """
    return dA * (A > 0)


def leaky_relu_forward(Z: np.ndarray, slope: float = 0.01) -> np.ndarray:
    """Multiply negative numbers by a small slope: `A = Z where Z > 0, else slope Z`.

    References
    ----------
    Maas, Hannun and Ng (2013), "Rectifier nonlinearities improve neural network acoustic
    models".
    """
    check_number("slope", slope, above=0)
    return np.where(Z > 0, Z, slope * Z)


def leaky_relu_backward(dA: np.ndarray, A: np.ndarray, slope: float = 0.01) -> np.ndarray:
    """Gradient of leaky ReLU, computed from the output: `dZ = dA where A > 0, else slope dA`.

    `slope` must be positive, so that A has the sign of Z.
    """
    check_number("slope", slope, above=0)
    return np.where(A > 0, dA, slope * dA)


def sigmoid_forward(Z: np.ndarray) -> np.ndarray:
    """Map every number to a number between 0 and 1: `A = 1 / (1 + exp(-Z))`.

    The function computes `(1 + tanh(Z / 2)) / 2`, which is equal and cannot overflow.
    """
    A = np.tanh(Z / 2)
    A += 1
    A /= 2
    return A


def sigmoid_backward(dA: np.ndarray, A: np.ndarray) -> np.ndarray:
    """Gradient of the sigmoid, computed from the output: `dZ = dA A (1 - A)`."""
    return dA * A * (1 - A)


def tanh_forward(Z: np.ndarray) -> np.ndarray:
    """Map every number to a number between -1 and 1: `A = tanh(Z)`."""
    return np.tanh(Z)


def tanh_backward(dA: np.ndarray, A: np.ndarray) -> np.ndarray:
    """Gradient of tanh, computed from the output: `dZ = dA (1 - A^2)`."""
    return dA * (1 - A * A)


def identity_forward(Z: np.ndarray) -> np.ndarray:
    """Return the input: `A = Z`."""
    return Z


def identity_backward(dA: np.ndarray, A: np.ndarray) -> np.ndarray:
    """Return the gradient: `dZ = dA`."""
    return dA


@takes(Z=scores)
def softmax(Z: np.ndarray) -> np.ndarray:
    """Turn scores into probabilities: `P[n, k] = exp(Z[n, k]) / sum over j of exp(Z[n, j])`.

    The function first subtracts the largest score of each row. The result stays the same, and
    `exp` cannot overflow.

    Parameters
    ----------
    Z
        Scores, also called logits, `(N, classes)`.

    Returns
    -------
    P
        Probabilities `(N, classes)`. Each row sums to 1.
    """
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def softmax_backward(dP: np.ndarray, P: np.ndarray) -> np.ndarray:
    """Gradient of softmax, computed from the output.

    `dZ[n, k] = P[n, k] (dP[n, k] - sum over j of dP[n, j] P[n, j])`. For cross-entropy, use
    `losses.softmax_cross_entropy` instead: the gradient of both together is `(P - Y) / N`.
    """
    return P * (dP - np.sum(dP * P, axis=1, keepdims=True))


def dropout_mask(
    shape: tuple[int, ...], rate: float, rng: np.random.Generator, dtype: type = np.float32
) -> np.ndarray:
    """Draw a dropout mask: `1 / (1 - rate)` with probability `1 - rate`, else 0.

    The factor compensates for the units that are left out (*inverted* dropout). So after training
    the network works without dropout and needs no change. Multiply by the mask forward, `A mask`,
    and by the same mask backward, `dA mask`.

    Parameters
    ----------
    shape
        The shape of the activations, `(N, units)`.
    rate
        The share of units to leave out, from 0 to below 1.
    rng
        The random generator.
    dtype
        The dtype of the activations.

    Raises
    ------
    ValueError
        The rate is below 0, or not below 1.

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), "Dropout: a simple
    way to prevent neural networks from overfitting".
    """
    check_number("the dropout rate", rate, at_least=0, below=1)
    check_rng(rng)
    stays = rng.random(shape, dtype=np.float32) >= rate
    return stays.astype(dtype) / dtype(1 - rate)


# The activations that a network may have after a dense layer: the forward and backward functions.
ACTIVATIONS = {
    "identity": (identity_forward, identity_backward),
    "leaky_relu": (leaky_relu_forward, leaky_relu_backward),
    "relu": (relu_forward, relu_backward),
    "sigmoid": (sigmoid_forward, sigmoid_backward),
    "softmax": (softmax, softmax_backward),
    "tanh": (tanh_forward, tanh_backward),
}

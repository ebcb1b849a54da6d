"""The network: `MLP` holds the parameters and calls the functions of `layers` and `losses`."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from nn_core.checks.examples import inputs, labels, scores
from nn_core.checks.settings import check_finite, check_network, check_parameters
from nn_core.initializers import he_normal
from nn_core.layers import ACTIVATIONS, dense_backward, dense_forward, dropout_mask
from nn_core.losses import (
    mean_squared_error,
    smoothed_cross_entropy,
    softmax_cross_entropy,
)

Initializer = Callable[[tuple[int, int], np.random.Generator], np.ndarray]


class MLP:
    """A multilayer perceptron: dense layers, and an activation after each layer.

    One flat vector, `theta`, holds all parameters, and another, `grad`, all gradients. The
    weights and biases of each layer are views into `theta`. So `theta -= lr * grad` updates all
    layers at once.

    Parameters
    ----------
    sizes
        Units per layer, inputs first: `(784, 128, 10)`.
    rng
        The random generator for the first weights. The first biases are zero.
    activation
        The activation of the hidden layers: "relu", "leaky_relu", "sigmoid", "tanh" or
        "identity".
    output
        The activation of the last layer: "softmax". The mean squared error also allows the
        activations above.
    loss
        "cross_entropy" or "mean_squared_error".
    initializer
        A function of `initializers`, such as `he_normal`.
    dtype
        float32 for speed, float64 for a gradient check.

    Attributes
    ----------
    theta, grad
        Parameters and their gradients, one flat vector each.
    W, b
        For each layer, views into `theta`: weights `(in, out)` and biases `(out,)`.
    dW, db
        The same views into `grad`.

    Raises
    ------
    TypeError
        A size is not a whole number, `rng` is not a random generator, or the dtype is neither
        float32 nor float64.
    ValueError
        There are fewer than two sizes, a size is below 1, a name is unknown, or the loss is
        cross-entropy and the output is not softmax.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        rng: np.random.Generator,
        *,
        activation: str = "relu",
        output: str = "softmax",
        loss: str = "cross_entropy",
        initializer: Initializer = he_normal,
        dtype: type = np.float32,
    ) -> None:
        check_network(sizes, rng, activation, output, loss, dtype, ACTIVATIONS)
        self.sizes = tuple(int(size) for size in sizes)
        self.activation = activation
        self.output, self.loss = output, loss
        pairs = pairwise(self.sizes)
        count = sum((fan_in + 1) * fan_out for fan_in, fan_out in pairs)
        self._theta: np.ndarray = np.zeros(count, dtype)
        self._grad: np.ndarray = np.zeros(count, dtype)
        self._name_views()
        for W in self.W:
            W[...] = initializer(W.shape, rng)

    @property
    def theta(self) -> np.ndarray:
        """All parameters, one flat vector. An assignment copies the values into the vector."""
        return self._theta

    @theta.setter
    def theta(self, values: np.ndarray) -> None:
        check_parameters("theta", values, self._theta)
        self._theta[:] = values

    @property
    def grad(self) -> np.ndarray:
        """The gradient with respect to `theta`. An assignment copies the values into the vector."""
        return self._grad

    @grad.setter
    def grad(self, values: np.ndarray) -> None:
        check_parameters("grad", values, self._grad)
        self._grad[:] = values

    def __setstate__(self, state: dict[str, Any]) -> None:
        # A copied or loaded network needs views into its own vectors.
        self.__dict__.update(state)
        self._name_views()

    def _name_views(self) -> None:
        self.W, self.b = self._views(self._theta)
        self.dW, self.db = self._views(self._grad)

    def _views(self, flat: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        weights, biases = [], []
        for fan_in, fan_out in pairwise(self.sizes):
            ends = [fan_in * fan_out, (fan_in + 1) * fan_out]
            W, b, flat = np.split(flat, ends)
            weights.append(W.reshape(fan_in, fan_out))
            biases.append(b)
        return weights, biases

    @property
    def is_weight(self) -> np.ndarray:
        """Which entries of `theta` are weights rather than biases, boolean `(parameters,)`."""
        mask = np.zeros(self.theta.size, bool)
        for W in self._views(mask)[0]:
            W[...] = True
        return mask

    def activations(
        self, X: np.ndarray, masks: Sequence[np.ndarray] | None = None
    ) -> list[np.ndarray]:
        """Compute the forward pass: the input, the output of each hidden layer, and the logits.

        With `masks`, from `dropout_masks`, each layer takes its input times the mask.
        """
        X = inputs(X, self.sizes[0], self.theta.dtype, one=True, scaled=False)
        forward, _ = ACTIVATIONS[self.activation]
        A = [X]
        for layer, (W, b) in enumerate(zip(self.W, self.b, strict=True)):
            Z = dense_forward(drop(A[layer], masks, layer), W, b)
            A.append(forward(Z) if layer < len(self.W) - 1 else Z)
        return A

    def dropout_masks(self, N: int, rate: float, rng: np.random.Generator) -> list[np.ndarray]:
        """Draw a dropout mask for each hidden layer, for a batch of N examples."""
        dtype = self.theta.dtype.type
        return [dropout_mask((N, size), rate, rng, dtype) for size in self.sizes[1:-1]]

    # `check_finite` reports an overflow in one sentence. NumPy would warn of a line in this file.
    @np.errstate(over="ignore", invalid="ignore")
    def forward(self, X: np.ndarray) -> np.ndarray:
        """Compute the logits `Z (N, K)` for inputs `X (N, D)`.

        X may also be a table, a list, or images `(N, height, width)`. A single example counts as a
        batch of one.

        Raises
        ------
        TypeError
            X does not contain numbers, or contains uint8: pixels that are not divided by 255.
        DataError
            X has another shape, contains NaN or infinity, or is not scaled to about 0 to 1.
        ValueError
            A weight or a logit is not finite. (The logits may be finite although a weight is
            infinite, since ReLU turns minus infinity into 0.)
        """
        check_finite("weights", self.theta)
        X = inputs(X, self.sizes[0], self.theta.dtype, one=True)
        Z = self.activations(X)[-1]
        check_finite("outputs", Z)
        return Z

    def loss_of(
        self, Z: np.ndarray, y: np.ndarray, *, smoothing: float = 0.0
    ) -> tuple[float, np.ndarray]:
        """Compute the loss for logits `Z (N, K)` and labels `y (N,)`, and its gradient `dZ`."""
        if self.loss == "cross_entropy":
            if smoothing:
                return smoothed_cross_entropy(Z, y, smoothing)
            return softmax_cross_entropy(Z, y)
        forward, backward = ACTIVATIONS[self.output]
        Z = scores(Z, "Z")
        A = forward(Z)
        loss, dA = mean_squared_error(A, y)
        return loss, backward(dA, A)

    def loss_and_grad(
        self,
        X: np.ndarray,
        y: np.ndarray,
        *,
        masks: Sequence[np.ndarray] | None = None,
        smoothing: float = 0.0,
    ) -> float:
        """Compute the loss of a batch, and write its gradient into `grad` (backpropagation).

        Parameters
        ----------
        X, y
            Inputs `(N, D)` and integer labels `(N,)`.
        masks
            The masks of `dropout_masks`, for dropout.
        smoothing
            Label smoothing, for cross-entropy only.

        Raises
        ------
        TypeError, ValueError
            X is wrong as in `forward`, or the labels do not fit. This method does not check whether
            X is finite and scaled: `fit` calls it in each step, and has checked X before.
        """
        X = inputs(X, self.sizes[0], self.theta.dtype, one=True, scaled=False)
        y = labels(y, "y")
        _, backward = ACTIVATIONS[self.activation]
        *A, Z = self.activations(X, masks)
        loss, dZ = self.loss_of(Z, y, smoothing=smoothing)
        for layer in reversed(range(len(self.W))):
            dA, _, _ = dense_backward(
                dZ,
                drop(A[layer], masks, layer),
                self.W[layer],
                dW=self.dW[layer],
                db=self.db[layer],
                input_gradient=layer > 0,
            )
            if dA is not None:
                dZ = backward(drop(dA, masks, layer), A[layer])
        return loss

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Compute the outputs of the last activation, `(N, K)`: with softmax, the probabilities.

        X is as in `forward`.
        """
        return ACTIVATIONS[self.output][0](self.forward(X))

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Predict the class with the largest logit for each example, `(N,)`.

        X is as in `forward`.
        """
        return self.forward(X).argmax(axis=1)

    def __repr__(self) -> str:
        layers = "-".join(str(size) for size in self.sizes)
        return f"MLP {layers}, {self.theta.size:,} parameters"


def drop(A: np.ndarray, masks: Sequence[np.ndarray] | None, layer: int) -> np.ndarray:
    """Multiply the input of a layer by its dropout mask; the first layer has no mask."""
    return A if masks is None or layer == 0 else A * masks[layer - 1]

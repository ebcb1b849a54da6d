"""The network: it owns the memory, and leaves the maths to `layers` and `losses`."""

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
    """A multilayer perceptron: dense layers with an activation behind each.

    All parameters lie in one flat vector `theta`, all gradients in another, `grad`. The
    weights and biases of each layer are views into them, so that `theta -= lr * grad`
    updates every layer at once.

    Parameters
    ----------
    sizes
        Units per layer, inputs first: `(784, 128, 10)`.
    rng
        Where the starting weights come from. Biases start at zero.
    activation
        Behind each hidden layer: "relu", "leaky_relu", "sigmoid", "tanh" or "identity".
    output
        Behind the last layer: "softmax", or with the mean squared error any of the above.
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
        Per layer, views into `theta`: weights `(in, out)` and biases `(out,)`.
    dW, db
        The same views into `grad`.

    Raises
    ------
    TypeError
        Sizes that are no whole numbers, a seed in place of a generator, or another dtype.
    ValueError
        Fewer than two sizes, a size below 1, a name that is not known, or cross-entropy
        without softmax.
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
        """All parameters, one flat vector. What is assigned to it is copied in."""
        return self._theta

    @theta.setter
    def theta(self, values: np.ndarray) -> None:
        check_parameters("theta", values, self._theta)
        self._theta[:] = values

    @property
    def grad(self) -> np.ndarray:
        """The gradient with respect to `theta`. What is assigned to it is copied in."""
        return self._grad

    @grad.setter
    def grad(self, values: np.ndarray) -> None:
        check_parameters("grad", values, self._grad)
        self._grad[:] = values

    def __setstate__(self, state: dict[str, Any]) -> None:
        # A copy gets views into its own vectors, not copies of the views.
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
        """All that flows forward: the input, each hidden layer's output, then the logits.

        With `masks`, from `dropout_masks`, each hidden output is multiplied by its mask before
        it goes on.
        """
        X = inputs(X, self.sizes[0], self.theta.dtype, one=True, scaled=False)
        forward, _ = ACTIVATIONS[self.activation]
        A = [X]
        for layer, (W, b) in enumerate(zip(self.W, self.b, strict=True)):
            Z = dense_forward(drop(A[layer], masks, layer), W, b)
            A.append(forward(Z) if layer < len(self.W) - 1 else Z)
        return A

    def dropout_masks(self, N: int, rate: float, rng: np.random.Generator) -> list[np.ndarray]:
        """Draw which hidden units stay for a batch of N examples, one mask per hidden layer."""
        dtype = self.theta.dtype.type
        return [dropout_mask((N, size), rate, rng, dtype) for size in self.sizes[1:-1]]

    # Where numbers overflow, `check_finite` says so in words; a warning would name a line of ours.
    @np.errstate(over="ignore", invalid="ignore")
    def forward(self, X: np.ndarray) -> np.ndarray:
        """The logits `Z (N, K)` for inputs `X (N, D)`.

        Tables and lists will do for X, and images `(N, height, width)`; one example alone is a
        batch of one.

        Raises
        ------
        TypeError
            X is not made of numbers, or of uint8: pixels that are still to be divided by 255.
        DataError
            X is of another shape, holds NaN or infinity, or is not scaled to about 0 to 1.
        ValueError
            Weights or logits are not finite. (ReLU turns some infinite weights into zeros, so the
            logits alone do not tell.)
        """
        check_finite("weights", self.theta)
        X = inputs(X, self.sizes[0], self.theta.dtype, one=True)
        Z = self.activations(X)[-1]
        check_finite("outputs", Z)
        return Z

    def loss_of(
        self, Z: np.ndarray, y: np.ndarray, *, smoothing: float = 0.0
    ) -> tuple[float, np.ndarray]:
        """The loss for logits `Z (N, K)` and labels `y (N,)`, and its gradient `dZ`."""
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
        """The loss of a batch; its gradient is left in `grad` (backpropagation).

        Parameters
        ----------
        X, y
            Inputs `(N, D)` and integer labels `(N,)`.
        masks
            From `dropout_masks`, where dropout is wanted.
        smoothing
            Label smoothing, for cross-entropy only.

        Raises
        ------
        TypeError, ValueError
            As `forward` does, though the size of the inputs is not looked at, since this is done
            in each step of a training; or the labels do not fit.
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
        """The output of the last activation, with softmax the probabilities, `(N, K)`.

        X as in `forward`.
        """
        return ACTIVATIONS[self.output][0](self.forward(X))

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The class with the largest output for each example, `(N,)`; X as in `forward`."""
        return self.forward(X).argmax(axis=1)

    def __repr__(self) -> str:
        layers = "-".join(str(size) for size in self.sizes)
        return f"MLP {layers}, {self.theta.size:,} parameters"


def drop(A: np.ndarray, masks: Sequence[np.ndarray] | None, layer: int) -> np.ndarray:
    """Multiply what enters a layer by its dropout mask; the first layer's input has none."""
    return A if masks is None or layer == 0 else A * masks[layer - 1]

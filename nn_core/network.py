"""The network: it owns the memory, and leaves the maths to `layers` and `losses`."""

from collections.abc import Sequence

import numpy as np

from nn_core.initializers import he_normal
from nn_core.layers import dense_backward, dense_forward, relu_backward, relu_forward, softmax
from nn_core.losses import softmax_cross_entropy


class MLP:
    """A multilayer perceptron: dense layers with ReLU between them.

    All parameters lie in one flat vector `theta`, all gradients in another, `grad`. The
    weights and biases of each layer are views into them, so that `theta -= lr * grad`
    updates every layer at once.

    Parameters
    ----------
    sizes
        Units per layer, inputs first: `(784, 128, 10)`.
    rng
        Where the starting weights come from (`he_normal`). Biases start at zero.
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
    ValueError
        Fewer than two sizes, or a size below 1.
    """

    def __init__(
        self, sizes: Sequence[int], rng: np.random.Generator, dtype: type = np.float32
    ) -> None:
        if len(sizes) < 2 or min(sizes) < 1:
            raise ValueError(
                f"expected at least two layer sizes of at least 1, inputs first, found {sizes}"
            )
        self.sizes = tuple(sizes)
        count = sum((fan_in + 1) * fan_out for fan_in, fan_out in self._shapes())
        self.theta = np.zeros(count, dtype)
        self.grad = np.zeros(count, dtype)
        self.W, self.b = self._views(self.theta)
        self.dW, self.db = self._views(self.grad)
        for W in self.W:
            W[...] = he_normal(W.shape, rng)

    def _shapes(self) -> list[tuple[int, int]]:
        return list(zip(self.sizes[:-1], self.sizes[1:], strict=True))

    def _views(self, flat: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        weights, biases, start = [], [], 0
        for fan_in, fan_out in self._shapes():
            middle, end = start + fan_in * fan_out, start + (fan_in + 1) * fan_out
            weights.append(flat[start:middle].reshape(fan_in, fan_out))
            biases.append(flat[middle:end])
            start = end
        return weights, biases

    def activations(self, X: np.ndarray) -> list[np.ndarray]:
        """All that flows forward: the input, each hidden layer's output, then the logits."""
        A = [X]
        for W, b in zip(self.W[:-1], self.b[:-1], strict=True):
            A.append(relu_forward(dense_forward(A[-1], W, b)))
        A.append(dense_forward(A[-1], self.W[-1], self.b[-1]))
        return A

    def forward(self, X: np.ndarray) -> np.ndarray:
        """The logits `Z (N, classes)` for inputs `X (N, D)`."""
        return self.activations(X)[-1]

    def loss_and_grad(self, X: np.ndarray, y: np.ndarray) -> float:
        """The cross-entropy of a batch; its gradient is left in `grad` (backpropagation)."""
        *A, Z = self.activations(X)
        loss, dZ = softmax_cross_entropy(Z, y)
        for layer in reversed(range(len(self.W))):
            dA, _, _ = dense_backward(
                dZ,
                A[layer],
                self.W[layer],
                dW=self.dW[layer],
                db=self.db[layer],
                input_gradient=layer > 0,
            )
            if dA is not None:
                dZ = relu_backward(dA, A[layer])
        return loss

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """The probability of each class, `(N, classes)`."""
        return softmax(self.forward(X))

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The most probable class of each example, `(N,)`."""
        return self.forward(X).argmax(axis=1)

    def __repr__(self) -> str:
        layers = "-".join(str(size) for size in self.sizes)
        return f"MLP {layers}, {self.theta.size:,} parameters"

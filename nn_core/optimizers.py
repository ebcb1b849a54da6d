"""Optimizers: how the parameters move once the gradient is known."""

import math

import numpy as np


class Adam:
    """Adaptive moment estimation: a step scaled, per parameter, by its recent gradients.

    With `g` the gradient and `t = 1, 2, ...` the number of the step::

        m = beta1 m + (1 - beta1) g           mean of recent gradients
        v = beta2 v + (1 - beta2) g^2         mean of their squares
        m_hat = m / (1 - beta1^t)             both start at zero: undo that bias
        v_hat = v / (1 - beta2^t)
        theta = theta - lr m_hat / (sqrt(v_hat) + epsilon)

    Parameters
    ----------
    lr
        Learning rate: about the size of one step, in units of theta.
    beta1, beta2
        How much of each mean is kept from one step to the next.
    epsilon
        Keeps the division away from zero.

    References
    ----------
    Kingma and Ba (2015), "Adam: a method for stochastic optimization".
    """

    def __init__(
        self,
        lr: float = 1e-3,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        self.lr, self.beta1, self.beta2, self.epsilon = lr, beta1, beta2, epsilon
        self.t = 0
        self.m: np.ndarray | None = None
        self.v: np.ndarray | None = None

    def step(self, theta: np.ndarray, grad: np.ndarray) -> None:
        """Move `theta` in place, one step against `grad`."""
        if self.m is None or self.v is None:
            self.m, self.v = np.zeros_like(theta), np.zeros_like(theta)
            self._work = np.empty_like(theta)
        m, v, work = self.m, self.v, self._work
        self.t += 1
        # Every line below passes once over theta in place: on a vector of this size
        # memory, not arithmetic, takes the time.
        m *= self.beta1
        np.multiply(grad, 1 - self.beta1, out=work)
        m += work
        v *= self.beta2
        np.multiply(grad, grad, out=work)
        work *= 1 - self.beta2
        v += work
        # The two bias corrections are plain numbers, so they are folded into the step
        # and into epsilon instead of being applied to the vectors.
        root = math.sqrt(1 - self.beta2**self.t)
        np.sqrt(v, out=work)
        work += self.epsilon * root
        np.divide(m, work, out=work)
        work *= self.lr * root / (1 - self.beta1**self.t)
        theta -= work

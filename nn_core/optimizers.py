"""Optimizers: classes that change the parameters by means of the gradient `g`.

`step(theta, grad)` takes the flat vectors of a network and changes `theta` in place. Before each
step, the learning rate `lr` may be changed (see `schedules`). An optimizer remembers `t`, the
number of steps taken, and `state`, a dictionary with one vector for each moment. The key is the
letter of the moment in the formula. Adam alone stores multiples of its moments.

Rates, decay and epsilon are finite and not negative, and each beta is from 0 to below 1. Another
number raises a ValueError that names the argument, and another type a TypeError.
"""

import math
from collections.abc import Iterable

import numpy as np

from nn_core.checks.settings import check_number
from nn_core.checks.training import check_step

# An update passes over the vectors several times. A block of this many entries stays in the cache
# of the processor from one pass to the next. Shorter blocks need more calls of NumPy.
BLOCK = 65_536

# Between two calls of `flush_denormals`, a beta of 0.9 makes a moment at most 1e5 times smaller.
FLUSH_EVERY, ROOM = 100, 1e5

Array = np.ndarray


class SGD:
    """Gradient descent: `theta = theta - lr g`. With minibatches it is stochastic (SGD).

    Parameters
    ----------
    lr
        The learning rate. The length of a step is `lr |g|`.

    References
    ----------
    Robbins and Monro (1951), "A stochastic approximation method".
    """

    moments: tuple[str, ...] = ()  # the names of the vectors in `state`

    def __init__(self, lr: float) -> None:
        check_number("lr", lr, at_least=0)
        self.lr = lr
        self.t = 0
        self.size: int | None = None  # the length of theta, known after the first step
        self.state: dict[str, Array] = {}
        self._work = np.zeros(BLOCK, np.float32)

    def step(self, theta: np.ndarray, grad: np.ndarray) -> None:
        """Move `theta` in place, one step against `grad`.

        Raises
        ------
        ValueError
            `lr` is negative or not finite, `theta` and `grad` differ in shape, or earlier steps
            had another number of parameters.
        """
        check_step(self, theta, grad)
        self.size = theta.size
        self.t += 1
        if not self.state:
            self.state = {name: np.zeros_like(theta) for name in self.moments}
        self._work = self._work.astype(theta.dtype, copy=False)
        length = len(self._work)
        for start in range(0, theta.size, length):
            block = slice(start, start + length)
            part, g = theta[block], grad[block]
            work = self._work[: len(part)]
            moments = [self.state[name][block] for name in self.moments]
            direction, rate = self._direction(g, work, *moments)
            np.multiply(direction, rate, out=work)
            part -= work
        if self.t % FLUSH_EVERY == 0:
            flush_denormals([theta, *self.state.values()])

    # Scalars should be Python floats. With a NumPy scalar, NumPy computes in float64 and rounds to
    # float32, which takes several times as long.
    def _direction(self, g: Array, work: Array, *moments: Array) -> tuple[Array, float]:
        """Give the direction and the rate of a step; change `moments` and `work` in place."""
        return g, self.lr


def flush_denormals(vectors: Iterable[Array]) -> None:
    """Replace the numbers that are nearly denormal by zero, in place: those below `1e5 tiny`.

    `tiny` is the smallest normal number, 1e-38 in float32. A moment whose gradient stays 0, at a
    pixel without ink say, decays below it, and there most processors are many times slower. With an
    L2 penalty, so do the weights of such a pixel.
    """
    for v in vectors:
        v[np.abs(v) < ROOM * np.finfo(v.dtype).tiny] = 0


class Momentum(SGD):
    """Gradient descent with a velocity: `v = beta v + g`, `theta = theta - lr v`.

    Parameters
    ----------
    lr
        The learning rate. If the gradient is constant, the step grows to `lr / (1 - beta)` times
        `g`.
    beta
        The factor by which each step multiplies the old velocity.

    References
    ----------
    Polyak (1964), "Some methods of speeding up the convergence of iteration methods".
    """

    moments = ("v",)

    def __init__(self, lr: float, beta: float = 0.9) -> None:
        super().__init__(lr)
        check_number("beta", beta, at_least=0, below=1)
        self.beta = beta

    def _direction(self, g: Array, work: Array, *moments: Array) -> tuple[Array, float]:
        (v,) = moments
        v *= self.beta
        v += g
        return v, self.lr


class Nesterov(Momentum):
    """Momentum with a look ahead: `v = beta v + g`, `theta = theta - lr (g + beta v)`.

    Here `theta` is the point at which the gradient is computed. Frameworks use this form of
    Nesterov's method, too.

    Parameters
    ----------
    lr, beta
        As for `Momentum`.

    References
    ----------
    Nesterov (1983), "A method of solving a convex programming problem with convergence rate
    O(1/k^2)". This form: Bengio, Boulanger-Lewandowski and Pascanu (2013), "Advances in
    optimizing recurrent networks".
    """

    def _direction(self, g: Array, work: Array, *moments: Array) -> tuple[Array, float]:
        v, rate = super()._direction(g, work, *moments)
        np.multiply(v, self.beta, out=work)
        work += g
        return work, rate


class AdaGrad(SGD):
    """One rate per parameter: `s = s + g^2`, `theta = theta - lr g / (sqrt(s) + epsilon)`.

    Parameters
    ----------
    lr
        The learning rate. The sum `s` only grows, so the rate of a parameter, `lr / sqrt(s)`,
        only falls.
    epsilon
        A small number that prevents a division by zero.

    References
    ----------
    Duchi, Hazan and Singer (2011), "Adaptive subgradient methods for online learning and
    stochastic optimization".
    """

    moments = ("s",)

    def __init__(self, lr: float, epsilon: float = 1e-10) -> None:
        super().__init__(lr)
        check_number("epsilon", epsilon, at_least=0)
        self.epsilon = epsilon

    def _direction(self, g: Array, work: Array, *moments: Array) -> tuple[Array, float]:
        (s,) = moments
        np.multiply(g, g, out=work)
        s += work
        return divide_by_root(g, s, self.epsilon, work), self.lr


def divide_by_root(a: Array, s: Array, epsilon: float, work: Array) -> Array:
    """Compute `a / (sqrt(s) + epsilon)` in `work`, and return `work`."""
    np.sqrt(s, out=work)
    work += epsilon
    return np.divide(a, work, out=work)


class RMSProp(SGD):
    """AdaGrad with a running mean instead of the sum: `s = beta s + (1 - beta) g^2`.

    The update is that of `AdaGrad`, `theta = theta - lr g / (sqrt(s) + epsilon)`.

    Parameters
    ----------
    lr
        The learning rate: about the size of one step, in units of theta. At first `s` is too small,
        so the first step is `1 / sqrt(1 - beta)` times as long.
    beta
        The factor by which each step multiplies the old mean of squares.
    epsilon
        A small number that prevents a division by zero.

    References
    ----------
    Tieleman and Hinton (2012), lecture 6.5 of "Neural networks for machine learning".
    """

    moments = ("s",)

    def __init__(self, lr: float, beta: float = 0.99, epsilon: float = 1e-8) -> None:
        super().__init__(lr)
        check_number("beta", beta, at_least=0, below=1)
        check_number("epsilon", epsilon, at_least=0)
        self.beta, self.epsilon = beta, epsilon

    def _direction(self, g: Array, work: Array, *moments: Array) -> tuple[Array, float]:
        (s,) = moments
        s *= self.beta
        np.multiply(g, g, out=work)
        work *= 1 - self.beta
        s += work
        return divide_by_root(g, s, self.epsilon, work), self.lr


class Adam(SGD):
    """Adaptive moment estimation: momentum and RMSProp together, with a correction of their bias.

    The number of the step is `t = 1, 2, ...`::

        m = beta1 m + (1 - beta1) g           mean of recent gradients
        s = beta2 s + (1 - beta2) g^2         mean of their squares; v in the paper
        m_hat = m / (1 - beta1^t)             m and s start at zero: correct this bias
        s_hat = s / (1 - beta2^t)
        theta = theta - lr m_hat / (sqrt(s_hat) + epsilon)

    `state["m"]` holds `m / (1 - beta1)`, and `state["s"]` holds `s / (1 - beta2)`. This saves two
    passes over the vectors. After one step with `g = 1` both are 1.

    Parameters
    ----------
    lr
        The learning rate: about the size of one step, in units of theta.
    beta1, beta2
        The factors by which each step multiplies the old means.
    epsilon
        A small number that prevents a division by zero.

    References
    ----------
    Kingma and Ba (2015), "Adam: a method for stochastic optimization".
    """

    moments = ("m", "s")

    def __init__(
        self,
        lr: float = 1e-3,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(lr)
        check_number("beta1", beta1, at_least=0, below=1)
        check_number("beta2", beta2, at_least=0, below=1)
        check_number("epsilon", epsilon, at_least=0)
        self.beta1, self.beta2 = beta1, beta2
        self.epsilon = epsilon

    def _direction(self, g: Array, work: Array, *moments: Array) -> tuple[Array, float]:
        m, s = moments
        m *= self.beta1
        m += g
        np.multiply(g, g, out=work)
        s *= self.beta2
        s += work
        # The bias corrections are scalars. The rate and epsilon contain them, so no further pass
        # over the vectors is needed.
        b1, b2, t = self.beta1, self.beta2, self.t
        root = math.sqrt((1 - b2) / (1 - b2**t))
        rate = self.lr * (1 - b1) / (1 - b1**t) / root
        epsilon = self.epsilon / root
        return divide_by_root(m, s, epsilon, work), rate


class AdamW(Adam):
    """Adam with decoupled weight decay: first `theta = theta - lr decay theta`, then Adam.

    Adam divides the gradient of an L2 penalty by `sqrt(s_hat)`, but not this decay. So every
    weight shrinks at the same rate.

    Parameters
    ----------
    lr, beta1, beta2, epsilon
        As for `Adam`.
    decay
        Each step takes the share `lr decay` from each weight.
    weights
        Which parameters decay, boolean `(parameters,)`: usually `network.is_weight`, since
        biases need no decay. By default all parameters decay.

    References
    ----------
    Loshchilov and Hutter (2019), "Decoupled weight decay regularization".
    """

    def __init__(
        self,
        lr: float = 1e-3,
        *,
        decay: float = 0.01,
        weights: np.ndarray | None = None,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(lr, beta1=beta1, beta2=beta2, epsilon=epsilon)
        check_number("decay", decay, at_least=0)
        self.decay, self.weights = decay, weights

    def step(self, theta: np.ndarray, grad: np.ndarray) -> None:
        """Move `theta` in place, one step against `grad`, and shrink the weights."""
        check_step(self, theta, grad)
        theta -= self.lr * self.decay * (theta if self.weights is None else theta * self.weights)
        super().step(theta, grad)

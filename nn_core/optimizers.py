"""Optimizers: how the parameters move once the gradient `g` is known.

All work on the flat vectors of a network, `step(theta, grad)`, and change `theta` in place.
`lr`, the learning rate, may be set anew before each step (see `schedules`). What an optimizer
remembers is in `t`, the number of steps taken, and in `state`, one vector for each moment, under
the letter that the moment has in the formula. Adam alone keeps multiples of its moments.

Rates, decay and epsilon are finite and not negative, each beta is from 0 to below 1: anything else
is a ValueError, or a TypeError where it is no number, that names the argument.
"""

import math

import numpy as np

from nn_core.checks.settings import check_number
from nn_core.checks.training import check_step

# An update passes over the vectors several times. In blocks of this many entries, what a pass has
# brought from memory is still in the cache when the next pass needs it. Shorter blocks add calls.
BLOCK = 65_536

Array = np.ndarray


class SGD:
    """Gradient descent: `theta = theta - lr g`. Stochastic when `g` comes from a minibatch.

    Parameters
    ----------
    lr
        Learning rate: the length of a step is `lr |g|`.

    References
    ----------
    Robbins and Monro (1951), "A stochastic approximation method".
    """

    moments: tuple[str, ...] = ()  # the names of the vectors that a method remembers

    def __init__(self, lr: float) -> None:
        check_number("lr", lr, at_least=0)
        self.lr = lr
        self.t = 0
        self.size: int | None = None  # of the vector it moves, known from the first step on
        self.state: dict[str, Array] = {}
        self._work = np.zeros(BLOCK, np.float32)

    def step(self, theta: np.ndarray, grad: np.ndarray) -> None:
        """Move `theta` in place, one step against `grad`.

        Raises
        ------
        ValueError
            `lr` is negative or not finite, the two vectors differ in shape, or the optimizer has
            moved another number of parameters before.
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

    # Scalars should be Python floats. With a scalar of NumPy's, a line is computed in float64 and
    # then rounded to float32, which takes several times as long.
    def _direction(self, g: Array, work: Array, *moments: Array) -> tuple[Array, float]:
        """The direction of a step and its rate; `moments` change in place, `work` is free."""
        return g, self.lr


class Momentum(SGD):
    """Keep rolling: `v = beta v + g`, `theta = theta - lr v`.

    Parameters
    ----------
    lr
        Learning rate. On a steady slope the step grows to `lr / (1 - beta)` times `g`.
    beta
        How much of the velocity is kept from one step to the next.

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
    """Momentum that looks ahead: `v = beta v + g`, `theta = theta - lr (g + beta v)`.

    This is Nesterov's method written for the point from which the gradient is taken, the
    form that frameworks use.

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
    """A rate for each parameter: `s = s + g^2`, `theta = theta - lr g / (sqrt(s) + epsilon)`.

    Parameters
    ----------
    lr
        Learning rate. The sum `s` only grows, so the rate of a parameter, `lr / sqrt(s)`, only
        falls.
    epsilon
        Keeps the division away from zero.

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
    """`a / (sqrt(s) + epsilon)`, computed in `work`."""
    np.sqrt(s, out=work)
    work += epsilon
    return np.divide(a, work, out=work)


class RMSProp(SGD):
    """AdaGrad that forgets: `s = beta s + (1 - beta) g^2`, the update as there.

    `theta = theta - lr g / (sqrt(s) + epsilon)`.

    Parameters
    ----------
    lr
        Learning rate: about the size of one step, in units of theta. At first `s` is too small, so
        the first step is `1 / sqrt(1 - beta)` times as long.
    beta
        How much of the mean of squares is kept from one step to the next.
    epsilon
        Keeps the division away from zero.

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
    """Adaptive moment estimation: momentum and RMSProp together, their bias undone.

    With `t = 1, 2, ...` the number of the step::

        m = beta1 m + (1 - beta1) g           mean of recent gradients
        s = beta2 s + (1 - beta2) g^2         mean of their squares; v in the paper
        m_hat = m / (1 - beta1^t)             both start at zero: undo that bias
        s_hat = s / (1 - beta2^t)
        theta = theta - lr m_hat / (sqrt(s_hat) + epsilon)

    `state` holds `m / (1 - beta1)` and `s / (1 - beta2)`, under the names "m" and "s": two passes
    over the vectors less. After one step with `g = 1` both are 1.

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
        # The bias corrections are plain numbers: they go into the rate and into epsilon.
        b1, b2, t = self.beta1, self.beta2, self.t
        root = math.sqrt((1 - b2) / (1 - b2**t))
        rate = self.lr * (1 - b1) / (1 - b1**t) / root
        epsilon = self.epsilon / root
        return divide_by_root(m, s, epsilon, work), rate


class AdamW(Adam):
    """Adam with decoupled weight decay: first `theta = theta - lr decay theta`, then Adam.

    Unlike an L2 penalty, the decay does not pass through Adam's division, so that every
    weight shrinks at the same rate.

    Parameters
    ----------
    lr, beta1, beta2, epsilon
        As for `Adam`.
    decay
        The share of a weight that is lost in each step is `lr decay`.
    weights
        Which parameters decay, boolean `(parameters,)`: usually `network.is_weight`, since
        biases need no decay. By default all do.

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

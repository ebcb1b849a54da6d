"""Keeping a network from learning by heart, and its steps from getting out of hand.

A setting out of its bounds is a ValueError, and one that is no number a TypeError, that name it.
"""

from collections.abc import Sequence

import numpy as np

from nn_core.checks import check_number


def l2_penalty(
    weights: Sequence[np.ndarray], gradients: Sequence[np.ndarray], strength: float
) -> float:
    """Charge for large weights: `strength/2 sum over all weights of W^2`.

    Its gradient, `strength W`, is added to `gradients` in place. Biases are left out: they do
    not make a function steeper.

    Parameters
    ----------
    weights, gradients
        `network.W` and `network.dW`.
    strength
        Twice what a unit of squared weight costs, in nats; often called lambda.

    Returns
    -------
    float
        The penalty, to be added to the loss.

    References
    ----------
    Krogh and Hertz (1991), "A simple weight decay can improve generalization".
    """
    check_number("strength", strength, at_least=0)
    penalty = 0.0
    for W, dW in zip(weights, gradients, strict=True):
        penalty += strength / 2 * float(np.vdot(W, W))
        dW += strength * W
    return penalty


def clip_norm(grad: np.ndarray, largest: float) -> float:
    """Shorten the gradient, in place, to the length `largest` if it is longer.

    `grad = grad largest / |grad|` where `|grad| > largest`.

    Returns
    -------
    float
        Its Euclidean length before that.

    References
    ----------
    Pascanu, Mikolov and Bengio (2013), "On the difficulty of training recurrent neural
    networks".
    """
    check_number("largest", largest, above=0)
    norm = float(np.linalg.norm(grad))
    if norm > largest:
        grad *= largest / norm
    return norm


class ExponentialMovingAverage:
    """A smoothed copy of the parameters: `average = decay average + (1 - decay) theta`.

    Parameters
    ----------
    theta
        Where the average starts.
    decay
        From 0, no memory, to below 1. It looks back over about `1 / (1 - decay)` updates.

    References
    ----------
    Polyak and Juditsky (1992), "Acceleration of stochastic approximation by averaging".
    """

    def __init__(self, theta: np.ndarray, decay: float) -> None:
        check_number("decay", decay, at_least=0, below=1)
        self.decay = decay
        self.average = theta.copy()

    def update(self, theta: np.ndarray) -> None:
        """Take the parameters of one more step into the average."""
        self.average *= self.decay
        self.average += (1 - self.decay) * theta


class EarlyStopping:
    """Remember the best parameters so far, and tell when they have long not been beaten.

    Parameters
    ----------
    patience
        How many measurements in a row may fail to beat the best, at least 1.

    References
    ----------
    Prechelt (1998), "Early stopping - but when?".
    """

    def __init__(self, patience: int) -> None:
        check_number("patience", patience, at_least=1, whole=True)
        self.patience = patience
        self.best = -np.inf
        self.waited = 0
        self.theta: np.ndarray | None = None

    def update(self, score: float, theta: np.ndarray) -> bool:
        """Note a score, higher is better; give True when it is time to stop."""
        if score > self.best:
            self.best, self.waited, self.theta = score, 0, theta.copy()
        else:
            self.waited += 1
        return self.done

    @property
    def done(self) -> bool:
        """Whether the best has not been beaten for too long."""
        return self.waited >= self.patience

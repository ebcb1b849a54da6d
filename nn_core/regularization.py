"""Keeping a network from learning by heart, and its steps from getting out of hand.

The classes are callbacks: hand them to `fit` in a list. A setting out of its bounds is a
ValueError, and a setting that is no number a TypeError, that name it.
"""

from collections.abc import Callable, Sequence

import numpy as np

from nn_core.checks.settings import check_function, check_number
from nn_core.checks.training import check_cross_entropy, check_dev
from nn_core.training import Callback, TrainingState


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


class L2Penalty(Callback):
    """Add `l2_penalty` to the loss of each batch, and its gradient to the network's.

    Parameters
    ----------
    strength
        As for `l2_penalty`.
    """

    def __init__(self, strength: float) -> None:
        check_number("strength", strength, at_least=0)
        self.strength = strength

    def after_gradient(self, run: TrainingState) -> None:
        """Charge for the weights as they are."""
        run.loss += l2_penalty(run.model.W, run.model.dW, self.strength)


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


class GradientClipping(Callback):
    """Shorten each gradient that is longer than `largest` (see `clip_norm`).

    List it behind what changes the gradient, such as `L2Penalty`.

    Parameters
    ----------
    largest
        The largest length.
    """

    def __init__(self, largest: float) -> None:
        check_number("largest", largest, above=0)
        self.largest = largest

    def after_gradient(self, run: TrainingState) -> None:
        """Clip the gradient before the step."""
        clip_norm(run.model.grad, self.largest)


class EarlyStopping(Callback):
    """End the training when the best dev accuracy has long not been beaten, and go back to it.

    `state` holds the `best` accuracy, the `theta` that reached it, and how many epochs have
    `waited` since.

    Parameters
    ----------
    patience
        How many epochs in a row may fail to beat the best, at least 1.

    References
    ----------
    Prechelt (1998), "Early stopping - but when?".
    """

    def __init__(self, patience: int) -> None:
        check_number("patience", patience, at_least=1, whole=True)
        self.patience = patience
        self.state = {}

    def before_training(self, run: TrainingState) -> None:
        """Make sure that there is something to measure on."""
        check_dev(run)

    def after_epoch(self, run: TrainingState) -> None:
        """Look at the dev accuracy of the epoch."""
        self.update(run.rows[-1]["dev_accuracy"], run.model.theta)

    def update(self, score: float, theta: np.ndarray) -> None:
        """Note a score, higher is better, and the parameters that reached it."""
        if score > self.state.get("best", -np.inf):
            self.state |= {"best": score, "waited": 0, "theta": theta.copy()}
        else:
            self.state["waited"] += 1

    @property
    def done(self) -> bool:
        """Whether the best has not been beaten for too long."""
        return self.state.get("waited", 0) >= self.patience

    def after_training(self, run: TrainingState) -> None:
        """Go back to the best parameters."""
        if "theta" in self.state:
            run.model.theta = self.state["theta"]


class Dropout(Callback):
    """Leave out hidden units, drawn anew for each batch (see `dropout_mask`).

    Parameters
    ----------
    rate
        The share of hidden units left out, from 0 to below 1.
    """

    def __init__(self, rate: float) -> None:
        check_number("rate", rate, at_least=0, below=1)
        self.rate = rate

    def before_gradient(self, run: TrainingState) -> None:
        """Draw the masks."""
        N = len(run.X_batch)
        run.options["masks"] = run.model.dropout_masks(N, self.rate, run.rng)


class LabelSmoothing(Callback):
    """Ask for a little less than certainty (see `smoothed_cross_entropy`).

    Parameters
    ----------
    smoothing
        Probability that is spread evenly over all classes, from 0 to 1.
    """

    def __init__(self, smoothing: float) -> None:
        check_number("smoothing", smoothing, at_least=0, at_most=1)
        self.smoothing = smoothing

    def before_training(self, run: TrainingState) -> None:
        """Make sure that there are labels to smooth."""
        check_cross_entropy(run)

    def before_gradient(self, run: TrainingState) -> None:
        """Hand the smoothing to the loss."""
        run.options["smoothing"] = self.smoothing


class Augmentation(Callback):
    """Make new examples out of those of each batch.

    Parameters
    ----------
    change
        A function of a batch of inputs and a random generator that gives changed inputs, such
        as `distort`. It takes all its chance from the generator.
    strength
        Gives the strength of the change for each step, counted from 0, which `change` then takes
        as the argument `strength`, as `distort` does.
    """

    def __init__(
        self,
        change: Callable[..., np.ndarray],
        strength: Callable[[int], float] | None = None,
    ) -> None:
        check_function("change", change)
        if strength is not None:
            check_function("strength", strength)
        self.change, self.strength = change, strength

    def before_gradient(self, run: TrainingState) -> None:
        """Change the batch."""
        options = {} if self.strength is None else {"strength": self.strength(run.step)}
        # A full batch is the examples themselves, and `change` may work in place.
        X = run.X_batch.copy() if run.batch_size is None else run.X_batch
        run.X_batch = self.change(X, run.rng, **options)


class ExponentialMovingAverage(Callback):
    """Average the parameters over the steps: `average = decay average + (1 - decay) theta`.

    The average is what is measured, and what the network holds in the end. `state` holds the
    `average`, and between two epochs `theta`, from which the next step goes on.

    Parameters
    ----------
    decay
        From 0, no memory, to below 1. It looks back over about `1 / (1 - decay)` steps.

    References
    ----------
    Polyak and Juditsky (1992), "Acceleration of stochastic approximation by averaging".
    """

    def __init__(self, decay: float) -> None:
        check_number("decay", decay, at_least=0, below=1)
        self.decay = decay

    def before_training(self, run: TrainingState) -> None:
        """Let the average start where the parameters start."""
        self.state["average"] = run.model.theta.copy()

    def before_epoch(self, run: TrainingState) -> None:
        """Go on from the parameters of the last step."""
        if "theta" in self.state:
            run.model.theta = self.state.pop("theta")

    def after_step(self, run: TrainingState) -> None:
        """Take the parameters of one more step into the average."""
        average = self.state["average"]
        average *= self.decay
        average += (1 - self.decay) * run.model.theta

    def before_measure(self, run: TrainingState) -> None:
        """Let the network hold the average."""
        self.state["theta"] = run.model.theta.copy()
        run.model.theta = self.state["average"]

    def after_training(self, run: TrainingState) -> None:
        """Leave the average in the network."""
        run.model.theta = self.state["average"]

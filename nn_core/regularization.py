"""Regularization: remedies against overfitting, and against steps that are too large.

The classes are callbacks: pass a list of them to `fit`. A setting outside its bounds raises a
ValueError that names the setting, and a setting of another type a TypeError.
"""

from collections.abc import Callable, Sequence

import numpy as np

from nn_core.checks.settings import check_function, check_number
from nn_core.checks.training import check_cross_entropy, check_dev
from nn_core.training import Callback, TrainingState


def l2_penalty(
    weights: Sequence[np.ndarray], gradients: Sequence[np.ndarray], strength: float
) -> float:
    """Compute a penalty for large weights: `strength/2 sum over all weights of W^2`.

    The function adds the gradient of the penalty, `strength W`, to `gradients` in place. Biases
    have no penalty, since they do not make a function steeper.

    Parameters
    ----------
    weights, gradients
        `network.W` and `network.dW`.
    strength
        The factor of the penalty, often called lambda.

    Returns
    -------
    float
        The penalty, in nats. Add it to the loss.

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
    """Add `l2_penalty` to the loss of each batch, and its gradient to the gradient of the network.

    Parameters
    ----------
    strength
        As for `l2_penalty`.
    """

    def __init__(self, strength: float) -> None:
        check_number("strength", strength, at_least=0)
        self.strength = strength

    def after_gradient(self, run: TrainingState) -> None:
        """Add the penalty and its gradient."""
        run.loss += l2_penalty(run.model.W, run.model.dW, self.strength)


def clip_norm(grad: np.ndarray, largest: float) -> float:
    """Shorten a gradient that is longer than `largest` to this length, in place.

    `grad = grad largest / |grad|` if `|grad| > largest`.

    Returns
    -------
    float
        The Euclidean length of the gradient before the change.

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

    In the list of callbacks, it must follow those that change the gradient, such as `L2Penalty`.

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
    """End the training when the dev accuracy stops rising, and restore the best parameters.

    `state` holds the `best` accuracy, the `theta` that reached it, and `waited`, the number of
    epochs since then.

    Parameters
    ----------
    patience
        Training ends after this many epochs without a new best accuracy. At least 1.

    References
    ----------
    Prechelt (1998), "Early stopping - but when?".
    """

    def __init__(self, patience: int) -> None:
        check_number("patience", patience, at_least=1, whole=True)
        self.patience = patience
        self.state = {}

    def before_training(self, run: TrainingState) -> None:
        """Check that there is a dev set."""
        check_dev(run)

    def after_epoch(self, run: TrainingState) -> None:
        """Compare the dev accuracy of the epoch with the best accuracy."""
        self.update(run.rows[-1]["dev_accuracy"], run.model.theta)

    def update(self, score: float, theta: np.ndarray) -> None:
        """Take a score, where higher is better, and the parameters that reached this score."""
        if score > self.state.get("best", -np.inf):
            self.state |= {"best": score, "waited": 0, "theta": theta.copy()}
        else:
            self.state["waited"] += 1

    @property
    def done(self) -> bool:
        """Whether the number of epochs without a new best accuracy has reached `patience`."""
        return self.state.get("waited", 0) >= self.patience

    def after_training(self, run: TrainingState) -> None:
        """Restore the best parameters."""
        if "theta" in self.state:
            run.model.theta = self.state["theta"]


class Dropout(Callback):
    """Leave out hidden units at random, other units in each batch (see `dropout_mask`).

    Parameters
    ----------
    rate
        The share of hidden units to leave out, from 0 to below 1.
    """

    def __init__(self, rate: float) -> None:
        check_number("rate", rate, at_least=0, below=1)
        self.rate = rate

    def before_gradient(self, run: TrainingState) -> None:
        """Draw the masks."""
        N = len(run.X_batch)
        run.options["masks"] = run.model.dropout_masks(N, self.rate, run.rng)


class LabelSmoothing(Callback):
    """Train with targets that give each class some probability (see `smoothed_cross_entropy`).

    Parameters
    ----------
    smoothing
        The probability that all classes share equally, from 0 to 1.
    """

    def __init__(self, smoothing: float) -> None:
        check_number("smoothing", smoothing, at_least=0, at_most=1)
        self.smoothing = smoothing

    def before_training(self, run: TrainingState) -> None:
        """Check that the loss is cross-entropy."""
        check_cross_entropy(run)

    def before_gradient(self, run: TrainingState) -> None:
        """Pass the smoothing to the loss."""
        run.options["smoothing"] = self.smoothing


class Augmentation(Callback):
    """Replace the examples of each batch by changed copies.

    Parameters
    ----------
    change
        A function such as `distort`. It takes a batch of inputs and a random generator, and
        returns the changed inputs. All its random numbers must come from this generator.
    strength
        A function that takes the number of the step, counted from 0, and returns the strength of
        the change. `change` must then have an argument `strength`, as `distort` has.
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
        # `X_batch` of a full batch is `X` itself, and `change` may write into its argument.
        X = run.X_batch.copy() if run.batch_size is None else run.X_batch
        run.X_batch = self.change(X, run.rng, **options)


class ExponentialMovingAverage(Callback):
    """Average the parameters over the steps: `average = decay average + (1 - decay) theta`.

    After each epoch the network is measured with the average, and after training it holds the
    average. `state` holds the `average`, and between two epochs also the `theta` of the last step.

    Parameters
    ----------
    decay
        From 0 (no average) to below 1. The average covers about the last `1 / (1 - decay)` steps.

    References
    ----------
    Polyak and Juditsky (1992), "Acceleration of stochastic approximation by averaging".
    """

    def __init__(self, decay: float) -> None:
        check_number("decay", decay, at_least=0, below=1)
        self.decay = decay

    def before_training(self, run: TrainingState) -> None:
        """Start the average with the first parameters."""
        self.state["average"] = run.model.theta.copy()

    def before_epoch(self, run: TrainingState) -> None:
        """Restore the parameters of the last step."""
        if "theta" in self.state:
            run.model.theta = self.state.pop("theta")

    def after_step(self, run: TrainingState) -> None:
        """Add the parameters of this step to the average."""
        average = self.state["average"]
        average *= self.decay
        average += (1 - self.decay) * run.model.theta

    def before_measure(self, run: TrainingState) -> None:
        """Keep the parameters of the last step, and put the average into the network."""
        self.state["theta"] = run.model.theta.copy()
        run.model.theta = self.state["average"]

    def after_training(self, run: TrainingState) -> None:
        """Put the average into the network."""
        run.model.theta = self.state["average"]

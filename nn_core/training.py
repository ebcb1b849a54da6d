"""The training loop, its state, and the callbacks that extend it."""

import math
import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np

from nn_core.checks.training import (
    Dev,
    check_epoch,
    check_loss,
    check_training,
    training_examples,
)
from nn_core.data import minibatches
from nn_core.metrics import accuracy
from nn_core.network import MLP
from nn_core.optimizers import SGD

if TYPE_CHECKING:
    import pandas as pd

# The activations and gradients of a full batch of 50,000 examples may fill hundreds of megabytes. A
# piece of this many examples needs little memory, and is faster on processors with a small cache.
PIECE = 2_500


class Callback:
    """An extension of training: `fit` calls these methods at certain moments.

    Write a class that inherits from this class, and define the methods that it needs. Each method
    takes the `TrainingState` and may change it. The attributes from `__init__` must not change. All
    that changes must be in `state`, a dictionary of arrays and numbers, which is empty when
    training begins. A checkpoint saves `state`, and a run that diverges restores it.
    """

    state: dict[str, Any]

    @property
    def done(self) -> bool:
        """Whether training should end before the next epoch."""
        return False

    def before_training(self, run: "TrainingState") -> None:
        """Prepare `state`."""

    def before_epoch(self, run: "TrainingState") -> None:
        """Act before the first batch of an epoch."""

    def before_gradient(self, run: "TrainingState") -> None:
        """Change `run.X_batch`, or `run.options`, the further arguments of `loss_and_grad`."""

    def after_gradient(self, run: "TrainingState") -> None:
        """Change `run.loss` and `run.model.grad`."""

    def after_step(self, run: "TrainingState") -> None:
        """Read the new parameters in `run.model`."""

    def before_measure(self, run: "TrainingState") -> None:
        """Act after the last step of an epoch, before the network is measured."""

    def after_epoch(self, run: "TrainingState") -> None:
        """Read the row of the epoch, `run.rows[-1]`."""

    def after_training(self, run: "TrainingState") -> None:
        """Put the final parameters into `run.model`."""


class TrainingState:
    """The arguments of a training run, and everything that changes during the run.

    Attributes
    ----------
    model, optimizer, X, y, epochs, batch_size, rng, dev, callbacks
        The arguments of `fit`.
    step
        The number of steps taken.
    rows
        The rows of the history, one for each finished epoch.
    X_batch, y_batch
        The batch of this step: a copy. The full batch is not a copy: it is `X` and `y` themselves.
    options
        Further arguments of `loss_and_grad` in this step: `masks`, `smoothing`.
    loss, last_loss
        The loss of the batch in this step, and in the step before.
    """

    def __init__(
        self,
        model: MLP,
        optimizer: SGD,
        X: np.ndarray,
        y: np.ndarray,
        epochs: int,
        batch_size: int | None,
        rng: np.random.Generator,
        dev: Dev,
        callbacks: Sequence[Callback],
    ) -> None:
        self.model, self.optimizer = model, optimizer
        self.X, self.y, self.dev = X, y, dev
        self.epochs, self.rng = epochs, rng
        self.batch_size = batch_size
        self.callbacks = callbacks
        self.owners: list[Any] = [optimizer, *callbacks]  # the objects with a `state`
        self.step = 0
        self.rows: list[dict[str, float]] = []
        self.loss = self.last_loss = np.nan

    def tell(self, moment: str) -> None:
        """Call the method `moment` of each callback, in the order of the list."""
        for callback in self.callbacks:
            getattr(callback, moment)(self)

    @property
    def done(self) -> bool:
        """Whether all epochs are done, or a callback ends the training."""
        asked = any(callback.done for callback in self.callbacks)
        return asked or len(self.rows) >= self.epochs

    def train_step(self, X: np.ndarray, y: np.ndarray) -> None:
        """Compute the gradient of a batch, and take a step."""
        self.X_batch, self.y_batch = X, y
        self.options: dict[str, Any] = {}
        self.last_loss = self.loss
        self.tell("before_gradient")
        self.loss = loss_and_grad(self.model, self.X_batch, self.y_batch, **self.options)
        self.tell("after_gradient")
        check_loss(self)
        self.optimizer.step(self.model.theta, self.model.grad)
        self.step += 1
        self.tell("after_step")

    def train_epoch(self, bar: Any) -> dict[str, float]:
        """Train on all examples once, and give the row of the history for this epoch."""
        self.keep()
        self.tell("before_epoch")
        total = 0.0
        for X, y in minibatches(self.X, self.y, self.batch_size, self.rng):
            self.train_step(X, y)
            total += self.loss * len(X)
            bar.update()
        self.tell("before_measure")
        row = {"epoch": len(self.rows) + 1, "loss": total / len(self.X)}
        if self.dev is not None:
            row |= measure(self.model, self.X, self.y, *self.dev)
        check_epoch(self, row)
        return row | {"lr": float(self.optimizer.lr)}

    def keep(self) -> None:
        """Copy everything that an epoch changes, for `go_back`."""
        optimizer, generator = self.optimizer, self.rng.bit_generator
        states = [owner.state for owner in self.owners]
        self.kept = deepcopy((self.model.theta, optimizer.t, optimizer.lr, generator.state, states))

    def go_back(self) -> None:
        """Restore the copy of `keep`: network, optimizer, callbacks and random generator."""
        optimizer, generator = self.optimizer, self.rng.bit_generator
        self.model.theta, optimizer.t, optimizer.lr, generator.state, states = self.kept
        for owner, state in zip(self.owners, states, strict=True):
            owner.state = state


def fit(
    model: MLP,
    optimizer: SGD,
    X: np.ndarray,
    y: np.ndarray,
    *,
    epochs: int,
    batch_size: int | None,
    rng: np.random.Generator,
    dev: tuple[np.ndarray, np.ndarray] | None = None,
    callbacks: Sequence[Callback] = (),
    progress: bool = True,
) -> "pd.DataFrame":
    """Train a network: for each minibatch, compute the gradient and take a step.

    If you interrupt the training (Ctrl-C, or the stop button of a notebook), `fit` returns the
    history of the finished epochs, and the network keeps its parameters of that moment. If a loss
    is not finite, `fit` stops, and restores network, optimizer, callbacks and `rng` to their state
    at the start of that epoch.

    Parameters
    ----------
    model
        The network. Training changes its `theta` in place.
    optimizer
        An optimizer of `optimizers`.
    X, y
        Inputs `(N, D)`, scaled to about 0 to 1, and integer labels `(N,)` of at least two
        classes. Tables, lists and images `(N, height, width)` are allowed.
    epochs
        How often to train on all examples.
    batch_size
        Examples per step. None takes all examples in each step, in their own order (full batch).
    rng
        The random generator for the order of the examples, for dropout and for augmentation.
    dev
        `(X_dev, y_dev)`, the examples for the measurement after each epoch.
    callbacks
        Extensions such as `L2Penalty`, `Dropout` and `EarlyStopping`. `fit` calls them in the order
        of the list.
    progress
        Whether to show a progress bar.

    Returns
    -------
    DataFrame
        One row per epoch. The index counts the epochs from 1. `loss` is the mean over the
        examples of the epoch, each measured in its own step, with the penalty. With `dev`, each
        epoch ends with a measurement of `dev_loss`, `dev_accuracy` and `accuracy`. `accuracy` is
        that on the first training examples, as many as the dev set has. `lr` is the last
        learning rate of the epoch. `seconds` is the time since the start of the training.

    Raises
    ------
    TypeError, ValueError
        The shape, the values, the labels or the number of the examples do not fit the network; all
        labels are equal; or there are ten or more dev labels and none of them occurs in `y`. Or a
        setting is outside its bounds, or needs another setting that is missing.
    DivergenceError
        A loss or a weight is not finite.
    """
    import pandas as pd
    from tqdm.auto import tqdm

    check_training(model, optimizer, epochs, batch_size, rng, callbacks)
    X, y, dev = training_examples(model, X, y, dev)
    run = TrainingState(model, optimizer, X, y, epochs, batch_size, rng, dev, callbacks)
    for callback in callbacks:
        callback.state = {}
    run.tell("before_training")
    began = time.perf_counter() - (run.rows[-1]["seconds"] if run.rows else 0)
    steps = epochs * math.ceil(len(X) / (batch_size or len(X)))
    bar = tqdm(total=steps, initial=run.step, disable=not progress, unit="step")
    # `check_loss` reports an overflow in one sentence. NumPy would warn of a line in this package.
    with bar, np.errstate(all="ignore"):
        try:
            while not run.done:
                epoch = len(run.rows) + 1
                bar.set_description(f"epoch {epoch}/{epochs}")
                row = run.train_epoch(bar)
                now = time.perf_counter()
                row["seconds"] = now - began
                run.rows.append(row)
                if dev is not None:
                    bar.set_postfix_str(f"dev accuracy {row['dev_accuracy']:.2%}")
                run.tell("after_epoch")
        except KeyboardInterrupt:
            bar.write(f"stopped after {len(run.rows)} of {epochs} epochs")
    run.tell("after_training")
    columns = ["epoch", "loss", *(MEASURED if dev is not None else []), "lr", "seconds"]
    return pd.DataFrame(run.rows, columns=columns).set_index("epoch")


def loss_and_grad(model: MLP, X: np.ndarray, y: np.ndarray, **options: Any) -> float:
    """Compute the loss of a batch, and write its gradient into `model.grad`.

    A large batch goes through the network in pieces of `PIECE` examples. The loss and the gradient
    are the means over the pieces, weighted by the sizes of the pieces.

    Parameters
    ----------
    model, X, y, options
        As for `MLP.loss_and_grad`.
    """
    if len(X) <= PIECE:
        return model.loss_and_grad(X, y, **options)
    masks = options.pop("masks", None)
    loss, grad = 0.0, np.zeros_like(model.grad)
    for start in range(0, len(X), PIECE):
        piece = slice(start, start + PIECE)
        share = len(X[piece]) / len(X)
        if masks is not None:
            options["masks"] = [mask[piece] for mask in masks]
        loss += share * model.loss_and_grad(X[piece], y[piece], **options)
        grad += share * model.grad
    model.grad = grad
    return loss


MEASURED = ["accuracy", "dev_loss", "dev_accuracy"]


def measure(
    model: MLP, X: np.ndarray, y: np.ndarray, X_dev: np.ndarray, y_dev: np.ndarray
) -> dict[str, float]:
    """Measure the accuracy on some training examples, and loss and accuracy on the dev set."""
    N = len(X_dev)
    # `fit` has checked the inputs before training. `forward` would check them again.
    Z = model.activations(X[:N])[-1]
    Z_dev = model.activations(X_dev)[-1]
    values = (
        accuracy(y[:N], Z.argmax(axis=1)),
        model.loss_of(Z_dev, y_dev)[0],
        accuracy(y_dev, Z_dev.argmax(axis=1)),
    )
    return dict(zip(MEASURED, values, strict=True))


class LearningRateSchedule(Callback):
    """Set the learning rate before each step: `lr = schedule(t)`, with `t` counted from 0.

    Parameters
    ----------
    schedule
        A function of `schedules`.
    """

    def __init__(self, schedule: Callable[[int], float]) -> None:
        if not callable(schedule):
            raise TypeError(f"expected schedule to be a function, found {schedule!r}")
        self.schedule = schedule

    def before_gradient(self, run: TrainingState) -> None:
        """Set the learning rate of the optimizer."""
        run.optimizer.lr = self.schedule(run.step)

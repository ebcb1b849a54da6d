"""The training loop, what it remembers, and the callbacks that add to it."""

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

# What the hidden layers pass on for a full batch of 50,000, and its gradients, may fill hundreds of
# megabytes. So many examples at a time need little memory, and are faster where caches are small.
PIECE = 2_500


class Callback:
    """Something that is added to training: `fit` calls it at each of these moments.

    Derive a class from this one, and write the moments that it needs. Each is given the
    `TrainingState` and may change it. What `__init__` is given is kept as attributes and does not
    change. What does change stands in `state`, a dictionary of arrays and numbers, which is empty
    when training begins: a checkpoint holds it, and a run that has diverged goes back to it.
    """

    state: dict[str, Any]

    @property
    def done(self) -> bool:
        """Whether training is to end before its next epoch."""
        return False

    def before_training(self, run: "TrainingState") -> None:
        """Prepare `state`."""

    def before_epoch(self, run: "TrainingState") -> None:
        """Act before the first batch of an epoch."""

    def before_gradient(self, run: "TrainingState") -> None:
        """Change `run.X_batch`, or `run.options`, with which `loss_and_grad` is called."""

    def after_gradient(self, run: "TrainingState") -> None:
        """Change `run.loss` and `run.model.grad`."""

    def after_step(self, run: "TrainingState") -> None:
        """Look at `run.model`, whose parameters have moved."""

    def before_measure(self, run: "TrainingState") -> None:
        """Act when an epoch's steps are done, before the network is measured."""

    def after_epoch(self, run: "TrainingState") -> None:
        """Look at the epoch's row, `run.rows[-1]`."""

    def after_training(self, run: "TrainingState") -> None:
        """Leave in `run.model` what training is to give."""


class TrainingState:
    """All that a training run has been given, and all that changes while it goes on.

    Attributes
    ----------
    model, optimizer, X, y, epochs, batch_size, rng, dev, callbacks
        What `fit` was given.
    step
        How many steps have been taken.
    rows
        The rows of the history, one for each finished epoch.
    X_batch, y_batch
        The batch of this step: a copy, but for a full batch, which is `X` and `y` themselves.
    options
        How `loss_and_grad` is called in this step: `masks`, `smoothing`.
    loss, last_loss
        The loss of this step's batch, and that of the step before.
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
        self.owners: list[Any] = [optimizer, *callbacks]  # all that have a `state`
        self.step = 0
        self.rows: list[dict[str, float]] = []
        self.loss = self.last_loss = np.nan

    def tell(self, moment: str) -> None:
        """Call each callback at a moment, in their order."""
        for callback in self.callbacks:
            getattr(callback, moment)(self)

    @property
    def done(self) -> bool:
        """Whether no epoch is left, or a callback ends the training."""
        asked = any(callback.done for callback in self.callbacks)
        return asked or len(self.rows) >= self.epochs

    def train_step(self, X: np.ndarray, y: np.ndarray) -> None:
        """Find the gradient of a batch, and take a step."""
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
        """Walk once through all examples; give what the history is to say of this epoch."""
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
        """Copy what an epoch changes, for `go_back`."""
        optimizer, generator = self.optimizer, self.rng.bit_generator
        states = [owner.state for owner in self.owners]
        self.kept = deepcopy((self.model.theta, optimizer.t, optimizer.lr, generator.state, states))

    def go_back(self) -> None:
        """Restore what `keep` copied: network, optimizer, callbacks and random generator."""
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
    """Train a network: for each minibatch, find the gradient and take a step.

    Interrupt it (Ctrl-C, or the stop button of a notebook) and it gives the history of the
    epochs that were finished; the network keeps what it has learned until then. Where a loss is no
    longer a finite number, training stops, and network, optimizer, callbacks and `rng` are again as
    they were when that epoch began.

    Parameters
    ----------
    model
        The network; its `theta` is changed in place.
    optimizer
        One of `optimizers`.
    X, y
        Inputs `(N, D)`, of about the size 0 to 1, and integer labels `(N,)`, of at least two
        kinds. Tables and lists will do, and images `(N, height, width)`.
    epochs
        How many times to walk through all examples.
    batch_size
        Examples per step; None takes all of them, in their order (full batch).
    rng
        Where the order of the examples, dropout and augmentation come from.
    dev
        `(X_dev, y_dev)` to measure on after each epoch.
    callbacks
        What is added: `L2Penalty`, `Dropout`, `EarlyStopping` and the like. They act in their
        order.
    progress
        Whether to show a progress bar.

    Returns
    -------
    DataFrame
        A row per epoch, counted from 1, the index. `loss` is the mean over the epoch's
        examples, each taken when its batch came, penalty included. With `dev`, `dev_loss`,
        `dev_accuracy` and `accuracy` are measured when the epoch ends, `accuracy` on the first
        of the training examples, as many as there are in the dev set. `lr` is the last
        learning rate used. `seconds` have passed since training began.

    Raises
    ------
    TypeError, ValueError
        The data do not fit the network: shape, values, labels or number of examples. All labels
        are the same, or of ten dev labels or more none occurs in training. Or a setting is out of
        its bounds, or asks for another that is not there.
    DivergenceError
        A loss or a weight is no longer finite.
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
    # A loss that overflows ends the training in words; a warning would name a line of ours.
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
    """The loss of a batch; its gradient is left in `model.grad`.

    A large batch goes through the network in pieces of `PIECE` examples: the mean over it is that
    of its pieces, each counting by its size.

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
    """Accuracy on some training examples; loss and accuracy on the dev set."""
    N = len(X_dev)
    # The inputs were looked at when training began: not `forward`, which would do so again.
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
        One of `schedules`.
    """

    def __init__(self, schedule: Callable[[int], float]) -> None:
        if not callable(schedule):
            raise TypeError(f"expected schedule to be a function, found {schedule!r}")
        self.schedule = schedule

    def before_gradient(self, run: TrainingState) -> None:
        """Set the rate of the optimizer."""
        run.optimizer.lr = self.schedule(run.step)

"""The training loop."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nn_core.checkpoints import Identity, Run
from nn_core.checks import check_finite, check_number, check_rng
from nn_core.data import minibatches
from nn_core.examples import (
    DataError,
    check_labels_below,
    check_not_empty,
    check_same_length,
    inputs,
    labels,
    pair,
)
from nn_core.metrics import accuracy
from nn_core.network import MLP
from nn_core.optimizers import SGD
from nn_core.regularization import (
    EarlyStopping,
    ExponentialMovingAverage,
    clip_norm,
    l2_penalty,
)
from nn_core.schedules import Schedule

if TYPE_CHECKING:
    import pandas as pd

Augmentation = Callable[..., np.ndarray]  # of a batch and a random generator


class DivergenceError(FloatingPointError):
    """Training has run away: a loss or a weight is no longer a finite number."""


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
    schedule: Schedule | None = None,
    l2: float = 0.0,
    dropout: float = 0.0,
    smoothing: float = 0.0,
    clip: float | None = None,
    augment: Augmentation | None = None,
    strength: Schedule | None = None,
    average: float | None = None,
    patience: int | None = None,
    checkpoint: str | Path | None = None,
    on_step: Callable[[int, float], object] | None = None,
    on_epoch: Callable[[dict[str, float]], object] | None = None,
    progress: bool = True,
) -> "pd.DataFrame":
    """Train a network: for each minibatch, find the gradient and take a step.

    Interrupt it (Ctrl-C, or the stop button of a notebook) and it gives the history of the
    epochs that were finished; the network keeps what it has learned until then. Where a loss is no
    longer a finite number it stops, and network and optimizer hold again what they held when that
    epoch began.

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
    schedule
        Gives the learning rate for each step, counted from 0 (see `schedules`).
    l2
        Strength of the L2 penalty on the weights (see `l2_penalty`).
    dropout
        Share of hidden units left out in each step (see `dropout_mask`).
    smoothing
        Label smoothing (see `smoothed_cross_entropy`).
    clip
        Largest length of the gradient (see `clip_norm`).
    augment
        A function of a batch of inputs and `rng` that gives changed inputs.
    strength
        Gives the strength of the augmentation for each step, counted from 0, which `augment`
        then takes as the argument `strength`, as `distort` does.
    average
        Decay of an exponential moving average of `theta`, which is what is measured, and what
        the network holds in the end.
    patience
        Stop when the dev accuracy has not risen for so many epochs, and go back to the best.
    checkpoint
        A file to write after each epoch. If it is there at the start, training goes on from
        it and ends as it would have without the break, to the bit. `epochs` is the total, and may
        grow where that leaves the steps already planned as they are. All else must be as it was:
        data, settings and seed, and so network, optimizer and `rng` made anew as at first.
        `augment` then has to take all its chance from `rng`.
    on_step
        Called after each step with its number, from 1, and the loss of its batch.
    on_epoch
        Called after each epoch with its row of the history.
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
    DataError
        `checkpoint` is no checkpoint, or one of another run; the message names what differs.
    """
    asked: dict[str, Any] = dict(locals())  # every option, those of later versions as well
    import pandas as pd
    from tqdm.auto import tqdm

    check_options(asked)
    X, y = learnable(model, X, y)
    if len(y) > 1 and y.min() == y.max():
        raise DataError(
            f"expected labels of at least two kinds to learn from, found {y[0]} for all {len(y)} "
            "examples; are these the labels?"
        )
    if dev is not None:
        dev = learnable(model, *pair(dev, "dev"), "X_dev", "y_dev")
        # A few may be of another kind by chance.
        if len(dev[1]) >= 10 and not np.isin(dev[1], y).any():
            raise DataError(
                f"expected dev labels that occur in training, found none, from {dev[1].min()} to "
                f"{dev[1].max()}; sorted examples must be shuffled before a part is set aside"
            )
    run = Run(
        model,
        optimizer,
        rng,
        None if average is None else ExponentialMovingAverage(model.theta, average),
        None if patience is None else EarlyStopping(patience),
    )
    steps = epochs * (1 if batch_size is None else -(-len(X) // batch_size))
    # The data as they are learned from, in whatever form they came.
    identity = Identity(asked | {"X": X, "y": y, "dev": dev}) if checkpoint is not None else None
    if checkpoint is not None and identity is not None and Path(checkpoint).exists():
        run.load(checkpoint, identity)
        done = len(run.rows)
        if done > epochs:
            raise DataError(f"{checkpoint}: expected at most {epochs} epochs, found {done}")
        whence = "nothing is left to do" if done == epochs else f"goes on from epoch {done + 1}"
        tqdm.write(f"{checkpoint}: {done} of {epochs} epochs are done, {whence}")
    seconds = run.rows[-1]["seconds"] if run.rows else 0.0
    began = time.perf_counter() - seconds
    last = run.rows[-1]["loss"] if run.rows else math.nan
    with (
        tqdm(total=steps, initial=run.step, disable=not progress, unit="step") as bar,
        # A loss that overflows ends the training in words; a warning would name a line of ours.
        np.errstate(over="ignore", invalid="ignore", divide="ignore"),
    ):
        try:
            for epoch in range(len(run.rows) + 1, epochs + 1):
                if run.stopping is not None and run.stopping.done:
                    break
                bar.set_description(f"epoch {epoch}/{epochs}")
                total = 0.0
                kept = run.kept()
                if batch_size is None:
                    # What changes a batch may do it in place, but not to the caller's examples.
                    batches = iter([(X if augment is None else X.copy(), y)])
                else:
                    batches = minibatches(X, y, batch_size, rng)
                for X_batch, y_batch in batches:
                    if schedule is not None:
                        optimizer.lr = schedule(run.step)
                    if augment is not None:
                        options = {} if strength is None else {"strength": strength(run.step)}
                        X_batch = augment(X_batch, rng, **options)
                    masks = model.dropout_masks(len(X_batch), dropout, rng) if dropout else None
                    loss = model.loss_and_grad(X_batch, y_batch, masks=masks, smoothing=smoothing)
                    if l2:
                        loss += l2_penalty(model.W, model.dW, l2)
                    if not math.isfinite(loss):
                        run.go_back(kept)
                        raise diverged(f"the loss is {loss}", run.step + 1, last, optimizer.lr)
                    last = loss
                    if clip is not None:
                        clip_norm(model.grad, clip)
                    optimizer.step(model.theta, model.grad)
                    if run.average is not None:
                        run.average.update(model.theta)
                    run.step += 1
                    total += loss * len(X_batch)
                    bar.update()
                    if on_step is not None:
                        on_step(run.step, loss)
                row = {"epoch": epoch, "loss": total / len(X)}
                if not run.is_finite():
                    run.go_back(kept)
                    raise diverged("some weights are not finite", run.step, last, optimizer.lr)
                with averaged(run):
                    if dev is not None:
                        row |= measure(model, X, y, *dev)
                        bar.set_postfix_str(f"dev accuracy {row['dev_accuracy']:.2%}")
                    if run.stopping is not None and math.isfinite(row["dev_loss"]):
                        run.stopping.update(row["dev_accuracy"], model.theta)
                if not math.isfinite(row.get("dev_loss", 0.0)):
                    run.go_back(kept)
                    said = f"the loss on the dev examples is {row['dev_loss']}"
                    raise diverged(said, run.step, last, optimizer.lr)
                row |= {"lr": float(optimizer.lr), "seconds": time.perf_counter() - began}
                run.rows.append(row)
                if checkpoint is not None and identity is not None:
                    run.save(checkpoint, identity, steps)
                if on_epoch is not None:
                    on_epoch(dict(row))
        except KeyboardInterrupt:
            bar.write(f"stopped after {len(run.rows)} of {epochs} epochs")
    if run.stopping is not None and run.stopping.theta is not None:
        model.theta[:] = run.stopping.theta
    elif run.average is not None:
        model.theta[:] = run.average.average
    columns = ["epoch", "loss", *(MEASURED if dev is not None else []), "lr", "seconds"]
    return pd.DataFrame(run.rows, columns=columns).set_index("epoch")


def diverged(found: str, step: int, last: float, lr: float) -> DivergenceError:
    """Make the error that tells a learner what has happened, and what to do."""
    before = f"after {last:.4g}, the last finite loss" if math.isfinite(last) else "from the start"
    advice = (
        f"lower the learning rate, {lr:.4g} now"
        if math.isfinite(last)
        else ("the starting weights or the inputs are far too large")
    )
    return DivergenceError(
        f"training stopped at step {step}, where {found}, {before}: {advice} "
        "(the network holds again what it held when this epoch began)"
    )


@contextmanager
def averaged(run: Run) -> Iterator[None]:
    """Let the network hold the average of its parameters for a while, if there is one."""
    kept = run.model.theta.copy()
    if run.average is not None:
        run.model.theta[:] = run.average.average
    try:
        yield
    finally:
        run.model.theta[:] = kept


MEASURED = ["accuracy", "dev_loss", "dev_accuracy"]


def measure(
    model: MLP, X: np.ndarray, y: np.ndarray, X_dev: np.ndarray, y_dev: np.ndarray
) -> dict[str, float]:
    """Accuracy on some training examples; loss and accuracy on the dev set."""
    some = slice(len(X_dev))
    # The inputs were looked at when training began: not `forward`, which would do so again.
    Z, Z_some = model.activations(X_dev)[-1], model.activations(X[some])[-1]
    values = (
        accuracy(y[some], Z_some.argmax(axis=1)),
        model.loss_of(Z, y_dev)[0],
        accuracy(y_dev, Z.argmax(axis=1)),
    )
    return dict(zip(MEASURED, values, strict=True))


def check_options(asked: dict[str, Any]) -> None:
    """Raise TypeError or ValueError unless these arguments of `fit` can be carried out."""
    optimizer = asked["optimizer"]
    if isinstance(optimizer, type) or not callable(getattr(optimizer, "step", None)):
        raise TypeError(f"expected an optimizer, nn.Adam(0.001) say, found {optimizer!r}")
    check_rng(asked["rng"])
    check_number("epochs", asked["epochs"], at_least=0, whole=True)
    check_number("l2", asked["l2"], at_least=0)
    check_number("dropout", asked["dropout"], at_least=0, below=1)
    check_number("smoothing", asked["smoothing"], at_least=0, at_most=1)
    if asked["batch_size"] is not None:
        check_number("batch_size", asked["batch_size"], at_least=1, whole=True)
    if asked["clip"] is not None:
        check_number("clip", asked["clip"], above=0)
    if asked["average"] is not None:
        check_number("average", asked["average"], at_least=0, below=1)
    if asked["patience"] is not None:
        check_number("patience", asked["patience"], at_least=1, whole=True)
    for name in ("schedule", "augment", "strength", "on_step", "on_epoch"):
        if asked[name] is not None and not callable(asked[name]):
            raise TypeError(f"expected {name} to be a function, found {asked[name]!r}")
    if asked["dev"] is None and asked["patience"] is not None:
        raise ValueError("expected dev examples to measure patience on, found none")
    if asked["augment"] is None and asked["strength"] is not None:
        raise ValueError("expected augment, whose strength is given, found none")
    if asked["smoothing"] and asked["model"].loss != "cross_entropy":
        raise ValueError(
            f"expected cross_entropy, for smoothing is of its labels, found {asked['model'].loss}"
        )
    check_finite("weights", asked["model"].theta)


def learnable(
    model: MLP, X: np.ndarray, y: np.ndarray, X_name: str = "X", y_name: str = "y"
) -> tuple[np.ndarray, np.ndarray]:
    """Turn examples and labels into what `model` can learn from, or say why it cannot."""
    X = inputs(X, model.sizes[0], model.theta.dtype, X_name)
    y = labels(y, y_name)
    check_same_length(X, y)
    check_not_empty(X)
    check_labels_below(y, model.sizes[-1])
    return X, y

"""Check training: settings, examples, the arguments of a step, and divergence."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nn_core.checks.examples import (
    DataError,
    check_labels_below,
    check_not_empty,
    check_same_length,
    inputs,
    labels,
    pair,
)
from nn_core.checks.settings import check_finite, check_number, check_rng

if TYPE_CHECKING:
    from nn_core.network import MLP
    from nn_core.optimizers import SGD
    from nn_core.training import TrainingState

Dev = tuple[np.ndarray, np.ndarray] | None
MIN_DEV_LABELS = 10  # fewer dev labels may all be absent from the training labels by chance


class DivergenceError(FloatingPointError):
    """Training diverged: a loss or a weight is not finite."""


def check_training(
    model: "MLP", optimizer: Any, epochs: Any, batch_size: Any, rng: Any, callbacks: Any
) -> None:
    """Raise TypeError or ValueError unless `fit` can use these settings."""
    if isinstance(optimizer, type) or not callable(getattr(optimizer, "step", None)):
        raise TypeError(f"expected an optimizer, nn.Adam(0.001) say, found {optimizer!r}")
    check_rng(rng)
    check_number("epochs", epochs, at_least=1, whole=True)
    if batch_size is not None:
        check_number("batch_size", batch_size, at_least=1, whole=True)
    if not isinstance(callbacks, list | tuple):
        raise TypeError(f"expected a list of callbacks, found {callbacks!r}")
    for callback in callbacks:
        if isinstance(callback, type) or not hasattr(callback, "before_gradient"):
            raise TypeError(f"expected callbacks, nn.Dropout(0.2) say, found {callback!r}")
    if len(set(map(id, callbacks))) < len(callbacks):
        raise ValueError("expected different callbacks, found one of them twice")
    check_finite("weights", model.theta)


def training_examples(model: "MLP", X: Any, y: Any, dev: Any) -> tuple[np.ndarray, np.ndarray, Dev]:
    """Convert examples, labels and dev examples to arrays that fit `model`.

    Raises
    ------
    TypeError, ValueError
        The shape, the values, the labels or the number of examples do not fit the network.
    DataError
        All labels are equal, or there are ten or more dev labels and none occurs in `y`.
    """
    X, y = _fitting_examples(model, X, y, "X", "y")
    if len(y) > 1 and y.min() == y.max():
        raise DataError(
            f"expected labels of at least two kinds to learn from, found {y[0]} for all {len(y)} "
            "examples; are these the labels?"
        )
    if dev is not None:
        dev = _fitting_examples(model, *pair(dev, "dev"), "X_dev", "y_dev")
        if len(dev[1]) >= MIN_DEV_LABELS and not np.isin(dev[1], y).any():
            raise DataError(
                f"expected dev labels that occur in training, found none, from {dev[1].min()} to "
                f"{dev[1].max()}; sorted examples must be shuffled before a part is set aside"
            )
    return X, y, dev


def _fitting_examples(
    model: "MLP", X: Any, y: Any, X_name: str, y_name: str
) -> tuple[np.ndarray, np.ndarray]:
    """Convert examples and labels to arrays that fit the network, at least one example."""
    X = inputs(X, model.sizes[0], model.theta.dtype, X_name)
    y = labels(y, y_name)
    check_same_length(X, y)
    check_not_empty(X)
    check_labels_below(y, model.sizes[-1])
    return X, y


def check_step(optimizer: "SGD", theta: np.ndarray, grad: np.ndarray) -> None:
    """Raise ValueError unless `optimizer` can update `theta` with `grad`."""
    check_number("lr", optimizer.lr, at_least=0)
    if theta.shape != grad.shape:
        raise ValueError(
            f"expected theta and grad of one shape, found {theta.shape} and {grad.shape}"
        )
    if optimizer.size not in (None, theta.size):
        raise ValueError(
            f"expected the {optimizer.size:,} parameters that this optimizer has moved before, "
            f"found {theta.size:,}: make a new optimizer for each network"
        )


def check_dev(run: "TrainingState") -> None:
    """Raise ValueError unless there is something that EarlyStopping can measure on."""
    if run.dev is None:
        raise ValueError("expected dev examples for EarlyStopping to measure on, found none")


def check_cross_entropy(run: "TrainingState") -> None:
    """Raise ValueError unless there are labels that LabelSmoothing can smooth."""
    if run.model.loss != "cross_entropy":
        raise ValueError(
            f"expected cross_entropy, for LabelSmoothing is of its labels, found {run.model.loss}"
        )


def check_loss(run: "TrainingState") -> None:
    """Raise DivergenceError unless the loss of the batch is finite.

    Before the error, the run returns to the state at the start of the epoch.
    """
    if not math.isfinite(run.loss):
        _diverge(run, f"the loss is {run.loss}", run.step + 1, run.last_loss)


def check_epoch(run: "TrainingState", row: dict[str, float]) -> None:
    """Raise DivergenceError unless weights, moments and dev loss are finite.

    Before the error, the run returns to the state at the start of the epoch.
    """
    arrays = (run.model.theta, *run.optimizer.state.values())
    if not all(np.isfinite(array).all() for array in arrays):
        _diverge(run, "some weights are not finite", run.step, run.loss)
    if not math.isfinite(row.get("dev_loss", 0.0)):
        _diverge(run, f"the loss on the dev examples is {row['dev_loss']}", run.step, run.loss)


def _diverge(run: "TrainingState", found: str, step: int, last: float) -> None:
    """Return to the start of the epoch, then raise DivergenceError with advice."""
    lr = run.optimizer.lr
    run.go_back()
    has_finite_loss = math.isfinite(last)
    context = f"after {last:.4g}, the last finite loss" if has_finite_loss else "from the start"
    advice = (
        f"lower the learning rate, {lr:.4g} now"
        if has_finite_loss
        else "the starting weights or the inputs are far too large"
    )
    raise DivergenceError(
        f"training stopped at step {step}, where {found}, {context}: {advice} "
        "(the network holds again what it held when this epoch began)"
    )

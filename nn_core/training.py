"""The training loop."""

import time
from typing import TYPE_CHECKING

import numpy as np

from nn_core.data import check_integer_labels, check_same_length, minibatches
from nn_core.losses import softmax_cross_entropy
from nn_core.metrics import accuracy
from nn_core.network import MLP
from nn_core.optimizers import Adam

if TYPE_CHECKING:
    import pandas as pd


def fit(
    model: MLP,
    optimizer: Adam,
    X: np.ndarray,
    y: np.ndarray,
    *,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    dev: tuple[np.ndarray, np.ndarray] | None = None,
    progress: bool = True,
) -> "pd.DataFrame":
    """Train a network: for each minibatch, find the gradient and take a step.

    Parameters
    ----------
    model
        The network; its `theta` is changed in place.
    optimizer
        Anything with `step(theta, grad)`.
    X, y
        Inputs `(N, D)` of the network's dtype and integer labels `(N,)`.
    epochs
        How many times to walk through all examples.
    batch_size
        Examples per step.
    rng
        Where the order of the examples comes from.
    dev
        `(X_dev, y_dev)` to measure on after each epoch.
    progress
        Whether to show a progress bar.

    Returns
    -------
    DataFrame
        A row per epoch, counted from 1, the index. `loss` is the mean over the epoch's
        batches, in nats. With `dev`, `dev_loss`, `dev_accuracy` and `accuracy` are
        measured when the epoch ends, `accuracy` on as many training examples as there
        are in the dev set. `seconds` have passed since training began.

    Raises
    ------
    TypeError, ValueError
        The data do not fit the network: dtype, shape, labels or number of examples.
    """
    import pandas as pd
    from tqdm.auto import tqdm

    check_examples(model, X, y)
    if dev is not None:
        check_examples(model, *dev)
    rows = []
    began = time.perf_counter()
    steps = epochs * -(-len(X) // batch_size)
    with tqdm(total=steps, disable=not progress, unit="step") as bar:
        for epoch in range(1, epochs + 1):
            bar.set_description(f"epoch {epoch}/{epochs}")
            total = 0.0
            for X_batch, y_batch in minibatches(X, y, batch_size, rng):
                loss = model.loss_and_grad(X_batch, y_batch)
                optimizer.step(model.theta, model.grad)
                total += loss * len(X_batch)
                bar.update()
            row = {"epoch": epoch, "loss": total / len(X)}
            if dev is not None:
                X_dev, y_dev = dev
                Z = model.forward(X_dev)
                some = slice(len(X_dev))
                row["accuracy"] = accuracy(y[some], model.predict(X[some]))
                row["dev_loss"], _ = softmax_cross_entropy(Z, y_dev)
                row["dev_accuracy"] = accuracy(y_dev, Z.argmax(axis=1))
                bar.set_postfix_str(f"dev accuracy {row['dev_accuracy']:.2%}")
            row["seconds"] = time.perf_counter() - began
            rows.append(row)
    return pd.DataFrame(rows).set_index("epoch")


def check_examples(model: MLP, X: np.ndarray, y: np.ndarray) -> None:
    """Raise TypeError or ValueError unless `X` and `y` are what `model` can learn from."""
    inputs, classes = model.sizes[0], model.sizes[-1]
    if X.ndim != 2 or X.shape[1] != inputs:
        raise ValueError(f"expected X of shape (N, {inputs}), one example per row, found {X.shape}")
    if X.dtype != model.theta.dtype:
        raise TypeError(f"expected X of the network's dtype {model.theta.dtype}, found {X.dtype}")
    check_same_length(X, y)
    if len(X) == 0:
        raise ValueError("expected at least one example, found none")
    check_integer_labels(y, classes)

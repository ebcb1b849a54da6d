"""Exercises of the chapter on data."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from nn_core.data import MNIST_FOLDER, minibatches, one_hot, read_bytes
from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.expect import Mistake, Wrong, expect_function, expect_number, run
from nn_core.lab.exercises.explain import describe


@exercise("data-labels")
def check_labels(mine: Any, header: Any) -> None:
    """Compare with the file."""
    file = MNIST_FOLDER / "train-labels-idx1-ubyte.gz"
    data = read_bytes(file)
    if isinstance(mine, bytes):
        raise Mistake("bytes")
    expect_number(
        "mine",
        mine,
        np.frombuffer(data, np.uint8, offset=8),
        mistakes={
            "header": np.frombuffer(data, np.uint8),
            "half a header": np.frombuffer(data, np.uint8, offset=4),
            "pictures": np.frombuffer(data, np.uint8, offset=16),
            "four bytes": np.frombuffer(data, np.int32, offset=8),
            "packed": np.frombuffer(file.read_bytes(), np.uint8),
        },
    )
    expect_number("header", header, 8, {"pictures": 16}, praise="`mine` is right. ")


@exercise("data-undo")
def check_undo(labels_of: Any, tie: Any) -> None:
    """Try one-hot rows, then a row of equal numbers."""
    rng = np.random.default_rng(1)
    expect_function(
        labels_of,
        lambda Y: Y.argmax(axis=1),
        cases=[(one_hot(rng.integers(0, K, N), K),) for N, K in ((7, 10), (5, 3), (4, 4))],
        mistakes={
            "rows and columns": np.nonzero,
            "everything": np.argmax,
            "columns": lambda Y: Y.argmax(axis=0),
            "values": lambda Y: Y.max(axis=1),
        },
        name="the array of labels",
    )
    found = run(labels_of, np.full((1, 10), 0.1))
    if np.shape(found) != (1,):
        raise Mistake("no label")
    expect_number("tie", tie, found if isinstance(tie, np.ndarray) else found[0])


@exercise("data-leak")
def check_leak(standardize: Any) -> None:
    """Compare with the right way, and with the ways it goes wrong."""
    rng = np.random.default_rng(1)

    def by(X: np.ndarray, axis: int | None = None) -> Callable[[np.ndarray], np.ndarray]:
        return lambda each: (each - X.mean(axis)) / X.std(axis)

    expect_function(
        standardize,
        lambda X, X_dev: (by(X)(X), by(X)(X_dev)),
        cases=[
            (rng.uniform(0, 1, (N, D)), rng.uniform(0.2, 1.5, (M, D)))
            for N, M, D in ((6, 5, 4), (3, 7, 5), (4, 4, 4))
        ],
        mistakes={
            "both": lambda X, X_dev: (by(np.concatenate([X, X_dev]))(X), ...),
            "pixels": lambda X, _: (by(X, axis=0)(X), ...),
            "variance": lambda X, _: ((X - X.mean()) / X.var(), ...),
            "undivided": lambda X, _: (X - X.mean(), ...),
            "brackets": lambda X, _: (X - X.mean() / X.std(), ...),
            "own": lambda X, X_dev: (by(X)(X), by(X_dev)(X_dev)),
        },
        name="the standardized `X_train`, the standardized `X_dev`",
    )


@exercise("data-neighbour")
def check_neighbour(nearest_label: Any, price: Any) -> None:
    """Compare with the direct way, on a few points; then ask for the price."""
    rng = np.random.default_rng(2)

    def case(N: int, M: int, D: int, n: int) -> tuple[np.ndarray, ...]:
        X, memory = rng.uniform(0, 1, (N, D)), rng.uniform(0, 3, (M, D))
        memory[: M // 2] *= 0.2  # so that a forgotten square shows
        # Without an axis, the position is one of X[n]: a label for n = 0, and else an IndexError.
        X[n] = 2 * memory[-1]
        return X, memory, rng.permutation(M)

    def squares(X: np.ndarray, memory: np.ndarray) -> Any:
        return ((X[:, None] - memory) ** 2).sum(axis=2)

    expect_function(
        nearest_label,
        lambda X, memory, labels: labels[squares(X, memory).argmin(axis=1)],
        cases=[case(6, 11, 5, 0), case(9, 8, 3, 2), case(5, 5, 5, 0)],
        mistakes={
            "position": lambda X, memory, _: squares(X, memory).argmin(axis=1),
            "farthest": lambda X, memory, labels: labels[squares(X, memory).argmax(axis=1)],
            "factor": lambda X, memory, labels: labels[
                ((memory**2).sum(axis=1) - X @ memory.T).argmin(axis=1)
            ],
            "product": lambda X, memory, labels: labels[(X @ memory.T).argmax(axis=1)],
            "single": lambda X, memory, labels: labels[
                ((memory**2).sum(axis=1) - 2 * X @ memory.T).argmin()
            ],
        },
        name="the array of labels",
    )
    expect_number(
        "price",
        price,
        5_000 * 784,
        mistakes={
            "one": 784,
            "pictures": 5_000,
            "means": 10 * 784,
            "twice": 2 * 5_000 * 784,
            "all": 5_000 * 5_000 * 784,
        },
    )


def shuffled_starts(
    X: np.ndarray, y: np.ndarray, batch_size: int, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Shuffle where batches start, not examples: the function of the exercise."""
    starts = np.arange(0, len(X), batch_size)
    rng.shuffle(starts)
    for start in starts:
        yield X[start : start + batch_size], y[start : start + batch_size]


@exercise("data-starts")
def check_starts(really_shuffles: Any) -> None:
    """Give it both functions."""

    def verdict(found: Any) -> Any:
        if not isinstance(found, bool | np.bool_):
            raise Wrong(f"Your function should return True or False; it returns {describe(found)}.")
        return found

    expect_function(
        really_shuffles,
        lambda batches_of: batches_of is minibatches,
        cases=[(minibatches,), (shuffled_starts,)],
        mistakes={
            "always": lambda _: True,
            "never": lambda _: False,
            "reversed": lambda batches_of: batches_of is shuffled_starts,
        },
        read=verdict,
    )

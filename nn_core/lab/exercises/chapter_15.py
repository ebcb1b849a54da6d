"""Exercises of the chapter on convolutions."""

from typing import Any

import numpy as np

from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.expect import Mistake, expect_array, expect_function, expect_numbers
from nn_core.lab.exercises.explain import as_numbers

# Strokes through the middle of 3 by 3 pixels.
STROKES = {
    "flat": np.eye(3)[[1]].T * np.ones(3),
    "upright": np.ones((3, 1)) * np.eye(3)[1],
    "rising": np.eye(3)[::-1],
    "falling": np.eye(3),
}


@exercise("conv-paper")
def check_paper(rows: Any, parameters: Any, multiplications: Any) -> None:
    """Compare, and say what was left out or counted too often."""
    expect_numbers(
        {"rows": rows, "parameters": parameters, "multiplications": multiplications},
        {"rows": 15, "parameters": 490, "multiplications": 108_000},
        mistakes={
            "rows": {"no last": 14, "too far": 16, "no stride": 29},
            "parameters": {"one channel": 170, "no bias": 480, "per place": 490 * 225},
            "multiplications": {
                "one place": 480,
                "one row": 15 * 480,
                "one channel": 36_000,
                "biases": 490 * 225,
            },
        },
        within=1e-6,
    )


@exercise("conv-diagonal")
def check_diagonal(kernel: Any) -> str:
    """Let the kernel answer to equal pixels and to a stroke of each direction."""
    kernel = expect_array(as_numbers(kernel), (3, 3), np.number).astype(float)
    largest = np.abs(kernel).max()
    if largest == 0:
        raise Mistake("zero")
    if abs(kernel.sum()) > 1e-6 * largest:
        raise Mistake("equal pixels")
    answers = {name: float(np.sum(kernel * stroke)) for name, stroke in STROKES.items()}
    falling = answers.pop("falling")
    if answers["rising"] > falling:
        raise Mistake("rising")
    if falling <= 0:
        raise Mistake("not above zero")
    if falling < 2 * max(answers.values()) - 1e-9:
        raise Mistake("not twice")
    return f"A falling stroke gives {falling:g}, the others at most {max(answers.values()):g}."


@exercise("conv-pool")
def check_pool(max_pool: Any) -> None:
    """Try maps with and without rows and columns that are left over."""

    def pooled(X: np.ndarray, k: int, by: Any = np.max) -> np.ndarray:
        N, rows, columns, m = X.shape
        rows, columns = rows // k, columns // k
        cut = X[:, : rows * k, : columns * k]
        return by(cut.reshape(N, rows, k, columns, k, m), axis=(2, 4))

    def overlapping(X: np.ndarray, k: int) -> np.ndarray:
        view = np.lib.stride_tricks.sliding_window_view(X, (k, k), axis=(1, 2))
        return view.max(axis=(4, 5))

    rng = np.random.default_rng(15)
    expect_function(
        max_pool,
        pooled,
        cases=[
            (rng.normal(size=shape), k)
            for shape, k in (((2, 6, 4, 3), 2), ((1, 9, 6, 2), 3), ((3, 7, 5, 2), 2))
        ],
        mistakes={
            "mean": lambda X, k: pooled(X, k, np.mean),
            "smallest": lambda X, k: pooled(X, k, np.min),
            "overlap": overlapping,
            "channels": lambda X, k: pooled(X, k).max(axis=3),
            "channels kept": lambda X, k: pooled(X, k).max(axis=3, keepdims=True),
            "size": lambda X, k: np.maximum(pooled(X, k), 0),
            "left over": lambda X, k: X.reshape(
                len(X), X.shape[1] // k, k, X.shape[2] // k, k, -1
            ).max(axis=(2, 4)),
        },
        name="what is passed on",
    )


@exercise("conv-pool-back")
def check_pool_back(max_pool_backward: Any) -> None:
    """Try maps whose rows and columns are cut without rest."""

    def squares(X: np.ndarray, k: int) -> np.ndarray:
        N, rows, columns, m = X.shape
        return X.reshape(N, rows // k, k, columns // k, k, m)

    def winners(X: np.ndarray, k: int) -> np.ndarray:
        cut = squares(X, k)
        return (cut == cut.max(axis=(2, 4), keepdims=True)).reshape(X.shape)

    def spread(dZ: np.ndarray, k: int) -> np.ndarray:
        return dZ.repeat(k, axis=1).repeat(k, axis=2)

    rng = np.random.default_rng(15)
    expect_function(
        max_pool_backward,
        lambda dZ, X, k: spread(dZ, k) * winners(X, k),
        cases=[
            (rng.normal(size=(N, rows // k, columns // k, m)), rng.normal(size=shape), k)
            for shape, k in (((2, 6, 4, 3), 2), ((1, 9, 6, 2), 3))
            for N, rows, columns, m in [shape]
        ],
        mistakes={
            "everywhere": lambda dZ, X, k: spread(dZ, k),
            "shared": lambda dZ, X, k: spread(dZ, k) / k**2,
            "winners alone": lambda dZ, X, k: winners(X, k).astype(float),
            "values": lambda dZ, X, k: X * winners(X, k),
            "times the value": lambda dZ, X, k: spread(dZ, k) * X * winners(X, k),
            "one winner": lambda dZ, X, k: spread(dZ, k) * (X.max() == X),
            "ReLU": lambda dZ, X, k: spread(dZ, k) * (X > 0),
        },
        name="`dX`",
    )

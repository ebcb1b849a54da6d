"""Exercises of the chapter on five published networks."""

from typing import Any

import numpy as np

from nn_core.lab.exercises.exercise import exercise, exercise_in_numbers
from nn_core.lab.exercises.expect import expect_function

exercise_in_numbers(
    "published-work",
    steps_taken={
        "right": 3_840,
        "one epoch": 480,
        "epochs": 8,
        "pictures": 384_000,
        "batch size": 800,
        "divided": 60,
    },
    times_as_many={
        "right": 150,
        "steps": 1_200 / 3_840,
        "steps, upside down": 3_840 / 1_200,
        "batch size": 480 * 150,
        "upside down": 8 / 1_200,
        "pictures": 57_600_000,
    },
)


exercise_in_numbers(
    "published-rates",
    cross_entropy_rate={
        "right": 0.128,
        "author": 0.002,
        "upside down": 0.002 / 64,
        "classes": 0.002 * 640,
        "squared error": 0.002 * 320,
        "half": 0.002 * 32,
    },
    squared_error_rate={
        "right": 3,
        "author": 0.3,
        "upside down": 0.03,
        "half": 1.5,
        "batch": 192,
        "batch and half": 96,
        "twice": 6,
    },
)


@exercise("published-columns")
def check_columns(dense_backward_columns: Any) -> str:
    """Try layers in which no two sizes are equal, and one in which all are."""
    rng = np.random.default_rng(11)

    def right(dZ: np.ndarray, A: np.ndarray, W: np.ndarray) -> tuple[Any, ...]:
        return W.T @ dZ, dZ @ A.T, dZ.sum(axis=1, keepdims=True)

    expect_function(
        dense_backward_columns,
        right,
        cases=[
            tuple(rng.normal(size=shape) for shape in ((units, N), (inputs, N), (units, inputs)))
            for N, inputs, units in ((7, 5, 3), (4, 2, 6), (4, 4, 4))
        ],
        mistakes={
            "one bias": lambda dZ, A, W: (..., ..., dZ.sum()),
            "examples": lambda dZ, A, W: (..., ..., dZ.sum(axis=0, keepdims=True)),
            "examples, as a row": lambda dZ, A, W: (..., ..., dZ.sum(axis=0)),
            "exchanged": lambda dZ, A, W: (dZ @ A.T, W.T @ dZ, ...),
        },
        name="`dA`, `dW`, `db`",
        N=lambda dZ, A, W: dZ.shape[1],
    )
    return "Compare with `dense_backward`: each line is its mirror image."


@exercise("published-distance")
def check_distance(distance_of: Any) -> None:
    """Try figures on both sides of several runs, then of two runs, and of four."""

    def spread(reached: np.ndarray, scale: float, ddof: int = 1) -> Any:
        return np.std(reached, ddof=ddof) * np.sqrt(scale)

    def right(figure: float, reached: np.ndarray) -> Any:
        return (figure - np.mean(reached)) / spread(reached, 1 + 1 / len(reached))

    # Neither the median nor the middle of the extremes is the mean of the five.
    five = np.array([0.88, 0.90, 0.89, 0.91, 0.95])
    expect_function(
        distance_of,
        right,
        cases=[(0.93, five), (0.85, five), (0.7, np.array([0.5, 0.6])), (0.9, five[:4])],
        mistakes={
            "median": lambda x, r: (x - np.median(r)) / spread(r, 1 + 1 / len(r)),
            "sign": lambda x, r: -right(x, r),
            "no sign": lambda x, r: abs(right(x, r)),
            "difference": lambda x, r: x - np.mean(r),
            "spread alone": lambda x, r: (x - np.mean(r)) / spread(r, 1),
            "standard error": lambda x, r: (x - np.mean(r)) / spread(r, 1 / len(r)),
            "ddof": lambda x, r: (x - np.mean(r)) / spread(r, 1 + 1 / len(r), ddof=0),
            "no root": lambda x, r: (x - np.mean(r)) / spread(r, (1 + 1 / len(r)) ** 2),
            "variance": lambda x, r: (x - np.mean(r)) / spread(r, 1 + 1 / len(r)) ** 2,
        },
        name="the distance",
    )

"""Exercises of the chapter on losses."""

from typing import Any

import numpy as np

from nn_core import mean_squared_error, one_hot, sigmoid_backward, sigmoid_forward
from nn_core.lab.exercises.exercise import exercise, exercise_in_numbers
from nn_core.lab.exercises.expect import Wrong, expect_function, run
from nn_core.lab.exercises.explain import close, describe, is_number

exercise_in_numbers(
    "losses-hand",
    p={"right": np.array([1, 1, 1, 3]) / 6, "exponentials": [1, 1, 1, 3]},
    loss={
        "right": np.log(2),
        "sign": -np.log(2),
        "no opinion": np.log(4),
        "wrong class": np.log(6),
        "plus": np.log(6) + np.log(3),
        "base 10": np.log10(2),
        "base 2": 1,
        "by classes": np.log(2) / 4,
        "square": 0.25,
    },
    slopes={
        "right": np.array([1, 1, 1, -3]) / 6,
        "probabilities": np.array([1, 1, 1, 3]) / 6,
    },
    within=0.007,
)


@exercise("losses-binary")
def check_binary(binary_cross_entropy: Any) -> None:
    """Try mild logits, then extreme ones."""
    rng = np.random.default_rng(5)

    def right(z: np.ndarray, y: np.ndarray) -> Any:
        return np.mean(np.logaddexp(0, z) - y * z)

    expect_function(
        binary_cross_entropy,
        right,
        cases=[(rng.normal(scale=2, size=N), rng.integers(0, 2, N)) for N in (7, 5)],
        mistakes={
            "each": lambda z, y: np.logaddexp(0, z) - y * z,
            "pair": lambda z, y: (right(z, y), ...),
            "exchanged": lambda z, y: right(z, 1 - y),
            "ones": lambda z, y: -np.mean(y * np.log(sigmoid_forward(z))),
        },
        name="the loss",
        N=lambda z, y: len(z),
    )
    z, y = np.array([-1000.0, 1000.0, -1000.0, 1000.0]), np.array([1, 0, 0, 1])
    with np.errstate(all="ignore"):
        found = run(binary_cross_entropy, z, y)
    if close(found, 500):
        return
    told = (
        "Is a probability cut off, or something tiny added to it?"
        if is_number(found) and np.isfinite(found)
        else "Either `exp` overflows, or a probability is rounded to 0 before its logarithm is "
        "taken."
    )
    raise Wrong(
        "For mild logits it is right. For logits of ±1000, two of them with the wrong sign, it "
        f"gives {describe(found)}; 500 is right. {told}"
    )


@exercise("losses-stall")
def check_stall(squared_error_slope: Any) -> None:
    """Compare with what the library finds."""
    rng = np.random.default_rng(6)

    def right(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
        A = sigmoid_forward(Z)
        return sigmoid_backward(mean_squared_error(A, y)[1], A)

    def error(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return sigmoid_forward(Z) - one_hot(y, Z.shape[1])

    expect_function(
        squared_error_slope,
        right,
        cases=[
            (rng.normal(scale=2, size=(N, K)), rng.integers(0, K, N))
            for N, K in ((7, 4), (5, 3), (4, 4))
        ],
        mistakes={
            "output": lambda Z, y: 2 * error(Z, y) / Z.size,
            "by N": lambda Z, y: Z.shape[1] * right(Z, y),
            "by K": lambda Z, y: len(Z) * right(Z, y),
            "sum": lambda Z, y: Z.size * right(Z, y),
            "cross-entropy": lambda Z, y: error(Z, y) / len(Z),
            "logits": lambda Z, y: right(Z, y) / error(Z, y) * (Z - one_hot(y, Z.shape[1])),
        },
        name="the slope",
    )


@exercise("losses-shares")
def check_shares(loss_of_shares: Any) -> None:
    """Try classes that are uneven, and one that is missing."""

    def shares(y: np.ndarray, K: int) -> np.ndarray:
        return np.bincount(y, minlength=K) / len(y)

    def present(y: np.ndarray, K: int) -> np.ndarray:
        return shares(y, K)[np.unique(y)]

    y = np.array([0, 0, 0, 0, 1, 1, 2, 0, 0, 2])
    expect_function(
        loss_of_shares,
        lambda y, K: -np.mean(np.log(shares(y, K)[y])),
        cases=[(y, 4), (y, 3), (y[3:] + 1, 5)],
        mistakes={
            "missing": lambda y, K: -np.sum(shares(y, K) * np.log(shares(y, K))),
            "commonest": lambda y, K: -np.log(shares(y, K).max()),
            "mean": lambda y, K: -np.mean(np.log(present(y, K))),
            "sum": lambda y, K: -np.sum(np.log(present(y, K))),
            "even": lambda y, K: np.log(K),
        },
        name="the loss",
    )

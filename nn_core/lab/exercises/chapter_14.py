"""Exercises of the chapter on autograd."""

from typing import Any

import numpy as np

from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.expect import (
    Unanswered,
    Wrong,
    does_nothing,
    expect_function,
    expect_numbers,
)
from nn_core.lab.exercises.explain import describe


@exercise("autograd-paper")
def check_paper(dL: Any, dC: Any, dr: Any) -> None:
    """Compare, and say which use of the row is missing."""
    expect_numbers(
        {"dL": dL, "dC": dC, "dr": dr},
        {"dL": 2, "dC": np.array([[4, 2], [4, 2]]), "dr": np.array([21, 10])},
        {
            "dL": {"start": 1, "value": 13},
            "dC": {"start": np.array([[2, 1], [2, 1]]), "turned": np.array([[4, 4], [2, 2]])},
            "dr": {
                "first use": np.array([8, 10]),
                "second use": np.array([13, 0]),
                "start": np.array([17, 5]),
            },
        },
    )


@exercise("autograd-largest")
def check_largest(largest: Any, Tensor: Any, backward: Any) -> None:
    """Walk back through the operation, from slopes that are not all 1."""
    if does_nothing(largest):
        raise Unanswered
    rng = np.random.default_rng(14)

    def slopes(u: np.ndarray, d: np.ndarray) -> tuple[Any, Any]:
        a = Tensor(u)
        result = largest(a)
        if result is None or result is ...:
            raise Unanswered
        if not isinstance(result, Tensor):
            raise Wrong(
                f"Your function gives {describe(result)}, not a `Tensor`: nothing was recorded, so "
                "the walk cannot come back."
            )
        if result.value.shape != d.shape:
            raise Wrong(
                f"For a matrix of shape {u.shape}, the largest entries of its rows have the shape "
                f"{d.shape}. Yours have the shape {result.value.shape}."
            )
        found = backward(Tensor(result.value * d, "×", [(result, lambda above: above * d)]))
        if a not in found:
            raise Wrong("The tape of your result does not lead back to `a`. Which way does?")
        return result.value, found[a]

    def right(u: np.ndarray, d: np.ndarray) -> tuple[Any, Any]:
        return u.max(axis=1), d[:, None] * (u == u.max(axis=1, keepdims=True))

    expect_function(
        slopes,
        right,
        cases=[
            (rng.normal(size=(N, K)), rng.uniform(1, 3, size=N))
            for N, K in ((4, 3), (2, 5), (3, 3))
        ],
        mistakes={
            "to all": lambda u, d: (u.max(axis=1), d[:, None] + 0 * u),
            "slope forgotten": lambda u, d: (u.max(axis=1), right(u, 1 + 0 * d)[1]),
            "shared": lambda u, d: (u.max(axis=1), d[:, None] / u.shape[1] + 0 * u),
            "place": lambda u, d: (u.argmax(axis=1), ...),
            "smallest": lambda u, d: (u.min(axis=1), ...),
        },
        name="the result, and the slopes of `a`",
    )


@exercise("autograd-cumsum")
def check_cumsum(cumsum_back: Any) -> None:
    """Try rows of several lengths."""
    rng = np.random.default_rng(14)
    expect_function(
        cumsum_back,
        lambda d: np.cumsum(d[::-1])[::-1],
        cases=[(rng.normal(size=n),) for n in (5, 3, 8)],
        mistakes={
            "forward": np.cumsum,
            "itself": lambda d: d,
            "everything": lambda d: d.sum() + 0 * d,
            "turned once": lambda d: np.cumsum(d[::-1]),
            "own": lambda d: np.cumsum(d[::-1])[::-1] - d,
            "undone": lambda d: np.diff(d, prepend=0),
            "turned undone": lambda d: -np.diff(d, append=0),
        },
        name="the slopes of $s$",
    )


@exercise("autograd-forward")
def check_forward(Dual: Any) -> None:
    """Add and multiply numbers with slopes, then both."""
    parts = {part: getattr(Dual, part, None) for part in ("__add__", "__mul__")}
    left = [f"`{name}`" for name, part in parts.items() if part is None or does_nothing(part)]
    if left:
        raise Unanswered(f"Still to do: {' and '.join(left)}.")

    def of(result: Any) -> tuple[Any, Any]:
        if not hasattr(result, "slope") or not hasattr(result, "value"):
            raise Wrong(f"Your operation gives {describe(result)}. It has to give a `Dual`.")
        return result.value, result.slope

    cases = [(3.0, 2.0, 5.0, 7.0), (-1.5, 1.0, 4.0, 0.0), (2.0, -1.0, 0.5, 3.0)]
    expect_function(
        lambda u, du, v, dv: of(Dual(u, du) + Dual(v, dv)),
        lambda u, du, v, dv: (u + v, du + dv),
        cases=cases,
        mistakes={"sum, product": lambda u, du, v, dv: (u + v, du * dv)},
        name="value and slope of the sum",
    )
    expect_function(
        lambda u, du, v, dv: of(Dual(u, du) * Dual(v, dv)),
        lambda u, du, v, dv: (u * v, du * v + u * dv),
        cases=cases,
        mistakes={
            "slopes alone": lambda u, du, v, dv: (u * v, du * dv),
            "added": lambda u, du, v, dv: (u * v, du + dv),
            "own factors": lambda u, du, v, dv: (u * v, u * du + v * dv),
            "first": lambda u, du, v, dv: (u * v, du * v),
            "second": lambda u, du, v, dv: (u * v, u * dv),
        },
        name="value and slope of the product",
    )

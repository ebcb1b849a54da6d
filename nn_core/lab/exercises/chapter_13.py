"""Exercises of the chapter on speed."""

import math
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.expect import (
    Mistake,
    Wrong,
    expect_function,
    expect_number,
    expect_numbers,
    run,
)
from nn_core.lab.exercises.explain import as_floats


@exercise("speed-paper")
def check_paper(operations: Any, intensity: Any) -> None:
    """Compare, and say which step went wrong."""
    right = {"operations": 15_980_000, "intensity": 1 / (2 * (1 / 50 + 1 / 784 + 1 / 100))}
    expect_numbers(
        {"operations": operations},
        right,
        mistakes={
            "operations": {
                "first layer": 23_820_000,
                "forward": 2 * 50 * 79_400,
                "half": 15_980_000 / 2,
                "one picture": 15_980_000 / 50,
                "last layer": 6 * 50 * 79_400 - 2 * 50 * 1_000,
                "both layers": 4 * 50 * 79_400,
            }
        },
        within=1e-3,
    )
    expect_numbers(
        {"operations": operations, "intensity": intensity},
        right,
        mistakes={
            "intensity": {
                "upside down": 1 / right["intensity"],
                "per number": 4 * right["intensity"],
                "twice": 2 * right["intensity"],
                "half": right["intensity"] / 2,
                "two sizes": 1 / (2 * (1 / 50 + 1 / 784)),
            }
        },
        within=0.01,
    )


@exercise("speed-floor")
def check_floor(smallest_batch: Any, hardest: Any) -> None:
    """Try layers for which a batch is large enough, exactly so, or never; then ask for a layer."""

    def by(
        inputs: float = 1, units: float = 1, edge: float = 1, last: Callable[..., Any] = np.ceil
    ) -> Callable[..., Any]:
        """Make a function of a layer and a machine, in which some parts have other factors."""

        def least(ins: int, outs: int, peak: float, bandwidth: float) -> Any:
            left = bandwidth / peak / edge / 2 - inputs / ins - units / outs
            return last(1 / left) if left > 0 else np.inf

        return least

    expect_function(
        smallest_batch,
        by(),
        cases=[
            (784, 256, 6e10, 3e9),
            (256, 128, 6e10, 4e9),
            (128, 10, 6e10, 3e9),
            (30, 50, 1e9, 5e8),
            (8, 8, 2.0**30, 2.0**30),  # nothing is rounded, and both times are equal at 4
        ],
        mistakes={
            "rounded down": by(last=np.floor),
            "not rounded": by(last=float),
            "one more": by(last=lambda N: np.floor(N) + 1),
            "batch alone": by(inputs=0, units=0),
            "no units": by(units=0),
            "no inputs": by(inputs=0),
            "never": lambda ins, outs, peak, bandwidth: np.ceil(
                1 / (bandwidth / peak / 2 - 1 / ins - 1 / outs)
            ),
            "half": by(edge=0.5),
            "double": by(edge=2),
            "upside down": lambda ins, outs, peak, bandwidth: by()(ins, outs, bandwidth, peak),
        },
        name="the batch",
    )
    expect_number("hardest", hardest, 3, {"first": 1, "second": 2})


@exercise("speed-overhead")
def check_overhead(split: Any) -> None:
    """Try measurements from known times, in both orders."""

    def solved(N1: int, t1: float, N2: int, t2: float) -> tuple[float, float]:
        each = (t2 - t1) / (N2 - N1)
        return t1 - N1 * each, each

    def sized(size: Callable[[float], float]) -> Callable[..., Any]:
        """Give the right times, and a batch size that follows from how they compare."""

        def three(*case: Any) -> tuple[float, ...]:
            start, each = solved(*case)
            return start, each, float(size(start / each))

        return three

    # Powers of two, so that nothing is rounded; then 10.8 would do, and then 10.3.
    times = [(2**-13, 2**-18, 8, 100), (2**-13, 2**-18, 64, 1), (0.6, 0.5, 1, 11), (0.8, 0.7, 9, 2)]
    expect_function(
        split,
        sized(lambda ratio: math.ceil(9 * ratio)),
        cases=[(N1, start + N1 * each, N2, start + N2 * each) for start, each, N1, N2 in times],
        mistakes={
            "exchanged": lambda *case: (*solved(*case)[::-1], ...),
            "overhead in it": lambda N1, t1, N2, t2: (..., t1 / N1, ...),
            "examples in it": lambda N1, t1, N2, t2: (t1, solved(N1, t1, N2, t2)[1], ...),
            "of the examples": sized(lambda ratio: math.ceil(10 * ratio)),
            "half": sized(math.ceil),
            "not rounded": sized(lambda ratio: 9 * ratio),
            "rounded down": sized(lambda ratio: math.floor(9 * ratio)),
            "to the nearest": sized(lambda ratio: round(9 * ratio)),
        },
        name="the overhead, the time per example, the batch size",
        read=as_floats,
    )


@exercise("speed-momentum")
def check_momentum(roll: Any, bytes_each: Any) -> str:
    """Watch results, what is changed, and how much memory is asked for; then ask for the bytes."""
    rng = np.random.default_rng(13)

    def after(theta: Any, v: Any, g: Any, work: Any, lr: float, beta: float) -> tuple[Any, ...]:
        """Give what `roll` returns, and what stands in theta, v and g then."""
        nothing = "Give back `theta`, with `return theta`."
        run(roll, theta, v, g, work, lr, beta, may_change=(0, 1, 2, 3), nothing=nothing)
        # `run` hands copies over, and to be judged is what becomes of these.
        arrays = [array.copy() for array in (theta, v, g, work)]
        return roll(*arrays, lr, beta), *arrays[:3]

    def right(theta: Any, v: Any, g: Any, work: Any, lr: float, beta: float) -> tuple[Any, ...]:
        v = np.float32(beta) * v + g
        theta = theta - np.float32(lr) * np.sign(v)
        return theta, theta, v, g

    def moved(way: Callable[..., Any]) -> Callable[..., Any]:
        return lambda theta, v, g, work, lr, beta: (theta - way(v, g, lr, beta), ..., ..., ...)

    cases = [
        (*rng.normal(size=(3, size)).astype(np.float32), np.zeros(size, np.float32), lr, beta)
        for size, lr, beta in ((7, 0.5, 0.25), (200_000, 0.25, 0.75))
    ]
    for _, v, g, *_ in cases:
        v[0] = g[0] = 0  # the sign of 0 is 0
    expect_function(
        after,
        right,
        cases,
        mistakes={
            "new array": lambda *case: (right(*case)[0], case[0], ..., ...),
            "new velocity": lambda *case: (*right(*case)[:2], case[1], ...),
            "no sign": moved(lambda v, g, lr, beta: lr * (beta * v + g)),
            "factor": moved(lambda v, g, lr, beta: lr * np.sign(beta * v + (1 - beta) * g)),
            "old velocity": moved(lambda v, g, lr, beta: lr * np.sign(v)),
            "no rate": moved(lambda v, g, lr, beta: np.sign(beta * v + g)),
            "up": moved(lambda v, g, lr, beta: -lr * np.sign(beta * v + g)),
            "gradient": moved(lambda v, g, lr, beta: lr * np.sign(g)),
        },
        name="what you give back, `theta` afterwards, `v` afterwards, `g` afterwards",
    )
    theta = cases[-1][0]
    asked = memory_of(lambda: roll(*cases[-1]))
    if asked > theta.nbytes / 2:
        arrays = round(asked / theta.nbytes)
        raise Wrong(
            f"The numbers are right. But while your lines ran, memory for {arrays} more "
            f"array{'s' * (arrays > 1)} as long as `theta` was needed. Write into `work`."
        )
    arrays_moved = {"read alone": 3, "theta alone": 4, "work": 6, "Adam": 7, "line by line": 12}
    mistakes = {name: 4 * count for name, count in arrays_moved.items()}
    expect_number("bytes_each", bytes_each, 4 * 5, {"arrays": 5, **mistakes})
    return "And no new array was made."


def memory_of(job: Callable[[], Any]) -> int:
    """Most bytes that a job held beside what was there."""
    running = tracemalloc.is_tracing()
    if not running:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        job()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        if not running:
            tracemalloc.stop()


@exercise("speed-distances")
def check_distances(distances: Any) -> str:
    """Compare with the definition, and watch the memory."""

    def right(X: np.ndarray, M: np.ndarray) -> Any:
        return ((X[:, None] - M) ** 2).sum(axis=2)

    def squares(X: np.ndarray) -> Any:
        return (X * X).sum(axis=1)

    rng = np.random.default_rng(13)
    expect_function(
        distances,
        right,
        cases=[
            tuple(rng.random((n, D), dtype) for n in (N, K))
            for N, K, D, dtype in ((40, 5, 7, float), (6, 9, 4, np.float32), (5, 5, 5, float))
        ],
        mistakes={
            "no square": lambda X, M: np.sqrt(right(X, M)),
            "products": lambda X, M: X @ M.T,
            "plus": lambda X, M: right(X, M) + 4 * X @ M.T,
            "once": lambda X, M: right(X, M) + X @ M.T,
            "no m": lambda X, M: right(X, M) - squares(M),
            "no x": lambda X, M: right(X, M) - squares(X)[:, None],
        },
    )
    X, M = (rng.random((n, 784), np.float32) for n in (2_000, 10))
    asked = memory_of(lambda: distances(X, M))
    if asked > 8 * X.nbytes:
        raise Mistake("N, K, D")
    if asked > X.nbytes / 2:
        raise Mistake("N, D")
    return "And nothing larger than the result was made on the way."

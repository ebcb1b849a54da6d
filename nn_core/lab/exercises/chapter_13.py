"""Exercises of the chapter on speed."""

import math
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.expect import Mistake, Wrong, expect_function, expect_numbers, run
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
def check_floor(least_seconds: Any) -> None:
    """Try products that are bound by memory, by operations, and of both kinds."""

    def of(
        seconds: Callable[[np.ndarray, np.ndarray], Any], first: bool = False
    ) -> Callable[..., Any]:
        """Make a function of a network and a machine of one of the times of all products."""

        def timed(sizes: tuple[int, ...], N: int, peak: float, bandwidth: float) -> Any:
            shapes = []
            for k, (ins, outs) in enumerate(pairwise(sizes)):
                # Forward, dW, and dX, which nobody needs of the first layer.
                shapes += [(N, ins, outs), (ins, N, outs), (N, outs, ins)][: 2 + (k > 0 or first)]
            r, i, c = np.array(shapes, float).T
            return seconds(2 * r * i * c / peak, 4 * (r * i + i * c + r * c) / bandwidth)

        return timed

    expect_function(
        least_seconds,
        of(lambda computing, moving: np.maximum(computing, moving).sum()),
        cases=[
            ((784, 256, 128, 10), 20, 6e10, 1e10),
            ((784, 256, 128, 10), 20, 6e10, 2e9),
            ((30, 5), 3, 1e9, 7e9),
            ((40, 20, 10), 50, 1e9, 2e8),
            ((8, 8, 8), 8, 1e10, 1e10),
        ],
        mistakes={
            "sums": of(lambda computing, moving: max(computing.sum(), moving.sum())),
            "added": of(lambda computing, moving: (computing + moving).sum()),
            "longest": of(lambda computing, moving: np.maximum(computing, moving).max()),
            "smaller": of(lambda computing, moving: np.minimum(computing, moving).sum()),
            "no bytes": of(lambda computing, moving: computing.sum()),
            "no operations": of(lambda computing, moving: moving.sum()),
            "first layer": of(lambda computing, moving: np.maximum(computing, moving).sum(), True),
            "operations": of(lambda computing, moving: np.maximum(2 * computing, moving).sum()),
            "bytes": of(lambda computing, moving: np.maximum(computing, 2 * moving).sum()),
            "upside down": of(lambda computing, moving: 1 / np.maximum(computing, moving).sum()),
        },
        name="the least time",
    )


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
        lambda N1, t1, N2, t2: as_floats(run(split, N1, t1, N2, t2)),
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
    )


@exercise("speed-momentum")
def check_momentum(roll: Any) -> str:
    """Watch results, what is changed, and how much memory is asked for."""
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
        theta = theta - np.float32(lr) * v
        return theta, theta, v, g

    def moved(way: Callable[..., Any]) -> Callable[..., Any]:
        return lambda theta, v, g, work, lr, beta: (way(theta, v, g, lr, beta), ..., ..., ...)

    cases = [
        (*rng.normal(size=(3, size)).astype(np.float32), np.zeros(size, np.float32), lr, beta)
        for size, lr, beta in ((5, 0.5, 0.25), (200_000, 0.25, 0.75))
    ]
    expect_function(
        after,
        right,
        cases,
        mistakes={
            "new array": lambda *case: (right(*case)[0], case[0], ..., ...),
            "new velocity": lambda *case: (*right(*case)[:2], case[1], ...),
            "factor": moved(lambda theta, v, g, lr, b: theta - lr * (b * v + (1 - b) * g)),
            "old velocity": moved(lambda theta, v, g, lr, b: theta - lr * v),
            "no rate": moved(lambda theta, v, g, lr, b: theta - (b * v + g)),
            "up": moved(lambda theta, v, g, lr, b: theta + lr * (b * v + g)),
            "gradient": moved(lambda theta, v, g, lr, b: theta - lr * g),
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

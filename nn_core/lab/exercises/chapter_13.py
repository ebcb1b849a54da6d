"""Exercises of the chapter on speed."""

import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.expect import Wrong, expect, run
from nn_core.lab.exercises.explain import close, describe, is_number


def products(sizes: tuple[int, ...], N: int) -> list[tuple[int, int, int]]:
    """As in the chapter: rows, what is summed over, and columns of each product of a step."""
    shapes = []
    for ins, outs in pairwise(sizes):
        shapes += [(N, ins, outs), (ins, N, outs)]
        if len(shapes) > 2:
            shapes.append((N, outs, ins))
    return shapes


@exercise("speed-paper")
def check_paper(operations: Any, intensity: Any) -> None:
    """Compare, and say which step went wrong."""
    for name, value in (("operations", operations), ("intensity", intensity)):
        if not is_number(value):
            raise Wrong(f"`{name}` is a number; you handed in {describe(value)}.")
    stories = [
        (23_820_000, "you counted the $\\mathrm{d}X$ of the first layer, which is not computed."),
        (2 * 50 * 79_400, "that is the forward pass alone."),
        (15_980_000 / 2, "each weight takes a multiplication *and* an addition."),
        (15_980_000 / 50, "that is for one picture. The batch has 50."),
        (
            6 * 50 * 79_400 - 2 * 50 * 1_000,
            "it is the *first* layer's $\\mathrm{d}X$ that is saved.",
        ),
        (4 * 50 * 79_400, "both layers lack a product now. Only the first layer's is saved."),
    ]
    for value, story in stories:
        if np.isclose(operations, value, rtol=1e-3):
            raise Wrong(f"`operations`: {story}")
    if not np.isclose(operations, 15_980_000, rtol=1e-3):
        raise Wrong("`operations` is not right yet. Put the sizes into the chapter's formula.")
    right = 1 / (2 * (1 / 50 + 1 / 784 + 1 / 100))
    stories = [
        (1 / right, "that is bytes per operation. Turn it upside down."),
        (4 * right, "that is operations per *number*. Each has 4 bytes."),
        (2 * right, "that is without the factor 2 of the formula."),
        (right / 2, "you counted an addition and a multiplication as one, or 8 bytes per number."),
        (1 / (2 * (1 / 50 + 1 / 784)), "all *three* sizes count."),
    ]
    for value, story in stories:
        if np.isclose(intensity, value, rtol=0.005):
            raise Wrong(f"`operations` is right. `intensity`: {story}")
    if not np.isclose(intensity, right, rtol=0.01):
        raise Wrong("`operations` is right, `intensity` not yet. Its three sizes: 50, 784 and 100.")


@exercise("speed-floor")
def check_floor(least_seconds: Any) -> None:
    """Try a network with products of both kinds, and say which mistake gives the number."""
    sizes, N = (784, 256, 128, 10), 20

    def times(shapes: list[tuple[int, int, int]], peak: float, bandwidth: float) -> np.ndarray:
        return np.array(
            [(2 * r * i * c / peak, 4 * (r * i + i * c + r * c) / bandwidth) for r, i, c in shapes]
        )

    shapes = products(sizes, N)
    both = times(shapes, 6e10, 1e10)
    found = run(least_seconds, sizes, N, 6e10, 1e10)
    if not is_number(found):
        raise Wrong(f"A number is asked for. You gave {describe(found)}.")
    # The larger of two sums is one of the sums. Two machines tell which of these it was.
    other, slow = run(least_seconds, sizes, N, 6e10, 2e9), times(shapes, 6e10, 2e9)
    larger = both.sum(axis=0).max(), slow.sum(axis=0).max()
    if np.allclose((found, other), larger, rtol=1e-6, atol=0):
        raise Wrong(
            "You took the larger of the two *sums*. Each product has its own limit: the larger of "
            "its two times, and then the sum."
        )
    with_first = [*shapes, (N, sizes[1], sizes[0])]
    stories = [
        (both.sum(), "You added the two times. A good program moves and computes at once: take the "
         "larger."),
        (both.max(), "That is the longest product alone. They come one after the other."),
        (both.min(axis=1).sum(), "You took the *smaller* of the two times. Both limits hold, so "
         "the larger one decides."),
        (both[:, 0].sum(), "The bytes are missing. Some of these products are memory-bound."),
        (both[:, 1].sum(), "The operations are missing. Some of these products are compute-bound."),
        (times(with_first, 6e10, 1e10).max(axis=1).sum(), "You counted the `dX` of the first "
         "layer, which is not computed."),
        (times(shapes, 3e10, 1e10).max(axis=1).sum(), "Your products have twice the operations."),
        (times(shapes, 6e10, 5e9).max(axis=1).sum(), "A `float32` has 4 bytes. You took 8."),
        (1 / both.max(axis=1).sum(), "That is steps per second. Seconds are asked for."),
    ]  # fmt: skip
    for value, story in stories:
        if np.isclose(float(found), value, rtol=1e-6):
            raise Wrong(story)
    expect(float(found), float(both.max(axis=1).sum()), "the least time for batches of 20")
    one = times(products((30, 5), 3), 1e9, 7e9).max(axis=1).sum()
    expect(float(run(least_seconds, (30, 5), 3, 1e9, 7e9)), float(one), "that of a single layer")


@exercise("speed-overhead")
def check_overhead(split: Any) -> None:
    """Try measurements from known times, in both orders."""
    tau_0, tau_1 = 1 / 2**13, 1 / 2**18  # powers of two, so that nothing is rounded
    enough = 9 * 32
    for N1, N2 in ((8, 100), (64, 1)):
        found = run(split, N1, tau_0 + N1 * tau_1, N2, tau_0 + N2 * tau_1)
        if not isinstance(found, tuple | list) or len(found) != 3:
            raise Wrong(f"Three numbers are asked for. You gave {describe(found)}.")
        if not all(is_number(value) for value in found):
            raise Wrong("Three numbers are asked for, and one of yours is none.")
        start, each, size = (float(value) for value in found)
        if np.isclose(start, tau_1) and np.isclose(each, tau_0):
            raise Wrong("The first two are the wrong way round: the overhead comes first.")
        if np.isclose(each, (tau_0 + N1 * tau_1) / N1):
            raise Wrong("Your time per example still has overhead in it. Take differences.")
        expect(each, tau_1, "the time per example")
        if np.isclose(start, tau_0 + N1 * tau_1):
            raise Wrong("Your overhead still has the $N_1$ examples in it.")
        expect(start, tau_0, "the overhead")
        if np.isclose(size, 10 * 32, rtol=1e-3):
            raise Wrong(
                "At your batch size the overhead is a tenth of the *examples'* time. A tenth of "
                "the whole step is asked for."
            )
        if np.isclose(size, 32, rtol=1e-3):
            raise Wrong("At your batch size overhead is half of the step. A tenth is asked for.")
        if size != enough:
            raise Wrong(f"The times are right. The batch size is {enough}; yours is {size:g}.")
    found = run(split, 1, 1.0, 11, 5.0)  # 0.6 and 0.4: from 13.5 on
    size = float(found[2])
    if size != round(size):
        raise Wrong("The batch size is a whole number. Round it up.")
    if size != 14:
        raise Wrong(
            f"For $\\tau_0 = 0.6$ and $\\tau_1 = 0.4$, 13.5 would do, so 14; you have {size:g}. "
            "Round *up*."
        )


@exercise("speed-momentum")
def check_momentum(roll: Any) -> str:
    """Watch results, what is changed, and how much memory is asked for."""
    rng = np.random.default_rng(13)
    size = 200_000
    theta, v, g = rng.normal(size=(3, size)).astype(np.float32)
    lr, beta = 0.25, 0.75
    right_v = np.float32(beta) * v + g
    right = theta - np.float32(lr) * right_v
    mine, velocity, kept = theta.copy(), v.copy(), g.copy()
    work = np.zeros_like(theta)
    # `run` hands copies over, and to be judged is what becomes of these.
    few = theta[:4], v[:4], g[:4], work[:4]
    run(
        roll,
        *few,
        lr,
        beta,
        may_change=(0, 1, 2, 3),
        nothing="Give back `theta`, with `return theta`.",
    )
    asked, found = memory_of(lambda: roll(mine, velocity, kept, work, lr, beta))
    if not np.array_equal(kept, g):
        raise Wrong("`g` was changed. It belongs to the network; read it only.")
    if not isinstance(found, np.ndarray) or found.shape != theta.shape:
        raise Wrong(f"Give back `theta`, with `return theta`. You gave {describe(found)}.")
    if found.dtype.kind not in "iuf":
        raise Wrong(f"Your `theta` holds values of type {found.dtype}; float32 went in.")
    values = found.astype(float)
    stories = [
        (theta - lr * (beta * v + (1 - beta) * g), "`g` enters whole here, without a factor."),
        (theta - lr * v, "You moved with the old velocity. Update `v` first."),
        (theta - right_v, "The learning rate is missing."),
        (theta + lr * right_v, "You went *up* the slope."),
        (theta - lr * g, "You moved by the gradient, not by the velocity."),
    ]
    for value, story in stories:
        if close(values, value):
            raise Wrong(story)
    expect(found, right, "`theta`")
    if not np.shares_memory(found, mine):
        raise Wrong("The numbers are right, but they are in a new array. Write into `theta`.")
    expect(velocity, right_v, "`v`, afterwards,")
    if asked > theta.nbytes / 2:
        arrays = round(asked / theta.nbytes)
        raise Wrong(
            f"The numbers are right. But while your lines ran, memory for {arrays} more "
            f"array{'s' * (arrays > 1)} as long as `theta` was needed. Write into `work`."
        )
    return "And no new array was made."


def memory_of(job: Callable[[], Any]) -> tuple[int, Any]:
    """Most bytes that a job held beside what was there; and what it gave."""
    running = tracemalloc.is_tracing()
    if not running:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        try:
            found = job()
        except Exception as error:
            raise Wrong(f"Your function stopped with `{type(error).__name__}: {error}`.") from error
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        if not running:
            tracemalloc.stop()
    return peak - before, found


@exercise("speed-distances")
def check_distances(distances: Any) -> str:
    """Compare with the definition, and watch the memory."""
    rng = np.random.default_rng(13)
    X, M = rng.random((40, 7)), rng.random((5, 7))
    right = ((X[:, None] - M) ** 2).sum(axis=2)
    found = run(distances, X, M)
    if isinstance(found, np.ndarray) and found.shape == right.shape:
        stories = [
            (np.sqrt(right), "These are the distances. Their *squares* are asked for."),
            (X @ M.T, "These are the products $x \\cdot m$ alone."),
            (right + 4 * X @ M.T, "The product in the middle has a minus sign."),
            (right + X @ M.T, "The product in the middle comes twice."),
            (right - (M * M).sum(axis=1), "$\\lVert m \\rVert^2$ is missing."),
            (right - (X * X).sum(axis=1)[:, None], "$\\lVert x \\rVert^2$ is missing."),
        ]
        for value, story in stories:
            if np.allclose(found, value):
                raise Wrong(story)
    expect(found, right, "the result")
    many, means = (rng.random((n, 784), np.float32) for n in (2_000, 10))
    asked, found = memory_of(lambda: distances(many, means))
    if asked > 8 * many.nbytes:
        raise Wrong(
            "Right, but on the way there was an array of shape (N, K, D). Multiply the square out, "
            "and let `X @ M.T` do the sums over D."
        )
    if asked > many.nbytes / 2:
        raise Wrong(
            "Right, but on the way there was an array as large as `X`. `np.einsum` or a loop over "
            "blocks of rows gives the squared lengths without it. `2 * X @ M.T` makes one, too: it "
            "begins with `2 * X`."
        )
    if found.dtype != np.float32:
        raise Wrong(f"For `float32` you gave {found.dtype}. Something on the way makes it wider.")
    return "And nothing larger than the result was made on the way."

"""Exercises of the chapter on evaluation."""

import struct
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from nn_core.lab.exercises.exercise import exercise, exercise_in_numbers
from nn_core.lab.exercises.expect import (
    Mistake,
    Wrong,
    expect_array,
    expect_draws,
    expect_function,
    expect_number,
    run,
)
from nn_core.lab.exercises.explain import and_list, as_floats, describe
from nn_core.metrics import accuracy_interval

exercise_in_numbers(
    "evaluate-paper",
    error={
        "right": (0.96 * 0.04 / 1600) ** 0.5,
        "variance": 0.96 * 0.04 / 1600,
        "one picture": (0.96 * 0.04) ** 0.5,
        "N outside": (0.96 * 0.04) ** 0.5 / 1600,
        "wrong share": 0.04,
        "interval": 1.96 * (0.96 * 0.04 / 1600) ** 0.5,
        "percentage": 100 * (0.96 * 0.04 / 1600) ** 0.5,
    },
    pictures={
        "right": 0.96 * 0.04 / 0.001**2,
        "not squared": (0.96 * 0.04) ** 0.5 / 0.001,
        "in proportion": (0.96 * 0.04 * 1600) ** 0.5 / 0.001,
    },
    within=0.03,
    praise="Those are many more pictures than there are in the test set of MNIST.",
)


@exercise("evaluate-paired")
def check_paired(paired: Any) -> None:
    """Try pictures of all kinds, one network that is always right, and two that never disagree."""

    def of(three: Callable[[SimpleNamespace], tuple[Any, ...]]) -> Callable[..., Any]:
        """Make a function of the pictures of one that looks at these numbers."""

        def counted(y: np.ndarray, first: np.ndarray, second: np.ndarray) -> tuple[Any, ...]:
            a, b = first == y, second == y
            n = {"b": a & ~b, "c": b & ~a, "first": a, "second": b, "other": first != second}
            return three(SimpleNamespace(N=len(y), **{k: float(v.sum()) for k, v in n.items()}))

        return counted

    def scored(score: Callable[[SimpleNamespace], Any]) -> Callable[..., Any]:
        """Put a score behind the right counts, or 0 where both are 0."""
        return of(lambda n: (n.b, n.c, score(n) if n.b + n.c else 0.0))

    def unpaired(n: SimpleNamespace) -> float:
        variances = (k * (n.N - k) / n.N for k in (n.first, n.second))
        return float((n.b - n.c) / sum(variances) ** 0.5)

    rng = np.random.default_rng(5)
    cases = [tuple(rng.integers(0, 3, (3, N))) for N in (45, 30)]
    y, first, _ = cases[0]
    expect_function(
        paired,
        scored(lambda n: (n.b - n.c) / (n.b + n.c) ** 0.5),
        [*cases, (y, y, first), (y, first, first)],
        mistakes={
            "all": of(lambda n: (n.first, n.second, ...)),
            "exchanged": of(lambda n: (n.c, n.b, ...)),
            "shares": of(lambda n: (n.b / n.N, n.c / n.N, ...)),
            "both wrong": of(lambda n: (n.b, n.other - n.b, ...)),
            "difference": scored(lambda n: n.b - n.c),
            "no root": scored(lambda n: (n.b - n.c) / (n.b + n.c)),
            "all pictures": scored(lambda n: (n.b - n.c) / n.N**0.5),
            "different answers": scored(lambda n: (n.b - n.c) / n.other**0.5),
            "square": scored(lambda n: (n.b - n.c) ** 2 / (n.b + n.c)),
            "sign": scored(lambda n: (n.c - n.b) / (n.b + n.c) ** 0.5),
            "accuracies": scored(lambda n: (n.b - n.c) / n.N),
            "unpaired": scored(unpaired),
            "no 0": of(lambda n: (n.b, n.c, (n.b - n.c) / np.sqrt(n.b + n.c))),
        },
        name="the first count, the second count, the score",
        read=as_floats,
    )


@exercise("evaluate-threshold")
def check_threshold(threshold_for: Any) -> None:
    """Try shares that rise and fall, confidences that are equal, and wishes that cannot be met."""

    def search(
        confidence: np.ndarray,
        right: np.ndarray,
        wanted: float,
        order: Callable[..., Any] = np.unique,
        enough: Callable[..., Any] = np.greater_equal,
        answered: Callable[..., Any] = np.greater_equal,
    ) -> Any:
        """Try one threshold after the other; the options are the mistakes one can make."""
        for t in order(confidence):
            these = right[answered(confidence, t)]
            if enough(these.sum() / max(len(these), 1), wanted):
                return t
        return np.inf

    def until_the_fall(confidence: np.ndarray, right: np.ndarray, wanted: float) -> Any:
        best = np.inf
        for t in np.unique(confidence)[::-1]:
            if right[confidence >= t].mean() < wanted:
                break
            best = t
        return best

    def one_by_one(confidence: np.ndarray, right: np.ndarray, wanted: float) -> Any:
        order = np.argsort(-confidence, kind="stable")
        shares = np.cumsum(right[order]) / np.arange(1, len(right) + 1)
        return confidence[order][shares >= wanted].min(initial=np.inf)

    def case(confidence: list[float], right: list[int], wanted: float) -> tuple[Any, ...]:
        return np.array(confidence), np.array(right, bool), wanted

    rng = np.random.default_rng(5)
    expect_function(
        threshold_for,
        search,
        cases=[
            case([0.9, 0.6, 0.8, 0.5, 0.7, 0.95], [1, 0, 1, 0, 1, 1], 0.8),
            # From above: 1, 1/2, 2/3, 3/4, 4/5. The share falls below the wish and rises again.
            case([0.9, 0.8, 0.7, 0.6, 0.5], [1, 0, 1, 1, 1], 0.75),
            # Equal confidences are answered together, in whichever order they stand.
            case([0.9, 0.8, 0.8, 0.8, 0.5], [1, 0, 1, 1, 0], 0.75),
            case([0.9, 0.8, 0.8, 0.8], [1, 1, 0, 0], 0.9),
            case([0.9, 0.8, 0.8, 0.8], [1, 0, 0, 1], 0.9),
            case([0.9, 0.8], [0, 1], 0.9),
            *((rng.integers(1, 5, N) / 4, rng.random(N) < 0.6, N / 20) for N in (12, 7, 15)),
        ],
        mistakes={
            "highest": partial(search, order=lambda confidence: np.unique(confidence)[::-1]),
            "one try": partial(search, order=lambda confidence: np.unique(confidence)[:1]),
            "as given": partial(search, order=np.array),
            "lowest": partial(search, enough=lambda share, wanted: True),
            "more than wanted": partial(search, enough=np.greater),
            "above": partial(search, answered=np.greater),
            "fall": until_the_fall,
            "one by one": one_by_one,
        },
        name="the threshold",
    )


@exercise("evaluate-pens")
def check_pens(pens: Any) -> None:
    """Look which of the three each picture became."""
    rng = np.random.default_rng(5)
    X = np.zeros((900, 784), np.float32)
    X.reshape(-1, 28, 28)[:, 8:20, 11:17] = rng.uniform(0.5, 1, (900, 12, 6))
    found = expect_array(run(pens, X, rng), X.shape)
    if found.dtype != np.float32:
        raise Wrong(f"The pictures are float32, and yours came out as {found.dtype}.")
    versions = {
        "left alone": X,
        "thicker": grown(X, np.maximum),
        "thinner": (X + grown(X, np.minimum)) / 2,
    }
    which = [np.abs(found - version).max(axis=1) < 1e-5 for version in versions.values()]
    others = np.flatnonzero(~np.any(which, axis=0))
    counts = dict(zip(versions, np.sum(which, axis=1), strict=True))
    if max(counts.values()) == len(X):
        raise Mistake("same pen")
    if others.size:
        raise Mistake("other pen", f"Picture {others[0]}: ")
    # Of three that are equally likely each is drawn 300 times, give or take 14.
    if min(counts.values()) < 250:
        drawn = and_list([f"{count} are {name}" for name, count in counts.items()])
        raise Mistake("unlikely", f"Of {len(X)} pictures, {drawn}. ")
    expect_draws(lambda rng: run(pens, X[:60], rng))


def grown(X: np.ndarray, spread: np.ufunc) -> np.ndarray:
    """Strokes one pixel thicker, or with the minimum thinner."""
    M = np.pad(X.reshape(-1, 28, 28), ((0, 0), (1, 1), (1, 1)))
    near = (M[:, 1:-1, 1:-1], M[:, :-2, 1:-1], M[:, 2:, 1:-1], M[:, 1:-1, :-2], M[:, 1:-1, 2:])
    result: np.ndarray = spread.reduce(np.stack(near)).reshape(X.shape)
    return result


@exercise("evaluate-folder")
def check_folder(judge_folder: Any) -> str:
    """Hand over a small folder, in which a known part of the test labels is wrong."""
    rng = np.random.default_rng(5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Each class is a bar at a place of its own: learned within a few steps.
        for part, count, wrong in (("train", 3000, 0), ("t10k", 200, 40)):
            y = rng.integers(0, 10, count)
            images = rng.integers(0, 60, (count, 28, 28))
            for n, label in enumerate(y):
                images[n, 4:24, 2 * label + 4 : 2 * label + 6] += 190
            y[:wrong] = (y[:wrong] + 1) % 10
            write_idx(folder / f"{part}-images-idx3-ubyte", images)
            write_idx(folder / f"{part}-labels-idx1-ubyte", y)
        found = run(judge_folder, folder)
    if isinstance(found, tuple | list) and len(found) == 2 and isinstance(found[1], tuple | list):
        found = (found[0], *found[1])
    found = as_floats(found)
    if not isinstance(found, tuple) or [*map(type, found)] != [float] * 3:
        raise Wrong(
            "Three numbers are asked for: the accuracy, and the two ends of its interval. You "
            f"gave {describe(found)}."
        )
    reached, *interval = found
    if not 0 <= reached <= 1:
        raise Wrong(f"The accuracy is a share from 0 to 1. Yours is {reached:.6g}.")
    N = 200
    if not np.isclose(reached * N, round(reached * N)):
        raise Mistake("other pictures")
    if reached > 0.99:
        raise Mistake("too good")
    if reached < 0.7:
        raise Mistake("hardly trained", f"Your network reads {reached:.2f} of the test pictures. ")
    half = 1.96 * (reached * (1 - reached) / N) ** 0.5
    right = np.array(
        accuracy_interval(np.zeros(N, int), (np.arange(N) >= round(reached * N)).astype(int))
    )
    mistakes = {"exchanged": right[::-1], "plain": [reached - half, reached + half]}
    expect_number("interval", interval, right, mistakes, within=1e-4)
    return "A fifth of the test labels in that folder was wrong, and you measured it."


def write_idx(path: Path, values: np.ndarray) -> None:
    """Write an array of bytes as an IDX file."""
    head = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    path.write_bytes(head + values.astype(np.uint8).tobytes())

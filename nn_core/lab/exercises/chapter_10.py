"""Exercises of the chapter on evaluation."""

import struct
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.expect import Wrong, expect, expect_draws, run
from nn_core.lab.exercises.explain import and_list, describe, is_number
from nn_core.metrics import accuracy_interval


@exercise("evaluate-paper")
def check_paper(error: Any, pictures: Any) -> str:
    """Compare, and say which step went wrong."""
    for name, value in (("error", error), ("pictures", pictures)):
        if not is_number(value):
            raise Wrong(f"`{name}` is a number; you handed in {describe(value)}.")
    variance = 0.96 * 0.04
    stories = [
        (variance / 1600, "That is the variance of the share. The standard error is its root."),
        (variance**0.5, "That is the standard deviation for *one* picture. Where is $N$?"),
        (variance**0.5 / 1600, "Under the root, $N$ divides the variance: you took it out whole."),
        (0.04, "That is the share that is *wrong*. How far may chance move it?"),
        (
            1.96 * (variance / 1600) ** 0.5,
            "That is 1.96 standard errors, half the width of an interval. One is asked for.",
        ),
        (100 * (variance / 1600) ** 0.5, "That is in percentage points. Give it from 0 to 1."),
    ]
    for value, story in stories:
        if np.isclose(error, value, rtol=0.005):
            raise Wrong(f"`error`: {story}")
    if not np.isclose(error, (variance / 1600) ** 0.5, rtol=0.03):
        raise Wrong("`error` is not right yet. Put $p = 0.96$ and $N = 1600$ into the formula.")
    if np.isclose(pictures, variance**0.5 / 0.001, rtol=0.03):
        raise Wrong("`pictures`: square both sides, the 0.001 as well as the root.")
    if np.isclose(pictures, 1600 * (variance / 1600) ** 0.5 / 0.001, rtol=0.03):
        raise Wrong(
            "`pictures`: to make the error about a fifth as large, five times as many pictures are "
            "not enough. $N$ stands under a root."
        )
    if not np.isclose(pictures, variance / 0.001**2, rtol=0.03):
        raise Wrong("`pictures` is not right yet. Solve the formula for $N$.")
    return "Those are many more pictures than there are in the test set of MNIST."


@exercise("evaluate-paired")
def check_paired(paired: Any) -> None:
    """Try pictures of all kinds, then two networks that never disagree."""
    # 9 both right, 16 only first, 9 only second, 5 both wrong alike, 6 both wrong and different.
    kinds = [(0, 0, 9), (0, 1, 16), (1, 0, 9), (2, 2, 5), (1, 2, 6)]
    first, second = (np.repeat([k[i] for k in kinds], [k[2] for k in kinds]) for i in (0, 1))
    y = np.zeros(len(first), int)
    found = run(paired, y, first, second)
    if not isinstance(found, tuple | list) or len(found) != 3:
        raise Wrong(f"Three numbers are asked for. You gave {describe(found)}.")
    for value in found:
        if not is_number(value):
            raise Wrong(f"Three numbers are asked for. One of yours is {describe(value)}.")
    b, c, score = (float(value) for value in found)
    if (b, c) == (25, 18):
        raise Wrong("Your first two numbers count *all* that each got right. Leave out the shared.")
    if (b, c) == (9, 16):
        raise Wrong("Your first two numbers are the wrong way round.")
    if np.isclose(b, 16 / 45) or np.isclose(c, 9 / 45):
        raise Wrong("Those are shares. Counts are asked for.")
    if b != 16 or c != 9:
        raise Wrong(
            f"The first was alone in being right 16 times, the second 9 times; you have {b:g} and "
            f"{c:g}. Mind pictures that both got wrong, in different ways."
        )
    stories = [
        (7, "the difference itself. By how many *standard errors* is it away from 0?"),
        (7 / 25, "divided by $b + c$. The standard error is its *root*."),
        (7 / 45**0.5, "divided by the root of all pictures. Only disagreements are tossed."),
        (7 / 31**0.5, "divided by the root of all *different answers*. Both wrong says nothing."),
        (49 / 25, "its square, which some books use. The sign is lost in it."),
        (-7 / 5, "of the wrong sign: above 0 where the first is ahead."),
        (7 / 45, "the difference of the accuracies. Divide by its standard error."),
    ]
    for value, story in stories:
        if np.isclose(score, value):
            raise Wrong(f"The counts are right. The score is {story}")
    p, q, N = 25 / 45, 18 / 45, 45
    unpaired = ((p * (1 - p) + q * (1 - q)) / N) ** 0.5
    if np.isclose(score, (p - q) / unpaired):
        raise Wrong(
            "The counts are right. The score takes the standard errors of two *unrelated* shares. "
            "Both networks read the same pictures, so what they share cancels: only the $b + c$ "
            "pictures count on which one is right alone."
        )
    if not np.isclose(score, 7 / 5):
        raise Wrong("The counts are right, the score is not yet: 7, over the root of 25.")
    one_sided = run(paired, y[:25], first[:25], second[:25])
    right = (16.0, 0.0, 4.0)
    if isinstance(one_sided, tuple | list) and all(map(is_number, one_sided)):
        one_sided = tuple(float(value) for value in one_sided)
    expect(one_sided, right, "what it gives where only the first is ever right alone")
    with np.errstate(all="ignore"):
        same = run(paired, y, first, first)
    if not isinstance(same, tuple | list) or len(same) != 3 or not all(map(is_number, same)):
        raise Wrong(
            f"Three numbers are asked for. For two equal networks you gave {describe(same)}."
        )
    if not np.isfinite(same[2]):
        raise Wrong(
            "Two networks that give the same answers never disagree, and you divide by 0. Then "
            "the score is 0."
        )
    expect(tuple(float(value) for value in same), (0.0, 0.0, 0.0), "what it gives for equal ones")


@exercise("evaluate-threshold")
def check_threshold(threshold_for: Any) -> None:
    """Try a rising share, one that is not, ties, and a wish that cannot be met."""
    confidence = np.array([0.9, 0.6, 0.8, 0.5, 0.7, 0.95])
    right = np.array([True, False, True, False, True, True])
    found = run(threshold_for, confidence, right, 0.8)
    if not is_number(found):
        raise Wrong(f"A number is asked for. You gave {describe(found)}.")
    if found == 0.95:
        raise Wrong(
            "You gave the highest threshold that will do. With a lower one, the network answers "
            "more, and is still right often enough."
        )
    if found == 0.5:
        raise Wrong(
            "0.5 lets the network answer all six, and only four of them are right: 0.67, for a "
            "wish of 0.8."
        )
    if found == 0.7:
        raise Wrong("0.7 will do, but 0.6 as well: four of five are right there, which is 0.8.")
    expect(float_of(found), 0.6, "the threshold for 6 pictures")
    # From above: 1, 1/2, 2/3, 3/4, 4/5. From the top down, it first falls below the wish.
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    right = np.array([True, False, True, True, True])
    found = run(threshold_for, confidence, right, 0.75)
    if found == 0.9:
        raise Wrong(
            "From the top down, the share may fall and rise again. You stopped at the first fall; "
            "further down there are thresholds that will do."
        )
    expect(float_of(found), 0.5, "the threshold where the share falls and rises")
    confidence = np.array([0.9, 0.8, 0.8, 0.8, 0.5])
    right = np.array([True, False, True, True, False])
    found = run(threshold_for, confidence, right, 0.75)
    expect(float_of(found), 0.8, "the threshold where three confidences are equal")
    # Equal confidences are answered together, in whichever order they stand.
    for order in ([True, True, False, False], [True, False, False, True]):
        found = run(threshold_for, np.array([0.9, 0.8, 0.8, 0.8]), np.array(order), 0.9)
        if found == 0.8:
            raise Wrong(
                "Three of four confidences are 0.8: with this threshold, all four are answered, "
                "and two are right, 0.5, for a wish of 0.9. Equal confidences are answered "
                "together; you judged somewhere among them."
            )
        expect(float_of(found), 0.9, "the threshold where only the surest picture will do")
    found = run(threshold_for, np.array([0.9, 0.8]), np.array([False, True]), 0.9)
    if not is_number(found) or found != np.inf:
        raise Wrong("If no threshold will do, infinity is asked for, so that nothing is answered.")


def float_of(value: Any) -> Any:
    """Give a number as a float, and anything else as it is."""
    return float(value) if is_number(value) else value


@exercise("evaluate-pens")
def check_pens(pens: Any) -> None:
    """Look which of the three each picture became."""
    rng = np.random.default_rng(5)
    X = np.zeros((300, 784), np.float32)
    X.reshape(-1, 28, 28)[:, 8:20, 11:17] = rng.uniform(0.5, 1, (300, 12, 6))
    found = run(pens, X, rng)
    if not isinstance(found, np.ndarray) or found.shape != X.shape:
        raise Wrong(
            f"For a batch of shape {X.shape} an array of that shape is asked for. You gave "
            f"{describe(found)}."
        )
    if found.dtype != np.float32:
        raise Wrong(f"The pictures are float32, and yours came out as {found.dtype}.")
    versions = [X, grown(X, np.maximum), (X + grown(X, np.minimum)) / 2]
    which = np.array([[np.allclose(f, v[n], atol=1e-5) for v in versions]
                      for n, f in enumerate(found)])  # fmt: skip
    counts = which.sum(axis=0)
    if (counts == len(X)).any():
        raise Wrong("The whole batch got the same pen. Draw one for each picture.")
    if not which.any(axis=1).all():
        n = int(np.flatnonzero(~which.any(axis=1))[0])
        raise Wrong(
            f"Picture {n} is none of the three: left alone, one pixel thicker, half a pixel "
            "thinner, each done once."
        )
    for count, name in zip(counts, ("left alone", "thicker", "thinner"), strict=True):
        if count == 0:
            raise Wrong(f"Of 300 pictures, none is {name}. All three should be equally likely.")
    if counts.min() < 70:
        raise Wrong(
            "The three are not equally likely: of 300 pictures, "
            f"{counts[0]} are left alone, {counts[1]} thicker, {counts[2]} thinner."
        )
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
    if isinstance(found, np.ndarray):
        found = tuple(found)
    if isinstance(found, tuple) and len(found) == 2 and isinstance(found[1], tuple):
        found = (found[0], *found[1])
    if not isinstance(found, tuple | list) or len(found) != 3:
        raise Wrong(
            "Three numbers are asked for: the accuracy, and the two ends of its interval. You "
            f"gave {describe(found)}."
        )
    if not all(is_number(value) and np.isfinite(value) for value in found):
        raise Wrong(
            f"Three numbers are asked for. You gave {and_list(list(map(describe, found)))}."
        )
    reached, low, high = (float(value) for value in found)
    if reached > 0.99:
        raise Wrong(
            "Nearly all right? In the folder that you were given, a fifth of the *test* labels is "
            "wrong. Judge on the test pictures, not on those you trained on."
        )
    if reached > 0.81 and not np.isclose(reached * 200, round(reached * 200)):
        raise Wrong(
            "That is no share of the 200 test pictures in the folder that you were given. Do you "
            "read `folder`, or MNIST?"
        )
    if reached < 0.7:
        raise Wrong(
            f"Your network reads {reached:.2f} of the test pictures; with easy ones such as these, "
            "0.8 can be had. Train it for longer, or at another rate."
        )
    N = 200
    expected = accuracy_interval(np.zeros(N, int), (np.arange(N) >= round(reached * N)).astype(int))
    if np.isclose(low, expected[1]) and np.isclose(high, expected[0]):
        raise Wrong("The two ends of the interval are the wrong way round.")
    half = 1.96 * (reached * (1 - reached) / N) ** 0.5
    if np.allclose((low, high), (reached - half, reached + half), atol=1e-4):
        raise Wrong("That is the plain interval, which fails near 1. Give Wilson's.")
    if not np.allclose((low, high), expected, atol=1e-4):
        raise Wrong(
            f"For {reached:.3f} of {N} pictures, the interval goes from {expected[0]:.3f} to "
            f"{expected[1]:.3f}; yours from {low:.3f} to {high:.3f}."
        )
    return "A fifth of the test labels in that folder was wrong, and you measured it."


def write_idx(path: Path, values: np.ndarray) -> None:
    """Write an array of bytes as an IDX file."""
    head = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    path.write_bytes(head + values.astype(np.uint8).tobytes())

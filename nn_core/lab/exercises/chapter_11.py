"""Exercises of the chapter on five published networks."""

from typing import Any

import numpy as np

from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.expect import Wrong, expect, run
from nn_core.lab.exercises.explain import describe, is_number


@exercise("published-work")
def check_work(steps_taken: Any, times_as_many: Any) -> None:
    """Compare, and say what was counted instead."""
    for name, value in (("steps_taken", steps_taken), ("times_as_many", times_as_many)):
        if not is_number(value):
            raise Wrong(f"`{name}` is a number; you handed in {describe(value)}.")
    stories: list[tuple[float, str]] = [
        (480, "Those are the steps of *one* epoch. There are eight."),
        (8, "That is the number of epochs. In each of them, every batch is a step."),
        (384_000, "Those are the pictures looked at. One step takes 100 of them."),
        (800, "You multiplied epochs and batch size. How many batches are in an epoch?"),
        (60, "You divided by the epochs. Each epoch takes all batches once more."),
    ]
    for value, story in stories:
        if np.isclose(steps_taken, value):
            raise Wrong(f"`steps_taken`: {story}")
    if not np.isclose(steps_taken, 3_840):
        raise Wrong("`steps_taken` is not right yet. Count the batches in one epoch first.")
    stories = [
        (
            1_200 / 3_840,
            "You compared the numbers of *steps*. Its steps are dearer: count pictures.",
        ),
        (3_840 / 1_200, "You compared the numbers of *steps*, the wrong way round at that."),
        (480 * 150, "The batch size does not matter here. An epoch looks at each picture once."),
        (8 / 1_200, "The wrong way round: the full batch looks at *more* pictures."),
        (57_600_000, "That is how many pictures it looks at. How many times as many is that?"),
    ]
    for value, story in stories:
        if np.isclose(times_as_many, value):
            raise Wrong(f"`times_as_many`: {story}")
    if not np.isclose(times_as_many, 150):
        raise Wrong("`times_as_many` is not right yet. How many epochs does each of them have?")


@exercise("published-rates")
def check_rates(cross_entropy_rate: Any, squared_error_rate: Any) -> None:
    """Compare, and name the factor that is too many or missing."""
    given = {
        "cross_entropy_rate": cross_entropy_rate,
        "squared_error_rate": squared_error_rate,
    }
    for name, value in given.items():
        if not is_number(value):
            raise Wrong(f"`{name}` is a number; you handed in {describe(value)}.")
    stories = [
        (0.002, "That is the author's. A sum has a gradient 64 times as long as the mean."),
        (
            0.002 / 64,
            "The wrong way round: the author's gradient is *longer*, so our rate is larger.",
        ),
        (0.002 * 640, "The cross-entropy is not averaged over the classes: leave out the 10."),
        (0.002 * 320, "That is the factor for the squared error. Here it is the cross-entropy."),
        (0.002 * 32, "Where does the half come from? There is no square here."),
    ]
    for value, story in stories:
        if np.isclose(cross_entropy_rate, value):
            raise Wrong(f"`cross_entropy_rate`: {story}")
    if not np.isclose(cross_entropy_rate, 0.128):
        raise Wrong("`cross_entropy_rate` is not right yet. How many times ours is the sum?")
    stories = [
        (0.3, "That is the author's. Ours is averaged over the classes, too."),
        (0.03, "The wrong way round: our loss is *smaller*, so our rate is larger."),
        (1.5, "There is no half in this loss. The factor of 2 stands on both sides."),
        (192, "Both average over the batch, so that 64 does not enter."),
        (96, "Both average over the batch, and there is no half: neither 64 nor 2 enters."),
        (6, "The 2 of the derivative stands on both sides."),
    ]
    for value, story in stories:
        if np.isclose(squared_error_rate, value):
            raise Wrong(f"`squared_error_rate`: {story}")
    if not np.isclose(squared_error_rate, 3):
        raise Wrong("`squared_error_rate` is not right yet. By which factor do the losses differ?")


@exercise("published-columns")
def check_columns(dense_backward_columns: Any) -> str:
    """Try a layer in which no two sizes are equal."""
    rng = np.random.default_rng(11)
    N, inputs, units = 7, 5, 3
    dZ, A = rng.normal(size=(units, N)), rng.normal(size=(inputs, N))
    W = rng.normal(size=(units, inputs))
    found = run(dense_backward_columns, dZ, A, W)
    if not isinstance(found, tuple | list) or len(found) != 3:
        raise Wrong(f"Three arrays are asked for: dA, dW and db. You gave {describe(found)}.")
    dA, dW, db = found
    if np.ndim(db) == 0 or np.size(db) == 1:
        raise Wrong(
            "Your `db` is one number for the whole layer. Each unit has a bias of its own: sum "
            "over the examples only, along axis 1."
        )
    if np.shape(db) == (N,) or np.shape(db) == (1, N):
        raise Wrong(
            "Your `db` has one number for each *example*: it was summed over the units. Examples "
            "lie along axis 1 here."
        )
    if np.shape(dA) == (units, inputs) and np.shape(dW) == (inputs, N):
        raise Wrong("`dA` and `dW` are the wrong way round: dA first, then dW, then db.")
    expect(dA, W.T @ dZ, "`dA`", N=N)
    expect(dW, dZ @ A.T, "`dW`", N=N)
    expect(db, dZ.sum(axis=1, keepdims=True), "`db`", N=N)
    return "Compare with `dense_backward`: each line is its mirror image."


@exercise("published-distance")
def check_distance(distance_of: Any) -> None:
    """Try a figure on each side of several runs, then two runs."""
    # Neither the median nor the middle of the extremes is the mean.
    reached = np.array([0.88, 0.90, 0.89, 0.91, 0.95])
    s, mean = np.std(reached, ddof=1), np.mean(reached)
    found = run(distance_of, 0.93, reached)
    if not is_number(found):
        raise Wrong(f"A number is asked for. You gave {describe(found)}.")
    away = 0.93 - mean
    right = away / (s * np.sqrt(1.2))
    stories = [
        (
            (0.93 - np.median(reached)) / (s * np.sqrt(1.2)),
            "You took the median. The mean of the runs is asked for.",
        ),
        (-right, "The sign: above zero where the stated figure is the higher one."),
        (away, "That is the difference itself. Divide by how far one more run scatters."),
        (
            away / s,
            "You divided by the spread alone. Your mean scatters, too: the root of $1 + 1/R$.",
        ),
        (
            away / (s / np.sqrt(5)),
            "You divided by the standard error of your *mean*. A stated figure is a single run.",
        ),
        (
            away / (np.std(reached) * np.sqrt(1.2)),
            "The spread is taken with `ddof=1`: the mean was computed from the same runs.",
        ),
        (away / (s * 1.2), "The variance grows by the factor $1 + 1/R$. The spread by its root."),
        (away / (s**2 * 1.2), "You divided by a variance. Take its root."),
    ]
    for value, story in stories:
        if np.isclose(found, value):
            raise Wrong(story)
    expect(float(found), float(right), "the distance")
    below = run(distance_of, 0.85, reached)
    if np.isclose(below, abs(0.85 - mean) / (s * np.sqrt(1.2))):
        raise Wrong("Below the mean, the distance is below zero. Leave the sign in.")
    two = np.array([0.5, 0.6])
    expect(
        float(run(distance_of, 0.7, two)),
        float(0.15 / (np.std(two, ddof=1) * np.sqrt(1.5))),
        "the distance from two runs",
    )

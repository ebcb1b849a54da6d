"""Exercises of the chapter on optimizers."""

from typing import Any

import numpy as np

from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.expect import Wrong, expect, run
from nn_core.lab.exercises.explain import close, describe, is_number


def near(value: Any, number: float) -> bool:
    """Whether a number is the one that is meant, as far as one writes it down."""
    return bool(abs(value - number) <= 0.005 * abs(number))


def check_numbers(given: dict[str, Any]) -> None:
    """Raise `Wrong` unless all are single numbers."""
    for name, value in given.items():
        if not is_number(value):
            raise Wrong(f"`{name}` is a number; you handed in {describe(value)}.")


@exercise("optim-hand")
def check_hand(below: Any, best_rate: Any, times_as_long: Any) -> None:
    """Compare three numbers, and name the slip."""
    given = {"below": below, "best_rate": best_rate, "times_as_long": times_as_long}
    check_numbers(given)
    right = {"below": 2 / 50, "best_rate": 2 / 52, "times_as_long": 20.0}
    stories = {
        "below": (
            (1.0, "That is the bound of the flat axis. The steep one is stricter."),
            (
                0.02,
                "With $\\eta = 1/50$ the steep axis arrives in one step. It converges beyond that, "
                "too, until the factor reaches $-1$.",
            ),
            (2 / 52, "That is the best rate. It converges a little above it, too."),
        ),
        "best_rate": (
            (0.04, "That is the bound, where the steep axis comes no closer."),
            (1 / 26 / 2, "Nearly: the sum of the curvatures stands below a 2, not a 1."),
            (0.038, "Nearly. Give three digits, or the fraction."),
            (2 / 48, "The *sum* of the curvatures is asked for, not their difference."),
            (0.02, "That suits the steep axis alone. The flat one would keep 0.96 in each step."),
        ),
        "times_as_long": (
            (0.05, "That is $1 - \\beta$. Divide by it."),
            (0.95, "That is $\\beta$, what is kept from one step to the next. Add up all of it."),
            (1 / 1.95, "That is for a slope that alternates. This one is steady."),
            (19.0, "You left out the newest gradient, the 1 in the geometric sum."),
        ),
    }
    for name, value in given.items():
        if near(value, right[name]):
            continue
        for number, words in stories[name]:
            if near(value, number):
                raise Wrong(f"`{name}`: {words}")
        raise Wrong(f"`{name}` is not right yet. Go back to the formula, and put the numbers in.")


@exercise("optim-cents")
def check_cents(sgd: Any, momentum: Any, adagrad: Any, adam: Any) -> None:
    """Compare four factors, and name the misconception."""
    given = {"sgd": sgd, "momentum": momentum, "adagrad": adagrad, "adam": adam}
    check_numbers(given)
    for name in ("sgd", "momentum"):
        value = given[name]
        if near(value, 100):
            raise Wrong(
                f"`{name}`: with 100 times the rate *and* 100 times the gradient, the steps would "
                "be 10,000 times as long."
            )
        if near(value, 1):
            raise Wrong(
                f"`{name}`: with the same rate, its steps would be 100 times as long as before."
            )
        if name == "momentum" and near(value, 0.001):
            raise Wrong(
                "`momentum`: that would be for somebody who turns momentum on, too. It was on "
                "before."
            )
        if not near(value, 0.01):
            raise Wrong(f"`{name}` is not right yet. How long is its step, with $100\\,g$?")
    for name in ("adagrad", "adam"):
        value = given[name]
        if near(value, 0.01):
            raise Wrong(
                f"`{name}`: look at what it divides by. If all gradients are 100 times as large, "
                "so is that."
            )
        if near(value, 0.1) or near(value, 10):
            raise Wrong(
                f"`{name}`: $s$ holds *squares*, so it is 10,000 times as large, and its root 100 "
                "times."
            )
        if near(value, 100):
            raise Wrong(
                f"`{name}`: it divides by 100 times as much, but what it divides grew, too."
            )
        if not near(value, 1):
            raise Wrong(f"`{name}` is not right yet. Put $100\\,g$ into its formula.")


@exercise("optim-mean")
def check_mean(smoothed: Any) -> None:
    """Compare, and name the mean that was taken in its place."""
    values, beta = [4.0, 8.0, 6.0, 7.0], 0.75
    t = np.arange(1, 5)
    kept = 1 - beta**t
    weighted, again, m, wrong = [], [], 0.0, 0.0
    for count, value in enumerate(values, start=1):
        m = beta * m + (1 - beta) * value
        wrong = (beta * wrong + (1 - beta) * value) / (1 - beta**count)
        weighted.append(m)
        again.append(wrong)
    found = as_array(run(smoothed, values, beta))
    first = values[0]
    from_first = [first := beta * first + (1 - beta) * value for value in values]
    stories: list[tuple[Any, str]] = [
        (corrected_means(values, 1 - beta), "$\\beta$ and $1 - \\beta$ are exchanged: the old mean "
         "is kept with the factor $\\beta$, and the new value enters with $1 - \\beta$."),
        (from_first, "Your mean starts at the first value, which then counts for more than any "
         "other. Start at 0 and divide by $1 - \\beta^t$."),
        (from_first / kept, "Your mean starts at the first value, and is corrected on top. The "
         "correction is for a mean that starts at 0."),
        (weighted, "That is the mean without the correction. It begins far too small: of a 4, it "
         "says 1. Divide by $1 - \\beta^t$."),
        (weighted * kept, "You multiplied by $1 - \\beta^t$. The mean is too small by this "
         "factor, so divide by it."),
        (again, "The first is right. Then you went on with the corrected mean, and corrected it "
         "once more. Keep `m` as it is, and correct only what you show."),
        (np.array(weighted) / (1 - beta), "You divided by $1 - \\beta$. That is right for the "
         "first value only; after $t$ of them it is $1 - \\beta^t$."),
        (np.cumsum(values) / t, "That is the plain mean of all values so far. Recent ones should "
         "count more."),
    ]  # fmt: skip
    for array, story in stories:
        if found.shape == (4,) and close(found, array):
            raise Wrong(story)
    many = np.random.default_rng(8).normal(size=9).tolist()
    for case in ((values, beta), (many, 0.9), (many,)):
        expect(as_array(run(smoothed, *case)), corrected_means(*case), "the list of means")


def corrected_means(values: list[float], beta: float = 0.98) -> np.ndarray:
    """The corrected weighted mean after each value."""
    m, means = 0.0, []
    for t, value in enumerate(values, start=1):
        m = beta * m + (1 - beta) * value
        means.append(m / (1 - beta**t))
    return np.array(means)


def as_array(found: Any) -> np.ndarray:
    """Take a list of numbers for an array, and nothing else."""
    if isinstance(found, list | tuple) and not all(map(is_number, found)):
        raise Wrong("The list holds something that is no number.")
    if not isinstance(found, list | tuple | np.ndarray):
        raise Wrong(f"A list is asked for, with one mean for each value; found {describe(found)}.")
    array = np.asarray(found)
    if array.dtype.kind not in "iuf":
        raise Wrong(f"Your array holds values of type {array.dtype}; numbers are asked for.")
    return array.astype(float)


@exercise("optim-linear")
def check_linear(linear_decay: Any) -> None:
    """Ask for the rates of a whole run and beyond."""
    made = run(linear_decay, 0.1, 10)
    if is_number(made):
        raise Wrong(
            "Your function gives a number. It should *make* a schedule: return a function of `t`, "
            "as the others do."
        )

    def rates(lr: float, steps: int) -> np.ndarray:
        schedule = run(linear_decay, lr, steps)
        found = [run(schedule, t) for t in range(steps + 4)]
        for value in found:
            if not is_number(value):
                raise Wrong(f"A rate is a number; your schedule gives {describe(value)}.")
        return np.array(found, float)

    def line(lr: float, steps: int) -> np.ndarray:
        return lr * np.maximum(1 - np.arange(steps + 4) / steps, 0)

    found = rates(0.1, 10)
    if (found < -1e-12).any():
        raise Wrong(
            "After the last step the rate is negative: training would climb. It should stay at "
            "zero."
        )
    if np.allclose(found[:-3], 0.1 * np.arange(11) / 10):
        raise Wrong("Your line rises. It should begin at `lr`, and fall to zero.")
    if np.allclose(found[1:10], line(0.1, 10)[:9]) or np.allclose(found[:10], line(0.1, 10)[1:11]):
        raise Wrong("Your line is one step off: in step 0 the rate is `lr`, in step `steps` zero.")
    for case in ((0.1, 10), (3.0, 7)):
        expect(rates(*case), line(*case), "the list of rates, from step 0 on")

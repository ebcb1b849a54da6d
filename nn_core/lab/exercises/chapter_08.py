"""Exercises of the chapter on optimizers."""

from typing import Any

import numpy as np

from nn_core.lab.exercises.exercise import exercise, exercise_in_numbers
from nn_core.lab.exercises.expect import Wrong, expect_function, run
from nn_core.lab.exercises.explain import as_numbers, describe, is_number

ROUNDED = 0.005  # how far a number may be off that is written down with three digits


exercise_in_numbers(
    "optim-hand",
    below={"right": 2 / 50, "flat axis": 1, "one step": 1 / 50, "best": 2 / 52},
    best_rate={
        "right": 2 / 52,
        "bound": 2 / 50,
        "no 2": 1 / 52,
        "two digits": 0.038,
        "difference": 2 / 48,
        "steep axis": 1 / 50,
    },
    times_as_long={
        "right": 20,
        "lost": 1 - 0.95,
        "kept": 0.95,
        "alternating": 1 / 1.95,
        "newest": 19,
    },
    within=ROUNDED,
)


exercise_in_numbers(
    "optim-cents",
    sgd={"right": 1 / 100, "upside down": 100, "none": 1},
    momentum={"right": 1 / 100, "none": 1, "turned on": 1 / 1000},
    adagrad={"right": 1, "as sgd": 1 / 100, "squares": 1 / 10, "upside down": 100},
    adam={"right": 1, "as sgd": 1 / 100, "squares": 1 / 10},
    within=ROUNDED,
)


@exercise("optim-mean")
def check_mean(smoothed: Any) -> None:
    """Compare with the corrected mean, and with the means that are easily taken for it."""

    def mean(values: list[float], beta: float = 0.98, m: float = 0.0) -> np.ndarray:
        return np.array([m := beta * m + (1 - beta) * value for value in values])

    def weight(values: list[float], beta: float = 0.98) -> np.ndarray:
        return 1 - beta ** np.arange(1, len(values) + 1)

    def right(*given: Any) -> np.ndarray:
        return mean(*given) / weight(*given)

    def corrected_again(values: list[float], beta: float = 0.98) -> np.ndarray:
        m, found = 0.0, []
        for value, k in zip(values, weight(values, beta), strict=True):
            m = (beta * m + (1 - beta) * value) / k
            found.append(m)
        return np.array(found)

    rng = np.random.default_rng(8)
    expect_function(
        smoothed,
        right,
        cases=[
            ([4.0, 8.0, 6.0, 7.0], 0.75),
            (rng.normal(size=9).tolist(), 0.9),
            (rng.normal(size=7).tolist(),),
        ],
        mistakes={
            "exchanged": lambda values, beta=0.98: right(values, 1 - beta),
            "first": lambda values, beta=0.98: mean(values, beta, values[0]),
            "first, corrected": lambda values, beta=0.98: (
                mean(values, beta, values[0]) / weight(values, beta)
            ),
            "not corrected": mean,
            "multiplied": lambda *given: mean(*given) * weight(*given),
            "corrected again": corrected_again,
            "one divisor": lambda values, beta=0.98: mean(values, beta) / (1 - beta),
            "plain": lambda values, *_: np.cumsum(values) / np.arange(1, len(values) + 1),
        },
        name="the list of means",
        read=as_numbers,
    )


@exercise("optim-linear")
def check_linear(linear_decay: Any) -> None:
    """Ask for the rates of a whole run and beyond."""

    def rates(lr: float, steps: int) -> np.ndarray:
        schedule = run(linear_decay, lr, steps)
        if is_number(schedule):
            raise Wrong(
                "Your function gives a number. It should *make* a schedule: return a function of "
                "`t`, as the others do."
            )
        found = [run(schedule, t) for t in range(steps + 4)]
        for value in found:
            if not is_number(value):
                raise Wrong(f"A rate is a number; your schedule gives {describe(value)}.")
        return np.array(found, float)

    def line(lr: float, steps: int, shift: int = 0) -> np.ndarray:
        return lr * (1 - (np.arange(steps + 4) + shift) / steps)

    expect_function(
        rates,
        lambda *given: np.maximum(line(*given), 0),
        cases=[(0.1, 10), (3.0, 7)],
        mistakes={
            "negative": line,
            "rising": lambda lr, steps: lr - np.maximum(line(lr, steps), 0),
            "early": lambda lr, steps: np.maximum(line(lr, steps, 1), 0),
            "late": lambda lr, steps: np.maximum(line(lr, steps, -1), 0),
        },
        name="the list of rates, from step 0 on,",
    )

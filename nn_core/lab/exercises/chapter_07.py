"""Exercises of the chapter on initialization."""

import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from nn_core.lab.exercises.exercise import exercise, exercise_in_numbers
from nn_core.lab.exercises.expect import (
    Mistake,
    Wrong,
    expect_array,
    expect_draws,
    expect_function,
    run,
)
from nn_core.layers import relu_forward

exercise_in_numbers(
    "init-hand",
    variance_z={
        "right": 3,
        "deviation": math.sqrt(3),
        "half": 1.5,
        "inputs": 6,
        "squared weights": 0.12,
        "one term": 0.02,
        "squared inputs": 0.75,
    },
    mean_square_a={
        "right": 1.5,
        "before ReLU": 3,
        "quarter": 0.75,
        "variance": 1.5 * (1 - 1 / math.pi),
        "size": math.sqrt(1.5),
    },
    limit={
        "right": 0.2,
        "variance": 2 / 150,
        "deviation": math.sqrt(2 / 150),
        "square": 0.04,
        "no 2": math.sqrt(3 / 150),
        "this layer": math.sqrt(0.12),
    },
)


exercise_in_numbers(
    "init-harmless",
    first_relu={"right": False},
    first_tanh={"right": True},
    last_relu={"right": True},
    both_tanh={"right": False},
)


@exercise("init-leaky")
def check_leaky(leaky_normal: Any) -> None:
    """Measure the variance of many weights, for several slopes and shapes, then their shape."""

    def draw(shape: tuple[int, int], slope: float) -> np.ndarray:
        return expect_array(run(leaky_normal, shape, np.random.default_rng(7), slope), shape)

    def mean_square(shape: tuple[int, int], slope: float) -> Any:
        W = draw(shape, slope)
        if abs(W.mean()) > 5 * W.std() / W.size**0.5:
            where = f"(For the shape {shape} and the slope {slope:g}.)"
            raise Wrong(f"The mean of your weights is {W.mean():.3g}, not zero. {where}")
        return np.mean(W**2)

    def right(shape: tuple[int, int], slope: float) -> float:
        return 2 / ((1 + slope**2) * shape[0])

    cases = [((200, 700), 0.5), ((600, 200), 0.0), ((300, 340), 0.9)]
    expect_function(
        mean_square,
        right,
        cases,
        mistakes={
            "variance": lambda shape, s: right(shape, s) ** 2,
            "root twice": lambda shape, s: right(shape, s) ** 0.5,
            "a / b * c": lambda shape, s: 2 / (1 + s**2) * shape[0],
            "1 + b * c": lambda shape, s: 2 / (1 + s**2 * shape[0]),
            "root of 2": lambda shape, s: 2 / ((1 + s**2) * shape[0]) ** 2,
            "twice": lambda shape, s: 4 / ((1 + s**2) * shape[0]),
            "square of sum": lambda shape, s: 2 / ((1 + s) ** 2 * shape[0]),
            "no square": lambda shape, s: 2 / ((1 + s) * shape[0]),
            "He": lambda shape, s: 2 / shape[0],
            "no 2": lambda shape, s: 1 / ((1 + s**2) * shape[0]),
            "upside down": lambda shape, s: 2 * (1 + s**2) / shape[0],
            "outputs": lambda shape, s: 2 / ((1 + s**2) * shape[1]),
            "Glorot": lambda shape, s: 4 / ((1 + s**2) * sum(shape)),
        },
        name="the variance of your weights",
        within=0.03,  # of so many draws
    )
    steps = np.array([-2, -1, -0.5, 0.5, 1, 2])
    normal = np.array([0.5 * (1 + math.erf(step / 2**0.5)) for step in steps])
    for case in cases:
        below = np.mean(draw(*case)[..., None] < steps * right(*case) ** 0.5, axis=(0, 1))
        if np.abs(below - normal).max() > 0.01:
            raise Mistake("not normal")
    expect_draws(lambda rng: run(leaky_normal, (20, 30), rng, 0.5))


@exercise("init-measure")
def check_measure(unit_sizes: Any) -> None:
    """Compare with layer-by-layer scaling, and with its mistakes."""
    rng = np.random.default_rng(5)

    def case(N: int, *sizes: int) -> tuple[list[np.ndarray], np.ndarray]:
        return [rng.normal(size=shape) for shape in pairwise(sizes)], rng.random((N, sizes[0]))

    expect_function(
        unit_sizes,
        scaled,
        cases=[case(50, 6, 5, 4, 3), case(40, 4, 7, 2)],
        mistakes={
            "not updated": partial(scaled, update=False),
            "no ReLU": partial(scaled, passed=lambda Z: Z),
            "mean square": partial(scaled, measure=lambda Z: np.mean(Z**2)),
            "deviation": partial(scaled, measure=np.std),
            "after ReLU": partial(scaled, measure=lambda Z: size(relu_forward(Z))),
        },
        name="the list of weights",
    )


def size(Z: np.ndarray) -> Any:
    """The root of the mean square, as in the chapter."""
    return np.sqrt(np.mean(Z**2))


def scaled(
    W: list[np.ndarray],
    X: np.ndarray,
    *,
    measure: Callable[[np.ndarray], Any] = size,
    passed: Callable[[np.ndarray], np.ndarray] = relu_forward,
    update: bool = True,
) -> list[np.ndarray]:
    """Scale the layers one by one; the options are the mistakes one can make."""
    result, A = [], X
    for W_l in W:
        Z = A @ W_l
        length = measure(Z)
        result.append(W_l / length)
        A = passed(Z / length if update else Z)
    return result

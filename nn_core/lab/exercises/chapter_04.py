"""Exercises of the chapter on the numerical gradient."""

import copy
from typing import Any

import numpy as np

from nn_core.lab.exercises.exercise import exercise, exercise_in_numbers
from nn_core.lab.exercises.expect import Mistake, Wrong, expect_function, run
from nn_core.lab.exercises.explain import as_numbers, close, describe

exercise_in_numbers(
    "numeric-hand",
    exact={"right": 1},
    one_sided={"right": 1.21, "difference": 0.121, "by 2h": 0.605, "left": 0.81},
    central={"right": 1.01, "difference": 0.202, "by h": 2.02, "sign": 0.2},
)


class Cubes:
    """The sum of the cubes of `x`, as a function without arguments; its copy reads a copy."""

    def __init__(self, x: np.ndarray) -> None:
        self.x = x
        self.losses: list[float] = []
        self.copied = self

    def __call__(self) -> float:
        """Give the sum, and keep it among the losses."""
        loss = float(np.sum(self.x**3))
        self.losses.append(loss)
        return loss

    def __deepcopy__(self, memo: dict[int, Any]) -> "Cubes":
        self.copied = Cubes(copy.deepcopy(self.x, memo))
        return self.copied


@exercise("numeric-sparing")
def check_sparing(one_sided_gradient: Any) -> None:
    """Look whether the array is as before, compare, and count the losses."""
    spent = []

    def gradient(x: np.ndarray) -> Any:
        loss = Cubes(x)
        found = run(one_sided_gradient, loss, x, 1e-6, may_change=(0, 1))
        seen = loss.copied
        if not np.array_equal(seen.x, x):
            raise Mistake("row" if x.ndim > 1 else "not put back")
        if len(seen.losses) > 1 and len({*seen.losses}) == 1:
            raise Mistake("copy")
        spent.append((x.size, len(seen.losses)))
        return found

    def slope(x: np.ndarray) -> np.ndarray:
        return 3 * x**2

    # Other numbers each time: memory that was never written to may hold an earlier answer.
    cases = [(np.random.default_rng().uniform(0.5, 1.5, shape),) for shape in ((5,), (4, 3))]
    for (x,) in cases:
        x.flat[2] = 1e-8 / 3  # adding the step and taking it away does not give this one back
    expect_function(
        gradient,
        slope,
        cases,
        mistakes={
            "half": lambda x: slope(x) / 2,
            "added": lambda x: slope(x).cumsum().reshape(x.shape),
        },
        name="the gradient",
        within=1e-4,
    )
    for size, losses in spent:
        if losses != size + 1:
            raise Mistake(
                "losses", f"The slopes are right, and for {size} entries you computed {losses} "
                f"losses. {size + 1} are enough. "
            )  # fmt: skip


@exercise("numeric-better")
def check_better(better_slope: Any) -> None:
    """Compare on smooth functions, with steps so large that each error shows."""

    def central(f: Any, x: float, h: float) -> Any:
        return (f(x + h) - f(x - h)) / (2 * h)

    expect_function(
        better_slope,
        lambda f, x, h: (4 * central(f, x, h) - central(f, x, 2 * h)) / 3,
        cases=[(np.exp, 0.5, 0.4), (np.sin, 1.0, 0.5), (np.tanh, -0.3, 0.3)],
        mistakes={
            "h": central,
            "2h": lambda f, x, h: central(f, x, 2 * h),
            "mean": lambda f, x, h: (central(f, x, h) + central(f, x, 2 * h)) / 2,
            "doubles": lambda f, x, h: 2 * central(f, x, h) - central(f, x, 2 * h),
            "three": lambda f, x, h: 4 * central(f, x, h) - central(f, x, 2 * h),
            "reversed": lambda f, x, h: (4 * central(f, x, 2 * h) - central(f, x, h)) / 3,
        },
        name="the slope",
    )


@exercise("numeric-fool")
def check_fool(wrong_gradient: Any) -> str:
    """Look whether it is wrong, and passes."""
    gradient = as_numbers(wrong_gradient)
    kind = gradient.dtype.kind if isinstance(gradient, np.ndarray) else None
    if kind not in ("i", "u", "f") or gradient.shape != (2,):
        raise Wrong(
            "A gradient of shape (2,) is asked for, two numbers. You handed in "
            f"{describe(wrong_gradient)}."
        )
    right, u = np.array([8, 3]), np.array([0.6, 0.8])
    if close(gradient, right):
        raise Mistake("right")
    if not close(gradient @ u, right @ u):
        raise Mistake("seen", f"Along $u$ your gradient gives {gradient @ u:g}. ")
    if gradient[0] != 0:
        raise Mistake("first entry")
    cosine = gradient @ right / np.linalg.norm(gradient) / np.linalg.norm(right)
    angle = np.degrees(np.arccos(cosine))
    return f"It points {angle:.0f} degrees away from the right one, and the check has not noticed."

"""Exercises of the chapter on the numerical gradient."""

from typing import Any

import numpy as np

from nn_core.gradcheck import numerical_gradient
from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.expect import Wrong, expect, expect_function, run
from nn_core.lab.exercises.explain import as_numbers, describe, is_number


@exercise("numeric-hand")
def check_hand(exact: Any, one_sided: Any, central: Any) -> None:
    """Compare three numbers, and name the slip."""
    given = {"exact": exact, "one_sided": one_sided, "central": central}
    for name, value in given.items():
        if not is_number(value):
            raise Wrong(f"`{name}` is a number; you handed in {describe(value)}.")

    def near(value: Any, number: float) -> bool:
        return bool(abs(value - number) < 1e-9)

    if not near(exact, 1):
        raise Wrong("`exact` is not right yet. Take the derivative of $x^3 - x^2$; put in $x = 1$.")
    stories = {
        "one_sided": (
            (0.121, "That is the difference alone. Divide it by the step."),
            (0.605, "You divided by $2h$. From $x$ to $x + h$ the way is $h$."),
            (0.81, "You looked to the left, to $x - h$. The chapter looks to the right."),
        ),
        "central": (
            (0.202, "That is the difference alone. Divide it by the way from $x - h$ to $x + h$."),
            (2.02, "You divided by $h$. From $x - h$ to $x + h$ the way is $2h$."),
            (0.2, "Mind the sign: $f(0.9)$ is negative, and subtracting it adds."),
        ),
    }
    right = {"one_sided": 1.21, "central": 1.01}
    for name, mistakes in stories.items():
        for number, words in mistakes:
            if near(given[name], number):
                raise Wrong(f"`{name}`: {words}")
        if not near(given[name], right[name]):
            raise Wrong(f"`{name}` is not right yet. Which two values of $f$ does it compare?")


@exercise("numeric-sparing")
def check_sparing(one_sided_gradient: Any) -> None:
    """Count the calls, look whether the array is as before, and compare."""
    run(one_sided_gradient, lambda: 0.0, np.zeros(0), 1e-6)
    for shape in ((5,), (4, 3)):
        # Other numbers each time: memory that was never written to may hold an earlier answer.
        x = np.random.default_rng().uniform(0.5, 1.5, shape)
        x.flat[2] = 1e-8 / 3  # adding the step and taking it away does not give this one back
        before = x.copy()
        calls: list[int] = []

        def f(x: np.ndarray = x, calls: list[int] = calls) -> float:
            calls.append(1)
            return float(np.sum(x**3))

        # `run` hands over copies; this function has to see the array that `f` reads.
        def on_this(
            h: float, f: Any = f, x: np.ndarray = x, answer: Any = one_sided_gradient
        ) -> Any:
            return answer(f, x, h)

        found = run(on_this, 1e-6)
        if not np.array_equal(x, before):
            view = (
                " (Here `x` is two-dimensional. Then `x[i]` is a whole row, and a view: what you "
                "kept moves with it. `np.ndindex(x.shape)` walks through single entries.)"
            )
            raise Wrong(
                "After the call, `x` is not what it was before. Keep the entry, and put back what "
                f"you kept.{view if x.ndim > 1 else ''}"
            )
        slope = 3 * before**2
        if not isinstance(found, np.ndarray) or found.shape != shape:
            expect(found, slope, "the gradient")
        if not found.any():
            raise Wrong(
                "All your slopes are 0: when you moved an entry, the loss did not. `f` reads the "
                "array `x` itself, so a copy of it can be moved without effect."
            )
        if found.dtype.kind in "iuf":
            if np.allclose(found, slope / 2, rtol=1e-3):
                raise Wrong("All slopes are half of what they should be. From $x$ to $x + h$ the "
                            "way is $h$.")  # fmt: skip
            if np.allclose(found, np.cumsum(slope).reshape(shape), rtol=1e-3):
                raise Wrong(
                    "Each entry has the slopes of all entries before it added to its own: put an "
                    "entry back before you move the next."
                )
        if found.dtype == np.float64:
            found = np.where(np.isclose(found, slope, rtol=1e-4), slope, found)
        expect(found, slope, "the gradient")
        if len(calls) != x.size + 1:
            raise Wrong(
                f"The slopes are right, and for {x.size} entries you computed {len(calls)} losses. "
                f"{x.size + 1} are enough: the one without a nudge is always the same."
            )


@exercise("numeric-better")
def check_better(better_slope: Any) -> None:
    """Compare on smooth functions, and name the plain differences."""
    found = run(better_slope, np.exp, 0.5, 0.1)
    if is_number(found):

        def central(h: float) -> float:
            return float((np.exp(0.5 + h) - np.exp(0.5 - h)) / (2 * h))

        stories = {
            central(0.1): "That is the central difference with $h$ alone.",
            central(0.2): "That is the central difference with $2h$ alone.",
            (central(0.1) + central(0.2)) / 2: "You took the mean. The errors of the two have the "
            "same sign, so a mean cannot cancel them.",
            2 * central(0.1) - central(0.2): "That would cancel an error that doubles with the "
            "step. This one becomes *four* times as large.",
            4 * central(0.1) - central(0.2): "The error is gone, but three slopes are left. "
            "Divide by 3.",
            (4 * central(0.2) - central(0.1)) / 3: "You have the two the wrong way round: the one "
            "with $h$ is the better one, and counts four times.",
        }
        for value, words in stories.items():
            if np.isclose(found, value, rtol=1e-9, atol=0):
                raise Wrong(words)

    def reference(f: Any, x: float, h: float) -> float:
        near, far = (f(x + h) - f(x - h)) / (2 * h), (f(x + 2 * h) - f(x - 2 * h)) / (4 * h)
        return float((4 * near - far) / 3)

    cases = [(np.exp, 0.5, 0.1), (np.sin, 1.0, 0.05)]
    expect_function(better_slope, reference, cases, name="the slope")


@exercise("numeric-fool")
def check_fool(wrong_gradient: Any) -> str:
    """Look whether it is wrong, and passes."""
    if isinstance(wrong_gradient, tuple | list):
        wrong_gradient = as_numbers(wrong_gradient)
    if not isinstance(wrong_gradient, np.ndarray) or wrong_gradient.dtype.kind not in "iuf":
        raise Wrong(f"You handed in {describe(wrong_gradient)}. Two numbers are asked for.")
    if wrong_gradient.shape != (2,):
        raise Wrong(f"A gradient of shape (2,) is asked for; yours has {wrong_gradient.shape}.")
    if np.allclose(wrong_gradient, [8, 3]):
        raise Wrong("That is the right gradient. A wrong one is asked for.")
    seen = float(wrong_gradient @ np.array([0.6, 0.8]))
    if not np.isclose(seen, 7.2):
        raise Wrong(
            f"Along $u$ your gradient gives {seen:g}. The losses say 7.2, so the check would find "
            "it out."
        )
    if wrong_gradient[0] != 0:
        raise Wrong("The check would take it for right. Now make its first entry 0.")
    theta = np.array([1.0, 2.0])
    right = numerical_gradient(lambda: float(theta[0] ** 2 + 3 * theta[0] * theta[1]), theta)
    cosine = wrong_gradient @ right / np.linalg.norm(wrong_gradient) / np.linalg.norm(right)
    angle = np.degrees(np.arccos(cosine))
    return f"It points {angle:.0f} degrees away from the right one, and the check has not noticed."

"""Exercises of the chapter on initialization."""

import math
from typing import Any

import numpy as np

from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.explain import (
    Wrong,
    close,
    compare,
    describe,
    expect_draws,
    is_number,
    run,
)
from nn_core.layers import relu_forward


@exercise("init-hand")
def check_hand(variance_z: Any, mean_square_a: Any, limit: Any) -> None:
    """Check the three numbers in order, each with its own mistakes."""
    answers = {"variance_z": variance_z, "mean_square_a": mean_square_a, "limit": limit}
    for name, value in answers.items():
        if not is_number(value):
            raise Wrong(f"`{name}` is a number; you handed in {describe(value)}.")
    stories: dict[str, tuple[float, dict[float, str]]] = {
        "variance_z": (
            3,
            {
                math.sqrt(3): "is the standard deviation. The variance is asked for",
                1.5: "is half of it. The ReLU comes after $z$",
                6: "lacks the mean square of the inputs",
                0.12: "takes 0.04 for the standard deviation. It is the variance already",
                0.02: "is the variance of *one* term. How many terms has the sum?",
                1.5 * 0.5: "squares the mean square of the inputs. It is a mean of squares already",
            },
        ),
        "mean_square_a": (
            1.5,
            {
                3: "is still that of $z$. ReLU makes half of the numbers zero",
                0.75: "is a quarter. The squares that ReLU leaves are as large as they were; it is "
                "their number that is halved",
                1.5 * (1 - 1 / math.pi): "is the variance of $a$, with the mean taken off. The "
                "next layer asks for the mean square",
                math.sqrt(1.5): "is the size, the root of it. The mean square is asked for",
            },
        ),
        "limit": (
            0.2,
            {
                2 / 150: "is He's variance. Which limit gives that variance?",
                math.sqrt(2 / 150): "is He's standard deviation. A uniform distribution with that "
                "limit has a third of the variance",
                0.04: "is its square. Take the root",
                math.sqrt(3 / 150): "lacks the factor 2 that makes up for ReLU",
                math.sqrt(
                    0.12
                ): "gives the variance 0.04 of this layer. He's rule asks for another",
            },
        ),
    }
    for name, (right, mistakes) in stories.items():
        value = answers[name]
        if close(value, right):
            continue
        words = next((words for wrong, words in mistakes.items() if close(value, wrong)), None)
        raise Wrong(f"`{name}` {words or 'is not right yet. Write down its formula first'}.")


@exercise("init-harmless")
def check_harmless(first_relu: Any, first_tanh: Any, last_relu: Any, both_tanh: Any) -> None:
    """Ask the question of the formula that was missed."""
    answers = {
        "first_relu": (
            first_relu,
            False,
            "With $W_1 = 0$, every $Z_1$ is zero. What slope has ReLU there, in this course?",
        ),
        "first_tanh": (
            first_tanh,
            True,
            "tanh has the slope 1 at zero, and $W_2$ is random: what comes back to the hidden "
            "units is neither zero nor the same for all.",
        ),
        "last_relu": (
            last_relu,
            True,
            "Look at $\\mathrm{d}W_2 = A_1^\\top \\mathrm{d}Z_2$. Neither of the two is zero, so "
            "the last layer is zero for one step only.",
        ),
        "both_tanh": (
            both_tanh,
            False,
            "Now $A_1 = 0$ *and* $W_2 = 0$. Which of the two weight gradients has no factor that "
            "is zero?",
        ),
    }
    for name, (value, _, _) in answers.items():
        if not isinstance(value, bool | np.bool_):
            raise Wrong(f"`{name}` is `True` or `False`; you handed in {describe(value)}.")
    for name, (value, right, words) in answers.items():
        if value != right:
            raise Wrong(f"`{name}` is not `{value}`. {words}")


@exercise("init-leaky")
def check_leaky(leaky_normal: Any) -> None:
    """Measure the variance of many weights, for several slopes and shapes, then their shape."""
    cases = ((200, 700, 0.5), (600, 200, 0.0), (300, 340, 0.9))
    drawn = []
    for fan_in, fan_out, slope in cases:
        W = run(leaky_normal, (fan_in, fan_out), np.random.default_rng(7), slope)
        if not isinstance(W, np.ndarray) or W.shape != (fan_in, fan_out):
            raise Wrong(
                f"For the shape {(fan_in, fan_out)} you give {describe(W)}. The weights of one "
                "layer are asked for, an array of that shape."
            )
        if W.dtype.kind != "f":
            raise Wrong(f"Your weights are of type {W.dtype}; numbers with a point are asked for.")
        if not np.isfinite(W).all():
            raise Wrong("Some of your weights are infinite or not a number.")
        drawn.append(W)
    for W, (fan_in, fan_out, slope) in zip(drawn, cases, strict=True):
        where = f" (Found for the shape {(fan_in, fan_out)} and the slope {slope:g}.)"
        if abs(W.mean()) > 5 * W.std() / W.size**0.5:
            raise Wrong(f"The mean of your weights is {W.mean():.3g}, not zero.{where}")
    found = np.array([np.mean(W**2) for W in drawn])
    inputs, outputs, slopes = np.array(cases).T
    passed = 1 + slopes**2
    right = 2 / (passed * inputs)
    stories = [
        (
            right**2,
            "You gave the variance to `rng.normal`. It takes the standard deviation, the root.",
        ),
        (right**0.5, "You took the root twice. `rng.normal` takes the standard deviation."),
        (
            2 * inputs / passed,
            "`2 / a * b` divides by `a` only. Put the two factors below the line in parentheses.",
        ),
        (
            2 / (1 + slopes**2 * inputs),
            "Only $s^2$ is multiplied by $n_{\\text{in}}$. Put $1 + s^2$ in parentheses.",
        ),
        (
            2 / (passed * inputs) ** 2,
            "The root was taken of the 2 only. It goes over the whole fraction.",
        ),
        (4 / (passed * inputs), "The variance is twice what it should be."),
        (
            2 / ((1 + slopes) ** 2 * inputs),
            "You have $(1 + s)^2$. The two halves are squared one by one, and then added: "
            "$1 + s^2$.",
        ),
        (
            2 / ((1 + slopes) * inputs),
            "You have $1 + s$. It is squares that are averaged, so the negative half counts $s^2$.",
        ),
        (
            2 / inputs,
            "That is He's rule. What leaky ReLU lets through below zero is missing.",
        ),
        (
            1 / (passed * inputs),
            "The 2 is missing. A layer's mean square is *half* of $(1 + s^2) \\mathrm{Var}(z)$.",
        ),
        (
            2 * passed / inputs,
            "The factor $1 + s^2$ is upside down. More is let through than by ReLU, so the weights "
            "must be *smaller* than He's.",
        ),
        (
            2 / (passed * outputs),
            "You took the number of outputs. The sum runs over the inputs, `shape[0]`.",
        ),
        (
            4 / (passed * (inputs + outputs)),
            "You took the mean of both widths, as Glorot does. Forward, only the inputs count.",
        ),
    ]
    if not np.allclose(found, right, rtol=0.03):
        for variances, story in stories:
            if np.allclose(found, variances, rtol=0.03):
                raise Wrong(story)
        k = int(np.argmax(np.abs(np.log(np.maximum(found, 1e-300) / right))))
        raise Wrong(
            f"For the shape {cases[k][:2]} and the slope {cases[k][2]:g} the variance of your "
            f"weights is {found[k]:.4g}; {right[k]:.4g} is right."
        )
    steps = np.array([-2, -1, -0.5, 0.5, 1, 2])
    normal = np.array([0.5 * (1 + math.erf(step / 2**0.5)) for step in steps])
    for W, variance in zip(drawn, right, strict=True):
        below = np.mean(W[..., None] < steps * variance**0.5, axis=(0, 1))
        if np.abs(below - normal).max() > 0.01:
            raise Wrong(
                "Mean and variance are right, but your weights are not drawn from a *normal* "
                "distribution: `rng.normal`."
            )
    expect_draws(lambda rng: run(leaky_normal, (20, 30), rng, 0.5))


@exercise("init-measure")
def check_measure(unit_sizes: Any) -> None:
    """Compare with layer-by-layer scaling, after looking for what is easily missed."""
    rng = np.random.default_rng(5)
    X = rng.random((50, 6))
    W = [rng.normal(size=shape) for shape in ((6, 5), (5, 4), (4, 3))]
    found = run(unit_sizes, W, X)
    stories = [
        (
            scaled(W, X, update=False),
            "The first layer is right. But each next one must be measured with what the *scaled* "
            "layers before it pass on.",
        ),
        (scaled(W, X, passed=lambda Z: Z), "Between the layers there is a ReLU."),
        (
            scaled(W, X, measure=lambda Z: np.mean(Z**2)),
            "You divide by the mean square. The size is its root.",
        ),
        (
            scaled(W, X, measure=np.std),
            "You divide by the standard deviation. It measures the distance from the mean of $Z$; "
            "the size measures the distance from zero.",
        ),
        (
            scaled(W, X, measured=relu_forward),
            "You measure what the layer passes on. The size of $Z$ should be 1, before the ReLU.",
        ),
    ]
    for mistake, words in stories:
        if same(found, mistake):
            raise Wrong(words)
    compare(unit_sizes, scaled, (W, X), name="the list of weights")


def scaled(
    W: list[np.ndarray],
    X: np.ndarray,
    *,
    measure: Any = lambda Z: np.sqrt(np.mean(Z**2)),
    measured: Any = lambda Z: Z,
    passed: Any = relu_forward,
    update: bool = True,
) -> list[np.ndarray]:
    """Scale the layers one by one; the options are the mistakes one can make."""
    result, A = [], X
    for W_l in W:
        Z = A @ W_l
        length = measure(measured(Z))
        result.append(W_l / length)
        A = passed(Z / length if update else Z)
    return result


def same(found: Any, mistake: list[np.ndarray]) -> bool:
    """Whether what was found is this list of arrays."""
    return (
        isinstance(found, list | tuple)
        and len(found) == len(mistake)
        and all(
            isinstance(mine, np.ndarray) and mine.shape == theirs.shape and close(mine, theirs)
            for mine, theirs in zip(found, mistake, strict=True)
        )
    )

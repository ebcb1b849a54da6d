"""Exercises of the chapter on losses."""

from typing import Any

import numpy as np

from nn_core import mean_squared_error, one_hot, sigmoid_backward, sigmoid_forward
from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.explain import (
    Wrong,
    as_numbers,
    close,
    compare,
    describe,
    expect,
    is_number,
    run,
)


@exercise("losses-hand")
def check_hand(p: Any, loss: Any, slopes: Any) -> None:
    """Compare the three answers one by one."""
    right = np.array([1, 1, 1, 3]) / 6
    p, slopes = (as_numbers(v) if isinstance(v, list | tuple) else v for v in (p, slopes))
    if rounded(p, right * 6):
        raise Wrong("Those in `p` are the exponentials. Divide them by their sum.")
    if not rounded(p, right):
        expect(p, right, "`p`")
    if not is_number(loss):
        raise Wrong(f"`p` is right. `loss` is {describe(loss)}; a number is asked for.")
    if not rounded(loss, np.log(2)):
        stories = {
            -np.log(2): "has the wrong sign: a probability is at most 1, its logarithm is at most "
            "0, and the loss turns that around",
            np.log(4): "is that of a network without an opinion. This one has one",
            np.log(
                6
            ): "is $\\log 6$. That is minus the logarithm of a *wrong* class's probability, "
            "and log-sum-exp before the logit of the right class, $\\log 3$, is subtracted",
            np.log(6) + np.log(3): "is log-sum-exp *plus* the right logit; subtract it",
            np.log10(2): "is a logarithm to base 10. Take the natural one, `np.log`",
            1.0: "is a logarithm to base 2. Take the natural one, `np.log`",
            np.log(2) / 4: "is divided by the number of classes. The mean runs over examples, and "
            "there is one",
            0.25: "is a squared error",
        }
        told = next((f"{words}." for value, words in stories.items() if rounded(loss, value)), None)
        asked = "is not the one. Minus the logarithm of which of your probabilities is it?"
        raise Wrong(f"`p` is right. But your loss {told or asked}")
    if rounded(slopes, right):
        raise Wrong(
            "`p` and `loss` are right. Your slopes are the probabilities. For the right class 1 is "
            "subtracted."
        )
    right -= np.array([0, 0, 0, 1])
    if not rounded(slopes, right):
        expect(slopes, right, "`slopes`")


def rounded(found: Any, expected: Any) -> bool:
    """Whether a value worked out on paper agrees, in two decimals."""
    number = is_number(found) or (isinstance(found, np.ndarray) and found.dtype.kind in "biuf")
    return (
        number and np.shape(found) == np.shape(expected) and np.allclose(found, expected, 0, 5e-3)
    )


@exercise("losses-binary")
def check_binary(binary_cross_entropy: Any) -> None:
    """Try mild logits, then extreme ones."""
    rng = np.random.default_rng(5)
    z, y = rng.normal(scale=2, size=7), np.array([0, 1, 1, 0, 1, 0, 0])

    def reference(z: np.ndarray, y: np.ndarray) -> Any:
        return np.mean(np.logaddexp(0, z) - y * z)

    with np.errstate(all="ignore"):
        found = run(binary_cross_entropy, z, y)
        if isinstance(found, tuple | list):
            raise Wrong(f"You return {describe(found)}. The loss alone is asked for, one number.")
        terms = np.logaddexp(0, z) - y * z
        stories = [
            (terms, "You return the loss of each example. Their mean is asked for."),
            (
                np.mean(np.logaddexp(0, -z) + y * z),
                "Yes and no are exchanged: your loss is small where the label is the other one.",
            ),
            (
                -np.mean(y * np.log(sigmoid_forward(z))),
                "Your function counts the examples with the label 1 only. Those with the label 0 "
                "contribute $-\\log(1 - a)$.",
            ),
        ]
        for mistake, words in stories:
            if isinstance(found, np.ndarray | np.generic | float) and close(found, mistake):
                raise Wrong(words)
        compare(binary_cross_entropy, reference, (z, y), name="the loss")
        extreme = np.array([-1000.0, 1000.0, -1000.0, 1000.0])
        labels = np.array([1, 0, 0, 1])
        found = run(binary_cross_entropy, extreme, labels)
    if not isinstance(as_numbers(found), np.ndarray) or np.size(found) != 1:
        raise Wrong(f"For four logits you return {describe(found)}. A number is asked for.")
    if is_wild(found):
        raise Wrong(
            "For mild logits it is right. For logits of ±1000 it gives infinity or NaN: either "
            "`exp` overflows, or a probability is rounded to 0 before its logarithm is taken."
        )
    if not close(found, reference(extreme, labels)):
        raise Wrong(
            "For mild logits it is right. For logits of ±1000, two of them with the wrong sign, "
            f"it gives {found:.4g}; 500 is right. Is a probability cut off, or something tiny "
            "added to it?"
        )


@exercise("losses-stall")
def check_stall(squared_error_slope: Any) -> None:
    """Compare with what the library finds."""
    rng = np.random.default_rng(6)

    def reference(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
        A = sigmoid_forward(Z)
        return sigmoid_backward(mean_squared_error(A, y)[1], A)

    Z, y = rng.normal(scale=2, size=(7, 4)), rng.integers(0, 4, 7)
    found = run(squared_error_slope, Z, y)
    A, Y = sigmoid_forward(Z), one_hot(y, 4)
    stories = [
        (
            2 * (A - Y) / Z.size,
            "That is the slope for the *output* of the sigmoid. On the way to the logit comes the "
            "factor $a(1 - a)$.",
        ),
        (
            2 * (A - Y) * A * (1 - A) / 7,
            "You divide by $N$. The mean runs over examples *and* classes: $NK$ of them.",
        ),
        (
            2 * (A - Y) * A * (1 - A) / 4,
            "You divide by $K$. The mean runs over examples *and* classes: $NK$ of them.",
        ),
        (2 * (A - Y) * A * (1 - A), "The division by $NK$ is missing: the loss is a mean."),
        ((A - Y) / 7, "That is the slope of a *cross-entropy*. Here the loss is a squared error."),
        (
            2 * (Z - Y) * A * (1 - A) / Z.size,
            "You subtract the labels from the logits. The loss compares them with the *outputs*, "
            "behind the sigmoid.",
        ),
    ]
    for mistake, words in stories:
        if isinstance(found, np.ndarray) and close(found, mistake):
            raise Wrong(words)
    square = rng.normal(scale=2, size=(4, 4)), rng.integers(0, 4, 4)
    compare(squared_error_slope, reference, (Z, y), square, name="the slope", N=7)


def is_wild(value: Any) -> bool:
    """Whether something is a number, and infinite or NaN."""
    return is_number(value) and not np.isfinite(value)


@exercise("losses-shares")
def check_shares(loss_of_shares: Any) -> None:
    """Try classes that are uneven, and one that is missing."""
    y = np.array([0, 0, 0, 0, 1, 1, 2, 0, 0, 2])
    shares = np.bincount(y, minlength=4) / len(y)

    def reference(y: np.ndarray, K: int) -> Any:
        return -np.mean(np.log(np.bincount(y, minlength=K)[y] / len(y)))

    with np.errstate(all="ignore"):
        found = run(loss_of_shares, y, 4)
        if not isinstance(as_numbers(found), np.ndarray) or np.size(found) != 1:
            raise Wrong(f"A number is asked for; you return {describe(found)}.")
        present_only = run(loss_of_shares, y, 3)
        if is_wild(found) and not is_wild(present_only):
            raise Wrong(
                "While every class comes up, your loss is a number. A class with the share 0 makes "
                "it infinite or NaN: the logarithm of 0 is minus infinity. Leave that class out."
            )
        present = shares[shares > 0]
        stories = [
            (-np.log(shares.max()), "That is the loss for the commonest class."),
            (
                -np.mean(np.log(present)),
                "You average over the *classes*. The loss averages over examples, and a frequent "
                "class has more of them.",
            ),
            (-np.sum(np.log(present)), "Each class counts once. Weigh it by how often it comes."),
            (np.log(4), "That is $\\log K$: the loss of giving every class the same."),
        ]
        for mistake, words in stories:
            if is_number(found) and close(found, mistake):
                raise Wrong(words)
        compare(loss_of_shares, reference, (y, 4), (y, 3), name="the loss")

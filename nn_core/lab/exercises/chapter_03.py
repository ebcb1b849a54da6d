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


@exercise(
    "losses-hand",
    hints=(
        "The exponentials first: $e^0 = 1$, three times, and $e^{\\log 3} = 3$. What is their sum?",
        "The probabilities are the exponentials divided by that sum. The loss is minus the "
        "logarithm of *one* of them: that of the right class.",
        "The slopes are $p_k - Y_k$, with $Y = (0,\\ 0,\\ 0,\\ 1)$: only the last one changes.",
    ),
    solution="""
p = np.array([1, 1, 1, 3]) / 6
loss = np.log(2)
slopes = np.array([1, 1, 1, -3]) / 6

Z = np.array([[0, 0, 0, np.log(3)]])
assert np.allclose(p, softmax(Z)[0])
""",
    explanation="""
The exponentials add up to 6. So the right class has the probability $\\frac36 = \\frac12$, and the
loss is $-\\log \\frac12 = \\log 2 = 0.69$. Its slope is $\\frac12 - 1 = -\\frac12$: raise that
logit. The other three have $\\frac16$ each: lower them. Together the slopes are 0.
""",
)
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


@exercise(
    "losses-binary",
    hints=(
        "Start with the label 1: $-\\log \\sigma(z) = \\log(1 + e^{-z})$. With the label 0: "
        "$-\\log(1 - \\sigma(z)) = \\log(1 + e^{z})$.",
        "Since $\\log(1 + e^{-z}) = \\log\\frac{e^z + 1}{e^z} = \\log(1 + e^z) - z$, both are "
        "$\\log(1 + e^z) - yz$.",
        "$1 + e^z = e^0 + e^z$ is a sum of two exponentials. You have a function for the logarithm "
        "of that: stack the columns 0 and $z$. NumPy has one for two numbers, `np.logaddexp`.",
    ),
    solution='''
def binary_cross_entropy(z, y):
    """Mean cross-entropy behind a sigmoid."""
    return np.mean(np.logaddexp(0, z) - y * z)


z = np.array([-1000.0, 0.0, 1000.0])
print(binary_cross_entropy(z, np.array([1, 1, 1])))
''',
    explanation="""
`np.logaddexp(0, z)` is the log-sum-exp of 0 and $z$, and it subtracts the larger of the two. So one
output with a sigmoid is the same as two classes with softmax and the logits 0 and $z$: in the
chapter on the forward pass the softmax of two scores was a sigmoid.
""",
)
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


@exercise(
    "losses-stall",
    hints=(
        "An entry $Z_{nk}$ stands in one term of the double sum only: its own. What is the slope "
        "of that term?",
        "The term is $\\frac{1}{NK} (a - Y_{nk})^2$ with $a = \\sigma(Z_{nk})$. You know its "
        "slope from the chapter, but for the factor in front.",
        "`Y = one_hot(y, K)`, `A = sigmoid_forward(Z)`, and `Z.size` is $NK$.",
    ),
    solution='''
def squared_error_slope(Z, y):
    """The slope of the loss for each logit."""
    A = sigmoid_forward(Z)
    Y = one_hot(y, Z.shape[1])
    return 2 / Z.size * (A - Y) * A * (1 - A)


Z = np.array([[-8.0, -2.0, 0.0, 2.0, 8.0]])
print(squared_error_slope(Z, np.array([0])).round(4))
''',
    explanation="""
In the output, the first and the last logit belong to answers that are as wrong as they can be: a
label 1 with an output near 0, and a label 0 with an output near 1. Their slopes are the smallest of
all.
""",
)
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


@exercise(
    "losses-shares",
    hints=(
        "`np.bincount(y, minlength=K)` counts how often each class comes up. Divided by $N$, these "
        "are the shares $q_k$.",
        "For every example with the label $k$ the loss is $-\\log q_k$. How many such examples are "
        "there, and what is the mean over all?",
        "Of the mean, $N q_k$ terms out of $N$ are $-\\log q_k$: together $-\\sum_k q_k \\log "
        "q_k$. Leave out the classes with $q_k = 0$: they have no examples.",
    ),
    solution='''
def loss_of_shares(y, K):
    """Cross-entropy of the shares."""
    shares = np.bincount(y, minlength=K) / len(y)
    return -np.mean(np.log(shares[y]))


print(f"{loss_of_shares(y_train, 10):.4f}")
print(f"{np.log(10):.4f}")
''',
    explanation="""
`shares[y]` takes the share of each example's own class, so a class that never comes up is never
asked for. The result, $-\\sum_k q_k \\log q_k$, is called the **entropy** of the labels. It is at
most $\\log K$, and that only if all classes are equally frequent. MNIST is nearly even, so counting
the labels helps hardly at all. Where a class has 95 of 100 examples, a loss far below $\\log 2$ may
still mean that nothing was learned but that.
""",
)
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

"""Exercises of the chapter on the forward pass."""

from itertools import pairwise
from typing import Any

import numpy as np

from nn_core import MLP, dense_forward, relu_forward, softmax
from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.explain import (
    Wrong,
    as_numbers,
    close,
    compare,
    describe,
    is_number,
    run,
)


@exercise(
    "forward-count",
    hints=(
        "Count one layer first. It goes from `sizes[l]` inputs to `sizes[l + 1]` units. How many "
        "weights has it, and how many biases?",
        "A weight for each pair of an input and a unit, and a bias for each unit: "
        "$(\\text{in} + 1) \\cdot \\text{out}$. For three sizes there are two layers, so "
        "`len(sizes) - 1` of them.",
        "`zip(sizes[:-1], sizes[1:])` goes through the pairs of neighbours.",
    ),
    solution='''
def count_parameters(sizes):
    """Weights and biases of all layers."""
    total = 0
    for layer in range(len(sizes) - 1):
        inputs, units = sizes[layer], sizes[layer + 1]
        total += (inputs + 1) * units
    return total


print(f"{count_parameters((784, 128, 10)):,}")
''',
    explanation="""
The inputs of the network have neither weights nor biases of their own: they are given. Nearly all
parameters sit in the first layer, since that is where the 784 are.
""",
)
def check_count(count_parameters: Any) -> None:
    """Count for several sizes, of two, three and four layers."""
    for sizes in ((784, 128, 10), (5, 3), (7, 6, 4, 3, 2)):
        pairs = list(pairwise(sizes))
        weights = sum(i * o for i, o in pairs)
        right = weights + sum(sizes[1:])
        found = run(count_parameters, sizes)
        if not is_number(found):
            raise Wrong(f"A number is asked for; for {sizes} you return {describe(found)}.")
        stories = {
            weights: "Those are the weights. Each unit has a bias, too.",
            weights + sizes[0] + sum(sizes[1:]): "You count a bias for each input of the network. "
            "Inputs are given: only units have a bias.",
            weights + sum(sizes[:-1]): "You count a bias for each *input* of a layer. A bias "
            "belongs to a *unit*, so to an output.",
            weights + len(pairs): "You count one bias for each layer. Each *unit* has its own.",
            sum(sizes): "Those are the units. The weights stand between them.",
            (sizes[0] + 1) * sizes[1]: "That is the first layer alone.",
        }
        if found != right:
            plan = "Add up $(\\text{in} + 1) \\cdot \\text{out}$ over the layers."
            raise Wrong(f"For {sizes} you count {found:,}. {stories.get(found, plan)}")


@exercise(
    "forward-absolute",
    hints=(
        "For positive $x$ the network should give $x$, and ReLU does that. For negative $x$ it "
        "should give $-x$. Which unit gives $-x$ there, and nothing for positive $x$?",
        "$|x| = \\max(x, 0) + \\max(-x, 0)$: one of the two is always zero.",
        "One input and two units: `W1` has the shape (1, 2). Two units and one output: `W2` has "
        "the shape (2, 1). The biases have the shapes (2,) and (1,).",
    ),
    solution="""
W1 = np.array([[1, -1]])
b1 = np.array([0, 0])
W2 = np.array([[1], [1]])
b2 = np.array([0])

x = np.array([[-3.0], [0.0], [2.0]])
h = relu_forward(dense_forward(x, W1, b1))
print(dense_forward(h, W2, b2))
""",
    explanation="""
One unit lets the positive numbers pass, the other turns the negative ones around, and the output
adds the two. With more units you can bend a line in more places. Any curve can be approached that
way, as closely as you like.
""",
)
def check_absolute(W1: Any, b1: Any, W2: Any, b2: Any) -> str:
    """Compute the network at a few points."""
    shapes = {"W1": (1, 2), "b1": (2,), "W2": (2, 1), "b2": (1,)}
    arrays = {}
    for (name, shape), value in zip(shapes.items(), (W1, b1, W2, b2), strict=True):
        array = as_numbers(value)
        if not isinstance(array, np.ndarray) or array.dtype.kind == "b":
            raise Wrong(f"`{name}` is {describe(value)}; an array of numbers is asked for.")
        if array.shape != shape:
            turned = " Rows are inputs, columns are units." if array.shape == shape[::-1] else ""
            raise Wrong(f"`{name}` has the shape {array.shape}; {shape} is asked for.{turned}")
        arrays[name] = array.astype(float)
    x = np.array([[-3.0], [-1.0], [-0.25], [0.0], [0.5], [2.0]])
    H = relu_forward(dense_forward(x, arrays["W1"], arrays["b1"]))
    Z = dense_forward(H, arrays["W2"], arrays["b2"])
    if close(Z, np.abs(x)):
        return "Two straight pieces, joined at zero."
    if close(Z, x):
        raise Wrong(
            "Your network gives $x$ itself: the sign of one weight in `W2` takes back what the "
            "hidden units did."
        )
    if close(Z, relu_forward(x)):
        raise Wrong("That is right for positive $x$. For negative $x$ your network gives 0.")
    n = int(np.abs(Z - np.abs(x)).argmax())
    raise Wrong(
        f"For $x$ = {x[n, 0]:g} the hidden units of your network give {H[n, 0]:g} and {H[n, 1]:g}, "
        f"and the output {Z[n, 0]:g}. It should be {abs(x[n, 0]):g}."
    )


@exercise(
    "forward-columns",
    hints=(
        "Write the shapes beside each other. Which of `W @ X` and `X @ W` fits, and what shape has "
        "the result?",
        "The bias of unit $j$ is added to all of *row* $j$ now. `b` has the shape (out,), and "
        "NumPy would stretch it along the other axis.",
        "`b[:, None]` is a column of shape (out, 1).",
    ),
    solution='''
def dense_columns(X, W, b):
    """A dense layer whose examples are columns."""
    return W @ X + b[:, None]
''',
    explanation="""
It is the other convention: $Z = WX + b$, with $b$ as a column. You can also turn everything
around, call `dense_forward(X.T, W.T, b)`, and turn the result around again: $(XW)^\\top = W^\\top
X^\\top$.
""",
)
def check_columns(dense_columns: Any) -> None:
    """Compare with the product of the turned arrays."""
    rng = np.random.default_rng(3)

    def case(N: int, inputs: int, units: int) -> tuple[np.ndarray, ...]:
        shapes = ((inputs, N), (units, inputs), (units,))
        return tuple(rng.normal(size=shape) for shape in shapes)

    # Where all sizes are equal, a `b` along the wrong axis raises no error, and can be named.
    square = X, W, b = case(3, 3, 3)
    found = run(dense_columns, X, W, b)
    if isinstance(found, np.ndarray) and close(found, W @ X + b):
        raise Wrong(
            "The product is right. But NumPy stretches a `b` of shape (out,) over rows, and here "
            "a unit is a row of `Z`. Make `b` a column, of shape (out, 1)."
        )
    if isinstance(found, np.ndarray) and close(found, W @ X):
        raise Wrong("That is the product alone. The bias is missing.")
    compare(
        dense_columns,
        lambda X, W, b: W @ X + b[:, None],
        case(7, 4, 3),
        square,
        name="`Z`",
        N=7,
    )


@exercise(
    "forward-temperature",
    hints=(
        "The temperature divides the *scores*, before the exponential. Once the scores are "
        "divided, it is the softmax that you know.",
        "Dividing the probabilities would leave a sum of $1/T$.",
        "You have a function that is safe for scores of any size: `softmax`. Give it `Z / T`.",
    ),
    solution='''
def softmax_at(Z, T):
    """Probabilities at temperature T."""
    return softmax(Z / T)


scores = np.array([[1.0, 2.0, 4.0]])
for T in (0.01, 1, 100):
    print(T, softmax_at(scores, T).round(3))
''',
    explanation="""
At a low temperature the differences between scores become large, and the highest takes all. Then
the exponents are large too: 4 divided by 0.01 is 400. So it matters that `softmax` subtracts the
largest score.
""",
)
def check_temperature(softmax_at: Any) -> None:
    """Try mild scores, then large ones."""
    rng = np.random.default_rng(4)
    Z = rng.normal(scale=2, size=(6, 4))
    found = run(softmax_at, Z, 2.5)
    stories = [
        (
            softmax(Z) / 2.5,
            "You divide the *probabilities* by $T$, and then they do not add up to 1.",
        ),
        (
            softmax(Z * 2.5),
            "You multiply by $T$. A high temperature should make all equal: divide.",
        ),
        (softmax(Z), "The temperature has no effect: it must divide *all* scores."),
        (softmax(Z.T / 2.5).T, "Your columns add up to 1. Each *row* is an example: `axis=1`."),
        (
            np.exp(Z / 2.5) / np.exp(Z / 2.5).sum(),
            "All your numbers together add up to 1. Each row should: `axis=1`, and "
            "`keepdims=True`.",
        ),
    ]
    for mistake, words in stories:
        if isinstance(found, np.ndarray) and close(found, mistake):
            raise Wrong(words)
    with np.errstate(all="ignore"):
        compare(softmax_at, lambda Z, T: softmax(Z / T), (Z, 2.5), (Z, 0.3), name="`P`")
        extreme = run(softmax_at, 50 + 10 * Z, 0.01)
    if not np.isfinite(extreme).all():
        raise Wrong(
            "For mild scores it is right. For scores around 50 and $T = 0.01$ it gives NaN: the "
            "exponentials overflow, or a whole row of them is rounded to zero. Subtract the "
            "largest score *of each row*."
        )
    compare(softmax_at, lambda Z, T: softmax(Z / T), (50 + 10 * Z, 0.01), name="`P`")


@exercise(
    "forward-views",
    hints=(
        "Keep a position `start` in `theta`. For each layer you take the next in · out numbers for "
        "its weights, the out numbers after them for its biases, and move `start` behind both.",
        "A slice `theta[start:middle]` is a view. `.reshape(inputs, units)` of a slice is one, "
        "too.",
        "What makes a copy: `np.array(...)`, `.copy()`, `.flatten()`, a list of positions, any "
        "arithmetic.",
    ),
    solution='''
def views(theta, sizes):
    """Lists W and b, as parts of theta."""
    W, b = [], []
    start = 0
    for layer in range(len(sizes) - 1):
        inputs, units = sizes[layer], sizes[layer + 1]
        middle = start + inputs * units
        part = theta[start:middle]
        W.append(part.reshape(inputs, units))
        b.append(theta[middle : middle + units])
        start = middle + units
    return W, b


theta = np.zeros(14)
W, b = views(theta, (3, 2, 2))
b[0][...] = 7
print(theta)
''',
    explanation="""
The two sevens stand at positions 6 and 7, behind the six weights of the first layer. `MLP` does
the same, once for its parameters and once more for their gradients.
""",
)
def check_views(views: Any) -> None:
    """Compare the values, then write into theta and look whether it shows."""
    sizes = (4, 3, 2)
    count = 5 * 3 + 4 * 2
    theta = np.arange(float(count))
    network = MLP(sizes, np.random.default_rng(0), dtype=np.float64)
    network.theta = theta
    found = run(views, theta, sizes)
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise Wrong(f"Two lists are asked for, `W` and `b`. You return {describe(found)}.")
    if any(isinstance(parts, np.ndarray) for parts in found):
        raise Wrong(
            "You return arrays. Two *lists* of arrays are asked for: `return W, b`, where `W[0]` "
            "and `b[0]` belong to the first layer."
        )
    for name, mine, right in zip(("W", "b"), found, (network.W, network.b), strict=True):
        if not isinstance(mine, tuple | list) or len(mine) != len(right):
            raise Wrong(
                f"`{name}` is {describe(mine)}. For the sizes {sizes} it is a list of two arrays, "
                "one for each layer."
            )
        for layer, (part, expected) in enumerate(zip(mine, right, strict=True)):
            compare_part(f"{name}[{layer}]", part, expected)
    W, b = views(theta, sizes)  # this time not of a copy
    for name, parts in (("W", W), ("b", b)):
        for layer, part in enumerate(parts):
            if not np.shares_memory(part, theta):
                raise Wrong(
                    f"The numbers are right, but `{name}[{layer}]` is a copy. What is written into "
                    "it does not show in `theta`."
                )


def compare_part(name: str, found: Any, expected: np.ndarray) -> None:
    """Compare one array of weights or biases with the right one, whose entries are positions."""
    if not isinstance(found, np.ndarray):
        raise Wrong(f"`{name}` is {describe(found)}; an array is asked for.")
    if found.shape != expected.shape:
        turned = found.shape == expected.shape[::-1]
        rule = " Rows are inputs, columns are units." if turned else ""
        raise Wrong(f"`{name}` has the shape {found.shape}; {expected.shape} is asked for.{rule}")
    if np.array_equal(found, expected):
        return
    if sorted(found.ravel()) == sorted(expected.ravel()):
        raise Wrong(f"`{name}` has the right numbers, but in another order. They go row by row.")
    raise Wrong(
        f"`{name}` begins at position {found.flat[0]:.0f} of `theta`; it should begin at "
        f"{expected.flat[0]:.0f}. Each layer has its weights first, then its biases, and then "
        "comes the next layer."
    )

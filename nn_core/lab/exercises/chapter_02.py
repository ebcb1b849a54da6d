"""Exercises of the chapter on the forward pass."""

from itertools import pairwise
from typing import Any

import numpy as np

from nn_core import dense_forward, relu_forward, softmax
from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.expect import Wrong, expect_function, run
from nn_core.lab.exercises.explain import as_numbers, close, describe, is_number


@exercise("forward-count")
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


@exercise("forward-absolute")
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


@exercise("forward-columns")
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
    expect_function(
        dense_columns,
        lambda X, W, b: W @ X + b[:, None],
        [case(7, 4, 3), square],
        name="`Z`",
        N=lambda X, W, b: X.shape[1],
    )


@exercise("forward-temperature")
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
        expect_function(softmax_at, lambda Z, T: softmax(Z / T), [(Z, 2.5), (Z, 0.3)], name="`P`")
        extreme = run(softmax_at, 50 + 10 * Z, 0.01)
    if not np.isfinite(extreme).all():
        raise Wrong(
            "For mild scores it is right. For scores around 50 and $T = 0.01$ it gives NaN: the "
            "exponentials overflow, or a whole row of them is rounded to zero. Subtract the "
            "largest score *of each row*."
        )
    expect_function(softmax_at, lambda Z, T: softmax(Z / T), [(50 + 10 * Z, 0.01)], name="`P`")


@exercise("forward-views")
def check_views(views: Any) -> None:
    """Compare the values, then write into theta and look whether it shows."""
    sizes = (4, 3, 2)
    theta = np.arange(3 + 4 * 3 + 2 + 3 * 2.0)
    weights = [theta[3:15].reshape(4, 3), theta[17:].reshape(3, 2)]
    biases = [theta[:3], theta[15:17]]
    found = run(views, theta, sizes)
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise Wrong(f"Two lists are asked for, `W` and `b`. You return {describe(found)}.")
    if any(isinstance(parts, np.ndarray) for parts in found):
        raise Wrong(
            "You return arrays. Two *lists* of arrays are asked for: `return W, b`, where `W[0]` "
            "and `b[0]` belong to the first layer."
        )
    for name, mine, right in zip(("W", "b"), found, (weights, biases), strict=True):
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
        f"{expected.flat[0]:.0f}. Each layer has its biases first, then its weights, and then "
        "comes the next layer."
    )

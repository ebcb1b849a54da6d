"""Exercises of the chapter on the forward pass."""

import operator
from collections.abc import Callable
from functools import partial
from itertools import count, pairwise
from typing import Any

import numpy as np

from nn_core import dense_forward, relu_forward, softmax
from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.expect import Mistake, Wrong, expect_function, expect_number
from nn_core.lab.exercises.explain import as_numbers, close, describe


@exercise("forward-count")
def check_count(widest: Any, two_layers: Any) -> None:
    """Try one to four hidden layers, and numbers of parameters that are met exactly."""

    def by(parameters: Callable[[tuple[int, ...]], int], *, fits: Any = operator.le) -> Any:
        """Make a function that gives the largest width, from one that counts parameters."""

        def search(inputs: int, outputs: int, layers: int, most: int) -> int:
            sizes = ((inputs, *[width] * layers, outputs) for width in count(1))
            return next(n for n, each in enumerate(sizes) if not fits(parameters(each), most))

        return search

    def weights(sizes: tuple[int, ...]) -> int:
        return sum(i * o for i, o in pairwise(sizes))

    def every(sizes: tuple[int, ...]) -> int:
        return weights(sizes) + sum(sizes[1:])

    expect_function(
        widest,
        by(every),
        cases=[(784, 10, 1, 101_770), (2, 25, 2, 632), (7, 29, 3, 701), (17, 23, 4, 566)],
        mistakes={
            "weights": by(weights),
            "inputs": by(lambda sizes: weights(sizes) + sum(sizes)),
            "before a layer": by(lambda sizes: weights(sizes) + sum(sizes[:-1])),
            "one bias": by(lambda sizes: weights(sizes) + len(sizes) - 1),
            "one layer": by(lambda sizes: every((*sizes[:2], sizes[-1]))),
            "one more": lambda *given: by(every)(*given) + 1,
            "below": by(every, fits=operator.lt),
        },
        name="the width",
    )
    expect_number("two_layers", two_layers, 112, {"half": 64, "same": 128})


@exercise("forward-absolute")
def check_absolute(W1: Any, b1: Any, W2: Any, b2: Any) -> str:
    """Compute the network at a few points, then far away, where no bend may come either."""
    shapes = {"W1": (1, 2), "b1": (2,), "W2": (2, 1), "b2": (1,)}
    arrays = {}
    for (name, shape), value in zip(shapes.items(), (W1, b1, W2, b2), strict=True):
        array = as_numbers(value)
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "iuf":
            raise Wrong(f"`{name}` is {describe(value)}; an array of numbers is asked for.")
        if array.shape != shape:
            turned = " Rows are inputs, columns are units." if array.shape == shape[::-1] else ""
            raise Wrong(f"`{name}` has the shape {array.shape}; {shape} is asked for.{turned}")
        arrays[name] = array.astype(float)
    near = np.array([[-3.0], [-1.0], [-0.25], [0.0], [0.5], [2.0]])
    for x in (near, 1e12 * near):
        H = relu_forward(dense_forward(x, arrays["W1"], arrays["b1"]))
        Z = dense_forward(H, arrays["W2"], arrays["b2"])
        if close(Z, x):
            raise Mistake("itself")
        if close(Z, relu_forward(x)):
            raise Mistake("positive")
        if not close(Z, np.abs(x)):
            n = int(np.abs(Z - np.abs(x)).argmax())
            raise Wrong(
                f"For $x$ = {x[n, 0]:g} the hidden units of your network give {H[n, 0]:g} and "
                f"{H[n, 1]:g}, and the output {Z[n, 0]:g}. It should be {abs(x[n, 0]):g}."
            )
    return "Two straight pieces, joined at zero."


@exercise("forward-columns")
def check_columns(dense_columns: Any) -> None:
    """Compare with the layer; where all sizes are equal, a wrong `b` raises no error."""
    rng = np.random.default_rng(3)
    expect_function(
        dense_columns,
        lambda X, W, b: W @ X + b[:, None],
        cases=[
            tuple(rng.normal(size=shape) for shape in ((i, N), (o, i), (o,)))
            for N, i, o in ((7, 4, 3), (5, 2, 6), (3, 3, 3))
        ],
        mistakes={"row": lambda X, W, b: W @ X + b, "no bias": lambda X, W, b: W @ X},
        name="`Z`",
        N=lambda X, W, b: X.shape[1],
    )


@exercise("forward-temperature")
def check_temperature(softmax_at: Any) -> None:
    """Try mild scores, then large ones."""
    rng = np.random.default_rng(4)
    Z = [rng.normal(scale=2, size=shape) for shape in ((6, 4), (5, 3), (4, 4))]

    def right(Z: np.ndarray, T: float) -> np.ndarray:
        return softmax(Z / T)

    def plain(Z: np.ndarray, axis: int | None, largest: Any = 0) -> np.ndarray:
        E = np.exp(Z - largest)
        return E / E.sum(axis=axis, keepdims=True)

    expect_function(
        softmax_at,
        right,
        cases=list(zip(Z, (2.5, 0.3, 4.0), strict=True)),
        mistakes={
            "probabilities": lambda Z, T: softmax(Z) / T,
            "times": lambda Z, T: softmax(Z * T),
            "no effect": lambda Z, T: softmax(Z),
            "columns": lambda Z, T: plain(Z / T, axis=0),
            "everything": lambda Z, T: plain(Z / T, axis=None),
        },
        name="`P`",
    )
    expect_function(
        softmax_at,
        right,
        cases=[(50 + 10 * each, 0.01) for each in Z],
        mistakes={
            "overflow": lambda Z, T: plain(Z / T, axis=1),
            "underflow": lambda Z, T: plain(Z / T, axis=1, largest=Z.max() / T),
        },
        name="`P`",
    )


@exercise("forward-views")
def check_views(views: Any) -> None:
    """Compare the values, then look whether they are parts of theta."""
    rng = np.random.default_rng(5)

    def cut(
        theta: np.ndarray,
        sizes: tuple[int, ...],
        reshaped: Callable[..., np.ndarray] = lambda part, i, o: part.reshape(i, o),
        skip: tuple[int, int] = (1, 1),
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        W, b, start = [], [], 0
        for i, o in pairwise(sizes):
            middle = start + skip[0] * o
            b.append(theta[start : start + o])
            W.append(reshaped(theta[middle : middle + i * o], i, o))
            start = middle + skip[1] * i * o
        return W, b

    def weights_first(
        theta: np.ndarray, sizes: tuple[int, ...]
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        W, b = [], []
        for i, o in pairwise(sizes):
            weights, biases, theta = np.split(theta, [i * o, (i + 1) * o])
            W.append(weights.reshape(i, o))
            b.append(biases)
        return W, b

    cases = [
        (rng.normal(size=sum((i + 1) * o for i, o in pairwise(sizes))), sizes)
        for sizes in ((4, 3, 2), (2, 5, 3, 4), (3, 3, 3))
    ]
    expect_function(
        views,
        cut,
        cases,
        mistakes={
            "shape": partial(cut, reshaped=lambda part, i, o: part.reshape(o, i)),
            "order": partial(cut, reshaped=lambda part, i, o: part.reshape(o, i).T),
            "biases": partial(cut, skip=(0, 1)),
            "next layer": partial(cut, skip=(1, 0)),
            "weights first": weights_first,
            "weights": lambda theta, sizes: cut(theta, sizes)[0],
            "first layer": lambda theta, sizes: tuple(parts[0] for parts in cut(theta, sizes)),
        },
        name="`W`, `b`",
    )
    theta, sizes = cases[1]
    for name, parts in zip("Wb", views(theta, sizes), strict=True):  # this time not of a copy
        for layer, part in enumerate(parts):
            if not np.shares_memory(part, theta):
                raise Mistake("copy", f"The numbers are right, but `{name}[{layer}]` is a copy. ")

"""Exercises of the chapter on backpropagation."""

from typing import Any

import numpy as np

from nn_core.lab.exercises.exercise import exercise, exercise_in_numbers
from nn_core.lab.exercises.expect import expect_function
from nn_core.lab.exercises.networks import network_and_batch
from nn_core.layers import relu_backward, sigmoid_forward
from nn_core.losses import softmax_cross_entropy
from nn_core.network import MLP

exercise_in_numbers(
    "backprop-hand",
    dx={"right": 3, "own factor": 4},
    dy={"right": 7, "sum alone": 3, "maximum alone": 4, "product": 12, "mean": 3.5},
    dz={"right": 0, "passed on": 4},
)


@exercise("backprop-softplus")
def check_softplus(softplus_backward: Any) -> None:
    """Compare with the slope, and with what is easily taken for it."""
    rng = np.random.default_rng(5)
    expect_function(
        softplus_backward,
        lambda dA, A: dA * (1 - np.exp(-A)),
        cases=[
            (rng.normal(size=shape), np.logaddexp(0, rng.normal(size=shape)))
            for shape in ((4, 3), (2, 5))
        ],
        mistakes={
            "slope": lambda dA, A: 1 - np.exp(-A),
            "sigmoid of A": lambda dA, A: dA * sigmoid_forward(A),
            "sigmoid": lambda dA, A: dA * A * (1 - A),
            "rest": lambda dA, A: dA * np.exp(-A),
            "ReLU": lambda dA, A: dA * (A > 0),
        },
        name="`dZ`",
    )


@exercise("backprop-tied")
def check_tied(tied_gradient: Any) -> None:
    """Compare with both uses of the matrix, and with one of them."""
    rng = np.random.default_rng(5)

    def way_in(dZ: np.ndarray, X: np.ndarray, W: np.ndarray) -> np.ndarray:
        return X.T @ (dZ @ W)

    def way_out(dZ: np.ndarray, X: np.ndarray, W: np.ndarray) -> np.ndarray:
        return dZ.T @ (X @ W)

    expect_function(
        tied_gradient,
        lambda *given: way_in(*given) + way_out(*given),
        cases=[
            (rng.normal(size=(N, D)), rng.normal(size=(N, D)), rng.normal(size=(D, H)))
            for N, D, H in ((7, 4, 3), (3, 5, 2), (3, 3, 3))
        ],
        mistakes={
            "way in": way_in,
            "way out": way_out,
            "way in twice": lambda *given: 2 * way_in(*given),
            "difference": lambda *given: way_in(*given) - way_out(*given),
            "not turned": lambda *given: way_in(*given) + way_out(*given).T,
        },
        name="`dW`",
        N=lambda dZ, X, W: len(X),
    )


@exercise("backprop-fool")
def check_fool(input_gradient: Any) -> None:
    """Try it with one hidden layer, then with two."""
    rng = np.random.default_rng(5)

    def right(network: MLP, X: np.ndarray, y: np.ndarray) -> np.ndarray:
        return walk_back(network, X, y)[-1][1]

    expect_function(
        input_gradient,
        right,
        cases=[network_and_batch(rng, 7, 6, 5, 3), network_and_batch(rng, 8, 6, 5, 4, 3)],
        mistakes={
            "signs": lambda *given: np.sign(right(*given)),
            "second layer": lambda *given: walk_back(*given)[-2][1],
            "weighted sum": lambda *given: walk_back(*given)[-1][0],
            "no ReLU": lambda *given: walk_back(*given, relu=False)[-1][1],
            "weights": lambda network, X, y: X.T @ walk_back(network, X, y)[-1][0],
            "ReLU too many": lambda network, X, y: relu_backward(right(network, X, y), X),
        },
        name="`dX`",
        N=lambda network, X, y: len(X),
        nothing="Your function gives `None`. Is a `return` missing, or did you keep "
        "`input_gradient=layer > 0` from the chapter's loop? It leaves out the gradient of the "
        "first layer's input, and that is what is asked for.",
    )


def walk_back(
    network: MLP, X: np.ndarray, y: np.ndarray, *, relu: bool = True
) -> list[tuple[np.ndarray, np.ndarray]]:
    """The gradients of each layer's weighted sum and of what goes into it, the last layer first."""
    *A, Z = network.activations(X)
    _, dZ = softmax_cross_entropy(Z, y)
    walk = []
    for A_l, W_l in zip(reversed(A), reversed(network.W), strict=True):
        dA = dZ @ W_l.T
        walk.append((dZ, dA))
        dZ = relu_backward(dA, A_l) if relu else dA
    return walk

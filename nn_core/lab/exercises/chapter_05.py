"""Exercises of the chapter on backpropagation."""

from typing import Any

import numpy as np

from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.expect import Wrong, expect_function, run
from nn_core.lab.exercises.explain import close, describe, explain_difference, is_number
from nn_core.layers import dense_backward, relu_backward, sigmoid_forward
from nn_core.losses import softmax_cross_entropy
from nn_core.network import MLP


@exercise("backprop-hand")
def check_hand(dx: Any, dy: Any, dz: Any) -> None:
    """Compare, and name the rule that was broken."""
    for name, value in (("dx", dx), ("dy", dy), ("dz", dz)):
        if not is_number(value):
            raise Wrong(f"`{name}` is a number; you handed in {describe(value)}.")
    if dx == 4:
        raise Wrong(
            "`dx` is 4: that is $x + y$ itself. In a product, the local derivative for one factor "
            "is the *other* factor."
        )
    if dx != 3:
        raise Wrong(
            "`dx` is not right yet. From $f$ back to $x$ there is one path: through the product, "
            "then through the sum."
        )
    if dz in (2, 4):
        raise Wrong(
            "`dz` should be smaller. The maximum is 3, since $y$ is larger. Move $z$ a little: "
            "does anything change?"
        )
    if dz != 0:
        raise Wrong("`dz` is not right yet. Through which box does $z$ act, and does it?")
    if dy in (3, 4):
        lost, kept = ("maximum", "sum") if dy == 3 else ("sum", "maximum")
        raise Wrong(
            f"`dy` has what comes back through the {kept}. But $y$ is used twice: the path through "
            f"the {lost} is lost."
        )
    if dy == 12:
        raise Wrong("You multiplied the two paths of $y$. Along a path you multiply; paths *add*.")
    if dy == 3.5:
        raise Wrong("You took the mean of the two paths of $y$. They add up.")
    if dy != 7:
        raise Wrong("`dy` is not right yet. Two paths lead back to $y$; add what they bring.")


@exercise("backprop-softplus")
def check_softplus(softplus_backward: Any) -> None:
    """Compare with the slope, and with what is easily taken for it."""
    rng = np.random.default_rng(5)
    A, dA = np.logaddexp(0, rng.normal(size=(4, 3))), rng.normal(size=(4, 3))
    slope = 1 - np.exp(-A)
    found = run(softplus_backward, dA, A)
    stories = [
        (slope, "That is the slope. The chain rule multiplies it by what comes back: `dA`."),
        (
            dA * sigmoid_forward(A),
            "You took the sigmoid of `A`. The slope is the sigmoid of `Z`, the *input*; write it "
            "with `A`.",
        ),
        (
            dA * A * (1 - A),
            "$A (1 - A)$ is the slope of the sigmoid, from the sigmoid's output. This `A` is the "
            "output of softplus.",
        ),
        (dA * np.exp(-A), "Nearly: $e^{-A}$ is what the slope lacks to 1."),
        (dA * (A > 0), "That is ReLU. The output of softplus is above zero everywhere."),
    ]
    tell(found, stories)
    expect_function(softplus_backward, lambda dA, A: dA * (1 - np.exp(-A)), [(dA, A)], name="`dZ`")


@exercise("backprop-tied")
def check_tied(tied_gradient: Any) -> None:
    """Compare, and say which of the two uses is missing."""
    rng = np.random.default_rng(5)
    # Where all sizes are equal, a part that is not turned raises no error, and can be named.
    dZ, X, W = square = tuple(rng.normal(size=(3, 3, 3)))
    tell(
        run(tied_gradient, *square),
        [
            (
                X.T @ dZ @ W + (X @ W).T @ dZ,
                "Both uses are there. But $H^\\top \\mathrm{d}Z$ is the gradient of $W^\\top$; "
                "turn it.",
            )
        ],
    )
    X, W, dZ = rng.normal(size=(7, 4)), rng.normal(size=(4, 3)), rng.normal(size=(7, 4))
    way_in, way_out = X.T @ dZ @ W, dZ.T @ X @ W
    found = run(tied_gradient, dZ, X, W)
    stories = [
        (way_in, "That is the use on the way in. $W$ is used once more, on the way out."),
        (
            way_out,
            "That is the use on the way out. $W$ is used on the way in, too: through `dH`.",
        ),
        (2 * way_in, "The two uses do not contribute the same: you counted the way in twice."),
        (way_in - way_out, "Both parts are there, but they add."),
    ]
    tell(found, stories)

    def reference(dZ: np.ndarray, X: np.ndarray, W: np.ndarray) -> np.ndarray:
        return X.T @ (dZ @ W) + dZ.T @ (X @ W)

    expect_function(tied_gradient, reference, [(dZ, X, W), square], name="`dW`")


@exercise("backprop-fool")
def check_fool(input_gradient: Any) -> None:
    """Try it with one hidden layer, then with two."""
    rng = np.random.default_rng(5)
    y = rng.integers(0, 3, 7)
    X = rng.normal(size=(7, 6))
    for sizes in ((6, 5, 3), (6, 5, 4, 3)):
        network = MLP(sizes, rng, dtype=np.float64)
        network.theta += rng.normal(scale=0.3, size=network.theta.size)
        right, last, straight, into_hidden = gradients_of(network, X, y)
        found = run(
            input_gradient,
            network,
            X,
            y,
            nothing="Your function gives `None`. Is a `return` missing, or did you keep "
            "`input_gradient=layer > 0` from the chapter's loop? It leaves out the gradient of the "
            "first layer's input, and that is what is asked for.",
        )
        stories = [
            (
                np.sign(right),
                "Those are the signs. The gradient itself is asked for; take `np.sign` of it when "
                "you move the pixels.",
            ),
            (
                into_hidden,
                "That is the gradient of what goes into the *second* layer. One layer more leads "
                "to `X`: back through ReLU, and through the first layer's weights.",
            ),
            (
                last,
                "You stopped at the first weighted sum. One more step leads to `X`: through the "
                "weights of the first layer, back.",
            ),
            (
                straight,
                "The way back leads through ReLU, too: `relu_backward`, between two layers.",
            ),
            (
                network.dW[0],
                "That is the gradient of the first layer's *weights*. `dX` is asked for.",
            ),
            (
                relu_backward(right, X),
                "There is a ReLU too many: none stands before the first layer.",
            ),
        ]
        tell(found, stories)
        words = explain_difference(found, right, "`dX`", N=len(X))
        if words:
            layers = "-".join(map(str, sizes))
            hint = " With one hidden layer it is right." if len(sizes) > 3 else ""
            raise Wrong(f"{words} (For a network {layers}.){hint}")


def gradients_of(network: MLP, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
    """The gradient of X; of the first weighted sum; of X without any ReLU; of the first A."""
    *A, Z = network.activations(X)
    _, dZ = softmax_cross_entropy(Z, y)
    network.loss_and_grad(X, y)
    straight = dZ
    for W in reversed(network.W):
        straight = straight @ W.T
    for layer in range(len(A) - 1, 0, -1):
        dA, _, _ = dense_backward(dZ, A[layer], network.W[layer])
        assert dA is not None
        into_hidden = dA
        dZ = relu_backward(dA, A[layer])
    return dZ @ network.W[0].T, dZ, straight, into_hidden


def tell(found: Any, stories: list[tuple[np.ndarray, str]]) -> None:
    """Raise `Wrong` with the story of the array that was found, if it is one of them."""
    for array, story in stories:
        if isinstance(found, np.ndarray) and found.dtype.kind in "biuf" and close(found, array):
            raise Wrong(story)

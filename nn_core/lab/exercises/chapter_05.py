"""Exercises of the chapter on backpropagation."""

from typing import Any

import numpy as np

from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.explain import (
    Wrong,
    close,
    compare,
    describe,
    explain_difference,
    is_number,
    run,
)
from nn_core.layers import dense_backward, relu_backward, sigmoid_forward
from nn_core.losses import softmax_cross_entropy
from nn_core.network import MLP


@exercise(
    "backprop-hand",
    hints=(
        "Three boxes: a sum $s = x + y$, a maximum $m = \\max(y, z)$, and the product $f = s\\,m$. "
        "Forward they give 4, 3 and 12.",
        "Start at the end. In a product, the local derivative for one factor is the *other* "
        "factor. That gives $\\mathrm{d}s$ and $\\mathrm{d}m$.",
        "A sum passes its gradient on to both. A maximum passes it to the larger one only: a small "
        "move of the smaller one changes nothing.",
        "$y$ is used twice. What comes back along the two arrows adds up.",
    ),
    solution="""
s, m = 1 + 3, max(3, 2)
ds, dm = m, s
dx = ds
dy = ds + dm
dz = 0
""",
    explanation="""
Forward: $s = 4$, $m = 3$, $f = 12$. Back: $\\mathrm{d}s = m = 3$ and $\\mathrm{d}m = s = 4$. The
sum hands 3 to $x$ and to $y$. The maximum hands its 4 to the larger one, which is $y$, and
nothing to $z$. So $\\mathrm{d}x = 3$, $\\mathrm{d}z = 0$, and $y$, which is used twice, collects
$\\mathrm{d}y = 3 + 4 = 7$.
""",
)
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


@exercise(
    "backprop-softplus",
    hints=(
        "First the slope, as a function of $z$: the chain rule on $\\log(1 + e^z)$, the logarithm "
        "outside.",
        "You get $\\frac{e^z}{1 + e^z}$. That is the sigmoid of $z$. Now $z$ must go, and $a$ "
        "must come in.",
        "From $a = \\log(1 + e^z)$ follows $e^a = 1 + e^z$. Both parts of the fraction can be "
        "written with $e^a$.",
    ),
    solution='''
def softplus_backward(dA, A):
    """Slope 1 - exp(-A)."""
    return dA * (1 - np.exp(-A))
''',
    explanation="""
The chain rule gives the slope $\\frac{e^z}{1 + e^z}$, the sigmoid of $z$. Since $e^a = 1 + e^z$,
it is

$$\\frac{e^a - 1}{e^a} = 1 - e^{-a}$$

Far below zero, where $a$ is near 0, the slope is near 0. Far above, it is near 1. In between it
goes from one to the other without a jump: a ReLU without its kink.
""",
)
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
    compare(softplus_backward, lambda dA, A: dA * (1 - np.exp(-A)), (dA, A), name="`dZ`")


@exercise(
    "backprop-tied",
    hints=(
        "Write it as two layers, $H = X W$ and $Z = H V$, with $V = W^\\top$. You know the "
        "gradients of both.",
        "From the second layer come $\\mathrm{d}V = H^\\top \\mathrm{d}Z$ and $\\mathrm{d}H = "
        "\\mathrm{d}Z\\,V^\\top = \\mathrm{d}Z\\,W$. From the first, with that $\\mathrm{d}H$, "
        "comes a gradient of $W$.",
        "$W$ is used twice, so two contributions add. One of them is $\\mathrm{d}V$, the gradient "
        "of $W^\\top$. What shape has it, and which has $W$?",
    ),
    solution='''
def tied_gradient(dZ, X, W):
    """Both uses of W add up."""
    H = X @ W
    dH = dZ @ W
    return X.T @ dH + dZ.T @ H
''',
    explanation="""
$W$ is used twice, so its gradient has two parts. On the way in it is a layer as always:
$X^\\top \\mathrm{d}H$, with $\\mathrm{d}H = \\mathrm{d}Z\\,W$. (The matrix of the second layer is
$W^\\top$, and its transpose is $W$.) On the way out the layer's matrix is $V = W^\\top$, with
$\\mathrm{d}V = H^\\top \\mathrm{d}Z$. An entry of $V$ is an entry of $W$ with its indices
exchanged, so $\\mathrm{d}V$ has to be turned as well:

$$(H^\\top \\mathrm{d}Z)^\\top = \\mathrm{d}Z^\\top H$$
""",
)
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

    compare(tied_gradient, reference, (dZ, X, W), square, name="`dW`")


@exercise(
    "backprop-fool",
    hints=(
        "It is the loop back of `loss_and_gradients`, with two changes: only `dA` is of interest, "
        "and the first layer must give it as well.",
        "`*A, Z = network.activations(X)` gives what goes into each layer, and the logits. "
        "`softmax_cross_entropy(Z, y)` gives `dZ`.",
        "From the last layer to the first: `dA, _, _ = dense_backward(dZ, A[layer], "
        "network.W[layer])`. Between two layers, go back through ReLU: `dZ = relu_backward(dA, "
        "A[layer])`. Before the first layer there is no ReLU.",
        "For the mischief: `X + 0.1 * np.sign(dX)` moves every pixel by a tenth, uphill. `np.clip` "
        "keeps the result between paper and ink.",
    ),
    solution='''
from nn_core.lab import show_digits


def input_gradient(network, X, y):
    """The gradient of the loss for the pictures X."""
    *A, Z = network.activations(X)
    _, dZ = softmax_cross_entropy(Z, y)
    for layer in reversed(range(len(A))):
        W = network.W[layer]
        dA, _, _ = dense_backward(dZ, A[layer], W)
        if layer > 0:
            dZ = relu_backward(dA, A[layer])
    return dA


X, y = images[-5000:], labels[-5000:]
uphill = np.sign(input_gradient(reader, X, y))
fooled = np.clip(X + 0.1 * uphill, 0, 1)
before = accuracy(y, reader.predict(X))
after = accuracy(y, reader.predict(fooled))
print(f"{before:.1%} before, {after:.1%} after")

said, says = reader.predict(X), reader.predict(fooled)
k = np.flatnonzero((said == y) & (says != y))[:10]
show_digits(
    np.concatenate([X[k], fooled[k]]),
    [*said[k], *says[k]],
    title="Read rightly, then pushed, read wrongly",
)
''',
    explanation="""
The loop does not stop at the first layer's weights but takes one step more, to
$\\mathrm{d}X = \\mathrm{d}Z\\,W^\\top$. Each picture is a row, so one walk back serves them all.
And `np.sign` asks of each pixel only *which way*, not how much: many small pushes, all in the same
direction as far as the loss is concerned, add up to a large one. You would hardly hesitate over any
of these pictures. They are called **adversarial examples** (Goodfellow, Shlens and Szegedy, 2015).
""",
)
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

"""Exercises of the chapter on regularization."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.expect import Wrong, expect_draws, expect_function, run
from nn_core.lab.exercises.explain import close, describe, is_number
from nn_core.layers import softmax
from nn_core.metrics import accuracy
from nn_core.network import MLP


@exercise("regular-hand")
def check_hand(after: Any, factor: Any, steps: Any) -> None:
    """Compare the three numbers, and name the slip."""
    for name, value in (("after", after), ("factor", factor), ("steps", steps)):
        if not is_number(value):
            raise Wrong(f"`{name}` is a number; you handed in {describe(value)}.")
    stories = {
        2.05: "That is the step without the penalty. It adds $\\lambda W$ to the gradient.",
        2.03: "You went uphill: the step is *against* the gradient.",
        2.13: "The penalty pulls towards zero: its gradient $\\lambda W$ is *added* to "
        "$\\mathrm{d}W$.",
        2.01: "The ½ of the penalty cancels when you take the slope: it is $\\lambda W$.",
        1.89: "You left out the ½ of the penalty. It cancels the 2 of the square, so the slope is "
        "$\\lambda W$.",
        1.7: "The learning rate is missing: a step goes $\\eta$ times the gradient.",
        1.25: "The learning rate goes with both parts, $\\mathrm{d}W$ and $\\lambda W$.",
    }
    for value, story in stories.items():
        if close(after, value):
            raise Wrong(f"`after` is not right yet. {story}")
    if not close(after, 1.97):
        raise Wrong(
            "`after` is not right yet. The new weight is $W - \\eta\\,(\\mathrm{d}W + \\lambda W)$."
        )
    if close(factor, 0.04):
        raise Wrong("0.04 is the share that is *lost*. `factor` is what remains of 1.")
    if close(factor, 0.6):
        raise Wrong("You left out the learning rate: the share that is lost is $\\eta\\lambda$.")
    if not close(factor, 0.96):
        raise Wrong("`factor` is not right yet. What stands in front of $W$, sorted by $W$?")
    if steps in (12, 13):
        raise Wrong(
            "The same share is lost in each step, not the same amount. So the weight shrinks ever "
            "more slowly: powers of the factor, not multiples of the share."
        )
    if steps == 16 or close(steps, np.log(0.5) / np.log(0.96)):
        raise Wrong("After 16 steps there is still a little more than half left.")
    if steps != 17:
        raise Wrong("`steps` is not right yet: the first power of `factor` that is at most ½.")


@exercise("regular-l1")
def check_l1(l1_penalty: Any) -> None:
    """Compare, after the mistakes that have a story."""
    rng = np.random.default_rng(5)
    W = rng.normal(size=(4, 3))
    found = run(l1_penalty, W, 0.3)
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise Wrong(
            f"Your function gives {describe(found)}. Two things are asked for: the penalty and its "
            "gradient, `return penalty, dW`."
        )
    penalty, dW = found
    if not is_number(penalty) and not isinstance(penalty, np.ndarray):
        raise Wrong(f"Your penalty is {describe(penalty)}. One number is asked for.")
    if np.shape(penalty) == W.shape:
        raise Wrong("Your penalty is an array. It is one number: add up over all weights.")
    right = 0.3 * np.abs(W).sum()
    for value, story in (
        (0.15 * np.sum(W**2), "That penalty is L2, with squares. L1 adds up the sizes $|W_{ij}|$."),
        (0.3 * W.sum(), "You added the weights with their signs. A negative one must cost, too."),
        (right / 2, "There is no ½ here: no square whose 2 it could cancel."),
        (right / W.size, "You took a mean. As with L2, all sizes are added up."),
    ):
        if is_number(penalty) and close(penalty, value):
            raise Wrong(story)
    for gradient, story in (
        (0.3 * W, "The penalty is right. But that gradient is the one of L2, $\\lambda W$."),
        (0.3 * np.abs(W), "The penalty is right. Its slope does not depend on how large $w$ is."),
        (
            np.full_like(W, 0.3),
            "The penalty is right. Its slope is $+\\lambda$ only where the weight is above zero.",
        ),
        (np.sign(W), "The penalty is right. In the gradient, `strength` is missing."),
    ):
        if isinstance(dW, np.ndarray) and close(dW, gradient):
            raise Wrong(story)
    cases = (W, 0.3), (rng.normal(size=(3, 3)), 2.0)
    expect_function(
        l1_penalty,
        lambda W, strength: (strength * np.abs(W).sum(), strength * np.sign(W)),
        cases,
        name="`penalty`, `dW`",
    )
    with np.errstate(all="ignore"):
        _, dW = run(l1_penalty, np.array([[0.0, 2.0]]), 0.3)
    if not close(dW, np.array([[0.0, 0.3]])):
        raise Wrong("Where a weight is exactly 0, the gradient should be 0.")


@exercise("regular-committee")
def check_committee(committee: Any) -> None:
    """Compare with the mean over all masks that there are."""
    rng = np.random.default_rng(5)
    network = MLP((6, 5, 4, 3), rng, dtype=np.float64)
    network.theta *= 3
    X = rng.normal(size=(7, 6))
    plain = network.predict_proba(X)
    found = run(committee, network, X, 0.0, 3, np.random.default_rng(1))
    if not isinstance(found, np.ndarray) or found.shape != plain.shape:
        raise Wrong(
            f"Your function gives {describe(found)}. Probabilities are asked for, a row for each "
            f"picture and a column for each class: shape {plain.shape} here."
        )
    if close(found, 3 * plain):
        raise Wrong("That is the sum over the members. Divide by `times`.")
    if not close(found, plain):
        hint = " Its rows do not add up to 1." if not close(found.sum(axis=1), np.ones(7)) else ""
        raise Wrong(
            "With a rate of 0 no unit is ever missing, so the committee must say what the network "
            f"says. Yours says something else.{hint}"
        )
    rate, times = 0.5, 1500
    found = run(committee, network, X, rate, times, np.random.default_rng(2))
    mean = means_over_masks(network, X, rate)
    logits = means_over_masks(network, X, rate, say=lambda Z: Z)
    again = run(committee, network, X, rate, 1, np.random.default_rng(2))
    votes = means_over_masks(network, X, rate, say=lambda Z: np.eye(Z.shape[1])[Z.argmax(axis=1)])
    if np.abs(found - mean).max() < 0.04:
        expect_draws(lambda rng: run(committee, network, X, rate, 2, rng))
        return
    if close(found, plain):
        raise Wrong("Your masks are drawn and not used: hand them to `network.activations`.")
    if np.abs(found - again).max() < 1e-9:
        raise Wrong(
            "All your members wear the same masks, so they all say the same. Draw new ones for "
            "each member, inside the loop."
        )
    if np.abs(found - votes).max() < 0.04:
        raise Wrong(
            "That is a vote: each member names one digit. A member that is unsure should say so: "
            "average the probabilities."
        )
    if np.abs(found - softmax(logits)).max() < 0.04:
        raise Wrong(
            "You average the *logits* and take one softmax in the end. Let each member say its "
            "probabilities, and average those."
        )
    raise Wrong(
        "With a rate of 0 it is right. With a rate of 0.5 the mean over 1,500 members is not what "
        "it should be. Does each member get masks drawn with this rate?"
    )


def means_over_masks(
    network: MLP, X: np.ndarray, rate: float, say: Callable[[np.ndarray], np.ndarray] = softmax
) -> np.ndarray:
    """The mean of what the members say, from their logits, over all masks there are."""
    hidden = network.sizes[1:-1]
    total = np.zeros((len(X), network.sizes[-1]))
    for kept in product((0, 1), repeat=sum(hidden)):
        mask = np.array(kept)[None] / (1 - rate)
        masks = np.split(mask, np.cumsum(hidden)[:-1], axis=1)
        weight = (1 - rate) ** sum(kept) * rate ** (sum(hidden) - sum(kept))
        total += weight * say(network.activations(X, masks)[-1])
    return total


@exercise("regular-mirror")
def check_mirror(mirror: Any) -> None:
    """Look whether each picture is one of the two, and how many there are of each."""
    rng = np.random.default_rng(5)
    X = rng.random((300, 784), dtype=np.float32)
    found = run(mirror, X, np.random.default_rng(1))
    if not isinstance(found, np.ndarray) or found.shape != X.shape:
        raise Wrong(
            f"Your function gives {describe(found)}. Rows are asked for, as they came in: shape "
            "(N, 784)."
        )
    if found.dtype != X.dtype:
        raise Wrong(f"`float32` came in, and {found.dtype} came out. `fit` would refuse that.")
    pictures = X.reshape(-1, 28, 28)

    def same(other: np.ndarray) -> np.ndarray:
        return np.all(found == other.reshape(X.shape), axis=1)

    for other, story in (
        (pictures[:, ::-1], "upside down. Rows come before columns: (N, row, column)"),
        (pictures[:, ::-1, ::-1], "turned by half a circle. Reversing all 784 numbers does that"),
        (pictures.transpose(0, 2, 1), "with rows and columns exchanged"),
    ):
        if np.any(same(other)):
            raise Wrong(f"Your pictures are {story}.")
    mirrored, kept = same(pictures[:, :, ::-1]), same(pictures)
    if not np.all(mirrored | kept):
        raise Wrong(
            f"{np.sum(~(mirrored | kept))} of your 300 pictures are neither what came in nor its "
            "mirror image."
        )
    if mirrored.mean() in (0, 1):
        raise Wrong(
            f"{'All' if mirrored.all() else 'None'} of the 300 pictures of this batch are "
            "mirrored. Throw a coin for each picture."
        )
    if not 0.35 < mirrored.mean() < 0.65:
        raise Wrong(f"{mirrored.sum()} of 300 pictures are mirrored. About half are asked for.")
    expect_draws(lambda rng: run(mirror, X, rng))


@exercise("regular-nonsense")
def check_nonsense(nonsense: Any, y_random: Any, X_few: Any) -> None:
    """Ask whether the labels are random, and whether the network knows them."""
    if not hasattr(nonsense, "predict"):
        raise Wrong(f"`nonsense` is the trained network; you handed in {describe(nonsense)}.")
    if not isinstance(y_random, np.ndarray) or y_random.shape != (len(X_few),):
        raise Wrong(
            f"`y_random` is {describe(y_random)}. One label for each of the {len(X_few)} pictures "
            "is asked for."
        )
    if len(np.unique(y_random)) < 5:
        raise Wrong("In `y_random` there are hardly any different labels. Draw from all ten.")
    if nearest_agreement(X_few, y_random) > 0.5:
        raise Wrong(
            "Your labels are not random: pictures that look alike mostly have the same one. Are "
            "these the real labels?"
        )
    knows = accuracy(y_random, nonsense.predict(X_few))
    if knows < 0.5:
        raise Wrong(
            f"Your network knows {knows:.0%} of the random labels. Was it trained on `y_random`, "
            "and on the pictures in the same order?"
        )
    if knows < 0.98:
        raise Wrong(f"Your network knows {knows:.0%} of the random labels. Let it train on.")


def nearest_agreement(X: np.ndarray, y: np.ndarray) -> float:
    """How often a picture has the label of the picture nearest to it."""
    squares = np.sum(X * X, axis=1)
    distance = squares[:, None] - 2 * X @ X.T + squares
    np.fill_diagonal(distance, np.inf)
    return accuracy(y, y[distance.argmin(axis=1)])

"""Exercises of the chapter on regularization."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from nn_core.lab.exercises.exercise import exercise, exercise_in_numbers
from nn_core.lab.exercises.expect import (
    Mistake,
    Wrong,
    expect_array,
    expect_draws,
    expect_function,
    run,
)
from nn_core.lab.exercises.explain import close, describe
from nn_core.lab.exercises.networks import network_and_batch
from nn_core.layers import softmax
from nn_core.metrics import accuracy
from nn_core.network import MLP

Say = Callable[[np.ndarray], np.ndarray]  # what a member makes of its logits


exercise_in_numbers(
    "regular-hand",
    after={
        "right": 1.97,
        "no penalty": 2.05,
        "uphill": 2.03,
        "penalty subtracted": 2.13,
        "half": 2.01,
        "twice": 1.89,
        "no rate": 1.7,
        "half a rate": 1.25,
    },
    factor={"right": 0.96, "lost": 0.04, "no rate": 0.6},
    steps={
        "right": 17,
        "same amount": 13,
        "too early": 16,
        "fraction": np.log(0.5) / np.log(0.96),
    },
)


@exercise("regular-l1")
def check_l1(l1_penalty: Any) -> None:
    """Compare with the penalty and its gradient, then look at a weight that is zero."""
    rng = np.random.default_rng(5)

    def penalty(W: np.ndarray, strength: float) -> Any:
        return strength * np.abs(W).sum()

    expect_function(
        l1_penalty,
        lambda W, strength: (penalty(W, strength), strength * np.sign(W)),
        cases=[(rng.normal(size=(4, 3)), 0.3), (rng.normal(size=(3, 3)), 2.0)],
        mistakes={
            "squares": lambda W, strength: (strength / 2 * np.sum(W**2), ...),
            "signs": lambda W, strength: (strength * W.sum(), ...),
            "half": lambda W, strength: (penalty(W, strength) / 2, ...),
            "mean": lambda W, strength: (penalty(W, strength) / W.size, ...),
            "slope of L2": lambda W, strength: (penalty(W, strength), strength * W),
            "sizes": lambda W, strength: (penalty(W, strength), strength * np.abs(W)),
            "one sign": lambda W, strength: (penalty(W, strength), np.full_like(W, strength)),
            "no strength": lambda W, strength: (penalty(W, strength), np.sign(W)),
        },
        name="`penalty`, `dW`",
    )
    with np.errstate(all="ignore"):
        _, dW = run(l1_penalty, np.array([[0.0, 2.0]]), 0.3)
    if not close(dW, np.array([[0.0, 0.3]])):
        raise Mistake("zero")


@exercise("regular-committee")
def check_committee(committee: Any) -> None:
    """Compare with the mean over all masks that there are."""
    rng = np.random.default_rng(7)
    network, X, _ = network_and_batch(rng, 7, 6, 4, 3, 2)
    network.theta *= 3

    def mean(network: MLP, X: np.ndarray, rate: float, *_: Any, say: Say = softmax) -> np.ndarray:
        return means_over_masks(network, X, rate, say)

    def one_member(network: MLP, X: np.ndarray, rate: float, _: int, rng: Any) -> np.ndarray:
        return softmax(network.activations(X, network.dropout_masks(len(X), rate, rng))[-1])

    everyone = network, X, 0.0, 3, np.random.default_rng(1)
    expect_function(
        committee,
        mean,
        cases=[everyone, (network, X, 0.4, 4000, np.random.default_rng(2))],
        mistakes={
            "sum": lambda *given: given[3] * mean(*given),
            "votes": lambda *given: mean(*given, say=lambda Z: np.eye(2)[Z.argmax(axis=1)]),
            "logits": lambda *given: softmax(mean(*given, say=lambda Z: Z)),
            "no softmax": lambda *given: mean(*given, say=lambda Z: Z),
            "no masks": lambda network, X, *_: network.predict_proba(X),
            "one member": one_member,
        },
        name="the mean",
        within=0.04,  # in 120 tries 1,500 members were off by up to 0.025
    )
    if not close(run(committee, *everyone), network.predict_proba(X)):
        raise Mistake("no unit missing")
    expect_draws(lambda rng: run(committee, network, X, 0.4, 2, rng))


def means_over_masks(network: MLP, X: np.ndarray, rate: float, say: Say = softmax) -> np.ndarray:
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
    found = expect_array(run(mirror, X, np.random.default_rng(1)), X.shape, X.dtype.type)
    pictures = X.reshape(-1, 28, 28)

    def same(other: np.ndarray) -> np.ndarray:
        return np.all(found == other.reshape(X.shape), axis=1)

    for mistake, other in (
        ("upside down", pictures[:, ::-1]),
        ("turned", pictures[:, ::-1, ::-1]),
        ("transposed", pictures.transpose(0, 2, 1)),
    ):
        if np.any(same(other)):
            raise Mistake(mistake)
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

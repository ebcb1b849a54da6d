"""Exercises of the tour: experiments with the finished network."""

from typing import Any

import numpy as np

import nn_core as nn
from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.expect import Mistake, Wrong, expect_number
from nn_core.lab.exercises.explain import as_numbers, close, describe
from nn_core.lab.exercises.networks import (
    expect_network,
    expect_pictures,
    expect_reached,
    some_digits,
)

TRAINED = 0.88  # the share that a short training reaches even with 16 hidden units


def expect_positions(name: str, found: Any, things: str, count: int, below: int) -> np.ndarray:
    """Give positions as an array; raise `Wrong` unless they are so many, each another one."""
    positions = as_numbers(found)
    kind = positions.dtype.kind if isinstance(positions, np.ndarray) else None
    if kind not in ("i", "u") or positions.shape != (count,):
        raise Wrong(
            f"`{name}` holds the positions of {count} {things}, whole numbers in an array of shape "
            f"({count},). You handed in {describe(found)}."
        )
    if positions.min() < 0 or positions.max() >= below:
        raise Wrong(f"Positions in `{name}` go from 0 to {below - 1}; yours go beyond.")
    if len({*positions.tolist()}) < count:
        raise Wrong(f"Some {things} are in `{name}` twice.")
    return positions


@exercise("tour-small")
def check_small(small: Any, parameters: Any, reached: Any, X_dev: Any, y_dev: Any) -> str:
    """Look at sizes, count and accuracy."""
    network = expect_network(small, (784, 16, 10))
    X, y = some_digits()
    share = nn.accuracy(y, network.predict(X))
    if share < TRAINED:
        raise Mistake("untrained", f"Your network reads only {share:.0%} of the pictures. ")
    weights = sum(W.size for W in network.W)
    expect_number("parameters", parameters, network.theta.size, {"weights": weights})
    expect_reached(reached, network, X_dev, y_dev)
    return f"{network.theta.size:,} parameters, and it reads {reached:.1%} of the dev set."


@exercise("tour-shuffled")
def check_shuffled(shuffled: Any, order: Any) -> str:
    """Try the network on pictures in that order, and on pictures as they are."""
    order = expect_positions("order", order, "pixels", 784, 784)
    if np.array_equal(order, np.arange(784)):
        raise Mistake("unchanged")
    network = expect_network(shuffled, (784, 256, 10))
    X, y = some_digits()
    share, plain = (nn.accuracy(y, network.predict(seen)) for seen in (X[:, order], X))
    if share < TRAINED:
        before = f"Your network reads {share:.0%} of the pictures in this order"
        if plain >= TRAINED:
            raise Mistake("plain", f"{before}, but {plain:.0%} of the pictures as they are. ")
        raise Mistake("another order", f"{before}. ")
    return f"It reads {share:.0%} of pictures that look like noise to you."


@exercise("tour-unsure")
def check_unsure(unsure: Any, chances: Any, network: Any, X_dev: Any) -> str:
    """Compare the confidence of the chosen pictures with the smallest there are."""
    if not isinstance(network, nn.MLP):
        raise Wrong(f"`network` is the network of the tour; you handed in {describe(network)}.")
    said = network.predict_proba(expect_pictures(X_dev))
    if not close(chances, said):
        raise Mistake("chances")
    sure = said.max(axis=1)
    rank = sure.argsort()
    right = sure[rank[:20]]
    if close(unsure, right):
        raise Mistake("values")
    mine = np.sort(sure[expect_positions("unsure", unsure, "pictures", 20, len(sure))])
    mistakes = {
        "most": rank[-20:],
        "smallest": said.min(axis=1).argsort()[:20],
        "first": np.arange(20),
    }
    for name, chosen in mistakes.items():
        if np.array_equal(mine, np.sort(sure[chosen])):
            raise Mistake(name)
    kept = np.sum(mine <= right[-1])
    if kept < 20:
        raise Mistake("others", f"{kept} of your twenty are among the least sure. ")
    return f"Its largest probabilities for these are between {right[0]:.0%} and {right[-1]:.0%}."

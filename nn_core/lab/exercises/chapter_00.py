"""Exercises of the tour: experiments with the finished network."""

from functools import cache
from typing import Any

import numpy as np

import nn_core as nn
from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.expect import Wrong, expect_network, expect_pictures, expect_reached
from nn_core.lab.exercises.explain import as_numbers, close, describe, is_number

TRAINED = 0.88  # the share that a short training reaches even with 16 hidden units


@cache
def some_digits() -> tuple[np.ndarray, np.ndarray]:
    """Training pictures to look at a network's work with; the test set stays closed."""
    X, y, _, _ = nn.load_mnist()
    return X[:5_000], y[:5_000]


@exercise("tour-small")
def check_small(small: Any, parameters: Any, reached: Any, X_dev: Any, y_dev: Any) -> str:
    """Look at sizes, count and accuracy."""
    network = expect_network(small, (784, 16, 10))
    X, y = some_digits()
    share = nn.accuracy(y, network.predict(X))
    if share < TRAINED:
        raise Wrong(
            f"The sizes are right. But your network reads only {share:.0%} of the pictures. Has it "
            "been trained, by `nn.fit(small, ...)`, for ten epochs, on `X_train` and `y_train`?"
        )
    count, weights = network.theta.size, sum(W.size for W in network.W)
    if not is_number(parameters):
        raise Wrong(f"`parameters` is a number; you handed in {describe(parameters)}.")
    if parameters == weights:
        raise Wrong("`parameters` counts the weights. The biases are parameters, too.")
    if parameters != count:
        raise Wrong(
            f"{parameters:,} is not the number of its parameters. Each layer has a weight for each "
            "pair of an input and an output, and a bias for each output."
        )
    expect_reached(reached, network, X_dev, y_dev)
    return f"{count:,} parameters, and it reads {reached:.1%} of the dev set."


@exercise("tour-shuffled")
def check_shuffled(shuffled: Any, order: Any) -> str:
    """Try the network on pictures in that order, and on pictures as they are."""
    if not isinstance(order, np.ndarray | list):
        raise Wrong(f"`order` is an array of 784 positions; you handed in {describe(order)}.")
    order = as_numbers(order)
    if not isinstance(order, np.ndarray) or order.dtype.kind not in "iu":
        raise Wrong(f"`order` holds 784 positions, whole numbers; you handed in {describe(order)}.")
    if order.shape != (784,):
        raise Wrong(
            f"`order` has the shape {order.shape}; (784,) is asked for: one order of the *pixels*, "
            "the same for every picture."
        )
    if sorted(order.tolist()) != list(range(784)):
        raise Wrong(
            "In `order`, some pixels come twice and others never. A permutation holds each of the "
            "positions 0 to 783 once."
        )
    if np.array_equal(order, np.arange(784)):
        raise Wrong("This `order` leaves every pixel where it is.")
    network = expect_network(shuffled, (784, 256, 10))
    X, y = some_digits()
    share = nn.accuracy(y, network.predict(X[:, order]))
    plain = nn.accuracy(y, network.predict(X))
    if share < plain - 0.3:
        raise Wrong(
            f"Your network reads {plain:.0%} of the pictures as they are, but {share:.0%} of the "
            "rearranged ones. It was trained on `X_train`, not on `X_train[:, order]`."
        )
    if share < TRAINED:
        raise Wrong(
            f"Your network reads only {share:.0%} of the pictures in this order. Was every picture "
            "rearranged by the *same* order, the one you hand in, and was the network trained for "
            "ten epochs?"
        )
    return f"It reads {share:.0%} of pictures that look like noise to you."


@exercise("tour-unsure")
def check_unsure(unsure: Any, chances: Any, network: Any, X_dev: Any) -> str:
    """Compare the confidence of the chosen pictures with the smallest there are."""
    if not isinstance(chances, np.ndarray) or chances.ndim != 2 or chances.shape[1] != 10:
        raise Wrong(
            "`chances` should be `network.predict_proba(X_dev)`: a row of ten probabilities for "
            f"each picture. You handed in {describe(chances)}."
        )
    if not isinstance(network, nn.MLP):
        raise Wrong(f"`network` is the network of the tour; you handed in {describe(network)}.")
    said = network.predict_proba(expect_pictures(X_dev))
    if chances.shape != said.shape or not close(chances, said):
        raise Wrong(
            "`chances` is not what `network` says of `X_dev`. Did you ask another network, or show "
            "it other pictures?"
        )
    if not isinstance(unsure, np.ndarray | list):
        raise Wrong(f"`unsure` is an array of twenty positions; you handed in {describe(unsure)}.")
    unsure = as_numbers(unsure)
    if not isinstance(unsure, np.ndarray):
        raise Wrong(f"`unsure` holds twenty positions; you handed in {describe(unsure)}.")
    if unsure.dtype.kind == "f":
        raise Wrong(
            "`unsure` holds numbers with a point: probabilities, it seems. Hand in the *positions* "
            "of the pictures. `np.argsort` gives positions, `np.sort` values."
        )
    if unsure.dtype.kind not in "iu" or unsure.shape != (20,):
        raise Wrong(
            f"`unsure` is {describe(unsure)}; twenty positions are asked for, in an array of shape "
            "(20,)."
        )
    sure = chances.max(axis=1)
    if unsure.min() < 0 or unsure.max() >= len(sure):
        raise Wrong(f"Positions go from 0 to {len(sure) - 1}; yours go beyond.")
    if len(set(unsure.tolist())) < 20:
        raise Wrong("Some pictures are in `unsure` twice.")
    rank = np.argsort(sure)
    mine, right = np.sort(sure[unsure]), sure[rank[:20]]
    if np.array_equal(mine, right):
        return (
            f"Its largest probabilities for these are between {right[0]:.0%} and {right[-1]:.0%}."
        )
    if np.array_equal(mine, sure[rank[-20:]]):
        raise Wrong(
            "These are the twenty it is *most* sure of. `argsort` begins with the smallest."
        )
    if np.array_equal(np.sort(unsure), np.sort(np.argsort(chances.min(axis=1))[:20])):
        raise Wrong(
            "You took the *smallest* probability of each picture. How sure the network is, its "
            "largest says."
        )
    if np.array_equal(np.sort(unsure), np.arange(20)):
        raise Wrong(
            "These are the first twenty pictures. `sort` gives values in order and forgets where "
            "they stood; `argsort` gives their positions."
        )
    kept = np.isin(unsure, rank[:20]).sum()
    raise Wrong(
        f"{kept} of your twenty are among the least sure. How sure the network is of a picture is "
        "the largest number in its row of `chances`: `axis=1`. Take all pictures, right or wrong."
    )

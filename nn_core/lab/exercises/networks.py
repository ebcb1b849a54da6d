"""Words for checks, continued: networks to compare with, and what trained networks are asked.

- `expect_network` and `expect_reached` look at a trained network and at what is said of it;
- `some_digits` and `network_and_batch` are what functions and networks are tried on.
"""

from functools import cache
from typing import Any

import numpy as np

from nn_core.data import load_mnist
from nn_core.lab.exercises.expect import Wrong
from nn_core.lab.exercises.explain import describe, is_number
from nn_core.metrics import accuracy
from nn_core.network import MLP

ROUNDED = 0.00051  # how far a share written down with three digits may be off


@cache
def some_digits() -> tuple[np.ndarray, np.ndarray]:
    """Training pictures to look at a network's work with; the test set stays closed."""
    X, y, _, _ = load_mnist()
    return X[:5_000], y[:5_000]


def network_and_batch(
    rng: np.random.Generator, N: int, *sizes: int, kind: type[MLP] = MLP
) -> tuple[MLP, np.ndarray, np.ndarray]:
    """Draw a network in float64, biases too, and N examples with their labels."""
    network = kind(sizes, rng, dtype=np.float64)
    network.theta += rng.normal(scale=0.3, size=network.theta.size)
    return network, rng.normal(size=(N, sizes[0])), rng.integers(0, sizes[-1], N)


def expect_network(network: Any, sizes: tuple[int, ...]) -> MLP:
    """Raise `Wrong` unless an answer is a network of these sizes."""
    if not isinstance(network, MLP):
        raise Wrong(
            f"The first answer is the network, an `nn.MLP`. You handed in {describe(network)}."
        )
    if network.sizes != sizes:
        raise Wrong(
            f"Your network has the sizes `{network.sizes}`; `{sizes}` is asked for: the inputs, "
            "the hidden units, the outputs."
        )
    return network


def expect_pictures(X_dev: Any) -> np.ndarray:
    """Raise `Wrong` unless these are the pictures of the dev set, or others of their shape."""
    numbers = isinstance(X_dev, np.ndarray) and X_dev.dtype == np.float32
    if not numbers or X_dev.ndim != 2 or X_dev.shape[1] != 784:
        raise Wrong(
            "`X_dev` is the dev set's pictures, as the chapter made them; you handed in "
            f"{describe(X_dev)}."
        )
    return X_dev


def expect_reached(reached: Any, network: MLP, X_dev: Any, y_dev: Any) -> None:
    """Raise `Wrong` unless what is stated is the share of the dev set that this network reads."""
    pictures = expect_pictures(X_dev)
    if not isinstance(y_dev, np.ndarray) or y_dev.shape != (len(pictures),):
        raise Wrong(
            "`y_dev` holds the labels of the dev set, as the chapter made it; you handed in "
            f"{describe(y_dev)}."
        )
    if not is_number(reached):
        raise Wrong(f"`reached` is a number; you handed in {describe(reached)}.")
    if reached > 1:
        raise Wrong("`reached` looks like a percentage or a count. Hand in a share from 0 to 1.")
    share = accuracy(y_dev, network.predict(pictures))
    if not abs(reached - share) <= ROUNDED:
        raise Wrong(
            f"`reached` says {reached:.2%}, but your network reads {share:.2%} of the dev set. Is "
            "that the accuracy of another network, of the training set, or of an early epoch?"
        )

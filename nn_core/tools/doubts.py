"""When a network does no better than chance: what is usually the matter with the data."""

from collections.abc import Callable

import numpy as np

from nn_core.data import SIDE
from nn_core.metrics import accuracy
from nn_core.network import MLP

# What may have been done to pictures `(N, 28, 28)`, from 0 to 1.
CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "transposed, rows for columns, as EMNIST's files are": lambda X: X.transpose(0, 2, 1),
    "mirrored": lambda X: X[:, :, ::-1],
    "upside down": lambda X: X[:, ::-1],
    "turned by half a turn": lambda X: X[:, ::-1, ::-1],
    "turned by a quarter, to the right": lambda X: np.rot90(X, 1, (1, 2)),
    "turned by a quarter, to the left": lambda X: np.rot90(X, -1, (1, 2)),
    "dark on light, where light on dark is read": lambda X: 1 - X,
}


def doubt(network: MLP, X: np.ndarray, y: np.ndarray) -> str:
    """Say that an accuracy is near chance, and why that may be so.

    Chance is the share of the most frequent label. Near it is what lies in the first tenth of the
    way from there to 1.

    Parameters
    ----------
    network
        The network, already trained.
    X, y
        Pictures `(N, 784)` and their labels `(N,)`.

    Returns
    -------
    str
        A line, ended, or nothing where the network does better than chance. Where it reads the
        pictures much better after one of `CHANGES`, that is the reason given.
    """
    reached = accuracy(y, network.predict(X))
    chance = float(np.bincount(y).max()) / len(y)
    if reached >= chance + (1 - chance) / 10:
        return ""
    said = (
        f"note: {reached:.1%} is near chance; always saying the most frequent label would be right "
        f"for {chance:.1%}. "
    )
    images = X.reshape(-1, SIDE, SIDE)
    shares = {
        name: accuracy(y, network.predict(change(images))) for name, change in CHANGES.items()
    }
    best = max(shares, key=lambda name: shares[name])
    if shares[best] > reached + (1 - chance) / 4:
        return (
            f"{said}These pictures are {best}: changed back, {shares[best]:.1%} are read rightly.\n"
        )
    return (
        f"{said}Usual reasons: labels that belong to other pictures or stand in another column; "
        "pictures transposed (as EMNIST's are), mirrored or dark on light; too few epochs; a "
        "learning rate far too large or too small.\n"
    )

"""Explain why a network is no better than chance: usually the data are wrong."""

from collections.abc import Callable

import numpy as np

from nn_core.data import SIDE
from nn_core.metrics import accuracy
from nn_core.network import MLP

# Changes that are often made to images `(N, 28, 28)` by mistake, pixels from 0 to 1.
IMAGE_CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "transposed, rows for columns, as EMNIST's files are": lambda X: X.transpose(0, 2, 1),
    "mirrored": lambda X: X[:, :, ::-1],
    "upside down": lambda X: X[:, ::-1],
    "turned by half a turn": lambda X: X[:, ::-1, ::-1],
    "turned by a quarter, to the right": lambda X: np.rot90(X, 1, (1, 2)),
    "turned by a quarter, to the left": lambda X: np.rot90(X, -1, (1, 2)),
    "dark on light, where light on dark is read": lambda X: 1 - X,
}


def diagnose(network: MLP, X: np.ndarray, y: np.ndarray) -> str:
    """Give a warning and a likely reason if the accuracy of a network is near chance.

    Chance is the share of the most frequent label, `c`. An accuracy below `c + (1 - c) / 10` is
    near chance.

    Parameters
    ----------
    network
        The trained network.
    X, y
        Images `(N, 784)` and their labels `(N,)`.

    Returns
    -------
    str
        A line of text with its line break, or an empty string if the accuracy is not near chance.
        If one of `IMAGE_CHANGES` makes the accuracy much higher, that change is the reason.
    """
    found = accuracy(y, network.predict(X))
    chance = float(np.bincount(y).max()) / len(y)
    if found >= chance + (1 - chance) / 10:
        return ""
    note = (
        f"note: {found:.1%} is near chance; always saying the most frequent label would be right "
        f"for {chance:.1%}. "
    )
    images = X.reshape(-1, SIDE, SIDE)
    accuracies = {
        name: accuracy(y, network.predict(change(images))) for name, change in IMAGE_CHANGES.items()
    }
    best = max(accuracies, key=lambda name: accuracies[name])
    if accuracies[best] > found + (1 - chance) / 4:
        return (
            f"{note}These pictures are {best}: changed back, {accuracies[best]:.1%} are read "
            "rightly.\n"
        )
    return (
        f"{note}Usual reasons: labels that belong to other pictures or stand in another column; "
        "pictures transposed (as EMNIST's are), mirrored or dark on light; too few epochs; a "
        "learning rate far too large or too small.\n"
    )

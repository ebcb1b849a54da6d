"""Answers to the exercises of the tour: right ones, and one for each misconception.

Each is code that runs with what `given` holds. A right one is accepted; a wrong one is rejected in
words that hold the text beside it. The solution that the reader sees is among the right ones.
"""

import numpy as np

import nn_core as nn
from nn_core.lab import show_digits

SMALL = """
small = nn.MLP((784, 16, 10), rng)
nn.fit(small, nn.Adam(0.01), X_train, y_train, epochs=3, batch_size=256, rng=rng)
parameters = 784 * 16 + 16 + 16 * 10 + 10
reached = np.mean(small.predict(X_dev) == y_dev)
"""
SHUFFLED = """
order = rng.permutation(784)
shuffled = nn.MLP((784, 256, 10), rng)
X_mixed = np.take(X_train, order, axis=1)
nn.fit(shuffled, nn.Adam(0.002), X_mixed, y_train, epochs=3, batch_size=256, rng=rng)
"""


def given() -> dict:
    """What the chapter has defined where its exercises stand, and right answers to spoil."""
    rng = np.random.default_rng(0)
    X, y, _, _ = nn.load_mnist()
    X_train, y_train, X_dev, y_dev = nn.train_dev_split(X[:12_000], y[:12_000], 2_000, rng)
    names = {
        "SEED": 0,
        "np": np,
        "nn": nn,
        "show_digits": show_digits,
        "rng": rng,
        "X_train": X_train,
        "y_train": y_train,
        "X_dev": X_dev,
        "y_dev": y_dev,
    }
    exec(SHUFFLED.replace("order = rng.permutation(784)", "order = np.arange(784)"), names)
    names["network"] = names["shuffled"]
    names["predicted"] = names["network"].predict(X_dev)
    exec(SMALL, names)
    exec(SHUFFLED, names)
    return names


UNSURE = "chances = network.predict_proba(X_dev)\nsure = chances.max(axis=1)\n"

ACCEPTED = {
    "tour-small": [SMALL],
    "tour-shuffled": [SHUFFLED],
    "tour-unsure": [
        UNSURE + "unsure = np.argpartition(sure, 20)[:20]",
        UNSURE + "unsure = sorted(range(len(sure)), key=lambda k: sure[k])[:20]",
    ],
}

REJECTED = {
    "tour-small": [
        ("small = nn.MLP((784, 10), rng)", "`(784, 10)`; `(784, 16, 10)` is asked for"),
        ("small = nn.MLP((784, 16, 10), rng)", "Has it been trained"),
        ("small = small.theta", "an `nn.MLP`. You handed in an array"),
        ("parameters = 784 * 16 + 16 * 10", "The biases are parameters, too"),
        ("parameters = 784 * 16 * 10", "a bias for each output"),
        ("parameters = small.theta", "`parameters` is a number"),
        ("reached = 100 * reached", "looks like a percentage"),
        ("reached = np.sum(small.predict(X_dev) == y_dev)", "looks like a percentage"),
        ("reached = f'{reached:.1%}'", "`reached` is a number; you handed in a text"),
        ("reached = reached / 2", "the accuracy of another network"),
        ("reached = nn.accuracy(y_dev, network.predict(X_dev))", "another network"),
        ("reached = nn.accuracy(y_train, small.predict(X_train))", "of the training set"),
        ("reached = 10**400", "digits"),
    ],
    "tour-shuffled": [
        ("shuffled = network", "and not on `X_train[:, order]`?"),
        ("order = rng.integers(0, 784, 784)", "Some pixels are in `order` twice"),
        ("order = rng.permutation(784)", "by the *same* order"),
        ("order = rng.shuffle(np.arange(784))", "`order` is `None`"),
        ("order = np.arange(784)", "leaves every pixel where it is"),
        ("order = order + 1", "go from 0 to 783; yours go beyond"),
        ("order = rng.permutation(len(X_train))", "holds the positions of 784 pixels"),
        (
            SHUFFLED.replace("np.take(X_train, order, axis=1)", "rng.permuted(X_train, axis=1)"),
            "by the *same* order",
        ),
    ],
    "tour-unsure": [
        (UNSURE + "unsure = np.argsort(sure)[-20:]", "*most* sure of"),
        (UNSURE + "unsure = np.sort(sure)[:20]", "`np.argsort` gives positions"),
        (UNSURE + "unsure = np.argsort(sure)", "holds the positions of 20 pictures"),
        (UNSURE + "unsure = np.argsort(chances.min(axis=1))[:20]", "the *smallest* probability"),
        (
            UNSURE + "wrong = np.flatnonzero(predicted != y_dev)\n"
            "unsure = wrong[np.argsort(sure[wrong])][:20]",
            "Take all pictures, right or wrong",
        ),
        (UNSURE + "unsure = [0] * 20", "twice"),
        (UNSURE + "unsure = np.argsort(sure)[:20]\nchances = sure", "a row of ten probabilities"),
        (
            "chances = shuffled.predict_proba(X_dev)\n"
            "unsure = np.argsort(chances.max(axis=1))[:20]",
            "not what `network` says of `X_dev`",
        ),
        (
            "chances = network.predict_proba(X_train)\n"
            "unsure = np.argsort(chances.max(axis=1))[:20]",
            "not what `network` says of `X_dev`",
        ),
        (UNSURE + "unsure = np.arange(20)", "the first twenty pictures"),
    ],
}

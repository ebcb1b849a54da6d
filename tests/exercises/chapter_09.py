"""Answers to the exercises on regularization: right ones, and one for each misconception."""

import numpy as np

import nn_core as nn


def given() -> dict:
    """What the chapter has defined where its exercises stand, with less data."""
    rng = np.random.default_rng(0)
    images, labels, _, _ = nn.load_mnist()
    X_few, y_few = images[:200], labels[:200]

    def learn(seed, *remedies):
        network = nn.MLP((784, 32, 10), np.random.default_rng(seed))
        history = nn.fit(
            network,
            nn.Adam(0.002),
            X_few,
            y_few,
            epochs=5,
            batch_size=20,
            rng=np.random.default_rng(seed),
            callbacks=remedies,
            progress=False,
        )
        return network, np.arange(200), history

    return {
        "np": np,
        "SEED": 0,
        "rng": rng,
        "X_few": X_few,
        "y_few": y_few,
        "X_dev": images[200:500],
        "y_dev": labels[200:500],
        "X_judge": images[500:800],
        "y_judge": labels[500:800],
        "learn": learn,
        "thinned": {0.5: learn(0, nn.Dropout(0.5))},
        **{
            name: getattr(nn, name)
            for name in ("MLP", "Adam", "Augmentation", "accuracy", "fit", "softmax")
        },
    }


HAND = "after, factor, steps = {}, {}, {}"
L1 = "def l1_penalty(W, strength):\n    return "
COMMITTEE = """
def committee(network, X, rate, times, rng):
    return np.mean([
        softmax(network.activations(X, network.dropout_masks(len(X), rate, rng))[-1])
        for _ in range(times)
    ], axis=0)
"""
MIRROR = """
def mirror(X, rng):
    chosen = rng.random(len(X)) < 0.5
    pictures = X.reshape(-1, 28, 28)
    return np.where(chosen[:, None, None], pictures[:, :, ::-1], pictures).reshape(X.shape)
"""
# The data of `given` are a fifth of the chapter's, so the labels are as many as the pictures.
NONSENSE = """
y_random = rng.permutation(y_few)
nonsense = MLP((784, 64, 10), rng)
fit(nonsense, Adam(0.003), X_few, y_random, epochs=100, batch_size=50, rng=rng, progress=False)
"""

ACCEPTED = {
    "regular-hand": [
        HAND.format(1.97, 0.96, 17),
        HAND.format("0.96 * 2 + 0.05", "np.float64(0.96)", "17.0"),
    ],
    "regular-l1": [
        L1 + "float(strength * np.linalg.norm(W.ravel(), 1)), np.copysign(strength, W) * (W != 0)",
        L1 + "[np.sum(strength * np.sign(W) * W), strength * ((W > 0) * 1.0 - (W < 0))]",
    ],
    "regular-committee": [
        COMMITTEE,
        # One mask for all pictures is a committee as well.
        COMMITTEE.replace("len(X)", "1"),
    ],
    "regular-mirror": [
        MIRROR,
        """
def mirror(X, rng):
    moved = []
    for x in X:
        moved.append(np.fliplr(x.reshape(28, 28)).ravel() if rng.integers(2) else x)
    return np.array(moved)
""",
    ],
    "regular-nonsense": [
        NONSENSE,
        NONSENSE.replace("rng.permutation(y_few)", "rng.integers(0, 10, len(X_few))"),
    ],
}

REJECTED = {
    "regular-hand": [
        (HAND.format(2.05, 0.96, 17), "without the penalty"),
        (HAND.format(2.03, 0.96, 17), "*against* the gradient"),
        (HAND.format(2.13, 0.96, 17), "is *added*"),
        (HAND.format(2.01, 0.96, 17), "½ of the penalty cancels"),
        (HAND.format(1.89, 0.96, 17), "left out the ½"),
        (HAND.format(1.7, 0.96, 17), "learning rate is missing"),
        (HAND.format(1.25, 0.96, 17), "multiplies both parts"),
        (HAND.format(1.5, 0.96, 17), "The new weight is"),
        (HAND.format(1.97, 0.04, 17), "share that is *lost*"),
        (HAND.format(1.97, 0.6, 17), "left out the learning rate"),
        (HAND.format(1.97, 0.9, 17), "in front of $W$"),
        (HAND.format(1.97, 0.96, 13), "not the same amount"),
        (HAND.format(1.97, 0.96, 16), "still a little more than half"),
        (HAND.format(1.97, 0.96, "np.log(0.5) / np.log(0.96)"), "no part of a step"),
        (HAND.format(1.97, 0.96, 50), "first power"),
        (HAND.format(1.97, 0.96, "'17'"), "`steps` is a number; you handed in a text"),
    ],
    "regular-l1": [
        (L1 + "strength / 2 * np.sum(W**2), strength * W", "That penalty is L2"),
        (L1 + "strength * np.sum(W), strength * np.sign(W)", "with their signs"),
        (L1 + "strength / 2 * np.abs(W).sum(), strength * np.sign(W)", "no ½ here"),
        (L1 + "strength * np.abs(W).mean(), strength * np.sign(W)", "You took a mean"),
        (L1 + "strength * np.abs(W), strength * np.sign(W)", "a single number is asked for"),
        (L1 + "strength * np.abs(W).sum(), strength * W", "the one of L2"),
        (L1 + "strength * np.abs(W).sum(), strength * np.abs(W)", "how large $w$ is"),
        (L1 + "strength * np.abs(W).sum(), np.full_like(W, strength)", "only where the weight"),
        (L1 + "strength * np.abs(W).sum(), np.sign(W)", "`strength` is missing"),
        (L1 + "strength * np.abs(W).sum(), -strength * np.sign(W)", "wrong sign"),
        (
            L1 + "strength * np.abs(W).sum(), strength * np.where(W > 0, 1.0, -1.0)",
            "exactly 0",
        ),
        (L1 + "strength * np.abs(W).sum(), strength * W / np.abs(W)", "exactly 0"),
        (L1 + "strength * np.abs(W).sum()", "2 values are asked for"),
    ],
    "regular-committee": [
        (
            COMMITTEE.replace(
                "softmax(network", "np.eye(network.sizes[-1])[np.argmax(network"
            ).replace("[-1])\n", "[-1], axis=1)]\n"),
            "That is a vote",
        ),
        (COMMITTEE.replace("np.mean", "np.sum"), "Divide by `times`"),
        (COMMITTEE.replace(", axis=0)", ", axis=0).argmax(axis=1)"), "The mean has the shape (7,)"),
        (COMMITTEE.replace("softmax(", "("), "the mean of the *logits*"),
        (COMMITTEE.replace(", network.dropout_masks(len(X), rate, rng)", ""), "without masks"),
        (
            """
def committee(network, X, rate, times, rng):
    masks = network.dropout_masks(len(X), rate, rng)
    return sum(softmax(network.activations(X, masks)[-1]) for _ in range(times)) / times
""",
            "the same masks",
        ),
        (
            """
def committee(network, X, rate, times, rng):
    Z = 0
    for _ in range(times):
        Z = Z + network.activations(X, network.dropout_masks(len(X), rate, rng))[-1]
    return softmax(Z / times)
""",
            "average the *logits*",
        ),
        (COMMITTEE.replace("rate, rng)", "rate / 4, rng)"), "`rate` = 0.4, `times` = 4000"),
        (COMMITTEE.replace("rate, rng)", "max(rate, 0.01), rng)"), "no unit is ever missing"),
        (COMMITTEE.replace("rate, rng)", "rate, np.random.default_rng())"), "of the same seed"),
    ],
    "regular-mirror": [
        (MIRROR.replace("pictures[:, :, ::-1]", "pictures[:, ::-1]"), "upside down"),
        (MIRROR.replace("pictures[:, :, ::-1]", "pictures[:, ::-1, ::-1]"), "half a circle"),
        (MIRROR.replace("pictures[:, :, ::-1]", "pictures.swapaxes(1, 2)"), "exchanged"),
        (MIRROR.replace("< 0.5", "< 2"), "All of the 300 pictures"),
        (MIRROR.replace("rng.random(len(X))", "np.full(len(X), rng.random())"), "coin for each"),
        (MIRROR.replace("< 0.5", "< 0.1"), "About half are asked for"),
        (
            MIRROR.replace("rng.random(len(X)) < 0.5", "np.arange(len(X)) % 2 == 0"),
            "Draw from the `rng`",
        ),
        (MIRROR.replace(".reshape(X.shape)", ""), "An array of shape (300, 784) is asked for"),
        (
            MIRROR.replace("(X.shape)", "(X.shape) * 1.0").replace(
                "X.reshape(-1", "X.astype(float).reshape(-1"
            ),
            "float32 are asked for",
        ),
        (MIRROR.replace(".reshape(X.shape)", ".reshape(X.shape)[::-1]"), "neither what came in"),
        (
            "def mirror(X, rng):\n    pictures = X.reshape(-1, 28, 28)\n"
            "    chosen = rng.random(len(X)) < 0.5\n"
            "    pictures[chosen] = pictures[chosen][:, :, ::-1]\n    return X",
            "changes the `X`",
        ),
    ],
    "regular-nonsense": [
        (NONSENSE.replace("rng.permutation(y_few)", "y_few"), "Are these the real labels"),
        (NONSENSE.replace("Adam(0.003)", "Adam(0)"), "Was it trained on `y_random`"),
        (NONSENSE.replace("X_few, y_random,", "X_few[::-1], y_random,"), "in the same order"),
        (NONSENSE.replace("epochs=100", "epochs=12"), "Let it train on"),
        (NONSENSE.replace("rng.permutation(y_few)", "rng.integers(0, 2, 200)"), "hardly any"),
        (NONSENSE + "y_random = y_random[:50]", "One label for each of the 200"),
        (NONSENSE + "nonsense = nonsense.predict(X_few)", "`nonsense` is the trained network"),
    ],
}

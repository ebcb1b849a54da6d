"""Answers to the exercises on evaluation: right ones, and one for each misconception."""

from pathlib import Path

import numpy as np

import nn_core as nn


def thicken(X, pixels):
    """As in the chapter, for a whole or a broken number of pixels."""
    spread = np.maximum if pixels > 0 else np.minimum
    left = abs(pixels)
    while left > 0:
        part = np.float32(min(left, 1))
        M = np.pad(X.reshape(-1, 28, 28), ((0, 0), (1, 1), (1, 1)))
        grown = M[:, 1:-1, 1:-1]
        for near in (M[:, :-2, 1:-1], M[:, 2:, 1:-1], M[:, 1:-1, :-2], M[:, 1:-1, 2:]):
            grown = spread(grown, near)
        X = (1 - part) * X + part * grown.reshape(X.shape)
        left -= 1
    return X


def given() -> dict:
    """What the chapter has defined where its exercises stand."""
    rng = np.random.default_rng(0)
    images, labels, _, _ = nn.load_mnist()
    y_dev = labels[-10_000:]
    # Networks that were hardly trained: the solutions only need to run.
    answers = [np.where(rng.random(10_000) < 0.9, y_dev, 0) for _ in range(5)]
    return {
        "np": np,
        "Path": Path,
        "thicken": thicken,
        "X_train": images[:2000],
        "y_train": labels[:2000],
        "y_dev": y_dev,
        "X_some": images[-500:],
        "y_some": labels[-500:],
        "answers": answers,
        "right": answers[0] == y_dev,
        "confidence": rng.random(10_000),
        "careful": nn.MLP((784, 8, 10), rng),
        **{
            name: getattr(nn, name)
            for name in (
                "MLP",
                "Adam",
                "Augmentation",
                "accuracy",
                "accuracy_interval",
                "fit",
                "load_mnist",
            )
        },
    }


PAIRED = """
def paired(y, first, second):
    a, b = first == y, second == y
    b_, c_ = int((a & ~b).sum()), int((b & ~a).sum())
    if b_ + c_ == 0:
        return 0, 0, 0.0
    return b_, c_, (b_ - c_) / np.sqrt(b_ + c_)
"""
THRESHOLD = """
def threshold_for(confidence, right, wanted):
    for t in sorted(confidence):
        if right[confidence >= t].mean() >= wanted:
            return t
    return np.inf
"""
PENS = """
def pens(X, rng):
    out = X.copy()
    for n in range(len(X)):
        k = rng.integers(3)
        if k:
            out[n] = thicken(X[n : n + 1], 1 if k == 1 else -0.5)
    return out
"""
FOLDER = """
def judge_folder(folder):
    X, y, X_new, y_new = load_mnist(folder)
    rng = np.random.default_rng(1)
    network = MLP((784, 32, 10), rng)
    fit(network, Adam(0.003), X, y, epochs=4, batch_size=64, rng=rng, progress=False)
    predicted = network.predict(X_new)
    return accuracy(y_new, predicted), *accuracy_interval(y_new, predicted)
"""

ACCEPTED = {
    "evaluate-paper": [
        "error, pictures = 0.0049, 38_400",
        "error, pictures = np.sqrt(0.000024), 38_000.0",
    ],
    "evaluate-paired": [
        PAIRED,
        """
def paired(y, first, second):
    d = (first == y).astype(int) - (second == y)
    n = np.abs(d).sum()
    return np.sum(d > 0), np.sum(d < 0), d.sum() / max(n, 1) ** 0.5
""",
    ],
    "evaluate-threshold": [
        THRESHOLD,
        """
def threshold_for(confidence, right, wanted):
    good = [t for t in confidence if np.mean(right[confidence >= t]) >= wanted]
    return min(good, default=np.inf)
""",
    ],
    "evaluate-pens": [
        PENS,
        """
def pens(X, rng):
    all_three = np.stack([X, thicken(X, 1), thicken(X, -0.5)])
    return all_three[rng.integers(0, 3, len(X)), np.arange(len(X))]
""",
    ],
    "evaluate-folder": [
        FOLDER,
        FOLDER.replace("*accuracy_interval", "accuracy_interval"),
        FOLDER.replace("return accuracy(y_new, predicted), *", "p = accuracy(y_new, predicted)\n"
                       "    low, high = ") + "    return np.array([p, low, high])\n",
    ],
}  # fmt: skip

REJECTED = {
    "evaluate-paper": [
        ("error, pictures = 0.000024, 38_400", "The standard error is its root"),
        ("error, pictures = 0.196, 38_400", "for *one* picture"),
        ("error, pictures = 0.196 / 1600, 38_400", "out of the root whole"),
        ("error, pictures = 0.04, 38_400", "the share that is *wrong*"),
        ("error, pictures = 0.0096, 38_400", "1.96 standard errors"),
        ("error, pictures = 0.49, 38_400", "in percentage points"),
        ("error, pictures = 0.02, 38_400", "Put $p = 0.96$"),
        ("error, pictures = 0.0049, 196", "Square both sides"),
        ("error, pictures = 0.0049, 1600 * 4.9", "$N$ stands under a root"),
        ("error, pictures = 0.0049, 160_000", "Solve the formula"),
        ("error, pictures = 'half', 1", "`error` is a number; you handed in a text"),
    ],
    "evaluate-paired": [
        (
            PAIRED
            .replace(
                "(b_ - c_) / np.sqrt(b_ + c_)",
                "(a.mean() - b.mean()) / np.sqrt((a.var() + b.var()) / len(y))",
            ),
            "two *unrelated* shares",
        ),
        (PAIRED.replace("a & ~b", "a").replace("b & ~a", "b"), "*all* that each got right"),
        (PAIRED.replace("return b_, c_,", "return c_, b_,"), "the wrong way round"),
        (PAIRED.replace("return b_, c_,", "return b_ / len(y), c_ / len(y),"), "are shares."),
        (PAIRED.replace("b & ~a", "~a & (first != second)"), "in different ways"),
        (PAIRED.replace(" / np.sqrt(b_ + c_)", ""), "the difference itself"),
        (PAIRED.replace("np.sqrt(b_ + c_)", "(b_ + c_)"), "is its *root*"),
        (PAIRED.replace("np.sqrt(b_ + c_)", "np.sqrt(len(y))"), "Only disagreements"),
        (PAIRED.replace("(b_ - c_)", "(c_ - b_)"), "of the wrong sign"),
        (PAIRED.replace("np.sqrt(b_ + c_)", "np.sqrt(np.sum(first != second))"), "Both wrong says"),
        (PAIRED.replace("(b_ - c_) / np.sqrt", "(b_ - c_) ** 2 / "), "which some books use"),
        (PAIRED.replace("np.sqrt(b_ + c_)", "len(y)"), "the difference of the accuracies"),
        (PAIRED.replace("    if b_ + c_ == 0:\n        return 0, 0, 0.0\n", "")
         .replace("(b_ - c_)", "np.float64(b_ - c_)"), "you divide by 0"),
        (PAIRED.replace("    if b_ + c_ == 0:\n        return 0, 0, 0.0\n", "")
         .replace("np.sqrt(b_ + c_)", "(b_ + c_) ** 0.5"), "`ZeroDivisionError"),
        (PAIRED.replace("int((b & ~a).sum())", "int((b & ~a).sum()) + 1"), "The second count is"),
        (PAIRED.replace("return b_, c_, (b_ - c_)", "return (b_ - c_)"), "3 values are asked for"),
    ],
    "evaluate-threshold": [
        ("""
def threshold_for(confidence, right, wanted):
    order = np.argsort(-confidence, kind="stable")
    share = np.cumsum(right[order]) / np.arange(1, len(right) + 1)
    good = np.flatnonzero(share >= wanted)
    return confidence[order][good[-1]] if len(good) else np.inf
""", 'Equal confidences are answered together'),
        (THRESHOLD.replace("sorted(confidence)", "sorted(confidence)[::-1]"), "the highest"),
        (THRESHOLD.replace("mean() >=", "mean() >"), "exactly `wanted`"),
        (THRESHOLD.replace("right[confidence >= t].mean() >= wanted", "True"), "all, and may be"),
        (
            """
def threshold_for(confidence, right, wanted):
    best = np.inf
    for t in sorted(confidence)[::-1]:
        if right[confidence >= t].mean() < wanted:
            return best
        best = t
    return best
""",
            "You stopped at the first fall",
        ),
        (THRESHOLD.replace("sorted(confidence)", "confidence"), "in which the pictures stand"),
        (THRESHOLD.replace(">= t", "> t"), "*equal* to the threshold"),
        (THRESHOLD.replace("    return np.inf", "        return np.inf"), "inside the loop"),
        (THRESHOLD.replace("return np.inf", "return 1.0"), "The threshold is 1; inf is right"),
        (THRESHOLD.replace("return t", "return confidence >= t"), "a single number is asked for"),
    ],
    "evaluate-pens": [
        (
            "def pens(X, rng):\n    return [X, thicken(X, 1), thicken(X, -0.5)][rng.integers(3)]",
            "The whole batch got the same pen",
        ),
        (PENS.replace("rng.integers(3)", "rng.integers(2)"), "0 are thinner"),
        (PENS.replace("-0.5", "-1"), "is none of the three"),
        (PENS.replace("rng.integers(3)", "n % 3"), "the same came out"),
        (PENS.replace("rng.integers(3)", "min(rng.integers(20), 2)"), "should be equally likely"),
        ("def pens(X, rng):\n    return thicken(X, rng.uniform(-0.5, 1))", "is none of the three"),
        (
            "def pens(X, rng):\n    which = rng.choice([0, 0, 1, 2], len(X))[:, None]\n"
            "    changed = np.where(which == 1, thicken(X, 1), thicken(X, -0.5))\n"
            "    return np.where(which == 0, X, changed)",
            "should be equally likely",
        ),
        (PENS.replace("return out", "return out.reshape(-1, 28, 28)"), "(900, 784)"),
        (PENS.replace("return out", "return out.astype(float)"), "came out as float64"),
        (PENS.replace("X.copy()", "X"), "changes the `X` it is given"),
    ],
    "evaluate-folder": [
        (FOLDER.replace("X_new)", "X)").replace("y_new, predicted", "y, predicted"),
         "not on those you trained on"),
        (FOLDER.replace("load_mnist(folder)", "load_mnist()")
         .replace("X, y, epochs=4", "X[:6000], y[:6000], epochs=1"), "do you read MNIST"),
        (FOLDER.replace("Adam(0.003)", "Adam(0)"), "Train it for longer"),
        (FOLDER.replace("return accuracy", "return 100 * accuracy"), "from 0 to 1"),
        (FOLDER.replace("return accuracy(y_new, predicted), *accuracy_interval(y_new, predicted)",
                        "return accuracy(y_new, predicted)"), "Three numbers are asked for"),
        (FOLDER.replace("*accuracy_interval(y_new, predicted)",
                        "*accuracy_interval(y_new, predicted)[::-1]"), "the wrong way round"),
        (FOLDER.replace("    return accuracy(y_new, predicted), *accuracy_interval(y_new, "
                        "predicted)", "    p = accuracy(y_new, predicted)\n"
                        "    half = 1.96 * np.sqrt(p * (1 - p) / len(y_new))\n"
                        "    return p, p - half, p + half"), "the plain interval"),
        (FOLDER.replace("interval(y_new, predicted)", "interval(y_new, predicted, 0.99)"),
         "`interval`"),
    ],
}  # fmt: skip

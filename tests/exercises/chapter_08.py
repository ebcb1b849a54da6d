"""Answers to the exercises on optimizers: right ones, and one for each misconception."""

import math

import numpy as np

import nn_core as nn


def given() -> dict:
    """What the chapter has defined where its exercises stand."""
    rng = np.random.default_rng(0)
    X, y, _, _ = nn.load_mnist()
    small = X[:3000], y[:3000]

    def train(optimizer, data, *, epochs, callbacks):
        network = nn.MLP((784, 16, 10), np.random.default_rng(0))
        history = nn.fit(
            network, optimizer, *data, epochs=epochs, batch_size=128, rng=rng,
            callbacks=callbacks, progress=False,
        )  # fmt: skip
        return network, history

    return {
        "np": np,
        "Adam": nn.Adam,
        "train": train,
        "dev_accuracy": lambda network: nn.accuracy(y[3000:4000], network.predict(X[3000:4000])),
        "small": small,
        "EPOCHS": 1,
        "steps": math.ceil(3000 / 128),
        "cosine_decay": nn.schedules.cosine_decay,
        "LearningRateSchedule": nn.LearningRateSchedule,
    }


HAND = "below, best_rate, times_as_long = 0.04, 0.0385, 20"
CENTS = "sgd, momentum, adagrad, adam = 0.01, 0.01, 1, 1"
MEAN = """
def smoothed(values, beta=0.98):
    m, means = 0.0, []
    for k, value in enumerate(values):
        m += (1 - beta) * (value - m)
        means.append(m / (1 - beta ** (k + 1)))
    return means
"""
LINEAR = """
def linear_decay(lr, steps):
    def schedule(t):
        if t >= steps:
            return 0.0
        return lr * (steps - t) / steps
    return schedule
"""

ACCEPTED = {
    "optim-hand": [HAND, "below, best_rate, times_as_long = 1 / 25, 1 / 26, 1 / (1 - 0.95)"],
    "optim-cents": [CENTS, "sgd = momentum = 1e-2\nadagrad = adam = 1.0"],
    "optim-mean": [
        MEAN,
        """
def smoothed(values, beta=0.98):
    v = np.asarray(values)
    weights = beta ** np.arange(len(v))
    return np.array([v[k::-1] @ weights[:k + 1] / weights[:k + 1].sum() for k in range(len(v))])
""",
    ],
    "optim-linear": [LINEAR, LINEAR.replace("lr * (steps - t) / steps", "lr - lr * t / steps")],
}

REJECTED = {
    "optim-hand": [
        (HAND.replace("0.04", "1"), "the bound of the flat axis"),
        (HAND.replace("0.04", "0.02"), "arrives in one step"),
        (HAND.replace("0.04", "2 / 52"), "That is the best rate"),
        (HAND.replace("0.04", "'0.04'"), "`below` is a number"),
        (HAND.replace("0.04", "0.1"), "Which axis is stricter"),
        (HAND.replace("0.0385", "0.03"), "equal in size?"),
        (HAND.replace("20", "40"), "the geometric sum $1 + "),
        (HAND.replace("0.0385", "0.04"), "where the steep axis comes no closer"),
        (HAND.replace("0.0385", "0.038"), "Give three digits, or the fraction"),
        (HAND.replace("0.0385", "1 / 52"), "below a 2, not a 1"),
        (HAND.replace("0.0385", "2 / 48"), "not their difference"),
        (HAND.replace("0.0385", "0.02"), "suits the steep axis alone"),
        (HAND.replace("20", "0.05"), "Divide by it"),
        (HAND.replace("20", "0.95"), "what is kept"),
        (HAND.replace("20", "1 / 1.95"), "a slope that alternates"),
        (HAND.replace("20", "19"), "the newest gradient"),
    ],
    "optim-cents": [
        (CENTS.replace("= 0.01", "= 100"), "10,000 times as long"),
        (CENTS.replace("= 0.01", "= 1"), "100 times as long as before"),
        (CENTS.replace("= 0.01", "= 2"), "How long is its step"),
        (CENTS.replace("0.01, 1", "1, 1"), "would count 100 times as much"),
        (CENTS.replace("0.01, 1", "0.001, 1"), "It was on before"),
        (CENTS.replace("0.01, 1", "0.5, 1"), "How long is its velocity"),
        (CENTS.replace("0.01, 1, 1", "0.01, 0.01, 0.01"), "Look at what it divides by"),
        (CENTS.replace(", 1, 1", ", 0.1, 1"), "Its $s$ holds *squares*"),
        (CENTS.replace(", 1, 1", ", 100, 1"), "It divides by 100 times as much"),
        (CENTS.replace(", 1, 1", ", 7, 1"), "Put $100\\,g$ into its formula"),
        (CENTS.replace(", 1, 1", ", 1, 0.01"), "so is that root"),
        (CENTS.replace(", 1, 1", ", 1, 0.1"), "holds the mean of *squares*"),
        (CENTS.replace(", 1, 1", ", 1, 7"), "into both of its means"),
        (CENTS.replace("0.01, 1", "[0.01], 1"), "`momentum` is a number"),
    ],
    "optim-mean": [
        (
            MEAN
            .replace("(1 - beta) * (value - m)", "beta * (value - m)")
            .replace("beta ** (k", "(1 - beta) ** (k"),
            "are exchanged",
        ),
        (
            MEAN
            .replace("m, means = 0.0, []", "m, means = values[0], []")
            .replace("m / (1 - beta ** (k + 1))", "m"),
            "starts at the first value, which",
        ),
        (MEAN.replace("m, means = 0.0", "m, means = values[0]"), "is corrected on top"),
        (MEAN.replace(" / (1 - beta ** (k + 1))", ""), "without the correction"),
        (MEAN.replace(" / (1 - beta", " * (1 - beta"), "You multiplied"),
        (MEAN.replace("means.append(m /", "m = (m /").replace(
            "    return", "        means.append(m)\n    return"), "correct only what you show"),
        (MEAN.replace("beta ** (k + 1)", "beta"), "for the first value only"),
        (MEAN.replace("(k + 1)", "k"), "ZeroDivisionError"),
        (MEAN.replace("    return means", "    return means[-1]"), "is a single number; an array"),
        (MEAN.replace("    return means", "    return [means]"), "only their arrangement"),
        ("def smoothed(values, beta=0.98):\n"
         "    return np.cumsum(values) / np.arange(1, len(values) + 1)", "plain mean"),
        (MEAN.replace("beta=0.98", "beta=0.9"), "It is right for `values` and `beta` = 0.75"),
    ],
    "optim-linear": [
        ("def linear_decay(lr, steps):\n    return lr * (1 - 1 / steps)", "gives a number"),
        (LINEAR.replace("t >= steps", "False"), "training would climb"),
        (LINEAR.replace("(steps - t)", "min(t, steps)").replace("return 0.0", "return lr"),
         "Your line rises"),
        (LINEAR.replace("(steps - t)", "(steps - t - 1)"), "one step early"),
        (LINEAR.replace("(steps - t)", "(steps - t + 1)").replace(">=", ">"), "one step late"),
        (LINEAR.replace("lr * ", ""), "10 times too large"),
        (LINEAR.replace("return 0.0", "return None"), "returns nothing"),
    ],
}  # fmt: skip

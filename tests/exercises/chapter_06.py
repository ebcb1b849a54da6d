"""Answers to the exercises of chapter 06: right ones, and one for each misconception."""

import numpy as np

import nn_core as nn

LINEAR = """
linear = nn.MLP((784, 10), rng)
nn.fit(linear, nn.SGD({lr}), X_train, y_train, epochs={epochs}, batch_size=64, rng=rng)
reached = nn.accuracy(y_dev, linear.predict(X_dev))
"""


def train(network, optimizer, X, y, epochs, batch_size, rng):
    """The chapter's loop."""
    for _ in range(epochs):
        for batch in nn.minibatches(X, y, batch_size, rng):
            network.loss_and_grad(*batch)
            optimizer.step(network.theta, network.grad)


def given() -> dict:
    """What the chapter has defined where its exercises stand."""
    rng = np.random.default_rng(0)
    X, y, _, _ = nn.load_mnist()
    X_train, y_train, X_dev, y_dev = nn.train_dev_split(X[:22_000], y[:22_000], 2_000, rng)
    return {
        "np": np,
        "nn": nn,
        "MLP": nn.MLP,
        "accuracy": nn.accuracy,
        "minibatches": nn.minibatches,
        "train": train,
        "rng": rng,
        "X_train": X_train,
        "y_train": y_train,
        "X_dev": X_dev,
        "y_dev": y_dev,
    }


HAND = "one_step, two_steps, too_large = {}, {}, {}"
PIECES = """
def gradient_in_pieces(network, X, y, size):
    found, counts = [], []
    for start in range(0, len(X), size):
        network.loss_and_grad(X[start:start + size], y[start:start + size])
        found.append({what})
        counts.append(len(X[start:start + size]))
    return {result}
"""
BUGS = """
def descend(network, X, y, lr, epochs, batch_size, rng):
    theta = network.theta
    {before}
    for _ in range(epochs):
        {inside}
        for X_batch, y_batch in batches:
            network.loss_and_grad(X_batch, y_batch)
            {step}
    return network
"""
WALK = "batches = minibatches(X, y, batch_size, rng)"

ACCEPTED = {
    "training-hand": [HAND.format(0.6, 1.08, 1), HAND.format("3 / 5", "0.6 + 0.48", 1.0)],
    "training-pieces": [
        PIECES.format(
            what="network.grad.copy()", result="np.average(found, axis=0, weights=counts)"
        ),
        PIECES.format(
            what="network.grad * (len(X[start:start + size]) / len(X))", result="sum(found)"
        ),
    ],
    "training-bugs": [
        BUGS.format(before="", inside=WALK, step="theta -= lr * network.grad"),
        BUGS.format(before="", inside=WALK, step="network.theta = network.theta - lr*network.grad"),
        BUGS.format(
            before="sgd = nn.SGD(lr)", inside=WALK, step="sgd.step(network.theta, network.grad)"
        ),
    ],
    "training-linear": [
        LINEAR.format(lr=0.1, epochs=4),
        LINEAR.format(lr=0.05, epochs=5).replace(
            "nn.accuracy(y_dev, linear.predict(X_dev))", "np.mean(linear.predict(X_dev) == y_dev)"
        ),
    ],
}

REJECTED = {
    "training-hand": [
        (HAND.format(-0.6, -1.32, 1), "against"),
        (HAND.format(6, 0, 1), "learning rate"),
        (HAND.format(0.3, 0.57, 1), "has a 2"),
        (HAND.format(2.4, 1.92, 1), "still have to go"),
        (HAND.format(0.7, 1.2, 1), "at $w = 0$"),
        (HAND.format(0.6, 1.2, 1), "where you stand"),
        (HAND.format(0.6, 1.92, 1), "have to go then"),
        (HAND.format(0.6, 1, 1), "Take the slope at 0.6"),
        (HAND.format(0.6, 1.08, 2), "slope of the slope"),
        (HAND.format(0.6, 1.08, 0.5), "in one step"),
        (HAND.format(0.6, 1.08, 3), "reach 1"),
        (HAND.format("'left'", 1.08, 1), "is a number"),
    ],
    "training-pieces": [
        (
            "def gradient_in_pieces(network, X, y, size):\n    return np.zeros_like(network.grad)",
            "zero everywhere",
        ),
        (
            PIECES.format(what="network.grad.copy()", result="np.mean(found, axis=0)"),
            "mean of the pieces' means",
        ),
        (PIECES.format(what="network.grad.copy()", result="sum(found)"), "added up the *means*"),
        (
            PIECES.format(what="network.grad", result="np.average(found, axis=0, weights=counts)"),
            "Only the last piece",
        ),
        (
            PIECES.format(what="network.grad * len(X[start:start + size])", result="sum(found)"),
            "is 6 times too large, everywhere. Is a division by $N = 6$ missing?",
        ),
        (
            "def gradient_in_pieces(network, X, y, size):\n"
            "    network.loss_and_grad(X, y)\n    return network.grad.copy()",
            "at once",
        ),
        (
            "def gradient_in_pieces(network, X, y, size):\n"
            "    total = network.grad\n"
            "    for start in range(0, len(X), size):\n"
            "        network.loss_and_grad(X[start:start + size], y[start:start + size])\n"
            "        total += network.grad\n"
            "    return total / len(X)",
            "`network.grad` to itself",
        ),
        (
            PIECES.format(what="network.grad / len(X)", result="sum(found)"),
            "divided by the number of pictures",
        ),
        (
            PIECES.format(what="network.grad * size / len(X)", result="sum(found)"),
            "as if it had `size` pictures",
        ),
        (
            PIECES.format(
                what="network.grad * len(X[start:start + size]) / len(X)", result="sum(found)"
            ).replace("len(X), size)", "len(X) - size + 1, size)"),
            "shorter, it is missing",
        ),
        (PIECES.format(what="network.dW", result="found[0]"), "is a list of 2"),
    ],
    "training-bugs": [
        (BUGS.format(before="", inside=WALK, step="theta += lr * network.grad"), "sign"),
        (
            BUGS.format(before="", inside=WALK, step="theta = theta - lr * network.grad"),
            "new array",
        ),
        (
            BUGS.format(before=WALK, inside="", step="theta -= lr * network.grad"),
            "makes one epoch, however many you ask for. `minib",
        ),
        (
            BUGS.format(before=WALK, inside="", step="theta += lr * network.grad"),
            "mistake is mended",
        ),
        (
            BUGS.format(
                before="batches = list(minibatches(X, y, batch_size, rng))",
                inside="",
                step="theta -= lr * network.grad",
            ),
            "same order",
        ),
        (
            BUGS.format(
                before="theta = theta.copy()", inside=WALK, step="theta -= lr * network.grad"
            ).replace("return network", "network.theta = theta\n    return network"),
            "taken at the start",
        ),
        (
            BUGS.format(before="", inside=WALK, step="theta -= lr * network.grad").replace(
                "return network", "return theta"
            ),
            "The function gives back the network",
        ),
        (
            BUGS.format(before="", inside=WALK, step="theta -= lr * network.grad / len(X_batch)"),
            "all 39 numbers are off",
        ),
    ],
    "training-linear": [
        (LINEAR.format(lr=0.1, epochs=4).replace("(784, 10)", "(784, 32, 10)"), "sizes"),
        (LINEAR.format(lr=1e-5, epochs=1), "trained"),
        (LINEAR.format(lr=0.1, epochs=4) + "reached = 100 * reached", "percentage"),
        (LINEAR.format(lr=0.1, epochs=4) + "reached = 0.98", "another network"),
    ],
}

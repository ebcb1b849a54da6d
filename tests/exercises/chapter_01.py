"""Answers to the exercises on data: right ones, and one for each misconception; see chapter_00."""

import numpy as np

import nn_core as nn
from nn_core.data import MNIST_FOLDER, read_bytes
from nn_core.lab.exercises.chapter_01 import shuffled_starts


def given() -> dict:
    """What the chapter has defined where its exercises stand."""
    rng = np.random.default_rng(0)
    images, labels, _, _ = nn.load_mnist(raw=True)
    X = nn.scale_pixels(images[:9000])
    X_train, y_train, X_dev, y_dev = nn.train_dev_split(X, labels[:9000], dev_size=1000, rng=rng)
    return {
        "SEED": 0,
        "np": np,
        "MNIST_FOLDER": MNIST_FOLDER,
        "accuracy": nn.accuracy,
        "labels": labels,
        "minibatches": nn.minibatches,
        "positions": np.arange(1000),
        "read_bytes": read_bytes,
        "rng": rng,
        "shuffled_starts": shuffled_starts,
        "X_train": X_train,
        "y_train": y_train,
        "X_dev": X_dev,
        "y_dev": y_dev,
    }


LABELS = 'data = read_bytes(MNIST_FOLDER / "train-labels-idx1-ubyte.gz")\nheader = 8\n'
UNDO = "tie = 0\ndef labels_of(Y):\n    return "
LEAK = """
def standardize(X_train, X_dev):
    mean, std = X_train.mean(), X_train.std()
    return [(X - mean) / std for X in (X_train, X_dev)]
"""
NEIGHBOUR = """
price = 784 * 5000
def nearest_label(X, memory, memory_labels):
    d = (memory**2).sum(axis=1) - 2 * X @ memory.T
    return memory_labels[d.argmin(axis=1)]
"""
STARTS = """
def really_shuffles(batches_of):
    rng = np.random.default_rng()
    epochs = [
        {frozenset(y.tolist()) for _, y in batches_of(positions[:, None], positions, 10, rng)}
        for _ in range(2)
    ]
    return epochs[0] != epochs[1]
"""

ACCEPTED = {
    "data-labels": [
        LABELS + "mine = np.array(list(data[8:]))",
        LABELS + "mine = np.frombuffer(data, np.uint8)[8:]\nheader = 4 + 4 * data[3]",
        LABELS + "mine = list(data[8:])",
    ],
    "data-undo": [
        UNDO + "np.array([list(row).index(max(row)) for row in Y])",
        UNDO + "Y.argsort(axis=1)[:, -1]\ntie = labels_of(np.full((1, 10), 0.1))",
        UNDO + "(Y @ np.arange(Y.shape[1])).round().astype(int)\n"
        "tie = int(labels_of(np.full((1, 10), 0.1))[0])",
    ],
    "data-leak": [
        LEAK,
        """
def standardize(X_train, X_dev):
    def scaled(X):
        return (X - np.mean(X_train)) / np.sqrt(np.var(X_train))
    return scaled(X_train), scaled(X_dev)
""",
    ],
    "data-neighbour": [
        """
price = 3.92e6
def nearest_label(X, memory, memory_labels):
    answers = []
    for x in X:
        answers.append(memory_labels[np.argmin([((x - m) ** 2).sum() for m in memory])])
    return np.array(answers)
""",
        """
price = 3.92e6
def nearest_label(X, memory, memory_labels):
    d = np.linalg.norm(X[:, None, :] - memory[None], axis=2)
    return np.take(memory_labels, np.argsort(d, axis=1)[:, 0])
""",
    ],
    "data-starts": [STARTS],
}

REJECTED = {
    "data-labels": [
        (LABELS + "mine = np.frombuffer(data, np.uint8)", "The header is among these numbers"),
        (LABELS + "mine = np.frombuffer(data[4:], np.uint8)", "Four bytes of the header"),
        (LABELS + "mine = np.frombuffer(data[16:], np.uint8)", "the header of the *pictures*"),
        (LABELS + "mine = np.frombuffer(data[8:], np.int32)", "Each label is one byte"),
        (LABELS + "mine = data[8:]", "still bytes"),
        (LABELS + "mine = labels[:100]", "the shape (100,); (60000,) is asked for"),
        (
            LABELS + 'file = MNIST_FOLDER / "train-labels-idx1-ubyte.gz"\n'
            "mine = np.frombuffer(file.read_bytes(), np.uint8)",
            "bytes of the packed file",
        ),
        (LABELS + "mine = labels\nheader = 16", "How many have labels?"),
        (LABELS + "mine = labels\nheader = 4", "four for each dimension"),
        (LABELS + "mine = labels\nheader = data[:8]", "`header` is a number; you"),
        (LABELS + "mine = labels[::-1]", "in reverse order"),
    ],
    "data-undo": [
        (UNDO + "Y.argmax(axis=0)", "`axis=0` looks along each column"),
        (UNDO + "Y.argmax()", "the label of the first example"),
        (UNDO + "Y.max(axis=1)", "the *value* of the largest entry"),
        (UNDO + "np.where(Y == 1)", "the rows and the columns of the ones"),
        (UNDO + "Y @ np.arange(10)", "whole numbers are asked for"),
        (UNDO + "Y.argmax(axis=1) + 1", "too large by 1, everywhere"),
        (UNDO + "Y.argmin(axis=1)", "all 7 numbers are off"),
        (UNDO + "Y.argmax(axis=1)[:, None]", "An axis of length 1 is left over"),
        (UNDO + "[list(row).index(1) for row in Y]", "a list of 7; an array is asked for"),
        ("tie = 0\ndef labels_of(Y):\n    Y.argmax(axis=1)", "Is a `return` missing"),
        (
            "tie = 0\ndef labels_of(Y, y):\n    return y",
            "called with 1 argument, but takes `(Y, y)`",
        ),
        (UNDO + "Y.argmax(axis=2)", "AxisError"),
        (UNDO + "np.nonzero(Y)[1]", "it should find one label, too"),
        (UNDO + "np.array([list(row).index(1) for row in Y])", "ValueError: 1 is not in list"),
        (UNDO + "Y.argmax(axis=1)\ntie = 9", "Call your function with"),
        (UNDO + "Y.argmax(axis=1)\ntie = 0.1", "Call your function with"),
        (UNDO + "Y.argmax(axis=1)\ntie = False", "`tie` is a number"),
        ("tie = 0\nlabels_of = np.array([3, 0])", "Hand in the function itself"),
    ],
    "data-leak": [
        (
            LEAK.replace("X_train.mean(), X_train.std()", "X.mean(), X.std()").replace(
                "    mean", "    X = np.concatenate([X_train, X_dev])\n    mean"
            ),
            "both piles together. That is the leak",
        ),
        (
            LEAK.replace("X - mean) / std", "X - X.mean()) / X.std()"),
            "mean and deviation of its own",
        ),
        (LEAK.replace("()", "(axis=0)"), "One mean over *all* pixels"),
        (LEAK.replace("X_train.std", "X_train.var"), "divide by the variance"),
        (LEAK.replace(" / std", ""), "The division by the standard deviation is missing"),
        (LEAK.replace("(X - mean) / std", "X - mean / std"), "put `X - mean` in parentheses"),
        (LEAK.replace("(X - mean)", "(mean - X)"), "has the wrong sign"),
        (LEAK.replace("return [", "X_train -= mean\n    return ["), "changes the `X_train`"),
        (
            LEAK.replace(" for X in (X_train, X_dev)]", " for X in [X_train]][0]"),
            "2 values are asked for",
        ),
    ],
    "data-neighbour": [
        (NEIGHBOUR.replace("sum(axis=1)", "sum()"), "one number for all"),
        (NEIGHBOUR.replace("argmin(axis=1)", "argmin()"), "a single label for all pictures"),
        (NEIGHBOUR.replace("argmin", "argmax"), "*farthest*"),
        (NEIGHBOUR.replace("2 * X", "X"), "A factor of 2 is missing"),
        (NEIGHBOUR.replace("memory_labels[d.argmin(axis=1)]", "d.argmin(axis=1)"), "*position*"),
        (NEIGHBOUR.replace("argmin(axis=1)", "argmin(axis=0)"), "(11,); (6,) is asked for"),
        (NEIGHBOUR.replace("(memory**2).sum(axis=1) - 2", "-2"), "The squares of `memory`"),
        (NEIGHBOUR.replace("sum(axis=1)", "sum(axis=0)"), "ValueError: operands could not be"),
        (NEIGHBOUR.replace("memory.T", "memory"), "`X` of shape (6, 5), `memory` of shape (11, 5)"),
        (NEIGHBOUR + "price = 784", "comparing with *one* remembered"),
        (NEIGHBOUR + "price = 5000", "How many numbers has each of them?"),
        (NEIGHBOUR + "price = 7840", "the price of the nearest mean"),
        (NEIGHBOUR + "price = 7_840_000", "That is twice the number"),
        (NEIGHBOUR + "price = 5000**2 * 784", "the whole dev set"),
        (NEIGHBOUR + "price = 5784", "How many products has one row"),
        (NEIGHBOUR + "price = 4e6", "How many products has one row"),
    ],
    "data-starts": [
        ("def really_shuffles(batches_of):\n    return True", "It says True for both"),
        (STARTS.replace("!=", "=="), "the wrong way round"),
        (STARTS.replace("frozenset", "tuple").replace("{", "[").replace("}", "]"), "True for both"),
        (
            STARTS.replace("10, rng)", "10, np.random.default_rng(0))"),
            "a generator of the same seed",
        ),
        (
            "def really_shuffles(batches_of):\n    rng = np.random.default_rng(0)\n"
            "    batches = batches_of(positions[:, None], positions, 64, rng)\n"
            "    return sorted(k for _, y in batches for k in y) == list(range(1000))",
            "every example comes once",
        ),
        (
            "def really_shuffles(batches_of):\n"
            "    return len(list(batches_of(positions, positions, 64, rng)))",
            "should return True or False; it returns the number 16",
        ),
    ],
}

"""Exercises of the chapter on data."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nn_core.data import MNIST_FOLDER, minibatches, one_hot, read_bytes
from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.expect import Wrong, expect, run
from nn_core.lab.exercises.explain import close, describe, is_number


@exercise("data-labels")
def check_labels(mine: Any, header: Any) -> None:
    """Compare with the file."""
    data = read_bytes(MNIST_FOLDER / "train-labels-idx1-ubyte.gz")
    right = np.frombuffer(data, np.uint8, offset=8)
    if isinstance(mine, bytes):
        raise Wrong(
            "`mine` is still bytes. `np.frombuffer(mine, np.uint8)` makes an array of them."
        )
    if isinstance(mine, np.ndarray) and mine.shape != right.shape:
        sizes = {
            len(data): "the header is among them. It is no label",
            len(data) - 4: "four bytes of the header are among them",
            len(data)
            - 16: "you cut off 16 bytes. That is the header of the *pictures*, which have "
            "three dimensions",
            len(right) // 4: "four bytes were taken for one number. Each label is one byte",
        }
        problem = sizes.get(mine.size)
        if problem:
            raise Wrong(f"You have {mine.size:,} numbers, not {len(right):,}: {problem}.")
        raise Wrong(
            f"`mine` has the shape {mine.shape}; there are {len(right):,} labels. Did `read_bytes` "
            "unpack the file, and is it the one with the labels?"
        )
    expect(mine, right, "`mine`")
    if not is_number(header):
        raise Wrong(f"`header` is a number of bytes; you handed in {describe(header)}.")
    if header == 16:
        raise Wrong(
            "The labels are right. But 16 bytes is the header of the *pictures*, with three "
            "dimensions. How many have labels?"
        )
    if header != 8:
        raise Wrong(
            f"The labels are right. But the header does not have {header} bytes: four for the "
            "start, and four for each dimension."
        )


@exercise("data-undo")
def check_undo(labels_of: Any) -> None:
    """Try it on a few labels."""
    y = np.array([3, 0, 9, 9, 4, 1, 7])
    Y = one_hot(y)
    found = run(labels_of, Y)
    if isinstance(found, tuple) and len(found) == 2:
        raise Wrong(
            "Your function returns two arrays, the rows and the columns of the ones. The labels "
            "are one of them."
        )
    if is_number(found):
        raise Wrong("You get a single number for 7 examples. Look along an axis: `axis=1`.")
    if isinstance(found, np.ndarray) and found.shape == (10,):
        raise Wrong(
            "You get 10 numbers for 7 examples: one for each class. `axis=0` looks along each "
            "column; a label belongs to a row."
        )
    if close_to(found, np.ones(7)):
        raise Wrong(
            "You get a 1 for each example: the *value* of the largest entry. Its *position* is the "
            "label. `max` gives values, `argmax` positions."
        )
    expect(found, y, "the array of labels")


@exercise("data-leak")
def check_leak(standardize: Any) -> None:
    """Compare with the right way, and with the ways it goes wrong."""
    rng = np.random.default_rng(1)
    X_train, X_dev = rng.uniform(0, 1, (6, 4)), rng.uniform(0.2, 1.5, (5, 4))
    mean, std = X_train.mean(), X_train.std()
    both = np.concatenate([X_train, X_dev])
    found = run(standardize, X_train, X_dev)
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise Wrong(
            "Your function should return two arrays, the standardized training set and the "
            f"standardized dev set. It returns {describe(found)}."
        )
    mine, dev = found
    if close_to(mine, (X_train - both.mean()) / both.std()):
        raise Wrong(
            "Mean and standard deviation come from both piles together. That is the leak: the dev "
            "set has a say in how you train."
        )
    if close_to(mine, (X_train - X_train.mean(axis=0)) / X_train.std(axis=0)):
        raise Wrong(
            "You took a mean for each pixel. One mean over *all* pixels is asked for, without an "
            "`axis`: MNIST has pixels that are always 0, and their standard deviation is 0."
        )
    if close_to(mine, (X_train - mean) / X_train.var()):
        raise Wrong("You divide by the variance. The standard deviation is its square root.")
    if close_to(mine, X_train - mean):
        raise Wrong("The mean is subtracted. The division by the standard deviation is missing.")
    if close_to(mine, X_train - mean / std):
        raise Wrong("Python divides before it subtracts: put `X - mean` in parentheses.")
    expect(mine, (X_train - mean) / std, "`X_train`, standardized,")
    if close_to(dev, (X_dev - X_dev.mean()) / X_dev.std()):
        raise Wrong(
            "The dev set is standardized by a mean and deviation of its own. Then the same pixel "
            "means one thing in training and another one later. Use the two numbers of the "
            "training set."
        )
    expect(dev, (X_dev - mean) / std, "`X_dev`, standardized,")


def close_to(found: Any, expected: np.ndarray) -> bool:
    """Whether something is an array that agrees with the expected one."""
    return isinstance(found, np.ndarray) and found.dtype.kind in "biuf" and close(found, expected)


@exercise("data-neighbour")
def check_neighbour(nearest_label: Any) -> None:
    """Compare with the direct way, on a few points."""
    rng = np.random.default_rng(2)
    X, memory = rng.uniform(0, 1, (6, 5)), rng.uniform(0, 1, (11, 5))
    memory[:5] *= 0.4  # so that a forgotten square shows
    X[0] = 2 * memory[7]  # so that a forgotten axis gives a label, and no IndexError
    memory_labels = np.array([3, 8, 0, 6, 1, 9, 4, 7, 2, 5, 3])
    d = ((X[:, None] - memory) ** 2).sum(axis=2)
    right = memory_labels[d.argmin(axis=1)]
    found = run(nearest_label, X, memory, memory_labels)
    squares, products = (memory**2).sum(axis=1), X @ memory.T
    mistakes = [
        (
            d.argmin(axis=1),
            "You return the *position* of the nearest picture in memory. Its label stands in "
            "`memory_labels`, at that position.",
        ),
        (
            memory_labels[d.argmax(axis=1)],
            "That is the label of the picture that is *farthest* away. `argmin` finds the smallest "
            "distance.",
        ),
        (
            memory_labels[(squares - products).argmin(axis=1)],
            "A factor of 2 is missing before the matrix product: multiply $(x - m)^2$ out.",
        ),
        (
            memory_labels[products.argmax(axis=1)],
            "That is the label of the largest product, so pictures with much ink win. The squares "
            "of `memory` are missing, or they are one number for all: each remembered picture has "
            "a sum of its own, `axis=1`.",
        ),
    ]
    for wrong, words in mistakes:
        if close_to(found, wrong):
            raise Wrong(words)
    if is_number(found) and found == memory_labels[(squares - 2 * products)[0].argmin()]:
        raise Wrong(
            "You get a single label for all pictures. Each row of distances has a smallest one of "
            "its own: `argmin(axis=1)`."
        )
    expect(found, right, "the array of labels")


def shuffled_starts(
    X: np.ndarray, y: np.ndarray, batch_size: int, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Shuffle where batches start, not examples: the function of the exercise."""
    starts = np.arange(0, len(X), batch_size)
    rng.shuffle(starts)
    for start in starts:
        yield X[start : start + batch_size], y[start : start + batch_size]


@exercise("data-starts")
def check_starts(really_shuffles: Any) -> None:
    """Give it both functions."""
    good, bad = run(really_shuffles, minibatches), run(really_shuffles, shuffled_starts)
    for found in (good, bad):
        if not isinstance(found, bool | np.bool_):
            raise Wrong(f"Your function should return True or False; it returns {describe(found)}.")
    if good and bad:
        raise Wrong(
            "It says True for both. What you check holds for `shuffled_starts` as well: its "
            "batches do come in another order, every example comes once, and labels stay in step. "
            "What is the *same* in every epoch?"
        )
    if not good and not bad:
        raise Wrong(
            "It says False for both. What you check fails for a true shuffle as well. Does each "
            "call begin with a generator of the same seed? Then both epochs are alike."
        )
    if bad:
        raise Wrong(
            "It is the wrong way round: True for `shuffled_starts`, False for `minibatches`."
        )

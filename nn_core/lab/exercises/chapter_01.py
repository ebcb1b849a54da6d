"""Exercises of the chapter on data."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nn_core.data import MNIST_FOLDER, minibatches, one_hot, read_bytes
from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.explain import (
    Wrong,
    close,
    describe,
    expect,
    is_number,
    run,
)


@exercise(
    "data-labels",
    hints=(
        "Begin with `read_bytes(MNIST_FOLDER / ...)`, as for the pictures, and print the first 16 "
        'bytes with `.hex(" ")`.',
        "The table says what they mean. The fourth byte is the number of dimensions, and each "
        "dimension takes four more bytes. How many dimensions has a list of labels?",
        "`np.frombuffer(some_bytes, np.uint8)` takes each byte for a number. Cut off the header "
        "first: `label_bytes[...:]`.",
    ),
    solution="""
label_bytes = read_bytes(
    MNIST_FOLDER / "train-labels-idx1-ubyte.gz"
)
header = 8
mine = np.frombuffer(label_bytes[header:], np.uint8)
assert np.array_equal(mine, labels)
print(label_bytes[:header].hex(" "))
""",
    explanation="""
Eight bytes: four for the start, and four for the one dimension there is. The fourth byte is `01`,
because labels have one dimension.
""",
)
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


@exercise(
    "data-undo",
    hints=(
        "In a row of `Y` nine numbers are 0 and one is 1. The label is the *position* of that 1.",
        "The 1 is the largest number of its row. NumPy has a function that gives the position of "
        "the largest number; `np.argsort` and `np.argmin` are its relatives.",
        "`Y.argmax(axis=1)` looks along each row. Which axis would look along each column?",
    ),
    solution='''
def labels_of(Y):
    """The position of the largest entry."""
    return Y.argmax(axis=1)


print(labels_of(np.full((1, 10), 0.1)))
''',
    explanation="""
`argmax` gives the position of the largest entry, and of several equal ones the first: for ten
equal numbers it gives 0. For one-hot rows that never matters. For the outputs of a trained
network, exact ties are so rare that it does not matter either.
""",
)
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


@exercise(
    "data-leak",
    hints=(
        "The dev set and the test set stand for data that do not exist yet when you train. So "
        "nothing may be computed from them, a mean no more than a weight.",
        "Which pile is left to take mean and standard deviation from?",
        "Take both from `X_train`: `X_train.mean()` and `X_train.std()`, over all pixels. Use the "
        "same two numbers for `X_train` and for `X_dev`.",
    ),
    solution='''
def standardize(X_train, X_dev):
    """Both piles, by mean and spread of the first."""
    mean, std = X_train.mean(), X_train.std()
    train = (X_train - mean) / std
    return train, (X_dev - mean) / std


for X_standard in standardize(X_train, X_dev):
    print(
        f"{X_standard.mean():.5f}",
        f"{X_standard.std():.5f}",
    )
''',
    explanation="""
The test set stands for data that does not exist yet when you train. Anything computed from it,
even a mean, carries a piece of the future into the program: a **leak**. Here the harm would be
tiny. Where the leak is larger, a result can look good and mean nothing. So take mean and standard
deviation from the training set, and use the same two numbers everywhere:

$$x' = \\frac{x - \\text{mean}_\\text{train}}{\\text{std}_\\text{train}}$$

The dev set then has a mean near zero, but not exactly zero, and that is right.
""",
)
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


@exercise(
    "data-neighbour",
    hints=(
        "It is `nearest_mean` with `memory` in the place of `M`. Only the last step differs.",
        "The distances, without the term that does not matter, are `(memory**2).sum(axis=1) - 2 * "
        "X @ memory.T`: a row for each picture in `X`, a column for each one remembered.",
        "`d.argmin(axis=1)` is the position of the nearest picture, not yet an answer. Which label "
        "stands at that position?",
    ),
    solution='''
def nearest_label(X, memory, memory_labels):
    """The label of the closest picture in memory."""
    d = (memory**2).sum(axis=1) - 2 * X @ memory.T
    return memory_labels[d.argmin(axis=1)]


nearest = nearest_label(
    X_dev, X_train[:5000], y_train[:5000]
)
neighbour_dev = accuracy(y_dev, nearest)
print(f"{neighbour_dev:.1%} right")
''',
    explanation="""
It learns nothing: it only remembers. The price is paid at each question. It keeps all 5,000
pictures and compares with every one, about 4 million multiplications per digit. The network of
the tour needs a twentieth of that, and is better still. So even to read nine digits of ten is not
yet a sign that anything was learned.
""",
)
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


@exercise(
    "data-starts",
    hints=(
        "Walk through both functions by hand for six examples and a batch size of 2, for two "
        "epochs. Which batches can each of them give?",
        "Use `positions` as labels, as the chapter does. Then `y_batch` says which examples share "
        "a batch.",
        "Find the batch that holds example 0, in one epoch and in the next. Has example 0 the same "
        "companions? Compare `set(y_batch.tolist())`, since their order does not matter.",
    ),
    solution='''
def companions(batches):
    """Who shares a batch with example 0."""
    for _, y_batch in batches:
        if 0 in y_batch:
            return set(y_batch.tolist())


def really_shuffles(batches_of):
    """Whether example 0 gets new companions."""
    rng = np.random.default_rng(SEED)
    X, y = positions[:, None], positions
    first = companions(batches_of(X, y, 64, rng))
    second = companions(batches_of(X, y, 64, rng))
    return first != second


print(really_shuffles(minibatches))
print(really_shuffles(shuffled_starts))
''',
    explanation="""
The *batches* come in a random order, but each batch holds the same examples in every epoch. The
network sees the same 64 pictures together again and again. If the file is sorted by digit, each
batch may even hold a single digit. The check asks whether example 0 has the same companions in
two epochs. In a true shuffle it does not.
""",
)
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

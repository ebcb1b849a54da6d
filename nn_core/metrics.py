"""How good the predictions are."""

import numpy as np

from nn_core.data import check_same_length


def accuracy(y: np.ndarray, predicted: np.ndarray) -> float:
    """The share of predictions that are right, from 0 to 1.

    Parameters
    ----------
    y, predicted
        True and predicted labels, both `(N,)`.

    Raises
    ------
    ValueError
        The two differ in length, or are empty.
    """
    check_same_length(predicted, y)
    if len(y) == 0:
        raise ValueError("expected at least one example, found none")
    return float(np.mean(y == predicted))


def confusion_matrix(y: np.ndarray, predicted: np.ndarray, classes: int = 10) -> np.ndarray:
    """Count which class is taken for which.

    Parameters
    ----------
    y, predicted
        True and predicted integer labels, both `(N,)`.
    classes
        The number of classes.

    Returns
    -------
    ndarray of int64 `(classes, classes)`
        Entry `[i, j]` counts the examples of class i that were predicted as class j.

    Raises
    ------
    ValueError
        The two differ in length.
    """
    check_same_length(predicted, y)
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (y, predicted), 1)
    return counts

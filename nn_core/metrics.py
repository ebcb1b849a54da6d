"""Metrics: measure predictions and their probabilities."""

from statistics import NormalDist

import numpy as np

from nn_core.checks.examples import labels, numbers, scores, takes
from nn_core.checks.predictions import (
    check_counts,
    check_predictions,
    check_probabilities,
    check_temperature,
)
from nn_core.checks.settings import check_number
from nn_core.layers import softmax


@takes(y=labels, predicted=labels)
def accuracy(y: np.ndarray, predicted: np.ndarray) -> float:
    """The share of predictions that are right, from 0 to 1.

    Parameters
    ----------
    y, predicted
        True and predicted integer labels, both `(N,)`.

    Raises
    ------
    TypeError
        The labels are not integers.
    ValueError
        `y` and `predicted` differ in length, are empty or not one-dimensional, or a label is
        negative.
    """
    check_predictions(y, predicted)
    return float(np.mean(y == predicted))


@takes(y=labels, predicted=labels)
def accuracy_interval(
    y: np.ndarray, predicted: np.ndarray, confidence: float = 0.95
) -> tuple[float, float]:
    """Interval for the accuracy on all possible examples: the Wilson score interval.

    Here `p` is the accuracy on N examples, and `z` the quantile of the normal distribution at
    `(1 + confidence) / 2` (1.96 for 95 %). The ends of the interval are

    `(p + z^2 / 2N  -+  z sqrt(p (1 - p) / N + z^2 / 4N^2)) / (1 + z^2 / N)`.

    These are the two accuracies q whose distance to p is exactly z standard errors,
    `|p - q| = z sqrt(q (1 - q) / N)`. Unlike `p -+ z sqrt(p (1 - p) / N)`, the interval
    stays within 0 to 1, and has a width even if every prediction is right.

    The interval covers the chance in the choice of the examples. It does not cover the chance in
    training: another seed gives another network.

    Parameters
    ----------
    y, predicted
        True and predicted integer labels, both `(N,)`, of independent examples.
    confidence
        The share of such intervals that contain the true accuracy, between 0 and 1.

    Returns
    -------
    low, high
        Two shares from 0 to 1. The accuracy on these examples lies between them.

    Raises
    ------
    TypeError
        The labels are not integers.
    ValueError
        The labels are wrong as in `accuracy`, or `confidence` is not between 0 and 1.

    References
    ----------
    Wilson (1927), "Probable inference, the law of succession, and statistical inference".
    """
    check_number("confidence", confidence, above=0, below=1)
    p, N = accuracy(y, predicted), len(y)
    z = -NormalDist().inv_cdf((1 - confidence) / 2)
    centre = p + z**2 / (2 * N)
    half = z * (p * (1 - p) / N + z**2 / (4 * N**2)) ** 0.5
    scale = 1 + z**2 / N
    # At p = 0 the lower end is 0, and at p = 1 the upper end is 1. Rounding may pass these bounds.
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


@takes(y=labels, predicted=labels)
def confusion_matrix(y: np.ndarray, predicted: np.ndarray, classes: int = 10) -> np.ndarray:
    """Count how often each class was predicted as each class.

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
    TypeError
        The labels are not integers.
    ValueError
        `y` and `predicted` differ in length, are empty or not one-dimensional, or a label is
        outside 0 to `classes - 1`.
    """
    check_number("classes", classes, at_least=1, whole=True)
    check_predictions(y, predicted, classes)
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (y, predicted), 1)
    return counts


@takes(counts=numbers)
def precision_recall_f1(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute three shares for each class k, from 0 to 1, from the confusion matrix.

    - precision: the share of class k among the examples that were predicted as k,
      `counts[k, k] / sum over i of counts[i, k]`
    - recall: the share of the examples of class k that were predicted as k,
      `counts[k, k] / sum over j of counts[k, j]`
    - F1: the harmonic mean of both, `2 precision recall / (precision + recall)`, which is
      `2 counts[k, k] / (sum of column k + sum of row k)`

    A division by 0 counts as 0: the precision of a class that was never predicted, the
    recall of a class that does not occur, and F1 if precision and recall are 0.

    Parameters
    ----------
    counts
        Integers `(K, K)` of `confusion_matrix`: a row for each true class, a column for each
        predicted class.

    Returns
    -------
    precision, recall, f1
        Each float64 `(K,)`.

    Raises
    ------
    TypeError
        The counts are not integers. A matrix of shares would not do: it lacks the number of
        examples of each class, on which the precision depends.
    ValueError
        The matrix is not square, or a count is negative.

    References
    ----------
    van Rijsbergen (1979), "Information Retrieval".
    """
    check_counts(counts)
    right = counts.diagonal()
    predicted, occurring = counts.sum(axis=0), counts.sum(axis=1)
    # If a sum is 0, `right` is 0 too, and a division by 1 gives 0.
    precision = right / np.maximum(predicted, 1)
    recall = right / np.maximum(occurring, 1)
    f1 = 2 * (right / np.maximum(predicted + occurring, 1))
    return precision, recall, f1


@takes(P=scores, y=labels)
def reliability(
    P: np.ndarray, y: np.ndarray, bins: int = 15
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute a reliability diagram: the accuracy of examples of about equal confidence.

    The confidence of an example is the largest probability of its row. The prediction is the
    class with this probability (the first of several such classes). Bins of equal width divide
    the confidences from 0 to 1. Bin m, counted from 0, holds `m / bins < confidence <=
    (m + 1) / bins`: a confidence on an edge belongs to the lower bin, and 1 to the last bin.
    With K classes no confidence is below `1 / K`, so the first bins may stay empty.

    Parameters
    ----------
    P
        Probabilities `(N, classes)`. Each row sums to 1.
    y
        Integer labels `(N,)`.
    bins
        The number of bins.

    Returns
    -------
    confidence, accuracy, count
        For each bin the mean confidence, the share of predictions that are right, and the
        number of examples: float64, float64 and int64, each `(bins,)`. In a bin without
        examples the first two are NaN, and a plot leaves the bin out.

    Raises
    ------
    TypeError
        The labels are not integers.
    ValueError
        P is not `(N, classes)`, is empty or does not hold probabilities, P and y differ in
        length, a label is outside 0 to `classes - 1`, or `bins` is below 1.

    References
    ----------
    Niculescu-Mizil and Caruana (2005), "Predicting good probabilities with supervised
    learning".
    """
    check_probabilities(P, y)
    check_number("bins", bins, at_least=1, whole=True)
    inner_edges = np.arange(1, bins) / bins
    which = np.searchsorted(inner_edges, P.max(axis=1))
    count = np.bincount(which, minlength=bins)
    size = np.where(count > 0, count, np.nan)
    confidence = np.bincount(which, P.max(axis=1), bins) / size
    right = np.bincount(which, P.argmax(axis=1) == y, bins) / size
    return confidence, right, count


@takes(P=scores, y=labels)
def expected_calibration_error(P: np.ndarray, y: np.ndarray, bins: int = 15) -> float:
    """Compute the mean difference between confidence and accuracy, from 0 to 1.

    `ECE = sum over bins m of count[m] / N |accuracy[m] - confidence[m]|`, with the bins of
    `reliability`. A bin without examples adds nothing.

    The error depends on the number of bins. Even a perfectly calibrated network has an error
    above 0 by chance, and fewer examples per bin make this error larger.

    Parameters
    ----------
    P
        Probabilities `(N, classes)`. Each row sums to 1.
    y
        Integer labels `(N,)`.
    bins
        The number of bins.

    Raises
    ------
    TypeError, ValueError
        As `reliability` does.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger (2017), "On calibration of modern neural networks".
    """
    confidence, right, count = reliability(P, y, bins)
    used = count > 0
    gap = np.abs(right[used] - confidence[used])
    return float(np.sum(count[used] * gap) / len(y))


@takes(Z=scores, y=labels)
def temperature_slope(Z: np.ndarray, y: np.ndarray, beta: float) -> float:
    """The derivative of the cross-entropy of `softmax(beta Z)` with respect to `beta`.

    `dL/dbeta = 1/N sum over n, k of P[n, k] (Z[n, k] - Z[n, y[n]])` with
    `P = softmax(beta Z)`: the mean score under P minus the score of the right class. This slope
    never falls when `beta = 1 / T` grows, since its own derivative is the mean over n of the
    variance of `Z[n]` under `P[n]`.

    Parameters
    ----------
    Z
        Scores, also called logits, `(N, classes)`.
    y
        Integer labels `(N,)`.
    beta
        One over the temperature, 0 or more.
    """
    gap = Z - Z[np.arange(len(Z)), y][:, None]
    return float(np.sum(softmax(beta * Z) * gap) / len(Z))


@takes(Z=scores, y=labels)
def fit_temperature(Z: np.ndarray, y: np.ndarray) -> float:
    """Find the temperature T at which `softmax(Z / T)` has the lowest cross-entropy.

    T above 1 lowers the confidence of an overconfident network, and T below 1 raises the
    confidence of an underconfident network. The predicted classes stay the same. Fit T on a dev
    set, not on the training examples: on these the network is right more often than on others.

    The loss is convex in `beta = 1 / T`, so its slope, `temperature_slope`, crosses zero once.
    The function doubles or halves beta, beginning with 1, until the zero lies between two values.
    Then it halves this interval 50 times, which reaches the precision of float64.

    Parameters
    ----------
    Z
        Scores, also called logits, `(N, classes)`. They are not probabilities.
    y
        Integer labels `(N,)`.

    Returns
    -------
    float
        T, above 0. Scores that are ten times as large have a T ten times as large.

    Raises
    ------
    TypeError
        The labels are not integers.
    ValueError
        Z is not `(N, classes)`, is empty or not finite, Z and y differ in length, or a label
        is outside 0 to `classes - 1`. Or there is no best temperature, for one of two reasons.
        If every prediction is right, the loss falls for ever as T goes to 0. If the mean score
        of the right class is not above the mean of all scores, the loss falls for ever as T
        grows.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger (2017), "On calibration of modern neural networks".
    """
    # The rounding errors of float32 would be larger than the last intervals.
    Z = Z.astype(np.float64)
    check_temperature(Z, y)
    low = high = 1.0
    while temperature_slope(Z, y, high) < 0:
        low, high = high, 2 * high
    while temperature_slope(Z, y, low) > 0:
        low, high = low / 2, low
    for _ in range(50):
        beta = (low + high) / 2
        if temperature_slope(Z, y, beta) < 0:
            low = beta
        else:
            high = beta
    return 2 / (low + high)

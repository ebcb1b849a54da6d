"""How good the predictions are, and how far their probabilities can be trusted."""

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
        The two differ in length, are empty or not one-dimensional, or a label is negative.
    """
    check_predictions(y, predicted)
    return float(np.mean(y == predicted))


@takes(y=labels, predicted=labels)
def accuracy_interval(
    y: np.ndarray, predicted: np.ndarray, confidence: float = 0.95
) -> tuple[float, float]:
    """Where the accuracy on endlessly many such examples may lie: the Wilson score interval.

    With `p` the accuracy on N examples and `z` the quantile of the normal distribution at
    `(1 + confidence) / 2` (1.96 for 95 %),

    `(p + z^2 / 2N  -+  z sqrt(p (1 - p) / N + z^2 / 4N^2)) / (1 + z^2 / N)`.

    These are the two accuracies q that lie just z standard errors from what was seen,
    `|p - q| = z sqrt(q (1 - q) / N)`. Unlike `p -+ z sqrt(p (1 - p) / N)`, the interval
    stays within 0 to 1, and has a width even where every prediction is right.

    It speaks of the chance in drawing these examples, not of the chance in training: another
    seed gives another network.

    Parameters
    ----------
    y, predicted
        True and predicted integer labels, both `(N,)`, the examples independent of each other.
    confidence
        The share of such intervals that hold the accuracy they are after, between 0 and 1.

    Returns
    -------
    low, high
        Shares from 0 to 1, with the accuracy on these examples between them.

    Raises
    ------
    TypeError
        The labels are not integers.
    ValueError
        The labels are refused as by `accuracy`, or `confidence` is not between 0 and 1.

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
    # At p = 0 and p = 1 the end is 0 or 1 but for rounding, which may step outside.
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


@takes(y=labels, predicted=labels)
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
    TypeError
        The labels are not integers.
    ValueError
        The two differ in length, are empty or not one-dimensional, or a label is outside
        0 to `classes - 1`.
    """
    check_number("classes", classes, at_least=1, whole=True)
    check_predictions(y, predicted, classes)
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (y, predicted), 1)
    return counts


@takes(counts=numbers)
def precision_recall_f1(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three shares for each class k, from 0 to 1, read off the confusion matrix.

    - precision, of those predicted as k the share that is k:
      `counts[k, k] / sum over i of counts[i, k]`
    - recall, of those that are k the share predicted as k:
      `counts[k, k] / sum over j of counts[k, j]`
    - F1, their harmonic mean: `2 precision recall / (precision + recall)`, which is
      `2 counts[k, k] / (sum of column k + sum of row k)`

    A share of nothing counts as 0: the precision of a class that was never predicted, the
    recall of a class that does not occur, and F1 where precision and recall are 0.

    Parameters
    ----------
    counts
        Integers `(K, K)`, true classes down, predicted classes across, as
        `confusion_matrix` gives them.

    Returns
    -------
    precision, recall, f1
        Each float64 `(K,)`.

    Raises
    ------
    TypeError
        The counts are not integers: shares of each row no longer tell how often a class
        occurs, and so not its precision either.
    ValueError
        The matrix is not square, or a count is negative.

    References
    ----------
    van Rijsbergen (1979), "Information Retrieval".
    """
    check_counts(counts)
    right = counts.diagonal()
    predicted, occurring = counts.sum(axis=0), counts.sum(axis=1)
    # Nothing is right where a sum is 0, so dividing by 1 instead gives the 0 that is promised.
    precision = right / np.maximum(predicted, 1)
    recall = right / np.maximum(occurring, 1)
    f1 = 2 * (right / np.maximum(predicted + occurring, 1))
    return precision, recall, f1


@takes(P=scores, y=labels)
def reliability(
    P: np.ndarray, y: np.ndarray, bins: int = 15
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The data of a reliability diagram: how often it is right, for each degree of confidence.

    The confidence of an example is the largest probability of its row, and its prediction
    is the class that has it (the first one of several). The confidences from 0 to 1 are cut
    into bins of equal width. Bin m, counted from 0, holds `m / bins < confidence <=
    (m + 1) / bins`: a confidence on an edge belongs to the lower bin, and 1 to the last.
    With K classes no confidence is below `1 / K`, so the first bins may stay empty.

    Parameters
    ----------
    P
        Probabilities `(N, classes)`, each row summing to 1.
    y
        Integer labels `(N,)`.
    bins
        The number of bins.

    Returns
    -------
    confidence, accuracy, count
        For each bin the mean confidence, the share of predictions that are right, and the
        number of examples: float64, float64 and int64, each `(bins,)`. The first two are NaN
        in a bin without examples, which a plot leaves out.

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
    """How far confidence and accuracy lie apart, on average over the examples, from 0 to 1.

    `ECE = sum over bins m of count[m] / N |accuracy[m] - confidence[m]|`, with the bins of
    `reliability`; a bin without examples adds nothing.

    It depends on the bins, and chance alone keeps it above 0 for a network that is perfectly
    calibrated, the more so the fewer examples there are in a bin.

    Parameters
    ----------
    P
        Probabilities `(N, classes)`, each row summing to 1.
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
    `P = softmax(beta Z)`: by how much the score to be expected exceeds the right one. It never
    falls as `beta = 1 / T` grows, since its own derivative is the mean over n of the variance
    of `Z[n]` under `P[n]`.

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
    """The temperature T at which `softmax(Z / T)` has the lowest cross-entropy.

    T above 1 makes an overconfident network less sure, T below 1 an underconfident one surer;
    which class has the largest probability stays as it is. Fit T on a dev set, not on the
    examples the network was trained on: on those it is right more often than on others.

    The loss is convex in `beta = 1 / T`, so its slope, `temperature_slope`, crosses zero once.
    Doubling or halving from `beta = 1` finds two values with the crossing between them, and
    halving that interval 50 times narrows it down to the rounding of float64.

    Parameters
    ----------
    Z
        Scores, also called logits, `(N, classes)`; not probabilities.
    y
        Integer labels `(N,)`.

    Returns
    -------
    float
        T, above 0, with no unit: scores ten times as large have ten times the T.

    Raises
    ------
    TypeError
        The labels are not integers.
    ValueError
        Z is not `(N, classes)`, is empty or not finite, Z and y differ in length, or a label
        is outside 0 to `classes - 1`. Or no temperature is the best one: when every prediction
        is right, the loss falls on and on as T goes to 0; and when the right class scores no
        higher than the mean of all classes, on average over the examples, it falls on and on
        as T grows.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger (2017), "On calibration of modern neural networks".
    """
    # In float32 the slope is rounded more coarsely than the halving can divide.
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

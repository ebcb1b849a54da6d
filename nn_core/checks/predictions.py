"""Check predictions: labels, probabilities, and the counts of a confusion matrix."""

import numpy as np

from nn_core.checks.examples import check_labels_below, check_not_empty, check_same_length


def check_predictions(y: np.ndarray, predicted: np.ndarray, classes: int | None = None) -> None:
    """Raise ValueError unless two arrays of integers hold equally many labels, at least one.

    If `classes` is None, any integer from 0 is a label.
    """
    check_same_length(predicted, y)
    check_not_empty(y)
    for digits in (predicted, y):
        if classes is None and digits.min() < 0:
            raise ValueError(f"expected labels from 0 upwards, found {digits.min()}")
        if classes is not None:
            check_labels_below(digits, classes)


def check_counts(counts: np.ndarray) -> None:
    """Raise TypeError or ValueError unless `counts` is a square matrix of integers from 0."""
    if not np.issubdtype(counts.dtype, np.integer):
        raise TypeError(f"expected counts, which are integers, found {counts.dtype}")
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError(f"expected a square matrix of counts (K, K), found {counts.shape}")
    if np.any(counts < 0):
        raise ValueError(f"expected counts of 0 or more, found {counts.min()}")


def check_outputs(Z: np.ndarray, y: np.ndarray) -> None:
    """Raise ValueError unless `Z` holds a row of finite numbers for each label."""
    check_same_length(Z, y)
    check_not_empty(Z)
    check_labels_below(y, Z.shape[1])
    wrong = Z[~np.isfinite(Z)]
    if len(wrong):
        raise ValueError(f"expected finite numbers, found {wrong[0]}")


def check_probabilities(P: np.ndarray, y: np.ndarray) -> None:
    """Raise ValueError unless `P` holds a row of probabilities for each label."""
    check_outputs(P, y)
    total = P.sum(axis=1, dtype=np.float64)
    # The sum of a float16 row differs from 1 by up to about 0.001.
    wrong = np.flatnonzero((P < 0).any(axis=1) | (np.abs(total - 1) > 1e-2))
    if len(wrong):
        n = wrong[0]
        raise ValueError(
            f"expected probabilities, from 0 to 1 and summing to 1 in each row, found row {n} from "
            f"{P[n].min():.4g} to {P[n].max():.4g} with sum {total[n]:.4g}; softmax(Z) turns "
            "scores into probabilities"
        )


def check_temperature(Z: np.ndarray, y: np.ndarray) -> None:
    """Raise ValueError unless a best temperature exists for the scores `Z` and labels `y`."""
    check_outputs(Z, y)
    right = Z[np.arange(len(Z)), y]
    # The slope of the loss at beta = 0, in the same rounding as `temperature_slope`.
    if np.sum(1 / Z.shape[1] * (Z - right[:, None])) >= 0:
        raise ValueError(
            "expected scores that are higher for the right class than on average over the "
            "classes, found the opposite: no temperature is best, the loss falls as T grows"
        )
    if np.all(right == Z.max(axis=1)):
        raise ValueError(
            f"expected at least one wrong prediction, found all {len(Z)} right: no temperature "
            "is best, the loss falls as T goes to 0; use more examples"
        )

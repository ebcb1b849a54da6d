"""Metrics and calibration: against examples by hand, plain loops, and the literature."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nn_core import numerical_gradient, relative_error, softmax, softmax_cross_entropy
from nn_core.metrics import (
    accuracy,
    accuracy_interval,
    confusion_matrix,
    expected_calibration_error,
    fit_temperature,
    precision_recall_f1,
    reliability,
    temperature_slope,
)

seeds = st.integers(0, 10_000)
sizes = st.integers(1, 40)


def labels_with(right, n):
    """Make n labels and predictions. `right` of the predictions are right."""
    y = np.zeros(n, np.int64)
    return y, (np.arange(n) >= right).astype(np.int64)


def draw(P, rng):
    """Draw a label for each row with the probabilities of that row."""
    return (P.cumsum(axis=1) < rng.random((len(P), 1))).sum(axis=1).clip(max=P.shape[1] - 1)


# --- by hand


def test_accuracy():
    assert accuracy(np.array([1, 2, 3, 4]), np.array([1, 2, 3, 9])) == 0.75
    assert type(accuracy(np.array([1]), np.array([1], np.uint8))) is float


def test_confusion_matrix():
    y, predicted = np.array([0, 0, 1, 2, 2]), np.array([0, 1, 1, 0, 0])
    counts = confusion_matrix(y, predicted, 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [2, 0, 0]]
    assert counts.dtype == np.int64
    assert confusion_matrix(y, predicted).shape == (10, 10)


def test_precision_recall_f1():
    # Class 0 occurs 5 times and is predicted 4 times, 3 times rightly; F1 = 2 * 3 / (4 + 5).
    # Class 1 occurs 2 times and is predicted 4 times, once rightly; F1 = 2 * 1 / (4 + 2).
    # Class 2 occurs once and is never predicted. Class 3 does not occur and is never predicted.
    counts = np.array([[3, 2, 0, 0], [1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]])
    precision, recall, f1 = precision_recall_f1(counts)
    assert np.allclose(precision, [3 / 4, 1 / 4, 0, 0])
    assert np.allclose(recall, [3 / 5, 1 / 2, 0, 0])
    assert np.allclose(f1, [6 / 9, 2 / 6, 0, 0])


def test_f1_of_small_integers_does_not_overflow():
    assert np.all(np.array(precision_recall_f1(np.array([[200]], np.uint8))) == 1)


def test_reliability():
    # Five bins have edges at 0.2, 0.4, 0.6 and 0.8. The confidence is the largest probability.
    P = np.array([[0.5, 0.5], [0.6, 0.4], [0.3, 0.7], [0.25, 0.75], [0.0, 1.0]])
    y = np.array([0, 1, 1, 1, 0])
    confidence, right, count = reliability(P, y, 5)
    # 0.5 (a tie: class 0, right) and 0.6 (on the edge, so below it; wrong); 0.7 and 0.75; 1.
    assert count.tolist() == [0, 0, 2, 2, 1]
    assert np.allclose(confidence, [np.nan, np.nan, 0.55, 0.725, 1], equal_nan=True)
    assert np.allclose(right, [np.nan, np.nan, 0.5, 1, 0], equal_nan=True)
    # 2/5 * 0.05 + 2/5 * 0.275 + 1/5 * 1
    assert expected_calibration_error(P, y, 5) == pytest.approx(0.33)


def test_edges_belong_to_the_lower_bin():
    for bins in (2, 7, 10, 15, 100):
        # From 0.5 on, the prediction is the first class.
        m = np.arange(-(-bins // 2), bins + 1)
        for n in m:
            P = np.array([[n / bins, 1 - n / bins]])
            assert reliability(P, np.array([0]), bins)[2].argmax() == n - 1
    # In float64, 0.07 * 100 is 7.000000000000001, so a product would give the wrong bin.
    P = np.full((1, 100), 0.93 / 99)
    P[0, 0] = 0.07
    assert reliability(P, np.array([0]), 100)[2].argmax() == 6


def test_ends_of_the_bins():
    # A probability of float32 may exceed 1 by rounding. It belongs to the last bin.
    P = np.array([[1 + 1e-6, 0], [1, 0]])
    assert reliability(P, np.array([0, 0]), 4)[2].tolist() == [0, 0, 0, 2]
    assert reliability(P, np.array([0, 0]), 1)[2].tolist() == [2]


def test_temperature_by_hand():
    # The scores are log 4 and 0. If 2 of 3 predictions are right, the best probability is
    # 2/3 = 1 / (1 + 4^(-1/T)), so 4^(1/T) = 2 and T = 2. If 4 of 5 are right, 4^(1/T) = 4.
    Z = np.log([[4.0, 1.0]] * 3)
    assert fit_temperature(Z, np.array([0, 0, 1])) == pytest.approx(2, rel=1e-14)
    Z = np.log([[4.0, 1.0]] * 5)
    assert fit_temperature(Z, np.array([0, 0, 0, 0, 1])) == pytest.approx(1, rel=1e-14)


# --- against plain loops


@given(sizes, st.integers(1, 5), seeds)
def test_counts_against_a_loop(n, classes, seed):
    rng = np.random.default_rng(seed)
    y, predicted = rng.integers(0, classes, n), rng.integers(0, classes, n)
    pairs = list(zip(y.tolist(), predicted.tolist(), strict=True))
    counts = confusion_matrix(y, predicted, classes)
    for i in range(classes):
        for j in range(classes):
            assert counts[i, j] == pairs.count((i, j))
    assert accuracy(y, predicted) == sum(a == b for a, b in pairs) / n
    shares = precision_recall_f1(counts)
    for k in range(classes):
        right = sum(a == b == k for a, b in pairs)
        chosen, there = sum(b == k for _, b in pairs), sum(a == k for a, _ in pairs)
        precision = right / chosen if chosen else 0
        recall = right / there if there else 0
        f1 = 2 * precision * recall / (precision + recall) if right else 0
        assert [share[k] for share in shares] == pytest.approx([precision, recall, f1])


@given(sizes, st.integers(1, 5), st.integers(1, 20), seeds)
def test_calibration_against_a_loop(n, classes, bins, seed):
    rng = np.random.default_rng(seed)
    P, y = softmax(rng.normal(scale=2, size=(n, classes))), rng.integers(0, classes, n)
    confidence, right, count = reliability(P, y, bins)
    error = 0.0
    for m in range(bins):
        inside = [i for i in range(n) if m / bins < max(P[i]) <= (m + 1) / bins]
        assert count[m] == len(inside)
        if not inside:
            assert np.isnan(confidence[m])
            assert np.isnan(right[m])
            continue
        sure = sum(max(P[i]) for i in inside) / len(inside)
        good = sum(int(np.argmax(P[i]) == y[i]) for i in inside) / len(inside)
        assert [confidence[m], right[m]] == pytest.approx([sure, good])
        error += len(inside) / n * abs(good - sure)
    assert expected_calibration_error(P, y, bins) == pytest.approx(error, abs=1e-12)


# --- the interval


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [
        # Newcombe (1998), "Two-sided confidence intervals for the single proportion",
        # Statistics in Medicine 17, table I, method 3: Wilson's, at 95 %.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_interval_of_the_literature(right, n, low, high):
    assert accuracy_interval(*labels_with(right, n)) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 500), st.floats(0, 1), st.floats(0.01, 0.999))
def test_ends_are_z_standard_errors_away(n, share, confidence):
    right = round(share * n)
    p = right / n
    low, high = accuracy_interval(*labels_with(right, n), confidence)
    assert 0 <= low <= p + 1e-12
    assert p - 1e-12 <= high <= 1
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    for q in (low, high):
        # Both sides are squared, since the root is steep near q = 0 and q = 1.
        assert (p - q) ** 2 == pytest.approx(z**2 * q * (1 - q) / n, abs=1e-12)


def test_interval_is_never_a_point():
    low, high = accuracy_interval(*labels_with(50, 50))
    # At p = 1 the formula is N / (N + z^2).
    assert low == pytest.approx(50 / (50 + 1.959964**2), rel=1e-6)
    assert high == 1
    assert accuracy_interval(*labels_with(0, 50))[0] == 0
    wide = accuracy_interval(*labels_with(50, 50), confidence=0.99)
    assert wide[0] < low


def test_interval_covers_as_often_as_it_says():
    # The standard error of a share of 0.95 over 2,000 experiments is 0.005; the bound is three
    # times this. By the binomial distribution, Wilson's intervals for 200 examples cover the
    # accuracy in 0.944 to 0.956 of the cases. The interval p -+ 1.96 standard errors covers an
    # accuracy of 0.99 in less than 0.9 of the cases.
    rng = np.random.default_rng(0)
    for truth in (0.5, 0.9, 0.97, 0.99):
        wilson = plain = 0
        for right in rng.binomial(200, truth, 2000):
            low, high = accuracy_interval(*labels_with(right, 200))
            wilson += low <= truth <= high
            p = right / 200
            plain += abs(p - truth) <= 1.96 * np.sqrt(p * (1 - p) / 200)
        assert wilson / 2000 == pytest.approx(0.95, abs=0.02)
    assert plain / 2000 < 0.9


# --- calibration


def test_calibrated_has_no_error():
    # Of predictions with confidence 0.6, 6 of 10 are right, and with 0.9, 9 of 10.
    P = np.repeat([[0.6, 0.4], [0.9, 0.1]], 10, axis=0)
    y = np.array([0] * 6 + [1] * 4 + [0] * 9 + [1])
    assert expected_calibration_error(P, y) == pytest.approx(0, abs=1e-15)
    rng = np.random.default_rng(0)
    P = softmax(rng.normal(scale=2, size=(100_000, 10)))
    # The error by chance in each bin is about sqrt(0.25 / 7,000) = 0.006.
    assert expected_calibration_error(P, draw(P, rng)) < 0.006


def test_miscalibrated_has_the_error_it_was_given():
    # The confidence is 0.9, and half of the predictions are right.
    P, y = np.array([[0.9, 0.1]] * 20), np.array([0, 1] * 10)
    assert expected_calibration_error(P, y) == pytest.approx(0.4)
    # One bin is overconfident and another underconfident: the errors add up to (0.4 + 0.3) / 2.
    P = np.concatenate([P, [[0.7, 0.3]] * 20])
    y = np.concatenate([y, np.zeros(20, int)])
    assert expected_calibration_error(P, y) == pytest.approx(0.35)
    # In a single bin the errors cancel: |0.75 - 0.8|.
    assert expected_calibration_error(P, y, bins=1) == pytest.approx(0.05)


def calibrated():
    """Make labels, and scores whose softmax is exactly the share of each label."""
    P = np.repeat([[0.5, 0.25, 0.25], [0.125, 0.125, 0.75], [0.25, 0.5, 0.25]], 8, axis=0)
    y = [0] * 4 + [1] * 2 + [2] * 2 + [0] + [1] + [2] * 6 + [0] * 2 + [1] * 4 + [2] * 2
    return np.log(P), np.array(y)


@pytest.mark.parametrize("factor", [1, 3, 0.2, 1e4, 1e-4, 1e100, 1e-100])
def test_temperature_undoes_a_factor(factor):
    Z, y = calibrated()
    T = fit_temperature(factor * Z, y)
    assert type(T) is float
    assert pytest.approx(factor, rel=1e-12) == T


@pytest.mark.parametrize("factor", [0.3, 3])
def test_temperature_of_a_sample(factor):
    rng = np.random.default_rng(0)
    Z = rng.normal(scale=2, size=(20_000, 10))
    y = draw(softmax(Z), rng)
    Z = (factor * Z).astype(np.float32)
    T = fit_temperature(Z, y)
    assert pytest.approx(factor, rel=0.03) == T
    assert pytest.approx(fit_temperature(Z.astype(np.float64), y), rel=1e-14) == T
    before = expected_calibration_error(softmax(Z), y)
    assert expected_calibration_error(softmax(Z / T), y) < before / 5


@given(sizes, st.integers(1, 6), st.floats(0, 5), seeds)
def test_temperature_slope_is_the_derivative(n, classes, beta, seed):
    rng = np.random.default_rng(seed)
    Z, y, x = rng.normal(size=(n, classes)), rng.integers(0, classes, n), np.array([beta])
    numeric = numerical_gradient(lambda: softmax_cross_entropy(x[0] * Z, y)[0], x)
    slope = np.array([temperature_slope(Z, y, beta)])
    # If every prediction is right, the slope is smaller than the rounding error of a difference.
    assert relative_error(slope, numeric) < 1e-6 or np.abs(slope - numeric) < 1e-9


@given(st.integers(5, 40), st.integers(2, 5), st.floats(0.1, 10), seeds)
def test_temperature_is_the_best_of_all(n, classes, scale, seed):
    rng = np.random.default_rng(seed)
    Z = scale * rng.normal(size=(n, classes))
    y = Z.argmax(axis=1)
    y[: n // 4] = rng.integers(0, classes, n // 4)
    y[0] = Z[0].argmin()
    assume(temperature_slope(Z, y, 0) < 0)  # otherwise no temperature is best

    def loss(T):
        return softmax_cross_entropy(Z / T, y)[0]

    T = fit_temperature(Z, y)
    for other in np.geomspace(0.001, 1000, 60) * scale:
        assert loss(T) <= loss(other) + 1e-9
    x = np.array([T])
    assert np.abs(numerical_gradient(lambda: loss(x[0]), x) * T) < 1e-6


def test_temperature_at_extremes():
    # 999 right by 1e6 and one wrong by as much: P(wrong) is 0.001 = 1 / (1 + exp(1e6 / T)).
    Z = np.array([[1e6, 0.0]] * 1000)
    y = np.zeros(1000, np.int64)
    y[0] = 1
    assert fit_temperature(Z, y) == pytest.approx(1e6 / np.log(999), rel=1e-12)
    # A constant for each row does not change the probabilities.
    assert fit_temperature(Z + 1e6, y) == pytest.approx(1e6 / np.log(999), rel=1e-9)
    # The wrong scores are almost right, so T is small.
    Z[0] = [1e-6, 0]
    T = fit_temperature(Z, y)
    assert 0 < T < 1e6
    assert temperature_slope(Z, y, 0.99 / T) < 0 < temperature_slope(Z, y, 1.01 / T)


def test_temperature_keeps_the_predictions():
    Z, y = calibrated()
    T = fit_temperature(5 * Z, y)
    assert np.array_equal((5 * Z / T).argmax(axis=1), Z.argmax(axis=1))


def test_functions_leave_their_arguments_alone():
    Z, y = calibrated()
    P, predicted = softmax(Z), Z.argmax(axis=1)
    counts = confusion_matrix(y, predicted, 3)
    arrays = (Z, y, P, predicted, counts)
    for array in arrays:
        array.flags.writeable = False
    accuracy(y, predicted)
    accuracy_interval(y, predicted)
    confusion_matrix(y, predicted, 3)
    precision_recall_f1(counts)
    reliability(P, y)
    expected_calibration_error(P, y)
    temperature_slope(Z, y, 1)
    fit_temperature(Z, y)


# --- bad input

Y = np.array([0, 1, 2])


@pytest.mark.parametrize("metric", [accuracy, accuracy_interval, confusion_matrix])
@pytest.mark.parametrize(
    ("y", "predicted", "error", "message"),
    [
        (Y, Y[:2], ValueError, "2 examples and 3 labels"),
        (Y[:0], Y[:0], ValueError, "at least one example"),
        (Y, Y / 2, TypeError, "integer labels, found float64 with 0.5 at example 1"),
        (Y / 2, Y, TypeError, "integer labels, found float64 with 0.5 at example 1"),
        (Y, Y == 1, TypeError, "integer labels, found bool"),
        (Y, np.eye(3, dtype=int), ValueError, r"shape \(N,\), found \(3, 3\); one-hot"),
        # NumPy would compare each entry of the row with each entry of the column.
        (Y[:, None], Y, ValueError, r"found \(3, 1\)"),
        (Y - 1, Y, ValueError, "from 0.* found -1"),
        (Y, Y - 1, ValueError, "from 0.* found -1"),
        (["0", "1", "2"], Y, TypeError, "found text, the first being '0'"),
        (Y, [0, [1], 2], TypeError, "found rows of different lengths"),
        (Y, 1, TypeError, r"array of shape \(N,\), found int"),
    ],
)
def test_metrics_of_labels_refuse(metric, y, predicted, error, message):
    with pytest.raises(error, match=message):
        metric(y, predicted)


def test_labels_out_of_range():
    with pytest.raises(ValueError, match="from 0 upwards, found -1"):
        accuracy(Y - 1, Y)
    with pytest.raises(ValueError, match="from 0 to 9, found -1"):
        confusion_matrix(Y - 1, Y)
    with pytest.raises(ValueError, match="from 0 to 1, found 2"):
        confusion_matrix(Y, Y, 2)


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.5, float("nan")])
def test_interval_refuses(confidence):
    with pytest.raises(ValueError, match=f"confidence above 0 to below 1, found {confidence}"):
        accuracy_interval(Y, Y, confidence)


@pytest.mark.parametrize(
    ("counts", "error", "message"),
    [
        (np.eye(3), TypeError, "integers, found float64"),
        (np.ones((2, 3), int), ValueError, r"\(K, K\), found \(2, 3\)"),
        (np.ones(4, int), ValueError, r"found \(4,\)"),
        (-np.eye(2, dtype=int), ValueError, "0 or more, found -1"),
    ],
)
def test_precision_recall_f1_refuses(counts, error, message):
    with pytest.raises(error, match=message):
        precision_recall_f1(counts)


def with_entry(value):
    P = np.eye(3)
    P[1, 1] = value
    return P


@pytest.mark.parametrize("metric", [reliability, expected_calibration_error, fit_temperature])
@pytest.mark.parametrize(
    ("rows", "y", "error", "message"),
    [
        (np.eye(3)[0], Y, ValueError, r"\(N, classes\), found \(3,\)"),
        (np.eye(3), Y[:2], ValueError, "3 examples and 2 labels"),
        (np.eye(3)[:0], Y[:0], ValueError, "at least one example"),
        (np.eye(3), Y / 2, TypeError, "integer labels, found float64"),
        (np.eye(3), np.eye(3, dtype=int), ValueError, r"found \(3, 3\); one-hot"),
        (np.eye(3), Y + 1, ValueError, "from 0 to 2, found 3"),
        (np.eye(3), Y - 1, ValueError, "from 0 to 2, found -1"),
        (with_entry(np.nan), Y, ValueError, "finite numbers, found nan"),
        (with_entry(np.inf), Y, ValueError, "finite numbers, found inf"),
    ],
)
def test_metrics_of_rows_refuse(metric, rows, y, error, message):
    with pytest.raises(error, match=message):
        metric(rows, y)


@pytest.mark.parametrize("metric", [reliability, expected_calibration_error])
def test_calibration_refuses(metric):
    with pytest.raises(ValueError, match=r"found row 1 from -3 to 4 with sum 1; softmax\(Z\)"):
        metric(np.array([[0.5, 0.5], [-3.0, 4.0]]), Y[:2])
    with pytest.raises(ValueError, match=r"found row 0 from 0.5 to 0.6 with sum 1.1"):
        metric(np.array([[0.5, 0.6]]), Y[:1])
    with pytest.raises(ValueError, match="bins of at least 1, found 0"):
        metric(np.eye(3), Y, 0)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_calibration_takes_what_softmax_gives(dtype):
    P = softmax(np.random.default_rng(0).normal(size=(1000, 10)).astype(dtype))
    assert P.dtype == dtype
    assert reliability(P, np.zeros(1000, int))[2].sum() == 1000


def test_temperature_refuses_what_has_no_best_one():
    # All predictions are right by far: the loss falls as T goes to 0.
    with pytest.raises(ValueError, match="one wrong prediction, found all 3 right"):
        fit_temperature(10 * np.eye(3), Y)
    # No temperature resolves a tie.
    with pytest.raises(ValueError, match="found all 2 right"):
        fit_temperature(np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 3.0]]), np.array([1, 2]))
    # All predictions are wrong, or all scores are equal: no T is large enough.
    for Z in (-np.eye(3), np.ones((3, 3))):
        with pytest.raises(ValueError, match="the loss falls as T grows"):
            fit_temperature(Z, Y)

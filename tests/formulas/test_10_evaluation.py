"""The labelled formulas of chapter 10 agree with nn_core."""

from itertools import product
from statistics import NormalDist

import numpy as np
import pytest
from test_notebooks import DERIVED

from nn_core import (
    accuracy,
    accuracy_interval,
    confusion_matrix,
    expected_calibration_error,
    fit_temperature,
    numerical_gradient,
    precision_recall_f1,
    relative_error,
    softmax,
    softmax_cross_entropy,
)
from nn_core.metrics import temperature_slope

rng = np.random.default_rng(10)
Z, y = 3 * rng.normal(size=(40, 5)), rng.integers(0, 5, 40)


def samples(N, q):
    """Give every combination of right and wrong predictions for N pictures, and its probability."""
    for outcome in product((0, 1), repeat=N):
        right = sum(outcome)
        yield np.array(outcome), q**right * (1 - q) ** (N - right)


@pytest.mark.formula("eq-standard-error")
@pytest.mark.parametrize("q", [0.5, 0.8, 0.97])
def test_standard_error(q):
    N = 7
    truth = np.ones(N, int)
    variance = sum(
        chance * (accuracy(truth, outcome) - q) ** 2 for outcome, chance in samples(N, q)
    )
    assert variance == pytest.approx(q * (1 - q) / N, rel=1e-12)


@pytest.mark.formula("eq-wilson-ends", "eq-wilson")
@pytest.mark.parametrize(("right", "N"), [(0, 5), (1, 9), (10, 10), (810, 900)])
@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_wilson_interval(right, N, confidence):
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    p = right / N
    predicted = (np.arange(N) >= right).astype(int)
    ends = accuracy_interval(np.zeros(N, int), predicted, confidence)
    for q, sign in zip(ends, (-1, 1), strict=True):
        root = np.sqrt(p * (1 - p) / N + z**2 / (4 * N**2))
        written = (p + z**2 / (2 * N) + sign * z * root) / (1 + z**2 / N)
        assert q == pytest.approx(written, rel=1e-12, abs=1e-12)
        assert (p - q) ** 2 == pytest.approx(z**2 * q * (1 - q) / N, rel=1e-9, abs=1e-12)


@pytest.mark.formula("eq-paired")
def test_disagreements_of_equals_are_coins():
    tosses = 9
    variance = sum(
        chance * (2 * outcome - 1).sum() ** 2 for outcome, chance in samples(tosses, 0.5)
    )
    assert variance == pytest.approx(tosses, rel=1e-12)


@pytest.mark.formula("eq-precision-recall", "eq-f1")
def test_precision_and_recall():
    said = rng.integers(0, 5, 40)
    precision, recall, f1 = precision_recall_f1(confusion_matrix(y, said, 5))
    for k in range(5):
        t, s, o = np.sum((y == k) & (said == k)), np.sum(said == k), np.sum(y == k)
        assert precision[k] == pytest.approx(t / s, rel=1e-12)
        assert recall[k] == pytest.approx(t / o, rel=1e-12)
        assert f1[k] == pytest.approx(2 * t / (s + o), rel=1e-12)
        if t:
            assert f1[k] == pytest.approx(1 / (0.5 * (s / t + o / t)), rel=1e-12)


@pytest.mark.formula("eq-calibration-error")
def test_calibration_error():
    P, bins = softmax(Z), 6
    written = 0.0
    for m in range(bins):
        top = P.max(axis=1)
        inside = (m / bins < top) & (top <= (m + 1) / bins)
        if inside.any():
            share = np.mean(P[inside].argmax(axis=1) == y[inside])
            written += inside.mean() * abs(share - top[inside].mean())
    assert expected_calibration_error(P, y, bins) == pytest.approx(written, rel=1e-12)


def loss_at(beta):
    return softmax_cross_entropy(beta * Z, y)[0]


@pytest.mark.formula("eq-d-beta", "eq-d-temperature")
@pytest.mark.parametrize("at", [0.3, 1.0, 2.5])
def test_slope_along_the_temperature(at):
    beta = np.array([at])
    P = softmax(at * Z)
    written = sum(P[n, k] * (Z[n, k] - Z[n, y[n]]) for n in range(len(Z)) for k in range(5)) / len(
        Z
    )
    slope = temperature_slope(Z, y, at)
    assert slope == pytest.approx(written, rel=1e-12)
    oracle = numerical_gradient(lambda: loss_at(beta[0]), beta)
    assert relative_error(np.array([slope]), oracle) < 1e-7
    T = np.array([1 / at])
    oracle = numerical_gradient(lambda: loss_at(1 / T[0]), T)
    assert relative_error(-slope / T**2, oracle) < 1e-7


@pytest.mark.formula("eq-d-beta-rises")
def test_the_slope_rises_by_the_variance_of_the_scores():
    beta = np.array([0.7])
    P = softmax(beta[0] * Z)
    mean = np.sum(P * Z, axis=1, keepdims=True)
    written = np.mean(np.sum(P * (Z - mean) ** 2, axis=1))
    oracle = numerical_gradient(lambda: temperature_slope(Z, y, beta[0]), beta)
    assert relative_error(np.array([written]), oracle) < 1e-7


def test_the_fitted_temperature_by_hand():
    Z, y = np.array([[2.0, 0.0]] * 4), np.array([0, 0, 0, 1])
    assert fit_temperature(Z, y) == pytest.approx(2 / np.log(3), rel=1e-12)


def test_what_the_chapter_derives():
    derived = {name for chapter, name, _ in DERIVED if chapter == "10_evaluation"}
    assert derived == {
        "accuracy",
        "accuracy_interval",
        "confusion_matrix",
        "expected_calibration_error",
        "fit_temperature",
        "precision_recall_f1",
        "reliability",
        "temperature_slope",
    }

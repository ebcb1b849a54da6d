"""The labelled formulas of chapter 03 agree with nn_core."""

import math

import numpy as np
import pytest

from nn_core import (
    MLP,
    SGD,
    mean_squared_error,
    numerical_gradient,
    relative_error,
    sigmoid_backward,
    sigmoid_forward,
    softmax,
    softmax_cross_entropy,
)


@pytest.fixture
def batch():
    """Make logits and labels. All sizes differ, so a wrong transpose raises an error."""
    rng = np.random.default_rng(0)
    return rng.normal(scale=3, size=(7, 4)), rng.integers(0, 4, 7)


@pytest.mark.formula("eq-mse")
def test_mean_squared_error(batch):
    Z, y = batch
    A = sigmoid_forward(Z)
    plain = sum((A[n, k] - (k == y[n])) ** 2 for n in range(7) for k in range(4)) / (7 * 4)
    assert mean_squared_error(A, y)[0] == pytest.approx(plain, rel=1e-12)


@pytest.mark.formula("eq-likelihood", "eq-cross-entropy")
def test_cross_entropy_is_the_mean_of_minus_log_likelihood(batch):
    Z, y = batch
    P, loss = softmax(Z), softmax_cross_entropy(Z, y)[0]
    likelihood = math.prod(P[n, y[n]] for n in range(7))
    assert loss == pytest.approx(-sum(math.log(P[n, y[n]]) for n in range(7)) / 7, rel=1e-12)
    assert math.exp(-7 * loss) == pytest.approx(likelihood, rel=1e-10)


@pytest.mark.formula("eq-log-softmax", "eq-log-sum-exp")
@pytest.mark.parametrize("shift", [0, -5, 700])
def test_loss_of_one_example_from_its_logits(batch, shift):
    Z, y = batch
    for n in range(7):
        m = max(Z[n])
        shifted = m + math.log(sum(math.exp(z - m) for z in Z[n]))
        assert shifted == pytest.approx(math.log(sum(math.exp(z) for z in Z[n])), rel=1e-12)
        loss = softmax_cross_entropy(Z[n : n + 1] + shift, y[n : n + 1])[0]
        assert loss == pytest.approx(-(Z[n, y[n]] - shifted), rel=1e-10)


def test_loss_is_finite_where_the_probability_is_not():
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        loss, _ = softmax_cross_entropy(np.array([[1000, 0]], np.float32), np.array([1]))
    assert loss == 1000


@pytest.mark.formula("eq-initial-loss")
@pytest.mark.parametrize("K", [2, 10, 100])
def test_loss_without_an_opinion(K):
    loss, _ = softmax_cross_entropy(np.full((5, K), 0.7), np.array([0, 1, 1, 0, K - 1]))
    assert loss == pytest.approx(math.log(K), rel=1e-12)


@pytest.mark.formula("eq-sigmoid-slope")
def test_slope_of_the_sigmoid(batch):
    Z, _ = batch
    A = sigmoid_forward(Z)
    slope = sigmoid_backward(np.ones_like(A), A)
    assert slope == pytest.approx(A * (1 - A), rel=1e-12)
    numeric = numerical_gradient(lambda: float(sigmoid_forward(Z).sum()), Z)
    assert relative_error(slope, numeric) < 1e-7


@pytest.mark.formula("eq-mse-stall")
@pytest.mark.parametrize("label", [0, 1])
def test_slope_of_the_squared_error_behind_a_sigmoid(label):
    # Of the two outputs, that at `label` should be 1, and the other 0, as in the formula.
    Z, y = np.array([[-5.0, 1.3]]), np.array([label])
    A = sigmoid_forward(Z)
    target = np.eye(2)[y]
    dZ = sigmoid_backward(mean_squared_error(A, y)[1], A)
    assert dZ * Z.size == pytest.approx(2 * (A - target) * A * (1 - A), rel=1e-12)
    numeric = numerical_gradient(lambda: mean_squared_error(sigmoid_forward(Z), y)[0], Z)
    assert relative_error(dZ, numeric) < 1e-7


@pytest.mark.formula("eq-binary-cross-entropy", "eq-cross-entropy-slope")
@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("z", [-4.0, -0.3, 2.5])
def test_one_output_is_two_classes_with_the_logits_0_and_z(label, z):
    # The library has no loss for a single output; softmax of (0, z) is the sigmoid of z.
    a = 1 / (1 + math.exp(-z))
    loss, dZ = softmax_cross_entropy(np.array([[0.0, z]]), np.array([label]))
    assert loss == pytest.approx(-label * math.log(a) - (1 - label) * math.log(1 - a), rel=1e-12)
    assert dZ[0, 1] == pytest.approx(a - label, rel=1e-12)
    Z = np.array([z])

    def plain() -> float:
        a = 1 / (1 + math.exp(-Z[0]))
        return -label * math.log(a) - (1 - label) * math.log(1 - a)

    assert relative_error(np.array([a - label]), numerical_gradient(plain, Z)) < 1e-7


@pytest.mark.formula("eq-softmax-slope")
def test_slope_of_softmax_with_cross_entropy(batch):
    Z, y = batch
    _, dZ = softmax_cross_entropy(Z, y)
    slopes = softmax(Z) - np.eye(4)[y]
    assert dZ * 7 == pytest.approx(slopes, rel=1e-9, abs=1e-12)
    numeric = numerical_gradient(lambda: softmax_cross_entropy(Z, y)[0], Z)
    assert relative_error(dZ, numeric) < 1e-7


@pytest.mark.formula("eq-one-layer", "eq-one-layer-step")
def test_one_layer_steps_against_its_gradient():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(7, 5)), rng.integers(0, 4, 7)
    network = MLP((5, 4), rng, dtype=np.float64)
    network.theta = rng.normal(size=network.theta.size)
    W, b = network.W[0].copy(), network.b[0].copy()
    mistake = softmax(X @ W + b) - np.eye(4)[y]
    dW = [[sum(X[n, i] * mistake[n, k] for n in range(7)) / 7 for k in range(4)] for i in range(5)]
    db = [sum(mistake[n, k] for n in range(7)) / 7 for k in range(4)]
    network.loss_and_grad(X, y)
    assert network.dW[0] == pytest.approx(np.array(dW), rel=1e-9)
    assert network.db[0] == pytest.approx(np.array(db), rel=1e-9)
    numeric = numerical_gradient(
        lambda: softmax_cross_entropy(network.forward(X), y)[0], network.theta
    )
    assert relative_error(network.grad, numeric) < 1e-7
    SGD(0.3).step(network.theta, network.grad)
    assert network.W[0] == pytest.approx(W - 0.3 * np.array(dW), rel=1e-9)
    assert network.b[0] == pytest.approx(b - 0.3 * np.array(db), rel=1e-9)

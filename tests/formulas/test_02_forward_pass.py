"""The labelled formulas of chapter 02 agree with nn_core."""

import math

import numpy as np
import pytest

from nn_core import (
    MLP,
    dense_forward,
    leaky_relu_forward,
    numerical_gradient,
    relative_error,
    relu_forward,
    sigmoid_forward,
    softmax,
    tanh_forward,
)

Z = np.linspace(-30, 30, 243).reshape(3, 81)


@pytest.fixture
def layer():
    """Make inputs, weights and biases. All sizes differ, so a wrong transpose raises an error."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(5, 4)), rng.normal(size=(4, 3)), rng.normal(size=3)


@pytest.mark.formula("eq-neuron", "eq-dense")
def test_each_entry_is_a_neuron_s_sum(layer):
    X, W, b = layer
    found = dense_forward(X, W, b)
    assert found.shape == (5, 3)
    for n in range(5):
        for j in range(3):
            z = sum(X[n, i] * W[i, j] for i in range(4)) + b[j]
            assert found[n, j] == pytest.approx(z, rel=1e-12)


@pytest.mark.formula("eq-columns")
def test_examples_in_columns(layer):
    X, W, b = layer
    assert W.T @ X.T + b[:, None] == pytest.approx(dense_forward(X, W, b).T, rel=1e-12)


@pytest.mark.formula("eq-collapse")
def test_two_layers_without_a_bend_are_one(layer):
    X, W1, b1 = layer
    rng = np.random.default_rng(1)
    W2, b2 = rng.normal(size=(3, 2)), rng.normal(size=2)
    one = dense_forward(X, W1 @ W2, b1 @ W2 + b2)
    assert dense_forward(dense_forward(X, W1, b1), W2, b2) == pytest.approx(one, rel=1e-10)
    network = MLP((4, 3, 2), rng, activation="identity", dtype=np.float64)
    for mine, W, b in zip(range(2), (W1, W2), (b1, b2), strict=True):
        network.W[mine][...], network.b[mine][...] = W, b
    assert network.forward(X) == pytest.approx(one, rel=1e-10)


@pytest.mark.formula("eq-relu")
def test_relu():
    assert relu_forward(Z).ravel().tolist() == [max(z, 0) for z in Z.ravel()]


@pytest.mark.formula("eq-leaky-relu")
def test_leaky_relu():
    assert leaky_relu_forward(Z).ravel().tolist() == [z if z > 0 else 0.01 * z for z in Z.ravel()]


@pytest.mark.formula("eq-tanh")
def test_tanh():
    plain = [(math.exp(z) - math.exp(-z)) / (math.exp(z) + math.exp(-z)) for z in Z.ravel()]
    assert tanh_forward(Z).ravel() == pytest.approx(plain, rel=1e-12)


@pytest.mark.formula("eq-sigmoid", "eq-sigmoid-tanh")
@pytest.mark.parametrize(("dtype", "error"), [(np.float64, 1e-15), (np.float32, 1e-6)])
def test_sigmoid_by_tanh_is_the_plain_one(dtype, error):
    plain = [1 / (1 + math.exp(-z)) for z in Z.ravel()]
    by_tanh = [(1 + math.tanh(z / 2)) / 2 for z in Z.ravel()]
    found = sigmoid_forward(Z.astype(dtype))
    assert found.dtype == dtype
    assert np.abs(found.ravel() - plain).max() < error
    assert np.abs(found.ravel() - by_tanh).max() < error


def test_sigmoid_does_not_overflow():
    with np.errstate(all="raise"):
        assert sigmoid_forward(np.array([-1e4, 1e4])).tolist() == [0, 1]


@pytest.mark.formula("eq-mlp", "eq-parameters")
@pytest.mark.parametrize("sizes", [(3, 2), (4, 5, 3), (6, 5, 4, 2)])
def test_network_layer_by_layer(sizes):
    rng = np.random.default_rng(0)
    network = MLP(sizes, rng, dtype=np.float64)
    layers = range(1, len(sizes))
    assert network.theta.size == sum((sizes[k - 1] + 1) * sizes[k] for k in layers)
    network.theta = rng.normal(size=network.theta.size)
    A = [rng.normal(size=(7, sizes[0]))]
    for k in layers:
        S = A[k - 1] @ network.W[k - 1] + network.b[k - 1]
        A.append(S if k == layers[-1] else np.where(S > 0, S, 0))
    for found, expected in zip(network.activations(A[0]), A, strict=True):
        assert found == pytest.approx(expected, rel=1e-12)
    assert np.array_equal(network.forward(A[0]), network.activations(A[0])[-1])


@pytest.mark.formula("eq-softmax", "eq-softmax-shift")
def test_softmax():
    S = np.random.default_rng(0).normal(scale=5, size=(6, 4))
    P = softmax(S)
    for c in (0, -3, 40):
        for n in range(6):
            total = sum(math.exp(S[n, j] + c) for j in range(4))
            assert P[n] == pytest.approx([math.exp(S[n, k] + c) / total for k in range(4)])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert softmax(S + 1e6) == pytest.approx(P, abs=1e-9)
        assert softmax(np.array([[0.0, -1e6]])).tolist() == [[1, 0]]


@pytest.mark.formula("eq-softmax-sigmoid")
def test_softmax_of_two_scores_is_a_sigmoid():
    S = np.random.default_rng(0).normal(scale=5, size=(9, 2))
    assert softmax(S)[:, 0] == pytest.approx(sigmoid_forward(S[:, 0] - S[:, 1]), rel=1e-12)


@pytest.mark.formula("eq-polyline")
def test_a_layer_of_bends_goes_through_all_points():
    rng = np.random.default_rng(0)
    t, u = np.sort(rng.uniform(-2, 5, 9)), rng.normal(size=9)
    r = np.diff(u) / np.diff(t)
    network = MLP((1, 8, 1), rng, dtype=np.float64)
    network.W[0][:], network.b[0][:] = 1, -t[:-1]
    network.W[1][:], network.b[1][:] = (r - np.append(0, r[:-1]))[:, None], u[0]
    x = np.append(t, rng.uniform(t[0], t[-1], 200))
    assert network.forward(x[:, None])[:, 0] == pytest.approx(np.interp(x, t, u), abs=1e-9)


@pytest.mark.formula("eq-silu-gelu", "eq-silu-gelu-slopes")
def test_silu_and_gelu():
    def bell(s):
        return math.exp(-(s**2) / 2) / math.sqrt(2 * math.pi)

    def below(s):
        return (1 + math.erf(s / math.sqrt(2))) / 2

    # The share of the standard bell curve below 1, from a sum over many narrow strips.
    strips = sum(bell(-10 + (k + 0.5) * 1e-3) * 1e-3 for k in range(11_000))
    assert below(1) == pytest.approx(strips, abs=1e-6)
    z = np.linspace(-4, 4, 33)
    a = sigmoid_forward(z)
    slopes = {
        "SiLU": (lambda: float(np.sum(z * sigmoid_forward(z))), a + z * a * (1 - a)),
        "GELU": (
            lambda: float(sum(s * below(s) for s in z)),
            np.array([below(s) + s * bell(s) for s in z]),
        ),
    }
    for f, slope in slopes.values():
        assert relative_error(slope, numerical_gradient(f, z)) < 1e-8

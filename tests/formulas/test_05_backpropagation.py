"""The labelled formulas of chapter 05 agree with nn_core."""

from itertools import product

import numpy as np
import pytest
from test_notebooks import DERIVED

from nn_core import (
    MLP,
    dense_backward,
    dense_forward,
    mean_squared_error,
    numerical_gradient,
    one_hot,
    relative_error,
    sigmoid_forward,
    softmax,
    softmax_backward,
    softmax_cross_entropy,
)
from nn_core.layers import ACTIVATIONS

N, IN, OUT = 4, 3, 5
rng = np.random.default_rng(5)
X, W, b = rng.normal(size=(N, IN)), rng.normal(size=(IN, OUT)), rng.normal(size=OUT)
y = rng.integers(0, OUT, N)
Y = one_hot(y, OUT).astype(float)


def same(written, code, f=None, x=None):
    """Assert that the formula, the library and, if given, the numerical gradient agree."""
    assert relative_error(np.array(written), np.array(code)) < 1e-12
    if f is not None:
        assert relative_error(np.array(code), numerical_gradient(f, x)) < 1e-7


@pytest.mark.formula("eq-chain-rule")
def test_what_comes_back_adds_up():
    _, dZ = softmax_cross_entropy(dense_forward(X, W, b), y)
    dX, _, _ = dense_backward(dZ, X, W)
    # Entry (n, i) of X is used in the OUT values Z[n, c], with the local derivatives W[i, c].
    written = [[sum(dZ[n, c] * W[i, c] for c in range(OUT)) for i in range(IN)] for n in range(N)]
    same(written, dX, lambda: softmax_cross_entropy(dense_forward(X, W, b), y)[0], X)


@pytest.mark.formula("eq-paths")
def test_sum_over_all_paths():
    network = MLP((2, 3, 4, 2), rng, activation="tanh", dtype=np.float64)
    network.theta += rng.normal(scale=0.3, size=network.theta.size)
    x, label = rng.normal(size=(1, 2)), np.array([1])
    network.loss_and_grad(x, label)
    _, first, second, Z = (A[0] for A in network.activations(x))
    dZ = softmax(Z[None])[0] - one_hot(label, 2)[0]
    written = np.zeros((2, 3))
    for i, j in np.ndindex(2, 3):
        for k, m in product(range(4), range(2)):
            written[i, j] += (
                x[0, i]
                * (1 - first[j] ** 2)
                * network.W[1][j, k]
                * (1 - second[k] ** 2)
                * network.W[2][k, m]
                * dZ[m]
            )
    f = lambda: network.loss_of(network.forward(x), label)[0]  # noqa: E731
    same(written, network.dW[0], f, network.W[0])


@pytest.mark.formula("eq-d-dense-one")
def test_dense_layer_one_example():
    x, dz = X[:1], rng.normal(size=(1, OUT))
    dx, dW, db = dense_backward(dz, x, W)

    def f():
        return float(np.sum(dz * dense_forward(x, W, b)))

    same([[x[0, i] * dz[0, j] for j in range(OUT)] for i in range(IN)], dW, f, W)
    same(dz[0], db, f, b)
    same([[sum(dz[0, j] * W[i, j] for j in range(OUT)) for i in range(IN)]], dx, f, x)


@pytest.mark.formula("eq-d-dense")
def test_dense_layer_batch():
    dZ = rng.normal(size=(N, OUT))
    dX, dW, db = dense_backward(dZ, X, W)

    def f():
        return float(np.sum(dZ * dense_forward(X, W, b)))

    same(
        [[sum(X[n, i] * dZ[n, j] for n in range(N)) for j in range(OUT)] for i in range(IN)],
        dW, f, W,
    )  # fmt: skip
    same([sum(dZ[n, j] for n in range(N)) for j in range(OUT)], db, f, b)
    same(
        [[sum(dZ[n, j] * W[i, j] for j in range(OUT)) for i in range(IN)] for n in range(N)],
        dX, f, X,
    )  # fmt: skip


SLOPES = {
    "relu": lambda a: 1 if a > 0 else 0,
    "leaky_relu": lambda a: 1 if a > 0 else 0.01,
    "sigmoid": lambda a: a * (1 - a),
    "tanh": lambda a: 1 - a**2,
}


@pytest.mark.formula("eq-d-activation", "eq-slopes")
@pytest.mark.parametrize("name", SLOPES)
def test_activation(name):
    forward, backward = ACTIVATIONS[name]
    # No value is near the kink.
    Z = rng.uniform(0.1, 2, (N, OUT)) * rng.choice([-1, 1], (N, OUT))
    A, dA = forward(Z), rng.normal(size=(N, OUT))
    written = [[dA[n, j] * SLOPES[name](A[n, j]) for j in range(OUT)] for n in range(N)]
    same(written, backward(dA, A), lambda: float(np.sum(dA * forward(Z))), Z)


@pytest.mark.formula("eq-d-mse")
def test_mean_squared_error():
    A = rng.random((N, OUT))
    written = [[2 / (N * OUT) * (A[n, k] - Y[n, k]) for k in range(OUT)] for n in range(N)]
    same(written, mean_squared_error(A, y)[1], lambda: mean_squared_error(A, y)[0], A)


@pytest.mark.formula("eq-d-mse-sigmoid")
def test_mean_squared_error_behind_a_sigmoid():
    network = MLP((IN, OUT), rng, output="sigmoid", loss="mean_squared_error")
    Z = rng.normal(size=(N, OUT))
    A = sigmoid_forward(Z)
    written = [
        [2 / (N * OUT) * (A[n, k] - Y[n, k]) * A[n, k] * (1 - A[n, k]) for k in range(OUT)]
        for n in range(N)
    ]
    same(written, network.loss_of(Z, y)[1], lambda: network.loss_of(Z, y)[0], Z)


@pytest.mark.formula("eq-jacobian", "eq-d-softmax")
def test_softmax():
    Z = rng.normal(size=(N, OUT))
    P, dP = softmax(Z), rng.normal(size=(N, OUT))
    written = np.zeros((N, OUT))
    for n in range(N):
        p, dp = P[n], dP[n]
        jacobian = [[p[k] * ((k == j) - p[j]) for j in range(OUT)] for k in range(OUT)]
        for k in range(OUT):
            only = np.zeros((N, OUT))
            only[n, k] = 1
            same(jacobian[k], softmax_backward(only, P)[n])
            oracle = numerical_gradient(lambda n=n, k=k: softmax(Z)[n, k], Z)[n]
            assert relative_error(np.array(jacobian[k]), oracle) < 1e-7
        written[n] = [p[j] * (dp[j] - sum(dp * p)) for j in range(OUT)]
    same(written, softmax_backward(dP, P), lambda: float(np.sum(dP * softmax(Z))), Z)


@pytest.mark.formula("eq-d-cross-entropy")
def test_softmax_with_cross_entropy():
    Z = rng.normal(size=(N, OUT))
    P = softmax(Z)
    same((P - Y) / N, softmax_cross_entropy(Z, y)[1], lambda: softmax_cross_entropy(Z, y)[0], Z)
    # The two steps, one after the other, give the same gradient.
    same((P - Y) / N, softmax_backward(-Y / P / N, P))


def test_what_the_chapter_derives():
    derived = {name for chapter, name, _ in DERIVED if chapter == "05_backpropagation"}
    assert derived == {
        "dense_backward",
        "leaky_relu_backward",
        "mean_squared_error",
        "relu_backward",
        "sigmoid_backward",
        "softmax_backward",
        "softmax_cross_entropy",
        "tanh_backward",
        "identity_backward",
    }

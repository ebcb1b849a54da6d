"""Layers, loss and network against the oracle, and against examples worked by hand."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nn_core import (
    MLP,
    dense_backward,
    dense_forward,
    he_normal,
    numerical_gradient,
    relative_error,
    relu_backward,
    relu_forward,
    softmax,
    softmax_cross_entropy,
)

seeds = st.integers(0, 10_000)
sizes = st.integers(1, 6)


# --- gradients: the formula against central differences, relative error below 1e-7 in float64


@given(sizes, sizes, sizes, seeds)
def test_dense_gradients(n, fan_in, fan_out, seed):
    rng = np.random.default_rng(seed)
    X, W = rng.normal(size=(n, fan_in)), rng.normal(size=(fan_in, fan_out))
    b, dZ = rng.normal(size=fan_out), rng.normal(size=(n, fan_out))

    def f():
        return float(np.sum(dZ * dense_forward(X, W, b)))

    for ours, x in zip(dense_backward(dZ, X, W), (X, W, b), strict=True):
        assert relative_error(ours, numerical_gradient(f, x)) < 1e-7


@given(sizes, sizes, seeds)
def test_relu_gradient(n, width, seed):
    rng = np.random.default_rng(seed)
    # Away from the kink: a difference across it is neither of the two slopes.
    Z = rng.uniform(0.01, 1, (n, width)) * rng.choice([-1, 1], (n, width))
    dA = rng.normal(size=(n, width))
    numeric = numerical_gradient(lambda: float(np.sum(dA * relu_forward(Z))), Z)
    ours = relu_backward(dA, relu_forward(Z))
    assert relative_error(ours, numeric) < 1e-7


@given(sizes, st.integers(2, 6), seeds)
def test_softmax_cross_entropy_gradient(n, classes, seed):
    rng = np.random.default_rng(seed)
    Z, y = rng.normal(size=(n, classes)), rng.integers(0, classes, n)
    _, dZ = softmax_cross_entropy(Z, y)
    numeric = numerical_gradient(lambda: softmax_cross_entropy(Z, y)[0], Z)
    assert relative_error(dZ, numeric) < 1e-7


@settings(deadline=None)
@given(st.lists(st.integers(2, 5), min_size=2, max_size=4), st.integers(1, 5), seeds)
def test_network_gradient(layers, n, seed):
    rng = np.random.default_rng(seed)
    network = MLP(layers, rng, dtype=np.float64)
    # Biases other than zero: zero ones hide a wrong bias gradient from the check.
    network.theta += rng.normal(scale=0.3, size=network.theta.size)
    X, y = rng.normal(size=(n, layers[0])), rng.integers(0, layers[-1], n)
    inputs = network.activations(X)[:-1]
    sums = map(dense_forward, inputs[:-1], network.W[:-1], network.b[:-1])
    assume(all(np.abs(Z).min() > 1e-3 for Z in sums))  # away from the kinks of ReLU

    def f():
        return softmax_cross_entropy(network.forward(X), y)[0]

    numeric = numerical_gradient(f, network.theta)
    network.loss_and_grad(X, y)
    # Where all hidden units are off, the gradient is that of the last biases alone; a gradient
    # that is zero up to rounding is compared by size.
    assert relative_error(network.grad, numeric) < 1e-7 or np.abs(numeric).max() < 1e-9


# --- by hand


def test_dense_by_hand():
    # Z = [1*1 + 2*3, 1*2 + 2*4] + [10, 20] = [17, 30]
    X, W, b = np.array([[1.0, 2.0]]), np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([10.0, 20.0])
    assert dense_forward(X, W, b).tolist() == [[17, 30]]
    # dX = [1*1 + (-1)*2, 1*3 + (-1)*4]; dW = outer(X, dZ); db = dZ
    dX, dW, db = dense_backward(np.array([[1.0, -1.0]]), X, W)
    assert dX.tolist() == [[-1, -1]]
    assert dW.tolist() == [[1, -1], [2, -2]]
    assert db.tolist() == [1, -1]


def test_dense_backward_writes_where_told():
    rng = np.random.default_rng(0)
    X, W, dZ = rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=(4, 2))
    dW, db = np.empty((3, 2)), np.empty(2)
    dX, same_dW, same_db = dense_backward(dZ, X, W, dW=dW, db=db, input_gradient=False)
    assert dX is None
    assert same_dW is dW
    assert same_db is db
    _, expected_dW, expected_db = dense_backward(dZ, X, W)
    assert np.array_equal(dW, expected_dW)
    assert np.array_equal(db, expected_db)


def test_relu_at_the_kink():
    assert relu_backward(np.ones(3), relu_forward(np.array([-1.0, 0.0, 1.0]))).tolist() == [0, 0, 1]


def test_functions_leave_their_arguments_alone():
    rng = np.random.default_rng(0)
    X, W, b, y = rng.normal(size=(4, 3)), rng.normal(size=(3, 3)), rng.normal(size=3), [0, 1, 2, 0]
    kept = [array.copy() for array in (X, W, b)]
    dense_forward(X, W, b)
    dense_backward(X, X, W)
    relu_backward(X, relu_forward(X))
    softmax(X)
    softmax_cross_entropy(X, np.array(y))
    for array, before in zip((X, W, b), kept, strict=True):
        assert np.array_equal(array, before)


def test_softmax_by_hand():
    # exp(0) : exp(log 3) = 1 : 3
    assert np.allclose(softmax(np.array([[0.0, np.log(3)]])), [[0.25, 0.75]])


def test_softmax_at_extremes():
    P = softmax(np.array([[1e4, 0.0, -1e4], [-1e4, -1e4, -1e4]]))
    assert np.allclose(P, [[1, 0, 0], [1 / 3, 1 / 3, 1 / 3]])


def test_cross_entropy_by_hand():
    # Probabilities 1/4 and 3/4, the second is right: -log 3/4; dZ = P - Y.
    loss, dZ = softmax_cross_entropy(np.array([[0.0, np.log(3)]]), np.array([1]))
    assert loss == pytest.approx(np.log(4 / 3))
    assert np.allclose(dZ, [[0.25, -0.25]])


def test_cross_entropy_at_extremes():
    # The right class has probability exp(-20000), which is zero in any float.
    loss, dZ = softmax_cross_entropy(np.array([[1e4, -1e4]]), np.array([1]))
    assert loss == pytest.approx(2e4)
    assert np.allclose(dZ, [[1, -1]])


def test_relative_error():
    assert relative_error(np.array([3.0, 4.0]), np.array([3.0, 4.0])) == 0
    assert relative_error(np.array([3.0, 4.0]), np.zeros(2)) == 1
    assert relative_error(np.zeros(2), np.zeros(2)) == 0
    # |(-2)| / (|1| + |3|)
    assert relative_error(np.array([1.0]), np.array([3.0])) == 0.5
    with pytest.raises(ValueError, match=r"found \(2,\) and \(3,\)"):
        relative_error(np.zeros(2), np.zeros(3))


def test_numerical_gradient():
    x = np.array([[1.0, -2.0]])
    # d/dx of x0^2 + 3 x1 = 2 x0, 3
    gradient = numerical_gradient(lambda: x[0, 0] ** 2 + 3 * x[0, 1], x)
    assert np.allclose(gradient, [[2, 3]], atol=1e-9)
    assert x.tolist() == [[1, -2]]
    with pytest.raises(TypeError, match="float64, found float32"):
        numerical_gradient(lambda: 0.0, np.zeros(2, np.float32))


def test_numerical_gradient_puts_back_after_an_error():
    x = np.array([1.0])
    with pytest.raises(ZeroDivisionError):
        numerical_gradient(lambda: 1 / 0, x)
    assert x.tolist() == [1]


# --- the network


def test_network_memory():
    network = MLP((3, 4, 2), np.random.default_rng(0))
    assert [W.shape for W in network.W] == [(3, 4), (4, 2)]
    assert [b.shape for b in network.b] == [(4,), (2,)]
    assert network.theta.size == network.grad.size == 3 * 4 + 4 + 4 * 2 + 2
    assert network.theta.dtype == np.float32
    network.theta[:] = 7
    network.grad[:] = 5
    assert all(np.all(view == 7) for view in network.W + network.b)
    assert all(np.all(view == 5) for view in network.dW + network.db)
    assert repr(network) == "MLP 3-4-2, 26 parameters"


def test_network_starts_as_he_proposed():
    network = MLP((784, 500, 10), np.random.default_rng(0))
    assert network.W[0].std() == pytest.approx(np.sqrt(2 / 784), rel=0.01)
    assert not network.b[0].any()
    W = he_normal((400, 300), np.random.default_rng(1))
    assert W.mean() == pytest.approx(0, abs=1e-3)
    assert W.std() == pytest.approx(np.sqrt(2 / 400), rel=0.01)


def test_network_by_hand():
    network = MLP((1, 2, 2), np.random.default_rng(0), dtype=np.float64)
    network.W[0][:], network.b[0][:] = [[1, -1]], [0, 1]
    network.W[1][:], network.b[1][:] = [[1, 0], [0, 1]], [0, 5]
    # x = 3: hidden max(3, 0), max(-3 + 1, 0) = 3, 0; out 3, 0 + 5. x = -1: hidden 0, 2; out 0, 7.
    X = np.array([[3.0], [-1.0]])
    assert network.forward(X).tolist() == [[3, 5], [0, 7]]
    assert network.predict(X).tolist() == [1, 1]
    assert np.allclose(network.predict_proba(X).sum(axis=1), 1)
    assert network.predict_proba(X)[0, 1] == pytest.approx(1 / (1 + np.exp(-2)))


@pytest.mark.parametrize("layers", [(784,), (3, 0, 2)])
def test_network_refuses(layers):
    with pytest.raises(ValueError, match="at least two layer sizes"):
        MLP(layers, np.random.default_rng(0))

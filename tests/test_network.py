"""Layers, loss and network: against numerical gradients, and against examples by hand."""

import copy
import re

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nn_core import MLP, directional_error, initializers, numerical_gradient, relative_error
from nn_core.layers import (
    ACTIVATIONS,
    dense_backward,
    dense_forward,
    dropout_mask,
    leaky_relu_backward,
    leaky_relu_forward,
    relu_backward,
    relu_forward,
    sigmoid_backward,
    sigmoid_forward,
    softmax,
    softmax_backward,
    tanh_backward,
    tanh_forward,
)
from nn_core.losses import mean_squared_error, smoothed_cross_entropy, softmax_cross_entropy
from nn_core.network import drop
from nn_core.regularization import l2_penalty

seeds = st.integers(0, 10_000)
sizes = st.integers(1, 6)


# --- gradients: the formula against central differences, relative error below 1e-7 in float64


def agree(ours, numeric):
    """Whether the relative error is below 1e-7, or below the rounding error of the difference.

    This rounding error is about 1e-16 / h = 1e-11 in each entry.
    """
    return relative_error(ours, numeric) < 1e-7 or np.abs(ours - numeric).max() < 1e-10


@given(sizes, sizes, sizes, seeds)
def test_dense_gradients(n, fan_in, fan_out, seed):
    rng = np.random.default_rng(seed)
    X, W = rng.normal(size=(n, fan_in)), rng.normal(size=(fan_in, fan_out))
    b, dZ = rng.normal(size=fan_out), rng.normal(size=(n, fan_out))

    def f():
        return float(np.sum(dZ * dense_forward(X, W, b)))

    for ours, x in zip(dense_backward(dZ, X, W), (X, W, b), strict=True):
        assert agree(ours, numerical_gradient(f, x))


@pytest.mark.parametrize("name", ACTIVATIONS)
@given(n=sizes, width=st.integers(2, 6), seed=seeds)
def test_activation_gradient(name, n, width, seed):
    forward, backward = ACTIVATIONS[name]
    rng = np.random.default_rng(seed)
    # A difference across the kink of ReLU would give neither of its two slopes.
    Z = rng.uniform(0.01, 2, (n, width)) * rng.choice([-1, 1], (n, width))
    dA = rng.normal(size=(n, width))
    numeric = numerical_gradient(lambda: float(np.sum(dA * forward(Z))), Z)
    ours = backward(dA, forward(Z))
    assert agree(ours, numeric)


@given(sizes, st.integers(2, 6), st.sampled_from([None, 0.0, 0.1, 0.9]), seeds)
def test_cross_entropy_gradient(n, classes, smoothing, seed):
    rng = np.random.default_rng(seed)
    Z, y = rng.normal(size=(n, classes)), rng.integers(0, classes, n)

    def f():
        if smoothing is None:
            return softmax_cross_entropy(Z, y)
        return smoothed_cross_entropy(Z, y, smoothing)

    assert agree(f()[1], numerical_gradient(lambda: f()[0], Z))


@given(sizes, st.integers(2, 6), st.floats(0, 1), seeds)
def test_smoothed_cross_entropy_is_that_of_the_smoothed_target(n, classes, smoothing, seed):
    rng = np.random.default_rng(seed)
    # The scores are not centred: a constant for each row must not matter.
    Z, y = 50 + rng.normal(size=(n, classes)), rng.integers(0, classes, n)
    P = softmax(Z)
    Q = (1 - smoothing) * np.eye(classes)[y] + smoothing / classes
    loss, dZ = smoothed_cross_entropy(Z, y, smoothing)
    assert loss == pytest.approx(-np.sum(Q * np.log(P)) / n)
    assert np.allclose(dZ, (P - Q) / n)


@given(sizes, st.integers(2, 6), seeds)
def test_mean_squared_error_gradient(n, classes, seed):
    rng = np.random.default_rng(seed)
    A, y = rng.normal(size=(n, classes)), rng.integers(0, classes, n)
    _, dA = mean_squared_error(A, y)
    assert agree(dA, numerical_gradient(lambda: mean_squared_error(A, y)[0], A))


HEADS = [("softmax", "cross_entropy")]
HEADS += [(output, "mean_squared_error") for output in ACTIVATIONS]


@settings(max_examples=300)
@given(
    layers=st.lists(st.integers(2, 5), min_size=2, max_size=4),
    n=st.integers(1, 5),
    hidden=st.sampled_from(sorted(ACTIVATIONS.keys() - {"softmax"})),
    head=st.sampled_from(HEADS),
    l2=st.sampled_from([0.0, 0.3]),
    dropout=st.sampled_from([0.0, 0.4]),
    smoothing=st.sampled_from([0.0, 0.2]),
    seed=seeds,
)
def test_network_gradient(layers, n, hidden, head, l2, dropout, smoothing, seed):
    rng = np.random.default_rng(seed)
    output, loss = head
    network = MLP(layers, rng, activation=hidden, output=output, loss=loss, dtype=np.float64)
    # Biases of zero would hide a wrong gradient of the biases from the check.
    network.theta += rng.normal(scale=0.3, size=network.theta.size)
    X, y = rng.normal(size=(n, layers[0])), rng.integers(0, layers[-1], n)
    masks = network.dropout_masks(n, dropout, rng) if dropout else None
    if "relu" in hidden + output:
        # No weighted sum is near zero, where ReLU has its kink.
        A = network.activations(X, masks)[:-1]
        inputs = [drop(A[layer], masks, layer) for layer in range(len(A))]
        sums = map(dense_forward, inputs, network.W, network.b)
        assume(all(np.abs(Z).min() > 1e-3 for Z in sums))

    def f():
        Z = network.activations(X, masks)[-1]
        penalty = l2 / 2 * sum(float(np.sum(W**2)) for W in network.W)
        return network.loss_of(Z, y, smoothing=smoothing)[0] + penalty

    network.loss_and_grad(X, y, masks=masks, smoothing=smoothing)
    if l2:
        l2_penalty(network.W, network.dW, l2)
    numeric = numerical_gradient(f, network.theta)
    assert agree(network.grad, numeric)


def test_directional_check_of_a_large_network():
    rng = np.random.default_rng(0)
    network = MLP((784, 128, 10), rng, activation="tanh", dtype=np.float64)
    network.theta += rng.normal(scale=0.1, size=network.theta.size)
    X, y = rng.random((32, 784)), rng.integers(0, 10, 32)
    kept = network.theta.copy()

    def f():
        return softmax_cross_entropy(network.forward(X), y)[0]

    network.loss_and_grad(X, y)
    assert directional_error(f, network.theta, network.grad, rng) < 1e-7
    assert np.array_equal(network.theta, kept)
    # The check finds a bias gradient that is a mean instead of a sum.
    network.db[0][:] /= 32
    assert directional_error(f, network.theta, network.grad, rng) > 1e-5
    network.db[0][:] = 0
    assert directional_error(f, network.theta, network.grad, rng) > 1e-5
    with pytest.raises(TypeError, match="float64, found float32"):
        directional_error(f, np.zeros(2, np.float32), np.zeros(2, np.float32), rng)


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


@pytest.mark.parametrize("name", ["theta", "grad"])
def test_parameters_of_another_network_are_refused(name):
    network, other = (MLP((4, size, 2), np.random.default_rng(0)) for size in (3, 5))
    with pytest.raises(ValueError, match=rf"expected {name} of shape \(23,\).*found shape \(37,\)"):
        setattr(network, name, getattr(other, name))
    setattr(network, name, 0.5)
    assert np.all(getattr(network, name) == 0.5)


@pytest.mark.parametrize(
    "shapes", [((5, 4), (3, 2), (2,)), ((5, 3), (3, 2), (3,)), ((4,), (3, 2), (2,))]
)
def test_dense_forward_names_shapes_that_do_not_fit(shapes):
    X, W, b = map(np.zeros, shapes)
    found = re.escape(f"found X {X.shape}, W {W.shape} and b {b.shape}")
    with pytest.raises(ValueError, match=found):
        dense_forward(X, W, b)


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


def test_activations_by_hand():
    # (1 + tanh(1/2 log 3)) / 2 = 3/4, the sigmoid of log 3; tanh(log 2) = (2 - 1/2)/(2 + 1/2)
    assert np.allclose(sigmoid_forward(np.array([0.0, np.log(3)])), [0.5, 0.75])
    assert np.allclose(tanh_forward(np.array([np.log(2)])), [0.6])
    assert np.allclose(leaky_relu_forward(np.array([-2.0, 3.0])), [-0.02, 3])
    assert np.allclose(leaky_relu_forward(np.array([-2.0, 3.0]), 0.5), [-1, 3])
    assert leaky_relu_backward(np.ones(3), np.array([-1.0, 0, 3.0]), 0.5).tolist() == [0.5, 0.5, 1]
    assert leaky_relu_backward(np.ones(1), -np.ones(1)).tolist() == [0.01]
    assert sigmoid_backward(np.array([8.0]), np.array([0.25])).tolist() == [1.5]
    assert tanh_backward(np.array([8.0]), np.array([0.5])).tolist() == [6]
    # dP = (1, 0), P = (1/4, 3/4): dP - dP.P = (3/4, -1/4)
    ours = softmax_backward(np.array([[1.0, 0.0]]), np.array([[0.25, 0.75]]))
    assert np.allclose(ours, [[3 / 16, -3 / 16]])


def test_sigmoid_at_extremes():
    with np.errstate(all="raise"):
        A = sigmoid_forward(np.array([-1e4, 0, 1e4], np.float32))
    assert A.tolist() == [0, 0.5, 1]
    assert A.dtype == np.float32


def test_mean_squared_error_by_hand():
    # One-hot (0, 1): ((0.5)^2 + (0.2 - 1)^2) / 2 and 2/2 (0.5, -0.8)
    loss, dA = mean_squared_error(np.array([[0.5, 0.2]]), np.array([1]))
    assert loss == pytest.approx((0.25 + 0.64) / 2)
    assert np.allclose(dA, [[0.5, -0.8]])


def test_label_smoothing_by_hand():
    # P = (1/4, 3/4). Both classes share 0.1, and the second class has 0.9 more: Q = (0.05, 0.95).
    loss, dZ = smoothed_cross_entropy(np.array([[0.0, np.log(3)]]), np.array([1]), 0.1)
    assert loss == pytest.approx(-0.05 * np.log(0.25) - 0.95 * np.log(0.75))
    assert np.allclose(dZ, [[0.2, -0.2]])


def test_dropout_mask():
    rng = np.random.default_rng(0)
    mask = dropout_mask((500, 200), 0.2, rng)
    assert mask.dtype == np.float32
    assert set(np.unique(mask)) == {np.float32(0), np.float32(1) / np.float32(0.8)}
    assert mask.mean() == pytest.approx(1, abs=0.01)
    # The draws are float32, half the cost of float64, so a seed always gives this mask.
    draws = np.random.default_rng(0).random((500, 200), dtype=np.float32)
    assert np.array_equal(mask > 0, draws >= 0.2)
    assert np.all(dropout_mask((3, 3), 0.0, rng, np.float64) == 1)
    for rate in (-0.1, 1.0):
        with pytest.raises(ValueError, match=f"from 0 to below 1, found {rate}"):
            dropout_mask((1, 1), rate, rng)


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
    # The rows have very different sizes. Each row subtracts its own largest score.
    loss, dZ = softmax_cross_entropy(np.array([[1e4, 1e4], [-1e4, -1e4]]), np.array([0, 1]))
    assert loss == pytest.approx(np.log(2))
    assert np.allclose(dZ, [[-0.25, 0.25], [0.25, -0.25]])


@pytest.mark.parametrize("loss", [softmax_cross_entropy, mean_squared_error])
@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (np.array([0, -1]), ValueError, "from 0 to 2, found -1"),
        (np.array([0, 3]), ValueError, "from 0 to 2, found 3"),
        (np.array([[0], [1]]), ValueError, r"shape \(N,\), found \(2, 1\)"),
        (np.array([0.0, 1.5]), TypeError, "integer labels, found float64"),
        (np.array([0]), ValueError, "2 examples and 1 labels"),
    ],
)
def test_losses_refuse(loss, y, error, message):
    with pytest.raises(error, match=message):
        loss(np.zeros((2, 3)), y)


def test_relative_error():
    assert relative_error(np.array([3.0, 4.0]), np.array([3.0, 4.0])) == 0
    assert relative_error(np.array([3.0, 4.0]), np.zeros(2)) == 1
    assert relative_error(np.zeros(2), np.zeros(2)) == 0
    assert relative_error(np.array([1e-6]), np.array([-1e-6])) == 1
    assert np.isnan(relative_error(np.array([np.nan]), np.array([1.0])))
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


def test_a_gradient_that_is_written_anew_by_f_is_checked_as_it_was():
    network = MLP((5, 4, 3), np.random.default_rng(0), dtype=np.float64)
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(6, 5)), rng.integers(0, 3, 6)

    def f():
        return network.loss_and_grad(X, y)  # and leaves its gradient in `grad`

    f()
    right = network.grad.copy()
    for seed in range(5):
        f()
        wrong = directional_error(f, network.theta, network.grad, np.random.default_rng(seed))
        assert wrong == directional_error(f, network.theta, right, np.random.default_rng(seed))
        assert wrong < 1e-9
    f()
    assert relative_error(numerical_gradient(f, network.theta), right) < 1e-8


def test_an_f_that_gives_the_same_array_each_time():
    x, held = np.array([1.0, 2.0]), np.zeros(())

    def f():
        held[...] = x @ x
        return held

    assert np.allclose(numerical_gradient(f, x), [2, 4])


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


def test_network_can_be_copied_and_assigned_to():
    network = MLP((3, 4, 2), np.random.default_rng(0))
    twin = copy.deepcopy(network)
    twin.theta[:] = 7
    twin.grad[:] = 5
    assert all(np.all(view == 7) for view in twin.W + twin.b)
    assert all(np.all(view == 5) for view in twin.dW + twin.db)
    assert not np.any(network.theta == 7)
    network.theta = network.theta - 0.5 * twin.grad
    network.grad = twin.grad
    assert np.array_equal(network.W[0].ravel(), network.theta[:12])
    assert np.all(network.dW[1] == 5)
    assert not np.shares_memory(network.grad, twin.grad)


def test_network_starts_as_he_proposed():
    network = MLP((784, 500, 10), np.random.default_rng(0))
    assert network.W[0].std() == pytest.approx(np.sqrt(2 / 784), rel=0.01)
    assert not network.b[0].any()


@pytest.mark.parametrize(
    ("name", "variance", "largest"),
    [
        ("zeros", 0, 0),
        ("small_normal", 1e-4, None),
        ("uniform", 0.25 / 3, 0.5),
        ("glorot_normal", 2 / 700, None),
        ("glorot_uniform", 2 / 700, np.sqrt(6 / 700)),
        ("he_normal", 2 / 400, None),
        ("he_uniform", 2 / 400, np.sqrt(6 / 400)),
    ],
)
def test_initializers(name, variance, largest):
    W = getattr(initializers, name)((400, 300), np.random.default_rng(1))
    assert W.shape == (400, 300)
    assert W.mean() == pytest.approx(0, abs=4 * np.sqrt(variance / 120_000))
    assert W.var() == pytest.approx(variance, rel=0.02)
    if largest is None:
        assert np.abs(W).max() > 3.5 * np.sqrt(variance)
    else:
        assert 0.999 * largest <= np.abs(W).max() <= largest
    model = MLP((4, 3), np.random.default_rng(2), initializer=getattr(initializers, name))
    expected = getattr(initializers, name)((4, 3), np.random.default_rng(2))
    assert np.allclose(model.W[0], expected)


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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activation": "swish"}, r"activation to be one of \['identity', .*found 'swish'"),
        ({"activation": "softmax"}, "activation to be one of"),
        ({"output": "relu6"}, "output to be one of"),
        ({"loss": "hinge"}, r"loss to be one of \['cross_entropy', 'mean_squared_error'\]"),
        ({"output": "sigmoid"}, "cross_entropy needs the output 'softmax', found 'sigmoid'"),
    ],
)
def test_network_refuses_names(options, message):
    with pytest.raises(ValueError, match=message):
        MLP((3, 2), np.random.default_rng(0), **options)


def test_weights_and_biases_are_told_apart():
    network = MLP((3, 2, 2), np.random.default_rng(0))
    flat = [*[True] * 6, *[False] * 2, *[True] * 4, *[False] * 2]
    assert network.is_weight.tolist() == flat


def test_dropout_is_off_unless_asked_for():
    network = MLP((3, 5, 2), np.random.default_rng(0))
    X = np.ones((2, 3), np.float32)
    masks = network.dropout_masks(2, 0.5, np.random.default_rng(1))
    assert [mask.shape for mask in masks] == [(2, 5)]
    assert np.array_equal(network.forward(X), network.activations(X)[-1])
    assert not np.array_equal(network.forward(X), network.activations(X, masks)[-1])


@pytest.mark.parametrize("layers", [(784,), (3, 0, 2)])
def test_network_refuses(layers):
    with pytest.raises(ValueError, match="at least two layer sizes"):
        MLP(layers, np.random.default_rng(0))

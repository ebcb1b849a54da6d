"""The labelled formulas of chapter 11 agree with nn_core."""

from itertools import product

import numpy as np
import pytest

from nn_core import MLP, SGD, mean_squared_error, one_hot, sigmoid_forward, softmax
from nn_core.lab.exercises.exercise import find
from nn_core.layers import dense_backward, dense_forward, relu_backward, relu_forward
from nn_core.tools import RECIPES

rng = np.random.default_rng(11)
N, D, H, K = 9, 6, 4, 3
X, y = rng.normal(size=(N, D)), rng.integers(0, K, N)
W1, b1 = rng.normal(size=(D, H)), rng.normal(size=H)
W2, b2 = rng.normal(size=(H, K)), rng.normal(size=K)


@pytest.mark.formula("eq-another-run", "eq-stated-distance")
@pytest.mark.parametrize("R", [1, 2, 5])
def test_another_run_and_a_mean(R):
    # Each run gives 1 with the probability q, else 0. Try every combination of results.
    q = 0.3
    variance = mean_distance = 0.0
    for outcome in product((0, 1), repeat=R + 1):
        a, *mine = outcome
        chance = q ** sum(outcome) * (1 - q) ** (R + 1 - sum(outcome))
        variance += chance * (a - np.mean(mine)) ** 2
        # Divided by its own standard deviation, the distance has the mean square 1.
        scale = np.sqrt(q * (1 - q)) * np.sqrt(1 + 1 / R)
        mean_distance += chance * ((a - np.mean(mine)) / scale) ** 2
    assert variance == pytest.approx(q * (1 - q) * (1 + 1 / R), rel=1e-12)
    assert mean_distance == pytest.approx(1, rel=1e-12)


@pytest.mark.formula("eq-stated-distance")
def test_stated_distance_by_hand():
    # The example of the chapter is 0.03 above five runs with the mean 0.90 and the spread 0.01.
    reached = 0.90 + 0.01 * np.array([-1, -1, 0, 1, 1])
    names = {"np": np}
    exec(find("published-distance").solution.split("\n\n\n")[0], names)
    assert np.std(reached, ddof=1) == pytest.approx(0.01, rel=1e-12)
    assert names["distance_of"](0.93, reached) == pytest.approx(2.7, abs=0.05)


@pytest.mark.formula("eq-summed-loss")
def test_summed_and_mean_squared_error():
    A = sigmoid_forward(rng.normal(size=(N, K)))
    summed = sum((A[n, k] - (y[n] == k)) ** 2 for n in range(N) for k in range(K)) / 2
    assert summed == pytest.approx(N * K / 2 * mean_squared_error(A, y)[0], rel=1e-6)


@pytest.mark.formula("eq-summed-rate")
def test_rate_for_a_summed_loss():
    rate = 0.01
    network = MLP(
        (D, H, K),
        rng,
        activation="sigmoid",
        output="sigmoid",
        loss="mean_squared_error",
        dtype=np.float64,
    )
    (V1, V2), (c1, c2) = ([v.copy() for v in part] for part in (network.W, network.b))
    A1 = sigmoid_forward(X @ V1 + c1)
    A2 = sigmoid_forward(A1 @ V2 + c2)
    delta2 = (A2 - one_hot(y, K)) * A2 * (1 - A2)
    delta1 = (delta2 @ V2.T) * A1 * (1 - A1)
    network.loss_and_grad(X, y)
    SGD(N * K / 2 * rate).step(network.theta, network.grad)
    assert np.allclose(network.W[0], V1 - rate * X.T @ delta1, atol=1e-7)
    assert np.allclose(network.W[1], V2 - rate * A1.T @ delta2, atol=1e-7)
    assert np.allclose(network.b[0], c1 - rate * delta1.sum(axis=0), atol=1e-7)
    assert np.allclose(network.b[1], c2 - rate * delta2.sum(axis=0), atol=1e-7)
    assert RECIPES["sigmoid-128-mse"].optimizer().lr == pytest.approx(128 * 10 / 2 * rate)


@pytest.mark.formula("eq-columns-forward")
def test_forward_with_columns():
    Z1 = dense_forward(X, W1, b1)
    A1 = relu_forward(Z1)
    Z1_columns = W1.T @ X.T + b1[:, None]
    A1_columns = np.maximum(Z1_columns, 0)
    assert np.allclose(Z1_columns, Z1.T, atol=1e-12)
    assert np.allclose(A1_columns, A1.T, atol=1e-12)
    Z2 = dense_forward(A1, W2, b2)
    assert np.allclose(W2.T @ A1_columns + b2[:, None], Z2.T, atol=1e-12)


@pytest.mark.formula("eq-columns-backward")
def test_backward_with_columns():
    A1 = relu_forward(dense_forward(X, W1, b1))
    dZ2 = (softmax(dense_forward(A1, W2, b2)) - one_hot(y, K)) / N
    dA1, dW2, db2 = dense_backward(dZ2, A1, W2)
    columns = dZ2.T
    assert np.allclose(columns @ A1, dW2.T, atol=1e-12)
    assert np.allclose(sum(columns[:, n] for n in range(N)), db2, atol=1e-12)
    assert np.allclose(W2 @ columns, dA1.T, atol=1e-12)
    # The network computes the whole formula.
    network = MLP((D, H, K), rng, dtype=np.float64)
    for view, values in zip((*network.W, *network.b), (W1, W2, b1, b2), strict=True):
        view[...] = values
    network.loss_and_grad(X, y)
    dZ1 = relu_backward(dA1, A1).T
    assert np.allclose(network.dW[0].T, dZ1 @ X, atol=1e-12)
    assert np.allclose(network.db[0], dZ1.sum(axis=1), atol=1e-12)
    assert np.allclose(network.dW[1].T, columns @ A1, atol=1e-12)

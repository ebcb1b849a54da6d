"""The labelled formulas of chapter 06 agree with nn_core."""

from itertools import product

import numpy as np
import pytest

from nn_core import MLP, SGD, directional_error, minibatches


@pytest.fixture
def rng():
    return np.random.default_rng(6)


@pytest.fixture
def problem(rng):
    """Make a small network, its data, and a function without arguments that gives the loss."""
    network = MLP((4, 5, 3), rng, activation="tanh", dtype=np.float64)
    network.theta += rng.normal(scale=0.3, size=network.theta.size)
    X, y = rng.normal(size=(6, 4)), rng.integers(0, 3, 6)

    def loss():
        return network.loss_of(network.forward(X), y)[0]

    network.loss_and_grad(X, y)
    return network, X, y, loss


@pytest.mark.formula("eq-steepest")
def test_no_direction_is_steeper_than_against_the_gradient(problem, rng):
    network, _, _, loss = problem
    g = network.grad.copy()
    length = np.linalg.norm(g)
    u = rng.normal(size=(500, g.size))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    assert (u @ g).min() > -length
    # In the direction against the gradient, the measured slope equals the bound.
    start, h = network.theta.copy(), 1e-6
    network.theta = start - h * g / length
    ahead = loss()
    network.theta = start + h * g / length
    behind = loss()
    assert (ahead - behind) / (2 * h) == pytest.approx(-length, rel=1e-7)


@pytest.mark.formula("eq-descent")
def test_a_step_goes_against_the_gradient(rng):
    theta, g = rng.normal(size=200_000), rng.normal(size=200_000)
    expected = theta - 0.3 * g
    SGD(lr=0.3).step(theta, g)
    np.testing.assert_array_equal(theta, expected)


@pytest.mark.formula("eq-fall")
def test_the_loss_falls_by_rate_times_squared_length(problem, rng):
    network, _, _, loss = problem
    assert directional_error(loss, network.theta, network.grad, rng) < 1e-7
    g, start, before = network.grad.copy(), network.theta.copy(), loss()
    shortfalls = []
    for lr in (1e-3, 1e-4):
        network.theta = start
        SGD(lr).step(network.theta, g)
        promised = lr * float(g @ g)
        shortfalls.append(abs((before - loss()) / promised - 1))
    assert shortfalls[0] < 0.01
    # The error is proportional to the rate, since the predicted fall follows the tangent.
    assert shortfalls[1] == pytest.approx(shortfalls[0] / 10, rel=0.05)


@pytest.mark.formula("eq-bowl")
@pytest.mark.parametrize("rate", [0.02, 0.5, 1.0, 1.5, 2.0, 2.1])
@pytest.mark.parametrize("curvature", [0.5, 1.0, 3.0])
def test_steps_in_a_parabola_multiply(rate, curvature):
    w, lr = np.array([4.0]), rate / curvature
    for t in range(1, 13):
        SGD(lr).step(w, curvature * w)
        assert w[0] == pytest.approx((1 - lr * curvature) ** t * 4.0, abs=1e-12)


def example_gradients(network, X, y):
    """Compute the gradient of the loss of each example, one per row."""
    found = []
    for n in range(len(X)):
        network.loss_and_grad(X[n : n + 1], y[n : n + 1])
        found.append(network.grad.copy())
    return np.array(found)


@pytest.mark.formula("eq-unbiased", "eq-batch-noise")
@pytest.mark.parametrize("B", [1, 2, 3])
def test_batches_are_right_on_average_and_noisy(problem, B):
    network, X, y, _ = problem
    network.loss_and_grad(X, y)
    g = network.grad.copy()
    e = example_gradients(network, X, y) - g
    variance = np.mean(np.sum(e**2, axis=1))
    # Try every possible batch.
    errors = []
    for batch in product(range(len(X)), repeat=B):
        network.loss_and_grad(X[list(batch)], y[list(batch)])
        errors.append(network.grad - g)
    np.testing.assert_allclose(np.mean(errors, axis=0), 0, atol=1e-14)
    squared = np.mean(np.sum(np.square(errors), axis=1))
    assert squared == pytest.approx(variance / B, rel=1e-12)


@pytest.mark.formula("eq-unbiased")
def test_an_epoch_s_batches_average_to_the_gradient(problem, rng):
    network, X, y, _ = problem
    network.loss_and_grad(X, y)
    g = network.grad.copy()
    found = []
    for batch in minibatches(X, y, 2, rng):
        network.loss_and_grad(*batch)
        found.append(network.grad.copy())
    np.testing.assert_allclose(np.mean(found, axis=0), g, atol=1e-14)


@pytest.mark.formula("eq-many-steps")
def test_short_steps_from_batches_add_up_to_one_from_all(problem):
    network, X, y, _ = problem
    start, k = network.theta.copy(), 3
    network.loss_and_grad(X, y)
    whole = network.grad.copy()
    gaps = []
    for lr in (1e-2, 1e-3):
        network.theta = start
        for piece in np.split(np.arange(6), k):
            network.loss_and_grad(X[piece], y[piece])
            SGD(lr).step(network.theta, network.grad)
        gaps.append(np.linalg.norm((network.theta - start) / (-k * lr) - whole))
    assert gaps[0] < 0.05 * np.linalg.norm(whole)
    # The difference shrinks with the rate: to first order, both are equal.
    assert gaps[1] == pytest.approx(gaps[0] / 10, rel=0.1)


@pytest.mark.formula("eq-noise-scale")
@pytest.mark.parametrize("B", [1, 2, 4])
def test_best_rate_and_fall_by_batch_size(rng, B):
    c, N, D = 3.0, 5, 4
    # The loss of example n is c/2 times the squared distance from its own lowest point.
    lowest, theta = rng.normal(size=(N, D)), rng.normal(size=D)
    gradients = c * (theta - lowest)
    g = gradients.mean(axis=0)
    variance = np.mean(np.sum((gradients - g) ** 2, axis=1))
    noise_scale = variance / (g @ g)

    def loss(at):
        return c / 2 * np.mean(np.sum((at - lowest) ** 2, axis=1))

    # Every possible batch, and one step from it.
    batches = [gradients[list(batch)].mean(axis=0) for batch in product(range(N), repeat=B)]
    best = 1 / c / (1 + noise_scale / B)

    def fall(eta):
        return np.mean([loss(theta) - loss(theta - eta * g_B) for g_B in batches])

    assert fall(best) == pytest.approx(best / 2 * (g @ g))
    assert fall(best) > max(fall(0.99 * best), fall(1.01 * best))

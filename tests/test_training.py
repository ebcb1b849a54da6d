"""Optimizer and training loop."""

import numpy as np
import pytest

from nn_core import MLP, Adam, accuracy, fit


def textbook_adam(theta, grads, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Adam as the paper prints it, line by line."""
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for t, g in enumerate(grads, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        theta = theta - lr * m_hat / (np.sqrt(v_hat) + epsilon)
    return theta


@pytest.mark.parametrize("epsilon", [1e-8, 0.1])
def test_adam_is_the_paper_s(epsilon):
    rng = np.random.default_rng(0)
    start, grads = rng.normal(size=50), rng.normal(size=(20, 50))
    theta, optimizer = start.copy(), Adam(lr=0.01, epsilon=epsilon)
    for grad in grads:
        kept = grad.copy()
        optimizer.step(theta, grad)
        assert np.array_equal(grad, kept)
    expected = textbook_adam(start, grads, lr=0.01, epsilon=epsilon)
    assert np.allclose(theta, expected, rtol=1e-12)


def test_adam_first_step_by_hand():
    # m_hat = g and v_hat = g^2 after one step, so it moves by lr against the sign of g.
    theta = np.array([1.0, 1.0])
    Adam(lr=0.1).step(theta, np.array([5.0, -0.01]))
    assert np.allclose(theta, [0.9, 1.1], atol=1e-6)


def test_adam_keeps_float32():
    theta = np.ones(3, np.float32)
    optimizer = Adam()
    optimizer.step(theta, theta.copy())
    assert optimizer.m.dtype == optimizer.v.dtype == theta.dtype == np.float32


@pytest.fixture
def circles():
    """Points inside and outside a circle: no straight line tells them apart."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (400, 2)).astype(np.float32)
    return X, (np.linalg.norm(X, axis=1) > 0.7).astype(np.int64)


def test_fit_learns(circles):
    X, y = circles
    rng = np.random.default_rng(1)
    network = MLP((2, 32, 2), rng)
    history = fit(
        network, Adam(0.01), X, y, epochs=40, batch_size=32, rng=rng, dev=(X[:100], y[:100])
    )
    assert accuracy(y, network.predict(X)) > 0.97
    assert history.index.tolist() == list(range(1, 41))
    assert history.index.name == "epoch"
    assert list(history) == ["loss", "accuracy", "dev_loss", "dev_accuracy", "seconds"]
    assert history.loss.iloc[-1] < 0.2 < history.loss.iloc[0]
    assert history.dev_accuracy.iloc[-1] == accuracy(y[:100], network.predict(X[:100]))
    assert history.accuracy.iloc[-1] == history.dev_accuracy.iloc[-1]
    assert history.seconds.is_monotonic_increasing


def test_fit_is_seeded_and_quiet(circles, capsys):
    X, y = circles

    def train(seed, progress=False):
        rng = np.random.default_rng(seed)
        network = MLP((2, 8, 2), rng)
        history = fit(network, Adam(), X, y, epochs=2, batch_size=50, rng=rng, progress=progress)
        assert list(history) == ["loss", "seconds"]
        return network.theta

    first = train(0)
    assert capsys.readouterr().err == ""
    assert np.array_equal(first, train(0, progress=True))
    assert "epoch 2/2" in capsys.readouterr().err
    assert not np.array_equal(first, train(1))


def test_loss_is_the_mean_over_examples(circles):
    # With a step of size zero the loss of an epoch is the loss over all examples, although the
    # last batch is smaller than the others.
    X, y = circles
    rng = np.random.default_rng(0)
    network = MLP((2, 8, 2), rng)
    loss = network.loss_and_grad(X, y)
    history = fit(network, Adam(lr=0), X, y, epochs=1, batch_size=150, rng=rng, progress=False)
    assert history.loss.iloc[0] == pytest.approx(loss, rel=1e-5)


GOOD_X = np.zeros((6, 3), np.float32)
GOOD_Y = np.zeros(6, np.int64)


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        (GOOD_X.T, GOOD_Y, ValueError, r"shape \(N, 3\), one example per row, found \(3, 6\)"),
        (GOOD_X[0], GOOD_Y, ValueError, r"found \(3,\)"),
        (GOOD_X.astype(np.float64), GOOD_Y, TypeError, "float32, found float64"),
        (GOOD_X.astype(np.uint8), GOOD_Y, TypeError, "float32, found uint8"),
        (GOOD_X, GOOD_Y[:4], ValueError, "6 examples and 4 labels"),
        (GOOD_X[:0], GOOD_Y[:0], ValueError, "at least one example"),
        (GOOD_X, np.eye(6, 2), TypeError, "integer labels, found float64"),
        (GOOD_X, np.eye(6, 2, dtype=int), ValueError, r"found \(6, 2\)"),
        (GOOD_X, GOOD_Y + 2, ValueError, "from 0 to 1, found 2"),
    ],
)
def test_fit_refuses(X, y, error, message):
    rng = np.random.default_rng(0)
    network = MLP((3, 2), rng)
    before = network.theta.copy()
    for data, dev in (((X, y), None), ((GOOD_X, GOOD_Y), (X, y))):
        with pytest.raises(error, match=message):
            fit(network, Adam(), *data, epochs=1, batch_size=2, rng=rng, dev=dev)
    assert np.array_equal(network.theta, before)

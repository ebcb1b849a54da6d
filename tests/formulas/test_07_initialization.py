"""The labelled formulas of chapter 07 agree with nn_core.

The tests need no random numbers: they try weights of +s or -s with all combinations of signs. Each
combination occurs once, so the mean must equal the formula up to rounding.
"""

import math
from itertools import product

import numpy as np
import pytest
from test_notebooks import DERIVED

from nn_core import MLP, dense_backward, dense_forward, initializers, relu_forward

rng = np.random.default_rng(7)
S = 0.3  # the size of the weights, whose variance is S^2


def all_signs(count: int) -> np.ndarray:
    """Give all rows of +1 and -1, `(2^count, count)`."""
    return np.array(list(product((-1.0, 1.0), repeat=count)))


def mean(values, probabilities) -> float:
    return sum(p * a for a, p in zip(values, probabilities, strict=True))


# Two random numbers with few values. Neither has the mean zero.
U, P = [-1.0, 2.0, 5.0], [0.2, 0.5, 0.3]
V, Q = [-3.0, 0.5], [0.4, 0.6]
PAIRS = list(product(zip(U, P, strict=True), zip(V, Q, strict=True)))
BOTH = [p * q for (_, p), (_, q) in PAIRS]


def variance(values, probabilities) -> float:
    middle = mean(values, probabilities)
    return mean([(a - middle) ** 2 for a in values], probabilities)


@pytest.mark.formula("eq-alike")
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_units_that_are_alike_get_the_same_gradient(activation):
    network = MLP((6, 5, 3), rng, activation=activation, dtype=np.float64)
    network.W[0][...] = rng.normal(size=(6, 1))
    network.b[0][...] = 0.3
    network.W[1][...] = rng.normal(size=(1, 3))
    network.b[1][...] = rng.normal(size=3)
    network.loss_and_grad(rng.random((7, 6)), rng.integers(0, 3, 7))
    for gradient, axis in ((network.dW[0], 1), (network.db[0], 0), (network.dW[1], 0)):
        assert np.abs(gradient).max() > 0
        assert np.ptp(gradient, axis=axis).max() < 1e-14


@pytest.mark.formula("eq-init-mean-product")
def test_means_of_independent_numbers_multiply():
    assert mean([a * b for (a, _), (b, _) in PAIRS], BOTH) == pytest.approx(mean(U, P) * mean(V, Q))


@pytest.mark.formula("eq-init-variance")
def test_variance_is_mean_square_less_squared_mean():
    assert variance(U, P) == pytest.approx(mean([a * a for a in U], P) - mean(U, P) ** 2)
    draws = rng.choice(U, 200_000, p=P)
    assert np.var(draws) == pytest.approx(variance(U, P), rel=0.02)


@pytest.mark.formula("eq-init-sum")
def test_variances_add_up():
    found = variance([a + b for (a, _), (b, _) in PAIRS], BOTH)
    assert found == pytest.approx(variance(U, P) + variance(V, Q))


# The inputs depend on each other and are positive, like pixels.
X = rng.random((7, 1)) + rng.random((7, 6))


@pytest.mark.formula("eq-layer-variance")
def test_layer():
    W = S * all_signs(6).T  # every unit is one of the cases
    Z = dense_forward(X, W, np.zeros(64))
    assert np.allclose(Z.mean(axis=1), 0)
    assert np.mean(Z**2) == pytest.approx(6 * S**2 * np.mean(X**2), rel=1e-12)


@pytest.mark.formula("eq-backward-variance")
def test_layer_backward():
    dZ = rng.random((7, 1)) + rng.random((7, 6))
    W = S * all_signs(6)  # every input is one of the cases
    dX, _, _ = dense_backward(dZ, rng.random((7, 64)), W)
    assert dX is not None
    assert np.mean(dX**2) == pytest.approx(6 * S**2 * np.mean(dZ**2), rel=1e-12)


@pytest.mark.formula("eq-relu-half")
def test_relu_leaves_half_of_the_mean_square():
    Z = dense_forward(X, S * all_signs(6).T, np.zeros(64))
    assert np.mean(relu_forward(Z) ** 2) == pytest.approx(np.mean(Z**2) / 2, rel=1e-12)


@pytest.mark.formula("eq-depth")
@pytest.mark.parametrize("scale", [0.5, 1, 2])
def test_depth(scale):
    # With two units per layer, He's variance is 2 / 2 = 1, so the weights are +scale or -scale.
    cases = scale * all_signs(4).reshape(-1, 2, 2)
    first = rng.random((5, 2))
    for layer, layers in ((2, 1), (3, 2), (4, 3)):
        squares = []
        for weights in product(cases, repeat=layers):
            A = first
            for W in weights:
                A = relu_forward(dense_forward(A, W, np.zeros(2)))
            squares.append(np.mean(A**2))
        expected = scale ** (2 * (layer - 1)) * np.mean(first**2)
        assert np.mean(squares) == pytest.approx(expected, rel=1e-12)


@pytest.mark.formula("eq-variance-uniform")
def test_variance_of_a_uniform_number():
    a, n = 0.7, 100_000
    middles = -a + (np.arange(n) + 0.5) * 2 * a / n
    integral = np.sum(middles**2 / (2 * a)) * 2 * a / n
    assert integral == pytest.approx(a**2 / 3, rel=1e-9)
    W = initializers.uniform((400, 300), rng, limit=a)
    assert np.var(W) == pytest.approx(a**2 / 3, rel=0.02)


class Asked:
    """A random generator that records its arguments."""

    def normal(self, middle, deviation, shape):
        self.middle, self.variance = middle, deviation**2
        return np.zeros(shape)

    def uniform(self, low, high, shape):
        self.middle, self.limit, self.variance = (low + high) / 2, high, high**2 / 3
        return np.zeros(shape)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        pytest.param("glorot", 2 / (30 + 50), marks=pytest.mark.formula("eq-glorot")),
        pytest.param("he", 2 / 30, marks=pytest.mark.formula("eq-he")),
    ],
)
@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_variance_that_is_asked_for(rule, expected, kind):
    asked = Asked()
    W = getattr(initializers, f"{rule}_{kind}")((30, 50), asked)
    assert W.shape == (30, 50)
    assert asked.middle == 0
    assert asked.variance == pytest.approx(expected, rel=1e-12)


@pytest.mark.formula("eq-glorot-limit", "eq-he-limit")
def test_limits():
    for rule, expected in (("glorot", 6 / (30 + 50)), ("he", 6 / 30)):
        asked = Asked()
        getattr(initializers, f"{rule}_uniform")((30, 50), asked)
        assert asked.limit == pytest.approx(math.sqrt(expected), rel=1e-12)


def test_what_the_chapter_derives():
    derived = {name for chapter, name, _ in DERIVED if chapter == "07_initialization"}
    assert derived == {
        "glorot_normal",
        "glorot_uniform",
        "he_normal",
        "he_uniform",
        "small_normal",
        "uniform",
        "zeros",
    }

"""The labelled formulas of chapter 04 agree with nn_core."""

import math
from fractions import Fraction

import numpy as np
import pytest
from test_notebooks import DERIVED

from nn_core import directional_error, numerical_gradient, relative_error, softmax_cross_entropy

EPSILON = float(np.finfo(np.float64).eps)


def slope(f, x, h):
    """Compute a central difference with the library."""
    at = np.array([float(x)])
    return float(numerical_gradient(lambda: f(at[0]), at, h)[0])


@pytest.mark.formula("eq-taylor")
@pytest.mark.parametrize("h", [-1.0, -0.1, 0.1, 0.5, 1.0])
def test_taylor_with_its_rest(h):
    # The exponential equals its derivatives, and is largest at the right end.
    x = 0.3
    f = math.exp(x)
    polynomial = f + h * f + h**2 / 2 * f + h**3 / 6 * f
    G = max(f, math.exp(x + h))
    rest = abs(math.exp(x + h) - polynomial)
    assert 0 < rest <= G * h**4 / 24


@pytest.mark.formula("eq-one-sided")
def test_one_sided_error_is_proportional_to_the_step():
    for h in (1e-2, 1e-3, 1e-4):
        error = (math.exp(1 + h) - math.exp(1)) / h - math.e
        assert error == pytest.approx(h / 2 * math.e, rel=h)


@pytest.mark.formula("eq-central")
def test_central_error_is_proportional_to_its_square():
    for h in (1e-1, 1e-2, 1e-3):
        error = slope(math.exp, 1, h) - math.e
        assert error == pytest.approx(h**2 / 6 * math.e, rel=max(h**2, 1e-5))
    # For a cube the formula is exact: its third derivative is 6, and all higher ones are 0.
    assert slope(lambda x: x**3, 2, 0.25) == 12 + 0.25**2


@pytest.mark.formula("eq-round-off")
def test_rounding_is_bounded():
    # A cube in float64, at an x and with steps for which x + h and x - h are exact. Without
    # rounding, its central difference would be 3 x^2 + h^2.
    x = 1 + 654321 * 2.0**-20
    reached = []
    for k in range(4, 30):
        h = 2.0**-k
        without = 3 * Fraction(x) ** 2 + Fraction(h) ** 2
        error = abs(Fraction(slope(lambda x: float(Fraction(x) ** 3), x, h)) - without)
        reached.append(float(error) / (EPSILON * (x + h) ** 3 / (2 * h)))
    assert 0.1 < max(reached) <= 1


@pytest.mark.formula("eq-total-error", "eq-best-step")
@pytest.mark.parametrize(("f", "third"), [(1.0, 1.0), (1.3, 0.09), (50.0, 2.0)])
def test_best_step(f, third):
    def total(h):
        return h**2 / 6 * third + EPSILON * f / (2 * h)

    best = (3 * EPSILON * f / (2 * third)) ** (1 / 3)
    steps = best * 10.0 ** np.linspace(-3, 3, 2001)
    assert steps[total(steps).argmin()] == pytest.approx(best, rel=0.01)
    assert total(best) == pytest.approx(best**2 / 2 * third)
    assert abs(slope(total, best, best / 1000)) < 1e-3 * third * best


def test_library_s_step_is_near_the_best():
    """For the exponential at 0, f and f''' are 1. No step is much better than the formula."""
    error = {k: abs(slope(math.exp, 0, 10.0**-k) - 1) for k in range(1, 16)}
    assert error[5] == min(error.values()) or error[5] < 1e-10
    assert error[2] > 1e3 * error[5]
    assert error[12] > 1e3 * error[5]


@pytest.mark.formula("eq-numerical-gradient")
def test_one_parameter_at_a_time():
    rng = np.random.default_rng(4)
    theta, h = rng.normal(size=6), 1e-5

    def loss(theta):
        return float(np.sum(theta**3) + theta[0] * theta[5] ** 2)

    written = [(loss(theta + h * e) - loss(theta - h * e)) / (2 * h) for e in np.eye(6)]
    before = theta.copy()
    found = numerical_gradient(lambda: loss(theta), theta)
    assert relative_error(np.array(written), found) < 1e-12
    assert np.array_equal(theta, before)
    derived = 3 * theta**2
    derived[0] += theta[5] ** 2
    derived[5] += 2 * theta[0] * theta[5]
    assert relative_error(derived, found) < 1e-9


@pytest.mark.formula("eq-relative-error")
def test_relative_error():
    rng = np.random.default_rng(4)
    for shape in ((7,), (3, 5)):
        a, b = rng.normal(size=shape), rng.normal(size=shape)

        def length(v):
            return math.sqrt(sum(x**2 for x in v.ravel()))

        assert relative_error(a, b) == pytest.approx(length(a - b) / (length(a) + length(b)))
        assert relative_error(1000 * a, 1000 * b) == pytest.approx(relative_error(a, b))
        assert relative_error(a, -a) == 1
        assert relative_error(a, a) == 0
    by_hand = relative_error(np.array([3.0, 4.0]), np.array([3.0, 4.1]))
    assert by_hand == pytest.approx(0.1 / 10.08, rel=1e-3)


@pytest.mark.formula("eq-kink")
def test_kink():
    h = 1e-5
    for share in (-1.5, -1, -0.5, 0, 0.25, 1, 3):
        z = share * h
        between = min(max((z + h) / (2 * h), 0), 1)
        assert slope(lambda z: max(z, 0), z, h) == pytest.approx(between, abs=1e-9)


@pytest.mark.formula("eq-directional")
def test_slope_along_a_direction():
    rng = np.random.default_rng(4)
    Z, y, t = rng.normal(size=(5, 4)), rng.integers(0, 4, 5), np.zeros(1)
    gradient = softmax_cross_entropy(Z, y)[1]
    for _ in range(3):
        u = rng.normal(size=Z.shape)
        u /= np.linalg.norm(u)
        written = sum(gradient[i] * u[i] for i in np.ndindex(Z.shape))
        found = numerical_gradient(lambda u=u: softmax_cross_entropy(Z + t[0] * u, y)[0], t)
        assert found[0] == pytest.approx(written, rel=1e-7)


def test_two_losses_find_a_mistake():
    rng = np.random.default_rng(4)
    Z, y, calls = rng.normal(size=(5, 4)), rng.integers(0, 4, 5), []

    def loss():
        calls.append(1)
        return softmax_cross_entropy(Z, y)[0]

    gradient = softmax_cross_entropy(Z, y)[1]
    assert directional_error(loss, Z, gradient, rng) < 1e-7
    assert len(calls) == 2
    for i in np.ndindex(Z.shape):
        broken = gradient.copy()
        broken[i] = 0
        assert directional_error(loss, Z, broken, rng) > 1e-5


def test_what_the_chapter_derives():
    derived = {name for chapter, name, _ in DERIVED if chapter == "04_numerical_gradient"}
    assert derived == {"numerical_gradient", "relative_error", "directional_error"}

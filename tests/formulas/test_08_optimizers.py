"""The labelled formulas of chapter 08 agree with nn_core."""

import ast
import math

import numpy as np
import pytest
from test_notebooks import CHAPTERS, DERIVED, code

from nn_core import SGD, AdaGrad, Adam, Momentum, Nesterov, RMSProp, schedules
from nn_core.checks.settings import check_number

CURVATURE = np.array([1.0, 20.0])
START = np.array([-8.5, 3.0])
(CHAPTER,) = (path for path in CHAPTERS if path.stem == "08_optimizers")


def walk(optimizer, steps, gradient=lambda theta: CURVATURE * theta):
    """Give the path of an optimizer of the library."""
    theta, path = START.copy(), [START]
    for _ in range(steps):
        optimizer.step(theta, gradient(theta))
        path.append(theta.copy())
    return np.array(path)


def moves(optimizer, gradients):
    """Give the value of a parameter that starts at 0, after each gradient."""
    theta, seen = np.zeros(1), []
    for g in gradients:
        optimizer.step(theta, np.array([float(g)]))
        seen.append(theta[0])
    return np.array(seen)


# --- the valley


@pytest.mark.formula("eq-optim-factor")
@pytest.mark.parametrize("lr", [0.02, 0.05, 0.095, 0.12])
def test_each_step_multiplies_by_a_factor(lr):
    t = np.arange(31)[:, None]
    np.testing.assert_allclose(walk(SGD(lr), 30), (1 - lr * CURVATURE) ** t * START, rtol=1e-9)


@pytest.mark.formula("eq-optim-stable")
def test_steepest_axis_bounds_the_rate():
    bound = 2 / CURVATURE.max()
    assert np.abs(walk(SGD(0.99 * bound), 3000)[-1]).max() < 1e-6
    assert np.abs(walk(SGD(1.01 * bound), 3000)[-1]).max() > 1e6
    assert np.abs(walk(SGD(bound), 3000)[-1, 1]) == pytest.approx(3)


@pytest.mark.formula("eq-optim-best-rate")
def test_best_rate():
    rates = np.linspace(0.001, 0.1, 9901)
    slowest = np.abs(1 - rates[:, None] * CURVATURE).max(axis=1)
    best = 2 / CURVATURE.sum()
    kappa = CURVATURE.max() / CURVATURE.min()
    assert rates[slowest.argmin()] == pytest.approx(best, abs=1e-5)
    path = walk(SGD(best), 10)
    factors = path[1:] / path[:-1]
    np.testing.assert_allclose(np.abs(factors), (kappa - 1) / (kappa + 1))


# --- momentum and Nesterov


@pytest.mark.formula("eq-optim-momentum", "eq-optim-velocity")
def test_velocity_is_a_weighted_sum():
    gradients, beta, lr = np.random.default_rng(8).normal(size=20), 0.8, 0.1
    v, theta, optimizer = 0.0, 0.0, Momentum(lr, beta)
    for t, found in enumerate(moves(optimizer, gradients), start=1):
        v = beta * v + gradients[t - 1]
        theta = theta - lr * v
        assert found == pytest.approx(theta, rel=1e-12)
        summed = sum(beta**k * gradients[t - 1 - k] for k in range(t))
        assert v == pytest.approx(summed, rel=1e-12)
    assert optimizer.state["v"][0] == pytest.approx(v)


@pytest.mark.formula("eq-optim-terminal")
@pytest.mark.parametrize("beta", [0.5, 0.9, 0.97])
def test_what_the_velocity_comes_to(beta):
    steps, g = 2000, 3.0
    for signs, right in (
        (np.ones(steps), g / (1 - beta)),
        ((-1.0) ** np.arange(steps), g / (1 + beta)),
    ):
        optimizer = Momentum(0.1, beta)
        moves(optimizer, g * signs)
        assert abs(optimizer.state["v"][0]) == pytest.approx(right, rel=1e-9)


def test_how_much_momentum_helps():
    """Test the box of the chapter: the bound, and the root of the condition number."""
    for beta in (0.3, 0.9):
        bound = 2 * (1 + beta) / CURVATURE.max()
        assert np.abs(walk(Momentum(0.99 * bound, beta), 3000)[-1]).max() < 1e-6
        assert np.abs(walk(Momentum(1.01 * bound, beta), 3000)[-1]).max() > 1e6
    root = math.sqrt(CURVATURE.max() / CURVATURE.min())
    factor = (root - 1) / (root + 1)
    best = Momentum((1 + factor) ** 2 / CURVATURE.max(), factor**2)
    # With a double root, the distance shrinks like t times factor^t.
    assert np.abs(walk(best, 60)[-1]).max() < 100 * 60 * factor**60


@pytest.mark.formula("eq-optim-nesterov-ahead", "eq-optim-nesterov")
def test_nesterov_is_momentum_that_looks_ahead():
    lr, beta = 0.03, 0.9
    theta, v, looked_at = START, 0.0, []
    for _ in range(51):
        ahead = theta - lr * beta * v
        looked_at.append(ahead)
        v = beta * v + CURVATURE * ahead
        theta = theta - lr * v
    np.testing.assert_allclose(walk(Nesterov(lr, beta), 50), looked_at, rtol=1e-9, atol=1e-12)
    # The change of variables, line by line, gives the same.
    theta, v = START, 0.0
    for found in walk(Nesterov(lr, beta), 50)[1:]:
        g = CURVATURE * theta
        v = beta * v + g
        theta = theta - lr * (g + beta * v)
        np.testing.assert_allclose(found, theta, rtol=1e-9, atol=1e-12)


# --- a rate for each parameter


@pytest.mark.formula("eq-optim-adagrad")
def test_adagrad():
    gradients = np.random.default_rng(8).normal(size=20)
    s, theta = 0.0, 0.0
    for g, found in zip(gradients, moves(AdaGrad(0.1), gradients), strict=True):
        s = s + g**2
        theta = theta - 0.1 * g / (math.sqrt(s) + 1e-10)
        assert found == pytest.approx(theta, rel=1e-12)


@pytest.mark.formula("eq-optim-adagrad-shrinks")
@pytest.mark.parametrize("g", [-0.01, 5.0])
def test_adagrad_s_steps_shrink(g):
    lengths = np.abs(np.diff(moves(AdaGrad(0.1), [g] * 100), prepend=0))
    np.testing.assert_allclose(lengths, 0.1 / np.sqrt(np.arange(1, 101)), rtol=1e-6)


@pytest.mark.formula("eq-optim-rmsprop", "eq-optim-weighted-mean")
def test_rmsprop_divides_by_a_weighted_mean():
    gradients, beta = np.random.default_rng(8).normal(size=20), 0.9
    optimizer = RMSProp(0.1, beta)
    s, theta = 0.0, 0.0
    for t, found in enumerate(moves(optimizer, gradients), start=1):
        g = gradients[t - 1]
        s = beta * s + (1 - beta) * g**2
        theta = theta - 0.1 * g / (math.sqrt(s) + 1e-8)
        assert found == pytest.approx(theta, rel=1e-12)
        mean = (1 - beta) * sum(beta**k * gradients[t - 1 - k] ** 2 for k in range(t))
        assert s == pytest.approx(mean, rel=1e-12)
    assert optimizer.state["s"][0] == pytest.approx(s)


# --- Adam


@pytest.mark.formula("eq-optim-bias")
def test_bias_of_a_mean_that_starts_at_zero():
    rng, beta = np.random.default_rng(8), 0.9
    theta = np.zeros(50_000)
    optimizer = Adam(0.0, beta1=beta)
    for t in range(1, 16):
        optimizer.step(theta, rng.normal(2.0, 1.0, theta.size))
        m = (1 - beta) * optimizer.state["m"]  # the library keeps m / (1 - beta1)
        expected = (1 - beta**t) * 2
        assert m.mean() == pytest.approx(expected, abs=5 * m.std() / math.sqrt(m.size))
        written = (1 - beta) * sum(beta**k * 2 for k in range(t))
        assert written == pytest.approx(expected, rel=1e-12)


@pytest.mark.formula("eq-optim-adam", "eq-optim-adam-stored")
def test_adam_as_derived_and_as_stored():
    gradients, lr, b1, b2, epsilon = np.random.default_rng(8).normal(size=30), 0.1, 0.8, 0.95, 1e-2
    optimizer = Adam(lr, beta1=b1, beta2=b2, epsilon=epsilon)
    m = s = theta = stored_m = stored_s = 0.0
    for t, found in enumerate(moves(optimizer, gradients), start=1):
        g = gradients[t - 1]
        m, s = b1 * m + (1 - b1) * g, b2 * s + (1 - b2) * g**2
        m_hat, s_hat = m / (1 - b1**t), s / (1 - b2**t)
        step = lr * m_hat / (math.sqrt(s_hat) + epsilon)
        stored_m, stored_s = b1 * stored_m + g, b2 * stored_s + g**2
        rho = math.sqrt((1 - b2) / (1 - b2**t))
        number = lr / rho * (1 - b1) / (1 - b1**t)
        stored = number * stored_m / (math.sqrt(stored_s) + epsilon / rho)
        assert stored == pytest.approx(step, rel=1e-10)
        theta -= step
        assert found == pytest.approx(theta, rel=1e-9)
    assert optimizer.state["m"][0] == pytest.approx(stored_m)
    assert optimizer.state["s"][0] == pytest.approx(stored_s)


@pytest.mark.formula("eq-optim-adam-bound")
@pytest.mark.parametrize(("b1", "b2"), [(0.9, 0.999), (0.7, 0.9)])
def test_adam_s_longest_step(b1, b2):
    bound = (1 - b1) / math.sqrt((1 - b2) * (1 - b1**2 / b2))
    silence = [0.0] * 20_000  # after this, the corrections are 1
    # Gradients that grow by b2 / b1 from the oldest to the newest reach the bound, others do not.
    grows = (b2 / b1) ** np.arange(-199, 1)
    for gradients, largest in (
        (grows, bound),
        (np.ones(200), 0.95 * bound),
        (np.random.default_rng(8).normal(size=200), 0.95 * bound),
    ):
        lengths = np.abs(np.diff(moves(Adam(0.1, beta1=b1, beta2=b2), [*silence, *gradients])))
        assert lengths.max() < largest * 0.1 * 1.0001
    lengths = np.abs(np.diff(moves(Adam(0.1, beta1=b1, beta2=b2), [*silence, *grows])))
    assert lengths[-1] == pytest.approx(0.1 * bound, rel=1e-3)


@pytest.mark.parametrize("g", [1e-3, 1.0, -50.0])
def test_adam_steps_by_its_rate_on_a_steady_slope(g):
    lengths = np.diff(moves(Adam(0.1), [g] * 50), prepend=0)
    np.testing.assert_allclose(lengths, -0.1 * np.sign(g), rtol=1e-4)


# --- plain and library


def plain_classes():
    """Give the textbook classes of the chapter."""
    body = [
        node
        for node in code(CHAPTER).body
        if isinstance(node, ast.ClassDef) and node.name.startswith("Plain")
    ]
    names = {"np": np, "check_number": check_number}
    exec(compile(ast.Module(body, []), str(CHAPTER), "exec"), names)
    return {name: value for name, value in names.items() if name.startswith("Plain")}


def test_chapter_has_all_six():
    made = (SGD, Momentum, Nesterov, AdaGrad, RMSProp, Adam)
    assert set(plain_classes()) == {f"Plain{make.__name__}" for make in made}


@pytest.mark.parametrize("make", [SGD, Momentum, Nesterov, AdaGrad, RMSProp, Adam])
@pytest.mark.parametrize("seed", range(3))
def test_plain_form_is_the_library_s(make, seed):
    rng = np.random.default_rng(seed)
    plain, library = plain_classes()[f"Plain{make.__name__}"](0.01), make(0.01)
    theta = rng.normal(size=1000)
    moved = theta.copy()
    for _ in range(100):
        g = rng.normal(size=1000) * rng.uniform(0, 10, 1000)
        theta = plain.step(theta, g)
        library.step(moved, g)
    assert np.abs(theta - moved).max() < 1e-6


# --- schedules


@pytest.mark.formula("eq-optim-noise")
@pytest.mark.parametrize(("lr", "c"), [(0.1, 1.0), (0.02, 20.0), (0.9, 2.0)])
def test_how_far_noise_keeps_it(lr, c):
    V, q = 4.0, 0.0
    for _ in range(2000):
        q = (1 - lr * c) ** 2 * q + lr**2 * V
    assert q == pytest.approx(lr * V / (c * (2 - lr * c)))
    rng, theta, optimizer = np.random.default_rng(8), np.zeros(50_000), SGD(lr)
    for _ in range(200):
        optimizer.step(theta, c * theta + rng.normal(scale=math.sqrt(V), size=theta.size))
    assert np.mean(theta**2) == pytest.approx(q, rel=0.05)


@pytest.mark.formula("eq-optim-decays")
def test_three_ways_to_fall():
    drops = schedules.step_decay(0.1, every=50, factor=0.3)
    shrinks = schedules.exponential_decay(0.1, factor=0.99)
    slows = schedules.inverse_time_decay(0.1, rate=0.01)
    for t in (0, 1, 49, 50, 99, 100, 1234):
        assert drops(t) == pytest.approx(0.1 * 0.3 ** math.floor(t / 50))
        assert shrinks(t) == pytest.approx(0.1 * 0.99**t)
        assert slows(t) == pytest.approx(0.1 / (1 + 0.01 * t))


@pytest.mark.formula("eq-optim-cosine")
def test_cosine():
    falls = schedules.cosine_decay(0.1, steps=80, final=0.02)
    for t in range(81):
        assert falls(t) == pytest.approx(0.02 + 0.08 * (1 + math.cos(math.pi * t / 80)) / 2)
    assert falls(81) == falls(500) == 0.02


@pytest.mark.formula("eq-optim-warm-up")
def test_warm_up():
    inner = schedules.cosine_decay(0.1, steps=80)
    rises = schedules.warm_up(inner, steps=4)
    assert [rises(t) for t in range(4)] == pytest.approx([0.02, 0.04, 0.06, 0.08])
    assert [rises(t) for t in range(4, 90)] == [inner(t - 4) for t in range(4, 90)]


def test_what_the_chapter_derives():
    derived = {name for chapter, name, _ in DERIVED if chapter == "08_optimizers"}
    assert derived == {
        "constant",
        "step_decay",
        "exponential_decay",
        "inverse_time_decay",
        "cosine_decay",
        "warm_up",
        "LearningRateSchedule",
        "LearningRateSchedule.__init__",
        "LearningRateSchedule.before_gradient",
    }

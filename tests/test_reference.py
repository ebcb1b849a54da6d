"""Against PyTorch: ten steps of each optimizer, twelve of each schedule, losses at extremes.

The numbers in reference/torch.json were made by reference/make_torch.py.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from nn_core import losses, network, optimizers, schedules

TORCH = json.loads((Path(__file__).parent / "reference" / "torch.json").read_text("utf-8"))

OPTIMIZERS = {
    "SGD": lambda: optimizers.SGD(0.03),
    "Momentum": lambda: optimizers.Momentum(0.03, beta=0.8),
    "Nesterov": lambda: optimizers.Nesterov(0.03, beta=0.8),
    "AdaGrad": lambda: optimizers.AdaGrad(0.3),
    "RMSProp": lambda: optimizers.RMSProp(0.03),
    "Adam": lambda: optimizers.Adam(0.1, beta1=0.8, beta2=0.95, epsilon=1e-3),
    "AdamW": lambda: optimizers.AdamW(0.1, decay=0.2, beta1=0.8, beta2=0.95, epsilon=1e-3),
}

SCHEDULES = {
    "constant": lambda: schedules.constant(0.1),
    "step_decay": lambda: schedules.step_decay(0.1, every=5, factor=0.3),
    "exponential_decay": lambda: schedules.exponential_decay(0.1, factor=0.8),
    "inverse_time_decay": lambda: schedules.inverse_time_decay(0.1, rate=0.5),
    "cosine_decay": lambda: schedules.cosine_decay(0.1, steps=12, final=0.01),
    "warm_up": lambda: schedules.warm_up(schedules.cosine_decay(0.1, steps=8), steps=4),
}


def grad_of(theta):
    return 2 * np.array(TORCH["curvature"]) * (theta - 1) + np.cos(theta)


@pytest.mark.parametrize("name", TORCH["paths"])
def test_optimizer_takes_the_same_path(name):
    optimizer, theta = OPTIMIZERS[name](), np.array(TORCH["start"])
    for t, expected in enumerate(TORCH["paths"][name], start=1):
        grad = grad_of(theta)
        kept = grad.copy()
        optimizer.step(theta, grad)
        assert np.array_equal(grad, kept)
        assert optimizer.t == t
        np.testing.assert_allclose(theta, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", TORCH["rates"])
def test_schedule_gives_the_same_rates(name):
    schedule = SCHEDULES[name]()
    rates = [schedule(t) for t in range(12)]
    np.testing.assert_allclose(rates, TORCH["rates"][name], rtol=1e-12, atol=1e-15)


def test_schedules_beyond_their_end_and_by_default():
    assert schedules.cosine_decay(0.1, steps=5)(5) == 0
    assert schedules.cosine_decay(0.1, steps=5, final=0.02)(99) == 0.02
    assert schedules.step_decay(1.0, every=3)(3) == 0.1


def test_defaults_are_those_of_the_papers():
    adam = {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
    for optimizer, expected in (
        (optimizers.Momentum(1), {"lr": 1, "beta": 0.9}),
        (optimizers.Nesterov(1), {"lr": 1, "beta": 0.9}),
        (optimizers.AdaGrad(1), {"lr": 1, "epsilon": 1e-10}),
        (optimizers.RMSProp(1), {"lr": 1, "beta": 0.99, "epsilon": 1e-8}),
        (optimizers.Adam(), adam),
        (optimizers.AdamW(), {**adam, "decay": 0.01, "weights": None}),
    ):
        assert {name: getattr(optimizer, name) for name in expected} == expected


def test_first_steps_are_what_the_docstrings_say():
    theta, g = np.zeros(1), np.ones(1)
    adam = optimizers.Adam(0.1)
    adam.step(theta, g)
    assert {name: moment.tolist() for name, moment in adam.state.items()} == {"m": [1], "s": [1]}
    assert theta[0] == pytest.approx(-0.1)
    theta[:] = 0
    optimizers.RMSProp(0.1, beta=0.96).step(theta, g)
    assert theta[0] == pytest.approx(-0.1 / np.sqrt(1 - 0.96))


def test_every_optimizer_and_schedule_has_a_reference():
    classes = {
        name
        for name, value in vars(optimizers).items()
        if isinstance(value, type) and issubclass(value, optimizers.SGD)
    }
    assert classes == set(OPTIMIZERS) == set(TORCH["paths"])
    functions = {
        name
        for name, value in vars(schedules).items()
        if getattr(value, "__module__", "") == "nn_core.schedules"
    }
    assert functions == set(SCHEDULES) == set(TORCH["rates"])


@pytest.mark.parametrize("name", ["cross_entropy", "cross_entropy_smoothed"])
def test_cross_entropy(name):
    stored = TORCH["losses"]
    expected = stored[name]
    Z, y = np.array(stored["Z"]), np.array(stored["y"])
    if name == "cross_entropy_smoothed":
        loss, dZ = losses.smoothed_cross_entropy(Z, y, 0.1)
    else:
        loss, dZ = losses.softmax_cross_entropy(Z, y)
    assert loss == pytest.approx(expected["loss"], rel=1e-12)
    np.testing.assert_allclose(dZ, expected["dZ"], rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_mean_squared_error(output):
    stored = TORCH["losses"]
    expected = stored[f"{output}_mean_squared_error"]
    rng = np.random.default_rng(0)
    model = network.MLP((2, 3), rng, output=output, loss="mean_squared_error")
    loss, dZ = model.loss_of(np.array(stored["Z"]), np.array(stored["y"]))
    assert loss == pytest.approx(expected["loss"], rel=1e-12)
    np.testing.assert_allclose(dZ, expected["dZ"], rtol=1e-9, atol=1e-12)

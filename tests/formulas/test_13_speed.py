"""The labelled formulas of chapter 13 agree with counts of operations."""

from itertools import pairwise

import numpy as np
import pytest
from conftest import ROOT
from exercises.chapter_13 import products
from test_notebooks import DERIVED

import nn_core as nn

rng = np.random.default_rng(13)
SIZES = [(784, 256, 128, 10), (20, 7, 10), (5, 10)]


class Counted:
    """A number that counts its operations."""

    done = 0

    def __init__(self, value):
        self.value = value

    def __add__(self, other):
        Counted.done += 1
        return Counted(self.value + other.value)

    def __mul__(self, other):
        Counted.done += 1
        return Counted(self.value * other.value)


def counted(*shape):
    return np.array([Counted(v) for v in rng.normal(size=np.prod(shape))], object).reshape(shape)


@pytest.mark.formula("eq-product-flops")
def test_operations_of_a_layer():
    N, ins, outs = 4, 5, 3
    X, W, b = counted(N, ins), counted(ins, outs), counted(outs)
    Counted.done = 0
    for n in range(N):
        for j in range(outs):
            total = b[j]
            for i in range(ins):
                total = total + X[n, i] * W[i, j]
    assert Counted.done == 2 * N * ins * outs


class Watched(np.ndarray):
    """An array that records the shapes of its matrix products."""

    seen: list = []  # noqa: RUF012 -- shared on purpose

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        plain = [np.asarray(each) for each in inputs]
        if ufunc is np.matmul:
            self.seen.append((plain[0].shape[0], *plain[1].shape))
        if out is not None:
            kwargs["out"] = tuple(np.asarray(each) for each in out)
        result = getattr(ufunc, method)(*plain, **kwargs)
        return np.asarray(result).view(Watched) if np.ndim(result) else result


@pytest.mark.formula("eq-step-flops")
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("N", [1, 6])
def test_operations_of_a_step(sizes, N):
    network = nn.MLP(sizes, rng)
    X = rng.random((N, sizes[0]), np.float32).view(Watched)
    Watched.seen.clear()
    network.loss_and_grad(X, rng.integers(0, 10, N))
    # The library computes the products in the list of the chapter.
    assert sorted(Watched.seen) == sorted(products(sizes, N))
    weights = [W.size for W in network.W]
    found = sum(2 * rows * inner * columns for rows, inner, columns in Watched.seen)
    assert found == 6 * N * sum(weights) - 2 * N * weights[0]
    assert sum(weights) == sum(a * b for a, b in pairwise(sizes))


@pytest.mark.formula("eq-product-bytes", "eq-intensity")
@pytest.mark.parametrize(("N", "ins", "outs"), [(1, 784, 128), (128, 784, 256), (3, 5, 7)])
def test_bytes_and_intensity_of_a_product(N, ins, outs):
    X, W = np.ones((N, ins), np.float32), np.ones((ins, outs), np.float32)
    moved = X.nbytes + W.nbytes + (X @ W).nbytes
    assert moved == 4 * (N * ins + ins * outs + N * outs)
    intensity = 2 * N * ins * outs / moved
    assert 1 / intensity == pytest.approx(2 * (1 / N + 1 / ins + 1 / outs), rel=1e-12)
    assert intensity < min(N, ins, outs) / 2


@pytest.mark.formula("eq-roofline", "eq-roofline-speed")
@pytest.mark.parametrize("intensity", [0.1, 4.0, 5.0, 6.0, 80.0])
def test_both_forms_of_the_roof(intensity):
    peak, bandwidth, F = 50.0, 10.0, 1000.0
    U = F / intensity
    # The machine computes and moves bytes at the same time, in short turns.
    turn, to_do, to_move, least = 1e-3, F, U, 0.0
    while to_do > 1e-9 or to_move > 1e-9:
        to_do, to_move = max(to_do - peak * turn, 0), max(to_move - bandwidth * turn, 0)
        least += turn
    assert least == pytest.approx(max(F / peak, U / bandwidth), abs=2 * turn)
    assert F / max(F / peak, U / bandwidth) == pytest.approx(min(peak, intensity * bandwidth))


@pytest.mark.formula("eq-update-bytes")
def test_bytes_of_adam():
    theta, g = rng.random((2, 1000), np.float32)
    adam, before = nn.Adam(1e-3), theta.copy()
    adam.step(theta, g)
    read = [theta, g, *adam.state.values()]
    written = [theta, *adam.state.values()]
    assert sum(each.nbytes for each in (*read, *written)) == 28 * theta.size
    assert not np.array_equal(theta, before)
    assert all(moment.all() for moment in adam.state.values())


@pytest.mark.formula("eq-break-even")
def test_where_update_and_products_take_the_same_time():
    peak, bandwidth, first, weights = 7e10, 1.4e10, 200_704, 203_264
    N = 14 / (3 - first / weights) * peak / bandwidth
    operations = 6 * N * weights - 2 * N * first
    assert operations / peak == pytest.approx(28 * weights / bandwidth, rel=1e-12)


@pytest.mark.formula("eq-step-time")
def test_time_of_a_step():
    # The tests above cover the parts. This test covers the limit of each single product.
    sizes, N, peak, bandwidth, tau_0, rest = (784, 256, 10), 20, 6e10, 1e10, 1e-5, 1e6
    times = np.array(
        [
            (2 * a * b * c / peak, 4 * (a * b + b * c + a * c) / bandwidth)
            for a, b, c in products(sizes, N)
        ]
    )
    bound = times.argmax(axis=1)
    assert set(bound) == {0, 1}, "products of both kinds"
    tau = tau_0 + times.max(axis=1).sum() + rest / bandwidth
    assert tau > tau_0 + times.sum(axis=0).max() + rest / bandwidth


def test_the_stored_run_has_what_the_chapter_draws():
    import json

    stored = json.loads((ROOT / "benchmarks" / "results.json").read_text("utf-8"))
    assert {result["batch_size"] for result in stored["epochs"]} == {32, 128, 1024, 60_000}
    assert "processor" in stored["machine"]
    assert {len(seconds) for seconds in stored["long_training"].values()} == {20}
    for result in stored["epochs"]:
        assert "nn_core" in result["seconds"]


def test_what_the_chapter_derives():
    derived = {name for chapter, name, _ in DERIVED if chapter == "13_speed"}
    with_settings = {"SGD", "Momentum", "AdaGrad", "RMSProp", "Adam"}
    classes = with_settings | {"Nesterov"}
    assert derived == (
        {"divide_by_root", "flush_denormals", "loss_and_grad", "SGD.step"}
        | classes
        | {f"{name}._direction" for name in classes}
        | {f"{name}.__init__" for name in with_settings}
    )

"""The labelled formulas of chapter 15 agree with plain loops and with numerical gradients."""

import json
from itertools import product

import numpy as np
import pytest
from conftest import ROOT
from derived import functions

import nn_core as nn
from nn_core.gradcheck import numerical_gradient, relative_error

rng = np.random.default_rng(15)
CASES = [(3, 1, (2, 5, 6, 1), 2), (3, 2, (2, 7, 6, 3), 4), (2, 3, (1, 8, 9, 2), 3)]


def source(chapter: str) -> dict[str, str]:
    notebook = json.loads((ROOT / "book" / f"{chapter}.ipynb").read_text("utf-8"))
    return {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"]}


CHAPTER = source("15_convolution")
names: dict = {"np": np}
for cell in (
    "slide",
    "windows-code",
    "forward-code",
    "scatter-code",
    "backward-code",
    "cost-code",
    "network-code",
    "forward-network",
    "backward-network",
):
    exec(CHAPTER[cell], names)
slide, windows, scatter = (names[name] for name in ("slide", "windows", "scatter"))
conv_forward, conv_backward = names["conv_forward"], names["conv_backward"]


def size(n: int, k: int, s: int) -> int:
    """How many windows there are, counted one by one."""
    return len([start for start in range(0, n, s) if start + k <= n])


def looped(X, W, b, k, s):
    """The convolution with a loop for each letter; W has the axes i, j, m, o."""
    N, height, width, m = X.shape
    Z = np.zeros((N, size(height, k, s), size(width, k, s), W.shape[3]))
    for n, r, c, o in np.ndindex(*Z.shape):
        Z[n, r, c, o] = b[o]
        for i, j, channel in product(range(k), range(k), range(m)):
            Z[n, r, c, o] += X[n, s * r + i, s * c + j, channel] * W[i, j, channel, o]
    return Z


@pytest.mark.formula("eq-scrambled")
def test_a_dense_layer_does_not_notice_an_order():
    X, W = rng.normal(size=(4, 6)), rng.normal(size=(6, 3))
    order = rng.permutation(6)
    S = np.eye(6)[:, order]
    assert np.array_equal(X @ S, X[:, order])
    assert np.array_equal(S @ S.T, np.eye(6))
    assert np.allclose((X @ S) @ (S.T @ W), X @ W, rtol=1e-12)
    assert np.array_equal(S.T @ W, W[order])
    dZ = rng.normal(size=(4, 3))
    assert (X @ S).T @ dZ == pytest.approx(S.T @ (X.T @ dZ), rel=1e-12)


@pytest.mark.formula("eq-kernel")
def test_a_kernel_on_one_picture():
    X, w = rng.normal(size=(6, 7)), rng.normal(size=(3, 3))
    expected = looped(X[None, :, :, None], w[:, :, None, None], np.zeros(1), 3, 1)
    assert slide(X, w) == pytest.approx(expected[0, :, :, 0], rel=1e-12)


@pytest.mark.formula("eq-conv-size")
@pytest.mark.parametrize(("n", "k", "s"), [(28, 5, 2), (12, 5, 2), (7, 3, 1), (9, 2, 3), (4, 4, 3)])
def test_number_of_windows(n, k, s):
    assert (n - k) // s + 1 == size(n, k, s) == windows(np.zeros((1, n, n, 1)), k, s).shape[1]


@pytest.mark.formula("eq-conv-moved")
@pytest.mark.parametrize(("d", "s"), [(1, 1), (3, 1), (2, 2), (4, 2)])
def test_what_moves_moves_along(d, s):
    X = rng.normal(size=(1, 12, 9, 2))
    new = np.zeros_like(X)
    new[:, d:] = X[:, :-d]
    W, b = rng.normal(size=(18, 3)), rng.normal(size=3)
    (Z, _), (Z_new, _) = conv_forward(X, W, b, 3, s), conv_forward(new, W, b, 3, s)
    assert Z_new[:, d // s :] == pytest.approx(Z[:, : -(d // s)], rel=1e-12)


@pytest.mark.formula("eq-conv", "eq-conv-product")
@pytest.mark.parametrize(("k", "s", "shape", "outs"), CASES)
def test_product_over_windows_is_the_loop(k, s, shape, outs):
    X, b = rng.normal(size=shape), rng.normal(size=outs)
    W = rng.normal(size=(k, k, shape[3], outs))
    Z, P = conv_forward(X, W.reshape(-1, outs), b, k, s)
    assert np.allclose(Z, looped(X, W, b, k, s), rtol=1e-10)
    for n, r, c in np.ndindex(*P.shape[:3]):
        window = X[n, s * r : s * r + k, s * c : s * c + k]
        assert np.array_equal(P[n, r, c], window.ravel())


@pytest.mark.formula("eq-conv-backward", "eq-conv-scatter")
@pytest.mark.parametrize(("k", "s", "shape", "outs"), CASES)
def test_gradients(k, s, shape, outs):
    X, b = rng.normal(size=shape), rng.normal(size=outs)
    W = rng.normal(size=(k * k * shape[3], outs))
    Z, P = conv_forward(X, W, b, k, s)
    G = rng.normal(size=Z.shape)
    for array, found in zip((X, W, b), conv_backward(G, P, W, shape, k, s), strict=True):
        numerical = numerical_gradient(lambda: np.sum(G * conv_forward(X, W, b, k, s)[0]), array)
        assert relative_error(numerical, found) < 1e-8


@pytest.mark.formula("eq-conv-scatter")
@pytest.mark.parametrize(("k", "s", "shape", "outs"), CASES)
def test_scatter_is_the_sum_over_all_windows_of_a_pixel(k, s, shape, outs):
    dP = rng.normal(size=windows(np.zeros(shape), k, s).shape)
    N, rows, columns, _ = dP.shape
    parts = dP.reshape(N, rows, columns, k, k, shape[3])
    expected = np.zeros(shape)
    for n, u, v, m in np.ndindex(*shape):
        for r, c, i, j in np.ndindex(rows, columns, k, k):
            if (s * r + i, s * c + j) == (u, v):
                expected[n, u, v, m] += parts[n, r, c, i, j, m]
    assert scatter(dP, shape, k, s) == pytest.approx(expected, rel=1e-12)


@pytest.mark.formula("eq-conv-cost")
def test_parameters_and_multiplications():
    n, k, s, m, o = 9, 3, 2, 2, 4
    places = [(r, c) for r in range(0, n - k + 1, s) for c in range(0, n - k + 1, s)]
    multiplications = sum(k * k * m * o for _ in places)
    assert tuple(names["conv_cost"](n, k, s, m, o)) == ((k * k * m + 1) * o, multiplications)
    network = names["ConvNet"]((16, 32), rng)
    ours = names["conv_cost"](28, 5, 2, 1, 16) + names["conv_cost"](12, 5, 2, 16, 32)
    assert network.theta.size == (ours + names["dense_cost"](512, 10))[0]
    assert nn.MLP((784, 256, 128, 10), rng).theta.size == names["dense_cost"](784, 256, 128, 10)[0]


# --- the chapter, the tape, and what is stored


def test_the_folded_cell_has_the_tape_of_the_chapter_before():
    notebook = json.loads((ROOT / "book" / "14_autograd.ipynb").read_text("utf-8"))
    taped = "\n".join(
        "".join(cell["source"])
        for cell in notebook["cells"]
        if "tape" in cell["metadata"].get("tags", [])
    )
    here, there = functions(CHAPTER["tape"]), functions(taped)
    assert len(here) > 8
    assert here == {name: there[name] for name in here}


STORED = json.loads(
    (ROOT / "nn_core" / "lab" / "stored" / "15_convolution.json").read_text("utf-8")
)


def test_best_rates_lie_inside_their_lists():
    sizes = [run for runs in STORED["sizes"].values() for run in runs]
    for run in [*STORED["orders"].values(), *STORED["short"].values(), *sizes]:
        assert run["best"] == run["rates"][int(np.argmax(run["dev"]))]
        assert run["best"] in run["rates"][1:-1]


def test_the_chapter_trains_with_the_best_rates():
    for name, kind in (("network", "convolution"), ("perceptron", "perceptron")):
        assert f"trained({name}, {STORED['short'][kind]['best']:g})" in CHAPTER["train-code"]


def test_stored_networks_read_what_the_chapter_promises():
    tests = STORED["final"]["convolution"]["test"]
    assert len(tests) == 5
    assert np.mean(tests) >= 0.99
    assert max(STORED["final"]["convolution"]["seconds"]) < 60

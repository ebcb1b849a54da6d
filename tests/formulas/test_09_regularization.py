"""The labelled formulas of chapter 09 agree with nn_core and with the stored results."""

import ast
import math

import numpy as np
import pytest
from conftest import ROOT
from test_notebooks import CHAPTERS, DERIVED, cells, code

from nn_core import (
    MLP,
    SGD,
    Adam,
    AdamW,
    dropout_mask,
    l2_penalty,
    numerical_gradient,
    one_hot,
    relative_error,
    softmax,
)
from nn_core.lab import stored
from nn_core.losses import smoothed_cross_entropy
from nn_core.tools import shift

rng = np.random.default_rng(9)
X, y = rng.normal(size=(5, 4)), rng.integers(0, 3, 5)
LAMBDA, ETA = 0.3, 0.1


def network_off_zero(**options) -> MLP:
    network = MLP((4, 6, 5, 3), rng, dtype=np.float64, activation="tanh", **options)
    network.theta += rng.normal(scale=0.3, size=network.theta.size)
    return network


def loss(network, masks=None):
    return network.loss_of(network.activations(X, masks)[-1], y)[0]


def squares(network):
    """Compute the sum over layers, inputs and units in loops."""
    return sum(W[i, j] ** 2 for W in network.W for i, j in np.ndindex(W.shape))


@pytest.mark.formula("eq-l2", "eq-d-l2")
def test_l2_penalty():
    network = network_off_zero()
    network.loss_and_grad(X, y)
    before, biases = [dW.copy() for dW in network.dW], [db.copy() for db in network.db]
    penalty = l2_penalty(network.W, network.dW, LAMBDA)
    assert penalty == pytest.approx(LAMBDA / 2 * squares(network), rel=1e-12)
    for dW, old, W in zip(network.dW, before, network.W, strict=True):
        assert relative_error(dW, old + LAMBDA * W) < 1e-12
    assert all(np.array_equal(*pair) for pair in zip(network.db, biases, strict=True))
    oracle = numerical_gradient(
        lambda: loss(network) + LAMBDA / 2 * squares(network), network.theta
    )
    assert relative_error(network.grad, oracle) < 1e-7


@pytest.mark.formula("eq-l2-step")
def test_l2_shrinks():
    network = network_off_zero()
    network.loss_and_grad(X, y)
    written = [
        (1 - ETA * LAMBDA) * W - ETA * dW for W, dW in zip(network.W, network.dW, strict=True)
    ]
    l2_penalty(network.W, network.dW, LAMBDA)
    SGD(ETA).step(network.theta, network.grad)
    for W, new in zip(network.W, written, strict=True):
        assert relative_error(W, new) < 1e-12


@pytest.mark.formula("eq-prior")
def test_penalty_is_a_prior():
    """Minus the logarithm of likelihood times prior, divided by N, is the loss plus a constant."""
    N, s = len(X), 0.7

    def surprise(network):
        P = softmax(network.forward(X))
        likelihood = math.prod(P[n, y[n]] for n in range(N))
        log_prior = sum(
            math.log(math.exp(-(w**2) / (2 * s**2)) / math.sqrt(2 * math.pi * s**2))
            for W in network.W
            for w in W.ravel()
        )
        return -(math.log(likelihood) + log_prior) / N

    one, other = network_off_zero(), network_off_zero()
    difference = surprise(one) - surprise(other)

    def charged(network):
        gradients = [np.zeros_like(W) for W in network.W]
        return loss(network) + l2_penalty(network.W, gradients, 1 / (N * s**2))

    assert difference == pytest.approx(charged(one) - charged(other), rel=1e-10)


@pytest.mark.formula("eq-adam-l2", "eq-adamw")
@pytest.mark.parametrize("coupled", [True, False])
def test_decay_inside_and_beside_adam(coupled):
    W, lr, beta1, beta2, epsilon = rng.normal(size=6), 0.01, 0.9, 0.999, 1e-8
    theta = W.copy()
    optimizer = Adam(lr) if coupled else AdamW(lr, decay=LAMBDA)
    m, v = np.zeros(6), np.zeros(6)
    for t in range(1, 8):
        dW = rng.normal(size=6) * [1, 1, 1, 0.1, 0.1, 0.1]
        g = dW + LAMBDA * W if coupled else dW
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        step = lr * m_hat / (np.sqrt(v_hat) + epsilon)
        W = W - step if coupled else W - lr * LAMBDA * W - step
        optimizer.step(theta, dW + LAMBDA * theta if coupled else dW)
        assert relative_error(theta, W) < 1e-12


def test_adamw_leaves_biases_alone():
    network = network_off_zero()
    before = network.theta.copy()
    AdamW(0.1, decay=0.5, weights=network.is_weight).step(network.theta, 0 * network.grad)
    factor = np.where(network.is_weight, 1 - 0.1 * 0.5, 1)
    assert relative_error(network.theta, factor * before) < 1e-12


@pytest.mark.formula("eq-dropout-mean")
def test_sums_are_right_on_average():
    """Compute the means over all possible masks, each with its probability."""
    a, W, b, rate = rng.normal(size=4), rng.normal(size=(4, 3)), rng.normal(size=3), 0.3
    mean = np.zeros(3)
    for kept in np.ndindex(2, 2, 2, 2):
        probability = math.prod((1 - rate) if k else rate for k in kept)
        mean += probability * ((np.array(kept) / (1 - rate) * a) @ W + b)
    assert relative_error(mean, a @ W + b) < 1e-12
    # The library draws these masks.
    masks = dropout_mask((200_000, 1), rate, rng, np.float64)
    assert set(np.unique(masks)) == {0, 1 / (1 - rate)}
    assert np.mean(masks) == pytest.approx(1, abs=0.01)


@pytest.mark.formula("eq-d-dropout")
def test_back_through_the_same_mask():
    network = network_off_zero()
    masks = network.dropout_masks(len(X), 0.4, rng)
    network.loss_and_grad(X, y, masks=masks)
    oracle = numerical_gradient(lambda: loss(network, masks), network.theta)
    assert relative_error(network.grad, oracle) < 1e-7
    # The formula for the box alone.
    A, M, dA_masked = rng.normal(size=(3, *masks[0].shape))
    oracle = numerical_gradient(lambda: float(np.sum(dA_masked * (M * A))), A)
    assert relative_error(M * dA_masked, oracle) < 1e-7


@pytest.mark.formula("eq-shift")
def test_shift_moves_each_picture():
    pictures = rng.random((40, 36), dtype=np.float32)
    found = shift(pictures, np.random.default_rng(3), pixels=2).reshape(-1, 6, 6)
    up, left = np.random.default_rng(3).integers(0, 4, (2, 40), endpoint=True)
    for n, i, j in np.ndindex(found.shape):
        row, column = i - (2 - up[n]), j - (2 - left[n])
        inside = 0 <= row < 6 and 0 <= column < 6
        assert found[n, i, j] == (pictures[n].reshape(6, 6)[row, column] if inside else 0)


def test_plain_shift_of_the_chapter_is_the_library_s():
    (chapter,) = (path for path in CHAPTERS if path.stem == "09_regularization")
    (source,) = (cell for cell in cells(chapter, "code") if "def shift_plain" in cell)
    names = {"np": np}
    exec(source, names)
    pictures = rng.random((50, 784), dtype=np.float32)
    for pixels in (0, 1, 2, 5):
        plain = names["shift_plain"](pictures, np.random.default_rng(pixels), pixels)
        fast = shift(pictures, np.random.default_rng(pixels), pixels=pixels)
        assert np.array_equal(plain, fast)


@pytest.mark.formula("eq-smoothing", "eq-d-smoothing")
def test_label_smoothing():
    Z, labels, alpha, K = rng.normal(size=(7, 5)), rng.integers(0, 5, 7), 0.2, 5
    Q = np.array([[(1 - alpha) * (labels[n] == k) + alpha / K for k in range(K)] for n in range(7)])
    P = softmax(Z)
    written = -sum(Q[n, k] * math.log(P[n, k]) for n, k in np.ndindex(7, K)) / 7
    found, dZ = smoothed_cross_entropy(Z, labels, alpha)
    assert found == pytest.approx(written, rel=1e-12)
    assert relative_error(dZ, (P - Q) / 7) < 1e-12
    oracle = numerical_gradient(lambda: smoothed_cross_entropy(Z, labels, alpha)[0], Z)
    assert relative_error(dZ, oracle) < 1e-7
    assert np.allclose(Q, (1 - alpha) * one_hot(labels, K) + alpha / K)


@pytest.mark.formula("eq-smallest")
def test_gradient_descent_from_zero_finds_the_smallest_solution():
    H, t = rng.normal(size=(4, 9)), rng.normal(size=4)
    w = np.zeros(9)
    for _ in range(20_000):
        w -= 0.1 * H.T @ (H @ w - t) / len(t)
    assert np.allclose(H @ w, t)
    assert relative_error(w, np.linalg.pinv(H) @ t) < 1e-6
    # Another solution: what H does not see is added.
    unseen = rng.normal(size=9)
    unseen -= np.linalg.pinv(H) @ (H @ unseen)
    u = w + unseen
    assert np.allclose(H @ u, t)
    assert (u - w) @ w == pytest.approx(0, abs=1e-6)
    assert u @ u == pytest.approx(w @ w + unseen @ unseen)


def assigned(tree: ast.Module, name: str) -> ast.expr:
    """Give the value that a module assigns to a name."""
    (value,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    )
    return value


def test_stored_results_are_those_of_the_script_and_of_the_chapter():
    results = stored("09_regularization")
    path = ROOT / "book" / "stored" / "09_regularization.py"
    script = ast.parse(path.read_text("utf-8"))
    grids = ast.literal_eval(assigned(script, "GRIDS"))
    shares = ast.literal_eval(assigned(script, "SHARES"))
    few = results["few"]
    tried = {name: tuple(map(float, sweep["strengths"])) for name, sweep in few["sweeps"].items()}
    both = {"three together": shares, "three and shifts": shares}
    assert tried == {name: tuple(map(float, grid)) for name, grid in (grids | both).items()}
    for name, sweep in few["sweeps"].items():
        assert sweep["strengths"][int(np.argmax(sweep["dev"]))] == few["chosen"][name]
        assert np.mean(few["rows"][name]["dev"]) == pytest.approx(max(sweep["dev"]))
    for found in (*few["rows"].values(), *results["many"].values()):
        assert all(len(values) == 5 for values in found.values())

    options = {"Dropout": "dropout", "LabelSmoothing": "smoothing", "shifts": "augment"}
    (chapter,) = (path for path in CHAPTERS if path.stem == "09_regularization")
    written = assigned(code(chapter), "RECIPES")
    in_chapter = {
        name.value: {
            options[remedy.func.id]: ast.literal_eval(remedy.args[0]) for remedy in remedies.elts
        }
        for name, remedies in zip(written.keys, written.values, strict=True)
    }
    assert in_chapter == ast.literal_eval(assigned(script, "RECIPES"))
    assert list(results["many"]) == list(in_chapter)


def test_what_the_chapter_derives():
    derived = {
        name.partition(".")[0] for chapter, name, _ in DERIVED if chapter == "09_regularization"
    }
    assert derived == {
        "AdamW",
        "Augmentation",
        "Dropout",
        "EarlyStopping",
        "GradientClipping",
        "L2Penalty",
        "LabelSmoothing",
        "MLP",
        "clip_norm",
        "drop",
        "dropout_mask",
        "image_side",
        "l2_penalty",
        "shift",
        "smoothed_cross_entropy",
    }

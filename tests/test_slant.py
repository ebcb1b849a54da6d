"""Slant: its measurement, and upright digits."""

import numpy as np
import pytest

import nn_core as nn
from nn_core import tools
from nn_core.tools import load_network, save_network
from nn_core.tools.augmentation import affine_field, warp
from nn_core.tools.slant import deslant, slant_of

ROWS = np.arange(28) - 13.5


def lean(X: np.ndarray, s: float) -> np.ndarray:
    """Shear images by s columns per row about their centre."""
    field = np.zeros((2, *X.shape), np.float32)
    field[1] = -s * np.repeat(ROWS, 28)
    return warp(X, field)


@pytest.fixture(scope="module")
def digits():
    return nn.load_mnist()[0][:500]


def slant_plain(image: np.ndarray) -> float:
    """Compute the formula in float64, pixel by pixel."""
    ink = image.reshape(28, 28).astype(np.float64)
    total = ink.sum()
    r_mean = sum(ink[r].sum() * r for r in range(28)) / total
    c_mean = sum(ink[:, c].sum() * c for c in range(28)) / total
    m_rr = sum(ink[r, c] * (r - r_mean) ** 2 for r in range(28) for c in range(28))
    m_rc = sum(ink[r, c] * (r - r_mean) * (c - c_mean) for r in range(28) for c in range(28))
    return float(np.clip(m_rc / m_rr, -1, 1))


def test_slant_as_the_formula(digits):
    expected = [slant_plain(image) for image in digits[:20]]
    assert slant_of(digits[:20]) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("s", [-0.5, 0.0, 0.3])
def test_slant_of_a_line(s):
    X = np.zeros((1, 28, 28), np.float32)
    X[0, 4:24, 12:16] = 1
    assert slant_of(lean(X.reshape(1, 784), s)) == pytest.approx([s], abs=0.01)


def test_what_is_upright_does_not_lean(digits):
    before, after = slant_of(digits), slant_of(deslant(digits))
    assert np.abs(before).mean() > 0.15  # most digits do lean
    assert np.abs(after).mean() < 0.01
    assert np.abs(after).max() < 0.15


def test_a_digit_and_its_leaning_copy_are_made_alike(digits):
    upright, other = deslant(digits), deslant(lean(digits, 0.2))
    far = np.linalg.norm(lean(digits, 0.2) - digits, axis=1).mean()
    assert np.linalg.norm(upright - other, axis=1).mean() < far / 3


def test_ink_is_kept(digits):
    assert deslant(digits).sum() == pytest.approx(digits.sum(), rel=0.002)


def test_without_ink_nothing_changes():
    X = np.zeros((2, 784), np.float32)
    X[1, 400] = 1  # one pixel has no direction
    assert slant_of(X).tolist() == [0, 0]
    assert np.array_equal(deslant(X), X)


def test_a_dash_is_not_stood_up():
    X = np.zeros((1, 28, 28), np.float32)
    for c in range(4, 24):
        X[0, 13 + (c > 13), c] = 1
    assert slant_of(X.reshape(1, 784)) == 1
    assert deslant(X.reshape(1, 784)).shape == (1, 784)


def test_one_image_at_a_time_gives_the_same(digits):
    assert deslant(digits[:7])[3:4] == pytest.approx(deslant(digits[3:4]), abs=1e-5)


@pytest.mark.parametrize("function", [slant_of, deslant])
def test_what_is_no_image_is_refused(function):
    with pytest.raises(TypeError, match="expected float32 images"):
        function(np.zeros((1, 784)))
    with pytest.raises(ValueError, match="found rows of 783 pixels"):
        function(np.zeros((1, 783), np.float32))


def test_a_network_makes_upright_what_it_reads(digits):
    network = tools.UprightMLP((784, 16, 10), np.random.default_rng(0))
    plain = nn.MLP((784, 16, 10), np.random.default_rng(0))
    upright, y = deslant(digits), np.arange(500) % 10
    assert np.array_equal(network.forward(digits), plain.forward(upright))
    assert np.array_equal(network.predict(digits), plain.predict(upright))
    assert network.loss_and_grad(digits, y) == plain.loss_and_grad(upright, y)
    assert np.array_equal(network.grad, plain.grad)


def test_the_preparation_is_saved(digits, tmp_path):
    path = tmp_path / "weights.npz"
    network = tools.UprightMLP((784, 16, 10), np.random.default_rng(0))
    for compact in (False, True):
        save_network(path, network, compact=compact)
        assert type(load_network(path)) is tools.UprightMLP
    save_network(path, network)
    assert np.array_equal(load_network(path).forward(digits), network.forward(digits))
    with np.load(path) as archive:
        np.savez(path, **(dict(archive) | {"preparation": "deskew"}))
    with pytest.raises(nn.DataError, match=r"preparation to be one of .*, found 'deskew'"):
        load_network(path)


def test_a_file_from_before_there_were_preparations(tmp_path):
    network = nn.MLP((3, 2), np.random.default_rng(0))
    names = {"activation": "relu", "output": "softmax", "loss": "cross_entropy"}
    np.savez(tmp_path / "old.npz", sizes=network.sizes, theta=network.theta, **names)
    assert type(load_network(tmp_path / "old.npz")) is nn.MLP


def test_turned_digits_stand_up_too(digits):
    field = affine_field(
        500, 28, np.random.default_rng(0), degrees=15, scale=0, shear=0.2, pixels=0
    )
    assert np.abs(slant_of(deslant(warp(digits, field)))).mean() < 0.02

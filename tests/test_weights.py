"""Weights as text, and the file of weights for the drawing pad."""

import gzip

import numpy as np
import pytest

from nn_core import MLP, accuracy, initializers, load_mnist
from nn_core.lab.page import static
from nn_core.lab.weights import (
    ALPHABET,
    LARGEST,
    pack,
    read_levels,
    read_script,
    unpack,
    write_levels,
)
from nn_core.tools.recipes import RECIPES


@pytest.fixture(scope="module")
def stored():
    return read_script(static("digits.js"))


def test_alphabet_needs_no_escaping():
    assert len(set(ALPHABET)) == len(ALPHABET) == 2 * LARGEST + 1
    assert ALPHABET.isascii()
    assert ALPHABET.isprintable()
    assert not set(ALPHABET) & set('"\\<')


def test_levels_are_read_as_they_were_written():
    levels = np.arange(2 * LARGEST + 1)
    assert write_levels(levels) == ALPHABET
    assert np.array_equal(read_levels(ALPHABET), levels)


def test_unpacked_within_half_a_step():
    network = MLP((30, 20, 10), np.random.default_rng(0))
    network.b[0][:] = np.random.default_rng(1).normal(size=20)
    # A weight beyond the largest step is clipped, and stays the largest.
    network.W[0][3, 4] = 100
    packed = pack(network, fineness=4)
    again = unpack(packed)
    for W, V, step in zip(network.W, again.W, packed["step"], strict=True):
        error = np.abs(W - V)
        error[W == 100] = 0
        assert error.max() <= 0.5001 * step
    assert again.W[0][3, 4] == pytest.approx(LARGEST * packed["step"][0])
    for b, c in zip(network.b, again.b, strict=True):
        assert np.allclose(b, c, atol=1e-4)


def test_zeros_stay_zeros():
    network = MLP((3, 2), np.random.default_rng(0), initializer=initializers.zeros)
    assert not unpack(pack(network, fineness=3)).theta.any()


def test_what_is_not_finite_is_not_packed():
    network = MLP((3, 2), np.random.default_rng(0))
    network.W[0][1, 1] = np.inf
    with pytest.raises(ValueError, match="weights to be finite, found NaN or infinity in 1 of 8"):
        pack(network, fineness=4)


def test_the_pad_has_the_course_s_own_network(stored):
    assert unpack(stored).sizes == RECIPES["course"].sizes


def test_the_pad_reads_as_well_as_it_says(stored):
    _, _, X, y = load_mnist()
    stated = stored["accuracy"]
    # On another processor, the prediction of one picture may differ.
    assert accuracy(y, unpack(stored).predict(X)) == pytest.approx(stated["stored"], abs=1.5e-4)
    assert abs(stated["stored"] - stated["trained"]) <= 0.001


def test_the_weights_are_soon_loaded():
    assert len(gzip.compress(static("digits.js").encode(), 6)) < 300_000

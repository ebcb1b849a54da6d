"""The labelled formulas of chapter 01 agree with nn_core."""

import math

import numpy as np
import pytest

from nn_core import minibatches, one_hot, read_idx, scale_pixels


@pytest.mark.formula("eq-big-endian")
def test_four_bytes_make_a_number(tmp_path):
    b = [0, 0, 234, 96]
    number = b[0] * 256**3 + b[1] * 256**2 + b[2] * 256 + b[3]
    assert number == 60_000
    path = tmp_path / "labels"
    path.write_bytes(bytes([0, 0, 8, 1, *b]) + bytes(number))
    assert read_idx(path).shape == (number,)


@pytest.mark.formula("eq-scale")
def test_pixels_become_shares():
    pixels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    assert scale_pixels(pixels)[0] == pytest.approx([pixel / 255 for pixel in range(256)])


@pytest.mark.formula("eq-one-hot")
def test_a_one_where_the_label_says():
    y = np.array([3, 0, 2])
    Y = one_hot(y, 4)
    for n in range(3):
        for k in range(4):
            assert Y[n, k] == (1 if k == y[n] else 0)


@pytest.mark.formula("eq-batches")
@pytest.mark.parametrize("N", [1, 63, 64, 65, 200])
def test_number_of_batches(N):
    X, y = np.zeros((N, 2)), np.zeros(N, int)
    batches = list(minibatches(X, y, 64, np.random.default_rng(0)))
    assert len(batches) == math.ceil(N / 64)


@pytest.mark.formula("eq-distance", "eq-distance-expanded")
def test_distance_multiplied_out():
    rng = np.random.default_rng(0)
    x, M = rng.random(784), rng.random((10, 784))
    distance = [sum((x[i] - m[i]) ** 2 for i in range(784)) for m in M]
    expanded = [x @ x - 2 * x @ m + m @ m for m in M]
    assert expanded == pytest.approx(distance)

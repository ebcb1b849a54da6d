"""Augmentation: the sampler against a loop, fields against their formulas, examples by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn_core.data import load_mnist
from nn_core.tools.augmentation import (
    affine_field,
    distort,
    elastic_field,
    sample_bilinear,
    shift,
    warp,
)

OFF = {"degrees": 0, "scale": 0, "shear": 0, "pixels": 0}
sizes = st.integers(1, 5)


class Drawn(np.random.Generator):
    """A random generator that returns given numbers."""

    def __init__(self, *numbers):
        super().__init__(np.random.PCG64())
        self.numbers = numbers

    def uniform(self, low, high, shape):
        return np.full(shape, np.array(self.numbers)[:, None], float)

    def integers(self, low, high, shape, endpoint):
        return np.full(shape, np.array(self.numbers)[:, None])


@pytest.fixture(scope="module")
def digits():
    X, _, _, _ = load_mnist()
    return X[:1000].copy()


def image(*rows):
    """Make an image as a row. Each string is a row of pixels, and each digit is a value."""
    return np.array([[float(figure) for row in rows for figure in row]], np.float32)


# --- the sampler


def bilinear_loop(images, rows, columns):
    """Compute the formula for one place and one pixel at a time, in float64."""
    _, height, width = images.shape
    values = np.zeros(rows.shape)
    for i, p in np.ndindex(rows.shape):
        row, column = float(rows[i, p]), float(columns[i, p])
        for r, c in np.ndindex(height, width):
            weight = max(0, 1 - abs(row - r)) * max(0, 1 - abs(column - c))
            values[i, p] += weight * images[i, r, c]
    return values


@given(sizes, sizes, sizes, sizes, st.sampled_from([0.3, 1, 3, 100]), st.integers(0, 10_000))
def test_sampler_equals_the_loop(n, height, width, places, spread, seed):
    rng = np.random.default_rng(seed)
    images = rng.random((n, height, width), np.float32)
    rows, columns = rng.normal(1, spread, (2, n, places)).astype(np.float32)
    # Some places are whole numbers, inside the image, at its edge and outside.
    rows[:, ::2], columns[:, ::3] = rows[:, ::2].round(), columns[:, ::3].round()
    values = sample_bilinear(images, rows, columns)
    assert values.dtype == np.float32
    assert np.allclose(values, bilinear_loop(images, rows, columns), atol=1e-6)


def test_sampler_by_hand():
    images = np.array([[[1, 2], [3, 5]]], np.float32)
    # The places are the four pixels; the middle of all, 11 / 4; a quarter of the way from 1 to 2;
    # half a pixel above 1, which gives 1 / 2; one pixel outside and far outside, which give 0.
    rows = np.array([[0, 0, 1, 1, 0.5, 0, -0.5, -1, 2, 1e30]], np.float32)
    columns = np.array([[0, 1, 0, 1, 0.5, 0.25, 0, 0, 1, -1e30]], np.float32)
    expected = [[1, 2, 3, 5, 2.75, 1.25, 0.5, 0, 0, 0]]
    assert sample_bilinear(images, rows, columns).tolist() == expected


def test_sampler_keeps_images_apart():
    images = np.stack([np.full((3, 3), 1, np.float32), np.full((3, 3), 2, np.float32)])
    rows, columns = np.tile(np.indices((5, 5), np.float32).reshape(2, 1, 25) - 1, (1, 2, 1))
    values = sample_bilinear(images, rows, columns).reshape(2, 5, 5)
    assert np.array_equal(values, np.pad(images, ((0, 0), (1, 1), (1, 1))))


# --- by hand

FOUR = ("1200", "0300", "0000", "0004")


def test_shift_by_hand():
    # The padding has two pixels on each side: a window that starts at 2, 2 is the old image. The
    # window at 1, 2 begins with a row of zeros, so the drawing moves down by one, and 4 is lost.
    moved = shift(image(*FOUR), Drawn(1, 2), pixels=2)
    assert np.array_equal(moved, image("0000", "1200", "0300", "0000"))
    # The window at 0, 3 moves the drawing two pixels down and one to the left; 1 and 4 are lost.
    moved = shift(image(*FOUR), Drawn(0, 3), pixels=2)
    assert np.array_equal(moved, image("0000", "0000", "2000", "3000"))


def test_warp_by_hand():
    field = np.zeros((2, 1, 16), np.float32)
    field[0] = 1  # every pixel takes the value of the pixel below: the drawing moves up
    assert np.array_equal(warp(image(*FOUR), field), image("0300", "0000", "0004", "0000"))
    field[0], field[1] = 0, 0.5  # halfway to the right: the mean of two neighbours
    halves = image("3200", "3300", "0000", "0044") / 2
    assert np.array_equal(warp(image(*FOUR), field), halves)


@pytest.mark.parametrize(
    ("drawn", "strengths", "before", "after"),
    [
        # The drawn numbers are shares of the strengths: angle, tall, wide, slant, down, right.
        # A quarter turn clockwise: the top row is the left column read upwards, 0 0 0 1, and the
        # next row is the second column read upwards, 0 0 3 2.
        ((1, 0, 0, 0, 0, 0), {"degrees": 90}, FOUR, ("0001", "0032", "0000", "4000")),
        ((-1, 0, 0, 0, 0, 0), {"degrees": 90}, FOUR, ("0004", "0000", "2300", "1000")),
        # Half as tall, about the centre at row 1.5: the new rows are the old rows -1.5, 0.5, 2.5
        # and 4.5. Outside is 0. Row 0.5 is the mean of 0 and 2, and row 2.5 the mean of 4 and 0.
        (
            (0, -1, 0, 0, 0, 0),
            {"scale": 0.5},
            ("0000", "2222", "4444", "0000"),
            ("0000", "1111", "2222", "0000"),
        ),
        ((0, 0, -1, 0, 0, 0), {"scale": 0.5}, ("0240",) * 4, ("0120",) * 4),
        # The row above the centre takes values from one column further left, the row below from
        # one column further right.
        ((0, 0, 0, 1, 0, 0), {"shear": 1}, ("010", "010", "010"), ("001", "010", "100")),
        # Every pixel takes the value one row further down and one column further left: 1, 2 and 4
        # leave the image.
        ((0, 0, 0, 0, 1, -1), {"pixels": 1}, FOUR, ("0030", "0000", "0000", "0000")),
    ],
)
def test_affine_by_hand(drawn, strengths, before, after):
    field = affine_field(1, len(before), Drawn(*drawn), **(OFF | strengths))
    assert np.allclose(warp(image(*before), field), image(*after), atol=1e-5)


# --- identity, randomness, types


def test_no_strength_changes_nothing(digits):
    rng = np.random.default_rng(0)
    assert np.array_equal(distort(digits, rng, alpha=0, **OFF), digits)
    assert np.array_equal(shift(digits, rng, pixels=0), digits)
    assert np.array_equal(warp(digits, np.zeros((2, *digits.shape), np.float32)), digits)


@pytest.mark.parametrize("function", [shift, distort])
def test_seeded_and_its_argument_left_alone(function, digits):
    kept, np_state = digits.copy(), np.random.get_state()[1].copy()  # noqa: NPY002
    first, second = (function(digits, np.random.default_rng(7)) for _ in range(2))
    other = function(digits, np.random.default_rng(8))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)
    assert np.array_equal(digits, kept)
    assert np.array_equal(np.random.get_state()[1], np_state)  # noqa: NPY002
    assert not np.shares_memory(first, digits)


def test_warp_leaves_its_field_alone(digits):
    field = elastic_field(1000, 28, np.random.default_rng(0), alpha=1, sigma=5)
    kept = field.copy()
    warp(digits, field)
    assert np.array_equal(field, kept)


@pytest.mark.parametrize("function", [shift, distort])
@pytest.mark.parametrize("n", [0, 1, 3])
def test_shape_and_dtype_stay(function, n, digits):
    out = function(digits[:n], np.random.default_rng(0))
    assert out.shape == (n, 784)
    assert out.dtype == np.float32


def test_strengths_may_be_numpy_scalars(digits):
    strengths = {name: np.float64(0.5) for name in OFF} | {"alpha": np.float64(1)}
    out = distort(digits, np.random.default_rng(0), sigma=np.float64(5), **strengths)
    assert out.dtype == np.float32


# --- the statistics of the fields


def test_elastic_field_has_the_spread_it_is_given():
    field = elastic_field(4000, 28, np.random.default_rng(0), alpha=1.5, sigma=4)
    assert field.shape == (2, 4000, 784)
    assert field.dtype == np.float32
    # The relative error of a standard deviation of 4,000 draws is 1 / sqrt(2 * 4000) = 1 / 89. Five
    # times this error is enough for the largest error of 2 * 784 pixels.
    assert np.allclose(field.std(axis=1), 1.5, rtol=5 / 89)
    assert field.std() == pytest.approx(1.5, rel=0.01)
    assert np.abs(field.mean(axis=1)).max() < 5 * 1.5 / np.sqrt(4000)


@pytest.mark.parametrize("sigma", [1, 2, 4, 6, 20])
def test_elastic_field_is_blurred_noise(sigma):
    field = elastic_field(20_000, 12, np.random.default_rng(0), alpha=1, sigma=sigma)[0]
    rows, columns = np.indices((12, 12)).reshape(2, -1)
    squares = (rows[:, None] - rows) ** 2 + (columns[:, None] - columns) ** 2
    # The error of a correlation by chance is at most 1 / sqrt(20000) = 0.007, beside the 0.05 of
    # the docstring.
    found = np.corrcoef(field, rowvar=False)
    assert np.abs(found - np.exp(-squares / (4 * sigma**2))).max() < 0.05 + 5 * 0.007


def test_elastic_field_goes_down_and_right_independently():
    down, right = elastic_field(20_000, 8, np.random.default_rng(0), alpha=1, sigma=4)
    assert abs(np.mean(down * right)) < 0.03


def test_affine_field_stays_in_its_bounds():
    rng = np.random.default_rng(0)
    field = affine_field(5000, 28, rng, degrees=0, scale=0, shear=0, pixels=2)
    assert np.array_equal(field[:, :, 0], field[:, :, -1])  # a shift is the same everywhere
    assert 1.99 < np.abs(field).max() <= 2
    # A corner is 13.5 * sqrt(2) pixels from the centre, and moves by 2 sin(15 / 2) times this.
    field = affine_field(5000, 28, rng, degrees=15, scale=0, shear=0, pixels=0)
    moved = np.hypot(*field[:, :, -1]).max()
    assert moved == pytest.approx(13.5 * np.sqrt(2) * 2 * np.sin(np.deg2rad(7.5)), rel=1e-2)
    assert len(np.unique(field[0, :, 0])) > 4900  # each image has its own angle


# --- digits


def test_shift_moves_by_whole_pixels_up_to_the_given(digits):
    # The only ink is in the middle of each image, so its new place shows the shift.
    dots = np.zeros((5000, 49), np.float32)
    dots[:, 24] = 1
    moved = shift(dots, np.random.default_rng(0), pixels=2).reshape(-1, 7, 7)
    often = moved.sum(axis=0)
    assert often.sum() == 5000
    # There are 25 places. Each occurs about 200 times, and no place is further out.
    assert often[1:6, 1:6].sum() == 5000
    assert np.abs(often[1:6, 1:6] - 200).max() < 5 * np.sqrt(200)
    # Nearly all digits of MNIST have two pixels of paper on every side, and lose no ink.
    kept = shift(digits, np.random.default_rng(0), pixels=2).sum(axis=1) / digits.sum(axis=1)
    assert kept.max() < 1 + 1e-5
    assert np.mean(kept > 1 - 1e-5) > 0.95
    assert kept.min() > 0.9


def test_distorted_digits_stay_digits(digits):
    out = distort(digits, np.random.default_rng(0))
    assert out.min() == 0
    assert 0.9 < out.max() <= 1
    # On average over many digits, the amount of ink stays. A single digit keeps most of its ink.
    ratio = out.sum(axis=1) / digits.sum(axis=1)
    assert ratio.mean() == pytest.approx(1, abs=0.05)
    assert np.percentile(ratio, [1, 99]) == pytest.approx([1, 1], abs=0.5)
    # Each digit differs from its original, but far less than from other digits.
    change = np.linalg.norm(out - digits, axis=1).mean()
    others = np.linalg.norm(digits - np.roll(digits, 1, axis=0), axis=1).mean()
    assert 0.2 * others < change < 0.9 * others


# --- bad input


@pytest.mark.parametrize("function", [shift, distort])
@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (np.zeros((2, 784), np.uint8), TypeError, "expected float32 .* found uint8"),
        (np.zeros((2, 784)), TypeError, "expected float32 .* found float64"),
        (np.zeros((2, 28, 28), np.float32), ValueError, r"\(N, D\), found \(2, 28, 28\)"),
        (np.zeros(784, np.float32), ValueError, r"\(N, D\), found \(784,\)"),
        (np.zeros((2, 783), np.float32), ValueError, "square images, found rows of 783"),
        (np.zeros((2, 0), np.float32), ValueError, "square images, found rows of 0"),
    ],
)
def test_images_refused(function, X, error, message):
    with pytest.raises(error, match=message):
        function(X, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("strength", "message"),
    [
        ({"degrees": -1}, "degrees of at least 0, found -1"),
        ({"scale": -0.1}, "scale of at least 0, found -0.1"),
        ({"scale": 1}, "scale below 1, found 1"),
        ({"shear": -2}, "shear of at least 0, found -2"),
        ({"pixels": float("nan")}, "pixels of at least 0, found nan"),
        ({"alpha": float("inf")}, "alpha of at least 0, found inf"),
        ({"alpha": -1}, "alpha of at least 0, found -1"),
        ({"sigma": 0}, "sigma of at least 1, found 0"),
        ({"sigma": float("inf")}, "sigma of at least 1, found inf"),
    ],
)
def test_strengths_refused(strength, message):
    with pytest.raises(ValueError, match=message):
        distort(np.zeros((2, 784), np.float32), np.random.default_rng(0), **strength)


def test_shift_refuses():
    X, rng = np.zeros((2, 784), np.float32), np.random.default_rng(0)
    with pytest.raises(ValueError, match="pixels of at least 0, found -1"):
        shift(X, rng, pixels=-1)
    with pytest.raises(TypeError, match=r"pixels to be a whole number, found 1\.5"):
        shift(X, rng, pixels=1.5)


def test_warp_and_sampler_refuse():
    X = np.zeros((2, 784), np.float32)
    with pytest.raises(TypeError, match="float32 field, found float64"):
        warp(X, np.zeros((2, 2, 784)))
    with pytest.raises(ValueError, match=r"shape \(2, 2, 784\), found \(2, 3, 784\)"):
        warp(X, np.zeros((2, 3, 784), np.float32))
    with pytest.raises(ValueError, match=r"places \(N, P\), found \(2, 784\)"):
        sample_bilinear(X, X, X)
    with pytest.raises(ValueError, match=r"found \(2, 28, 28\), \(1, 5\) and \(1, 5\)"):
        sample_bilinear(X.reshape(2, 28, 28), X[:1, :5], X[:1, :5])


def test_one_strength_for_all(digits):
    half = {"degrees": 5, "scale": 0.05, "shear": 0.05, "pixels": 0.5, "alpha": 0.6}
    found = distort(digits, np.random.default_rng(0), strength=0.5)
    assert np.array_equal(found, distort(digits, np.random.default_rng(0), **half))
    assert np.array_equal(distort(digits, np.random.default_rng(0), strength=0), digits)
    with pytest.raises(ValueError, match="expected strength of at least 0, found -1"):
        distort(digits, np.random.default_rng(0), strength=-1)

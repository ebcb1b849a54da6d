"""Photos: from a picture of a digit to the input of the network."""

from importlib.resources import files

import numpy as np
import pytest
from drawing import PICTURES, drawn, lamp, on_paper, save_transparent, save_turned
from hypothesis import given
from hypothesis import strategies as st
from photographs import KINDS, photos
from PIL import Image

from nn_core import DataError, load_mnist
from nn_core.tools.photos import (
    area_weights,
    closing,
    connected_components,
    dilate,
    estimate_light,
    find_lines,
    fit_into,
    median_filter,
    otsu_threshold,
    prepare,
    read_photo,
    run_heights,
)
from nn_core.tools.storage import load_network


def gray_of(name):
    _, make = PICTURES[name]
    return np.asarray(Image.fromarray(make()).convert("L"), np.float32) / 255


def assert_as_in_mnist(image):
    """Assert that an image has one digit that fits 20 x 20 exactly, with a centred mass."""
    assert image.shape == (28, 28)
    assert image.dtype == np.float32
    assert image.min() == 0
    assert image.max() == 1
    rows, columns = (np.flatnonzero((image > 0.05).any(axis=axis)) for axis in (1, 0))
    extents = np.ptp(rows) + 1, np.ptp(columns) + 1
    assert 18 <= max(extents) <= 20
    positions = np.arange(28)
    for axis in (0, 1):
        middle = image.sum(axis=axis) @ positions / image.sum()
        # The centres of mass of MNIST are near 14 (test_middle_is_mnists_own).
        assert abs(middle - 14) <= 0.5 + 1e-5


@pytest.mark.parametrize("name", PICTURES)
def test_prepared_as_mnist_was(name):
    steps = prepare(gray_of(name))
    assert_as_in_mnist(steps.image)
    assert np.array_equal(steps.row, steps.image.reshape(784))
    assert steps.gray.shape == steps.light.shape == steps.contrast.shape == steps.ink.shape


def test_middle_is_mnists_own():
    X, _, _, _ = load_mnist()
    images = X[:3000].reshape(-1, 28, 28)
    mass = images.sum(axis=(1, 2))
    for axis in (1, 2):
        middles = images.sum(axis=axis) @ np.arange(28) / mass
        assert middles.mean() == pytest.approx(14, abs=0.05)
        assert np.abs(middles - 14).max() < 1


def test_mnist_itself_comes_out_nearly_as_it_went_in():
    X, _, _, _ = load_mnist()
    differences = [np.abs(prepare(1 - x.reshape(28, 28)).row - x).sum() / x.sum() for x in X[:100]]
    assert np.median(differences) < 0.1


@pytest.mark.parametrize("light", [1.0, "lamp"])
def test_the_digit_does_not_depend_on_light_or_polarity(light):
    shape = drawn(4, shape=(300, 400), box=(140, 60, 120, 180), width=12)
    plain = prepare(1 - shape).image
    photo = on_paper(shape, light=lamp(shape.shape) if light == "lamp" else light)
    lit = prepare(photo[..., 0] / 255).image
    assert np.abs(plain - lit).sum() < 0.1 * plain.sum()
    if light == 1.0:
        assert np.abs(plain - prepare(shape).image).sum() < 0.1 * plain.sum()


def test_ink_is_all_of_the_digit_and_nothing_else():
    shape = drawn(8, width=14)
    # Add specks, and the shadow of a thumb.
    spoilt = np.maximum(shape, 0)
    spoilt[20:23, 20:23] = spoilt[250:252, 40] = 1
    spoilt[:70, 270:] = 0.8
    found = prepare(1 - spoilt).ink
    wanted = shape > 0.5
    assert np.mean(found != wanted) < 0.002
    assert not found[:70, 270:].any()
    assert not found[:30, :30].any()


def test_a_digit_in_two_pieces_keeps_both():
    shape = drawn(5)
    shape[90:110] = 0
    pieces = connected_components(prepare(1 - shape).ink)
    assert pieces.max() == 1


def test_a_digit_that_touches_the_border_is_kept():
    shape = drawn(1, box=(90, 0, 120, 300), width=14)
    assert_as_in_mnist(prepare(1 - shape).image)


@pytest.mark.parametrize(
    ("gray", "message"),
    [
        (np.full((100, 100), 0.9), "stands out from its paper.*found nothing"),
        (np.zeros((100, 100)), "found nothing"),
        (lamp((100, 100)), "stands out"),
        (0.8 + 0.03 * np.random.default_rng(0).normal(size=(200, 200)), "stands out.*found"),
        (np.ones((7, 100)), "at least 8 x 8 pixels, found 7 x 100"),
        (np.ones((50, 50, 3)), "found 50 x 50 x 3"),
        (np.ones((0, 0)), "found 0 x 0"),
    ],
)
def test_refuses_what_holds_no_digit(gray, message):
    with pytest.raises(DataError, match=message):
        prepare(gray.astype(np.float32))


# --- photos of test digits of MNIST; photographs.py draws them


@pytest.fixture(scope="module")
def summit():
    return load_network(files("nn_core") / "lab" / "stored" / "summit.npz")


# Of a hundred photos: the smallest number of right predictions, and the bounds for warnings.
BOUNDS = {
    "plain": (97, 0, 5),
    "squared paper": (85, 0, 100),
    "ruled paper": (85, 0, 100),
    "box": (85, 0, 100),
    "box that is touched": (60, 0, 100),
    "frame": (85, 0, 100),
    "hard shadow": (85, 0, 100),
    "two digits": (0, 95, 100),
}


@pytest.mark.parametrize("kind", KINDS)
def test_photos_are_read_or_warned_of(summit, kind):
    right, least, most = BOUNDS[kind]
    pictures = photos(kind, 30)
    prepared = [prepare(gray) for gray, _ in pictures]
    predicted = summit.predict(np.stack([steps.row for steps in prepared]))
    assert 100 * np.mean(predicted == [digit for _, digit in pictures]) >= right
    warned = 100 * np.mean([bool(steps.warnings) for steps in prepared])
    assert least <= warned <= most


def test_what_is_taken_out_is_said():
    shape = drawn(4, width=12)
    lines = np.zeros(shape.shape)
    lines[10::45] = lines[:, 20::45] = 0.3
    steps = prepare(1 - np.maximum(shape, lines))
    assert [w for w in steps.warnings if "long straight lines" in w] == list(steps.warnings)
    assert np.mean(steps.ink != (shape > 0.5)) < 0.005
    box = np.zeros(shape.shape)
    box[30:270, 30:270] = 1
    box[34:266, 34:266] = 0
    steps = prepare(1 - np.maximum(shape, box))
    assert steps.warnings == ("there is a box or frame: it was left out",)
    assert np.mean(steps.ink != (shape > 0.5)) < 0.005


def test_doubtful_ink_is_warned_of():
    two = np.concatenate([drawn(3, width=14), drawn(8, width=14)], axis=1)
    assert "large pieces apart" in prepare(1 - two).warnings[0]
    assert "large pieces apart" in prepare(1 - two.T).warnings[0]
    wide = drawn(2, box=(30, 120, 240, 60))
    assert "times as wide as high" in prepare(1 - wide).warnings[0]
    spanning = drawn(1, box=(90, -60, 120, 420), width=24)
    assert prepare(1 - spanning).warnings == (
        "the ink reaches from one border of the picture to the other",
    )
    assert prepare(1 - drawn(5)).warnings == ()


def test_a_single_long_stroke_is_a_one_and_no_line():
    shape = np.zeros((300, 300))
    shape[:, 147:153] = 1
    assert not find_lines(shape.astype(np.float32)).any()
    assert prepare(1 - shape).ink.sum() == 6 * 300


def test_hard_shadow_on_a_blackboard():
    shape = drawn(3, width=13)
    light = np.where(np.arange(300) < 130, 0.5, 1) * np.ones((300, 1))
    steps = prepare((light * (0.2 + 0.7 * shape)).astype(np.float32))
    assert np.mean(steps.ink != (shape > 0.5)) < 0.02


# --- files


def test_transparent_paper_is_white(tmp_path):
    shape = drawn(3)
    save_transparent(tmp_path / "three.png", shape)
    assert np.allclose(read_photo(tmp_path / "three.png"), 1 - shape, atol=0.01)


def test_a_turned_photo_is_set_upright(tmp_path):
    pixels = on_paper(drawn(7, shape=(200, 300), box=(30, 20, 80, 120)))
    save_turned(tmp_path / "seven.jpg", pixels)
    with Image.open(tmp_path / "seven.jpg") as lying:
        assert lying.size == (200, 300)
    gray = read_photo(tmp_path / "seven.jpg")
    assert gray.shape == (200, 300)
    assert np.abs(gray - pixels.mean(axis=2) / 255).mean() < 0.02


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I", "F", "I;16", "CMYK"])
def test_any_mode(tmp_path, mode):
    shape = drawn(3)
    pixels = np.round((1 - shape) * 255).astype(np.uint8)
    if mode == "I;16":
        image = Image.fromarray(pixels.astype(np.uint16) * 257)
    else:
        image = Image.fromarray(pixels).convert(mode)
    path = tmp_path / "three.tiff"
    image.save(path)
    gray = read_photo(path)
    assert gray.dtype == np.float32
    assert np.abs(gray - pixels / 255).mean() < 0.02
    assert np.abs(prepare(gray).image - prepare(pixels / 255).image).mean() < 0.03


def test_a_large_photo_is_reduced():
    gray = gray_of("small on a large page")
    assert max(gray.shape) == 1200
    steps = prepare(gray)
    assert steps.gray.shape == (300, 400)


@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html>", b"\x89PNG\r\n\x1a\n and no more"])
def test_a_file_that_is_no_picture(tmp_path, content):
    path = tmp_path / "seven.png"
    path.write_bytes(content)
    with pytest.raises(DataError, match="expected a picture, found") as caught:
        read_photo(path)
    assert str(path) in str(caught.value)


def test_a_picture_cut_short(tmp_path):
    path = tmp_path / "seven.png"
    Image.fromarray(on_paper(drawn(7), noise=0.1)).save(path)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DataError, match="expected a picture, found: image file is truncated"):
        read_photo(path)


@pytest.mark.parametrize(
    ("content", "found"),
    [(b"", "an empty file"), (b"%PDF-1.7 text", "a PDF document"), (b"0123", "a file that Pillow")],
)
def test_says_what_was_found(tmp_path, content, found):
    (tmp_path / "seven.png").write_bytes(content)
    with pytest.raises(DataError, match=f"expected a picture, found {found}"):
        read_photo(tmp_path / "seven.png")


def test_a_folder_is_no_picture(tmp_path):
    with pytest.raises(DataError, match="expected a picture, found a folder"):
        read_photo(tmp_path)


def test_of_a_moving_picture_the_first_is_read(tmp_path):
    first, second = (Image.fromarray(on_paper(drawn(k))).convert("P") for k in (3, 7))
    first.save(tmp_path / "moving.gif", save_all=True, append_images=[second])
    gray = read_photo(tmp_path / "moving.gif")
    assert np.abs(gray - np.asarray(first.convert("L"), np.float32) / 255).mean() < 0.02


def test_a_huge_picture_is_refused(tmp_path, monkeypatch):
    Image.new("1", (300, 300)).save(tmp_path / "huge.png")
    for limit in (50_000, 40_000):  # one is past the warning, the other past the error
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        with pytest.raises(DataError, match=f"at most {limit:,} pixels, found a larger one"):
            read_photo(tmp_path / "huge.png")


def test_shades_that_are_no_numbers_are_refused(tmp_path):
    shades = np.ones((20, 20), np.float32)
    shades[3, 4] = np.nan
    Image.fromarray(shades).save(tmp_path / "nan.tiff")
    with pytest.raises(DataError, match="found NaN or infinity"):
        read_photo(tmp_path / "nan.tiff")


@pytest.mark.parametrize("shade", [0, 128, 255])
@pytest.mark.parametrize("side", [1, 90])
def test_one_shade_all_over(tmp_path, side, shade):
    Image.new("L", (side, side), shade).save(tmp_path / "even.png")
    with pytest.raises(DataError, match="at least 8 x 8" if side == 1 else "found nothing on it"):
        prepare(read_photo(tmp_path / "even.png"))


def test_no_such_picture(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_photo(tmp_path / "seven.png")


# --- the parts on their own


def test_area_weights_by_hand():
    # From three pixels to two: each new pixel covers one and a half old pixels.
    assert np.allclose(area_weights(3, 2), [[2 / 3, 1 / 3, 0], [0, 1 / 3, 2 / 3]])
    # From one pixel to two: each new pixel lies inside the old pixel.
    assert np.allclose(area_weights(1, 2), [[1], [1]])


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 30))
def test_scaling_keeps_proportions_and_the_mean(H, W, side):
    image = np.random.default_rng(H * W).random((H, W))
    scaled = fit_into(image, side)
    assert max(scaled.shape) == side
    assert min(scaled.shape) == max(1, round(min(H, W) * side / max(H, W)))
    assert scaled.mean() == pytest.approx(image.mean(), rel=1e-4)
    assert np.allclose(fit_into(np.ones((H, W)), side), 1, atol=1e-5)


def test_light_is_found_beneath_the_ink():
    shape = drawn(8, width=40, box=(60, 30, 180, 240))
    light = lamp(shape.shape)
    assert np.abs(estimate_light(light * (1 - 0.9 * shape)) - light).max() < 0.05


def test_otsu_by_hand():
    assert 0.2 < otsu_threshold(np.array([0.1, 0.2, 0.1, 0.8, 0.9])) < 0.8
    # The threshold is the middle of the empty interval, up to one of 256 steps.
    assert otsu_threshold(np.array([0.0, 0.0, 1.0])) == pytest.approx(0.5, abs=1 / 256)


def pieces_one_by_one(ink):
    """Label the components by flood fill."""
    labels = np.full(ink.shape, -1)
    count = 0
    for start in zip(*np.nonzero(ink), strict=True):
        if labels[start] >= 0:
            continue
        labels[start], waiting = count, [start]
        while waiting:
            r, c = waiting.pop()
            for near in np.ndindex(3, 3):
                i, j = r + near[0] - 1, c + near[1] - 1
                inside = 0 <= i < ink.shape[0] and 0 <= j < ink.shape[1]
                if inside and ink[i, j] and labels[i, j] < 0:
                    labels[i, j] = count
                    waiting.append((i, j))
        count += 1
    return labels


@given(st.integers(1, 25), st.integers(1, 25), st.floats(0, 1), st.integers(0, 99))
def test_connected_components(H, W, share, seed):
    ink = np.random.default_rng(seed).random((H, W)) < share
    assert np.array_equal(connected_components(ink), pieces_one_by_one(ink))


def test_median_and_closing_by_hand():
    image = np.array([[1.0, 1, 1, 5], [1, 9, 1, 5], [1, 1, 1, 5]])
    assert np.array_equal(median_filter(image, 3), [[1, 1, 1, 5], [1, 1, 1, 5], [1, 1, 1, 5]])
    dark = np.ones((9, 20))
    dark[:, 4] = 0.2  # a stroke, which is filled
    dark[:, 12:] = 0.5  # a shadow, whose edge stays
    assert np.array_equal(closing(dark, 5), np.where(np.arange(20) < 12, 1, 0.5) * np.ones((9, 1)))


def test_run_heights_by_hand():
    mask = np.array([[1, 0, 1], [1, 1, 0], [0, 1, 1]], bool)
    assert run_heights(mask).tolist() == [[2, 0, 1], [2, 2, 0], [0, 2, 1]]


def test_dilate_by_hand():
    mask = np.zeros((4, 5), bool)
    mask[0, 0] = mask[3, 4] = True
    wanted = np.zeros((4, 5), bool)
    wanted[:2, :2] = wanted[2:, 3:] = True
    assert np.array_equal(dilate(mask), wanted)

"""Figures of the chapters: drawing and alt text agree with the data."""

import base64
import io
import re
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import same_color, to_hex
from matplotlib.patches import FancyArrowPatch
from PIL import Image

from nn_core import lab, load_mnist
from nn_core.lab import curves, display, graph, page, palette, plots
from nn_core.lab.curves import draw_histories, draw_history, draw_lines, draw_reliability
from nn_core.lab.graph import draw_graph
from nn_core.lab.plots import draw_boundary, draw_confusion, draw_digits, draw_weights
from nn_core.layers import softmax
from nn_core.metrics import expected_calibration_error, reliability

RNG = np.random.default_rng(0)
BLUE, ORANGE, GREEN = palette.BLUE, palette.ORANGE, palette.GREEN


@pytest.fixture(autouse=True)
def closed():
    """Close all figures after each test."""
    yield
    plt.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts]


# One example of each kind of figure.

IMAGES = RNG.random((3, 784))
HISTORY = pd.DataFrame(
    {
        "loss": [2.0, 0.5],
        "accuracy": [0.5, 0.9],
        "dev_loss": [1.5, 0.75],
        "dev_accuracy": [0.4, 0.8],
    },
    index=pd.Index([1, 2], name="epoch"),
)
GRAPH = {"z": ("×", "w", "x"), "e": ("−", "z", "y"), "L": ("square", "e")}
VALUES = {"w": 2, "x": 3, "z": 6, "y": 10, "e": -4, "L": 16}
GRADIENTS = {"L": 1, "e": -8, "z": -8, "w": -24, "y": 8}
POINTS = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 1.0], [3.0, 1.0]], np.float32)
SIDES = np.array([0, 0, 1, 0])
Y = RNG.integers(0, 3, 400)
Z = RNG.normal(size=(400, 3)) + 2 * np.eye(3)[Y]


def sides(X):
    """Give probabilities: class 1 if x1 is above 1.5."""
    P = 1 / (1 + np.exp(-4 * (X[:, 0] - 1.5)))
    return np.column_stack([1 - P, P])


DRAWINGS = {
    "digits": lambda draw: draw(IMAGES, title="Some digits"),
    "weights": lambda draw: draw(IMAGES.T - 0.5, title="Some weights"),
    "lines": lambda draw: draw({"a": ([1, 2], [3, 4])}, title="A", xlabel="x", ylabel="y"),
    "history": lambda draw: draw(HISTORY, title="A history"),
    "histories": lambda draw: draw({"a": HISTORY, "b": HISTORY}, title="Two histories"),
    "confusion": lambda draw: draw(np.diag([2, 3]), title="A matrix"),
    "reliability": lambda draw: draw({"a": softmax(Z)}, Y, title="A diagram"),
    "boundary": lambda draw: draw(sides, POINTS, SIDES, title="A plane"),
    "graph": lambda draw: draw(GRAPH, VALUES, GRADIENTS, title="Some sums"),
}
DRAW = {
    name.removeprefix("draw_"): function
    for module in (curves, graph, plots)
    for name, function in vars(module).items()
    if name.startswith("draw_")
}


def test_every_kind_is_tried_here():
    kinds = {name.removeprefix("show_") for name in lab.__all__ if name.startswith("show_")}
    assert kinds == set(DRAWINGS)


@pytest.mark.parametrize("kind", DRAWINGS)
def test_what_is_shown_is_what_is_drawn(kind, monkeypatch):
    shown = []
    monkeypatch.setattr(page, "display", lambda data, raw: shown.append(data["text/html"]))
    monkeypatch.setenv(page.BUILDING, "1")
    fig, alt = DRAWINGS[kind](DRAW[kind])
    assert len(alt) > 30
    assert shown == []
    title = fig.get_suptitle()
    assert title
    assert title not in alt, "the caption says it already"
    drawing = display.drawing(fig, alt)
    DRAWINGS[kind](getattr(lab, f"show_{kind}"))
    (html,) = shown
    assert html.startswith('<figure class="lab lab-plot"')
    assert drawing in html
    assert html.endswith(f"{page.caption(title)}</figure>")
    assert not plt.get_fignums()


@pytest.mark.parametrize("kind", DRAWINGS)
def test_only_colours_that_read_in_light_and_dark(kind):
    fig, alt = DRAWINGS[kind](DRAW[kind])
    svg = display.drawing(fig, alt)
    used = set(re.findall(r"(?:fill|stroke): (#[0-9a-f]{6})", svg))
    assert used <= {*palette.COLOURS.values(), "#ffffff"}
    assert "currentColor" in svg


def test_digits():
    images = RNG.random((12, 784))
    fig, alt = draw_digits(images, range(12), title="Twelve")
    (ax,) = fig.axes
    assert len(ax.images) == 12
    for k, tile in enumerate(ax.images):
        assert np.array_equal(tile.get_array(), images[k].reshape(28, 28))
        assert tile.get_clim() == (0, images.max())
    assert texts(ax) == [str(k) for k in range(12)]
    assert fig.get_suptitle() == "Twelve"
    assert alt.startswith("12 handwritten digits, shown in a grid, captioned 0, 1, 2")
    _, alt = draw_digits(5 * images[:3].reshape(3, 28, 28), title="Three", columns=2)
    assert alt == "3 handwritten digits, shown in a grid."


@pytest.mark.parametrize("captions", [None, ["one\ntwo"] * 7])
def test_tiles_stand_in_rows_upright_and_apart(captions):
    fig, _ = draw_digits(RNG.random((7, 784)), captions, title="Seven", columns=3)
    (ax,) = fig.axes
    boxes = [tile.get_extent() for tile in ax.images]  # left, right, bottom, top
    assert all(right - left == 28 and bottom - top == 28 for left, right, bottom, top in boxes)
    lefts, tops = [box[0] for box in boxes], [box[3] for box in boxes]
    assert lefts == [0, 30, 60, 0, 30, 60, 0]
    assert tops[0] == tops[2] < tops[3] == tops[5] < tops[6]
    assert tops[3] - tops[0] >= 30
    low, high = ax.get_ylim()
    assert low > high, "the first row is on top"
    # No tile or caption is cut off or covered.
    fig.canvas.draw()
    spots = [item.get_window_extent() for item in [*ax.images, *ax.texts]]
    assert not any(a.overlaps(b) for k, a in enumerate(spots) for b in spots[:k])
    for spot in spots:
        assert fig.bbox.x0 <= spot.x0 + 0.5
        assert spot.x1 <= fig.bbox.x1 + 0.5
        assert fig.bbox.y0 <= spot.y0 + 0.5
        assert spot.y1 <= fig.bbox.y1 + 0.5


def test_pixels_go_into_the_page_as_they_are():
    svg = display.drawing(*draw_digits(RNG.random((12, 784)), title="Twelve"))
    sizes = re.findall(r'<image[^>]*? width="([^"]*)" height="([^"]*)"', svg)
    assert sizes == [("28", "28")] * 12
    assert svg.count("image-rendering:pixelated") == 12


def test_labels_of_lines_that_leave_the_axes_stay_in_the_drawing():
    x = [1, 2, 3]
    lines = {"gradient descent": (x, [0.9, 0.91, 0.1]), "AdaGrad": (x, [0.92, 0.93, 0.1])}
    fig, _ = draw_lines(lines, title="Two", xlabel="rate", ylabel="accuracy", percent=True)
    (ax,) = fig.axes
    ax.set_ylim(0.75, 0.95)
    display.drawing(fig, "Two lines.")
    labels = [text for text in ax.texts if text.get_gid() == "label"]
    assert len(labels) == 2
    for text in [*labels, ax.xaxis.label]:
        box = text.get_window_extent()
        assert 0 <= box.x0 < box.x1 <= fig.bbox.x1 + 0.5
        assert box.y0 >= -3


def pictures_in(svg):
    for data in re.findall(r'base64,([^"]*)"', svg):
        yield Image.open(io.BytesIO(base64.b64decode(data)))


def test_digits_take_few_bytes_and_keep_their_shades():
    X = load_mnist()[2][:5]
    svg = display.drawing(*draw_digits(X, title="Five"))
    assert len(svg) < 1000 * len(X)
    for x, picture in zip(X, pictures_in(svg), strict=True):
        ink = np.asarray(picture.convert("RGBA"))
        assert (ink[ink[..., 3] > 0][:, :3] == (31, 41, 51)).all()
        assert np.abs(ink[..., 3] / 255 - x.reshape(28, 28)).max() <= 1 / 16
        assert (ink[..., 3][x.reshape(28, 28) == 0] == 0).all()


@pytest.mark.parametrize("colours", [2, 16, 256, 400])
def test_a_palette_changes_no_pixel(colours):
    kinds = RNG.integers(0, 256, (colours, 4), np.uint8) | 1
    pixels = kinds[RNG.permutation(np.arange(40 * 30) % colours)].reshape(40, 30, 4)
    fig, ax = plt.subplots()
    ax.imshow(pixels)
    ax.axis("off")
    (picture,) = pictures_in(display.drawing(fig, "Some colours."))
    assert picture.mode == ("P" if colours <= 256 else "RGBA")
    assert np.array_equal(np.asarray(picture.convert("RGBA")), pixels)


@pytest.mark.parametrize(
    ("low", "high", "named"),
    [
        (0.3, 0.8, ["0.3", "0.4", "0.5", "0.6", "0.7", "0.8"]),
        (0.14, 1.4, ["0.2", "0.5", "1"]),
        (0.9, 2000, ["1", "10", "100", "1,000"]),
        (3e-6, 0.2, ["10⁻⁵", "10⁻⁴", "0.001", "0.01", "0.1"]),
    ],
)
def test_places_on_a_logarithmic_axis_have_round_names(low, high, named):
    fig, ax = plt.subplots()
    ax.set(xticks=[], yscale="log", ylim=(low, high))
    found = re.findall(r">([^<>]+)</text>", display.drawing(fig, "An axis."))
    assert sorted(found) == sorted(named)


@pytest.mark.parametrize(
    ("images", "captions", "message"),
    [
        (np.zeros((0, 784)), None, "at least one image"),
        (np.zeros((4, 392)), None, r"found \(4, 392\)"),
        (np.zeros(784), None, r"found \(784,\)"),
        (np.ones((2, 784)), [1], "2 captions, found 1"),
    ],
)
def test_digits_refuse(images, captions, message):
    with pytest.raises(ValueError, match=message):
        draw_digits(images, captions, title="No")


def test_weights_are_centred_at_zero():
    W = RNG.uniform(-0.5, 0.25, (784, 5))
    W[3, 2], W[4, 2] = -0.5, 0.25
    fig, alt = draw_weights(W, ["a", "b", "c", "d", "e"], title="Five")
    tiles = fig.axes[0].images
    for k, tile in enumerate(tiles):
        assert np.array_equal(tile.get_array(), W[:, k].reshape(28, 28))
        assert tile.get_clim() == (-0.5, 0.5)
        assert tile.get_cmap().name == "signed"
    assert texts(fig.axes[0]) == ["a", "b", "c", "d", "e"]
    assert fig.axes[1].get_xlabel() == "weight"
    assert alt == (
        "The weights of 5 units, each a picture of 28 by 28 pixels, captioned a, b, c, d, e: "
        f"from -0.5, blue, to 0.25, orange; {np.mean(W > 0):.0%} are above zero."
    )
    fig, _ = draw_weights(W[:, :1], title="One", limit=2)
    assert fig.axes[0].images[0].get_clim() == (-2, 2)
    fig, _ = draw_weights(np.zeros((784, 1)), title="None yet")
    assert fig.axes[0].images[0].get_clim() == (-1, 1)


def test_weights_differ_by_sign_to_every_eye():
    signed = plt.get_cmap("signed")
    assert signed(0.5)[3] < 0.01, "zero is the page itself"
    below, above = np.array(signed(0.25))[:3], np.array(signed(0.75))[:3]
    # People who cannot tell red from green can tell blue from yellow and orange.
    assert below[2] - below[0] > 0.5
    assert above[0] - above[2] > 0.5
    # A weight further from zero covers the page more, equally on both sides.
    cover = signed(np.linspace(0, 1, 256))[:, 3]
    assert np.all(np.diff(cover[:128]) < 0)
    assert np.allclose(cover, cover[::-1])


@pytest.mark.parametrize(
    ("W", "options", "message"),
    [
        (np.zeros((10, 784)), {}, r"shape \(784, units\), found \(10, 784\)"),
        (np.zeros(784), {}, r"found \(784,\)"),
        (np.zeros((784, 0)), {}, "at least one image"),
        (np.zeros((784, 2)), {"captions": "a"}, "2 captions, found 1"),
        (np.zeros((784, 2)), {"limit": 0}, "a limit above 0, found 0"),
    ],
)
def test_weights_refuse(W, options, message):
    with pytest.raises(ValueError, match=message):
        draw_weights(W, title="No", **options)


def test_confusion():
    fig, alt = draw_confusion(np.array([[5, 1, 0], [0, 7, 0], [4, 0, 3]]), title="Mixed")
    ax = fig.axes[0]
    cells = {text.get_position(): text.get_text() for text in ax.texts}
    # A column is a predicted class, a row a true class.
    assert cells[0, 2] == "4"
    assert cells[1, 0] == "1"
    assert cells[2, 0] == "·"
    assert ax.get_xlabel() == "predicted class"
    assert ax.get_ylabel() == "true class"
    assert ax.images[0].get_array().tolist() == [[0, 1, 0], [0, 0, 0], [4, 0, 0]]
    assert "Of 20 digits, 15 lie on the diagonal" in alt
    assert "4 times a 2 was taken for a 0" in alt
    assert draw_confusion(np.diag([2, 3]), title="Perfect")[1] == (
        "Of 5 digits, 5 lie on the diagonal, right."
    )


def test_confusion_refuses():
    with pytest.raises(ValueError, match="square"):
        draw_confusion(np.ones((2, 3), int), title="No")
    with pytest.raises(TypeError, match="integers"):
        draw_confusion(np.ones((2, 2)), title="No")


def lines_of(fig):
    return {line.get_label(): line for line in fig.axes[0].lines}


def test_lines():
    fig, alt = draw_lines(
        {"up": ([1, 10, 100], [3, 2.5, 4]), "gone": ([1, 10], [5, np.inf])},
        title="Up",
        xlabel="step",
        ylabel="loss",
        xscale="log",
        yscale="log",
    )
    lines = lines_of(fig)
    assert lines["up"].get_xdata().tolist() == [1, 10, 100]
    assert lines["up"].get_ydata().tolist() == [3, 2.5, 4]
    ax = fig.axes[0]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step", "loss")
    assert texts(ax) == ["up", "gone"]
    assert not fig.legends
    assert alt == (
        "Lines of loss by step. up: from 3 at 1 to 4 at 100, lowest 2.5 at 10. "
        "gone: 5 at 1. Not finite, and left out: 1."
    )


def test_lines_differ_in_more_than_colour():
    fig, _ = draw_lines(
        {str(k): ([0, 1], [k, k]) for k in range(12)}, title="A", xlabel="x", ylabel="y"
    )
    lines = fig.axes[0].lines
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 12
    assert len({(line.get_marker(), line.get_linestyle()) for line in lines}) == 12


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ({}, "at least one line"),
        ({"a": ([1, 2], [1])}, r"'a', found shapes \(2,\) and \(1,\)"),
        ({"a": ([1], [np.nan])}, "a finite value for 'a'"),
        ({"a": ([], [])}, "a finite value for 'a'"),
    ],
)
def test_lines_refuse(lines, message):
    with pytest.raises(ValueError, match=message):
        draw_lines(lines, title="No", xlabel="x", ylabel="y")
    assert not plt.get_fignums()


def test_history():
    fig, alt = draw_history(HISTORY, title="Learning")
    lines = lines_of(fig)
    assert {name: line.get_ydata().tolist() for name, line in lines.items()} == {
        "training": [0.5, 0.9],
        "dev": [0.4, 0.8],
    }
    assert lines["dev"].get_xdata().tolist() == [1, 2]
    assert alt == (
        "Lines of accuracy by epoch. training: from 50.0% at 1 to 90.0% at 2. "
        "dev: from 40.0% at 1 to 80.0% at 2."
    )
    fig, alt = draw_history(HISTORY, "loss", title="Losing")
    assert lines_of(fig)["dev"].get_ydata().tolist() == [1.5, 0.75]
    assert "training: from 2 at 1 to 0.5 at 2" in alt
    fig, _ = draw_history(HISTORY[["loss"]], "loss", title="Without dev examples")
    assert list(lines_of(fig)) == ["training"]
    assert not fig.legends


def test_histories():
    longer = pd.DataFrame({"dev_accuracy": [0.1, 0.7, 0.6]}, index=pd.Index([1, 2, 3]))
    fig, alt = draw_histories({"SGD": HISTORY, "Adam": longer}, title="Two")
    lines = lines_of(fig)
    assert lines["SGD"].get_ydata().tolist() == [0.4, 0.8]
    assert lines["Adam"].get_xdata().tolist() == [1, 2, 3]
    assert fig.axes[0].get_ylabel() == "dev accuracy"
    assert "Adam: from 10.0% at 1 to 60.0% at 3, highest 70.0% at 2." in alt
    fig, alt = draw_histories({"SGD": HISTORY}, "dev_loss", title="One")
    assert "dev loss" in alt
    assert "1.5 at 1" in alt


def test_histories_refuse():
    with pytest.raises(ValueError, match="column 'accuracy', found loss"):
        draw_history(HISTORY[["loss"]], title="No")
    with pytest.raises(ValueError, match="column 'lr', found loss, accuracy"):
        draw_histories({"a": HISTORY}, "lr", title="No")
    with pytest.raises(ValueError, match="at least one epoch"):
        draw_history(HISTORY[:0], title="No")
    with pytest.raises(ValueError, match="at least one line"):
        draw_histories({}, title="No")


def test_reliability():
    P = {"before": softmax(3 * Z), "after": softmax(Z)}
    fig, alt = draw_reliability(P, Y, bins=10, title="Surer than right")
    top, bottom = fig.axes
    lines = {line.get_label().split(":")[0]: line for line in top.lines[1:]}
    heights = {to_hex(bar.get_facecolor()): [] for bar in bottom.patches}
    for bar in bottom.patches:
        heights[to_hex(bar.get_facecolor())].append(round(bar.get_height()))
    for name, p in P.items():
        confidence, right, count = reliability(p, Y, 10)
        used = count > 0
        assert 0 < used.sum() < 10
        assert np.allclose(lines[name].get_xdata(), confidence[used])
        assert np.allclose(lines[name].get_ydata(), right[used])
        assert heights[to_hex(lines[name].get_color())] == count.tolist()
        error = f"{expected_calibration_error(p, Y, 10):.1%}"
        assert f"{name}: expected calibration error {error}" in alt
        assert lines[name].get_label() == f"{name}: calibration error {error}"
        assert f"mean confidence {p.max(axis=1).mean():.1%}" in alt
        assert f"of 400 predictions {np.mean(p.argmax(axis=1) == Y):.1%} right" in alt
        worst = np.nanargmax(np.abs(right - confidence) * count)
        assert f"{right[worst]:.0%} of {count[worst]:,} are right" in alt
    assert top.lines[0].get_xydata().tolist() == [[0, 0], [1, 1]]
    # The bars of a bin are side by side, inside the bin.
    for k, (low, high) in enumerate(pairwise(np.arange(11) / 10)):
        first, second = bottom.patches[k], bottom.patches[10 + k]
        assert low <= first.get_x()
        assert first.get_x() + first.get_width() <= second.get_x() + 1e-9
        assert second.get_x() + second.get_width() <= high


def test_reliability_refuses():
    with pytest.raises(ValueError, match="at least one network"):
        draw_reliability({}, Y, title="No")
    with pytest.raises(ValueError, match="softmax"):
        draw_reliability({"scores": Z}, Y, title="No")
    assert not plt.get_fignums()


def test_boundary():
    fig, alt = draw_boundary(sides, POINTS, SIDES, title="Two sides")
    (ax,) = fig.axes
    picture = ax.images[0].get_array()
    left, right, bottom, top = ax.images[0].get_extent()
    assert left < 0 < 3 < right
    assert bottom < 0 < 1 < top
    # The colour is blue if x1 is small, orange if x1 is large, and transparent at the border.
    assert same_color(picture[0, 0, :3], BLUE)
    assert same_color(picture[-1, -1, :3], ORANGE)
    middle = np.abs(np.linspace(left, right, picture.shape[1]) - 1.5).argmin()
    assert picture[0, middle, 3] < 0.05 < 0.3 < picture[0, 0, 3]
    border, *points = ax.collections
    assert np.allclose(border.get_paths()[0].vertices[:, 0], 1.5, atol=0.01)
    by_class = {some.get_label(): some.get_offsets().tolist() for some in points}
    assert by_class == {"class 0": [[0, 0], [1, 0], [3, 1]], "class 1": [[2, 1]]}
    assert "4 points of 2 classes" in alt
    assert "Class 0, blue circles, has 3 of the points and 50% of the area." in alt
    assert "The network predicts the class of 3 of the 4 points rightly." in alt


def test_boundary_shows_which_way_is_up():
    def above(X):
        """Give probabilities: class 2 above 0, and below it class 0 on the left, else class 1."""
        return np.eye(3)[np.where(X[:, 1] > 0, 2, np.where(X[:, 0] < 0, 0, 1))]

    X = np.array([[-1, -1], [1, -1], [1, 1]])
    fig, alt = draw_boundary(above, X, np.array([0, 1, 2]), title="Three")
    (ax,) = fig.axes
    assert ax.images[0].origin == "lower"
    picture = ax.images[0].get_array()
    assert same_color(picture[0, 0, :3], BLUE)
    assert same_color(picture[0, -1, :3], ORANGE)
    assert same_color(picture[-1, 0, :3], GREEN)
    assert "Class 2, green triangles, has 1 of the points and 50% of the area." in alt
    assert "the class of 3 of the 3 points" in alt


@pytest.mark.parametrize(
    ("predict", "X", "y", "message"),
    [
        (sides, np.zeros((2, 3)), np.array([0, 1]), r"found \(2, 3\)"),
        (sides, np.zeros((0, 2)), np.array([], int), r"found \(0, 2\)"),
        (sides, POINTS, np.array([0, 1]), "4"),
        (sides, POINTS, np.array([0, 1, 2, 0]), "2"),
        (lambda X: np.zeros((len(X), 2)), POINTS, SIDES, "probabilities"),
        (lambda X: np.full((len(X), 8), 1 / 8), POINTS, SIDES, "2 to 7 classes, found 8"),
        (lambda X: X[:, 0], POINTS, SIDES, "classes"),
    ],
)
def test_boundary_refuses(predict, X, y, message):
    with pytest.raises(ValueError, match=message):
        draw_boundary(predict, X, y, title="No")
    assert not plt.get_fignums()


def arrows_of(ax):
    """Give the start and the end of each arrow, by colour."""
    found = {}
    for patch in ax.patches:
        if isinstance(patch, FancyArrowPatch):
            vertices = patch._path_original.vertices
            colour = to_hex(patch.get_edgecolor())
            found.setdefault(colour, []).append((vertices[0], vertices[-1]))
    return found


def test_graph_says_it_all():
    fig, alt = draw_graph(GRAPH, VALUES, GRADIENTS, title="A walk")
    (ax,) = fig.axes
    expected = {"×", "−", "square", "w = 2", "x = 3", "z = 6", "y = 10", "e = −4", "L = 16"}
    expected |= {"dL = 1", "de = −8", "dz = −8", "dw = −24", "dy = 8"}
    assert set(texts(ax)) == expected
    assert alt == (
        "A graph that computes z = w × x, e = z − y, L = square(e). "
        "Values, forward: w = 2, x = 3, z = 6, y = 10, e = −4, L = 16. "
        "Gradients, backward: dL = 1, de = −8, dy = 8, dz = −8, dw = −24."
    )
    at = {text.get_text(): text.get_position() for text in ax.texts}
    # The nodes are ordered from left to right. An input is one column before its first use.
    assert at["w = 2"][0] == at["x = 3"][0] < at["z = 6"][0] == at["y = 10"][0]
    assert at["z = 6"][0] < at["e = −4"][0] < at["L = 16"][0]
    # The value is above the node, and the gradient below.
    assert at["z = 6"][0] == at["×"][0] == at["dz = −8"][0]
    assert at["z = 6"][1] < at["×"][1] < at["dz = −8"][1]
    low, high = ax.get_ylim()
    assert low > high
    arrows = arrows_of(ax)
    assert len(arrows[BLUE]) == 5
    assert len(arrows[ORANGE]) == 4, "x has no gradient"
    assert all(start[0] < end[0] for start, end in arrows[BLUE])
    assert all(start[0] > end[0] for start, end in arrows[ORANGE])
    # Each arrow ends with a straight piece that has room for its head.
    for patch in ax.patches:
        if isinstance(patch, FancyArrowPatch):
            *_, before, end = patch._path_original.vertices
            assert np.hypot(*(end - before)) > 0.05


def test_graph_walks_forward_and_back():
    """Each step adds one number in bold, and nothing moves."""
    steps = len(GRAPH) + len(GRADIENTS)
    seen, places = [], []
    for step in range(steps + 1):
        fig, alt = draw_graph(GRAPH, VALUES, GRADIENTS, title="A walk", step=step)
        (ax,) = fig.axes
        numbers = {text for text in texts(ax) if "=" in text}
        assert all(number in alt for number in numbers)
        seen.append(numbers)
        bold = [text.get_text() for text in ax.texts if text.get_fontweight() == "bold"]
        assert set(bold) == (numbers - seen[-2] if step else set())
        places.append({t.get_text().split(" =")[0]: t.get_position() for t in ax.texts})
        assert places[0].items() <= places[-1].items()
        assert tuple(fig.get_size_inches()) == tuple(plt.figure(1).get_size_inches())
        assert len(arrows_of(ax).get(BLUE, [])) == [0, 2, 4, 5, 5, 5, 5, 5, 5][step]
        assert len(arrows_of(ax).get(ORANGE, [])) == [0, 0, 0, 0, 0, 1, 2, 3, 4][step]
    assert seen[0] == {"w = 2", "x = 3", "y = 10"}
    assert [next(iter(new - old)) for old, new in pairwise(seen)] == [
        "z = 6",
        "e = −4",
        "L = 16",
        "dL = 1",
        "de = −8",
        "dy = 8",
        "dz = −8",
        "dw = −24",
    ]


SHARED = {
    "a": ("×", "x", "x"),
    "b": ("+", "a", "x"),
    "c": ("exp", "b"),
    "d": ("×", "c", "x"),
    "f": ("+", "d", "a"),
}


@pytest.mark.parametrize("graph", [GRAPH, SHARED])
def test_graph_keeps_things_apart(graph):
    names = {*graph, *(source for _, *sources in graph.values() for source in sources)}
    numbers = dict.fromkeys(names, -0.1234)
    fig, _ = draw_graph(graph, numbers, numbers, title="Apart")
    (ax,) = fig.axes
    fig.canvas.draw()
    spots = [text.get_window_extent() for text in ax.texts]
    assert not any(a.overlaps(b) for k, a in enumerate(spots) for b in spots[:k])
    assert all(fig.bbox.x0 <= spot.x0 and spot.x1 <= fig.bbox.x1 for spot in spots)
    # No arrow runs through a node or its text.
    for patch in ax.patches:
        if isinstance(patch, FancyArrowPatch):
            (curve,) = patch._path_original.to_polygons(closed_only=False)
            points = ax.transData.transform(curve)
            assert not any(spot.contains(*point) for spot in spots for point in points)


def test_graph_draws_what_enters_twice():
    numbers = dict.fromkeys([*SHARED, "x"], 1.0)
    fig, alt = draw_graph(SHARED, numbers, title="Shared")
    assert len(arrows_of(fig.axes[0])[BLUE]) == sum(len(entry) - 1 for entry in SHARED.values())
    assert "a = x × x, b = a + x, c = exp(b)" in alt
    assert "backward" not in alt


@pytest.mark.parametrize(
    ("graph", "values", "gradients", "step", "message"),
    [
        ({}, {}, {}, None, "at least one operation"),
        ({"z": ("×",)}, {}, {}, None, "its inputs for 'z'"),
        (
            {"a": ("exp", "b"), "b": ("exp", "x")},
            {},
            {},
            None,
            "earlier sources for 'a', found 'b'",
        ),
        ({"a": ("exp", "a")}, {}, {}, None, "earlier sources for 'a', found 'a'"),
        (GRAPH, {"w": 2, "z": 6, "e": -4}, {}, None, "none of x, y, L"),
        (GRAPH, {**VALUES, "b": 1}, {}, None, "found one of b"),
        (GRAPH, VALUES, {"L": 1, "q": 1}, None, "found one of q"),
        (GRAPH, VALUES, {"w": 1}, None, "gradient of 'z', on which the gradient of 'w' depends"),
        (GRAPH, VALUES, GRADIENTS, 9, "a step from 0 to 8, found 9"),
        (GRAPH, VALUES, GRADIENTS, -1, "a step from 0 to 8, found -1"),
    ],
)
def test_graph_refuses(graph, values, gradients, step, message):
    with pytest.raises(ValueError, match=message):
        draw_graph(graph, values, gradients, title="No", step=step)
    assert not plt.get_fignums()


def test_places_on_a_logarithmic_axis_are_plain_text():
    """Formulas of Matplotlib would keep their own face and size."""
    for low, named in ((0.3, "0.4"), (1e-9, "10⁻.")):
        fig, alt = draw_lines(
            {"a": ([1, 10, 100], [low, 0.5, 0.9])}, title="A", xlabel="x", ylabel="y", yscale="log"
        )
        svg = display.drawing(fig, alt)
        assert "<tspan" not in svg
        assert re.search(f">{named}</text>", svg)


def test_epochs_are_marked_at_round_numbers():
    for epochs in (7, 24, 30, 60):
        fig, _ = draw_history(
            pd.DataFrame({"loss": np.arange(epochs)}, index=range(1, epochs + 1)),
            "loss",
            title="Losing",
        )
        (step,) = {int(step) for step in np.diff(fig.axes[0].get_xticks())}
        assert str(step).strip("0") in ("1", "2", "5")


def test_labels_stand_at_their_lines_and_apart():
    ends = [0.5, 0.51, 0.515, 0.9]
    fig, alt = draw_lines(
        {f"line {k}": ([1, 2], [0, end]) for k, end in enumerate(ends)},
        title="Four",
        xlabel="x",
        ylabel="y",
    )
    display.drawing(fig, alt)
    labels = fig.axes[0].texts
    assert [label.get_color() for label in labels] == [
        line.get_color() for line in fig.axes[0].lines
    ]
    spots = [label.get_window_extent() for label in labels]
    assert not any(a.overlaps(b) for k, a in enumerate(spots) for b in spots[:k])
    heights = [spot.y0 for spot in spots]
    assert heights == sorted(heights), "in the order of the lines"
    assert all(spot.x1 <= fig.bbox.x1 for spot in spots)


def test_a_line_that_covers_another_lets_it_be_seen():
    x = np.arange(1, 9)
    fig, _ = draw_lines({"a": (x, x), "b": (x, x * 1.01)}, title="A", xlabel="x", ylabel="y")
    assert [line.get_linestyle() for line in fig.axes[0].lines] == ["-", "--"]
    fig, _ = draw_lines({"a": (x, x), "b": (x, 9 - x)}, title="A", xlabel="x", ylabel="y")
    assert [line.get_linestyle() for line in fig.axes[0].lines] == ["-", "-"]


def test_frames_keep_the_places_of_the_first():
    places = []
    for low in (0.001, 1000.0):
        fig, ax = plt.subplots()
        ax.plot([0, 1], [low, 2 * low])
        display.drawing(fig, "A line.", places=places)
        assert ax.get_position().bounds == places[0].bounds

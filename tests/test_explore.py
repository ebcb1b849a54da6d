"""Sliders: what `explore` refuses, stores while the book is built, and does with a kernel."""

import json
import re
import warnings
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
from bs4 import BeautifulSoup

from nn_core.lab import explore, show, show_digits, sliders
from nn_core.lab.page import BUILDING


def power(k=1, name="line"):
    """Draw x to the power of k."""
    fig, ax = plt.subplots(figsize=(5, 3))
    x = np.linspace(0, 1, 30)
    ax.plot(x, x**k)
    ax.set_title(name)
    show(fig, f"A curve that rises from 0 to 1, called {name}, of power {k}.")


@pytest.fixture
def shown(monkeypatch):
    """Everything displayed."""
    seen = []
    for module in ("sliders", "page", "display"):
        monkeypatch.setattr(
            f"nn_core.lab.{module}.display", lambda shown, raw=False: seen.append(shown)
        )
    yield seen
    assert not plt.get_fignums(), "a figure was left open, and would be shown once more"


@pytest.fixture
def built(shown, monkeypatch):
    """What `explore` puts into the page: its HTML, and the data for its script."""
    monkeypatch.setenv(BUILDING, "1")

    def build(*args, **kwargs):
        explore(*args, **kwargs)
        soup = BeautifulSoup(shown[-1]["text/html"], "html.parser")
        return soup, json.loads(soup.find("script").string)

    return build


def drawing_at(data, *positions):
    """Put a frame together as the script does."""
    k = np.ravel_multi_index(positions, [len(texts) for texts in data["texts"]])
    return "".join(data["tags"][tag] for tag in data["drawings"][data["frames"][k]])


@pytest.mark.parametrize("building", [True, False])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "at least one slider"),
        ({"k": []}, r"a list of values for k, found \[\]"),
        ({"k": 3}, "a list of values for k, found 3"),
        ({"k": "123"}, "a list of values for k, found '123'"),
        ({"k": [1, 2, 1.0]}, "different values for k, found 1, 2, 1"),
        ({"k": [1, 2], "start": {"name": "x"}}, "start sets 'name', but the sliders are k"),
        ({"k": [1, 2], "start": {"k": 5}}, "start sets k to 5, which is none of 1, 2"),
        ({"power": [1, 2]}, "does not fit the sliders: .*'power'"),
        ({"k": range(11), "name": range(12)}, "120 frames, found 11 × 12 = 132: give name fewer"),
    ],
)
def test_refuses(shown, monkeypatch, arguments, message, building):
    if building:
        monkeypatch.setenv(BUILDING, "1")
    with pytest.raises(ValueError, match=message):
        explore(power, **arguments)
    assert shown == []


def test_stores_a_frame_for_each_point(built):
    soup, data = built(power, {"name": "b"}, k=[1, 2.5, 3], name=["a", "b"])
    assert data["texts"] == [["1", "2.5", "3"], ["a", "b"]]
    assert len(data["frames"]) == 6
    for i, k in enumerate([1, 2.5, 3]):
        for j, name in enumerate("ab"):
            tree = ElementTree.fromstring(drawing_at(data, i, j))
            expected = f"A curve that rises from 0 to 1, called {name}, of power {k}."
            assert tree.get("aria-label") == expected
            assert tree.get("role") == "img"
    # Without the script the first frame stands there, and the sliders do nothing.
    box = soup.select_one(".lab-frame")
    assert box["style"] == "width:480px;aspect-ratio:5 / 3"
    assert "called b, of power 1." in box.svg["aria-label"]
    inputs = soup.find_all("input")
    assert [(tag["max"], tag["value"], tag["aria-valuetext"]) for tag in inputs] == [
        ("2", "0", "1"),
        ("1", "1", "b"),
    ]
    assert all(tag.has_attr("disabled") for tag in soup.find_all(["input", "button"]))
    assert [tag.get_text() for tag in soup.find_all("label")] == ["k", "name"]


def test_stores_what_frames_share_once(built):
    def parity(k):
        power(k % 2 + 1)

    soup, data = built(parity, k=range(20))
    assert [len(data["drawings"]), len(data["frames"])] == [2, 20]
    assert len(data["tags"]) == len(set(data["tags"]))
    assert len(data["tags"]) < 1.2 * len(data["drawings"][0])
    # Two sliders on one page share no ids.
    other, _ = built(lambda k: power(k + 5), k=[1, 2])
    ids = [{tag["id"] for tag in each.select("svg [id]")} for each in (soup, other)]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_the_same_at_each_build(built):
    assert built(power, k=[1, 2]) == built(power, k=[1, 2])


def test_shows_figures_of_the_lab(built):
    images = np.random.default_rng(0).random((6, 784))

    def digits(how_many):
        show_digits(images[:how_many], title="Digits")

    soup, data = built(digits, how_many=[2, 4])
    assert soup.label.get_text() == "how many"
    assert drawing_at(data, 1).count("<image") == 4


def test_start_may_be_rounded(built):
    soup, _ = built(power, {"k": 0.3}, k=np.linspace(0, 1, 11))
    assert soup.input["value"] == "3"


def test_weight_has_a_limit(built, monkeypatch):
    monkeypatch.setattr(sliders, "MOST_BYTES", 3_000)
    message = r"at most 3 KB when compressed, found \d+ KB in 3 .*: give k fewer values than 3"
    with pytest.raises(ValueError, match=message):
        built(power, k=[1, 2, 3])


@pytest.mark.parametrize("bad", range(4))
def test_building_stops_at_any_frame_that_fails(built, bad):
    def fails(k, name):
        plt.subplots()
        assert (k, name) != ([1, 2][bad // 2], "ab"[bad % 2]), "this one fails"
        power(k, name)

    with pytest.raises(AssertionError, match="this one fails") as caught:
        built(fails, k=[1, 2], name=["a", "b"])
    assert f"'k': {[1, 2][bad // 2]}, 'name': '{'ab'[bad % 2]}'" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("fn", "message"),
    [
        (lambda k: plt.subplots()[0], "found 0 figures"),
        (lambda k: (power(k), power(k)), "found 2 figures"),
        (lambda k: show(plt.figure(figsize=(k, 3)), "Grows."), "one size"),
        (lambda k: show(plt.figure(), " "), "alt text"),
    ],
)
def test_building_wants_one_figure_of_one_size(built, fn, message):
    with pytest.raises(ValueError, match=message):
        built(fn, k=[3, 4])


# --- with a kernel


@pytest.fixture
def live(shown):
    """What `explore` shows with a kernel: the sliders, the picture and the reset button."""

    def run(*args, **kwargs):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            explore(*args, **kwargs)
        (box,) = shown
        _, picture, *moved, buttons = box.children
        return moved, picture, buttons.children[1]

    return run


def test_live_draws_anew(live):
    calls = []

    def counted(k, name):
        calls.append((k, name))
        power(k, name)

    (k, name), picture, reset = live(counted, {"k": 2}, k=[1, 2, 3], name=["a", "b"])
    assert calls == [(2, "a")]
    assert [k.description, name.description] == ["k", "name"]
    k.index = 2
    name.index = 1
    assert calls[1:] == [(3, "a"), (3, "b")]
    assert "called b, of power 3." in picture.value
    assert picture.value.count("<svg") == 1
    reset.click()
    assert "called a, of power 2." in picture.value
    assert calls[-1] == (2, "a")


def test_live_says_that_it_is_working(live, shown):
    busy = []

    def watched(k):
        busy.extend("lab-busy" in panel._dom_classes for panel in shown)
        power(k)

    (slider,), _, _ = live(watched, k=[1, 2])
    slider.index = 1
    assert busy == [True]
    assert "lab-busy" not in shown[0]._dom_classes


def test_live_shows_an_error_in_place(live):
    def fails(k):
        plt.subplots()
        if k == 2:
            raise RuntimeError("no <such> thing")
        power(k)

    (slider,), picture, _ = live(fails, k=[1, 2, 3])
    box = re.match(r'<div class="lab-frame" style="[^"]*">', picture.value)[0]
    slider.index = 1
    assert picture.value.startswith(box), "the page jumps"
    assert "RuntimeError: no &lt;such&gt; thing" in picture.value
    assert "At k = 2" in picture.value
    assert "raise RuntimeError(" in picture.value
    slider.index = 2
    assert "of power 3." in picture.value
    assert "lab-error" not in picture.value


def test_live_shows_an_error_at_the_start(live):
    (slider,), picture, _ = live(lambda k: power(1 / (k - 1)), k=[1, 2])
    assert "ZeroDivisionError" in picture.value
    slider.index = 1
    assert "of power 1.0." in picture.value

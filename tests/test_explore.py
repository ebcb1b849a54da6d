"""Sliders: what `explore` refuses, stores while the book is built, and does with a kernel."""

import json
import re
import signal
import sys
import warnings
from functools import partial, wraps
from itertools import count
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
from bs4 import BeautifulSoup
from IPython.core.interactiveshell import InteractiveShell
from ipywidgets.widgets.widget import _instances

from nn_core.lab import explore, show, show_digits, sliders
from nn_core.lab.page import BUILDING


def power(k=1, name="line"):
    """Draw x to the power of k."""
    fig, ax = plt.subplots(figsize=(5, 3))
    x = np.linspace(0, 1, 30)
    ax.plot(x, x**k)
    fig.suptitle(name)
    show(fig, f"A curve that rises from 0 to 1, called {name}, of power {k}.")


@pytest.fixture
def shown(monkeypatch):
    """Everything displayed."""
    seen = []
    for module in ("sliders", "page"):
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
        ({"k": [1, 2], "start": 2}, "start as the values to start at, .* found 2"),
        ({"power": [1, 2]}, "power does not fit the sliders power: .*'power'"),
        ({"fn": 3, "k": [1, 2]}, "expected a function that shows a figure, found 3"),
    ],
)
def test_refuses(shown, monkeypatch, arguments, message, building):
    """With a kernel in one sentence, in the figure's place; no cell after it is stopped."""
    arguments = {"fn": power, **arguments}
    if building:
        monkeypatch.setenv(BUILDING, "1")
        with pytest.raises(ValueError, match=message):
            explore(**arguments)
        assert shown == []
    else:
        explore(**arguments)
        (each,) = shown
        assert re.search(message, each["text/plain"])
        soup = BeautifulSoup(each["text/html"], "html.parser")
        assert soup.select_one("[role=alert]").get_text() == each["text/plain"]


def test_a_page_has_a_limit_of_frames_and_a_kernel_has_none(built, live, monkeypatch):
    grid = {"k": range(11), "name": range(12)}
    message = "120 frames in a page, found 11 × 12 = 132: give name fewer values than 12"
    with pytest.raises(ValueError, match=message):
        built(power, **grid)
    monkeypatch.delenv(BUILDING)
    assert "called 11, of power 10." in live(power, **grid)(10, 11)


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
    assert box["style"] == "--inches:5;aspect-ratio:5 / 3"
    assert "called b, of power 1." in box.svg["aria-label"]
    inputs = soup.find_all("input")
    assert [(tag["max"], tag["value"], tag["aria-valuetext"]) for tag in inputs] == [
        ("2", "0", "1"),
        ("1", "1", "b"),
    ]
    assert all(tag.has_attr("disabled") for tag in soup.find_all(["input", "button"]))
    assert [tag.span.get_text() for tag in soup.find_all("label")] == ["k", "name"]


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
    assert soup.label.span.get_text() == "how many"
    assert drawing_at(data, 1).count("<image") == 4


def test_start_may_be_rounded(built):
    soup, _ = built(power, {"k": 0.3}, k=np.linspace(0, 1, 11))
    assert soup.input["value"] == "3"


def test_weight_has_a_limit(built, monkeypatch):
    monkeypatch.setattr(sliders, "MOST_BYTES", 1_000)
    message = r"at most 1 KB when compressed, found \d+ KB in 3 .*: give k fewer values than 3"
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


def two(k):
    power(k)
    power(k)


def returns(k):
    return plt.subplots()[0]


def grows(k):
    show(plt.figure(figsize=(k, 3)), "Grows.")


def mute(k):
    show(plt.figure(), " ")


def swapped(k):
    show("A figure.", plt.figure())


def nothing(k):
    plt.figure()


MISTAKES = {
    nothing: "nothing shows no figure, but one is expected, by show(fig, alt)",
    returns: "returns returns its figure, but is expected to show it: end it with show(fig, alt)",
    two: "two shows 2 figures, but one is expected",
    grows: "grows shows a figure of 4 × 3 inches after one of 3 × 3, but one size is expected",
    mute: "expected alt text that says what is seen, found ' '",
    swapped: "expected a figure and its alt text, found str",
}


@pytest.mark.parametrize(("fn", "message"), MISTAKES.items())
def test_building_wants_one_figure_of_one_size(built, fn, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        built(fn, k=[3, 4])


def test_building_wants_nothing_printed(built):
    def talks(k):
        print("k is", k)
        power(k)

    with pytest.raises(ValueError, match=r"talks prints 'k is 1\\n', but a page stores figures"):
        built(talks, k=[1, 2])


# --- in the page's Python


@pytest.fixture
def called(shown, monkeypatch):
    """Shows sliders in the page's Python, and gives the page's key of them, and the element."""
    monkeypatch.setattr("nn_core.lab.page.in_page", lambda: True)

    def run(*args, **kwargs):
        explore(*args, **kwargs)
        html = shown[-1]["text/html"]
        assert html.startswith("<figure")
        soup = BeautifulSoup(html, "html.parser")
        data = json.loads(soup.script.string)
        assert set(data) == {"texts", "call"}
        return data["call"], soup

    return run


def test_in_the_page_draws_on_demand(called):
    first, soup = called(power, {"k": 2}, k=[1, 2, 3], name=["a", "b"])
    other, _ = called(lambda k: power(k, "other"), k=[4, 5])
    assert "called a, of power 2." in soup.svg["aria-label"]
    assert soup.select_one(".lab-advice").get_text() == "Run this cell to move the sliders."
    assert "called b, of power 3." in sliders.answer(first, [2, 1])
    assert "called other, of power 5." in sliders.answer(other, [1])
    assert sliders.answer("a key of before a restart", [0]) == ""


def test_in_the_page_an_error_is_said_in_place(called):
    key, _ = called(lambda k: power(1 / (k - 2)), k=[1, 2])
    seen = BeautifulSoup(sliders.answer(key, [1]), "html.parser")
    assert "ZeroDivisionError" in seen.select_one("[role=alert]").get_text()
    assert "of power -1.0." in sliders.answer(key, [0])


# --- with a kernel


@pytest.fixture
def live(shown):
    """Shows sliders with a kernel, and gives what moves them, as the script does, to positions."""

    def run(*args, **kwargs):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            explore(*args, **kwargs)
        element, wire = shown[-2:]
        data = json.loads(BeautifulSoup(element["text/html"], "html.parser").script.string)
        model = wire["application/vnd.jupyter.widget-view+json"]["model_id"]
        box = _instances[model]
        assert data["wire"] in box._dom_classes
        assert wire["text/plain"] == ""
        asked, answer = box.children
        times = count()

        def move(*positions):
            asked.value = question = f"{','.join(map(str, positions))} {next(times)}"
            found = re.fullmatch(
                r'<template data-answers="([^"]*)">(.*)</template>', answer.value, re.S
            )
            assert found[1] == question
            return found[2]

        move.first = str(BeautifulSoup(element["text/html"], "html.parser").select_one(".lab-view"))
        move.element = element["text/html"]
        return move

    return run


def test_live_draws_anew(live):
    calls = []

    def counted(k, name):
        calls.append((k, name))
        power(k, name)

    move = live(counted, {"k": 2}, k=[1, 2, 3], name=["a", "b"])
    assert calls == [(2, "a")]
    assert "called a, of power 2." in move.first
    seen = move(2, 1)
    assert calls[1:] == [(3, "b")]
    assert "called b, of power 3." in seen
    assert seen.count("<svg") == 1
    move(2, 1)
    assert calls[2:] == [(3, "b")], "asked once more, it did not draw anew"


def test_live_says_what_to_do_where_no_kernel_is(live):
    """The script takes it away. Without the kernel that ran the cell, it stays."""
    assert "Run this cell to move the slider.</span>" in live(power, k=[1, 2]).element
    both = live(power, k=[1, 2], name=["a"]).element
    assert "Run this cell to move the sliders.</span>" in both
    inputs = BeautifulSoup(both, "html.parser").find_all(["input", "button"])
    assert len(inputs) == 4
    assert all(tag.has_attr("disabled") for tag in inputs)


@pytest.mark.parametrize(("fn", "message"), MISTAKES.items())
def test_live_says_how_to_show_a_figure(live, fn, message):
    live(fn, k=[3, 4])
    seen = BeautifulSoup(live(fn, k=[3, 4])(1), "html.parser")
    assert message in seen.select_one("[role=alert]").get_text()
    assert seen.svg is None


def test_live_shows_an_error_in_place(live):
    def fails(k):
        plt.subplots()
        if k == 2:
            raise RuntimeError("no <such> thing")
        power(k)

    move = live(fails, k=[1, 2, 3])
    box = re.match(r'<div class="lab-view"><div class="lab-frame" style="[^"]*">', move.first)[0]
    seen = move(1)
    assert seen.startswith(box), "the page jumps"
    assert "RuntimeError: no &lt;such&gt; thing" in seen
    assert "At k = 2" in seen
    assert "raise RuntimeError(" in seen
    seen = move(2)
    assert "of power 3." in seen
    assert "lab-error" not in seen


def test_live_shows_an_error_at_the_start(live):
    move = live(lambda k: power(1 / (k - 1)), k=[1, 2])
    assert "ZeroDivisionError" in move.first
    assert "of power 1.0." in move(1)


class Called:
    def __call__(self, k):
        raise RuntimeError("in Called")


@pytest.mark.parametrize(
    ("fn", "line"),
    [
        (partial(lambda other, k: 1 / other, 0), "1 / other"),
        (wraps(power)(lambda k: 1 / (k - 2)), "1 / (k - 2)"),
        (Called(), 'raise RuntimeError("in Called")'),
    ],
)
def test_live_names_the_line_of_any_function(live, fn, line):
    seen = BeautifulSoup(live(fn, k=[1, 2])(1), "html.parser")
    assert line in seen.code.get_text()


def fail(k):
    raise RuntimeError


@pytest.mark.parametrize("ends", [KeyboardInterrupt, SystemExit, RecursionError])
def test_live_survives_what_is_no_exception(live, ends):
    def stopped(k):
        if k == 2:
            raise ends
        power(k)

    move = live(stopped, k=[1, 2])
    name = {KeyboardInterrupt: "Interrupted"}.get(ends, ends.__name__)
    assert f"<strong>{name}</strong>" in move(1)
    assert "of power 1." in move(0)


def test_live_is_interrupted(live):
    """Between cells a kernel ignores the signal."""

    def endless(k):
        while k == 2:
            signal.raise_signal(signal.SIGINT)
        power(k)

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        move = live(endless, k=[1, 2])
        assert "<strong>Interrupted</strong><br/>At k = 2, in line" in move(1).replace(
            "<br>", "<br/>"
        )
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_live_shows_what_is_printed_at_every_move(live, capsys):
    def talks(k):
        print(f"<{k}>")
        print("10%\r20%\rdone", file=sys.stderr)
        power(k)

    move = live(talks, k=[1, 2])
    assert "<pre>&lt;1&gt;\ndone\n</pre>" in move.first
    assert "<pre>&lt;2&gt;\ndone\n</pre>" in move(1)
    assert "<pre>&lt;1&gt;\ndone\n</pre>" in move(0)
    assert capsys.readouterr() == ("", "")
    assert "<pre>" not in live(power, k=[1, 2])(1)


def test_live_says_that_a_picture_was_displayed(live, monkeypatch):
    """As plt.show() does in a notebook."""
    shell = InteractiveShell()
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: shell)

    def displays(k):
        picture = {"image/png": "", "text/plain": "<Figure>"}
        text = {"text/plain": "a table"}
        for data in (picture, text):
            shell.display_pub.publish(data)
        power(k)

    seen = live(displays, k=[1, 2])(1)
    assert "displays shows a picture by plt.show() or display(), but is expected to show" in seen
    assert seen.endswith("<pre>a table\n</pre></div>")


def test_live_shows_what_was_printed_before_an_error(live):
    def talks(k):
        print("x" * 20_000, k)
        fail(k)

    seen = live(talks, k=[1, 2])(1)
    assert "RuntimeError" in seen
    assert seen.endswith("x 2\n</pre></div>")
    assert len(seen) < 12_000

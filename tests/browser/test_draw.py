"""The drawing pad: it reads as nn_core does, and answers whoever draws on it."""

import base64

import numpy as np
import pytest
from conftest import AXE, Visit
from drawing import STROKES

from nn_core import MLP, load_mnist
from nn_core.lab import draw_digit, page
from nn_core.lab.weights import read_script, unpack
from nn_core.tools.photos import BOX, centre, crop_to_ink, fit_into

STORED = read_script(page.static("digits.js"))
NETWORK = unpack(STORED)
EMPTY = "Draw a digit from 0 to 9 into the square."


class Pad:
    """A page with the pad, and hands to draw on it."""

    def __init__(self, page):
        self.page = page
        self.root = page.locator(".lab-draw")
        self.canvas = self.root.locator("canvas").first
        self.canvas.scroll_into_view_if_needed()

    def settle(self):
        """Wait for the frame in which the pad answers, which it has asked for already."""
        self.page.evaluate("() => new Promise(requestAnimationFrame)")

    @property
    def says(self):
        self.settle()
        return self.root.get_by_role("status").inner_text()

    @property
    def chances(self):
        self.settle()
        return self.root.locator("li .lab-draw-value").all_inner_texts()

    def on_screen(self, points):
        """Places on the screen, for points in a box from 0 to 1 in the middle of the pad."""
        self.canvas.scroll_into_view_if_needed()
        box = self.canvas.bounding_box()
        return [
            (box["x"] + (0.3 + 0.4 * x) * box["width"], box["y"] + (0.15 + 0.7 * y) * box["height"])
            for x, y in points
        ]

    def draw(self, lines):
        for points in lines:
            first, *rest = self.on_screen(points)
            self.page.mouse.move(*first)
            self.page.mouse.down()
            for point in rest:
                self.page.mouse.move(*point, steps=4)
            self.page.mouse.up()

    def touch(self, lines):
        session = self.page.context.new_cdp_session(self.page)

        def send(kind, *points):
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

        for points in lines:
            first, *rest = [{"x": x, "y": y} for x, y in self.on_screen(points)]
            send("touchStart", first)
            for point in rest:
                send("touchMove", point)
            send("touchEnd")

    def ink(self):
        self.settle()
        # As text: a list of so many numbers takes seconds on its way here.
        text = self.page.evaluate(
            """canvas => {
              const { data } = canvas.getContext("2d").getImageData(0, 0, 392, 392);
              let text = "";
              for (let k = 3; k < data.length; k += 4) text += String.fromCharCode(data[k]);
              return btoa(text);
            }""",
            self.canvas.element_handle(),
        )
        values = np.frombuffer(base64.b64decode(text), np.uint8)
        return values.reshape(392, 392).astype(np.float32) / 255

    def prepare(self, ink):
        """What the page makes of ink."""
        text = base64.b64encode(ink.astype("<f4").tobytes()).decode()
        found = self.page.evaluate(PREPARE, [ink.shape[1], text])
        return np.array(found).reshape(28, 28)

    def choose(self, value):
        self.root.get_by_label("Show me").select_option(value)


@pytest.fixture(scope="module")
def page_with_pad(elements):
    # The page goes on below the pad, so that a finger could move it.
    seen = elements(f'{page.element("draw")}<div style="height: 200vh"></div>')
    yield seen
    seen.context.close()


@pytest.fixture
def pad(page_with_pad):
    """The pad, as it is when the page has been loaded."""
    tab = page_with_pad.page
    tab.evaluate("document.querySelector('.lab-draw details').open = false")
    found = Pad(tab)
    found.root.get_by_role("combobox", name="Pen").select_option("medium")
    found.root.get_by_role("button", name="Clear").click()
    assert found.says == EMPTY
    yield found
    assert page_with_pad.complaints == []


def prepared(ink):
    digit = fit_into(crop_to_ink(ink, ink > 0), BOX)
    return centre(digit / digit.max())


PREPARE = """([W, text]) => {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const pixels = new Float32Array(bytes.buffer);
  return Array.from(nnPad.prepare({ H: pixels.length / W, W, pixels }).image.pixels);
}"""


def test_reads_all_test_digits_as_nn_core_does(pad):
    raw, X = load_mnist(raw=True)[2], load_mnist()[2]
    chances = pad.page.evaluate(
        """text => {
          const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
          const network = nnPad.unpack(nnDigits);
          const chances = [];
          for (let k = 0; k < bytes.length; k += 784) {
            const x = Float64Array.from(bytes.subarray(k, k + 784), (v) => v / 255);
            chances.push([...network.outputOf(network.forward(x))]);
          }
          return chances;
        }""",
        base64.b64encode(raw.tobytes()).decode(),
    )
    chances = np.array(chances)
    wanted = NETWORK.predict_proba(X)
    assert chances.shape == (10_000, 10)
    assert np.abs(chances - wanted).max() < 1e-4
    assert np.array_equal(chances.argmax(axis=1), wanted.argmax(axis=1))


@pytest.mark.parametrize("seed", range(5))
def test_prepares_a_drawing_as_nn_core_does(pad, seed):
    rng = np.random.default_rng(seed)
    pen = ["thin", "medium", "thick"][seed % 3]
    pad.root.get_by_role("combobox", name="Pen").select_option(pen)
    pad.draw(rng.uniform(-0.3, 1.2, (2, 5, 2)) * rng.uniform(0.1, 1, 2))
    assert pad.says != EMPTY
    ink = pad.ink()
    assert ink.any()
    wanted = prepared(ink)
    assert np.abs(pad.prepare(ink) - wanted).max() < 1e-5
    # What the page says comes from the same pixels.
    digit = NETWORK.predict(wanted.reshape(1, 784))[0]
    assert f" {digit}, with " in pad.says.split("Next")[0]


def test_prepares_any_ink_as_nn_core_does(pad):
    rng = np.random.default_rng(0)
    for H, W in [(1, 1), (1, 40), (40, 1), (3, 400), (15, 40), (17, 40), (90, 31), (400, 400)]:
        ink = rng.random((H, W)).astype(np.float32) * (rng.random((H, W)) < 0.4)
        ink[H // 2, W // 2] = 1
        assert np.abs(pad.prepare(ink) - prepared(ink)).max() < 1e-5, (H, W)


@pytest.mark.parametrize("digit", range(10))
def test_reads_what_the_mouse_draws(pad, digit):
    assert pad.says == EMPTY
    pad.draw(STROKES[digit])
    assert f"reads a{'n' * (digit == 8)} {digit}, with" in pad.says
    assert float(pad.chances[digit].removesuffix("%")) > 50


@pytest.mark.parametrize("digit", [0, 1, 7])
def test_reads_what_a_finger_draws(pad, digit):
    before = pad.page.evaluate("scrollY")
    pad.touch(STROKES[digit])
    assert f"reads a {digit}, with" in pad.says
    assert pad.page.evaluate("scrollY") == before


def test_answers_while_the_pen_is_down(pad):
    (x, y), (_, end) = pad.on_screen([(0.5, 0), (0.5, 1)])
    pad.page.mouse.move(x, y)
    pad.page.mouse.down()
    pad.page.mouse.move(x, end, steps=10)
    assert "reads a 1" in pad.says
    status = pad.root.get_by_role("status")
    assert status.get_attribute("aria-busy") == "true"
    pad.page.mouse.up()
    assert "reads a 1" in pad.says
    assert status.get_attribute("aria-busy") == "false"


def test_undo_and_clear(pad):
    undo, clear = (pad.root.get_by_role("button", name=name) for name in ("Undo", "Clear"))
    pad.draw([[(0.5, 0), (0.5, 1)]])
    one, ink = pad.says, pad.ink()
    pad.draw([[(0, 0), (1, 0)], [(0, 1), (1, 1)]])
    assert pad.says != one
    undo.click()
    undo.click()
    assert pad.says == one
    assert np.array_equal(pad.ink(), ink)
    undo.click()
    assert pad.says == EMPTY
    undo.click()
    pad.draw([[(0.5, 0), (0.5, 1)], [(0, 0), (1, 0)]])
    clear.click()
    assert pad.says == EMPTY
    assert not pad.ink().any()
    assert pad.chances == [""] * 10


def test_shows_test_digits_to_the_keyboard(pad):
    chooser = pad.root.get_by_label("Show me")
    options = chooser.locator("option").all_inner_texts()[1:]
    assert len(options) == len(STORED["examples"]) == 15
    chooser.focus()
    for k, (name, example) in enumerate(zip(options, STORED["examples"], strict=True)):
        pad.page.keyboard.press("ArrowDown")
        assert name.split()[-1] == str(example["label"])
        right = f"{name}, with" in pad.says
        assert right == (k < 10), f"{name}: {pad.says}"
    pad.root.get_by_role("button", name="Clear").click()
    assert chooser.input_value() == ""


def test_shows_what_the_hidden_units_do(pad):
    pad.root.get_by_text("Look inside").click()
    pad.choose("3")
    image = prepared(pad.ink()).reshape(1, 784)
    captions = pad.root.locator("details .lab-draw-note").all_inner_texts()
    hidden = NETWORK.activations(image)[1:-1]
    assert len(captions) == len(hidden)
    for caption, A in zip(captions, hidden, strict=True):
        assert f"{np.sum(A > 0)} of {A.size} units" in caption


def test_answers_within_a_frame_or_two(pad):
    pad.draw(STROKES[3])
    (x, y), *_ = pad.on_screen([(0.5, 0.5)])
    pad.page.mouse.move(x, y)
    pad.page.mouse.down()
    times = pad.page.evaluate(
        """async ([canvas, x, y]) => {
          const times = [];
          for (let k = 0; k < 40; k++) {
            const began = performance.now();
            const place = { pointerId: 1, clientX: x + k, clientY: y };
            canvas.dispatchEvent(new PointerEvent("pointermove", place));
            // Asked for after the pad asked for its own, so it comes after it, in the same frame.
            await new Promise(requestAnimationFrame);
            times.push(performance.now() - began);
          }
          return times;
        }""",
        [pad.canvas.element_handle(), x, y],
    )
    # The fastest: how long it takes when nothing else on this machine is in its way.
    assert min(times) < 30


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_accessible_while_in_use(lab_page, width, scheme):
    seen = lab_page(page.element("draw"), width=width, scheme=scheme)
    pad = Pad(seen.page)
    inside = pad.root.get_by_text("Look inside")
    place, size = inside.bounding_box(), pad.root.bounding_box()
    pad.draw(STROKES[7])
    assert "reads a 7" in pad.says
    # Nothing moves when there is an answer.
    assert (inside.bounding_box(), pad.root.bounding_box()) == (place, size)
    inside.click()
    seen.page.evaluate(AXE)
    found = seen.page.evaluate("axe.run('.lab-draw', {resultTypes: ['violations']})")
    assert [violation["id"] for violation in found["violations"]] == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.complaints == []


def test_reads_with_a_network_that_was_given(lab_page, monkeypatch):
    shown = []
    monkeypatch.setattr(page, "in_page", lambda: True)
    monkeypatch.setattr(page, "display", lambda data, raw: shown.append(data["text/html"]))
    network = MLP((784, 20, 10), np.random.default_rng(0))
    draw_digit(network)
    visit = lab_page(shown[0])
    pad = Pad(visit.page)
    pad.root.get_by_text("Look inside").click()
    pad.draw(STROKES[1])
    wanted = network.predict_proba(pad.prepare(pad.ink()).reshape(1, 784).astype(np.float32))
    found = [float(text.split()[0]) / 100 for text in pad.chances]
    assert np.abs(found - wanted).max() < 0.05
    assert "of 20 units pass something on" in pad.root.inner_text()
    assert "The network has 784-20-10 units." in pad.root.inner_text()
    assert "10,000" not in pad.root.inner_text()
    assert visit.complaints == []


def test_a_new_pad_begins_with_what_was_drawn(lab_page, monkeypatch):
    shown = []
    monkeypatch.setattr(page, "in_page", lambda: True)
    monkeypatch.setattr(page, "display", lambda data, raw: shown.append(data["text/html"]))
    draw_digit(MLP((784, 20, 10), np.random.default_rng(0)))
    visit = lab_page(page.element("draw"))
    pad = Pad(visit.page)
    pad.draw(STROKES[1])
    ink = pad.ink()
    visit.page.evaluate(
        "html => { document.querySelector('.lab-draw').outerHTML = html; nnLab.refresh(); }",
        shown[0],
    )
    pad = Pad(visit.page)
    assert "The network has 784-20-10 units." in pad.root.inner_text()
    assert np.array_equal(pad.ink(), ink)
    assert visit.complaints == []


@pytest.mark.parametrize(
    ("network", "found"),
    [
        (MLP((9, 10), np.random.default_rng(0)), "found 9 inputs, relu, 10 outputs and softmax"),
        (
            MLP((784, 3, 10), np.random.default_rng(0), activation="tanh"),
            "found 784 inputs, tanh, 10 outputs and softmax",
        ),
    ],
)
def test_refuses_a_network_that_reads_no_digits(network, found):
    with pytest.raises(ValueError, match=found):
        draw_digit(network)


def test_works_where_there_is_no_book(browser, monkeypatch):
    shown = []
    monkeypatch.setattr(page, "display", lambda data, raw: shown.append(data["text/html"]))
    monkeypatch.delenv(page.BUILDING, raising=False)
    draw_digit()
    tab = browser.new_page()
    tab.set_content(f"<!DOCTYPE html><html><body>{shown[0]}</body></html>")
    pad = Pad(tab)
    pad.draw(STROKES[1])
    assert "reads a 1" in pad.says
    tab.close()


def test_a_chapter_fetches_the_network_when_the_reader_comes_near(browser, site):
    visit = Visit(browser, site, "book/00_tour", width=390, scheme="light")
    fetched = (
        "performance.getEntriesByType('resource').some(({ name }) => /digits\\.js/.test(name))"
    )
    top = "document.querySelector('.lab-draw').getBoundingClientRect().top"
    assert visit.page.evaluate(top) > 5000
    assert not visit.page.evaluate(fetched)
    # Without a connection the page says so, and tries again when there is one.
    visit.context.set_offline(True)
    visit.page.locator(".lab-draw").scroll_into_view_if_needed()
    visit.page.get_by_text("The network of this pad did not arrive").wait_for()
    visit.complaints.clear()
    visit.context.set_offline(False)
    visit.page.locator(".lab-draw-main").wait_for()
    assert visit.page.evaluate(fetched)
    pad = Pad(visit.page)
    pad.draw(STROKES[1])
    assert "reads a 1" in pad.says
    assert visit.complaints == []
    visit.context.close()

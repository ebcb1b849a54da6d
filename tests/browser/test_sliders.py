"""Sliders in a page without a kernel, and in JupyterLab."""

import pytest
from conftest import AXE

from nn_core.lab import sliders
from nn_core.lab.page import BUILDING

CELL = """
import matplotlib.pyplot as plt
import numpy as np

from nn_core.lab import explore, show

def draw(learning_rate, shape):
    if (learning_rate, shape) == BAD:
        raise RuntimeError("this one fails")
    x = np.linspace(-2, 2, 200)
    fig, ax = plt.subplots()
    ax.plot(x, np.tanh(learning_rate * x) if shape == "tanh" else learning_rate * x)
    ax.set(ylim=(-2, 2), xlabel="x")
    fig.suptitle(f"{shape} at {learning_rate}")
    show(fig, f"The function {shape}, with a slope of {learning_rate} at zero.")

explore(draw, {"learning_rate": 0.5}, learning_rate=[0.1, 0.5, 1, 2], shape=["tanh", "line"])
"""


@pytest.fixture(scope="module")
def element():
    """The HTML that the cell gives while the book is built."""
    shown = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(BUILDING, "1")
        patch.setattr("nn_core.lab.page.display", lambda data, raw: shown.append(data))
        exec(CELL, {"BAD": None})
    return shown[0]["text/html"]


def seen(shape, slope):
    return f"The function {shape}, with a slope of {slope} at zero."


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_page(lab_page, element, width, scheme):
    visit = lab_page(element, width=width, scheme=scheme)
    page = visit.page
    frame = page.locator(".lab-frame svg")
    rate = page.get_by_role("slider", name="learning rate")
    shape = page.get_by_role("slider", name="shape")
    box = page.locator(".lab").bounding_box()

    assert frame.get_attribute("aria-label") == seen("tanh", 0.5)
    rate.press("ArrowRight")
    assert frame.get_attribute("aria-label") == seen("tanh", 1)
    assert rate.get_attribute("aria-valuetext") == "1"
    assert page.locator(".lab-value").all_inner_texts() == ["1", "tanh"]
    shape.press("End")
    assert frame.get_attribute("aria-label") == seen("line", 1)
    rate.press("Home")
    assert frame.get_attribute("aria-label") == seen("line", 0.1)
    assert page.locator("figcaption").text_content() == "line at 0.1"
    said = page.locator("[aria-live]").text_content()
    assert said == f"line at 0.1. {seen('line', 0.1)}"
    page.get_by_role("button", name="Reset").click()
    assert frame.get_attribute("aria-label") == seen("tanh", 0.5)
    assert page.locator(".lab-value").all_inner_texts() == ["0.5", "tanh"]

    # A finger on the right end of a slider.
    place = rate.bounding_box()
    assert place["height"] >= 24
    assert place["width"] >= 150
    page.mouse.click(place["x"] + place["width"] - 5, place["y"] + place["height"] / 2)
    assert frame.get_attribute("aria-label") == seen("tanh", 2)

    assert page.locator(".lab").bounding_box() == box, "the page jumps"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    ink = frame.evaluate("svg => getComputedStyle(svg).color")
    assert ink == {"light": "rgb(31, 41, 51)", "dark": "rgb(230, 233, 238)"}[scheme]
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert not [(each["id"], node["html"]) for each in found for node in each["nodes"]]
    assert visit.abroad == []
    assert visit.complaints == []


def test_page_shows_each_frame_whole(lab_page, element):
    """It replaces only what differs, whichever frame was there before."""
    wrong = lab_page(element).page.evaluate("""() => {
        const root = document.querySelector(".lab");
        const { tags, drawings, frames } = JSON.parse(root.querySelector("script").textContent);
        const [rate, shape] = root.querySelectorAll(".lab-control input");
        const go = (k) => {
            [rate.value, shape.value] = [Math.floor(k / 2), k % 2];
            shape.dispatchEvent(new Event("input"));
            const svg = drawings[frames[k]].map((tag) => tags[tag]).join("");
            const whole = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
            return root.querySelector(".lab-frame svg").isEqualNode(whole);
        };
        return frames.flatMap((_, i) => frames.map((_, k) => go(i) && go(k))).filter((ok) => !ok);
    }""")
    assert wrong == []


def test_page_plays(lab_page, element):
    page = lab_page(element).page
    frame = page.locator(".lab-frame svg")
    page.wait_for_timeout(700)
    assert frame.get_attribute("aria-label") == seen("tanh", 0.5), "it plays by itself"
    play = page.get_by_role("button", name="Play")
    play.click()
    page.get_by_label(seen("tanh", 1)).wait_for()
    page.get_by_role("button", name="Pause").click()
    page.wait_for_timeout(700)
    assert frame.get_attribute("aria-label") == seen("tanh", 1), "it does not pause"
    # It stops at the end, and begins there with the first.
    play.click()
    page.get_by_label(seen("tanh", 2)).wait_for()
    play.click()
    page.get_by_label(seen("tanh", 0.1)).wait_for()
    page.get_by_role("slider", name="learning rate").press("End")
    assert play.is_visible(), "it goes on while somebody moves a slider"


def test_page_shows_the_first_frame_without_scripts(lab_page, element):
    visit = lab_page(element.replace('data-lab="explore"', ""))
    assert visit.page.locator(".lab-frame svg").get_attribute("aria-label") == seen("tanh", 0.5)
    assert visit.page.get_by_role("slider", name="learning rate").is_disabled()


@pytest.fixture
def called(lab_page, element, monkeypatch):
    """A page with sliders whose frames this Python draws, as the page's own would do."""
    shown = []
    monkeypatch.setattr("nn_core.lab.page.in_page", lambda: True)
    monkeypatch.setattr("nn_core.lab.page.display", lambda data, raw: shown.append(data))
    exec(CELL, {"BAD": (1, "line")})
    visit = lab_page(element)
    visit.page.expose_function("answer", sliders.answer)
    # The output of the cell takes the place of the stored frames. `free` lets Python answer.
    visit.page.evaluate(
        """html => {
            globalThis.asked = [];
            globalThis.free = () => {};
            globalThis.busy = Promise.resolve();
            globalThis.nnCells = {
                async call(key, positions) {
                    asked.push(positions.join());
                    await busy;
                    return answer(key, positions);
                },
            };
            document.querySelector(".lab").outerHTML = html;
            nnLab.refresh();
            nnLab.refresh();
        }""",
        shown[0]["text/html"],
    )
    yield visit.page
    assert visit.complaints == []


def test_page_with_python(called):
    rate = called.get_by_role("slider", name="learning rate")
    advice = called.locator(".lab-advice")
    called.get_by_label(seen("tanh", 0.5)).wait_for()
    assert advice.text_content() == ""
    rate.press("ArrowRight")
    called.get_by_label(seen("tanh", 1)).wait_for()
    called.get_by_role("slider", name="shape").press("ArrowRight")
    alert = called.get_by_role("alert")
    alert.wait_for()
    assert "this one fails" in alert.text_content()
    # While Python is busy, only the newest of many moves waits.
    called.evaluate("() => { asked = []; busy = new Promise((done) => { free = done; }); }")
    for _ in range(3):
        rate.press("ArrowLeft")
        rate.press("ArrowRight")
    rate.press("End")
    assert called.locator(".lab-busy").count() == 1
    called.evaluate("free()")
    called.get_by_label(seen("line", 2)).wait_for()
    assert called.evaluate("asked") == ["1,1", "3,1"]
    called.locator(".lab:not(.lab-busy)").wait_for()
    assert advice.text_content() == ""


@pytest.mark.parametrize(
    "restarted", ["nnCells.call = async () => ''", "nnCells.call = () => Promise.reject()"]
)
def test_page_with_python_that_was_restarted(called, restarted):
    called.evaluate(f"() => {{ {restarted}; }}")
    rate = called.get_by_role("slider", name="learning rate")
    rate.press("ArrowRight")
    called.get_by_text("Run this cell to move the sliders.").wait_for()
    assert rate.is_disabled()
    assert called.get_by_role("button", name="Play").is_disabled()
    assert called.locator(".lab-busy").count() == 0
    assert called.locator(".lab-frame svg").get_attribute("aria-label") == seen("tanh", 0.5)


def test_jupyterlab(jupyterlab):
    page = jupyterlab('BAD = (1, "line")', CELL)
    frame = page.locator(".lab-frame")
    page.get_by_label(seen("tanh", 0.5)).wait_for()
    assert page.locator(".jp-OutputArea-output img").count() == 0, "the figure is shown once more"
    rate = page.get_by_role("slider", name="learning rate")
    shape = page.get_by_role("slider", name="shape")
    height = frame.bounding_box()["height"]

    rate.press("ArrowRight")
    page.get_by_label(seen("tanh", 1)).wait_for()
    assert rate.get_attribute("aria-valuetext") == "1"
    assert page.locator(".lab-said").text_content() == f"tanh at 1. {seen('tanh', 1)}"
    shape.press("ArrowRight")
    page.get_by_role("alert").get_by_text("RuntimeError: this one fails").wait_for()
    assert page.locator(".lab-frame svg").count() == 0
    assert frame.bounding_box()["height"] == height, "the page jumps"
    rate.press("ArrowRight")
    page.get_by_label(seen("line", 2)).wait_for()
    page.get_by_role("button", name="Reset").click()
    page.get_by_label(seen("tanh", 0.5)).wait_for()
    page.get_by_role("button", name="Play").click()
    page.get_by_label(seen("tanh", 2)).wait_for()
    assert frame.count() == 1
    assert frame.bounding_box()["height"] == height
    assert page.locator(".lab-busy").count() == 0
    assert page.locator(".lab-advice").text_content() == ""


SLOW = """
import threading
from time import sleep

import matplotlib.pyplot as plt
from nn_core.lab import explore, show

calls = []

def slow(k, words):
    calls.append(k)
    print(len(calls), threading.current_thread().name)
    # Open while the next moves arrive.
    fig, ax = plt.subplots()
    sleep(0.3)
    while k == 9:
        continue
    show(fig, f"Figure {k}.")

explore(slow, k=range(10), words=["a", "a value of many words " * 4])
"""


def test_jupyterlab_draws_one_at_a_time(jupyterlab):
    """Of moves that came while it drew, only the last is drawn. An interrupt ends the drawing."""
    page = jupyterlab(SLOW)
    slider = page.get_by_role("slider", name="k")
    busy = page.locator(".lab-busy")
    page.get_by_label("Figure 0.").wait_for()
    for _ in range(8):
        slider.press("ArrowRight")
    assert slider.input_value() == "8"
    page.get_by_label("Figure 8.").wait_for()
    calls, thread = page.locator(".lab-view pre").text_content().split()
    assert int(calls) < 8
    assert thread == "MainThread"
    slider.press("ArrowRight")
    busy.wait_for()
    page.get_by_text("Still at work. If the kernel was restarted, run this cell.").wait_for()
    page.evaluate("jupyterapp.commands.execute('notebook:interrupt-kernel')")
    alert = page.get_by_role("alert")
    alert.get_by_text("Interrupted").wait_for()
    assert alert.locator("code").text_content() in ("while k == 9:", "continue")
    assert busy.count() == 0
    slider.press("Home")
    page.get_by_label("Figure 0.").wait_for()
    assert page.locator(".lab-advice").text_content() == ""


ADVICE = "Run this cell to move the sliders."
KERNEL = "jupyterapp.shell.currentWidget.sessionContext.session.kernel"


def test_jupyterlab_says_what_to_do_without_the_kernel_that_ran_the_cell(jupyterlab):
    page = jupyterlab("BAD = None", CELL)
    rate = page.get_by_role("slider", name="learning rate")
    advice = page.locator(".lab-advice")
    rate.press("End")
    page.get_by_label(seen("tanh", 2)).wait_for()
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")

    # Opened anew while the kernel runs, it stands where it was left, and moves.
    page.reload()
    page.get_by_label(seen("tanh", 2)).wait_for()
    assert rate.get_attribute("aria-valuetext") == "2"
    rate.press("ArrowLeft")
    page.get_by_label(seen("tanh", 1)).wait_for()
    assert advice.text_content() == ""

    page.evaluate(f"() => {KERNEL}.restart()")
    advice.get_by_text(ADVICE).wait_for()
    assert rate.is_disabled()
    assert page.locator(".lab-frame svg").get_attribute("aria-label") == seen("tanh", 1)

    page.reload()
    advice.get_by_text(ADVICE).wait_for()
    # Only then JupyterLab knows that the widgets are gone, and says so.
    page.get_by_text("model not found").wait_for(state="attached")
    assert not page.get_by_text("model not found").is_visible()
    assert rate.is_disabled()
    assert page.get_by_label(seen("tanh", 0.5)).is_visible()


def test_jupyterlab_leaves_keys_to_the_sliders(jupyterlab):
    page = jupyterlab("BAD = None", CELL, "1 + 1")
    page.get_by_label(seen("tanh", 0.5)).wait_for()
    controls = page.locator(".lab-explore").locator("input, button")
    assert controls.count() == 5  # the last reads the values of the line
    for control in controls.all():
        control.focus()
        # Shortcuts that would delete the cell, copy, add and leave cells.
        for key in "ddxcabjk":
            page.keyboard.press(key)
        page.keyboard.press("ArrowDown")
        assert control.evaluate("tag => tag === document.activeElement")
    assert page.locator(".jp-Cell").count() == 3


def test_jupyterlab_shows_long_values_whole(jupyterlab):
    page = jupyterlab(SLOW)
    page.get_by_role("slider", name="words").press("End")
    value = page.locator(".lab-value").nth(1)
    assert value.text_content() == "a value of many words " * 4
    for tag in (value, page.locator(".lab")):
        assert tag.evaluate("tag => tag.scrollWidth <= tag.clientWidth")

"""Figures that the reader moves: their numbers beside nn_core's, their controls, their manners."""

import re
from datetime import datetime, timedelta

import numpy as np
import pytest
from conftest import AXE

import nn_core as nn
from nn_core.lab import live, page
from nn_core.lab.figures import FIGURES

# What a browser has drawn and written, and where the controls stand.
STATE = """() => ({
  drawn: document.querySelector(".lab > svg").innerHTML,
  label: document.querySelector(".lab > svg").getAttribute("aria-label"),
  words: document.querySelector(".words").textContent,
  values: [...document.querySelectorAll(".lab-control")].map(control => [
    control.querySelector("input, select").value, control.querySelector(".lab-value").textContent]),
})"""


@pytest.fixture
def notebook(browser, monkeypatch):
    """Open a page that holds what cells with `live` put into a notebook."""
    monkeypatch.delenv(page.BUILDING, raising=False)
    outputs, contexts, complaints = [], [], []
    monkeypatch.setattr(page, "display", lambda data, raw: outputs.append(data["text/html"]))

    def go(*names, width=760, stopped=True, **options):
        outputs.clear()
        for name in names:
            live(name)
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **options))
        tab = contexts[-1].new_page()
        if stopped:  # time passes only where a test says so
            tab.clock.install()
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("console", lambda line: complaints.append(line.text) if line.type == "error" else 0)
        main = f"<main><h1>Figures</h1>{''.join(outputs)}</main>"
        tab.set_content(f'<!doctype html><html lang="en"><title>Figures</title>{main}</html>')
        tab.locator(".words:not(:empty)").nth(len(names) - 1).wait_for()
        return tab

    yield go
    for context in contexts:
        context.close()
    assert complaints == []


def settle(tab):
    """Let time pass until a change is drawn and told, and give what is told."""
    tab.clock.run_for(700)
    return tab.locator(".words").inner_text().replace("\u00a0", " ").replace("−", "-")


def test_the_figures_have_names():
    assert FIGURES == ["activation", "losses", "neuron", "softmax", "valley"]
    with pytest.raises(ValueError, match="activation, losses, neuron, softmax, valley, found 'sof"):
        live("softmaxx")


@pytest.mark.parametrize("name", FIGURES)
def test_each_control_moves_the_figure_and_reset_brings_it_back(notebook, name):
    tab = notebook(name)
    start = tab.evaluate(STATE)
    controls = tab.locator(".lab-control input, .lab-control select")
    assert controls.count() == len(start["values"]) >= 2
    for k in range(controls.count()):
        controls.nth(k).focus()
        told = controls.nth(k).get_attribute("aria-valuetext")
        for _ in range(4):
            tab.keyboard.press("ArrowDown" if told is None else "ArrowRight")
        settle(tab)
        moved = tab.evaluate(STATE)
        for what in ("drawn", "label", "words"):
            assert moved[what] != start[what], f"control {k}: {what}"
        assert moved["label"].endswith(moved["words"])
        assert len(moved["label"]) > 30
        changed = [i for i, pair in enumerate(moved["values"]) if pair != start["values"][i]]
        assert changed == [k]
        assert told is None or controls.nth(k).get_attribute("aria-valuetext") != told
        tab.get_by_role("button", name="Reset").click()
        settle(tab)
        assert tab.evaluate(STATE) == start


def test_words_wait_until_they_can_be_heard(notebook):
    tab = notebook("activation")
    assert tab.locator(".words").get_attribute("aria-live") == "polite"
    settle(tab)
    tab.clock.pause_at(datetime.now() + timedelta(minutes=1))  # a busy machine must not let it run
    start = tab.evaluate(STATE)
    tab.locator("[name=Z]").press("ArrowRight")
    tab.clock.run_for(100)
    moving = tab.evaluate(STATE)
    assert moving["drawn"] != start["drawn"]
    assert moving["words"] == start["words"]
    assert settle(tab) != start["words"]


def test_jupyterlab_is_kept_from_the_keys(notebook):
    tab = notebook("neuron")
    for control in tab.locator(".lab input, .lab select, .lab button").all():
        control.focus()
        assert control.get_attribute("data-lm-suppress-shortcuts") == "true"


def test_reset_does_not_move_for_those_who_asked_for_stillness(notebook):
    tab = notebook("valley", reduced_motion="reduce")
    slider = tab.locator("input[name=steps]")
    slider.fill("90")
    tab.get_by_role("button", name="Reset").click()
    assert slider.input_value() == "30"


@pytest.mark.parametrize(
    ("name", "control", "handle", "across"),
    [("neuron", "x1", 0, 30), ("activation", "Z", 1, 30), ("softmax", "T", 0, -30)],
)
def test_a_handle_can_be_dragged(notebook, name, control, handle, across):
    tab = notebook(name)
    slider = tab.locator(f"[name={control}]")
    before = float(slider.input_value())
    box = tab.locator(".handle").nth(handle).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + across / 2, y)
    tab.mouse.move(x + across, y)
    tab.mouse.up()
    moved = float(slider.input_value())
    assert (moved - before) * across > 0
    tab.mouse.move(x - across, y)
    settle(tab)
    assert float(slider.input_value()) == moved
    box = tab.locator(".handle").nth(handle).bounding_box()
    assert box["x"] + box["width"] / 2 == pytest.approx(x + across, abs=3)


def test_neuron_says_what_nn_core_computes(notebook):
    tab = notebook("neuron")
    given = {"x1": -1.5, "x2": 0.8, "w1": 1.25, "w2": -0.6, "b": 0.35}
    for name, value in given.items():
        tab.locator(f"[name={name}]").fill(str(value))
    x1, x2, w1, w2, b = given.values()
    Z = nn.dense_forward(np.array([[x1, x2]]), np.array([[w1], [w2]]), np.array([b]))
    for option, forward in [("tanh", nn.tanh_forward), ("leaky_relu", None)]:
        tab.locator("select").select_option(option)
        words = settle(tab)
        A = forward(Z) if forward else nn.leaky_relu_forward(Z, 0.1)
        assert re.findall(r"-?\d+\.\d+", words) == [f"{Z.item():.2f}", f"{A.item():.2f}"]


def test_softmax_draws_what_nn_core_computes(notebook):
    tab = notebook("softmax")
    Z = np.array([-1.5, 0.25, 2.0, 4.75])
    for k, value in enumerate(Z):
        tab.locator(f"[name=Z{k}]").fill(str(value))
    for power in ("-1", "0", "0.5", "1"):
        tab.locator("[name=T]").fill(power)
        settle(tab)
        heights = tab.locator("rect.bar").evaluate_all(
            "all => all.map(bar => bar.height.baseVal.value)"
        )
        T = float(f"{10 ** float(power):.3g}")
        assert np.allclose(
            np.array(heights) / np.sum(heights), nn.softmax(Z[None] / T)[0], atol=1e-6
        )


def test_losses_say_what_nn_core_computes(notebook):
    tab = notebook("losses")
    tab.locator("[name=Z]").fill("-4")
    words = settle(tab)
    scores, zero = {"mse": np.array([[-4.0]]), "ce": np.array([[-4.0, 0.0]])}, np.array([0])
    first = {}
    for _ in range(100):
        A = nn.sigmoid_forward(scores["mse"])
        dZ = {
            "mse": nn.sigmoid_backward(nn.mean_squared_error(A, zero)[1], A),
            "ce": nn.softmax_cross_entropy(scores["ce"], zero)[1] * [1, 0],  # the other stays at 0
        }
        first = first or dZ
        for name, gradient in dZ.items():
            scores[name] = scores[name] - gradient
    ratio = first["ce"][0, 0] / first["mse"][0, 0]
    ends = [100 * nn.sigmoid_forward(scores[name])[0, 0] for name in ("mse", "ce")]
    assert f"is {ratio:.0f} times smaller" in words
    assert f"After 100 steps it has reached {ends[0]:.1f} %, cross-entropy {ends[1]:.1f} %" in words


def test_valley_says_what_nn_core_computes(notebook):
    tab = notebook("valley")
    tab.locator("[name=c]").fill("10")

    def left(optimizer, steps):
        theta = np.array([-8.5, 3.0])
        for _ in range(steps):
            optimizer.step(theta, theta * [1, 10])
        return f"{100 * (theta**2 @ [1, 10]) / (8.5**2 + 10 * 9):.1f} %"

    for beta, lr in (("0", "0.02"), ("0.5", "0.02")):
        tab.locator("[name=beta]").fill(beta)
        tab.locator("[name=lr]").fill(lr)
        words = settle(tab)
        assert left(nn.SGD(0.02), 30) in words
        assert beta == "0" or left(nn.Momentum(0.02, 0.5), 30) in words


@pytest.mark.parametrize(
    ("lr", "beta", "verdict"),
    [
        ("0.045", "0", "It slides down without a zigzag"),
        ("0.095", "0", "It zigzags across the valley"),
        ("0.1", "0", "It jumps from wall to wall and comes no closer"),
        ("0.101", "0", "It diverges"),
        ("0.149", "0.5", "With momentum"),
        ("0.151", "0.5", "It diverges"),
    ],
)
def test_valley_says_how_it_goes(notebook, lr, beta, verdict):
    tab = notebook("valley")
    tab.locator("[name=lr]").fill(lr)
    tab.locator("[name=beta]").fill(beta)
    assert settle(tab).startswith(verdict)


@pytest.mark.parametrize("width", [1280, 760, 390])
@pytest.mark.parametrize("name", FIGURES)
def test_nothing_jumps_or_sticks_out(notebook, name, width):
    tab = notebook(name, width=width)
    height = "document.querySelector('.lab').getBoundingClientRect().height"
    start = tab.evaluate(height)
    ranges, choices = tab.locator(".control input"), tab.locator("select option")
    for choice in [option.get_attribute("value") for option in choices.all()] or [None]:
        if choice:
            tab.locator("select").select_option(choice)
        for key in ("Home", "End"):
            for slider in ranges.all():
                slider.press(key)
                settle(tab)
                assert tab.evaluate(height) == start, (choice, key, slider)
                assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [1280, 390])
def test_accessible(notebook, width):
    tab = notebook(*FIGURES, width=width)
    tab.evaluate(AXE)
    found = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [each["id"] for each in found["violations"] if each["impact"] != "minor"] == []
    assert tab.locator("svg[role=img]").count() == len(FIGURES)
    # A finger needs room.
    for control in tab.locator(".lab input, .lab select, .lab button").all():
        assert control.bounding_box()["height"] >= 24


@pytest.mark.parametrize("name", FIGURES)
def test_redraws_within_a_frame(notebook, name):
    tab = notebook(name, stopped=False)
    times = tab.evaluate(
        """async () => {
          const times = [];
          const sliders = [...document.querySelectorAll("input")];
          for (let k = 0; k < 60; k++) {
            const slider = sliders[k % sliders.length];
            slider.stepUp(k % 2 ? -3 : 5);
            let begun;
            requestAnimationFrame(() => { begun = performance.now(); });
            slider.dispatchEvent(new Event("input", {bubbles: true}));
            await new Promise((done) => requestAnimationFrame(() => {
              document.querySelector(".lab").getBoundingClientRect();
              times.push(performance.now() - begun);
              done();
            }));
          }
          return times;
        }"""
    )
    assert np.median(times) < 16

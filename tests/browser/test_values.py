"""Figures in a browser: the values of lines at a point, and text that can be read on a phone."""

import numpy as np
import pandas as pd
import pytest

from nn_core.lab import show_confusion, show_digits, show_graph, show_history, show_lines
from nn_core.lab.page import BUILDING

HISTORY = pd.DataFrame(
    {"accuracy": [0.5, 0.875, 0.93], "dev_accuracy": [0.44, 0.75, 0.8]},
    index=pd.Index([1, 2, 3], name="epoch"),
)
RATES = [0.001, 0.01, 0.1]
SHOWN = {
    "history": lambda: show_history(HISTORY, title="It learns"),
    "lines": lambda: show_lines(
        {
            name: (RATES, [k, 10.0 * k, 100.0 * k])
            for k, name in enumerate(["SGD", "Adam"], start=1)
        },
        title="Two optimizers",
        xlabel="learning rate",
        ylabel="loss",
        xscale="log",
        yscale="log",
    ),
    "digits": lambda: show_digits(np.eye(784)[:20], range(20), title="Twenty dots"),
    "confusion": lambda: show_confusion(np.diag([2, 3]), title="No mistake"),
    "graph": lambda: show_graph(
        {"z": ("×", "w", "x"), "a": ("relu", "z"), "L": ("square", "a")},
        {"w": 2, "x": 3, "z": 6, "a": 6, "L": 36},
        title="A graph",
    ),
}
SIZES = """() => [...document.querySelectorAll("svg text")].map(text => {
  const svg = text.closest("svg");
  const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  return scale * parseFloat(getComputedStyle(text).fontSize);
})"""


@pytest.fixture
def shown(lab_page, monkeypatch):
    """Open a page with a figure, as the book has it."""
    monkeypatch.setenv(BUILDING, "1")

    def go(name, **options):
        outputs = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                "nn_core.lab.page.display", lambda data, raw: outputs.append(data["text/html"])
            )
            SHOWN[name]()
        return lab_page(outputs[0], **options).page

    return go


def test_keys_read_the_values(shown):
    page = shown("history", width=760)
    reader = page.get_by_role("slider", name="Values by epoch")
    values = page.locator(".lab-reading .values")
    assert not values.is_visible()
    reader.focus()
    assert reader.get_attribute("aria-valuetext") == "epoch 1: training 50 %, dev 44 %"
    assert values.is_visible()
    reader.press("ArrowRight")
    assert reader.get_attribute("aria-valuetext") == "epoch 2: training 87.5 %, dev 75 %"
    assert values.inner_text().split("\n") == ["epoch", "2", "training", "87.5 %", "dev", "75 %"]
    reader.press("End")
    assert reader.get_attribute("aria-valuetext") == "epoch 3: training 93 %, dev 80 %"
    reader.press("Escape")
    assert not values.is_visible()


def test_a_pointer_reads_the_values_on_logarithmic_axes(shown):
    page = shown("lines", width=760)
    box = page.locator(".lab-reading").bounding_box()
    values = page.locator(".lab-reading .values")
    page.mouse.move(box["x"] + 0.52 * box["width"], box["y"] + 0.5 * box["height"])
    assert values.is_visible()
    found = values.inner_text().split("\n")
    assert found == ["learning rate", "0.01", "Adam", "20", "SGD", "10"]
    dots = page.locator(".lab-reading .dot").all()
    assert len(dots) == 2
    # The dots lie on the drawn points.
    for dot in dots:
        at = dot.bounding_box()
        assert abs(at["x"] + at["width"] / 2 - (box["x"] + box["width"] / 2)) < 3
    page.mouse.move(box["x"], box["y"] - 100)
    assert not values.is_visible()


def test_a_figure_of_digits_has_no_values(shown):
    assert shown("digits", width=760).get_by_role("slider").count() == 0


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", SHOWN)
def test_text_is_large_enough(shown, name, width):
    page = shown(name, width=width)
    sizes = page.evaluate(SIZES)
    assert sizes
    assert min(sizes) >= 12
    assert max(sizes) <= 17
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("figure > figcaption").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_digits_are_ink_on_the_page(shown, scheme):
    page = shown("digits", width=760, scheme=scheme)
    fill = page.locator("rect[mask]").first.evaluate("rect => getComputedStyle(rect).fill")
    ink = page.locator("figcaption").evaluate("text => getComputedStyle(text).color")
    assert fill == ink

"""How long a key press on a slider takes in JupyterLab, until the new figure is painted.

    .venv/bin/python -m pytest -n0 -s tests/browser/measure_sliders.py

This prints the median of ten for each slider of some chapters. The machine should be idle.
"""

import os
import statistics
from pathlib import Path

import nbformat
import pytest

BOOK = Path(__file__).parents[2] / "book"

# Resolves when the key press that comes next is answered and painted.
PRESSED = """() => new Promise((resolve) => {
  const frame = () => new Promise(requestAnimationFrame);
  addEventListener("keydown", async () => {
    const began = performance.now();
    do await frame(); while (document.querySelector(".lab-busy"));
    await frame();
    window.took = performance.now() - began;
  }, { capture: true, once: true });
  resolve();
})"""


@pytest.mark.parametrize("chapter", ["00_tour", "02_forward_pass", "06_training", "08_optimizers"])
def test_median_of_ten(jupyterlab, chapter):
    cells = nbformat.read(BOOK / f"{chapter}.ipynb", as_version=4).cells
    sources = [cell.source for cell in cells if cell.cell_type == "code" and cell.id != "install"]
    last = max(k for k, source in enumerate(sources) if "explore(" in source)
    page = jupyterlab(*sources[: last + 1])
    for element in page.locator(".lab-explore").all():
        slider = element.get_by_role("slider").first
        # From its start to and fro, since some sliders have few values.
        times = []
        for k in range(11):
            page.evaluate(PRESSED)
            slider.press("ArrowLeft" if k % 2 else "ArrowRight")
            page.wait_for_function("window.took")
            times.append(page.evaluate("[window.took, window.took = 0][0]"))
        print(
            f"{chapter}, {element.get_attribute('aria-label')}: "
            f"{statistics.median(times[1:]):.0f} ms, load {os.getloadavg()[0]:.1f}"
        )

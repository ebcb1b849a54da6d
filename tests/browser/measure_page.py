"""How long Python in the page takes to be ready, to train the tour and to redraw under a slider.

    .venv/bin/python -m pytest -n0 -s tests/browser/measure_page.py

The browser keeps its files between visits, as a reader's does. The machine should be idle.
"""

import os
import statistics

import pytest
from chromium import find_browser
from playwright.sync_api import sync_playwright

PATIENCE = 300_000  # milliseconds
# Presses Run in a cell, and gives the seconds until Python is ready and until all has ended.
RUN = """(cell) => new Promise((resolve) => {
  const began = performance.now();
  const since = () => Math.round(performance.now() - began) / 1000;
  let ready = 0;
  const look = () => {
    const state = document.querySelector(".run-state")?.textContent;
    if (state && !state.startsWith("Loading")) ready ||= since();
    if (!/^(Done|Stopped|An error)/.test(state) || document.querySelector(".run-waits")) return;
    observer.disconnect();
    resolve([ready, since(), state]);
  };
  const observer = new MutationObserver(look);
  const all = { childList: true, subtree: true, characterData: true, attributes: true };
  observer.observe(document.body, all);
  document.querySelector(`#code-${cell} .run-tools > button:last-of-type`).click();
})"""
# Presses a key on a slider eleven times, and gives the milliseconds until each figure is painted.
REDRAW = """async (root) => {
  const frame = () => new Promise(requestAnimationFrame);
  const [slider] = root.getElementsByTagName("input");
  const times = [];
  for (let k = 0; k < 11; k++) {
    const began = performance.now();
    slider.valueAsNumber += k % 2 ? -1 : 1;
    slider.dispatchEvent(new Event("input"));
    do await frame(); while (root.classList.contains("lab-busy"));
    await frame();
    times.push(performance.now() - began);
  }
  return times.slice(1);
}"""


@pytest.fixture(scope="module")
def page(site, tmp_path_factory):
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"),
            executable_path=find_browser(),
            args=["--no-sandbox", "--disable-gpu"],
            viewport={"width": 1280, "height": 900},
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.site = site
        yield page
        context.close()


def run(page, cell: str) -> list:
    return page.evaluate(RUN, cell)


def visit(page, chapter: str) -> None:
    page.goto(f"{page.site}/book/{chapter}.html")
    page.wait_for_function("navigator.serviceWorker.controller")
    page.wait_for_timeout(2000)


def tell(text: str) -> None:
    print(f"{text}, load {os.getloadavg()[0]:.1f}")


def test_ready(page):
    for words, chapter, cell in [
        ("first visit", "05_backpropagation", "graph-forward"),
        ("second visit", "05_backpropagation", "graph-forward"),
        ("next page", "04_numerical_gradient", "seed"),
        ("third page", "05_backpropagation", "graph-forward"),
    ]:
        visit(page, chapter)
        ready, ended, state = run(page, cell)
        tell(f"{words}: ready after {ready:.1f} s, first cell after {ended:.1f} s ({state})")
        page.wait_for_timeout(10_000)


def test_tour(page):
    visit(page, "00_tour")
    ready, ended, state = run(page, "train")
    tell(f"tour: ready after {ready:.1f} s, trained after {ended:.1f} s ({state})")


@pytest.mark.parametrize("chapter", ["00_tour", "02_forward_pass", "06_training", "08_optimizers"])
def test_redraw(page, chapter):
    visit(page, chapter)
    for figure in page.locator(".cell:has([data-lab=explore])").all():
        cell = figure.get_attribute("id").removeprefix("code-")
        page.evaluate(RUN, cell)
        element = figure.locator("[data-lab=explore]")
        times = element.evaluate(REDRAW)
        tell(f"{chapter}, {cell}: {statistics.median(times):.0f} ms")

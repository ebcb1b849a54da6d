"""The editor of a cell: its keys, its look, and whether its bundle is up to date."""

import gzip
import json

import bundle
import pytest
from cell_pages import CHAPTER, write_site
from conftest import AXE, Visit, served

CODE = 'def double(number):\n    """Twice."""\n    return 2 * number  # twice'
OPEN = """async (source) => {
  const { edit } = await import("../python/editor.min.js");
  const cell = document.querySelector(".cell");
  window.calls = [];
  window.completions = null;
  window.editor = await edit(cell, {
    source,
    label: "Cell 1",
    onRun: () => calls.push("run"),
    onRunAndNext: () => calls.push("run and next"),
    onChange: (text) => calls.push(text),
    complete: async () => completions,
  });
}"""


@pytest.fixture
def visit(browser, tmp_path):
    """Open a page whose first cell is being edited."""
    write_site(tmp_path, {"first": CODE, "second": "batches = 3"}, html='<a href="#">Next</a>')
    with served(tmp_path) as address:
        visit = Visit(browser, address, CHAPTER, width=1280, scheme="light")
        visit.before = visit.page.locator(".cell").first.bounding_box()
        visit.page.evaluate(OPEN, CODE)
        yield visit
        assert visit.complaints == []
        visit.context.close()


def text_of(visit) -> str:
    return visit.page.evaluate("editor.get()")


def test_bundle_is_of_these_sources():
    text = bundle.BUNDLE.read_text("utf-8")
    assert bundle.fingerprint() in text.split("\n")[0], "make editor writes it anew"
    assert "Permission is hereby granted" in text
    assert len(gzip.compress(text.encode())) < 150_000


def test_temml_is_that_of_the_lock():
    lock = json.loads((bundle.ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    version = lock["node_modules/temml"]["version"]
    text = (bundle.HERE / "temml.min.js").read_text("utf-8")
    assert text.startswith(f"/*! Temml {version}\nThe MIT License"), "make editor writes it anew"
    assert "Permission is hereby granted" in text
    assert len(gzip.compress(text.encode())) < 150_000


def test_stands_where_the_text_stood(visit):
    assert visit.page.locator(".cell").first.bounding_box() == visit.before
    assert text_of(visit) == CODE
    visit.page.evaluate("editor.destroy()")
    assert visit.page.locator(".cell").first.bounding_box() == visit.before
    assert visit.page.locator(".cell .k").first.is_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_are_those_of_the_page(visit, theme):
    visit.page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    # On a busy machine CodeMirror reads the text in several pieces.
    visit.page.wait_for_selector(".cm-line .c1")
    colours = visit.page.evaluate("""() => {
      const colour = (selector) => getComputedStyle(document.querySelector(selector)).color;
      const colours = (place, ...names) => names.map((name) => colour(`${place} .${name}`));
      const edited = colours(".cm-line", "k", "nf", "s1", "mi", "c1", "n", "p");
      editor.destroy();
      return [edited, colours(".highlight", "k", "nf", "sd", "mi", "c1", "n", "p")];
    }""")
    assert colours[0] == colours[1]


def test_keys(visit):
    keyboard = visit.page.keyboard
    visit.page.evaluate("editor.focus()")
    keyboard.press("Control+End")
    keyboard.press("Enter")
    keyboard.press("Tab")
    keyboard.type("x")
    assert text_of(visit) == f"{CODE}\n        x"
    keyboard.press("Control+z")
    keyboard.press("Control+z")
    keyboard.press("Shift+Enter")
    keyboard.press("Control+Enter")
    calls = visit.page.evaluate("calls")
    assert calls[-2:] == ["run and next", "run"]
    assert f"{CODE}\n        x" in calls
    assert text_of(visit) == calls[-3]


def test_tab_passes_by_and_escape_leaves(visit):
    keyboard = visit.page.keyboard
    inside = "document.activeElement.classList.contains('cm-content')"
    keyboard.press("Tab")
    assert visit.page.evaluate(inside)
    keyboard.press("Tab")
    assert visit.page.locator("a").evaluate("link => link === document.activeElement")
    keyboard.press("Shift+Tab")
    keyboard.type(" ")
    keyboard.press("Tab")
    assert visit.page.evaluate(inside)
    keyboard.press("Escape")
    keyboard.press("Tab")
    assert not visit.page.evaluate(inside)
    assert "Escape" in visit.page.evaluate("""() => {
      const content = document.querySelector(".cm-content");
      return document.getElementById(content.getAttribute("aria-describedby")).textContent;
    }""")


def test_completes_names(visit):
    keyboard = visit.page.keyboard
    options = visit.page.locator(".cm-tooltip-autocomplete li")
    visit.page.evaluate("editor.set('bat'); editor.focus()")
    keyboard.press("Control+End")
    keyboard.press("Tab")
    options.first.wait_for()
    assert options.all_inner_texts() == ["batches"]
    visit.page.wait_for_timeout(100)  # CodeMirror takes no key for the first moments of a list
    keyboard.press("Enter")
    assert text_of(visit) == "batches"
    visit.page.evaluate("completions = { from: 8, to: 9, matches: ['mean', 'max'] }")
    keyboard.type(".m")
    keyboard.press("Tab")
    options.first.wait_for()
    assert options.all_inner_texts() == ["max", "mean"]


def test_what_the_program_sets_is_no_change_by_the_reader(visit):
    visit.page.evaluate("editor.set('x = 1')")
    assert visit.page.evaluate("calls") == []
    assert text_of(visit) == visit.page.locator("pre").first.evaluate("pre => pre.textContent")


def test_accessible(visit):
    visit.page.evaluate(AXE)
    found = visit.page.evaluate("axe.run(document.querySelector('.cell'))")["violations"]
    assert [each["id"] for each in found] == []

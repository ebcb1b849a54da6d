"""Slides in a real browser: each fits and can be read far away; keys, sliders and code work."""

import io

import pytest
from conftest import Visit
from pypdf import PdfReader
from test_pages import examine
from test_slide_contents import NOTEBOOKS

FOR_LOADING = 180_000  # milliseconds, on a busy machine
NAMES = [path.stem for path in NOTEBOOKS]

# Shows all slides below each other, in their own size, with all that appears later.
SHOW_ALL = """() => {
  const main = document.querySelector("main");
  main.dataset.view = "each";
  main.style.setProperty("--zoom", 1);
  for (const step of main.querySelectorAll(".later")) step.classList.remove("later");
}"""
# What stands outside of its slide; what is too small; how many words.
LOOK = """() => [...document.querySelectorAll(".slide")].flatMap((slide, k) => {
  const body = slide.querySelector(".slide-body");
  const frame = body.getBoundingClientRect();
  const say = (what) => `slide ${k + 1}: ${what}`;
  const UNSEEN = ".cell > details, .lab-unseen, .lab-reading, defs";
  const found = [];
  for (const each of body.querySelectorAll("*")) {
    if (each.closest(`${UNSEEN}, .run-tools, .run-line`)) continue;
    if (each.closest("svg") && (each.closest("svg svg") || !each.matches("svg, text"))) continue;
    const box = each.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    if (box.bottom > frame.bottom + 1 || box.right > frame.right + 1) {
      found.push(say(`${each.tagName} ${each.className} stands out`));
      break;
    }
  }
  for (const each of body.querySelectorAll("*")) {
    if (each.closest(`${UNSEEN}, math, script`)) continue;
    if (![...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
    const inside = each.closest("svg");
    const zoom = each.closest(".lab-figure") && !inside ? 1.2 : 1;
    const scale = inside ? Math.hypot(each.getScreenCTM().a, each.getScreenCTM().b) : zoom;
    const size = parseFloat(getComputedStyle(each).fontSize) * scale;
    if (size < (inside ? 18 : 24) - 0.2) found.push(say(`${size} px: ${each.textContent.trim()}`));
  }
  const text = body.cloneNode(true);
  const other = text.querySelectorAll("math, pre, table, figure, details, .run-tools");
  for (const each of other) each.remove();
  const words = text.textContent.match(/\\p{L}[\\p{L}'’-]*/gu) ?? [];
  if (words.length > 75) found.push(say(`${words.length} words`));
  for (const code of body.querySelectorAll("pre")) {
    const lines = code.textContent.trimEnd().split("\\n").length;
    const isRead = !code.closest("details, .cell_output");
    if (isRead && lines > 14) found.push(say(`${lines} lines of code`));
  }
  return found;
})"""


@pytest.fixture(scope="module")
def deck(request, browser, site):
    visit = Visit(browser, site, f"slides/{request.param}", width=1280, scheme="light")
    visit.page.set_viewport_size({"width": 1280, "height": 720})
    visit.page.wait_for_load_state("networkidle")
    yield visit
    visit.context.close()


def opening(*names: str):
    return pytest.mark.parametrize("deck", names, ids=names, indirect=True, scope="module")


def slide_of(page, cell: str):
    """Go to the slide of a cell, and give it."""
    place = page.locator(f".slide:has(#{cell})")
    page.goto(f"{page.url.partition('#')[0]}#{place.locator('.slide-number').text_content()}")
    return place


def shown(deck) -> int:
    """The number of the slide that is seen."""
    slides = deck.page.locator(".slide:visible")
    assert slides.count() == 1
    return int(slides.locator(".slide-number").inner_text())


@opening(*NAMES)
def test_opens_without_complaint(deck):
    assert shown(deck) == 1
    assert deck.page.locator("h1:visible").count() == 1
    assert not examine(deck)
    assert not deck.complaints
    assert not deck.abroad


@opening(*NAMES)
def test_every_slide_fits_and_can_be_read_far_away(deck):
    deck.page.evaluate(SHOW_ALL)
    deck.page.wait_for_timeout(500)
    assert deck.page.evaluate(LOOK) == []
    pictures = deck.page.locator("main img:not([alt]), main svg[role=img]:not([aria-label])")
    assert pictures.count() == 0
    deck.page.reload(wait_until="networkidle")  # the next test finds one slide again


@opening("05_backpropagation")
def test_keys(deck):
    page, keys = deck.page, deck.page.keyboard
    page.goto(f"{page.url.partition('#')[0]}#1")
    page.reload()
    last = page.locator(".slide").count()
    keys.press("ArrowRight")
    keys.press("Space")
    assert shown(deck) == 3
    keys.press("ArrowLeft")
    assert shown(deck) == 2
    keys.press("End")
    assert shown(deck) == last
    keys.press("Home")
    assert shown(deck) == 1
    keys.press("n")
    notes = page.locator(".slide-notes:visible")
    assert "min" in notes.inner_text()
    slide = page.locator(".slide:visible").bounding_box()
    assert slide["x"] + slide["width"] <= notes.bounding_box()["x"]
    keys.press("n")
    assert notes.count() == 0
    keys.press("o")
    assert page.locator(".slide:visible").count() == last
    page.locator(".slide").nth(6).click()
    assert shown(deck) == 7
    keys.press("f")
    page.wait_for_function("document.fullscreenElement !== null")
    keys.press("f")
    page.wait_for_function("document.fullscreenElement === null")
    keys.press("c")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert not examine(deck)
    keys.press("c")


@opening("05_backpropagation")
def test_what_a_cell_prints_comes_after_its_code(deck):
    page = deck.page
    place = slide_of(page, "code-graph-forward")
    output = place.locator(".cell_output")
    assert output.evaluate("e => getComputedStyle(e).visibility") == "hidden"
    page.keyboard.press("ArrowRight")
    assert output.evaluate("e => getComputedStyle(e).visibility") == "visible"
    assert place.is_visible()


@opening("05_backpropagation")
def test_sliders_move(deck):
    page = deck.page
    place = slide_of(page, "code-walk-slider")
    slider = place.get_by_role("slider")
    page.wait_for_function("s => !s.disabled", arg=slider.element_handle())
    before = place.locator("figcaption").text_content()
    number = shown(deck)
    slider.press("ArrowRight")
    assert place.locator("figcaption").text_content() != before
    assert shown(deck) == number, "the slider's key has turned the slide"
    page.keyboard.press("Escape")
    page.keyboard.press("PageDown")
    assert shown(deck) == number + 1


@opening("05_backpropagation")
def test_a_cell_runs(deck):
    page = deck.page
    place = slide_of(page, "code-graph-forward")
    place.get_by_role("button", name="Run", exact=True).click()
    place.locator(".run-chip").wait_for()
    place.locator(".run-chip").wait_for(state="detached", timeout=FOR_LOADING)
    assert place.locator(".cell_output pre").is_visible()
    assert "2.0 2.0 2.0 -1.0 2.0" in place.locator(".cell_output").inner_text()
    assert not deck.complaints


@opening("05_backpropagation")
def test_windows_go_together(deck, site):
    other = deck.context.new_page()
    other.goto(f"{site}/slides/05_backpropagation.html#1")
    other.keyboard.press("ArrowRight")
    deck.page.wait_for_function("location.hash === '#2'")
    other.close()


@opening("batch_norm")
def test_on_paper_each_slide_is_a_page(deck):
    pdf = deck.page.pdf(prefer_css_page_size=True, print_background=True)
    pages = PdfReader(io.BytesIO(pdf)).pages
    assert len(pages) == deck.page.locator(".slide").count()


@opening("batch_norm")
def test_small_screens_have_the_whole_slide(deck):
    deck.page.set_viewport_size({"width": 390, "height": 700})
    deck.page.wait_for_function("document.documentElement.scrollWidth <= 390")
    box = deck.page.locator(".slide:visible").bounding_box()
    assert box["width"] == pytest.approx(390, abs=2)
    assert box["height"] == pytest.approx(390 * 720 / 1280, abs=2)

"""The text of a page, in a browser: its sizes and widths, what stands beside it, where it ends."""

import re
from itertools import pairwise

import pytest
from test_notebooks import NOTEBOOKS, place_of

CHAPTER = "book/05_backpropagation"
WIDE, NARROW = 1280, 390


@pytest.fixture(scope="module")
def chapter(browser, site):
    """Give a chapter, in any width."""
    context = browser.new_context(viewport={"width": WIDE, "height": 900}, color_scheme="light")
    page = context.new_page()
    page.goto(f"{site}/{CHAPTER}.html")
    page.evaluate("document.fonts.ready.then(() => true)")

    def at(width):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(200)  # for what follows the size
        return page

    yield at
    context.close()


def size(page, selector: str) -> float:
    return page.locator(selector).first.evaluate(
        "tag => parseFloat(getComputedStyle(tag).fontSize)"
    )


# --- sizes and widths

# How many characters stand in a line, in each paragraph of four lines or more.
LINES = """all => all.map((one) => {
  const height = one.clientHeight / parseFloat(getComputedStyle(one).lineHeight);
  return [one.textContent.length, Math.round(height)];
}).filter(([, lines]) => lines > 3).map(([length, lines]) => length / (lines - 0.5))"""


def test_lines_have_66_characters(chapter):
    page = chapter(WIDE)
    found = page.locator("section section > p:not(:has(math, .course-note))").evaluate_all(LINES)
    assert len(found) > 5
    assert 60 < sum(found) / len(found) < 72


@pytest.mark.parametrize(("width", "text"), [(WIDE, (18, 19.5)), (NARROW, (17, 18))])
def test_sizes(chapter, width, text):
    page = chapter(width)
    sizes = [size(page, f"article {tag}") for tag in ("section > p", "h3", "h2", "h1")]
    assert text[0] <= sizes[0] <= text[1]
    assert all(larger >= 1.15 * smaller for smaller, larger in pairwise(sizes))
    assert size(page, "article .cell_input pre") >= 13


def test_code_of_72_characters_fits(chapter):
    wide = chapter(WIDE).locator(".cell_input pre:visible")
    assert wide.count() > 3
    room = wide.evaluate_all("all => all.map(pre => pre.scrollWidth - pre.clientWidth)")
    assert max(room) <= 0


def test_faces_are_the_books_own(chapter):
    asked = ['19px "STIX Two Text"', 'italic 19px "STIX Two Text"', '14px "Source Code Pro"']
    for face in asked:
        assert chapter(WIDE).evaluate("face => document.fonts.check(face)", face)


# --- what stands beside the text

# At the end of a section, an aside is a box.
BESIDE = ".course-note, .course-claim, .course-aside:not(:has(+ .course-stop))"
BOXES = """all => all.filter(one => one.checkVisibility()).map((one) => {
  const box = one.getBoundingClientRect();
  return [box.left, box.top + scrollY, box.right, box.bottom + scrollY];
})"""


@pytest.mark.parametrize("name", [f"book/{place_of(path)}" for path in NOTEBOOKS])
def test_notes_stand_beside_the_text_and_cover_nothing(browser, site, name):
    context = browser.new_context(viewport={"width": WIDE, "height": 900})
    page = context.new_page()
    page.goto(f"{site}/{name}.html")
    page.add_style_tag(content="* { content-visibility: visible !important }")
    notes = page.locator(BESIDE).evaluate_all(BOXES)
    others = f"section > p, .cell_input, figure, section > .math, .admonition:not({BESIDE}), table"
    rest = page.locator(others).evaluate_all(BOXES)
    assert notes
    for k, (left, top, right, bottom) in enumerate(notes):
        assert right <= WIDE
        for x, y, x2, y2 in rest + notes[:k]:
            assert left >= x2 or right <= x or top >= y2 - 1 or bottom <= y + 1
    context.close()


def test_an_aside_is_a_box_in_its_place_on_a_phone(browser, site):
    page = browser.new_page(viewport={"width": WIDE, "height": 900})
    page.goto(f"{site}/book/09_regularization.html")
    aside = page.locator(".course-aside").first
    text = aside.locator("xpath=following-sibling::p[1]")
    aside.scroll_into_view_if_needed()
    assert aside.bounding_box()["x"] > text.bounding_box()["x"] + text.bounding_box()["width"]
    page.set_viewport_size({"width": NARROW, "height": 900})
    box, below = aside.bounding_box(), text.bounding_box()
    assert box["x"] == below["x"]
    assert box["y"] + box["height"] < below["y"]
    page.close()


def test_a_definition_opens_by_keyboard_on_a_phone(chapter):
    page = chapter(NARROW)
    term, note = (
        page.locator("#defined-local-derivative"),
        page.locator("#defined-local-derivative-note"),
    )
    address = page.url
    assert not note.is_visible()
    term.focus()
    for key, opens in (("Enter", True), ("Space", False), ("Enter", True)):
        page.keyboard.press(key)
        assert note.is_visible() is opens
        assert term.get_attribute("aria-expanded") == str(opens).lower()
    assert page.url == address
    # A screen reader says the definition with the word, and the way to the glossary follows.
    assert "How the output of one operation" in note.inner_text()
    assert term.get_attribute("aria-describedby") == note.get_attribute("id")
    assert note.get_by_role("link").get_attribute("href").startswith("appendix/glossary.html#term-")
    # On a wide screen it is back beside its line.
    chapter(WIDE)
    assert term.get_attribute("aria-expanded") is None
    assert abs(note.bounding_box()["y"] - term.bounding_box()["y"]) < 40


def test_a_citation_names_its_source_in_place(chapter):
    page = chapter(NARROW)
    page.get_by_role("button", name="Rumelhart").first.click()
    assert "Learning representations" in page.locator(".course-note:visible").first.inner_text()
    assert page.url.endswith(f"{CHAPTER}.html")


def test_without_scripts_a_term_leads_to_the_glossary(browser, site):
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": NARROW, "height": 844}
    )
    page = context.new_page()
    page.goto(f"{site}/{CHAPTER}.html")
    page.locator("#defined-local-derivative").click()
    assert page.url.endswith("book/appendix/glossary.html#term-local-derivative")
    context.close()


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_claim_is_a_mark_that_opens(chapter, width):
    mark = chapter(width).locator(".course-claim").first
    summary, inside = mark.locator("summary"), mark.locator("summary ~ div")
    assert re.search(r"Claim kept:\s+at (least|most) ", summary.text_content())
    assert not inside.is_visible()
    summary.focus()
    summary.press("Enter")
    told = inside.inner_text()
    seeds = re.search(r"With five seeds: (.*?)\. Mean", told)[1]
    assert len(seeds.split(", ")) == 5
    beside = mark.bounding_box()["x"] > 900
    assert beside is (width == WIDE)
    summary.press("Enter")


# --- tables


def test_numbers_stand_right_under_their_headings(browser, site):
    context = browser.new_context(viewport={"width": NARROW, "height": 844})
    page = context.new_page()
    page.goto(f"{site}/book/appendix/claims.html")
    heads, cells = page.locator("thead th"), page.locator("tbody tr").first.locator("td")
    ends = (
        "cell => { const r = document.createRange(); r.selectNodeContents(cell.querySelector('p'));"
    )
    ends += " const b = r.getBoundingClientRect(); return [b.left, b.right, b.width]; }"
    names = heads.all_inner_texts()
    of_heads = dict(zip(names, (head.evaluate(ends) for head in heads.all()), strict=True))
    of_cells = dict(zip(names, (cell.evaluate(ends) for cell in cells.all()), strict=True))
    for name in ("mean", "spread", "worst", "seconds"):
        assert abs(of_heads[name][1] - of_cells[name][1]) < 1
    for name in ("claim", "bound", "chapter"):
        assert abs(of_heads[name][0] - of_cells[name][0]) < 1
    assert of_cells["claim"][2] > 100  # and not one word a line
    context.close()


# --- places to stop


def test_each_section_ends_at_a_place_to_stop(chapter):
    sections = chapter(WIDE).locator("article > section > section")
    stops = sections.locator("> .course-stop:last-child a")
    titles = sections.locator("> h2").all_text_contents()
    assert [title.rstrip("#") for title in titles[1:]] == stops.all_text_contents()
    ids = sections.evaluate_all("all => all.map(one => '#' + one.id)")
    assert ids[1:] == [link.get_attribute("href") for link in stops.all()]


def test_the_page_knows_where_its_reader_stopped(browser, site):
    context = browser.new_context(viewport={"width": NARROW, "height": 844})
    page = context.new_page()
    offer = page.locator(".course-resume")

    def visit(name=CHAPTER):
        page.goto(f"{site}/{name}.html")
        page.wait_for_load_state("load")

    def see(section):
        # Its place is final when what is above has been laid out.
        page.evaluate(
            """async (id) => {
              for (let frames = 0; frames < 30; frames++) {
                document.getElementById(id).scrollIntoView();
                await new Promise(requestAnimationFrame);
              }
            }""",
            section,
        )

    visit()
    assert offer.count() == 0
    see("third-pass-a-batch")
    visit("book/04_numerical_gradient")
    assert offer.count() == 0
    visit()
    assert "You stopped at 5.4 Third pass: a batch." in offer.inner_text()
    assert page.evaluate("scrollY") == 0
    offer.get_by_role("link", name="Go on").press("Enter")
    assert page.url.endswith("#third-pass-a-batch")
    assert offer.count() == 0
    # Who has seen the last section is done.
    see("take-aways")
    visit("book/04_numerical_gradient")
    visit()
    assert offer.count() == 0
    context.close()

"""Every page in a real browser. One visit of a page serves all its tests, in the order they stand.

A page is opened wide and light, tried and examined; then turned over to narrow and dark. Layout
goes by width and colours by scheme, so these two see what all four would.
"""

import re
from urllib.parse import parse_qsl

import pytest
from conftest import AXE, Visit
from test_book import PAGES
from test_notebooks import CHAPTERS, NOTEBOOKS, place_of
from test_playground import Playground

from nn_core.lab.markup import markup

EVERY_PAGE = [*PAGES, "404", "search"]
WITH_QUIZ = [f"book/{place_of(path)}" for path in NOTEBOOKS]
WITH_EXERCISES = [f"book/{place_of(path)}" for path in CHAPTERS]


@pytest.fixture(scope="module")
def seen(request, browser, site):
    visit = Visit(browser, site, request.param, width=1280, scheme="light")
    yield visit
    visit.context.close()


def visiting(*names: str):
    return pytest.mark.parametrize("seen", names, ids=names, indirect=True, scope="module")


def examine(seen, **options) -> list[str]:
    """What axe finds to be wrong."""
    if not seen.page.evaluate("'axe' in window"):
        seen.page.evaluate(AXE)
    options = {"resultTypes": ["violations"], **options}
    found = seen.page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


def has_form(seen, width: int, scheme: str) -> None:
    assert seen.page.evaluate("document.documentElement.dataset.theme") == scheme
    wide = seen.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, f"the page is {wide} px wide on a screen of {width}"


# --- wide and light, as it was loaded


@visiting(*EVERY_PAGE)
def test_wide_and_light(seen):
    has_form(seen, 1280, "light")


SHIFT = """() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) sum += value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 500);
})"""


@visiting(*EVERY_PAGE)
def test_stands_still_while_it_loads(seen):
    """As a reader has the page, whose sections are laid out when they come near."""
    page = seen.context.new_page()
    page.goto(seen.page.url)
    assert page.evaluate(SHIFT) < 0.02
    page.close()


@visiting(*EVERY_PAGE)
def test_formulas_are_set(seen):
    """By the build: also those of quizzes, hints and solutions, and without any script."""
    assert seen.page.locator(".lab-formula").count() == 0
    assert seen.page.locator("[data-tex]:not(:has(math)), math:not([data-tex] *)").count() == 0
    scripts = seen.page.locator("script[src]").evaluate_all("all => all.map(each => each.src)")
    assert not [script for script in scripts if re.search("mathjax|temml|katex", script, re.I)]
    # A formula is no control.
    assert seen.page.locator("math[tabindex], math [tabindex], .math a:not(.eqno *)").count() == 0


SELECT = """part => {
  const [first, last] = [part.querySelector("math"), [...part.querySelectorAll("math")].at(-1)];
  getSelection().setBaseAndExtent(first.firstElementChild, 0, last.lastElementChild, 1);
}"""


@visiting("book/05_backpropagation")
def test_formulas_are_copied_as_tex(seen):
    """Also where the selection begins and ends within a formula."""
    seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    rule = seen.page.locator("#equation-eq-slopes")
    rule.evaluate(SELECT)
    seen.page.keyboard.press("ControlOrMeta+c")
    copied = seen.page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == f"$${rule.get_attribute('data-tex')}$$"
    text = seen.page.locator("p:has(> .math, > .unbroken)").first
    text.evaluate(SELECT)
    seen.page.keyboard.press("ControlOrMeta+c")
    copied = seen.page.evaluate("navigator.clipboard.readText()")
    formulas = text.locator("[data-tex]").evaluate_all("all => all.map(each => each.dataset.tex)")
    assert re.findall(r"\$(.*?)\$", copied) == formulas
    seen.page.evaluate("getSelection().empty()")


CODE_AT_MOST = 0.25  # of the height of a page
# The share of the article's height that shown blocks of code take, with their buttons.
SHARE_OF_CODE = """() => {
  const article = document.querySelector("article");
  const height = (block) => block.checkVisibility() ? block.getBoundingClientRect().height : 0;
  const blocks = [...article.querySelectorAll(".cell_input, .highlight")].filter(
    (block) => !block.parentElement.closest(".cell_input, .cell_output, .highlight"),
  );
  return blocks.reduce((sum, block) => sum + height(block), 0) / height(article);
}"""


@visiting(*PAGES)
def test_code_is_a_quarter_of_a_page_at_most(seen):
    share = seen.page.evaluate(SHARE_OF_CODE)
    assert share <= CODE_AT_MOST, f"{share:.1%} of the page is code"


@visiting(*WITH_QUIZ)
def test_sections_end_after_twelve_screens(seen):
    """At the latest."""
    sections = seen.page.locator("article > section > section")
    heights = sections.evaluate_all("all => all.map((one) => [one.offsetHeight, one.id])")
    assert len(heights) > 3
    assert [name for height, name in heights if height > 12 * 900] == []


# Shows what the page's Python might give in the place of what a cell showed.
SHOW = """async (html) => {
  const { Place } = await import(new URL("../python/outputs.js", location).href);
  const place = new Place(document.querySelector(".cell[id^=code-]").id.slice(5));
  place.add({ output_type: "display_data", data: { "text/html": html } });
  await place.end();
}"""


@visiting("book/05_backpropagation")
def test_formulas_of_a_run_are_set(seen):
    wrong = markup(r"By $\frac{a}{b}$ and $$\sum_k x_k,$$ but $\etta$.")
    seen.page.evaluate(SHOW, wrong)
    output = seen.page.locator(".cell[id^=code-]").first.locator(".output")
    assert output.locator("mfrac").count() == 1
    assert output.locator("math[display=block] munder").count() == 1
    assert output.locator("[data-tex]").last.get_attribute("data-tex") == r"\etta"
    assert r"\etta" in (output.text_content() or "")
    seen.page.reload()


@visiting("book/00_tour")
def test_screen_reader_hears_the_answer(seen):
    quiz = seen.page.locator(".lab-quiz fieldset").first
    assert "Here there are ten" not in quiz.aria_snapshot()
    quiz.get_by_label("About 50 %").check()
    told = quiz.aria_snapshot()
    assert "Not this one." in told
    assert "Here there are ten" in told
    assert 'group "1. Before training' in told
    quiz.get_by_label("About 50 %").evaluate("input => { input.checked = false; }")


@visiting(*WITH_QUIZ)
def test_quiz_answers(seen):
    """By keyboard alone."""
    questions = seen.page.locator(".lab-quiz fieldset")
    assert questions.count() > 0
    for k in range(questions.count()):
        question = questions.nth(k)
        answers = question.locator("input")
        regions = question.locator("[aria-live=polite]")
        # A live region speaks of what appears in it, so it must be there before, and empty.
        assert regions.count() == answers.count()
        assert set(regions.all_inner_texts()) == {""}
        # Of radio buttons one is chosen, and an arrow goes on to the next; boxes stay checked.
        several = answers.first.get_attribute("type") == "checkbox"
        answers.first.focus()
        seen.page.keyboard.press("Space")
        for n in range(answers.count()):
            told = regions.all_inner_texts()
            spoken = [m <= n if several else m == n for m in range(len(told))]
            assert [bool(text) for text in told] == spoken
            assert re.match(r"✓ Right\. |✗ Not this one\. ", told[n])
            if several and n + 1 < answers.count():
                answers.nth(n + 1).focus()
                seen.page.keyboard.press("Space")
            else:
                seen.page.keyboard.press("ArrowDown")


@visiting("book/01_data")
def test_a_hint_closes_again(seen):
    fold = seen.page.locator(".lab-exercise details").first
    for state in (True, False):
        fold.locator("summary").press("Space")
        assert fold.locator("> div").is_visible() is state


@visiting(*WITH_EXERCISES)
def test_hints_and_solutions_unfold(seen):
    """By keyboard alone."""
    folds = seen.page.locator(".lab-exercise details")
    titles = folds.locator("summary").all_inner_texts()
    assert titles.count("Solution") >= 3
    assert sum(title.startswith("Hint 1 of") for title in titles) >= 3
    for k in range(folds.count()):
        summary, inside = folds.nth(k).locator("summary"), folds.nth(k).locator("> div")
        assert not inside.is_visible()
        summary.focus()
        summary.press("Enter")
        assert inside.is_visible()
        assert len(inside.inner_text()) > 30


@visiting("book/index")
def test_program_stands_beside_what_it_prints(seen):
    code, printed = (
        seen.page.locator(f".course-program > .cell_{part}").bounding_box()
        for part in ("input", "output")
    )
    assert printed["x"] >= code["x"] + code["width"]
    assert printed["width"] > 180
    assert printed["height"] < code["height"]


@visiting("book/index")
def test_theme_can_be_switched(seen):
    switch = seen.page.get_by_role("combobox", name="Colours")
    for chosen, shown in [("dark", "dark"), ("light", "light"), ("auto", "light")]:
        switch.select_option(chosen)
        assert seen.page.evaluate("document.documentElement.dataset.theme") == shown


@visiting("book/playground")
def test_playground_fits_one_screen(seen):
    assert seen.page.viewport_size == {"width": 1280, "height": 900}
    seen.page.evaluate("scrollTo(0, 0)")
    root = seen.page.locator(".lab-playground")
    parts = root.locator("button:visible, select:visible, label:visible, canvas, .results, .state")
    bottoms = parts.evaluate_all("all => all.map((one) => one.getBoundingClientRect().bottom)")
    assert len(bottoms) > 30
    assert max(bottoms) <= 900
    # The largest network does, too.
    playground = Playground(seen)
    playground.choose(layers="3", units1="8", units2="8", units3="8")
    bottoms = parts.evaluate_all("all => all.map((one) => one.getBoundingClientRect().bottom)")
    assert max(bottoms) <= 900
    playground.go("")


@visiting("book/playground")
def test_experiments_set_what_they_say(seen):
    playground, links = Playground(seen), seen.page.locator("article a[href^='#'][href*='=']")
    usual = playground.settings
    assert links.count() >= 10
    for link in links.all():
        asked = dict(parse_qsl(link.get_attribute("href")[1:]))
        playground.train(1)
        link.click()
        seen.page.wait_for_function(
            "document.activeElement === document.querySelector('.lab-playground button')"
        )
        assert playground.settings == usual | asked
        # Each changes something, and nothing that is at the start already is said.
        assert all(usual[name] != value for name, value in asked.items())
        assert playground.status.startswith("Ready.")
        assert playground.root.get_by_role("button", name="Run", exact=True).is_visible()
        assert playground.counted == (0, 0)
    playground.go("")
    for _ in range(2):  # the same once more starts anew
        links.first.click()
        seen.page.wait_for_timeout(100)
        assert playground.counted == (0, 0)
        playground.train(2)
    seen.page.go_back()
    seen.page.wait_for_timeout(100)
    assert playground.settings["init"] == "glorot_normal"


@visiting(*EVERY_PAGE)
def test_accessible(seen):
    """With all hints and solutions open."""
    every = "all => all.forEach(fold => { fold.open = true })"
    seen.page.locator(".lab-exercise details").evaluate_all(every)
    assert examine(seen) == []


# --- narrow and dark, turned over


def turn_over(seen) -> None:
    """Make a page narrow and dark, and see that it is right."""
    seen.page.set_viewport_size({"width": 390, "height": 900})
    seen.page.emulate_media(color_scheme="dark")
    seen.page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    # What makes a wide block reachable by keyboard acts a third of a second later.
    seen.page.wait_for_timeout(500)
    has_form(seen, 390, "dark")
    # What colour and width decide.
    assert examine(seen, runOnly=["color-contrast", "scrollable-region-focusable"]) == []


@visiting(*EVERY_PAGE)
def test_narrow_and_dark(seen):
    turn_over(seen)


SMALL_TEXT = """() => [...document.querySelectorAll("figure svg text")]
  .map((text) => [
    text.closest("svg").getScreenCTM().a * parseFloat(getComputedStyle(text).fontSize),
    text.textContent,
  ])
  .filter(([size]) => !(size >= 12))"""


# Pairs of texts of a figure, of which one lies on the other.
TEXT_ON_TEXT = """() => [...document.querySelectorAll("figure svg")].flatMap((svg) => {
  const texts = [...svg.querySelectorAll("text")].map((text) => [
    text.getBoundingClientRect(),
    text.textContent,
  ]);
  return texts.flatMap(([a, first], k) =>
    texts.slice(k + 1).flatMap(([b, second]) => {
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      return across > 1 && down > 5 ? [[first, second]] : [];
    }),
  );
})"""


@visiting(*PAGES)
def test_text_of_every_figure_can_be_read_on_a_phone(seen):
    """Also where panels stand side by side."""
    assert seen.page.evaluate(SMALL_TEXT) == []
    assert seen.page.evaluate(TEXT_ON_TEXT) == []


@visiting("book/01_data")
def test_solution_is_coloured_as_code_is(seen):
    colour = "element => getComputedStyle(element).color"
    pages = seen.page.locator("div.cell_input .highlight .k").first.evaluate(colour)
    keyword = seen.page.locator(".lab-exercise .highlight .k").first
    assert keyword.evaluate(colour) == pages


@visiting(*EVERY_PAGE)
def test_asks_no_other_host_and_logs_no_error(seen):
    """In all of the visit."""
    assert seen.abroad == []
    assert seen.complaints == []


# --- without scripts


def test_without_scripts_all_of_it_works(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/book/00_tour.html")
    quiz = page.locator(".lab-quiz fieldset").first
    quiz.get_by_label("About 10 %").check()
    assert quiz.get_by_text("right about one time in ten").is_visible()
    fold = page.locator(".lab-exercise details").first
    fold.locator("summary").click()
    assert fold.locator("> div").is_visible()
    context.close()

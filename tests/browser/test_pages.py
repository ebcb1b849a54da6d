"""Every page in a real browser, wide and light. `test_pages_narrow` has them narrow and dark.

Layout goes by width and colours by scheme, so these two see what all four would. They are two
files because a file is one process's, and these tests take longest of all.
"""

from pathlib import Path

import pytest
from test_asking import formulas_are_typeset, hints_and_solutions_unfold, quiz_answers
from test_book import PAGES
from test_notebooks import CHAPTERS, NOTEBOOKS, place_of

AXE = Path(__file__).with_name("axe.min.js").read_text("utf-8")
WITH_QUIZ = {f"book/{place_of(path)}" for path in NOTEBOOKS}
WITH_EXERCISES = {f"book/{place_of(path)}" for path in CHAPTERS}


@pytest.mark.parametrize("name", [*PAGES, "404", "search"])
def test_page(visit, name):
    seen = visit(name, width=1280, scheme="light")
    if name in WITH_QUIZ:
        formulas_are_typeset(seen)  # what is folded, too
        quiz_answers(seen)
    if name in WITH_EXERCISES:
        hints_and_solutions_unfold(seen)
    examine(seen, "light", 1280)


def examine(seen, scheme, width):
    assert seen.page.evaluate("document.documentElement.dataset.theme") == scheme
    wide = seen.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, f"the page is {wide} px wide on a screen of {width}"
    seen.page.evaluate(AXE)
    found = seen.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
    assert not serious
    # MathJax acts a little after loading.
    seen.page.wait_for_timeout(600)
    assert seen.abroad == []
    assert seen.complaints == []


def test_formulas_are_typeset(visit):
    seen = visit("book/01_data")
    seen.page.wait_for_selector("mjx-container", state="attached")
    assert seen.page.locator("div.math mjx-container").count() >= 5
    assert seen.page.locator("mjx-merror").count() == 0


def test_theme_can_be_switched(visit):
    seen = visit("book/index")
    themes = set()
    for _ in range(3):
        seen.page.locator(".theme-switch-button").last.click()
        themes.add(seen.page.evaluate("document.documentElement.dataset.theme"))
    assert themes == {"light", "dark"}


def test_search_finds(visit):
    seen = visit("search")
    seen.page.goto(f"{seen.site}/search.html?q=minibatches")
    seen.page.wait_for_selector("#search-results li a")
    found = seen.page.locator("#search-results li a").evaluate_all("all => all.map(a => a.href)")
    assert any("01_data" in address for address in found)
    assert seen.complaints == []

"""Every page in a real browser: wide and light, and narrow and dark.

Layout goes by width and colours by scheme, so these two see what all four would.
"""

from pathlib import Path

import pytest
from test_asking import (
    formulas_are_typeset,
    hints_and_solutions_unfold,
    quiz_answers,
    unfold,
)
from test_book import PAGES
from test_notebooks import CHAPTERS, NOTEBOOKS, place_of

AXE = Path(__file__).with_name("axe.min.js").read_text("utf-8")
WITH_QUIZ = {f"book/{place_of(path)}" for path in NOTEBOOKS}
WITH_EXERCISES = {f"book/{place_of(path)}" for path in CHAPTERS}


@pytest.mark.parametrize("name", [*PAGES, "404", "search"])
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_page(visit, name, width, scheme):
    seen = visit(name, width=width, scheme=scheme)
    if name in WITH_QUIZ and width == 390:
        formulas_are_typeset(seen)  # what is folded, too
        quiz_answers(seen)
    if name in WITH_EXERCISES and width == 390:
        hints_and_solutions_unfold(seen)
    unfold(seen)
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

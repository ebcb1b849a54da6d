"""Exercises and quizzes in the rendered page, where no kernel answers: by keyboard alone.

What is no test of its own is called by `test_pages` in its visit of each page: a long chapter takes
seconds to load.
"""

import re


def hints_and_solutions_unfold(seen):
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


def unfold(seen):
    every = "all => all.forEach(fold => { fold.open = true })"
    seen.page.locator(".lab-exercise details").evaluate_all(every)


def test_a_hint_closes_again(visit):
    fold = visit("book/01_data").page.locator(".lab-exercise details").first
    for state in (True, False):
        fold.locator("summary").press("Space")
        assert fold.locator("> div").is_visible() is state


def test_solution_is_coloured_as_code_is(visit):
    seen = visit("book/01_data", scheme="dark")
    colour = "element => getComputedStyle(element).color"
    pages = seen.page.locator("div.cell_input .highlight .k").first.evaluate(colour)
    keyword = seen.page.locator(".lab-exercise .highlight .k").first
    assert keyword.evaluate(colour) == pages


def quiz_answers(seen):
    questions = seen.page.locator(".lab-quiz fieldset")
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


def test_screen_reader_hears_the_answer(visit):
    quiz = visit("book/00_tour").page.locator(".lab-quiz fieldset").first
    assert "Here there are ten" not in quiz.aria_snapshot()
    quiz.get_by_label("About 50 %").check()
    told = quiz.aria_snapshot()
    assert "Not this one." in told
    assert "Here there are ten" in told
    assert 'group "1. Before training' in told


def formulas_are_typeset(seen):
    formulas = seen.page.locator(".lab .mathjax_process")
    assert formulas.count() > 0
    seen.page.wait_for_selector(".lab mjx-container", state="attached")
    assert seen.page.locator(".lab mjx-container").count() == formulas.count()
    assert seen.page.locator("mjx-merror").count() == 0


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

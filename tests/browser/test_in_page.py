"""Chapter 05 runs in its page: one visit and one Python for all tests, in the order they stand."""

import gzip
import re

import pytest
from conftest import Visit
from test_pages import examine, turn_over

PAGE = "book/05_backpropagation"
MOST_WEIGHT = 15_000  # bytes, gzipped, that a visit may cost which runs nothing
FOR_LOADING = 180_000  # milliseconds, on a busy machine

# Notes each text of the lines under the cells, since most are there for a moment only, and what a
# screen reader says: the changes in a live region that was there before.
LISTEN = """() => {
  window.lines = [];
  window.spoken = [];
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const text = target.role === "status" && target.closest(".run-bar") && target.textContent;
      if (text) window.spoken.push(text);
    }
    for (const line of document.querySelectorAll(".run-chip span")) {
      if (window.lines.at(-1) !== line.textContent) window.lines.push(line.textContent);
    }
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
}"""

FOCUSED = "element => element === document.activeElement"
COMPLETE = """async () => {
  const { complete } = await import("../python/python.js");
  return Promise.race([complete("pri", 3), new Promise((end) => setTimeout(end, 2000, "late"))]);
}"""


class Cells:
    """The cells of a page."""

    def __init__(self, visit):
        self.page = visit.page

    def __getitem__(self, name):
        return self.page.locator(f"#code-{name}")

    def press(self, name, label="Run"):
        cell = self[name]
        cell.hover()
        cell.get_by_role("button", name=label, exact=True).click()

    def run(self, name):
        return self[name].get_by_role("button", name="Run", exact=True)

    def choose(self, name, label):
        self[name].hover()
        self[name].locator("summary[aria-label=More]").click()
        self[name].locator(".run-tools").get_by_role("button", name=label).click()

    def wait(self) -> str:
        """Wait until nothing runs, and give what the bar says then."""
        stop = self.page.locator(".run-bar").get_by_role("button", name="Stop")
        stop.wait_for(timeout=FOR_LOADING)
        idle = "() => [...document.querySelectorAll('.run-bar button')].some(b => b.disabled)"
        self.page.wait_for_function(idle, timeout=FOR_LOADING)
        return self.page.locator(".run-state").inner_text()

    def output(self, name) -> str:
        return self[name].locator(".cell_output").inner_text().strip()

    def write(self, name, text):
        """Write a text in the place of the cell's."""
        self.press(name, "Edit")
        editor = self[name].locator(".cm-content")
        editor.wait_for()
        self.page.keyboard.press("Control+a")
        editor.press_sequentially(text)


# The cells of the page as if one of them took minutes. (A route would not see what the service
# worker fetches.)
WITH_A_SHORTENED_FORM = """() => {
  const own = window.fetch;
  window.fetch = async (...request) => {
    const answer = await own(...request);
    if (!String(request[0]).includes("/cells/")) return answer;
    const listed = await answer.json();
    const long = listed.find(({ id }) => id === "fool-network");
    long.short = "# A shortened form\\nprint('short')";
    return Response.json(listed);
  };
}"""


@pytest.fixture(scope="module")
def seen(browser, site):
    visit = Visit(browser, site, PAGE, width=1280, scheme="light")
    visit.page.evaluate(WITH_A_SHORTENED_FORM)
    yield visit
    visit.context.close()


@pytest.fixture(scope="module")
def cells(seen):
    return Cells(seen)


def test_a_visit_that_runs_nothing_costs_little(seen, built_book):
    loaded = "() => performance.getEntriesByType('resource').map(entry => entry.name)"
    assert not [name for name in seen.page.evaluate(loaded) if "/python/" in name]
    html = (built_book / f"{PAGE}.html").read_text("utf-8")
    without = re.sub(r"<style[^>]*/cells\.css.*?</style>", "", html, flags=re.DOTALL)
    without = re.sub(r' id="code-[^"]*"|<[^>]*/cells\.js[^>]*>', "", without)
    without = re.sub(r'<div class="said[^>]*>', "<div>", without)
    assert without != html
    script = len(gzip.compress((built_book / "_static" / "cells.js").read_bytes()))
    more = len(gzip.compress(html.encode())) - len(gzip.compress(without.encode()))
    assert script + more <= MOST_WEIGHT


def test_what_a_cell_needs_runs_first(seen, cells):
    seen.page.evaluate(LISTEN)
    cells["walk-gradients"].locator(".cell_output").wait_for(state="detached")
    cells.press("walk-gradients")
    assert cells.wait().startswith("Done")
    lines = seen.page.evaluate("window.lines")
    assert any(re.match(r"Loading Python: \d+ of \d+ MB", line) for line in lines)
    above = [line.split(",")[0] for line in lines if "above first" in line]
    assert list(dict.fromkeys(above)) == [
        f"Running the 4 cells above first: {k} of 4" for k in range(1, 5)
    ]
    assert cells.output("graph-forward") == "2.0 2.0 2.0 -1.0 2.0"
    spoken = seen.page.evaluate("window.spoken")
    assert spoken == ["Loading Python", "Running the 4 cells above first", "Done."]
    assert cells.run("walk-gradients").evaluate(FOCUSED)
    seen.page.evaluate("window.lines.length = 0")
    cells.press("walk-gradients")
    cells.wait()
    assert not [line for line in seen.page.evaluate("window.lines") if "above" in line]


def test_a_folded_cell_draws_what_the_cell_above_it_computes(seen, cells):
    figure = cells["walk-slider"].locator("figure").element_handle()
    cells.press("walk-gradients")
    cells.wait()
    assert not figure.evaluate("figure => figure.isConnected")
    cells["walk-slider"].locator("figure").wait_for()


def test_run_stays_where_it_was(seen, cells):
    """The menu, which comes with the first run, stands before it. The others are seen on hover."""
    tools = cells["walk-gradients"].locator(".run-tools > *")
    assert tools.all_inner_texts()[-2:] == ["Edit", "Run"]
    seen.page.mouse.move(0, 0)
    seen.page.evaluate("document.activeElement.blur()")
    seen.page.wait_for_timeout(400)
    assert tools.evaluate_all("all => all.map(a => getComputedStyle(a).opacity)") == ["0", "0", "1"]


def test_an_edited_cell_runs_again(seen, cells):
    cells.write("graph-forward", "h = display(6 / 4, display_id=True); h.update(5 / 4)")
    seen.page.keyboard.press("Control+Enter")
    assert cells.wait() == "Done. 3 cells below ran before this and may be out of date."
    assert cells.output("graph-forward") == "1.25"
    assert seen.page.evaluate("localStorage.getItem('nn_core/edited/book/05_backpropagation')")


def test_what_follows_a_change_runs_again(seen, cells):
    """Both where the reader has run the changed cell, and where not."""
    seen.page.evaluate("window.lines.length = 0")
    cells.press("walk-gradients")
    assert "below" not in cells.wait()
    assert "Running the 1 cell above first: 1 of 1" in seen.page.evaluate("window.lines")
    cells.write("seed", "SEED = 7")
    cells.press("walk-gradients")
    cells.wait()
    assert "Running the 3 cells above first: 3 of 3" in seen.page.evaluate("window.lines")
    cells.choose("seed", "Put back the original")
    assert "run it to see" in seen.page.locator(".run-state").inner_text()


def test_an_error_shows_the_readers_line_first(seen, cells):
    cells.write("graph-forward", "print(1 / 0)")
    cells.press("walk-gradients")
    assert cells.wait() == "An error in a cell above."
    assert "print(1 / 0)" in cells.output("graph-forward")
    spoken = seen.page.evaluate("window.spoken.at(-1)")
    assert spoken == "An error in a cell above. ZeroDivisionError: division by zero"
    assert "ZeroDivisionError: division by zero" in cells.output("graph-forward")
    told = cells["walk-gradients"].locator(".run-failed")
    assert "so this one did not run" in told.get_by_role("alert").inner_text()
    told.get_by_role("button", name="Run only this cell").click()
    assert cells.wait().startswith("Done")
    assert told.count() == 0


def test_after_an_error_nothing_runs_that_waits(seen, cells):
    seen.page.evaluate("""() => {
      window.lines.length = 0;
      for (const name of ["walk-gradients", "walk-check-code"])
        document.querySelector(`#code-${name} .run-tools > button:last-of-type`).click();
    }""")
    seen.page.wait_for_function("window.lines.some(line => line.includes('above first'))")
    cells.wait()
    lines = seen.page.evaluate("window.lines")
    assert {line.split(":")[0] for line in lines} == {"Running the 2 cells above first"}


def test_impatient_clicks_open_one_editor(seen, cells):
    seen.page.evaluate("""() => {
      const code = document.querySelector("#code-walk-gradients .cell_input pre");
      code.click();
      code.click();
    }""")
    cells["walk-gradients"].locator(".cm-content").first.wait_for()
    seen.page.wait_for_timeout(200)
    assert cells["walk-gradients"].locator(".cm-content").count() == 1


def test_what_is_edited_in_another_tab_is_edited_here(seen, cells):
    other = seen.context.new_page()
    other.goto(seen.page.url)
    other.evaluate("""() => {
      const key = "nn_core/edited/book/05_backpropagation";
      localStorage.setItem(key, localStorage.getItem(key).replace("1 / 0", "2 / 4"));
    }""")
    cells["graph-forward"].locator(".cm-content", has_text="2 / 4").wait_for()
    other.close()


def test_stop(seen, cells):
    cells.write("graph-forward", "mark = 'still here'\nwhile True: pass")
    cells.press("graph-forward")
    seen.page.locator("#code-graph-forward.run-busy").wait_for()
    # Completion does not wait for a Python that is busy.
    assert seen.page.evaluate(COMPLETE) is None
    seen.page.wait_for_timeout(500)
    # By keyboard: who was at the button under the cell is back at the cell.
    cells["graph-forward"].get_by_role("button", name="Stop").press("Enter")
    assert cells.wait() == "Stopped."
    assert cells.run("graph-forward").evaluate(FOCUSED)
    cells.write("graph-forward", "print(mark)")
    cells.press("graph-forward")
    cells.wait()
    assert cells.output("graph-forward") == "still here"


def test_the_original_comes_back(seen, cells):
    cells.choose("graph-forward", "Put back the original")
    cells.press("graph-forward")
    cells.wait()
    assert cells.output("graph-forward") == "2.0 2.0 2.0 -1.0 2.0"
    assert not seen.page.evaluate("localStorage.getItem('nn_core/edited/book/05_backpropagation')")


def test_restart_forgets_and_says_so(seen, cells):
    seen.page.locator(".run-bar summary").click()
    seen.page.get_by_role("button", name="Restart Python").click()
    said = seen.page.locator(".run-bar [role=status]")
    assert said.inner_text() == "Python was restarted: run the cells again."
    cells.choose("walk-gradients", "Run only this cell")
    cells.wait()
    assert "NameError" in cells.output("walk-gradients")


def test_skip_leaves_out_what_is_above(seen, cells):
    """All but what only imports: without `check`, an exercise could not answer."""
    cells.write("seed", "import time; time.sleep(3)")
    seen.page.evaluate("window.lines.length = 0")
    cells.press("hand-start")
    cells["hand-start"].get_by_role("button", name="Skip them").click()
    seen.page.get_by_role("button", name="Skipping after this one").wait_for()
    assert cells.wait().startswith("Done")
    assert cells["hand-start"].locator("[data-exercise]").count() == 1
    assert len([line for line in seen.page.evaluate("window.lines") if "above" in line]) < 10
    cells.choose("seed", "Put back the original")


def test_a_long_cell_offers_a_shortened_form(seen, cells):
    """Until the reader has chosen, nothing runs. The choice counts for all cells of the page."""
    question = seen.page.get_by_text("1 cell of this page can take minutes here.")
    for chosen in ("Stop", "Run a shortened form"):
        cells.choose("fool-network", "Run only this cell")
        cells["fool-network"].get_by_text("can take minutes").wait_for()
        assert question.count() == 3  # under the cell, in the bar, and aloud
        cells.press("fool-network", chosen)
        said = cells.wait()
        assert said.startswith("Stopped" if chosen == "Stop" else "Done")
    assert cells.output("fool-network") == "short"
    editor = cells["fool-network"].locator(".cm-content")
    assert editor.text_content().startswith("# A shortened form")
    assert "run-edited" in cells["fool-network"].get_attribute("class")
    cells.choose("fool-network", "Put back the original")
    assert editor.count() == 0
    cells.choose("fool-network", "Use the shortened form")
    editor.wait_for(state="attached")
    cells.choose("fool-network", "Put back the original")


def test_all_cells_run(seen, cells):
    page = seen.page
    hint = page.locator("#code-hand-help details").first
    hint.locator("summary").click()
    quiz = page.locator("#code-quiz input").first
    quiz.check()
    claims = page.locator(".course-claim").count()
    said = [each.split() for each in page.locator(".said").all_inner_texts()]
    links = "all => all.map(a => a.getAttribute('href'))"
    led = page.locator(".said a").evaluate_all(links)
    quiz.focus()
    page.get_by_role("button", name="Run all").evaluate("button => button.click()")
    assert cells.wait().startswith("Done")
    assert page.locator(".traceback").all_inner_texts() == []
    assert page.locator(".stderr").all_inner_texts() == []
    now = page.locator(".claim").all_inner_texts()
    assert len(now) == claims
    assert all(claim.startswith("Claim kept.") for claim in now)
    assert [len(each.split()) for each in page.locator(".said").all_inner_texts()] == [
        len(each) for each in said
    ]
    assert page.locator(".said a").evaluate_all(links) == led
    assert page.locator("[data-tex]:not(:has(math)), .lab-formula").count() == 0
    assert page.locator(".run-line p, .run-stale").count() == 0
    # What the reader has opened and answered stays so.
    assert hint.get_attribute("open") is not None
    assert quiz.is_checked()
    assert quiz.evaluate(FOCUSED)


def test_sliders_are_live(seen, cells):
    slider = seen.page.locator("#code-walk-slider input[type=range]").first
    figure = cells["walk-slider"].locator(".cell_output svg").first
    finding = cells["walk-slider"].locator(".lab-finding")
    assert finding.inner_text().startswith("The inputs are given")
    assert "z = 2" not in figure.get_attribute("aria-label")
    slider.press("ArrowRight")
    finding.get_by_text("z = w").wait_for()
    assert "z = 2" in figure.get_attribute("aria-label")
    slider.press("Shift+Enter")
    finding.get_by_text("The inputs are given").wait_for()
    assert cells.wait().startswith("Done")
    assert slider.evaluate(FOCUSED)


def test_a_menu_closes_and_gives_the_keyboard_back(seen, cells):
    menu = cells["seed"].locator("summary[aria-label=More]")
    choice = cells["seed"].get_by_role("button", name="Put back the original")
    menu.press("Enter")
    choice.press("Enter")
    assert not choice.is_visible()
    assert menu.evaluate(FOCUSED)
    menu.press("Enter")
    choice.press("Tab")
    assert not choice.is_visible()


def test_what_the_keyboard_reaches_is_not_under_the_bar(seen, cells):
    bar = seen.page.locator(".run-bar").bounding_box()
    cells.press("graph-forward", "Edit")
    editor = cells["graph-forward"].locator(".cm-content")
    editor.evaluate("element => scrollBy(0, element.getBoundingClientRect().bottom - innerHeight)")
    seen.page.keyboard.press("Control+End")
    seen.page.keyboard.press("Enter")
    seen.page.keyboard.type("x")
    line = cells["graph-forward"].locator(".cm-line").last
    seen.page.wait_for_timeout(300)
    assert line.bounding_box()["y"] + line.bounding_box()["height"] <= bar["y"]
    cells.choose("graph-forward", "Put back the original")


def test_accessible(seen):
    assert examine(seen) == []


def test_narrow_and_dark(seen):
    turn_over(seen)


def test_asks_no_other_host_and_logs_no_error(seen):
    assert seen.abroad == []
    assert seen.complaints == []


def test_missing_python_is_said_and_can_be_tried_again(browser, site):
    visit = Visit(browser, site, PAGE, width=1280, scheme="light")
    cells = Cells(visit)
    visit.context.set_offline(True)
    cells.press("seed")
    alert = cells["seed"].get_by_role("alert")
    alert.get_by_text("What runs cells did not arrive. Is there a connection?").wait_for()
    visit.context.set_offline(False)
    cells["seed"].get_by_role("button", name="Try again").click()
    visit.page.locator(".run-bar").wait_for()
    cells.press("seed", "Cancel")
    assert cells.wait() == "Loading was cancelled."
    visit.context.close()

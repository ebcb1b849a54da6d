"""Solved exercises: noted when a check says so, marked in their chapter and on the title page."""

import json

import pytest
from cell_pages import CHAPTER, write_site
from conftest import Visit, served

NAMES = ["by-hand", "by-sight", "by-heart"]
BOXES = "".join(
    f'<div class="exercise admonition" id="{name}"><p class="admonition-title">{name}</p></div>'
    for name in NAMES
)
SCRIPT = '<script type="module" src="../_static/progress.js"></script>'
CHAPTER_HTML = f'<section><h2>Exercises</h2>{BOXES}<div id="output"></div></section>{SCRIPT}'
TITLE_HTML = f"""<ul><li class="course-card"><p><a href="chapter.html">Chapter</a></p></li></ul>
<div class="course-progress"><script type="application/json">
{json.dumps({"chapter.html": NAMES, "other.html": ["by-ear"]})}</script></div>{SCRIPT}"""
ANSWER = """async ([name, verdict]) => {
  const output = document.getElementById("output");
  output.innerHTML = `<p data-exercise="${name}" data-verdict="${verdict}"></p>`;
  (await import("../_static/progress.js")).note(output);
}"""


@pytest.fixture
def visit(browser, tmp_path):
    """Open a chapter with three exercises; a title page lies beside it."""
    write_site(tmp_path, {}, html=TITLE_HTML)
    (tmp_path / f"{CHAPTER}.html").rename(tmp_path / "book" / "index.html")
    write_site(tmp_path, {}, html=CHAPTER_HTML)
    with served(tmp_path) as address:
        visit = Visit(browser, address, CHAPTER, width=390, scheme="light")
        yield visit
        assert visit.complaints == []
        visit.context.close()


def marks(visit) -> list[str]:
    texts = visit.page.locator(".course-solved").all_inner_texts()
    return [text.strip() for text in texts]


def solve(visit, name: str, verdict: str = "right") -> None:
    visit.page.evaluate(ANSWER, [name, verdict])


def test_only_right_answers_count(visit):
    height = visit.page.evaluate("document.body.scrollHeight")
    assert marks(visit) == []
    solve(visit, "by-sight", "wrong")
    solve(visit, "by-hand", "open")
    assert marks(visit) == []
    solve(visit, "by-sight")
    solve(visit, "by-hand")
    solve(visit, "by-hand", "wrong")
    assert marks(visit) == ["2 of 3 solved", "✓ solved", "✓ solved"]
    visit.page.reload()
    assert marks(visit) == ["2 of 3 solved", "✓ solved", "✓ solved"]
    assert visit.page.evaluate("document.body.scrollHeight") == height


def test_title_page_shows_the_course(visit):
    solve(visit, "by-heart")
    visit.page.goto(f"{visit.site}/book/index.html")
    assert marks(visit) == ["✓ 1 of 3"]
    assert "1 of 4 exercises solved" in visit.page.locator(".course-progress").inner_text()


def test_a_list_without_dates_is_still_read(visit):
    visit.page.evaluate("localStorage.setItem('nn_core/solved', '[\"by-heart\"]')")
    solve(visit, "by-hand")
    kept = visit.page.evaluate("JSON.parse(localStorage.getItem('nn_core/solved'))")
    assert kept["by-heart"] == ""
    assert len(kept["by-hand"]) == len("2026-11-28")
    assert marks(visit) == ["2 of 3 solved", "✓ solved", "✓ solved"]

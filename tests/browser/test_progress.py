"""Solved exercises: marked in their chapter and on the title page, and moved to another browser."""

import json

import pytest
from cell_pages import CHAPTER, write_site
from conftest import AXE, Visit, served

NAMES = ["by-hand", "by-sight", "by-heart"]
BOXES = "".join(
    f'<div class="exercise admonition" id="{name}"><p class="admonition-title">{name}</p></div>'
    for name in NAMES
)
CHAPTER_HTML = f'<section><h2>Exercises</h2>{BOXES}<div id="output"></div></section>'
TITLE_HTML = f"""<ul><li class="course-card"><p><a href="chapter.html">Chapter</a></p></li></ul>
<div class="course-progress"><script type="application/json">
{json.dumps({"chapter.html": NAMES, "other.html": ["by-ear"]})}</script></div>"""
SHOW = """async () => (await import("../python/progress.js")).show()"""
ANSWER = """async ([name, verdict]) => {
  const output = document.getElementById("output");
  output.innerHTML = `<p data-exercise="${name}" data-verdict="${verdict}"></p>`;
  (await import("../python/progress.js")).note(output);
}"""


@pytest.fixture
def visit(browser, tmp_path):
    """Open a chapter with three exercises; a title page lies beside it."""
    write_site(tmp_path, {}, html=TITLE_HTML)
    (tmp_path / f"{CHAPTER}.html").rename(tmp_path / "book" / "index.html")
    write_site(tmp_path, {}, html=CHAPTER_HTML)
    with served(tmp_path) as address:
        visit = Visit(browser, address, CHAPTER, width=390, scheme="light")
        visit.page.evaluate(SHOW)
        yield visit
        assert visit.complaints == []
        visit.context.close()


def marks(visit) -> list[str]:
    texts = visit.page.locator(".course-solved").all_inner_texts()
    return [text.strip() for text in texts]


def solve(visit, name: str, verdict: str = "right") -> None:
    visit.page.evaluate(ANSWER, [name, verdict])


def go_to_title_page(visit) -> None:
    visit.page.goto(f"{visit.site}/book/index.html")
    visit.page.evaluate(SHOW)


def choose(visit, name: str, text: str) -> str:
    """Import a file, and give what the page says."""
    with visit.page.expect_file_chooser() as waiting:
        visit.page.get_by_role("button", name="Import").click()
    waiting.value.set_files({"name": name, "mimeType": "application/json", "buffer": text.encode()})
    status = visit.page.get_by_role("status").filter(has_text=name)
    status.wait_for()
    return status.inner_text()


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
    visit.page.evaluate(SHOW)
    assert marks(visit) == ["2 of 3 solved", "✓ solved", "✓ solved"]
    assert visit.page.evaluate("document.body.scrollHeight") == height


def test_title_page_shows_the_course(visit):
    solve(visit, "by-heart")
    go_to_title_page(visit)
    assert marks(visit) == ["✓ 1 of 3"]
    assert "1 of 4 exercises solved" in visit.page.locator(".course-progress").inner_text()
    visit.page.evaluate(AXE)
    found = visit.page.evaluate("axe.run(document.querySelector('.course-progress'))")
    assert [each["id"] for each in found["violations"]] == []


def test_export_erase_import(visit):
    solve(visit, "by-heart")
    solve(visit, "by-hand")
    go_to_title_page(visit)
    button = visit.page.get_by_role("button")
    with visit.page.expect_download() as waiting:
        button.get_by_text("Export").click()
    text = waiting.value.path().read_text("utf-8")
    visit.page.once("dialog", lambda dialog: dialog.dismiss())
    button.get_by_text("Erase").click()
    assert marks(visit) == ["✓ 2 of 3"]
    # Where the reader stopped is forgotten with the rest.
    visit.page.evaluate("localStorage.setItem('nn_core/places', '{\"/\": \"one\"}')")
    visit.page.once("dialog", lambda dialog: dialog.accept())
    button.get_by_text("Erase").click()
    assert marks(visit) == []
    assert visit.page.evaluate("localStorage.length") == 0
    assert [each.inner_text() for each in button.all() if each.is_visible()] == ["Import"]
    assert "2 solved exercises" in choose(visit, "solved-exercises.json", text)
    assert marks(visit) == ["✓ 2 of 3"]


@pytest.mark.parametrize("text", ["", "{", "null", '{"solved": 3}', '{"solved": ["<b>", 7]}'])
def test_wrong_file_loses_nothing(visit, text):
    solve(visit, "by-heart")
    go_to_title_page(visit)
    assert "choose a file that Export has written" in choose(visit, "other.json", text)
    assert marks(visit) == ["✓ 1 of 3"]


def test_import_adds(visit):
    solve(visit, "by-heart")
    go_to_title_page(visit)
    choose(visit, "solved.json", json.dumps({"solved": ["by-ear", "by-hand", "unheard-of"]}))
    assert "3 of 4 exercises solved" in visit.page.locator(".course-progress").inner_text()

"""A learner's own way: what is read, solved and answered, asked again, moved, certified, printed.

The pages are those of the built book; the day is that of the page's clock.
"""

import datetime as dt
import io
import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from conftest import AXE, ROOT, Watched
from pypdf import PdfReader
from test_notebooks import NOTEBOOKS, place_of

DAY = dt.datetime(2026, 11, 28, 12)
CHAPTER = "book/05_backpropagation"
WAY = "book/your_way"
NAME = "quiz-05_backpropagation-{}"
SUMMARIES = [f"summary/{Path(place_of(path)).name}" for path in NOTEBOOKS]
# A browser that keeps nothing, and one whose room is used up.
BLOCKED = """Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("blocked", "SecurityError"); }
})"""
FULL = """Storage.prototype.setItem = () => {
  throw new DOMException("full", "QuotaExceededError");
}"""


def quiz(name: str) -> list[dict]:
    return json.loads((ROOT / "nn_core" / "lab" / "quizzes" / f"{name}.json").read_text("utf-8"))


QUESTIONS = {
    f"quiz-{path.stem}-{k}": question
    for path in NOTEBOOKS
    for k, question in enumerate(quiz(path.stem), 1)
}


class Reader(Watched):
    """A reader with one browser, who opens pages on days of their own."""

    def go(self, name: str, day: int = 0):
        self.page.clock.set_fixed_time(DAY + dt.timedelta(days=day))
        self.page.goto(f"{self.site}/{name}.html")

    def kept(self, what: str):
        return self.page.evaluate("key => JSON.parse(localStorage.getItem(key))", f"nn_core/{what}")

    def keep(self, **kept):
        for what, entries in kept.items():
            put = "([key, text]) => localStorage.setItem(key, text)"
            self.page.evaluate(put, [f"nn_core/{what}", json.dumps(entries)])

    def answer(self, name: str, right: bool):
        answers = QUESTIONS[name]["answers"]
        k = next(k for k, each in enumerate(answers, 1) if each["correct"] is right)
        self.page.locator(f"[id='{name}-{k}']").check()

    def asked(self) -> list[str]:
        inputs = self.page.locator(".course-way fieldset input:first-of-type")
        names = inputs.evaluate_all("all => all.map((each) => each.name)")
        return list(dict.fromkeys(names))

    def status(self, part: str) -> str:
        return self.page.locator(f"[data-part={part}] [role=status]").inner_text()

    def row(self, title: str) -> list[str]:
        row = self.page.locator(".way-chapters tr", has_text=title)
        return [text.removeprefix("✓ ") for text in row.locator("td").all_inner_texts()]

    def take(self, text: str, name: str = "file.json") -> str:
        """Import a file, and give what the page says."""
        with self.page.expect_file_chooser() as waiting:
            self.page.get_by_role("button", name="Import").click()
        file = {"name": name, "mimeType": "application/json", "buffer": text.encode()}
        waiting.value.set_files(file)
        status = self.page.locator("[data-part=files] [role=status]", has_text=name)
        status.wait_for()
        return status.inner_text()

    def printed(self) -> list[str]:
        """Give the text of each page of paper."""
        pdf = PdfReader(io.BytesIO(self.page.pdf(prefer_css_page_size=True)))
        return [page.extract_text() for page in pdf.pages]


@pytest.fixture
def reader(browser, site):
    reader = Reader(browser, site, width=1280, scheme="light")
    yield reader
    assert reader.complaints == []
    assert reader.abroad == []
    reader.context.close()


# --- Noting


def test_the_first_answer_counts(reader):
    reader.go(CHAPTER)
    reader.answer(NAME.format(1), right=False)
    reader.answer(NAME.format(1), right=True)
    reader.answer(NAME.format(2), right=True)
    reader.go(CHAPTER)
    reader.answer(NAME.format(1), right=True)
    wrong = {"first": False, "since": "2026-11-28", "asked": "2026-11-28", "box": 0}
    right = {**wrong, "first": True, "box": 4}
    assert reader.kept("answers") == {NAME.format(1): wrong, NAME.format(2): right}
    heading = reader.page.get_by_role("heading", name="Quiz")
    assert "1 of 5 right the first time" in heading.inner_text()


def test_of_several_right_answers_all_are_needed(reader):
    name = next(name for name, question in QUESTIONS.items() if question.get("many"))
    path = next(path for path in NOTEBOOKS if path.stem == name[5:].rpartition("-")[0])
    reader.go(f"book/{place_of(path)}")
    right = [k for k, each in enumerate(QUESTIONS[name]["answers"], 1) if each["correct"]]
    for k in right:
        assert reader.kept("answers") is None
        reader.page.locator(f"[id='{name}-{k}']").check()
    assert reader.kept("answers")[name]["first"] is True


def test_arrows_walk_and_space_chooses(reader):
    """Else nobody could choose the third answer by keyboard without the second being counted."""
    reader.go(CHAPTER)
    choices = reader.page.locator(f"[name='{NAME.format(1)}']")
    choices.first.focus()
    reader.page.keyboard.press("ArrowUp")
    assert choices.last.evaluate("(each) => each === document.activeElement")
    reader.page.keyboard.press("ArrowDown")
    reader.page.keyboard.press("ArrowDown")
    assert reader.kept("answers") is None
    assert choices.nth(1).evaluate("(each) => each === document.activeElement")
    reader.page.keyboard.press("Space")
    assert reader.kept("answers")[NAME.format(1)]["first"] is True
    reader.page.keyboard.press("ArrowDown")
    assert choices.nth(2).is_checked()
    choices.nth(2).press("Tab")
    assert not reader.page.evaluate(f"document.activeElement.name === '{NAME.format(1)}'")


def test_a_section_is_read_when_its_end_was_on_the_screen(reader):
    reader.go(CHAPTER)
    stop = reader.page.locator(".course-stop").first
    stop.scroll_into_view_if_needed()
    reader.page.evaluate("scrollTo(0, 0)")
    reader.page.wait_for_timeout(2500)
    assert reader.kept("read") is None
    stop.scroll_into_view_if_needed()
    reader.page.wait_for_timeout(2500)
    section = stop.evaluate("(each) => each.parentElement.id")
    assert reader.kept("read") == {f"{CHAPTER}#{section}": "2026-11-28"}
    reader.go(WAY)
    assert reader.row("05 Backpropagation") == ["1 of 10", "0 of 4", "0 of 5", "1 page"]
    assert reader.row("All")[0].startswith("1 of ")


# --- Asking again


def test_a_wrong_answer_comes_back_after_1_3_7_and_21_days(reader):
    name = NAME.format(2)
    reader.go(CHAPTER)
    reader.answer(name, right=False)
    day = 0
    for days in (1, 3, 7, 21):
        reader.go(WAY, day + days - 1)
        assert reader.asked() == []
        assert "The next one comes on" in reader.status("review")
        day += days
        reader.go(WAY, day)
        assert reader.asked() == [name]
        assert reader.status("review") == "1 question to answer now."
        reader.answer(name, right=True)
        assert reader.status("review").startswith("Nothing to repeat today.")
    reader.go(WAY, day + 1000)
    assert reader.asked() == []
    assert "None waits" in reader.status("review")
    assert reader.row("05 Backpropagation")[2] == "0 of 5"


def test_a_wrong_answer_begins_again(reader):
    name = NAME.format(2)
    reader.go(CHAPTER)
    reader.answer(name, right=False)
    reader.go(WAY, 1)
    reader.answer(name, right=True)
    reader.go(WAY, 4)
    reader.answer(name, right=False)
    told = reader.page.locator(".course-way .lab-wrong:visible")
    wrong = next(each for each in QUESTIONS[name]["answers"] if not each["correct"])
    assert wrong["feedback"][:30] in told.inner_text()
    reader.go(WAY, 5)
    assert reader.asked() == [name]


def test_an_answer_in_the_chapter_counts_once_it_is_due(reader):
    name = NAME.format(2)
    reader.go(CHAPTER)
    reader.answer(name, right=False)
    reader.go(CHAPTER, 1)
    reader.answer(name, right=True)
    assert reader.kept("answers")[name]["box"] == 1


def test_a_wrong_clock_hides_no_question(reader):
    reader.go(CHAPTER, 1000)
    reader.answer(NAME.format(1), right=False)
    reader.go(WAY)
    assert reader.asked() == [NAME.format(1)]


def test_new_questions_come_when_asked_for(reader):
    reader.go(CHAPTER)
    reader.answer("quiz-05_backpropagation-1", right=True)
    reader.go(WAY)
    assert reader.asked() == []
    reader.page.get_by_role("button", name="Ask me new questions").click()
    assert reader.asked() == list(QUESTIONS)[:5]
    focused = reader.page.evaluate("document.activeElement.name")
    assert focused == next(iter(QUESTIONS))
    while (button := reader.page.get_by_role("button", name="Ask me new questions")).is_visible():
        button.click()
    assert set(reader.asked()) == set(QUESTIONS) - {"quiz-05_backpropagation-1"}


def test_questions_are_those_of_the_chapters(built_book):
    """Markup, words and formulas."""
    template = BeautifulSoup((built_book / f"{WAY}.html").read_text("utf-8"), "html.parser")
    asked = [str(each) for each in template.find(id="questions").find_all("fieldset")]
    found = []
    for path in NOTEBOOKS:
        text = (built_book / "book" / f"{place_of(path)}.html").read_text("utf-8")
        found += [str(each) for each in BeautifulSoup(text, "html.parser").select("fieldset")]
    assert sorted(asked) == sorted(found)


# --- What is next


def test_next_step(reader):
    def next_step() -> str:
        reader.go(WAY)
        return reader.page.locator("[data-part=next]").inner_text()

    reader.go(WAY)
    course = json.loads(reader.page.locator("#course").inner_text())
    assert next_step() == "Read the chapter 00 Tour."
    first, second = course[:2]
    read = {f"{first['page']}#{name}": "2026-11-27" for name, _ in first["sections"]}
    reader.keep(read={name: day for name, day in read.items() if "#wrong" not in name})
    reader.keep(read=dict(list(read.items())[:-1]))
    assert next_step() == "Read on in 00 Tour: 0.12 Take-aways."
    reader.keep(read=read)
    assert next_step() == "Solve in 00 Tour: " + first["exercises"][0][1] + "."
    address = reader.page.locator("[data-part=next] a").get_attribute("href")
    assert address == f"00_tour.html#{first['exercises'][0][0]}"
    reader.keep(solved={name: "2026-11-27" for name, _ in first["exercises"]})
    assert next_step() == f"Read the chapter {second['title']}."
    wrong = {"first": False, "since": "2026-11-20", "asked": "2026-11-20", "box": 0}
    reader.keep(answers={NAME.format(1): wrong})
    assert next_step() == "Answer again: 1 question."


# --- The file


def everything(reader) -> dict:
    return {what: reader.kept(what) for what in ("read", "solved", "answers")}


def fill(reader) -> dict:
    reader.go(WAY)
    reader.keep(
        read={f"{CHAPTER}#quiz": "2026-11-27"},
        solved={"backprop-hand": "2026-11-27", "tour-small": ""},
        answers={NAME.format(1): dict(first=False, since="2026-11-20", asked="2026-11-27", box=1)},
    )
    reader.go(WAY)
    return everything(reader)


def exported(reader) -> str:
    with reader.page.expect_download() as waiting:
        reader.page.get_by_role("button", name="Export").click()
    return waiting.value.path().read_text("utf-8")


def test_export_delete_import(reader):
    before = fill(reader)
    text = exported(reader)
    assert json.loads(text) == before
    button = reader.page.get_by_role("button", name="Delete all")
    reader.page.once("dialog", lambda dialog: dialog.dismiss())
    button.click()
    assert everything(reader) == before
    reader.page.evaluate("localStorage.setItem('nn_core/places', '{\"/\": \"one\"}')")
    reader.page.once("dialog", lambda dialog: dialog.accept())
    button.click()
    assert reader.page.evaluate("localStorage.length") == 0
    assert button.is_disabled()
    assert "1 section, 2 exercises, 1 answer" in reader.take(text)
    assert everything(reader) == before
    assert reader.row("05 Backpropagation") == ["1 of 10", "1 of 4", "0 of 5", "1 page"]


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "null", "[]", "7", '"solved"', '{"solved": 3}', '{"solved": ["<b>", 7]}'),
        '{"solved": {"backprop-hand": "<img src=x onerror=alert(1)>"}}',
        '{"solved": {"tour-small": "2026-11-27"}, "answers": {"quiz-00_tour-1": null}}',
        '{"answers": {"quiz-00_tour-1": {"first": true, "since": "", "asked": "", "box": -1}}}',
        '{"__proto__": {"solved": {"tour-small": ""}}, "constructor": {}}',
    ],
)
def test_wrong_file_loses_nothing(reader, text):
    before = fill(reader)
    told = reader.take(text, "other.json")
    assert told == (
        "other.json is no file of this course: choose one that Export has written. "
        "Nothing was changed."
    )
    assert everything(reader) == before


def test_import_adds_and_keeps_the_better(reader):
    """The earlier day that is known, and the answer that was given last."""
    fill(reader)
    newer = dict(first=False, since="2026-11-20", asked="2026-11-28", box=2)
    older = dict(first=False, since="2026-11-20", asked="2026-11-21", box=0)
    text = {
        "solved": {"backprop-hand": "2026-11-28", "tour-small": "2026-11-28", "unheard-of": ""},
        "answers": {NAME.format(1): older, NAME.format(2): newer},
    }
    reader.take(json.dumps(text))
    assert reader.kept("solved") == {"backprop-hand": "2026-11-27", "tour-small": "2026-11-28"}
    answers = reader.kept("answers")
    assert answers[NAME.format(1)]["asked"] == "2026-11-27"
    assert answers[NAME.format(2)] == newer
    reader.take(json.dumps({"answers": {NAME.format(1): newer}}), "second.json")
    assert reader.kept("answers")[NAME.format(1)] == newer


def test_a_file_without_dates_is_read(reader):
    reader.go(WAY)
    assert "1 exercise," in reader.take('{"solved": ["tour-small", "unheard-of"]}')
    assert reader.kept("solved") == {"tour-small": ""}


# --- Storage that refuses, and two open pages


@pytest.mark.parametrize("trouble", [BLOCKED, FULL])
def test_what_cannot_be_stored_lasts_until_the_page_is_left(reader, trouble):
    reader.page.add_init_script(trouble)
    reader.go(CHAPTER)
    reader.answer(NAME.format(1), right=True)
    heading = reader.page.get_by_role("heading", name="Quiz")
    assert "1 of 5 right the first time, until you leave this page" in heading.inner_text()
    reader.go(WAY)
    unsafe = reader.page.get_by_text("has no room left")
    assert not unsafe.is_visible()
    reader.page.get_by_role("button", name="Ask me new questions").click()
    reader.answer("quiz-00_tour-1", right=True)
    assert unsafe.is_visible()
    assert reader.row("00 Tour")[2] == "1 of 3"
    assert json.loads(exported(reader))["answers"]["quiz-00_tour-1"]["first"]


def test_two_open_pages_lose_nothing_of_each_other(reader):
    """Not even where one of them finds no room for a while."""
    reader.go(CHAPTER)
    reader.page.evaluate(f"() => {{ window.room = Storage.prototype.setItem; {FULL}; }}")
    reader.answer(NAME.format(1), right=True)
    other = reader.context.new_page()
    other.goto(f"{reader.site}/{CHAPTER}.html")
    other.locator(f"[id='{NAME.format(2)}-1']").check()
    reader.page.get_by_role("heading", name="Quiz").get_by_text("of 5").wait_for()
    reader.page.evaluate("() => { Storage.prototype.setItem = window.room; }")
    reader.answer(NAME.format(3), right=True)
    assert set(reader.kept("answers")) == {NAME.format(k) for k in (1, 2, 3)}
    # The other page shows it without being asked.
    other.get_by_role("heading", name="Quiz").get_by_text("2 of 5").wait_for()
    other.close()


def test_needs_no_python(reader):
    reader.page.route("**/python/**", lambda route: route.fulfill(status=404))
    fill(reader)
    assert reader.row("05 Backpropagation")[1] == "1 of 4"


# --- The certificate


def test_no_certificate_before_anything_is_solved(reader):
    reader.go("certificate")
    assert "There is no certificate yet" in reader.page.locator("article").inner_text()
    assert reader.page.get_by_label("Your name").count() == 0
    reader.keep(read={f"{CHAPTER}#quiz": "2026-11-27"})
    reader.go("certificate")
    assert reader.page.get_by_label("Your name").count() == 0


def test_certificate_of_the_whole_course_is_one_page(reader):
    reader.go(WAY)
    course = json.loads(reader.page.locator("#course").inner_text())
    right = dict(first=True, since="2026-11-20", asked="2026-11-20", box=4)
    reader.keep(
        read={
            f"{one['page']}#{name}": "2026-11-19" for one in course for name, _ in one["sections"]
        },
        solved={name: "2026-11-21" for one in course for name, _ in one["exercises"]},
        answers={name: right for one in course for name in one["questions"]},
    )
    reader.go("certificate")
    reader.page.get_by_label("Your name").fill("Ada <b>Lovelace</b>")
    texts = reader.printed()
    assert len(texts) == 1
    text = " ".join(texts[0].split())
    assert "Ada <b>Lovelace</b>" in text
    assert "Nobody has verified it" in text
    exercises = [name for one in course for _, name in one["exercises"]]
    assert f"{len(exercises)} of the {len(exercises)} exercises" in text
    hours = sum(sum(one["minutes"]) for one in course) / 60
    assert f"{round(2 * hours) / 2:g} hours" in text
    assert text.count("2026-11-21") == len(exercises)
    assert text.count("2026-11-20") == len(course)
    # The name is kept nowhere.
    assert "Ada" not in reader.page.evaluate("JSON.stringify(localStorage)")
    reader.go(WAY)
    step = reader.page.locator("[data-part=next]")
    assert "certificate" in step.inner_text()


# --- Summaries


@pytest.mark.parametrize("name", SUMMARIES)
def test_summary_is_one_page_and_says_what_the_chapter_says(reader, built_book, name):
    reader.go(name)
    sheets = reader.printed()
    assert len(sheets) == 1
    place = next(place_of(path) for path in NOTEBOOKS if path.stem == Path(name).name)
    chapter, summary = (
        BeautifulSoup((built_book / f"{page}.html").read_text("utf-8"), "html.parser")
        for page in (f"book/{place}", name)
    )

    def all_of(soup, selector):
        return [each.get_text().replace("#", "") for each in soup.select(selector)]

    def formulas(soup):
        return [each.parent["data-tex"] for each in soup.select("div.math > .eqno")]

    assert formulas(summary) == formulas(chapter)
    assert all_of(summary, "article .eqno") == all_of(chapter, "article .eqno")
    terms = [each.get_text() for each in chapter.select("a.course-term")]
    assert [each.get_text() for each in summary.select("a[href*='#term-']")] == terms
    listed = [
        each.get_text() for each in chapter.select("article > section > section:last-of-type li")
    ]
    assert listed
    assert [each.get_text() for each in summary.select(".summary-parts li")] == listed
    code = "".join(all_of(summary, "pre"))
    for cell in chapter.select(".tag_nn-core .cell_input pre"):
        for line in cell.get_text().splitlines():
            if line.startswith(("def ", "class ")):
                assert line.split("(")[0].rstrip(":") in code
    for link in summary.select("article a[href]"):
        target, _, anchor = link["href"].partition("#")
        path = (built_book / "summary" / target).resolve()
        assert path.is_file(), link
        assert not anchor or f'id="{anchor}"' in path.read_text("utf-8"), link


def test_chapter_leads_to_its_summary(built_book):
    for path in NOTEBOOKS:
        page = built_book / "book" / f"{place_of(path)}.html"
        soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
        target = page.parent / soup.select_one(".shell-summary a")["href"]
        assert target.resolve() == built_book / "summary" / f"{path.stem}.html"


# --- The form of the pages


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390, 320])
@pytest.mark.parametrize("name", [WAY, "certificate", *SUMMARIES[2:6:3]])
def test_pages_have_form(browser, site, name, width, scheme):
    reader = Reader(browser, site, width=width, scheme=scheme)
    fill(reader)
    reader.go(name)
    if name == WAY:
        reader.page.get_by_role("button", name="Ask me new questions").click()
        reader.answer("quiz-00_tour-1", right=False)
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= width
    reader.page.evaluate(AXE)
    found = reader.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert [each["id"] for each in found["violations"]] == []
    assert reader.complaints == []
    assert reader.abroad == []
    reader.context.close()

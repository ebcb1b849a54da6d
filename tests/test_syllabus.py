"""The syllabus: outcomes, exercises and exam belong together, and its plans fit into their time."""

import math
import re

import pytest
import reading_time
import syllabus
from conftest import ROOT
from test_teaching import EXAM, parts

PAGE = (ROOT / "book" / "appendix" / "syllabus.md").read_text("utf-8")
SECTIONS = parts(PAGE, "##")
OUTCOMES = {
    title: [row.strip("|").split("|") for row in text.splitlines() if re.match(r"\| .*\*\*", row)]
    for title, text in parts(SECTIONS["Outcomes"], "###").items()
}
CHAPTERS = sorted(path.stem[:2] for path in (ROOT / "book").glob("[0-9]*.ipynb"))
TITLES = {
    label: title for number in CHAPTERS for title, label in syllabus.exercises(number).items()
}
REFERENCE = re.compile(r"\{ref\}`([^<`]+) <([\w-]+)>`")


def exercises_of(row: list[str]) -> list[tuple[str, str]]:
    return REFERENCE.findall(row[1])


@pytest.mark.parametrize("chapter", OUTCOMES)
def test_each_outcome_can_be_examined_and_has_an_exercise(chapter):
    assert OUTCOMES[chapter]
    for row in OUTCOMES[chapter]:
        assert re.match(r" \*\*[a-z]+\*\* ", row[0]), row[0]
        assert exercises_of(row), row[0]


def test_each_exercise_belongs_to_an_outcome_of_its_chapter():
    for number in CHAPTERS:
        (title,) = (title for title in OUTCOMES if title.startswith(number))
        named = {label for row in OUTCOMES[title] for _, label in exercises_of(row)}
        assert named == set(syllabus.exercises(number).values()), title


def test_exercises_are_called_by_their_names():
    for title, label in REFERENCE.findall(SECTIONS["Outcomes"]):
        assert TITLES[label] == title


def test_each_question_of_the_exam_asks_for_an_outcome():
    questions = set(re.findall(r"^### \d+\. (.+)$", EXAM, re.MULTILINE))
    named = {
        name
        for rows in OUTCOMES.values()
        for row in rows
        for name in re.findall(r"\*([^*]+)\*", row[2])
    }
    assert named == questions


def points(section: str, column: int) -> list[int]:
    rows = re.findall(r"^\|(.+)\|$", SECTIONS[section], re.MULTILINE)[2:]
    return [int(row.split("|")[column]) for row in rows]


def test_marks_sum_up():
    assert sum(points("Marks", 1)) == 100
    project = re.search(r"\| project \| (\d+)", SECTIONS["Marks"])[1]
    assert sum(points("The project", 1)) == int(project)


def test_an_exam_has_as_many_points_as_its_minutes_carry():
    all_points, minutes = map(
        int, re.search(r"(\d+) points, for (\d+)", " ".join(EXAM.split())).groups()
    )
    time, stated = map(
        int, re.search(r"(\d+) minutes, about (\d+) points", SECTIONS["Marks"]).groups()
    )
    assert abs(time * all_points / minutes - stated) < 5
    more = re.search(r"of (\d+) minutes a quarter more is (\d+),\s+half more (\d+)", PAGE)
    assert [math.ceil(1.25 * time), math.ceil(1.5 * time)] == [int(more[2]), int(more[3])]
    assert int(more[1]) == time


# --- the plans


def plan(section: str) -> tuple[list[float], list[syllabus.Row]]:
    times, lines = re.search(r"```\{plan\} (.*?)\n(.*?)```", SECTIONS[section], re.S).groups()
    return [float(time) for time in times.split()], [*syllabus.rows(lines.strip().split("\n"))]


@pytest.mark.parametrize("section", ["One week", "One term"])
def test_lines_of_a_plan_fit_into_their_time(section):
    times, rows = plan(section)
    for row in rows:
        assert round(row.reading()) <= times[0], row.when
        assert round(row.solving()) <= times[1], row.when
    solved = [(number, name) for row in rows for number, names in row.solved for name in names]
    assert len(solved) == len(set(solved))


def test_a_term_reads_the_spine_to_its_end():
    _, rows = plan("One term")
    read = [(number, name) for row in rows for number, names in row.read for name in names]
    assert len(read) == len(set(read))
    for number in CHAPTERS[:10]:
        assert [name for chapter, name in read if chapter == number] == [*syllabus.minutes(number)]


def test_evenings_hold_all_of_it_in_order():
    length = float(re.search(r"```\{evenings\} (\d+)", PAGE)[1])
    rows = syllabus.evenings(length)
    assert len(rows) == 24
    assert "## Twenty-four evenings" in PAGE
    assert all(0 < row.total() <= length for row in rows)
    read = [(number, name) for row in rows for number, names in row.read for name in names]
    assert read == [(n, name) for n in syllabus.EVENINGS for name in syllabus.minutes(n)]
    solved = [(number, name) for row in rows for number, names in row.solved for name in names]
    assert solved == [(n, name) for n in syllabus.EVENINGS for name in syllabus.exercises(n)]
    counted = [reading_time.counted(syllabus.notebook(number)) for number in syllabus.EVENINGS]
    assert sum(row.reading() for row in rows) == pytest.approx(sum(c.reading for c in counted))
    assert sum(row.solving() for row in rows) == sum(c.exercises for c in counted)


def test_a_plan_says_what_it_does_not_know():
    with pytest.raises(ValueError, match=r"02 has no Nowhere: it has What it is for, One neuron"):
        [*syllabus.rows(["1 | 02 to *Nowhere* | "])]


def test_a_plan_goes_on_where_it_stopped():
    first, second, third = syllabus.rows(
        [
            "1 | 00 to *Twenty lines* |",
            "2 | 00 without *Draw your own* |",
            "3 | 01: *Minibatches* | 00",
        ]
    )
    assert first.read == [("00", ["What it is for", "Twenty lines"])]
    assert second.read[0][1][0] == "One digit on its way through"
    assert "Draw your own" not in second.read[0][1]
    assert syllabus.told(*second.read[0]).endswith(
        "from *One digit on its way through* without *Draw your own*"
    )
    assert third.solving() == 3 * reading_time.EXERCISE
    assert third.reading() == syllabus.minutes("01")["Minibatches"]

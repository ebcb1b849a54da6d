"""Marks for what a class handed in. Each notebook runs in a process of its own, see `submission`.

The marks are made here, from values: a check is called in this process, on the learner's values and
on functions that ask the other process. What a submission prints, writes or redefines is not
looked at.
"""

import argparse
import csv
import json
import math
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nn_core.lab.classroom.apart import Lost
from nn_core.lab.classroom.assignment import POINTS, Assignment, Classroom
from nn_core.lab.classroom.questions import Question
from nn_core.lab.classroom.submission import Submission
from nn_core.lab.exercises.exercise import Verdict, find

SECONDS = 60  # for a cell, or for one call of a function
IN_ALL = 600  # for a notebook; the setup of one chapter trains a network
LONGEST = 240  # characters of a reason
LARGEST = 2**24  # bytes of a notebook


class Mark(NamedTuple):
    """What an exercise or a question earned."""

    student: str
    assignment: str
    item: str  # the name of an exercise, or "question_1"
    points: float
    of: float
    reason: str


class Item(NamedTuple):
    """What is to be marked: its answers are asked for by name, and judged."""

    name: str
    asked: list[str]
    given: tuple[str, ...]
    of: int
    judge: Callable[[list[Any]], tuple[float, str]]  # gives a share of the points, and a reason


def items_of(assignment: Assignment, questions: Sequence[Question]) -> list[Item]:
    """List what an assignment asks for, in its order."""
    found = []
    for task in assignment.tasks:
        exercise = find(task.name)

        def judge(values: list[Any], exercise: Any = exercise) -> tuple[float, str]:
            verdict: Verdict = exercise.judge(*values)
            words = {"right": "right", "open": f"not answered. {verdict.words}"}
            return float(verdict.kind == "right"), words.get(verdict.kind, verdict.words)

        found.append(Item(task.name, exercise.asked, task.given, POINTS, judge))
    for k, question in enumerate(questions, 1):

        def compare(values: list[Any], question: Question = question) -> tuple[float, str]:
            answers = values[0] if isinstance(values[0], dict) else {}
            left = [name for name in question.answers if answers.get(name, ...) in (None, ...)]
            right = [
                name for name in question.answers if question.accepted(name, answers.get(name))
            ]
            wrong = [name for name in question.answers if name not in (*left, *right)]
            parts = {"not answered": left, "wrong": wrong, "right": right}
            told = [f"{word}: {', '.join(names)}" for word, names in parts.items() if names]
            return len(right) / len(question.answers), "; ".join(told)

        found.append(Item(f"question_{k}", [f"question_{k}"], (), question.points, compare))
    return found


def marks_of(
    cells: Sequence[tuple[str, str]],
    assignment: Assignment,
    student: str,
    questions: Sequence[Question],
    seconds: float = SECONDS,
) -> list[Mark]:
    """Run the cells of a notebook apart, and mark each exercise and question.

    A cell, given by its id and its code, that ends the process or does not end itself is left out,
    and the others run anew. What counts stands at the end; if two exercises ask for the same name,
    it is what stands at the check.
    """
    items = items_of(assignment, questions)
    asked = Counter(name for item in items for name in {*item.asked} - {*item.given})
    left, marks = items[:], list[Mark]()
    ended: dict[int, str] = {}  # cells that ended the process
    began = time.monotonic()

    def mark(share: float, reason: str) -> None:
        item = left.pop(0)
        points = math.floor(100 * share * item.of) / 100
        words = " ".join(reason.split())[:LONGEST].rstrip()
        marks.append(Mark(student, assignment.name, item.name, points, item.of, words))

    while left and time.monotonic() - began < IN_ALL:
        with Submission(seconds, began + IN_ALL - time.monotonic()) as process:
            try:
                names = sorted({name for item in items for name in item.given})
                process.seconds = IN_ALL
                failed = process.run(assignment.setup)
                if failed:
                    raise ValueError(f"the setup of {assignment.name} ended in {failed}")
                given = process.fetch(names)
                process.seconds = seconds
                problems, found = dict(ended), dict[str, dict[str, Any]]()
                for k, (name, cell) in enumerate(cells):
                    if k in ended or cell.strip() == assignment.setup:
                        continue
                    try:
                        problem = process.run(cell)
                        for item in items:
                            if name == f"{item.name}-check":
                                shared = [one for one in item.asked if asked[one] > 1]
                                found[item.name] = process.fetch(shared)
                    except Lost:
                        ended[k] = process.last_words()
                        raise
                    if problem:
                        problems[k] = f"its cell ended in {problem}"
                while left:
                    item = left[0]
                    try:
                        made = [name for name in item.asked if name not in given]
                        values = process.fetch(made) | found.get(item.name, {}) | given
                        share, reason = item.judge([values[name] for name in item.asked])
                    except Lost:
                        mark(0, f"wrong: {process.last_words()}")
                        raise
                    except Exception as error:  # an answer that refuses to be compared
                        share, reason = 0, f"wrong: comparing it ended in {type(error).__name__}"
                    if reason.startswith("not answered"):
                        wanted = re.compile(rf"\b({'|'.join(made)})\b")
                        told = [
                            words for k, words in problems.items() if wanted.search(cells[k][1])
                        ]
                        reason += f" ({told[0]})" if told else ""
                    mark(share, reason)
            except Lost:
                continue
    while left:
        mark(0, f"not judged, since the whole notebook took longer than {IN_ALL} s")
    return marks


# --- a class


def read_notebook(path: Path) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Read what a notebook says of its assignment, and its cells of code.

    Raises
    ------
    ValueError
        It is no notebook, or too large for one.
    """
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{path.name} is larger than {LARGEST // 2**20} MB")
    try:
        notebook = json.loads(path.read_text("utf-8"))
        cells = [
            (str(cell.get("id")), "".join(cell["source"]))
            for cell in notebook["cells"]
            if cell["cell_type"] == "code"
        ]
        about = notebook["metadata"].get("assignment", {})
        return {str(key): str(value) for key, value in about.items()}, cells
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path.name} is no notebook: {type(error).__name__}") from error


def mark_notebook(
    path: Path, classroom: Classroom, student: str, seconds: float = SECONDS, name: str = ""
) -> list[Mark]:
    """Mark one notebook of a student; its metadata, or else its name, says what it answers."""
    try:
        about, cells = read_notebook(path)
    except ValueError as error:
        about, cells, problem = {}, [], str(error)
    else:
        problem = ""
    named = name or about.get("name") or path.stem
    found = [one for one in classroom.assignments if one.name == named]
    if not found:
        return [Mark(student, named, "", 0, 0, problem or f"{path.name} is of no assignment here")]
    whose = student if classroom.students else ""
    if not problem and about.get("student", whose) != whose:
        problem = f"these are the numbers of {about['student'] or 'nobody'}; hand in your own"
    if problem:
        return none(found[0], classroom, student, problem)
    return marks_of(cells, found[0], student, found[0].questions(classroom.seed, whose), seconds)


def none(assignment: Assignment, classroom: Classroom, student: str, reason: str) -> list[Mark]:
    """Give no points for an assignment."""
    questions = assignment.questions(classroom.seed, "")
    return [
        Mark(student, assignment.name, item.name, 0, item.of, reason)
        for item in items_of(assignment, questions)
    ]


def mark_class(
    classroom: Classroom, folder: Path, seconds: float = SECONDS, told: Any = sys.stderr
) -> list[Mark]:
    """Mark all notebooks in a folder: those in `ada/`, at any depth, and `ada.ipynb`, are Ada's.

    Of several on one assignment the last written counts. Who handed in nothing has no points.
    """
    paths = sorted(
        (path for path in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts),
        key=lambda path: (path.stat().st_mtime, path),
    )
    marks: dict[tuple[str, str], list[Mark]] = {}
    for path in paths:
        student = path.relative_to(folder).parts[0].removesuffix(".ipynb")
        if classroom.students and student not in classroom.students:
            marks[student, path.stem] = [
                Mark(student, path.stem, "", 0, 0, "the class has nobody of this name")
            ]
            continue
        found = mark_notebook(path, classroom, student, seconds)
        print(f"{student} {found[0].assignment} {total(found)}", file=told, flush=True)
        marks[student, found[0].assignment] = found
    for student in classroom.students or sorted({student for student, _ in marks}):
        for one in classroom.assignments:
            marks.setdefault(
                (student, one.name), none(one, classroom, student, "nothing was handed in")
            )
    return [mark for _, found in sorted(marks.items()) for mark in found]


def total(marks: Sequence[Mark]) -> str:
    """Say how many points there are, of how many."""
    return f"{sum(mark.points for mark in marks):g} of {sum(mark.of for mark in marks):g}"


def write_marks(marks: Sequence[Mark], path: Path) -> None:
    """Write marks as a table, one line for each exercise and question."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Mark._fields)
        for student, name, item, points, of, reason in marks:
            writer.writerow((student, name, item, f"{points:g}", f"{of:g}", reason))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Define the options of the command."""
    parser.add_argument("out", type=Path, help="what `assignments` wrote")
    parser.add_argument("submissions", type=Path, help="a folder of notebooks, one of each student")
    parser.add_argument("--marks", type=Path, default=Path("marks.csv"), help="the table to write")
    parser.add_argument(
        "--seconds", type=float, default=SECONDS, help=f"for a cell, or a call ({SECONDS})"
    )


def run(options: argparse.Namespace) -> None:
    """Mark a class."""
    classroom = Classroom.load(options.out / "grader")
    if not options.submissions.is_dir():
        raise ValueError(f"there is no folder {options.submissions}")
    marks = mark_class(classroom, options.submissions, options.seconds)
    write_marks(marks, options.marks)
    print(f"{options.marks}: {len({mark.student for mark in marks})} students")

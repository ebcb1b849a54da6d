"""The command that writes assignments: a notebook for each student, and what grades them.

OUT/students     what students get: a notebook for each chapter, with numbers of their own
OUT/grader       what `grade` reads, to be kept from students
OUT/nbgrader     the folder of an nbgrader course
OUT/otter        for each chapter an autograder.zip for Otter-Grader
OUT/gradescope   one autograder.zip for all chapters
"""

import argparse
import csv
import importlib.metadata
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nn_core
from nn_core.lab.classroom.assignment import (
    Assignment,
    Classroom,
    add_exercises,
    read_assignment,
)
from nn_core.lab.classroom.grade import items_of, marks_of
from nn_core.lab.exercises.exercise import find

QUESTIONS = 3  # of each assignment
INTRODUCTION = """\
# {title}

Put your own code where `...` stands, and keep the names of what is asked for. You may add cells.
`check` says what is wrong with an answer. The questions at the end have no check; their numbers
are your own. Hand in this file, `{name}.ipynb`."""
NBGRADER_TEST = """\
### BEGIN HIDDEN TESTS
raise RuntimeError("grade with the nbgrader_config.py that lies beside source")
### END HIDDEN TESTS"""
NBGRADER_CONFIG = '''\
"""The settings of nbgrader: it marks with the course's grader, and runs no submission itself."""

from pathlib import Path

from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearHiddenTests,
    ClearOutput,
    ComputeChecksums,
    IncludeHeaderFooter,
    LimitOutput,
    LockCells,
    SaveAutoGrades,
    SaveCells,
)

from nn_core.lab.classroom.for_nbgrader import Apart

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "nn_core"
# Stubs stay as they are: ClearSolutions would put its own in their place.
c.GenerateAssignment.preprocessors = [
    IncludeHeaderFooter, LockCells, ClearOutput, CheckCellMetadata, ComputeChecksums, SaveCells,
    ClearHiddenTests, ComputeChecksums, CheckCellMetadata,
]  # fmt: skip
c.Autograde.autograde_preprocessors = [
    Apart, LimitOutput, SaveAutoGrades, AssignLatePenalties, CheckCellMetadata,
]  # fmt: skip
c.Apart.grader = str(Path(__file__).resolve().parents[1] / "grader")
'''
OTTER_TEST = """\
OK_FORMAT = False

from otter.test_files import test_case

name = {item!r}
points = {of}


@test_case()
def test_marks(marks):
    points, reason = marks[{item!r}]
    assert points == {of}, reason
"""
GRADESCOPE_SETUP = """\
#!/usr/bin/env bash
# Gradescope runs this once, when it makes the image: Python from 3.11 on, and what marking needs.
set -e
root="${AUTOGRADER:-/autograder}"
for python in python3.14 python3.13 python3.12 python3.11 none; do
    if "$python" -c "" 2> /dev/null; then break; fi
done
if [ "$python" = none ]; then
    apt-get update && apt-get install -y python3.11 python3.11-venv
    python=python3.11
fi
"$python" -m venv "$root/venv"
"$root/venv/bin/pip" install --quiet -r "$root/source/requirements.txt"
"""
GRADESCOPE_RUN = """\
#!/usr/bin/env bash
# Gradescope runs this for each submission. What is in grader is not for the eyes of submissions.
cd "${AUTOGRADER:-/autograder}"
chmod -R go-rwx source/grader
PYTHONPATH="$PWD/source" venv/bin/python -m nn_core.lab.classroom.for_gradescope .
"""


# --- notebooks


def cell(kind: str, name: str, source: str, **nbgrader: Any) -> dict[str, Any]:
    """Make a cell; what nbgrader is told of it is no obstacle elsewhere."""
    about = {"grade": False, "grade_id": name, "locked": True, "schema_version": 3}
    about |= {"solution": False, "task": False}
    made: dict[str, Any] = {"cell_type": kind, "id": name, "source": source.splitlines(True)}
    made["metadata"] = {"nbgrader": about | nbgrader}
    return made | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def notebook(assignment: Assignment, seed: int, student: str, hidden: str = "") -> str:
    """Write the notebook of a student; `hidden` stands below each check."""
    questions = assignment.questions(seed, student)
    points = {item.name: item.of for item in items_of(assignment, questions)}
    cells = [
        cell("markdown", "introduction", INTRODUCTION.format(**assignment._asdict())),
        cell("code", "setup", assignment.setup),
    ]

    def asked(name: str, statement: str, stub: str, check: str) -> None:
        graded = {"grade": True, "points": points[name]}
        short = re.sub(r"\W", "-", name)
        cells.extend([
            cell("markdown", f"{short}-statement", statement),
            cell("code", short, stub, solution=True, locked=False),
            cell("code", f"{short}-check", f"{check}\n{hidden}".strip(), **graded),
        ])  # fmt: skip

    for task in assignment.tasks:
        asked(task.name, f"{task.statement}\n\n*{points[task.name]} points*", task.stub, task.check)
    for k, question in enumerate(questions, 1):
        blanks = "".join(f'    "{name}": ...,\n' for name in question.answers)
        text = f"**Question {k}: {question.title}** *({question.points} points)*\n\n{question.text}"
        name = f"question_{k}"
        asked(
            name, text, f"{name} = {{\n{blanks}}}", f"# Your answers, as they will be read.\n{name}"
        )
    about = {"name": assignment.name, "student": student}
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"assignment": about, "kernelspec": kernel}
    made = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


# --- what grades them


def pack(path: Path, files: dict[str, bytes | str]) -> None:
    """Write a ZIP archive that depends on nothing but its files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if str(content)[:2] == "#!" else 0o644) << 16
            archive.writestr(entry, content)


def below(folder: Path, name: str) -> Iterator[tuple[str, bytes]]:
    """Give the files below a folder, by their names in an archive."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield f"{name}/{path.relative_to(folder).as_posix()}", path.read_bytes()


def requirements() -> str:
    """Say what the grader needs, as the package says it of itself."""
    needed = importlib.metadata.requires("nn-core") or []
    lines = [line.partition(";") for line in needed]
    return "".join(
        f"{name.strip()}\n" for name, _, when in lines if "extra" not in when or "'lab'" in when
    )


def write(classroom: Classroom, out: Path, private: Path | None) -> None:
    """Write all of it into a new folder."""
    grader = out / "grader"
    grader.mkdir(parents=True)
    data = json.dumps(classroom.data(), indent=1, sort_keys=True)
    (grader / "class.json").write_text(data + "\n", "utf-8", newline="\n")
    if private:
        shutil.copytree(private, grader / "private", ignore=shutil.ignore_patterns("__pycache__"))
    files = dict(below(grader, "grader"))
    for one in classroom.assignments:
        for student in classroom.students or ("",):
            text = notebook(one, classroom.seed, student)
            save(out / "students" / student / f"{one.name}.ipynb", text)
        text = notebook(one, classroom.seed, "", NBGRADER_TEST)
        save(out / "nbgrader" / "source" / one.name / f"{one.name}.ipynb", text)
        items = items_of(one, one.questions(classroom.seed, ""))
        tests = {
            f"tests/{item.name}.py": OTTER_TEST.format(item=item.name, of=item.of) for item in items
        }
        plugin = {"nn_core.lab.classroom.for_otter.Apart": {"name": one.name}}
        settings = json.dumps({"plugins": [plugin], "show_stdout": False})
        pack(
            out / "otter" / one.name / "autograder.zip",
            {"otter_config.json": settings} | tests | files,
        )
    save(out / "nbgrader" / "nbgrader_config.py", NBGRADER_CONFIG)
    pack(
        out / "gradescope" / "autograder.zip",
        {
            "setup.sh": GRADESCOPE_SETUP,
            "run_autograder": GRADESCOPE_RUN,
            "requirements.txt": requirements(),
            **files,
            **dict(below(Path(nn_core.__file__).parent, "nn_core")),
        },
    )


def save(path: Path, text: str) -> None:
    """Write a text, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="\n")


# --- the command


def read_roster(path: Path) -> tuple[str, ...]:
    """Read who is in the class: the column `student` of a table.

    Raises
    ------
    ValueError
        There is no such column, a name is there twice, or cannot be that of a folder.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or "student" not in rows[0]:
        raise ValueError(f"{path}: expected a table with a column 'student'")
    students = [(row["student"] or "").strip() for row in rows]
    for name in students:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._@+-]*", name):
            raise ValueError(
                f"{path}: {name!r} cannot be the name of a folder; "
                "letters, digits and any of . _ @ + - can"
            )
    twice = [name for name in students if students.count(name) > 1]
    if twice:
        raise ValueError(f"{path}: {twice[0]!r} is there twice")
    return tuple(students)


def in_range(number: str, chosen: str) -> bool:
    """Say whether a chapter is among those chosen, as in "02-05,08"."""
    ends = [part.split("-") for part in chosen.split(",")]
    if not all(len(pair) <= 2 and all(re.fullmatch(r"\d\d", end) for end in pair) for pair in ends):
        raise ValueError(f"chapters are given as in 02-05,08; {chosen!r} is not")
    return any(pair[0] <= number <= pair[-1] for pair in ends)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Define the options of the command."""
    parser.add_argument("out", type=Path, help="a new folder, to write to")
    parser.add_argument("--chapters", default="00-15", help="as in 02-05,08; all without it")
    parser.add_argument(
        "--seed", type=int, default=0, help="of the class; a number that nobody guesses"
    )
    parser.add_argument(
        "--class", dest="roster", type=Path, help="a table with a column 'student': "
        "each gets numbers of their own",
    )  # fmt: skip
    parser.add_argument(
        "--questions", type=int, default=QUESTIONS, help=f"for each chapter ({QUESTIONS})"
    )
    parser.add_argument(
        "--private", type=Path, help="a folder with exercises of your own: 02_own.ipynb, and "
        "chapter_02.md and .py as in nn_core/lab/exercises",
    )  # fmt: skip
    parser.add_argument(
        "--book", type=Path, default=Path("book"), help="the folder of the chapters"
    )


def run(options: argparse.Namespace) -> None:
    """Write assignments."""
    if options.out.exists():
        raise ValueError(f"{options.out} is there already; name a new folder")
    students = read_roster(options.roster) if options.roster else ()
    chapters = [
        path
        for path in sorted(options.book.glob("[0-9][0-9]_*.ipynb"))
        if in_range(path.name[:2], options.chapters)
    ]
    if not chapters:
        raise ValueError(f"no chapters {options.chapters} in {options.book}; see --book")
    own: list[Path] = []
    if options.private:
        if not add_exercises(options.private):
            raise ValueError(f"{options.private} holds no exercises: no file chapter_*.md")
        own = sorted(options.private.glob("[0-9][0-9]_*.ipynb"))
    assignments = []
    for path in [*chapters, *own]:
        assignment = read_assignment(path, options.seed, 0 if path in own else options.questions)
        if assignment:
            assignments.append(assignment)
            if path in own:
                try_out(assignment, path)
    write(Classroom(options.seed, students, tuple(assignments)), options.out, options.private)
    print(f"{options.out}: {len(assignments)} assignments for {len(students) or 'all'} students")


def try_out(assignment: Assignment, path: Path) -> None:
    """Refuse an exercise whose own solution is not accepted, or whose stub is."""
    solutions = [(task.name, find(task.name).solution) for task in assignment.tasks]
    stubs = [(task.name, task.stub) for task in assignment.tasks]
    for cells, right in ((solutions, True), (stubs, False)):
        for mark in marks_of(cells, assignment, "", ()):
            if (mark.points == mark.of) != right:
                what = "solution is not accepted" if right else "stub is accepted as an answer"
                raise ValueError(f"{path}, exercise {mark.item!r}: its {what}: {mark.reason}")

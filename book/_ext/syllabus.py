"""Write the plans of the syllabus: what is read and solved when, and how many minutes that takes.

The minutes are those of `reading_time.py`, so they follow the chapters. A plan is a block of lines:

    ```{plan} 120 120
    Week 1 | 00; 01 to *Look before you train* | 00; 01: *Labels by hand*, *The leak*
    ```

A line says when, what is read, and which exercises are solved. `01` is a chapter from where the
plan has left it, `01 to *A section*` ends behind that section, `01 without *A section*` leaves it
out, and `01: *A section*, *Another*` names those that are read. The numbers behind `plan` are the
minutes that each line has for the two. `{evenings} 90` makes a plan by itself.
"""

import functools
import json
import operator
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from check_prose import ROOT
from reading_time import EXERCISE, sections

PAGES = {"zoo": "appendix/bug_zoo", "batch norm": "appendix/batch_norm"}
NAMED = re.compile(r"\*([^*]+)\*")
# What the evenings hold, in their order.
EVENINGS = ("00", "01", "02", "03", "04", "05", "zoo", "06", "07", "08", "09", "10")

AT_FIRST = 3  # exercises with which an evening begins

Chosen = list[tuple[str, list[str]]]  # of each chapter, these sections or these exercises


class Row(NamedTuple):
    """A line of a plan."""

    when: str
    read: Chosen
    solved: Chosen

    def reading(self) -> float:
        """Give the minutes for the sections."""
        return sum(minutes(number)[name] for number, names in self.read for name in names)

    def solving(self) -> float:
        """Give the minutes for the exercises."""
        return EXERCISE * sum(len(names) for _, names in self.solved)

    def total(self) -> float:
        """Give the minutes for all of it."""
        return self.reading() + self.solving()


@functools.cache
def page(number: str) -> str:
    """Give the page of a chapter, as "02" or "zoo" names it, below the folder of the book."""
    if number in PAGES:
        return PAGES[number]
    (path,) = (ROOT / "book").glob(f"{number}_*.ipynb")
    return path.stem


def notebook(number: str) -> Path:
    """Give the notebook of a chapter."""
    return ROOT / "book" / f"{page(number)}.ipynb"


@functools.cache
def minutes(number: str) -> dict[str, float]:
    """Give the minutes of the sections, the first with what stands before it."""
    before, *rest = sections(notebook(number)).items()
    (first, time), *others = rest
    return {first: before[1] + time, **dict(others)}


@functools.cache
def exercises(number: str) -> dict[str, str]:
    """Give the labels of a chapter's exercises, by their titles."""
    cells = json.loads(notebook(number).read_text("utf-8"))["cells"]
    found = {
        cell["id"]: re.match(r"> \*\*Exercise: (.+?)\*\*", "".join(cell["source"]))
        for cell in cells
    }
    return {match[1]: label for label, match in found.items() if match}


def chosen(text: str, read: dict[str, int] | None) -> Chosen:
    """Read what a line names: sections, `read` counting those behind us, or else exercises."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        number, how = re.match(r"(\d\d|zoo|batch norm)(:| to | without |$)", part).groups()
        names = NAMED.findall(part)
        known = [*(exercises(number) if read is None else minutes(number))]
        if unknown := set(names) - set(known):
            raise ValueError(f"{number} has no {', '.join(unknown)}: it has {', '.join(known)}")
        if how == ":":
            found.append((number, names))
            continue
        begin = 0 if read is None else read.get(number, 0)
        end = known.index(names[0]) + 1 if how == " to " else len(known)
        if read is not None:
            read[number] = end
        left_out = names if how == " without " else []
        found.append((number, [name for name in known[begin:end] if name not in left_out]))
    return found


def rows(lines: list[str]) -> Iterator[Row]:
    """Read the lines of a plan."""
    read: dict[str, int] = {}
    for line in lines:
        when, sections_, *exercises_ = (part.strip() for part in line.split("|"))
        yield Row(when, chosen(sections_, read), chosen("".join(exercises_), None))


def evenings(length: float) -> list[Row]:
    """Pack the course into evenings: each begins with exercises on what was read before."""
    sections_ = [(number, name) for number in EVENINGS for name in minutes(number)]
    open_: list[tuple[str, str]] = []  # exercises on chapters that have been read
    found: list[Row] = []
    while sections_ or open_:
        row = Row(f"{len(found) + 1}", [], [])
        for most in (AT_FIRST, len(open_)):
            while open_ and most and row.total() + EXERCISE <= length:
                add(row.solved, *open_.pop(0))
                most -= 1
            while sections_ and row.total() + minutes(sections_[0][0])[sections_[0][1]] <= length:
                number, name = sections_.pop(0)
                add(row.read, number, name)
                if name == [*minutes(number)][-1]:
                    open_ += [(number, title) for title in exercises(number)]
        if not row.total():
            raise ValueError(f"*{sections_[0][1]}* takes longer than an evening")
        found.append(row)
    return found


def add(part: Chosen, number: str, name: str) -> None:
    """Add a section or an exercise to a part of a row."""
    if not part or part[-1][0] != number:
        part.append((number, []))
    part[-1][1].append(name)


def told(number: str, names: list[str]) -> str:
    """Say which sections of a chapter are read."""
    known = [*minutes(number)]
    chapter = f"{{doc}}`{number} </book/{page(number)}>`"
    begin, end = known.index(names[0]), known.index(names[-1])
    left_out = [name for name in known[begin : end + 1] if name not in names]
    if len(left_out) > len(names):
        return f"{chapter}: " + ", ".join(f"*{name}*" for name in names)
    words = [chapter]
    if begin:
        words.append(f"from *{names[0]}*")
    if end < len(known) - 1:
        words.append(f"to *{names[-1]}*")
    if left_out:
        words.append("without " + ", ".join(f"*{name}*" for name in left_out))
    return " ".join(words) if begin < end else f"{chapter}: *{names[0]}*"


def table(plan: list[Row]) -> list[str]:
    """Write a plan as a table in Markdown, with its sums below."""
    lines = [
        "| when | read | minutes | exercises | minutes | in all |",
        "|---|---|---|---|---|---|",
    ]
    for row in plan:
        read = "; ".join(told(number, names) for number, names in row.read)
        solved = ", ".join(
            f"{{ref}}`{name} <{exercises(number)[name]}>`"
            for number, names in row.solved
            for name in names
        )
        times = [f"{time:.0f}" for time in (row.reading(), row.solving(), row.total())]
        lines.append(f"| {row.when} | {read} | {times[0]} | {solved} | {times[1]} | {times[2]} |")
    reading, solving = sum(row.reading() for row in plan), sum(row.solving() for row in plan)
    lines += ["", f"In all {reading:.0f} minutes to read and {solving:.0f} for the exercises."]
    return lines


class Plan(SphinxDirective):
    """Print a plan with its minutes."""

    has_content = True
    required_arguments = 2

    def plan(self) -> list[Row]:
        """Give the lines."""
        return [*rows([*self.content])]

    def run(self) -> list[nodes.Node]:
        """Give the table as parsed Markdown, if each line has time enough."""
        try:
            plan = self.plan()
        except ValueError as problem:
            raise self.error(str(problem)) from None
        for number in {number for row in plan for number, _ in row.read}:
            self.env.note_dependency(str(notebook(number)))
        times = [float(time) for time in self.arguments]
        for row in plan:
            taken = (row.reading(), row.solving()) if len(times) == 2 else (row.total(),)
            if any(map(operator.gt, map(round, taken), times)):
                raise self.error(f"{row.when} takes {taken} minutes")
        parent = nodes.container()
        self.state.nested_parse(StringList(table(plan)), 0, parent)
        return parent.children


class Evenings(Plan):
    """Print the plan of the evenings."""

    has_content = False
    required_arguments = 1

    def plan(self) -> list[Row]:
        """Pack them."""
        return evenings(float(self.arguments[0]))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("plan", Plan)
    app.add_directive("evenings", Evenings)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

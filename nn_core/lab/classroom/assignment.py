"""What an assignment is: exercises of a chapter, and questions with the student's own numbers.

An assignment is read from the chapter's notebook: a statement is the cell whose id is the name of
the exercise, and the stub is the cell of code below it. What the chapter has defined until there
and the exercise needs becomes the first cell, the setup.
"""

import ast
import builtins
import hashlib
import importlib.util
import json
import re
import symtable
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import nn_core
from nn_core.lab.classroom.questions import Question, draw, draw_one
from nn_core.lab.exercises.exercise import REGISTRY, Exercise, all_exercises
from nn_core.lab.exercises.texts import all_texts, parse

POINTS = 4  # of an exercise
BUILTINS = {*dir(builtins)}
LIBRARY = frozenset(nn_core.__all__)
MARK = "> **Exercise: "


class Task(NamedTuple):
    """An exercise in an assignment."""

    name: str
    statement: str  # Markdown
    stub: str  # code
    check: str  # code: the call of the check
    given: tuple[str, ...]  # those of its answers that the chapter gives


class Assignment(NamedTuple):
    """What is asked of a class on one chapter."""

    name: str  # "02_forward_pass"
    title: str
    setup: str  # code
    tasks: tuple[Task, ...]
    keys: tuple[str, ...]  # of the questions

    def questions(self, seed: int, student: str) -> list[Question]:
        """Give the questions with the numbers of one student."""
        return [draw_one(key, own_seed(seed, student)) for key in self.keys]


class Classroom(NamedTuple):
    """All that a grader has to know; to be kept from students."""

    seed: int
    students: tuple[str, ...]  # none if all get the same numbers
    assignments: tuple[Assignment, ...]

    @classmethod
    def load(cls, folder: Path) -> "Classroom":
        """Read what `save` has written, and the exercises of the teacher's own beside it."""
        path = folder / "class.json"
        if not path.is_file():
            raise ValueError(f"{folder} holds no {path.name}; was it written by `assignments`?")
        if (folder / "private").is_dir():
            add_exercises(folder / "private")
        return cls.of(json.loads(path.read_text("utf-8")))

    @classmethod
    def of(cls, data: dict[str, Any]) -> "Classroom":
        """Make one of plain data."""
        made = [
            Assignment(
                one["name"], one["title"], one["setup"],
                tuple(Task(**task) for task in one["tasks"]), tuple(one["keys"]),
            )
            for one in data["assignments"]
        ]  # fmt: skip
        return cls(data["seed"], tuple(data["students"]), tuple(made))

    def data(self) -> dict[str, Any]:
        """Give it as plain data."""
        made = [
            one._asdict() | {"tasks": [task._asdict() for task in one.tasks]}
            for one in self.assignments
        ]
        return self._asdict() | {"assignments": made}


def own_seed(seed: int, student: str) -> int:
    """Give the seed of a student's numbers. From the numbers nobody finds the seed of the class."""
    return int.from_bytes(hashlib.sha256(f"{seed} {student}".encode()).digest()[:8], "big")


# --- reading chapters


def read_assignment(path: Path, seed: int, questions: int) -> Assignment | None:
    """Read the assignment of a chapter's notebook; None if there are no exercises in it.

    Raises
    ------
    ValueError
        The notebook cannot be read, or an exercise in it lacks its stub or its check.
    """
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        sources = [(cell["cell_type"], cell["id"], "".join(cell["source"])) for cell in cells]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no notebook whose cells have ids: {error}") from error
    known = all_exercises()
    before: list[str] = []  # the statements of the chapter so far
    tasks: list[Task] = []
    needed: set[int] = set()  # which of these
    ours: set[str] = set()  # what is imported from the library
    titles = (text[2:].split("\n")[0] for _, _, text in sources if text.startswith("# "))
    title = next(titles, path.stem)
    for k, (kind, name, text) in enumerate(sources):
        if text.startswith(MARK):
            if name not in known:
                raise ValueError(f"{path}: the exercise {name!r} has no check")
            below = [(kind, text) for kind, _, text in sources[k + 1 :]]
            at = next((j for j, (kind, code) in enumerate(below) if "\ncheck(" in code), None)
            if at is None or any(text.startswith(MARK) for _, text in below[:at]):
                raise ValueError(f"{path}, exercise {name!r}: expected a cell with its check below")
            words = [code for kind, code in below[:at] if kind == "markdown"]
            task, needs = read_task(known[name], "\n\n".join([text, *words]), below[at][1])
            tasks.append(task)
            for kind, code in below[:at]:  # what is given between statement and stub
                if kind == "code":
                    before += statements(code)
                    needs |= bound(code)
            needed |= {*kept(before, needs - LIBRARY, LIBRARY)[0]}
            # To try an answer out, a learner may need more, if it takes no training.
            more = free(known[name].solution) - bound(known[name].solution) - needs
            for other in sorted(more - LIBRARY):
                found, left = kept(before, {other}, LIBRARY)
                if not left and not any(is_long(before[k], before) for k in found):
                    needed |= {*found}
            ours |= (needs | more) & LIBRARY
        elif kind == "code" and not re.search(r"%pip|^(hint|check)\(", text, re.MULTILINE):
            before += statements(text)
    if not tasks:
        return None
    ours = ours.union(*(free(before[k]) for k in needed)) & LIBRARY
    always = ["import numpy as np", "from nn_core.lab import check"]
    always += [f"from nn_core import {', '.join(sorted(ours))}"] if ours else []
    setup = laid_out([*always, *(before[k] for k in sorted(needed) if before[k] not in always)])
    return Assignment(path.stem, title, setup, tuple(tasks), chosen(path.stem[:2], seed, questions))


def read_task(exercise: Exercise, statement: str, code: str) -> tuple[Task, set[str]]:
    """Take the stub of an exercise apart, and say what it and its solution need."""
    stub, check = code.rstrip().split("\ncheck(", 1)
    made = bound(code)
    given = tuple(name for name in exercise.asked if name not in made)
    lines = statements(exercise.solution)
    found, needs = kept(lines, {*exercise.asked} - {*given})
    solved = [lines[k] for k in found]
    needs |= {*given} | free(stub) | {name for line in solved for name in free(line)}
    needs -= {name for line in (*solved, stub) for name in bound(line)} | {"check"}
    return Task(exercise.name, statement, stub.strip(), f"check({check}", given), needs


def statements(code: str) -> list[str]:
    """Cut code into its statements."""
    lines = code.splitlines()
    found = []
    for node in ast.parse(code).body:
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
        found.append("\n".join(lines[first - 1 : node.end_lineno]))
    return found


@cache
def free(code: str) -> frozenset[str]:
    """The names that code reads, beside those of Python and those it makes inside functions."""
    found: set[str] = set()
    tables = [symtable.symtable(code, "code", "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        top = table.get_type() == "module"
        found |= {
            one.get_name()
            for one in table.get_symbols()
            if one.is_referenced() and (top or one.is_global())
        }
    return frozenset(found - BUILTINS)


@cache
def bound(code: str) -> frozenset[str]:
    """The names that code makes."""
    symbols = symtable.symtable(code, "code", "exec").get_symbols()
    return frozenset(one.get_name() for one in symbols if one.is_assigned() or one.is_imported())


def kept(
    lines: list[str], wanted: Iterable[str], library: frozenset[str] = frozenset()
) -> tuple[list[int], set[str]]:
    """Say which statements lead to some names, and which names are left open.

    A statement that trains something wanted, by a call of `fit`, leads to it, too. Names of the
    library are not looked for.
    """
    found: list[int] = []
    left = {*wanted}
    for k, line in reversed([*enumerate(lines)]):
        (node,) = ast.parse(line).body
        calls = [one for one in ast.walk(node) if isinstance(one, ast.Call)]
        trained = {
            ast.unparse(call.args[0])
            for call in calls
            if call.args and ast.unparse(call.func).split(".")[-1] == "fit"
        }
        made = bound(line)
        if made & left or (not isinstance(node, ast.FunctionDef | ast.ClassDef) and trained & left):
            found.append(k)
            left = (left if isinstance(node, ast.AugAssign) else left - made) | free(line) - library
    return found, left


def is_long(line: str, before: list[str]) -> bool:
    """Whether a statement may take long: it trains, or runs what the chapter has defined."""
    (node,) = ast.parse(line).body
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return False
    defined = {name for one in before if one.startswith(("def ", "class ")) for name in bound(one)}
    calls = {ast.unparse(one.func) for one in ast.walk(node) if isinstance(one, ast.Call)}
    return isinstance(node, ast.For | ast.While) or bool(
        calls & (defined - LIBRARY) or {call.split(".")[-1] for call in calls} & {"fit"}
    )


def laid_out(lines: list[str]) -> str:
    """Join statements, with room around functions and classes."""
    code = "\n".join(
        f"\n\n{line}\n\n" if re.match("def |class |@", line) else line for line in lines
    )
    return re.sub("\n{4,}", "\n\n\n", code).strip()


@cache
def keys_of(chapter: str) -> tuple[str, ...]:
    """The keys of all questions on a chapter, if nothing later is asked for."""
    return tuple(one.key for one in draw(0) if one.chapters[-1] == chapter)


def chosen(chapter: str, seed: int, count: int) -> tuple[str, ...]:
    """Choose questions on a chapter: the same for all students of a class."""
    keys = keys_of(chapter)
    order = np.random.default_rng([own_seed(seed, chapter) % 2**32]).permutation(len(keys))
    return tuple(keys[k] for k in sorted(order[:count]))


# --- exercises of the teacher's own


def add_exercises(folder: Path) -> list[str]:
    """Read exercises from a folder, in the same files as the course has; give their names.

    Raises
    ------
    ValueError
        A file of texts has no file of checks beside it, an exercise is not whole, or its name is
        taken.
    """
    names: list[str] = []
    for path in sorted(folder.glob("chapter_*.md")):
        code = path.with_suffix(".py")
        if not code.is_file():
            raise ValueError(f"{path}: expected the checks of its exercises in {code.name}")
        texts = parse(path.read_text("utf-8"), str(path))
        taken = {*texts} & {*all_exercises()}
        if taken:
            raise ValueError(f"{path}: an exercise called {min(taken)!r} is there already")
        all_texts().update({name: (path.stem, text) for name, text in texts.items()})
        spec = importlib.util.spec_from_file_location(f"own_{path.stem}", code)
        assert spec is not None
        assert spec.loader is not None
        try:
            spec.loader.exec_module(importlib.util.module_from_spec(spec))
        except Exception as error:
            raise ValueError(f"{code}: {type(error).__name__}: {error}") from error
        left = [name for name in texts if name not in REGISTRY]
        if left:
            raise ValueError(f"{code}: the exercise {left[0]!r} of {path.name} has no check here")
        names += texts
    return names

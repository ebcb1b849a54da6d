"""Execution of notebooks: once for each content, for the book and for the tests of nbval."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import course
import execution
import nbformat
import pytest
from conftest import ROOT
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from nn_core.lab.page import BUILDING

SETTINGS = """
[tool.pytest.ini_options]
pythonpath = ["book/_ext"]
addopts = ["--nbval-lax", "--nbval-current-env"]
"""
NOTE = """import os
from pathlib import Path


def check(word=None):
    with Path("log.txt").open("a") as log:
        log.write((word or os.environ.get("NN_CORE_BOOK", "kernel")) + " ")
    if not word:
        print("page" if "NN_CORE_BOOK" in os.environ else "kernel")
"""
GOOD = [
    new_markdown_cell("A sentence."),
    new_code_cell(NOTE),
    # The second statement has two faces.
    new_code_cell("note = check\nnote('once')\ncheck()"),
    new_code_cell("print(os.environ['NN_CORE_BOOK'], os.environ['VECLIB_MAXIMUM_THREADS'])"),
]
BAD = [new_code_cell("a = 1"), new_code_cell("print('so far')\na / 0")]


class Project:
    """A small book in its own folder, with the same conftest.py and extensions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "book" / "_ext").mkdir(parents=True)
        for name in ("conftest.py", "book/_ext/chapters.py", "book/_ext/execution.py"):
            shutil.copy(ROOT / name, folder / name)
        for name in ("nn_core", "benchmarks"):
            (folder / name).mkdir()
        self.write("nn_core/code.py", "x = 1")
        self.write("requirements.txt", "numpy")
        self.write("benchmarks/results.json", "{}")
        self.write("book/claims.json", "[]")
        self.write("pyproject.toml", SETTINGS)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, "utf-8")

    def write_notebook(self, name: str, cells: list) -> None:
        nbformat.write(new_notebook(cells=cells), self.folder / "book" / f"{name}.ipynb")

    def run(self, *options: str) -> str:
        """Run the tests as `course.py` does, and give their output."""
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-n0", "-p", "no:cacheprovider", "book", *options],
            cwd=self.folder,
            capture_output=True,
            text=True,
            # The tests import the installed nn_core. The folder of the same name is no package.
            env={name: value for name, value in os.environ.items() if "PYTEST" not in name},
        )
        return done.stdout + done.stderr

    @property
    def log(self) -> str:
        return (self.folder / "book" / "log.txt").read_text("utf-8")

    @property
    def kept(self) -> list[str]:
        return sorted(path.name.split(".")[0] for path in self.folder.glob("_build/executed/*"))


def test_once_for_each_content(tmp_path):
    project = Project(tmp_path)
    project.write_notebook("good", GOOD)
    project.write_notebook("bad", BAD)
    output = project.run()
    assert project.log == "once 1 kernel "
    assert project.kept == ["good"]
    # Each face as it was shown; a cell with one face shows this everywhere.
    (place,) = tmp_path.glob("_build/executed/good.*")
    kept = json.loads(place.read_text("utf-8"))
    shown = {
        face: ["".join(one["text"] for one in outputs) for outputs in kept[face]]
        for face in ("pages", "live")
    }
    assert shown == {"pages": ["", "page\n", "1 1\n"], "live": ["", "kernel\n", ""]}
    # The failure, with its notebook, cell and traceback; and how far it has come.
    assert "1 failed, 5 passed" in output
    assert "bad.ipynb::Cell 1" in output
    assert "ZeroDivisionError" in output
    assert "[2/2] good took" in output

    # A change of the text needs no execution. A failed notebook is executed again.
    project.write_notebook("good", [new_markdown_cell("Another one."), *GOOD[1:]])
    output = project.run()
    assert project.log == "once 1 kernel "
    assert "1 failed, 5 passed" in output
    assert "[1/1] bad took" in output

    # The run of a single cell does not give the outputs of the notebook.
    (tmp_path / "book" / "bad.ipynb").unlink()
    project.write("nn_core/code.py", "x = 2")
    assert "1 passed" in project.run("-k", "Cell and 0")
    assert project.kept == ["good"]
    assert "[1/1] good took" in project.run()
    assert project.log == "once 1 kernel once 1 kernel "
    assert project.kept == ["good", "good"]


def keep(path: Path, outputs: list, seconds: float = 1.0) -> None:
    execution.keep(path, execution.kept_at(path), outputs, [[] for _ in outputs], seconds)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Make a project, and let the functions of execution.py use it in this process."""
    monkeypatch.setattr(execution, "ROOT", tmp_path)
    monkeypatch.setattr(execution, "KEPT", tmp_path / "_build" / "executed")
    project = Project(tmp_path)
    project.write_notebook("good", GOOD)
    execution.fingerprint.cache_clear()
    yield project
    execution.fingerprint.cache_clear()


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("nn_core/code.py", False),
        ("nn_core/new.json", False),
        ("requirements.txt", False),
        ("benchmarks/results.json", False),
        ("README.md", True),
        ("nn_core/__pycache__/code.pyc", True),
    ],
)
def test_what_decides(checkout, name, same):
    path = checkout.folder / "book" / "good.ipynb"
    before = execution.kept_at(path)
    (checkout.folder / name).parent.mkdir(exist_ok=True)
    checkout.write(name, "something else")
    execution.fingerprint.cache_clear()
    assert (execution.kept_at(path) == before) is same


def test_python_decides(checkout, monkeypatch):
    path = checkout.folder / "book" / "good.ipynb"
    before = execution.kept_at(path)
    monkeypatch.setattr(sys, "version", "another")
    execution.fingerprint.cache_clear()
    assert execution.kept_at(path) != before


def test_tags_and_order_of_code_decide(checkout):
    path = checkout.folder / "book" / "good.ipynb"
    found = {execution.kept_at(path)}
    for cells in (
        [GOOD[0], GOOD[2], GOOD[1], *GOOD[3:]],
        GOOD[:-1],
        [*GOOD[:-1], new_code_cell(GOOD[-1].source, metadata={"tags": ["raises-exception"]})],
    ):
        checkout.write_notebook("good", cells)
        found.add(execution.kept_at(path))
    assert len(found) == 4


def test_pages_show_what_was_kept_but_no_widgets(checkout):
    path = checkout.folder / "book" / "good.ipynb"
    widget = new_output("display_data", {"application/vnd.jupyter.widget-view+json": {}})
    shown = [[], [], [new_output("stream", text="3"), widget]]
    keep(path, shown, 2.5)
    assert execution.expected_seconds(path) == 2.5
    checkout.write_notebook("good", [*GOOD, new_markdown_cell("An end.")])
    notebook = execution.executed(path)
    assert [len(cell.outputs) for cell in execution.code_cells(notebook)] == [0, 0, 1]
    assert notebook.cells[-1].source == "An end."


def test_what_is_live_takes_the_place_of_what_a_page_shows(checkout):
    path = checkout.folder / "book" / "good.ipynb"
    page, live = new_output("stream", text="page"), new_output("stream", text="live")
    execution.keep(path, execution.kept_at(path), [[page]] * 3, [[], [live], []], 1.0)
    for beside, expected in ((False, ["page"] * 3), (True, ["page", "live", "page"])):
        notebook = execution.executed(path, live=beside)
        assert [cell.outputs[0].text for cell in execution.code_cells(notebook)] == expected


def test_only_the_newest_are_kept(checkout, monkeypatch):
    monkeypatch.setattr(execution, "AT_MOST", 2)
    path = checkout.folder / "book" / "good.ipynb"
    for k in range(4):
        checkout.write_notebook("good", [new_code_cell(f"{k}")])
        keep(path, [[]])
        os.utime(execution.kept_at(path), (k, k))
        assert execution.is_executed(path)
    assert len(checkout.kept) == 2


def test_the_longest_is_first_and_a_failure_is_reported(checkout, monkeypatch):
    folder = checkout.folder / "book"
    checkout.write(
        "book/claims.json",
        '[{"chapter": "b", "chapter_seconds": 40}, {"chapter": "a", "chapter_seconds": 20}]',
    )
    paths = [folder / f"{name}.ipynb" for name in "abc"]
    for path in paths:
        checkout.write_notebook(path.stem, GOOD)
    started = []

    def run(command, **options):
        started.append(command)
        return SimpleNamespace(returncode=len(started) - 1)

    monkeypatch.setattr(execution.subprocess, "run", run)
    assert execution.execute(paths)
    assert started[0][-3:] == [paths[1], paths[0], paths[2]]
    keep(paths[1], [[]])
    assert not execution.execute(paths)
    assert started[1][-2:] == [paths[0], paths[2]]
    for path in paths:
        keep(path, [[]])
    assert execution.execute(paths)
    assert len(started) == 2


def test_chapters_read_nothing_that_does_not_decide():
    """A change of any other file would change a page without a new execution.

    The first cell names other places, for a reader who has not installed the course.
    """
    for path in sorted((ROOT / "book").glob("**/*.ipynb")):
        for cell in execution.code_cells(nbformat.read(path, as_version=4)):
            if cell.id == "install":
                continue
            for place in cell.source.split("../")[1:]:
                name = place.split('"')[0]
                assert name.startswith(execution.RUNS_WITH), f"{path.name} reads {name}"


def test_what_changes_while_it_runs_is_not_kept(checkout):
    path = checkout.folder / "book" / "good.ipynb"
    for change in (
        lambda: checkout.write("nn_core/code.py", "x = 2"),
        lambda: checkout.write_notebook("good", GOOD[:-1]),
    ):
        place = execution.kept_at(path)
        change()
        execution.keep(path, place, [[], [], []], [[], [], []], 1.0)
        assert checkout.kept == []
    keep(path, [[], []])
    assert checkout.kept == ["good"]


@pytest.mark.parametrize(
    ("warnings", "exception", "kept"), [(0, None, True), (1, None, False), (0, OSError(), False)]
)
def test_after_a_warning_all_pages_are_read_anew(tmp_path, warnings, exception, kept):
    for name in ("html/book/here.html", "html/book/gone.html", "trees/environment.pickle"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    app = SimpleNamespace(
        outdir=tmp_path / "html",
        doctreedir=tmp_path / "trees",
        env=SimpleNamespace(found_docs={"book/here"}),
        _warncount=warnings,
    )
    course.finish(app, exception)
    assert (tmp_path / "trees" / "environment.pickle").exists() is kept
    assert [path.name for path in (tmp_path / "html" / "book").iterdir()] == ["here.html"]


def test_the_tests_themselves_are_no_page():
    assert BUILDING not in os.environ

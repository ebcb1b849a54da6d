"""Assignments in the programs of others: Otter-Grader, nbgrader, and what Gradescope does.

These are no part of the usual tests, since they need the first two, and the registry for the third:

    python -m venv graders
    graders/bin/pip install otter-grader nbgrader ipykernel -e ".[lab]"
    PATH="$PWD/graders/bin:$PATH" python -m pytest -n0 tests/graders.py
"""

import csv
import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT
from test_assignments import (
    BOOK,
    CHAPTER,
    ENDED,
    FORGED,
    LOOP,
    MEMORY,
    NETWORK,
    REWRITTEN,
    filled,
    right_answers,
)

from nn_core.lab.__main__ import main

SHARES = {
    "right": [1] * 8,
    "partly": [1, 1, 0, 1, 1, ..., 1, 1],  # one answer of several to the first question is wrong
    "empty": [0] * 8,
    "forged": [0] * 8,
    "hostile": [0, *[1] * 7],
}


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class") / "out"
    assert main(["assignments", str(folder), "--chapters", "02", "--seed", "11", *BOOK]) == 0
    return folder


@pytest.fixture(scope="module")
def submissions(out, tmp_path_factory):
    """Notebooks, by what kind of submission they are."""
    notebook, right = out / "students" / f"{CHAPTER}.ipynb", right_answers(out)
    columns = "def dense_columns(X, W, b):\n    return W @ X + b"
    spoiled = "\nquestion_1[[*question_1][0]] = 'spoiled'"
    partly = right | {"forward-columns": columns, "question_1": right["question_1"] + spoiled}
    network = {"forward-count": NETWORK.format(address="http://127.0.0.1:9")}
    texts = {
        "right": filled(notebook, right),
        "partly": filled(notebook, partly),
        "empty": filled(notebook, {}),
        "forged": filled(notebook, {}, before=FORGED + REWRITTEN, after=FORGED),
        "hostile": filled(notebook, right | network, before=ENDED, after=MEMORY),
        "endless": filled(notebook, right, before=LOOP),
    }
    folder = tmp_path_factory.mktemp("submissions")
    for kind, text in texts.items():
        (folder / kind).mkdir()
        (folder / kind / f"{CHAPTER}.ipynb").write_text(text, "utf-8")
    return folder


def run(*command: str, cwd: Path, **more: str) -> str:
    """Run a program of others, and fail with what it said."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **more}
    done = subprocess.run(
        command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


def check_shares(results: Path, expected: list) -> None:
    """Compare what Gradescope is told, `...` for some points and not all, in the order asked."""
    tests = json.loads(results.read_text("utf-8"))["tests"]
    found = {test["name"]: test["score"] / test["max_score"] for test in tests if "score" in test}
    names = ["count", "absolute", "columns", "temperature", "views"]
    names = [*(f"forward-{name}" for name in names), "question_1", "question_2", "question_3"]
    for name, share in zip(names, expected, strict=True):
        assert 0 < found[name] < 1 if share is ... else found[name] == share, (name, found)


@pytest.mark.parametrize("kind", SHARES)
def test_otter(kind, out, submissions, tmp_path):
    autograder = out / "otter" / CHAPTER / "autograder.zip"
    submitted = str(submissions / kind / f"{CHAPTER}.ipynb")
    run("otter", "run", "-a", str(autograder), "-o", str(tmp_path), submitted, cwd=tmp_path)
    check_shares(tmp_path / "results.json", SHARES[kind])


@pytest.fixture(scope="module")
def graded(out, submissions, tmp_path_factory):
    """The table of nbgrader, for a course in which each kind is a student."""
    course = tmp_path_factory.mktemp("course") / "out"
    shutil.copytree(out, course)
    course /= "nbgrader"
    run("nbgrader", "generate_assignment", CHAPTER, cwd=course)
    for kind in SHARES:
        folder = course / "submitted" / kind / CHAPTER
        folder.mkdir(parents=True)
        shutil.copy(submissions / kind / f"{CHAPTER}.ipynb", folder)
    run("nbgrader", "autograde", CHAPTER, cwd=course)
    run("nbgrader", "generate_feedback", CHAPTER, cwd=course)
    run("nbgrader", "export", cwd=course)
    return course


def test_nbgrader_release_shows_stubs_and_no_hidden_test(graded):
    (released,) = (graded / "release").rglob("*.ipynb")
    text = released.read_text("utf-8")
    assert "HIDDEN" not in text
    assert "nbgrader_config" not in text
    assert "two_layers = ..." in text


def test_nbgrader_marks(graded):
    with (graded / "grades.csv").open(encoding="utf-8") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    most = float(rows["right"]["max_score"])
    assert {kind: float(rows[kind]["score"]) for kind in ("right", "empty", "forged")} == {
        "right": most, "empty": 0, "forged": 0,
    }  # fmt: skip
    assert float(rows["hostile"]["score"]) == most - 4
    assert 0 < float(rows["partly"]["score"]) < most - 4
    assert list((graded / "feedback" / "partly").rglob("*.html"))


@pytest.fixture(scope="module")
def autograder(out, tmp_path_factory):
    """The folder that Gradescope makes of an autograder.zip: the set-up has run there."""
    root = tmp_path_factory.mktemp("root") / "autograder"
    source = root / "source"
    source.mkdir(parents=True)
    with zipfile.ZipFile(out / "gradescope" / "autograder.zip") as archive:
        archive.extractall(source)
    shutil.copy(source / "run_autograder", root)
    run("bash", str(source / "setup.sh"), cwd=root, AUTOGRADER=str(root))
    return root


@pytest.mark.parametrize("kind", [*SHARES, "endless"])
def test_gradescope(kind, autograder, submissions):
    for name in ("submission", "results"):
        shutil.rmtree(autograder / name, ignore_errors=True)
    shutil.copytree(submissions / kind, autograder / "submission")
    about = json.dumps({"users": [{"email": f"{kind}@example.org", "name": kind}]})
    (autograder / "submission_metadata.json").write_text(about, "utf-8")
    run("bash", "./run_autograder", cwd=autograder, AUTOGRADER=str(autograder), PYTHONPATH="")
    check_shares(autograder / "results" / "results.json", SHARES.get(kind, [1] * 8))

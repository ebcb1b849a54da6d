"""Assignments: a class is played through, from its notebooks to its marks."""

import csv
import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from test_exercises import ACCEPTED, REJECTED, given

from nn_core.lab.__main__ import main
from nn_core.lab.classroom.apart import Lost, Wire
from nn_core.lab.classroom.assignment import Classroom, read_assignment
from nn_core.lab.classroom.grade import mark_notebook, marks_of
from nn_core.lab.classroom.submission import Submission
from nn_core.lab.exercises.exercise import find

BOOK = ["--book", str(ROOT / "book")]
CHAPTER = "02_forward_pass"
CHAPTERS = sorted((ROOT / "book").glob("[01]*.ipynb"))
STUDENTS = ["ada", "ben", "cem", "dora", "emil", "fay", "gus", "hal", "ivo", "jan", "kim", "lea"]
SECONDS = 3

# What submissions do beside answering, or in place of it.
FORGED = """
print("✓ Right.\\n" * 1000)
print('{"forward-count": 4}')
"""
REWRITTEN = """
import numpy as np
import nn_core.lab
import nn_core.lab.classroom.grade as grade
import nn_core.lab.exercises.exercise as exercise
np.allclose = np.array_equal = np.isclose = lambda *a, **k: True
exercise.Exercise.judge = lambda self, *a: exercise.Verdict("right", "")
nn_core.lab.check = lambda *a: print("✓ Right.")
grade.marks_of = lambda *a: []
"""
ENDED = """
import atexit, sys
atexit.register(print, "✓ Right.")
sys.exit(0)
"""
LOOP = "while True:\n    pass"
MEMORY = "everything = [bytearray(2**28) for _ in range(1000)]"
OUTPUT = "for _ in range(300):\n    print('✓' * 1_000_000)"
NETWORK = """
import urllib.request
urllib.request.urlopen("{address}", timeout=1).read()
two_layers = 112
"""
# What it can do to the file of the class, and whom it can reach, comes into `seen`.
SPOILED = """
import ctypes, os, pathlib, shutil, socket, subprocess
file, address, seen = {file!r}, {address!r}, []
well = {{0: "done"}}
for way in (
    lambda: open(file).read(),
    lambda: pathlib.Path(file).read_text(),
    lambda: os.read(os.open(file, os.O_RDONLY), 9),
    lambda: open(file, "w").write("forged"),
    lambda: os.remove(file),
    lambda: os.rename(file, "mine"),
    lambda: os.truncate(file, 0),
    lambda: shutil.rmtree(os.path.dirname(file)),
    lambda: os.listdir(os.path.dirname(file)),
    lambda: well[os.system("cat " + file)],
    lambda: subprocess.run(["cat", file]),
    lambda: well[ctypes.CDLL(None).system(b"true")],
    lambda: socket.create_connection(address, timeout=1),
):
    try:
        seen.append(way())
    except Exception:
        pass
"""
PICKLED = """
class Trap:
    def __reduce__(self):
        return exec, ("import pathlib; pathlib.Path('trapped').touch()",)
    def __eq__(self, other):
        return True
    def __array__(self, *a, **k):
        return np.array(112)
    __hash__ = object.__hash__
    __float__ = __index__ = __int__ = lambda self: 112

two_layers = Trap()
widest = lambda *a: Trap()
W1 = np.array([[Trap(), Trap()]], dtype=object)
"""
# Messages of its own to the grader, through whatever is open.
INJECTED = """
import os
for stream in range(3, 20):
    try:
        os.write(stream, b"\\0" * 7 + b'\\x18["result", [], true, {}]' * 100)
    except OSError:
        pass
"""


def plain(value):
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def right_answers(out: Path, student: str = "") -> dict[str, str]:
    """Give the right answers of a student, by the cells they belong in."""
    classroom = Classroom.load(out / "grader")
    (one,) = classroom.assignments
    found = {task.name: find(task.name).solution for task in one.tasks}
    for k, question in enumerate(one.questions(classroom.seed, student), 1):
        values = {name: plain(value) for name, value in question.answers.items()}
        found[f"question_{k}"] = f"question_{k} = {values!r}"
    return found


def filled(path: Path, answers: dict[str, str], before: str = "", after: str = "") -> str:
    """Fill in a notebook: an answer in each cell whose id is named, code before and after them."""
    made = json.loads(path.read_text("utf-8"))
    code = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    for cell in made["cells"]:
        cell["source"] = answers.get(cell["id"], cell["source"])
    if before:
        made["cells"].insert(2, code | {"id": "before", "source": before})
    if after:
        made["cells"].append(code | {"id": "after", "source": after})
    return json.dumps(made)


@pytest.fixture(scope="module")
def server():
    """A server that a submission would like to ask, and what it was asked."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"answers")

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running.server_address, asked
        running.shutdown()


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """The assignments of a class of twelve."""
    folder = tmp_path_factory.mktemp("class")
    roster = folder / "roster.csv"
    roster.write_text("student,group\n" + "".join(f"{name},1\n" for name in STUDENTS), "utf-8")
    options = ["--chapters", "02", "--seed", "11", "--class", str(roster), *BOOK]
    assert main(["assignments", str(folder / "out"), *options]) == 0
    return folder / "out"


@pytest.fixture(scope="module")
def marks(out, server, tmp_path_factory):
    """The marks of the class, by student and exercise or question: points, and a reason."""
    folder = tmp_path_factory.mktemp("submissions")
    (host, port), _ = server
    address = f"http://{host}:{port}/answers"
    spoiled = SPOILED.format(file=str(out / "grader" / "class.json"), address=(host, port))
    partly = {
        "forward-columns": "def dense_columns(X, W, b):\n    return W @ X + b",
        "forward-views": "def views(theta, sizes):\n    return theta +",
        "forward-temperature": "def softmax_at(Z, T):\n    while True:\n        pass",
    }

    def made(student, answers, **more):
        return filled(out / "students" / student / f"{CHAPTER}.ipynb", answers, **more)

    def right(student):
        return right_answers(out, student)

    texts = {
        "ada": made("ada", right("ada")),
        "ben": made("ben", right("ada")),
        "cem": made("cem", right("cem") | partly),
        "dora": made("dora", {}),
        "emil": made("emil", {}, before=FORGED + REWRITTEN, after=FORGED),
        "fay": made("fay", right("fay"), before=ENDED, after="import os\nos._exit(0)"),
        "gus": made("gus", right("gus"), before=LOOP),
        "hal": made("hal", {"forward-count": NETWORK.format(address=address)}, after=MEMORY),
        "ivo": made(
            "ivo", {"forward-count": f"{spoiled}\nwidest, two_layers = str(seen), 0"}, after=OUTPUT
        ),
        "jan": made("jan", {"forward-count": PICKLED}),
        "kim": '{"cells": [',
    }
    for student, text in texts.items():
        own = folder / student / f"{CHAPTER}.ipynb"
        path = own if student > "g" else folder / f"{student}.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    table = folder / "marks.csv"
    command = ["grade", str(out), str(folder), "--marks", str(table), "--seconds", str(SECONDS)]
    assert main(command) == 0
    assert not list(folder.rglob("trapped"))
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["student"] for row in rows] == sorted(row["student"] for row in rows)
    return {
        student: {
            row["item"]: (float(row["points"]) / float(row["of"]), row["reason"])
            for row in rows
            if row["student"] == student
        }
        for student in STUDENTS
    }


def shares(marks):
    return [share for share, _ in marks.values()]


# --- a class


@pytest.mark.parametrize("student", ["ada", "fay", "gus"])
def test_right_answers_have_all_points(marks, student):
    """A cell that ends the process, or never ends, costs what it would have answered, no more."""
    assert shares(marks[student]) == [1] * 8


def test_somebody_else_s_numbers_are_wrong(marks):
    assert shares(marks["ben"])[:5] == [1] * 5
    assert max(shares(marks["ben"])[5:]) < 1


def test_answers_are_marked_one_by_one(marks):
    found = marks["cem"]
    assert shares(found) == [1, 1, 0, 0, 0, 1, 1, 1]
    assert "NumPy stretches a `b`" in found["forward-columns"][1]
    assert f"took longer than {SECONDS} s" in found["forward-temperature"][1]
    assert "SyntaxError" in found["forward-views"][1]


@pytest.mark.parametrize(
    ("student", "words"),
    [
        ("dora", "not answered"),
        ("emil", "not answered"),
        ("hal", "socket"),
        ("ivo", "You handed in a text"),
        ("jan", "object of type Trap"),
        ("kim", "no notebook"),
        ("lea", "nothing was handed in"),
    ],
)
def test_no_points_without_answers(marks, student, words):
    assert shares(marks[student]) == [0] * 8
    assert words in marks[student]["forward-count"][1]


def test_nothing_of_the_grader_was_reached(marks, out, server):
    assert json.loads((out / "grader" / "class.json").read_text("utf-8"))["seed"] == 11
    assert server[1] == []


def spoiled(out, server):
    return SPOILED.format(file=str(out / "grader" / "class.json"), address=server[0])


def test_python_refuses_files_programs_and_the_network(out, server):
    with Submission(20) as process:
        assert process.run(f"import numpy as np{spoiled(out, server)}") == ""
        # To list a folder is to see names; where Linux does not refuse it, Python lets it pass.
        seen = process.fetch(["seen"])["seen"]
    assert seen in ([], [["class.json"]])


@pytest.mark.skipif(sys.platform != "linux", reason="what Linux does")
def test_linux_refuses_them_without_being_asked_by_python(out, server, tmp_path):
    program = f"""
import os, sys
from pathlib import Path
import nn_core
from nn_core.lab.classroom import submission
sys.addaudithook = lambda hook: None
submission.confine([Path(nn_core.__file__).parent, Path(sys.prefix), Path(sys.base_prefix)])
{spoiled(out, server)}
print(seen)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert done.stdout == "[]\n", done.stderr
    assert server[1] == []


def test_memory_and_output_cost_nothing_but_the_cell(out):
    with Submission(20) as process:
        assert process.run(MEMORY).startswith("MemoryError")
        assert process.run(OUTPUT) == ""
        assert process.run("answer = 1") == ""
        assert process.fetch(["answer", "other"]) == {"answer": 1, "other": ...}
        with pytest.raises(Lost):
            process.run("import os; os._exit(0)")


# --- the same verdicts as in the chapter


def apart(exercise, source):
    """Judge an answer that another thread holds, or for measures of memory another process."""
    if exercise.name in ("speed-momentum", "speed-distances"):
        with Submission(30) as process:
            process.run("import numpy as np\n" + source)
            return exercise.judge(*process.fetch(exercise.asked).values())
    names = {**given(exercise.chapter), "rng": np.random.default_rng(7)}
    (from_grader, to_learner), (from_learner, to_grader) = os.pipe(), os.pipe()
    streams = [
        os.fdopen(stream, mode, buffering=0)
        for stream, mode in (
            (from_learner, "rb"), (to_learner, "wb"), (from_grader, "rb"), (to_grader, "wb"),
        )
    ]  # fmt: skip
    wire, other = Wire(*streams[:2], trusts=False), Wire(*streams[2:], trusts=True)
    other.verbs |= {"run": lambda code: exec(code, names), "fetch": names.get}

    def serve():
        with pytest.raises(Lost):
            other.serve()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        wire.request("run", source)
        return exercise.judge(*[wire.request("fetch", name) for name in exercise.asked])
    finally:
        wire.sink.close()
        thread.join()
        for stream in streams:
            stream.close()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("kind", "stored"),
    [*(("right", one) for one in ACCEPTED), *(("wrong", one) for one in REJECTED)],
    ids=lambda one: getattr(one, "id", one),
)
def test_verdict_is_that_of_the_chapter(kind, stored, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    exercise, source, *words = stored.values
    verdict = apart(exercise, source)
    assert verdict.kind == kind, verdict.words
    assert all(part in verdict.words for part in words)


def test_notebook_of_somebody_else_has_no_points(out, tmp_path):
    theirs = filled(out / "students" / "ada" / f"{CHAPTER}.ipynb", right_answers(out, "ada"))
    (tmp_path / "ben.ipynb").write_text(theirs, "utf-8")
    found = mark_notebook(tmp_path / "ben.ipynb", Classroom.load(out / "grader"), "ben")
    assert {mark.points for mark in found} == {0}
    assert {mark.reason for mark in found} == {"these are the numbers of ada; hand in your own"}


# --- messages that keep to no rules


def received(message: list, *buffers: bytes):
    """Give what a grader makes of a message that a submission has written by itself."""
    (from_learner, to_grader), (from_grader, to_learner) = os.pipe(), os.pipe()
    head = json.dumps(message).encode()
    with (
        os.fdopen(from_learner, "rb", buffering=0) as source,
        os.fdopen(to_learner, "wb", buffering=0) as sink,
        os.fdopen(from_grader, "rb"),
    ):
        os.write(to_grader, len(head).to_bytes(8, "big") + head + b"".join(buffers))
        os.close(to_grader)
        wire = Wire(source, sink, trusts=False)
        return wire.request("fetch", "answer")


def test_message_is_read():
    assert received(["result", [], ["tuple", [1, ["..."]]], {}]) == (1, ...)
    found = received(["result", [], ["array", "<i8", [2], 1], {}], bytes([7, *[0] * 15]))
    assert found.tolist() == [7, 0]


@pytest.mark.parametrize(
    "body",
    [
        ["array", "|O", [1], 1],
        ["array", "<f8", [10**12], 1],
        ["array", "<f8", [-1], 1],
        ["array", "<f8", [2], 1],
        ["view", 5, 0, "<f8", [1], [8]],
        ["same", 0],
        ["yours", 0],
        ["folder", [["../stolen", ["bytes", "|u1", [0]]]]],
        ["network", [[2, 2], "relu", "softmax", "x"], ["array", "<f8", [0], 1], 0, []],
        ["rng", "__class__", {}, 1],
        ["unheard of", 1],
        [[[[]]]],
    ],
    ids=lambda body: str(body)[:20],
)
def test_forged_message_ends_the_submission(body):
    with pytest.raises(Lost):
        received(["result", [], body, {}])


def test_submission_cannot_have_the_grader_run_anything():
    for verb in ("run", "attribute", "construct", "fetch"):
        with pytest.raises(Lost):  # the grader answers with an error, and waits for more
            received(["do", [], ["list", [verb, ["list", ["1"]]]], {}])


def test_messages_among_the_answers_are_no_points(out):
    (one,) = Classroom.load(out / "grader").assignments
    found = marks_of([("", INJECTED)], one, "", ())
    assert [mark.points for mark in found] == [0] * 5


# --- what is written


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_solutions_of_a_chapter_have_all_points_and_stubs_none(path):
    """The setup is what the exercises need; in one chapter two of them ask for the same name."""
    one = read_assignment(path, seed=3, questions=2)
    solved, empty = [], []
    for task in one.tasks:
        check = (f"{task.name}-check", task.check)
        solved += [(task.name, find(task.name).solution), check]
        empty += [(task.name, task.stub), check]
    found = marks_of(solved, one, "", ())
    assert {mark.item: mark.reason for mark in found if mark.points < mark.of} == {}
    if path.stem != "00_tour":  # whose setup trains for a while
        assert [mark.points for mark in marks_of(empty, one, "", ())] == [0] * len(one.tasks)


def text_of(path: Path) -> str:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells)


def test_notebook_of_a_student_gives_nothing_away(out):
    text = text_of(out / "students" / "ada" / f"{CHAPTER}.ipynb")
    (one,) = Classroom.load(out / "grader").assignments
    for task in one.tasks:
        exercise = find(task.name)
        assert task.statement in text
        told = [*exercise.hints, exercise.explanation, *exercise.mistakes.values()]
        lines = {*exercise.solution.splitlines()} - {
            *task.stub.splitlines(),
            *one.setup.splitlines(),
        }
        assert not [words for words in (*told, *lines) if len(words) > 20 and words in text]
    assert not [cell for cell in ("hint(", "solution(", "HIDDEN") if cell in text]


def test_hundred_and_twenty_students_have_as_many_versions():
    one = read_assignment(CHAPTERS[2], seed=3, questions=3)
    versions = {
        str([question.text for question in one.questions(5, f"student{k}")]) for k in range(120)
    }
    assert len(versions) == 120


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_same_seed_gives_the_same_bytes(tmp_path):
    for name, seed in (("one", "5"), ("two", "5"), ("three", "6")):
        options = ["--chapters", "03,05", "--seed", seed, *BOOK]
        assert main(["assignments", str(tmp_path / name), *options]) == 0
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert files(tmp_path / "one") != files(tmp_path / "three")


OWN_TEXTS = """## own-double

1. Think of a sum.
2. Of which two?

```python
def double(x):
    return x + x
```

A number and itself.

### Mistakes

- **square**: That is the square.
"""
OWN_CHECK = """
from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.expect import expect_function


@exercise("own-double")
def check_double(double):
    expect_function(
        double, lambda x: 2 * x, cases=[(3.0,), (5.0,)], mistakes={"square": lambda x: x * x}
    )
"""
OWN_NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "id": "title", "source": "# Our own"},
        {
            "cell_type": "markdown",
            "id": "own-double",
            "source": "> **Exercise: Twice**\n>\n> Write a function that doubles.",
        },
        {
            "cell_type": "code",
            "id": "start",
            "source": 'def double(x):\n    ...\n\n\ncheck("own-double", double)',
        },
    ],
}


def write_own(folder: Path, texts=OWN_TEXTS, check=OWN_CHECK, notebook=OWN_NOTEBOOK) -> Path:
    folder.mkdir()
    for name, text in (
        ("chapter_02.md", texts),
        ("chapter_02.py", check),
        ("02_own.ipynb", json.dumps(notebook)),
    ):
        if text:
            (folder / name).write_text(text, "utf-8")
    return folder


def assigned(out: Path, *options: str) -> subprocess.CompletedProcess:
    """Run the command in a process of its own, since exercises are kept under their names."""
    command = [sys.executable, "-m", "nn_core.lab", "assignments", str(out), "--chapters", "02"]
    return subprocess.run([*command, *BOOK, *options], capture_output=True, text=True, cwd=ROOT)


def test_own_exercises_are_read_in_the_same_way(tmp_path):
    own = write_own(tmp_path / "own")
    done = assigned(tmp_path / "out", "--private", str(own))
    assert done.returncode == 0, done.stderr
    notebook = tmp_path / "out" / "students" / "02_own.ipynb"
    assert "Write a function that doubles" in text_of(notebook)
    assert "x + x" not in text_of(notebook)
    submitted = tmp_path / "submitted"
    for student, answer in (("ada", "2 * x"), ("ben", "x * x")):
        (submitted / student).mkdir(parents=True)
        code = f"def double(x):\n    return {answer}"
        (submitted / student / "02_own.ipynb").write_text(filled(notebook, {"own-double": code}))
    command = ["grade", str(tmp_path / "out"), str(submitted), "--marks", str(tmp_path / "m.csv")]
    done = subprocess.run(
        [sys.executable, "-m", "nn_core.lab", *command], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "m.csv").read_text("utf-8").splitlines()
    assert "ada,02_own,own-double,4,4,right" in lines
    assert "ben,02_own,own-double,0,4,That is the square." in lines


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"check": ""}, "expected the checks of its exercises in chapter_02.py"),
        ({"check": "1 / 0"}, "chapter_02.py: ZeroDivisionError"),
        ({"check": "one = 1"}, "the exercise 'own-double' of chapter_02.md has no check here"),
        ({"texts": ""}, "holds no exercises: no file chapter_*.md"),
        ({"texts": OWN_TEXTS.replace("own-double", "forward-views")}, "'forward-views' is there"),
        ({"texts": OWN_TEXTS.replace("1. Think", "Think")}, "expected hints"),
        ({"texts": OWN_TEXTS.replace("x + x", "x * x")}, "its solution is not accepted: That is"),
        ({"check": OWN_CHECK.replace("expect_function(\n", "str(\n")}, "str()"),
        (
            {"notebook": {"cells": OWN_NOTEBOOK["cells"][:2]}},
            "expected a cell with its check below",
        ),
        ({"notebook": []}, "02_own.ipynb is no notebook"),
    ],
    ids=lambda one: str(one)[:30],
)
def test_bad_exercise_of_one_s_own_is_one_clear_error(tmp_path, change, words):
    own = write_own(tmp_path / "own", **change)
    done = assigned(tmp_path / "out", "--private", str(own))
    assert done.returncode == 1
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("roster", "options", "words"),
    [
        ("name\nada\n", [], "expected a table with a column 'student'"),
        ("student\n../ada\n", [], "'../ada' cannot be the name of a folder"),
        ("student\nada\nada\n", [], "'ada' is there twice"),
        ("student\nada\n", ["--chapters", "2-8"], "chapters are given as in 02-05,08"),
        ("student\nada\n", ["--chapters", "77"], "no chapters 77 in"),
    ],
)
def test_bad_input_is_one_clear_error(tmp_path, capsys, roster, options, words):
    (tmp_path / "roster.csv").write_text(roster, "utf-8")
    command = ["assignments", str(tmp_path / "out"), "--class", str(tmp_path / "roster.csv")]
    assert main([*command, *BOOK, *options]) == 1
    told = capsys.readouterr().err
    assert words in told
    assert len(told.splitlines()) == 1


def test_folder_that_is_there_is_not_written_to(tmp_path, capsys):
    assert main(["assignments", str(tmp_path), *BOOK]) == 1
    assert "is there already" in capsys.readouterr().err
    assert main(["grade", str(tmp_path), str(tmp_path)]) == 1
    assert "was it written by `assignments`?" in capsys.readouterr().err


def test_commands_of_the_guide(tmp_path, monkeypatch):
    guide = (ROOT / "book" / "appendix" / "teaching.md").read_text("utf-8")
    block = re.search(r"^## Assignments\n\n```\n(.*?)```", guide, re.MULTILINE | re.DOTALL)[1]
    (tmp_path / "SUBMISSIONS").mkdir()
    (tmp_path / "roster.csv").write_text("student\nada\nben\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    for line in block.replace(" N ", " 7 ").splitlines():
        program, module, *command = line.split(maxsplit=3)[1:]
        assert (program, module) == ("-m", "nn_core.lab")
        assert main([*command[0].split(), *(BOOK if "assignments" in line else [])]) == 0
    assert (tmp_path / "marks.csv").read_text("utf-8").startswith("student,assignment,item,points")

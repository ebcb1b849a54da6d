"""Exercises: each check is tried on right answers and on mistakes, each explanation on its case."""

import ast
import builtins
import functools
import importlib
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from test_notebooks import CHAPTERS, calls, cells, code

from nn_core.lab import check, exercises, hint, page, solution
from nn_core.lab.exercises.exercise import all_exercises, find
from nn_core.lab.exercises.explain import (
    Unanswered,
    Wrong,
    compare,
    explain_difference,
    run,
)
from nn_core.lab.markup import markup

EXERCISES = all_exercises()
STORED = Path(__file__).with_name("exercises")


@functools.cache
def stored(chapter: str):
    return importlib.import_module(f"exercises.{chapter}")


@functools.cache
def given(chapter: str) -> dict:
    return stored(chapter).given()


def judged(exercise, source):
    names = dict(given(exercise.chapter))
    names["rng"] = np.random.default_rng(7)
    exec(compile(source, f"<an answer to {exercise.name}>", "exec"), names)
    return exercise.judge(*(names[asked] for asked in exercise.asked))


ACCEPTED = [
    pytest.param(exercise, source, id=f"{name}-{k}")
    for name, exercise in EXERCISES.items()
    for k, source in enumerate(
        [exercise.solution, *stored(exercise.chapter).ACCEPTED.get(name, [])]
    )
]
REJECTED = [
    pytest.param(exercise, source, words, id=f"{name}-{k}")
    for name, exercise in EXERCISES.items()
    for k, (source, words) in enumerate(stored(exercise.chapter).REJECTED.get(name, []))
]


# --- each exercise


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_exercise_is_complete(exercise):
    answers = stored(exercise.chapter)
    right = {exercise.solution, *answers.ACCEPTED.get(exercise.name, [])}
    wrong = {source for source, _ in answers.REJECTED.get(exercise.name, [])}
    assert len(right) >= 2, "a check accepts the solution in at least two spellings"
    assert len(wrong) >= 3, "and rejects at least three misconceptions"
    assert len(exercise.hints) >= 2
    assert all(len(text) > 30 for text in (*exercise.hints, exercise.explanation))
    assert max(map(len, exercise.solution.splitlines())) <= 54, "a cell fits on a phone"


def test_no_stored_answer_is_left_over():
    for path in STORED.glob("chapter_*.py"):
        names = {*stored(path.stem).ACCEPTED, *stored(path.stem).REJECTED}
        assert names == {name for name, e in EXERCISES.items() if e.chapter == path.stem}


@pytest.mark.parametrize(("exercise", "source"), ACCEPTED)
def test_check_accepts(exercise, source):
    verdict = judged(exercise, source)
    assert verdict.kind == "right", verdict.words


@pytest.mark.parametrize(("exercise", "source", "words"), REJECTED)
def test_check_rejects_and_says_why(exercise, source, words):
    verdict = judged(exercise, source)
    assert verdict.kind == "wrong"
    assert words in verdict.words
    assert "the check ended in" not in verdict.words


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
@pytest.mark.parametrize("nothing", [None, ...])
def test_no_answer_is_not_judged(exercise, nothing):
    assert exercise.judge(*[nothing] * len(exercise.asked)).kind == "open"


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_texts_hold_to_the_rules_of_prose(exercise):
    text = re.sub(r"`[^`]*`", "", " ".join([*exercise.hints, exercise.explanation]))
    assert not re.findall(r"\b(?:simply|obviously|clearly|trivial(?:ly)?|just)\b", text)
    # What is measured is said in the chapter, where the number is computed.
    assert not re.findall(r"\d[\d.,]* ?(?:%|per cent|ms|seconds)", text)
    assert text.count("$") % 2 == 0
    html = markup("\n\n".join([*exercise.hints, exercise.explanation]))
    assert not re.findall(r"[`$]|\*\*", re.sub(r"<code>.*?</code>", "", html))


# --- the chapters and their exercises


def statements(path: Path) -> list[str]:
    text = "\n".join(cells(path, "markdown"))
    return re.findall(r"^`{3,4}\{exercise\}.*\n:label: (\S+)", text, re.MULTILINE)


def names_in(path: Path, function: str) -> list[str]:
    return [ast.literal_eval(call.args[0]) for call in calls(path, function)]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_has_check_hint_and_solution_for_each_exercise(path):
    names = statements(path)
    assert 3 <= len(names) <= 5
    for function in ("check", "hint", "solution"):
        assert names_in(path, function) == names
    assert {find(name).chapter for name in names} == {f"chapter_{path.stem[:2]}"}


def test_every_exercise_stands_in_a_chapter():
    assert sorted(EXERCISES) == sorted(name for path in CHAPTERS for name in statements(path))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_hands_in_what_the_check_asks_for(path):
    for call in calls(path, "check"):
        name, *answers = call.args
        assert [answer.id for answer in answers] == find(ast.literal_eval(name)).asked


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_solution_uses_only_what_the_chapter_has(path):
    def named(tree, context):
        return {
            n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, context)
        }

    def defined(tree):
        found = named(tree, ast.Store) | {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                found |= {(alias.asname or alias.name) for alias in node.names}
        return found

    known = defined(code(path)) | set(dir(builtins))
    for name in statements(path):
        tree = ast.parse(find(name).solution)
        assert named(tree, ast.Load) - defined(tree) <= known, name


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_what_the_chapter_gives_is_not_answered(path):
    judged_ones = []

    def recorded(name, *answers):
        judged_ones.append((name, find(name).judge(*answers).kind))

    for cell in cells(path, "code"):
        if "check(" in cell and "import" not in cell:
            exec(cell, {**given(f"chapter_{path.stem[:2]}"), "check": recorded})
    assert judged_ones == [(name, "open") for name in statements(path)]


def test_unknown_exercise():
    with pytest.raises(ValueError, match=r"called 'data-und'; did you mean 'data-undo'\?"):
        find("data-und")


# --- what the reader sees


@pytest.fixture
def shown(monkeypatch):
    """What is displayed, as HTML without style and as plain text, while nothing is built."""
    seen = []

    def take(data, raw):
        html = re.sub(r"<(style|script)\b.*?</\1>", "", data["text/html"], flags=re.DOTALL)
        seen.append((html, data["text/plain"]))

    monkeypatch.setattr(page, "display", take)
    monkeypatch.delenv(page.BUILDING, raising=False)
    exercises.wrong_answers.clear()
    exercises.hints_seen.clear()
    return seen


def test_check_says_what_is_wrong(shown):
    check("data-undo", lambda Y: Y.argmax(axis=0))
    html, plain = shown[0]
    assert "<strong>Not yet.</strong>" in html
    assert 'role="status"' in html
    assert "<code>axis=0</code> looks along each column" in html
    assert plain.startswith("✗ Not yet. You get 10 numbers")


def test_check_praises(shown):
    check("data-undo", lambda Y: Y.argmax(axis=1))
    assert "✓</span> <strong>Right.</strong>" in shown[0][0]
    assert shown[0][1] == "✓ Right."


def test_check_is_patient(shown):
    check("data-undo", ...)
    check("tour-small", ..., 5, ..., [], [])
    assert shown[0][1].startswith("○ Not answered yet. Put your own code")
    assert shown[1][1] == "○ Not answered yet. Still to do: `small` and `reached`."


def test_check_escapes_what_the_learner_wrote(shown):
    def labels_of(Y):
        raise ValueError("<b>`$x$")

    check("data-undo", labels_of)
    assert "<code>ValueError: &lt;b&gt;&#x27;$x$</code>" in shown[0][0]
    assert "<code>raise ValueError(&quot;&lt;b&gt;" in shown[0][0]


def test_check_offers_help_after_two_mistakes(shown):
    for _ in range(2):
        check("data-undo", lambda Y: Y.argmax(axis=0))
    assert "Stuck?" not in shown[0][0]
    assert "Stuck? <code>hint(&quot;data-undo&quot;)</code>" in shown[1][0]
    for _ in find("data-undo").hints:
        hint("data-undo")
    check("data-undo", lambda Y: Y.argmax(axis=0))
    assert "Stuck? <code>solution(" in shown[-1][0]


def test_hints_come_one_by_one(shown):
    for _ in range(4):
        hint("data-undo")
    counts = [html.count("<details") for html, _ in shown]
    assert counts == [1, 2, 3, 3]
    # To run a cell once, with all others, is not to ask for what it holds.
    assert ["<details open>" in html for html, _ in shown] == [False, True, True, True]
    assert shown[0][1].startswith("Hint 1 of 3: ")
    assert "Run this cell again" in shown[1][0]
    assert "Run this cell again" not in shown[2][0]
    assert "That was the last hint" in shown[3][0]


def test_solution_is_folded(shown):
    solution("data-undo")
    html, plain = shown[0]
    assert re.search("<details><summary [^>]*>Solution</summary>", html)
    assert '<div class="highlight">' in html
    assert "of several equal ones the first" in html
    assert "def labels_of(Y):" in plain


def test_page_has_all_hints_and_no_stranger_s_answer(shown, monkeypatch):
    monkeypatch.setenv(page.BUILDING, "1")
    hint("data-undo")
    assert shown[0][0].count("<details><summary") == 3
    check("data-undo", ...)
    assert len(shown) == 1
    with pytest.raises(AssertionError, match="answered in the chapter"):
        check("data-undo", lambda Y: Y.argmax(axis=1))


def test_keys_belong_to_what_has_the_focus(shown):
    # JupyterLab would take the arrows, Enter and Space for shortcuts of its own.
    hint("data-undo")
    solution("data-undo")
    for html, _ in shown:
        assert '<summary data-lm-suppress-shortcuts="true">' in html


def test_page_shows_what_the_solution_prints_and_draws(shown, monkeypatch):
    names = dict(given("chapter_01"))
    monkeypatch.setattr(exercises, "get_ipython", lambda: SimpleNamespace(user_ns=names))
    solution("data-neighbour")
    assert "% right</pre>" not in shown[0][0]
    monkeypatch.setenv(page.BUILDING, "1")
    solution("data-neighbour")
    printed = re.search(r"<pre>(\d\d)\.\d% right\n</pre>", shown[1][0])
    # The explanation says so.
    assert int(printed[1]) >= 90
    assert "neighbour_dev" not in names
    exercise = find("data-neighbour")
    wrong = exercise._replace(solution=exercise.solution.replace("argmin", "argmax"))
    monkeypatch.setitem(EXERCISES, "data-neighbour", wrong)
    with pytest.raises(AssertionError, match="is not accepted"):
        solution("data-neighbour")


# --- calling a learner's function


X, W = np.arange(20.0).reshape(5, 4), np.arange(12.0).reshape(4, 3)


def raises_in_its_second_line(X, W):
    total = X.sum()
    return total + X @ W.T


def changes(X, W):
    X -= 1
    return X @ W


def forgets(X, W):
    X @ W


def unfinished(X, W):
    Z = ...
    return Z + 1


def partly(X, W):
    Z, A = ..., ...
    return Z, A


def stub(X, W):
    """Nothing yet."""


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (raises_in_its_second_line, "`ValueError: matmul"),
        (raises_in_its_second_line, "`return total + X @ W.T`"),
        (raises_in_its_second_line, "`X` of shape (5, 4) and `W` of shape (4, 3)"),
        (changes, "changes the `X` it is given"),
        (forgets, "Is a `return` missing"),
        (X @ W, "Hand in the function itself"),
        (lambda X: X, "called with 2 arguments, but takes `(X)`"),
    ],
)
def test_run_explains(function, words):
    with pytest.raises(Wrong) as wrong:
        run(function, X, W)
    assert words in str(wrong.value)


@pytest.mark.parametrize("function", [stub, unfinished, partly])
def test_run_knows_a_stub(function):
    with pytest.raises(Unanswered):
        run(function, X, W)


def test_run_leaves_the_arguments_alone():
    before = X.copy()
    with pytest.raises(Wrong):
        run(changes, X, W)
    assert np.array_equal(X, before)
    rng = np.random.default_rng(0)
    assert run(lambda rng: rng.random(), rng) == rng.random()


def test_run_collects_what_a_generator_yields():
    assert run(lambda X: (x for x in X), [1, 2]) == [1, 2]


# --- the words for a difference

rng = np.random.default_rng(0)
A = rng.normal(size=(4, 3))
Q = rng.normal(size=(3, 3))
v = np.array([1.0, 5.0, 2.0])
nan = np.where(A[2, 1] == A, np.nan, A)
first_row = A.copy()
first_row[1] += rng.normal(size=3)


@pytest.mark.parametrize(
    ("found", "expected", "known", "words"),
    [
        (A.tolist(), A, {}, "is a list of 4; an array is asked for. `np.array(...)`"),
        ("text", 0.5, {}, "is a text; a number is asked for"),
        (A.astype(object), A, {}, "values of type object"),
        (..., A, {}, "is still `...`"),
        (A.T, A, {}, "shape (3, 4); (4, 3) is asked for. It is the transpose"),
        (np.ones((3, 4)), A, {}, "It looks transposed"),
        (Q.T, Q, {}, "as many rows as columns"),
        (v[:, None], v, {}, "An axis of length 1 is left over"),
        (v, v[:, None], {}, "`keepdims=True` keeps"),
        (A.ravel(), A, {}, "only their arrangement is not"),
        (v[:, None] - v, v, {}, "A row and a column of 3 numbers"),
        (3.0, v, {}, "is a single number; an array of shape (3,)"),
        (v, 3.0, {}, "a single number is asked for"),
        (A.sum(axis=1), A.sum(axis=0), {"summed": A}, "the sum over axis 1; the sum over axis 0"),
        (A.mean(axis=0), A.sum(axis=0), {"summed": A}, "it is the mean over axis 0; the sum over"),
        (Q.sum(axis=1), Q.sum(axis=0), {"summed": Q}, "it is the sum over axis 1"),
        (A.sum(), A.sum(axis=0), {"summed": A}, "the sum over everything"),
        (-A, A, {}, "has the wrong sign, everywhere."),
        (
            128 * A,
            A,
            {"N": 128},
            "is 128 times too large, everywhere. Is a division by $N = 128$ missing?",
        ),
        (
            A / 128,
            A,
            {"N": 128},
            "is 128 times too small, everywhere. Is it divided by $N = 128$ once too",
        ),
        (-128 * A, A, {"N": 128}, "the wrong sign and is 128 times too large, everywhere"),
        (2 * A, A, {}, "twice as large"),
        (A / 2, A, {}, "half as large"),
        (7 * A, A, {}, "is 7 times too large, everywhere"),
        (A / 7, A, {}, "is 7 times too small, everywhere"),
        (92.5, 0.925, {}, "is a percentage. A share from 0 to 1"),
        (5, 8, {}, "is 5; 8 is right"),
        (-8, 8, {}, "wrong sign"),
        (A + 1, A, {}, "too large by 1, everywhere. Is something counted from 1"),
        (A - 0.5, A, {}, "too small by 0.5, everywhere"),
        (0 * A, A, {}, "zero everywhere"),
        (nan, A, {}, "NaN in 1 of 12 entries, the first at `dW[2, 1]`. NaN comes from"),
        (np.float64("inf"), 2.0, {}, "is infinity. Infinity comes from"),
        (
            A * np.arange(1, 5)[:, None],
            A,
            {},
            "each row is the right one times a factor of its own",
        ),
        (A * [1, 2, 3], A, {}, "each column is the right one times a factor"),
        (A + np.arange(4)[:, None], A, {}, "each row is the right one plus a number of its own"),
        (A[::-1], A, {}, "in reverse order"),
        (v[[1, 0, 2]], v, {}, "in another order"),
        (first_row, A, {}, "right in 9 of 12 entries; the others are all in row 1"),
        (first_row, A, {}, "The first that differs is `dW[1, 0]`"),
        (A * (1 + 1e-3 * rng.random(A.shape)), A, {}, "nearly right, off by up to"),
        (A + rng.normal(size=A.shape), A, {}, "all 12 numbers are off"),
        (v, v.astype(int), {}, "whole numbers are asked for"),
        (v.astype(int), v, {}, "numbers with a point"),
        (v, v.astype(np.float32), {}, "twice as large and slow as the float32"),
        (np.array([1, 0]), np.array([True, False]), {}, "True and False are asked for"),
        (A, (A, A), {}, "2 values are asked for"),
        ((A,), (A, A), {}, "found 1"),
        ((A, -A), (A, A), {}, "number 2 of `dW` has the wrong sign"),
    ],
)
def test_difference_is_explained(found, expected, known, words):
    told = explain_difference(found, expected, "`dW`", **known)
    assert words.lower() in told.lower()
    assert told[0].isupper() or told[0] in "`2"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (A, A),
        (A * (1 + 1e-8), A),
        (A.astype(np.float32), A),
        (0.5, np.float64(0.5)),
        (np.array([np.inf, np.nan]), np.array([np.inf, np.nan])),
        ([A, 2], (A, 2)),
        (np.uint8([3]), np.array([3])),
    ],
)
def test_what_agrees_needs_no_words(found, expected):
    assert explain_difference(found, expected) is None


def test_parts_are_named():
    told = explain_difference((A, 4 * v), (A, v), "`dW`, `db`", N=4)
    assert told.startswith("`db` is 4 times too large")


def backward(X, W):
    return X @ W


def test_compare_says_where_a_function_is_right():
    square = np.arange(9.0).reshape(3, 3)
    symmetric = square + square.T
    with pytest.raises(Wrong) as wrong:
        compare(lambda X, W: X @ W.T, backward, (X, W), (square, symmetric), name="`dX`")
    assert "ValueError: matmul" in str(wrong.value)
    assert "only where all sizes are equal. A transpose can hide there." in str(wrong.value)
    with pytest.raises(Wrong) as wrong:
        compare(lambda X, W: 5 * (X @ W), backward, (X, W), name="`dX`")
    assert str(wrong.value).startswith(
        "`dX` is 5 times too large, everywhere. Is a division by $N = 5$"
    )
    assert "(For `X` of shape (5, 4) and `W` of shape (4, 3).)" in str(wrong.value)
    compare(backward, backward, (X, W), (square, symmetric))


# --- the little Markdown


def test_markup():
    assert markup("One `a < b`\nand *two*.\n\n- **x**\n- $n < 3$") == (
        "<p>One <code>a &lt; b</code>\nand <em>two</em>.</p><ul><li><strong>x</strong></li>"
        r'<li><span class="mathjax_process">\(n &lt; 3\)</span></li></ul>'
    )
    assert markup("$$a*b*c$$").startswith(r'<p><span class="mathjax_process">\[a*b*c\]')

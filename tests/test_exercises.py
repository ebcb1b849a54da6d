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
from test_notebooks import CHAPTERS, calls, cells, code, notebook

from nn_core.lab import check, exercises, hint, page, solution
from nn_core.lab.exercises import texts
from nn_core.lab.exercises.exercise import REGISTRY, all_exercises, exercise_in_numbers, find
from nn_core.lab.exercises.expect import (
    Mistake,
    Unanswered,
    Wrong,
    expect_array,
    expect_function,
    expect_numbers,
    run,
)
from nn_core.lab.exercises.explain import explain_difference
from nn_core.lab.exercises.texts import parse, texts_of
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


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_each_mistake_is_told_to_somebody_who_makes_it(exercise):
    told = [words for _, words in stored(exercise.chapter).REJECTED.get(exercise.name, [])]
    for name, words in exercise.mistakes.items():
        assert any(part in words for part in told), name


def test_no_stored_answer_and_no_text_is_left_over():
    for path in STORED.glob("chapter_*.py"):
        names = {*stored(path.stem).ACCEPTED, *stored(path.stem).REJECTED}
        assert names == {name for name, e in EXERCISES.items() if e.chapter == path.stem}
        assert names == set(texts_of(path.stem))


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
def test_texts_are_whole(exercise):
    html = markup("\n\n".join([*exercise.hints, exercise.explanation, *exercise.mistakes.values()]))
    assert not re.findall(r"[`$]|\*\*", re.sub(r"<code>.*?</code>", "", html))


# --- the chapters and their exercises


def statements(path: Path) -> list[str]:
    return [cell.id for cell in notebook(path).cells if cell.source.startswith("> **Exercise: ")]


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


# --- the files of texts

TEXT = """# Exercises

## one

1. First, in
   two lines.
2. Then $n < 3$.

```python
answer = 1

# done
```

Because.

- It is so.

### Mistakes

- **sign**: The sign is
  wrong.
- **loss, 2**: Twice: **too** much.
"""


def test_texts_are_read():
    two = TEXT.replace("# Exercises", "").replace("## one", "## two")
    found = parse(TEXT + two, "chapter.md")
    assert found["one"] == (
        ("First, in two lines.", "Then $n < 3$."),
        "answer = 1\n\n# done",
        "Because.\n\n- It is so.",
        {"sign": "The sign is wrong.", "loss, 2": "Twice: **too** much."},
    )
    assert found["two"] == found["one"]


@pytest.mark.parametrize(
    ("part", "instead", "words"),
    [
        ("```python", "```", "expected a solution, one block of ```python, found 0"),
        ("1. First", "First", "expected hints, a list with the numbers from 1 on, above the"),
        ("2. Then", "1. Then", "expected hints"),
        ("Because.\n\n- It is so.\n", "", "expected an explanation, text without blocks, below"),
        ("### Mistakes", "### mistakes", "expected an explanation"),
        ("- **sign**", "sign", "expected mistakes, a list of items such as '- **name**: words', f"),
        ("loss, 2", "sign", "expected mistakes"),
        ("Because.", "```\ncode\n```", "expected an explanation"),
    ],
)
def test_missing_text_is_named(part, instead, words):
    with pytest.raises(ValueError, match=r"chapter\.md, exercise 'one': ") as error:
        parse(TEXT.replace(part, instead), "chapter.md")
    assert words in str(error.value)


def test_same_heading_twice_is_named():
    with pytest.raises(ValueError, match=r"chapter\.md: two exercises are called 'one'"):
        parse(TEXT * 2, "chapter.md")


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
    check("data-undo", lambda Y: Y.argmax(axis=0), 0)
    html, plain = shown[0]
    assert "<strong>Not yet.</strong>" in html
    assert 'role="status"' in html
    assert "<code>axis=0</code> looks along each column" in html
    assert plain.startswith("✗ Not yet. You get a number for each class")


def test_check_praises(shown):
    check("data-undo", lambda Y: Y.argmax(axis=1), 0)
    assert "✓</span> <strong>Right.</strong>" in shown[0][0]
    assert shown[0][1] == "✓ Right."


def test_check_is_patient(shown):
    check("data-undo", ..., ...)
    check("tour-small", ..., 5, ..., [], [])
    assert shown[0][1].startswith("○ Not answered yet. Put your own code")
    assert shown[1][1] == "○ Not answered yet. Still to do: `small` and `reached`."


def test_check_escapes_what_the_learner_wrote(shown):
    def labels_of(Y):
        raise ValueError("<b>`$x$")

    check("data-undo", labels_of, 0)
    assert "<code>ValueError: &lt;b&gt;'$x$</code>" in shown[0][0]
    assert "<code>raise ValueError(&quot;&lt;b&gt;" in shown[0][0]


def test_check_offers_help_after_two_mistakes(shown):
    for _ in range(2):
        check("data-undo", lambda Y: Y.argmax(axis=0), 0)
    assert "Stuck?" not in shown[0][0]
    assert "Stuck? <code>hint(&quot;data-undo&quot;)</code>" in shown[1][0]
    for _ in find("data-undo").hints:
        hint("data-undo")
    check("data-undo", lambda Y: Y.argmax(axis=0), 0)
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
    check("data-undo", ..., ...)
    assert len(shown) == 1
    with pytest.raises(AssertionError, match="answered in the chapter"):
        check("data-undo", lambda Y: Y.argmax(axis=1), 0)


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
        (Q.T, Q, {}, "as many rows as columns"),
        (v[:, None], v, {}, "An axis of length 1 is left over"),
        (v, v[:, None], {}, "`keepdims=True` keeps"),
        (A.ravel(), A, {}, "only their arrangement is not"),
        (v[:, None] + 0 * v, v, {}, "A row and a column of 3 numbers"),
        (3.0, v, {}, "is a single number; an array of shape (3,)"),
        (v, 3.0, {}, "a single number is asked for"),
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
        (5, 8, {}, "is 5; 8 is right"),
        (-8, 8, {}, "wrong sign"),
        (v + 1, v, {}, "too large by 1, everywhere. Is something counted from 1"),
        (A + 1, A, {}, "too large by 1, everywhere."),
        (A - 0.5, A, {}, "too small by 0.5, everywhere"),
        (0 * A, A, {}, "zero everywhere"),
        (nan, A, {}, "NaN in 1 of 12 entries, the first at `dW[2, 1]`. NaN comes from"),
        (
            np.float64("inf"),
            2.0,
            {},
            "is infinity. If you did not write `np.inf` yourself, it comes",
        ),
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
        (8.0, 8),
        (3, np.float64(3)),
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


@pytest.mark.parametrize(
    ("found", "expected", "told"),
    [
        (np.ones((3, 4)), A, "`dW` has the shape (3, 4); (4, 3) is asked for."),
        (v[:, None] - v, v, "`dW` has the shape (3, 3); (3,) is asked for."),
        (v.mean(), v, "`dW` is a single number; an array of shape (3,) is asked for."),
        (92.5, 0.925, "`dW` is 92.5; 0.925 is right."),
        (6.0, 3.0, "`dW` is 6; 3 is right."),
        (A + 1, A, "`dW` is too large by 1, everywhere."),
    ],
)
def test_no_cause_is_named_that_one_case_does_not_prove(found, expected, told):
    assert explain_difference(found, expected, "`dW`") == told


# --- the vocabulary of checks


def words_of(expectation, *arguments, **options):
    """What the exception says; of a mistake, what is said before its words, and its name."""
    with pytest.raises(Wrong) as wrong:
        expectation(*arguments, **options)
    before = getattr(wrong.value, "before", "")
    return before + str(wrong.value)


square, symmetric = np.arange(9.0).reshape(3, 3), np.diag([1.0, 2.0, 3.0]) + 1


def test_function_is_told_where_it_is_right():
    cases = [(X, W), (square, symmetric)]
    told = words_of(expect_function, lambda X, W: X @ W.T, backward, cases, name="`dX`")
    assert "ValueError: matmul" in told
    assert "only where all sizes are equal. A transpose can hide there." in told
    two = [(square, symmetric), (X, W), (square, square)]
    told = words_of(expect_function, lambda X, W: X @ W.T, backward, two, name="`dX`")
    assert "A transpose" not in told
    lines = [(np.ones(2),), (np.ones(3),), (np.zeros(3),)]
    told = words_of(expect_function, lambda x: 0 * x, lambda x: x * (len(x) > 2), lines)
    assert told.endswith("(For `x` of shape (3,).) It is right for `x` of shape (2,).")
    told = words_of(expect_function, lambda x: 0 * x, lambda x: x, lines[1:])
    assert told.endswith("(For `x` of shape (3,).)")
    told = words_of(expect_function, lambda X, W: 7.0 * X[0] @ W, backward, cases[:1], name="`dX`")
    assert told.endswith("(5, 3) is asked for. (For `X` of shape (5, 4) and `W` of shape (4, 3).)")
    expect_function(backward, backward, cases)


def triple(x):
    return 3 * x


SQUARE = {"square": lambda x: x**2}


def test_mistake_is_named_where_it_holds_in_all_cases():
    # For 2 both give 4.
    plus = words_of(expect_function, lambda x: x + 2, triple, [(2,), (5,)], SQUARE)
    assert plus == "The result is 4; 6 is right. (For `x` = 2.)"
    assert words_of(expect_function, lambda x: x * x, triple, [(2,), (5,)], SQUARE) == "square"


def test_mistake_is_not_named_where_another_says_the_same():
    both = {**SQUARE, "plus": lambda x: x + 2}
    assert "is right" in words_of(expect_function, lambda x: x * x, triple, [(2,)], both)
    assert words_of(expect_function, lambda x: x * x, triple, [(2,), (4,)], both) == "square"


def test_exceptions_of_a_mistake_must_be_the_same():
    turned = {"turned": lambda X, W: X @ W.T}
    mine = (lambda X, W: X @ W.transpose(), backward)
    general = square + np.arange(3.0)
    assert words_of(expect_function, *mine, [(X, W), (square, general)], turned) == "turned"
    # Errors alone prove nothing, and another kind of error is another mistake.
    assert "matmul" in words_of(expect_function, *mine, [(X, W)], turned)
    other = (lambda X, W: X @ W.T if len(X) == 3 else {}["X"], backward)
    assert "KeyError" in words_of(expect_function, *other, [(X, W), (square, general)], turned)


def test_mistake_in_one_of_several_values():
    def right(x):
        return x, 2 * x

    mistakes = {"second": lambda x: (x, x), "first": lambda x: (-x, ...)}
    cases = [(rng.normal(size=3),) for _ in range(2)]
    assert words_of(expect_function, lambda x: (x, x), right, cases, mistakes) == "second"
    assert words_of(expect_function, lambda x: (-x, 9 * x), right, cases, mistakes) == "first"
    told = words_of(expect_function, lambda x: (x, -x), right, cases, mistakes, name="`a`, `b`")
    assert "`b` has the wrong sign and is half as large" in told


def mean(x):
    return np.mean(x)


ROWS = [(rng.normal(size=N),) for N in (7, 5)]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (np.sum, "`L` is 7 times too large. Is a division by $N = 7$ missing?"),
        (lambda x: np.mean(x) / len(x), "`L` is 7 times too small. Is it divided by $N = 7$ once"),
        (lambda x: -2 * np.mean(x), "`L` has the wrong sign and is twice as large"),
        # Seven is N in the first case alone, and the factor is another one in each case.
        (lambda x: 7 * np.mean(x), "`L` is {7 * mean:.6g}; {mean:.6g} is right. (For"),
        (lambda x: np.mean(x) * (9 - len(x)), "`L` is {2 * mean:.6g}; {mean:.6g} is right. (For"),
    ],
)
def test_factor_has_to_hold_in_all_cases(answer, told):
    known = {"name": "`L`", "N": len}
    first = np.mean(ROWS[0])
    for k in ("7 * ", "2 * ", ""):
        factor = float(k.strip(" *") or 1)
        told = told.replace(f"{{{k}mean:.6g}}", f"{factor * first:.6g}")
    assert words_of(expect_function, answer, mean, ROWS, **known).startswith(told)


def test_answer_of_a_wrapper_may_be_wrong():
    def size(x):
        return expect_array(run(lambda x: x[:2], x), (3,)).size

    assert words_of(expect_function, size, len, [(v,)]).startswith("An array of shape (3,) is")


@pytest.mark.parametrize(
    ("found", "kind", "told"),
    [
        ([1.0, 2.0], np.floating, "An array of shape (2,) is asked for. You gave a list of 2."),
        (np.ones(3), np.floating, "An array of shape (2,) is asked for. You gave an array of"),
        (np.ones(2, int), np.floating, "of type int64; numbers with a point are asked for."),
        (np.ones(2), np.float32, "Your array is of type float64; float32 are asked for."),
        (np.array([1, np.nan]), np.floating, "Some numbers in your array are infinite"),
    ],
)
def test_array_of_another_kind_is_told(found, kind, told):
    assert told in words_of(expect_array, found, (2,), kind)


PAPER = {
    "right": {"a": 2, "b": (0.5, 0.25), "c": True},
    "mistakes": {"a": {"half": 1, "nearly": 1.004}, "b": {"turned": (0.25, 0.5)}},
    "within": 0.01,
}


@pytest.mark.parametrize(
    ("a", "b", "c", "told"),
    [
        ("2", (0.5, 0.25), True, "`a` is a number; you handed in a text."),
        (4, (0.5, 0.25), True, "`a` is not right yet. a, otherwise"),
        (0.992, (0.5, 0.25), True, "`a`: a, half"),
        (1.002, (0.5, 0.25), True, "`a` is not right yet. a, otherwise"),  # it may be either
        (2.01, [0.25, 0.5], True, "`a` is right. `b`: b, turned"),
        (2, 0.5, True, "`a` is right. `b` is an array of shape (2,); you handed in the number 0.5"),
        (2, (1, 0.5), True, "`a` is right. `b` is twice as large as it should be, everywhere."),
        (2, [0.501, 0.249], False, "`a` and `b` are right. `c` is not right yet. c, otherwise"),
        (2, (0.5, 0.25), 1, "`a` and `b` are right. `c` is `True` or `False`; you handed in the"),
    ],
)
def test_numbers_are_told(a, b, c, told):
    assert words_of(expect_numbers, {"a": a, "b": b, "c": c}, **PAPER).startswith(told)


def test_no_number_of_the_right_array_is_told():
    told = words_of(expect_numbers, {"a": 2, "b": (0.3, 0.6), "c": True}, **PAPER)
    assert told == "`a` is right. `b` has the right shape, but all 2 numbers are off."


def test_exercise_without_texts_is_named():
    with pytest.raises(ValueError, match="expected texts of the exercise 'data-nothing', found"):
        exercise_in_numbers("data-nothing", a={"right": 1})
    with pytest.raises(ValueError, match="two exercises are called 'data-undo'"):
        exercise_in_numbers("data-undo", a={"right": 1})


def test_exercise_in_numbers_is_judged_in_order(monkeypatch):
    monkeypatch.setitem(texts.all_texts(), "two", ("chapter_00", find("numeric-hand")[3:]))
    exercise_in_numbers("two", praise="Well.", within=0.1, a={"right": 5}, b={"right": 7, "x": 8})
    two = REGISTRY.pop("two")
    assert two.asked == ["a", "b"]
    assert two.judge(5.2, 7) == ("right", "Well.")
    assert two.judge("5", 8) == ("wrong", "`a` is a number; you handed in a text.")
    with pytest.raises(Mistake, match="b, x"):
        two.check(5, 8)


def test_numbers_are_right():
    expect_numbers({"a": 1.99, "b": [0.502, 0.25], "c": np.True_}, **PAPER)


def test_words_for_a_mistake_are_those_of_the_exercise(monkeypatch):
    def check_undo(labels_of):
        raise Mistake("axis", "`y`: ")

    exercise = find("data-undo")._replace(check=check_undo, mistakes={"axis": "Along rows."})
    assert exercise.judge(1) == ("wrong", "`y`: Along rows.")


# --- the little Markdown


def test_markup():
    html = markup("One `a < b`\nand *two*.\n\n- **x**\n- $n < 3$")
    assert "".join(html.split("\n")) == (
        "<p>One <code>a &lt; b</code>and <em>two</em>.</p><ul><li><strong>x</strong></li>"
        r'<li><span class="lab-formula">\(n &lt; 3\)</span></li></ul>'
    )
    assert markup("$$a*b*c$$").startswith(r'<p><span class="lab-formula">\[a*b*c\]')
    assert markup("<b>`</b>`</b>") == "<p>&lt;b&gt;<code>&lt;/b&gt;</code>&lt;/b&gt;</p>\n"


@pytest.mark.parametrize(("answer", "kind"), [(..., "open"), (1, "wrong")])
def test_a_check_says_whose_verdict_it_is(monkeypatch, answer, kind):
    """By these attributes a page knows what is solved."""
    shown = []
    monkeypatch.setattr(page, "display", lambda data, raw: shown.append(data["text/html"]))
    name = next(iter(EXERCISES))
    exercises.check(name, *[answer] * len(EXERCISES[name].asked))
    assert f'data-exercise="{name}" data-verdict="{kind}"' in shown[0]

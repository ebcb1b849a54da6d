"""Systematic mistakes: each check refuses a mutant, unless it is right on random input."""

import ast
import contextlib
import copy
import inspect
import io
import itertools
import random
import sys
import warnings

import numpy as np
import pytest
from exercises.inputs import DRAWN, INPUTS
from mutants import mutants, shown
from test_exercises import EXERCISES, given, stored

import nn_core as nn
from nn_core.lab.exercises import expect, explain
from nn_core.lab.exercises.exercise import Verdict

MOST = 80  # mutants tried of one exercise, drawn by its name where there are more
SLOW = {"evaluate-folder": 16, "regular-committee": 40, "evaluate-pens": 60, "summit-wave": 60}
FRUGAL = {"speed-momentum", "speed-distances"}  # a right result is not all that these ask for
STEPS = 300_000  # lines that a mutant may run, so that an endless loop ends on every system


class Endless(BaseException):
    """An error that no `except Exception` catches."""


@contextlib.contextmanager
def limited(file):
    """Limit the number of lines that the code of a file may run, and suppress its output."""
    left = STEPS

    def count(frame, event, _):
        nonlocal left
        if frame.f_code.co_filename != file:
            return None
        left -= event == "line"
        if left < 0:
            raise Endless
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with np.errstate(all="ignore"):
                yield
    finally:
        sys.settrace(before)


def code_of(exercise):
    """Give the answers of a solution, without the lines that test them."""
    solution = exercise.solution
    if exercise.name == "evaluate-folder":  # the same, with a smaller network
        solution = stored(exercise.chapter).FOLDER
    tree = ast.parse(solution)
    kept = [
        n for n in tree.body
        if isinstance(n, ast.FunctionDef | ast.Import)
        or (isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) in exercise.asked)
    ]  # fmt: skip
    return ast.unparse(ast.Module(kept, []))


def answer(exercise, source):
    names = dict(given(exercise.chapter))
    names["rng"] = np.random.default_rng(7)
    # A mutant may load MNIST instead of the given folder. Fewer pictures make its training short.
    names["load_mnist"] = lambda *folder: [part[:3000] for part in nn.load_mnist(*folder)]
    exec(compile(source, f"<{exercise.name}>", "exec"), names)
    return [names[asked] for asked in exercise.asked]


def outcome(function, arguments):
    """Give the result of a call, and its arguments after the call, in a form to compare."""
    arguments = copy.deepcopy(arguments)
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    result = function(*arguments)
    if callable(result):  # a schedule
        result = [result(t) for t in range(15)]
    if hasattr(result, "__next__"):
        result = list(result)
    seeded = np.random.get_state()[1].tolist() != before  # noqa: NPY002
    shared = None
    if isinstance(result, tuple | list) and isinstance(arguments[0], np.ndarray):
        parts = [p for part in result if isinstance(part, list) for p in part]
        shared = [np.shares_memory(p, arguments[0]) for p in parts if isinstance(p, np.ndarray)]
    shared = shared or None
    calls = [getattr(a, "calls", None) for a in arguments]
    return [frozen(result), [frozen(a) for a in arguments], shared, calls, seeded]


def frozen(value):
    if isinstance(value, nn.MLP):
        return value.theta.copy()
    if isinstance(value, tuple | list):
        return [frozen(part) for part in value]
    if isinstance(value, np.random.Generator) or callable(value):
        return None
    return copy.deepcopy(value)


def alike(mine, right):
    if isinstance(right, list):
        return isinstance(mine, list) and len(mine) == len(right) and all(map(alike, mine, right))
    if isinstance(right, np.ndarray):
        if not isinstance(mine, np.ndarray) or mine.shape != right.shape:
            return False
        kinds = [a.dtype.kind.replace("u", "i") for a in (mine, right)]
        wider = mine.dtype.itemsize > right.dtype.itemsize and kinds[0] == "f"
        return kinds[0] == kinds[1] and not wider and near(mine, right)
    if isinstance(right, int | float | np.number) and not isinstance(right, bool):
        single = isinstance(mine, int | float | np.number) and not isinstance(mine, bool)
        return single and near(mine, right)
    return type(mine) is type(right) and mine == right


def loosely(mine, right):
    """Whether the numbers are equal in another type of container, which a check may accept."""
    try:
        mine, right = np.asarray(mine), np.asarray(right)
        return mine.dtype.kind in "biuf" and mine.shape == right.shape and near(mine, right)
    except (TypeError, ValueError):
        return False


def near(mine, right):
    try:
        scale = np.abs(right)[np.isfinite(right)].max(initial=0)
        return np.allclose(mine, right, rtol=1e-6, atol=1e-6 * scale, equal_nan=True)
    except (TypeError, ValueError, OverflowError):
        return False


def equality(exercise, function, solution):
    """Whether two functions agree on random input: "equal", "loosely" or "no"."""
    if exercise.name in DRAWN:
        return "equal" if DRAWN[exercise.name](function) else "no"
    rng = np.random.default_rng(17)
    found = "equal"
    for _ in range(1 if exercise.name in SLOW else 25):
        arguments = INPUTS[exercise.name](rng)
        mine, right = outcome(function, arguments), outcome(solution, arguments)
        if exercise.name == "speed-momentum":
            mine[1][3] = right[1][3]  # the content of the work array does not matter
        if not alike(mine[1:], right[1:]):
            return "no"
        if not alike(mine[0], right[0]):
            if not loosely(mine[0], right[0]):
                return "no"
            found = "loosely"
    return found


def tried(exercise):
    """Count the mutants of a solution: equal, refused, accepted, and refused though equal."""
    source = code_of(exercise)
    solution, *numbers = answer(exercise, source)
    known = given(exercise.chapter).items()
    scope = [name for name, value in known if isinstance(value, np.ndarray | int)]
    every = mutants(source, scope)
    most = SLOW.get(exercise.name, MOST)
    if len(every) > most:
        every = random.Random(exercise.name).sample(every, most)
    counts = dict.fromkeys(("made", "equal", "refused"), 0)
    problems = {"ACCEPTED": [], "REFUSED THOUGH EQUAL": [], "CRASHED": []}
    for mutant in every:
        try:
            function, *others = answer(exercise, mutant)
        except Exception:
            continue  # it does not even define its function
        counts["made"] += 1
        with limited(f"<{exercise.name}>"):
            state = np.random.get_state()  # noqa: NPY002
            try:
                same = equality(exercise, function, solution) if alike(others, numbers) else "no"
            except (Exception, Endless):
                same = "no"
            np.random.set_state(state)  # noqa: NPY002
        with limited(f"<{exercise.name}>"):
            try:
                verdict = exercise.judge(function, *others)
            except Endless:
                verdict = Verdict("wrong", "It has no end.")
        if same == "loosely":
            same = "equal" if verdict.kind == "right" else "no"
        counts["refused" if same == "no" else "equal"] += 1
        words = f"{shown(source, mutant)}  -> {verdict.kind}: {verdict.words[:300]}"
        if same == "no" and verdict.kind == "right":
            problems["ACCEPTED"].append(words)
        elif same == "equal" and verdict.kind != "right" and exercise.name not in FRUGAL:
            problems["REFUSED THOUGH EQUAL"].append(words)
        if "the check ended in" in verdict.words:
            problems["CRASHED"].append(words)
    return counts, problems


CODE = [e for e in EXERCISES.values() if e.name in {*INPUTS, *DRAWN}]


@pytest.mark.parametrize("exercise", CODE, ids=lambda e: e.name)
def test_mutants_are_refused_or_equal(exercise):
    counts, problems = tried(exercise)
    print(exercise.name, counts, {k: len(v) for k, v in problems.items()})
    assert counts["refused"] >= 10
    found = "\n".join(f"{kind}: {text}" for kind in problems for text in problems[kind])
    assert not any(problems.values()), found


# --- mistakes with a name


def asked_by(exercise, word, answers, monkeypatch):
    """Give the calls of a function of the vocabulary by a check, for right answers."""
    module, seen = sys.modules[exercise.check.__module__], []
    original = getattr(expect, word)

    def spy(*given, **named):
        seen.append(inspect.signature(original).bind(*given, **named).arguments)
        return original(*given, **named)

    monkeypatch.setattr(module, word, spy, raising=False)
    assert exercise.judge(*answers).kind == "right"
    return seen


def same_results(mine, others, within):
    """Whether two functions give the same in all cases, or end in the same exception."""
    return all(
        type(a) is type(b) if isinstance(a, Exception) else expect.same(a, b, within)
        for a, b in zip(mine, others, strict=True)
    )


@pytest.mark.parametrize("exercise", [e for e in CODE if e.mistakes], ids=lambda e: e.name)
def test_cases_tell_mistakes_apart(exercise, monkeypatch):
    right = answer(exercise, code_of(exercise))
    for asked in asked_by(exercise, "expect_function", right, monkeypatch):
        mistakes = asked.get("mistakes", {})
        assert {*mistakes} <= {*exercise.mistakes}
        results = {
            name: [expect.result_of(function, case) for case in asked["cases"]]
            for name, function in {"right": asked["right"], **mistakes}.items()
        }
        within = asked.get("within", explain.TOLERANCE)
        for one, other in itertools.permutations(results, 2):
            assert not same_results(results[one], results[other], within), (one, other)


# --- answers of every type


class Unequal:
    """An object that raises an exception when it is compared."""

    def __eq__(self, other):
        raise RuntimeError("not to be compared")

    __hash__ = None


def raising(*_):
    raise SystemExit


STRANGE = [
    10**400, -(10**400), 1j, float("nan"), float("inf"), "7", b"7", [], [[1], [1, 2]], {}, {1},
    Unequal(), [Unequal()] * 4, np.array([10**400] * 4), np.array(["a", "b"]), np.array(None),
    np.zeros((0, 3)), np.full(4, np.nan), (x for x in range(3)), object(), type, True, print,
    raising, lambda: 1, lambda *_: None, lambda *_: 10**400, lambda *_: float("nan"),
    lambda *_: "text", lambda *_: [[1], [1, 2]], lambda *_: (Unequal(),) * 3,
    lambda *_: Unequal(), lambda *_: np.array([Unequal()] * 3), lambda *_: {}, lambda *_: 1j,
    lambda *_: np.zeros((0, 0)), lambda *_: (None, None, None), lambda *_: ([], [], []),
    lambda *_: ("a", "b"), lambda *_: ("a", "b", "c"), lambda *_: (10**400,) * 3,
    lambda *_: (float("nan"),) * 3, lambda *_: (float("nan"),) * 2, lambda *_: print,
    lambda *_: (x for x in "abc"), lambda *_: np.random.random(),  # noqa: NPY002
]  # fmt: skip


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.name)
def test_no_answer_makes_a_check_fail(exercise):
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    names = dict(given(exercise.chapter))
    if exercise.name == "tour-unsure":
        exec(exercise.solution.partition("show_digits")[0], names)
    ended = []
    for k, strange in enumerate(STRANGE):
        for place in range(len(exercise.asked)):
            answers = [names.get(asked, 1.0) for asked in exercise.asked]
            answers[place] = strange
            with limited("<nothing>"):
                verdict = exercise.judge(*answers)
            if "the check ended in" in verdict.words or verdict.kind == "right":
                ended.append(f"{k} at {place}: {verdict}")
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
    assert not ended, "\n".join(ended[:8])


# --- answers computed by hand

PAPER = [
    e for e in EXERCISES.values()
    if e.name.endswith(("-hand", "-paper", "-cents", "-work", "-rates", "-turn", "-between",
                        "-harmless"))
]  # fmt: skip


def worked_out(exercise, source):
    """Give the answers, and all numbers that the solution computes before them."""
    names = {"np": np, "__builtins__": __builtins__}
    exec(source, names)
    numbers = [v for v in names.values() if isinstance(v, int | float | np.number)]
    return [names[asked] for asked in exercise.asked], numbers


def calculation(exercise):
    """Give the lines of a solution that compute the answers, without the lines that test them."""
    lines = ast.parse(exercise.solution).body
    kept = [n for n in lines if isinstance(n, ast.Assign | ast.AugAssign)]
    named = [n for n in kept if "softmax" not in ast.unparse(n) and "cases" not in ast.unparse(n)]
    return ast.unparse(ast.Module(named, []))


@pytest.mark.parametrize("exercise", [e for e in PAPER if e.mistakes], ids=lambda e: e.name)
def test_mistaken_numbers_differ(exercise, monkeypatch):
    right, _ = worked_out(exercise, calculation(exercise))
    for asked in asked_by(exercise, "expect_numbers", right, monkeypatch):
        within = asked.get("within", explain.TOLERANCE)
        for name, value in asked["right"].items():
            known = asked.get("mistakes", {}).get(name, {})
            keys = {f"{name}, {mistake}" for mistake in known}
            keys |= {f"{name}, otherwise"} if np.ndim(value) == 0 else set()
            assert keys <= {*exercise.mistakes}
            for (_, one), other in itertools.permutations([("right", value), *known.items()], 2):
                assert not explain.close(np.asarray(one), other[1], within), (name, other)


@pytest.mark.parametrize("exercise", PAPER, ids=lambda e: e.name)
def test_other_numbers_are_refused(exercise):
    source = calculation(exercise)
    right, numbers = worked_out(exercise, source)
    tried = []
    for mutant in mutants(source):
        with contextlib.suppress(Exception), np.errstate(all="ignore"):
            tried.append(worked_out(exercise, mutant)[0])
    # Replace each answer by each other number that the solution computes.
    for k, other in itertools.product(range(len(right)), [*numbers, *right]):
        tried.append([*right[:k], other, *right[k + 1 :]])
    wrong = 0
    digits = {"losses-hand": 5e-3, "summit-between": 1e-3}.get(exercise.name, 1e-7)
    for answers in tried:
        same = all(loosely_near(a, b, digits) for a, b in zip(answers, right, strict=True))
        verdict = exercise.judge(*answers)
        assert same or verdict.kind != "right", answers
        assert "the check ended in" not in verdict.words, (answers, verdict)
        wrong += not same
    assert wrong >= 2


def loosely_near(mine, right, digits):
    """Whether two numbers are equal, up to the digits that a person writes down."""
    try:
        return np.shape(mine) == np.shape(right) and np.allclose(
            mine, right, rtol=0.03, atol=digits
        )
    except (TypeError, ValueError, OverflowError):
        return False

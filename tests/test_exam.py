"""Drawn questions: each answer is computed a second way. And exams made of them."""

import json
import math
import re
import statistics
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from functools import cache

import formulas
import nbformat
import numpy as np
import pytest
from conftest import ROOT
from pypdf import PdfReader

import nn_core as nn
from nn_core.lab.__main__ import main
from nn_core.lab.classroom import exam
from nn_core.lab.classroom.mathml import mathml
from nn_core.lab.classroom.questions import CHAPTERS, KINDS, QUESTIONS, draw
from nn_core.lab.classroom.questions.question import agree, shown
from nn_core.losses import smoothed_cross_entropy
from nn_core.tools import browser

SEEDS = range(200)
FORMULA = re.compile(r"\$([^$]+)\$")
ORACLES = {}


@cache
def made(key, seed):
    return QUESTIONS[key](np.random.default_rng(seed))


def texts(question):
    return question.text + "\n\n" + exam.key_text(question)


# What holds for every question.


@pytest.mark.parametrize("key", QUESTIONS)
def test_a_question_holds_together(key):
    """Its answers are numbers, its mistakes are told from them, and its marks add up."""
    for seed in SEEDS:
        question = made(key, seed)
        assert question.kind in KINDS
        assert set(question.chapters) <= set(CHAPTERS)
        assert question.points <= question.minutes <= question.points + 3
        for name, answer in question.answers.items():
            assert f"`{name}`" in question.text or f"(`{name}`, yes or no)" in question.text
            assert isinstance(answer, str) or np.isfinite(np.asarray(answer, float)).all()
            assert question.accepted(name, answer)
        for wrong in question.mistakes.values():
            assert not any(question.accepted(name, value) for name, value in wrong.items())
        marks = re.findall(r"[\w'] (\d)(?=[,.])", question.solution.rpartition("(")[2])
        if question.solution.endswith("(One for each.)"):
            marks = ["1"] * 4 if len(question.answers) <= 4 else ["1"] * len(question.answers)
        assert sum(map(int, marks)) == question.points, question.solution


@pytest.mark.parametrize("key", QUESTIONS)
def test_no_number_is_written_as_the_program_has_it(key):
    for seed in SEEDS:
        question = made(key, seed)
        text = texts(question)
        assert not re.search(
            r"\d\.\d{7}|\de[-+]\d|np\.\w+\d|nan|inf\b|«|»|-0(?![.\d])|array\(", text
        )
        # What a learner computes with is written in full.
        for value in question.given.values():
            if isinstance(value, float) and f"${shown(value)}$" in question.text:
                written = shown(value).replace(r" \cdot 10^{", "e").replace("}", "")
                assert float(written) == pytest.approx(value, rel=1e-9), (key, seed, value)


@pytest.mark.parametrize("key", QUESTIONS)
def test_a_question_has_many_versions(key):
    assert len({made(key, seed).text for seed in SEEDS}) >= 50


def test_each_of_120_has_another_version():
    drawn = [draw(seed) for seed in range(120)]
    for chapter in CHAPTERS:
        versions = {tuple(q.text for q in each if chapter in q.chapters) for each in drawn}
        assert len(versions) == 120, chapter


def test_there_are_enough_questions():
    count = Counter(name for question in draw(0) for name in question.chapters)
    assert all(count[chapter] >= (4 if chapter in CHAPTERS[1:11] else 2) for chapter in CHAPTERS)


def test_numbers_do_not_depend_on_other_questions():
    question = next(question for question in draw(3) if question.key == "a-valley")
    assert question.text in [other.text for other in draw(3, ["08"])]


def test_answers_are_judged():
    assert agree(0.334, 1 / 3, 0.01)
    assert not agree(0.34, 1 / 3, 0.01)
    assert agree([[1], [2]], np.array([1, 2]), 0.01)
    assert not agree([1, 2, 3], np.array([1, 2]), 0.01)
    assert agree(" Yes ", "yes", 0.01)
    assert not agree(11, 10, 0.2)  # a count is exact
    for nothing in (..., None, "seven", math.nan):
        assert not agree(nothing, 7.0, 0.01)


# Code: the planted bug is there, and the mended line mends it.

RUNS = {
    "batches": (
        lambda f, g: np.concatenate(
            [np.array(p) for p in f(g["X"], g["y"], g["size"], g["order"])], 1
        ),
        lambda g: np.stack([g["X"][g["order"]], g["y"][g["order"]]]),
    ),
    "softmax-with-a-bug": (lambda f, g: f(g["Z"]), lambda g: nn.softmax(g["Z"])),
    "a-loss-with-a-bug": (
        lambda f, g: f(g["P"], g["y"]),
        lambda g: nn.softmax_cross_entropy(np.log(g["P"]), g["y"])[0],
    ),
    "numerical-gradient-with-a-bug": (
        lambda f, g: f(lambda x: quadratic(g, x), g["x"].astype(float), g["h"]),
        lambda g: slopes(lambda x: quadratic(g, x), g["x"]),
    ),
    "walk-back-with-a-bug": (
        lambda f, g: np.concatenate([np.ravel(part) for part in f(g["dZ"], g["X"], g["W"])]),
        lambda g: np.concatenate(
            [np.ravel(part) for part in nn.dense_backward(g["dZ"], g["X"], g["W"])]
        ),
    ),
    "mean-of-means": (lambda f, g: f(g["losses"], g["size"]), lambda g: g["losses"].mean()),
    "start-with-a-bug": (
        lambda f, g: f(g["U"]),
        lambda g: (6 / len(g["U"])) ** 0.5 * np.interp(g["U"], [0, 1], [-1, 1]),
    ),
    "adam-with-a-bug": (
        lambda f, g: f(g["gradients"]),
        lambda g: last_step_of_adam(g["gradients"]),
    ),
    "dropout-with-a-bug": (
        lambda f, g: f(g["A"], g["U"], g["rate"]),
        lambda g: np.where(g["U"] < g["rate"], 0, g["A"] / (1 - g["rate"])),
    ),
    "recall-with-a-bug": (
        lambda f, g: f(g["y"], g["said"]),
        lambda g: nn.precision_recall_f1(nn.confusion_matrix(g["y"], g["said"], 3))[1],
    ),
    "keep-the-best": (
        lambda f, g: f(np.zeros(1), g["steps"], g["scores"]),
        lambda g: -np.cumsum(g["steps"])[np.argmax(g["scores"])],
    ),
}


def quadratic(g, x):
    return g["a"] * x[0] ** 2 + g["b"] * x[0] * x[1] + g["c"] * x[1] ** 2


def last_step_of_adam(gradients):
    optimizer, theta = nn.Adam(1.0, beta2=0.99, epsilon=0), np.zeros(1)
    for g in gradients:
        before = theta.copy()
        optimizer.step(theta, np.array([float(g)]))
    return before - theta


def function(code):
    names = {"np": np}
    exec(code, names)
    return names[re.match(r"def (\w+)", code)[1]]


def test_all_code_is_run():
    assert set(RUNS) == {question.key for question in draw(0) if question.kind == "code"}


@pytest.mark.parametrize("key", RUNS)
def test_the_bug_is_there_and_the_mended_line_mends_it(key):
    run, oracle = RUNS[key]
    planted = set()
    for seed in SEEDS:
        question = made(key, seed)
        code = re.search(r"```python\n(.*?)\n```", question.text, re.S)[1]
        lines, number = code.split("\n"), question.answers["line"] - 1
        mended = re.search(r"must be `(.*?)`\. As it stands", question.solution)[1]
        planted.add(lines[number])
        found = run(function(code), question.given)
        lines[number] = lines[number].replace(lines[number].strip(), mended)
        right = run(function("\n".join(lines)), question.given)
        assert np.allclose(right, oracle(question.given))
        assert question.accepted("right", right)
        assert question.accepted("found", found)
        assert not question.accepted("right", found)
    assert len(planted) >= 3


# The other questions: their answers once more, another way.


def oracle(check):
    """Keep a check of the answers `a` of a question, computed from what was given."""
    ORACLES[check.__name__.replace("_", "-")] = check
    return check


def slopes(f, x):
    x = np.array(x, float)
    return nn.numerical_gradient(lambda: f(x), x)


@oracle
def share_count_percentage(g, a):
    right = np.arange(g["N"]) < g["right"]
    assert a["share"] == right.mean()
    assert a["percent"] == pytest.approx(100 * np.mean(~right))
    assert a["errors"] == pytest.approx(g["M"] * np.mean(~right))
    assert a["guessed"] * 10 == g["M"]


@oracle
def what_the_network_says(g, a):
    order = sorted(range(10), key=lambda k: -g["P"][k])
    assert order[:2] == [a["answer"], a["second"]]
    assert a["wrong"] == pytest.approx(sum(g["P"][k] for k in order[1:]))


@oracle
def sixteen_bytes(g, a):
    sizes = np.frombuffer(bytes.fromhex(g["head"]), ">u4")[1:]
    assert a["pictures"] == sizes[0]
    assert a["size"] == 16 + sizes.prod(dtype=int)
    starts = range(0, sizes[0], g["batch"])
    assert (a["batches"], a["last"]) == (len(starts), sizes[0] - starts[-1])


@oracle
def the_mean_of_which_pile(g, a):
    mean, std = statistics.fmean(g["train"]), statistics.pstdev(map(float, g["train"]))
    assert a["standard"] == pytest.approx([(x - mean) / std for x in g["dev"]])


@oracle
def which_axis(g, a):
    X = np.random.default_rng(0).random((g["N"], g["D"]))
    names = {"X": X, "y": np.zeros(g["N"], int), "one_hot": nn.one_hot}
    for name, shape in a.items():
        assert eval(g[f"{name}_code"], names).shape == shape


@oracle
def a_baseline(g, a):
    right = np.arange(g["N"]) < round(g["accuracy"] * g["N"])
    assert a["error"] == pytest.approx(right.std() / g["N"] ** 0.5, rel=0.01)
    ahead = (g["accuracy"] - g["percent"] / 100) / a["error"] > 2
    assert a["ahead"] == ("yes" if ahead else "no")


@oracle
def two_layers_are_one(g, a):
    X = np.random.default_rng(0).normal(size=(5, 2))
    assert np.allclose((X @ g["W1"] + g["b1"]) @ g["W2"] + g["b2"], X @ a["W"] + a["b"])


@oracle
def counting_parameters(g, a):
    network = nn.MLP(tuple(g["sizes"]), np.random.default_rng(0))
    assert a["parameters"] == network.theta.size
    assert a["losses"] == 2 * network.theta.size


@oracle
def a_network_by_hand(g, a):
    network = nn.MLP((2, 3, 1), np.random.default_rng(0), dtype=np.float64)
    for l, (W, b) in enumerate([(g["W1"], g["b1"]), (g["W2"], g["b2"])]):  # noqa: E741
        network.W[l][...], network.b[l][...] = W, b
    assert network.forward(g["x"].astype(float)).item() == a["output"]
    assert a["z"][0, g["off"] - 1] < 0


@oracle
def shapes_of_a_layer(g, a):
    network = nn.MLP((g["i"], g["o"]), np.random.default_rng(0))
    assert (network.W[0].shape, network.b[0].shape) == (a["W"], a["b"])
    assert network.forward(np.zeros((g["N"], g["i"]), np.float32)).shape == a["Z"]
    (np.zeros((a["silent"], g["o"])) + np.zeros((g["o"], 1)))
    with pytest.raises(ValueError, match="broadcast"):
        np.zeros((g["N"], g["o"])) + np.zeros((g["o"], 1))


@oracle
def broadcasting(g, a):
    N, k, m = g["N"], g["k"], g["m"]
    pairs = [((N, k), (k,)), ((N, 1), (k,)), ((N, 1, k), (m, k))]
    assert [(np.zeros(u) + np.zeros(v)).shape for u, v in pairs] == [a[name] for name in "abc"]
    fail = []
    for letter, u, v in re.findall(r"- \((.)\) (\(.*?\)) and (\(.*?\))", g["listed"]):
        try:
            np.zeros(eval(u)) + np.zeros(eval(v))
        except ValueError:
            fail.append(letter)
    assert fail == [a["error"]]


@oracle
def temperatures(g, a):
    for name, T in (("usual", 1), ("warm", g["T"]), ("cold", 1 / g["T"])):
        assert a[name] == pytest.approx(nn.sigmoid_forward(np.log(g["c"]) / T))


@oracle
def likelihood_to_loss(g, a):
    assert a["loss"] == pytest.approx(-math.log(a["likelihood"]) / g["N"])
    assert a["likelihood"] == pytest.approx(math.prod(g["P"]))


@oracle
def said_minus_true(g, a):
    Z = np.log([[g["e0"], g["e1"], g["e2"]]])
    y = np.array([g["y"]])
    assert np.allclose(slopes(lambda Z: nn.softmax_cross_entropy(Z, y)[0], Z)[0], a["slopes"])
    batch = np.tile(Z, (g["N"], 1))
    _, dZ = nn.softmax_cross_entropy(batch, np.tile(y, g["N"]))
    assert dZ[0, g["y"]] == pytest.approx(a["in_batch"])


@oracle
def first_losses(g, a):
    Z, y = np.zeros((g["N"], g["K"])), np.zeros(g["N"], int)
    assert nn.softmax_cross_entropy(Z, y)[0] == pytest.approx(a["expected"])
    whole = -np.log(np.exp(Z) / np.exp(Z).sum())[:, 0].mean()
    assert whole == pytest.approx(g["whole"])


@oracle
def sure_and_wrong(g, a):
    def p(z):
        return float(nn.sigmoid_forward(z)[0])

    z = [-np.log(g["c"])]
    assert slopes(lambda z: -np.log(p(z)), z) == pytest.approx(a["entropy"])
    assert slopes(lambda z: (p(z) - 1) ** 2, z) == pytest.approx(a["squared"], rel=1e-4)


@oracle
def the_lower_loss(g, a):
    for k, P in enumerate((g["A"], g["B"])):
        Z = np.log(np.stack([P, 1 - P], axis=1))
        assert nn.softmax_cross_entropy(Z, np.zeros(4, int))[0] == pytest.approx(a["losses"][k])
        assert nn.accuracy(np.zeros(4, int), Z.argmax(axis=1)) == a["shares"][k]


@oracle
def a_mean_of_squares(g, a):
    y = np.array([g["y"]])
    found = slopes(lambda A: nn.mean_squared_error(A, y)[0], g["A"])
    assert np.allclose(found, a["slopes"])
    half = (g["A"] + nn.one_hot(y, 4)) / 2
    assert nn.mean_squared_error(half, y)[0] == pytest.approx(a["halved"])


@oracle
def two_differences(g, a):
    def f(x):
        return g["a"] * float(x[0]) ** g["n"]

    x = np.array([float(g["x"])])
    assert a["slope"] == pytest.approx(slopes(f, x), rel=1e-6)
    assert nn.numerical_gradient(lambda: f(x), x, g["h"]) == pytest.approx(a["central"])
    tenth = nn.numerical_gradient(lambda: f(x), x, g["h"] / 10) - a["slope"]
    assert tenth == pytest.approx(a["error"], rel=1e-3)


@oracle
def the_best_step(g, a):
    h = a["best"] * np.geomspace(0.5, 2, 2001)
    error = g["a"] * h**2 + g["b"] / h
    assert h[error.argmin()] == pytest.approx(a["best"], rel=1e-3)
    assert error.min() == pytest.approx(a["least"])


@oracle
def next_to_a_kink(g, a):
    x = np.array([g["x"]])
    found = nn.numerical_gradient(lambda: g["c"] * max(x[0], 0), x, g["h"])
    assert found == pytest.approx(a["found"], rel=1e-3)
    assert abs(a["slope"] - a["found"]) / (a["slope"] + a["found"]) == pytest.approx(a["error"])


@oracle
def report_of_the_check(g, a):
    v = np.random.default_rng(0).normal(size=9)
    error = nn.relative_error(a["factor"] * v, v)
    assert f"{error:.4f}" in g["row_b"]
    errors = [
        float(cell.strip("$ ").replace(r" \cdot 10^{", "e").strip("}"))
        for cell in g["row_a"].split("|")
    ]
    assert max(k + 1 for k, error in enumerate(errors) if error > 0.1) == a["layer"]


@oracle
def back_through_a_graph(g, a):
    found = slopes(lambda x: (x[0] * x[1] - x[2]) ** 2 + g["k"] * x[0], [g["a"], g["b"], g["c"]])
    assert found == pytest.approx([a["da"], a["db"], a["dc"]], abs=1e-6)


@oracle
def a_dense_layer(g, a):
    X, W, b, dZ = (np.array(x, float) for x in (g["X"], g["W"], [0.0], g["dZ"]))

    def out():
        return float(np.sum(dZ * nn.dense_forward(X, W, b)))

    for name, array in (("dX", X), ("dW", W), ("db", b)):
        found = nn.numerical_gradient(out, array)
        assert np.allclose(found.ravel(), np.ravel(a[name]))


@oracle
def two_examples(g, a):
    def loss(v):
        return np.sum((np.maximum(g["x"] * v[0] + v[1], 0) - g["t"]) ** 2) / 2

    v = [g["w"].item(), g["b"].item()]
    assert loss(v) == a["L"]
    assert slopes(loss, v) == pytest.approx([a["dw"], a["db"]], abs=1e-6)


@oracle
def shapes_of_gradients(g, a):
    network = nn.MLP((g["D"], g["H"], g["K"]), np.random.default_rng(0))
    assert (network.dW[1].shape, network.db[1].shape) == (a["dW2"], a["db2"])
    A = network.activations(np.zeros((g["N"], g["D"]), np.float32))
    assert (A[1].shape, A[2].shape) == (a["dA1"], a["dZ2"])


@oracle
def which_rates_work(g, a):
    def descend(lr, steps, w):
        w, optimizer, visited = np.array([float(w)]), nn.SGD(lr), []
        for _ in range(steps):
            optimizer.step(w, 2 * g["a"] * w)
            visited.append(w.item())
        return visited

    assert descend(g["lr"], 3, g["start"]) == pytest.approx(a["visited"])
    assert descend(a["best"], 1, 1) == pytest.approx([0], abs=1e-12)
    assert (
        abs(descend(0.99 * a["bound"], 400, 1)[-1]) < 1 < abs(descend(1.01 * a["bound"], 9, 1)[-1])
    )


@oracle
def pictures_for_a_step(g, a):
    # Errors of plus or minus the root of V: the variance of a sum is the sum of variances.
    for name, B in (("first", g["B"]), ("second", g["C"])):
        assert Fraction(g["V"] * B, B**2) == pytest.approx(a[name] ** 2)
    assert a["work"] * g["B"] == g["C"]


@oracle
def steps_and_epochs(g, a):
    batches = [min(g["B"], g["N"] - start) for start in range(0, g["N"], g["B"])]
    assert (a["steps"], a["last"]) == (g["epochs"] * len(batches), batches[-1])
    assert a["fewer"] == g["epochs"] * len(range(0, g["N"], g["four"]))
    assert abs(a["longer"] * a["fewer"] / g["epochs"] - a["steps"]) <= a["fewer"] / g["epochs"] / 2


@oracle
def the_loss_rose(g, a):
    w = -g["lr"] * g["g"]
    assert g["g"] * w + g["c"] / 2 * w**2 == pytest.approx(a["change"])
    assert a["can"] == ("yes" if a["change"] > 0 else "no")
    assert (g["lr"] < a["bound"]) == (a["change"] < 0)


@oracle
def layers_of_signal(g, a):
    rng = np.random.default_rng(0)
    z = rng.normal(size=200_000) * (g["n"] * g["std"] ** 2) ** 0.5
    assert np.mean(np.maximum(z, 0) ** 2) == pytest.approx(a["factor"], rel=0.02)
    assert a["size"] == pytest.approx(math.prod([a["factor"]] * g["layers"]) ** 0.5)
    assert nn.initializers.he_normal((g["n"], 900), rng).std() == pytest.approx(a["he"], rel=0.02)


@oracle
def two_rules(g, a):
    shape, rng = (g["i"], g["o"]), np.random.default_rng(0)
    assert nn.initializers.glorot_normal(shape, rng).std() == pytest.approx(a["glorot"], rel=0.08)
    drawn = nn.initializers.he_uniform(shape, rng)
    assert drawn.std() == pytest.approx(a["he"], rel=0.08)
    assert abs(drawn).max() == pytest.approx(a["limit"], rel=0.02)


@oracle
def a_scale_that_multiplies(g, a):
    sizes = np.cumprod([g["scale"]] * 60)
    assert sizes[g["layers"] - 1] == pytest.approx(a["signal"])
    assert a["ten"] == np.argmax(abs(np.log(sizes)) >= np.log(10)) + 1


@oracle
def which_deviation_keeps_the_size(g, a):
    factors = {
        letter: g["i"] * float(std) ** 2 / 2
        for letter, std in re.findall(r"\((.)\) ([\d.]+)", g["listed"])
    }
    assert min(factors, key=lambda letter: abs(factors[letter] - 1)) == a["choice"]
    assert factors[a["choice"]] == pytest.approx(1, rel=0.02)


@oracle
def mean_from_zero(g, a):
    weights = np.array([[1, 0], [g["beta"], 1]]) * (1 - g["beta"])
    gradients = np.array([g["g0"], g["g1"]])
    assert weights @ gradients == pytest.approx(a["m"])
    assert weights @ gradients / weights.sum(axis=1) == pytest.approx(a["corrected"])
    assert (1 - g["beta1"]) / math.sqrt(1 - g["beta2"]) == pytest.approx(a["first"])


@oracle
def momentum_steady(g, a):
    steady, swing, way = 0.0, 0.0, []
    for t in range(600):
        steady = g["beta"] * steady + g["g"]
        swing = g["beta"] * swing + g["g"] * (-1) ** t
        way.append(steady)
    assert (steady, abs(swing)) == pytest.approx((a["steady"], a["swing"]))
    assert sum(way[:3]) == pytest.approx(a["way"])


@oracle
def a_valley(g, a):
    flat, steep = 1 - a["best"] * g["flat"], 1 - a["best"] * g["steep"]
    assert (flat, -steep) == pytest.approx((a["factor"], a["factor"]))
    assert 1 - a["bound"] * g["steep"] == pytest.approx(-1)
    assert a["kappa"] * g["flat"] == pytest.approx(g["steep"])


@oracle
def a_schedule(g, a):
    first, *late = g["asked"]
    assert a["rates"][0] == pytest.approx(g["lr"] * (first + 1) / g["more"])
    cosines = [(1 + math.cos(math.pi * (t - g["warm"]) / g["steps"])) / 2 for t in late]
    assert a["rates"][1:] == pytest.approx(g["lr"] * np.array(cosines))
    assert a["halved"] == pytest.approx(g["lr"] / 2 ** (g["late"] // g["every"]))


@oracle
def the_better_optimizer(g, a):
    rates = [float(rate) for rate in g["head"].split("|")]
    rows = [[float(x) for x in g[row].split("|")] for row in ("row_a", "row_b")]
    best = [row.index(max(row)) for row in rows]
    assert [rates[k] for k in best] == list(a["rates"])
    assert sum(k in (0, 4) for k in best) == a["edges"]
    leader = int(max(rows[1]) > max(rows[0]))
    assert g["better"] == "AB"[leader]
    assert a["open"] == ("yes" if best[1 - leader] in (0, 4) else "no")


@oracle
def a_weight_that_fades(g, a):
    W, dW = np.array([float(g["w"])]), np.array([float(g["g"])])
    nn.l2_penalty([W], [dW], g["strength"])
    nn.SGD(g["lr"]).step(W, dW)
    assert pytest.approx(a["after"]) == W
    left, steps = 1.0, 0
    while left > 0.5:
        left, steps = left * a["factor"], steps + 1
    assert steps == a["steps"]


@oracle
def four_masks(g, a):
    w, kept = g["w"], g["keep"]
    drawn = nn.dropout_mask((40_000, 2), g["rate"], np.random.default_rng(0))
    assert (drawn @ (g["a"] * w)).std() == pytest.approx(
        np.sqrt(a["shares"] @ (a["sums"] - a["mean"]) ** 2), rel=0.05
    )
    assert a["mean"] == pytest.approx(g["a"] @ w)
    assert a["shares"][0] == pytest.approx(kept**2)


@oracle
def stop_in_time(g, a):
    curve = list(g["curve"])
    end = next(
        e for e in range(len(curve))
        if e - curve.index(max(curve[: e + 1])) == g["patience"]
    )  # fmt: skip
    assert a["end"] == end + 1
    assert a["kept"] == curve.index(max(curve[: end + 1])) + 1


@oracle
def what_a_remedy_does(g, a):
    error = math.sqrt(g["spread"] ** 2 / 5 + g["spread"] ** 2 / 5)
    distance = (g["with"] - g["without"]) / error
    assert a["distance"] == pytest.approx(abs(distance))
    expected = "no evidence" if abs(distance) < 2 else "better" if distance > 0 else "worse"
    assert a["verdict"] == expected


@oracle
def label_smoothing(g, a):
    Z, y = np.log(g["P"])[None], np.array([g["y"]])
    found = slopes(lambda Z: smoothed_cross_entropy(Z, y, g["smoothing"])[0], Z)
    assert np.allclose(found[0], a["slopes"])
    assert a["loss"] == pytest.approx(-np.sum(a["Q"] * np.log(g["P"])))
    assert a["Q"].sum() == pytest.approx(1)


@oracle
def clipped_step(g, a):
    assert a["length"] == pytest.approx(math.hypot(*g["g"]))
    assert a["clipped"] == pytest.approx(g["g"] * g["largest"] / a["length"])
    assert a["step"] == pytest.approx(g["lr"] * math.hypot(*a["clipped"]))


@oracle
def error_of_a_share(g, a):
    right = np.arange(g["N"]) < g["right"]
    assert a["share"] == pytest.approx(right.mean())
    assert a["error"] == pytest.approx(right.std() / math.sqrt(g["N"]))
    assert math.sqrt(a["share"] * (1 - a["share"]) / a["needed"]) == pytest.approx(a["error"] / 3)
    assert a["low"] == pytest.approx(g["few"] / (g["few"] + 1.96**2), rel=1e-4)


@oracle
def precision_and_recall(g, a):
    pairs = [(i, j) for (i, j), n in np.ndenumerate(g["C"]) for _ in range(n)]
    said = [i for i, j in pairs if j == g["k"]]
    was = [j for i, j in pairs if i == g["k"]]
    assert a["accuracy"] == pytest.approx(np.mean([i == j for i, j in pairs]))
    assert a["precision"] == pytest.approx(np.mean(np.array(said) == g["k"]))
    assert a["recall"] == pytest.approx(np.mean(np.array(was) == g["k"]))
    assert a["f1"] == pytest.approx(statistics.harmonic_mean([a["precision"], a["recall"]]))


@oracle
def surely_better(g, a):
    difference = np.zeros(g["N"])
    difference[: g["b"]], difference[g["b"] : g["b"] + g["c"]] = 1, -1
    assert difference.sum() / math.sqrt(np.sum(difference**2)) == pytest.approx(a["z"])
    assert a["shares"][0] - a["shares"][1] == pytest.approx(difference.mean())


@oracle
def sure_of_itself(g, a):
    off = g["p"] - g["right"] / g["N"]
    assert off / math.sqrt(g["p"] * (1 - g["p"]) / g["N"]) == pytest.approx(a["z"])
    assert a["over"] == ("yes" if a["z"] > 2 else "no")


@oracle
def calibration_error(g, a):
    counts, right = np.array([g["n0"], g["n1"]]), np.array([g["r0"], g["r1"]])
    gaps = np.abs(right / counts - [g["low"], g["high"]])
    assert a["ece"] == pytest.approx(counts @ gaps / counts.sum())
    over = counts @ [g["low"], g["high"]] > right.sum()
    assert f"({a['remedy']}) fit a temperature {'above' if over else 'below'} 1" in g["listed"]


@oracle
def sum_where_you_have_a_mean(g, a):
    def rate(N):
        A, y = np.random.default_rng(0).random((N, g["K"])), np.arange(N) % g["K"]
        return (g["lr"] * (A - nn.one_hot(y, g["K"])) / nn.mean_squared_error(A, y)[1])[0, 0]

    assert rate(g["N"]) == pytest.approx(a["rate"])
    assert a["rate"] / rate(g["last"]) == pytest.approx(a["times"])


@oracle
def more_than_their_recipe(g, a):
    assert a["scatter"] ** 2 == pytest.approx(g["spread"] ** 2 + g["spread"] ** 2 / 5)
    assert a["distance"] * a["scatter"] == pytest.approx(g["stated"] - g["mean"], rel=1e-6)
    right = np.arange(g["N"]) < round(g["stated"] * g["N"])
    assert a["error"] == pytest.approx(right.std() / math.sqrt(g["N"]))


@oracle
def where_the_ink_comes_from(g, a):
    u, v, M = g["u"], g["v"], g["turn"] @ g["stretch"]
    assert np.allclose(M @ a["goes"], v)
    assert np.allclose(u + a["displacement"], a["place"])
    assert np.allclose(g["turn"] @ (g["stretch"] @ u), a["place"])
    assert np.allclose(g["stretch"] @ [a["tall"], 0], [1, 0])


@oracle
def between_four_pixels(g, a):
    rows = [np.interp(g["b"], [0, 1], row) for row in g["corners"]]
    assert np.interp(g["a"], [0, 1], rows) == pytest.approx(a["value"])
    assert a["nearest"] == g["corners"][round(g["a"]), round(g["b"])]


@oracle
def a_committee(g, a):
    losses = [-math.log(p) for p in g["p"]]
    assert statistics.fmean(losses) == pytest.approx(a["mean"])
    assert math.exp(-a["together"]) == pytest.approx(statistics.fmean(g["p"]))
    assert a["together"] < a["mean"]
    assert a["mistake"] == ("yes" if statistics.fmean(g["p"]) < 0.5 else "no")


@oracle
def under_the_roof(g, a):
    X, W = np.zeros((g["N"], 784), np.float32), np.zeros((784, g["o"]), np.float32)
    assert a["moved"] == X.nbytes + W.nbytes + (X @ W).nbytes
    assert a["flops"] == 2 * X.size * g["o"]
    times = {"operations": a["flops"] / g["peak"], "bytes": a["moved"] / g["bandwidth"]}
    assert a["limit"] == max(times, key=times.get)
    assert a["time"] == pytest.approx(max(times.values()) / 1000)


@oracle
def what_a_step_costs(g, a):
    N, H = g["N"], g["H"]
    products = [(N, 784, H), (N, H, 10), (784, N, H), (H, N, 10), (N, 10, H)]
    assert a["flops"] == sum(2 * math.prod(sizes) for sizes in products)
    assert a["moved"] == 7 * 4 * sum(
        W.size for W in nn.MLP((784, H, 10), np.random.default_rng(0)).W
    )


@oracle
def back_over_the_tape(g, a):
    found = slopes(lambda v: v[0] * max(v[0] * v[1] + v[2], 0), [g["w"], g["x"], g["b"]])
    assert found == pytest.approx([a["dw"], a["dx"], a["db"]], abs=1e-6)
    assert a["twice"] == 2 * a["dw"]


@oracle
def what_numpy_has_stretched(g, a):
    first, second = np.zeros(g["a_shape"]), np.zeros(g["b_shape"])
    found = slopes(lambda first: float(np.sum(first + second) * g["value"]), first)
    assert (first + second).shape == a["c"]
    assert np.allclose(found, a["entry"])
    assert found.shape == a["da"]


@oracle
def a_kernel_on_a_picture(g, a):
    X = g["X"]

    def answers(w):
        return np.array([[np.sum(w * X[r : r + 2, c : c + 2]) for c in (0, 1)] for r in (0, 1)])

    assert np.array_equal(answers(g["w"]) + g["b"], a["Z"])
    assert np.allclose(slopes(lambda w: answers(w).sum(), g["w"]), a["dw"])


@oracle
def two_convolutions(g, a):
    def seen(size, k, s):
        return [set(range(start, start + k)) for start in range(0, size - k + 1, s)]

    first = seen(g["a"], g["k"], g["s"])
    second = [set().union(*(first[i] for i in window)) for window in seen(len(first), g["k2"], 1)]
    assert a["first"] == (len(first), len(first), g["o"])
    assert a["second"] == (len(second), len(second), g["o2"])
    assert max(second[0]) - min(second[0]) + 1 == a["field"]
    assert a["weights"] == np.zeros((g["k2"], g["k2"], g["o"], g["o2"])).size


@oracle
def which_check_decides(g, a):
    start = nn.softmax_cross_entropy(np.zeros((4, g["K"])), np.zeros(4, int))[0]
    assert start == pytest.approx(a["loss"])
    assert f"({a['check']}) {g['right']}" in g["listed"]


@oracle
def a_column_normalized(g, a):
    def out(scale):
        z = scale * g["z"]
        return g["gamma"] * (z - statistics.fmean(z)) / statistics.pstdev(map(float, z)) + g["b"]

    assert out(1) == pytest.approx(a["out"])
    assert out(g["times"]) == pytest.approx(a["larger"])
    # A sum of the output, weighted at random, falls `times` times as slowly with larger weights.
    G, direction = np.random.default_rng(0).normal(size=(2, 4))

    def along(scale):
        z = np.zeros(1)

        def loss():
            column = scale * g["z"] + z[0] * direction
            return float(G @ ((column - column.mean()) / column.std()))

        return nn.numerical_gradient(loss, z).item()

    assert along(g["times"]) / along(1) == pytest.approx(a["gradient"], rel=1e-4)


@oracle
def rows_or_columns(g, a):
    Z = np.random.default_rng(0).normal(size=(g["N"], g["o"]))
    assert (Z - Z.mean(axis=0)).mean(axis=0).shape == a["batch"]
    assert (Z - Z.mean(axis=1, keepdims=True)).mean(axis=1).shape == a["layer"]
    assert np.allclose((Z - Z.mean(axis=0)).mean(axis=0), 0)
    assert a["learned"] == 2 * a["gamma"][0]


def test_every_question_is_computed_twice():
    assert set(ORACLES) | set(RUNS) == set(QUESTIONS)


@pytest.mark.parametrize("key", ORACLES)
def test_an_answer_is_computed_a_second_way(key):
    for seed in range(30):
        question = made(key, seed)
        ORACLES[key](question.given, question.answers)


# Formulas.


def test_formulas_say_what_temml_says():
    """The text of each formula, without spaces and without the parentheses that are borders."""

    def words(html):
        text = re.sub(r"<[^>]*>|[\s\u2061\u200b]", "", html)
        return text.translate(str.maketrans("ϵϵ−^∗", "ϵϵ-ˆ*", "()")).replace("ˆ", "^")

    found = {tex for question in draw(1) for tex in FORMULA.findall(texts(question))}
    assert len(found) > 200
    for tex in found:
        assert words(mathml(tex)) == words(formulas.mathml(tex, False)), tex


@pytest.mark.parametrize("tex", [r"\etta", r"\frac{1}", "{x", "x $ y", r"\begin{pmatrix} 1"])
def test_a_formula_that_cannot_be_set_is_named(tex):
    with pytest.raises(ValueError, match=re.escape(tex)):
        mathml(tex)


# Exams.


def test_an_exam_is_balanced():
    for seed in range(40):
        chosen = exam.choose(seed, 21, CHAPTERS[2:9])
        assert len({question.key for question in chosen}) == 21
        used = {name: sum(name in q.chapters for q in chosen) for name in CHAPTERS[2:9]}
        assert min(used.values()) >= 2
        assert max(used.values()) <= 6
        kinds = Counter(question.kind for question in chosen)
        assert len(kinds) == len(KINDS)
        assert kinds["paper"] <= 13


def test_no_two_exams_are_alike():
    versions = {exam.Exam(seed, exam.choose(seed, 8, ["05", "06"])).version for seed in range(120)}
    assert len(versions) == 120


def test_an_exam_keeps_to_its_time():
    for seed in range(20):
        chosen = exam.choose(seed, 30, minutes=90)
        assert 85 <= sum(question.minutes for question in chosen) <= 90


@pytest.mark.parametrize("words", [[], ["--large-print", "--extra-time", "25"]])
def test_writes_an_exam_and_its_key(tmp_path, capsys, monkeypatch, words):
    monkeypatch.setattr(exam, "find_browser", lambda: None)
    command = ["exam", str(tmp_path), "--seed", "7", "--questions", "12", "--chapters", "02-08"]
    assert main([*command, *words]) == 0
    said = capsys.readouterr().out
    assert "12 questions" in said
    assert "print the pages of HTML" in said
    chosen = exam.choose(7, 12, CHAPTERS[2:9])
    notebook = json.loads((tmp_path / "exam.ipynb").read_text("utf-8"))
    nbformat.validate(notebook)
    cells = ["".join(cell["source"]) for cell in notebook["cells"]]
    for name in ("exam.md", "exam.html", "key.md", "key.html", "key.ipynb"):
        text = (tmp_path / name).read_text("utf-8")
        assert all(question.title in text for question in chosen)
        assert f"{sum(q.points for q in chosen)} points" in text
    for question in chosen:
        assert any(question.text in cell for cell in cells)
        assert not any(question.solution in cell for cell in cells)
        assert "\n".join(f"{name} = ..." for name in question.answers) in cells
    page = (tmp_path / "exam.html").read_text("utf-8")
    assert page.count('class="room"') == 12
    assert "http" not in page
    assert ("18pt" in page) == bool(words)
    minutes = sum(question.minutes for question in chosen)
    longer = f"{math.ceil(minutes * 1.25)} minutes ({minutes}, and 25 % more)"
    assert (longer in page) == bool(words)
    assert "Seed 7" not in page


def test_prints_pdfs(tmp_path):
    if browser.find_browser() is None:
        pytest.skip("no Chromium or Chrome")
    questions = exam.choose(3, 3, ["01"])
    files = exam.write(exam.Exam(3, questions), tmp_path)
    assert {path.name for path in files if path.suffix == ".pdf"} == {"exam.pdf", "key.pdf"}
    assert not list(tmp_path.glob("*.html"))
    text = "".join(page.extract_text() for page in PdfReader(tmp_path / "exam.pdf").pages)
    assert all(question.title in text for question in questions)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--chapters", "02-99"], "expected chapters such as 02-08 or 05,zoo, found '02-99'"),
        (["--chapters", "08-02"], "expected the first chapter before the last"),
        (["--questions", "0"], "expected from 1 to"),
        (["--questions", "999"], "expected from 1 to"),
        (["--minutes", "2"], "expected time for at least one question"),
        (["--extra-time", "-5"], "expected extra time from 0 to 300"),
        (["--seed", "-1"], "expected a seed of at least 0"),
    ],
)
def test_bad_input_gets_one_line(tmp_path, capsys, words, said):
    assert main(["exam", str(tmp_path / "out"), "--seed", "1", *words]) == 1
    found = capsys.readouterr()
    assert said in found.err
    assert found.err.count("\n") == 1
    assert not found.out
    assert not (tmp_path / "out").exists()


def test_the_guide_says_what_holds(tmp_path, monkeypatch, capsys):
    guide = (ROOT / "book" / "appendix" / "teaching.md").read_text("utf-8")
    assert f"picks from {len(QUESTIONS)} questions" in " ".join(guide.split())
    monkeypatch.setattr(exam, "find_browser", lambda: None)
    monkeypatch.chdir(tmp_path)
    (command,) = re.findall(r"-m nn_core\.lab (exam .*)", guide)
    assert main(command.split()) == 0
    for option in re.findall(r"^\| `(--[^`]*)` \|", guide, re.M):
        assert main([*command.split(), *option.split(" ", 1)]) == 0, option
    assert not capsys.readouterr().err


def test_the_command_runs():
    command = [sys.executable, "-m", "nn_core.lab", "exam", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "--large-print" in done.stdout

"""The labelled formulas of chapter 14 agree with the tape, and the tape with other chapters."""

import ast
import textwrap
from functools import reduce

import numpy as np
import pytest
from conftest import ROOT
from derived import code_lines
from tape import CHAPTER, tape_cells, tape_of_the_book
from test_notebooks import cells

import nn_core as nn
from nn_core.lab.results import stored

TAPE = tape_of_the_book()
Tensor, backward, record, tape = (TAPE[name] for name in ("Tensor", "backward", "record", "tape"))
add, exp, log, matmul, maximum = (TAPE[name] for name in ("add", "exp", "log", "matmul", "maximum"))
multiply, pick, total = (TAPE[name] for name in ("multiply", "pick", "total"))
divide, reshape, subtract, transpose = (
    TAPE[name] for name in ("divide", "reshape", "subtract", "transpose")
)

rng = np.random.default_rng(14)


@pytest.mark.formula("eq-tape-walk")
def test_walk_hands_out_from_the_last_to_the_first():
    w, x, b = (Tensor(value) for value in (0.7, -1.3, 2.1))
    end = multiply(w, exp(add(multiply(w, x), b)))
    slopes = {node: np.float64(0) for node in tape(end)}
    slopes[end] = np.float64(1)
    for node in sorted(slopes, key=lambda node: -node.number):
        for source, back in node.steps:
            slopes[source] = slopes[source] + back(slopes[node])
    walked = backward(end)
    assert walked.keys() == slopes.keys()
    for node, slope in slopes.items():
        assert walked[node] == slope
    inputs = np.array([0.7, -1.3, 2.1])

    def f():
        w, x, b = inputs
        return w * np.exp(w * x + b)

    found = np.array([walked[node] for node in (w, x, b)])
    assert nn.relative_error(found, nn.numerical_gradient(f, inputs)) < 1e-8


A, B = rng.uniform(0.5, 2, (2, 4, 3))
OPERATIONS = {
    "add": (add, A, B),
    "subtract": (subtract, A, B),
    "multiply": (multiply, A, B),
    "divide": (divide, A, B),
    "maximum": (maximum, A, B),
    "matmul": (matmul, A, B.T.copy()),
    "exp": (exp, A),
    "log": (log, A),
    "total": (lambda a: total(a, axis=1), A),
    "pick": (lambda a: pick(a, (np.array([0, 0, 3]), np.array([1, 1, 2]))), A),
    "reshape": (lambda a: reshape(a, (2, 6)), A),
    "transpose": (transpose, A),
}


@pytest.mark.formula("eq-way-back")
@pytest.mark.parametrize("name", OPERATIONS)
def test_way_back_moves_the_loss_as_the_way_forward_does(name):
    f, *arrays = OPERATIONS[name]
    result = f(*map(Tensor, arrays))
    moved = rng.normal(size=result.value.shape)
    for k, (source, back) in enumerate(result.steps):
        move = rng.normal(size=source.value.shape)
        ahead, behind = (
            f(*(a + sign * 1e-6 * move if i == k else a for i, a in enumerate(arrays)))
            for sign in (1, -1)
        )
        assert np.sum(back(moved) * move) == pytest.approx(
            np.sum(moved * (ahead - behind)) / 2e-6, rel=1e-6
        )


@pytest.mark.formula("eq-unstretch")
@pytest.mark.parametrize(
    ("stretched", "summed"),
    [
        ((3,), lambda d: d.sum(axis=0)),
        ((4, 1), lambda d: d.sum(axis=1, keepdims=True)),
        ((1, 3), lambda d: d.sum(axis=0, keepdims=True)),
        ((), np.sum),
    ],
)
def test_slopes_of_what_is_stretched_are_summed(stretched, summed):
    b, D = Tensor(rng.normal(size=stretched)), rng.normal(size=(4, 3))
    walked = backward(total(multiply(add(Tensor(A), b), D)))
    assert walked[b].shape == stretched
    assert np.allclose(walked[b], summed(D))


@pytest.mark.formula("eq-brackets")
def test_a_walk_forward_gives_a_column_and_a_walk_back_a_row():
    parts = [rng.normal(size=shape) for shape in ((5, 6), (4, 5), (3, 4))]
    J = reduce(lambda so_far, part: part @ so_far, parts)
    for i in range(6):
        column = reduce(lambda u, part: part @ u, parts, np.eye(6)[i])
        assert np.allclose(column, J[:, i])
    for j in range(3):
        x = Tensor(rng.normal(size=(6, 1)))
        end = reduce(lambda so_far, part: matmul(part, so_far), parts, x)
        assert np.allclose(backward(pick(end, (j, 0)))[x][:, 0], J[j])


def test_tape_has_at_most_120_lines():
    assert sum(len(code_lines(cell)) for cell in tape_cells(CHAPTER)) <= 120


def test_what_is_no_tensor_is_not_recorded():
    w = Tensor(np.ones((3, 2)))
    assert [source for source, _ in (np.ones((4, 3)) @ w).steps] == [w]
    assert isinstance(exp(A), np.ndarray)
    assert backward(total(w * w)).keys() > {w}


def test_walk_changes_no_slope_that_it_has_handed_out():
    a = Tensor(np.ones(3))
    doubled = a + a
    walked = backward(total(doubled + a))
    assert walked[doubled].tolist() == [1, 1, 1]
    assert walked[a].tolist() == [3, 3, 3]


def test_float32_stays_float32():
    W = Tensor(np.ones((3, 2), np.float32))
    loss = TAPE["mean"](log(total(exp(A.astype(np.float32) @ W / 3), axis=1)) - 1)
    assert loss.value.dtype == backward(loss)[W].dtype == np.float32


# --- PyTorch and JAX


def listings() -> dict[str, str]:
    """The functions that the chapter shows, by name, without their docstrings."""
    (text,) = (cell for cell in cells(CHAPTER, "markdown") if "course-beside" in cell)
    return functions("\n".join(part.split("```")[0] for part in text.split("```python\n")[1:]))


def functions(source: str) -> dict[str, str]:
    tree = ast.parse(textwrap.dedent(source))
    return {node.name: ast.dump(node) for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_listings_are_what_the_script_ran():
    script = (ROOT / "book" / "stored" / "14_autograd.py").read_text("utf-8")
    shown, ran = listings(), functions(script)
    assert shown.keys() == {"torch_gradient", "jax_gradient"}
    assert all(ran[name] == text for name, text in shown.items())


@pytest.mark.parametrize("framework", ["PyTorch", "JAX"])
@pytest.mark.parametrize("seed", range(5))
def test_stored_numbers_are_those_of_backpropagation(framework, seed):
    results = stored("14_autograd")
    images, labels, _, _ = nn.load_mnist()
    network = nn.MLP((784, 256, 128, 10), np.random.default_rng(seed))
    loss = network.loss_and_grad(images[:128], labels[:128])
    signs = np.random.default_rng(0)
    sums = [
        network.grad.astype(float) @ signs.choice([-1, 1], network.grad.size)
        for _ in range(results["sums"])
    ]
    found = results[framework]["answers"][seed]
    assert found["loss"] == pytest.approx(loss, rel=1e-6)
    assert nn.relative_error(np.array(found["gradient"]), np.array(sums)) < 1e-6


def test_frameworks_did_what_the_chapter_says():
    ours, theirs = (stored("14_autograd")[name]["habits"] for name in ("PyTorch", "JAX"))
    assert ours["accumulated"] == [2, 2]
    assert ours["walk_twice"][0] == ours["change_in_place"][0] == "RuntimeError"
    assert theirs["runs"] == 2
    assert theirs["change_in_place"][0] == "TypeError"
    assert theirs["ask_for_a_value"][0] == "TracerBoolConversionError"

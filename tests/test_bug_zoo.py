"""The bug zoo: a check stops every specimen, and accepts the mended code.

The tests run the cells of the page that are tagged `specimen` or `check`, without the trainings
between them. The test of the symptoms with other seeds runs all cells.
"""

import ast
import re

import check_prose
import nbformat
import numpy as np
import pytest
from test_notebooks import BOOK, calls, cells, notebook

from nn_core import MLP, numerical_gradient, relative_error
from nn_core.lab import page

PAGE = BOOK / "appendix" / "bug_zoo.ipynb"
TEXT = "\n\n".join(check_prose.texts(PAGE))
# Titles, in order: 1 -> "always-on", ...
NUMBERS = {
    cell.id: int(heading[1])
    for cell in notebook(PAGE).cells
    if (heading := re.match(r"### (\d+)\. ", cell.source))
}


def inhabit() -> tuple[dict, list[tuple], dict[str, set[str]]]:
    """Give the names of the page, the arguments of `catch`, and the names in each specimen."""
    names, caught, specimens = {"__name__": "zoo"}, [], {}
    for cell in nbformat.read(PAGE, as_version=4).cells:
        tags = cell.metadata.get("tags", [])
        if not {"seed", "specimen", "check"} & set(tags):
            continue
        exec(compile(cell.source, f"<{cell.id}>", "exec"), names)
        if cell.id == "catch":
            names["catch"] = lambda *row: caught.append(row)
        if "specimen" in tags:
            defined = [
                node.name
                for node in ast.parse(cell.source).body
                if isinstance(node, ast.FunctionDef | ast.ClassDef)
            ]
            specimens[cell.id.removesuffix("-specimen")] = set(defined)
    return names, caught, specimens


ZOO, CAUGHT, SPECIMENS = inhabit()
BY_GRADIENT = {name for name, check, *_ in CAUGHT if check.__name__.endswith("error")}


def function_of(suspect) -> str:
    """Give the name of a suspected function or class. A dictionary replaces a part of a network."""
    return (next(iter(suspect.values())) if isinstance(suspect, dict) else suspect).__name__


@pytest.mark.parametrize("row", CAUGHT, ids=lambda row: function_of(row[2]))
def test_check_stops_the_bug_and_lets_the_mended_code_pass(row):
    name, check, bug, mended = row
    if name in BY_GRADIENT:
        assert check(bug) > 0.1
        assert check(mended) < 1e-7
    else:
        assert not check(bug)
        assert check(mended)


@pytest.mark.parametrize(("bug", "mended"), [(1, 1), (0, 0), (0, 1)])
def test_page_stops_where_a_check_does_not_tell_them_apart(bug, mended, monkeypatch):
    monkeypatch.setenv(page.BUILDING, "1")
    names, _, _ = inhabit()
    (cell,) = [c for c in cells(PAGE, "code", "check") if "def catch" in c]
    exec(cell, names)

    def agrees(suspect):
        return suspect

    if (bug, mended) == (0, 1):
        names["catch"]("some", agrees, bug, mended)
        assert names["ZOO"] == [("some", "agrees", "fails", "passes")]
    else:
        with pytest.raises(AssertionError):
            names["catch"]("some", agrees, bug, mended)


def test_every_specimen_is_caught():
    assert len(SPECIMENS) >= 12
    assert list(SPECIMENS) == list(dict.fromkeys(name for name, *_ in CAUGHT))
    for name, defined in SPECIMENS.items():
        suspects = {function_of(bug) for row, _, bug, _ in CAUGHT if row == name}
        # A specimen may also hold a right function that the wrong function calls.
        assert suspects <= defined
        assert defined - suspects <= {"shortcut_forward"}, name


def test_the_library_passes_the_checks_of_its_own_functions():
    library = {
        mended.__name__
        for _, _, _, suspect in CAUGHT
        for mended in (suspect.values() if isinstance(suspect, dict) else [suspect])
        if mended.__module__.startswith("nn_core")
    }
    assert library == {
        "Adam",
        "EarlyStopping",
        "dense_backward",
        "he_normal",
        "minibatches",
        "predict",
        "softmax_cross_entropy",
    }
    # Functions of the page call these two functions of the library.
    assert {"l2_penalty", "train_dev_split"} <= ZOO.keys()


def test_no_gradient_check_sees_the_others():
    check, agrees = ZOO["network_error"], 1e-7
    for loss in ("plain_loss", "log_of_p"):
        assert check({"loss": ZOO[loss]}) < agrees
    assert ZOO["penalized_error"](ZOO["penalty_on_all"]) < agrees
    # With all weights zero, the check misses a bug that it finds with other weights.
    assert ZOO["layer_error"](ZOO["forgetful_layer"], scale=0) < agrees
    rng = np.random.default_rng(0)
    network = MLP((6, 5, 3), rng, initializer=ZOO["from_nothing"], dtype=np.float64)
    X, y = rng.normal(size=(7, 6)), np.arange(7) % 3
    network.loss_and_grad(X, y)
    numeric = numerical_gradient(lambda: network.loss_of(network.forward(X), y)[0], network.theta)
    assert relative_error(network.grad, numeric) < agrees


def test_page_says_which_bugs_no_gradient_check_sees():
    text = TEXT.split("no gradient check can see, because", 1)[1].split("\n## ")[0]
    listed = [int(n) for group in re.findall(r"\(([\d, ]+)\)", text) for n in group.split(", ")]
    assert sorted(listed) == [n for name, n in NUMBERS.items() if name not in BY_GRADIENT]


def test_specimens_are_numbered_and_all_are_suspects():
    assert list(NUMBERS) == list(SPECIMENS)
    assert list(NUMBERS.values()) == list(range(1, len(SPECIMENS) + 1))
    assert set(re.findall(r"\b(\d+) (?:specimens|bugs)", TEXT)) == {str(len(SPECIMENS))}
    led = dict(re.findall(r"\[(\d+)\]\(bug_zoo\.ipynb#cell-id=([\w-]+)\)", TEXT)[::-1])
    assert {name: int(number) for number, name in led.items()} == NUMBERS


def test_every_specimen_has_an_answer_to_unfold():
    folds = re.findall(r"^<summary>What is wrong\? Look before you unfold</summary>$", TEXT, re.M)
    assert len(folds) == len(SPECIMENS)
    # Each answer shows the wrong line and the mended line.
    assert len(re.findall(r"^```diff\n(?:-.*\n)*(?:\+.*\n)+```$", TEXT, re.M)) >= len(SPECIMENS)


# --- symptoms: the bug causes them, and the mended code removes them


@pytest.mark.parametrize(
    ("bug", "mended", "by"),
    [
        (0.9, 0.9, 0.01),
        (0.9, 0.8, 0.01),
        (0.9, 0.9, -0.01),
        (0.8, 0.9, -0.01),
        (np.nan, 0.9, 0.01),
        (0.9, np.nan, -0.01),
    ],
)
def test_page_stops_where_a_symptom_does_not_show_or_is_not_cured(bug, mended, by, monkeypatch):
    monkeypatch.setenv(page.BUILDING, "1")
    with pytest.raises(AssertionError, match="an accuracy to change"):
        ZOO["cured"]("some", "an accuracy", bug, mended, by)


def test_every_specimen_has_a_symptom_that_is_cured():
    held = {ast.literal_eval(call.args[0]) for call in calls(PAGE, "cured")}
    assert held == set(SPECIMENS)


# The page has seed 0. More seeds than these would cost more time than they are worth.
@pytest.mark.parametrize("seed", [1, 2])
def test_symptoms_show_and_are_cured_with_other_seeds(seed, monkeypatch):
    """Run the whole page, but without figures and claims. The ledger covers the claims."""
    monkeypatch.setenv(page.BUILDING, "1")
    for name in ("show_lines", "show_digits", "say", "claim", "quiz"):
        monkeypatch.setattr(f"nn_core.lab.{name}", lambda *_, **__: None)
    names: dict = {"__name__": "zoo"}
    for cell in nbformat.read(PAGE, as_version=4).cells:
        # This rung of the ladder trains only the network without bugs.
        if cell.cell_type != "code" or cell.id in ("install", "rung-rate-code"):
            continue
        source = f"SEED = {seed}" if cell.id == "seed" else cell.source
        exec(compile(source, f"<{cell.id}>", "exec"), names)
    assert {name for name, *_ in names["CURED"]} == set(SPECIMENS)

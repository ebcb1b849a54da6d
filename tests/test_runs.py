"""The ledger of runs, and the program that writes it."""

import json
from dataclasses import replace

import numpy as np
import pytest
import runs
from filelock import FileLock, Timeout

import nn_core as nn
from nn_core.tools import RECIPES, load_network, train

TINY = replace(
    RECIPES["course"], name="tiny, tinier", sizes=(784, 4, 10), epochs=2, batch_size=1000,
    callbacks=lambda steps: [],
)  # fmt: skip


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """Give a function that runs the program with another ledger and a single small plan."""
    monkeypatch.setattr(runs, "PLANS", {TINY.name: runs.Plan(TINY)})
    monkeypatch.setattr(runs, "LEDGER", tmp_path / "runs.json")
    monkeypatch.setattr(runs, "NETWORKS", tmp_path / "runs")

    def carry_out(*arguments: str) -> list[dict]:
        monkeypatch.setattr("sys.argv", ["runs.py", *arguments])
        runs.main()
        return runs.read()

    return carry_out


def test_a_run_is_a_row_and_is_not_run_twice(elsewhere, monkeypatch):
    rows = elsewhere("--seeds", "1", "0", "--jobs", "2")
    assert [(row["recipe"], row["seed"], row["epochs"]) for row in rows] == [
        (TINY.name, 0, 2),
        (TINY.name, 1, 2),
    ]
    for row in rows:
        assert 0.1 < row["dev"] < 0.95
        assert row["test"] is None  # the run does not use the test set
        assert row["seconds"] > 0
        assert row["curve"]["dev_accuracy"][-1] == pytest.approx(row["dev"], abs=1e-4)
        network = load_network(runs.NETWORKS / f"tiny--tinier-{row['seed']}.npz")
        assert network.sizes == TINY.sizes
    assert len(list(runs.NETWORKS.glob("*.npz"))) == 2  # nothing unfinished is left

    monkeypatch.setattr(runs, "carry_out", None)  # would fail if it were called
    assert elsewhere("--seeds", "0", "1") == rows


def test_a_row_can_be_made_again(elsewhere):
    (row,) = elsewhere("--seeds", "0")
    runs.write({**row, "dev": 0.0})
    (again,) = elsewhere(TINY.name, "--seeds", "0", "--again")
    assert again["dev"] == row["dev"]


def test_another_program_waits_while_a_row_is_written(elsewhere, monkeypatch):
    def read_while_locked():
        with pytest.raises(Timeout):
            FileLock(runs.NETWORKS / runs.LOCK).acquire(timeout=0)
        return []

    monkeypatch.setattr(runs, "read", read_while_locked)
    runs.write({"recipe": TINY.name, "seed": 0})
    assert json.loads(runs.LEDGER.read_text("utf-8"))["rows"] == [{"recipe": TINY.name, "seed": 0}]


def test_the_final_run_trains_on_all_and_opens_the_test_set(elsewhere):
    runs.PLANS[TINY.name] = runs.Plan(TINY, dev=None, uses_test=True)
    (row,) = elsewhere("--seeds", "0")
    assert row["dev"] is None
    assert 0.1 < row["test"] < 0.95


def test_a_dev_set_may_lie_together(elsewhere, monkeypatch):
    trained_on = []

    def train(recipe, digits, **options):
        trained_on.append(digits)
        return runs_train(recipe, digits, **options)

    runs_train = runs.train
    monkeypatch.setattr(runs, "train", train)
    runs.PLANS[TINY.name] = plan = runs.Plan(TINY, dev="together")
    row, network = runs.carry_out(plan, 0, "", runs.NETWORKS)
    X, y, _, _ = nn.load_mnist()
    ((X_train, y_train),) = trained_on
    assert np.array_equal(X_train, np.concatenate([X[:20_000], X[30_000:]]))
    assert np.array_equal(y_train, np.concatenate([y[:20_000], y[30_000:]]))
    assert row["dev"] == nn.accuracy(y[20_000:30_000], network.predict(X[20_000:30_000]))
    assert row["test"] is None


def test_an_edited_plan_is_not_mixed_with_what_was_begun(elsewhere, monkeypatch):
    def train_and_break(*arguments, **options):
        train(*arguments, **options)
        raise OSError("the power fails")

    with monkeypatch.context() as patch:
        patch.setattr(runs, "train", train_and_break)
        with pytest.raises(OSError, match="power"):
            runs.carry_out(runs.Plan(TINY), 0, "", runs.NETWORKS)
    edited = replace(TINY, optimizer=lambda: nn.Adam(5e-3))
    found = r"optimizer\.lr=0\.001, where this run has optimizer\.lr=0\.005"
    with pytest.raises(nn.DataError, match=found):
        runs.carry_out(runs.Plan(edited), 0, "", runs.NETWORKS)
    row, _ = runs.carry_out(runs.Plan(TINY), 0, "", runs.NETWORKS)
    assert row["epochs"] == 2


def test_unknown_name(elsewhere, capsys):
    with pytest.raises(SystemExit):
        elsewhere("relu-11-gd")
    assert "expected names that --list shows, found relu-11-gd" in capsys.readouterr().err


def test_the_ledger_is_of_what_is_planned():
    rows = json.loads(runs.LEDGER.read_text("utf-8"))["rows"]
    assert {row["recipe"] for row in rows} <= set(runs.PLANS)
    for row in rows:
        assert row["epochs"] == runs.PLANS[row["recipe"]].recipe.epochs

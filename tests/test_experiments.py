"""What a reader changes ends in a result or in a sentence: a sample, and what once did not."""

import os
import subprocess
import sys

import execution
import experiments
import nbformat
import numpy as np
import pytest

import nn_core as nn


@pytest.mark.parametrize(
    ("act", "outcome"),
    [
        (lambda: nn.SGD("0.1"), "sentence"),
        (lambda: nn.SGD(), "sentence"),  # Python's own, of a call without its argument
        (lambda: np.zeros(2) + np.zeros(3), "defect"),
        (lambda: [][0], "defect"),
        (lambda: float("ten"), "defect"),
    ],
)
def test_another_error_than_the_course_s_is_a_defect(act, outcome):
    with pytest.raises(Exception, match=r".") as caught:
        act()
    assert experiments.told(caught.value).startswith(f"{outcome}|")


def test_changes_are_drawn_once_and_by_a_seed():
    path = execution.ROOT / "book" / "00_tour.ipynb"
    cells = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    data = ["/digits/clothes", "/digits/few"]
    changes = experiments.drawn(cells, 40, 0, data)
    assert len(set(changes)) == 40
    assert set(experiments.drawn(cells, 20, 0, data)) <= set(changes)
    assert {c.cell for c in experiments.drawn(cells, 40, 1, data)} == {c.cell for c in changes}
    assert "line 9: (784, 256, 10) -> (784, 10)" in {
        c.words for c in experiments.drawn(cells, 999, 0, data)
    }


# Changes that once ended in an error inside of the course, by chapter: a cell, a text in it, and
# what took its place.
ONCE = {
    "00_tour": [
        ("train", "(784, 256, 10)", "(784, 10)"),
        ("train", "(784, 256, 10)", "(784, 64, 300, 10)"),
        ("train", "epochs=2", "epochs=0"),
    ],
    "02_forward_pass": [
        ("neuron-code", "b = -0.1", "b = 0.5"),
        ("mlp-code", "(784, 128, 10)", "(784, 32, 16, 10)"),
    ],
    "04_numerical_gradient": [
        ("errors-check", "- f(z)) / h - slope", "- f(z)) / (2 * h) - slope"),
        ("kink-code", "h = 1e-5", "h = 0"),
    ],
    "05_backpropagation": [
        ("by-hand-check", "[1.0, 2.0]", "[1.0, 3.0]"),
        ("mnist-check", "[:32]", "[:10]"),
        ("mnist-check", "(784, 128, 10)", "(784, 128, 5)"),
    ],
    "10_evaluation": [
        ("reliability-code", "bins=15", "bins=10"),
        ("load", "dev_size=1_000", "dev_size=40"),
    ],
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="experiments need a system that can fork")
@pytest.mark.parametrize("chapter", ONCE)
def test_changes_end_in_a_result_or_in_a_sentence(chapter):
    changes = [word for change in ONCE[chapter] for word in ("--change", *change)]
    done = subprocess.run(
        [sys.executable, execution.ROOT / "tests" / "experiments.py", chapter, "2", *changes],
        env={**os.environ, **execution.ONE_THREAD},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr

"""What a reader changes ends in a result or in a sentence: a sample, and what once did not."""

import os
import subprocess
import sys

import execution
import pytest

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

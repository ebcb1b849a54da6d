"""Train the course's own network and write it into nn_core/lab/static/digits.js, for the pad.

    python book/_ext/export_digits.py

The file holds the weights in a few bits each, the accuracy on the test set before and after that
rounding, and test digits to show. `make weights` does the same.
"""

import gzip
import json
from pathlib import Path

import nn_core.lab
import numpy as np
from nn_core import MLP, accuracy, load_mnist
from nn_core.lab.weights import (
    ALPHABET,
    pack,
    read_script,
    unpack,
    write_levels,
)
from nn_core.tools.photos import BOX, centre, crop_to_ink, fit_into
from nn_core.tools.recipes import RECIPES, train

TARGET = Path(nn_core.lab.__file__).parent / "static" / "digits.js"
FINENESS = 3  # steps per standard deviation: the most that stays below 300 KB
MISREAD = 5  # digits that are read wrongly, to show
HEAD = "// @ts-check\n// Weights of the drawing pad, written by `make weights`."


def redrawn(image: np.ndarray) -> np.ndarray:
    """What the pad makes of a test digit that is put on it."""
    digit = fit_into(crop_to_ink(image, image > 0), BOX)
    return centre(digit / digit.max())


def choose_examples(network: MLP, X: np.ndarray, y: np.ndarray) -> list[dict]:
    """The first of each digit that is read rightly and surely; then the surest mistakes."""
    levels = np.rint(X * (len(ALPHABET) - 1))
    images = (levels / (len(ALPHABET) - 1)).reshape(-1, 28, 28)
    drawn = np.array([redrawn(image) for image in images])
    chances = network.predict_proba(drawn.reshape(X.shape).astype(np.float32))
    read, sure = chances.argmax(axis=1), chances.max(axis=1)
    good = (read == y) & (sure > 0.9)
    chosen = [np.flatnonzero(good & (y == digit))[0] for digit in range(10)]
    wrong = np.flatnonzero(read != y)
    wrong = wrong[np.argsort(-sure[wrong])]
    # One of each digit: the pad offers them by what they are.
    _, first = np.unique(y[wrong], return_index=True)
    chosen += list(wrong[np.sort(first)[:MISREAD]])
    return [
        {
            "label": int(y[k]),
            "pixels": write_levels(levels[k]),
        }
        for k in chosen
    ]


def main() -> None:
    """Train, write, and say how large and how good it is."""
    _, _, X_test, y_test = load_mnist()
    network, _ = train(RECIPES["course"])
    record = pack(network, fineness=FINENESS)
    stored = unpack(record)
    record["accuracy"] = {
        "trained": accuracy(y_test, network.predict(X_test)),
        "stored": accuracy(y_test, stored.predict(X_test)),
    }
    record["examples"] = choose_examples(stored, X_test, y_test)
    text = f"{HEAD}\nvar nnDigits = {json.dumps(record, separators=(',', ':'))};\n"
    assert read_script(text) == record
    TARGET.write_text(text, "utf-8")
    size = len(gzip.compress(text.encode(), 6))
    print(f"{network}: {record['accuracy']}")
    print(f"{TARGET.name}: {size:,} bytes gzipped")


if __name__ == "__main__":
    main()

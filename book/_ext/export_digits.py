"""Train the network of the drawing pad, and write it into nn_core/lab/static/digits.js.

    python book/_ext/export_digits.py

The file holds the rounded weights, the accuracy on the test set before and after the rounding, and
test digits as examples. `make weights` runs this script.
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
FINENESS = 3  # steps per standard deviation: the largest number for a file below 300 KB
MISREAD = 5  # the number of misread digits among the examples
HEAD = "// @ts-check\n// Weights of the drawing pad, written by `make weights`."


def redrawn(image: np.ndarray) -> np.ndarray:
    """Crop, scale and centre a test digit as the pad does."""
    digit = fit_into(crop_to_ink(image, image > 0), BOX)
    return centre(digit / digit.max())


def choose_examples(network: MLP, X: np.ndarray, y: np.ndarray) -> list[dict]:
    """Choose the first digit of each class with a right and confident prediction, then mistakes.

    The mistakes are those with the highest confidence, at most one for each true digit.
    """
    levels = np.rint(X * (len(ALPHABET) - 1))
    images = (levels / (len(ALPHABET) - 1)).reshape(-1, 28, 28)
    drawn = np.array([redrawn(image) for image in images])
    P = network.predict_proba(drawn.reshape(X.shape).astype(np.float32))
    predicted, confidence = P.argmax(axis=1), P.max(axis=1)
    good = (predicted == y) & (confidence > 0.9)
    chosen = [np.flatnonzero(good & (y == digit))[0] for digit in range(10)]
    wrong = np.flatnonzero(predicted != y)
    wrong = wrong[np.argsort(-confidence[wrong])]
    # One mistake for each true digit, since the pad names an example by its true digit.
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
    """Train the network, write the file, and print the accuracies and the size."""
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

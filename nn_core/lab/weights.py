"""A network as text that is small to send: what the drawing pad reads, in `static/digits.js`.

Each weight is rounded to a whole number of steps, the step being a part of the standard deviation
of its layer, and written as one character. Most weights are small, so a few characters are very
frequent, and gzip, which every web server speaks, stores those in a few bits.
"""

import json
from typing import Any

import numpy as np

from nn_core.checks.settings import check_finite
from nn_core.network import MLP

# Printable, without what would have to be escaped in a string or could end a script element.
# An odd number of them, so that one stands for zero, in the middle.
ALPHABET = "".join(chr(code) for code in range(32, 126) if chr(code) not in '"\\<')
LARGEST = len(ALPHABET) // 2  # steps


def pack(network: MLP, *, fineness: float) -> dict[str, Any]:
    """Write a network with few bits for each weight.

    Parameters
    ----------
    network
        A network of ReLU layers with softmax at the end: the pad knows no others.
    fineness
        Steps per standard deviation: more keeps the weights more exactly, and takes more room.
        Weights beyond `LARGEST` steps are cut off there.

    Returns
    -------
    dict
        Ready for JSON: sizes, alphabet, and per layer the step, the weights `W (in, out)` row by
        row, and the biases `b`.

    Raises
    ------
    ValueError
        The network has weights that are NaN or infinite.
    """
    check_finite("weights", network.theta)
    steps = [float(np.std(W)) / fineness for W in network.W]
    levels = [np.rint(W / step) for W, step in zip(network.W, steps, strict=True)]
    return {
        "sizes": list(network.sizes),
        "alphabet": ALPHABET,
        "step": steps,
        "W": [write_levels(np.clip(level, -LARGEST, LARGEST) + LARGEST) for level in levels],
        "b": [[round(float(value), 4) for value in b] for b in network.b],
    }


def unpack(packed: dict[str, Any]) -> MLP:
    """Make the network that was packed, its weights and biases rounded as they were stored."""
    network = MLP(packed["sizes"], np.random.default_rng(0))
    layers = zip(network.W, network.b, packed["W"], packed["b"], packed["step"], strict=True)
    for W, b, text, values, step in layers:
        W[:] = (read_levels(text) - LARGEST).reshape(W.shape) * step
        b[:] = values
    return network


def write_levels(levels: np.ndarray) -> str:
    """Write whole numbers from 0 to `2 LARGEST`, one character each."""
    codes = np.frombuffer(ALPHABET.encode(), np.uint8)
    return codes[levels.astype(int).ravel()].tobytes().decode()


def read_levels(text: str) -> np.ndarray:
    """Read what `write_levels` wrote."""
    level = np.zeros(128, int)
    level[np.frombuffer(ALPHABET.encode(), np.uint8)] = np.arange(len(ALPHABET))
    return level[np.frombuffer(text.encode(), np.uint8)]


def read_script(text: str) -> dict[str, Any]:
    """Give what a script assigns: the JSON between its first and its last brace."""
    found: dict[str, Any] = json.loads(text[text.index("{") : text.rindex("}") + 1])
    return found

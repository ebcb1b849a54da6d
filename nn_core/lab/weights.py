"""Write a network as a short text for the drawing pad, `static/digits.js`.

Each weight is rounded to a whole number of steps, and written as one character. A step is a part of
the standard deviation of the layer. Most weights are small, so a few characters are very frequent.
Web servers compress files with gzip, which stores frequent characters in a few bits.
"""

import json
from typing import Any

import numpy as np

from nn_core.checks.settings import check_finite
from nn_core.network import MLP

# Printable characters, except those that need an escape in a string or could end a script element.
# Their number is odd, so the middle character is zero.
ALPHABET = "".join(chr(code) for code in range(32, 126) if chr(code) not in '"\\<')
LARGEST = len(ALPHABET) // 2  # steps


def pack(network: MLP, *, fineness: float) -> dict[str, Any]:
    """Write a network with few bits for each weight.

    Parameters
    ----------
    network
        A network with ReLU and softmax. The pad supports no other activations.
    fineness
        The number of steps per standard deviation. More steps make the weights more precise, and
        the file larger. The function clips weights at `LARGEST` steps.

    Returns
    -------
    dict
        An object for JSON: sizes, alphabet, and for each layer the step, the weights `W (in, out)`
        row by row, and the biases `b`.

    Raises
    ------
    ValueError
        The network has weights that are NaN or infinite.
    """
    check_finite("weights", network.theta)
    # Weights that are all zero need no particular step.
    steps = [float(np.std(W)) / fineness or 1.0 for W in network.W]
    levels = [np.rint(W / step) for W, step in zip(network.W, steps, strict=True)]
    return {
        "sizes": list(network.sizes),
        "alphabet": ALPHABET,
        "step": steps,
        "W": [write_levels(np.clip(level, -LARGEST, LARGEST) + LARGEST) for level in levels],
        "b": [[round(float(value), 4) for value in b] for b in network.b],
    }


def unpack(packed: dict[str, Any]) -> MLP:
    """Make a network of the stored weights and biases, which are rounded."""
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
    """Read the numbers from a text of `write_levels`."""
    level = np.zeros(128, int)
    level[np.frombuffer(ALPHABET.encode(), np.uint8)] = np.arange(len(ALPHABET))
    return level[np.frombuffer(text.encode(), np.uint8)]


def read_script(text: str) -> dict[str, Any]:
    """Read the JSON between the first and the last brace of a script."""
    found: dict[str, Any] = json.loads(text[text.index("{") : text.rindex("}") + 1])
    return found

"""Figures that a reader moves, and the pad: computed in the browser, with a kernel and without."""

from nn_core.lab.page import KINDS, place

FIGURES = sorted(name for name, kind in KINDS.items() if "figures" in kind.scripts)


def live(name: str) -> None:
    """Show a figure whose sliders work in a notebook and in the rendered book.

    Its formulas are those of `nn_core`, computed in the reader's browser.

    Parameters
    ----------
    name
        - `"neuron"`: what one unit makes of two inputs, by weights, bias and activation
        - `"activation"`: sigmoid, tanh, ReLU or leaky ReLU, with its derivative
        - `"softmax"`: from scores to probabilities, at a temperature
        - `"losses"`: mean squared error and cross-entropy behind a sigmoid, their gradients, and
          how fast each learns from a start that is wrong
        - `"valley"`: the path of gradient descent and of momentum through a valley

    Raises
    ------
    ValueError
        There is no figure of that name.
    """
    if name not in FIGURES:
        raise ValueError(f"expected one of {', '.join(FIGURES)}, found {name!r}")
    place(name)


def draw_digit() -> None:
    """Show a pad to draw on, and what the course's own network reads in the drawing.

    The weights are in `static/digits.js`.
    """
    place("draw")

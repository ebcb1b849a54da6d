"""Live figures and the drawing pad. The browser computes them, so they need no kernel."""

from nn_core.lab.page import KINDS, place

FIGURES = sorted(name for name, kind in KINDS.items() if "figures" in kind.scripts)


def live(name: str) -> None:
    """Show a figure whose sliders work in a notebook and in the rendered book.

    The browser of the reader computes the formulas of `nn_core`.

    Parameters
    ----------
    name
        - `"neuron"`: the output of one unit with two inputs, by weights, bias and activation
        - `"activation"`: sigmoid, tanh, ReLU or leaky ReLU, with its derivative
        - `"softmax"`: scores and their probabilities, at a temperature
        - `"losses"`: mean squared error and cross-entropy after a sigmoid, their gradients, and
          the learning curve of each from a wrong start
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
    """Show a pad to draw on, and the probabilities that the course's network gives the drawing.

    The weights are in `static/digits.js`.
    """
    place("draw")

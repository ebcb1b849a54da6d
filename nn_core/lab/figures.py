"""Live figures and the drawing pad. The browser computes them, so they need no kernel."""

from nn_core.lab.page import KINDS, place
from nn_core.lab.weights import pack
from nn_core.network import MLP

FINENESS = 3  # steps per standard deviation of the weights: so few change hardly any reading
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


def draw_digit(network: MLP | None = None) -> None:
    """Show a pad to draw on, and the probabilities that a network gives the drawing.

    Parameters
    ----------
    network
        Your network, with 784 inputs, ReLU, and softmax over 10 classes. The default is the
        course's network. Its weights are in `static/digits.js`.

    Raises
    ------
    ValueError
        The network has other units or activations, or weights that are NaN or infinite.
    """
    if network is None:
        place("draw")
        return
    found = (network.sizes[0], network.activation, network.sizes[-1], network.output)
    if found != (784, "relu", 10, "softmax"):
        raise ValueError(
            "expected a network of 784 inputs, relu, 10 outputs and softmax, found "
            f"{found[0]} inputs, {found[1]}, {found[2]} outputs and {found[3]}"
        )
    place("draw", pack(network, fineness=FINENESS))

"""Answers to the exercises on the forward pass: right ones, and misconceptions; see chapter_00."""

from itertools import pairwise

import numpy as np

import nn_core as nn


def given() -> dict:
    """What the chapter has defined where its exercises stand."""
    return {
        "SEED": 0,
        "np": np,
        "pairwise": pairwise,
        "dense_forward": nn.dense_forward,
        "relu_forward": nn.relu_forward,
        "softmax": nn.softmax,
    }


COUNT = """
def widest(inputs, outputs, layers, most):
    width = 1
    while count(inputs, [width] * layers, outputs) <= most:
        width += 1
    return width - 1

def count(inputs, hidden, outputs):
    sizes = [inputs, *hidden, outputs]
    return sum((i + 1) * o for i, o in pairwise(sizes))

two_layers = 112
"""
EACH = "(i + 1) * o"
ABSOLUTE = """
W1 = np.array([[1.0, -1.0]])
b1 = np.zeros(2)
W2 = np.array([[1.0], [1.0]])
b2 = np.zeros(1)
"""
COLUMNS = "def dense_columns(X, W, b):\n    return "
TEMPERATURE = "def softmax_at(Z, T):\n    "
VIEWS = """
def views(theta, sizes):
    W, b, start = [], [], 0
    for i, o in zip(sizes[:-1], sizes[1:]):
        b.append(theta[start : start + o])
        start += o
        W.append(theta[start : start + i * o].reshape(i, o))
        start += i * o
    return W, b
"""

# In the order of MLP, as the chapter has it.
MLP_VIEWS = """
def views(theta, sizes):
    W, b = [], []
    for i, o in zip(sizes[:-1], sizes[1:]):
        weights, biases, theta = np.split(theta, [i * o, (i + 1) * o])
        W.append(weights.reshape(i, o))
        b.append(biases)
    return W, b
"""

ACCEPTED = {
    "forward-count": [
        COUNT,
        """
def widest(inputs, outputs, layers, most):
    '''Solve the equation of second degree.'''
    a, b, c = layers - 1, inputs + outputs + layers, outputs - most
    root = (b * b - 4 * a * c) ** 0.5
    return int((root - b) / (2 * a) if a else -c / b)

two_layers = widest(784, 10, 2, 101_770)
""",
        """
def widest(inputs, outputs, layers, most):
    def size(width):
        return (inputs + 1) * width + (layers - 1) * (width + 1) * width + (width + 1) * outputs
    return max(width for width in range(1, most) if size(width) <= most)

two_layers = np.int64(112)
""",
    ],
    "forward-absolute": [
        ABSOLUTE,
        ABSOLUTE.replace("[[1.0, -1.0]]", "[[-2, 4]]").replace("[[1.0], [1.0]]", "[[0.5], [0.25]]"),
        "W1, b1, W2, b2 = [[1, -1]], [0, 0], [[1], [1]], [0]",
    ],
    "forward-columns": [
        COLUMNS + "(X.T @ W.T + b).T",
        COLUMNS + "dense_forward(X.T, W.T, b).T",
        COLUMNS + "np.einsum('oi,in->on', W, X) + b.reshape(-1, 1)",
    ],
    "forward-temperature": [
        TEMPERATURE + "S = Z / T\n    E = np.exp(S - S.max(axis=1, keepdims=True))\n"
        "    return E / E.sum(axis=1, keepdims=True)",
        TEMPERATURE + "E = np.exp((Z - Z.max(1)[:, None]) / T)\n    return E / E.sum(1)[:, None]",
    ],
    "forward-views": [
        VIEWS,
        """
def views(theta, sizes):
    if len(sizes) == 1:
        return [], []
    i, o = sizes[:2]
    W, b = views(theta[(i + 1) * o :], sizes[1:])
    return [theta[o : (i + 1) * o].reshape((i, o)), *W], [theta[:o], *b]
""",
    ],
}

REJECTED = {
    "forward-count": [
        (COUNT.replace(EACH, "i * o"), "You count the weights alone"),
        (COUNT.replace(EACH, "i * o").replace("for i", "+ i for i"), "A bias belongs to a *unit*"),
        (COUNT.replace("pairwise(sizes))", "pairwise(sizes)) + inputs"), "only units have a bias"),
        (COUNT.replace(EACH, "i * o + 1"), "one bias for each layer"),
        (COUNT.replace("*hidden", "hidden[0]"), "a single hidden layer"),
        (COUNT.replace("width - 1", "width"), "the first width which is too large"),
        (COUNT.replace("<= most", "< most"), "where the count fits exactly"),
        (COUNT.replace("[width] * layers", "[width]"), "a single hidden layer"),
        (COUNT.replace(EACH, "(i + 1) * (o + 1)"), "The width is 126; 128 is right"),
        (COUNT.replace("return width - 1", "return [width - 1]"), "a number is asked for"),
        (COUNT.replace("[width] *", "width *"), "TypeError"),
        (COUNT.replace("= 112", "= 64"), "do not have to share 128"),
        (COUNT.replace("= 112", "= 128"), "there are more than 101,770"),
        (COUNT.replace("= 112", "= 100"), "Call your function"),
        (COUNT.replace("= 112", "= 'wide'"), "`two_layers` is a number"),
    ],
    "forward-absolute": [
        (ABSOLUTE.replace("[1.0], [1.0]", "[1.0], [-1.0]"), "gives $x$ itself"),
        (ABSOLUTE.replace("1.0, -1.0", "1.0, 0.0"), "For negative $x$ your network gives 0"),
        (
            ABSOLUTE.replace("[[1.0, -1.0]]", "[[1.0], [-1.0]]"),
            "Rows are inputs, columns are units",
        ),
        (ABSOLUTE.replace("zeros(2)", "ones(2)"), "the hidden units of your network give"),
        (ABSOLUTE.replace("zeros(1)", "zeros((1, 1))"), "`b2` has the shape (1, 1)"),
        (ABSOLUTE + "W2 = 'abs'", "`W2` is a text"),
        (
            "W1, b1, W2, b2 = [[1, -1]], [0, 100], [[2], [1]], [-100]",  # right for x < 100
            "For $x$ = 2e+12 the hidden units",
        ),
    ],
    "forward-columns": [
        (COLUMNS + "W @ X + b", "Make `b` a column"),
        (COLUMNS + "W @ X + b[None]", "Make `b` a column"),
        (COLUMNS + "X @ W + b", "matmul"),
        (COLUMNS + "X.T @ W.T + b", "It is the transpose"),
        (COLUMNS + "W @ X", "The bias is missing"),
        (COLUMNS + "W @ X - b[:, None]", "`Z`"),
    ],
    "forward-temperature": [
        (TEMPERATURE + "return softmax(Z) / T", "divide the *probabilities*"),
        (TEMPERATURE + "return softmax(Z * T)", "You multiply by $T$"),
        (TEMPERATURE + "return softmax(Z)", "The temperature has no effect"),
        (TEMPERATURE + "return softmax(Z.T / T).T", "Your columns add up to 1"),
        (TEMPERATURE + "E = np.exp(Z / T)\n    return E / E.sum()", "All your numbers together"),
        (
            TEMPERATURE + "E = np.exp(Z / T)\n    return E / E.sum(axis=1, keepdims=True)",
            "the exponentials overflow",
        ),
        (
            TEMPERATURE + "E = np.exp((Z - Z.max()) / T)\n"
            "    return E / E.sum(axis=1, keepdims=True)",
            "a whole row of exponentials is rounded to zero",
        ),
        (
            TEMPERATURE + "E = np.exp(Z - Z.max(axis=1, keepdims=True) / T)\n"
            "    return E / E.sum(axis=1, keepdims=True)",
            "it must divide *all* scores",
        ),
    ],
    "forward-views": [
        (VIEWS.replace(".reshape(i, o)", ".reshape(i, o).copy()"), "`W[0]` is a copy"),
        (
            VIEWS.replace("b.append(theta[start : start + o])", "b.append(1 * theta[start:][:o])"),
            "What is written into it does not show in `theta`",
        ),
        (VIEWS.replace("reshape(i, o)", "reshape(o, i)"), "Rows are inputs, columns are units"),
        (VIEWS.replace("reshape(i, o)", "reshape(o, i).T"), "in another order"),
        (
            VIEWS.replace("        start += o\n", ""),
            "The weights begin where the biases of their layer stand",
        ),
        (
            VIEWS.replace("        start += i * o\n", ""),
            "The next one begins where the weights of the first stand",
        ),
        (MLP_VIEWS, "Here each layer has its biases first"),
        (VIEWS.replace("return W, b", "return W"), "You return the weights alone"),
        (VIEWS.replace("return W, b", "return W + b"), "2 values are asked for, `W`, `b`; found 4"),
        (VIEWS.replace("return W, b", "return W[0], b[0]"), "the arrays of the first layer alone"),
        (VIEWS.replace("return W, b", "return W[:1], b"), "2 values are asked for, `W`; found 1"),
    ],
}

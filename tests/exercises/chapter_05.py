"""Answers to the exercises on backpropagation: right ones, and one for each misconception."""

import numpy as np

import nn_core as nn


def given() -> dict:
    """What the chapter has defined where its exercises stand."""
    rng = np.random.default_rng(0)
    images, labels, _, _ = nn.load_mnist()
    images, labels = images[:9000], labels[:9000]
    reader = nn.MLP((784, 32, 10), rng)
    nn.fit(
        reader, nn.Adam(0.005), images[:4000], labels[:4000], epochs=2, batch_size=100, rng=rng,
        progress=False,
    )  # fmt: skip
    names = [
        "accuracy",
        "dense_backward",
        "dense_forward",
        "one_hot",
        "relu_backward",
        "relu_forward",
        "softmax",
        "softmax_cross_entropy",
    ]
    return {
        "np": np,
        "images": images,
        "labels": labels,
        "reader": reader,
        "rng": rng,
        **{name: getattr(nn, name) for name in names},
    }


SOFTPLUS = "def softplus_backward(dA, A):\n    return "
TIED = "def tied_gradient(dZ, X, W):\n    return "
FOOL = """
def input_gradient(network, X, y):
    *A, Z = network.activations(X)
    _, dZ = softmax_cross_entropy(Z, y)
    for layer in reversed(range(len(A))):
        dA, dW, _ = dense_backward(dZ, A[layer], network.W[layer])
        if layer > 0:
            dZ = relu_backward(dA, A[layer])
    return dA
"""

ACCEPTED = {
    "backprop-hand": [
        "dx, dy, dz = 3, 7, 0",
        "dx, dy, dz = 3.0, 7.0, -0.0",
        "dx, dy, dz = np.array([3.0, 7.0, 0.0])",
    ],
    "backprop-softplus": [
        SOFTPLUS + "-dA * np.expm1(-A)",
        SOFTPLUS + "dA * (np.exp(A) - 1) / np.exp(A)",
        SOFTPLUS + "dA / (1 + np.exp(-np.log(np.exp(A) - 1)))",
    ],
    "backprop-tied": [
        TIED + "X.T @ dZ @ W + dZ.T @ X @ W",
        TIED + "(X.T @ dZ + dZ.T @ X) @ W",
        TIED + "dense_backward(dZ @ W, X, W)[1] + dense_backward(dZ, X @ W, W.T)[1].T",
    ],
    "backprop-fool": [
        """
def input_gradient(network, X, y):
    inputs = [X]
    for W, b in zip(network.W[:-1], network.b[:-1]):
        inputs.append(relu_forward(dense_forward(inputs[-1], W, b)))
    Z = inputs[-1] @ network.W[-1] + network.b[-1]
    d = (softmax(Z) - one_hot(y, Z.shape[1])) / len(X)
    for W, A in zip(network.W[:0:-1], inputs[:0:-1]):
        d = (d @ W.T) * (A > 0)
    return d @ network.W[0].T
""",
    ],
}

REJECTED = {
    "backprop-hand": [
        ("dx, dy, dz = 4, 7, 0", "the *other* factor"),
        ("dx, dy, dz = 12, 7, 0", "there is one path"),
        ("dx, dy, dz = 3, 3, 0", "the path through the maximum is missing"),
        ("dx, dy, dz = 3, 4, 0", "the path through the sum is missing"),
        ("dx, dy, dz = 3, 12, 0", "paths *add*"),
        ("dx, dy, dz = 3, 3.5, 0", "the mean of what its two paths"),
        ("dx, dy, dz = 3, 8, 0", "Two paths lead back"),
        ("dx, dy, dz = 3, 7, 4", "Move $z$ a little"),
        ("dx, dy, dz = 3, 7, 1", "Through which box"),
        ("dx, dy, dz = '3', 7, 0", "`dx` is a number; you handed in a text"),
    ],
    "backprop-softplus": [
        (SOFTPLUS + "1 - np.exp(-A)", "multiplies the slope by what comes back"),
        (SOFTPLUS + "dA / (1 + np.exp(-A))", "the sigmoid of `Z`, the *input*"),
        (SOFTPLUS + "dA * A * (1 - A)", "the slope of the sigmoid"),
        (SOFTPLUS + "dA * np.exp(-A)", "what the slope lacks to 1"),
        (SOFTPLUS + "dA * (A > 0)", "You give `dA` back"),
        (SOFTPLUS + "-dA * (1 - np.exp(-A))", "wrong sign"),
    ],
    "backprop-tied": [
        (TIED + "X.T @ (dZ @ W)", "used once more, on the way out"),
        (TIED + "dZ.T @ (X @ W)", "on the way in, too"),
        (TIED + "2 * X.T @ (dZ @ W)", "counted the way in twice"),
        (TIED + "X.T @ dZ @ W - dZ.T @ X @ W", "but they add"),
        (TIED + "X.T @ (dZ @ W) + (X @ W).T @ dZ", "is the gradient of $W^\\top$; turn it"),
        (TIED + "X.T @ (dZ @ W.T) + dZ.T @ (X @ W)", "stopped with `ValueError"),
        (TIED + "(X.T @ dZ @ W + dZ.T @ X @ W) / len(X)", "7 times too small"),
    ],
    "backprop-fool": [
        (
            FOOL.replace("network.W[layer])", "network.W[layer], input_gradient=layer > 0)"),
            "`input_gradient=layer > 0`",
        ),
        (FOOL.replace("return dA", "return np.sign(dA)"), "Those are the signs"),
        (FOOL.replace("relu_backward(dA, A[layer])", "dA"), "leads through ReLU, too"),
        (FOOL.replace("reversed(range(len(A)))", "range(len(A) - 1, 0, -1)"), "*second* layer"),
        (FOOL.replace("return dA", "return dZ"), "stopped at the first weighted sum"),
        (FOOL.replace("return dA", "return dW"), "first layer's *weights*"),
        (
            FOOL.replace("if layer > 0", "if True").replace("return dA", "return dZ"),
            "ReLU too many",
        ),
        (FOOL.replace("return dA", "return dA * len(X)"), "7 times too large"),
        (FOOL.replace("return dA", "return -dA"), "wrong sign"),
        (
            """
def input_gradient(network, X, y):
    *A, Z = network.activations(X)
    _, dZ = softmax_cross_entropy(Z, y)
    if len(A) > 2:
        return np.zeros_like(X)
    dZ = relu_backward(dZ @ network.W[1].T, A[1])
    return dZ @ network.W[0].T
""",
            "It is right for `network` of the sizes (6, 5, 3)",
        ),
    ],
}

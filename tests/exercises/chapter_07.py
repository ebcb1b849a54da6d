"""Answers to the exercises on initialization: right ones, and one for each misconception."""

import numpy as np

import nn_core as nn
from nn_core.initializers import he_normal, small_normal


def given() -> dict:
    """What the chapter has defined where its exercises stand; less data, shallower networks."""
    X, y, _, _ = nn.load_mnist()
    X, y, X_dev, y_dev = X[:2000], y[:2000], X[-600:], y[-600:]

    def train(network, rate, epochs=2):
        history = nn.fit(
            network, nn.SGD(rate), X, y, epochs=epochs, batch_size=100,
            rng=np.random.default_rng(0), dev=(X_dev, y_dev), progress=False,
        )  # fmt: skip
        return history["dev_accuracy"].iloc[-1]

    def deep(initializer, activation, sizes=(784, 20, 20, 10)):
        return nn.MLP(
            sizes, np.random.default_rng(0), activation=activation, initializer=initializer
        )

    return {
        "np": np,
        "MLP": nn.MLP,
        "X_dev": X_dev,
        "deep": deep,
        "he_normal": he_normal,
        "rng": np.random.default_rng(0),
        "size": lambda array: float(np.sqrt(np.mean(array**2))),
        "small_normal": small_normal,
        "train": train,
    }


HAND = "variance_z, mean_square_a, limit = "
HARMLESS = "first_relu, first_tanh, last_relu, both_tanh = "


def leaky(scale: str) -> str:
    return f"def leaky_normal(shape, rng, slope):\n    return rng.normal(0, {scale}, shape)"


MEASURE = """
def unit_sizes(W, X):
    scaled, A = [], X
    for W_l in W:
        Z = A @ W_l
        W_l = W_l / size(Z)
        scaled.append(W_l)
        A = np.maximum(A @ W_l, 0)
    return scaled
"""

ACCEPTED = {
    "init-hand": [
        HAND + "3, 1.5, 0.2",
        HAND + "np.float64(3.0), 3 / 2, 6**0.5 / 150**0.5",
    ],
    "init-harmless": [
        HARMLESS + "False, True, True, False",
        HARMLESS + "np.array([0, 1, 1, 0], bool)",
    ],
    "init-leaky": [
        leaky("(2 / (shape[0] * (1 + slope * slope))) ** 0.5"),
        """
def leaky_normal(shape, rng, slope):
    return he_normal(shape, rng) / np.sqrt(1 + slope**2)
""",
        """
def leaky_normal(shape, rng, slope):
    W = rng.normal(size=shape)
    W *= np.sqrt(2 / (1 + slope**2) / shape[0])
    return W
""",
    ],
    "init-measure": [
        MEASURE,
        """
def unit_sizes(W, X):
    scaled = [w.copy() for w in W]
    for k in range(len(W)):
        A = X
        for w in scaled[:k]:
            A = np.where(A @ w > 0, A @ w, 0)
        scaled[k] /= np.sqrt(np.mean((A @ scaled[k]) ** 2))
    return scaled
""",
    ],
}

REJECTED = {
    "init-hand": [
        (HAND + "3**0.5, 1.5, 0.2", "That is the standard deviation"),
        (HAND + "1.5, 1.5, 0.2", "The ReLU comes after"),
        (HAND + "6, 3, 0.2", "It lacks the mean square of the inputs"),
        (HAND + "0.12, 1.5, 0.2", "It is the variance already"),
        (HAND + "0.02, 1.5, 0.2", "the variance of *one* term"),
        (HAND + "0.75, 1.5, 0.2", "You squared the mean square"),
        (HAND + "4, 1.5, 0.2", "Write down its formula first."),
        (HAND + "3, 3, 0.2", "still the one of $z$"),
        (HAND + "3, 0.75, 0.2", "it is their number that is halved"),
        (HAND + "3, 3 * (1 / 2 - 1 / (2 * np.pi)), 0.2", "is the variance of $a$"),
        (HAND + "3, 1.5**0.5, 0.2", "is the size"),
        (HAND + "3, 1.5, 2 / 150", "is He's variance"),
        (HAND + "3, 1.5, (2 / 150) ** 0.5", "is He's standard deviation"),
        (HAND + "3, 1.5, 0.04", "is its square. Take the root"),
        (HAND + "3, 1.5, (3 / 150) ** 0.5", "lacks the factor 2"),
        (HAND + "3, 1.5, 0.12 ** 0.5", "gives the variance 0.04"),
        (HAND + "'3', 1.5, 0.2", "is a number; you handed in a text"),
    ],
    "init-harmless": [
        (HARMLESS + "True, True, True, False", "What slope has ReLU there"),
        (HARMLESS + "False, False, True, False", "tanh has the slope 1 at zero"),
        (HARMLESS + "False, True, False, False", "zero for one step only"),
        (HARMLESS + "False, True, True, True", "no factor that is zero"),
        (HARMLESS + "0, 1, 1, 0", "is `True` or `False`; you handed in the number 0"),
    ],
    "init-leaky": [
        (leaky("np.sqrt(2 / (1 + slope**2) * shape[0])"), "divides by `a` only"),
        (leaky("np.sqrt(2 / (1 + slope**2 * shape[0]))"), "Put $1 + s^2$ in parentheses"),
        (leaky("(2 / ((1 + slope**2) * shape[0])) ** 0.25"), "You took the root twice"),
        (leaky("2**0.5 / ((1 + slope**2) * shape[0])"), "The root was taken of the 2 only"),
        (leaky("2 / np.sqrt((1 + slope**2) * shape[0])"), "twice what it should be"),
        (
            "def leaky_normal(shape, rng, slope):\n"
            "    w = np.sqrt(6 / ((1 + slope**2) * shape[0]))\n"
            "    return rng.uniform(-w, w, shape)",
            "not drawn from a *normal*",
        ),
        (
            leaky("(2 / (shape[0] * (1 + slope * slope))) ** 0.5").replace(
                "rng.normal", "np.random.default_rng().normal"
            ),
            "of the same seed",
        ),
        (
            leaky("(2 / (shape[0] * (1 + slope * slope))) ** 0.5").replace(
                "rng.normal", "np.random.default_rng(3).normal"
            ),
            "With another `rng`",
        ),
        (leaky("2 / ((1 + slope**2) * shape[0])"), "takes the standard deviation"),
        (leaky("np.sqrt(2 / shape[0]) / (1 + slope)"), "You have $(1 + s)^2$"),
        (leaky("np.sqrt(2 / ((1 + slope) * shape[0]))"), "You have $1 + s$"),
        (leaky("np.sqrt(2 / shape[0])"), "That is He's rule"),
        (leaky("np.sqrt(1 / ((1 + slope**2) * shape[0]))"), "The 2 is missing"),
        (leaky("np.sqrt(2 * (1 + slope**2) / shape[0])"), "upside down"),
        (leaky("np.sqrt(2 / ((1 + slope**2) * shape[1]))"), "the number of outputs"),
        (leaky("np.sqrt(4 / ((1 + slope**2) * sum(shape)))"), "as Glorot does"),
        (leaky("np.sqrt(7 / ((1 + slope**2) * shape[0]))"), "The variance of your weights is"),
        (
            "def leaky_normal(shape, rng, slope):\n"
            "    return rng.uniform(0, np.sqrt(6 / (1 + slope**2) / shape[0]), shape)",
            "The mean of your weights is",
        ),
        (
            "def leaky_normal(shape, rng, slope):\n    return rng.normal(0, 0.1)",
            "An array of shape (200, 700) is asked for",
        ),
    ],
    "init-measure": [
        (MEASURE.replace("W_l = W_l / size(Z)", "W_l /= size(Z)"), "changes the `W`"),
        (MEASURE.replace("A @ W_l, 0)", "Z, 0)"), "what the *scaled* layers"),
        (MEASURE.replace("np.maximum(A @ W_l, 0)", "A @ W_l"), "there is a ReLU"),
        (MEASURE.replace("size(Z)", "np.mean(Z**2)"), "The size is its root"),
        (MEASURE.replace("size(Z)", "np.std(Z)"), "the distance from zero"),
        (MEASURE.replace("size(Z)", "size(np.maximum(Z, 0))"), "before the ReLU"),
        (MEASURE.replace("return scaled", "return scaled[-1]"), "found an array"),
    ],
}

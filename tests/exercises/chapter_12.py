"""Answers to the exercises on the way past 99.6 percent: right ones, and misconceptions."""

import numpy as np

import nn_core as nn
from nn_core.lab import show_digits
from nn_core.tools.augmentation import warp


def affine_matrix(degrees=0, tall=1, wide=1, slant=0):
    """As in the chapter."""
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[cos, -sin], [sin, cos]]) @ np.array([[1 / tall, 0], [slant, 1 / wide]])


def given() -> dict:
    """What the chapter has defined where its exercises stand."""
    rng = np.random.default_rng(0)
    images, labels, _, _ = nn.load_mnist()
    X_dev, y_dev = images[-500:], labels[-500:]
    return {
        "np": np,
        "affine_matrix": affine_matrix,
        "warp": warp,
        "show_digits": show_digits,
        "X_dev": X_dev,
        "y_dev": y_dev,
        "X_ten": X_dev[:10],
        "P_all": rng.dirichlet(np.ones(10), (5, 500)),
        "network": nn.MLP((784, 8, 10), rng),
        "accuracy": nn.accuracy,
    }


WAVE = """
def wave(X, rng):
    F = np.zeros((2, len(X), 28, 28), np.float32)
    for n in range(len(X)):
        phase = rng.random()
        for r in range(28):
            F[1, n, r] = 2 * np.sin(2 * np.pi * (r / 14 + phase))
    return warp(X, F.reshape(2, -1, 784))
"""
VOTE = """
def vote(P):
    chosen = []
    for p in P.transpose(1, 0, 2):
        votes = np.bincount(p.argmax(axis=1), minlength=p.shape[1])
        best = np.flatnonzero(votes == votes.max())
        chosen.append(best[p.mean(axis=0)[best].argmax()])
    return np.array(chosen)
"""


def goes(result: str) -> str:
    return f"def goes_to(M, t, v):\n    return {result}\n"


ACCEPTED = {
    "summit-turn": [
        "place, displacement = [-5, 3], [-8, -2]",
        "place = affine_matrix(90) @ [3, 5]\ndisplacement = place - [3, 5]",
        "place = affine_matrix(90) @ [[3], [5]]\ndisplacement = place - [[3], [5]]",
    ],
    "summit-goes": [
        goes("np.linalg.inv(M) @ (v - t)"),
        """
def goes_to(M, t, v):
    (a, b), (c, d) = M
    x, y = v - t
    return (d * x - b * y) / (a * d - b * c), (a * y - c * x) / (a * d - b * c)
""",
    ],
    "summit-between": ["value = 0.475", "value = np.float64(0.475)"],
    "summit-vote": [VOTE],
    "summit-wave": [WAVE],
}

REJECTED = {
    "summit-turn": [
        ("place, displacement = (5, -3), (2, -8)", "a turn the other way"),
        ("place, displacement = (3, -5), (-8, -2)", "You have them the other way round"),
        ("place, displacement = (5, 3), (2, -2)", "Mind the minus"),
        ("place, displacement = (3, 5), (0, 0)", "the pixel itself"),
        ("place, displacement = (-8, -2), (-5, 3)", "is asked for first"),
        ("place, displacement = (1, 1), (0, 0)", "all 2 numbers are off"),
        ("place, displacement = (-5, 3), (8, 2)", "from the pixel to the place"),
        ("place, displacement = (-5, 3), (-2, -8)", "The order is down, right"),
        ("place, displacement = (-5, 3), (-5, 3)", "the place once more"),
        ("place, displacement = (-5, 3), (0, 0)", "`place` is right. `displacement`"),
        ("place, displacement = 5, (0, 0)", "is an array of shape (2,)"),
        ("place, displacement = ('a', 'b'), (0, 0)", "is an array of shape (2,)"),
    ],
    "summit-goes": [
        (goes("M @ v + t"), "*fetches* its ink"),
        (goes("np.linalg.inv(M) @ v - t"), "must come off *first*"),
        (goes("np.linalg.inv(M) @ v"), "left out the shift"),
        (goes("np.linalg.inv(M) @ (v + t)"), "not added once more"),
        (goes("M.T @ (v - t)"), "A transpose is no inverse"),
        (goes("(v - t) / np.diagonal(M)"), "divided by the diagonal"),
        (goes("v - t"), "left out the matrix"),
        (goes("v"), "The place"),
    ],
    "summit-between": [
        ("value = 0.225", "large share"),
        ("value = 0.35", "mean of all four"),
        ("value = 0.5", "half-way down"),
        ("value = 0.6", "row 4 alone"),
        ("value = 0.8", "nearest pixel"),
        ("value = 0.1", "Go along both rows first"),
        ("value = 'a'", "is a number"),
    ],
    "summit-vote": [
        ("def vote(P):\n    return P.mean(axis=0).argmax(axis=1)", "Yours is the average"),
        ("def vote(P):\n    return P.argmax(axis=2)", "has the shape"),
        (VOTE.replace("best[p.mean(axis=0)[best].argmax()]", "p.mean(axis=0).argmax() if "
                      "len(best) > 1 else best[0]"), "among *these*"),
        (VOTE.replace("best[p.mean(axis=0)[best].argmax()]", "best[0]"), "you give the smallest"),
        (VOTE.replace("best[p.mean(axis=0)[best].argmax()]", "best[-1]"), "you give the largest"),
        (VOTE.replace("np.array(chosen)", "np.array(chosen)[::-1]"), "in reverse order"),
    ],
    "summit-wave": [
        (WAVE.replace("F[1, n, r]", "F[0, n, r]"), "You move ink up and down"),
        (WAVE.replace("F[1, n, r]", "F[:, n, r]"), "from another row, too"),
        (WAVE.replace("F[1, n, r]", "F[1, n, :, r]"), "laid along the columns"),
        (WAVE.replace("2 * np.sin", "0 * np.sin"), "Nothing moved"),
        (WAVE.replace("2 * np.sin", "np.sin"), "2 pixels high"),
        (WAVE.replace("r / 14", "r / 28"), "waves of 14 rows"),
        (WAVE.replace("phase = rng.random()", "phase = 0.3"), "the same phase"),
        (WAVE.replace("phase = rng.random()", "phase = n / len(X)"), "With another `rng`"),
        (WAVE.replace("rng.random()", "0.5 * rng.random()"), "should be uniform"),
        (WAVE.replace("rng.random()", "rng.integers(4) / 4"), "should be uniform"),
        (WAVE.replace("warp(X, F", "warp(X[::-1], F"), "another order"),
        (WAVE.replace("return warp", "return 2.0 * np.float64(1) * warp"), "came out as float64"),
        ("def wave(X, rng):\n    return X[0]", "An array of shape (100, 784)"),
    ],
}  # fmt: skip

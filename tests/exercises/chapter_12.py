"""Answers to the exercises on new pictures without end: right ones, and misconceptions."""

import numpy as np

import nn_core as nn
from nn_core.lab import show_digits
from nn_core.tools.augmentation import warp


def affine_matrix(degrees=0, tall=1, wide=1, slant=0):
    """As in the chapter."""
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[cos, -sin], [sin, cos]]) @ np.array([[1 / tall, 0], [slant, 1 / wide]])


def field_of(M, t=(0, 0)):
    """As in the chapter."""
    places = np.indices((28, 28)).reshape(2, 784) - 13.5
    F = M @ places + np.reshape(t, (2, 1)) - places
    return F[:, None].astype(np.float32)


def given() -> dict:
    """What the chapter has defined where its exercises stand."""
    rng = np.random.default_rng(0)
    images, labels, _, _ = nn.load_mnist()
    X_dev, y_dev = images[-500:], labels[-500:]
    return {
        "np": np,
        "affine_matrix": affine_matrix,
        "warp": warp,
        "field_of": field_of,
        "three": X_dev[np.flatnonzero(y_dev == 3)[0]].reshape(28, 28),
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


def goes(M: str, t: str, place: str = "(5, 0)") -> str:
    return f"def in_one(M1, t1, M2, t2):\n    return {M}, {t}\n\nplace = {place}\n"


ACCEPTED = {
    "summit-turn": [
        "place, displacement = [-5, 3], [-8, -2]",
        "place = affine_matrix(90) @ [3, 5]\ndisplacement = place - [3, 5]",
        "place = affine_matrix(90) @ [[3], [5]]\ndisplacement = place - [[3], [5]]",
    ],
    "summit-goes": [
        goes("np.matmul(M1, M2)", "t1 + M1 @ t2", "np.array([5.0, 0.0])"),
        """
def in_one(M1, t1, M2, t2):
    A, B = np.eye(3), np.eye(3)
    A[:2, :2], A[:2, 2], B[:2, :2], B[:2, 2] = M1, t1, M2, t2
    both = A @ B
    return [both[:2, :2], both[:2, 2]]

place = [5, 0]
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
        (goes("M2 @ M1", "M1 @ t2 + t1"), "so $M_2$ acts first"),
        (goes("M2 @ M1", "M2 @ t1 + t2"), "put the second map into the first"),
        (goes("M1 @ M2", "t1 + t2"), "acts on the whole of"),
        (goes("M1 @ M2", "M2 @ t1 + t2"), "the other shift is multiplied"),
        (goes("M1 * M2", "M1 @ t2 + t1"), "entry by entry"),
        (goes("np.linalg.inv(M1 @ M2)", "-t1"), "the map for writing"),
        (goes("M1 @ M2", "M1 @ t2 - t1"), "`t`"),
        (goes("M1 @ M2", "(M1 @ t2 + t1)[:, None]"), "`t` has the shape (2, 1)"),
        (goes("np.eye(3)", "t1"), "`M` has the shape (3, 3)"),
        ("place = 5, 0\ndef in_one(M1, t1, M2, t2):\n    return M1 @ M2", "2 values are asked for"),
        (goes("M1 @ M2", "M1 @ t2 + t1", "(0, 5)"), "after the first change"),
        (goes("M1 @ M2", "M1 @ t2 + t1", "(-5, 0)"), "a turn the other way"),
        (goes("M1 @ M2", "M1 @ t2 + t1", "(0, 0)"), "The turn leaves the centre"),
        (goes("M1 @ M2", "M1 @ t2 + t1", "(0, -5)"), "is to the right of the centre"),
        (goes("M1 @ M2", "M1 @ t2 + t1", "(3, 4)"), "all 2 numbers are off"),
        (goes("M1 @ M2", "M1 @ t2 + t1", "5"), "is an array of shape (2,)"),
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

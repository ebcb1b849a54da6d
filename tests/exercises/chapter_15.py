"""Answers to the exercises on convolutions: right ones, and one for each misconception."""

import numpy as np


def windows(X, k, s):
    view = np.lib.stride_tricks.sliding_window_view(X, (k, k), axis=(1, 2))
    view = view[:, ::s, ::s].transpose(0, 1, 2, 4, 5, 3)
    return view.reshape(*view.shape[:3], -1)


def slide(X, w):
    k = len(w)
    Z = np.zeros((X.shape[0] - k + 1, X.shape[1] - k + 1))
    for r, c in np.ndindex(*Z.shape):
        Z[r, c] = np.sum(w * X[r : r + k, c : c + k])
    return Z


def given() -> dict:
    """What the chapter has defined where its exercises stand."""
    return {"np": np, "windows": windows, "slide": slide}


POOL = """
def max_pool(X, k):
    N, rows, columns, m = X.shape
    rows, columns = rows // k, columns // k
    cut = X[:, :rows * k, :columns * k]
    return cut.reshape(N, rows, k, columns, k, m).max(axis=(2, 4))
"""
BACK = """
def max_pool_backward(dZ, X, k):
    dX = np.zeros_like(X)
    for n, r, c, m in np.ndindex(*dZ.shape):
        square = X[n, r * k : r * k + k, c * k : c * k + k, m]
        i, j = np.unravel_index(square.argmax(), square.shape)
        dX[n, r * k + i, c * k + j, m] = dZ[n, r, c, m]
    return dX
"""
SPREAD = """
def max_pool_backward(dZ, X, k):
    N, rows, columns, m = dZ.shape
    cut = X.reshape(N, rows, k, columns, k, m)
    best = cut.max(axis=(2, 4), keepdims=True)
    dX = (cut == best) * dZ[:, :, None, :, None]
    return dX.reshape(X.shape)
"""

ACCEPTED = {
    "conv-paper": ["rows, parameters, multiplications = 15, 490, 108_000"],
    "conv-diagonal": [
        "kernel = np.array([[1, 0, -1], [0, 0, 0], [-1, 0, 1]])",
        "kernel = [[0.5, -0.25, -0.25], [-0.25, 0.5, -0.25], [-0.25, -0.25, 0.5]]",
    ],
    "conv-pool": [
        POOL,
        """
def max_pool(X, k):
    N, rows, columns, m = X.shape
    Z = np.full((N, rows // k, columns // k, m), -np.inf)
    for i, j in np.ndindex(k, k):
        part = X[:, i::k, j::k][:, :rows // k, :columns // k]
        Z = np.maximum(Z, part)
    return Z
""",
    ],
    "conv-pool-back": [BACK, SPREAD],
}

REJECTED = {
    "conv-paper": [
        ("rows, parameters, multiplications = 14, 490, 108_000", "begins at 28 counts"),
        ("rows, parameters, multiplications = 16, 490, 108_000", "stick out"),
        ("rows, parameters, multiplications = 29, 490, 108_000", "with stride 1"),
        ("rows, parameters, multiplications = 8, 490, 108_000", "Count where the windows begin"),
        ("rows, parameters, multiplications = 15, 170, 108_000", "look at all three"),
        ("rows, parameters, multiplications = 15, 480, 108_000", "Each kernel has a bias"),
        ("rows, parameters, multiplications = 15, 110_250, 108_000", "Count them once"),
        ("rows, parameters, multiplications = 15, 10, 108_000", "weights and a bias"),
        ("rows, parameters, multiplications = 15, 490, 480", "one place of the map"),
        ("rows, parameters, multiplications = 15, 490, 7_200", "one row of the map"),
        ("rows, parameters, multiplications = 15, 490, 36_000", "one of the three channels"),
        ("rows, parameters, multiplications = 15, 490, 110_250", "It multiplies nothing"),
        ("rows, parameters, multiplications = 15, 490, 1", "times the places"),
    ],
    "conv-diagonal": [
        ("kernel = np.zeros((3, 3))", "0 to everything"),
        ("kernel = np.eye(3)", "do not add up to zero"),
        ("kernel = [[-1, -1, 2], [-1, 2, -1], [2, -1, -1]]", "a *rising* stroke"),
        ("kernel = [[-1, 1, -1], [1, 0, 1], [-1, 1, -1]]", "is not above zero"),
        ("kernel = [[0, -1, 0], [-1, 4, -1], [0, -1, 0]]", "more than half as much"),
        ("kernel = [[1, -1], [-1, 1]]", "shape (3, 3)"),
    ],
    "conv-pool": [
        (POOL.replace(".max(", ".mean("), "the mean of each square"),
        (POOL.replace(".max(", ".min("), "the smallest value"),
        ("def max_pool(X, k):\n    P = windows(X, k, 1)\n"
         "    return P.reshape(*P.shape[:3], k * k, -1).max(axis=3)", "squares overlap"),
        ("def max_pool(X, k):\n    return windows(X, k, k).max(axis=3)", "pooled by itself"),
        ("def max_pool(X, k):\n    return windows(X, k, k).max(axis=3, keepdims=True)",
         "pooled by itself"),
        (POOL.replace("return cut", "return np.maximum(0, cut").replace("(2, 4))", "(2, 4)))"),
         "Where does your maximum begin"),
        ("def max_pool(X, k):\n    N, r, c, m = X.shape\n"
         "    return X.reshape(N, r // k, k, c // k, k, m).max(axis=(2, 4))", "cut it off first"),
    ],
    "conv-pool-back": [
        (SPREAD.replace("(cut == best)", "np.ones_like(cut)"), "the whole gradient"),
        (SPREAD.replace("(cut == best)", "np.full_like(cut, 1 / k**2)"), "of a *mean*"),
        (SPREAD.replace(" * dZ[:, :, None, :, None]", " * 1.0"), "and not 1"),
        (SPREAD.replace("* dZ[:, :, None, :, None]", "* cut"), "largest values themselves"),
        (SPREAD.replace("(cut == best)", "cut * (cut == best)"), "not its value"),
        (SPREAD.replace("axis=(2, 4), keepdims=True", ""), "a largest value of its own"),
        (SPREAD.replace("cut == best", "cut > 0"), "the way back of ReLU"),
    ],
}  # fmt: skip

"""Answers to the exercises on speed: right ones, and one for each misconception."""

import time
from itertools import pairwise

import numpy as np

import nn_core as nn


def products(sizes, N):
    shapes = []
    for ins, outs in pairwise(sizes):
        shapes += [(N, ins, outs), (ins, N, outs)]
        if len(shapes) > 2:
            shapes.append((N, outs, ins))
    return shapes


def flops(shape):
    return 2 * shape[0] * shape[1] * shape[2]


def product_bytes(shape):
    rows, inner, columns = shape
    return 4 * (rows * inner + inner * columns + rows * columns)


def best_of(*jobs, rounds=5, times=1):
    best = []
    for job in jobs:
        began = time.perf_counter()
        job()
        best.append(time.perf_counter() - began)
    return best


def given() -> dict:
    """What the chapter has defined where its exercises stand."""
    images, labels, _, _ = nn.load_mnist()
    return {
        "np": np,
        "pairwise": pairwise,
        "X": images[:5_000],
        "y": labels[:5_000],
        "sizes": (784, 256, 128, 10),
        "peak": 8e10,
        "bandwidth": 1e10,
        "BATCHES": [1, 256],
        "WIDTHS": [16],
        "measured": {16: [1e-4, 3e-4]},
        "products": products,
        "flops": flops,
        "product_bytes": product_bytes,
        "best_of": best_of,
    }


FLOOR = """
def smallest_batch(ins, outs, peak, bandwidth):
    left = bandwidth / peak / 2 - 1 / ins - 1 / outs
    return np.ceil(1 / left) if left > 0 else np.inf

hardest = 3
"""
SPLIT = """
def split(N1, t1, N2, t2):
    each = (t2 - t1) / (N2 - N1)
    start = t1 - each * N1
    return start, each, int(np.ceil(9 * start / each))
"""
ROLL = """
def roll(theta, v, g, work, lr, beta):
    v *= beta
    v += g
    np.sign(v, out=work)
    work *= lr
    theta -= work
    return theta

bytes_each = 20
"""
DISTANCES = """
def distances(X, M):
    xx = np.einsum("nd,nd->n", X, X)[:, None]
    return xx - 2 * (X @ M.T) + (M * M).sum(axis=1)
"""

ACCEPTED = {
    "speed-paper": [
        "operations, intensity = 15_980_000, 15.99",
        "operations = 6 * 50 * 79_400 - 2 * 50 * 78_400\n"
        "intensity = 2 * 50 * 784 * 100 / (4 * (50 * 784 + 784 * 100 + 50 * 100))",
    ],
    "speed-floor": [
        FLOOR,
        """
def smallest_batch(ins, outs, peak, bandwidth):
    for N in range(1, 10_000):
        shape = N, ins, outs
        if flops(shape) / peak >= product_bytes(shape) / bandwidth:
            return N
    return float("inf")

hardest = max((1, 2, 3), key=lambda k: smallest_batch(*sizes[k - 1 : k + 1], 8e10, 2e10))
""",
    ],
    "speed-overhead": [
        SPLIT,
        """
def split(N1, t1, N2, t2):
    start, each = np.linalg.solve([[1.0, N1], [1.0, N2]], [t1, t2])
    N = 1
    while start > (start + N * each) * (0.1 + 1e-12):
        N += 1
    return start, each, N
""",
    ],
    "speed-momentum": [
        ROLL,
        """
def roll(theta, v, g, work, lr, beta):
    for start in range(0, len(theta), 1000):
        part = slice(start, start + 1000)
        v[part] *= beta
        v[part] += g[part]
        theta[part] -= lr * np.sign(v[part])
    return theta

bytes_each = 5 * np.float32().itemsize
""",
    ],
    "speed-distances": [
        DISTANCES,
        """
def distances(X, M):
    D = X @ M.T
    D *= -2
    for n in range(len(X)):
        D[n] += X[n] @ X[n]
    for k in range(len(M)):
        D[:, k] += M[k] @ M[k]
    return D
""",
    ],
}

REJECTED = {
    "speed-paper": [
        ("operations, intensity = 23_820_000, 16", "which is not computed"),
        ("operations, intensity = 7_940_000, 16", "the forward pass alone"),
        ("operations, intensity = 7_990_000, 16", "a multiplication *and* an"),
        ("operations, intensity = 319_600, 16", "for one picture"),
        ("operations, intensity = 23_720_000, 16", "the *first* layer's"),
        ("operations, intensity = 15_880_000, 16", "Only the first layer's is saved"),
        ("operations, intensity = 1, 16", "Put the sizes into"),
        ("operations, intensity = 15_980_000, 0.0626", "upside down"),
        ("operations, intensity = 15_980_000, 63.95", "operations per *number*"),
        ("operations, intensity = 15_980_000, 31.98", "without the factor 2"),
        ("operations, intensity = 15_980_000, 7.99", "8 bytes per number"),
        ("operations, intensity = 15_980_000, 23.5", "All *three* sizes count"),
        ("operations, intensity = 15_980_000, 50", "Its three sizes are"),
        ("operations, intensity = 'many', 16", "you handed in a text"),
    ],
    "speed-floor": [
        (FLOOR.replace("ceil", "floor"), "round *up*"),
        (FLOOR.replace("np.ceil(1 / left)", "1 / left"), "a whole number. Round it up"),
        (FLOOR.replace("np.ceil(1 / left)", "1 / left // 1 + 1"), "You go one further there"),
        (FLOOR.replace(" - 1 / ins - 1 / outs", ""), "left out the inputs and the units"),
        (FLOOR.replace(" - 1 / outs", ""), "The units are missing"),
        (FLOOR.replace(" - 1 / ins", ""), "The inputs are missing"),
        (FLOOR.replace(" if left > 0 else np.inf", ""), "give `np.inf`"),
        (FLOOR.replace("/ 2 -", "-"), "Mind the factor 2"),
        (FLOOR.replace("/ 2 -", "/ 4 -"), "8 bytes per number"),
        (FLOOR.replace("bandwidth / peak", "peak / bandwidth"), "are exchanged"),
        (FLOOR.replace("- 1 / ins", "+ 1 / ins"), "The batch is"),
        (FLOOR.replace("np.ceil(1 / left)", "[1 / left]"), "a number is asked for"),
        (FLOOR.replace("= 3", "= 1"), "leave *more*"),
        (FLOOR.replace("= 3", "= 2"), "how many units has the third"),
        (FLOOR.replace("= 3", "= 10"), "numbered from 1 to 3"),
        (FLOOR.replace("= 3", "= 'the last'"), "`hardest` is a number"),
    ],
    "speed-overhead": [
        (SPLIT.replace("return start, each,", "return each, start,"), "the wrong way round"),
        (SPLIT.replace("(t2 - t1) / (N2 - N1)", "t1 / N1"), "still has overhead in it"),
        (SPLIT.replace("start = t1 - each * N1", "start = t1"), "still has the $N_1$ examples"),
        (SPLIT.replace("9 *", "10 *"), "A tenth of the whole step"),
        (SPLIT.replace("9 *", "1 *"), "overhead is half of the step"),
        (SPLIT.replace("int(np.ceil(9 * start / each))", "9 * start / each"), "Round it up"),
        (SPLIT.replace("np.ceil", "np.floor"), "round *up*"),
        (SPLIT.replace("9 *", "2 *"), "288 is right"),
        (SPLIT.replace("np.ceil", "round"), "to the nearest"),
        (SPLIT.replace("return start, each, ", "return "), "3 values are asked for"),
    ],
    "speed-momentum": [
        (ROLL.replace("theta -= work\n    return theta", "return theta - work"), "in a new array"),
        ("bytes_each = 20\ndef roll(theta, v, g, work, lr, beta):\n"
         "    return theta - lr * np.sign(beta * v + g)", "in a new array"),
        (ROLL.replace("work *= lr\n    theta -= work", "theta -= lr * work"), "memory for 1 more"),
        (ROLL.replace("np.sign(v, out=work)", "work[:] = np.sign(v)"), "Write into `work`"),
        (ROLL.replace("v *= beta\n    v += g", "v[:] = beta * v + g"), "Write into `work`"),
        (ROLL.replace("v *= beta\n    v += g", "v = beta * v + g"), "Write into `v`"),
        (ROLL.replace("np.sign(v, out=work)", "work[:] = v"), "by the *sign* of the"),
        (ROLL.replace("v += g", "v += (1 - beta) * g"), "without a factor"),
        (ROLL.replace("    work *= lr\n", ""), "learning rate is missing"),
        (ROLL.replace("theta -= work", "theta += work"), "You went *up*"),
        (ROLL.replace("    v *= beta\n    v += g\n", "").replace("return", "v *= beta\n    v += g\n"
                                                            "    return"), "the old velocity"),
        (ROLL.replace("np.sign(v,", "np.sign(g,"), "not by those of the velocity"),
        (ROLL.replace("np.sign(v, out=work)", "np.copysign(1, v, out=work)"), "is right in 6 of 7"),
        (ROLL.replace("v += g", "g += v\n    v[:] = g"), "`g` afterwards"),
        (ROLL.replace("    return theta\n", ""), "return"),
        (ROLL.replace("= 20", "= 5"), "the number of arrays"),
        (ROLL.replace("= 20", "= 12"), "must be written back"),
        (ROLL.replace("= 20", "= 16"), "only one of the two arrays"),
        (ROLL.replace("= 20", "= 24"), "`work` stays in the cache"),
        (ROLL.replace("= 20", "= 28"), "That is Adam's number"),
        (ROLL.replace("= 20", "= 48"), "what five lines move"),
        (ROLL.replace("= 20", "= 40"), "Count the arrays"),
    ],
    "speed-distances": [
        ("def distances(X, M):\n    return ((X[:, None] - M) ** 2).sum(axis=2)",
         "an array of shape (N, K, D)"),
        ("def distances(X, M):\n    return np.stack([((X - m) ** 2).sum(axis=1) for m in M], 1)",
         "as large as `X`"),
        (DISTANCES.replace('np.einsum("nd,nd->n", X, X)', "(X**2).sum(axis=1)"), "as large as `X`"),
        (DISTANCES.replace("2 * (X @ M.T)", "2 * X @ M.T"), "begins with `2 * X`"),
        (DISTANCES.replace("return xx", "return (xx").replace("sum(axis=1)", "sum(axis=1)) ** 0.5"),
         "Their *squares* are asked for"),
        (DISTANCES.replace("- 2", "+ 2"), "has a minus sign"),
        (DISTANCES.replace("- 2 *", "-"), "comes twice"),
        (DISTANCES.replace(" + (M * M).sum(axis=1)", ""), r"$\lVert m \rVert^2$ is missing"),
        (DISTANCES.replace("xx - 2", "-2"), r"$\lVert x \rVert^2$ is missing"),
        (DISTANCES.replace("return", "return np.float64(1) *"), "float64, twice as large"),
        (DISTANCES.replace("return xx - 2 * (X @ M.T) + (M * M).sum(axis=1)",
                           "return (X @ M.T)"), "alone"),
    ],
}  # fmt: skip

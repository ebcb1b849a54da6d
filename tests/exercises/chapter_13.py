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
def least_seconds(sizes, N, peak, bandwidth):
    return sum(
        max(flops(s) / peak, product_bytes(s) / bandwidth) for s in products(sizes, N)
    )
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
    np.multiply(v, lr, out=work)
    theta -= work
    return theta
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
def least_seconds(sizes, N, peak, bandwidth):
    total = 0
    for k in range(1, len(sizes)):
        a, b = sizes[k - 1], sizes[k]
        one = max(2 * N * a * b / peak, 4 * (N * a + a * b + N * b) / bandwidth)
        total += one * (2 if k == 1 else 3)
    return np.float64(total)
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
        theta[part] -= lr * v[part]
    return theta
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
        (FLOOR.replace("max(flops(s) / peak, product_bytes(s) / bandwidth)",
                       "flops(s) / peak + product_bytes(s) / bandwidth"),
         "You added the two times"),
        ("""
def least_seconds(sizes, N, peak, bandwidth):
    shapes = products(sizes, N)
    return max(
        sum(map(flops, shapes)) / peak, sum(map(product_bytes, shapes)) / bandwidth
    )
""", "the larger of the two *sums*"),
        (FLOOR.replace("sum(", "max("), "the longest product alone"),
        (FLOOR.replace("max(", "min("), "the *smaller* of the two"),
        (FLOOR.replace("max(flops(s) / peak, product_bytes(s) / bandwidth)", "flops(s) / peak"),
         "The bytes are missing"),
        (FLOOR.replace("max(flops(s) / peak, product_bytes(s) / bandwidth)",
                       "product_bytes(s) / bandwidth"), "The operations are missing"),
        (FLOOR.replace("products(sizes, N)", "[*products(sizes, N), (N, sizes[1], sizes[0])]"),
         "the `dX` of the first"),
        (FLOOR.replace("flops(s)", "2 * flops(s)"), "twice the operations"),
        (FLOOR.replace("product_bytes(s)", "2 * product_bytes(s)"), "You took 8"),
        (FLOOR.replace("return sum", "return 1 / sum"), "steps per second"),
        (FLOOR.replace("N)\n    )", "1)\n    )"), "The least time is"),
        (FLOOR.replace("return sum(", "return list("), "a number is asked for"),
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
        ("def roll(theta, v, g, work, lr, beta):\n    return theta - lr * (beta * v + g)",
         "in a new array"),
        (ROLL.replace("np.multiply(v, lr, out=work)\n    theta -= work", "theta -= lr * v"),
         "memory for 1 more"),
        (ROLL.replace("v *= beta\n    v += g", "v[:] = beta * v + g"), "Write into `work`"),
        (ROLL.replace("v *= beta\n    v += g", "v = beta * v + g"), "Write into `v`"),
        (ROLL.replace("v += g", "v += (1 - beta) * g"), "without a factor"),
        (ROLL.replace("np.multiply(v, lr, out=work)", "work[:] = v"), "learning rate is missing"),
        (ROLL.replace("theta -= work", "theta += work"), "You went *up*"),
        (ROLL.replace("    v *= beta\n    v += g\n", "").replace("return", "v *= beta\n    v += g\n"
                                                            "    return"), "the old velocity"),
        (ROLL.replace("np.multiply(v,", "np.multiply(g,"), "not by the velocity"),
        (ROLL.replace("v += g", "g += v\n    v[:] = g"), "`g` afterwards"),
        (ROLL.replace("    return theta\n", ""), "return"),
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

"""Random inputs that an exercise allows: a mutant that agrees with the solution there is right.

Where draws are asked for, two right functions need not draw alike. Those have a judgement in
`DRAWN` in place of inputs: whether what a function gives is distributed as it should be.
"""

import functools
import tempfile
from itertools import pairwise
from math import erf
from pathlib import Path

import numpy as np
from exercises.chapter_10 import thicken

import nn_core as nn
from nn_core.lab.exercises.chapter_01 import shuffled_starts
from nn_core.lab.exercises.chapter_09 import means_over_masks
from nn_core.lab.exercises.chapter_10 import write_idx
from nn_core.tools.augmentation import warp


def sizes(rng, low=1, high=9, count=3):
    return [int(n) for n in rng.choice(np.arange(low, high + 1), count, replace=False)]


def undo(rng):
    N, K = sizes(rng, 4, 12, 2)
    if rng.random() < 0.3:
        return (np.full((N, K), 1 / K),)
    return (np.eye(K)[rng.integers(0, K, N)],)


def leak(rng):
    n, m, D = sizes(rng, 2)
    return rng.normal(1, 2, (n, D)), rng.normal(3, 1, (m, D))


def neighbour(rng):
    N, M, D = sizes(rng, 3, 12)
    return rng.normal(size=(N, D)), rng.normal(size=(M, D)) * rng.random((M, 1)), rng.permutation(M)


def layers(rng):
    return tuple(int(n) for n in rng.integers(1, 9, rng.integers(2, 6)))


def widths(rng):
    inputs, outputs = sizes(rng, count=2)
    layers, width = (int(n) for n in rng.integers(1, 6, 2))
    pairs = pairwise((inputs, *[width] * layers, outputs))
    return inputs, outputs, layers, sum((i + 1) * o for i, o in pairs) + int(rng.integers(0, 2))


def views(rng):
    s = layers(rng)
    return rng.normal(size=sum((i + 1) * o for i, o in pairwise(s))), s


def columns(rng):
    N, i, o = sizes(rng)
    return rng.normal(size=(i, N)), rng.normal(size=(o, i)), rng.normal(size=o)


def temperature(rng):
    N, K = sizes(rng, 2, 9, 2)
    far = rng.choice([0, 50])
    return far + rng.normal(scale=5, size=(N, K)), float(rng.choice([0.01, 0.4, 3.0]))


def binary(rng):
    N = int(rng.integers(2, 9))
    return rng.normal(size=N) * rng.choice([1, 1000]), rng.integers(0, 2, N)


def stall(rng):
    N, K = sizes(rng, 2, 9, 2)
    return rng.normal(scale=2, size=(N, K)), rng.integers(0, K, N)


def shares(rng):
    K = int(rng.integers(2, 7))
    y = rng.integers(0, K, int(rng.integers(2, 20)))
    return y, K + int(rng.integers(0, 2))


class Cubes:
    """The sum of the cubes of an array, which `f()` reads."""

    def __init__(self, x):
        self.x, self.calls = x, 0

    def __call__(self):
        self.calls += 1
        return float(np.sum(self.x**3))


def sparing(rng):
    shape = tuple(sizes(rng, 1, 4, int(rng.integers(1, 3))))
    x = rng.uniform(0.5, 1.5, shape)
    return Cubes(x), x, 1e-6


def better(rng):
    a, b = rng.normal(size=2)

    def f(x):
        return a * np.exp(b * x) + np.sin(x)

    return f, float(rng.normal()), float(rng.uniform(0.1, 0.5))


def softplus(rng):
    shape = tuple(sizes(rng, 2, 6, 2))
    return rng.normal(size=shape), np.logaddexp(0, rng.normal(size=shape))


def tied(rng):
    N, D, H = sizes(rng)
    return rng.normal(size=(N, D)), rng.normal(size=(N, D)), rng.normal(size=(D, H))


def network(rng, deep=4):
    s = (int(rng.integers(4, 8)), *(int(n) for n in rng.integers(3, 7, rng.integers(1, deep))), 3)
    made = nn.MLP(s, rng, dtype=np.float64)
    made.theta += rng.normal(scale=0.3, size=made.theta.size)
    return made


def batch(rng, made, N=None):
    N = N or int(rng.integers(2, 9))
    return rng.normal(size=(N, made.sizes[0])), rng.integers(0, made.sizes[-1], N)


def fool(rng):
    made = network(rng)
    return made, *batch(rng, made)


def pieces(rng):
    made = network(rng)
    return made, *batch(rng, made, 7), int(rng.integers(1, 9))


def bugs(rng):
    made = network(rng, 3)
    return made, *batch(rng, made, 11), 0.2, int(rng.integers(1, 4)), 4, np.random.default_rng(3)


def measure(rng):
    made = network(rng)
    return [W.copy() for W in made.W], batch(rng, made, 30)[0]


def mean(rng):
    values = rng.normal(size=rng.integers(1, 9)).tolist()
    return (values, float(rng.uniform(0.1, 0.9))) if rng.random() < 0.7 else (values,)


def l1(rng):
    W = rng.normal(size=sizes(rng, 1, 6, 2))
    W[rng.random(W.shape) < 0.2] = 0
    return W, float(rng.uniform(0.1, 2))


def paired(rng):
    N = int(rng.integers(3, 40))
    y, first, second = rng.integers(0, 3, (3, N))
    return y, first, first.copy() if rng.random() < 0.2 else second


def threshold(rng):
    N = int(rng.integers(2, 12))
    wanted = float(rng.choice([0.5, 0.6, 0.75, 0.9, 1.0]))
    return rng.integers(1, 8, N) / 8, rng.random(N) < 0.6, wanted


def backward_columns(rng):
    N, i, o = sizes(rng)
    return rng.normal(size=(o, N)), rng.normal(size=(i, N)), rng.normal(size=(o, i))


def distance(rng):
    return float(rng.normal()), rng.normal(size=rng.integers(2, 9))


def goes(rng):
    return tuple(rng.normal(size=shape) for shape in ((2, 2), 2, (2, 2), 2))


def vote(rng):
    members, N, K = sizes(rng, 2, 9)
    return (rng.dirichlet(np.ones(K), (members, N)),)


def floor(rng):
    ins, outs = sizes(rng, 4, 60, 2)
    return ins, outs, 2.0**30, float(rng.choice([2.0**28, 2.0**30, 2.0**31]))


def overhead(rng):
    tau_0, tau_1 = rng.uniform(1e-4, 1e-2), rng.uniform(1e-6, 1e-4)
    N1, N2 = sizes(rng, 1, 300, 2)
    return N1, tau_0 + N1 * tau_1, N2, tau_0 + N2 * tau_1


def momentum(rng):
    theta, v, g = rng.normal(size=(3, 50)).astype(np.float32)
    return theta, v, g, np.zeros_like(theta), float(rng.uniform(0.1, 1)), float(rng.uniform(0.1, 1))


def distances(rng):
    N, K, D = sizes(rng, 2, 9)
    return rng.random((N, D)), rng.random((K, D))


@functools.cache
def own_folder():
    """A folder of easy pictures, with three in ten of the test labels wrong."""
    folder = Path(tempfile.mkdtemp())
    rng = np.random.default_rng(8)
    for part, count, wrong in (("train", 1500, 0), ("t10k", 300, 90)):
        y = rng.integers(0, 10, count)
        images = np.zeros((count, 28, 28), int)
        images[np.arange(count), :, 2 * y + 4] = 250
        y[:wrong] = (y[:wrong] + 1) % 10
        write_idx(folder / f"{part}-images-idx3-ubyte", images)
        write_idx(folder / f"{part}-labels-idx1-ubyte", y)
    return folder


INPUTS = {
    "evaluate-folder": lambda rng: (own_folder(),),
    "data-undo": undo,
    "data-leak": leak,
    "data-neighbour": neighbour,
    "data-starts": lambda rng: (nn.minibatches if rng.random() < 0.5 else shuffled_starts,),
    "forward-count": widths,
    "forward-columns": columns,
    "forward-temperature": temperature,
    "forward-views": views,
    "losses-binary": binary,
    "losses-stall": stall,
    "losses-shares": shares,
    "numeric-sparing": sparing,
    "numeric-better": better,
    "backprop-softplus": softplus,
    "backprop-tied": tied,
    "backprop-fool": fool,
    "training-pieces": pieces,
    "training-bugs": bugs,
    "init-measure": measure,
    "optim-mean": mean,
    "optim-linear": lambda rng: (float(rng.uniform(0.1, 3)), int(rng.integers(1, 12))),
    "regular-l1": l1,
    "evaluate-paired": paired,
    "evaluate-threshold": threshold,
    "published-columns": backward_columns,
    "published-distance": distance,
    "summit-goes": goes,
    "summit-vote": vote,
    "speed-floor": floor,
    "speed-overhead": overhead,
    "speed-momentum": momentum,
    "speed-distances": distances,
}


# --- functions that draw


def seeded(function, *arguments):
    """What it gives for two seeds; nothing unless `rng` decides, and it alone."""
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    draws = [function(*arguments, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    if np.random.get_state()[1].tolist() != before:  # noqa: NPY002
        return None
    same = [np.array_equal(draws[0], other) for other in draws[1:]]
    return (draws[0], draws[2]) if same == [True, False] else None


def leaky_is_right(function):
    """Kolmogorov's distance from the normal distribution, far beyond what chance would do."""
    for shape, slope in (((150, 90), 0.7), ((90, 150), 0.2), ((100, 100), 0.0)):
        draws = seeded(lambda rng, s=shape, a=slope: function(s, rng, a))
        if draws is None or draws[0].shape != shape or draws[0].dtype.kind != "f":
            return False
        z = np.sort(np.concatenate(draws), axis=None) * np.sqrt((1 + slope**2) * shape[0] / 2)
        below = np.array([(1 + erf(x / 2**0.5)) / 2 for x in z])
        if np.abs(below - np.arange(len(z)) / len(z)).max() > 2 / len(z) ** 0.5:
            return False
    return True


def committee_is_right(function):
    rng = np.random.default_rng(3)
    made = nn.MLP((5, 4, 4, 3), rng, dtype=np.float64)
    made.theta *= 2
    X, before = rng.normal(size=(6, 5)), made.theta.copy()
    for rate in (0.3, 0.6):
        draws = seeded(lambda rng, r=rate: function(made, X.copy(), r, 2500, rng))
        mean = means_over_masks(made, X, rate)
        if draws is None or np.shape(draws[0]) != mean.shape:
            return False
        if np.abs(np.mean(draws, axis=0) - mean).max() > 0.03:
            return False
    alone = function(made, X, 0.0, 3, np.random.default_rng(1))
    return np.array_equal(before, made.theta) and np.allclose(alone, made.predict_proba(X))


def kinds_are_right(function, X, versions):
    """Whether each picture became one of the versions, each of them equally often."""
    given = X.copy()
    draws = seeded(function, X)
    if draws is None or not np.array_equal(X, given) or draws[0].dtype != X.dtype:
        return False
    if draws[0].shape != X.shape:
        return False
    found = np.concatenate(draws)
    which = [np.all(np.isclose(found, np.tile(v, (2, 1)), atol=1e-5), axis=1) for v in versions]
    counts = np.sum(which, axis=1)
    half = np.abs(counts - len(found) / len(versions)) < 4 * len(found) ** 0.5 / 2
    return bool(np.any(which, axis=0).all() and half.all())


def mirror_is_right(function):
    X = np.random.default_rng(3).random((200, 784), dtype=np.float32)
    flipped = X.reshape(-1, 28, 28)[:, :, ::-1].reshape(X.shape)
    return kinds_are_right(function, X, [X, flipped])


def pens_are_right(function):
    X = np.zeros((200, 784), np.float32)
    X.reshape(-1, 28, 28)[:, 9:19, 9:19] = np.random.default_rng(3).random((200, 10, 10))
    return kinds_are_right(function, X, [X, thicken(X, 1), thicken(X, -0.5)])


def wave_is_right(function):
    """Each picture is `warp` along one of very many phases, and these are spread evenly."""
    X = np.random.default_rng(3).random((60, 784), dtype=np.float32)
    given = X.copy()
    draws = seeded(function, X)
    if draws is None or not np.array_equal(X, given) or draws[0].shape != X.shape:
        return False
    if draws[0].dtype != np.float32:
        return False
    found = np.concatenate(draws)
    phases = np.arange(400) / 400
    turns = np.arange(28) / 14 + phases[:, None]
    right = np.repeat(2 * np.sin(2 * np.pi * turns), 28, axis=1)
    seen = []
    for n, picture in enumerate(found):
        F = np.stack([np.zeros_like(right), right]).astype(np.float32)
        off = np.abs(warp(np.tile(X[n % 60], (400, 1)), F) - picture).max(axis=1)
        if off.min() > 0.06:
            return False
        seen.append(phases[off.argmin()])
    counts = np.histogram(seen, 4, (0, 1))[0]
    return bool(counts.min() > 13)


DRAWN = {
    "init-leaky": leaky_is_right,
    "regular-committee": committee_is_right,
    "regular-mirror": mirror_is_right,
    "evaluate-pens": pens_are_right,
    "summit-wave": wave_is_right,
}

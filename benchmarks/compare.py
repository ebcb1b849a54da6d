"""Compare the speed of nn_core with that of the frameworks people would reach for.

    make bench

trains one epoch of 60,000 digits with each contender in turn, several rounds over, in one process
with the same number of threads for all. So whatever else the machine does, it does to all of them.
What counts is the ratio of the medians. Writes results.json and results.md beside this file.

The floor is the bare matrix products of the same training step: no program that uses the same
matrix library can be faster.
"""

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

THREADS = str(os.cpu_count())
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = THREADS  # before any of the libraries is imported

import warnings  # noqa: E402

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import sklearn  # noqa: E402
import torch  # noqa: E402
from sklearn.exceptions import ConvergenceWarning  # noqa: E402
from sklearn.neural_network import MLPClassifier  # noqa: E402

import nn_core as nn  # noqa: E402

LR = {"sgd": 0.1, "adam": 0.001}
Epoch = Callable[[], object]


def floor(X, y, sizes, method, batch_size) -> Epoch:
    """The matrix products of forward and backward pass, on one batch over and over."""
    rng = np.random.default_rng(0)
    A = [rng.random((batch_size, size), dtype=np.float32) for size in sizes]
    W = [rng.random(shape, dtype=np.float32) for shape in pairwise(sizes)]
    dW, Z = [np.empty_like(w) for w in W], [np.empty_like(a) for a in A]

    def epoch():
        for _ in range(len(X) // batch_size):
            for layer in range(len(W)):
                np.matmul(A[layer], W[layer], out=Z[layer + 1])
            for layer in reversed(range(len(W))):
                np.matmul(A[layer].T, A[layer + 1], out=dW[layer])
                if layer:
                    np.matmul(A[layer + 1], W[layer].T, out=Z[layer])

    return epoch


def numpy_nn_core(X, y, sizes, method, batch_size) -> Epoch:
    """`nn_core.fit`, as a reader would call it."""
    rng = np.random.default_rng(0)
    network = nn.MLP(sizes, rng)
    optimizer = {"sgd": nn.SGD, "adam": nn.Adam}[method](LR[method])
    options = {"epochs": 1, "batch_size": batch_size, "rng": rng, "progress": False}
    return lambda: nn.fit(network, optimizer, X, y, **options)


def scikit_learn(X, y, sizes, method, batch_size) -> Epoch:
    """MLPClassifier, continued epoch by epoch."""
    model = MLPClassifier(
        sizes[1:-1],
        solver=method,
        batch_size=batch_size,
        learning_rate_init=LR[method],
        momentum=0.0,
        alpha=0.0,
        max_iter=1,
        warm_start=True,
        random_state=0,
    )

    def epoch():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(X, y)

    return epoch


def pytorch(X, y, sizes, method, batch_size, *, fused: bool = False) -> Epoch:
    """An eager training loop, with the default or the fused Adam."""
    layers = []
    for fan_in, fan_out in pairwise(sizes):
        layers += [torch.nn.Linear(fan_in, fan_out), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    make = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[method]
    optimizer = make(model.parameters(), lr=LR[method], **({"fused": True} if fused else {}))
    loss = torch.nn.CrossEntropyLoss()
    inputs, labels = torch.from_numpy(X), torch.from_numpy(y)

    def epoch():
        order = torch.randperm(len(X))
        for start in range(0, len(X), batch_size):
            batch = order[start : start + batch_size]
            optimizer.zero_grad()
            loss(model(inputs[batch]), labels[batch]).backward()
            optimizer.step()

    return epoch


def pytorch_fused(X, y, sizes, method, batch_size) -> Epoch:
    """The same with the update of all parameters in one kernel."""
    return pytorch(X, y, sizes, method, batch_size, fused=True)


def jax_jit(X, y, sizes, method, batch_size) -> Epoch:
    """One compiled step; batches are gathered outside it, as in the others."""
    rng = np.random.default_rng(0)
    params = [
        (jnp.asarray(rng.normal(0, (2 / a) ** 0.5, (a, b)), jnp.float32), jnp.zeros(b))
        for a, b in pairwise(sizes)
    ]
    zeros = jax.tree.map(jnp.zeros_like, params)
    lr = LR[method]

    def loss_of(params, X, y):
        A = X
        for W, b in params[:-1]:
            A = jax.nn.relu(A @ W + b)
        Z = A @ params[-1][0] + params[-1][1]
        return -jnp.mean(jax.nn.log_softmax(Z)[jnp.arange(len(y)), y])

    @jax.jit
    def step(params, m, v, t, X, y):
        grads = jax.grad(loss_of)(params, X, y)
        if method == "sgd":
            return jax.tree.map(lambda p, g: p - lr * g, params, grads), m, v
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, grads)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, grads)
        root = jnp.sqrt(1 - 0.999**t)
        scale = lr * root / (1 - 0.9**t)
        move = jax.tree.map(lambda m, v: scale * m / (jnp.sqrt(v) + 1e-8 * root), m, v)
        return jax.tree.map(jnp.subtract, params, move), m, v

    state = {"params": params, "m": zeros, "v": zeros, "t": 0}

    def epoch():
        for X_batch, y_batch in nn.minibatches(X, y, batch_size, rng):
            state["t"] += 1
            state["params"], state["m"], state["v"] = step(
                state["params"], state["m"], state["v"], float(state["t"]), X_batch, y_batch
            )
        jax.block_until_ready(state["params"])

    return epoch


CONTENDERS = {
    "matrix products alone": floor,
    "nn_core": numpy_nn_core,
    "scikit-learn": scikit_learn,
    "PyTorch": pytorch,
    "PyTorch, fused": pytorch_fused,
    "JAX, jit": jax_jit,
}

NETWORKS = [
    ((784, 128, 10), "sgd"),
    ((784, 256, 128, 10), "adam"),
    ((784, 1024, 512, 10), "adam"),
]


def measure(sizes, method: str, batch_size: int, rounds: int) -> dict[str, list[float]]:
    """Seconds per epoch for each contender, round by round; the first round warms up."""
    X, y, _, _ = nn.load_mnist()
    epochs = {name: make(X, y, sizes, method, batch_size) for name, make in CONTENDERS.items()}
    seconds = {name: [] for name in epochs}
    for turn in range(rounds + 1):
        for name, epoch in epochs.items():
            began = time.perf_counter()
            epoch()
            if turn:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def table(results: list[dict]) -> str:
    """The medians as a Markdown table, each with its ratio to nn_core."""
    lines = ["| network | " + " | ".join(CONTENDERS) + " |", "|---" * (len(CONTENDERS) + 1) + "|"]
    for result in results:
        medians = {name: statistics.median(s) for name, s in result["seconds"].items()}
        cells = [f"{m:.2f} s ({m / medians['nn_core']:.2f})" for m in medians.values()]
        sizes = "-".join(map(str, result["sizes"]))
        label = f"{sizes}, {result['method']}, batch {result['batch_size']}"
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure all networks and write the results."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="epochs timed for each (default 7)")
    parser.add_argument("--batch-size", type=int, nargs="+", default=[128])
    options = parser.parse_args()
    torch.set_num_threads(int(THREADS))
    results = []
    for batch_size in options.batch_size:
        for sizes, method in NETWORKS:
            seconds = measure(sizes, method, batch_size, options.rounds)
            results.append(
                {"sizes": sizes, "method": method, "batch_size": batch_size, "seconds": seconds}
            )
            print(table(results[-1:]))
    machine = {
        "machine": f"{platform.machine()}, {THREADS} cores, {platform.system()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scikit-learn": sklearn.__version__,
        "torch": torch.__version__,
        "jax": jax.__version__,
    }
    here = Path(__file__).parent
    stored = json.dumps({**machine, "results": results}, indent=1)
    (here / "results.json").write_text(stored + "\n", encoding="utf-8")
    head = ", ".join(f"{name} {value}" for name, value in machine.items() if name != "machine")
    text = (
        "# One epoch of 60,000 digits\n\nMade by `make bench`, in one interleaved run. Median "
        f"seconds, and in brackets the ratio to nn_core.\n\n{table(results)}\n"
        f"{machine['machine']}; {head}.\n"
    )
    (here / "results.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

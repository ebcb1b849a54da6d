"""Compare the speed and the memory of nn_core with those of common frameworks.

    make bench

Speed: in each round, every contender trains one epoch of 60,000 digits. All rounds run in one
process, and all contenders have the same number of threads. So other programs on the machine slow
down all contenders alike, and the result is the ratio of the medians. The contender `floor`
computes only the matrix products of a training step: no program with the same matrix library can be
faster.

Further measurements are the seconds of training until 97.9 % of the test set are right, the
predictions per second, the peak memory, and the seconds to load the data. The script writes
results.json, results.md and results.html beside this file, and the book shows them.
"""

import json
import multiprocessing
import os
import platform
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

THREADS = os.cpu_count()
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(THREADS)  # the libraries read these variables when imported

import numpy as np  # noqa: E402

import nn_core as nn  # noqa: E402

HERE = Path(__file__).parent

LR = {"sgd": 0.1, "adam": 0.001}


class Contender(NamedTuple):
    """A program with a network to train.

    Each function below imports its own library, so the memory of a process holds only one library.
    """

    epoch: Callable[[], object]  # trains on all examples once
    predict: Callable[[np.ndarray], np.ndarray] | None = None


def floor(X, y, sizes, method, batch_size, seed) -> Contender:
    """Compute only the matrix products of forward and backward pass, always on the same batch."""
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

    return Contender(epoch)


def numpy_nn_core(X, y, sizes, method, batch_size, seed) -> Contender:
    """Call `nn_core.fit` as a reader does."""
    rng = np.random.default_rng(seed)
    network = nn.MLP(sizes, rng)
    optimizer = {"sgd": nn.SGD, "adam": nn.Adam}[method](LR[method])
    options = {"epochs": 1, "rng": rng, "progress": False}
    options["batch_size"] = None if batch_size == len(X) else batch_size
    return Contender(lambda: nn.fit(network, optimizer, X, y, **options), network.predict)


def scikit_learn(X, y, sizes, method, batch_size, seed) -> Contender:
    """Use MLPClassifier, with a warm start for each epoch."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        sizes[1:-1],
        solver=method,
        batch_size=batch_size,
        shuffle=batch_size < len(X),
        learning_rate_init=LR[method],
        momentum=0.0,
        alpha=0.0,
        max_iter=1,
        warm_start=True,
        random_state=seed,
    )

    def epoch():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(X, y)

    return Contender(epoch, lambda X: model.predict(X))


def pytorch(X, y, sizes, method, batch_size, seed, *, fused=False, compiled=False) -> Contender:
    """Use a training loop, eager or compiled, with the default or the fused optimizer."""
    import torch

    torch.set_num_threads(THREADS)
    torch.manual_seed(seed)
    # PyTorch limits the number of compilations in a process. This call resets their count.
    torch.compiler.reset()
    layers = []
    for fan_in, fan_out in pairwise(sizes):
        layers += [torch.nn.Linear(fan_in, fan_out), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    make = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[method]
    optimizer = make(model.parameters(), lr=LR[method], **({"fused": True} if fused else {}))
    cross_entropy = torch.nn.CrossEntropyLoss()

    def loss_of(X, y):
        return cross_entropy(model(X), y)

    loss = torch.compile(loss_of, dynamic=False) if compiled else loss_of
    inputs, labels = torch.from_numpy(X), torch.from_numpy(y)

    def epoch():
        order = torch.randperm(len(X))
        for start in range(0, len(X), batch_size):
            batch = order[start : start + batch_size]
            optimizer.zero_grad()
            full = batch_size == len(X)
            loss(*((inputs, labels) if full else (inputs[batch], labels[batch]))).backward()
            optimizer.step()

    def predict(X):
        with torch.inference_mode():
            return model(torch.from_numpy(X)).argmax(dim=1).numpy()

    return Contender(epoch, predict)


def pytorch_fused(*task) -> Contender:
    """Use PyTorch with the fused optimizer, which updates all parameters in one kernel."""
    return pytorch(*task, fused=True)


def pytorch_compiled(*task) -> Contender:
    """Use PyTorch with the fused optimizer and with torch.compile."""
    return pytorch(*task, fused=True, compiled=True)


def jax_jit(X, y, sizes, method, batch_size, seed) -> Contender:
    """Use JAX with a compiled step. The batches are made outside the step, as for the others."""
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(seed)
    params = [
        (jnp.asarray(rng.normal(0, (2 / a) ** 0.5, (a, b)), jnp.float32), jnp.zeros(b))
        for a, b in pairwise(sizes)
    ]
    zeros = jax.tree.map(jnp.zeros_like, params)
    lr = LR[method]

    def logits(params, X):
        A = X
        for W, b in params[:-1]:
            A = jax.nn.relu(A @ W + b)
        return A @ params[-1][0] + params[-1][1]

    def loss_of(params, X, y):
        Z = logits(params, X)
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
        full = batch_size == len(X)
        for X_batch, y_batch in [(X, y)] if full else nn.minibatches(X, y, batch_size, rng):
            state["t"] += 1
            state["params"], state["m"], state["v"] = step(
                state["params"], state["m"], state["v"], float(state["t"]), X_batch, y_batch
            )
        jax.block_until_ready(state["params"])

    classes = jax.jit(lambda params, X: logits(params, X).argmax(axis=1))
    return Contender(epoch, lambda X: np.asarray(classes(state["params"], X)))


FLOOR = "matrix products alone"
CONTENDERS = {
    FLOOR: floor,
    "nn_core": numpy_nn_core,
    "scikit-learn": scikit_learn,
    "PyTorch": pytorch,
    "PyTorch, fused": pytorch_fused,
    "PyTorch, compiled": pytorch_compiled,
    "JAX, jit": jax_jit,
}
RIVALS = [name for name in CONTENDERS if name != FLOOR]

NETWORKS = [
    ((784, 128, 10), "sgd"),
    ((784, 256, 128, 10), "adam"),
    ((784, 1024, 512, 10), "adam"),
]
MIDDLE = NETWORKS[1]
TARGET = 0.979
ALL = 60_000  # the size of the full batch
ROUNDS = {128: 5, 32: 3, 1024: 3, ALL: 3}  # the number of timed epochs for each batch size


def measure_epochs(sizes, method, batch_size: int, rounds: int) -> dict[str, list[float]]:
    """Measure the seconds per epoch for each contender and round. The first round is a warm-up."""
    X, y, _, _ = nn.load_mnist()
    task = (X, y, sizes, method, batch_size, 0)
    made = {name: make(*task) for name, make in CONTENDERS.items()}
    seconds: dict[str, list[float]] = {name: [] for name in made}
    for turn in range(rounds + 1):
        for name, contender in made.items():
            began = time.perf_counter()
            contender.epoch()
            if turn:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def time_to_target(seeds: int) -> dict[str, list[float]]:
    """Measure the seconds of training until the test accuracy, after an epoch, reaches TARGET.

    The first run is a warm-up. The seconds of every run include its compilation.
    """
    X, y, X_test, y_test = nn.load_mnist()
    seconds: dict[str, list[float]] = {name: [] for name in RIVALS}
    for seed in range(seeds + 1):
        for name in RIVALS:
            contender = CONTENDERS[name](X, y, *MIDDLE, 128, seed)
            total = 0.0
            for _ in range(1 if seed == 0 else 30):
                began = time.perf_counter()
                contender.epoch()
                total += time.perf_counter() - began
                if np.mean(contender.predict(X_test) == y_test) >= TARGET:
                    break
            if seed:
                seconds[name].append(total)
    return seconds


def predictions_per_second(rounds: int) -> dict[str, float]:
    """Measure the predictions per second of each contender, 10,000 test images in one call."""
    X, y, X_test, _ = nn.load_mnist()
    made = {name: CONTENDERS[name](X[:2000], y[:2000], *MIDDLE, 100, 0) for name in RIVALS}
    seconds: dict[str, list[float]] = {name: [] for name in RIVALS}
    for contender in made.values():
        contender.epoch()  # scikit-learn cannot predict without training
    for turn in range(rounds + 1):
        for name, contender in made.items():
            began = time.perf_counter()
            contender.predict(X_test)
            if turn:
                seconds[name].append(time.perf_counter() - began)
    return {name: len(X_test) / statistics.median(s) for name, s in seconds.items()}


def peak_memory(name: str | None) -> float:
    """Give the peak memory of this process in MB, after it has loaded the data.

    With a name, this contender trains for one epoch first. On Windows the result is NaN, since the
    standard library of Python cannot measure the memory there.
    """
    try:
        import resource
    except ImportError:
        return float("nan")
    X, y, _, _ = nn.load_mnist()
    if name is not None:
        CONTENDERS[name](X, y, *MIDDLE, 128, 0).epoch()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if platform.system() == "Darwin" else 2**10)


def memory() -> dict[str, float]:
    """Measure the peak memory in MB of a new process for each contender, and for the data alone."""
    context = multiprocessing.get_context("spawn")
    peaks = {}
    for name in [None, *RIVALS]:
        with context.Pool(1) as pool:
            peaks[name or "the data alone"] = pool.apply(peak_memory, (name,))
    return peaks


def load_csv(path: Path) -> None:
    """Load a CSV file with pandas: one row per digit, label first."""
    import pandas as pd

    values = pd.read_csv(path).to_numpy()
    nn.scale_pixels(values[:, 1:].astype(np.uint8))


def load_arff(path: Path) -> None:
    """Load an ARFF file, the format of OpenML, with SciPy."""
    from scipy.io import arff

    table, _ = arff.loadarff(path)
    pixels = [table[name] for name in table.dtype.names[:-1]]
    nn.scale_pixels(np.stack(pixels, axis=1).astype(np.uint8))


def loading() -> dict[str, float]:
    """Measure the seconds to load the 60,000 training images and the 10,000 test images."""
    X, y, X_test, y_test = nn.load_mnist(raw=True)
    images = np.concatenate([X, X_test]).reshape(-1, 784)
    labels = np.concatenate([y, y_test])
    with tempfile.TemporaryDirectory() as folder:
        csv, openml = Path(folder, "mnist.csv"), Path(folder, "mnist.arff")
        names = [f"pixel{k}" for k in range(1, 785)]
        rows = [",".join(map(str, row)) for row in images.tolist()]
        lines = [f"{label},{row}" for label, row in zip(labels, rows, strict=True)]
        csv.write_text("\n".join([",".join(["label", *names]), *lines]) + "\n", "utf-8")
        lines = ["@RELATION mnist_784", *(f"@ATTRIBUTE {name} real" for name in names)]
        lines += ["@ATTRIBUTE class {0,1,2,3,4,5,6,7,8,9}", "@DATA"]
        lines += [f"{row},{label}" for label, row in zip(labels, rows, strict=True)]
        openml.write_text("\n".join(lines) + "\n", "utf-8")
        loaders = {
            "nn_core.load_mnist": nn.load_mnist,
            "CSV, pandas": lambda: load_csv(csv),
            "ARFF, SciPy": lambda: load_arff(openml),
        }
        seconds: dict[str, list[float]] = {name: [] for name in loaders}
        for _ in range(3):
            for name, load in loaders.items():
                began = time.perf_counter()
                load()
                seconds[name].append(time.perf_counter() - began)
    return {name: statistics.median(s) for name, s in seconds.items()}


def label_of(result: dict) -> str:
    """Describe a network and its training in words."""
    batch = "full batch" if result["batch_size"] == ALL else f"batch {result['batch_size']}"
    sizes = "-".join(map(str, result["sizes"]))
    return f"{sizes}, {result['method'].replace('sgd', 'SGD').replace('adam', 'Adam')}, {batch}"


def ratios(result: dict) -> dict[str, float]:
    """Give the median seconds of each contender, divided by the median seconds of nn_core."""
    medians = {name: statistics.median(s) for name, s in result["seconds"].items()}
    return {name: median / medians["nn_core"] for name, median in medians.items()}


def table(results: list[dict]) -> str:
    """Write the medians as a Markdown table, each with its ratio to nn_core."""
    lines = ["| network | " + " | ".join(CONTENDERS) + " |", "|---" * (len(CONTENDERS) + 1) + "|"]
    for result in results:
        cells = [
            f"{statistics.median(result['seconds'][name]):.2f} s ({ratio:.2f})"
            for name, ratio in ratios(result).items()
        ]
        lines.append(f"| {label_of(result)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def report(stored: dict) -> str:
    """Write all results as Markdown."""
    target = {name: statistics.median(s) for name, s in stored["time_to_target"].items()}
    lines = [
        "| measured | " + " | ".join(RIVALS) + " |",
        "|---" * (len(RIVALS) + 1) + "|",
        f"| training, and compiling, until {TARGET:.1%} of the test set are right | "
        + " | ".join(f"{target[name]:.1f} s" for name in RIVALS)
        + " |",
        "| predictions per second | "
        + " | ".join(f"{stored['predictions_per_second'][name]:,.0f}" for name in RIVALS)
        + " |",
        "| peak memory of the process | "
        + " | ".join(f"{stored['memory'][name]:,.0f} MB" for name in RIVALS)
        + " |",
    ]
    load = ", ".join(f"{name}: {seconds:.1f} s" for name, seconds in stored["loading"].items())
    machine = ", ".join(f"{name} {value}" for name, value in stored["machine"].items())
    return (
        "Median seconds for one epoch of 60,000 digits, and in brackets the ratio to nn_core:\n\n"
        f"{table(stored['epochs'])}\n"
        f"784-256-128-10 with Adam, batch 128:\n\n" + "\n".join(lines) + "\n\n"
        f"A process that only loads the data holds {stored['memory']['the data alone']:,.0f} MB.\n"
        f"Loading all 70,000 digits: {load}.\n\n"
        f"Measured in one run on: {machine}.\n"
    )


def plot(results: list[dict]) -> str:
    """Draw the ratios at batch 128: a panel for each network, a bar for each contender."""
    import matplotlib.pyplot as plt

    from nn_core.lab.display import with_caption
    from nn_core.lab.page import element
    from nn_core.lab.palette import ACCENT

    shown = [result for result in results if result["batch_size"] == 128]
    fig, axes = plt.subplots(len(shown), 1, figsize=(6, 2.3 * len(shown)), sharex=True)
    alt = []
    for ax, result in zip(axes, shown, strict=True):
        found = ratios(result)
        names = list(found)[::-1]
        colors = [ACCENT if name == "nn_core" else "#767c85" for name in names]
        bars = ax.barh(names, [found[name] for name in names], color=colors)
        ax.bar_label(bars, [f"{found[name]:.2f}" for name in names], padding=4)
        ax.axvline(1, color=ACCENT, linewidth=1, linestyle=":")
        ax.set_title(label_of(result))
        ax.tick_params(length=0)
        alt.append(
            f"{label_of(result)}: "
            + ", ".join(f"{name} {ratio:.2f}" for name, ratio in found.items())
        )
    axes[-1].set_xlabel("time, relative to nn_core (shorter is faster)")
    fig.suptitle("Time for an epoch at batch size 128, relative to nn_core")
    axes[-1].margins(x=0.12)
    alt_text = f"Bars: time for an epoch relative to nn_core. {'. '.join(alt)}."
    return element("plot", fallback=with_caption(fig, alt_text))


def main() -> None:
    """Measure everything and write the results."""
    libraries = ("numpy", "scikit-learn", "torch", "jax")
    # Memory comes first: the peak memory of a process includes that of its parent at the start.
    peaks = memory()
    results = []
    for batch_size, rounds in ROUNDS.items():
        for sizes, method in NETWORKS:
            seconds = measure_epochs(sizes, method, batch_size, rounds)
            results.append(
                {"sizes": sizes, "method": method, "batch_size": batch_size, "seconds": seconds}
            )
            print(table(results[-1:]), flush=True)
    stored = {
        "machine": {
            "processor": f"{platform.machine()} ({THREADS} cores, {platform.system()})",
            "python": platform.python_version(),
            **{name: version(name) for name in libraries},
        },
        "epochs": results,
        "time_to_target": time_to_target(seeds=3),
        "predictions_per_second": predictions_per_second(rounds=20),
        "memory": peaks,
        "loading": loading(),
    }
    text = json.dumps(stored, indent=1) + "\n"
    (HERE / "results.json").write_text(text, encoding="utf-8")
    (HERE / "results.md").write_text(report(stored), encoding="utf-8")
    (HERE / "results.html").write_text(plot(results), encoding="utf-8")
    print(report(stored))


if __name__ == "__main__":
    main()

"""Compare the speed and the memory of nn_core with those of common frameworks.

    make bench

Speed: in each round, every contender trains one epoch of 60,000 digits. Each contender has a
process of its own, and the others wait meanwhile. All have the same number of threads, and start
from the same weights, with the same batches. So what disturbs the machine slows down all contenders
alike, and the result is the ratio of the medians. The contender `floor` computes only the matrix
products of a training step: no program with the same matrix library can be faster.

Further measurements are the seconds of training until 97.9 % of the test set are right, the
predictions per second, twenty epochs one after the other, with and without care for denormal
numbers, the largest speed of a product, the peak memory, and the seconds to load the data. The
script writes results.json, results.md and results.html beside this file, and the book shows them.
Where other programs used the processor meanwhile, it writes nothing.
"""

import json
import multiprocessing
import os
import platform
import statistics
import sys
import tempfile
import time
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


def first_weights(sizes, seed) -> tuple[list[np.ndarray], list[np.ndarray], np.random.Generator]:
    """Draw the weights and biases from which everyone starts, and give the generator."""
    rng = np.random.default_rng(seed)
    network = nn.MLP(sizes, rng)
    return network.W, network.b, rng


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
    """Use MLPClassifier; each call of `partial_fit` is one epoch and keeps Adam's moments."""
    from sklearn.neural_network import MLPClassifier

    W, b, _ = first_weights(sizes, seed)
    start = iter(zip(W, b, strict=True))

    class FromFirstWeights(MLPClassifier):
        def _init_coef(self, fan_in, fan_out, dtype):
            return next(start)

    model = FromFirstWeights(
        sizes[1:-1],
        solver=method,
        batch_size=batch_size,
        shuffle=batch_size < len(X),
        learning_rate_init=LR[method],
        momentum=0.0,
        alpha=0.0,
        random_state=np.random.RandomState(seed),  # it draws the order of each epoch
    )
    return Contender(lambda: model.partial_fit(X, y, classes=np.arange(sizes[-1])), model.predict)


def pytorch(
    X, y, sizes, method, batch_size, seed, *, fused=False, flushed=False, compiled=False
) -> Contender:
    """Use a training loop, eager or compiled, with the default or the fused optimizer."""
    import torch

    # The threads of PyTorch take over this setting when they begin, so it comes first.
    torch.set_flush_denormal(flushed)
    torch.set_num_threads(THREADS)
    W, b, rng = first_weights(sizes, seed)
    layers = []
    for weights, biases in zip(W, b, strict=True):
        layer = torch.nn.Linear(*weights.shape)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weights.T))
            layer.bias.copy_(torch.from_numpy(biases))
        layers += [layer, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    make = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[method]
    optimizer = make(model.parameters(), lr=LR[method], **({"fused": True} if fused else {}))
    cross_entropy = torch.nn.CrossEntropyLoss()

    def loss_of(X, y):
        return cross_entropy(model(X), y)

    loss = torch.compile(loss_of, dynamic=False) if compiled else loss_of
    inputs, labels = torch.from_numpy(X), torch.from_numpy(y)

    def epoch():
        order = torch.from_numpy(rng.permutation(len(X)))
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


def pytorch_flushed(*task) -> Contender:
    """Use the same, with denormal numbers taken for zero by the processor."""
    return pytorch(*task, fused=True, flushed=True)


def pytorch_compiled(*task) -> Contender:
    """Use the same, with torch.compile for the way forward and back."""
    return pytorch(*task, fused=True, flushed=True, compiled=True)


def jax_scan(X, y, sizes, method, batch_size, seed) -> Contender:
    """Use JAX with one compiled call for all batches of an epoch, which gives its state back."""
    import functools

    import jax
    import jax.numpy as jnp

    W, b, rng = first_weights(sizes, seed)
    params = [(jnp.array(w), jnp.array(c)) for w, c in zip(W, b, strict=True)]
    lr = LR[method]

    def logits(params, X):
        A = X
        for W, b in params[:-1]:
            A = jax.nn.relu(A @ W + b)
        return A @ params[-1][0] + params[-1][1]

    def loss_of(params, X, y):
        Z = logits(params, X)
        return -jnp.mean(jax.nn.log_softmax(Z)[jnp.arange(len(y)), y])

    def step(state, X, y):
        params, m, v, t = state
        t = t + 1
        grads = jax.grad(loss_of)(params, X, y)
        if method == "sgd":
            return jax.tree.map(lambda p, g: p - lr * g, params, grads), m, v, t
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, grads)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, grads)
        root = jnp.sqrt(1 - 0.999**t)
        scale = lr * root / (1 - 0.9**t)
        move = jax.tree.map(lambda m, v: scale * m / (jnp.sqrt(v) + 1e-8 * root), m, v)
        return jax.tree.map(jnp.subtract, params, move), m, v, t

    @functools.partial(jax.jit, donate_argnums=0)
    def steps(state, X, y, batches):
        return jax.lax.scan(lambda s, batch: (step(s, X[batch], y[batch]), None), state, batches)[0]

    @functools.partial(jax.jit, donate_argnums=0)
    def one_step(state, X, y):
        return step(state, X, y)

    zeros = [jax.tree.map(jnp.zeros_like, params) for _ in range(2)]
    held = {"state": (params, *zeros, jnp.float32(0))}
    inputs, labels = jnp.asarray(X), jnp.asarray(y)

    def epoch():
        state = held["state"]
        if batch_size == len(X):
            state = one_step(state, inputs, labels)
        else:
            order = rng.permutation(len(X))
            whole = len(X) // batch_size * batch_size
            state = steps(state, inputs, labels, order[:whole].reshape(-1, batch_size))
            if whole < len(X):
                state = one_step(state, inputs[order[whole:]], labels[order[whole:]])
        held["state"] = jax.block_until_ready(state)

    classes = jax.jit(lambda params, X: logits(params, X).argmax(axis=1))
    return Contender(epoch, lambda X: np.asarray(classes(held["state"][0], X)))


FLOOR = "matrix products alone"
CONTENDERS = {
    FLOOR: floor,
    "nn_core": numpy_nn_core,
    "scikit-learn": scikit_learn,
    "PyTorch": pytorch,
    "PyTorch, fused": pytorch_fused,
    "PyTorch, flushed": pytorch_flushed,
    "PyTorch, compiled": pytorch_compiled,
    "JAX, scan": jax_scan,
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
ROUNDS = {128: 5, 32: 5, 1024: 5, ALL: 5}  # the number of timed epochs for each batch size
LONG = 20  # epochs one after the other
MOST_BUSY = 0.05  # the share of the processor that other programs may use


def serve(pipe, name: str, task: tuple, examples: int) -> None:
    """Build a contender, then answer the requests that come through the pipe."""
    X, y, X_test, y_test = nn.load_mnist()
    contender = CONTENDERS[name](X[:examples], y[:examples], *task)
    pipe.send("ready")
    while (asked := pipe.recv()) != "end":
        began = time.perf_counter()
        if asked == "epoch":
            contender.epoch()
        else:
            right = np.mean(contender.predict(X_test) == y_test)
        seconds = time.perf_counter() - began
        pipe.send(seconds if asked != "accuracy" else float(right))


class Remote:
    """A contender in a process of its own."""

    def __init__(self, name: str, *task, examples: int = ALL) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=serve, args=(other, name, task, examples))
        self.process.start()
        other.close()
        self.pipe.recv()

    def ask(self, what: str) -> float:
        """Give the seconds of an "epoch" or of "predictions", or the test "accuracy"."""
        self.pipe.send(what)
        return self.pipe.recv()

    def end(self) -> None:
        """End the process."""
        self.pipe.send("end")
        self.process.join()


def measure_epochs(sizes, method, batch_size: int, rounds: int) -> dict[str, list[float]]:
    """Measure the seconds per epoch for each contender and round. The first round is a warm-up."""
    made = {name: Remote(name, sizes, method, batch_size, 0) for name in CONTENDERS}
    seconds: dict[str, list[float]] = {name: [] for name in made}
    for turn in range(rounds + 1):
        for name, contender in made.items():
            found = contender.ask("epoch")
            if turn:
                seconds[name].append(found)
    for contender in made.values():
        contender.end()
    return seconds


def time_to_target(seeds: int) -> dict[str, list[float]]:
    """Measure the seconds of training until the test accuracy, after an epoch, reaches TARGET.

    All start from the same weights, and the seconds of every run include its compilation. The order
    of the batches is the same for all but scikit-learn, which draws its own.
    """
    seconds: dict[str, list[float]] = {name: [] for name in RIVALS}
    for seed in range(seeds):
        for name in RIVALS:
            contender = Remote(name, *MIDDLE, 128, seed)
            total = 0.0
            for _ in range(30):
                total += contender.ask("epoch")
                if contender.ask("accuracy") >= TARGET:
                    break
            contender.end()
            seconds[name].append(total)
    return seconds


def predictions_per_second(rounds: int) -> dict[str, float]:
    """Measure the predictions per second of each contender, 10,000 test images in one call."""
    made = {name: Remote(name, *MIDDLE, 100, 0, examples=2_000) for name in RIVALS}
    seconds: dict[str, list[float]] = {name: [] for name in RIVALS}
    for contender in made.values():
        contender.ask("epoch")  # scikit-learn cannot predict without training
    for turn in range(rounds + 1):
        for name, contender in made.items():
            found = contender.ask("predictions")
            if turn:
                seconds[name].append(found)
    for contender in made.values():
        contender.end()
    return {name: 10_000 / statistics.median(s) for name, s in seconds.items()}


def long_training() -> dict[str, list[float]]:
    """Measure the seconds of LONG epochs, with nn_core's care for denormal numbers and without.

    Without it, the optimizer never flushes its moments, and no probability becomes 0.
    """
    from nn_core import network, optimizers

    def uncleaned(Z, y):
        N = len(Z)
        E = np.exp(Z - Z.max(axis=1, keepdims=True))
        dZ = E / E.sum(axis=1, keepdims=True)
        loss = float(-np.mean(np.log(dZ[np.arange(N), y])))
        dZ[np.arange(N), y] -= 1
        return loss, dZ / N

    X, y, _, _ = nn.load_mnist()
    careful = network.softmax_cross_entropy, optimizers.FLUSH_EVERY
    settings = {"as it is": careful, "without": (uncleaned, sys.maxsize)}
    made = {name: numpy_nn_core(X, y, *MIDDLE, 32, 0) for name in settings}
    seconds: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(LONG):
        for name, contender in made.items():
            network.softmax_cross_entropy, optimizers.FLUSH_EVERY = settings[name]
            began = time.perf_counter()
            contender.epoch()
            seconds[name].append(time.perf_counter() - began)
    network.softmax_cross_entropy, optimizers.FLUSH_EVERY = careful
    return seconds


def peak_of_products() -> float:
    """Give the most operations per second that a product of two square matrices has reached."""
    rng = np.random.default_rng(0)
    best = 0.0
    for side in (512, 1024, 2048, 4096):
        A, B = rng.random((2, side, side), dtype=np.float32)
        for _ in range(5):
            began = time.perf_counter()
            A @ B
            best = max(best, 2 * side**3 / (time.perf_counter() - began))
    return best


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
    """Write the medians as a Markdown table, each with its spread and its ratio to nn_core."""
    lines = ["| network | " + " | ".join(CONTENDERS) + " |", "|---" * (len(CONTENDERS) + 1) + "|"]
    for result in results:
        cells = []
        for name, ratio in ratios(result).items():
            seconds = result["seconds"][name]
            median, half = statistics.median(seconds), (max(seconds) - min(seconds)) / 2
            cells.append(f"{median:.2f} ± {half:.2f} s ({ratio:.2f})")
        lines.append(f"| {label_of(result)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def report(stored: dict) -> str:
    """Write all results as Markdown."""
    target = {name: statistics.median(s) for name, s in stored["time_to_target"].items()}
    lines = [
        "| measured | " + " | ".join(RIVALS) + " |",
        "|---" * (len(RIVALS) + 1) + "|",
        f"| training, and compiling, until {TARGET:.1%} of the test set are right | "
        + " | ".join(
            f"{target[name]:.1f} ± {(max(seconds) - min(seconds)) / 2:.1f} s"
            for name, seconds in stored["time_to_target"].items()
        )
        + " |",
        "| predictions per second | "
        + " | ".join(f"{stored['predictions_per_second'][name]:,.0f}" for name in RIVALS)
        + " |",
        "| peak memory of the process | "
        + " | ".join(f"{stored['memory'][name]:,.0f} MB" for name in RIVALS)
        + " |",
    ]
    load = ", ".join(f"{name}: {seconds:.1f} s" for name, seconds in stored["loading"].items())
    long = {name: f"{s[0]:.2f} s and {s[-1]:.2f} s" for name, s in stored["long_training"].items()}
    machine = ", ".join(f"{name} {value}" for name, value in stored["machine"].items())
    return (
        "Median seconds for one epoch of 60,000 digits, plus or minus half of the range, and in "
        "brackets the ratio to nn_core:\n\n"
        f"{table(stored['epochs'])}\n"
        f"784-256-128-10 with Adam, batch 128:\n\n" + "\n".join(lines) + "\n\n"
        f"Of {LONG} epochs with batch 32, the first and the last: {long['as it is']}; without care "
        f"for denormal numbers, {long['without']}.\n"
        f"A process that only loads the data holds {stored['memory']['the data alone']:,.0f} MB.\n"
        f"Loading all 70,000 digits: {load}.\n\n"
        "The fastest product of two square matrices: "
        f"{stored['peak'] / 1e9:,.0f} billion operations per second.\n\n"
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


def used_by_others(task: Callable[[], dict]) -> tuple[dict, float]:
    """Carry out a task, and give the share of the processor that other programs used meanwhile."""
    import psutil

    def busy() -> float:
        times = psutil.cpu_times()
        return sum(times) - times.idle - getattr(times, "iowait", 0.0)

    def own() -> float:
        return sum(os.times()[:4])  # of this process and of those it has waited for

    began, before, mine = time.perf_counter(), busy(), own()
    found = task()
    seconds = time.perf_counter() - began
    return found, (busy() - before - (own() - mine)) / (seconds * psutil.cpu_count())


def wait_until_idle() -> None:
    """Wait until the processor has done nothing for some seconds; give up after two minutes."""
    import psutil

    for _ in range(24):
        if psutil.cpu_percent(interval=5) < 100 * MOST_BUSY:
            return
    sys.exit("Other programs use the processor. Nothing was measured.")


def measure_everything() -> dict:
    """Measure everything, and print the tables meanwhile."""
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
    return {
        "machine": {
            "processor": f"{processor()} ({THREADS} cores, {platform.system()})",
            "threads": THREADS,
            "python": platform.python_version(),
            **{name: version(name) for name in libraries},
        },
        "peak": peak_of_products(),
        "epochs": results,
        "long_training": long_training(),
        "time_to_target": time_to_target(seeds=5),
        "predictions_per_second": predictions_per_second(rounds=20),
        "memory": peaks,
        "loading": loading(),
    }


def processor() -> str:
    """Name the processor, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:  # not on Linux
        return platform.processor() or platform.machine()
    known = dict(map(str.strip, line.split(":", 1)) for line in lines if ":" in line)
    wide = "AVX-512" if "avx512f" in known.get("flags", "") else platform.machine()
    return f"{known.get('model name', platform.machine())}, {wide}"


def main() -> None:
    """Measure everything on an idle machine, and write the results."""
    wait_until_idle()
    stored, others = used_by_others(measure_everything)
    if others > MOST_BUSY:
        sys.exit(f"Other programs used {others:.0%} of the processor. Nothing is written.")
    stored["machine"]["used by other programs"] = f"{max(others, 0):.1%}"
    text = json.dumps(stored, indent=1) + "\n"
    (HERE / "results.json").write_text(text, encoding="utf-8")
    (HERE / "results.md").write_text(report(stored), encoding="utf-8")
    (HERE / "results.html").write_text(plot(stored["epochs"]), encoding="utf-8")
    print(report(stored))


if __name__ == "__main__":
    main()

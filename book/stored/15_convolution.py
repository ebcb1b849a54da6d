"""Train the networks of the chapter on convolutions, and store what they reach in nn_core.

    python book/stored/15_convolution.py

The script trains about 200 networks, which takes a quarter of an hour on one core. You can stop it
with Ctrl-C: runs/15_convolution.json holds each finished training, and the next start goes on
there. If you change the network or a setting, delete that file first.
"""

import json
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

for library in ("OPENBLAS", "MKL", "OMP"):
    os.environ[f"{library}_NUM_THREADS"] = "1"  # before NumPy is imported

import nn_core as nn
import numpy as np
from nn_core import tools
from nn_core.schedules import cosine_decay
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[2]
FINISHED = ROOT / "runs" / "15_convolution.json"
SEEDS = range(5)
CHOOSING = range(3)  # the seeds that choose a rate
BATCH = 100
SIDE = 28

# The comparison on 10,000 pictures. Each network has its best rate.
FEW, EPOCHS = 10_000, 5
RATES = (0.001, 0.003, 0.01, 0.03, 0.1)
LARGE = {"convolution": (16, 32), "perceptron": (256, 128)}
SMALLER = {"convolution": [(2, 4), (4, 8), (8, 16)], "perceptron": [(8,), (32,), (128,)]}
SHIFTS = range(7)

# The training of the chapter, three epochs on 50,000 pictures, finds the rates for the final one.
SHORT_EPOCHS, FINAL_EPOCHS = 3, 12
SHORT_RATES = {
    "convolution": (0.0025, 0.005, 0.01, 0.02),
    "perceptron": (0.001, 0.002, 0.004, 0.008),
}


def chapter() -> dict[str, Any]:
    """Run the cells of the chapter that define the network, and give what they define."""
    notebook = json.loads((ROOT / "book" / "15_convolution.ipynb").read_text("utf-8"))
    source = {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"]}
    names: dict[str, Any] = {"np": np}
    for cell in (
        "windows-code",
        "forward-code",
        "scatter-code",
        "network-code",
        "forward-network",
        "backward-network",
    ):
        exec(source[cell], names)
    return names


ConvNet = chapter()["ConvNet"]

X_all, y_all, X_test, y_test = nn.load_mnist()
X_train, y_train, X_aside, y_aside = nn.train_dev_split(
    X_all, y_all, 10_000, np.random.default_rng(0)
)
# The dev set chooses the rates, and the judge set compares the networks.
X_dev, y_dev = X_aside[:5_000], y_aside[:5_000]
X_judge, y_judge = X_aside[5_000:], y_aside[5_000:]
SCRAMBLED = np.random.default_rng(0).permutation(SIDE * SIDE)
ORDERS = {"as they are": np.arange(SIDE * SIDE), "scrambled": SCRAMBLED}


def make(kind: str, units: tuple[int, ...], rng: np.random.Generator) -> Any:
    """Make a network: `units` are the channels of two convolutions, or the hidden units."""
    if kind == "convolution":
        return ConvNet(units, rng)
    return nn.MLP((SIDE * SIDE, *units, 10), rng)


def learn(
    network: Any,
    X: np.ndarray,
    y: np.ndarray,
    rng: np.random.Generator,
    rate: float,
    epochs: int,
    callbacks: tuple[nn.Callback, ...] = (),
) -> None:
    """Train with Adam and a rate that falls along a cosine."""
    steps = epochs * len(X) // BATCH
    nn.fit(
        network,
        nn.Adam(),
        X,
        y,
        epochs=epochs,
        batch_size=BATCH,
        rng=rng,
        callbacks=[nn.LearningRateSchedule(cosine_decay(rate, steps=steps)), *callbacks],
        progress=False,
    )


def moved(X: np.ndarray, pixels: int) -> np.ndarray:
    """Move pictures to the right; what comes in from the left is white."""
    images = X.reshape(-1, SIDE, SIDE)
    new = np.zeros_like(images)
    new[:, :, pixels:] = images[:, :, : SIDE - pixels]
    return new.reshape(X.shape)


def small_run(
    kind: str, units: tuple[int, ...], order: str, rate: float, seed: int
) -> dict[str, Any]:
    """Train on 10,000 pictures, and measure on both other sets."""
    rng = np.random.default_rng(seed)
    network, pixels = make(kind, units, rng), ORDERS[order]
    some = rng.choice(len(X_train), FEW, replace=False)
    learn(network, X_train[some][:, pixels], y_train[some], rng, rate, EPOCHS)

    def right(X: np.ndarray, y: np.ndarray) -> float:
        return nn.accuracy(y, network.predict(X[:, pixels]))

    return {
        "parameters": network.theta.size,
        "dev": right(X_dev, y_dev),
        "judge": right(X_judge, y_judge),
        "moved": [right(moved(X_judge, pixels), y_judge) for pixels in SHIFTS],
    }


def by_a_pixel() -> nn.Callback:
    """Move each picture of a batch by up to a pixel."""
    return nn.Augmentation(lambda X, rng: tools.shift(X, rng, pixels=1))


def short_run(kind: str, rate: float, seed: int) -> dict[str, Any]:
    """Train as the chapter does, and measure on the dev set."""
    rng = np.random.default_rng(seed)
    network = make(kind, LARGE[kind], rng)
    learn(network, X_train, y_train, rng, rate, SHORT_EPOCHS, (by_a_pixel(),))
    return {"dev": nn.accuracy(y_dev, network.predict(X_dev))}


def final_run(kind: str, rate: float, seed: int) -> dict[str, Any]:
    """Train on all 60,000 pictures, and open the test set."""
    rng = np.random.default_rng(seed)
    network = make(kind, LARGE[kind], rng)
    began = time.process_time()  # the time of this process alone, without other programs
    learn(network, X_all, y_all, rng, rate, FINAL_EPOCHS, (by_a_pixel(),))
    return {
        "parameters": network.theta.size,
        "seconds": round(time.process_time() - began, 1),
        "test": nn.accuracy(y_test, network.predict(X_test)),
    }


def finished(name: str, run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Give the result of a training: the kept one, or else train, and keep it."""
    kept = json.loads(FINISHED.read_text("utf-8")) if FINISHED.exists() else {}
    if name not in kept:
        kept[name] = run()
        FINISHED.parent.mkdir(exist_ok=True)
        FINISHED.write_text(json.dumps(kept, indent=1), "utf-8")
    result: dict[str, Any] = kept[name]
    return result


def with_seeds(
    name: str, run: Callable[..., dict[str, Any]], seeds: range = SEEDS
) -> dict[str, list[Any]]:
    """Train with each seed, and collect each measurement in a list."""
    rows = [
        finished(f"{name}, seed {seed}", partial(run, seed=seed)) for seed in tqdm(seeds, desc=name)
    ]
    return {key: [row[key] for row in rows] for key in rows[0]}


def sweep(
    name: str, run: Callable[..., dict[str, Any]], rates: tuple[float, ...]
) -> dict[str, Any]:
    """Try each rate with the same seeds, and give the one that is best on the dev set."""
    tried = [
        with_seeds(f"{name}, rate {rate}", partial(run, rate), CHOOSING)["dev"] for rate in rates
    ]
    dev = [float(np.mean(each)) for each in tried]
    best = int(np.argmax(dev))
    if best in (0, len(rates) - 1):
        raise ValueError(f"expected the best rate of {name} inside of {rates}, found {rates[best]}")
    return {"rates": rates, "dev": dev, "best": rates[best]}


def tuned(name: str, run: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Train at the best rate, with all seeds."""
    found = sweep(name, run, RATES)
    best = found["best"]
    return with_seeds(f"{name}, rate {best}", partial(run, best)) | found


def main() -> None:
    """Carry out all trainings, and write the results."""
    orders: dict[str, Any] = {}
    sizes: dict[str, Any] = {}
    short: dict[str, Any] = {}
    final: dict[str, Any] = {}
    for kind, units in LARGE.items():
        for order in ORDERS:
            name = f"{kind}, {order}"
            orders[name] = tuned(name, partial(small_run, kind, units, order))
        sizes[kind] = [
            tuned(f"{kind} of {smaller}", partial(small_run, kind, smaller, "as they are"))
            for smaller in SMALLER[kind]
        ]
    for kind in LARGE:
        short[kind] = sweep(f"short {kind}", partial(short_run, kind), SHORT_RATES[kind])
        rate = short[kind]["best"]
        final[kind] = with_seeds(f"final {kind}, rate {rate}", partial(final_run, kind, rate))
    results = {
        "few": FEW,
        "epochs": EPOCHS,
        "shifts": list(SHIFTS),
        "orders": orders,
        "sizes": {
            kind: [{key: row[key] for key in row if key != "moved"} for row in rows]
            for kind, rows in sizes.items()
        },
        "short": short,
        "final_epochs": FINAL_EPOCHS,
        "final": final,
    }
    path = Path(nn.__file__).parent / "lab" / "stored" / f"{Path(__file__).stem}.json"
    path.write_text(json.dumps(results, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()

"""Train the networks that take long, each with five seeds, and write a ledger with a row per run.

    python book/stored/runs.py                            # all runs that the ledger lacks
    python book/stored/runs.py relu-10-gd --seeds 3       # this run, if the ledger lacks it
    python book/stored/runs.py relu-10-gd --seeds 3 --again      # this run again
    python book/stored/runs.py --dask tcp://127.0.0.1:8786       # on a cluster

The program starts one process per core, each with one thread. You can stop it with Ctrl-C. A
finished run is in the ledger at once. The next start of the program continues an unfinished run
after its last epoch, or refuses to, if somebody has edited the plan of the run. The networks are in
runs/.
"""

import argparse
import contextlib
import json
import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

for library in ("OPENBLAS", "MKL", "OMP"):
    os.environ[f"{library}_NUM_THREADS"] = "1"  # before NumPy is imported, here and in workers

import joblib
import nn_core as nn
import numpy as np
from filelock import FileLock
from nn_core import tools
from nn_core.schedules import cosine_decay, inverse_time_decay
from nn_core.tools import RECIPES, Checkpoint, Recipe, save_network, train
from nn_core.tools.checkpoints import finished_epochs
from nn_core.tools.storage import atomic_write
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[2]
NETWORKS = ROOT / "runs"
LEDGER = ROOT / "nn_core" / "lab" / "stored" / "runs.json"
LOCK = "ledger.lock"  # a file in NETWORKS, since the folder of the ledger is part of the package
SEEDS = range(5)
POINTS = 40  # the largest number of points of a learning curve
TOGETHER = slice(20_000, 30_000)  # few writers of these digits also wrote other digits


PUBLISHED = ("relu-512-256-gd", "sigmoid-128-mse", "relu-10-gd", "relu-h-gd", "adam-256-128")


def one_pixel(X: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shift by up to one pixel."""
    return tools.shift(X, rng, pixels=1)


@dataclass(frozen=True)
class Plan:
    """A recipe, the choice of its dev set, and whether the run uses the test set.

    The dev set is drawn at "random", or lies "together" in the file, or there is no dev set.
    """

    recipe: Recipe
    dev: Literal["random", "together"] | None = "random"
    uses_test: bool = False


PLANS = {name: Plan(RECIPES[name], uses_test=True) for name in PUBLISHED}


def variant(of: str, name: str, **changes: Any) -> None:
    """Plan a recipe with some changes. The run does not use the test set."""
    recipe = replace(PLANS[of].recipe, name=f"{of}, {name}", **changes)
    PLANS[recipe.name] = replace(PLANS[of], recipe=recipe, uses_test=False)


# Changes of two published networks, one at a time, at the rates of their recipes. Changes of the
# others are in 11_published_networks.py, each at its best rate.
variant("relu-512-256-gd", "batches of 128", batch_size=128, epochs=20)
adam = "adam-256-128"
falling = nn.LearningRateSchedule(inverse_time_decay(1e-3, rate=1e-3))
dropout, l2 = nn.Dropout(0.2), nn.L2Penalty(1e-4)
shifts, distortions = nn.Augmentation(one_pixel), nn.Augmentation(tools.distort)
variant(adam, "no dropout", callbacks=lambda steps: [falling, l2])
variant(adam, "no L2", callbacks=lambda steps: [falling, dropout])
variant(
    adam,
    "cosine",
    callbacks=lambda steps: [
        nn.LearningRateSchedule(cosine_decay(1e-3, steps=steps)),
        dropout,
        l2,
    ],
)
variant(adam, "30 epochs", epochs=30)
variant(adam, "shifts", callbacks=lambda steps: [falling, shifts, dropout, l2])
variant(adam, "distortions", callbacks=lambda steps: [falling, distortions, dropout, l2])


def distorted(
    *more: nn.Callback,
    rate: tuple[float, float] = (1.5e-3, 0.0),
    strength: tuple[float, float] = (1.5, 0.5),
    change: Callable[..., np.ndarray] = tools.distort,
) -> Callable[[int], list[nn.Callback]]:
    """Make callbacks as those of the summit. `rate` and `strength` are pairs: first and last."""
    return lambda steps: [
        nn.LearningRateSchedule(cosine_decay(rate[0], steps=steps, final=rate[1])),
        nn.Augmentation(change, cosine_decay(strength[0], steps=steps, final=strength[1])),
        *more,
    ]


# The best network, trained on all pictures. Then two earlier networks, which do not make digits
# upright, and a network of the size of Cireşan's of 2010, with distortions of constant strength.
summit = RECIPES["summit"]
PLANS["summit, all 60,000"] = Plan(
    replace(summit, name="summit, all 60,000"), dev=None, uses_test=True
)
for name, sizes, epochs in (
    ("summit, not made upright", (784, 1500, 1000, 500, 10), 60),
    ("summit, smaller and shorter", (784, 1024, 512, 10), 20),
):
    earlier = replace(summit, name=name, sizes=sizes, epochs=epochs, network_class=nn.MLP)
    PLANS[name] = Plan(earlier, dev=None, uses_test=True)
PLANS["summit, as wide as in 2010"] = Plan(
    replace(
        summit,
        name="summit, as wide as in 2010",
        sizes=(784, 2500, 2000, 1500, 1000, 500, 10),
        epochs=50,
        optimizer=partial(nn.Adam, 1e-3),
        callbacks=distorted(rate=(1e-3, 0), strength=(1, 1)),
    ),
    dev=None,
    uses_test=True,
)

# The strengths of the distortion at the beginning and at the end. They are chosen on pictures that
# lie together in the file. Neighbours in the file have the same writer, and a random dev set would
# contain digits of every writer.
for first, last in ((1, 1), (1.5, 0.5)):
    name = f"summit, strength {first} to {last}"
    PLANS[name] = Plan(
        replace(
            summit,
            name=name,
            sizes=(784, 1024, 512, 10),
            epochs=24,
            callbacks=distorted(strength=(first, last)),
        ),
        dev="together",
    )

# The gain of each ingredient is measured on a small network with few epochs. A short training needs
# a milder distortion.
SMALL = "summit in small"
MILD = (1.0, 0.2)
PLANS[SMALL] = Plan(
    replace(
        summit,
        name=SMALL,
        sizes=(784, 512, 256, 10),
        epochs=10,
        callbacks=distorted(strength=MILD),
    ),
    dev="together",
)
variant(
    SMALL,
    "no distortion",
    callbacks=lambda steps: [nn.LearningRateSchedule(cosine_decay(1.5e-3, steps=steps))],
)
variant(SMALL, "not made upright", network_class=nn.MLP)
for name, callbacks in {
    "no elastic part": distorted(strength=MILD, change=partial(tools.distort, alpha=0)),
    "no affine part": distorted(
        strength=MILD, change=partial(tools.distort, degrees=0, scale=0, shear=0, pixels=0)
    ),
    "same strength to the end": distorted(strength=(1, 1)),
    "same rate to the end": distorted(strength=MILD, rate=(1.5e-3, 1.5e-3)),
    "smoothing": distorted(nn.LabelSmoothing(0.1), strength=MILD),
    "averaged weights": distorted(nn.ExponentialMovingAverage(0.998), strength=MILD),
    "dropout": distorted(nn.Dropout(0.1), strength=MILD),
}.items():
    variant(SMALL, name, callbacks=callbacks)
variant(SMALL, "first layer twice as wide", sizes=(784, 1024, 256, 10))
variant(SMALL, "twice as many epochs", epochs=20)


def file_of(name: str, seed: int) -> str:
    """Give the name of the file for a network."""
    return f"{name.replace(', ', '--').replace(' ', '-')}-{seed}.npz"


def carry_out(plan: Plan, seed: int, commit: str, folder: Path) -> tuple[dict[str, Any], nn.MLP]:
    """Train one network and measure it: a row of the ledger, and the network."""
    name = plan.recipe.name
    folder.mkdir(exist_ok=True)
    checkpoint = folder / f"unfinished-{file_of(name, seed)}"
    done = finished_epochs(checkpoint) if checkpoint.exists() else 0
    digits, dev = nn.load_mnist()[:2], None
    if plan.dev == "together":
        dev = tuple(array[TOGETHER] for array in digits)
        digits = tuple(np.delete(array, TOGETHER, axis=0) for array in digits)
    began = time.process_time()  # the time of this process alone, without other programs
    network, history = train(
        plan.recipe,
        digits,
        seed=seed,
        dev=dev,
        hold_out=plan.dev == "random",
        callbacks=[Checkpoint(checkpoint)],
        progress=False,
    )
    if len(history) < plan.recipe.epochs:
        raise KeyboardInterrupt  # `fit` has caught the first KeyboardInterrupt
    seconds = time.process_time() - began
    if done < len(history):  # of a resumed run, count the earlier epochs too, at the same speed
        seconds *= len(history) / (len(history) - done)
    checkpoint.unlink()
    row = {
        "recipe": name,
        "seed": seed,
        "epochs": len(history),
        "seconds": round(seconds, 1),
        "dev": float(history.dev_accuracy.iloc[-1]) if plan.dev else None,
        "test": None,
        "commit": commit,
        "machine": f"one core of {platform.machine()}, NumPy {np.__version__}",
    }
    if plan.uses_test:
        _, _, X_test, y_test = nn.load_mnist()
        row["test"] = nn.accuracy(y_test, network.predict(X_test))
    epochs = np.unique(np.geomspace(1, len(history), POINTS).round().astype(int))
    row["curve"] = {"epoch": epochs.tolist()} | {
        column: [float(f"{value:.5g}") for value in history.loc[epochs, column]]
        for column in ("loss", "accuracy", "dev_accuracy")
        if column in history
    }
    return row, network


def read() -> list[dict[str, Any]]:
    """Give the rows of the ledger."""
    return json.loads(LEDGER.read_text("utf-8"))["rows"] if LEDGER.exists() else []


def write(row: dict[str, Any]) -> None:
    """Put a row into the ledger, in the place of an older row of the same recipe and seed.

    Two programs that run at once write one after the other, so no row is lost.
    """
    NETWORKS.mkdir(exist_ok=True)
    with FileLock(NETWORKS / LOCK):
        rows = [r for r in read() if (r["recipe"], r["seed"]) != (row["recipe"], row["seed"])]
        rows = sorted([*rows, row], key=lambda r: (list(PLANS).index(r["recipe"]), r["seed"]))
        lines = ",\n".join(f" {json.dumps(r)}" for r in rows)  # a row is a line
        with atomic_write(LEDGER) as file:
            file.write(f'{{"rows": [\n{lines}\n]}}\n'.encode())


@contextlib.contextmanager
def workers(dask: str | None, jobs: int) -> Iterator[joblib.Parallel]:
    """Give joblib's workers: processes of this machine, or those of a Dask cluster."""
    with contextlib.ExitStack() as stack:
        if dask is None:
            stack.enter_context(joblib.parallel_config("loky"))
        else:
            from dask.distributed import Client  # only needed for a cluster

            stack.enter_context(Client(dask))
            stack.enter_context(joblib.parallel_config("dask"))
        yield joblib.Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)


def commit() -> str:
    """Give the current commit, with a plus if there are uncommitted changes."""
    command = ["git", "describe", "--always", "--dirty=+", "--abbrev=8"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()


def main() -> None:
    """Carry out the requested runs that the ledger lacks."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="names of recipes and variants; all by default")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, metavar="SEED")
    parser.add_argument("--again", action="store_true", help="repeat runs that the ledger has")
    parser.add_argument("--jobs", type=int, default=-1, help="runs at a time; by default, cores")
    parser.add_argument("--dask", metavar="ADDRESS", help="scheduler of a Dask cluster")
    parser.add_argument("--list", action="store_true", help="show the names, train nothing")
    options = parser.parse_args()
    if options.list:
        print("\n".join(PLANS))
        return
    unknown = set(options.names) - set(PLANS)
    if unknown:
        parser.error(f"expected names that --list shows, found {', '.join(sorted(unknown))}")
    done = set() if options.again else {(row["recipe"], row["seed"]) for row in read()}
    wanted = [
        (name, seed)
        for name in options.names or PLANS
        for seed in options.seeds
        if (name, seed) not in done
    ]
    with (
        workers(options.dask, options.jobs) as parallel,
        tqdm(total=len(wanted), unit="run") as bar,
    ):
        now, folder = commit(), Path("runs") if options.dask else NETWORKS
        task = joblib.delayed(carry_out)
        tasks = (task(PLANS[name], seed, now, folder) for name, seed in wanted)
        for row, network in parallel(tasks):
            NETWORKS.mkdir(exist_ok=True)
            save_network(NETWORKS / file_of(row["recipe"], row["seed"]), network)
            write(row)
            dev, test = (
                "none" if row[key] is None else f"{row[key]:.2%}" for key in ("dev", "test")
            )
            bar.write(f"{row['recipe']}, seed {row['seed']}: dev {dev}, test {test}")
            bar.update()


if __name__ == "__main__":
    main()

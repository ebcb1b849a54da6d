"""Kill trainings at random moments, resume them, and compare: `python tests/kill_training.py 50`.

Each training is `python -m nn_core train`, in a process of its own, on real digits. A process is
killed (SIGKILL, which nothing can catch) at a random moment, in its imports, while it loads, trains
or writes, and the next one goes on with `--resume`. A run that is finished is compared to one that
was never broken, and if more are to be killed another begins.
"""

import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from nn_core import load_mnist
from nn_core.storage import load_network

ROOT = Path(__file__).parents[1]
RECIPE = "adam-256-128"  # dropout, L2 and a schedule: all that chance and memory have a part in


def write_digits(folder: Path, count: int) -> None:
    """Write the first digits of MNIST as four IDX files."""
    folder.mkdir()
    X, y, X_test, y_test = load_mnist(raw=True)
    for part, images, labels in (("train", X, y), ("t10k", X_test, y_test)):
        images, labels = images[:count].reshape(-1, 28, 28), labels[:count]
        header = struct.pack(">iiii", 2051, len(images), 28, 28)
        data = header + images.astype(np.uint8).tobytes()
        (folder / f"{part}-images-idx3-ubyte").write_bytes(data)
        header = struct.pack(">ii", 2049, len(labels))
        data = header + labels.astype(np.uint8).tobytes()
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(data)


def start(folder: Path, out: str, epochs: int, *more: str) -> subprocess.Popen:
    """Begin a training, or go on with one."""
    options = ["--epochs", str(epochs), "--data", "digits", "--out", out, *more]
    return subprocess.Popen(
        [sys.executable, "-m", "nn_core", "train", RECIPE, *options],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"},
    )


def kill_and_resume(folder: Path, *, kills: int, epochs: int, seed: int = 0) -> dict[str, int]:
    """Kill so often; give how many were killed, and how many runs were finished and the same.

    Raises
    ------
    AssertionError
        A resumed run failed, or did not end with the weights of the unbroken one.
    """
    write_digits(folder / "digits", 3000)
    unbroken = start(folder, "unbroken", epochs)
    _, err = unbroken.communicate()
    assert unbroken.returncode == 0, err
    wanted = load_network(folder / "unbroken" / "weights.npz").theta
    rng = np.random.default_rng(seed)
    killed = finished = resumed = 0
    while killed < kills or finished == 0:
        process = start(folder, f"broken-{finished}", epochs, "--resume")
        try:
            if killed >= kills:  # this one may come to its end
                out, err = process.communicate()
            else:
                out, err = process.communicate(timeout=rng.uniform(0.2, 5.0))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            killed += 1
            continue
        assert process.returncode == 0, err
        resumed += "goes on from epoch" in out or "nothing is left to do" in out
        found = load_network(folder / f"broken-{finished}" / "weights.npz").theta
        assert np.array_equal(found, wanted), f"after {killed} kills other weights"
        left = [path.name for path in (folder / f"broken-{finished}").glob(".*")]
        assert not left, f"left behind: {left}"
        finished += 1
    return {"killed": killed, "finished and equal": finished, "of these resumed": resumed}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        kills = int(sys.argv[1]) if len(sys.argv) > 1 else 50
        print(kill_and_resume(Path(name), kills=kills, epochs=60))

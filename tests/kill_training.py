"""Kill trainings at random moments, resume them, and compare: `python tests/kill_training.py 50`.

Each training is `python -m nn_core train`, in its own process, on real digits. The script kills a
process (SIGKILL, which nothing can catch) at a random moment, while it imports, loads, trains or
writes. The next process goes on with `--resume`. The script compares a finished run with a run
without a break, and begins another run until there were enough kills.
"""

import os
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from nn_core import load_mnist
from nn_core.tools.storage import load_network

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
    """Begin or resume a training."""
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
    """Kill `kills` processes. Count them by moment, and the runs resumed, finished and equal.

    One process in five is killed early, while it imports or loads, the others soon after an epoch.

    Raises
    ------
    AssertionError
        A resumed run failed, or its weights differ from those of the run without a break.
    """
    write_digits(folder / "digits", 3000)
    unbroken = start(folder, "unbroken", epochs)
    _, err = unbroken.communicate()
    assert unbroken.returncode == 0, err
    wanted = load_network(folder / "unbroken" / "weights.npz").theta
    rng = np.random.default_rng(seed)
    found = dict.fromkeys(("killed", "while training", "while writing", "resumed", "equal"), 0)
    while found["killed"] < kills or found["equal"] == 0:
        out = folder / f"broken-{found['equal']}"
        process = start(folder, out.name, epochs, "--resume")
        last = found["killed"] >= kills  # the last process is not killed
        early = last or rng.random() < 0.2
        trains = not early and wait_for_an_epoch(process, out / "checkpoint.npz")
        try:
            output, err = process.communicate(timeout=None if last else rng.uniform(0.0, 0.6))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            found["killed"] += 1
            found["while training"] += trains
            found["while writing"] += any(out.glob(".*"))
            continue
        assert process.returncode == 0, err
        found["resumed"] += "goes on from epoch" in output or "nothing is left to do" in output
        theta = load_network(out / "weights.npz").theta
        assert np.array_equal(theta, wanted), f"other weights after {found}"
        left = [path.name for path in out.glob(".*")]
        assert not left, f"left behind: {left}"
        found["equal"] += 1
    return found


def wait_for_an_epoch(process: subprocess.Popen, checkpoint: Path) -> bool:
    """Wait until a training has written a checkpoint. False if the training ends before."""
    before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
    while process.poll() is None:
        if checkpoint.exists() and checkpoint.stat().st_mtime_ns != before:
            return True
        time.sleep(0.01)
    return False


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        kills = int(sys.argv[1]) if len(sys.argv) > 1 else 50
        print(kill_and_resume(Path(name), kills=kills, epochs=40))

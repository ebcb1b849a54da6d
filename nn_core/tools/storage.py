"""Save networks to files and load them. A file on disk is always complete."""

import errno
import itertools
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from nn_core.checks.settings import check_choice, check_finite
from nn_core.data import DataError
from nn_core.initializers import zeros
from nn_core.network import MLP
from nn_core.tools.slant import UprightMLP

SAVED_OPTIONS = ("activation", "output", "loss")
# The class of a network, by how the network prepares an input before the first layer. A file
# without this entry is older than `UprightMLP` and holds an `MLP`.
NETWORK_CLASSES: dict[str, type[MLP]] = {"none": MLP, "deslant": UprightMLP}


@contextmanager
def atomic_write(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file for writing that replaces `path` only after all bytes are written.

    The bytes go to a temporary file in the same folder, which is renamed to `path` at the end. So
    `path` never holds half a file, and if writing fails, `path` keeps its old content. If `path` is
    a symbolic link, the target of the link is replaced.

    Raises
    ------
    OSError
        The file cannot be written, or `path` is a folder, a device or a pipe.
    """
    path = Path(os.path.realpath(path))
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "expected a file, found a folder", str(path))
    # `realpath` resolves every link, except a link that points to itself.
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise OSError(errno.EINVAL, "expected a file, found a device, pipe or link", str(path))
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            yield file
            # The bytes must be on the disk before the file gets its new name.
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        if error.filename is None:  # the error of a full disk names no file
            reason = error.strerror or str(error)
            raise OSError(error.errno, f"cannot be written: {reason}", str(path)) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def save_network(path: str | Path, network: MLP, *, compact: bool = False) -> None:
    """Write a network to a file: its sizes, its options and `theta`.

    A compact file stores each weight as one of 255 levels, `W = step level` with
    `step = max |W| / 127` for each layer. The file is five times smaller.

    Parameters
    ----------
    path
        The `.npz` file to write, replaced only when complete (see `atomic_write`).
    network
        The network to save.
    compact
        Whether to round the weights to levels. The loaded network is then float32, and its
        weights differ slightly.

    Raises
    ------
    OSError
        The file cannot be written.
    ValueError
        A weight of the network is NaN or infinite.
    """
    check_finite("weights", network.theta)
    options = {name: getattr(network, name) for name in SAVED_OPTIONS}
    options["preparation"] = "deslant" if isinstance(network, UprightMLP) else "none"
    with atomic_write(path) as file:
        if not compact:
            np.savez(file, sizes=network.sizes, theta=network.theta, **options)
            return
        steps = [float(np.abs(W).max()) / 127 or 1.0 for W in network.W]
        levels = [np.rint(W / step).ravel() for W, step in zip(network.W, steps, strict=True)]
        np.savez_compressed(
            file,
            sizes=network.sizes,
            levels=np.concatenate(levels).astype(np.int8),
            steps=np.array(steps, np.float32),
            biases=np.concatenate(network.b).astype(np.float32),
            **options,
        )


def load_network(path: str | Path) -> MLP:
    """Read a network that `save_network` wrote.

    Loading never runs code from the file: pickled objects are refused.

    Raises
    ------
    FileNotFoundError
        The file does not exist.
    DataError
        The file is damaged, or it is not a saved network.
    """
    with Path(path).open("rb") as file:
        start = file.read(4)
    if start != b"PK\3\4":
        raise DataError(
            f"{path}: expected a saved network (an .npz archive), "
            + (f"found a file that starts with {start!r}" if start else "found an empty file")
        )
    try:
        with np.load(path, allow_pickle=False) as archive:
            if "numbers" in archive.files:
                raise ValueError("a checkpoint, from which a training can go on")
            compact = "levels" in archive.files
            parts = ("levels", "steps", "biases") if compact else ("theta",)
            saved = {name: archive[name] for name in ("sizes", *parts)}
            options = {name: str(archive[name]) for name in SAVED_OPTIONS}
            preparation = str(archive.get("preparation", "none"))
        sizes = saved["sizes"].tolist()
        theta = _theta_of_levels(sizes, saved) if compact else saved["theta"]
        count = sum((a + 1) * b for a, b in itertools.pairwise(sizes))
        if theta.shape != (count,) or theta.dtype not in (np.float32, np.float64):
            raise ValueError(
                f"layers {sizes} with parameters {theta.dtype} {theta.shape} instead of ({count},)"
            )
        check_finite("weights", theta)
        check_choice("preparation", preparation, NETWORK_CLASSES)
        network = NETWORK_CLASSES[preparation](
            sizes, np.random.default_rng(0), initializer=zeros, dtype=theta.dtype.type, **options
        )
    # NumPy raises many kinds of error for a damaged archive or for entries that are not arrays.
    except (
        OSError, EOFError, ValueError, TypeError, KeyError, zipfile.BadZipFile, zlib.error
    ) as error:  # fmt: skip
        raise DataError(f"{path}: expected a saved network, found: {error}") from error
    network.theta[:] = theta
    return network


def _theta_of_levels(sizes: list[int], saved: dict[str, np.ndarray]) -> np.ndarray:
    """Join the weights of a compact file, `step level`, and its biases to `theta`."""
    counts = [fan_in * fan_out for fan_in, fan_out in itertools.pairwise(sizes)]
    W = np.split(saved["levels"], np.cumsum(counts))
    b = np.split(saved["biases"], np.cumsum(sizes[1:]))
    # The arrays after the last cut, W[-1] and b[-1], are empty, unless the file is damaged.
    steps = np.append(saved["steps"], np.float32(1))
    parts = [(w * step, b) for w, b, step in zip(W, b, steps, strict=True)]
    return np.concatenate([array for part in parts for array in part])

"""Files that are whole or not there: networks on disk."""

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
# Kinds of networks, by what they do to an input before the first layer. A file that does not say it
# is older than the second kind.
KINDS: dict[str, type[MLP]] = {"none": MLP, "deslant": UprightMLP}


@contextmanager
def whole_file(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file for writing that takes the place of `path` only when all is written.

    The bytes go to a file beside it, which is renamed at the end: at no moment does `path` hold
    half a file, and if writing fails it holds what it held before. Of a link, the file that it
    points to is written.

    Raises
    ------
    OSError
        The file cannot be written, or `path` is a folder, a device or a pipe.
    """
    path = Path(os.path.realpath(path))
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "expected a file, found a folder", str(path))
    # A link that is left here points to itself.
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise OSError(errno.EINVAL, "expected a file, found a device, pipe or link", str(path))
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as file:
            yield file
            # The name must not change hands before the bytes have reached the disk.
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        if error.filename is None:  # a full disk does not say what it was asked to hold
            reason = error.strerror or str(error)
            raise OSError(error.errno, f"cannot be written: {reason}", str(path)) from error
        raise
    finally:
        draft.unlink(missing_ok=True)


def save_network(path: str | Path, network: MLP, *, compact: bool = False) -> None:
    """Write a network to a file: its sizes, the names it was made with, and `theta`.

    A compact file keeps each weight as one of 255 levels, `W = step level` with
    `step = max |W| / 127` for each layer, and takes a fifth of the room.

    Parameters
    ----------
    path
        The file, an `.npz` archive of NumPy. It is replaced as a whole (see `whole_file`).
    network
        The network.
    compact
        Whether to round the weights, as above. The network read back is then float32 and a
        little different.

    Raises
    ------
    OSError
        The file cannot be written.
    ValueError
        The network has weights that are NaN or infinite.
    """
    check_finite("weights", network.theta)
    names = {name: getattr(network, name) for name in SAVED_OPTIONS}
    names["preparation"] = "deslant" if isinstance(network, UprightMLP) else "none"
    with whole_file(path) as file:
        if not compact:
            np.savez(file, sizes=network.sizes, theta=network.theta, **names)
            return
        steps = [float(np.abs(W).max()) / 127 or 1.0 for W in network.W]
        levels = [np.rint(W / step).ravel() for W, step in zip(network.W, steps, strict=True)]
        np.savez_compressed(
            file,
            sizes=network.sizes,
            levels=np.concatenate(levels).astype(np.int8),
            steps=np.array(steps, np.float32),
            biases=np.concatenate(network.b).astype(np.float32),
            **names,
        )


def load_network(path: str | Path) -> MLP:
    """Read a network that `save_network` wrote.

    Nothing in the file is run: pickled objects are refused.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    DataError
        The file is damaged, or something else than a saved network.
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
            names = {name: str(archive[name]) for name in SAVED_OPTIONS}
            preparation = str(archive.get("preparation", "none"))
        sizes = saved["sizes"].tolist()
        theta = _theta_of_levels(sizes, saved) if compact else saved["theta"]
        count = sum((a + 1) * b for a, b in itertools.pairwise(sizes))
        if theta.shape != (count,) or theta.dtype not in (np.float32, np.float64):
            raise ValueError(
                f"layers {sizes} with parameters {theta.dtype} {theta.shape} instead of ({count},)"
            )
        check_finite("weights", theta)
        check_choice("preparation", preparation, KINDS)
        network = KINDS[preparation](
            sizes, np.random.default_rng(0), initializer=zeros, dtype=theta.dtype.type, **names
        )
    # NumPy tells in many ways that an archive is damaged or does not hold plain arrays.
    except (
        OSError, EOFError, ValueError, TypeError, KeyError, zipfile.BadZipFile, zlib.error
    ) as error:  # fmt: skip
        raise DataError(f"{path}: expected a saved network, found: {error}") from error
    network.theta[:] = theta
    return network


def _theta_of_levels(sizes: list[int], saved: dict[str, np.ndarray]) -> np.ndarray:
    """Put a compact file's weights, `step level`, and biases in their order in `theta`."""
    counts = [fan_in * fan_out for fan_in, fan_out in itertools.pairwise(sizes)]
    W = np.split(saved["levels"], np.cumsum(counts))
    b = np.split(saved["biases"], np.cumsum(sizes[1:]))
    # What lies behind the last cut, W[-1] and b[-1], is empty, unless the file is damaged.
    steps = np.append(saved["steps"], np.float32(1))
    parts = [(w * step, b) for w, b, step in zip(W, b, steps, strict=True)]
    return np.concatenate([array for part in parts for array in part])

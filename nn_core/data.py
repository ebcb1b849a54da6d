"""Read and prepare digits: IDX files, scaling, one-hot labels, splits and minibatches.

The files of MNIST are in `nn_core/mnist`.
"""

import gzip
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nn_core.checks.examples import DataError as DataError
from nn_core.checks.examples import (
    check_labels_below,
    check_same_length,
    examples,
    labels,
    stored_pixels,
    takes,
)
from nn_core.checks.files import check_digits, check_folder, check_idx
from nn_core.checks.settings import check_number, check_rng

MNIST_FOLDER = Path(__file__).with_name("mnist")
SIDE = 28  # pixels
CLASSES = 10
PIXELS = SIDE * SIDE


def load_mnist(
    folder: str | Path | None = None, *, raw: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Load the MNIST digits, or any data set stored in the same four files.

    Parameters
    ----------
    folder
        The folder of the four IDX files, raw or gzipped. The default is MNIST, which is part
        of this package.
    raw
        Whether to return the images as they are stored, uint8 `(N, 28, 28)` from 0 (paper)
        to 255 (ink), read-only, instead of float32 `(N, 784)` from 0 to 1.

    Returns
    -------
    X_train, y_train, X_test, y_test
        Images and their integer labels 0 to 9. For MNIST, 60,000 to train on and
        10,000 to test on.

    Raises
    ------
    FileNotFoundError
        One of the four files is missing.
    DataError
        A file is damaged, has another format, or does not match the other file of its pair.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998), "Gradient-based learning applied to
    document recognition".
    """
    folder = MNIST_FOLDER if folder is None else Path(folder)
    X_train, y_train = _load_pair(folder, "train")
    X_test, y_test = _load_pair(folder, "t10k")
    if not raw:
        X_train, X_test = scale_pixels(X_train), scale_pixels(X_test)
    return X_train, y_train, X_test, y_test


def _load_pair(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    image_file = _find(folder, f"{part}-images", "idx3-ubyte")
    label_file = _find(folder, f"{part}-labels", "idx1-ubyte")
    images, labels = read_idx(image_file), read_idx(label_file)
    check_digits(image_file, images, label_file, labels, SIDE, CLASSES)
    return images, labels.astype(np.int64)


def _find(folder: Path, stem: str, ending: str) -> Path:
    # Both spellings are in use: the original names, and a dot in place of the second hyphen.
    names = [f"{stem}{mark}{ending}{gz}" for gz in ("", ".gz") for mark in "-."]
    check_folder(folder, names)
    return next(folder / name for name in names if (folder / name).is_file())


def read_bytes(path: str | Path) -> bytes:
    """Read all bytes of a file, and decompress them if the file is gzipped (it starts with 1f 8b).

    Raises
    ------
    DataError
        The file is empty, or its gzip stream is damaged or cut short.
    """
    data = Path(path).read_bytes()
    if not data:
        raise DataError(f"{path}: expected data, found an empty file")
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(
                f"{path}: expected a complete gzip file, found a damaged or truncated one ({error})"
            ) from error
    return data


def read_idx(path: str | Path) -> np.ndarray:
    """Read an array of bytes from an IDX file, the format MNIST is stored in.

    The file starts with four bytes, 0, 0, a type code (8 for unsigned bytes) and the
    number of dimensions. Each dimension follows as a four-byte integer, largest byte
    first. The rest is the data; the last dimension varies fastest.

    Parameters
    ----------
    path
        The file, raw or gzipped.

    Returns
    -------
    ndarray of uint8
        The shape is in the file: `(N, 28, 28)` for images, `(N,)` for labels. The array is
        read-only, since it is a view of the bytes of the file.

    Raises
    ------
    DataError
        The file is not an IDX file of unsigned bytes, or its length does not match its
        header.
    """
    data = read_bytes(path)
    check_idx(path, data)
    ndim = data[3]
    start = 4 + 4 * ndim
    shape = struct.unpack(f">{ndim}I", data[4:start])
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


@takes(images=stored_pixels)
def scale_pixels(images: np.ndarray) -> np.ndarray:
    """Turn images into rows of inputs: `x = pixel / 255`.

    Parameters
    ----------
    images
        uint8 `(N, 28, 28)`, or any `(N, ...)`. Whole numbers from 0 to 255 of another type
        become uint8.

    Returns
    -------
    ndarray of float32 `(N, 784)`
        Numbers from 0 to 1.

    Raises
    ------
    TypeError
        The images contain other numbers: perhaps they are scaled already.
    """
    if images.dtype != np.uint8:
        raise TypeError(
            f"expected uint8 pixels from 0 to 255, found {images.dtype}; scaled already?"
        )
    flat = images.reshape(len(images), -1)
    return np.divide(flat, 255, dtype=np.float32)


@takes(y=labels)
def one_hot(y: np.ndarray, classes: int = 10) -> np.ndarray:
    """Write each label as a row with a single 1: `Y[n, y[n]] = 1`, zero elsewhere.

    Parameters
    ----------
    y
        Integer labels `(N,)`.
    classes
        The number of classes.

    Returns
    -------
    ndarray of float32 `(N, classes)`

    Raises
    ------
    TypeError
        The labels are not integers.
    ValueError
        The labels are not one-dimensional, or a label is outside 0 to `classes - 1`.
    """
    check_number("classes", classes, at_least=1, whole=True)
    check_labels_below(y, classes)
    Y = np.zeros((len(y), classes), np.float32)
    Y[np.arange(len(y)), y] = 1
    return Y


@takes(X=examples, y=labels)
def train_dev_split(
    X: np.ndarray, y: np.ndarray, dev_size: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Draw `dev_size` examples at random, without replacement, and set them aside.

    Parameters
    ----------
    X, y
        Examples `(N, ...)` and their labels `(N,)`.
    dev_size
        The number of examples to set aside, from 1 to N - 1.
    rng
        The random generator.

    Returns
    -------
    X_train, y_train, X_dev, y_dev
        `N - dev_size` examples to train on, and `dev_size` examples to choose settings with.

    Raises
    ------
    TypeError
        X or y cannot be converted to an array (see `examples`), `dev_size` is not a whole
        number, or `rng` is not a random generator.
    ValueError
        X and y differ in length, or `dev_size` leaves one of the two parts empty.
    """
    check_same_length(X, y)
    check_number("dev_size", dev_size, at_least=1, at_most=len(X) - 1, whole=True)
    check_rng(rng)
    order = rng.permutation(len(X))
    dev, train = order[:dev_size], order[dev_size:]
    return X[train], y[train], X[dev], y[dev]


@takes(X=examples, y=labels)
def minibatches(
    X: np.ndarray, y: np.ndarray, batch_size: int | None, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give all examples once, in a new random order and in small batches.

    Parameters
    ----------
    X, y
        Examples `(N, ...)` and their labels `(N,)`.
    batch_size
        Examples per batch. The last batch is smaller if N is not a multiple of `batch_size`.
        None gives one batch of all examples, in their own order (full batch).
    rng
        The random generator for the order. The same seed gives the same batches.

    Yields
    ------
    X_batch, y_batch
        Copies of up to `batch_size` examples and their labels. The full batch is not a copy: it
        is `X` and `y` themselves.

    Raises
    ------
    TypeError
        X or y cannot be converted to an array (see `examples`), `batch_size` is not a whole
        number, or `rng` is not a random generator.
    ValueError
        X and y differ in length, or `batch_size` is below 1. The first batch raises the
        error.
    """
    check_same_length(X, y)
    if batch_size is None:
        yield X, y
        return
    check_number("batch_size", batch_size, at_least=1, whole=True)
    check_rng(rng)
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        batch = order[start : start + batch_size]
        yield X[batch], y[batch]

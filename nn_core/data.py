"""Digits in: IDX and CSV files, scaling, one-hot labels, splits and minibatches.

MNIST itself ships beside this file, in `nn_core/mnist`.
"""

import gzip
import io
import math
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nn_core.checks import check_number, check_rng
from nn_core.examples import DataError as DataError
from nn_core.examples import (
    check_labels_below,
    check_same_length,
    examples,
    is_label_name,
    labels,
    stored_pixels,
    takes,
)
from nn_core.formats import describe_format

if TYPE_CHECKING:
    import pandas as pd

MNIST_FOLDER = Path(__file__).with_name("mnist")
SIDE = 28  # pixels
CLASSES = 10
PIXELS = SIDE * SIDE
# What a column is called that numbers the rows; without a name it does, too.
INDEX_NAMES = ("", "id", "imageid", "image_id", "index", "idx", "row", "row_id", "rowid")


def load_mnist(
    folder: str | Path | None = None, *, raw: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Load the MNIST digits, or any data set stored in the same four files.

    Parameters
    ----------
    folder
        Where the four IDX files lie, raw or gzipped. By default the MNIST files that
        ship with this package.
    raw
        Give the images as they are stored, uint8 `(N, 28, 28)` from 0 (paper) to 255
        (ink), read-only, instead of float32 `(N, 784)` from 0 to 1.

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
        A file is damaged, is something else, or does not match its partner.

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
    if images.ndim != 3 or images.shape[1:] != (SIDE, SIDE) or len(images) == 0:
        raise DataError(
            f"{image_file}: expected images of shape (N, {SIDE}, {SIDE}), at least one, "
            f"found an array of shape {images.shape}"
        )
    if labels.ndim != 1:
        raise DataError(
            f"{label_file}: expected labels of shape (N,), found an array of shape {labels.shape}"
        )
    if len(images) != len(labels):
        raise DataError(
            f"{image_file} holds {len(images)} images, but {label_file} holds {len(labels)} "
            "labels; expected as many labels as images"
        )
    _check_labels(label_file, labels)
    return images, labels.astype(np.int64)


def _find(folder: Path, stem: str, ending: str) -> Path:
    # Both spellings are in use: the original names, and a dot in place of the second hyphen.
    names = [f"{stem}{mark}{ending}{gz}" for gz in ("", ".gz") for mark in "-."]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    if folder.is_file():
        found = describe_format(read_bytes(folder)) or "a file, perhaps CSV, which read_csv reads"
        raise DataError(f"{folder}: expected a folder of four IDX files, found {found}")
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: expected a folder of four IDX files, found none")
    others = sorted(path.name for path in folder.iterdir())
    found = ", ".join(others[:4]) + (f" and {len(others) - 4} more" if len(others) > 4 else "")
    raise FileNotFoundError(
        f"{folder}: expected a file {' or '.join(names)}, found none of them"
        + (f" among {found}" if others else "; the folder is empty")
    )


def read_bytes(path: str | Path) -> bytes:
    """Read a whole file, unpacking it if it is gzipped (first two bytes 1f 8b).

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
    first. The rest is the data, last dimension fastest.

    Parameters
    ----------
    path
        The file, raw or gzipped.

    Returns
    -------
    ndarray of uint8
        Of the shape the file states: `(N, 28, 28)` for images, `(N,)` for labels. It is
        read-only: a view of the bytes of the file.

    Raises
    ------
    DataError
        The file does not start as an IDX file of unsigned bytes does, or its length is
        not what its own header promises.
    """
    data = read_bytes(path)
    if len(data) < 4 or data[:3] != b"\0\0\x08" or not 1 <= data[3] <= 3:
        raise DataError(
            f"{path}: expected an IDX file of unsigned bytes (first bytes 00 00 08 and the "
            f"number of dimensions, 1 to 3), found {describe_format(data) or data[:4].hex(' ')}"
        )
    ndim = data[3]
    start = 4 + 4 * ndim
    if len(data) < start:
        raise DataError(
            f"{path}: expected a header of {start} bytes, found a file of {len(data)} bytes"
        )
    shape = struct.unpack(f">{ndim}I", data[4:start])
    if len(data) - start != math.prod(shape):
        raise DataError(
            f"{path}: expected {math.prod(shape)} bytes of data for the shape {shape} its "
            f"header gives, found {len(data) - start}"
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def read_csv(path: str | Path, *, raw: bool = False) -> tuple[np.ndarray, np.ndarray | None]:
    """Read digits from a CSV file: a row per image, a column per pixel, one for the labels or none.

    Where the first row has names, they say what a column is. Labels are called label, class,
    target, y, digit or category, and stand anywhere; a column that numbers the rows (id, ImageId,
    index, or without a name) is left out; the other 784 are pixels from 0 to 255, put in order by
    the numbers in their names. Without names the first of 785 columns holds the labels, or the
    last, where only that one can. Kaggle (`train.csv`, `test.csv`, `mnist_train.csv`) and OpenML
    write such files.

    Parameters
    ----------
    path
        The file, plain or gzipped, its columns parted by commas, semicolons, tabs or spaces.
    raw
        Give uint8 `(N, 28, 28)` instead of float32 `(N, 784)`, as in `load_mnist`.

    Returns
    -------
    X, y
        Images and integer labels; `y` is None where the file has no labels.

    Raises
    ------
    DataError
        Wrong number of columns, names that do not say which holds the labels or do not go with
        the values, a value missing or not a whole number, a pixel outside 0 to 255 or none above
        1, a label outside 0 to 9, no rows at all, or a file that is no CSV.
    """
    import pandas as pd

    text = read_bytes(path)
    if found := describe_format(text):
        raise DataError(f"{path}: expected a CSV file of digits, found {found}")
    text = text.removeprefix(b"\xef\xbb\xbf")  # Excel's mark of UTF-8
    line = text.partition(b"\n")[0]
    mark = next((mark for mark in ",;\t " if line.count(mark.encode()) >= PIXELS - 1), ",")
    try:
        first = pd.read_csv(
            io.BytesIO(text), header=None, nrows=1, dtype=str, keep_default_na=False, sep=mark
        ).iloc[0]
        names = [cell.strip("# \t\"'") for cell in first] if _are_names([*first]) else None
        table = pd.read_csv(
            io.BytesIO(text),
            header=None,
            low_memory=False,
            skiprows=int(names is not None),
            sep=mark,
        )
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{path}: expected rows of digits, found none") from error
    except ValueError as error:  # text that pandas, or UTF-8, cannot take apart
        raise DataError(f"{path}: expected a CSV file of digits, found: {error}") from error
    width = table.shape[1]
    if names is None and width not in (PIXELS, PIXELS + 1):
        raise DataError(
            f"{path}: expected {PIXELS} columns (pixels) or {PIXELS + 1} (a label, then pixels), "
            f"found {width} in a file that starts with {first[0][:40]!r}"
        )
    if names is not None and len(names) != width:
        raise DataError(
            f"{path}: expected {width} column names to go with {width} values in a row, "
            f"found {len(names)}, the first being {first[0]!r}"
        )
    label, pixels = (
        _columns_by_name(path, names, table) if names else _columns_by_place(path, table)
    )
    values = _whole_numbers(path, table[sorted(pixels if label is None else [label, *pixels])])
    images = values[pixels].to_numpy()
    wrong = np.argwhere((images < 0) | (images > 255))
    if len(wrong):
        row, column = wrong[0]
        raise DataError(
            f"{path}: expected pixels from 0 to 255, found {images[row, column]} "
            f"in row {row + 1} of the data, pixel {column}"
        )
    if images.max() == 1:
        raise DataError(
            f"{path}: expected pixels from 0 to 255, found none above 1; multiply them by 255"
        )
    labels = None
    if label is not None:
        labels = values[label].to_numpy().astype(np.int64)
        _check_labels(path, labels)
    stored = images.astype(np.uint8).reshape(-1, SIDE, SIDE)
    return (stored if raw else scale_pixels(stored)), labels


def _are_names(cells: list[str]) -> bool:
    """Whether the first row holds names; 0, 1, 2 ... 783 are names too, as pandas gives them."""
    numbers = [cell for cell in cells if _is_number(cell)]
    if len(numbers) < PIXELS or not numbers[0].isdecimal():
        return not numbers
    return numbers == [str(int(numbers[0]) + k) for k in range(len(numbers))]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _columns_by_name(
    path: str | Path, names: list[str], table: "pd.DataFrame"
) -> tuple[int | None, list[int]]:
    """Find the column of the labels, if there is one, and those of the pixels in their order."""
    labels = [k for k, name in enumerate(names) if is_label_name(name)]
    indices = [
        k for k, name in enumerate(names) if name.lower() in INDEX_NAMES or "Unnamed:" in name
    ]
    pixels = [k for k in range(len(names)) if k not in labels and k not in indices]
    if len(labels) > 1:
        found = " and ".join(repr(names[k]) for k in labels)
        raise DataError(f"{path}: expected one column of labels, found {found}")
    if not labels and len(pixels) == PIXELS + 1:
        raise DataError(
            f"{path}: expected a column named 'label' or 'class' beside {PIXELS} of pixels, found "
            f"{len(pixels)} names from {names[pixels[0]]!r} to {names[pixels[-1]]!r}, "
            "none of which says where the labels are; rename that column"
        )
    for k in indices:
        if not labels and len(table) > 1 and not table[k].dropna().is_unique:
            raise DataError(
                f"{path}: expected the column {names[k]!r}, column {k + 1}, to number the rows, "
                "found values that come twice; if these are labels, name the column 'label'"
            )
    # What varies from name to name: one number, or two, row and column.
    shapes = [re.sub(r"\d+", "#", names[k]) for k in pixels]
    usual = max(set(shapes), key=shapes.count) if shapes else ""
    strange = [names[k] for k, shape in zip(pixels, shapes, strict=True) if shape != usual]
    if len(pixels) != PIXELS or strange:
        others = f"; not a pixel: {', '.join(map(repr, strange[:3]))}" if strange else ""
        ends = f" from {names[pixels[0]]!r} to {names[pixels[-1]]!r}" if pixels else ""
        raise DataError(
            f"{path}: expected {PIXELS} columns of pixels, named alike and numbered, "
            f"found {len(pixels)}{ends}{others}"
        )
    numbers = np.array([[int(digits) for digits in re.findall(r"\d+", names[k])] for k in pixels])
    numbers = numbers[:, np.ptp(numbers, axis=0) > 0]
    sides = np.ptp(numbers, axis=0) + 1
    if len(np.unique(numbers, axis=0)) != PIXELS or sides.tolist() not in ([PIXELS], [SIDE, SIDE]):
        raise DataError(
            f"{path}: expected names that number {PIXELS} pixels without a gap, found a number "
            f"missing or twice between {names[pixels[0]]!r} and {names[pixels[-1]]!r}"
        )
    order = np.lexsort(numbers.T[::-1])
    return labels[0] if labels else None, [pixels[k] for k in order]


def _columns_by_place(path: str | Path, table: "pd.DataFrame") -> tuple[int | None, list[int]]:
    """Without names: pixels alone, or labels before them, or behind where only those can be."""
    if table.shape[1] == PIXELS:
        return None, list(range(PIXELS))
    first, last = table[0], table[PIXELS]
    # The corners of a digit are paper: nothing but zeros.
    first_can, last_can = (column.isin(range(CLASSES)).all() for column in (first, last))
    first_is_paper, last_is_paper = ((column == 0).all() for column in (first, last))
    if first_is_paper and last_can and not last_is_paper and last.nunique() > 1:
        return PIXELS, list(range(PIXELS))
    if not first_can and last_can and not last_is_paper:
        return PIXELS, list(range(PIXELS))
    if first_can and last_can and not last_is_paper:
        raise DataError(
            f"{path}: expected a column of labels, found that the first column and the last may "
            "both be it; give them names in a first row, 'label' among them"
        )
    if len(table) > 2 and first.dtype.kind in "iu" and (np.diff(first) == 1).all():
        raise DataError(
            f"{path}: expected labels in the first of {PIXELS + 1} columns, found one that numbers "
            f"the rows from {first[0]} to {first.iloc[-1]}; take it out, or name the columns in a "
            "first row"
        )
    return 0, list(range(1, PIXELS + 1))


def _whole_numbers(path: str | Path, table: "pd.DataFrame") -> "pd.DataFrame":
    """Give the table as integers; the first cell that is not a whole number is named."""
    if all(dtype.kind in "iu" for dtype in table.dtypes):
        return table
    import pandas as pd

    numbers = table.apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    # Infinite and absurdly large values are caught here too, before they overflow an integer.
    wrong = np.argwhere(~(np.abs(numbers) < 1e9) | (numbers != np.floor(numbers)))
    if len(wrong):
        row, column = wrong[0]
        found = table.iat[row, column]
        missing = table.isna().iat[row, column]
        advice = "; divided by 255 already?" if 0 < numbers[row, column] < 1 else ""
        raise DataError(
            f"{path}: expected a whole number in row {row + 1} of the data, "
            f"column {table.columns[column] + 1}, "
            f"found {'nothing (NaN)' if missing else repr(str(found))}{advice}"
        )
    return pd.DataFrame(numbers.astype(np.int64), columns=table.columns)


def _check_labels(path: str | Path, labels: np.ndarray) -> None:
    try:
        check_labels_below(labels, CLASSES)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


@takes(images=stored_pixels)
def scale_pixels(images: np.ndarray) -> np.ndarray:
    """Turn images into rows of inputs: `x = pixel / 255`.

    Parameters
    ----------
    images
        uint8 `(N, 28, 28)`, or any `(N, ...)`; other whole numbers from 0 to 255 will do.

    Returns
    -------
    ndarray of float32 `(N, 784)`
        From 0 to 1.

    Raises
    ------
    TypeError
        The images hold no whole numbers from 0 to 255: they may have been scaled already.
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
        The labels are not one-dimensional, or one is outside 0 to `classes - 1`.
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
    """Set `dev_size` examples aside, drawn at random without replacement.

    Parameters
    ----------
    X, y
        Examples `(N, ...)` and their labels `(N,)`.
    dev_size
        How many examples to set aside, from 1 to N - 1.
    rng
        Where the randomness comes from.

    Returns
    -------
    X_train, y_train, X_dev, y_dev
        `N - dev_size` examples to train on and `dev_size` to make choices with.

    Raises
    ------
    TypeError
        X or y is no array and cannot become one (see `examples`), `dev_size` is not a whole
        number, or `rng` is no generator.
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
    X: np.ndarray, y: np.ndarray, batch_size: int, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Walk once through all examples in a fresh random order, a few at a time.

    Parameters
    ----------
    X, y
        Examples `(N, ...)` and their labels `(N,)`.
    batch_size
        Examples per batch; the last batch is smaller when N is no multiple of it.
    rng
        Where the order comes from: the same seed gives the same batches.

    Yields
    ------
    X_batch, y_batch
        Copies of up to `batch_size` examples and their labels.

    Raises
    ------
    TypeError
        X or y is no array and cannot become one (see `examples`), `batch_size` is not a whole
        number, or `rng` is no generator.
    ValueError
        X and y differ in length, or `batch_size` is below 1. Raised when the first
        batch is asked for.
    """
    check_same_length(X, y)
    check_number("batch_size", batch_size, at_least=1, whole=True)
    check_rng(rng)
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        batch = order[start : start + batch_size]
        yield X[batch], y[batch]

"""Check the files of a data set."""

import gzip
import math
import struct
from pathlib import Path

import numpy as np

from nn_core.checks.examples import DataError, check_labels_below
from nn_core.checks.formats import describe_format

SHOWN = 4  # the number of file names in a message
START = 4_096  # bytes, enough to recognise the format of a file


def check_folder(folder: Path, names: list[str]) -> None:
    """Raise FileNotFoundError or DataError unless a folder holds a file of one of these names."""
    if any((folder / name).is_file() for name in names):
        return
    if folder.is_file():
        with folder.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with gzip.open(folder) if packed else folder.open("rb") as file:
            found = describe_format(file.read(START)) or "a file, perhaps CSV, which read_csv reads"
        raise DataError(f"{folder}: expected a folder of four IDX files, found {found}")
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: expected a folder of four IDX files, found none")
    others = sorted(path.name for path in folder.iterdir())
    more = f" and {len(others) - SHOWN} more" if len(others) > SHOWN else ""
    raise FileNotFoundError(
        f"{folder}: expected a file {' or '.join(names)}, found none of them"
        + (f" among {', '.join(others[:SHOWN])}{more}" if others else "; the folder is empty")
    )


def check_idx(path: str | Path, data: bytes) -> None:
    """Raise DataError unless `data` is an IDX file of unsigned bytes that matches its header."""
    if len(data) < 4 or data[:3] != b"\0\0\x08" or not 1 <= data[3] <= 3:
        raise DataError(
            f"{path}: expected an IDX file of unsigned bytes (first bytes 00 00 08 and the "
            f"number of dimensions, 1 to 3), found {describe_format(data) or data[:4].hex(' ')}"
        )
    start = 4 + 4 * data[3]
    if len(data) < start:
        raise DataError(
            f"{path}: expected a header of {start} bytes, found a file of {len(data)} bytes"
        )
    shape = struct.unpack(f">{data[3]}I", data[4:start])
    if len(data) - start != math.prod(shape):
        raise DataError(
            f"{path}: expected {math.prod(shape)} bytes of data for the shape {shape} in its "
            f"header, found {len(data) - start}"
        )


def check_digits(
    image_file: Path,
    images: np.ndarray,
    label_file: Path,
    labels: np.ndarray,
    side: int,
    classes: int,
) -> None:
    """Raise DataError unless two files hold square images and as many labels below `classes`."""
    if images.ndim != 3 or images.shape[1:] != (side, side) or len(images) == 0:
        raise DataError(
            f"{image_file}: expected images of shape (N, {side}, {side}), at least one, "
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
    check_labels_of(label_file, labels, classes)


def check_labels_of(path: str | Path, labels: np.ndarray, classes: int) -> None:
    """Raise DataError, naming the file, unless all labels are from 0 to `classes - 1`."""
    try:
        check_labels_below(labels, classes)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error

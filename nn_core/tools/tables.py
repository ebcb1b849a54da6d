"""Digits in tables: CSV files as Kaggle, OpenML and spreadsheets write them."""

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nn_core.checks.examples import DataError, is_label_name
from nn_core.checks.files import check_labels_of
from nn_core.checks.formats import describe_format
from nn_core.data import CLASSES, PIXELS, SIDE, read_bytes, scale_pixels

if TYPE_CHECKING:
    import pandas as pd

# What a column is called that numbers the rows; without a name it does, too.
INDEX_NAMES = ("", "id", "imageid", "image_id", "index", "idx", "row", "row_id", "rowid")


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
        check_labels_of(path, labels, CLASSES)
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

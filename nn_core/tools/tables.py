"""Read digits from CSV files, as Kaggle, OpenML and spreadsheet programs write them."""

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

# Names of a column that numbers the rows. A column without a name numbers the rows too.
INDEX_NAMES = ("", "id", "imageid", "image_id", "index", "idx", "row", "row_id", "rowid")


def read_csv(path: str | Path, *, raw: bool = False) -> tuple[np.ndarray, np.ndarray | None]:
    """Read digits from a CSV file: a row per image, a column per pixel, and maybe a label column.

    If the first row holds column names, the names decide. The label column is named label, class,
    target, y, digit or category, at any position. A column that numbers the rows (id, ImageId,
    index, or no name) is ignored. The other 784 columns are pixels from 0 to 255, sorted by the
    numbers in their names.

    Without names, the labels are in the first of 785 columns, or in the last column if only that
    column can hold labels. Kaggle (`train.csv`, `test.csv`, `mnist_train.csv`) and OpenML use these
    formats.

    Parameters
    ----------
    path
        The file, plain or gzipped. Commas, semicolons, tabs or spaces separate the columns.
    raw
        Give uint8 `(N, 28, 28)` instead of float32 `(N, 784)`, as in `load_mnist`.

    Returns
    -------
    X, y
        Images and integer labels. `y` is None if the file has no labels.

    Raises
    ------
    DataError
        The file is not a CSV file, has no rows, or has a wrong number of columns. The names do not
        tell which column holds the labels, or do not match the values. A value is missing or not an
        integer. A pixel is outside 0 to 255, no pixel is above 1, or a label is outside 0 to 9.
    """
    import pandas as pd

    text = read_bytes(path)
    if found := describe_format(text):
        raise DataError(f"{path}: expected a CSV file of digits, found {found}")
    text = text.removeprefix(b"\xef\xbb\xbf")  # the byte order mark that Excel writes
    line = text.partition(b"\n")[0]
    separator = next(
        (separator for separator in ",;\t " if line.count(separator.encode()) >= PIXELS - 1), ","
    )
    try:
        first = pd.read_csv(
            io.BytesIO(text), header=None, nrows=1, dtype=str, keep_default_na=False, sep=separator
        ).iloc[0]
        names = [cell.strip("# \t\"'") for cell in first] if _are_names([*first]) else None
        table = pd.read_csv(
            io.BytesIO(text),
            header=None,
            low_memory=False,
            skiprows=int(names is not None),
            sep=separator,
        )
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{path}: expected rows of digits, found none") from error
    except ValueError as error:  # pandas cannot parse the text, or the text is not UTF-8
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
        _columns_by_name(path, names, table) if names else _columns_by_position(path, table)
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
    """Whether the first row holds names. pandas writes 0, 1, 2 ... 783 as default names."""
    numbers = [cell for cell in cells if _is_number(cell)]
    if len(numbers) < PIXELS or not numbers[0].isdecimal():
        return not numbers
    return numbers == [str(int(numbers[0]) + k) for k in range(len(numbers))]


def _is_number(cell: str) -> bool:
    """Whether a cell holds a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _columns_by_name(
    path: str | Path, names: list[str], table: "pd.DataFrame"
) -> tuple[int | None, list[int]]:
    """Find the label column, or None, and the pixel columns, sorted by their numbers."""
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
    # Pixel names contain one number, or two numbers: row and column.
    shapes = [re.sub(r"\d+", "#", names[k]) for k in pixels]
    usual = max(set(shapes), key=shapes.count) if shapes else ""
    unusual = [names[k] for k, shape in zip(pixels, shapes, strict=True) if shape != usual]
    if len(pixels) != PIXELS or unusual:
        others = f"; not a pixel: {', '.join(map(repr, unusual[:3]))}" if unusual else ""
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


def _columns_by_position(path: str | Path, table: "pd.DataFrame") -> tuple[int | None, list[int]]:
    """Find the label column, or None, and the pixel columns in a file without names."""
    if table.shape[1] == PIXELS:
        return None, list(range(PIXELS))
    first, last = table[0], table[PIXELS]
    # A column of zeros is a corner of the images, which is always background.
    first_fits, last_fits = (column.isin(range(CLASSES)).all() for column in (first, last))
    first_is_paper, last_is_paper = ((column == 0).all() for column in (first, last))
    if first_is_paper and last_fits and not last_is_paper and last.nunique() > 1:
        return PIXELS, list(range(PIXELS))
    if not first_fits and last_fits and not last_is_paper:
        return PIXELS, list(range(PIXELS))
    if first_fits and last_fits and not last_is_paper:
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
    """Convert a table to integers, or raise DataError that names the first other value."""
    if all(dtype.kind in "iu" for dtype in table.dtypes):
        return table
    import pandas as pd

    numbers = table.apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    # This test also finds infinite and very large values, before they overflow an integer.
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

"""Data: files become arrays, and each kind of bad file gives one clear error."""

import gzip
import hashlib
import io
import struct

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nn_core import (
    DataError,
    load_mnist,
    minibatches,
    one_hot,
    read_idx,
    scale_pixels,
    train_dev_split,
)
from nn_core.data import MNIST_FOLDER
from nn_core.tools import read_csv

# The hashes of the four original files, decompressed.
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


# --- the MNIST of the package


@pytest.mark.parametrize("name", SHA256)
def test_mnist_is_the_original(name):
    data = gzip.decompress((MNIST_FOLDER / f"{name}.gz").read_bytes())
    assert hashlib.sha256(data).hexdigest() == SHA256[name]


def test_load_mnist():
    X_train, y_train, X_test, y_test = load_mnist()
    assert X_train.shape == (60_000, 784)
    assert X_test.shape == (10_000, 784)
    assert X_train.dtype == X_test.dtype == np.float32
    assert X_train.min() == 0
    assert X_train.max() == 1
    assert y_train.dtype == y_test.dtype == np.int64
    # These are the first ten digits of MNIST.
    assert y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_load_mnist_raw():
    images, labels, test_images, _ = load_mnist(raw=True)
    assert images.shape == (60_000, 28, 28)
    assert test_images.shape == (10_000, 28, 28)
    assert images.dtype == np.uint8
    assert images[0, 5, 12:20].tolist() == [3, 18, 18, 18, 126, 136, 175, 26]
    assert labels[0] == 5


# --- the reader's own folder


@pytest.fixture
def digits():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (5, 28, 28), dtype=np.uint8)
    labels = np.array([3, 0, 9, 1, 3], np.uint8)
    return images, labels


def idx(array):
    return struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def folder(tmp_path, digits):
    images, labels = digits
    for part in ("train", "t10k"):
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels))
    return tmp_path


def test_own_folder(folder, digits):
    images, labels = digits
    X_train, y_train, X_test, y_test = load_mnist(folder)
    assert np.allclose(X_train, images.reshape(5, 784) / 255)
    assert np.array_equal(X_test, X_train)
    assert np.array_equal(y_train, labels)
    assert np.array_equal(y_test, labels)


def test_own_folder_gzipped_and_dotted(folder, digits):
    images, _ = digits
    for path in list(folder.iterdir()):
        dotted = path.name.replace("-idx", ".idx")
        (folder / f"{dotted}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    assert np.array_equal(load_mnist(str(folder), raw=True)[0], images)


def test_missing_file(folder):
    (folder / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match="expected a file t10k-labels-idx1-ubyte"):
        load_mnist(folder)


def refuses(read, path, *, found, expected):
    """Check that reading raises a DataError with the file, the value found and that expected."""
    with pytest.raises(DataError) as caught:
        read(path)
    message = str(caught.value)
    assert path.name in message
    assert found in message
    assert expected in message


BAD_IDX = {
    "empty file": (lambda good: b"", "an empty file", "expected data"),
    "truncated gzip": (
        lambda good: gzip.compress(good)[:-20],
        "damaged or truncated",
        "a complete gzip file",
    ),
    "damaged gzip": (
        lambda good: gzip.compress(good)[:40] + b"\0\0\0\0" + gzip.compress(good)[44:],
        "damaged or truncated",
        "a complete gzip file",
    ),
    "web page": (
        lambda good: b"<!DOCTYPE html><title>404</title>",
        "a web page",
        "an IDX file of unsigned bytes",
    ),
    "wrong magic": (lambda good: b"\x89PNG" + good[4:], "89 50 4e 47", "00 00 08"),
    "floats": (lambda good: b"\0\0\x0d" + good[3:], "00 00 0d 03", "00 00 08"),
    "no dimensions": (lambda good: b"\0\0\x08\0", "00 00 08 00", "dimensions, 1 to 3"),
    "two bytes": (lambda good: b"\0\0", "00 00", "00 00 08"),
    "header cut short": (lambda good: good[:10], "a file of 10 bytes", "a header of 16 bytes"),
    "data cut short": (lambda good: good[:-7], f"found {5 * 784 - 7}", f"{5 * 784} bytes of data"),
    "data too long": (lambda good: good + b"\0", f"found {5 * 784 + 1}", f"{5 * 784} bytes"),
}


@pytest.mark.parametrize("case", BAD_IDX)
def test_bad_idx(case, tmp_path, digits):
    spoil, found, expected = BAD_IDX[case]
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(spoil(idx(digits[0])))
    refuses(read_idx, path, found=found, expected=expected)


@pytest.mark.parametrize(
    ("name", "array", "found", "expected"),
    [
        ("train-images-idx3-ubyte", np.zeros((5, 20, 20), np.uint8), "(5, 20, 20)", "(N, 28, 28)"),
        ("train-images-idx3-ubyte", np.zeros(5, np.uint8), "(5,)", "(N, 28, 28)"),
        ("t10k-images-idx3-ubyte", np.zeros((0, 28, 28), np.uint8), "(0, 28, 28)", "at least one"),
        ("train-labels-idx1-ubyte", np.zeros((5, 10), np.uint8), "(5, 10)", "(N,)"),
        ("train-labels-idx1-ubyte", np.zeros(4, np.uint8), "4 labels", "as many labels as images"),
        ("train-labels-idx1-ubyte", np.full(5, 12, np.uint8), "found 12", "from 0 to 9"),
    ],
)
def test_files_that_do_not_fit(folder, name, array, found, expected):
    path = folder / name
    path.write_bytes(idx(array))
    refuses(lambda _: load_mnist(folder), path, found=found, expected=expected)


# --- CSV


def write_csv(path, images, labels=None, header=None):
    table = pd.DataFrame(images.reshape(len(images), -1))
    if labels is not None:
        table.insert(0, "label", labels)
    if header:
        table.columns = header
    table.to_csv(path, index=False, header=header is not None)
    return path


PIXELS = [f"pixel{k}" for k in range(784)]
GRID = [f"{row}x{column}" for row in range(1, 29) for column in range(1, 29)]


@pytest.mark.parametrize("header", [["label", *GRID], ["label", *PIXELS], None])
def test_csv_with_labels(tmp_path, digits, header):
    images, labels = digits
    X, y = read_csv(write_csv(tmp_path / "train.csv", images, labels, header))
    assert X.dtype == np.float32
    assert np.array_equal(X, scale_pixels(images))
    assert np.array_equal(y, labels)


@pytest.mark.parametrize("header", [PIXELS, None])
def test_csv_without_labels(tmp_path, digits, header):
    images, _ = digits
    raw, y = read_csv(write_csv(tmp_path / "test.csv", images, None, header), raw=True)
    assert np.array_equal(raw, images)
    assert raw.dtype == np.uint8
    assert y is None


def test_csv_gzipped(tmp_path, digits):
    images, labels = digits
    path = write_csv(tmp_path / "train.csv.gz", images, labels, ["label", *PIXELS])
    assert np.array_equal(read_csv(path, raw=True)[0], images)


def test_csv_whole_numbers_written_as_floats(tmp_path, digits):
    images, labels = digits
    path = write_csv(tmp_path / "train.csv", images.astype(float), labels, ["label", *PIXELS])
    assert np.array_equal(read_csv(path, raw=True)[0], images)


def test_csv_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no\.csv"):
        read_csv(tmp_path / "no.csv")


def edit(row, column, value):
    """Make a function that puts a value into one cell of a good CSV text; row 0 is the header."""

    def spoil(text):
        lines = text.splitlines()
        cells = lines[row].split(",")
        cells[column] = value
        lines[row] = ",".join(cells)
        return "\n".join(lines)

    return spoil


BAD_CSV = {
    "empty file": (lambda text: "", "an empty file", "expected data"),
    "names only": (lambda text: text.splitlines()[0], "found none", "rows of digits"),
    "web page": (
        lambda text: "<!DOCTYPE html>\n<title>404</title>",
        "a web page (HTML), not the file itself",
        "a CSV file of digits",
    ),
    "wrong column count": (
        lambda text: "\n".join(line.rsplit(",", 3)[0] for line in text.splitlines()),
        "found 781 from 'pixel0' to 'pixel780'",
        "784 columns of pixels",
    ),
    "no names, wrong column count": (
        lambda text: "\n".join(line.rsplit(",", 3)[0] for line in text.splitlines()[1:]),
        "found 782",
        "784 columns (pixels) or 785",
    ),
    "one row too long": (
        lambda text: text.rstrip() + ",7\n",
        "saw 786",
        "a CSV file of digits",
    ),
    "one row too short": (
        lambda text: text.rstrip().rsplit(",", 2)[0],
        "nothing (NaN)",
        "a whole number in row 5 of the data, column 784",
    ),
    "NaN": (
        edit(2, 100, "NaN"),
        "nothing (NaN)",
        "a whole number in row 2 of the data, column 101",
    ),
    "infinity": (edit(2, 3, "inf"), "found 'inf'", "in row 2 of the data, column 4"),
    "a huge number": (edit(2, 3, "1e300"), "found '1e+300'", "in row 2 of the data, column 4"),
    "no names, a gap in row 1": (
        lambda text: edit(0, 4, "")(text.partition("\n")[2]),
        "nothing (NaN)",
        "in row 1 of the data, column 5",
    ),
    "no names, a word in row 1": (
        lambda text: edit(0, 4, "ink")(text.partition("\n")[2]),
        "found 'ink'",
        "in row 1 of the data, column 5",
    ),
    "a name too few": (
        lambda text: text.replace("label,", "", 1),
        "found 784, the first being 'pixel0'",
        "expected 785 column names",
    ),
    "a name too many": (
        lambda text: "\n".join(
            line if k == 0 else line.partition(",")[2] for k, line in enumerate(text.split("\n"))
        ),
        "found 785, the first being 'label'",
        "expected 784 column names",
    ),
    "a label and a pixel too few": (
        lambda text: "\n".join(line.rpartition(",")[0] for line in text.split()),
        "found 783 from 'pixel0' to 'pixel782'",
        "784 columns of pixels",
    ),
    "a word": (edit(3, 5, "ink"), "'ink'", "a whole number in row 3 of the data, column 6"),
    "a fraction": (
        edit(1, 9, "0.5"),
        "found '0.5'",
        "a whole number in row 1 of the data, column 10",
    ),
    "pixel too large": (
        edit(2, 7, "256"),
        "found 256 in row 2 of the data, pixel 6",
        "from 0 to 255",
    ),
    "pixel below zero": (
        edit(1, 1, "-1"),
        "found -1 in row 1 of the data, pixel 0",
        "from 0 to 255",
    ),
    "label too large": (edit(4, 0, "10"), "found 10 at example 3", "labels from 0 to 9"),
    "label below zero": (edit(1, 0, "-3"), "found -3 at example 0", "labels from 0 to 9"),
}


@pytest.mark.parametrize("case", BAD_CSV)
def test_bad_csv(case, tmp_path, digits):
    images, labels = digits
    good = write_csv(tmp_path / "good.csv", images, labels, ["label", *PIXELS])
    spoil, found, expected = BAD_CSV[case]
    path = tmp_path / "train.csv"
    path.write_text(spoil(good.read_text("utf-8")), "utf-8")
    refuses(read_csv, path, found=found, expected=expected)


def test_csv_that_is_not_text(tmp_path):
    path = tmp_path / "train.csv"
    path.write_bytes(bytes(range(128, 256)) * 10)
    refuses(read_csv, path, found="found: ", expected="a CSV file of digits")


def test_csv_truncated_gzip(tmp_path, digits):
    path = write_csv(tmp_path / "train.csv.gz", digits[0], digits[1], ["label", *PIXELS])
    path.write_bytes(path.read_bytes()[:-50])
    refuses(read_csv, path, found="damaged or truncated", expected="a complete gzip file")


def test_csv_with_blank_last_line(tmp_path, digits):
    images, labels = digits
    path = write_csv(tmp_path / "train.csv", images, labels, ["label", *PIXELS])
    path.write_text(path.read_text("utf-8") + "\n\n", "utf-8")
    assert np.array_equal(read_csv(path, raw=True)[0], images)


# --- CSV: the roles of the columns


@pytest.fixture(scope="module")
def some_mnist():
    images, labels, _, _ = load_mnist(raw=True)
    return images[:30], labels[:30]


ONES = [f"pixel{k}" for k in range(1, 785)]


def table_of(images, labels=None, *, names=PIXELS, label="label", place=0):
    table = pd.DataFrame(images.reshape(len(images), -1), columns=list(names))
    if labels is not None:
        table.insert(place, label, labels)
    return table


def text_of(table, **options):
    return table.to_csv(**{"index": False, "lineterminator": "\n", **options})


def savetxt(table, **options):
    file = io.BytesIO()
    np.savetxt(file, table.to_numpy(), **options)
    return file.getvalue()


BY_COLUMN = [f"{row}x{column}" for column in range(1, 29) for row in range(1, 29)]
# The same thirty digits with labels, in the forms of other programs: a text, or a table to write.
WITH_LABELS = {
    "Kaggle": lambda X, y: table_of(X, y),
    "OpenML": lambda X, y: table_of(X, y, names=ONES, label="class", place=784),
    "OpenML, quoted": lambda X, y: table_of(X, y, names=ONES, label="'class'", place=784),
    "in the middle": lambda X, y: table_of(X, y, label=" Label ", place=300),
    "target": lambda X, y: table_of(X, y, label="target", place=784),
    "y": lambda X, y: table_of(X, y, label="y", place=784),
    "digit": lambda X, y: table_of(X, y, label="Digit"),
    "an unnamed index": lambda X, y: text_of(table_of(X, y), index=True),
    "an index that starts at 1": lambda X, y: text_of(
        table_of(X, y).set_axis(range(1, 31)), index=True, index_label="ID"
    ),
    "an index and the label last": lambda X, y: text_of(
        table_of(X, y, label="class", place=784), index=True
    ),
    "file names as ids": lambda X, y: table_of(X, y).assign(id=[f"{k}.png" for k in range(30)]),
    "pandas' index saved and saved again": lambda X, y: table_of(X, y).assign(
        **{"Unnamed: 0": range(30)}
    ),
    "numbers for names": lambda X, y: table_of(X, y, names=range(784)),
    "alphabetical": lambda X, y: table_of(X, y).sort_index(axis=1),
    "column by column": lambda X, y: table_of(X, y, names=GRID)[["label", *BY_COLUMN]],
    "backwards": lambda X, y: table_of(X, y).iloc[:, ::-1],
    "semicolons": lambda X, y: text_of(table_of(X, y), sep=";"),
    "tabs": lambda X, y: text_of(table_of(X, y), sep="\t"),
    "spaces around": lambda X, y: text_of(table_of(X, y)).replace(",", " , "),
    "a comma at the end": lambda X, y: text_of(table_of(X, y)).replace("\n", ",\n"),
    "Windows": lambda X, y: text_of(table_of(X, y)).replace("\n", "\r\n"),
    "Excel's UTF-8": lambda X, y: "\ufeff" + text_of(table_of(X, y)),
    "savetxt": lambda X, y: savetxt(table_of(X, y)),
    "savetxt, with names": lambda X, y: savetxt(
        table_of(X, y), fmt="%d", delimiter=",", header=",".join(["label", *PIXELS])
    ),
    "no names": lambda X, y: text_of(table_of(X, y), header=False),
    "no names, label last": lambda X, y: text_of(
        table_of(X, y, place=784, label="class"), header=False
    ),
    "labels as floats": lambda X, y: table_of(X, y.astype(float)),
}
WITHOUT_LABELS = {
    "Kaggle's test set": lambda X: table_of(X),
    "an unnamed index": lambda X: text_of(table_of(X), index=True),
    "an id": lambda X: table_of(X, range(30), label="id"),
    "an id at the end": lambda X: table_of(X, range(30), label="ImageId", place=784),
    "ids that are text": lambda X: table_of(X, [f"{k}.png" for k in range(30)], label="id"),
    "numbers for names": lambda X: table_of(X, names=range(784)),
    "no names": lambda X: text_of(table_of(X), header=False),
}


def write_text(path, content):
    text = text_of(content) if isinstance(content, pd.DataFrame) else content
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("case", WITH_LABELS)
def test_csv_as_others_write_it(tmp_path, some_mnist, case):
    path = write_text(tmp_path / "train.csv", WITH_LABELS[case](*some_mnist))
    images, labels = read_csv(path, raw=True)
    assert np.array_equal(images, some_mnist[0])
    assert np.array_equal(labels, some_mnist[1])
    assert labels.dtype == np.int64


@pytest.mark.parametrize("case", WITHOUT_LABELS)
@pytest.mark.parametrize("rows", [30, 10, 1])
def test_csv_without_labels_as_others_write_it(tmp_path, some_mnist, case, rows):
    content = WITHOUT_LABELS[case](some_mnist[0])
    if isinstance(content, pd.DataFrame):
        content = content.head(rows)
    path = write_text(tmp_path / "test.csv", content)
    images, labels = read_csv(path, raw=True)
    assert np.array_equal(images, some_mnist[0][: len(images)])
    assert labels is None


@given(st.integers(0, 2**31))
@settings(max_examples=10, deadline=None)
def test_csv_columns_in_any_order(tmp_path_factory, some_mnist, seed):
    """If columns have names, their order does not matter."""
    table = table_of(*some_mnist, names=ONES).assign(index=range(30))
    order = np.random.default_rng(seed).permutation(786)
    path = write_text(tmp_path_factory.mktemp("csv") / "a.csv", table.iloc[:, order])
    images, labels = read_csv(path, raw=True)
    assert np.array_equal(images, some_mnist[0])
    assert np.array_equal(labels, some_mnist[1])


def with_names(X, y, names):
    return table_of(X, y).set_axis(names, axis=1)


NOT_TOLD = {
    "no place for the label": (
        lambda X, y: with_names(X, y, [f"V{k}" for k in range(1, 786)]),
        "found 785 names from 'V1' to 'V785', none of which says where the labels are",
    ),
    "pandas' own names": (
        lambda X, y: with_names(X, y, range(785)),
        "found 785 names from '0' to '784', none of which says",
    ),
    "pandas' own names and index": (
        lambda X, y: text_of(with_names(X, y, range(785)), index=True),
        "found 785 names from '0' to '784', none of which says",
    ),
    "an unknown name": (
        lambda X, y: table_of(X, y, label="writer"),
        "found 785 names from 'writer' to 'pixel783', none of which says",
    ),
    "two labels": (
        lambda X, y: table_of(X, y).assign(target=y),
        "expected one column of labels, found 'label' and 'target'",
    ),
    "something else beside": (
        lambda X, y: table_of(X, y).assign(split="train"),
        "found 785 from 'pixel0' to 'split'; not a pixel: 'split'",
    ),
    "a pixel missing": (
        lambda X, y: table_of(X, y).drop(columns="pixel5"),
        "expected 784 columns of pixels, named alike and numbered, found 783",
    ),
    "a gap in the numbers": (
        lambda X, y: table_of(X, y, names=[*PIXELS[:-1], "pixel900"]),
        "a number missing or twice between 'pixel0' and 'pixel900'",
    ),
    "no numbers": (
        lambda X, y: table_of(X, y, names=["pixel"] * 784),
        "a number missing or twice between 'pixel' and 'pixel'",
    ),
    "labels without a name": (
        lambda X, y: text_of(table_of(X).set_index(pd.Index(y)), index=True),
        "expected the column '', column 1, to number the rows, found values that come twice",
    ),
    "a name too few, as R writes it": (
        lambda X, y: (
            ",".join(["label", *PIXELS]) + "\n" + text_of(table_of(X, y), index=True, header=False)
        ),
        "expected 786 column names to go with 786 values in a row, found 785",
    ),
    "no names, an index": (
        lambda X, y: text_of(table_of(X), index=True, header=False),
        "found one that numbers the rows from 0 to 29",
    ),
    "no names, an index of ten": (
        lambda X, y: text_of(table_of(X).head(10), index=True, header=False),
        "found one that numbers the rows from 0 to 9",
    ),
    "no names, an index and labels": (
        lambda X, y: text_of(table_of(X, y), index=True, header=False),
        "785 (a label, then pixels), found 786",
    ),
    "no names, either end may be it": (
        lambda X, y: text_of(table_of(X, y).assign(pixel783=y[::-1]), header=False),
        "the first column and the last may both be it; give them names",
    ),
    "no names, neither end can be it": (
        lambda X, y: text_of(table_of(X, y + 20).assign(pixel783=y + 30), header=False),
        "expected labels from 0 to 9, found 25 at example 0",
    ),
    "a first row taken for names": (
        lambda X, y: pd.read_csv(io.StringIO(text_of(table_of(X, y), header=False))),
        "expected a whole number in row 1 of the data",
    ),
    "names twice": (
        lambda X, y: ",".join(["label", *PIXELS]) + "\n" + text_of(table_of(X, y)),
        "found 'label'",
    ),
    "divided by 255": (
        lambda X, y: table_of(X / 255, y),
        "divided by 255 already?",
    ),
    "black and white": (
        lambda X, y: table_of((X > 99).astype(int), y),
        "expected pixels from 0 to 255, found none above 1; multiply them by 255",
    ),
    "labels from 1": (lambda X, y: table_of(X, y + 1), "found 10 at example 4"),
    "labels as words": (lambda X, y: table_of(X, [f"d{k}" for k in y]), "found 'd5'"),
    "a label missing": (lambda X, y: table_of(X, [None, *y[1:]]), "nothing (NaN)"),
}


@pytest.mark.parametrize("case", NOT_TOLD)
def test_csv_that_does_not_tell_or_does_not_fit(tmp_path, some_mnist, case):
    write, found = NOT_TOLD[case]
    path = write_text(tmp_path / "train.csv", write(*some_mnist))
    refuses(read_csv, path, found=found, expected="expected")


# --- arrays


def test_scale_pixels():
    images = np.array([[[0, 51], [102, 255]]], np.uint8)
    X = scale_pixels(images)
    assert X.dtype == np.float32
    assert np.allclose(X, [[0, 0.2, 0.4, 1]])


def test_scale_pixels_twice():
    with pytest.raises(TypeError, match="expected uint8 pixels from 0 to 255, found float32"):
        scale_pixels(np.ones((2, 784), np.float32))


@pytest.mark.parametrize(
    "images",
    [
        np.array([[0, 51], [102, 255]]),
        [[0.0, 51.0], [102.0, 255.0]],
        pd.DataFrame([[0, 51], [102, 255]]),
    ],
)
def test_scale_pixels_of_other_whole_numbers(images):
    assert np.array_equal(scale_pixels(images), np.array([[0, 0.2], [0.4, 1]], np.float32))


@pytest.mark.parametrize("images", [[[-1, 255]], [[0, 256]]])
def test_scale_pixels_out_of_range(images):
    with pytest.raises(DataError, match=f"from 0 to 255 in images, found {images[0][0]} to"):
        scale_pixels(images)


def test_one_hot():
    Y = one_hot(np.array([2, 0]), classes=3)
    assert Y.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert Y.dtype == np.float32


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (np.array([1.0, 2.5]), TypeError, "integer labels, found float64 with 2.5 at example 1"),
        (np.eye(3, dtype=int), ValueError, r"shape \(N,\), found \(3, 3\)"),
        (np.array([0, 3]), ValueError, "from 0 to 2, found 3"),
        (np.array([-1, 0]), ValueError, "from 0 to 2, found -1"),
    ],
)
def test_one_hot_refuses(y, error, message):
    with pytest.raises(error, match=message):
        one_hot(y, classes=3)


@given(st.integers(2, 200), st.data())
def test_split_is_a_partition(n, data):
    dev_size = data.draw(st.integers(1, n - 1))
    X = np.arange(n)[:, None]
    y = np.arange(n)
    X_train, y_train, X_dev, y_dev = train_dev_split(X, y, dev_size, np.random.default_rng(n))
    assert len(y_dev) == dev_size
    assert sorted([*y_train, *y_dev]) == list(range(n))
    assert np.array_equal(X_train[:, 0], y_train)
    assert np.array_equal(X_dev[:, 0], y_dev)


@pytest.mark.parametrize("dev_size", [0, -1, 5])
def test_split_refuses(dev_size):
    with pytest.raises(ValueError, match=f"from 1 to 4, found {dev_size}"):
        train_dev_split(np.zeros((5, 2)), np.zeros(5), dev_size, np.random.default_rng(0))


@given(st.integers(1, 100), st.integers(1, 120), st.integers(0, 9))
def test_minibatches_hold_everything_once(n, batch_size, seed):
    X, y = np.arange(n)[:, None], np.arange(n)
    batches = list(minibatches(X, y, batch_size, np.random.default_rng(seed)))
    assert len(batches) == -(-n // batch_size)
    assert all(len(y_batch) == batch_size for _, y_batch in batches[:-1])
    assert sorted(np.concatenate([y_batch for _, y_batch in batches])) == list(range(n))
    for X_batch, y_batch in batches:
        assert np.array_equal(X_batch[:, 0], y_batch)


def test_minibatches_are_seeded_and_fresh():
    X, y = np.arange(100)[:, None], np.arange(100)

    def orders(seed):
        rng = np.random.default_rng(seed)
        return [[*np.concatenate([b for _, b in minibatches(X, y, 8, rng)])] for _ in range(2)]

    assert orders(1) == orders(1)
    assert orders(1)[0] != orders(2)[0]
    assert orders(1)[0] != orders(1)[1]


def test_minibatches_refuse():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="3 examples and 2 labels"):
        next(minibatches(np.zeros((3, 1)), np.zeros(2), 2, rng))
    with pytest.raises(ValueError, match="at least 1, found 0"):
        next(minibatches(np.zeros((3, 1)), np.zeros(3), 0, rng))

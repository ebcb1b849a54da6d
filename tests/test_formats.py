"""Files of another format: the error names the format and a remedy, for data and for pictures."""

import bz2
import gzip
import io
import lzma
import pickle
import sqlite3
import tarfile
import zipfile

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from nn_core import MLP, DataError, load_mnist, read_idx
from nn_core.checks.formats import describe_format
from nn_core.data import MNIST_FOLDER
from nn_core.tools import read_csv, read_photo, save_network
from nn_core.tools.command_line import main
from nn_core.tools.recipes import load_digits


def saved(save):
    """Give the bytes that `save` writes into a file."""
    file = io.BytesIO()
    save(file)
    return file.getvalue()


def zipped(**members):
    def save(file):
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in members.items():
                archive.writestr(name.replace("__", "/"), content)

    return saved(save)


def tarred(mode):
    def save(file):
        with tarfile.open(fileobj=file, mode=mode) as archive:
            archive.addfile(tarfile.TarInfo("train.csv"))

    return saved(save)


def picture(format):
    gray = Image.fromarray(np.full((28, 28), 255, np.uint8))
    return saved(lambda file: gray.convert("RGB").save(file, format))


def boxed(brand, *others):
    """Give the start of a file in the ISO base media format, as photos and videos of phones."""
    kinds = brand + b"\0\0\0\0" + b"".join(others)
    return (8 + len(kinds)).to_bytes(4, "big") + b"ftyp" + kinds + bytes(100)


def sqlite(tmp_path):
    connection = sqlite3.connect(tmp_path / "digits.db")
    connection.execute("create table digits (label integer)")
    connection.commit()
    connection.close()
    return (tmp_path / "digits.db").read_bytes()


ROWS = np.zeros((5, 784), np.uint8)
CSV = b"label," + b",".join(b"pixel%d" % k for k in range(784)) + b"\n7" + 784 * b",0" + b"\n"
# If a program for a format is installed, it makes the file. Other files follow a specification.
FOREIGN = {
    "empty": (b"", "an empty file"),
    "npy": (saved(lambda file: np.save(file, ROWS)), ".npy"),
    "npz": (saved(lambda file: np.savez(file, X=ROWS)), ".npz"),
    "npz, packed": (saved(lambda file: np.savez_compressed(file, X=ROWS)), ".npz"),
    "a network": (None, "saved network"),
    "zip": (zipped(**{"train.csv": CSV}), "ZIP archive; unpack it"),
    "zip, empty": (zipped(), "ZIP archive"),
    "xlsx": (zipped(xl__workbook="<workbook/>"), "Excel workbook (.xlsx); save the sheet as a CSV"),
    "docx": (zipped(word__document="<document/>"), "Word"),
    "ods": (zipped(mimetype="application/vnd.oasis.opendocument.spreadsheet"), "OpenDocument"),
    "PyTorch": (zipped(**{"archive__data.pkl": b"\x80\2."}), "PyTorch"),
    **{f"pickle {k}": (pickle.dumps([ROWS, 7], k), "pickle") for k in range(6)},
    "gzip of gzip": (gzip.compress(CSV), "gzip file within a gzip file; unpack it once"),
    "bzip2": (bz2.compress(CSV), "bzip2"),
    "xz": (lzma.compress(CSV), "xz file"),
    "zstd": (b"\x28\xb5\x2f\xfd" + bytes(9), "zstd"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(9), "7z archive; unpack it"),
    "rar": (b"Rar!\x1a\x07\x01\x00" + bytes(9), "RAR archive; unpack it"),
    "tar": (tarred("w"), "tar archive; unpack it"),
    "parquet": (b"PAR1" + bytes(9) + b"PAR1", "Parquet table; pandas.read_parquet reads it"),
    "feather": (b"ARROW1\0\0" + bytes(9), "Feather"),
    "sqlite": (None, "SQLite"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(9), "HDF5"),
    "mat": (b"MATLAB 5.0 MAT-file, Platform: GLNXA64" + bytes(99), ".mat"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ".xls"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "PDF document; export the page as a PNG"),
    "PDF after blanks": (b"\n\n%PDF-1.4\n", "PDF document"),
    "HEIC": (boxed(b"heic", b"mif1", b"heic"), "HEIC photo, as iPhones take them; export it"),
    "HEIF": (boxed(b"mif1", b"heic"), "HEIC photo"),
    "AVIF": (boxed(b"mif1", b"avif"), "AVIF photo"),
    "MP4": (boxed(b"isom", b"mp41"), "video"),
    "JPEG XL": (b"\xff\x0a" + bytes(9), "JPEG XL"),
    "Photoshop": (b"8BPS\0\1" + bytes(20), "Photoshop"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG drawing; export it as a PNG"),
    "SVG with a head": (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- a 7 -->\n<svg/>', "SVG drawing"),
    "HTML": (b"\n<!DOCTYPE html><html><title>404</title></html>", "a web page (HTML)"),
    "HTML, old": (b"<HTML><HEAD>", "a web page (HTML)"),
    "XML": (b'<?xml version="1.0"?><Error><Code>AccessDenied', "web page or an XML"),
    "ARFF": (b"@RELATION mnist\n\n@ATTRIBUTE pixel1 INTEGER\n@DATA\n", "ARFF"),
    "ARFF, commented": (b"% MNIST\n%\n\n  @relation mnist_784\n", "ARFF"),
    "JSON": (b'[{"label": 7, "pixels": [0, 0]}]', "JSON"),
    "JSON, rows": (b"[[7, 0, 0], [3, 0, 0]]", "JSON"),
    "LIBSVM": (b"5 153:3 154:18 155:18\n0 128:51\n", "LIBSVM"),
    "UTF-16": ("label,pixel0\n7,0\n".encode("utf-16"), "UTF-16; save it as UTF-8"),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "git lfs pull"),
}
PICTURES = {name: picture(name) for name in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")}
IDX = {
    name: gzip.decompress((MNIST_FOLDER / f"t10k-{name}.gz").read_bytes())
    for name in ("images-idx3-ubyte", "labels-idx1-ubyte")
}


def content(case, tmp_path):
    if case == "sqlite":
        return sqlite(tmp_path)
    if case == "a network":
        save_network(tmp_path / "weights.npz", MLP((784, 10), np.random.default_rng(0)))
        return (tmp_path / "weights.npz").read_bytes()
    return FOREIGN[case][0]


def one_sentence(caught, path, found):
    message = str(caught.value)
    assert str(path) in message
    assert found in message
    assert "expected" in message
    assert "\n" not in message


@pytest.mark.parametrize("case", FOREIGN)
@pytest.mark.parametrize("ending", ["csv", "png", "gz"])
def test_named_by_content_whatever_the_file_is_called(tmp_path, case, ending):
    found = FOREIGN[case][1]
    path = tmp_path / f"digits.{ending}"
    data = content(case, tmp_path)
    # A file with the ending .gz is gzipped, except the empty file.
    path.write_bytes(gzip.compress(data) if ending == "gz" and data else data)
    if case == "gzip of gzip" and ending != "gz":
        assert read_csv(path)[1].tolist() == [7]
    else:
        for read in (read_csv, read_idx, load_digits):
            with pytest.raises(DataError) as caught:
                read(path)
            one_sentence(caught, path, found)
    if ending != "gz":
        found = "gzip" if case == "gzip of gzip" else found
        with pytest.raises(DataError) as caught:
            read_photo(path)
        one_sentence(caught, path, found)


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_given_as_data(tmp_path, name):
    path = tmp_path / "train.csv"
    path.write_bytes(PICTURES[name])
    for read in (read_csv, load_digits, read_idx):
        with pytest.raises(DataError) as caught:
            read(path)
        one_sentence(caught, path, "picture")
        assert name.replace("WEBP", "WebP") in str(caught.value)


@pytest.mark.parametrize("name", IDX)
def test_idx_files_given_alone(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(IDX[name])
    for read in (read_csv, load_digits, read_photo):
        with pytest.raises(DataError) as caught:
            read(path)
        one_sentence(caught, path, "give the folder that holds all four IDX files")


@pytest.mark.parametrize(
    "data",
    [
        CSV,
        CSV.partition(b"\n")[2],
        b"\xef\xbb\xbf" + CSV,
        CSV.replace(b",", b";"),
        CSV.replace(b",", b"\t"),
        b"# " + CSV,
        b'"label"' + CSV[5:],
        b"MM,BM,PK,GIF\n1,2,3,4\n",
        b"0 0:\n",
        b"oo",
        bytes(range(128, 140)),
    ],
)
def test_what_may_be_csv_is_not_called_anything_else(data):
    assert describe_format(data) == ""


def test_damaged_pictures_are_still_pictures(tmp_path):
    path = tmp_path / "seven.png"
    path.write_bytes(PICTURES["PNG"][:60])
    with pytest.raises(DataError, match=r"expected a picture, found: .*truncated"):
        read_photo(path)


# --- folders


def test_folders_that_hold_something_else(tmp_path):
    with pytest.raises(FileNotFoundError, match="expected a folder of four IDX files, found none"):
        load_mnist(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="none of them; the folder is empty"):
        load_mnist(tmp_path)
    for name in ("emnist-digits-train-images-idx3-ubyte", "b", "c", "d", "e", "f"):
        (tmp_path / name).touch()
    with pytest.raises(FileNotFoundError, match="among b, c, d, e and 2 more"):
        load_mnist(tmp_path)
    with pytest.raises(DataError, match="found an empty file"):
        load_mnist(tmp_path / "b")
    (tmp_path / "b").write_bytes(FOREIGN["7z"][0])
    with pytest.raises(DataError, match="expected a folder of four IDX files, found a 7z archive"):
        load_mnist(tmp_path / "b")
    (tmp_path / "train.csv").write_bytes(CSV)
    with pytest.raises(DataError, match="perhaps CSV, which read_csv reads"):
        load_mnist(tmp_path / "train.csv")


# --- the command line


def idx_folder(folder, images, labels):
    for part in ("train", "t10k"):
        for name, array in (("images-idx3", images), ("labels-idx1", labels)):
            head = bytes((0, 0, 8, array.ndim)) + np.array(array.shape, ">u4").tobytes()
            (folder / f"{part}-{name}-ubyte").write_bytes(head + array.astype(np.uint8).tobytes())


def test_a_folder_of_five_images(tmp_path, capsys):
    images, labels, _, _ = load_mnist(raw=True)
    idx_folder(tmp_path, images[:5], labels[:5])
    command = ["train", "relu-10-gd", "--epochs", "1", "--out", str(tmp_path / "out")]
    assert main([*command, "--data", str(tmp_path)]) == 1
    message = capsys.readouterr().err
    assert message == f"error: {tmp_path}: expected at least 6 images to train on, found 5\n"
    idx_folder(tmp_path, images[:6], labels[:6])
    assert main([*command, "--data", str(tmp_path)]) == 0


def test_a_single_label_is_nothing_to_learn_from(tmp_path, capsys):
    table = pd.read_csv(io.BytesIO(CSV))
    table = pd.concat([table] * 20)
    table.to_csv(tmp_path / "sevens.csv", index=False)
    command = ["train", "relu-10-gd", "--epochs", "1", "--out", str(tmp_path / "out")]
    assert main([*command, "--data", str(tmp_path / "sevens.csv")]) == 1
    message = capsys.readouterr().err
    assert message.startswith("error: expected labels of at least two kinds to learn from, found 7")
    assert not (tmp_path / "out" / "weights.npz").exists()

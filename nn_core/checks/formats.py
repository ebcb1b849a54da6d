"""Recognise the format of a file by its content, not by its name."""

import re

# The first bytes of a file, and for each its format and what to do with the file.
SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x93NUMPY", "a NumPy array (.npy); np.load reads it in Python"),
    (b"\x1f\x8b", "a gzip file within a gzip file; unpack it once and give the result"),
    (b"BZh", "a bzip2 file; unpack it and give what is inside"),
    (b"\xfd7zXZ\0", "an xz file; unpack it and give what is inside"),
    (b"\x28\xb5\x2f\xfd", "a zstd file; unpack it and give what is inside"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it and give what is inside"),
    (b"Rar!\x1a\x07", "a RAR archive; unpack it and give what is inside"),
    (b"PAR1", "a Parquet table; pandas.read_parquet reads it, and to_csv(index=False) saves it"),
    (b"ARROW1", "a Feather table; pandas.read_feather reads it, and to_csv(index=False) saves it"),
    (b"SQLite format 3\0", "an SQLite database; save the table as a CSV file"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file; read its arrays with h5py and save them as a CSV file"),
    (b"MATLAB ", "a MATLAB file (.mat); read it with scipy.io.loadmat and save it as a CSV file"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file (.xls, .doc); save it as CSV"),
    (b"%!PS", "a PostScript file; export it as a PNG picture"),
    (b"{\\rtf", "an RTF document; save what is in it as a CSV file or a PNG picture"),
    (b"8BPS", "a Photoshop file; export it as a PNG picture"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture, which `predict` reads if it shows one digit"),
    (b"\xff\xd8\xff", "a JPEG picture, which `predict` reads if it shows one digit"),
    (b"GIF8", "a GIF picture, which `predict` reads if it shows one digit"),
    (b"II*\0", "a TIFF picture or a camera's raw photo; export it as a PNG picture"),
    (b"MM\0*", "a TIFF picture or a camera's raw photo; export it as a PNG picture"),
    (b"\xff\x0a", "a JPEG XL picture; export it as a PNG picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture; export it as a PNG picture"),
    (b"version https://git-lfs", "a pointer of Git LFS, not the file itself; run `git lfs pull`"),
    (b"\xff\xfe", "text in UTF-16; save it as UTF-8"),
    (b"\xfe\xff", "text in UTF-16; save it as UTF-8"),
    (b"\0\0\x08\x01", "an IDX file of labels; give the folder that holds all four IDX files"),
    (b"\0\0\x08\x03", "an IDX file of images; give the folder that holds all four IDX files"),
)
# Names of members in a ZIP archive, which are stored uncompressed, and the format for each.
ZIP_MEMBERS: tuple[tuple[bytes, str], ...] = (
    (b"theta.npy", "a saved network (.npz); `evaluate` and `predict` take it as their first file"),
    (b".npy", "an archive of NumPy arrays (.npz); np.load reads it in Python"),
    (b"xl/workbook", "an Excel workbook (.xlsx); save the sheet as a CSV file in UTF-8"),
    (b"word/document", "a Word document; save what is in it as a CSV file or a PNG picture"),
    (b"ppt/presentation", "a presentation; export the page as a PNG picture"),
    (b"opendocument", "an OpenDocument file; save it as a CSV file or a PNG picture"),
    (b"data.pkl", "a file of PyTorch; save its arrays as a CSV file, or its network with ours"),
    (b"model.weights.h5", "a network of Keras, which cannot be read here"),
)
HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
ZIP_ARCHIVE = "a ZIP archive; unpack it and give what is inside"
PICKLE = (
    "a Python pickle (.pkl), which may run any program when opened; open it in Python if you trust "
    "where it comes from, and save its arrays as a CSV file"
)


def describe_format(data: bytes) -> str:
    """Describe the format of a file, and what to do with the file.

    Parameters
    ----------
    data
        All bytes of the file, decompressed if the file was gzipped.

    Returns
    -------
    str
        For example "a PDF document; export the page as a PNG picture". Empty for an unknown format,
        and for a CSV file.
    """
    if not data:
        return "an empty file"
    for signature, description in SIGNATURES:
        if data.startswith(signature):
            return description
    if data[:4] in (b"PK\3\4", b"PK\5\6"):
        found = (description for name, description in ZIP_MEMBERS if name in data)
        return next(found, ZIP_ARCHIVE)
    # A pickle of protocol 2 to 5 starts with its version. Protocols 0 and 1 have no such start.
    if (data[0] == 0x80 and data[1:2] in (b"\2", b"\3", b"\4", b"\5")) or (
        data.startswith((b"(lp", b"(dp", b"(I", b"]q", b"}q", b"cnumpy"))
        and data.rstrip().endswith(b".")
    ):
        return PICKLE
    if data[4:8] == b"ftyp":
        brands = data[8 : max(12, int.from_bytes(data[:4], "big"))]
        if b"avif" in brands:
            return "an AVIF photo; export it as JPEG or PNG"
        if any(brand in brands for brand in HEIC_BRANDS):
            return "a HEIC photo, as iPhones take them; export it as JPEG or PNG"
        return "a video or sound file (MP4); save one picture of it as PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "a WebP picture, which `predict` reads if it shows one digit"
    if data[:2] == b"BM" and data[6:10] == b"\0\0\0\0":
        return "a BMP picture, which `predict` reads if it shows one digit"
    if data[257:262] == b"ustar":
        return "a tar archive; unpack it and give what is inside"
    if b"%PDF-" in data[:1024]:
        return "a PDF document; export the page as a PNG picture"
    return _describe_text(data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip().lower())


def _describe_text(start: bytes) -> str:
    """Describe the format of a text by its first characters, in lower case."""
    if start.startswith(b"<"):
        if b"<svg" in start:
            return "an SVG drawing; export it as a PNG picture"
        if b"<html" in start or start.startswith(b"<!doctype html"):
            return "a web page (HTML), not the file itself; download it again"
        return f"a web page or an XML file (it starts with {start[:15]!r})"
    # An ARFF file may start with comments.
    if re.match(rb"(%[^\n]*\n|\s)*@relation\b", start):
        return "an ARFF file of Weka; save it as a CSV file"
    if re.match(rb"[{\[]\s*[\"{\[\d}\]]", start):
        return "a JSON file; save the digits as a CSV file"
    if re.match(rb"[-+]?\d+(\.\d*)?( +\d+:[-+.\de]+)+", start):
        return "a file in the sparse format of LIBSVM; save it as a CSV file with every pixel"
    return ""

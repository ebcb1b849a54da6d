"""The book as an EPUB: a few pages of it."""

import re
import zipfile
from xml.etree import ElementTree

import pytest
import write_epub

FEW = ["book/index", "book/03_losses", "book/playground", "book/appendix/speed"]
XHTML = "{http://www.w3.org/1999/xhtml}"
PACKAGE = "{http://www.idpf.org/2007/opf}"
MATHML = "{http://www.w3.org/1998/Math/MathML}"


@pytest.fixture(scope="module")
def written(browser, site, tmp_path_factory):
    """Give the file, and its XML by name."""
    path = tmp_path_factory.mktemp("epub") / "book.epub"
    write_epub.write_epub(path, FEW, browser, site)
    with zipfile.ZipFile(path) as file:
        names = [name for name in file.namelist() if name.endswith((".xhtml", ".opf", ".xml"))]
        yield file, {name: ElementTree.fromstring(file.read(name)) for name in names}


def test_a_reader_finds_its_parts(written):
    file, parts = written
    first = file.infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    package = parts["EPUB/book.opf"]
    named = {f"EPUB/{item.get('href')}": item for item in package.iter(f"{PACKAGE}item")}
    others = {"mimetype", "META-INF/container.xml", "EPUB/book.opf"}
    assert set(file.namelist()) == set(named) | others
    for name, item in named.items():
        held = (item.get("properties") or "").split()
        for kind, tag in [("mathml", f"{MATHML}math"), ("svg", "{http://www.w3.org/2000/svg}svg")]:
            assert (kind in held) == (name in parts and parts[name].find(f".//{tag}") is not None)
    order = [item.get("idref") for item in package.iter(f"{PACKAGE}itemref")]
    chapters = [
        item.get("href") for item in package.iter(f"{PACKAGE}item") if item.get("id") in order
    ]
    assert chapters[:3] == ["cover.xhtml", "contents.xhtml", "index.xhtml"]
    assert chapters[-1] == "solutions.xhtml"


def test_links_lead_to_what_is_there(written):
    file, parts = written
    ids = {}
    for name, part in parts.items():
        found = [each.get("id") for each in part.iter() if each.get("id")]
        assert len(found) == len(set(found)), name
        ids[name] = set(found)
    inside = 0
    for name, part in parts.items():
        for link in part.iter(f"{XHTML}a"):
            where = link.get("href", "")
            if re.match(r"https?:|$", where):
                continue
            inside += 1
            page, _, place = where.partition("#")
            assert f"EPUB/{page}" in ids, f"{name}: {where}"
            assert not place or place in ids[f"EPUB/{page}"], f"{name}: {where}"
        for image in part.iter(f"{XHTML}img"):
            assert f"EPUB/{image.get('src')}" in file.namelist()
    assert inside > 50


def test_pages_hold_what_an_e_reader_shows(written):
    _, parts = written
    chapter = parts["EPUB/03_losses.xhtml"]
    assert len(list(chapter.iter(f"{MATHML}math"))) > 50
    text = "".join(chapter.itertext())
    assert "Then it learns" in text  # in a figure that a script draws
    for part in parts.values():
        for name in ("button", "input", "select", "script", "canvas"):
            assert part.find(f".//{XHTML}{name}") is None
        assert "needs JavaScript" not in "".join(part.itertext())

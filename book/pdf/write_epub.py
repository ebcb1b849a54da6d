"""Write the built book as an EPUB: `python book/pdf/write_epub.py`, after `make book`.

Chromium joins the pages, as it does for the PDF, and gives each as XHTML, with MathML in it.
"""

import io
import re
import uuid
import zipfile
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from PIL import Image

from print_book import HERE, PDF, SITE, about_book, join_pages, main

EPUB = PDF.with_suffix(".epub")
CONTAINER = """<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="EPUB/book.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>"""
PACKAGE = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{id}</dc:identifier><dc:title>{title}</dc:title>
<dc:creator>{author}</dc:creator><dc:language>en</dc:language>
<meta property="dcterms:modified">{now:%Y-%m-%dT%H:%M:%SZ}</meta>
</metadata><manifest>{manifest}</manifest><spine>{spine}</spine></package>"""
PAGE = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en">
<head><title>{title}</title><link rel="stylesheet" href="book.css"/></head>
<body>{body}</body></html>"""
COVER = """<section class="cover"><h1>{title}</h1><p>{author}</p>
<img src="cover.jpg" alt="Ten thousand handwritten digits form a star with ten arms."/>
<p>{about}</p></section>"""
XHTML = "application/xhtml+xml"


def contents_of(lines: list[dict]) -> str:
    """Write the contents: chapters, with their sections below them."""
    chapters: list[list[str]] = []
    for line in lines:
        link = f'<a href="{line["href"]}">{escape(line["label"])}</a>'
        if line["level"] == 1:
            chapters.append([link])
        else:
            chapters[-1].append(f"<li>{link}</li>")
    listed = "".join(
        f"<li>{chapter}{'<ol>' + ''.join(sections) + '</ol>' if sections else ''}</li>"
        for chapter, *sections in chapters
    )
    return f'<nav epub:type="toc"><h1>Contents</h1><ol>{listed}</ol></nav>'


def write_epub(path: Path, names: list[str], browser, site: str) -> None:
    """Write pages of the built book as an EPUB."""
    page, _ = join_pages(names, browser, site)
    page.add_script_tag(path=HERE / "cut.js")
    cut = page.evaluate("cutBook()")
    page.close()
    book = {key: escape(text) for key, text in about_book().items()}
    star = io.BytesIO()
    Image.open(SITE / "_static" / "star.webp").convert("RGB").save(star, "jpeg", quality=90)
    # No e-reader is known to have light-dark().
    colours = (SITE / "_static" / "code.css").read_text("utf-8")
    light = re.sub(r"light-dark\((.*?),.*?\)", r"\1", colours)
    # What is in the file: its name, type, properties and content. Pages are read in this order.
    cover = PAGE.format(title=book["title"], body=COVER.format(**book))
    contents = PAGE.format(title="Contents", body=contents_of(cut["contents"]))
    parts = [
        ("cover.xhtml", XHTML, "", cover),
        ("contents.xhtml", XHTML, "nav", contents),
        *(
            (
                file["name"],
                XHTML,
                file["holds"],
                PAGE.format(**file | {"title": escape(file["title"])}),
            )
            for file in cut["files"]
        ),
        ("book.css", "text/css", "", light + (HERE / "epub.css").read_text("utf-8")),
        ("cover.jpg", "image/jpeg", "cover-image", star.getvalue()),
    ]
    manifest = [
        f'<item id="part-{k}" href="{name}" media-type="{kind}"'
        + (f' properties="{properties}"/>' if properties else "/>")
        for k, (name, kind, properties, _) in enumerate(parts)
    ]
    spine = [f'<itemref idref="part-{k}"/>' for k, part in enumerate(parts) if part[1] == XHTML]
    package = PACKAGE.format(
        **book,
        id=uuid.uuid5(uuid.NAMESPACE_URL, book["title"]),
        now=datetime.now(UTC),
        manifest="".join(manifest),
        spine="".join(spine),
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        file.writestr("META-INF/container.xml", CONTAINER)
        file.writestr("EPUB/book.opf", package)
        for name, _, _, content in parts:
            file.writestr(f"EPUB/{name}", content)


if __name__ == "__main__":
    main(EPUB, write_epub)

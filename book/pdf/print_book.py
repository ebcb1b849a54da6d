"""Print the built book as one PDF: `python book/pdf/print_book.py`, after `make book`.

Chromium prints all pages, joined into one document by `join.js`, twice: the first time tells the
page of paper on which each section begins, for the contents.
"""

import io
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import yaml
from nn_core import __version__
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SITE = ROOT / "_build" / "html"
PDF = ROOT / "_build" / "neural-network-from-scratch.pdf"
sys.path.insert(0, str(ROOT / "book" / "_ext"))
from chromium import find_browser, served  # noqa: E402

EMPTY = "<!doctype html><html lang='en'><head><meta charset='utf-8'></head><body></body></html>"
MINUTES = 20  # that a step may take on a busy machine
SCALE = 0.8  # of the page's sizes, so that 66 characters fill a line of a book
WIDTH = 680  # of what is printed, in pixels of that scale: paper.css has the margins
ABOUT = (
    "The code of this book runs in its pages and as notebooks. "
    "This is version {}, made on {:%Y-%m-%d}."
)


def pages() -> list[str]:
    """List the pages of the book in their order, such as `book/05_backpropagation`."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    parts = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    # What a reader's browser keeps is on no paper.
    return [toc["root"], *(page for page in parts if page != "book/your_way")]


def about_book() -> dict[str, str]:
    """Give what the cover says."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    about = ABOUT.format(__version__, datetime.now(UTC))
    return {"title": config["title"], "author": config["author"], "about": about}


def join_pages(names: list[str], browser, site: str):
    """Open pages of the built book as one document; give it and the lines of its contents."""
    page = browser.new_page(viewport={"width": WIDTH, "height": 1000}, color_scheme="light")
    page.emulate_media(media="print")  # tables are measured as they are printed
    page.set_default_timeout(MINUTES * 60_000)
    empty = {"body": EMPTY, "content_type": "text/html"}
    page.route("**/whole_book.html", lambda route: route.fulfill(**empty))
    page.goto(f"{site}/whole_book.html")
    page.add_script_tag(path=HERE / "join.js")
    entries = page.evaluate("([pages, book]) => joinBook(pages, book)", [names, about_book()])
    page.add_style_tag(path=HERE / "paper.css")
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    return page, entries


def print_book(path: Path, names: list[str], browser, site: str) -> list[tuple[str, int]]:
    """Print pages of the built book as a PDF; give each line of the contents, and its page."""
    page, entries = join_pages(names, browser, site)
    page.evaluate("fitTables()")

    def printed() -> bytes:
        return page.pdf(
            prefer_css_page_size=True,
            print_background=True,
            outline=True,
            tagged=True,
            scale=SCALE,
        )

    numbers = pages_of(printed())
    page.evaluate("numbers => numberPages(numbers)", numbers)
    # Chromium counts too few objects, which nobody needs to know.
    logging.getLogger("pypdf").setLevel(logging.ERROR)
    writer = PdfWriter(clone_from=io.BytesIO(printed()))
    book = about_book()
    writer.add_metadata({"/Title": book["title"], "/Author": book["author"]})
    # Where a heading is broken into lines, Chromium joins the words around the break.
    labels = {squeezed(entry["label"]): entry["label"] for entry in entries}
    for line in lines_of(writer.root_object["/Outlines"]):
        label = labels.get(squeezed(line["/Title"]), line["/Title"])
        line[NameObject("/Title")] = TextStringObject(label)
    leave_out_spans(writer.root_object["/StructTreeRoot"])
    writer.compress_identical_objects()
    writer.write(path)
    page.close()
    return [(entry["label"], numbers[entry["id"]]) for entry in entries]


def squeezed(text: str) -> str:
    """Give a text without its spaces."""
    return "".join(text.split())


def lines_of(outline: DictionaryObject) -> Iterator[DictionaryObject]:
    """Walk through the bookmarks of a PDF."""
    line = outline.get("/First")
    while line is not None:
        line = line.get_object()
        yield line
        yield from lines_of(line)
        line = line.get("/Next")


def leave_out_spans(tree: DictionaryObject) -> None:
    """Take out of the structure of a PDF each element without a meaning, a coloured word for one.

    They are half of the file. What such an element holds belongs to the one around it.
    """
    numbers = tree["/ParentTree"]["/Nums"]
    # What each page, and each link, says of its elements.
    places = {int(number): k for k, number in enumerate(numbers) if k % 2 == 0}

    def held(element: DictionaryObject) -> Iterator[DictionaryObject]:
        """Walk through elements, marks and links, those in elements left out among them."""
        kids = element.get("/K", ArrayObject()).get_object()
        for kid in kids if isinstance(kids, ArrayObject) else [kids]:
            one = kid.get_object()
            if isinstance(one, NumberObject):  # a mark on the page of the element
                one = DictionaryObject({NameObject("/MCID"): one})
            if "/MCID" in one:
                one[NameObject("/Type")] = NameObject("/MCR")
                one.setdefault(NameObject("/Pg"), element.raw_get("/Pg"))
            if one.get("/S") == "/NonStruct" and "/A" not in one:
                yield from held(one)
                one.clear()  # else it would not be found to be of no use
            else:
                yield one

    def settle(element: DictionaryObject) -> None:
        """Give an element what it holds now."""
        filled = ArrayObject()
        for kid in list(held(element)):
            if "/S" in kid:
                kid[NameObject("/P")] = element.indirect_reference
                settle(kid)
                filled.append(kid.indirect_reference)
                continue
            if "/MCID" in kid:
                drawn = kid["/Stm"] if "/Stm" in kid else kid["/Pg"]
                marks = numbers[places[drawn["/StructParents"]] + 1].get_object()
                marks[kid["/MCID"]] = element.indirect_reference
            else:
                k = places[kid["/Obj"]["/StructParent"]] + 1
                numbers[k] = element.indirect_reference
            # A number is enough for a mark on the first page of the element.
            if "/MCID" in kid and "/Stm" not in kid:
                page = element.setdefault(NameObject("/Pg"), kid.raw_get("/Pg"))
                filled.append(kid["/MCID"] if page == kid.raw_get("/Pg") else kid)
            else:
                filled.append(kid)
        element[NameObject("/K")] = filled

    settle(tree)


def pages_of(pdf: bytes) -> dict[str, int]:
    """Give the page of paper, from 1, of each id to which the document links."""
    reader = PdfReader(io.BytesIO(pdf))
    return {
        name.lstrip("/"): reader.get_destination_page_number(place) + 1
        for name, place in reader.named_destinations.items()
    }


def main(path: Path, write) -> None:
    """Write the whole book: `write` gets the path, the names of the pages, a browser and a site."""
    from playwright.sync_api import sync_playwright

    if not (SITE / "index.html").exists():
        sys.exit("There is no book yet: run make book first.")
    program = find_browser()
    if program is None:
        sys.exit(
            "No Chromium or Chrome found, which lays out the book. On Debian: apt install chromium"
        )
    with sync_playwright() as playwright, served(SITE) as site:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        write(path, pages(), browser, site)
    print(f"The book is in {path.relative_to(ROOT)}: {path.stat().st_size / 1e6:.1f} MB.")


if __name__ == "__main__":
    main(PDF, print_book)

"""Print the built book as one PDF: `python book/pdf/print_book.py`, after `make book`.

Chromium prints all pages, joined into one document by `join.js`, twice: the first time tells the
page of paper on which each section begins, for the contents.
"""

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import yaml
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SITE = ROOT / "_build" / "html"
PDF = ROOT / "_build" / "neural-network-from-scratch.pdf"
sys.path.insert(0, str(ROOT / "book" / "_ext"))
from chromium import find_browser, served  # noqa: E402

EMPTY = "<!doctype html><html lang='en'><head><meta charset='utf-8'></head><body></body></html>"
MINUTES = 20  # that a step may take on a busy machine
SCALE = 0.8  # of the page's sizes, so that 66 characters fill a line of a book
ABOUT = "The code of this book runs in its pages and as notebooks. This is edition {:%Y-%m-%d}."


def pages() -> list[str]:
    """List the pages of the book in their order, such as `book/05_backpropagation`."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    parts = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    return [toc["root"], *parts]


def print_book(path: Path, names: list[str], browser, site: str) -> list[tuple[str, int]]:
    """Print pages of the built book as a PDF; give each line of the contents, and its page."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    book = {
        "title": config["title"],
        "author": config["author"],
        "about": ABOUT.format(datetime.now(UTC)),
    }
    page = browser.new_page(color_scheme="light")
    page.set_default_timeout(MINUTES * 60_000)
    empty = {"body": EMPTY, "content_type": "text/html"}
    page.route("**/whole_book.html", lambda route: route.fulfill(**empty))
    page.goto(f"{site}/whole_book.html")
    page.add_script_tag(path=HERE / "join.js")
    entries = page.evaluate("([pages, book]) => joinBook(pages, book)", [names, book])
    page.add_style_tag(path=HERE / "paper.css")
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")

    def printed() -> bytes:
        return page.pdf(
            prefer_css_page_size=True,
            print_background=True,
            outline=True,
            tagged=True,
            scale=SCALE,
        )

    targets = [entry["id"] for entry in entries]
    numbers = pages_of(printed(), targets)
    page.evaluate("numbers => numberContents(numbers)", numbers)
    writer = PdfWriter(clone_from=io.BytesIO(printed()))
    writer.add_metadata({"/Title": book["title"], "/Author": book["author"]})
    # Where a heading is broken into lines, Chromium joins the words around the break.
    labels = {squeezed(entry["label"]): entry["label"] for entry in entries}
    for line in lines_of(writer.root_object["/Outlines"]):
        label = labels.get(squeezed(line["/Title"]), line["/Title"])
        line[NameObject("/Title")] = TextStringObject(label)
    writer.compress_identical_objects()
    writer.write(path)
    page.close()
    return [(entry["label"], number) for entry, number in zip(entries, numbers, strict=True)]


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


def pages_of(pdf: bytes, targets: list[str]) -> list[int]:
    """Give the page of paper, from 1, of each id to which the document links."""
    reader = PdfReader(io.BytesIO(pdf))
    places = {name.lstrip("/"): place for name, place in reader.named_destinations.items()}
    return [reader.get_destination_page_number(places[target]) + 1 for target in targets]


def main() -> None:
    """Print the whole book."""
    from playwright.sync_api import sync_playwright

    if not (SITE / "index.html").exists():
        sys.exit("There is no book yet: run make book first.")
    path = find_browser()
    if path is None:
        sys.exit(
            "No Chromium or Chrome found, which prints the book. On Debian: apt install chromium"
        )
    with sync_playwright() as playwright, served(SITE) as site:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        print_book(PDF, pages(), browser, site)
    print(f"The book is in {PDF.relative_to(ROOT)}: {PDF.stat().st_size / 1e6:.1f} MB.")


if __name__ == "__main__":
    main()

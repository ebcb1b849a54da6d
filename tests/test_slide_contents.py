"""What slides show of a chapter: which cells, which sentence, which pieces of code, how long."""

import re

import nbformat
import pytest
import slides
from conftest import ROOT
from docutils import nodes
from reading_time import counted

NOTEBOOKS = [
    *sorted((ROOT / "book").glob("[0-9]*.ipynb")),
    ROOT / "book" / "appendix" / "bug_zoo.ipynb",
    ROOT / "book" / "appendix" / "batch_norm.ipynb",
]
TYPES = {"slide", "subslide", "fragment", "notes", "skip"}
EACH = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells_of(path):
    return nbformat.read(path, as_version=4).cells


def type_of(cell):
    return cell.metadata.get("slideshow", {}).get("slide_type")


@EACH
def test_types_are_those_of_jupyter(path):
    cells = cells_of(path)
    assert {type_of(cell) for cell in cells} <= TYPES | {None}
    assert type_of(cells[0]) == "slide"
    sections = [cell for cell in cells if cell.source.startswith("## ")]
    assert all(type_of(cell) in ("slide", "skip") for cell in sections)


@EACH
def test_cells_stand_on_slides_as_they_are_marked(path, built_book):
    html = (built_book / "slides" / f"{path.stem}.html").read_text("utf-8")
    for cell in cells_of(path):
        if type_of(cell) == "skip":
            assert f'id="code-{cell.id}"' not in html, cell.id
        elif type_of(cell) == "subslide" and cell.cell_type == "code":
            # What is marked so shows a figure or a table, and can be run.
            assert f'id="code-{cell.id}"' in html, cell.id


@EACH
def test_minutes_sum_to_those_of_the_chapter(path, built_book):
    html = (built_book / "slides" / f"{path.stem}.html").read_text("utf-8")
    seconds = [int(found) for found in re.findall(r'data-seconds="(\d+)"', html)]
    assert sum(seconds) == pytest.approx(60 * counted(path).reading, abs=10)
    assert html.count('class="slide-minutes"') == len(seconds)


@EACH
def test_chapter_and_slides_link_each_other(path, built_book):
    place = path.relative_to(ROOT).with_suffix(".html")
    chapter = (built_book / place).read_text("utf-8")
    up = "../" * (len(place.parts) - 1)
    assert f'href="{up}slides/{path.stem}.html"' in chapter
    html = (built_book / "slides" / f"{path.stem}.html").read_text("utf-8")
    anchors = set(re.findall(rf'href="\.\./{place.as_posix()}#([^"]+)"', html))
    assert anchors
    assert all(f'id="{anchor}"' in chapter for anchor in anchors)


def paragraph(*parts):
    return nodes.paragraph("", "", *(nodes.Text(p) if isinstance(p, str) else p for p in parts))


def text_of(node):
    return " ".join(node.astext().split())


def test_a_slide_shows_one_sentence_of_a_long_paragraph():
    rest = "And many more words follow here, so that nobody could read them all from the last row."
    formula = nodes.math("", "z")
    first = paragraph("It depends on ", formula, ". ", rest)
    assert text_of(slides.shortened(first)) == "It depends on z."
    defined = paragraph(rest, " It is called ", nodes.strong("", "backpropagation"), ". ", rest)
    assert text_of(slides.shortened(defined)) == "It is called backpropagation."
    leading = paragraph(rest, " What is left is")
    assert text_of(slides.shortened(leading, leads=True)) == "What is left is"
    named = paragraph(nodes.strong("", "Bias."), " It shifts the line. ", rest)
    assert text_of(slides.shortened(named)) == "Bias. It shifts the line."
    short = paragraph("One. Two. Three.")
    assert text_of(slides.shortened(short)) == "One. Two. Three."


def test_long_code_is_cut_where_a_block_begins():
    lines = ["def f(x):", *["    x += 1"] * 9, "    return x", "", "", "for k in range(3):"]
    lines += ["    print(f(k))"] * 5
    found = slides.pieces(nodes.literal_block("", "\n".join(lines)))
    assert [piece.astext().split("\n")[0] for piece in found] == ["def f(x):", "for k in range(3):"]
    assert all(slides.lines_of(piece) <= slides.LINES for piece in found)
    assert len(slides.pieces(nodes.literal_block("", "\n".join(lines[:14])))) == 1


def test_no_sentence_is_lost(built_book):
    """What a slide leaves out of a paragraph is in the notes to it."""
    html = (built_book / "slides" / "05_backpropagation.html").read_text("utf-8")
    shown, notes = [], []
    for section in html.split('<section class="slide')[1:]:
        slide, _, note = section.partition("<aside")
        shown.append(slide)
        notes.append(note)
    assert not any("Move another weight" in slide for slide in shown)
    assert any("Move another weight" in note for note in notes)

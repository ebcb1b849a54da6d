r"""Turns the Markdown of notebooks into what a page shows better.

A notebook is read in many places: JupyterLab, Notebook 7, VS Code, Colab, and as a page. So it
holds only what all of them show: CommonMark with tables, formulas between dollar signs, and HTML's
`<details>`. The page gets the forms of MyST that stand for it:

| in a notebook | in the page |
|---|---|
| a quotation whose first line is one bold phrase | a box; an exercise, with a number; or an aside |
| `\tag{5.5} % eq-slopes` at the end of a formula | a numbered formula with that label |
| `[(5.5)](05_backpropagation.ipynb#cell-id=slopes)` | a link to the formula itself |
| `[7](bug_zoo.ipynb#cell-id=one-for-all)` | a link to the heading of that cell |
| `([Polyak, 1964](references.bib))` | a link to the entry in the bibliography |
| a sentence that a cell says, with numbers of its run | text |
| a claim that a cell has kept | a mark that opens |
"""

import functools
import json
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
from docutils import nodes
from nn_core.lab.claims import RECORD
from nn_core.lab.sentences import SAID
from pybtex.database import Entry, parse_file
from pybtex.richtext import Text
from sphinx.application import Sphinx

import claim_marks
import tables
from clean_notebooks import FORMULA_LINK, TAG, notebooks

ROOT = Path(__file__).resolve().parents[2]
REFERENCES = ROOT / "book" / "references.bib"

# How a box looks is decided by its title; see course.css.
BOXES = {
    "In this chapter": "course-goals",
    "On this page": "course-goals",
    "Predict first": "course-predict",
}
EXERCISE = "Exercise: "
# Another box stands beside the text if it is running text of no more words than this.
ASIDE = 100

FENCED = re.compile(r"(^ {0,3}(`{3,}|~{3,})[\s\S]*?^ {0,3}\2)|(`[^`]*`)", re.MULTILINE)
BOX = re.compile(r"^> \*\*(?P<title>[^*\n]+)\*\*\n>\n(?P<body>(?:>.*(?:\n|\Z))+)", re.MULTILINE)
CELL_LINK = re.compile(r"\[([^\]]+)\]\((?:[^)\s]*/)?([\w-]+)\.ipynb#cell-id=([\w-]+)\)")
CITATION = r"\[([^\]]+)\]\((?:\.\./)*references\.bib\)"
CITED_IN_BRACKETS = re.compile(rf"\(({CITATION}(?:;\s+{CITATION})*)\)")


def author_and_year(entry: Entry) -> tuple[str, str]:
    """Give the names of an entry as a text cites them, "He et al.", and its year."""
    persons = entry.persons["author"]
    names = [str(Text.from_latex(" ".join(p.prelast_names + p.last_names))) for p in persons]
    shown = " and ".join(names) if len(names) <= 2 else f"{names[0]} et al."
    return shown, entry.fields["year"]


@functools.cache
def citations() -> dict[str, str]:
    """Give the key of each entry of the bibliography, by both forms in which it is cited."""
    found = {}
    for key, entry in parse_file(str(REFERENCES)).entries.items():
        names, year = author_and_year(entry)
        found |= {f"{names}, {year}": key, f"{names} ({year})": key}
    return found


def key_of(cited: str) -> str:
    """Give the key of the entry that a text cites; what is cited may go over two lines."""
    return citations()[" ".join(cited.split())]


@functools.cache
def formulas() -> dict[str, str]:
    """Give the label of each numbered formula of the book, by its number."""
    found = {}
    for path in notebooks():
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                found |= {tag["number"]: tag["label"] for tag in TAG.finditer(cell.source)}
    return found


def box(title: str, body: str, cell: str, original: Callable[[str], str] = str) -> str:
    """Write a quotation with a title, whose English is `original`'s, as the box it stands for."""
    known = original(title)
    body = re.sub(r"^> ?", "", body, flags=re.MULTILINE).rstrip()
    if known.startswith(EXERCISE):
        return f"::::{{exercise}} {title.partition(': ')[2]}\n:label: {cell}\n\n{body}\n::::\n"
    look = BOXES.get(known) or ("course-aside" if is_aside(body) else "note")
    return f"::::{{admonition}} {title}\n:class: {look}\n\n{body}\n::::\n"


def is_aside(body: str) -> bool:
    """Whether a box is short enough for the margin, and holds no list and no formula of its own."""
    return len(body.split()) <= ASIDE and not re.search(r"^(?:- |\d+\. |\$\$)", body, re.M)


def for_page(
    text: str,
    labels: dict[str, str],
    chapter: str = "",
    cell: str = "",
    original: Callable[[str], str] = str,
) -> str:
    """Write the Markdown of a notebook as the MyST of a page.

    Parameters
    ----------
    text
        What a Markdown cell holds, or what a cell has said.
    labels
        The label of each formula; see `formulas`.
    chapter, cell
        The name of the notebook and the id of the cell, for headings and exercises to be found by.
    original
        Gives the English of a title that was translated: by it a box is known.

    Raises
    ------
    KeyError
        The text names a formula or a reference that is not there.
    """
    text = BOX.sub(lambda found: box(found["title"], found["body"], cell, original), text)
    text = re.sub(rf"\s*{TAG.pattern}\s*\$\$", r"\n$$ (\g<label>)", text)
    if text.startswith("#"):
        text = f"(cell-{chapter}-{cell})=\n{text}"
    # Code keeps what it holds.
    kept: list[str] = []
    text = FENCED.sub(lambda found: f"\0{kept.append(found[0]) or len(kept) - 1}\0", text)
    text = FORMULA_LINK.sub(lambda found: f"{{eq}}`{labels[found[1]]}`", text)
    text = CELL_LINK.sub(r"[\1](#cell-\2-\3)", text)
    text = CITED_IN_BRACKETS.sub(
        lambda found: (
            "{cite:p}`" + ",".join(key_of(cited) for cited in re.findall(CITATION, found[1])) + "`"
        ),
        text,
    )
    text = re.sub(CITATION, lambda found: f"{{cite:t}}`{key_of(found[1])}`", text)
    return re.sub(r"\0(\d+)\0", lambda found: kept[int(found[1])], text)


def unfolding(cell: nbformat.NotebookNode) -> str:
    """Say what the reader sees who unfolds a cell."""
    if "hide-output" in cell.metadata.get("tags", []):
        return "what this prints"
    shown = [str(out.get("data", {}).get("text/html", "")) for out in cell.outputs]
    draws = any("<svg" in html or "data-lab=" in html for html in shown)
    return "the code that draws this" if draws else "the code"


def page_cells(
    notebook: nbformat.NotebookNode, chapter: str, original: Callable[[str], str] = str
) -> list[nbformat.NotebookNode]:
    """Give the cells of a page: Markdown as MyST, and what cells have said as Markdown.

    The parameter `original` is that of `for_page`.
    """
    labels = formulas()
    cells = []
    for k, cell in enumerate(notebook.cells):
        about = {"cell_type": cell.cell_type} | cell.metadata
        begins = f"+++ {json.dumps(about)}\n\n" if k else ""  # slides.py reads it
        if cell.cell_type == "markdown":
            cell.source = begins + for_page(cell.source, labels, chapter, cell.id, original)
            cells.append(cell)
            continue
        cell.metadata["id"] = cell.id  # for in_page.py: of an id itself, myst-nb tells nothing
        what = unfolding(cell)
        cell.metadata["mystnb"] = {
            "code_prompt_show": f"Show {what}",
            "code_prompt_hide": f"Hide {what}",
        }
        for out in cell.outputs:
            if RECORD in out.get("metadata", {}):
                out.data["text/html"] = claim_marks.mark(out.metadata[RECORD])
            elif "dataframe" in (html := out.get("data", {}).get("text/html", "")):
                out.data["text/html"] = tables.mark_frame(html)
        said = [out for out in cell.outputs if SAID in out.get("metadata", {})]
        cell.outputs = [out for out in cell.outputs if out not in said]
        if cell.outputs or not said:
            cells.append(cell)
        if said:
            text = "\n\n".join(for_page(out.data["text/markdown"], labels) for out in said)
            text = f"::::::{{container}} said said-{cell.id}\n{text}\n::::::"
            cells.append(nbformat.v4.new_markdown_cell(begins + text, id=f"{cell.id}-said"))
    return cells


def number_formulas(app: Sphinx, doctree: nodes.document) -> None:
    """Let a page show the numbers that stand in the notebook."""
    numbers = {label: number for number, label in formulas().items()}
    domain = app.env.get_domain("math")
    for block in doctree.findall(nodes.math_block):
        if number := numbers.get(block.get("label")):
            block["number"] = number
            domain.equations[block["label"]] = (app.env.docname, number)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("doctree-read", number_formulas)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

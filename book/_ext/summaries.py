"""Each chapter on one page of paper: take-aways, formulas, shapes, code and new words.

All is taken from the chapter itself; the shapes from the tables of notation. The pages lie in
`summary/` and are no pages of the book: the end of their chapter and "Your way" lead to them.
"""

import ast
import posixpath
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

import glossary
import numbering
from notes import is_note

NOTATION = "book/appendix/notation"
# About how many lines of code a sheet has room for beside take-aways and shapes, and how many of
# them a formula takes, and a word with its definition.
LINES = 116
LINES_OF_FORMULA = 4
LINES_OF_WORD = 4

# The words before a table of letters that hold in one chapter alone.
ONE_CHAPTER = re.compile(r"(?:In the chapter|On the page) on (.*?)s? only")
IN_CHAPTER = re.compile(r"in the chapter on (.*?),")
ARRAY = re.compile(r"\(.*,|those? of")  # a shape, and not "a number"
TAKEAWAYS = "Take-aways"
LINK = re.compile(r'(?<= href=")(?!https?:)([^"]*)')


def address(docname: str) -> str:
    """Give the page of the summary of a chapter."""
    return f"summary/{Path(docname).name}"


def formulas(doctree: nodes.document) -> Iterator[tuple[str, nodes.math_block]]:
    """Give the numbered formulas of a chapter, each with the heading under which it stands."""
    for block in doctree.findall(nodes.math_block):
        if block.get("number"):
            section = block.parent
            while not isinstance(section, nodes.section) or section["ids"] == ["exercise-content"]:
                section = section.parent
            yield " ".join(numbering.split(section.next_node(nodes.title))).strip(), block


def shapes(env: BuildEnvironment, docname: str, used: list[str]) -> list[list[nodes.entry]]:
    """Give symbol, shape and meaning of each array in some formulas, as the notation has them."""
    title = env.titles[docname].astext().lower()
    found: list[tuple[set[str], list[nodes.entry]]] = []
    for table in env.get_doctree(NOTATION).findall(nodes.table):
        heads = [entry.astext() for entry in table.next_node(nodes.thead).findall(nodes.entry)]
        before = table.parent[table.parent.index(table) - 1].astext()
        only = ONE_CHAPTER.match(before)
        if heads[0] != "symbol" or (only and only[1] not in title):
            continue
        for row in table.next_node(nodes.tbody).findall(nodes.row):
            tex = ",".join(math.astext() for math in row[0].findall(nodes.math))
            letters = {letter.strip() for letter in re.split(r",\\?", tex)}
            plain = {letter for letter in letters if "_" not in letter} or letters
            if only:  # Such a table comes after those of all, and holds here.
                found = [(others, entries) for others, entries in found if not others & letters]
            other = IN_CHAPTER.match(row[2].astext()) if len(row) > 2 else None
            if (
                heads[1] == "shape"
                and ARRAY.search(row[1].astext())
                and not (other and other[1] not in title)
                and all(any(uses(formula, letter) for formula in used) for letter in plain)
            ):
                found.append((letters, row[:3]))
    return [entries for _, entries in found]


def uses(formula: str, letter: str) -> bool:
    """Whether a formula holds a letter: not in a word, not behind a d, and not as an index."""
    formula = re.sub(r"\\(?:text|operatorname)\{[^}]*\}", " ", formula)
    if "_" not in letter:
        formula = re.sub(r"_\w|_\{[^}]*\}", " ", formula)
    return bool(re.search(rf"(?<![A-Za-z\\}}]){re.escape(letter)}(?![A-Za-z])", formula))


def code(doctree: nodes.document, room: int) -> str:
    """Give what a chapter adds to nn_core: whole, or, if it has more lines than this, in short."""
    cells = [
        block.astext()
        for box in doctree.findall(nodes.container)
        if "tag_nn-core" in box["classes"]
        for block in list(box.findall(nodes.literal_block))[:1]
    ]
    kinds = ast.FunctionDef | ast.ClassDef
    parts = [
        (each, cell) for cell in cells for each in ast.parse(cell).body if isinstance(each, kinds)
    ]
    whole = "\n\n".join(ast.get_source_segment(cell, each) or "" for each, cell in parts)
    if whole.count("\n") < room:
        return whole
    return "\n".join(line for each, _ in parts for line in first_lines(each))


def first_lines(node: ast.stmt, indent: str = "") -> Iterator[str]:
    """Give the first line of a function, and what it does; those of a class with its methods."""
    if isinstance(node, ast.FunctionDef):
        yield f"{indent}def {node.name}({ast.unparse(node.args)}):"
    else:
        bases = ", ".join(map(ast.unparse, node.bases))
        yield f"class {node.name}({bases}):" if bases else f"class {node.name}:"
    if does := ast.get_docstring(node):
        yield f"{indent}    # {does.splitlines()[0]}"
    for each in node.body if isinstance(node, ast.ClassDef) else []:
        if isinstance(each, ast.FunctionDef) and not each.name.startswith("__"):
            yield from first_lines(each, "    ")


def words(doctree: nodes.document, room: int) -> nodes.Element:
    """Give the words that a chapter defines, as links; with their definitions if these fit."""
    notes = {each["ids"][0]: each for each in doctree.findall(is_note)}
    links = [each for each in doctree.findall(nodes.reference) if "course-term" in each["classes"]]
    found = nodes.paragraph()
    for link in links:
        found += nodes.Text(", " if found.children else "")
        found += nodes.reference("", link.astext(), refuri=link["refuri"], internal=True)
    if LINES_OF_WORD * len(links) > room:
        return found
    found = nodes.definition_list()
    for link in links:
        term = nodes.reference("", link.astext(), refuri=link["refuri"], internal=True)
        # Its last part leads to the glossary, as the word does.
        meaning = nodes.paragraph("", "", *notes[f"{link['ids'][0]}-note"].deepcopy()[:-1])
        found += nodes.definition_list_item(
            "", nodes.term("", "", term), nodes.definition("", meaning)
        )
    return found


def takeaways(doctree: nodes.document) -> list[nodes.bullet_list]:
    """Give the lists of what a chapter says at its end; a cell may have said it."""
    section = numbering.sections(doctree)[-1]
    lists = section.findall(nodes.bullet_list)
    return [each for each in lists if not isinstance(each.parent, nodes.list_item)]


def summary(app: Sphinx, docname: str, doctree: nodes.document) -> str:
    """Write the summary of a chapter as HTML, with links as from the page of the chapter."""

    def html(*content: nodes.Node) -> str:
        box = nodes.container("", *(each.deepcopy() for each in content))
        for each in list(box.findall(is_note)):
            each.parent.remove(each)
        for each in box.findall(nodes.Element):
            each["ids"] = []
        return app.builder.render_partial(box)["fragment"]

    numbered = list(formulas(doctree))
    equations, last = [], ""
    for heading, block in numbered:
        label = "" if heading == last else f"<p>{escape(heading)}</p>"
        last = heading
        equations.append(f"<div>{label}{html(block)}</div>")
    tex = [block.astext() for _, block in numbered]
    arrays = shapes(app.env, docname, tex)
    rows = "".join(
        f"<tr>{''.join(f'<td>{html(*entry.children)}</td>' for entry in row)}</tr>"
        for row in arrays
    )
    room = LINES - LINES_OF_FORMULA * len(numbered)
    source = code(doctree, room)
    listing = html(nodes.literal_block(source, source, language="python")) if source else ""
    terms = words(doctree, room - source.count("\n"))
    parts = {
        TAKEAWAYS: html(*takeaways(doctree)),
        "Formulas": "".join(equations),
        "Shapes": f"<table>{rows}</table>" if rows else "",
        "Code of nn_core": listing,
        "Words": html(terms) if terms.children else "",
    }
    return "".join(
        f"<section><h2>{name}</h2>{part}</section>" for name, part in parts.items() if part
    )


def note(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Write the summary of a chapter while its page is written, and let the page lead to it."""
    if doctree is None or not glossary.is_chapter(app.env, pagename):
        return
    context["summary"] = context["pathto"](address(pagename))
    here = posixpath.dirname(pagename)

    def moved(found: re.Match[str]) -> str:
        file, _, anchor = found[1].partition("#")
        target = posixpath.normpath(posixpath.join(here, file)) if file else f"{pagename}.html"
        return posixpath.relpath(target, "summary") + (f"#{anchor}" if anchor else "")

    number, title = numbering.split(app.env.titles[pagename])
    back = posixpath.relpath(f"{pagename}.html", "summary")
    short = numbering.short(title)
    body = (
        f'<section class="summary"><h1><span class="number">{number}</span> {escape(short)}</h1>'
        f'<p class="summary-from">On one page, from <a href="{back}">the chapter</a>.</p>'
        f'<div class="summary-parts">{LINK.sub(moved, summary(app, pagename, doctree))}</div>'
        "</section>"
    )
    app.course_summaries[pagename] = {"title": f"{number} {short}, on one page", "body": body}


def collect(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    """Give the pages of the summaries."""
    for docname, context in app.course_summaries.items():
        yield address(docname), context, "page.html"


def load_style(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Load what lays out a summary."""
    if 'class="summary"' in context.get("body", ""):
        app.add_css_file("way.css")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.course_summaries = {}
    app.connect("html-page-context", note, priority=300)
    app.connect("html-page-context", load_style, priority=300)
    app.connect("html-collect-pages", collect)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

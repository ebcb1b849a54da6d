"""A small site with one chapter of cells, for tests of what pages do with cells."""

import json
import shutil
from html import escape
from pathlib import Path

import in_page
import nbformat.v4
from conftest import BARE_PAGE, ROOT, SHEETS
from frame import colours_of_code
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from nn_core.lab import page as lab_page

CHAPTER = "book/chapter"


def write_site(folder: Path, cells: dict[str, str], *, html: str = "") -> None:
    """Write a site with the chapter of these cells, their text by id, and with the scripts."""
    python = folder / "python"
    python.mkdir(exist_ok=True)
    in_page.write_scripts(python)
    for name in SHEETS:
        shutil.copy(ROOT / "book" / "_static" / name, folder)
    (folder / "_static").mkdir(exist_ok=True)
    for name in ("storage.js", "progress.js"):
        shutil.copy(ROOT / "book" / "_static" / name, folder / "_static")
    shutil.copytree(ROOT / "book" / "_static" / "fonts", folder / "fonts", dirs_exist_ok=True)
    markdown = nbformat.v4.new_markdown_cell("# Chapter")
    code = [nbformat.v4.new_code_cell(text, id=name) for name, text in cells.items()]
    notebook = nbformat.v4.new_notebook(cells=[markdown, *code])
    for part in ("book", "_sources/book", "python/cells/book"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / "_sources" / f"{CHAPTER}.ipynb")
    listed = [{"id": name, "source": text} for name, text in cells.items()]
    (python / "cells" / f"{CHAPTER}.json").write_text(json.dumps(listed), "utf-8")
    shown = "".join(
        f'<div class="cell" id="code-{escape(name)}"><div class="cell_input">'
        f"{highlight(text, PythonLexer(), HtmlFormatter())}</div></div>"
        for name, text in cells.items()
    )
    (folder / "lab.js").write_text(lab_page.script("lab"), "utf-8")
    head = (
        "".join(f'<link rel="stylesheet" href="../{name}">' for name in SHEETS)
        + f'<script src="../lab.js"></script><style>{colours_of_code()}</style>'
    )
    page = BARE_PAGE.format(scheme="light", head=head, html=shown + html)
    (folder / f"{CHAPTER}.html").write_text(page, "utf-8")

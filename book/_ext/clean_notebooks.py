"""Bring the notebooks into the form in which they are committed.

    python book/_ext/clean_notebooks.py            write the notebooks in this form
    python book/_ext/clean_notebooks.py --check    name the notebooks in another form, and fail

The form has no outputs, no execution counts, one kernelspec and no metadata of an editor, except
what folds the code that pages hide. Formulas are numbered in their order. The first code cell
installs the course where it is missing (`first_cell.py`).
"""

import argparse
import itertools
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import yaml
from nbstripout import strip_output

import numbering
import repository
from first_cell import install_cell

ROOT = Path(__file__).resolve().parents[2]
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# Code that a page hides is folded in JupyterLab and Notebook 7, and in Colab.
FOLDED_BY = {"hide-cell", "hide-input", "remove-input", "remove-cell"}
FOLDED = {"cellView": "form", "jupyter": {"source_hidden": True}}
# A formula ends with its number, which is its place in the chapter, and its label. A text names the
# number, and links the cell.
TAG = re.compile(r"\\tag\{(?P<number>[^}]*)\} % (?P<label>eq-[\w-]+)")
FORMULA_LINK = re.compile(r"\[\((\w+\.\w+)\)\](\([^)\s]*\.ipynb#cell-id=[\w-]+\))")


def notebooks() -> list[Path]:
    """List all notebooks of the book: chapters first, then appendices."""
    found = sorted((ROOT / "book").glob("**/*.ipynb"))
    # JupyterLab keeps copies of opened notebooks in these folders.
    return [path for path in found if path.parent.name != ".ipynb_checkpoints"]


def number_of(path: Path) -> str:
    """Give the number of a page as formulas have it: "5" for chapter 05, "B" in the appendix."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    pages = {part["caption"]: [page["file"] for page in part["chapters"]] for part in toc["parts"]}
    name = path.relative_to(ROOT).with_suffix("").as_posix()
    return numbering.bare(numbering.number_of_page(name, pages[numbering.APPENDIX]))


def number_formulas(books: dict[Path, nbformat.NotebookNode]) -> None:
    """Number the formulas of each chapter in their order, and say so where they are named."""
    numbers = {}
    for path, notebook in books.items():
        page, count = number_of(path), itertools.count(1)

        def numbered(tag: re.Match[str], page: str = page, count: Iterator = count) -> str:
            number = numbers[tag["number"]] = f"{page}.{next(count)}"
            return f"\\tag{{{number}}} % {tag['label']}"

        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = TAG.sub(numbered, cell.source)
    for notebook in books.values():
        for cell in notebook.cells:
            cell.source = FORMULA_LINK.sub(
                lambda link: f"[({numbers.get(link[1], link[1])})]{link[2]}", cell.source
            )


def cleaned(path: Path) -> nbformat.NotebookNode:
    """Give a notebook in its committed form."""
    notebook = nbformat.read(path, as_version=4)
    notebook = strip_output(notebook, keep_output=False, keep_count=False, keep_id=True)
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        # All metadata except the tags, and what slides show, come from editors.
        kept = {key: cell.metadata[key] for key in ("slideshow", "tags") if cell.metadata.get(key)}
        folded = FOLDED if FOLDED_BY & set(kept.get("tags", [])) else {}
        cell.metadata = nbformat.from_dict(kept | folded)
        if cell.id == "install":
            root = Path(os.path.relpath(ROOT, path.parent)).as_posix()
            cell.source = install_cell(root, repository.setting())
    return notebook


def main() -> int:
    """Clean or check all notebooks of the book."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing, fail if one differs")
    check = parser.parse_args().check
    differing = 0
    books = {path: cleaned(path) for path in notebooks()}
    number_formulas(books)
    for path, notebook in books.items():
        text, wanted = path.read_text("utf-8"), nbformat.writes(notebook) + "\n"
        if text == wanted:
            continue
        differing += 1
        print(f"{path.relative_to(ROOT)}: {'not clean' if check else 'cleaned'}")
        if not check:
            path.write_text(wanted, "utf-8", newline="\n")
    return int(check and differing > 0)


if __name__ == "__main__":
    sys.exit(main())

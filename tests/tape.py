"""The tape of the chapter on autograd, read out of its notebook."""

from pathlib import Path
from typing import Any

import nbformat
from conftest import ROOT

CHAPTER = ROOT / "book" / "14_autograd.ipynb"


def tape_cells(path: Path) -> list[str]:
    """Give the source of the cells of a notebook that hold the tape: those tagged `tape`."""
    cells = nbformat.read(path, as_version=4).cells
    return [cell.source for cell in cells if "tape" in cell.metadata.get("tags", [])]


def tape_of_the_book() -> dict[str, Any]:
    """Run the tape of the chapter, and give what it defines."""
    names: dict[str, Any] = {}
    exec("\n\n\n".join(tape_cells(CHAPTER)), names)
    return names

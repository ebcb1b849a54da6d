"""The parts of nn_core: derived modules and checks import no other part."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from derived import CORE, code_lines, derived, lines_by_part

PACKAGE = ROOT / "nn_core"
DERIVED = [path for path in sorted(PACKAGE.glob("*.py")) if path.name != "__main__.py"]
CHECKS = sorted((PACKAGE / "checks").glob("*.py"))
OTHERS = {"checks", "lab", "tools"}


def imports(node: ast.AST, where: str = "module") -> Iterator[tuple[str, str]]:
    """Give each imported module or name, and its place: the module, a function, or for types."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        whence = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
        yield from ((f"{whence}{alias.name}", where) for alias in node.names)
    if isinstance(node, ast.FunctionDef):
        where = "function"
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        where = "types"
    for child in ast.iter_child_nodes(node):
        yield from imports(child, where)


def needed(path: Path) -> Iterator[tuple[list[str], str]]:
    """Give the imports of a file except NumPy and the standard library, split into names."""
    for name, where in imports(ast.parse(path.read_text("utf-8"))):
        parts = name.split(".")
        if parts[0] not in {"numpy", *sys.stdlib_module_names}:
            yield parts, where


@pytest.mark.parametrize("path", DERIVED, ids=lambda path: path.stem)
def test_what_chapters_derive_needs_numpy_and_the_checks_alone(path):
    for parts, where in needed(path):
        if where != "module" and parts[0] in {"pandas", "tqdm"}:
            continue  # the history and the progress bar of `fit`
        assert parts[0] == "nn_core", f"{path.name} imports {'.'.join(parts)}"
        assert parts[1] not in OTHERS - {"checks"}, f"{path.name} imports {'.'.join(parts)}"


@pytest.mark.parametrize("path", CHECKS, ids=lambda path: path.stem)
def test_checks_need_no_other_room(path):
    for parts, where in needed(path):
        own = parts[:2] == ["nn_core", "checks"]
        for_types = where == "types" and parts[0] == "nn_core" and parts[1] not in OTHERS
        assert own or for_types, f"{path.name} imports {'.'.join(parts)}"


# --- the chapters derive the functions of nn_core

MOST = 1_000  # the largest number of lines of code: a reader reads them in an evening
SHARE = 0.75  # the smallest share of these lines that are derived in a chapter
NOT_DERIVED = {
    "load_mnist": "finds the four files of a data set; chapter 01 reads each of them by hand",
    "_load_pair": "as load_mnist",
    "_find": "as load_mnist: the names that such files have",
    "MLP.is_weight": "tells weights from biases for AdamW, by the views that chapter 02 derives",
    "EarlyStopping.before_training": "holds a check of the arguments alone",
    "LabelSmoothing.before_training": "holds a check of the arguments alone",
}


def test_library_is_read_in_an_evening():
    counts = {path.name: len(code_lines(path.read_text("utf-8"))) for path in CORE}
    assert sum(counts.values()) <= MOST, counts


def test_library_stands_in_the_chapters():
    counts = {name: count for path in CORE for name, count in lines_by_part(path).items()}
    chapters = derived()
    classes = {name.partition(".")[0] for name in chapters if "." in name}
    left = {name for name in counts if name not in chapters and name not in classes}
    assert left == set(NOT_DERIVED)
    share = 1 - sum(counts[name] for name in left) / sum(counts.values())
    assert share >= SHARE


def test_lines_are_counted():
    source = '"""Doc."""\n\n# Why.\n@takes(\n    x=y,\n)\ndef f(x):\n    """Doc."""\n    return x\n'
    assert code_lines(source) == {4, 5, 6, 7, 9}

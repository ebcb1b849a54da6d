"""Consistency of the chapters: with the library, the ledger of claims, and the tests."""

import ast
import functools
import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

import check_prose
import nbformat
import plain_markdown
import pytest
import repository
from clean_notebooks import notebooks, number_formulas, number_of
from conftest import ROOT
from derived import functions, library
from first_cell import install_cell

BOOK = ROOT / "book"
NOTEBOOKS = notebooks()
CHAPTERS = [path for path in NOTEBOOKS if path.parent == BOOK]  # the others are appendices


def name_of(path: Path) -> str:
    return path.stem


def place_of(path: Path) -> str:
    """Give the path of a page in the book, such as `appendix/notation`."""
    return path.relative_to(BOOK).with_suffix("").as_posix()


@functools.cache
def notebook(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def is_there(file: Path, fragment: str) -> bool:
    """Whether a link leads to a file, and to a cell of it if it names one."""
    named = fragment.removeprefix("cell-id=")
    return file.is_file() and (not named or named in [cell.id for cell in notebook(file).cells])


def cells(path: Path, kind: str, tag: str | None = None) -> list[str]:
    return [
        cell.source
        for cell in notebook(path).cells
        if cell.cell_type == kind and (tag is None or tag in cell.metadata.get("tags", []))
    ]


def parse(source: str) -> ast.Module:
    """The syntax tree of cells, without the lines that only a notebook understands."""
    return ast.parse(re.sub(r"^(\s*)%.*$", r"\1pass", source, flags=re.MULTILINE))


@functools.cache
def code(path: Path) -> ast.Module:
    """All code of a chapter."""
    return parse("\n".join(cells(path, "code")))


def calls(path: Path, name: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(code(path))
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == name
    ]


# --- committed clean


def test_notebooks_are_clean():
    script = BOOK / "_ext" / "clean_notebooks.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}`make format` cleans them."


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_first_cell_installs_from_clone_or_repository(path):
    first, *others = cells(path, "code")
    (folder,) = re.findall(r'Path\("(.*)/nn_core"\)', first)
    assert (path.parent / folder).resolve() == ROOT
    assert first == install_cell(folder, repository.setting())
    assert not any("%pip" in cell for cell in others)


# Runs a cell in IPython, where %pip only prints what it is asked to do.
IN_IPYTHON = """
import sys
from IPython.core.interactiveshell import InteractiveShell
sys.modules.update(dict.fromkeys({missing}))
shell = InteractiveShell.instance()
shell.register_magic_function(print, magic_name="pip")
shell.run_cell({cell!r})
"""


@pytest.mark.parametrize(
    ("missing", "clone", "address", "told"),
    [
        ([], True, "", ""),
        (["nn_core"], True, "", 'install --quiet "..[lab]"\n'),
        (["nn_core"], True, "https://host/me/course", 'install --quiet "..[lab]"\n'),
        (
            ["nn_core"],
            False,
            "https://host/me/course",
            'install --quiet "nn-core[lab] @ git+https://host/me/course"\n',
        ),
        (
            ["nn_core"],
            False,
            "",
            'nn_core is not installed. In a new cell, run %pip install "COURSE[lab]" with the path '
            "of the folder of the course in place of COURSE.\n",
        ),
    ],
)
def test_first_cell_does_what_is_possible(tmp_path, missing, clone, address, told):
    (tmp_path / "book").mkdir()
    if clone:
        (tmp_path / "nn_core").mkdir()
    source = IN_IPYTHON.format(missing=missing, cell=install_cell("..", address))
    done = subprocess.run(
        [sys.executable, "-c", source],
        cwd=tmp_path / "book",
        capture_output=True,
        text=True,
        env={**os.environ, "IPYTHONDIR": str(tmp_path)},
    )
    assert (done.stdout, done.stderr) == (told, "")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_one_seed(path):
    assert cells(path, "code", "seed") == ["SEED = 0"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_a_shown_cell_does_not_rely_on_an_import_that_is_not_shown(path):
    imported = {True: set(), False: set()}  # the names, by whether their cell is shown
    for cell in notebook(path).cells:
        if cell.cell_type != "code":
            continue
        shown = "remove-cell" not in cell.metadata.get("tags", [])
        nodes = list(ast.walk(parse(cell.source)))
        for node in nodes:
            if isinstance(node, ast.Import | ast.ImportFrom):
                imported[shown] |= {alias.asname or alias.name for alias in node.names}
        used = {node.id for node in nodes if isinstance(node, ast.Name) and shown}
        missing = used & imported[False] - imported[True]
        assert not missing, f"the cell {cell.id} does not import {missing}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_each_block_of_code_says_what_it_is_for(path):
    """In the text above it, or in the comment that it begins with."""
    silent, told = [], False
    for cell in notebook(path).cells:
        tags = set(cell.metadata.get("tags", []))
        if cell.cell_type == "markdown" or "say(" in cell.source:
            told = True
        elif "remove-cell" not in tags:
            folded = tags & {"hide-input", "remove-input", "hide-cell"}
            if not (told or folded or cell.source.startswith("#")):
                silent.append(cell.id)
            told = False
    assert not silent


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_a_callback_keeps_in_state_all_that_changes(path):
    for node in ast.walk(code(path)):
        if isinstance(node, ast.ClassDef) and "Callback" in map(ast.unparse, node.bases):
            methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
            changed = {
                part.attr
                for method in methods
                if method.name != "__init__"
                for part in ast.walk(method)
                if isinstance(part, ast.Attribute)
                and isinstance(part.ctx, ast.Store)
                and ast.unparse(part.value) == "self"
            }
            assert changed <= {"state"}, f"{node.name} changes {changed}"


# --- the book and the library are the same code


DERIVED = [
    (path.stem, name, text)
    for path in NOTEBOOKS
    for cell in cells(path, "code", "nn-core")
    for name, text in functions(cell).items()
]


@pytest.mark.parametrize(("chapter", "name", "text"), DERIVED, ids=lambda value: str(value)[:24])
def test_derived_function_is_the_library_s(chapter, name, text):
    assert text == library().get(name), f"{chapter}: {name} is not what nn_core has"


def test_every_nn_core_cell_derives_something():
    for path in NOTEBOOKS:
        for cell in cells(path, "code", "nn-core"):
            assert functions(cell), f"{path.name}: no function in the cell {cell[:60]!r}"


def test_chapter_01_derives_the_data_functions():
    derived = {name for chapter, name, _ in DERIVED if chapter == "01_data"}
    assert derived == {
        "read_bytes",
        "read_idx",
        "scale_pixels",
        "one_hot",
        "train_dev_split",
        "minibatches",
    }


def test_chapter_02_derives_the_forward_pass():
    derived = {name for chapter, name, _ in DERIVED if chapter == "02_forward_pass"}
    assert derived == {
        "dense_forward",
        "relu_forward",
        "leaky_relu_forward",
        "tanh_forward",
        "sigmoid_forward",
        "identity_forward",
        "softmax",
        "MLP",
        "MLP.__init__",
        "MLP._name_views",
        "MLP._views",
        "MLP.theta",
        "MLP.grad",
        "MLP.__setstate__",
        "MLP.__repr__",
        "MLP.forward",
        "MLP.predict_proba",
        "MLP.predict",
    }


def test_bare_sees_a_difference():
    plain = "def f(x):\n    y = x + 1\n    return y"
    checked = (
        '@takes(x=numbers)\ndef f(x: int) -> int:\n    """Doc."""\n'
        "    if x < 0:\n        raise ValueError\n"
        "    check_x(x)\n    try:\n        y = x + 1\n    except TypeError as e:\n"
        "        raise ValueError from e\n    return y"
    )
    assert functions(plain) == functions(checked)
    assert functions(plain) != functions(plain.replace("+ 1", "+ 2"))
    assert functions(plain) != functions(f"@gives(x=numbers)\n{plain}")
    branching = plain.replace("    y", "    if x:\n        x = 2\n    y", 1)
    assert functions(plain) != functions(branching)


# --- claims and their ledger

LEDGER = json.loads((BOOK / "claims.json").read_text("utf-8"))


def declared_claims() -> dict[str, tuple[str, str, str, float, str]]:
    found = {}
    for path in NOTEBOOKS:
        for call in calls(path, "claim"):
            name, statement = (ast.literal_eval(argument) for argument in call.args[:2])
            options = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
            side = "at_least" if "at_least" in options else "at_most"
            assert name not in found, f"two claims are called {name}"
            form = options.get("form", "{:.2%}")
            found[name] = (place_of(path), statement, side.replace("_", " "), options[side], form)
    return found


def test_ledger_lists_every_claim():
    parts = ("chapter", "statement", "side", "bound", "form")
    listed = {entry["name"]: tuple(entry[part] for part in parts) for entry in LEDGER}
    assert listed == declared_claims(), "`make claims` measures them again"


@pytest.mark.parametrize("entry", LEDGER, ids=lambda entry: entry["name"])
def test_bound_is_two_spreads_below_the_mean(entry):
    values = entry["values"]
    assert len(values) >= 5
    assert entry["mean"] == pytest.approx(statistics.mean(values))
    assert entry["spread"] == pytest.approx(statistics.stdev(values))
    room = entry["mean"] - entry["bound"]
    assert (room if entry["side"] == "at least" else -room) >= 2 * entry["spread"]


# --- formulas

FORMULAS = ROOT / "tests" / "formulas"


def marked_formulas() -> list[str]:
    """The labels that tests are marked with, `@pytest.mark.formula("eq-...")`."""
    found = []
    for path in sorted(FORMULAS.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.formula":
                found += [ast.literal_eval(argument) for argument in node.args]
    return found


def test_every_labelled_formula_is_tested():
    labels = list(plain_markdown.formulas().values())
    assert len(labels) > 3
    assert len(set(labels)) == len(labels)
    assert set(marked_formulas()) == set(labels)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_formulas_are_numbered_in_order(path):
    found = re.findall(r"\\tag\{(.*?)\}", "\n".join(cells(path, "markdown")))
    assert found == [f"{number_of(path)}.{k}" for k in range(1, len(found) + 1)], (
        "`make format` does it"
    )


def test_a_new_formula_moves_the_numbers_of_those_after_it():
    def chapter(*sources: str) -> nbformat.NotebookNode:
        markdown = [nbformat.v4.new_markdown_cell(source) for source in sources]
        link = nbformat.v4.new_code_cell('say(f"By [(2.1)](02_b.ipynb#cell-id=c), {x}.")')
        return nbformat.v4.new_notebook(cells=[*markdown, link])

    new = "$$\nx\n\\tag{2.new} % eq-new\n$$"
    old = "$$\ny\n\\tag{2.1} % eq-old\n$$\n\nAs [(1.1)](01_a.ipynb#cell-id=c) and `[(2.1)]`."
    books = {
        BOOK / "01_a.ipynb": chapter("$$\nz\n\\tag{1.1} % eq-z\n$$"),
        BOOK / "02_b.ipynb": chapter(new, old),
    }
    number_formulas(books)
    first, second = ([cell.source for cell in book.cells] for book in books.values())
    assert second[0] == new.replace("2.new", "2.1")
    assert second[1] == old.replace("tag{2.1}", "tag{2.2}")
    for sources in (first, second):
        assert sources[-1] == 'say(f"By [(2.2)](02_b.ipynb#cell-id=c), {x}.")'


# --- Markdown that every front end shows


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_no_markup_that_only_a_page_knows(path):
    for text in check_prose.texts(path):
        assert not re.search(r"\{[\w:-]+\}`|^:::|^\([\w-]+\)=$|^`{3,}\{", text, re.MULTILINE), text


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_links_lead_to_what_they_name(path):
    for text in check_prose.texts(path):
        for shown, target in re.findall(
            r"\[([^\]]+)\]\(([^)\s]+)\)", re.sub(r"`[^`]*`|(?<!\()\$[^$]*\$", "x", text)
        ):
            if "://" in target:
                continue
            name, _, fragment = target.partition("#cell-id=")
            file = path.parent / name
            assert file.is_file(), target
            if file.name == "references.bib":
                assert " ".join(shown.split()) in plain_markdown.citations()
            elif fragment:
                (cell,) = (cell for cell in notebook(file).cells if cell.id == fragment)
                formula = f"\\tag{{{shown.strip('()')}}}"
                assert cell.source.startswith("#") or formula in cell.source, f"{shown} in {target}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_no_formula_of_a_quotation_goes_over_two_lines(path):
    """JupyterLab would take the mark of the quotation, >, for a part of the formula."""
    for text in check_prose.texts(path):
        for quoted in re.findall(r"(?:^>.*\n?)+", text, re.MULTILINE):
            for line in quoted.splitlines():
                assert re.sub(r"`[^`]*`|\\\$", "", line).count("$") % 2 == 0, line


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_what_is_said_is_text_of_the_page(path):
    saying = [
        cell for cell in notebook(path).cells if "say(" in cell.source and cell.cell_type == "code"
    ]
    for cell in saying:
        assert cell.metadata.tags == ["remove-input"]
    for text in (text for cell in saying for text in check_prose.said(cell.source)):
        assert not re.search(r"^#", text, re.MULTILINE), "a heading stands in a Markdown cell"

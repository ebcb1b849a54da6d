"""Compare the code of the book with the library: which functions each chapter derives.

A cell tagged `nn-core` holds functions and classes of the library. A chapter may split a class:
`class MLP(MLP):` in a later cell adds methods to it, or gives their final form.
"""

import ast
import functools
import io
import tokenize
from pathlib import Path

import nbformat
from clean_notebooks import notebooks
from conftest import ROOT

CORE = sorted((ROOT / "nn_core").glob("*.py"))
LIBRARY = [*CORE, *sorted((ROOT / "nn_core" / "tools").glob("*.py"))]
GUARDS = {  # functions that check an argument and return it as an array
    node.name
    for path in (ROOT / "nn_core" / "checks").glob("*.py")
    for node in ast.parse(path.read_text("utf-8")).body
    if isinstance(node, ast.FunctionDef)
}


class Bare(ast.NodeTransformer):
    """Remove the code that a chapter leaves out: docstrings, annotations, checks and imports.

    A check is an `if` that can only raise, a call of a function whose name begins with `check_`,
    a `try` around the plain code whose handlers can only raise, an assignment from a function of
    `nn_core.checks`, or the decorator `takes`. The last two do not change arrays
    (test_examples.py). The decorator `np.errstate` is removed, too: it only suppresses warnings of
    NumPy about errors that a check reports.
    """

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.returns = None
        node.decorator_list = [each for each in node.decorator_list if not is_door(each)]
        for argument in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]:
            argument.annotation = None
        if node.args.kwarg is not None:
            node.args.kwarg.annotation = None
        if node.args.vararg is not None:
            node.args.vararg.annotation = None
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        return node

    def visit_ClassDef(self, node):
        self.generic_visit(node)
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        return node

    def visit_AnnAssign(self, node):
        assign = ast.Assign([node.target], node.value) if node.value else None
        return assign and ast.copy_location(assign, node)

    def visit_Assign(self, node):
        called = node.value.func if isinstance(node.value, ast.Call) else None
        return None if getattr(called, "id", "") in GUARDS else node

    def visit_Import(self, node):
        return None

    def visit_ImportFrom(self, node):
        return None

    def visit_If(self, node):
        self.generic_visit(node)
        return None if not node.orelse and only_raises(node.body) else node

    def visit_Try(self, node):
        self.generic_visit(node)
        plain = not node.orelse and not node.finalbody
        return node.body if plain and all(only_raises(h.body) for h in node.handlers) else node

    def visit_Expr(self, node):
        called = node.value.func if isinstance(node.value, ast.Call) else None
        return None if getattr(called, "id", "").startswith("check_") else node


def is_door(decorator: ast.expr) -> bool:
    called = ast.unparse(decorator.func) if isinstance(decorator, ast.Call) else ""
    return called in {"takes", "np.errstate"}


def only_raises(body: list[ast.stmt]) -> bool:
    return all(isinstance(statement, ast.Raise) for statement in body)


def parts(source: str) -> dict[str, tuple[str, list[ast.AST]]]:
    """Give the bare text of each function and method, by name, with its nodes in the source.

    The part `Class` holds the bases of a class and its statements other than methods.
    """
    found: dict[str, tuple[str, list[ast.AST]]] = {}

    def add(name, bare, *nodes):
        text, known = found.get(name, ("", []))  # a property may have two functions of one name
        found[name] = f"{text}{ast.unparse(bare)}\n", [*known, *nodes]

    tree, bare_tree = ast.parse(source), ast.parse(source)
    kinds = (ast.FunctionDef, ast.ClassDef)
    nodes = [node for node in tree.body if isinstance(node, kinds)]
    bares = [node for node in Bare().visit(bare_tree).body if isinstance(node, kinds)]
    for node, bare in zip(nodes, bares, strict=True):
        if isinstance(node, ast.FunctionDef):
            add(node.name, bare, node)
            continue
        methods = [each for each in node.body if isinstance(each, ast.FunctionDef)]
        bare_methods = [each for each in bare.body if isinstance(each, ast.FunctionDef)]
        for method, bare_method in zip(methods, bare_methods, strict=True):
            add(f"{node.name}.{method.name}", bare_method, method)
        bare.body = [each for each in bare.body if not isinstance(each, ast.FunctionDef)]
        bare.body = bare.body or [ast.Pass()]
        if [ast.unparse(base) for base in bare.bases] != [node.name]:
            add(node.name, bare, node)
    return found


def functions(source: str) -> dict[str, str]:
    """Give the bare text of each function and method of a source."""
    return {name: text for name, (text, _) in parts(source).items()}


@functools.cache
def library() -> dict[str, str]:
    found = {}
    for path in LIBRARY:
        found |= functions(path.read_text("utf-8"))
    return found


def code_lines(source: str) -> set[int]:
    """Give the numbers of the lines with code: no docstrings, comments or blank lines."""
    aside = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in aside and token.type != tokenize.ENDMARKER:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        kinds = ast.Module | ast.ClassDef | ast.FunctionDef
        if isinstance(node, kinds) and ast.get_docstring(node) is not None:
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return lines


def lines_by_part(path: Path) -> dict[str, int]:
    """Count the lines of code of each function and method of a module."""
    source = path.read_text("utf-8")
    code = code_lines(source)
    counts = {}
    for name, (_, nodes) in parts(source).items():
        lines = set()
        for node in nodes:
            lines |= {line for line in code if node.lineno <= line <= node.end_lineno}
            lines |= {each.lineno for each in node.decorator_list}
            if isinstance(node, ast.ClassDef):
                for method in (each for each in node.body if isinstance(each, ast.FunctionDef)):
                    first = min([method, *method.decorator_list], key=lambda each: each.lineno)
                    lines -= set(range(first.lineno, method.end_lineno + 1))
        counts[name] = len(lines)
    return counts


def derived() -> dict[str, str]:
    """Give the chapter of each function that a cell tagged `nn-core` has as the library has it."""
    found = {}
    for path in notebooks():
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code" and "nn-core" in cell.metadata.get("tags", []):
                for name, text in functions(cell.source).items():
                    if library().get(name) == text:
                        found[name] = path.stem
    return found

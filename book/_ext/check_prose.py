"""Find mistakes in the prose, and fail if there are any.

    python book/_ext/check_prose.py

The mistakes are measured numbers that somebody typed, words that belittle the difficulties of a
reader, and lines that begin with %, which are comments in Markdown. The script needs only Python.
"""

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Numbers that are not measured: the goal of chapter 12, the usual confidence of an interval, two
# examples, and the pace at which times are counted (reading_time.py).
ALLOWED = {"99.6 %", "95 %", "90 %", "97 %", "30 seconds"}
MEASURED = r"\d[\d.,]* ?(?:%|per cent|ms|seconds)"
BELITTLING = r"\b(?:simply|obviously|clearly|trivial(?:ly)?|just)\b"


def pages() -> list[Path]:
    """List all files with prose: chapters, other pages, texts of exercises, and the README."""
    book, exercises = ROOT / "book", ROOT / "nn_core" / "lab" / "exercises"
    found = [
        *sorted(book.glob("**/*.ipynb")),
        *sorted(book.glob("**/*.md")),
        *sorted(exercises.glob("*.md")),
        ROOT / "README.md",
    ]
    return [path for path in found if ".ipynb_checkpoints" not in path.parts]


def said(code: str) -> Iterator[str]:
    """Give each paragraph that a cell says, with an ellipsis for each value of its run."""
    if "say(" not in code:
        return  # and no need to parse what may be no plain Python
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "say":
            (text,) = node.args
            parts = text.values if isinstance(text, ast.JoinedStr) else [text]
            yield "".join(
                part.value if isinstance(part, ast.Constant) else "…" for part in parts
            ).strip()


def texts(path: Path) -> list[str]:
    """Give all that a notebook has its reader read: its Markdown, and what its cells say."""
    found = []
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        source = "".join(cell["source"])
        found += [source] if cell["cell_type"] == "markdown" else said(source)
    return found


def prose(path: Path) -> str:
    """Give the text of a page, without code."""
    notebook = path.suffix == ".ipynb"
    text = "\n\n".join(texts(path)) if notebook else path.read_text("utf-8")
    return re.sub(r"```[^`]*```|`[^`]*`", "", text)


def promised() -> set[str]:
    """Give the bounds of the claims. A chapter may state a bound, since every run checks it."""
    ledger = json.loads((ROOT / "book" / "claims.json").read_text("utf-8"))
    return {f"{100 * claim['bound']:g} %" for claim in ledger}


def complaints(text: str, allowed: set[str], *, is_page: bool) -> Iterator[str]:
    """Describe each mistake in a text. Only a page of the book can show numbers of a run."""
    if is_page:
        for number in sorted(set(re.findall(MEASURED, text)) - allowed):
            yield f"{number!r} is typed: let the number come from the run, by `say`"
    for line in re.findall(r"^%.*", text, re.MULTILINE):
        yield f"the line {line!r} is a comment to Markdown, and vanishes"
    for word in re.findall(BELITTLING, text, re.IGNORECASE):
        yield f"{word!r} belittles what the reader may find hard"


def main() -> int:
    """Check all pages."""
    allowed, failed = ALLOWED | promised(), False
    for path in pages():
        for complaint in complaints(prose(path), allowed, is_page=path.stem != "README"):
            print(f"{path.relative_to(ROOT).as_posix()}: {complaint}")
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

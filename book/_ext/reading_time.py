"""How long a chapter takes, counted at one pace.

    python book/_ext/reading_time.py

prints it for each chapter. A test holds what the chapters state against it, and the teaching guide
states the pace.
"""

import json
import re
from pathlib import Path
from typing import NamedTuple

from check_prose import ROOT, said, texts

# Minutes for a word of the text, a formula that stands by itself, a block of code that is shown,
# and an exercise. The first three include predicting, trying the sliders and reading the outputs.
WORD, FORMULA, BLOCK, EXERCISE = 1 / 60, 2, 1 / 2, 15

ONE_WORD = r"[^\W\d_][\w'’-]*"
NOT_SHOWN = {"hide-input", "remove-input", "remove-cell"}


class Minutes(NamedTuple):
    """What a learner needs for a chapter."""

    reading: float
    exercises: float


def sections(path: Path) -> dict[str, float]:
    """Give the minutes for reading each section up to the exercises; "" is the text above them."""
    found = {"": 0.0}
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        heading = re.match(r"## (.+)", "".join(cell["source"]))
        if heading and heading[1] == "Exercises":
            break
        here = heading[1] if heading else [*found][-1]
        found[here] = found.get(here, 0) + reading(cell)
    return found


def reading(cell: dict) -> float:
    """Give the minutes for a cell: its words, its formulas, or its code."""
    source = "".join(cell["source"])
    text = source if cell["cell_type"] == "markdown" else "\n".join(said(source))
    formulas = re.findall(r"\$\$.*?\$\$", text, re.DOTALL)
    plain = re.sub(r"\$\$.*?\$\$|\$[^$]*\$|`[^`]*`", " ", text, flags=re.DOTALL)
    words = re.findall(ONE_WORD, plain)
    block = cell["cell_type"] == "code" and not NOT_SHOWN & set(cell["metadata"].get("tags", []))
    return WORD * len(words) + FORMULA * len(formulas) + BLOCK * block


def counted(path: Path) -> Minutes:
    """Count words, formulas and blocks up to the exercises, and then the exercises."""
    exercises = "\n".join(texts(path)).count("**Exercise: ")
    return Minutes(sum(sections(path).values()), EXERCISE * exercises)


def main() -> None:
    """Print the minutes of each chapter."""
    for path in sorted((ROOT / "book").glob("[0-9]*.ipynb")):
        print(f"{path.stem:25} {counted(path).reading:4.0f} {counted(path).exercises:4.0f}")


if __name__ == "__main__":
    main()

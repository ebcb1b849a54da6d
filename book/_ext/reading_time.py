"""How long a chapter takes, counted at one pace.

    python book/_ext/reading_time.py

prints it for each chapter. A test holds what the chapters state against it, and the teaching guide
states the pace.
"""

import json
import re
from pathlib import Path
from typing import NamedTuple

from check_prose import ROOT, texts

# Minutes for a word of the text, a formula that stands by itself, a block of code that is shown,
# and an exercise. The first three include predicting, trying the sliders and reading the outputs.
WORD, FORMULA, BLOCK, EXERCISE = 1 / 60, 2, 1 / 2, 15

NOT_SHOWN = {"hide-input", "remove-input", "remove-cell"}


class Minutes(NamedTuple):
    """What a learner needs for a chapter."""

    reading: float
    exercises: float


def counted(path: Path) -> Minutes:
    """Count words, formulas and blocks up to the exercises, and then the exercises."""
    text, _, exercises = "\n".join(texts(path)).partition("\n## Exercises")
    formulas = re.findall(r"\$\$.*?\$\$", text, re.DOTALL)
    plain = re.sub(r"\$\$.*?\$\$|\$[^$]*\$|`[^`]*`", " ", text, flags=re.DOTALL)
    words = re.findall(r"[^\W\d_][\w'’-]*", plain)
    blocks = 0
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if "".join(cell["source"]).startswith("## Exercises"):
            break
        shown = not NOT_SHOWN & set(cell["metadata"].get("tags", []))
        blocks += cell["cell_type"] == "code" and shown
    return Minutes(
        WORD * len(words) + FORMULA * len(formulas) + BLOCK * blocks,
        EXERCISE * exercises.count("**Exercise: "),
    )


def main() -> None:
    """Print the minutes of each chapter."""
    for path in sorted((ROOT / "book").glob("[0-9]*.ipynb")):
        print(f"{path.stem:25} {counted(path).reading:4.0f} {counted(path).exercises:4.0f}")


if __name__ == "__main__":
    main()

"""The prose of exercises: hints, solution, explanation, and words for mistakes, in MyST files.

Each chapter has a file here, `chapter_00.md` beside `chapter_00.py`. An exercise looks so in it:

    ## losses-hand

    1. The first hint. It may go on in
       a second line.
    2. The second hint.

    ```python
    loss = np.log(2)
    ```

    The explanation: a paragraph or more, written as `nn_core.lab.markup` reads it.

    ### Mistakes

    - **loss, sign**: What is said of a mistake that the check calls "loss, sign".

The mistakes may be missing, the rest may not.
"""

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Texts(NamedTuple):
    """What an exercise says, beside its verdicts."""

    hints: tuple[str, ...]
    solution: str
    explanation: str
    mistakes: dict[str, str]  # what to say of each, by the name that the check uses


@cache
def texts_of(chapter: str) -> dict[str, Texts]:
    """Read the texts of a chapter's exercises, by name; `chapter` is as in "chapter_03"."""
    file = f"{chapter}.md"
    return parse((files("nn_core.lab.exercises") / file).read_text("utf-8"), file)


@cache
def all_texts() -> dict[str, tuple[str, Texts]]:
    """Read the texts of all exercises: by the name of each, its chapter and its texts."""
    found: dict[str, tuple[str, Texts]] = {}
    for path in files("nn_core.lab.exercises").iterdir():
        chapter = path.name.removesuffix(".md")
        if chapter != path.name:
            found |= {name: (chapter, texts) for name, texts in texts_of(chapter).items()}
    return found


def parse(text: str, file: str) -> dict[str, Texts]:
    """Take a file of exercises apart.

    Raises
    ------
    ValueError
        A part of an exercise is missing or stands elsewhere; the file and the exercise are named.
    """
    _, *sections = re.split(r"^## (.*)\n", text, flags=re.MULTILINE)
    found: dict[str, Texts] = {}
    for name, section in zip(sections[::2], sections[1::2], strict=True):
        if name in found:
            raise ValueError(f"{file}: two exercises are called {name!r}")
        found[name] = parse_exercise(section, f"{file}, exercise {name!r}")
    return found


def parse_exercise(section: str, where: str) -> Texts:
    """Take what stands below the heading of one exercise apart; `where` begins an error."""
    above, *blocks = re.split(r"^```python\n(.*?)^```\n", section, flags=re.MULTILINE | re.DOTALL)
    if len(blocks) != 2:
        raise ValueError(
            f"{where}: expected a solution, one block of ```python, found {len(blocks) // 2}"
        )
    solution, below = blocks
    explanation, heading, mistakes = below.partition("\n### Mistakes\n")
    hints = items(r"(\d+)\. ", above)
    if not hints or [*hints] != [str(k + 1) for k in range(len(hints))]:
        raise ValueError(
            f"{where}: expected hints, a list with the numbers from 1 on, above the solution, "
            f"found {above.strip()[:40]!r}"
        )
    if not explanation.strip() or "```" in below or "\n#" in explanation:
        raise ValueError(
            f"{where}: expected an explanation, text without blocks, below the solution, "
            f"found {explanation.strip()[:40]!r}"
        )
    named = items(r"- \*\*(.+?)\*\*: ", mistakes)
    if heading and not named:
        raise ValueError(
            f"{where}: expected mistakes, a list of items such as '- **name**: words', "
            f"found {mistakes.strip()[:40]!r}"
        )
    return Texts(tuple(hints.values()), solution.strip(), explanation.strip(), named)


def items(mark: str, text: str) -> dict[str, str]:
    """Give the items of a list, by what their marks name; nothing if the text is no such list."""
    above, *found = re.split(f"^{mark}", text, flags=re.MULTILINE)
    names, words = found[::2], [" ".join(item.split()) for item in found[1::2]]
    whole = not above.strip() and len({*names}) == len(names)
    return dict(zip(names, words, strict=True)) if whole else {}

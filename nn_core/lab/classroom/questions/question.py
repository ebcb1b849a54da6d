"""What a drawn question is, how one is made, and how an answer to it is judged.

A question is a function that draws its numbers and gives a `Draft`. The decorator `question` keeps
the function in `QUESTIONS`. In the texts of a draft, «name» stands for a number or an array, which
`shown` writes.
"""

import re
import zlib
from collections.abc import Callable, Collection, Sequence
from inspect import cleandoc
from typing import Any, NamedTuple

import numpy as np

KINDS = ("paper", "code", "shape", "claim", "choice")
CHAPTERS = (*(f"{number:02}" for number in range(16)), "zoo", "batch norm")
TOLERANCE = 0.01
TRIES = 500  # how often numbers may be drawn until no mistake gives the right answer by chance

Rng = np.random.Generator


class Question(NamedTuple):
    """A question whose numbers are drawn. Its texts are Markdown, with formulas between dollars."""

    key: str
    chapters: tuple[str, ...]
    kind: str
    points: int
    minutes: int
    title: str
    text: str
    answers: dict[str, Any]  # each a number, an array, a shape or a word
    solution: str
    mistakes: dict[str, dict[str, Any]]  # what a mistake makes of some of the answers
    accepts: float  # how far an answer may be off, relative to its largest number
    given: dict[str, Any]  # what was drawn

    def accepted(self, name: str, given: Any) -> bool:
        """Say whether something is the answer of this name, within what is accepted."""
        return agree(given, self.answers[name], self.accepts)


class Draft(NamedTuple):
    """What the function of a question draws and computes."""

    text: str
    solution: str
    answers: dict[str, Any]
    given: dict[str, Any]  # what else stands in the texts
    mistakes: dict[str, dict[str, Any]]


QUESTIONS: dict[str, Callable[[Rng], Question]] = {}


def question(
    chapters: str, title: str, kind: str, points: int, minutes: int, accepts: float = TOLERANCE
) -> Callable[[Callable[[Rng], Draft | None]], Callable[[Rng], Question]]:
    """Make a function that drafts a question one that gives it, and keep it under its name.

    The function returns None where its numbers will not do. These are drawn again, and so are
    numbers with which a mistake leads to the right answer.
    """

    def keep(draft: Callable[[Rng], Draft | None]) -> Callable[[Rng], Question]:
        key = draft.__name__.replace("_", "-")

        def make(rng: Rng) -> Question:
            for _ in range(TRIES):
                drawn = draft(rng)
                if drawn and not any(
                    agree(value, drawn.answers[name], 2 * accepts)
                    for wrong in drawn.mistakes.values()
                    for name, value in wrong.items()
                ):
                    answers = {name: plain(value) for name, value in drawn.answers.items()}
                    values = drawn.given | answers
                    return Question(
                        key=key,
                        chapters=tuple(chapters.split(", ")),
                        kind=kind,
                        points=points,
                        minutes=minutes,
                        title=filled(title, values),
                        text=filled(drawn.text, values),
                        answers=answers,
                        solution=filled(drawn.solution, values),
                        mistakes=drawn.mistakes,
                        accepts=accepts,
                        given=drawn.given,
                    )
            raise ValueError(f"{key}: no numbers tell the right answer from the mistakes")

        QUESTIONS[key] = make
        return make

    return keep


def draw(seed: int, chapters: Collection[str] = CHAPTERS) -> list[Question]:
    """Give all questions on some chapters."""
    drawn = [draw_one(key, seed) for key in QUESTIONS]
    return [question for question in drawn if set(question.chapters) & set(chapters)]


def draw_one(key: str, seed: int) -> Question:
    """Give a question. Its numbers depend on its key and the seed."""
    return QUESTIONS[key](np.random.default_rng([seed, zlib.crc32(key.encode())]))


def agree(given: Any, right: Any, accepts: float) -> bool:
    """Say whether an answer is right: a word the same word, a number within what is accepted."""
    if isinstance(right, str):
        return isinstance(given, str) and given.strip().lower() == right.lower()
    try:
        found, wanted = np.asarray(given, float), np.asarray(right, float)
    except (TypeError, ValueError):
        return False
    if found.size != wanted.size or not np.isfinite(found).all():
        return False
    # Where whole numbers are asked for, such as shapes and counts, nothing may be off.
    exact = np.asarray(right).dtype.kind in "iub"
    room = 1e-9 if exact else accepts * float(np.abs(wanted).max(initial=0))
    return bool(np.all(np.abs(found.ravel() - wanted.ravel()) <= room + 1e-12))


def plain(value: Any) -> Any:
    """Give a number of NumPy's, or an array of one number, as a number of Python's."""
    return value.item() if isinstance(value, np.generic | np.ndarray) and value.size == 1 else value


def filled(text: str, values: dict[str, Any]) -> str:
    """Put values into a text of the code, which is indented as the code is."""
    # A paragraph becomes one line. Tables and code keep theirs.
    text = re.sub(r"(?<=\S)(?<!```python)\n(?!\n|\| |\|-|```)", " ", cleandoc(text))
    text = re.sub(r"«(\w+)»", lambda found: shown(values[found[1]]), text)
    # Within a formula a comma between digits would be followed by a space.
    return re.sub(
        r"\$[^$]+\$", lambda formula: re.sub(r"(?<=\d),(?=\d{3})", "{,}", formula[0]), text
    )


def shown(value: Any) -> str:
    """Write a value: a number for text or a formula, an array for a formula."""
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        inner = ", ".join(map(str, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    value = plain(value)
    if isinstance(value, np.ndarray) and value.ndim == 2:
        rows = r" \\ ".join(" & ".join(map(shown, row)) for row in value.tolist())
        return rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"
    if isinstance(value, list | np.ndarray):
        return "(" + r",\ ".join(map(shown, np.asarray(value).tolist())) + ")"
    if float(value) == int(value):
        return f"{int(value):,}"
    if abs(value) < 1e-3:
        digits, power = f"{value:.2e}".split("e")
        return rf"{float(digits):g} \cdot 10^{{{int(power)}}}"
    written = np.format_float_positional(
        float(value), precision=4, unique=False, fractional=False, trim="-"
    )
    return f"{float(written):,}".removesuffix(".0") if abs(value) >= 1000 else written


def bracketed(value: float) -> str:
    """Write a number that follows a sign of multiplication."""
    return f"({shown(value)})" if value < 0 else shown(value)


def whole(rng: Rng, shape: tuple[int, ...] | int, low: int = -3, high: int = 4) -> np.ndarray:
    """Draw whole numbers from `low` to `high`, none of them zero."""
    return rng.choice([number for number in range(low, high + 1) if number], shape)


def pick(rng: Rng, *values: Any) -> Any:
    """Draw one of some values."""
    return values[int(rng.integers(len(values)))]


def choices(rng: Rng, right: str, *wrong: str) -> tuple[str, str]:
    """Put answers into a drawn order; give them as a list, and the letter of the right one."""
    answers = [(right, *wrong)[k] for k in rng.permutation(1 + len(wrong))]
    lines = [f"- ({letter}) {answer}" for letter, answer in zip("abcdef", answers, strict=False)]
    return "\n".join(lines), "abcdef"[answers.index(right)]


def hunt(
    rng: Rng,
    code: str,
    bugs: Sequence[tuple[str, str, str]],
    asked: str,
    run: Callable[[Any], Any],
    given: dict[str, Any],
) -> Draft:
    """Plant a bug in a function, and ask for its line and for what it does to some numbers.

    Each of the bugs is a line of the code, what stands in its place, and what is wrong with that.
    `run` calls the function.
    """
    mended, wrong, why = pick(rng, *bugs)
    lines = cleandoc(code).split("\n")
    number = [line.strip() for line in lines].index(mended)
    planted = [*lines[:number], lines[number].replace(mended, wrong), *lines[number + 1 :]]
    found, right = (np.asarray(run(defined("\n".join(text)))) for text in (planted, lines))
    return Draft(
        """What is wrong with this code?

        ```python
        «code»
        ```

        «asked» What comes out as the code stands (`found`), and what should (`right`)? Which
        line is wrong (`line`; the first one is 1)? Mend it.""",
        """«why» Line «line» must be `«mended»`. As it stands, $«found»$ comes out. It should be
        $«right»$. (Numbers 2, line 2, mend 1.)""",
        {"line": number + 1, "found": found, "right": right},
        given
        | {
            "code": "\n".join(planted),
            "asked": filled(asked, given),
            "why": why,
            "mended": mended,
        },
        {"what the code should give, and not what it gives": {"found": right}},
    )


def defined(code: str) -> Any:
    """Run code that defines one function, and give the function."""
    names: dict[str, Any] = {"np": np}
    exec(code, names)
    return names[code.removeprefix("def ").partition("(")[0]]

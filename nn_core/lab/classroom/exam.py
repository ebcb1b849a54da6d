"""Write an exam of drawn questions and its key: as a notebook, as Markdown and as a PDF."""

import argparse
import json
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from nn_core.lab.classroom.mathml import mathml
from nn_core.lab.classroom.questions import CHAPTERS, Question, draw
from nn_core.lab.classroom.questions.question import TOLERANCE, filled, shown
from nn_core.tools.browser import find_browser, print_pdf

MILLIMETRES = 7  # of room for the answer, for each minute of a question
RULES = (
    "A pocket calculator is all that you need. Show how you get to your numbers: the way counts, "
    f"too. Rounded numbers count as right within {100 * TOLERANCE:g} %, where nothing else is said."
)
STYLE = """
@page { size: A4; margin: 18mm 18mm 20mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: SIZE FONT } }
body { font: SIZE/1.45 FONT; margin: 0 auto; max-width: 46em; overflow-wrap: anywhere }
h1 { font-size: 1.5em; margin: 0 0 .3em }
h2 { font-size: 1.1em; margin: 0 0 .2em }
p, ul, table, pre { margin: 0 0 .7em }
ul { padding-left: 0; list-style: none }
header { border-bottom: 1px solid }
section { break-inside: avoid; margin-top: 1.6em }
pre, code { font: .9em/1.35 "Source Code Pro", "DejaVu Sans Mono", Consolas, monospace }
pre { white-space: pre-wrap; padding: .5em .8em; border-left: 3px solid #888 }
pre code { font-size: 1em }
table { border-collapse: collapse; font-size: .92em }
th, td { border: 1px solid #888; padding: .15em .5em }
math { font-family: "STIX Two Math", "Cambria Math", "Latin Modern Math", math }
mfrac { math-style: normal }
.matrix { border: solid; border-width: 0 1.2px; border-radius: .6em; padding: 0 .25em }
.together { white-space: nowrap }
.room { border: 1px solid #888; border-radius: 2px }
"""
LARGE = "em { font-style: normal } math { font-size: 1.12em } pre, code { font-size: 1em }\n"
# The size and the family of the letters, by whether the print is large.
FONTS = {
    False: ("11pt", '"STIX Two Text", Georgia, "Liberation Serif", serif'),
    True: ("18pt", 'Verdana, "DejaVu Sans", Arial, sans-serif'),
}
# A formula with the signs that must not begin the next line.
WITH_SIGN = re.compile(r"<math>(?:(?!<math>).)*</math>[.,;:?!)]+")


class Exam(NamedTuple):
    """An exam: its questions, and in which form it is given."""

    seed: int
    questions: list[Question]
    large_print: bool = False
    extra_time: int = 0  # per cent

    @property
    def points(self) -> int:
        """The sum of the points."""
        return sum(question.points for question in self.questions)

    @property
    def minutes(self) -> int:
        """The sum of the minutes, without extra time."""
        return sum(question.minutes for question in self.questions)

    @property
    def version(self) -> str:
        """A mark by which the exam and its key are found to belong together."""
        texts = "".join(question.text for question in self.questions)
        return f"{zlib.crc32(texts.encode()):08x}"[:6].upper()

    @property
    def time(self) -> str:
        """What is said of the time."""
        if not self.extra_time:
            return f"{self.minutes} minutes"
        longer = -(-self.minutes * (100 + self.extra_time) // 100)
        return f"{longer} minutes ({self.minutes}, and {self.extra_time} % more)"


def chapters_from(text: str) -> list[str]:
    """Read a list such as "02-08,zoo" into names of chapters.

    Raises
    ------
    ValueError
        A part of it is no chapter, or no range of chapters.
    """
    found: list[str] = []
    for part in (part.strip() for part in text.split(",")):
        first, dash, last = part.partition("-")
        ends = [first, last] if dash else [part]
        if not set(ends) <= set(CHAPTERS):
            raise ValueError(f"expected chapters such as 02-08 or 05,zoo, found {part!r}")
        numbers = [CHAPTERS.index(end) for end in ends]
        if numbers[0] > numbers[-1]:
            raise ValueError(f"expected the first chapter before the last, found {part!r}")
        found += CHAPTERS[numbers[0] : numbers[-1] + 1]
    return found


def choose(
    seed: int, count: int, chapters: Sequence[str] = CHAPTERS, minutes: int | None = None
) -> list[Question]:
    """Choose questions, balanced over the chapters and the kinds, in the order of the chapters.

    Parameters
    ----------
    seed
        Decides which questions are chosen, and on their numbers.
    count
        How many questions. With `minutes` there may be fewer.
    chapters
        On which chapters.
    minutes
        The most minutes that all of them may take.

    Raises
    ------
    ValueError
        There are fewer questions on these chapters, or none is as short as that.
    """
    left = draw(seed, chapters)
    if not 1 <= count <= len(left):
        raise ValueError(f"expected from 1 to {len(left)} questions on these chapters, not {count}")
    np.random.default_rng(seed).shuffle(left)
    used: Counter[str] = Counter()
    room = sum(question.minutes for question in left) if minutes is None else minutes
    chosen: list[Question] = []
    while len(chosen) < count and (
        short := [question for question in left if question.minutes <= room]
    ):
        # A kind of which there are twice as many questions may come twice as often.
        common = Counter(question.kind for question in [*left, *chosen])
        best = min(
            short,
            key=lambda question: (
                min(used[name] for name in question.chapters if name in chapters),
                used[question.kind] / common[question.kind],
            ),
        )
        left.remove(best)
        chosen.append(best)
        room -= best.minutes
        used.update(
            [best.kind, min((n for n in best.chapters if n in chapters), key=lambda n: used[n])]
        )
    if not chosen:
        raise ValueError(f"expected time for at least one question, not {minutes} minutes")
    return sorted(chosen, key=lambda question: CHAPTERS.index(question.chapters[0]))


def about(question: Question) -> str:
    """Say what stands below the title of a question."""
    chapters = ", ".join(question.chapters)
    number = "Chapter " if chapters[0].isdigit() else ""
    exact = "" if question.accepts == TOLERANCE else f" · within {100 * question.accepts:g} %"
    return f"{number}{chapters} · {question.points} points · {question.minutes} minutes{exact}"


def heading(exam: Exam, *, key: bool) -> str:
    """Write what stands above the questions, as Markdown."""
    count = len(exam.questions)
    lines = [
        f"# {'Key to the exam' if key else 'Exam'}, version {exam.version}",
        f"{count} questions · {exam.points} points · {exam.time}",
    ]
    if key:
        lines.append(
            f"Seed {exam.seed}. Keep it to yourself: with it, everybody can write this key."
        )
    else:
        lines.append("Name: " + r"\_" * 40)
        lines.append(RULES)
    return "\n\n".join(lines)


def key_text(question: Question) -> str:
    """Write the answer to a question, and what wrong numbers tell, as Markdown."""
    told = [
        filled(", ".join(f"`{name}`: ${shown(value)}$" for name, value in wrong.items()), {})
        + f": {mistake}"
        for mistake, wrong in question.mistakes.items()
    ]
    return "\n\n".join(
        [question.solution, "What wrong numbers tell:", "\n".join(f"- {line}" for line in told)]
    )


def sections(exam: Exam, *, key: bool) -> list[tuple[Question, str]]:
    """Give each question with its text or its answer, below its title, as Markdown."""
    return [
        (question, f"## {number}. {question.title}\n\n*{about(question)}*\n\n"
         f"{key_text(question) if key else question.text}")
        for number, question in enumerate(exam.questions, 1)
    ]  # fmt: skip


def as_markdown(exam: Exam, *, key: bool) -> str:
    """Write an exam or its key as Markdown."""
    texts = [text for _, text in sections(exam, key=key)]
    return "\n\n".join([heading(exam, key=key), *texts]) + "\n"


def as_notebook(exam: Exam, *, key: bool) -> str:
    """Write an exam or its key as a notebook, with a cell for each answer."""
    cells = [("markdown", heading(exam, key=key))]
    for question, text in sections(exam, key=key):
        cells.append(("markdown", text))
        if not key:
            cells.append(("code", "\n".join(f"{name} = ..." for name in question.answers)))
            cells.append(("markdown", "*Your way, and your reasons:*"))
    written: list[dict[str, Any]] = []
    for number, (kind, source) in enumerate(cells):
        cell: dict[str, Any] = {
            "cell_type": kind,
            "id": f"cell-{number}",
            "metadata": {},
            "source": source,
        }
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        written.append(cell)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {
        "cells": written,
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def set_formula(self: RendererHTML, tokens: Sequence[Token], k: int, *_: Any) -> str:
    """Set a formula within a text."""
    return mathml(tokens[k].content)


def as_page(text: str) -> str:
    """Turn Markdown into HTML."""
    return WITH_SIGN.sub(r'<span class="together">\g<0></span>', READER.render(text))


READER = MarkdownIt("commonmark", {"html": False}).enable("table").use(dollarmath_plugin)
READER.add_render_rule("math_inline", set_formula)


def as_html(exam: Exam, *, key: bool) -> str:
    """Write an exam or its key as one page that prints well, with room for the answers."""
    size, font = FONTS[exam.large_print]
    style = STYLE.replace("SIZE", size).replace("FONT", font) + LARGE * exam.large_print
    title = escape(f"{'Key to the exam' if key else 'Exam'}, version {exam.version}")
    height = MILLIMETRES * (1.4 if exam.large_print else 1)
    body = [f"<header>{as_page(heading(exam, key=key))}</header>"]
    for question, text in sections(exam, key=key):
        room = f'<div class="room" style="height: {height * question.minutes:.0f}mm"></div>'
        body.append(f"<section>{as_page(text)}{'' if key else room}</section>")
    return (
        f"<!doctype html>\n<html lang='en'>\n<head><meta charset='utf-8'><title>{title}</title>"
        f"<style>{style}</style></head>\n<body>\n" + "\n".join(body) + "\n</body>\n</html>\n"
    )


def write(exam: Exam, folder: Path) -> list[Path]:
    """Write the exam and its key into a folder, and give the files.

    Without a browser that prints, a PDF is left out, and the page of HTML stays in its place.
    """
    folder.mkdir(parents=True, exist_ok=True)
    browser = find_browser()
    files: list[Path] = []
    for name, key in (("exam", False), ("key", True)):
        page = folder / f"{name}.html"
        texts = {
            folder / f"{name}.md": as_markdown(exam, key=key),
            folder / f"{name}.ipynb": as_notebook(exam, key=key),
            page: as_html(exam, key=key),
        }
        for path, text in texts.items():
            path.write_text(text, "utf-8")
        files += texts
        if browser:
            print_pdf(browser, page, page.with_suffix(".pdf"))
            page.unlink()
            files[-1] = page.with_suffix(".pdf")
    return files


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("out", type=Path, help="the folder to write to")
    parser.add_argument("--seed", type=int, required=True, help="draws questions and numbers")
    parser.add_argument("--questions", type=int, default=20, help="how many, by default 20")
    parser.add_argument("--chapters", default="00-batch norm", help="such as 02-08 or 05,zoo")
    parser.add_argument("--minutes", type=int, help="the most that all questions may take")
    parser.add_argument("--large-print", action="store_true", help="18 points, without serifs")
    parser.add_argument("--extra-time", type=int, default=0, help="per cent of time to add")


def run(options: argparse.Namespace) -> None:
    """Write an exam and its key, and say what is in it."""
    if options.seed < 0:
        raise ValueError(f"expected a seed of at least 0, not {options.seed}")
    if not 0 <= options.extra_time <= 300:
        raise ValueError(f"expected extra time from 0 to 300 per cent, not {options.extra_time}")
    chapters = chapters_from(options.chapters)
    questions = choose(options.seed, options.questions, chapters, options.minutes)
    exam = Exam(options.seed, questions, options.large_print, options.extra_time)
    files = write(exam, options.out)
    print(f"{len(questions)} questions, {exam.points} points, {exam.time}.")
    print("Wrote " + ", ".join(map(str, files)) + ".")
    if files[-1].suffix == ".html":
        print("No Chromium or Chrome found to write PDFs: print the pages of HTML.")

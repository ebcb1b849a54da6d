"""What the title page has beside its text: pad and star, a program to run, chapters as cards."""

import json
import re
from html import escape
from pathlib import Path
from typing import ClassVar

import course
import execution
import nbformat
import numbering
import pictures
import translation
from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from matplotlib.colors import to_hex
from nn_core.lab import page
from nn_core.lab.weights import read_script
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

import drawn_digits

HERE = Path(__file__).parent
SCRIPTS = ("lab", "network", "draw", "title_page")
STYLES = ("lab.css", "draw.css", "title.css")
PAD = 'class="lab lab-draw course-pad"'

# Stands for the names of all exercises until all pages are read.
EXERCISES = '<div class="course-progress"></div>'

# What the chapters state before "You need": "90 minutes to read and run, and an hour more for ..."
TIME = re.compile(r"\*\*Time:\*\*(.*?)\*\*You", re.DOTALL)
AMOUNT = re.compile(r"(\d+|an?|two|three)( and a half)? (minute|hour)|(\d+) more\b")
WORDS = {"a": 1, "an": 1, "two": 2, "three": 3}
HALVES = {0: "", 1: "½"}


class DrawingPad(SphinxDirective):
    """Put the place of the pad, which `title_page.js` fills."""

    def run(self) -> list[nodes.Node]:
        """Give its HTML."""
        return [nodes.raw("", pad(), format="html")]


def pad() -> str:
    """Write the pad's place, with the star's measures and the digits that draw themselves."""
    star = {
        "ring": pictures.RING,
        "reach": pictures.REACH,
        "temperature": pictures.PAD_TEMPERATURE,
        "colours": [to_hex(colour) for colour in pictures.COLOURS],
    }
    examples = read_script(page.static("digits.js"))["examples"]
    data = {
        "star": star,
        "drawn": drawn_digits.drawn_digits(),
        "labels": [example["label"] for example in examples],
    }
    return (
        f'<div {PAD} role="group" aria-label="{page.KINDS["draw"].label}">'
        f'<script type="application/json">{json.dumps(data, separators=(",", ":"))}</script>'
        "<noscript><p>Here you draw a digit and a network reads it. It needs JavaScript.</p>"
        "</noscript></div>"
    )


class PageCell(SphinxDirective):
    """Put cells of a notebook as one into a page that is no notebook, beside what they print.

    The content of the directive is code that follows theirs, and has not run. What the cells of
    `said` have said follows what is printed.
    """

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {
        "notebook": directives.unchanged_required,
        "cells": directives.unchanged_required,
        "said": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        """Give the cell in the form of those of notebooks, and remember its code."""
        name = self.arguments[0]
        path = Path(self.env.srcdir) / self.options["notebook"]
        self.env.note_dependency(str(path))
        found = {cell.id: cell for cell in execution.code_cells(execution.executed(path))}
        shown = [found[each] for each in self.options["cells"].split()]
        parts = [*(cell.source for cell in shown), "\n".join(self.content)]
        source = "\n\n".join(part for part in parts if part)
        cells = self.env.metadata[self.env.docname].setdefault("cells", [])
        cells.append({"id": name, "source": source})
        code = nodes.literal_block(source, source, language="python")
        input_ = nodes.container("", code, classes=["cell_input"])
        output = nodes.container(classes=["cell_output"])
        printed = "".join(out.text for cell in shown for out in cell.outputs if "text" in out)
        html = (
            '<div class="output stream highlight-myst-ansi notranslate"><div class="highlight">'
            f"<pre>{escape(printed)}</pre></div></div>"
        )
        output += nodes.raw("", html, format="html")
        for each in self.options.get("said", "").split():
            for out in found[each].outputs:
                lines = out.data["text/markdown"].splitlines()
                self.state.nested_parse(StringList(lines, str(path)), self.content_offset, output)
        classes = ["cell", "course-program"]
        return [nodes.container("", input_, output, classes=classes, ids=[f"code-{name}"])]


class ChapterCards(SphinxDirective):
    """Put chapters as cards. Each line names one and says what its reader will be able to do."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Give a list, with the picture, number, name and hours of each chapter."""
        cards = nodes.bullet_list(classes=["course-cards"])
        for line in self.content:
            name, promise = line.split(": ", 1)
            path = next((Path(self.env.srcdir) / "book").glob(f"{name}.*"))
            self.env.note_dependency(str(path))
            first = first_cell(path)
            picture = (HERE.parent / "cards" / f"{Path(name).name}.svg").read_text("utf-8")
            card = nodes.list_item(classes=["course-card"])
            card += nodes.raw("", picture, format="html")
            translated = translation.markdown(first, self.config.language, path.stem)
            title = short_title(translated)
            link = f"{{doc}}`{title} </book/{name}>`"
            # A link with the whole title of a page gets its number from numbering.py.
            if (number := re.match(r"\d+", name)) and f"# {title}\n" not in translated:
                link = f"[{number[0]}]{{.number}} {link}"
            for text in (link, promise, hours(first)):
                if text:
                    at = StringList([text], self.get_source_info()[0])
                    self.state.nested_parse(at, self.content_offset, card)
            cards += card
        return [cards]


class Citation(SphinxDirective):
    """Say how to cite the course, as BibTeX."""

    def run(self) -> list[nodes.Node]:
        """Give it with what _config.yml says of the course."""
        config = self.config
        fields = {"title": f"{{{config.html_title}}}", "author": f"{{{config.author}}}"}
        fields |= {"year": config.copyright, "note": f"Version {config.version}"}
        if getattr(config, "course_repository", ""):
            fields["url"] = config.html_baseurl
        lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
        text = escape(f"@misc{{nn-from-scratch,\n{lines}}}")
        return [nodes.raw("", f'<div class="highlight"><pre>{text}</pre></div>', format="html")]


class SolvedExercises(SphinxDirective):
    """Put the place where `progress.js` shows which exercises of the course are solved."""

    def run(self) -> list[nodes.Node]:
        """Give its HTML, without the names."""
        return [nodes.raw("", EXERCISES, format="html")]


def first_cell(path: Path) -> str:
    """Give the text with which a page begins."""
    if path.suffix == ".ipynb":
        return str(nbformat.read(path, as_version=4).cells[0].source)
    return path.read_text("utf-8")


def short_title(text: str) -> str:
    """Give the title of a page up to the colon."""
    return numbering.short(re.search(r"^# (.*)", text, re.MULTILINE)[1])


def minutes(text: str) -> list[float]:
    """Give the times that the first cell of a page states, in minutes."""
    if not (stated := TIME.search(text.replace("\n> ", " "))):
        return []
    return [
        (float(WORDS.get(amount) or amount or more) + bool(half) / 2)
        * (60 if unit == "hour" else 1)
        for amount, half, unit, more in AMOUNT.findall(stated[1])
    ]


def hours(text: str) -> str:
    """Give the hours, rounded to halves, that the times in a text add up to; nothing without."""
    if not (total := sum(minutes(text))):
        return ""
    halves = round(total / 30)
    number = f"{halves // 2 or ''}{HALVES[halves % 2]}"
    return f"{number} hour{'s' * (halves > 2)}"


def load_scripts(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Load what the pad needs, where there is one, and nothing on other pages."""
    if PAD in context.get("body", ""):
        for name in STYLES:
            app.add_css_file(name)
        for name in SCRIPTS:
            course.add_script(app, context, name)


def write_script(app: Sphinx, config) -> None:
    """Write the script of the title page, as it is loaded, among the static files."""
    folder = Path(app.doctreedir) / "title_page"
    folder.mkdir(parents=True, exist_ok=True)
    text = page.COMMENT.sub("", (HERE / "title_page.js").read_text("utf-8"))
    (folder / "title_page.js").write_text(text, "utf-8")
    config.html_static_path.append(str(folder))


def name_exercises(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Write the names of all exercises into a page, by the address of their chapter."""
    if EXERCISES not in context.get("body", ""):
        return
    names: dict[str, list[str]] = {}
    for label, exercise in sorted(app.env.sphinx_exercise_registry.items()):
        address = relative_uri(f"{pagename}.html", f"{exercise['docname']}.html")
        names.setdefault(address, []).append(label)
    data = f'<script type="application/json">{json.dumps(names)}</script>'
    filled = f"{EXERCISES.removesuffix('</div>')}{data}</div>"
    context["body"] = context["body"].replace(EXERCISES, filled)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("drawing-pad", DrawingPad)
    app.add_directive("page-cell", PageCell)
    app.add_directive("chapter-cards", ChapterCards)
    app.add_directive("citation", Citation)
    app.add_directive("solved-exercises", SolvedExercises)
    app.connect("config-inited", write_script)
    # The theme lays out the body after these.
    app.connect("html-page-context", load_scripts, priority=400)
    app.connect("html-page-context", name_exercises, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

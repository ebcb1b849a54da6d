"""The pages for a learner's own way: "Your way", which asks again, and the certificate.

What the reader did is kept in the browser (`book/_static/progress.js`), and shown by `way.js`. Here
the pages get what that script must know of the course: sections, exercises, questions and times.
"""

import json
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from pathlib import Path

import title_page
from docutils import nodes
from nn_core.lab import page
from nn_core.lab.questions import question_html
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

import glossary
import numbering
import summaries

CERTIFICATE = "certificate"
PART = '<div class="course-way" data-part="{}">'
QUESTIONS = page.element("quiz", label="Questions").removesuffix("</div>")
# What stands in the parts until all pages are read.
EMPTY = {
    "next": "<p></p>",
    "chapters": "",
    "review": f'<p role="status"></p>{QUESTIONS}</div>',
    "files": "",
    "certificate": "",
}
HEADS = ("Chapter", "Read", "Solved", "Quiz", "On paper")
ABOUT = """<section id="certificate"><h1>Certificate</h1>
<p class="way-screen">For your own joy, or to show to someone who trusts you. It lists what your
browser has kept; you type the name, which is kept nowhere. <a href="{}">Your way</a> shows what is
still open.</p>{}</div></section>"""


class Way(SphinxDirective):
    """Put a part of "Your way": what is next, the chapters, the review, or the files."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Give its HTML."""
        part = self.arguments[0]
        return [nodes.raw("", f"{PART.format(part)}{EMPTY[part]}</div>", format="html")]


def chapters(app: Sphinx, here: str) -> Iterator[dict]:
    """Give what there is to do in each chapter, in the order of the book, as a page links it."""
    env = app.env
    exercises: dict[str, list[list[str]]] = {}
    for label, entry in env.sphinx_exercise_registry.items():
        name = entry["node"].next_node(nodes.title).astext().removeprefix("Exercise").strip(" ()")
        exercises.setdefault(entry["docname"], []).append([label, name])
    for name in (name for _, names in numbering.parts(env) for name in names):
        if not glossary.is_chapter(env, name):
            continue
        path = Path(env.doc2path(name))
        number, title = numbering.split(env.titles[name])
        sections = [
            [one["ids"][0], " ".join(numbering.split(one.next_node(nodes.title))).strip()]
            for one in numbering.sections(env.get_doctree(name))
        ]
        yield {
            "page": name,
            "address": relative_uri(f"{here}.html", f"{name}.html"),
            "summary": relative_uri(f"{here}.html", f"{summaries.address(name)}.html"),
            "title": f"{number} {numbering.short(title)}",
            "sections": sections,
            "exercises": exercises.get(name, []),
            "questions": [f"quiz-{path.stem}-{k}" for k, _ in enumerate(quiz(path.stem), 1)],
            "minutes": title_page.minutes(title_page.first_cell(path)),
        }


def quiz(name: str) -> list[dict]:
    """Give the questions of a chapter."""
    path = files("nn_core.lab") / "quizzes" / f"{name}.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else []


def table(course: list[dict]) -> str:
    """Write the chapters as a table whose numbers are those of a reader who has done nothing."""
    rows = []
    for one in [*course, None]:
        if one:
            title = escape(one["title"])
            first = f'<a href="{one["address"]}">{title}</a>'
            last = f'<a href="{one["summary"]}" aria-label="1 page on {title}">1 page</a>'
        else:
            first, last = "All", ""
        counted = [
            sum(len(each[kind]) for each in ([one] if one else course))
            for kind in ("sections", "exercises", "questions")
        ]
        cells = "".join(f"<td>{f'0 of {n}' if n else ''}</td>" for n in counted)
        rows.append(f'<tr><th scope="row">{first}</th>{cells}<td>{last}</td></tr>')
    heads = "".join(f'<th scope="col">{head}</th>' for head in HEADS)
    return (
        '<div class="pst-scrollable-table-container"><table class="way-chapters">'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def stored(course: list[dict]) -> str:
    """Write what way.js knows of the course, and all questions as they stand in the chapters."""
    questions = "".join(
        question_html(question, k, f"quiz-{name}-{k}")
        for name in (Path(one["page"]).name for one in course)
        for k, question in enumerate(quiz(name), 1)
    )
    data = json.dumps(course, ensure_ascii=False).replace("</", r"<\/")
    return (
        f'<script type="application/json" id="course">{data}</script>'
        f'<template id="questions">{questions}</template>'
    )


def fill(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Write into the pages what they show of the course."""
    body = context.get("body", "")
    if 'class="course-way"' not in body:
        return
    course = list(chapters(app, pagename))
    place = PART.format("chapters")
    context["body"] = body.replace(place, place + table(course)) + stored(course)
    app.add_js_file("lab.js", loading_method="defer")
    context["way"] = True
    app.add_css_file("way.css")


def certificate(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    """Give the page of the certificate, which is none of the book."""
    body = ABOUT.format("book/your_way.html", PART.format("certificate"))
    yield CERTIFICATE, {"title": "Certificate", "body": body}, "page.html"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("way", Way)
    # Before the formulas of the questions are set.
    app.connect("html-page-context", fill, priority=300)
    app.connect("html-collect-pages", certificate)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

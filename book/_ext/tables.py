"""Mark the columns of numbers in tables; course.css sets them right under their headings."""

import re

from docutils import nodes
from sphinx.application import Sphinx

# "97.86 %", "1,234", "−0.5", "3 min", "2.1 ms", "x 1.4"
NUMBER = re.compile(r"[-−+×≈<>~]? ?\d[\d.,]*(?:e-?\d+)? ?(?:%|‰|s|ms|min|h|KB|MB|GB|×)?")
NONE = {"", "-", "–", "—"}


def mark_numbers(app: Sphinx, doctree: nodes.document) -> None:
    """Give the entries of each column of numbers, and its heading, a class."""
    for body in doctree.findall(nodes.tbody):
        rows = [row.children for row in body.children]
        heads = [row.children for head in body.parent.findall(nodes.thead) for row in head]
        for column in zip(*rows, strict=False):
            texts = {entry.astext().strip() for entry in column} - NONE
            if texts and all(map(NUMBER.fullmatch, texts)):
                k = rows[0].index(column[0])
                for entry in (*column, *(head[k] for head in heads)):
                    entry["classes"].append("course-number")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("doctree-read", mark_numbers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Convert the Markdown of exercises and quizzes to HTML. HTML in the Markdown is shown as text."""

from collections.abc import Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

# Formulas in elements of this class are set by the build of the book, and in a page when a cell
# runs. JupyterLab looks for the delimiters in every element.
FORMULA = "lab-formula"
DELIMITERS = {
    "math_inline": (r"\(", r"\)"),
    "math_inline_double": (r"\[", r"\]"),
    "math_block": (r"\[", r"\]"),
}


def formula(self: RendererHTML, tokens: Sequence[Token], k: int, *_: Any) -> str:
    """Write a formula, between the delimiters of its kind."""
    token = tokens[k]
    left, right = DELIMITERS[token.type]
    html = f'<span class="{FORMULA}">{left}{escape(token.content)}{right}</span>'
    return html if token.type != "math_block" else f"<p>{html}</p>"


READER = MarkdownIt("commonmark", {"html": False}).use(dollarmath_plugin, double_inline=True)
for kind in DELIMITERS:
    READER.add_render_rule(kind, formula)


def markup(text: str) -> str:
    """Turn a text of one or more paragraphs into HTML."""
    return str(READER.render(text))


def inline(text: str) -> str:
    """Turn a text within one line into HTML."""
    return str(READER.renderInline(text))


def as_code(text: object) -> str:
    """Quote a foreign text as code, so that Markdown ignores all marks in the text."""
    return "`" + " ".join(str(text).replace("`", "'").split()) + "`"

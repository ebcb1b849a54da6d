"""The little Markdown in which exercises and quizzes are written, as HTML.

Paragraphs and lists whose lines begin with "- ", and in them `code`, *emphasis*, **strong**, a
$formula$ and a $$displayed formula$$.
"""

import re
from html import escape

INLINE = re.compile(
    r"`(?P<code>[^`]+)`|\$\$(?P<displayed>[^$]+)\$\$|\$(?P<formula>[^$]+)\$"
    r"|\*\*(?P<strong>[^*]+)\*\*|\*(?P<em>[^*]+)\*"
)
# MathJax looks for formulas in elements of this class, and the book loads it for pages that have
# one. JupyterLab sets what stands between these delimiters wherever it is.
FORMULA = "mathjax_process"


def markup(text: str) -> str:
    """Turn a text of one or more paragraphs into HTML."""
    return "".join(block(part) for part in re.split(r"\n\s*\n", text.strip()))


def block(text: str) -> str:
    """Turn one paragraph, or one list, into HTML."""
    items = re.split(r"(?:^|\n)\s*- ", text)
    if len(items) > 1 and not items[0]:
        return "<ul>" + "".join(f"<li>{inline(item)}</li>" for item in items[1:]) + "</ul>"
    return f"<p>{inline(text)}</p>"


def inline(text: str) -> str:
    """Turn a text within one line into HTML."""
    html, end = "", 0
    for found in INLINE.finditer(text):
        html += escape(text[end : found.start()]) + element(found)
        end = found.end()
    return html + escape(text[end:])


def element(found: re.Match[str]) -> str:
    """Turn what a pattern of `INLINE` found into HTML."""
    kind = str(found.lastgroup)
    content = escape(found[kind])
    if kind == "formula":
        return rf'<span class="{FORMULA}">\({content}\)</span>'
    if kind == "displayed":
        return rf'<span class="{FORMULA}">\[{content}\]</span>'
    return f"<{kind}>{content}</{kind}>"


def as_code(text: object) -> str:
    """Quote a text that comes from elsewhere, so that nothing in it is read as Markdown."""
    return "`" + " ".join(str(text).replace("`", "'").split()) + "`"

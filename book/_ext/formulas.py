"""Set every formula when the book is built: TeX becomes MathML, which browsers draw themselves.

Temml sets them, a script that V8 runs inside Python. The page's Python sets the formulas of its own
outputs with the same script: book/in_page/outputs.js. What it cannot read is a warning, and so an
error of the build.
"""

import atexit
import functools
import re
from html import escape, unescape
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from nn_core.lab.markup import FORMULA
from py_mini_racer import JSEvalException, MiniRacer
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

TEMML = Path(__file__).resolve().parents[1] / "in_page" / "temml.min.js"
LONG = 24  # characters, from which on a formula in the text may break after = or +

# A formula of nn_core.lab, between its delimiters.
OF_LAB = re.compile(rf'<span class="{FORMULA}">\\([(\[])(.*?)\\[)\]]</span>', re.DOTALL)
# What stands at a formula without a space stays with it: brackets, commas, "-th".
BESIDE = re.compile(r'([^\s<>]{0,9})(<span class="math".*?</math></span>)([^\s<>]{0,9})', re.DOTALL)

logger = logging.getLogger(__name__)


@functools.cache
def temml() -> MiniRacer:
    """Start V8 with Temml. It must be closed, or Python waits for it at its end."""
    engine = MiniRacer()
    atexit.register(engine.close)
    engine.eval(TEMML.read_text("utf-8"))
    return engine


@functools.cache
def mathml(tex: str, display: bool) -> str:
    """Set a formula.

    Raises
    ------
    ValueError
        Temml cannot read it.
    """
    # Rows that may stand in lines of their own are the children of <math>.
    options = {"displayMode": display, "throwOnError": True, "strict": True}
    options["wrap"] = "none" if display else "tex"
    try:
        root = ElementTree.fromstring(temml().call("temml.renderToString", tex, options))
    except JSEvalException as error:
        reason = str(error).partition("ParseError:")[2].strip().partition("\n")[0]
        raise ValueError(f"{reason} (the formula is {tex})") from None
    parts = [root]
    if not display and len("".join(root.itertext())) > LONG:
        # A browser breaks lines only between formulas.
        parts = [ElementTree.Element("math") for _ in root]
        for part, row in zip(parts, root, strict=True):
            part.append(row)
    return "".join(
        ElementTree.tostring(part, encoding="unicode", short_empty_elements=False) for part in parts
    )


def set_formula(tex: str, display: bool, place: nodes.Node | str) -> str:
    """Set a formula, or show its TeX and warn of the place where it stands."""
    try:
        return mathml(tex.strip(), display)
    except ValueError as error:
        logger.warning("A formula cannot be set: %s", error, location=place)
        return f"<code>{escape(tex)}</code>"


def write_inline(writer: HTML5Translator, node: nodes.math) -> None:
    """Write a formula in the text."""
    tex = node.astext()
    html = set_formula(tex, False, node)
    writer.body.append(f'<span class="math" data-tex="{escape(tex)}">{html}</span>')
    raise nodes.SkipNode


def write_block(writer: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula in lines of its own, with its number if it has one."""
    tex = node.astext()
    start = writer.starttag(node, "div", "", CLASS="math", **{"data-tex": tex.strip()})
    html = set_formula(tex, True, node)
    writer.body.append(f'{start}<div class="formula">{html}</div>')
    if node["number"]:
        writer.body.append(f'<span class="eqno">({get_node_equation_number(writer, node)})')
        writer.add_permalink_ref(node, "Link to this equation")
        writer.body.append("</span>")
    writer.body.append("</div>")
    raise nodes.SkipNode


def finish_page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Set the formulas of nn_core.lab, keep to each formula what stands at it, load their style."""

    def of_lab(found: re.Match[str]) -> str:
        tex = unescape(found[2])
        html = set_formula(tex, found[1] == "[", pagename)
        return f'<span class="math" data-tex="{escape(tex.strip())}">{html}</span>'

    def keep_together(found: re.Match[str]) -> str:
        before, formula, after = found.groups()
        return f'<span class="unbroken">{found[0]}</span>' if before or after else formula

    body = OF_LAB.sub(of_lab, context.get("body", ""))
    if "<math" in body:
        context["body"] = BESIDE.sub(keep_together, body)
        app.add_css_file("formulas.css")
        app.add_js_file("formulas.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_html_math_renderer("mathml", (write_inline, None), (write_block, None))
    app.connect("html-page-context", finish_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

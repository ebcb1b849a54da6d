"""Chapters in a renderer that knows CommonMark, tables and formulas, and nothing else.

It stands for the front ends that cannot run here, such as VS Code and Colab.
"""

import functools
import re
from html import escape
from urllib.parse import urlsplit

import execution
import plain_markdown
import pytest
from bs4 import BeautifulSoup
from leftovers import leftovers
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from test_notebooks import NOTEBOOKS, is_there, name_of

from nn_core.lab.sentences import SAID

READER = MarkdownIt("commonmark", {"html": True}).enable("table")
READER.use(dollarmath_plugin, allow_labels=False, allow_space=False)
for kind, tag in (("math_inline", "span"), ("math_block", "div")):
    READER.add_render_rule(
        kind,
        lambda self, tokens, k, *_, tag=tag: (
            f'<{tag} class="math">{escape(tokens[k].content)}</{tag}>'
        ),
    )

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
pytestmark = pytest.mark.usefixtures("executed_notebooks")


@functools.cache
def texts(path) -> list[str]:
    """The Markdown of a notebook, and what its cells have said."""
    found = []
    for cell in execution.executed(path).cells:
        if cell.cell_type == "markdown":
            found.append(cell.source)
        else:
            found += [out.data["text/markdown"] for out in cell.outputs if is_said(out)]
    return found


def is_said(output) -> bool:
    return SAID in output.get("metadata", {})


@functools.cache
def shown(path) -> str:
    return "\n".join(map(READER.render, texts(path)))


@every_notebook
def test_no_markup_is_left(path):
    assert leftovers(shown(path)) == []


@every_notebook
def test_formulas_stand_apart_from_words(path):
    """VS Code takes the dollar signs of `$R$th` for text."""
    assert re.findall(r'\w+<span class="math">|class="math">[^<]*</span>\w+', shown(path)) == []


@every_notebook
def test_boxes_are_quotations_with_a_title(path):
    quotations = BeautifulSoup(shown(path), "html.parser").find_all("blockquote")
    titles = [box["title"] for text in texts(path) for box in plain_markdown.BOX.finditer(text)]
    assert [quotation.p.get_text() for quotation in quotations] == titles
    assert all(quotation.p.strong for quotation in quotations)


@every_notebook
def test_links_resolve(path):
    for link in BeautifulSoup(shown(path), "html.parser").find_all("a"):
        place = urlsplit(link["href"])
        assert place.scheme == "https" or is_there(path.parent / place.path, place.fragment), link

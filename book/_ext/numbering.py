"""Number chapters (00 … 13), sections (5.1, 5.2 …), figures and the pages of the appendix (A, B …).

Notebooks hold no numbers: a chapter has that of its file, a section its place in the chapter. They
are put into the titles when a page is read, so whatever shows a title shows its number: the page,
the contents, the neighbours, the tab of the browser and the search.
"""

import itertools
import re
import string

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

CHAPTER = re.compile(r"book/(\d\d)_\w+")
APPENDIX = "Appendix"  # the part of _toc.yml whose pages have letters


def parts(env: BuildEnvironment) -> list[tuple[str, list[str]]]:
    """Give the parts of the book, as _toc.yml has them: the name of each, and its pages."""
    return [(tree.caption, tree.files()) for tree in env.external_site_map.root.subtrees]


def number_of_page(page: str, appendix: list[str]) -> str:
    """Give "05" for chapter 05, "B" for the second page of the appendix, and nothing for others."""
    if chapter := CHAPTER.fullmatch(page):
        return chapter[1]
    return string.ascii_uppercase[appendix.index(page)] if page in appendix else ""


def bare(number: str) -> str:
    """Give the number of a chapter as figures and formulas begin with it: "5" for "05"."""
    return number.lstrip("0") or number[:1]


def short(title: str) -> str:
    """Give the words of a title before its colon: "Backpropagation"."""
    return title.split(": ")[0]


def sections(page: nodes.Element) -> list[nodes.section]:
    """Give the sections right below the title of a page, or of its first section."""
    first = page.next_node(nodes.section)
    return [child for child in first.children if isinstance(child, nodes.section)]


def put(title: nodes.title, number: str) -> None:
    """Put a number before the words of a title."""
    title.insert(0, [nodes.inline(number, number, classes=["number"]), nodes.Text(" ")])


def number_titles(app: Sphinx, doctree: nodes.document) -> None:
    """Number the title of a page, and, in a chapter, the sections right below it."""
    number = number_of_page(app.env.docname, dict(parts(app.env))[APPENDIX])
    page = next(iter(doctree.findall(nodes.section)), None)
    if not number or page is None:
        return
    put(page.next_node(nodes.title), number)
    if number.isdigit():
        for k, section in enumerate(sections(doctree), start=1):
            put(section.next_node(nodes.title), f"{bare(number)}.{k}")


def number_figures(app: Sphinx, doctree: nodes.document) -> None:
    """Number the figures that cells have shown, in the order in which they stand: Figure 5.3."""
    number = number_of_page(app.env.docname, dict(parts(app.env))[APPENDIX])
    if not number:
        return
    chapter, count = bare(number), itertools.count(1)
    for shown in doctree.findall(nodes.raw):
        if "<figcaption>" in shown.astext():
            text = re.sub(
                "<figcaption>",
                lambda tag: (
                    f'{tag[0]}<span class="lab-number">Figure {chapter}.{next(count)}</span> '
                ),
                shown.astext(),
            )
            shown[:] = [nodes.Text(text)]


def split(title: nodes.Element) -> tuple[str, str]:
    """Give the number of a title, or nothing, and its words."""
    numbers = [node for node in title.findall(nodes.inline) if "number" in node["classes"]]
    number = numbers[0].astext() if numbers else ""
    return number, title.astext().removeprefix(number).strip()


def number_links(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the number before a link to a page whose words are the title of that page."""
    titles = {
        (app.builder.get_relative_uri(docname, page), words): number
        for page, title in app.env.titles.items()
        for number, words in [split(title)]
    }
    for link in doctree.findall(nodes.reference):
        if number := titles.get((link.get("refuri"), link.astext())):
            link.insert(0, nodes.Text(f"{number} "))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    # Before Sphinx collects the titles.
    app.connect("doctree-read", number_titles, priority=100)
    app.connect("doctree-read", number_figures)
    app.connect("doctree-resolved", number_links)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

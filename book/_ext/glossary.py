"""Link each term that a chapter defines with its entry in the glossary, in both directions.

A chapter sets a term in bold where it defines the term. There the extension makes a link to the
glossary, and below the entry of the glossary a link back. Nobody writes these links by hand, so
none is missing and none is out of date.
"""

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

import numbering

GLOSSARY = "book/appendix/glossary"


def terms(env: BuildEnvironment) -> dict[str, str]:
    """Give the anchor of each term of the glossary, by the term in lower case."""
    found = env.get_domain("std").get_objects()
    return {name.lower(): anchor for name, _, kind, _, anchor, _ in found if kind == "term"}


def is_chapter(env: BuildEnvironment, docname: str) -> bool:
    """Whether a page is a chapter, which is a notebook."""
    return Path(env.doc2path(docname)).suffix == ".ipynb"


def definitions(doctree: nodes.document, anchors: dict[str, str]) -> dict[str, nodes.strong]:
    """Give the first bold occurrence of each term in a page, by the anchor of the term."""
    found: dict[str, nodes.strong] = {}
    for strong in doctree.findall(nodes.strong):
        # Sphinx has replaced each straight apostrophe by a typographic apostrophe.
        words = strong.astext().lower().replace("’", "'").split()
        anchor = anchors.get(" ".join(words))
        if anchor and not within(strong, nodes.title, nodes.reference):
            found.setdefault(anchor, strong)
    return found


def within(node: nodes.Node, *kinds: type[nodes.Node]) -> bool:
    """Whether a node lies inside a node of one of these kinds."""
    while node := node.parent:
        if isinstance(node, kinds):
            return True
    return False


def link_definitions(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Turn each defined term of a chapter into a link to the glossary."""
    if not is_chapter(app.env, docname):
        return
    page = app.builder.get_relative_uri(docname, GLOSSARY)
    for anchor, strong in definitions(doctree, terms(app.env)).items():
        link = nodes.reference(
            refuri=f"{page}#{anchor}", internal=True, ids=[place(anchor)], classes=["course-term"]
        )
        strong.replace_self(link)
        link += strong


def link_chapters(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Add to each entry of the glossary links to the chapters that define its terms."""
    if docname != GLOSSARY:
        return
    anchors = terms(app.env)
    chapters = {
        chapter: (
            numbering.short(app.env.titles[chapter].astext()),
            definitions(app.env.get_doctree(chapter), anchors),
        )
        for chapter in sorted(app.env.found_docs)
        if is_chapter(app.env, chapter)
    }
    for entry in doctree.findall(nodes.definition_list_item):
        places = nodes.paragraph(classes=["course-places"])
        own = [anchor for term in entry.findall(nodes.term) for anchor in term["ids"]]
        for chapter, (title, defined) in chapters.items():
            anchor = next((anchor for anchor in own if anchor in defined), None)
            if anchor:
                page = app.builder.get_relative_uri(docname, chapter)
                places += nodes.Text(", " if places.children else "→ ")
                link = nodes.reference(refuri=f"{page}#{place(anchor)}", internal=True)
                places += link
                link += nodes.Text(title)
        if places.children:
            entry[-1] += places


def place(anchor: str) -> str:
    """Give the anchor of the definition of a term in a chapter."""
    return anchor.replace("term-", "defined-", 1)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    # Sphinx sends this event for each page after it has read all pages.
    app.connect("doctree-resolved", link_definitions)
    app.connect("doctree-resolved", link_chapters)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Put what a defined word or a citation leads to beside the text, so that nobody leaves the page.

A chapter defines a word, or cites a paper. A copy of the entry in the glossary or the bibliography
follows the link. On a wide screen it stands in the margin; on a narrow one it opens below the line
(`reading.js`), and without scripts the link leads to the entry itself. At the end of each section
stands that it ends here, and what comes next.
"""

import functools
from collections.abc import Iterator
from itertools import pairwise

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinxcontrib.bibtex.transforms import node_text_transform

import glossary
import numbering

BIBLIOGRAPHY = "book/appendix/bibliography"


def definitions(env: BuildEnvironment) -> Iterator[tuple[str, list[nodes.Node]]]:
    """Give the anchor of each term of the glossary, and what defines the term."""
    for entry in env.get_doctree(glossary.GLOSSARY).findall(nodes.definition_list_item):
        for term in entry.findall(nodes.term):
            for anchor in term["ids"]:
                yield anchor, words(entry[-1])


def citations(env: BuildEnvironment) -> Iterator[tuple[str, list[nodes.Node]]]:
    """Give the anchor of each entry of the bibliography, and the entry."""
    domain = env.get_domain("cite")
    for citation in domain.citations:
        entry = domain.backend.paragraph(citation.formatted_entry)
        node_text_transform(entry)
        yield citation.citation_id, words(entry)


@functools.cache
def appendix(env: BuildEnvironment) -> dict[str, tuple[str, dict[str, list[nodes.Node]]]]:
    """Give glossary and bibliography, by their pages: what leads there, and its entries."""
    return {
        glossary.GLOSSARY: ("In the glossary", dict(definitions(env))),
        BIBLIOGRAPHY: ("In the bibliography", dict(citations(env))),
    }


def words(node: nodes.Element) -> list[nodes.Node]:
    """Give what the paragraphs in a node hold, in one line."""
    paragraphs = [node] if isinstance(node, nodes.paragraph) else node.findall(nodes.paragraph)
    return [
        child.deepcopy()
        for paragraph in paragraphs
        if "course-places" not in paragraph["classes"]
        for child in (*paragraph.children, nodes.Text(" "))
    ]


def outermost(node: nodes.Element) -> nodes.Element:
    """Give what holds a link within a paragraph: the brackets of a citation, too."""
    while isinstance(node.parent, nodes.inline):
        node = node.parent
    return node


def is_note(node: nodes.Node) -> bool:
    """Whether a node is a note of this module."""
    return isinstance(node, nodes.inline) and "course-note" in node["classes"]


def add_notes(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put a note behind each link of a chapter to the glossary or the bibliography."""
    if not glossary.is_chapter(app.env, docname):
        return
    known = {
        f"{app.builder.get_relative_uri(docname, page)}#{anchor}": (entry, name)
        for page, (name, entries) in appendix(app.env).items()
        for anchor, entry in entries.items()
    }
    for k, link in enumerate(list(doctree.findall(nodes.reference))):
        address = link.get("refuri")
        if address not in known or glossary.within(link, nodes.title):
            continue
        entry, name = known[address]
        link["ids"] = link["ids"] or [f"cited-{k}"]
        link["classes"].append("course-noted")
        note = nodes.inline(classes=["course-note"], ids=[f"{link['ids'][0]}-note"])
        note += [child.deepcopy() for child in entry]
        more = nodes.reference(refuri=address, internal=True)
        note += more
        more += nodes.Text(name)
        place = outermost(link)
        at = place.parent.index(place) + 1
        # Several links of one citation have their notes in the order of the links.
        while at < len(place.parent) and is_note(place.parent[at]):
            at += 1
        place.parent.insert(at, note)


def add_stops(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Say at the end of each section of a chapter but the last that it is a place to stop."""
    if not glossary.is_chapter(app.env, docname):
        return
    for section, following in pairwise(numbering.sections(doctree)):
        number, title = numbering.split(following.next_node(nodes.title))
        link = nodes.reference(refid=following["ids"][0], internal=True)
        link += nodes.Text(f"{number} {title}".strip())
        stop = nodes.paragraph(classes=["course-stop"])
        stop += [nodes.Text("A good place to stop. Next: "), link]
        section += stop


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    # After the links to the glossary are made.
    app.connect("doctree-resolved", add_notes, priority=600)
    app.connect("doctree-resolved", add_stops, priority=600)
    app.add_js_file("reading.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Write what the search looks through: each section of each page, with its sentences.

The page of the search is `_templates/search.html`; `_static/search.js` finds and shows. Sphinx's
own search is left out: it knows pages, and this book is read in sections.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder

import numbering
from formulas import mathml

# Pages that come last whatever they hold, and how much a hit counts there and in the appendix.
LAST = ("reference", "claims", "runs", "speed", "bibliography", "teaching", "syllabus", "exam")
COUNTS_IN_LAST, COUNTS_IN_APPENDIX = 0.001, 0.5
# What is no text: code, formulas in lines of their own, contents, and what others add to a page.
NO_TEXT = (
    *(nodes.literal_block, nodes.math_block, nodes.raw, nodes.comment, nodes.image, nodes.title),
    *(addnodes.index, addnodes.toctree, addnodes.desc_signature, nodes.term, nodes.field_name),
)
NO_CLASSES = {"course-card", "course-goals", "course-places"}
CAPTION = re.compile(r"<figcaption>(.*?)</figcaption>", re.DOTALL)
TAGS = re.compile(r"<[^>]*>|\\[()]")
END = re.compile(r"(?<=[.?!])(?<!\b[A-Z]\.)[”’)]*\s+(?=[^a-z\s])")
WHOLE = re.compile(r"[^a-z…].*[.?!:][”’)]*", re.DOTALL)
SIGNS = ("mi", "mn", "mo", "mtext")
GROUPS = ("p", "math", "mrow", "mstyle", "mpadded", "mspace")
RAISED = dict(zip("0123456789+−n⊤T", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿᵀᵀ", strict=True))
LOWERED = dict(zip("0123456789+−aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))


def line(element: ElementTree.Element) -> str:
    """Write a formula in one line of plain text, with dots for what does not stand in a line."""
    signs = element.text or ""
    parts = [line(child) for child in element]
    if element.tag == "mo" and signs in "=≈≠<>≤≥∈≪≫→←≔∼":
        return f" {signs} "
    if element.tag in (*SIGNS, *GROUPS):
        return signs + "".join(parts)
    if element.tag in ("msup", "msub"):
        small = RAISED if element.tag == "msup" else LOWERED
        return parts[0] + "".join(small.get(sign, "…") for sign in parts[1])
    if element.tag == "mfrac" and max(map(len, parts)) < 3:
        return "/".join(parts)
    return "…"


def text(node: nodes.Node) -> str:
    """Give the words of a node, and its formulas as plain text."""
    if isinstance(node, nodes.math):
        formula = mathml(node.astext().strip(), False)
        words = line(ElementTree.fromstring(f"<p>{formula}</p>"))
        return "…" if "…" in words else words.replace("\u2061", "").strip()
    if isinstance(node, NO_TEXT):
        return ""
    return "".join(map(text, node.children)) if node.children else node.astext()


def sentences(words: str) -> list[str]:
    """Split a paragraph. What is no whole sentence gets dots where it is cut."""
    found = []
    for part in END.split(" ".join(words.split())):
        if WHOLE.fullmatch(part):
            found.append(part)
        elif part:
            found.append(f"{part} …" if not part[0].islower() else f"… {part.rstrip(',;')} …")
    return found


class Place:
    """A page, a section, a term of the glossary or a function of the reference."""

    def __init__(self, page: str, anchor: str, number: str, title: str, below: str = "") -> None:
        self.page, self.anchor, self.number, self.title, self.below = (
            page,
            anchor,
            number,
            title,
            below,
        )
        self.names: list[str] = []  # what a reader may call it, beside its title
        self.terms: list[str] = []  # what it defines
        self.sentences: list[str] = []

    @property
    def label(self) -> str:
        """Its number and its title."""
        return f"{self.number} {self.title}".strip()

    def collect(self, node: nodes.Node) -> Iterator["Place"]:
        """Take up the sentences below a node, and give the places found there."""
        for child in node.children:
            if isinstance(child, nodes.raw):
                for caption in CAPTION.findall(child.astext()):
                    self.sentences += sentences(TAGS.sub("", caption))
            elif isinstance(child, (nodes.Text, *NO_TEXT)) or NO_CLASSES & {*child["classes"]}:
                continue
            elif isinstance(child, nodes.paragraph):
                if not (isinstance(node, nodes.entry) and "course-sentence" not in node["classes"]):
                    self.sentences += sentences(text(child))
                    links = child.findall(nodes.reference)
                    self.terms += [a.astext() for a in links if "course-term" in a["classes"]]
            elif place := self.opened_by(child):
                yield place
                yield from place.collect(child)
            else:
                yield from self.collect(child)

    def opened_by(self, node: nodes.Element) -> "Place | None":
        """Give the place that begins with a node, if one does."""
        first = node.children[0] if node.children else None
        if isinstance(node, nodes.section) and isinstance(first, nodes.title):
            place = Place(self.page, node["ids"][0], *numbering.split(first))
            place.below = self.label if self.anchor else ""
            # The name of the cell in the notebook says what the section is about.
            cell = f"cell-{self.page.replace('_', '-')}-"
            place.names = [name.removeprefix(cell) for name in node["ids"] if cell in name]
            return place
        if isinstance(node, addnodes.desc) and first["ids"]:
            return Place(self.page, first["ids"][0], "", first["ids"][0], self.label)
        if isinstance(node, nodes.definition_list_item) and first["ids"]:
            terms = [term.astext() for term in node.findall(nodes.term)]
            return Place(self.page, first["ids"][0], "", ", ".join(terms))
        if isinstance(node, nodes.citation):
            authors = sentences(" ".join(map(text, node.children[1:])))[0]
            return Place(self.page, node["ids"][0], "", authors.rstrip("."))
        return None


def counts(page: str, number: str) -> float:
    """Say how much a hit on a page counts."""
    if Path(page).name in LAST:
        return COUNTS_IN_LAST
    return COUNTS_IN_APPENDIX if number.isalpha() else 1


def collect(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Keep the places of a page, until all are there."""
    section = doctree.next_node(nodes.section)
    number, title = numbering.split(section.next_node(nodes.title))
    page = Place(Path(docname).name, "", number, title)
    page.names = [page.page.replace("_", " ")]
    places = [page, *page.collect(section)]
    if not page.sentences and len(places) > 1:
        page.sentences = places[1].sentences[:1]
    entry = {
        "address": app.builder.get_target_uri(docname),
        "label": page.label,
        "counts": counts(docname, number),
        "places": [
            [p.anchor, p.label, p.below, " ".join(p.names), " ".join(p.terms), *p.sentences]
            for p in places
        ],
    }
    file = kept(app, docname)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(entry, ensure_ascii=False), "utf-8")


def kept(app: Sphinx, docname: str) -> Path:
    """Give the file that keeps the places of a page from one build to the next."""
    return Path(app.doctreedir) / "search" / f"{docname}.json"


def leave_out(app: Sphinx) -> None:
    """Make no index of Sphinx's."""
    if isinstance(app.builder, StandaloneHTMLBuilder):
        app.builder.search = False


def add_page(app: Sphinx) -> list[tuple[str, dict, str]]:
    """Give the page of the search."""
    return [("search", {}, "search.html")]


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the index: a script, so that a page that is opened as a file can load it, too."""
    if not exception:
        pages = [kept(app, page).read_text("utf-8") for page in sorted(app.env.found_docs)]
        index = ",\n".join(pages)
        file = Path(app.outdir) / "search_index.js"
        file.write_text(f"var searchIndex = [\n{index}\n];\n", "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("builder-inited", leave_out)
    # After the links are made, and before notes stand beside them (notes.py).
    app.connect("doctree-resolved", collect, priority=550)
    app.connect("html-collect-pages", add_page)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

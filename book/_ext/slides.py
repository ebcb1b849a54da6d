"""Make slides of each chapter out of its own cells: `slides/05_backpropagation.html`.

What becomes of a cell stands in its notebook, under the name that Jupyter has for it, and that RISE
and nbconvert read too: `"slideshow": {"slide_type": …}`.

| slide_type | the cell |
|---|---|
| `slide`, `subslide` | begins a slide |
| none, or `-` | goes on with the slide before, or with the next one if that is full |
| `fragment` | the same, and appears at the next press of a key |
| `notes` | is told by the speaker, and not shown |
| `skip` | is left out |

A page is written to be read, and its paragraphs are too long for a wall. A slide shows the
sentence of a paragraph that matters most: the one that leads to a formula, or defines a word, or
else the first. The whole paragraph stands in the notes. A figure has a slide of its own, and its
finding is the title. Long code is cut into pieces. How slides are shown is said in
`_templates/slides.html`, `_static/slides.css` and `_static/slides.js`.
"""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx

import numbering
import reading_time
import tables
import translation
from notes import is_note
from search import END

FOLDER = "slides"
# What a slide of 1280 x 720 pixels holds below its title, in its words and in its pixels.
WORDS, PIXELS, LINES = 60, 545, 14
# The height of a line of code, of text and of a table, and the characters in a line.
CODE_LINE, TEXT_LINE, ROW, IN_LINE = 33, 45, 50, 70
SHORT, THIN = 16, 32  # words: such a paragraph is shown whole, and so many are no slide
# Rows of formulas, and what makes one taller than a line, and how tall.
ROWS = re.compile(r"\\\\")
TALL = {r"\\(?:underbrace|sqrt\{\\frac)": 140, r"\\(?:d?frac|sum|prod|int|left|bigl)(?![a-z])": 100}
# The first words of sentences that give a task.
TASKS = {
    "Answer",
    "Build",
    "Compare",
    "Compute",
    "Derive",
    "Find",
    "Give",
    "Mend",
    "Predict",
    "Write",
}
DETAILS = re.compile(r"<(/?)details")
HEADERLINK = re.compile(r'<a class="headerlink".*?</a>', re.DOTALL)
# The pages that were written and whose slides are not yet.
PAGES: dict[str, nodes.document] = {}
DRAWN = ('class="lab ', "<svg", "<table")


class Slide:
    """What is shown at once, and what is said to it."""

    def __init__(self, title: list[nodes.Node], place: "Place", look: str) -> None:
        self.title, self.place, self.look = title, place, look
        self.blocks: list[nodes.Node] = []
        self.notes: list[nodes.Node] = []
        self.words = self.pixels = 0
        self.minutes = 0.0

    def holds(self, words: int, pixels: int) -> bool:
        """Whether there is room for a block."""
        # A box is written in larger letters.
        room = PIXELS if self.look in ("", "full") else 0.85 * PIXELS
        return not self.blocks or (self.words + words <= WORDS and self.pixels + pixels <= room)

    @property
    def is_thin(self) -> bool:
        """Whether it shows a sentence or two, and no more."""
        texts = all(isinstance(block, nodes.paragraph) for block in self.blocks)
        return texts and self.words <= THIN

    @property
    def defines(self) -> bool:
        """Whether it defines a word."""
        return any(True for block in self.blocks for _ in block.findall(nodes.strong))

    def add(self, block: nodes.Node) -> None:
        """Show a block below the others."""
        self.blocks.append(block)
        self.words += words_of(block)
        self.pixels += pixels_of(block)


class Place(NamedTuple):
    """A section of the chapter, and whether it is one that has a number."""

    title: list[nodes.Node]
    label: str
    anchor: str
    is_main: bool


def classes(node: nodes.Node) -> list[str]:
    """Give the classes of a node. A text has none."""
    return node.get("classes", []) if isinstance(node, nodes.Element) else []


def words_of(node: nodes.Node) -> int:
    """Count the words of a block, without formulas and code."""
    kept = (text for text in node.findall(nodes.Text) if not is_set(text))
    return len(re.findall(reading_time.ONE_WORD, " ".join(map(str, kept))))


def is_set(text: nodes.Text) -> bool:
    """Whether a text is a formula or code."""
    return isinstance(
        text.parent, (nodes.math, nodes.math_block, nodes.literal, nodes.literal_block, nodes.raw)
    )


def pixels_of(node: nodes.Node) -> int:
    """Estimate the height of a block. A test measures that the estimate is large enough."""
    if isinstance(node, nodes.math_block):
        rows = ROWS.split(node.astext())
        heights = [[tall for sign, tall in TALL.items() if re.search(sign, row)] for row in rows]
        return 30 + sum(max(found, default=50) for found in heights)
    if isinstance(node, nodes.literal_block):
        return 40 + CODE_LINE * lines_of(node)
    if isinstance(node, nodes.table):
        return 20 + sum(map(height_of_row, node.findall(nodes.row)))
    if isinstance(node, (nodes.bullet_list, nodes.enumerated_list)):
        return sum(14 + TEXT_LINE * -(-len(item.astext()) // IN_LINE) for item in node.children)
    if isinstance(node, nodes.container):
        # What is folded has its line in the foot of the slide.
        parts = [part for part in node.findall(nodes.literal_block) if not is_folded(part)]
        return sum(40 + CODE_LINE * lines_of(part) for part in parts)
    return 16 + TEXT_LINE * -(-len(node.astext()) // IN_LINE)


def height_of_row(row: nodes.row) -> int:
    """Estimate the height of a row of a table."""
    lengths = [len(tables.read(entry)) + 3 for entry in row.children]
    lines = max(-(-length * len(lengths) // IN_LINE) for length in lengths)
    return ROW + 35 * (lines - 1 if sum(lengths) > IN_LINE else 0)


def lines_of(node: nodes.Node) -> int:
    """Count the lines of a listing or of what a cell prints."""
    return len(node.astext().rstrip().splitlines())


def is_folded(node: nodes.Node) -> bool:
    """Whether a listing is folded."""
    while node := node.parent:
        if isinstance(node, HideCodeCellNode):
            return True
    return False


# --- Sentences.


def sentences(paragraph: nodes.Element) -> list[list[nodes.Node]]:
    """Split a paragraph into sentences, with the formulas and the emphasis in them."""
    found: list[list[nodes.Node]] = [[]]
    children = list(paragraph.children)
    for child, after in zip(children, [*children[1:], None], strict=True):
        if not isinstance(child, nodes.Text):
            found[-1].append(child.deepcopy())
            continue
        text = str(child) + ("X" if after is not None else "")
        first, *others = END.split(text)
        # A sentence may have ended with what is emphasized.
        if found[-1] and re.match(r"\s+[^a-z\s]", text) and ends(found[-1]):
            found.append([])
        found[-1].append(nodes.Text(first))
        found += [[nodes.Text(other)] for other in others]
        if after is not None:
            found[-1][-1] = nodes.Text(str(found[-1][-1])[:-1])
    kept = [sentence for sentence in found if "".join(n.astext() for n in sentence).strip()]
    # A word that leads a paragraph is no sentence.
    if len(kept) > 1 and len(words_in(kept[0])) < 5 and isinstance(kept[0][0], nodes.strong):
        kept[:2] = [[*kept[0], nodes.Text(" "), *kept[1]]]
    return kept


def ends(sentence: list[nodes.Node]) -> bool:
    """Whether a sentence has its full stop."""
    return sentence[-1].astext().rstrip().endswith((".", "?", "!"))


def words_in(sentence: list[nodes.Node]) -> list[str]:
    """Give the words of a sentence."""
    return "".join(node.astext() for node in sentence).split()


def chosen(paragraph: nodes.Element, *, leads: bool) -> list[nodes.Node]:
    """Give the sentence of a paragraph that a slide shows."""
    found = sentences(paragraph)
    tasks = [part for part in found if is_task(words_in(part))]
    if tasks and (of(paragraph, "course-predict") or of(paragraph, "exercise")):
        return tasks[0]
    if leads:
        return found[-1]
    defining = [part for part in found if any(isinstance(node, nodes.strong) for node in part)]
    # What stands in brackets is said by the way.
    plain = [part for part in found if not part[0].astext().startswith("(")]
    return (defining or plain or found)[0]


def is_task(words: list[str]) -> bool:
    """Whether a sentence asks, or tells the reader what to do."""
    return words[0].strip("(") in TASKS or words[-1].endswith("?")


def shortened(paragraph: nodes.Element, *, leads: bool = False) -> nodes.paragraph:
    """Give the paragraph of a slide."""
    if words_of(paragraph) <= SHORT:
        return nodes.paragraph("", "", *(child.deepcopy() for child in paragraph.children))
    return nodes.paragraph("", "", *chosen(paragraph, leads=leads))


# --- Cutting.


def without_links(doctree: nodes.document) -> nodes.document:
    """Give a copy without links, notes and what leads on: a wall has nothing to press."""
    doctree = doctree.deepcopy()
    for note in list(doctree.findall(is_note)):
        note.parent.remove(note)
    for link in list(doctree.findall(nodes.reference)):
        link.parent.replace(link, link.children)
    for node in list(doctree.findall(nodes.target)):
        node.parent.remove(node)
    for stop in list(doctree.findall(nodes.paragraph)):
        if "course-stop" in stop["classes"]:
            stop.parent.remove(stop)
    return doctree


def flat(node: nodes.Element) -> Iterator[nodes.Node]:
    """Walk through titles and blocks in their order."""
    for child in node.children:
        if isinstance(child, nodes.section) or "said" in classes(child):
            yield from flat(child)
        else:
            yield child


def pieces(listing: nodes.literal_block) -> list[nodes.literal_block]:
    """Cut a long listing, where a line is empty or begins further left, if it can be."""
    lines = listing.astext().rstrip().split("\n")
    found = []
    while lines:
        end = min(len(lines), LINES)
        if len(lines) > LINES:
            begins = [k for k, line in enumerate(lines) if line.strip(" )]}")]
            depth = {k: len(lines[k]) - len(lines[k].lstrip()) for k in begins}
            # Two pieces are better than three, and a line or two are none.
            first = len(lines) - LINES if len(lines) <= 2 * LINES else LINES // 2
            last = min(LINES, len(lines) - 4)
            ends = [k for k in range(max(first, 4), last + 1) if k in depth] or [LINES]
            end = min(ends, key=lambda k: (depth[k], -k))
        part = "\n".join(lines[:end]).strip("\n")
        found.append(nodes.literal_block(part, part, language=listing.get("language", "python")))
        lines = lines[end:]
    return found


class Deck:
    """The slides of a chapter, as they come about."""

    def __init__(self, doctree: nodes.document) -> None:
        self.slides: list[Slide] = []
        self.kind = "-"
        self.is_fresh = False
        self.is_below_code = False
        self.depth = 0  # of what is unfolded in a page, such as a proof
        for node in flat(without_links(doctree)):
            self.take(node)
        self.join()

    def take(self, node: nodes.Node) -> None:
        """Take up what comes next in the page."""
        if isinstance(node, nodes.comment):
            if "block_break" in node["classes"]:
                cell = json.loads(node.astext())
                self.begin(cell, cell["cell_type"])
        elif isinstance(node, nodes.title):
            self.open(node)
        elif isinstance(node, nodes.raw) and (way := DETAILS.match(node.astext().strip())):
            self.depth += -1 if way[1] else 1
        elif node.get("nb_element") == "cell_code":
            self.begin(node["cell_metadata"])
            if self.kind not in ("skip", "notes") and not self.depth:
                self.add_cell(node)
        elif self.kind == "skip":
            return
        elif self.kind == "notes" or self.depth:
            self.tell(node)
        elif isinstance(node, nodes.admonition) or node.tagname.startswith("exercise"):
            self.add_box(node)
        else:
            self.add_text(node)

    def begin(self, cell: dict[str, Any], kind: str = "") -> None:
        """Begin a cell of the notebook. What stands below code leads to what comes next."""
        self.kind = cell.get("slideshow", {}).get("slide_type", "-")
        below = kind == "markdown" and self.is_below_code
        self.is_fresh |= self.kind in ("slide", "subslide") or below
        self.is_below_code &= kind != "markdown"

    def open(self, title: nodes.title) -> None:
        """Begin a section."""
        section = title.parent
        label = " ".join(numbering.split(title)).strip()
        words = [child for child in title.children if "number" not in classes(child)]
        self.place = Place(words, label, section["ids"][0], len(words) < len(title.children))
        if self.kind not in ("skip", "notes"):
            self.new(self.place.title)

    def new(self, title: list[nodes.Node], look: str = "") -> Slide:
        """Begin a slide, in the place of one that shows nothing but its title."""
        bare = self.slides and not self.slides[-1].blocks and not self.slides[-1].look
        slide = Slide(title, self.place, look)
        if bare and len(self.slides) > 1:
            old = self.slides.pop()
            slide.notes, slide.minutes = old.notes, old.minutes
        self.slides.append(slide)
        self.is_fresh = False
        return slide

    @property
    def last(self) -> Slide:
        """The slide that is being filled."""
        return self.slides[-1]

    def tell(self, node: nodes.Node) -> None:
        """Put a block into the notes."""
        self.last.notes.append(node.deepcopy())
        self.last.minutes += minutes_of(node)

    def put(self, block: nodes.Node) -> None:
        """Show a block, on a new slide if the last has no room or is full of a figure."""
        full = "full" in self.last.look.split() or not self.last.holds(
            words_of(block), pixels_of(block)
        )
        if self.is_fresh or full:
            title, look = self.last.title, self.last.look.replace("full", "").strip()
            before = self.last.blocks
            leading = not self.is_fresh and len(before) > 1 and is_lead(before[-1])
            lead = before.pop() if leading else None
            if self.is_fresh or "full" in self.last.look.split():
                title, look = self.place.title, ""
            self.new(title, look)
            if lead is not None:
                self.last.add(lead)
        if self.kind == "fragment":
            block["classes"].append("slide-step")
        self.last.add(block)

    def join(self) -> None:
        """Join a slide of a sentence or two with the next one, or let the speaker say it there."""
        opens = {id(slide.place): slide for slide in reversed(self.slides)}
        for slide, after in reversed(list(pairwise(self.slides))):
            if not slide.is_thin or slide.look or slide.place is not after.place:
                continue
            if after.look == "full":
                # A section with a number keeps the slide with its title.
                if slide.place.is_main and opens[id(slide.place)] is slide:
                    continue
            elif not after.look and after.holds(slide.words, slide.pixels):
                after.blocks[:0] = slide.blocks
                after.words += slide.words
                after.pixels += slide.pixels
            else:
                continue
            after.notes[:0] = slide.notes
            after.minutes += slide.minutes
            self.slides.remove(slide)
        for before, slide in reversed(list(pairwise(self.slides))):
            goes_on = slide.title is before.title or not slide.look
            if goes_on and slide.is_thin and slide.place is before.place and not slide.defines:
                before.notes += slide.notes
                before.minutes += slide.minutes
                self.slides.remove(slide)

    def add_text(self, node: nodes.Node) -> None:
        """Show a paragraph by its sentence, a list by its items, and all else as it is."""
        if isinstance(node, nodes.paragraph):
            self.put(shortened(node, leads=leads(node)))
        elif isinstance(node, (nodes.bullet_list, nodes.enumerated_list)):
            for k, item in enumerate(node.children):
                of_one = node.copy()
                of_one["start"] = node.get("start", 1) + k
                of_one += nodes.list_item("", shortened(item.next_node(nodes.paragraph)))
                self.put(of_one)
        elif isinstance(node, nodes.literal_block):
            for listing in pieces(node):
                self.put(listing)
        elif words_of(node) or isinstance(node, (nodes.math_block, nodes.raw)):
            self.put(node.deepcopy())
        if isinstance(node, (nodes.paragraph, nodes.bullet_list, nodes.enumerated_list)):
            self.last.notes.append(node.deepcopy())
        self.last.minutes += minutes_of(node)

    def add_box(self, node: nodes.Element) -> None:
        """Give a box a slide of its own."""
        if node.tagname.startswith("exercise"):
            name = node.next_node(nodes.title).astext().strip(" ()")
            title, look = [nodes.Text(f"Exercise: {name}")], "exercise"
            content = node.next_node(nodes.section).children
        else:
            title, look = list(node[0].children), " ".join(node["classes"])
            content = node.children[1:]
        is_whole = sum(map(words_of, content)) <= WORDS
        if "course-goals" in look:
            self.add_goals(content)
            return
        self.new(title, look)
        for child in content:
            if is_whole and isinstance(child, (nodes.paragraph, nodes.enumerated_list)):
                self.put(child.deepcopy())
                self.last.minutes += minutes_of(child)
            else:
                self.add_text(child)
        self.is_fresh = True

    def add_goals(self, content: list[nodes.Node]) -> None:
        """Show below the title of a chapter as many of its goals as there is room for."""
        for child in content:
            self.tell(child)
            if isinstance(child, (nodes.bullet_list, nodes.enumerated_list)):
                goals = child.deepcopy()
                while words_of(goals) > WORDS:
                    goals.pop()
                self.last.blocks.append(goals)

    def add_cell(self, cell: nodes.Element) -> None:
        """Show a code cell that runs. What is too long is read before, in pieces."""
        self.is_below_code = True
        cell = cell.deepcopy()
        shown = [
            n for n in cell.findall(nodes.literal_block) if of(n, "cell_input") and not is_folded(n)
        ]
        outputs = [n for n in cell.children if "cell_output" in classes(n)]
        drawn = any(mark in raw.astext() for raw in cell.findall(nodes.raw) for mark in DRAWN)
        if not shown and not outputs:
            return
        if shown and (drawn or lines_of(shown[0]) > LINES or pixels_of(cell) > PIXELS):
            listings = pieces(shown[0])
            # What is longer than two slides is not read on a wall.
            for listing in listings if len(listings) < 3 else []:
                self.put(listing)
                self.is_fresh = listing is not listings[-1]
            self.last.minutes += reading_time.BLOCK
            if not outputs:
                return
            fold(cell)
        elif shown:
            for output in outputs:
                output["classes"].append("slide-step")
        if drawn:
            self.new(self.place.title, "full")
            for output in outputs:
                for part in list(output.children):
                    if not any(mark in part.astext() for mark in DRAWN):
                        output.remove(part)
                        self.last.notes.append(part)
            self.last.add(cell)
            self.is_fresh = True
        else:
            self.put(cell)
            self.last.minutes += reading_time.BLOCK if shown else 0


def of(node: nodes.Node, name: str) -> bool:
    """Whether a node stands in an element with this class."""
    while node := node.parent:
        if name in classes(node):
            return True
    return False


def leads(paragraph: nodes.Element) -> bool:
    """Whether a paragraph leads to a formula or a table."""
    parent = paragraph.parent
    after = parent.children[parent.index(paragraph) + 1 :][:1]
    return bool(after) and (
        isinstance(after[0], nodes.math_block) or paragraph.astext().endswith(":")
    )


def is_lead(block: nodes.Node) -> bool:
    """Whether a block of a slide ends in the middle of a sentence, and so goes with the next."""
    return isinstance(block, nodes.paragraph) and not block.astext().endswith((".", "?", "!", ")"))


def fold(cell: nodes.Element) -> None:
    """Fold the code of a cell."""
    texts = cell["cell_metadata"]["mystnb"]
    folded = HideCodeCellNode(
        prompt_show=texts["code_prompt_show"], prompt_hide=texts["code_prompt_hide"]
    )
    folded["classes"].append("above-input")
    code = cell.children[0]
    cell.replace(code, folded)
    folded += code


def minutes_of(node: nodes.Node) -> float:
    """Count the minutes of a block, as reading_time.py does."""
    formulas = len(list(node.findall(nodes.math_block)))
    return reading_time.WORD * words_of(node) + reading_time.FORMULA * formulas


# --- Writing.


def clock(parts: int) -> str:
    """Write seconds as minutes, and minutes as hours."""
    return f"{parts // 60}:{parts % 60:02}"


def written(app: Sphinx, slides: list[Slide], path: Path) -> list[dict[str, Any]]:
    """Write slides as HTML, for the template."""

    def html(shown: list[nodes.Node]) -> str:
        holder = nodes.container("", *shown)
        fragment = app.builder.render_partial(holder)["fragment"]
        return HEADERLINK.sub("", re.sub(r"\A\s*<div[^>]*>|</div>\s*\Z", "", fragment))

    # Together they take as long as the chapter, in steps of ten seconds.
    total = reading_time.counted(path).reading
    scale = total / sum(slide.minutes for slide in slides)
    found, sum_of_minutes, at = [], 0.0, 0
    for slide in slides:
        sum_of_minutes += slide.minutes * scale
        began, at = at, 10 * round(6 * sum_of_minutes)
        found.append(
            {
                "title": html([nodes.inline("", "", *(n.deepcopy() for n in slide.title))]),
                "label": "".join(node.astext() for node in slide.title),
                "place": slide.place,
                "look": slide.look,
                "body": html(slide.blocks),
                "notes": html(slide.notes),
                "seconds": at - began,
                "takes": clock(at - began),
                "from": clock(began // 60),
                "of": clock(round(total)),
            }
        )
    return found


def has_slides(app: Sphinx, page: str) -> bool:
    """Whether the notebook of a page says what its slides show."""
    path = Path(app.env.doc2path(page)) if page in app.env.found_docs else Path()
    if path.suffix != ".ipynb":
        return False
    cells = nbformat.read(path, as_version=4).cells
    return any("slideshow" in cell.metadata for cell in cells)


def keep_page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Keep what a page holds, link its slides, and load for slides nothing of the frame.

    Pages in another language have none: most of what they would show is not translated.
    """
    if doctree is not None and translation.is_original(app) and has_slides(app, pagename):
        PAGES[pagename] = doctree
        context["slides"] = context["pathto"](f"{FOLDER}/{Path(pagename).name}")
    elif pagename.startswith(f"{FOLDER}/"):
        without = ("shell.js", "reading.js")
        context["script_files"] = [
            file for file in context["script_files"] if not str(file.filename).endswith(without)
        ]
        context["styles"] = [style for style in context["styles"] if style[0] != "print.css"]


def write_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Give each page of slides to Sphinx."""
    for page, doctree in PAGES.items():
        slides = written(app, Deck(doctree).slides, Path(app.env.doc2path(page)))
        address = app.builder.get_relative_uri(f"{FOLDER}/{Path(page).name}", page)
        context = {"title": f"Slides: {slides[0]['label']}", "slides": slides}
        context |= {"cells_of": page, "chapter": address}
        context["body"] = app.builder.templates.render("deck.html", context)
        yield f"{FOLDER}/{Path(page).name}", context, "slides.html"
    PAGES.clear()


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    # After the frame has chosen its scripts.
    app.connect("html-page-context", keep_page, priority=960)
    app.connect("html-collect-pages", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": False}

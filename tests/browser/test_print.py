"""Pages on paper, and the book as a PDF. A few pages are printed; `pytest --live` prints all."""

import re
import unicodedata
from collections import Counter

import print_book
import pytest
from conftest import Visit, Watched
from pypdf import PdfReader

FEW = ["book/index", "book/03_losses", "book/playground", "book/appendix/speed"]
MOST_BYTES = 18_000_000
RIGHT = 502  # the edge of what is printed, in points: 177 of the 210 millimetres
# What stands on buttons alone.
CONTROLS = re.compile(r"^(Run|Edit|Play|Reset|Undo|Clear|Copy)$", re.MULTILINE)


@pytest.fixture(scope="module")
def printed(request, browser, site, tmp_path_factory):
    """Give the lines of the contents and the PDF."""
    names = print_book.pages() if request.config.option.live else FEW
    path = tmp_path_factory.mktemp("print") / "book.pdf"
    lines = print_book.print_book(path, names, browser, site)
    assert path.stat().st_size < MOST_BYTES
    return lines, PdfReader(path)


def words(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())  # ligatures become letters


def places(lines) -> dict[str, int]:
    """Give the first page with each heading: the solutions have those of the chapters again."""
    return {label: number for label, number in reversed(lines)}


def test_contents_name_the_page_of_each_section(printed):
    lines, pdf = printed
    labels = [label for label, _ in lines]
    for label in ("03 Losses: one number for how wrong", "3.1 What it is for", "Train it here"):
        assert label in labels
    texts = [words(page.extract_text()) for page in pdf.pages]
    contents = "".join(texts[1 : lines[0][1] - 1])
    for label, number in lines:
        assert words(label) in texts[number - 1], f"{label} is not on page {number}"
        assert f"{words(label)}{number}" in contents
    assert labels[-1] != "Solutions and answers"  # it has sections, a chapter each
    assert "Solutions and answers" in labels


def test_bookmarks_are_headings(printed):
    lines, pdf = printed
    titles = [line["/Title"] for line in print_book.lines_of(pdf.root_object["/Outlines"])]
    assert set(label for label, _ in lines) <= set(titles)


def test_links_lead_into_the_book(printed):
    """Those between chapters too; none leads to the address from which the book was printed."""
    lines, pdf = printed
    annotations = [note.get_object() for page in pdf.pages for note in page.get("/Annots", [])]
    inside = [note for note in annotations if "/Dest" in note]
    assert len(inside) > len(lines)  # more than the contents alone
    names = {name.lstrip("/") for name in pdf.named_destinations}
    assert {str(note["/Dest"]).lstrip("/") for note in inside} <= names
    outside = [str(note["/A"]["/URI"]) for note in annotations if "/URI" in note.get("/A", {})]
    assert outside
    assert not [link for link in outside if "127.0.0.1" in link]


def test_paper_has_heads_and_numbers_and_no_controls(printed):
    lines, pdf = printed
    first = places(lines)["03 Losses: one number for how wrong"]
    for number in (first + 1, first + 2):
        text = pdf.pages[number - 1].extract_text()
        assert "03 Losses: one number for how wrong" in text
        assert str(number) in text.split()
    for number, page in enumerate(pdf.pages, start=1):
        assert not CONTROLS.search(page.extract_text()), f"a control is on page {number}"
    text = " ".join(page.extract_text() for page in pdf.pages)
    assert not re.search(r"Hint 1 of|needs JavaScript|Details", text)


def test_no_page_is_empty_and_nothing_is_cut_off(printed):
    _, pdf = printed
    sizes = Counter()
    for number, page in enumerate(pdf.pages, start=1):
        found = []

        def place(text, matrix, text_matrix, _, size, *, found=found):
            if text.strip():
                x = text_matrix[4] * matrix[0] + text_matrix[5] * matrix[2] + matrix[4]
                found.append((x, text.strip()))
                sizes[round(size * abs(text_matrix[3] * matrix[3]), 1)] += len(text)

        page.extract_text(visitor_text=place)
        assert len(found) > 2, f"page {number} is empty"
        if number > 1:
            assert [text for x, text in found if x > RIGHT] == [], f"cut off on page {number}"
    # Where anything is too wide, Chromium makes all pages smaller.
    assert sizes.most_common(1)[0][0] == round(18 * 0.75 * print_book.SCALE, 1)


def test_figures_that_a_script_draws_are_there(printed):
    _, pdf = printed
    text = words(" ".join(page.extract_text() for page in pdf.pages))
    assert words("Then it learns") in text  # the title of its axes


def test_solutions_stand_at_the_end(printed):
    lines, pdf = printed
    end = places(lines)["Solutions and answers"] - 1
    text = [page.extract_text() for page in pdf.pages]
    before, after = "\n".join(text[lines[0][1] - 1 : end]), "\n".join(text[end:])
    exercises = re.findall(r"^Exercise \d+ \(.*\)$", before, re.MULTILINE)
    assert len(exercises) > 2
    assert not re.search(r"^Solution$", before, re.MULTILINE)
    # Each solution names its exercise, and each question the page of its answer.
    assert [name for name in exercises if name not in after] == []
    told = [int(number) for number in re.findall(r"^Answer: page (\d+)$", before, re.MULTILINE)]
    assert len(told) > len(exercises)
    for name in exercises:
        asked = before[before.index(name) :]
        number = int(re.search(r"^Answer: page (\d+)$", asked, re.MULTILINE)[1])
        assert name in text[number - 1]
    assert not re.search(r"^(Answer|What happens)$", before, re.MULTILINE)
    assert "Quiz" in after
    assert "np." in after


def test_is_told_to_programs_that_read_aloud(printed):
    _, pdf = printed
    assert pdf.root_object["/MarkInfo"]["/Marked"]
    tree = pdf.root_object["/StructTreeRoot"]
    numbers = tree["/ParentTree"]["/Nums"]
    elements = dict(zip(numbers[::2], numbers[1::2], strict=True))
    kinds = Counter()
    waiting = list(tree["/K"])
    while waiting:
        element = waiting.pop().get_object()
        kinds[element["/S"]] += 1
        kids = element.get("/K", []).get_object()
        for kid in kids if isinstance(kids, list) else [kids]:
            one = kid.get_object()
            if not isinstance(one, int) and "/S" in one:
                waiting.append(one)
                continue
            # What is drawn on a page knows its element, as the element knows it.
            if isinstance(one, int):
                back = elements[element["/Pg"]["/StructParents"]][one]
            elif "/MCID" in one:
                drawn = one.get("/Stm", one.raw_get("/Pg")).get_object()
                back = elements[drawn["/StructParents"]][one["/MCID"]]
            else:
                back = elements[one["/Obj"]["/StructParent"]]
            assert back.get_object().indirect_reference == element.indirect_reference
    assert kinds["/H2"] > 10
    assert kinds["/Figure"] > 5
    assert kinds["/NonStruct"] < 0.1 * kinds.total()  # a word of a program is no element
    assert pdf.root_object["/Lang"] == "en"
    assert pdf.metadata.title == "A neural network from scratch"


def test_a_dark_page_is_printed_light(browser, site):
    visit = Visit(browser, site, "book/03_losses", width=1280, scheme="dark")
    colours = """() => {
      const { color, backgroundColor } = getComputedStyle(document.body);
      return [color, backgroundColor];
    }"""
    dark = visit.page.evaluate(colours)
    visit.page.emulate_media(media="print", color_scheme="dark")
    light = visit.page.evaluate(colours)
    assert dark != light
    brightness = [sum(map(int, re.findall(r"\d+", each)[:3])) for each in light]
    assert brightness[0] < 200 < 700 < brightness[1]
    hidden = visit.page.locator("button, input[type=range], select, .course-stop")
    assert hidden.count() > 10
    assert hidden.evaluate_all("all => all.every((each) => !each.checkVisibility())")
    visit.context.close()


def test_a_figure_far_down_is_printed(browser, site):
    """A script draws it when it is laid out, though no reader has come near it."""
    watched = Watched(browser, site, width=1280, scheme="light")
    watched.page.goto(f"{site}/book/03_losses.html")
    watched.page.locator(".lab-losses > svg path").first.wait_for(state="attached", timeout=30_000)
    assert watched.page.evaluate("scrollY") == 0
    watched.context.close()

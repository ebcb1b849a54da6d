"""The built book: every page exists and has the right content."""

import functools
import gzip
import json
import math
import os
import re
import string
from pathlib import Path
from xml.etree import ElementTree

import files
import nbformat
import pytest
import repository
import yaml
from bs4 import BeautifulSoup
from conftest import ROOT
from first_cell import install_cell
from leftovers import leftovers
from test_glossary import BOLD, TERMS, entries
from test_notebooks import LEDGER, NOTEBOOKS, calls, name_of, place_of

TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
PAGES = [
    TOC["root"],
    *(chapter["file"] for part in TOC["parts"] for chapter in part["chapters"]),
]


@functools.cache
def parsed(path: Path) -> BeautifulSoup:
    """Parse a page once, since it takes a second. No test may change the result."""
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


@pytest.fixture(scope="module", params=PAGES)
def page(request, built_book):
    path = built_book / f"{request.param}.html"
    assert path.is_file(), f"{request.param} is in _toc.yml, but was not built"
    return path, parsed(path)


def test_page_has_content(page):
    _, soup = page
    assert soup.article.h1.get_text().strip()
    assert len(soup.article.get_text()) > 500


def test_figures_are_numbered_and_state_a_finding(page):
    """Each figure has a caption: its number, in the order of the page, and what it shows."""
    path, soup = page
    captions = [figure.find("figcaption") for figure in soup.find_all("figure", class_="lab")]
    assert all(captions)
    for caption in captions:
        assert caption.find(class_="lab-finding").get_text(strip=True), caption
    numbers = [number.get_text() for number in soup.select("figcaption .lab-number")]
    if numbers:
        chapter = numbers[0].split(".")[0]
        assert numbers == [f"{chapter}.{k}" for k in range(1, len(captions) + 1)]
    else:
        assert not re.match(r"\d\d_", path.name) or not captions


def test_front_page_leads_to_the_book(built_book):
    assert "book/index.html" in (built_book / "index.html").read_text("utf-8")


def test_images_have_alt_text(page):
    _, soup = page
    for image in soup.find_all("img"):
        # The title is beside the logo, so the logo needs no alternative text.
        assert image.get("alt", "").strip() or image.find_parent("header"), image
    for drawing in soup.article.find_all("svg"):
        if drawing.find_parent("svg") is None and drawing.get("aria-hidden") != "true":
            assert drawing.get("role") == "img", str(drawing)[:200]
            assert len(drawing.get("aria-label", "")) > 30, str(drawing)[:200]


def test_links_lead_somewhere(page, built_book):
    path, soup = page
    for link in soup.find_all(["a", "img", "script", "link"]):
        target = link.get("href") or link.get("src")
        if not target or re.match(r"[a-z]+:|#|data:", target):
            continue
        file = re.split(r"[?#]", target)[0]
        assert (path.parent / file).resolve().exists(), f"{path.name}: {target}"
        assert (path.parent / file).resolve().is_relative_to(built_book)


# What a page may weigh before anything is touched. Two chapters hold many pictures of digits.
KILOBYTES = {"10_evaluation.html": 300, "12_summit.html": 280}
OTHER_PAGES = 250


def test_weighs_little(page, built_book):
    """With its styles, scripts, pictures and fonts, compressed as a server does."""
    path, soup = page
    tags = [*soup("link", rel="stylesheet"), *soup("script", src=True), *soup("img", src=True)]
    parts = {re.split("[?#]", str(tag.get("href") or tag["src"]))[0] for tag in tags}
    files = [path, *(path.parent / part for part in parts if not re.match("data:|http", part))]
    files += (built_book / "_static" / "fonts").glob("*.woff2")
    weight = sum(len(gzip.compress(file.read_bytes())) for file in files) / 1000
    assert weight < KILOBYTES.get(path.name, OTHER_PAGES)


def test_page_for_link_previews(page):
    _, soup = page
    meta = {tag.get("property") or tag.get("name"): tag.get("content") for tag in soup("meta")}
    assert len(meta["description"]) > 40
    assert meta["og:image"].endswith("_static/preview.jpg")
    assert meta["og:image:alt"]
    assert meta["og:title"]


def test_no_error_in_the_outputs(page):
    _, soup = page
    assert not soup.select(".output.traceback, .output.stderr")


def frames_of(element, built_book) -> str:
    """The frames of a slider, which its page fetches."""
    file = element.script["data-src"].rpartition("/")[2]
    return (built_book / "_static" / "frames" / file).read_text("utf-8")


def test_no_markup_is_left(page, built_book):
    _, soup = page
    for element in soup.select('[data-lab="explore"]'):
        element.script.string = frames_of(element, built_book)
    assert leftovers(str(soup)) == []


def test_no_markup_is_left_on_pages_that_come_from_no_document(built_book):
    pages = set(built_book.glob("*.html"))
    assert {path.stem for path in pages} >= {"404", "search"}
    for path in pages:
        assert leftovers(path.read_text("utf-8")) == [], path.name


def test_every_claim_was_made(built_book):
    made = set()
    for name in PAGES:
        soup = parsed(built_book / f"{name}.html")
        made |= {tag["data-claim"] for tag in soup.select("[data-claim]")}
    assert made == {entry["name"] for entry in LEDGER}


@pytest.mark.parametrize("chapter", NOTEBOOKS, ids=name_of)
def test_every_slider_has_a_frame_for_each_point(chapter, built_book):
    """During the build, each function draws all frames of its sliders: an error stops the build."""
    soup = parsed(built_book / "book" / f"{place_of(chapter)}.html")
    elements = soup.select('[data-lab="explore"]')
    assert len(elements) == len(calls(chapter, "explore"))
    for element in elements:
        data = json.loads(frames_of(element, built_book))
        assert len(data["frames"]) == math.prod(map(len, data["texts"]))
        assert set(data["frames"]) == set(range(len(data["drawings"])))
        for drawing in data["drawings"]:
            tree = ElementTree.fromstring("".join(data["tags"][tag] for tag in drawing))
            assert len(tree.get("aria-label")) > 30


def test_ledger_page_prints_every_claim(built_book):
    rows = parsed(built_book / "book" / "appendix" / "claims.html").select("table tbody tr")
    # The page has typographic apostrophes.
    statements = [entry["statement"].replace("'", "’") for entry in LEDGER]
    assert [row.td.get_text() for row in rows] == statements


def glossary(built_book: Path) -> BeautifulSoup:
    return parsed(built_book / "book" / "appendix" / "glossary.html")


def words_of(tag) -> str:
    return " ".join(tag.get_text().lower().replace("’", "'").split())


@pytest.mark.parametrize("name", BOLD)
def test_defined_words_lead_to_the_glossary(name, built_book):
    (path,) = built_book.glob(f"book/**/{name}.html")
    soup = parsed(path)
    entry = glossary(built_book)
    links = soup.select("a.course-term")
    assert sorted(map(words_of, links)) == sorted(BOLD[name] & set(TERMS))
    # The answers of quizzes do not belong to the text of the chapter.
    strong = [tag for tag in soup.article("strong") if not tag.find_parent(class_="cell_output")]
    for link in links:
        assert link.find_parent(["h1", "h2", "h3", "a"]) is None
        assert link.find_parent(class_="admonition-title") is None
        # Only the first occurrence of a term is a link.
        same = [tag for tag in strong if words_of(tag) == words_of(link)]
        assert same[0].parent is link
        file, anchor = link["href"].split("#")
        assert (path.parent / file).resolve() == built_book / "book" / "appendix" / "glossary.html"
        term = entry.find("dt", id=anchor)
        assert words_of(term).startswith(words_of(link))


def test_glossary_leads_back_to_the_chapters(built_book):
    lists = glossary(built_book).select("dl.glossary > dd")
    assert len(lists) == len(entries())
    chapters = {
        path.resolve(): parsed(path)
        for name in BOLD
        for path in built_book.glob(f"book/**/{name}.html")
    }
    for text, (words, _) in zip(lists, entries(), strict=True):
        reached = []
        for link in text.select(".course-places a"):
            file, anchor = link["href"].split("#")
            path = (built_book / "book" / "appendix" / file).resolve()
            soup = chapters[path]
            assert words_of(soup.find("a", id=anchor)) in [word.lower() for word in words]
            assert soup.h1.get_text().startswith(link.get_text())
            reached.append(path.stem)
        assert reached == [
            name for name, found in BOLD.items() if found & {word.lower() for word in words}
        ]


@pytest.mark.parametrize("chapter", NOTEBOOKS, ids=name_of)
def test_chapter_can_be_downloaded(chapter, built_book):
    place = place_of(chapter)
    soup = parsed(built_book / "book" / f"{place}.html")
    targets = [link["href"] for link in soup.find_all("a", href=True)]
    assert any(target.endswith(f"_sources/book/{place}.ipynb") for target in targets)
    notebook = nbformat.read(built_book / "_sources" / "book" / f"{place}.ipynb", as_version=4)
    root = os.path.relpath(ROOT, chapter.parent).replace(os.sep, "/")
    assert notebook.cells[1].source == install_cell(root, repository.address())


def test_papers_that_docstrings_name_are_in_the_bibliography(built_book):
    page = (built_book / "book" / "appendix" / "bibliography.html").read_text("utf-8")
    entries = [entry.get_text() for entry in BeautifulSoup(page, "html.parser").select(".citation")]
    source = " ".join(path.read_text("utf-8") for path in (ROOT / "nn_core").glob("*.py"))
    source = re.sub("-{3,}", ".", source)  # the lines under headings
    # "Glorot and Bengio (2010)": the first author's last name, and the year.
    named = re.findall(r"((?:van )?[A-Z][\w-]+)[^().:\"]*\((\d{4})\)", source)
    assert len(set(named)) > 25
    for author, year in set(named):
        assert any(
            re.search(rf"^\W*\S+\W[^,]*{author}\b", entry) and year in entry for entry in entries
        ), f"{author} ({year}) is not in the bibliography"


def test_sitemap_lists_every_page(built_book):
    """The map needs the address of the site, which comes from that of the repository."""
    if not (address := repository.address()):
        assert not (built_book / "sitemap.xml").exists()
        return
    tree = ElementTree.parse(built_book / "sitemap.xml")
    listed = {element.text for element in tree.iter() if element.tag.endswith("loc")}
    assert {f"{repository.site(address)}{page}.html" for page in PAGES} <= listed


def test_site_names_the_licences_of_what_it_passes_on(built_book):
    text = (built_book / "python" / "LICENSES.txt").read_text("utf-8")
    fetched = [name for name in files.PINNED["files"] if not name.endswith(".whl")]
    scripts = [path.name for path in (built_book / "python").glob("*.min.js")]
    assert len(scripts) == 2
    assert all(name in text for name in [*fetched, *scripts, "*.whl", "mnist/"])


def test_page_for_lost_readers(built_book):
    soup = BeautifulSoup((built_book / "404.html").read_text("utf-8"), "html.parser")
    assert soup.article.h1
    assert any(link["href"].endswith("book/index.html") for link in soup.article("a", href=True))


def test_nothing_but_the_pages_of_the_toc(built_book: Path):
    pages = {
        path.relative_to(built_book).with_suffix("").as_posix()
        for path in built_book.glob("book/**/*.html")
    }
    assert pages == set(PAGES)


RUNNABLE = {f"book/{place_of(path)}" for path in NOTEBOOKS}


@pytest.mark.parametrize("name", PAGES)
def test_page_has_links_to_the_repository_only_with_an_address(name, built_book):
    text = (built_book / f"{name}.html").read_text("utf-8")
    found = {part for part in ("mybinder.org/v2", "/issues/new") if part in text}
    if not repository.address():
        assert found == set()
    else:
        assert "/issues/new" in found
        assert ("mybinder.org/v2" in found) == (name in RUNNABLE)
        colab = "colab.research.google.com" in text
        assert colab == (name in RUNNABLE and bool(repository.setting()))


def words(tag) -> str:
    return " ".join(tag.get_text(" ").split())


def heading(tag) -> str:
    return tag.get_text().removesuffix("#")


@pytest.mark.parametrize("name", PAGES)
def test_numbers_agree(name, built_book):
    """In the page, in its tab, in the contents, and where the page before leads to it."""
    soup = parsed(built_book / f"{name}.html")
    number = soup.article.h1.find(class_="number")
    number = number.get_text() if number else ""
    chapter = name.split("/")[-1][:2]
    assert number == chapter if chapter.isdigit() else not number.isdigit()
    assert soup.title.get_text().startswith(heading(soup.article.h1))
    assert words(soup.select_one('#contents [aria-current="page"]')).startswith(number)
    if following := soup.select_one('a[rel="next"]'):
        other = parsed((built_book / f"{name}.html").parent / following["href"])
        assert following.find_all("span")[1].get_text() == heading(other.article.h1)
    listed = [words(link) for link in soup.select(".shell-sections a")]
    sections = soup.select("article > section > section > h2")
    assert listed == [" ".join(heading(section).split()) for section in sections]
    if chapter.isdigit():
        assert [text.split()[0] for text in listed] == [
            f"{int(chapter)}.{k}" for k in range(1, len(listed) + 1)
        ]


def test_contents_have_three_arcs_and_an_appendix(built_book):
    contents = parsed(built_book / "book" / "index.html").select_one("#contents")
    arcs = {
        caption.get_text(): [words(link).split()[0] for link in part.find_all("a")]
        for caption, part in zip(
            contents.select(".shell-caption"), contents.select(".shell-part")[1:], strict=True
        )
    }
    assert arcs["Build"] == [f"{k:02}" for k in range(7)]
    assert arcs["Improve"] == ["07", "08", "09", "10"]
    assert arcs["Prove"] == ["11", "12", "13"]
    assert arcs["Beyond"][0] == "14"
    pages = [page for page in PAGES if page.startswith("book/appendix/")]
    assert arcs["Appendix"] == list(string.ascii_uppercase[: len(pages)])

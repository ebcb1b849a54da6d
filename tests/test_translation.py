"""What there is to translate is found, and what is said to be translated is, to the last string.

The pages of each language are built once, beside the English ones, as `make book LANGUAGE=de` does.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import catalogs
import execution
import messages
import nbformat
import pytest
import translation
from bs4 import BeautifulSoup
from clean_notebooks import notebooks
from conftest import ROOT, Visit, served
from translator import Translator, words

from nn_core.lab.sentences import SAID

# What is translated in each language to its last string. Other catalogs may have gaps.
COMPLETE = {"de": ("interface", "index", "00_tour")}
ALL = [(language, name) for language, names in COMPLETE.items() for name in names]
PAGES = {"index": "book/index", "00_tour": "book/00_tour"}


def texts_of(name: str) -> dict[str, messages.Message]:
    return {message.text: message for message in messages.messages_of(name)}


# --- catalogs


def test_every_language_is_tested():
    assert {*COMPLETE} == {*translation.languages()} == {*translation.NUMBERS}


@pytest.mark.parametrize(("language", "name"), ALL)
def test_no_string_is_left_out(language, name, executed_notebooks):
    translated = {text for text, _, _ in translation.translations(language, name)}
    left = [text for text in texts_of(name) if text not in translated]
    assert left == [], "run `make gettext`, and translate these in book/locale"
    gone = [each.id for each in translation.catalog(language, name) if each.id]
    assert [text for text in gone if text not in texts_of(name)] == [], "run `make gettext`"


@pytest.mark.parametrize(
    ("language", "name"),
    [(path.parent.name, path.stem) for path in sorted(translation.LOCALE.glob("*/*.po"))],
)
def test_translations_hold_what_messages_hold(language, name):
    """Fields, code, formulas and the targets of links are the same."""
    for text, new, kinds in translation.translations(language, name):
        if "fields" in kinds:
            assert messages.fields_of(text) == messages.fields_of(new), new
        for part in (r"`[^`]*`", r"\$[^$]*\$", r"\]\([^)]*\)"):
            if not re.search(r"\{doc\}", text):
                assert sorted(re.findall(part, text)) == sorted(re.findall(part, new)), new


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_what_cells_say_is_found_among_the_messages(path, executed_notebooks):
    """Also where a number, a name or one of two words was put in."""
    said = [
        messages.one_line(block.text)
        for cell in execution.code_cells(execution.executed(path))
        for output in cell.outputs
        if SAID in output.get("metadata", {})
        for block in messages.blocks(output["data"]["text/markdown"])
    ]
    templates = [m for m in messages.messages_of_outputs(path) if m.kind == "said"]
    found = [messages.form_of(message.text) for message in templates]
    for text in filter(messages.WORDS.search, said):
        assert any(pattern.fullmatch(text) for pattern in found), text


def test_catalogs_keep_their_translations(tmp_path, monkeypatch):
    monkeypatch.setattr(translation, "LOCALE", tmp_path)
    monkeypatch.setattr(
        messages, "messages_of", lambda _: [messages.Message("Run it.", "a.js", "words", True)]
    )
    catalog = catalogs.renewed("interface", "de")
    catalog.get("Run it.").string = "Führ es aus."
    catalogs.write(catalog, tmp_path / "de" / "interface.po")
    again = catalogs.renewed("interface", "de")
    assert again.get("Run it.").string == "Führ es aus."
    monkeypatch.setattr(
        messages, "messages_of", lambda _: [messages.Message("Run it now.", "a.js", "words", True)]
    )
    changed = catalogs.renewed("interface", "de")
    assert changed.get("Run it now.").fuzzy
    assert changed.get("Run it.") is None


# --- finding messages

MARKDOWN = """## A title

> **Predict first**
>
> Two lines
> of one paragraph.

| line | what |
|---|---|
| `fit` | trains |

$$ x $$

- one `item`
"""


def test_markdown_is_translated_block_by_block():
    new = messages.replaced(MARKDOWN, str.upper)
    assert new == MARKDOWN.replace("Two lines\n> of one", "Two lines of one").upper().replace(
        "$$ X $$", "$$ x $$"
    ).replace("`FIT`", "`fit`")


@pytest.mark.parametrize(
    ("code", "templates"),
    [
        ('show(f"Of {len(X)} digits")', ["Of {X} digits"]),
        (
            "f\"{k} {'unit' if k == 1 else 'units'} in all\"",
            ["{k} unit in all", "{k} units in all"],
        ),
        ('"It reads " + name + " now"', ["It reads {name} now"]),
        ('raise ValueError("for programmers only")', []),
        ('def f():\n    """Explain to programmers."""', []),
        ('f"{a.x:.1%} of {b.x}"', ["{x} of {x__2}"]),
    ],
)
def test_literals_of_python_become_templates(code, templates):
    found = [text for _, text in messages.literals(code).found]
    assert [text for text in found if messages.reads_as_words(text)] == templates


@pytest.mark.parametrize(
    ("code", "templates"),
    [
        ('button("Run all", go)', ["Run all"]),
        ("status(`Done in ${job.seconds.toFixed(1)} s.`)", ["Done in {seconds} s."]),
        ('say("A sentence that " +\n "goes on.")', ["A sentence that goes on."]),
        ('box.querySelector("ul li"); make("p", { class: "lab wide" })', []),
        ('const pattern = /It\'s a "trap"/; // Not this one', []),
    ],
)
def test_literals_of_scripts_become_templates(code, templates):
    found = [text for _, text in messages.js_templates(code)]
    assert [text for text in found if messages.reads_as_words(text)] == templates


# --- putting translations in

KNOWN = Translator(
    words(
        [
            ("Right.", "Richtig.", False),
            ("Run `this` cell.", "Führe `this` aus.", False),
            ("{count} of {all} cells", "{count} von {all} Zellen", True),
            ("about {share} of {what}", "etwa {share} von {what}", True),
            ("{y} at {x}", "{y} bei {x}", True),
        ],
        translation.NUMBERS["de"],
    )
)


@pytest.mark.parametrize(
    ("html", "new"),
    [
        ("<p>3 of 1,000 cells</p>", "<p>3 von 1.000 Zellen</p>"),
        (
            "<p>✓ <strong>Right.</strong> Elsewhere</p>",
            "<p>✓ <strong>Richtig.</strong> Elsewhere</p>",
        ),
        ("<p>Run <code>this</code> cell.</p>", "<p>Führe <code>this</code> aus.</p>"),
        ('<svg aria-label="97.6% at 9"/>', '<svg aria-label="97,6\u00a0% bei 9"/>'),
        ("<pre>Right.</pre>", "<pre>Right.</pre>"),
        ('<td><code class="x"><span>Right.</span></code></td>',) * 2,
        ('<span class="number">0.1</span> Right.', '<span class="number">0.1</span> Richtig.'),
        ("<p>Nobody at home</p>", "<p>Nobody at home</p>"),
        (
            "<a><span>Right.</span> <span>Data</span></a>",
            "<a><span>Richtig.</span> <span>Data</span></a>",
        ),
        ("<p>about 12.5% of <b>Right.</b></p>", "<p>etwa 12,5\u00a0% von <b>Richtig.</b></p>"),
    ],
)
def test_words_in_html_are_translated(html, new):
    assert translation.html(html, KNOWN) == new


# --- the pages


@pytest.fixture(scope="module")
def built(built_book):
    """Build the pages of all languages beside a copy of the English ones."""
    with tempfile.TemporaryDirectory(dir=ROOT / "_build", ignore_cleanup_errors=True) as name:
        folder = Path(name) / "html"
        others = shutil.ignore_patterns(*COMPLETE)
        shutil.copytree(built_book, folder, copy_function=os.link, ignore=others)
        for language in COMPLETE:
            command = [sys.executable, translation.__file__, language, folder / language]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
            said = (done.stdout + done.stderr).decode(errors="replace")
            assert done.returncode == 0, said[-3000:]
        yield folder


WORD = re.compile(r"[^\W\d_]{3}")


def shown(path: Path) -> tuple[list[str], set[str]]:
    """Give the texts of a page, without code and formulas; and the titles of other pages."""
    soup = BeautifulSoup(path.read_text("utf-8"), "html.parser")
    for tag in soup.select("script, style, pre, math, code, [hreflang]"):
        tag.decompose()
    titles = {" ".join(a.get_text().split()) for a in soup.select("#contents a, .course-card a")}
    titles |= {
        " ".join(a.get_text().split()) for a in soup.select(".shell-neighbours a > :last-child")
    }
    titles |= {re.sub(r"^\S+ ", "", title) for title in titles}
    found = [" ".join(text.split()) for text in soup.body.find_all(string=True)]
    for tag in soup.find_all(True):
        found += [tag[name] for name in re.findall(r"[\w-]+", translation.SEEN) if tag.get(name)]
    return [text for text in found if WORD.search(text)], titles


@pytest.mark.parametrize(("language", "name"), [pair for pair in ALL if pair[1] in PAGES])
def test_no_english_is_left_in_a_translated_page(language, name, built):
    translations = [new for _, new, _ in every_translation(language)]
    english, _ = shown(built / f"{PAGES[name]}.html")
    new, titles = shown(built / language / f"{PAGES[name]}.html")
    left = [re.sub(r"^[\d.]+ ", "", text) for text in new if text in {*english} - titles]
    # A name, or a word that is the same in both languages, stands in a translation.
    assert [text for text in left if not any(text in each for each in translations)] == []


def every_translation(language: str) -> list[tuple[str, str, str]]:
    paths = (translation.LOCALE / language).glob("*.po")
    return [each for path in paths for each in translation.translations(language, path.stem)]


@pytest.mark.parametrize("language", COMPLETE)
def test_pages_name_their_language_and_the_others(language, built):
    def parsed(path: str) -> BeautifulSoup:
        return BeautifulSoup((built / path).read_text("utf-8"), "html.parser")

    page = parsed(f"{language}/book/00_tour.html")
    assert page.html["lang"] == language
    for link in page.select("[rel~=alternate]"):
        assert (built / language / "book" / link["href"]).resolve() == built / "book/00_tour.html"
    assert len(page.select("[rel~=alternate]")) == 2
    assert not page.select(".shell-untranslated, article[lang]")
    other = parsed(f"{language}/book/05_backpropagation.html")
    assert other.article["lang"] == "en"
    assert other.select_one(".shell-untranslated").get_text(strip=True)
    assert other.html["lang"] == language


@pytest.mark.parametrize("language", COMPLETE)
def test_a_translated_notebook_can_be_downloaded(language, built):
    found = nbformat.read(built / language / "_sources" / "book" / "00_tour.ipynb", as_version=4)
    nbformat.validate(found)
    before = nbformat.read(ROOT / "book" / "00_tour.ipynb", as_version=4)
    for cell, english in zip(found.cells, before.cells, strict=True):
        if cell.cell_type == "markdown":
            assert cell.source != english.source


@pytest.mark.parametrize("language", COMPLETE)
def test_words_that_come_later_are_translated(language, built, browser):
    """What scripts write, and what a check says, after the page has loaded."""
    with served(built) as site:
        visit = Visit(browser, site, f"{language}/book/00_tour", width=1280, scheme="light")
        page = visit.page
        words = dict((text, new) for text, new, _ in every_translation(language))
        page.locator(".run-tools button", has_text=words["Run"]).first.wait_for()
        page.locator("svg [aria-label], .lab-draw").first.wait_for()
        page.evaluate(
            """() => {
              const box = document.createElement("div");
              box.id = "said";
              box.innerHTML = "<p>✗ <strong>Not yet.</strong></p><p>Some pixels are in " +
                "<code>order</code> twice. <code>order</code> is right.</p>" +
                "<div class='cm-editor'>Stop</div>";
              document.querySelector("article").append(box);
            }"""
        )
        said = page.locator("#said").inner_text()
        assert words["Not yet."] in said
        assert "Some" not in said
        assert "Stop" in said  # what a reader types
        assert page.locator("#said code").count() == 2
        # Nothing that a script wrote is left in English.
        texts = page.evaluate(
            """() => [...document.querySelectorAll("button, option, label, [role=status]")]
              .filter((each) => !each.closest("[hreflang]") && !each.closest("pre"))
              .map((each) => each.innerText.trim())"""
        )
        english = {text for text, new in words.items() if text != new}
        assert [text for text in texts if text in english] == []
        assert visit.complaints == []
        visit.context.close()

"""The directives of the title page, in a small book; the digits that draw themselves; the cards."""

import json
import re
from pathlib import Path

import drawn_digits
import execution
import numpy as np
import pytest
import title_page
import yaml
from conftest import ROOT
from nbformat import v4
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from nn_core import load_mnist

INDEX = """# Title

```{page-cell} train
:notebook: book/chapter.ipynb
:cells: seed train
:said: words
draw()
```

```{solved-exercises}
```

```{citation}
```

```{toctree}
book/chapter
```
"""
CHAPTER = """# Chapter

```{exercise} By hand
:label: by-hand

Text
```
"""


def notebook(path):
    """A notebook as it is after its execution."""
    printed = v4.new_output("stream", text="97.2% <right>\n")
    said = v4.new_output("display_data", {"text/markdown": "It took *three* seconds."})
    cells = [
        v4.new_code_cell("SEED = 0", id="seed"),
        v4.new_code_cell("print(SEED < 2)", id="train", outputs=[printed]),
        v4.new_code_cell("say()", id="words", outputs=[said]),
    ]
    return v4.new_notebook(cells=cells)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """Build the book, and give Sphinx with the HTML of the title page."""
    source = tmp_path_factory.mktemp("book")
    (source / "book").mkdir()
    (source / "index.md").write_text(INDEX)
    (source / "book" / "chapter.md").write_text(CHAPTER)
    out = source / "_build"
    settings = {
        "author": "Two Authors",
        "copyright": "2026",
        "extensions": ["myst_parser", "sphinx_exercise", "title_page"],
        "html_title": "A title",
        "version": "1.2",
    }
    with docutils_namespace(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(execution, "executed", notebook)
        app = Sphinx(
            *(source, None, out, out / "doctrees", "html"), confoverrides=settings, status=None
        )
        app.build()
    return app, (out / "index.html").read_text("utf-8")


def test_cell_holds_the_code_of_a_notebook(book):
    app, html = book
    source = "SEED = 0\n\nprint(SEED < 2)\n\ndraw()"
    assert app.env.metadata["index"]["cells"] == [{"id": "train", "source": source}]
    cell = re.search(r'<div class="cell[^>]*id="code-train">.*?<pre>(.*?)</pre>', html, re.DOTALL)
    assert re.sub("<[^>]+>", "", cell[1]).strip() == source.replace("<", "&lt;")
    assert "cell_input" in cell[0]


def test_output_stands_beside_the_cell(book):
    _, html = book
    output = html[html.index('<div class="cell_output') :]
    assert "<pre>97.2% &lt;right&gt;\n</pre>" in output
    assert "It took <em>three</em> seconds." in output


def test_exercises_are_named_by_chapter(book):
    _, html = book
    place = r'<div class="course-progress"><script type="application/json">(.*?)</script></div>'
    assert json.loads(re.search(place, html)[1]) == {"book/chapter.html": ["by-hand"]}


def test_citation_says_what_the_settings_say(book):
    _, html = book
    cited = re.search(r"<pre>(@misc.*?)</pre>", html, re.DOTALL)[1]
    for line in (
        "title = {{A title}}",
        "author = {{Two Authors}}",
        "year = {2026}",
        "note = {Version 1.2}",
    ):
        assert f"  {line}," in cited
    assert "url" not in cited


@pytest.mark.parametrize(
    ("stated", "found"),
    [
        ("15 minutes to read, 20 more for the exercises.", "½ hour"),
        ("40 minutes to read, and 20 more for the exercises.", "1 hour"),
        ("90 minutes to read and run, and an hour more for the exercises.", "2½ hours"),
        ("2 hours to read and run, and an hour more for the exercises.", "3 hours"),
        ("two and a half hours to read, and 90 minutes more.", "4 hours"),
    ],
)
def test_hours_are_added_up(stated, found):
    assert title_page.hours(f"> **Time:** {stated} **You need:** 3 hours") == found


def cards():
    """The promise of each card, by the page that it names."""
    text = (ROOT / "book" / "index.md").read_text("utf-8")
    blocks = re.findall(r"```\{chapter-cards\}\n(.*?)```", text, re.DOTALL)
    return dict(line.split(": ", 1) for block in blocks for line in block.splitlines())


def test_every_chapter_has_a_card_in_its_place():
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))["parts"]
    pages = [entry["file"] for part in parts for entry in part["chapters"]]
    named = [f"book/{name}" for name in cards()]
    assert [page for page in pages if page in named] == named
    assert {page for page in pages if re.match(r"book/\d", page)} < set(named)


def test_hours_agree_with_the_teaching_guide():
    guide = (ROOT / "book" / "appendix" / "teaching.md").read_text("utf-8")
    stated = dict(
        re.findall(r"^\| \d\d \{doc\}`[^<]*<\.\./(\w+)>` \|[^|]*\| (\S+) \|", guide, re.M)
    )
    found = {
        name: title_page.hours(title_page.first_cell(ROOT / "book" / f"{name}.ipynb")).split()[0]
        for name in cards()
        if re.match(r"\d", name)
    }
    assert found == stated


@pytest.mark.parametrize("name", cards())
def test_pictures_of_cards_take_the_colours_of_the_page(name):
    svg = (ROOT / "book" / "cards" / f"{Path(name).name}.svg").read_text("utf-8")
    assert len(svg.encode()) <= 6_000
    assert 'aria-hidden="true"' in svg
    assert "currentColor" in svg
    assert "var(--course-accent)" in svg or name == "01_data"
    assert not re.search(r"#[0-9a-f]{3}|nan", svg)


def test_strokes_follow_the_ink():
    X = load_mnist()[2]
    for k, digit in zip(drawn_digits.CHOSEN, drawn_digits.drawn_digits(), strict=True):
        points = np.array(digit["points"])
        columns, rows = (points / drawn_digits.SCALE).astype(int).T
        ink = X[k].reshape(28, 28)
        assert (ink[rows, columns] > 0).mean() > 0.9
        assert np.linalg.norm(np.diff(points, axis=0), axis=1).max() < 4 * drawn_digits.SCALE
        # The network reads the whole digit, and not yet its first points.
        logits = np.array(digit["logits"])
        assert len(logits) == len(points) - 1
        assert logits[-1].argmax() == digit["label"]
        assert logits[0].argmax() != digit["label"]

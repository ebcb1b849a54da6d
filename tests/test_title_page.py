"""The directives of the title page, in a small book of two pages."""

import json
import re

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

INDEX = """# Title

```{page-cell} train
for k in range(3):
    print(k < 2)
```

```{solved-exercises}
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


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """Build the book, and give Sphinx with the HTML of the title page."""
    source = tmp_path_factory.mktemp("book")
    (source / "book").mkdir()
    (source / "index.md").write_text(INDEX)
    (source / "book" / "chapter.md").write_text(CHAPTER)
    out = source / "_build"
    with docutils_namespace():
        app = Sphinx(
            *(source, None, out, out / "doctrees", "html"),
            confoverrides={"extensions": ["myst_parser", "sphinx_exercise", "title_page"]},
            status=None,
        )
        app.build()
    return app, (out / "index.html").read_text("utf-8")


def test_cell_is_shown_and_remembered(book):
    app, html = book
    source = "for k in range(3):\n    print(k < 2)"
    assert app.env.metadata["index"]["cells"] == [{"id": "train", "source": source}]
    cell = re.search(r'<div class="cell[^>]*id="code-train">.*?<pre>(.*?)</pre>', html, re.DOTALL)
    assert re.sub("<[^>]+>", "", cell[1]).strip() == source.replace("<", "&lt;")
    assert "cell_input" in cell[0]


def test_exercises_are_named_by_chapter(book):
    _, html = book
    place = r'<div class="course-progress"><script type="application/json">(.*?)</script></div>'
    assert json.loads(re.search(place, html)[1]) == {"book/chapter.html": ["by-hand"]}

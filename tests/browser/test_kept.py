"""What the reader has edited: kept by page and cell, put back, and downloaded as a notebook."""

import json

import nbformat
import pytest
from cell_pages import CHAPTER, write_site
from conftest import Visit, served

CELLS = {"first": "x = 1", "second": "y = 2"}
BLOCKED = """() => Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("blocked", "SecurityError"); }
})"""


@pytest.fixture
def site(tmp_path):
    write_site(tmp_path, CELLS)
    (tmp_path / "_sources" / "book" / "bare.md").touch()
    cells = tmp_path / "python" / "cells" / "book"
    (cells / "bare.json").write_text(json.dumps([{"id": "one", "source": "1", "tags": []}]))
    with served(tmp_path) as address:
        yield address


@pytest.fixture
def kept(browser, site):
    """Give a function that calls one of kept.js in a page."""
    visit = Visit(browser, site, CHAPTER, width=1280, scheme="light")

    def call(name, *arguments):
        code = """async ([name, values]) => (await import("../python/kept.js"))[name](...values)"""
        return visit.page.evaluate(code, [name, arguments])

    call.page, call.visit = visit.page, visit
    yield call
    visit.context.close()


def downloaded(kept, page: str = CHAPTER) -> nbformat.NotebookNode:
    with kept.page.expect_download() as waiting:
        assert kept("download", page, "../", "../") == ""
    assert waiting.value.suggested_filename == f"{page.removeprefix('book/')}.ipynb"
    notebook = nbformat.read(waiting.value.path(), as_version=4)
    nbformat.validate(notebook)
    return notebook


def test_outlasts_the_page(kept):
    assert kept("keep", CHAPTER, "first", "x = 10", "x = 1") == ""
    kept.page.reload()
    assert kept("text", CHAPTER, "first") == "x = 10"
    assert kept("text", CHAPTER, "second") is None
    assert kept("text", "book/other", "first") is None
    assert kept("note", CHAPTER, "first", "x = 1") == ""


def test_original_is_put_back(kept):
    kept("keep", CHAPTER, "first", "x = 10", "x = 1")
    kept("keep", CHAPTER, "second", "y = 20", "y = 2")
    kept("keep", CHAPTER, "first", "x = 1", "x = 1")
    assert kept("text", CHAPTER, "first") is None
    assert kept("text", CHAPTER, "second") == "y = 20"
    kept("forget", CHAPTER)
    assert kept("text", CHAPTER, "second") is None
    assert kept.page.evaluate("localStorage.length") == 0


def test_says_when_the_course_has_changed(kept):
    kept("keep", CHAPTER, "first", "x = 10", "x = 0")
    assert "put back the original" in kept("note", CHAPTER, "first", "x = 1")
    assert kept("text", CHAPTER, "first") == "x = 10"


def test_blocked_storage_is_said_once(kept):
    kept.page.evaluate(BLOCKED)
    assert "until you leave" in kept("keep", CHAPTER, "first", "x = 10", "x = 1")
    assert kept("keep", CHAPTER, "first", "x = 100", "x = 1") == ""
    assert kept("text", CHAPTER, "first") == "x = 100"


def test_what_cannot_be_read_is_nothing(kept):
    kept.page.evaluate("key => localStorage.setItem(key, '{broken')", f"nn_core/edited/{CHAPTER}")
    assert kept("text", CHAPTER, "first") is None


def test_download_is_the_chapter_with_the_readers_code(kept):
    kept("keep", CHAPTER, "second", "y = 20", "y = 2")
    cells = downloaded(kept).cells
    assert [cell.source for cell in cells] == ["# Chapter", "x = 1", "y = 20"]


def test_download_of_a_page_that_is_no_notebook(kept):
    assert [cell.source for cell in downloaded(kept, "book/bare").cells] == ["1"]


def test_download_without_a_connection(kept):
    kept("text", CHAPTER, "first")
    kept.visit.context.set_offline(True)
    assert "try again" in kept("download", CHAPTER, "../", "../")

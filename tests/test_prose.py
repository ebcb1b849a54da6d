"""The check of the prose: it finds each kind of mistake. `make check` checks all pages."""

import pytest
from check_prose import ALLOWED, complaints, pages, promised, prose
from conftest import ROOT


@pytest.mark.parametrize(
    ("text", "found", "everywhere"),
    [
        ("It took 12 seconds.", "'12 seconds' is typed", False),
        ("It reads 91.3 % of them.", "'91.3 %' is typed", False),
        ("Of these, 90\n% are read.", "the line '% are read.' is a comment", True),
        ("Clearly, it learns.", "'Clearly' belittles", True),
    ],
)
def test_finds(text, found, everywhere):
    (complaint,) = complaints(text, {"90\n%"}, is_page=True)
    assert complaint.startswith(found)
    # The numbers of a README cannot come from a run.
    assert [*complaints(text, ALLOWED, is_page=False)] == [complaint] * everywhere


def test_lets_the_rest_stand(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("It reads 99.6 %. `just` and ```\n3 seconds\n``` are code.", "utf-8")
    assert [*complaints(prose(page), ALLOWED, is_page=True)] == []


def test_reads_every_page_and_every_bound():
    names = {path.relative_to(ROOT).as_posix() for path in pages()}
    exercises = "nn_core/lab/exercises/chapter_00.md"
    assert {"README.md", "book/index.md", "book/00_tour.ipynb", exercises} <= names
    assert all(prose(path) and "import numpy" not in prose(path) for path in pages())
    assert len(promised()) > 10

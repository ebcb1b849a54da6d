"""The address of the repository, and the links that it makes possible."""

import subprocess
from pathlib import Path

import frame
import pytest
import repository
from conftest import ROOT

OURS = "https://github.com/someone/course"


@pytest.mark.parametrize(
    ("origin", "setting", "address"),
    [
        ("https://github.com/someone/course.git", "", OURS),
        ("git@github.com:someone/course.git", "", OURS),
        ("ssh://git@github.com/someone/course", "https://github.com/other/course", OURS),
        ("/somewhere/on/a/disk.git", OURS, OURS),
        ("", f"{OURS}/", OURS),
        ("https://example.org/someone/course.git", "", ""),
        ("", "https://example.org/someone/course", ""),
    ],
)
def test_address_of_the_repository(tmp_path: Path, origin, setting, address):
    (tmp_path / "_config.yml").write_text(f"repository: {{url: '{setting}'}}", "utf-8")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    if origin:
        subprocess.run(["git", "-C", tmp_path, "remote", "add", "origin", origin], check=True)
    assert repository.address(tmp_path) == address


def test_the_repository_around_the_folder_is_another(tmp_path: Path):
    course = tmp_path / "libraries" / "course"
    course.mkdir(parents=True)
    (course / "_config.yml").write_text("repository: {url: ''}", "utf-8")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, "remote", "add", "origin", OURS], check=True)
    assert repository.address(course) == ""


@pytest.mark.parametrize(
    ("address", "site"),
    [
        (OURS, "https://someone.github.io/course/"),
        ("https://github.com/someone/someone.github.io", "https://someone.github.io/"),
    ],
)
def test_site_of_a_repository(address, site):
    assert repository.site(address) == site


def test_links_of_a_page_with_an_address():
    found = frame.links(OURS, OURS, "main", "book/05_backpropagation")
    assert found == {
        "repository": OURS,
        "problem": f"{OURS}/issues/new?template=page_problem.yml&page=book/05_backpropagation.html",
        "binder": "https://mybinder.org/v2/gh/someone/course/main"
        "?urlpath=lab/tree/book/05_backpropagation.ipynb",
        "colab": "https://colab.research.google.com/github/someone/course/blob/main/"
        "book/05_backpropagation.ipynb",
    }
    assert (ROOT / ".github" / "ISSUE_TEMPLATE" / "page_problem.yml").is_file()
    # The first cell of a notebook does not know where a clone comes from.
    assert "colab" not in frame.links(OURS, "", "main", "book/05_backpropagation")

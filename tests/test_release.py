"""Version, citation and changelog: they say the same everywhere, and what others read is valid."""

import json
import re
import subprocess
import sys
import tomllib

import pytest
import release
import yaml
from conftest import ROOT

import nn_core as nn

CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
# The fields that Zenodo documents, as far as a course can have them.
ZENODO = {
    *("upload_type", "title", "creators", "version", "publication_date", "description"),
    *("access_right", "license", "language", "keywords", "related_identifiers", "notes"),
}


def citation() -> dict:
    return yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))


def zenodo() -> dict:
    return json.loads((ROOT / ".zenodo.json").read_text("utf-8"))


def test_files_are_as_the_settings_say():
    script = ROOT / "book" / "_ext" / "release.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}`make format` writes them."


def test_version_title_authors_and_licence_are_the_same_everywhere():
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    cited, archived = citation(), zenodo()
    assert cited["version"] == archived["version"] == nn.__version__
    assert cited["title"] == archived["title"] == config["title"]
    assert cited["authors"] == archived["creators"] == [{"name": config["author"]}]
    licences = PROJECT["license"].split(" AND ")
    assert cited["license"] == archived["license"] == licences[0]
    assert all(each in cited["abstract"] for each in licences)
    assert cited.get("date-released") == archived.get("publication_date")


def test_fields_are_those_that_github_and_zenodo_read():
    cited, archived = citation(), zenodo()
    assert cited["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(cited)
    assert all(isinstance(cited[field], str) for field in ("version", "title", "abstract"))
    assert set(archived) <= ZENODO
    assert (archived["upload_type"], archived["access_right"]) == ("software", "open")


def test_a_release_has_its_date_and_an_address_its_links(monkeypatch):
    monkeypatch.setattr(release, "released", lambda: "2027-02-28")
    monkeypatch.setattr(release.repository, "setting", lambda: "https://github.com/someone/course")
    files = release.files()
    cited = yaml.safe_load(files["CITATION.cff"])
    assert cited["date-released"] == "2027-02-28"
    assert cited["repository-code"] == "https://github.com/someone/course"
    assert cited["url"] == "https://someone.github.io/course/"
    assert json.loads(files[".zenodo.json"])["publication_date"] == "2027-02-28"


def test_changelog_has_the_usual_form():
    heads = re.findall(r"^## (.*)", CHANGELOG, re.MULTILINE)
    assert heads[0] == "[Unreleased]"
    released = [re.fullmatch(r"\[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d\d-\d\d)", h) for h in heads[1:]]
    assert all(released), heads
    orders = [(*map(int, each.groups()[:3]), each[4]) for each in released]
    assert orders == sorted(orders, reverse=True)
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)", CHANGELOG, re.MULTILINE)) <= kinds


WRITTEN = f"""# Changelog

## [Unreleased]

## [{nn.__version__}] - 2027-02-28

### Added

- All of it.

## [0.0.9] - 2026-01-01

- Less.
"""


def test_notes_of_a_release():
    assert release.notes(f"v{nn.__version__}", WRITTEN) == "### Added\n\n- All of it."
    last = WRITTEN.partition("## [0.0.9]")[0]
    assert release.notes(f"v{nn.__version__}", last) == "### Added\n\n- All of it."


@pytest.mark.parametrize(
    ("tag", "changelog", "told"),
    [
        ("v9.9.9", WRITTEN, f"The tag is v9.9.9, but the version of nn_core is {nn.__version__}."),
        (f"v{nn.__version__}", "## [Unreleased]\n", "CHANGELOG.md has no line"),
    ],
)
def test_a_tag_that_does_not_fit_is_refused(tag, changelog, told):
    with pytest.raises(SystemExit, match=re.escape(told)):
        release.notes(tag, changelog)


def test_date_is_that_of_this_version(tmp_path):
    (tmp_path / "CHANGELOG.md").write_text(WRITTEN, "utf-8")
    assert release.released(tmp_path) == "2027-02-28"
    (tmp_path / "CHANGELOG.md").write_text("## [Unreleased]\n", "utf-8")
    assert release.released(tmp_path) == ""

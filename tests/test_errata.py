"""Errata: what is asked of GitHub, what of its answers is shown, and how a page shows it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import errata
import pytest
import release
import yaml
from bs4 import BeautifulSoup
from conftest import ROOT
from leftovers import leftovers
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

# Answers of GitHub's API, of two pages.
FIRST, SECOND = (
    (ROOT / "tests" / "errata" / f"{name}_page.json").read_text("utf-8")
    for name in ("first", "second")
)
ISSUES = json.loads(FIRST) + json.loads(SECOND)
HOME = "https://github.com/someone/course"


@pytest.fixture
def github():
    """Serve both answers as GitHub does; give the address and what was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers.get("Authorization")))
            self.send_response(200)
            if "page=2" not in self.path:
                self.send_header("Link", f'<{home}/issues?page=2>; rel="next", <x>; rel="last"')
            self.end_headers()
            self.wfile.write((SECOND if "page=2" in self.path else FIRST).encode())

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    home = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield home, asked
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("token", "sent"), [("", None), ("secret", "Bearer secret")])
def test_asks_for_every_page(github, monkeypatch, token, sent):
    monkeypatch.setenv("GITHUB_TOKEN", token)
    home, asked = github
    assert errata.ask(f"{home}/issues?page=1") == ISSUES
    assert asked == [("/issues?page=1", sent), ("/issues?page=2", sent)]


def test_writes_what_the_next_build_shows(github, monkeypatch, tmp_path):
    home, asked = github
    monkeypatch.setattr(errata, "API", home)
    monkeypatch.setattr(errata, "ROOT", tmp_path)
    monkeypatch.setattr(errata, "DATA", tmp_path / "_build" / "errata.json")
    monkeypatch.setattr(errata.repository, "address", lambda: HOME)
    assert errata.main() == 0
    assert asked[0][0] == "/someone/course/issues?labels=erratum&state=all&per_page=100"
    data = json.loads(errata.DATA.read_text("utf-8"))
    assert [errata.Erratum(*row) for row in data["errata"]] == errata.read(ISSUES)[0]
    assert data["unconfirmed"] == 1


@pytest.mark.parametrize(
    ("address", "told"),
    [("", "no repository on GitHub"), (HOME, "does not tell the errata of someone/course")],
)
def test_says_in_a_sentence_what_failed(monkeypatch, address, told):
    monkeypatch.setattr(errata, "API", "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.setattr(errata.repository, "address", lambda: address)
    with pytest.raises(SystemExit, match=told):
        errata.main()


def test_shows_what_a_maintainer_has_confirmed():
    found, unconfirmed = errata.read(ISSUES)
    assert unconfirmed == 1
    assert [each.address.rpartition("/")[2] for each in found] == ["19", "27", "31"]
    preface, data, sign = found
    assert sign == (
        f"{HOME}/issues/31",
        "https://someone.github.io/course/book/05_backpropagation.html#a-dense-layer",
        "dX = dZ @ W",
        "dX = dZ @ W.T",
        "0.1.0",
        "0.1.1",
        False,
    )
    assert data.is_corrected
    assert data.says == "60,000 pictures\nfor testing"
    # Written without the form, its title tells.
    assert preface.says == "A comma is missing in the preface"
    assert preface.should == ""


def test_form_asks_what_the_page_shows():
    path = ROOT / ".github" / "ISSUE_TEMPLATE" / "erratum.yml"
    form = yaml.safe_load(path.read_text("utf-8"))
    assert form["labels"] == [errata.LABEL]
    asked = {each["id"]: each["attributes"]["label"] for each in form["body"] if "id" in each}
    assert asked == errata.QUESTIONS


def shown(folder: Path, monkeypatch, data: dict | None, address: str = HOME):
    """Build a book of two pages, and give that of the errata."""
    monkeypatch.setattr(errata, "DATA", folder / "errata.json")
    monkeypatch.setattr(release, "released", lambda: "2027-02-28")
    if data is not None:
        errata.DATA.write_text(json.dumps(data), "utf-8")
    (folder / "book").mkdir()
    (folder / "book" / "01_data.md").write_text("# Bytes and batches\n", "utf-8")
    blocks = ("errata}", "report-erratum}", "toctree}\nbook/01_data")
    page = "# Errata\n\n" + "\n\n".join(f"```{{{block}\n```" for block in blocks)
    (folder / "index.md").write_text(page, "utf-8")
    out = folder / "_build"
    with docutils_namespace():
        app = Sphinx(
            *(folder, None, out, out / "doctrees", "html"),
            confoverrides={"extensions": ["myst_parser", "errata"], "version": "0.1.0"},
            status=None,
            warningiserror=True,
        )
        app.add_config_value("course_repository", address, "env")
        app.build()
    return BeautifulSoup((out / "index.html").read_text("utf-8"), "html.parser").find(role="main")


def test_page_that_nobody_asked_for(tmp_path, monkeypatch):
    text = shown(tmp_path, monkeypatch, None, address="").get_text()
    assert "This is version 0.1.0, published on 28 February 2027." in text
    assert "this page cannot tell whether there are any" in text
    assert "github.com" not in text
    assert "tell whoever gave it to you" in text


def test_page_without_errata(tmp_path, monkeypatch):
    data = {"asked": "2027-03-08", "unconfirmed": 0, "errata": []}
    page = shown(tmp_path, monkeypatch, data)
    assert "No errata were known on 8 March 2027." in page.get_text()
    assert "It says" not in page.get_text()
    links = [link["href"] for link in page("a") if "github" in link["href"]]
    assert links == [
        f"{HOME}/issues/new?template=erratum.yml",
        f"{HOME}/issues?q=label%3Aerratum",
    ]


def test_page_with_errata(tmp_path, monkeypatch):
    found, unconfirmed = errata.read(ISSUES)
    data = {"asked": "2027-03-08", "unconfirmed": unconfirmed, "errata": found}
    page = shown(tmp_path, monkeypatch, data)
    text = " ".join(page.get_text(" ").split())
    assert "These errata were known on 8 March 2027. One report was not confirmed yet." in text
    wrong, corrected = page("ul")[:2]
    assert [paragraph.get_text() for paragraph in wrong("p")] == [
        f"{found[-1].page}, report #31, found in 0.1.0, right from 0.1.1 on",
        "It says: dX = dZ @ W",
        "It should say: dX = dZ @ W.T",
    ]
    assert [link["href"] for link in corrected("a")] == [
        f"{HOME}/issues/19",
        "book/01_data.html",
        f"{HOME}/issues/27",
    ]
    assert corrected.pre.get_text().splitlines() == ["60,000 pictures", "for testing"]
    # What a reader wrote is no markup, and is shown as it was written.
    assert leftovers(str(page)) == []
    assert "10,000 <b>pictures</b> ![x](https://example.org/x.png)" in text
    assert not page("b")
    assert not page("img")
    assert "alert" not in text

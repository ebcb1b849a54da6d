"""Errata: issues that have the label `erratum`, as a list in the book.

    python book/_ext/errata.py

asks GitHub for them and writes `_build/errata.json`, which the next build shows. Pages ask nobody.

Whoever reports an erratum chooses its words, and its label comes from the form. So only those are
shown that have a milestone, which no reader can give: the version that corrects them. The others
are counted. An erratum that is closed is corrected in the pages of this build.
"""

import json
import os
import re
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import Request, urlopen

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import release
import repository

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "_build" / "errata.json"
LABEL = "erratum"
API = "https://api.github.com/repos"
NEXT = re.compile(r'<([^>]+)>; rel="next"')
# The body has a heading for each question of the form, .github/ISSUE_TEMPLATE/erratum.yml.
ANSWER = re.compile(r"^### (.+)\n+((?:(?!### ).*\n?)*)", re.MULTILINE)
QUESTIONS = {"page": "Page", "says": "It says", "should": "It should say", "version": "Version"}
PAGE = re.compile(r"book/[\w/]+")


class Erratum(NamedTuple):
    """What the book says of one erratum."""

    address: str
    page: str
    says: str
    should: str
    version: str  # in which a reader found it
    milestone: str  # the version that corrects it
    is_corrected: bool


def ask(address: str) -> list[dict]:
    """Give all issues at the address of an API, page by page."""
    found = []
    headers = {"Accept": "application/vnd.github+json"}
    if token := os.environ.get("GITHUB_TOKEN"):
        headers["Authorization"] = f"Bearer {token}"
    while address:
        with urlopen(Request(address, headers=headers), timeout=60) as answer:
            found += json.load(answer)
            more = NEXT.search(answer.headers.get("Link", ""))
        address = more[1] if more else ""
    return found


def read(issues: list[dict]) -> tuple[list[Erratum], int]:
    """Give the errata among the issues, in the order of the book, and how many are unconfirmed."""
    errata, unconfirmed = [], 0
    for issue in issues:
        is_closed = issue["state"] == "closed"
        # The API counts pull requests among issues. "Not planned" means: there is no mistake.
        if "pull_request" in issue or (is_closed and issue["state_reason"] != "completed"):
            continue
        if not issue["milestone"]:
            unconfirmed += not is_closed
            continue
        body = (issue["body"] or "").replace("\r\n", "\n")
        answers = {heading.strip(): text.strip() for heading, text in ANSWER.findall(body)}
        given = {field: answers.get(question, "") for field, question in QUESTIONS.items()}
        given["says"] = given["says"] or issue["title"]
        milestone = issue["milestone"]["title"].removeprefix("v")
        errata.append(
            Erratum(issue["html_url"], **given, milestone=milestone, is_corrected=is_closed)
        )
    return sorted(errata, key=lambda each: PAGE.findall(each.page)), unconfirmed


def day(iso: str) -> str:
    """Write a date in words: 3 March 2027."""
    found = date.fromisoformat(iso)
    return f"{found.day} {found:%B %Y}"


class Errata(SphinxDirective):
    """Show the errata that were known when GitHub was asked, or say that it was not asked."""

    def run(self) -> list[nodes.Node]:
        """Give sentences and lists. What readers wrote is text, never markup."""
        on = release.released()
        published = f"published on {day(on)}" if on else "not published yet"
        sentences = [f"This is version {self.config.version}, {published}."]
        if not DATA.exists():
            sentences += [
                "When these pages were built, nobody asked GitHub for reports of mistakes, so this "
                "page cannot tell whether there are any."
            ]
            return [self.paragraph(" ".join(sentences))]
        data = json.loads(DATA.read_text("utf-8"))
        errata = [Erratum(*row) for row in data["errata"]]
        groups = {
            "Wrong in these pages": [each for each in errata if not each.is_corrected],
            "Corrected in these pages": [each for each in errata if each.is_corrected],
        }
        known = "These errata" if errata else "No errata"
        sentences += [f"{known} were known on {day(data['asked'])}."]
        if count := data["unconfirmed"]:
            reports = "One report was" if count == 1 else f"{count} reports were"
            sentences += [f"{reports} not confirmed yet."]
        shown: list[nodes.Node] = [self.paragraph(" ".join(sentences))]
        for heading, group in groups.items():
            if group:
                entries = nodes.bullet_list("", *map(self.entry, group))
                shown += [self.paragraph(nodes.strong(heading, heading)), entries]
        return shown

    def paragraph(self, *content: str | nodes.Node) -> nodes.paragraph:
        """Make a paragraph of text and nodes."""
        children = [nodes.Text(each) if isinstance(each, str) else each for each in content]
        return nodes.paragraph("", "", *children)

    def entry(self, erratum: Erratum) -> nodes.list_item:
        """Make an entry of the list."""
        report = f"report #{erratum.address.rpartition('/')[2]}"
        page = [self.page(erratum.page), nodes.Text(", ")] if erratum.page else []
        found = f", found in {erratum.version}" if erratum.version else ""
        return nodes.list_item(
            "",
            self.paragraph(
                *page,
                nodes.reference("", report, refuri=erratum.address),
                f"{found}, right from {erratum.milestone} on",
            ),
            *self.quote("It says:" if erratum.should else "The report:", erratum.says),
            *self.quote("It should say:", erratum.should),
        )

    def quote(self, before: str, text: str) -> list[nodes.Node]:
        """Give what a reader wrote, with its lines."""
        if "\n" in text:
            return [self.paragraph(before), nodes.literal_block(text, text, language="text")]
        return [self.paragraph(f"{before} ", nodes.literal(text, text))] if text else []

    def page(self, named: str) -> nodes.Node:
        """Link the page that a reader named, if it is one of the book."""
        found = PAGE.search(named)
        if not found or found[0] not in self.env.found_docs:
            return nodes.literal(named, named)
        target = {"reftarget": f"/{found[0]}", "refdomain": "std", "reftype": "doc"}
        words = nodes.inline("", "")
        return addnodes.pending_xref(
            "", words, refdoc=self.env.docname, refexplicit=False, **target
        )


class ReportErratum(SphinxDirective):
    """Say how to report an erratum from this copy of the book."""

    def run(self) -> list[nodes.Node]:
        """Link the form, where there is one."""
        address = self.config.course_repository
        if not address:
            said = (
                "This copy does not know where its repository is, so tell whoever gave it to you."
            )
            return [nodes.paragraph("", said)]
        form = f"{address}/issues/new?template=erratum.yml"
        reports = f"{address}/issues?q=label%3A{LABEL}"
        return [
            nodes.paragraph(
                "",
                "",
                nodes.reference("", "Report it", refuri=form),
                nodes.Text(", or read "),
                nodes.reference("", "all reports", refuri=reports),
                nodes.Text(". Both are on GitHub; a report needs an account there."),
            )
        ]


def main() -> int:
    """Ask GitHub, and write what the next build shows."""
    if not (address := repository.address()):
        sys.exit("This copy has no repository on GitHub that could be asked.")
    name = address.removeprefix("https://github.com/")
    try:
        issues = ask(f"{API}/{name}/issues?labels={LABEL}&state=all&per_page=100")
    except (URLError, TimeoutError) as error:
        sys.exit(f"GitHub does not tell the errata of {name}: {error}")
    errata, unconfirmed = read(issues)
    asked = datetime.now(UTC).date().isoformat()
    DATA.parent.mkdir(exist_ok=True)
    data = {"asked": asked, "unconfirmed": unconfirmed, "errata": errata}
    DATA.write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    print(
        f"{len(errata)} errata, {unconfirmed} reports not confirmed yet: {DATA.relative_to(ROOT)}"
    )
    return 0


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("errata", Errata)
    app.add_directive("report-erratum", ReportErratum)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    sys.exit(main())

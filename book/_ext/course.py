"""What this book adds to Sphinx: the claims ledger, its own address, repairs of the theme."""

import json
from pathlib import Path
from urllib.parse import quote

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective

LEDGER = Path("book") / "claims.json"

# In the HTML of a page: what is written, and what should be.
REPAIRS = [
    # The label hides the visible words "Show code cell source" from a screen reader.
    (' aria-label="Toggle hidden content"', ""),
    # A table wider than a phone scrolls; the keyboard reaches it only with a tabindex.
    (
        '<div class="pst-scrollable-table-container"',
        '<div class="pst-scrollable-table-container" tabindex="0"',
    ),
    # A list needs list items, and citations are none.
    ('<div role="list" class="citation-list">', '<div class="citation-list">'),
]


class ClaimsLedger(SphinxDirective):
    """Print `book/claims.json` as a table."""

    def run(self) -> list[nodes.Node]:
        """Give the table as parsed Markdown."""
        path = Path(self.env.srcdir) / LEDGER
        self.env.note_dependency(str(path))
        lines = ["| claim | bound | mean | spread | least | chapter | seconds |"]
        lines.append("|---" * 7 + "|")
        for entry in json.loads(path.read_text("utf-8")):
            cells = [
                entry["statement"],
                f"{entry['bound']:.1%}",
                f"{entry['mean']:.2%}",
                f"{entry['spread']:.2%}",
                f"{min(entry['values']):.2%}",
                f"{{doc}}`{entry['chapter']} </book/{entry['chapter']}>`",
                f"{entry['chapter_seconds']:.0f}",
            ]
            lines.append(f"| {' | '.join(cells)} |")
        parent = nodes.container()
        self.state.nested_parse(
            StringList(lines, str(path)),
            self.content_offset,
            parent,
        )
        return parent.children


def derive_addresses(app: Sphinx, config: Config) -> None:
    """Derive the address of the site on GitHub Pages from that of the repository."""
    address = config.html_theme_options["repository_url"].rstrip("/").removesuffix(".git")
    owner, name = address.split("/")[-2:]
    config.html_baseurl = config.ogp_site_url = f"https://{owner}.github.io/{name}/"
    # The page for lost readers may be shown in place of any other, so its links are absolute.
    config.notfound_urls_prefix = f"/{name}/"
    config.notfound_context = {
        "title": "This page does not exist",
        "body": "<h1>This page does not exist</h1>"
        "<p>It may have moved when the course was revised. All chapters are listed on the "
        f'<a href="/{name}/book/index.html">title page</a>, and the search looks through them '
        "all.</p>",
    }


def repair_page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Mend what the theme and its extensions get wrong on every page."""
    # Jupyter Book loads sphinx-thebe always, and twice: each page would log an error, since its
    # script declares a constant a second time. This book has no use for it.
    unwanted = ["thebe"]
    # Sphinx loads MathJax on a page without a formula too, if a page listed there has one.
    if not app.env.get_domain("math").data["has_equations"].get(pagename):
        unwanted.append("mathjax")
    context["script_files"] = [
        script
        for script in context.get("script_files", [])
        if not any(word in f"{script.filename}{script.attributes}" for word in unwanted)
    ]
    # Pages that come from no document, such as the search, would have an empty heading in print.
    context.setdefault("pagetitle", context.get("title"))
    for wrong, right in REPAIRS:
        context["body"] = context.get("body", "").replace(wrong, right)
    # The theme opens an issue that says "Your issue content here". Ours opens a form that asks.
    repository = app.config.html_theme_options["repository_url"]
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            if button.get("label") == "source-issues-button":
                page = quote(f"{pagename}.html")
                button["url"] = f"{repository}/issues/new?template=page_problem.yml&page={page}"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("claims-ledger", ClaimsLedger)
    # Early, before the extensions that use the addresses read them; and late, after the theme.
    app.connect("config-inited", derive_addresses, priority=100)
    app.connect("html-page-context", repair_page, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

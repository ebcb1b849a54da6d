"""What this book adds to Sphinx: claims ledger, scripts, its own address, repairs of extensions."""

import functools
import json
import re
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
from docutils import nodes
from docutils.statemachine import StringList
from nn_core.lab import page
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

import execution
import plain_markdown
import repository
import translation
from first_cell import install_cell

LEDGER = Path("book") / "claims.json"
RUNS = Path("nn_core") / "lab" / "stored" / "runs.json"

# What decides, beside their own text, how pages look: when one of these changes, all are read anew.
SHAPES_PAGES = (
    *execution.RUNS_WITH,
    *("_config.yml", "_toc.yml", "CHANGELOG.md", "_build/errata.json"),
    *("book/_ext", "book/_static", "book/_templates", "book/in_page"),
)

# In the HTML of a page: what is written, and what should be.
REPAIRS = [
    # The label hides the visible words "Show the code" from a screen reader.
    (' aria-label="Toggle hidden content"', ""),
    # A list needs list items, and citations are none; nor may one stand alone.
    ('<div role="list" class="citation-list">', '<div class="citation-list">'),
    (' role="doc-biblioentry"', ""),
]
# A cell that heads nothing is no heading: the corner of a table.
EMPTY_HEADING = re.compile(r"<th\b[^>]*>\s*(?:<p>\s*</p>)?\s*</th>")
# An element of nn_core.lab as it begins, with its kind, and its name if it has one.
ELEMENT = re.compile(
    r'<(?:div|figure) class="lab lab-[^"]*" data-lab="([^"]+)"'
    r'(?: role="group" aria-label="([^"]*)")?>'
)
WITHOUT_SCRIPTS = '<p class="shell-unscripted">{}: this needs JavaScript, which is off.</p>'


class ClaimsLedger(SphinxDirective):
    """Print `book/claims.json` as a table."""

    def run(self) -> list[nodes.Node]:
        """Give the table as parsed Markdown."""
        path = Path(self.env.srcdir) / LEDGER
        self.env.note_dependency(str(path))
        lines = ["| claim | bound | mean | spread | worst | chapter | seconds |"]
        lines.append("|---" * 7 + "|")
        for entry in json.loads(path.read_text("utf-8")):
            form = entry["form"].format
            worst = min if entry["side"] == "at least" else max
            cells = [
                entry["statement"],
                f"{entry['side']} {form(entry['bound'])}",
                form(entry["mean"]),
                form(entry["spread"]),
                form(worst(entry["values"])),
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


class RunsLedger(SphinxDirective):
    """Print the rows of `nn_core/lab/stored/runs.json` as a table."""

    def run(self) -> list[nodes.Node]:
        """Give the table as parsed Markdown."""
        path = Path(self.env.srcdir) / RUNS
        self.env.note_dependency(str(path))
        rows = json.loads(path.read_text("utf-8"))["rows"]
        edited = sum(row["commit"].endswith("+") for row in rows)
        lines = [f"Of {len(rows)} rows, {edited} have a plus.", ""]
        lines += ["| recipe | seed | epochs | seconds | dev | test | commit |", "|---" * 7 + "|"]
        for row in rows:
            cells = [
                row["recipe"],
                str(row["seed"]),
                f"{row['epochs']:,}",
                f"{row['seconds']:,.0f}",
                *("" if row[kind] is None else f"{row[kind]:.2%}" for kind in ("dev", "test")),
                f"`{row['commit']}`",
            ]
            lines.append(f"| {' | '.join(cells)} |")
        parent = nodes.container()
        self.state.nested_parse(StringList(lines, str(path)), self.content_offset, parent)
        return parent.children


class LabElement(SphinxDirective):
    """Put an element of nn_core.lab into a page that is no notebook, by its kind."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Give its HTML."""
        return [nodes.raw("", page.element(self.arguments[0]), format="html")]


def write_static(folder: Path) -> None:
    """Write all scripts and styles of nn_core.lab, as pages load them, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in page.KINDS.values():
        for name in kind.scripts:
            (folder / f"{name}.js").write_text(page.script(name), "utf-8")
        for name in kind.styles:
            (folder / f"{name}.css").write_text(page.static(f"{name}.css"), "utf-8")


def complete_config(app: Sphinx, config: Config) -> None:
    """Derive the site's address on GitHub Pages from the repository's; add the lab's scripts."""
    config.course_fingerprint = execution.fingerprint(*SHAPES_PAGES)
    static = Path(app.doctreedir) / "lab"
    write_static(static)
    config.html_static_path.append(str(static))
    if address := config.course_repository:
        config.html_baseurl = config.ogp_site_url = repository.site(address)
    else:
        # A map of the site needs its address, and so there is none.
        config.suppress_warnings.append("sitemap.configuration")
    # The page for lost readers may be shown in place of any other, so its links are absolute.
    config.notfound_urls_prefix = root = urlsplit(config.html_baseurl).path or "/"
    config.notfound_context = {
        "title": "This page does not exist",
        "body": "<h1>This page does not exist</h1>"
        "<p>It may have moved when the course was revised. All chapters are listed on the "
        f'<a href="{root}book/index.html">title page</a>, and the search looks through them '
        "all.</p>",
    }


def execute_notebooks(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Execute those notebooks, of the pages about to be read, that have changed."""
    paths = [Path(env.doc2path(name)) for name in docnames]
    if not execution.execute([path for path in paths if path.suffix == ".ipynb"]):
        raise ExtensionError("a notebook failed, as shown above")
    if docnames:
        # Pages name the titles, formulas and terms of others. Written all, none can go stale.
        app.connect("env-updated", lambda app, env: env.found_docs)


def give_outputs(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put into a notebook what its cells have shown, and write its text as pages need it."""
    path = Path(app.env.doc2path(docname))
    if path.suffix == ".ipynb":
        notebook = execution.executed(path)
        language = app.config.language
        notebook = translation.notebook(language, path.stem, notebook)
        original = functools.partial(translation.original, language, path.stem)
        notebook.cells = plain_markdown.page_cells(notebook, path.stem, original)
        source[0] = nbformat.writes(notebook)


def sentence_without_scripts(kind: str, name: str | None) -> str:
    """Give what a page says before an element where scripts are off, if the element needs them."""
    # A drawing is whole without its script.
    if kind == "plot" or not page.KINDS[kind].scripts:
        return ""
    return WITHOUT_SCRIPTS.format(name or escape(page.KINDS[kind].label))


def add_scripts(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Load what the elements of nn_core.lab on this page need, and nothing on other pages."""
    body = context.get("body", "")
    context["body"] = ELEMENT.sub(
        lambda found: sentence_without_scripts(found[1], found[2]) + found[0], body
    )
    found = re.findall(r'data-lab="([^"]+)"', body)
    kinds = [page.KINDS[kind] for kind in found]
    # A dictionary keeps the order and drops what comes twice. Every page has lab.css: frame.py.
    for name in dict.fromkeys(name for kind in kinds for name in kind.styles if name != "lab"):
        app.add_css_file(f"{name}.css")
    for name in dict.fromkeys(name for kind in kinds for name in kind.scripts):
        add_script(app, context, name)


def add_script(app: Sphinx, context: dict, name: str) -> None:
    """Load a script of nn_core.lab; the pad's fetches the network that it reads with, digits.js."""
    if name == "digits":
        return
    found = {"data-src": context["pathto"]("_static/digits.js", 1)} if name == "draw" else {}
    app.add_js_file(f"{name}.js", loading_method="defer", **found)


def repair_page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Mend what the theme and its extensions get wrong on every page."""
    for wrong, right in REPAIRS:
        context["body"] = context.get("body", "").replace(wrong, right)
    context["body"] = EMPTY_HEADING.sub("<td></td>", context.get("body", ""))


def complete_downloads(app: Sphinx, exception: Exception | None) -> None:
    """Have the notebooks that readers download install from where this clone comes from."""
    for path in app.outdir.glob("_sources/book/**/*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.id == "install":
                root = "/".join([".."] * (len(path.relative_to(app.outdir).parts) - 2))
                cell.source = install_cell(root, app.config.course_repository)
        path.write_text(nbformat.writes(notebook) + "\n", "utf-8")


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Remove pages that are no longer in the book; after a warning, forget what was read."""
    for page_ in app.outdir.glob("book/**/*.html"):
        if page_.relative_to(app.outdir).with_suffix("").as_posix() not in app.env.found_docs:
            page_.unlink()
    # A page that is not read anew would not warn again, and the next build would seem to pass.
    if exception or app._warncount:
        (Path(app.doctreedir) / "environment.pickle").unlink(missing_ok=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("claims-ledger", ClaimsLedger)
    app.add_directive("runs-ledger", RunsLedger)
    app.add_directive("lab-element", LabElement)
    app.add_config_value("course_fingerprint", "", "env")
    app.connect("env-before-read-docs", execute_notebooks)
    app.connect("source-read", give_outputs)
    # Before the list of what a page can keep for the time without a connection is made.
    app.connect("build-finished", complete_downloads, priority=400)
    app.connect("build-finished", finish)
    # Early, before the extensions that use the addresses read them; and late, after the theme.
    app.connect("config-inited", complete_config, priority=100)
    app.connect("html-page-context", add_scripts, priority=400)
    app.connect("html-page-context", repair_page, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

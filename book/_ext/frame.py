"""What the frame around a page needs: contents, links to the repository, colours of code.

The frame itself is `_templates/layout.html`. It takes the place of the theme's, whose scripts and
styles are not loaded.
"""

import re
import shutil
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import nn_core
from docutils import nodes
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES
from sphinx.application import Sphinx
from sphinx.config import Config

import numbering
import repository

# What the theme and Jupyter Book's extensions would load with every page, and no page uses.
UNUSED = re.compile(
    r"sphinx-book-theme|pygments\.css|toggle(?:button|Hint|OpenOnPrint)|thebe|sphinx-design|design-tabs"
    r"|copybutton|clipboard|doctools\.js|sphinx_highlight|documentation_options|mystnb|exercise\.css"
    r"|searchtools\.js|language_data\.js|translations\.js",
    re.IGNORECASE,
)
# Jupyter Book writes settings of Thebe, which this book does not have, below each notebook.
THEBE = re.compile(
    r'\s*<script type="text/x-thebe-config">.*?</script>\s*<script>.*?</script>', re.S
)
# In the head of a page: what layout.html has already, and the address that a page has only where
# the site has one; and the number and name of a section with which a description begins.
TWICE = re.compile(r'<meta name="viewport"[^>]*>\n?')
NOWHERE = re.compile(r'<meta property="og:url"[^>]*>\n?')
HEADING = re.compile(r'(?<=content=")\d+\.\d+ [^:"]*: ')
LIGHT, DARK = (
    get_style_by_name(f"a11y-high-contrast-{scheme}").style_for_token
    for scheme in ("light", "dark")
)


class Entry(NamedTuple):
    """A page in the contents, or a section of the page that is shown."""

    number: str
    title: str
    address: str
    is_here: bool = False


def contents(app: Sphinx, here: str) -> list[tuple[str, list[Entry]]]:
    """Give the title page, and the pages of each part of the book, as a page links them."""
    root = app.config.root_doc

    def entry(page: str) -> Entry:
        number, title = numbering.split(app.env.titles[page])
        shown = "Title page" if page == root else numbering.short(title)
        return Entry(number, shown, app.builder.get_relative_uri(here, page), page == here)

    parts = [("", [root]), *numbering.parts(app.env)]
    return [(caption, list(map(entry, pages))) for caption, pages in parts]


def sections(doctree: nodes.document | None) -> list[Entry]:
    """Give the sections of a page. The search has none."""
    return [
        Entry(*numbering.split(section.next_node(nodes.title)), f"#{section['ids'][0]}")
        for section in (numbering.sections(doctree) if doctree else [])
    ]


def colours_of_code() -> str:
    """Write the colours of code, of both schemes, as CSS."""
    lines = []
    for token, name in STANDARD_TYPES.items():
        pair = [style(token)["color"] for style in (LIGHT, DARK)]
        if name and None not in pair:
            lines.append(".highlight .{} {{ color: light-dark(#{}, #{}) }}".format(name, *pair))
    return "\n".join(lines)


def prepare(app: Sphinx, config: Config) -> None:
    """Find repository and version, and write the colours of code into a file."""
    config.course_repository = repository.address()
    config.version = config.release = nn_core.__version__
    static = Path(app.doctreedir) / "frame"
    static.mkdir(parents=True, exist_ok=True)
    (static / "code.css").write_text(colours_of_code(), "utf-8")
    config.html_static_path.append(str(static))


def head(metatags: str, address: str) -> str:
    """Give the lines for previews of links, without what a page has twice or not at all."""
    kept = HEADING.sub("", TWICE.sub("", metatags))
    return kept if address else NOWHERE.sub("", kept)


def styles(app: Sphinx, sheets: list) -> list[tuple[str, str, str]]:
    """Give the name, medium and text of each style sheet of a page, to stand in the page itself.

    The first line of a page is painted when its last style sheet has come, and fetching them all
    takes a phone with a slow connection longer than reading them here: they are 14 KB compressed.
    """
    folders = [Path(app.confdir, folder) for folder in app.config.html_static_path]
    found = []
    for sheet in sorted(sheets, key=lambda sheet: sheet.priority):
        name = Path(str(sheet.filename)).name
        path = next(folder / name for folder in folders if (folder / name).exists())
        found.append((name, sheet.attributes.get("media") or "all", path.read_text("utf-8")))
    return found


def links(address: str, setting: str, branch: str, page: str) -> dict[str, str]:
    """Give the links of a page that the address of the repository makes possible.

    Colab opens a notebook alone. Its first cell installs the course from the address that
    _config.yml sets; the origin of a clone it cannot know.
    """
    if not address:
        return {}
    name = address.removeprefix("https://github.com/")
    found = {
        "repository": address,
        "problem": f"{address}/issues/new?template=page_problem.yml&page={quote(page)}.html",
        "binder": f"https://mybinder.org/v2/gh/{name}/{branch}?urlpath=lab/tree/{page}.ipynb",
    }
    if setting:
        colab = "https://colab.research.google.com/github"
        found["colab"] = f"{colab}/{name}/blob/{branch}/{page}.ipynb"
    return found


def fill(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Give the template of the frame what it shows on a page."""
    number, title = "", context.get("title") or "Search"
    if pagename in app.env.titles:
        number, title = numbering.split(app.env.titles[pagename])
    branch = app.config.html_theme_options["repository_branch"]
    context |= {
        "here": Entry(number, numbering.short(title), "", is_here=True),
        "book_contents": contents(app, pagename),
        "page_sections": sections(doctree),
        "is_notebook": context.get("page_source_suffix") == ".ipynb",
        "body": THEBE.sub("", context.get("body", "")),
        "metatags": head(context.get("metatags", ""), app.config.course_repository),
        **links(app.config.course_repository, repository.setting(), branch, pagename),
    }
    for kind in ("script_files", "css_files"):
        context[kind] = [
            file
            for file in context.get(kind, [])
            if not UNUSED.search(f"{file.filename}{file.attributes}")
        ]
    context["styles"] = styles(app, context["css_files"])


def leave_out(app: Sphinx, exception: Exception | None) -> None:
    """Take out of the site what the theme and extensions have copied for themselves."""
    root = Path(app.confdir)
    folders = [root / folder for folder in app.config.html_static_path]
    ours = [each for each in folders if each.is_relative_to(root / "book")]
    ours += [each for each in folders if each.is_relative_to(app.doctreedir)]
    kept = {path.name for folder in ours for path in folder.iterdir()} | {"frames"}
    for path in (Path(app.outdir) / "_static").glob("*"):
        if path.name not in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_config_value("course_repository", "", "env")
    app.add_css_file("code.css", priority=400)
    app.add_css_file("lab.css", priority=400)
    app.add_js_file("shell.js", loading_method="defer")
    # Before the site's address is made of it (course.py), and after the theme.
    app.connect("config-inited", prepare, priority=50)
    app.connect("html-page-context", fill, priority=950)
    # After the theme has written the last of them.
    app.connect("build-finished", leave_out, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

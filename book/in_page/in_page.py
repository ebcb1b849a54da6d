"""The Sphinx extension for Python in the page: ids of cells, scripts, and the folder python/."""

import json
import shutil
from pathlib import Path

import execution
import nbformat
import translation
from docutils import nodes
from nn_core.lab import page
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

import files

HERE = Path(__file__).parent
EVERYWHERE = ("cells.js", "cells.css")  # loaded with each page that has cells
AT_THE_TOP = "service_worker.js"  # answers only for what lies beside it or deeper
# editor.js is within editor.min.js; title_page.py writes the other for one page.
NOT_FOR_PAGES = (*EVERYWHERE, AT_THE_TOP, "editor.js", "title_page.js")

LEFT_OUT = (
    "<p><em>The code of this page does not run in this copy of the book: Python for the page could "
    "not be fetched when it was built.</em></p>"
)

SHORTENED = "# A shortened form: it trains less, so its numbers are not those of the text.\n"

logger = logging.getLogger(__name__)


def without_comments(path: Path) -> str:
    """Give the text of a script as pages load it."""
    return page.COMMENT.sub("", path.read_text("utf-8"))


def prepare(app: Sphinx, config: Config) -> None:
    """Fetch Python, and let pages load the buttons of their cells."""
    config.python_in_page = files.fetch(logger.info)
    static = Path(app.doctreedir) / "in_page"
    static.mkdir(parents=True, exist_ok=True)
    for name in EVERYWHERE:
        (static / name).write_text(without_comments(HERE / name), "utf-8")
    config.html_static_path.append(str(static))


def name_cells(app: Sphinx, doctree: nodes.document) -> None:
    """Give each cell its id, and each paragraph that a cell has said the id of that cell."""
    for box in doctree.findall(nodes.container):
        if box.get("nb_element") == "cell_code":
            box["ids"].append(f"code-{box['cell_metadata']['id']}")
        elif "said" in box["classes"]:
            box["ids"].append(box["classes"].pop())


def add_buttons(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Load the buttons on pages with cells."""
    if 'id="code-' not in context.get("body", ""):
        return
    if app.config.python_in_page:
        app.add_css_file("cells.css")
        # The first makes elements for the second. Most pages have it already.
        for name in ("lab.js", "cells.js"):
            app.add_js_file(name, loading_method="defer")
    else:
        context["body"] += LEFT_OUT


def cells_of(path: Path, shorter: dict[str, list[str]]) -> list[dict]:
    """Give the code cells of a notebook, also those that its page hides.

    A cell in `shorter` has a shortened form, too: in its text, the first of two texts is replaced
    by the second.
    """
    cells = []
    for cell in execution.code_cells(nbformat.read(path, as_version=4)):
        cells.append({"id": cell.id, "source": cell.source})
        if cell.id in shorter:
            cells[-1]["short"] = SHORTENED + cell.source.replace(*shorter[cell.id])
    return cells


def write_scripts(folder: Path) -> None:
    """Write what pages and their Python load into a folder."""
    for path in HERE.glob("*.js"):
        if path.name not in NOT_FOR_PAGES and not path.name.endswith(".min.js"):
            (folder / path.name).write_text(without_comments(path), "utf-8")
    # What esbuild has made small stays as it is, with the licences in it.
    for pattern in ("*.min.js", "*.wasm", "shell.py", "LICENSES.txt"):
        for path in HERE.glob(pattern):
            shutil.copy(path, folder)


def lay_out(app: Sphinx, exception: Exception | None) -> None:
    """Write the folder python/ of the site, and the script that keeps pages."""
    if exception or app.builder.format != "html" or not app.config.python_in_page:
        return
    if not translation.is_original(app):  # its pages use what lies above them
        return
    folder = Path(app.outdir) / "python"
    files.layout(folder)
    write_scripts(folder)
    kinds = {kind: [each.scripts, each.styles] for kind, each in page.KINDS.items()}
    (folder / "kinds.json").write_text(json.dumps(kinds), "utf-8")
    shortened = json.loads((HERE / "shortened.json").read_text("utf-8"))
    for name in app.env.found_docs:
        path = Path(app.env.doc2path(name))
        # title_page.py notes the cells of a page that is no notebook.
        cells = app.env.metadata[name].get("cells", [])
        if path.suffix == ".ipynb":
            cells = cells_of(path, shortened.get(name, {}))
        if cells:
            place = folder / "cells" / f"{name}.json"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(json.dumps(cells, ensure_ascii=False), "utf-8")
    files.write_contents(folder, Path(app.outdir).rglob("*.html"))
    script = without_comments(HERE / AT_THE_TOP)
    (Path(app.outdir) / AT_THE_TOP).write_text(script, "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_config_value("python_in_page", False, "env")
    app.connect("config-inited", prepare)
    app.connect("doctree-read", name_cells)
    app.connect("html-page-context", add_buttons)
    app.connect("build-finished", lay_out)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

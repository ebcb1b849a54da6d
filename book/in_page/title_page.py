"""What the title page has beside its text: a cell to run, and the exercises that are solved."""

import json

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

# Stands for the names of all exercises until all pages are read.
EXERCISES = '<div class="course-progress"></div>'


class PageCell(SphinxDirective):
    """Put a code cell into a page that is no notebook."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Give the cell in the form of those of notebooks, and remember its code."""
        name, source = self.arguments[0], "\n".join(self.content)
        cells = self.env.metadata[self.env.docname].setdefault("cells", [])
        cells.append({"id": name, "source": source})
        code = nodes.literal_block(source, source, language="python")
        input_ = nodes.container("", code, classes=["cell_input"])
        return [nodes.container("", input_, classes=["cell"], ids=[f"code-{name}"])]


class SolvedExercises(SphinxDirective):
    """Put the place where `progress.js` shows which exercises of the course are solved."""

    def run(self) -> list[nodes.Node]:
        """Give its HTML, without the names."""
        return [nodes.raw("", EXERCISES, format="html")]


def name_exercises(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Write the names of all exercises into a page, by the address of their chapter."""
    if EXERCISES not in context.get("body", ""):
        return
    names: dict[str, list[str]] = {}
    for label, exercise in sorted(app.env.sphinx_exercise_registry.items()):
        address = relative_uri(f"{pagename}.html", f"{exercise['docname']}.html")
        names.setdefault(address, []).append(label)
    data = f'<script type="application/json">{json.dumps(names)}</script>'
    filled = f"{EXERCISES.removesuffix('</div>')}{data}</div>"
    context["body"] = context["body"].replace(EXERCISES, filled)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("page-cell", PageCell)
    app.add_directive("solved-exercises", SolvedExercises)
    # The theme lays out the body after this.
    app.connect("html-page-context", name_exercises, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

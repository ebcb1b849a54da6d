"""Chapters as their readers see them in JupyterLab and in Notebook 7.

A chapter is opened with what its cells showed when it was executed, which costs a second or two;
a few quick ones are run, cell by cell, by the front end itself. `pytest --live` runs all.
"""

import contextlib
import functools
import re
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import execution
import nbformat
import pytest
from conftest import RUN_ALL, Watched, jupyter_server
from leftovers import leftovers
from nbformat.sign import NotebookNotary
from playwright.sync_api import Locator
from test_notebooks import BOOK, NOTEBOOKS, is_there, notebook

LIVE = ["01_data", "04_numerical_gradient", "05_backpropagation"]
IN_NOTEBOOK_7 = ["00_tour", "05_backpropagation", "10_evaluation"]
FRONT_ENDS = [
    *(("jupyterlab", path) for path in NOTEBOOKS),
    *(("notebook", path) for path in NOTEBOOKS if path.stem in IN_NOTEBOOK_7),
]
# Notebook 7.6 has this error with any notebook, an empty one too.
ITS_OWN = {"Cannot read properties of undefined (reading 'schema')"}

OPEN = """async ([path, id]) => {
  await jupyterapp.restored;
  const kernel = id ? { id } : undefined;
  const panel = await jupyterapp.commands.execute("docmanager:open", { path, kernel });
  await panel.context.ready;
  await panel.sessionContext.ready;
  return panel.sessionContext.session.kernel.id;
}"""
# Cells come into the page while it is idle, and formulas are set after them.
IS_COMPLETE = """() => {
  const panel = window.jupyterapp?.shell.currentWidget;
  const cells = panel?.content.widgets ?? [];
  const texts = cells.flatMap((cell) =>
    cell.isAttached ? [...cell.node.querySelectorAll(".jp-RenderedMarkdown")] : []);
  return cells.length > 1 && cells.every((cell) => cell.isAttached)
    && texts.every((text) => text.textContent.trim())
    && !texts.some((text) => text.textContent.includes("$$"));
}"""
CLOSE = """async (shared) => {
  const panel = jupyterapp.shell.currentWidget;
  const kernel = panel.sessionContext?.session?.kernel;
  if (kernel && kernel.id !== shared) await panel.sessionContext.shutdown();
  panel.dispose();
}"""
SEEN = """() => {
  const { node, widgets } = jupyterapp.shell.currentWidget.content;
  const all = (selector) => [...node.querySelectorAll(selector)];
  const code = widgets.filter((cell) => cell.model.type === "code");
  const text = node.cloneNode(true);
  // What belongs to the front end, and code.
  const others = ".jp-Toolbar, .jp-InputPrompt, .jp-OutputPrompt, .jp-Editor, .jp-Placeholder, "
    + ".jp-InternalAnchorLink, .jp-Notebook-footer";
  for (const each of text.querySelectorAll(others)) each.remove();
  for (const each of text.querySelectorAll("mjx-container")) {
    each.replaceWith(Object.assign(document.createElement("span"), { className: "math" }));
  }
  // Of a figure, what is said of it.
  for (const each of text.querySelectorAll("svg")) each.replaceChildren();
  return {
    html: text.innerHTML,
    // What is shown of an error looks as what is written to stderr: the model tells them apart.
    errors: code.flatMap(({ model }) => model.outputs.toJSON()
      .filter((output) => output.output_type === "error")
      .map((output) => `${model.id}: ${output.ename}: ${output.evalue}`)),
    idle: code.filter(({ model }) => !model.executionCount).map(({ model }) => model.id),
    // Of a command it does not know, MathJax shows the name in red.
    wrong: all("mjx-merror, mjx-mtext[style*='color: red']").map((one) => one.outerHTML),
    links: all(".jp-RenderedHTMLCommon a:not(.jp-InternalAnchorLink)")
      .map((link) => [link.textContent, link.getAttribute("href")]),
    folded: widgets.filter((cell) => cell.node.querySelector(".jp-InputPlaceholder"))
      .map((cell) => cell.model.id),
  };
}"""


class FrontEnd:
    """JupyterLab or Notebook 7, in a tab of the browser, with the book."""

    def __init__(self, browser, server, program: str) -> None:
        self.server, self.program = server, program
        shutil.copytree(
            BOOK, server.notebooks / "book", ignore=shutil.ignore_patterns(".*", "_*", "stored")
        )
        self.tab = Watched(browser, server.address, width=1280, scheme="light")
        self.page = self.tab.page
        self.page.set_default_timeout(120_000)
        self.kernel = None
        if program == "jupyterlab":
            self.page.goto(f"{server.address}/lab/workspaces/chapters")
            self.page.wait_for_function("window.jupyterapp?.restored")

    def open(self, name: str) -> None:
        """Open a file, until all of it is shown."""
        if self.program == "jupyterlab":
            # One kernel serves all chapters that do not run.
            self.kernel = self.page.evaluate(OPEN, [f"book/{name}", self.kernel])
        else:
            self.page.goto(f"{self.server.address}/notebooks/book/{name}")
        self.page.wait_for_function(IS_COMPLETE)

    def fill(self, path: Path) -> None:
        """Put into a chapter what its cells have shown, as if this person had run it."""
        chapter = execution.executed(path, live=True)
        nbformat.write(chapter, self.server.notebooks / "book" / path.relative_to(BOOK))
        NotebookNotary(data_dir=str(self.server.data)).sign(chapter)

    def run(self, name: str) -> None:
        """Open a chapter and run all its cells, with a kernel of its own."""
        self.page.evaluate(OPEN, [f"book/{name}", None])
        self.page.evaluate(RUN_ALL, 3600)
        self.page.wait_for_function(IS_COMPLETE)

    def link(self, words: str) -> Locator:
        """Find the first link with these words in the notebook that is in front."""
        links = self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-RenderedMarkdown a")
        return links.filter(has_text=re.compile(rf"^{re.escape(words)}$")).first

    def close(self) -> None:
        """Close what is in front, as it is, and end a kernel that serves nothing else."""
        if self.program == "jupyterlab":
            self.page.evaluate(CLOSE, self.kernel)
        else:
            # Else the next chapter would hear of the requests that this page has not finished.
            self.page.goto("about:blank")


class Reading:
    """A chapter in a front end: what is seen of it, and what happened."""

    def __init__(self, front_end: FrontEnd, path: Path, *, live: bool) -> None:
        self.path, self.server, self.live = path, front_end.server, live
        heard = front_end.tab
        heard.complaints.clear()
        heard.abroad.clear()
        name = path.relative_to(BOOK).as_posix()
        if live:
            front_end.run(name)
        else:
            front_end.fill(path)
            front_end.open(name)
        self.seen = front_end.page.evaluate(SEEN)
        self.complaints = [text for text in heard.complaints if text not in ITS_OWN]
        self.abroad = [*heard.abroad]
        front_end.close()


@pytest.fixture(scope="module")
def front_end(browser, executed_notebooks, tmp_path_factory):
    """Starts each front end once."""
    with contextlib.ExitStack() as stack:

        @functools.cache
        def start(program: str) -> FrontEnd:
            folder = tmp_path_factory.mktemp(program)
            server = stack.enter_context(jupyter_server(program, folder))
            front_end = FrontEnd(browser, server, program)
            stack.callback(front_end.tab.context.close)
            return front_end

        yield start


@pytest.fixture(scope="module", params=FRONT_ENDS, ids=lambda each: f"{each[0]}-{each[1].stem}")
def chapter(request, front_end):
    program, path = request.param
    live = program == "jupyterlab" and (path.stem in LIVE or request.config.option.live)
    return Reading(front_end(program), path, live=live)


def test_no_cell_fails(chapter):
    assert chapter.seen["errors"] == []
    # After a failure, and without a kernel, cells would not run.
    assert not chapter.live or chapter.seen["idle"] == []


def test_all_is_rendered(chapter):
    assert leftovers(chapter.seen["html"]) == []
    assert chapter.seen["wrong"] == []


def test_links_lead_somewhere(chapter):
    for shown, address in chapter.seen["links"]:
        link = urlsplit(address)
        if link.scheme and not address.startswith(chapter.server.address):
            continue
        file = chapter.server.notebooks / unquote(link.path).removeprefix("/files/")
        assert is_there(file, link.fragment), f"{shown} leads to {address!r}"


def test_what_is_folded_is_folded(chapter):
    hidden = [
        cell.id
        for cell in notebook(chapter.path).cells
        if cell.metadata.get("jupyter", {}).get("source_hidden")
    ]
    assert chapter.seen["folded"] == hidden


def test_asks_no_other_host_and_logs_no_error(chapter):
    assert chapter.abroad == []
    assert chapter.complaints == []


# --- links, clicked

# To a formula, here and elsewhere; to a chapter, an appendix, and what is no notebook.
LINKS = [
    ("05_backpropagation.ipynb", "(5.1)", "05_backpropagation.ipynb", "two-paths"),
    ("06_training.ipynb", "(4.1)", "04_numerical_gradient.ipynb", "taylor"),
    ("05_backpropagation.ipynb", "numerical gradient", "04_numerical_gradient.ipynb", ""),
    ("05_backpropagation.ipynb", "bug zoo", "appendix/bug_zoo.ipynb", ""),
    ("05_backpropagation.ipynb", "Rumelhart et al., 1986", "references.bib", ""),
    ("01_data.ipynb", "notation", "appendix/notation.md", ""),
]
HAS_OPENED = """([path, id]) => {
  const panel = jupyterapp.shell.currentWidget;
  if (panel?.context?.path !== path) return false;
  const cell = id && panel.content.widgets.find((cell) => cell.model.id === id).node;
  // The formula of that cell that has a number.
  const place = id && cell.querySelector("mjx-labels, mjx-mlabeledtr")?.getBoundingClientRect();
  return !id || (place?.bottom < innerHeight && place?.top > 0);
}"""


@pytest.mark.parametrize(("start", "words", "end", "cell"), LINKS)
def test_a_click_opens_what_is_named(front_end, start, words, end, cell):
    lab = front_end("jupyterlab")
    # Where the other one is open, its cells have their places.
    for name in dict.fromkeys([end, start] if cell else [start]):
        lab.open(name)
    lab.link(words).click()
    lab.page.wait_for_function(HAS_OPENED, arg=[f"book/{end}", cell])
    for _ in {start, end}:
        lab.close()


def test_a_click_opens_a_tab_of_notebook_7(front_end):
    """It opens the notebook at its beginning, whichever cell the link names."""
    seven = front_end("notebook")
    seven.open("06_training.ipynb")
    with seven.page.expect_popup() as opened:
        seven.link("(4.1)").click()
    opened.value.wait_for_url("**/notebooks/book/04_numerical_gradient.ipynb*")
    opened.value.close()

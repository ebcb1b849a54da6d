"""Fixtures for all tests: the built book, a browser, and JupyterLab."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import chromium
import execution
import hypothesis
import nbformat.v4
import pytest
import repository
from clean_notebooks import notebooks
from course import write_static
from xdist.scheduler import LoadScopeScheduling

from nn_core.lab import page

ROOT = Path(__file__).parents[1]

# There is no deadline, since on a busy machine any example may be slow. CI always has the same
# examples, so only a change of the code makes a test fail. Elsewhere each run has new examples.
hypothesis.settings.register_profile(
    "course", deadline=None, derandomize=bool(os.environ.get("CI"))
)
hypothesis.settings.load_profile("course")
LAYERS = {
    "unit": "unit tests",
    "nbval": "chapter cells (nbval)",
    "book": "checks of the built book",
    "browser": "browser tests",
}


def layer_of(nodeid: str) -> str:
    if nodeid.startswith("book/"):
        return "nbval"
    if nodeid.startswith("tests/browser/"):
        return "browser"
    return "book" if nodeid.startswith("tests/test_book.py") else "unit"


def needs_book(item: pytest.Item) -> bool:
    return "built_book" in getattr(item, "fixturenames", ())


def needs_notebooks(item: pytest.Item) -> bool:
    return "executed_notebooks" in getattr(item, "fixturenames", ())


def page_of(item_or_id: pytest.Item | str) -> str:
    """Give the page of a test that visits a page, as in `test_fits[book/index]`, else nothing."""
    nodeid = item_or_id if isinstance(item_or_id, str) else item_or_id.nodeid
    visits = nodeid.startswith("tests/browser/test_pages.py") and "[" in nodeid
    return nodeid.split("[")[1] if visits else ""


class Scopes(LoadScopeScheduling):
    """Run all tests of a file in one process, so that the cells of a notebook stay together.

    The many tests that visit pages are shared page by page: a free process takes the next page.
    """

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.split("::")[0] + page_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log) -> Scopes:
    return Scopes(config, log)


# This hook runs last, since pytest itself groups tests with the same fixture.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests, so that no process waits long.

    Unit tests come first, since they are cheap. Notebooks follow, the longest first, since the
    build of the book waits for them. Tests beside the build follow, at their end those that need
    executed notebooks, and last the tests of the built book, page by page. A file of which one test
    waits goes with those that wait. Else all processes could begin such files, and none would be
    left to execute the notebooks.
    """
    layers = ["unit", "nbval", "book", "browser"]
    seconds = {
        path: execution.expected_seconds(path)
        for path in {item.path for item in items}
        if path.suffix == ".ipynb" and not execution.is_executed(path)
    }
    book = {item.path for item in items if needs_book(item)}
    executed = {item.path for item in items if needs_notebooks(item)}
    pages = {page: k for k, page in enumerate(dict.fromkeys(map(page_of, items)))}

    def rank(item: pytest.Item) -> tuple:
        longest = -seconds.get(item.path, 0), str(item.path)
        layer = layer_of(item.nodeid)
        return (
            item.path in book,
            item.path in executed,
            layers.index(layer),
            longest if layer == "nbval" else (),
            pages[page_of(item)],
        )

    items.sort(key=rank)


def pytest_terminal_summary(terminalreporter) -> None:
    counts = Counter(
        (layer_of(report.nodeid), outcome)
        for outcome in ("passed", "failed", "error", "skipped")
        for report in terminalreporter.stats.get(outcome, [])
    )
    terminalreporter.section("by layer")
    for layer, title in LAYERS.items():
        parts = [f"{n} {outcome}" for (name, outcome), n in counts.items() if name == layer]
        terminalreporter.write_line(f"{title}: {', '.join(parts) or 'none ran'}")
    skipped = terminalreporter.stats.get("skipped", [])
    for why in sorted({each.longrepr[2] for each in skipped if layer_of(each.nodeid) == "browser"}):
        terminalreporter.write_line(why.removeprefix("Skipped: "))
    if why := why_no_book():
        terminalreporter.section("the book does not build")
        terminalreporter.write_line(why)


# The environment variable with the folder in which processes report the build of the book.
WORD = "COURSE_TESTS_BUILD"
BUILD = """
import shutil, sys, traceback
from pathlib import Path
code = 1
try:
    from jupyter_book.cli.main import main
    shutil.rmtree("_build/html", ignore_errors=True)
    main(["build", ".", "-W", "-n", "--keep-going", "--all"])
    code = 0
except SystemExit as end:
    code = end.code or 0
except BaseException:
    traceback.print_exc()
Path(sys.argv[1], "ended").write_text(str(code))
"""
FOLDER = pytest.StashKey[tempfile.TemporaryDirectory]()


def pytest_addoption(parser: pytest.Parser) -> None:
    text = "run every chapter in JupyterLab and in the page's Python, not only a few quick ones"
    parser.addoption("--live", action="store_true", help=text)


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):  # a process of pytest-xdist, which inherits the variables
        return
    config.stash[FOLDER] = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    os.environ[WORD] = config.stash[FOLDER].name


def pytest_collection_finish(session: pytest.Session) -> None:
    if any(needs_book(item) for item in session.items):
        Path(os.environ[WORD], "wanted").touch()


def pytest_notebooks_ended(config: pytest.Config, failed: bool) -> None:
    """Build all pages of the book again, while tests run that do not need the book."""
    word = Path(os.environ[WORD])
    (word / "executed").touch()
    if not (word / "wanted").exists():
        return
    if failed:
        (word / "report").write_text("A notebook failed, so the build was not started.")
        (word / "ended").write_text("1")
        return
    with (word / "report").open("xb") as report:
        process = subprocess.Popen(
            [sys.executable, "-c", BUILD, word],
            cwd=ROOT,
            stdout=report,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUTF8": "1"},
        )
    (word / "process").write_text(str(process.pid))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if FOLDER not in session.config.stash:
        return
    word = Path(os.environ[WORD])
    if (word / "process").exists() and not (word / "ended").exists():
        os.kill(int((word / "process").read_text()), signal.SIGTERM)


def wait_for(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 3600
    while not happened():
        if time.monotonic() > deadline:
            pytest.fail(f"after an hour, {what}")
        time.sleep(0.2)


@pytest.fixture(scope="session")
def executed_notebooks() -> None:
    """All notebooks have been executed: `execution.executed` gives them."""
    wait_for(Path(os.environ[WORD], "executed").exists, "the notebooks are not executed")
    missing = [path.name for path in notebooks() if not execution.is_executed(path)]
    if missing:
        pytest.fail(f"not executed: {', '.join(missing)}. `pytest book` does it.", pytrace=False)


@pytest.fixture(scope="session")
def built_book() -> Path:
    """Wait for the build of the book, and give its folder of HTML."""
    ended = Path(os.environ[WORD], "ended")
    wait_for(lambda: ended.exists() and bool(ended.read_text()), "the book is not built")
    if ended.read_text() != "0":
        pytest.fail("the book does not build: the end of this report says why", pytrace=False)
    return ROOT / "_build" / "html"


def why_no_book() -> str:
    """Give the end of the build's output if the build failed, else nothing."""
    word = Path(os.environ[WORD])
    if not (word / "ended").exists() or (word / "ended").read_text() == "0":
        return ""
    return (word / "report").read_text("utf-8", errors="replace")[-6000:]


NO_BROWSER = (
    "No Chromium or Chrome found: the browser tests were left out. On Debian: apt install chromium"
)


@pytest.fixture(scope="session")
def browser():
    """Start a headless Chromium without background connections."""
    path = chromium.find_browser()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(NO_BROWSER)
        pytest.skip(NO_BROWSER)
    from playwright.sync_api import sync_playwright

    quiet = (
        "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync"
    )
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=quiet.split())


AXE = Path(__file__).with_name("browser").joinpath("axe.min.js").read_text("utf-8")


class Pages(chromium.Quiet):
    """Serves the folder at `/` and, like GitHub Pages, below the name of the repository."""

    below = f"/{repository.address().rpartition('/')[2] or 'course'}"

    def translate_path(self, path):
        inside = path.startswith(f"{self.below}/")
        return super().translate_path(path.removeprefix(self.below) if inside else path)


def served(folder: Path):
    """Serve a folder of HTML as GitHub Pages would, and give its address."""
    return chromium.served(folder, Pages)


@pytest.fixture(scope="session")
def site(built_book: Path):
    """Serve the built book, and give its address."""
    with served(built_book) as address:
        yield address


class Watched:
    """A tab of the browser, with its errors and its external requests."""

    def __init__(self, browser, site, *, width, scheme):
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        self.page = self.context.new_page()
        self.complaints, self.abroad = [], []
        self.page.on("console", self.listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", self.miss)
        self.page.on("request", self.watch)
        # External requests are refused and noted, since pages must work without them.
        self.page.route(lambda url: not url.startswith(site), lambda route: route.abort())
        self.site = site

    def listen(self, message):
        if message.type == "error":
            self.complaints.append(message.text)

    def miss(self, request):
        if request.failure != "net::ERR_ABORTED":  # as when a page is left while its icon loads
            self.complaints.append(request.url)

    def watch(self, request):
        if not request.url.startswith((self.site, "data:", "blob:")):
            self.abroad.append(request.url)


# Sections that are far from the screen are not laid out, and tests measure them all the same.
LAY_OUT_ALL = """addEventListener("DOMContentLoaded", () => {
  const style = document.createElement("style");
  style.textContent = ".bd-article section section { content-visibility: visible }";
  document.body.append(style);
})"""


class Visit(Watched):
    """A page of the book, and what happened while it loaded."""

    def __init__(self, browser, site, name, **form):
        super().__init__(browser, site, **form)
        self.page.add_init_script(LAY_OUT_ALL)
        self.page.goto(f"{site}/{name}.html")


SHEETS = ["shell.css", "course.css"]  # which every page has
BARE_PAGE = """<!doctype html>
<html lang="en" data-theme="{scheme}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Elements</title><link rel="icon" href="data:,">{head}</head>
<body style="background: var(--pst-color-background); color: var(--pst-color-text-base)">
<main class="bd-article" style="margin: auto; max-width: 45rem; width: 100%">
<h1>Elements</h1>{html}</main>
</body></html>"""


@pytest.fixture(scope="module")
def elements(browser, tmp_path_factory):
    """Give a function that opens a page with elements of nn_core.lab alone, without the book."""
    folder = tmp_path_factory.mktemp("elements")
    write_static(folder)
    for name in SHEETS:
        shutil.copy(ROOT / "book" / "_static" / name, folder)
    shutil.copytree(ROOT / "book" / "_static" / "fonts", folder / "fonts")
    with served(folder) as address:

        def go(html, *, width=1280, scheme="light"):
            kinds = [page.KINDS[kind] for kind in re.findall(r'data-lab="([^"]+)"', html)]
            styles = dict.fromkeys(name for kind in kinds for name in kind.styles)
            scripts = dict.fromkeys(name for kind in kinds for name in kind.scripts)
            head = "".join(
                [
                    *(
                        f'<link rel="stylesheet" href="{name}">'
                        for name in [*SHEETS, *(f"{style}.css" for style in styles)]
                    ),
                    *(f'<script src="{name}.js" defer></script>' for name in scripts),
                ]
            )
            text = BARE_PAGE.format(scheme=scheme, head=head, html=html)
            (folder / "elements.html").write_text(text, "utf-8")
            return Visit(browser, address, "elements", width=width, scheme=scheme)

        yield go


@pytest.fixture
def lab_page(elements):
    """Give the function of `elements`, and close its pages after the test."""
    visits = []

    def go(html, **form):
        visits.append(elements(html, **form))
        return visits[-1]

    yield go
    for each in visits:
        each.context.close()


class Server(NamedTuple):
    """JupyterLab or Notebook 7, as it serves a folder."""

    notebooks: Path
    data: Path  # where it keeps which notebooks are trusted
    address: str


@contextlib.contextmanager
def jupyter_server(program: str, folder: Path) -> Iterator[Server]:
    """Start `jupyterlab` or `notebook`, which then knows nothing of this person's settings."""
    names = ["JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"]
    places = {name: folder / name.lower() for name in names}
    settings = places["JUPYTER_CONFIG_DIR"] / "lab" / "user-settings" / "@jupyterlab"
    settings = settings / "apputils-extension" / "notification.jupyterlab-settings"
    settings.parent.mkdir(parents=True)
    # Without these settings, JupyterLab asks whether to fetch news.
    settings.write_text('{"fetchNews": "false", "checkForUpdates": false}', "utf-8")
    notebooks = folder / "notebooks"
    notebooks.mkdir()
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", program, "--no-browser", "--allow-root"),
                # With port 0 the system chooses a free port, which the server writes to a file.
                *("--ip=127.0.0.1", "--port=0", f"--ServerApp.root_dir={notebooks}"),
                "--IdentityProvider.token=",
                "--LabApp.expose_app_in_browser=True",
                "--JupyterNotebookApp.expose_app_in_browser=True",
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **{name: str(place) for name, place in places.items()}},
        )
    try:
        deadline = time.monotonic() + 60
        written = places["JUPYTER_RUNTIME_DIR"] / f"jpserver-{server.pid}.json"
        while not (written.is_file() and written.stat().st_size):
            if server.poll() is not None or time.monotonic() > deadline:
                log_text = (folder / "log.txt").read_text("utf-8", errors="replace")
                pytest.fail(f"{program} does not start:\n{log_text[-3000:]}")
            time.sleep(0.1)
        address = json.loads(written.read_text("utf-8"))["url"]
        yield Server(notebooks, places["JUPYTER_DATA_DIR"], address.rstrip("/"))
    finally:
        # The server ends its kernels before it ends itself.
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory) -> Iterator[Server]:
    with jupyter_server("jupyterlab", tmp_path_factory.mktemp("jupyterlab")) as server:
        yield server


# The kernel reports "idle" before it listens, and may lose messages. So wait for its info.
RUN_ALL = """async (seconds) => {
  const late = new Promise((_, reject) =>
    setTimeout(reject, 1000 * seconds, "the cells do not end"));
  const { sessionContext } = jupyterapp.shell.currentWidget;
  await Promise.race([late, sessionContext.ready]);
  await Promise.race([late, sessionContext.session.kernel.info]);
  await Promise.race([late, jupyterapp.commands.execute("notebook:run-all-cells")]);
}"""


@pytest.fixture
def jupyterlab(browser, lab_server):
    """Give a function that opens and runs a notebook in JupyterLab. It returns the page."""
    folder, address = lab_server.notebooks, lab_server.address
    contexts = []

    def go(*sources: str, width=1280, scheme="light"):
        name = f"notebook{len([*folder.iterdir()])}"
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source) for source in sources],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        nbformat.write(notebook, folder / f"{name}.ipynb")
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        lab = context.new_page()
        lab.set_default_timeout(60_000)
        # A new workspace does not open the notebooks of the last test.
        lab.goto(f"{address}/lab/workspaces/{name}/tree/{name}.ipynb")
        lab.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
        lab.evaluate(RUN_ALL, 120)
        return lab

    yield go
    for context in contexts:
        context.close()

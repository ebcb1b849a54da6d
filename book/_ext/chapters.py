"""The notebooks as tests: nbval executes them, and what they show is kept for the pages.

A notebook whose present content was executed before is not executed again: see `execution.py`.

Its cells run as they do while the book is built. After each cell, what asks, answers or moves in
it, and does something else where there is a kernel, runs once more as it does for a reader in
Jupyter.
"""

import ast
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile
from nn_core.lab.page import BUILDING

import execution

# What nn_core.lab shows in one way in a page and in another where there is a kernel.
TWO_FACED = {
    "check",
    "draw_digit",
    "explore",
    "hint",
    "live",
    "quiz",
    "solution",
}
AGAIN = ", with a kernel"  # ends the name of the test that shows a cell's other face
WITH_A_KERNEL = f"""import os
os.environ.pop("{BUILDING}")
{{}}
os.environ["{BUILDING}"] = "1"
"""


def two_faced(source: str) -> str:
    """Give those statements of a cell that call a function with two faces."""
    if not any(name in source for name in TWO_FACED):
        return ""  # and no need to parse what may be no plain Python
    return "\n".join(
        ast.get_source_segment(source, statement)
        for statement in ast.parse(source).body
        if any(
            isinstance(node, ast.Call) and getattr(node.func, "id", None) in TWO_FACED
            for node in ast.walk(statement)
        )
    )


class Chapter(IPyNbFile):
    """A notebook: executed by nbval, or, where nothing has changed, remembered."""

    def collect(self) -> Iterator[pytest.Item]:
        """Give a test for each code cell, and one more for each that has two faces."""
        self.place = execution.kept_at(self.path)
        self.remembered = self.place.exists()
        self.tests = []
        for cell in super().collect():
            self.tests.append(cell)
            if source := two_faced(cell.cell.source):
                again = IPyNbCell.from_parent(
                    self,
                    name=cell.name + AGAIN,
                    cell_num=cell.cell_num,
                    cell=nbformat.from_dict({**cell.cell, "source": WITH_A_KERNEL.format(source)}),
                    options=cell.options,
                )
                self.tests.append(again)
        if self.remembered:
            self.tests = [Remembered.from_parent(self, name=test.name) for test in self.tests]
        yield from self.tests

    def setup(self) -> None:
        """Start a kernel that believes to be building the book, with one thread."""
        if self.remembered:
            return
        self.shown: dict[str, list[nbformat.NotebookNode]] = {}
        self.began = time.monotonic()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {BUILDING: "1", **execution.ONE_THREAD}.items():
                patch.setenv(name, value)
            super().setup()

    def teardown(self) -> None:
        """Keep what the cells have shown, if all of them have run and none has failed."""
        super().teardown()
        if self.remembered or list(self.shown) != [test.name for test in self.tests]:
            return
        names = [test.name for test in self.tests if not test.name.endswith(AGAIN)]
        pages = [self.shown[name] for name in names]
        live = [self.shown.get(name + AGAIN, []) for name in names]
        execution.keep(self.path, self.place, pages, live, round(time.monotonic() - self.began, 1))


class Remembered(pytest.Item):
    """A cell that ran, with this very content and beside this very code, and did not fail."""

    def runtest(self) -> None:
        """See that what the notebook showed is still there."""
        assert execution.is_executed(self.path)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Name the cell as nbval does."""
        return (
            self.path,
            0,
            f"{self.path.name}::{self.name}",
        )


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: pytest.Collector):
    """Put our chapters in the place of nbval's notebooks."""
    found = yield
    return [
        Chapter.from_parent(parent, path=file_path) if type(one) is IPyNbFile else one
        for one in found
    ]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item):
    """Note what a cell has shown, unless it fails."""
    result = yield
    if isinstance(item, IPyNbCell):
        item.parent.shown[item.name] = item.test_outputs
    return result


class Hooks:
    """What this plugin tells others."""

    def pytest_notebooks_ended(self, config: pytest.Config, failed: bool) -> None:
        """All notebooks that these tests execute have been executed, or there were none."""


class Progress:
    """Says, in the process that hands out the tests, which notebook runs and what is left."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.left: dict[str, set[str]] | None = None  # what has not run yet, by notebook
        self.running: dict[str, float] = {}  # when each began
        self.expected: dict[str, float] = {}  # seconds, of those that are not remembered
        self.took: dict[str, float] = {}
        self.failed = False

    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Learn what there is to do, from the first process that knows."""
        if self.left is None:
            self.plan(ids)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Learn what there is to do, where it is done in this process."""
        if session.items and not session.config.option.collectonly:
            self.plan([item.nodeid for item in session.items])

    def plan(self, ids: list[str]) -> None:
        """Remember the tests of notebooks that are about to be executed."""
        self.left = {}
        for nodeid in ids:
            file = nodeid.split("::")[0]
            if file.endswith(".ipynb"):
                self.left.setdefault(file, set()).add(nodeid)
        for file in self.left:
            path = self.config.rootpath / file
            if not execution.is_executed(path):
                self.expected[file] = execution.expected_seconds(path)
        self.end_if_done()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Say that a notebook begins."""
        file = nodeid.split("::")[0]
        if file in self.expected and file not in self.running:
            self.running[file] = time.monotonic()
            self.say(f"{Path(file).stem} runs")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Say that a notebook has ended."""
        file = report.nodeid.split("::")[0]
        if file not in (self.left or {}):
            return
        self.failed |= report.failed
        if report.when == "teardown":
            self.left[file].discard(report.nodeid)
        if self.left[file]:
            return
        del self.left[file]
        if file in self.expected:
            self.took[file] = time.monotonic() - self.running.pop(file)
            self.say(f"{Path(file).stem} took {self.took[file]:.0f} s")
        self.end_if_done()

    def say(self, news: str) -> None:
        """Write a line with the news, and with how long the rest will take."""
        # Guesses may come from another machine: the notebooks that have ended say how fast this is.
        guessed = sum(self.expected[file] for file in self.took)
        pace = sum(self.took.values()) / guessed if self.took else 1.0
        now = time.monotonic()
        rest = [
            max(pace * seconds - (now - self.running.get(file, now)), 1.0)
            for file, seconds in self.expected.items()
            if file in self.left
        ]
        processes = max(getattr(self.config.option, "numprocesses", None) or 1, 1)
        seconds = max(sum(rest) / processes, *rest, 0)
        left = f"about {seconds:.0f} s to go" if rest else "all notebooks are executed"
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        reporter.ensure_newline()
        reporter.write_line(f"[{len(self.took)}/{len(self.expected)}] {news}; {left}")

    def end_if_done(self) -> None:
        """Tell the others when nothing is left."""
        if not self.left:
            self.config.hook.pytest_notebooks_ended(config=self.config, failed=self.failed)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Announce what this plugin tells others."""
    pluginmanager.add_hookspecs(Hooks)


def pytest_configure(config: pytest.Config) -> None:
    """Register the progress, but not in a process of pytest-xdist that is handed tests."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Progress(config))


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Print no dot for a cell that passes: its notebook has a line."""
    cell = report.when == "call" and report.nodeid.split("::")[0].endswith(".ipynb")
    return (report.outcome, "", "PASSED") if cell and report.passed else None

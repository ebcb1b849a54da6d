"""Make ordinary changes in a chapter, and see whether each ends in a result or in a sentence.

`python tests/experiments.py 06_training 200` draws 200 changes: another seed, size, rate, batch,
number of epochs, activation, optimizer or data set. `--change train "epochs=10" "epochs=1"` makes
one of your own, in the cell `train`.

The cells run in order in one process, as in a reader's kernel, on a part of the digits and for two
epochs at most. At a cell with a change, the process forks. The child runs the changed cell and the
cells after it, as "Run All" does, until its time is over. So the system must be able to fork.

A change ends in one of these:

- a result;
- a sentence: an error that the course raises, or a notice of `claim` or `expect`;
- a defect: another error, a warning, an error in a figure with sliders;
- too long: a cell that takes more than ten seconds of the processor.
"""

import argparse
import ast
import contextlib
import io
import json
import os
import re
import signal
import struct
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import numpy as np

ROOT = Path(__file__).parents[1]
LIBRARY = str(ROOT / "nn_core")
NOT_CHANGED = {"nn-core", "remove-cell", "remove-input"}  # tags of cells a reader leaves alone
SECONDS = 0.3  # of the processor: after so many, a child begins no other cell
TOO_LONG = 10.0  # of the processor: so many are more than one cell may need

NOTICE = re.compile(r"Not so in this run|Claim missed")
TAGS = re.compile(r"<[^>]+>")


# --- the table of rules

ACTIVATIONS = ["relu", "tanh", "sigmoid", "leaky_relu", "identity", "swish"]
OPTIMIZERS = ["SGD", "Momentum", "Nesterov", "AdaGrad", "RMSProp", "Adam", "AdamW"]
# Callbacks whose first argument is a strength.
STRENGTHS = {
    *("Dropout", "L2Penalty", "EarlyStopping", "LabelSmoothing", "GradientClipping"),
    *("Augmentation", "ExponentialMovingAverage"),
}
INITIALIZERS = ["zeros", "small_normal", "uniform", "glorot_normal", "he_normal", "he_uniform"]
RATES = ["0", "1e-4", "0.01", "0.1", "1", "10", '"0.1"']
BATCHES = ["1", "7", "50", "4096", "100_000", "None", "0", "64.0"]
SHARES = ["0", "0.05", "0.3", "0.9", "1", "-0.1"]
# For each keyword, the values that people try.
VALUES: dict[str, list[str]] = {
    "epochs": ["0", "1", "3", "-1", "2.0"],
    "lr": RATES,
    "batch_size": BATCHES,
    "dev_size": ["1", "20", "300", "3000", "1_000_000", "0.1"],
    "rate": SHARES,
    "beta": SHARES,
    "beta1": SHARES,
    "beta2": SHARES,
    "smoothing": SHARES,
    "threshold": SHARES,
    "decay": ["0", "0.5", "0.99", "1.0"],
    "strength": ["0", "1e-5", "0.1", "10", "-1"],
    "patience": ["1", "3", "0", "100"],
    "degrees": ["0", "5", "45", "180"],
    "temperature": ["0.5", "2", "0", "100"],
    "final": ["0", "0.001"],
    "factor": ["0.5", "1", "2"],
    "every": ["1", "10", "0"],
    "scale": ["0", "0.1", "1", "10"],
    "limit": ["0", "0.1", "1"],
    "sigma": ["0.5", "3", "10"],
    "slant": ["0", "0.5"],
    "tilt": ["0", "0.5"],
    "pixels": ["0", "1", "3", "28"],
    "h": ["1e-2", "1e-5", "1e-9", "0"],
    "progress": ["True", "False"],
    "activation": [f'"{name}"' for name in ACTIVATIONS],
    "output": ['"softmax"', '"sigmoid"', '"identity"'],
    "loss": ['"cross_entropy"', '"mean_squared_error"', '"hinge"'],
    "dtype": ["np.float32", "np.float64"],
}
# Counts: people try a few, many, none.
COUNTS = {"steps", "rounds", "draws", "example", "digit", "picture", "times", "count", "depth", "k"}
# What is drawn or promised with, and no parameter of training.
DRAWING = {
    *("figsize", "fontsize", "columns", "axis", "lw", "alpha", "ms", "mew", "at_least", "at_most"),
    *("size", "shape", "rtol", "atol", "ddof", "ylim", "xlim", "yticks", "xticks", "vmin"),
    *("vmax", "keepdims", "levels"),
}
UNTOUCHED_CALLS = {
    *("uniform", "normal", "integers", "zeros", "empty", "ones"),  # shapes, given by the rest
    *("claim", "expect", "check", "hint", "solution", "quiz", "say", "show", "print", "set"),
    *("bar", "barh", "hist", "errorbar", "quiver", "axvspan"),
    *("subplots", "reshape", "text", "annotate", "axhline", "axvline", "imshow", "plot", "legend"),
}


def numbers_near(value: float) -> list[str]:
    """Other values for a number: smaller, larger, and none."""
    if isinstance(value, int):
        near = {0, 1, 3, value // 10, value // 2, value + 1, 2 * value, min(10 * value, 3000)}
        return [f"{k}" for k in sorted(near - {value})]
    return [f"{value * factor:g}" for factor in (0, 0.1, 0.5, 2, 10, 100)]


def other_sizes(sizes: list[int], rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Other layers: widths, one fewer, one more, inputs or outputs that do not fit."""
    first, *hidden, last = sizes
    widths = [int(rng.choice([1, 3, 16, 17, 50, 100, 200])) for _ in hidden]
    return [
        (first, *widths, last),
        (first, *[2 * k for k in hidden], last),
        (first, *hidden[1:], last),
        (first, *hidden, 20, last),
        (first + 1, *hidden, last),
        (100, *hidden, last),
        (first, *hidden, max(last // 2, 1)),
        (first, *hidden, last + 5),
    ]


class Site(NamedTuple):
    """A place in a cell, and what may stand there instead."""

    node: ast.expr
    values: list[str]


def name_of(call: ast.expr) -> str:
    """The last part of what is called: `nn.Adam` is `Adam`."""
    return call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "")


def is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def are_numbers(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Tuple | ast.List)
        and len(node.elts) > 0
        and all(is_number(one) for one in node.elts)
    )


def sites(tree: ast.AST, source: str, data: list[str], rng: np.random.Generator) -> Iterator[Site]:
    """Walk through a cell and give what a reader may change in it.

    `data` are the folders of other data sets.
    """
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}

    def inside_untouched(node: ast.AST) -> bool:
        while node := parents.get(node):
            if isinstance(node, ast.Call) and name_of(node.func) in UNTOUCHED_CALLS:
                return True
            if isinstance(node, ast.keyword) and node.arg in DRAWING:
                return True
            if isinstance(node, ast.Assert):
                return True
        return False

    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and not inside_untouched(node):
            yield from sites_at(node, parents.get(node), source, data, rng)


def sites_at(
    node: ast.expr, parent: ast.AST | None, source: str, data: list[str], rng: np.random.Generator
) -> Iterator[Site]:
    if isinstance(node, ast.Call):
        name = name_of(node.func)
        if name == "load_mnist" and not node.args:
            yield Site(node.func, [f"{ast.unparse(node.func)}({folder!r}, " for folder in data])
        elif name in OPTIMIZERS:
            prefix = ast.unparse(node.func)[: -len(name)]
            yield Site(node.func, [prefix + other for other in OPTIMIZERS if other != name])
    if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith("initializers"):
        prefix = ast.unparse(node.value)
        yield Site(node, [f"{prefix}.{other}" for other in INITIALIZERS if other != node.attr])
    if isinstance(parent, ast.keyword) and not isinstance(node, ast.Name):
        if parent.arg in VALUES:
            yield Site(node, VALUES[parent.arg])
            return
        if parent.arg in COUNTS and is_number(node):
            yield Site(node, numbers_near(node.value))
            return
    if are_numbers(node):
        values = [one.value for one in node.elts]
        whole = all(isinstance(value, int) for value in values)
        if whole and len(values) > 1 and values[-1] == 10 and values[0] > 9:
            yield Site(node, [str(sizes) for sizes in other_sizes(values, rng)])
        elif isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Tuple):
            pass  # as many values as names
        elif isinstance(parent, ast.Assign | ast.For | ast.keyword | ast.comprehension):
            more = [*values, values[-1] * 2], values[:-1], values[:1], values[::-1]
            kind = tuple if isinstance(node, ast.Tuple) else list
            yield Site(node, [str(kind(some)) for some in more if some])
    if not is_number(node):
        return
    if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
        if parent.targets[0].id == "SEED":
            yield Site(node, [str(seed) for seed in rng.integers(1, 10_000, 12)])
        elif node.value:  # a count that starts at 0 is no parameter
            yield Site(node, numbers_near(node.value))
    elif isinstance(parent, ast.Slice) and parent.lower is None and node.value >= 10:
        yield Site(node, ["1", "10", "100", "1000", str(node.value // 2), str(2 * node.value)])
    elif isinstance(parent, ast.Call) and node in parent.args:
        name = name_of(parent.func)
        if name in OPTIMIZERS:
            yield Site(node, RATES)
        elif name in STRENGTHS:
            yield Site(node, numbers_near(node.value))
        elif name == "range" and node.value > 10:
            yield Site(node, numbers_near(node.value)[1:])  # not without a round
        elif name == "default_rng":
            yield Site(node, [str(seed) for seed in rng.integers(1, 10_000, 3)])


def replaced(source: str, node: ast.expr, text: str) -> str:
    """The source with another text in the place of a node."""
    lines = [line.encode() for line in source.splitlines(keepends=True)]
    starts = np.cumsum([0, *map(len, lines)])
    begin = starts[node.lineno - 1] + node.col_offset
    end = starts[node.end_lineno - 1] + node.end_col_offset
    whole = b"".join(lines)
    if text.endswith(", "):  # a first argument as well: what follows is the bracket
        end += 1
    return (whole[:begin] + text.encode() + whole[end:]).decode()


class Change(NamedTuple):
    """A cell with another value at one place."""

    cell: int
    words: str
    source: str


def changes_of(cells: list[Any], data: list[str], rng: np.random.Generator) -> list[list[Change]]:
    """For each place in a notebook, the changes that can be made there."""
    found = []
    parent = f"{Path(data[0]).parent}/"
    for k, cell in enumerate(cells):
        if NOT_CHANGED & set(cell.metadata.get("tags", [])) or "check(" in cell.source:
            continue
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:  # a line for IPython
            continue
        for node, values in sites(tree, cell.source, data, rng):
            old = ast.get_source_segment(cell.source, node)
            here = []
            for value in dict.fromkeys(values):
                source = replaced(cell.source, node, value)
                with contextlib.suppress(SyntaxError):
                    if ast.dump(ast.parse(source)) != ast.dump(tree):
                        words = f"line {node.lineno}: {old} -> {value}".replace(parent, "")
                        here.append(Change(k, words, source))
            if here:
                found.append(here)
    return found


def drawn(cells: list[Any], count: int, seed: int, data: list[str]) -> list[Change]:
    """Draw changes: a place, and then one of its values. None comes twice."""
    rng = np.random.default_rng(seed)
    places = changes_of(cells, data, rng)
    for place in places:
        rng.shuffle(place)
    chosen: list[Change] = []
    while len(chosen) < count and (left := [place for place in places if place]):
        for k in rng.permutation(len(left))[: count - len(chosen)]:
            chosen.append(left[k].pop())
    return sorted(chosen, key=lambda change: change.cell)


# --- data


def write_digits(folder: Path, parts: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    """Write a data set of MNIST's shape: the four files that `load_mnist` reads."""
    folder.mkdir()
    for part, (images, labels) in parts.items():
        head = struct.pack(">iiii", 2051, len(images), 28, 28)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(head + images.tobytes())
        head = struct.pack(">ii", 2049, len(labels))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(head + labels.astype(np.uint8).tobytes())


def write_sets(folder: Path) -> dict[str, str]:
    """Write a part of MNIST, and two other data sets in its form."""
    import nn_core

    X, y, X_test, y_test = nn_core.load_mnist(raw=True)

    def write(name: str, many: int, tests: int, change: Callable = lambda X, y: (X, y)) -> str:
        pairs = (X[:many], y[:many]), (X_test[:tests], y_test[:tests])
        parts = dict(zip(("train", "t10k"), (change(*pair) for pair in pairs), strict=True))
        write_digits(folder / name, parts)
        return str(folder / name)

    def inverted(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return 255 - X[:, ::-1], (3 * y + 1) % 10

    return {
        "part": write("part", 4_000, 10_000),
        "clothes": write("clothes", 4_000, 1_000, inverted),
        "few": write("few", 1_600, 300),
    }


# --- a reader's kernel


class Seen(NamedTuple):
    """What a cell showed that a reader should be told of."""

    notices: list[str]
    warned: list[str]
    figures: list[str]  # errors in figures with sliders
    error: BaseException | None


class Kernel:
    """Runs cells in this process, as a reader's kernel does."""

    def __init__(self) -> None:
        import matplotlib as mpl

        mpl.use("agg")
        import tqdm
        from IPython.core.displaypub import CapturingDisplayPublisher
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        tqdm.tqdm.monitor_interval = 0  # a thread would not live on in a child
        config = Config()
        config.HistoryManager.enabled = False
        self.shell = InteractiveShell.instance(config=config)
        self.shell.display_pub = CapturingDisplayPublisher(parent=self.shell)
        self.shell.showtraceback = lambda *_, **__: None
        self.figures: list[str] = []
        import nn_core.lab

        # A reader who takes another optimizer imports it.
        self.shell.push({name: getattr(nn_core, name) for name in OPTIMIZERS})
        self.explore = nn_core.lab.explore
        nn_core.lab.explore = self.try_sliders

    def try_sliders(self, fn: Callable, start: dict | None = None, **grid: Any) -> None:
        """Show a figure with sliders, and move them."""
        import matplotlib.pyplot as plt

        from nn_core.lab.display import catch

        self.explore(fn, start, **grid)
        ends = [{name: list(values)[k] for name, values in grid.items()} for k in (0, -1)]
        # explore refuses a start that is not on the grid, in a sentence.
        asked = {name: v for name, v in (start or {}).items() if v in list(grid.get(name, []))}
        for values in ({**ends[0], **asked}, ends[1]):
            try:
                with catch():
                    fn(**values)
            except Exception as error:
                self.figures.append(told(error))
            plt.close("all")

    def run(self, source: str) -> Seen:
        """Run a cell, and say what was seen."""
        warned: list[str] = []

        def note(message, category, filename, lineno, *_):
            # A kernel does not show these.
            quiet = DeprecationWarning, PendingDeprecationWarning, ResourceWarning
            if not issubclass(category, quiet):
                place = Path(filename).name
                warned.append(f"{category.__name__}: {message} ({place} line {lineno})")

        self.shell.display_pub.outputs.clear()
        self.figures.clear()
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("always")
            warnings.showwarning = note
            result = self.shell.run_cell(source, store_history=False)
        notices = []
        for output in self.shell.display_pub.outputs:
            html = output["data"].get("text/html", "")
            if NOTICE.search(html):
                notices.append(TAGS.sub("", html).split(" The book is measured")[0])
        error = result.error_in_exec or result.error_before_exec
        return Seen(notices, warned, list(self.figures), error)


def told(error: BaseException) -> str:
    """The last line of an error, where it was raised, and "sentence" if the course said it."""
    steps = traceback.extract_tb(error.__traceback__)
    last = steps[-1] if steps else None
    # Python's own sentence, of a call in the reader's cell that lacks an argument, say.
    called = isinstance(error, TypeError) and re.search(r"\(\) (missing|got|takes) ", str(error))
    spoken = called or (
        last is not None
        and (last.line or "").strip().startswith("raise")
        and last.filename.startswith((LIBRARY, "<ipython"))
    )
    where = f"{Path(last.filename).name}:{last.name}" if last else ""
    return f"{'sentence' if spoken else 'defect'}|{type(error).__name__}: {error} [{where}]"


# --- an experiment


class Ended(NamedTuple):
    """How a change ended, in which cell, and what was said there."""

    outcome: str
    cell: str
    text: str
    seconds: float


class TooLong(BaseException):
    """A cell needs more time than any should."""


def judge(kernel: Kernel, cells: list[Any], change: Change, usual: list[list[str]]) -> Ended:
    """Run a changed cell and those that follow. `usual` are notices without any change."""
    # The folders that cells have opened are the parent's, and of use to the next child.
    tempfile.TemporaryDirectory.cleanup = lambda _: None
    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, TOO_LONG)
    began = time.process_time()
    sentence = Ended("result", "", "", 0)
    for k in range(change.cell, len(cells)):
        if k > change.cell and time.process_time() - began > SECONDS:
            break
        source = change.source if k == change.cell else cells[k].source
        name = cells[k].id
        try:
            seen = kernel.run(source)
        except TooLong:
            seen = Seen([], [], [], TooLong())
        spent = time.process_time() - began
        if isinstance(seen.error, TooLong):
            return Ended("long", name, f"more than {TOO_LONG:.0f} s", spent)
        if seen.error is not None:
            outcome, text = told(seen.error).split("|", 1)
            return Ended(outcome, name, text, spent)
        for figure in seen.figures:
            outcome, text = figure.split("|", 1)
            if outcome == "defect":
                return Ended("defect", name, f"in a figure: {text}", spent)
            sentence = Ended("sentence", name, f"in a figure: {text}", spent)
        if new := [one for one in seen.warned if one not in usual[k]]:
            return Ended("defect", name, new[0], spent)
        if seen.notices and not usual[k] and sentence.outcome == "result":
            sentence = Ended("sentence", name, seen.notices[0], spent)
    return sentence._replace(seconds=time.process_time() - began)


def unchanged(kernel: Kernel, cells: list[Any]) -> list[list[str]]:
    """Run all cells as they are; give what each says, since claims miss the rest of the digits."""
    said = []
    for cell in cells:
        began = time.process_time()
        seen = kernel.run(cell.source)
        said.append([*seen.notices, *seen.warned, *seen.figures])
        if seen.error is not None:
            said[-1].append(f"{cell.id}: {told(seen.error)}")
        if (spent := time.process_time() - began) > 1:
            print(f"{cell.id} takes {spent:.1f} s")
    return said


def in_child(act: Callable[[], Any]) -> Any:
    """Let a child process do something, and give what it found."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out)
        try:
            signal.alarm(600)
            ended = act()
        except BaseException as error:
            ended = Ended("defect", "", "".join(traceback.format_exception(error))[-600:], 0)
        with os.fdopen(into, "w") as pipe:
            json.dump(ended, pipe)
        os._exit(0)
    os.close(into)
    with os.fdopen(out) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else Ended("defect", "", "the process died", 0)


def stop(*_: object) -> None:
    raise TooLong


def smaller(source: str) -> str:
    """A cell with fewer epochs and a smaller dev set, so that all of it takes seconds."""
    source = re.sub(r"\bdev_size=[\d_]+", "dev_size=1_000", source)
    return re.sub(r"\bepochs=(\d+)\b", lambda found: f"epochs={min(int(found[1]), 2)}", source)


def chosen(cells: list[Any], asked: list[list[str]]) -> list[Change]:
    """Make changes of people's own: a cell's id, a text in the cell, and another text."""
    found = []
    for name, old, new in asked:
        (k,) = [k for k, cell in enumerate(cells) if cell.id == name]
        if cells[k].source.count(old) != 1:
            raise ValueError(f"expected {old!r} once in the cell {name}, found {cells[k].source}")
        found.append(Change(k, f"{old} -> {new}", cells[k].source.replace(old, new)))
    return found


def experiments(
    notebook: Path, choose: Callable[[list[Any], list[str]], list[Change]]
) -> Iterator[dict[str, Any]]:
    """Make changes in a notebook, one after the other, and say how each ended.

    Parameters
    ----------
    notebook
        The chapter.
    choose
        Gives the changes, of the cells and of the folders of other data sets.
    """
    cells = [
        cell for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "code"
    ]
    kernel = Kernel()
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder  # what a child leaves behind goes with it
        sets = write_sets(Path(folder))
        import nn_core.data

        if notebook.stem != "01_data":  # chapter 01 reads the files itself, and needs all digits
            nn_core.data.MNIST_FOLDER = Path(sets["part"])
            for cell in cells:
                cell.source = smaller(cell.source)
        todo = choose(cells, [sets["clothes"], sets["few"]])
        usual = in_child(lambda: unchanged(kernel, cells))
        for k in range(max(change.cell for change in todo) + 1 if todo else 0):
            for change in todo:
                if change.cell == k:
                    ended = in_child(lambda change=change: judge(kernel, cells, change, usual))
                    yield {"at": cells[k].id, "change": change.words, **Ended(*ended)._asdict()}
            kernel.run(cells[k].source)


def main() -> str | None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapter", help="such as 06_training")
    parser.add_argument("count", type=int, help="how many changes to draw")
    parser.add_argument("--seed", type=int, default=0, help="of the changes that are drawn")
    parser.add_argument("--change", nargs=3, action="append", metavar=("CELL", "OLD", "NEW"))
    parser.add_argument("--out", type=Path, help="go on where this file of JSON lines ends")
    options = parser.parse_args()
    (notebook,) = (ROOT / "book").rglob(f"{options.chapter}.ipynb")
    known = []
    if options.out and options.out.exists():
        known = [json.loads(line) for line in options.out.read_text("utf-8").splitlines()]
    done = {(one["at"], one["change"]) for one in known}
    counts = Counter(one["outcome"] for one in known)

    def choose(cells: list[Any], data: list[str]) -> list[Change]:
        changes = chosen(cells, options.change or [])
        changes += drawn(cells, options.count, options.seed, data)
        return sorted(each for each in changes if (cells[each.cell].id, each.words) not in done)

    for one in experiments(notebook, choose):
        counts[one["outcome"]] += 1
        if options.out:
            with options.out.open("a", encoding="utf-8") as out:
                out.write(json.dumps(one) + "\n")
        if one["outcome"] not in ("result", "sentence"):
            print(f"{one['at']}, {one['change']}\n    {one['cell']}: {one['text']}", flush=True)
    print(dict(counts))
    return f"{counts['defect']} defects" if counts["defect"] else None


if __name__ == "__main__":
    sys.exit(main())

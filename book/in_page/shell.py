"""Run the cells of a page in an IPython shell, and post what they put out."""

import base64
import builtins
import io
import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

# Matplotlib shows the figures that are open at the end of a cell, as in Jupyter.
os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"

from IPython.core.completer import provisionalcompleter
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

MOST_TEXT = 200_000  # characters that a cell may print; more would make the page slow
MOST_DATA = 10_000_000  # characters of all displays of a cell
DISPLAY = 10_000  # characters that are as slow to show as a display that is empty
SECONDS = 0.1  # between two posts of printed text
FAST = 200  # outputs of a cell; between more the page gets time to draw, and for Stop
PAUSE = 0.02  # seconds of that time
NAP = 0.01  # seconds; while Python sleeps, Stop does not reach it


nap = time.sleep


def sleep(seconds: float) -> None:
    """Sleep in naps, between which Stop works."""
    end = time.perf_counter() + seconds - NAP
    while time.perf_counter() < end:
        nap(NAP)
    nap(min(seconds, max(0, end + NAP - time.perf_counter())))


class Outputs:
    """Posts the outputs of the cell that is running, as a notebook stores them."""

    def __init__(self) -> None:
        self.post: Callable[[dict[str, Any]], None] = lambda _: None
        self.begin()

    def begin(self) -> None:
        """Forget the last cell."""
        self.name, self.text, self.posted, self.sent = "stdout", "", 0.0, 0
        self.clear()

    def clear(self) -> None:
        """Forget how much the page shows."""
        self.printed, self.line, self.shown = 0, 0, 0

    def write(self, name: str, text: str) -> None:
        """Keep a printed text for a moment, since a loop may print thousands of lines a second."""
        if name != self.name:
            self.flush()
        if text.startswith("\r"):  # a progress bar, which replaces its line
            self.printed, self.line = self.printed - self.line, 0
        before, self.printed = self.printed, self.printed + len(text)
        _, ends, rest = text.rpartition("\n")
        self.line = len(rest) + (0 if ends else self.line)
        if before > MOST_TEXT:
            return
        if self.printed > MOST_TEXT:
            text = text[: MOST_TEXT - before] + (
                f"\n… This cell prints more than {MOST_TEXT:,} characters; the rest is left out.\n"
            )
        self.name, self.text = name, self.text + text
        if "\n" in text or "\r" in text:  # `print` writes the end of a line by itself
            self.flush_if_due()

    def flush_if_due(self) -> None:
        """Post the kept text if the last post is some time ago."""
        if time.perf_counter() - self.posted > SECONDS:
            self.flush()

    def flush(self) -> None:
        """Post the kept text."""
        if self.text:
            output = {"output_type": "stream", "name": self.name, "text": self.text}
            self.text, self.posted = ("", time.perf_counter())
            self.post(output)

    def send(self, output_type: str, **parts: Any) -> None:
        """Post an output after all that was printed before it."""
        self.flush()
        self.post({"output_type": output_type, **parts})
        self.sent += 1
        if self.sent > FAST:
            nap(PAUSE)

    def show(self, output_type: str, data: dict[str, Any], **parts: Any) -> None:
        """Post a display, with its Markdown also as HTML, since the page reads no Markdown."""
        data = {mime: _as_text(value) for mime, value in data.items()}
        if "text/markdown" in data:
            from nn_core.lab.markup import markup

            data["text/html"] = markup(data["text/markdown"])
        size = sum(len(str(value)) for value in data.values())
        if size > MOST_DATA:
            text = f"This output of {size:,} characters is too large for the page; show less of it."
            data, size = {"text/plain": text}, 0
        if output_type != "update_display_data":
            before, self.shown = self.shown, self.shown + size + DISPLAY
            if before > MOST_DATA:
                return
            if self.shown > MOST_DATA:
                text = "… This cell shows more than the page can hold; the rest is left out."
                data = {"text/plain": text}
        self.send(output_type, data=data, **parts)


def _as_text(value: object) -> object:
    """Give a value as a notebook stores it: bytes, such as those of a picture, in base64."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _cut(text: str) -> str:
    """Leave out what would make the page slow."""
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}\n… The rest is left out."


OUTPUTS = Outputs()
post_if_due = OUTPUTS.flush_if_due


class Stream(io.TextIOBase):
    """What `print` and `tqdm` write to."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, name: str) -> None:
        self.name = name

    def write(self, text: str) -> int:
        """Print."""
        OUTPUTS.write(self.name, text)
        return len(text)

    def flush(self) -> None:
        """Do nothing: the text is posted soon in any case."""

    def isatty(self) -> bool:
        """Say that this is no terminal, which would understand colours."""
        return False


class Publisher(DisplayPublisher):
    """Posts what `display` shows."""

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        """Post a new output, or one that replaces those with the same id."""
        kind = "update_display_data" if update else "display_data"
        OUTPUTS.show(kind, data, metadata=metadata or {}, transient=transient or {})

    def clear_output(self, wait: bool = False) -> None:
        """Let the page remove the outputs of this cell."""
        OUTPUTS.clear()
        OUTPUTS.send("clear_output", wait=wait)


class Hook(DisplayHook):
    """Posts the value of a cell's last line."""

    def write_output_prompt(self) -> None:
        """Write nothing: the page shows no numbers of cells."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:
        """Post the value in all its forms."""
        count = self.shell.execution_count
        OUTPUTS.show("execute_result", format_dict, metadata=md_dict or {}, execution_count=count)

    def finish_displayhook(self) -> None:
        """Write nothing after the value."""


class Shell(InteractiveShell):
    """IPython with a page in the place of the terminal."""

    display_pub_class = Type(Publisher)
    displayhook_class = Type(Hook)

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        """Post an error: first the lines of the reader, then those of the libraries they called."""
        library = [part for part in stb if part.startswith("File ")]
        own = [part for part in stb if part not in library and not part.startswith(RULE)]
        own = [part for part in own if not part.endswith(HEADING)]
        OUTPUTS.send(
            "error",
            ename=etype.__name__,
            evalue=_cut(str(evalue.msg if isinstance(evalue, SyntaxError) else evalue)),
            traceback=[_cut("\n".join(part)) for part in (own, library) if part],
        )

    def ask_exit(self) -> None:
        """Refuse to run `exit`."""
        raise UsageError("There is nothing to exit. Under More, below, is Restart Python.")

    def enable_gui(self, gui: str | None = None) -> None:
        """Do nothing more for `%matplotlib inline`: a page has no windows."""

    def system(self, cmd: str) -> None:
        """Refuse to run a line such as `!ls`."""
        raise UsageError("A page can start no other program: it has Python only.")

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> None:
        """Refuse to run a line such as `files = !ls`."""
        self.system(cmd)


# A traceback begins with a rule and a heading, and the page says that this is an error anyway.
# Hidden frames are IPython's.
RULE = ("-----", "    [... skipping hidden")
HEADING = "Traceback (most recent call last)"


def no_input(prompt: object = "") -> str:
    """Refuse to ask."""
    raise RuntimeError("input() cannot ask in a page: write the answer into the cell instead")


def no_pip(line: str) -> None:
    """Refuse to install."""
    raise UsageError("Nothing can be installed in a page. The packages of the course are there.")


def start() -> Shell:
    """Give the shell, which cells know as `get_ipython()`."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.autoawait = False
    config.InteractiveShell.colors = "nocolor"
    config.Completer.use_jedi = False
    # Completion would also offer files, of which there are none, and commands of IPython.
    config.IPCompleter.disable_matchers = [
        f"IPCompleter.{kind}_matcher" for kind in ("file", "magic", "magic_config", "magic_color")
    ]
    shell = Shell.instance(config=config)
    shell.register_magic_function(no_pip, magic_name="pip")
    builtins.input = no_input
    # Without widgets tqdm prints its bar, and without threads it does not look after it. After
    # sys.exit(), IPython tells how to exit.
    ignored = "IProgress not found|tqdm:disabling monitor support|To exit: use"
    warnings.filterwarnings("ignore", ignored)
    sys.stdout, sys.stderr = Stream("stdout"), Stream("stderr")
    time.sleep = sleep
    return shell


SHELL = start()


def run(source: str, post: Callable[[str], None]) -> str:
    """Run a cell. Give how it ended: "ok", "error" or "interrupted"."""
    OUTPUTS.begin()
    OUTPUTS.post = lambda output: post(json.dumps(output))
    result = SHELL.run_cell(source, store_history=True)
    OUTPUTS.flush()
    error = result.error_before_exec or result.error_in_exec
    if error is None:
        return "ok"
    return "interrupted" if isinstance(error, KeyboardInterrupt) else "error"


def complete(source: str, cursor: int) -> str:
    """Give the names that could stand at a place, and from where to where."""
    # JavaScript counts a character such as 🙂 as two.
    before = source.encode("utf-16-le")[: 2 * cursor].decode("utf-16-le", "ignore")
    with provisionalcompleter():
        found = list(SHELL.Completer.completions(source, len(before)))
    start = found[0].start if found else len(before)
    word = len(before[start:].encode("utf-16-le")) // 2
    matches = dict.fromkeys(each.text for each in found if each.start == start)
    return json.dumps({"from": cursor - word, "to": cursor, "matches": list(matches)})


def call(key: str, positions: str) -> str:
    """Give a frame of the sliders with this key."""
    from nn_core.lab.sliders import answer

    return answer(key, json.loads(positions))

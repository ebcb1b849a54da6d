"""A submission in a process of its own, with limits, which a grader asks for what it defines.

Run as a program, this module is that process. What is printed there goes nowhere, and no mark is
ever written there: the grader asks for values, and judges them in its own process.
"""

import ctypes
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import nn_core
from nn_core.lab.classroom.apart import Lost, Wire

NOBODY = 65534
MEMORY = 3 * 2**30  # bytes that a submission may ask for
FILES = 2**26  # bytes that a file which it writes may have
# What a program asks Python for before it reaches other programs, the network, or bare memory.
REFUSED = (
    "socket.", "subprocess.", "ctypes.", "sqlite3.", "winreg.", "webbrowser.", "pty.", "signal.",
    "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "os.startfile", "os.kill",
    "os.putenv", "os.link", "os.symlink", "os.chown", "os.chmod", "os.chflags", "sys.addaudithook",
)  # fmt: skip
CHANGING = ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate", "shutil.")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Submission:
    """The process of a submission, seen from the grader.

    Parameters
    ----------
    seconds
        How long it may take for one request: to run a cell, or to call a function.
    in_all
        How long it may live.
    """

    def __init__(self, seconds: float, in_all: float = 3600) -> None:
        self.seconds, self.late = seconds, False
        self.end = time.monotonic() + in_all
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        if is_root():
            os.chown(self._folder.name, NOBODY, NOBODY)
        # Nothing else of the grader's environment: there may be secrets in it.
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
        own = {"HOME": self._folder.name, "TMPDIR": self._folder.name, "MPLBACKEND": "agg"}
        own |= {"PYTHONPATH": str(Path(nn_core.__file__).parents[1])}
        own |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=self._folder.name, env=kept | own, bufsize=0, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        source, sink = self._process.stdout, self._process.stdin
        assert source is not None
        assert sink is not None
        self.wire = Wire(source, sink, trusts=False, within=self._within)

    def _within(self) -> threading.Timer:
        """End the process if a request takes too long."""

        def end() -> None:
            self.late = True
            self._process.kill()

        left = min(self.seconds, max(self.end - time.monotonic(), 0))
        timer = threading.Timer(left, end)
        timer.daemon = True
        timer.start()
        return timer

    def run(self, code: str) -> str:
        """Run a cell, and say in which exception it ended, if it did."""
        try:
            return str(self.wire.request("run", code))
        except Exception as error:  # a forged one
            return f"{type(error).__name__}: {error}"

    def fetch(self, names: Sequence[str]) -> dict[str, Any]:
        """Give what stands under these names, `...` where nothing does."""
        return {name: self._one(name) for name in names}

    def _one(self, name: str) -> Any:
        try:
            return self.wire.request("fetch", name)
        except Exception as error:  # what cannot be sent
            return error

    def last_words(self) -> str:
        """Say why there is no more to come."""
        if self.late:
            return f"it took longer than {self.seconds:g} s"
        return "it ended the process, asked for too much memory, or sent what cannot be read"

    def __enter__(self) -> "Submission":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()
        self._folder.cleanup()


# --- in the process


def confine(readable: Sequence[Path]) -> None:
    """Limit what this process can do from now on, as far as the system it runs on can.

    Python's own hook refuses files, programs and the network everywhere. Linux refuses them also
    where Python is not asked. Windows does not limit memory.
    """
    own = Path.cwd().resolve()
    if sys.platform == "linux":
        leave_network()
        reach_only([own], readable)
    if is_root():
        become_nobody(readable)
    if sys.platform != "win32":
        import resource

        limits = {"AS": MEMORY, "FSIZE": FILES, "NOFILE": 128, "NPROC": 0, "CORE": 0}
        for limit, most in limits.items():
            with suppress(ValueError, OSError):  # macOS does not know all of them
                resource.setrlimit(getattr(resource, f"RLIMIT_{limit}"), (most, most))

    def below(path: Any, roots: Sequence[Path]) -> bool:
        real = Path(os.path.realpath(os.fsdecode(path)))
        return any(real.is_relative_to(root) for root in roots)

    def hook(event: str, values: tuple[Any, ...]) -> None:
        if event.startswith(REFUSED):
            raise PermissionError(f"{event} is not possible here")
        if event == "open" and isinstance(values[0], str | bytes | os.PathLike):
            writing = isinstance(values[2], int) and values[2] & WRITING
            if not below(values[0], [own] if writing else [own, *readable]):
                raise PermissionError(f"{os.fsdecode(values[0])} is out of reach here")
        elif event.startswith(CHANGING):
            paths = [one for one in values if isinstance(one, str | bytes | os.PathLike)]
            if not all(below(one, [own]) for one in paths):
                raise PermissionError(f"{event} is not possible here")

    sys.addaudithook(hook)


def without_commands(cell: str) -> str:
    """Leave the lines out that speak to Jupyter, unless the cell is Python as it is."""
    try:
        compile(cell, "cell", "exec")
    except (SyntaxError, ValueError):
        lines = [line for line in cell.splitlines() if not line.lstrip().startswith(("%", "!"))]
        return "\n".join(lines)
    return cell


def is_root() -> bool:
    """Whether this process may do everything, as in a container of Gradescope."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def become_nobody(readable: Sequence[Path]) -> None:
    """Give root's rights up, unless Python itself could not be read then."""
    os.seteuid(NOBODY)
    possible = all(os.access(path, os.R_OK | os.X_OK, effective_ids=True) for path in readable)
    os.seteuid(0)
    if possible:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def leave_network() -> None:
    """Enter a network without any way out, if Linux lets us."""
    new_user, new_network = 0x10000000, 0x40000000
    library = ctypes.CDLL(None)
    if library.unshare(new_network) != 0:
        library.unshare(new_user | new_network)


def reach_only(writable: Sequence[Path], readable: Sequence[Path]) -> None:
    """Have Linux refuse all files but these, and all programs, by its Landlock, if it has it."""
    create, add, restrict, no_new_privileges = 444, 445, 446, 38
    library = ctypes.CDLL(None)
    version = library.syscall(create, None, 0, 1)
    if version < 1:
        return
    execute, write, read, look = 1, 2, 4, 8
    everything = 2**13 - 1 | (2**14 if version >= 3 else 0)
    rules = library.syscall(create, struct.pack("Q", everything), 8, 0)
    system = [Path(name) for name in ("/usr", "/lib", "/lib64", "/etc", "/dev/urandom")]
    rights = [(path, read | look) for path in (*readable, *system)]
    rights += [(path, everything - execute) for path in writable]
    rights += [(Path(os.devnull), read | write)]
    for path, right in rights:
        if path.exists():
            file = os.open(path, os.O_PATH)
            right = right if path.is_dir() else right & ~look
            library.syscall(add, rules, 1, struct.pack("=Qi", right, file), 0)
            os.close(file)
    library.prctl(no_new_privileges, 1, 0, 0, 0)
    library.syscall(restrict, rules, 0)


def main() -> None:
    """Do what the grader asks for, over what were standard input and output."""
    source, sink = (os.fdopen(os.dup(k), mode, buffering=0) for k, mode in ((0, "rb"), (1, "wb")))
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    names: dict[str, Any] = {"__name__": "__main__"}
    import nn_core.lab

    # A check shows its verdict to a reader; here is none.
    vars(nn_core.lab)["check"] = lambda *_: None

    def run(code: str) -> str:
        try:
            exec(compile(without_commands(code), "<a cell>", "exec"), names)
        except Lost:
            raise
        except BaseException as error:
            return f"{type(error).__name__}: {error}"[:300]
        return ""

    package = Path(nn_core.__file__).resolve().parent
    roots = {Path(path).resolve() for path in (*sys.path[1:], sys.prefix, sys.base_prefix) if path}
    if package.parent.name != "site-packages":  # beside it lies a repository, with whatever
        roots -= {package.parent}
    wire = Wire(source, sink, trusts=True)
    wire.verbs |= {"run": run, "fetch": lambda name: names.get(name, ...)}
    confine([package, *sorted(root for root in roots if root.exists())])
    try:
        wire.serve()
    except Lost:
        os._exit(0)  # the grader has what it wanted


if __name__ == "__main__":
    main()

"""Measure what a learner's server needs: the memory and the seconds of each notebook.

    python classroom/measure.py [NOTEBOOK ...]

executes notebooks as a learner does, from the first cell to the last, in a kernel of one thread,
and writes to `measured.json` what they took. From it follow the limits of the class (`limits.py`)
and the tables of the teaching guide (`measured.md`).
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import limits
import nbformat
import psutil
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
MEASURED = Path(__file__).with_name("measured.json")
BETWEEN = 0.05  # seconds between two looks at the memory
MEBIBYTE = 2**20


def resident(process: psutil.Process) -> int:
    """Give the bytes in memory of a process and of all that it has started."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:  # it has ended in between
            continue
    return total


class Watched(AsyncKernelManager):
    """A kernel that knows its process."""

    @property
    def pid(self) -> int:
        """Give the number of the kernel's process."""
        return self.provisioner.pid


async def execute(path: Path) -> dict[str, float]:
    """Execute a notebook, and give its seconds and the most memory that its kernel had."""
    peak = 0
    client = NotebookClient(
        nbformat.read(path, as_version=4),
        timeout=None,
        kernel_name="python3",
        kernel_manager_class=Watched,
        resources={"metadata": {"path": str(path.parent)}},
    )

    async def watch() -> None:
        nonlocal peak
        kernel = psutil.Process(client.km.pid)
        while True:
            peak = max(peak, resident(kernel))
            await asyncio.sleep(BETWEEN)

    async with client.async_setup_kernel():
        watching = asyncio.create_task(watch())
        began = time.perf_counter()
        for number, cell in enumerate(client.nb.cells):
            await client.async_execute_cell(cell, number)
        seconds = time.perf_counter() - began
        watching.cancel()
    return {"seconds": round(seconds, 1), "megabytes": round(peak / MEBIBYTE)}


def server() -> dict[str, float]:
    """Start JupyterLab with no notebook, and give the seconds and the memory that it takes."""
    with tempfile.TemporaryDirectory() as folder:
        places = {
            name: folder
            for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
        }
        began = time.perf_counter()
        started = psutil.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0"],
            cwd=folder,
            env={**os.environ, **places},
        )
        try:
            while not [*Path(folder).glob("jpserver-*.json")]:
                time.sleep(BETWEEN)
            seconds = time.perf_counter() - began
            time.sleep(5)  # it loads what it extends itself with
            return {"seconds": round(seconds, 1), "megabytes": round(resident(started) / MEBIBYTE)}
        finally:
            started.terminate()
            started.wait()


def tables(found: dict[str, dict[str, float]]) -> str:
    """Write the tables of the teaching guide in Markdown."""
    lines = ["| notebook | seconds | most memory, MB |", "|---|---|---|"]
    for name, row in found.items():
        title = "JupyterLab by itself" if name == "server" else f"{{doc}}`/book/{name}`"
        lines.append(f"| {title} | {row['seconds']:.0f} | {row['megabytes']:,} |")
    bounds = limits.Limits.of(found)
    lines += [
        "",
        f"So a learner's server may take {bounds.limit:,} MB, room enough for a second notebook. "
        "Beyond that a kernel ends, says so, and starts again; server and notebook stay. "
        f"Where all run the largest notebook at the same time, each takes {bounds.need:,} MB:",
        "",
        "| memory of the machine | learners |",
        "|---|---|",
    ]
    for gigabytes in (8, 16, 32, 64, 128):
        lines.append(f"| {gigabytes} GB | {bounds.learners(1024 * gigabytes)} |")
    return "\n".join(lines) + "\n"


def main(names: list[str]) -> None:
    """Measure these notebooks, or else all and the server, and write what was found."""
    os.environ.update(
        dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    )
    book = ROOT / "book"
    paths = [*map(Path, names)] or [*book.glob("[0-9]*.ipynb"), *book.glob("appendix/*.ipynb")]
    found = json.loads(MEASURED.read_text("utf-8"))
    if not names:
        found["server"] = server()
    for path in sorted(path.resolve() for path in paths):
        name = path.relative_to(book).with_suffix("").as_posix()
        found[name] = asyncio.run(execute(path))
        print(f"{name:25} {found[name]['seconds']:6.1f} s {found[name]['megabytes']:6.0f} MB")
        MEASURED.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")
    MEASURED.with_suffix(".md").write_text(tables(found), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

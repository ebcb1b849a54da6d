"""Execute the notebooks of the book, several at a time, and keep their outputs.

The outputs of a notebook depend on its code, on `nn_core`, on the locked versions and on Python. A
hash of these is the key of the outputs in `_build/executed`. So after a change of the text nothing
is executed again, and after a change of `nn_core` everything is.

nbval executes the notebooks, and `chapters.py` keeps the outputs. The book shows these outputs
(`course.py`), and the tests check them.
"""

import functools
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "_build" / "executed"
# Chapter 13 reads the last of these files.
RUNS_WITH = ("nn_core", "requirements.txt", "benchmarks/results.json")
AT_MOST = 10  # kept outputs of each notebook, so that a change of branch needs no execution
# There are as many processes as cores, so each process uses one thread.
ONE_THREAD = dict.fromkeys(
    (
        "OPENBLAS_NUM_THREADS",
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",  # Accelerate, on macOS
    ),
    "1",
)


@functools.cache
def fingerprint(*places: str) -> str:
    """Give a hash of Python and of the files, or of all files in the folders, of this checkout."""
    found = hashlib.sha256(sys.version.encode())
    for place in places:
        path = ROOT / place
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                content = file.read_bytes()
                name = file.relative_to(ROOT).as_posix()
                found.update(f"{name} {len(content)} ".encode() + content)
    return found.hexdigest()


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Give the cells that are executed."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def kept_at(path: Path) -> Path:
    """Give the path of the kept outputs for the present content of a notebook."""
    notebook = nbformat.read(path, as_version=4)
    code = [(cell.source, cell.metadata.get("tags", [])) for cell in code_cells(notebook)]
    key = hashlib.sha256(f"{fingerprint(*RUNS_WITH)} {json.dumps(code)}".encode())
    return KEPT / f"{path.stem}.{key.hexdigest()[:16]}.json"


def is_executed(path: Path) -> bool:
    """Whether the present content of a notebook was executed and no cell failed."""
    return kept_at(path).exists()


def keep(path: Path, place: Path, pages: list[list], live: list[list], seconds: float) -> None:
    """Keep the outputs of a notebook at `place`, the path of `kept_at` before the execution.

    For each cell, `pages` has the outputs of a build of the book, and `live` those beside a kernel,
    if the cell has two faces. If the notebook or `nn_core` has changed during the execution, nobody
    knows which content was executed. Then the function keeps nothing.
    """
    fingerprint.cache_clear()
    if kept_at(path) != place:
        return
    # A widget, such as a progress bar, needs a kernel.
    widget = "application/vnd.jupyter.widget-view+json"
    kept = {
        face: [[out for out in shown if widget not in out.get("data", {})] for shown in outputs]
        for face, outputs in {"pages": pages, "live": live}.items()
    }
    KEPT.mkdir(parents=True, exist_ok=True)
    # Another process may read or write this file at the same time.
    draft = place.with_name(f"{place.name}.{os.getpid()}")
    draft.write_text(json.dumps({"seconds": seconds, **kept}), "utf-8")
    draft.replace(place)
    for old in newest(path)[AT_MOST:]:
        old.unlink(missing_ok=True)


def newest(path: Path) -> list[Path]:
    """List the files with kept outputs of a notebook, the newest first."""
    return sorted(KEPT.glob(f"{path.stem}.*.json"), key=lambda kept: -kept.stat().st_mtime)


def executed(path: Path, *, live: bool = False) -> nbformat.NotebookNode:
    """Give a notebook with its kept outputs: those of a page, or `live`, those beside a kernel."""
    notebook = nbformat.read(path, as_version=4)
    kept = json.loads(kept_at(path).read_text("utf-8"))
    for cell, page, beside in zip(code_cells(notebook), kept["pages"], kept["live"], strict=True):
        cell.outputs = [nbformat.from_dict(output) for output in (live and beside) or page]
    return notebook


def expected_seconds(path: Path) -> float:
    """Estimate the execution time of a notebook.

    The estimate is the time of the last execution here, or else the time in the ledger of claims.
    """
    for kept in newest(path)[:1]:
        return json.loads(kept.read_text("utf-8"))["seconds"]
    place = path.relative_to(ROOT / "book").with_suffix("").as_posix()
    ledger = json.loads((ROOT / "book" / "claims.json").read_text("utf-8"))
    return next((row["chapter_seconds"] for row in ledger if row["chapter"] == place), 10.0)


def execute(paths: list[Path]) -> bool:
    """Execute the notebooks without kept outputs, the longest first; give whether all succeeded."""
    missing = [path for path in paths if not is_executed(path)]
    if not missing:
        return True
    missing.sort(key=expected_seconds, reverse=True)
    processes = min(len(missing), os.cpu_count() or 1)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--quiet", "--no-header", "--tb=short"),
            # A single notebook needs no worker process.
            *("--dist=loadfile", f"--numprocesses={processes if processes > 1 else 0}"),
            *missing,
        ],
        cwd=ROOT,
        check=False,
    )
    return done.returncode == 0

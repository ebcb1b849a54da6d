"""Executes the notebooks of the book: each once for each content, several at a time.

What a notebook shows is decided by its code, by `nn_core`, by the locked versions and by Python. A
hash of these is its key, and what it showed is kept under that key in `_build/executed`. So another
sentence leaves all of it as it is, and another line of `nn_core` makes all of it anew.

The execution itself is nbval's: `chapters.py` keeps what its cells show. The book is built
from that (`course.py`), and the tests judge by it.
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
# The last is what chapter 13 reads.
RUNS_WITH = ("nn_core", "requirements.txt", "benchmarks/results.json")
AT_MOST = 10  # contents that are kept of each notebook, for those who change branches
# Each process keeps to one core: there is one for each.
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
    """Say where what a notebook shows is kept, as it is now."""
    notebook = nbformat.read(path, as_version=4)
    code = [(cell.source, cell.metadata.get("tags", [])) for cell in code_cells(notebook)]
    key = hashlib.sha256(f"{fingerprint(*RUNS_WITH)} {json.dumps(code)}".encode())
    return KEPT / f"{path.stem}.{key.hexdigest()[:16]}.json"


def is_executed(path: Path) -> bool:
    """Tell whether a notebook has been executed as it is now, and no cell failed."""
    return kept_at(path).exists()


def keep(path: Path, place: Path, pages: list[list], live: list[list], seconds: float) -> None:
    """Keep what the cells of a notebook have shown, where `kept_at` said before it began.

    For each cell, `pages` has the outputs that it gives while the book is built, and `live` those
    that a cell with two faces gives where there is a kernel. Nothing is kept if the notebook or the
    code beside it has changed in the meantime: then nobody can say which of it has run.
    """
    fingerprint.cache_clear()
    if kept_at(path) != place:
        return
    # A widget, such as a progress bar, is nothing without a kernel.
    widget = "application/vnd.jupyter.widget-view+json"
    kept = {
        face: [[one for one in shown if widget not in one.get("data", {})] for shown in outputs]
        for face, outputs in {"pages": pages, "live": live}.items()
    }
    KEPT.mkdir(parents=True, exist_ok=True)
    # Another process may read or write the same at this moment.
    draft = place.with_name(f"{place.name}.{os.getpid()}")
    draft.write_text(json.dumps({"seconds": seconds, **kept}), "utf-8")
    draft.replace(place)
    for old in newest(path)[AT_MOST:]:
        old.unlink(missing_ok=True)


def newest(path: Path) -> list[Path]:
    """List all that is kept of a notebook, the newest first."""
    return sorted(KEPT.glob(f"{path.stem}.*.json"), key=lambda kept: -kept.stat().st_mtime)


def executed(path: Path, *, live: bool = False) -> nbformat.NotebookNode:
    """Give a notebook with what its cells have shown: for a page, or live, as beside a kernel."""
    notebook = nbformat.read(path, as_version=4)
    kept = json.loads(kept_at(path).read_text("utf-8"))
    for cell, page, beside in zip(code_cells(notebook), kept["pages"], kept["live"], strict=True):
        cell.outputs = [nbformat.from_dict(output) for output in (live and beside) or page]
    return notebook


def expected_seconds(path: Path) -> float:
    """Guess how long a notebook will take: as long as it last took here, or where it was measured.

    The ledger of claims says how long each chapter took there.
    """
    for kept in newest(path)[:1]:
        return json.loads(kept.read_text("utf-8"))["seconds"]
    place = path.relative_to(ROOT / "book").with_suffix("").as_posix()
    ledger = json.loads((ROOT / "book" / "claims.json").read_text("utf-8"))
    return next((row["chapter_seconds"] for row in ledger if row["chapter"] == place), 10.0)


def execute(paths: list[Path]) -> bool:
    """Execute those of the notebooks that need it, the longest first. Say whether all went well."""
    missing = [path for path in paths if not is_executed(path)]
    if not missing:
        return True
    missing.sort(key=expected_seconds, reverse=True)
    processes = min(len(missing), os.cpu_count() or 1)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--quiet", "--no-header", "--tb=short"),
            # One alone needs no further process.
            *("--dist=loadfile", f"--numprocesses={processes if processes > 1 else 0}"),
            *missing,
        ],
        cwd=ROOT,
        check=False,
    )
    return done.returncode == 0

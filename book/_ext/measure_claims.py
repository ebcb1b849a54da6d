"""Measure the claims of the book: run its chapters with five seeds and write the ledger.

    python book/_ext/measure_claims.py book/00_tour.ipynb book/01_data.ipynb

Without arguments, the script runs all notebooks.
"""

import argparse
import json
import platform
import statistics
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nn_core.lab.claims import RECORD

from clean_notebooks import notebooks

BOOK = Path(__file__).resolve().parents[1]
LEDGER = BOOK / "claims.json"
SEEDS = range(5)


def measure(chapter: Path, seed: int) -> tuple[list[dict], float]:
    """Run a chapter with another seed. Give its claims and its running time in seconds.

    The seed replaces the content of the cell tagged `seed`, which is `SEED = 0`.
    """
    notebook = nbformat.read(chapter, as_version=4)
    cells = [cell for cell in notebook.cells if "seed" in cell.metadata.get("tags", [])]
    if len(cells) != 1:
        raise ValueError(f"{chapter}: expected one cell tagged 'seed', found {len(cells)}")
    cells[0].source = f"SEED = {seed}"
    began = time.perf_counter()
    NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": chapter.parent}}
    ).execute()
    seconds = time.perf_counter() - began
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    found = [output.get("metadata", {}).get(RECORD) for output in outputs]
    return [dict(record) for record in found if record], seconds


def main() -> None:
    """Measure the claims of the chapters on the command line, and write them into the ledger."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("chapters", nargs="*", type=Path)
    chapters = parser.parse_args().chapters or notebooks()
    ledger = json.loads(LEDGER.read_text("utf-8")) if LEDGER.exists() else []
    for chapter in chapters:
        place = chapter.resolve().relative_to(BOOK).with_suffix("").as_posix()
        ledger = [entry for entry in ledger if entry["chapter"] != place]
        runs = []
        for seed in SEEDS:
            print(f"{chapter} with seed {seed} ...", file=sys.stderr)
            runs.append(measure(chapter, seed))
        seconds = statistics.median(seconds for _, seconds in runs)
        for records in zip(*(records for records, _ in runs), strict=True):
            values = [record.pop("value") for record in records]
            ledger.append(
                {
                    "chapter": place,
                    **records[0],
                    "values": values,
                    "mean": statistics.mean(values),
                    "spread": statistics.stdev(values),
                    "chapter_seconds": round(seconds, 1),
                    "machine": f"{platform.machine()}, Python {platform.python_version()}",
                }
            )
    ledger.sort(key=lambda entry: (entry["chapter"], entry["name"]))
    LEDGER.write_text(json.dumps(ledger, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()

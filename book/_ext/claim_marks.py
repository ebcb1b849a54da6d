"""Write a kept claim as a quiet mark, which opens to the statement and its five seeds."""

import functools
import json
from html import escape
from pathlib import Path
from typing import Any

LEDGER = Path(__file__).resolve().parents[1] / "claims.json"


@functools.cache
def ledger() -> dict[str, dict[str, Any]]:
    """Give the entries of the ledger, by the name of the claim."""
    return {entry["name"]: entry for entry in json.loads(LEDGER.read_text("utf-8"))}


def statement(record: dict[str, Any]) -> str:
    """Give what a claim is about, as a sentence begins."""
    return record["statement"][0].upper() + record["statement"][1:]


def mark(record: dict[str, Any]) -> str:
    """Write the mark of a claim, from what `nn_core.lab.claim` has recorded of this run."""
    form = record["form"].format

    def number(value: float) -> str:
        return f'<span class="course-number">{form(value)}</span>'

    bound = form(record["bound"])
    promised = f"at least {bound}" if record["side"] == "at least" else f"at most {bound}"
    lines = [f"{escape(statement(record))}: {number(record['value'])}, promised {promised}."]
    if entry := ledger().get(record["name"]):
        seeds = ", ".join(map(number, entry["values"]))
        mean, spread = number(entry["mean"]), number(entry["spread"])
        lines.append(f"With five seeds: {seeds}. Mean {mean}, spread {spread}.")
    told = "".join(f"<p>{line}</p>" for line in lines)
    return (
        f'<details class="course-claim" data-claim="{escape(record["name"])}"><summary>'
        '<span aria-hidden="true">✓</span><span class="lab-unseen">Claim kept:</span> '
        f"{promised}</summary><div>{told}</div></details>"
    )

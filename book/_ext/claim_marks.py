"""Write a kept claim as a quiet mark, which opens to the statement and its five seeds."""

import functools
import json
from html import escape
from pathlib import Path
from typing import Any

LEDGER = Path(__file__).resolve().parents[1] / "claims.json"
SIGNS = {"at least": "≥", "at most": "≤"}


@functools.cache
def ledger() -> dict[str, dict[str, Any]]:
    """Give the entries of the ledger, by the name of the claim."""
    return {entry["name"]: entry for entry in json.loads(LEDGER.read_text("utf-8"))}


def mark(record: dict[str, Any]) -> str:
    """Write the mark of a claim, from what `nn_core.lab.claim` has recorded of this run."""
    form = record["form"].format
    bound = form(record["bound"])
    lines = [
        f"{escape(record['statement'])}: <strong>{form(record['value'])}</strong>, "
        f"promised {record['side']} {bound}."
    ]
    if entry := ledger().get(record["name"]):
        seeds = ", ".join(form(value) for value in entry["values"])
        lines.append(
            f"With five other seeds: {seeds}. "
            f"Mean {form(entry['mean'])}, spread {form(entry['spread'])}."
        )
    told = "".join(f"<p>{line}</p>" for line in lines)
    return (
        f'<details class="course-claim" data-claim="{escape(record["name"])}"><summary>'
        '<span aria-hidden="true">✓</span><span class="shell-unseen">Claim kept:</span> '
        f"{SIGNS[record['side']]} {bound}</summary><div>{told}</div></details>"
    )

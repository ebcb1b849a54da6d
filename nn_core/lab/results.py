"""Results that take too long for a chapter: a script made them, and they come with the package."""

import json
from importlib.resources import files
from typing import Any


def stored(name: str) -> dict[str, Any]:
    """Give the results that the script `book/stored/<name>.py` has measured.

    Raises
    ------
    ValueError
        Nothing is stored under that name.
    """
    folder = files("nn_core.lab") / "stored"
    known = sorted(file.name.removesuffix(".json") for file in folder.iterdir())
    if name not in known:
        raise ValueError(f"expected one of {', '.join(known)}, found {name!r}")
    results: dict[str, Any] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return results

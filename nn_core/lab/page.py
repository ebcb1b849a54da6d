"""What moves and answers in a page: an element, and the script that brings it to life.

`place("quiz", data)` shows an element that the script `static/quiz.js` finds and fills. With a
kernel, scripts and style are shown with it. While the book is built, only the element is: the page
loads the scripts it needs once, and the reader's browser keeps them (book/_ext/course.py).
"""

import json
import os
from html import escape
from importlib.resources import files
from typing import NamedTuple

from IPython.display import HTML, display

BUILDING = "NN_CORE_BOOK"  # the environment variable that is set while the book is built


class Kind(NamedTuple):
    """What all elements of a kind have in common."""

    label: str  # what it is, for those who cannot see it
    scripts: tuple[str, ...]  # files in `static`, in the order in which they run
    styles: tuple[str, ...] = ("lab",)


KINDS: dict[str, Kind] = {
    "playground": Kind(
        "A network that learns in this page",
        ("lab", "network", "session", "playground"),
        ("lab", "playground"),
    ),
}


def building() -> bool:
    """Whether the book is being built, so that no kernel will be there for the reader."""
    return bool(os.environ.get(BUILDING))


def static(name: str) -> str:
    """Give the text of a file in `nn_core/lab/static`."""
    return (files("nn_core.lab") / "static" / name).read_text("utf-8")


def element(kind: str, data: object = None, *, label: str = "", fallback: str = "") -> str:
    """Write the HTML of an element that a script fills.

    Parameters
    ----------
    kind
        One of `KINDS`.
    data
        What the script is given, as JSON.
    label
        What this one is, where it can be said better than for all of its kind.
    fallback
        HTML that stands there until the script has run.
    """
    # "</" would end the script element, wherever it stands.
    text = json.dumps(data, ensure_ascii=False).replace("</", r"<\/")
    # In JupyterLab, keys pressed inside belong to the element and are no shortcuts.
    return (
        f'<div class="lab lab-{kind}" data-lab="{kind}" role="group" '
        f'aria-label="{escape(label or KINDS[kind].label)}" '
        f'data-lm-suppress-shortcuts="true"><script type="application/json">{text}</script>'
        f"{fallback}</div>"
    )


def place(kind: str, data: object = None, *, label: str = "", fallback: str = "") -> None:
    """Show an element, with all that it needs to work where it is shown."""
    html = element(kind, data, label=label, fallback=fallback)
    if not building():
        style = "\n".join(static(f"{name}.css") for name in KINDS[kind].styles)
        scripts = "\n".join(static(f"{name}.js") for name in KINDS[kind].scripts)
        html = f"<style>{style}</style>{html}<script>{scripts}</script>"
    display(HTML(html))

"""What moves and answers in a page: an element, and the script that brings it to life.

`place("explore", data)` shows an element that the script `static/explore.js` finds and fills. Some
elements, such as quizzes, are complete without a script and bring only their style. With a kernel,
scripts and style are shown with the element. While the book is built, only the element is: the page
loads what it needs once, and the reader's browser keeps it (book/_ext/course.py).
"""

import json
import os
import re
from html import escape
from importlib.resources import files
from typing import NamedTuple

from IPython.display import display

BUILDING = "NN_CORE_BOOK"  # the environment variable that is set while the book is built
# In JupyterLab, keys pressed on an element with this attribute belong to it and are no shortcuts.
# It must be on what has the focus, not around it. Where there is a script, lab.js sees to that.
OWN_KEYS = 'data-lm-suppress-shortcuts="true"'

# In a script: a comment that has its lines to itself.
COMMENT = re.compile(r"^ *(?://.*|/\*\*(?:(?!\*/)[\s\S])*\*/)\n", re.MULTILINE)


class Kind(NamedTuple):
    """What all elements of a kind have in common."""

    label: str  # what it is, for those who cannot see it
    scripts: tuple[str, ...]  # files in `static`, in the order in which they run
    styles: tuple[str, ...] = ("lab",)


FIGURE = (("lab", "network", "figures"), ("lab", "figures"))  # what figures.js needs

KINDS: dict[str, Kind] = {
    "activation": Kind("figure with sliders: an activation and its derivative", *FIGURE),
    "losses": Kind("figure with sliders: two losses and their gradients", *FIGURE),
    "neuron": Kind("figure with sliders: one neuron with two inputs", *FIGURE),
    "softmax": Kind("figure with sliders: softmax with a temperature", *FIGURE),
    "valley": Kind("figure with sliders: gradient descent in a valley", *FIGURE),
    "exercise": Kind("exercise", (), ("lab", "exercises")),
    "quiz": Kind("quiz", (), ("lab", "quiz")),
    "draw": Kind("Draw a digit", ("lab", "network", "digits", "draw"), ("lab", "draw")),
    "explore": Kind("Figure with sliders", ("lab", "explore"), ("lab", "explore")),
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


def script(name: str) -> str:
    """Give the text of a script in `nn_core/lab/static`, without its comments and types.

    People who read the file need them. Without them, pages are smaller.
    """
    return COMMENT.sub("", static(f"{name}.js"))


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
    return (
        f'<div class="lab lab-{kind}" data-lab="{kind}" role="group" '
        f'aria-label="{escape(label or KINDS[kind].label)}">'
        f'<script type="application/json">{text}</script>{fallback}</div>'
    )


def place(
    kind: str, data: object = None, *, label: str = "", fallback: str = "", plain: str = ""
) -> None:
    """Show an element, with all that it needs to work where it is shown.

    `plain` is what a place without HTML shows, such as a terminal.
    """
    html = element(kind, data, label=label, fallback=fallback)
    if not building():
        style = "\n".join(static(f"{name}.css") for name in KINDS[kind].styles)
        scripts = "\n".join(script(name) for name in KINDS[kind].scripts)
        html = f"<style>{style}</style>{html}<script>{scripts}</script>"
    display({"text/html": html, "text/plain": plain or label or KINDS[kind].label}, raw=True)

"""Interactive elements of a page, and the scripts that fill them.

`place("explore", data)` shows an element that the script `static/explore.js` finds and fills. Some
elements, such as quizzes, need no script, but only a style. With a kernel, the output of a cell
holds the element, its scripts and its style. While the book is built, the output holds only the
element: the page loads scripts and styles once, and the browser caches them (book/_ext/course.py).
So does a page in which Python runs (book/in_page).
"""

import json
import os
import re
import sys
from html import escape
from importlib.resources import files
from typing import NamedTuple

from IPython.display import display

BUILDING = "NN_CORE_BOOK"  # the environment variable that is set while the book is built
# In JupyterLab, a key on an element with this attribute is no shortcut. The element with the focus
# must have the attribute; a parent with it has no effect. In elements with scripts, lab.js sets it.
OWN_KEYS = 'data-lm-suppress-shortcuts="true"'

# A comment in a script, with no code on its lines.
COMMENT = re.compile(r"^ *(?://.*|/\*\*(?:(?!\*/)[\s\S])*\*/)\n", re.MULTILINE)


class Kind(NamedTuple):
    """The properties of all elements of one kind."""

    label: str  # the name for screen readers
    scripts: tuple[str, ...]  # files in `static`, in the order in which they run
    styles: tuple[str, ...] = ("lab",)


# Scripts and styles of figures, and of those that the browser computes.
FIGURE = (("lab", "values"), ("lab", "plot"))
LIVE = (("lab", "network", "figures"), ("lab", "plot", "figures"))

# The name of a figure that the browser computes is its caption.
KINDS: dict[str, Kind] = {
    "activation": Kind("An activation and its derivative", *LIVE),
    "losses": Kind("Two losses for one answer that should be 1", *LIVE),
    "neuron": Kind("One neuron with two inputs", *LIVE),
    "softmax": Kind("From scores to probabilities", *LIVE),
    "valley": Kind("Down a valley, step by step", *LIVE),
    "plot": Kind("Figure", *FIGURE),
    "explore": Kind(
        "Figure with sliders", ("lab", "values", "explore"), ("lab", "plot", "explore")
    ),
    "exercise": Kind("exercise", (), ("lab", "exercises")),
    "quiz": Kind("quiz", (), ("lab", "quiz")),
    "draw": Kind("Draw a digit", ("lab", "network", "digits", "draw"), ("lab", "draw")),
    "playground": Kind(
        "A network that learns in this page",
        ("lab", "network", "session", "pictures", "playground"),
        ("lab", "playground"),
    ),
}


def building() -> bool:
    """Whether the book is being built. Its readers have no kernel."""
    return bool(os.environ.get(BUILDING))


def in_page() -> bool:
    """Whether this Python runs in a page of the book: WebAssembly, without threads or processes."""
    return sys.platform == "emscripten"


def static(name: str) -> str:
    """Give the text of a file in `nn_core/lab/static`."""
    return (files("nn_core.lab") / "static" / name).read_text("utf-8")


def script(name: str) -> str:
    """Give the text of a script in `nn_core/lab/static`, without its comments and types.

    Only readers of the file need comments and types. Without them, pages are smaller.
    """
    return COMMENT.sub("", static(f"{name}.js"))


def element(kind: str, data: object = None, *, label: str = "", fallback: str = "") -> str:
    """Write the HTML of an element that a script fills.

    Parameters
    ----------
    kind
        One of `KINDS`.
    data
        The data for the script, as JSON.
    label
        The name for screen readers. The default is the label of the kind.
    fallback
        HTML that is shown until the script has run.
    """
    # "</" would end the script element, even inside a string.
    text = json.dumps(data, ensure_ascii=False).replace("</", r"<\/")
    if "figures" in KINDS[kind].scripts:
        fallback += caption(KINDS[kind].label)
    # A figure has its name from its caption.
    tag, name = (
        ("figure", "") if "plot" in KINDS[kind].styles else ("div", label or KINDS[kind].label)
    )
    named = f' role="group" aria-label="{escape(name)}"' if name else ""
    return (
        f'<{tag} class="lab lab-{kind}" data-lab="{kind}"{named}>'
        f'<script type="application/json">{text}</script>{fallback}</{tag}>'
    )


def caption(finding: str) -> str:
    """Write the caption of a figure. The book puts a number in front of it."""
    return f'<figcaption><span class="lab-finding">{escape(finding)}</span></figcaption>'


def place(
    kind: str, data: object = None, *, label: str = "", fallback: str = "", plain: str = ""
) -> None:
    """Show an element, and with a kernel of Jupyter also its scripts and styles.

    A terminal, which cannot show HTML, shows the text `plain`.
    """
    html = element(kind, data, label=label, fallback=fallback)
    if not building() and not in_page():
        style = "\n".join(static(f"{name}.css") for name in KINDS[kind].styles)
        scripts = "\n".join(script(name) for name in KINDS[kind].scripts)
        html = f"<style>{style}</style>{html}<script>{scripts}</script>"
    display({"text/html": html, "text/plain": plain or label or KINDS[kind].label}, raw=True)

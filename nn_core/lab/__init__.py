"""Tools for the chapters: figures, numbers, claims, exercises and quizzes.

Their modules are imported when one of their names is first used. Figures need Matplotlib, which
takes a third of a second to import, and several seconds in a page of the book.
"""

from importlib import import_module
from typing import Any

from IPython.core.getipython import get_ipython

from nn_core.lab.page import building
from nn_core.tools.threads import follow_free_cores

_MODULES = {
    "check": "exercises",
    "claim": "claims",
    "draw_digit": "figures",
    "expect": "claims",
    "explore": "sliders",
    "hint": "exercises",
    "live": "figures",
    "quiz": "questions",
    "say": "sentences",
    "show": "display",
    "show_boundary": "plots",
    "show_confusion": "plots",
    "show_digits": "plots",
    "show_graph": "graph",
    "show_histories": "curves",
    "show_history": "curves",
    "show_lines": "curves",
    "show_reliability": "curves",
    "show_weights": "plots",
    "solution": "exercises",
    "stored": "results",
    "summit": "results",
}
__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    """Import a name of `__all__`."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    """Give the names that editors offer."""
    return __all__


# A reader's notebook shares its cores with other programs. A book is built with one thread.
if getattr(get_ipython(), "kernel", None) is not None and not building():
    follow_free_cores()

"""Tools for the chapters: figures, numbers, claims, exercises and quizzes."""

from IPython.core.getipython import get_ipython

from nn_core.lab.claims import claim, expect
from nn_core.lab.curves import (
    show_histories,
    show_history,
    show_lines,
    show_reliability,
)
from nn_core.lab.display import say, show
from nn_core.lab.exercises import check, hint, solution
from nn_core.lab.figures import draw_digit, live
from nn_core.lab.graph import show_graph
from nn_core.lab.page import building
from nn_core.lab.plots import (
    show_boundary,
    show_confusion,
    show_digits,
    show_weights,
)
from nn_core.lab.questions import quiz
from nn_core.lab.results import stored, summit
from nn_core.lab.sliders import explore
from nn_core.tools.threads import follow_free_cores

__all__ = [
    "check",
    "claim",
    "draw_digit",
    "expect",
    "explore",
    "hint",
    "live",
    "quiz",
    "say",
    "show",
    "show_boundary",
    "show_confusion",
    "show_digits",
    "show_graph",
    "show_histories",
    "show_history",
    "show_lines",
    "show_reliability",
    "show_weights",
    "solution",
    "stored",
    "summit",
]

# A reader's notebook shares its cores with other programs. A book is built with one thread.
if getattr(get_ipython(), "kernel", None) is not None and not building():
    follow_free_cores()

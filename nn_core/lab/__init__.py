"""What the chapters use to show and to ask: figures, numbers, claims, exercises, quizzes."""

from nn_core.lab.claims import claim
from nn_core.lab.display import glue, show
from nn_core.lab.exercises import check, hint, solution
from nn_core.lab.plots import (
    show_confusion,
    show_digits,
    show_history,
)
from nn_core.lab.questions import quiz

__all__ = [
    "check",
    "claim",
    "glue",
    "hint",
    "quiz",
    "show",
    "show_confusion",
    "show_digits",
    "show_history",
    "solution",
]

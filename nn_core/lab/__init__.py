"""What the chapters use to show and to ask: figures, numbers for the prose, claims, quizzes."""

from nn_core.lab.claims import claim
from nn_core.lab.display import glue, quiz, show
from nn_core.lab.plots import (
    show_confusion,
    show_digits,
    show_history,
)
from nn_core.lab.sliders import explore

__all__ = [
    "claim",
    "explore",
    "glue",
    "quiz",
    "show",
    "show_confusion",
    "show_digits",
    "show_history",
]

"""What the chapters use to show and to ask: figures, numbers for the prose, claims, quizzes."""

from nn_core.lab.claims import claim
from nn_core.lab.display import draw_digit, glue, quiz, show
from nn_core.lab.plots import (
    show_confusion,
    show_digits,
    show_history,
)

__all__ = [
    "claim",
    "draw_digit",
    "glue",
    "quiz",
    "show",
    "show_confusion",
    "show_digits",
    "show_history",
]

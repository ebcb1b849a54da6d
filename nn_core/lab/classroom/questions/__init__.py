"""Questions whose numbers are drawn and whose answers are computed, for exams and assignments."""

from nn_core.lab.classroom.questions import beyond, forward, gradients, training
from nn_core.lab.classroom.questions.question import (
    CHAPTERS,
    KINDS,
    QUESTIONS,
    Question,
    draw,
    draw_one,
)

__all__ = [
    "CHAPTERS",
    "KINDS",
    "QUESTIONS",
    "Question",
    "beyond",
    "draw",
    "draw_one",
    "forward",
    "gradients",
    "training",
]

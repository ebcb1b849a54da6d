"""Questions whose numbers are drawn and whose answers are computed, for exams and assignments."""

from nn_core.lab.classroom.questions import forward, gradients
from nn_core.lab.classroom.questions.question import (
    CHAPTERS,
    KINDS,
    QUESTIONS,
    Question,
    draw,
)

__all__ = ["CHAPTERS", "KINDS", "QUESTIONS", "Question", "draw", "forward", "gradients"]

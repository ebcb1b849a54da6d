"""Quizzes: multiple-choice questions with an explanation for each answer."""

import json
from html import escape
from importlib.resources import files
from typing import Any

from nn_core.lab.markup import inline
from nn_core.lab.page import OWN_KEYS, place


def quiz(name: str) -> None:
    """Ask the questions stored in `nn_core/lab/quizzes/<name>.json`.

    Every answer, right or wrong, has an explanation. A quiz needs no kernel, so it also works in
    the rendered book.

    Parameters
    ----------
    name
        The chapter. Its file holds a list of questions. A question has a `question` and a list of
        `answers`, and each of these an `answer`, a boolean `correct` and a `feedback`. A question
        with several right answers has `"many": true`.
    """
    questions = json.loads((files("nn_core.lab") / "quizzes" / f"{name}.json").read_text("utf-8"))
    html = "".join(
        question_html(question, number, f"quiz-{name}-{number}")
        for number, question in enumerate(questions, 1)
    )
    place("quiz", fallback=html, plain="\n\n".join(map(question_text, questions)))


def question_html(question: dict[str, Any], number: int, group: str) -> str:
    """Write a question as a group of native radio buttons or check boxes."""
    several = question.get("many", False)
    also = " (Several answers are right.)" if several else ""
    answers = "".join(
        answer_html(answer, "checkbox" if several else "radio", group, f"{group}-{k}")
        for k, answer in enumerate(question["answers"], 1)
    )
    asked = inline(question["question"] + also)
    return f"<fieldset><legend>{number}. {asked}</legend>{answers}</fieldset>"


def answer_html(answer: dict[str, Any], control: str, group: str, name: str) -> str:
    """Write an answer, and the explanation that appears when the reader chooses this answer."""
    verdict, kind = ("✓", "Right."), "right"
    if not answer["correct"]:
        verdict, kind = ("✗", "Not this one."), "wrong"
    mark, word = verdict
    return (
        f'<div class="lab-answer"><input type="{control}" name="{escape(group)}" '
        f'id="{escape(name)}" {OWN_KEYS}>'
        f'<label for="{escape(name)}">{inline(answer["answer"])}</label>'
        f'<div class="lab-feedback" aria-live="polite"><div class="lab-{kind}">'
        f'<span aria-hidden="true">{mark}</span> <strong>{word}</strong> '
        f"{inline(answer['feedback'])}</div></div></div>"
    )


def question_text(question: dict[str, Any]) -> str:
    """Write a question and its answers as plain text, without the explanations."""
    return "\n".join([question["question"], *(f"- {a['answer']}" for a in question["answers"])])

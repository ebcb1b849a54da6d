"""Quizzes: every question is valid, and every answer has an explanation, without a script."""

import ast
import json
import re

import pytest
from bs4 import BeautifulSoup
from conftest import ROOT
from test_notebooks import NOTEBOOKS, calls, name_of

from nn_core.lab import page, quiz
from nn_core.lab.questions import question_html

QUIZZES = sorted((ROOT / "nn_core" / "lab" / "quizzes").glob("*.json"))
ANSWERS = [
    {"answer": "A < B", "correct": True, "feedback": "Since $a < b$."},
    {"answer": "`B`", "correct": False, "feedback": "It is *not*."},
]


@pytest.mark.parametrize("path", QUIZZES, ids=name_of)
def test_quiz_is_sound(path):
    questions = json.loads(path.read_text("utf-8"))
    assert 3 <= len(questions) <= 5
    for question in questions:
        assert question.keys() <= {"question", "answers", "many"}
        answers = question["answers"]
        assert len({answer["answer"] for answer in answers}) == len(answers) >= 3
        right = [answer["correct"] for answer in answers].count(True)
        assert 1 < right < len(answers) if question.get("many") else right == 1
        for answer in answers:
            assert answer.keys() == {"answer", "correct", "feedback"}
            assert len(answer["feedback"]) > 30
            # A screen reader needs a name for each choice, and a formula alone is a drawing.
            assert re.search(r"\w", re.sub(r"\$[^$]*\$", "", answer["answer"]))
            # The page says so itself.
            assert not re.match("(Right|Correct|Wrong|No)[.,!]", answer["feedback"])


@pytest.mark.parametrize("path", QUIZZES, ids=name_of)
def test_formulas_and_code_are_closed(path):
    for question in json.loads(path.read_text("utf-8")):
        texts = [question["question"]]
        texts += [answer[key] for answer in question["answers"] for key in ("answer", "feedback")]
        for text in texts:
            plain = re.sub("`[^`]*`", "", text)
            assert "`" not in plain
            assert plain.count("$") % 2 == 0
            for formula in plain.split("$")[1::2]:
                assert formula.count("{") == formula.count("}")


def test_every_chapter_has_its_quiz():
    for path in NOTEBOOKS:
        assert [ast.literal_eval(call.args[0]) for call in calls(path, "quiz")] == [path.stem]
    assert [path.stem for path in QUIZZES] == [path.stem for path in NOTEBOOKS]


@pytest.mark.parametrize(("many", "control"), [(False, "radio"), (True, "checkbox")])
def test_question_is_made_of_native_controls(many, control):
    html = question_html({"question": "Which `X`?", "answers": ANSWERS, "many": many}, 2, "q-2")
    soup = BeautifulSoup(html, "html.parser")
    several = " (Several answers are right.)" if many else ""
    assert soup.fieldset.legend.get_text() == "2. Which X?" + several
    controls = soup("input")
    assert [each["type"] for each in controls] == [control] * 2
    assert {each["name"] for each in controls} == {"q-2"}
    assert [label["for"] for label in soup("label")] == [each["id"] for each in controls]
    assert soup.label.get_text() == "A < B"
    # JupyterLab would take the arrows for shortcuts of its own.
    assert all(each["data-lm-suppress-shortcuts"] == "true" for each in controls)


def test_every_answer_is_explained_in_words():
    html = question_html({"question": "Which?", "answers": ANSWERS}, 1, "q-1")
    feedback = BeautifulSoup(html, "html.parser").select("[aria-live=polite]")
    assert [each.get_text() for each in feedback] == [
        r"✓ Right. Since \(a < b\).",
        "✗ Not this one. It is not.",
    ]


def test_quiz_asks_what_is_stored(monkeypatch):
    shown = []
    monkeypatch.setattr(page, "display", lambda data, raw: shown.append(data))
    quiz("01_data")
    assert shown[0]["text/html"].count("<fieldset>") == 4
    assert shown[0]["text/plain"].startswith("An IDX file starts")
    with pytest.raises(FileNotFoundError):
        quiz("99_missing")

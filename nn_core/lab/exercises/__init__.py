"""Exercises that answer: `check` says what is wrong, `hint` gives a step, `solution` shows a way.

In the rendered book, where no kernel answers, hints and solution unfold.
"""

from collections import Counter
from html import escape
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.utils.capture import capture_output
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from nn_core.lab.exercises.exercise import Exercise, find
from nn_core.lab.markup import markup
from nn_core.lab.page import OWN_KEYS, building, place

__all__ = ["check", "hint", "solution"]

# What a learner has done so far, by exercise. It outlives the cells, which are run again and again.
wrong_answers: Counter[str] = Counter()
hints_seen: Counter[str] = Counter()

ENOUGH = 2  # wrong answers after which a hint is offered


def check(name: str, *answers: Any) -> None:
    """Say whether answers are right, and if not, what is wrong with them.

    Parameters
    ----------
    name
        The exercise.
    *answers
        What it asks for: values, or functions you wrote. An answer that is still `...` is not
        judged.
    """
    verdict = find(name).judge(*answers)
    if building():
        # A chapter gives the stub. The answer of somebody who tried it out must not slip in.
        if verdict.kind != "open":
            raise AssertionError(f"the exercise {name!r} is answered in the chapter: {verdict}")
        return
    if verdict.kind == "right":
        show_verdict(name, "✓", "Right.", verdict.words, kind="right")
    elif verdict.kind == "open":
        words = verdict.words or "Put your own code where `...` stands, and run the cell again."
        show_verdict(name, "○", "Not answered yet.", words, kind="open")
    else:
        wrong_answers[name] += 1
        words = verdict.words
        if wrong_answers[name] >= ENOUGH:
            all_seen = hints_seen[name] >= len(find(name).hints)
            words += f"\n\nStuck? {offer_solution(name) if all_seen else offer_hint(name)}"
        show_verdict(name, "✗", "Not yet.", words, kind="wrong")


def hint(name: str) -> None:
    """Give one more step towards the answer at each call."""
    hints = find(name).hints
    if building():
        place("exercise", label=f"hints for {name}", fallback=folded_hints(hints))
        return
    # The first one stays folded: to run all cells of a chapter is not to ask for it.
    asked = hints_seen[name] > 0
    told = hints_seen[name] >= len(hints)
    hints_seen[name] = seen = min(hints_seen[name] + 1, len(hints))
    if told:
        after = f"That was the last hint. {offer_solution(name)}"
    elif seen < len(hints):
        after = "Run this cell again for the next one."
    else:
        after = ""
    place(
        "exercise",
        label=f"hints for {name}",
        fallback=folded_hints(hints, seen, open_last=asked) + (after and markup(after)),
        plain="\n".join([f"Hint {seen} of {len(hints)}: {hints[seen - 1]}", after]).strip(),
    )


def solution(name: str) -> None:
    """Show one way to do it, folded, with an explanation.

    In the rendered book, what it prints and draws stands there, too. In a notebook you run it.
    """
    exercise = find(name)
    html = highlight(exercise.solution, PythonLexer(), HtmlFormatter())
    shell = get_ipython()
    if building() and shell:
        html += outcome(exercise, shell.user_ns)
    place(
        "exercise",
        label=f"solution of {name}",
        fallback=folded("Solution", html + markup(exercise.explanation)),
        plain=f"{exercise.solution}\n\n{exercise.explanation}",
    )


def outcome(exercise: Exercise, given: dict[str, Any]) -> str:
    """Run a solution where its chapter stands, and give what it prints and draws, as HTML.

    Raises
    ------
    AssertionError
        The exercise's check does not accept it.
    """
    names = dict(given)  # what the solution defines stays with it
    with capture_output() as seen:
        exec(compile(exercise.solution, f"<solution of {exercise.name}>", "exec"), names)
    verdict = exercise.judge(*(names[asked] for asked in exercise.asked))
    if verdict.kind != "right":
        raise AssertionError(f"the solution of {exercise.name!r} is not accepted: {verdict}")
    printed = f"<pre>{escape(seen.stdout)}</pre>" if seen.stdout else ""
    return printed + "".join(output.data.get("text/html", "") for output in seen.outputs)


def show_verdict(name: str, mark: str, heading: str, words: str, *, kind: str) -> None:
    """Show what a check has to say. The mark and the heading say it without colour, too.

    By the attributes of data the page knows which exercises are solved (book/in_page/progress.js).
    """
    place(
        "exercise",
        label="answer",
        fallback=f'<div class="lab-verdict lab-{kind}" role="status" '
        f'data-exercise="{escape(name)}" data-verdict="{kind}">'
        f'<p><span aria-hidden="true">{mark}</span> '
        f"<strong>{heading}</strong></p>{markup(words) if words else ''}</div>",
        plain=f"{mark} {heading} {words}".strip(),
    )


def offer_hint(name: str) -> str:
    """Say how to get a hint."""
    return f'`hint("{name}")` gives a step.'


def offer_solution(name: str) -> str:
    """Say how to see the solution."""
    return f'`solution("{name}")` shows one way to do it.'


def folded(title: str, html: str, *, unfolded: bool = False) -> str:
    """Write something that the reader unfolds."""
    state = " open" if unfolded else ""
    return (
        f"<details{state}><summary {OWN_KEYS}>{escape(title)}</summary><div>{html}</div></details>"
    )


def folded_hints(
    hints: tuple[str, ...], count: int | None = None, *, open_last: bool = False
) -> str:
    """Write the first hints, each folded, except the last one where it was asked for."""
    shown = hints if count is None else hints[:count]
    return "".join(
        folded(
            f"Hint {k} of {len(hints)}",
            markup(text),
            unfolded=open_last and k == len(shown),
        )
        for k, text in enumerate(shown, 1)
    )

"""What an exercise is: a check, hints and a solution, kept under a name.

Each chapter has a module here, `chapter_00.py` for `book/00_*.ipynb`, with the checks, and a file
`chapter_00.md` with the texts. The name of an exercise is the label of its statement in the
chapter.
"""

import difflib
import importlib
import inspect
import pkgutil
import random
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from nn_core.lab.exercises.expect import Mistake, Unanswered, Wrong, expect_numbers
from nn_core.lab.exercises.explain import TOLERANCE, and_list, describe
from nn_core.lab.exercises.texts import all_texts
from nn_core.lab.markup import as_code

Check = Callable[..., str | None]


class Verdict(NamedTuple):
    """What a check has to say about an answer."""

    kind: Literal["right", "wrong", "open"]
    words: str


class Exercise(NamedTuple):
    """An exercise; its texts are written as `nn_core.lab.markup` reads them."""

    name: str
    chapter: str  # "chapter_03"
    check: Check  # its parameters are named as the answers are in the chapter
    hints: tuple[str, ...]
    solution: str  # code that defines the answers, given what the chapter has defined
    explanation: str
    mistakes: dict[str, str]  # what to say of each

    @property
    def asked(self) -> list[str]:
        """The names of the answers."""
        return list(inspect.signature(self.check).parameters)

    def judge(self, *answers: Any) -> Verdict:
        """Check the answers. What goes wrong in there becomes words.

        The generators that a program shares are left as they were.
        """
        drawn, pythons = np.random.get_state(legacy=False), random.getstate()  # noqa: NPY002
        try:
            return self._judge(*answers)
        finally:
            np.random.set_state(drawn)  # noqa: NPY002
            random.setstate(pythons)

    def _judge(self, *answers: Any) -> Verdict:
        if len(answers) != len(self.asked):
            asked = and_list([f"`{name}`" for name in self.asked])
            return Verdict("wrong", f"Hand in {asked}: {len(self.asked)}, not {len(answers)}.")
        left = [
            f"`{name}`"
            for name, answer in zip(self.asked, answers, strict=True)
            if answer is None or answer is ...
        ]
        if left:
            partly = len(left) < len(answers)
            if partly and not any(answer is ... for answer in answers):
                return Verdict(
                    "wrong",
                    f"{left[0]} is `None`. What changes something in place, such as `rng.shuffle` "
                    "or `.sort`, gives nothing back, and neither does `print`. Hand in the thing "
                    "itself.",
                )
            return Verdict("open", f"Still to do: {and_list(left)}." if partly else "")
        try:
            remark = self.check(*answers)
        except Unanswered as left_open:
            return Verdict("open", str(left_open))
        except Mistake as mistake:
            return Verdict("wrong", mistake.before + self.mistakes[mistake.name])
        except Wrong as wrong:
            return Verdict("wrong", str(wrong))
        except (Exception, SystemExit) as error:
            # The answer is of a kind that the check did not reckon with.
            handed_in = and_list([describe(answer) for answer in answers])
            problem = as_code(f"{type(error).__name__}: {error}")
            return Verdict(
                "wrong", f"You handed in {handed_in}. With that the check ended in {problem}."
            )
        return Verdict("right", remark or "")


REGISTRY: dict[str, Exercise] = {}


def exercise(name: str) -> Callable[[Check], Check]:
    """Make a function the check of an exercise, and keep the exercise under its name.

    The check is called with the answers, none of them None or Ellipsis. It raises `Wrong`, as the
    helpers in `expect` do, or returns; a text it returns is shown with the praise. All other texts
    of the exercise stand in the chapter's file.
    """

    def keep(check: Check) -> Check:
        if name in REGISTRY:
            raise ValueError(f"two exercises are called {name!r}")
        if name not in all_texts():
            raise ValueError(f"expected texts of the exercise {name!r}, found {list(all_texts())}")
        chapter, texts = all_texts()[name]
        REGISTRY[name] = Exercise(name, chapter, check, *texts)
        return check

    return keep


def exercise_in_numbers(
    name: str, *, within: float = TOLERANCE, praise: str = "", **asked: Mapping[str, Any]
) -> None:
    """Keep an exercise that is worked out on paper; its check is `expect_numbers`.

    Parameters
    ----------
    name
        The exercise.
    within
        How far an answer may be off, relative to its largest number.
    praise
        What to say where all is right.
    **asked
        For each answer, in the order in which they are judged, the right one under "right", and
        what it is where a mistake is made, under the name of the mistake.
    """
    right = {answer: known["right"] for answer, known in asked.items()}
    mistakes = {
        answer: {mistake: known[mistake] for mistake in known if mistake != "right"}
        for answer, known in asked.items()
    }

    def check(*answers: Any) -> str:
        expect_numbers(dict(zip(asked, answers, strict=True)), right, mistakes, within=within)
        return praise

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    signature = inspect.Signature([inspect.Parameter(answer, kind) for answer in asked])
    check.__signature__ = signature  # type: ignore[attr-defined]  # what `asked` reads
    exercise(name)(check)


def all_exercises() -> dict[str, Exercise]:
    """Give all exercises, by name."""
    from nn_core.lab import exercises

    for module in pkgutil.iter_modules(exercises.__path__):
        if module.name.startswith("chapter_"):
            importlib.import_module(f"{exercises.__name__}.{module.name}")
    return REGISTRY


def find(name: str) -> Exercise:
    """Give an exercise by its name.

    Raises
    ------
    ValueError
        No exercise has this name.
    """
    known = all_exercises()
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        meant = f"; did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"no exercise is called {name!r}{meant}")
    return known[name]

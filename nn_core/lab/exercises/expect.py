"""The vocabulary of checks: what raises `Wrong`, in words, unless an answer is right.

- `expect_numbers` compares what is worked out on paper, and knows likely mistakes; `expect_number`
  does so with one number;
- `expect_function` calls the learner's function in several cases, beside the right one and beside
  mistaken ones;
- `expect_draws` asks whether what is drawn follows from the generator;
- `expect` compares one value, `expect_array` looks at shape and kind;
- `run` calls the learner's function once.

What concerns networks stands in `networks`.

A mistake is named only where it is proven: the answer is what this mistake gives, in all cases, and
no other mistake gives the same. What to say of it stands in the chapter's file of texts.
"""

import copy
import dis
import inspect
import linecache
import pickle
import random
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np

from nn_core.lab.exercises.explain import (
    TOLERANCE,
    Remark,
    and_list,
    as_numbers,
    close,
    describe,
    describe_arguments,
    explain_difference,
    first_proven,
    is_number,
    names_of,
    remarks,
)
from nn_core.lab.markup import as_code

LONGEST = 100_000  # so many values are taken from a generator, which may have no end

NOTHING = (
    "Your function returns nothing. Is a `return` missing at its end, or is what stands behind it "
    "`None`?"
)


class Wrong(Exception):  # noqa: N818 -- no error of the program
    """An answer is wrong; the message says in which way."""


class Mistake(Wrong):
    """An answer is wrong in a way that has a name; the texts of the exercise say more of it."""

    def __init__(self, name: str, before: str = "") -> None:
        super().__init__(name)
        self.name, self.before = name, before


class Unanswered(Exception):  # noqa: N818
    """There is no answer yet; the message, if any, says what is left to do."""


# --- calling the learner's function


def run(
    function: Any, *arguments: Any, may_change: Sequence[int] = (), nothing: str = NOTHING
) -> Any:
    """Call the learner's function on copies of the arguments.

    Parameters
    ----------
    function
        The learner's.
    *arguments
        What it is called with.
    may_change
        The positions of the arguments that it is asked to change.
    nothing
        What to say where it returns None.

    Returns
    -------
    Any
        What the function returned; a list, if that was a generator.

    Raises
    ------
    Unanswered
        The function is still the stub that the chapter gives.
    Wrong
        It is no function, does not take these arguments, raises an exception, returns nothing,
        changes an argument, or draws from the global generators.
    """
    if not callable(function):
        raise Wrong(
            f"You handed in {describe(function)}. Hand in the function itself: its name, without "
            "parentheses behind it."
        )
    if does_nothing(function):
        raise Unanswered
    given = describe_arguments(function, arguments)
    copies = copy.deepcopy(arguments)
    try:
        inspect.signature(function).bind(*copies)
    except TypeError:
        count = f"{len(arguments)} argument{'' if len(arguments) == 1 else 's'}"
        takes = inspect.signature(function)
        raise Wrong(f"Your function is called with {count}, but takes `{takes}`.") from None
    except ValueError:
        pass  # a function written in C need not say what it takes
    before_the_call = global_generators()
    try:
        result = function(*copies)
        if isinstance(result, Iterator):
            result = list(islice(result, LONGEST))
    except (Wrong, Unanswered):  # a function of ours called the learner's
        raise
    except (Exception, SystemExit) as error:
        if "ellipsis" in str(error).lower():
            raise Unanswered("There is still a `...` in your function.") from error
        raise Wrong(explain_error(error, function, given)) from error
    if result is ... or (
        isinstance(result, tuple) and result and all(part is ... for part in result)
    ):
        raise Unanswered
    if result is None:
        raise Wrong(nothing)
    for k, name in enumerate(names_of(function, len(arguments))):
        if k not in may_change and is_changed(arguments[k], copies[k]):
            raise Wrong(
                f"Your function changes the `{name}` it is given. Whoever called it would find "
                f"other numbers there afterwards. Make a new array: `{name} = {name} - 1`, for "
                f"instance, instead of `{name} -= 1`."
            )
    if global_generators() != before_the_call:
        raise Wrong(
            "Your function sets the seed of a global generator, or draws from it. So it changes "
            "what other code draws afterwards. Draw from an `rng` only."
        )
    return result


def is_changed(before: Any, after: Any) -> bool:
    """Whether numbers in an array, in a list or in a network's parameters are other ones."""
    if isinstance(before, np.ndarray):
        return before.shape != after.shape or before.tobytes() != after.tobytes()
    if isinstance(before, list | tuple):
        return len(before) != len(after) or any(map(is_changed, before, after))
    if isinstance(getattr(before, "theta", None), np.ndarray):
        return is_changed(before.theta, after.theta)
    return isinstance(before, int | float) and (type(before), before) != (type(after), after)


def global_generators() -> bytes:
    """The state of the generators that a program shares, NumPy's and Python's."""
    return pickle.dumps((np.random.get_state(legacy=False), random.getstate()))  # noqa: NPY002


def does_nothing(function: Any) -> bool:
    """Whether a function is a stub: a docstring, `...` or `pass`, and no more."""
    code = getattr(function, "__code__", None)
    if code is None:
        return False
    idle = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE", "POP_TOP"}
    returned = [
        step.argval
        for step in dis.get_instructions(code)
        if step.opname in ("LOAD_CONST", "RETURN_CONST")
    ]
    return all(step.opname in idle for step in dis.get_instructions(code)) and all(
        value is None or value is ... for value in returned
    )


def explain_error(error: BaseException, function: Callable[..., Any], given: str) -> str:
    """Say which exception a function raised, in which of its lines, and for what."""
    problem = as_code(f"{type(error).__name__}: {error}".rstrip(": "))
    words = f"Your function stopped with {problem}."
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    lines = [
        number
        for frame, number in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == file
    ]
    if file and lines:
        text = linecache.getline(file, lines[-1]).strip()
        words += f" It happened in line {lines[-1]} of its cell" + (
            f", {as_code(text)}." if text else "."
        )
    return f"{words} It was called with {given}."


# --- values


def expect(found: Any, expected: Any, name: str = "the result", *, N: int | None = None) -> None:
    """Raise `Wrong` unless two values agree; the parameters are those of `remarks`."""
    words = explain_difference(found, expected, name, N=N)
    if words:
        raise Wrong(words)


def expect_numbers(
    given: Mapping[str, Any],
    right: Mapping[str, Any],
    mistakes: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    within: float = TOLERANCE,
) -> None:
    """Raise `Wrong` unless answers that are worked out on paper are right, one after the other.

    Parameters
    ----------
    given
        The answers, by name.
    right
        The right ones. They say what is asked for: a number, True or False, or an array (for
        which a list or tuple is accepted).
    mistakes
        For each answer what it is where a mistake is made, by the name of the mistake: "base 10",
        for which the texts say something under "loss, base 10". Of a number for which no mistake is
        known they say something under "loss, otherwise".
    within
        How far an answer may be off, relative to its largest number, since people round.
    """
    for k, (name, answer) in enumerate(given.items()):
        before = [f"`{each}`" for each in list(given)[:k]]
        praise = f"{and_list(before)} {'is' if k == 1 else 'are'} right. " if before else ""
        known = (mistakes or {}).get(name, {})
        expect_number(name, answer, right[name], known, within=within, praise=praise)


def expect_number(
    name: str,
    answer: Any,
    right: Any,
    mistakes: Mapping[str, Any] | None = None,
    *,
    within: float = TOLERANCE,
    praise: str = "",
) -> None:
    """Raise `Wrong`, after words of praise, unless one such answer is right; see `expect_numbers`.

    `mistakes` holds what the answer is where a mistake is made, by the name of the mistake.
    """
    if isinstance(right, bool):
        is_kind, kind = isinstance(answer, bool | np.bool_), "`True` or `False`"
    elif np.ndim(right) == 0:
        is_kind, kind = is_number(answer), "a number"
    else:
        answer = as_numbers(answer) if isinstance(answer, list | tuple) else answer
        is_kind = isinstance(answer, np.ndarray) and answer.dtype.kind in "iuf"
        kind = f"an array of shape {np.shape(right)}"
    if not is_kind:
        raise Wrong(f"{praise}`{name}` is {kind}; you handed in {describe(answer)}.")
    if not close(answer, right, within):
        known = (mistakes or {}).items()
        made = [mistake for mistake, value in known if close(answer, value, within)]
        if len(made) == 1:
            raise Mistake(f"{name}, {made[0]}", f"{praise}`{name}`: ")
        if np.ndim(right) == 0:
            raise Mistake(f"{name}, otherwise", f"{praise}`{name}` is not right yet. ")
        told = remarks(answer, np.asarray(right), f"`{name}`", within=within)
        # To show an entry of a few numbers would be to give the answer away.
        raise Wrong(praise + first_proven([[remark._replace(entry="") for remark in told]]))


def expect_array(found: Any, shape: tuple[int, ...], kind: type = np.floating) -> np.ndarray:
    """Give what was found; raise `Wrong` unless it is an array of this shape, kind and finite."""
    if not isinstance(found, np.ndarray) or found.shape != shape:
        raise Wrong(f"An array of shape {shape} is asked for. You gave {describe(found)}.")
    if not np.issubdtype(found.dtype, kind):
        asked = "numbers with a point" if kind is np.floating else kind.__name__
        raise Wrong(f"Your array is of type {found.dtype}; {asked} are asked for.")
    if not np.isfinite(found).all():
        raise Wrong("Some numbers in your array are infinite, or not a number.")
    return found


# --- functions


def expect_function(
    answer: Any,
    right: Callable[..., Any],
    cases: Sequence[tuple[Any, ...]],
    mistakes: Mapping[str, Callable[..., Any]] | None = None,
    *,
    name: str = "the result",
    N: Callable[..., int] | None = None,
    within: float = TOLERANCE,
    read: Callable[[Any], Any] | None = None,
    may_change: Sequence[int] = (),
    nothing: str = NOTHING,
) -> None:
    """Raise `Wrong` unless a function gives what the right one gives, in each case.

    Parameters
    ----------
    answer
        The learner's function; or one of yours, which calls the learner's by `run` where `read` is
        not enough, as for the variance of what was drawn.
    right
        One that is right.
    cases
        Each a tuple of arguments. Give every axis another size, in each case others, so that
        neither a transpose nor a factor can hide, and add a case where all sizes are equal: there,
        mistakes show that raise errors elsewhere.
    mistakes
        Functions of the same arguments, each of which makes a mistake, by the names of the
        mistakes. Where one gives `...` as one of several values, any value will do.
    name
        What the function gives, as the chapter calls it: "`dW`".
    N
        A function of the same arguments that gives the number of examples.
    within
        How far numbers may be off, relative to the largest.
    read
        What to make of each result of the learner's before it is compared: an array of a list, say.
    may_change, nothing
        As for `run`.
    """
    with np.errstate(all="ignore"):
        expected = [right(*copy.deepcopy(case)) for case in cases]
        found = [attempt(answer, case, read, may_change, nothing) for case in cases]
    told: list[list[Remark]] = []
    for result, value, case in zip(found, expected, cases, strict=True):
        size = N(*case) if N else None
        seen = (
            () if isinstance(result, Wrong) else remarks(result, value, name, N=size, within=within)
        )
        told.append(list(seen))
    failed = [k for k, result in enumerate(found) if told[k] or isinstance(result, Wrong)]
    if not failed:
        return
    mistake = proven_mistake(found, cases, mistakes or {}, within)
    if mistake:
        raise Mistake(mistake)
    first = found[failed[0]]
    if isinstance(first, Wrong):
        words = str(first)
    else:
        words = first_proven([told[k] for k in failed])
        words += f" (For {describe_arguments(answer, cases[failed[0]])}.)"
    raise Wrong(words + right_elsewhere(answer, cases, failed))


def attempt(
    answer: Any,
    case: tuple[Any, ...],
    read: Callable[[Any], Any] | None,
    may_change: Sequence[int],
    nothing: str,
) -> Any:
    """Give what the learner's function gives, or `Wrong` if it ends in an exception."""
    try:
        result = run(answer, *case, may_change=may_change, nothing=nothing)
        return read(result) if read else result
    except Wrong as wrong:
        if wrong.__cause__ is None:
            raise
        return wrong


def proven_mistake(
    found: Sequence[Any],
    cases: Sequence[tuple[Any, ...]],
    mistakes: Mapping[str, Callable[..., Any]],
    within: float,
) -> str | None:
    """Name the mistake that gives what was found, in all cases, if there is one such mistake.

    An exception, too, has to be the same. But a mistake that ends in exceptions alone says nothing.
    """
    if all(isinstance(result, Wrong) for result in found):
        return None
    made = [
        name
        for name, mistaken in mistakes.items()
        if all(
            same(result, result_of(mistaken, case), within)
            for result, case in zip(found, cases, strict=True)
        )
    ]
    return made[0] if len(made) == 1 else None


def result_of(mistake: Callable[..., Any], case: tuple[Any, ...]) -> Any:
    """Give what a mistaken function gives, or the exception in which it ends."""
    try:
        with np.errstate(all="ignore"):
            return mistake(*copy.deepcopy(case))
    except Exception as error:
        return error


def same(found: Any, mistake: Any, within: float) -> bool:
    """Whether a result is that of a mistake, in which `...` stands for anything."""
    if isinstance(found, Wrong):
        return type(found.__cause__) is type(mistake)
    if mistake is ... or isinstance(mistake, Exception):
        return mistake is ...
    if isinstance(mistake, tuple | list):
        return (
            isinstance(found, tuple | list)
            and len(found) == len(mistake)
            and all(same(a, b, within) for a, b in zip(found, mistake, strict=True))
        )
    return close(found, mistake, within)


def right_elsewhere(function: Any, cases: Sequence[tuple[Any, ...]], failed: Sequence[int]) -> str:
    """Say in which other case the function is right, which tells where to look, if one looks so."""
    told = describe_arguments(function, cases[failed[0]])
    fits = [case for k, case in enumerate(cases) if k not in failed]
    others = [other for case in fits if (other := describe_arguments(function, case)) != told]
    if not others:
        return ""
    words = f" It is right for {others[0]}"
    if all(map(is_square, fits)) and not any(is_square(cases[k]) for k in failed):
        return words + ": only where all sizes are equal. A transpose can hide there."
    return words + "."


def is_square(case: tuple[Any, ...]) -> bool:
    """Whether all axes of a case's arrays have one size, and one array has several axes."""
    shapes = [value.shape for value in case if isinstance(value, np.ndarray)]
    return len({size for shape in shapes for size in shape}) == 1 < max(map(len, shapes))


def expect_draws(draw: Callable[[np.random.Generator], Any]) -> None:
    """Raise `Wrong` unless what is drawn follows from the generator that is handed over."""
    first, again, other = (np.asarray(draw(np.random.default_rng(seed))) for seed in (1, 1, 2))
    if not np.array_equal(first, again):
        raise Wrong(
            "With an `rng` of the same seed, something else came out. Draw everything from the "
            "`rng` that your function is given."
        )
    if np.array_equal(first, other):
        raise Wrong(
            "With another `rng`, the same came out. Draw from the `rng` that your function is "
            "given, anew at each call."
        )

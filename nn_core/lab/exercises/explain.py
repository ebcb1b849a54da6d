"""What is wrong with an answer, in words: helpers for those who write checks.

- `expect(found, expected, name)` compares two values, `compare(function, reference, *cases)` what
  two functions give. Both raise `Wrong` with an explanation.
- `run(function, *arguments)` calls the learner's function and explains an exception in it.
- `explain_difference` is the heart of them.

All words are Markdown as `nn_core.lab.markup` reads it.
"""

import copy
import dis
import inspect
import linecache
import pickle
import random
import traceback
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from nn_core.lab.markup import as_code

TOLERANCE = 1e-5  # relative to the largest entry: what float32 may lose on the way
LONGEST = 100_000  # so many values are taken from a generator, which may have no end


NOTHING = (
    "Your function returns nothing. Is a `return` missing at its end, or is what stands behind it "
    "`None`?"
)


class Wrong(Exception):  # noqa: N818 -- no error of the program
    """An answer is wrong; the message says in which way."""


class Unanswered(Exception):  # noqa: N818
    """There is no answer yet; the message, if any, says what is left to do."""


# --- words for values


def and_list(words: Sequence[str]) -> str:
    """Join words: "a, b and c"."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def describe(value: Any) -> str:
    """Say what a value is: "an array of shape (5, 10)"."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}, {value.dtype}"
    if is_number(value):
        return f"the number {value:.6g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"a whole number of about {int(value.bit_length() * 0.30103)} digits"
    if isinstance(value, bool | np.generic):
        return f"the value {value}"
    if isinstance(value, list | tuple | dict | set | bytes):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, str):
        return "a text"
    return "a function" if inspect.isroutine(value) else f"an object of type {type(value).__name__}"


def is_number(value: Any) -> bool:
    """Whether a value is a single real number that fits into a float, and no truth value."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value.bit_length() < 1024
    return isinstance(value, float | np.integer | np.floating)


def as_numbers(value: Any) -> Any:
    """Make an array of a list or tuple of numbers, or of one; give anything else as it is."""
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):  # its parts have different lengths, or refuse
        return value
    return array if array.dtype.kind in "biuf" else value


def describe_arguments(function: Callable[..., Any], arguments: Sequence[Any]) -> str:
    """Say what a function was called with: "`X` of shape (5, 4) and `W` of shape (4, 3)"."""
    words = []
    for name, value in zip(names_of(function, len(arguments)), arguments, strict=True):
        if isinstance(value, np.ndarray):
            words.append(f"`{name}` of shape {value.shape}")
        elif is_number(value):
            words.append(f"`{name}` = {value:.6g}")
        elif inspect.isroutine(value):
            words.append(f"`{name}` = {as_code(value.__name__)}")
        else:
            words.append(f"`{name}`")
    return and_list(words) if words else "nothing"


def names_of(function: Callable[..., Any], count: int) -> list[str]:
    """Give the names of a function's first parameters, or numbers where it does not say."""
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        names = []
    return [*names, *(f"argument {k + 1}" for k in range(len(names), count))][:count]


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


# --- comparing


def expect(found: Any, expected: Any, name: str = "the result", **known: Any) -> None:
    """Raise `Wrong` unless two values agree; `known` is passed to `explain_difference`."""
    words = explain_difference(found, expected, name, **known)
    if words:
        raise Wrong(words)


def compare(
    function: Any,
    reference: Callable[..., Any],
    *cases: tuple[Any, ...],
    name: str = "the result",
    **known: Any,
) -> None:
    """Raise `Wrong` unless a function gives what the reference gives, in each case.

    Parameters
    ----------
    function
        The learner's.
    reference
        One that is right.
    *cases
        Each a tuple of arguments. Give every axis another size, so that a transpose cannot hide,
        and add a case where all sizes are equal: a function that is right only there is told so.
    name
        What it gives, as the chapter calls it: "`dW`".
    **known
        Passed to `explain_difference`; `N` is the length of the first argument unless you say.
    """

    def words_for(arguments: tuple[Any, ...]) -> str | None:
        first = arguments[0] if arguments else None
        size = {"N": len(first)} if isinstance(first, np.ndarray) and first.ndim else {}
        expected = reference(*copy.deepcopy(arguments))
        found = run(function, *arguments)
        if isinstance(expected, Iterator):
            expected = list(expected)
        return explain_difference(found, expected, name, **{**size, **known})

    for case in cases:
        try:
            words = words_for(case)
            given = f" (For {describe_arguments(function, case)}.)"
        except Wrong as wrong:
            words, given = str(wrong), ""
        if words:
            raise Wrong(words + given + right_elsewhere(function, words_for, case, cases))


def right_elsewhere(
    function: Any,
    words_for: Callable[[tuple[Any, ...]], str | None],
    failed: tuple[Any, ...],
    cases: Sequence[tuple[Any, ...]],
) -> str:
    """Say in which other case the function is right, which tells where to look."""
    for case in cases:
        try:
            if case is failed or words_for(case):
                continue
        except Wrong:
            continue
        sizes = {size for value in case if isinstance(value, np.ndarray) for size in value.shape}
        words = f" It is right for {describe_arguments(function, case)}"
        if len(sizes) == 1:
            return words + ": only where all sizes are equal. A transpose can hide there."
        return words + "."
    return ""


def explain_difference(
    found: Any,
    expected: Any,
    name: str = "the result",
    *,
    N: int | None = None,
    summed: np.ndarray | None = None,
) -> str | None:
    """Say in which way a value differs from the right one.

    Parameters
    ----------
    found, expected
        What the learner has, and what is right: arrays, numbers, or tuples or lists of those.
    name
        What it is, as the chapter calls it: "`dW`". For a tuple "`dX`, `dW`, `db`".
    N
        The number of examples: a result that is N times too large or small is told so.
    summed
        The array whose sum, mean or maximum over an axis is asked for: one taken over another axis
        is told so.

    Returns
    -------
    str or None
        Words, as Markdown, or None where the two agree.
    """
    if isinstance(expected, tuple | list):
        return explain_parts(found, expected, name, N=N)
    if found is ... or found is None:
        return f"{capital(name)} is still `{'...' if found is ... else None}`."
    right = np.asarray(expected)
    if not isinstance(found, np.ndarray | np.generic | bool | int | float):
        asked = "a number" if right.ndim == 0 else "an array"
        made = " `np.array(...)` makes one of it." if isinstance(found, list | tuple) else ""
        return f"{capital(name)} is {describe(found)}; {asked} is asked for.{made}"
    mine = np.asarray(found)
    if mine.dtype.kind not in "biuf":
        return f"{capital(name)} holds values of type {mine.dtype}; numbers are asked for."
    if mine.shape != right.shape:
        return explain_shape(mine, right, name, summed)
    with np.errstate(all="ignore"):
        words = explain_values(mine.astype(float), right.astype(float), name, N, summed)
    return words or explain_dtype(mine, right, name)


def explain_parts(found: Any, expected: Sequence[Any], name: str, *, N: int | None) -> str | None:
    """Compare several values, in order."""
    if not isinstance(found, tuple | list):
        return f"{len(expected)} values are asked for, {name}; found {describe(found)}."
    if len(found) != len(expected):
        return f"{len(expected)} values are asked for, {name}; found {len(found)}."
    names = name.split(", ")
    if len(names) != len(expected):
        names = [f"number {k + 1} of {name}" for k in range(len(expected))]
    told = (
        explain_difference(mine, right, each, N=N)
        for mine, right, each in zip(found, expected, names, strict=True)
    )
    return next(filter(None, told), None)


def explain_dtype(found: np.ndarray, expected: np.ndarray, name: str) -> str | None:
    """Compare the kind of number, where the values agree."""
    kinds = {"u": "i", "b": "b"}
    mine, right = (kinds.get(a.dtype.kind, a.dtype.kind) for a in (found, expected))
    start = f"The numbers in {name} are right, but they are {found.dtype}"
    if mine != right and right == "i":
        return f"{start}: whole numbers are asked for. `.astype(int)` makes them so."
    if mine != right and right == "b":
        return f"{start}: True and False are asked for, as a comparison gives them."
    if mine != right:
        return f"{start}: numbers with a point, such as {expected.dtype}, are asked for."
    if mine == "f" and found.dtype.itemsize > expected.dtype.itemsize and found.ndim:
        return (
            f"{start}, twice as large and slow as the {expected.dtype} that went in. Something on "
            "the way makes them wider."
        )
    return None


def explain_shape(
    found: np.ndarray, expected: np.ndarray, name: str, summed: np.ndarray | None
) -> str:
    """Say in which way an array of another shape differs."""
    a, b = found.shape, expected.shape
    if not a:
        words = f"{capital(name)} is a single number; an array of shape {b} is asked for."
    elif not b:
        words = f"{capital(name)} is an array of shape {a}; a single number is asked for."
    else:
        words = f"{capital(name)} has the shape {a}; {b} is asked for."
    over = reduction(found, summed, name, expected)
    if over:
        return f"{words} {over}"
    if len(a) == 2 and a[::-1] == b:
        sure = close(found.T, expected)
        return words + (
            " It is the transpose of the right answer."
            if sure
            else " It looks transposed: the order of a product, or a `.T` that is missing or too "
            "many."
        )
    if found.size == expected.size and close(found.ravel(), expected.ravel()):
        kept = " `keepdims=True` keeps an axis of length 1." if 1 in b else ""
        kept = " An axis of length 1 is left over." if 1 in a and 1 not in b else kept
        return f"{words} The numbers in it are right, only their arrangement is not.{kept}"
    if len(a) == 2 and len(b) == 1 and a == b * 2:
        return (
            f"{words} A row and a column of {b[0]} numbers, combined, give {b[0]} by {b[0]}: look "
            "for an array of shape "
            f"({b[0]}, 1) where ({b[0]},) belongs."
        )
    if not a:
        return f"{words} Is a sum or mean taken over everything, without an `axis`?"
    return words


def reduction(
    found: np.ndarray, summed: np.ndarray | None, name: str, expected: np.ndarray
) -> str | None:
    """Say over which axis something was summed, where that is another than the right one."""
    if summed is None:
        return None
    kinds: dict[str, Callable[..., Any]] = {"sum": np.sum, "mean": np.mean, "maximum": np.max}
    axes: list[int | None] = [*range(summed.ndim), None]
    wanted = [
        (kind, axis)
        for kind, reduce in kinds.items()
        for axis in axes
        if close(reduce(summed, axis=axis), expected)
        or close(reduce(summed, axis=axis, keepdims=True), expected)
    ]
    for kind, reduce in kinds.items():
        for axis in axes:
            if wanted and close(reduce(summed, axis=axis), found) and (kind, axis) not in wanted:
                over = "over everything" if axis is None else f"over axis {axis}"
                right_kind, right_axis = wanted[0]
                right = "everything" if right_axis is None else f"axis {right_axis}"
                return f"It is the {kind} {over}; the {right_kind} over {right} is asked for."
    return None


def close(found: Any, expected: Any) -> bool:
    """Whether two arrays of numbers have one shape and agree, up to rounding."""
    found, expected = as_numbers(found), np.asarray(expected, float)
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "biuf":
        return False
    if found.shape != expected.shape:
        return False
    finite = np.abs(expected[np.isfinite(expected)])
    scale = finite.max() if finite.size else 1.0
    return bool(
        np.allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE * scale, equal_nan=True)
    )


def explain_values(
    found: np.ndarray, expected: np.ndarray, name: str, N: int | None, summed: np.ndarray | None
) -> str | None:
    """Say in which way an array of the right shape differs."""
    if close(found, expected):
        return None
    Name = capital(name)
    wild = ~np.isfinite(found) & np.isfinite(expected)
    if wild.any():
        return explain_wild(found, wild, name)
    over = reduction(found, summed, name, expected)
    if over:
        return f"{capital(name)} has the right shape. But {over[0].lower()}{over[1:]}"
    if found.ndim == 2 and close(found.T, expected):
        return f"{Name} is transposed. That fits only because it has as many rows as columns."
    if expected.any() and not found.any():
        return f"{Name} is zero everywhere."
    scaled = explain_scale(found, expected, Name, N)
    if scaled:
        return scaled
    if found.ndim == 0:
        return f"{Name} is {found:.6g}; {expected:.6g} is right."
    gap = found - expected
    if found.size > 1 and close(gap, np.full_like(gap, gap.flat[0])):
        much, where = abs(gap.flat[0]), "large" if gap.flat[0] > 0 else "small"
        counted = " Is something counted from 1 instead of 0?" if much == 1 else ""
        return f"{Name} is too {where} by {much:.6g}, everywhere.{counted}"
    for axis, lines in ((1, "row"), (0, "column")):
        if found.ndim == 2 and min(found.shape) > 1:
            lengths = (expected**2).sum(axis=axis, keepdims=True)
            factors = (found * expected).sum(axis=axis, keepdims=True) / lengths
            means = gap.mean(axis=axis, keepdims=True)
            if close(found, factors * expected):
                return (
                    f"In {name} each {lines} is the right one times a factor of its own. Is a sum, "
                    "mean or maximum taken over the wrong axis, or over everything?"
                )
            if close(found, expected + means):
                return (
                    f"In {name} each {lines} is the right one plus a number of its own. Is a sum, "
                    "mean or maximum taken over the wrong axis, or over everything?"
                )
    if close(np.flip(found), expected) or close(found[::-1], expected):
        return f"{Name} holds the right numbers, in reverse order."
    if close(np.sort(found, axis=None), np.sort(expected, axis=None)):
        return f"{Name} holds the right numbers, but in another order."
    return explain_entries(found, expected, name)


def explain_scale(found: np.ndarray, expected: np.ndarray, name: str, N: int | None) -> str | None:
    """Name the factor by which all entries are off, if there is one."""
    length = float((expected**2).sum())
    factor = float((found * expected).sum()) / length if length else 0.0
    if factor == 0 or not close(found, factor * expected):
        return None
    size = abs(factor)
    words = ["has the wrong sign"] if factor < 0 else []
    # Any number is a multiple of any other: there, only factors that have a reason are named.
    single = np.count_nonzero(expected) < 2
    question = ""
    if N is not None and N > 1 and np.isclose(size, N, rtol=1e-4):
        words.append(f"is {N} times too large")
        question = f" Is a division by $N = {N}$ missing?"
    elif N is not None and N > 1 and np.isclose(size * N, 1, rtol=1e-4):
        words.append(f"is {N} times too small")
        question = f" Is it divided by $N = {N}$ once too often, or a mean where a sum belongs?"
    elif single and np.isclose(size, 100, rtol=1e-4) and 0 <= abs(expected.sum()) <= 1:
        words.append("is a percentage")
        question = " A share from 0 to 1 is asked for."
    elif np.isclose(size, 2, rtol=1e-4):
        words.append("is twice as large as it should be")
        question = " Where does a factor of 2 come from, such as the derivative of a square?"
    elif np.isclose(size, 0.5, rtol=1e-4):
        words.append("is half as large as it should be")
        question = " Where is a factor of 2 lost, such as in the derivative of a square?"
    elif not np.isclose(size, 1, rtol=1e-4):
        if single:
            return None
        much = f"{size:.4g} times too large" if size > 1 else f"{1 / size:.4g} times too small"
        words.append(f"is {much}")
        question = " Which factor is missing, or too many?"
    everywhere = "" if single else ", everywhere"
    return f"{name} {' and '.join(words)}{everywhere}.{question}" if words else None


def explain_wild(found: np.ndarray, wild: np.ndarray, name: str) -> str:
    """Say where infinities and NaN stand, and what they come from."""
    places = np.argwhere(wild)
    kind = "NaN" if np.isnan(found[wild]).any() else "infinity"
    cause = (
        "NaN comes from 0 / 0, from infinity minus infinity, or from the logarithm or root of a "
        "negative number."
        if kind == "NaN"
        else "Infinity comes from a division by 0, the logarithm of 0, or an `exp` of something "
        "large."
    )
    where = f" at {index_of(name, places[0])}" if found.ndim else ""
    count = f" in {len(places)} of {found.size} entries, the first" if found.size > 1 else ""
    return f"{capital(name)} is {kind}{count}{where}. {cause}"


def explain_entries(found: np.ndarray, expected: np.ndarray, name: str) -> str:
    """Say how many entries differ, and show the first."""
    scale = np.abs(expected[np.isfinite(expected)]).max(initial=0) or 1.0
    differs = ~np.isclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE * scale, equal_nan=True)
    places = np.argwhere(differs)
    first = tuple(places[0])
    largest = np.abs(found - expected)[differs].max() / scale
    start = f"{capital(name)} is right"
    if largest < 1e-2:
        start = f"{capital(name)} is nearly right, off by up to {largest:.1g} of its largest entry"
    elif len(places) == found.size:
        start = f"{capital(name)} has the right shape, but all {found.size} numbers are off"
    else:
        start += f" in {found.size - len(places)} of {found.size} entries"
        for axis, lines in ((0, "row"), (1, "column")):
            if found.ndim == 2 and len(set(places[:, axis])) == 1 < found.shape[axis]:
                start += f"; the others are all in {lines} {places[0, axis]}"
    return (
        f"{start}. The first that differs is {index_of(name, first)}: {found[first]:.6g} instead "
        f"of {expected[first]:.6g}."
    )


def index_of(name: str, place: Sequence[int]) -> str:
    """Write an entry of an array: "`dW[0, 2]`", or "entry [0, 2]" where it has no name."""
    inside = ", ".join(str(int(k)) for k in place)
    plain = name.strip("`")
    return f"`{plain}[{inside}]`" if name == f"`{plain}`" else f"entry [{inside}]"


def capital(name: str) -> str:
    """Begin a sentence with a name."""
    return name[:1].upper() + name[1:]

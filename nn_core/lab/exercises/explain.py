"""What a value is, and in which way it differs from the right one, in words.

`remarks` is the heart of it. A remark that names a cause, such as a missing division by N, has to
be proven: `first_proven` wants it to hold in every case in which an answer differs.

All words are Markdown as `nn_core.lab.markup` reads it.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from nn_core.lab.markup import as_code
from nn_core.network import MLP

TOLERANCE = 1e-5  # relative to the largest entry: what float32 may lose on the way


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


def as_floats(value: Any) -> Any:
    """Make a tuple of floats of a list, tuple or row of numbers; give anything else as it is.

    For results of which some are counted and some are computed.
    """
    row = as_numbers(value)
    if isinstance(row, np.ndarray) and row.ndim == 1 and row.dtype.kind in "biuf":
        return tuple(row.astype(float).tolist())
    return value


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
        elif isinstance(value, tuple) and all(map(is_number, value)):
            words.append(f"`{name}` = {value}")
        elif isinstance(value, MLP):
            words.append(f"`{name}` of the sizes {value.sizes}")
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


# --- differences


class Remark(NamedTuple):
    """Something that is true of an answer which differs from the right one."""

    kind: str  # what is said, without the numbers of this case
    words: str
    alone: bool = True  # whether one case is enough to prove it
    entry: str = ""  # a sentence that shows an entry, and what is right there


def explain_difference(
    found: Any, expected: Any, name: str = "the result", *, N: int | None = None
) -> str | None:
    """Say in which way a value differs from the right one, or None where the two agree.

    The parameters are those of `remarks`.
    """
    told = list(remarks(found, expected, name, N=N))
    return first_proven([told]) if told else None


def first_proven(told: Sequence[Sequence[Remark]]) -> str:
    """Give the words of the first remark that holds in all cases; of the first case, if none does.

    `told` has the remarks of each case in which an answer differs.
    """
    first = told[0]
    common = set.intersection(*({remark.kind for remark in case} for case in told))
    proven = (r for r in first if r.kind in common and (r.alone or len(told) > 1))
    chosen = next(proven, first[-1])
    return chosen.words + chosen.entry


def remarks(
    found: Any,
    expected: Any,
    name: str = "the result",
    *,
    N: int | None = None,
    within: float = TOLERANCE,
) -> Iterator[Remark]:
    """Say all that is true of a value which differs from the right one.

    Parameters
    ----------
    found, expected
        What the learner has, and what is right: arrays, numbers, or tuples or lists of those.
    name
        What it is, as the chapter calls it: "`dW`". For a tuple "`dX`, `dW`, `db`".
    N
        The number of examples: a result that is N times too large or small is told so.
    within
        How far numbers may be off, relative to the largest.

    Yields
    ------
    Remark
        What tells most comes first. The last one states a fact and no more. Of values that agree
        there is nothing to say.
    """
    if isinstance(expected, tuple | list):
        yield from remarks_on_parts(found, expected, name, N, within)
        return
    if found is ... or found is None:
        yield fact(f"{capital(name)} is still `{'...' if found is ... else None}`.")
        return
    right = np.asarray(expected)
    if not isinstance(found, np.ndarray | np.generic | bool | int | float):
        asked = "a number" if right.ndim == 0 else "an array"
        made = " `np.array(...)` makes one of it." if isinstance(found, list | tuple) else ""
        yield fact(f"{capital(name)} is {describe(found)}; {asked} is asked for.{made}")
        return
    mine = np.asarray(found)
    if mine.dtype.kind not in "biuf":
        yield fact(f"{capital(name)} holds values of type {mine.dtype}; numbers are asked for.")
    elif mine.shape != right.shape:
        yield from remarks_on_shape(mine, right, name)
    elif not close(mine, right, within):
        with np.errstate(all="ignore"):
            yield from remarks_on_values(mine.astype(float), right.astype(float), name, N)
    else:
        words = explain_dtype(mine, right, name)
        if words:
            yield fact(words)


def fact(words: str, entry: str = "") -> Remark:
    """Make a remark that says what is, and names no cause."""
    return Remark("fact", words, entry=entry)


def remarks_on_parts(
    found: Any, expected: Sequence[Any], name: str, N: int | None, within: float
) -> Iterator[Remark]:
    """Compare several values, in order, up to the first that differs."""
    if not isinstance(found, tuple | list):
        yield fact(f"{len(expected)} values are asked for, {name}; found {describe(found)}.")
        return
    if len(found) != len(expected):
        yield fact(f"{len(expected)} values are asked for, {name}; found {len(found)}.")
        return
    names = name.split(", ")
    if len(names) != len(expected):
        names = [f"number {k + 1} of {name}" for k in range(len(expected))]
    for mine, right, each in zip(found, expected, names, strict=True):
        told = list(remarks(mine, right, each, N=N, within=within))
        if told:
            yield from (remark._replace(kind=f"{each}: {remark.kind}") for remark in told)
            return


def explain_dtype(found: np.ndarray, expected: np.ndarray, name: str) -> str | None:
    """Compare the kind of number, where the values agree; a count may be 8.0."""
    kinds = {"u": "i", "b": "b"}
    mine, right = (kinds.get(a.dtype.kind, a.dtype.kind) for a in (found, expected))
    start = f"The numbers in {name} are right, but they are {found.dtype}"
    if not found.ndim and {mine, right} == {"i", "f"}:
        return None
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


def remarks_on_shape(found: np.ndarray, expected: np.ndarray, name: str) -> Iterator[Remark]:
    """Say in which way an array of another shape differs."""
    a, b = found.shape, expected.shape
    if not a:
        words = f"{capital(name)} is a single number; an array of shape {b} is asked for."
    elif not b:
        words = f"{capital(name)} is an array of shape {a}; a single number is asked for."
    else:
        words = f"{capital(name)} has the shape {a}; {b} is asked for."
    if len(a) == 2 and close(found.T, expected):
        yield Remark("transposed", f"{words} It is the transpose of the right answer.")
    if found.size == expected.size and close(found.ravel(), expected.ravel()):
        kept = " `keepdims=True` keeps an axis of length 1." if 1 in b else ""
        kept = " An axis of length 1 is left over." if 1 in a and 1 not in b else kept
        yield Remark(
            "arranged",
            f"{words} The numbers in it are right, only their arrangement is not.{kept}",
        )
    if len(b) == 1 and a == b * 2 and close(found.diagonal(), expected):
        yield Remark(
            "row and column",
            f"{words} A row and a column of {b[0]} numbers, combined, give {b[0]} by {b[0]}: look "
            f"for an array of shape ({b[0]}, 1) where ({b[0]},) belongs.",
        )
    kinds: dict[str, Callable[[np.ndarray], Any]] = {"sum": np.sum, "mean": np.mean}
    for kind, over_all in kinds.items():
        if not a and close(found, over_all(expected)):
            yield Remark(
                kind,
                f"{words} It is their {kind}, over everything: without an `axis`.",
                alone=False,
            )
    yield fact(words)


def close(found: Any, expected: Any, within: float = TOLERANCE) -> bool:
    """Whether two arrays of numbers have one shape and agree, up to rounding.

    Entries may differ by `within` times the largest number that is expected.
    """
    found, expected = as_numbers(found), np.asarray(expected, float)
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "biuf":
        return False
    if found.shape != expected.shape:
        return False
    return bool(np.isclose(found, expected, 0, within * largest(expected), equal_nan=True).all())


def largest(values: np.ndarray) -> float:
    """The size of the largest finite number, 0 if there is none."""
    return float(np.abs(values[np.isfinite(values)]).max(initial=0))


def remarks_on_values(
    found: np.ndarray, expected: np.ndarray, name: str, N: int | None
) -> Iterator[Remark]:
    """Say in which way an array of the right shape differs."""
    Name = capital(name)
    wild = ~np.isfinite(found) & np.isfinite(expected)
    if wild.any():
        yield fact(explain_wild(found, wild, name))
        return
    if found.ndim == 2 and close(found.T, expected):
        yield Remark(
            "transposed",
            f"{Name} is transposed. That fits only because it has as many rows as columns.",
        )
    if expected.any() and not found.any():
        yield Remark("zero", f"{Name} is zero everywhere.")
    yield from remarks_on_scale(found, expected, Name, N)
    if found.ndim == 0:
        yield fact(f"{Name} is {found:.6g}; {expected:.6g} is right.")
        return
    gap = found - expected
    if found.size > 1 and close(gap, np.full_like(gap, gap.flat[0])):
        much, where = abs(gap.flat[0]), "large" if gap.flat[0] > 0 else "small"
        words = f"{Name} is too {where} by {much:.6g}, everywhere."
        if much == 1 and np.array_equal(expected, np.round(expected)):
            yield Remark("counted", f"{words} Is something counted from 1 instead of 0?")
        yield Remark("too large or small", words)
    for axis, lines in ((1, "row"), (0, "column")):
        if found.ndim == 2 and min(found.shape) > 1:
            lengths = (expected**2).sum(axis=axis, keepdims=True)
            factors = (found * expected).sum(axis=axis, keepdims=True) / lengths
            means = gap.mean(axis=axis, keepdims=True)
            question = "Is a sum, mean or maximum taken over the wrong axis, or over everything?"
            for right, much in (
                (factors * expected, "times a factor"),
                (expected + means, "plus a number"),
            ):
                if close(found, right):
                    words = f"In {name} each {lines} is the right one {much} of its own."
                    yield Remark(f"each {lines} {much}", f"{words} {question}")
    if close(np.flip(found), expected) or close(found[::-1], expected):
        yield Remark("reversed", f"{Name} holds the right numbers, in reverse order.")
    if close(np.sort(found, axis=None), np.sort(expected, axis=None)):
        yield Remark("order", f"{Name} holds the right numbers, but in another order.")
    yield fact(*explain_entries(found, expected, name))


def remarks_on_scale(
    found: np.ndarray, expected: np.ndarray, name: str, N: int | None
) -> Iterator[Remark]:
    """Name the factor by which all entries are off, if there is one."""
    length = float((expected**2).sum())
    factor = float((found * expected).sum()) / length if length else 0.0
    if factor == 0 or not close(found, factor * expected):
        return
    size = abs(factor)
    # Any number is a multiple of any other: there, only factors that have a reason are named, and
    # one case proves none of them.
    single = np.count_nonzero(expected) < 2
    everywhere = "" if single else ", everywhere"
    known = []
    if N is not None and N > 1:
        known += [
            (N, f"is {N} times too large", f" Is a division by $N = {N}$ missing?"),
            (
                1 / N,
                f"is {N} times too small",
                f" Is it divided by $N = {N}$ once too often, or a mean where a sum belongs?",
            ),
        ]
    if single and 0 <= abs(expected.sum()) <= 1:
        known.append((100, "is a percentage", " A share from 0 to 1 is asked for."))
    known += [
        (
            2,
            "is twice as large as it should be",
            " Where does a factor of 2 come from, such as the derivative of a square?",
        ),
        (
            0.5,
            "is half as large as it should be",
            " Where is a factor of 2 lost, such as in the derivative of a square?",
        ),
    ]
    sign = "has the wrong sign" if factor < 0 else ""
    also = f"{sign} and " if sign else ""
    for value, words, question in known:
        if np.isclose(size, value, rtol=1e-4):
            kind = f"{also}{question.split('$')[0]}"
            yield Remark(kind, f"{name} {also}{words}{everywhere}.{question}", alone=not single)
    if sign and np.isclose(size, 1, rtol=1e-4):
        yield Remark(sign, f"{name} {sign}{everywhere}.")
    elif not single:
        much = f"{size:.4g} times too large" if size > 1 else f"{1 / size:.4g} times too small"
        words = f"{name} {also}is {much}{everywhere}. Which factor is missing, or too many?"
        yield Remark(f"{also}a factor", words)


def explain_wild(found: np.ndarray, wild: np.ndarray, name: str) -> str:
    """Say where infinities and NaN stand, and what they come from."""
    places = np.argwhere(wild)
    kind = "NaN" if np.isnan(found[wild]).any() else "infinity"
    cause = (
        "NaN comes from 0 / 0, from infinity minus infinity, or from the logarithm or root of a "
        "negative number."
        if kind == "NaN"
        else "If you did not write `np.inf` yourself, it comes from a division by 0, the logarithm "
        "of 0, or an `exp` of something large."
    )
    where = f" at {index_of(name, places[0])}" if found.ndim else ""
    count = f" in {len(places)} of {found.size} entries, the first" if found.size > 1 else ""
    return f"{capital(name)} is {kind}{count}{where}. {cause}"


def explain_entries(found: np.ndarray, expected: np.ndarray, name: str) -> tuple[str, str]:
    """Say how many entries differ, and in another sentence which is the first."""
    scale = largest(expected)
    differs = ~np.isclose(found, expected, 0, TOLERANCE * scale, equal_nan=True)
    places = np.argwhere(differs)
    first = tuple(places[0])
    off = np.abs(found - expected)[differs].max() / scale if scale else np.inf
    start = f"{capital(name)} is right"
    if off < 1e-2:
        start = f"{capital(name)} is nearly right, off by up to {off:.1g} of its largest entry"
    elif len(places) == found.size:
        start = f"{capital(name)} has the right shape, but all {found.size} numbers are off"
    else:
        start += f" in {found.size - len(places)} of {found.size} entries"
        for axis, lines in ((0, "row"), (1, "column")):
            if found.ndim == 2 and len(set(places[:, axis])) == 1 < found.shape[axis]:
                start += f"; the others are all in {lines} {places[0, axis]}"
    return f"{start}.", (
        f" The first that differs is {index_of(name, first)}: {found[first]:.6g} instead of "
        f"{expected[first]:.6g}."
    )


def index_of(name: str, place: Sequence[int]) -> str:
    """Write an entry of an array: "`dW[0, 2]`", or "entry [0, 2]" where it has no name."""
    inside = ", ".join(str(int(k)) for k in place)
    plain = name.strip("`")
    return f"`{plain}[{inside}]`" if name == f"`{plain}`" else f"entry [{inside}]"


def capital(name: str) -> str:
    """Begin a sentence with a name."""
    return name[:1].upper() + name[1:]

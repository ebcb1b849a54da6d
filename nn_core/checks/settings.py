"""Settings: what may be asked of a number, in one place and in the same words everywhere."""

import math
import numbers
import operator
from collections.abc import Collection, Sequence

import numpy as np


def check_number(
    name: str,
    value: object,
    *,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
    whole: bool = False,
) -> None:
    """Raise unless a setting is a finite number within its bounds.

    Python's numbers and NumPy's scalars are numbers; True, text and arrays are none.

    Parameters
    ----------
    name
        What the setting is called, for the message.
    value
        What was given.
    at_least, above
        The lower bound: itself allowed, or not.
    at_most, below
        The upper bound: itself allowed, or not.
    whole
        Whether only integers will do; `32.0` is none.

    Raises
    ------
    TypeError
        The value is no number, or no integer where one is needed.
    ValueError
        The value is NaN, infinite, or out of bounds.
    """
    kind = numbers.Integral if whole else numbers.Real
    if isinstance(value, bool | np.bool_) or not isinstance(value, kind):
        wanted = "a whole number" if whole else "a number"
        raise TypeError(f"expected {name} to be {wanted}, found {value!r}")
    upper = at_most is not None or below is not None
    lower = at_least is not None or above is not None
    bounds = [
        (at_least, "from" if upper else "of at least", operator.ge),
        (above, "above", operator.gt),
        (at_most, "to" if lower else "of at most", operator.le),
        (below, "to below" if lower else "below", operator.lt),
    ]
    asked = [(bound, words, holds) for bound, words, holds in bounds if bound is not None]
    finite = isinstance(value, numbers.Integral) or math.isfinite(value)
    if not finite or not all(holds(value, bound) for bound, _, holds in asked):
        wanted = " ".join(f"{words} {bound}" for bound, words, _ in asked)
        a = "" if finite or upper else "a finite "
        raise ValueError(f"expected {a}{name} {wanted}, found {value}")


def check_function(name: str, value: object) -> None:
    """Raise TypeError unless a setting is a function."""
    if not callable(value):
        raise TypeError(f"expected {name} to be a function, found {value!r}")


def check_strengths(**strengths: float) -> None:
    """Raise as `check_number` does unless each strength, given by name, is at least 0."""
    for name, value in strengths.items():
        check_number(name, value, at_least=0)


def check_rng(rng: object) -> None:
    """Raise TypeError where a seed, or another source of numbers, stands for a random generator.

    Raises
    ------
    TypeError
        `rng` is a number, nothing, a module, or of Python's or NumPy's older kinds of generator.
        A class of your own that has the methods of `np.random.Generator` will do.
    """
    origin = type(rng).__module__.partition(".")[0]
    if origin in ("builtins", "random", "numpy") and not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"expected rng to be a random generator, np.random.default_rng(0) say, found {rng!r}"
        )


def check_sizes(sizes: object) -> None:
    """Raise TypeError or ValueError unless these are the sizes of layers: two or more, from 1."""
    if not isinstance(sizes, Sequence | np.ndarray) or isinstance(sizes, str):
        raise TypeError(f"expected sizes to be layer sizes, inputs first, found {sizes!r}")
    for size in sizes:
        check_number("each of sizes", size, whole=True)
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(
            f"expected at least two layer sizes of at least 1, inputs first, found {sizes}"
        )


def check_choice(name: str, found: object, known: Collection[str]) -> None:
    """Raise ValueError unless a setting is one of the names that are known."""
    if found not in known:
        raise ValueError(f"expected {name} to be one of {sorted(known)}, found {found!r}")


def check_finite(name: str, array: np.ndarray) -> None:
    """Raise ValueError where an array holds NaN or infinity.

    Raises
    ------
    ValueError
        It does; the message says in how many of its entries.
    """
    finite = np.isfinite(array)
    if not finite.all():
        raise ValueError(
            f"expected {name} to be finite, found NaN or infinity in "
            f"{finite.size - np.count_nonzero(finite):,} of {finite.size:,}"
        )


LOSSES = ("cross_entropy", "mean_squared_error")


def check_network(
    sizes: Sequence[int],
    rng: object,
    activation: object,
    output: object,
    loss: object,
    dtype: type,
    activations: Collection[str],
) -> None:
    """Raise TypeError or ValueError unless these settings make an `MLP`."""
    check_rng(rng)
    check_sizes(sizes)
    check_choice("activation", activation, set(activations) - {"softmax"})
    check_choice("output", output, activations)
    check_choice("loss", loss, LOSSES)
    if loss == "cross_entropy" and output != "softmax":
        raise ValueError(f"cross_entropy needs the output 'softmax', found {output!r}")
    if np.dtype(dtype) not in (np.float32, np.float64):
        raise TypeError(f"expected dtype to be float32 or float64, found {np.dtype(dtype)}")

"""Check settings: numbers, functions, names and random generators."""

import math
import numbers
import operator
from collections.abc import Collection, Sequence
from typing import Any

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
    """Raise TypeError or ValueError unless a setting is a finite number within its bounds.

    Numbers of Python and NumPy scalars are allowed; booleans, text and arrays are not.

    Parameters
    ----------
    name
        The name of the setting, for the error message.
    value
        The value of the setting.
    at_least, above
        The lower bound, included or excluded.
    at_most, below
        The upper bound, included or excluded.
    whole
        Whether the value must be an integer; the float `32.0` is not.

    Raises
    ------
    TypeError
        The value is not a number, or not an integer although `whole` is True.
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
    given = [(bound, words, holds) for bound, words, holds in bounds if bound is not None]
    finite = isinstance(value, numbers.Integral) or math.isfinite(value)
    if not finite or not all(holds(value, bound) for bound, _, holds in given):
        wanted = " ".join(f"{words} {bound}" for bound, words, _ in given)
        a = "" if finite or upper else "a finite "
        raise ValueError(f"expected {a}{name} {wanted}, found {value}")


def check_function(name: str, value: object) -> None:
    """Raise TypeError unless a setting is a function."""
    if not callable(value):
        raise TypeError(f"expected {name} to be a function, found {value!r}")


def check_strengths(**strengths: float) -> None:
    """Raise TypeError or ValueError unless each strength is a number of at least 0."""
    for name, value in strengths.items():
        check_number(name, value, at_least=0)


def check_rng(rng: object) -> None:
    """Raise TypeError unless `rng` is a random generator; a seed is not.

    Raises
    ------
    TypeError
        `rng` is a number, `None`, a module, `random.Random` or `np.random.RandomState`. Your own
        class with the methods and the `bit_generator` of `np.random.Generator` is allowed.
    """
    origin = type(rng).__module__.partition(".")[0]
    if origin in ("builtins", "random", "numpy") and not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"expected rng to be a random generator, np.random.default_rng(0) say, found {rng!r}"
        )


def check_sizes(sizes: object) -> None:
    """Raise TypeError or ValueError unless `sizes` holds two or more integers of at least 1."""
    if not isinstance(sizes, Sequence | np.ndarray) or isinstance(sizes, str):
        raise TypeError(f"expected sizes to be layer sizes, inputs first, found {sizes!r}")
    for size in sizes:
        check_number("each of sizes", size, whole=True)
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(
            f"expected at least two layer sizes of at least 1, inputs first, found {sizes}"
        )


def check_choice(name: str, found: object, known: Collection[str]) -> None:
    """Raise ValueError unless a setting is one of the known names."""
    if found not in known:
        raise ValueError(f"expected {name} to be one of {sorted(known)}, found {found!r}")


def check_finite(name: str, array: np.ndarray) -> None:
    """Raise ValueError unless all entries of an array are finite.

    Raises
    ------
    ValueError
        The array contains NaN or infinity. The message gives the number of such entries.
    """
    finite = np.isfinite(array)
    if not finite.all():
        raise ValueError(
            f"expected {name} to be finite, found NaN or infinity in "
            f"{finite.size - np.count_nonzero(finite):,} of {finite.size:,}"
        )


def check_dense(X: np.ndarray, W: np.ndarray, b: np.ndarray) -> None:
    """Raise ValueError unless the inputs and the biases fit the weights of a dense layer."""
    if X.shape[-1:] != W.shape[:1] or b.shape != W.shape[1:]:
        raise ValueError(
            "expected X (N, in), W (in, out) and b (out,), "
            f"found X {X.shape}, W {W.shape} and b {b.shape}"
        )


def check_parameters(name: str, values: Any, vector: np.ndarray) -> None:
    """Raise ValueError unless `values` are as many as the vector holds, or a single number."""
    shape = np.shape(values)
    if shape not in ((), vector.shape):
        raise ValueError(
            f"expected {name} of shape {vector.shape}, one number for each parameter of the "
            f"network, found shape {shape}"
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
    """Raise TypeError or ValueError unless an `MLP` can be made with these settings."""
    check_rng(rng)
    check_sizes(sizes)
    check_choice("activation", activation, set(activations) - {"softmax"})
    check_choice("output", output, activations)
    check_choice("loss", loss, LOSSES)
    if loss == "cross_entropy" and output != "softmax":
        raise ValueError(f"cross_entropy needs the output 'softmax', found {output!r}")
    if np.dtype(dtype) not in (np.float32, np.float64):
        raise TypeError(f"expected dtype to be float32 or float64, found {np.dtype(dtype)}")

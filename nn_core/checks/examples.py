"""Convert examples and labels to arrays, and check them, before a function uses them.

Lists, pandas tables and other inputs that NumPy can read become arrays. The rows keep their order,
and the index of a table is ignored. Ambiguous input raises an error. The message is one sentence
that names the expected value and the value found. A valid array is returned without a copy.
"""

import functools
import inspect
import math
import numbers as abstract
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
R = TypeVar("R")
Converter = Callable[[Any, str], object]  # its arguments: a value, and the name of the value

# Names of the label column in common data sets.
LABEL_NAMES = ("label", "labels", "class", "target", "targets", "y", "digit", "digits", "category")
MAX_INPUT = 10.0  # scaled inputs are about 1; pixels up to 255 are far larger

# Subclasses of ndarray that behave differently: `*` multiplies matrices, and masks hide entries.
SPECIAL_ARRAYS = (np.matrix, np.ma.MaskedArray)


class DataError(ValueError):
    """The data are wrong. The message names the expected value and the value found."""


def takes(**converters: Converter) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a decorator that converts arguments, by name, before the function is called."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        names = list(inspect.signature(function).parameters)
        converted = [(names.index(name), name, convert) for name, convert in converters.items()]

        @functools.wraps(function)
        def convert_and_call(*args: Any, **options: Any) -> R:
            values = list(args)
            for position, name, convert in converted:
                if position < len(values):
                    values[position] = convert(values[position], name)
                elif name in options:
                    options[name] = convert(options[name], name)
            return function(*values, **options)

        return convert_and_call

    return decorate


# --- converters


def numbers(values: Any, name: str) -> np.ndarray:
    """Convert a list, table or array to an array of booleans, integers or floats.

    The array is C-contiguous, since the last bit of a matrix product depends on the memory order.

    Raises
    ------
    TypeError
        `values` contains text, gaps, complex numbers or rows of different lengths.
    """
    if type(values) is np.ndarray and values.dtype.kind in "biuf" and values.flags.c_contiguous:
        return values  # the usual case, in each training step
    is_array = isinstance(values, np.ndarray) and not isinstance(values, SPECIAL_ARRAYS)
    if is_array and values.dtype.kind in "biuf":
        return np.asanyarray(values, order="C")
    gaps = np.count_nonzero(np.ma.getmaskarray(values)) if np.ma.isMaskedArray(values) else 0
    if gaps:
        raise TypeError(f"expected numbers in {name}, found {gaps} masked values")
    if hasattr(values, "toarray"):
        raise TypeError(
            f"expected an array as {name}, found {type(values).__name__}, which is sparse; "
            f"{name}.toarray() is an array"
        )
    try:
        array = values.to_numpy() if hasattr(values, "to_numpy") else np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:
        rows = {np.shape(row) for row in values} if isinstance(values, list | tuple) else ()
        found = "rows of different lengths" if len(rows) > 1 else error
        raise TypeError(f"expected an array of numbers as {name}, found {found}") from error
    if array.dtype.kind == "O" and array.ndim > 0:
        return _numbers_of_objects(array, name)
    if array.dtype.kind in "UST" and array.size and array.ndim > 0:
        raise TypeError(
            f"expected numbers in {name}, found text, the first being {str(array.flat[0])!r}; "
            f"np.asarray({name}, float) reads numbers from text"
        )
    if array.dtype.kind not in "biuf":
        found = type(values).__name__ if array.ndim == 0 else f"{array.dtype}"
        raise TypeError(f"expected an array of numbers as {name}, found {found}")
    return np.asarray(array, order="C")


def _numbers_of_objects(array: np.ndarray, name: str) -> np.ndarray:
    """Convert an array of Python objects to numbers; an error names the first other object."""
    types = set(map(type, array.flat))
    if types <= {bool, np.bool_}:
        return array.astype(bool)
    if all(issubclass(kind, abstract.Integral) for kind in types):
        return array.astype(np.int64)
    if all(issubclass(kind, abstract.Real) for kind in types):
        return array.astype(np.float64)
    n, found = next(
        (n, found) for n, found in enumerate(array.flat) if not isinstance(found, abstract.Real)
    )
    advice = ""
    if isinstance(found, str):
        what = f"the text {found!r}"
        advice = f"; np.asarray({name}, float) reads numbers from text"
    elif found is None or repr(found) in ("<NA>", "NaT"):
        what = "a missing value"
    else:
        what = f"an object of type {type(found).__name__}"
    raise TypeError(f"expected numbers in {name}, found {what} {_place(n, array.shape)}{advice}")


def _place(n: int, shape: tuple[int, ...]) -> str:
    """Describe the position of entry `n` of the flat array."""
    where = [int(i) for i in np.unravel_index(n, shape)]
    words = f"at example {where[0]}"
    if len(where) > 1:
        words += f", place {where[1] if len(where) == 2 else tuple(where[1:])}"
    return f"{words} (counting from 0)"


def examples(X: Any, name: str) -> np.ndarray:
    """Convert examples of any shape, `(N, ...)`, to an array of numbers.

    Raises
    ------
    TypeError
        As in `numbers`, or `X` is a single number.
    """
    array = numbers(X, name)
    if array.ndim == 0:
        raise TypeError(f"expected examples in an array as {name}, found {type(X).__name__}")
    return array


def labels(y: Any, name: str) -> np.ndarray:
    """Convert labels to an array of integers `(N,)`. Floats such as 3.0 become integers.

    Raises
    ------
    TypeError
        As in `numbers`, or the labels are booleans, fractions or a single number.
    DataError
        The labels are not one-dimensional, or a label is missing (NaN).
    """
    if type(y) is np.ndarray and y.ndim == 1 and y.dtype.kind in "iu":
        return y
    array = numbers(y, name)
    if array.ndim == 0:
        raise TypeError(f"expected labels in an array of shape (N,), found {type(y).__name__}")
    if array.ndim != 1:
        column = array.shape[1:] == (1,)
        raise DataError(
            f"expected labels of shape (N,), found {array.shape}; "
            + (
                f"np.ravel({name}) makes a row of the column"
                if column
                else "one-hot rows become labels again with Y.argmax(axis=1)"
            )
        )
    if array.dtype.kind == "b":
        raise TypeError(f"expected integer labels, found bool; {name}.astype(int) has 0 and 1")
    if array.dtype.kind == "f":
        wrong = np.flatnonzero(~(np.abs(array) < 2**53) | (array != np.floor(array)))
        if len(wrong):
            n = wrong[0]
            kind = DataError if np.isnan(array[n]) else TypeError
            raise kind(
                f"expected integer labels, found {array.dtype} with {array[n]} "
                f"{_place(n, array.shape)}"
            )
        return array.astype(np.int64)
    return array


def scores(Z: Any, name: str) -> np.ndarray:
    """Convert scores, a row for each example, to an array `(N, classes)`.

    Raises
    ------
    TypeError
        As in `numbers`.
    DataError
        The array is not two-dimensional.
    """
    array = numbers(Z, name)
    if array.ndim != 2:
        raise DataError(f"expected {name} as an array of shape (N, classes), found {array.shape}")
    return array


def stored_pixels(images: Any, name: str) -> np.ndarray:
    """Convert images with integer pixels from 0 to 255 to uint8 `(N, ...)`.

    Other floats are returned unchanged.

    Raises
    ------
    TypeError
        As in `examples`.
    DataError
        An integer is outside 0 to 255.
    """
    array = examples(images, name)
    if array.dtype == np.uint8 or array.size == 0:
        return array
    low, high = array.min(), array.max()
    if array.dtype.kind in "iu" and (low < 0 or high > 255):
        raise DataError(f"expected pixels from 0 to 255 in {name}, found {low} to {high}")
    if low >= 0 and 1 < high <= 255 and (array == np.floor(array)).all():
        return array.astype(np.uint8)
    return array


def _short(value: Any) -> str:
    """Give the `repr` of a value if it is short, else the type of the value."""
    text = repr(value)
    return text if len(text) <= 40 and "\n" not in text else f"a {type(value).__name__}"


# --- the inputs of a network


def inputs(
    X: Any, size: int, dtype: np.dtype, name: str = "X", *, one: bool = False, scaled: bool = True
) -> np.ndarray:
    """Convert examples to the inputs of a network, `(N, size)` of its dtype.

    Images `(N, height, width)` become rows.

    Parameters
    ----------
    X
        The examples.
    size, dtype
        The number of inputs of the network, and its dtype.
    name
        The name of the examples in error messages.
    one
        Whether a single example, `(size,)` or `(height, width)`, is allowed as a batch of one.
    scaled
        Whether to check the values too (see `check_scaled`). This takes time, so training checks
        them once, not in each step.

    Raises
    ------
    TypeError
        As in `numbers`, or the examples are uint8: pixels that are not scaled.
    DataError
        The examples have another shape, or as in `check_scaled`.
    """
    fits = type(X) is np.ndarray and X.ndim == 2 and X.shape[1] == size and X.dtype == dtype
    if not (fits and X.flags.c_contiguous):
        array = numbers(X, name)
        if array.shape == (0,):
            array = array.reshape(0, size)
        alone = array.size == size and (array.ndim == 1 or (array.ndim == 2 and len(array) > 1))
        if one and alone and array.shape != (size, 1):
            array = array.reshape(1, size)
        elif array.ndim < 2 or math.prod(array.shape[1:]) != size:
            raise DataError(
                f"expected {name} of shape (N, {size}), one example per row, found {array.shape}"
                + _advice(X, array.shape, size, name)
            )
        if array.dtype == np.uint8:
            raise TypeError(
                f"expected {name} of the network's dtype {dtype}, found uint8; "
                f"scale_pixels({name}) divides pixels by 255"
            )
        scaled = scaled or array.dtype.kind in "iu"
        if scaled:
            check_scaled(array, name)
        return array.reshape(len(array), size).astype(dtype, copy=False)
    if scaled:
        check_scaled(X, name)
    return X


def _advice(X: Any, shape: tuple[int, ...], size: int, name: str) -> str:
    """Suggest what may be wrong with examples of this shape."""
    named = [column for column in getattr(X, "columns", ()) if is_label_name(column)]
    if named:
        return f"; {named[0]!r} holds labels, so give {name}.drop(columns={named[0]!r})"
    if len(shape) == 2 and shape[1] == size + 1:
        return "; one column too many: are the labels still among them?"
    if len(shape) == 2 and shape[0] == size:
        return f"; {name}.T has a row where {name} has a column"
    if shape == (size,):
        return f"; {name}[None] is an array of one example"
    return ""


def is_label_name(name: object) -> bool:
    """Whether a column of this name holds labels."""
    return str(name).strip().lower() in LABEL_NAMES


def check_scaled(X: np.ndarray, name: str = "X") -> None:
    """Raise DataError unless all inputs are finite and scaled.

    Pixels from 0 to 255, centred or not, and pixels that were divided by 255 twice are errors.
    Features with mean 0 and standard deviation 1 are valid, even with a large maximum.
    """
    if X.size == 0 or X.dtype.kind == "b":
        return
    low, high = float(X.min()), float(X.max())
    if not math.isfinite(low + high):
        wrong = np.flatnonzero(~np.isfinite(X))
        raise DataError(
            f"expected finite numbers in {name}, found {X.reshape(-1)[wrong[0]]} "
            f"{_place(wrong[0], X.shape)}"
            + (f", and {len(wrong) - 1} more" if len(wrong) > 1 else "")
        )
    if max(-low, high) > MAX_INPUT:
        flat = X.reshape(-1)
        size = 0.0 if low >= 0 else math.sqrt(np.vdot(flat, flat) / X.size)
        if low >= 0 or size > MAX_INPUT:
            raise DataError(
                f"expected {name} scaled to about 0 to 1, found values from {low:g} to {high:g}; "
                + ("divide pixels by 255" if high <= 255 else "divide by the largest there can be")
            )
    if low >= 0 and 0 < high < 1.001 / 255:
        raise DataError(
            f"expected {name} scaled to about 0 to 1, found no value above {high:.2g}; were the "
            "pixels divided by 255 twice?"
        )


def pair(values: Any, name: str) -> tuple[Any, Any]:
    """Split a pair into examples and labels.

    Raises
    ------
    TypeError
        `values` is not a pair.
    """
    if not isinstance(values, tuple | list) or len(values) != 2:
        found = f"one {type(values).__name__}"
        if isinstance(values, tuple | list):
            found += f" of {len(values)}"
        elif hasattr(values, "shape"):
            found += f" of shape {values.shape}"
        raise TypeError(f"expected {name} to be a pair (X_{name}, y_{name}), found {found}")
    return values[0], values[1]


# --- examples and labels together


def check_labels_below(y: np.ndarray, classes: int) -> None:
    """Raise DataError unless all labels, an array of integers, are from 0 to `classes - 1`."""
    (wrong,) = ((y < 0) | (y >= classes)).nonzero()
    if len(wrong):
        n = wrong[0]
        advice = "; subtract 1 from each" if y.min() == 1 and y.max() == classes else ""
        raise DataError(
            f"expected labels from 0 to {classes - 1}, found {y[n]} {_place(n, y.shape)}{advice}"
        )


def check_same_length(X: np.ndarray, y: np.ndarray) -> None:
    """Raise DataError unless there are as many labels as examples."""
    if len(X) != len(y):
        raise DataError(
            f"expected as many labels as examples, found {len(X)} examples and {len(y)} labels"
        )


def check_not_empty(X: np.ndarray) -> None:
    """Raise DataError unless there is at least one example."""
    if len(X) == 0:
        raise DataError("expected at least one example, found none")

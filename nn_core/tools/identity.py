"""What something is, as a short text: two things that would act alike have the same."""

import functools
import hashlib
import inspect
import sys
import types
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np

# Their functions are what their names say. Of all others, the code itself is read.
NAMED = sys.stdlib_module_names | {"nn_core", "numpy"}
LONGEST = 60  # characters of a text that people are to read in a message


def describe(value: object) -> str:
    """Describe whatever may decide a training run.

    Numbers, texts and containers by what they hold, arrays by dtype, shape and a hash, random
    generators by their state. A function by its name, its defaults and what it closes over, and
    unless it is a library's, by its code and the globals it reads. Everything else by its class and
    its attributes, and where there are none, by its `repr`.

    Returns
    -------
    str
        At most 100 characters: of a long description, its beginning and a hash of the whole.
    """
    text = _describe(value, ())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... #{_hash(text.encode())}"


def _hash(data: Any) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _describe(value: Any, within: tuple[int, ...]) -> str:
    """Describe a value that is reached through the objects of these ids."""
    if value is None or isinstance(value, bool | np.bool_ | str | bytes):
        return repr(value if not isinstance(value, np.bool_) else bool(value))
    if isinstance(value, Integral):
        return repr(int(value))
    if isinstance(value, Real):
        number = float(value)
        return repr(int(number)) if number.is_integer() else repr(number)
    if id(value) in within:  # a function that calls itself
        return "itself"
    inside = functools.partial(_describe, within=(*within, id(value)))
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            return f"array of {inside(value.tolist())}"
        return f"{value.dtype} {value.shape} #{_hash(np.ascontiguousarray(value))}"
    if isinstance(value, np.random.Generator):
        state = value.bit_generator.state
        return f"{state['bit_generator']} #{_hash(inside(state).encode())}"
    if isinstance(value, Mapping):
        items = sorted((inside(key), inside(item)) for key, item in value.items())
        return "{" + ", ".join(f"{key}: {item}" for key, item in items) + "}"
    if isinstance(value, tuple | list):
        return f"({', '.join(map(inside, value))})"
    if isinstance(value, set | frozenset):
        return f"{{{', '.join(sorted(map(inside, value)))}}}"
    if isinstance(value, functools.partial):
        return f"{inside(value.func)} with {inside(value.args)} {inside(value.keywords)}"
    if isinstance(value, types.MethodType):
        return f"{inside(value.__func__)} of {inside(value.__self__)}"
    if isinstance(value, types.FunctionType):
        return f"{value.__qualname__} {inside(_parts(value))}"
    if isinstance(value, types.CodeType):
        return inside((value.co_code, value.co_names, value.co_consts))
    if isinstance(value, type):
        own = {} if _is_named(value) else {k: v for k, v in vars(value).items() if _is_own(k, v)}
        bases = [base for base in value.__bases__ if base is not object]
        return f"{value.__qualname__}" + (f" {inside((own, bases))}" if own else "")
    if isinstance(value, types.ModuleType | types.BuiltinFunctionType | np.ufunc):
        return value.__name__
    if hasattr(value, "__wrapped__"):  # a cache around a function
        return inside(value.__wrapped__)
    if getattr(value, "__dict__", None):
        return f"{inside(type(value))} {inside(vars(value))}"
    return repr(value)


def _is_named(value: Any) -> bool:
    return str(value.__module__).partition(".")[0] in NAMED


def _is_own(name: str, value: object) -> bool:
    """Whether an attribute of a class was written there, not put there by Python."""
    written = not (name.startswith("__") and name.endswith("__")) or inspect.isfunction(value)
    return written and not isinstance(value, types.GetSetDescriptorType)


def _parts(function: types.FunctionType) -> dict[str, Any]:
    """What decides what a function does."""
    held = inspect.getclosurevars(function)
    parts: dict[str, Any] = {
        "defaults": function.__defaults__,
        "keywords": function.__kwdefaults__,
        "closure": dict(held.nonlocals),
    }
    if not _is_named(function):
        parts |= {"code": function.__code__, "globals": dict(held.globals)}
    return {name: part for name, part in parts.items() if part}

"""Describe objects as short texts: objects that behave in the same way have the same text."""

import functools
import hashlib
import inspect
import sys
import types
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np

# A function of these modules is identified by its name, any other function by its code.
TRUSTED_MODULES = sys.stdlib_module_names | {"nn_core", "numpy"}
MAX_LENGTH = 60  # characters, so that a text fits into an error message


def describe(value: object) -> str:
    """Describe an object that may decide the result of a training run.

    A number, a string or a container is described by its value; an array by dtype, shape and a
    hash; a random generator by its state. A function is described by its name, its defaults and its
    closure, and also by its code and the globals it reads, unless it is in `TRUSTED_MODULES`. Any
    other object is described by its class and its attributes, or by its `repr` if it has no
    attributes.

    Returns
    -------
    str
        At most 100 characters. A long description is cut off and ends with a hash of all of it.
    """
    text = _describe(value, ())
    return text if len(text) <= MAX_LENGTH else f"{text[:MAX_LENGTH]}... #{_hash(text.encode())}"


def _hash(data: Any) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _describe(value: Any, parents: tuple[int, ...]) -> str:
    """Describe a value that lies inside the objects with the ids `parents`."""
    if value is None or isinstance(value, bool | np.bool_ | str | bytes):
        return repr(value if not isinstance(value, np.bool_) else bool(value))
    if isinstance(value, Integral):
        return repr(int(value))
    if isinstance(value, Real):
        number = float(value)
        return repr(int(number)) if number.is_integer() else repr(number)
    if id(value) in parents:  # such as a function that calls itself
        return "itself"
    inside = functools.partial(_describe, parents=(*parents, id(value)))
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
        own = {} if _is_trusted(value) else {k: v for k, v in vars(value).items() if _is_own(k, v)}
        bases = [base for base in value.__bases__ if base is not object]
        return f"{value.__qualname__}" + (f" {inside((own, bases))}" if own else "")
    if isinstance(value, types.ModuleType | types.BuiltinFunctionType | np.ufunc):
        return value.__name__
    if hasattr(value, "__wrapped__"):  # such as a function with a cache
        return inside(value.__wrapped__)
    if getattr(value, "__dict__", None):
        return f"{inside(type(value))} {inside(vars(value))}"
    return repr(value)


def _is_trusted(value: Any) -> bool:
    """Whether a function or class comes from one of `TRUSTED_MODULES`."""
    return str(value.__module__).partition(".")[0] in TRUSTED_MODULES


def _is_own(name: str, value: object) -> bool:
    """Whether an attribute was written in the class, not added by Python."""
    written = not (name.startswith("__") and name.endswith("__")) or inspect.isfunction(value)
    return written and not isinstance(value, types.GetSetDescriptorType)


def _parts(function: types.FunctionType) -> dict[str, Any]:
    """Give everything that decides the behaviour of a function."""
    variables = inspect.getclosurevars(function)
    parts: dict[str, Any] = {
        "defaults": function.__defaults__,
        "keywords": function.__kwdefaults__,
        "closure": dict(variables.nonlocals),
    }
    if not _is_trusted(function):
        parts |= {"code": function.__code__, "globals": dict(variables.globals)}
    return {name: part for name, part in parts.items() if part}

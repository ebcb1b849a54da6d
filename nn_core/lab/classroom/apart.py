"""Values that a grader shares, as plain data, with a submission that runs in another process.

A `Wire` carries requests and results over two pipes. Numbers, texts, arrays, generators and
networks travel as what they are made of, never pickled. A function, a class or any other object
stays where it is: the other side gets one that asks it. So a check calls a learner's function
without running it, and what the learner's side sends can only ever be a value, right or wrong.

What a function changes in place changes on the other side, too: each message carries the state of
the arrays and generators that the running request has handed over.
"""

import builtins
import inspect
import json
import math
import struct
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import islice, pairwise
from pathlib import Path
from threading import Timer
from typing import IO, Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

from nn_core.lab.exercises.expect import LONGEST, does_nothing, global_generators
from nn_core.layers import ACTIVATIONS
from nn_core.network import MLP

LARGEST = 2**26  # bytes that a message may have
LONGEST_HEAD = 2**24  # of which so many describe the others
DEEPEST = 30  # requests within requests
SEQUENCES = {"tuple": tuple, "list": list, "set": set, "frozenset": frozenset}
BINARY = ("add", "sub", "mul", "truediv", "pow", "matmul")
OPERATIONS = {f"__{name}__" for name in ("neg", "pos", "abs", "call", *BINARY)}
OPERATIONS |= {f"__r{name}__" for name in BINARY}
Shared = np.ndarray | np.random.Generator


class Lost(BaseException):
    """The other side has ended, or was ended, or does not keep to the rules.

    No error of an answer, so what catches those lets it pass.
    """


class Remote:
    """An object of the other side; its class has the methods that are known of it."""

    def __init__(self, *_: Any, **__: Any) -> None:
        """Nothing: the other side has made the object."""

    def __getattr__(self, name: str) -> Any:
        """Ask the other side."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self._wire.request("attribute", self, name)


class Wire:
    """Requests to another process and their results.

    Parameters
    ----------
    source, sink
        Unbuffered streams of bytes, from and to the other side.
    trusts
        Whether what comes may run functions of this side other than those that were handed over:
        the submission's process trusts the grader, and not the other way round.
    within
        Starts a timer that ends the other side when a request takes too long.
    """

    def __init__(
        self,
        source: IO[bytes],
        sink: IO[bytes],
        *,
        trusts: bool,
        within: Callable[[], Timer] | None = None,
    ) -> None:
        self.source, self.sink, self.trusts, self.within = source, sink, trusts, within
        self.verbs: dict[str, Callable[..., Any]] = {"call": self._call}
        if trusts:
            self.verbs |= {"attribute": self._attribute, "construct": self._call}
        self.own: list[Any] = []  # what the other side knows by its place here
        self.known: dict[int, Any] = {}  # what stands for an object of the other side, by its place
        self.shared: dict[int, Shared] = {}  # what the running request has handed over, by number
        self.next, self.depth, self.room = int(trusts), 0, LARGEST

    # --- requests

    def request(self, verb: str, *values: Any) -> Any:
        """Have the other side do something; meanwhile, do what it asks for."""
        timer = self.within() if self.within and self.depth == 0 else None
        if self.depth == 0:
            self.shared.clear()
        self.depth += 1
        try:
            self._send("do", [verb, list(values)], {"watch": tracemalloc.is_tracing()})
            while True:
                kind, value, notes = self._receive()
                if kind == "do":
                    self._serve(value, notes)
                    continue
                if notes.get("drew"):  # so that a check finds the global generators changed
                    np.random.random()  # noqa: NPY002
                if tracemalloc.is_tracing():
                    np.empty(notes["peak"], np.uint8)  # as much as was asked for there
                if kind == "error":
                    raise error_of(value)
                return value
        finally:
            self.depth -= 1
            if timer:
                timer.cancel()

    def serve(self) -> None:
        """Do what the other side asks for, until it has ended."""
        while True:
            self.shared.clear()
            _, value, notes = self._receive()
            self._serve(value, notes)

    def _serve(self, value: Any, notes: dict[str, Any]) -> None:
        self.depth += 1
        before, watched = global_generators(), bool(notes.get("watch")) and self.depth == 1
        try:
            if self.depth > DEEPEST:
                raise RecursionError("too many calls within calls")
            verb, values = value
            if watched:
                tracemalloc.start()
            kind, result = "result", self.verbs[verb](*values)
            if isinstance(result, Iterator):
                result = list(islice(result, LONGEST))
        except Lost:
            raise
        except BaseException as error:
            kind, result = "error", [type(error).__name__, str(error)[:500]]
        notes = {"drew": self.trusts and global_generators() != before}
        if watched:
            notes["peak"] = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        self.depth -= 1
        try:
            self._send(kind, result, notes)
        except Lost:
            raise
        except Exception as error:  # what cannot be sent
            self._send("error", [type(error).__name__, str(error)[:500]], {})

    def _call(self, function: Any, values: Any, options: Any) -> Any:
        return function(*values, **options)

    def _attribute(self, thing: Any, name: str) -> Any:
        return getattr(thing, name)

    # --- messages

    def _send(self, kind: str, value: Any, notes: dict[str, Any]) -> None:
        state: dict[int, Any] = {
            number: None if isinstance(one, np.ndarray) else one.bit_generator.state
            for number, one in self.shared.items()
        }
        buffers = [one for one in self.shared.values() if isinstance(one, np.ndarray)]
        body = self._encode(value, buffers)
        head = json.dumps([kind, [*state.items()], body, notes]).encode()
        if len(head) > LONGEST_HEAD or sum(buffer.nbytes for buffer in buffers) > LARGEST:
            raise ValueError("this is too large to be handed in")
        self._write(struct.pack(">Q", len(head)) + head)
        for buffer in buffers:
            self._write(np.ascontiguousarray(buffer).reshape(-1).view(np.uint8).data)

    def _write(self, data: Any) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[self.sink.write(left) :]
        except OSError as error:
            raise Lost("it ended") from error

    def _receive(self) -> tuple[str, Any, dict[str, Any]]:
        (length,) = struct.unpack(">Q", self._read(np.empty(8, np.uint8)).data)
        if length > LONGEST_HEAD:
            raise Lost("it sent too much")
        try:
            kind, state, body, notes = json.loads(bytes(self._read(np.empty(length, np.uint8))))
            peak = int(notes.get("peak", 0))
            self.room = LARGEST
            for number, changed in state:
                one = self.shared[number]
                if isinstance(one, np.ndarray):
                    direct = one.flags.c_contiguous and one.flags.writeable
                    now = self._read(one if direct else np.empty(one.shape, one.dtype))
                    if one.flags.writeable:
                        one[...] = now
                else:
                    one.bit_generator.state = changed
            return kind, self._decode(body), notes | {"peak": min(max(peak, 0), LARGEST)}
        except Lost:
            raise
        except Exception as error:  # whatever a forged message leads to
            raise Lost(f"it sent what cannot be read: {type(error).__name__}") from error

    def _read(self, room: np.ndarray) -> np.ndarray:
        """Fill an array with what comes."""
        left = room.reshape(-1).view(np.uint8).data if room.size else memoryview(b"")
        while left:
            count = self.source.readinto(left)  # type: ignore[attr-defined]
            if not count:
                raise Lost("it ended")
            left = left[count:]
        return room

    # --- values

    def _share(self, one: Shared, number: int | None = None) -> int:
        if number is None:
            number, self.next = self.next, self.next + 2  # the other side counts odd or even
        self.shared[number] = one
        return number

    def _encode(self, value: Any, buffers: list[np.ndarray]) -> Any:
        def inner(part: Any) -> Any:
            return self._encode(part, buffers)

        def buffer(array: np.ndarray) -> list[Any]:
            if array.dtype.hasobject or array.dtype.fields:
                raise ValueError("an array of numbers is asked for, and this one holds objects")
            buffers.append(array)
            return [array.dtype.str, list(array.shape)]

        if value is None or isinstance(value, bool) or type(value) in (int, float, str):
            return value
        if value is ...:
            return ["..."]
        for number, one in self.shared.items():
            if one is value:
                return ["same", number]
            if isinstance(value, np.ndarray) and isinstance(one, np.ndarray) and inside(value, one):
                offset = value.ctypes.data - one.ctypes.data
                return ["view", number, offset, value.dtype.str, value.shape, value.strides]
        if isinstance(value, np.generic):
            return ["number", *buffer(np.asarray(value))]
        if isinstance(value, np.ndarray):
            array = np.asarray(value)
            return ["array", *buffer(array), self._share(array)]
        if isinstance(value, np.random.Generator):
            state = value.bit_generator.state
            return ["rng", state["bit_generator"], state, self._share(value)]
        if isinstance(value, MLP):
            settings = [value.sizes, value.activation, value.output, value.loss]
            ways = {} if self.trusts else {
                name: inner(getattr(value, name))
                for name in vars(type(value))
                if type(value) is not MLP and inspect.isroutine(getattr(value, name))
            }  # fmt: skip
            return ["network", settings, inner(value.theta), inner(value.grad), [*ways.items()]]
        if type(value).__name__ in SEQUENCES and isinstance(value, tuple | list | set | frozenset):
            return [type(value).__name__, [inner(part) for part in value]]
        if isinstance(value, tuple):
            return ["tuple", [inner(part) for part in value]]
        if isinstance(value, bytes):
            return ["bytes", *buffer(np.frombuffer(value, np.uint8))]
        if isinstance(value, Path) and not self.trusts:
            files = [path for path in sorted(value.rglob("*")) if path.is_file()]
            contents = [(str(one.relative_to(value)), one.read_bytes()) for one in files]
            return ["folder", [[name, inner(content)] for name, content in contents]]
        if isinstance(value, Iterator):
            return ["list", [inner(part) for part in islice(value, LONGEST)]]
        place = getattr(value, "__dict__", {}).get("_place")
        if place is not None:
            return ["yours", place]
        if isinstance(value, dict):
            return ["dict", [[inner(key), inner(part)] for key, part in value.items()]]
        if self.trusts and does_nothing(value):
            return ["..."]
        return ["mine", *self._introduce(value)]

    def _introduce(self, value: Any) -> list[Any]:
        """Say where an object stands, and what is to be known of it."""
        place = next((k for k, one in enumerate(self.own) if one is value), len(self.own))
        if place == len(self.own):
            self.own.append(value)
        if isinstance(value, type):
            ways = [(name, getattr(value, name, None)) for name in dir(value)]
            done = [name for name, way in ways if inspect.isfunction(way) and not does_nothing(way)]
            return [place, "class", value.__name__, done]
        if not callable(value):
            return [place, "object", None, self._introduce(type(value))]
        try:
            takes = [
                [one.name, int(one.kind), one.default is not one.empty]
                for one in inspect.signature(value).parameters.values()
            ]
        except (TypeError, ValueError):  # a function written in C need not say what it takes
            takes = None
        return [place, "function", str(getattr(value, "__name__", "function")), takes]

    def _decode(self, body: Any) -> Any:
        if not isinstance(body, list):
            return body
        kind, *parts = body
        if kind == "...":
            return ...
        if kind in SEQUENCES:
            return SEQUENCES[kind](self._decode(part) for part in parts[0])
        if kind == "dict":
            return {self._decode(key): self._decode(part) for key, part in parts[0]}
        if kind == "same":
            return self.shared[parts[0]]
        if kind == "view":
            number, offset, name, shape, strides = parts
            return np.ndarray(shape, plain_type(name), self.shared[number].data, offset, strides)  # type: ignore[union-attr]
        if kind in ("number", "array", "bytes"):
            array = self._array(*parts[:2])
            if kind == "array":
                self._share(array, parts[2])
            return array[()] if kind == "number" else array.tobytes() if kind == "bytes" else array
        if kind == "rng":
            name, state, number = parts
            if name not in ("PCG64", "PCG64DXSM", "SFC64", "Philox", "MT19937"):
                raise ValueError(name)
            rng = np.random.Generator(getattr(np.random, name)())
            rng.bit_generator.state = state
            self._share(rng, number)
            return rng
        if kind == "network":
            return self._network(*parts)
        if kind == "folder":
            return self._folder(parts[0])
        if kind == "yours":
            return self.own[parts[0]]
        return self._stand_in(*parts)

    def _array(self, name: str, shape: list[int]) -> np.ndarray:
        kind = plain_type(name)
        self.room -= math.prod(shape) * kind.itemsize
        if min(shape, default=0) < 0 or self.room < 0:
            raise ValueError("too large")
        return self._read(np.empty(shape, kind))

    def _folder(self, files: Any) -> Path:
        """Make a copy of a folder of the grader's."""
        if not self.trusts:
            raise ValueError("no folder is asked for")
        folder = Path(tempfile.mkdtemp())
        for name, content in files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(self._decode(content))
        return folder.resolve()

    def _network(self, settings: Any, theta: Any, grad: Any, ways: Any) -> MLP:
        (sizes, activation, output, loss), theta, grad = settings, *map(self._decode, (theta, grad))
        count = sum((i + 1) * o for i, o in pairwise(sizes))
        floats = (np.float32, np.float64)
        if theta.shape != (count,) or grad.shape != (count,) or theta.dtype not in floats:
            raise ValueError("no network")
        if activation not in ACTIVATIONS or not isinstance(output, str):
            raise ValueError("no network")
        network = MLP.__new__(MLP)
        network.__setstate__({
            "sizes": tuple(map(int, sizes)), "activation": activation, "output": output,
            "loss": str(loss), "_theta": theta, "_grad": grad,
        })  # fmt: skip
        if self.trusts:
            vars(network).update({name: self._decode(way) for name, way in ways})
        return network

    def _stand_in(self, place: int, kind: str, name: Any, known: Any) -> Any:
        """Give what stands for an object of the other side, always the same."""
        if place in self.known:
            return self.known[place]
        if kind == "object":
            made: Any = object.__new__(self._stand_in(*known))
            vars(made)["_place"] = place
        elif kind == "class":
            made = self._class(place, str(name), known)
        else:
            made = self._function(place, str(name), known)
        self.known[place] = made
        return made

    def _function(self, place: int, name: str, takes: Any) -> Callable[..., Any]:
        def function(*values: Any, **options: Any) -> Any:
            return self.request("call", function, values, options)

        function.__name__ = name
        vars(function)["_place"] = place
        if takes is not None:
            kinds = [*inspect.signature(lambda a, /, b, *c, d, **e: 0).parameters.values()]
            empty = inspect.Parameter.empty
            parameters = [
                inspect.Parameter(str(one), kinds[kind].kind, default=None if optional else empty)
                for one, kind, optional in takes
            ]
            function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return function

    def _class(self, place: int, name: str, known: list[str]) -> type:
        def method(way: str) -> Callable[..., Any]:
            def ask(self: Any, *values: Any, **options: Any) -> Any:
                bound = self._wire.request("attribute", self, way)
                return self._wire.request("call", bound, values, options)

            return ask

        def construct(cls: type, *values: Any, **options: Any) -> Any:
            return self.request("construct", cls, values, options)

        ways = {way: method(way) for way in known if way in OPERATIONS}
        return type(name, (Remote,), {"__new__": construct, "_wire": self, "_place": place, **ways})


def inside(part: np.ndarray, whole: np.ndarray) -> bool:
    """Whether an array is a view into another one, which lies in one piece."""
    if not (part.size and whole.flags.c_contiguous and np.may_share_memory(part, whole)):
        return False
    (first, last), (begin, end) = byte_bounds(part), byte_bounds(whole)
    return bool(begin <= first and last <= end)


def plain_type(name: str) -> np.dtype[Any]:
    """Give a type of numbers or texts by its name; refuse those that hold objects."""
    kind = np.dtype(name)
    if kind.hasobject or kind.kind not in "biufcSUMm":
        raise ValueError(name)
    return kind


def error_of(told: Any) -> BaseException:
    """Give an exception of the other side as one of this side."""
    name, words = told if isinstance(told, list) and len(told) == 2 else ("Exception", told)
    kind = getattr(builtins, str(name), None)
    kind = kind or getattr(np.exceptions, str(name), None) or getattr(np.linalg, str(name), None)
    if kind is SystemExit or (isinstance(kind, type) and issubclass(kind, Exception)):
        try:
            return kind(str(words))
        except TypeError:  # UnicodeDecodeError, for one, takes more
            pass
    return RuntimeError(f"{name}: {words}")

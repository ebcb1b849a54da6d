"""Training that can be taken up again where it was cut off, to the bit, or else is refused."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nn_core.checks import check_finite
from nn_core.data import DataError
from nn_core.identity import describe
from nn_core.network import MLP
from nn_core.optimizers import SGD
from nn_core.regularization import EarlyStopping, ExponentialMovingAverage
from nn_core.schedules import Schedule
from nn_core.storage import whole_file

# Of all that `fit` is given, this decides nothing: where the run is kept, and who looks on. How
# many epochs there are to be is looked at apart.
ASIDE = {"epochs", "checkpoint", "on_step", "on_epoch", "progress"}
SCHEDULES = {"schedule", "strength"}  # known by the values they give
# Views of `theta`, and what each step overwrites.
SCRATCH = {"W", "b", "dW", "db", "_grad", "_work"}
MEMORY = {"t", "size", "state"}  # of an optimizer: what a checkpoint holds and gives back


class Identity:
    """All that decides a training run, by name, each as a short text (see `describe`).

    What is asked of `fit` goes in as it is when training begins: every argument but those in
    `ASIDE`, hence every option that it may get in time to come; of network and optimizer the class,
    its settings and every attribute, the first weights among them. What an optimizer remembers is
    left out: a checkpoint gives it back.

    Parameters
    ----------
    asked
        The arguments of `fit` by name.
    """

    def __init__(self, asked: Mapping[str, Any]) -> None:
        self._schedules: dict[str, Schedule | None] = {name: asked[name] for name in SCHEDULES}
        self._texts: dict[str, str] = {}
        for name in asked.keys() - ASIDE - SCHEDULES:
            value = asked[name]
            if name in ("model", "optimizer"):
                self._texts |= {name: describe(type(value))} | _attributes(name, value)
            else:
                self._texts[name] = describe(value)

    def over(self, steps: int) -> dict[str, str]:
        """Give the texts for a run of so many steps: a schedule is what it gives in these."""
        return self._texts | {
            name: "None" if schedule is None else _course_of(schedule, steps)
            for name, schedule in self._schedules.items()
        }

    def check_memory(self, optimizer: SGD) -> None:
        """Raise TypeError where an optimizer remembers what no checkpoint holds."""
        for name, text in _attributes("optimizer", optimizer).items():
            # A schedule sets the learning rate, and so it changes.
            if name != "optimizer.lr" and self._texts.get(name) != text:
                raise TypeError(
                    "expected an optimizer that remembers in `state` alone, which a checkpoint "
                    f"holds, found that its steps change {name}"
                )


def _attributes(owner: str, value: object) -> dict[str, str]:
    """Describe what an object holds, and what its classes hold for it, functions aside."""
    aside = (property, classmethod, staticmethod)
    shared = {
        name: part
        for kind in reversed(type(value).__mro__)
        for name, part in vars(kind).items()
        if not (name.startswith("__") or callable(part) or isinstance(part, aside))
    }
    held = shared | vars(value)
    return {
        f"{owner}.{name.lstrip('_')}": describe(part)
        for name, part in held.items()
        if name not in SCRATCH and not (owner == "optimizer" and name in MEMORY)
    }


def _course_of(schedule: Schedule, steps: int) -> str:
    values = np.array([schedule(step) for step in range(steps)], float)
    mark = hashlib.sha256(values.tobytes()).hexdigest()[:16]
    return (
        f"{values[0]:.6g} to {values[-1]:.6g} in {steps:,} steps #{mark}" if steps else "no steps"
    )


@dataclass
class Run:
    """All that changes while a network is trained, and so all that a checkpoint must hold."""

    model: MLP
    optimizer: SGD
    rng: np.random.Generator
    average: ExponentialMovingAverage | None = None
    stopping: EarlyStopping | None = None
    step: int = 0
    rows: list[dict[str, float]] = field(default_factory=list)

    def kept(self) -> tuple[np.ndarray, int, dict[str, np.ndarray]]:
        """Copy what each step changes, for `go_back`."""
        moments = {name: moment.copy() for name, moment in self.optimizer.state.items()}
        return self.model.theta.copy(), self.optimizer.t, moments

    def go_back(self, kept: tuple[np.ndarray, int, dict[str, np.ndarray]]) -> None:
        """Let network and optimizer hold again what `kept` has copied."""
        self.model.theta[:], self.optimizer.t, self.optimizer.state = kept

    def is_finite(self) -> bool:
        """Whether every parameter and every moment is a finite number."""
        held = (self.model.theta, *self.optimizer.state.values())
        return all(bool(np.isfinite(array).all()) for array in held)

    def save(self, path: str | Path, identity: Identity, steps: int) -> None:
        """Write the run, which is to have so many steps, to an `.npz` file, replaced as a whole."""
        identity.check_memory(self.optimizer)
        arrays: dict[str, Any] = {"theta": self.model.theta}
        arrays |= {f"moment {name}": moment for name, moment in self.optimizer.state.items()}
        if self.average is not None:
            arrays["average"] = self.average.average
        numbers = {
            "of": identity.over(steps),
            "steps": steps,
            "t": self.optimizer.t,
            "lr": float(self.optimizer.lr),
            "rng": self.rng.bit_generator.state,
            "step": self.step,
            "rows": self.rows,
        }
        if self.stopping is not None and self.stopping.theta is not None:
            arrays["best theta"] = self.stopping.theta
            numbers |= {"best": self.stopping.best, "waited": self.stopping.waited}
        for name, array in arrays.items():
            check_finite(name, array)
        with whole_file(path) as file:
            np.savez(file, numbers=json.dumps(numbers), **arrays)

    def load(self, path: str | Path, identity: Identity) -> None:
        """Go back to where the run stood when `save` wrote the file.

        Raises
        ------
        DataError
            The file is no checkpoint, or one of another run; the message names what differs.
        """
        numbers, arrays = _read(path)
        found, wanted = numbers["of"], identity.over(numbers["steps"])
        differing = _differing(found, wanted)
        if differing:
            then, now = (
                ", ".join(f"{name}={texts.get(name, 'unknown')}" for name in differing)
                for texts in (found, wanted)
            )
            raise DataError(
                f"{path}: expected a checkpoint of this very run, found one written with {then}, "
                f"where this run has {now}: take that back, or begin anew with another file"
            )
        self.model.theta[:] = arrays["theta"]
        self.optimizer.t, self.optimizer.lr = numbers["t"], numbers["lr"]
        self.optimizer.size = self.model.theta.size
        moments = (name for name in arrays if name.startswith("moment "))
        self.optimizer.state = {name.removeprefix("moment "): arrays[name] for name in moments}
        self.rng.bit_generator.state = numbers["rng"]
        self.step, self.rows = numbers["step"], numbers["rows"]
        if self.average is not None:
            self.average.average = arrays["average"]
        if self.stopping is not None and "best theta" in arrays:
            self.stopping.theta = arrays["best theta"]
            self.stopping.best, self.stopping.waited = numbers["best"], numbers["waited"]


def _differing(found: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    """Name what differs, without what differs for no other reason."""
    names = {name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name)}
    # Another class has other attributes, and another network other first weights.
    of_class = {name for name in names if name.partition(".")[0] in names and "." in name}
    of_model = {name for name in names if name.startswith("model")}
    weights = {"model.theta"} if len(of_model) > 1 else set()
    return sorted(names - of_class - weights)


def finished_epochs(path: str | Path) -> int:
    """Tell how many epochs the run of a checkpoint has behind it.

    Raises
    ------
    DataError
        The file is no checkpoint.
    """
    return len(_read(path)[0]["rows"])


def _read(path: str | Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        numbers = json.loads(str(arrays.pop("numbers")))
        if not isinstance(numbers["of"], dict):
            raise ValueError("one of an older version")
        for name, array in arrays.items():
            check_finite(name, array)
    # NumPy tells in many ways that an archive is damaged or does not hold plain arrays.
    except (
        OSError, EOFError, ValueError, TypeError, KeyError, zipfile.BadZipFile, zlib.error
    ) as error:  # fmt: skip
        raise DataError(f"{path}: expected a checkpoint, found: {error}") from error
    return numbers, arrays

"""Training that can be taken up again where it was cut off, to the bit."""

import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nn_core.data import DataError
from nn_core.network import MLP
from nn_core.optimizers import SGD
from nn_core.regularization import EarlyStopping, ExponentialMovingAverage
from nn_core.storage import whole_file


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

    def _identity(self) -> str:
        model = self.model
        names = (
            *(model.activation, model.output, model.loss, str(model.theta.dtype)),
            *self.optimizer.moments,  # saved by name, and not found under another
        )
        return f"{type(self.optimizer).__name__} of {model!r} ({', '.join(names)})"

    def save(self, path: str | Path) -> None:
        """Write the run to an `.npz` file, which is replaced as a whole."""
        arrays: dict[str, Any] = {"theta": self.model.theta}
        arrays |= {f"moment {name}": moment for name, moment in self.optimizer.state.items()}
        if self.average is not None:
            arrays["average"] = self.average.average
        numbers = {
            "of": self._identity(),
            "t": self.optimizer.t,
            "lr": self.optimizer.lr,
            "rng": self.rng.bit_generator.state,
            "step": self.step,
            "rows": self.rows,
        }
        if self.stopping is not None and self.stopping.theta is not None:
            arrays["best theta"] = self.stopping.theta
            numbers |= {"best": self.stopping.best, "waited": self.stopping.waited}
        with whole_file(path) as file:
            np.savez(file, numbers=json.dumps(numbers), **arrays)

    def load(self, path: str | Path) -> None:
        """Go back to where the run stood when `save` wrote the file.

        Raises
        ------
        DataError
            The file is no checkpoint, or one of another network or optimizer.
        """
        try:
            with np.load(path, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            numbers = json.loads(str(arrays.pop("numbers")))
            found, expected = numbers["of"], self._identity()
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise DataError(f"{path}: expected a checkpoint, found: {error}") from error
        if found != expected:
            raise DataError(f"{path}: expected a checkpoint of {expected}, found one of {found}")
        self.model.theta[:] = arrays["theta"]
        self.optimizer.t, self.optimizer.lr = numbers["t"], numbers["lr"]
        moments = (name for name in arrays if name.startswith("moment "))
        self.optimizer.state = {name.removeprefix("moment "): arrays[name] for name in moments}
        self.rng.bit_generator.state = numbers["rng"]
        self.step, self.rows = numbers["step"], numbers["rows"]
        if self.average is not None and "average" in arrays:
            self.average.average = arrays["average"]
        if self.stopping is not None and "best theta" in arrays:
            self.stopping.theta = arrays["best theta"]
            self.stopping.best, self.stopping.waited = numbers["best"], numbers["waited"]

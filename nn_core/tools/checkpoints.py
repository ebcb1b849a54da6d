"""Checkpoints: resume an interrupted training run with the same result to the bit, or refuse."""

import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nn_core.checks.examples import DataError
from nn_core.checks.settings import check_finite
from nn_core.tools.identity import describe
from nn_core.tools.storage import atomic_write
from nn_core.training import Callback, TrainingState

# Attributes that do not identify a run: views of `theta`, buffers that each step overwrites, and
# what a checkpoint saves.
IGNORED_ATTRIBUTES = {
    "model": {"W", "b", "dW", "db", "_grad"},
    "optimizer": {"_work", "t", "size", "state", "lr"},
}


class Checkpoint(Callback):
    """Save the training run to a file after each epoch, and resume from that file if it exists.

    A resumed run gives the same weights as a run without a break: to the bit, if matrix products
    always use the same number of threads, which decides how they are rounded. `epochs` may be
    larger than before, if the larger number does not change the callbacks. Everything else must be
    the same as in the first run: data, settings and seed. Create network, optimizer and `rng` anew,
    as in the first run. The result of a schedule or of an augmentation must depend on its
    arguments only.

    The checkpoint must be the last callback, since it saves the state of the other callbacks.

    Parameters
    ----------
    path
        The `.npz` file to write, replaced only when complete (see `atomic_write`).

    Raises
    ------
    DataError
        When training begins: the file is not a checkpoint, or it is a checkpoint of another run.
        The message names the settings that differ.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def before_training(self, run: TrainingState) -> None:
        """Identify this run, and resume from the file if it exists."""
        if run.callbacks[-1] is not self:
            raise ValueError("expected Checkpoint as the last of the callbacks, found it before")
        self._identity = identity(run)
        if not self.path.exists():
            return
        from tqdm.auto import tqdm

        self._load(run)
        done = len(run.rows)
        if done > run.epochs:
            raise DataError(f"{self.path}: expected at most {run.epochs} epochs, found {done}")
        plan = "nothing is left to do" if done == run.epochs else f"goes on from epoch {done + 1}"
        tqdm.write(f"{self.path}: {done} of {run.epochs} epochs are done, {plan}")

    def after_epoch(self, run: TrainingState) -> None:
        """Save everything that changes during training."""
        settings = _settings(run)
        changed = [name for name in settings if self._identity.get(name) != settings[name]]
        if changed:
            raise TypeError(
                "expected optimizer and callbacks that remember in `state` alone, which a "
                f"checkpoint holds, found that training changes {changed[0]}"
            )
        state = {
            f"{place} {name}": value
            for place, owner in _stateful_objects(run).items()
            for name, value in owner.state.items()
        }
        arrays: dict[str, Any] = {"theta": run.model.theta}
        arrays |= {name: value for name, value in state.items() if isinstance(value, np.ndarray)}
        for name, array in arrays.items():
            check_finite(name, array)
        numbers = {
            "of": self._identity,
            "t": run.optimizer.t,
            "lr": float(run.optimizer.lr),
            "rng": run.rng.bit_generator.state,
            "step": run.step,
            "rows": run.rows,
            "state": {name: value for name, value in state.items() if name not in arrays},
        }
        with atomic_write(self.path) as file:
            np.savez(file, numbers=json.dumps(numbers), **arrays)

    def _load(self, run: TrainingState) -> None:
        """Set the run to the state that the file holds."""
        numbers, arrays = _read(self.path)
        differing = _differing(numbers["of"], self._identity)
        if differing:
            saved, current = (
                ", ".join(f"{name}={texts.get(name, 'unknown')}" for name in differing)
                for texts in (numbers["of"], self._identity)
            )
            raise DataError(
                f"{self.path}: expected a checkpoint of this very run, found one written with "
                f"{saved}, where this run has {current}: take that back, or begin anew with "
                "another file"
            )
        run.model.theta = arrays.pop("theta")
        run.optimizer.t, run.optimizer.lr = numbers["t"], numbers["lr"]
        run.optimizer.size = run.model.theta.size
        run.rng.bit_generator.state = numbers["rng"]
        run.step, run.rows = numbers["step"], numbers["rows"]
        for place, owner in _stateful_objects(run).items():
            states = arrays | numbers["state"]
            owner.state = {
                name.removeprefix(f"{place} "): value
                for name, value in states.items()
                if name.startswith(f"{place} ")
            }


def _stateful_objects(run: TrainingState) -> dict[str, Any]:
    """Give each object that has a `state`, under a unique name."""
    callbacks = {f"callback {k}": callback for k, callback in enumerate(run.callbacks[:-1])}
    return {"optimizer": run.optimizer} | callbacks


def identity(run: TrainingState) -> dict[str, str]:
    """Describe everything that decides the result of a training run (see `describe`).

    The identity contains every attribute of the network, the optimizer and each callback, except
    `state`, which a checkpoint saves and restores. So options that are added later count too.

    Returns
    -------
    dict
        A short text for each setting, by its name.
    """
    texts = {name: describe(getattr(run, name)) for name in ("X", "y", "dev", "batch_size", "rng")}
    texts["optimizer.lr"] = describe(run.optimizer.lr)  # before a schedule changes the rate
    return texts | _attributes("model", run.model) | _settings(run)


def _settings(run: TrainingState) -> dict[str, str]:
    """Describe optimizer and callbacks, without their `state`."""
    texts = _attributes("optimizer", run.optimizer)
    others = run.callbacks[:-1]
    names = [type(callback).__name__ for callback in others]
    texts["callbacks"] = ", ".join(names) or "none"
    for k, callback in enumerate(others):
        number = names[:k].count(names[k]) + 1
        name = names[k] if number == 1 else f"{names[k]} {number}"
        texts |= _attributes(name, callback)
    return texts


def _attributes(owner: str, value: object) -> dict[str, str]:
    """Describe the class and the attributes of an object; functions are left out."""
    functions = (property, classmethod, staticmethod)
    shared = {
        name: part
        for kind in reversed(type(value).__mro__)
        for name, part in vars(kind).items()
        if not (name.startswith("__") or callable(part) or isinstance(part, functions))
    }
    attributes = shared | vars(value)
    return {owner: describe(type(value))} | {
        f"{owner}.{name.lstrip('_')}": describe(part)
        for name, part in attributes.items()
        if name not in IGNORED_ATTRIBUTES.get(owner, {"state"})
    }


def _differing(saved: Mapping[str, str], current: Mapping[str, str]) -> list[str]:
    """Name the settings that differ, except those that differ only because another one does."""
    names = {name for name in saved.keys() | current.keys() if saved.get(name) != current.get(name)}
    # A different class has different attributes. A different network has different first weights.
    of_class = {name for name in names if name.partition(".")[0] in names and "." in name}
    of_model = {name for name in names if name.startswith("model")}
    weights = {"model.theta"} if len(of_model) > 1 else set()
    return sorted(names - of_class - weights)


def finished_epochs(path: str | Path) -> int:
    """Give the number of epochs that the run of a checkpoint has finished.

    Raises
    ------
    DataError
        The file is not a checkpoint.
    """
    return len(_read(path)[0]["rows"])


def _read(path: str | Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Give the numbers and the arrays of a checkpoint."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        numbers = json.loads(str(arrays.pop("numbers")))
        if not isinstance(numbers["of"], dict):
            raise ValueError("a checkpoint of an older version")
        for name, array in arrays.items():
            check_finite(name, array)
    # NumPy raises many kinds of error for a damaged archive or for entries that are not arrays.
    except (
        OSError, EOFError, ValueError, TypeError, KeyError, zipfile.BadZipFile, zlib.error
    ) as error:  # fmt: skip
        raise DataError(f"{path}: expected a checkpoint, found: {error}") from error
    return numbers, arrays

"""Training that can be taken up again where it was cut off, to the bit, or else is refused."""

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
from nn_core.tools.storage import whole_file
from nn_core.training import Callback, TrainingState

# What decides nothing: views of `theta`, what each step overwrites, what a checkpoint holds.
ASIDE = {
    "model": {"W", "b", "dW", "db", "_grad"},
    "optimizer": {"_work", "t", "size", "state", "lr"},
}


class Checkpoint(Callback):
    """Write the run to a file after each epoch, and go on from that file if it is there.

    A run that goes on ends as it would have without the break, to the bit. Its `epochs` may have
    grown, where that leaves the steps already planned as they are. All else must be as it was when
    the file was written: data, settings and seed, and so network, optimizer and `rng` made anew as
    at first. A schedule or a change of the batch has to be a function of its arguments alone.

    List it last: it holds what the other callbacks remember.

    Parameters
    ----------
    path
        The file, an `.npz` archive. It is replaced as a whole (see `whole_file`).

    Raises
    ------
    DataError
        When training begins: the file is no checkpoint, or one of another run; the message names
        what differs.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def before_training(self, run: TrainingState) -> None:
        """Find out what this run is, and go on from the file."""
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
        whence = "nothing is left to do" if done == run.epochs else f"goes on from epoch {done + 1}"
        tqdm.write(f"{self.path}: {done} of {run.epochs} epochs are done, {whence}")

    def after_epoch(self, run: TrainingState) -> None:
        """Write all that changes while a network is trained."""
        now = _settings(run)
        changed = [name for name in now if self._identity.get(name) != now[name]]
        if changed:
            raise TypeError(
                "expected optimizer and callbacks that remember in `state` alone, which a "
                f"checkpoint holds, found that training changes {changed[0]}"
            )
        state = {
            f"{place} {name}": value
            for place, owner in _owners(run).items()
            for name, value in owner.state.items()
        }
        arrays: dict[str, Any] = {"theta": run.model.theta}
        arrays |= {name: value for name, value in state.items() if isinstance(value, np.ndarray)}
        for name, array in arrays.items():
            check_finite(name, array)
        about = {
            "of": self._identity,
            "t": run.optimizer.t,
            "lr": float(run.optimizer.lr),
            "rng": run.rng.bit_generator.state,
            "step": run.step,
            "rows": run.rows,
            "state": {name: value for name, value in state.items() if name not in arrays},
        }
        with whole_file(self.path) as file:
            np.savez(file, numbers=json.dumps(about), **arrays)

    def _load(self, run: TrainingState) -> None:
        """Go back to where the run stood when the file was written."""
        about, arrays = _read(self.path)
        differing = _differing(about["of"], self._identity)
        if differing:
            then, now = (
                ", ".join(f"{name}={texts.get(name, 'unknown')}" for name in differing)
                for texts in (about["of"], self._identity)
            )
            raise DataError(
                f"{self.path}: expected a checkpoint of this very run, found one written with "
                f"{then}, where this run has {now}: take that back, or begin anew with another file"
            )
        run.model.theta = arrays.pop("theta")
        run.optimizer.t, run.optimizer.lr = about["t"], about["lr"]
        run.optimizer.size = run.model.theta.size
        run.rng.bit_generator.state = about["rng"]
        run.step, run.rows = about["step"], about["rows"]
        for place, owner in _owners(run).items():
            held = arrays | about["state"]
            owner.state = {
                name.removeprefix(f"{place} "): value
                for name, value in held.items()
                if name.startswith(f"{place} ")
            }


def _owners(run: TrainingState) -> dict[str, Any]:
    """All that have a `state`, each under a name of its own."""
    callbacks = {f"callback {k}": callback for k, callback in enumerate(run.callbacks[:-1])}
    return {"optimizer": run.optimizer} | callbacks


def identity(run: TrainingState) -> dict[str, str]:
    """Describe all that decides a training run, by name, each as a short text (see `describe`).

    Every attribute of the network, the optimizer and each callback counts, hence every option that
    these may get in time to come; what they remember in `state` does not, for a checkpoint gives it
    back.
    """
    texts = {name: describe(getattr(run, name)) for name in ("X", "y", "dev", "batch_size", "rng")}
    texts["optimizer.lr"] = describe(run.optimizer.lr)  # as it is before a schedule sets it
    return texts | _attributes("model", run.model) | _settings(run)


def _settings(run: TrainingState) -> dict[str, str]:
    """Describe optimizer and callbacks, without what they remember."""
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
    """Describe what an object is and holds, and what its classes hold for it, functions aside."""
    functions = (property, classmethod, staticmethod)
    shared = {
        name: part
        for kind in reversed(type(value).__mro__)
        for name, part in vars(kind).items()
        if not (name.startswith("__") or callable(part) or isinstance(part, functions))
    }
    held = shared | vars(value)
    return {owner: describe(type(value))} | {
        f"{owner}.{name.lstrip('_')}": describe(part)
        for name, part in held.items()
        if name not in ASIDE.get(owner, {"state"})
    }


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

"""Checkpoints: a resumed run gives the same bits, or an error names the settings that differ."""

import functools
import inspect
import json

import numpy as np
import pytest
from kill_training import kill_and_resume

import nn_core as nn
from nn_core import (
    MLP,
    SGD,
    Adam,
    AdamW,
    Augmentation,
    Callback,
    DataError,
    Dropout,
    EarlyStopping,
    ExponentialMovingAverage,
    GradientClipping,
    L2Penalty,
    LabelSmoothing,
    LearningRateSchedule,
    Momentum,
    fit,
    schedules,
)
from nn_core.tools import Checkpoint, distort
from nn_core.tools.identity import describe

PIXELS = 1


def noisy(X, rng, strength=1.0):
    return X + (PIXELS * strength * rng.normal(scale=0.05, size=X.shape)).astype(X.dtype)


def examples(seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(90, 2)).astype(np.float32)
    return X, (X[:, 0] > 0).astype(int)


# Each kind of callback with its settings.
CALLBACKS = {
    LearningRateSchedule: {"schedule": schedules.cosine_decay(0.05, steps=30)},
    Augmentation: {
        "change": noisy,
        "strength": schedules.cosine_decay(1.0, steps=30, final=0.5),
    },
    Dropout: {"rate": 0.2},
    LabelSmoothing: {"smoothing": 0.1},
    L2Penalty: {"strength": 1e-3},
    GradientClipping: {"largest": 5.0},
    ExponentialMovingAverage: {"decay": 0.8},
    EarlyStopping: {"patience": 50},
}


def run(
    path,
    *,
    epochs=2,
    seed=3,
    data=0,
    network=None,
    optimizer=lambda model: AdamW(0.05, weights=model.is_weight),
    callbacks=CALLBACKS,
    **changes,
):
    """Train with all callbacks, or with some changes. With a path, save a checkpoint there."""
    X, y = examples(data)
    rng = np.random.default_rng(seed)
    model = MLP((2, 6, 2), rng, **(network or {}))
    options = {"batch_size": 40, "dev": (X[:30], y[:30])} | changes
    all_callbacks = [kind(**settings) for kind, settings in callbacks.items()]
    if path is not None:
        all_callbacks.append(Checkpoint(path))
    fit(
        model, optimizer(model), X, y,
        epochs=epochs, rng=rng, callbacks=all_callbacks, progress=False, **options,
    )  # fmt: skip
    return model


def having(kind, **settings):
    """Give the callbacks. One has other settings, or is added at the end."""
    return {"callbacks": CALLBACKS | {kind: CALLBACKS.get(kind, {}) | settings}}


def without(kind):
    """Give all callbacks except one kind."""
    return {"callbacks": {each: CALLBACKS[each] for each in CALLBACKS if each is not kind}}


def halved(X, rng, strength=1.0):
    return noisy(X, rng, strength / 2)


class Own(AdamW):
    """Another class with the same settings."""


class Slow(AdamW):
    pace = 0.5  # a setting of the class, not of the object


CHANGES = {
    "optimizer.lr": {"optimizer": lambda model: AdamW(0.06, weights=model.is_weight)},
    "optimizer.beta1": {"optimizer": lambda m: AdamW(0.05, weights=m.is_weight, beta1=0.8)},
    "optimizer.beta2": {"optimizer": lambda m: AdamW(0.05, weights=m.is_weight, beta2=0.99)},
    "optimizer.epsilon": {"optimizer": lambda m: AdamW(0.05, weights=m.is_weight, epsilon=1e-7)},
    "optimizer.decay": {"optimizer": lambda m: AdamW(0.05, weights=m.is_weight, decay=0.1)},
    "optimizer.weights": {"optimizer": lambda m: AdamW(0.05)},
    "optimizer": {"optimizer": lambda m: Own(0.05, weights=m.is_weight)},
    "model.activation": {"network": {"activation": "tanh"}},
    "model.theta": {"network": {"initializer": lambda shape, rng: rng.normal(size=shape) / 2}},
    "rng": {"seed": 4},
    "X": {"data": 1},
    "batch_size": {"batch_size": 45},
    "dev": {"dev": tuple(part[:20] for part in examples())},
    "LearningRateSchedule.schedule": having(
        LearningRateSchedule, schedule=schedules.cosine_decay(0.05, steps=31)
    ),
    "Augmentation.change": having(Augmentation, change=halved),
    "Augmentation.strength": having(
        Augmentation, strength=schedules.cosine_decay(1.0, steps=30, final=0.4)
    ),
    "Dropout.rate": having(Dropout, rate=0.3),
    "LabelSmoothing.smoothing": having(LabelSmoothing, smoothing=0.0),
    "L2Penalty.strength": having(L2Penalty, strength=2e-3),
    "GradientClipping.largest": having(GradientClipping, largest=6.0),
    "ExponentialMovingAverage.decay": having(ExponentialMovingAverage, decay=0.9),
    "EarlyStopping.patience": having(EarlyStopping, patience=51),
    "callbacks": {"callbacks": dict(reversed(CALLBACKS.items()))},
}


def test_all_that_a_run_is_given_is_changed_here():
    """A new argument of `fit` or of a callback needs an entry in CHANGES, or decides nothing."""
    options = set(inspect.signature(fit).parameters)
    changed = {name.partition(".")[0] for name in CHANGES}
    assert options <= changed | {"epochs", "progress", "y"}  # the change of X changes y, too
    kinds = {value for value in vars(nn).values() if isinstance(value, type)}
    for kind in kinds:
        if issubclass(kind, nn.Callback) and kind is not nn.Callback:
            settings = inspect.signature(kind).parameters
            assert settings.keys() == CALLBACKS[kind].keys()
            assert {f"{kind.__name__}.{name}" for name in settings} <= CHANGES.keys()


@pytest.mark.parametrize("name", CHANGES)
def test_another_run_is_refused_by_name(tmp_path, name):
    path = tmp_path / "run.npz"
    run(path)
    kept = path.read_bytes()
    with pytest.raises(DataError, match=r"run\.npz: expected a checkpoint of this very run") as no:
        run(path, epochs=3, **CHANGES[name])
    _, then, now = (
        str(no.value).replace(" where this run has ", " written with ").split(" written with ")
    )
    assert f"{name}=" in then
    assert f"{name}=" in now
    assert then.rstrip(",") != now
    assert path.read_bytes() == kept


@pytest.mark.parametrize("kind", [ExponentialMovingAverage, EarlyStopping, L2Penalty])
def test_a_callback_cannot_be_put_in_on_the_way(tmp_path, kind):
    path = tmp_path / "run.npz"
    run(path, **without(kind))
    found = f"{kind.__name__}=unknown.*, where this run has {kind.__name__}={kind.__name__}"
    with pytest.raises(DataError, match=found):
        run(path, epochs=3)


class Later(Callback):
    """A callback that a reader may write."""

    pace = 0.5

    def __init__(self, novelty):
        # The size and the lr of an optimizer do not identify a run, but those of a callback do.
        self._novelty = self.size = self.lr = novelty


def test_a_new_setting_of_a_callback_cannot_be_forgotten(tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    run(path, **having(Later, novelty=0.5))
    run(path, epochs=3, **having(Later, novelty=0.5))
    found = r"Later\.lr=0\.5, Later\.novelty=0\.5, Later\.size=0\.5, where .*\.novelty=0\.25"
    with pytest.raises(DataError, match=found):
        run(path, epochs=4, **having(Later, novelty=0.25))
    with pytest.raises(DataError, match=r"Later=Later.*, where this run has Later=unknown"):
        run(path, epochs=4)
    monkeypatch.setattr(Later, "pace", 0.25)
    with pytest.raises(DataError, match="written with Later=Later"):
        run(path, epochs=4, **having(Later, novelty=0.5))


def test_callbacks_of_one_kind_are_told_apart(tmp_path):
    class Second(L2Penalty):
        pass

    Second.__name__ = "L2Penalty"
    path = tmp_path / "run.npz"
    run(path, **having(Second, strength=0.1))
    with pytest.raises(DataError, match=r"L2Penalty 2\.strength=0\.1, where .* 2\.strength=0\.2"):
        run(path, epochs=3, **having(Second, strength=0.2))


def test_a_new_setting_of_an_optimizer_cannot_be_forgotten(tmp_path):
    class Later(SGD):
        def __init__(self, lr, patience=1):
            super().__init__(lr)
            self._patience = patience

    run(tmp_path / "run.npz", optimizer=lambda _: Later(0.05))
    with pytest.raises(DataError, match=r"optimizer\.patience=1, .* optimizer\.patience=2"):
        run(tmp_path / "run.npz", epochs=3, optimizer=lambda _: Later(0.05, patience=2))
    run(tmp_path / "slow.npz", optimizer=lambda _: Slow(0.05))
    Slow.pace = 0.25
    with pytest.raises(DataError, match=r"pace.*0\.5"):
        run(tmp_path / "slow.npz", epochs=3, optimizer=lambda _: Slow(0.05))


def test_what_an_augmentation_reads_counts(tmp_path, monkeypatch):
    run(tmp_path / "run.npz")
    monkeypatch.setitem(globals(), "PIXELS", 2)
    with pytest.raises(DataError, match=r"Augmentation\.change="):
        run(tmp_path / "run.npz", epochs=3)


class CountingMomentum(Momentum):
    pushes = 0

    def step(self, theta, grad):
        self.pushes += 1
        super().step(theta, grad)


class Counting(Callback):
    pushes = 0

    def after_step(self, run):
        self.pushes += 1


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"optimizer": lambda _: CountingMomentum(0.05)}, "optimizer"),
        (having(Counting), "Counting"),
    ],
)
def test_memory_that_no_checkpoint_holds_is_refused(tmp_path, changes, name):
    run(None, **changes)
    with pytest.raises(TypeError, match=rf"in `state` alone.*training changes {name}\.pushes"):
        run(tmp_path / "run.npz", **changes)


def test_more_epochs_go_on_where_they_leave_the_past_as_it_was(tmp_path, capsys):
    path = tmp_path / "run.npz"
    run(path, epochs=2)
    resumed = run(path, epochs=4)
    assert "run.npz: 2 of 4 epochs are done, goes on from epoch 3" in capsys.readouterr().out
    assert np.array_equal(resumed.theta, run(None, epochs=4).theta)
    run(path, epochs=4)
    assert "4 of 4 epochs are done, nothing is left to do" in capsys.readouterr().out
    with pytest.raises(DataError, match="at most 3 epochs, found 4"):
        run(path, epochs=3)


def test_more_epochs_are_refused_where_they_change_the_past(tmp_path):
    path = tmp_path / "run.npz"
    planned = [
        having(LearningRateSchedule, schedule=schedules.cosine_decay(0.05, steps=3 * epochs))
        for epochs in (2, 4)
    ]
    run(path, epochs=2, **planned[0])
    with pytest.raises(DataError, match=r"Schedule\.schedule=cosine_decay"):
        run(path, epochs=4, **planned[1])
    run(path, epochs=4, **planned[0])


def test_a_checkpoint_of_an_older_version(tmp_path):
    path = tmp_path / "run.npz"
    run(path)
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    numbers = json.loads(str(arrays["numbers"])) | {"of": "SGD of MLP 2-6-2"}
    np.savez(path, **(arrays | {"numbers": json.dumps(numbers)}))
    with pytest.raises(DataError, match="expected a checkpoint, found: a checkpoint of an older"):
        run(path, epochs=3)


def test_a_checkpoint_that_is_not_finite(tmp_path):
    path = tmp_path / "run.npz"
    run(path)
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays["optimizer s"][3] = np.nan
    np.savez(path, **arrays)
    with pytest.raises(DataError, match=r"optimizer s to be finite, found .* in 1 of 32"):
        run(path, epochs=3)


# --- `describe`


@pytest.mark.parametrize(
    ("one", "same", "other"),
    [
        (1, np.int64(1), 2),
        (1, 1.0, True),
        (0.1, np.float64(0.1), np.float32(0.1)),
        ("a", "a", "b"),
        ((1, 2), [1, 2], (2, 1)),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 2, "b": 1}),
        (np.eye(3), np.asfortranarray(np.eye(3)), np.eye(3, dtype=np.float32)),
        (np.zeros((2, 3)), np.zeros((2, 3)), np.zeros((3, 2))),
        (np.random.default_rng(1), np.random.default_rng(1), np.random.default_rng(2)),
        (lambda x: x + 1, lambda x: x + 1, lambda x: x + 2),
        (lambda x: x in {"a", "b"}, lambda x: x in {"b", "a"}, lambda x: x in {"a", "c"}),
        (lambda x, y=1: x, lambda x, y=1: x, lambda x, y=2: x),
        (functools.partial(distort, alpha=0), functools.partial(distort, alpha=0), distort),
        (schedules.constant(1), schedules.constant(1.0), schedules.constant(2)),
        (Adam(), Adam(), Adam(beta1=0.8)),
        (Adam(0.1).step, Adam(0.1).step, Adam(0.2).step),
        (np.sin, np.sin, np.cos),
        (functools.lru_cache(noisy), functools.lru_cache(noisy), functools.lru_cache(halved)),
    ],
)
def test_the_same_is_described_alike(one, same, other):
    assert describe(one) == describe(same) != describe(other)
    assert len(describe(one)) <= 100


def test_a_function_that_calls_itself_can_be_described():
    def depth(n):
        return depth(n - 1) if n else 0

    assert describe(depth).startswith("test_a_function_that_calls_itself")


# --- killed


def test_killed_and_resumed_it_ends_with_the_same_weights(tmp_path):
    found = kill_and_resume(tmp_path, kills=3, epochs=12)
    assert found["killed"] == 3
    assert found["equal"] >= 1

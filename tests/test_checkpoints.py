"""A resumed training is the same run, to the bit, or it is refused by the name of what differs."""

import ast
import functools
import inspect
import json

import numpy as np
import pytest
from kill_training import kill_and_resume

from nn_core import MLP, SGD, Adam, AdamW, DataError, Momentum, distort, fit, schedules, training
from nn_core.tools.identity import describe

PIXELS = 1


def noisy(X, rng, strength=1.0):
    return X + (PIXELS * strength * rng.normal(scale=0.05, size=X.shape)).astype(X.dtype)


def examples(seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(90, 2)).astype(np.float32)
    return X, (X[:, 0] > 0).astype(int)


def run(
    path,
    *,
    epochs=2,
    seed=3,
    data=0,
    network=None,
    optimizer=lambda model: AdamW(0.05, weights=model.is_weight),
    train=fit,
    **changes,
):
    """Train with everything that `fit` has, or with something changed."""
    X, y = examples(data)
    rng = np.random.default_rng(seed)
    model = MLP((2, 6, 2), rng, **(network or {}))
    options = {
        "batch_size": 40,
        "dev": (X[:30], y[:30]),
        "schedule": schedules.cosine_decay(0.05, steps=30),
        "l2": 1e-3,
        "dropout": 0.2,
        "smoothing": 0.1,
        "clip": 5.0,
        "augment": noisy,
        "strength": schedules.cosine_decay(1.0, steps=30, final=0.5),
        "average": 0.8,
        "patience": 50,
    } | changes
    options = {name: value for name, value in options.items() if value is not ...}
    train(
        model, optimizer(model), X, y,
        epochs=epochs, rng=rng, checkpoint=path, progress=False, **options,
    )  # fmt: skip
    return model


def halved(X, rng, strength=1.0):
    return noisy(X, rng, strength / 2)


class Own(AdamW):
    """Another method, all of whose settings are the same."""


class Slow(AdamW):
    pace = 0.5  # a setting that is the class's


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
    "schedule": {"schedule": schedules.cosine_decay(0.05, steps=31)},
    "strength": {"strength": schedules.cosine_decay(1.0, steps=30, final=0.4)},
    "l2": {"l2": 2e-3},
    "dropout": {"dropout": 0.3},
    "smoothing": {"smoothing": 0.0},
    "clip": {"clip": None},
    "augment": {"augment": halved},
    "average": {"average": 0.9},
    "patience": {"patience": 51},
}


def test_every_option_of_fit_is_changed_here():
    """An option that `fit` gets has to get a change, or be one that decides nothing."""
    options = set(inspect.signature(fit).parameters)
    changed = {name.partition(".")[0] for name in CHANGES}
    aside = {"epochs", "checkpoint", "on_step", "on_epoch", "progress"}
    assert options == changed | aside | {"y"}  # y is another where X is


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


@pytest.mark.parametrize("add", [{"average": 0.5}, {"patience": 2}, {"l2": 0.1}])
def test_a_remedy_cannot_be_put_in_on_the_way(tmp_path, add):
    path, (name,) = tmp_path / "run.npz", add
    run(path, **{name: ...})
    with pytest.raises(DataError, match=f"{name}="):
        run(path, epochs=3, **add)


def with_new_option():
    """`fit` as a later version may have it: with one more keyword, of which no list knows."""
    tree = ast.parse(inspect.getsource(fit))
    (function,) = tree.body
    function.args.kwonlyargs.append(ast.arg("novelty", None))
    function.args.kw_defaults.append(ast.Constant(0.0))
    scope = dict(vars(training))
    exec(compile(ast.fix_missing_locations(tree), "later", "exec"), scope)
    return scope["fit"]


def test_a_new_option_cannot_be_forgotten(tmp_path):
    later, path = with_new_option(), tmp_path / "run.npz"
    run(path, train=later, novelty=0.5)
    run(path, train=later, novelty=0.5, epochs=3)
    with pytest.raises(DataError, match=r"novelty=0\.5, where this run has novelty=0\.25"):
        run(path, train=later, novelty=0.25, epochs=4)
    with pytest.raises(DataError, match=r"novelty=0\.5, where this run has novelty=unknown"):
        run(path, epochs=4)


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
    with pytest.raises(DataError, match="augment="):
        run(tmp_path / "run.npz", epochs=3)


def test_memory_that_no_checkpoint_holds_is_refused(tmp_path):
    class Counting(Momentum):
        def __init__(self, lr):
            super().__init__(lr)
            self.pushes = 0.0

        def step(self, theta, grad):
            self.pushes += 1
            super().step(theta, grad)

    run(None, optimizer=lambda _: Counting(0.05))
    with pytest.raises(TypeError, match=r"in `state` alone.*steps change optimizer\.pushes"):
        run(tmp_path / "run.npz", optimizer=lambda _: Counting(0.05))


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
    run(path, epochs=2, schedule=schedules.cosine_decay(0.05, steps=6))
    with pytest.raises(DataError, match=r"schedule=0\.05 to .* in 6 steps"):
        run(path, epochs=4, schedule=schedules.cosine_decay(0.05, steps=12))
    # The same rates from another function are the same run.
    run(tmp_path / "other.npz", epochs=2, schedule=schedules.constant(0.05))
    run(tmp_path / "other.npz", epochs=4, schedule=lambda step: 0.05)


def test_a_checkpoint_of_an_older_version(tmp_path):
    path = tmp_path / "run.npz"
    run(path)
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    numbers = json.loads(str(arrays["numbers"])) | {"of": "SGD of MLP 2-6-2"}
    np.savez(path, **(arrays | {"numbers": json.dumps(numbers)}))
    with pytest.raises(DataError, match="expected a checkpoint, found: one of an older version"):
        run(path, epochs=3)


def test_a_checkpoint_that_is_not_finite(tmp_path):
    path = tmp_path / "run.npz"
    run(path)
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays["moment s"][3] = np.nan
    np.savez(path, **arrays)
    with pytest.raises(DataError, match=r"moment s to be finite, found .* in 1 of 32"):
        run(path, epochs=3)


# --- what describes a thing


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

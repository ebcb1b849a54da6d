"""Recipes, and saved networks."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from nn_core import MLP, DataError, load_mnist
from nn_core.initializers import zeros
from nn_core.layers import sigmoid_forward
from nn_core.tools.recipes import RECIPES, load_digits, train
from nn_core.tools.storage import atomic_write, load_network, save_network
from nn_core.training import Callback

PUBLISHED = ["relu-512-256-gd", "sigmoid-128-mse", "relu-10-gd", "relu-h-gd", "adam-256-128"]


@pytest.fixture(scope="module")
def some_digits():
    X, y, _, _ = load_mnist()
    return X[:1200], y[:1200]


def test_names():
    assert set(RECIPES) == {*PUBLISHED, "course", "summit"}
    assert all(recipe.name == name for name, recipe in RECIPES.items())


@pytest.mark.parametrize(
    ("name", "sizes", "epochs", "batch_size", "lr"),
    [
        ("relu-512-256-gd", (784, 512, 256, 10), 1000, None, 0.1),
        ("sigmoid-128-mse", (784, 128, 10), 15, 128, 6.4),
        ("relu-10-gd", (784, 10, 10), 1500, None, 0.15),
        ("relu-h-gd", (784, 64, 10), 1000, None, 0.1),
        ("adam-256-128", (784, 256, 128, 10), 10, 128, 1e-3),
    ],
)
def test_recipes_are_the_published_ones(name, sizes, epochs, batch_size, lr):
    recipe = RECIPES[name]
    assert (recipe.sizes, recipe.epochs, recipe.batch_size) == (sizes, epochs, batch_size)
    assert recipe.optimizer().lr == pytest.approx(lr)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_trains(name, some_digits):
    recipe = RECIPES[name]
    network, history = train(recipe, some_digits, epochs=6, progress=False)
    assert network.sizes == recipe.sizes
    assert len(history) == 6
    assert history.loss.iloc[-1] < history.loss.iloc[0]
    # Six iterations of gradient descent from tiny weights change little.
    least = 0.05 if recipe.batch_size is None else 0.3
    assert history.dev_accuracy.iloc[-1] > least
    assert np.isfinite(network.theta).all()


def test_training_is_seeded(some_digits):
    def theta(**options):
        network, _ = train(RECIPES["course"], some_digits, epochs=1, progress=False, **options)
        return network.theta

    assert np.array_equal(theta(), theta(seed=RECIPES["course"].seed))
    assert not np.array_equal(theta(), theta(seed=1))


class Watch(Callback):
    def __init__(self):
        self.seen = []

    def after_step(self, run):
        self.seen.append((run.model, run.step, run.optimizer.lr))


def test_each_step_can_be_watched(some_digits):
    watch = Watch()
    network, _ = train(
        RECIPES["adam-256-128"], some_digits, epochs=2, callbacks=[watch], progress=False
    )
    # Of 1,200 examples, a sixth is the dev set. The others make eight batches of 128 per epoch.
    assert [step for _, step, _ in watch.seen] == list(range(1, 17))
    assert all(model is network for model, _, _ in watch.seen)
    # This callback follows the callbacks of the recipe, which set the rate.
    assert watch.seen[-1][2] == pytest.approx(1e-3 / (1 + 15 / 1000))


def test_rate_falls_to_its_end_however_few_the_epochs(some_digits):
    for epochs in (1, 3):
        _, history = train(RECIPES["course"], some_digits, epochs=epochs, progress=False)
        # The last of 8 * epochs steps has t = 8 * epochs - 1, one step before the cosine ends.
        steps = 8 * epochs
        expected = 1e-3 * (1 + np.cos(np.pi * (steps - 1) / steps)) / 2
        assert history.lr.iloc[-1] == pytest.approx(expected)


def test_squared_error_steps_as_far_as_the_write_up(some_digits):
    # One batch as published: deltas summed over the batch, no mean over examples or classes, and
    # a rate of 0.01.
    X, y = some_digits[0][:128], some_digits[1][:128]
    recipe = RECIPES["sigmoid-128-mse"]
    network = MLP(recipe.sizes, np.random.default_rng(0), **recipe.network)
    (W1, W2), (b1, b2) = network.W, network.b
    A1 = sigmoid_forward(X @ W1 + b1)
    A2 = sigmoid_forward(A1 @ W2 + b2)
    delta2 = (A2 - np.eye(10)[y]) * A2 * (1 - A2)
    delta1 = (delta2 @ W2.T) * A1 * (1 - A1)
    expected = [
        W1 - 0.01 * X.T @ delta1,
        b1 - 0.01 * delta1.sum(axis=0),
        W2 - 0.01 * A1.T @ delta2,
        b2 - 0.01 * delta2.sum(axis=0),
    ]
    network.loss_and_grad(X, y)
    recipe.optimizer().step(network.theta, network.grad)
    for found, wanted in zip((W1, b1, W2, b2), expected, strict=True):
        assert np.allclose(found, wanted, atol=1e-5)


def write_csv(path, X, y=None):
    rows = np.round(X * 255).astype(int)
    if y is not None:
        rows = np.column_stack([y, rows])
    np.savetxt(path, rows, fmt="%d", delimiter=",")
    return path


def test_digits_from_a_csv_file(tmp_path, some_digits):
    X, y = some_digits[0][:30], some_digits[1][:30]
    X_train, y_train, X_test, y_test = load_digits(write_csv(tmp_path / "train.csv", X, y))
    assert (len(y_train), len(y_test)) == (26, 4)
    # Each row occurs once, with its label.
    found, expected = (
        sorted((label, *row) for label, row in zip(labels, rows.tolist(), strict=True))
        for rows, labels in ((np.concatenate([X_train, X_test]), [*y_train, *y_test]), (X, y))
    )
    assert found == expected


def test_digits_from_a_sorted_csv_file(tmp_path, some_digits):
    order = np.argsort(some_digits[1], kind="stable")
    X, y = some_digits[0][order], some_digits[1][order]
    path = write_csv(tmp_path / "sorted.csv", X, y)
    _, y_train, X_test, y_test = load_digits(path)
    assert set(y_test) == set(y_train) == set(range(10))
    assert np.array_equal(load_digits(path)[2], X_test)


def test_digits_that_cannot_be_divided_or_have_no_labels(tmp_path, some_digits):
    X, y = some_digits[0][:6], some_digits[1][:6]
    with pytest.raises(DataError, match="at least 7 rows, to train and to test, found 6"):
        load_digits(write_csv(tmp_path / "few.csv", X, y))
    with pytest.raises(DataError, match=r"expected a column of labels.*found none"):
        load_digits(write_csv(tmp_path / "test.csv", X))
    with pytest.raises(FileNotFoundError):
        load_digits(tmp_path / "nothing.csv")


def test_digits_from_a_folder(tmp_path):
    assert len(load_digits()[1]) == 60_000
    with pytest.raises(FileNotFoundError, match="train-images"):
        load_digits(tmp_path)


# --- saved networks


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_saved_and_loaded(tmp_path, dtype):
    names = {"activation": "tanh", "output": "sigmoid", "loss": "mean_squared_error"}
    network = MLP((784, 7, 10), np.random.default_rng(3), dtype=dtype, **names)
    network.b[0][:] = 0.5
    # The file has exactly the given name. NumPy would append an ending.
    save_network(tmp_path / "mine", network)
    assert list(tmp_path.iterdir()) == [tmp_path / "mine"]
    again = load_network(tmp_path / "mine")
    assert again.sizes == network.sizes
    assert {name: getattr(again, name) for name in names} == names
    assert again.theta.dtype == dtype
    assert np.array_equal(again.theta, network.theta)
    X = np.random.default_rng(0).random((5, 784)).astype(dtype)
    assert np.array_equal(again.predict_proba(X), network.predict_proba(X))


def test_failing_while_writing_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "weights.npz"
    save_network(path, MLP((3, 2), np.random.default_rng(0)))
    before = path.read_bytes()

    def half(file, **arrays):
        file.write(b"PK\3\4 and then the power fails")
        file.flush()
        assert path.read_bytes() == before
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", half)
    with pytest.raises(KeyboardInterrupt):
        save_network(path, MLP((3, 2), np.random.default_rng(1)))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [tmp_path / "weights.npz"]


def test_a_new_file_appears_only_when_whole(tmp_path):
    path = tmp_path / "new"
    with atomic_write(path) as file:
        file.write(b"one")
        assert not path.exists()
    assert path.read_bytes() == b"one"


@pytest.mark.parametrize("compact", [False, True])
def test_what_is_not_finite_is_neither_saved_nor_loaded(tmp_path, compact):
    path, network = tmp_path / "weights.npz", MLP((3, 2), np.random.default_rng(0))
    save_network(path, network, compact=compact)
    kept = path.read_bytes()
    network.b[0][1] = np.nan
    with pytest.raises(ValueError, match="weights to be finite, found NaN or infinity in 1 of 8"):
        save_network(path, network, compact=compact)
    assert path.read_bytes() == kept
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays["steps" if compact else "theta"][:] = np.inf
    np.savez(path, **arrays)
    with np.errstate(invalid="ignore"), pytest.raises(DataError, match=r"weights\.npz.* finite"):
        load_network(path)


def test_a_folder_is_not_written_over(tmp_path):
    with pytest.raises(IsADirectoryError, match=f"expected a file, found a folder: '{tmp_path}'"):
        save_network(tmp_path, MLP((3, 2), np.random.default_rng(0)))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes and devices in folders")
def test_devices_and_pipes_are_not_written_over(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/null")
    network = MLP((3, 2), np.random.default_rng(0))
    for path in (Path(os.devnull), tmp_path / "pipe", tmp_path / "link"):
        with pytest.raises(OSError, match="expected a file, found a device, pipe or link") as no:
            save_network(path, network)
        assert no.value.filename in (str(path), os.devnull)
    assert not Path(os.devnull).is_file()
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.skipif(os.name == "nt", reason="Windows asks for a privilege to make links")
def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "shelf").mkdir()
    link, file = tmp_path / "latest", tmp_path / "shelf" / "weights.npz"
    link.symlink_to("shelf/weights.npz")
    for seed in range(2):  # it points to nothing at first, then to a file
        network = MLP((3, 2), np.random.default_rng(seed))
        save_network(link, network)
        assert link.is_symlink()
        assert np.array_equal(load_network(file).theta, network.theta)
    loop = tmp_path / "loop"
    loop.symlink_to("loop")
    with pytest.raises(OSError, match="link"):
        save_network(loop, network)
    assert loop.is_symlink()


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot limit the size of a file")
def test_a_full_disk_names_the_file_and_leaves_the_old_one(tmp_path):
    import resource

    path = tmp_path / "weights.npz"
    save_network(path, MLP((3, 2), np.random.default_rng(0)))
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(OSError, match="cannot be written") as full:
            save_network(path, MLP((784, 100, 10), np.random.default_rng(0)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert full.value.filename == str(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def spoil_nothing(path, arrays):
    np.savez(path, **arrays)


def as_pickle(path, arrays):
    path.write_bytes(pickle.dumps(arrays))


def as_one_array(path, arrays):
    with path.open("wb") as file:
        np.save(file, arrays["theta"])


def cut_short(path, arrays):
    np.savez(path, **arrays)
    path.write_bytes(path.read_bytes()[:-40])


def one_byte_off(path, arrays):
    np.savez(path, **arrays)
    data = bytearray(path.read_bytes())
    data[data.index(arrays["theta"].tobytes())] ^= 1
    path.write_bytes(data)


class Trap:
    """An object that writes a file when it is unpickled."""

    def __reduce__(self):
        return (os.mkdir, ("sprung",))


@pytest.mark.parametrize(
    ("write", "change", "found"),
    [
        (as_pickle, {}, "a file that starts with b"),
        (as_one_array, {}, "NUM"),
        (cut_short, {}, "not a zip file"),
        (one_byte_off, {}, "Bad CRC"),
        (spoil_nothing, {"theta": None}, "theta"),
        (spoil_nothing, {"theta": np.zeros(7, np.float32)}, r"float32 \(7,\) instead of \(8,\)"),
        (spoil_nothing, {"theta": np.zeros(8, int)}, r"int64 \(8,\)"),
        (spoil_nothing, {"sizes": np.array(3)}, "found"),
        (spoil_nothing, {"sizes": np.array([3.5, 2])}, "found"),
        (spoil_nothing, {"loss": "hinge"}, "hinge"),
        (spoil_nothing, {"theta": np.array([Trap()], object)}, "allow_pickle"),
        (lambda path, arrays: path.write_bytes(b""), {}, "an empty file"),
    ],
)
def test_refuses_what_is_not_a_saved_network(tmp_path, monkeypatch, write, change, found):
    monkeypatch.chdir(tmp_path)
    network = MLP((3, 2), np.random.default_rng(0))
    arrays = {
        "sizes": network.sizes,
        "theta": network.theta,
        "activation": "relu",
        "output": "softmax",
        "loss": "cross_entropy",
    } | change
    path = tmp_path / "weights.npz"
    write(path, {name: array for name, array in arrays.items() if array is not None})
    with pytest.raises(DataError, match=f"expected a saved network.*{found}") as caught:
        load_network(path)
    assert str(path) in str(caught.value)
    assert list(tmp_path.iterdir()) == [tmp_path / "weights.npz"]


def test_no_such_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_network(tmp_path / "weights.npz")


def test_a_compact_file_holds_nearly_the_same_network(tmp_path):
    network = MLP((784, 40, 20, 10), np.random.default_rng(0), activation="tanh")
    network.b[1][:] = np.linspace(-1, 1, 20)
    network.W[0][0, 0] = -0.9  # the largest, on the other side
    save_network(tmp_path / "whole.npz", network)
    save_network(tmp_path / "compact.npz", network, compact=True)
    found = load_network(tmp_path / "compact.npz")
    assert found.activation == "tanh"
    for W, rounded, b, same in zip(network.W, found.W, network.b, found.b, strict=True):
        assert np.abs(W - rounded).max() <= np.abs(W).max() / 127 / 2 * 1.001
        assert np.array_equal(b, same)
    sizes = [(tmp_path / name).stat().st_size for name in ("compact.npz", "whole.npz")]
    assert sizes[0] < sizes[1] / 3.5


def test_a_compact_file_of_zeros(tmp_path):
    network = MLP((4, 3, 2), np.random.default_rng(0), initializer=zeros)
    save_network(tmp_path / "zeros.npz", network, compact=True)
    assert not load_network(tmp_path / "zeros.npz").theta.any()


def test_a_damaged_compact_file(tmp_path):
    parts = {
        "sizes": [4, 3, 2],
        "levels": np.zeros(18, np.int8),
        "steps": np.ones(2, np.float32),
        "biases": np.zeros(5, np.float32),
        **{"activation": "relu", "output": "softmax", "loss": "cross_entropy"},
    }
    for name, value in {
        "levels": np.zeros(17, np.int8),
        "steps": np.ones(3, np.float32),
        "biases": np.zeros(6, np.float32),
    }.items():
        np.savez(tmp_path / "damaged.npz", **{**parts, name: value})
        with pytest.raises(DataError, match=r"damaged\.npz: expected a saved network, found"):
            load_network(tmp_path / "damaged.npz")
    np.savez(tmp_path / "whole.npz", **parts)
    assert load_network(tmp_path / "whole.npz").sizes == (4, 3, 2)

"""Conversion of data: unambiguous input is converted, and other input gives an error."""

import inspect
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn_core as nn
from nn_core import MLP, SGD, Adam, DataError, accuracy, fit, tools
from nn_core.checks.examples import (
    MAX_INPUT,
    examples,
    inputs,
    labels,
    numbers,
    scores,
    takes,
)
from nn_core.lab.plots import draw_boundary
from nn_core.losses import smoothed_cross_entropy
from nn_core.metrics import temperature_slope


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def digits():
    X, y, _, _ = nn.load_mnist()
    return X[:300].copy(), y[:300].copy()


def trained(X, y, **options):
    """Train a network on X and y. Give its parameters and its history."""
    network = MLP((784, 6, 10), rng())
    options = {"epochs": 2, "batch_size": 32, "rng": rng(), "progress": False, **options}
    history = fit(network, Adam(1e-2), X, y, **options)
    return network.theta, history.drop(columns="seconds").to_numpy()


# --- arrays pass as they are

ARRAYS = {
    "numbers": (numbers, np.ones((2, 3))),
    "examples": (examples, np.zeros((2, 4, 4), np.uint8)),
    "labels": (labels, np.array([1, 2], np.uint8)),
    "scores": (scores, np.ones((2, 3), np.float32)),
    "inputs": (lambda X, name: inputs(X, 3, np.dtype(float)), np.ones((2, 3))),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_good_arrays_are_handed_on_uncopied(case):
    kind, given = ARRAYS[case]
    assert kind(given, "it") is given


def test_takes_hands_on_place_and_name_alike():
    @takes(y=labels)
    def seen(X, y, *, count=7):
        """Return the arguments."""
        return X, y, count

    given = np.array([1, 2])
    assert seen("X", given)[1] is given
    assert seen(X="X", y=[1, 2], count=3)[1].tolist() == [1, 2]
    assert seen("X", [1.0, 2.0])[1].dtype == np.int64
    assert seen("X", given)[2] == 7
    assert str(inspect.signature(seen)) == "(X, y, *, count=7)"
    assert seen.__doc__ == "Return the arguments."


# --- tables, by position

Table = st.tuples(st.integers(0, 2**31), st.sampled_from(["permuted", "gaps", "twice", "text"]))


def index_of(n, seed, kind):
    order = rng(seed).permutation(n)
    return {
        "permuted": order,
        "gaps": 1000 + 7 * order,
        "twice": order // 2,
        "text": [f"row {k}" for k in order],
    }[kind]


def as_table(X, y, seed, kind):
    index = index_of(len(y), seed, kind)
    return pd.DataFrame(X, index=index), pd.Series(y, index=index)


@settings(max_examples=8, deadline=None)
@given(Table)
def test_fit_takes_tables_by_position(digits, table):
    X, y = digits
    X_table, y_table = as_table(X, y, *table)
    for dev in (None, (X[:50], y[:50])):
        expected = trained(X, y, dev=dev)
        dev_table = None if dev is None else as_table(*dev, *table)
        for found in (
            trained(X_table, y_table, dev=dev_table),
            trained(X, y_table, dev=dev),
            trained(X_table, y, dev=dev_table),
        ):
            assert np.array_equal(found[0], expected[0])
            assert np.array_equal(found[1], expected[1])


@settings(max_examples=8, deadline=None)
@given(Table)
def test_every_function_takes_tables_by_position(digits, table):
    X, y = (part[:60] for part in digits)
    X_table, y_table = as_table(X, y, *table)
    network = MLP((784, 6, 10), rng())
    P = network.predict_proba(X)
    P_table = pd.DataFrame(P, index=index_of(60, *table))
    predicted = pd.Series(P.argmax(axis=1), index=index_of(60, table[0] + 1, table[1]))
    for function, plain, tables in (
        (partial(nn.train_dev_split, dev_size=9), (X, y), (X_table, y_table)),
        (lambda X, y, rng: list(nn.minibatches(X, y, 7, rng)), (X, y), (X_table, y_table)),
        (lambda X, rng: network.forward(X), (X,), (X_table,)),
        (lambda X, rng: network.predict(X), (X,), (X_table,)),
        (lambda X, rng: network.predict_proba(X), (X,), (X_table,)),
        (lambda X, y, rng: network.loss_and_grad(X, y), (X, y), (X_table, y_table)),
        (lambda y, rng: nn.one_hot(y), (y,), (y_table,)),
        (lambda y, p, rng: nn.accuracy(y, p), (y, P.argmax(axis=1)), (y_table, predicted)),
        (lambda y, p, rng: nn.accuracy_interval(y, p), (y, P.argmax(axis=1)), (y_table, predicted)),
        (lambda y, p, rng: nn.confusion_matrix(y, p), (y, P.argmax(axis=1)), (y_table, predicted)),
        (lambda P, y, rng: nn.reliability(P, y), (P, y), (P_table, y_table)),
        (lambda P, y, rng: nn.expected_calibration_error(P, y), (P, y), (P_table, y_table)),
        (lambda P, y, rng: temperature_slope(P, y, 1.0), (P, y), (P_table, y_table)),
        (lambda P, y, rng: nn.fit_temperature(9 * P, y), (P, y), (P_table, y_table)),
        (lambda Z, y, rng: nn.softmax_cross_entropy(Z, y), (P, y), (P_table, y_table)),
        (lambda Z, y, rng: smoothed_cross_entropy(Z, y, 0.1), (P, y), (P_table, y_table)),
        (lambda Z, y, rng: nn.mean_squared_error(Z, y), (P, y), (P_table, y_table)),
        (lambda Z, y, rng: network.loss_of(Z, y), (P, y), (P_table, y_table)),
        (lambda Z, rng: nn.softmax(Z), (P,), (P_table,)),
        (lambda X, rng: tools.shift(X, rng), (X,), (X_table,)),
        (lambda X, rng: tools.distort(X, rng), (X,), (X_table,)),
        (lambda X, rng: tools.deslant(X), (X,), (X_table,)),
        (lambda a, rng: nn.relative_error(a, a[::-1]), (y,), (y_table,)),
    ):
        assert same(function(*tables, rng=rng()), function(*plain, rng=rng()))


def same(a, b):
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and np.array_equal(a, b, equal_nan=True)


# --- other unambiguous input

SAME_X = {
    "nested lists": lambda X: X.tolist(),
    "a list of rows": list,
    "images": lambda X: X.reshape(-1, 28, 28),
    "images with one channel": lambda X: X.reshape(-1, 28, 28, 1),
    "float64": lambda X: X.astype(np.float64),
    "another byte order": lambda X: X.astype(">f4"),
    "columns first in memory": np.asfortranarray,
    "objects": lambda X: X.astype(object),
    "a matrix": np.matrix,
    "masked, nothing hidden": np.ma.array,
    "nullable floats": lambda X: pd.DataFrame(X).astype("Float32"),
    "named columns": lambda X: pd.DataFrame(X, columns=[f"pixel{k}" for k in range(784)]),
}
SAME_Y = {
    "a list": lambda y: y.tolist(),
    "a tuple": tuple,
    "uint8": lambda y: y.astype(np.uint8),
    "floats, all whole": lambda y: y.astype(float),
    "another byte order": lambda y: y.astype(">i8"),
    "objects": lambda y: y.astype(object),
    "a categorical column": lambda y: pd.Series(y).astype("category"),
    "a nullable column": lambda y: pd.Series(y, dtype="Int64"),
    "an Index": pd.Index,
}


@pytest.mark.parametrize("case", SAME_X)
def test_same_examples(digits, case):
    X, y = digits
    given = SAME_X[case](X)
    expected, found = trained(X, y), trained(given, y)
    assert np.array_equal(found[0], expected[0])
    network = MLP((784, 6, 10), rng())
    assert np.array_equal(network.predict_proba(given), network.predict_proba(X))
    assert network.predict_proba(given).dtype == np.float32


@pytest.mark.parametrize("case", SAME_Y)
def test_same_labels(digits, case):
    X, y = digits
    given = SAME_Y[case](y)
    assert np.array_equal(trained(X, given)[0], trained(X, y)[0])
    assert accuracy(given, y) == accuracy(y, given) == 1
    assert np.array_equal(nn.one_hot(given), nn.one_hot(y))


def test_booleans_are_ink_or_paper(digits):
    X, y = digits
    ink = X > 0.5
    assert np.array_equal(trained(ink, y)[0], trained(ink.astype(np.float32), y)[0])


@pytest.mark.parametrize(
    "one",
    [
        lambda x: x,
        lambda x: x.reshape(28, 28),
        lambda x: x.reshape(1, 28, 28),
        lambda x: x.tolist(),
        lambda x: pd.DataFrame(x[None]).iloc[0],
    ],
)
def test_one_image_is_a_batch_of_one(digits, one):
    X, y = digits
    network = MLP((784, 6, 10), rng())
    for function in (network.forward, network.predict, network.predict_proba):
        assert np.array_equal(function(one(X[3])), function(X[3:4]))
    expected = network.loss_and_grad(X[3:4], y[3:4])
    assert network.loss_and_grad(one(X[3]), y[3:4]) == expected


def test_twenty_eight_inputs_make_28_examples():
    network = MLP((28, 3), rng())
    assert network.predict(np.ones((28, 28))).shape == (28,)


def test_float64_network_reads_float32(digits):
    X, y = digits
    network = MLP((784, 6, 10), rng(), dtype=np.float64)
    assert network.forward(X).dtype == np.float64
    fit(network, SGD(0.1), X, y, epochs=1, batch_size=50, rng=rng(), progress=False)


# --- input that is refused


def with_value(value, n=5, d=7):
    def spoil(X):
        X = X.copy()
        X[n, d] = value
        return X

    return spoil


BAD_X = {
    "NaN": (with_value(np.nan), "found nan at example 5, place 7"),
    "infinity": (with_value(-np.inf), "found -inf at example 5, place 7"),
    "several NaN": (lambda X: np.where(X > 0.5, np.nan, X), "found nan at example 0.* more"),
    "NaN in a table": (lambda X: pd.DataFrame(with_value(np.nan)(X)), "nan at example 5, place 7"),
    "NA in a table": (
        lambda X: pd.DataFrame(with_value(np.nan)(X)).astype("Float32"),
        "(nan|missing value) at example 5, place 7",
    ),
    "NaN in an image": (
        lambda X: with_value(np.nan)(X).reshape(-1, 28, 28),
        r"nan at example 5, place \(0, 7\)",
    ),
    "0 to 255": (lambda X: X * 255, "from 0 to 255; divide pixels by 255"),
    "0 to 255, float64": (lambda X: X.astype(float) * 255, "from 0 to 255; divide pixels by 255"),
    "0 to 255, integers": (lambda X: (X * 255).astype(int), "from 0 to 255; divide pixels by 255"),
    "0 to 255, a table": (lambda X: pd.DataFrame(X * 255).astype(int), "divide pixels by 255"),
    "0 to 255, centred": (lambda X: X * 255 - 33, "from -33 to 222; divide"),
    "16 bits": (lambda X: X * 65535, "from 0 to 65535; divide by the largest there can be"),
    "divided twice": (lambda X: X / 255, "no value above 0.0039; .* twice"),
    "stored pixels": (lambda X: (X * 255).astype(np.uint8), r"found uint8; scale_pixels\(X"),
    "turned": (lambda X: X.T, r"\(N, 784\), .* found \(784, 300\); X.*\.T has"),
    "a row of 783": (lambda X: X[:, :-1], r"\(N, 784\), .* found \(300, 783\)"),
    "labels among them": (
        lambda X: np.column_stack([np.ones(len(X)), X]),
        r"found \(300, 785\); one column too many: are the labels",
    ),
    "labels among them, a table": (
        lambda X: pd.DataFrame(X).assign(Label=1),
        r"found \(300, 785\); 'Label' holds labels, so give X.*\.drop\(columns='Label'\)",
    ),
    "text": (lambda X: X.astype(str), "found text, the first being '0.0'"),
    "a column of text": (
        lambda X: pd.DataFrame(X).astype({3: object}).assign(**{"name": "a.png"}),
        "found the text 'a.png' at example 0, place 784",
    ),
    "objects": (lambda X: np.array([{}] * len(X)), "object of type dict at example 0"),
    "None": (lambda X: None, "found NoneType"),
    "a file name": (lambda X: "digits.csv", "found str"),
    "a generator": (lambda X: (row for row in X), "found generator"),
    "a dictionary": (lambda X: {"X": X}, "found dict"),
    "complex": (lambda X: X + 0j, "found complex64"),
    "ragged": (lambda X: [row[: n + 1] for n, row in enumerate(X)], "rows of different lengths"),
    "masked": (lambda X: np.ma.masked_greater(X, 2 / 3), r"found \d+ masked values"),
    "one number": (lambda X: np.float32(3), r"\(N, 784\), .* found \(\)"),
    "a record": (lambda X: np.zeros(len(X), "f4,f4"), "found .*f4"),
    "dates": (lambda X: np.zeros((len(X), 784), "M8[s]"), r"found datetime64\[s\]"),
}


class Sparse:
    """A sparse matrix like those of scipy.sparse: only `toarray` gives an array."""

    def __init__(self, X):
        self.X = X

    def toarray(self):
        return self.X


BAD_X["sparse"] = (Sparse, r"found Sparse, which is sparse; X.*\.toarray\(\)")


@pytest.mark.parametrize("case", BAD_X)
def test_bad_examples(digits, case):
    X, y = digits
    spoil, message = BAD_X[case]
    network = MLP((784, 6, 10), rng())
    before = network.theta.copy()
    options = {"epochs": 1, "batch_size": 32, "rng": rng(), "progress": False}
    for attempt in (
        lambda: fit(network, SGD(0.1), spoil(X), y, **options),
        lambda: fit(network, SGD(0.1), X, y, dev=(spoil(X), y), **options),
        lambda: network.forward(spoil(X)),
        lambda: network.predict(spoil(X)),
        lambda: network.predict_proba(spoil(X)),
    ):
        with pytest.raises((TypeError, DataError), match=message) as caught:
            attempt()
        assert "\n" not in str(caught.value)
        assert "expected" in str(caught.value)
    assert np.array_equal(network.theta, before)


SHAPELESS = ("text", "objects", "None", "a generator", "a dictionary", "ragged", "masked", "sparse")


@pytest.mark.parametrize("case", SHAPELESS)
def test_bad_examples_of_any_shape(digits, case):
    X, y = digits
    spoil, message = BAD_X[case]
    for attempt in (
        lambda: nn.train_dev_split(spoil(X), y, 10, rng()),
        lambda: next(nn.minibatches(spoil(X), y, 10, rng())),
        lambda: tools.shift(spoil(X), rng()),
        lambda: tools.deslant(spoil(X)),
        lambda: nn.scale_pixels(spoil(X)),
        lambda: nn.softmax(spoil(X)),
        lambda: nn.softmax_cross_entropy(spoil(X), y),
        lambda: draw_boundary(None, spoil(X), y, title=""),
    ):
        with pytest.raises(TypeError, match=message.replace("X.*", ".*")):
            attempt()


BAD_Y = {
    "one-hot": (lambda y: np.eye(10, dtype=int)[y], r"found \(300, 10\); one-hot rows"),
    "one-hot floats": (lambda y: np.eye(10)[y], r"found \(300, 10\); one-hot rows"),
    "one-hot table": (lambda y: pd.get_dummies(y), r"found \(300, 10\); one-hot rows"),
    "a column": (lambda y: y[:, None], r"found \(300, 1\); np.ravel\("),
    "a table of one column": (lambda y: pd.DataFrame(y), r"found \(300, 1\); np.ravel\("),
    "text": (lambda y: y.astype(str), "found text, the first being '5'"),
    "a column of text": (lambda y: pd.Series(y.astype(str)), "found (the )?text"),
    "bytes": (lambda y: y.astype("S"), "found text"),
    "categories of text": (lambda y: pd.Series(y.astype(str)).astype("category"), "found .*text"),
    "booleans": (lambda y: y == 1, "integer labels, found bool"),
    "fractions": (lambda y: y + 0.5, "integer labels, found float64 with 5.5 at example 0"),
    "NaN": (lambda y: np.where(np.arange(len(y)) == 4, np.nan, y), "nan at example 4"),
    "infinity": (lambda y: np.where(np.arange(len(y)) == 4, np.inf, y), "inf at example 4"),
    "a gap in a column": (
        lambda y: pd.Series(np.where(np.arange(len(y)) == 4, None, y), dtype="Int64"),
        "(nan|missing value) at example 4",
    ),
    "None among them": (lambda y: [*y[:4], None, *y[5:]], "a missing value at example 4"),
    "complex": (lambda y: y + 0j, "found complex128"),
    "masked": (lambda y: np.ma.masked_equal(y, 9), "masked values"),
    "a set": (set, "found set"),
    "None": (lambda y: None, "found NoneType"),
    "one number": (lambda y: 3, r"array of shape \(N,\), found int"),
    "ragged": (lambda y: [[1], [1, 2], *y[2:]], "found rows of different lengths"),
    "dates": (lambda y: pd.Series(pd.to_datetime(y)), "found datetime64"),
}


@pytest.mark.parametrize("case", BAD_Y)
def test_bad_labels(digits, case):
    X, y = digits
    spoil, message = BAD_Y[case]
    network = MLP((784, 6, 10), rng())
    Z = network.forward(X)
    P = nn.softmax(Z)
    options = {"epochs": 1, "batch_size": 32, "rng": rng(), "progress": False}
    for attempt in (
        lambda: fit(network, SGD(0.1), X, spoil(y), **options),
        lambda: fit(network, SGD(0.1), X, y, dev=(X, spoil(y)), **options),
        lambda: network.loss_and_grad(X, spoil(y)),
        lambda: network.loss_of(Z, spoil(y)),
        lambda: nn.train_dev_split(X, spoil(y), 10, rng()),
        lambda: next(nn.minibatches(X, spoil(y), 10, rng())),
        lambda: nn.one_hot(spoil(y)),
        lambda: nn.accuracy(spoil(y), y),
        lambda: nn.accuracy(y, spoil(y)),
        lambda: nn.accuracy_interval(spoil(y), y),
        lambda: nn.confusion_matrix(spoil(y), y),
        lambda: nn.reliability(P, spoil(y)),
        lambda: nn.expected_calibration_error(P, spoil(y)),
        lambda: nn.fit_temperature(Z, spoil(y)),
        lambda: temperature_slope(Z, spoil(y), 1),
        lambda: nn.softmax_cross_entropy(Z, spoil(y)),
        lambda: smoothed_cross_entropy(Z, spoil(y), 0.1),
        lambda: nn.mean_squared_error(Z, spoil(y)),
    ):
        with pytest.raises((TypeError, DataError), match=message) as caught:
            attempt()
        assert "\n" not in str(caught.value)
        assert "expected" in str(caught.value)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda y: y - 1, "labels from 0 to 9, found -1 at example 1"),
        (lambda y: y + 10, "labels from 0 to 9, found 15 at example 0"),
        (lambda y: y + 1, "labels from 0 to 9, found 10 at example 4 .*; subtract 1 from each"),
        (lambda y: y[:-1], "300 examples and 299 labels"),
        (lambda y: y[:0], "300 examples and 0 labels"),
    ],
)
def test_labels_that_do_not_fit(digits, spoil, message):
    X, y = digits
    network = MLP((784, 6, 10), rng())
    for attempt in (
        lambda: trained(X, spoil(y)),
        lambda: trained(X, y, dev=(X, spoil(y))),
        lambda: network.loss_and_grad(X, spoil(y)),
        lambda: nn.softmax_cross_entropy(network.forward(X), spoil(y)),
        lambda: nn.mean_squared_error(network.forward(X), spoil(y)),
        lambda: nn.reliability(network.predict_proba(X), spoil(y)),
    ):
        with pytest.raises(DataError, match=message):
            attempt()


def test_training_refuses_labels_that_teach_nothing(digits):
    X, y = digits
    with pytest.raises(DataError, match=r"at least two kinds .* found 0 for all 300 examples"):
        trained(X, np.zeros_like(y))
    low = y < 5
    with pytest.raises(DataError, match=r"occur in training, found none, from 5 to 9; .* shuffled"):
        trained(X[low], y[low], dev=(X[~low], y[~low]))
    # A dev set may contain a single class.
    assert trained(X, y, dev=(X[y == 3], y[y == 3]))[1].shape[0] == 2


def test_training_looks_at_the_values_once(digits, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "nn_core.checks.examples.check_scaled", lambda X, name: seen.append((name, len(X)))
    )
    X, y = digits
    trained(X, y, dev=(X[:50], y[:50]), epochs=3)
    assert seen == [("X", 300), ("X_dev", 50)]


@pytest.mark.parametrize(
    ("dev", "found"),
    [
        (np.zeros((5, 784)), r"one ndarray of shape \(5, 784\)"),
        (pd.DataFrame(np.zeros((2, 784))), r"one DataFrame of shape \(2, 784\)"),
        ((1, 2, 3), "one tuple of 3"),
        ({"X": 1, "y": 2}, "one dict"),
        (0.2, "one float"),
        (True, "one bool"),
    ],
)
def test_dev_is_a_pair(digits, dev, found):
    with pytest.raises(TypeError, match=rf"dev to be a pair \(X_dev, y_dev\), found {found}"):
        trained(*digits, dev=dev)


@pytest.mark.parametrize("bad", [0, None, np.random, np.random.RandomState(0), "seed"])
def test_randomness_comes_from_a_generator(digits, bad):
    X, y = digits
    for attempt in (
        lambda: trained(X, y, rng=bad),
        lambda: MLP((784, 10), bad),
        lambda: nn.train_dev_split(X, y, 10, bad),
        lambda: next(nn.minibatches(X, y, 10, bad)),
        lambda: tools.shift(X, bad),
        lambda: tools.distort(X, bad),
    ):
        with pytest.raises(TypeError, match="expected rng to be a random generator, "):
            attempt()


@pytest.mark.parametrize("bad", [32.0, "32", True, 0.1, np.float64(8), [32]])
def test_counts_are_whole_numbers(digits, bad):
    X, y = digits
    for name, attempt in (
        ("batch_size", lambda: trained(X, y, batch_size=bad)),
        ("batch_size", lambda: next(nn.minibatches(X, y, bad, rng()))),
        ("dev_size", lambda: nn.train_dev_split(X, y, bad, rng())),
        ("classes", lambda: nn.one_hot(y, bad)),
        ("classes", lambda: nn.confusion_matrix(y, y, bad)),
        ("bins", lambda: nn.reliability(nn.one_hot(y), y, bad)),
    ):
        with pytest.raises(TypeError, match=f"expected {name} to be a whole number, found"):
            attempt()
    assert np.array_equal(trained(X, y, batch_size=np.int16(32))[0], trained(X, y)[0])


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, MAX_INPUT / 2), st.integers(0, 99))
def test_features_of_ordinary_size_pass(size, seed):
    """Make standardized features with outliers, and sums and squares of small numbers."""
    X = size * rng(seed).normal(size=(40, 784)).clip(-2, 2)
    rare = np.zeros((40, 784))
    rare[seed % 40, 5] = 200
    network = MLP((784, 3), rng(seed))
    for given_ in (X, np.abs(X), rare - rare.mean(axis=0)):
        assert np.array_equal(network.forward(given_), network.activations(given_)[-1])


def test_gradient_check_needs_an_array():
    with pytest.raises(TypeError, match="expected an array to vary in place, found list"):
        nn.numerical_gradient(lambda: 0.0, [1.0])

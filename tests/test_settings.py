"""Settings: every wrong value raises an error that names the setting, in one sentence."""

import inspect
import math

import numpy as np
import pytest

import nn_core as nn
from nn_core import initializers, layers, losses, schedules, tools
from nn_core.checks.settings import check_finite, check_number, check_rng
from nn_core.tools.augmentation import affine_field, elastic_field

X = np.random.default_rng(0).random((30, 4)).astype(np.float32)
Y = np.arange(30) % 3
IMAGES = np.zeros((2, 16), np.float32)
AFFINE = {"degrees": 1, "scale": 0.1, "shear": 0.1, "pixels": 1}


def rng():
    return np.random.default_rng(0)


def fit(**options):
    model = nn.MLP((4, 5, 3), rng())
    asked = {"epochs": 1, "batch_size": 10, "rng": rng(), "progress": False} | options
    dev = asked.pop("dev", (X, Y))
    return nn.fit(model, asked.pop("optimizer", nn.SGD(0.1)), X, Y, dev=dev, **asked)


def train(**options):
    """Train the smallest recipe for one epoch on a few empty pictures."""
    digits = np.zeros((12, 784), np.float32), np.arange(12) % 10
    return tools.train(
        tools.RECIPES["relu-10-gd"], digits, progress=False, **({"epochs": 1} | options)
    )


def of(function, *arguments, **options):
    """Give a function of one setting, by its name."""
    return lambda **setting: function(*arguments, **(options | setting))


def in_fit(kind):
    """Make a callback and train with it."""
    return lambda **setting: fit(callbacks=[kind(**setting)])


def step(make):
    """Make an optimizer and take a step, which checks the rate too."""
    return lambda **setting: make(**setting).step(np.ones(3), np.ones(3))


# The function, the setting, its valid values, and its wrong values in addition to NEVER.
NEGATIVE, SHARE = [-1, -1e-9], [-0.1, 1, 1.5]
RATE = ([0, 0.1, 1, np.float32(0.5), np.int64(1)], NEGATIVE)
BETA = ([0, 0.9, np.float64(0.5)], SHARE)
COUNT = ([1, 7, np.int64(2)], [0, -3, 2.0, 0.1])
CALLBACKS = [
    (nn.L2Penalty, "strength", *RATE),
    (nn.Dropout, "rate", *BETA),
    (nn.LabelSmoothing, "smoothing", [0, 0.1, 1], [-1, 1.01]),
    (nn.GradientClipping, "largest", [0.1, 5], [0, -1]),
    (nn.ExponentialMovingAverage, "decay", *BETA),
    (nn.EarlyStopping, "patience", *COUNT),
]
SETTINGS = [
    (fit, "epochs", *COUNT),
    (fit, "batch_size", *COUNT),
    *((in_fit(kind), *setting) for kind, *setting in CALLBACKS),
    *((step(kind), "lr", *RATE) for kind in (nn.SGD, nn.Momentum, nn.Nesterov, nn.AdaGrad)),
    *((step(kind), "lr", *RATE) for kind in (nn.RMSProp, nn.Adam, nn.AdamW)),
    *((step(of(kind, 0.1)), "beta", *BETA) for kind in (nn.Momentum, nn.Nesterov, nn.RMSProp)),
    *((step(of(kind, 0.1)), "epsilon", *RATE) for kind in (nn.AdaGrad, nn.RMSProp, nn.Adam)),
    *((step(kind), name, *BETA) for kind in (nn.Adam, nn.AdamW) for name in ("beta1", "beta2")),
    (step(nn.AdamW), "decay", *RATE),
    (step(nn.AdamW), "epsilon", *RATE),
    (schedules.constant, "lr", *RATE),
    (of(schedules.step_decay, every=2), "lr", *RATE),
    (of(schedules.step_decay, 0.1), "every", *COUNT),
    (of(schedules.step_decay, 0.1, every=2), "factor", [0.5, 2], [0, -1]),
    (of(schedules.exponential_decay, factor=0.5), "lr", *RATE),
    (of(schedules.exponential_decay, 0.1), "factor", [0.5, 2], [0, -1]),
    (of(schedules.inverse_time_decay, rate=0.5), "lr", *RATE),
    (of(schedules.inverse_time_decay, 0.1), "rate", *RATE),
    (of(schedules.cosine_decay, steps=5), "lr", *RATE),
    (of(schedules.cosine_decay, 0.1), "steps", *COUNT),
    (of(schedules.cosine_decay, 0.1, steps=5), "final", *RATE),
    (of(schedules.warm_up, schedules.constant(1)), "steps", [0, 3], [-1, 2.0]),
    (of(nn.l2_penalty, [np.ones((2, 2))], [np.ones((2, 2))]), "strength", *RATE),
    (of(nn.clip_norm, np.ones(3)), "largest", [0.1, 5], [0, -1]),
    (of(nn.dropout_mask, (3, 4), rng=rng()), "rate", *BETA),
    (of(layers.leaky_relu_forward, X), "slope", [0.01, 1], [0, -1]),
    (of(layers.leaky_relu_backward, X, X), "slope", [0.01, 1], [0, -1]),
    (of(losses.smoothed_cross_entropy, X, Y), "smoothing", [0, 0.1, 1], [-1, 1.01]),
    (of(initializers.small_normal, (3, 4), rng()), "scale", *RATE),
    (of(initializers.uniform, (3, 4), rng()), "limit", *RATE),
    (of(tools.shift, IMAGES, rng()), "pixels", [0, 2, np.int64(1)], [-1, 1.5]),
    (of(tools.distort, IMAGES, rng()), "strength", *RATE),
    *((of(tools.distort, IMAGES, rng()), name, *RATE) for name in ("degrees", "shear", "pixels")),
    (of(tools.distort, IMAGES, rng()), "alpha", *RATE),
    (of(tools.distort, IMAGES, rng()), "scale", [0, 0.5], SHARE),
    (of(tools.distort, IMAGES, rng()), "sigma", [1, 5.5], [0.9, 0, -1]),
    (of(affine_field, 2, 4, rng(), **AFFINE), "scale", [0, 0.5], SHARE),
    (of(elastic_field, 2, 4, rng(), alpha=1), "sigma", [1, 5.5], [0.9, 0, -1]),
    (of(nn.train_dev_split, X, Y, rng=rng()), "dev_size", [1, 29], [0, 30, 0.1, 10.0]),
    (of(nn.numerical_gradient, lambda: 1.0, np.ones(3)), "h", [1e-5, 1], [0, -1]),
    (
        of(nn.directional_error, lambda: 1.0, np.ones(3), np.ones(3), rng()),
        "h",
        [1e-5, 1],
        [0, -1],
    ),
    (train, "epochs", *COUNT),
    (train, "seed", [0, 5, np.int64(2)], [-1, 1.5]),
    (lambda batch_size: next(nn.minibatches(X, Y, batch_size, rng())), "batch_size", *COUNT),
]
NEVER = [math.nan, math.inf, True, np.True_, "1", [1]]


def cases(which):
    for function, name, good, bad in SETTINGS:
        for value in good if which == "good" else [*bad, *NEVER]:
            yield pytest.param(function, name, value, id=f"{name}={value!r}")


@pytest.mark.parametrize(("function", "name", "value"), list(cases("good")))
def test_what_a_setting_may_be(function, name, value):
    function(**{name: value})


@pytest.mark.parametrize(("function", "name", "value"), list(cases("bad")))
def test_what_a_setting_may_not_be(function, name, value):
    with pytest.raises((ValueError, TypeError)) as refused:
        function(**{name: value})
    message = str(refused.value)
    assert message.startswith("expected ")
    assert name in message
    assert ", found " in message
    assert str(value) in message
    assert "\n" not in message


def test_every_number_that_fit_and_the_callbacks_take_is_among_these():
    def numeric(function):
        parameters = inspect.signature(function).parameters.values()
        return {each.name for each in parameters if each.annotation in (int, float, int | None)}

    assert numeric(nn.fit) == {name for function, name, *_ in SETTINGS if function is fit}
    kinds = {value for value in vars(nn).values() if isinstance(value, type)}
    callbacks = {kind for kind in kinds if issubclass(kind, nn.Callback)}
    assert {(kind, name) for kind in callbacks for name in numeric(kind)} == {
        (kind, name) for kind, name, *_ in CALLBACKS
    }


@pytest.mark.parametrize(
    "sizes", [(3,), (3, 0), (3, -2), (3.0, 2), (True, 2), "32", 32, ((3, 2), 2), (math.nan, 2)]
)
def test_layer_sizes(sizes):
    with pytest.raises((ValueError, TypeError), match=r"^expected .*sizes.*, found "):
        nn.MLP(sizes, rng())


def test_layer_sizes_of_numpy():
    network = nn.MLP(np.array([4, 3]), rng())
    assert network.sizes == (4, 3)
    assert type(network.sizes[0]) is int


@pytest.mark.parametrize("dtype", [np.float16, int, object])
def test_dtypes_of_a_network(dtype):
    with pytest.raises(TypeError, match="expected dtype to be float32 or float64, found"):
        nn.MLP((3, 2), rng(), dtype=dtype)


@pytest.mark.parametrize("seed", [0, None, np.random.RandomState(0), np.random, "0"])
@pytest.mark.parametrize(
    "function",
    [
        lambda seed: nn.MLP((3, 2), seed),
        lambda seed: fit(rng=seed),
        lambda seed: nn.train_dev_split(X, Y, 5, seed),
        lambda seed: next(nn.minibatches(X, Y, 5, seed)),
        lambda seed: nn.dropout_mask((3, 4), 0.5, seed),
        lambda seed: tools.shift(IMAGES, seed),
        lambda seed: tools.distort(IMAGES, seed),
        *(
            lambda seed, make=make: make((3, 4), seed)
            for make in (initializers.he_normal, initializers.uniform, initializers.glorot_normal)
        ),
    ],
)
def test_a_seed_is_no_generator(function, seed):
    with pytest.raises(TypeError, match=r"expected rng to be a random generator.*, found "):
        function(seed)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dev": X}, r"dev to be a pair \(X_dev, y_dev\), found one ndarray"),
        ({"dev": (X, Y, Y)}, "found one tuple of 3"),
        ({"optimizer": nn.Adam}, "expected an optimizer, .*, found <class"),
        ({"optimizer": 0.1}, "expected an optimizer, .*, found 0.1"),
    ],
)
def test_other_options_of_fit(options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        fit(**options)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.LearningRateSchedule(0.1), "expected schedule to be a function, found 0.1"),
        (lambda: nn.Augmentation(True), "expected change to be a function, found True"),
        (lambda: nn.Augmentation(None), "expected change to be a function, found None"),
        (
            lambda: nn.Augmentation(tools.shift, 0.5),
            "expected strength to be a function, found 0.5",
        ),
        (lambda: nn.LearningRateSchedule(lambda step: math.nan), "lr of at least 0, found nan"),
        (lambda: nn.LearningRateSchedule(lambda step: -0.1), r"lr of at least 0, found -0\.1"),
    ],
)
def test_functions_that_callbacks_take(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        fit(callbacks=[make()])


def test_label_smoothing_needs_cross_entropy():
    model = nn.MLP((4, 3), rng(), output="sigmoid", loss="mean_squared_error")
    options = {"epochs": 1, "batch_size": 5, "rng": rng(), "progress": False}
    with pytest.raises(ValueError, match=r"cross_entropy, for LabelSmoothing .*_squared_error"):
        nn.fit(model, nn.SGD(0.1), X, Y, callbacks=[nn.LabelSmoothing(0.1)], **options)


@pytest.mark.parametrize("kind", [nn.SGD, nn.Momentum, nn.AdaGrad, nn.RMSProp, nn.Adam, nn.AdamW])
def test_an_optimizer_is_for_one_network(kind):
    optimizer, theta = kind(0.1), np.ones(5)
    optimizer.step(np.ones(3), np.ones(3))
    with pytest.raises(ValueError, match=r"expected the 3 parameters .*, found 5: make a new"):
        optimizer.step(theta, np.ones(5))
    with pytest.raises(ValueError, match=r"theta and grad of one shape, found \(3,\) and \(4,\)"):
        optimizer.step(np.ones(3), np.ones(4))
    assert np.array_equal(theta, np.ones(5))  # the error comes before any change
    assert optimizer.t == 1


def test_numbers_of_numpy_leave_float32_alone():
    for lr in (np.float64(0.1), np.float32(0.1)):
        theta = np.ones(3, np.float32)
        nn.Adam(lr).step(theta, theta.copy())
        assert theta.dtype == np.float32


def test_checks_by_hand():
    check_number("n", 3, whole=True, at_least=3, at_most=3)
    check_number("n", 10**400, at_least=1, whole=True)
    for bounds, words in (
        ({"at_least": 1}, "of at least 1"),
        ({"above": 0}, "above 0"),
        ({"at_least": 0, "at_most": 1}, "from 0 to 1"),
        ({"at_least": 0, "below": 1}, "from 0 to below 1"),
        ({"below": -7}, "below -7"),
    ):
        with pytest.raises(ValueError, match=f"^expected n {words}, found -5$"):
            check_number("n", -5, **bounds)
    with pytest.raises(ValueError, match=r"^expected a finite n above 0, found inf$"):
        check_number("n", math.inf, above=0)
    check_rng(rng())
    check_finite("n", np.ones(3))
    with pytest.raises(ValueError, match="n to be finite, found NaN or infinity in 2 of 3"):
        check_finite("n", np.array([1, np.inf, np.nan]))

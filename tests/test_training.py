"""Optimizers and the training loop."""

import contextlib
import json
import math
import re
import warnings

import numpy as np
import pytest

from nn_core import (
    MLP,
    DataError,
    DivergenceError,
    accuracy,
    fit,
    load_mnist,
    optimizers,
    softmax_cross_entropy,
)
from nn_core.optimizers import BLOCK, SGD, AdaGrad, Adam, AdamW, Momentum, Nesterov, RMSProp
from nn_core.regularization import (
    Augmentation,
    Dropout,
    EarlyStopping,
    ExponentialMovingAverage,
    GradientClipping,
    L2Penalty,
    LabelSmoothing,
    clip_norm,
    l2_penalty,
)
from nn_core.schedules import cosine_decay
from nn_core.tools import Checkpoint
from nn_core.training import Callback, LearningRateSchedule, loss_and_grad


class Watch(Callback):
    """A callback that calls one function after each step, and another after each epoch."""

    def __init__(self, step=lambda run: None, epoch=lambda run: None):
        self.after_step, self.after_epoch = step, epoch


@pytest.fixture
def circles():
    """Make points inside and outside a circle. No straight line separates them."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (400, 2)).astype(np.float32)
    return X, (np.linalg.norm(X, axis=1) > 0.7).astype(np.int64)


def test_fit_learns(circles):
    X, y = circles
    rng = np.random.default_rng(1)
    network = MLP((2, 32, 2), rng)
    history = fit(
        network, Adam(0.01), X, y, epochs=40, batch_size=32, rng=rng, dev=(X[:100], y[:100])
    )
    assert accuracy(y, network.predict(X)) > 0.97
    assert history.index.tolist() == list(range(1, 41))
    assert history.index.name == "epoch"
    columns = ["loss", "accuracy", "dev_loss", "dev_accuracy", "lr", "seconds"]
    assert list(history) == columns
    assert history.loss.iloc[-1] < 0.2 < history.loss.iloc[0]
    assert history.dev_accuracy.iloc[-1] == accuracy(y[:100], network.predict(X[:100]))
    assert history.accuracy.iloc[-1] == history.dev_accuracy.iloc[-1]
    assert history.seconds.is_monotonic_increasing


def test_fit_is_seeded_and_quiet(circles, capsys):
    X, y = circles

    def train(seed, progress=False):
        rng = np.random.default_rng(seed)
        network = MLP((2, 8, 2), rng)
        history = fit(network, Adam(), X, y, epochs=2, batch_size=50, rng=rng, progress=progress)
        assert list(history) == ["loss", "lr", "seconds"]
        return network.theta

    first = train(0)
    assert capsys.readouterr().err == ""
    assert np.array_equal(first, train(0, progress=True))
    assert "epoch 2/2" in capsys.readouterr().err
    assert not np.array_equal(first, train(1))


def test_loss_is_the_mean_over_examples(circles):
    # With steps of size zero, the loss of an epoch is the loss over all examples, although the
    # last batch is smaller than the others.
    X, y = circles
    rng = np.random.default_rng(0)
    network = MLP((2, 8, 2), rng)
    loss = network.loss_and_grad(X, y)
    history = fit(network, Adam(lr=0), X, y, epochs=1, batch_size=150, rng=rng, progress=False)
    assert history.loss.iloc[0] == pytest.approx(loss, rel=1e-5)


GOOD_X = np.zeros((6, 3), np.float32)
GOOD_Y = np.array([0, 1, 0, 1, 0, 0])


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        (GOOD_X.T, GOOD_Y, ValueError, r"shape \(N, 3\), one example per row, found \(3, 6\)"),
        (GOOD_X[0], GOOD_Y, ValueError, r"found \(3,\)"),
        (GOOD_X + 99, GOOD_Y, ValueError, "found values from 99 to 99; divide pixels by 255"),
        (GOOD_X.astype(np.uint8), GOOD_Y, TypeError, "float32, found uint8"),
        (GOOD_X, GOOD_Y[:4], ValueError, "6 examples and 4 labels"),
        (GOOD_X[:0], GOOD_Y[:0], ValueError, "at least one example"),
        (GOOD_X, np.eye(6, 2), ValueError, r"shape \(N,\), found \(6, 2\)"),
        (GOOD_X, GOOD_Y / 2, TypeError, "integer labels, found float64"),
        (GOOD_X, np.eye(6, 2, dtype=int), ValueError, r"found \(6, 2\)"),
        (GOOD_X, GOOD_Y + 2, ValueError, "from 0 to 1, found 2"),
    ],
)
def test_fit_refuses(X, y, error, message):
    rng = np.random.default_rng(0)
    network = MLP((3, 2), rng)
    before = network.theta.copy()
    for data, dev in (((X, y), None), ((GOOD_X, GOOD_Y), (X, y))):
        with pytest.raises(error, match=message):
            fit(network, Adam(), *data, epochs=1, batch_size=2, rng=rng, dev=dev)
    assert np.array_equal(network.theta, before)


def test_accuracy():
    assert accuracy(np.array([1, 2, 3, 4]), np.array([1, 2, 3, 9])) == 0.75
    with pytest.raises(ValueError, match="3 examples and 2 labels"):
        accuracy(np.zeros(2), np.zeros(3))
    with pytest.raises(ValueError, match="at least one example"):
        accuracy(np.zeros(0), np.zeros(0))


# --- callbacks


def train(circles, *callbacks, model=None, optimizer=None, epochs=3, seed=0, rng=None, **options):
    X, y = circles
    rng = rng or np.random.default_rng(seed)
    model = model or MLP((2, 8, 2), rng)
    options = {"batch_size": 50, "progress": False, **options}
    optimizer = optimizer or SGD(0.1)
    history = fit(model, optimizer, X, y, epochs=epochs, rng=rng, callbacks=callbacks, **options)
    return model, history


def test_full_batch_is_one_step_over_all(circles):
    X, y = circles
    model, _ = train(circles, epochs=1, batch_size=None)
    by_hand = MLP((2, 8, 2), np.random.default_rng(0))
    by_hand.loss_and_grad(X, y)
    assert np.allclose(model.theta, by_hand.theta - 0.1 * by_hand.grad, atol=1e-7)


@pytest.mark.parametrize("masked", [False, True])
def test_a_large_batch_has_the_gradient_of_its_examples(masked, monkeypatch):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(23, 6)), rng.integers(0, 3, 23)
    network = MLP((6, 5, 4, 3), rng, dtype=np.float64)
    masks = network.dropout_masks(23, 0.5, rng) if masked else None
    expected_loss = network.loss_and_grad(X, y, masks=masks, smoothing=0.1)
    expected = network.grad.copy()
    monkeypatch.setattr("nn_core.training.PIECE", 5)  # the last piece is smaller
    loss = loss_and_grad(network, X, y, masks=masks, smoothing=0.1)
    assert loss == pytest.approx(expected_loss)
    assert np.allclose(network.grad, expected, rtol=1e-12, atol=0)
    assert network.dW[0].base is network.grad  # still the views


def test_schedule_sets_the_rate_of_each_step(circles):
    rates = []
    _, history = train(
        circles,
        LearningRateSchedule(lambda t: 0.1 / (t + 1)),
        Watch(lambda run: rates.append((run.step, run.optimizer.lr))),
        optimizer=SGD(9.0),
    )
    # 400 examples in batches of 50 make eight steps per epoch.
    assert rates == [(step, 0.1 / step) for step in range(1, 25)]
    assert history.lr.tolist() == [0.1 / 8, 0.1 / 16, 0.1 / 24]


def test_callbacks_see_losses_and_rows(circles):
    losses, rows = [], []
    X, y = circles
    _, history = train(
        circles,
        Watch(lambda run: losses.append(run.loss), lambda run: rows.append(run.rows[-1])),
        dev=(X[:9], y[:9]),
    )
    assert history.loss.tolist() == pytest.approx(np.reshape(losses, (3, 8)).mean(axis=1).tolist())
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert [row["dev_accuracy"] for row in rows] == history.dev_accuracy.tolist()


def test_l2_is_in_loss_and_gradient(circles):
    X, y = circles
    plain = MLP((2, 8, 2), np.random.default_rng(0))
    loss = plain.loss_and_grad(X, y)
    squares = sum(float(np.sum(W**2)) for W in plain.W)
    model, history = train(circles, L2Penalty(0.3), epochs=1, batch_size=None)
    assert history.loss.iloc[0] == pytest.approx(loss + 0.15 * squares, rel=1e-5)
    expected = plain.theta - 0.1 * (plain.grad + 0.3 * plain.theta * plain.is_weight)
    assert np.allclose(model.theta, expected, atol=1e-6)


def test_clip_shortens_the_step(circles):
    before = MLP((2, 8, 2), np.random.default_rng(0)).theta
    model, _ = train(circles, GradientClipping(0.01), epochs=1, batch_size=None)
    assert np.linalg.norm(model.theta - before) == pytest.approx(0.1 * 0.01, rel=1e-3)


def test_dropout_and_smoothing_reach_the_network(circles):
    losses = {
        train(circles, *callbacks, epochs=1, optimizer=SGD(0), batch_size=None)[1].loss.iloc[0]
        for callbacks in ([], [Dropout(0.5)], [LabelSmoothing(0.2)])
    }
    assert len(losses) == 3


def test_the_strength_of_the_augmentation_follows_its_schedule(circles):
    seen = []

    def mirror(X_batch, rng, strength):
        seen.append(strength)
        return X_batch

    train(circles, Augmentation(mirror, cosine_decay(1.0, steps=24, final=0.5)))
    assert seen[0] == 1
    assert seen[12] == pytest.approx(0.75)
    assert np.all(np.diff(seen) < 0)
    assert len(seen) == 24


def test_augmentation_changes_what_is_learned_from(circles):
    X, _ = circles
    seen = []

    def mirror(X_batch, rng):
        seen.append(len(X_batch))
        assert isinstance(rng, np.random.Generator)
        return -X_batch

    kept = X.copy()
    mirrored, _ = train(circles, Augmentation(mirror))
    assert seen == [50] * 24
    assert np.array_equal(X, kept)
    direct, _ = train((-X, circles[1]))
    assert np.array_equal(mirrored.theta, direct.theta)


def test_average_is_measured_and_kept(circles):
    X, y = circles
    points = []
    model = MLP((2, 8, 2), np.random.default_rng(5))
    start = model.theta.copy()
    train(
        circles,
        ExponentialMovingAverage(0.9),
        Watch(lambda run: points.append(model.theta.copy())),
        model=model,
        epochs=2,
        dev=(X, y),
    )
    average = start
    for theta in points:
        average = 0.9 * average + 0.1 * theta
    assert np.allclose(model.theta, average, atol=1e-6)
    # Training goes on from the parameters of the last step, not from the average.
    plain = MLP((2, 8, 2), np.random.default_rng(5))
    train(circles, model=plain, epochs=2)
    assert np.allclose(plain.theta, points[-1], atol=1e-6)


def test_patience_stops_and_goes_back_to_the_best(circles):
    X, y = circles
    model = MLP((2, 8, 2), np.random.default_rng(1))
    kept = {}
    # At such a high rate the accuracy rises and falls.
    _, history = train(
        circles,
        EarlyStopping(4),
        Watch(epoch=lambda run: kept.setdefault(run.rows[-1]["dev_accuracy"], model.theta.copy())),
        model=model,
        optimizer=SGD(30.0),
        epochs=60,
        dev=(X, y),
    )
    best = history.dev_accuracy.max()
    assert len(history) == history.dev_accuracy.to_numpy().argmax() + 1 + 4 < 60
    assert np.array_equal(model.theta, kept[best])
    assert accuracy(y, model.predict(X)) == best


def test_batch_size_of_zero(circles):
    with pytest.raises(ValueError, match="batch_size of at least 1, found 0"):
        train(circles, batch_size=0)


def test_dev_examples_are_named(circles):
    X, y = circles
    with pytest.raises(ValueError, match=r"expected X_dev of shape \(N, 2\).* found \(2, 400\)"):
        train(circles, dev=(X.T, y))


def test_early_stopping_needs_dev_examples(circles):
    with pytest.raises(ValueError, match="expected dev examples for EarlyStopping"):
        train(circles, EarlyStopping(3))


def test_interrupting_keeps_what_was_learned(circles):
    points = []

    def stop(run):
        points.append(run.model.theta.copy())
        if run.step == 20:
            raise KeyboardInterrupt

    model, history = train(circles, Watch(stop))
    assert history.index.tolist() == [1, 2]
    assert np.array_equal(model.theta, points[-1])
    _, empty = train(circles, Watch(stop), batch_size=10)  # 40 steps an epoch
    assert len(empty) == 0
    assert list(empty) == ["loss", "lr", "seconds"]


# --- divergence


@pytest.mark.parametrize(
    ("optimizer", "callbacks", "options"),
    [
        (lambda: SGD(1e10), [], {}),
        (lambda: SGD(1e10), [], {"batch_size": None, "epochs": 50}),
        (lambda: Momentum(1e12), [L2Penalty(0.1)], {}),
        (lambda: Adam(1e12), [], {}),
        (lambda: SGD(1e10), [ExponentialMovingAverage(0.9), EarlyStopping(5)], {}),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_training_stops_at_the_first_loss_that_is_no_number(
    circles, optimizer, callbacks, options, dtype
):
    X, y = circles[0].astype(dtype), circles[1]
    losses, used = [], optimizer()
    model = MLP((2, 8, 8, 8, 2), np.random.default_rng(0), dtype=dtype, activation="leaky_relu")
    if dtype == np.float64:
        used.lr = used.lr**8
    starts = [model.theta.copy()]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a warning of NumPy would name a line of the library
        with pytest.raises(DivergenceError) as stopped:
            train(
                (X, y),
                *callbacks,
                Watch(
                    lambda run: losses.append(run.loss),
                    lambda run: starts.append(model.theta.copy()),
                ),
                model=model,
                optimizer=used,
                dev=(X, y),
                **options,
            )
    assert all(map(math.isfinite, losses))
    message = str(stopped.value)
    step, last = re.search(
        r"stopped at step (\d+), .*, after (\S+), the last finite loss", message
    ).groups()
    assert int(step) in (len(losses), len(losses) + 1)
    assert float(last) == pytest.approx(losses[-1], rel=1e-3)
    assert f"lower the learning rate, {used.lr:.4g} now" in message
    assert isinstance(stopped.value, FloatingPointError)
    # Network and optimizer have the values from before this epoch.
    assert np.array_equal(model.theta, starts[-1])
    assert all(np.isfinite(moment).all() for moment in used.state.values())
    assert used.t == (len(starts) - 1) * (1 if options.get("batch_size", 50) is None else 8)


def test_weights_that_overflow_in_the_last_step_of_an_epoch(circles):
    model = MLP((2, 8, 2), np.random.default_rng(0))
    start = model.theta.copy()
    found = r"step 1, where some weights are not finite, after 0\.\d+, .* lower the learning rate"
    with pytest.raises(DivergenceError, match=found):
        train(circles, model=model, optimizer=SGD(1e300), batch_size=None, epochs=1)
    assert np.array_equal(model.theta, start)


def test_a_loss_on_the_dev_examples_that_overflows(circles):
    X, y = circles
    # A third input has huge weights, and is zero except in the dev examples.
    X = np.hstack([X, np.zeros((len(X), 1), np.float32)])
    model = MLP((3, 8, 2), np.random.default_rng(0))
    model.W[0][2] = 1e38
    far = np.array([[0, 0, 9]], np.float32)
    with pytest.raises(DivergenceError, match="step 8, where the loss on the dev examples is "):
        train((X, y), EarlyStopping(2), model=model, dev=(far, y[:1]))


def test_starting_weights_that_are_far_too_large(circles):
    model = MLP((2, 8, 2), np.random.default_rng(0))
    model.theta = 3e38
    with pytest.raises(DivergenceError, match=r"step 1, .* starting weights or the inputs are far"):
        train(circles, model=model)
    model.theta[3] = np.nan
    with pytest.raises(ValueError, match="weights to be finite, found NaN or infinity in 1 of 42"):
        train(circles, model=model)


def test_no_checkpoint_of_a_run_that_has_run_away(circles, tmp_path):
    path = tmp_path / "run.npz"
    rates = [0.1] * 16 + [1e30] * 8
    with pytest.raises(DivergenceError):
        train(circles, LearningRateSchedule(lambda step: rates[step]), Checkpoint(path))
    with np.load(path) as archive:
        assert np.isfinite(archive["theta"]).all()
        numbers = json.loads(str(archive["numbers"]))
    assert [row["epoch"] for row in numbers["rows"]] == [1, 2]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_network_that_is_not_finite_does_not_predict(circles, value):
    X, _ = circles
    model = MLP((2, 8, 2), np.random.default_rng(0))
    model.b[0][:] = value  # ReLU would turn minus infinity into zero
    for use in (model.predict, model.predict_proba):
        with pytest.raises(ValueError, match=r"weights to be finite, found .* in 8 of 42"):
            use(X)
    model.b[0][:] = 0
    model.W[0][:] = model.W[1][:] = 3e38
    for use in (model.predict, model.predict_proba):
        with pytest.raises(ValueError, match="outputs to be finite"):
            use(np.abs(X))


# --- arguments stay unchanged, and callbacks can be used again


@pytest.mark.parametrize("batch_size", [None, 50])
def test_an_augmentation_in_place_leaves_the_examples_alone(circles, batch_size):
    X, _ = circles
    kept = X.copy()

    def push(X_batch, rng):
        X_batch += 1
        return X_batch

    train(circles, Augmentation(push), batch_size=batch_size)
    assert np.array_equal(X, kept)


class Count(Callback):
    """A callback that counts the steps in `state`."""

    def before_training(self, run):
        self.state["steps"] = np.zeros(1)

    def after_step(self, run):
        self.state["steps"] += 1


def test_where_training_diverges_callbacks_go_back_too(circles):
    # After two epochs of eight steps, the third epoch has a rate at which it diverges.
    rates = [0.1] * 16 + [1e30] * 8
    model = MLP((2, 8, 2), np.random.default_rng(0))
    count, average = Count(), ExponentialMovingAverage(0.9)
    schedule = LearningRateSchedule(lambda step: rates[step])
    averages = []
    watch = Watch(epoch=lambda run: averages.append(average.state["average"].copy()))
    with pytest.raises(DivergenceError):
        train(circles, schedule, average, count, watch, model=model)
    assert count.state["steps"] == 16
    assert np.array_equal(average.state["average"], averages[1])


def test_where_training_diverges_the_random_generator_and_the_rate_go_back_too(circles):
    rates = [0.1] * 8 + [0.05] * 8 + [1e30] * 8
    found = []
    for epochs, ends in (
        (2, contextlib.nullcontext()),
        (3, pytest.raises(DivergenceError, match=r"1e\+30 now")),
    ):
        rng = np.random.default_rng(0)
        model, optimizer = MLP((2, 8, 2), rng), SGD(0.1)
        schedule = LearningRateSchedule(lambda step: rates[step])
        options = {"model": model, "optimizer": optimizer, "rng": rng}
        with ends:
            train(circles, Dropout(0.2), schedule, epochs=epochs, **options)
        # The next epoch draws the next batches and masks.
        train(circles, Dropout(0.2), epochs=1, **options)
        found.append((optimizer.lr, model.theta))
    assert found[0][0] == found[1][0] == 0.05
    assert np.array_equal(found[0][1], found[1][1])


def test_a_callback_used_again_starts_afresh(circles):
    X, y = circles
    callbacks = [ExponentialMovingAverage(0.9), EarlyStopping(1), Count()]
    options = {"dev": (X, y), "optimizer": SGD(0.0), "epochs": 5}
    first, again = (train(circles, *callbacks, **options, seed=seed) for seed in (0, 1))
    assert len(first[1]) == len(again[1]) == 2
    assert callbacks[2].state["steps"] == 16
    other = MLP((2, 8, 2), np.random.default_rng(1))
    assert np.allclose(again[0].theta, other.theta)


@pytest.mark.parametrize(
    ("callbacks", "error", "message"),
    [
        (lambda: Dropout(0.2), TypeError, "expected a list of callbacks, found "),
        (
            lambda: [Dropout],
            TypeError,
            r"expected callbacks, nn\.Dropout\(0\.2\) say, found <class",
        ),
        (lambda: [SGD(0.1)], TypeError, "expected callbacks, .* found <nn_core.optimizers.SGD"),
        (lambda: [0.2], TypeError, "expected callbacks, .* found 0.2"),
        (lambda: [Count()] * 2, ValueError, "expected different callbacks, found one of them"),
        (
            lambda: [Checkpoint("never.npz"), Count()],
            ValueError,
            "expected Checkpoint as the last of the callbacks",
        ),
    ],
)
def test_callbacks_that_cannot_be(circles, callbacks, error, message):
    X, y = circles
    rng = np.random.default_rng(0)
    model = MLP((2, 8, 2), rng)
    start = model.theta.copy()
    with pytest.raises(error, match=message):
        fit(model, SGD(0.1), X, y, epochs=1, batch_size=50, rng=rng, callbacks=callbacks())
    assert np.array_equal(model.theta, start)


# --- checkpoints


def everything(circles, epochs, *checkpoint):
    """Train with every callback, so that a checkpoint must hold all their states."""
    X, y = circles
    rng = np.random.default_rng(3)
    model = MLP((2, 8, 2), rng)
    optimizer = AdamW(0.05, weights=model.is_weight)
    callbacks = [
        LearningRateSchedule(cosine_decay(0.05, steps=42)),
        Augmentation(lambda X, rng: X + rng.normal(scale=0.05, size=X.shape).astype(X.dtype)),
        Dropout(0.2),
        LabelSmoothing(0.1),
        L2Penalty(1e-3),
        GradientClipping(5.0),
        ExponentialMovingAverage(0.8),
        EarlyStopping(50),
        Count(),
    ]
    history = fit(
        model,
        optimizer,
        X,
        y,
        epochs=epochs,
        batch_size=64,
        rng=rng,
        dev=(X[:90], y[:90]),
        callbacks=[*callbacks, *checkpoint],
        progress=False,
    )
    return model, optimizer, rng, history, callbacks


def test_training_goes_on_to_the_bit(circles, tmp_path):
    checkpoint = Checkpoint(tmp_path / "run.npz")
    straight = everything(circles, 6)
    for epochs in (2, 5, 6, 6):  # the last run has nothing left to do
        resumed = everything(circles, epochs, checkpoint)
    model, optimizer, rng, history, callbacks = straight
    assert np.array_equal(model.theta, resumed[0].theta)
    assert optimizer.t == resumed[1].t == 42
    assert optimizer.lr == resumed[1].lr
    for owner, other in zip([optimizer, *callbacks], [resumed[1], *resumed[4]], strict=True):
        assert owner.state.keys() == other.state.keys()
        assert all(np.array_equal(value, other.state[name]) for name, value in owner.state.items())
    assert rng.random() == resumed[2].random()
    same = [column for column in history if column != "seconds"]
    assert history[same].equals(resumed[3][same])
    assert callbacks[-1].state["steps"] == 42


def test_a_finished_wait_is_not_taken_up_again(circles, tmp_path):
    X, y = circles
    for _ in range(2):
        _, history = train(
            circles,
            EarlyStopping(2),
            Checkpoint(tmp_path / "run.npz"),
            optimizer=SGD(0.0),
            epochs=20,
            dev=(X, y),
        )
        assert len(history) == 3


def test_interrupted_writing_leaves_the_last_checkpoint(circles, tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    train(circles, Checkpoint(path), epochs=1)
    good = path.read_bytes()

    def torn(file, **arrays):
        file.write(b"half a")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", torn)
    with pytest.raises(OSError, match="disk full"):
        train(circles, Checkpoint(path), epochs=2)
    assert path.read_bytes() == good
    assert list(tmp_path.iterdir()) == [path]


def test_checkpoint_whose_moments_have_other_names(circles, tmp_path, monkeypatch):
    # Without its second moment, the next step of Adam would be far too long.
    path = tmp_path / "run.npz"
    with monkeypatch.context() as patch:
        patch.setattr(Adam, "moments", ("m", "v"))
        train(circles, Checkpoint(path), optimizer=Adam(), epochs=1)
    found = r"optimizer.moments=\('m', 'v'\), where this run has optimizer.moments=\('m', 's'\)"
    with pytest.raises(DataError, match=found):
        train(circles, Checkpoint(path), optimizer=Adam(), epochs=2)


def test_checkpoint_of_something_else(circles, tmp_path):
    path = tmp_path / "run.npz"
    train(circles, Checkpoint(path), epochs=1)
    with pytest.raises(DataError, match=r"with optimizer=SGD, where this run has optimizer=Adam:"):
        train(circles, Checkpoint(path), optimizer=Adam())
    other = MLP((2, 9, 2), np.random.default_rng(0))
    with pytest.raises(DataError, match=r"model.sizes=\(2, 8, 2\), .*model.sizes=\(2, 9, 2\)"):
        train(circles, Checkpoint(path), model=other)
    tanh = MLP((2, 8, 2), np.random.default_rng(0), activation="tanh")
    with pytest.raises(
        DataError, match=r"model.activation='relu'.* this run has model.activation='tanh'"
    ):
        train(circles, Checkpoint(path), model=tanh)
    for content in (b"", b"<html>", path.read_bytes()[:-40]):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"run.npz: expected a checkpoint, found"):
            train(circles, Checkpoint(path))
    np.savez(path, theta=np.array([object()]))
    with pytest.raises(DataError, match="expected a checkpoint, found"):
        train(circles, Checkpoint(path))


# --- the parts on their own


def test_clip_norm():
    grad = np.array([3.0, 4.0])
    assert clip_norm(grad, 10) == 5
    assert grad.tolist() == [3, 4]
    assert clip_norm(grad, 1) == 5
    assert np.allclose(grad, [0.6, 0.8])


def test_l2_penalty_by_hand():
    W, dW = np.array([[1.0, 2.0]]), np.array([[10.0, 10.0]])
    # The penalty is 0.5/2 * (1 + 4), and the gradient grows by 0.5 * W.
    assert l2_penalty([W], [dW], 0.5) == 1.25
    assert dW.tolist() == [[10.5, 11]]
    assert W.tolist() == [[1, 2]]
    with pytest.raises(ValueError, match="zip"):
        l2_penalty([W, W], [dW], 0.5)


def test_early_stopping_by_hand():
    assert not EarlyStopping(patience=1).done
    stopping = EarlyStopping(patience=2)
    theta = np.zeros(1)
    answers = []
    for score in (0.5, 0.7, 0.7, 0.9, 0.8, 0.6):
        theta[:] = score
        stopping.update(score, theta)
        answers.append(stopping.done)
    # An equal score is not better, so a second 0.7 counts as waiting.
    assert answers == [False, False, False, False, False, True]
    assert stopping.state["best"] == 0.9
    assert stopping.state["theta"].tolist() == [0.9]


@pytest.mark.parametrize("make", [SGD, Momentum, Nesterov, AdaGrad, RMSProp, Adam, AdamW])
def test_optimizers_keep_float32_and_move_in_place(make):
    theta = np.ones(3, np.float32)
    view = theta[:]
    optimizer = make(0.1)
    for _ in range(3):
        optimizer.step(theta, np.ones(3, np.float32))
    assert theta.dtype == np.float32
    assert np.all(view < 1)
    assert all(moment.dtype == np.float32 for moment in optimizer.state.values())


def textbook_adam(theta, grads, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Adam as in the paper, line by line."""
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for t, g in enumerate(grads, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        theta = theta - lr * m_hat / (np.sqrt(v_hat) + epsilon)
    return theta


@pytest.mark.parametrize("size", [1, BLOCK - 1, BLOCK, 2 * BLOCK + 3])
def test_fast_adam_is_the_textbook_s(size):
    rng = np.random.default_rng(0)
    start, grads = rng.normal(size=size), rng.normal(size=(4, size))
    theta, optimizer = start.copy(), Adam(lr=0.01, epsilon=1e-3)
    for grad in grads:
        optimizer.step(theta, grad)
    expected = textbook_adam(start, grads, lr=0.01, epsilon=1e-3)
    assert np.allclose(theta, expected, rtol=1e-12, atol=0)


def test_adamw_spares_biases():
    theta = np.array([2.0, 2.0])
    # With a gradient of zero, only the decay changes theta: 2 - 0.1 * 0.5 * 2.
    AdamW(0.1, decay=0.5, weights=np.array([True, False])).step(theta, np.zeros(2))
    assert np.allclose(theta, [1.9, 2.0])


def denormal(a):
    """Which entries are denormal numbers."""
    return (a != 0) & (np.abs(a) < np.finfo(a.dtype).tiny)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "make",
    [
        lambda: Momentum(0.1),
        lambda: Nesterov(0.1),
        lambda: RMSProp(0.01, beta=0.9),
        lambda: Adam(0.01, beta2=0.9),
        lambda: AdamW(0.01, beta2=0.9),
    ],
)
def test_no_moment_becomes_denormal(make, dtype):
    # By hand: 0.001 times 0.9^n is below 1e-38 from n = 766 on, and below 1e-308 from n = 6,600 on.
    theta, grad = np.ones(5, dtype), np.full(5, 0.001, dtype)
    optimizer = make()
    optimizer.step(theta, grad)
    for _ in range(1_200 if dtype == np.float32 else 7_200):
        optimizer.step(theta, np.zeros_like(grad))
        for moment in optimizer.state.values():
            assert not denormal(moment).any(), optimizer.t
    assert not any(moment.any() for moment in optimizer.state.values())


@pytest.mark.parametrize(
    "make", [lambda: Momentum(0.05), lambda: Adam(0.001), lambda: AdamW(0.001)]
)
def test_flushing_leaves_the_weights_as_they_are(make, monkeypatch):
    X, y, _, _ = load_mnist()
    found = []
    for every in (optimizers.FLUSH_EVERY, 10**9):
        monkeypatch.setattr(optimizers, "FLUSH_EVERY", every)
        rng = np.random.default_rng(0)
        network, optimizer = MLP((784, 16, 10), rng), make()
        options = {"epochs": 20, "batch_size": 16, "rng": rng, "progress": False}
        fit(network, optimizer, X[:1_600], y[:1_600], **options)
        tiny = sum(int(denormal(moment).sum()) for moment in optimizer.state.values())
        found.append((network.theta.copy(), tiny))
    (flushed, none), (plain, some) = found
    assert none == 0
    assert some > 100, "there was nothing to flush"
    assert np.array_equal(flushed, plain)


def test_weights_that_decay_do_not_become_denormal():
    # A step takes a tenth of each weight.
    theta, optimizer = np.ones(5, np.float32), SGD(0.1)
    for _ in range(1_200):
        optimizer.step(theta, theta.copy())
        assert not denormal(theta).any(), optimizer.t
    assert not theta.any()


def test_a_sure_network_has_no_denormal_probabilities():
    Z = np.array([[0, -20, -40, -90, -200]], np.float32)
    _, dZ = softmax_cross_entropy(Z, np.array([0]))
    assert np.allclose(dZ[0, 1], np.exp(-20), rtol=1e-5), "above the square of the epsilon"
    assert (dZ[0, 2:] == 0).all()
    _, dZ = softmax_cross_entropy(Z.astype(np.float64), np.array([0]))
    assert np.allclose(dZ[0, 2], np.exp(-40)), "float64 holds more digits"
    assert (dZ[0, 3:] == 0).all()

"""Exercises of the chapter on training."""

from typing import Any

import numpy as np

import nn_core as nn
from nn_core.lab.exercises.chapter_00 import some_digits
from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.expect import Wrong, expect, expect_network, expect_reached, run
from nn_core.lab.exercises.explain import close, describe, is_number


@exercise("training-hand")
def check_hand(one_step: Any, two_steps: Any, too_large: Any) -> None:
    """Compare, and name the slip."""
    answers = {"one_step": one_step, "two_steps": two_steps, "too_large": too_large}
    for name, value in answers.items():
        if not is_number(value):
            raise Wrong(f"`{name}` is a number; you handed in {describe(value)}.")
    if np.isclose(one_step, -0.6):
        raise Wrong("`one_step` went *up* the slope. You step against it.")
    if np.isclose(one_step, 6):
        raise Wrong("`one_step` went the whole slope. Times the learning rate, which is 0.1.")
    if np.isclose(one_step, 0.3):
        raise Wrong("`one_step` went half as far as it should. The slope of a square has a 2.")
    if np.isclose(one_step, 2.4):
        raise Wrong("2.4 is how far you still have to go. Where are you?")
    if not np.isclose(one_step, 0.6):
        raise Wrong("`one_step` is not right yet. What is the slope of $(w - 3)^2$ at $w = 0$?")
    if np.isclose(two_steps, 1.2):
        raise Wrong(
            "For `two_steps` you took the slope at the start twice. Take it where you stand after "
            "the first step."
        )
    if not np.isclose(two_steps, 1.08):
        raise Wrong("`two_steps` is not right yet. Take the slope at 0.6, and step from there.")
    if np.isclose(too_large, 2):
        raise Wrong(
            "2 would be the limit for a curvature of 1. What is the slope of the slope of "
            "$(w - 3)^2$?"
        )
    if np.isclose(too_large, 0.5):
        raise Wrong("With 0.5 you land on 3 in one step. That is the best rate, not the limit.")
    if not np.isclose(too_large, 1):
        raise Wrong("`too_large` is not right yet. When does $|1 - \\eta c|$ reach 1?")


@exercise("training-pieces")
def check_pieces(gradient_in_pieces: Any) -> None:
    """Compare with the whole batch; look for a mean of means, and for pieces too large."""
    rng = np.random.default_rng(0)
    for N, size in ((6, 3), (8, 3), (5, 8)):
        what = f"{N} pictures in pieces of {size}"
        network = Watched((5, 4, 3), rng, dtype=np.float64)
        X, y = rng.normal(size=(N, 5)), rng.integers(0, 3, N)
        network.loss_and_grad(X, y)
        whole = network.grad.copy()
        means = []
        for start in range(0, N, size):
            network.loss_and_grad(X[start : start + size], y[start : start + size])
            means.append(network.grad.copy())
        Watched.largest = 0
        found = run(gradient_in_pieces, network, X, y, size)
        if Watched.largest > size:
            raise Wrong(
                f"You sent {Watched.largest} pictures through the network at once, where at most "
                f"{size} are allowed."
            )
        if not isinstance(found, np.ndarray) or found.shape != whole.shape:
            raise Wrong(
                f"The gradient is one array with the shape of `network.grad`, {whole.shape}. You "
                f"returned {describe(found)}."
            )
        if close(found, whole) and found.dtype.kind == "f":
            continue
        if N % size and len(means) > 1 and close(found, np.mean(means, axis=0)):
            raise Wrong(
                f"Right where all pieces are equally large. But for {what} it is the mean of the "
                "pieces' means, and the short piece counts as much as the others."
            )
        if len(means) > 1 and close(found, np.sum(means, axis=0)):
            raise Wrong("You added up the *means* of the pieces. Nothing divides by their number.")
        count = N - size * (len(means) - 1)  # pictures in the last piece
        only_last = (1, count, 1 / len(means), count / N, len(means), size, size / N, 2 / N)
        if len(means) > 1 and any(close(found, factor * means[-1]) for factor in only_last):
            raise Wrong(
                "Only the last piece counts. `network.grad` is one array, which every call "
                "overwrites: copy it, or add it to an array of your own at once."
            )
        if close(found, np.sum(means, axis=0) / N):
            raise Wrong(
                "You added up the *means* of the pieces and divided by the number of pictures. "
                "Times the number of its pictures, a piece's mean becomes a sum."
            )
        if close(found, size * np.sum(means, axis=0) / N):
            raise Wrong(
                f"Right where all pieces are equally large. But for {what} the short piece counts "
                f"as if it had {size} pictures."
            )
        if N % size and len(means) > 1 and close(found * N, size * np.sum(means[:-1], axis=0)):
            raise Wrong(f"For {what} the last, shorter piece is missing.")
        if close(found, N * whole):
            raise Wrong("That is the sum over all pictures. The loss is their mean.")
        expect(found, whole, "the gradient", N=N)


class Watched(nn.MLP):
    """A network that notes the largest batch it was given."""

    largest = 0

    def loss_and_grad(self, X: np.ndarray, y: np.ndarray, **options: Any) -> float:
        """Note the size of the batch, then as always."""
        Watched.largest = max(Watched.largest, len(X))
        return super().loss_and_grad(X, y, **options)


@exercise("training-bugs")
def check_bugs(descend: Any) -> None:
    """Run it beside the right one, and beside each of its mistakes."""
    data = np.random.default_rng(0)
    X, y = data.normal(size=(20, 5)), data.integers(0, 3, 20)
    lr, size = 0.1, 8

    def network() -> nn.MLP:
        return nn.MLP((5, 4, 3), np.random.default_rng(1), dtype=np.float64)

    def after(epochs: int, sign: float = -1, fresh: bool = True, same: bool = False) -> np.ndarray:
        net, rng = network(), np.random.default_rng(2)
        for epoch in range(epochs):
            if epoch > 0 and not fresh:
                break
            order = np.random.default_rng(2) if same else rng
            for X_batch, y_batch in nn.minibatches(X, y, size, order):
                net.loss_and_grad(X_batch, y_batch)
                net.theta += sign * lr * net.grad
        return net.theta

    def at_start() -> np.ndarray:
        net, rng = network(), np.random.default_rng(2)
        total = np.zeros_like(net.grad)
        for _ in range(3):
            for X_batch, y_batch in nn.minibatches(X, y, size, rng):
                net.loss_and_grad(X_batch, y_batch)
                total += net.grad
        return net.theta - lr * total

    begun = network()
    net = run(descend, begun, X, y, lr, 3, size, np.random.default_rng(2), may_change=(0,))
    if not isinstance(net, nn.MLP):
        raise Wrong(f"The function gives back the network. Yours returned {describe(net)}.")
    if np.allclose(net.theta, after(3)):
        return
    if np.array_equal(net.theta, begun.theta):
        raise Wrong(
            "The network's parameters did not change at all. `theta = theta - ...` makes a new "
            "array; `theta -= ...` changes the one that the network has."
        )
    if np.allclose(net.theta, after(3, sign=1)):
        raise Wrong("It walks *up* the slope: the loss grows. Mind the sign.")
    for sign in (-1, 1):
        if np.allclose(net.theta, after(3, sign, fresh=False)):
            raise Wrong(
                "It makes one epoch, however many you ask for. `minibatches` can be walked once; "
                "after that it is used up."
            )
    if np.allclose(net.theta, at_start()):
        raise Wrong(
            "Every gradient was taken at the start, and all steps were made at the end. The "
            "network has to hear of each step before the next gradient."
        )
    if np.allclose(net.theta, after(3, same=True)):
        raise Wrong("Every epoch has the same order. Draw it anew, from the `rng` handed in.")
    raise Wrong(
        "The parameters move, but not as they should. Each step is `lr` times `network.grad`, "
        "against the gradient, and the batches come from `minibatches(X, y, batch_size, rng)`."
    )


LINEAR = 0.89  # what a decent rate reaches in a few epochs, and a bad one does not


@exercise("training-linear")
def check_linear(linear: Any, reached: Any, X_dev: Any, y_dev: Any) -> str:
    """Look at its sizes, its training and the share."""
    network = expect_network(linear, (784, 10))
    X, y = some_digits()
    share = nn.accuracy(y, network.predict(X))
    if share < LINEAR:
        raise Wrong(
            f"The sizes are right. But it reads only {share:.0%} of the training pictures. Was it "
            "trained, on all of `X_train`, for some epochs, and with a rate that suits it?"
        )
    expect_reached(reached, network, X_dev, y_dev)
    return f"{network.theta.size:,} parameters, and it reads about {share:.0%} of the pictures."

"""Exercises of the chapter on training."""

import copy
from typing import Any

import numpy as np

import nn_core as nn
from nn_core.lab.exercises.exercise import exercise, exercise_in_numbers
from nn_core.lab.exercises.expect import Wrong, expect_function, run
from nn_core.lab.exercises.explain import describe
from nn_core.lab.exercises.networks import (
    expect_network,
    expect_reached,
    network_and_batch,
    some_digits,
)

exercise_in_numbers(
    "training-hand",
    one_step={"right": 0.6, "uphill": -0.6, "no rate": 6, "half": 0.3, "distance": 2.4},
    two_steps={"right": 1.08, "one slope": 1.2, "distance": 1.92},
    too_large={"right": 1, "curvature 1": 2, "best": 0.5},
)


@exercise("training-pieces")
def check_pieces(gradient_in_pieces: Any) -> None:
    """Compare with the whole batch; look for a mean of means, and for pieces too large."""
    rng = np.random.default_rng(0)

    def gradient(network: nn.MLP, X: np.ndarray, y: np.ndarray, size: int) -> Any:
        Watched.largest = 0
        found = run(gradient_in_pieces, network, X, y, size)
        if Watched.largest > size:
            raise Wrong(
                f"You sent {Watched.largest} pictures through the network at once, where at most "
                f"{size} are allowed."
            )
        return found

    def means(network: nn.MLP, X: np.ndarray, y: np.ndarray, size: int) -> list[np.ndarray]:
        found = []
        for start in range(0, len(X), size):
            network.loss_and_grad(X[start : start + size], y[start : start + size])
            found.append(network.grad.copy())
        return found

    def full_pieces(network: nn.MLP, X: np.ndarray, y: np.ndarray, size: int) -> Any:
        whole = len(X) // size * size  # a sum without a piece may be anything
        return sum(means(network, X[:whole], y[:whole], size)) * size / len(X) if whole else ...

    expect_function(
        gradient,
        lambda network, X, y, size: means(network, X, y, len(X))[0],
        cases=[
            (*network_and_batch(rng, N, 5, 4, 3, kind=Watched), size)
            for N, size in ((6, 3), (8, 3), (5, 8))
        ],
        mistakes={
            "mean of means": lambda *given: np.mean(means(*given), axis=0),
            "sum of means": lambda *given: sum(means(*given)),
            "last piece": lambda *given: means(*given)[-1],
            "own array": lambda *given: 2 * means(*given)[-1] / len(given[1]),
            "means by N": lambda *given: sum(means(*given)) / len(given[1]),
            "as if full": lambda *given: given[3] * sum(means(*given)) / len(given[1]),
            "full pieces": full_pieces,
        },
        name="the gradient",
        N=lambda network, X, y, size: len(X),
    )


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

    def theta_of(found: Any) -> np.ndarray:
        if not isinstance(found, nn.MLP):
            raise Wrong(f"The function gives back the network. Yours returned {describe(found)}.")
        return found.theta

    rng = np.random.default_rng(20)
    expect_function(
        descend,
        descended,
        cases=[
            (*network_and_batch(rng, 20, 5, 4, 3), 0.1, 3, 8, rng),
            (*network_and_batch(rng, 15, 4, 6, 3), 0.2, 4, 5, rng),
        ],
        mistakes={
            "copy": lambda network, *_: network.theta,
            "uphill": lambda *given: descended(*given, sign=1),
            "one epoch": lambda *given: descended(*given, once=True),
            "one epoch, uphill": lambda *given: descended(*given, once=True, sign=1),
            "at the start": lambda *given: descended(*given, moves=False),
            "same order": lambda *given: descended(*given, same_order=True),
        },
        name="`network.theta`",
        read=theta_of,
        may_change=(0,),
    )


def descended(
    network: nn.MLP,
    X: np.ndarray,
    y: np.ndarray,
    lr: float,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    *,
    sign: int = -1,
    once: bool = False,
    moves: bool = True,
    same_order: bool = False,
) -> np.ndarray:
    """Where gradient descent leads; the options are the mistakes one can make."""
    theta = network.theta.copy()
    for _ in range(1 if once else epochs):
        order = copy.deepcopy(rng) if same_order else rng
        for batch in nn.minibatches(X, y, batch_size, order):
            network.loss_and_grad(*batch)
            theta += sign * lr * network.grad
            if moves:
                network.theta = theta
    return theta


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

"""Networks by name: five published networks and the networks of the course.

A recipe contains everything that decides the result of a training run. Both
`train(RECIPES["course"])` and `python -m nn_core train course` train the network of a recipe.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nn_core.checks.examples import pair
from nn_core.checks.settings import check_number
from nn_core.data import DataError, load_mnist, train_dev_split
from nn_core.initializers import glorot_uniform, small_normal, uniform
from nn_core.network import MLP
from nn_core.optimizers import SGD, Adam
from nn_core.regularization import Augmentation, Dropout, L2Penalty, LabelSmoothing
from nn_core.schedules import cosine_decay, inverse_time_decay
from nn_core.tools.augmentation import distort
from nn_core.tools.slant import UprightMLP
from nn_core.tools.tables import read_csv
from nn_core.training import Callback, LearningRateSchedule, fit

if TYPE_CHECKING:
    import pandas as pd

MIN_EXAMPLES = 6  # a sixth of the examples becomes the dev set, which needs at least one example
Digits = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Recipe:
    """How to make and train one network.

    Attributes
    ----------
    name
        The name in `RECIPES` and on the command line.
    summary
        A description in one sentence.
    stated
        The result that the write-up states.
    choices
        The settings that the write-up does not state, and the values chosen here.
    sizes
        The number of units of each layer, inputs first.
    optimizer
        A function that makes the optimizer.
    epochs
        The number of passes over the training examples.
    batch_size
        Examples per step. None means full batch: each epoch is one step.
    network
        Options of `network_class`: activation, output, loss, initializer.
    network_class
        The class of the network.
    callbacks
        A function of the total number of steps that makes the callbacks of `fit`.
    seed
        The seed of the dev split, the initial weights and the order of the examples.
    """

    name: str
    summary: str
    stated: str
    choices: str
    sizes: tuple[int, ...]
    optimizer: Callable[[], SGD]
    epochs: int
    batch_size: int | None
    network: Mapping[str, Any] = field(default_factory=dict)
    network_class: type[MLP] = MLP
    callbacks: Callable[[int], list[Callback]] = lambda steps: []
    seed: int = 0


def load_digits(data: str | Path | None = None) -> Digits:
    """Load training and test digits.

    Parameters
    ----------
    data
        None for the MNIST files of this package, or a folder with four IDX files (see
        `load_mnist`), or a CSV file with labels (see `read_csv`). A random seventh of the rows of a
        CSV file becomes the test set, since the rows may be sorted by label. The split is the same
        each time.

    Returns
    -------
    X_train, y_train, X_test, y_test
        As from `load_mnist`.

    Raises
    ------
    FileNotFoundError
        The file or folder does not exist.
    DataError
        A file is damaged, has another format, has no labels, or has too few images to split.
    """
    if data is None or Path(data).is_dir():
        digits = load_mnist(data)
        if len(digits[0]) < MIN_EXAMPLES:
            raise DataError(
                f"{data}: expected at least {MIN_EXAMPLES} images to train on, "
                f"found {len(digits[0])}"
            )
        return digits
    X, y = read_csv(data)
    if y is None:
        raise DataError(f"{data}: expected a column of labels beside the pixels, found none")
    if len(X) <= MIN_EXAMPLES:
        raise DataError(f"{data}: expected at least 7 rows, to train and to test, found {len(X)}")
    return train_dev_split(X, y, len(X) // 7, np.random.default_rng(0))


def train(
    recipe: Recipe,
    digits: tuple[np.ndarray, np.ndarray] | None = None,
    *,
    epochs: int | None = None,
    seed: int | None = None,
    dev: tuple[np.ndarray, np.ndarray] | None = None,
    hold_out: bool = True,
    callbacks: Sequence[Callback] = (),
    progress: bool = True,
) -> tuple[MLP, "pd.DataFrame"]:
    """Make the network of a recipe and train it.

    If `dev` is not given, a random sixth of the examples becomes the dev set: 10,000 of the 60,000
    training examples of MNIST. The test set is not used.

    Parameters
    ----------
    recipe
        One of `RECIPES`, or your own.
    digits
        `(X, y)`, training and dev examples together. The default is the training set of MNIST.
    epochs, seed
        Replace the values of the recipe.
    dev
        `(X_dev, y_dev)`, evaluated after each epoch.
    hold_out
        Whether to make a dev set if `dev` is not given. False trains on all examples and evaluates
        nothing after an epoch: for the final training, after all settings are chosen.
    callbacks
        More callbacks, after the callbacks of the recipe: for example a `Checkpoint`.
    progress
        Whether to show a progress bar.

    Returns
    -------
    network, history
        The trained network, and what `fit` returned.

    Raises
    ------
    TypeError, ValueError
        Fewer than six examples to split, a wrong value of `epochs` or `seed`, or as in `fit`.
    DivergenceError, DataError
        As in `fit`.
    """
    epochs = recipe.epochs if epochs is None else epochs
    seed = recipe.seed if seed is None else seed
    check_number("epochs", epochs, at_least=1, whole=True)
    check_number("seed", seed, at_least=0, whole=True)
    X, y = load_mnist()[:2] if digits is None else pair(digits, "digits")
    rng = np.random.default_rng(seed)
    if dev is None and hold_out:
        if len(X) < MIN_EXAMPLES:
            raise DataError(f"expected at least {MIN_EXAMPLES} examples, found {len(X)}")
        X, y, X_dev, y_dev = train_dev_split(X, y, len(X) // 6, rng)
        dev = X_dev, y_dev
    network = recipe.network_class(recipe.sizes, rng, **recipe.network)
    steps = epochs * (1 if recipe.batch_size is None else -(-len(X) // recipe.batch_size))
    history = fit(
        network,
        recipe.optimizer(),
        X,
        y,
        epochs=epochs,
        batch_size=recipe.batch_size,
        rng=rng,
        dev=dev,
        callbacks=[*recipe.callbacks(steps), *callbacks],
        progress=progress,
    )
    return network, history


ALL_RECIPES = [
    Recipe(
        name="course",
        summary="The course's own: two ReLU layers, Adam, distorted digits, smoothing, cosine rate",
        stated="the course's own",
        choices="Distortions (in place of dropout), sizes and epochs were chosen on the dev set.",
        sizes=(784, 512, 256, 10),
        optimizer=lambda: Adam(1e-3),
        epochs=20,
        batch_size=128,
        callbacks=lambda steps: [
            LearningRateSchedule(cosine_decay(1e-3, steps=steps)),
            Augmentation(distort),
            LabelSmoothing(0.1),
        ],
    ),
    Recipe(
        name="summit",
        summary="The best here: three ReLU layers, digits made upright, ever milder distortions",
        stated="the course's own",
        choices=(
            "Upright digits and the strengths of the distortion were chosen on 10,000 pictures "
            "that lie together in the file, sizes and epochs by the time they take."
        ),
        sizes=(784, 1500, 1000, 500, 10),
        optimizer=lambda: Adam(1.5e-3),
        epochs=40,
        batch_size=256,
        network_class=UprightMLP,
        callbacks=lambda steps: [
            LearningRateSchedule(cosine_decay(1.5e-3, steps=steps)),
            Augmentation(distort, cosine_decay(1.5, steps=steps, final=0.5)),
        ],
    ),
    Recipe(
        name="relu-512-256-gd",
        summary="Two wide ReLU layers, plain full-batch gradient descent from small weights",
        stated="a test accuracy, no number",
        choices="Open: scale of the first weights (0.01) and learning rate (0.1).",
        sizes=(784, 512, 256, 10),
        optimizer=lambda: SGD(0.1),
        epochs=1000,
        batch_size=None,
        network={"initializer": small_normal},
    ),
    Recipe(
        name="sigmoid-128-mse",
        summary="One sigmoid layer, sigmoid outputs, squared error, gradient summed over the batch",
        stated="a final accuracy, no number",
        choices="Open: Glorot's uniform or normal weights (uniform).",
        sizes=(784, 128, 10),
        # The write-up sums the gradient of 1/2 sum over k of (A - Y)^2 over the batch, so its
        # step is 0.01 (A - Y). `mean_squared_error` is a mean over N examples and K classes with
        # the gradient 2/(N K) (A - Y). The steps are equal for a rate of 0.01 N K / 2, with N = 128
        # and K = 10. Only the last batch of an epoch differs: it is smaller, so the sum is smaller
        # too, but the mean is not.
        optimizer=lambda: SGD(0.01 * 128 * 10 / 2),
        epochs=15,
        batch_size=128,
        network={
            "activation": "sigmoid",
            "output": "sigmoid",
            "loss": "mean_squared_error",
            "initializer": glorot_uniform,
        },
    ),
    Recipe(
        name="relu-10-gd",
        summary="One ReLU layer of ten units, full-batch gradient descent with alpha 0.15",
        stated="92.83 %",
        choices="Open: ten hidden units, first weights uniform in ±0.5. Biases start at zero here.",
        sizes=(784, 10, 10),
        optimizer=lambda: SGD(0.15),
        epochs=1500,
        batch_size=None,
        network={"initializer": uniform},
    ),
    Recipe(
        name="relu-h-gd",
        summary="One ReLU layer, gradient descent from small weights",
        stated="90.79 % on the test set",
        choices="Open: 64 hidden units, full batch, 1000 iterations at a rate of 0.1, scale 0.01.",
        sizes=(784, 64, 10),
        optimizer=lambda: SGD(0.1),
        epochs=1000,
        batch_size=None,
        network={"initializer": small_normal},
    ),
    Recipe(
        name="adam-256-128",
        summary="Two ReLU layers, He weights, Adam with a falling rate, L2 and dropout",
        stated="about 97.9 % on the dev set",
        choices=(
            "Open: batches of 128, 10 epochs, L2 of 1e-4, dropout 0.2, and a rate of "
            "1e-3 / (1 + t / 1000) at step t."
        ),
        sizes=(784, 256, 128, 10),
        optimizer=lambda: Adam(1e-3),
        epochs=10,
        batch_size=128,
        callbacks=lambda steps: [
            LearningRateSchedule(inverse_time_decay(1e-3, rate=1e-3)),
            Dropout(0.2),
            L2Penalty(1e-4),
        ],
    ),
]

RECIPES = {recipe.name: recipe for recipe in ALL_RECIPES}

"""Initializers: functions that give the first weights of a layer.

Each function takes the shape `(fan_in, fan_out)`, the numbers of inputs and outputs of the layer,
and a random generator `rng`. It returns float64 `(fan_in, fan_out)`; a network stores the weights
in its own dtype. A TypeError says that `rng` is not a random generator, and a ValueError that a
scale or a limit is negative or not finite.
"""

import math

import numpy as np

from nn_core.checks.settings import check_number, check_rng


def zeros(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Start every weight at zero: all units of a hidden layer stay equal during training.

    With ReLU or tanh only the biases of the last layer learn. The function exists to show this. It
    does not use `rng`.
    """
    return np.zeros(shape)


def small_normal(
    shape: tuple[int, int], rng: np.random.Generator, *, scale: float = 0.01
) -> np.ndarray:
    """Draw `W[i, j] ~ Normal(0, scale^2)`, with the same scale for every layer."""
    check_rng(rng)
    check_number("scale", scale, at_least=0)
    return rng.normal(0.0, scale, shape)


def uniform(shape: tuple[int, int], rng: np.random.Generator, *, limit: float = 0.5) -> np.ndarray:
    """Draw `W[i, j] ~ Uniform(-limit, limit)`, with the same limit for every layer."""
    check_rng(rng)
    check_number("limit", limit, at_least=0)
    return rng.uniform(-limit, limit, shape)


def glorot_normal(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Keep the size of signal and gradient about constant through layers with tanh.

    `W[i, j] ~ Normal(0, 2 / (fan_in + fan_out))`; the second number is the variance.

    References
    ----------
    Glorot and Bengio (2010), "Understanding the difficulty of training deep feedforward
    neural networks".
    """
    check_rng(rng)
    return rng.normal(0.0, math.sqrt(2 / sum(shape)), shape)


def glorot_uniform(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Draw with the variance of `glorot_normal`: `W[i, j] ~ Uniform(-a, a)`.

    `a = sqrt(6 / (fan_in + fan_out))`, since the variance of Uniform(-a, a) is `a^2 / 3`.

    References
    ----------
    Glorot and Bengio (2010), as for `glorot_normal`.
    """
    check_rng(rng)
    limit = math.sqrt(6 / sum(shape))
    return rng.uniform(-limit, limit, shape)


def he_normal(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Keep the size of the signal about constant through layers with ReLU.

    `W[i, j] ~ Normal(0, 2 / fan_in)`; the second number is the variance.

    References
    ----------
    He, Zhang, Ren and Sun (2015), "Delving deep into rectifiers".
    """
    check_rng(rng)
    return rng.normal(0.0, math.sqrt(2 / shape[0]), shape)


def he_uniform(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Draw with the variance of `he_normal`: `W[i, j] ~ Uniform(-a, a)`, `a = sqrt(6 / fan_in)`.

    References
    ----------
    He, Zhang, Ren and Sun (2015), as for `he_normal`.
    """
    check_rng(rng)
    limit = math.sqrt(6 / shape[0])
    return rng.uniform(-limit, limit, shape)

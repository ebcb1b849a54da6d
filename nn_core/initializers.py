"""The weights a network starts from. Each takes `(fan_in, fan_out)` and an `rng`.

`fan_in` and `fan_out` are the inputs and outputs of the layer. All give float64
`(fan_in, fan_out)`; a network stores them in its own dtype. Where `rng` is no random generator they
raise a TypeError, and where a scale or a limit is negative or not finite a ValueError.
"""

import math

import numpy as np

from nn_core.checks.settings import check_number, check_rng


def zeros(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Start every weight at zero: the units of a hidden layer stay alike, however long it trains.

    With ReLU or tanh no more than the biases of the last layer learn. Kept to show that; `rng` is
    not used.
    """
    return np.zeros(shape)


def small_normal(
    shape: tuple[int, int], rng: np.random.Generator, *, scale: float = 0.01
) -> np.ndarray:
    """Draw `W[i, j] ~ Normal(0, scale^2)`, the same scale for every layer."""
    check_rng(rng)
    check_number("scale", scale, at_least=0)
    return rng.normal(0.0, scale, shape)


def uniform(shape: tuple[int, int], rng: np.random.Generator, *, limit: float = 0.5) -> np.ndarray:
    """Draw `W[i, j] ~ Uniform(-limit, limit)`, the same limit for every layer."""
    check_rng(rng)
    check_number("limit", limit, at_least=0)
    return rng.uniform(-limit, limit, shape)


def glorot_normal(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Keep signal and gradient about equally large through layers with tanh.

    `W[i, j] ~ Normal(0, 2 / (fan_in + fan_out))`, where the second number is the variance.

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
    """Keep the size of the signal steady through layers with ReLU.

    `W[i, j] ~ Normal(0, 2 / fan_in)`, where the second number is the variance.

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

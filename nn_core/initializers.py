"""The weights a network starts from."""

import math

import numpy as np


def he_normal(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Draw weights that keep the size of the signal steady through ReLU layers.

    `W[i, j] ~ Normal(0, 2 / fan_in)`, where the second number is the variance.

    Parameters
    ----------
    shape
        `(fan_in, fan_out)`: inputs and outputs of the layer.
    rng
        Where the randomness comes from.

    Returns
    -------
    ndarray of float64 `(fan_in, fan_out)`

    References
    ----------
    He, Zhang, Ren and Sun (2015), "Delving deep into rectifiers".
    """
    fan_in, _ = shape
    return rng.normal(0.0, math.sqrt(2 / fan_in), shape)

"""The labelled formulas of the page on batch normalization agree with differences and its code."""

import numpy as np
import pytest
from test_notebooks import NOTEBOOKS, cells

from nn_core import numerical_gradient, relative_error

(PAGE,) = (path for path in NOTEBOOKS if path.stem == "batch_norm")
CODE = {}
for source in cells(PAGE, "code"):
    if source.startswith(("import numpy", "def normalize_backward")):
        exec(source, CODE)
normalize, normalize_backward = CODE["normalize"], CODE["normalize_backward"]

rng = np.random.default_rng(0)
N, UNITS, EPSILON = 6, 4, 1e-8
Z = rng.normal(2, 3, size=(N, UNITS))
GAMMA, B = rng.normal(size=(2, UNITS))


def written(Z, gamma=GAMMA, b=B):
    """Compute the formula in loops: Z hat and Z'."""
    hat = np.empty_like(Z)
    for j in range(UNITS):
        mean = sum(Z[n, j] for n in range(N)) / N
        sigma = np.sqrt(sum((Z[n, j] - mean) ** 2 for n in range(N)) / N + EPSILON)
        for n in range(N):
            hat[n, j] = (Z[n, j] - mean) / sigma
    return hat, gamma * hat + b


@pytest.mark.formula("eq-batch-norm")
def test_columns_or_rows_get_mean_0_and_spread_1():
    hat, _ = normalize(Z, 0)
    assert relative_error(hat, written(Z)[0]) < 1e-12
    assert np.allclose(hat.mean(axis=0), 0)
    assert np.allclose(hat.std(axis=0), 1)
    assert relative_error(normalize(Z.T, 1)[0], hat.T) < 1e-12
    assert np.allclose(normalize(np.ones((3, 2)), 0)[0], 0)


@pytest.mark.formula("eq-d-gamma")
def test_what_comes_back_to_factor_and_bias():
    back = rng.normal(size=(N, UNITS))
    hat, gamma, b = written(Z)[0], GAMMA.copy(), B.copy()

    def loss():
        return float(np.sum(back * (gamma * hat + b)))

    for array, found in (
        (gamma, np.sum(back * hat, axis=0)),
        (b, back.sum(axis=0)),
        (hat, GAMMA * back),
    ):
        assert relative_error(found, numerical_gradient(loss, array)) < 1e-7


@pytest.mark.formula("eq-batch-norm-slopes")
def test_slopes_of_mean_and_spread():
    z = Z[:, 0].copy()
    hat = (z - z.mean()) / z.std()
    for measure, slope in ((np.mean, np.full(N, 1 / N)), (np.std, hat / N)):
        found = numerical_gradient(lambda measure=measure: float(measure(z)), z)
        assert relative_error(slope, found) < 1e-7


@pytest.mark.formula("eq-d-batch-norm")
def test_back_through_the_whole():
    back, Z_free = rng.normal(size=(N, UNITS)), Z.copy()
    hat, sigma = normalize(Z, 0)
    found = normalize_backward(back, hat, sigma, 0)
    oracle = numerical_gradient(lambda: float(np.sum(back * written(Z_free)[0])), Z_free)
    assert relative_error(found, oracle) < 1e-7
    # What the formula takes out.
    assert np.allclose(found.sum(axis=0), 0)
    assert np.allclose(np.sum(found * hat, axis=0), 0, atol=1e-6)
    assert relative_error(normalize_backward(back + 5, hat, sigma, 0), found) < 1e-10


@pytest.mark.formula("eq-size-free")
def test_the_size_of_the_weights_plays_no_role():
    X, W = rng.normal(size=(N, 3)), rng.normal(size=(3, UNITS))
    for c in (0.1, 10):
        hat, sigma = normalize(X @ (c * W), 0)
        assert np.allclose(hat, normalize(X @ W, 0)[0], atol=1e-6)
        assert np.allclose(sigma, c * normalize(X @ W, 0)[1], rtol=1e-6)

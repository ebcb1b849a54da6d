"""The labelled formulas of chapter 12 agree with nn_core."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from test_notebooks import DERIVED

from nn_core import ExponentialMovingAverage, softmax, softmax_cross_entropy
from nn_core.tools import distort
from nn_core.tools.augmentation import affine_field, elastic_field, sample_bilinear, warp
from nn_core.tools.slant import deslant, slant_of

SIDE = 28
PLACES = np.indices((SIDE, SIDE)).reshape(2, -1) - (SIDE - 1) / 2


def written_matrix(angle, tall, wide, slant):
    rotation = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    return np.array(rotation) @ [[1 / tall, 0], [slant, 1 / wide]]


def drawn(rng, n, degrees, scale, shear, pixels):
    """Draw the random numbers of `affine_field`, in its order."""
    limits = np.array([math.radians(degrees), scale, scale, shear, pixels, pixels])
    return limits[:, None] * rng.uniform(-1, 1, (6, n))


@pytest.mark.formula("eq-affine", "eq-affine-field")
def test_affine_field():
    strengths = {"degrees": 40, "scale": 0.3, "shear": 0.4, "pixels": 3}
    field = affine_field(30, SIDE, np.random.default_rng(12), **strengths)
    numbers = drawn(np.random.default_rng(12), 30, **strengths).T
    for k, (angle, tall, wide, slant, *t) in enumerate(numbers):
        M = written_matrix(angle, 1 + tall, 1 + wide, slant)
        written = M @ PLACES + np.reshape(t, (2, 1)) - PLACES
        assert np.allclose(field[:, k], written, atol=1e-4)


@pytest.mark.formula("eq-affine-inverse", "eq-read-backward")
def test_ink_goes_where_it_is_fetched_from():
    # A smooth blot is at v. Its new centre of mass must be M^-1 (v - t).
    M, t, v = written_matrix(0.5, 1.2, 0.9, 0.2), np.array([1.5, -2.0]), np.array([3.0, -4.0])
    blot = np.exp(-((PLACES - v[:, None]) ** 2).sum(axis=0) / 8).astype(np.float32)
    field = (M @ PLACES + t[:, None] - PLACES)[:, None].astype(np.float32)
    new = warp(blot[None], field)[0]
    centre = PLACES @ new / new.sum()
    assert centre == pytest.approx(np.linalg.inv(M) @ (v - t), abs=0.05)
    # Each pixel has the value of its place in the old image.
    written = np.exp(-(((M @ PLACES + t[:, None]) - v[:, None]) ** 2).sum(axis=0) / 8)
    inside = np.abs(M @ PLACES + t[:, None]).max(axis=0) < 13
    assert np.allclose(new[inside], written[inside], atol=0.07)


@pytest.mark.formula("eq-bilinear")
def test_between_pixels():
    rng = np.random.default_rng(12)
    image = rng.random((6, 7)).astype(np.float32)
    rows, columns = rng.uniform(0, 4.99, 200), rng.uniform(0, 5.99, 200)
    places = (x[None].astype(np.float32) for x in (rows, columns))
    found = sample_bilinear(image[None], *places)[0]
    for value, row, column in zip(found, rows, columns, strict=True):
        r, c = int(row), int(column)
        a, b = row - r, column - c
        written = (
            (1 - a) * (1 - b) * image[r, c]
            + (1 - a) * b * image[r, c + 1]
            + a * (1 - b) * image[r + 1, c]
            + a * b * image[r + 1, c + 1]
        )
        assert value == pytest.approx(written, abs=1e-5)


def written_hills(sigma):
    """Compute the profiles as the chapter does."""
    reach = 2 * sigma
    count = math.ceil((SIDE - 1 + 2 * reach) / (1.5 * sigma)) + 1
    tops = np.linspace(-reach, SIDE - 1 + reach, count)
    H = np.exp(-((np.arange(SIDE)[:, None] - tops) ** 2) / (2 * sigma**2))
    return H / np.linalg.norm(H, axis=1, keepdims=True)


@pytest.mark.formula("eq-elastic")
@pytest.mark.parametrize("sigma", [1.5, 5, 9])
def test_elastic_field_is_a_sum_of_hills(sigma):
    H = written_hills(sigma)
    k = H.shape[1]
    E = np.random.default_rng(12).standard_normal((2, 3, k, k), np.float32)
    written = 1.7 * np.einsum("ri,dnij,cj->dnrc", H, E, H).reshape(2, 3, -1)
    field = elastic_field(3, SIDE, np.random.default_rng(12), alpha=1.7, sigma=sigma)
    assert np.allclose(field, written, atol=1e-4)


@pytest.mark.formula("eq-elastic-variance")
def test_strength_of_an_elastic_field():
    alpha, H = 1.7, written_hills(4)
    variance = alpha**2 * np.outer((H**2).sum(axis=1), (H**2).sum(axis=1))
    assert np.allclose(variance, alpha**2)
    field = elastic_field(5000, SIDE, np.random.default_rng(12), alpha=alpha, sigma=4)
    assert np.allclose(field.var(axis=1), alpha**2, rtol=10 * (2 / 5000) ** 0.5)


@pytest.mark.formula("eq-elastic-correlation")
@pytest.mark.parametrize("sigma", [2, 3, 5, 8, 20])
def test_smoothness_of_an_elastic_field(sigma):
    H, rows = written_hills(sigma), np.arange(SIDE)
    written = np.exp(-((rows[:, None] - rows) ** 2) / (4 * sigma**2))
    assert np.abs(H @ H.T - written).max() < 0.05


@pytest.mark.formula("eq-two-alphas")
@pytest.mark.parametrize("sigma", [3, 4, 6])
def test_the_alpha_of_other_programs(sigma):
    written = 34 / (2 * sigma * math.sqrt(3 * math.pi))
    assert written == pytest.approx(34 / math.sqrt(3 * 4 * math.pi * sigma**2), rel=1e-12)
    # Uniform noise has the variance 1/3. The weights of the blur G add up to 1.
    steps = np.arange(-8 * sigma, 8 * sigma + 1)
    G = np.exp(-(steps[:, None] ** 2 + steps**2) / (2 * sigma**2))
    G /= G.sum()
    assert 34 * math.sqrt(np.sum(G**2) / 3) == pytest.approx(written, rel=1e-3)


@pytest.mark.formula("eq-one-warp")
def test_one_reading_for_both():
    X = np.random.default_rng(0).random((4, SIDE * SIDE)).astype(np.float32)
    affine = {"degrees": 12, "scale": 0.1, "shear": 0.2, "pixels": 1.5}
    found = distort(X, np.random.default_rng(12), **affine, alpha=1.3, sigma=4)
    rng = np.random.default_rng(12)
    elastic = elastic_field(4, SIDE, rng, alpha=1.3, sigma=4)
    both = elastic + affine_field(4, SIDE, rng, **affine)
    for n in range(4):
        rows, columns = (np.indices((SIDE, SIDE)).reshape(2, -1) + both[:, n]).astype(np.float32)
        written = sample_bilinear(X[n].reshape(1, SIDE, SIDE), rows[None], columns[None])[0]
        assert np.allclose(found[n], written, atol=1e-5)


@pytest.mark.formula("eq-log-tangent")
def test_minus_log_lies_above_its_tangents():
    p, mean = np.meshgrid(np.linspace(0.001, 1, 300), np.linspace(0.01, 1, 50))
    assert np.all(-np.log(p) >= -np.log(mean) - (p - mean) / mean - 1e-12)


@pytest.mark.formula("eq-committee")
def test_a_committee_loses_at_most_what_its_members_lose_on_average():
    rng = np.random.default_rng(12)
    y = rng.integers(0, 5, 60)
    Z = 3 * rng.normal(size=(4, 60, 5))
    members = [softmax_cross_entropy(z, y)[0] for z in Z]
    right = np.stack([softmax(z) for z in Z])[:, np.arange(60), y]
    assert np.mean(members) == pytest.approx(np.mean(-np.log(right)), rel=1e-9)
    assert np.all(-np.log(right.mean(axis=0)) <= np.mean(-np.log(right), axis=0))
    assert -np.mean(np.log(right.mean(axis=0))) < np.mean(members)
    # A committee of equal members gains nothing.
    same = np.repeat(right[:1], 4, axis=0)
    assert np.allclose(-np.log(same.mean(axis=0)), -np.log(right[0]))


@pytest.mark.formula("eq-average-weights")
def test_average_of_weights():
    beta, steps = 0.8, np.random.default_rng(12).normal(size=(12, 6))
    start, *later = steps
    run = SimpleNamespace(model=SimpleNamespace(theta=start))
    running = ExponentialMovingAverage(beta)
    running.state = {}
    running.before_training(run)
    for run.model.theta in later:
        running.after_step(run)
    t = len(later)
    written = (1 - beta) * sum(beta**k * later[t - 1 - k] for k in range(t)) + beta**t * start
    assert np.allclose(running.state["average"], written, rtol=1e-12)
    assert (1 - beta) * sum(beta**k for k in range(t)) + beta**t == pytest.approx(1)


def test_what_the_chapter_derives():
    derived = {name.partition(".")[0] for chapter, name, _ in DERIVED if chapter == "12_summit"}
    assert derived == {
        "ExponentialMovingAverage",
        "UprightMLP",
        "affine_field",
        "between",
        "deslant",
        "distort",
        "elastic_field",
        "hills",
        "sample_bilinear",
        "slant_and_centre",
        "slant_of",
        "warp",
    }


@pytest.mark.formula("eq-slant", "eq-deslant")
def test_upright():
    rng = np.random.default_rng(12)
    # The strokes lean: each row has its ink near a line.
    rows, columns = np.indices((SIDE, SIDE))
    slants = rng.uniform(-0.6, 0.6, 6)
    X = [np.exp(-((columns - 13.5 - s * (rows - 13.5)) ** 2) / 8) for s in slants]
    X = np.array(X, np.float32).reshape(6, -1)
    X[:, : 5 * SIDE] = X[:, -3 * SIDE :] = 0
    found, upright = slant_of(X), deslant(X)
    for n, image in enumerate(X.reshape(6, SIDE, SIDE)):
        r = rows - (image * rows).sum() / image.sum()
        c = columns - (image * columns).sum() / image.sum()
        written = (image * r * c).sum() / (image * r * r).sum()
        assert found[n] == pytest.approx(written, abs=1e-4)
        # No other line through the centre is closer to the ink.
        lines = written + np.linspace(-0.1, 0.1, 21)
        squares = [(image * (c - s * r) ** 2).sum() for s in lines]
        assert np.argmin(squares) == 10
        places = (rows.ravel(), (columns + written * r).ravel())
        places = [np.asarray(place, np.float32)[None] for place in places]
        assert np.allclose(upright[n], sample_bilinear(image[None], *places)[0], atol=1e-3)
    assert np.abs(slant_of(upright)).max() < 0.01

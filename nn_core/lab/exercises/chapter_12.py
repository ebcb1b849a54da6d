"""Exercises of the chapter on new pictures without end."""

from typing import Any

import numpy as np

from nn_core.lab.exercises.exercise import exercise, exercise_in_numbers
from nn_core.lab.exercises.expect import (
    Mistake,
    Wrong,
    expect_array,
    expect_draws,
    expect_function,
    expect_number,
    expect_numbers,
    run,
)
from nn_core.lab.exercises.explain import as_numbers, close


@exercise("summit-turn")
def check_turn(place: Any, displacement: Any) -> str:
    """Compare two pairs, and say which sign or order is wrong."""
    given = {"place": place, "displacement": displacement}
    expect_numbers(
        # A column or a row is a pair, too.
        {k: pair.ravel() if isinstance(pair, np.ndarray) else pair for k, pair in given.items()},
        right={"place": np.array([-5, 3]), "displacement": np.array([-8, -2])},
        mistakes={
            "place": {
                "other way": (5, -3),
                "order": (3, -5),
                "pixel": (3, 5),
                "minus": (5, 3),
                "displacement": (-8, -2),
            },
            "displacement": {"sign": (8, 2), "order": (-2, -8), "place": (-5, 3)},
        },
    )
    return "What was above comes to the right: clockwise."


@exercise("summit-goes")
def check_goes(in_one: Any, place: Any) -> None:
    """Try general matrices and shifts, and tell what was swapped; then ask for the place."""

    def right(M1: np.ndarray, t1: np.ndarray, M2: np.ndarray, t2: np.ndarray) -> tuple[Any, Any]:
        return M1 @ M2, M1 @ t2 + t1

    rng = np.random.default_rng(12)
    expect_function(
        in_one,
        right,
        cases=[tuple(rng.normal(size=shape) for shape in ((2, 2), 2) * 2) for _ in range(3)],
        mistakes={
            "order": lambda M1, t1, M2, t2: (M2 @ M1, M1 @ t2 + t1),
            "as maps of ink": lambda M1, t1, M2, t2: right(M2, t2, M1, t1),
            "shifts added": lambda M1, t1, M2, t2: (M1 @ M2, t1 + t2),
            "wrong shift": lambda M1, t1, M2, t2: (M1 @ M2, M2 @ t1 + t2),
            "entries": lambda M1, t1, M2, t2: (M1 * M2, ...),
            "inverse": lambda M1, t1, M2, t2: (np.linalg.inv(M1 @ M2), ...),
        },
        name="`M`, `t`",
    )
    expect_number(
        "place",
        place,
        np.array([5, 0]),
        {"shift alone": (0, 5), "other way": (-5, 0), "centre": (0, 0), "left": (0, -5)},
    )


exercise_in_numbers(
    "summit-between",
    value={
        "right": 0.475,
        "shares exchanged": 0.225,
        "mean": 0.35,
        "order": 0.5,
        "upper row": 0.6,
        "nearest": 0.8,
    },
    within=0.002,
    praise="And the four factors add up to 1.",
)


@exercise("summit-vote")
def check_vote(vote: Any) -> None:
    """Try committees and numbers of classes with which ties are frequent."""

    def votes(P: np.ndarray) -> Any:
        return (P.argmax(axis=2)[..., None] == np.arange(P.shape[2])).sum(axis=0)

    def average(P: np.ndarray) -> Any:
        return P.mean(axis=0).argmax(axis=1)

    def among_all(P: np.ndarray) -> Any:
        several = np.sum(votes(P) == votes(P).max(axis=1, keepdims=True), axis=1) > 1
        return np.where(several, average(P), votes(P).argmax(axis=1))

    rng = np.random.default_rng(5)
    expect_function(
        vote,
        lambda P: (votes(P) + P.mean(axis=0) / 2).argmax(axis=1),
        cases=[
            (rng.dirichlet(np.ones(K), (members, N)),)
            for members, N, K in ((3, 50, 4), (4, 300, 6), (5, 5, 5))
        ],
        mistakes={
            "average": average,
            "among all": among_all,
            "first": lambda P: votes(P).argmax(axis=1),
            "last": lambda P: P.shape[2] - 1 - votes(P)[:, ::-1].argmax(axis=1),
        },
        name="what you name",
        read=as_numbers,
    )


@exercise("summit-wave")
def check_wave(wave: Any) -> None:
    """Read the displacement of each row from pictures that are ramps."""
    rng = np.random.default_rng(5)
    ramp = np.arange(28, dtype=np.float32) / 28
    # Each picture is of a brightness of its own, so that none can take another's place.
    strength = np.linspace(0.5, 1, 100, dtype=np.float32)[:, None]
    across = strength * np.tile(ramp, 28)
    down = np.tile(np.repeat(ramp, 28), (20, 1))
    found = expect_array(run(wave, across, rng), across.shape)
    if found.dtype != np.float32:
        raise Wrong(f"The pictures are float32, and yours came out as {found.dtype}.")
    # Far enough from the edge, ink says from where it was fetched.
    ink = found.reshape(-1, 28, 28)[:, :, 6:22].mean(axis=(1, 2))
    if close(np.sort(ink), 13.5 / 28 * strength[:, 0]) and not close(ink, np.sort(ink)):
        raise Mistake("order")
    middle = ((found - across) / strength).reshape(-1, 28, 28)[:, :, 6:22] * 28
    other = (run(wave, down, rng) - down).reshape(-1, 28, 28)[:, 6:22, 6:22]
    if not np.allclose(other, 0, atol=1e-3):
        sideways = not np.allclose(middle[:, 4:24], 0, atol=1e-3)
        raise Mistake("also down" if sideways else "down")
    moved = middle.mean(axis=2)
    if np.allclose(moved, 0, atol=1e-3):
        raise Mistake("nothing")
    if np.abs(middle - moved[..., None]).max() > 1e-2:
        raise Mistake("columns")
    if np.allclose(moved, moved[0], atol=1e-3):
        raise Mistake("same phase")
    # 28 rows are two whole waves: their sine and cosine parts say height and phase.
    turns = 2 * np.pi * np.arange(28) / 14
    sine, cosine = moved @ np.sin(turns) / 14, moved @ np.cos(turns) / 14
    rest = moved - sine[:, None] * np.sin(turns) - cosine[:, None] * np.cos(turns)
    if np.abs(rest).max() > 1e-2:
        raise Mistake("length")
    height = np.hypot(sine, cosine)
    if not np.allclose(height, 2, atol=1e-2):
        raise Wrong(f"The waves are to be 2 pixels high; yours are {height.mean():.2f}.")
    # Kolmogorov's distance from the uniform distribution; chance alone seldom makes it 0.2.
    phase = np.sort(np.arctan2(cosine, sine) / (2 * np.pi) % 1)
    if np.abs(phase - np.linspace(0, 1, len(phase))).max() > 0.2:
        raise Mistake("uniform", f"Your phases go from {phase[0]:.2f} to {phase[-1]:.2f}. ")
    expect_draws(lambda rng: run(wave, across[:20], rng))

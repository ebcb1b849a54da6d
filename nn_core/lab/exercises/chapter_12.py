"""Exercises of the chapter on the way past 99.6 percent."""

from typing import Any

import numpy as np

from nn_core.lab.exercises.exercise import exercise
from nn_core.lab.exercises.expect import Wrong, expect_draws, expect_function, run
from nn_core.lab.exercises.explain import as_numbers, close, describe, is_number


@exercise("summit-turn")
def check_turn(place: Any, displacement: Any) -> str:
    """Compare two pairs, and say which sign or order is wrong."""
    fetched = pair(place, "place")
    way = pair(displacement, "displacement")
    stories = [
        ((5, -3), "The signs are the other way round: that is a turn the other way, $M^{-1} u$."),
        ((3, -5), "The order is down, right. You have them the other way round."),
        ((3, 5), "That is the pixel itself. Where does it *fetch* its ink?"),
        ((5, 3), "Mind the minus in the upper right corner of the matrix."),
        ((-8, -2), "That is the displacement. The place is asked for first."),
    ]
    for value, story in stories:
        if np.allclose(fetched, value):
            raise Wrong(f"`place`: {story}")
    if not np.allclose(fetched, (-5, 3)):
        raise Wrong("`place` is not right yet. Multiply each row of the matrix by $(3, 5)$.")
    if np.allclose(way, (8, 2)):
        raise Wrong("`displacement`: it leads from the pixel to the place, so subtract the pixel.")
    if np.allclose(way, (-2, -8)):
        raise Wrong("`displacement`: the order is down, right.")
    if np.allclose(way, (-5, 3)):
        raise Wrong("`displacement`: that is the place once more. How far is it from the pixel?")
    if not np.allclose(way, (-8, -2)):
        raise Wrong("`displacement` is not right yet: the place minus $(3, 5)$.")
    return "What was above comes to the right: clockwise."


def pair(value: Any, name: str) -> np.ndarray:
    """Give a pair of numbers as an array."""
    numbers = value.ravel() if isinstance(value, np.ndarray) else value
    if not isinstance(numbers, tuple | list | np.ndarray) or len(numbers) != 2:
        raise Wrong(f"`{name}` is a pair of numbers; you handed in {describe(value)}.")
    if not all(is_number(number) for number in numbers):
        raise Wrong(f"`{name}` is a pair of numbers, and one of yours is no number.")
    return np.array([float(number) for number in numbers])


@exercise("summit-goes")
def check_goes(goes_to: Any) -> None:
    """Try a general matrix with a shift, and tell what was swapped."""
    M = np.array([[1.2, -0.5], [0.3, 0.8]])
    t, v = np.array([2.0, -1.0]), np.array([4.0, 7.0])
    back = np.linalg.inv(M)
    found = run(goes_to, M, t, v)
    if isinstance(found, tuple | list) and len(found) == 2 and all(map(is_number, found)):
        found = np.array(found, float)
    stories = [
        (M @ v + t, "That is where the pixel at `v` *fetches* its ink. Solve for $u$."),
        (back @ v - t, "The shift was added last, so it must come off *first*."),
        (back @ v, "You left out the shift."),
        (back @ (v + t), "The shift is to be taken off, not added once more."),
        (v - t, "You left out the matrix."),
        (M.T @ (v - t), "A transpose is no inverse, except for a turn alone."),
        ((v - t) / M.diagonal(), "You divided by the diagonal. Both numbers enter both."),
    ]
    for value, story in stories:
        if isinstance(found, np.ndarray) and found.shape == (2,) and np.allclose(found, value):
            raise Wrong(story)
    rng = np.random.default_rng(12)
    others = [(rng.normal(size=(2, 2)), rng.normal(size=2), rng.normal(size=2)) for _ in range(8)]
    cases = [(M, t, v), (np.eye(2), t, v), (np.array([[1, 0], [0.5, 1]]), 0 * t, v), *others]

    def as_array(M: np.ndarray, t: np.ndarray, v: np.ndarray) -> Any:
        answer = run(goes_to, M, t, v)
        pair = isinstance(answer, tuple | list) and all(map(is_number, answer))
        return np.array(answer, float) if pair else answer

    expect_function(as_array, lambda M, t, v: np.linalg.inv(M) @ (v - t), cases, name="the place")


@exercise("summit-between")
def check_between(value: Any) -> str:
    """Compare, and say which way was taken."""
    if not is_number(value):
        raise Wrong(f"`value` is a number; you handed in {describe(value)}.")
    stories = [
        (0.225, "You gave the *lower* row the large share. Row 4.25 is near row 4."),
        (0.35, "That is the mean of all four. The place is nearer to the upper row."),
        (0.5, "You went a quarter along and half-way down. Row comes first, column second."),
        (0.6, "That is row 4 alone. Go a quarter of the way to row 5."),
        (0.8, "That is the nearest pixel. You want the value between them."),
    ]
    for wrong, story in stories:
        if np.isclose(value, wrong, atol=1e-3):
            raise Wrong(story)
    if not np.isclose(value, 0.475, atol=1e-3):
        raise Wrong("Not right yet. Go along both rows first, then from the upper to the lower.")
    return "And the four factors add up to 1."


@exercise("summit-vote")
def check_vote(vote: Any) -> None:
    """Try a majority against the average, and ties."""
    # Three members, five pictures, four classes.
    P = np.zeros((3, 5, 4))
    P[:, 0] = np.array([[0.4, 0.6, 0, 0], [0.45, 0.55, 0, 0], [1, 0, 0, 0]])  # votes 1, average 0
    P[:, 1] = [[0, 0.9, 0.1, 0], [0, 0, 0.6, 0.4], [0.2, 0.2, 0.1, 0.5]]  # a tie: 1, 2, 3
    P[:, 2] = [0.7, 0.1, 0.1, 0.1]
    P[:, 3] = [[0.1, 0.1, 0.1, 0.7], [0.1, 0.1, 0.1, 0.7], [0.9, 0, 0.1, 0]]
    # A tie between 0, 1 and 2, in which 3, that nobody names, has the largest average.
    P[:, 4] = [[0.52, 0, 0, 0.48], [0, 0.53, 0, 0.47], [0, 0, 0.54, 0.46]]
    right = np.array([1, 1, 0, 3, 2])
    found = run(vote, P)
    if isinstance(found, list):
        found = as_numbers(found)
    if not isinstance(found, np.ndarray) or found.shape != (5,):
        raise Wrong(
            f"For `P` of shape {P.shape}, five digits are asked for, one for each picture. You "
            f"gave {describe(found)}."
        )
    if found[0] == 0:
        raise Wrong(
            "Two members say 1, one says 0 and is very sure. A vote gives 1. Yours is the "
            "average, it seems."
        )
    if found[4] == 3:
        raise Wrong(
            "Three digits have one vote each. Among *these* the average decides; you gave one "
            "that nobody voted for."
        )
    for k in (1, 4):
        if found[k] != right[k]:
            raise Wrong(
                "Where several digits have equally many votes, the larger average probability "
                f"decides: {right[k]} for picture {k}. You gave {found[k]}."
            )
    if not np.array_equal(found, right):
        k = int(np.flatnonzero(found != right)[0])
        raise Wrong(f"For picture {k} most members name {right[k]}. You gave {found[k]}.")
    rng = np.random.default_rng(5)
    P = rng.dirichlet(np.ones(6), (4, 300))
    votes = (P.argmax(axis=2)[..., None] == np.arange(6)).sum(axis=0)

    def as_array(P: np.ndarray) -> Any:
        answer = run(vote, P)
        return as_numbers(answer) if isinstance(answer, list) else answer

    expect_function(
        as_array,
        lambda P: (votes + P.mean(axis=0) / 2).argmax(axis=1),
        [(P,)],
        name="the digits named",
    )


@exercise("summit-wave")
def check_wave(wave: Any) -> None:
    """Read the displacement of each row from pictures that are ramps."""
    rng = np.random.default_rng(5)
    ramp = np.arange(28, dtype=np.float32) / 28
    # Each picture is of a brightness of its own, so that none can take another's place.
    strength = np.linspace(0.5, 1, 40, dtype=np.float32)[:, None]
    across = strength * np.tile(np.tile(ramp, 28), (40, 1))
    down = np.tile(np.repeat(ramp, 28), (40, 1))
    found = run(wave, across, rng)
    if not isinstance(found, np.ndarray) or found.shape != across.shape:
        raise Wrong(
            f"For a batch of shape {across.shape}, an array of that shape is asked for. You gave "
            f"{describe(found)}."
        )
    if found.dtype != np.float32:
        raise Wrong(f"The pictures are float32, and yours came out as {found.dtype}.")
    # Far enough from the edge, ink says from where it was fetched.
    ink = found.reshape(40, 28, 28)[:, :, 6:22].mean(axis=(1, 2))
    if close(np.sort(ink), 13.5 / 28 * strength[:, 0]) and not close(ink, np.sort(ink)):
        raise Wrong("The pictures come back in another order. Each has to stay in its row of `X`.")
    middle = ((found - across) / strength).reshape(40, 28, 28)[:, :, 6:22] * 28
    other = (run(wave, down, np.random.default_rng(5)) - down).reshape(40, 28, 28)[:, 6:22, 6:22]
    sideways = not np.allclose(middle[:, 4:24], 0, atol=1e-3)
    if not sideways and not np.allclose(other, 0, atol=1e-3):
        raise Wrong("You move ink up and down. The *second* part of the field is to the right.")
    if not np.allclose(other, 0, atol=1e-3):
        raise Wrong("Ink is fetched from another row, too. Nothing is to move down.")
    moved = middle.mean(axis=2)
    if np.allclose(moved, 0, atol=1e-3):
        raise Wrong("Nothing moved.")
    if np.abs(middle - moved[..., None]).max() > 1e-2:
        raise Wrong(
            "Within a row all pixels have the same displacement. Yours differ along the row: is "
            "the wave laid along the columns?"
        )
    if np.allclose(moved, moved[0], atol=1e-3):
        raise Wrong("All pictures of the batch got the same phase. Draw one for each.")
    # 28 rows are two whole waves: their sine and cosine parts say height and phase.
    turns = 2 * np.pi * np.arange(28) / 14
    sine, cosine = moved @ np.sin(turns) / 14, moved @ np.cos(turns) / 14
    height = np.hypot(sine, cosine)
    rest = moved - sine[:, None] * np.sin(turns) - cosine[:, None] * np.cos(turns)
    if np.abs(rest).max() > 1e-2:
        raise Wrong("Those are no waves of 14 rows. Is it $2 \\pi (r / 14 + \\text{phase})$?")
    if not np.allclose(height, 2, atol=1e-2):
        raise Wrong(f"The waves are to be 2 pixels high; yours are {height.mean():.2f}.")
    phase = np.arctan2(cosine, sine) / (2 * np.pi) % 1
    if phase.max() - phase.min() < 0.6:
        raise Wrong(
            "The phases are not uniform from 0 to 1: of 40 pictures, they lie between "
            f"{phase.min():.2f} and {phase.max():.2f}."
        )
    expect_draws(lambda rng: run(wave, across, rng))

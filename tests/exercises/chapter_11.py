"""Answers to the exercises on published networks: right ones, and one for each misconception."""

import numpy as np
import pandas as pd


def given() -> dict:
    """What the chapter has defined where its exercises stand."""
    return {
        "np": np,
        "STATED": {"relu-10-gd": 0.9283, "relu-h-gd": 0.9079},
        "MEASURED_ON": {"relu-10-gd": "dev", "relu-h-gd": "test"},
        "of": lambda name, column="dev": pd.Series([0.90, 0.91, 0.905]),
    }


COLUMNS = """
def dense_backward_columns(dZ, A, W):
    return W.T @ dZ, dZ @ A.T, dZ.sum(axis=1, keepdims=True)
"""
DISTANCE = """
def distance_of(figure, reached):
    R = len(reached)
    return (figure - np.mean(reached)) / (np.std(reached, ddof=1) * np.sqrt(1 + 1 / R))
"""

ACCEPTED = {
    "published-work": [
        "steps_taken, times_as_many = 3_840, 150",
        "steps_taken, times_as_many = 3_840.0, 57_600_000 / 384_000",
    ],
    "published-rates": [
        "cross_entropy_rate, squared_error_rate = 0.128, 3",
        "cross_entropy_rate, squared_error_rate = 64 * 0.002, np.float64(3.0)",
    ],
    "published-columns": [
        COLUMNS,
        """
def dense_backward_columns(dZ, A, W):
    dX, dW, db = dZ.T @ W, A @ dZ.T, dZ.T.sum(axis=0)
    return [dX.T, dW.T, db[:, None]]
""",
    ],
    "published-distance": [
        DISTANCE,
        """
def distance_of(figure, reached):
    reached = np.asarray(reached)
    R = reached.size
    variance = ((reached - reached.mean()) ** 2).sum() / (R - 1)
    return (figure - reached.mean()) / (variance * (R + 1) / R) ** 0.5
""",
    ],
}

REJECTED = {
    "published-work": [
        ("steps_taken, times_as_many = 480, 150", "the steps of *one* epoch"),
        ("steps_taken, times_as_many = 8, 150", "the number of epochs"),
        ("steps_taken, times_as_many = 384_000, 150", "the pictures looked at"),
        ("steps_taken, times_as_many = 800, 150", "epochs times batch size"),
        ("steps_taken, times_as_many = 60, 150", "divided by the epochs"),
        ("steps_taken, times_as_many = 100, 150", "Count the batches in one"),
        ("steps_taken, times_as_many = 3_840, 0.3125", "Its steps are dearer"),
        ("steps_taken, times_as_many = 3_840, 3.2", "wrong way round at that"),
        ("steps_taken, times_as_many = 3_840, 72_000", "The batch size does not matter"),
        ("steps_taken, times_as_many = 3_840, 1 / 150", "looks at *more* pictures"),
        ("steps_taken, times_as_many = 3_840, 57_600_000", "How many times as many"),
        ("steps_taken, times_as_many = 3_840, 1_200", "How many epochs does each"),
        ("steps_taken, times_as_many = 'many', 1", "you handed in a text"),
    ],
    "published-rates": [
        ("cross_entropy_rate, squared_error_rate = 0.002, 3", "64 times as long"),
        ("cross_entropy_rate, squared_error_rate = 0.002 / 64, 3", "is *longer*"),
        ("cross_entropy_rate, squared_error_rate = 1.28, 3", "leave out the 10"),
        ("cross_entropy_rate, squared_error_rate = 0.64, 3", "with a half, summed"),
        ("cross_entropy_rate, squared_error_rate = 0.064, 3", "There is no square here"),
        ("cross_entropy_rate, squared_error_rate = 1, 3", "How many times ours"),
        ("cross_entropy_rate, squared_error_rate = 0.128, 0.3", "averaged over the classes, too"),
        ("cross_entropy_rate, squared_error_rate = 0.128, 0.03", "is *smaller*"),
        ("cross_entropy_rate, squared_error_rate = 0.128, 1.5", "no half in this loss"),
        ("cross_entropy_rate, squared_error_rate = 0.128, 192", "64 does not enter"),
        ("cross_entropy_rate, squared_error_rate = 0.128, 96", "neither 64 nor 2"),
        ("cross_entropy_rate, squared_error_rate = 0.128, 6", "stands on both sides"),
        ("cross_entropy_rate, squared_error_rate = 0.128, 1", "By which factor"),
        ("cross_entropy_rate, squared_error_rate = [1], 1", "you handed in a list"),
    ],
    "published-columns": [
        (COLUMNS.replace("sum(axis=1, keepdims=True)", "sum()"), "one number for the whole layer"),
        (COLUMNS.replace("axis=1", "axis=0"), "one number for each *example*"),
        (COLUMNS.replace("axis=1, keepdims=True", "axis=0"), "makes a column of the sums"),
        (COLUMNS.replace("W.T @ dZ, dZ @ A.T", "dZ @ A.T, W.T @ dZ"), "the wrong way round"),
        (COLUMNS.replace("dZ @ A.T", "A @ dZ.T"), "the transpose of the right answer"),
        (COLUMNS.replace("dZ @ A.T", "dZ @ A.T / dZ.shape[1]"), "7 times too small"),
        (COLUMNS.replace(", keepdims=True", ""), "`keepdims=True` keeps an axis"),
        (COLUMNS.replace("W.T @ dZ, ", ""), "3 values are asked for"),
        (COLUMNS.replace("W.T @ dZ", "dZ @ W"), "`ValueError"),
    ],
    "published-distance": [
        (DISTANCE.replace("figure - np.mean(reached)", "np.mean(reached) - figure"), "The sign"),
        (DISTANCE.replace("mean", "median"), "You took the median"),
        (DISTANCE.replace(" / (np.std(reached, ddof=1) * np.sqrt(1 + 1 / R))", ""), "itself"),
        (DISTANCE.replace(" * np.sqrt(1 + 1 / R)", ""), "the spread alone"),
        (DISTANCE.replace("1 + 1 / R", "1 / R"), "standard error of your *mean*"),
        (DISTANCE.replace(", ddof=1", ""), "`ddof=1`"),
        (DISTANCE.replace("np.sqrt(1 + 1 / R)", "(1 + 1 / R)"), "The spread by its root"),
        (
            DISTANCE.replace("np.std(reached, ddof=1) * np.sqrt", "np.var(reached, ddof=1) * "),
            "You divided by a variance",
        ),
        (DISTANCE.replace("(figure - np.mean(reached))", "abs(figure - np.mean(reached))"),
         "Leave the sign in"),
        (DISTANCE.replace("1 / R", "1 / 5"), "It is right for `figure`"),
        (DISTANCE.replace("return (", "return 'near', ("), "a number is asked for"),
    ],
}  # fmt: skip

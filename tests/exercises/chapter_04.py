"""Answers to the exercises on the numerical gradient; see chapter_00."""

import numpy as np

import nn_core as nn


def given() -> dict:
    """What the chapter has defined where its exercises stand."""
    return {"SEED": 0, "np": np, "numerical_gradient": nn.numerical_gradient}


HAND = "exact, one_sided, central = 1.0, 1.21, 1.01"
SPARING = """
def one_sided_gradient(f, x, h=1e-8):
    gradient = np.zeros(x.shape)
    here = f()
    for i in np.ndindex(x.shape):
        kept = x[i]
        x[i] += h
        gradient[i] = (f() - here) / h
        x[i] = kept
    return gradient
"""
BETTER = """
def better_slope(f, x, h):
    def D(h):
        return (f(x + h) - f(x - h)) / (2 * h)
    return """
FOOL = "wrong_gradient = "

ACCEPTED = {
    "numeric-hand": [
        HAND,
        "f = lambda x: x**3 - x**2\nexact = 3 - 2\none_sided = (f(1.1) - f(1)) / 0.1\n"
        "central = (f(1.1) - f(0.9)) / 0.2",
    ],
    "numeric-sparing": [
        SPARING,
        """
def one_sided_gradient(f, x, h=1e-8):
    flat, here, slopes = x.reshape(-1), f(), []
    for k, kept in enumerate(flat.copy()):
        flat[k] = kept + h
        slopes.append((f() - here) / h)
        flat[k] = kept
    return np.array(slopes).reshape(x.shape)
""",
    ],
    "numeric-better": [
        BETTER + "(4 * D(h) - D(2 * h)) / 3",
        BETTER + "D(h) + (D(h) - D(2 * h)) / 3",
        "def better_slope(f, x, h):\n    return (f(x - 2 * h) - 8 * f(x - h) + 8 * f(x + h)"
        " - f(x + 2 * h)) / (12 * h)",
    ],
    "numeric-fool": [FOOL + "[0, 9]", FOOL + "(0.0, 7.2 / 0.8)"],
}

REJECTED = {
    "numeric-hand": [
        (HAND.replace("1.21", "0.121"), "Divide it by the step"),
        (HAND.replace("1.21", "0.605"), "You divided by $2h$"),
        (HAND.replace("1.21", "0.81"), "You looked to the left"),
        (HAND.replace("1.21", "1.2"), "Which two values of $f$ does it compare?"),
        (HAND.replace("1.01", "0.202"), "Divide it by the way"),
        (HAND.replace("1.01", "2.02"), "You divided by $h$"),
        (HAND.replace("1.01", "0.2"), "Mind the sign"),
        (HAND.replace("1.01", "1.02"), "`central` is not right yet. Which two values"),
        (HAND.replace("1.0,", "3.0,"), "Take the derivative"),
        (HAND.replace("1.0,", "'1',"), "`exact` is a number"),
    ],
    "numeric-sparing": [
        (
            SPARING
            .replace("    here", "    z = x.copy()\n    here")
            .replace("x[i] += h", "z[i] += h"),
            "that one has to be moved, and no copy of it",
        ),
        (
            SPARING
            .replace("gradient[i] = (f() - here) / h", "gradient = [*gradient, (f() - here) / h]"),
            "a list of",
        ),
        (SPARING.replace("return gradient", "return gradient.T"), 'It is the transpose'),
        (SPARING.replace("        x[i] = kept\n", ""), "`x` is not what it was before"),
        (SPARING.replace("x[i] = kept", "x[i] -= h"), "put back what you kept."),
        (SPARING.replace("np.ndindex(x.shape)", "range(len(x))"), "`x[i]` is a whole row"),
        (SPARING.replace("(f() - here) / h", "(f() - here) / (2 * h)"), "half of what they should"),
        (
            SPARING.replace("        x[i] = kept\n", "").replace(
                "    here", "    saved = x.copy()\n    here"
            ).replace("    return", "    x[...] = saved\n    return"),
            "put an entry back before you move the next",
        ),
        (
            "def one_sided_gradient(f, x, h=1e-8):\n    return numerical_gradient(f, x, h)",
            "The one without a nudge is always the same",
        ),
        (SPARING.replace("(f() - here)", "(here - f())"), "sign"),
        (SPARING.replace("    return gradient", "    return gradient.sum()"), "is a single number"),
        ("one_sided_gradient = 3.0", "Hand in the function itself"),
    ],
    "numeric-better": [
        (BETTER + "D(h)", "with $h$ alone"),
        (BETTER + "D(2 * h)", "with $2h$ alone"),
        (BETTER + "(D(h) + D(2 * h)) / 2", "You took the mean"),
        (BETTER + "2 * D(h) - D(2 * h)", "an error that doubles"),
        (BETTER + "4 * D(h) - D(2 * h)", "Divide by 3"),
        (BETTER + "(4 * D(2 * h) - D(h)) / 3", "the wrong way round"),
        (BETTER + "(f(x + 1e-5) - f(x - 1e-5)) / 2e-5", "The slope is "),
    ],
    "numeric-fool": [
        (FOOL + "[8, 3]", "That is the right gradient"),
        (FOOL + "[0, 3]", "would find it out"),
        (FOOL + "[4, 6]", "make its first entry 0"),
        (FOOL + "[0, 9, 0]", "of shape (2,) is asked for"),
        (FOOL + "9", "two numbers. You handed in the number 9"),
        (FOOL + "[0, -9]", "gives -7.2. The losses say"),
    ],
}  # fmt: skip

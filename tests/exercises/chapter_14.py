"""Answers to the exercises on autograd: right ones, and one for each misconception."""

from tape import tape_of_the_book


def given() -> dict:
    """What the chapter has defined where its exercises stand."""
    return tape_of_the_book()


PAPER = "dL, dC, dr = "
LARGEST = (
    "def largest(a):\n    u = plain(a)\n    top = u.max(axis=1)\n    won = u == top[:, None]\n"
)
CUMSUM = "def cumsum_back(d):\n    return "
DUAL = """
class Dual:
    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope

    def __add__(self, other):
        return Dual(self.value + other.value, {sum})

    def __mul__(self, other):
        return Dual(self.value * other.value, {product})
"""
SUM, PRODUCT = "self.slope + other.slope", "self.slope * other.value + self.value * other.slope"

ACCEPTED = {
    "autograd-paper": [
        PAPER + "2, np.array([[4, 2], [4, 2]]), np.array([21, 10])",
        PAPER + "2.0, [[4.0, 2.0], [4.0, 2.0]], (21, 10)",
    ],
    "autograd-largest": [
        LARGEST + "    return record('max', top, (a, lambda d: np.where(won, d[:, None], 0)))",
        "def largest(a):\n    u = plain(a)\n    return a[np.arange(len(u)), u.argmax(axis=1)]",
        LARGEST + "    return total(a * won, axis=1)",
        "def largest(a):\n    best = a[:, 0]\n    for k in range(1, a.value.shape[1]):\n"
        "        best = maximum(best, a[:, k])\n    return best",
    ],
    "autograd-cumsum": [
        CUMSUM + "d[::-1].cumsum()[::-1]",
        CUMSUM + "d.sum() - np.cumsum(d) + d",
        CUMSUM + "np.triu(np.ones((len(d), len(d)))) @ d",
    ],
    "autograd-forward": [
        DUAL.format(sum=SUM, product=PRODUCT),
        DUAL.format(sum=SUM, product="other.slope * self.value + other.value * self.slope"),
    ],
}

REJECTED = {
    "autograd-paper": [
        (PAPER + "1, [[4, 2], [4, 2]], [21, 10]", "where the walk starts"),
        (PAPER + "13, [[4, 2], [4, 2]], [21, 10]", "the *value* of $L$"),
        (PAPER + "5, [[4, 2], [4, 2]], [21, 10]", "slope of a product for one of its factors"),
        (PAPER + "2, [[2, 1], [2, 1]], [21, 10]", "You start from $L$"),
        (PAPER + "2, [[4, 4], [2, 2]], [21, 10]", "Rows and columns are exchanged"),
        (PAPER + "2, [4, 2], [21, 10]", "(2, 2)"),
        (PAPER + "2, [[4, 2], [4, 2]], [8, 10]", "used once more, in $M$"),
        (PAPER + "2, [[4, 2], [4, 2]], [13, 0]", "the last use alone"),
        (PAPER + "2, [[4, 2], [4, 2]], [17, 5]", "the first is multiplied by $\\mathrm{d}L$"),
    ],
    "autograd-largest": [
        (LARGEST + "    return top", "nothing was recorded"),
        (LARGEST + "    return Tensor(top)", "does not lead back to `a`"),
        (
            LARGEST + "    return record('max', top, (a, lambda d: d[:, None] + 0 * u))",
            "You hand the slope to every entry of the row",
        ),
        (
            LARGEST + "    return record('max', top, (a, lambda d: 1.0 * won))",
            "forget to multiply by `d`",
        ),
        (
            LARGEST
            + "    return record('max', top, (a, lambda d: d[:, None] / u.shape[1] + 0 * u))",
            "You share the slope among all entries",
        ),
        (
            LARGEST + "    return record('max', u.argmax(axis=1), (a, lambda d: d[:, None] * won))",
            "You give the *places*",
        ),
        (
            "def largest(a):\n    u = plain(a)\n    return a[np.arange(len(u)), u.argmin(axis=1)]",
            "You give the smallest entries",
        ),
        ("def largest(a):\n    return total(a, axis=0)", "have the shape (4,)"),
    ],
    "autograd-cumsum": [
        (CUMSUM + "np.cumsum(d)", "$s_1$ is used by *all* results"),
        (CUMSUM + "d", "used by more than one result"),
        (CUMSUM + "np.full_like(d, d.sum())", "sum of all slopes to every entry"),
        (CUMSUM + "np.cumsum(d[::-1])", "turn the result round as well"),
        (CUMSUM + "np.cumsum(d[::-1])[::-1] - d", "is used by $c_j$, too"),
        (CUMSUM + "np.diff(d, prepend=0)", "A way back is not an inverse"),
        (CUMSUM + "-np.diff(d, append=0)", "You take differences"),
    ],
    "autograd-forward": [
        (DUAL.format(sum="self.slope * other.slope", product=PRODUCT), "slopes of a sum add"),
        (DUAL.format(sum=SUM, product="self.slope * other.slope"), "You multiply the two slopes"),
        (DUAL.format(sum=SUM, product=SUM), "That is the rule for a sum"),
        (
            DUAL.format(sum=SUM, product="self.slope * self.value + other.value * other.slope"),
            "the value of the *other* factor",
        ),
        (DUAL.format(sum=SUM, product="self.slope * other.value"), "moves the first factor only"),
        (DUAL.format(sum=SUM, product="self.value * other.slope"), "moves the second factor only"),
        (
            DUAL.replace("Dual(self.value * other.value, {product})", "{product}").format(
                sum=SUM, product=PRODUCT
            ),
            "has to give a `Dual`",
        ),
    ],
}

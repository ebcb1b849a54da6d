"""The colours of all figures, by meaning: Adam looks the same in every chapter.

Each colour reads on a light and on a dark page, and all differ to colour-blind eyes. What has the
same colour in another family of names has another marker or stands in another figure.
"""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

INK = "#1f2933"  # the text colour of course.mplstyle; `show` replaces it by the page's own
ACCENT = "#c2410c"  # the accent colour of the book, also in course.css

BLUE, ORANGE, GREEN, VIOLET = "#0072b2", "#d55e00", "#29a687", "#5840ff"
BROWN, SKY, TEAL = "#8c5838", "#4087ff", "#0d7180"
# In the order in which lines without a meaning take them. They are C0 to C6 of course.mplstyle.
COLOURS = {
    "blue": BLUE,
    "orange": ORANGE,
    "green": GREEN,
    "violet": VIOLET,
    "brown": BROWN,
    "sky blue": SKY,
    "teal": TEAL,
}
MARKERS = {
    "o": "circles",
    "s": "squares",
    "^": "triangles",
    "D": "diamonds",
    "v": "wedges",
    "P": "crosses",
    "X": "stars",
}
DASHES = ["-", "--", ":", "-."]  # for lines that share a colour


class Look(NamedTuple):
    """The look of a line, or of points."""

    colour: str
    marker: str
    dashes: str = "-"


FAMILIES: dict[str, dict[str, Look]] = {
    "examples": {
        "training": Look(BLUE, "o"),
        "dev": Look(ORANGE, "s"),
        "test": Look(GREEN, "^"),
    },
    "optimizers": {
        "SGD": Look(BROWN, "o"),
        "momentum": Look(GREEN, "s"),
        "Nesterov": Look(TEAL, "^"),
        "AdaGrad": Look(VIOLET, "D"),
        "RMSProp": Look(SKY, "v"),
        "Adam": Look(ORANGE, "P"),
        "AdamW": Look(BLUE, "X"),
    },
    "activations": {
        "sigmoid": Look(BLUE, "o"),
        "tanh": Look(ORANGE, "s"),
        "ReLU": Look(GREEN, "^"),
        "leaky ReLU": Look(VIOLET, "D"),
        "identity": Look(BROWN, "v"),
    },
    "losses": {
        "mean squared error": Look(BLUE, "o"),
        "cross-entropy": Look(GREEN, "s"),
    },
    "starts": {
        "small": Look(BROWN, "o"),
        "uniform": Look(VIOLET, "D"),
        "Glorot": Look(BLUE, "^"),
        "He": Look(ORANGE, "s"),
    },
    "answers": {"right": Look(BLUE, "o"), "wrong": Look(ORANGE, "X")},
    "weights": {"negative": Look(BLUE, "o"), "positive": Look(ORANGE, "s")},
}
OTHER_NAMES = {
    "train": "training",
    "gradient descent": "SGD",
    "squared error": "mean squared error",
}

LOOKS = {name: look for family in FAMILIES.values() for name, look in family.items()}
LOOKS |= {other: LOOKS[name] for other, name in OTHER_NAMES.items()}
_NAMED = {name.casefold(): look for name, look in LOOKS.items()}
# The longest name first: "AdamW" is not Adam. A label may say more, as in "Adam, rate 0.01".
_NAME = re.compile(
    rf"(?:^|, )({'|'.join(map(re.escape, sorted(_NAMED, key=len, reverse=True)))})\b", re.IGNORECASE
)


def meaning_of(label: str) -> Look | None:
    """Give the look of the standard name at the start of a label, or after a comma in it."""
    found = _NAME.search(label)
    return _NAMED[found[1].casefold()] if found else None


def looks_of(labels: Iterable[str]) -> list[Look]:
    """Give the lines of one figure their looks, no two the same."""
    labels = list(labels)
    named = [meaning_of(label) for label in labels]
    taken = {look.colour for look in named if look}
    colours = list(COLOURS.values())
    free = [
        Look(colour, marker)
        for colour, marker in zip(colours, MARKERS, strict=True)
        if colour not in taken
    ] or [Look(colour, marker) for colour, marker in zip(colours, MARKERS, strict=True)]
    looks: list[Look] = []
    others = 0
    for look in named:
        if look is None:
            look = free[others % len(free)]
            others += 1
        same = sum(other.colour == look.colour for other in looks)
        looks.append(look._replace(dashes=DASHES[same % len(DASHES)]))
    return looks


def line(label: str) -> dict[str, Any]:
    """Give the arguments of `plot` for a line with a standard name.

    >>> line("dev")
    {'label': 'dev', 'color': '#d55e00', 'marker': 's', 'linestyle': '-'}
    """
    (look,) = looks_of([label])
    return {"label": label, "color": look.colour, "marker": look.marker, "linestyle": look.dashes}

"""The digits that draw themselves on the title page, and what the network reads meanwhile.

MNIST holds pixels, and no strokes. A stroke is found again by walking through the ink from its
beginning: pixels that are equally far away lie across the pen, and their middle is where it was.
"""

from itertools import pairwise

import numpy as np
from nn_core import MLP, load_mnist
from nn_core.data import SIDE
from nn_core.lab import page
from nn_core.lab.weights import read_script, unpack
from nn_core.tools.photos import BOX, centre, crop_to_ink, fit_into

# Digits of the test set that are one open line: a 3, a 7 and a 2.
CHOSEN = (112, 0, 77)
SCALE = 14  # pixels of the pad to one of MNIST, as in draw.js
PEN = 26  # the medium pen of draw.js
STRIDE = 2.0  # pixels of MNIST between two points of a stroke


def stroke(image: np.ndarray) -> np.ndarray:
    """Give the points `(n, 2)` of the line in a picture, x and y in pixels of the pad."""
    ink = {(int(y), int(x)) for y, x in np.argwhere(image > 0.5)}
    # Any pixel leads to an end of the line, and that end to the other.
    last = max(walk(ink, {min(ink)}).items(), key=lambda item: item[1])[0]
    far = walk(ink, {last})
    end = max(far, key=far.__getitem__)
    # People begin at the left of the upper end.
    begin = min((last, end), key=lambda place: place[0] + place[1])
    distance = walk(ink, {begin})
    steps = np.array([int(d / STRIDE) for d in distance.values()])
    places = np.array(list(distance))
    middles = np.array([places[steps == step].mean(axis=0) for step in range(steps.max() + 1)])
    # A hand draws no corners between two pixels.
    middles[1:-1] = (middles[:-2] + 2 * middles[1:-1] + middles[2:]) / 4
    return np.round((middles[:, ::-1] + 0.5) * SCALE)


def walk(ink: set[tuple[int, int]], begin: set[tuple[int, int]]) -> dict[tuple[int, int], float]:
    """Give how far each pixel of the ink is from the beginning, on ways through the ink."""
    distance = dict.fromkeys(begin, 0.0)
    waiting = list(begin)
    while waiting:
        y, x = waiting.pop(0)
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                place, there = (y + dy, x + dx), distance[y, x] + np.hypot(dx, dy)
                if place in ink and there < distance.get(place, np.inf):
                    distance[place] = there
                    waiting.append(place)
    return distance


def inks(points: np.ndarray) -> np.ndarray:
    """Draw a line as the pad does: its ink, 0 to 1, after the first two points, after three, ..."""
    side = SIDE * SCALE
    pixels = np.stack(np.meshgrid(*[np.arange(side) + 0.5] * 2), axis=-1)
    lines = []
    for a, b in pairwise(points):
        share = np.clip((pixels - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)[..., None]
        away = np.linalg.norm(pixels - a - share * (b - a), axis=-1)
        lines.append(np.clip(PEN / 2 + 0.5 - away, 0, 1))
    # The pad has 256 shades.
    return np.round(255 * np.maximum.accumulate(lines)) / 255


def prepared(ink: np.ndarray) -> np.ndarray:
    """Crop, scale and centre ink as the pad does."""
    digit = fit_into(crop_to_ink(ink, ink > 0), BOX)
    return centre(digit / digit.max()).astype(np.float32).reshape(SIDE**2)


def pad_network() -> MLP:
    """Give the network that reads on the pad."""
    return unpack(read_script(page.static("digits.js")))


def drawn_digits() -> list[dict]:
    """Give the points of each stroke, and the logits of the network after each but the first."""
    images, labels = load_mnist()[2:]
    network, found = pad_network(), []
    for k in CHOSEN:
        points = stroke(images[k].reshape(SIDE, SIDE))
        logits = network.forward(np.array([prepared(ink) for ink in inks(points)]))
        found.append(
            {
                "label": int(labels[k]),
                "points": points.astype(int).tolist(),
                "logits": np.round(logits, 2).tolist(),
            }
        )
    return found

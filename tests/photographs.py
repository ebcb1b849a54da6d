"""Photos of MNIST's digits, drawn by code: paper, lines, boxes, shadows, all from one seed."""

import numpy as np
from PIL import Image

from nn_core import load_mnist


def photograph(digits, kind, rng):
    """Photograph digits on paper, in shades of gray, `(H, W)`, 0 to 1.

    The size of the picture, of the digits and of everything else, their places, their tilt, the
    shades of paper and ink, the light and the noise are drawn anew for each picture.

    Parameters
    ----------
    digits
        One image of MNIST, or two for the kind "two digits", `(n, 784)`.
    kind
        A name in KINDS.
    rng
        Where all that differs comes from.
    """
    return KINDS[kind](digits, rng)


class Page:
    """A sheet of paper on which digits stand, before anything was done to it."""

    def __init__(self, digits, rng, *, ink=None):
        self.rng = rng
        short = rng.integers(240, 600)
        sides = [short, int(short * rng.uniform(1, 1.4))]
        self.H, self.W = rng.permutation(sides)
        self.paper = rng.uniform(0.85, 1)
        self.ink = ink or rng.uniform(0.1, 0.45)
        # Of a digit of 20 in 28 x 28.
        least, most = (0.3, 0.6) if len(digits) == 1 else (0.18, 0.28)
        self.size = rng.uniform(least, most) * short
        self.shape = np.zeros((self.H, self.W))
        self.write(digits)
        self.stains = np.ones((self.H, self.W))  # by what the paper's shade is multiplied

    def write(self, digits):
        """Put one digit anywhere, or two beside or below each other, a gap between them."""
        drawn = [self.trim(self.enlarge(x)) for x in digits]
        if len(drawn) == 2:
            gap = int(self.rng.uniform(0.08, 0.5) * self.size)
            axis = int(self.rng.random() < 0.8)
            thick = max(piece.shape[1 - axis] for piece in drawn)
            drawn = [self.pad(piece, thick, 1 - axis) for piece in drawn]
            space = self.pad(np.zeros((0, 0)), gap, axis)
            space = self.pad(space, thick, 1 - axis)
            drawn = [np.concatenate([drawn[0], space, drawn[1]], axis=axis)]
        h, w = drawn[0].shape
        margin = 0.04 * min(self.H, self.W)
        self.top = int(self.rng.uniform(margin, self.H - h - margin))
        self.left = int(self.rng.uniform(margin, self.W - w - margin))
        self.bottom, self.right = self.top + h, self.left + w
        self.shape[self.top : self.bottom, self.left : self.right] = drawn[0]

    def enlarge(self, x):
        side = round(self.size * 28 / 20)
        image = Image.fromarray(x.reshape(28, 28).astype(np.float32))
        image = image.resize((side, side), Image.Resampling.BICUBIC)
        image = image.rotate(self.rng.uniform(-8, 8), Image.Resampling.BICUBIC)
        # The soft edge of a pixel of MNIST becomes the edge of a stroke, two pixels wide.
        return np.clip((np.asarray(image) - 0.45) * side / 56 + 0.5, 0, 1)

    def trim(self, shape):
        rows, columns = np.flatnonzero(shape.any(axis=1)), np.flatnonzero(shape.any(axis=0))
        return shape[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]

    def pad(self, shape, length, axis):
        before = (length - shape.shape[axis]) // 2
        after = length - shape.shape[axis] - before
        return np.pad(shape, [(before, after) if a == axis else (0, 0) for a in (0, 1)])

    def places(self, tilt=0.0):
        """Rows and columns of the pixels, on axes turned by some degrees about the digit."""
        middle = (self.top + self.bottom) / 2, (self.left + self.right) / 2
        y, x = np.indices((self.H, self.W)) - np.array(middle)[:, None, None]
        turn = np.deg2rad(tilt)
        return y * np.cos(turn) - x * np.sin(turn), y * np.sin(turn) + x * np.cos(turn)

    def photo(self, light=1.0):
        """Lay ink on the paper, light it, add noise."""
        rng = self.rng
        gray = (1 - self.shape) * self.paper * self.stains + self.shape * self.ink
        if rng.random() < 0.5:
            y, x = np.indices(gray.shape) / np.array(gray.shape)[:, None, None] - 0.5
            angle = rng.uniform(0, 2 * np.pi)
            light = light * (
                1 - rng.uniform(0, 0.4) * (0.5 + y * np.sin(angle) + x * np.cos(angle))
            )
        gray = gray * light + rng.uniform(0, 0.03) * rng.normal(size=gray.shape)
        # As a file holds it: 256 shades.
        return (np.round(np.clip(gray, 0, 1) * 255) / 255).astype(np.float32)


def stroke(distance, width):
    """How much ink a line of some width leaves at some distance from its middle."""
    return np.clip(width / 2 - np.abs(distance) + 0.5, 0, 1)


def plain(digits, rng):
    """Nothing but the digit."""
    return Page(digits, rng).photo()


def biro(digits, rng):
    return Page(digits, rng, ink=0.35 if rng.random() < 0.5 else None)


def rules(page, distance, spacing):
    """Draw lines a spacing apart, of gray .7 or a shade near it."""
    rng = page.rng
    shade = 0.7 if rng.random() < 0.5 else rng.uniform(0.6, 0.85)
    width = max(1, rng.uniform(0.02, 0.06) * spacing)
    away = (distance + rng.uniform(0, spacing)) % spacing
    page.stains = np.minimum(
        page.stains, 1 - (1 - shade) * stroke(np.minimum(away, spacing - away), width)
    )


def squared(digits, rng):
    """Squared paper, somewhat tilted; a digit is one to three squares high."""
    page = biro(digits, rng)
    spacing = page.size / rng.uniform(1, 3)
    for distance in page.places(rng.uniform(-3, 3)):
        state = rng.bit_generator.state
        rules(page, distance, spacing)
        # Lines in both directions are printed alike: the next draws are these again.
        rng.bit_generator.state = state
    rng.random()
    return page.photo()


def ruled(digits, rng):
    """Ruled paper, somewhat tilted; at times with a line for the margin."""
    page = biro(digits, rng)
    down, across = page.places(rng.uniform(-3, 3))
    rules(page, down, page.size / rng.uniform(0.6, 1.5))
    if rng.random() < 0.3:
        at = -0.5 * (page.right - page.left) - rng.uniform(0.05, 0.3) * page.size
        page.stains = np.minimum(page.stains, 1 - 0.3 * stroke(across - at, 2))
    return page.photo()


def box(digits, rng, *, gaps=(0.12, 0.5)):
    """A box around the digit, by the same pen or printed."""
    page = Page(digits, rng)
    down, across = page.places(rng.uniform(-3, 3))
    width = rng.uniform(0.02, 0.07) * page.size
    half = [
        extent / 2 + width + rng.uniform(*gaps) * page.size
        for extent in (page.bottom - page.top, page.right - page.left)
    ]
    line = np.maximum(np.abs(down) - half[0], np.abs(across) - half[1])
    shade = page.ink if rng.random() < 0.5 else rng.uniform(0.15, 0.6)
    page.stains = 1 - (1 - shade) * stroke(line, width)
    return page.photo()


def touched(digits, rng):
    """A box so small that the digit touches it."""
    return box(digits, rng, gaps=(-0.1, 0.0))


def frame(digits, rng):
    """A dark frame along the border of the picture, or a little inside it."""
    page = Page(digits, rng)
    y, x = np.indices(page.shape.shape)
    border = np.minimum.reduce([y, x, page.H - 1 - y, page.W - 1 - x])
    short = min(page.H, page.W)
    width = rng.uniform(0.005, 0.03) * short
    inset = rng.choice([0, rng.uniform(0, 0.03)]) * short
    page.stains = 1 - (1 - rng.uniform(0.15, 0.6)) * stroke(border - inset - width / 2, width)
    return page.photo()


def shadow(digits, rng):
    """Half the light, or nearly half, over 40 % of the picture, with a hard edge."""
    page = Page(digits, rng)
    angle = rng.choice([0, 90, 180, 270, rng.uniform(0, 360)])
    along = page.places(angle)[0]
    edge = along - np.quantile(along, rng.choice([0.4, rng.uniform(0.3, 0.5)]))
    shade = 0.5 if rng.random() < 0.5 else rng.uniform(0.4, 0.65)
    soft = rng.uniform(1, 5)
    return page.photo(light=shade + (1 - shade) * np.clip(edge / soft + 0.5, 0, 1))


KINDS = {
    "plain": plain,
    "squared paper": squared,
    "ruled paper": ruled,
    "box": box,
    "box that is touched": touched,
    "frame": frame,
    "hard shadow": shadow,
    "two digits": plain,
}


def photos(kind, count, *, seed=0, train=False):
    """Draw photos of a kind from MNIST's test digits, or its training digits to tune with.

    Gives pairs of a picture and its digit. The first digit of two is given.
    """
    X, y, X_test, y_test = load_mnist()
    if not train:
        X, y = X_test, y_test
    rng = np.random.default_rng([seed, *kind.encode()])
    each = 2 if kind == "two digits" else 1
    chosen = rng.choice(len(y), (count, each), replace=False)
    return [(photograph(X[rows], kind, rng), int(y[rows[0]])) for rows in chosen]

"""Draw photos of MNIST digits by code, with paper, lines, boxes and shadows, from one seed."""

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
        The random generator.
    """
    return KINDS[kind](digits, rng)


class Page:
    """A sheet of paper with digits, before light and noise."""

    def __init__(self, digits, rng, *, ink=None):
        self.rng = rng
        short = rng.integers(240, 600)
        sides = [short, int(short * rng.uniform(1, 1.4))]
        self.H, self.W = rng.permutation(sides)
        self.paper = rng.uniform(0.85, 1)
        self.ink = ink or rng.uniform(0.1, 0.45)
        # A digit of MNIST has 20 of 28 pixels.
        least, most = (0.3, 0.6) if len(digits) == 1 else (0.18, 0.28)
        self.size = rng.uniform(least, most) * short
        self.shape = np.zeros((self.H, self.W))
        self.write(digits)
        self.stains = np.ones((self.H, self.W))  # factors for the shade of the paper

    def write(self, digits):
        """Place one digit at random, or two digits beside or below each other, with a gap."""
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
        # A file has 256 shades.
        return (np.round(np.clip(gray, 0, 1) * 255) / 255).astype(np.float32)


def stroke(distance, width):
    """Give the ink of a line of some width, by the distance from its middle."""
    return np.clip(width / 2 - np.abs(distance) + 0.5, 0, 1)


def plain(digits, rng):
    """Draw only the digit."""
    return Page(digits, rng).photo()


def biro(digits, rng):
    return Page(digits, rng, ink=0.35 if rng.random() < 0.5 else None)


def rules(page, distance, spacing):
    """Draw lines with a spacing, in gray 0.7 or a similar shade."""
    rng = page.rng
    shade = 0.7 if rng.random() < 0.5 else rng.uniform(0.6, 0.85)
    width = max(1, rng.uniform(0.02, 0.06) * spacing)
    away = (distance + rng.uniform(0, spacing)) % spacing
    page.stains = np.minimum(
        page.stains, 1 - (1 - shade) * stroke(np.minimum(away, spacing - away), width)
    )


def squared(digits, rng):
    """Draw on squared paper, slightly tilted. A digit is one to three squares high."""
    page = biro(digits, rng)
    spacing = page.size / rng.uniform(1, 3)
    for distance in page.places(rng.uniform(-3, 3)):
        state = rng.bit_generator.state
        rules(page, distance, spacing)
        # Lines of both directions have the same properties, so draw the same numbers again.
        rng.bit_generator.state = state
    rng.random()
    return page.photo()


def ruled(digits, rng):
    """Draw on ruled paper, slightly tilted, sometimes with a line for the margin."""
    page = biro(digits, rng)
    down, across = page.places(rng.uniform(-3, 3))
    rules(page, down, page.size / rng.uniform(0.6, 1.5))
    if rng.random() < 0.3:
        at = -0.5 * (page.right - page.left) - rng.uniform(0.05, 0.3) * page.size
        page.stains = np.minimum(page.stains, 1 - 0.3 * stroke(across - at, 2))
    return page.photo()


def box(digits, rng, *, gaps=(0.12, 0.5)):
    """Draw a box around the digit, by the same pen or printed."""
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
    """Draw a small box that the digit touches."""
    return box(digits, rng, gaps=(-0.1, 0.0))


def frame(digits, rng):
    """Draw a dark frame along the border of the picture, or a little inside."""
    page = Page(digits, rng)
    y, x = np.indices(page.shape.shape)
    border = np.minimum.reduce([y, x, page.H - 1 - y, page.W - 1 - x])
    short = min(page.H, page.W)
    width = rng.uniform(0.005, 0.03) * short
    inset = rng.choice([0, rng.uniform(0, 0.03)]) * short
    page.stains = 1 - (1 - rng.uniform(0.15, 0.6)) * stroke(border - inset - width / 2, width)
    return page.photo()


def shadow(digits, rng):
    """Halve the light, or nearly, over 40 % of the picture, with a hard edge."""
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
    """Draw photos of a kind from test digits of MNIST, or from training digits, for tuning.

    Give pairs of a picture and its digit. If there are two digits, give the first.
    """
    X, y, X_test, y_test = load_mnist()
    if not train:
        X, y = X_test, y_test
    rng = np.random.default_rng([seed, *kind.encode()])
    each = 2 if kind == "two digits" else 1
    chosen = rng.choice(len(y), (count, each), replace=False)
    return [(photograph(X[rows], kind, rng), int(y[rows[0]])) for rows in chosen]

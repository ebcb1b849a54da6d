"""Draw digits by code, in shapes that MNIST does not have, as in photos of a reader."""

from pathlib import Path

import numpy as np
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont


def typed(digit, font="DejaVu Sans", *, side=300, size=200, at=(0.5, 0.5), tilt=0.0, weight=400):
    """Give the shape of a printed digit: the ink of each pixel, (side, side), 0 to 1."""
    file = font_manager.findfont(font_manager.FontProperties(family=font, weight=weight))
    page = Image.new("L", (side, side), 0)
    place = (side * at[0], side * at[1])
    ImageDraw.Draw(page).text(
        place, str(digit), 255, font=ImageFont.truetype(file, size), anchor="mm"
    )
    return np.asarray(page.rotate(tilt, Image.Resampling.BICUBIC, center=place)) / 255


# The lines of a pen, in a box from 0 to 1, with y downward.
STROKES = {
    0: [[(0.5, 0), (0.15, 0.2), (0.1, 0.6), (0.3, 0.95), (0.65, 1), (0.9, 0.65), (0.85, 0.2),
         (0.5, 0)]],
    1: [[(0.35, 0.2), (0.55, 0), (0.5, 1)]],
    2: [[(0.1, 0.2), (0.4, 0), (0.75, 0.1), (0.75, 0.4), (0.1, 1), (0.95, 0.95)]],
    3: [[(0.15, 0.1), (0.5, 0), (0.8, 0.2), (0.4, 0.45), (0.85, 0.7), (0.55, 1), (0.1, 0.9)]],
    4: [[(0.3, 0), (0.05, 0.6), (0.9, 0.55)], [(0.7, 0.2), (0.6, 1)]],
    5: [[(0.85, 0), (0.25, 0.05), (0.2, 0.45), (0.6, 0.4), (0.85, 0.7), (0.5, 1), (0.1, 0.9)]],
    6: [[(0.7, 0), (0.25, 0.4), (0.15, 0.8), (0.45, 1), (0.8, 0.8), (0.6, 0.55), (0.2, 0.7)]],
    7: [[(0.05, 0.05), (0.85, 0), (0.4, 1)]],
    8: [[(0.8, 0.15), (0.4, 0), (0.2, 0.25), (0.75, 0.7), (0.5, 1), (0.15, 0.8), (0.8, 0.15)]],
    9: [[(0.8, 0.15), (0.4, 0.05), (0.2, 0.35), (0.5, 0.5), (0.8, 0.15), (0.7, 1)]],
}  # fmt: skip


def drawn(digit, *, shape=(300, 300), box=(90, 60, 120, 180), width=10.0, tilt=0.0):
    """Give the shape of a digit drawn with a round pen; `box` is left, top, width, height."""
    H, W = shape
    fig = Figure(figsize=(W / 100, H / 100), dpi=100, facecolor="black")
    canvas = FigureCanvasAgg(fig)
    ax = fig.add_axes((0, 0, 1, 1))
    ax.axis("off")
    ax.set(xlim=(0, W), ylim=(H, 0))
    turn = np.deg2rad(tilt)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    left, top, wide, high = box
    middle = np.array([left + wide / 2, top + high / 2])
    for line in STROKES[digit]:
        points = (np.array(line) - 0.5) * (wide, high) @ matrix.T + middle
        x, y = smooth(points).T
        pen = {"solid_capstyle": "round", "solid_joinstyle": "round"}
        ax.plot(x, y, color="white", linewidth=width * 0.72, **pen)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., 0] / 255


def smooth(points):
    """Round the corners twice (Chaikin's method), since hands draw few sharp corners."""
    for _ in range(2):
        a, b = points[:-1], points[1:]
        cut = np.stack([0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b], axis=1).reshape(-1, 2)
        points = np.concatenate([points[:1], cut, points[-1:]])
    return points


def on_paper(shape, *, paper=(1.0, 1.0, 1.0), ink=(0.1, 0.1, 0.15), light=1.0, noise=0.0, seed=0):
    """Photograph a shape: uint8 (H, W, 3), the ink on the paper under the light."""
    shape = shape[..., None]
    colours = (1 - shape) * np.array(paper) + shape * np.array(ink)
    if np.ndim(light):
        light = np.asarray(light)[..., None]
    colours = colours * light
    colours = colours + noise * np.random.default_rng(seed).normal(size=colours.shape)
    return np.round(np.clip(colours, 0, 1) * 255).astype(np.uint8)


def lamp(shape, *, dark=0.35, angle=30.0):
    """Make a light that falls off across the page, and a little toward its corners."""
    y, x = np.indices(shape) / np.array(shape)[:, None, None] - 0.5
    along = x * np.cos(np.deg2rad(angle)) + y * np.sin(np.deg2rad(angle))
    return np.clip((1 + dark) / 2 + (1 - dark) * along * 0.8 - 0.2 * (x * x + y * y), 0.05, 1)


def shadow(shape):
    """Make a dark corner with a soft edge, like the shadow of a hand with a phone."""
    y, x = np.indices(shape) / np.array(shape)[:, None, None]
    return 1 - 0.6 / (1 + np.exp((x + y - 0.35) / 0.02))


def _gradient():
    shape = drawn(5, shape=(480, 360), box=(130, 140, 110, 170), width=13)
    return on_paper(shape, light=lamp(shape.shape), noise=0.02)


def _shadow():
    shape = drawn(2, shape=(400, 400), box=(160, 150, 130, 180), width=14)
    return on_paper(shape, light=shadow(shape.shape), noise=0.015)


def _ruled():
    shape = drawn(4, width=12)
    rules = np.ones(shape.shape)
    rules[10::45] = 0.8
    return on_paper(shape, light=rules)


def _edge_of_a_table():
    shape = drawn(6, width=12)
    table = np.ones(shape.shape)
    table[:40] = table[:, 260:] = 0.3
    return on_paper(shape, light=table, noise=0.01)


# name: (digit, picture), the picture made when it is asked for
PICTURES = {
    "thin pen": (3, lambda: on_paper(drawn(3, width=3))),
    "thick marker": (8, lambda: on_paper(drawn(8, width=34))),
    "tilted left": (7, lambda: on_paper(drawn(7, tilt=12, width=14))),
    "tilted right": (4, lambda: on_paper(drawn(4, tilt=-12, width=14))),
    "in a corner": (6, lambda: on_paper(drawn(6, box=(15, 12, 60, 90), width=8))),
    "chalk on a blackboard": (
        2,
        lambda: on_paper(drawn(2, width=13), paper=(0.1, 0.2, 0.15), ink=(0.9, 0.9, 0.85)),
    ),
    "fills the page": (0, lambda: on_paper(drawn(0, box=(15, 15, 270, 270), width=22))),
    "uneven light": (5, _gradient),
    "shadow of a hand": (2, _shadow),
    "ruled paper": (4, _ruled),
    "beside the edge of a table": (6, _edge_of_a_table),
    "blue on yellow": (
        9,
        lambda: on_paper(drawn(9, width=12), paper=(1, 0.9, 0.3), ink=(0.1, 0.2, 0.8)),
    ),
    "small on a large page": (
        3,
        lambda: on_paper(drawn(3, shape=(900, 1200), box=(700, 150, 90, 140), width=12)),
    ),
    "pencil, faint": (1, lambda: on_paper(drawn(1, width=9), ink=(0.7, 0.7, 0.7), noise=0.02)),
    "printed": (2, lambda: on_paper(typed(2))),
    "printed with serifs, bold": (5, lambda: on_paper(typed(5, "DejaVu Serif", weight=700))),
    "printed as on a till": (8, lambda: on_paper(typed(8, "DejaVu Sans Mono", tilt=8))),
    "a tiny scan": (0, lambda: on_paper(typed(0, side=32, size=24))),
}


def save_transparent(path: Path, shape) -> None:
    """Save black ink as a PNG with transparent paper. The colour of the paper is black."""
    pixels = np.zeros((*shape.shape, 4), np.uint8)
    pixels[..., 3] = np.round(shape * 255)
    Image.fromarray(pixels).save(path)


def save_turned(path: Path, pixels) -> None:
    """Save a JPEG like an upright phone: a turned picture, with the orientation in EXIF (6)."""
    image = Image.fromarray(pixels).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(path, exif=exif)

"""Draw the small pictures on the cards of the title page, one for each chapter, from what it does.

    python book/_ext/cards.py

The script writes book/cards/*.svg, each less than 6 KB, in the colours of the page around it.
It takes some seconds, and `make pictures` runs it.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from nn_core import (
    MLP,
    SGD,
    Adam,
    Momentum,
    confusion_matrix,
    load_mnist,
    minibatches,
)
from nn_core.data import SIDE
from nn_core.tools.augmentation import distort

import pictures

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "book" / "cards"
RUNS = ROOT / "nn_core" / "lab" / "stored" / "runs.json"
W, H = 160, 90  # the size of a picture
ACCENT = "var(--course-accent)"
LARGEST = 6_000  # bytes


def path(points: Iterable, *, close: bool = False, **style: object) -> str:
    """Draw a line through points."""
    places = " ".join(f"{x:.1f},{y:.1f}".replace(".0", "") for x, y in points)
    kind = "polygon" if close else "polyline"
    return f'<{kind} points="{places}"{attributes({"fill": "none", **style})}/>'


def dots(points: Iterable, size: float, **style: object) -> str:
    """Draw dots of one size."""
    places = "".join(f"M{x:.1f} {y:.1f}h0".replace(".0", "") for x, y in points)
    look = {"stroke_width": size, "stroke_linecap": "round", **style}
    return f'<path d="{places}"{attributes(look)}/>'


def squares(grid: np.ndarray, left: float, top: float, side: float, **style: object) -> str:
    """Draw values from 0 to 1 as squares, in four shades."""
    level = np.ceil(np.clip(grid, 0, 1) * 4 - 0.3).astype(int)
    drawn = []
    for shade in range(1, 5):
        cells = "".join(
            f"M{left + side * x:.1f} {top + side * y:.1f}h{side}v{side}h-{side}z".replace(".0", "")
            for y, x in np.argwhere(level == shade)
        )
        look = {"fill": "currentColor", "stroke": "none", "opacity": shade / 4, **style}
        drawn.append(f'<path d="{cells}"{attributes(look)}/>' if cells else "")
    return "".join(drawn)


def attributes(style: dict[str, object]) -> str:
    """Write the attributes of an element."""
    return "".join(f' {name.replace("_", "-")}="{value}"' for name, value in style.items())


def curve(values: np.ndarray, low: float, high: float, **style: object) -> str:
    """Draw values from left to right, `low` at the bottom and `high` at the top."""
    x = np.linspace(12, W - 12, len(values))
    return path(zip(x, H - 10 - (H - 20) * (values - low) / (high - low), strict=True), **style)


def tour(images: np.ndarray, logits: np.ndarray) -> str:
    """The star."""
    places = pictures.place(logits[:420]) - 0.5
    answers = logits[:420].argmax(axis=1)
    there = places * (100, 100) + (W / 2, H / 2)
    # The digit at the top in the accent colour.
    return dots(there[answers != 0], 1.6, opacity=0.75) + dots(
        there[answers == 0], 1.6, stroke=ACCENT
    )


def data(images: np.ndarray) -> str:
    """A digit, pixel by pixel."""
    return squares(images[0].reshape(SIDE, SIDE), W / 2 - 42, 3, 3)


def forward_pass() -> str:
    """A network, with the signs and sizes of random weights."""
    network = MLP((5, 6, 3), np.random.default_rng(0))
    columns = [
        [(30 + 50 * layer, H / 2 + 14 * (k - (size - 1) / 2)) for k in range(size)]
        for layer, size in enumerate(network.sizes)
    ]
    lines = [
        path(
            (columns[layer][i], columns[layer + 1][j]),
            stroke_width=f"{min(2.5, 2 * abs(w)):.1f}",
            stroke=ACCENT if w > 0 else "currentColor",
            opacity=0.6,
        )
        for layer, weights in enumerate(network.W)
        for (i, j), w in np.ndenumerate(weights)
    ]
    return "".join(lines) + dots((place for column in columns for place in column), 8)


def losses() -> str:
    """Cross-entropy and the squared error of a probability."""
    p = np.linspace(0.04, 1, 50)
    return curve(-np.log(p), 0, 3.3, stroke=ACCENT) + curve((1 - p) ** 2 * 1.5, 0, 3.3)


def numerical_gradient() -> str:
    """A curve, a secant through two points, and the slope in the middle between them."""
    x = np.linspace(0, 1, 50)
    y = 0.15 + 1.9 * (x - 0.35) ** 2
    ends = np.array([0.36, 0.84])
    at = np.interp(ends, x, y)
    slope = (at[1] - at[0]) / (ends[1] - ends[0])
    line = at[0] + slope * (x - ends[0])
    seen = (line > 0) & (line < 0.95)
    places = np.stack([12 + (W - 24) * ends, H - 10 - (H - 20) * at], axis=1)
    secant = np.where(seen, line, np.nan)[seen]
    left, right = 12 + (W - 24) * x[seen][[0, -1]]
    ends_of_line = H - 10 - (H - 20) * secant[[0, -1]]
    return (
        curve(y, 0, 1)
        + path(zip((left, right), ends_of_line, strict=True), stroke=ACCENT)
        + dots(places, 7, stroke=ACCENT)
    )


def backpropagation() -> str:
    """A graph: values go forward, gradients come back."""
    nodes = [(24, 22), (24, 68), (64, 45), (104, 45), (140, 45)]
    edges = [(0, 2), (1, 2), (2, 3), (3, 4)]
    lines = []
    for a, b in edges:
        start, end = np.array(nodes[a], float), np.array(nodes[b], float)
        along = (end - start) / np.linalg.norm(end - start)
        across = np.array([-along[1], along[0]]) * 4
        start, end = start + 8 * along, end - 8 * along
        lines.append(path((start - across, end - across)))
        tip = start + across
        head = (tip + 6 * along + across * 0.9, tip, tip + 6 * along - across * 0.9)
        lines += [path((end + across, tip), stroke=ACCENT), path(head, stroke=ACCENT)]
    return "".join(lines) + dots(nodes, 11)


def training(images: np.ndarray, labels: np.ndarray) -> str:
    """The losses of the first steps of a training."""
    rng = np.random.default_rng(0)
    network, optimizer = MLP((784, 64, 10), rng), SGD(lr=0.3)
    seen = []
    for batch in minibatches(images[:12_800], labels[:12_800], 128, rng):
        seen.append(network.loss_and_grad(*batch))
        optimizer.step(network.theta, network.grad)
    return curve(np.array(seen), 0, 2.5, stroke=ACCENT)


def initialization(images: np.ndarray) -> str:
    """The spread of ten layers, from weights that are too small and from He's."""
    spreads = []
    for factor in (0.8, 1.0):
        network = MLP((784, *[128] * 10, 10), np.random.default_rng(0))
        for weights in network.W:
            weights *= factor
        spreads.append([layer.std() for layer in network.activations(images[:200])[1:-1]])
    small, he = np.array(spreads) / max(spreads[1])
    bars = []
    for k in range(10):
        for values, shift, style in ((he, 0, {"opacity": 0.45}), (small, 5.5, {"stroke": ACCENT})):
            x, y = 15 + 14 * k + shift, H - 10
            bars.append(path(((x, y), (x, y - 70 * values[k] - 1)), stroke_width=4.5, **style))
    return "".join(bars)


def optimizers() -> str:
    """Gradient descent and momentum, in a narrow valley."""
    rings = "".join(
        f'<ellipse cx="112" cy="45" rx="{95 * r:.0f}" ry="{36 * r:.0f}" fill="none" opacity="0.3"/>'
        for r in (0.15, 0.35, 0.6, 0.9)
    )
    curvature = np.array([0.08, 1.0])
    drawn = []
    for optimizer, style in ((SGD(lr=1.85), {}), (Momentum(lr=0.35), {"stroke": ACCENT})):
        theta = np.array([-90.0, -30.0], np.float32)
        seen = [theta.copy()]
        for _ in range(26):
            optimizer.step(theta, (curvature * theta).astype(np.float32))
            seen.append(theta.copy())
        drawn.append(path(np.add(seen, (112, 45)), **style))
    return rings + "".join(drawn)


def regularization(
    images: np.ndarray, labels: np.ndarray, X_dev: np.ndarray, y_dev: np.ndarray
) -> str:
    """The losses of training and dev set part: few digits are learnt by heart."""
    rng = np.random.default_rng(0)
    network, adam = MLP((784, 128, 10), rng), Adam(lr=0.002)
    X, y = images[:400], labels[:400]
    seen = []
    for _ in range(60):
        for batch in minibatches(X, y, 50, rng):
            network.loss_and_grad(*batch)
            adam.step(network.theta, network.grad)
        pair = ((X, y), (X_dev, y_dev))
        seen.append([network.loss_of(network.forward(A), b)[0] for A, b in pair])
    train, dev = np.array(seen).T
    return curve(train, 0, 1.4) + curve(dev, 0, 1.4, stroke=ACCENT)


def evaluation(labels: np.ndarray, logits: np.ndarray) -> str:
    """The confusion matrix."""
    counts = confusion_matrix(labels, logits.argmax(axis=1))
    mistakes = counts * (1 - np.eye(10, dtype=int))
    grid = mistakes / mistakes.max()
    return squares(grid, W / 2 - 40, 5, 8) + squares(np.eye(10), W / 2 - 40, 5, 8, fill=ACCENT)


def published_networks() -> str:
    """The mistakes of the five, with five seeds each."""
    found: dict[str, list[float]] = {}
    for row in json.loads(RUNS.read_text("utf-8"))["rows"]:
        if row["test"] is not None:
            found.setdefault(row["recipe"], []).append(row["test"])
    five = list(found.values())[:5]
    worst = 1 - min(map(min, five))
    drawn = []
    for k, tests in enumerate(five):
        wrong = (W - 30) * (1 - np.array(tests)) / worst
        y = 13 + 16 * k
        drawn.append(path(((14, y), (14 + wrong.mean(), y)), stroke_width=7, opacity=0.4))
        drawn.append(dots([(14 + each, y) for each in wrong], 3.5, stroke=ACCENT))
    return "".join(drawn)


def summit(images: np.ndarray) -> str:
    """A digit, and bent copies of it."""
    copies = distort(np.repeat(images[:1], 3, axis=0), np.random.default_rng(1))
    small = np.concatenate([images[:1], copies]).reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4))
    return "".join(
        squares(each, 4 + 38.5 * k, 26, 2.6, **({} if k == 0 else {"fill": ACCENT}))
        for k, each in enumerate(small)
    )


def speed() -> str:
    """The roof under which programs stay, and three of them."""
    under = [(38, 74), (70, 47), (126, 27)]
    return path(((14, 80), (84, 20), (148, 20))) + dots(under, 7, stroke=ACCENT)


def autograd() -> str:
    """A tape of operations, and the walk back over it."""
    places = [24 + 28 * k for k in range(5)]
    boxes = "".join(f'<rect x="{x - 9}" y="24" width="18" height="18" rx="4"/>' for x in places)
    forward = "".join(path(((x + 9, 33), (x + 19, 33))) for x in places[:-1])
    back = "".join(
        f'<path d="M{x + 24} 48q-12 18 -22 2"{attributes({"stroke": ACCENT, "fill": "none"})}/>'
        for x in places[:-1]
    )
    used_twice = f'<path d="M{places[-1] + 2} 50q-56 50 -110 4" stroke="{ACCENT}" fill="none"/>'
    return boxes + forward + back + used_twice


def convolution(images: np.ndarray) -> str:
    """A digit, a window on it, and what a kernel finds: where strokes begin on their left."""
    digit = images[0].reshape(14, 2, 14, 2).mean(axis=(1, 3))
    kernel = np.array([[-1, 0, 1]] * 3)
    windows = np.lib.stride_tricks.sliding_window_view(digit, (3, 3))
    found = np.maximum(np.sum(windows * kernel, axis=(2, 3)), 0)
    side, left, top = 5, 6, 10
    x, y = left + 5 * side, top + 4 * side  # the upper left corner of the window
    corners = [(x, y), (x + 3 * side, y), (x + 3 * side, y + 3 * side), (x, y + 3 * side)]
    return (
        squares(digit, left, top, side)
        + path(corners, close=True, stroke=ACCENT)
        + squares(found / found.max(), W - 66, top + side, side, fill=ACCENT)
    )


def playground() -> str:
    """Two classes, one around the other."""
    rng = np.random.default_rng(0)
    angle, far = rng.uniform(0, 2 * np.pi, 90), rng.normal(0, 2.5, 90)
    radius = np.where(np.arange(90) < 35, 9, 33) + far
    there = np.stack([W / 2 + radius * np.cos(angle), H / 2 + radius * np.sin(angle)], axis=1)
    ring = f'<circle cx="{W // 2}" cy="{H // 2}" r="21" fill="none" stroke-dasharray="4 3"/>'
    return dots(there[:35], 4, stroke=ACCENT) + dots(there[35:], 4, opacity=0.7) + ring


def bug_zoo(images: np.ndarray, labels: np.ndarray) -> str:
    """Two losses: as it should be, and with steps in the wrong direction."""
    drawn = []
    for sign, style in ((1, {"opacity": 0.5}), (-1, {"stroke": ACCENT})):
        rng = np.random.default_rng(0)
        network, optimizer, seen = MLP((784, 64, 10), rng), SGD(lr=0.05), []
        for batch in minibatches(images[:2_560], labels[:2_560], 64, rng):
            seen.append(network.loss_and_grad(*batch))
            optimizer.step(network.theta, sign * network.grad)
        seen = np.array(seen)
        drawn.append(curve(np.where(seen < 6, seen, np.nan)[: np.sum(seen < 6)], 0, 6, **style))
    return "".join(drawn)


def main() -> None:
    """Draw all pictures."""
    X, y, X_test, y_test = load_mnist()
    _, _, logits = pictures.logits_of_test_set()
    drawn = {
        "00_tour": tour(X_test, logits),
        "01_data": data(X),
        "02_forward_pass": forward_pass(),
        "03_losses": losses(),
        "04_numerical_gradient": numerical_gradient(),
        "05_backpropagation": backpropagation(),
        "06_training": training(X, y),
        "07_initialization": initialization(X),
        "08_optimizers": optimizers(),
        "09_regularization": regularization(X, y, X_test[:2_000], y_test[:2_000]),
        "10_evaluation": evaluation(y_test, logits),
        "11_published_networks": published_networks(),
        "12_summit": summit(X),
        "13_speed": speed(),
        "14_autograd": autograd(),
        "15_convolution": convolution(X),
        "playground": playground(),
        "bug_zoo": bug_zoo(X, y),
    }
    for name, inside in drawn.items():
        svg = (
            f'<svg viewBox="0 0 {W} {H}" aria-hidden="true" fill="none" stroke="currentColor" '
            f'stroke-width="2" stroke-linejoin="round">{inside}</svg>\n'
        )
        if len(svg) > LARGEST:
            raise ValueError(f"expected at most {LARGEST} bytes for {name}, found {len(svg)}")
        (TARGET / f"{name}.svg").write_text(svg, "utf-8")


if __name__ == "__main__":
    main()

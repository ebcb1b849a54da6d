"""Draw the pictures of the book from MNIST and a network.

    python book/_ext/pictures.py

The script trains the network, and writes logo.svg, star.webp and preview.jpg into book/_static. It
takes half a minute, and `make pictures` runs it. The title page places a reader's digit by the same
measures. The pictures are in the repository, since the
README shows the star too.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from nn_core import (
    MLP,
    Adam,
    accuracy,
    fit,
    load_mnist,
    train_dev_split,
)
from nn_core.lab.palette import ACCENT

STATIC = Path(__file__).parents[1] / "_static"
NIGHT = "#0b0f19"
# The order of the digits around the star: neighbours are digits that the network often confuses.
RING = [0, 2, 3, 5, 8, 1, 7, 9, 4, 6]
ANGLE = 2 * np.pi * np.argsort(RING) / len(RING) + np.pi / 2  # of the arm of each digit
REACH = 0.42  # from the middle of the star to the tip of an arm; the side of the picture is 1
# At temperature 1, nearly all digits would lie at the tips.
TEMPERATURE = 4
# The network of the pad has smaller logits than that of the tour, and is as sure with them.
PAD_TEMPERATURE = 1.3
COLOURS = plt.colormaps["hsv"](np.argsort(RING) / len(RING))[:, :3] * 0.8 + 0.2


def logo(images: np.ndarray) -> str:
    """Draw the first digit of MNIST, pixel by pixel, on a square in the accent colour."""
    cells = "".join(
        f'<rect x="{x}" y="{y}" width="1.02" height="1.02" fill-opacity="{v / 255:.2f}"/>'
        for (y, x), v in np.ndenumerate(images[0])
        if v
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-3 -3 34 34" width="68" height="68">'
        f'<rect x="-3" y="-3" width="34" height="34" rx="7" fill="{ACCENT}"/>'
        f'<g fill="#fff">{cells}</g></svg>\n'
    )


def logits_of_test_set() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the images of the test set, their labels, and the logits of the network of the tour."""
    rng = np.random.default_rng(0)
    X, y, X_test, y_test = load_mnist()
    X, y, _, _ = train_dev_split(X, y, dev_size=5_000, rng=rng)
    network = MLP((784, 256, 10), rng)
    fit(
        network,
        Adam(lr=0.002),
        X,
        y,
        epochs=10,
        batch_size=512,
        rng=rng,
    )
    Z = network.forward(X_test)
    print(f"test accuracy {accuracy(y_test, Z.argmax(axis=1)):.2%}")
    return X_test.reshape(-1, 28, 28), y_test, Z


def place(Z: np.ndarray, temperature: float = TEMPERATURE) -> np.ndarray:
    """Give the place `(n, 2)` of each digit in the star, from 0 to 1, by its logits.

    It is the mean of the tips of the arms, weighted by the probabilities of the classes.
    """
    tips = np.stack([np.cos(ANGLE), -np.sin(ANGLE)], axis=1)
    soft = np.exp((Z - Z.max(axis=1, keepdims=True)) / temperature)
    return 0.5 + REACH * (soft @ tips / soft.sum(axis=1, keepdims=True))


def star(
    images: np.ndarray,
    labels: np.ndarray,
    Z: np.ndarray,
    size: int,
) -> np.ndarray:
    """Draw each digit at its place: RGB `(size, size, 3)`, 0 to 1."""
    places = place(Z)
    canvas = np.zeros((size, size, 3))
    small = images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4))
    corner = np.round(places * size).astype(int) - 7
    # Digits with a high confidence are drawn last, on top.
    for k in np.argsort(np.linalg.norm(places - 0.5, axis=1)):
        x, y = corner[k]
        patch = canvas[y : y + 14, x : x + 14]
        ink = small[k][:, :, None]
        patch[:] = patch * (1 - 0.85 * ink) + 0.85 * ink * COLOURS[labels[k]]
    night = np.array([int(NIGHT[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.clip(canvas + night, 0, 1)


def draw(picture: np.ndarray, ax: plt.Axes) -> None:
    """Draw the star, with the digit of each arm at its tip."""
    size = len(picture)
    ax.imshow(picture)
    ax.axis("off")
    for digit, angle in enumerate(ANGLE):
        x, y = size * (0.5 + 0.468 * np.array([np.cos(angle), -np.sin(angle)]))
        ax.text(x, y, str(digit), color="white", fontsize=19, ha="center", va="center")


def main() -> None:
    """Draw all three pictures."""
    first, _, _, _ = load_mnist(raw=True)
    (STATIC / "logo.svg").write_text(logo(first), "utf-8")
    picture = star(*logits_of_test_set(), size=1000)

    fig = plt.figure(figsize=(10, 10), layout="none")
    draw(picture, fig.add_axes((0, 0, 1, 1)))
    fig.savefig(
        STATIC / "star.webp",
        dpi=80,
        facecolor=NIGHT,
        pil_kwargs={"quality": 60, "method": 6},
    )

    # Link previews have 1200 by 630 pixels.
    fig = plt.figure(figsize=(12, 6.3), layout="none")
    draw(
        picture,
        fig.add_axes((0.48, 0.01, 0.51, 0.98)),
    )
    fig.text(
        0.05,
        0.52,
        "A neural network\nfrom scratch",
        color="white",
        fontsize=40,
        weight="bold",
    )
    fig.text(
        0.05,
        0.38,
        "Handwriting, read by NumPy alone",
        color="white",
        fontsize=21,
    )
    fig.savefig(
        STATIC / "preview.jpg",
        dpi=100,
        facecolor=NIGHT,
        pil_kwargs={"quality": 85},
    )


if __name__ == "__main__":
    main()

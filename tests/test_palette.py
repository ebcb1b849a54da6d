"""Colours by meaning: every standard name has one, which reads on every page and to every eye."""

import re
from itertools import combinations

import numpy as np
import pytest
from conftest import ROOT
from matplotlib.colors import to_hex, to_rgb
from matplotlib.pyplot import rcParams

from nn_core.lab import display, palette  # noqa: F401  # the import of display sets the style
from nn_core.lab.palette import COLOURS, FAMILIES, LOOKS, line, looks_of, meaning_of
from nn_core.layers import ACTIVATIONS
from nn_core.optimizers import SGD

LIGHT, DARK = "#ffffff", "#12161d"  # the pages of the book
# How eyes without cones for red or green see light (Machado, Oliveira and Fernandes, 2009).
EYES = {
    "normal": np.eye(3),
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
}


def linear(colour):
    """Give the amounts of red, green and blue light."""
    c = np.array(to_rgb(colour))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    """Give the contrast of two colours, as WCAG defines it."""
    light, dark = sorted((linear(c) @ [0.2126, 0.7152, 0.0722] for c in (a, b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(colour, eye):
    """Give a colour in CIELAB, where distances are what an eye sees."""
    seen = np.clip(np.array(EYES[eye]) @ linear(colour), 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.cbrt(to_xyz @ seen / [0.9505, 1, 1.089])
    return np.array([116 * y, 500 * (x - y), 200 * (y - z)])


def test_colours_read_on_light_and_dark():
    for colour in COLOURS.values():
        assert contrast(colour, LIGHT) >= 3
        assert contrast(colour, DARK) >= 3


@pytest.mark.parametrize("eye", EYES)
def test_colours_differ_to_every_eye(eye):
    for a, b in combinations(COLOURS.values(), 2):
        assert np.linalg.norm(lab(a, eye) - lab(b, eye)) > 20, (a, b)


def test_the_style_has_these_colours():
    style = [to_hex(each["color"]) for each in rcParams["axes.prop_cycle"]]
    assert style == list(COLOURS.values())
    # So have the figures that the browser computes.
    css = (ROOT / "nn_core/lab/static/figures.css").read_text("utf-8")
    series = re.findall(r"\.s(\d) \{\s*--series: color-mix\(in oklab, (#\w+)", css)
    assert series == [(str(k), colour) for k, colour in enumerate(style[:5])]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_differs_in_colour_and_mark(family):
    looks = FAMILIES[family].values()
    assert {look.colour for look in looks} <= set(COLOURS.values())
    assert (
        len({look.colour for look in looks}) == len({look.marker for look in looks}) == len(looks)
    )


def test_every_standard_name_has_a_look():
    optimizers = [SGD, *SGD.__subclasses__()]
    optimizers += [each for kind in optimizers[1:] for each in kind.__subclasses__()]
    found = {kind.__name__.casefold() for kind in optimizers if "nn_core" in kind.__module__}
    assert found == {name.casefold() for name in FAMILIES["optimizers"]}
    for activation in ACTIVATIONS.keys() - {"softmax"}:  # which is no curve
        assert meaning_of(activation.replace("_", " ")), activation
    for name, look in LOOKS.items():
        assert meaning_of(name) == meaning_of(f"{name}, rate 0.1") == look
        assert meaning_of(f"bent, {name}") == look
    assert meaning_of("AdamW") != meaning_of("Adam")
    assert meaning_of("trainings") is None
    assert meaning_of("plain") is None


def test_lines_of_a_figure_differ():
    looks = looks_of(["bent, dev", "plain, dev", "another", "a third", "training"])
    assert looks[0].colour == looks[1].colour == LOOKS["dev"].colour
    assert looks[0].dashes != looks[1].dashes
    assert looks[4] == LOOKS["training"]
    assert len({(look.colour, look.dashes) for look in looks}) == 5
    assert line("dev") == {
        "label": "dev",
        "color": palette.ORANGE,
        "marker": "s",
        "linestyle": "-",
    }

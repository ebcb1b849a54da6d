"""A computation graph: values go forward, from left to right, and gradients come back."""

from collections.abc import Mapping
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Ellipse, FancyArrowPatch, FancyBboxPatch, Patch
from matplotlib.path import Path

from nn_core.lab.display import Drawn, showing
from nn_core.lab.palette import BLUE, INK, ORANGE

Graph = Mapping[str, tuple[str, ...]]
Point = tuple[float, float]

FORWARD, BACKWARD = BLUE, ORANGE
LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
ACROSS, DOWN = 1.45, 1.0  # from one node to the next, in inches
FAINT = 0.4  # the opacity of arrows that are not reached yet


def draw_graph(
    graph: Graph,
    values: Mapping[str, float],
    gradients: Mapping[str, float] | None = None,
    *,
    title: str,
    step: int | None = None,
) -> Drawn:
    """Draw operations on numbers, their values, and the gradients of the last value.

    The value of a node is above the node, `z = 6`, and its gradient below, `dz = -4`. Blue arrows
    carry values forward, and orange arrows carry gradients backward.

    Parameters
    ----------
    graph
        For each result, in the order of computation, its operation and its sources:
        `{"z": ("×", "w", "x"), "a": ("+", "z", "b")}`. Names without an entry, here `w`, `x` and
        `b`, are the inputs.
    values
        The value of each result and of each input.
    gradients
        The gradients to draw, by name.
    title
        The message of the figure.
    step
        The number of steps to draw; None draws all steps. At step 0 only the inputs have values.
        Each further step adds one result, and later one gradient, from the last name back to the
        first: `len(graph) + len(gradients)` steps in all. The latest node is highlighted.

    Raises
    ------
    ValueError
        The graph is empty, or a result has no sources, or a source that comes later. A value is
        missing, or belongs to an unknown name. A gradient is given, but not the gradient of a
        result that it depends on. `step` is out of range.
    """
    gradients = gradients or {}
    order = order_of(graph)
    check_numbers(graph, order, values, gradients)
    backward = [name for name in reversed(order) if name in gradients]
    walk = [*graph, *backward]
    if step is None:
        latest, step = "", len(walk)
    elif 0 <= step <= len(walk):
        latest = walk[step - 1] if step else ""
    else:
        raise ValueError(f"expected a step from 0 to {len(walk)}, found {step}")
    computed = {*walk[: min(step, len(graph))], *(name for name in order if name not in graph)}
    returned = walk[len(graph) : step]

    nodes, bends = layout(graph, order)
    points = [*nodes.values(), *(point for way in bends.values() for point in way)]
    right, bottom = np.max(points, axis=0) + np.array([ACROSS, DOWN]) / 2
    fig = plt.figure(figsize=(right, bottom), layout="none")
    ax = fig.add_axes((0, 0, 1, 1))
    fig.suptitle(title)
    ax.set(xlim=(0, right), ylim=(bottom, 0), aspect="equal")
    ax.axis("off")
    for target, (_, *sources) in graph.items():
        x, y = nodes[target]
        heights = np.linspace(-0.1, 0.1, len(sources)) if len(sources) > 1 else [0.0]
        for source, height in zip(sources, heights, strict=True):
            start = nodes[source][0] + half_width(graph, source), nodes[source][1]
            end = x - half_width(graph, target), y + height
            way = [start, *bends[source, target], end]
            if source not in graph:  # the arrow starts straight, so it misses the labels of the dot
                way.insert(1, (nodes[source][0] + 0.18, nodes[source][1]))
            # Values and gradients have separate lanes, so a new arrow does not move the others.
            arrow(ax, way, -0.04, FORWARD if target in computed else INK, target in computed)
            if source in returned:
                arrow(ax, way[::-1], 0.04, BACKWARD, True)
    for name, (x, y) in nodes.items():
        known, new = name in computed, name == latest
        away = 0.22 if name in graph else 0.11
        rim = INK if not new else BACKWARD if returned else FORWARD
        ax.add_patch(outline(graph, name, (x, y), rim, 2.5 if new else 1.2))
        if name in graph:
            ax.text(x, y, graph[name][0], ha="center", va="center")
        ax.text(
            x,
            y - away,
            f"{written(name)} = {number(values[name])}" if known else written(name),
            ha="center",
            va="bottom",
            fontweight="bold" if new and not returned else "normal",
        )
        if name in returned:
            ax.text(
                x,
                y + away,
                f"d{written(name)} = {number(gradients[name])}",
                ha="center",
                va="top",
                fontweight="bold" if new else "normal",
            )
    alt = [f"A graph that computes {', '.join(map(formula, graph.items()))}."]
    forth = [f"{name} = {number(values[name])}" for name in order if name in computed]
    alt.append(f"Values, forward: {', '.join(forth)}.")
    if returned:
        back = [f"d{name} = {number(gradients[name])}" for name in returned]
        alt.append(f"Gradients, backward: {', '.join(back)}.")
    return fig, " ".join(alt)


def order_of(graph: Graph) -> list[str]:
    """Give all names, each after its sources."""
    if not graph:
        raise ValueError("expected a graph with at least one operation, found none")
    order: dict[str, None] = {}
    for name, entry in graph.items():
        if len(entry) < 2:
            raise ValueError(f"expected an operation and its inputs for {name!r}, found {entry}")
        for source in entry[1:]:
            if source in graph and source not in order:
                raise ValueError(f"expected earlier sources for {name!r}, found {source!r}")
            order[source] = None
        order[name] = None
    return list(order)


def check_numbers(
    graph: Graph, order: list[str], values: Mapping[str, float], gradients: Mapping[str, float]
) -> None:
    """Raise ValueError unless the values and gradients fit the graph."""
    missing = [name for name in order if name not in values]
    if missing:
        raise ValueError(f"expected a value of each name, found none of {', '.join(missing)}")
    unknown = [name for name in (*values, *gradients) if name not in order]
    if unknown:
        raise ValueError(f"expected numbers of {', '.join(order)}, found one of {unknown[0]}")
    for result, (_, *sources) in graph.items():
        for source in sources:
            if source in gradients and result not in gradients:
                raise ValueError(
                    f"expected a gradient of {result!r}, on which the gradient of {source!r} "
                    "depends, found none"
                )


def layout(
    graph: Graph, order: list[str]
) -> tuple[dict[str, Point], dict[tuple[str, str], list[Point]]]:
    """Give the position of each node, and the points on the way of each arrow, in inches.

    A result is one column to the right of its rightmost source. An input is one column to the
    left of the first result that uses it. An arrow over several columns reserves a row in each
    column between.
    """
    column = dict.fromkeys(order, 0)
    for name, (_, *sources) in graph.items():
        column[name] = 1 + max(column[source] for source in sources)
    inputs = [name for name in order if name not in graph]
    for name in inputs:
        column[name] = min(column[k] for k, (_, *sources) in graph.items() if name in sources) - 1

    arrows = [(source, name) for name, (_, *sources) in graph.items() for source in sources]
    row: dict[str, float] = {}
    track: dict[tuple[str, str], list[float]] = {pair: [] for pair in arrows}  # row by column
    for c in range(max(column.values()) + 1):
        wanted: dict[str | tuple[str, str], float] = {}
        for name in order:
            if column[name] == c:
                ends = [track[pair][-1] for pair in arrows if pair[1] == name]
                wanted[name] = float(np.mean(ends)) if ends else float(inputs.index(name))
        wanted |= {pair: track[pair][-1] for pair in track if column[pair[0]] < c < column[pair[1]]}
        places = spread(wanted)
        row |= {name: places[name] for name in order if column[name] == c}
        for pair in track:
            if column[pair[0]] == c:
                track[pair].append(row[pair[0]])
            elif pair in places:
                track[pair].append(places[pair])

    top = min(min(row.values()), *(min(rows) for rows in track.values()))

    def point(c: int, r: float) -> Point:
        return (c + 0.5) * ACROSS, (r - top + 0.5) * DOWN

    nodes = {name: point(column[name], row[name]) for name in order}
    bends = {
        pair: [point(column[pair[0]] + k, r) for k, r in enumerate(rows) if k > 0]
        for pair, rows in track.items()
    }
    return nodes, bends


def spread(wanted: dict[str | tuple[str, str], float]) -> dict[str | tuple[str, str], float]:
    """Move items that are closer than a row apart, and keep the mean."""
    places: dict[str | tuple[str, str], float] = {}
    last = -np.inf
    for key in sorted(wanted, key=lambda key: wanted[key]):
        last = places[key] = max(wanted[key], last + 1)
    shift = float(np.mean(list(places.values())) - np.mean(list(wanted.values())))
    return {key: place - shift for key, place in places.items()}


def half_width(graph: Graph, name: str) -> float:
    """Give half the width of a node, in inches."""
    return 0.13 + 0.05 * len(graph[name][0]) if name in graph else 0.05


def outline(graph: Graph, name: str, at: Point, colour: str, linewidth: float) -> Patch:
    """Make the outline of a node: a box for an operation, a dot for an input."""
    (x, y), half = at, half_width(graph, name)
    if name not in graph:
        return Ellipse(at, 2 * half, 2 * half, fc=INK, ec=colour, lw=linewidth)
    box = "round,pad=0,rounding_size=0.17"
    corner = (x - half, y - 0.17)
    return FancyBboxPatch(corner, 2 * half, 0.34, box, fc="none", ec=colour, lw=linewidth)


def arrow(ax: Axes, points: list[Point], lane: float, colour: str, reached: bool) -> None:
    """Draw a curve through `points`, horizontal at each point, with a head at its end."""
    # The lane runs beside the way, at the same distance where the way is flat and steep.
    at = [(x, y + lane) for x, y in points]
    vertices, codes = [at[0]], [Path.MOVETO]
    for (x0, y0), (x1, y1) in pairwise(at):
        aside = -lane * np.sign((y1 - y0) * (x1 - x0))
        # A larger step makes the curve steeper, so it passes between the labels.
        steep = (x1 - x0) / 2 * min(abs(y1 - y0) / (DOWN / 2), 1)
        middle = (x0 + x1) / 2 + aside
        vertices += [(middle + steep, y0), (middle - steep, y1), (x1, y1)]
        codes += [Path.CURVE4] * 3
    ax.add_patch(
        FancyArrowPatch(
            path=Path(vertices, codes),
            arrowstyle="-|>",
            mutation_scale=9,
            linewidth=1.5,
            color=colour,
            alpha=1 if reached else FAINT,
        )
    )


def written(name: str) -> str:
    """Write a name as the text does: v₁ for v1."""
    return name.translate(LOWERED)


def number(value: float) -> str:
    """Write a number with three digits and a true minus sign; -0 becomes 0."""
    return f"{value + 0.0:.3g}".replace("-", "−")


def formula(entry: tuple[str, tuple[str, ...]]) -> str:
    """Write a result, its operation and its sources: `z = w × x`, `L = square(e)`."""
    name, (operation, *sources) = entry
    if len(sources) > 1 and not operation.isalpha():
        return f"{name} = {f' {operation} '.join(sources)}"
    return f"{name} = {operation}({', '.join(sources)})"


show_graph = showing(draw_graph)

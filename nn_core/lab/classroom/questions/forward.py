"""Questions on the chapters 00 to 03: the tour, data, the forward pass and losses."""

from itertools import pairwise

import numpy as np

from nn_core.lab.classroom.questions.question import Draft, pick, question, whole
from nn_core.network import MLP


@question("01", "Sixteen bytes", kind="paper", points=4, minutes=5)
def sixteen_bytes(rng: np.random.Generator) -> Draft:
    """Read the header of a file, and count its batches."""
    count, side, size = (
        int(rng.integers(260, 9000)),
        int(rng.integers(8, 40)),
        pick(rng, 32, 50, 64),
    )
    head = bytes([0, 0, 8, 3]) + np.array([count, side, side], ">u4").tobytes()
    return Draft(
        """
        A file begins with `«head»`, sixteen bytes in base 16. How many pictures does it hold
        (`pictures`), and how many bytes has it (`size`)? In how many batches of «batch» does an
        epoch go through it (`batches`), and how many pictures are in the last one (`last`)?
        """,
        """
        The fourth byte says: three dimensions. Four bytes each, the first one counts most: there
        are «pictures» pictures of «side» by «side», one byte per pixel. With the header that is
        $16 + «pictures» \\cdot «side»^2 = «size»$ bytes. «batches» batches, the last with «last».
        """,
        {
            "pictures": count,
            "size": 16 + count * side**2,
            "batches": -(-count // size),
            "last": (count - 1) % size + 1,
        },
        {"head": head.hex(" "), "side": side, "batch": size},
        {
            "the last byte counts most": {
                "pictures": int.from_bytes(head[4:8], "little"),
            },
            "the header left out": {"size": count * side**2},
            "the last, shorter batch left out": {"batches": count // size},
        },
    )


@question("02", "Two layers are one", kind="paper", points=5, minutes=6)
def two_layers_are_one(rng: np.random.Generator) -> Draft:
    """Multiply two layers out."""
    W1, b1, W2, b2 = whole(rng, (2, 2)), whole(rng, 2), whole(rng, (2, 1)), int(whole(rng)) / 2
    return Draft(
        r"""
        Two dense layers have no activation between them, with $W_1 = «W1»$, $b_1 = «b1»$,
        $W_2 = «W2»$ and $b_2 = «b2»$. Show that one layer does the same, and give its $W$ and $b$
        (`W`, `b`). Why does ReLU between them change that?
        """,
        r"""
        $(X W_1 + b_1) W_2 + b_2 = X\, (W_1 W_2) + (b_1 W_2 + b_2)$. So $W = «W»$ and $b = «b»$.
        With ReLU, what passes depends on the signs of $X W_1 + b_1$, so no single matrix does the
        same for all $X$.
        """,
        {"W": W1 @ W2, "b": (b1 @ W2).item() + b2},
        {"W1": W1, "b1": b1, "W2": W2, "b2": b2},
        {
            "the first layer transposed": {"W": W1.T @ W2},
            "the first biases left out": {"b": b2},
            "the biases added": {"b": b1.sum() + b2},
        },
    )


@question("02, 04", "Counting parameters", kind="paper", points=4, minutes=5)
def counting_parameters(rng: np.random.Generator) -> Draft:
    """Count parameters, and what their numerical gradient takes."""
    sizes = [784, *(10 * int(k) for k in rng.choice(np.arange(2, 30), 2, replace=False)), 10]
    count = MLP(tuple(sizes), rng).theta.size
    layers = list(pairwise(sizes))
    return Draft(
        r"""
        A network «sizes». How many parameters has it (`parameters`)? How many losses does its
        gradient take by central differences (`losses`)? What does backpropagation need instead?
        """,
        r"""
        $«sum» = «parameters»$: each unit has its weights and one bias. Two losses for each make
        $«losses»$. Backpropagation needs about as much as two or three forward passes.
        """,
        {"parameters": count, "losses": 2 * count},
        {
            "sizes": "-".join(map(str, sizes)),
            "sum": " + ".join(rf"{i + 1} \cdot {o}" for i, o in layers),
        },
        {
            "biases left out": {"parameters": sum(i * o for i, o in layers)},
            "a bias for each input": {"parameters": sum(i * (o + 1) for i, o in layers)},
            "one loss for each": {"losses": count},
        },
    )

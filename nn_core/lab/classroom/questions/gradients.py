"""Questions on the chapters 04 to 07: both ways to a gradient, training and initialization."""

import numpy as np

from nn_core.gradcheck import relative_error
from nn_core.lab.classroom.questions.question import (
    Draft,
    Rng,
    bracketed,
    choices,
    hunt,
    pick,
    question,
    whole,
)
from nn_core.layers import dense_backward, dense_forward, relu_backward, relu_forward


@question("04", "Two differences", "paper", 6, 7, accepts=0.002)
def two_differences(rng: Rng) -> Draft:
    """Measure a slope from one side and from both."""
    a, n, x, h = (
        pick(rng, 2, 3, 5),
        pick(rng, 3, 4),
        pick(rng, 1, 2, 3),
        pick(rng, 0.1, 0.2, 0.5),
    )

    def f(x: float) -> float:
        return a * x**n

    slope, one, central = n * f(x) / x, (f(x + h) - f(x)) / h, (f(x + h) - f(x - h)) / (2 * h)
    return Draft(
        r"""Let $f(x) = «a» x^«n»$ and $x = «x»$. Give the slope (`slope`), the one-sided
        difference (`one_sided`) and the central difference (`central`) with $h = «h»$. Show
        from Taylor's formula how each error depends on $h$. What is the error of the central
        one with a tenth of the step (`error`)?""",
        r"""The slope is $«slope»$, the differences are $«one_sided»$ and $«central»$. In $f(x
        \pm h)$ the terms with even powers of $h$ cancel in the central difference, so its error
        is about $\frac{h^2}{6} f'''$; one-sided it is about $\frac{h}{2} f''$. With a tenth of
        the step the error of the central one is a hundredth, $«error»$. (Numbers 2, derivation
        3, last part 1.)""",
        {"slope": slope, "one_sided": one, "central": central, "error": (central - slope) / 100},
        {"a": a, "n": n, "x": x, "h": h},
        {
            "divided by h, not by 2h": {"central": 2 * central},
            "from the left": {"one_sided": (f(x) - f(x - h)) / h},
            "a tenth of the error": {"error": (central - slope) / 10},
        },
    )


@question("04", "The best step", "paper", 5, 6)
def the_best_step(rng: Rng) -> Draft:
    """Balance two errors."""
    a, b = int(rng.integers(1, 10)), int(rng.integers(1, 10)) * 10.0 ** -int(rng.integers(10, 16))
    h = (b / (2 * a)) ** (1 / 3)
    return Draft(
        r"""With the step $h$ a central difference is off by about $«a» h^2 + «b» / h$.
        Where do the two parts come from? Derive the best step (`best`), and give the error
        there (`least`). How many times as large is it at $h = 10^{-9}$ (`ratio`)?""",
        r"""The first part is the rest of Taylor's formula, the second one rounding: $f$ is off
        by a few units in its last place, and is divided by $2h$. The derivative $«twice» h
        - «b» / h^2$ is zero at $h = \sqrt[3]{«b» / «twice»} = «best»$, where the error is
        $«least»$. With $h = 10^{-9}$ it is $«small»$, which is $«ratio»$ times as much: smaller
        is not better. (Origin 1, derivation 2, numbers 2.)""",
        {
            "best": h,
            "least": a * h**2 + b / h,
            "ratio": (a * 1e-18 + b / 1e-9) / (a * h**2 + b / h),
        },
        {"a": a, "b": b, "twice": 2 * a, "small": a * 1e-18 + b / 1e-9},
        {
            "both parts made equal": {"best": (b / a) ** (1 / 3)},
            "the square root": {"best": (b / (2 * a)) ** 0.5},
            "one part left out": {"least": b / h},
        },
    )


@question("04", "Next to a kink", "paper", 5, 5)
def next_to_a_kink(rng: Rng) -> Draft | None:
    """Measure a slope across a kink."""
    c, k = int(rng.integers(2, 40)), int(rng.integers(-9, 10)) / 10
    h = pick(rng, 0.01, 0.001, 0.0001)
    if abs(k) < 0.15:
        return None
    slope, found = (c if k > 0 else 0), c * (k + 1) / 2
    return Draft(
        r"""Let $f(x) = «c» \max(x, 0)$ and $x = «x»$. Which slope does backpropagation give
        (`slope`), and which one the central difference with $h = «h»$ (`found`)? What is the
        relative error $\frac{|a - b|}{|a| + |b|}$ of the two (`error`)? Is the code wrong, and
        what do you do?""",
        r"""$x$ is «side» zero, so the slope is $«slope»$. The difference reaches over the kink:
        $\frac{«c» (x + h) - 0}{2h} = «found»$. The relative error is $«error»$. The code is right;
        the two points lie on different sides of the kink. Take a smaller step, or check at another
        place. (Slopes 3, error 1, judgement 1.)""",
        {
            "slope": slope,
            "found": found,
            "error": relative_error(np.array([float(slope)]), np.array([found])),
        },
        {"c": c, "h": h, "x": round(k * h, 7), "side": "above" if k > 0 else "below"},
        {
            "no kink between": {"found": c if k > 0 else 0},
            "the mean of both slopes": {"found": c / 2},
        },
    )


@question("04", "A numerical gradient", "code", 5, 8)
def numerical_gradient_with_a_bug(rng: Rng) -> Draft:
    """Find what is wrong with a numerical gradient."""
    a, b, c = (int(number) for number in whole(rng, 3, 2, 6))
    given = {"a": a, "b": b, "c": c, "x": whole(rng, 2), "h": pick(rng, 0.1, 0.5)}
    return hunt(
        rng,
        """
        def gradient(f, x, h):
            grad = np.zeros(len(x))
            for i in range(len(x)):
                kept = x[i]
                x[i] = kept + h
                above = f(x)
                x[i] = kept - h
                below = f(x)
                x[i] = kept
                grad[i] = (above - below) / (2 * h)
            return grad""",
        [
            ("x[i] = kept", "kept = x[i]",
             "The entry is not put back: all later differences are taken at another place."),
            ("grad[i] = (above - below) / (2 * h)", "grad[i] = (above - below) / h",
             "From $x - h$ to $x + h$ the way is $2h$: every slope is twice what it should be."),
            ("x[i] = kept - h", "x[i] -= h",
             "The entry is $x + h$ by then. One $h$ less leads back to $x$: half the way."),
            ("grad[i] = (above - below) / (2 * h)", "grad[i] = (below - above) / (2 * h)",
             "The sign is turned: that is the way down, and not the slope."),
        ],
        r"$f(x) = «a» x_0^2 + «b» x_0 x_1 + «c» x_1^2$ is called with `x` $= «x»$ and `h` $= «h»$.",
        lambda f: f(
            lambda x: a * x[0] ** 2 + b * x[0] * x[1] + c * x[1] ** 2,
            given["x"].astype(float),
            given["h"],
        ),
        given,
    )  # fmt: skip


@question("04, zoo", "A report of the check", "claim", 5, 6)
def report_of_the_check(rng: Rng) -> Draft:
    """Read what a gradient check says."""
    layers, c = pick(rng, 4, 5), int(rng.integers(3, 17))
    broken = int(rng.integers(2, layers))
    error = (c - 1) / (c + 1)
    small = [f"{rng.integers(1, 9)} \\cdot 10^{{-{rng.integers(8, 12)}}}" for _ in range(layers)]
    large = [f"{rng.uniform(0.2, 0.9):.2f}" for _ in range(layers)]
    row_a = " | ".join(f"${(large if k < broken else small)[k]}$" for k in range(layers))
    return Draft(
        """A gradient check of a network with «layers» layers, with a batch of «factor»
        examples:

        | network | «head» |
        |---|«rule»
        | A | «row_a» |
        | B | «row_b» |

        "In A the first layer is wrong, since its error stands first." Which layer's gradient is
        the first to be wrong on the walk back (`layer`)? By which factor are the gradients of B
        too long or too short (`factor`), and what was forgotten? Name two bugs that leave such
        a report spotless.""",
        r"""The walk begins at the last layer, so layer «layer» is the first to be wrong, and
        those before it inherit its error. In B $\frac{c - 1}{c + 1} = «error»$ gives $c =
        «factor»$, the batch size: 1/N was forgotten, or taken twice. Spotless: pictures and
        labels out of step, all weights zero, training pictures in the dev set, a rate that is
        too large. (Layer 2, factor 2, two bugs 1.)""",
        {"layer": broken, "factor": c},
        {
            "layers": layers,
            "head": " | ".join(f"layer {k + 1}" for k in range(layers)),
            "rule": "---|" * layers,
            "row_a": row_a,
            "row_b": " | ".join([f"{error:.4f}"] * layers),
            "error": round(error, 4),
        },
        {"the first in the table": {"layer": 1}, "the last right one": {"layer": broken + 1}},
    )


@question("05", "Back through a graph", "paper", 6, 7)
def back_through_a_graph(rng: Rng) -> Draft:
    """Walk a graph of numbers back."""
    a, b, c, k = (int(number) for number in [*whole(rng, 3, -3, 5), rng.integers(2, 6)])
    s = a * b - c
    return Draft(
        r"""Let $L = (a b - c)^2 + «k» a$, with $a = «a»$, $b = «b»$ and $c = «c»$. Draw the
        graph, walk forward (`L`), then back. Give $\mathrm{d}a$, $\mathrm{d}b$ and
        $\mathrm{d}c$ (`da`, `db`, `dc`). Where do you add?""",
        r"""Forward: $ab = «ab»$, the difference is $«s»$, $L = «L»$. Back: the difference gets
        $2 \cdot «s_in» = «ds»$, so $\mathrm{d}c = «dc»$, and the product gets $«ds»$. Then
        $\mathrm{d}b = «a» \cdot «ds_in» = «db»$. Two arrows come back to $a$:
        $«b» \cdot «ds_in» = «through»$ through the product and $«k»$ through the sum, so
        $\mathrm{d}a = «da»$. (Graph 1, forward 1, gradients 3, addition 1.)""",
        {"L": s**2 + k * a, "da": 2 * s * b + k, "db": 2 * s * a, "dc": -2 * s},
        {
            "a": a,
            "b": b,
            "c": c,
            "k": k,
            "ab": a * b,
            "s": s,
            "ds": 2 * s,
            "through": 2 * s * b,
            "s_in": bracketed(s),
            "ds_in": bracketed(2 * s),
        },
        {
            "one path only": {"da": 2 * s * b},
            "the paths multiplied": {"da": 2 * s * b * k},
            "its own factor": {"db": 2 * s * b},
            "the sign forgotten": {"dc": 2 * s},
        },
    )


@question("05", "A dense layer", "paper", 6, 7)
def a_dense_layer(rng: Rng) -> Draft:
    """Compute the gradients of a layer."""
    X, W, dZ = whole(rng, (2, 2)), whole(rng, (2, 1)), whole(rng, (2, 1))
    dX, dW, db = dense_backward(dZ, X, W)
    return Draft(
        r"""$X = «X»$, $W = «W»$ and $\mathrm{d}Z = «dZ»$. Derive $\mathrm{d}W = X^\top
        \mathrm{d}Z$ from $Z_{nj} = \sum_i X_{ni} W_{ij} + b_j$, and compute $\mathrm{d}W$,
        $\mathrm{d}b$ and $\mathrm{d}X$ (`dW`, `db`, `dX`). Why is nothing divided by $N$?""",
        r"""$W_{ij}$ is used by all examples, with the factor $X_{ni}$, and contributions add:
        $\mathrm{d}W_{ij} = \sum_n X_{ni}\, \mathrm{d}Z_{nj}$, which is $X^\top \mathrm{d}Z$.
        Numbers: $\mathrm{d}W = «dW»$, $\mathrm{d}b = «db»$, $\mathrm{d}X = \mathrm{d}Z\, W^\top
        = «dX»$. 1/N entered at the loss, and $\mathrm{d}Z$ contains it already. (Derivation 2,
        arrays 3, no division 1.)""",
        {"dW": dW, "db": db, "dX": dX},
        {"X": X, "W": W, "dZ": dZ},
        {
            "without the transpose": {"dW": X @ dZ},
            "means, not sums": {"dW": dW / 2, "db": db / 2},
            "the two columns exchanged": {"dX": dZ @ W[::-1].T},
        },
    )


@question("05", "The walk back", "code", 5, 8)
def walk_back_with_a_bug(rng: Rng) -> Draft:
    """Find what is wrong with the way back through a layer."""
    given = {"dZ": whole(rng, (2, 2), -2, 3), "X": whole(rng, (2, 2)), "W": whole(rng, (2, 2))}
    return hunt(
        rng,
        """
        def backward(dZ, X, W):
            dW = X.T @ dZ
            db = dZ.sum(axis=0)
            dX = dZ @ W.T
            return dX, dW, db""",
        [
            ("dW = X.T @ dZ", "dW = X @ dZ",
             "The sum must run over the examples. Square arrays hide it: all shapes fit."),
            ("dW = X.T @ dZ", "dW = X.T @ dZ / len(X)",
             "`dZ` contains 1/N already, so the gradient is too short."),
            ("db = dZ.sum(axis=0)", "db = dZ.mean(axis=0)",
             "`dZ` contains 1/N already; contributions add up."),
            ("db = dZ.sum(axis=0)", "db = dZ.sum(axis=1)",
             "A bias belongs to a unit, so the sum runs over the examples."),
            ("dX = dZ @ W.T", "dX = dZ @ W",
             "Each input gets its part along its own row of `W`. A square `W` hides it."),
        ],
        """It is called with `dZ` $= «dZ»$, `X` $= «X»$ and `W` $= «W»$. Write `dX`, `dW` and
        `db` as one list of ten numbers, row after row.""",
        lambda f: np.concatenate([np.ravel(array) for array in f(**given)]),
        given,
    )  # fmt: skip


@question("05", "Two examples, one of them off", "paper", 6, 8)
def two_examples(rng: Rng) -> Draft | None:
    """Go forward and back through one unit."""
    x, t = whole(rng, (2, 1)), whole(rng, (2, 1), 1, 5)
    w, b = whole(rng, (1, 1)), whole(rng, 1, -2, 2)
    Z = dense_forward(x, w, b)
    A = relu_forward(Z)
    if np.sum(Z > 0) != 1 or not Z.all() or (t == A).any():
        return None
    dA = A - t  # of the mean over two examples of the squared distance
    _, dW, db = dense_backward(relu_backward(dA, A), x, w)
    _, wrong_dW, wrong_db = dense_backward(dA, x, w)
    return Draft(
        r"""One unit with ReLU has $w = «w»$ and $b = «b»$. Two examples have the inputs $x =
        «x»$ and the targets $t = «t»$; the loss is $L = \frac12 \sum_n (a_n - t_n)^2$, a mean
        over both. Give the outputs (`a`), the loss (`L`), and the slopes $\mathrm{d}w$ and
        $\mathrm{d}b$ (`dw`, `db`). Which example teaches the unit nothing, and why?""",
        r"""The sums are $«Z»$, so $a = «a»$ and $L = «L»$. $\mathrm{d}a = a - t = «dA»$. Where
        the sum is below zero, ReLU has the slope 0, and nothing goes back. The other example is
        left: $\mathrm{d}w = «dw»$, $\mathrm{d}b = «db»$. (Forward 2, loss 1, slopes 2, reason
        1.)""",
        {"a": A, "L": float(np.sum((A - t) ** 2) / 2), "dw": dW, "db": db},
        {"x": x, "t": t, "w": w, "b": b, "Z": Z, "dA": dA},
        {
            "ReLU's slope forgotten": {"dw": wrong_dW, "db": wrong_db},
            "without ReLU": {"a": Z},
            "the half of the loss left out": {"dw": 2 * dW},
        },
    )


@question("05", "The shapes of gradients", "shape", 4, 4)
def shapes_of_gradients(rng: Rng) -> Draft:
    """Predict the shapes of the gradients of a network."""
    N, D, H, K = (int(size) for size in rng.choice(np.arange(12, 400), 4, replace=False))
    return Draft(
        r"""A network «D»-«H»-«K» gets a batch of «N» examples. Give the shapes of the gradients
        $\mathrm{d}Z_2$ at the logits (`dZ2`), $\mathrm{d}W_2$ (`dW2`), $\mathrm{d}b_2$ (`db2`) and
        $\mathrm{d}A_1$ (`dA1`). Which of the four sizes can you exchange without any shape of a
        *parameter's* gradient changing?""",
        r"""A gradient has the shape of its array: $«dZ2»$, $«dW2»$, $«db2»$, $«dA1»$. Only the
        number of examples: the sum over them is in $X^\top \mathrm{d}Z$ and in $\mathrm{d}b$.
        (Shapes 3, number of examples 1.)""",
        {
            "dZ2": (N, K),
            "dW2": (H, K),
            "db2": (K,),
            "dA1": (N, H),
        },
        {"N": N, "D": D, "H": H, "K": K},
        {
            "examples as columns": {"dZ2": (K, N), "dW2": (K, H), "dA1": (H, N)},
            "one for each example": {"db2": (N, K), "dW2": (N, H, K)},
        },
    )


@question("06", "Which rates work?", "paper", 5, 6)
def which_rates_work(rng: Rng) -> Draft | None:
    """Descend into a parabola."""
    a, start = int(rng.integers(1, 9)), int(whole(rng, 1, -4, 5)[0])
    factor = pick(rng, -0.8, -0.6, -0.5, -0.4, -0.2, 0.2, 0.4, 0.5, 0.6, 0.8)
    lr = (1 - factor) / (2 * a)
    if round(lr, 4) != lr:
        return None
    return Draft(
        r"""Gradient descent on $f(w) = «a» w^2$. Derive by what a step multiplies $w$. Below
        which rate does it converge (`bound`), and which rate is best (`best`)? Take three steps
        from $w = «start»$ with $\eta = «lr»$ (`visited`).""",
        r"""The slope is $«slope» w$, so $w \leftarrow (1 - «slope» \eta)\, w$. It converges while
        $|1 - «slope» \eta| < 1$, so for rates below $«bound»$. The best is $«best»$: one step. With
        $«lr»$ the factor is $«factor»$, and you visit $«visited»$.
        (Factor 2, bound 1, best 1, steps 1.)""",
        {"bound": 1 / a, "best": 1 / (2 * a), "visited": start * factor ** np.arange(1, 4)},
        {"a": a, "start": start, "lr": lr, "factor": factor, "slope": 2 * a},
        {
            "the slope taken at the start": {
                "visited": start * (1 - (1 - factor) * np.arange(1, 4))
            },
            "the 2 of the slope forgotten": {
                "bound": 2 / a,
                "best": 1 / a,
                "visited": start * (1 - lr * a) ** np.arange(1, 4),
            },
            "up, not down": {"visited": start * (2 - factor) ** np.arange(1, 4)},
        },
    )


@question("06", "How many pictures for a step?", "paper", 5, 6)
def pictures_for_a_step(rng: Rng) -> Draft:
    """Compute how far the gradient of a batch is off."""
    root, small, times = (
        int(rng.integers(5, 40)),
        pick(rng, 2, 3, 4, 5, 6, 8),
        pick(rng, 2, 3, 4, 5),
    )
    V, B, C = root**2, small**2, (small * times) ** 2
    return Draft(
        r"""The squared error of a single picture's gradient is $V = «V»$ on average. Derive the
        squared error of the mean over $B$ pictures, drawn independently. How far is the
        direction typically off for $B = «B»$ (`first`) and for $B = «C»$ (`second`)? How many
        times as much work is the second (`work`), and what do you get for it?""",
        r"""The error is the mean of $B$ single errors. In its mean square, all products of two
        different ones vanish, since each is zero on average, and $B$ terms $\frac{V}{B^2}$ are
        left: $\frac{V}{B}$. So it is typically off by $\sqrt{V / B}$: $«first»$ and $«second»$.
        For «work» times the work the direction is «times» times as exact. (Derivation 3,
        numbers 1, judgement 1.)""",
        {"first": root / small, "second": root / (small * times), "work": times**2},
        {"V": V, "B": B, "C": C, "times": times},
        {
            "the root forgotten": {"first": V / B, "second": V / C},
            "no division": {"first": float(root)},
            "the root of the work": {"work": times},
        },
    )


@question("06", "Steps and epochs", "paper", 4, 5)
def steps_and_epochs(rng: Rng) -> Draft:
    """Count the steps of a training."""
    N, B, epochs = (
        100 * int(rng.integers(50, 600)),
        pick(rng, 32, 64, 128, 256),
        int(rng.integers(3, 30)),
    )
    per_epoch = -(-N // B)
    return Draft(
        """«N» pictures, batches of «B», «epochs» epochs. How many steps has the training
        (`steps`), and how many pictures has the last batch of an epoch (`last`)? With batches
        of «four» and as many epochs, how many steps are there (`fewer`)? How many epochs would
        then give about as many steps as before (`longer`, rounded)?""",
        """An epoch has $«N» / «B»$ steps, rounded up: «per_epoch», and the training «steps».
        The last batch has «last». With «four» there are «fewer». For as many steps as before it
        takes «longer» epochs: each step looks at four times as many pictures. (One for each.)""",
        {
            "steps": epochs * per_epoch,
            "last": (N - 1) % B + 1,
            "fewer": epochs * -(-N // (4 * B)),
            "longer": round(epochs * per_epoch / -(-N // (4 * B))),
        },
        {"N": N, "B": B, "epochs": epochs, "four": 4 * B, "per_epoch": per_epoch},
        {
            "the last batch left out": {"steps": epochs * (N // B)},
            "one epoch": {"steps": per_epoch},
            "what is missing": {"last": -N % B},
            "fewer epochs": {"longer": round(epochs / 4)},
        },
    )


@question("06", "A mean over batches", "code", 5, 7)
def mean_of_means(rng: Rng) -> Draft:
    """Find what is wrong with the mean loss of an epoch."""
    size = pick(rng, 2, 3)
    N = size * int(rng.integers(1, 3)) + int(rng.integers(1, size))
    given = {"losses": rng.choice(np.arange(1, 30), N, replace=False) / 10, "size": size}
    return hunt(
        rng,
        """
        def mean_loss(losses, size):
            total = 0.0
            for start in range(0, len(losses), size):
                part = losses[start : start + size]
                total += part.mean() * len(part)
            return total / len(losses)""",
        [
            ("total += part.mean() * len(part)", "total += part.mean() * size",
             "The last batch is shorter and must count for as many examples as it has."),
            ("for start in range(0, len(losses), size):",
             "for start in range(0, len(losses) - size + 1, size):",
             "The last, shorter batch is left out, and the sum is divided by all."),
            ("total += part.mean() * len(part)", "total = part.mean() * len(part)",
             "Only the last batch is kept."),
            ("return total / len(losses)", "return total / size",
             "The sum runs over all examples, so it must be divided by their number."),
        ],
        "`losses` is $«losses»$ and `size` is «size».",
        lambda f: f(**given),
        given,
    )  # fmt: skip


@question("06", "The loss rose", "claim", 5, 6)
def the_loss_rose(rng: Rng) -> Draft | None:
    """Say whether a step too far explains that the loss rose."""
    c, g, k = int(rng.integers(2, 41)), int(whole(rng, 1, -6, 6)[0]), int(rng.integers(5, 36)) / 10
    lr = k / c
    if not abs(k - 2) > 0.15 or f"{lr:.4f}".rstrip("0") != f"{lr:.6f}".rstrip("0"):
        return None
    return Draft(
        r""""After one step the loss had risen. So the gradient has the wrong sign." Near the
        weights the loss along the step is $L(w) = L_0 + g\,w + \frac{c}{2} w^2$, with the slope
        $g = «g»$ and the curvature $c = «c»$; the rate is $\eta = «lr»$, and the step $w =
        -\eta g$. By how much should the loss change (`change`)? Below which rate does it fall
        (`bound`)? Can a right gradient explain what was seen (`can`, yes or no)? What do you
        try next?""",
        r"""The change is $-\eta g^2 + \frac{c}{2} \eta^2 g^2 = «change»$. It is negative below
        $\eta = \frac{2}{c} = «bound»$. Can a right gradient explain a rise: «can». «next»
        (Change 2, bound 1, verdict 1, next step 1.)""",
        {
            "change": g * -lr * g + c / 2 * (lr * g) ** 2,
            "bound": 2 / c,
            "can": "yes" if k > 2 else "no",
        },
        {
            "c": c,
            "g": g,
            "lr": lr,
            "next": "The step went beyond the valley. Take a tenth of the rate."
            if k > 2
            else "With this rate a right gradient makes it fall. Check the gradient.",
        },
        {
            "the curvature left out": {"change": -lr * g**2},
            "the half forgotten": {"change": -lr * g**2 + c * (lr * g) ** 2, "bound": 1 / c},
        },
    )


@question("07", "Layers of signal", "paper", 6, 8)
def layers_of_signal(rng: Rng) -> Draft:
    """Follow a signal through layers with ReLU."""
    n, std, layers = (
        10 * int(rng.integers(5, 41)),
        pick(rng, 0.02, 0.05, 0.1, 0.2),
        pick(rng, 4, 5, 6, 8),
    )
    factor = n * std**2 / 2
    return Draft(
        r"""«layers» layers of «n» units with ReLU, biases zero, weights with mean 0 and
        standard deviation «std». Derive by what one layer multiplies the mean square of what
        passes through (`factor`). Inputs have the mean square 1: what is the *size* behind all
        layers (`size`)? Which standard deviation does He's rule ask for (`he`)?""",
        r"""$\mathrm{Var}(z) = n_{\text{in}} \mathrm{Var}(w)\, \mathrm{E}[x^2]$, with $«n» \cdot
        «std»^2 = «product»$. ReLU halves the mean square, since $z$ and $-z$ are equally
        probable: $«factor»$ for each layer. Behind «layers» it is $«factor»^{«layers»}$, and
        the size its root: $«size»$. He: $\sqrt{2 / «n»} = «he»$. (Derivation 3, size 2, He 1.)""",
        {"factor": factor, "size": factor ** (layers / 2), "he": (2 / n) ** 0.5},
        {"n": n, "std": std, "layers": layers, "product": n * std**2},
        {
            "without the half": {"factor": 2 * factor},
            "the mean square for the size": {"size": factor**layers},
            "the variance": {"he": 2 / n},
            "Glorot's": {"he": (1 / n) ** 0.5},
        },
    )


@question("07", "Two rules", "paper", 4, 5)
def two_rules(rng: Rng) -> Draft:
    """Compute what Glorot and He ask for."""
    i, o = (int(size) for size in 10 * rng.choice(np.arange(3, 80), 2, replace=False))
    return Draft(
        r"""A layer has «i» inputs and «o» units. Give the standard deviation that Glorot's rule
        asks for (`glorot`), and that of He's (`he`). Drawn uniformly from $-w_{\max}$ to
        $w_{\max}$, what is $w_{\max}$ for He's rule (`limit`)? Which rule belongs to ReLU, and
        why?""",
        r"""Glorot: $\sqrt{2 / («i» + «o»)} = «glorot»$. He: $\sqrt{2 / «i»} = «he»$. A uniform
        distribution has the variance $w_{\max}^2 / 3$, so $w_{\max} = \sqrt{6 / «i»} =
        «limit»$. He's: ReLU halves the mean square, and the 2 makes up for it. (One for each.)""",
        {"glorot": (2 / (i + o)) ** 0.5, "he": (2 / i) ** 0.5, "limit": (6 / i) ** 0.5},
        {"i": i, "o": o},
        {
            "variances": {"glorot": 2 / (i + o), "he": 2 / i},
            "outputs for inputs": {"he": (2 / o) ** 0.5, "limit": (6 / o) ** 0.5},
            "the limit taken for the deviation": {"limit": (2 / i) ** 0.5},
        },
    )


@question("07", "A start", "code", 5, 7)
def start_with_a_bug(rng: Rng) -> Draft:
    """Find what is wrong with an initializer."""
    shape = pick(rng, (3, 2), (2, 3), (4, 2), (2, 4))
    given = {"U": rng.integers(0, 9, shape) / 8}
    return hunt(
        rng,
        """
        def he_uniform(U):
            fan_in, fan_out = U.shape
            limit = np.sqrt(6 / fan_in)
            return limit * (2 * U - 1)""",
        [
            ("limit = np.sqrt(6 / fan_in)", "limit = np.sqrt(6 / fan_out)",
             "What counts is how many inputs a unit adds up, and not how many units there are."),
            ("limit = np.sqrt(6 / fan_in)", "limit = 6 / fan_in",
             "That is the square of the limit: the root is missing."),
            ("limit = np.sqrt(6 / fan_in)", "limit = np.sqrt(2 / fan_in)",
             r"That is the standard deviation. A uniform distribution ends at $\sqrt3$ of these."),
            ("return limit * (2 * U - 1)", "return limit * U",
             "All weights are positive, so their mean is not 0, and units are much alike."),
        ],
        """The weights should be uniform, with the variance of He's rule. `U` holds numbers that
        were drawn from 0 to 1, with a column for each unit: $«U»$.""",
        lambda f: f(**given),
        given,
    )  # fmt: skip


@question("07", "A scale that multiplies", "paper", 5, 6)
def a_scale_that_multiplies(rng: Rng) -> Draft:
    """Follow a small mistake of scale through many layers."""
    layers, percent = int(rng.integers(10, 51)), pick(rng, -40, -30, -20, -10, 10, 20, 30, 50)
    scale = 1 + percent / 100
    return Draft(
        r"""All weights of a network with «layers» layers and ReLU are «scale» times as large as
        He's rule asks for. By what is the size of the signal multiplied on its way (`signal`)?
        After how many layers has it changed by a factor of at least 10, up or down (`ten`)?
        What happens to the gradient of the first layer's output?""",
        r"""He's rule keeps the size, so each layer multiplies it by «scale»:
        $«scale»^{«layers»} = «signal»$. $«ten»$ layers are enough for a factor of 10, since
        $\log 10 / |\log «scale»| = «exact»$. On the way back each layer multiplies by the same
        factor, so the gradient vanishes or explodes as the signal does. (Signal 2, layers 2,
        gradient 1.)""",
        {"signal": scale**layers, "ten": int(np.ceil(np.log(10) / abs(np.log(scale))))},
        {"layers": layers, "scale": scale, "exact": np.log(10) / abs(np.log(scale))},
        {
            "the mean square for the size": {"signal": scale ** (2 * layers)},
            "added up, not multiplied": {"signal": 1 + layers * percent / 100},
        },
    )


@question("07", "Which deviation keeps the size?", "choice", 4, 4)
def which_deviation_keeps_the_size(rng: Rng) -> Draft:
    """Find the deviation of He's rule."""
    i, o = (
        int(size) for size in rng.choice(np.array([50, 128, 200, 392, 512, 800]), 2, replace=False)
    )
    right = (2 / i) ** 0.5
    listed, letter = choices(
        rng, *(f"{std:.4f}" for std in (right, (2 / o) ** 0.5, (1 / i) ** 0.5, 2 / i))
    )
    return Draft(
        """A layer with ReLU has «i» inputs and «o» units; biases are zero, and weights have the
        mean 0. With which standard deviation of its weights is the mean square behind it about
        as large as before it (`choice`)? By what does it change with half of that deviation
        (`halved`)?

        «listed»""",
        r"""(«choice»): $\frac12 \cdot «i» \cdot \mathrm{Var}(w) = 1$ asks for
        $\sqrt{2 / «i»} = «right»$. Half of the deviation is a quarter of the variance: the mean
        square becomes $«halved»$ of what it was. (Choice 2, reason 1, quarter 1.)""",
        {"choice": letter, "halved": 0.25},
        {"i": i, "o": o, "listed": listed, "right": round(right, 4)},
        {"a half": {"halved": 0.5}},
    )

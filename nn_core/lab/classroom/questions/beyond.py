"""Questions on the chapters 11 to 15, on the bug zoo and on batch normalization."""

import numpy as np

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
from nn_core.layers import dense_backward


@question("11", "A sum where you have a mean", "paper", 5, 6)
def sum_where_you_have_a_mean(rng: Rng) -> Draft:
    """Translate a learning rate from one loss to another."""
    N, K, lr = (
        10 * int(rng.integers(2, 21)),
        pick(rng, 2, 4, 5, 10),
        pick(rng, 0.001, 0.002, 0.005, 0.01),
    )
    last = int(rng.integers(N // 4, N - 1))
    return Draft(
        r"""A write-up takes half the squared error, summed over the batch and the classes, and
        the rate «lr». You take the mean over both. Derive the rate with which you take the same
        steps, for batches of «N» and «K» classes (`rate`). The last batch of an epoch has
        «last» examples, and both rates stay. How many times as long as the author's is your
        step (`times`)?""",
        r"""The sum of the squares has $\frac12$ in front there and $\frac{1}{NK}$ here, so
        $L_{\text{sum}} = \frac{NK}{2}\, L$. That factor holds no weights, so it stands before
        the gradient, too, and the rate must make up for it: $\eta = \frac{«N» \cdot «K»}{2}
        \cdot «lr» = «rate»$. For «last» examples it would be $«small»$, so your step is
        $«times»$ times as long. (Derivation 3, rate 1, last batch 1.)""",
        {"rate": N * K / 2 * lr, "times": N / last},
        {"N": N, "K": K, "lr": lr, "last": last, "small": last * K / 2 * lr},
        {
            "the half forgotten": {"rate": N * K * lr},
            "the classes forgotten": {"rate": N / 2 * lr},
            "divided": {"rate": lr / (N * K / 2)},
            "the other way round": {"times": last / N},
        },
    )


@question("11", "More than their recipe gives", "claim", 5, 6)
def more_than_their_recipe(rng: Rng) -> Draft | None:
    """Hold one stated accuracy against five runs."""
    mean, spread = int(rng.integers(900, 980)) / 1000, pick(rng, 0.001, 0.002, 0.003, 0.004, 0.005)
    stated, N = mean + int(rng.integers(2, 25)) / 1000, pick(rng, 1000, 2000, 10_000)
    scatter = spread * (1 + 1 / 5) ** 0.5
    distance = (stated - mean) / scatter
    if stated > 0.995 or 2.6 < distance < 3 or not 0.5 < distance < 6:
        return None
    return Draft(
        r""""A write-up states «stated». With its recipe and five seeds we reach «mean», with
        the spread «spread». So it states more than its recipe gives." By how much does one more
        run typically differ from the mean of the five (`scatter`)? How many times that is the
        stated figure away (`distance`)? Is that more than Student's 2.78 for five numbers
        (`beyond`, yes or no)? The figure was measured on «N» pictures: give its standard error
        (`error`).""",
        r"""One more run differs from our mean by $«spread» \sqrt{1 + \frac15} = «scatter»$,
        typically. The stated figure is $«distance»$ times that away: «beyond». Its pictures
        alone have a standard error of $\sqrt{«stated» \cdot «rest» / «N»} = «error»$. And a
        figure outside would say that something was not stated, that it is the best of several,
        or that other pictures were read. (Scatter 1, distance 1, verdict 1, pictures 1, reasons
        1.)""",
        {
            "scatter": scatter,
            "distance": distance,
            "beyond": "yes" if distance > 2.78 else "no",
            "error": (stated * (1 - stated) / N) ** 0.5,
        },
        {
            "mean": mean,
            "spread": spread,
            "stated": round(stated, 3),
            "N": N,
            "rest": round(1 - stated, 3),
        },
        {
            "the spread of the mean": {"scatter": spread / 5**0.5},
            "the spread alone": {"scatter": spread, "distance": (stated - mean) / spread},
            "the root forgotten": {"error": stated * (1 - stated) / N},
        },
    )


@question("12", "Where the ink comes from", "paper", 6, 8)
def where_the_ink_comes_from(rng: Rng) -> Draft:
    """Read a picture backward through a matrix."""
    turn = pick(rng, [[0, -1], [1, 0]], [[0, 1], [-1, 0]])
    tall, wide = pick(rng, (2, 1), (4, 1), (2, 4), (4, 2))
    stretch = np.diag([1 / tall, 1 / wide])
    M, (u, v) = np.array(turn) @ stretch, 2 * whole(rng, (2, 2), -4, 4)
    return Draft(
        r"""In a new picture the pixel at $u$, counted in rows and columns from the centre,
        fetches its ink at $Mu$, with $M = «turn» «stretch»$. How many times as tall as the
        turned digit is what comes out (`tall`)? Give $M$ (`M`), the place from which the pixel
        at $«u»$ fetches its ink (`place`), its displacement (`displacement`), and the place to
        which the ink at $«v»$ goes (`goes`). Why does one fetch, and not send?""",
        r"""The left matrix turns. The right one fetches rows in steps of $1 / «tall»$, so what
        comes out is «tall» times as tall. $M = «M»$: the ink comes from $«place»$, and the
        displacement is $«displacement»$. Ink goes by $M^{-1} = «inverse»$, to $«goes»$. Who
        sends leaves holes where a picture grows; who fetches fills each new pixel. (Tall 1,
        matrix 1, place 1, displacement 1, inverse 1, holes 1.)""",
        {
            "tall": tall,
            "M": M,
            "place": M @ u,
            "displacement": M @ u - u,
            "goes": np.linalg.solve(M, v),
        },
        {
            "turn": np.array(turn), "stretch": stretch, "u": u, "v": v,
            "inverse": np.round(np.linalg.inv(M), 9) + 0.0,
        },
        {
            "the other order": {"M": stretch @ np.array(turn)},
            "sent, not fetched": {"place": np.linalg.solve(M, u), "goes": M @ v},
            "the place itself": {"displacement": M @ u},
        },
    )  # fmt: skip


@question("12", "Between four pixels", "paper", 4, 5)
def between_four_pixels(rng: Rng) -> Draft:
    """Interpolate in two directions."""
    corners = 10 * rng.choice(np.arange(0, 26), (2, 2), replace=False)
    a, b = (int(k) / 10 for k in rng.choice([1, 2, 3, 4, 6, 7, 8, 9], 2))
    weights = np.outer([1 - a, a], [1 - b, b])
    value = float(np.sum(weights * corners))
    row, column = (int(k) for k in rng.integers(3, 22, 2))
    return Draft(
        r"""Four pixels of a picture, in the rows «row» and «below» and the columns «column» and
        «right», hold $«corners»$. What is the value at row «r» and column «c», with bilinear
        interpolation (`value`)? Give the four weights (`weights`), and their sum. What would
        the nearest pixel say (`nearest`)?""",
        r"""$a = «a»$ and $b = «b»$. The weights are $«weights»$; they add up to 1. The value is
        their sum with the pixels, $«value»$. The nearest pixel has the largest weight:
        $«nearest»$. (Weights 2, value 1, nearest 1.)""",
        {
            "value": value,
            "weights": weights,
            "nearest": int(corners.ravel()[int(np.argmax(weights))]),
        },
        {
            "corners": corners, "a": a, "b": b, "row": row, "below": row + 1, "column": column,
            "right": column + 1, "r": row + a, "c": column + b,
        },
        {
            "rows and columns exchanged": {"value": float(np.sum(weights.T * corners))},
            "the plain mean": {"value": float(corners.mean())},
            "the weights turned round": {"value": float(np.sum(weights[::-1, ::-1] * corners))},
        },
    )  # fmt: skip


@question("12", "A committee is never worse", "claim", 5, 6)
def a_committee(rng: Rng) -> Draft | None:
    """Average probabilities, and count mistakes."""
    p = rng.choice(np.arange(5, 96, 5), 3) / 100
    wrong, together = int(np.sum(p < 0.5)), bool(p.mean() < 0.5)
    if (p == 0.5).any() or abs(p.mean() - 0.5) < 0.02 or p.std() < 0.12:
        return None
    return Draft(
        r""""If we average the probabilities of several networks, we make at most as many
        mistakes as they make on average. That can be proved." There are two classes, and three
        networks give the right one $«p»$. Give the mean of the members' losses (`mean`), and
        the loss of the committee (`together`). How many members are wrong (`wrong`), and is the
        committee (`mistake`, yes or no)? What is it that can be proved?""",
        r"""The members' losses are $«losses»$, on average $«mean»$. The committee gives the
        right class $«average»$, and its loss is $«together»$: lower, since $-\log p$ lies above
        its tangent at the mean. That is what can be proved. Of the members «wrong» are wrong;
        the committee: «mistake». About mistakes nothing can be proved; count them on the dev
        set. (Losses 2, mistakes 1, proof 2.)""",
        {
            "mean": float(-np.log(p).mean()),
            "together": float(-np.log(p.mean())),
            "wrong": wrong,
            "mistake": "yes" if together else "no",
        },
        {"p": p, "losses": -np.log(p), "average": p.mean()},
        {
            "the two exchanged": {
                "mean": float(-np.log(p.mean())),
                "together": float(-np.log(p).mean()),
            },
            "those that are right": {"wrong": 3 - wrong},
        },
    )


@question("13", "Under the roof", "paper", 6, 8)
def under_the_roof(rng: Rng) -> Draft | None:
    """Find what limits a product."""
    o, N = pick(rng, 64, 100, 128, 200, 256), pick(rng, 2, 4, 8, 16, 32, 50, 64, 100, 128, 256)
    peak, bandwidth = int(rng.integers(4, 21)) * 10, pick(rng, 5, 8, 10, 20)
    F, U = 2 * N * 784 * o, 4 * (N * 784 + 784 * o + N * o)
    edge = peak / bandwidth
    if 0.9 < F / U / edge < 1.1:
        return None
    limit = "operations" if edge < F / U else "bytes"
    return Draft(
        r"""The first product of a network, $XW_1$ in `float32`, has 784 inputs, «o» units and
        «N» pictures. How many operations are that (`flops`), and how many bytes does it move at
        least (`moved`)? A machine manages «peak» billion operations and «bandwidth» billion
        bytes a second. Where does the edge of its roof lie (`edge`), in operations per byte?
        What is the least time, in microseconds (`time`), and what limits it (`limit`,
        operations or bytes)?""",
        r"""$2 \cdot «N» \cdot 784 \cdot «o» = «flops»$ operations, and $4\, («N» \cdot 784 +
        784 \cdot «o» + «N» \cdot «o») = «moved»$ bytes: $«intensity»$ operations per byte. The
        edge lies at $«peak» / «bandwidth» = «edge»$. So «limit» are the limit, and the least
        time is $«time»$ microseconds. (Operations 1, bytes 2, edge 1, time 1, limit 1.)""",
        {
            "flops": F,
            "moved": U,
            "edge": edge,
            "time": max(F / peak, U / bandwidth) / 1000,
            "limit": limit,
        },
        {"o": o, "N": N, "peak": peak, "bandwidth": bandwidth, "intensity": F / U},
        {
            "one operation for each pair": {"flops": F // 2},
            "the result forgotten": {"moved": U - 4 * N * o},
            "numbers, not bytes": {"moved": U // 4},
            "the sum of both times": {"time": (F / peak + U / bandwidth) / 1000},
        },
    )


@question("13", "What a step costs", "paper", 5, 6)
def what_a_step_costs(rng: Rng) -> Draft:
    """Count the operations of a training step, and the bytes of an update."""
    H, N = 10 * int(rng.integers(3, 60)), pick(rng, 32, 50, 64, 100, 128)
    weights, first = 784 * H + H * 10, 784 * H
    F = 6 * N * weights - 2 * N * first
    return Draft(
        r"""A network 784-«H»-10 trains with batches of «N». How many operations are in the
        matrix products of a step (`flops`)? Which of the products is not needed? Adam reads
        $\theta$, $g$, $m$ and $s$ and writes $\theta$, $m$ and $s$, in `float32`: how many
        bytes are that for the *weights* (`moved`)? A batch twice as large: by which factor do
        the bytes of an epoch's updates change (`epoch`)?""",
        r"""$6 \cdot «N» \cdot «weights» - 2 \cdot «N» \cdot «first» = «flops»$. $\mathrm{d}X$
        of the first layer would be the gradient of the pictures, and nobody needs it. Seven
        arrays of 4 bytes: $28 \cdot «weights» = «moved»$. An epoch has half as many updates:
        $«epoch»$. (Operations 2, product 1, bytes 1, epoch 1.)""",
        {"flops": F, "moved": 28 * weights, "epoch": 0.5},
        {"H": H, "N": N, "weights": weights, "first": first},
        {
            "the unneeded product counted": {"flops": 6 * N * weights},
            "the forward pass alone": {"flops": 2 * N * weights},
            "one operation for each pair": {"flops": F // 2},
            "five arrays": {"moved": 20 * weights},
            "as many updates": {"epoch": 1.0},
        },
    )


@question("14", "Back over the tape", "paper", 5, 6)
def back_over_the_tape(rng: Rng) -> Draft | None:
    """Walk a tape on which one value is used twice."""
    w, x, b = (int(number) for number in whole(rng, 3, -4, 5))
    z = w * x + b
    if z <= 0:
        return None
    return Draft(
        r"""$L = w \cdot \max(w x + b,\ 0)$ with $w = «w»$, $x = «x»$ and $b = «b»$. Write the
        tape: each operation, with its result. Give $L$ (`L`), then walk back: $\mathrm{d}w$
        (`dw`), $\mathrm{d}x$ (`dx`) and $\mathrm{d}b$ (`db`). Which two contributions to
        $\mathrm{d}w$ are there, and which comes first? What stands in `w.grad` if `backward` is
        called twice (`twice`)?""",
        r"""$wx = «wx»$, $wx + b = «z»$, the maximum is $«z»$, $L = «L»$. Back: $w$ gets «z»
        from the last product, which comes first. The maximum gets $«w»$ and lets it pass, since
        its input is above zero. So $\mathrm{d}b = «db»$, $\mathrm{d}x = «dx»$, and $w$ gets
        $«w» \cdot «x_in»$ more: $\mathrm{d}w = «dw»$. Parts add up, so after two calls it is
        $«twice»$. (Tape 1, slopes 3, twice 1.)""",
        {"L": w * z, "dw": z + w * x, "dx": w * w, "db": w, "twice": 2 * (z + w * x)},
        {"w": w, "x": x, "b": b, "wx": w * x, "z": z, "x_in": bracketed(x)},
        {
            "the first contribution alone": {"dw": z},
            "the second one alone": {"dw": w * x},
            "replaced, not added": {"twice": z + w * x},
        },
    )


@question("14", "What NumPy has stretched", "shape", 4, 4)
def what_numpy_has_stretched(rng: Rng) -> Draft:
    """Sum a slope back to the shape of its source."""
    N, k = (int(size) for size in rng.choice(np.arange(3, 60), 2, replace=False))
    c = pick(rng, 2, 3, 4, 5)
    m, n = pick(rng, ((N, 1), (k,)), ((1, k), (N, 1)), ((k,), (N, 1)), ((N, 1), (1, k)))
    u = np.broadcast_shapes(m, n)
    return Draft(
        r"""On a tape `c = a + b` is computed, with arrays of the shapes $«a_shape»$ and
        $«b_shape»$. Which shape has `c` (`c`)? Back comes a $\mathrm{d}c$ whose entries are all
        «value». Which shapes have $\mathrm{d}a$ and $\mathrm{d}b$ (`da`, `db`), and what is
        each entry of $\mathrm{d}a$ (`entry`)?""",
        r"""Both are stretched to $«c»$. A gradient has the shape of its array: $«da»$ and
        $«db»$. NumPy has used each entry of `a` «uses» times, and where arrows meet, you add:
        $«uses» \cdot «value» = «entry»$. (One for each.)""",
        {
            "c": u,
            "da": m,
            "db": n,
            "entry": c * int(np.prod(u)) // int(np.prod(m)),
        },
        {"a_shape": m, "b_shape": n, "value": c, "uses": int(np.prod(u)) // int(np.prod(m))},
        {"as stretched": {"da": u, "db": u}, "not summed": {"entry": c}},
    )


@question("15", "A kernel on a picture", "paper", 4, 6)
def a_kernel_on_a_picture(rng: Rng) -> Draft:
    """Convolve by hand, and go one step back."""
    X, w, b = rng.integers(0, 6, (3, 3)), whole(rng, (2, 2), -2, 3), int(whole(rng, 1)[0])
    windows = np.lib.stride_tricks.sliding_window_view(X, (2, 2)).reshape(4, 4)
    Z = (windows @ w.ravel()).reshape(2, 2) + b
    _, dW, _ = dense_backward(np.ones((4, 1)), windows, w.reshape(4, 1))
    return Draft(
        r"""A kernel $w = «w»$ with the bias $«b»$ goes over the picture $«X»$, with stride 1.
        Give the map (`Z`). Back comes a gradient of the map that is 1 everywhere. Give the
        gradient of the kernel (`dw`) and of the bias (`db`). For how many windows does the
        pixel in the middle get a part of its own gradient (`middle`)?""",
        r"""Each entry is the sum of a window times the kernel, plus $«b»$: $Z = «Z»$. A weight
        is used at each of the four places, with another pixel: $\mathrm{d}w = «dw»$, the sum of
        the four windows, and $\mathrm{d}b = «db»$. The pixel in the middle lies in all «middle»
        windows. (One for each.)""",
        {"Z": Z, "dw": dW.reshape(2, 2), "db": 4, "middle": 4},
        {"X": X, "w": w, "b": b},
        {
            "the bias left out": {"Z": Z - b},
            "the kernel turned round": {"Z": (windows @ w.ravel()[::-1]).reshape(2, 2) + b},
            "a mean, not a sum": {"dw": dW.reshape(2, 2) / 4},
            "one window only": {"middle": 1, "db": 1},
        },
    )


@question("15", "Two convolutions", "shape", 5, 6)
def two_convolutions(rng: Rng) -> Draft | None:
    """Predict sizes, weights and the receptive field."""
    a, k, o = pick(rng, 28, 32, 36, 40, 48), int(rng.integers(3, 8)), pick(rng, 8, 12, 16, 20, 32)
    s, k2, o2 = pick(rng, 1, 2, 3), int(rng.integers(3, 6)), pick(rng, 16, 24, 32, 64)
    size = (a - k) // s + 1
    if size < k2 + 2:
        return None
    second = size - k2 + 1
    return Draft(
        """Pictures of «a» by «a» pixels, one channel, go through «o» kernels of «k» by «k» with
        stride «s», then through «o2» kernels of «k2» by «k2» with stride 1. Give the shape of
        what the first (`first`) and the second (`second`) give for one picture: rows, columns,
        channels. How many weights has the second, without biases (`weights`)? How many pixels
        of the picture, each way, does one of its units see (`field`)?""",
        r"""$\lfloor («a» - «k») / «s» \rfloor + 1 = «size»$, so $«first»$; then $«size» - «k2»
        + 1$, so $«second»$. A kernel has a weight for each row, column and *channel* of its
        window: $«k2» \cdot «k2» \cdot «o» \cdot «o2» = «weights»$. «k2» windows side by side,
        each «s» further: $«k» + «steps» \cdot «s» = «field»$. (Shapes 2, weights 2, field 1.)""",
        {
            "first": (size, size, o),
            "second": (second, second, o2),
            "weights": k2 * k2 * o * o2,
            "field": k + (k2 - 1) * s,
        },
        {"a": a, "k": k, "o": o, "s": s, "k2": k2, "o2": o2, "size": size, "steps": k2 - 1},
        {
            "the channels forgotten": {"weights": k2 * k2 * o2},
            "one window less": {"first": (size - 1, size - 1, o)},
            "the stride forgotten": {"field": k + k2 - 1},
            "a weight for each place": {"weights": k2 * k2 * o * o2 * second**2},
        },
    )


@question("zoo, 09", "Keep the best", "code", 5, 6)
def keep_the_best(rng: Rng) -> Draft:
    """Find why the best weights are lost."""
    n = int(rng.integers(4, 7))
    steps, scores = whole(rng, n, -4, 6), rng.choice(np.arange(900, 990), n, replace=False) / 1000
    return hunt(
        rng,
        """
        def train(theta, steps, scores):
            best = 0.0
            for step, score in zip(steps, scores):
                theta -= step
                if score > best:
                    best = score
                    kept = theta.copy()
            return kept""",
        [
            ("kept = theta.copy()", "kept = theta",
             "That is a second name for the array, which training goes on changing."),
            ("if score > best:", "if score < best or best == 0:",
             "The comparison is turned round: the first and each worse one is kept."),
            ("best = score", "best = max(scores)",
             "After the first one nothing is better, so the first weights are kept."),
        ],
        """`theta` begins as the array of one number $(0)$. `steps` is $«steps»$, and `scores`,
        the dev accuracies after each of the steps, is $«scores»$.""",
        lambda f: f(np.zeros(1), steps, scores),
        {"steps": steps, "scores": scores},
    )  # fmt: skip


@question("zoo", "Which check decides?", "choice", 4, 5)
def which_check_decides(rng: Rng) -> Draft:
    """Choose the check that a bug cannot pass."""
    N, K = pick(rng, 32, 50, 64, 100, 128), pick(rng, 5, 10, 20, 26)
    cases = {
        f"The bias gradient is a mean over the batch of {N}, and not a sum.": "the gradient check",
        "Pictures and labels are shuffled once, by two orders.": "looking at pictures and labels",
        "The learning rate is a hundred times too large.": "a few steps at several rates",
        f"The last layer's softmax sums over the batch of {N}.": "the first loss",
    }
    # Beside the right check stand those that this bug passes.
    passes = {
        "the gradient check": ["the shapes of all gradients", "a loss that falls"],
        "looking at pictures and labels": [
            "the gradient check",
            "learning twenty pictures by heart",
        ],
        "a few steps at several rates": ["the gradient check", "the first loss"],
        "the first loss": ["the shapes of all gradients", "the number of parameters"],
    }
    bug = pick(rng, *cases)
    listed, letter = choices(rng, cases[bug], *passes[cases[bug]])
    return Draft(
        """«bug» There are «K» classes. Which of these checks shows it (`check`), and why do the
        other two pass? Which first loss do you expect from a right network (`loss`)?

        «listed»""",
        r"""(«check»): «right». The others look at what this bug leaves as it is. A right
        network begins near $\log «K» = «loss»$. (Choice 2, reason 1, loss 1.)""",
        {"check": letter, "loss": float(np.log(K))},
        {"bug": bug, "K": K, "listed": listed, "right": cases[bug]},
        {"a share": {"loss": 1 / K}, "base 10": {"loss": float(np.log10(K))}},
    )


@question("batch norm", "A column, normalized", "paper", 5, 6)
def a_column_normalized(rng: Rng) -> Draft:
    """Normalize a column, and see what a bias and a scale do."""
    middle, unit = int(rng.integers(-5, 9)), pick(rng, 1, 2, 3, 4)
    z = rng.permutation(
        middle + unit * np.array(pick(rng, [-1, -1, 1, 1], [-1, 1, -1, 1], [-3, -1, 1, 3]))
    )
    gamma, b, times = pick(rng, 2, 3, 5), int(whole(rng, 1)[0]), pick(rng, 2, 3, 5)
    z_hat = (z - z.mean()) / z.std()
    return Draft(
        r"""A unit has the weighted sums $«z»$ for four examples. Give their mean and standard
        deviation (`mean`, `std`), and what batch norm makes of them with $\gamma = «gamma»$, $b
        = «b»$ and $\epsilon = 0$ (`out`). What comes out if all weights of the unit are «times»
        times as large (`larger`), and by what is the gradient of these weights multiplied then
        (`gradient`)?""",
        r"""The mean is $«mean»$, the deviation $«std»$, so $\hat z = «z_hat»$ and $\gamma \hat
        z + b = «out»$. With larger weights, mean and deviation grow alike: the same,
        $«larger»$. What comes back is divided by the deviation, so the gradient gets
        $«gradient»$ times as long. (One for each.)""",
        {
            "mean": z.mean(),
            "std": z.std(),
            "out": gamma * z_hat + b,
            "larger": gamma * z_hat + b,
            "gradient": 1 / times,
        },
        {"z": z, "gamma": gamma, "b": b, "times": times, "z_hat": z_hat},
        {
            "the variance": {"std": z.var()},
            "divided by three, not four": {"std": z.std(ddof=1)},
            "the factor and the bias left out": {"out": z_hat},
            "the output grows, too": {"larger": times * (gamma * z_hat + b)},
            "the gradient stays": {"gradient": 1.0},
        },
    )


@question("batch norm", "Rows or columns?", "shape", 4, 4)
def rows_or_columns(rng: Rng) -> Draft:
    """Count the means of two kinds of normalization."""
    N, o = (int(size) for size in rng.choice(np.arange(12, 300), 2, replace=False))
    Z = np.zeros((N, o))
    return Draft(
        r"""$Z$ has the shape («N», «o»): examples are rows. Which shapes have the means of
        batch norm (`batch`) and of layer norm (`layer`), and that of $\gamma$ for batch norm
        (`gamma`), if axes of length 1 are left out? How many numbers does batch norm learn in
        this layer, beside $W$ (`learned`)? Which of the two needs means kept from training when
        it reads a single picture?""",
        r"""Batch norm has a mean for each column, $«batch»$, layer norm for each row,
        $«layer»$. $\gamma$ and $b$ belong to a unit: $«gamma»$, together «learned». Batch norm
        needs kept means: a single picture has no batch. (Shapes 3, learned 1.)""",
        {
            "batch": Z.mean(axis=0).shape,
            "layer": Z.mean(axis=1).shape,
            "gamma": (o,),
            "learned": 2 * o,
        },
        {"N": N, "o": o},
        {
            "turned round": {"batch": (N,), "layer": (o,)},
            "a factor for each example": {"gamma": (N,)},
            "the biases forgotten": {"learned": o},
        },
    )

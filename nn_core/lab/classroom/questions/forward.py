"""Questions on the chapters 00 to 03: the tour, data, the forward pass and losses."""

from itertools import pairwise

import numpy as np

from nn_core.data import one_hot
from nn_core.lab.classroom.questions.question import (
    Draft,
    Rng,
    choices,
    hunt,
    pick,
    question,
    whole,
)
from nn_core.layers import dense_forward, relu_forward, sigmoid_backward, sigmoid_forward, softmax
from nn_core.losses import mean_squared_error, softmax_cross_entropy


@question("00", "A share, a count, a percentage", "paper", 4, 4, accepts=0.002)
def share_count_percentage(rng: Rng) -> Draft:
    """Say one result in three ways."""
    N, M = pick(rng, 1000, 2000, 5000), pick(rng, 3000, 4000, 10_000)
    wrong = int(rng.integers(12, 90)) * N // 1000
    return Draft(
        """A network reads «right» of «N» new digits rightly. Give its accuracy as a share
        (`share`) and the errors in per cent (`percent`). How many errors do you expect among
        «M» other digits (`errors`), and how many of these would a network read that only
        guesses (`guessed`)?""",
        r"""The share is $«right» / «N» = «share»$. There are $«wrong»$ errors, «percent» %.
        Among «M» digits that makes «errors». With ten digits a guess is right one time in ten:
        «guessed». (One for each.)""",
        {
            "share": (N - wrong) / N,
            "percent": 100 * wrong / N,
            "errors": wrong * M / N,
            "guessed": M // 10,
        },
        {"N": N, "M": M, "right": N - wrong, "wrong": wrong},
        {
            "a percentage for a share": {"share": 100 * (N - wrong) / N},
            "a share for a percentage": {"percent": wrong / N},
            "as many errors as before": {"errors": wrong},
            "one of two": {"guessed": M // 2},
        },
    )


@question("00", "What the network says", "paper", 4, 4)
def what_the_network_says(rng: Rng) -> Draft | None:
    """Read ten probabilities."""
    P = rng.multinomial(100, rng.dirichlet(np.full(10, 0.4))) / 100
    first, second = np.argsort(P)[:-3:-1]
    if not 0.4 < P[first] < 0.9 or not P[first] > P[second] > 0.03 or np.sum(P[second] == P) > 1:
        return None
    return Draft(
        """For the digits 0 to 9, in this order, a network gives the probabilities
        $«P»$. What does it answer (`answer`), and with which confidence (`confidence`)? Which
        digit comes second (`second`)? How probable does it find it that its answer is wrong
        (`wrong`)?""",
        """The largest probability is «confidence»; it stands at the place of the «answer»,
        counted from 0. The next one belongs to the «second». All others together have «wrong»,
        one minus the confidence. (One for each.)""",
        {
            "answer": int(first),
            "confidence": float(P[first]),
            "second": int(second),
            "wrong": float(1 - P[first]),
        },
        {"P": P},
        {
            "counted from 1": {"answer": int(first) + 1, "second": int(second) + 1},
            "only the second counted": {"wrong": float(P[second])},
        },
    )


@question("01", "Sixteen bytes", "paper", 4, 5)
def sixteen_bytes(rng: Rng) -> Draft:
    """Read the header of a file, and count its batches."""
    count, side = int(rng.integers(260, 9000)), int(rng.integers(8, 40))
    size = pick(rng, 32, 50, 64)
    head = bytes([0, 0, 8, 3]) + np.array([count, side, side], ">u4").tobytes()
    return Draft(
        """A file begins with `«head»`, sixteen bytes in base 16. How many pictures does it hold
        (`pictures`), and how many bytes has it (`size`)? In how many batches of «batch» does an
        epoch go through it (`batches`), and how many pictures are in the last one (`last`)?""",
        r"""The fourth byte says: three dimensions. Four bytes each, the first of them counts most:
        «pictures» pictures of «side» by «side», one byte for a pixel. With the header that is
        $16 + «pictures» \cdot «side»^2 = «size»$ bytes. There are «batches» batches, the last with
        «last». (One for each.)""",
        {
            "pictures": count,
            "size": 16 + count * side**2,
            "batches": -(-count // size),
            "last": (count - 1) % size + 1,
        },
        {"head": head.hex(" "), "side": side, "batch": size},
        {
            "the last byte counts most": {"pictures": int.from_bytes(head[4:8], "little")},
            "the header left out": {"size": count * side**2},
            "the last, shorter batch left out": {"batches": count // size},
        },
    )


@question("01", "Batches", "code", 5, 7)
def batches(rng: Rng) -> Draft:
    """Find what is wrong with the batches of an epoch."""
    N = int(rng.integers(5, 8))
    given = {
        "X": rng.permutation(np.arange(10, 100))[:N],
        "y": rng.integers(0, 10, N),
        "order": rng.permutation(N),
        "size": pick(rng, 2, 3),
    }
    return hunt(
        rng,
        """
        def batches(X, y, size, order):
            for start in range(0, len(X), size):
                part = order[start : start + size]
                yield X[part], y[part]""",
        [
            ("yield X[part], y[part]", "yield X[part], y[start : start + size]",
             "The labels are not shuffled with the pictures: they fall out of step."),
            ("yield X[part], y[part]", "yield X[start : start + size], y[part]",
             "The pictures are not shuffled with the labels: they fall out of step."),
            ("for start in range(0, len(X), size):", "for start in range(0, len(X) - size, size):",
             "The last batch is left out, and its examples are never learned."),
            ("part = order[start : start + size]", "part = order[start : start + size - 1]",
             "The end of a slice is not in it. One example of each batch is lost."),
        ],
        """`X` is $«X»$, one number for each picture, `y` is $«y»$, `order` is $«order»$, and
        `size` is «size». Write the pairs of an epoch one after the other, pictures in the first
        row, labels in the second.""",
        lambda f: np.concatenate([np.array(pair) for pair in f(**given)], axis=1),
        given,
    )  # fmt: skip


@question("01", "The mean of which pile?", "paper", 4, 5)
def the_mean_of_which_pile(rng: Rng) -> Draft:
    """Standardize a dev set."""
    train = int(rng.integers(20, 120)) + np.array([-3, -1, 1, 3]) * pick(rng, 2, 4, 6, 8, 10)
    dev = rng.choice(np.arange(10, 200, 5), 2, replace=False)
    mean, std = train.mean(), train.std()
    return Draft(
        r"""A pixel has the values $«train»$ in the training set and $«dev»$ in the dev set.
        Standardize it. Which mean (`mean`) and which standard deviation (`std`) do you use, and
        what becomes of the two dev values (`standard`)? Why not the dev set's own mean?""",
        r"""Mean and standard deviation are those of the training set: «mean» and $«std»$. The
        dev values become $«standard»$. The dev set stands for pictures that do not exist yet,
        so nothing may be computed from it; and the same pixel value must mean the same in both
        piles. (Numbers 3, reason 1.)""",
        {"mean": mean, "std": std, "standard": (dev - mean) / std},
        {"train": rng.permutation(train), "dev": dev},
        {
            "the dev set's own": {
                "mean": dev.mean(),
                "std": dev.std(),
                "standard": (dev - dev.mean()) / dev.std(),
            },
            "all values": {"mean": np.concatenate([train, dev]).mean()},
            "variance taken for deviation": {"std": std**2, "standard": (dev - mean) / std**2},
        },
    )


@question("01", "Which axis is left?", "shape", 4, 4)
def which_axis(rng: Rng) -> Draft:
    """Predict the shapes of four expressions."""
    N, side, k = int(rng.integers(20, 200)), int(rng.integers(6, 20)), int(rng.integers(2, 19))
    X, y = np.zeros((N, side**2)), np.zeros(N, int)
    asked = {
        "X.mean(axis=0)": (X.mean(axis=0), (N,)),
        "X.mean(axis=1)": (X.mean(axis=1), (side**2,)),
        "X.mean(axis=1, keepdims=True)": (X.mean(axis=1, keepdims=True), (N,)),
        f"X.reshape(-1, {side}, {side})": (X.reshape(-1, side, side), (side, side)),
        f"X[:{k}].T": (X[:k].T, (k, side**2)),
        f"X[:, {k}]": (X[:, k], (N, 1)),
        "X[y == 0].max(axis=0)": (X[y == 0].max(axis=0), (N,)),
        "one_hot(y, 10)": (one_hot(y, 10), (10, N)),
    }
    drawn = dict(zip("abcd", rng.permutation(list(asked)), strict=False))
    return Draft(
        """`X` has the shape («N», «D») and `y` the shape («N»,). Give the shapes of
        `«a_code»` (`a`), `«b_code»` (`b`), `«c_code»` (`c`) and `«d_code»` (`d`).""",
        """$«a»$, $«b»$, $«c»$ and $«d»$. The axis that is averaged away disappears, unless
        `keepdims` leaves it with the length 1; a slice keeps its axis, a single number removes it.
        (One for each.)""",
        {name: asked[code][0].shape for name, code in drawn.items()},
        {"N": N, "D": side**2} | {f"{name}_code": str(code) for name, code in drawn.items()},
        {"another axis": {name: asked[code][1] for name, code in drawn.items()}},
    )


@question("01, 10", "A baseline", "claim", 5, 6)
def a_baseline(rng: Rng) -> Draft | None:
    """Compare an accuracy with always saying the same."""
    N, fine = pick(rng, 400, 500, 1000, 1500, 2000), int(rng.integers(70, 96)) / 100
    accuracy = fine + int(rng.integers(-2, 7)) / 100
    error = (accuracy * (1 - accuracy) / N) ** 0.5 if accuracy < 1 else 0
    if not error or 1.6 < (accuracy - fine) / error < 2.4:
        return None
    better = accuracy - fine > 2 * error
    return Draft(
        """"Our network finds faulty parts, with an accuracy of «accuracy», measured on «N»
        parts. So it is of use." Of the parts, «percent» % are fine. What does always saying
        "fine" reach (`baseline`)? What is the standard error of «accuracy» (`error`)? Is the
        network ahead of that baseline by more than two standard errors (`ahead`, yes or no)?
        What else would you ask for?""",
        r"""Always "fine" reaches «baseline». The standard error is $\sqrt{«accuracy» \cdot
        «rest» / «N»} = «error»$, so the lead is $«lead»$ of them: «ahead». Missing: precision
        and recall for the faulty parts, and whether these parts had been used for choices.
        (Baseline 1, error 2, verdict 1, missing 1.)""",
        {"baseline": fine, "error": error, "ahead": "yes" if better else "no"},
        {
            "N": N,
            "accuracy": round(accuracy, 2),
            "rest": round(1 - accuracy, 2),
            "percent": round(100 * fine),
            "lead": (accuracy - fine) / error,
        },
        {
            "one of two classes": {"baseline": 0.5},
            "the faulty ones": {"baseline": 1 - fine},
            "the root left out": {"error": error**2},
            "the number left out": {"error": error * N**0.5},
        },
    )


@question("02", "Two layers are one", "paper", 5, 6)
def two_layers_are_one(rng: Rng) -> Draft:
    """Multiply two layers out."""
    W1, b1, W2, b2 = whole(rng, (2, 2)), whole(rng, 2), whole(rng, (2, 1)), whole(rng, 1) / 2
    return Draft(
        r"""Two dense layers have no activation between them, with $W_1 = «W1»$, $b_1 = «b1»$,
        $W_2 = «W2»$ and $b_2 = «b2»$. Show that one layer does the same, and give its $W$ and $b$
        (`W`, `b`). Why does ReLU between them change that?""",
        r"""$(X W_1 + b_1) W_2 + b_2 = X\, (W_1 W_2) + (b_1 W_2 + b_2)$. So $W = «W»$ and $b = «b»$.
        With ReLU, what passes depends on the signs of $X W_1 + b_1$, so no single matrix does the
        same for all $X$. (Formula 2, numbers 2, ReLU 1.)""",
        {"W": W1 @ W2, "b": b1 @ W2 + b2},
        {"W1": W1, "b1": b1, "W2": W2, "b2": b2},
        {
            "the first layer transposed": {"W": W1.T @ W2},
            "the first biases left out": {"b": b2},
            "the biases added": {"b": b1.sum() + b2},
        },
    )


@question("02, 04", "Counting parameters", "paper", 4, 5)
def counting_parameters(rng: Rng) -> Draft:
    """Count parameters, and what their numerical gradient takes."""
    sizes = [784, *(10 * int(k) for k in rng.choice(np.arange(2, 30), 2, replace=False)), 10]
    layers = list(pairwise(sizes))
    count = sum((i + 1) * o for i, o in layers)
    return Draft(
        """A network «shape». How many parameters has it (`parameters`)? How many losses does its
        gradient take by central differences (`losses`)? What does backpropagation need instead?""",
        """Each unit has its weights and one bias: $«sum» = «parameters»$. Two losses for each are
        $«losses»$. Backpropagation needs about as much as two or three forward passes.
        (Parameters 2, losses 1, comparison 1.)""",
        {"parameters": count, "losses": 2 * count},
        {
            "sizes": sizes,
            "shape": "-".join(map(str, sizes)),
            "sum": " + ".join(rf"{i + 1} \cdot {o}" for i, o in layers),
        },
        {
            "biases left out": {"parameters": sum(i * o for i, o in layers)},
            "a bias for each input": {"parameters": sum(i * (o + 1) for i, o in layers)},
            "one loss for each": {"losses": count},
        },
    )


@question("02", "A network by hand", "paper", 5, 6)
def a_network_by_hand(rng: Rng) -> Draft | None:
    """Go forward through two layers."""
    given = {
        "x": whole(rng, (1, 2)), "W1": whole(rng, (2, 3)), "b1": whole(rng, 3, -2, 2),
        "W2": whole(rng, (3, 1)), "b2": whole(rng, 1),
    }  # fmt: skip
    Z = dense_forward(given["x"], given["W1"], given["b1"])
    if np.sum(Z > 0) != 2 or not Z.all():
        return None
    A = relu_forward(Z)
    return Draft(
        r"""A network of two layers, with ReLU between them, has $W_1 = «W1»$, $b_1 = «b1»$,
        $W_2 = «W2»$ and $b_2 = «b2»$. The input is the row $x = «x»$. Give the weighted sums of
        the hidden layer (`z`), what it passes on (`a`), and the output (`output`). Which column
        of $W_1$ could change a little and leave the output as it is, and why?""",
        r"""$x W_1 + b_1 = «z»$. ReLU makes it $«a»$, and $A W_2 + b_2 = «output»$. Column «off»
        belongs to the unit that is off: its sum is below zero, so it passes on 0 for slightly
        other weights, too. (Sums 2, ReLU 1, output 1, column 1.)""",
        {"z": Z, "a": A, "output": dense_forward(A, given["W2"], given["b2"])},
        given | {"off": int(np.argmin(Z)) + 1},
        {
            "without ReLU": {"output": dense_forward(Z, given["W2"], given["b2"])},
            "without the last bias": {"output": A @ given["W2"]},
            "without the first biases": {"z": given["x"] @ given["W1"]},
        },
    )


@question("02", "The shapes of a layer", "shape", 4, 4)
def shapes_of_a_layer(rng: Rng) -> Draft:
    """Predict the shapes of a layer."""
    N, i, o = (int(size) for size in rng.choice(np.arange(12, 300), 3, replace=False))
    X, W, b = np.zeros((N, i)), np.zeros((i, o)), np.zeros(o)
    Z = dense_forward(X, W, b)
    return Draft(
        """A dense layer with «o» units gets a batch of «N» examples with «i» numbers each.
        Examples are rows. Give the shapes of `W`, `b` and `Z`. Somebody keeps
        the biases as an array of shape («o», 1): for which number of examples does `X @ W + b`
        then raise no error, beside 1 (`silent`)?""",
        """`W` has a column for each unit, $«W»$; `b` an entry for each unit, $«b»$; and $Z$ a
        row for each example, $«Z»$. A column of «o» numbers is stretched along the units, if
        there are «silent» examples: each *example* then gets a bias. (One for each.)""",
        {"W": W.shape, "b": b.shape, "Z": Z.shape, "silent": o},
        {"N": N, "i": i, "o": o},
        {
            "examples as columns": {"W": (o, i), "Z": (o, N)},
            "a bias for each example": {"b": (N,)},
            "a bias for each input": {"b": (i,)},
        },
    )


@question("02", "What broadcasting makes of it", "shape", 4, 4)
def broadcasting(rng: Rng) -> Draft:
    """Predict the shapes of sums, and which one fails."""
    N, k, m = (int(size) for size in rng.choice(np.arange(3, 40), 3, replace=False))
    pairs = {
        "a": ((N, k), (k,), (N,)),
        "b": ((N, 1), (k,), (N, 1)),
        "c": ((N, 1, k), (m, k), (N, k)),
    }
    listed, letter = choices(
        rng, f"({N}, {k}) and ({N},)", f"({N}, {k}) and ({N}, 1)", f"({N}, {k}) and (1, {k})",
        f"({m}, {N}, {k}) and ({N}, {k})",
    )  # fmt: skip
    return Draft(
        """What are the shapes of the sums of two arrays of the shapes («N», «k») and («k»,)
        (`a`), («N», 1) and («k»,) (`b`), («N», 1, «k») and («m», «k») (`c`)? For which of these
        pairs of shapes does `+` raise an error (`error`)?

        «listed»""",
        """Shapes are compared from the right, and an axis that is 1 or missing is stretched: $«a»$,
        $«b»$, $«c»$. («error»): the last axes are «k» and «N», neither is 1. (One for each.)""",
        {name: np.broadcast_shapes(*shapes[:2]) for name, shapes in pairs.items()}
        | {"error": letter},
        {"N": N, "k": k, "m": m, "listed": listed},
        {"one of the two": {name: shapes[2] for name, shapes in pairs.items()}},
    )


@question("02", "Softmax", "code", 5, 7)
def softmax_with_a_bug(rng: Rng) -> Draft:
    """Find what is wrong with a softmax."""
    given = {
        "Z": np.array([[0, 1], [1, 0]]) * rng.integers(1, 4, (2, 2)) + rng.integers(0, 4, (2, 1))
    }
    return hunt(
        rng,
        """
        def softmax(Z):
            highest = Z.max(axis=1, keepdims=True)
            E = np.exp(Z - highest)
            total = E.sum(axis=1, keepdims=True)
            return E / total""",
        [
            ("total = E.sum(axis=1, keepdims=True)", "total = E.sum(axis=0, keepdims=True)",
             "The sums run over the examples, so columns sum to 1, and not rows."),
            ("total = E.sum(axis=1, keepdims=True)", "total = E.sum(axis=1)",
             "The sums have the shape $(N,)$ and are stretched along the wrong axis. With as many "
             "examples as classes that raises no error."),
            ("total = E.sum(axis=1, keepdims=True)", "total = E.sum()",
             "The sum runs over the whole batch, so all examples share one probability."),
            ("E = np.exp(Z - highest)", "E = np.exp(Z) - highest",
             "The maximum must be subtracted from the scores, before the exponential."),
        ],
        r"`Z` is $«Z»$.",
        lambda f: f(**given),
        given,
    )  # fmt: skip


@question("02, 10", "Temperatures", "paper", 4, 5)
def temperatures(rng: Rng) -> Draft:
    """Divide logits by a temperature."""
    c, T = int(rng.integers(2, 20)), pick(rng, 2, 3, 4)
    Z = np.array([[0, np.log(c)]])
    cold, warm, usual = (softmax(Z / t)[0, 1] for t in (1 / T, T, 1))
    return Draft(
        r"""Two logits are 0 and $\log «c»$. Give the probability of the second class at the
        temperatures 1 (`usual`), «T» (`warm`) and $\frac{1}{«T»}$ (`cold`). What stays the
        same?""",
        r"""At 1 the exponentials are 1 and «c»: $«usual»$. At «T» the second one is
        $«c»^{1/«T»}$: $«warm»$. At $\frac{1}{«T»}$ it is $«c»^«T»$: $«cold»$. The order stays,
        and so does every answer. (Probabilities 3, order 1.)""",
        {"usual": usual, "warm": warm, "cold": cold},
        {"c": c, "T": T},
        {
            "the temperatures exchanged": {"warm": cold, "cold": warm},
            "the logit taken for its exponential": {"usual": np.log(c) / (1 + np.log(c))},
            "that of the first class": {"usual": 1 / (1 + c)},
        },
    )


@question("03", "From likelihood to loss", "paper", 5, 6)
def likelihood_to_loss(rng: Rng) -> Draft:
    """Compute the cross-entropy of some probabilities."""
    N = pick(rng, 3, 4)
    P = rng.choice(np.array([0.1, 0.2, 0.25, 0.4, 0.5, 0.6, 0.75, 0.8, 0.9]), N, replace=False)
    loss, _ = softmax_cross_entropy(np.log(np.stack([P, 1 - P], axis=1)), np.zeros(N, int))
    return Draft(
        r"""To the right classes of «N» examples a network gives the probabilities $«P»$. Give the
        likelihood (`likelihood`). Derive the cross-entropy from it and compute it (`loss`). Why the
        logarithm, and why divide by $N$?""",
        r"""The examples are independent, so the probabilities multiply: $«likelihood»$. Minus the
        logarithm, divided by «N»: $L = «loss»$. The logarithm makes a sum of a product that would
        underflow, and keeps the place of the maximum. Divided by $N$, batches of different size can
        be compared. (Likelihood 1, derivation 2, number 1, reasons 1.)""",
        {"likelihood": P.prod(), "loss": loss},
        {"P": P, "N": N},
        {
            "the mean of the probabilities": {"likelihood": P.mean(), "loss": -np.log(P.mean())},
            "a sum, not a mean": {"loss": N * loss},
            "the sign lost": {"loss": -loss},
            "the logarithm of base 10": {"loss": loss / np.log(10)},
        },
    )


@question("03, 05", "What was said, minus what is true", "paper", 6, 8)
def said_minus_true(rng: Rng) -> Draft:
    """Compute the slopes of cross-entropy at the logits."""
    e, N = rng.permutation(np.arange(1, 6))[:3], int(rng.integers(2, 9))
    y = int(rng.integers(3))
    P = softmax(np.log(e)[None])
    _, dZ = softmax_cross_entropy(np.log(e)[None], np.array([y]))
    return Draft(
        r"""Derive $\frac{\partial \ell}{\partial z_k} = p_k - Y_k$ for softmax with
        cross-entropy, from $\ell = -z_y + \log \sum_j e^{z_j}$. The logits are $(\log «e0»,\
        \log «e1»,\ \log «e2»)$ and the right class is number «y», counted from 0. Give the
        probabilities (`P`) and the slopes (`slopes`). What is the slope at the right class if
        the example is one of a batch of «N» (`in_batch`)?""",
        r"""$-z_y$ has the slope $-Y_k$. The logarithm has one over the sum for its outer slope
        and $e^{z_k}$ for the inner one, together $p_k$. Here $p = «P»$, and the slopes are
        $«slopes»$. The mean over a batch divides by «N»: $«in_batch»$. (Derivation 3, numbers
        2, batch 1.)""",
        {"P": P[0], "slopes": dZ[0], "in_batch": dZ[0, y] / N},
        {"e0": e[0], "e1": e[1], "e2": e[2], "y": y, "N": N},
        {
            "nothing subtracted": {"slopes": P[0]},
            "the sign turned": {"slopes": -dZ[0]},
            "not divided": {"in_batch": dZ[0, y]},
        },
    )


@question("03, 07, zoo", "First losses", "choice", 5, 6)
def first_losses(rng: Rng) -> Draft:
    """Predict a first loss, and read one that is off."""
    K, N = int(rng.integers(5, 200)), pick(rng, 32, 50, 64, 100, 128)
    causes = {
        "the softmax sums over the whole batch": f"{np.log(K * N):.2f}",
        "the weights are far too large": f"{int(rng.integers(9, 30)) + np.log(K):.1f}",
        "the weights are zero": f"{np.log(K):.4f} at every one of 500 steps",
    }
    right = pick(rng, *causes)
    listed, letter = choices(rng, right, *(cause for cause in causes if cause != right))
    return Draft(
        """A classifier has «K» classes. Which loss do you expect before the first step
        (`expected`)? It shows «seen», with batches of «N». What is the most probable cause
        (`cause`)?

        «listed»""",
        r"""An untrained network gives each class about the same probability: $-\log
        \frac{1}{«K»} = «expected»$. («cause»): «right». Where the sum runs over a batch of «N»,
        every class gets one part in $«K» \cdot «N»$, and the loss is $«whole»$. Weights that
        are far too large make the network sure, and wrong. Weights of zero make it answer the
        same for ever. (Loss 2, cause 3.)""",
        {"expected": float(np.log(K)), "cause": letter},
        {
            "K": K,
            "N": N,
            "listed": listed,
            "right": right,
            "seen": causes[right],
            "whole": np.log(K * N),
        },
        {"a share": {"expected": 1 / K}, "base 10": {"expected": np.log10(K)}},
    )


@question("03", "Sure, and wrong", "paper", 5, 7)
def sure_and_wrong(rng: Rng) -> Draft:
    """Compare the slopes of two losses behind a sigmoid."""
    c = int(rng.integers(4, 60))
    p = sigmoid_forward(-np.log(np.array(float(c))))
    squared = sigmoid_backward(2 * (p - 1), p)
    return Draft(
        r"""A sigmoid gets the score $z = -\log «c»$, and the right answer is 1. What does it
        say, as a probability (`p`)? Give the slope with respect to $z$ of the cross-entropy
        $-\log p$ (`entropy`) and of the squared error $(p - 1)^2$ (`squared`). How many times
        as large is the first (`ratio`), and what does that mean for learning?""",
        r"""$p = \frac{1}{1 + «c»} = «p»$. Cross-entropy: $p - 1 = «entropy»$. Squared error:
        $2\,(p - 1)\,p\,(1 - p) = «squared»$, since the sigmoid's own slope is a factor. The
        first is $«ratio»$ times as large. Where the network is sure and wrong, the squared
        error hardly learns. (Probability 1, slopes 2, ratio 1, meaning 1.)""",
        {"p": p, "entropy": p - 1, "squared": squared, "ratio": (p - 1) / squared},
        {"c": c},
        {
            "the sigmoid's slope left out": {"squared": 2 * (p - 1)},
            "the slope at the probability": {"entropy": -1 / p},
            "the sign of the score lost": {"p": 1 - p},
        },
    )


@question("03", "A loss", "code", 5, 7)
def a_loss_with_a_bug(rng: Rng) -> Draft:
    """Find what is wrong with a cross-entropy."""
    N = pick(rng, 2, 3)
    eighths = rng.permuted(np.tile([[1, 2, 5], [1, 3, 4]][int(rng.integers(2))], (N, 1)), axis=1)
    given = {"P": eighths / 8, "y": rng.integers(0, 3, N)}
    return hunt(
        rng,
        """
        def cross_entropy(P, y):
            N = len(P)
            right = P[np.arange(N), y]
            return -np.log(right).sum() / N""",
        [
            ("right = P[np.arange(N), y]", "right = P[:, y]",
             "`P[:, y]` takes the columns `y` of *every* row, so other examples' classes, too."),
            ("return -np.log(right).sum() / N", "return -np.log(right).sum()",
             "The sum is not divided by the number of examples: it grows with the batch."),
            ("return -np.log(right).sum() / N", "return -np.log(right.mean())",
             "The logarithm of a mean is not the mean of logarithms."),
            ("right = P[np.arange(N), y]", "right = P.max(axis=1)",
             "That is the probability of the answer, and not that of the right class."),
            ("return -np.log(right).sum() / N", "return np.log(right).sum() / N",
             "Without the minus, training would make the right classes improbable."),
        ],
        r"`P` is $«P»$ and `y` is $«y»$.",
        lambda f: f(**given),
        given,
    )  # fmt: skip


@question("03", "The lower loss", "claim", 5, 6)
def the_lower_loss(rng: Rng) -> Draft | None:
    """Hold a loss against an accuracy."""
    A, B = (rng.choice(np.array([0.05, 0.1, 0.3, 0.4, 0.45, 0.55, 0.6, 0.7, 0.9]), 4) for _ in "AB")
    losses, shares = -np.log([A, B]).mean(axis=1), (np.array([A, B]) > 0.5).mean(axis=1)
    if abs(losses[0] - losses[1]) < 0.1 or shares[0] == shares[1]:
        return None
    lower, higher = "AB"[int(np.argmin(losses))], "AB"[int(np.argmax(shares))]
    return Draft(
        r""""The network with the lower loss has the higher accuracy." There are two classes and
        four pictures. To the right classes network A gives $«A»$ and network B $«B»$. Give the
        losses of both (`losses`), and both accuracies (`shares`). Does the claim hold here
        (`holds`, yes or no)? Why can it fail?""",
        r"""The losses are $«losses»$, the accuracies $«shares»$. «lower» has the lower loss,
        «higher» the higher accuracy: «holds». The accuracy only counts on which side of one
        half a probability lies. The loss asks how far, and one answer that is sure and wrong
        can cost more than several that are barely wrong. (Losses 2, accuracies 1, verdict 1,
        reason 1.)""",
        {"losses": losses, "shares": shares, "holds": "yes" if lower == higher else "no"},
        {"A": A, "B": B, "lower": lower, "higher": higher},
        {
            "the logarithm of the mean": {"losses": -np.log([A.mean(), B.mean()])},
            "the mean of the probabilities": {"shares": np.array([A.mean(), B.mean()])},
        },
    )


@question("03", "A mean of squares", "paper", 4, 5)
def a_mean_of_squares(rng: Rng) -> Draft:
    """Compute a squared error and its slopes."""
    K, y = 4, int(rng.integers(4))
    A = rng.choice(np.arange(1, 10), (1, K), replace=False) / 10
    loss, dA = mean_squared_error(A, np.array([y]))
    return Draft(
        r"""For one example with four classes the outputs are $A = «A»$, and the right class is
        number «y», counted from 0. Give the mean squared error over the classes (`loss`) and
        its slopes with respect to the outputs (`slopes`). What does the loss become if all four
        are pulled half of the way to the label (`halved`)?""",
        r"""The label is 1 at place «y» and 0 elsewhere. The mean of the four squared
        differences is $L = «loss»$. Slopes: $\frac{2}{4} (A - Y) = «slopes»$. Half the
        differences have a quarter of the squares: $«halved»$. (Loss 1, slopes 2, halves 1.)""",
        {"loss": loss, "slopes": dA, "halved": loss / 4},
        {"A": A, "y": y},
        {
            "a sum, not a mean": {"loss": K * loss, "slopes": K * dA},
            "the 2 left out": {"slopes": dA / 2},
            "half the loss": {"halved": loss / 2},
        },
    )

"""Questions on the chapters 08 to 10: optimizers, regularization and evaluation."""

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
from nn_core.losses import smoothed_cross_entropy
from nn_core.metrics import (
    accuracy_interval,
    expected_calibration_error,
    precision_recall_f1,
    reliability,
)
from nn_core.optimizers import Momentum
from nn_core.regularization import EarlyStopping, clip_norm
from nn_core.schedules import cosine_decay, step_decay, warm_up


@question("08", "A mean that starts at zero", "paper", 6, 7)
def mean_from_zero(rng: Rng) -> Draft:
    """Correct the bias of a running mean."""
    beta, g = pick(rng, 0.8, 0.9, 0.95), whole(rng, 2, -5, 8)
    m1 = (1 - beta) * g[0]
    m2 = beta * m1 + (1 - beta) * g[1]
    beta1, beta2 = pick(rng, (0.9, 0.999), (0.9, 0.99), (0.8, 0.99), (0.5, 0.99))
    return Draft(
        r"""$m \leftarrow «beta» m + «rest» g$ starts at 0. Derive $\mathrm{E}[m_t] = (1 -
        «beta»^t)\, \mathrm{E}[g]$ for gradients with one expectation. The first two gradients
        are $«g0»$ and $«g1»$: give $m_1$ and $m_2$ (`m`), and both after the correction
        (`corrected`). How many times $\eta$ is Adam's very first step, without any correction
        and with $\beta_1 = «beta1»$, $\beta_2 = «beta2»$ (`first`)?""",
        r"""$m_t = «rest» \sum_k «beta»^k g_{t-k}$, so its expectation is $\mathrm{E}[g]$ times
        a geometric sum, which is $1 - «beta»^t$. $m = «m»$. Divided by $«rest»$ and by $1 -
        «beta»^2 = «two»$ that is $«corrected»$. Without correction, Adam's first step is
        $\frac{1 - \beta_1}{\sqrt{1 - \beta_2}}\, \eta = «first» \eta$. (Derivation 3, numbers
        2, Adam 1.)""",
        {
            "m": np.array([m1, m2]),
            "corrected": np.array([g[0], m2 / (1 - beta**2)]),
            "first": (1 - beta1) / (1 - beta2) ** 0.5,
        },
        {
            "beta": beta, "rest": round(1 - beta, 2), "g0": g[0], "g1": g[1], "two": 1 - beta**2,
            "beta1": beta1, "beta2": beta2,
        },
        {
            "the weights exchanged": {"m": beta * np.array([g[0], (1 - beta) * g[0] + g[1]])},
            "both corrected alike": {"corrected": np.array([m1, m2]) / (1 - beta)},
            "the root forgotten": {"first": (1 - beta1) / (1 - beta2)},
        },
    )  # fmt: skip


@question("08", "Momentum, steady and to and fro", "paper", 5, 6)
def momentum_steady(rng: Rng) -> Draft:
    """Sum up what a velocity is made of."""
    beta, g = pick(rng, 0.5, 0.6, 0.75, 0.8, 0.9, 0.95), int(rng.integers(1, 13))
    theta, optimizer = np.zeros(1), Momentum(1.0, beta)
    for _ in range(3):
        optimizer.step(theta, np.array([float(g)]))
    return Draft(
        r"""$v \leftarrow «beta» v + g$ starts at 0. Derive what $v$ comes to on a steady slope
        $g = «g»$ (`steady`), and in size on one that alternates between $«g»$ and $-«g»$
        (`swing`). How far do the first three steps lead together on the steady slope, with
        $\eta = 1$ (`way`)? Why does that help in a valley?""",
        r"""Geometric sums: $\frac{«g»}{1 - «beta»} = «steady»$ and $\frac{«g»}{1 + «beta»} =
        «swing»$. The first three velocities are $«g» \cdot (1,\ 1 + «beta»,\ 1 + «beta» +
        «beta»^2)$, together $«way»$. Along the valley steps become longer, across it shorter.
        (Sums 3, way 1, valley 1.)""",
        {"steady": g / (1 - beta), "swing": g / (1 + beta), "way": -theta},
        {"beta": beta, "g": g},
        {
            "exchanged": {"steady": g / (1 + beta), "swing": g / (1 - beta)},
            "the third velocity alone": {"way": g * (1 + beta + beta**2)},
            "without momentum": {"way": 3 * g},
        },
    )


@question("08", "A valley", "paper", 5, 6)
def a_valley(rng: Rng) -> Draft:
    """Find the best rate for two curvatures."""
    flat, kappa = pick(rng, 0.1, 0.2, 0.5, 1, 2, 5), int(rng.integers(3, 61))
    steep = flat * kappa
    return Draft(
        r"""Gradient descent in the valley $f = \frac{«flat»}{2} x^2 + \frac{«steep»}{2} y^2$.
        Give the condition number (`kappa`), the rate below which it converges (`bound`), and
        the rate at which both directions shrink by the same factor (`best`). What is that
        factor (`factor`)? What does it tell about narrow valleys?""",
        r"""$\kappa = «steep» / «flat» = «kappa»$. $y$ is multiplied by $1 - «steep» \eta$, so
        the rate must be below $2 / «steep» = «bound»$. $1 - «flat» \eta = -(1 - «steep» \eta)$
        gives $\eta = 2 / («flat» + «steep») = «best»$, and the factor $\frac{\kappa - 1}{\kappa
        + 1} = «factor»$. The narrower the valley, the nearer it is to 1, and the slower the
        descent. (Numbers 4, judgement 1.)""",
        {
            "kappa": kappa,
            "bound": 2 / steep,
            "best": 2 / (flat + steep),
            "factor": (kappa - 1) / (kappa + 1),
        },
        {"flat": flat, "steep": steep},
        {
            "one over the curvature": {"bound": 1 / steep},
            "the steep direction alone": {"best": 1 / steep, "factor": 1 - 1 / kappa},
        },
    )


@question("08", "Adam", "code", 5, 8)
def adam_with_a_bug(rng: Rng) -> Draft:
    """Find what is wrong with Adam."""
    given = {"gradients": whole(rng, 2, -4, 6)}
    return hunt(
        rng,
        """
        def direction(gradients):
            m = s = 0.0
            for t, g in enumerate(gradients, 1):
                m = 0.9 * m + 0.1 * g
                s = 0.99 * s + 0.01 * g**2
                m_hat = m / (1 - 0.9**t)
                s_hat = s / (1 - 0.99**t)
            return m_hat / np.sqrt(s_hat)""",
        [
            ("s = 0.99 * s + 0.01 * g**2", "s = 0.99 * s + 0.01 * m**2",
             "`s` is the mean of the squares of the gradients, and not of their mean."),
            ("m_hat = m / (1 - 0.9**t)", "m_hat = m / (1 - 0.9)",
             "The correction must fade with the step: only at the first one is it $1 - 0.9$."),
            ("m = 0.9 * m + 0.1 * g", "m = 0.9 * m + g",
             "That is a velocity: ten times as large as a mean."),
            ("return m_hat / np.sqrt(s_hat)", "return m_hat / s_hat",
             "Without the root a step depends on the unit of the loss."),
            ("s_hat = s / (1 - 0.99**t)", "s_hat = s / (1 - 0.9**t)",
             "Each mean is corrected with its own number, here 0.99."),
        ],
        r"`gradients` is $«gradients»$, two numbers for one parameter.",
        lambda f: f(given["gradients"]),
        given,
    )  # fmt: skip


@question("08", "A schedule", "paper", 4, 5)
def a_schedule(rng: Rng) -> Draft:
    """Compute three rates of a schedule."""
    lr, steps = pick(rng, 0.01, 0.02, 0.05, 0.1, 0.2), 100 * int(rng.integers(4, 21))
    warm = pick(rng, 9, 19, 49, 99)
    schedule = warm_up(cosine_decay(lr, steps=steps), steps=warm)
    asked = [int(rng.integers(1, warm)), warm + steps // 4, warm + steps // 2]
    decay, every = step_decay(lr, every=steps // 4, factor=0.5), steps // 4
    return Draft(
        r"""A schedule rises for «warm» steps, by $\eta(t) = «lr» \cdot \frac{t + 1}{«more»}$
        for $t = 0,\ 1,\ \dots$ Then it falls along half a cosine, from «lr» to 0 in «steps»
        steps. Give the rate at the steps $«asked»$ (`rates`). Another schedule begins with «lr»
        and halves the rate every «every» steps: which rate has it at step «late» (`halved`)?""",
        r"""Rising: $«lr» \cdot «t1» / «more»$. Then $\frac{«lr»}{2} (1 + \cos(\pi t /
        «steps»))$, with $t$ counted from the end of the rise: a quarter of the way down and
        half of it. $«rates»$. Halved: $\lfloor «late» / «every» \rfloor$ times, $«halved»$.
        (One for each.)""",
        {
            "rates": np.array([schedule(t) for t in asked]),
            "halved": decay(3 * every + 7),
        },
        {
            "lr": lr, "steps": steps, "warm": warm, "more": warm + 1, "asked": asked,
            "t1": asked[0] + 1, "every": every, "late": 3 * every + 7,
        },
        {
            "a straight line down": {"rates": np.array([schedule(asked[0]), 0.75 * lr, lr / 2])},
            "once more": {"halved": lr / 16},
            "divided by three": {"halved": lr / 6},
        },
    )  # fmt: skip


@question("08, 11", "The better optimizer", "claim", 5, 6)
def the_better_optimizer(rng: Rng) -> Draft:
    """Say whether two searches for a rate can be compared."""
    rates = [0.001, 0.003, 0.01, 0.03, 0.1]

    def searched() -> tuple[int, list[float]]:
        """Draw accuracies with one peak, at a place that is drawn."""
        peak, top = int(rng.integers(5)), 0.96 + int(rng.integers(25)) / 1000
        drops = np.abs(np.arange(5) - peak) * rng.integers(3, 15, 5) / 1000
        return peak, [round(float(value), 3) for value in top - drops]

    (a, row_a), (b, row_b) = searched(), searched()
    while max(row_a) == max(row_b):
        b, row_b = searched()
    better = "AB"[int(max(row_b) > max(row_a))]
    open_ones = [name for name, peak in (("A", a), ("B", b)) if peak in (0, 4)]
    # A search that has not ended can only get better, so the leader's own edge does no harm.
    settled = all(name == better for name in open_ones)
    return Draft(
        """Dev accuracies of two optimizers, one seed each:

        | rate | «head» |
        |---|«rule»
        | A | «row_a» |
        | B | «row_b» |

        "«better» is the better optimizer." Which are the best rates of A and of B (`rates`)?
        For how many of the two does the best rate lie at an edge of the list (`edges`)? Could a
        longer list of rates turn the order round (`open`, yes or no)? What else is missing?""",
        """The best rates are $«best»$. At an edge lie «edges». Where the best rate is the first
        or the last of the list, a better one may lie outside, so that optimizer can still gain:
        «open». Missing are several seeds for each, with the spread, and the same budget. And
        the dev set has chosen the rates, so other pictures must judge. (Rates 2, edges 1,
        verdict 1, missing 1.)""",
        {
            "rates": np.array([rates[a], rates[b]]),
            "edges": len(open_ones),
            "open": "no" if settled else "yes",
        },
        {
            "head": " | ".join(map(str, rates)),
            "rule": "---|" * 5,
            "row_a": " | ".join(f"{value:.3f}" for value in row_a),
            "row_b": " | ".join(f"{value:.3f}" for value in row_b),
            "better": better,
            "best": np.array([rates[a], rates[b]]),
        },
        {
            "the lowest accuracies": {
                "rates": np.array([rates[int(np.argmin(r))] for r in (row_a, row_b)])
            }
        },
    )


@question("09", "A weight that fades", "paper", 5, 6)
def a_weight_that_fades(rng: Rng) -> Draft:
    """Take a step with an L2 penalty, and halve a weight."""
    lr, strength = pick(rng, 0.1, 0.2, 0.5), pick(rng, 0.1, 0.2, 0.4, 0.5)
    w, g = (int(number) for number in whole(rng, 2, -5, 5))
    factor = 1 - lr * strength
    steps = int(np.ceil(np.log(0.5) / np.log(factor)))
    return Draft(
        r"""Gradient descent with an L2 penalty, $\eta = «lr»$ and $\lambda = «strength»$. A
        weight is $«w»$, its gradient from the loss is $«g»$. Where is it after a step
        (`after`)? By which factor does the penalty alone shrink a weight (`factor`), and after
        how many steps is at most half of it left (`steps`)? Why do biases get no penalty?""",
        r"""$«w» - «lr»\, («g» + «strength» \cdot «w_in») = «after»$. The factor is $1 - \eta
        \lambda = «factor»$. «before» steps leave $«left»$, so it takes «steps». A bias moves a
        unit's threshold and makes nothing steeper. (Step 2, factor 1, steps 1, bias 1.)""",
        {"after": w - lr * (g + strength * w), "factor": factor, "steps": steps},
        {
            "lr": lr,
            "strength": strength,
            "w": w,
            "g": g,
            "before": steps - 1,
            "left": factor ** (steps - 1),
            "w_in": bracketed(w),
        },
        {
            "the penalty left out": {"after": w - lr * g},
            "the penalty subtracted": {"after": w - lr * (g - strength * w)},
            "the rate left out": {"factor": 1 - strength},
            "half in equal parts": {"steps": int(np.ceil(0.5 / (lr * strength)))},
        },
    )


@question("09", "Four masks", "paper", 6, 8)
def four_masks(rng: Rng) -> Draft:
    """Average over the masks of dropout."""
    a, w = whole(rng, 2, 1, 6), whole(rng, 2, -5, 5)
    rate = pick(rng, 0.2, 0.25, 0.4)
    masks = np.array([[1, 1], [1, 0], [0, 1], [0, 0]])
    shares = np.prod(np.where(masks == 1, 1 - rate, rate), axis=1)
    sums = masks @ (a * w) / (1 - rate)
    return Draft(
        r"""Two hidden units give $a = «a»$; the next unit weighs them with $«w»$. Dropout
        leaves out each with the probability «rate», and scales what is kept. For the four cases
        (both kept, the first, the second, none) give the probabilities (`shares`) and the sums
        (`sums`), and show that the mean (`mean`) is what the unit gets without dropout. Where
        does the factor come from?""",
        r"""The probabilities are $«shares»$ and the sums $«sums»$. The mean is $«mean»$, and so
        is the sum without dropout. A unit is kept with the probability «keep», so the mask must
        be $1 / «keep» = «scale»$ where it is kept for its mean to be 1. (Cases 3, mean 2,
        factor 1.)""",
        {"shares": shares, "sums": sums, "mean": float(shares @ sums)},
        {"a": a, "w": w, "rate": rate, "keep": 1 - rate, "scale": 1 / (1 - rate)},
        {
            "the factor left out": {"sums": masks @ (a * w), "mean": (1 - rate) * float(a @ w)},
            "divided by the rate": {"sums": masks @ (a * w) / rate},
            "all four alike": {"shares": np.full(4, 0.25)},
        },
    )


@question("09", "Dropout", "code", 5, 7)
def dropout_with_a_bug(rng: Rng) -> Draft | None:
    """Find what is wrong with dropout."""
    given = {
        "A": whole(rng, (2, 3), 1, 9),
        "U": rng.choice(np.arange(1, 20), (2, 3), replace=False) / 20,
        "rate": pick(rng, 0.2, 0.25, 0.4),
    }
    if not 1 < np.sum(given["U"] >= given["rate"]) < 6:
        return None
    return hunt(
        rng,
        """
        def dropout(A, U, rate):
            kept = U >= rate
            scale = 1 / (1 - rate)
            return A * kept * scale""",
        [
            ("kept = U >= rate", "kept = U < rate",
             "That keeps the share that should be left out."),
            ("scale = 1 / (1 - rate)", "scale = 1 - rate",
             "What is kept must become larger, so that the mean stays."),
            ("scale = 1 / (1 - rate)", "scale = 1 / rate",
             "What is kept is $1 - r$ of the units, so that share must be made up for."),
            ("return A * kept * scale", "return A * kept",
             "Nothing makes up for the units left out: when it reads, the next layer gets more."),
            ("kept = U >= rate", "kept = U[0] >= rate",
             "One mask for the whole batch: each example must draw its own."),
        ],
        """`A` is $«A»$, `rate` is «rate», and `U` holds numbers drawn from 0 to 1, $«U»$.""",
        lambda f: f(**given),
        given,
    )  # fmt: skip


@question("09", "Stop in time", "paper", 4, 5)
def stop_in_time(rng: Rng) -> Draft | None:
    """Play early stopping."""
    epochs, patience = 12, pick(rng, 2, 3, 4)
    curve = np.round(
        0.9 + 0.06 * (1 - np.exp(-np.arange(epochs) / 3)) + rng.normal(0, 0.006, epochs), 3
    )
    stopping = EarlyStopping(patience)
    for end, score in enumerate(curve, 1):
        stopping.update(float(score), np.array([float(end)]))
        if stopping.done:
            break
    best = int(stopping.state["theta"][0])
    if not stopping.done or end > epochs - 2 or best == np.argmax(curve) + 1:
        return None
    return Draft(
        """Dev accuracies after the epochs 1 to «epochs»: $«curve»$. Training stops early, with
        patience «patience». After which epoch does it end (`end`), which epoch's weights are
        kept (`kept`), and what is their accuracy (`best`)? Which epoch would have been best if
        all had been run (`missed`)? May you report the accuracy of the weights kept?""",
        """The best so far stands at epoch «kept», with «best». «patience» epochs without a
        better one end it at «end». Epoch «missed» would have been better. Not as a final
        result: the dev set has chosen the epoch, so the number is high by luck, too. (Epochs 2,
        missed 1, report 1.)""",
        {
            "end": end,
            "kept": best,
            "best": float(curve[best - 1]),
            "missed": int(np.argmax(curve)) + 1,
        },
        {"epochs": epochs, "patience": patience, "curve": curve},
        {
            "one too early": {"end": end - 1},
            "the last weights kept": {"kept": end},
            "the best epoch that was never run": {"kept": int(np.argmax(curve)) + 1},
        },
    )


@question("09", "What a remedy does", "claim", 4, 5)
def what_a_remedy_does(rng: Rng) -> Draft | None:
    """Judge dropout by the right accuracy."""
    without = 0.90 + int(rng.integers(0, 40)) / 1000
    gain = pick(rng, *range(-12, 0), *range(1, 13)) / 1000
    train = 0.97 + int(rng.integers(0, 25)) / 1000
    spread = pick(rng, 0.001, 0.002, 0.003, 0.004)
    ratio = abs(gain) / (spread * (2 / 5) ** 0.5)
    if train - without - gain < 0.01 or 1.7 < ratio < 2.3:
        return None
    verdict = "no evidence" if ratio < 2 else "better" if gain > 0 else "worse"
    return Draft(
        r""""With dropout our training accuracy falls from 1.000 to «train». So it does harm."
        The dev accuracy was «without» without dropout and «with» with it: means of five seeds
        each, both with the spread «spread». Give the gap between training and dev accuracy
        without (`gap`) and with dropout (`gap_with`). How many standard errors apart are the
        two dev accuracies (`distance`)? Is dropout better, worse, or is there no evidence
        (`verdict`), if two standard errors are asked for?""",
        r"""The training accuracy is no measure: every remedy lowers it. The gap goes from «gap» to
        «gap_with». A difference of two means of five has the standard error
        $«spread» \sqrt{2 / 5} = «error»$, and $«gain»$ is $«distance»$ of these: «verdict».
        (Gaps 1, distance 2, verdict 1.)""",
        {
            "gap": 1 - without,
            "gap_with": train - without - gain,
            "distance": ratio,
            "verdict": verdict,
        },
        {
            "train": train,
            "without": without,
            "with": without + gain,
            "spread": spread,
            "gain": gain,
            "error": spread * (2 / 5) ** 0.5,
        },
        {
            "the spread taken for the error": {"distance": abs(gain) / spread},
            "one mean's error": {"distance": abs(gain) / (spread / 5**0.5)},
            "judged by the training accuracy": {"gap": 1 - train},
        },
    )


@question("09", "Do not ask for certainty", "paper", 4, 5)
def label_smoothing(rng: Rng) -> Draft:
    """Smooth a label, and compute the loss."""
    K, y = pick(rng, 4, 5), int(rng.integers(4))
    smoothing = pick(rng, 0.1, 0.2, 0.25, 0.4)
    P = rng.permutation(np.array([[0.5, 0.2, 0.2, 0.1], [0.4, 0.3, 0.1, 0.1, 0.1]][K - 4]))
    loss, dZ = smoothed_cross_entropy(np.log(P)[None], np.array([y]), smoothing)
    plain, _ = smoothed_cross_entropy(np.log(P)[None], np.array([y]), 0.0)
    Q = (1 - smoothing) * np.eye(K)[y] + smoothing / K
    return Draft(
        r"""The probabilities of one example are $«P»$, its label is «y», counted from 0. Labels
        are smoothed with $\alpha = «smoothing»$. Give the target $Q$ (`Q`), the cross-entropy
        with it (`loss`), and the slopes at the logits (`slopes`). At which probability of the
        right class does its slope vanish (`at_rest`)?""",
        r"""$Q = «Q»$: each class gets $\alpha / K$, the right one $1 - \alpha$ more. The loss is
        $-\sum_k Q_k \log p_k = «loss»$, the slopes are $P - Q = «slopes»$. They vanish where the
        probability is the target: $«at_rest»$, and not at 1. (One for each.)""",
        {"Q": Q, "loss": loss, "slopes": dZ[0], "at_rest": Q[y]},
        {"P": P, "y": y, "smoothing": smoothing},
        {
            "the right class gets no share": {"at_rest": 1 - smoothing},
            "the label as it was": {"slopes": P - np.eye(K)[y], "loss": plain},
            "the sign turned": {"slopes": -dZ[0]},
        },
    )


@question("09", "A step out of hand", "paper", 4, 5)
def clipped_step(rng: Rng) -> Draft:
    """Clip a gradient."""
    sides, scale = pick(rng, (3, 4), (5, 12), (8, 15), (6, 8)), pick(rng, 1, 2, 3)
    g = np.array(sides) * scale * whole(rng, 2, -1, 1)
    largest, lr = pick(rng, 1, 1.5, 2, 2.5), pick(rng, 0.1, 0.2, 0.5)
    clipped = g.astype(float)
    norm = clip_norm(clipped, largest)
    return Draft(
        r"""A gradient is $«g»$. It is clipped to the length «largest», and the rate is $\eta =
        «lr»$. Give its length (`length`), what is left of it (`clipped`), and how far the step
        leads (`step`). Does the step still point the same way, and would it if each entry were
        limited to «largest» by itself?""",
        r"""The length is $«length»$. Divided by $«length» / «largest»$ the gradient is
        $«clipped»$, and the step is $«lr» \cdot «largest» = «step»$ long. It points the same
        way, since both entries got the same factor. Limited by itself, each entry would be cut
        to «largest», and the direction would change. (Numbers 3, direction 1.)""",
        {"length": norm, "clipped": clipped, "step": lr * largest},
        {"g": g, "largest": largest, "lr": lr},
        {
            "the sum of the entries": {"length": float(np.abs(g).sum())},
            "each entry by itself": {"clipped": np.clip(g, -largest, largest)},
            "not clipped": {"step": lr * norm},
        },
    )


@question("10", "The error of a share", "paper", 6, 8)
def error_of_a_share(rng: Rng) -> Draft:
    """Compute a standard error, and an interval that does not lie."""
    N, percent = 100 * int(rng.integers(4, 60)), int(rng.integers(80, 99))
    few, p = int(rng.integers(10, 41)), percent / 100
    low, _ = accuracy_interval(np.zeros(few, int), np.zeros(few, int))
    error = (p * (1 - p) / N) ** 0.5
    return Draft(
        r"""Derive the standard error of a share of right answers, from the variance of one
        answer. A network reads «right» of «N» pictures: give the share (`share`) and its
        standard error (`error`). How many pictures would you need for a third of that error
        (`needed`)? Another one reads «few» of «few». What is wrong with $p \pm 1.96$ standard
        errors here, and where does the Wilson interval begin (`low`)?""",
        r"""One answer is 1 with the probability $q$, so its variance is $q (1 - q)$; in the
        square of the mean of $N$ independent ones the mixed terms vanish: $\frac{q (1 -
        q)}{N}$, and the root of it. Here $«share»$ and $«error»$; for a third of it «needed»
        pictures. At $p = 1$ the naive interval has no width. Wilson: $\frac{N}{N + z^2} =
        \frac{«few»}{«sum»} = «low»$. (Derivation 3, numbers 2, Wilson 1.)""",
        {"share": p, "error": error, "needed": 9 * N, "low": low},
        {"N": N, "right": N * percent // 100, "few": few, "sum": few + 1.96**2},
        {
            "the root forgotten": {"error": error**2},
            "three times the pictures": {"needed": 3 * N},
            "the naive interval": {"low": 1.0},
        },
    )


@question("10", "Precision and recall", "paper", 5, 6)
def precision_and_recall(rng: Rng) -> Draft:
    """Read a confusion matrix."""
    C = rng.integers(0, 6, (3, 3)) + np.diag(rng.integers(8, 40, 3))
    k = int(rng.integers(3))
    precision, recall, f1 = (values[k] for values in precision_recall_f1(C))
    return Draft(
        r"""Rows say what it was, columns what was said: $«C»$. Give the accuracy (`accuracy`),
        and for the «which» class precision, recall and $F_1$ (`precision`, `recall`, `f1`).
        Which rises and which falls if the network says this class only when it is very sure?""",
        r"""Accuracy $«right» / «all» = «accuracy»$. The «which» class: precision
        $«hits» / «said» = «precision»$, recall $«hits» / «was» = «recall»$,
        $F_1 = 2 \cdot «hits» / («said» + «was») = «f1»$. Precision rises, recall falls.
        (Shares 3, harmonic mean 1, trade 1.)""",
        {"accuracy": C.trace() / C.sum(), "precision": precision, "recall": recall, "f1": f1},
        {
            "C": C,
            "k": k,
            "which": ("first", "second", "third")[k],
            "right": C.trace(),
            "all": C.sum(),
            "hits": C[k, k],
            "said": C[:, k].sum(),
            "was": C[k].sum(),
        },
        {
            "rows and columns exchanged": {"precision": recall, "recall": precision},
            "of all examples": {"recall": C[k, k] / C.sum()},
        },
    )


@question("10", "Surely better", "claim", 5, 6)
def surely_better(rng: Rng) -> Draft | None:
    """Compare two networks by their disagreements."""
    N, b, c = 10_000, int(rng.integers(15, 90)), int(rng.integers(15, 90))
    both = int(rng.integers(60, 200))
    z = (b - c) / (b + c) ** 0.5
    y = np.zeros(N, int)
    low, _ = accuracy_interval(y, (np.arange(N) < both + c).astype(int))
    _, high = accuracy_interval(y, (np.arange(N) < both + b).astype(int))
    if b <= c or 1.75 < z < 2.2 or low > high:
        return None
    return Draft(
        r"""Two networks read the same «N» pictures. In «b» cases only the first is right, in
        «c» only the second, and «both» pictures are misread by both. "«p1» against «p2», and
        the 95 % intervals overlap, so nothing can be said." Give both accuracies (`shares`).
        How many standard errors apart are the two by what they disagree on (`z`)? Can you say
        more (`more`, yes or no)? About what?""",
        r"""The accuracies are $«shares»$. Both read the same pictures, so only disagreements
        count: $\frac{«b» - «c»}{\sqrt{«b» + «c»}} = «z»$ standard errors. Above 1.96 a fair
        coin hardly does that: «more». It would say that one *network* is better, and not that
        one way of training is. (Shares 1, number 2, verdict 1, limit 1.)""",
        {
            "shares": np.array([N - both - c, N - both - b]) / N,
            "z": z,
            "more": "yes" if z > 1.96 else "no",
        },
        {
            "N": N, "b": b, "c": c, "both": both,
            "p1": f"{(N - both - c) / N:.4f}", "p2": f"{(N - both - b) / N:.4f}",
        },
        {
            "the root forgotten": {"z": (b - c) / (b + c)},
            "all pictures counted": {"z": (b - c) / N**0.5},
            "two separate samples": {"z": (b - c) / (2 * both + b + c) ** 0.5},
        },
    )  # fmt: skip


@question("10", "Ninety-nine times out of a hundred", "claim", 5, 6)
def sure_of_itself(rng: Rng) -> Draft | None:
    """Hold a confidence against what was right."""
    p, N = pick(rng, 0.8, 0.9, 0.95, 0.99), pick(rng, 100, 200, 400, 500)
    error = (p * (1 - p) / N) ** 0.5
    right = round(N * (p - rng.uniform(-0.5, 7) * error))
    z = (p - right / N) / error
    if right > N or 1.5 < z < 2.5:
        return None
    words = {
        "yes": "A temperature above 1, fitted on other pictures, mends that.",
        "no": "That is within what chance allows.",
    }
    over = "yes" if z > 2 else "no"
    return Draft(
        r""""When our network says «p», you can rely on it." Of «N» answers with that
        confidence, «right» were right. If it were calibrated, what standard error would that
        share have (`error`), and by how many of these is it too low (`z`)? Is the network
        overconfident, if two standard errors are asked for (`over`, yes or no)? What do you do
        if it is, and which answers does that change?""",
        r"""$\sqrt{«p» \cdot «rest» / «N»} = «error»$, and $«p» - «right» / «N»$ is $«z»$ of
        them: «over». «words» A temperature changes no answer, and holds only for pictures like
        those it was fitted on. (Error 2, distance 1, verdict 1, remedy 1.)""",
        {"error": error, "z": z, "over": over},
        {"p": p, "N": N, "right": right, "rest": round(1 - p, 2), "words": words[over]},
        {
            "the root forgotten": {"error": error**2},
            "the number left out": {"error": (p * (1 - p)) ** 0.5},
            "in per cent": {"z": 100 * (p - right / N)},
        },
    )


@question("10", "Recall", "code", 5, 7)
def recall_with_a_bug(rng: Rng) -> Draft | None:
    """Find what is wrong with the recall of each class."""
    y = rng.permutation([0, 0, 0, 1, 1, 2, 2, 2])
    said = np.where(rng.random(8) < 0.4, rng.integers(0, 3, 8), y)
    if not all((said == k).any() and ((said == k) & (y == k)).any() for k in range(3)):
        return None
    return hunt(
        rng,
        """
        def recalls(y, said):
            C = np.zeros((3, 3))
            for true, answer in zip(y, said):
                C[true, answer] += 1
            return C.diagonal() / C.sum(axis=1)""",
        [
            ("return C.diagonal() / C.sum(axis=1)", "return C.diagonal() / C.sum(axis=0)",
             "Columns hold what was said: that is the precision."),
            ("C[true, answer] += 1", "C[answer, true] += 1",
             "Rows and columns are exchanged, so the sums of the rows give the precision."),
            ("C[true, answer] += 1", "C[true, answer] = 1",
             "Each pair counts once only, however often it occurs."),
            ("return C.diagonal() / C.sum(axis=1)", "return C.diagonal() / C.sum()",
             "Recall is a share of the examples of one class, and not of all."),
        ],
        "`y` is $«y»$ and `said` is $«said»$.",
        lambda f: f(y, said),
        {"y": y, "said": said},
    )  # fmt: skip


@question("10", "Does 90 % mean 90 %?", "choice", 5, 6)
def calibration_error(rng: Rng) -> Draft | None:
    """Compute a calibration error of two bins."""
    low, high = pick(rng, 0.6, 0.65, 0.7), pick(rng, 0.85, 0.9, 0.95)
    counts = 10 * rng.integers(2, 9, 2)
    off = pick(rng, -1, 1) * rng.uniform(0.02, 0.3, 2)
    right = np.round(counts * np.clip(np.array([low, high]) - off, 0, 1)).astype(int)
    P = np.repeat([low, high], counts)
    y = np.concatenate([np.arange(n) >= r for n, r in zip(counts, right, strict=True)]).astype(int)
    both = np.stack([P, 1 - P], axis=1)
    ece = expected_calibration_error(both, y, bins=5)
    _, share, _ = reliability(both, y, bins=5)
    shares = share[~np.isnan(share)]
    mean_gap = float(np.sum(counts * (np.array([low, high]) - shares)) / counts.sum())
    if abs(mean_gap) < 0.05 or len(shares) != 2:
        return None
    names = (
        "fit a temperature above 1",
        "fit a temperature below 1",
        "train with more pictures of the rare classes",
    )
    listed, letter = choices(rng, *(names if mean_gap > 0 else (names[1], names[0], names[2])))
    return Draft(
        r"""Of «n0» answers with the confidence «low», «r0» were right; of «n1» with the
        confidence «high», «r1» were. Give both accuracies (`shares`) and the expected
        calibration error (`ece`). On the whole, what mends the confidences (`remedy`)?

        «listed»""",
        r"""The accuracies are $«shares»$. Each gap to the confidence counts by the number of
        its answers: $«ece»$. The mean confidence is off by $«off»$ on the whole; a temperature
        above 1 makes all of them smaller, one below 1 larger. («remedy»): «cure». (Shares 2,
        error 2, remedy 1.)""",
        {"shares": shares, "ece": ece, "remedy": letter},
        {
            "low": low, "high": high, "n0": counts[0], "n1": counts[1], "r0": right[0],
            "r1": right[1], "listed": listed, "off": mean_gap, "cure": names[int(mean_gap < 0)],
        },
        {
            "both bins alike": {"ece": float(np.abs(shares - [low, high]).mean())},
            "the share of wrong answers": {"shares": 1 - shares},
        },
    )  # fmt: skip

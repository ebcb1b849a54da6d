"""The teaching guide: everything that it names exists, and the answers of the exam are right."""

import math
import re

import numpy as np
import pytest
from check_prose import texts
from conftest import ROOT

import nn_core as nn
from nn_core.gradcheck import numerical_gradient, relative_error
from nn_core.initializers import he_normal

GUIDE = (ROOT / "book" / "appendix" / "teaching.md").read_text("utf-8")
EXAM = (ROOT / "book" / "appendix" / "exam.md").read_text("utf-8")

# Questions with answers that contain no number and no code.
IN_WORDS = {'"A is the better optimizer"', '"It runs"'}


def parts(text: str, mark: str) -> dict[str, str]:
    """Give the text below each heading of a level, by heading."""
    cut = re.split(rf"^{mark} (.*)\n", text, flags=re.MULTILINE)
    return dict(zip(cut[1::2], cut[2::2], strict=True))


SECTIONS = parts(GUIDE, "##")
QUESTIONS = {
    title.split(". ", 1)[1]: re.split(r"^## ", text, flags=re.MULTILINE)[0]
    for title, text in parts(EXAM, "###").items()
}
TESTED = set()


def question(title: str) -> pytest.MarkDecorator:
    """Mark a test that computes the answer to a question."""
    TESTED.add(title)
    return pytest.mark.parametrize("title", [title])


def folded(title: str) -> str:
    return re.search(
        r"^<summary>Answer</summary>\n(.*?)^</details>$", QUESTIONS[title], re.M | re.S
    )[1]


def answer(title: str) -> str:
    return " ".join(folded(title).split())


def says(title: str, *values: str) -> None:
    """Assert that the answer contains each of these numbers, not only inside other numbers."""
    for value in values:
        number = rf"(?<![\d.]){re.escape(value)}(?!\d|\.\d|,\d)"
        assert re.search(number, answer(title)), f"{value} is not in {answer(title)!r}"


def defined(text: str) -> dict:
    """Run the Python block of a text, and give its variables."""
    names = {"np": np, "nn": nn}
    exec(re.search(r"```python\n(.*?)```", text, re.DOTALL)[1], names)
    return names


def asked_and_mended(title: str, name: str):
    """Give a function of a question, and the mended function of its answer."""
    asked = QUESTIONS[title].split(":::", 1)[0]
    return defined(asked)[name], defined(folded(title))[name]


# --- references of the guide


def names_of(number: str) -> set[str]:
    """Give the headings and the exercises of a chapter."""
    pattern = "appendix/bug_zoo.ipynb" if number == "zoo" else f"{number}_*.ipynb"
    (path,) = (ROOT / "book").glob(pattern)
    pattern = r"^(?:##+ |> \*\*Exercise: )(.+?)(?:\*\*)?$"
    return set(re.findall(pattern, "\n".join(texts(path)), re.MULTILINE))


def in_italics(text: str) -> list[str]:
    return re.findall(r"(?<!\*)\*([A-Z][^*]+)\*(?!\*)", text)


BY_CHAPTER = {
    "zoo" if title == "Bug zoo" else title[:2]: text
    for title, text in parts(SECTIONS["Chapter by chapter"], "###").items()
}


@pytest.mark.parametrize("number", BY_CHAPTER)
def test_sections_and_exercises_exist(number):
    named = in_italics(BY_CHAPTER[number])
    assert set(named) <= names_of(number)
    assert number == "zoo" or in_italics(BY_CHAPTER[number].split("- Homework:")[1])


def test_plans_name_sections_and_exercises_that_exist():
    there = set().union(*map(names_of, BY_CHAPTER))
    for section in ("The first lesson", "When time is short", "How to grade"):
        assert set(in_italics(SECTIONS[section])) <= there, section


def test_the_first_lesson_takes_two_hours():
    minutes = re.findall(r"^\| (\d+) \|", SECTIONS["The first lesson"], re.MULTILINE)
    assert sum(map(int, minutes)) == 120


def test_every_chapter_has_its_lines():
    for text in BY_CHAPTER.values():
        lines = ["Before", "Ask", "Watch for", "Homework"]
        assert re.findall(r"^- ([\w ]+):", text, re.MULTILINE) == lines


# --- the exam


def test_exam_is_complete():
    numbers = [int(number) for number in re.findall(r"^### (\d+)\. ", EXAM, re.MULTILINE)]
    assert numbers == list(range(1, len(QUESTIONS) + 1))
    points = minutes = 0
    chapters = set()
    for title, question in QUESTIONS.items():
        found = re.match(r"\*(.+) · (\d) points · (\d) minutes\*\n", question)
        assert found, title
        chapters |= set(found[1].split(", "))
        points += int(found[2])
        minutes += int(found[3])
        # "(Formula 2, numbers 2, ReLU 1.)" is the distribution of the points.
        (shares,) = re.findall(r"\(([A-Z][^()]* \d)\.\)", answer(title))
        assert sum(int(share[-1]) for share in shares.split(", ")) == int(found[2]), title
    total = f"{len(QUESTIONS)} questions with {points} points, for {minutes} minutes"
    assert total in " ".join(EXAM.split())
    assert chapters == {f"{number:02}" for number in range(1, 14)} | {"zoo"}


@question("Two layers are one")
def test_two_layers_are_one(title):
    W1, b1 = np.array([[1, 2], [0, 1]]), np.array([1, -1])
    W2, b2 = np.array([[1], [2]]), np.array([0.5])
    assert np.array_equal(W1 @ W2, [[5], [2]])
    assert np.array_equal(b1 @ W2 + b2, [-0.5])
    says(title, "5", "2")
    assert "1 - 2 + 0.5 = -0.5" in answer(title)


@question("From likelihood to loss")
def test_from_likelihood_to_loss(title):
    P = np.array([0.5, 0.8, 0.25])
    says(title, f"{P.prod():.1f}", f"{-np.log(P).mean():.3f}")


@question("Two differences")
def test_two_differences(title):
    def f(x):
        return x**4

    def one_sided(h):
        return (f(1 + h) - f(1)) / h

    def central(h):
        return (f(1 + h) - f(1 - h)) / (2 * h)

    says(title, "4", f"{one_sided(0.1):.3f}", f"{central(0.1):.3f}")
    says(title, f"{one_sided(0.01) - 4:.2f}", f"{central(0.01) - 4:.4f}")


@question("Back through a graph")
def test_back_through_a_graph(title):
    x = np.array([2.0, 3.0, 4.0])
    found = numerical_gradient(lambda: (x[0] * x[1] - x[2]) ** 2 + x[0], x)
    assert np.allclose(found, [13, 8, -4])
    says(title, "13", "8", "6")
    assert r"\mathrm{d}c = -4" in answer(title)


@question("A dense layer")
def test_a_dense_layer(title):
    X, W = np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([[3.0], [-1.0]])
    dX, dW, db = nn.dense_backward(np.array([[2.0], [-1.0]]), X, W)
    assert np.array_equal(dW, [[2], [5]])
    assert np.array_equal(db, [1])
    assert np.array_equal(dX, [[6, -2], [-3, 1]])
    for part in (r"(2,\ 5)^\top", r"\mathrm{d}b = 1", r"6 & -2 \\ -3 & 1"):
        assert part in answer(title)


@question("What was said, minus what is true")
def test_what_was_said_minus_what_is_true(title):
    Z = np.array([[0, np.log(3)]])
    _, dZ = nn.softmax_cross_entropy(Z, np.array([0]))
    assert np.allclose(dZ, [[-0.75, 0.75]])
    _, dZ = nn.softmax_cross_entropy(np.tile(Z, (5, 1)), np.zeros(5, int))
    assert np.allclose(dZ, [[-0.15, 0.15]])
    for part in (r"$-0.75$ and 0.75", r"$-0.15$ and 0.15"):
        assert part in answer(title)


@question("Which rates work?")
def test_which_rates_work(title):
    w, visited = 1.0, []
    for _ in range(3):
        w -= 0.4 * 4 * w
        visited.append(f"{w:.4g}")
    assert visited == ["-0.6", "0.36", "-0.216"]
    says(title, *(value.lstrip("-") for value in visited), "0.5", "0.25")
    assert abs(1 - 4 * 0.5) == 1
    assert 1 - 4 * 0.25 == 0


@question("How many pictures for a step?")
def test_how_many_pictures_for_a_step(title):
    says(title, f"{math.sqrt(100 / 25):.0f}", f"{math.sqrt(100 / 400)}")
    says(title, f"{400 // 25}")
    draws = np.random.default_rng(0).normal(scale=10, size=(4000, 400))
    assert draws.mean(axis=1).std() == pytest.approx(0.5, rel=0.1)


@question("Five layers of signal")
def test_five_layers_of_signal(title):
    factor = 200 * 0.05**2 / 2
    size = math.sqrt(factor**5)
    says(title, f"{factor:g}", f"{factor**5:.5f}", f"{size:.3f}")
    assert size == pytest.approx(1 / 32)
    he = he_normal((200, 4000), np.random.default_rng(0))
    assert he.std() == pytest.approx(0.1, rel=0.01)
    says(title, "0.01", "0.1")


@question("A mean that starts at zero")
def test_a_mean_that_starts_at_zero(title):
    m1 = 0.1 * 2
    m2 = 0.9 * m1 + 0.1 * 2
    assert m1 / (1 - 0.9) == pytest.approx(2)
    assert m2 / (1 - 0.9**2) == pytest.approx(2)
    says(title, f"{m1:.1f}", f"{m2:.2f}", f"{1 - 0.9**2:.2f}")
    assert rf"${0.1 / math.sqrt(0.001):.2f}\, \eta$" in answer(title)


@question("Momentum, steady and to and fro")
def test_momentum(title):
    steady = swing = 0.0
    for t in range(200):
        steady = 0.8 * steady + 1
        swing = 0.8 * swing + (-1) ** t
    says(title, f"{steady:.0f}", f"{abs(swing):.3f}")


@question("A weight that fades")
def test_a_weight_that_fades(title):
    after = 3 - 0.2 * (-1 + 0.5 * 3)
    factor = 1 - 0.2 * 0.5
    steps = next(t for t in range(99) if factor**t <= 0.5)
    says(title, f"{after:.1f}", f"{factor}", f"{factor ** (steps - 1):.3f}")
    says(title, f"{steps}")


@question("Four masks")
def test_four_masks(title):
    shares, sums = [], []
    for kept in ((1, 1), (1, 0), (0, 1), (0, 0)):
        shares.append(math.prod(0.75 if k else 0.25 for k in kept))
        sums.append(4 / 3 * (kept[0] * 3 * 2 - kept[1] * 1 * 4))
    assert np.allclose(shares, np.array([9, 3, 3, 1]) / 16)
    assert np.allclose(sums, [8 / 3, 8, -16 / 3, 0])
    products = [share * total for share, total in zip(shares, sums, strict=True)]
    assert np.allclose(products, [1.5, 1.5, -1, 0])
    for part in (r"\frac{9}{16}$, sum $\frac83", "sum 8", r"-\frac{16}{3}", "1.5 + 1.5 - 1 = 2"):
        assert part in answer(title)


@question("Ten of ten, and more")
def test_ten_of_ten(title):
    error = math.sqrt(0.9 * 0.1 / 2500)
    says(title, f"{2250 / 2500}", f"{error:.3f}")
    assert math.sqrt(0.9 * 0.1 / 10_000) == pytest.approx(error / 2)
    low, _ = nn.accuracy_interval(np.zeros(20, int), np.zeros(20, int))
    says(title, "10,000", f"{low:.3f}", f"{20 + 1.96**2:.2f}")


@question("A sum where you have a mean")
def test_a_sum_where_you_have_a_mean(title):
    def as_summed(N):
        """Give the rate at which our mean loss takes the step of the author."""
        A, y = np.random.default_rng(0).random((N, 4)), np.arange(N) % 4
        _, dA = nn.mean_squared_error(A, y)
        rates = 0.02 * (A - nn.one_hot(y, 4)) / dA
        assert np.allclose(rates, rates[0, 0])
        return rates[0, 0]

    assert as_summed(50) == pytest.approx(2)
    assert r"\frac{50 \cdot 4}{2} \cdot 0.02 = 2$" in answer(title)
    assert as_summed(30) == pytest.approx(1.2)
    says(title, "1.2", f"{2 / as_summed(30):.2f}")


@question("Where the ink comes from")
def test_where_the_ink_comes_from(title):
    M = np.array([[0, -1], [1, 0]]) @ np.diag([0.5, 1])
    u, v = np.array([4, 6]), np.array([3, 2])
    assert np.array_equal(M, [[0, -1], [0.5, 0]])
    assert np.array_equal(np.linalg.inv(M), [[0, 2], [-1, 0]])
    for part in (r"0 & -1 \\ \frac12 & 0", r"0 & 2 \\ -1 & 0"):
        assert part in answer(title)
    for place in (M @ u, M @ u - u, np.linalg.inv(M) @ v):
        assert rf"$({place[0]:.0f},\ {place[1]:.0f})$" in answer(title)


@question("Batches")
def test_batches(title):
    wrong, mended = asked_and_mended(title, "batches")
    X, y = np.arange(100)[:, None], np.arange(100)
    got = list(wrong(X, y, 20, np.random.default_rng(0)))
    assert sum(len(part) for part, _ in got) == 80
    assert any((part[:, 0] != labels).any() for part, labels in got)
    says(title, "100", "20", "80")
    got = list(mended(X, y, 30, np.random.default_rng(0)))
    assert sorted(np.concatenate([labels for _, labels in got])) == list(y)
    assert all((part[:, 0] == labels).all() for part, labels in got)


@question("Softmax")
def test_softmax(title):
    wrong, mended = asked_and_mended(title, "softmax")
    Z = np.random.default_rng(0).normal(size=(4, 4))
    assert not np.allclose(wrong(Z), nn.softmax(Z))
    assert np.allclose(wrong(Z), np.exp(Z) / np.exp(Z).sum(axis=1)[None, :])
    with pytest.raises(ValueError, match="broadcast"):
        wrong(Z[:3])
    with np.errstate(all="ignore"):
        assert np.isnan(wrong(np.full((2, 2), 1000.0))).all()
    assert np.allclose(mended(1000 * Z), nn.softmax(1000 * Z))


@question("A slope that is always one")
def test_a_slope_that_is_always_one(title):
    wrong = defined(QUESTIONS[title])["relu_backward"]
    Z, dA = np.random.default_rng(0).normal(size=(2, 5, 4))
    A = nn.relu_forward(Z)
    assert np.array_equal(wrong(dA, A), dA)
    assert np.array_equal(dA * (A > 0), nn.relu_backward(dA, A))
    assert "`A > 0`" in answer(title)


@question("The walk back")
def test_the_walk_back(title):
    wrong, mended = asked_and_mended(title, "dense_backward")
    rng = np.random.default_rng(0)
    X, W, dZ = rng.normal(size=(4, 3)), rng.normal(size=(3, 3)), rng.normal(size=(4, 3))
    right = nn.dense_backward(dZ, X, W)
    errors = [relative_error(a, b) for a, b in zip(wrong(dZ, X, W), right, strict=True)]
    assert errors[0] > 0.1
    assert errors[1:] == pytest.approx([0.6, 0.6])
    says(title, "4", "0.6")
    for a, b in zip(mended(dZ, X, W), right, strict=True):
        assert np.allclose(a, b)
    with pytest.raises(ValueError, match="mismatch"):
        wrong(dZ[:, :2], X, W[:, :2])


@question("Keep the best")
def test_keep_the_best(title):
    network = nn.MLP((2, 2), np.random.default_rng(0))
    kept, copied = network.theta, network.theta.copy()
    nn.SGD(lr=1.0).step(network.theta, np.ones_like(network.theta))
    assert np.array_equal(kept, network.theta)
    assert not np.array_equal(copied, network.theta)
    assert "network.theta.copy()" in answer(title)


@question("A step of momentum")
def test_a_step_of_momentum(title):
    wrong, mended = asked_and_mended(title, "step")
    start = np.random.default_rng(0).normal(size=(3, 50)).astype(np.float32)
    found, rolled = wrong(*start, 3)
    assert (found.dtype, rolled.dtype) == (np.float64, np.float32)
    # The bytes of each line: those it reads, then those it writes.
    lines = [4 + 4, 4 + 4 + 4, 4 + 8, 4 + 8 + 8]
    says(title, *(f"{line}" for line in lines), f"{sum(lines)}", f"{5 * 4}")
    theta, v, g = start.copy()
    kept, kept_v = mended(theta, v, g, np.empty_like(g), 3)
    assert kept is theta
    assert kept_v is v
    assert np.array_equal(g, start[2])
    assert np.allclose(theta, found)
    assert np.allclose(v, rolled)


@question("A report of the check")
def test_a_report_of_the_check(title):
    grad = np.random.default_rng(0).normal(size=20)
    assert relative_error(9 * grad, grad) == pytest.approx(0.8)
    assert relative_error(grad / 9, grad) == pytest.approx(0.8)
    assert "= 0.8$ gives $c = 9$" in answer(title)


@question("Sixteen bytes")
def test_sixteen_bytes(title):
    head = bytes.fromhex(re.search(r"`((?:[0-9a-f]{2} ){15}..)`", QUESTIONS[title])[1])
    sizes = np.frombuffer(head, ">u4")[1:]
    assert list(sizes) == [300, 28, 28]
    says(title, f"{len(head)}", f"{sizes[0]}", f"{len(head) + sizes.prod():,}")
    says(title, f"{math.ceil(300 / 32)}", f"{300 % 32}")


@question("Counting parameters")
def test_counting_parameters(title):
    count = nn.MLP((784, 50, 20, 10), np.random.default_rng(0)).theta.size
    says(title, f"{count:,}", f"{2 * count:,}")
    assert 2 * count / 6000 == pytest.approx(13.5, abs=0.05)
    assert "13 and a half minutes" in answer(title)


@question("Temperatures")
def test_temperatures(title):
    Z = np.array([[0, np.log(4)]])
    for T, digits in ((1, 1), (0.5, 3)):
        says(title, *(f"{p:.{digits}f}" for p in nn.softmax(Z / T)[0]))
    assert np.allclose(nn.softmax(Z / 2), [[1 / 3, 2 / 3]])


@question("Precision and recall")
def test_precision_and_recall(title):
    C = np.array([[8, 1, 1], [2, 6, 2], [0, 1, 9]])
    assert r"8 & 1 & 1 \\ 2 & 6 & 2 \\ 0 & 1 & 9" in QUESTIONS[title]
    share = {"accuracy": C.trace() / C.sum(), "precision": 6 / C[:, 1].sum(), "recall": 6 / 10}
    f1 = 2 / (1 / share["precision"] + 1 / share["recall"])
    says(title, *(f"{value:.3g}" for value in share.values()), f"{f1:.3f}")


@question("First losses")
def test_first_losses(title):
    says(title, *(f"{math.log(count):.3f}" for count in (10, 100, 500)))
    assert f"{math.log(10):.4f}" in QUESTIONS[title]
    assert round(math.log(500), 1) == 6.2


@question("Under the roof")
def test_under_the_roof(title):
    def operations(rows, inner, columns):
        return 2 * rows * inner * columns

    def moved(rows, inner, columns):
        return 4 * (rows * inner + inner * columns + rows * columns)

    def first(N):
        return N, 784, 200

    # The products of forward pass, dW, and the only dX that is needed.
    flops = 2 * operations(*first(50)) + 3 * operations(50, 200, 10)
    assert flops == 6 * 50 * 158_800 - 2 * 50 * 156_800
    says(title, f"{flops:,}", f"{1e11 / 1e10:.0f}")
    for N, digits in ((50, 1), (4, 2)):
        F, U = operations(*first(N)), moved(*first(N))
        says(title, f"{F / U:.{digits}f}", f"{1e6 * max(F / 1e11, U / 1e10):.0f}")
    says(title, f"{moved(*first(50)) / operations(*first(50)):.4f}")
    says(title, f"{operations(*first(50)):,}", f"{moved(*first(4)):,}")
    assert operations(*first(50)) / 1e11 > moved(*first(50)) / 1e10
    assert operations(*first(4)) / 1e11 < moved(*first(4)) / 1e10


@question('"An accuracy of 0.92"')
def test_an_accuracy_of_092(title):
    error = math.sqrt(0.92 * 0.08 / 1000)
    says(title, f"{error:.4f}", f"{(0.92 - 0.9) / error:.1f}")


@question('"Dropout hurts"')
def test_dropout_hurts(title):
    says(title, f"{1 - 0.913:.3f}", f"{0.982 - 0.921:.3f}", f"{0.921 - 0.913:.3f}")


@question('"The best of ten"')
def test_the_best_of_ten(title):
    says(title, f"{(0.985 - 0.982) / 0.0015:.0f}")
    says(title, f"{math.sqrt(0.985 * 0.015 / 10_000):.4f}")


@question('"Surely better"')
def test_surely_better(title):
    says(title, f"{(45 - 19) / math.sqrt(45 + 19)}")
    assert round(0.9812 - 0.9786, 4) == (45 - 19) / 10_000
    # As claimed, the intervals overlap.
    wrong = {0.9812: 188, 0.9786: 214}
    y = np.zeros(10_000, int)
    low, high = (
        nn.accuracy_interval(y, (np.arange(10_000) < count).astype(int)) for count in wrong.values()
    )
    assert low[0] < high[1]


@question('"Ninety-nine times out of a hundred"')
def test_ninety_nine(title):
    error = math.sqrt(0.99 * 0.01 / 100)
    says(title, f"{error:.5f}", f"{0.99 - 0.91:.2f}", f"{(0.99 - 0.91) / error:.0f}")


@question('"More than their recipe gives"')
def test_more_than_their_recipe_gives(title):
    scatter = 0.004 * math.sqrt(1 + 1 / 5)
    distance = (0.950 - 0.940) / scatter
    assert 2 < distance < 2.78
    says(title, f"{scatter:.4f}", f"{distance:.1f}", "2.78")
    says(title, f"{math.sqrt(0.95 * 0.05 / 1000):.4f}")


@question('"A committee is never worse"')
def test_a_committee_is_never_worse(title):
    P = np.array([0.55, 0.55, 0.1])
    losses, together = -np.log(P), -math.log(P.mean())
    says(title, *(f"{loss:.3f}" for loss in losses), f"{losses.mean():.3f}")
    says(title, f"{P.mean():.1f}", f"{together:.3f}")
    assert losses.min() < together < losses.mean()
    assert np.sum(P < 0.5) == 1
    assert P.mean() < 0.5


@question('"The check passes"')
def test_the_check_passes(title):
    root = np.finfo(np.float64).eps ** (1 / 3)
    assert f"${root * 1e6:.0f} \\cdot 10^{{-6}}$" in answer(title)


def test_every_answer_with_a_number_is_tested():
    assert set(QUESTIONS) - TESTED == IN_WORDS

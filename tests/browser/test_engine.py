"""The engine of what computes in a page, network.js: it computes and learns as nn_core does."""

import itertools

import numpy as np
import pytest

import nn_core as nn
from nn_core import initializers
from nn_core.lab import page
from nn_core.layers import ACTIVATIONS

EXACT = {"rtol": 1e-12, "atol": 1e-12}


@pytest.fixture(scope="module")
def engine(browser):
    tab = browser.new_page()
    tab.add_script_tag(content=page.static("network.js"))
    yield tab
    tab.close()


def ask(engine, function, *given):
    """What a function in the browser answers, with arrays as lists."""
    lists = [each.tolist() if isinstance(each, np.ndarray) else each for each in given]
    return np.array(engine.evaluate(f"(given) => [...({function})(...given)]", lists))


# Where nothing happens, where much does, at a kink, and where exp would overflow.
SCORES = np.array([*np.linspace(-8, 8, 161), -1e-9, 1e-9, -40, 40, -800, 800, -1e300, 1e300])


@pytest.mark.parametrize(
    ("activation", "name", "options"),
    [
        *((f"ELEMENTWISE.{name}", name, ()) for name in ACTIVATIONS if name != "softmax"),
        ("leakyRelu(0.1)", "leaky_relu", (0.1,)),
    ],
)
def test_activation(engine, activation, name, options):
    forward, backward = ACTIVATIONS[name]
    A = ask(engine, f"nnNetwork.{activation}.forward", SCORES)
    assert np.allclose(A, forward(SCORES, *options), **EXACT)
    dA = np.linspace(-2.5, 3, SCORES.size)
    dZ = ask(engine, f"nnNetwork.{activation}.backward", dA, A)
    assert np.allclose(dZ, backward(dA, A, *options), **EXACT)
    # What a figure asks for one number alone.
    assert np.array_equal(ask(engine, f"(Z) => Z.map(nnNetwork.{activation}.value)", SCORES), A)
    slopes = ask(engine, f"(A) => A.map(nnNetwork.{activation}.derivative)", A)
    assert np.array_equal(slopes * dA, dZ)


def test_dense(engine):
    rng = np.random.default_rng(0)
    X, W, b = rng.normal(size=(7, 4)), rng.normal(size=(4, 3)), rng.normal(size=3)
    X[X < 0] = 0
    Z = ask(engine, "nnNetwork.denseForward", X.ravel(), W.ravel(), b)
    assert np.allclose(Z, nn.dense_forward(X, W, b).ravel(), **EXACT)


EXTREME = [[0, 0, 0], [800, 0, -800], [-1e4, -1e4, -1e4 + 1], [1e300, 0, -1e300], [30, -30, 29.5]]


@pytest.fixture
def Z():  # noqa: N802 - the symbol of the formulas
    rng = np.random.default_rng(1)
    return np.array([*rng.normal(scale=3, size=(40, 3)), *EXTREME])


def test_softmax(engine, Z):
    P = ask(engine, "nnNetwork.softmax", Z.ravel(), 3)
    assert np.allclose(P, nn.softmax(Z).ravel(), **EXACT)


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("softmaxCrossEntropy", nn.softmax_cross_entropy),
        ("meanSquaredError", nn.mean_squared_error),
    ],
)
def test_loss(engine, Z, name, loss):
    inputs = Z if name == "softmaxCrossEntropy" else np.clip(Z, -1e3, 1e3)
    batches = [inputs, *(row[None] for row in inputs)]
    for batch, label in itertools.product(batches, range(3)):
        y = (np.arange(len(batch)) + label) % 3
        found = ask(
            engine,
            f"(Z, y) => nnNetwork.{name}(Z, y).flatMap((v) => v.length ? [...v] : v)",
            batch.ravel(),
            y,
        )
        value, gradient = loss(batch, y)
        assert np.allclose(found, [value, *gradient.ravel()], **EXACT)


@pytest.mark.parametrize("beta", [None, 0.0, 0.5, 0.9, 0.98])
def test_descent(engine, beta):
    method = "SGD(lr)" if beta is None else "Momentum(lr, {beta})"
    follow = f"""(lr, beta, c) => {{
      const optimizer = new nnNetwork.OPTIMIZERS.{method};
      const theta = Float64Array.of(-8.5, 3);
      return Array.from({{length: 60}}, () => {{
        optimizer.step(theta, theta.map((value, i) => c[i] * value));
        return [...theta];
      }});
    }}"""
    # Slow, fast, and far beyond what converges.
    for lr, curvature in itertools.product([0.005, 0.1, 0.25], [(1, 8), (1, 20), (0.3, 1)]):
        optimizer = nn.SGD(lr) if beta is None else nn.Momentum(lr, beta)
        theta = np.array([-8.5, 3])
        path = []
        for _ in range(60):
            optimizer.step(theta, curvature * theta)
            path.append(theta.copy())
        assert np.allclose(ask(engine, follow, lr, beta, curvature), path, **EXACT)


OPTIMIZERS = {
    "SGD": lambda network: nn.SGD(0.3),
    "Momentum": lambda network: nn.Momentum(0.05),
    "Nesterov": lambda network: nn.Nesterov(0.05),
    "AdaGrad": lambda network: nn.AdaGrad(0.1),
    "RMSProp": lambda network: nn.RMSProp(0.02),
    "Adam": lambda network: nn.Adam(0.03),
    "AdamW": lambda network: nn.AdamW(0.03, decay=0.2, weights=network.is_weight),
}
CASES = [
    *(
        (optimizer, "tanh", output, loss, l2, dropout)
        for optimizer, (loss, output), (l2, dropout) in itertools.product(
            OPTIMIZERS,
            [("cross_entropy", "softmax"), ("mean_squared_error", "sigmoid")],
            [(0, 0), (0.05, 0), (0, 0.3)],
        )
    ),
    *(
        ("Adam", activation, "softmax", "cross_entropy", 0.01, 0.4)
        for activation in ("identity", "leaky_relu", "relu", "sigmoid")
    ),
    *(
        ("Momentum", "relu", output, "mean_squared_error", 0, 0)
        for output in ("identity", "leaky_relu", "relu", "softmax", "tanh")
    ),
]
TRAIN = """({settings, theta, optimizer, lr, decay, l2, steps}) => {
  const {MLP, OPTIMIZERS, Random, trainStep} = nnNetwork;
  const network = new MLP([2, 5, 4, 2], new Random(0), settings);
  network.theta.set(theta);
  const method = new OPTIMIZERS[optimizer](lr, {decay, weights: network.isWeight});
  return steps.map(([X, y, masks]) => {
    masks &&= masks.map((mask) => Float64Array.from(mask));
    const loss = trainStep(network, method, Float64Array.from(X), y, {masks, l2});
    return [loss, [...network.grad], [...network.theta]];
  });
}"""


@pytest.mark.parametrize(("optimizer", "activation", "output", "loss", "l2", "dropout"), CASES)
def test_ten_steps_as_nn_core(engine, optimizer, activation, output, loss, l2, dropout):
    rng = np.random.default_rng(5)
    settings = {"activation": activation, "output": output, "loss": loss}
    network = nn.MLP((2, 5, 4, 2), rng, dtype=np.float64, **settings)
    # Biases that are not zero, so that a mistake with them shows.
    network.theta = theta = rng.normal(0, 0.7, network.theta.size)
    method = OPTIMIZERS[optimizer](network)
    expected, steps = [], []
    for _ in range(10):
        X, y = rng.normal(size=(7, 2)), rng.integers(2, size=7)
        masks = network.dropout_masks(7, dropout, rng) if dropout else None
        value = network.loss_and_grad(X, y, masks=masks)
        if l2:
            value += nn.l2_penalty(network.W, network.dW, l2)
        method.step(network.theta, network.grad)
        expected.append((value, network.grad.copy(), network.theta.copy()))
        flat = masks and [mask.ravel().tolist() for mask in masks]
        steps.append((X.ravel().tolist(), y.tolist(), flat))
    got = engine.evaluate(
        TRAIN,
        {
            "settings": settings,
            "theta": theta.tolist(),
            "optimizer": optimizer,
            "lr": method.lr,
            "decay": getattr(method, "decay", 0),
            "l2": l2,
            "steps": steps,
        },
    )
    assert len(got) == 10
    for one, other in zip(expected, got, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_allclose(b, a, rtol=0, atol=1e-6)
    # Ten steps that lead somewhere.
    assert np.abs(network.theta - theta).max() > 0.01


REGRESSION = """({theta, X, t, l1, sizes}) => {
  const network = new nnNetwork.MLP(sizes, new nnNetwork.Random(0),
    {activation: "tanh", output: "identity", loss: "squared_distance"});
  network.theta.set(theta);
  const still = {step() {}};
  const loss = nnNetwork.trainStep(network, still, Float64Array.from(X), t, {l1});
  return [loss, [...network.grad]];
}"""


@pytest.mark.parametrize("l1", [0, 0.03])
def test_regression_and_l1(engine, l1):
    """nn_core has neither: its parts give the loss, its gradient check the gradient."""
    rng = np.random.default_rng(2)
    network = nn.MLP((2, 5, 4, 1), rng, activation="tanh", dtype=np.float64)
    network.theta = theta = rng.normal(0, 0.7, network.theta.size)
    X, t = rng.normal(size=(7, 2)), rng.normal(size=7)

    def loss():
        distance = network.activations(X)[-1][:, 0] - t
        return np.mean(distance**2) + l1 * sum(np.abs(W).sum() for W in network.W)

    given = {"theta": theta.tolist(), "X": X.ravel().tolist(), "t": t.tolist(), "l1": l1}
    found, gradient = engine.evaluate(REGRESSION, {**given, "sizes": [2, 5, 4, 1]})
    assert found == pytest.approx(loss(), rel=1e-12)
    expected = nn.gradcheck.numerical_gradient(loss, network.theta)
    np.testing.assert_allclose(gradient, expected, atol=1e-8)


def test_squared_distance(engine, Z):
    A, rng = np.clip(Z, -1e3, 1e3), np.random.default_rng(3)
    y = rng.integers(3, size=len(A))
    flat = "(A, Y) => nnNetwork.squaredDistance(A, Y).flatMap((v) => v.length ? [...v] : v)"
    value, gradient = nn.mean_squared_error(A, y)
    found = ask(engine, flat, A.ravel(), np.eye(3)[y].ravel())
    assert np.allclose(found, [value, *gradient.ravel()], **EXACT)


def test_huge_scores_do_not_overflow(engine):
    loss = engine.evaluate(
        """() => {
          const network = new nnNetwork.MLP([2, 2], new nnNetwork.Random(0));
          network.theta.set([1000, -1000, 0, 0, 0, 0]);
          return network.lossAndGrad(Float64Array.from([1, 0]), [1]);
        }"""
    )
    assert loss == pytest.approx(2000)


def test_prediction_as_nn_core(engine):
    rng = np.random.default_rng(1)
    network = nn.MLP((2, 6, 3), rng, dtype=np.float64)
    X = rng.normal(size=(50, 2))
    got = engine.evaluate(
        """({theta, X}) => {
          const network = new nnNetwork.MLP([2, 6, 3], new nnNetwork.Random(0));
          network.theta.set(theta);
          const input = Float64Array.from(X);
          return [[...network.outputOf(network.forward(input))], network.predict(input)];
        }""",
        {"theta": network.theta.tolist(), "X": X.ravel().tolist()},
    )
    np.testing.assert_allclose(got[0], network.predict_proba(X).ravel(), atol=1e-12)
    assert got[1] == network.predict(X).tolist()


@pytest.mark.parametrize(
    "name",
    [
        "zeros",
        "small_normal",
        "uniform",
        "glorot_normal",
        "glorot_uniform",
        "he_normal",
        "he_uniform",
    ],
)
def test_initializer_draws_as_nn_core(engine, name):
    shape = (60, 400)
    got = np.array(
        engine.evaluate(
            "({name, shape}) => [...nnNetwork.INITIALIZERS[name](shape, new nnNetwork.Random(3))]",
            {"name": name, "shape": shape},
        )
    )
    expected = getattr(initializers, name)(shape, np.random.default_rng(3)).ravel()
    assert got.shape == expected.shape
    # The same distribution: mean, variance, and how far out each share of the values lies.
    spread = expected.std()
    assert abs(got.mean()) <= 0.03 * spread
    assert got.std() == pytest.approx(spread, rel=0.02)
    shares = [0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99]
    np.testing.assert_allclose(
        np.quantile(got, shares), np.quantile(expected, shares), atol=0.08 * spread
    )
    # Neighbours have nothing to do with each other.
    if spread:
        assert abs(np.corrcoef(got[:-1], got[1:])[0, 1]) < 0.03


def test_engine_offers_all_of_nn_core(engine):
    assert set(engine.evaluate("Object.keys(nnNetwork.OPTIMIZERS)")) == set(OPTIMIZERS)
    named = {
        name
        for name, value in vars(initializers).items()
        if callable(value) and value.__module__ == initializers.__name__
    }
    assert set(engine.evaluate("Object.keys(nnNetwork.INITIALIZERS)")) == named


def test_chance_is_the_same_for_ever(engine):
    """A shared link must show the same run next year: mulberry32, written once more."""

    def mulberry32(state):
        while True:
            state = (state + 0x6D2B79F5) % 2**32
            z = (state ^ state >> 15) * (state | 1) % 2**32
            z ^= (z + (z ^ z >> 7) * (z | 61)) % 2**32
            yield (z ^ z >> 14) / 2**32

    got = engine.evaluate(
        "() => { const rng = new nnNetwork.Random(9); return [1, 2, 3].map(() => rng.random()); }"
    )
    assert got == list(itertools.islice(mulberry32(9), 3))


def test_dropout_mask(engine):
    got = engine.evaluate("[...nnNetwork.dropoutMask(20000, 0.2, new nnNetwork.Random(1))]")
    assert set(got) == {0, 1.25}
    assert np.mean(got) == pytest.approx(1, abs=0.02)


def test_numbers_as_text(engine):
    texts = engine.evaluate(
        """() => {
          const { number, percent } = nnNetwork;
          return [number(-1.5), number(-0.004), number(12, 0), percent(0.123), percent(1, 2)];
        }"""
    )
    assert texts == ["−1.50", "0.00", "12", "12.3\u00a0%", "100.00\u00a0%"]


def test_inputs_of_the_playground(browser):
    tab = browser.new_page()
    for name in ("network.js", "session.js"):
        tab.add_script_tag(content=page.static(name))
    places = np.random.default_rng(0).uniform(-2.5, 2.5, (20, 2))
    found, most = tab.evaluate(
        """(places) => {
          const { INPUTS, given } = nnSession;
          const all = Object.fromEntries(Object.keys(INPUTS).map((name) => [name, "on"]));
          const most = Object.values(INPUTS).map(([, , most]) => most);
          return [[...given(Float64Array.from(places), all)], most];
        }""",
        places.ravel().tolist(),
    )
    x1, x2 = places.T
    expected = np.stack([x1, x2, x1**2, x2**2, x1 * x2, np.sin(x1), np.sin(x2)], axis=1)
    np.testing.assert_allclose(found, expected.ravel(), rtol=1e-12)
    assert (np.abs(expected).max(axis=0) <= most).all()
    tab.close()

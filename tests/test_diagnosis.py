"""An accuracy near chance gives a warning, with the reason if the reason can be found."""

import numpy as np
import pytest

from nn_core import MLP, SGD, Adam, fit, load_mnist
from nn_core.tools.command_line import main
from nn_core.tools.diagnosis import IMAGE_CHANGES, diagnose
from nn_core.tools.storage import save_network


@pytest.fixture(scope="module")
def digits():
    X, y, _, _ = load_mnist()
    return X[:2000], y[:2000]


@pytest.fixture(scope="module")
def network(digits):
    """Train a network that predicts nearly all training digits rightly."""
    rng = np.random.default_rng(0)
    trained = MLP((784, 32, 10), rng)
    fit(trained, Adam(3e-3), *digits, epochs=12, batch_size=50, rng=rng, progress=False)
    return trained


def test_an_accurate_network_gives_no_warning(network, digits):
    assert diagnose(network, *digits) == ""


@pytest.mark.parametrize("reason", IMAGE_CHANGES)
def test_changed_pictures_are_told(network, digits, reason):
    X, y = digits
    changed = IMAGE_CHANGES[reason](X.reshape(-1, 28, 28))
    if reason.startswith("turned by a quarter"):  # the inverse is a quarter turn the other way
        changed = np.ascontiguousarray(changed[:, ::-1, ::-1])
    # The network reads some changed digits rightly, such as ones and eights. Leave these out.
    worst = np.flatnonzero(network.predict(changed) != y)
    kept = worst[np.argsort(y[worst], kind="stable")]
    note = diagnose(network, changed[kept], y[kept])
    assert note.startswith("note: 0.0% is near chance; always saying the most frequent label")
    assert f"These pictures are {reason}: changed back, 9" in note
    assert note.endswith("are read rightly.\n")
    assert note.count("\n") == 1


def test_labels_of_other_pictures_get_the_usual_reasons(network, digits):
    X, y = digits
    note = diagnose(network, X, np.random.default_rng(1).permutation(y))
    assert "near chance" in note
    assert "labels that belong to other pictures or stand in another column" in note
    assert "learning rate" in note


def test_chance_is_the_most_frequent_label(digits):
    """Nine of ten digits are 0, so a network that always predicts 0 has an accuracy of 90 %."""
    X, y = digits
    kept = np.concatenate([np.flatnonzero(y == 0)[:90], np.flatnonzero(y == 1)[:10]])
    constant = MLP(
        (784, 10), np.random.default_rng(0), initializer=lambda shape, rng: np.zeros(shape)
    )
    constant.b[0][0] = 1
    assert "90.0% is near chance" in diagnose(constant, X[kept], y[kept])
    assert "right for 90.0%" in diagnose(constant, X[kept], y[kept])
    fit(constant, SGD(0.5), X[kept], y[kept], epochs=20, batch_size=10,
        rng=np.random.default_rng(0), progress=False)  # fmt: skip
    assert diagnose(constant, X[kept], y[kept]) == ""


def test_the_command_line_says_so(network, digits, tmp_path, capsys):
    X, y = digits
    save_network(tmp_path / "weights.npz", network)
    rows = np.rint(X.reshape(-1, 28, 28).transpose(0, 2, 1).reshape(-1, 784) * 255)
    wrong = network.predict((rows / 255).astype(np.float32)) != y
    table = np.column_stack([y, rows])[wrong]
    names = ",".join(["label", *(f"pixel{k}" for k in range(784))])
    np.savetxt(tmp_path / "emnist.csv", table, "%d", ",", header=names, comments="")
    files = [str(tmp_path / "weights.npz"), "--data", str(tmp_path / "emnist.csv")]
    assert main(["evaluate", *files]) == 0
    assert "note: 0.0% is near chance" in (note := capsys.readouterr().out)
    assert "These pictures are transposed, rows for columns, as EMNIST's files are" in note

    table[:, 0] = np.random.default_rng(0).integers(0, 10, len(table))
    np.savetxt(tmp_path / "shuffled.csv", table, "%d", ",", header=names, comments="")
    train = ["train", "relu-10-gd", "--epochs", "1", "--out", str(tmp_path / "out")]
    assert main([*train, "--data", str(tmp_path / "shuffled.csv")]) == 0
    note = capsys.readouterr().out
    assert "is near chance" in note
    assert "Usual reasons: labels that belong to other pictures" in note

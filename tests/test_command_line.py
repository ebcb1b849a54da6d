"""`python -m nn_core`, as a reader types it: in a process of its own."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawing import PICTURES, drawn, on_paper, save_transparent, save_turned
from kill_training import write_digits
from PIL import Image

from nn_core import MLP, SGD
from nn_core.tools import command_line
from nn_core.tools.checkpoints import finished_epochs
from nn_core.tools.recipes import RECIPES
from nn_core.tools.storage import load_network, save_network

ROOT = Path(__file__).parents[1]


def run(*arguments, cwd, code=0):
    """Run one command; give its output if all is well, its complaint if it should fail."""
    done = subprocess.run(
        [sys.executable, "-m", "nn_core", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    if code == 1:
        assert done.stderr.startswith("error: ")
    return done.stdout if code == 0 else done.stderr


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """What `train` saved and said after three epochs: about five seconds."""
    folder = tmp_path_factory.mktemp("trained")
    said = run("train", "adam-256-128", "--epochs", 3, "--seed", 4, "--out", "out", cwd=folder)
    return folder / "out", said


@pytest.fixture
def weights(trained):
    return trained[0] / "weights.npz"


def is_picture(path, width):
    with Image.open(path) as image:
        image.load()
        return image.format == "PNG" and image.width >= width and len(image.getcolors(1 << 20)) > 50


def test_list(tmp_path):
    said = run("list", cwd=tmp_path)
    names = [line for line in said.splitlines() if not line.startswith(" ")]
    assert names == list(RECIPES)
    assert "784-10-10, 1500 iterations, full batch. Stated: 92.83 %" in said
    durations = re.findall(r"Takes about \d+ (?:seconds|minutes) on one core(.*)\.", said)
    assert len(durations) == len(RECIPES)
    # Of the course's own two there is no row in the ledger.
    assert durations == [", judging by its size"] * 2 + [""] * 5


def test_train_saves_all_it_promises(trained):
    folder, said = trained
    names = {"weights.npz", "history.csv", "curves.png", "predictions.png", "checkpoint.npz"}
    assert {path.name for path in folder.iterdir()} == names
    history = pd.read_csv(folder / "history.csv", index_col="epoch")
    assert history.index.tolist() == [1, 2, 3]
    assert history.dev_accuracy.iloc[-1] > 0.95
    assert re.match(r"threads: \d+, set by \w+_NUM_THREADS\n", said)
    assert f"dev accuracy   {history.dev_accuracy.iloc[-1]:.2%}" in said
    assert float(re.search(r"test accuracy  ([\d.]+)%", said)[1]) > 95
    assert is_picture(folder / "curves.png", 1000)
    assert is_picture(folder / "predictions.png", 1000)
    assert load_network(folder / "weights.npz").sizes == (784, 256, 128, 10)


def test_evaluate_agrees_with_train(trained, weights, tmp_path):
    said = run("evaluate", weights, cwd=tmp_path)
    reached = re.search(r"test accuracy  ([\d.]+%)", trained[1])[1]
    assert f"accuracy {reached}" in said
    rows = [line.split()[1:] for line in said.splitlines() if re.match(r" {3}\d ", line)]
    counts = np.array([[0 if cell == "." else int(cell) for cell in row] for row in rows])
    assert counts.shape == (10, 10)
    assert counts.sum() == 10_000
    assert f"{np.trace(counts):,} of 10,000 right" in said


def test_own_data(tmp_path):
    X = np.random.default_rng(0).integers(0, 256, (70, 784))
    np.savetxt(tmp_path / "own.csv", np.column_stack([np.arange(70) % 10, X]), "%d", ",")
    said = run("train", "relu-10-gd", "--epochs", 2, "--data", "own.csv", cwd=tmp_path)
    assert "2 epochs" in said
    path = Path("runs", "relu-10-gd", "weights.npz")
    assert (tmp_path / path).is_file()
    assert "of 70 right" in run("evaluate", path, "--data", "own.csv", cwd=tmp_path)


def test_predict_reads_digits_unlike_mnist(weights, tmp_path):
    """Thin, thick, tilted, off-centre, inverted, unevenly lit, coloured, printed."""
    names = {}
    for number, (name, (digit, make)) in enumerate(PICTURES.items()):
        path = tmp_path / f"{number}.png"
        Image.fromarray(make()).save(path)
        names[path.name] = name, digit
    save_transparent(tmp_path / "transparent.png", drawn(3, width=14))
    save_turned(tmp_path / "turned.jpg", on_paper(drawn(7, width=14)))
    names |= {"transparent.png": ("transparent", 3), "turned.jpg": ("turned", 7)}
    said = run("predict", weights, *names, cwd=tmp_path)
    pattern = r"(.+): (\d) \((\d+\.\d)%\), then (\d) \((\d+\.\d)%\)"
    answers = [re.fullmatch(pattern, line).groups() for line in said.splitlines()]
    assert [answer[0] for answer in answers] == list(names)
    wrong = []
    for file, first, chance, second, less in answers:
        assert first != second
        assert float(chance) >= float(less)
        name, digit = names[file]
        if int(first) != digit:
            wrong.append(f"{name}: {digit} read as {first}")
    assert len(wrong) <= 0.2 * len(names), wrong


def test_predict_shows_its_steps_and_overwrites_nothing(weights, tmp_path):
    scans = tmp_path / "scans"
    scans.mkdir()
    pixels = Image.fromarray(on_paper(drawn(7, width=14)))
    names = ["7.jpg", "7.png", "a$\\frac$.png", "{x} %s 100%.png", "七.png"]
    for name in names:
        pixels.save(scans / name)
    (scans / "page.png").write_text("<!DOCTYPE html>", "utf-8")
    before = {path: path.read_bytes() for path in scans.iterdir()}
    command = ["predict", weights, *sorted(before), "--show"]
    for folder in ("predict-steps", "predict-steps-2"):
        complaint = run(*command, cwd=tmp_path, code=1)
        assert complaint.splitlines()[-1].startswith(f"error: {scans / 'page.png'}: expected")
        assert complaint.count("\n") == 1
        shown = list((tmp_path / folder).iterdir())
        assert len(shown) == len(names)
        assert all(is_picture(path, 1000) for path in shown)
        assert {path.name.partition("-")[2] for path in shown} == {
            Path(n).stem + ".png" for n in names
        }
    assert {path: path.read_bytes() for path in scans.iterdir()} == before


def test_a_console_without_the_letters_of_a_name(weights, tmp_path):
    Image.fromarray(on_paper(drawn(7, width=14))).save(tmp_path / "七.png")
    done = subprocess.run(
        [sys.executable, "-m", "nn_core", "predict", weights, "七.png", "八.png"],
        cwd=tmp_path,
        capture_output=True,
        encoding="cp1252",
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONUTF8": "0",
            "PYTHONIOENCODING": "cp1252",
        },
    )
    assert done.returncode == 1
    assert re.match(r"\\u4e03\.png: \d", done.stdout)
    assert done.stderr == "error: \\u516b.png: no such file or directory\n"


def test_predict_says_what_it_saw(weights, tmp_path):
    two = np.concatenate([drawn(3, width=14), drawn(8, width=14)], axis=1)
    Image.fromarray(on_paper(two)).save(tmp_path / "two.png")
    done = subprocess.run(
        [sys.executable, "-m", "nn_core", "predict", weights, "two.png"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
    )
    assert done.returncode == 0
    assert done.stdout.startswith("two.png: ")
    assert done.stderr.startswith("warning: two.png: the ink lies in large pieces apart")


def test_predict_goes_on_after_a_bad_picture(weights, tmp_path, capsys):
    Image.fromarray(on_paper(drawn(7, width=14))).save(tmp_path / "seven.png")
    Image.fromarray(np.full((90, 90), 200, np.uint8)).save(tmp_path / "blank.png")
    (tmp_path / "page.png").write_text("<!DOCTYPE html>", "utf-8")
    names = ["blank.png", "page.png", "none.png", "seven.png"]
    code = command_line.main(["predict", str(weights), *(str(tmp_path / name) for name in names)])
    assert code == 1
    out, err = capsys.readouterr()
    assert out.startswith(f"{tmp_path / 'seven.png'}: ")
    assert out.count("\n") == 1
    for line, name, found in zip(
        err.splitlines(),
        names,
        ["expected a digit that stands out", "expected a picture", "no such file"],
        strict=False,
    ):
        assert line.startswith(f"error: {tmp_path / name}: {found}")
    assert err.count("\n") == 3


def test_outputs_that_are_no_probabilities_are_not_called_so(tmp_path, capsys):
    options = RECIPES["sigmoid-128-mse"].network
    save_network(tmp_path / "w.npz", MLP((784, 5, 10), np.random.default_rng(0), **options))
    Image.fromarray(on_paper(drawn(7))).save(tmp_path / "seven.png")
    assert command_line.main(["predict", str(tmp_path / "w.npz"), str(tmp_path / "seven.png")]) == 0
    assert re.search(r": \d \(output [\d.]+%\), then \d \(output", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["evaluate", "none.npz"], "none.npz: no such file"),
        (["evaluate", "own.csv"], "own.csv: expected a saved network"),
        (["evaluate", "small.npz"], "expected a network from 784 pixels to 10 digits, found MLP 3"),
        (["evaluate", "good.npz", "--data", "none.csv"], "none.csv: no such file"),
        (["evaluate", "good.npz", "--data", "pixels.csv"], "expected labels to compare with"),
        (["evaluate", "good.npz", "--data", "."], "expected a file train-images"),
        (["train", "course", "--data", "own.csv"], "own.csv: expected 784 columns"),
        (["train", "course", "--data", "few.csv"], "expected at least 7 rows"),
        (["train", "relu-10-gd", "--epochs", "1", "--out", "own.csv"], "own.csv: "),
        (["predict", "own.csv", "own.csv"], "own.csv: expected a saved network"),
    ],
)
def test_problems_with_files(tmp_path, monkeypatch, capsys, arguments, found):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    save_network("good.npz", MLP((784, 10), rng))
    save_network("small.npz", MLP((3, 2), rng))
    Path("own.csv").write_text("a,b\n1,2\n", "utf-8")
    np.savetxt("pixels.csv", np.zeros((3, 784)), "%d", ",")
    np.savetxt("few.csv", np.zeros((6, 785)), "%d", ",")
    assert command_line.main(arguments) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert found in err
    assert err.count("\n") == 1


def test_a_problem_in_a_process_of_its_own(tmp_path):
    assert "none.npz: no such file" in run("evaluate", "none.npz", cwd=tmp_path, code=1)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["learn"],
        ["train"],
        ["train", "resnet"],
        ["train", "course", "--epochs", "0"],
        ["train", "course", "--epochs", "many"],
        ["train", "course", "--seed", "-1"],
        ["evaluate"],
        ["predict", "weights.npz"],
    ],
)
def test_mistakes_in_the_command(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        command_line.main(arguments)
    assert stopped.value.code == 2
    assert "usage: python -m nn_core" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["", "list", "train", "evaluate", "predict"])
def test_help_has_examples(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        command_line.main([*command.split(), "--help"])
    assert stopped.value.code == 0
    assert f"  python -m nn_core {command}" in capsys.readouterr().out


def write_some_digits(folder, count=600):
    write_digits(folder / "digits", count)
    return ["train", "relu-h-gd", "--data", "digits", "--out", "out"]


def test_interrupted_before_the_first_epoch(tmp_path, monkeypatch, capsys):
    empty = pd.DataFrame({"dev_accuracy": []})
    monkeypatch.setattr(command_line, "train", lambda *_, **__: (None, empty))
    assert command_line.main(["train", "course", "--out", str(tmp_path)]) == 130
    said = "stopped by Ctrl-C before an epoch was finished: nothing is saved\n"
    assert capsys.readouterr().err.endswith(said)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", [["train", "course"], ["evaluate", "w.npz"]])
def test_interrupted_while_loading(tmp_path, monkeypatch, capsys, command):
    monkeypatch.chdir(tmp_path)
    save_network("w.npz", MLP((784, 10), np.random.default_rng(0)))

    def stop(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "load_digits", stop)
    before = signal.getsignal(signal.SIGTERM)
    assert command_line.main(command) == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert err.strip().startswith("stopped by Ctrl-C")
    assert err.strip().count("\n") == 0
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send these to a process")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_it_says_from_where_it_goes_on(tmp_path, number, code):
    arguments = write_some_digits(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-m", "nn_core", *arguments, "--epochs", "1000"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
    )
    checkpoint = tmp_path / "out" / "checkpoint.npz"
    while process.poll() is None and not checkpoint.exists():
        time.sleep(0.01)
    process.send_signal(number)
    process.send_signal(number)  # twice, as people do
    _, err = process.communicate()
    assert process.returncode == code, err
    assert "Traceback" not in err
    name = {130: "Ctrl-C", 143: "SIGTERM"}[code]
    pattern = (
        rf"stopped by {name} after (\d+) of 1000 epochs: (python .*--resume) goes on with epoch"
    )
    done, command = re.search(pattern, err).groups()
    assert finished_epochs(checkpoint) == int(done)
    # The command as it was said, but for the number of epochs, which would take long.
    epochs = int(done) + 2
    words = shlex.split(command.replace("1000", str(epochs)))[3:]
    said = run(*words, cwd=tmp_path)
    assert f"{done} of {epochs} epochs are done, goes on from epoch {int(done) + 1}" in said
    run(*arguments[:-1], "straight", "--epochs", epochs, cwd=tmp_path)
    theta = [load_network(tmp_path / out / "weights.npz").theta for out in ("out", "straight")]
    assert np.array_equal(*theta)


def test_a_run_takes_no_other_s_place_unasked(tmp_path, monkeypatch, capsys):
    arguments = [*write_some_digits(tmp_path), "--epochs", "2"]
    monkeypatch.chdir(tmp_path)
    weights = Path("out", "weights.npz")
    assert command_line.main([*arguments, "--resume"]) == 0
    assert "no checkpoint is there, begins with epoch 1" in capsys.readouterr().out
    kept = weights.read_bytes()
    assert command_line.main([*arguments, "--seed", "5"]) == 1
    assert (
        "expected no earlier run, found checkpoint.npz and weights.npz" in capsys.readouterr().err
    )
    assert command_line.main([*arguments, "--seed", "5", "--resume"]) == 1
    assert "expected a checkpoint of this very run" in capsys.readouterr().err
    assert weights.read_bytes() == kept
    assert command_line.main([*arguments, "--seed", "5", "--overwrite"]) == 0
    assert weights.read_bytes() != kept
    Path("out", "checkpoint.npz").unlink()
    assert command_line.main([*arguments, "--resume"]) == 1
    assert "expected a checkpoint to go on from, found weights alone" in capsys.readouterr().err


def test_a_training_that_diverges_saves_no_weights(tmp_path, monkeypatch, capsys):
    arguments = [*write_some_digits(tmp_path), "--epochs", "50"]
    monkeypatch.chdir(tmp_path)
    fast = replace(RECIPES["relu-h-gd"], optimizer=lambda: SGD(1e20))
    monkeypatch.setitem(RECIPES, "relu-h-gd", fast)
    assert command_line.main(arguments) == 1
    assert "lower the learning rate, 1e+20 now" in capsys.readouterr().err
    assert not Path("out", "weights.npz").exists()


def test_a_network_that_is_not_finite_is_not_used(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    network = MLP((784, 10), np.random.default_rng(0))
    np.savez(
        "nan.npz",
        sizes=network.sizes,
        theta=np.full_like(network.theta, np.nan),
        **{"activation": "relu", "output": "softmax", "loss": "cross_entropy"},
    )
    Image.fromarray(on_paper(drawn(7))).save("seven.png")
    for command in (["predict", "nan.npz", "seven.png"], ["evaluate", "nan.npz"]):
        assert command_line.main(command) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert "expected weights to be finite, found NaN or infinity in 7,850 of 7,850" in err


def test_nothing_is_drawn_and_no_lab_is_loaded_without_need(weights, tmp_path):
    Image.fromarray(on_paper(drawn(7, width=14))).save(tmp_path / "seven.png")
    program = (
        "import sys; from nn_core.tools.command_line import main; "
        f"main(['list']); main(['predict', {str(weights)!r}, 'seven.png']); "
        "loaded = {'matplotlib', 'pandas', 'tqdm', 'IPython', 'nn_core.lab'} & set(sys.modules); "
        "sys.exit(f'loaded: {loaded}' if loaded else 0)"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr

"""The command line: `python -m nn_core --help`."""

import argparse
import io
import json
import shlex
import signal
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import NoReturn

import numpy as np

from nn_core.data import CLASSES, SIDE, DataError
from nn_core.metrics import accuracy, confusion_matrix
from nn_core.network import MLP
from nn_core.tools.checkpoints import Checkpoint, finished_epochs
from nn_core.tools.diagnosis import diagnose
from nn_core.tools.photos import Preparation, prepare, read_photo
from nn_core.tools.recipes import RECIPES, Recipe, load_digits, train
from nn_core.tools.storage import atomic_write, load_network, save_network
from nn_core.tools.tables import read_csv
from nn_core.tools.threads import follow_free_cores

Command = Callable[[argparse.Namespace], int]

EXAMPLES = """\
examples:
  python -m nn_core list
  python -m nn_core train course
  python -m nn_core evaluate runs/course/weights.npz
  python -m nn_core predict runs/course/weights.npz my-seven.jpg

Exit codes: 0 all is well, 1 a problem with data or files, 2 a mistake in the command, 130 stopped
by Ctrl-C, 143 stopped by SIGTERM.
"""
LIST_EXAMPLES = """\
example:
  python -m nn_core list
"""
TRAIN_EXAMPLES = """\
examples:
  python -m nn_core train course
  python -m nn_core train sigmoid-128-mse --epochs 5 --seed 1
  python -m nn_core train adam-256-128 --data train.csv --out runs/kaggle
  python -m nn_core train course --resume

FOLDER then holds weights.npz, history.csv, curves.png and predictions.png, and checkpoint.npz,
which is written after each epoch. Stop the training when you like, even by switching the machine
off: the same command with --resume goes on after the last finished epoch, and gives the same
weights as a run without a stop, up to rounding, which depends on the number of threads. After
Ctrl-C, weights.npz holds the weights of that moment.

Matrix products use a thread for each core that is free. OPENBLAS_NUM_THREADS sets another number.
"""
EVALUATE_EXAMPLES = """\
examples:
  python -m nn_core evaluate runs/course/weights.npz
  python -m nn_core evaluate runs/course/weights.npz --data mnist_test.csv
"""
PREDICT_EXAMPLES = """\
examples:
  python -m nn_core predict runs/course/weights.npz my-seven.jpg
  python -m nn_core predict runs/course/weights.npz scans/*.png --show

A picture shows one digit, dark on light or light on dark, of any size. A warning names other marks
on the picture. With --show, the steps go to a new folder: predict-steps, or predict-steps-2 and so
on if that name is taken.
"""


def build_parser() -> argparse.ArgumentParser:
    """Define all commands and their options."""
    parser = argparse.ArgumentParser(
        prog="python -m nn_core",
        description="Train a network on handwritten digits, measure it, let it read yours.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add_command(
        run: Command, name: str, summary: str, examples: str
    ) -> argparse.ArgumentParser:
        parser = commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=examples,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        parser.set_defaults(run=run)
        return parser

    add_command(run_list, "list", "show the recipes that train knows", LIST_EXAMPLES)

    training = add_command(run_train, "train", "train a network by its recipe", TRAIN_EXAMPLES)
    training.add_argument(
        "recipe", choices=RECIPES, metavar="RECIPE", help=f"one of {', '.join(RECIPES)}"
    )
    training.add_argument(
        "--epochs", type=at_least(1), metavar="N", help="in place of the recipe's own"
    )
    training.add_argument(
        "--seed", type=at_least(0), metavar="S", help="in place of the recipe's own"
    )
    training.add_argument(
        "--out", type=Path, metavar="FOLDER", help="where the results go (runs/RECIPE)"
    )
    training.add_argument(
        "--data",
        type=Path,
        metavar="DATA",
        help="a folder with four IDX files, or a CSV file with labels, of which a seventh, "
        "drawn at random, is kept for testing (MNIST)",
    )

    existing_run = training.add_mutually_exclusive_group()
    existing_run.add_argument(
        "--resume", action="store_true", help="go on from the checkpoint in FOLDER, if there is one"
    )
    existing_run.add_argument(
        "--overwrite", action="store_true", help="start again and replace the run in FOLDER"
    )

    evaluation = add_command(
        run_evaluate, "evaluate", "measure the accuracy of a trained network", EVALUATE_EXAMPLES
    )
    evaluation.add_argument("weights", type=Path, metavar="WEIGHTS", help="a weights.npz of train")
    evaluation.add_argument(
        "--data",
        type=Path,
        metavar="DATA",
        help="a folder with four IDX files, of which the test files count, or a CSV file with "
        "labels, of which all rows count (MNIST)",
    )

    prediction = add_command(
        run_predict, "predict", "read a photo or scan of a digit", PREDICT_EXAMPLES
    )
    prediction.add_argument("weights", type=Path, metavar="WEIGHTS", help="a weights.npz of train")
    prediction.add_argument("images", type=Path, metavar="IMAGE", nargs="+", help="a picture")
    prediction.add_argument(
        "--show",
        action="store_true",
        help="save the steps from the picture to the input of the network in a new folder",
    )
    return parser


def at_least(minimum: int) -> Callable[[str], int]:
    """Make an argument type for argparse: an integer of at least `minimum`."""

    def whole_number(text: str) -> int:
        if not text.isdecimal() or int(text) < minimum:
            raise argparse.ArgumentTypeError(
                f"expected a whole number from {minimum} on, found {text!r}"
            )
        return int(text)

    return whole_number


def run_list(options: argparse.Namespace) -> int:
    """Run the command `list`."""
    for recipe in RECIPES.values():
        length = f"{recipe.epochs} epochs in batches of {recipe.batch_size}"
        if recipe.batch_size is None:
            length = f"{recipe.epochs} iterations, full batch"
        sizes = "-".join(str(size) for size in recipe.sizes)
        print(f"{recipe.name}\n    {recipe.summary}.")
        print(f"    {sizes}, {length}. Stated: {recipe.stated}.")
        print(f"    Takes {duration(recipe)}.")
        print(f"    {recipe.choices}")
    return 0


def duration(recipe: Recipe) -> str:
    """Give the training time of a recipe: from the ledger, or estimated from its weights."""
    ledger = files("nn_core") / "lab" / "stored" / "runs.json"
    measured: dict[str, list[float]] = {}
    for row in json.loads(ledger.read_text("utf-8"))["rows"]:
        measured.setdefault(row["recipe"], []).append(row["seconds"])

    def work(recipe: Recipe) -> int:
        weights = sum(a * b for a, b in zip(recipe.sizes, recipe.sizes[1:], strict=False))
        return recipe.epochs * weights

    source = recipe if recipe.name in measured else RECIPES["adam-256-128"]
    seconds = statistics.median(measured[source.name]) * work(recipe) / work(source)
    how = "" if source is recipe else ", judging by its size"
    if seconds < 90:
        return f"about {seconds:.0f} seconds on one core{how}"
    return f"about {seconds / 60:.0f} minutes on one core{how}"


def check_output_folder(folder: Path, options: argparse.Namespace) -> None:
    """Raise DataError if a run would replace an earlier run and no option allows that."""
    kept = [name for name in ("checkpoint.npz", "weights.npz") if (folder / name).exists()]
    if options.resume and kept == ["weights.npz"]:
        raise DataError(
            f"{folder}: expected a checkpoint to go on from, found weights alone: --overwrite "
            "starts again"
        )
    if kept and not (options.resume or options.overwrite):
        raise DataError(
            f"{folder}: expected no earlier run, found {' and '.join(kept)}: --resume goes on "
            "with it, --overwrite starts again, --out names another folder"
        )


def run_train(options: argparse.Namespace) -> int:
    """Run the command `train`."""
    # Imported first: an error for a missing matplotlib comes before hours of training.
    from nn_core.tools.pictures import save_curves, save_predictions

    recipe = RECIPES[options.recipe]
    seed = recipe.seed if options.seed is None else options.seed
    folder = options.out or Path("runs", recipe.name)
    check_output_folder(folder, options)
    X, y, X_test, y_test = load_digits(options.data)
    # The folder is made first: an error for a read-only disk comes before hours of training.
    folder.mkdir(parents=True, exist_ok=True)
    for temporary in folder.glob(".*.npz.*.part"):  # left by a run that was killed while writing
        temporary.unlink(missing_ok=True)
    options.checkpoint = checkpoint = folder / "checkpoint.npz"
    if options.overwrite:
        checkpoint.unlink(missing_ok=True)
    if options.resume and not checkpoint.exists():
        print(f"{folder}: no checkpoint is there, begins with epoch 1")
    follow_free_cores()
    network, history = train(
        recipe, (X, y), epochs=options.epochs, seed=seed, callbacks=[Checkpoint(checkpoint)]
    )
    if len(history) == 0:
        raise KeyboardInterrupt  # `fit` caught the first KeyboardInterrupt
    save_network(folder / "weights.npz", network)
    with atomic_write(folder / "history.csv") as file:
        history.to_csv(file)
    if options.stopped:
        raise KeyboardInterrupt
    predicted = network.predict(X_test)
    rng = np.random.default_rng(seed)
    save_curves(folder / "curves.png", history, title=recipe.name)
    save_predictions(folder / "predictions.png", X_test, y_test, predicted, rng)
    print(f"{recipe.name}: {len(history)} epochs in {history.seconds.iloc[-1]:.1f} s")
    print(f"dev accuracy   {history.dev_accuracy.iloc[-1]:.2%}")
    print(f"test accuracy  {accuracy(y_test, predicted):.2%}")
    print(end=diagnose(network, X_test, y_test))
    print(
        f"saved in {folder}: weights.npz, history.csv, curves.png, predictions.png, checkpoint.npz"
    )
    return 0


def load_digit_network(path: Path) -> MLP:
    """Load a network, or raise DataError unless it has 784 inputs and 10 outputs."""
    network = load_network(path)
    if (network.sizes[0], network.sizes[-1]) != (SIDE * SIDE, CLASSES):
        raise DataError(
            f"{path}: expected a network from {SIDE * SIDE} pixels to {CLASSES} digits, "
            f"found {network}"
        )
    return network


def run_evaluate(options: argparse.Namespace) -> int:
    """Run the command `evaluate`."""
    network = load_digit_network(options.weights)
    if options.data is None or options.data.is_dir():
        X, y = load_digits(options.data)[2:]
    else:
        X, labels = read_csv(options.data)
        if labels is None:
            raise DataError(f"{options.data}: expected labels to compare with, found none")
        y = labels
    follow_free_cores()
    predicted = network.predict(X)
    counts = confusion_matrix(y, predicted, CLASSES)
    right = int(np.trace(counts))
    print(f"{network}")
    print(f"accuracy {accuracy(y, predicted):.2%}: {right:,} of {len(y):,} right\n")
    print(end=diagnose(network, X, y))
    print("rows: true digits, columns: predicted digits")
    print("     " + "".join(f"{digit:6d}" for digit in range(CLASSES)))
    for digit, row in enumerate(counts):
        print(f"{digit:4d} " + "".join(f"{count:6d}" if count else "     ." for count in row))
    return 0


def prepare_photo(path: Path) -> Preparation:
    """Read and prepare a picture. Every DataError names the file."""
    gray = read_photo(path)
    try:
        return prepare(gray)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def run_predict(options: argparse.Namespace) -> int:
    """Run the command `predict`. An error in one picture does not stop the others."""
    network = load_digit_network(options.weights)
    folder = None
    code = 0
    for number, path in enumerate(options.images, 1):
        try:
            steps = prepare_photo(path)
            outputs = network.predict_proba(steps.row[None].astype(network.theta.dtype))[0]
            first, second = np.argsort(-outputs)[:2]
            # Only the outputs of softmax are probabilities.
            word = "" if network.output == "softmax" else "output "
            guesses = [f"{digit} ({word}{outputs[digit]:.1%})" for digit in (first, second)]
            print(f"{path}: {guesses[0]}, then {guesses[1]}")
            for warning in steps.warnings:
                print(f"warning: {path}: {warning}", file=sys.stderr)
            if options.show:
                from nn_core.tools.pictures import save_steps

                folder = folder or new_folder("predict-steps")
                # With the number, 7.png and 7.jpg, or a/7.png and b/7.png, get different names.
                picture = folder / f"{number}-{path.stem}.png"
                save_steps(picture, steps, title=f"{path.name}: {guesses[0]}")
                print(f"    steps saved as {picture}")
        except (DataError, OSError) as error:
            print_error(error)
            code = 1
    return code


def new_folder(name: str) -> Path:
    """Make a new folder. If the name is taken, add the first free number from 2 on."""
    number = 1
    while True:
        folder = Path(name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder


def print_error(problem: str | Exception) -> None:
    """Print an error in one line on stderr."""
    if isinstance(problem, OSError) and problem.filename and problem.strerror:
        problem = f"{problem.filename}: {problem.strerror.lower()}"
    print(f"error: {' '.join(str(problem).split())}", file=sys.stderr)


STOP_SIGNALS = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}


@contextmanager
def handle_signals() -> Iterator[list[int]]:
    """Turn SIGTERM and SIGINT into KeyboardInterrupt; give a list that collects the signals."""
    received: list[int] = []

    def interrupt(number: int, frame: object) -> None:
        received.append(number)
        raise KeyboardInterrupt

    previous = {number: signal.signal(number, interrupt) for number in STOP_SIGNALS}
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def print_stop_message(options: argparse.Namespace, arguments: Sequence[str], number: int) -> None:
    """Print on stderr that the program was stopped, and the command that resumes the training."""
    message = f"stopped by {STOP_SIGNALS[signal.Signals(number)]}"
    checkpoint: Path | None = getattr(options, "checkpoint", None)
    if checkpoint is not None and checkpoint.exists():
        again = [word for word in arguments if word not in ("--resume", "--overwrite")]
        command = shlex.join(["python", "-m", "nn_core", *again, "--resume"])
        done = finished_epochs(checkpoint)
        total = options.epochs or RECIPES[options.recipe].epochs
        left = f"goes on with epoch {done + 1}" if done < total else "goes on to the results"
        message += f" after {done} of {total} epochs: {command} {left}"
    elif options.run is run_train:
        message += " before an epoch was finished: nothing is saved"
    print(f"\n{message}", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # If the console cannot show a letter of a file name, print an escape sequence instead.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    arguments = sys.argv[1:] if arguments is None else arguments
    options = build_parser().parse_args(arguments)
    run: Command = options.run
    with handle_signals() as options.stopped:
        try:
            return run(options)
        except KeyboardInterrupt:
            for number in STOP_SIGNALS:
                signal.signal(number, signal.SIG_IGN)  # the program is already stopping
            number = options.stopped[0] if options.stopped else signal.SIGINT
            print_stop_message(options, arguments, number)
            return 128 + number
        except ModuleNotFoundError as error:
            print_error(
                f"expected the package {str(error.name).partition('.')[0]}, found none; "
                "pip install matplotlib pillow brings all that pictures need"
            )
            return 1
        # Wrong data, wrong settings, files that cannot be used, or numbers that are not finite.
        except (ValueError, FloatingPointError, OSError) as error:
            print_error(error)
            return 1


def run_as_program() -> NoReturn:
    """Run the command in `sys.argv`, then exit with its code."""
    code = main()
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # the command is finished
    sys.exit(code)

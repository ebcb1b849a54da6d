"""The package: the content of wheel and sdist, and the needs of an import."""

import email
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import textwrap
import tomllib
import venv
import zipfile

import package_page
import pytest
import repository
from conftest import ROOT
from drawing import drawn, on_paper
from PIL import Image
from test_data import SHA256

import nn_core as nn

README = (ROOT / "README.md").read_text("utf-8")
# Hides a package from Python, as if it were not installed.
WITHOUT = "import sys; sys.modules.update(dict.fromkeys({names!r}));"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build wheel and sdist, and give their folder."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheel(built):
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as packed:
        yield packed


def test_wheel_holds_mnist_and_what_the_chapters_show(wheel):
    for name, expected in SHA256.items():
        data = gzip.decompress(wheel.read(f"nn_core/mnist/{name}.gz"))
        assert hashlib.sha256(data).hexdigest() == expected
    for name in ("py.typed", "lab/course.mplstyle", "lab/quizzes/00_tour.json"):
        assert f"nn_core/{name}" in wheel.namelist()


def test_wheel_declares_the_licences_of_all_that_is_in_it(wheel):
    info = f"nn_core-{nn.__version__}.dist-info"
    about = email.message_from_bytes(wheel.read(f"{info}/METADATA"))
    assert about["License-Expression"] == "MIT AND CC-BY-4.0 AND CC-BY-SA-3.0"
    files = about.get_all("License-File")
    assert files == ["LICENSE", "LICENSE-TEXT.md", "nn_core/mnist/LICENSE.md"]
    for name in files:
        assert wheel.read(f"{info}/licenses/{name}") == (ROOT / name).read_bytes()
    assert b"nn-core = nn_core.tools.command_line:run_as_program" in wheel.read(
        f"{info}/entry_points.txt"
    )


def test_sdist_holds_what_builds_and_tests_it(built):
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    tracked = {
        str(path.relative_to(ROOT).as_posix())
        for folder in ("nn_core", "tests", "book")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
        and not {"__pycache__", ".ruff_cache", ".ipynb_checkpoints"} & {*path.parts}
    }
    top = {
        "pyproject.toml",
        "requirements.txt",
        "conftest.py",
        "Makefile",
        "_config.yml",
        "_toc.yml",
    }
    assert tracked | top <= names


def test_every_locked_package_has_its_hashes():
    locked = (ROOT / "requirements.txt").read_text("utf-8")
    entries = re.findall(r"^[^\s#].*(?:\n {4}--hash=.*)*", locked, re.MULTILINE)
    assert len(entries) > 100
    assert all(
        re.match(r"[\w.-]+(?:\[[\w,-]+\])?==", entry) and "--hash=sha256:" in entry
        for entry in entries
    )


def test_binder_installs_what_a_notebook_needs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = (ROOT / "binder" / "requirements.txt").read_text("utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["-e .[lab]"]
    python = (ROOT / "binder" / "runtime.txt").read_text("utf-8").strip().removeprefix("python-")
    assert f"Programming Language :: Python :: {python}" in project["classifiers"]
    # Where there is a folder binder/, Binder does not read these.
    unread = {"runtime.txt", "postBuild", "apt.txt", "environment.yml", "Dockerfile"}
    assert not unread & {path.name for path in ROOT.iterdir()}


def test_library_alone_imports_numpy_and_nothing_else():
    others = {"pandas", "tqdm", "matplotlib", "IPython", "ipywidgets", "PIL", "pygments"}
    source = WITHOUT.format(names=others) + "import nn_core"
    subprocess.run([sys.executable, "-c", source], check=True)


def test_command_line_says_what_is_not_installed(tmp_path):
    source = WITHOUT.format(names={"matplotlib"}) + (
        "from nn_core.tools.command_line import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", source, "train", "relu-10-gd", "--out", str(tmp_path / "run")]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 1
    assert "expected the package matplotlib, found none; pip install matplotlib" in ended.stderr
    assert "Traceback" not in ended.stderr


OURS = "https://github.com/someone/course"


@pytest.mark.parametrize("origin", ["", OURS])
def test_metadata_have_links_only_with_an_address(tmp_path, origin):
    for name in ("README.md", "_config.yml", "book/_ext/repository.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "_config.yml").write_text("repository: {url: ''}", "utf-8")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    if origin:
        subprocess.run(["git", "-C", tmp_path, "remote", "add", "origin", origin], check=True)
    metadata = {}
    package_page.PackagePage(str(tmp_path), {}).update(metadata)
    text = metadata["readme"]["text"]
    targets = re.findall(r"\]\(([^)]*)\)", text)
    assert all(target.startswith("https://") for target in targets)
    ours = {target for target in targets if origin and target.startswith(origin)}
    if origin:
        assert metadata["urls"]["Source"] == OURS
        assert f"{OURS}/raw/main/book/_static/star.webp" in ours
        assert f"[MIT licence]({OURS}/blob/main/LICENSE)" in text
        assert all((ROOT / place.split("/main/")[1]).exists() for place in ours)
    else:
        assert metadata["urls"] == {}
        assert "under the MIT licence," in text
        assert "![" not in text


def test_wheel_names_no_place_that_is_not_there(wheel):
    about = email.message_from_bytes(wheel.read(f"nn_core-{nn.__version__}.dist-info/METADATA"))
    address = repository.address()
    assert all(address and address.split("/")[3] in url for url in about.get_all("Project-URL", []))
    assert about.get_payload().startswith("# A neural network from scratch")


def test_sdist_builds_the_same_wheel(built, tmp_path):
    """Away from the repository, whose address its metadata have."""
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as packed:
        packed.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (ours,), (theirs,) = built.glob("*.whl"), tmp_path.glob("*.whl")
    assert ours.read_bytes() == theirs.read_bytes()


def test_wheel_in_an_environment_of_its_own(request, built, tmp_path):
    """`pip install nn-core` with a wheel in a folder, and what README shows, run there.

    It takes a minute and fetches what the library needs.
    """
    if not request.config.option.live:
        pytest.skip("pytest --live installs the wheel in an environment of its own")
    venv.create(tmp_path / "venv", with_pip=True)
    folder = "Scripts" if sys.platform == "win32" else "bin"
    python = tmp_path / "venv" / folder / "python"
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    def run(*arguments, code=0):
        done = subprocess.run(
            [python, *map(str, arguments)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            encoding="utf-8",
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stderr if code else done.stdout

    install = ("-m", "pip", "install", "--quiet", "--find-links", built)
    run(*install, "nn-core")
    assert str(tmp_path) in run("-c", "import nn_core; print(nn_core.__file__)")
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    reached = run("-c", textwrap.dedent(example).replace("epochs=10", "epochs=1"))
    assert float(reached.split()[-1]) > 0.9
    for command in ([], ["list"], ["train"], ["evaluate"], ["predict"]):
        assert "example" in run("-m", "nn_core", *command, "--help")
    # Without the extra, a picture needs what is not there, and a sentence says so.
    train = ("-m", "nn_core", "train", "sigmoid-128-mse", "--epochs", 1)
    assert "expected the package matplotlib, found none" in run(*train, code=1)
    run(*install, "nn-core[lab]")
    assert "test accuracy" in run(*train)
    Image.fromarray(on_paper(drawn(7, width=14))).save(tmp_path / "seven.png")
    said = run("-m", "nn_core", "predict", "runs/sigmoid-128-mse/weights.npz", "seven.png")
    assert re.match(r"seven\.png: \d \(", said)

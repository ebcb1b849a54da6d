"""The package: the content of wheel and sdist, and the needs of an import."""

import email
import gzip
import hashlib
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile

import pytest
import yaml
from conftest import ROOT
from test_data import SHA256

import nn_core as nn

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
    assert "expected the package matplotlib, found none; pip install 'nn-core[lab]'" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_package_and_book_name_one_repository():
    address = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["repository"]["url"]
    assert f'Source = "{address}"' in (ROOT / "pyproject.toml").read_text("utf-8")

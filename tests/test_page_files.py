"""The files of Python in the page: fetched, checked, and laid out."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace

import files
import in_page
import nbformat
import pytest
from conftest import ROOT
from filelock import FileLock


@pytest.fixture(scope="session")
def fetched() -> Path:
    """Give the cache folder with all files."""
    if not files.fetch():
        pytest.skip("the files of Pyodide cannot be fetched")
    return files.CACHE


@pytest.fixture
def cache(fetched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of the cache folder that a test may spoil, with its own as the only source."""
    copied = tmp_path / "cache"
    shutil.copytree(fetched, copied)

    def download(folder: Path, requirements: list[str]) -> None:
        for path in fetched.glob("*.whl"):
            shutil.copy2(path, folder)

    def release(names: list[str], tell: object) -> None:
        for name in names:
            files.keep(name, (fetched / name).read_bytes())

    monkeypatch.setattr(files, "CACHE", copied)
    monkeypatch.setattr(files, "COMPILED", copied / files.COMPILED.name)
    monkeypatch.setattr(files, "pip_download", download)
    monkeypatch.setattr(files, "from_release", release)
    return copied


@pytest.fixture
def compiled(cache: Path) -> Path:
    """Give the folder of bytecode within the copy of the cache folder."""
    if not files.compiled():
        why = "there is no Node.js to compile with"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    return files.COMPILED


@pytest.mark.parametrize("name", ["pyodide.asm.wasm", "six-1.17.0-py2.py3-none-any.whl"])
def test_spoilt_and_absent_files_are_fetched_again(cache: Path, name: str):
    good = (cache / name).read_bytes()
    (cache / name).write_bytes(good[:-1] + b"?")
    assert files.fetch()
    assert (cache / name).read_bytes() == good
    (cache / name).unlink()
    assert files.fetch()
    assert (cache / name).read_bytes() == good


def test_a_wrong_file_is_not_kept(cache: Path):
    (cache / "pyodide.mjs").unlink()
    files.keep("pyodide.mjs", b"<html>Not found</html>")
    assert not (cache / "pyodide.mjs").exists()


def test_without_a_network_running_is_left_out_and_ci_fails(
    cache: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object) -> None:
        raise OSError("No route to host")

    (cache / "pyodide.mjs").unlink()
    for way in ("from_release", "pip_download"):
        monkeypatch.setattr(files, way, refuse)
    monkeypatch.delenv("CI", raising=False)
    said: list[str] = []
    assert not files.fetch(said.append)
    refused = "This did not succeed: No route to host"
    assert [each for each in said if "Fetching" not in each][:2] == [refused, refused]
    assert "pyodide.mjs" in said[-1]
    monkeypatch.setenv("CI", "true")
    with pytest.raises(OSError, match=r"left out: pyodide\.mjs, one of 1 "):
        files.fetch(said.append)


def test_what_pip_says_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    ended = subprocess.CompletedProcess([], 1, stderr="Sorry.\nNo module named pip\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: ended)
    with pytest.raises(OSError, match=r"^No module named pip$"):
        files.pip_download(tmp_path, ["six"])


def test_a_second_build_waits_for_the_first(cache: Path):
    (cache / "pyodide.mjs").unlink()
    second = threading.Thread(target=files.fetch)
    with FileLock(cache / "lock"):
        second.start()
        second.join(1)
        assert not (cache / "pyodide.mjs").exists()
    second.join()
    assert (cache / "pyodide.mjs").exists()


def test_the_folder_has_what_contents_json_says(fetched: Path, tmp_path: Path):
    folder = tmp_path / "python"
    (folder / "cells").mkdir(parents=True)
    (folder / "cells" / "of_an_old_release.json").write_text("[]")
    files.layout(folder)
    (folder / "run.js").write_text("// A script of the pages.")
    files.write_contents(folder)
    contents = json.loads((folder / "contents.json").read_text())
    there = {path for path in folder.rglob("*") if path.is_file()} - {folder / "contents.json"}
    assert {folder / name for name in contents["files"]} == there
    assert {"run.js", "nn_core.zip", "mnist/t10k-labels-idx1-ubyte.gz"} <= set(contents["files"])
    for name, stated in contents["files"].items():
        assert stated == {
            "bytes": (folder / name).stat().st_size,
            "sha256": files.sha256(folder / name),
        }
    # What a first run loads. One more package may be worth it; a second SciPy is not.
    assert sum(each["bytes"] for each in contents["files"].values()) < 55e6

    version = contents["version"]
    files.layout(folder)
    (folder / "run.js").write_text("// A script of the pages.")
    files.write_contents(folder)
    assert json.loads((folder / "contents.json").read_text())["version"] == version
    (folder / "run.js").write_text("// Another script.")
    files.write_contents(folder)
    assert json.loads((folder / "contents.json").read_text())["version"] != version


def test_a_release_that_changes_a_page_alone_has_another_version(tmp_path: Path):
    folder, page = tmp_path / "python", tmp_path / "page.html"
    folder.mkdir()
    versions = []
    for words in ("Old words.", "New words."):
        page.write_text(words)
        files.write_contents(folder, [page])
        versions.append(json.loads((folder / "contents.json").read_text())["version"])
    assert versions[0] != versions[1]


# Python compiles no script of Node.js, so it stands for one that is too old.
@pytest.mark.parametrize("node", [None, sys.executable], ids=["absent", "too old"])
def test_without_node_python_is_complete_and_slower(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, node: str | None
):
    shutil.rmtree(files.COMPILED, ignore_errors=True)
    monkeypatch.setattr(shutil, "which", lambda name, path: node)
    said: list[str] = []
    assert files.fetch(said.append)
    assert said[-1].startswith("Python will start more slowly in the page: ")
    assert files.compiled() == {}
    files.layout(tmp_path / "python")
    the_lock_file_describes_the_archives(tmp_path / "python", bytecode=False)


def test_what_is_compiled_is_in_the_lock_file(compiled: Path, tmp_path: Path):
    files.layout(tmp_path / "python")
    the_lock_file_describes_the_archives(tmp_path / "python", bytecode=True)


def the_lock_file_describes_the_archives(folder: Path, *, bytecode: bool):
    packages = json.loads((folder / "pyodide-lock.json").read_text())["packages"]
    assert {"numpy", "pandas", "matplotlib", "ipython"} <= set(packages)
    for package in packages.values():
        path = folder / package["file_name"]
        assert files.sha256(path) == package["sha256"]
        assert {files.normal(each) for each in package["depends"]} <= set(packages)
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
        assert any(name.endswith(".pyc") for name in names) == bytecode
        # LICENSES.txt says so.
        assert any(re.search(r"\.dist-info/.*(LICEN[CS]E|COPYING)", name) for name in names)


def test_a_spoilt_archive_of_bytecode_is_not_used(compiled: Path):
    (compiled / "six-1.17.0-py2.py3-none-any.whl").write_bytes(b"?")
    assert files.compiled() == {}


def test_the_package_comes_without_digits_and_can_be_imported(tmp_path: Path):
    files.write_package(tmp_path / "nn_core.zip")
    with zipfile.ZipFile(tmp_path / "nn_core.zip") as archive:
        names = archive.namelist()
        archive.extractall(tmp_path)
    assert not [name for name in names if name.endswith((".gz", ".pyc"))]
    code = (
        "import importlib.metadata, nn_core; "
        "print(nn_core.__file__, importlib.metadata.version('nn-core') == nn_core.__version__)"
    )
    run = [sys.executable, "-c", code]
    said = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert said.split() == [str(tmp_path / "nn_core" / "__init__.py"), "True"]


def test_a_shortened_form_differs_in_what_it_should():
    """A text that the cell no longer has would leave it as long as it is."""
    shortened = json.loads((Path(in_page.__file__).parent / "shortened.json").read_text("utf-8"))
    for name, shorter in shortened.items():
        path = ROOT / f"{name}.ipynb"
        cells = {cell["id"]: cell for cell in in_page.cells_of(path, shorter)}
        shown = nbformat.read(path, as_version=4).cells
        hidden = {cell.id for cell in shown if "remove" in str(cell.metadata.get("tags"))}
        for cell, (there, instead) in shorter.items():
            assert cells[cell]["source"].count(there) == 1, (name, cell)
            assert cells[cell]["short"].count(instead) == 1
            assert cell not in hidden, f"{name}: nobody could see that {cell} is shortened"
        assert {cell for cell, text in cells.items() if "short" in text} == set(shorter)


@pytest.mark.parametrize("fetched", [True, False])
def test_a_page_says_that_its_code_does_not_run(fetched: bool):
    """If Python could not be fetched, there are no buttons either."""
    loaded: list[str] = []
    app = SimpleNamespace(
        config=SimpleNamespace(python_in_page=fetched),
        add_css_file=loaded.append,
        add_js_file=lambda name, **_: loaded.append(name),
    )
    context = {"body": '<div id="code-train">'}
    in_page.add_buttons(app, "book/index", "page.html", context, None)
    assert ("cells.js" in loaded) is fetched
    assert ("does not run" in context["body"]) is not fetched

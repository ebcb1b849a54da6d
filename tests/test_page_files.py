"""The files of Python in the page: fetched, checked, and laid out."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import files
import pytest


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

    def download(folder: str, requirements: list[str]) -> bool:
        for path in fetched.glob("*.whl"):
            shutil.copy2(path, folder)
        return True

    def release(names: list[str], tell: object) -> None:
        for name in names:
            files.keep(name, (fetched / name).read_bytes())

    monkeypatch.setattr(files, "CACHE", copied)
    monkeypatch.setattr(files, "COMPILED", copied / files.COMPILED.name)
    monkeypatch.setattr(files, "pip_download", download)
    monkeypatch.setattr(files, "from_release", release)
    return copied


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
    (cache / "pyodide.mjs").unlink()
    for source in ("from_release", "from_copy"):
        monkeypatch.setattr(files, source, lambda names, tell: None)
    monkeypatch.delenv("CI", raising=False)
    said: list[str] = []
    assert not files.fetch(said.append)
    assert len(said) == 1
    assert "pyodide.mjs" in said[0]
    assert "pyodide.mjs" in said[0]
    monkeypatch.setenv("CI", "true")
    with pytest.raises(OSError, match=r"left out: pyodide\.mjs, one of 1 "):
        files.fetch(said.append)


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


@pytest.mark.parametrize("node", [True, False])
def test_the_lock_file_describes_the_archives(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, node: bool
):
    if not node:
        shutil.rmtree(files.COMPILED, ignore_errors=True)
        monkeypatch.setattr(shutil, "which", lambda name, path: None)
        said: list[str] = []
        assert files.fetch(said.append)
        assert len(said) == 1
        assert "Node.js" in said[0]
    elif not files.compiled():
        pytest.skip("there is no Node.js to compile with")
    files.layout(tmp_path / "python")
    packages = json.loads((tmp_path / "python" / "pyodide-lock.json").read_text())["packages"]
    assert {"numpy", "pandas", "matplotlib", "ipython"} <= set(packages)
    for package in packages.values():
        path = tmp_path / "python" / package["file_name"]
        assert files.sha256(path) == package["sha256"]
        assert {files.normal(each) for each in package["depends"]} <= set(packages)
        with zipfile.ZipFile(path) as archive:
            assert any(name.endswith(".pyc") for name in archive.namelist()) == node


def test_a_spoilt_archive_of_bytecode_is_not_used(cache: Path):
    if not files.compiled():
        pytest.skip("there is no Node.js to compile with")
    (files.COMPILED / "six-1.17.0-py2.py3-none-any.whl").write_bytes(b"?")
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

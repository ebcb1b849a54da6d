"""Bundle the editor with CodeMirror into one file, which names what it was made of.

Temml, which sets formulas, is taken over as it is.

    python book/in_page/bundle.py

`make editor` runs this script.
"""

import hashlib
import json
import re
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SOURCE, BUNDLE = HERE / "editor.js", HERE / "editor.min.js"
MODULES = ROOT / "node_modules"


def bundled() -> dict[str, str]:
    """Give the hashes of the packages that are in the bundle, and of what bundles them."""
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    return {
        name.removeprefix("node_modules/"): package["integrity"]
        for name, package in lock.items()
        if name == "node_modules/esbuild" or (name and not package.get("dev"))
    }


def fingerprint() -> str:
    """Give a hash of all that decides what the bundle holds."""
    parts = SOURCE.read_text("utf-8") + json.dumps(bundled(), sort_keys=True)
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


def licence() -> str:
    """Give the licence of CodeMirror with the copyright lines of all its packages."""
    texts = [
        (MODULES / name / "LICENSE").read_text("utf-8") for name in bundled() if name != "esbuild"
    ]
    holders = sorted({line for text in texts for line in re.findall("^Copyright.*", text, re.M)})
    terms = {" ".join(text[text.index("Permission") :].split()) for text in texts}
    if len(terms) != 1:
        raise SystemExit("The packages of CodeMirror have different licences now: name them all.")
    return "\n".join(["CodeMirror and Lezer, MIT License", *holders, *terms])


def take_temml() -> None:
    """Write Temml with its licence."""
    package = MODULES / "temml"
    version = json.loads((package / "package.json").read_text("utf-8"))["version"]
    terms = (package / "LICENSE").read_text("utf-8").strip()
    script = (package / "dist" / "temml.min.js").read_text("utf-8")
    (HERE / "temml.min.js").write_text(f"/*! Temml {version}\n{terms} */\n{script}", "utf-8")


def main() -> None:
    """Write the bundle, and Temml."""
    take_temml()
    head = f"/*! Written by `make editor` from {fingerprint()}.\n{licence()} */"
    subprocess.run(
        [
            *(str(MODULES / ".bin" / "esbuild"), str(SOURCE), f"--outfile={BUNDLE}"),
            *("--bundle", "--minify", "--format=esm", "--target=es2022", f"--banner:js={head}"),
            "--log-level=warning",
        ],
        check=True,
    )


if __name__ == "__main__":
    main()

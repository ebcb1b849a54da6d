"""What a release says of itself: CITATION.cff, .zenodo.json, and its notes.

    python book/_ext/release.py                 write the two files
    python book/_ext/release.py --check         name a file that would be written anew, and fail
    python book/_ext/release.py --notes v1.2.0  print what CHANGELOG.md says of the version

The version is that of nn_core, its date stands in CHANGELOG.md, title, authors and address in
_config.yml, keywords and licences in pyproject.toml.
"""

import argparse
import json
import re
import sys
import tomllib
from pathlib import Path

import yaml
from nn_core import __version__

import repository

ROOT = Path(__file__).resolve().parents[2]
# "## [1.2.0] - 2027-02-28", and what follows up to the next such line.
SECTION = r"^## \[{version}\] - (?P<date>\d{{4}}-\d\d-\d\d)\n(?P<notes>.*?)(?=^## |\Z)"


def section(version: str, changelog: str) -> re.Match[str] | None:
    """Find what the changelog says of a version that has its date, so is released."""
    pattern = SECTION.format(version=re.escape(version))
    return re.search(pattern, changelog, re.MULTILINE | re.DOTALL)


def released(root: Path = ROOT) -> str:
    """Give the date of this version, or nothing before it is released."""
    found = section(__version__, (root / "CHANGELOG.md").read_text("utf-8"))
    return found["date"] if found else ""


def notes(tag: str, changelog: str) -> str:
    """Give the notes of the release that a tag makes; stop where tag and changelog do not fit."""
    if tag != f"v{__version__}":
        sys.exit(f"The tag is {tag}, but the version of nn_core is {__version__}.")
    if not (found := section(__version__, changelog)):
        sys.exit(f"CHANGELOG.md has no line '## [{__version__}] - YYYY-MM-DD'.")
    return found["notes"].strip()


def files() -> dict[str, str]:
    """Give the content of both files by their names."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    code, text, digits = project["license"].split(" AND ")
    date, address = released(), repository.setting()
    summary = (
        "A course that builds a program which reads handwriting, out of NumPy alone: a book whose "
        f"pages run their code, and the library nn_core. Code: {code}. Text and pictures: {text}. "
        f"The digits of MNIST: {digits}."
    )
    cff = {
        "cff-version": "1.2.0",
        "message": "If you use this course or its library, please cite it as below.",
        "type": "software",
        "title": config["title"],
        "authors": [{"name": config["author"]}],
        "version": __version__,
        **({"date-released": date} if date else {}),
        **({"repository-code": address, "url": repository.site(address)} if address else {}),
        "abstract": summary,
        # Several would mean a choice of one. The abstract names all.
        "license": code,
        "keywords": project["keywords"],
    }
    zenodo = {
        "upload_type": "software",
        "title": config["title"],
        "creators": [{"name": config["author"]}],
        "version": __version__,
        **({"publication_date": date} if date else {}),
        "description": summary,
        "access_right": "open",
        "license": code,
        "language": "eng",
        "keywords": project["keywords"],
    }
    return {
        "CITATION.cff": yaml.safe_dump(cff, sort_keys=False, allow_unicode=True, width=100),
        ".zenodo.json": json.dumps(zenodo, ensure_ascii=False, indent=2) + "\n",
    }


def main() -> int:
    """Write the files, check them, or print the notes of a release."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing, fail if one differs")
    parser.add_argument("--notes", metavar="TAG", help="print the notes of the release of a tag")
    options = parser.parse_args()
    if options.notes:
        print(notes(options.notes, (ROOT / "CHANGELOG.md").read_text("utf-8")))
        return 0
    differing = 0
    for name, wanted in files().items():
        path = ROOT / name
        if path.exists() and path.read_text("utf-8") == wanted:
            continue
        differing += 1
        print(f"{name}: {'not as the settings say' if options.check else 'written'}")
        if not options.check:
            path.write_text(wanted, "utf-8", newline="\n")
    return int(options.check and differing > 0)


if __name__ == "__main__":
    sys.exit(main())

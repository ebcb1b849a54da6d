"""Bring the notebooks into the form in which they are committed.

    python book/_ext/clean_notebooks.py            write the notebooks in this form
    python book/_ext/clean_notebooks.py --check    name the notebooks in another form, and fail

The form has no outputs, no execution counts, one kernelspec and no metadata of an editor. The cell
that installs the course has the address of the repository in _config.yml.
"""

import argparse
import re
import sys
from pathlib import Path

import nbformat
import yaml
from nbstripout import strip_output

ROOT = Path(__file__).resolve().parents[2]
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebooks() -> list[Path]:
    """List all notebooks of the book: chapters first, then appendices."""
    found = sorted((ROOT / "book").glob("**/*.ipynb"))
    # JupyterLab keeps copies of opened notebooks in these folders.
    return [path for path in found if path.parent.name != ".ipynb_checkpoints"]


def cleaned(text: str) -> str:
    """Give the notebook `text` in its committed form."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    address = config["repository"]["url"]
    notebook = nbformat.reads(text, as_version=4)
    notebook = strip_output(notebook, keep_output=False, keep_count=False, keep_id=True)
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        # All metadata except the tags come from editors.
        kept = {key: cell.metadata[key] for key in ("tags",) if key in cell.metadata}
        cell.metadata = nbformat.from_dict(kept)
        cell.source = re.sub(r'(%pip install .*git\+)[^\s"]+', rf"\g<1>{address}", cell.source)
    return nbformat.writes(notebook) + "\n"


def main() -> int:
    """Clean or check all notebooks of the book."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing, fail if one differs")
    check = parser.parse_args().check
    differing = 0
    for path in notebooks():
        text = path.read_text("utf-8")
        wanted = cleaned(text)
        if text == wanted:
            continue
        differing += 1
        print(f"{path.relative_to(ROOT)}: {'not clean' if check else 'cleaned'}")
        if not check:
            path.write_text(wanted, "utf-8", newline="\n")
    return int(check and differing > 0)


if __name__ == "__main__":
    sys.exit(main())

"""Bring the notebooks into the one form in which they are committed.

    python book/_ext/clean_notebooks.py            write it
    python book/_ext/clean_notebooks.py --check    say which notebooks are not in it, and fail

That form: no outputs, no execution counts, one kernelspec, no metadata of an editor, and a first
code cell that installs the course where it is missing (`install_cell`).
"""

import argparse
import os
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
    """All notebooks of the book: chapters first, then appendices."""
    found = sorted((ROOT / "book").glob("**/*.ipynb"))
    # JupyterLab keeps copies of what was opened.
    return [path for path in found if path.parent.name != ".ipynb_checkpoints"]


INSTALL = """\
# Where nn_core is not installed, this installs it.
from importlib.util import find_spec
from pathlib import Path

missing = find_spec("nn_core") is None
if missing and Path("{root}/nn_core").is_dir():
    %pip install --quiet "{root}[lab]"
elif missing:
"""
FROM_REPOSITORY = """\
    %pip install --quiet "nn-core[lab] @ git+{address}\""""
# Without a repository there is nothing to install from. The error shows its sentence and no
# traceback; being an error, it ends "Run All".
SAY_HOW = """\
    error = ModuleNotFoundError(
        "nn_core is not installed. In a new cell, run "
        '%pip install "COURSE[lab]" with the path of '
        "the folder of the course in place of COURSE."
    )
    error._render_traceback_ = lambda: [str(error)]
    raise error"""


def install_cell(root: str, address: str) -> str:
    """Write the cell that installs the course where it is missing, and is silent elsewhere.

    Parameters
    ----------
    root
        Where the folder of the course is, seen from the notebook: it is there in a clone, whose
        notebook may run in a kernel of another environment.
    address
        The repository, which Colab installs from. The example address of _config.yml is none.
    """
    elsewhere = SAY_HOW if "your_account" in address else FROM_REPOSITORY.format(address=address)
    return INSTALL.format(root=root) + elsewhere


def cleaned(text: str, root: str) -> str:
    """The notebook `text` in its committed form; `root` is where the course is, seen from it."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    notebook = nbformat.reads(text, as_version=4)
    notebook = strip_output(notebook, keep_output=False, keep_count=False, keep_id=True)
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        # All but the tags is a trace of some editor.
        kept = {key: cell.metadata[key] for key in ("tags",) if key in cell.metadata}
        cell.metadata = nbformat.from_dict(kept)
        if cell.id == "install":
            cell.source = install_cell(root, config["repository"]["url"])
    return nbformat.writes(notebook) + "\n"


def main() -> int:
    """Clean or check all notebooks of the book."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing, fail if one differs")
    check = parser.parse_args().check
    differing = 0
    for path in notebooks():
        text = path.read_text("utf-8")
        wanted = cleaned(text, Path(os.path.relpath(ROOT, path.parent)).as_posix())
        if text == wanted:
            continue
        differing += 1
        print(f"{path.relative_to(ROOT)}: {'not clean' if check else 'cleaned'}")
        if not check:
            path.write_text(wanted, "utf-8", newline="\n")
    return int(check and differing > 0)


if __name__ == "__main__":
    sys.exit(main())

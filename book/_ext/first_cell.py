"""The first code cell of a notebook, which installs the course where it is missing."""

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
        The repository to install from elsewhere, or nothing where there is none.
    """
    elsewhere = FROM_REPOSITORY.format(address=address) if address else SAY_HOW
    return INSTALL.format(root=root) + elsewhere

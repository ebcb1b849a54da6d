"""A step of nbgrader's `autograde` that marks apart, in place of the one that runs submissions."""

import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Unicode

from nn_core.lab.classroom.assignment import Classroom
from nn_core.lab.classroom.grade import mark_notebook


class Apart(NbGraderPreprocessor):  # type: ignore[misc]
    """Leaves below each cell that nbgrader grades what was earned there, as nbgrader reads it."""

    grader = Unicode("", help="the folder `grader` that was written with the assignments").tag(
        config=True
    )

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Mark the notebook, and put the marks below its cells."""
        classroom = Classroom.load(Path(self.grader))
        names = resources["nbgrader"]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "submission.ipynb"
            nbformat.write(nb, path)
            marks = mark_notebook(path, classroom, names["student"], name=names["notebook"])
        earned = {mark.item.replace("_", "-"): mark for mark in marks}
        for cell in nb.cells:
            about = cell.metadata.get("nbgrader", {})
            if cell.cell_type != "code" or not about.get("grade"):
                continue
            mark = earned.get(about["grade_id"].removesuffix("-check").replace("_", "-"))
            points, reason = (mark.points, mark.reason) if mark else (0, "no such exercise")
            cell.outputs = [
                nbformat.v4.new_output("stream", name="stdout", text=f"{reason}\n"),
                nbformat.v4.new_output("execute_result", {"text/plain": str(float(points))}),
            ]
        return nb, resources

"""A plugin with which Otter-Grader marks apart: a submission does not run where its tests do."""

from pathlib import Path
from typing import Any

import nbformat
from otter.plugins import AbstractOtterPlugin

from nn_core.lab.classroom.assignment import Classroom
from nn_core.lab.classroom.grade import Mark, mark_notebook


class Apart(AbstractOtterPlugin):  # type: ignore[misc]
    """Marks before Otter executes, and hands the marks to its tests."""

    marks: list[Mark]

    def before_execution(self, submission: Any) -> Any:
        """Give a notebook with the marks in place of the submission."""
        classroom = Classroom.load(Path("../source/grader"))
        path = Path(self.submission_path)
        student = submission.metadata.get("assignment", {}).get("student", "")
        users = self.submission_metadata.get("users", [])
        student = users[0]["email"] if users else student
        self.marks = mark_notebook(path, classroom, student, name=self.plugin_config["name"])
        told = {mark.item: (mark.points, mark.reason) for mark in self.marks}
        return nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(f"marks = {told!r}")],
            metadata={"kernelspec": {"name": "python3", "display_name": "", "language": "python"}},
        )

    def after_grading(self, results: Any) -> None:
        """Give the points for what is right in part."""
        for mark in self.marks:
            if 0 < mark.points < mark.of:
                results.update_score(mark.item, mark.points)

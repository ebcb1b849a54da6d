"""What Gradescope runs for a submission: `python -m nn_core.lab.classroom.for_gradescope ROOT`."""

import json
import sys
from pathlib import Path

from nn_core.lab.classroom.assignment import Classroom
from nn_core.lab.classroom.grade import mark_notebook


def main(root: Path) -> None:
    """Mark the notebook in `submission`, and write `results/results.json`."""
    classroom = Classroom.load(root / "source" / "grader")
    about = json.loads((root / "submission_metadata.json").read_text("utf-8"))
    users = [user["email"] for user in about.get("users", [])]
    student = users[0] if users else ""
    paths = sorted((root / "submission").rglob("*.ipynb"))
    results: dict[str, object]
    if classroom.students and student not in classroom.students:
        results = {"score": 0, "output": f"{student} is not in the class."}
    elif len(paths) != 1:
        results = {"score": 0, "output": f"Hand in one notebook; these are {len(paths)}."}
    else:
        tests = [
            {
                "name": mark.item, "score": mark.points, "max_score": mark.of,
                "output": mark.reason, "visibility": "visible",
            }
            for mark in mark_notebook(paths[0], classroom, student)
        ]  # fmt: skip
        results = {"tests": tests}
    (root / "results").mkdir(exist_ok=True)
    text = json.dumps(results, indent=1)
    (root / "results" / "results.json").write_text(text, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

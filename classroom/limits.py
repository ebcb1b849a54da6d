"""What a learner may use, and how many learners a machine carries, by `measured.json`."""

import json
import math
from pathlib import Path
from typing import NamedTuple

# Megabytes for the system, the hub, and the files that the system keeps in memory.
RESERVE = 2048


class Limits(NamedTuple):
    """Megabytes of memory for one learner."""

    limit: int  # what the learner's server may use at most
    need: int  # what it uses where the largest notebook runs

    @classmethod
    def of(cls, measured: dict[str, dict[str, float]]) -> "Limits":
        """Give the limits that follow from measured numbers.

        Twice the largest notebook is allowed: another one may be open, or a cell of the learner's
        own takes as much again.
        """
        notebooks = {name: row["megabytes"] for name, row in measured.items()}
        server = notebooks.pop("server")
        largest = max(notebooks.values())
        return cls(512 * math.ceil((server + 2 * largest) / 512), round(server + largest))

    def learners(self, megabytes: int) -> int:
        """Give how many learners a machine carries who all run the largest notebook."""
        return max(0, (megabytes - RESERVE) // self.need)


def measured() -> Limits:
    """Give the limits of this course."""
    path = Path(__file__).with_name("measured.json")
    return Limits.of(json.loads(path.read_text("utf-8")))

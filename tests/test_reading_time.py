"""The times that chapters state follow from what a reader has before them, counted at one pace."""

import json
import re

import pytest
import title_page
from conftest import ROOT
from reading_time import BLOCK, EXERCISE, FORMULA, WORD, counted

CHAPTERS = sorted((ROOT / "book").glob("[0-9]*.ipynb"))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_stated_times_follow_from_what_is_counted(path):
    stated = title_page.minutes(title_page.first_cell(path))
    for said, found in zip(stated, counted(path), strict=True):
        # Times are stated in quarters of an hour, and a chapter may be edited a little.
        assert abs(said - found) <= max(15, found / 4), f"{said:.0f} stated, {found:.0f} counted"


def test_the_guide_states_the_pace():
    guide = (ROOT / "book" / "appendix" / "teaching.md").read_text("utf-8")
    pace = (
        f"{1 / WORD:.0f} words a minute, {FORMULA} minutes for a formula that stands by itself, "
        f"{60 * BLOCK:.0f} seconds for a block of code, and {EXERCISE} minutes for an exercise"
    )
    assert pace in re.sub(r"\s+", " ", guide)


def test_counts_each_kind(tmp_path):
    path = tmp_path / "01.ipynb"
    cells = [
        ("markdown", "# A title here\n\n$$\nx = 1\n$$\n\nTwo `code` words: $x$.", []),
        ("code", "x = 1", []),
        ("code", "plot(x)", ["hide-input"]),
        ("markdown", "## Exercises", []),
        ("markdown", "> **Exercise: One**\n>\n> Many words that take no time of their own.", []),
        ("code", "x = ...", []),
    ]
    path.write_text(
        json.dumps(
            {
                "cells": [
                    {"cell_type": kind, "source": [text], "metadata": {"tags": tags}}
                    for kind, text, tags in cells
                ]
            }
        ),
        "utf-8",
    )
    assert counted(path) == (5 * WORD + FORMULA + BLOCK, EXERCISE)

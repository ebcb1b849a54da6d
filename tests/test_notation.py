"""The letters of all formulas: each is in the table of notation, or its page says what it is."""

import re
from pathlib import Path

import pytest
from check_prose import texts
from clean_notebooks import notebooks
from conftest import ROOT

TABLE = (ROOT / "book" / "appendix" / "notation.md").read_text("utf-8")
# The tables of letters that mean something else in one chapter, by the first words of their text.
CHAPTERS = {
    "evaluation": "10_evaluation",
    "new pictures without end": "12_summit",
    "published networks": "11_published_networks",
    "autograd": "14_autograd",
    "convolutions": "15_convolution",
    "batch normalization": "batch_norm",
}
INDICES = set("ijkln")
# The exponential function, the number pi, and "difference of".
CONSTANTS = {"e", r"\pi", r"\Delta"}
GREEK = re.compile(
    r"\\(?:alpha|beta|gamma|delta|epsilon|varepsilon|eta|theta|kappa|lambda|mu|rho|sigma|tau|phi|"
    r"varphi|pi|omega|Delta|Phi|ell|nabla)"
)
WORDS = r"\\(?:text|mathrm|operatorname|tag|begin|end)\*?\s*\{[^{}]*\}"
SUBSCRIPT = r"_(?:\{(?:[^{}]|\{[^{}]*\})*\}|\\[A-Za-z]+|\w)"


def letters(tex: str) -> set[str]:
    """Give the letters of a formula, without words, comments and indices."""
    for pattern in (r"%.*", WORDS, SUBSCRIPT, r"\\[^A-Za-z]"):
        tex = re.sub(pattern, " ", tex)
    found = set(re.findall(r"\\[A-Za-z]+|[A-Za-z]", tex))
    return {letter for letter in found if GREEK.fullmatch(letter) or letter.isalpha()}


def formulas(text: str) -> tuple[list[str], list[str]]:
    """Give the formulas that stand by themselves, and those in sentences."""
    text = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
    alone = re.findall(r"\$\$(.*?)\$\$", text, re.DOTALL)
    return alone, re.findall(r"\$([^$]+)\$", re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL))


def listed() -> dict[str, set[str]]:
    """Give the letters of the tables: of a chapter, by its name, and by "" those of all."""
    found: dict[str, set[str]] = {"": set()} | {name: set() for name in CHAPTERS.values()}
    place = ""
    for line in TABLE.splitlines():
        if begins := re.match(r"(?:In the chapter|On the page) on (.*?) only", line):
            place = CHAPTERS[begins[1]]
        elif line.startswith("## "):
            place = ""
        elif line.startswith("| $"):
            cell = line.split("|")[1].replace(r"\lvert", "").replace(r"\rvert", "")
            found[place].update(*map(letters, re.findall(r"\$([^$]+)\$", cell)))
    return found


def introduced(alone: list[str], inside: list[str]) -> set[str]:
    """Give the letters that a page names by themselves, or that an equation defines."""
    named = [tex for tex in inside if len(letters(tex)) == 1]
    defined = [re.split(r"(?:&\s*)?=", tex)[0] for tex in alone + inside if "=" in tex]
    defined = [re.sub(r"\([^()]*\)", "", tex) for tex in defined]
    return set().union(*map(letters, named + [tex for tex in defined if len(letters(tex)) == 1]))


def unknown(text: str, known: set[str]) -> set[str]:
    """Give the letters of formulas of a text that nobody has introduced."""
    alone, inside = formulas(text)
    used = set().union(*map(letters, alone))
    return used - INDICES - CONSTANTS - known - introduced(alone, inside)


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_every_letter_is_in_the_table_or_introduced(path: Path):
    tables = listed()
    known = tables[""] | tables.get(path.stem, set())
    assert not unknown("\n\n".join(texts(path)), known)


@pytest.mark.parametrize("name", CHAPTERS.values())
def test_a_letter_of_one_chapter_is_used_in_it(name):
    (path,) = (path for path in notebooks() if path.stem == name)
    alone, inside = formulas("\n\n".join(texts(path)))
    assert listed()[name] <= set().union(*map(letters, alone + inside))


def test_finds_a_letter_that_nobody_introduced():
    assert unknown("$$\nL = w^2 + \\gamma b_{jk} % eq-x\n$$", {"L", "w", "b"}) == {r"\gamma"}
    assert not unknown("$$\nS = w\n$$\n\nwhere $w$ is a weight.", set())

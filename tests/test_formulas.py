"""The build sets formulas: what it writes, and that it says what it cannot read."""

import re

import formulas
import pytest
from formulas import BESIDE, OF_LAB, mathml

from nn_core.lab.markup import markup


def test_sets_a_formula():
    html = mathml(r"\frac{a}{b}", False)
    assert html == "<math><mfrac><mi>a</mi><mi>b</mi></mfrac></math>"
    assert '<math display="block"' in mathml("x", True)


@pytest.mark.parametrize("tex", [r"\etta", r"\frac{1}", "{x", r"\left( x", "x_1_2", "x $ y"])
def test_says_what_it_cannot_read(tex):
    with pytest.raises(ValueError, match=re.escape(tex)):
        mathml(tex, False)


def test_a_formula_that_cannot_be_read_is_a_warning(monkeypatch):
    """A warning is an error of the build: -W."""
    said = []
    monkeypatch.setattr(formulas.logger, "warning", lambda *each, **place: said.append(each))
    assert formulas.set_formula(r"\etta <", False, "page") == r"<code>\etta &lt;</code>"
    assert "Unsupported function name" in str(said[0][1])


def test_only_a_long_formula_in_the_text_breaks():
    long = "a + b + c + d + e + f + g + h + i + j + k + l + m = n"
    assert mathml("a + b = c", False).count("</math>") == 1
    assert mathml(long, True).count("</math>") == 1
    parts = re.findall("<math>(.*?)</math>", mathml(long, False))
    assert len(parts) == 14
    # The sign stays at the end of the line.
    assert all(part.endswith(("+</mo></mrow>", "=</mo></mrow>")) for part in parts[:-1])


def test_finds_the_formulas_of_the_lab():
    found = OF_LAB.findall(markup("Is $n < 3$?\n\n$$a\n*b$$"))
    assert found == [("(", "n &lt; 3"), ("[", "a\n*b")]


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [(" (", ", or", ("(", ",")), ("the ", "-th.", ("", "-th.")), ("<td>", "</td>", ("", ""))],
)
def test_punctuation_stays_with_a_formula(before, after, kept):
    html = f'{before}<span class="math" data-tex="x">{mathml("x", False)}</span>{after}'
    found = BESIDE.search(html)
    assert found
    assert (found[1], found[3]) == kept

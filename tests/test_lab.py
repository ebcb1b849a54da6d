"""Tools of the chapters: figures with alt text, sentences with numbers, and claims."""

import re
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from conftest import ROOT

from nn_core import accuracy, lab, load_mnist
from nn_core.lab import claim, expect, page, palette, say, show, stored, summit
from nn_core.lab.claims import RECORD
from nn_core.lab.sentences import SAID


@pytest.fixture
def shown(monkeypatch):
    """Collect the displayed outputs: pairs of data and metadata."""
    seen = []

    def take(data, metadata=None, raw=False):
        seen.append((data if raw else data._repr_html_(), metadata))

    monkeypatch.setattr(page, "display", take)
    monkeypatch.setattr("nn_core.lab.claims.display", take)
    monkeypatch.setattr("nn_core.lab.sentences.display", take)
    return seen


def figure(title="A title"):
    fig, ax = plt.subplots(figsize=(5, 3))
    ax.plot([1, 2, 3])
    fig.suptitle(title)
    return fig


def alt_of(html):
    return re.search(r'aria-label="([^"]*)"', html)[1]


def test_every_name_is_found():
    for name in lab.__all__:
        assert callable(getattr(lab, name))
    assert dir(lab) == sorted(lab.__all__)
    with pytest.raises(AttributeError, match="no attribute 'shows'"):
        lab.shows()


def test_figures_and_tables_are_imported_late():
    """In a page, each of these imports takes seconds."""
    source = """if True:
        import sys
        from nn_core import fit, load_mnist
        from nn_core.lab import check, claim, draw_digit, live, quiz, say
        assert not {"matplotlib", "pandas"} & set(sys.modules)
        from nn_core.lab import explore, show, show_digits, show_history
        assert "pandas" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", source], check=True)


def test_show_draws_in_the_colour_of_the_page(shown, monkeypatch):
    monkeypatch.setenv(page.BUILDING, "1")
    show(figure(), "A line that rises from 1 to 3.")
    ((data, _),) = shown
    html = data["text/html"]
    assert data["text/plain"] == "A line that rises from 1 to 3."
    assert '<span class="lab-finding">A title</span></figcaption></figure>' in html
    assert html.count("A title") == 2, "in the caption, and for the script, but not in the drawing"
    assert "currentColor" in html
    assert palette.INK not in html
    assert 'style="--inches:5"' in html
    assert not re.search(r'<svg[^>]* (?:width|height)="', html)
    assert "viewBox" in html
    assert alt_of(html) == "A line that rises from 1 to 3."
    assert not plt.get_fignums()


def test_show_gives_the_same_drawing_at_each_build(shown, monkeypatch):
    monkeypatch.setenv(page.BUILDING, "1")
    for alt in ("one", "one", "two"):
        show(figure(), alt)
    first, second, other = (data["text/html"] for data, _ in shown)
    assert first == second
    ids = [re.findall(r' id="([^"]*)"', html) for html in (first, other)]
    assert ids[0]
    assert not set(ids[0]) & set(ids[1])
    assert len(ids[0]) == len(set(ids[0]))
    referred = set(re.findall(r'(?:href="|url\()#([^")]*)', first))
    assert referred <= set(ids[0])


def test_show_escapes(shown):
    show(figure(), 'smaller < larger & "so on"')
    assert alt_of(shown[0][0]["text/html"]) == "smaller &lt; larger &amp; &quot;so on&quot;"


def test_show_wants_alt_text(shown):
    with pytest.raises(ValueError, match="alt text"):
        show(figure(), "  ")
    plt.close("all")
    assert shown == []


def test_said_is_markdown_in_a_notebook_and_plain_in_a_terminal(shown):
    say("""
    It took **3 seconds**.
        And more.
    """)
    ((data, metadata),) = shown
    assert data["text/markdown"] == data["text/plain"] == "It took **3 seconds**.\n    And more."
    assert metadata == {SAID: True}


def test_claim_kept(shown):
    claim("a-claim", "share of <b>", np.float32(0.75), at_least=0.75)
    ((html, metadata),) = shown
    assert '<p class="claim" data-claim="a-claim">' in html
    assert "share of &lt;b&gt;: 75.00%, promised at least 75.00%" in html
    assert metadata == {
        RECORD: {
            "name": "a-claim",
            "statement": "share of <b>",
            "side": "at least",
            "bound": 0.75,
            "form": "{:.2%}",
            "value": 0.75,
        }
    }


def test_claim_of_an_error(shown):
    claim("an-error", "relative error", 3e-9, at_most=1e-7, form="{:.0e}")
    ((html, metadata),) = shown
    assert "relative error: 3e-09, promised at most 1e-07" in html
    assert metadata[RECORD]["side"] == "at most"


MISSED = [
    (0.7499, {"at_least": 0.75}),
    (float("nan"), {"at_least": 0.75}),
    (0.7501, {"at_most": 0.75}),
    (float("nan"), {"at_most": 0.75}),
]


@pytest.mark.parametrize(("value", "bound"), MISSED)
def test_claim_missed_stops_the_build(shown, monkeypatch, value, bound):
    monkeypatch.setenv(page.BUILDING, "1")
    with pytest.raises(AssertionError, match=r"'a-claim' missed: the share is .*, expected at "):
        claim("a-claim", "the share", value, **bound)
    assert shown == []


@pytest.mark.parametrize(("value", "bound"), MISSED)
def test_claim_missed_by_a_reader_is_a_notice(shown, monkeypatch, value, bound):
    monkeypatch.delenv(page.BUILDING, raising=False)
    claim("a-claim", "the share", value, form="{:.2f}", **bound)
    ((html, metadata),) = shown
    side = "at least" if "at_least" in bound else "at most"
    assert "Claim missed in this run." in html
    assert 'class="claim claim-missed"' in html
    assert f"the share: {value:.2f}, promised {side} 0.75." in html
    assert "its own seed, sizes and numbers of epochs" in html
    # The value is recorded, so the measurement of all seeds includes this run.
    np.testing.assert_equal(metadata[RECORD]["value"], value)


def test_expected_and_seen(shown, monkeypatch):
    for building in ("", "1"):
        monkeypatch.setenv(page.BUILDING, building)
        expect(np.True_, "a loss of 2.30, found 2.31")
    assert shown == []


def test_expected_and_not_seen(shown, monkeypatch):
    monkeypatch.setenv(page.BUILDING, "1")
    with pytest.raises(AssertionError, match=r"expected a loss of 2\.30, found <3>"):
        expect(np.False_, "a loss of 2.30, found <3>")
    assert shown == []
    monkeypatch.delenv(page.BUILDING)
    expect(np.False_, "a loss of 2.30, found <3>")
    ((html, _),) = shown
    assert "Not so in this run." in html
    assert "Expected a loss of 2.30, found &lt;3&gt;." in html
    assert "its own seed, sizes and numbers of epochs" in html


@pytest.mark.parametrize("bounds", [{}, {"at_least": 1, "at_most": 2}])
def test_claim_wants_one_bound(bounds):
    with pytest.raises(ValueError, match="at_least or at_most"):
        claim("a-claim", "the share", 1, **bounds)


def test_all_that_is_stored_has_its_script():
    results = {path.stem for path in (ROOT / "nn_core" / "lab" / "stored").glob("*.json")}
    scripts = {path.stem for path in (ROOT / "book" / "stored").glob("*.py")}
    assert results == scripts
    for name in results:
        assert stored(name)


def test_each_change_of_a_published_network_has_a_best_rate_inside_its_list():
    for name, network in stored("11_published_networks")["networks"].items():
        for change, found in network["changes"].items():
            place = found["rates"].index(found["best"])
            assert found["dev"][place] == max(found["dev"]), (name, change)
            assert 0 < place < len(found["rates"]) - 1, (name, change)
            assert len(found["rates"]) == len(found["dev"]) >= 5
            assert len(found["judge"]) == len(network["judge"]) == 5


def test_nothing_stored_under_that_name():
    with pytest.raises(ValueError, match=r"expected one of .*09_regularization.*found '08'"):
        stored("08")


def test_the_best_network_comes_with_the_package_and_is_as_good_as_stated():
    results = stored("12_summit")
    _, _, X_test, y_test = load_mnist()
    predicted = summit().predict(X_test)
    assert accuracy(y_test, predicted) == results["shipped"]["test"]
    wrong = np.flatnonzero(predicted != y_test)
    assert [error["index"] for error in results["errors"]] == list(wrong)
    # The rounding of the weights costs at most three of 10,000 digits.
    whole = results["final"]["test"][results["shipped"]["seed"]]
    assert results["shipped"]["test"] >= whole - 0.0003


def test_every_misread_picture_was_judged_by_eye():
    verdicts = {error["verdict"] for error in stored("12_summit")["errors"]}
    assert verdicts <= {"mislabelled", "unreadable", "readable"}


@pytest.mark.parametrize("name", sorted({n for kind in page.KINDS.values() for n in kind.scripts}))
def test_a_page_gets_all_lines_of_a_script_but_comments(name):
    code, inside = [], False
    for line in page.static(f"{name}.js").splitlines():
        text = line.strip()
        opens = text.startswith("/**") and (text.endswith("*/") or "*/" not in text)
        if not (inside or opens or text.startswith("//")):
            code.append(line)
        inside = (inside or opens) and "*/" not in text
    assert page.script(name).splitlines() == code
    assert len(code) < len(page.static(f"{name}.js").splitlines())

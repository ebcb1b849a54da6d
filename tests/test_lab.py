"""What chapters use to show: figures with alt text, glued numbers, claims."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from nn_core.lab import claim, display, glue, show, show_confusion, show_digits, show_history
from nn_core.lab.claims import RECORD


@pytest.fixture
def shown(monkeypatch):
    """Everything displayed: pairs of data and metadata."""
    seen = []

    def take(data, metadata=None, raw=False):
        seen.append((data if raw else data._repr_html_(), metadata))

    monkeypatch.setattr(display, "display", take)
    monkeypatch.setattr("nn_core.lab.claims.display", take)
    return seen


@pytest.fixture
def drawn(monkeypatch):
    """The figures that were shown, with their alt texts, before they are turned into text."""
    seen = []
    monkeypatch.setattr("nn_core.lab.plots.show", lambda fig, alt: seen.append((fig, alt)))
    yield seen
    plt.close("all")


def figure(title="A title"):
    fig, ax = plt.subplots(figsize=(5, 3))
    ax.plot([1, 2, 3])
    ax.set_title(title)
    return fig


def alt_of(html):
    return re.search(r'aria-label="([^"]*)"', html)[1]


def test_show_draws_in_the_colour_of_the_page(shown):
    show(figure(), "A line that rises from 1 to 3.")
    ((html, _),) = shown
    assert html.startswith('<div class="plot"><svg role="img"')
    assert "currentColor" in html
    assert display.INK not in html
    assert "width:480px;max-width:100%;height:auto" in html
    assert not re.search(r'<svg[^>]* (?:width|height)="', html)
    assert "viewBox" in html
    assert alt_of(html) == "A line that rises from 1 to 3."
    assert not plt.get_fignums()


def test_show_gives_the_same_drawing_at_each_build(shown):
    for alt in ("one", "one", "two"):
        show(figure(), alt)
    first, second, other = (html for html, _ in shown)
    assert first == second
    ids = [re.findall(r' id="([^"]*)"', html) for html in (first, other)]
    assert len(ids[0]) > 5
    assert not set(ids[0]) & set(ids[1])
    assert len(ids[0]) == len(set(ids[0]))
    referred = set(re.findall(r'(?:href="|url\()#([^")]*)', first))
    assert referred <= set(ids[0])


def test_show_escapes(shown):
    show(figure(), 'smaller < larger & "so on"')
    assert alt_of(shown[0][0]) == "smaller &lt; larger &amp; &quot;so on&quot;"


def test_show_wants_alt_text(shown):
    with pytest.raises(ValueError, match="alt text"):
        show(figure(), "  ")
    plt.close("all")
    assert shown == []


def test_digits(drawn):
    images = np.random.default_rng(0).random((12, 784))
    show_digits(images, range(12), title="Twelve")
    show_digits(5 * images[:3].reshape(3, 28, 28), title="Three", columns=2)
    (fig, alt), (other, other_alt) = drawn
    tiles = [ax for ax in fig.axes if ax.images]
    assert len(tiles) == 12
    for k, ax in enumerate(tiles):
        assert np.array_equal(ax.images[0].get_array(), images[k].reshape(28, 28))
        assert ax.images[0].get_clim() == (0, images.max())
        assert ax.get_title(loc="center") == str(k)
    assert fig.get_suptitle() == "Twelve"
    assert [len(fig.axes), len(other.axes)] == [20, 4]
    assert alt.startswith("Twelve. 12 handwritten digits, shown in a grid, captioned 0, 1, 2")
    assert other_alt == "Three. 3 handwritten digits, shown in a grid."


def test_digits_on_the_page(shown):
    show_digits(np.ones((12, 784)), range(12), title="Twelve")
    assert shown[0][0].count("<image") == 12


@pytest.mark.parametrize(
    ("images", "captions", "message"),
    [
        (np.zeros((0, 784)), None, "at least one image"),
        (np.zeros((4, 392)), None, r"found \(4, 392\)"),
        (np.zeros(784), None, r"found \(784,\)"),
        (np.ones((2, 784)), [1], "2 captions, found 1"),
    ],
)
def test_digits_refuse(images, captions, message):
    with pytest.raises(ValueError, match=message):
        show_digits(images, captions, title="No")


def test_confusion(drawn):
    show_confusion(np.array([[5, 1, 0], [0, 7, 0], [4, 0, 3]]), title="Mixed")
    fig, alt = drawn[0]
    ax = fig.axes[0]
    texts = {text.get_position(): text.get_text() for text in ax.texts}
    # The column is what was said, the row what it was.
    assert texts[0, 2] == "4"
    assert texts[1, 0] == "1"
    assert texts[2, 0] == "·"
    assert ax.get_xlabel() == "what the network said"
    assert ax.get_ylabel() == "what it was"
    assert ax.images[0].get_array().tolist() == [[0, 1, 0], [0, 0, 0], [4, 0, 0]]
    assert "Of 20 digits, 15 lie on the diagonal" in alt
    assert "4 times a 2 was taken for a 0" in alt
    show_confusion(np.diag([2, 3]), title="Perfect")
    assert drawn[1][1] == "Perfect. Of 5 digits, 5 lie on the diagonal, right."


def test_history(drawn):
    history = pd.DataFrame(
        {"accuracy": [0.5, 0.9], "dev_accuracy": [0.4, 0.8]}, index=pd.Index([1, 2], name="epoch")
    )
    show_history(history, title="Learning")
    fig, alt = drawn[0]
    lines = {line.get_label(): line.get_ydata().tolist() for line in fig.axes[0].lines}
    assert lines == {"training": [0.5, 0.9], "dev": [0.4, 0.8]}
    assert fig.axes[0].lines[0].get_xdata().tolist() == [1, 2]
    assert "from 50.0% to 90.0%, on dev examples from 40.0% to 80.0%" in alt


def test_glue_is_what_myst_nb_reads(shown):
    glue("tour-count", "1,234")
    ((data, metadata),) = shown
    prefix = metadata["scrapbook"]["mime_prefix"]
    # MyST-NB evaluates the text, so the number must come as a quoted string.
    assert data[f"{prefix}text/plain"] == "'1,234'"
    assert data["text/plain"] == "tour-count: 1,234"
    assert metadata["scrapbook"]["name"] == "tour-count"


def test_claim_kept(shown):
    claim("a-claim", "share of <b>", np.float32(0.75), at_least=0.75)
    ((html, metadata),) = shown
    assert 'data-claim="a-claim"' in html
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


@pytest.mark.parametrize(
    ("value", "bound"),
    [
        (0.7499, {"at_least": 0.75}),
        (float("nan"), {"at_least": 0.75}),
        (0.7501, {"at_most": 0.75}),
        (float("nan"), {"at_most": 0.75}),
    ],
)
def test_claim_missed(shown, value, bound):
    with pytest.raises(AssertionError, match=r"'a-claim' missed: the share is .*, expected at "):
        claim("a-claim", "the share", value, **bound)
    assert shown == []


@pytest.mark.parametrize("bounds", [{}, {"at_least": 1, "at_most": 2}])
def test_claim_wants_one_bound(bounds):
    with pytest.raises(ValueError, match="at_least or at_most"):
        claim("a-claim", "the share", 1, **bounds)

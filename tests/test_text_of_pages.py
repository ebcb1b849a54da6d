"""What the build makes of a page's text: the columns of tables, and the marks of claims."""

import claim_marks
import pytest
import tables
from docutils import nodes


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["97.86 %", "1,234", "−0.5", ""], "course-number"),
        (["91.81 ± 0.19", "3e-09", "0.23 s (0.64)"], "course-number"),
        (["2", "two"], "course-word"),
        (["784-256-128-10", "784-10"], "course-word"),
        (["a sentence that is long enough to break", "1"], "course-sentence"),
        (["", "—"], "course-word"),
        ([], "course-word"),
    ],
)
def test_kinds_of_columns(texts, kind):
    assert tables.kind(texts) == kind


def test_table_of_the_text():
    def row(*texts):
        return nodes.row("", *(nodes.entry("", nodes.paragraph("", t)) for t in texts))

    head = nodes.thead("", row("network", "accuracy"))
    body = nodes.tbody("", row("one layer", "92.1 %"), row("two layers", "97.9 %"))
    document = nodes.table("", nodes.tgroup("", head, body))
    tables.mark_columns(None, document)
    found = [entry["classes"] for entry in document.findall(nodes.entry)]
    assert found == [["course-word"], ["course-number"]] * 3


def test_data_frame():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"said": ["about 97.9 % on the dev set"], "found": [97.84]}, ["adam"])
    html = tables.mark_frame(frame._repr_html_())
    assert "<style" not in html
    assert '<th class="course-number">found</th>' in html
    assert '<td class="course-number">97.84</td>' in html
    assert '<td class="course-sentence">about' in html
    assert tables.mark_frame("<p>No frame.</p>") == "<p>No frame.</p>"


def test_mark_of_a_claim():
    entry = next(each for each in claim_marks.ledger().values() if each["side"] == "at least")
    record = {key: entry[key] for key in ("name", "statement", "side", "bound", "form")}
    html = claim_marks.mark(record | {"value": 0.98765})
    form = entry["form"].format
    assert f'data-claim="{entry["name"]}"' in html
    assert f"at least {form(entry['bound'])}</summary>" in html
    for value in (0.98765, *entry["values"], entry["mean"], entry["spread"]):
        assert f">{form(value)}</span>" in html


def test_mark_of_a_claim_that_the_ledger_has_not_got_yet():
    record = {"name": "new", "statement": "a < b", "side": "at most", "bound": 1, "form": "{:.1f}"}
    html = claim_marks.mark(record | {"value": 0.5})
    assert "A &lt; b" in html
    assert "five seeds" not in html

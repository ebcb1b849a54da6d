"""From the Markdown of notebooks to the MyST of a page."""

import nbformat
import pytest
from plain_markdown import citations, for_page, page_cells

from nn_core.lab.sentences import SAID

LABELS = {"5.5": "eq-slopes"}


@pytest.mark.parametrize(
    ("plain", "paged"),
    [
        (
            "A.\n\n> **Predict first**\n>\n> - one\n>\n> two\n\nB.",
            "A.\n\n::::{admonition} Predict first\n:class: course-predict\n\n- one\n\ntwo\n::::\n"
            "\nB.",
        ),
        (
            "> **Two rules**\n>\n> - Add.",
            "::::{admonition} Two rules\n:class: note\n\n- Add.\n::::\n",
        ),
        (
            "> **Long**\n>\n> " + "Add. " * 101,
            "::::{admonition} Long\n:class: note\n\n" + ("Add. " * 101).strip() + "\n::::\n",
        ),
        (
            "> **By the way**\n>\n> **Add** $1$.",
            "::::{admonition} By the way\n:class: course-aside\n\n**Add** $1$.\n::::\n",
        ),
        (
            "> **Exercise: On paper**\n>\n> ```python\n> x = 1\n> ```",
            "::::{exercise} On paper\n:label: the-cell\n\n```python\nx = 1\n```\n::::\n",
        ),
        ("> A quotation.\n> **Not** a box.", "> A quotation.\n> **Not** a box."),
        ("$$\na = b\n\\tag{5.5} % eq-slopes\n$$", "$$\na = b\n$$ (eq-slopes)"),
        (
            "By [(5.5)](05_backpropagation.ipynb#cell-id=from-the-output), it is.",
            "By {eq}`eq-slopes`, it is.",
        ),
        ("`[(5.5)](a.ipynb#cell-id=b)`", "`[(5.5)](a.ipynb#cell-id=b)`"),
        (
            "So ([Polyak, 1964](references.bib)). As [Goto and Geijn (2008)](../references.bib).",
            "So {cite:p}`polyak1964some`. As [Goto and Geijn (2008)](../references.bib).",
        ),
        (
            "So ([Nesterov, 1983](references.bib); [Sutskever et al.,\n2013](references.bib)).",
            "So {cite:p}`nesterov1983method,sutskever2013importance`.",
        ),
        ("See [7](../bug_zoo.ipynb#cell-id=all-alike).", "See [7](#cell-bug_zoo-all-alike)."),
        ("### 7. Alike", "(cell-zoo-the-cell)=\n### 7. Alike"),
        ("[Data](01_data.ipynb)", "[Data](01_data.ipynb)"),
    ],
)
def test_for_page(plain, paged):
    if "Goto" in plain:
        (name,) = (name for name in citations() if name.startswith("Goto") and "(" in name)
        plain = plain.replace("Goto and Geijn (2008)", name)
        paged = paged.replace(
            "[Goto and Geijn (2008)](../references.bib)", "{cite:t}`goto2008anatomy`"
        )
    assert for_page(plain, LABELS, "zoo", "the-cell") == paged


@pytest.mark.parametrize("text", ["[(9.9)](a.ipynb#cell-id=b)", "([Nobody, 1900](references.bib))"])
def test_what_is_not_there_cannot_be_named(text):
    with pytest.raises(KeyError):
        for_page(text, LABELS)


def test_what_a_cell_says_becomes_text():
    def output(text, **metadata):
        data = {"text/markdown": text}
        return nbformat.v4.new_output("display_data", data, metadata=metadata)

    cell = nbformat.v4.new_code_cell("show()\nsay()", id="a")
    cell.outputs = [output("a figure"), *(output(n, **{SAID: True}) for n in ("One.", "And."))]
    alone = nbformat.v4.new_code_cell("say()", id="b", outputs=[output("Two.", **{SAID: True})])
    silent = nbformat.v4.new_code_cell("x = 1", id="c")
    cells = page_cells(nbformat.v4.new_notebook(cells=[cell, alone, silent]), "zoo")
    assert [(cell.cell_type, cell.source) for cell in cells] == [
        ("code", "show()\nsay()"),
        ("markdown", "::::::{container} said said-a\nOne.\n\nAnd.\n::::::"),
        # What slides.py must know of the cell.
        ("markdown", '+++ {"cell_type": "code"}\n\n::::::{container} said said-b\nTwo.\n::::::'),
        ("code", "x = 1"),
    ]
    assert [out.data["text/markdown"] for out in cells[0].outputs] == ["a figure"]

"""Tell columns of numbers, of words and of sentences apart; course.css sets each in its own way.

Numbers stand right under their headings, and sentences get room enough on a phone.
"""

import re
from collections.abc import Sequence
from html import unescape

from docutils import nodes
from sphinx.application import Sphinx

# "97.86 %", "1,234", "−0.5", "1e-07", "3 min", "0.95 ± 0.02", "0.23 s (0.64)"
AMOUNT = r"[-−+×≈<>~]? ?\d[\d.,]*(?:e[-+]?\d+)? ?(?:%|‰|s|ms|min|h|KB|MB|GB|×)?"
NUMBER = re.compile(rf"{AMOUNT}(?: ?± ?{AMOUNT})?(?: \({AMOUNT}\))?")
NONE = {"", "-", "–", "—", "NaN", "None"}
SENTENCE = 24  # more characters than this may break into lines

ROW = re.compile(r"<tr[ >].*?</tr>", re.S)
STYLE = re.compile(r"<style scoped>.*?</style>", re.S)
CELL = re.compile(r"<(t[hd])[^>]*>(.*?)</\1>", re.S)


def kind(texts: Sequence[str]) -> str:
    """Give the class of a column, by what stands below its heading."""
    found = {text.strip() for text in texts} - NONE
    if found and all(map(NUMBER.fullmatch, found)):
        return "course-number"
    return "course-sentence" if max(map(len, found), default=0) > SENTENCE else "course-word"


def read(entry: nodes.entry) -> str:
    """Give the text of an entry, with each formula about as long as the reader sees it."""
    return "".join(
        "∂" * (len(text) // 3) if isinstance(text.parent, nodes.math) else text.astext()
        for text in entry.findall(nodes.Text)
    )


def mark_columns(app: Sphinx, doctree: nodes.document) -> None:
    """Give the entries of each column, and its heading, the class of the column."""
    for body in doctree.findall(nodes.tbody):
        for column in zip(*(row.children for row in body.parent.findall(nodes.row)), strict=False):
            below = [entry for entry in column if entry.parent.parent is body]
            of_column = kind([read(entry) for entry in below])
            for entry in column:
                entry["classes"].append(of_column)


def mark_frame(html: str) -> str:
    """Give the cells of each DataFrame in an output the class of their column."""
    head, table, rest = html.partition('class="dataframe">')
    if not table:
        return html
    head = STYLE.sub("", head)  # course.css has its own
    rest, end, after = rest.partition("</table>")
    rows = [[unescape(cell[1]) for cell in CELL.findall(row)] for row in ROW.findall(rest)]
    heads = rest.partition("<tbody>")[0].count("<tr")
    kinds = [kind(column) for column in zip(*rows[heads:], strict=False)]

    def mark_row(row: re.Match[str]) -> str:
        classes = iter(kinds)
        return CELL.sub(
            lambda cell: f'<{cell[1]} class="{next(classes, "")}">{cell[2]}</{cell[1]}>', row[0]
        )

    return head + table + ROW.sub(mark_row, rest) + end + mark_frame(after)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("doctree-read", mark_columns)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""The glossary: each bold term of a chapter has an entry, and each entry is defined in a chapter.

The tests of the links between them are in test_book.py, with the built book.
"""

import re
from collections.abc import Iterator

import pytest
from check_prose import texts
from clean_notebooks import notebooks
from conftest import ROOT
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from plain_markdown import BOX

BOOK = ROOT / "book"
GLOSSARY = BOOK / "appendix" / "glossary.md"

# Short bold texts that define nothing: emphasis, and the first words of paragraphs.
EMPHASIS = {
    "0",
    "1/n enters once",
    "1/n",
    "add up",
    "add",
    "always true",
    "another place",
    "back",
    "biases",
    "blocks",
    "centred",
    "columns",
    "dead units",
    "divide",
    "dropout left on",
    "each",
    "factor",
    "float64",
    "forward",
    "from the logits",
    "halve",
    "here",
    "its gradient",
    "last",
    "multiply",
    "name",
    "next",
    "none",
    "not",
    "nothing to do",
    "once",
    "one number",
    "one",
    "row",
    "same budget",
    "same eight rates",
    "slope",
    "small",
    "steep",
    "stored",
    "the same pictures",
    "the same place",
    "the wrong transpose",
    "their own",
    "together",
    "twice",
    "uniform",
    "update by weight",
    "whole batch",
    "zero",
}

MARKDOWN = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin)


def bold(text: str) -> Iterator[str]:
    """Give the bold texts in lower case: words only, outside headings and links."""
    heading = False
    text = BOX.sub(r"\g<body>", text)  # The title of a box defines no word.
    for token in MARKDOWN.parse(text):
        if token.type == "inline" and not heading:
            phrase, linked = None, 0
            for part in token.children or []:
                linked += {"link_open": 1, "link_close": -1}.get(part.type, 0)
                if part.type == "strong_open":
                    phrase = []
                elif part.type == "strong_close":
                    if not linked and all(isinstance(word, str) for word in phrase):
                        yield " ".join("".join(phrase).lower().split())
                    phrase = None
                elif phrase is not None:
                    # Code or a formula is no word.
                    text = {"text": part.content, "softbreak": " "}.get(part.type)
                    phrase.append(text)
        heading = token.type == "heading_open"


def words_in_bold(path) -> set[str]:
    return {word for text in texts(path) for word in bold(text)}


def entries() -> list[tuple[list[str], str]]:
    """Give the terms of each entry, one or several, and the text of the entry."""
    body = re.search(r"```\{glossary\}\n(.*?)\n```", GLOSSARY.read_text("utf-8"), re.DOTALL)
    found = []
    for entry in body[1].split("\n\n"):
        lines = entry.splitlines()
        words = [line for line in lines if not line.startswith(" ")]
        found.append((words, " ".join(line.strip() for line in lines[len(words) :])))
    return found


BOLD = {path.stem: words_in_bold(path) for path in notebooks()}
TERMS = [word.lower() for words, _ in entries() for word in words]


def test_bold_words_are_found():
    text = "A **neural\nnetwork** has **`W`** and **$b$**.\n\n## **No**\n\n[**no**](x)\n\n"
    box = "> **Two rules**\n>\n> - a **Layer**\n>\n> | **cell** |\n> |---|\n> | b |\n"
    assert list(bold(text + box)) == ["neural network", "layer", "cell"]


@pytest.mark.parametrize("name", BOLD)
def test_every_defined_word_has_an_entry(name):
    # "Next:" or "Forward." begins a paragraph; a whole sentence in bold is stressed.
    short = {word for word in BOLD[name] if len(word.split()) <= 3 and word[-1] not in ".:?!,"}
    missing = short - EMPHASIS - set(TERMS)
    assert not missing, "define these in the glossary, or list them as EMPHASIS"


@pytest.mark.parametrize(("words", "text"), entries(), ids=lambda value: value[0])
def test_entry(words, text):
    for word in words:
        assert any(word.lower() in found for found in BOLD.values()), f"no chapter defines {word}"
    plain = re.sub(r"\$[^$]*\$|`[^`]*`", "", text)
    assert 1 <= len(re.findall(r"[.?!](?:\s|$)", plain)) <= 3


def test_entries_are_in_order_and_no_word_has_two():
    first = [words[0].lower() for words, _ in entries()]
    assert first == sorted(first)
    assert len(set(TERMS)) == len(TERMS)


def test_what_is_listed_as_emphasis_is_in_the_book():
    assert set().union(*BOLD.values()) >= EMPHASIS
    assert not EMPHASIS & set(TERMS)

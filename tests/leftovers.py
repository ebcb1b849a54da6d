"""Find markup that was not rendered: Markdown, TeX or HTML that a reader would see as text."""

import json
import re
from collections.abc import Iterator
from html import unescape

from bs4 import BeautifulSoup, NavigableString
from bs4.element import PreformattedString

# Elements whose text may be markup: code, and data for scripts.
QUOTED = "code, pre, kbd, samp, .sig, script, style, textarea, template"
FORMULAS = ".math, .lab-formula"
ATTRIBUTES = ("alt", "aria-label", "title", "placeholder", "aria-valuetext")
GAP = "\N{OBJECT REPLACEMENT CHARACTER}"  # replaces a formula or code

# Patterns for text.
MARKUP = {
    "a dollar sign": r"\$",
    "a role": r"\{[a-z][\w:.-]*\}",
    "strong text": r"\*\*|(?<![\w.])__(?=\w)",
    "emphasis": r"(?<![\w*])\*(?=[^\s*])[^*\n]*[^\s*]\*(?![\w*])|(?<![\w.])_[a-z][^_\n]*_(?!\w)",
    "a backtick": r"`",
    "a fence": r":::|~~~",
    "a heading": r"(?m)^\s*#{1,6} \S",
    # A sentence may end with a number that begins a line.
    "a list": r"\n\s*[-+*]\s\S|\s1[.)]\s[^\n]*\n\s*2[.)]\s",
    "a table": r"(?m)\|[ :]*--|^\s*\|.*\|",
    "a target": r"(?m)^\([\w-]+\)=",
    "a link": r"\]\(|\]\[",
    "a command of TeX": r"\\[A-Za-z]+|\\[()\[\]]",
    "an entity": r"&(?:[a-zA-Z]+|#\d+|#x[0-9a-fA-F]+);",
    "a tag": r"</?[a-z]\w*(?:\s[^<>]*)?>",
    "a reference that leads nowhere": r"\?\?\?|\[\?\]|\beq-[a-z]\w*|\bundefined\b",
    # A gap between words: a number is missing there.
    "a hole": rf"[\w{GAP},)] {{2,}}[\w{GAP}]|[\w{GAP})]\s[,.;:](?=\s|$)|\s\(\s*\)",
    # "None of them" is a valid start of a sentence, and "is None" is valid in a docstring.
    "no value": r"\bnan\b|^None$|(?<=[\w,(] )(?<!\bis )(?<!\bare )(?<!\bor )None\b(?! of)",
}
# Patterns for the TeX of a formula. What is no TeX at all, the build of the book finds.
IN_FORMULAS = {
    "a dollar sign": r"(?<!\\)\$",
    "a role": r"\{(?:eq|ref|doc|numref|glue[\w:]*|term|cite[\w:]*)\}",
    "a backtick": r"`",
    "strong text": r"\*\*",
    "an entity": MARKUP["an entity"],
    "no value": r"\bnan\b|\bNone\b",
    "prose": r"(?:\b[a-z]{3,},? ){2}[a-z]{2,}\b",
}
WORDS = r"\\(?:text|mathrm|operatorname|textbf|textit|label|tag)\*?\{[^{}]*\}"  # text in a formula
INLINE = {
    "a",
    "abbr",
    "b",
    "cite",
    "em",
    "i",
    "img",
    "label",
    "mark",
    "s",
    "small",
    "span",
    "strong",
}
INLINE |= {"sub", "sup", "u"}


def leftovers(html: str) -> list[str]:
    """Find unrendered markup in a page: pairs of its kind and the text around it."""
    soup = BeautifulSoup(html, "html.parser")
    found = []
    for formula in soup.select(FORMULAS):
        tex = str(formula.get("data-tex", formula.get_text()))
        found += search(IN_FORMULAS, re.sub(WORDS, GAP, tex))
        # Markdown inside a formula became elements.
        for inside in formula(["em", "strong", "li", "p", "code"]):
            found.append(f"<{inside.name}> in a formula: {tex[:80]!r}")
        if not balanced(tex):
            found.append(f"braces that do not match: {tex[:80]!r}")
    for problem in soup.select(".problematic, .system-message, .system_message"):
        found.append(f"a message of Sphinx: {problem.get_text()[:80]!r}")
    for text in [*texts(soup), *spoken(soup)]:
        found += search(MARKUP, text)
    return found


def search(patterns: dict[str, str], text: str) -> list[str]:
    return [
        f"{kind}: {text[max(0, match.start() - 40) : match.end() + 40]!r}"
        for kind, pattern in patterns.items()
        for match in re.finditer(pattern, text)
    ]


def balanced(tex: str) -> bool:
    """Whether braces, and the commands begin and end, left and right, come in pairs."""
    depth = 0
    for brace in re.findall(r"(?<!\\)(?:\\\\)*([{}])", tex):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    count = {word: len(re.findall(rf"\\{word}\b", tex)) for word in ("begin", "end")}
    count |= {word: len(re.findall(rf"\\{word}(?![a-z])", tex)) for word in ("left", "right")}
    return depth == 0 and count["begin"] == count["end"] and count["left"] == count["right"]


def texts(soup: BeautifulSoup) -> Iterator[str]:
    """Give the text of the page, block by block, with a gap for code and formulas."""
    soup = BeautifulSoup(str(soup), "html.parser")
    for quoted in soup.select(f"{QUOTED}, {FORMULAS}"):
        quoted.replace_with(GAP)
    # A table of pandas may show missing values.
    for cell in soup.select("table.dataframe td"):
        if cell.get_text(strip=True) in ("nan", "NaN", "None"):
            cell.decompose()
    for block in soup.find_all(lambda tag: tag.name not in INLINE):
        block.insert_before(NavigableString("\0"))
        block.insert_after(NavigableString("\0"))
        block.insert(0, NavigableString("\0"))
    for comment in soup.find_all(string=lambda s: isinstance(s, PreformattedString)):
        comment.extract()
    yield from filter(None, map(str.strip, soup.get_text().split("\0")))


def spoken(soup: BeautifulSoup) -> Iterator[str]:
    """Give the texts for screen readers: alternative texts, also of stored frames, and labels."""
    for tag in soup.find_all(True):
        for name in ATTRIBUTES:
            if tag.get(name):
                yield str(tag[name])
        if tag.name == "meta" and tag.get("name", tag.get("property", "")).endswith("description"):
            yield str(tag.get("content", ""))
    for script in soup.select('script[type="application/json"]'):
        for svg in strings(json.loads(script.string or "null")):
            yield from map(unescape, re.findall(r'aria-label="([^"]*)"', svg))


def strings(value: object) -> Iterator[str]:
    """Give all strings inside a value of JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)

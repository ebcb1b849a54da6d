"""Find what a translator has to translate: every text of the book that a reader can see.

Nothing is marked for it in chapters and scripts. A message is

- a paragraph, heading, list item or cell of a table in the Markdown of a page or a notebook;
- a text that a notebook's cell says, or that stands in its figures: the literal of the code that
  the outputs show, with fields for what was put in, `{dev_accuracy} of the dev set`, or the text of
  the output itself where no literal gives it;
- a question, answer or explanation of a quiz, a hint, an explanation or a mistake of an exercise;
- a literal with words in a script of the pages, in a template, in a style sheet, in `nn_core.lab`
  and in what builds the pages.

Each page has a catalog of its own. All that is of no page stands in the catalog "interface", except
the words of figures that the browser computes, in several chapters: "live_figures".
"""

import ast
import contextlib
import functools
import itertools
import json
import re
from collections.abc import Iterator
from html import unescape
from inspect import cleandoc
from pathlib import Path
from typing import NamedTuple

import nbformat
import yaml
from markdown_it import MarkdownIt
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nn_core.lab import page
from nn_core.lab.claims import RECORD
from nn_core.lab.exercises.texts import texts_of

import claim_marks
import execution
from translator import Translator, words

ROOT = execution.ROOT
INTERFACE, LIVE = "interface", "live_figures"
LAB = ROOT / "nn_core" / "lab"
# What writes words into pages, beside the text of the pages.
PYTHON = (
    *(
        ROOT / "book" / "_ext" / f"{name}.py"
        for name in ("claim_marks", "course", "frame", "notes")
    ),
    *(ROOT / "book" / "_ext" / f"{name}.py" for name in ("numbering", "plain_markdown")),
    *(ROOT / "book" / "_ext" / f"{name}.py" for name in ("summaries", "way")),
    *(ROOT / "book" / "in_page" / f"{name}.py" for name in ("in_page", "shell", "title_page")),
    *sorted(set(LAB.glob("*.py")) - {LAB / "__main__.py"}),  # which speaks to teachers
    *(LAB / "exercises" / f"{name}.py" for name in ("__init__", "exercise", "expect", "explain")),
    LAB / "exercises" / "networks.py",
)
# Scripts whose words belong to another catalog.
ELSEWHERE = {"figures": LIVE} | dict.fromkeys(("playground", "session", "pictures"), "playground")
FOLDERS = ("book/_static", "book/in_page", "book/_templates", "nn_core/lab/static")

# Words of Sphinx; and small ones that are put into lists and sentences, which no rule finds.
OTHER_WORDS = (
    *("Link to this heading", "Link to this equation", "Exercise", "Exercise {number}"),
    *("thin", "medium", "thick", "a {digit}", "an {digit}", "{number} cell", "{number} cells"),
    *("The network reads {digit}, with {chance}.", "first", "pictures"),
    *("The network hesitates. Perhaps it is {digit}, with {chance}.",),
    *("large", "small", "rows", "columns", "row", "column", "sum", "mean"),
)

WORDS = re.compile(r"[^\W\d_]{2,}")
FIELD = re.compile(r"\{(\w+)\}")


class Message(NamedTuple):
    """A text to be translated."""

    text: str
    place: str  # a file, and the cell or line in it
    kind: str
    # Whether it has fields. In other messages braces are part of a formula.
    fields: bool = False


def one_line(text: str) -> str:
    """Write a text without the breaks of its lines."""
    return " ".join(text.split())


def fields_of(text: str) -> list[str]:
    """Give the names of the fields of a message, sorted."""
    return sorted(FIELD.findall(text))


# --- Markdown

READER = (
    MarkdownIt("commonmark")
    .enable("table")
    .use(dollarmath_plugin)
    .use(amsmath_plugin)
    .use(colon_fence_plugin)
    .use(deflist_plugin)
)
NO_TEXT = re.compile(r"\([\w-]+\)=|:[\w-]+:.*|`[^`]*`|\$[^$]*\$", re.DOTALL)
DIRECTIVE = re.compile(r"[`:]{3,}\{([\w-]+)\} *(.*)")
TITLED = {"admonition", "exercise", "dropdown"}  # their argument is a title


class Block(NamedTuple):
    """A piece of running text in Markdown, within the lines from `first` to `last`, exclusive."""

    first: int
    last: int
    text: str


def blocks(text: str, at: int = 0) -> Iterator[Block]:
    """Give the blocks of a text, in order; its first line has the number `at`."""
    lines = text.split("\n")
    for token in READER.parse(text):
        if token.type == "inline" and token.map:
            first, last = token.map
            if not NO_TEXT.fullmatch(token.content):
                yield Block(at + first, at + last, token.content)
        elif token.type == "html_block":
            for k in range(*token.map):
                for part in re.split(r"<[^>]*>", lines[k]):
                    yield Block(at + k, at + k + 1, part.strip())
        elif token.type in ("fence", "colon_fence"):
            first, last = token.map
            if found := DIRECTIVE.match(lines[first].lstrip("> ")):
                name, argument = found.groups()
                if name in TITLED:
                    yield Block(at + first, at + first + 1, argument)
                yield from of_directive(name, lines[first + 1 : last - 1], at + first + 1)


def of_directive(name: str, lines: list[str], at: int) -> Iterator[Block]:
    """Give the blocks within a directive of a page."""
    if name == "chapter-cards":
        for k, line in enumerate(lines, at):
            yield Block(k, k + 1, line.partition(": ")[2])
    elif name == "glossary":
        # Terms, each in a line, and below them what they mean, indented.
        for indented, group in itertools.groupby(enumerate(lines, at), lambda it: it[1][:1] == " "):
            numbered = [(k, line) for k, line in group if line]
            if indented:
                yield from blocks("\n".join(line[2:] for _, line in numbered), numbered[0][0])
            else:
                yield from (Block(k, k + 1, line) for k, line in numbered)
    elif name in ("image", "figure"):
        for k, line in enumerate(lines, at):
            if line.startswith(":alt: "):
                yield Block(k, k + 1, line.removeprefix(":alt: "))
    elif name in ("container", *TITLED, "note", "tip"):
        yield from blocks("\n".join(lines), at)


def messages_of_markdown(text: str, place: str, kind: str = "text") -> list[Message]:
    """Give the messages of a text in Markdown."""
    found = (one_line(block.text) for block in blocks(text))
    return [Message(each, place, kind) for each in found if WORDS.search(each)]


def replaced(text: str, translate) -> str:
    """Give a text in Markdown whose blocks are translated."""
    lines: list[str | None] = list(text.split("\n"))
    cursor: dict[int, int] = {}
    for first, last, content in blocks(text):
        new = translate(one_line(content))
        line, start = lines[first] or "", content.split("\n")[0]
        begin = line.find(start, cursor.get(first, 0))
        if begin < 0:
            continue
        lines[first] = line[:begin] + new + line[begin + len(start) :]
        cursor[first] = begin + len(new)
        # A paragraph that was translated stands in one line.
        for k in range(first + 1, last):
            lines[k] = None
    return "\n".join(line for line in lines if line is not None)


# --- Python

# What is said to programmers.
ERRORS = {"ValueError", "TypeError", "AssertionError", "RuntimeError", "ExtensionError"}
# Functions whose arguments no reader sees.
UNSEEN = {"compile", "ParamSpec", "startswith", "endswith", "add_note", "add_argument", "replace"}
UNNAMING = {"np", "nn", "len", "sum", "iloc", "float", "int", "size", "max", "min", "mean", "round"}
UNNAMING |= {"join", "str", "item", "abs", "map", "set", "format", "escape", "capital"}
MOST_VARIANTS = 12


class Literals(ast.NodeVisitor):
    """Collects the texts in a program, as templates, and those that cells say."""

    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []
        self.said: list[str] = []

    def visit_Raise(self, node: ast.Raise) -> None:
        """Pass over errors of the program."""
        call = node.exc
        name = call.func if isinstance(call, ast.Call) else call
        if not (isinstance(name, ast.Name) and name.id in ERRORS):
            self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        """Pass over docstrings."""
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        """Pass over assertions."""

    def visit_Call(self, node: ast.Call) -> None:
        """Keep what a cell says apart, and pass over patterns."""
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name == "say" and node.args:
            self.said += variants(node.args[0])
        elif name in ("Mistake", "Remark"):  # the first argument is a name
            for argument in (*node.args[1:], *node.keywords):
                self.visit(argument)
        elif name not in UNSEEN:
            self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        """Pass over settings of Matplotlib."""
        if node.arg not in ("textcoords", "loc", "metadata"):
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Take a literal."""
        if isinstance(node.value, str):
            self.take(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Take an f-string, and the literals within its fields."""
        self.take(node)
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        """Take a sum of literals as a whole."""
        if not (isinstance(node.op, ast.Add) and any(map(is_text, ast.walk(node)))):
            self.generic_visit(node)
            return
        self.take(node)
        for part in terms(node):
            if not is_text(part):
                self.visit(part)

    def take(self, node: ast.expr) -> None:
        """Keep what a literal may become."""
        self.found += [(node.lineno, text) for text in variants(node)]


def terms(node: ast.expr) -> Iterator[ast.expr]:
    """Give what a sum adds up."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from (*terms(node.left), *terms(node.right))
    else:
        yield node


def is_text(node: ast.AST) -> bool:
    """Whether a part of a program is a literal text."""
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def is_plural(node: ast.expr) -> bool:
    """Whether an expression gives a letter or none: "s" * (count > 1)."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and is_text(node.left)


def variants(node: ast.expr) -> list[str]:
    """Give the templates of an expression: two where it chooses between two literals."""
    names: dict[str, str] = {}

    def field(value: ast.expr, form: str = "") -> list[str]:
        code = ast.unparse(value) + form
        named = [
            getattr(each, "attr", getattr(each, "id", None))
            for each in ast.walk(value)
            if isinstance(each, ast.Name | ast.Attribute)
        ]
        name = next((each for each in named if each not in UNNAMING), "value")
        same = [key for key, its_code in names.items() if its_code == code]
        unique = same[0] if same else name
        while unique in names and not same:
            name_, _, number = unique.partition("__")
            unique = f"{name_}__{int(number or 1) + 1}"
        names[unique] = code
        return [f"{{{unique}}}"]

    def write(node: ast.expr) -> list[str]:
        if isinstance(node, ast.Constant):
            return [str(node.value)]
        if isinstance(node, ast.JoinedStr):
            parts = []
            for part in node.values:
                if isinstance(part, ast.FormattedValue):
                    form = ast.unparse(part.format_spec) if part.format_spec else ""
                    chooses = not form and (
                        isinstance(part.value, ast.IfExp) or is_plural(part.value)
                    )
                    parts.append(write(part.value) if chooses else field(part.value, form))
                else:
                    parts.append([str(part.value)])
            return product(parts)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return product([write(node.left), write(node.right)])
        if is_plural(node):
            return ["", *write(node.left)]
        if isinstance(node, ast.IfExp):
            return [*write(node.body), *write(node.orelse)]
        return field(node)

    return list(dict.fromkeys(write(node)))[:MOST_VARIANTS]


def product(parts: list[list[str]]) -> list[str]:
    """Join the parts of a text in all ways."""
    chosen = itertools.islice(itertools.product(*parts), MOST_VARIANTS)
    return ["".join(each) for each in chosen]


def literals(source: str) -> Literals:
    """Read a program, or nothing if it is none that Python alone can read."""
    found = Literals()
    with contextlib.suppress(SyntaxError):
        found.visit(ast.parse(source))
    return found


SENTENCE = re.compile(r"\w+[^\s\w]* +\S*\w|[A-Z][a-z]+[.!?]?")
# A selector, a pattern, an address, a style, or code.
NO_WORDS = re.compile(
    r"""(?: ::::|@|\[\{|\[\.|\(prefers|\d+px|translate\(|a\ an\ and|% ) .*
    | .* (?: \{\{ | pre,\  | ansi ) .*
    | [.#\[]? [\w-]+ [-.:\[=] \w .*
    | .* (?: [\\<>=*|] | ;(?!\ ) ) .*
    | [\w-]* (?: var|rgb )\( .*
    """,
    re.DOTALL | re.VERBOSE,
)


# What looks like words, and is none.
FOR_PROGRAMS = {
    *("currentColor", "[{number}]{.number} {link}", "module {__name__} has no attribute {name}"),
    *("; did you mean {close}?", "times a factor", "plus a number"),
    *(
        "give {name} fewer values than {values}",
        "None",
        "Traceback (most recent call last)",
        "[... skipping hidden",
        "claim claim-missed",
    ),
    *("line {name}", "axes {dumps}", "Toggle hidden content"),
}


def reads_as_words(text: str) -> bool:
    """Whether a literal is words for readers: two of them, or one with a capital letter."""
    plain = FIELD.sub("7", text).strip()
    letters = WORDS.findall(FIELD.sub(" ", text))
    return bool(
        text not in FOR_PROGRAMS
        and letters
        and SENTENCE.search(plain)
        and not NO_WORDS.fullmatch(plain)
    )


def texts_in_html(html: str) -> Iterator[str]:
    """Give the texts of HTML, and of the attributes that a reader sees or hears."""
    html = re.sub(r"<(script|style)\b.*?</\1>", "<>", html, flags=re.DOTALL)
    for name, text in re.findall(r'\b([\w-]+)="([^"]*)"', html):
        if name in ("aria-label", "title", "alt", "placeholder", "aria-valuetext", "data-finding"):
            yield unescape(text)
    for part in re.split(r"<[^<>]*>", html):
        yield unescape(part)


def messages_of_python(path: Path) -> list[Message]:
    """Give the words in a module, of its literals in HTML the text."""
    found = []
    name = path.relative_to(ROOT).as_posix()
    for line, text in literals(path.read_text("utf-8")).found:
        parts = texts_in_html(text) if "</" in text or "<p" in text or '="' in text else [text]
        for part in map(one_line, parts):
            if reads_as_words(part):
                found.append(Message(part, f"{name}#{line}", "words", fields=True))
    return found


# --- JavaScript

JS_TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/"
    r"|(?P<string>\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')"
    r"|(?P<tick>`)"
    r"|(?<=[=(,:!&|?{};\n])\s*(?P<pattern>/(?![*/])(?:\\.|\[(?:\\.|[^\]\n\\])*\]|[^/\n\\])+/[a-z]*)"
    r"|(?P<other>[\w$]+|\s+|.)",
    re.DOTALL,
)
# What stands before a literal that names something for programs.
NAMING = re.compile(
    r"""(?: querySelector(?:All)? | closest | matches | contains | includes | startsWith | endsWith
        | [gs]etAttribute | removeAttribute | getPropertyValue | setProperty | getElementById
        | addEventListener | createElementNS | add | remove | toggle | has | get | split
        | import | fetch | eval | runPython | pyimport ) \($
    | (?: class | type | role | for | id | name | key | keys | kind | className | cssText
        | style | fill | d | points | transform | viewBox | gradientUnits ) \s* (?: : | \+?= ) \s*$
    | [!=]==\s*$ | case\s*$
    """,
    re.VERBOSE,
)


LITERAL = "\0"  # stands for one in what was read before


def js_templates(source: str) -> list[tuple[int, str]]:
    """Give the literals of a script that may hold words, with their lines, sums as one."""
    found: list[tuple[int, str]] = []
    at, before = 0, ""
    while match := JS_TOKEN.match(source, at):
        start, at = at, match.end()
        if match["string"] or match["tick"]:
            if match["tick"]:
                text, at = js_template(source, at)
            else:
                text = js_text(match["string"][1:-1])
            line = source.count("\n", 0, start) + 1
            if re.search(rf"{LITERAL}\s*\+\s*$", before):
                found[-1] = (found[-1][0], found[-1][1] + text)
            else:
                found.append((line, "" if NAMING.search(before[-60:]) else text))
            before = LITERAL
        else:
            before += "" if match[0].startswith(("//", "/*")) else match[0]
    return [(line, text) for line, text in found if text]


def js_text(text: str) -> str:
    """Read the escapes in a literal."""
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), text)
    return text.replace("\\n", "\n").replace("\\", "")


def js_template(source: str, at: int) -> tuple[str, int]:
    """Read a template literal from behind its first backtick; give also where it ends."""
    text, names = "", {}
    while source[at] != "`":
        if source.startswith("${", at):
            code, at = js_expression(source, at + 2)
            words = [w for w in re.findall(r"[A-Za-z_]\w*", code) if w not in JS_UNNAMING]
            name = words[-1] if words else "value"
            while names.get(name, code) != code:
                stem, _, number = name.partition("__")
                name = f"{stem}__{int(number or 1) + 1}"
            names[name] = code
            text += f"{{{name}}}"
        elif source[at] == "\\":
            text, at = text + js_text(source[at : at + 2]), at + 2
        else:
            text, at = text + source[at], at + 1
    return text, at + 1


JS_UNNAMING = {"number", "percent", "Math", "min", "max", "length", "count", "share", "toFixed"}
JS_UNNAMING |= {"toPrecision", "textContent", "value", "join", "this", "String", "place", "times"}


def js_expression(source: str, at: int) -> tuple[str, int]:
    """Read what stands between the braces of a template literal; give also where it ends."""
    start, depth = at, 0
    while depth or source[at] != "}":
        if source[at] == "`":
            _, at = js_template(source, at + 1)
            continue
        depth += {"{": 1, "}": -1}.get(source[at], 0)
        at += 1
    return source[start:at], at + 1


def messages_of_script(path: Path) -> list[Message]:
    """Give the words in a script, those within the fields of its templates, too."""
    name = path.relative_to(ROOT).as_posix()
    source = path.read_text("utf-8")
    found = js_templates(source)
    for code in re.findall(r"\$\{([^{}]*[\"`][^{}]*)\}", source):
        found += [
            (source[: source.index(code)].count("\n") + 1, text) for _, text in js_templates(code)
        ]
    return [
        Message(text, f"{name}#{line}", "words", fields=True)
        for line, raw in found
        if reads_as_words(text := one_line(raw))
    ]


# --- templates and styles


def messages_of_template(path: Path) -> list[Message]:
    """Give the words in a template of Jinja."""
    html = re.sub(r"\{[%#].*?[%#]\}", "", path.read_text("utf-8"), flags=re.DOTALL)
    html = re.sub(
        r"\{\{-?\s*(.*?)\s*-?\}\}",
        lambda code: f"{{{(re.findall(r'[a-z_]+', code[1]) or ['value'])[0]}}}",
        html,
        flags=re.DOTALL,
    )
    name = path.relative_to(ROOT).as_posix()
    return [
        Message(text, name, "words", fields=True)
        for text in map(one_line, texts_in_html(html))
        if WORDS.search(FIELD.sub("", text))
    ]


CONTENT = re.compile(r'content: "([^"]*)"')


def messages_of_style(path: Path) -> list[Message]:
    """Give the words that a style sheet puts into pages."""
    name = path.relative_to(ROOT).as_posix()
    texts = CONTENT.findall(path.read_text("utf-8"))
    return [Message(text, name, "words", fields=True) for text in texts if WORDS.search(text)]


# --- what belongs to a page


def messages_of_quiz(path: Path) -> list[Message]:
    """Give questions, answers and explanations."""
    found = []
    for question in json.loads(path.read_text("utf-8")):
        found.append(question["question"])
        for answer in question["answers"]:
            found += [answer["answer"], answer["feedback"]]
    place = path.relative_to(ROOT).as_posix()
    return [Message(one_line(text), place, "quiz") for text in found if WORDS.search(text)]


def messages_of_exercises(chapter: str) -> list[Message]:
    """Give the texts of a chapter's exercises, and the words of its checks."""
    found = []
    folder = LAB / "exercises"
    for name, texts in texts_of(chapter).items():
        place = f"nn_core/lab/exercises/{chapter}.md#{name}"
        for text in (*texts.hints, texts.explanation, *texts.mistakes.values()):
            found += messages_of_markdown(text, place, "exercise")
    return [*found, *messages_of_python(folder / f"{chapter}.py")]


def visible(output: dict, asked: bool = False) -> Iterator[str]:
    """Give the texts that an output shows, those of all frames of its sliders, too.

    Of an exercise or a quiz that is `asked`, give those of its figures: the others stand in files.
    """
    if RECORD in output.get("metadata", {}):
        yield claim_marks.statement(output["metadata"][RECORD])
        return
    html = output.get("data", {}).get("text/html", "")
    for data in re.findall(r'<script type="application/json">(.*?)</script>', html, re.DOTALL):
        frames = json.loads(data)
        if isinstance(frames, dict) and "tags" in frames:
            yield from texts_in_html("".join(dict.fromkeys(frames["tags"])))
            yield from (text for texts in frames["texts"] for text in texts)
    html = re.sub(r"<(pre|code)\b.*?</\1>", "<>", html, flags=re.DOTALL)
    if asked:
        html = "".join(re.findall(r"<svg\b.*?</figcaption>", html, re.DOTALL))
    yield from texts_in_html(html)


NUMBER = re.compile(r"(?<![\w.])[−-]?\d[\d,]*(?:\.\d+)?%?(?!\w)")


def with_fields(text: str) -> str:
    """Write fields in the place of the numbers in a text that was shown."""
    count = itertools.count(1)
    return NUMBER.sub(lambda _: f"{{number{'' if (k := next(count)) == 1 else f'__{k}'}}}", text)


def form_of(template: str) -> re.Pattern[str]:
    """Give what a template may have become, whatever was put in."""
    return re.compile(".*?".join(map(re.escape, FIELD.split(template)[::2])), re.DOTALL)


def finder(messages: list[Message]) -> Translator:
    """Give what finds these messages in texts."""
    return Translator(words((each.text, each.text, each.fields) for each in messages))


def messages_of_outputs(path: Path) -> list[Message]:
    """Give what the cells of a notebook say, and the words of their figures.

    Of the literals in its code, those are messages that an output shows.
    """
    found: list[Message] = []
    name = path.relative_to(ROOT).as_posix()
    cells = execution.code_cells(execution.executed(path))
    read = {cell.id: literals(cell.source) for cell in cells}
    own = dict.fromkeys(one_line(text) for each in read.values() for _, text in each.found)
    own = [text for text in own if WORDS.search(FIELD.sub("", text))]
    others = [*lab_messages(), *messages_of_page_texts(path)]
    known, all_ = finder(others), finder([*others, *(Message(t, "", "", True) for t in own)])
    for cell in cells:
        place = f"{name}#{cell.id}"
        for template in read[cell.id].said:
            found += [
                message._replace(fields=True)
                for message in messages_of_markdown(cleandoc(template), place, "said")
            ]
        asked = is_asked(cell)
        shown = {one_line(text): 0 for out in cell.outputs for text in visible(out, asked)}
        texts = [text for text in shown if known.missing(text)]
        for template in own:
            if any(form_of(template).search(text) for text in texts):
                found.append(Message(template, place, "figure", fields=True))
        for text in texts:
            for piece in all_.missing(text):
                if re.search(r"[^\W\d_]{3}", piece):
                    plain = with_fields(piece.strip(" .:,;"))
                    found.append(Message(plain, place, "figure", fields=True))
    return found


def is_asked(cell: nbformat.NotebookNode) -> bool:
    """Whether a cell asks a quiz or an exercise, whose texts stand in files."""
    return bool(re.search(r"^\s*(?:quiz|hint|solution|check)\(", cell.source, re.MULTILINE))


def messages_of_page_texts(path: Path) -> list[Message]:
    """Give the Markdown of a page, and its quiz and exercises."""
    name = path.relative_to(ROOT).as_posix()
    if path.suffix != ".ipynb":
        return messages_of_markdown(path.read_text("utf-8"), name)
    found = []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            found += messages_of_markdown(cell.source, f"{name}#{cell.id}")
    quiz = LAB / "quizzes" / f"{path.stem}.json"
    found += messages_of_quiz(quiz) if quiz.exists() else []
    chapter = f"chapter_{path.stem[:2]}"
    if (LAB / "exercises" / f"{chapter}.md").exists():
        found += messages_of_exercises(chapter)
    return found


# --- catalogs


def pages() -> dict[str, Path]:
    """Give the pages of the book, by the names of their catalogs."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    names = [toc["root"], *(page["file"] for part in toc["parts"] for page in part["chapters"])]
    return {Path(name).name: next(ROOT.glob(f"{name}.*")) for name in names}


@functools.cache
def lab_messages() -> tuple[Message, ...]:
    """Give the words of modules that write into pages."""
    return tuple(message for path in PYTHON for message in messages_of_python(path))


def messages_of_interface() -> list[Message]:
    """Give the words that belong to no page."""
    found = list(lab_messages())
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    found += [Message(part["caption"], "_toc.yml", "words") for part in toc["parts"]]
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    found += [Message(config["title"], "_config.yml", "words")]
    found += [Message(config["author"], "_config.yml", "words")]
    found += [Message(kind.label, "nn_core/lab/page.py", "words") for kind in page.KINDS.values()]
    found += [Message(text, "book/_ext/messages.py", "words", True) for text in OTHER_WORDS]
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).iterdir()):
            if path.suffix == ".js" and path.stem not in ELSEWHERE and is_written(path):
                found += messages_of_script(path)
            elif path.suffix == ".html":
                found += messages_of_template(path)
            elif path.suffix == ".css":
                found += messages_of_style(path)
    return found


def is_written(path: Path) -> bool:
    """Whether a script is written here, and for pages."""
    return ".min" not in path.name and path.stem not in ("digits", "service_worker", "translation")


def catalogs() -> list[str]:
    """Give the names of all catalogs."""
    return [INTERFACE, LIVE, *pages()]


def messages_of(catalog: str) -> list[Message]:
    """Give the messages of a catalog: "interface", "live_figures", or the name of a page."""
    if catalog == INTERFACE:
        return messages_of_interface()
    scripts = [LAB / "static" / f"{name}.js" for name, of in ELSEWHERE.items() if of == catalog]
    found = [message for path in scripts for message in messages_of_script(path)]
    if catalog == LIVE:
        return found
    path = pages()[catalog]
    found += messages_of_page_texts(path)
    return [*found, *messages_of_outputs(path)] if path.suffix == ".ipynb" else found

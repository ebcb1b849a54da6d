"""Formulas of questions as MathML, which browsers set by themselves.

This reads what the questions write: a small part of TeX. Whatever else comes raises a ValueError,
and a test sets every formula.
"""

import re
from html import escape

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\{,\}\d{3})*(?:\.\d+)?|\S")
LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "epsilon": "ϵ", "eta": "η", "theta": "θ",
    "kappa": "κ", "lambda": "λ", "pi": "π", "sigma": "σ", "partial": "∂", "ell": "ℓ",
}  # fmt: skip
SIGNS = {
    "cdot": "⋅", "pm": "±", "leftarrow": "←", "sum": "∑", "top": "⊤", "dots": "…",
    "lfloor": "⌊", "rfloor": "⌋",
}  # fmt: skip
FUNCTIONS = {"log", "max", "cos"}
MATRIX = r"\begin{pmatrix}"
# A line may end behind these, where they stand on the level of the formula itself.
BREAKS = {"=", r"\leftarrow"}


def mathml(tex: str) -> str:
    """Set a formula, in as many parts as a line may hold.

    Raises
    ------
    ValueError
        The formula holds something that this does not know; the formula is named.
    """
    tokens = TOKEN.findall(tex.replace(MATRIX, r"\pmatrix ").replace(r"\end{pmatrix}", r"\end "))
    tokens.reverse()  # so that the next one is the last of the list
    parts: list[list[str]] = [[]]
    try:
        while tokens:
            token = tokens[-1]
            if token == r"\ ":  # a space of the text, at which a line may end, too
                tokens.pop()
                parts += [[" "], []]
                continue
            parts[-1].append(scripted(tokens, first=not parts[-1]))
            if token in BREAKS:
                parts.append([])
    except (IndexError, KeyError) as error:
        raise ValueError(f"cannot set the formula {tex!r}: {error}") from error
    return "".join(
        part[0] if part == [" "] else f"<math>{row(part)}</math>" for part in parts if part
    )


def row(items: list[str]) -> str:
    """Join what stands side by side."""
    return items[0] if len(items) == 1 else f"<mrow>{''.join(items)}</mrow>"


def scripted(tokens: list[str], *, first: bool) -> str:
    """Take the next item with what stands above and below it."""
    base, scripts = item(tokens, first=first), {}
    while tokens and tokens[-1] in "^_":
        mark = tokens.pop()
        scripts[mark] = argument(tokens)
    if not scripts:
        return base
    kind = "m" + "sub" * ("_" in scripts) + "sup" * ("^" in scripts)
    return f"<{kind}>{base}{scripts.get('_', '')}{scripts.get('^', '')}</{kind}>"


def argument(tokens: list[str]) -> str:
    """Take what a command or a script applies to: a group, or one digit or sign."""
    if tokens[-1][0].isdigit() and len(tokens[-1]) > 1:
        digits = tokens.pop()
        tokens.append(digits[1:])
        return f"<mn>{digits[0]}</mn>"
    return item(tokens, first=True)


def until(tokens: list[str], *ends: str) -> str:
    """Take all items up to one of some tokens, which is left."""
    items: list[str] = []
    while tokens[-1] not in ends:
        items.append(scripted(tokens, first=not items))
    return row(items)


def plain_text(tokens: list[str]) -> str:
    """Take a group as it is written."""
    assert_next(tokens, "{")
    words = ""
    while tokens[-1] != "}":
        words += tokens.pop()
    tokens.pop()
    return escape(words)


def assert_next(tokens: list[str], wanted: str) -> None:
    """Take a token that must be there."""
    if tokens.pop() != wanted:
        raise KeyError(f"expected {wanted}")


def item(tokens: list[str], *, first: bool) -> str:
    """Take the next item. A minus that comes first is a sign, and no subtraction."""
    token = tokens.pop()
    if token == "{":
        inner = until(tokens, "}")
        tokens.pop()
        return inner
    if token[0].isdigit():
        return f"<mn>{token.replace('{,}', ',')}</mn>"
    if token.isalpha():
        return f"<mi>{token}</mi>"
    if token == r"\,":
        return '<mspace width="0.17em"/>'
    return command(token[1:], tokens) if token[0] == "\\" else sign(token, tokens, first=first)


def sign(token: str, tokens: list[str], *, first: bool) -> str:
    """Set a sign of the keyboard."""
    if token == "-":
        return f'<mo form="{"prefix" if first else "infix"}">−</mo>'
    if token == "'":
        return "<mo>′</mo>"
    if token == "(" and tokens[-1:] == ["-"]:
        tokens.pop()
        return '<mo stretchy="false">(</mo><mo form="prefix">−</mo>'
    if token == ",":
        return f'<mo rspace="{0 if tokens[-1:] == [")"] else 0.17}em">,</mo>'
    if token not in "()[]|+=/<>.:":
        raise KeyError(token)
    return f'<mo stretchy="false">{escape(token)}</mo>'


def command(name: str, tokens: list[str]) -> str:
    """Set what begins with a backslash."""
    if name in LETTERS:
        return f"<mi>{LETTERS[name]}</mi>"
    if name in FUNCTIONS:
        tight = not tokens or tokens[-1] in "(^_"
        return f"<mi>{name}</mi>" + ("" if tight else '<mspace width="0.17em"/>')
    if name == "frac":
        return f"<mfrac>{argument(tokens)}{argument(tokens)}</mfrac>"
    if name == "sqrt" and tokens[-1] == "[":
        tokens.pop()
        degree = until(tokens, "]")
        tokens.pop()
        return f"<mroot>{argument(tokens)}{degree}</mroot>"
    if name == "sqrt":
        return f"<msqrt>{argument(tokens)}</msqrt>"
    if name == "hat":
        return f'<mover accent="true">{argument(tokens)}<mo stretchy="false">^</mo></mover>'
    if name == "mathrm":
        return f'<mi mathvariant="normal">{plain_text(tokens)}</mi>'
    if name == "text":
        return f"<mtext>{plain_text(tokens)}</mtext>"
    if name == "pmatrix":
        return matrix(tokens)
    return f"<mo>{SIGNS[name]}</mo>"


def matrix(tokens: list[str]) -> str:
    """Set the rows of a matrix up to its end."""
    rows: list[list[str]] = [[]]
    end = ""
    while end != r"\end":
        cell = until(tokens, "&", r"\\", r"\end")
        rows[-1].append(f"<mtd>{cell}</mtd>")
        end = tokens.pop()
        if end == r"\\":
            rows.append([])
    body = "".join(f"<mtr>{''.join(cells)}</mtr>" for cells in rows)
    # Its parentheses are borders: without a font for formulas, those of browsers do not grow.
    return f'<mrow class="matrix"><mtable>{body}</mtable></mrow><mspace width="0.15em"/>'

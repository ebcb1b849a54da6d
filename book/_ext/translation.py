"""Build the book in another language: what its catalogs translate, and the rest in English.

    python book/_ext/translation.py de

writes the German pages into `_build/html/de`, or into a folder that is named after it.

The Markdown of pages and notebooks is translated before it is read, the outputs of cells after they
are executed, and the words around both when a page is written. So nothing is marked in chapters,
and none is executed again. In the page, `_static/translation.js` does the same with what scripts
and Python show there.

TRANSLATING.md says how to begin.
"""

import functools
import json
import re
import sys
from html import escape, unescape
from pathlib import Path

import nbformat
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from nn_core.lab.markup import FORMULA, inline
from sphinx.application import Sphinx
from sphinx.config import Config

import execution
import messages
from translator import Translator, words

ROOT = messages.ROOT
LOCALE = ROOT / "book" / "locale"
# In each language: the decimal point, what stands between groups of three digits, per cent; and
# the name of the language.
NUMBERS = {"de": (",", ".", "\u00a0%")}
NAMES = {"en": "English", "de": "Deutsch"}
TEXT = "text"  # the kind of messages that only a page's Markdown holds

SEEN = "aria-label|title|alt|placeholder|aria-valuetext|data-finding"
ATTRIBUTE = re.compile(rf'(?<=\s)({SEEN})="([^"]*)"')
META = re.compile(r'(<meta (?:property="og:|name=")(?:image:alt|site_name)" content=")([^"]*)(")')
UNTOUCHED = re.compile(r"(<(script|style|pre|textarea|math)\b.*?</\2>)", re.DOTALL)
FRAMES = re.compile(r'(<script type="application/json">)(\{"texts".*?)(</script>)', re.DOTALL)
MARKS = {"strong": "**", "em": "*", "code": "`"}
# A formula of nn_core.lab, between its delimiters.
OF_LAB = re.compile(rf'<span class="{FORMULA}">\\([(\[])(.*?)\\[)\]]</span>', re.DOTALL)
DRAWING = re.compile(r"(<svg\b.*?</svg>)", re.DOTALL)
BLOCK = re.compile(r"(<(?!/?(?:strong|em|code|span|a|b|i)\b)[^<>]*>)")
WITHOUT_MARK = re.compile(r"((?:<code\s.*?</code>|</?(?:span|a|b|i)\b[^<>]*>)+)")
# Code of the text, which Sphinx has written, is one sign.
INLINE = re.compile(r"<code\s.*?</code>|</?(?:strong|em|code|span|a|b|i)\b[^<>]*>")
FIRST_SIGN = 0xE000  # of those that stand for tags
ARTICLE = re.compile(r"(<article\b.*?</article>)", re.DOTALL)


def languages() -> list[str]:
    """Give the languages for which there are catalogs."""
    return sorted({path.parent.name for path in LOCALE.glob("*/*.po")})


@functools.cache
def catalog(language: str, name: str) -> Catalog | None:
    """Read a catalog, if there is one."""
    path = LOCALE / language / f"{name}.po"
    return read_po(path.open("rb")) if path.exists() else None


def translations(language: str, name: str) -> list[tuple[str, str, str]]:
    """Give the translated messages of a catalog: text, translation and kind."""
    found = catalog(language, name)
    return [
        (str(each.id), str(each.string), " ".join(each.auto_comments))
        for each in (found or ())
        if each.id and each.string and not each.fuzzy
    ]


def state(language: str, page: str) -> str:
    """Say how much of a page is translated: "all", "part" or "nothing"."""
    found = catalog(language, Path(page).name)
    if found is None:
        return "nothing"
    return "all" if all(each.string for each in found if each.id) else "part"


@functools.cache
def texts(language: str, page: str) -> dict[str, str]:
    """Give the translations of the Markdown of a page."""
    return {text: translation for text, translation, _ in translations(language, page)}


@functools.cache
def shown_words(language: str) -> dict:
    """Give the translations of all that is no Markdown of a page, as the script reads them."""
    found = [
        (text, translation, "fields" in kinds)
        for path in sorted((LOCALE / language).glob("*.po"))
        for text, translation, kinds in translations(language, path.stem)
        if kinds != TEXT
    ]
    return words(found, NUMBERS[language])


@functools.cache
def translator(language: str) -> Translator:
    """Give what translates that."""
    return Translator(shown_words(language))


def markdown(text: str, language: str, page: str) -> str:
    """Translate the Markdown of a page or a notebook."""
    known = texts(language, page)
    return messages.replaced(text, lambda block: known.get(block, block))


def original(language: str, page: str, title: str) -> str:
    """Give the English title of a box, by which it is known."""
    known = texts(language, page).items()
    return next((text[2:-2] for text, new in known if new == f"**{title}**"), title)


# --- HTML


def html(text: str, words: Translator) -> str:
    """Translate the words in HTML, in the frames of sliders, too; code stays as it is."""
    text = FRAMES.sub(lambda found: found[1] + frames(found[2], words) + found[3], text)
    parts = UNTOUCHED.split(text)
    # Two groups: what is left as it is, and the name of its tag.
    del parts[2::3]
    for k in range(0, len(parts), 2):
        inside = DRAWING.split(parts[k])
        parts[k] = "".join(in_elements(part, words, n % 2 > 0) for n, part in enumerate(inside))
    return "".join(parts)


def style(text: str, words: Translator) -> str:
    """Translate the words that a style sheet puts into pages."""
    return messages.CONTENT.sub(lambda found: f'content: "{words.translate(found[1])}"', text)


def frames(data: str, words: Translator) -> str:
    """Translate the words in the frames of a slider."""
    found = json.loads(data.replace(r"<\/", "</"))
    if "tags" in found:
        found["tags"] = [in_elements(tag, words, drawn=True) for tag in found["tags"]]
    found["texts"] = [list(map(words.translate, each)) for each in found["texts"]]
    return json.dumps(found, ensure_ascii=False).replace("</", r"<\/")


def in_elements(text: str, words: Translator, drawn: bool) -> str:
    """Translate texts and attributes. A run of text may hold elements such as <code>."""
    pieces = BLOCK.split(text)
    pieces[::2] = [run(piece, words, drawn) for piece in pieces[::2]]
    return ATTRIBUTE.sub(
        lambda found: f'{found[1]}="{escape(words.translate(unescape(found[2])))}"', "".join(pieces)
    )


def run(text: str, words: Translator, drawn: bool) -> str:
    """Translate a run of text. Elements become marks of Markdown, or signs if these have none.

    A number alone is that of a section, and stays as it is, unless it is `drawn` in a figure.
    """
    if not (re.search(r"[^\W\d_]", text) or (drawn and re.search(r"\d", text))):
        return text
    signs: list[str] = []

    def sign(tag: re.Match[str]) -> str:
        name = tag[0].strip("</>")
        if name in MARKS:
            return MARKS[name]
        signs.append(tag[0])
        return chr(FIRST_SIGN + len(signs) - 1)

    plain = unescape(INLINE.sub(sign, OF_LAB.sub(as_tex, text)))
    new = words.translate(plain)
    if new == plain or (signs and words.missing(plain)):
        # Perhaps each of its elements is a message.
        parts = WITHOUT_MARK.split(text)
        if len(parts) == 1:
            return text
        return "".join(each if k % 2 else run(each, words, drawn) for k, each in enumerate(parts))
    before = plain[: len(plain) - len(plain.lstrip())]
    after = plain[len(plain.rstrip()) :]
    new = new.strip()
    written = inline(new) if re.search(r"[*`$]", new) else escape(new, quote=False)
    for k, tag in enumerate(signs):
        written = written.replace(chr(FIRST_SIGN + k), tag)
    return before + written + after


def as_tex(formula: re.Match[str]) -> str:
    """Write a formula of nn_core.lab as Markdown has it."""
    dollars = "$" if formula[1] == "(" else "$$"
    return f"{dollars}{formula[2]}{dollars}"


# --- Sphinx


def is_original(app: Sphinx) -> bool:
    """Whether the book is built in its own language."""
    return app.config.language not in languages()


def prepare(app: Sphinx, config: Config) -> None:
    """Write the words for the page's script; know which translations stand beside this book."""
    config.course_languages = [
        each for each in languages() if (Path(app.outdir) / each / "book" / "index.html").exists()
    ]
    if is_original(app):
        return
    language = config.language
    config.course_translations = execution.fingerprint("book/locale")
    folder = Path(app.doctreedir) / "translation"
    folder.mkdir(parents=True, exist_ok=True)
    data = json.dumps(shown_words(language), ensure_ascii=False)
    (folder / "words.js").write_text(f"var nnWords = {data};\n", "utf-8")
    config.html_static_path.append(str(folder))
    # Before all other scripts, so that no word of theirs is seen in English.
    for name in ("words.js", "translation.js"):
        app.add_js_file(name, priority=100, loading_method="defer")
    translate = translator(language).translate
    for name in ("html_title", "author", "ogp_site_name", "ogp_image_alt"):
        setattr(config, name, translate(getattr(config, name)))


def translate_page(app: Sphinx, docname: str, source: list[str]) -> None:
    """Translate the Markdown of a page that is no notebook; of notebooks, course.py asks for it."""
    if not is_original(app) and not app.env.doc2path(docname).endswith(".ipynb"):
        source[0] = markdown(source[0], app.config.language, Path(docname).name)


def notebook(language: str, page: str, found: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Translate a notebook, its Markdown and what its cells have shown, if there is a catalog."""
    if catalog(language, page) is None:
        return found
    known = translator(language)
    for cell in found.cells:
        if cell.cell_type == "markdown":
            cell.source = markdown(cell.source, language, page)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/markdown" in data:
                data["text/markdown"] = messages.replaced(data["text/markdown"], known.translate)
            if "text/html" in data:
                data["text/html"] = html(data["text/html"], known)
    return found


def others(app: Sphinx, page: str) -> list[dict[str, str]]:
    """Give the languages, beside its own, in which there is a page, and their addresses."""
    if is_original(app):
        return [
            {"code": code, "name": NAMES[code], "address": f"{code}/{page}.html"}
            for code in app.config.course_languages
            if state(code, page) == "all"
        ]
    return [{"code": "en", "name": NAMES["en"], "address": f"../{page}.html"}]


def fill(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Tell the template in which languages there is a page, and how much of it is translated."""
    if pagename in app.env.found_docs:
        context["other_languages"] = others(app, pagename)
    if not is_original(app) and pagename in app.env.found_docs:
        context["translated"] = state(app.config.language, pagename)


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Translate the words around the text, in all pages that were written."""
    if exception or is_original(app) or app.builder.format != "html":
        return
    language = app.config.language
    known = translator(language)
    for path in Path(app.outdir).rglob("*.html"):
        page = path.relative_to(app.outdir).with_suffix("").as_posix()
        text = path.read_text("utf-8")
        parts = ARTICLE.split(text)
        left = page in app.env.found_docs and state(language, page) == "nothing"
        new = [part if left and k % 2 else html(part, known) for k, part in enumerate(parts)]
        path.write_text(style("".join(new), known), "utf-8")
    for path in Path(app.outdir, "_static").glob("*.css"):
        path.write_text(style(path.read_text("utf-8"), known), "utf-8")
    for name in app.env.found_docs:
        source = Path(app.env.doc2path(name))
        if source.suffix == ".ipynb" and state(language, name) == "all":
            copy = Path(app.outdir) / "_sources" / f"{name}.ipynb"
            found = nbformat.read(copy, as_version=4)
            nbformat.write(notebook(language, source.stem, found), copy)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_config_value("course_languages", [], "html")
    app.add_config_value("course_translations", "", "env")
    app.connect("config-inited", prepare, priority=10)
    app.connect("source-read", translate_page)
    app.connect("html-page-context", fill)
    # After the theme and frame.py have written and removed theirs.
    app.connect("build-finished", finish, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def build(language: str, folder: Path) -> int:
    """Build the book in a language into a folder."""
    from jupyter_book.sphinx import build_sphinx

    ended = build_sphinx(
        ROOT,
        folder,
        noconfig=True,
        path_config=ROOT / "_config.yml",
        confoverrides={
            "language": language,
            "nitpicky": True,
            "external_toc_path": (ROOT / "_toc.yml").as_posix(),
            "latex_individualpages": False,
        },
        doctreedir=ROOT / "_build" / f".doctrees-{language}",
        warningiserror=True,
        keep_going=True,
    )
    return ended if isinstance(ended, int) else 1


if __name__ == "__main__":
    chosen, *place = sys.argv[1:]
    sys.exit(build(chosen, Path(*place) if place else ROOT / "_build" / "html" / chosen))

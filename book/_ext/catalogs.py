"""Write what there is to translate into catalogs: a template for each page, and one for the rest.

    python book/_ext/catalogs.py               # _build/gettext/*.pot; renews book/locale/*/*.po
    python book/_ext/catalogs.py de 01_data    # begins the catalog of a page in German

A catalog that is renewed keeps its translations. A message that was changed keeps that of the old
one, marked as fuzzy, until somebody has looked at it.
"""

import io
import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

import execution
import messages
import translation
from clean_notebooks import notebooks

# Names and dates in the head of a catalog.
KNOWN_TO_GIT = re.compile(
    r'^"(?:Project-Id|Report-Msgid|POT-Creation|PO-Revision|Last-Tr|Language-Team|Generated).*\n',
    re.M,
)
TEMPLATES = messages.ROOT / "_build" / "gettext"


def template(name: str) -> Catalog:
    """Give a catalog without translations."""
    catalog = Catalog(charset="utf-8")
    for message in messages.messages_of(name):
        # Lines and dates would change with every commit.
        place = message.place.partition("#")
        where = message.place if place[0].endswith((".ipynb", ".md")) else place[0]
        kind = f"{message.kind}, with fields" if message.fields else message.kind
        catalog.add(message.text, locations=[(where, None)], auto_comments=[kind])
    for message in catalog:
        message.locations = list(dict.fromkeys(message.locations))
    return with_flags(catalog)


def with_flags(catalog: Catalog) -> Catalog:
    """Let programs for translators check fields, and take no other brace for one."""
    for message in catalog:
        has_fields = messages.FIELD.search(str(message.id)) and "fields" in str(
            message.auto_comments
        )
        message.flags -= {"python-format", "python-brace-format"}
        message.flags |= {"python-brace-format"} if has_fields else set()
    return catalog


def renewed(name: str, language: str) -> Catalog:
    """Give the catalog of a language with the messages of now, and the translations it has."""
    path = translation.LOCALE / language / f"{name}.po"
    catalog = read_po(path.open("rb")) if path.exists() else Catalog(locale=language)
    catalog.update(template(name), update_creation_date=False)
    catalog.obsolete.clear()
    catalog.fuzzy = False
    catalog.header_comment = f"# {name}: see TRANSLATING.md"
    return with_flags(catalog)


def write(catalog: Catalog, path: Path) -> None:
    """Write a catalog in the form that programs for translators read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = io.BytesIO()
    write_po(file, catalog, width=100, include_lineno=False)
    path.write_text(KNOWN_TO_GIT.sub("", file.getvalue().decode()), "utf-8")


def main(arguments: list[str]) -> None:
    """Write all templates, and renew or begin the catalogs of languages."""
    if not execution.execute(notebooks()):
        sys.exit("A notebook failed, as shown above.")
    if arguments:
        language, name = arguments
        write(renewed(name, language), translation.LOCALE / language / f"{name}.po")
        return
    for name in messages.catalogs():
        write(template(name), TEMPLATES / f"{name}.pot")
    for path in translation.LOCALE.glob("*/*.po"):
        write(renewed(path.stem, path.parent.name), path)


if __name__ == "__main__":
    main(sys.argv[1:])

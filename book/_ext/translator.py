"""Find texts among messages: the first part of `_static/translation.js`, which V8 runs here.

What is in a text beside the words of a message, such as numbers, goes into the translation. In a
translated page the same script does so with what the page's scripts and its Python show.
"""

import atexit
import itertools
import json
from collections.abc import Iterable
from pathlib import Path

from py_mini_racer import MiniRacer

SCRIPT = Path(__file__).resolve().parents[1] / "_static" / "translation.js"
NUMBERS = itertools.count()


def words(
    translations: Iterable[tuple[str, str, bool]], numbers: tuple[str, str, str] = (".", ",", "%")
) -> dict:
    """Give what the script reads.

    Parameters
    ----------
    translations
        Messages: each with its translation, and whether it has fields.
    numbers
        The decimal point, what stands between groups of three digits, and the sign of per cent.
    """
    texts, templates = {}, {}
    for text, translation, fields in translations:
        (templates if fields and "{" in text else texts)[text] = translation
    names = dict(zip(("point", "groups", "percent"), numbers, strict=True))
    return {"texts": texts, "templates": list(templates.items()), **names}


class Translator:
    """Translates texts by the messages of one catalog or of several."""

    def __init__(self, words: dict) -> None:
        # It must be closed, or Python waits for it at its end.
        self.engine = MiniRacer()
        atexit.register(self.engine.close)
        self.engine.eval(SCRIPT.read_text("utf-8"))
        self.engine.eval(f"var translator = nnTranslation({json.dumps(words)})")

    def translate(self, text: str) -> str:
        """Give a text in the other language, as far as there are messages."""
        return str(self.engine.call("translator.translate", text))

    def missing(self, text: str) -> list[str]:
        """Give the pieces of a text for which there is no message."""
        return list(self.engine.call("translator.missing", text))

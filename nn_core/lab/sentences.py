"""Sentences of the book that state numbers of this run."""

from inspect import cleandoc

from IPython.display import display

SAID = "nn_core_said"  # marks, in the metadata of an output, a paragraph of the book


def say(text: str) -> None:
    """Show a paragraph of the book that states numbers of this run.

    `say(f"It reads {accuracy:.1%} of the dev set.")` reads the same in every front end. In a page,
    the paragraph becomes part of the text (book/_ext/plain_markdown.py).

    Parameters
    ----------
    text
        Markdown. Lines may be indented, as those of a docstring.
    """
    text = cleandoc(text)
    display({"text/markdown": text, "text/plain": text}, metadata={SAID: True}, raw=True)

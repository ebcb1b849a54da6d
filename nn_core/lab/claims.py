"""Claims: statements the book makes, checked each time a chapter runs.

While the book is built or tested, a statement that is not true stops the run. Elsewhere somebody
has changed a seed, a size or a number of epochs, as they should: there it is reported, and the run
goes on. The ledger, `book/claims.json`, says what each claim reached with five seeds.
"""

from html import escape

from IPython.display import HTML, display

from nn_core.lab import page

RECORD = "nn_core_claim"  # under this name a claim stands in the metadata of its output
OTHERWISE = (
    "The book is measured with its own seed, sizes and numbers of epochs. Where you change one, "
    "another result is no error. With nothing changed, it is one: please report it."
)


def claim(
    name: str,
    statement: str,
    value: float,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    form: str = "{:.2%}",
) -> None:
    """State what the book promises, and whether this run keeps it.

    Parameters
    ----------
    name
        Identifies the claim in the ledger, in words joined by hyphens.
    statement
        What `value` is: "test accuracy of the tour's network".
    value
        What this run reached.
    at_least, at_most
        The bound, one of the two.
    form
        How to write the numbers, for `str.format`: as a percentage, or "{:.1e}" for an error.

    Raises
    ------
    AssertionError
        `value` is on the wrong side of the bound, or not a number, while the book is built or
        tested. Elsewhere a notice says so.
    ValueError
        Not one bound, but none or two.
    """
    value = float(value)
    if at_least is not None and at_most is None:
        side, bound, kept = "at least", at_least, value >= at_least
    elif at_most is not None and at_least is None:
        side, bound, kept = "at most", at_most, value <= at_most
    else:
        raise ValueError(f"expected at_least or at_most, found {at_least} and {at_most}")
    found, promised = form.format(value), f"{side} {form.format(bound)}"
    if not kept and page.building():
        raise AssertionError(f"claim {name!r} missed: {statement} is {found}, expected {promised}")
    record = {
        "name": name,
        "statement": statement,
        "side": side,
        "bound": bound,
        "form": form,
        "value": value,
    }
    verdict = "Claim kept." if kept else "Claim missed in this run."
    html = (
        f'<p class="claim" data-claim="{escape(name)}"><strong>{verdict}</strong> '
        f"{escape(statement)}: {found}, promised {promised}.{'' if kept else ' ' + OTHERWISE}</p>"
    )
    display(HTML(html), metadata={RECORD: record})


def expect(seen: bool, statement: str) -> None:
    """Check what the text around says of a measurement, as `assert` checks what is always true.

    Parameters
    ----------
    seen
        Whether this run shows it.
    statement
        What the text says and what this run has, as in
        `f"a first loss near ln 10 = 2.30, found {loss:.2f}"`.

    Raises
    ------
    AssertionError
        This run does not show it, while the book is built or tested. Elsewhere a notice says so.
    """
    if seen:
        return
    if page.building():
        raise AssertionError(f"expected {statement}")
    display(
        HTML(
            '<p class="claim"><strong>Not so in this run.</strong> '
            f"Expected {escape(statement)}. {OTHERWISE}</p>"
        )
    )

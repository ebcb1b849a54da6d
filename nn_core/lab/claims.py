"""Claims: statements of the book that each run of a chapter checks.

While the book is built or tested, a false statement stops the run. A reader who runs a chapter may
change a seed, a size or a number of epochs. Then a notice reports a false statement, and the run
goes on. The ledger, `book/claims.json`, holds the values of each claim for five seeds.
"""

from html import escape

from IPython.display import HTML, display

from nn_core.lab import page

RECORD = "nn_core_claim"  # the key of a claim in the metadata of its output
ADVICE = (
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
    """Compare a value of this run with the bound that the book promises, and show the result.

    Parameters
    ----------
    name
        The name of the claim in the ledger: words joined by hyphens.
    statement
        A description of `value`: "test accuracy of the tour's network".
    value
        The value in this run.
    at_least, at_most
        The bound. Give one of the two.
    form
        The format of the numbers, for `str.format`: a percentage, or "{:.1e}" for an error.

    Raises
    ------
    AssertionError
        While the book is built or tested: `value` is on the wrong side of the bound, or NaN. A
        reader sees a notice instead.
    ValueError
        There is no bound, or there are two.
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
    look = "claim" if kept else "claim claim-missed"
    html = (
        f'<p class="{look}" data-claim="{escape(name)}"><strong>{verdict}</strong> '
        f"{escape(statement)}: {found}, promised {promised}.{'' if kept else ' ' + ADVICE}</p>"
    )
    display(HTML(html), metadata={RECORD: record})


def expect(seen: bool, statement: str) -> None:
    """Check a statement of the text about a measurement.

    An `assert` would check a statement that is true for every seed and size.

    Parameters
    ----------
    seen
        Whether the statement is true in this run.
    statement
        The statement of the text, and the value in this run:
        `f"a first loss near ln 10 = 2.30, found {loss:.2f}"`.

    Raises
    ------
    AssertionError
        While the book is built or tested: the statement is false. A reader sees a notice instead.
    """
    if seen:
        return
    if page.building():
        raise AssertionError(f"expected {statement}")
    display(
        HTML(
            '<p class="claim claim-missed"><strong>Not so in this run.</strong> '
            f"Expected {escape(statement)}. {ADVICE}</p>"
        )
    )

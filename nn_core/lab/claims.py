"""Claims: statements the book makes, checked each time a chapter runs.

The ledger, `book/claims.json`, says what each reached with five seeds.
"""

from html import escape

from IPython.display import HTML, display

RECORD = "nn_core_claim"  # under this name a claim stands in the metadata of its output


def claim(
    name: str,
    statement: str,
    value: float,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    form: str = "{:.2%}",
) -> None:
    """State what the book promises and stop if it is not true.

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
        `value` is on the wrong side of the bound, or not a number.
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
    if not kept:
        raise AssertionError(
            f"claim {name!r} missed: {statement} is {form.format(value)}, "
            f"expected {side} {form.format(bound)}"
        )
    record = {
        "name": name,
        "statement": statement,
        "side": side,
        "bound": bound,
        "form": form,
        "value": value,
    }
    html = (
        f'<p class="claim" data-claim="{escape(name)}"><strong>Claim kept.</strong> '
        f"{escape(statement)}: {form.format(value)}, promised {side} {form.format(bound)}.</p>"
    )
    display(HTML(html), metadata={RECORD: record})

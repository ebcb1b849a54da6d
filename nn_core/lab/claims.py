"""Claims: statements the book makes, checked each time a chapter runs.

The ledger, `book/claims.json`, says what each reached with five seeds.
"""

from html import escape

from IPython.display import HTML, display

RECORD = "nn_core_claim"  # under this name a claim stands in the metadata of its output


def claim(name: str, statement: str, value: float, *, at_least: float) -> None:
    """State what the book promises and stop if it is not true.

    Parameters
    ----------
    name
        Identifies the claim in the ledger, in words joined by hyphens.
    statement
        What `value` is: "test accuracy of the tour's network".
    value
        What this run reached.
    at_least
        The bound.

    Raises
    ------
    AssertionError
        `value` is below the bound, or not a number.
    """
    value = float(value)
    if not value >= at_least:
        raise AssertionError(
            f"claim {name!r} missed: {statement} is {value:.4f}, expected at least {at_least:.4f}"
        )
    record = {"name": name, "statement": statement, "bound": at_least, "value": value}
    html = (
        f'<p class="claim" data-claim="{escape(name)}"><strong>Claim kept.</strong> '
        f"{escape(statement)}: {value:.2%}, promised at least {at_least:.2%}.</p>"
    )
    display(HTML(html), metadata={RECORD: record})

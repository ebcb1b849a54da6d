"""Every page in a real browser, narrow and dark, hints and solutions unfolded."""

import pytest
from test_asking import unfold
from test_book import PAGES
from test_pages import examine


@pytest.mark.parametrize("name", [*PAGES, "404", "search"])
def test_page(visit, name):
    seen = visit(name, width=390, scheme="dark")
    unfold(seen)
    examine(seen, "dark", 390)

"""Every page in a real browser, narrow and dark."""

import pytest
from test_book import PAGES
from test_pages import examine


@pytest.mark.parametrize("name", [*PAGES, "404", "search"])
def test_page(visit, name):
    examine(visit(name, width=390, scheme="dark"), "dark", 390)

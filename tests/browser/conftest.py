"""Visits to pages of the built book."""

import pytest


class Visit:
    """A page, and what happened while it loaded."""

    def __init__(self, browser, site, name, *, width, scheme):
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        self.page = self.context.new_page()
        self.complaints, self.abroad = [], []
        self.page.on("console", self.listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda request: self.complaints.append(request.url))
        self.page.on("request", self.watch)
        # What would go elsewhere is refused, and noted: pages must work without.
        self.page.route(lambda url: not url.startswith(site), lambda route: route.abort())
        self.site = site
        self.page.goto(f"{site}/{name}.html")
        self.page.wait_for_load_state("networkidle")

    def listen(self, message):
        if message.type == "error":
            self.complaints.append(message.text)

    def watch(self, request):
        if not request.url.startswith((self.site, "data:", "blob:")):
            self.abroad.append(request.url)


@pytest.fixture
def visit(browser, site):
    visits = []

    def go(name, *, width=1280, scheme="light"):
        visits.append(Visit(browser, site, name, width=width, scheme=scheme))
        return visits[-1]

    yield go
    for each in visits:
        each.context.close()

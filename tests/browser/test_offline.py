"""Pages and Python without a connection, releases, damage and Stop: the service worker.

The site is a small one of its own, so that its server can fail and publish as a test says.
"""

import contextlib
import hashlib
import http.server
import json
import os
import shutil
import threading
import time
from pathlib import Path

import pytest
from conftest import served
from firefox import Firefox

IN_PAGE = Path(__file__).parents[2] / "book" / "in_page"
PAGE = """<!doctype html><html lang="en"><head><title>{name}</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="../_static/style.css?v={version}">
<script>navigator.serviceWorker.register("../service_worker.js")</script></head>
<body><h1>{name} {version}</h1><a href="{other}.html">{other}</a></body></html>"""
# A thread that asks whether to stop, as a busy Python does.
BUSY = """onmessage = ({ data }) => {
  const begun = performance.now();
  let answer = "";
  while (answer !== "stop" && performance.now() - begun < 10000) {
    const request = new XMLHttpRequest();
    request.open("GET", `stop?key=${data}`, false);
    request.send();
    answer = request.responseText;
  }
  postMessage(answer);
};"""
TEXT = "(name) => fetch(`../python/${name}`).then((answer) => answer.text())"
STATUS = "(name) => fetch(`../python/${name}`).then((answer) => answer.status)"
HEADING = "() => document.querySelector('h1').textContent"
COLOUR = "() => getComputedStyle(document.querySelector('h1')).color"
TELL = "(message) => navigator.serviceWorker.controller.postMessage(message)"
# The addresses of what pages show and run.
PARTS = """async (pages) => {
  const parts = new Set();
  for (const page of pages) {
    const html = await (await fetch(page)).text();
    const shown = new DOMParser().parseFromString(html, "text/html");
    for (const part of shown.querySelectorAll("link[rel=stylesheet], script[src], img[src]"))
      parts.add(new URL(part.getAttribute("src") ?? part.getAttribute("href"), page).href);
  }
  return [...parts];
}"""
LACKING = """async (addresses) => {
  const there = (address) => fetch(address).then((answer) => answer.ok, () => false);
  const all = await Promise.all(addresses.map(there));
  return addresses.filter((_, k) => !all[k]);
}"""
KEPT = """async () => {
  const all = [];
  for (const name of await caches.keys())
    for (const { url } of await (await caches.open(name)).keys())
      all.push(name.split(" ")[0] + " " + url);
  return all;
}"""


class Site:
    """A course of two pages and a few files of Python. What its server was asked is in `asked`."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.asked = []
        self.has_connection = True
        self.damaged = ""  # the name of the file that arrives damaged
        for name in ("book", "_static", "python"):
            (folder / name).mkdir()
        shutil.copy(IN_PAGE / "service_worker.js", folder)
        self.publish("1")

    def publish(self, version: str):
        """Write all files of a release. One file of Python is the same in every release."""
        python = self.folder / "python"
        for name, other in ("one", "two"), ("two", "one"):
            page = PAGE.format(name=name, other=other, version=version)
            (self.folder / "book" / f"{name}.html").write_text(page)
        (self.folder / "_static" / "style.css").write_text(f"h1 {{ color: rgb(0, 0, {version}) }}")
        (python / "changing.txt").write_text(f"changing {version}")
        (python / "same.txt").write_text("same")
        (python / "busy.js").write_text(BUSY)
        files = {
            path.name: {
                "bytes": path.stat().st_size,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
            for path in python.iterdir()
            if path.name != "contents.json"
        }
        (python / "contents.json").write_text(json.dumps({"version": version, "files": files}))
        # A server tells by the second whether a file has changed, and a test is faster.
        for path in self.folder.rglob("*"):
            os.utime(path, (int(version), int(version)))

    @contextlib.contextmanager
    def served(self):
        site = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=str(site.folder))

            def do_GET(self):
                site.asked.append(self.path)
                if not site.has_connection:
                    self.close_connection = True
                elif site.damaged and self.path.endswith(site.damaged):
                    self.send_response(200)
                    self.end_headers()
                    self.wfile.write(b"damaged")
                else:
                    super().do_GET()

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            self.address = f"http://127.0.0.1:{server.server_address[1]}"
            yield self
            server.shutdown()


@pytest.fixture
def site(tmp_path):
    (tmp_path / "site").mkdir()
    with Site(tmp_path / "site").served() as site:
        yield site


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    firefox = Firefox(tmp_path_factory.mktemp("firefox"))
    yield firefox
    firefox.close()


@pytest.fixture
def chromium(browser):
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture(params=["chromium", "firefox"])
def tab(request, site):
    """Give a tab of each browser, with the first page opened and the service worker at work."""
    if request.param == "firefox":
        tab = request.getfixturevalue("firefox")
    else:
        tab = request.getfixturevalue("chromium").new_page()
    tab.goto(f"{site.address}/book/one.html")
    until(tab, f"async () => (await ({KEPT})()).length === 2")  # the page and its style sheet
    return tab


def until(tab, function, argument=None):
    deadline = time.monotonic() + 60
    while not tab.evaluate(function, argument):
        assert time.monotonic() < deadline, f"this does not come true: {function}"
        time.sleep(0.05)


def until_all_is_kept(tab, version):
    until(
        tab,
        """async (version) => {
          const site = new URL("..", location).href;
          const pages = await caches.open(`pages of ${site}`);
          const complete = await pages.match(`${site}python/contents.json`);
          return complete && (await complete.json()).version === version;
        }""",
        version,
    )


def keep_all(tab):
    for _ in range(2):  # as two pages do whose Pythons have started
        tab.evaluate(TELL, {"type": "keep"})
    until_all_is_kept(tab, "1")


def test_stop_reaches_a_python_that_is_busy(tab):
    begin = """() => {
      const worker = new Worker("../python/busy.js");
      window.answer = new Promise((answer) => { worker.onmessage = ({ data }) => answer(data); });
      worker.postMessage("this one");
    }"""
    tab.evaluate(begin)
    tab.evaluate(TELL, {"type": "stop", "key": "another one"})
    in_time = (
        "() => Promise.race([window.answer, new Promise((go) => setTimeout(go, 500, 'busy'))])"
    )
    assert tab.evaluate(in_time) == "busy"
    tab.evaluate(TELL, {"type": "stop", "key": "this one"})
    assert tab.evaluate(in_time) == "stop"
    # It is said once: the next run does not stop.
    assert tab.evaluate(TEXT, "stop?key=this one") == "go"


def test_all_is_there_without_a_connection(tab, site):
    keep_all(tab)
    assert site.asked.count("/python/same.txt") == 1
    site.has_connection = False
    for name in "two", "one":
        tab.goto(f"{site.address}/book/{name}.html?again=1")
        assert tab.evaluate(HEADING) == f"{name} 1"
        assert tab.evaluate(COLOUR) == "rgb(0, 0, 1)"
        assert tab.evaluate(TEXT, "changing.txt") == "changing 1"
    assert json.loads(tab.evaluate(TEXT, "contents.json"))["version"] == "1"


def test_a_page_that_was_read_is_there_without_a_connection(tab, site):
    site.publish("2")
    tab.goto(f"{site.address}/book/one.html")
    # What the old release has under such an address is forgotten.
    until(
        tab,
        f"""async () => (await ({KEPT})()).filter((each) => each.includes("?")).map(
          (each) => each.split("?")[1]).join() === "v=2" """,
    )
    site.has_connection = False
    tab.goto(f"{site.address}/book/one.html")
    assert tab.evaluate(HEADING) == "one 2"
    assert tab.evaluate(COLOUR) == "rgb(0, 0, 2)"
    # Reading keeps no Python, and what is missing has an answer that says so.
    assert tab.evaluate(STATUS, "same.txt") == 503
    assert "no connection" in tab.evaluate(TEXT, "same.txt")
    assert not any(each.startswith("python") for each in tab.evaluate(KEPT))


def test_a_new_release_replaces_the_old_when_a_page_is_opened(tab, site):
    keep_all(tab)
    site.publish("2")
    # The page that is open goes on with its own release.
    assert tab.evaluate(TEXT, "changing.txt") == "changing 1"
    site.asked.clear()
    tab.goto(f"{site.address}/book/one.html")
    assert tab.evaluate(HEADING) == "one 2"
    assert tab.evaluate(TEXT, "changing.txt") == "changing 2"
    until_all_is_kept(tab, "2")
    assert "/python/same.txt" not in site.asked  # it has not changed
    kept = tab.evaluate(KEPT)
    assert sum(each.startswith("python") for each in kept) == 4
    assert not any("v=1" in each for each in kept)
    site.has_connection = False
    tab.goto(f"{site.address}/book/two.html")
    assert tab.evaluate(HEADING) == "two 2"
    assert tab.evaluate(COLOUR) == "rgb(0, 0, 2)"


@pytest.mark.parametrize("tab", ["chromium"], indirect=True)
def test_an_old_release_makes_room_for_the_new(tab, site):
    keep_all(tab)
    site.publish("2")
    site.damaged = "changing.txt"  # so the new release cannot be kept
    tab.goto(f"{site.address}/book/one.html")
    kept = f"async () => (await ({KEPT})()).filter((each) => each.startsWith('python')).length"
    until(tab, f"async () => (await ({kept})()) === 3")


def test_a_release_that_comes_in_between_is_not_mixed_with_the_old(tab, site):
    assert tab.evaluate(TEXT, "same.txt") == "same"
    site.publish("2")
    broken = """(name) => fetch(`../python/${name}`).then((answer) => answer.text())
      .then((text) => text, () => "broke off")"""
    assert tab.evaluate(broken, "changing.txt") == "broke off"
    # Trying again reads contents.json anew.
    assert json.loads(tab.evaluate(TEXT, "contents.json"))["version"] == "2"
    assert tab.evaluate(TEXT, "changing.txt") == "changing 2"


def test_a_damaged_file_breaks_off_and_comes_whole_when_tried_again(tab, site):
    site.damaged = "same.txt"
    broken = f"() => ({TEXT})('same.txt').then(() => 'whole', () => 'broke off')"
    assert tab.evaluate(broken) == "broke off"
    assert not any("/kept/" in each for each in tab.evaluate(KEPT))
    site.damaged = ""
    assert tab.evaluate(broken) == "whole"
    site.has_connection = False
    assert tab.evaluate(TEXT, "same.txt") == "same"


def test_requests_for_a_part_of_a_file_are_left_alone(tab, site):
    keep_all(tab)
    site.asked.clear()
    part = """() => fetch("../python/same.txt", {
      cache: "no-store", headers: { Range: "bytes=0-1" },
    }).then((answer) => answer.ok)"""
    assert tab.evaluate(part)
    assert site.asked == ["/python/same.txt"]


def test_without_room_all_works_as_long_as_there_is_a_connection(chromium, site):
    page = chromium.new_page()
    limits = {"origin": site.address, "quotaSize": 1}
    chromium.new_cdp_session(page).send("Storage.overrideQuotaForOrigin", limits)
    page.goto(f"{site.address}/book/one.html")
    until(page, "() => Boolean(navigator.serviceWorker.controller)")
    page.evaluate(TELL, {"type": "keep"})
    page.goto(f"{site.address}/book/two.html")
    assert page.evaluate(HEADING) == "two 1"
    assert page.evaluate(TEXT, "changing.txt") == "changing 1"
    assert not page.evaluate(KEPT)


def test_the_whole_book_is_there_without_a_connection(chromium, built_book):
    page = chromium.new_page()
    with served(built_book) as address:
        page.goto(f"{address}/book/05_backpropagation.html")
        until(page, "() => Boolean(navigator.serviceWorker.controller)")
        page.evaluate(TELL, {"type": "keep"})
        version = json.loads((built_book / "python" / "contents.json").read_text("utf-8"))[
            "version"
        ]
        until_all_is_kept(page, version)
    missing = []
    # What is broken off because the next page is opened is not missing.
    page.on(
        "requestfailed",
        lambda request: request.failure == "net::ERR_ABORTED" or missing.append(request.url),
    )
    page.on("response", lambda answer: answer.ok or missing.append(answer.url))
    # Two pages are opened, for what scripts load, such as the letters of formulas.
    for name in "index", "05_backpropagation":
        page.goto(f"{address}/book/{name}.html")
        page.wait_for_load_state("networkidle")
    page.goto(f"{address}/search.html?q=dropout")
    page.get_by_role("link", name="9.8 Dropout").wait_for()
    assert not missing
    pages = [path.relative_to(built_book).as_posix() for path in built_book.rglob("book/**/*.html")]
    parts = page.evaluate(PARTS, [f"{address}/{name}" for name in pages])
    assert len(parts) > 15
    assert len(pages) > 20
    assert page.evaluate(LACKING, parts) == []

"""What Lighthouse says of pages on a phone: score, weight, layout shift, and time it is blocked.

    .venv/bin/python -m pytest -n0 -s tests/browser/measure_lighthouse.py

The book is served compressed, as GitHub Pages does, and npx fetches Lighthouse. The machine should
be idle: its load is printed.
"""

import gzip
import json
import os
import subprocess
import tempfile
from io import BytesIO
from pathlib import Path

import pytest
from chromium import Quiet, find_browser, served

PAGES = ["index", "02_forward_pass", "05_backpropagation", "08_optimizers", "12_summit"]
PAGES.append("playground")
LIGHTHOUSE = ["npx", "--yes", "lighthouse@12"]
FIGURES = {
    "painted": "first-contentful-paint",
    "largest": "largest-contentful-paint",
    "blocked": "total-blocking-time",
    "shift": "cumulative-layout-shift",
    "bytes": "total-byte-weight",
}


class Compressed(Quiet):
    """Serves a folder as GitHub Pages does: text is compressed, and kept for ten minutes."""

    protocol_version = "HTTP/1.1"

    def send_head(self):
        path = Path(self.translate_path(self.path))
        if path.suffix not in (".html", ".css", ".js", ".svg", ".json") or not path.is_file():
            return super().send_head()
        content = gzip.compress(path.read_bytes())
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        return BytesIO(content)

    def end_headers(self):
        self.send_header("Cache-Control", "max-age=600")
        super().end_headers()


def measured(address: str) -> dict:
    """Let Lighthouse visit a page."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        subprocess.run(
            [
                *(*LIGHTHOUSE, address, "--quiet", "--only-categories=performance"),
                *("--output=json", f"--output-path={report}"),
                "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
            ],
            env={**os.environ, "CHROME_PATH": find_browser() or ""},
            check=True,
        )
        return json.loads(report.read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES)
def test_lighthouse(built_book, page):
    """Print a line."""
    with served(built_book, Compressed) as site:
        report = measured(f"{site}/book/{page}.html")
    values = {name: report["audits"][key]["numericValue"] for name, key in FIGURES.items()}
    print(
        f"\n{page}: {report['categories']['performance']['score']:.0%},",
        f"painted {values['painted']:.0f} ms, largest {values['largest']:.0f} ms,",
        f"blocked {values['blocked']:.0f} ms, shift {values['shift']:.3f},",
        f"{values['bytes'] / 1024:.0f} KB; load {os.getloadavg()[0]:.1f}",
    )

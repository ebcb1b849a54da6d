"""Chromium or Chrome: where it is, and how it prints a page of HTML as a PDF."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

MINUTES = 5  # that a print may take on a busy machine


def find_browser() -> str | None:
    """Give the path of Chromium or Chrome, else nothing."""
    names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
    places = [
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        *(
            str(Path(os.environ[variable], "Google", "Chrome", "Application", "chrome.exe"))
            for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
            if variable in os.environ
        ),
    ]
    found = [path for path in map(shutil.which, names) if path]
    found += [path for path in places if Path(path).is_file()]
    return found[0] if found else None


def print_pdf(browser: str, page: Path, pdf: Path) -> None:
    """Print a file of HTML that this program wrote itself.

    Raises
    ------
    OSError
        The browser wrote no PDF.
    """
    # Without a sandbox Chromium runs for root, too, as in a container.
    options = "--headless --disable-gpu --no-sandbox --no-first-run --disable-extensions"
    quiet = "--disable-background-networking --disable-sync --no-pdf-header-footer"
    pdf.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [
            browser,
            *options.split(),
            *quiet.split(),
            f"--user-data-dir={profile}",
            f"--print-to-pdf={pdf.resolve()}",
            page.resolve().as_uri(),
        ]
        try:
            subprocess.run(command, capture_output=True, timeout=60 * MINUTES)
        except subprocess.TimeoutExpired as error:
            raise OSError(f"{browser} did not print {page} in {MINUTES} minutes") from error
    if not pdf.is_file():
        raise OSError(f"{browser} did not print {page}")

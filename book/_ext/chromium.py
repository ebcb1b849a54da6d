"""Where Chromium or Chrome is on this machine: it prints the book and runs the browser tests."""

import os
import shutil
from pathlib import Path


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

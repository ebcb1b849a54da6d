"""Where the repository of this copy of the course is, if it has an address that leads somewhere."""

import functools
import re
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
GITHUB = re.compile(r"(?:https://|ssh://git@|git@)github\.com[/:]([\w.-]+)/([\w.-]+?)(?:\.git)?/?")


@functools.cache
def setting(root: Path = ROOT) -> str:
    """Give the address that _config.yml sets, or nothing."""
    config = yaml.safe_load((root / "_config.yml").read_text("utf-8"))
    return usable(config["repository"]["url"])


def usable(address: str) -> str:
    """Give the address of a repository on GitHub in its usual form, or nothing."""
    found = GITHUB.fullmatch(address)
    return f"https://github.com/{found[1]}/{found[2]}" if found else ""


@functools.cache
def address(root: Path = ROOT) -> str:
    """Give where this clone comes from, if that is GitHub, else what _config.yml sets, or nothing.

    Without an address, pages have no link to a repository, Binder, Colab or a form for problems.
    """
    try:
        # This folder alone: one around it may belong to another project.
        asked = ["git", f"--git-dir={root / '.git'}", "remote", "get-url", "origin"]
        origin = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:  # there is no git
        origin = ""
    return usable(origin) or setting(root)


def site(address: str) -> str:
    """Give where GitHub Pages shows the book of a repository."""
    owner, name = address.split("/")[-2:]
    host = f"{owner}.github.io"
    return f"https://{host}/" if name == host else f"https://{host}/{name}/"

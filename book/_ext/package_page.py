"""What the package tells a package index: where its repository is, and README.md as its page.

Hatchling runs this when it builds wheel or sdist (pyproject.toml). An sdist knows no origin, so a
wheel that is built from it takes both from the sdist.
"""

import re
import runpy
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"(?P<image>!?)\[(?P<words>[^\]]*)\]\((?!https?://|#)(?P<place>[^)\s]+)\)")


def readme(text: str, address: str) -> str:
    """Lead links within the repository to its address; without one, leave their words alone."""

    def away(link: re.Match[str]) -> str:
        if not address:
            return "" if link["image"] else link["words"]
        kind = "raw" if link["image"] else "blob"
        return f"{link['image']}[{link['words']}]({address}/{kind}/main/{link['place']})"

    return LINK.sub(away, text)


class PackagePage(MetadataHookInterface):
    """Fill the fields of pyproject.toml that depend on the address of the repository."""

    def update(self, metadata: dict) -> None:
        """Fill in what an sdist has not filled in already."""
        root = Path(self.root)
        repository = runpy.run_path(str(root / "book" / "_ext" / "repository.py"))
        address = repository["address"](root)
        places = address and {
            "Book": repository["site"](address),
            "Source": address,
            "Issues": f"{address}/issues",
            "Changelog": f"{address}/blob/main/CHANGELOG.md",
        }
        text = readme((root / "README.md").read_text("utf-8"), address)
        metadata.setdefault("urls", places or {})
        metadata.setdefault("readme", {"content-type": "text/markdown", "text": text})

"""Cut the fonts of the pages down to what the pages use, and write them with their licences.

    python book/_ext/fonts.py

`make fonts` runs this script. The fonts come from the packages of `package-lock.json`.
"""

from pathlib import Path
from typing import NamedTuple

from fontTools import subset
from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "node_modules"
FONTS = ROOT / "book" / "_static" / "fonts"


class Font(NamedTuple):
    """A font of the pages."""

    name: str  # of the file that is written
    package: str
    file: str
    features: tuple[str, ...] = ("kern", "liga", "mark", "ccmp")  # of OpenType

    @property
    def source(self) -> Path:
        """The font as its package has it."""
        return PACKAGES / self.package / "files" / self.file


TEXT, CODE = "@fontsource-variable/stix-two-text", "@fontsource-variable/source-code-pro"
FAMILIES = [
    Font("text", TEXT, "stix-two-text-latin-wght-normal.woff2"),
    Font("text-italic", TEXT, "stix-two-text-latin-wght-italic.woff2"),
    Font("code", CODE, "source-code-pro-latin-wght-normal.woff2", ("mark", "ccmp")),
]


def cut(font: Font) -> None:
    """Write a font without what the pages do not use."""
    options = subset.Options(flavor="woff2", layout_features=[*font.features], hinting=False)
    options.name_IDs = [0, 1, 2, 13, 14]  # copyright, names and licence
    subsetter = subset.Subsetter(options)
    loaded = TTFont(font.source)
    subsetter.populate(unicodes=[*loaded.getBestCmap()])
    subsetter.subset(loaded)
    subset.save_font(loaded, str(FONTS / f"{font.name}.woff2"), options)


def main() -> None:
    """Write all fonts, and the licence of each package."""
    FONTS.mkdir(exist_ok=True)
    for font in FAMILIES:
        cut(font)
        licence = (PACKAGES / font.package / "LICENSE").read_text("utf-8")
        name = font.package.split("/")[1]
        (FONTS / f"LICENSE-{name}.txt").write_text(licence, "utf-8")


if __name__ == "__main__":
    main()

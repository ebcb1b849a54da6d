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
    characters: str = ""  # ranges in hexadecimal; all of the package's if there are none

    @property
    def source(self) -> Path:
        """The font as its package has it."""
        return PACKAGES / self.package / "files" / self.file


TEXT, CODE = "@fontsource-variable/stix-two-text", "@fontsource-variable/source-code-pro"
MATH = "@fontsource/stix-two-math"
# Latin and Greek, upright and italic, and the signs, arrows and brackets that a formula may hold.
SYMBOLS = (
    "20-7E,A0,AC,B1,B4,B7,D7,F7,131,237,2C6,2C7,2D8-2DA,2DC,300-304,306-308,30A,30C,391-3A9,3B1-3C9,"
    "3D1,3D5,3F5,2016,2020,2026,2032-2034,203E,2061-2064,20D7,210E,2113,2115,211D,2190-2194,21A6,"
    "21D0-21D4,2200,2202-2209,220F,2211-2213,2217,2218,221A,221D,221E,2223,2225,2227-222B,223C,2248,"
    "2260,2261,2264,2265,226A,226B,2282,2286,2295,2297,2299,22A4,22A5,22C5,22EE,22EF,22F1,2308-230B,"
    "23DE,23DF,27E8,27E9,1D434-1D467,1D6E4-1D71B"
)
FAMILIES = [
    Font("text", TEXT, "stix-two-text-latin-wght-normal.woff2"),
    Font("text-italic", TEXT, "stix-two-text-latin-wght-italic.woff2"),
    Font("code", CODE, "source-code-pro-latin-wght-normal.woff2", ("mark", "ccmp")),
    Font("math", MATH, "stix-two-math-latin-400-normal.woff2", ("ccmp",), SYMBOLS),
]


def cut(font: Font) -> None:
    """Write a font without what the pages do not use."""
    options = subset.Options(flavor="woff2", layout_features=[*font.features], hinting=False)
    options.name_IDs = [0, 1, 2, 13, 14]  # copyright, names and licence
    subsetter = subset.Subsetter(options)
    loaded = TTFont(font.source)
    chosen = subset.parse_unicodes(font.characters) or [*loaded.getBestCmap()]
    subsetter.populate(unicodes=chosen)
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

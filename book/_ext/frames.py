"""Keep the frames of sliders out of the pages: a script fetches them when the reader comes near.

A page shows one frame of a slider. The others may weigh more than all the rest of a chapter.
"""

import hashlib
import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

PLACE = "_static/frames"
# What nn_core.lab.page.element writes. `data-ready` tells lab.js to leave the element alone.
DATA = re.compile(
    r'(data-lab="explore")([^>]*><script type="application/json")>(.*?)</script>', re.DOTALL
)


def forget_frames(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Remove the frames of the last build, if pages are about to be written."""
    if docnames:
        shutil.rmtree(Path(app.outdir) / PLACE, ignore_errors=True)


def put_aside(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Write the frames of a page into files."""

    def written(found: re.Match[str]) -> str:
        frames = found[3].encode()
        file = f"{PLACE}/{hashlib.sha256(frames).hexdigest()[:16]}.json"
        path = Path(app.outdir) / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(frames)
        address = context["pathto"](file, 1)
        return f'{found[1]} data-ready=""{found[2]} data-src="{address}"></script>'

    context["body"], count = DATA.subn(written, context.get("body", ""))
    if count:
        app.add_js_file("frames.js", type="module")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("env-before-read-docs", forget_frames)
    app.connect("html-page-context", put_aside, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

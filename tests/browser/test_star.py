"""The title page's pad: a digit draws itself, the reader's flies to its place in the star."""

import shutil

import drawn_digits
import numpy as np
import pictures
import pytest
import title_page
from conftest import AXE, ROOT, Visit, served
from course import write_static
from drawing import STROKES
from test_draw import Pad, prepared

from nn_core import softmax

NETWORK = drawn_digits.pad_network()
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Title</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
{styles}{scripts}</head><body><main class="bd-article"><h1>Title</h1>
<div class="course-hero">{pad}<div class="course-sky"><img src="star.webp" alt="A star"></div></div>
</main></body></html>"""
OWN = ".course-star-own"
GUEST = ".course-star-guest"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("title")
    write_static(folder)
    static = ROOT / "book" / "_static"
    shutil.copytree(static / "fonts", folder / "fonts")
    for name in ("shell.css", "course.css", "title.css", "star.webp"):
        shutil.copy(static / name, folder)
    shutil.copy(title_page.HERE / "title_page.js", folder)
    sheets = ("shell.css", "course.css", *title_page.STYLES)
    styles = "".join(f'<link rel="stylesheet" href="{name}">' for name in sheets)
    scripts = "".join(
        f'<script data-src="digits.js" src="{name}.js" defer></script>'
        for name in title_page.SCRIPTS
    )
    text = PAGE.format(styles=styles, scripts=scripts, pad=title_page.pad())
    (folder / "title.html").write_text(text, "utf-8")
    with served(folder) as address:
        yield address


@pytest.fixture
def visit(browser, site):
    """Give a function that opens the page; all requests are noted."""
    visits = []

    def go(*, width=1280, scheme="light", still=False):
        visit = Visit(browser, site, "title", width=width, scheme=scheme)
        if still:
            visit.page.emulate_media(reduced_motion="reduce", color_scheme=scheme)
            visit.page.reload()
        visits.append(visit)
        visit.asked = []
        visit.page.on("request", lambda request: visit.asked.append(request.url))
        return visit

    yield go
    for each in visits:
        assert each.complaints == [], each.complaints
        each.context.close()


def reading(visit) -> str:
    return visit.page.locator(".lab-draw-verdict").inner_text()


def place(visit) -> list[float]:
    """Where the star has the reader's last digit, from 0 to 1."""
    visit.page.locator(OWN).last.wait_for()
    style = "canvas => [parseFloat(canvas.style.left), parseFloat(canvas.style.top)]"
    return [each / 100 for each in visit.page.locator(OWN).last.evaluate(style)]


def draw(visit, digit) -> Pad:
    pad = Pad(visit.page)
    pad.draw(STROKES[digit])
    return pad


def test_a_digit_draws_itself_and_flies(visit):
    seen = visit()
    words = set()
    for _ in range(100):
        words.add(reading(seen).split(",")[0])
        if seen.page.locator(GUEST).count():
            break
        seen.page.wait_for_timeout(80)
    assert any(word.endswith(" a 3") for word in words)
    assert len(words) > 1, "the network reads while the digit is drawn"
    assert not any("digits.js" in url for url in seen.asked)
    seen.page.get_by_role("button", name="Stop").click()
    assert seen.page.locator(GUEST).count() == 0
    assert reading(seen) == "Draw a digit from 0 to 9 into the square."
    assert seen.page.get_by_role("button", name="Clear").is_visible()


def test_without_motion_it_is_there_at_once(visit):
    seen = visit(still=True)
    seen.page.locator(GUEST).wait_for()
    assert "reads a 3, with" in reading(seen)
    assert seen.page.evaluate("document.getAnimations().length") == 0
    seen.page.wait_for_timeout(500)
    assert seen.page.locator(GUEST).count() == 1


def test_stored_readings_are_the_networks(visit):
    """With the ink of this browser."""
    seen = visit()
    stored = drawn_digits.drawn_digits()
    images = seen.page.evaluate(
        """async digits => {
          const images = [];
          for (const { points } of digits) {
            for (let k = 2; k <= points.length; k++) {
              await new Promise((resolve) => {
                const show = (ink, { image }) => resolve(images.push([...image.pixels]));
                const pad = nnPad.buildPad([], () => undefined, show);
                pad.change([{ points: points.slice(0, k), width: nnPad.PENS.medium, pointer: -1 }]);
              });
            }
          }
          return images;
        }""",
        stored,
    )
    found = NETWORK.predict_proba(np.array(images, np.float32))
    wanted = softmax(np.concatenate([digit["logits"] for digit in stored]).astype(np.float32))
    away = np.abs(found - wanted).max(axis=1)
    # The first points give a blot, and each pixel at its edge counts.
    assert away.max() < 0.1
    ends = np.cumsum([len(digit["logits"]) for digit in stored]) - 1
    assert away[ends].max() < 0.01


@pytest.mark.parametrize("digit", [0, 1, 3, 4, 7])
def test_the_readers_digit_flies_where_the_network_puts_it(visit, digit):
    seen = visit()
    pad = draw(seen, digit)
    found = place(seen)
    assert f"reads a {digit}, with" in reading(seen)
    logits = NETWORK.forward(prepared(pad.ink()).reshape(1, 784))
    wanted = pictures.place(logits, pictures.PAD_TEMPERATURE)[0]
    assert np.abs(np.subtract(found, wanted)).max() < 0.005
    assert any(url.endswith("digits.js") for url in seen.asked)
    assert seen.page.locator(GUEST).count() == 0
    assert f"towards the {digit}, " in seen.page.locator(".course-whereabouts").inner_text()


def test_more_strokes_move_the_digit_and_clear_begins_another(visit):
    seen = visit()
    pad = draw(seen, 7)
    before = place(seen)
    pad.draw([[(0.1, 0.95), (0.9, 0.95)]])
    seen.page.wait_for_function(
        "([x]) => parseFloat(document.querySelector('.course-star-own').style.left) !== 100 * x",
        arg=before,
    )
    assert seen.page.locator(OWN).count() == 1
    seen.page.get_by_role("button", name="Clear").click()
    draw(seen, 1)
    seen.page.locator(OWN).nth(1).wait_for()


def test_the_keyboard_chooses_a_digit(visit):
    seen = visit()
    chooser = seen.page.get_by_label("Show me")
    chooser.focus()
    seen.page.keyboard.press("ArrowDown")
    place(seen)
    assert "reads a 0, with" in reading(seen)


def test_says_so_when_the_network_does_not_arrive(visit):
    seen = visit()
    seen.page.route("**/digits.js", lambda route: route.abort())
    draw(seen, 1)
    seen.page.get_by_text("The network did not arrive").wait_for()
    seen.page.unroute("**/digits.js")
    seen.complaints.clear()
    draw(seen, 1)
    place(seen)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390, 320])
def test_accessible(visit, width, scheme):
    seen = visit(width=width, scheme=scheme)
    draw(seen, 1)
    place(seen)
    seen.page.evaluate(AXE)
    found = seen.page.evaluate("axe.run('.course-hero', {resultTypes: ['violations']})")
    assert [violation["id"] for violation in found["violations"]] == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width

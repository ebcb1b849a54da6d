"""The frame around a page, in a browser: colours, bar, contents, and what holds without scripts."""

import base64
import io

import pytest
from conftest import served
from PIL import Image

CHAPTER = "book/05_backpropagation"


@pytest.fixture
def visiting(browser, site):
    """Give a function that opens a page in a form, and close what it opened."""
    contexts = []

    def go(name, *, width=1280, scheme="light", mode=None, **form):
        context = browser.new_context(
            viewport={"width": width, "height": 844}, color_scheme=scheme, **form
        )
        contexts.append(context)
        if mode:
            context.add_init_script(f"localStorage.setItem('nn_core/scheme', '{mode}')")
        page = context.new_page()
        page.goto(f"{site}/{name}.html")
        return page

    yield go
    for context in contexts:
        context.close()


def colour(page, selector: str, name: str) -> str:
    return page.locator(selector).first.evaluate(f"tag => getComputedStyle(tag).{name}")


# --- colours


@pytest.mark.parametrize(("scheme", "mode"), [("dark", None), ("light", "dark")])
def test_no_frame_is_light_in_the_dark(visiting, site, scheme, mode):
    """From one page to the next, while scripts are slow."""
    page = visiting(CHAPTER, scheme=scheme, mode=mode)
    page.route("**/*.js*", lambda route: None)  # they never come
    client, frames = page.context.new_cdp_session(page), []

    def keep(event):
        frames.append(event["data"])
        client.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})

    client.on("Page.screencastFrame", keep)
    client.send("Page.startScreencast", {"format": "png", "everyNthFrame": 1})
    page.goto(f"{site}/book/06_training.html", wait_until="commit")
    page.get_by_role("heading", name="06 Training").wait_for()
    page.mouse.wheel(0, 300)
    page.wait_for_timeout(500)
    client.send("Page.stopScreencast")
    assert len(frames) > 1
    for frame in frames:
        image = Image.open(io.BytesIO(base64.b64decode(frame))).convert("L")
        # The middle of the bar, between the name of the chapter and the actions.
        assert image.getpixel((image.width * 45 // 100, 8)) < 60


def test_switch_says_which_of_its_states_holds(visiting):
    page = visiting(CHAPTER, scheme="dark")
    switch = page.get_by_role("combobox", name="Colours")
    theme = "document.documentElement.dataset.theme"
    states = {"Light": "light", "Dark": "dark", "Auto": "dark"}
    for chosen, shown in [*states.items(), ("Light", "light")]:
        switch.select_option(chosen)
        assert f'option "{chosen}" [selected]' in switch.aria_snapshot()
        assert page.evaluate(theme) == shown
    assert "as the system has them" in switch.locator("..").get_attribute("title")
    page.reload()
    assert page.evaluate(theme) == "light"
    assert switch.input_value() == "light"


def test_paper_is_light(visiting):
    page = visiting(CHAPTER, scheme="dark")
    page.emulate_media(media="print")
    assert colour(page, "body", "backgroundColor") == "rgb(255, 255, 255)"
    assert not page.get_by_role("banner").is_visible()


def test_forced_colours_leave_every_icon(visiting):
    page = visiting(CHAPTER, forced_colors="active", scheme="dark")
    ground = colour(page, "body", "backgroundColor")
    icons = page.locator(".shell-icon:visible")
    assert icons.count() >= 4
    for icon in icons.all():
        assert icon.evaluate("icon => getComputedStyle(icon).stroke") != ground


# --- the bar and the contents


def test_bar_of_a_phone(visiting):
    page = visiting(CHAPTER, width=390, has_touch=True, is_mobile=True)
    bar = page.get_by_role("banner")
    assert "05 Backpropagation" in bar.inner_text()
    done = page.locator(".shell-progress")
    wide = "bar => bar.getBoundingClientRect().width"
    assert done.evaluate(wide) < 2
    page.locator("#second-pass-one-example-whole-layers").evaluate(
        "place => place.scrollIntoView()"
    )
    page.get_by_text("5.3 Second pass").locator("visible=true").first.wait_for()
    assert 40 < done.evaluate(wide) < 390
    # It stays at the top, and text does not shine through.
    assert bar.bounding_box()["y"] == 0
    assert colour(page, "header", "backgroundColor") == "rgb(255, 255, 255)"
    # Sections get their height on the way.
    page.wait_for_function(
        "scrollTo(0, document.documentElement.scrollHeight) ?? "
        f"({wide})(document.querySelector('.shell-progress')) > 389"
    )


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_contents_of_a_phone(visiting, scripts):
    """By keyboard alone."""
    page = visiting(CHAPTER, width=390, java_script_enabled=scripts)
    contents = page.get_by_role("navigation", name="Contents")
    assert not contents.is_visible()
    page.get_by_role("button", name="Contents").press("Enter")
    assert contents.get_by_role("link", name="00 Tour").is_visible()
    assert contents.get_by_role("link", name="05 Backpropagation").get_attribute("aria-current")
    assert contents.get_by_role("searchbox").is_visible()
    page.keyboard.press("Escape")
    assert not contents.is_visible()
    page.get_by_role("button", name="Contents").press("Enter")
    contents.get_by_role("link", name="5.4 Third pass: a batch").press("Enter")
    assert page.url.endswith("#third-pass-a-batch")
    if scripts:
        contents.wait_for(state="hidden")
        page.get_by_role("button", name="More").press("Enter")
        page.get_by_role("combobox", name="Colours").select_option("Dark")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_targets_of_a_phone_are_large(visiting):
    page = visiting(CHAPTER, width=390, has_touch=True, is_mobile=True)
    for panel in ("Contents", "More"):
        page.get_by_role("button", name=panel).click()
        inside = "[popover]:popover-open :is(a, button, select)"
        targets = page.locator(f".shell-bar button, {inside}")
        for target in targets.locator("visible=true").all():
            box = target.bounding_box()
            assert min(box["width"], box["height"]) >= 36, target.inner_text()
            assert max(box["width"], box["height"]) >= 44, target.inner_text()
        page.keyboard.press("Escape")


def test_contents_scroll_to_where_the_reader_is(visiting):
    page = visiting("book/appendix/teaching")
    here = page.locator("#contents [aria-current=page]")
    assert here.evaluate("link => link.getBoundingClientRect().bottom") <= 844
    assert page.evaluate("scrollY") == 0


def test_key_leads_to_the_search(visiting):
    page = visiting(CHAPTER, width=390)
    page.keyboard.press("Control+k")
    page.keyboard.type("softmax")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=softmax")


def test_code_can_be_copied(visiting):
    page = visiting(CHAPTER, permissions=["clipboard-read", "clipboard-write"])
    button = page.locator(".shell-copy").first
    button.press("Enter")
    page.wait_for_function("document.querySelector('.shell-copy').textContent === 'Copied'")
    code = page.locator(".highlight > pre").first.text_content().removesuffix("\n")
    assert page.evaluate("navigator.clipboard.readText()") == code


# --- structure


def test_landmarks(visiting):
    page = visiting(CHAPTER)
    for role in ("banner", "main", "contentinfo"):
        assert page.get_by_role(role).count() == 1
    for role in ("navigation", "search"):
        found = page.get_by_role(role)
        names = found.evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
        assert len(set(names)) == len(names)
        assert all(names)


def test_first_key_leads_past_the_frame(visiting):
    page = visiting(CHAPTER)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the text"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('article') !== null")


# Elements on which the tab key may stop: what can be pressed or filled in, and what scrolls.
OTHERS = """() => [...document.querySelectorAll("*")].filter((tag) => tag.tabIndex >= 0
  && tag.checkVisibility() && !tag.matches("a[href], button, input, select, textarea, summary")
  && !(tag.scrollWidth > tag.clientWidth && getComputedStyle(tag).overflowX !== "visible")
).map((tag) => tag.outerHTML.slice(0, 200))"""


@pytest.mark.parametrize("width", [1280, 390])
def test_tab_key_stops_only_on_controls_and_on_what_scrolls(visiting, width):
    page = visiting(CHAPTER, width=width)
    page.wait_for_timeout(500)
    assert page.evaluate(OTHERS) == []
    reached = page.locator("article [tabindex='0']").count()
    assert reached > 0 if width == 390 else reached < 10


@pytest.mark.parametrize("name", [CHAPTER, "search", "404", "book/appendix/reference"])
def test_nothing_is_wider_than_the_smallest_phone(visiting, name):
    """Nor, on a small screen, than a page that is shown at twice its size."""
    page = visiting(name, width=320)
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("name", ["search.html?q=softmax", "book/index.html"])
def test_site_works_below_another_path(visiting, tmp_path_factory, built_book, name):
    """As below the name of a repository on GitHub Pages."""
    folder = tmp_path_factory.mktemp("host")
    (folder / "elsewhere").symlink_to(built_book, target_is_directory=True)
    with served(folder) as address:
        page, missing = visiting(CHAPTER), []
        page.on("response", lambda answer: answer.ok or missing.append(answer.url))
        page.goto(f"{address}/elsewhere/{name}")
        page.wait_for_load_state("networkidle")
        assert page.get_by_role("navigation", name="Contents").is_visible()
        page.get_by_role("link", name="05 Backpropagation").first.click()
        page.wait_for_url(f"{address}/elsewhere/{CHAPTER}.html")
        assert missing == []


# --- without scripts


def test_without_scripts_colours_are_right(visiting):
    page = visiting(CHAPTER, scheme="dark", java_script_enabled=False)
    assert colour(page, "body", "backgroundColor") == "rgb(18, 22, 29)"
    keyword = colour(page, "div.cell_input .highlight .k", "color")
    assert keyword == "rgb(220, 198, 224)"  # of the dark style
    assert not page.locator("#scheme").is_visible()


@pytest.mark.parametrize("name", ["book/playground", "book/00_tour", "book/02_forward_pass"])
def test_without_scripts_elements_say_what_they_need(visiting, name):
    page = visiting(name, java_script_enabled=False)
    assert page.get_by_text("this needs JavaScript, which is off").first.is_visible()

"""The playground: its page does what it says, and its experiments show what they should."""

import re
import time

import numpy as np
import pytest

from nn_core.lab import page

# --- the page


class Playground:
    """The page, in words a reader would use."""

    def __init__(self, seen):
        self.seen, self.page = seen, seen.page
        self.root = self.page.locator(".lab-playground")

    def press(self, name):
        self.root.get_by_role("button", name=name, exact=True).click()

    def choose(self, **settings):
        for name, value in settings.items():
            field = self.field(name)
            if value in ("on", "off"):
                field.set_checked(value == "on")
            else:
                field.select_option(value)

    def field(self, name):
        return self.root.locator(f".settings [name={name}]")

    @property
    def settings(self):
        return self.root.locator("[name]").evaluate_all(
            """all => Object.fromEntries(all.map((one) => [
              one.name, one.type === "checkbox" ? (one.checked ? "on" : "off") : one.value]))"""
        )

    @property
    def status(self):
        """What a screen reader says."""
        return self.root.get_by_role("status").first.inner_text()

    @property
    def state(self):
        """The line that all readers see."""
        return self.root.locator(".state").inner_text()

    @property
    def counted(self):
        """Epochs and steps."""
        return tuple(int(n) for n in re.findall(r"\d+", self.state))

    @property
    def measured(self):
        """Loss and accuracy on training points, then on test points."""
        cells = self.root.locator("tbody td").all_inner_texts()
        return [float(text.removesuffix("%")) for text in cells]

    @property
    def network(self):
        """What the network is: the pictures and the lines."""
        return self.root.evaluate(
            """(root) => [
              ...[...root.querySelectorAll("canvas")].map((canvas) => canvas.toDataURL()),
              ...[...root.querySelectorAll("line")].map((line) => line.outerHTML),
            ]"""
        )

    @property
    def picture(self):
        """All that is seen of the run: numbers, each picture, each weight, the curves."""
        return self.root.evaluate(
            """(root) => [
              ...[...root.querySelectorAll("canvas")].map((canvas) => canvas.toDataURL()),
              ...[...root.querySelectorAll("line, circle, path")].map((shape) => shape.outerHTML),
              ...[...root.querySelectorAll("td, .state")].map((cell) => cell.textContent),
            ]"""
        )

    def train(self, epochs):
        self.root.get_by_role("button", name="One epoch").evaluate(
            "(button, epochs) => { for (let i = 0; i < epochs; i++) button.click(); }", epochs
        )

    def open(self, address):
        """Come from elsewhere."""
        self.page.goto("about:blank")
        self.page.goto(address)

    def go(self, hash_):
        """Follow a link to settings."""
        self.page.evaluate("hash => { location.hash = hash; }", hash_)
        self.page.wait_for_timeout(50)


# As wide as in the book. In the book, and in a notebook, the space decides how it looks.
WIDE = f'<div style="width: 60rem">{page.element("playground")}</div>'


@pytest.fixture
def playground(lab_page):
    found = Playground(lab_page(WIDE))
    found.page.set_default_timeout(10_000)
    yield found
    assert found.seen.complaints == []


@pytest.fixture
def phone(lab_page):
    found = Playground(lab_page(page.element("playground"), width=390))
    found.page.set_default_timeout(10_000)
    yield found
    assert found.seen.complaints == []


def test_waits_for_the_reader(playground):
    before = playground.picture
    playground.page.wait_for_timeout(300)
    assert playground.counted == (0, 0)
    assert playground.picture == before
    assert playground.status.startswith("Ready.")


def test_one_step_and_one_epoch(playground):
    start = playground.measured
    playground.press("One step")
    assert playground.counted == (0, 1)
    first = playground.measured
    assert first != start
    playground.press("One epoch")
    # It goes to the end of the epoch that was begun: 200 points in batches of 10.
    assert playground.counted == (1, 20)
    assert playground.measured[0] < first[0]
    playground.choose(batch="all")
    playground.press("One step")
    assert playground.counted == (2, 21)


def test_run_learns_and_pauses(playground):
    playground.choose(optimizer="Adam", lr="0.03")
    playground.press("Run")
    playground.page.wait_for_function(
        "parseFloat(document.querySelectorAll('.lab-playground tbody td')[3].textContent) > 95",
        timeout=20_000,
    )
    playground.press("Pause")
    stopped = playground.counted
    assert playground.measured[3] > 95
    assert playground.status.startswith("Paused.")
    playground.page.wait_for_timeout(200)
    assert playground.counted == stopped


def test_reset_restores_the_start(playground):
    playground.choose(dropout="0.2", batch="5")
    start = playground.picture
    playground.train(3)
    trained = playground.picture
    assert trained != start
    playground.press("Reset")
    assert playground.picture == start
    playground.train(3)
    assert playground.picture == trained


def test_new_seed_starts_another_run(playground):
    start = playground.picture
    playground.press("New seed")
    assert playground.picture != start
    assert "seed=" in playground.page.url


def test_link_reproduces_the_run(playground, lab_page):
    playground.choose(data="xor", layers="2", units2="3", activation="relu", optimizer="RMSProp")
    playground.choose(lr="0.01", noise="0.3", dropout="0.1", l2="0.001", batch="20", points="50")
    playground.choose(l1="0.001", x1x2="on", x2="off")
    playground.press("New seed")
    playground.train(4)
    address = playground.page.url
    other = Playground(lab_page(WIDE))
    assert other.picture != playground.picture
    other.open(address)
    assert other.settings == playground.settings
    other.train(4)
    assert other.picture == playground.picture


def test_settings_as_at_the_start_leave_the_address_bare(playground):
    bare = playground.page.url
    playground.choose(noise="0.5")
    assert playground.page.url == f"{bare}#noise=0.5"
    playground.choose(noise="0.1")
    assert playground.page.url == bare


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ("data=moons", "data=moons"),
        ("lr=7&noise=0.5", "lr=7"),
        ("seed=-1", "seed=-1"),
        ("constructor=1", "constructor=1"),
        ("units1=9&<b>=1", "units1=9 and <b>=1"),
        ("x1=off&x2=off", "no input"),
        ("hide=lr.everything", "hide=lr.everything"),
        ("then=20-lr-7", "then=20-lr-7"),
        ("then=20-data-xor", "then=20-data-xor"),
        ("then=soon", "then=soon"),
        ("then=0-w1.3.1-2", "then=0-w1.3.1-2"),
        ("then=0-w1.1.1-much", "then=0-w1.1.1-much"),
    ],
)
def test_bad_link_says_so(playground, bad, named):
    usual = playground.settings
    playground.open(f"{playground.page.url}#{bad}")
    assert f"The link asks for {named}, which is not offered" in playground.status
    assert playground.state == playground.status
    assert playground.settings == usual | ({"noise": "0.5"} if "noise" in bad else {})
    # The address is mended too.
    assert playground.page.url.endswith("#noise=0.5" if "noise" in bad else ".html")


def test_what_starts_anew_and_what_acts_at_once(playground):
    playground.train(2)
    playground.choose(optimizer="Adam", lr="0.01", batch="20", l2="0.01", dropout="0.1")
    assert playground.counted == (2, 40)
    playground.press("One epoch")
    assert playground.counted == (3, 50)
    # Also in the middle of an epoch: 140 of its 200 points are left.
    playground.train(1)
    for _ in range(3):
        playground.press("One step")
    playground.choose(batch="50")
    playground.press("One epoch")
    assert playground.counted == (5, 60 + 3 + 3)
    for name, value in {"data": "spiral", "loss": "mean_squared_error", "units1": "8"}.items():
        playground.choose(**{name: value})
        assert playground.counted == (0, 0)
        playground.train(1)


def test_settings_change_what_is_learned(playground):
    """Each of them, alone, leads to another network."""
    seen = []
    for settings in (
        {},
        {"optimizer": "Adam"},
        {"optimizer": "AdamW"},
        {"optimizer": "AdamW", "l2": "0.1"},
        {"l2": "0.1"},
        {"l1": "0.1"},
        {"x1x1": "on"},
        {"sinx2": "on"},
        {"dropout": "0.3"},
        {"batch": "50"},
        {"lr": "0.3"},
        {"loss": "mean_squared_error"},
        {"activation": "relu"},
        {"init": "he_uniform"},
        {"layers": "2"},
        {"noise": "0.2"},
        {"points": "100"},
        {"data": "blobs"},
    ):
        playground.go("")
        playground.choose(**settings)
        playground.train(2)
        seen.append(tuple(playground.measured))
    assert len(set(seen)) == len(seen)


def test_layers_show_their_units(playground):
    for layers in range(4):
        playground.choose(layers=str(layers))
        shown = playground.root.locator("[name^=units]:visible")
        assert shown.count() == layers
        assert playground.root.locator(".unit").count() == 2 + 4 * layers + 2


def test_adamw_decays(playground):
    settings = playground.root.locator(".settings")
    assert settings.get_by_label("L2 strength").is_visible()
    playground.choose(optimizer="AdamW")
    assert settings.get_by_label("weight decay").is_visible()


def test_keyboard_leads_through_the_network(playground):
    units = playground.root.locator(".unit")
    assert units.evaluate_all("all => all.filter((unit) => unit.tabIndex === 0).length") == 1
    units.first.focus()
    playground.page.keyboard.press("ArrowRight")
    playground.page.keyboard.press("ArrowDown")
    focused = playground.page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert re.match(
        r"hidden unit 1\.2: bias 0\.00; weights, from x₁ to x₂: −?\d\.\d\d, −?\d\.\d\d",
        focused,
    )
    assert playground.root.locator(".readout").inner_text() == focused
    assert "hidden unit 1.2" in playground.root.locator("figcaption").inner_text()
    # A step changes what is read there.
    playground.page.keyboard.press("Shift+Tab")
    assert "Point at" in playground.root.locator(".readout").inner_text()


def test_weight_is_read_at_its_line(playground):
    line = playground.root.locator(".target").first
    line.dispatch_event("pointerenter")
    text = playground.root.locator(".readout").inner_text()
    assert re.fullmatch(r"weight from x₁ to hidden unit 1\.1: −?\d\.\d\d", text)
    weight = float(text.rsplit(" ")[-1].replace("−", "-"))
    shown = playground.root.locator("line:not(.target)").first
    assert shown.get_attribute("class") == ("above" if weight > 0 else "below")


def test_pictures_are_described(playground):
    playground.choose(optimizer="Adam", lr="0.03")
    boundary = playground.root.get_by_role("img", name="Decision boundary")
    before = boundary.get_attribute("aria-label")
    playground.train(60)
    after = boundary.get_attribute("aria-label").replace("\u00a0", " ")
    assert before != after
    train, test = playground.measured[1], playground.measured[3]
    assert f"right for {train:.1f} % of the training points and {test:.1f} % of the test" in after
    assert "on test points from" in playground.root.get_by_role(
        "img", name="Loss, epoch by epoch"
    ).get_attribute("aria-label")
    # Blue lies in the middle of the circles, orange around it.
    middle, corner = boundary.evaluate(
        """(canvas) => [[32, 32], [2, 2]].map(([x, y]) =>
          [...canvas.getContext("2d").getImageData(x, y, 1, 1).data])"""
    )
    assert middle[2] > middle[0]
    assert corner[0] > corner[2]


def test_frames_per_second(playground, record_property):
    """Reported, not promised here: a test machine is no laptop."""
    playground.choose(layers="3", units1="8", units2="8", units3="8", optimizer="Adam", lr="0.01")
    playground.press("Run")
    began, first = time.perf_counter(), playground.counted[0]
    playground.page.wait_for_timeout(3000)
    rate = (playground.counted[0] - first) / (time.perf_counter() - began)
    playground.press("Pause")
    print(f"{rate:.0f} frames per second, each after an epoch")
    record_property("frames_per_second", rate)
    assert rate > 0


def test_weights_beyond_all_numbers(playground):
    playground.choose(layers="2", activation="identity", lr="10")
    playground.press("Run")
    playground.page.wait_for_function(
        "document.querySelector('.lab-playground button').textContent === 'Run'"
    )
    assert playground.status.startswith("The weights have grown beyond all numbers")
    playground.press("Reset")
    assert playground.status.startswith("Ready.")


def test_works_in_a_notebook_more_than_once(browser, monkeypatch):
    """There, each output brings its own copy of style and scripts."""
    shown = []
    monkeypatch.delenv(page.BUILDING, raising=False)
    monkeypatch.setattr(page, "display", lambda data, raw: shown.append(data["text/html"]))
    page.place("playground")
    page.place("playground")
    tab, complaints = browser.new_page(), []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    address = "http://notebook.test/"
    html = "<!doctype html>" + "".join(shown)
    tab.route(
        address, lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8")
    )
    tab.goto(address)
    for root in tab.locator(".lab-playground").all():
        root.get_by_role("button", name="One epoch").click()
        assert root.locator(".state").inner_text() == "Paused. Epoch 1, step 20."
        if not root.locator("[name=data]").is_visible():
            root.get_by_role("button", name="Settings").click()
        root.locator("[name=data]").select_option("xor")
    assert complaints == []
    tab.close()


# --- what runs is said, and a link gives the same run


def test_state_follows_the_run(playground):
    playground.choose(speed="20")
    playground.press("Run")
    seen = set()
    for _ in range(4):
        playground.page.wait_for_timeout(300)
        assert re.fullmatch(r"Running\. Epoch \d+, step \d+\.", playground.state)
        seen.add(playground.counted)
    assert len(seen) > 1
    assert playground.status.startswith("Running. Epoch 0: loss")
    playground.press("Pause")
    assert playground.state == "Paused. Epoch {}, step {}.".format(*playground.counted)
    assert playground.status.startswith("Paused. Epoch")


def test_speed_is_in_steps_per_second(playground):
    playground.choose(speed="5")
    began = time.perf_counter()
    playground.press("Run")
    playground.page.wait_for_timeout(1500)
    playground.press("Pause")
    # A picture that comes late never makes more of the time that went by.
    assert 1 <= playground.counted[1] <= 5 * (time.perf_counter() - began) + 1


def test_link_holds_what_was_changed_on_the_way(playground, lab_page):
    playground.train(2)
    playground.press("One step")
    playground.choose(lr="0.3", batch="50", dropout="0.2", l1="0.001")
    playground.train(2)
    playground.choose(optimizer="Momentum", lr="0.03")
    playground.root.locator(".target").first.dispatch_event("click")
    playground.root.locator(".editor input[type=number]").fill("-1.5")
    playground.root.locator(".editor input[type=number]").press("Tab")
    playground.train(3)
    address = playground.page.url
    assert playground.root.locator(".changed").inner_text().startswith("On the way: 7 changes")
    other = Playground(lab_page(WIDE))
    other.open(address)
    assert other.settings["lr"] == "0.1"
    assert "learning rate 0.03 after step 49" in other.state
    other.train(7)
    assert other.counted == playground.counted
    assert other.settings == playground.settings
    assert other.measured == playground.measured
    assert other.network == playground.network
    # What the reader does in place of it is kept, and what was to come is forgotten.
    other.open(address)
    other.train(1)
    other.choose(lr="1")
    assert other.page.url.endswith("#then=20-lr-1")
    # A new start has the settings that are seen.
    other.press("Reset")
    assert other.page.url.endswith("#lr=1")


REPLAY = """(seed) => {
  const { AT_ONCE, Session, placeOf, read, weightName } = nnSession;
  const rng = new nnNetwork.Random(seed);
  const one = (list) => list[Math.floor(list.length * rng.random())];
  const [settings] = read(one(["", "data=hills&layers=2", "x1x1=on&points=50&layers=0"]));
  const run = new Session(settings);
  const names = Object.keys(AT_ONCE);
  for (let i = 0; i < 12; i++) {
    for (let k = Math.floor(60 * rng.random()); k > 0; k--) run.step();
    for (let k = Math.floor(4 * rng.random()); k > 0; k--) {
      const name = one([...names, weightName(1, 0), weightName(1, 1, 0)]);
      run.change(name, AT_ONCE[name] ? one(AT_ONCE[name][1]) : rng.uniform(-3, 3).toFixed(2));
    }
  }
  const [again, changes, refused] = read(run.address);
  const replay = new Session(again, changes);
  while (replay.steps < run.steps) replay.step();
  const ends = [run, replay].flatMap(({ network, settings }) => [[...network.theta], settings]);
  return [refused.length, changes.length, run.steps, ...ends];
}"""


def test_any_changes_at_any_time_are_in_the_address(session_page):
    for seed in range(40):
        refused, changes, steps, theta, settings, again, seen = session_page.evaluate(REPLAY, seed)
        assert refused == 0
        assert changes > 2
        assert steps > 100
        assert again == theta, f"seed {seed}"
        assert settings == seen


def test_copy_link(playground):
    playground.seen.context.grant_permissions(["clipboard-read", "clipboard-write"])
    playground.train(1)
    playground.choose(lr="1")
    playground.press("Copy link")
    playground.page.wait_for_function(
        "document.querySelector('.lab-playground .state').textContent.startsWith('The link')"
    )
    assert playground.status == "The link is copied. It shows others this run."
    copied = playground.page.evaluate("navigator.clipboard.readText()")
    assert copied == playground.page.url
    assert copied.endswith("#then=20-lr-1")


def test_copy_link_where_it_is_not_allowed(playground):
    playground.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
    playground.press("Copy link")
    playground.page.wait_for_function(
        "document.querySelector('.lab-playground .state').textContent.includes('does not let')"
    )


def test_link_for_a_class(playground):
    playground.choose(data="spiral", layers="2")
    playground.press("For a class")
    dialog = playground.root.get_by_role("dialog", name="A link for a class")
    dialog.get_by_role("button", name="Untick all").click()
    dialog.get_by_label("learning rate").check()
    link = dialog.get_by_label("Link").input_value()
    assert dialog.get_by_role("link", name="Open it").get_attribute("href") == link
    dialog.get_by_role("button", name="Close").click()
    assert playground.field("data").is_visible()
    playground.open(link)
    visible = playground.root.locator("select:visible, input:visible")
    assert visible.evaluate_all("all => all.map((one) => one.name)") == ["lr"]
    buttons = playground.root.locator("button:visible:not(.unit)").all_inner_texts()
    assert buttons == ["Run", "Reset", "Copy link"]
    playground.root.locator(".target").first.dispatch_event("click")
    assert not playground.root.locator(".editor").is_visible()
    # What is hidden stays hidden after a change, and in the link.
    playground.choose(lr="1")
    assert "hide=" in playground.page.url
    assert playground.settings["data"] == "spiral"
    playground.press("Reset")
    assert not playground.field("data").is_visible()


# --- weights, inputs, regression


def test_weight_is_changed_by_keyboard(playground):
    keys, line = playground.page.keyboard, playground.root.locator("line:not(.target)").first
    first = line.get_attribute("class")
    playground.root.locator(".unit").first.focus()
    for key in ("ArrowRight", "ArrowUp", "ArrowUp", "Enter"):
        keys.press(key)
    editor = playground.root.get_by_role("group", name="Change a weight")
    number = editor.get_by_label("Number of hidden unit 1.1")
    assert number.evaluate("(one) => one === document.activeElement")
    number.select_option("weight from x₁")
    slider = editor.get_by_role("slider", name="weight from x₁ of hidden unit 1.1")
    slider.focus()
    keys.press("Home" if first == "above" else "End")
    other = "below" if first == "above" else "above"
    assert line.get_attribute("class") == other
    value = -5 if other == "below" else 5
    assert playground.page.url.endswith(f"#then=0-w1.1.1-{value}")
    assert "weight from x₁ to hidden unit 1.1" in playground.root.locator(".readout").inner_text()
    editor.get_by_label("as a number").fill("0")
    assert line.get_attribute("class") == "zero"
    keys.press("Escape")
    assert not editor.is_visible()
    focused = playground.page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focused.startswith("hidden unit 1.1: bias 0.00; weights, from x₁ to x₂: 0.00,")
    # The run stops where a weight is changed.
    playground.press("Run")
    playground.root.locator(".target").first.dispatch_event("click")
    slider.focus()
    keys.press("ArrowRight")
    assert playground.state.startswith("Paused.")


def test_squares_make_circles_a_line(playground):
    playground.choose(x1x1="on", x2x2="on", x1="off", x2="off", layers="0")
    assert playground.root.locator(".unit").count() == 4
    playground.train(30)
    assert playground.measured[3] > 95
    # A network needs an input.
    playground.choose(x1x1="off")
    assert playground.field("x2x2").is_disabled()
    assert playground.field("x1x1").is_enabled()


@pytest.mark.parametrize("data", ["plane", "hills"])
def test_regression(playground, data):
    playground.choose(data=data, layers="2", units1="8", units2="8", noise="0")
    assert playground.root.locator(".unit").count() == 2 + 16 + 1
    assert not playground.field("loss").is_visible()
    assert not playground.root.get_by_role("columnheader", name="accuracy").is_visible()
    before = [float(text) for text in playground.root.locator("tbody td").all_inner_texts() if text]
    playground.train(100)
    after = [float(text) for text in playground.root.locator("tbody td").all_inner_texts() if text]
    assert len(before) == len(after) == 2
    assert after[0] < before[0] / 3
    assert after[1] < before[1] / 2
    assert "test loss" in playground.status
    label = playground.root.locator(".square canvas").get_attribute("aria-label")
    assert re.match(
        r"What the network answers: above zero, blue, on [\d.]+\u00a0% of the pic", label
    )


def test_two_colours_only(playground):
    colours = """canvas => new Set(new Uint32Array(canvas.getContext("2d")
      .getImageData(0, 0, 64, 64).data.buffer)).size"""
    square = playground.root.locator(".square canvas")
    playground.train(20)
    assert square.evaluate(colours) > 20
    playground.choose(discrete="on")
    assert square.evaluate(colours) == 2
    assert playground.counted == (20, 400)
    assert playground.page.url.endswith("#discrete=on")


CONTRASTS = """(root) => {
  const linear = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const parts = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const canvas = root.querySelector(".square canvas");
  const opacity = Number(getComputedStyle(canvas).opacity);
  const paper = parts(getComputedStyle(root.querySelector(".unit")).backgroundColor);
  const context = canvas.getContext("2d");
  return [...root.querySelectorAll("circle.train, circle.ring")].flatMap((dot) => {
    const [x, y] = ["cx", "cy"].map((name) => 32 + 12.8 * Number(dot.getAttribute(name)));
    if (x < 0 || x > 63 || y < 0 || y > 63) return [];
    const [r, g, b, alpha] = context.getImageData(x, y, 1, 1).data;
    const share = (opacity * alpha) / 255;
    const ground = [r, g, b].map((c, i) => share * c + (1 - share) * paper[i]);
    const lights = [ground, parts(getComputedStyle(dot).stroke)].map((c) => light(c) + 0.05);
    return [Math.max(...lights) / Math.min(...lights)];
  });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dots_stand_out_on_their_ground(lab_page, scheme):
    playground = Playground(lab_page(WIDE, scheme=scheme))
    playground.choose(discrete="on")
    contrasts = playground.root.evaluate(CONTRASTS)
    assert len(contrasts) > 390
    assert min(contrasts) > 4.5


# --- the forms it takes


def test_on_a_phone_settings_rise_below_the_picture(phone):
    square, rate = phone.root.locator(".square"), phone.field("lr")
    assert not rate.is_visible()
    phone.press("Run")
    phone.press("Settings")
    opened = phone.root.get_by_role("button", name="Settings")
    assert opened.get_attribute("aria-expanded") == "true"
    sheet = phone.root.locator(".settings").bounding_box()
    picture, height = square.bounding_box(), phone.page.evaluate("innerHeight")
    assert picture["y"] >= 0
    assert picture["y"] + picture["height"] <= sheet["y"] + 1
    field = rate.bounding_box()
    assert sheet["y"] <= field["y"]
    assert field["y"] + field["height"] < height
    first = phone.counted
    rate.select_option("1")
    phone.page.wait_for_timeout(500)
    assert phone.state.startswith("Running.")
    assert phone.counted > first
    assert re.search(r"then=\d+-lr-1$", phone.page.url)
    rate.press("Escape")
    assert not rate.is_visible()
    assert opened.evaluate("(one) => one === document.activeElement")
    assert opened.get_attribute("aria-expanded") == "false"


def test_on_a_phone_a_finger_hits(phone):
    phone.press("Settings")
    phone.root.locator(".target").first.dispatch_event("click")
    small = phone.root.evaluate(
        """(root) => [...root.querySelectorAll("button, select, input")].flatMap((one) => {
          if (!one.checkVisibility()) return [];
          const target = one.type === "checkbox" ? one.parentElement : one;
          let { width, height } = target.getBoundingClientRect();
          if (one.matches(".unit")) {
            const around = parseFloat(getComputedStyle(one, "::after").inset);
            [width, height] = [width - 2 * around, height - 2 * around];
          }
          return width < 43.5 || height < 43.5 ? [`${one.outerHTML}: ${width} x ${height}`] : [];
        })"""
    )
    assert small == []
    for width in (390, 320):
        phone.page.set_viewport_size({"width": width, "height": 700})
        assert phone.page.evaluate("document.documentElement.scrollWidth") == width


def test_on_a_phone_nothing_covers_the_weight_that_is_changed(phone):
    phone.press("Settings")
    phone.root.get_by_role("button", name="hidden unit 1.1").dispatch_event("click")
    editor, tools = phone.root.locator(".editor"), phone.root.locator(".tools").first
    ends = editor.bounding_box()["y"] + editor.bounding_box()["height"]
    assert 0 < ends <= tools.bounding_box()["y"]


# --- the experiments


HISTORY = """([address, ...stages]) => {
  const [settings, , refused] = nnSession.read(address);
  if (refused.length) throw new Error(refused);
  const session = new nnSession.Session(settings);
  const rows = [];
  for (const [epochs, changes] of stages) {
    for (const [name, value] of Object.entries(changes)) session.change(name, value);
    for (let i = 0; i < epochs; i++) {
      session.epoch();
      session.measure();
      const {train, test} = session;
      rows.push([train.loss, train.accuracy, test.loss, test.accuracy]);
    }
  }
  return rows;
}"""


@pytest.fixture(scope="module")
def session_page(browser):
    """A page with the runs alone, and nothing that draws them."""
    tab = browser.new_page()
    for name in ("network.js", "session.js"):
        tab.add_script_tag(content=page.static(name))
    yield tab
    tab.close()


@pytest.fixture(scope="module")
def run(session_page):
    """What happens in an experiment: for each epoch, loss and accuracy, in training and in test."""
    return lambda address, *stages: np.array(session_page.evaluate(HISTORY, [address, *stages])).T


def test_zeros_learn_nothing(run):
    loss, *_ = run("layers=2&init=zeros", (100, {}))
    assert loss == pytest.approx(np.log(2), abs=0.002)
    loss, *_ = run("layers=2&init=small_normal", (300, {}))
    assert loss.min() > 0.65
    loss, *_ = run("layers=2", (300, {}))
    assert loss[-1] < 0.05


def test_no_hidden_layer_draws_a_line(run):
    for address, bends in [("layers=0", 0), ("units1=3", 1), ("layers=3&activation=identity", 0)]:
        *_, accuracy = run(address, (100, {}))
        assert accuracy[-1] > 0.95 if bends else accuracy.max() < 0.75


def test_squared_error_stalls(run):
    deep = "layers=2&activation=sigmoid"
    *_, accuracy = run(f"{deep}&loss=mean_squared_error", (400, {}))
    assert accuracy[-1] < 0.75
    *_, accuracy = run(deep, (400, {}))
    assert accuracy[-1] > 0.95


def test_too_large_steps_jump_and_leave_flat_units(run):
    loss, _, _, accuracy = run("lr=10", (50, {}), (200, {"lr": "0.1"}))
    assert np.abs(np.diff(loss[:50])).max() > 3
    assert np.abs(np.diff(loss[100:])).max() < 0.1
    assert accuracy[-1] < 0.9
    *_, accuracy = run("", (150, {}))
    assert accuracy[-1] > 0.95


def test_remedies_against_learning_by_heart(run):
    address = "noise=0.5&points=50&layers=3&units1=8&units2=8&units3=8"
    address += "&activation=relu&init=he_normal&optimizer=Adam&lr=0.01"
    train, _, bare, _ = run(address, (200, {}))
    assert train[-1] < 0.01
    assert bare[-1] > 2 * bare.min()
    _, _, tamed, _ = run(f"{address}&l2=0.03", (200, {}))
    assert tamed.min() < 1.1 * bare.min()
    assert tamed[-1] < 1.1 * tamed.min()
    _, _, dropped, _ = run(f"{address}&dropout=0.2", (400, {}))
    assert dropped[199] < bare[199] / 2
    assert dropped[-1] > 1.5 * dropped.min()
    _, _, more, _ = run(address.replace("points=50", "points=200"), (200, {}))
    assert more[-1] < bare[-1] / 2


def test_adam_follows_the_spiral_first(run):
    spiral = "data=spiral&noise=0&layers=3&units1=8&units2=8&units3=8"
    *_, slow = run(f"{spiral}&lr=0.01", (100, {}))
    assert slow.max() < 0.75
    *_, adam = run(f"{spiral}&lr=0.01&optimizer=Adam", (100, {}))
    assert adam[-1] > 0.95
    *_, faster = run(f"{spiral}&lr=0.1", (300, {}))
    assert faster[-1] > 0.95


def test_batches_of_one_and_of_all(run):
    loss, _, _, accuracy = run("batch=1", (10, {}))
    assert accuracy[-1] > 0.95
    loss, *_ = run("batch=all", (100, {}))
    assert (np.diff(loss) < 0).all()
    assert loss[9] > 0.6


ALL_INPUTS = "x1x1=on&x2x2=on&x1x2=on&sinx1=on&sinx2=on&layers=0"
WEIGHTS = """(address) => {
  const session = new nnSession.Session(...nnSession.read(address));
  for (let i = 0; i < 200; i++) session.epoch();
  return [...session.network.W[0]];
}"""


def test_a_product_parts_the_corners(run):
    *_, accuracy = run("data=xor&layers=0", (100, {}))
    assert accuracy.max() < 0.75
    *_, accuracy = run("data=xor&layers=0&x1x2=on", (100, {}))
    assert accuracy[-1] > 0.95


def test_l1_keeps_few_weights_and_l2_small_ones(session_page):
    others = [0, 1, 4, 5, 6]
    l1 = np.abs(session_page.evaluate(WEIGHTS, f"{ALL_INPUTS}&l1=0.03")).reshape(7, 2)
    l2 = np.abs(session_page.evaluate(WEIGHTS, f"{ALL_INPUTS}&l2=0.03")).reshape(7, 2)
    for weights in (l1, l2):
        assert weights[2:4].min() > 1
    assert l1[others].max() < 0.005
    assert np.median(l2[others]) > 0.02


def test_regression_ends_at_the_noise(run):
    train, _, test, _ = run("data=plane&noise=0.5&layers=0", (200, {}))
    assert train[-1] == pytest.approx(0.25, abs=0.05)
    assert test[-1] == pytest.approx(0.25, abs=0.05)
    large = "layers=2&units1=8&units2=8&points=20&optimizer=Adam"
    train, _, test, _ = run(f"data=plane&noise=0.5&{large}", (300, {}))
    assert train[-1] < 0.1
    assert test[-1] > 1.5 * test.min()

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
            self.root.locator(f"select[name={name}]").select_option(value)

    @property
    def settings(self):
        return self.root.locator("select").evaluate_all(
            "all => Object.fromEntries(all.map((one) => [one.name, one.value]))"
        )

    @property
    def status(self):
        return self.root.get_by_role("status").inner_text()

    @property
    def counted(self):
        """Epochs and steps."""
        return tuple(int(n) for n in re.findall(r"\d+", self.root.locator(".counter").inner_text()))

    @property
    def measured(self):
        """Loss and accuracy on training points, then on test points."""
        cells = self.root.locator("tbody td").all_inner_texts()
        return [float(text.removesuffix("%")) for text in cells]

    @property
    def picture(self):
        """All that is seen of the run: numbers, each picture, each weight, the curves."""
        return self.root.evaluate(
            """(root) => [
              ...[...root.querySelectorAll("canvas")].map((canvas) => canvas.toDataURL()),
              ...[...root.querySelectorAll("line, circle, path")].map((shape) => shape.outerHTML),
              ...[...root.querySelectorAll("td, .counter")].map((cell) => cell.textContent),
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


@pytest.fixture
def playground(lab_page):
    found = Playground(lab_page(page.element("playground")))
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
    playground.press("New seed")
    playground.train(4)
    address = playground.page.url
    other = Playground(lab_page(page.element("playground")))
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
    ],
)
def test_bad_link_says_so(playground, bad, named):
    usual = playground.settings
    playground.open(f"{playground.page.url}#{bad}")
    assert f"The link asks for {named}, which is not offered" in playground.status
    assert playground.settings == usual | ({"noise": "0.5"} if "noise" in bad else {})
    # The address is mended too.
    assert playground.page.url.endswith("#noise=0.5" if "noise" in bad else ".html")


def test_what_starts_anew_and_what_acts_at_once(playground):
    playground.train(2)
    playground.choose(optimizer="Adam", lr="0.01", batch="20", l2="0.01", dropout="0.1")
    assert playground.counted == (2, 40)
    playground.press("One epoch")
    assert playground.counted == (3, 50)
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
        shown = playground.root.locator("select[name^=units]:visible")
        assert shown.count() == layers
        assert playground.root.locator(".unit").count() == 2 + 4 * layers + 2


def test_adamw_decays(playground):
    assert playground.root.get_by_label("L2 strength").is_visible()
    playground.choose(optimizer="AdamW")
    assert playground.root.get_by_label("weight decay").is_visible()


def test_keyboard_leads_through_the_network(playground):
    units = playground.root.locator(".unit")
    assert units.evaluate_all("all => all.filter((unit) => unit.tabIndex === 0).length") == 1
    units.first.focus()
    playground.page.keyboard.press("ArrowRight")
    playground.page.keyboard.press("ArrowDown")
    focused = playground.page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert re.match(
        r"hidden unit 1\.2: bias 0\.00; weights, from input 1 to input 2: −?\d\.\d\d, −?\d\.\d\d",
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
    assert re.fullmatch(r"weight from input 1 to hidden unit 1\.1: −?\d\.\d\d", text)
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
        "document.querySelector('.lab-playground .tools button').textContent === 'Run'"
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
        assert root.locator(".counter").inner_text() == "epoch 1 · step 20"
        root.locator("select[name=data]").select_option("xor")
    assert complaints == []
    tab.close()


# --- the experiments


HISTORY = """([address, ...stages]) => {
  const [settings, refused] = nnSession.read(address);
  if (refused.length) throw new Error(refused);
  const session = new nnSession.Session(settings);
  const rows = [];
  for (const [epochs, changes] of stages) {
    session.tune(Object.assign(settings, changes));
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
def run(browser):
    """What happens in an experiment: for each epoch, loss and accuracy, in training and in test."""
    tab = browser.new_page()
    for name in ("network.js", "session.js"):
        tab.add_script_tag(content=page.static(name))

    def run(address, *stages):
        return np.array(tab.evaluate(HISTORY, [address, *stages])).T

    yield run
    tab.close()


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

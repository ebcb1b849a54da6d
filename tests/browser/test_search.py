"""The search: what it finds first, how it shows it, and how it is reached."""

import re

import pytest
import repository
from conftest import Visit

# What a reader asks for, and the page and the section to which the first result leads.
EXPECTED = {
    "playground": ("playground", "Train it here"),
    "softmax": ("02_forward_pass", "2.12 From scores to probabilities"),
    "overfitting": ("09_regularization", "9.3 Learning by heart"),
    "overfit": ("09_regularization", "9.3 Learning by heart"),
    "Adam": ("08_optimizers", "8.7 Adam"),
    "backpropagation": ("05_backpropagation", "05 Backpropagation"),
    "learning rate": ("06_training", "Rung 4: the learning rate"),
    "dropout": ("09_regularization", "9.8 Dropout"),
    "momentum": ("08_optimizers", "8.3 Momentum"),
    "cross-entropy": ("03_losses", "3.4 Cross-entropy"),
    "numpy": ("13_speed", "13 How fast is NumPy?"),
    "autograd": ("14_autograd", "14 Autograd"),
    "minibatches": ("01_data", "1.9 Minibatches"),
    "optimizer": ("08_optimizers", "08 Optimizers"),
    "optimizers": ("08_optimizers", "08 Optimizers"),
    "sofmax": ("02_forward_pass", "2.12 From scores to probabilities"),
    "load_mnist scale": ("01_data", "1."),
    "gradient check": ("04_numerical_gradient", "4.7 How near is near enough?"),
    "gradient checking": ("04_numerical_gradient", "4.7 How near is near enough?"),
    "learning rate schedule": ("08_optimizers", "8.11 Schedules"),
    "data augmentation": ("09_regularization", "9.9 Make new pictures out of old ones"),
    "he initialization": ("07_initialization", "07 Initialization"),
    "vanishing gradient": ("05_backpropagation", "Activations"),
    "what is a neuron": ("02_forward_pass", "2.2 One neuron"),
    "how to train": ("06_training", "06 Training"),
    "weight decay": ("09_regularization", "Read it as shrinking"),
    "early stopping": ("09_regularization", "9.5 Stop in time"),
    "confusion matrix": ("10_evaluation", "10.8 Which digits?"),
    "confidence interval": ("10_evaluation", "Solve for q instead"),
    "softmax gradient": ("05_backpropagation", "Softmax: every output feels every input"),
    "matrix multiplication": ("02_forward_pass", "2.4 A batch: the matrix product"),
    "one-hot": ("01_data", "1.6 Labels, and one-hot rows"),
    "draw a digit": ("00_tour", "0.8 Draw your own"),
    "roofline": ("13_speed", "13.6 The roof"),
    "computation graph": ("05_backpropagation", "5.2 First pass"),
}
WHOLE = re.compile(r"[^a-z…].*[.?!:][”’)]*")
LAST = re.compile(r"/(reference|claims|runs|speed|bibliography|teaching|syllabus|exam)\.html")


@pytest.fixture(scope="module")
def visit(browser, site):
    """The search, from the folder in which a server may have the site."""
    folder = repository.address().rpartition("/")[2] or "course"
    visit = Visit(browser, f"{site}/{folder}", "search", width=390, scheme="light")
    yield visit
    assert visit.complaints == []
    assert visit.abroad == []
    visit.context.close()


def ask(visit, query: str) -> list[dict]:
    """Type a query, and give what is shown."""
    status = visit.page.get_by_role("status")
    field = visit.page.get_by_role("searchbox", name="Search for")
    field.fill("")
    status.filter(has_text=re.compile("^$")).wait_for(state="attached")
    field.press_sequentially(query)
    status.filter(has_text=query).wait_for()
    return visit.page.locator("#search-results li").evaluate_all(
        """all => all.map(each => ({
          href: each.querySelector("a").href, text: each.querySelector("a").textContent,
          around: each.querySelector(".search-around")?.textContent,
          sentence: each.querySelector("p:not(.search-around)")?.textContent ?? "",
          marks: [...each.querySelectorAll("mark")].map(mark => mark.textContent) }))"""
    )


def test_nothing_is_loaded_before_the_reader_types(visit):
    assert visit.page.evaluate("typeof searchIndex") == "undefined"


@pytest.mark.parametrize("query", EXPECTED)
def test_what_is_meant_comes_first(visit, query):
    found = ask(visit, query)
    page, section = EXPECTED[query]
    assert f"{visit.site}/book/{page}.html" in found[0]["href"]
    assert section in found[0]["text"]
    assert found[0]["around"] or "#" not in found[0]["href"]
    assert found[0]["sentence"]
    assert any(each["marks"] for each in found)
    last = [bool(LAST.search(each["href"])) for each in found]
    assert last == sorted(last)
    # Excerpts are sentences, but for a few that a list or a formula cuts.
    texts = [each["sentence"] for each in found]
    assert [text for text in texts if re.search(r"[\\$]|\bdef ", text)] == []
    whole = [
        WHOLE.fullmatch(text) for text, is_last in zip(texts, last, strict=True) if not is_last
    ]
    assert sum(map(bool, whole)) >= 0.75 * len(whole)


def test_result_leads_to_the_section_by_keyboard(visit):
    ask(visit, "dropout")
    assert visit.page.url.endswith("search.html?q=dropout")
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**/09_regularization.html#*")
    anchor = visit.page.url.partition("#")[2]
    assert visit.page.locator(f"[id='{anchor}'] h2").first.inner_text().startswith("9.8 Dropout")
    visit.page.go_back()
    first = visit.page.locator("#search-results a").first
    assert first.inner_text().startswith("9.8 Dropout")


def test_count_is_announced(visit):
    found = ask(visit, "velocity")
    said = visit.page.get_by_role("status").inner_text()
    assert said == f"{len(found)} places for “velocity”."
    ask(visit, "sofmax")
    assert visit.page.get_by_role("status").inner_text().startswith("Nothing is written “sofmax”.")


def test_what_is_not_written_gives_the_rest_of_the_query(visit):
    found = ask(visit, "bootstrap confidence interval")
    assert "10_evaluation.html" in found[0]["href"]
    assert visit.page.get_by_role("status").inner_text().startswith("Nothing is written “bootstrap")


def test_results_after_the_best_can_be_reached(visit):
    ask(visit, "training")
    results = visit.page.locator("#search-results li")
    more = visit.page.get_by_role("button", name="Show 20 more")
    assert results.count() == 20
    more.press("Enter")
    assert results.count() == 40
    assert results.nth(20).locator("a").evaluate("link => link === document.activeElement")
    status = visit.page.get_by_role("status")
    total = int(status.inner_text().split()[0])
    assert status.inner_text() == f"{total} places for “training”. These are the best 40."
    for _ in range(total // 20 - 1):
        visit.page.locator("#search-more").click()
    assert results.count() == total
    assert not visit.page.locator("#search-more").is_visible()
    ask(visit, "velocity")
    assert results.count() < 20
    assert not visit.page.locator("#search-more").is_visible()


def test_nothing_is_found(visit):
    assert ask(visit, "<img src=x onerror=alert(1)>zebra") == []
    said = visit.page.get_by_role("status").inner_text()
    assert said.startswith("Nothing found for “<img src=x onerror=alert(1)>zebra”. Try ")
    assert visit.page.locator("#search-status *, #search-results *").count() == 0


def test_fits_a_phone(visit):
    ask(visit, "backpropagation")
    width = "document.documentElement.scrollWidth"
    assert visit.page.evaluate(width) == 390
    field = visit.page.get_by_role("searchbox", name="Search for")
    inner = "field => field.clientWidth - parseFloat(getComputedStyle(field).paddingRight)"
    button = visit.page.locator("main .shell-search button").bounding_box()
    # The query ends before the button begins.
    assert field.bounding_box()["x"] + field.evaluate(inner) <= button["x"] + 1


def test_without_scripts_a_sentence_says_so(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/search.html?q=softmax")
    assert page.get_by_text("The search needs JavaScript").is_visible()
    assert not page.get_by_role("searchbox", name="Search for").is_visible()
    context.close()


def test_only_one_index_is_in_the_site(built_book):
    for name in ("searchindex.js", "_static/searchtools.js", "_static/language_data.js"):
        assert not (built_book / name).exists(), name

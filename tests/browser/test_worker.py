"""Python in the page: worker.js and shell.py run cells in a browser, as a page asks them to.

A few chapters are run to their ends; `pytest --live` runs all.
"""

import json
import re
import time
from pathlib import Path

import files
import in_page
import nbformat
import pytest
from conftest import ROOT, Watched, served
from test_notebooks import NOTEBOOKS

# Seconds until a page gives Python up. It takes a fraction of one if nothing else runs.
PATIENCE = 3
SHORTENED = json.loads((Path(in_page.__file__).parent / "shortened.json").read_text("utf-8"))
QUICK = ["01_data", "04_numerical_gradient"]

# Plays the page, and the service worker that carries Stop.
PAGE = """<!doctype html><link rel="icon" href="data:,"><title>Python</title><script type="module">
await navigator.serviceWorker.register("service_worker.js");
await new Promise((controls) => {
  if (navigator.serviceWorker.controller) controls();
  else navigator.serviceWorker.oncontrollerchange = controls;
});
const worker = new Worker("python/worker.js", { type: "module" });
const waiting = [];
worker.onmessage = ({ data }) => {
  for (const each of [...waiting]) each(data);
};
// Posts a message, and gives all messages up to the one of type `last`.
window.tell = (message, last) => new Promise((resolve, reject) => {
  setTimeout(reject, 900_000, `no ${last}`);
  const messages = [];
  const listen = (data) => {
    messages.push(data);
    if (data.type === last || data.type === "failed") {
      waiting.splice(waiting.indexOf(listen), 1);
      resolve(messages);
    }
  };
  waiting.push(listen);
  worker.postMessage(message);
});
window.stop = () => navigator.serviceWorker.controller.postMessage({ type: "stop", key: "k" });
</script>"""
SERVICE_WORKER = """
let stop = false;
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("message", ({ data }) => { stop = data.type === "stop"; });
addEventListener("fetch", (event) => {
  if (!event.request.url.endsWith("/stop?key=k")) return;
  event.respondWith(new Response(stop ? "stop" : "go"));
  stop = false;
});
"""


@pytest.fixture(scope="module")
def python_site(tmp_path_factory):
    """Serve Python for the page, and give the address."""
    if not files.fetch():
        pytest.skip("the files of Pyodide cannot be fetched")
    folder = tmp_path_factory.mktemp("python_site")
    files.layout(folder / "python")
    in_page.write_scripts(folder / "python")
    files.write_contents(folder / "python")
    (folder / "service_worker.js").write_text(SERVICE_WORKER)
    (folder / "page.html").write_text(PAGE)
    with served(folder) as address:
        yield address


class Python:
    """Python in a tab of the browser."""

    def __init__(self, browser, site):
        self.tab = Watched(browser, site, width=1280, scheme="light")
        self.page = self.tab.page
        self.page.set_default_timeout(60_000)
        self.page.goto(f"{site}/page.html")
        self.page.wait_for_function("'tell' in window")
        self.began = self.tell(
            {"type": "start", "base": f"{site}/python/", "stopKey": "k"}, "ready"
        )

    def tell(self, message, last):
        return self.page.evaluate("([message, last]) => tell(message, last)", [message, last])

    def run(self, source):
        """Run a cell, and give how it ended and its outputs."""
        *told, done = self.tell({"type": "run", "run": 1, "source": source}, "done")
        assert all(message["type"] == "output" and message["run"] == 1 for message in told)
        return done["status"], [message["output"] for message in told]

    def begin(self, source):
        """Let a cell run, and give a function that waits for its end."""
        message = {"type": "run", "run": 1, "source": source}
        self.page.evaluate("(message) => { window.told = tell(message, 'done'); }", message)

        def end():
            *told, done = self.page.evaluate("told")
            return done["status"], [message["output"] for message in told]

        return end


@pytest.fixture(scope="module")
def python(browser, python_site):
    python = Python(browser, python_site)
    yield python
    python.tab.context.close()


def texts(outputs, name="stdout"):
    return "".join(each["text"] for each in outputs if each.get("name") == name)


def test_loading_is_told_in_bytes(python):
    *progress, ready = python.began
    loaded = [message["loaded"] for message in progress]
    assert ready["type"] == "ready"
    assert ready["seconds"] > 0
    assert ready["kernel"].startswith("matmul")
    assert loaded == sorted(loaded)
    assert len(loaded) > 2
    assert loaded[-1] == progress[-1]["total"] > 30e6
    assert not python.tab.abroad
    assert not python.tab.complaints


def test_outputs_are_those_of_a_notebook(python):
    status, outputs = python.run(
        "import sys\n"
        "from IPython.display import HTML, Markdown, display\n"
        "print('one'); print('two', file=sys.stderr); display(HTML('<b>three</b>'))\n"
        "display(Markdown('*four* <i>'))\n'five'"
    )
    assert status == "ok"
    kinds = [each.get("name", each["output_type"]) for each in outputs]
    assert kinds == ["stdout", "stderr", "display_data", "display_data", "execute_result"]
    assert outputs[0]["text"] == "one\n"
    assert outputs[2]["data"]["text/html"] == "<b>three</b>"
    assert outputs[3]["data"]["text/html"] == "<p><em>four</em> &lt;i&gt;</p>\n"
    assert outputs[4]["data"] == {"text/plain": "'five'"}
    for each in outputs:
        each.pop("transient", None)
        nbformat.validate(each, ref="output", version=4)


def test_a_paragraph_keeps_its_mark(python):
    _, (said,) = python.run("from nn_core.lab import say\nsay('It reads **9** of 10.')")
    assert said["metadata"] == {"nn_core_said": True}
    assert said["data"]["text/html"] == "<p>It reads <strong>9</strong> of 10.</p>\n"


def test_open_figures_are_shown(python):
    source = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"
    status, outputs = python.run(source)
    assert status == "ok"
    assert outputs[-1]["data"]["image/png"].startswith("iVBOR")


def test_displays_are_replaced_and_cleared(python):
    _, outputs = python.run(
        "from IPython.display import clear_output\n"
        "handle = display('a', display_id=True)\nhandle.update('b')\nclear_output(wait=True)"
    )
    first, second, third = outputs
    assert first["transient"]["display_id"] == second["transient"]["display_id"]
    assert second["output_type"] == "update_display_data"
    assert third == {"output_type": "clear_output", "wait": True}


def test_an_error_shows_the_readers_line_first(python):
    source = "import numpy as np\n\nnp.linalg.inv(np.zeros((2, 3)))  # here"
    status, (error,) = python.run(source)
    assert (status, error["ename"]) == ("error", "LinAlgError")
    assert "must be square" in error["evalue"]
    own, library = error["traceback"]
    assert re.match(r"Cell In\[\d+\], line 3\n", own)
    assert "----> 3 np.linalg.inv(np.zeros((2, 3)))  # here" in own
    assert "numpy/linalg" not in own
    assert "numpy/linalg" in library
    assert "\x1b" not in own + library


def test_a_syntax_error_shows_its_place(python):
    status, (error,) = python.run("x = = 1")
    assert (status, error["ename"]) == ("error", "SyntaxError")
    assert error["evalue"] == "invalid syntax"
    assert "x = = 1\n        ^" in error["traceback"][0]


def test_what_a_page_cannot_do_is_said(python):
    _, (error,) = python.run("name = input('Your name? ')")
    assert "write the answer into the cell" in error["evalue"]
    _, outputs = python.run("%pip install torch")
    assert "Nothing can be installed in a page" in texts(outputs, "stderr")
    _, outputs = python.run("names = !ls")
    assert "can start no other program" in texts(outputs, "stderr")


def test_a_cell_that_prints_too_much_is_cut(python):
    status, outputs = python.run("for k in range(100_000): print(k)")
    printed = texts(outputs)
    assert status == "ok"
    assert len(printed) < 201_000
    assert "the rest is left out" in printed
    assert len(outputs) < 100
    _, (large,) = python.run("display(HTML('x' * 20_000_000))")
    assert "too large" in large["data"]["text/plain"]
    _, outputs = python.run("for k in range(20): display(HTML('x' * 1_000_000))")
    assert len(outputs) == 10
    assert "the rest is left out" in outputs[-1]["data"]["text/plain"]
    _, (error,) = python.run("raise ValueError('x' * 3_000_000)")
    assert len(error["evalue"]) < 201_000
    assert all(len(part) < 201_000 for part in error["traceback"])


def test_what_is_replaced_does_not_count_as_printed(python):
    """Else what a long training prints at its end would be left out."""
    bar = "for k in range(5000): sys.stderr.write(f'\\r{k:60}')"
    _, outputs = python.run(f"import sys\n{bar}\nprint('the end')")
    assert texts(outputs) == "the end\n"
    frame = "for k in range(30): clear_output(wait=True); print('x' * 10_000)"
    _, outputs = python.run(f"from IPython.display import clear_output\n{frame}")
    assert "left out" not in texts(outputs)


def test_common_lines_of_notebooks_work(python):
    source = "%matplotlib inline\nsys.stdout.writelines(['a\\n', 'b\\n'])"
    status, outputs = python.run(f"import sys\n{source}")
    assert (status, texts(outputs)) == ("ok", "a\nb\n")


def test_text_arrives_while_a_cell_runs(python):
    source = (
        "import time\nstart = time.time()\nprint('a'); print('b')\n"
        "while time.time() < start + 2: pass"
    )
    message = {"type": "run", "run": 1, "source": source}
    began = time.perf_counter()
    printed = ""
    while printed != "a\nb\n":
        # The first message starts the cell. The others have no effect.
        (told,) = python.tell(message, "output")
        message = {"type": "nothing"}
        printed += told["output"]["text"]
    assert time.perf_counter() - began < 1
    python.tell(message, "done")


def stop(python, end):
    """Press Stop, and give how the cell ended, soon, and its outputs."""
    began = time.perf_counter()
    python.page.evaluate("stop()")
    ended = end()
    assert time.perf_counter() - began < PATIENCE
    return ended


@pytest.mark.parametrize(
    "source", ["while True: pass", "[k for k in iter(int, 1)]", "import time; time.sleep(60)"]
)
def test_stop_ends_a_loop(python, source):
    end = python.begin(source)
    time.sleep(0.5)
    status, outputs = stop(python, end)
    assert status == "interrupted"
    assert outputs[-1]["ename"] == "KeyboardInterrupt"
    assert python.run("1 + 1")[1][0]["data"]["text/plain"] == "2"


def test_a_stop_between_cells_stops_nothing(python):
    python.page.evaluate("stop()")
    time.sleep(0.2)
    status, _ = python.run("import time\nend = time.time() + 1\nwhile time.time() < end: pass")
    assert status == "ok"


def test_after_stop_fit_returns_its_history(python):
    python.run(
        "import numpy as np\nfrom nn_core import MLP, Adam, fit, load_mnist\n"
        "X, y, _, _ = load_mnist()\nmodel = MLP([784, 32, 10], rng=np.random.default_rng(0))"
    )
    end = python.begin(
        "history = fit(model, Adam(), X, y, epochs=1000, batch_size=64, "
        "rng=np.random.default_rng(0))\nlen(history)"
    )
    python.tell({"type": "nothing"}, "output")  # waits until there is a progress bar
    time.sleep(1)
    status, outputs = stop(python, end)
    assert status == "ok"
    assert int(outputs[-1]["data"]["text/plain"]) < 1000
    assert "stopped after" in texts(outputs)
    assert "epoch 1/1000" in texts(outputs, "stderr")


@pytest.mark.parametrize(
    ("source", "name", "start"),
    [("import numpy as np\nnp.lins", "linspace", 21), ("'🙂'; prin", "print", 6)],
)
def test_names_are_completed(python, source, name, start):
    python.run("import numpy as np")
    units = len(source.encode("utf-16-le")) // 2
    message = {"type": "complete", "request": 1, "source": source, "cursor": units}
    (found,) = python.tell(message, "completions")
    assert any(match.endswith(name) for match in found["matches"])
    assert (found["from"], found["to"]) == (start, units)


@pytest.mark.parametrize(
    ("name", "answer", "said"),
    [
        ("nn_core.zip", {"status": 404}, "nn_core.zip could not be loaded"),
        ("pyodide.asm.wasm", {"status": 503}, "pyodide.asm.wasm could not be loaded"),
        ("pyodide.asm.wasm", {"body": b"no code"}, "Python cannot be compiled"),
        ("tqdm-*.whl", {"body": b"damaged"}, ".whl did not arrive whole"),
    ],
)
def test_a_file_that_does_not_come_is_named(browser, python_site, name, answer, said):
    tab = Watched(browser, python_site, width=1280, scheme="light")
    form = {"content_type": "application/wasm"} if name.endswith(".wasm") else {}
    tab.page.route(f"**/{name}", lambda route: route.fulfill(**answer, **form))
    tab.page.goto(f"{python_site}/page.html")
    tab.page.wait_for_function("'tell' in window")
    start = {"type": "start", "base": f"{python_site}/python/"}
    *_, failed = tab.page.evaluate("(start) => tell(start, 'ready')", start)
    assert failed["type"] == "failed"
    assert said in failed["text"]
    tab.context.close()


def pytest_generate_tests(metafunc):
    if "path" in metafunc.fixturenames:
        everything = metafunc.config.option.live
        runs = [(path, False) for path in NOTEBOOKS if everything or path.stem in QUICK]
        if everything:
            runs += [(ROOT / f"{name}.ipynb", True) for name in SHORTENED]
        ids = [path.stem + " shortened" * short for path, short in runs]
        metafunc.parametrize(("path", "short"), runs, ids=ids)


def test_a_chapter_runs_to_its_end(browser, python_site, path, short, record_property):
    python = Python(browser, python_site)
    shorter = SHORTENED[f"book/{path.stem}"] if short else {}
    began = time.perf_counter()
    for k, cell in enumerate(in_page.cells_of(path, shorter)):
        status, outputs = python.run(cell.get("short", cell["source"]))
        errors = [each for each in outputs if each["output_type"] == "error"]
        assert (status, errors) == ("ok", []), f"cell {k} ({cell['id']}): {errors}"
    record_property("seconds", time.perf_counter() - began)
    python.tab.context.close()
    assert not python.tab.abroad
    assert not python.tab.complaints

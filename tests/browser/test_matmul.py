"""The matrix product of Python in the page equals NumPy's own."""

import json
import random

import files
import in_page
import pytest
from conftest import Watched, served

PAGE = """<!doctype html><link rel="icon" href="data:,"><title>NumPy</title><script type="module">
const instantiate = WebAssembly.instantiateStreaming;
let memory;
WebAssembly.instantiateStreaming = async (source, imports) => {
  const made = await instantiate(source, imports);
  memory ??= made.instance.exports.memory;
  return made;
};
const { loadPyodide } = await import("./python/pyodide.mjs");
const { quicken } = await import("./python/matmul.js");
window.pyodide = await loadPyodide({ packages: ["numpy"] });
window.quicken = () => quicken(pyodide, memory);
</script>"""

# Draws two arrays of all kinds, and where their product goes. NumPy's own loop for float64 tells
# what is right: each sum may be off by 1e-5 of what it would be if all its terms were positive.
CASES = """
import json
import random
import numpy as np

SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 127, 128, 129, 255, 256, 257, 300]

def laid_out(draw, shape, fill):
    "An array of this shape somewhere in a larger one, with any order of axes and any steps."
    axes = list(range(len(shape)))
    draw.shuffle(axes)
    steps = [draw.choice([1, 1, 1, -1, 2, -3]) for _ in shape]
    room = np.full([shape[a] * abs(steps[a]) + draw.randint(0, 2) for a in axes], fill, np.float32)
    array = room.transpose(np.argsort(axes))
    for a, (size, step) in enumerate(zip(shape, steps)):
        part = slice(0, size * abs(step), abs(step))
        array = np.moveaxis(np.moveaxis(array, a, 0)[part][:: 1 if step > 0 else -1], 0, a)
    return room, array

def factor(draw, rng, shape):
    _, array = laid_out(draw, shape, 7)
    array[...] = rng.standard_normal(shape)
    if shape and draw.random() < 0.1:
        array = np.broadcast_to(array[..., :1], shape)
    return array

def case(seed):
    draw, rng = random.Random(seed), np.random.default_rng(seed)
    rows, depth, columns = (draw.choice(SIZES) for _ in range(3))
    if draw.random() < 0.3:
        rows, depth, columns = (draw.randint(0, 12) for _ in range(3))
    batch = draw.choice([(), (), (), (3,), (2, 3), (2, 1, 2), (0,), (1,)])
    ahead = draw.randint(0, len(batch))
    a, b = (rows, depth), (depth, columns)
    kind = draw.choice(["matrices", "matrices", "matrices", "row", "column", "dot"])
    a = (depth,) if kind in ("row", "dot") else batch + a
    b = (depth,) if kind in ("column", "dot") else batch[ahead:] + b
    A, B = factor(draw, rng, a), factor(draw, rng, b)
    right = A.astype(float) @ B.astype(float)
    scale = np.abs(A).astype(float) @ np.abs(B).astype(float)
    room, out = laid_out(draw, np.shape(right), 5)
    if np.ndim(right) and draw.random() < 0.7:
        C = np.matmul(A, B, out=out).copy()
        out[...] = 5
        outside_kept = bool((room == 5).all())
    else:
        C, outside_kept = A @ B, True
    near = bool(np.all(np.abs(C - right) <= 1e-5 * scale))
    alike = C.dtype == np.float32 and np.shape(C) == np.shape(right)
    return near and alike and outside_kept, f"{kind} {a} {A.strides} {b} {B.strides}"

def cases(seeds):
    results = [(seed, *case(seed)) for seed in seeds]
    return json.dumps([f"seed {seed}: {what}" for seed, good, what in results if not good])
"""


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    """Give a page with NumPy, whose site has only those products that are in `page.site_has`."""
    if not files.fetch():
        pytest.skip("the files of Pyodide cannot be fetched")
    folder = tmp_path_factory.mktemp("matmul")
    (folder / "page.html").write_text(PAGE)
    files.layout(folder / "python")
    in_page.write_scripts(folder / "python")

    def answer(route):
        there = route.request.url.rpartition("/")[2] in page.site_has
        route.continue_() if there else route.fulfill(status=404)

    with served(folder) as address:
        tab = Watched(browser, address, width=800, scheme="light")
        page = tab.page
        page.route("**/matmul*.wasm", answer)
        page.goto(f"{address}/page.html")
        page.wait_for_function("'quicken' in window", timeout=120_000)
        page.evaluate("(code) => pyodide.runPython(code)", CASES)
        yield page
        tab.context.close()


def test_without_a_product_numpy_keeps_its_own(page):
    page.site_has = []
    assert page.evaluate("quicken()") == "NumPy's own"


@pytest.fixture(
    scope="module",
    params=[["matmul.wasm"], ["matmul.wasm", "matmul_relaxed.wasm"]],
    ids=["simd", "relaxed"],
)
def numpy(request, page):
    """Let NumPy multiply by the last of these products, and give a function that runs code."""
    page.site_has = request.param
    assert page.evaluate("quicken()") == request.param[-1]
    return lambda code: page.evaluate("(code) => pyodide.runPython(code)", code)


def test_products_equal_those_of_numpy(numpy):
    seeds = [random.randrange(10**9) for _ in range(400)]
    assert json.loads(numpy(f"cases({seeds})")) == []


def test_what_is_not_a_number_stays_so(numpy):
    assert numpy("""
A, B = np.ones((40, 50), np.float32), np.ones((50, 60), np.float32)
A[3, 4], A[5, 6], B[7, 8] = np.nan, np.inf, -np.inf
C = A @ B
bool(np.isnan(C[3]).all() and (np.delete(C[5], 8) == np.inf).all() and np.isnan(C[5, 8])
     and C[0, 8] == -np.inf and np.isfinite(np.delete(np.delete(C, [3, 5], 0), 8, 1)).all())
""")


def test_products_go_on_when_the_memory_has_grown(numpy):
    assert numpy("""
kept = [np.ones(50_000_000, np.float32) for _ in range(3)]
A = np.ones((300, 400), np.float32)
kept.clear()
bool((A @ A.T == 400).all())
""")


def test_other_types_are_left_to_numpy(numpy):
    assert numpy("""
A = np.arange(12).reshape(3, 4)
bool(all(((A.astype(t) @ A.T.astype(t)) == A @ A.T).all() for t in ("f8", "i2", "c8", "f2")))
""")

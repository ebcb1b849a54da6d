"""How fast the page's matrix product is beside NumPy's own and TensorFlow.js, in turns in one page.

    .venv/bin/python -m pytest -n0 -s tests/browser/measure_matmul.py

This fetches TensorFlow.js through npm, and prints medians. The machine should be idle.
"""

import json
import os
import statistics
import subprocess
import tarfile
from pathlib import Path

import files
import in_page
from conftest import served

PEERS = ["@tensorflow/tfjs@4.22.0", "@tensorflow/tfjs-backend-wasm@4.22.0"]
WANTED = ["tf.min.js", "tf-backend-wasm.min.js", "tfjs-backend-wasm-simd.wasm"]
ROUNDS = 15

# In the page: contenders by name, each with functions that multiply and that train one step.
PAGE = """<!doctype html><link rel="icon" href="data:,"><title>Speed</title>
<script src="tf.min.js"></script><script src="tf-backend-wasm.min.js"></script>
<script type="module">
import { loadPyodide } from "./python/pyodide.mjs";
import { quicken } from "./python/matmul.js";

const PROGRAM = `
import sys; sys.path.insert(0, "/nn_core.zip")
import numpy as np
from nn_core import MLP, SGD
rng = np.random.default_rng(0)
X, y = rng.random((512, 784), np.float32), rng.integers(0, 10, 512)
D, out = rng.random((512, 256), np.float32), np.empty((512, 256), np.float32)
network, sgd = MLP([784, 256, 10], rng=rng), SGD(0.1)
W, dW = network.W[0], np.empty((784, 256), np.float32)
def product(): np.matmul(X, W, out=out)
def turned(): np.matmul(X.T, D, out=dW)
def step():
    network.loss_and_grad(X, y)
    sgd.step(network.theta, network.grad)
`;
const instantiate = WebAssembly.instantiateStreaming;
async function python(withKernel) {
  let memory;
  WebAssembly.instantiateStreaming = async (source, imports) => {
    const made = await instantiate(source, imports);
    memory ??= made.instance.exports.memory;
    return made;
  };
  const pyodide = await loadPyodide({ packages: ["numpy"] });
  WebAssembly.instantiateStreaming = instantiate;
  const package_ = await (await fetch("python/nn_core.zip")).arrayBuffer();
  pyodide.FS.writeFile("/nn_core.zip", new Uint8Array(package_));
  const name = await quicken(pyodide, withKernel ? memory : undefined);
  pyodide.runPython(PROGRAM);
  const get = (what) => pyodide.globals.get(what);
  return [name, { product: get("product"), turned: get("turned"), step: get("step") }];
}

tf.wasm.setWasmPaths("./");
tf.wasm.setThreadsCount(1);
await tf.setBackend("wasm");
const X = tf.randomUniform([512, 784]), D = tf.randomUniform([512, 256]);
const Y = tf.oneHot(tf.randomUniform([512], 0, 10, "int32"), 10).toFloat();
const variables = () => [[784, 256], [256], [256, 10], [10]].map((shape) =>
  tf.variable(tf.randomNormal(shape, 0, 0.05)));
const [W1, b1, W2, b2] = variables();
const sgd = tf.train.sgd(0.1);
// A result is computed when its numbers are asked for.
const done = (tensor) => { tensor.dataSync(); tensor.dispose(); };
const itsOwn = {
  product: () => done(tf.matMul(X, W1)),
  turned: () => done(tf.matMul(X, D, true)),
  step: () => done(sgd.minimize(() => tf.losses.softmaxCrossEntropy(
    Y, X.matMul(W1).add(b1).relu().matMul(W2).add(b2)), true)),
};
// Its products of transposed matrices are slow, so this one transposes them before.
const [V1, c1, V2, c2] = variables();
const turn = (a) => tf.transpose(a);
const byHand = {
  product: itsOwn.product,
  turned: () => done(tf.tidy(() => tf.matMul(turn(X), D))),
  step: () => tf.tidy(() => {
    const H = X.matMul(V1).add(c1).relu();
    const dZ = H.matMul(V2).add(c2).softmax().sub(Y).div(512);
    const dH = dZ.matMul(turn(V2)).mul(H.step());
    const gradients = [turn(X).matMul(dH), dH.sum(0), turn(H).matMul(dZ), dZ.sum(0)];
    [V1, c1, V2, c2].forEach((v, k) => v.assign(v.sub(gradients[k].mul(0.1))));
    c2.dataSync();
  }),
};
window.contenders = Object.fromEntries([
  await python(true), await python(false),
  ["TensorFlow.js", itsOwn], ["TensorFlow.js by hand", byHand],
]);
// Gives the milliseconds of one call. The clock is coarse, so a turn lasts a tenth of a second.
window.turn = (name, what) => {
  const began = performance.now();
  let calls = 0;
  do { contenders[name][what](); calls++; } while (performance.now() - began < 100);
  return (performance.now() - began) / calls;
};
</script>"""


def test_medians_of_turns(browser, tmp_path):
    assert files.fetch()
    site = tmp_path / "site"
    files.layout(site / "python")
    in_page.write_scripts(site / "python")
    subprocess.run(["npm", "pack", "--silent", *PEERS], cwd=tmp_path, check=True)
    for peer in tmp_path.glob("*.tgz"):
        with tarfile.open(peer) as archive:
            for name in archive.getnames():
                if Path(name).name in WANTED:
                    (site / Path(name).name).write_bytes(archive.extractfile(name).read())
    (site / "page.html").write_text(PAGE)
    with served(site) as address:
        page = browser.new_page()
        page.goto(f"{address}/page.html")
        page.wait_for_function("!!window.turn", timeout=120_000)
        names = page.evaluate("Object.keys(contenders)")
        for what, operations in [("product", 2), ("turned", 2), ("step", 4)]:
            times = {name: [] for name in names}
            for _ in range(ROUNDS + 1):
                for name in names:
                    times[name].append(
                        page.evaluate(f"turn({json.dumps(name)}, {json.dumps(what)})")
                    )
            # The first round compiles.
            medians = {name: statistics.median(each[1:]) for name, each in times.items()}
            print(f"\n{what}, load {os.getloadavg()[0]:.1f}")
            for name, median in medians.items():
                speed = operations * 512 * 784 * 256 / median / 1e6
                ratio = median / medians[names[0]]
                print(f"  {name}: {median:.1f} ms, {speed:.1f} GFLOP/s, {ratio:.2f} times as long")
        page.close()

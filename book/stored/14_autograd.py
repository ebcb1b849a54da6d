"""Ask PyTorch and JAX for what the chapter on autograd finds by itself, and store it in nn_core.

    python -m venv peers && peers/bin/python -m pip install -r benchmarks/requirements.txt -e .
    peers/bin/python book/stored/14_autograd.py

The frameworks get the weights and the batch of the chapter, in float32, on the CPU. All 235,146
slopes would fill megabytes. So the script stores sums of all of them, each slope with a random
sign, and the chapter makes the same sums: it draws the same signs.
"""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import nn_core as nn
import numpy as np
import torch
from jax.nn import log_softmax, relu
from torch.nn.functional import cross_entropy

SEEDS, SUMS = range(5), 32


def torch_gradient(W, b, X, y):
    """Give loss and gradients by PyTorch."""
    W = [torch.tensor(w, requires_grad=True) for w in W]
    b = [torch.tensor(v, requires_grad=True) for v in b]
    A = torch.tensor(X)
    for k in range(3):
        Z = A @ W[k] + b[k]
        A = torch.relu(Z)
    loss = cross_entropy(Z, torch.tensor(y))
    loss.backward()
    dW = [w.grad for w in W]
    db = [v.grad for v in b]
    return loss.item(), dW, db


def jax_gradient(W, b, X, y):
    """Give loss and gradients by JAX."""

    def loss_of(W, b):
        A = jnp.array(X)
        for k in range(3):
            Z = A @ W[k] + b[k]
            A = relu(Z)
        rows = jnp.arange(len(y))
        return -log_softmax(Z)[rows, y].mean()

    find = jax.value_and_grad(loss_of, (0, 1))
    loss, (dW, db) = jax.jit(find)(W, b)
    return loss, dW, db


def sums_of(dW, db):
    """Add up all slopes, in the order of theta, with random signs."""
    parts = [np.ravel(each) for pair in zip(dW, db, strict=True) for each in pair]
    slopes = np.concatenate(parts).astype(float)
    rng = np.random.default_rng(0)
    return [float(slopes @ rng.choice([-1, 1], slopes.size)) for _ in range(SUMS)]


def error_of(act):
    """Give the name and the first sentence of the error in which an act ends."""
    try:
        act()
    except Exception as error:
        return [type(error).__name__, str(error).split("\n")[0].split(". ")[0].split(": [")[0]]
    return ["", ""]


def torch_tape():
    """Give what PyTorch has recorded for L = w max(w x + b, 0), the last operation first."""
    w, x, b = (torch.tensor(value, requires_grad=True) for value in (2.0, 3.0, -1.0))
    loss = w * torch.relu(w * x + b)
    found, waiting = [], [loss.grad_fn]
    while waiting:
        node = waiting.pop(0)
        if node not in found:
            found.append(node)
            waiting += [source for source, _ in node.next_functions if source is not None]
    return [node.name() for node in found]


def torch_habits():
    """Try what the chapter says of PyTorch."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    once = x.grad.clone()
    (x * x).sum().backward()
    accumulated = (x.grad / once).tolist()

    def walk_twice():
        loss = (x * x).sum()
        loss.backward()
        loss.backward()

    def change_in_place():
        a = x * 1
        loss = (a * a).sum()
        a += 1
        loss.backward()

    return {
        "accumulated": accumulated,
        "walk_twice": error_of(walk_twice),
        "change_in_place": error_of(change_in_place),
        "tape": torch_tape(),
    }


def jax_habits():
    """Try what the chapter says of JAX."""
    runs = []

    @jax.jit
    def double(x):
        runs.append(x)
        return 2 * x

    for size in (3, 3, 3, 4):
        double(jnp.ones(size))

    def change_in_place():
        x = jnp.ones(3)
        x[0] = 2

    def ask_for_a_value():
        jax.jit(lambda x: x if x > 0 else -x)(1.0)

    def loss(w, x, b):
        return w * jnp.maximum(w * x + b, 0)

    return {
        "runs": len(runs),
        "change_in_place": error_of(change_in_place),
        "ask_for_a_value": error_of(ask_for_a_value),
        "tape": str(jax.make_jaxpr(loss)(2.0, 3.0, -1.0)),
    }


def main():
    """Ask both, and store the answers."""
    torch.set_num_threads(1)
    images, labels, _, _ = nn.load_mnist()
    X, y = images[:128], labels[:128].astype(np.int64)
    results = {"seeds": len(SEEDS), "sums": SUMS}
    for name, version, gradient, habits in (
        ("PyTorch", torch.__version__.split("+")[0], torch_gradient, torch_habits),
        ("JAX", jax.__version__, jax_gradient, jax_habits),
    ):
        answers = []
        for seed in SEEDS:
            network = nn.MLP((784, 256, 128, 10), np.random.default_rng(seed))
            loss, dW, db = gradient(network.W, network.b, X, y)
            answers.append({"loss": float(loss), "gradient": sums_of(dW, db)})
        results[name] = {"version": version, "answers": answers, "habits": habits()}
    root = Path(__file__).resolve().parents[2]
    file = root / "nn_core" / "lab" / "stored" / "14_autograd.json"
    file.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

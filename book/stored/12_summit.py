"""Measure the networks that runs.py has trained on all pictures, and store the results.

    python book/stored/runs.py "summit, all 60,000" "summit in small"
    python book/stored/runs.py "summit, not made upright" "summit, as wide as in 2010" --seeds 0 1
    python book/stored/12_summit.py

The script also stores one network with rounded weights, for `nn_core.lab.summit()`.
"""

import json
from pathlib import Path

import nn_core as nn
import numpy as np
from nn_core import tools
from nn_core.tools import load_network, save_network
from runs import LEDGER, NETWORKS, PLANS, SEEDS, SMALL, TOGETHER, file_of, read

FINAL = "summit, all 60,000"
LEANING = "summit, not made upright"  # the second committee has the five networks and these
WIDE = "summit, as wide as in 2010"  # the third committee has all three kinds
SHIPPED = 0  # the seed of the stored network, chosen before any measurement
COPIES, STRENGTH = 8, 0.5

# A person's verdict on the misread pictures, by index in the test set.
INDICES = {
    "mislabelled": "947 5654 9729",
    "unreadable": (
        "582 659 716 726 1226 1232 1260 1530 1901 2035 2130 2293 2597 2654 3558 3985 4176 "
        "4201 4823 8316 9664 9850"
    ),
    "readable": (
        "211 247 445 674 1112 1242 1878 2135 2447 2488 2896 2927 2939 3225 3365 3422 3762 "
        "3869 3941 4163 4369 4699 5450 6625 8408 9792"
    ),
}
VERDICT = {int(k): word for word, indices in INDICES.items() for k in indices.split()}


def networks(name: str) -> list[nn.MLP]:
    """Give the networks of one plan for all seeds in the ledger."""
    seeds = [row["seed"] for row in read() if row["recipe"] == name]
    return [load_network(NETWORKS / file_of(name, seed)) for seed in seeds]


def committee(*members: list[np.ndarray]) -> dict[str, float]:
    """Measure a committee on the test set. `members` are probabilities `(N, K)`."""
    P = np.concatenate(members)
    y = nn.load_mnist()[3]
    return {"members": len(P), "test": nn.accuracy(y, P.mean(axis=0).argmax(axis=1))}


def copies() -> dict[str, object]:
    """Measure the small networks on the dev set: each averages distorted copies of a picture."""
    X_dev, y_dev = (array[TOGETHER] for array in nn.load_mnist()[:2])
    dev = []
    for seed, network in zip(SEEDS, networks(SMALL), strict=True):
        rng = np.random.default_rng(seed)
        P = sum(
            network.predict_proba(tools.distort(X_dev, rng, strength=STRENGTH))
            for _ in range(COPIES)
        )
        dev.append(nn.accuracy(y_dev, P.argmax(axis=1)))
    return {"copies": COPIES, "strength": STRENGTH, "dev": dev}


def main() -> None:
    """Measure everything, and write the results."""
    _, _, X, y = nn.load_mnist()
    rows = [row for row in read() if row["recipe"] == FINAL]
    final, leaning, wide = (
        [network.predict_proba(X) for network in networks(name)] for name in (FINAL, LEANING, WIDE)
    )
    weights = LEDGER.with_name("summit.npz")
    save_network(weights, networks(FINAL)[SHIPPED], compact=True)
    shipped = load_network(weights)
    P = shipped.predict_proba(X)
    predicted = P.argmax(axis=1)
    recipe = PLANS[FINAL].recipe
    results = {
        "copies": copies(),
        "final": {
            "seeds": [row["seed"] for row in rows],
            "test": [row["test"] for row in rows],
            "seconds": [row["seconds"] for row in rows],
            "epochs": recipe.epochs,
            "parameters": shipped.theta.size,
        },
        "committee": committee(final),
        "unlike": committee(final, leaning),
        "all": committee(final, leaning, wide),
        "shipped": {
            "seed": SHIPPED,
            "test": nn.accuracy(y, predicted),
            "bytes": weights.stat().st_size,
        },
        "errors": [
            {
                "index": int(k),
                "label": int(y[k]),
                "said": int(predicted[k]),
                "chance": round(float(P[k, predicted[k]]), 4),
                "chance_label": round(float(P[k, y[k]]), 4),
                "verdict": VERDICT.get(int(k), "not judged"),
            }
            for k in np.flatnonzero(predicted != y)
        ],
    }
    path = LEDGER.with_name(f"{Path(__file__).stem}.json")
    path.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    print(json.dumps({key: value for key, value in results.items() if key != "errors"}))


if __name__ == "__main__":
    main()

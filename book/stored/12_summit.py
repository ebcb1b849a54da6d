"""Judge the networks that runs.py has trained on all pictures, and store what they reach.

    python book/stored/runs.py "summit, all 60,000" "summit in small"
    python book/stored/runs.py "summit, not made upright" "summit, as wide as in 2010" --seeds 0 1
    python book/stored/12_summit.py

Writes one network, rounded, beside the results: what `nn_core.lab.summit()` gives.
"""

import json
from pathlib import Path

import nn_core as nn
import numpy as np
from nn_core import tools
from nn_core.tools import load_network, save_network
from runs import LEDGER, NETWORKS, PLANS, SEEDS, SMALL, TOGETHER, file_of, read

FINAL = "summit, all 60,000"
LEANING = "summit, not made upright"  # these join the five in a second committee,
WIDE = "summit, as wide as in 2010"  # and these both kinds in a third
SHIPPED = 0  # the seed was chosen before anything was measured
COPIES, STRENGTH = 8, 0.5

# What a person sees in the misread pictures: by index in the test set.
SEEN = {
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
VERDICT = {int(k): word for word, indices in SEEN.items() for k in indices.split()}


def networks(name: str) -> list[nn.MLP]:
    """Give the trained networks of one plan, those that the ledger has, by seed."""
    seeds = [row["seed"] for row in read() if row["recipe"] == name]
    return [load_network(NETWORKS / file_of(name, seed)) for seed in seeds]


def committee(*members: list[np.ndarray]) -> dict[str, float]:
    """Judge a committee by the probabilities of its members, `(N, K)` each, on the test set."""
    P = np.concatenate(members)
    y = nn.load_mnist()[3]
    return {"members": len(P), "test": nn.accuracy(y, P.mean(axis=0).argmax(axis=1))}


def copies() -> dict[str, object]:
    """Dev accuracy of the small networks when each picture is read in distorted copies."""
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
    """Measure and write."""
    _, _, X, y = nn.load_mnist()
    rows = [row for row in read() if row["recipe"] == FINAL]
    final, leaning, wide = (
        [network.predict_proba(X) for network in networks(name)] for name in (FINAL, LEANING, WIDE)
    )
    weights = LEDGER.with_name("summit.npz")
    save_network(weights, networks(FINAL)[SHIPPED], compact=True)
    shipped = load_network(weights)
    chances = shipped.predict_proba(X)
    said = chances.argmax(axis=1)
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
            "test": nn.accuracy(y, said),
            "bytes": weights.stat().st_size,
        },
        "errors": [
            {
                "index": int(k),
                "label": int(y[k]),
                "said": int(said[k]),
                "chance": round(float(chances[k, said[k]]), 4),
                "chance_label": round(float(chances[k, y[k]]), 4),
                "verdict": VERDICT.get(int(k), "not judged"),
            }
            for k in np.flatnonzero(said != y)
        ],
    }
    path = LEDGER.with_name(f"{Path(__file__).stem}.json")
    path.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    print(json.dumps({key: value for key, value in results.items() if key != "errors"}))


if __name__ == "__main__":
    main()

"""Measure the gain of each remedy of the chapter on regularization, and store it in nn_core.

    python book/stored/09_regularization.py

The script trains about 200 networks, which takes half an hour on two cores.
"""

import json
from pathlib import Path

import nn_core as nn
import numpy as np
from nn_core import tools
from nn_core.losses import softmax_cross_entropy
from nn_core.schedules import cosine_decay
from tqdm import tqdm

SEEDS = range(5)
FEW = 1_000
STEPS = 1_200

# The argument of `learn` for each remedy. Every remedy has the same budget: five strengths.
NAMES = {
    "early stopping": "patience",
    "L2 penalty": "l2",
    "weight decay": "decay",
    "dropout": "dropout",
    "label smoothing": "smoothing",
    "shifts": "augment",
}
GRIDS = {
    "early stopping": (2, 4, 8, 16, 32),
    "L2 penalty": (0.0003, 0.001, 0.003, 0.01, 0.03),
    "weight decay": (0.1, 0.3, 1, 3, 10),
    "dropout": (0.1, 0.2, 0.3, 0.5, 0.7),
    "label smoothing": (0.05, 0.1, 0.2, 0.3, 0.5),
    "shifts": (1, 2, 3, 4, 5),
}
SHARES = (0.2, 0.4, 0.6, 0.8, 1)

# The remedies and strengths for the training on 50,000 pictures.
RECIPES = {
    "nothing": {},
    "dropout 0.2": {"dropout": 0.2},
    "shifts by 1": {"augment": 1},
    "shifts by 2": {"augment": 2},
    "shifts by 1, smoothing 0.1": {"augment": 1, "smoothing": 0.1},
}

images, labels, _, _ = nn.load_mnist()
X_train, y_train, X_aside, y_aside = nn.train_dev_split(
    images, labels, 10_000, np.random.default_rng(0)
)
X_dev, y_dev = X_aside[:5_000], y_aside[:5_000]
X_judge, y_judge = X_aside[5_000:], y_aside[5_000:]


def shifts(pixels):
    """Make the callback that shifts by up to `pixels` pixels."""
    return nn.Augmentation(lambda X, rng: tools.shift(X, rng, pixels=pixels))


CALLBACKS = {
    "augment": shifts,
    "dropout": nn.Dropout,
    "smoothing": nn.LabelSmoothing,
    "l2": nn.L2Penalty,
    "patience": nn.EarlyStopping,
}


def remedies(strengths):
    """Give the callbacks of `fit` for remedies of these strengths."""
    return [make(strengths[name]) for name, make in CALLBACKS.items() if name in strengths]


def learn(seed, pictures=FEW, decay=0.0, **strengths):
    """Train a network on a few pictures, as the chapter does."""
    rng = np.random.default_rng(seed)
    some = rng.choice(len(X_train), pictures, replace=False)
    network = nn.MLP((784, 128, 10), rng)
    nn.fit(
        network,
        nn.AdamW(0.001, decay=decay, weights=network.is_weight) if decay else nn.Adam(0.001),
        X_train[some],
        y_train[some],
        epochs=50 * STEPS // pictures,
        batch_size=50,
        rng=rng,
        dev=(X_dev, y_dev) if "patience" in strengths else None,
        callbacks=remedies(strengths),
        progress=False,
    )
    return network


def measured(**strengths):
    """Train with five seeds: measure dev accuracy, judge accuracy and judge loss."""
    found = {"dev": [], "judge": [], "loss": []}
    for seed in SEEDS:
        network = learn(seed, **strengths)
        Z = network.forward(X_judge)
        found["dev"].append(nn.accuracy(y_dev, network.predict(X_dev)))
        found["judge"].append(nn.accuracy(y_judge, Z.argmax(axis=1)))
        found["loss"].append(round(softmax_cross_entropy(Z, y_judge)[0], 4))
    return found


def best(tried):
    """Give the strength with the highest mean accuracy on the dev set."""
    return max(tried, key=lambda strength: np.mean(tried[strength]["dev"]))


def few():
    """Sweep each remedy on 1,000 pictures; then put them together."""
    sweeps = {
        remedy: {
            strength: measured(**{NAMES[remedy]: strength})
            for strength in tqdm(strengths, desc=remedy)
        }
        for remedy, strengths in GRIDS.items()
    }
    chosen = {remedy: best(tried) for remedy, tried in sweeps.items()}
    rows = {"nothing": measured()}
    rows |= {remedy: sweeps[remedy][chosen[remedy]] for remedy in GRIDS}

    # Remedies that work together may each be weaker. So the strength to choose is one common factor
    # for the strengths that are best alone.
    others = {
        "decay": chosen["weight decay"],
        "dropout": chosen["dropout"],
        "smoothing": chosen["label smoothing"],
    }
    for name, more in (
        ("three together", {}),
        ("three and shifts", {"augment": chosen["shifts"]}),
    ):
        sweeps[name] = {
            share: measured(**{key: share * value for key, value in others.items()}, **more)
            for share in tqdm(SHARES, desc=name)
        }
        chosen[name] = best(sweeps[name])
        rows[name] = sweeps[name][chosen[name]]
    for pictures in (2_000, 4_000):
        rows[f"{pictures:,} pictures"] = measured(pictures=pictures)
    return {
        "sweeps": {
            name: {
                "strengths": list(tried),
                "dev": [float(np.mean(found["dev"])) for found in tried.values()],
            }
            for name, tried in sweeps.items()
        },
        "chosen": chosen,
        "rows": rows,
    }


def train_all(X, y, seed, **strengths):
    """Train the larger network on many pictures, as the chapter does in the end."""
    rng = np.random.default_rng(seed)
    network = nn.MLP((784, 256, 128, 10), rng)
    epochs, batch_size = 12, 128
    steps = epochs * -(-len(X) // batch_size)
    nn.fit(
        network,
        nn.Adam(),
        X,
        y,
        epochs=epochs,
        batch_size=batch_size,
        rng=rng,
        callbacks=[
            nn.LearningRateSchedule(cosine_decay(0.002, steps=steps)),
            *remedies(strengths),
        ],
        progress=False,
    )
    return network


def many():
    """Try each recipe on 50,000 pictures, with five seeds; measure on the dev set."""
    found = {}
    for name, recipe in RECIPES.items():
        networks = [train_all(X_train, y_train, seed, **recipe) for seed in tqdm(SEEDS, desc=name)]
        found[name] = {
            "training": [nn.accuracy(y_train, n.predict(X_train)) for n in networks],
            "dev": [nn.accuracy(y_dev, n.predict(X_dev)) for n in networks],
        }
    return found


if __name__ == "__main__":
    FOLDER = Path(nn.__file__).parent / "lab" / "stored"
    path = FOLDER / f"{Path(__file__).stem}.json"
    path.write_text(json.dumps({"few": few(), "many": many()}, indent=1) + "\n", "utf-8")

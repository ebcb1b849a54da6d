"""Answers to the exercises on losses: right ones, and misconceptions; see chapter_00."""

import numpy as np

import nn_core as nn


def log_sum_exp(Z):
    """As the chapter defines it."""
    m = Z.max(axis=1)
    return m + np.log(np.exp(Z - m[:, None]).sum(axis=1))


def given() -> dict:
    """What the chapter has defined where its exercises stand."""
    return {
        "SEED": 0,
        "np": np,
        "one_hot": nn.one_hot,
        "sigmoid_forward": nn.sigmoid_forward,
        "softmax": nn.softmax,
        "log_sum_exp": log_sum_exp,
        "y_train": np.arange(200) % 10,
    }


HAND = "p = np.array([1, 1, 1, 3]) / 6\nloss = np.log(2)\nslopes = p - np.array([0, 0, 0, 1])\n"
BINARY = "def binary_cross_entropy(z, y):\n    "
PLAIN = "a = 1 / (1 + np.exp(-z))\n    "
STALL = (
    "def squared_error_slope(Z, y):\n    N, K = Z.shape\n    A = sigmoid_forward(Z)\n"
    "    Y = one_hot(y, K)\n    return "
)
SHARES = "def loss_of_shares(y, K):\n    q = np.bincount(y, minlength=K) / len(y)\n    return "

ACCEPTED = {
    "losses-hand": [
        HAND,
        "p = [1 / 6, 1 / 6, 1 / 6, 1 / 2]\nloss = -np.log(0.5)\nslopes = [1 / 6] * 3 + [-0.5]",
        "p = softmax(np.array([[0, 0, 0, np.log(3)]]))[0]\nloss = 0.693147\n"
        "slopes = p - np.eye(4)[3]",
        "p = [0.167, 0.167, 0.167, 0.5]\nloss = 0.693\nslopes = [0.167, 0.167, 0.167, -0.5]",
        "p = np.array([0.17, 0.17, 0.17, 0.5])\nloss = 0.69\nslopes = (0.17, 0.17, 0.17, -0.5)",
    ],
    "losses-binary": [
        BINARY + "return np.mean(np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z))))",
        BINARY + "Z = np.stack([0 * z, z], axis=1)\n    return np.mean(log_sum_exp(Z) - y * z)",
        BINARY + "return float(np.logaddexp(0, np.where(y == 1, -z, z)).mean())",
    ],
    "losses-stall": [
        STALL + "(A - Y) * A * (1 - A) / (N * K / 2)",
        STALL + "np.array([[2 / N / K * (A[n, k] - (y[n] == k)) * A[n, k] * (1 - A[n, k])\n"
        "        for k in range(K)] for n in range(N)])",
    ],
    "losses-shares": [
        SHARES + "-np.sum(q[q > 0] * np.log(q[q > 0]))",
        SHARES + "sum(-s * np.log(s) for s in q if s)",
        "def loss_of_shares(y, K):\n    _, n = np.unique(y, return_counts=True)\n"
        "    return -(n / n.sum() * np.log(n / n.sum())).sum()",
    ],
}

REJECTED = {
    "losses-hand": [
        (
            HAND.replace("loss = np.log(2)", "loss = -np.log(1 / 6)"),
            "minus the logarithm of a *wrong* class's",
        ),
        (HAND.replace("loss = np.log(2)", "loss = 10**400"), "digits"),
        (HAND + "p = p * 6", "Those are the exponentials"),
        (HAND + "p = np.full(4, 0.25)", "`p`"),
        (HAND + "p = [0.16, 0.16, 0.16, 0.52]", "`p`"),
        (HAND + "p = 0.5", "an array of shape (4,)"),
        (HAND + "loss = -np.log(2)", "the wrong sign"),
        (HAND + "loss = np.log(6)", "before the logit of the right class"),
        (HAND + "loss = np.log(18)", "log-sum-exp *plus* the right logit"),
        (HAND + "loss = 1", "base 2. Take the natural one"),
        (HAND + "loss = (1 - p[3]) ** 2", "That is a squared error"),
        (HAND + "loss = np.log(4)", "without an opinion"),
        (HAND + "loss = np.log10(2)", "base 10. Take the natural one, `np.log`."),
        (HAND + "loss = 0.301", "base 10"),
        (HAND + "loss = np.log(2) / 4", "divided by the number of classes"),
        (HAND + "loss = 7", "Minus the logarithm of which of your probabilities is it?"),
        (HAND + "loss = -np.log(p)", "`p` is right. `loss` is a number; you handed in an array"),
        (HAND + "slopes = p", "Those are the probabilities"),
        (HAND + "slopes = [0.17, 0.17, 0.17, 0.5]", "Those are the probabilities"),
        (HAND + "slopes = -slopes", "wrong sign"),
    ],
    "losses-binary": [
        (
            BINARY
            + "loss = np.mean(np.logaddexp(0, z) - y * z)\n    return loss, sigmoid_forward(z) - y",
            "The loss alone is asked for",
        ),
        (BINARY + "return np.logaddexp(0, z) - y * z", "Their mean is asked for"),
        (BINARY + "return np.mean(np.logaddexp(0, z) - (1 - y) * z)", "Yes and no are exchanged"),
        (BINARY + PLAIN + "return -np.mean(y * np.log(a))", "the label 1 only"),
        (
            BINARY + PLAIN + "return -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))",
            "rounded to 0 before its logarithm",
        ),
        (BINARY + "return np.mean(np.log(1 + np.exp(z)) - y * z)", "Either `exp` overflows"),
        (
            BINARY + PLAIN + "e = 1e-12\n    return -np.mean(y * np.log(a + e)"
            " + (1 - y) * np.log(1 - a + e))",
            "something tiny",
        ),
        (BINARY + "return np.sum(np.logaddexp(0, z) - y * z)", "7 times too large"),
        (BINARY + "return -np.mean(np.logaddexp(0, z) - y * z)", "wrong sign"),
    ],
    "losses-stall": [
        (STALL + "2 * (A - Y) / Z.size", "the *output* of the sigmoid"),
        (STALL + "2 / N * (A - Y) * A * (1 - A)", "You divide by $N$"),
        (STALL + "2 / K * (A - Y) * A * (1 - A)", "You divide by $K$"),
        (STALL + "2 * (A - Y) * A * (1 - A)", "The division by $NK$ is missing"),
        (STALL + "(A - Y) * A * (1 - A) / Z.size", "half as large"),
        (STALL + "2 / Z.size * (Y - A) * A * (1 - A)", "wrong sign"),
        (STALL + "(A - Y) / N", "slope of a *cross-entropy*"),
        (STALL + "2 * (Z - Y) * A * (1 - A) / Z.size", "behind the sigmoid"),
        (STALL + "np.mean((A - Y) ** 2)", "(7, 4)"),
    ],
    "losses-shares": [
        (SHARES + "-np.sum(q * np.log(q))", "Leave that class out"),
        (SHARES + "-np.mean(np.log(q[q > 0]))", "You average over the *classes*"),
        (SHARES + "-np.sum(np.log(q[q > 0]))", "Weigh it"),
        (SHARES + "-np.log(q.max())", "the commonest class"),
        (SHARES + "np.log(K)", "the same"),
        (SHARES + "np.sum(q[q > 0] * np.log(q[q > 0]))", "wrong sign"),
    ],
}

"""Make the reference numbers of optimizers, schedules and losses with PyTorch.

    python -m venv peers && peers/bin/python -m pip install torch==2.13.0 numpy
    peers/bin/python tests/reference/make_torch.py

The script writes torch.json beside this file. It used PyTorch 2.13.0 on the CPU, in float64.
"""

import json
import math
from pathlib import Path

import torch
from torch.optim import lr_scheduler as schedulers

torch.set_default_dtype(torch.float64)
STEPS = 10
START = [0.5, -1.0, 2.0, -3.0, 0.0]
CURVATURE = [1.0, 0.1, 3.0, 0.5, 10.0]


def loss_of(theta):
    """A bowl with waves: sum of a (theta - 1)^2 + sin(theta)."""
    return (torch.tensor(CURVATURE) * (theta - 1) ** 2 + torch.sin(theta)).sum()


def path(make):
    """Give the parameters after each of ten steps."""
    theta = torch.nn.Parameter(torch.tensor(START))
    optimizer = make([theta])
    points = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss_of(theta).backward()
        optimizer.step()
        points.append(theta.detach().tolist())
    return points


def rates(make):
    """Give the learning rate of each of twelve steps."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler = make(optimizer)
    found = []
    for _ in range(12):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def warmed(optimizer):
    """Make a schedule: a straight rise over four steps, then a cosine over eight."""
    rise = schedulers.LambdaLR(optimizer, lambda t: (t + 1) / 5)
    fall = schedulers.CosineAnnealingLR(optimizer, T_max=8)
    return schedulers.SequentialLR(optimizer, [rise, fall], milestones=[4])


def losses():
    """Give loss and gradient for logits with a wide range."""
    Z = torch.tensor([[2.0, -1.0, 0.5], [30.0, -30.0, 0.0], [0.0, 0.0, 0.0]], requires_grad=True)
    y = torch.tensor([0, 1, 2])
    target = torch.nn.functional.one_hot(y, 3).double()
    functions = {
        "cross_entropy": lambda: torch.nn.functional.cross_entropy(Z, y),
        "cross_entropy_smoothed": lambda: torch.nn.functional.cross_entropy(
            Z, y, label_smoothing=0.1
        ),
        "sigmoid_mean_squared_error": lambda: torch.nn.functional.mse_loss(
            torch.sigmoid(Z), target
        ),
        "softmax_mean_squared_error": lambda: torch.nn.functional.mse_loss(
            torch.softmax(Z, 1), target
        ),
    }
    found = {}
    for name, function in functions.items():
        loss = function()
        (dZ,) = torch.autograd.grad(loss, Z)
        found[name] = {"loss": loss.item(), "dZ": dZ.tolist()}
    return {"Z": Z.detach().tolist(), "y": y.tolist(), **found}


numbers = {
    "torch": torch.__version__,
    "start": START,
    "curvature": CURVATURE,
    "paths": {
        "SGD": path(lambda p: torch.optim.SGD(p, lr=0.03)),
        "Momentum": path(lambda p: torch.optim.SGD(p, lr=0.03, momentum=0.8)),
        "Nesterov": path(lambda p: torch.optim.SGD(p, lr=0.03, momentum=0.8, nesterov=True)),
        "AdaGrad": path(lambda p: torch.optim.Adagrad(p, lr=0.3)),
        "RMSProp": path(lambda p: torch.optim.RMSprop(p, lr=0.03)),
        "Adam": path(lambda p: torch.optim.Adam(p, lr=0.1, betas=(0.8, 0.95), eps=1e-3)),
        "AdamW": path(
            lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.2, betas=(0.8, 0.95), eps=1e-3)
        ),
    },
    "rates": {
        "constant": rates(lambda o: schedulers.ConstantLR(o, factor=1.0)),
        "step_decay": rates(lambda o: schedulers.StepLR(o, step_size=5, gamma=0.3)),
        "exponential_decay": rates(lambda o: schedulers.ExponentialLR(o, gamma=0.8)),
        "inverse_time_decay": rates(lambda o: schedulers.LambdaLR(o, lambda t: 1 / (1 + 0.5 * t))),
        "cosine_decay": rates(lambda o: schedulers.CosineAnnealingLR(o, T_max=12, eta_min=0.01)),
        "warm_up": rates(warmed),
    },
    "losses": losses(),
}

if __name__ == "__main__":
    assert math.isfinite(numbers["paths"]["SGD"][-1][0])
    file = Path(__file__).with_name("torch.json")
    file.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")

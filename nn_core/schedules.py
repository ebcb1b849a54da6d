"""Learning-rate schedules: functions that give the rate for step `t = 0, 1, 2, ...`.

`optimizer.lr = schedule(t)` before each step; `fit` does that. Steps are counted in minibatches.
Rates and factors are finite numbers, not negative, and `steps` and `every` whole ones; of anything
else a ValueError or a TypeError names the argument.
"""

import math
from collections.abc import Callable

from nn_core.checks.settings import check_number

Schedule = Callable[[int], float]


def constant(lr: float) -> Schedule:
    """Keep one rate: `lr(t) = lr`."""
    check_number("lr", lr, at_least=0)
    return lambda t: lr


def step_decay(lr: float, *, every: int, factor: float = 0.1) -> Schedule:
    """Drop in steps: `lr(t) = lr factor^floor(t / every)`."""
    check_number("lr", lr, at_least=0)
    check_number("every", every, at_least=1, whole=True)
    check_number("factor", factor, above=0)
    return lambda t: lr * factor ** (t // every)


def exponential_decay(lr: float, *, factor: float) -> Schedule:
    """Shrink by the same factor at each step: `lr(t) = lr factor^t`."""
    check_number("lr", lr, at_least=0)
    check_number("factor", factor, above=0)
    return lambda t: lr * factor**t


def inverse_time_decay(lr: float, *, rate: float) -> Schedule:
    """Shrink like 1/t: `lr(t) = lr / (1 + rate t)`.

    References
    ----------
    Robbins and Monro (1951), "A stochastic approximation method": the sum of these rates
    has no bound, that of their squares has one.
    """
    check_number("lr", lr, at_least=0)
    check_number("rate", rate, at_least=0)
    return lambda t: lr / (1 + rate * t)


def cosine_decay(lr: float, *, steps: int, final: float = 0.0) -> Schedule:
    """Fall along half a cosine: `lr(t) = final + (lr - final) (1 + cos(pi t / steps)) / 2`.

    From `steps` on it stays at `final`.

    References
    ----------
    Loshchilov and Hutter (2017), "SGDR: stochastic gradient descent with warm restarts".
    """
    check_number("lr", lr, at_least=0)
    check_number("final", final, at_least=0)
    check_number("steps", steps, at_least=1, whole=True)
    return lambda t: final + (lr - final) * (1 + math.cos(math.pi * min(t / steps, 1))) / 2


def warm_up(schedule: Schedule, *, steps: int) -> Schedule:
    """Rise in a straight line to where `schedule` begins, then follow it.

    `lr(t) = schedule(0) (t + 1) / (steps + 1)` for `t < steps`, then `schedule(t - steps)`.

    References
    ----------
    Goyal and others (2017), "Accurate, large minibatch SGD: training ImageNet in 1 hour".
    """
    check_number("steps", steps, at_least=0, whole=True)
    return lambda t: schedule(0) * (t + 1) / (steps + 1) if t < steps else schedule(t - steps)

"""Learning-rate schedules: functions that give the rate for step `t = 0, 1, 2, ...`.

The callback `LearningRateSchedule` sets `optimizer.lr = schedule(t)` before each step. A step is
one minibatch. Rates and factors are finite and not negative, and `steps` and `every` are whole
numbers. A ValueError or a TypeError names an argument that is not.
"""

import math
from collections.abc import Callable

from nn_core.checks.settings import check_number

Schedule = Callable[[int], float]


def constant(lr: float) -> Schedule:
    """Keep the rate constant: `lr(t) = lr`."""
    check_number("lr", lr, at_least=0)
    return lambda t: lr


def step_decay(lr: float, *, every: int, factor: float = 0.1) -> Schedule:
    """Multiply the rate by a factor at regular times: `lr(t) = lr factor^floor(t / every)`."""
    check_number("lr", lr, at_least=0)
    check_number("every", every, at_least=1, whole=True)
    check_number("factor", factor, above=0)
    return lambda t: lr * factor ** (t // every)


def exponential_decay(lr: float, *, factor: float) -> Schedule:
    """Multiply the rate by a factor at each step: `lr(t) = lr factor^t`."""
    check_number("lr", lr, at_least=0)
    check_number("factor", factor, above=0)
    return lambda t: lr * factor**t


def inverse_time_decay(lr: float, *, rate: float) -> Schedule:
    """Lower the rate like 1/t: `lr(t) = lr / (1 + rate t)`.

    References
    ----------
    Robbins and Monro (1951), "A stochastic approximation method": the sum of these rates
    has no bound, but the sum of their squares has a bound.
    """
    check_number("lr", lr, at_least=0)
    check_number("rate", rate, at_least=0)
    return lambda t: lr / (1 + rate * t)


def cosine_decay(lr: float, *, steps: int, final: float = 0.0) -> Schedule:
    """Lower the rate along half a cosine.

    `lr(t) = final + (lr - final) (1 + cos(pi t / steps)) / 2`. From step `steps` on, the rate is
    `final`.

    References
    ----------
    Loshchilov and Hutter (2017), "SGDR: stochastic gradient descent with warm restarts".
    """
    check_number("lr", lr, at_least=0)
    check_number("final", final, at_least=0)
    check_number("steps", steps, at_least=1, whole=True)
    return lambda t: final + (lr - final) * (1 + math.cos(math.pi * min(t / steps, 1))) / 2


def warm_up(schedule: Schedule, *, steps: int) -> Schedule:
    """Raise the rate in a straight line to the first rate of `schedule`, then follow `schedule`.

    `lr(t) = schedule(0) (t + 1) / (steps + 1)` for `t < steps`, then `schedule(t - steps)`.

    References
    ----------
    Goyal and others (2017), "Accurate, large minibatch SGD: training ImageNet in 1 hour".
    """
    check_number("steps", steps, at_least=0, whole=True)
    return lambda t: schedule(0) * (t + 1) / (steps + 1) if t < steps else schedule(t - steps)

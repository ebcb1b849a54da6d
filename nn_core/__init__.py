"""A neural network from scratch, in NumPy: the library behind the course.

Read the modules in this order: `data`, `layers`, `losses`, `network`, `optimizers`,
`training`. Each module is short, and each function states its formula and its shapes.

The names are the same everywhere: `X (N, D)` holds one example per row, `W (in, out)` one
column per unit, `b (out,)` one bias per unit, and `y (N,)` integer labels.
"""

__version__ = "0.1.0"

from nn_core import initializers, schedules
from nn_core.checks.training import DivergenceError
from nn_core.data import (
    DataError,
    load_mnist,
    minibatches,
    one_hot,
    read_idx,
    scale_pixels,
    train_dev_split,
)
from nn_core.gradcheck import directional_error, numerical_gradient, relative_error
from nn_core.layers import (
    dense_backward,
    dense_forward,
    dropout_mask,
    leaky_relu_backward,
    leaky_relu_forward,
    relu_backward,
    relu_forward,
    sigmoid_backward,
    sigmoid_forward,
    softmax,
    softmax_backward,
    tanh_backward,
    tanh_forward,
)
from nn_core.losses import mean_squared_error, softmax_cross_entropy
from nn_core.metrics import (
    accuracy,
    accuracy_interval,
    confusion_matrix,
    expected_calibration_error,
    fit_temperature,
    precision_recall_f1,
    reliability,
)
from nn_core.network import MLP
from nn_core.optimizers import SGD, AdaGrad, Adam, AdamW, Momentum, Nesterov, RMSProp
from nn_core.regularization import (
    Augmentation,
    Dropout,
    EarlyStopping,
    ExponentialMovingAverage,
    GradientClipping,
    L2Penalty,
    LabelSmoothing,
    clip_norm,
    l2_penalty,
)
from nn_core.training import Callback, LearningRateSchedule, TrainingState, fit

__all__ = [
    "MLP", "SGD", "AdaGrad", "Adam", "AdamW", "Augmentation", "Callback", "DataError",
    "DivergenceError", "Dropout", "EarlyStopping", "ExponentialMovingAverage", "GradientClipping",
    "L2Penalty", "LabelSmoothing", "LearningRateSchedule", "Momentum", "Nesterov", "RMSProp",
    "TrainingState", "accuracy", "accuracy_interval", "clip_norm", "confusion_matrix",
    "dense_backward", "dense_forward", "directional_error", "dropout_mask",
    "expected_calibration_error", "fit", "fit_temperature", "initializers", "l2_penalty",
    "leaky_relu_backward", "leaky_relu_forward", "load_mnist", "mean_squared_error", "minibatches",
    "numerical_gradient", "one_hot", "precision_recall_f1", "read_idx", "relative_error",
    "reliability", "relu_backward", "relu_forward", "scale_pixels", "schedules",
    "sigmoid_backward", "sigmoid_forward", "softmax", "softmax_backward", "softmax_cross_entropy",
    "tanh_backward", "tanh_forward", "train_dev_split",
]  # fmt: skip

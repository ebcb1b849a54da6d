"""A neural network from scratch, in NumPy: the library behind the course.

Read the modules in this order: `data`, `layers`, `losses`, `network`, `optimizers`,
`training`. Each is short, and each function states its formula and its shapes.

One convention holds everywhere: `X (N, D)` holds one example per row, `W (in, out)` one
column per unit, `b (out,)` one bias per unit, and `y (N,)` integer labels.
"""

from nn_core.data import (
    DataError,
    load_mnist,
    minibatches,
    one_hot,
    read_csv,
    read_idx,
    scale_pixels,
    train_dev_split,
)
from nn_core.gradcheck import numerical_gradient, relative_error
from nn_core.initializers import he_normal
from nn_core.layers import dense_backward, dense_forward, relu_backward, relu_forward, softmax
from nn_core.losses import softmax_cross_entropy
from nn_core.metrics import accuracy, confusion_matrix
from nn_core.network import MLP
from nn_core.optimizers import Adam
from nn_core.training import fit

__all__ = [
    "MLP",
    "Adam",
    "DataError",
    "accuracy",
    "confusion_matrix",
    "dense_backward",
    "dense_forward",
    "fit",
    "he_normal",
    "load_mnist",
    "minibatches",
    "numerical_gradient",
    "one_hot",
    "read_csv",
    "read_idx",
    "relative_error",
    "relu_backward",
    "relu_forward",
    "scale_pixels",
    "softmax",
    "softmax_cross_entropy",
    "train_dev_split",
]

"""Tools around a network: augmentation, photos, files, recipes and the command line."""

from nn_core.tools.augmentation import distort, shift
from nn_core.tools.checkpoints import Checkpoint
from nn_core.tools.photos import prepare, read_photo
from nn_core.tools.recipes import RECIPES, Recipe, train
from nn_core.tools.slant import UprightMLP, deslant
from nn_core.tools.storage import load_network, save_network
from nn_core.tools.tables import read_csv

__all__ = [
    "RECIPES",
    "Checkpoint",
    "Recipe",
    "UprightMLP",
    "deslant",
    "distort",
    "load_network",
    "prepare",
    "read_csv",
    "read_photo",
    "save_network",
    "shift",
    "train",
]

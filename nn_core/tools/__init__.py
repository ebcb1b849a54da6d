"""Tools around a network: files, photos, recipes and the command line. No chapter derives them."""

from nn_core.tools.checkpoints import Checkpoint
from nn_core.tools.photos import prepare, read_photo
from nn_core.tools.recipes import RECIPES, Recipe, train
from nn_core.tools.storage import load_network, save_network
from nn_core.tools.tables import read_csv

__all__ = [
    "RECIPES",
    "Checkpoint",
    "Recipe",
    "load_network",
    "prepare",
    "read_csv",
    "read_photo",
    "save_network",
    "train",
]

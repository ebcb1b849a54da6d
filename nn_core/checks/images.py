"""Check images, and displacement fields and positions for images."""

import numpy as np


def check_images(X: np.ndarray) -> None:
    """Raise TypeError or ValueError unless X holds square float32 images as rows."""
    if X.dtype != np.float32:
        raise TypeError(f"expected float32 images from 0 to 1, found {X.dtype}")
    if X.ndim != 2:
        raise ValueError(f"expected images as rows, of shape (N, D), found {X.shape}")
    pixels = X.shape[1]
    if pixels == 0 or round(pixels**0.5) ** 2 != pixels:
        raise ValueError(f"expected rows that are square images, found rows of {pixels} pixels")


def check_field(field: np.ndarray, X: np.ndarray) -> None:
    """Raise TypeError or ValueError unless a float32 field fits the pixels of X."""
    if field.dtype != np.float32:
        raise TypeError(f"expected a float32 field, found {field.dtype}")
    if field.shape != (2, *X.shape):
        raise ValueError(f"expected a field of shape {(2, *X.shape)}, found {field.shape}")


def check_places(images: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> None:
    """Raise ValueError unless there is a row of positions for each image."""
    matching = rows.ndim == 2 and rows.shape == columns.shape and len(rows) == len(images)
    if images.ndim != 3 or not matching:
        raise ValueError(
            "expected images (N, height, width) and places (N, P), "
            f"found {images.shape}, {rows.shape} and {columns.shape}"
        )

"""Notebooks are tests, too: book/_ext/chapters.py."""

import os

from execution import ONE_THREAD

# Each process keeps to one core: there is one for each. This must be set before NumPy is imported.
for name, value in ONE_THREAD.items():
    os.environ.setdefault(name, value)

pytest_plugins = ["chapters"]

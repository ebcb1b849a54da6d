"""Notebooks are tests, too: book/_ext/chapters.py."""

pytest_plugins = ["chapters"]

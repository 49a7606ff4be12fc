"""The one error of the build: its text is shown as it is."""

from __future__ import annotations


class BuildError(Exception):
    """The bundle cannot be built, or is not what it must be."""

"""A locked-down container image of the application."""

from batten.harden.image.rendering import render

__all__ = ["render"]

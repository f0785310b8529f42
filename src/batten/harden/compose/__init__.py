"""Docker Compose: an edge, the application and its stores on one machine."""

from batten.harden.compose.rendering import render

__all__ = ["render"]

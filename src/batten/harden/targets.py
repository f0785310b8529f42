"""What can be rendered. Each target is a module with `render(intent) -> Made`, imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.stack import STORES

EDGES = ("nginx", "envoy", "haproxy", "caddy", "traefik")
DEPLOYMENTS = ("compose", "kubernetes", "systemd", "terraform-aws")
TARGETS = (*EDGES, *DEPLOYMENTS, *STORES)


def render(target: str, intent: Intent) -> Made:
    """Raises HardenProblem."""
    made = cast(Callable[[Intent], Made], import_module(_module(target)).render)
    return made(intent)


def _module(target: str) -> str:
    name = target.replace("-", "_")
    if target in EDGES:
        return f"batten.harden.edges.{name}.rendering"
    return f"batten.harden.{'stores.' if target in STORES else ''}{name}"

"""Where the program of each edge is, as the technology's own validator looks for it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import cast

from batten.cell.programs import installed
from batten.technologies._wings import package_of


def program_of(edge: str) -> Path | None:
    """None where it is not installed. Each validator offers a function of its engine's name."""
    try:
        module = import_module(f"{package_of(edge)}.validator")
    except ModuleNotFoundError:
        return installed(edge, beside=("/usr/local/bin", "/usr/bin", "/usr/sbin"))
    found = cast(Callable[[], str | list[str]], getattr(module, edge))()
    path = found[0] if isinstance(found, list) and found else found
    return Path(path) if path and isinstance(path, str) else None

"""What of this machine a program sees in its cell."""

from __future__ import annotations

import os
from pathlib import Path

from batten.cell.elf import libraries
from batten.cell.order import Order

DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
# What the loader reads to find libraries: names only.
_INDEXES = ("/etc/ld.so.cache", "/etc/ld-musl-x86_64.path", "/etc/ld-musl-aarch64.path")


def executed(order: Order) -> tuple[str, ...]:
    """The program and its loader."""
    return (str(order.program), *map(str, libraries(order.program)[:1]))


def shown(order: Order) -> tuple[str, ...]:
    """The program, its libraries, and what the order adds."""
    found = (
        order.program,
        *libraries(order.program, *order.loads),
        *map(Path, _INDEXES),
        *order.loads,
        *order.visible,
    )
    return tuple(dict.fromkeys(str(p) for p in found if p.exists()))


def placed(path: str | Path) -> str:
    """Where a path of this machine is in the cell: at the same place, its folder's links followed."""
    folder, name = os.path.split(path)
    return str(Path(os.path.realpath(folder), name))

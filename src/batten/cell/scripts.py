"""Programs that are Python scripts: what their interpreter has to see. Scripts of other languages get no cell."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from batten.cell.elf import searched
from batten.cell.order import NotAsked, Order

_LONGEST = 1024  # bytes of a first line
# What compiled packages lean on beside the C library.
_RUNTIMES = ("libgcc_s.so.1", "libstdc++.so.6", "libm.so.6", "libz.so.1", "libpthread.so.0", "libdl.so.2")


def is_script(program: Path) -> bool:
    """Whether the file names its interpreter."""
    return bool(interpreter(program))


def is_python(program: Path) -> bool:
    """Whether it is a script that can be run in a cell."""
    words = interpreter(program).split()
    return len(words) == 1 and Path(words[0]).is_absolute() and Path(words[0]).name.startswith("python")


def interpreter(program: Path) -> str:
    """What stands behind the `#!` of a file; "" where there is none."""
    try:
        with program.open("rb") as file:
            line = file.read(_LONGEST).partition(b"\n")[0]
    except OSError:
        return ""
    return os.fsdecode(line[2:].strip()) if line.startswith(b"#!") else ""


def unwrapped(order: Order) -> Order | NotAsked:
    """The order with the script's interpreter as its program; isolated from the user's and the folder's modules."""
    named = interpreter(order.program)
    if not named:
        return order
    python = Path(named)
    if not is_python(order.program):
        reason = f"it is a script for `{named}`, and only programs and Python scripts run in the sandbox"
        return NotAsked(order.program.name, reason)
    arguments = ("-I", str(order.program), *order.arguments)
    visible = (*order.visible, order.program, *_prefixes(python))
    return replace(
        order, program=python, arguments=arguments, visible=visible, loads=(*order.loads, *_loaded(python))
    )


def _prefixes(python: Path) -> Iterator[Path]:
    """The folders of modules: of a virtual environment and of what it was made from."""
    settings = python.parent.parent / "pyvenv.cfg"
    if settings.is_file():
        yield from (settings, settings.parent / "lib", settings.parent / "lib64")
    for folder in (_base(python), Path("/usr/local")):
        yield from sorted(folder.glob("lib/python3*"))
    yield from sorted(_base(python).glob("lib/libpython3*"))


def _base(python: Path) -> Path:
    """The installation that an interpreter belongs to."""
    return Path(os.path.realpath(python)).parent.parent


def _loaded(python: Path) -> Iterator[Path]:
    """Compiled modules of the standard library, which lean on libraries of the system's."""
    yield from sorted(_base(python).glob("lib/python3*/lib-dynload/*.so"))
    for name in _RUNTIMES:
        found = (Path(folder, name) for folder in searched())
        yield from [p for p in found if p.exists()][:1]

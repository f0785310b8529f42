"""A cell by a launcher of ours, for Linux without bubblewrap; see `launcher.py`, which stands alone."""

from __future__ import annotations

import marshal
import os
import platform
import sys
from pathlib import Path
from typing import Any

from batten.cell import seccomp
from batten.cell.limits import limits
from batten.cell.order import Order
from batten.cell.place import Place, Started, Unable, environment, lay_out, outward, start
from batten.cell.view import DEVICES, executed, shown

MADE = b"ready"
_LAUNCHER = Path(__file__).with_name("launcher.py")


def started(order: Order, place: Place, log: int | None) -> Started | Unable:
    """The order's program, running; or why not."""
    try:
        filters = {
            apart: seccomp.program(platform.machine(), view, forks=order.forks, network=order.network)
            for apart, view in ((True, seccomp.View.LANDLOCK), (False, seccomp.View.LANDLOCK_ALONE))
        }
    except KeyError:
        return Unable(f"batten has no system call filter for {platform.machine()}")
    return launched(order, place, log, {"bare": False, "filters": filters})


def launched(order: Order, place: Place, log: int | None, kind: dict[str, Any]) -> Started | Unable:
    """The launcher with its plan."""
    lay_out(order, place, moved=True)
    status, told = os.pipe()
    read, write = os.pipe()
    command = [sys.executable, "-I", "-S", str(_LAUNCHER), str(read), str(told)]
    try:
        process = start(command, order, log, (read, told))
    except OSError as error:
        os.close(status)
        os.close(write)
        return Unable(str(error))
    finally:
        os.close(read)
        os.close(told)
    with os.fdopen(write, "wb") as stream:
        stream.write(marshal.dumps({**_plan(order, place), **kind}))
    return Started(process, status, moved=True)


def _plan(order: Order, place: Place) -> dict[str, Any]:
    def moved(text: str) -> str:
        return os.fsdecode(outward(os.fsencode(text), place))

    return {
        "program": str(order.program),
        "wrapper": [str(order.program)],  # what stands before the arguments
        "arguments": [*map(moved, order.arguments)],
        "environment": {name: moved(value) for name, value in environment(order).items()},
        "limits": limits(order),
        "executed": list(executed(order)),
        "read": [*shown(order), str(place.copy)],
        "devices": list(DEVICES),
        "room": str(place.room),
        "copy": str(place.copy),
        "size": order.bounds.room,
        "network": order.network,
        "keeps user": order.keeps_user,
    }

"""A cell by bubblewrap: https://github.com/containers/bubblewrap

It shows the program and its libraries, the copies, and a folder to write to. A program in it starts no other process; it can
at most become another one that it wrote by itself, within the same walls.
"""

from __future__ import annotations

import os
import platform
import resource
from contextlib import suppress
from pathlib import Path

from batten.cell import seccomp
from batten.cell.limits import limits
from batten.cell.order import COPY, ROOM, Order
from batten.cell.place import Place, Started, Unable, environment, filled, lay_out, start
from batten.cell.programs import installed
from batten.cell.view import DEVICES, placed, shown

MADE = b'"exit-code"'  # it writes this of programs that it could start
_SYSTEM = ("/usr/bin", "/bin", "/usr/local/bin")
_NOBODY = "65534"
_LINKED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


def started(order: Order, place: Place, log: int | None) -> Started | Unable:
    """The order's program, running; or why not."""
    wrapper = installed("bwrap", beside=_SYSTEM)
    if wrapper is None:
        return Unable("bubblewrap is not installed")
    try:
        steps = seccomp.program(
            platform.machine(),
            seccomp.View.MOUNTS,
            forks=order.forks,
            network=order.network,
            segments=order.segments,
        )
    except KeyError:
        return Unable(f"batten has no system call filter for {platform.machine()}")
    lay_out(order, place, moved=False)
    filter_ = filled(steps)
    status, told = os.pipe()
    read, write = os.pipe()
    try:
        # What holds even if we are killed before the rest is told: then the program sees nothing, not even itself.
        made = ["--unshare-all", "--unshare-user", "--uid", _NOBODY, "--gid", _NOBODY, "--hostname", "cell"]
        made += ["--share-net"] if order.network else []
        made += ["--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv", "--tmpfs", "/"]
        walls = [*made, "--seccomp", str(filter_), "--json-status-fd", str(told)]
        command = [str(wrapper), *walls, "--args", str(read), "--", placed(order.program), *order.arguments]
        process = start(command, order, log, (read, filter_, told))
    except OSError as error:
        os.close(status)
        os.close(write)
        return Unable(str(error))
    finally:
        for descriptor in (filter_, told, read):
            os.close(descriptor)
    # bubblewrap does nothing before it has read its arguments, so these hold for all that it starts.
    for kind, value in limits(order):
        _, most = resource.prlimit(process.pid, kind)
        within = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.prlimit(process.pid, kind, (within, within))
    written = b"".join(os.fsencode(w) + b"\0" for w in words(order, place.copy))
    with suppress(BrokenPipeError), os.fdopen(write, "wb") as stream:
        stream.write(written)
    return Started(process, status, moved=False)


def words(order: Order, copy: Path) -> list[str]:
    """What bubblewrap is to show to an order's program; the copy is made already."""
    made: list[str] = []
    for name in _LINKED:
        if Path("/", name).is_symlink():
            made += ["--symlink", os.readlink(f"/{name}"), f"/{name}"]
    for path in shown(order):
        made += ["--ro-bind", os.path.realpath(path), placed(path)]
    for device in DEVICES:
        made += ["--dev-bind-try", device, device]
    made += ["--ro-bind", str(copy), COPY, "--size", str(order.bounds.room), "--tmpfs", ROOM]
    for name, value in environment(order).items():
        made += ["--setenv", name, value]
    return [*made, "--remount-ro", "/", "--chdir", ROOM]

"""A cell by macOS's `sandbox-exec`, with a profile in its language. The profile's text is tested; it has not been run,
since no machine with macOS was at hand.

Source: sandbox-exec(1), and the language of the profiles that Apple ships in /System/Library/Sandbox/Profiles.
"""

from __future__ import annotations

from pathlib import Path

from batten.cell.landlock import launched
from batten.cell.order import Order
from batten.cell.place import Place, Started, Unable

MADE = b"ready"
_SANDBOX = Path("/usr/bin/sandbox-exec")
# What every program of that system needs to start: its loader's libraries and caches, no file of a user's.
_SYSTEM = (
    "/usr/lib",
    "/System/Library",
    "/System/Volumes/Preboot/Cryptexes",
    "/Library/Apple",
    "/private/var/db/dyld",
)
_PACKAGES = ("/opt/homebrew", "/usr/local")  # where libraries of installed programs are
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


def started(order: Order, place: Place, log: int | None) -> Started | Unable:
    """The order's program, running; or why not."""
    if not _SANDBOX.exists():
        return Unable("sandbox-exec is not on this system")
    wrapped = ["sandbox-exec", "-p", profile(order, place), str(order.program)]
    return launched(order, place, log, {"bare": True, "program": str(_SANDBOX), "wrapper": wrapped})


def profile(order: Order, place: Place) -> str:
    """The rules: all is denied but what stands here."""
    read = [*_SYSTEM, *_PACKAGES, *map(str, order.visible), str(place.copy.resolve())]
    room = _quoted(str(place.room.resolve()))
    program = _quoted(str(order.program.resolve()))
    subpaths = " ".join(f"(subpath {_quoted(p)})" for p in read)
    rules = [
        "(version 1)",
        "(deny default)",
        f"(allow process-exec (literal {program}) (literal {_quoted(str(order.program))}))",
        "(allow file-read-metadata)",
        f"(allow file-read* (literal {program}) {subpaths})",
        f"(allow file-read* file-write* (subpath {room}))",
        f"(allow file-read* file-write-data {' '.join(f'(literal {_quoted(d)})' for d in _DEVICES)})",
        "(allow sysctl-read)",
        "(allow signal (target self))",
    ]
    rules += ["(allow process-fork)"] if order.forks else []
    rules += ["(allow network*)"] if order.network else []
    return "\n".join(rules)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

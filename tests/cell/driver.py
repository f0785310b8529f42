"""Runs the intruder through a kind of cell and prints what came of every attempt, and what was left behind. A process
of its own, so that it can be another user's, and can be told that the kernel offers less than it does.

Usage: driver.py KIND; KIND is bubblewrap, landlock, alone (Landlock where no namespace can be had), bare or nothing.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import socket
import struct
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from batten.cell import MIB, Answer, Bounds, Order, keeper, trust

INTRUDER = Path(__file__).with_name("intruder.py")
BOUNDS = Bounds(
    seconds=60.0, processor=1, memory=256 * MIB, file=8 * MIB, room=16 * MIB, output=1 * MIB, files=64
)
# unshare, mount, and what makes a rule set of Landlock's: without them there is no cell of any kind.
UNSHARE, MOUNT, RULES = {"x86_64": (272, 165, 444), "aarch64": (97, 40, 444)}[platform.machine()]
ENOSYS = 38


def without(*calls: int) -> None:
    """From here on the kernel does as if it had no such calls, as in a container."""
    steps = [(0x20, 0, 0, 0)]
    for number in calls:
        steps += [(0x15, 0, 1, number), (0x06, 0, 0, 0x00050000 | ENOSYS)]
    steps.append((0x06, 0, 0, 0x7FFF0000))
    made = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    libc = ctypes.CDLL(None)
    assert libc.prctl(38, 1, 0, 0, 0) == 0
    assert libc.prctl(22, 2, struct.pack("HP", len(steps), ctypes.addressof(made)), 0, 0) == 0


def main(kind: str) -> None:
    if kind == "alone":
        without(UNSHARE)
    if kind == "nothing":
        without(UNSHARE, MOUNT, RULES)
    if kind != "nothing":
        keeper.KINDS = {"linux": ({"alone": "landlock"}.get(kind, kind),)}
    with tempfile.TemporaryDirectory() as folder, trust.trusting(kind == "bare"):
        print(json.dumps(outcomes(Path(folder), resolve=kind != "bare")))


def outcomes(folder: Path, resolve: bool) -> dict[str, str]:
    """What the program inside said to each attempt, or why it was ended; `left` is what it left behind."""
    secret, new, path = folder / "secret", folder / "new", folder / "socket"
    secret.write_text("the secret")
    secret.chmod(0o600)
    os.utime(secret, (10, 10))
    program = folder / "intruder"
    program.write_text(f"#!{sys.executable}\n{INTRUDER.read_text()}")
    program.chmod(0o755)
    with ExitStack() as held:
        tcp, udp = (
            held.enter_context(socket.socket(type=t)) for t in (socket.SOCK_STREAM, socket.SOCK_DGRAM)
        )
        named, abstract = (held.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(2))
        hidden = f"batten-{os.getpid()}"
        for link, address in (
            (tcp, ("127.0.0.1", 0)),
            (udp, ("127.0.0.1", 0)),
            (named, str(path)),
            (abstract, f"\0{hidden}"),
        ):
            link.bind(address)
            link.setblocking(False)
        for link in (tcp, named, abstract):
            link.listen()
        # One of the user's other processes; a tracer would hold this one up.
        other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        held.callback(other.wait)
        held.callback(other.kill)
        said = {
            name: attempted(program, *attempt)
            for name, attempt in attempts(secret, new, path, hidden, tcp, udp, other.pid).items()
            if resolve or name != "resolve"  # no name leaves this machine
        }
        met = [
            name for name, link in (("tcp", tcp), ("named", named), ("abstract", abstract)) if reached(link)
        ]
        met += ["udp"] if received(udp) else []
    state = secret.stat()
    whole = (secret.read_text(), state.st_mode & 0o777, state.st_mtime, os.listxattr(secret)) == (
        "the secret",
        0o600,
        10.0,
        [],
    )
    met += [] if whole else ["secret changed"]
    met += [f.name for f in folder.iterdir() if f not in (secret, path, program)]
    return {**said, "left": " ".join(met)}


def reached(link: socket.socket) -> bool:
    try:
        link.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def received(link: socket.socket) -> bool:
    try:
        return bool(link.recv(100))
    except BlockingIOError:
        return False


def attempted(program: Path, name: str, about: str = "") -> str:
    bounds = replace(BOUNDS, seconds=4.0) if name == "sleep" else BOUNDS
    answer = keeper.run(Order(program, (name, about), {"given": b"laid out"}, bounds=bounds))
    return answer.output.strip() if isinstance(answer, Answer) else f"NOT ASKED {answer}"


def attempts(
    secret: Path, new: Path, path: Path, hidden: str, tcp: socket.socket, udp: socket.socket, other: int
) -> dict[str, tuple[str, str]]:
    machine = platform.machine()
    numbers = {
        "x86_64": {
            "unshare": 272,
            "bpf": 321,
            "keyctl": 250,
            "mount": 165,
            "memfd": 319,
            "userfaultfd": 323,
            "setns": 308,
            "perf": 298,
        },
        "aarch64": {
            "unshare": 97,
            "bpf": 280,
            "keyctl": 219,
            "mount": 40,
            "memfd": 279,
            "userfaultfd": 282,
            "setns": 268,
            "perf": 241,
        },
    }[machine]
    calls = {**numbers, "io_uring": 425, "open_tree": 428, "fsopen": 430, "newer": 1000}
    return {
        "copy": ("read", "/cell/copy/given"),
        "own folder": ("write", "mine"),
        "thread": ("thread", ""),
        "environment": ("environment", ""),
        "identity": ("identity", ""),
        "own limit": ("limit", "0"),
        "read secret": ("read", str(secret)),
        "read users": ("read", "/etc/passwd"),
        "list home": ("listed", os.path.expanduser("~")),
        "list temporary": ("listed", "/tmp"),
        "list processes": ("listed", "/proc"),
        "write new": ("write", str(new)),
        "write copy": ("write", "/cell/copy/given"),
        "change mode": ("mode", str(secret)),
        "change times": ("times", str(secret)),
        "shorten": ("shortened", str(secret)),
        "attribute": ("attribute", str(secret)),
        "connect": ("connect", str(tcp.getsockname()[1])),
        "datagram": ("datagram", str(udp.getsockname()[1])),
        "message": ("message", str(udp.getsockname()[1])),
        "named socket": ("unix", str(path)),
        "abstract socket": ("unix", f"@{hidden}"),
        "resolve": ("resolve", "batten.example"),
        "vsock": ("family", "40"),
        "netlink": ("family", "16"),
        "packet": ("family", "17"),
        "fork": ("fork", ""),
        "vfork": ("vfork", ""),
        "execute": ("execute", "/bin/sh"),
        "trace": ("trace", str(other)),
        "signal": ("kill", str(other)),
        "limit another": ("limit", str(other)),
        **{f"call {name}": ("call", f"{number},0,0,0,0,0") for name, number in calls.items()},
        "memory": ("memory", ""),
        "shared memory": ("shared", ""),
        "spin": ("spin", ""),
        "sleep": ("sleep", ""),
        "fill": ("fill", ""),
        "large": ("large", ""),
        "quiet": ("quiet", ""),
        "chatter": ("chatter", ""),
        "complain": ("complain", ""),
        "open files": ("files", ""),
    }


if __name__ == "__main__":
    main(sys.argv[1])

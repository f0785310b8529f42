"""Puts itself into a cell and becomes the program: `python -I -S launcher.py`, for Linux without bubblewrap.

It stands alone, so that nothing of batten's is loaded before every start. Two descriptors are its arguments: on
the first comes the plan, marshalled; on the second goes "ready" just before the program starts, else a reason. The view is Landlock's: what it does not show cannot be read
or written, though its names and sizes can still be asked for.

Sources: landlock(7), user_namespaces(7), seccomp(2), capabilities(7), netdevice(7).
"""

from __future__ import annotations

import contextlib
import ctypes
import marshal
import os
import resource
import signal
import socket
import struct
import sys
from typing import Any

STATUS = int(sys.argv[2])
_libc: Any = ctypes.CDLL(None, use_errno=True)
_NEWUSER = 0x10000000
_OTHERS = 0x20000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x20000000  # mounts, cgroup, UTS, IPC, processes
_NEWNET = 0x40000000
_NOBODY = 65534
_PDEATHSIG, _KEEP_CAPABILITIES, _SECCOMP, _NO_NEW_PRIVILEGES, _AMBIENT, _RAISE = 1, 8, 22, 38, 47, 2
_READING = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
_CREATE_RULES, _ADD_RULE, _RESTRICT = 444, 445, 446
_EXECUTE, _WRITE, _READ, _LIST, _TRUNCATE, _DEVICE = 1, 2, 4, 8, 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE | _DEVICE
_ALL_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_NOSUID, _NODEV, _NOEXEC, _READONLY, _REMOUNT, _BIND, _RECURSIVE, _SLAVE = (
    2, 4, 8, 1, 32, 4096, 16384, 1 << 19,
)  # fmt: skip


class Unable(Exception):
    """This kernel gives no cell; the sentence says what is missing."""


def main() -> None:
    """Read the plan, enter the cell, start the program; tell why not on STATUS."""
    os.set_inheritable(STATUS, False)
    _die_with_parent()
    with os.fdopen(int(sys.argv[1]), "rb") as stream:
        plan = marshal.load(stream)
    try:
        if plan["bare"]:
            _limit(plan)
            _become(plan)
        # Whether the namespaces could be had. Some kernels and containers refuse them to ordinary users.
        wanted = _OTHERS | (0 if plan["network"] else _NEWNET)
        user, group = os.geteuid(), os.getegid()
        if _libc.unshare(_NEWUSER | wanted) == 0:
            for name, text in (
                ("setgroups", "deny"),
                ("uid_map", f"{_NOBODY} {user} 1"),
                ("gid_map", f"{_NOBODY} {group} 1"),
            ):
                with contextlib.suppress(OSError):
                    file = os.open(f"/proc/self/{name}", os.O_WRONLY)
                    os.write(file, text.encode())
                    os.close(file)
            apart = True
        else:
            apart = bool(_libc.unshare(wanted) == 0)
        if apart:
            # The first process of the new namespace waits; its child becomes the program. All die with us.
            for _ in range(2):
                child = os.fork()
                if child:
                    os.close(STATUS)
                    _, status = os.waitpid(child, 0)
                    code = os.waitstatus_to_exitcode(status)
                    os._exit(code if code >= 0 else 128 - code)
                _die_with_parent()
            # A bounded folder to write to, copies that cannot be executed, a loopback that is up: as far as we may.
            room, copy = plan["room"].encode(), plan["copy"].encode()
            with contextlib.suppress(OSError):
                _call("mount", None, b"/", None, _RECURSIVE | _SLAVE, None)
                size = f"size={plan['size']},mode=700".encode()
                _call("mount", b"tmpfs", room, b"tmpfs", _NOSUID | _NODEV | _NOEXEC, size)
                _call("mount", copy, copy, None, _BIND, None)
                furnish_kept = _REMOUNT | _BIND | _READONLY | _NOSUID | _NODEV | _NOEXEC
                _call("mount", None, copy, None, furnish_kept, None)
            if not plan["network"]:
                with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
                    request = struct.pack("16sH14x", b"lo", 1)  # IFF_UP
                    _libc.ioctl(link.fileno(), 0x8914, request)  # SIOCSIFFLAGS
            os.chdir(plan["room"])
        else:
            # Of root's powers only that of reading what Landlock's view holds is kept, and of root nothing, where we may.
            if os.geteuid() == 0:
                _call("prctl", _KEEP_CAPABILITIES, 1, 0, 0, 0)
                os.setgroups([])
                if not plan["keeps user"]:
                    os.setresgid(_NOBODY, _NOBODY, _NOBODY)
                    os.setresuid(_NOBODY, _NOBODY, _NOBODY)
                    _die_with_parent()  # the kernel forgets it with the user
                header = struct.pack("Ii", 0x20080522, 0)
                held = ctypes.create_string_buffer(24)
                _call("capget", header, held)
                powerless_kept = struct.unpack("6I", held.raw)[1] & _READING
                _call(
                    "capset",
                    header,
                    struct.pack("6I", powerless_kept, powerless_kept, powerless_kept, 0, 0, 0),
                )
                for number in (1, 2):
                    if powerless_kept >> number & 1:
                        _call("prctl", _AMBIENT, _RAISE, number, 0, 0)
        _limit(plan)
        _call("prctl", _NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        _see_only(plan)
        # The filter of system calls, from here on.
        steps = plan["filters"][apart]
        kept = ctypes.create_string_buffer(steps)
        program = struct.pack("HP", len(steps) // 8, ctypes.addressof(kept))
        _call("prctl", _SECCOMP, 2, program, 0, 0)
        _become(plan)
    except (Unable, OSError) as error:
        os.write(STATUS, str(error).encode("utf-8", "replace"))
        os._exit(126)


def _call(name: str, *arguments: Any) -> int:
    """A function of libc's that answers -1 for failure. Raises OSError."""
    made = getattr(_libc, name)(*arguments)
    if made == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return int(made)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        _call("prctl", _PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _limit(plan: dict[str, Any]) -> None:
    for kind, value in plan["limits"]:
        _, most = resource.getrlimit(kind)
        within = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(kind, (within, within))


def _see_only(plan: dict[str, Any]) -> None:
    """Landlock's view of files. Raises Unable where the kernel has none."""
    version = _libc.syscall(_CREATE_RULES, None, ctypes.c_size_t(0), 1)
    if version < 1:
        raise Unable("this kernel has no Landlock")
    rights = _ALL_RIGHTS.get(version, (1 << 16) - 1)
    attributes = struct.pack("QQQ", rights, 0, 3 if version >= 6 else 0)[
        : 8 if version < 4 else 16 if version < 6 else 24
    ]
    rules = _call("syscall", _CREATE_RULES, attributes, ctypes.c_size_t(len(attributes)), 0)
    for paths, wanted in (
        (plan["executed"], _EXECUTE | _READ),
        (plan["read"], _READ | _LIST),
        (plan["devices"], _READ | _WRITE | _DEVICE),
        ([plan["room"]], rights & ~_EXECUTE),
    ):
        for path in paths:
            allow_rights = wanted & rights
            try:
                place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            within = allow_rights if os.path.isdir(path) else allow_rights & _OF_FILES
            _call("syscall", _ADD_RULE, rules, 1, struct.pack("=Qi", within, place), 0)
            os.close(place)
    _call("syscall", _RESTRICT, rules, 0)
    os.close(rules)


def _become(plan: dict[str, Any]) -> None:
    os.chdir(plan["room"])
    os.write(STATUS, b"ready")
    try:
        os.execve(plan["program"], [*plan["wrapper"], *plan["arguments"]], plan["environment"])
    except OSError as error:
        os.write(STATUS, f"\0{error}".encode("utf-8", "replace"))
        os._exit(126)


if __name__ == "__main__":
    main()

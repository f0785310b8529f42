"""Tries one thing that a cell must not let through, and prints what came of it. Runs inside: standard library only."""

from __future__ import annotations

import ctypes
import mmap
import os
import resource
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

libc = ctypes.CDLL(None, use_errno=True)


def syscall(number: int, *arguments: object) -> str:
    made = libc.syscall(number, *arguments)
    if made == -1:
        raise OSError(ctypes.get_errno(), "refused")
    return str(made)


def read(path: str) -> str:
    return Path(path).read_text()[:80]


def write(path: str) -> str:
    return str(Path(path).write_text("intruder"))


def listed(path: str) -> str:
    return " ".join(sorted(os.listdir(path)))


def connect(port: str) -> str:
    with socket.create_connection(("127.0.0.1", int(port)), timeout=60) as link:
        return str(link.send(b"intruder"))


def datagram(port: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        return str(link.sendto(b"intruder", ("127.0.0.1", int(port))))


def message(port: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        return str(link.sendmsg([b"intruder"], [], 0, ("127.0.0.1", int(port))))


def unix(path: str) -> str:
    with socket.socket(socket.AF_UNIX) as link:
        link.connect("\0" + path[1:] if path.startswith("@") else path)
        return str(link.send(b"intruder"))


def resolve(name: str) -> str:
    return str(socket.getaddrinfo(name, 80))


def family(number: str) -> str:
    with socket.socket(int(number), socket.SOCK_RAW if number == "17" else socket.SOCK_STREAM) as link:
        return str(link.fileno())


def fork(_: str) -> str:
    child = os.fork()
    if not child:
        os._exit(0)
    return str(child)


def vfork(_: str) -> str:
    return str(os.posix_spawn(sys.executable, [sys.executable, "-c", ""], {}))


def execute(path: str) -> str:
    os.execv(path, [path, "-c", "echo intruder"])


def copied(_: str) -> str:
    """A program that it brings along, made executable in its own folder."""
    own = Path("/proc/self/exe") if Path("/proc/self/exe").exists() else Path(sys.executable)
    brought = Path("brought")
    brought.write_bytes(own.read_bytes())
    brought.chmod(0o755)
    os.execv(str(brought.resolve()), ["brought", "-c", "print('intruder')"])


def thread(_: str) -> str:
    ran: list[str] = []
    started = threading.Thread(target=ran.append, args=("a thread ran",))
    started.start()
    started.join()
    return ran[0]


def memory(_: str) -> str:
    kept = [bytearray(1 << 20) for _ in range(1 << 20)]
    return str(len(kept))


def shared(_: str) -> str:
    kept = [mmap.mmap(-1, 64 << 20) for _ in range(1 << 10)]
    return str(len(kept))


def spin(_: str) -> str:
    while True:
        pass


def sleep(_: str) -> str:
    time.sleep(3600)
    return "slept"


def fill(_: str) -> str:
    for number in range(1 << 12):
        Path(f"filled{number}").write_bytes(bytes(1 << 20))
    return "filled"


def large(_: str) -> str:
    with Path("large").open("wb") as file:
        for _ in range(1 << 12):
            file.write(bytes(1 << 20))
    return "large"


def chatter(_: str) -> str:
    while True:
        os.write(1, b"intruder " * 4096)


def complain(_: str) -> str:
    while True:
        os.write(2, b"intruder " * 4096)


def quiet(_: str) -> str:
    """Goes on writing when nobody listens any more."""
    os.close(1)
    os.close(2)
    return fill("")


def files(_: str) -> str:
    kept = [os.open("/dev/null", os.O_RDONLY) for _ in range(4096)]
    return str(len(kept))


def trace(process: str) -> str:
    return syscall(
        {"x86_64": 101, "aarch64": 117}[os.uname().machine], 16, int(process), 0, 0
    )  # PTRACE_ATTACH


def kill(process: str) -> str:
    os.kill(int(process), 0)
    return "could"


def limit(process: str) -> str:
    return str(resource.prlimit(int(process), resource.RLIMIT_NOFILE))


def mode(path: str) -> str:
    Path(path).chmod(0o777)
    return "changed"


def times(path: str) -> str:
    os.utime(path, (1, 1))
    return "changed"


def shortened(path: str) -> str:
    os.truncate(path, 0)
    return "changed"


def attribute(path: str) -> str:
    os.setxattr(path, "user.intruder", b"x")
    return "changed"


def call(numbers: str) -> str:
    number, *arguments = map(int, numbers.split(","))
    return syscall(number, *arguments)


def environment(_: str) -> str:
    return " ".join(f"{k}={v}" for k, v in sorted(os.environ.items()))


def identity(_: str) -> str:
    return f"{os.getuid()} {os.getgid()}"


ATTEMPTS: dict[str, Callable[[str], str]] = {
    f.__name__: f
    for f in (
        read, write, listed, connect, datagram, message, unix, resolve, family, fork, vfork, execute, copied, thread, memory,
        shared, quiet, spin, sleep, fill, large, chatter, complain, files, trace, kill, limit, mode, times, shortened, attribute, call,
        environment, identity,
    )
}  # fmt: skip

if __name__ == "__main__":
    attempt, about = sys.argv[1:3]
    try:
        print("DONE", ATTEMPTS[attempt](about))
    except (OSError, MemoryError) as error:
        print("HELD", type(error).__name__, error)

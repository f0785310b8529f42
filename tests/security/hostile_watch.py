"""The watcher: a program under strace, and its system calls as events in the order of time."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CALLS = (
    "open openat openat2 creat open_by_handle_at getdents64 chdir fchdir chroot mkdir mkdirat mknod mknodat rename renameat renameat2 unlink"
    " unlinkat rmdir link linkat symlink symlinkat chmod fchmod fchmodat fchmodat2 chown lchown fchown fchownat truncate ftruncate"
    " utime utimes futimesat utimensat setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr mount umount2 pivot_root"
    " execve execveat fork vfork clone clone3 unshare setns connect bind listen accept accept4 sendto sendmsg sendmmsg"
    " landlock_restrict_self prctl seccomp ptrace io_uring_setup init_module finit_module bpf process_vm_writev"
)  # fmt: skip
_LINE = re.compile(
    r"(\d+\.\d+) (\w+)\((.*)\)\s+= (-?\d+|0x[0-9a-f]+|\?)(?:<(.*)>(?:\(deleted\))?)?((?: [A-Z(/].*)?)"
)
_UNANSWERED = re.compile(r"\d+\.\d+ (?:\w+\(.*= \?.*|\w+\(.*<unfinished \.\.\.>|\+\+\+.*|---.*|\))")
_OUTER = re.compile(r"(-?\d+) in strace's PID NS")
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"(?:\.\.\.)?|(AT_FDCWD|\b\d+)<((?:[^>\\]|\\.)*)>|\b(AT_FDCWD)\b')


@dataclass(frozen=True)
class Event:
    """One system call that returned. `words` are its strings and the paths of its descriptors, in order;
    `result` is the path of the descriptor that it returned."""

    at: float
    process: int
    name: str
    arguments: str
    words: tuple[tuple[str, bool], ...]  # (text, whether it is a descriptor's path)
    value: int
    error: str
    result: str

    @property
    def succeeded(self) -> bool:
        return self.value >= 0


def watch(
    command: list[str], folder: Path, cwd: Path, environment: dict[str, str], seconds: float
) -> tuple[list[Event], bool]:
    """Run the command with its children; all that they asked the kernel for, and whether it ended in time."""
    folder.mkdir()
    trace = [
        *_alone(),
        shutil.which("strace") or "strace",  # of here, wherever the command's own PATH leads
        "-ff",
        "-qq",
        "-y",
        "-ttt",
        "-s",
        "400",
        "--seccomp-bpf",
        "--decode-pids=pidns",
    ]
    trace += [
        "-e",
        f"trace={','.join(CALLS.split())}",
        "-e",
        "signal=none",
        "-o",
        str(folder / "t"),
        *command,
    ]
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            trace,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
    try:
        process.wait(seconds)
        ended = True
    except subprocess.TimeoutExpired:
        ended = False
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return events(folder), ended


def _alone() -> list[str]:
    """Where that can be had without another user's identity: no network, so that what is caught reaches nobody."""
    program = shutil.which("unshare")
    return [program, "--net"] if os.geteuid() == 0 and program else []


def events(folder: Path) -> list[Event]:
    """Everything in the trace files of a folder, by time."""
    found = [event for file in folder.glob("t.*") for event in _of_one(file)]
    return sorted(found, key=lambda event: event.at)


def _of_one(file: Path) -> Iterator[Event]:
    process = int(file.suffix[1:])
    lines = file.read_text("utf-8", "surrogateescape").split("\n")
    for number, line in enumerate(lines):
        found = _LINE.fullmatch(line)
        if found is None:
            cut = number >= len(lines) - 3  # the process was killed while it asked
            if line and not cut and not _UNANSWERED.fullmatch(line):
                raise ValueError(f"a line of strace that is not understood: {line}")
            continue
        at, name, arguments, value, result, rest = found.groups()
        outer = _OUTER.search(rest)
        returned = -1 if value == "?" else int(value, 0)
        yield Event(
            float(at),
            process,
            name,
            arguments,
            tuple(_words(arguments)),
            int(outer[1]) if outer else returned,
            rest.split()[0] if returned < 0 and rest.split() else "",
            _text(result or ""),
        )


def _words(arguments: str) -> Iterator[tuple[str, bool]]:
    for quoted, _, path, bare in _WORD.findall(arguments):
        if path or bare:
            yield _text(path), True
        else:
            yield _text(quoted), False


def _text(escaped: str) -> str:
    """strace writes bytes that are not printable as octal escapes."""
    if "\\" not in escaped:
        return escaped
    data = escaped.encode("utf-8", "surrogateescape").decode("latin-1")
    return (
        data.encode("latin-1").decode("unicode_escape").encode("latin-1").decode("utf-8", "surrogateescape")
    )

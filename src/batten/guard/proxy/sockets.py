"""The listeners of clients: bound here, or inherited from the service manager."""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping
from pathlib import Path
from typing import assert_never

from batten.files.folders import Refused
from batten.files.sockets import bind_unix, identity, remove_unix
from batten.guard.options import GuardProblem
from batten.guard.proxy.settings import Address, Inherited, Listen, Local

BACKLOG = 4_096
_FIRST = 3  # descriptor (sd_listen_fds(3), SD_LISTEN_FDS_START)


class Listeners:
    """One listener for each worker where the system shares connections out among them (SO_REUSEPORT), or the same for
    all. Each outlives the worker that accepts from it: what waits there is served by the next one."""

    def __init__(self, where: Listen, workers: int) -> None:
        """Raises GuardProblem."""
        self._own: tuple[Path, tuple[int, int]] | None = None
        self.where: Listen = where
        match where:
            case Address():
                self.all = [bound(where)]
                self.where = Address(where.host, self.all[0].getsockname()[1])
                self.all.extend(bound(self.where) for _ in range(workers - 1))
            case Local():
                try:
                    listener = bind_unix(where.path, where.mode)
                except Refused as refused:
                    raise GuardProblem(f"cannot listen on {where}: {refused}; {refused.hint}") from refused
                except OSError as error:
                    raise GuardProblem(
                        f"cannot listen on {where}: {error.strerror}; choose another --listen"
                    ) from error
                listener.listen(BACKLOG)
                listener.setblocking(False)
                self.all = [listener]
                self._own = where.path, identity(where.path)
            case Inherited():
                self.all = inherited(where.name, os.environ)
            case _:
                assert_never(where)
        self.is_shared = not isinstance(where, Address)

    def of(self, worker: int) -> list[socket.socket]:
        """Those that a worker accepts from."""
        return self.all if self.is_shared else [self.all[worker]]

    def keep(self, worker: int) -> None:
        """In the worker's own process: close the others."""
        kept = self.of(worker)
        for listener in self.all:
            if listener not in kept:
                listener.close()

    def close(self) -> None:
        """No more connections are queued here; a unix socket of its own is removed."""
        for listener in self.all:
            listener.close()
        if self._own is not None:
            remove_unix(*self._own)
            self._own = None


def bound(where: Address) -> socket.socket:
    """A listener that others may share. Raises GuardProblem."""
    family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((where.host, where.port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise GuardProblem(f"cannot listen on {where}: {error.strerror}; choose another --listen") from error
    return listener


def inherited(name: str, environment: MutableMapping[str, str]) -> list[socket.socket]:
    """The sockets that LISTEN_FDS announces (sd_listen_fds(3)), of which `name` is the FileDescriptorName. The variables are
    removed, since they concern no child. Raises GuardProblem."""
    process = environment.pop("LISTEN_PID", "")
    number = environment.pop("LISTEN_FDS", "")
    names = environment.pop("LISTEN_FDNAMES", "").split(":")
    hint = "start it from a .socket unit, or choose another --listen"
    if process != str(os.getpid()) or not number.isdigit() or not 0 < int(number) <= 64:
        raise GuardProblem(f"--listen systemd: the service manager gave no socket to this process; {hint}")
    chosen = [
        _FIRST + at
        for at in range(int(number))
        if not name or (at < len(names) and names[at] == name)
    ]  # fmt: skip
    if not chosen:
        raise GuardProblem(
            f"--listen systemd:{name}: no inherited socket has this name; set FileDescriptorName={name} in the .socket unit"
        )
    return [_listening(descriptor) for descriptor in chosen]


def _listening(descriptor: int) -> socket.socket:
    try:
        given = socket.socket(fileno=descriptor)
        fits = given.type == socket.SOCK_STREAM and given.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as error:
        raise GuardProblem(
            f"--listen systemd: descriptor {descriptor} is not a socket: {error.strerror}; use ListenStream="
        ) from error
    if not fits:
        given.close()
        raise GuardProblem(
            f"--listen systemd: descriptor {descriptor} is not a listening stream socket; use ListenStream= and Accept=no"
        )
    given.setblocking(False)
    os.set_inheritable(descriptor, False)
    return given

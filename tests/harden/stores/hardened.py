"""A store as `batten harden` makes it, with its secrets, on loopback, as a user who is not root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from live_servers import running

from batten.contract import Contract, load
from batten.formats import Workspace
from batten.harden import Options, targets
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.policy import Policy
from needs import program
from servers import free_port
from waiting import BOUND

ORDERS = Path(__file__).parents[3] / "examples/orders"


@cache
def contract() -> Contract:
    return load(Workspace(ORDERS), "openapi.yaml")[0]


@dataclass(frozen=True, slots=True)
class Hardened:
    kind: str
    folder: Path
    port: int
    user: str | None

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets" / self.kind

    @property
    def authority(self) -> str:
        return str(self.secrets / "ca.crt")

    @property
    def password(self) -> str:
        return (self.secrets / "password").read_text()

    def run(self, *command: str, **more: object) -> None:
        subprocess.run(
            command, check=True, capture_output=True, user=self.user, cwd="/", timeout=BOUND, **more
        )  # type: ignore[call-overload]


def made(kind: str, folder: Path, port: int = 0) -> Made:
    options = Options(prefix=str(folder), data=str(folder / "data"), port=port, names=("localhost",))
    return targets.render(kind, Intent(contract(), Policy(), options, local_ca=True))


@contextmanager
def laid_out(kind: str) -> Iterator[Hardened]:
    """Its files and secrets in a folder of another user's, where root runs the test: most stores refuse to be root."""
    folder, port = Path(tempfile.mkdtemp(prefix="batten-store-")), free_port()
    try:
        whole = made(kind, folder, port)
        written = {name: text.encode() for name, text in whole.files.items()}
        earlier: dict[str, bytes] = {}
        for secret in whole.secrets:
            earlier[secret.path] = secret.make(earlier)
        for name, data in (written | earlier).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            path.chmod(0o600)
        (folder / "data").mkdir(mode=0o700)
        user = _other_user()
        if user is not None:
            for path in (folder, *folder.rglob("*")):
                shutil.chown(path, user)
        yield Hardened(kind, folder, port, user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _other_user() -> str | None:
    if os.geteuid() != 0:
        return None
    return "postgres" if "postgres" in {entry.pw_name for entry in pwd.getpwall()} else "nobody"


Start = Callable[[Hardened], list[str]]


@contextmanager
def started(kind: str, start: Start, environment: dict[str, str] | None = None) -> Iterator[Hardened]:
    with laid_out(kind) as store:
        command = start(store)
        with running(command, store.port, store.folder, store.user, environment):
            yield store


def plainly(store: Hardened) -> list[str]:
    """The command that the target's notes name."""
    first = made(store.kind, store.folder, store.port).notes[0]
    words = first.partition(": ")[2].split()
    return [program(words[0]), *words[1:]]

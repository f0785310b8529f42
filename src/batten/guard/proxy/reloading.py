"""What a proxy reads from files, and reads again when they change."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from batten.contract import Contract
from batten.files import Refused
from batten.files.named import read_named
from batten.guard.compiled import Compiled, compile_contract
from batten.guard.loading import read_contract, read_policy
from batten.guard.options import GuardProblem
from batten.guard.proxy.settings import Settings
from batten.policy import find_policy


class Ready(NamedTuple):
    """Contract and policy made ready. `files` are those that they were read from, `digest` (64 bits) is of what was in
    them."""

    contract: Contract
    compiled: Compiled
    files: tuple[Path, ...]
    digest: int


def compiled(settings: Settings) -> Ready:
    """Raises GuardProblem and PolicyProblem."""
    contract = read_contract(settings.contract)
    main = settings.contract.resolve()
    chosen = settings.policy or find_policy(main.parent)
    before = _bytes(chosen)
    policy = read_policy(settings.policy, main.parent)
    if _bytes(chosen) != before:
        raise GuardProblem(f"{chosen} was changed while it was read; it is read again after the next change")
    made = compile_contract(contract, policy, settings.options)
    return Ready(contract, made, _files(main, contract, chosen), _digest(contract, before))


def _bytes(path: Path | None) -> bytes:
    try:
        return read_named(path) if path is not None else b""
    except (OSError, Refused):
        return b""  # the policy's reader says so


def _digest(contract: Contract, policy: bytes) -> int:
    """The same wherever the files are."""
    made = hashlib.sha256(policy)
    for name, source in sorted(contract.references.sources.files.items()):
        for part in (name, source.text.text):
            data = part.encode("utf-8", "surrogatepass")
            made.update(b"%d:" % len(data) + data)
    return int.from_bytes(made.digest()[:8]) or 1


def _files(main: Path, contract: Contract, policy: Path | None) -> tuple[Path, ...]:
    here = Path.cwd()
    root = here if here in main.parents else main.parent
    parts = [root / name for name in contract.references.sources.files]
    return tuple(dict.fromkeys((main, *parts, *([policy] if policy is not None else []))))


def stamps(files: tuple[Path, ...]) -> tuple[tuple[int, int, int] | None, ...]:
    """What tells that a file has changed; None where there is none at the moment."""
    return tuple(map(_stamp, files))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        seen = os.stat(path)
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_size, seen.st_ino

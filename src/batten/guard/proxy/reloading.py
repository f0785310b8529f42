"""What a proxy reads from files, and reads again when they change."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from batten.contract import Contract
from batten.files import Refused
from batten.files.named import read_named
from batten.guard.compiled import Compiled, compile_contract
from batten.guard.loading import announce, read_contract, read_policy
from batten.guard.options import GuardProblem
from batten.guard.proxy import services
from batten.guard.proxy.settings import Settings
from batten.policy import find_policy


class Ready(NamedTuple):
    """Contract and policy made ready. `parts` are the contracts, several where there are `services`; `files` are those
    that they were read from, `digest` (64 bits) is of what was in them."""

    parts: tuple[tuple[Contract, Compiled], ...]
    compiled: Compiled
    files: tuple[Path, ...]
    digest: int

    @property
    def unjudged(self) -> tuple[str, ...]:
        """Operations that are served without a judgement that cannot be made."""
        return tuple(sorted(name for _, made in self.parts for name in made.usable.unjudged))

    def announce(self) -> None:
        """Say what is not judged."""
        for contract, made in self.parts:
            announce(contract, made)


def compiled(settings: Settings) -> Ready:
    """With `services` all of them. Raises GuardProblem and PolicyProblem."""
    if not settings.services:
        return _one(settings)
    unjudged = settings.options.unjudged
    settings = replace(settings, options=replace(settings.options, unjudged=()))
    read = [_one(service.settings(settings), unjudged) for service in settings.services]
    parts = tuple(part for one in read for part in one.parts)
    labels = {operation.label for contract, _ in parts for operation in contract.operations}
    for name in unjudged:
        if name not in labels:
            raise GuardProblem(
                f"'{name}' is not an operation of any service; write it as in 'GET /v1/orders'"
            )
    made = [
        services.ready(service, one.compiled) for service, one in zip(settings.services, read, strict=True)
    ]
    files = tuple(dict.fromkeys(path for one in read for path in one.files))
    digest = hashlib.sha256(b"".join(one.digest.to_bytes(8) for one in read)).digest()
    return Ready(parts, services.common(settings, tuple(made)), files, int.from_bytes(digest[:8]) or 1)


def _one(settings: Settings, unjudged: tuple[str, ...] = ()) -> Ready:
    """`unjudged` may name operations of others."""
    contract = read_contract(settings.contract)
    main = settings.contract.resolve()
    chosen = settings.policy or find_policy(main.parent)
    before = _bytes(chosen)
    policy = read_policy(settings.policy, main.parent)
    if _bytes(chosen) != before:
        raise GuardProblem(f"{chosen} was changed while it was read; it is read again after the next change")
    labels = {operation.label for operation in contract.operations}
    own = (*settings.options.unjudged, *(name for name in unjudged if name in labels))
    made = compile_contract(contract, policy, replace(settings.options, unjudged=own))
    here = Path.cwd()
    root = here if here in main.parents else main.parent
    parts = [root / name for name in contract.references.sources.files]
    # The same wherever the files are.
    digest_made = hashlib.sha256(before)
    for digest_name, source in sorted(contract.references.sources.files.items()):
        for part in (digest_name, source.text.text):
            data = part.encode("utf-8", "surrogatepass")
            digest_made.update(b"%d:" % len(data) + data)
    return Ready(
        ((contract, made),),
        made,
        tuple(dict.fromkeys((main, *parts, *([chosen] if chosen is not None else [])))),
        int.from_bytes(digest_made.digest()[:8]) or 1,
    )


def _bytes(path: Path | None) -> bytes:
    try:
        return read_named(path) if path is not None else b""
    except (OSError, Refused):
        return b""  # the policy's reader says so


def stamps(files: tuple[Path, ...]) -> tuple[tuple[int, int, int] | None, ...]:
    """What tells that a file has changed; None where there is none at the moment."""
    return tuple(map(_stamp, files))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        seen = os.stat(path)
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_size, seen.st_ino

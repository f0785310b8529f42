"""What a proxy reads from files, and reads again when they change."""

from __future__ import annotations

import os
from pathlib import Path

from batten.contract import Contract
from batten.guard.compiled import Compiled, compile_contract
from batten.guard.loading import announce, read_contract, read_policy
from batten.guard.proxy import services
from batten.guard.proxy.settings import Settings
from batten.policy import Policy, find_policy


def compiled(settings: Settings) -> tuple[Compiled, tuple[Path, ...]]:
    """Contract and policy made ready, and the files that they were read from; with `services` all of them.

    Raises GuardProblem and PolicyProblem.
    """
    if not settings.services:
        return _one(settings)
    found: dict[Path, None] = {}
    made = []
    for service in settings.services:
        read, files = _one(service.settings(settings))
        made.append(services.ready(service, read))
        found.update(dict.fromkeys(files))
    return services.common(settings, tuple(made)), tuple(found)


def _one(settings: Settings) -> tuple[Compiled, tuple[Path, ...]]:
    contract = read_contract(settings.contract)
    beside = settings.contract.resolve().parent
    policy = read_policy(settings.policy, beside)
    made = compile_contract(contract, policy, settings.options)
    announce(contract, made)
    return made, _files(settings, contract, policy)


def _files(settings: Settings, contract: Contract, policy: Policy) -> tuple[Path, ...]:
    main = settings.contract.resolve()
    here = Path.cwd()
    root = here if here in main.parents else main.parent
    parts = [root / name for name in contract.references.sources.files]
    chosen = settings.policy or find_policy(main.parent)
    return tuple(dict.fromkeys((main, *parts, *([chosen] if chosen is not None else []))))


def stamps(files: tuple[Path, ...]) -> tuple[tuple[int, int, int] | None, ...]:
    """What tells that a file has changed; None where there is none at the moment."""
    return tuple(map(_stamp, files))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        seen = os.stat(path)
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_size, seen.st_ino

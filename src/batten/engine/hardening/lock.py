"""batten-harden.lock: what a deployment was made from, and what was written. It comes with a checkout, so it is data of others."""

from __future__ import annotations

import hashlib
import json
import re

import msgspec

from batten.engine.hardening.asked import Asked
from batten.files import Refused
from batten.formats import Workspace
from batten.harden import HardenProblem
from batten.harden.targets import TARGETS

NAME = "batten-harden.lock"
VERSION = 1
LARGEST = 1024 * 1024  # bytes
MOST = 2_000  # files, secrets, inputs
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PATH = re.compile(r"[^\x00-\x1f\x7f/\\]+(?:/[^\x00-\x1f\x7f/\\]+)*")


class Lock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`root`, `policy`, and the contract in `asked` are relative to the lock's folder; `contract` has the contract's
    files, relative to the folder of the first. Digests are SHA-256, those of `files` without what people wrote into regions."""

    version: int
    batten: str
    asked: Asked
    root: str
    contract: dict[str, str]
    policy: dict[str, str]
    files: dict[str, str]
    secrets: tuple[str, ...] = ()
    images: dict[str, str] = {}


def digest(data: bytes | str) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def encoded(lock: Lock) -> str:
    """The same text for the same lock."""
    return json.dumps(msgspec.to_builtins(lock), indent=2, sort_keys=True) + "\n"


def read(workspace: Workspace) -> Lock | None:
    """The lock of a folder; None when it has none. Raises HardenProblem for one that is not valid."""
    try:
        data = workspace.files.read(NAME, LARGEST)
    except FileNotFoundError:
        return None
    except (OSError, Refused) as error:
        raise HardenProblem(f"{NAME} cannot be read: {error}; restore it, or remove it") from error
    try:
        lock = msgspec.json.decode(data, type=Lock)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise HardenProblem(f"{NAME} is not valid: {error}; restore it, or remove it") from error
    if lock.version != VERSION:
        raise HardenProblem(
            f"{NAME} has version {lock.version}, and this batten reads {VERSION}; use the batten that wrote it"
        )
    digests = (*lock.contract.values(), *lock.policy.values(), *lock.files.values())
    paths = (*lock.contract, *lock.files, *lock.secrets)
    if len(digests) > MOST or len(paths) > MOST or lock.asked.target not in TARGETS:
        raise HardenProblem(f"{NAME} is not valid: it lists too many files, or an unknown target")
    if not all(map(_DIGEST.fullmatch, digests)) or not all(map(_is_below, paths)):
        raise HardenProblem(
            f"{NAME} is not valid: it holds a path that leaves its folder, or no digest; restore it, or remove it"
        )
    return lock


def _is_below(path: str) -> bool:
    return bool(_PATH.fullmatch(path)) and not {".", ".."} & set(path.split("/"))

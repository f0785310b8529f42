"""The paths of WebSockets that a policy lists."""

from __future__ import annotations

from collections.abc import Iterable

from batten.contract import Contract, Operation, Place
from batten.contract.matcher import Matcher
from batten.guard.options import GuardProblem
from batten.model import Location


def sockets(contract: Contract, listed: Iterable[str]) -> Matcher:
    """Of templates as in a contract (`/rooms/{id}`), base path included. Raises GuardProblem."""
    return Matcher([_socket(contract, template) for template in listed])


def _socket(contract: Contract, template: str) -> Operation:
    if not template.startswith("/") or "?" in template:
        raise GuardProblem(
            f"websockets: '{template}' is not a path; write it with its base path, as in /v1/events"
        )
    return Operation("GET", template, template, Place(contract.path), Location(contract.path, ""))

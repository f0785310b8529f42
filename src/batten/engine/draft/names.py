"""What host names say of what runs there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from ipaddress import ip_address

from batten.model import Context

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)+[a-z][a-z0-9-]*[a-z0-9]")
# Names that no public DNS answers: RFC 2606, 6761, 6762 and 8375, what home routers use, and services that
# answer with the loopback address.
_LOCAL = re.compile(
    r"(?:^|\.)(?:localhost|local|localdomain|test|invalid|lan|home|home\.arpa|nip\.io|sslip\.io|localtest\.me|lvh\.me)$"
)
_LONGEST = 253  # characters; RFC 1035


class Stage(Enum):
    """The kinds of environments, in the order in which a change travels."""

    DEVELOPMENT = "development"
    TEST = "test"
    SANDBOX = "sandbox"
    DEMO = "demo"
    STAGING = "staging"
    PRODUCTION = "production"


_WORDS = {
    Stage.DEVELOPMENT: "dev devel develop development local",
    Stage.TEST: "test tests testing tst qa ci int integration e2e",
    Stage.SANDBOX: "sandbox",
    Stage.DEMO: "demo preview",
    Stage.STAGING: "staging stage stg preprod preproduction nonprod uat acceptance",
    Stage.PRODUCTION: "prod production live",
}
_STAGES = {word: stage for stage, words in _WORDS.items() for word in words.split()}


def usable(name: str) -> bool:
    """Whether requests can be sent to a name or address: no pattern, no variable, no bare word."""
    return len(name) <= _LONGEST and (bool(_NAME.fullmatch(name)) or _is_address(name))


def is_local(name: str) -> bool:
    """Whether a name or address is this machine's, or one of a private network's."""
    try:
        return not ip_address(name.strip("[]")).is_global
    except ValueError:
        return bool(_LOCAL.search(name))


def _is_address(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return ":" not in name or name.startswith("[")


def stage_of(name: str, about: str = "", path: str = "", context: Context = Context.PRODUCTION) -> Stage:
    """By the name itself, without its domain; then by what the contract calls it; then by the file that names it."""
    labels = [] if _is_address(name) else name.split(".")[:-2]
    words = (word for label in reversed(labels) for word in label.split("-"))
    named = _first(words) or _first(re.findall(r"[a-z0-9]+", about.lower()))
    if named is not None:
        return named
    if context is Context.DEVELOPMENT:
        return Stage.DEVELOPMENT
    found = _first(re.split(r"[^a-z0-9]+", path.lower()))
    return found if found is Stage.STAGING else Stage.PRODUCTION


def _first(words: Iterable[str]) -> Stage | None:
    return next((_STAGES[w] for one in words if (w := one.rstrip("0123456789")) in _STAGES), None)

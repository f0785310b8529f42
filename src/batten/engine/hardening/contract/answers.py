"""What callers of an operation are answered that its contract does not say: by the edge itself, or by it in the API's stead."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.contract import Operation
from batten.contract.surface import EXPRESSION
from batten.contract.titles import TITLES
from batten.harden.edge import MOST_HEAD, MOST_TARGET, Edge
from batten.harden.targets import launch_of
from batten.harden.trial import Lack
from batten.model.record import record

REFUSED, FAILED = "4XX", "5XX"
SAID = {
    "400": "The request is not what the operation takes, or two servers could read it differently.",
    "401": "The credentials are missing or not valid.",
    "403": "The credentials do not allow this.",
    "404": "There is no such resource.",
    "405": "The path has no such method; `Allow` lists those that it has.",
    "413": "The body is larger than the edge forwards.",
    "414": "The target is longer than the edge takes.",
    "429": "Too many requests came from this address.",
    "500": "The server failed.",
    "502": "The edge got no valid answer from the API.",
    "503": "The API does not answer now.",
    "504": "The API did not answer in time.",
    REFUSED: "Why the request is refused.",
    FAILED: "Why the server cannot answer.",
    "default": "Why there is no other answer.",
}
# What an engine does not do (docs/harden.md, "What the engines do differently").
_WITHOUT = {"envoy": {"414"}, "caddy": {"429"}, "traefik": {"414"}}
_OF_FAILURES = ("502", "503", "504")


@record(kw_only=True)
class Engine:
    """What one engine answers itself. `says` is false where its errors are no problem documents, and those of the API pass."""

    name: str
    says: bool
    without: frozenset[str]
    counts: bool  # the connections of an address
    target: int  # bytes of a target, and of the whole head, that it takes at most
    head: int

    def gives(self, status: str) -> bool:
        return status not in self.without


def engine_of(name: str) -> Engine:
    lacks = launch_of(name).lacks
    without = _WITHOUT.get(name, set())
    return Engine(
        name=name,
        says=Lack.PROBLEMS not in lacks,
        without=frozenset(without),
        counts=name not in ("envoy", "caddy"),
        target=MOST_HEAD if "414" in without else MOST_TARGET,
        head=MOST_HEAD,
    )


def name_of(status: str) -> str:
    """What an answer is called among the components."""
    known = {REFUSED: "Refused", FAILED: "Failed", "default": "Otherwise"}
    title = TITLES[int(status)] if status.isdecimal() else known[status]
    return "Edge" + re.sub(r"[^A-Za-z]", "", title.replace("URI", "Uri"))


def statuses(operation: Operation, edge: Edge, engine: Engine, ranges: bool) -> Iterator[str]:
    """Those that the edge gives and the API's contract does not name, in their order. `ranges` are 4XX and 5XX, which OpenAPI
    2.0 does not have."""
    declared = {status.upper() for status in operation.responses}
    whole = "DEFAULT" in declared
    wanted = set(_refusals(operation)) if not whole and REFUSED not in declared else set()
    wanted |= set(_own(operation))
    if not whole and FAILED not in declared:
        wanted |= set(_OF_FAILURES)
    if ranges:
        wanted |= {REFUSED, FAILED} if not whole else set()
    elif not whole:
        wanted.add("default")
    yield from (s for s in SAID if s in wanted and s.upper() not in declared and engine.gives(s))


def _refusals(operation: Operation) -> Iterator[str]:
    """What the API is expected to refuse. Where it does not say how, the edge says it in its stead."""
    yield "400"
    if is_secured(operation):
        yield from ("401", "403")
    if EXPRESSION.search(operation.path):
        yield "404"


def _own(operation: Operation) -> Iterator[str]:
    """What the edge always answers itself (surface.OWN)."""
    yield from ("405", "429", "500")
    if operation.body is not None:
        yield "413"
    if EXPRESSION.search(operation.path) or any(p.location != "header" for p in operation.parameters):
        yield "414"


def is_secured(operation: Operation) -> bool:
    """Whether it is answered for callers with credentials only."""
    return bool(operation.security) and () not in (operation.security or ())


def range_of(operation: Operation) -> str:
    """Under which name the API declares its refusals together; "" where it does not."""
    names = ("4XX", "4xx", "default")
    return next((name for name in names if name in operation.responses), "")

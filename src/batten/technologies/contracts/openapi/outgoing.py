"""Webhooks and callbacks in facts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from batten.contract import Contract, Operation, Place
from batten.contract import Parameter as Declared
from batten.contract.outgoing import Outgoing, chosen, outgoing
from batten.facts import Outgoing as Sent
from batten.facts import Parameter
from batten.model import ABSENT, Location, Setting

_SIGNATURE = re.compile(
    r"(?i)signature|hmac|digest|authorization|token|secret|api-?key|jwt|(?:^|-)sig(?:$|-)"
)
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")

Judge = Callable[[Contract, Operation, Location], Setting[tuple[str, ...]]]
Read = Callable[[Contract, Operation, Declared], Parameter]


def sent(contract: Contract, security: Judge, parameter: Read) -> Iterator[tuple[Outgoing, Sent]]:
    """Each request that the API sends, with its fact."""
    told = set[Place]()
    for found in outgoing(contract):
        operation, at = found.operation, contract.block(found.place)
        new = found.place not in told  # a URL is told with the first of its methods
        told.add(found.place)
        url: Setting[str] = Setting(found.url if new and _ABSOLUTE.match(found.url) else ABSENT, at)
        expression: Setting[str] = Setting((chosen(found, contract) if new else "") or ABSENT, at)
        yield (
            found,
            Sent(
                operation.at,
                name=name_of(found),
                origin=contract.path,
                url=url,
                chosen=expression,
                security=security(contract, operation, operation.at),
                signed=any(
                    p.location == "header" and _SIGNATURE.search(p.name) for p in operation.parameters
                ),
                parameters=tuple(
                    parameter(contract, operation, p) for p in operation.parameters if p.location == "query"
                ),
            ),
        )


def name_of(found: Outgoing) -> str:
    """What a request is called: "the callback `onData` of `POST /streams`"."""
    if found.caller is None:
        return f"the webhook `{found.name}`"
    return f"the callback `{found.name}` of `{found.caller.label}`"

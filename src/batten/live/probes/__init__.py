"""Every inquiry, in the order of the report. The transport goes first and is planned by the runner."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

from batten.live.exchange import Probe
from batten.live.probes import (
    answers,
    caches,
    contacts,
    cors,
    desync,
    endpoints,
    errors,
    files,
    graphql,
    grpc,
    hosts,
    logins,
    overrides,
    plain,
    products,
    providers,
    rebinding,
    scenes,
    served,
    shown,
    sizes,
    sockets,
    stores,
    strangers,
    tokens,
    upgrades,
    verbs,
    writes,
)
from batten.live.survey import Survey

_Families: TypeAlias = tuple[tuple[str, Callable[[Survey], Iterator[Probe]]], ...]

STORES = "stores"
_FIRST: _Families = (("the root", scenes.plan),)
_SECOND: _Families = (
    ("products", products.plan),
    ("documents", shown.plan),
)
_REST: _Families = (
    (STORES, stores.by_address),
    ("products", products.mounted),
    ("documents", shown.named),
    ("served contract", served.plan),
    ("answers", answers.plan),
    ("sizes", sizes.plan),
    ("anonymous clients", strangers.plan),
    ("tokens", tokens.plan),
    ("log-ins", logins.plan),
    ("security contact", contacts.plan),
    ("identity providers", providers.plan),
    ("writes", writes.plan),
    ("plain HTTP", plain.plan),
    (STORES, stores.plan),
    ("verbs", verbs.plan),
    ("verbs", overrides.plan),
    ("host names", hosts.plan),
    ("host names", rebinding.plan),
    ("caches", caches.plan),
    ("CORS", cors.plan),
    ("WebSockets", sockets.plan),
    ("upgrades", upgrades.plan),
    ("errors", errors.plan),
    ("GraphQL", graphql.plan),
    ("gRPC", grpc.plan),
    ("endpoints", endpoints.plan),
    ("files", files.plan),
)
_LAST: _Families = (("files", files.more), ("smuggling", desync.plan))


def stages(survey: Survey) -> Iterator[list[Probe]]:
    """What is planned together. The first look decides what is asked of products and documents, and these what else is
    asked: a stage is planned when the one before is done. Of an environment without an API only the stores are asked."""
    wanted = (_FIRST, _SECOND, _REST, _LAST) if survey.environment.url else (((STORES, stores.plan),),)
    for families in wanted:
        yield [replace(probe, family=name) for name, family in families for probe in family(survey)]


__all__ = ["stages"]

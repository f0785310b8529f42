"""Every inquiry, in the order of the report. The transport goes first and is planned by the runner."""

from __future__ import annotations

from collections.abc import Iterator

from batten.live.exchange import Probe
from batten.live.probes import (
    answers,
    cors,
    endpoints,
    errors,
    files,
    graphql,
    grpc,
    hosts,
    overrides,
    plain,
    products,
    rebinding,
    served,
    sizes,
    sockets,
    stores,
    strangers,
    tokens,
    verbs,
    writes,
)
from batten.live.survey import Survey


def plan(survey: Survey) -> Iterator[Probe]:
    """The probes of everything but the transport. Of an environment without an API only the stores are asked."""
    if not survey.environment.url:
        yield from stores.plan(survey)
        return
    for family in (
        products,
        served,
        answers,
        sizes,
        strangers,
        tokens,
        writes,
        plain,
        stores,
        verbs,
        overrides,
        hosts,
        rebinding,
        cors,
        sockets,
        errors,
        graphql,
        grpc,
        endpoints,
        files,
    ):
        yield from family.plan(survey)


__all__ = ["plan"]

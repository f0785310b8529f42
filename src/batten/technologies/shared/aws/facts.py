"""All facts of the AWS resources that a module or template declares, but those of buckets."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact
from batten.technologies.shared.aws import (
    api_stages,
    beanstalk,
    edges,
    firewalls,
    gateways,
    logs,
    passwords,
    policies,
    preflights,
    response_headers,
    table,
    targets,
    tasks,
    versions,
)
from batten.technologies.shared.aws.resource import Resources


def facts(resources: Resources) -> Iterator[Fact]:
    yield from firewalls.rules(resources)
    yield from gateways.facts(resources)
    yield from api_stages.facts(resources)
    yield from preflights.policies(resources)
    yield from response_headers.facts(resources)
    yield from edges.facts(resources)
    yield from targets.policies(resources)
    yield from policies.grants(resources)
    yield from table.facts(resources)
    yield from beanstalk.facts(resources)
    yield from logs.facts(resources)
    yield from tasks.facts(resources)
    yield from versions.components(resources)
    yield from passwords.secrets(resources)

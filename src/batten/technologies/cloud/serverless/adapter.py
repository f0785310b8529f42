"""The Serverless Framework: what a service declares, and the edits that fix it."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, Safeguard, Secret
from batten.formats import Workspace
from batten.model import UNKNOWN, Fix, Location, Problem, Remedy, Setting, Unknown
from batten.technologies import Unit
from batten.technologies.cloud.cloudformation.adapter import used
from batten.technologies.cloud.cloudformation.buckets import buckets
from batten.technologies.cloud.cloudformation.scripts import scripted
from batten.technologies.cloud.cloudformation.secrets import walk
from batten.technologies.cloud.serverless import apis
from batten.technologies.cloud.serverless.service import Service, service
from batten.technologies.cloud.serverless.writing import fix_of
from batten.technologies.shared.aws.facts import facts
from batten.technologies.shared.aws.resource import Value
from batten.technologies.shared.aws.settings import setting
from batten.technologies.shared.secrets.credentials import in_config, placeholder, token

__all__ = ["read", "settings", "write"]


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    made = service(unit, workspace)
    if made is None:
        return
    for bucket in buckets(made.stack):
        yield bucket
        yield from bucket.cors
    yield from (fact for fact in facts(made.stack) if not isinstance(fact, Secret))
    yield from apis.facts(made)
    yield from api_keys(made)
    yield from let_on(made)
    for entry in made.stack.template.root:
        yield from walk(made.stack.template, entry.value, entry.key.text)
    yield from scripted(made.stack)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    made = service(unit, workspace)
    return None if made is None else fix_of(made, remedy, at)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """Settings as the reference spells them: names that people choose are left out."""
    made = service(unit, workspace)
    for name, at in used(made.stack.template, made.stack.template.root, "") if made is not None else ():
        parts = name.lstrip(".").split(".")
        for key, place in _CHOSEN:
            if parts[: len(key)] == list(key) and len(parts) > place:
                del parts[place]
        yield ".".join(parts), at


# Where a name of people's own stands: `functions.create.url` is `functions.url`.
_CHOSEN = (
    (("functions",), 1),
    (("layers",), 1),
    (("provider", "alb", "authorizers"), 3),
    (("provider", "s3"), 2),
)


# What else a provider says: keys of an API that are written out, buckets, and load balancers that let visitors on.
#
# Sources: https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml, …/events/apigateway (API keys), …/events/s3
# (buckets), …/events/alb (authorizers).
_KEYS = (("apiGateway", "apiKeys"), ("apiKeys",))
_ON = {"allow": False, "deny": True, "authenticate": True}


def api_keys(service: Service) -> Iterator[Secret]:
    """Values of API keys; those that look like a known token are found wherever they are."""
    for way in _KEYS if service.provider is not None else ():
        assert service.provider is not None
        for key in service.provider.each(*way):
            held = key.value("value")
            if isinstance(held.value, str) and not placeholder(held.value) and token(held.value) is None:
                yield in_config(held.at, "value", "key")


def let_on(service: Service) -> Iterator[Safeguard]:
    """Authorizers of load balancers that forward visitors without a login."""
    found = service.provider.value("alb", "authorizers").value if service.provider is not None else None
    for name in found if isinstance(found, dict) else ():
        assert service.provider is not None
        key = f"alb/authorizers/{name}/onUnauthenticatedRequest"
        on = setting(service.provider, key, _required, True)
        at = service.provider.block()
        yield Safeguard(
            at, kind="let-on", service="authorizer", name=name, on=Setting(on.value, on.at, on.effective)
        )


def _required(value: Value) -> bool | Unknown:
    return _ON.get(value, UNKNOWN) if isinstance(value, str) else UNKNOWN

"""Whether what the reader of Terraform sees in a rendered deployment for AWS is what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from urllib.parse import unquote

from batten.engine.hardening.readback import (
    Compared,
    compared_by,
    known_value,
    of_kind,
    set_differences,
)
from batten.facts import (
    ApiLog,
    AuditLog,
    Bucket,
    CloudApi,
    DataService,
    Fact,
    FirewallRule,
    Grant,
    ManagedUpdates,
    Safeguard,
    Workload,
)
from batten.harden.intent import Intent
from batten.harden.terraform_aws.buckets import FILES, RECORD
from batten.harden.terraform_aws.gateway import demands
from batten.model import Setting
from batten.technologies.cloud.terraform.instances import MOST

_OUTSIDE = frozenset({"0.0.0.0/0", "::/0"})
_NO_READER = ("flows between security groups", "days that logs are kept", "TLS versions of the host name")


def compared(intent: Intent, facts: Iterable[Fact]) -> Compared:
    """What was asked for, and the facts of the files that were written."""
    found = compared_by(_SUBJECTS, intent, facts)
    return Compared(equal=found.equal, differing=found.differing, unread=(*found.unread, *_NO_READER))


def _routes(intent: Intent, facts: list[Fact]) -> list[str] | None:
    found = {unquote(one.name) for one in of_kind(CloudApi, facts)}
    asked = set(_asked(intent))
    cut = len(found) == MOST and found < asked  # the reader looks at so many of those that one block makes
    return set_differences("routes", found, asked) if found and not cut else None


def _asked(intent: Intent) -> dict[str, bool]:
    """Routes as API Gateway names them, and whether it verifies a token for each."""
    tokens = demands(intent)
    return {
        f"{method} {route.path.template}": bool(tokens.get((method, route.path.template)))
        for route in intent.edge.routes
        for method in route.path.methods
    }


def _tokens(intent: Intent, facts: list[Fact]) -> list[str] | None:
    asked = _asked(intent)
    told = {
        one.name: value
        for one in of_kind(CloudApi, facts)
        if (value := known_value(one.authoriser)) is not None
    }
    wrong = [name for name, value in told.items() if name in asked and asked[name] != value]
    return (
        [f"{name} {'needs none' if asked[name] else 'needs one'}" for name in sorted(wrong)] if told else None
    )


def _all_on(pairs: Iterable[tuple[str, Setting[bool] | None]], wanted: bool = True) -> list[str] | None:
    """Names of those that are not as they should be; None where nothing is known."""
    told = [(name, value) for name, setting in pairs if (value := known_value(setting)) is not None]
    return [f"not of {name}" for name, value in told if value is not wanted] if told else None


def _buckets(intent: Intent, facts: list[Fact]) -> list[str] | None:
    found = of_kind(Bucket, facts)
    if not found:
        return None
    return [
        *set_differences("buckets", {one.name for one in found}, {FILES, RECORD}),
        *(f"{one.name}: {sentence}" for one in found for sentence in _bucket(one)),
    ]


def _bucket(bucket: Bucket) -> Iterator[str]:
    block = bucket.access_block
    if block is None or not all(
        map(_is_on, (block.block_acls, block.ignore_acls, block.block_policy, block.restrict_buckets))
    ):
        yield "public access is not blocked"
    if any(statement.admits.public for statement in known_value(bucket.statements) or ()):
        yield "a statement admits anonymous clients"
    if not known_value(bucket.encryption):
        yield "objects are not encrypted"
    if not known_value(bucket.tls_only):
        yield "requests without TLS are accepted"
    if not known_value(bucket.versioning):
        yield "earlier versions are not kept"
    if bucket.name == FILES and not known_value(bucket.logging):
        yield "requests are not logged"


def _is_on(setting: Setting[bool]) -> bool:
    return known_value(setting) is True


def _services(facts: list[Fact]) -> Iterator[tuple[str, DataService]]:
    return ((f"{one.service} {one.name}", one) for one in of_kind(DataService, facts))


def _stores(intent: Intent, facts: list[Fact]) -> list[str] | None:
    asked = {store.name.replace("-", "_") for store in intent.stack.stores}
    found = {one.name for one in of_kind(DataService, facts)}
    return set_differences("stores", found, asked) if asked or found else None


def _at_rest(intent: Intent, facts: list[Fact]) -> list[str] | None:
    return _all_on((name, one.at_rest) for name, one in _services(facts))


def _in_transit(intent: Intent, facts: list[Fact]) -> list[str] | None:
    return _all_on((name, one.in_transit) for name, one in _services(facts))


def _private(intent: Intent, facts: list[Fact]) -> list[str] | None:
    """Stores have no public address, subnets give none, and no rule admits every network."""
    wide = [line for rule in of_kind(FirewallRule, facts) for line in _wide(rule)]
    addresses = [one for one in of_kind(Safeguard, facts) if one.kind.startswith("public-address")]
    told = (
        _all_on(((name, one.public) for name, one in _services(facts)), wanted=False),
        _all_on((f"{one.service} {one.name}", one.on) for one in addresses),
    )
    if not any(each is not None for each in told):
        return wide or None
    return [*wide, *(line for each in told for line in each or ())]


def _wide(rule: FirewallRule) -> Iterator[str]:
    sources = known_value(rule.sources)
    for network in sources or ():
        if network in _OUTSIDE:
            yield f"{rule.group} admits {network}"


def _authentication(intent: Intent, facts: list[Fact]) -> list[str] | None:
    return _all_on((name, one.authenticated) for name, one in _services(facts))


def _keys(intent: Intent, facts: list[Fact]) -> list[str] | None:
    return _all_on((one.name, one.on) for one in of_kind(Safeguard, facts) if one.kind == "key-rotation")


def _kept(intent: Intent, facts: list[Fact]) -> list[str] | None:
    kinds = ("no-copies", "deletable")
    return _all_on(
        (f"{one.name} ({one.kind})", one.on) for one in of_kind(Safeguard, facts) if one.kind in kinds
    )


def _updates(intent: Intent, facts: list[Fact]) -> list[str] | None:
    return _all_on((f"{one.service} {one.name}", one.on) for one in of_kind(ManagedUpdates, facts))


def _logs(intent: Intent, facts: list[Fact]) -> list[str] | None:
    gateways = ((f"{one.what} {one.name}", one.access) for one in of_kind(ApiLog, facts))
    return _all_on([*gateways, *((one.what, one.on) for one in of_kind(AuditLog, facts))])


def _application(intent: Intent, facts: list[Fact]) -> list[str] | None:
    asked = intent.stack.application
    found = of_kind(Workload, facts)
    if not found:
        return None
    return [f"{one.name}: {sentence}" for one in found for sentence in _task(one, asked.image, asked.user)]


def _task(task: Workload, image: str, user: int) -> Iterator[str]:
    named, own = known_value(task.image), known_value(task.user)
    if named is not None and named != image:
        yield f"its image is {named}"
    if own is not None and own not in (str(user), f"{user}:{user}"):
        yield f"its user is {own}"
    if known_value(task.privileged) is True:
        yield "it is privileged"
    if known_value(task.read_only_root) is False:
        yield "its file system can be written to"


def _grants(intent: Intent, facts: list[Fact]) -> list[str] | None:
    found = of_kind(Grant, facts)
    wide = {one.holder for one in found if one.admits is not None and one.admits.public}
    return [f"{holder} admits anonymous clients" for holder in sorted(wide)] if found else None


_SUBJECTS: Mapping[str, Callable[[Intent, list[Fact]], list[str] | None]] = {
    "routes": _routes,
    "tokens": _tokens,
    "buckets": _buckets,
    "stores": _stores,
    "encryption at rest": _at_rest,
    "encryption in transit": _in_transit,
    "no public access": _private,
    "authentication of stores": _authentication,
    "rotation of keys": _keys,
    "copies of data": _kept,
    "updates": _updates,
    "logs": _logs,
    "application": _application,
    "access policies": _grants,
}

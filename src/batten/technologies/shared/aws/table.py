"""The facts that the table of rows makes of resources."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import AuditLog, DataService, Fact, Machine, ManagedUpdates, Safeguard
from batten.model import ABSENT, UNKNOWN, Absent, Setting, Unknown
from batten.technologies.shared.aws.key import AwsKey
from batten.technologies.shared.aws.resource import Resource, Resources, Value
from batten.technologies.shared.aws.rows import ROWS
from batten.technologies.shared.aws.settings import number, of, path, written
from batten.technologies.shared.secrets.credentials import key_name, password_name

# Images of Amazon Linux 2023, by the name or the parameter that they are looked up by: al2023-ami-*, /aws/service/…/al2023-ami-…,
# /aws/service/ecs/…/amazon-linux-2023/… (Amazon Linux 2023 user guide, "Comparing AL2 and AL2023": IMDSv2; EC2 user guide, "Order of
# precedence for instance metadata options").
_TOKENS = re.compile(r"al2023|amazon-linux-2023", re.IGNORECASE)


def facts(resources: Resources) -> Iterator[Fact]:
    for row in ROWS:
        for resource in resources.of(*filter(None, row.types)):
            within = of(resource, *row.within)
            for holder in _holders(resource, path(within)) if within else (resource,):
                if _concerned(row, holder) and not (
                    row.kind == "public-addresses" and _routed(resource, resources)
                ):
                    state = _state(row, holder, resources)
                    at, name = resource.block(), resource.name
                    match row.aspect:
                        case "at-rest":
                            yield DataService(
                                at, service=row.service, name=name, at_rest=state, weakly=row.weakly
                            )
                        case "in-transit":
                            yield DataService(
                                at, service=row.service, name=name, in_transit=state, dials=row.dials
                            )
                        case "public":
                            guarded = row.guarded and not (row.default is True and state.written)
                            yield DataService(
                                at, service=row.service, name=name, public=state, guarded=guarded
                            )
                        case "authenticated":
                            yield DataService(at, service=row.service, name=name, authenticated=state)
                        case "tokens":
                            yield Machine(at, name, state)
                        case "audit":
                            yield AuditLog(at, what=row.service, on=state)
                        case "updates":
                            yield ManagedUpdates(at, kind=row.kind, service=row.service, name=name, on=state)
                        case "safeguard":
                            yield Safeguard(at, kind=row.kind, service=row.service, name=name, on=state)


def _routed(subnet: Resource, resources: Resources) -> bool:
    """Whether a subnet is public by its name and by its routes: one of them leads to the internet."""
    if subnet.type not in ("aws_subnet", "AWS::EC2::Subnet") or "public" not in subnet.name.lower():
        return False
    joined = resources.of("aws_route_table_association", "AWS::EC2::SubnetRouteTableAssociation")
    tables = {
        one.refers_to(of(one, "route_table_id", "RouteTableId"))
        for one in joined
        if one.refers_to(of(one, "subnet_id", "SubnetId")) == subnet.address
    } - {""}
    routes = [
        (one.refers_to(of(one, "route_table_id", "RouteTableId")), one)
        for one in resources.of("aws_route", "AWS::EC2::Route")
    ]
    routes += [(t.address, one) for t in resources.of("aws_route_table") for one in t.each("route")]
    gateways = ("aws_internet_gateway", "AWS::EC2::InternetGateway")
    return any(
        (gateway := resources.get(route.refers_to(of(route, "gateway_id", "GatewayId")))) is not None
        and gateway.type in gateways
        for table, route in routes
        if table in tables
    )


def _holders(resource: Resource, way: tuple[str, ...]) -> Iterator[Resource]:
    """The blocks or maps at a path; of those in the items of a list, each."""
    found = list(resource.each(*way))
    if found or len(way) == 1:
        yield from found
        return
    for outer in resource.each(way[0]):
        yield from _holders(outer, way[1:])


def _concerned(row: AwsKey, holder: Resource) -> bool:
    """Whether the row is about this resource: by a key that must have one of some values, or no other than these."""
    apart = holder.value(of(holder, *row.apart[:2])).value if row.apart[2] else ABSENT
    if isinstance(apart, str) and apart.lower().startswith(row.apart[2]):
        return False
    if any(row.called):
        # Whether what a resource is called, or the last part of its name, is what secrets are called.
        written = holder.value(of(holder, *row.called)).value
        name = written.rpartition("/")[2] if isinstance(written, str) else holder.name
        if not (password_name(name) or key_name(name)):
            return False
    if row.only[2]:
        key = of(holder, *row.only[:2])
        return _plain(holder.value(*path(key)).value) in row.only[2]
    key = of(holder, *row.among[:2])
    held = holder.value(*path(key)).value if key else ABSENT
    return held is ABSENT or _plain(held) in row.among[2] or isinstance(held, Unknown)


def _state(row: AwsKey, holder: Resource, resources: Resources) -> Setting[bool]:
    """Whether the aspect is on, by what is written or else by AWS's default."""
    key = of(holder, *row.keys)
    held = holder.value(*path(key))
    if written(holder, *row.beside):
        return Setting(UNKNOWN, held.at)
    if held.value is not ABSENT:
        return Setting(_on(row, held.value), held.at)
    if _open(row, holder, key) or any(True for _ in resources.of(*row.settled)):
        return Setting(UNKNOWN, held.at)
    return Setting(ABSENT, held.at, row.default)


def _open(row: AwsKey, holder: Resource, key: str) -> bool:
    """Whether something other than the default decides where the key is not written."""
    if any(row.image):
        # Whether the image is one that makes its machines require session tokens, where the account says nothing
        # else.
        guarded_key = of(holder, *row.image)
        image = holder.value(*path(guarded_key)).value
        named = (image,) if isinstance(image, str) else holder.looked_up(guarded_key)
        if any(_TOKENS.search(text) for text in named):
            return True
    if written(holder, *row.unless) or ("/" in key and not holder.whole(*path(key)[:1])):
        return True
    given = of(holder, *row.given[:2])
    deciding = holder.value(*path(given)).value if given else ABSENT
    return deciding is not ABSENT and _plain(deciding) not in row.given[2]


def _on(row: AwsKey, value: Value | Absent) -> bool | Unknown:
    if row.least is not None:
        held = UNKNOWN if isinstance(value, Absent) else number(value)
        return held if isinstance(held, Unknown) else held >= row.least
    if isinstance(value, list | dict):
        # Whether a list, or a map by its keys, says so: each member does; with no words to compare, one is enough.
        items = list(value)
        if not items:
            return False
        states = [_on(row, item) for item in items if not isinstance(item, list | dict)] or [UNKNOWN]
        if not row.on and not row.off:
            return True
        return False if False in states else UNKNOWN if UNKNOWN in states else True
    plain = _plain(value)
    if isinstance(plain, Unknown) or plain == "":
        return UNKNOWN
    if not row.on:
        return plain not in [_plain(word) for word in row.off]
    return plain in [_plain(word) for word in row.on]


def _plain(value: Value | Absent) -> str | Unknown:
    """A value as it is compared: in small letters, and `true` no other than "true"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return value.lower() if isinstance(value, str) else UNKNOWN

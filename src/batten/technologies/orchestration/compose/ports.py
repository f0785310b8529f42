"""Published ports. Source: the Compose specification, `ports`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from batten.facts import PublishedPort
from batten.model import ABSENT, UNKNOWN, Location, Setting, Unknown
from batten.technologies.orchestration.compose.interpolation import UNKNOWN_PART
from batten.technologies.orchestration.compose.parts import Part
from batten.technologies.shared.containers.ports import ADMIN, Behind, Evidence, behind

_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


def ports(service: str, items: Iterable[Part], evidence: Evidence) -> Iterator[PublishedPort]:
    """The ports that a service publishes on the host."""
    for item in items:
        long = item.table is not None
        if long:
            port = _long(service, item, evidence)
        else:
            # `[[address:][host port]:]container port[/protocol]`, read from its end as addresses hold colons.
            text, _, protocol = item.text.partition("/")
            rest, _, inner = text.rpartition(":")
            address, _, host = rest.rpartition(":")
            at = item.at(_pointer(service, inner.replace(UNKNOWN_PART, "?"), protocol or "tcp"))
            port = _port(service, at, (address.strip("[]"), host, inner, protocol or "tcp"), evidence)
        if port is not None:
            yield port


def _pointer(service: str, inner: str, protocol: str) -> str:
    suffix = f"/{protocol}" if protocol != "tcp" else ""
    return f"services[{service}]/ports[{inner}{suffix}]"


def _long(service: str, item: Part, evidence: Evidence) -> PublishedPort | None:
    inner = item["target"]
    if inner is None or not inner.text:
        return None
    words = {k: (p.text if (p := item[k]) else "") for k in ("host_ip", "published", "protocol", "mode")}
    protocol = words["protocol"] or "tcp"
    at = item.block(_pointer(service, inner.text.replace(UNKNOWN_PART, "?"), protocol))
    return _port(service, at, (words["host_ip"], words["published"], inner.text, protocol), evidence)


def _port(
    service: str, at: Location, words: tuple[str, str, str, str], evidence: Evidence
) -> PublishedPort | None:
    address, host, inner, protocol = words
    inside = _numbers(inner)
    if inside is None:
        return None
    number = next((n for n in inside if n in ADMIN and protocol == "tcp"), inside[0])
    published = _numbers(host)
    value: int | Unknown = UNKNOWN
    if published is not None and len(published) >= len(inside):
        value = published[min(inside.index(number), len(published) - 1)]
    where: Setting[str] = Setting(ABSENT, at, "0.0.0.0")
    if address:
        where = Setting(UNKNOWN if UNKNOWN_PART in address else address, at)
    found = behind(number, evidence) if protocol == "tcp" else Behind()
    return PublishedPort(
        at,
        service=service,
        host_address=where,
        host_port=Setting(value, at),
        container_port=number,
        protocol=protocol,
        admin=found.what,
        guessed=found.guessed,
    )


def _numbers(text: str) -> range | None:
    """A port or a range of them; None for an empty or unknown one."""
    found = _RANGE.fullmatch(text)
    if found is None:
        return None
    first, last = int(found[1]), int(found[2] or found[1])
    return range(first, last + 1) if first <= last <= 65535 else None

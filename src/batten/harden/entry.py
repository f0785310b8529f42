"""How clients reach the edge of a deployment in a cluster: by a load balancer of its own, or through what the platform has."""

from __future__ import annotations

import re
from enum import Enum

from batten.harden.options import HardenProblem
from batten.model.record import record

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*", re.ASCII
)
_KEY = re.compile(r"(?:[a-z0-9][a-z0-9.-]{0,252}/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?", re.ASCII)
_VALUE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?", re.ASCII)

AUTHORITY, CERTIFICATE = "edge-ca", "entry-tls"  # of the edge, for the entry; what clients see


class Kind(Enum):
    SERVICE = "service"
    INGRESS = "ingress"
    GATEWAY = "gateway"


class Tls(Enum):
    """What the entry does with TLS: end it and verify the edge's certificate behind it, or read the name and pass it on."""

    VERIFIED = "verified"
    PASSTHROUGH = "passthrough"


class Controller(Enum):
    """What serves an entry, where the standard has no word for what the edge needs."""

    HAPROXY = "haproxy"  # haproxy.org, of HAProxy Technologies
    HAPROXY_INGRESS = "haproxy-ingress"  # haproxy-ingress.github.io
    TRAEFIK = "traefik"
    ENVOY_GATEWAY = "envoy-gateway"


_SERVES = {
    (Kind.INGRESS, Tls.VERIFIED): (Controller.HAPROXY_INGRESS, Controller.TRAEFIK),
    (Kind.INGRESS, Tls.PASSTHROUGH): (Controller.HAPROXY, Controller.HAPROXY_INGRESS),
    (Kind.GATEWAY, Tls.VERIFIED): (),
    (Kind.GATEWAY, Tls.PASSTHROUGH): (Controller.ENVOY_GATEWAY,),
}


@record
class Gateway:
    """The platform's Gateway: its listener for TLS, and the one for plain HTTP that redirects; "" where none does."""

    namespace: str
    name: str
    listener: str
    plain: str = ""


@record(kw_only=True)
class Entry:
    """`named` is its class; `namespace` and `pods` (labels) are of the pods that connect to the edge. `secret` holds the
    certificate of an entry that ends TLS; "" where its own people keep one."""

    kind: Kind = Kind.SERVICE
    tls: Tls = Tls.VERIFIED
    named: str = ""
    controller: Controller | None = None
    gateway: Gateway | None = None
    namespace: str = ""
    pods: tuple[tuple[str, str], ...] = ()
    secret: str = ""

    def __post_init__(self) -> None:
        """Raises HardenProblem."""
        if self.kind is Kind.SERVICE:
            if self.tls is not Tls.VERIFIED or any(_said(self)):
                raise HardenProblem(
                    "the edge has a load balancer of its own; pass --entry ingress or --entry gateway too"
                )
            return
        _check(self)

    @property
    def ends_tls(self) -> bool:
        return self.tls is Tls.VERIFIED


def _said(entry: Entry) -> tuple[object, ...]:
    return (entry.named, entry.controller, entry.gateway, entry.namespace, entry.pods, entry.secret)


def _check(entry: Entry) -> None:
    kind = entry.kind.value
    if not entry.namespace:
        raise HardenProblem(
            f"--entry {kind} needs the namespace whose pods may connect to the edge; pass --entry-namespace NAMESPACE"
        )
    named = [("--entry-namespace", entry.namespace, _LABEL), ("--entry-class", entry.named, _NAME), ("--entry-secret", entry.secret, _NAME)]  # fmt: skip
    for option, text, form in named:
        if text and not form.fullmatch(text):
            raise HardenProblem(f"'{text}' is not a name for {option}; use small letters, digits and hyphens")
    for key, value in entry.pods:
        if not _KEY.fullmatch(key) or not _VALUE.fullmatch(value):
            raise HardenProblem(f"'{key}={value}' is not a label; write KEY=VALUE for --entry-pods")
    if entry.secret and not entry.ends_tls:
        raise HardenProblem("an entry that passes TLS on has no certificate; omit --entry-secret")
    serving = _SERVES[entry.kind, entry.tls]
    choice = ", ".join(one.value for one in serving)
    if entry.kind is Kind.INGRESS and entry.controller is None:
        raise HardenProblem(
            f"the Ingress standard does not define --entry-tls {entry.tls.value}; name the controller with "
            f"--entry-controller: {choice}"
        )
    if entry.controller is not None and entry.controller not in serving:
        raise HardenProblem(
            f"--entry-controller {entry.controller.value} does not go with --entry {entry.kind.value} --entry-tls "
            f"{entry.tls.value}; " + (f"choose from {choice}" if serving else "omit it")
        )
    if entry.kind is Kind.INGRESS:
        if entry.gateway is not None:
            raise HardenProblem("--gateway requires --entry gateway; omit it")
        if not entry.named:
            raise HardenProblem("--entry ingress needs the class that serves it; pass --entry-class NAME")
    elif (entry.gateway is None) is not bool(entry.named):
        raise HardenProblem(
            "--entry gateway needs either the class of a Gateway that is written here (--entry-class NAME), or the platform's "
            "own (--gateway NAMESPACE/NAME/LISTENER[/PLAIN])"
        )


def gateway(text: str) -> Gateway | None:
    """NAMESPACE/NAME/LISTENER, and the listener for plain HTTP; None for "". Raises HardenProblem."""
    if not text:
        return None
    parts = text.split("/")
    namespace, *names = parts
    if not 3 <= len(parts) <= 4 or not _LABEL.fullmatch(namespace) or not all(map(_NAME.fullmatch, names)):
        raise HardenProblem(
            f"'{text}' is not a Gateway; write NAMESPACE/NAME/LISTENER, and /PLAIN for the listener that is to redirect"
        )
    return Gateway(*parts)


def pods(texts: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Labels, as KEY=VALUE. Raises HardenProblem for one key with two values."""
    found = tuple(dict.fromkeys((key, value) for key, _, value in (text.partition("=") for text in texts)))
    if len({key for key, _ in found}) != len(found):
        raise HardenProblem("--entry-pods gives one label two values, which no pod has; give each key once")
    return tuple(sorted(found))


__all__ = ["Controller", "Entry", "Gateway", "Kind", "Tls", "gateway", "pods"]

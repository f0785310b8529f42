"""ingress-nginx: what the annotations of one Ingress say.

Source: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import (
    AccessLog,
    AccessRule,
    Cookie,
    CorsPolicy,
    Fact,
    Feature,
    Limits,
    Listener,
    OriginKind,
    OriginRule,
    Upstream,
)
from batten.model import ABSENT, UNKNOWN, Setting, Switch, Unknown
from batten.model.networks import everybody
from batten.technologies.orchestration.kubernetes.edge.cluster import NGINX, Cluster, Words, annotations_of
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject
from batten.technologies.shared.edges.headers import listed
from batten.technologies.shared.edges.origins import escaped, origin

SNIPPETS = (
    "configuration-snippet",
    "server-snippet",
    "auth-snippet",
    "modsecurity-snippet",
    "stream-snippet",
)
_F5_SNIPPETS = ("location-snippets", "server-snippets")
_RANGES = ("whitelist-source-range", "allowlist-source-range")
_GUARDS = ("auth-url", "auth-type", "auth-tls-secret")
_RATES = ("limit-rps", "limit-rpm", "limit-connections", "global-rate-limit")
_URL = re.compile(r"(https?)://([\w.-]+)")
_SIZE = re.compile(r"(\d+)([kmg]?)", re.IGNORECASE)
_METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS")  # the controller's default


def nginx_facts(ingress: KubernetesObject, known: str, cluster: Cluster) -> Iterator[Fact]:
    own = annotations_of(ingress)
    if known != "nginx":
        # Rules written for ingress-nginx in an Ingress that another controller serves.
        if known not in ("", "nginx", "openshift"):
            for elsewhere_name in (*_GUARDS, *_RANGES):
                if elsewhere_name in own:
                    why = f"{known} serves the Ingress, and does not read annotations of ingress-nginx"
                    yield AccessRule(own[elsewhere_name].here, f"`{elsewhere_name}`", why)
        return
    if own.flag("canary").known(False):
        return  # all other annotations of a canary are its main Ingress's
    yield from _snippets(ingress)
    if not any(name.startswith(f"{NGINX}/") for name in ingress.annotations):
        foreign = any(name.startswith("nginx.org/") for name in ingress.annotations)
        if foreign:
            return  # F5's controller, whose annotations are others
    yield from _cors(own)
    rates = [own[name] for name in _RATES if name in own]
    rate: Setting[str] = (
        Setting(rates[0].text or UNKNOWN, rates[0].here) if rates else Setting(ABSENT, own.place)
    )
    yield Limits(own.place, body=size(own["proxy-body-size"]), rate=rate)
    yield from _rules(own)
    # Services elsewhere that get a copy of requests, or decide about them.
    for calls_name in ("auth-url", "mirror-target"):
        found = own[calls_name]
        parts = _URL.match(found.text) if found.known else None
        if parts is not None:
            yield Upstream(
                found.here,
                target=Setting(f"{parts[1]}://{parts[2]}", found.here),
                host=parts[2],
                encrypted=Setting(parts[1] == "https", found.here),
            )
    yield from _stickiness(own)
    if own.flag("enable-access-log").value is False:
        log = own.flag("enable-access-log")
        yield AccessLog(log.at, log, Setting(ABSENT, log.at, True))
    if "ssl-ciphers" in own:
        place = own["ssl-ciphers"].here
        ciphers = own.word("ssl-ciphers")
        yield Listener(
            place,
            address=Setting(UNKNOWN, place),
            port=Setting(443, place),
            tls=Setting(True, place),
            ciphers=ciphers,
        )


def secured(ingress: KubernetesObject) -> Setting[bool]:
    """Whether plain HTTP is always answered by a redirect: force-ssl-redirect, or a redirect of everything."""
    own = annotations_of(ingress)
    forced = own.flag("force-ssl-redirect", False)
    if forced.effective is not False:
        return forced
    for name in ("permanent-redirect", "temporal-redirect"):
        if own[name].text.startswith("https://"):
            return Setting(True, own[name].here)
    return forced


def guarded(ingress: KubernetesObject) -> bool:
    """Whether annotations ask who comes, in any way."""
    own = annotations_of(ingress)
    ranges = {r for name in _RANGES for r in listed(own[name].text)}
    anyone = everybody(ranges)
    logins = any(name in own for name in _GUARDS) and not (anyone and own["satisfy"].text == "any")
    return logins or (bool(ranges) and not anyone)


def _snippets(ingress: KubernetesObject) -> Iterator[Feature]:
    for own, names in (
        (annotations_of(ingress), SNIPPETS),
        (annotations_of(ingress, "nginx.org"), _F5_SNIPPETS),
    ):
        for name in names:
            found = own[name]
            if found.exists and found.text.strip():
                yield Feature(found.here, Switch.SNIPPETS, Setting(True, found.here), f"`{name}`")


def _cors(own: Words) -> Iterator[CorsPolicy]:
    enabled = own.flag("enable-cors", False)
    at = own["enable-cors"].here if "enable-cors" in own else own.place
    if enabled.effective is not True:
        return
    written = own["cors-allow-origin"]
    rules: tuple[OriginRule, ...] | Unknown
    if not written.exists:
        rules = (origin("*", at),)
    else:
        rules = tuple(_origin(o, written) for o in listed(written.text)) if written.known else UNKNOWN
    anybody = rules is not UNKNOWN and any(r.kind is OriginKind.ANY for r in rules)
    # The default is true, but browsers do not send credentials where the answer says `*`.
    credentials = own.flag("cors-allow-credentials", not anybody)
    yield CorsPolicy(
        at,
        origins=Setting(rules, written.here if written.exists else at),
        credentials=credentials,
        methods=_listed(own, "cors-allow-methods", _METHODS),
        headers=_listed(own, "cors-allow-headers", ()),
        varies=Setting(UNKNOWN, at),
    )


def _origin(text: str, written: Field) -> OriginRule:
    """One origin; a `*` before a name stands for one label of it."""
    if "*" not in text or text == "*":
        return origin(text, written.here)
    pattern = "[A-Za-z0-9-]+".join(map(escaped, text.split("*")))
    return OriginRule(OriginKind.PATTERN, Setting(pattern, written.here))


def _listed(own: Words, name: str, default: tuple[str, ...]) -> Setting[tuple[str, ...]]:
    found = own[name]
    if not found.exists:
        return Setting(ABSENT, own.place, default)
    return Setting(listed(found.text) if found.known else UNKNOWN, found.here)


def size(found: Field) -> Setting[int] | None:
    """Bytes of a body-size setting; None where it is not written, for the controller decides then."""
    if not found.exists:
        return None
    match = _SIZE.fullmatch(found.text)
    if match is None or not found.known:
        return Setting(UNKNOWN, found.here)
    return Setting(int(match[1]) * 1024 ** " kmg".index(match[2].lower() or " "), found.here)


def _stickiness(own: Words) -> Iterator[Cookie]:
    """The cookie that ties clients to a pod: Secure over TLS, and always HttpOnly, unless an annotation says otherwise."""
    secure = own.flag("session-cookie-secure")
    if own["affinity"].text == "cookie" and secure.written:
        name = own["session-cookie-name"].text or "INGRESSCOOKIE"
        yield Cookie(
            secure.at,
            name=name,
            secure=secure,
            http_only=Setting(ABSENT, secure.at, True),
            same_site=own.word("session-cookie-samesite"),
            sensitive=False,
        )


def _rules(own: Words) -> Iterator[AccessRule]:
    for name in _RANGES:
        found = own[name]
        anyone = everybody(listed(found.text))
        if anyone:
            yield AccessRule(found.here, f"`{name}`", f"{anyone} is every address")
    anyone = everybody(r for name in _RANGES for r in listed(own[name].text))
    if anyone and own["satisfy"].text == "any" and any(name in own for name in _GUARDS):
        yield AccessRule(own["satisfy"].here, "the login", f"`satisfy: any` with {anyone} skips it")
    if "auth-secret" in own and "auth-type" not in own:
        yield AccessRule(own["auth-secret"].here, "`auth-secret`", "without `auth-type` no login is required")
    verify = own["auth-tls-verify-client"]
    if "auth-tls-secret" in own and verify.text in ("off", "optional_no_ca"):
        why = (
            "no client certificate is requested"
            if verify.text == "off"
            else "a certificate of any CA is accepted"
        )
        yield AccessRule(verify.here, "`auth-tls-secret`", why)

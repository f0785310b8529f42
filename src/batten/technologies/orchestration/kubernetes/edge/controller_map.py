"""The ConfigMap of ingress-nginx's controller: what it says for every Ingress.

Source: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/configmap/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import AccessLog, Banner, Fact, Feature, Limits, Listener, ResponseHeaders, SentHeader
from batten.model import ABSENT, UNKNOWN, Setting, Switch
from batten.technologies.orchestration.kubernetes.edge.cluster import Cluster, Words, lacking
from batten.technologies.orchestration.kubernetes.edge.ingress_nginx import size
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject
from batten.technologies.shared.edges.headers import unknown_headers

HSTS = "strict-transport-security"


_CARRIED = re.compile(r"\$http_(authorization|cookie|x_api_key)\b")


def map_facts(settings: KubernetesObject, cluster: Cluster) -> Iterator[Fact]:
    data = Words(settings.body["data"])
    at = data.place
    for name in ("add-headers", "custom-headers"):
        yield from added(data[name], cluster)
    form = data["log-format-upstream"]
    carried = tuple(Setting(name, form.here) for name in _CARRIED.findall(form.text))
    if carried:
        yield AccessLog(form.here, Setting(True, form.here), Setting(UNKNOWN, form.here), carried)
    # HSTS is sent over TLS unless it is turned off; other headers are the services' own.
    on = data.flag("hsts", True)
    sent = unknown_headers(at)
    if on.value is False:
        sent.pop(HSTS)
        yield ResponseHeaders(on.at, over_tls=True, sent=sent)
    else:
        age = data["hsts-max-age"]
        if on.effective is True and age.exists:
            known = age.known and age.text.isdigit()
            sent[HSTS] = SentHeader(Setting(f"max-age={age.text}" if known else UNKNOWN, age.here))
            yield ResponseHeaders(at, over_tls=True, sent=sent)
    protocols, ciphers = data["ssl-protocols"], data["ssl-ciphers"]
    if not (not protocols.exists and not ciphers.exists):
        versions = tuple(protocols.text.replace(",", " ").split())
        yield Listener(
            at,
            address=Setting(UNKNOWN, at),
            port=Setting(443, at),
            tls=Setting(True, at),
            protocols=Setting(versions if protocols.known else UNKNOWN, protocols.here)
            if protocols.exists
            else None,
            ciphers=data.word("ssl-ciphers") if ciphers.exists else None,
        )
    snippets = data.flag("allow-snippet-annotations")
    if snippets.value is True:
        yield Feature(snippets.at, Switch.SNIPPETS, snippets, "`allow-snippet-annotations`")
    underscores = data.flag("enable-underscores-in-headers")
    if underscores.value is True:
        what = "header names with underscores are accepted: many services treat `X_Real_IP` like `X-Real-IP`"
        yield Feature(underscores.at, Switch.INVALID_HEADERS, underscores, what)
    ignored = data.flag("ignore-invalid-headers")
    if ignored.value is False:
        yield Feature(ignored.at, Switch.INVALID_HEADERS, Setting(True, ignored.at))
    tokens = data["server-tokens"]
    if tokens.exists:
        yield Banner(at, product="nginx", header="Server", shows_version=data.flag("server-tokens", False))
    body = size(data["proxy-body-size"])
    if body is not None:
        yield Limits(body.at, body=body)
    off = data.flag("disable-access-log", False)
    if off.value is True:
        yield AccessLog(off.at, Setting(False, off.at), Setting(ABSENT, at, True))


def added(named: Field, cluster: Cluster) -> Iterator[ResponseHeaders]:
    """The headers of another ConfigMap, which the controller adds to all answers."""
    namespace, _, name = named.text.rpartition("/")
    found = cluster.find("ConfigMap", name, namespace) if named.exists and named.known else None
    if found is not None:
        at = lacking(found.body["data"])
        sent = {key.lower(): SentHeader(value.word(at)) for key, value in found.body["data"].entries()}
        yield ResponseHeaders(at, over_tls=True, sent={**unknown_headers(at), **sent})

"""Istio: gateways, routes, and how its proxies connect to each other.

Source: https://istio.io/latest/docs/reference/config/networking/ and .../security/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batten.facts import AccessRule, Fact, Feature, Listener, ResponseHeaders, Route, SentHeader, Upstream
from batten.model import ABSENT, UNKNOWN, Setting, Switch, Unknown
from batten.model.networks import everybody
from batten.technologies.orchestration.kubernetes.edge.cluster import Cluster, lacking
from batten.technologies.orchestration.kubernetes.edge.cors import cors, matched
from batten.technologies.orchestration.kubernetes.edge.ingress import ended_before
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject
from batten.technologies.shared.edges.headers import unknown_headers
from batten.technologies.shared.transport.tls import between, version_named

_HTTP = frozenset(("HTTP", "HTTP2", "GRPC", "GRPC-WEB", "HTTP_PROXY"))


def istio_facts(found: KubernetesObject, cluster: Cluster) -> Iterator[Fact]:
    reader = _READERS.get(found.kind)
    if reader is not None and found.group.endswith(".istio.io"):
        yield from reader(found, cluster)


def _gateway(found: KubernetesObject, cluster: Cluster) -> Iterator[Fact]:
    if any("egress" in text for text in found.spec["selector"].strings().values()):
        return  # for calls that leave the mesh
    for server in found.spec["servers"].items():
        protocol = server["port"]["protocol"]
        if protocol.known and protocol.text.upper() in (*_HTTP, "HTTPS"):
            yield _listener(found, server, protocol, cluster)


def _listener(gateway: KubernetesObject, server: Field, protocol: Field, cluster: Cluster) -> Listener:
    at, tls = lacking(server), server["tls"]
    hosts = (h.text.rpartition("/")[2] for h in server["hosts"].items() if h.known)
    lowest, highest = (version_named(tls[k].text) for k in ("minProtocolVersion", "maxProtocolVersion"))
    suites = [s.text for s in tls["cipherSuites"].items() if s.known]
    encrypted: bool | Unknown = protocol.text.upper() == "HTTPS" or tls["mode"].exists
    if not encrypted and ended_before(cluster):
        encrypted = UNKNOWN
    # httpsRedirect; else whether every route on the gateway redirects to HTTPS.
    written = tls["httpsRedirect"]
    if written.exists:
        redirected: Setting[bool] = written.flag(at)
    else:
        routes = [
            r
            for r in cluster.of("VirtualService")
            if any(g.rpartition("/")[2] == gateway.name for g in r.spec["gateways"].words())
        ]
        rules = [rule for route in routes for rule in route.spec["http"].items()]
        redirected = Setting(bool(rules) and all(r["redirect"]["scheme"].text == "https" for r in rules), at)
    return Listener(
        at,
        address=Setting("0.0.0.0", at),
        port=server["port"]["number"].number(at),
        tls=Setting(encrypted, at),
        names=tuple(h for h in hosts if h != "*"),
        redirects_to_tls=redirected,
        protocols=Setting(between(lowest, highest or "TLSv1.3"), tls["minProtocolVersion"].here)
        if lowest
        else None,
        ciphers=Setting(":".join(suites), tls["cipherSuites"].here) if suites else None,
    )


def _virtual(found: KubernetesObject, cluster: Cluster) -> Iterator[Fact]:
    for rule in found.spec["http"].items():
        policy = rule["corsPolicy"]
        yield from cors(policy, rule=matched)
        yield from cors(policy, "allowOrigin", rule=matched)
        for holder in (rule, *rule["route"].items()):
            response = holder["headers"]["response"]
            at = lacking(response)
            written = {
                name.lower(): SentHeader(value.word(at))
                for action in ("set", "add")
                for name, value in response[action].entries()
            }
            if written:
                yield ResponseHeaders(at, over_tls=True, sent={**unknown_headers(at), **written})
        yield from _routes(found, rule)


_MATCHES = {"exact": "exact", "prefix": "prefix", "regex": "regex"}


def _routes(found: KubernetesObject, rule: Field) -> Iterator[Route]:
    """Paths of a rule; what lets any verb pass says nothing of verbs."""
    host = next((r["destination"]["host"] for r in rule["route"].items()), None)
    at = lacking(rule)
    for match in rule["match"].items():
        key = next((k for k in _MATCHES if match["uri"][k].exists), "")
        text, method = match["uri"][key].text if key else "/", match["method"]["exact"]
        allowed: Setting[tuple[str, ...]] = Setting(ABSENT, at)
        if match["method"].exists:
            allowed = Setting((method.text,) if method.known and method.text else UNKNOWN, method.here)
        yield Route(
            at,
            server=found.pointer,
            path=text,
            match=_MATCHES.get(key, "prefix"),
            methods=allowed,
            upstream=host.text if host is not None and host.known else "",
            regex=text if key == "regex" else "",
        )


def _destination(found: KubernetesObject, cluster: Cluster) -> Iterator[Fact]:
    policies = [found.spec["trafficPolicy"]]
    policies += [s["trafficPolicy"] for s in found.spec["subsets"].items()]
    holders = [*policies, *(p for policy in policies for p in policy["portLevelSettings"].items())]
    for holder in holders:
        host = found.spec["host"].text
        tls = holder["tls"]
        mode, skipped = tls["mode"], tls["insecureSkipVerify"]
        inside = "." not in host or host.endswith((".svc", ".local"))
        if mode.text == "DISABLE" and inside:
            what = f"the mesh connects to `{host}` without mutual TLS"
            yield Feature(mode.here, Switch.MESH_PLAIN, Setting(True, mode.here), what)
        if mode.exists and mode.known:
            target = tls["sni"] if tls["sni"].exists else mode
            yield Upstream(
                mode.here,
                target=Setting(host, target.here),
                host=host,
                encrypted=Setting(mode.text != "DISABLE", mode.here),
                verified=Setting(False, skipped.here) if skipped.text == "true" else None,
            )


def _peers(found: KubernetesObject, cluster: Cluster) -> Iterator[Feature]:
    """Whether proxies accept plain text: by default they do, and then nothing is written."""
    modes = [found.spec["mtls"]["mode"]]
    modes += [value["mode"] for _, value in found.spec["portLevelMtls"].entries()]
    for mode in modes:
        if mode.text in ("DISABLE", "PERMISSIVE"):
            what = f"the mesh accepts connections without mutual TLS ({mode.text})"
            yield Feature(mode.here, Switch.MESH_PLAIN, Setting(True, mode.here), what)


def _requests(found: KubernetesObject, cluster: Cluster) -> Iterator[Feature]:
    for rule in found.spec["jwtRules"].items():
        for name in rule["fromParams"].items():
            on = Setting(True, name.here)
            yield Feature(name.here, Switch.CREDENTIAL_IN_URL, on, f"the parameter {name.text}")


def _authorization(found: KubernetesObject, cluster: Cluster) -> Iterator[AccessRule]:
    """Rules that admit everyone; a policy without an action allows."""
    if found.spec["action"].text not in ("", "ALLOW"):
        return
    for rule in found.spec["rules"].items():
        why = _everyone(rule)
        if why:
            yield AccessRule(rule.block, f"`{found.name}`", why)


def _everyone(rule: Field) -> str:
    if not list(rule.entries()):
        return "an empty rule admits every request"
    sources = [f["source"] for f in rule["from"].items()]
    for source in sources:
        alone = len(list(source.entries())) == 1
        for key in ("ipBlocks", "remoteIpBlocks"):
            if alone and everybody(source[key].words() or ()):
                return f"`{key}` has every address"
    return ""


_READERS: dict[str, Callable[[KubernetesObject, Cluster], Iterator[Fact]]] = {
    "Gateway": _gateway,
    "VirtualService": _virtual,
    "DestinationRule": _destination,
    "PeerAuthentication": _peers,
    "RequestAuthentication": _requests,
    "AuthorizationPolicy": _authorization,
}

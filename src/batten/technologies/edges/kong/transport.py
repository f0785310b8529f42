"""Where requests come in, where they go, and with which TLS.

Sources: https://developer.konghq.com/gateway/entities/route/,
https://developer.konghq.com/gateway/entities/service/
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from batten.facts import Certificate, Feature, Listener, Upstream
from batten.model import UNKNOWN, Location, Setting, Switch
from batten.technologies.edges.kong.gateway import ENCRYPTED, Gateway, once
from batten.technologies.edges.kong.tree import Item
from batten.technologies.shared.transport.upstreams import is_loopback, port_of, target_of, upstream_of

_CHECKS = frozenset(
    ("ssl_verify", "https_verify", "verify_ssl", "tls_verify", "https_verify_certificate", "verify_ldap_host")
)
_SINKS = frozenset(
    (
        "endpoint",
        "http_endpoint",
        "introspection_endpoint",
        "introspection_url",
        "issuer",
        "logs_endpoint",
        "traces_endpoint",
    )
)


def listeners(gateway: Gateway) -> Iterator[Listener]:
    """Kong listens on both of its ports for every route: a route says which protocols it takes."""
    told: set[Location] = set()
    for way in gateway.ways:
        at = way.protocols.here if way.protocols else way.route["protocols"].block
        if way.taken is None or way.refuses or way.inside or not once(told, at):
            continue
        yield Listener(
            at,
            address=Setting(UNKNOWN, at),
            port=Setting(UNKNOWN, at),  # decided by `proxy_listen`, which is not in this file
            tls=Setting(not way.plain, at),
            names=way.route["hosts"].words() or (),
            redirects_to_tls=Setting(way.moves, at),
        )


def upstreams(gateway: Gateway) -> Iterator[Upstream]:
    for service in gateway.services:
        found = upstream(gateway, service)
        if found is not None:
            yield found
    for plugin in gateway.plugins:
        for item in plugin.item["config"].walk():
            if item.key in _SINKS and item.text.startswith(("http://", "https://")):
                yield upstream_of(item.text, item.here, unknown=not item.known)
        if plugin.name == "tcp-log" and plugin.setting("host").word:
            host = plugin.setting("host")
            yield upstream_of(host.word, host.here, encrypted=plugin.setting("tls").flag(False))


def upstream(gateway: Gateway, service: Item) -> Upstream | None:
    """The hop to a service, by its URL or by its parts; None where it says neither."""
    url, host = service["url"], service["host"]
    place = url if url else host
    if not place:
        return None
    protocol = service["protocol"] or gateway.root.of("_info", "defaults", "service", "protocol")
    text = url.text if url else f"{protocol.text or 'http'}://{_target(gateway, host)}:{_port(service)}"
    unknown = not place.known or not protocol.known
    verified = service["tls_verify"].flag(gateway.verifies)
    secure: bool | None = None if unknown else target_of(text).scheme in ENCRYPTED
    encrypted = Setting(UNKNOWN if secure is None else secure, place.here)
    return upstream_of(text, place.here, verified, unknown or _container(text), encrypted)


def _container(text: str) -> bool:
    """Whether the host's last part can be no domain's: a container has such names on its network."""
    last = target_of(text).host.rpartition(".")[2]
    return "_" in last or ("-" in last and not last.startswith("xn--"))


def _port(service: Item) -> str:
    return service["port"].word or "80"


def _target(gateway: Gateway, host: Item) -> str:
    """The first machine of an upstream, where the host is the name of one."""
    for found in gateway.root["upstreams"].items():
        if found["name"].word == host.word:
            targets = [t["target"].word for t in found["targets"].items()]
            return targets[0].partition(":")[0] if targets else host.text
    return host.text


def host_and_port(service: Item) -> tuple[str, int]:
    target = target_of(service["url"].word)
    if service["url"]:
        return target.host, port_of(target.port, target.scheme)
    return service["host"].word, port_of(service["port"].word, service["protocol"].word or "http")


def trusting(gateway: Gateway) -> Iterator[Feature]:
    """Settings of plugins and of health checks by which a certificate is not verified."""
    homes = [p.item["config"] for p in gateway.plugins if "_config" not in p.item.path]
    homes += [gateway.root["_plugin_configs"]]
    homes += [u.of("healthchecks", "active") for u in gateway.root["upstreams"].items()]
    for home in homes:
        for holder in home.walk():
            for item in holder.values():
                if item.key in _CHECKS and item.flag().known(True) is False:
                    # Whether TLS is spoken at all there: what stands beside it may say that it is not.
                    if item.key == "https_verify_certificate":
                        spoken = holder["type"].text == "https"
                    else:
                        keys = {e.key for e in holder.values()}
                        switch = next(
                            (holder[k] for k in ("ssl", "redis_ssl", "start_tls", "ldaps") if k in keys), None
                        )
                        plain = any(holder[k].text.startswith("http://") for k in _SINKS)
                        local = is_loopback(holder["host"].text) if holder["host"] else False
                        spoken = not plain and not local and (switch is None or switch.flag().known(False))
                    if spoken:
                        yield Feature(item.here, Switch.VERIFY_TLS, Setting(False, item.here), item.key)


def certificates(gateway: Gateway) -> Iterator[Certificate]:
    """Certificates that are written out here."""
    for pair in gateway.root["certificates"].items():
        pem = pair["cert"]
        if "-----BEGIN CERTIFICATE-----" in pem.word:
            module = import_module(
                "batten.technologies.shared.transport.x509"
            )  # slow to load, and seldom needed
            found = module.certificate_of(pem.word, (), pem.here)
            if found is not None:
                yield found

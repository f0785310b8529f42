"""Hops to upstreams. https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/security/ssl"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Upstream
from batten.model import ABSENT, UNKNOWN, Location, Setting, Unknown
from batten.technologies.edges.envoy.fields import Field
from batten.technologies.edges.envoy.managers import managers, routes_of
from batten.technologies.edges.envoy.tree import Tree
from batten.technologies.shared.transport.upstreams import is_loopback

# Authorities that sign for everybody: with these alone, any certificate of any site is good.
_PUBLIC = re.compile(r"/etc/(?:ssl|pki)/.*|/usr/(?:local/)?share/ca-certificates/.*|.*ca-bundle\.(?:crt|pem)")
# They may decide by themselves which headers come in.
_DECIDING = (
    "ext_authz",
    "header_mutation",
    "jwt_authn",
    "header_to_metadata",
    "json_to_metadata",
    "set_metadata",
)


def upstreams(tree: Tree) -> Iterator[Upstream]:
    for cluster in tree.of("Cluster"):
        tls, encrypted = context(cluster)
        verified = _verified(tree, cluster, tls) if tls is not None else None
        found = {s["address"].text: s for s in endpoints(cluster)}
        away = [s for host, s in found.items() if not is_loopback(host)]
        if found:
            socket = (away or list(found.values()))[0]
            address = socket["address"]
            port = socket["port_value"].number().known(0)
            known = address.known
            upstream_host = address.text if known else ""
            yield Upstream(
                address.here,
                target=Setting(f"{upstream_host}:{port}" if known else UNKNOWN, address.here),
                host=upstream_host,
                port=port,
                encrypted=Setting(encrypted, address.here),
                verified=verified,
                local=known and is_loopback(upstream_host),
            )
        elif tls is not None and not any(e["pipe"] for e in _addresses(cluster)):
            yield Upstream(
                cluster.block,
                target=Setting(UNKNOWN, cluster.block),
                host="",
                port=0,
                encrypted=Setting(True, tls.block),
                verified=verified,
            )


def _addresses(cluster: Field) -> Iterator[Field]:
    for locality in cluster.of("load_assignment", "endpoints").items():
        for endpoint in locality["lb_endpoints"].items():
            yield endpoint.of("endpoint", "address")
    yield from cluster["hosts"].items()  # before API v3


def endpoints(cluster: Field) -> Iterator[Field]:
    for address in _addresses(cluster):
        if address["socket_address"]["address"]:
            yield address["socket_address"]


def context(cluster: Field) -> tuple[Field | None, bool | Unknown]:
    """The UpstreamTlsContext, and whether the hop is encrypted."""
    if cluster["transport_socket_matches"]:
        return None, UNKNOWN
    socket = cluster["transport_socket"]
    for _ in range(4):
        config = socket["typed_config"]
        if config.type.endswith((".UpstreamTlsContext", ".QuicUpstreamTransport")):
            return (config["upstream_tls_context"] or config), True
        if not config["transport_socket"]:
            break
        socket = config["transport_socket"]
    old = cluster["tls_context"]
    if old:
        return old, True
    plain = not socket or "raw_buffer" in socket.of("typed_config", "@type").text
    return None, False if plain else UNKNOWN


def validation(tree: Tree, common: Field) -> Field | None:
    """What verifies the other side; an empty field where nothing does, None where it is not here."""
    if common["combined_validation_context"] or common["validation_context_certificate_provider_instance"]:
        return None
    named = common.of("validation_context_sds_secret_config", "name").text
    if common["validation_context_sds_secret_config"]:
        found = [s for s in tree.of("Secret") if s["name"].text == named]
        return found[0]["validation_context"] if found else None
    return common["validation_context"]


def _verified(tree: Tree, cluster: Field, tls: Field) -> Setting[bool]:
    """Without `trusted_ca` Envoy takes any certificate; with it, one for any name."""
    common = tls["common_tls_context"]
    place = (cluster["transport_socket"] or cluster).named(f"{cluster.pointer}/tls").block
    found = validation(tree, common)
    if found is None:
        return Setting(UNKNOWN, place)
    chain = found["trust_chain_verification"]
    if chain.text.upper() in ("ACCEPT_UNTRUSTED", "1"):
        return Setting(False, chain.here)
    others = ("custom_validator_config", "ca_certificate_provider_instance", "verify_certificate_spki")
    if any(found[key] for key in (*others, "verify_certificate_hash")):
        return Setting(UNKNOWN, place)
    if not found["trusted_ca"] and not found["system_root_certs"]:
        return Setting(ABSENT, found.block if found else place, False)
    file = found.of("trusted_ca", "filename").text
    for_everybody = bool(found["system_root_certs"]) or bool(_PUBLIC.fullmatch(file))
    if for_everybody:
        named = ("match_typed_subject_alt_names", "match_subject_alt_names", "verify_subject_alt_name")
        automatic = tls["auto_sni_san_validation"].flag().known(True)
        by_options = "auto_san_validation: true" in _options(cluster)
        if not (automatic or by_options or any(found[key] for key in named)):
            return Setting(False, found.block)
    return Setting(True, found.here)


def _options(cluster: Field) -> str:
    """The protocol options that may have the host's name verified, as words."""
    found = [f for _, o in cluster["typed_extension_protocol_options"].entries() for f in o.walk()]
    found += list(cluster["upstream_http_protocol_options"].walk())
    return " ".join(
        "auto_san_validation: true" for f in found if f["auto_san_validation"].flag().known(False)
    )


def led_by_clients(tree: Tree) -> Iterator[Upstream]:
    """Upstreams that a header of the request chooses."""
    for cluster in tree.of("Cluster"):
        header = cluster.of("original_dst_lb_config", "use_http_header")
        if header.flag().known(False):
            yield _led(header)
    for manager in managers(tree):
        if manager.private:
            continue
        for host in manager.hosts:
            for route in routes_of(host):
                chosen = route.of("route", "cluster_header")
                inner = manager.opaque or bool(manager.all(*_DECIDING))
                added = [
                    o.of("header", "key").text.lower()
                    for level in (route, host)
                    for o in level["request_headers_to_add"].items()
                ]
                if (
                    chosen
                    and not inner
                    and chosen.text.lower() not in added
                    and not chosen.text.startswith(":")
                ):
                    yield _led(chosen)
                for _, config in route["typed_per_filter_config"].entries():
                    rewritten = config["host_rewrite_header"]
                    if (
                        "dynamic_forward_proxy" in config.type
                        and rewritten
                        and not inner
                        and rewritten.text.lower() not in added
                    ):
                        yield _led(rewritten)


def _led(field: Field) -> Upstream:
    at: Location = field.here
    return Upstream(at, target=Setting(UNKNOWN, at), from_client=(at,))


def forwards_anywhere(cluster: Field) -> bool:
    """Whether the Host header of a request says where it goes."""
    kind = cluster["cluster_type"]
    return "dynamic_forward_proxy" in kind.of("typed_config", "@type").text

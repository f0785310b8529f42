"""Where Envoy listens, with which TLS, and whom it forwards to."""

from __future__ import annotations

import posixpath
from ipaddress import ip_address
from typing import Any

from batten.harden.edge import CONNECT
from batten.harden.options import Target

Json = dict[str, Any]
SECRET = "edge"
_TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3"
_INSPECTOR = "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"
# BoringSSL's names of OpenSSL's curves (https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/transport_sockets/tls/v3/common.proto).
_CURVES = {"prime256v1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


def listener(name: str, place: tuple[str, int], manager: Json, tls: Json | None, buffer: int) -> Json:
    """`place` is an address ("" for all) and a port; `buffer` is in bytes, of a connection."""
    host, port = place
    chain: Json = {
        "filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]
    }
    if tls is not None:
        chain["transport_socket"] = {"name": "envoy.transport_sockets.tls", "typed_config": tls}
    return {
        "name": name,
        "address": {"socket_address": {"address": host.strip("[]") or "0.0.0.0", "port_value": port}},
        "per_connection_buffer_limit_bytes": buffer,
        "filter_chains": [chain],
    }


def encrypted(
    certificate: str, key: str, ciphers: tuple[str, ...], curves: tuple[str, ...], kept: str = ""
) -> Json:
    """Mozilla's intermediate profile. All suites are good, so the client's order holds (`[A|B]`); BoringSSL has none with DHE.
    `kept` is a file that names the certificate and is read again whenever that changes."""
    suites = [suite for suite in ciphers if suite.startswith("ECDHE-")]
    common = {
        "tls_params": {
            "tls_minimum_protocol_version": "TLSv1_2",
            "cipher_suites": [f"[{'|'.join(suites)}]"],
            "ecdh_curves": [_CURVES.get(curve, curve) for curve in curves],
        },
        **(_watched(kept) if kept else {"tls_certificates": [_files(certificate, key)]}),
        "alpn_protocols": ["h2", "http/1.1"],
    }
    return {
        "@type": f"{_TLS}.DownstreamTlsContext",
        "common_tls_context": common,
        "disable_stateless_session_resumption": True,
    }


def _files(certificate: str, key: str) -> Json:
    return {"certificate_chain": {"filename": certificate}, "private_key": {"filename": key}}


def _watched(kept: str) -> Json:
    source = {"path_config_source": {"path": kept}, "resource_api_version": "V3"}
    return {"tls_certificate_sds_secret_configs": [{"name": SECRET, "sds_config": source}]}


def secret(certificate: str, key: str) -> Json:
    """The file that `kept` names: Envoy reads both again when a file is moved into their folder
    (https://www.envoyproxy.io/docs/envoy/latest/configuration/security/secret#certificate-rotation)."""
    folder = {"path": posixpath.dirname(certificate)}
    pair = {**_files(certificate, key), "watched_directory": folder}
    return {"resources": [{"@type": f"{_TLS}.Secret", "name": SECRET, "tls_certificate": pair}]}


def named(made: Json, names: tuple[str, ...]) -> Json:
    """Handshakes for other names are refused; an address is in no handshake."""
    if any(map(is_address, names)):
        return made
    (chain,) = made["filter_chains"]
    chained = {"filter_chain_match": {"server_names": list(names)}, **chain}
    inspector = {"name": "envoy.filters.listener.tls_inspector", "typed_config": {"@type": _INSPECTOR}}
    return {**made, "listener_filters": [inspector], "filter_chains": [chained]}


def cluster(target: Target, authorities: str, buffer: int, name: str = "api") -> Json:
    """Names are resolved while it runs. `authorities` is the file that a TLS upstream's certificate is verified with."""
    host = target.host.strip("[]")
    address = {"socket_address": {"address": host, "port_value": target.port}}
    made: Json = {
        "name": name,
        "type": "STATIC" if is_address(host) else "STRICT_DNS",
        "connect_timeout": f"{CONNECT}s",
        "per_connection_buffer_limit_bytes": buffer,
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
        },
    }
    if not is_address(host):  # an address of IPv6 at which nobody listens would be asked alone
        made["dns_lookup_family"] = "V4_PREFERRED"
    if target.secure:
        kind = "IP_ADDRESS" if is_address(host) else "DNS"
        validation = {
            "trusted_ca": {"filename": authorities},
            "match_typed_subject_alt_names": [{"san_type": kind, "matcher": {"exact": host}}],
        }
        common = {
            "tls_params": {
                "tls_minimum_protocol_version": "TLSv1_2",
                "tls_maximum_protocol_version": "TLSv1_3",
            },
            "validation_context": validation,
        }
        verified_made: Json = {"@type": f"{_TLS}.UpstreamTlsContext", "common_tls_context": common}
        made["transport_socket"] = {
            "name": "envoy.transport_sockets.tls",
            "typed_config": verified_made if is_address(host) else {**verified_made, "sni": host},
        }
    return made


def is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True

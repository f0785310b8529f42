"""Where Envoy listens, and with which TLS.

Source: https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/transport_sockets/tls/v3/common.proto
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from batten.facts import AccessRule, Certificate, Listener, PublishedPort
from batten.model import ABSENT, UNKNOWN, Absent, Setting, Unknown
from batten.technologies.edges.envoy.fields import Field
from batten.technologies.edges.envoy.managers import (
    Manager,
    addresses,
    behind_another,
    chains,
    context,
    inside,
    managers,
    message,
    routes_of,
)
from batten.technologies.edges.envoy.tree import Tree
from batten.technologies.shared.containers.mounts import candidates
from batten.technologies.shared.containers.ports import Evidence, behind
from batten.technologies.shared.containers.versions import at_least
from batten.technologies.shared.transport.certificates import certificate_at
from batten.technologies.shared.transport.tls import PROTOCOLS, between, version_named

TLS12_BY_DEFAULT = (1, 22)  # servers; clients had it before (changelogs/1.22.0.yaml, behavior_changes, tls)
HOME = "etc/envoy"
# An expression of one branch, which begins where answers to a certificate authority are.
_CHALLENGES = re.compile(r"\^?/\\?\.well\\?-known/acme\\?-challenge(?:/[^|]*)?$")
_VERSIONS = {"1": "TLSv1", "2": "TLSv1.1", "3": "TLSv1.2", "4": "TLSv1.3"}  # numbers of the enumeration


def listeners(tree: Tree) -> Iterator[Listener]:
    found = {(m.listener.pointer, m.chain.pointer): m for m in managers(tree)}
    for listener in tree.of("Listener"):
        parts = chains(listener)
        for chain in parts:
            place = listener if len(parts) == 1 else chain
            manager = found.get((listener.pointer, chain.pointer))
            for socket, host in addresses(listener):
                yield _listener(tree, chain, place, manager, socket, host)


def _listener(
    tree: Tree, chain: Field, place: Field, manager: Manager | None, socket: Field, host: str
) -> Listener:
    tls, encrypted = context(chain)
    meant = UNKNOWN if encrypted is False and manager is not None and behind_another(manager) else encrypted
    known = socket["address"].known
    meshed = inside(place) and not host.startswith("unix:")
    address: str | Unknown = "127.0.0.1" if meshed else host if known else UNKNOWN
    port = socket["port_value"].number()
    # The only names of TLS handshakes that it is for; () where it takes any.
    found = list(chain.of("filter_chain_match", "server_names").items())
    return Listener(
        place.block,
        address=Setting(address, socket.at),
        port=Setting(port.value, port.at, 0),
        tls=Setting(meant, place.block),
        names=tuple(name.text.lower() for name in found) if all(name.known for name in found) else (),
        redirects_to_tls=redirects(manager) if manager is not None else None,
        protocols=_protocols(tree, tls) if tls is not None else None,
        ciphers=_ciphers(tls) if tls is not None else None,
        http=manager is not None,
    )


def redirects(manager: Manager) -> Setting[bool]:
    """Whether every answer is a redirect to https, a refusal, or what renews a certificate, as far as routes say it:
    code in a filter does not encrypt what it answers."""
    at = manager.item.block
    if manager.routes is None:
        return Setting(UNKNOWN, at)
    return Setting(
        all(
            (h["require_tls"].text.upper() in ("ALL", "2") or all(_harmless(r) for r in routes_of(h)))
            for h in manager.hosts
        ),
        at,
    )


def _harmless(route: Field) -> bool:
    redirect = route["redirect"]
    if redirect["https_redirect"].flag().known(False) or redirect["scheme_redirect"].text.lower() == "https":
        return True
    path = route.of("match", "prefix").text or route.of("match", "path").text
    if path.startswith("/.well-known/acme-challenge") or _CHALLENGES.match(
        route.of("match", "safe_regex", "regex").text
    ):
        return True
    status = route.of("direct_response", "status").text
    return bool(route["direct_response"]) and (status.startswith(("3", "4", "5")) or is_probe(path))


def is_probe(path: str) -> bool:
    words = ("health", "healthz", "ready", "readyz", "live", "livez", "ping", "status", "healthcheck")
    return path.strip("/").rpartition("/")[2].lower() in words


def parameters(tls: Field) -> Field:
    return tls.of("common_tls_context", "tls_params")


def _protocols(tree: Tree, tls: Field) -> Setting[tuple[str, ...]]:
    found = parameters(tls)
    lowest, highest = found["tls_minimum_protocol_version"], found["tls_maximum_protocol_version"]
    last = _version(highest) or "TLSv1.3"
    old = at_least(tree.version, TLS12_BY_DEFAULT) is False
    default = between("TLSv1" if old else "TLSv1.2", last) if last in PROTOCOLS else ()
    if not lowest or lowest.text.upper() in ("TLS_AUTO", "0"):
        return Setting(ABSENT, lowest.at if lowest else tls.block, default)
    first = _version(lowest)
    return Setting(between(first, last) if first and last else UNKNOWN, lowest.here)


def _version(field: Field) -> str:
    return _VERSIONS.get(field.text) or version_named(field.text) if field.text.upper() != "TLS_AUTO" else ""


def _ciphers(tls: Field) -> Setting[str] | None:
    """OpenSSL's names; [A|B] are of equal preference. Without a list Envoy's own holds."""
    suites = parameters(tls)["cipher_suites"]
    words = [s.text for s in suites.items()]
    if not words:
        return None
    text = ":".join(words).replace("[", "").replace("]", "").replace("|", ":")
    value: str | Unknown | Absent = text if all(s.known for s in suites.items()) else UNKNOWN
    return Setting(value, suites.here)


def certificates(tree: Tree) -> Iterator[Certificate]:
    """Certificates whose files lie in the tree. Several hosts may share one: names are for the wire."""
    for listener in tree.of("Listener"):
        for chain in chains(listener):
            tls, _ = context(chain)
            pairs = tls.of("common_tls_context", "tls_certificates").items() if tls is not None else ()
            for pair in pairs:
                yield from _certificate(tree, pair["certificate_chain"]["filename"])
    for secret in tree.of("Secret"):
        yield from _certificate(tree, secret.of("tls_certificate", "certificate_chain", "filename"))


def _certificate(tree: Tree, file: Field) -> Iterator[Certificate]:
    if file and file.known:
        found = certificate_at(_places(tree, file), (), file.here, tree.workspace)
        if found is not None:
            yield found


def _places(tree: Tree, file: Field) -> Iterator[str]:
    if file.text.startswith(f"/{HOME}/"):
        yield posixpath.normpath(posixpath.join(posixpath.dirname(file.source), file.text[len(HOME) + 2 :]))
    yield from candidates(file.text, file.source, tree.workspace, HOME)


def ports(tree: Tree) -> Iterator[PublishedPort]:
    """What passes TCP on at a store's port hands the store on, unless a filter keeps strangers out."""
    for listener in tree.of("Listener"):
        filters = [message(f["typed_config"]) for c in chains(listener) for f in c["filters"].items()]
        if inside(listener) or not filters or set(filters) - {"tcp_proxy", "redis_proxy", "mongo_proxy"}:
            continue
        if any(_clients_known(c) for c in chains(listener)):
            continue
        for socket, host in addresses(listener):
            port = socket["port_value"].number()
            if not isinstance(port.value, int) or not socket["address"].known:
                continue
            found = behind(port.value, Evidence(names=(listener["name"].text, *filters)))
            if found.what:
                at = socket["port_value"].here
                yield PublishedPort(
                    at,
                    service=listener["name"].text,
                    host_address=Setting(host, at),
                    host_port=port,
                    container_port=port.value,
                    admin=found.what,
                    guessed=found.guessed,
                )


def _clients_known(chain: Field) -> bool:
    tls, encrypted = context(chain)
    return encrypted is UNKNOWN or (tls is not None and tls["require_client_certificate"].flag().known(True))


def client_certificates(tree: Tree) -> Iterator[AccessRule]:
    """Certificates of clients are only asked for where something says which are good."""
    for listener in tree.of("Listener"):
        for chain in chains(listener):
            tls, _ = context(chain)
            if tls is None:
                continue
            demanded = tls["require_client_certificate"]
            common = tls["common_tls_context"]
            untrusted = common.of("validation_context", "trust_chain_verification")
            if not demanded.flag().known(False):
                continue
            if untrusted.text.upper() in ("ACCEPT_UNTRUSTED", "1"):
                defeat = "`trust_chain_verification` accepts certificates of any issuer"
                yield AccessRule(untrusted.here, "`require_client_certificate`", defeat)
            elif not checks_clients(common):
                defeat = "no `trusted_ca` is set, so Envoy requests no client certificate"
                yield AccessRule(demanded.here, "`require_client_certificate`", defeat)
            else:
                for found in (
                    common["validation_context"],
                    common.of("combined_validation_context", "default_validation_context"),
                ):
                    kept = found["allow_expired_certificate"]
                    if kept.flag().known(False):
                        expired_defeat = "`allow_expired_certificate` accepts certificates that have expired"
                        yield AccessRule(
                            kept.here, "`require_client_certificate`", expired_defeat, partial=True
                        )


def checks_clients(common: Field) -> bool:
    """Whether something says which certificates are good, here or elsewhere."""
    others = ("validation_context_sds_secret_config", "combined_validation_context")
    if any(common[key] for key in others):
        return True
    context_ = common["validation_context"]
    lenient = ("trust_chain_verification", "allow_expired_certificate")
    return any(key not in lenient for key, _ in context_.entries())

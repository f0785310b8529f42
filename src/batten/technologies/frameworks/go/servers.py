"""How long a server of Go waits, and what it offers over TLS.

Sources: https://pkg.go.dev/net/http#Server (zero is no time limit; without ReadHeaderTimeout the value of ReadTimeout counts),
https://pkg.go.dev/crypto/tls#Config, https://pkg.go.dev/github.com/gin-gonic/gin#Engine.Run and
https://echo.labstack.com/docs/start-server, which start a server of net/http without limits.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import Fact, Limits, Listener
from batten.model import ABSENT, UNKNOWN, Setting, Unknown
from batten.technologies.frameworks.go.module import Module, argument
from batten.technologies.frameworks.go.owners import applications
from batten.technologies.shared.transport.tls import between, openssl_suite

SERVER, TLS = "net/http.Server", "crypto/tls.Config"
STARTS = ("ListenAndServe", "ListenAndServeTLS", "Serve", "ServeTLS")
_VERSIONS = {
    "VersionSSL30": "SSLv3",
    "VersionTLS10": "TLSv1",
    "VersionTLS11": "TLSv1.1",
    "VersionTLS12": "TLSv1.2",
    "VersionTLS13": "TLSv1.3",
}
# Fields that only servers have, and such that only clients have.
_OF_SERVERS = frozenset(("Certificates", "GetCertificate", "ClientAuth", "ClientCAs", "GetConfigForClient"))
_OF_CLIENTS = frozenset(("RootCAs", "ServerName", "InsecureSkipVerify", "GetClientCertificate"))
_ECHO = ("Start", "StartTLS", "StartAutoTLS")


def servers(module: Module) -> Iterator[Fact]:
    """Servers that the file declares or starts."""
    for literal in module.literals:
        kind = module.qualified(literal.child_by_field_name("type"))
        if kind == SERVER:
            yield from _declared(module, literal)
        elif kind == TLS:
            given = module.settings(literal)
            if given is not None and _of_server(module, literal, given):
                pointer, unknown = "tls.Config", module.block(literal, "tls.Config")
                lowest, suites = given.get("MinVersion"), given.get("CipherSuites")
                yield Listener(
                    unknown,
                    address=Setting(UNKNOWN, unknown),
                    port=Setting(UNKNOWN, unknown),
                    tls=Setting(True, unknown),
                    protocols=_protocols(module, lowest, given.get("MaxVersion"), pointer)
                    if lowest is not None
                    else None,
                    ciphers=_suites(module, suites, pointer) if suites is not None else None,
                )
    owners = applications(module)
    for call in module.calls:
        package, _, name = module.called(call).rpartition(".")
        if package == "net/http" and name in STARTS:
            yield _endless(module, call, f"http.{name}")
        elif framework := owners.framework(call):
            yield from _started(module, call, framework)


def _declared(module: Module, literal: Node) -> Iterator[Limits]:
    given = module.settings(literal)
    if given is None:
        return
    pointer = f"http.Server[{module.string(given.get('Addr'))}]"

    def bound(name: str, otherwise: Setting[float] | None = None) -> Setting[float]:
        if name not in given:
            return otherwise or Setting(ABSENT, module.block(literal, f"{pointer}/{name}"))
        return seconds(module, given[name], literal, f"{pointer}/{name}")

    whole = bound("ReadTimeout")
    # 1 MiB where nothing is written, or zero.
    node = given.get("MaxHeaderBytes")
    if node is None:
        size: Setting[int] | None = None
    else:
        value = module.plain(node)
        known = int(value) or 1 << 20 if isinstance(value, float) else UNKNOWN
        size = Setting(known, module.value(node, f"{pointer}/MaxHeaderBytes"))
    yield Limits(
        module.block(literal, pointer),
        header_timeout=bound("ReadHeaderTimeout", whole if whole.written and whole.effective != 0 else None),
        body_timeout=whole,
        send_timeout=bound("WriteTimeout"),
        headers=size,
    )


def seconds(module: Module, node: Node | None, block: Node, pointer: str) -> Setting[float]:
    """A duration; what is not above zero is no limit."""
    if node is None:
        return Setting(UNKNOWN, module.block(block, pointer))
    value = module.plain(node)
    known = isinstance(value, float) and not isinstance(value, bool)
    return Setting(
        max(value, 0.0) / 1e9 if known and isinstance(value, float) else UNKNOWN, module.value(node, pointer)
    )


def _endless(module: Module, call: Node, name: str) -> Limits:
    """`http.ListenAndServe` and what does the same: there is no way to give it limits."""
    pointer = f"{name}[{module.string(argument(call, 0))}]"

    def missing(field: str) -> Setting[float]:
        return Setting(ABSENT, module.block(call, f"{pointer}/{field}"))

    return Limits(
        module.block(call, pointer),
        header_timeout=missing("ReadHeaderTimeout"),
        body_timeout=missing("ReadTimeout"),
        send_timeout=missing("WriteTimeout"),
    )


def _started(module: Module, call: Node, framework: str) -> Iterator[Limits]:
    """`router.Run(":8080")` of Gin, and `e.Start(":1323")` of Echo, whose server has fields to set before."""
    function = call.child_by_field_name("function")
    name = module.text(function.child_by_field_name("field")) if function is not None else ""
    owner = module.text(function.child_by_field_name("operand")) if function is not None else ""
    if framework == "Gin" and name in ("Run", "RunTLS"):
        yield _endless(module, call, f"{owner}.{name}")
    elif framework == "Echo" and name in _ECHO:
        server = "TLSServer" if "TLS" in name else "Server"
        if not any(f"{owner}.{server}" in (*s.fields, *s.passed) for s in module.scopes.values()):
            yield _endless(module, call, f"{owner}.{name}")


def _of_server(module: Module, literal: Node, given: dict[str, Node | None]) -> bool:
    if _OF_CLIENTS & given.keys():
        return False
    if bool(_OF_SERVERS & given.keys()):
        return True
    # Whether it is the `TLSConfig` of a server.
    for server in module.literals:
        if module.qualified(server.child_by_field_name("type")) == SERVER:
            held = module.resolved(module.options(server).get("TLSConfig"))
            if held is not None and held.id == literal.id:
                return True
    return False


def _version(module: Module, node: Node | None) -> str | Unknown:
    package, _, name = module.qualified(module.resolved(node)).rpartition(".")
    return _VERSIONS.get(name, UNKNOWN) if package == "crypto/tls" else UNKNOWN


def _protocols(module: Module, lowest: Node, highest: Node | None, pointer: str) -> Setting[tuple[str, ...]]:
    at, low = module.value(lowest, f"{pointer}/MinVersion"), _version(module, lowest)
    high = _version(module, highest) if highest is not None else "TLSv1.3"
    if isinstance(low, Unknown) or isinstance(high, Unknown):
        return Setting(UNKNOWN, at)
    return Setting(between(low, high), at)


def _suites(module: Module, node: Node, pointer: str) -> Setting[str]:
    at, listed = module.value(node, f"{pointer}/CipherSuites"), module.resolved(node)
    body = listed.child_by_field_name("body") if listed is not None else None
    names: list[str] = []
    for item in body.named_children if body is not None else ():
        package, _, name = module.qualified(module.resolved(item)).rpartition(".")
        if item.type == "comment":
            continue
        if package != "crypto/tls":
            return Setting(UNKNOWN, at)
        names.append(openssl_suite(name))
    return Setting(":".join(names) if names else UNKNOWN, at)

"""Arguments and attributes that turn the verification of certificates off, by library.

Sources: https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification, https://www.python-httpx.org/advanced/ssl/,
https://docs.aiohttp.org/en/stable/client_advanced.html#ssl-control-for-tcp-sockets,
https://urllib3.readthedocs.io/en/stable/reference/urllib3.connectionpool.html, https://www.tornadoweb.org/en/stable/httpclient.html,
https://websocket-client.readthedocs.io/en/latest/faq.html, https://pymongo.readthedocs.io/en/stable/api/pymongo/mongo_client.html,
https://redis.readthedocs.io/en/stable/connections.html, https://ldap3.readthedocs.io/en/latest/ssltls.html,
https://elasticsearch-py.readthedocs.io, https://boto3.amazonaws.com/v1/documentation/api/latest/reference/core/session.html,
https://python-hvac.org and https://eclipse.dev/paho/files/paho.mqtt.python/html/client.html.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum

from batten.facts import Feature
from batten.model import Location, Setting, Switch
from batten.model.record import record
from batten.technologies.frameworks.python.scopes import Scopes
from batten.technologies.shared.choices import names_choice
from batten.technologies.shared.python.module import Module
from batten.technologies.shared.python.values import Value, evaluate


class Off(Enum):
    """The value that turns verification off."""

    FALSE = "False"
    TRUE = "True"
    CERTIFICATE = "ssl.CERT_NONE"


@record
class Row:
    """An argument of calls, or an attribute where there is none, of libraries that a module imports."""

    packages: tuple[str, ...]
    name: str
    off: Off = Off.FALSE
    called: tuple[str, ...] = ()
    pinned: tuple[str, ...] = ()  # with one of these the peer is known by other means


_VERBS = (
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "head",
    "options",
    "request",
    "stream",
    "send",
    "websocket",
)
_HTTP = ("requests", "httpx", "niquests", "requests_html", "requests_oauthlib", "curl_cffi")
_POOLS = (
    "PoolManager",
    "ProxyManager",
    "HTTPSConnectionPool",
    "HTTPSConnection",
    "connection_from_url",
    "proxy_from_url",
    "init_poolmanager",
    "proxy_manager_for",
)
_KNOWN = ("assert_fingerprint", "ca_certs", "ca_cert_dir", "ca_cert_data", "ssl_context")
_MONGO = ("MongoClient", "AsyncMongoClient", "AsyncIOMotorClient", "MotorClient", "connect")
_SEARCH = ("Elasticsearch", "AsyncElasticsearch", "OpenSearch", "AsyncOpenSearch", "create_connection")
_REDIS = ("Redis", "StrictRedis", "RedisCluster", "from_url", "SSLConnection")
ROWS = (
    Row(
        _HTTP,
        "verify",
        called=(
            *_VERBS,
            "Client",
            "AsyncClient",
            "HTTPTransport",
            "AsyncHTTPTransport",
            "create_ssl_context",
            "fetch_token",
            "refresh_token",
        ),
    ),
    Row((*_HTTP, "hvac"), "verify"),
    Row(("boto3", "botocore", "aioboto3"), "verify", called=("client", "resource", "create_client")),
    Row(("hvac",), "verify", called=("Client",)),
    Row(("aiohttp",), "ssl", called=(*_VERBS, "ws_connect", "TCPConnector")),
    Row(("aiohttp",), "verify_ssl", called=(*_VERBS, "ws_connect", "TCPConnector")),
    Row(("tornado",), "validate_cert", called=("HTTPRequest", "fetch", "dict")),
    Row(("urllib3", "requests"), "cert_reqs", Off.CERTIFICATE, _POOLS, ("assert_fingerprint", "ssl_context")),
    Row(("urllib3", "requests"), "assert_hostname", called=_POOLS, pinned=_KNOWN),
    Row(("urllib3",), "cert_reqs", Off.CERTIFICATE, ("create_urllib3_context",)),
    Row(("pymongo", "motor", "mongoengine"), "tlsAllowInvalidCertificates", Off.TRUE, _MONGO),
    Row(("pymongo", "motor", "mongoengine"), "tlsAllowInvalidHostnames", Off.TRUE, _MONGO, ("tlsCAFile",)),
    Row(("pymongo", "motor", "mongoengine"), "tlsInsecure", Off.TRUE, _MONGO),
    Row(("pymongo", "motor", "mongoengine"), "ssl_cert_reqs", Off.CERTIFICATE, _MONGO),
    Row(("redis",), "ssl_cert_reqs", Off.CERTIFICATE, _REDIS),
    Row(("ldap3",), "validate", Off.CERTIFICATE, ("Tls",)),
    Row(("elasticsearch", "opensearchpy", "elasticsearch_dsl"), "verify_certs", called=_SEARCH, pinned=("ssl_assert_fingerprint",)),
    Row(("paho",), "cert_reqs", Off.CERTIFICATE, ("tls_set",)),
    Row(("kubernetes", "kubernetes_asyncio"), "verify_ssl"),
    Row(("websocket",), "cert_reqs", Off.CERTIFICATE, ("sslopt",)),
    Row(("websocket",), "check_hostname", called=("sslopt",), pinned=("ca_certs", "ca_cert_path")),
)  # fmt: skip
_TARGETS = ("url", "uri", "base_url", "host", "hosts", "endpoint_url", "server", "hostname")
_HERE = ("localhost", "127.", "[::1]", "::1")


@record
class Given:
    """A value that a call is given under a name, or that an attribute gets."""

    called: str
    name: str
    node: ast.expr
    beside: frozenset[str]  # the names of the other arguments
    target: str = ""


def verifying(module: Module, scopes: Scopes) -> Iterator[Feature]:
    """A fact for each place that turns verification off, once: a constant where several use it."""
    rows: dict[str, list[Row]] = {}
    for row in ROWS:
        if module.uses(*row.packages):
            rows.setdefault(row.name, []).append(row)
    if not rows:
        return
    seen: set[tuple[str, int]] = set()
    for given in _given(module, frozenset(rows)):
        row_off = next((row.off for row in rows[given.name] if _fits(row, given)), None)
        if row_off is None or local(given.target) or scopes.chosen(given.node):
            continue
        value = _off(module, given.node, row_off, scopes)
        if value is None or (value.overridable and value.deployed):
            continue
        at = _place(module, given, value)
        place = (at.source, at.span.start if at.span is not None else 0)
        if place not in seen:
            seen.add(place)
            yield Feature(at, Switch.VERIFY_TLS, Setting(False, at), given.called or given.name)


def _fits(row: Row, given: Given) -> bool:
    if (given.called.rpartition(".")[2] if row.called else given.called) not in (row.called or ("",)):
        return False
    if row.packages == ("redis",) and given.called.rpartition(".")[2] in (
        "Redis",
        "StrictRedis",
        "RedisCluster",
    ):
        return "ssl" in given.beside
    return not given.beside.intersection(row.pinned)


def _given(module: Module, wanted: frozenset[str]) -> Iterator[Given]:
    for node in module.nodes:
        match node:
            case ast.Call():
                yield from _arguments(module, node, wanted)
            case ast.Assign(targets=[ast.Attribute(attr=name)], value=value) if name in wanted:
                yield Given("", name, value, frozenset())


def _arguments(module: Module, call: ast.Call, wanted: frozenset[str]) -> Iterator[Given]:
    # `partial(requests.get, verify=False)`: the function that is called at last.
    partial = module.qualified(call.func) == "functools.partial" and bool(call.args)
    called = written(call.args[0] if partial else call.func)
    pairs: list[tuple[str, ast.expr]] = []
    for keyword in call.keywords:
        if keyword.arg is not None:
            pairs.append((keyword.arg, keyword.value))
        else:
            pairs += _entries(module, keyword.value)
    # What is given as False is not there: `Redis(ssl=False, …)`.
    beside = frozenset(
        name for name, node in pairs if not (isinstance(node, ast.Constant) and node.value is False)
    )
    for name, value in pairs:
        if name in wanted:
            yield Given(called, name, value, beside, target(module, call))
        elif name == "sslopt":
            inner = _entries(module, value)
            for key, one in inner:
                if key in wanted:
                    yield Given(name, key, one, frozenset(k for k, _ in inner), target(module, call))


def _entries(module: Module, node: ast.expr) -> list[tuple[str, ast.expr]]:
    """The entries of a dictionary that is written there, or of one that the name stands for."""
    if isinstance(node, ast.Name):
        node = module.names.get(node.id, node)
    match node:
        case ast.Dict(keys=keys, values=values):
            return [
                (key.value, value)
                for key, value in zip(keys, values, strict=True)
                if isinstance(key, ast.Constant) and isinstance(key.value, str)
            ]
        case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
            return [(one.arg, one.value) for one in keywords if one.arg is not None]
        case _:
            return []


def _off(module: Module, node: ast.expr, off: Off, scopes: Scopes) -> Value | None:
    """The value, where it turns verification off for certain and no caller decides."""
    if isinstance(node, ast.Name) and scopes.parameter(node.id, node):
        return None
    if off is Off.CERTIFICATE and unchecked(module, node):
        return Value("CERT_NONE", node, module)
    value = evaluate(module, node)
    if isinstance(node, ast.Name):
        constant = module.names.get(node.id)
        if constant is not None and scopes.function(constant) not in (None, scopes.function(node)):
            return None
        if off is Off.CERTIFICATE and constant is not None and unchecked(module, constant):
            return Value("CERT_NONE", constant, module)
    if off is Off.CERTIFICATE:
        word = value.plain.upper() if isinstance(value.plain, str) else value.plain
        return (
            value if word in ("CERT_NONE", "NONE") or (value.plain is None and node is value.node) else None
        )
    # A constant that says something else by its name decides more than this.
    if value.node is not node and not value.overridable and not names_choice(f"verify_{ast.unparse(node)}"):
        return None
    return value if value.plain is (off is Off.TRUE) else None


def unchecked(module: Module, node: ast.expr) -> bool:
    """Whether an expression is `ssl.CERT_NONE`."""
    return module.qualified(node) in ("ssl.CERT_NONE", "ssl.VerifyMode.CERT_NONE")


def _place(module: Module, given: Given, value: Value) -> Location:
    return value.module.value(value.node, f"{given.called}/{given.name}" if given.called else given.name)


def written(node: ast.expr) -> str:
    """The dotted name that is called; of a longer expression its last part."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=base), attr=attr):
            return f"{base}.{attr}"
        case ast.Attribute(attr=attr):
            return attr
        case _:
            return ""


def target(module: Module, call: ast.Call) -> str:
    """The beginning of the address that a call names, in small letters; "" where it is not known."""
    for given in (*call.args[:2], *(k.value for k in call.keywords if k.arg in _TARGETS)):
        begins = _beginning(module, given)
        if begins and ("://" in begins or local(begins)):
            return begins
    return ""


def _beginning(module: Module, node: ast.expr, depth: int = 0) -> str:
    match node:
        case ast.JoinedStr(values=[ast.Constant(value=str() as text), *_]):
            return text.lower()
        case ast.JoinedStr(values=[ast.FormattedValue(value=inner), *_]) | ast.BinOp(left=inner) if (
            depth < 12
        ):
            return _beginning(module, inner, depth + 1)
        case ast.List(elts=[inner]) if depth < 12:
            return _beginning(module, inner, depth + 1)
    value = evaluate(module, node).plain
    return value.lower() if isinstance(value, str) else ""


def local(address: str) -> bool:
    """Whether an address is one of this machine's own."""
    rest = address.partition("://")[2] or address
    return rest.rpartition("@")[2].startswith(_HERE)

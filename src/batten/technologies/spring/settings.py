"""From the properties of a Spring Boot application to what clients reach, whom it connects to, and what is written out.

Source: https://docs.spring.io/spring-boot/appendix/application-properties/ and, for the actuator,
https://docs.spring.io/spring-boot/reference/actuator/endpoints.html: only `health` is exposed by default, and Spring Security,
where it is a dependency, requires a login for all others.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from batten.facts import ConnectionString, Fact, Feature
from batten.formats import Unreadable, Workspace
from batten.model import Quantity, Setting, Switch
from batten.technologies._edges.upstreams import is_loopback
from batten.technologies._secrets import credentials, urls
from batten.technologies._settings import rows
from batten.technologies._settings.offers import ciphers, listener, versions
from batten.technologies._settings.rows import Bound, Flags, Row
from batten.technologies._settings.told import Given, Told
from batten.technologies.spring.origins import policies
from batten.technologies.spring.sources import default_of

_CALLERS = "clients that read the details of errors"
_ALWAYS = ("always", "on-param", "on_param", "on-trace-param", "on_trace_param")
_UNTRUSTED = "servers whose certificate is not signed by a trusted authority, or has another name"
_READERS = "people who read the log"
_OPERATORS = "people who use the console"


def _verify(key: str, bad: str = "false", safe: str = "true") -> Row:
    return Row(key=key, switch=Switch.VERIFY_TLS, bad=(bad,), safe=safe, breaks=_UNTRUSTED)


ROWS = (
    Row(key="server.error.include-stacktrace", switch=Switch.ERROR_DETAILS, what="stack traces", bad=_ALWAYS, safe="never", breaks=_CALLERS),
    Row(key="server.error.include-message", switch=Switch.ERROR_DETAILS, what="the messages of exceptions", bad=("always",), safe="never", breaks=_CALLERS),
    Row(key="server.error.include-exception", switch=Switch.ERROR_DETAILS, what="the classes of exceptions", breaks=_CALLERS),
    Row(key="spring.h2.console.enabled", switch=Switch.CONSOLE, what="the console of the H2 database", breaks=_OPERATORS),
    Row(key="spring.h2.console.settings.web-allow-others", switch=Switch.CONSOLE, what="the console of the H2 database, for other machines,", breaks=_OPERATORS),
    Row(key="management.security.enabled", switch=Switch.CONSOLE, what="the actuator of Spring Boot 1", bad=("false",), safe="true", breaks=_OPERATORS),
    Row(key="management.endpoint.health.show-details", switch=Switch.METRICS, what="the state of every component, at the health endpoint,", bad=("always",), safe="when-authorized", breaks="monitoring that reads the details without a login"),
    Row(key="management.endpoint.health.show-components", switch=Switch.METRICS, what="the list of components, at the health endpoint,", bad=("always",), safe="when-authorized", breaks="monitoring that reads the components without a login"),
    Row(key="spring.graphql.graphiql.enabled", switch=Switch.DOCS, what="GraphiQL at /graphiql", breaks="people who use GraphiQL"),
    Row(key="spring.graphql.schema.printer.enabled", switch=Switch.DOCS, what="the GraphQL schema at /graphql/schema", breaks="clients that download the schema"),
    Row(key="springdoc.swagger-ui.enabled", switch=Switch.DOCS, what="Swagger UI at /swagger-ui.html", breaks="people who read the documentation"),
    Row(key="springdoc.api-docs.enabled", switch=Switch.DOCS, what="OpenAPI at /v3/api-docs", breaks="people who read the documentation"),
    Row(key="debug", switch=Switch.DEBUG_LOG, what="the debug log of Spring Boot", breaks=_READERS),
    Row(key="spring.mvc.log-request-details", switch=Switch.DEBUG_LOG, what="the log of request details", breaks=_READERS),
    Row(key="spring.http.log-request-details", switch=Switch.DEBUG_LOG, what="the log of request details", breaks=_READERS),
    Row(key="spring.codec.log-request-details", switch=Switch.DEBUG_LOG, what="the log of request details", breaks=_READERS),
    Row(key="spring.http.codecs.log-request-details", switch=Switch.DEBUG_LOG, what="the log of request details", breaks=_READERS),
    Row(key="spring.mvc.hiddenmethod.filter.enabled", switch=Switch.METHOD_OVERRIDE, what="the parameter `_method`", breaks="forms that send PUT and DELETE as POST"),
    Row(key="spring.webflux.hiddenmethod.filter.enabled", switch=Switch.METHOD_OVERRIDE, what="the parameter `_method`", breaks="forms that send PUT and DELETE as POST"),
    _verify("spring.rabbitmq.ssl.validate-server-certificate"),
    _verify("spring.rabbitmq.ssl.verify-hostname"),
    _verify("spring.mail.properties.mail.smtp.ssl.checkserveridentity"),
    _verify("spring.cloud.config.server.git.skip-ssl-validation", "true", "false"),
    _verify("spring.cloud.gateway.httpclient.ssl.use-insecure-trust-manager", "true", "false"),
    _verify("spring.cloud.gateway.server.webflux.httpclient.ssl.use-insecure-trust-manager", "true", "false"),
    _verify("spring.kafka.properties.ssl.endpoint.identification.algorithm", "", "https"),
)  # fmt: skip
COOKIES = tuple(
    Flags(
        name=f"server.{kind}.session.cookie.name",
        secure=f"server.{kind}.session.cookie.secure",
        http_only=f"server.{kind}.session.cookie.http-only",
        default="JSESSIONID" if kind == "servlet" else "SESSION",
    )
    for kind in ("servlet", "reactive")
)
BOUNDS = (
    Bound("spring.servlet.multipart.max-file-size", Quantity.BODY, "-1", "1MB"),
    Bound("spring.servlet.multipart.max-request-size", Quantity.BODY, "-1", "10MB"),
    Bound("server.tomcat.max-http-form-post-size", Quantity.BODY, "-1", "2MB"),
    Bound("server.jetty.max-http-form-post-size", Quantity.BODY, "-1", "200000B"),
    Bound("server.tomcat.connection-timeout", Quantity.HEADER_TIMEOUT, "-1", "20s"),
)
# Endpoints that show secrets, memory and requests, or change the application.
_POWERFUL = frozenset(
    [
        "*",
        "env",
        "heapdump",
        "threaddump",
        "configprops",
        "beans",
        "loggers",
        "logfile",
        "jolokia",
        "shutdown",
        "httpexchanges",
        "httptrace",
        "trace",
        "sessions",
        "restart",
        "refresh",
        "gateway",
        "dump",
        "auditevents",
        "mappings",
    ]
)
_EXPOSED, _EXCLUDED = "management.endpoints.web.exposure.include", "management.endpoints.web.exposure.exclude"
_SECURITY = re.compile(r"spring-boot-starter-(?:security|oauth2)|spring-security-")
_BUILDS = ("pom.xml", "build.gradle", "build.gradle.kts")
_ENCRYPTED = re.compile(r"ENC\(|\{cipher\}")  # by Jasypt, or for Spring Cloud Config
_ADDRESSES = re.compile(r"(?:^|\.)(?:url|uri|jdbc-url|addresses)$", re.IGNORECASE)


def facts(told: Told, workspace: Workspace) -> Iterator[Fact]:
    """What one document says."""
    yield from rows.switches(ROWS, told, "Spring Boot")
    for flags in COOKIES:
        yield from rows.session(flags, told)
    yield from rows.limits(BOUNDS, told)
    yield from _actuator(told, workspace)
    yield from policies(told)
    yield from _tls(told)
    for given in told.found.values():
        yield from _held(given)


def _actuator(told: Told, workspace: Workspace) -> Iterator[Feature]:
    """Endpoints on the application's port, or on one of their own that others reach, without a login."""
    exposed = told.words(_EXPOSED, ())
    excluded = frozenset(told.words(_EXCLUDED, ()).known(()))
    shown = [one for one in exposed.known(()) if one in _POWERFUL and one not in excluded]
    address, port = told.word("management.server.address").known(""), told.word("management.server.port")
    private = is_loopback(address) or port.known("") == "-1" or "*" in excluded
    if shown and not private and not _secured(told.path, workspace):
        named = "all of its endpoints" if "*" in shown else f"`{'`, `'.join(shown)}`"
        yield Feature(exposed.at, Switch.CONSOLE, Setting(True, exposed.at), f"the actuator, with {named},")


def _secured(path: str, workspace: Workspace) -> bool:
    """Whether a build file above the settings names Spring Security."""
    folder = posixpath.dirname(path)
    for _ in range(6):
        for name in _BUILDS:
            if _names_security(posixpath.join(folder, name), workspace):
                return True
        if not folder:
            return False
        folder = posixpath.dirname(folder)
    return False


def _names_security(path: str, workspace: Workspace) -> bool:
    if not workspace.exists(path):
        return False
    try:
        return _SECURITY.search(workspace.text(path).text) is not None
    except Unreadable:
        return True  # what it holds is not known


def _tls(told: Told) -> Iterator[Fact]:
    protocols = told.words("server.ssl.enabled-protocols")
    suites = ciphers(told, "server.ssl.ciphers")
    at = protocols.at if protocols.written else told.missing("server.ssl")
    yield from listener(at, versions(protocols) if protocols.written else None, suites)


def _held(given: Given) -> Iterator[Fact]:
    """A credential that a property holds (a `key-store-password`, a `client-secret`), and a connection that it describes."""
    default = default_of(given.value)
    if default is not None:
        held = credentials.found(given.key, default) if default else None
        if held is not None and held.signs:
            yield credentials.in_config(given.at, given.key, held)
        return
    if given.templated or not given.value.strip() or _ENCRYPTED.match(given.value.strip()):
        return
    held = credentials.found(given.key, given.value.removeprefix("jdbc:"))
    if held is not None:
        yield credentials.in_config(given.at, given.key, held)
    if _ADDRESSES.search(given.key):
        yield from _connected(given)


def _connected(given: Given) -> Iterator[ConnectionString]:
    """A URL of JDBC, R2DBC or a store's own."""
    value = re.sub(r"^(?:jdbc|r2dbc[s]?(?::pool)?):", "", given.value.strip())
    value = re.sub(r"\b(?i:useSSL)=false\b", "sslMode=DISABLED", value)
    found = urls.connection(given.key, value, given.at)
    if found is not None and found.scheme not in ("http", "https"):
        yield found

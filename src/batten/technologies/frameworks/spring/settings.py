"""From the properties of a Spring Boot application to what clients reach, whom it connects to, and what is written out.

Source: https://docs.spring.io/spring-boot/appendix/application-properties/ and, for the actuator,
https://docs.spring.io/spring-boot/reference/actuator/endpoints.html: only `health` is exposed by default, and Spring Security,
where it is a dependency, requires a login for all others. https://docs.spring.io/spring/reference/web/webmvc/mvc-servlet/logging.html:
the log masks parameters and headers unless `log-request-details` is on, at every level, so `debug` is not judged (it sets the groups `web`
and `sql`, and `org.springframework.boot`: `LoggingApplicationListener`). `webAllowOthers` of H2's console, off by default, admits other
machines than its own: https://www.h2database.com/html/tutorial.html.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace

from batten.facts import ConnectionString, Fact, Feature
from batten.formats import Unreadable, Workspace
from batten.model import Quantity, Setting, Switch
from batten.technologies.frameworks.spring.code import admits_all
from batten.technologies.frameworks.spring.kafka import connections
from batten.technologies.frameworks.spring.origins import policies
from batten.technologies.frameworks.spring.sources import default_of
from batten.technologies.shared.secrets import credentials, urls
from batten.technologies.shared.settings import rows
from batten.technologies.shared.settings.offers import ciphers, listener, versions
from batten.technologies.shared.settings.rows import Bound, Flags, SwitchSetting
from batten.technologies.shared.settings.settings import Entry, Settings
from batten.technologies.shared.transport.upstreams import is_loopback

_CALLERS = "clients that read the details of errors"
_ALWAYS = ("always", "on-param", "on_param", "on-trace-param", "on_trace_param")
_UNTRUSTED = "servers whose certificate is not signed by a trusted authority, or has another name"
_READERS = "people who read the log"
_OPERATORS = "people who use the console"


def _verify(key: str, bad: str = "false", safe: str = "true") -> SwitchSetting:
    return SwitchSetting(key=key, switch=Switch.VERIFY_TLS, bad=(bad,), safe=safe, breaks=_UNTRUSTED)


def _errors(above: str) -> tuple[SwitchSetting, ...]:
    """What error pages show: `server.error` until Spring Boot 3, `spring.web.error` since 4."""
    return tuple(
        SwitchSetting(
            key=f"{above}.{key}", switch=Switch.ERROR_DETAILS, what=what, bad=bad, safe=safe, breaks=_CALLERS
        )
        for key, what, bad, safe in (
            ("include-stacktrace", "stack traces", _ALWAYS, "never"),
            ("include-message", "the messages of exceptions", ("always",), "never"),
            ("include-exception", "the classes of exceptions", ("true",), "false"),
        )
    )


HEALTH = (
    SwitchSetting(key="management.endpoint.health.show-details", switch=Switch.METRICS, what="the state of every component, at the health endpoint,", bad=("always",), safe="when-authorized", breaks="monitoring that reads the details without a login"),
    SwitchSetting(key="management.endpoint.health.show-components", switch=Switch.METRICS, what="the list of components, at the health endpoint,", bad=("always",), safe="when-authorized", breaks="monitoring that reads the components without a login"),
)  # fmt: skip
# Masked since Spring Boot 3 unless they say otherwise.
VALUES = tuple(
    SwitchSetting(key=f"management.endpoint.{name}.show-values", switch=Switch.CONSOLE, what=f"the endpoint `{name}`, with the values of all properties,", bad=("always",), safe="never", breaks="people who read the values")
    for name in ("env", "configprops")
)  # fmt: skip
ROWS = (
    *_errors("server.error"),
    *_errors("spring.web.error"),
    SwitchSetting(key="spring.h2.console.enabled", switch=Switch.CONSOLE_LOGIN, what="the console of the H2 database, for its own machine and proxies on it,", breaks=_OPERATORS),
    SwitchSetting(key="spring.h2.console.settings.web-allow-others", switch=Switch.CONSOLE, what="the console of the H2 database, for other machines,", breaks=_OPERATORS),
    SwitchSetting(key="management.security.enabled", switch=Switch.CONSOLE, what="the actuator of Spring Boot 1", bad=("false",), safe="true", breaks=_OPERATORS),
    SwitchSetting(key="spring.graphql.graphiql.enabled", switch=Switch.DOCS, what="GraphiQL at /graphiql", breaks="people who use GraphiQL"),
    SwitchSetting(key="spring.graphql.schema.printer.enabled", switch=Switch.DOCS, what="the GraphQL schema at /graphql/schema", breaks="clients that download the schema"),
    SwitchSetting(key="springdoc.swagger-ui.enabled", switch=Switch.DOCS, what="Swagger UI at /swagger-ui.html", breaks="people who read the documentation"),
    SwitchSetting(key="springdoc.api-docs.enabled", switch=Switch.DOCS, what="OpenAPI at /v3/api-docs", breaks="people who read the documentation"),
    SwitchSetting(key="spring.mvc.log-request-details", switch=Switch.DEBUG_LOG, what="the log of request details", breaks=_READERS),
    SwitchSetting(key="spring.http.log-request-details", switch=Switch.DEBUG_LOG, what="the log of request details", breaks=_READERS),
    SwitchSetting(key="spring.codec.log-request-details", switch=Switch.DEBUG_LOG, what="the log of request details", breaks=_READERS),
    SwitchSetting(key="spring.http.codecs.log-request-details", switch=Switch.DEBUG_LOG, what="the log of request details", breaks=_READERS),
    SwitchSetting(key="spring.mvc.hiddenmethod.filter.enabled", switch=Switch.METHOD_OVERRIDE, what="the parameter `_method`", breaks="forms that send PUT and DELETE as POST"),
    SwitchSetting(key="spring.webflux.hiddenmethod.filter.enabled", switch=Switch.METHOD_OVERRIDE, what="the parameter `_method`", breaks="forms that send PUT and DELETE as POST"),
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
# The size of a file alone bounds nothing more: the request's size, of 10 MB by default, does.
BOUNDS = (
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
# Off by default; `heapdump` too since 3.5.0 (https://github.com/spring-projects/spring-boot/pull/45624), but the version is not known here.
_OFF = frozenset(("shutdown", "restart"))
_MOST = "management.endpoints.access.max-permitted"
_EXPOSED, _EXCLUDED = "management.endpoints.web.exposure.include", "management.endpoints.web.exposure.exclude"
# In coordinates, and in the names of a version catalogue (`libs.spring.boot.starter.security`); neither adds a filter.
_SECURITY = re.compile(
    r"spring[-.]boot[-.]starter[-.](?:security(?![-.]test)|oauth2)|spring[-.]security[-.](?!crypto|test|core)"
)
_BUILDS = ("pom.xml", "build.gradle", "build.gradle.kts")
# By Jasypt, for Spring Cloud Config, or hashed so that the password is not in it:
# https://docs.spring.io/spring-security/reference/features/authentication/password-storage.html
_ENCRYPTED = re.compile(r"ENC\(|\{(?:cipher|bcrypt|(?:pbkdf2|scrypt|argon2)[\w@.]*)\}")
_ADDRESSES = re.compile(r"(?:^|\.)(?:url|uri|jdbc-url|addresses)$", re.IGNORECASE)


def facts(settings: Settings, workspace: Workspace) -> Iterator[Fact]:
    """What one document says."""
    yield from rows.switches(ROWS, settings, "Spring Boot")
    if not _private(settings):
        yield from rows.switches(HEALTH, settings, "Spring Boot")
    for flags in COOKIES:
        yield from rows.session(flags, settings)
    yield from rows.limits(BOUNDS, settings)
    # Endpoints on the application's port, or on one of their own that others reach, without a login.
    exposed, excluded = settings.words(_EXPOSED, ()), settings.words(_EXCLUDED, ()).known(())
    # The powerful endpoints among those that are exposed, or `*`, as far as access to them is on.
    offered_exposed = exposed.known(())
    if "*" not in offered_exposed:
        offered: list[str] = [one for one in offered_exposed if one in _POWERFUL and _admitted(one, settings)]
    else:
        offered = (
            ["*"]
            if _by_default(settings) is not False
            else [one for one in sorted(_POWERFUL) if _admitted(one, settings)]
        )
    shown = [one for one in offered if one not in excluded]
    private = _private(settings) or "*" in excluded or settings.word(_MOST).known("") == "none"
    if shown and not private and not _secured(settings.path, workspace):
        open_to_all = set(_POWERFUL if "*" in shown else shown).difference(excluded)
        unmasked = [row for row in VALUES if row.key.split(".")[2] in open_to_all]
        yield from rows.switches(unmasked, settings, "Spring Boot")
        named = f"`{'`, `'.join(shown)}`"
        if "*" in shown:
            named = "all of its endpoints" + (f" except `{'`, `'.join(excluded)}`" if excluded else "")
        yield Feature(exposed.at, Switch.CONSOLE, Setting(True, exposed.at), f"the actuator, with {named},")
    yield from policies(settings)
    yield from connections(settings)
    protocols = settings.words("server.ssl.enabled-protocols")
    suites = ciphers(settings, "server.ssl.ciphers")
    at = protocols.at if protocols.written else settings.missing("server.ssl")
    yield from listener(at, versions(protocols) if protocols.written else None, suites)
    for given in settings.found.values():
        yield from _held(given, settings)


def _private(settings: Settings) -> bool:
    """Whether no other machine reaches the actuator."""
    address, port = (
        settings.word("management.server.address").known(""),
        settings.word("management.server.port"),
    )
    return is_loopback(address) or port.known("") == "-1"


def _admitted(endpoint: str, settings: Settings) -> bool:
    here = f"management.endpoint.{endpoint}"
    own = _access(settings, f"{here}.access", f"{here}.enabled")
    general = _by_default(settings)
    return own if own is not None else general if general is not None else endpoint not in _OFF


def _by_default(settings: Settings) -> bool | None:
    return _access(settings, "management.endpoints.access.default", "management.endpoints.enabled-by-default")


def _access(settings: Settings, access: str, enabled: str) -> bool | None:
    """Whether access is on: by `access` since Spring Boot 3.4, by `enabled` before; None where neither is written."""
    level, on = settings.word(access), settings.truth(enabled)
    if not level.written and not on.written:
        return None
    return level.known("none") != "none" or on.known(False)


def _secured(path: str, workspace: Workspace) -> bool:
    """Whether a build file above the settings names Spring Security, and no chain of the application's own opens what it closes."""
    folder = posixpath.dirname(path)
    for _ in range(6):
        for name in _BUILDS:
            names_path = posixpath.join(folder, name)
            if not workspace.exists(names_path):
                names_security = False
            else:
                try:
                    names_security = _SECURITY.search(workspace.text(names_path).text) is not None
                except Unreadable:
                    names_security = True
            if names_security:
                return not admits_all(folder, workspace)
        if not folder:
            return False
        folder = posixpath.dirname(folder)
    return False


def _held(given: Entry, settings: Settings) -> Iterator[Fact]:
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
        here = held.local or _of_this_machine(given.key, settings)
        yield credentials.in_config(given.at, given.key, replace(held, local=here))
    if _ADDRESSES.search(given.key):
        yield from _connected(given)


_BESIDE = ("url", "jdbc-url", "jdbcUrl", "uri", "host", "hostname", "bootstrap-servers")
_JDBC = re.compile(
    r"(?:jdbc:|r2dbcs?:)(?:pool:)?[\w:+]{1,40}?://(?P<host>\[[^\]]+\]|[^/:?;,\s]+)(?::\d{1,5})?(?:[/;?]\S*)?"
)
_IN_PROCESS = re.compile(r"(?:jdbc:|r2dbc:)h2:(?:mem|file|~|\.)", re.IGNORECASE)


def _of_this_machine(key: str, settings: Settings) -> bool:
    """Whether what a password opens is on the same machine, as the address beside it says."""
    above, _, name = key.rpartition(".")
    if not credentials.password_name(name) or not above:
        return False
    beside = [settings.found[one] for word in _BESIDE if (one := f"{above}.{word}") in settings.found]
    return bool(beside) and all(not one.templated and _is_local(one.value.strip()) for one in beside)


def _is_local(address: str) -> bool:
    found = _JDBC.fullmatch(address)
    host = found["host"] if found is not None else address
    return (
        _IN_PROCESS.match(address) is not None
        or re.fullmatch(r"localhost|127(?:\.\d{1,3}){3}|::1|\[::1\]", host) is not None
    )


def _connected(given: Entry) -> Iterator[ConnectionString]:
    """A URL of JDBC, R2DBC or a store's own."""
    value = re.sub(r"^(?:jdbc|r2dbc[s]?(?::pool)?):", "", given.value.strip())
    value = re.sub(r"\b(?i:useSSL)=false\b", "sslMode=DISABLED", value)
    found = urls.connection(given.key, value, given.at)
    if found is not None and found.scheme not in ("http", "https"):
        yield found

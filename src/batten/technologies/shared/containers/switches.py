"""Environment variables that put frameworks and servers into a mode for developers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from batten.model import Switch
from batten.technologies.shared.text.shell import PRINTERS

_TRUE = frozenset(("1", "true", "yes", "on", "t", "y"))
_FALSE = frozenset(("0", "false", "no", "off", "f", "n", ""))
_BOOLEANS = {
    "DEBUG": "DEBUG",
    "APP_DEBUG": "APP_DEBUG (Laravel, Symfony)",
    "DJANGO_DEBUG": "Django's debug mode",
    "FLASK_DEBUG": "Flask's debugger",
    "LITESTAR_DEBUG": "Litestar's debug mode",
    "FASTAPI_DEBUG": "FastAPI's debug mode",
    "WERKZEUG_DEBUG": "Werkzeug's debugger",
    "PHP_DISPLAY_ERRORS": "PHP's display_errors",
    "QUARKUS_DEBUG": "Quarkus's debug mode",
    "GRAPHQL_PLAYGROUND": "the GraphQL playground",
}
_WORDS = {
    "NODE_ENV": ({"development", "dev"}, "Node's development mode"),
    "FLASK_ENV": ({"development"}, "Flask's development mode"),
    "APP_ENV": ({"dev", "development"}, "the framework's development mode"),
    "RAILS_ENV": ({"development"}, "Rails's development mode"),
    "RACK_ENV": ({"development"}, "Rack's development mode"),
    "ASPNETCORE_ENVIRONMENT": ({"development"}, "ASP.NET Core's developer exception page"),
    "DOTNET_ENVIRONMENT": ({"development"}, "ASP.NET Core's developer exception page"),
    "GIN_MODE": ({"debug"}, "Gin's debug mode"),
    "SERVER_ERROR_INCLUDE_STACKTRACE": ({"always"}, "Spring Boot's stack traces in answers"),
}


def debug(name: str, value: str) -> tuple[bool, str] | None:
    """Whether the variable turns a debug mode on, and what it is called; None for other variables."""
    word = value.strip().lower()
    if name in _BOOLEANS and word in _TRUE | _FALSE:
        return word in _TRUE, _BOOLEANS[name]
    if name in _WORDS:
        words, what = _WORDS[name]
        return word in words, what
    return None


def production(name: str, value: str) -> str | None:
    """What the variable is to be in production, in the spelling it has; None when it is no switch."""
    if name in _BOOLEANS:
        return {"1": "0", "true": "false", "True": "False", "TRUE": "FALSE", "on": "off", "yes": "no"}.get(
            value, "0"
        )
    words = {"SERVER_ERROR_INCLUDE_STACKTRACE": "never", "GIN_MODE": "release", "APP_ENV": "prod"}
    if name in ("ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT"):
        return "Production"
    if name in _DETAILS:
        return _DETAILS[name][1]
    if name in (_ACTUATORS, *FORWARDED):
        return "health" if name == _ACTUATORS else "127.0.0.1"
    return words.get(name, "production") if name in _WORDS else None


# Variables that stop programs from verifying certificates: the values that do, and the value that undoes it
# (None: only taking the variable away does).
_UNVERIFIED: dict[str, tuple[str, str | None]] = {
    "NODE_TLS_REJECT_UNAUTHORIZED": (r"0", "1"),
    "PYTHONHTTPSVERIFY": (r"0", "1"),
    "GIT_SSL_NO_VERIFY": (r".+", None),
    "PIP_TRUSTED_HOST": (r".+", None),
    "NPM_CONFIG_STRICT_SSL": (r"(?i)false", "true"),
    "npm_config_strict_ssl": (r"(?i)false", "true"),
    "VAULT_SKIP_VERIFY": (r"(?i)1|t|true", "false"),
    "NOMAD_SKIP_VERIFY": (r"(?i)1|t|true", "false"),
    "CONSUL_HTTP_SSL_VERIFY": (r"(?i)0|f|false", "true"),
    # Settings of kibana.yml and logstash.yml, as their images take them: https://www.elastic.co/docs/deploy-manage/deploy/self-managed/install-kibana-with-docker
    # and https://www.elastic.co/docs/reference/logstash/docker-config
    "ELASTICSEARCH_SSL_VERIFICATIONMODE": (r"(?i)none", "full"),
    "XPACK_ACTIONS_SSL_VERIFICATIONMODE": (r"(?i)none", "full"),
    "XPACK_MONITORING_ELASTICSEARCH_SSL_VERIFICATION_MODE": (r"(?i)none", "full"),
    "XPACK_MANAGEMENT_ELASTICSEARCH_SSL_VERIFICATION_MODE": (r"(?i)none", "full"),
    "GF_SMTP_SKIP_VERIFY": (r"(?i)true", "false"),
    "GF_AUTH_GENERIC_OAUTH_TLS_SKIP_VERIFY_INSECURE": (r"(?i)true", "false"),
    "PERL_LWP_SSL_VERIFY_HOSTNAME": (r"0", "1"),
}


def unverified(name: str, value: str) -> bool:
    """Whether the variable stops programs from verifying whom they talk to."""
    # ours: the table above
    return name in _UNVERIFIED and re.fullmatch(_UNVERIFIED[name][0], value.strip()) is not None


def checks(name: str) -> bool:
    """Whether the variable is one that stops programs from verifying, whatever its value."""
    return name in _UNVERIFIED


def verified(name: str) -> str | None:
    """The variable's value that lets programs verify again; None when it must go."""
    return _UNVERIFIED[name][1] if name in _UNVERIFIED else None


_LISTENERS = (
    (re.compile(r"--inspect(?:-brk)?=(?:0\.0\.0\.0|\[::\])(?::\d+)?"), "Node's inspector on every address"),
    (
        re.compile(r"-(?:agentlib:jdwp|Xrunjdwp:)\S*\baddress=(?:\*|0\.0\.0\.0):\d+\S*"),
        "Java's debugger on every address",
    ),
)
# https://docs.oracle.com/en/java/javase/21/management/monitoring-and-management-using-jmx-technology.html
_MANAGED = re.compile(r"-Dcom\.sun\.management\.jmxremote\.port=\d+")
_UNMANNED = "-Dcom.sun.management.jmxremote.authenticate=false"
_MANAGEMENT = "Java's management (JMX), which runs code,"
_RELOADERS = frozenset(("uvicorn", "gunicorn", "hypercorn", "granian", "daphne", "litestar"))
_DEBUGGED = {"flask": "Flask's debugger", "litestar": "Litestar's debug mode"}
OPTION_VARIABLES = frozenset(("NODE_OPTIONS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_OPTS"))


def debug_words(words: Sequence[str]) -> Iterator[tuple[int, Switch, str]]:
    """Words of a command line that put a server into a mode for developers, or open it: (number, DEBUG, RELOAD or CONSOLE,
    what it is). What a program only prints or searches for is none."""
    if words and words[0].rpartition("/")[2] in PRINTERS:
        return
    programs = {w.rpartition("/")[2] for w in words[:4]}
    managed = any(map(_MANAGED.fullmatch, words))
    for number, word in enumerate(words):
        if managed and word == _UNMANNED:
            yield number, Switch.CONSOLE, _MANAGEMENT
        for pattern, what in _LISTENERS:
            if pattern.fullmatch(word):
                yield number, Switch.DEBUG, what
        if word == "--debug" and programs & _DEBUGGED.keys():
            yield number, Switch.DEBUG, next(what for name, what in _DEBUGGED.items() if name in programs)
        elif word == "--reload" and programs & _RELOADERS:
            yield number, Switch.RELOAD, "reloading"


def debug_variable(name: str, value: str) -> str | None:
    """Which debugger the options in a variable expose to all clients."""
    if name not in OPTION_VARIABLES:
        return None
    words = value.split()
    return next((what for word in words for pattern, what in _LISTENERS if pattern.fullmatch(word)), None)


# Variables that send clients more of an error than they need, and what sends less.
_DETAILS = {
    "SERVER_ERROR_INCLUDE_MESSAGE": ("always", "never", "messages of exceptions"),
    "SERVER_ERROR_INCLUDEMESSAGE": ("always", "never", "messages of exceptions"),
    "SERVER_ERROR_INCLUDE_EXCEPTION": ("true", "false", "names of exceptions"),
    "SERVER_ERROR_INCLUDEEXCEPTION": ("true", "false", "names of exceptions"),
    "ASPNETCORE_DETAILEDERRORS": ("true", "false", "details of exceptions"),
}
# https://docs.gunicorn.org/en/stable/settings.html#forwarded-allow-ips and https://www.uvicorn.org/settings/: the first is read by both,
# and each option of uvicorn from a variable that begins with UVICORN_
FORWARDED = ("FORWARDED_ALLOW_IPS", "UVICORN_FORWARDED_ALLOW_IPS")
_RELOAD = "UVICORN_RELOAD"
_ACTUATORS = "MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_INCLUDE"
_ANY_HOST = {
    "ALLOWED_HOSTS": ("*", "ALLOWED_HOSTS is *"),
    "DJANGO_ALLOWED_HOSTS": ("*", "DJANGO_ALLOWED_HOSTS is *"),
    "KC_HOSTNAME_STRICT": ("false", "Keycloak builds its links from it"),
}


def features(name: str, value: str) -> Iterator[tuple[Switch, bool, str]]:
    """What a variable says of the vocabulary of features: (feature, whether it is on, what it is)."""
    word = value.strip().lower()
    if switch := debug(name, value):
        yield Switch.DEBUG, *switch
    if what := debug_variable(name, value):
        yield Switch.DEBUG, True, what
    words = value.split() if name in OPTION_VARIABLES else []
    if _UNMANNED in words and any(map(_MANAGED.fullmatch, words)):
        yield Switch.CONSOLE, True, _MANAGEMENT
    if name == _ACTUATORS and word == "*":
        yield Switch.CONSOLE, True, "every actuator of Spring Boot, including the heap dump,"
    if unverified(name, value):
        yield Switch.VERIFY_TLS, False, name
    if name in _DETAILS and word == _DETAILS[name][0]:
        yield Switch.ERROR_DETAILS, True, _DETAILS[name][2]
    if name in FORWARDED and "*" in (part.strip() for part in word.split(",")):
        yield Switch.INVALID_HEADERS, True, f"X-Forwarded-* is trusted from any address (`{name}`)"
    if name == _RELOAD and word in _TRUE:
        yield Switch.RELOAD, True, f"uvicorn's reload (`{name}`)"
    if name in _ANY_HOST and word == _ANY_HOST[name][0]:
        yield Switch.HOST_CHECK, False, _ANY_HOST[name][1]

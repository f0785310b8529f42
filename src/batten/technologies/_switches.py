"""Environment variables that put frameworks and servers into a mode for developers."""

from __future__ import annotations

_TRUE = frozenset(("1", "true", "yes", "on", "t", "y"))
_FALSE = frozenset(("0", "false", "no", "off", "f", "n", ""))
_BOOLEANS = {
    "DEBUG": "DEBUG",
    "APP_DEBUG": "APP_DEBUG (Laravel, Symfony)",
    "DJANGO_DEBUG": "Django's debug mode",
    "FLASK_DEBUG": "Flask's debugger",
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
    "ASPNETCORE_ENVIRONMENT": ({"development"}, "ASP.NET Core's developer pages"),
    "DOTNET_ENVIRONMENT": ({"development"}, "ASP.NET Core's developer pages"),
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
    return words.get(name, "production") if name in _WORDS else None

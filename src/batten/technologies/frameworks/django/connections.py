"""Connections to databases, caches and brokers, and the passwords that are written with them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batten.facts import Fact
from batten.technologies.frameworks.django.settings import Settings
from batten.technologies.shared.python.module import Module
from batten.technologies.shared.python.values import evaluate
from batten.technologies.shared.secrets import credentials, urls

# https://docs.djangoproject.com/en/5.2/ref/databases/: options go to libpq and to the MySQL client as they are.
_ENGINES = {"postgresql": "postgresql", "postgis": "postgresql", "mysql": "mysql"}


def connections(found: Settings) -> Iterator[Fact]:
    databases = found.names.own.get("DATABASES")
    if isinstance(databases, ast.Dict):
        for alias, value in entries(databases).items():
            if isinstance(value, ast.Dict):
                yield from _database(found.module, f"DATABASES/{alias}", value)
    for name, node in found.names.own.items():
        if name.isupper():
            yield from _held(found.module, name, node)


def entries(node: ast.Dict) -> dict[str, ast.expr]:
    """The values of a literal dictionary by their text keys."""
    return {
        key.value: value
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def _database(module: Module, pointer: str, node: ast.Dict) -> Iterator[Fact]:
    given = entries(node)
    text = {name: evaluate(module, value).plain for name, value in given.items()}
    engine, host = text.get("ENGINE"), text.get("HOST")
    scheme = _ENGINES.get(engine.rpartition(".")[2]) if isinstance(engine, str) else None
    if scheme is None or not isinstance(host, str) or not host or host.startswith("/"):
        return
    options = given.get("OPTIONS")
    if options is not None and not isinstance(options, ast.Dict):
        return
    mode = _mode(module, entries(options)) if isinstance(options, ast.Dict) else ""
    if mode is not None:
        at = module.value(given["HOST"], f"{pointer}/HOST")
        connection = urls.connection("DATABASES", f"{scheme}://app@{host}/db{mode}", at)
        if connection is not None:
            yield connection


def _mode(module: Module, options: dict[str, ast.expr]) -> str | None:
    """The query of a URL that says what the options do; None where they are not certain."""
    if "ssl" in options:
        return "?ssl=true"
    given = options.get("sslmode") or options.get("ssl_mode")
    if given is None:
        return None if {"service", "ssl_ca"} & options.keys() else ""
    mode = evaluate(module, given)
    return f"?sslmode={mode.plain.lower()}" if isinstance(mode.plain, str) and not mode.overridable else None


def _held(module: Module, name: str, node: ast.expr) -> Iterator[Fact]:
    """Credentials and URLs in a setting: its own text, those of a list, and those of a dictionary under their keys."""
    for key, one, text in _texts(name, node):
        at = module.value(one, name if key == name else f"{name}/{key}")
        held = credentials.found(key.removesuffix("_FALLBACKS"), text)
        # One key for all is read by whoever reads Python code, wherever it is.
        if held is not None and not (held.signs and one is node):
            yield credentials.secret(at, key, held, "code")
        # Addresses of sites are settings of many kinds; few of them are connected to.
        connection = (
            urls.connection(name, text, at) if not text.lower().startswith(("http:", "https:")) else None
        )
        if connection is not None:
            yield connection


def _texts(name: str, node: ast.expr) -> Iterator[tuple[str, ast.expr, str]]:
    """The texts of an expression with the names that they have."""
    pending: list[tuple[str, ast.expr]] = [(name, node)]
    while pending:
        key, one = pending.pop(0)
        if isinstance(one, ast.Constant):
            if isinstance(one.value, str):
                yield key, one, one.value
        elif isinstance(one, ast.Dict):
            for inner, value in zip(one.keys, one.values, strict=True):
                named = (
                    inner.value if isinstance(inner, ast.Constant) and isinstance(inner.value, str) else key
                )
                pending.append((named, value))
        elif isinstance(one, ast.List | ast.Tuple | ast.Set):
            pending.extend((key, child) for child in one.elts)

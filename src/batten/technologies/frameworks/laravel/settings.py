"""The files of `config/`, with the defaults of the framework's own files.

Sources: https://laravel.com/docs/12.x/configuration, https://laravel.com/docs/12.x/session, https://laravel.com/docs/12.x/telescope,
https://github.com/laravel/framework/tree/12.x/config. A session's cookie whose `secure` is null is Secure where the request came over TLS
(Symfony's `Cookie`); `http_only` is on and `same_site` is `lax`. CORS (`HandleCors`) admits every origin to `api/*`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from tree_sitter import Node

from batten.facts import AppSettings, Cookie, CorsPolicy, Fact, Feature, OriginKind, OriginRule
from batten.model import ABSENT, UNKNOWN, Location, Setting, Switch
from batten.technologies.frameworks.laravel.module import Module, whole
from batten.technologies.shared.secrets import urls

_SCHEMES = {"pgsql": "postgresql", "mysql": "mysql", "mariadb": "mysql"}
_NONE: tuple[str, ...] = ()


def settings_of(module: Module) -> Iterator[Fact]:
    """What one file of `config/` says."""
    reader = _FILES.get(posixpath.basename(module.path).removesuffix(".php"))
    if reader is not None and module.returned is not None:
        yield from reader(module)


def place(module: Module, node: Node, key: str) -> Location:
    return module.value(module.literal(node), key)


def _truth(module: Module, key: str) -> Setting[bool]:
    node = module.entries.get(key)
    if node is None:
        return Setting(ABSENT, whole(module, key))
    value = module.plain(node)
    return Setting(value if isinstance(value, bool) else UNKNOWN, place(module, node, key))


def _app(module: Module) -> Iterator[Fact]:
    debug = _truth(module, "debug")
    if debug.written:
        yield AppSettings(whole(module, "Laravel"), framework="Laravel", debug=debug)


def _session(module: Module) -> Iterator[Cookie]:
    at = whole(module, "session")
    site, name = module.entries.get("same_site"), module.entries.get("cookie")
    word = module.plain(site) if site is not None else "lax"
    node = module.entries.get("domain")
    value = module.string(node)
    yield Cookie(
        at,
        name=module.string(name) or "(named after the application)",
        secure=_flag(module, "secure"),
        http_only=_flag(module, "http_only"),
        same_site=Setting(
            ABSENT if word is None else word if isinstance(word, str) else UNKNOWN,
            place(module, site, "same_site") if site is not None else at,
        ),
        domain=Setting(
            value or ABSENT, place(module, node, "domain") if node is not None else whole(module, "domain")
        ),
    )


def _flag(module: Module, key: str) -> Setting[bool]:
    """`null` leaves it to the request, or to the framework's default."""
    found = _truth(module, key)
    return Setting(UNKNOWN, found.at) if found.value is ABSENT else found


def _cors(module: Module) -> Iterator[CorsPolicy]:
    """Patterns are matched as they are written, between their delimiters."""
    at = whole(module, "cors")
    origins, patterns = module.entries.get("allowed_origins"), module.entries.get("allowed_origins_patterns")
    words, listed = module.words(origins), module.words(patterns) if patterns is not None else _NONE
    if origins is None or not isinstance(words, tuple) or not isinstance(listed, tuple):
        return
    here = place(module, origins, "allowed_origins")
    rules = [*(_rule(word, here) for word in words)]
    if patterns is not None:
        rules += [_pattern(word, place(module, patterns, "allowed_origins_patterns")) for word in listed]
    yield CorsPolicy(
        at,
        origins=Setting(tuple(rules) if rules else ABSENT, here),
        credentials=_truth(module, "supports_credentials"),
        methods=_words(module, "allowed_methods"),
        headers=_words(module, "allowed_headers"),
        varies=Setting(True, at),
    )


def _rule(word: str, at: Location) -> OriginRule:
    kinds = {"*": OriginKind.ANY, "null": OriginKind.NULL}
    return OriginRule(kinds.get(word, OriginKind.EXACT), Setting(word, at))


def _pattern(word: str, at: Location) -> OriginRule:
    """`#^https://.*$#`, or with any other delimiter."""
    inner = word[1 : word.rfind(word[0])] if word else ""
    text = inner.replace("\\A", "^").replace("\\z", "$").replace("\\/", "/")
    return OriginRule(OriginKind.PATTERN, Setting(text, at), text.startswith("^"), text.endswith("$"))


def _words(module: Module, key: str) -> Setting[tuple[str, ...]]:
    node = module.entries.get(key)
    if node is None:
        return Setting(ABSENT, whole(module, key))
    return Setting(module.words(node), place(module, node, key))


def _databases(module: Module) -> Iterator[Fact]:
    """Servers that are named, with the mode in which their library uses TLS."""
    for key, node in module.entries.items():
        above, _, name = key.rpartition(".")
        host = module.entries.get(f"{above}.host")
        scheme = _SCHEMES.get(module.string(node)) if name == "driver" else None
        value = module.string(host)
        if scheme is None or host is None or not value or value.startswith("/"):
            continue
        mode = module.entries.get(f"{above}.sslmode")
        word = module.plain(mode) if mode is not None else ""
        if not isinstance(word, str) or (scheme == "mysql" and f"{above}.options" in module.entries):
            continue
        query = f"?sslmode={word.lower()}" if word else ""
        found = urls.connection(
            "database", f"{scheme}://app@{value}/db{query}", place(module, host, f"{above}.host")
        )
        if found is not None:
            yield found


def _switched(key: str, switch: Switch, what: str) -> Callable[[Module], Iterator[Fact]]:
    def read(module: Module) -> Iterator[Fact]:
        on = _truth(module, key)
        if on.written and on.known(False):
            yield Feature(on.at, switch, on, what)

    return read


def _telescope(module: Module) -> Iterator[Fact]:
    """Its own middleware asks the gate `viewTelescope`, which admits nobody but developers by default."""
    node, enabled = module.entries.get("middleware"), _truth(module, "enabled")
    if node is not None and "Authorize" not in module.text(node) and enabled.known(True):
        words = module.words(node)
        if isinstance(words, tuple) and set(words) <= {"web", "api"}:
            at = module.value(node, "middleware")
            what = "Telescope, which shows requests, queries and variables,"
            yield Feature(at, Switch.CONSOLE, Setting(True, at), what)


_FILES: dict[str, Callable[[Module], Iterator[Fact]]] = {
    "app": _app,
    "session": _session,
    "cors": _cors,
    "database": _databases,
    "debugbar": _switched("enabled", Switch.DEBUG, "Laravel Debugbar"),
    "ignition": _switched("enable_runnable_solutions", Switch.DEBUG, "the solutions that Ignition runs"),
    "flare": _switched("enable_runnable_solutions", Switch.DEBUG, "the solutions that Ignition runs"),
    "telescope": _telescope,
}

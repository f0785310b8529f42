"""django-cors-headers (https://github.com/adamchainz/django-cors-headers#configuration)."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import CorsPolicy, Fact, OriginKind, OriginRule
from batten.model import UNKNOWN, Setting
from batten.technologies.frameworks.django.settings import Settings
from batten.technologies.shared.python.arguments import rule, truth, words
from batten.technologies.shared.python.assigned import Assigned, assigned_setting

_NONE: tuple[str, ...] = ()
_METHODS: tuple[str, ...] = ("DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT")
ALL = ("CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL")
_LISTED = ("CORS_ALLOWED_ORIGINS", "CORS_ORIGIN_WHITELIST")
PATTERNS = ("CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ORIGIN_REGEX_WHITELIST")


def cors(found: Settings) -> Iterator[Fact]:
    """Patterns are tried with `re.match`: from the start of the origin, and not to its end."""
    names = found.names
    if not any(name in names.own for name in (*ALL, *_LISTED, *PATTERNS)):
        return
    at = found.module.block(names.anchor, "CORS")
    rules = tuple(_rules(names))
    place = rules[0].text.at if rules else at
    methods = assigned_setting(names, "CORS_ALLOW_METHODS", _METHODS, words, lambda given: "*" in given)
    yield CorsPolicy(
        at,
        origins=Setting(rules or UNKNOWN, place),
        credentials=assigned_setting(names, "CORS_ALLOW_CREDENTIALS", False, truth, bool),
        methods=methods,
        headers=assigned_setting(names, "CORS_ALLOW_HEADERS", _NONE, words, lambda given: "*" in given),
        varies=Setting(True, at),
    )


def _rules(names: Assigned) -> Iterator[OriginRule]:
    for name in ALL:
        allowed = assigned_setting(names, name, False, truth, bool)
        if allowed.written and allowed.known(False):
            yield OriginRule(OriginKind.ANY, Setting("*", allowed.at))
            return
    for name in _LISTED:
        listed = assigned_setting(names, name, _NONE, words)
        yield from (rule(origin, listed.at) for origin in listed.known(_NONE))
    for name in PATTERNS:
        patterns = assigned_setting(names, name, _NONE, words)
        for one in patterns.known(_NONE):
            whole = one.endswith(("$", r"\Z"))
            yield OriginRule(OriginKind.PATTERN, Setting(one, patterns.at), anchored_end=whole)

"""Contracts whose words engines could read as more than words, and verbs that no engine knows."""

from __future__ import annotations

from typing import Any

_FINE = {"responses": {"200": {"description": "Fine."}}}
# What quotes, ends, comments, expands or counts in the language of one engine or another: strings and templates of Go, variables of
# Caddyfiles, HAProxy's and nginx's words, expressions, YAML.
ODD = (
    "`", '"', "'", "$", "$x", " ", "|", ";", "(", ")", "*", "+", "[", "]", "^", "~", "<", ">", "&", "=", "@", ",", "!", ".", "..x", ":",
    "é", "😀", "😀`", '`"', "a`b\"c", "\u2028", "\u00a0", "{", "}", "{{", "}}", "{{x", "{$", "}{$", "$request_uri",
    "`) || PathPrefix(`", '" } evil {', '{{ env "HOME"',
)  # fmt: skip
TITLE = 't {$ {{ "\\n" }}evil: x #\'"`'


def _paths() -> dict[str, Any]:
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    made: dict[str, Any] = {}
    for number, odd in enumerate(ODD):
        made[f"/f{number}{odd}"] = {"get": _FINE}
        made[f"/t{number}{odd}/{{id}}"] = {"parameters": [parameter], "get": _FINE}
    return made


_QUERY = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}, **_FINE}
_VERBS = {"/v1/pots": {"get": _FINE, "query": _QUERY, "additionalOperations": {"BREW": _FINE}}}
CONTRACTS: dict[str, Any] = {
    name: {"openapi": "3.2.0", "info": {"title": TITLE, "version": "1"}, "paths": paths}
    for name, paths in (("paths", _paths()), ("verbs", _VERBS))
}

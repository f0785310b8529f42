"""The cors plugin. It matches an expression to all of an origin, or of its host where it has no colon.

Source: https://developer.konghq.com/plugins/cors/reference/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import CorsPolicy, OriginKind, OriginRule
from batten.model import UNKNOWN, Setting
from batten.technologies.edges.kong.gateway import Gateway, Plugin
from batten.technologies.edges.kong.tree import Item
from batten.technologies.shared.edges.origins import anchors, origin

_LITERAL = re.compile(r"[A-Za-z0-9.:/-]+")


def policies(gateway: Gateway) -> Iterator[CorsPolicy]:
    for plugin in gateway.plugins:
        if plugin.name == "cors" and not (plugin.item["_config"] and plugin.shared is None):
            yield policy_of(plugin)


def policy_of(plugin: Plugin) -> CorsPolicy:
    """Without origins every origin is let in; Vary is sent wherever the answer depends on the origin."""
    item = plugin.setting("origins")
    rules: tuple[OriginRule, ...] | None = (origin("*", item.block),)
    if item:
        unknown = item.words() is None
        rules = None if unknown else tuple(rule_of(i) for i in item.items()) or rules
    at = plugin.item.block
    return CorsPolicy(
        at,
        origins=Setting(UNKNOWN if rules is None else rules, item.at),
        credentials=plugin.setting("credentials").flag(False),
        methods=plugin.setting("methods").listed(),
        headers=plugin.setting("headers").listed(),
        varies=Setting(True, at),
    )


def rule_of(item: Item) -> OriginRule:
    text = item.text
    if text == "*" or _LITERAL.fullmatch(text):
        return origin(text, item.here)
    body = text.removeprefix("^")
    ended = body if body.endswith("$") else f"{body}$"
    end = anchors(ended)[1]  # Kong adds the `$` to the text, that is to its last alternative
    shown = ended if ":" in text else f"https?://(?:{body.removesuffix('$')})(?::[0-9]+)?"
    return OriginRule(OriginKind.PATTERN, Setting(shown, item.here), True, end)

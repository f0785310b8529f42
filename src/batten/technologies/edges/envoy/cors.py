"""Cross-origin policies. https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/cors_filter"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import CorsPolicy, OriginRule
from batten.model import ABSENT, UNKNOWN, Setting
from batten.technologies.edges.envoy.fields import Field
from batten.technologies.edges.envoy.headers.reading import Sent, sent_by
from batten.technologies.edges.envoy.managers import Manager, managers, routes_of
from batten.technologies.edges.envoy.tree import Tree
from batten.technologies.shared.edges.headers import listed
from batten.technologies.shared.edges.origins import escaped, no_policy, origin, pattern

LIST = "allow_origin_string_match"


def policies(tree: Tree) -> Iterator[CorsPolicy]:
    for manager in managers(tree):
        if manager.routes is None:
            continue
        filter = manager.first("cors")
        if filter is None or filter.off:
            if not manager.opaque:
                yield no_policy(manager.item.block, UNKNOWN)
            continue
        for host in manager.hosts:
            sent = sent_by(manager, host)
            for level in (host, *routes_of(host)):
                for found in policies_of(level):
                    yield _policy(found, manager, sent)
        for found in policies_of(manager.routes):
            yield _policy(found, manager, {})
    # Route tables that a manager elsewhere asks for.
    used = {m.routes.span for m in managers(tree) if m.routes is not None}
    for routes in tree.of("RouteConfiguration"):
        if routes.span not in used:
            for host in routes["virtual_hosts"].items():
                for level in (host, *host["routes"].items()):
                    for found in policies_of(level):
                        yield _policy(found, None, {})


def policies_of(level: Field) -> Iterator[Field]:
    for _, config in level["typed_per_filter_config"].entries():
        if config.type.endswith("CorsPolicy"):
            yield config
    for old in (level["cors"], level.of("route", "cors")):
        if old:
            yield old


def _policy(config: Field, manager: Manager | None, sent: Sent) -> CorsPolicy:
    rules = [r for m in config[LIST].items() if (r := rule_of(m)) is not None]
    enabled = config.of("filter_enabled", "default_value", "numerator")
    unsure = any(not all(f.known for f in m.walk()) for m in config[LIST].items())
    off = (config["filter_enabled"] and enabled.text in ("", "0")) or config["enabled"].flag(True).known(
        True
    ) is False
    origins = Setting(UNKNOWN if unsure else ABSENT if off or not rules else tuple(rules), config[LIST].at)
    # The filter echoes the origin, and says nothing of Vary.
    if manager is None or (manager.opaque and "vary" not in sent):
        varies: Setting[bool] = Setting(UNKNOWN, config.block)
    else:
        header = sent.get("vary")
        at = manager.item.named(manager.config.pointer).block
        if header is None:
            varies = Setting(ABSENT, at, False)
        else:
            names = {v.lower() for v in listed(header.value.known("origin"))}
            varies = Setting(bool(names & {"origin", "*"}), header.value.at)
    return CorsPolicy(
        config.block,
        origins=origins,
        credentials=config["allow_credentials"].flag(),
        methods=_words(config["allow_methods"]),
        headers=_words(config["allow_headers"]),
        varies=varies,
    )


def rule_of(matcher: Field) -> OriginRule | None:
    """A StringMatcher over the Origin; Envoy matches its expressions against all of the text."""
    if matcher["exact"]:
        return origin(matcher["exact"].text, matcher["exact"].here)
    for key, before, behind in (("prefix", "", ".*"), ("suffix", ".*", ""), ("contains", ".*", ".*")):
        if matcher[key]:
            return pattern(f"{before}{escaped(matcher[key].text)}{behind}", matcher[key].here, whole=True)
    regex = matcher.of("safe_regex", "regex") or matcher["regex"]
    return pattern(regex.text, regex.here, whole=True) if regex else None


def _words(field: Field) -> Setting[tuple[str, ...]]:
    word = field.word()
    return Setting(listed(word.value) if isinstance(word.value, str) else word.value, word.at)

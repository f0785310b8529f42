"""The headers of answers, where a setting says them; what an edge may add is not known here.

Sources: https://guides.rubyonrails.org/security.html#http-security-headers, and for the policy of content and HSTS Rails' own
`action_dispatch/http/content_security_policy.rb` and `action_dispatch/middleware/ssl.rb` (two years, subdomains included).
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from batten.controls.directives import DIRECTIVES
from batten.facts import ResponseHeaders, SentHeader
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, Kind, Location, Setting, Unknown
from batten.technologies.frameworks.rails.application import Application
from batten.technologies.frameworks.rails.module import Given, Module, options

DEFAULTS = "action_dispatch.default_headers"
_LAID_OVER = (f"{DEFAULTS}.merge!", f"{DEFAULTS}.update")
_KEYWORDS = frozenset(
    (
        "self",
        "unsafe_eval",
        "unsafe_hashes",
        "unsafe_inline",
        "none",
        "report_sample",
        "script",
        "strict_dynamic",
    )
)
_SCHEMES = frozenset(("http", "https", "data", "mediastream", "blob", "filesystem", "ws", "wss"))
_TWO_YEARS = 63_072_000


def headers(found: Application, workspace: Workspace) -> Iterator[ResponseHeaders]:
    """What `default_headers`, `force_ssl` and `content_security_policy` make of every answer."""
    if found.at is None:
        return
    at = Location(found.at.source, "Rails", found.at.span, kind=Kind.BLOCK)
    sent = {row.header.lower(): SentHeader(Setting(UNKNOWN, at)) for row in DIRECTIVES}
    written = dict(_defaults(found))
    forced = found.truth("force_ssl", False).known(False)
    if forced:
        given = found.last("ssl_options")
        usual = f"max-age={_TWO_YEARS}; includeSubDomains"
        if given is None:
            written["strict-transport-security"] = Setting(usual, at)
        else:
            module = given.module
            node = options(module, given.value).get("hsts")
            if not given.certain or given.value.type != "hash":
                written["strict-transport-security"] = Setting(UNKNOWN, given.at)
            elif node is None:
                written["strict-transport-security"] = Setting(usual, at)
            else:
                here = module.value(node, "ssl_options/hsts")
                if node.type != "hash":
                    # `false` sends a header that ends what an earlier one began: the same as none.
                    known = module.plain(node)
                    written["strict-transport-security"] = Setting(
                        "max-age=0" if known is False else usual if known is True else UNKNOWN, here
                    )
                else:
                    given_options = options(module, node)
                    expires = (
                        module.plain(given_options["expires"]) if "expires" in given_options else _TWO_YEARS
                    )
                    subdomains = (
                        module.truth(given_options["subdomains"]) if "subdomains" in given_options else True
                    )
                    if not isinstance(expires, int) or isinstance(subdomains, Unknown):
                        written["strict-transport-security"] = Setting(UNKNOWN, here)
                    else:
                        written["strict-transport-security"] = Setting(
                            f"max-age={expires}" + ("; includeSubDomains" if subdomains else ""), here
                        )
    timing = found.truth("server_timing", False)
    if timing.written and timing.known(False):
        written["server-timing"] = Setting("the time of each part", timing.at)
    policy = _policy(found)
    if policy is not None:
        written["content-security-policy"] = policy
    if written:
        yield ResponseHeaders(
            at, over_tls=forced, sent=sent | {name: SentHeader(value) for name, value in written.items()}
        )


def _defaults(found: Application) -> Iterator[tuple[str, Setting[str]]]:
    """The headers that are written, and those that a whole new set, or their removal, leaves out."""
    for one in found.given(DEFAULTS, f"{DEFAULTS}.clear", f"{DEFAULTS}.delete", *_LAID_OVER):
        if not one.certain:
            return
        if one.how == "=" and one.value.type == "hash":
            yield from _left_out(one)
            yield from _entries(one.module, options(one.module, one.value))
        elif one.key.endswith(".clear"):
            yield from _left_out(one)
        elif one.key in _LAID_OVER:
            yield from _entries(one.module, options(one.module, one.node) or options(one.module, one.value))
        elif one.key.endswith(".delete") and one.values:
            name = one.module.string(one.value).lower()
            yield name, Setting(ABSENT, one.module.value(one.node, f"{DEFAULTS}/{name}"))
        elif one.how == "[]=" and len(one.values) == 2:
            yield from _entries(one.module, {one.module.string(one.values[0]): one.values[1]})


def _left_out(one: Given) -> Iterator[tuple[str, Setting[str]]]:
    """What Rails sends by default and this leaves out."""
    for name in ("X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy"):
        yield name.lower(), Setting(ABSENT, one.module.block(one.value if one.values else one.node, DEFAULTS))


def _entries(module: Module, given: dict[str, Node]) -> Iterator[tuple[str, Setting[str]]]:
    for name, node in given.items():
        value = module.plain(node)
        at = module.value(node, f"{DEFAULTS}/{name}")
        known = value if isinstance(value, str) else UNKNOWN
        yield name.lower(), Setting(ABSENT if value in (None, "") else known, at)


def _policy(found: Application) -> Setting[str] | None:
    """The policy as Rails writes it; a nonce, a procedure or a condition leaves it unknown."""
    made = [
        g for g in found.given("content_security_policy") if g.node.child_by_field_name("block") is not None
    ]
    if not made or found.truth("content_security_policy_report_only", False).known(True):
        return None
    last = made[-1]
    at = last.module.block(last.node, "content_security_policy")
    if found.last("content_security_policy_nonce_generator") is not None or not last.certain:
        return Setting(UNKNOWN, at)
    inner = last.module.script.span(last.node)
    directives: list[str] = []
    for one in last.module.given:
        name = one.key.removeprefix("content_security_policy.")
        span = last.module.script.span(one.node)
        if name == one.key or one.how != "call" or not inner.start < span.start < inner.end:
            continue
        words = [_source(last.module, value) for value in one.values]
        if not one.certain or None in words:
            return Setting(UNKNOWN, at)
        directives.append(" ".join((name.replace("_", "-"), *(word for word in words if word))))
    return Setting("; ".join(directives), at) if directives else None


def _source(module: Module, node: Node) -> str | None:
    value = module.plain(node)
    if not isinstance(value, str):
        return "" if value is True else None
    if node.type != "simple_symbol":
        return value
    return (
        f"'{value.replace('_', '-')}'" if value in _KEYWORDS else f"{value}:" if value in _SCHEMES else None
    )

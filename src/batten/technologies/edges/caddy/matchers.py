"""Which requests a directive is for: https://caddyserver.com/docs/caddyfile/matchers."""

from __future__ import annotations

import re

from batten.model.record import record
from batten.patterns import fits
from batten.technologies.edges.caddy.tree import Item

NEAR = "127.0.0.0/8 ::1"
_WHO = ("remote_ip", "client_ip")


@record
class Test:
    """One line of a matcher. Lines of a set must all hold; `not` turns them round."""

    kind: str
    args: tuple[str, ...]
    negated: bool
    item: Item


@record
class Matcher:
    """`tests` are joined by "and"; None when they are not all understood."""

    tests: tuple[Test, ...]
    known: bool = True

    @property
    def everything(self) -> bool:
        return self.known and not self.tests

    def of(self, *kinds: str) -> list[Test]:
        return [t for t in self.tests if t.kind in kinds]

    @property
    def only_paths(self) -> bool:
        return self.known and bool(self.tests) and all(t.kind == "path" and not t.negated for t in self.tests)

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths of which one must be asked for; none when any may be."""
        return next((t.args for t in self.tests if t.kind == "path" and not t.negated), ())

    @property
    def keeps_to_known(self) -> bool:
        """Whether it holds only for who is known by address or certificate."""
        return any(t.kind in _WHO and not t.negated for t in self.tests)

    @property
    def strangers(self) -> bool:
        """Whether it holds for all who are not known."""
        return any(t.kind in _WHO and t.negated for t in self.tests)


def matcher_of(item: Item) -> Matcher:
    token = item.matched
    if token in ("", "*"):
        return Matcher(())
    if token.startswith("/"):
        return Matcher((Test("path", (token,), False, item),), "{" not in token)
    definition = item.site.matcher(token)
    if definition is not None:
        # `@name path /a /b`, or a block of such lines.
        tests, known = [], True
        lines = [(definition, definition.texts[1:])] if len(definition.texts) > 1 else []
        lines += [(i, i.texts) for i in definition.items]
        for line, words in lines:
            found = _tests(line, words, inline=line is definition)
            known = known and found is not None
            tests += found or []
        return Matcher(tuple(tests), known and bool(tests))
    return Matcher((), False)


def _tests(item: Item, words: list[str], inline: bool) -> list[Test] | None:
    kind, *args = words
    if kind == "not":
        if args:
            inner = _tests(item, args, inline)
        else:
            inner = [t for i in item.items for t in _tests(i, i.texts, False) or ()]
        if not inner or len(inner) > 1 or inner[0].negated:
            return None
        return [Test(inner[0].kind, inner[0].args, True, inner[0].item)]
    if not re.fullmatch(r"[a-z_]+", kind) or kind == "expression":
        return None
    return [Test(kind, tuple(args), False, item)]


def matches(pattern: str, path: str) -> bool:
    """Whether a `path` pattern takes a path: letters' case does not count (Caddy's MatchPath)."""
    pattern, path = pattern.lower(), path.lower()
    if pattern == "*":
        return True
    if pattern.count("*") == 2 and pattern[0] == pattern[-1] == "*" and len(pattern) > 2:
        return pattern[1:-1] in path
    if pattern.endswith("*") and pattern.count("*") == 1:
        return path.startswith(pattern[:-1])
    if pattern.startswith("*") and pattern.count("*") == 1:
        return path.endswith(pattern[1:])
    parts, given = pattern.split("/"), path.split("/")  # a star does not cross a slash
    return len(parts) == len(given) and all(
        fits(g, p.replace("[", "[[]").replace("?", "[?]")) for g, p in zip(given, parts, strict=True)
    )

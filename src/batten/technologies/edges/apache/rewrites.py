"""RewriteRule with the conditions before it, and Redirect: what happens before a file is looked up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.model.record import record
from batten.patterns import BadPattern, compiled
from batten.technologies.edges.apache.tree import Item
from batten.technologies.shared.edges.nodes import remembered

_PLAIN = (
    re.compile(r"^%\{(?:HTTPS|ENV:HTTPS)\} !?=?\^?(?:off|on)\$?$", re.IGNORECASE),
    re.compile(r"^%\{SERVER_PORT\} (?:!\^?443\$?|=?\^?80\$?)$", re.IGNORECASE),
    re.compile(r"^%\{REQUEST_SCHEME\} (?:!\^?=?https\$?|=?\^?http\$?)$", re.IGNORECASE),
)
_NAME = re.compile(r"^%\{(?:SERVER_NAME|HTTP_HOST|HTTP:Host)\}$", re.IGNORECASE)
_ACME = re.compile(r"^%\{(?:REQUEST_URI|THE_REQUEST)\} !.*well-known", re.IGNORECASE)


@record
class Condition:
    item: Item
    test: str
    pattern: str
    flags: tuple[str, ...]

    @property
    def text(self) -> str:
        return f"{self.test} {self.pattern}"


@record
class Rule:
    item: Item
    pattern: str
    target: str
    flags: dict[str, str]  # lower case; "" where a flag has no value
    conditions: tuple[Condition, ...]

    @property
    def status(self) -> int:
        """The status it answers with itself; 0 when the request goes on."""
        for name, status in (("f", 403), ("forbidden", 403), ("g", 410), ("gone", 410)):
            if name in self.flags:
                return status
        for name in ("r", "redirect"):
            if name in self.flags:
                code = self.flags[name]
                return int(code) if code.isdigit() else {"permanent": 301, "seeother": 303}.get(code, 302)
        return 302 if re.match(r"https?://", self.target, re.IGNORECASE) and not self.proxies else 0

    @property
    def proxies(self) -> bool:
        return "p" in self.flags or "proxy" in self.flags

    def takes(self, *paths: str) -> bool:
        """Whether the pattern fits all paths; in a folder's context they have no slash before them."""
        text = self.pattern.lstrip("!")
        try:
            expression = compiled(text, ignore_case="nc" in self.flags)
        except BadPattern:
            return False
        found = [(expression.search(p), expression.search(p[1:])) for p in paths]
        if any(True not in f and None in f for f in found):
            return False
        return all(True in f for f in found) is not self.pattern.startswith("!")


def rules(block: Item) -> list[Rule]:
    """The rules of one context in their order; none while the engine is off there."""
    return remembered(block, "rules", lambda: list(_rules(block)))


def _rules(block: Item) -> Iterator[Rule]:
    engine = block.last("rewriteengine")
    if engine is None or engine.value.lower() != "on":
        return
    waiting: list[Condition] = []
    for item in block.items:
        words = item.values
        if item.name == "rewritecond" and len(words) > 1:
            waiting.append(Condition(item, words[0], words[1], tuple(_flags(words))))
        elif item.name == "rewriterule" and len(words) > 1:
            yield Rule(item, words[0], words[1], _flags(words), tuple(waiting))
            waiting = []


def _flags(words: list[str]) -> dict[str, str]:
    if len(words) < 3:
        return {}
    parts = [p.strip() for p in words[2].strip("[]").split(",")]
    return {p.partition("=")[0].lower(): p.partition("=")[2] for p in parts if p}


@record
class Redirect:
    """`Redirect` and its kin, and what they say: `path` is an expression for RedirectMatch."""

    item: Item
    status: int
    path: str
    target: str
    expression: bool

    def takes(self, *paths: str) -> bool:
        if not self.expression:
            return self.path in ("", "/")
        try:
            expression = compiled(self.path)
            return all(expression.search(p) for p in paths)
        except BadPattern:
            return False


_STATUSES = {"permanent": 301, "temp": 302, "seeother": 303, "gone": 410}
_DIRECTIVES = {"redirect": 302, "redirectmatch": 302, "redirectpermanent": 301, "redirecttemp": 302}


def redirects(block: Item) -> list[Redirect]:
    return remembered(block, "redirects", lambda: list(_redirects(block)))


def _redirects(block: Item) -> Iterator[Redirect]:
    for item in block.all(*_DIRECTIVES):
        status = _DIRECTIVES.get(item.name)
        words = list(item.values)
        if status is None or not words:
            continue
        if words[0].lower() in _STATUSES or words[0].isdigit():
            first = words.pop(0).lower()
            status = int(first) if first.isdigit() else _STATUSES[first]
        inside = block.name.startswith("location") and (len(words) < 2 and not 400 <= status < 500)
        path = "" if inside or not words else words.pop(0)
        yield Redirect(item, status, path, words[0] if words else "", item.name == "redirectmatch")


def secure(target: str) -> bool:
    return target.lower().startswith("https://")


def only_plain(rule: Rule, names: tuple[str, ...]) -> bool | None:
    """Whether every plain request but those for ACME meets the rule's conditions; None: cannot be told."""
    hosts = [c.pattern for c in rule.conditions if _NAME.match(c.test) and not c.pattern.startswith("!")]
    for condition in rule.conditions:
        text = condition.text
        if any(p.match(text) for p in _PLAIN) or _ACME.match(text) or condition.pattern in hosts:
            continue
        return None
    if hosts:
        plain = " ".join(hosts).replace("\\", "").lower()
        return True if names and all(n.lower() in plain for n in names) else None
    return True

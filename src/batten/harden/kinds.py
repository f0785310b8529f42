"""Headers by what a path serves: data has those of every answer, pages and files have some of their own.

What the policy says of a path wins over its contract; an edge's own answers are data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from batten.contract.surface import Path
from batten.facts import Content
from batten.harden.options import HardenProblem
from batten.model.record import record
from batten.policy import Policy
from batten.policy.content import ContentRow, is_csp, said_of
from batten.policy.headers import CSP, of_files, of_pages

_NAMES = {Content.PAGE: "pages", Content.ASSET: "files"}
# Tags of <base> are the application's own to have; the rest is what the edge says in other headers, too.
_BESIDE = "base-uri 'self'; object-src 'none'; frame-ancestors 'none'"
_HOST = r"(?:https://)?(?:\*\.)?[a-z0-9.-]+(?::[0-9]+)?(?:/[^\s;,']*)?"
_SURE = rf"{_HOST}|'(?:self|none|report-sample|wasm-unsafe-eval|(?:nonce|sha[0-9]+)-[^\s;,']+)'"
# With 'strict-dynamic' browsers read nothing but nonces and hashes (CSP 3, 8.2): what stands beside it is for old ones. A list is
# of one of these forms, so none is tried twice.
_DYNAMIC = rf"(?:\s+(?:{_SURE}|'unsafe-inline'|https?:))*\s+'strict-dynamic'(?:\s+(?:{_SURE}|'strict-dynamic'|'unsafe-inline'|https?:))*"
_SCRIPTS = rf"(?:default-src|script-src[a-z-]*)(?:(?:\s+(?:{_SURE}))+|{_DYNAMIC})"
_OTHERS = r"(?:[abce-rt-z][a-z-]*|style-src[a-z-]*|sandbox)(?:\s+[^\s;,]+)*"
# Whole policies, in any case, for engines without look-ahead and with it: they say something about scripts, and nothing loose.
ABOUT_SCRIPTS = r"(?:[^;]*;)*\s*(?:default|script)-src\s"
STRICT = rf"\s*(?:(?:{_OTHERS}|{_SCRIPTS})\s*(?:;\s*|$))+"
OWN = rf"^(?={ABOUT_SCRIPTS}){STRICT}$"


@record(kw_only=True)
class Kind:
    """`sent` are headers in place of those with data. Where it `keeps` the application's own policy, that is sent as far as it
    allows no scripts that were injected, and `beside` with it."""

    name: str
    sent: Mapping[str, str]
    keeps: bool

    @property
    def policy(self) -> str:
        return self.sent[CSP]

    @property
    def beside(self) -> str:
        """Of several policies browsers hold all (CSP 3, 2.3)."""
        return _BESIDE


def kinds(policy: Policy, names: Iterable[str], surface: Iterable[Path]) -> dict[str, Kind]:
    """By template, for what is not data. Raises HardenProblem for a policy that no edge can send."""
    hosts = tuple(names)
    asked = {path.template: _asked(policy.content, hosts, path) for path in surface}
    made: dict[tuple[Content, str], Kind] = {}
    for content, own in asked.values():
        if content in _NAMES and (content, own) not in made:
            number = 1 + sum(bool(policy) for _, policy in made)
            if own and not is_csp(own):
                raise HardenProblem(
                    f"'{own[:60]}' cannot be sent as a Content-Security-Policy; write another in batten.yaml"
                )
            sent = of_pages(own) if content is Content.PAGE else of_files(own)
            name = f"{_NAMES[content]}_{number}" if own else _NAMES[content]
            made[content, own] = Kind(name=name, sent=sent, keeps=content is Content.PAGE and not own)
    return {template: made[told] for template, told in asked.items() if told in made}


def named(by_template: Mapping[str, Kind]) -> tuple[Kind, ...]:
    """Each once."""
    return tuple({kind.name: kind for kind in by_template.values()}.values())


def extra(by_template: Mapping[str, Kind], sent: Iterable[str]) -> tuple[str, ...]:
    """Headers that only some kinds have, and not all answers."""
    known = set(sent)
    names = dict.fromkeys(name for kind in by_template.values() for name in kind.sent)
    return tuple(name for name in names if name not in known)


def _asked(rows: tuple[ContentRow, ...], hosts: tuple[str, ...], path: Path) -> tuple[Content, str]:
    """What one path serves, and the policy that its author wants."""
    said = said_of(rows, hosts, path.template)
    if said is None:
        return path.content, ""
    if said.content is Content.BOTH:
        return (Content.PAGE if path.content is Content.UNKNOWN else path.content), said.policy
    return said.content, said.policy

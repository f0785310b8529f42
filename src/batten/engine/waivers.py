"""Suppressed findings: waived in the file or in batten.yaml, or listed in the baseline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from batten.engine.baseline import Baseline
from batten.engine.named import unknown_controls
from batten.facts import Waived
from batten.formats import Unreadable, Workspace
from batten.formats.comments import FormerLines
from batten.formats.document import Text
from batten.model import Finding, Location, Span, Suppression
from batten.model.record import record
from batten.patterns import fits
from batten.policy import Policy, Waiver

_INLINE = re.compile(
    r"batten:\s*ignore\[(?P<slugs>[a-z0-9, -]+)\]"
    r"(?P<reason>[^\r\n]*?)(?:\buntil\s+(?P<until>\d{4}-\d{2}-\d{2}))?[ \t]*(?:-->|\*/|#\})?[ \t]*$",
    re.MULTILINE,
)


@record
class Inline:
    """`# batten: ignore[slug] reason until 2027-01-31`, for its own line or the next one."""

    slugs: tuple[str, ...]
    reason: str
    until: date | None
    line: int
    at: Location

    def waiver(self, slug: str) -> Waiver:
        return Waiver(slug, self.reason, "the author", self.until, at=self.at)


def inline_waivers(source: Text) -> list[Inline]:
    if "batten:" not in source.text:
        return []
    found = []
    for match in _INLINE.finditer(source.text):
        slugs = tuple(s.strip() for s in match["slugs"].split(",") if s.strip())
        try:
            until = date.fromisoformat(match["until"]) if match["until"] else None
        except ValueError:
            until = None
        at = Location(source.path, f"batten:ignore[{','.join(slugs)}]", Span(match.start(), match.end()))
        found.append(Inline(slugs, match["reason"].strip(" \t-:"), until, source.line_of(match.start()), at))
    return found


@dataclass(slots=True)
class Former:
    """The findings that comments suppressed at another revision. Where that revision `decides`, only these are suppressed by
    comments, and only comments on its `lines` give reasons; `refused` gets the places of all other comments, with what they would
    suppress."""

    held: Baseline
    lines: FormerLines
    decides: bool = True
    refused: list[tuple[Location, Finding]] = field(default_factory=list)


class Waivers:
    """All that may suppress, and what of it was used."""

    def __init__(
        self,
        policy: Policy,
        workspace: Workspace,
        baseline: Baseline | None = None,
        former: Former | None = None,
    ) -> None:
        self.policy = policy
        self.workspace = workspace
        self.baseline = baseline
        self.former = former
        self._used: set[Location] = set()
        self._inline: dict[str, list[Inline]] = {}

    def apply(self, finding: Finding) -> Finding:
        """The finding, marked if a waiver matches it."""
        suppression = self._inline_for(finding) or self._policy_for(finding)
        return replace(finding, suppression=suppression) if suppression else finding

    def approved(self, findings: list[Finding]) -> list[Finding]:
        """The findings; where comments count as the base has them, those that only a new comment suppresses are not."""
        former = self.former
        inline = [f for f in findings if f.suppression is not None and f.suppression.kind == "inline"]
        if former is None or not inline:
            return findings
        held = former.held.holds(inline, self._gone)
        new = {id(f) for f, is_known in zip(inline, held, strict=True) if not is_known}
        former.refused += [
            (f.suppression.at, replace(f, suppression=None))
            for f in inline
            if id(f) in new and f.suppression is not None and f.suppression.at is not None
        ]
        if not former.decides:
            return findings
        return [replace(f, suppression=self._policy_for(f)) if id(f) in new else f for f in findings]

    def known(self, findings: list[Finding]) -> list[Finding]:
        """The findings; those in the baseline that no waiver matches are marked."""
        if self.baseline is None:
            return findings
        open_ones = [f for f in findings if f.suppression is None and f.counts]
        held = iter(self.baseline.holds(open_ones, self._gone))
        known = Suppression("baseline", "in the baseline")
        return [
            replace(f, suppression=known) if f.suppression is None and f.counts and next(held) else f
            for f in findings
        ]

    def _gone(self, path: str) -> bool:
        return "://" not in path and not self.workspace.exists(path)

    def facts(self, paths: Iterable[str]) -> Iterator[Waived]:
        """Every waiver in batten.yaml and in these files, for the control that judges waivers."""
        for waiver in self.policy.waivers:
            if waiver.at is not None:
                used = waiver.at in self._used
                yield Waived(
                    waiver.at,
                    control=waiver.slug,
                    reason=waiver.reason,
                    owner=waiver.owner,
                    until=waiver.until,
                    used=used,
                    unknown=unknown_controls((waiver.slug,)),
                )
        for path in paths:
            for inline in self.inline(path):
                used = inline.at in self._used
                yield Waived(
                    inline.at,
                    control=", ".join(inline.slugs),
                    reason=inline.reason,
                    owner=None,
                    until=inline.until,
                    used=used,
                    unknown=unknown_controls(inline.slugs),
                )

    def inline(self, path: str) -> list[Inline]:
        known = self._inline.get(path)
        if known is None:
            try:
                known = inline_waivers(self.workspace.text(path))
            except Unreadable:
                known = []
            self._inline[path] = known
        return known

    def _inline_for(self, finding: Finding) -> Suppression | None:
        if finding.region is None:
            return None
        for waiver in self.inline(finding.at.source):
            near = waiver.line in (finding.region.line, finding.region.line - 1)
            if near and finding.control in waiver.slugs:
                return self._answered("inline", waiver.waiver(finding.control))
        return None

    def _policy_for(self, finding: Finding) -> Suppression | None:
        for waiver in self.policy.waivers:
            if waiver.slug == finding.control and concerns(waiver, finding):
                return self._answered("policy", waiver)
        return None

    def _answered(self, kind: str, waiver: Waiver) -> Suppression | None:
        """None when the waiver's day has passed, or it gives no reason: then the finding counts."""
        if waiver.at is not None:
            self._used.add(waiver.at)
        if not waiver.reason or (waiver.until is not None and waiver.until < self.policy.today):
            return None
        until = waiver.until.isoformat() if waiver.until else ""
        return Suppression(kind, waiver.reason, owner=waiver.owner, until=until, at=waiver.at)


def concerns(waiver: Waiver, finding: Finding) -> bool:
    """Whether a waiver of its control names the finding."""
    return (
        waiver.case in ("", finding.case)
        and waiver.fingerprint in ("", finding.fingerprint)
        and _matches(waiver.path, finding.at.source)
        and _matches(waiver.pointer, finding.at.pointer)
        and (not waiver.environment or waiver.environment == finding.environment)
    )


def _matches(pattern: str, text: str) -> bool:
    return not pattern or fits(text, pattern)


def waived(findings: Iterable[Finding], waivers: Waivers) -> list[Finding]:
    """Each finding with its suppression, if any."""
    return waivers.known(waivers.approved([waivers.apply(f) for f in findings]))

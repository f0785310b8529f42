"""What to do about what was seen live, in the technology that answers there: what its writer would write, or its setting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias
from urllib.parse import urlsplit

from batten.engine.answering import ordered
from batten.engine.judge import Bench, judge
from batten.engine.link import link
from batten.engine.review import Review, read_unit, with_fix
from batten.facts import Banner, Fact, Recognised, Stage
from batten.formats import Workspace, apply
from batten.model import Finding, Kind, RemoveHeader, SetHeader, Violation
from batten.policy import Policy
from batten.technologies import Unit
from batten.technologies.shared.running.settings import SETTINGS
from batten.technologies.shared.running.snippets import written
from batten.technologies.shared.running.typical import TYPICAL, Typical

Advise: TypeAlias = Callable[[str, Violation, Fact], str]

ORIGINS, HOSTS = ("https://app.example.com",), ("api.example.com",)  # where batten.yaml lists none
_FLOW = frozenset({"traefik", "envoy", "kong"})
# Decided in the application first; all else at the edge, in front of every application.
_INSIDE = frozenset(
    {
        "console-not-exposed", "cookie-flags", "cors-credentials-narrow", "cors-origin-listed", "cors-origin-not-reflected",
        "debug-off", "error-free-of-traces", "host-header-checked",
    }
)  # fmt: skip
_CORS = frozenset({"cors-credentials-narrow", "cors-origin-listed", "cors-origin-not-reflected"})
# What a case that is seen live is where it is declared.
_DECLARED = {"debug-page": "debug-mode", "foreign-origin": "any-origin", "null-origin": "any-origin"}
_OUTER = (Stage.EDGE, Stage.NETWORK, Stage.SERVER, Stage.FRAMEWORK)
_INNER = (Stage.FRAMEWORK, Stage.SERVER, Stage.EDGE, Stage.NETWORK)


def adviser(facts: Iterable[Fact], result: Review) -> Advise:
    """What judges of an environment's facts ask for. "" where the technology is not known, or nothing is known to do in it."""
    found: dict[str, list[Recognised]] = {}
    for one in ordered(f for f in facts if isinstance(f, Recognised)):
        found.setdefault(_origin(one.at.source), []).append(one)
    typical = _Typical(result)

    def advise(control: str, violation: Violation, fact: Fact) -> str:
        if violation.at.kind is not Kind.WIRE:
            return ""
        # What answers at an origin; where no edge shows itself, that of the host's other address, over plain HTTP or
        # TLS, may.
        origin = _origin(violation.at.source)
        own = found.get(origin, [])
        if any(one.stage is Stage.EDGE for one in own):
            there: list[Recognised] = own
        else:
            parts = urlsplit(origin)
            other = {"http": "https", "https": "http"}.get(parts.scheme)
            beside = (
                many
                for at, many in found.items()
                if urlsplit(at)[0] == other and urlsplit(at).hostname == parts.hostname
            )
            edges = (
                replace(one, certain=False) for many in beside for one in many if one.stage is Stage.EDGE
            )
            there = [*edges, *own]
        for one in _responsible(control, fact, there):
            if said := _said(one, control, violation, typical):
                return said if one.certain else f"{violation.case.advice} {said}"
        return ""

    return advise


def _origin(source: str) -> str:
    """An origin as requests name it: TLS is asked of host and port."""
    scheme, _, rest = source.partition("://")
    return f"{scheme}://{rest.removesuffix({'https': ':443', 'http': ':80'}.get(scheme, ':'))}"


def _responsible(control: str, fact: Fact, there: Sequence[Recognised]) -> Iterator[Recognised]:
    """Those that may decide it, the likeliest first; of a banner those that show it."""
    if isinstance(fact, Banner):
        shown = f"the header {fact.header.lower()}:"
        named = [one for one in there if any(text.startswith(shown) for text in one.evidence)]
        yield from named or [one for one in there if one.title.lower() in fact.product.lower()]
        return
    for stage in _INNER if control in _INSIDE else _OUTER:
        yield from (one for one in there if one.stage is stage)


def _said(one: Recognised, control: str, violation: Violation, typical: _Typical) -> str:
    """The sentence, its vendor's page with it where it comes of the table."""
    name = f"In {one.title}" if one.certain else f"If {one.title} answers"
    for row in SETTINGS.get(one.name, ()):
        if row.fits(control, violation.case.value, violation.message):
            text = row.text.format_map(typical.words(violation))
            return f"{text if text[:1].isupper() else f'{name}, {text}'}. See {row.source}"
    made = typical.written(one.name, control, violation)
    return f"{name}, {made}." if made else ""


@dataclass(slots=True)
class _Typical:
    """The typical configurations, read and judged when one is asked for, and what was made of them."""

    result: Review
    reviews: dict[str, tuple[Review, list[Finding]]] = field(default_factory=dict)
    made: dict[tuple[object, ...], str] = field(default_factory=dict)

    def words(self, violation: Violation) -> Mapping[str, str]:
        remedy = violation.remedy
        policy = self.result.policy
        sent = {"name": remedy.name, "value": remedy.value} if isinstance(remedy, SetHeader) else {}
        quoted = {"origins": policy.origins or ORIGINS, "hosts": policy.hosts or HOSTS}
        listed = {key: ", ".join(f'"{text}"' for text in texts) for key, texts in quoted.items()}
        return {"name": "", "value": "", **sent, **listed}

    def written(self, technology: str, control: str, violation: Violation) -> str:
        """`hide nginx's version: `server_tokens off;``; "" where the technology has no writer for it."""
        row = TYPICAL.get(technology)
        if row is None:
            return ""
        key = (technology, control, violation.case.value, violation.remedy)
        if key not in self.made:
            self.made[key] = self._write(row, control, violation)
        return self.made[key]

    def _write(self, row: Typical, control: str, violation: Violation) -> str:
        known = self.reviews.get(row.technology)
        if known is None:
            known = self.reviews[row.technology] = reviewed(row, self.result)
        review, findings = known
        # The finding of a typical configuration that asks for the same, of the same control if any has it. A header
        # is one like another: where it can be sent is the place of any.
        remedy = violation.remedy
        controls = _CORS if control in _CORS else {control}
        case = _DECLARED.get(violation.case.value, violation.case.value)
        same = [f for f in findings if f.control in controls and f.remedy is not None and f.case == case]
        same.sort(key=lambda f: f.control != control)
        if isinstance(remedy, SetHeader | RemoveHeader):
            decided = [f for f in same if f.remedy is not None and f.remedy.decision == remedy.decision]
            places = decided or [
                f for f in findings if isinstance(f.remedy, SetHeader) and f.case == "absent"
            ]
            chosen: Finding | None = replace(places[0], remedy=remedy) if places else None
        else:
            chosen = same[0] if same else None
        if chosen is None:
            return ""
        fix = with_fix(chosen, review).fix
        if fix is None or not fix.edits:
            return ""
        source = fix.edits[0].source
        before = row.texts.get(source, "")
        after = apply(before, [edit for edit in fix.edits if edit.source == source])
        snippet = written(before, after, flow=row.technology in _FLOW)
        return f"{fix.title}: {snippet}" if snippet else ""


def reviewed(row: Typical, result: Review) -> tuple[Review, list[Finding]]:
    """A typical configuration, read and judged as a file of the reviewed tree, with examples where batten.yaml has none."""
    policy = replace(
        Policy(), origins=result.policy.origins or ORIGINS, hosts=result.policy.hosts or HOSTS, browsers=True
    )
    review = Review(Workspace(result.workspace.files, row.texts), policy)
    read_unit(Unit(row.technology, tuple(row.texts)), review)
    bench = Bench(review.workspace, policy, link(review.facts), readers=review.readers)
    return review, [found for found in judge(review.facts, bench) if isinstance(found, Finding)]

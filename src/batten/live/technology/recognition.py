"""What answers at each origin: marks are noted of every answer, whichever probe asked, and cost no request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from batten.facts import Certificate, Fact, Recognised, Stage
from batten.live.evidence import redact, shown
from batten.live.exchange import Response
from batten.live.survey import UNDECODED, UNDECODED_FRAGMENT
from batten.live.technology.row import READ, Mark, Technology, beginning
from batten.live.technology.rows import ROWS
from batten.model import Kind, Location
from batten.model.record import record

MOST = 32  # origins
MOST_BODIES = 100  # that are known again
ENOUGH = 3  # pieces of evidence of one technology that are told
MALFORMED = (UNDECODED, UNDECODED_FRAGMENT)  # targets that the first server on the way answers by itself


@record
class _Shown:
    """One mark that was seen."""

    what: str
    version: str
    alone: bool
    first: bool
    at: Location


@dataclass(slots=True)
class Recognition:
    """The marks that were seen so far, by origin and technology."""

    seen: dict[str, dict[str, dict[Mark, _Shown]]] = field(default_factory=dict)
    bodies: set[int] = field(default_factory=set)  # those that were read: most errors are alike

    def notice(self, response: Response) -> None:
        origin = response.request.origin
        if origin not in self.seen and len(self.seen) >= MOST:
            return
        known, text = self.seen.setdefault(origin, {}), self._fresh(response)
        names = {name.lower() for name, _ in response.headers}
        for row in ROWS:
            marks = known.get(row.name, {})
            for mark in row.marks:
                # Whether the answer has the part in which the mark is looked for: most answers have it for a few
                # marks.
                if mark.where == "body":
                    can_show = bool(text)
                else:
                    can_show = ("set-cookie" if mark.where == "cookie" else mark.where) in names
                if not can_show or mark in marks or (found := mark.found(response, text)) is None:
                    continue
                version = (found[1] or "") if found.re.groups else ""
                known.setdefault(row.name, {})[mark] = _shown(mark, version, response)

    def _fresh(self, response: Response) -> str:
        """What is read of a body, "" where the same was read before."""
        key = hash((response.request.origin, response.status, response.body[:READ]))
        if key in self.bodies:
            return ""
        if len(self.bodies) < MOST_BODIES:
            self.bodies.add(key)
        return beginning(response)

    def facts(self, given: Iterable[Fact]) -> Iterator[Recognised]:
        """What answers where, in the order of the rows. `given` are facts that show more: certificates."""
        issued = [f for f in given if isinstance(f, Certificate)]
        origins = dict.fromkeys((*self.seen, *(f.at.source for f in issued)))
        for origin in origins:
            known = self.seen.get(origin, {})
            found = {
                row.name: one
                for row in ROWS
                if (one := _recognised(row, known.get(row.name, {}), origin, issued))
            }
            yield from (one for name, one in found.items() if not _implied(name, one, found))


def _implied(name: str, one: Recognised, found: Mapping[str, Recognised]) -> bool:
    """Whether it says nothing more: a row that is made with it was found, and it is a framework or only probable."""
    above = [found[row.name] for row in ROWS if name in row.also and row.name in found]
    framework = one.stage is Stage.FRAMEWORK and any(other.certain for other in above)
    return framework or (bool(above) and not one.certain)


def _shown(mark: Mark, version: str, response: Response) -> _Shown:
    if mark.where == "body":
        what, pointer = mark.what, "response.body"
    elif mark.where == "cookie":
        what, pointer = "the name of a cookie", "response.headers[set-cookie]"
    else:
        value = shown(mark.where, response.header(mark.where), response.secrets)
        what, pointer = f"the header {mark.where}: {value[:60]}", f"response.headers[{mark.where}]"
    request = response.request
    path = redact(request.path, response.secrets)[:200]
    at = Location(request.origin, f"{request.method} {path} {pointer}", kind=Kind.WIRE)
    return _Shown(what, version, mark.alone, request.target in MALFORMED, at)


def _recognised(
    row: Technology, marks: dict[Mark, _Shown], origin: str, issued: list[Certificate]
) -> Recognised | None:
    own = [m for m in row.marks if not m.where]
    made = [f for f in issued if f.at.source == origin and any(m.pattern.search(f.issuer) for m in own)]
    if not marks and not made:
        return None
    told = [one.what for one in marks.values()] + [own[0].what for _ in made[:1]]
    at = next(
        (one.at for one in marks.values()), made[0].at if made else Location(origin, "", kind=Kind.WIRE)
    )
    weak = not made and not any(one.alone for one in marks.values()) and len(marks) < 2
    return Recognised(
        at,
        name=row.name,
        title=row.title,
        stage=row.stage,
        evidence=tuple(dict.fromkeys(told))[:ENOUGH],
        version=" or ".join(dict.fromkeys(one.version for one in marks.values() if one.version)),
        certain=not weak,
        first=any(one.first for one in marks.values()),
    )

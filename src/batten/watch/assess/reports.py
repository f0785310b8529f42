"""A JSON report to what an assessment brought: a life's row for every place, and what was looked at, by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from batten import masking
from batten.model import Exchange, Severity
from batten.model.record import record
from batten.reports.legible import legible
from batten.watch.assess import report as said
from batten.watch.assess.report import ReportProblem, decoded
from batten.watch.ledger.details import Accepted, Detail, Mending, packed
from batten.watch.model import Assessed, Seen, Side


class Texts:
    """The texts of one report. Most hold nothing that must be hidden: those are told from the others all at once."""

    def __init__(self, report: said.Report) -> None:
        self._suspect = masking.suspect(filter(None, _texts(report)))
        self._clean: dict[str, str] = {}

    def cut(self, text: str, most: int) -> str:
        """The text, of at most so many characters."""
        clean = self._clean.get(text)
        if clean is None:
            clean = self._clean[text] = legible(masking.filtered(text) if text in self._suspect else text)
        return clean if len(clean) <= most else clean[: most - 1] + "…"


__all__ = ["ReportProblem", "Wanted", "assessed_of"]


@record(kw_only=True)
class Wanted:
    """What is taken from a report: what it says of one environment (`environment` names it there; "": the one of the stage's
    name, or the only one) if `observed`, and of files if `declared`. `whole`: the paths that were read are all that is meant to be."""

    environment: str = ""
    stage: str = ""
    observed: bool = True
    declared: bool = True
    whole: bool = False


_PATH = 4096
MESSAGE = 1000  # characters of a finding's sentence
POINTER = 1000
CAUSE = 300  # an index holds it, and PostgreSQL's take no more than 2,704 bytes a row
PROBLEMS = 200  # sentences that are kept of a run
BODY = 64 << 10  # bytes of a detail
_CUTS = (16_000, 2_000, 200, 0)  # characters of its long texts, fewer until it fits
_WHOLE = ("check", "probe")  # commands whose reports hold all that was found
_READING = frozenset(("discover", "parse", "read", "judge"))


def assessed_of(data: bytes, wanted: Wanted) -> Assessed:
    """What a report says of one environment. Raises ReportProblem."""
    report = decoded(data)
    if report.command not in _WHOLE:
        raise ReportProblem(
            f"a report of `batten {report.command}` may leave findings out; run `batten check`"
        )
    texts = Texts(report)
    if not wanted.observed:
        observed: said.Environment | None = None
    else:
        named = {one.name: one for one in report.environments}
        if wanted.environment:
            observed = named.get(wanted.environment)
        else:
            observed = named.get(wanted.stage) or (
                report.environments[0] if len(report.environments) == 1 else None
            )
    found: dict[tuple[Side, str], Seen] = {}
    for one in _found(report, observed, wanted, texts):
        _keep(one, found)
    judged: dict[Side, frozenset[str]] = {}
    complete = set()
    if wanted.declared and report.ledger is not None:
        judged[Side.DECLARED] = frozenset(report.judged) | _controls(found.values(), Side.DECLARED)
        unlisted = any(p.stage == "discover" for p in report.problems)
        if (report.paths == [] or wanted.whole) and not unlisted:
            complete.add(Side.DECLARED)
    if observed is not None and observed.reached:
        judged[Side.OBSERVED] = frozenset(observed.judged) | _controls(found.values(), Side.OBSERVED)
        if not observed.not_assessed:
            complete.add(Side.OBSERVED)
    # The sides that the assessment set out to look at.
    sides: set[Side] = set()
    if wanted.declared and report.ledger is not None:
        sides.add(Side.DECLARED)
    if observed is not None or wanted.environment:
        sides.add(Side.OBSERVED)
    return Assessed(
        found=tuple(found.values()),
        judged=judged,
        places=_cleaned(_places(report), texts) if wanted.declared else frozenset(),
        unread=_cleaned(_unread(report), texts) if wanted.declared else frozenset(),
        complete=frozenset(complete),
        sides=frozenset(sides),
        missed={Side.OBSERVED: observed.missed} if observed is not None and observed.reached else {},
        off=frozenset(report.off),
        problems=tuple(_problems(report, observed, wanted, texts)),
        version=report.tool_version,
    )


def _controls(found: Iterable[Seen], side: Side) -> frozenset[str]:
    return frozenset(one.control for one in found if one.side is side)


def _cleaned(paths: Iterable[str], texts: Texts) -> frozenset[str]:
    """Paths as findings name their places, so that the two can be compared."""
    return frozenset(texts.cut(path, _PATH) for path in paths)


def _places(report: said.Report) -> frozenset[str]:
    """The files that were read whole."""
    return (
        frozenset(one.path for one in report.ledger.read if one.whole)
        if report.ledger is not None
        else frozenset()
    )


def _unread(report: said.Report) -> frozenset[str]:
    """What is there and was not read whole, or not by every control: nothing is known of it."""
    read = report.ledger.read if report.ledger is not None else ()
    part = (one.path for one in read if not one.whole)
    told = (p.source for p in report.problems if p.stage in _READING)
    return frozenset((*report.passed, *part, *told))


def _found(
    report: said.Report, observed: said.Environment | None, wanted: Wanted, texts: Texts
) -> Iterator[Seen]:
    for finding in report.findings:
        for spot in (*finding.places, *finding.also_breaks, *finding.same):
            # The side that a place is on; None for what is another environment's.
            if finding.environment:
                side: Side | None = (
                    Side.OBSERVED if observed is not None and finding.environment == observed.name else None
                )
            elif spot.at.kind != "wire":
                side = Side.DECLARED
            else:
                # What files declare was held against an answer: that is the environment's of its address.
                here = observed is not None and _origin(spot.at.path) == _origin(observed.url)
                side = Side.OBSERVED if here else None
            if side is Side.OBSERVED or (side is Side.DECLARED and wanted.declared):
                yield Seen(
                    side=side,
                    fingerprint=spot.fingerprint,
                    kin=spot.kin,
                    control=spot.control,
                    case=spot.case,
                    severity=Severity.named(spot.severity or finding.severity),
                    message=texts.cut(spot.message, MESSAGE),
                    place=texts.cut(spot.at.path, _PATH),
                    line=spot.at.line,
                    pointer=texts.cut(spot.at.pointer, POINTER),
                    cause=texts.cut(spot.cause, CAUSE) or f"{spot.control}:{spot.case}",
                    public=spot.public,
                    counts=finding.counts and finding.suppression is None,
                    breaks=finding.counts,
                    value=spot.value,
                    detail=_body(finding, spot, texts),
                )


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
        return f"{parts.scheme}://{parts.hostname}:{port}"
    except ValueError:
        return url


def _keep(one: Seen, found: dict[tuple[Side, str], Seen]) -> None:
    """Of several places with one identity the one that counts, and of these the worst."""
    former = found.get((one.side, one.fingerprint))
    if former is None or (one.counts, one.severity) > (former.counts, former.severity):
        found[one.side, one.fingerprint] = one


def _body(finding: said.Finding, spot: said.Spot, texts: Texts) -> bytes:
    """The detail within its bound: long texts are cut until it fits."""
    for most in _CUTS:
        body = packed(_detail(finding, spot, most, texts))
        if len(body) <= BODY:
            return body
    return packed(Detail(title=texts.cut(finding.title, 200), cut=True))


def _detail(finding: said.Finding, spot: said.Spot, most: int, texts: Texts) -> Detail:
    exchange, fix, quiet = spot.at.exchange, spot.fix, finding.suppression
    few = 20 if most >= _CUTS[1] else 3
    broader = spot is finding.places[0] if finding.places else False
    longest_texts = [spot.excerpt, spot.fix.diff if spot.fix is not None else ""]
    if spot.at.exchange is not None:
        longest_texts += [spot.at.exchange.request, spot.at.exchange.response]
    return Detail(
        title=texts.cut(spot.title or finding.title, 200),
        why=texts.cut(spot.why or finding.why, 2000),
        advice=texts.cut(spot.advice or finding.advice, 2000),
        excerpt=texts.cut(spot.excerpt, min(most, 1000)) if most else "",
        exchange=_exchange(exchange, most, texts) if exchange is not None and most else None,
        reach=tuple(texts.cut(step, 300) for step in spot.reach[:few]),
        also=tuple(_spot(at, texts) for at in spot.also[:few]),
        related=tuple(_spot(at, texts) for at in spot.related[:few]),
        also_breaks=tuple(dict.fromkeys(s.control for s in finding.also_breaks))[:few] if broader else (),
        context=finding.context,
        fix=_fix(fix, most, texts) if fix is not None else None,
        accepted=_accepted(quiet, texts) if quiet is not None else None,
        cut=max(map(len, longest_texts)) > most
        or max(len(spot.reach), len(spot.also), len(spot.related)) > few,
    )


def _spot(place: said.Place, texts: Texts) -> str:
    return texts.cut(
        f"{place.path}:{place.line}" if place.line else f"{place.path} {place.pointer}".strip(), 1000
    )


def _exchange(exchange: said.Exchange, most: int, texts: Texts) -> Exchange:
    return Exchange(texts.cut(exchange.request, most), texts.cut(exchange.response, most))


def _fix(fix: said.Fix, most: int, texts: Texts) -> Mending:
    diff = texts.cut(fix.diff, most) if len(fix.diff) <= most else ""  # half a diff cannot be applied
    return Mending(
        title=texts.cut(fix.title, 500), safety=fix.safety, breaks=texts.cut(fix.breaks, 500), question=texts.cut(fix.question, 500),
        diff=diff, withheld=fix.withheld,
    )  # fmt: skip


def _accepted(quiet: said.Suppression, texts: Texts) -> Accepted:
    return Accepted(
        kind=quiet.kind,
        reason=texts.cut(quiet.reason, 1000),
        owner=texts.cut(quiet.owner, 200),
        until=quiet.until,
    )


def _problems(
    report: said.Report, observed: said.Environment | None, wanted: Wanted, texts: Texts
) -> Iterator[str]:
    """What was not read or reached, a sentence each, the most important first."""
    told = []
    if observed is None and wanted.environment:
        told.append(f"the report has no environment '{texts.cut(wanted.environment, 200)}'")
    elif observed is None and wanted.observed and report.environments:
        told.append("the report has several environments; name one in the setting `environment`")
    elif observed is not None and not observed.reached and not observed.not_assessed:
        told.append(f"{texts.cut(observed.url or observed.name, 500)} did not answer")
    live = observed.not_assessed if observed is not None else []
    files = [p for p in report.problems if p.counts] if wanted.declared or observed is None else []
    told += [texts.cut(_sentence(p), MESSAGE) for p in (*live, *files)]
    every = list(dict.fromkeys(told))
    yield from every[:PROBLEMS]
    if len(every) > PROBLEMS:
        yield f"{len(every) - PROBLEMS:,} more problems are not listed"


def _sentence(problem: said.Problem) -> str:
    """A problem as one sentence, with its place."""
    place = f"{problem.source}:{problem.line}" if problem.line else problem.source
    where = f"{place}: " if place not in ("", ".") else ""
    return f"{where}{problem.message}" + (f"; {problem.hint}" if problem.hint else "")


def _texts(report: said.Report) -> Iterator[str]:
    """Every text that may be kept."""
    for finding in report.findings:
        yield from (finding.title, finding.why, finding.advice)
        if finding.suppression is not None:
            yield from (finding.suppression.reason, finding.suppression.owner)
        for spot in (*finding.places, *finding.also_breaks, *finding.same):
            yield from (spot.title, spot.why, spot.advice, spot.message, spot.excerpt, *spot.reach)
            for place in (spot.at, *spot.also, *spot.related):
                yield from (place.path, place.pointer)
                if place.exchange is not None:
                    yield from (place.exchange.request, place.exchange.response)
            if spot.fix is not None:
                yield from (spot.fix.title, spot.fix.breaks, spot.fix.question, spot.fix.diff)
    yield from map(_sentence, report.problems)
    for environment in report.environments:
        yield from (environment.name, environment.url)
        yield from map(_sentence, environment.not_assessed)

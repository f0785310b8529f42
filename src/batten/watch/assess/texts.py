"""Texts of a stranger's report as they may be kept: without what looks like a secret, and with those
characters named that no page shows."""

from __future__ import annotations

from collections.abc import Iterator

from batten import masking
from batten.reports.legible import legible
from batten.watch.assess import report as said


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


def sentence(problem: said.Problem) -> str:
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
    yield from map(sentence, report.problems)
    for environment in report.environments:
        yield from (environment.name, environment.url)
        yield from map(sentence, environment.not_assessed)

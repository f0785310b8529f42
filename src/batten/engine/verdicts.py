"""What people say of findings: useful, noise or false. The file of verdicts holds places and sentences, never a line of a
file, and is what precision is computed from (`engine/precision.py`)."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from enum import Enum
from pathlib import Path
from typing import TypeVar

import msgspec

from batten import __version__
from batten.engine.causes import Cause
from batten.engine.shown import finding_shown, source
from batten.files import Refused
from batten.files.named import read_named, write_named
from batten.masking import sentence
from batten.model.record import record

NAME = "verdicts.jsonl"
T = TypeVar("T")


class VerdictsProblem(Exception):
    """A file of verdicts cannot be used; the sentence says why."""


class Judgement(Enum):
    """What a reader thinks of a finding. `NOISE` is true, but operators of this stack would not act on it."""

    USEFUL = "useful"
    NOISE = "noise"
    FALSE = "false"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One judgement of one finding by one judge; `date` is an ISO day, `version` batten's, `reason` may be empty."""

    stack: str
    fingerprint: str
    control: str
    case: str
    severity: str
    path: str
    line: int
    message: str
    judgement: Judgement
    judge: str
    date: str
    version: str
    reason: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.stack, self.fingerprint, self.judge


@record
class Judge:
    """Who judges which stack, and on which day."""

    name: str
    stack: str
    today: date

    def says(self, cause: Cause, judgement: Judgement, reason: str = "") -> Verdict:
        """A verdict to note, by the identity of the cause's first place: places and sentences only, secrets masked."""
        finding = finding_shown(cause.lead)
        return Verdict(
            stack=self.stack,
            fingerprint=finding.fingerprint,
            control=finding.control,
            case=finding.case,
            severity=finding.severity.label,
            path=source(finding.at.source),
            line=finding.region.line if finding.region else 0,
            message=sentence(cause.message),
            judgement=judgement,
            judge=self.name,
            date=self.today.isoformat(),
            version=__version__,
            reason=sentence(reason),
        )


class Verdicts:
    """A file of verdicts, one a line, written whole after each of them: a verdict is never lost, and a file never torn."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held = {verdict.key: verdict for verdict in read_verdicts(path, absent=True)}

    def hold(self, judge: Judge, cause: Cause) -> bool:
        """Whether the judge gave a verdict of the cause, by any of its places: another one may have become the first."""
        every = (*cause.places, *cause.same)
        return any((judge.stack, place.fingerprint, judge.name) in self._held for place in every)

    def add(self, verdict: Verdict) -> None:
        """Note a verdict in the place of the one before. Raises VerdictsProblem."""
        self._held[verdict.key] = verdict
        encoded = (msgspec.json.encode(one) + b"\n" for one in self._held.values())
        try:
            write_named(self.path, b"".join(encoded))
        except Refused as error:
            raise VerdictsProblem(f"{self.path}: {error}; {error.hint}") from error
        except OSError as error:
            raise VerdictsProblem(f"{self.path} cannot be written: {error.strerror or error}") from error


def read_verdicts(path: Path, absent: bool = False) -> list[Verdict]:
    """The verdicts of a file, in its order; with `absent`, none for a file that is not there. Raises VerdictsProblem."""
    try:
        data = read_named(path)
    except FileNotFoundError as error:
        if absent:
            return []
        raise VerdictsProblem(f"{path}: there is no such file; `batten triage` writes it") from error
    except OSError as error:
        raise VerdictsProblem(f"{path}: {error.strerror or error}") from error
    except Refused as error:
        raise VerdictsProblem(f"{path}: {error}; {error.hint}") from error
    return list(_decoded(path, data))


def _decoded(path: Path, data: bytes) -> Iterator[Verdict]:
    for number, line in enumerate(data.splitlines(), 1):
        if line.strip():
            try:
                yield msgspec.json.decode(line, type=Verdict)
            except (msgspec.DecodeError, RecursionError) as error:
                raise VerdictsProblem(f"{path}:{number}: not a verdict: {error}") from error


def sample(causes: Sequence[Cause], most: int, seed: int) -> list[Cause]:
    """At most `most` causes, drawn in turn from each control, so that no control fills the sample. The same causes and
    seed give the same sample, in the causes' own order."""
    strata: dict[str, list[int]] = defaultdict(list)
    for index, cause in enumerate(causes):
        strata[cause.lead.control].append(index)
    order = _shuffled(sorted(strata), str(seed))
    drawn = [
        (turn, order.index(control), index)
        for control, indexes in strata.items()
        for turn, index in enumerate(_by_identity(causes, indexes, f"{seed} {control}"))
    ]
    chosen = {index for _, _, index in sorted(drawn)[:most]}
    return [cause for index, cause in enumerate(causes) if index in chosen]


def _by_identity(causes: Sequence[Cause], indexes: Iterable[int], seed: str) -> list[int]:
    """The indexes in an order that lines which moved in a file do not change."""
    return _shuffled(sorted(indexes, key=lambda index: causes[index].lead.fingerprint), seed)


def _shuffled(items: list[T], seed: str) -> list[T]:
    random.Random(seed).shuffle(items)
    return items

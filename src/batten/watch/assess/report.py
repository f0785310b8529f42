"""A JSON report as the service reads it: a stranger's words, so only what is needed is decoded, within bounds.

The reports of former versions decode, too: what they do not say is left open, never guessed.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

LARGEST = 64 << 20  # bytes of a report
FINDINGS = 100_000  # causes of a report
LISTED = 200_000  # paths, places
_SHORT, _LINE, _LONG = 200, 4096, 400_000  # characters

Slug = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,99}$")]
Mark = Annotated[str, Meta(pattern=r"^[0-9a-f]{8,64}$")]
MarkOrNone = Annotated[str, Meta(pattern=r"^([0-9a-f]{8,64})?$")]
Word = Annotated[str, Meta(max_length=_SHORT)]
Line = Annotated[str, Meta(max_length=_LINE)]
Long = Annotated[str, Meta(max_length=_LONG)]
SeverityName = Literal["info", "low", "medium", "high", "critical"]


class Exchange(msgspec.Struct, frozen=True):
    request: Long
    response: Long


class Place(msgspec.Struct, frozen=True):
    path: Line
    pointer: Line
    kind: Literal["value", "block", "wire"]
    line: Annotated[int, Meta(ge=0, le=1 << 31)] = 0
    exchange: Exchange | None = None


Places = Annotated[list[Place], Meta(max_length=LISTED)]


class Fix(msgspec.Struct, frozen=True):
    title: Line
    safety: Literal["safe", "risky", "value"]
    breaks: Line = ""
    question: Line = ""
    diff: Long = ""
    withheld: bool = False


class Suppression(msgspec.Struct, frozen=True):
    kind: Word
    reason: Line = ""
    owner: Word = ""
    until: Word = ""


class Spot(msgspec.Struct, frozen=True):
    control: Slug
    case: Word
    message: Long
    fingerprint: Mark
    at: Place
    excerpt: Long = ""
    reach: Annotated[list[Line], Meta(max_length=1000)] = []
    also: Places = []
    related: Places = []
    fix: Fix | None = None
    severity: SeverityName | None = None
    public: bool | None = None
    value: MarkOrNone = ""
    kin: MarkOrNone = ""
    cause: Line = ""
    title: Line = ""
    why: Line = ""
    advice: Line = ""


Spots = Annotated[list[Spot], Meta(max_length=FINDINGS)]


class Finding(msgspec.Struct, frozen=True):
    title: Line
    severity: SeverityName
    why: Line
    advice: Line
    environment: Line
    context: Word
    counts: bool
    places: Spots
    also_breaks: Spots = []
    same: Spots = []
    suppression: Suppression | None = None


class Problem(msgspec.Struct, frozen=True):
    source: Line
    stage: Word
    message: Long
    hint: Line = ""
    line: Annotated[int, Meta(ge=0, le=1 << 31)] = 0
    counts: bool = True


Problems = Annotated[list[Problem], Meta(max_length=LISTED)]
Slugs = Annotated[list[Slug], Meta(max_length=10_000)]


class Environment(msgspec.Struct, frozen=True):
    name: Line
    url: Line
    reached: bool
    not_assessed: Problems = []
    judged: Slugs = []
    missed: MarkOrNone = ""


class Read(msgspec.Struct, frozen=True):
    path: Line
    whole: bool


class Ledger(msgspec.Struct, frozen=True):
    read: Annotated[list[Read], Meta(max_length=LISTED)]


class Report(msgspec.Struct, frozen=True):
    version: Literal[1]
    tool: Literal["batten"]
    tool_version: Word
    command: Word
    findings: Annotated[list[Finding], Meta(max_length=FINDINGS)]
    problems: Problems
    environments: Annotated[list[Environment], Meta(max_length=1000)]
    ledger: Ledger | None = None
    judged: Slugs = []
    off: Slugs = []
    paths: Annotated[list[Line], Meta(max_length=LISTED)] | None = None  # null: a former version does not say
    passed: Annotated[list[Line], Meta(max_length=LISTED)] = []


class ReportProblem(Exception):
    """A report that cannot be used; the sentence says why."""


_DECODER = msgspec.json.Decoder(Report)


def decoded(data: bytes) -> Report:
    """The report in these bytes. Raises ReportProblem."""
    if len(data) > LARGEST:
        raise ReportProblem(f"the report has more than {LARGEST >> 20} MiB; split the repository's review")
    try:
        return _DECODER.decode(data)
    except RecursionError:
        raise ReportProblem("the report is too deeply nested; send what --format json writes") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        said = " ".join(str(error).split())[:300]
        raise ReportProblem(
            f"this is not a JSON report of batten: {said}; send what --format json writes"
        ) from None

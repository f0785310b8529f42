"""The ledger as JSON and SARIF have it."""

from __future__ import annotations

import msgspec

from batten.advisories.gaps import Packages
from batten.engine.ledger import Ledger
from batten.reports.ledger import summary
from batten.reports.vocabulary import ContextName


class JsonRead(msgspec.Struct, frozen=True):
    path: str
    technologies: list[str]
    context: ContextName
    whole: bool


class JsonUnread(msgspec.Struct, frozen=True):
    """`kind` is what the file is; `why` is no-reader, template, elsewhere, script or not-understood. `part` is what the
    file takes from another place; "" for the file itself."""

    path: str
    kind: str
    why: str
    context: ContextName
    counts: bool
    part: str


class JsonUnjudged(msgspec.Struct, frozen=True):
    """A setting that batten knows and does not read, `times` in the file of `at`, first there; `touches` says what it is
    about."""

    setting: str
    technology: str
    at: str
    times: int
    touches: str
    context: ContextName
    counts: bool


class JsonUnclear(msgspec.Struct, frozen=True):
    """A setting that code gives by an expression that batten does not understand, at its place."""

    setting: str
    technology: str
    at: str
    context: ContextName
    counts: bool


class JsonTogether(msgspec.Struct, frozen=True):
    """Files that are used together, what for, and the file (with a line) that shows it."""

    files: list[str]
    context: ContextName
    shown: str


class JsonGap(msgspec.Struct, frozen=True):
    """Packages of which it is not known whether they have known vulnerabilities: how many, and why. `subject` is an ecosystem, a
    package or a vulnerability, "" for all of them; `lack` is the reason in a word."""

    lack: str
    subject: str
    packages: int
    said: str
    hint: str


class JsonPackages(msgspec.Struct, frozen=True):
    """How many packages the files that count name, how many of them were compared with advisories and with which (`origin`)."""

    named: int
    compared: int
    origin: str
    gaps: list[JsonGap]


class JsonLedger(msgspec.Struct, frozen=True):
    """`unknown` counts settings of files that count by reason, `unknown_apart` those of other files; `left_out` counts
    folders of tools by name, and files by the glob of `ignore:`. `packages` is null where no file names any."""

    summary: str
    read: list[JsonRead]
    unread: list[JsonUnread]
    unknown: dict[str, int]
    unknown_apart: int
    left_out: dict[str, int]
    together: list[JsonTogether]
    unjudged: list[JsonUnjudged]
    unclear: list[JsonUnclear]
    packages: JsonPackages | None


def as_json(ledger: Ledger) -> JsonLedger:
    return JsonLedger(
        summary(ledger),
        [JsonRead(one.path, list(one.technologies), one.context.value, one.whole) for one in ledger.read],
        [
            JsonUnread(one.path, one.kind, one.why.value, one.context.value, one.counts, one.part)
            for one in ledger.unread
        ],
        {reason.value: count for reason, count in ledger.unknown.items()},
        ledger.apart,
        ledger.left_out,
        [JsonTogether(list(one.files), one.context.value, one.shown) for one in ledger.together],
        [
            JsonUnjudged(
                one.setting, one.technology, one.at, one.times, one.touches, one.context.value, one.counts
            )
            for one in ledger.unjudged
        ],
        [
            JsonUnclear(one.setting, one.technology, one.at, one.context.value, one.counts)
            for one in ledger.unclear
        ],
        None if ledger.packages is None else _packages(ledger.packages),
    )


def _packages(packages: Packages) -> JsonPackages:
    gaps = [JsonGap(gap.lack.value, gap.subject, gap.packages, gap.said, gap.hint) for gap in packages.gaps]
    return JsonPackages(packages.named, packages.compared, packages.origin, gaps)

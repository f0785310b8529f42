"""The ledger of a review, and what is wrong with a run that it does not bear out."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from batten.engine.discover import paths
from batten.engine.ledger import REQUIRED, Ledger, Read, Reason, Together, Unclear, Unjudged, Unread, Why
from batten.engine.patched import not_compared
from batten.engine.recognition import shown
from batten.engine.review import Review
from batten.engine.unknowns import reason_of, unknowns, unresolved
from batten.facts import AppSettings, Cookie, CorsPolicy, UnreadRoutes
from batten.formats import Unreadable
from batten.model import Context, Location, Problem
from batten.technologies import named_like, technologies
from batten.technologies.shared import inventory as inventories
from batten.technologies.shared.unread import (
    UnreadKind,
    candidates,
    elsewhere,
    is_template,
    may_be_template,
    row_of,
    scripts,
    shows,
    template_of,
)

_READING = frozenset(("discover", "parse", "read"))
_MOST_NAMED = 3


def accounted(result: Review) -> Ledger:
    """What the review read and did not, worked out once; a kept review brings its own."""
    if result.ledger is None:
        read, unread = _files(result)
        unread = (*unread, *_named(result, read, unread), *_planted(result))
        unknown, apart = _settings(result)
        # The files whose use is not what their own names and folders say, or not all of it.
        # The settings that files use and their readers do not read, each once a file.
        unjudged: list[Unjudged] = []
        found: dict[tuple[str, str, str], list[Location]] = {}
        for unjudged_unit in result.units:
            technology = technologies()[unjudged_unit.technology]
            wanted = inventories.suspects(technology.name)
            if (
                wanted is None
                or unjudged_unit in result.failed
                or not any(wanted.search(_text(file, result)) for file in unjudged_unit.files)
            ):
                continue
            for name, at in technology.settings(unjudged_unit, result.workspace):
                if name in inventories.unread(technology.name):
                    found.setdefault((technology.name, at.source, name), []).append(at)
        for (technology_name, source, name), places in sorted(found.items(), key=lambda one: one[0]):
            context = result.contexts.of_path(source, technology_name)
            unjudged.append(
                Unjudged(
                    name,
                    technologies()[technology_name].title,
                    _line(places[0], result),
                    len(set(places)),
                    inventories.unread(technology_name)[name].said,
                    context,
                    result.contexts.rule(context).gate,
                )
            )
        result.ledger = Ledger(
            read=read,
            unread=unread,
            unknown=unknown,
            apart=apart,
            left_out=result.left_out,
            together=tuple(
                Together(use.files, use.context, _line(use.shown, result))
                for use in dict.fromkeys(unit.use for unit in result.units if unit.use is not None)
            ),
            unjudged=tuple(unjudged),
            unclear=tuple(_unclear(result)),
            packages=result.packages,
        )
    return result.ledger


def _named(result: Review, read: tuple[Read, ...], unread: tuple[Unread, ...]) -> Iterator[Unread]:
    """The files that a command names and that nothing read as what it says, but for those that are told already."""
    readers = {one.path: one.technologies for one in read}
    known = {one.path for one in unread}
    for one in result.named:
        title = technologies()[one.technology].title
        if one.technology in readers.get(one.path, ()) or one.path in known:
            continue
        if not one.read and one.path in readers:
            continue
        why = Why.TEMPLATE if is_template(one.path) else Why.NAMED
        context = result.contexts.of_path(one.path, one.technology)
        counts = result.contexts.rule(context).gate
        yield Unread(one.path, f"{title} file, named by", why, context, counts, _line(one.at, result))


def _planted(result: Review) -> Iterator[Unread]:
    """The folders of tools in which configuration is that no tool put there. What their names make of them excuses nothing."""
    for one in result.planted:
        count = (
            f"{'more than ' if one.more else ''}{len(one.files):,} file{'s' if len(one.files) > 1 else ''}"
        )
        first = ", ".join(posixpath.relpath(path, one.folder) for path in one.files[:_MOST_NAMED])
        titles = _joined(list(one.titles[:_MOST_NAMED]))
        kind = f"{count} of {titles}{' that git tracks' if one.tracked else ''}:"
        more = ", …" if len(one.files) > _MOST_NAMED else ""
        yield Unread(f"{one.folder}/", kind, Why.SKIPPED, Context.PRODUCTION, True, f"{first}{more}")


# What decides a setting of code elsewhere, and so is no expression to understand.
_DECIDED = re.compile(
    r"(?i)environ|getenv|(?<![a-z])env(?![a-z])|import\.meta|config|settings?\b|viper|secrets?\b|argv?\b|args\b|options?\b|props\b"
)
# A name, or a call of one with what is written in its parentheses, on one line.
_EXPRESSION = re.compile(r"[\w.:?!]{1,80}(?:\([^()\n]{0,120}\))?")
_TELLING = {
    AppSettings: ("debug", "hosts"),
    Cookie: ("secure", "http_only"),
    CorsPolicy: ("origins", "credentials"),
}


def _unclear(result: Review) -> Iterator[Unclear]:
    """The grave settings of code that are set by a call or a name that leads nowhere: few, since most are decided by variables."""
    seen: set[tuple[str, int]] = set()
    for one in unresolved(result.facts, result.workspace):
        at = one.setting.at
        if (
            one.name not in _TELLING.get(type(one.fact), ())
            or reason_of(one, result.workspace) is not Reason.RUNTIME
        ):
            continue
        text = _text(at.source, result)
        assert at.span is not None  # what is known only at run time has a place
        written = text[at.span.start : at.span.end]
        if (
            not _EXPRESSION.fullmatch(written)
            or _DECIDED.search(written)
            or (at.source, at.span.start) in seen
        ):
            continue
        name = re.match(r"[\w.]+", written)
        given = (
            re.search(
                rf"(?m)^[ \t]*(?:(?:export|const|let|var)[ \t]+)*{re.escape(name[0])}\b[^=\n]{{0,80}}=([^\n]+)",
                text,
            )
            if name
            else None
        )  # ours: a name
        if given is not None and _DECIDED.search(given[1]):
            continue
        seen.add((at.source, at.span.start))
        technology = result.readers.get(id(one.fact), "")
        context = result.contexts.of(one.fact.at, technology)
        setting = (at.pointer or one.name).rpartition("/")[2]
        title = technologies()[technology].title if technology in technologies() else technology
        yield Unclear(setting, title, _line(at, result), context, result.contexts.rule(context).gate)


def _line(at: Location, result: Review) -> str:
    """`compose.yaml:12`, or the file alone where a place has no span."""
    return (
        at.source
        if at.span is None
        else f"{at.source}:{result.workspace.text(at.source).line_of(at.span.start)}"
    )


def _files(result: Review) -> tuple[tuple[Read, ...], tuple[Unread, ...]]:
    readers, failed = _readers(result), {f for unit in result.failed for f in unit.files}
    told = {p.source for p in result.problems if p.stage in _READING}
    found, unrouted = {source for source, _ in result.owners_by}, _unrouted(result)
    read: list[Read] = []
    unread: list[Unread] = []
    for path in sorted({*result.listed, *readers}):
        names, why = tuple(sorted(readers.get(path, ()))), Why.NO_READER
        # What kind of file without a reader this is; "" where it does not matter, or a reader took it.
        kind_read = path in found
        rows = [row for row in candidates(path) if row.instead or not kind_read]
        row = row_of(rows, _head(path, result, rows)) if rows else None
        kind = row.kind if row is not None else ""
        if not kind and path not in found and (path in told or path in failed):
            kind, why = (
                _joined([technologies()[name].title for name in names]) or _likely(path),
                Why.NOT_UNDERSTOOD,
            )
            if path not in told and may_be_template(path):
                kind, why = f"template of {kind}", Why.TEMPLATE
        elif not kind and not names:
            kind, why = _made(path, result), Why.TEMPLATE
        if not kind and not names:
            continue
        context = result.contexts.of_path(path, names[0] if names else "")
        if kind:
            counts = result.contexts.rule(context).gate
            unread += (
                Unread(path, one, why, context, counts)
                for one in dict.fromkeys((kind, *_others(path, result)))
            )
        else:
            others = _others(path, result)
            counts = result.contexts.rule(context).gate
            local = context is Context.GITIGNORED and not counts
            whole = path not in told and not others and path not in unrouted
            read.append(Read(path, names, context, whole, local))
            unread += (Unread(path, other, Why.NO_READER, context, counts) for other in others)
            unread += _elsewhere(read[-1], result)
            unread += unrouted.get(path, ())
    return tuple(read), tuple(unread)


def _unrouted(result: Review) -> dict[str, list[Unread]]:
    """Routes that files register under paths that were not read, each once a file."""
    found: dict[str, list[Unread]] = {}
    for fact in result.facts:
        if isinstance(fact, UnreadRoutes):
            context = result.contexts.of(fact.at, result.readers.get(id(fact), ""))
            kind, counts = f"{fact.what} ({fact.why})", result.contexts.rule(context).gate
            one = Unread(fact.at.source, kind, Why.COMPUTED, context, counts, fact.part)
            found.setdefault(fact.at.source, [])
            if one not in found[fact.at.source]:
                found[fact.at.source].append(one)
    return found


def _others(path: str, result: Review) -> list[str]:
    """The kinds of resources beside those that a reader knows, such as Azure's beside those of AWS, or Istio's."""
    rows = [row for row in candidates(path) if row.beside]
    head = _head(path, result) if rows else ""
    return list(dict.fromkeys(row.kind for row in rows if shows(row, head)))


def _elsewhere(one: Read, result: Review) -> Iterator[Unread]:
    """What a file that was read takes from other places, and the scripts that it runs, each once."""
    counts = result.contexts.rule(one.context).gate
    for name in one.technologies:
        for kind, part in dict.fromkeys(elsewhere(name, one.path, result.workspace)):
            yield Unread(one.path, kind, Why.ELSEWHERE, one.context, counts, part)
        for kind, part in dict.fromkeys(scripts(name, one.path, result.workspace)):
            yield Unread(one.path, kind, Why.SCRIPT, one.context, counts, part)


def _readers(result: Review) -> dict[str, set[str]]:
    """The technologies that read each file: those of its units, and those that followed an include to it."""
    found: dict[str, set[str]] = {}
    fruitful = {unit for key, unit in result.owners_by.items() if unit.technology == key[1]}
    for unit in result.units:
        if technologies()[unit.technology].certain or unit in fruitful or unit in result.failed:
            for file in unit.files:
                found.setdefault(file, set()).add(unit.technology)
    for source, name in result.owners_by:
        if source not in found and result.workspace.exists(source):
            found[source] = {name}
    return found


def _head(path: str, result: Review, rows: Sequence[UnreadKind] = ()) -> str:
    """What a file shows in every spelling, where a row looks at it."""
    if rows and not any(row.shows or row.unless for row in rows):
        return ""
    return shown(path, _text(path, result))


def _text(path: str, result: Review) -> str:
    """The text of a file; "" for what cannot be read as one."""
    try:
        return result.workspace.text(path).text
    except Unreadable:
        return ""


def _made(path: str, result: Review) -> str:
    """What a template makes, if it is a configuration that would be read."""
    titles = [t.title for t in template_of(path, _head(path, result))] if is_template(path) else []
    return f"template of {_joined(titles)}" if titles else ""


def _likely(path: str) -> str:
    """What a file that is no text would be by its name, where that leaves one choice."""
    named = named_like(path)
    return named[0].title if len(named) == 1 else "unreadable file"


def _joined(titles: list[str]) -> str:
    return " or ".join(titles)


def _settings(result: Review) -> tuple[dict[Reason, int], int]:
    """How many settings of files that count stayed unknown, by reason; and how many others."""
    counted: Counter[Reason] = Counter()
    apart = 0
    for one in unresolved(result.facts, result.workspace):
        context = result.contexts.of(one.fact.at, result.readers.get(id(one.fact), ""))
        if result.contexts.rule(context).gate:
            counted[reason_of(one, result.workspace)] += 1
        else:
            apart += 1
    return dict(counted.most_common()), apart


def passed_over(result: Review, only: Sequence[str] = ()) -> tuple[str, ...]:
    """The files that are named like configuration and were not read: another text than before, or a row under `ignore:`,
    may be all that keeps findings of them from being made again. Where the name alone decides, a file without findings was read."""
    every = paths(result.workspace, only).paths if result.ignored else result.listed
    by_name = (u for u in result.units if u not in result.failed and not technologies()[u.technology].sniff)
    read = {one.path for one in accounted(result).read} | {file for unit in by_name for file in unit.files}
    return tuple(sorted(path for path in every if path not in read and named_like(path)))


def shortfalls(
    result: Review, only: Sequence[str], required: Iterable[str] = (), answered: bool = False
) -> list[Problem]:
    """What a verdict would lack: something that was assessed (an environment that `answered` is), and the technologies
    that the user requires. Where a problem says already that a file was not read, that is enough."""
    ledger = accounted(result)
    told = any(p.counts and p.stage in _READING for p in result.problems)
    nothing = () if ledger.assessed or answered or told else _nothing_assessed(ledger, only)
    return [*nothing, *_unmet(ledger, required)]


def strictly(result: Review) -> list[Problem]:
    """Problems of all that stayed unknown and of each file that matters and was not read."""
    unknown = result.contexts.weighed(unknowns(result.facts, result.workspace))
    return [*unknown, *_not_read(accounted(result)), *not_compared(result.packages)]


def _nothing_assessed(ledger: Ledger, only: Sequence[str]) -> Iterable[Problem]:
    """A verdict would be about nothing, or about no file of the repository."""
    if not ledger.read:
        return _nothing_read(ledger, only)
    count = len(ledger.read)
    files = "the one file that was read is" if count == 1 else f"all {count:,} files that were read are"
    said = f"nothing was assessed: {files} named by .gitignore and not tracked by git"
    hint = "add --context gitignored to count their findings, or correct .gitignore"
    return [Problem(".", "discover", said, hint=hint)]


def _nothing_read(ledger: Ledger, only: Sequence[str]) -> Iterator[Problem]:
    """A verdict would be about nothing."""
    where = ", ".join(only[:_MOST_NAMED]) + (" …" if len(only) > _MOST_NAMED else "")
    hint = "name a folder or file that holds configuration; docs/coverage.md lists what batten reads"
    if ledger.unread:
        kinds = ", ".join(dict.fromkeys(one.kind for one in ledger.unread[:_MOST_NAMED]))
        hint = f"batten does not read {kinds}: review them by hand, or {hint}"
    elif ledger.left_out:
        hint = f"{hint}; left out: {', '.join(list(ledger.left_out)[:_MOST_NAMED])}"
    said = f"nothing was assessed: batten recognises no file {f'in {where}' if where else 'here'}"
    yield Problem(".", "discover", said, hint=hint)


def _unmet(ledger: Ledger, required: Iterable[str]) -> Iterator[Problem]:
    """A problem for each technology that must have been read in production files, and was not."""
    tally = ledger.tally()
    for name in dict.fromkeys(required):
        if tally[name, Context.PRODUCTION]:
            continue
        known = technologies()[name]
        others = sum(count for (read, _), count in tally.items() if read == name)
        elsewhere = f"; {others} of other contexts do not count" if others else ""
        said = f"no production file of {known.title} was read, and --require {name} needs one{elsewhere}"
        globs = ", ".join(known.files[:_MOST_NAMED])
        yield Problem(".", REQUIRED, said, hint=f"add the file, such as {globs}, or name its folder")


def _not_read(ledger: Ledger) -> Iterator[Problem]:
    """A problem for each file that matters and was not read, for a run that must have read everything."""
    for one in ledger.unread:
        if one.why is not Why.NOT_UNDERSTOOD:  # that is a problem already
            hint = "review it by hand, or list it under `ignore:` in batten.yaml"
            what = f"{one.kind} `{one.part}`" if one.part else one.kind
            said = f"{what} was not read: {one.why.said}"
            yield Problem(one.path, "discover", said, hint=hint, counts=one.counts)

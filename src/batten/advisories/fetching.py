"""Bring the database of a folder up to date from an export: an ecosystem at a time, each in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice

from batten.advisories.archive import BadArchive, Unread, records
from batten.advisories.database import AffectedPackage, Database, Kept
from batten.advisories.exports import Change, Export, moment
from batten.advisories.ratings import rated
from batten.advisories.records import BadRecord, Published, entry_of, named, published
from batten.advisories.versions import family
from batten.advisories.web import Unavailable
from batten.model.record import record

# What is fetched where the user names nothing: the ecosystems whose lock files and lists batten reads.
USUAL = ("PyPI", "npm", "Go", "crates.io", "Maven", "RubyGems", "Packagist", "NuGet", "Debian", "Alpine")
MOST_CHANGES = 2000  # records that are fetched one by one; of more the archive is fetched
AGAIN = timedelta(days=2)  # before the newest record known, what a source published late is looked for
_BATCH = 2000
_FIRST = 2000  # the year from which a time is one


@record
class Fetched:
    """What became of one ecosystem: how many records were read and are kept, those that could not be read, and whether
    only changes were fetched."""

    ecosystem: str
    read: int
    kept: int
    unread: tuple[Unread, ...]
    whole: bool


@record
class Failed:
    """An ecosystem of which what is kept stays as it was, and why."""

    ecosystem: str
    why: str


@dataclass(slots=True)
class _Seen:
    """What was read so far."""

    read: int = 0
    newest: datetime | None = None
    unread: list[Unread] = field(default_factory=list)

    def note(self, one: Published) -> None:
        self.read += 1
        when = _when(one)
        if when is not None and (self.newest is None or when > self.newest):
            self.newest = when


def fetch(
    database: Database,
    export: Export,
    ecosystems: Iterable[str],
    now: datetime,
    progress: Callable[[str], None] = lambda line: None,
) -> Iterator[Fetched | Failed]:
    """Each ecosystem as the export has it; one that fails is left as it was. Raises NoDatabase (`kept`) and OSError."""
    known = database.ecosystems()
    for name in ecosystems:
        progress(f"fetching {name}")
        try:
            done = _changes(database, export, name, known.get(name), now)
            yield done if done is not None else _whole(database, export, name, now)
        except (Unavailable, BadArchive) as error:
            yield Failed(name, str(error))


def _changes(
    database: Database, export: Export, name: str, known: Kept | None, now: datetime
) -> Fetched | None:
    """What changed since the last time, fetched record by record; None where the archive is to be fetched."""
    newest = moment(known.newest) if known is not None else None
    if newest is None or newest.year < _FIRST:
        return None
    changed = export.changes(name, newest - AGAIN, MOST_CHANGES)
    if changed is None:
        return None
    have = database.modified(name)
    wanted = [one for one in changed if have.get(one.name) != one.when.isoformat()]
    wanted += [Change(newest, failed) for failed in database.failed(name)]
    seen = _Seen(newest=newest)
    got = {one.name: _one(export, name, one.name, seen) for one in wanted}
    with database.changing():
        for changed_name, fresh in got.items():
            if fresh is None:
                database.note_failed(name, changed_name)
            else:
                database.replace(name, changed_name, _rows(fresh, name))
        database.note(name, now, _said(seen, now))
    return _fetched(database, name, seen, whole=False)


def _one(export: Export, ecosystem: str, name: str, seen: _Seen) -> Published | None:
    """A record, of the name that it was asked for; None where it cannot be read."""
    try:
        got = published(export.record(ecosystem, name))
        if got.id != name:
            raise BadRecord("it has another id")
    except BadRecord as error:
        seen.unread.append(Unread(name, str(error)))
        return None
    except Unavailable as error:
        if error.status not in (403, 404, 410):
            raise
        seen.unread.append(Unread(name, str(error)))
        return None
    seen.note(got)
    return got


def _whole(database: Database, export: Export, name: str, now: datetime) -> Fetched:
    """The archive of an ecosystem in the place of all that is kept of it, but for records that it has damaged."""
    seen = _Seen()
    with export.archive(name) as file, database.changing():
        database.stage()
        found = _sound(records(file), seen)
        while batch := list(islice(found, _BATCH)):
            database.put(name, (row for one in batch for row in _rows(one, name)))
        if not seen.read:
            raise BadArchive("none of its records could be read")
        if seen.newest is None and not export.live:
            raise BadArchive("none of its records says when it was changed, so its age is not known")
        database.settle(name, [one.name for one in seen.unread])
        for one in seen.unread:
            database.note_failed(name, one.name)
        dated = min(now, seen.newest) if seen.newest is not None and not export.live else now
        database.note(name, dated, _said(seen, now))
    return _fetched(database, name, seen, whole=True)


def _sound(found: Iterable[Published | Unread], seen: _Seen) -> Iterator[Published]:
    for one in found:
        if isinstance(one, Unread):
            seen.unread.append(one)
        else:
            seen.note(one)
            yield one


def _rows(one: Published, name: str) -> Iterator[AffectedPackage]:
    """What a record says of packages of this ecosystem."""
    when = _when(one)
    said = when.isoformat() if when is not None else ""
    for package, affected in named(one):
        if family(package.ecosystem) == name:
            yield AffectedPackage(
                package.ecosystem, package.name, said, entry_of(one, affected, rated(one, affected))
            )


def _when(one: Published) -> datetime | None:
    """When a record was last changed. In the sources of some databases that is a placeholder, and they say when it was
    published."""
    times = (moment(text) for text in (one.modified, one.published or ""))
    return next((when for when in times if when is not None and when.year >= _FIRST), None)


def _said(seen: _Seen, now: datetime) -> str:
    """The time after which changes are looked for; a record of the future hides none."""
    return min(seen.newest or datetime.fromtimestamp(0, UTC), now).isoformat()


def _fetched(database: Database, name: str, seen: _Seen, whole: bool) -> Fetched:
    return Fetched(name, seen.read, database.ecosystems()[name].records, tuple(seen.unread), whole)

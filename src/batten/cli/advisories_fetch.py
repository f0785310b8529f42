from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from batten.advisories.database import FILE, NoDatabase, kept
from batten.advisories.exports import USUAL, Export, Local, Online
from batten.advisories.fetching import USUAL as ECOSYSTEMS
from batten.advisories.fetching import Failed, Fetched, fetch
from batten.advisories.web import Unavailable, Web, address
from batten.cli.output import progress, say, stop, tell
from batten.cli.sources import needs_extra
from batten.files import Refused, Root
from batten.files.lock import alone
from batten.files.named import make_folders
from batten.masking import masked
from batten.model import clock

SECONDS = 6 * 3600.0  # for all requests of one run
ALL = "all"
_ECOSYSTEM = re.compile(r"[A-Za-z][A-Za-z0-9 .+-]{0,63}")
_NAMED = 5  # records that could not be read; of more only the number is told


@click.command("fetch")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--ecosystem",
    "ecosystems",
    multiple=True,
    metavar="NAME",
    help="Fetch this ecosystem, as OSV spells it (PyPI, npm, Debian), or all. Repeatable. "
    "[default: those in the database; of a new one, those that batten reads]",
)
@click.option(
    "--from",
    "place",
    default=USUAL,
    show_default=True,
    metavar="URL|PATH",
    help="The export: an address, a folder of the same layout, or one all.zip.",
)
def command(folder: Path, ecosystems: tuple[str, ...], place: str) -> None:
    """Fetch the advisories that OSV exports into a database in DIR, or bring it up to date.

    What is there already is refreshed by what changed since. An ecosystem is replaced as a whole or not at all, so an
    interrupted run loses nothing and is continued by the next one.
    """
    needs_extra()
    for name in ecosystems:
        if not _ECOSYSTEM.fullmatch(name):
            stop(f"'{name}' is not an ecosystem; name it without its release, such as Debian")
    try:
        make_folders(folder)
        with alone(Root(folder), f"{FILE}.lock", 5.0), kept(folder) as database:
            export = _export(place, folder)
            # The ecosystems to fetch.
            if ecosystems and ALL not in ecosystems:
                names: list[str] = list(dict.fromkeys(ecosystems))
            else:
                if isinstance(export, Local) and export.single:
                    stop(f"{place} does not say what it is about; name its ecosystem with --ecosystem")
                if ALL in ecosystems:
                    names = export.ecosystems()
                else:
                    known = list(database.ecosystems())
                    names = known or [name for name in ECOSYSTEMS if name in set(export.ecosystems())]
            failed = _told(fetch(database, export, names, clock.now(), progress))
    except TimeoutError:
        stop(f"another batten process fetches into {folder}; wait for it")
    except (NoDatabase, Unavailable, Refused) as error:
        stop(str(error))
    except OSError as error:
        stop(f"{folder} cannot be written: {error.strerror or error}")
    finally:
        progress("")
    sys.exit(3 if failed else 0)


def _export(place: str, folder: Path) -> Export:
    if "://" in place:
        try:
            return Online(Web(address(place), SECONDS), folder)
        except ValueError as error:
            stop(f"--from {masked(place)} {error}; write https://host/path")
    path = Path(place)
    if not path.exists():
        stop(f"there is no {path}; name an address, a folder or an archive")
    return Local(path, single=path.is_file())


def _told(done: Iterable[Fetched | Failed]) -> bool:
    """Say what became of each ecosystem; whether one of them failed."""
    failed = False
    for one in done:
        progress("")
        match one:
            case Fetched():
                what = f"{one.read:,} records read" if one.whole else f"{one.read:,} records changed"
                say(f"{one.ecosystem}: {what}, {one.kept:,} kept")
                for bad in one.unread[:_NAMED]:
                    why = f"the record {bad.name} could not be read: {bad.why}; what was known of it is kept"
                    tell(f"batten: {one.ecosystem}: {why}")
                if len(one.unread) > _NAMED:
                    tell(
                        f"batten: {one.ecosystem}: {len(one.unread) - _NAMED:,} more records could not be read"
                    )
            case Failed():
                failed = True
                tell(f"batten: {one.ecosystem} was not fetched: {one.why}; what was known of it is kept")
    return failed

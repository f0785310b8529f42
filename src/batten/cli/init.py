from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from batten.cli.output import say, stop, tell
from batten.engine.draft import Draft, drafted
from batten.engine.outcome import ExitCode
from batten.engine.review import review
from batten.files import Refused, Root
from batten.formats import Workspace
from batten.policy import NAME, Policy
from batten.policy.load_content import word_of
from batten.reports.policy_file import policy_file

_MOST_SHOWN = 3
_WIDTH = 14  # columns of the names of keys


@click.command("init")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace an existing batten.yaml.")
def command(path: Path, force: bool) -> None:
    """Detect the stack below PATH and write a batten.yaml for it.

    Files are read only: nothing is fetched. Every value in the file has the place that shows it in a comment.
    """
    _is_folder(path)
    place = path / NAME
    try:
        files = Root(path)
        if files.writable(NAME) is not None and not force:
            stop(f"{place} exists; edit it, or replace it with --force")
        found = drafted(review(Workspace(files), Policy(), fixes=False))
        if not found.technologies:
            tell(f"batten: {path} has no file that batten reads; nothing was written")
            tell("name a folder that holds configuration; docs/coverage.md lists what batten reads")
            sys.exit(ExitCode.INCOMPLETE)
        files.replace(NAME, policy_file(found).encode())
    except Refused as error:
        stop(f"{error}; {error.hint}")
    except OSError as error:
        stop(f"{place} cannot be written: {error.strerror}; check the folder's permissions")
    for line in _summary(found, place):
        say(line)


def _is_folder(path: Path) -> None:
    try:
        there, folder = path.exists(), path.is_dir()
    except OSError as error:
        stop(f"{path} cannot be opened: {error.strerror}; check its permissions")
    if not there:
        stop(f"there is no folder {path}; name one that exists")
    if not folder:
        stop(f"{path} is a file; name the folder that it is in")


def _summary(found: Draft, place: Path) -> Iterator[str]:
    """What was found, what was not, and what to do next."""
    yield f"read {found.files} file{'' if found.files == 1 else 's'}: {', '.join(found.technologies)}"
    yield from (f"  {key:{_WIDTH}}{values}" for key, values in _found(found) if values)
    if found.missing:
        yield "not found:"
        yield from (f"  {sentence}" for sentence in found.missing)
    yield f"wrote {place}; comments in it name the place of every value. Next:"
    if found.environments:
        yield "  batten trust    approves its environments, so that batten may connect to them"
    yield "  batten review   reviews the files"
    yield f"  batten check    {'reviews the files and probes the environments' if found.environments else 'the same, with history'}"


def _found(found: Draft) -> Iterator[tuple[str, str]]:
    chosen = found.contracts.chosen
    yield "contract", f"{chosen.value} ({chosen.note})" if chosen is not None else ""
    yield "environments", ", ".join(f"{one.name} {one.url.value}" for one in found.environments)
    yield "origins", _few([one.value for one in found.origins.named])
    yield "public", _few([one.value for one in found.public])
    yield "content", _few([f"{find.value} {word_of(kind)}" for find, kind in found.served.rows])


def _few(texts: list[str]) -> str:
    rest = f" and {len(texts) - _MOST_SHOWN} more" if len(texts) > _MOST_SHOWN else ""
    return ", ".join(texts[:_MOST_SHOWN]) + rest

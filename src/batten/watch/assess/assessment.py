"""One environment, once: batten at work in a child of its own, and what comes of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from batten import masking
from batten.cell.child import Bounds, Ended, Task, run
from batten.engine.review import TRAFFIC
from batten.files import Root
from batten.files.temporary import private_folder
from batten.watch.assess import work
from batten.watch.assess.reports import ReportProblem, Wanted, assessed_of
from batten.watch.assess.sources import (
    Live,
    Pushed,
    Repository,
    SettingProblem,
    Traffic,
    source_of,
    variables,
)
from batten.watch.model import Assessed, Environment
from batten.watch.settings import Settings

_PASSED = ("PATH", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR")
_WORK = "batten.watch.assess.work"


class AssessProblem(Exception):
    """An environment was not assessed; the sentence says why."""


class AssessCancelled(AssessProblem):
    """Somebody wanted it to stop."""


def assess(
    environment: Environment,
    settings: Settings,
    progress: Callable[[str], None],
    cancelled: Callable[[], bool],
) -> Assessed:
    """What an environment shows now. `progress` gets lines for people, `cancelled` is asked a few times a second; both are
    called in this thread. Raises AssessProblem."""
    try:
        source = source_of(environment.source, environment.settings, settings.repositories)
    except SettingProblem as error:
        raise AssessProblem(f"the settings cannot be used: {error}") from None
    match source:
        case Live():
            return _live(source, settings, progress, cancelled)
        case Traffic():
            return _traffic(source, settings, progress, cancelled)
        case Repository():
            raise AssessProblem("repositories are not supported")
        case Pushed():
            raise AssessProblem("its reports come from CI: run `batten check --push`")


def _live(
    source: Live, settings: Settings, progress: Callable[[str], None], cancelled: Callable[[], bool]
) -> Assessed:
    with _folders() as (home, root):
        contract = _document(source.contract) if source.contract else ""
        if contract:
            Root(root).create(contract, source.contract.encode(), 0o600)
        task = work.Target(
            root=str(root), url=source.url, plain=source.plain, contract=contract, origins=list(source.origins),
            stores=list(source.stores), tls=list(source.tls), headers=dict(source.headers), rate=source.rate,
            budget=source.budget, timeout=source.timeout, active=source.active,
        )  # fmt: skip
        report = _reported(task, home, variables(source), settings, progress, cancelled)
    found = _read(report, Wanted(environment=work.LIVE, declared=False))
    if not found.judged:
        why = dict.fromkeys((*found.problems[:1], *found.problems[-1:]))
        raise AssessProblem("; ".join(why) or f"{source.url} did not answer")
    return found


def _traffic(
    source: Traffic, settings: Settings, progress: Callable[[str], None], cancelled: Callable[[], bool]
) -> Assessed:
    file = settings.folder / "traffic" / source.file
    if not file.is_file():
        raise AssessProblem(f"there is no traffic file {file}; start the guard with --record {file}")
    with _folders() as (home, root):
        Root(root).create(_document(source.contract), source.contract.encode(), 0o600)
        task = work.Tree(root=str(root), traffic=str(file))
        report = _reported(task, home, (), settings, progress, cancelled)
    found = _read(report, Wanted(environment=TRAFFIC, declared=False))
    if not found.judged:
        raise AssessProblem("; ".join(found.problems[:3]) or f"{file} holds no requests")
    return found


def _document(contract: str) -> str:
    """The file name that a contract is read by."""
    return "openapi.json" if contract.startswith("{") else "openapi.yaml"


@contextmanager
def _folders() -> Iterator[tuple[Path, Path]]:
    """Folders for a child's state and for its files, gone afterwards. Raises AssessProblem."""
    try:
        with private_folder() as folder:
            root = Root(folder, 0o700)
            root.make_folder("home")
            root.make_folder("tree")
            yield folder / "home", folder / "tree"
    except OSError as error:
        raise AssessProblem(f"there is no folder for temporary files: {error.strerror or error}") from error


def _reported(
    task: work.Target | work.Tree,
    home: Path,
    names: tuple[str, ...],
    settings: Settings,
    progress: Callable[[str], None],
    cancelled: Callable[[], bool],
) -> bytes:
    """The child's report. Raises AssessProblem."""
    absent = [name for name in names if name not in os.environ]
    if absent:
        raise AssessProblem(
            f"the worker has no environment variable {absent[0]}; set it, and start the worker again"
        )
    given = {name: os.environ[name] for name in (*_PASSED, *names) if name in os.environ}
    given |= {
        "HOME": str(home),
        "TMPDIR": str(home),
        "XDG_STATE_HOME": str(home),
        "XDG_CACHE_HOME": str(home),
    }
    bounds = Bounds(wall=settings.most_seconds, processor=max(int(settings.most_seconds), 1))
    child = Task(module=_WORK, given=msgspec.json.encode(task), folder=home, environment=given, bounds=bounds)
    try:
        ended = run(child, lambda line: progress(masking.sentence(line)), cancelled)
    except OSError as error:
        raise AssessProblem(f"no process could be started: {error.strerror or error}") from error
    return _report_of(ended)


def _report_of(ended: Ended) -> bytes:
    if ended.cancelled:
        raise AssessCancelled("it was cancelled")
    if ended.stopped:
        raise AssessProblem(f"the assessment was stopped: {ended.stopped}")
    if ended.code == work.FAILED and ended.last:
        raise AssessProblem(masking.sentence(ended.last))
    if ended.code < 0:
        why = "often a sign of too much memory or processor time"
        raise AssessProblem(f"the assessment's process was ended by signal {-ended.code}, {why}")
    if ended.code:
        raise AssessProblem(f"the assessment's process failed with code {ended.code}")
    return ended.out


def _read(report: bytes, wanted: Wanted) -> Assessed:
    try:
        return assessed_of(report, wanted)
    except ReportProblem as error:
        raise AssessProblem(f"the assessment's process wrote something else than a report: {error}") from None

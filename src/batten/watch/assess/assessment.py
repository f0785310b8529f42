"""One environment, once: batten at work in a child of its own, and what comes of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec

from batten import __version__, masking
from batten.cell.child import Bounds, Ended, Task, run
from batten.engine.identity import TRAFFIC
from batten.files import Refused, Root
from batten.files.temporary import private_folder
from batten.watch.assess import tasks
from batten.watch.assess.kept import KeptReport, keep_report, kept_report
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
from batten.watch.model import Assessed, Environment, Side
from batten.watch.secrets import secret
from batten.watch.settings import Settings

_PASSED = (
    "PATH",
    "LANG",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
)
MIRRORS, DECLARED, WORK = "repositories", "declared", "work"  # folders below the data folder
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
            return _repository(environment, source, settings, progress, cancelled)
        case Pushed():
            raise AssessProblem("its reports come from CI: run `batten check --push`")


def _live(
    source: Live, settings: Settings, progress: Callable[[str], None], cancelled: Callable[[], bool]
) -> Assessed:
    with _folders(settings) as (home, root):
        contract = source.contract if source.contract.startswith("/") else ""
        if source.contract and not contract:
            contract = tasks.document_name(source.contract)
            Root(root).create(contract, source.contract.encode(), 0o600)
        task = tasks.Target(
            root=str(root), url=source.url, plain=source.plain, contract=contract, origins=list(source.origins),
            stores=list(source.stores), tls=list(source.tls), headers=dict(source.headers), rate=source.rate,
            budget=source.budget, timeout=source.timeout, active=source.active,
        )  # fmt: skip
        _, report = _reported(task, home, variables(source), settings, progress, cancelled)
    found = _read(report, Wanted(environment=tasks.LIVE, declared=False))
    if not found.judged:
        raise AssessProblem("; ".join((f"{source.url} did not answer", *found.problems[-1:])))
    return found


def _traffic(
    source: Traffic, settings: Settings, progress: Callable[[str], None], cancelled: Callable[[], bool]
) -> Assessed:
    file = settings.folder / "traffic" / source.file
    if not file.is_file():
        raise AssessProblem(f"there is no traffic file {file}; start the guard with --traffic {file}")
    with _folders(settings) as (home, root):
        Root(root).create(tasks.document_name(source.contract), source.contract.encode(), 0o600)
        task = tasks.Tree(root=str(root), traffic=str(file))
        _, report = _reported(task, home, (), settings, progress, cancelled)
    found = _read(report, Wanted(environment=TRAFFIC, declared=False))
    if not found.judged.get(Side.OBSERVED):
        raise AssessProblem(
            "; ".join(found.problems[:3]) or f"{file} has nothing that was seen lately; is the guard running?"
        )
    return found


def _repository(
    environment: Environment,
    source: Repository,
    settings: Settings,
    progress: Callable[[str], None],
    cancelled: Callable[[], bool],
) -> Assessed:
    """A repository's files, and the environment of its batten.yaml that is probed. Files alone are judged again only where
    there is another commit, another batten, or another day (waivers end, versions go out of support)."""
    if _is_folder(source.url):
        return _files(source, settings, progress, cancelled)
    data = _data(settings)
    place = f"{DECLARED}/{environment.id}"
    today = (__version__, date.today().isoformat(), repr(source))
    kept = None if source.environment else kept_report(data, place, today)
    with _folders(settings) as (home, root):
        task = tasks.Clone(
            url=source.url, ref=source.ref, token=source.token, key=source.key, hosts=source.hosts, home=str(home),
            mirrors=str(settings.folder.resolve() / MIRRORS), known=kept.commit if kept is not None else "",
            tree=tasks.Tree(
                root=str(root), folder=source.folder, environment=source.environment, allow=list(source.allow),
                variables=list(source.variables),
            ),
        )  # fmt: skip
        commit, report = _reported(task, home, variables(source), settings, progress, cancelled)
    if not report and kept is not None:
        report = kept.report
    elif not source.environment:
        keep_report(data, place, today, KeptReport(commit, report))
    return replace(_read(report, Wanted(environment=source.environment, whole=True)), commit=commit)


def _is_folder(url: str) -> bool:
    """Whether it is a folder of this machine that holds files, and no repository."""
    place = Path(url)
    return (
        url.startswith("/")
        and place.is_dir()
        and not any((place / name).exists() for name in (".git", "HEAD"))
    )


def _files(
    source: Repository, settings: Settings, progress: Callable[[str], None], cancelled: Callable[[], bool]
) -> Assessed:
    """The files of a folder as they are now: it has no commits."""
    with _folders(settings) as (home, _):
        task = tasks.Tree(
            root=source.url,
            folder=source.folder,
            environment=source.environment,
            allow=list(source.allow),
            variables=list(source.variables),
        )
        _, report = _reported(task, home, source.variables, settings, progress, cancelled)
    return _read(report, Wanted(environment=source.environment, whole=True))


def _data(settings: Settings) -> Root:
    """The data folder, with those for mirrors, kept reports and work. Raises AssessProblem."""
    data = Root(settings.folder, 0o700)
    try:
        for name in (MIRRORS, DECLARED, WORK):
            data.make_folder(name)
    except (OSError, Refused) as error:
        raise AssessProblem(f"{settings.folder} cannot be written: {error}") from error
    return data


@contextmanager
def _folders(settings: Settings) -> Iterator[tuple[Path, Path]]:
    """Folders for a child's state and for its files, gone afterwards. Raises AssessProblem."""
    data = _data(settings)
    try:
        with private_folder(above=Path(data.path, WORK)) as folder:
            root = Root(folder, 0o700)
            root.make_folder("home")
            root.make_folder("tree")
            yield folder / "home", folder / "tree"
    except OSError as error:
        raise AssessProblem(
            f"files cannot be written below {data.path}: {error.strerror or error}"
        ) from error


def _reported(
    task: tasks.Target | tasks.Tree | tasks.Clone,
    home: Path,
    names: tuple[str, ...],
    settings: Settings,
    progress: Callable[[str], None],
    cancelled: Callable[[], bool],
) -> tuple[str, bytes]:
    """The commit that the child read, and its report. Raises AssessProblem."""
    known = {name: secret(settings.folder, name) for name in names}
    if absent := [name for name, value in known.items() if value is None]:
        raise AssessProblem(
            f"there is no secret {absent[0]}; set it with `batten watch secret {absent[0]}`, or in the service's environment"
        )
    given = {name: os.environ[name] for name in _PASSED if name in os.environ}
    given |= {name: value for name, value in known.items() if value is not None}
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
    commit, _, report = _out_of(ended).partition(b"\n")
    return commit.decode("ascii", "replace"), report


def _out_of(ended: Ended) -> bytes:
    if ended.cancelled:
        raise AssessCancelled("it was cancelled")
    if ended.stopped:
        raise AssessProblem(f"the assessment was stopped: {ended.stopped}")
    if ended.code == tasks.FAILED and ended.last:
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

"""One environment, once: batten at work in a child of its own, and what comes of it."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import msgspec

from batten import __version__, masking
from batten.cell.child import Bounds, Task, run
from batten.engine.identity import TRAFFIC
from batten.files import Refused, Root
from batten.files.straight import read_straight
from batten.files.temporary import private_folder
from batten.model import clock
from batten.model.record import record
from batten.watch import secrets
from batten.watch.assess import tasks
from batten.watch.assess.report import LARGEST
from batten.watch.assess.reports import ReportProblem, Wanted, assessed_of
from batten.watch.assess.sources import (
    Live,
    Pushed,
    Repository,
    SettingProblem,
    Traffic,
    led,
    named,
    source_of,
    variables,
)
from batten.watch.model import Assessed, Environment, Owned, Side
from batten.watch.secrets import secret
from batten.watch.settings import Settings

_MARK = 32  # bytes


@record
class KeptReport:
    commit: str
    report: bytes


_PASSED = ("PATH", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR")
MIRRORS, DECLARED, WORK = "repositories", "declared", "work"  # folders below the data folder
_WORK = "batten.watch.assess.work"
_HELD = (
    secrets.FOLDER,
    "traffic",
    MIRRORS,
    DECLARED,
    WORK,
)  # folders below the data folder that no setting names
LARGEST_KEY = 1 << 20  # bytes of a key or of known hosts


class AssessProblem(Exception):
    """An environment was not assessed; the sentence says why."""


class AssessCancelled(AssessProblem):
    """Somebody wanted it to stop."""


def assess(
    environment: Environment,
    settings: Settings,
    progress: Callable[[str], None],
    cancelled: Callable[[], bool],
    owned: Owned,
) -> Assessed:
    """What an environment shows now. `progress` gets lines for people, `cancelled` is asked a few times a second; both are
    called in this thread. What the settings name has to be `owned`. Raises AssessProblem."""
    try:
        written = source_of(environment.source, environment.settings)
        source = source_of(
            environment.source, led(environment.source, environment.settings), settings.repositories
        )
    except SettingProblem as error:
        raise AssessProblem(f"the settings cannot be used: {error}") from None
    if refusal := owned.refusal(named(written)) or _services_own(source, settings):
        raise AssessProblem(f"the settings cannot be used: {refusal}")
    if owned.refusal(named(source)):
        raise AssessProblem("the settings cannot be used: a path leads to what is not assigned to the team")
    asked = _Asked(settings=settings, progress=progress, cancelled=cancelled, owned=owned)
    match source:
        case Live():
            with _folders(asked.settings) as (home, root):
                contract = source.contract if source.contract.startswith("/") else ""
                if source.contract and not contract:
                    contract = tasks.document_name(source.contract)
                    Root(root).create(contract, source.contract.encode(), 0o600)
                task = tasks.Target(
                    network=asked.network, root=str(root), url=source.url, plain=source.plain, contract=contract, origins=list(source.origins),
                    stores=list(source.stores), tls=list(source.tls), headers=dict(source.headers), rate=source.rate,
                    budget=source.budget, timeout=source.timeout, active=source.active,
                )  # fmt: skip
                _, report = _reported(task, home, variables(source), asked)
            found = _read(report, Wanted(environment=tasks.LIVE, declared=False))
            if not found.judged:
                raise AssessProblem("; ".join((f"{source.url} did not answer", *found.problems[-1:])))
            return found
        case Traffic():
            return _traffic(source, asked)
        case Repository():
            return _repository(environment, source, asked)
        case Pushed():
            raise AssessProblem("its reports come from CI: run `batten check --push`")


@record(kw_only=True)
class _Asked:
    """Who asks for an assessment, and within what."""

    settings: Settings
    progress: Callable[[str], None]
    cancelled: Callable[[], bool]
    owned: Owned

    @property
    def network(self) -> tasks.Network:
        return tasks.Network(list(map(str, self.settings.target_networks)), list(self.owned.barred()))


def _services_own(source: Live | Repository | Pushed | Traffic, settings: Settings) -> str:
    """Why a folder is not read: the service's own files are in it, or it is one of them."""
    if not isinstance(source, Repository) or not source.url.startswith("/"):
        return ""
    folder, data = Path(source.url), Path(os.path.realpath(settings.folder))
    holds = data.is_relative_to(folder) or any(folder.is_relative_to(data / name) for name in _HELD)
    return "url: the service keeps its own files there" if holds else ""


def _traffic(source: Traffic, asked: _Asked) -> Assessed:
    settings = asked.settings
    file = settings.folder / "traffic" / source.file
    if file.is_symlink():
        raise AssessProblem(f"the traffic file {source.file} is a link; put the file itself there")
    if not file.is_file():
        raise AssessProblem(f"there is no traffic file {file}; start the guard with --traffic {file}")
    with _folders(settings) as (home, root):
        Root(root).create(tasks.document_name(source.contract), source.contract.encode(), 0o600)
        task = tasks.Tree(network=asked.network, root=str(root), traffic=str(file))
        _, report = _reported(task, home, (), asked)
    found = _read(report, Wanted(environment=TRAFFIC, declared=False))
    if not found.judged.get(Side.OBSERVED):
        raise AssessProblem(
            "; ".join(found.problems[:3]) or f"{file} has nothing that was seen lately; is the guard running?"
        )
    return found


def _repository(environment: Environment, source: Repository, asked: _Asked) -> Assessed:
    """A repository's files, and the environment of its batten.yaml that is probed. Files alone are judged again only where
    there is another commit, another batten, or another day (waivers end, versions go out of support)."""
    settings = asked.settings
    # Whether it is a folder of this machine that holds files, and no repository.
    folder_place = Path(source.url)
    is_folder = (
        source.url.startswith("/")
        and folder_place.is_dir()
        and not any((folder_place / name).exists() for name in (".git", "HEAD"))
    )
    if is_folder:
        return _files(source, asked)
    data = _data(settings)
    place = f"{DECLARED}/{environment.id}"
    today = (__version__, clock.today().isoformat(), repr(source))
    kept = None if source.environment else _kept_report(data, place, today)
    with _folders(settings) as (home, root):
        task = tasks.Clone(
            url=source.url, ref=source.ref, token=source.token, key=_copied(source.key, home, "key"),
            hosts=_copied(source.hosts, home, "known_hosts"), home=str(home),
            whose="\0".join((str(environment.team), source.key, source.token)), strict=not asked.owned.alone,
            mirrors=str(settings.folder.resolve() / MIRRORS), known=kept.commit if kept is not None else "",
            tree=tasks.Tree(
                network=asked.network, root=str(root), folder=source.folder, environment=source.environment,
                allow=list(source.allow), variables=list(source.variables),
            ),
        )  # fmt: skip
        commit, report = _reported(task, home, variables(source), asked)
    if not report and kept is not None:
        report = kept.report
    elif not source.environment:
        _keep_report(data, place, today, KeptReport(commit, report))
    return replace(_read(report, Wanted(environment=source.environment, whole=True)), commit=commit)


def _copied(path: str, home: Path, name: str) -> str:
    """A copy of a file of this machine for one assessment; "" for none. It is read where its path led when it was judged. Raises
    AssessProblem."""
    if not path:
        return ""
    try:
        Root(home).create(name, read_straight(Path(path), LARGEST_KEY), 0o600)
    except (OSError, Refused) as error:
        raise AssessProblem(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return str(home / name)


def _files(source: Repository, asked: _Asked) -> Assessed:
    """The files of a folder as they are now: it has no commits."""
    with _folders(asked.settings) as (home, _):
        task = tasks.Tree(
            network=asked.network, root=source.url, folder=source.folder, environment=source.environment,
            allow=list(source.allow), variables=list(source.variables), held=str(home),
        )  # fmt: skip
        _, report = _reported(task, home, source.variables, asked)
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
    asked: _Asked,
) -> tuple[str, bytes]:
    """The commit that the child read, and its report. Raises AssessProblem."""
    settings = asked.settings
    known = {name: secret(settings.folder, name) for name in names}
    if absent := [name for name, value in known.items() if value is None]:
        raise AssessProblem(
            f"there is no secret {absent[0]}; set it with `batten watch secret {absent[0]}`, or in the service's environment"
        )
    passed = (*_PASSED, *tasks.PROXIES) if isinstance(task, tasks.Clone) else _PASSED
    given = {name: os.environ[name] for name in passed if name in os.environ}
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
        ended = run(child, lambda line: asked.progress(masking.sentence(line)), asked.cancelled)
    except OSError as error:
        raise AssessProblem(f"no process could be started: {error.strerror or error}") from error
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
    commit, _, report = ended.out.partition(b"\n")
    return commit.decode("ascii", "replace"), report


def _read(report: bytes, wanted: Wanted) -> Assessed:
    try:
        return assessed_of(report, wanted)
    except ReportProblem as error:
        raise AssessProblem(f"the assessment's process wrote something else than a report: {error}") from None


def _kept_report(data: Root, path: str, rests_on: Sequence[str]) -> KeptReport | None:
    """What was kept there, if it rests on the same; None for what cannot be read."""
    try:
        body = data.read(path, LARGEST)
        mark, packed = body[:_MARK], body[_MARK:]
        unpacker = zlib.decompressobj()
        commit, _, report = unpacker.decompress(packed, LARGEST).partition(b"\n")
    except (OSError, Refused, zlib.error):
        return None
    whole = unpacker.eof and mark == _mark(rests_on, packed)
    return KeptReport(commit.decode("ascii", "replace"), report) if whole and report else None


def _keep_report(data: Root, path: str, rests_on: Sequence[str], kept: KeptReport) -> None:
    """Keep it for the next time. What cannot be written is made again then."""
    packed = zlib.compress(kept.commit.encode() + b"\n" + kept.report, 6)
    with suppress(OSError, Refused):
        data.replace(path, _mark(rests_on, packed) + packed, 0o600)


def _mark(rests_on: Sequence[str], packed: bytes) -> bytes:
    return sha256("\0".join(rests_on).encode() + b"\0" + packed).digest()

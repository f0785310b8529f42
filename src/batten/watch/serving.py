"""`batten watch` from its options to its end: what listens, what works beside it, and in which order they stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address
from pathlib import Path
from types import FrameType, TracebackType
from urllib.parse import urlsplit

import click
import h11
import uvicorn
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from batten import masking
from batten.files.named import make_folders
from batten.files.temporary import private_folder
from batten.live.addresses import Network, NetworkProblem, networks
from batten.model.record import record
from batten.watch import demo
from batten.watch.access.accounts import FIRST, first_admin
from batten.watch.access.oidc import OidcProblem
from batten.watch.access.oidc.described import provider_of
from batten.watch.alerts import loop as alerts
from batten.watch.folder import FolderProblem, folder
from batten.watch.logs import configure
from batten.watch.schedule.local import Loop
from batten.watch.schedule.workers import WorkerProblem
from batten.watch.service import application
from batten.watch.settings import Settings, Watch
from batten.watch.store.database import Database, StoreProblem, in_folder, now, open_database
from batten.watch.store.schema import prepare

_LONGEST = 300.0  # seconds between two tries of what fails


class Beside:
    """Runs `step` every `seconds`, from entering the block to leaving it. A step that fails is told, and tried again, later each time."""

    def __init__(self, name: str, step: Callable[[], object], seconds: float) -> None:
        self._name = name
        self._step = step
        self._seconds = seconds
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._go, name=f"batten-{name}", daemon=True)

    def __enter__(self) -> Beside:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        self._ends.set()
        self._thread.join(30.0)

    def _go(self) -> None:
        wait = self._seconds
        while not self._ends.wait(wait):
            try:
                self._step()
                wait = self._seconds
            except Exception as error:
                wait = min(2 * wait, _LONGEST)
                logger.error(
                    "%s failed, and is tried again in %.0f s: %s", self._name, wait, masking.failure(error)
                )


logger = logging.getLogger("batten.watch")
_ALERTS = 10.0  # seconds between two looks for what to tell
_SUITES = "ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2; those of 1.3 are all good
DEMO = "demo"  # folder of the demo's files
_DEMO = ("127.0.0.0/8", "::1", "0.0.0.0/0", "::/0")
_LONGEST_HEAD, _PIECE = 32_768, 8_192  # bytes
_MOST_HEADERS = 128
_HEAD_SECONDS = 10.0  # until a head is complete
_DRAINS = 60  # seconds for requests in progress at the end


class ServingProblem(Exception):
    """The service cannot start like this; the sentence says why and what to do."""


@record(kw_only=True)
class Listening:
    """Where it listens, and with which certificate; `proxies` are believed about their clients."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None
    proxies: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}"


def run(given: Mapping[str, object]) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code."""
    configure(str(given["log"]))
    try:
        # Raises ServingProblem where it could be reached from elsewhere without TLS.
        host, _, port = str(given["listen"]).rpartition(":")
        host = host.strip("[]")
        if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
            raise ServingProblem(f"--listen {given['listen']}: write HOST:PORT, as in 127.0.0.1:8470")
        certificate, key = _path(given["certificate"]), _path(given["key"])
        if key is not None and certificate is None:
            raise ServingProblem("--key requires --certificate")
        made = Listening(
            host=host, port=int(port), certificate=certificate, key=key, proxies=_texts(given["proxies"])
        )
        url = str(given["url"] or "")
        if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
            raise ServingProblem(f"--url {url}: write https://watch.example.com")
        try:
            loopback = ip_address(host).is_loopback
        except ValueError:
            loopback = host == "localhost"
        if not loopback and certificate is None and urlsplit(url).scheme != "https":
            raise ServingProblem(
                f"--listen {given['listen']} can be reached from other machines, and passwords would be sent unencrypted; "
                "add --certificate, or --url https://… of the proxy that ends TLS"
            )
        listening = made
        with _folder(given) as place, _database(given, place) as database:
            return _serve(listening, _settings(given, place, listening), database)
    except (
        demo.DemoProblem,
        FolderProblem,
        OidcProblem,
        ServingProblem,
        StoreProblem,
        WorkerProblem,
    ) as problem:
        click.echo(f"batten: {problem}", err=True)
        return 2


def _serve(listening: Listening, settings: Settings, database: Database) -> int:
    prepare(database)
    watch = Watch(database, settings)
    if settings.demo:
        place = watch.settings.folder / DEMO
        make_folders(place)
        folders = demo.lay_out(place)
        with watch.database.begin() as db:
            demo.settle_in(db, folders, listening.url, now())
    # Say where it is, and once the password of the first user. That is for the operator's terminal, so it is no line
    # of the log.
    password = first_admin(watch.database, now())
    print(f"batten watch: {watch.settings.url or listening.url}", file=sys.stderr)
    if password:
        print(
            f"batten watch: sign in as {FIRST} with the password {password} (it is shown once)",
            file=sys.stderr,
            flush=True,
        )
    server = _Server(_config(watch, listening), watch)
    with ExitStack() as stack:
        bound = stack.enter_context(_bound(listening))
        stack.enter_context(_assessing(watch))
        stack.enter_context(Beside("alerts", lambda: alerts.once(watch), _ALERTS))
        server.run(sockets=[bound])
    return 0


class _Server(uvicorn.Server):
    """uvicorn raises a signal again when all is done, so that an orderly end would look like a crash; and it drains, where streams
    would never end by themselves."""

    def __init__(self, config: uvicorn.Config, watch: Watch) -> None:
        super().__init__(config)
        self._watch = watch

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._watch.stopping.set()
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {
            number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class _Protocol(H11Protocol):
    """A connection that no client holds with a head which is long, or which never ends. h11 bounds what is not complete; so it gets
    what comes in small pieces, since a head that comes at once is complete at once."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), _PIECE):
            if self.transport.is_closing():
                return
            super().data_received(data[start : start + _PIECE])
        self._await_head()

    def _await_head(self) -> None:
        """Time runs while a head is awaited; between requests uvicorn's own time does."""
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._late is None:
            self._late = self.loop.call_later(_HEAD_SECONDS, self._end)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _end(self) -> None:
        self._late = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()


@contextmanager
def _bound(listening: Listening) -> Iterator[socket.socket]:
    """The socket that is listened at. Raises ServingProblem."""
    try:
        family = socket.getaddrinfo(listening.host, listening.port, type=socket.SOCK_STREAM)[0][0]
        made = socket.create_server((listening.host, listening.port), family=family, backlog=1_024)
    except OSError as error:
        where = f"{listening.host}:{listening.port}"
        raise ServingProblem(
            f"cannot listen on {where}: {error.strerror or error}; choose another --listen"
        ) from error
    with made:
        yield made


def _config(watch: Watch, listening: Listening) -> uvicorn.Config:
    """uvicorn's settings. Its own access log would name what is asked for; logs are the application's. The parser is named: uvicorn
    takes httptools where that is installed, which has no bound on a head, and a library for WebSockets, which nothing here uses."""
    # The application for requests with as many headers as clients send.
    app = application(watch)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        refused = scope["type"] == "http" and len(scope["headers"]) > _MOST_HEADERS
        await (Response(status_code=431) if refused else app)(scope, receive, send)

    return uvicorn.Config(
        answer, host=listening.host, port=listening.port, log_config=None, access_log=False,
        server_header=False, date_header=True, proxy_headers=bool(listening.proxies),
        forwarded_allow_ips=list(listening.proxies), timeout_graceful_shutdown=_DRAINS, lifespan="off",
        http=_Protocol, ws="none", h11_max_incomplete_event_size=_LONGEST_HEAD,
        ssl_ciphers=_SUITES, ssl_certfile=listening.certificate, ssl_keyfile=listening.key or listening.certificate,
    )  # fmt: skip


@contextmanager
def _assessing(watch: Watch) -> Iterator[None]:
    """Ticks and assessments of this process; with no workers of its own, ticks alone."""
    loop = Loop(watch)
    loop.start()
    try:
        yield
    finally:
        loop.stop(_DRAINS)


@contextmanager
def _folder(given: Mapping[str, object]) -> Iterator[Path]:
    named = _path(given["data"])
    if not given["demo"]:
        yield folder(named)
        return
    if named is not None:
        raise ServingProblem("--demo uses a folder of its own; remove --data")
    with private_folder() as made:
        yield made


@contextmanager
def _database(given: Mapping[str, object], folder: Path) -> Iterator[Database]:
    url = given["database"]
    database = open_database(str(url)) if url else in_folder(folder)
    try:
        yield database
    finally:
        database.close()


def _settings(given: Mapping[str, object], folder: Path, listening: Listening) -> Settings:
    alerted = _networks(given, "alert_networks", "--alert-network")
    targets = _networks(given, "target_networks", "--target-network")
    if given["demo"] and not targets:  # it assesses itself
        targets = networks(_DEMO)
    described = _path(given["oidc"])
    paths_given = given["repositories"]
    return Settings(
        folder=folder, url=str(given["url"] or listening.url), workers=_number(given["workers"]),
        four_eyes=bool(given["four_eyes"]), keep_days=_number(given["keep_days"]), alert_networks=alerted, target_networks=targets,
        repositories=(*(tuple(path.resolve() for path in paths_given if isinstance(path, Path)) if isinstance(paths_given, tuple) else ()), *((folder / DEMO,) if given["demo"] else ())), demo=bool(given["demo"]), provider=provider_of(described) if described is not None else None,
    )  # fmt: skip


def _networks(given: Mapping[str, object], name: str, option: str) -> tuple[Network, ...]:
    try:
        return networks(_texts(given[name]))
    except NetworkProblem as problem:
        raise ServingProblem(f"{option}: {problem}") from None


def _texts(given: object) -> tuple[str, ...]:
    return tuple(map(str, given)) if isinstance(given, tuple) else ()


def _path(value: object) -> Path | None:
    return value if isinstance(value, Path) else None


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0

"""How products of the catalogue are started by the tests: open and locked, the vendor's own or a double, and behind an edge."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import reduce
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Protocol
from urllib.error import HTTPError
from urllib.request import urlopen

from live_servers import nginx, valkey

from batten.model.record import record
from needs import program, without
from servers import free_port, listener
from waiting import BOUND, until

PLACE = Path(__file__).parent.parent.parent.parent / ".products"
INSTALL = "run `python tools/products.py --all`"
PASSWORD = "long-Enough-7"
BCRYPT = "$2y$05$rehOIYakpgK5nzN8sRKXauzP5hv7/C61eousW4fPbWeSGfvAM9xy6"  # of PASSWORD

Reply = tuple[int, Mapping[str, str], str]  # status, headers, body
Answers = Mapping[str, Reply]  # of "GET /path"


class Start(Protocol):
    """Serves the product on a port of 127.0.0.1 for as long as the block lasts; its files are in the folder."""

    def __call__(self, folder: Path, port: int) -> AbstractContextManager[None]: ...


@record(kw_only=True)
class Case:
    """`locked` None: the product has no login of its own, and an edge in front of it demands one.

    `double`: not the vendor's program, but a small server that speaks its documented protocol; `source` is that
    documentation. `ci`: started in CI too, not only in the proof run. `within`: a setting or path by which it is
    served below a prefix without an edge that takes the prefix away.
    """

    product: str
    opened: Start
    locked: Start | None = None
    double: bool = False
    source: str = ""
    ci: bool = False
    path: str = "/"  # of the URL that is probed
    documented: int = 0  # requests that the operations of the OpenAPI document that it serves cost on top
    weak: tuple[str, ...] = ()  # controls that the vendor's own server violates when it is locked, too
    host: str = "$http_host"  # what an edge in front sends as Host: "$proxy_host" is the product's address


def installed(name: str, program: str) -> str:
    """The path of a program of a product that tools/products.py installed; the test needs it."""
    places = (PLACE / name / "venv" / "bin" / program, PLACE / name / "node_modules" / ".bin" / program)
    found = next((place for place in places if place.exists()), None)
    return str(found) if found is not None else without(name, INSTALL)


def started(
    name: str,
    *options: str,
    files: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    user: str | None = None,
    ready: str = "",
) -> Start:
    """A program of Debian's, by its command line; in it and in its files `{port}`, `{folder}` and `{free}`, another port, are filled in.

    `ready` is a path that is found once it serves; without it, taking connections is enough."""
    return _starting(lambda: program(name), options, files or {}, environment or {}, user, ready)


def starting(
    name: str,
    called: str,
    *options: str,
    files: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Start:
    """The same of a program of a product that tools/products.py installed."""
    return _starting(lambda: installed(name, called), options, files or {}, environment or {}, None)


def _ended(group: int) -> None:
    """Ends what a program started too: the workers of many outlive the one that is asked to end."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)


def _starting(
    command: Callable[[], str],
    options: tuple[str, ...],
    files: Mapping[str, str],
    environment: Mapping[str, str],
    user: str | None,
    ready: str = "",
) -> Start:
    @contextmanager
    def start(folder: Path, port: int) -> Iterator[None]:
        free = str(free_port())

        def filled(text: str) -> str:
            places = {"{port}": str(port), "{folder}": str(folder), "{free}": free}
            return reduce(lambda made, place: made.replace(*place), places.items(), text)

        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(filled(text))
            (folder / path).chmod(0o600)
        variables = os.environ | {"HOME": str(folder)}
        variables |= {key: filled(value) for key, value in environment.items()}
        place = folder if user is None else Path("/")  # the folder of a test is closed to other users
        called = [command(), *map(filled, options)]
        log = folder / "server.log"
        with listener(
            called, port, log, cwd=place, env=variables, user=user, start_new_session=True
        ) as process:
            try:
                if ready:
                    until(lambda: found(port, ready), f"{port} serves {ready}")
                yield
            finally:
                _ended(process.pid)

    return start


def after(command: tuple[str, ...], start: Start) -> Start:
    """Starts it when a program of an installed product has made what it needs: its name, the program, its options."""

    @contextmanager
    def made(folder: Path, port: int) -> Iterator[None]:
        name, called, *options = command
        variables = os.environ | {"HOME": str(folder)}
        with (folder / "made.log").open("wb") as said:
            subprocess.run(
                [installed(name, called), *options],
                cwd=folder,
                env=variables,
                check=True,
                stdout=said,
                stderr=said,
            )
        with start(folder, port):
            yield

    return made


def with_store(start: Callable[[int], Start]) -> Start:
    """Starts it with a store that speaks Redis's protocol, whose port it is given."""

    @contextmanager
    def both(folder: Path, port: int) -> Iterator[None]:
        (folder / "store").mkdir()
        store = free_port()
        with valkey(folder / "store", store), start(store)(folder, port):
            yield

    return both


def found(port: int, path: str) -> bool:
    """Whether something there answers for the path, be it that a login is wanted."""
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=BOUND):
            return True
    except HTTPError as error:
        return error.code not in (404, 502, 503)
    except OSError:
        return False


@contextmanager
def behind(
    folder: Path, port: int, upstream: int, prefix: str = "/", login: bool = False, host: str = "$http_host"
) -> Iterator[None]:
    """An nginx that forwards what is below the prefix, without it; with `login` it lets nobody in. Its log `asked` has the
    verb and the target of each request."""
    (folder / "nobody").write_text("nobody:*\n")
    guard = f'auth_basic "tools"; auth_basic_user_file {folder}/nobody;' if login else ""
    server = f"""log_format asked '$request_method $request_uri';
        server {{ listen 127.0.0.1:{port}; server_tokens off; access_log {folder}/asked asked; location {prefix} {{ {guard}
        proxy_pass http://127.0.0.1:{upstream}/; proxy_redirect / {prefix}; proxy_set_header Host {host};
        proxy_http_version 1.1; proxy_read_timeout 60s; }} }}"""
    with nginx(folder, port, server):
        yield


@contextmanager
def double(port: int, answers: Answers, otherwise: Reply = (404, {}, "not found")) -> Iterator[None]:
    """A server that answers what its protocol's documentation says, and everything else with `otherwise`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
            wanted = (f"{self.command} {self.path}", f"{self.command} {self.path.partition('?')[0]}")
            status, headers, body = next((answers[key] for key in wanted if key in answers), otherwise)
            content = body.encode()
            self.send_response_only(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_POST = do_HEAD = do_OPTIONS = answer

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def doubled(answers: Answers, otherwise: Reply = (404, {}, "not found")) -> Start:
    """A double as a case starts it."""

    def start(folder: Path, port: int) -> AbstractContextManager[None]:
        return double(port, answers, otherwise)

    return start


def html(page: str, status: int = 200, **headers: str) -> Reply:
    return status, {"Content-Type": "text/html; charset=utf-8", **headers}, page


def json_of(document: object, status: int = 200, **headers: str) -> Reply:
    return status, {"Content-Type": "application/json", **headers}, json.dumps(document)


def refused(status: int = 401, message: str = "Unauthorized") -> Reply:
    return json_of({"message": message}, status)

"""The API of a running `batten watch`, as its commands ask it: where it is, what it says, and what it refuses, in sentences."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import update_wrapper
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click
import httpx
import msgspec

from batten import __version__, masking
from batten.cli.output import stop
from batten.files import Refused
from batten.files.named import read_named

URL = "BATTEN_WATCH_URL"
TOKEN = "BATTEN_TOKEN"
CA = "BATTEN_WATCH_CA"
USUAL = "http://127.0.0.1:8470"
SECONDS = 30.0  # until an answer must begin
LARGEST = 64 * 1024 * 1024  # bytes of an answer
_TOKEN = re.compile(r"[\x21-\x7e]{8,512}")
Kind = TypeVar("Kind")
Query = Mapping[str, str | int | list[str] | None]
F = TypeVar("F", bound=Callable[..., Any])


class Problem(msgspec.Struct):
    """RFC 9457, as far as it is shown."""

    detail: str = ""
    title: str = ""


class Service:
    """A service that is asked with a token. Every method stops the command where the service refuses or does not answer."""

    def __init__(self, client: httpx.Client, url: str) -> None:
        self._client, self.url = client, url

    def get(self, kind: type[Kind], path: str, **query: str | int | list[str] | None) -> Kind:
        """What is at a path below `/api/v1`, decoded."""
        return _decoded(kind, self._asked("GET", path, query))

    def post(self, kind: type[Kind], path: str, body: object = None) -> Kind:
        """Do what a path stands for; the answer, decoded."""
        return _decoded(kind, self._asked("POST", path, {}, body))

    def pieces(self, path: str, **query: str | int | list[str] | None) -> Iterator[bytes]:
        """The body of an answer as it comes, of any length."""
        with self._exchange("GET", path, query) as answer:
            yield from answer.iter_bytes()

    def _asked(self, method: str, path: str, query: Query, body: object = None) -> bytes:
        with self._exchange(method, path, query, body) as answer:
            return _bounded(answer)

    @contextmanager
    def _exchange(
        self, method: str, path: str, query: Query, body: object = None
    ) -> Iterator[httpx.Response]:
        given = {name: value for name, value in query.items() if value not in (None, "", [])}
        content = None if body is None else msgspec.json.encode(body)
        headers = {} if body is None else {"Content-Type": "application/json"}
        try:
            with self._client.stream(
                method, f"/api/v1{path}", params=given, content=content, headers=headers
            ) as answer:
                if not answer.is_success:
                    status = answer.status_code
                    refused_body = _bounded(answer)
                    if 300 <= status < 400:
                        stop(
                            f"{self.url} redirects (HTTP {status}), and a token is not sent elsewhere; use the address that it redirects to"
                        )
                    try:
                        problem = msgspec.json.decode(refused_body, type=Problem)
                    except msgspec.MsgspecError:
                        problem = Problem()
                    why = (problem.detail or problem.title)[:500] or f"HTTP {status}"
                    hint = {401: f"; check the token in {TOKEN}", 429: "; try again later"}.get(status, "")
                    stop(f"{self.url}: {why}{hint}")
                yield answer
        except httpx.ConnectError as error:
            url = self.url
            said = str(error)
            if "CERTIFICATE_VERIFY_FAILED" in said:
                found = re.search(r"verify failed: ([^(]*)", said)
                reason = found[1].strip() if found else said
                stop(f"the certificate of {url} cannot be verified: {reason}; name its CA with --ca")
            if "SSL" in said or "TLS" in said:
                stop(f"{url}: the TLS handshake failed: {said}")
            stop(f"no service answers at {url}: {said}; start it with `batten watch`, or set {URL}")
        except httpx.TimeoutException:
            stop(f"{self.url} does not answer within {SECONDS:.0f} seconds")
        except httpx.HTTPError as error:
            stop(f"{self.url}: the connection failed: {str(error) or type(error).__name__}")


def client_options(command: F) -> F:
    """--service and --ca; the command gets a `Service` as its first argument."""

    @click.option(
        "--service",
        default=USUAL,
        envvar=URL,
        show_envvar=True,
        show_default=True,
        metavar="URL",
        help=f"The address of batten watch. The token is read from {TOKEN}.",
    )
    @click.option(
        "--ca",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar=CA,
        show_envvar=True,
        help="PEM file of the CA that signed its certificate [default: those of the system].",
    )
    def connected(service: str, ca: Path | None, **given: Any) -> Any:
        with _client(service, ca) as client:
            return command(Service(client, service), **given)

    return update_wrapper(connected, command)  # type: ignore[return-value]


def _client(url: str, ca: Path | None) -> httpx.Client:
    # Whether the address is of this machine. Stops where a token may not be sent there.
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    if (
        not host
        or parts.scheme not in ("http", "https")
        or parts.username is not None
        or re.search(r"[\s\\]", url)
    ):
        stop(f"'{masking.masked(url)}' is not the address of a service; write https://watch.example.com")
    if parts.scheme == "http" and not _is_loopback(host):
        stop(f"{url} is not encrypted, so no token is sent there; use https://")
    loopback = _is_loopback(host)
    token = os.environ.get(TOKEN, "").strip()
    masking.register(token)
    if not _TOKEN.fullmatch(token):
        stop(f"{TOKEN} holds no token; create one in batten watch under Settings and put it there")
    headers = {"Authorization": f"Bearer {token}", "User-Agent": f"batten/{__version__}"}
    # A proxy of the environment would get a token for this machine unencrypted.
    made = ssl.create_default_context()
    if ca is not None:
        try:
            made.load_verify_locations(cadata=read_named(ca).decode("ascii"))
        except (ssl.SSLError, ValueError):
            stop(f"{ca} holds no certificates in PEM")
        except (OSError, Refused) as error:
            stop(f"{ca} cannot be read: {error}")
    return httpx.Client(
        base_url=url.rstrip("/"), headers=headers, timeout=SECONDS, follow_redirects=False, verify=made, trust_env=not loopback
    )  # fmt: skip


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bounded(answer: httpx.Response) -> bytes:
    parts, size = [], 0
    for part in answer.iter_bytes():
        size += len(part)
        if size > LARGEST:
            stop(f"the answer has more than {LARGEST:,} bytes; narrow it with filters")
        parts.append(part)
    return b"".join(parts)


def _decoded(kind: type[Kind], body: bytes) -> Kind:
    try:
        return msgspec.json.decode(body or b"null", type=kind)
    except msgspec.MsgspecError as error:
        stop(f"the answer is not one of batten watch: {error}; compare the versions of both")

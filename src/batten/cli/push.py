"""`--push URL`: the report goes to `batten watch`, over HTTPS, with a token that is read from the environment."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import click
import msgspec

from batten import __version__, masking
from batten.cli.output import stop, tell
from batten.model.record import record

F = TypeVar("F", bound=Callable[..., Any])

TOKEN = "BATTEN_TOKEN"
WAITS = (1.0, 4.0, 15.0)  # seconds between attempts
SECONDS = 60.0  # for one attempt
_PAGE = re.compile(r"(?P<base>.*?)(?:/api/v1)?/environments/(?P<number>[0-9]{1,16})(?:/reports)?/?")
_TOKEN = re.compile(r"[\x21-\x7e]{8,512}")
_AGAIN = frozenset((409, 425, 429, 500, 502, 503, 504))
_COMMIT = ("GITHUB_SHA", "CI_COMMIT_SHA")  # of GitHub's and GitLab's runners
_LARGEST = 65_536  # bytes of an answer that are read


@record(kw_only=True)
class Push:
    """Where a report goes. Each has its own key, so that a service that got it twice takes it once."""

    url: str
    token: str
    key: str


@record
class _Answer:
    """What the service said: its status, 0 where it said nothing, and a sentence."""

    status: int
    said: str


def push_option(command: F) -> F:
    """--push, which the command gets as a `Push` or None."""
    return click.option(
        "--push",
        metavar="URL",
        callback=_checked,
        help=f"Send the report to batten watch: URL is that of the environment's page. The token is read from {TOKEN}.",
    )(command)


def sent(push: Push, report: str) -> bool:
    """Whether the service took the report. What went wrong is told on stderr."""
    body = msgspec.json.format(report.encode(), indent=-1)
    answer = _Answer(0, "")
    for wait in (*WAITS, None):
        from http.client import HTTPException  # none of these is needed where nothing is pushed
        from urllib import request as http
        from urllib.error import HTTPError, URLError

        opener = (
            http.OpenerDirector()
        )  # one that follows no redirect: it would carry the token to another place
        for handler in (
            http.ProxyHandler, http.UnknownHandler, http.HTTPHandler, http.HTTPSHandler, http.HTTPDefaultErrorHandler,
            http.HTTPErrorProcessor,
        ):  # fmt: skip
            opener.add_handler(handler())
        headers = {
            "Authorization": f"Bearer {push.token}", "Content-Type": "application/json", "Idempotency-Key": push.key,
            "User-Agent": f"batten/{__version__}", "Accept": "application/json, application/problem+json",
        }  # fmt: skip
        request = http.Request(push.url, body, headers, method="POST")
        try:
            with opener.open(request, timeout=SECONDS) as response:
                answer = _Answer(response.status, "")
        except HTTPError as error:
            with error:
                answer = _Answer(error.code, _said(error.code, error.read(_LARGEST)))
        except URLError as error:
            answer = _Answer(0, f"the connection failed: {error.reason}")
        except (OSError, HTTPException) as error:
            answer = _Answer(0, f"the connection failed: {str(error) or type(error).__name__}")
        if answer.status and answer.status not in _AGAIN:
            break
        if wait is not None:
            time.sleep(wait)
    if 200 <= answer.status < 300:
        return True
    tell(f"batten: the report was not pushed to {push.url}: {answer.said}")
    return False


def _checked(context: click.Context, parameter: click.Parameter, url: str | None) -> Push | None:
    if url is None:
        return None
    found = _PAGE.fullmatch(url)
    if found is None or not _allowed(url):
        stop(
            f"--push {url} is not the https address of an environment; copy that of its page, such as https://watch.example.com/environments/12"
        )
    token = os.environ.get(TOKEN, "").strip()
    masking.register(token)
    if not _TOKEN.fullmatch(token):
        stop(
            f"--push needs a token in {TOKEN}; create one with the scope push in batten watch, under Settings"
        )
    commit = next((os.environ[name] for name in _COMMIT if os.environ.get(name)), "")
    query = f"?commit={quote(commit, safe='')}" if re.fullmatch(r"[0-9a-f]{7,64}", commit) else ""
    address = f"{found['base']}/api/v1/environments/{found['number']}/reports{query}"
    return Push(url=address, token=token, key=os.urandom(16).hex())


def _allowed(url: str) -> bool:
    """Whether a token may be sent there: over HTTPS, or to this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.username is not None or re.search(r"[\s\\]", url) or not host:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Problem(msgspec.Struct):
    """What RFC 9457 calls problem details."""

    title: str = ""
    detail: str = ""


def _said(status: int, body: bytes) -> str:
    """Why the service refused it, as far as it says."""
    if status in (301, 302, 303, 307, 308):
        return f"it redirects (HTTP {status}), and a token is not sent elsewhere; use the address that it redirects to"
    try:
        problem = msgspec.json.decode(body, type=_Problem)
    except msgspec.MsgspecError:
        problem = _Problem()
    why = (problem.detail or problem.title)[:500]
    hint = {
        401: f"check the token in {TOKEN}",
        403: "the token needs the scope push",
        404: "check the address",
    }
    return "; ".join(filter(None, (f"HTTP {status}", why, hint.get(status, ""))))

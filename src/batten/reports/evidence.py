"""What an exchange shows, in a line or two, and the command that shows it again."""

from __future__ import annotations

import re
import shlex

from batten.masking import MASK, concise
from batten.model import Finding
from batten.model.record import record
from batten.reports.legible import one_line

_REQUEST = re.compile(r"(?P<method>[A-Z][A-Z-]*) (?P<target>\S+) HTTP/[\d.]+")
_STATUS = re.compile(r"HTTP/(?P<version>[\d.]+) (?P<status>\d{3})(?: (?P<reason>.*))?")
_NAMED_HEADER = re.compile(r"headers\[([\w-]+)\]")
# What curl sends by itself, or what belongs to the connection.
_OWN = frozenset({"host", "user-agent", "accept", "accept-encoding", "connection", "content-length"})
SHOWN = 2  # response lines beside the status


@record
class Message:
    """A request's or an answer's text: first line, headers, body."""

    first: str
    headers: tuple[tuple[str, str], ...]
    body: str


def message(text: str) -> Message:
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    first, _, rest = head.partition("\n")
    pairs = (line.partition(":") for line in rest.split("\n") if ":" in line)
    return Message(first, tuple((n.strip(), v.strip()) for n, _, v in pairs), body)


def request_line(finding: Finding) -> re.Match[str] | None:
    """The request's first line, when it was HTTP: method, target."""
    exchange = finding.at.exchange
    return _REQUEST.match(exchange.request) if exchange else None


def status_line(finding: Finding) -> re.Match[str] | None:
    """The answer's first line, when it was HTTP: version, status, reason."""
    exchange = finding.at.exchange
    return _STATUS.match(exchange.response) if exchange else None


def url(finding: Finding) -> str:
    """Where a live finding was seen: scheme, host, port, and for HTTP the path that was asked for."""
    asked = request_line(finding)
    if asked is None or not asked["target"].startswith("/"):
        return finding.at.source
    return finding.at.source.rstrip("/") + asked["target"]


def asked(finding: Finding) -> str:
    """`GET /v1/orders → 200`, or what was asked in another protocol."""
    if finding.at.exchange is None:
        return one_line(finding.at.pointer)
    request, response = message(finding.at.exchange.request), message(finding.at.exchange.response)
    sent, got = _REQUEST.match(request.first), _STATUS.match(response.first)
    question = f"{sent['method']} {sent['target']}" if sent else request.first
    return concise(one_line(f"{question} → {got['status'] if got else response.first}"))


def answered(finding: Finding) -> list[str]:
    """The lines of the answer that matter: headers that the finding names, or else how the body begins."""
    exchange = finding.at.exchange
    if exchange is None or not _STATUS.match(exchange.response):
        return []
    response = message(exchange.response)
    named = _NAMED_HEADER.search(finding.at.pointer)
    words = (named[1] if named else finding.message).lower()
    lines = [f"{n}: {v}" for n, v in response.headers if n.lower() in words]
    if not lines and not finding.at.pointer.endswith(("headers", "]")):
        lines = [line for line in response.body.split("\n") if line.strip()][:1]
    return [concise(one_line(line)) for line in lines[:SHOWN]]


def curl(finding: Finding) -> str:
    """The command that repeats the request; empty when it was not HTTP, or is too long to be shown."""
    exchange = finding.at.exchange
    if exchange is None or not finding.at.source.startswith(("http://", "https://")):
        return ""
    request = message(exchange.request)
    sent = _REQUEST.match(request.first)
    if sent is None or "…" in sent["target"]:
        return ""  # a target that was too long to show cannot be repeated by what is shown
    method = sent["method"]
    if method == "GET":
        verb: list[str] = []
    else:
        verb = ["-I"] if method == "HEAD" else ["-X", method]
    words = ["curl", "-si", "--path-as-is", *verb]
    for name, value in request.headers:
        if name.lower() not in _OWN:
            words += ["-H", f"{name}: {value.replace(MASK, '…')}"]
    if request.body:
        words += ["--data-binary", request.body]
    if not sent["target"].startswith("/"):
        words += ["--request-target", sent["target"]]
    return " ".join(shlex.quote(w) for w in (*words, url(finding)))

"""Credentials in commands that people typed: what a shell's history holds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.model import Span
from batten.model.record import record
from batten.technologies._secrets import placeholder, recognise, token, url_password


@record
class Typed:
    """A credential typed into a command: who carries it and what it is."""

    name: str
    kind: str
    span: Span


_VALUE = r"(?P<v>'[^']+'|\"[^\"]+\"|[^\s'\"|;&)]+)"
_COMMANDS: tuple[tuple[str, str, re.Pattern[str]], ...] = tuple(
    (name, kind, re.compile(pattern))  # ours: below
    for name, kind, pattern in (
        (
            "mysql",
            "password",
            rf"\b(?:mysql\w*|mariadb[\w-]*)\b[^|;]*?\s(?:-p(?=[^\s-])|--password=){_VALUE}",
        ),
        ("sshpass", "password", rf"\bsshpass\s+(?:\S+\s+)*?-p\s*{_VALUE}"),
        ("redis-cli", "password", rf"\b(?:redis|valkey)-cli\b[^|;]*?\s(?:-a|--pass|--askpass=)\s*{_VALUE}"),
        ("curl", "password", rf"\bcurl\b[^|;]*?\s(?:-u|--user|--proxy-user)[ =]?['\"]?[\w.@%+-]+:{_VALUE}"),
        ("wget", "password", rf"\bwget\b[^|;]*?--(?:http-|ftp-|proxy-)?password[ =]{_VALUE}"),
        ("Authorization", "token", r"(?i)\bAuthorization\s*:\s*(?:Bearer|Basic|Token)\s+(?P<v>[^\s'\"]{8,})"),
        ("X-Api-Key", "key", r"(?i)\b(?:X-)?(?:Api-Key|Auth-Token|Private-Token)\s*:\s*(?P<v>[^\s'\"]{8,})"),
        (
            "docker login",
            "password",
            rf"\b(?:docker|podman|helm registry|crane auth)\s+login\b[^|;]*?\s(?:-p\s*|--password[ =]){_VALUE}",
        ),
        (
            "aws configure",
            "key",
            rf"\baws\s+configure\s+set\s+(?:\S*\.)?aws_(?:secret_access_key|session_token)\s+{_VALUE}",
        ),
        (
            "mongo",
            "password",
            rf"\bmongo(?:sh|dump|restore|export|import)?\b[^|;]*?\s(?:-p\s+|--password[ =]){_VALUE}",
        ),
        ("az login", "password", rf"\baz\s+login\b[^|;]*?\s(?:-p|--password)[ =]{_VALUE}"),
        ("htpasswd", "password", rf"\bhtpasswd\s+-\w*b\w*\s+\S+\s+\S+\s+{_VALUE}"),
        ("openssl", "password", rf"\bopenssl\b[^|;]*?\spass:{_VALUE}"),
        (
            "chpasswd",
            "password",
            r"\becho\s+['\"]?[\w.-]+:(?P<v>[^\s'\"|]+)['\"]?\s*\|\s*(?:sudo\s+)?chpasswd\b",
        ),
        (
            "SQL",
            "password",
            r"(?i)\b(?:IDENTIFIED\s+(?:WITH\s+\S+\s+)?BY|PASSWORD(?:\s*\(|\s*=)?)\s*'(?P<v>[^']+)'",
        ),
        ("AUTH", "password", rf"(?i)^\s*AUTH\s+(?:\S+\s+)?{_VALUE}\s*$"),
        (
            "CONFIG SET",
            "password",
            rf"(?i)\bCONFIG\s+SET\s+(?:requirepass|masterauth|primaryauth)\s+{_VALUE}",
        ),
    )
)
_ASSIGNMENT = re.compile(
    r"(?:^|[\s;&|(])(?:export\s+|set\s+-x\s+|SET\s+)?(?P<name>[A-Za-z_]\w*)\s?=\s?(?P<v>'[^']*'|\"[^\"]*\"|[^\s'\"|;&),]+)"
)
_OPTION = re.compile(
    r"\s--(?P<name>[\w-]*(?:password|passwd|token|secret|api-key|access-key))[ =](?P<v>'[^']+'|\"[^\"]+\"|[^\s'\"|;&)-][^\s'\"|;&)]*)"
)


def typed(line: str) -> Iterator[Typed]:
    """The credentials in one command line; one that only names a variable is none."""
    for name, kind, pattern in _COMMANDS:
        found = pattern.search(line)
        if found and not placeholder(found["v"]):
            yield Typed(name, kind, Span(*found.span("v")))
    for found in (*_ASSIGNMENT.finditer(line), *_OPTION.finditer(line)):
        name, value = found["name"], found["v"].strip("'\"")
        recognised = recognise(name.replace("-", "_"), value)
        if recognised and recognised != "password in a URL" and "(" not in value:
            yield Typed(name, recognised, Span(*found.span("v")))
    inside = url_password(line)
    if inside:
        yield Typed("URL", "password in a URL", inside)
    known = token(line)
    if known:
        yield Typed(known, known, Span(0, len(line)))

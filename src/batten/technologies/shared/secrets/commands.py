"""Credentials in commands that people typed: what a shell's history holds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.masking import commands_in
from batten.model import Span
from batten.model.record import record
from batten.technologies.shared.secrets import evidence
from batten.technologies.shared.secrets.credentials import placeholder, recognise, token, url_password


@record
class Typed:
    """A credential typed into a command: who carries it and what it is."""

    name: str
    kind: str
    span: Span


_ASSIGNMENT = re.compile(
    r"(?:^|[\s;&|(])(?:export\s+|set\s+-x\s+|SET\s+)?(?P<name>[A-Za-z_]\w*)\s?=\s?(?P<v>'[^']*'|\"[^\"]*\"|[^\s'\"|;&),]+)"
)
_OPTION = re.compile(
    r"\s--(?P<name>[\w-]*(?:password|passwd|token|secret|api-key|access-key))[ =](?P<v>'[^']+'|\"[^\"]+\"|[^\s'\"|;&)-][^\s'\"|;&)]*)"
)
# How shells and interpreters set a variable of the environment otherwise: fish, PowerShell, nushell, Python, Node.js.
_SET = re.compile(
    r"(?:(?:^|[\s;])set\s{1,8}(?:--?\w[\w-]{0,20}\s{1,8}){1,5}(?P<fish>[A-Za-z_]\w*)\s{1,8}"
    r"|(?:\$env[:.]|\bprocess\.env\.|\benviron\[['\"]|\bputenv\(['\"])(?P<other>[A-Za-z_]\w*)['\"\]]{0,2}\s{0,8}[=,]\s{0,8}(?=['\"]))"
    r"(?P<v>'[^']*'|\"[^\"]*\"|[^\s'\"|;&),]+)",
    re.IGNORECASE,
)


_SQL = re.compile(
    r"(?i)\b(?:(?:CREATE|ALTER)\s+(?:OR\s+REPLACE\s+)?(?:USER|ROLE|LOGIN|GROUP|APPLICATION|CREDENTIAL|DATABASE\s+SCOPED|MASTER|SYMMETRIC|CERTIFICATE|SERVER|SUBSCRIPTION)\b"
    r"|SET\s+PASSWORD\b|GRANT\b|IDENTIFIED\b|PASSWORD\s*\(\s*'|(?:ENCRYPTED|WITH(?:\s+LOGIN)?)\s+PASSWORD\b|^\s*PASSWORD\s)"
)
_COLUMN = re.compile(r"(?i)['\"`(,]\s*PASSWORD\b|\bPASSWORD\s*[`\"']\s*,")  # a text or a column of that name
_PRINTED = re.compile(
    r"\s*(?:\$\s*)?(?:echo|printf|print|say|info|warn|error|log\w*|die|fail|usage|puts|cowsay|read|grep|sed|awk|assert\w*|test|\[)\b(?![^|]*>{1,2}\s*\S)(?![^|]*\|\s*(?:sudo\s+-\w*S|(?:sudo\s+)?(?:tee|chpasswd|docker|kubectl|gh|base64|mysql|psql))\b)"
)
# A variable that a command writes to a file of them: `echo "NAME=value" >> .env`.
_WRITTEN = re.compile(
    r"\b(?:echo|printf)\s+(?:-\w+\s+)?['\"](?:export\s+)?(?P<name>[A-Za-z_]\w*)=(?P<v>[^\s'\"\\$`]+)(?=\\n|['\"])"
)
_TO_FILE = re.compile(r">{1,2}\s*[^\s&>]|\|\s*(?:sudo\s+)?tee\b")
HELP = re.compile(
    r"\s*(?:local\s+|readonly\s+)?(?:help|usage|example|description|desc|msg|message|text|banner)\w*=['\"]",
    re.IGNORECASE,
)
_LITERAL = re.compile(r"--from-literal[= ]['\"]?(?P<key>[\w.-]{1,200})=(?P<v>[^\s'\"|;&]+)")
_INSERTED = re.compile(
    r"\$(?:[{(]|[A-Za-z_])|(?<!\\)`"
)  # `\\$NAME` is put in by the shell that runs what this one prints


def typed(line: str) -> Iterator[Typed]:
    """The credentials in one command line; one that only names a variable is none."""
    low = line.lower()
    printed: bool | None = None  # asked when something is found
    for name, kind, pattern in commands_in(low):
        for found in _carried(name, pattern, line):
            printed = _is_printed(line) if printed is None else printed
            if not printed or evidence.strong(found["v"].strip("'\"")):
                yield Typed(name, kind, Span(*found.span("v")))
            break
    named = [*_ASSIGNMENT.finditer(line)] if "=" in line else []
    named += _OPTION.finditer(line) if "--" in line else ()
    named += _SET.finditer(line) if "set" in low or "env" in low else ()
    named += _WRITTEN.finditer(line) if (">" in line or "tee" in low) and _TO_FILE.search(line) else ()
    for found in named:
        name, value = (
            next(text for group, text in found.groupdict().items() if group != "v" and text is not None),
            found["v"].strip("'\""),
        )
        recognised = recognise(name.replace("-", "_"), value)
        if recognised is None or recognised == "password in a URL" or "(" in value:
            continue
        printed = _is_printed(line) if printed is None else printed
        if (printed and not evidence.strong(value)) or _inserted(found["v"]):
            continue
        yield Typed(name, recognised, Span(*found.span("v")))
    inside = url_password(line)
    if inside:
        yield Typed("URL", "password in a URL", inside)
    known = token(line)
    if known:
        yield Typed(known, known, Span(0, len(line)))


def _is_printed(line: str) -> bool:
    return _PRINTED.match(line) is not None or HELP.match(line) is not None


def _inserted(written: str) -> bool:
    """Whether the shell puts a part of the value in; between single quotes it puts nothing."""
    return not written.startswith("'") and _INSERTED.search(written) is not None


def _carried(name: str, pattern: re.Pattern[str], line: str) -> Iterator[re.Match[str]]:
    """Where the command carries a credential."""
    if name == "kubectl create secret":
        literals = _LITERAL.finditer(line)
        yield from (
            one
            for one in literals
            if not placeholder(one["v"]) and recognise(one["key"].replace("-", "_").upper(), one["v"])
        )
        return
    found = pattern.search(line)
    if found is None or placeholder(found["v"]) or _inserted(found["v"]):
        return
    if name == "SQL" and (_SQL.search(line) is None or _COLUMN.search(line[: found.start("v")]) is not None):
        return
    yield found

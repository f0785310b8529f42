"""Credentials in commands that people typed: what a shell's history holds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.masking import commands
from batten.model import Span
from batten.model.record import record
from batten.technologies._secrets.credentials import placeholder, recognise, token, url_password


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


def typed(line: str) -> Iterator[Typed]:
    """The credentials in one command line; one that only names a variable is none."""
    for name, kind, pattern in commands():
        found = pattern.search(line)
        if found and not placeholder(found["v"]):
            yield Typed(name, kind, Span(*found.span("v")))
    for found in (*_ASSIGNMENT.finditer(line), *_OPTION.finditer(line), *_SET.finditer(line)):
        name, value = _name(found), found["v"].strip("'\"")
        recognised = recognise(name.replace("-", "_"), value)
        if recognised and recognised != "password in a URL" and "(" not in value:
            yield Typed(name, recognised, Span(*found.span("v")))
    inside = url_password(line)
    if inside:
        yield Typed("URL", "password in a URL", inside)
    known = token(line)
    if known:
        yield Typed(known, known, Span(0, len(line)))


def _name(found: re.Match[str]) -> str:
    return next(text for group, text in found.groupdict().items() if group != "v" and text is not None)

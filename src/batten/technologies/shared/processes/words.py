"""Options of uvicorn, Gunicorn and Hypercorn on the command line of a container, a unit or an image.

An option has the name of its setting, with hyphens. Sources: https://www.uvicorn.org/settings/, https://docs.gunicorn.org/en/stable/settings.html,
https://hypercorn.readthedocs.io/en/latest/how_to_guides/configuring.html.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace

from batten.facts import AccessLog, Fact, Feature, Listener
from batten.formats import Workspace
from batten.model import (
    UNKNOWN,
    Edit,
    Fix,
    Kind,
    Location,
    MinimumTls,
    Remedy,
    Safety,
    Setting,
    Span,
    Switch,
    TurnOff,
    TurnOn,
    UseSuites,
)
from batten.model.record import record
from batten.technologies.shared.processes.gunicorn import ROWS as GUNICORN
from batten.technologies.shared.processes.rows import BEHIND, HYPERCORN, UVICORN
from batten.technologies.shared.python.rows import PythonSetting
from batten.technologies.shared.text.shell import PRINTERS, SHELLS
from batten.technologies.shared.transport.tls import OLD_SUITES, OLD_VERSIONS

Words = Sequence[tuple[str, Location]]
_ROWS = {"uvicorn": UVICORN, "gunicorn": GUNICORN, "hypercorn": HYPERCORN}
_ENDS = frozenset(("&&", "||", ";", "|", "&"))
_SIGNS = re.compile(r"&&|\|\||[;&|]")
_FLAGS = frozenset(row.name for rows in _ROWS.values() for row in rows if row.good == "False")
_QUIET = "--no-access-log"
_CERTIFICATES, _CIPHERS = ("--ssl-certfile", "--certfile"), ("--ssl-ciphers", "--ciphers")
# https://docs.python.org/3/library/ssl.html#ssl.PROTOCOL_TLSv1: the numbers of these constants; 17 negotiates.
_VERSIONS = {"1": ("SSLv3",), "3": ("TLSv1",), "4": ("TLSv1.1",)}
_VARIABLE = "FORWARDED_ALLOW_IPS"
_NAMED = re.compile(r"\[(--[\w-]+|(?:UVICORN_)?FORWARDED_ALLOW_IPS)\]$")


@record
class Option:
    """An option of a command, its value and the place of that, or of the option where it has none."""

    name: str
    value: str
    at: Location


def process_facts(words: Words) -> Iterator[Fact]:
    """What the options of a server say; a command that prints or searches for them starts none."""
    if words and words[0][0].rpartition("/")[2] in PRINTERS:
        return
    # Each server that a command line starts, with the words after it.
    # The words of a script that a shell is given: `sh -c "migrate && uvicorn a:b"`.
    if (
        len(words) < 3
        or words[0][0].rpartition("/")[2] not in SHELLS
        or not re.fullmatch(r"-\w*c", words[1][0])
    ):
        servers_words = words
    else:
        script, at = words[2]
        try:
            servers_words = [(word, at) for word in shlex.split(_SIGNS.sub(r" \g<0> ", script))]
        except ValueError:
            servers_words = [(word, at) for word in script.split()]
    start, servers_program = 0, ""
    for number, (word, _) in enumerate((*servers_words, ("&&", None))):
        name = word.rpartition("/")[2]
        if servers_program and word in _ENDS:
            program, given = servers_program, servers_words[start:number]
            options = list(_options(given))
            ignored = any(option.name == "--no-proxy-headers" for option in options)
            for option in options:
                if not (ignored and option.name == "--forwarded-allow-ips"):
                    yield from _told(program, option)
            yield from _listener(options)
            servers_program = ""
        elif not servers_program and name in _ROWS:
            start, servers_program = number + 1, name


def _options(words: Words) -> Iterator[Option]:
    for number, (word, at) in enumerate(words):
        name, sign, value = word.partition("=")
        if not name.startswith("--"):
            continue
        named = replace(at, pointer=f"{at.pointer}[{name}]", kind=Kind.VALUE)
        following = words[number + 1] if number + 1 < len(words) else ("", at)
        if sign or following[0].startswith("-") or not following[0]:
            yield Option(name, value, named)
        else:
            yield Option(name, following[0], replace(following[1], pointer=named.pointer, kind=Kind.VALUE))


def _told(program: str, option: Option) -> Iterator[Fact]:
    setting = option.name.removeprefix("--").replace("-", "_")
    row = next((r for r in _ROWS[program] if r.name == setting and setting != "reload"), None)
    if row is not None and (setting in _FLAGS or row.bad(option.value)):
        yield Feature(option.at, row.switch, Setting(True, option.at), _said(row, option))
    elif program == "uvicorn" and option.name == _QUIET:
        yield AccessLog(option.at, Setting(False, option.at), Setting(UNKNOWN, option.at))


def _said(row: PythonSetting, option: Option) -> str:
    return row.what.replace(f"`{row.name}`", f"`{option.name}`")


def _listener(options: Sequence[Option]) -> Iterator[Listener]:
    """A server with a certificate, where its options say more of TLS."""
    found = {one.name: one for one in options}
    certificate = next((found[name] for name in _CERTIFICATES if name in found), None)
    ciphers = next((found[name] for name in _CIPHERS if name in found), None)
    version = found.get("--ssl-version")
    if certificate is None or (ciphers is None and version is None):
        return
    protocols = _VERSIONS.get(version.value) if version is not None else None
    yield Listener(
        certificate.at,
        address=Setting(UNKNOWN, certificate.at),
        port=Setting(UNKNOWN, certificate.at),
        tls=Setting(True, certificate.at),
        ciphers=Setting(ciphers.value, ciphers.at) if ciphers is not None else None,
        protocols=Setting(protocols, version.at) if version is not None and protocols is not None else None,
    )


def fix_of_option(workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The option of a server with another value, or the one that means the opposite."""
    named = _NAMED.search(at.pointer)
    if named is None or at.span is None or at.kind is not Kind.VALUE:
        return None
    name = named[1]
    match remedy:
        case UseSuites(suites) if name in _CIPHERS:
            made = _valued(workspace, at, name, ":".join(suites))
            title, breaks = "offer forward-secret AEAD suites only", OLD_SUITES
        case MinimumTls() if name == "--ssl-version":
            made = _valued(workspace, at, name, "17")
            title, breaks = "negotiate TLS 1.2 or newer", OLD_VERSIONS
        case TurnOn(Switch.ACCESS_LOG) if name == _QUIET:
            assert at.span is not None
            text = workspace.text(at.source).text[at.span.start : at.span.end]
            start = text.find(_QUIET)
            made = (
                _within(at, (start, start + len(_QUIET)), "--access-log") if text.count(_QUIET) == 1 else None
            )
            title, breaks = "log requests", "disks that hold the log"
        case TurnOff(Switch.INVALID_HEADERS) if name.endswith(_VARIABLE):
            made = _valued(workspace, at, name, "127.0.0.1")
            title, breaks = "trust the proxies on this host only", BEHIND
        case TurnOff(switch) if (row := _row(name, switch)) is not None:
            made = _valued(workspace, at, name, row.good.strip('"'))
            title, breaks = row.title, row.breaks or "people who rely on it"
        case _:
            return None
    return Fix(title, (made,), safety=Safety.RISKY, breaks=breaks) if made is not None else None


def _row(name: str, switch: Switch) -> PythonSetting | None:
    setting = name.removeprefix("--").replace("-", "_")
    rows = (r for rows in _ROWS.values() for r in rows)
    return next(
        (r for r in rows if r.name == setting and r.switch is switch and r.name not in _FLAGS and r.good),
        None,
    )


def _valued(workspace: Workspace, at: Location, name: str, value: str) -> Edit | None:
    """The value in the words at a place: alone, behind `=`, or in a line with the others."""
    assert at.span is not None
    text = workspace.text(at.source).text[at.span.start : at.span.end]
    # ours: an option's name
    found = list(re.finditer(rf"(?<![\w-]){re.escape(name)}(?:=|[ \t]+)([\"']?)([^\s\"']+)\1", text))
    if len(found) == 1:
        return _within(at, found[0].span(2), value)
    quoted = 1 if text[:1] in ("'", '"') else 0
    alone = not found and not re.search(r"\s", text)
    return _within(at, (quoted, len(text) - quoted), value) if alone else None


def _within(at: Location, part: tuple[int, int], text: str) -> Edit:
    assert at.span is not None
    return Edit(at.source, Span(at.span.start + part[0], at.span.start + part[1]), text)

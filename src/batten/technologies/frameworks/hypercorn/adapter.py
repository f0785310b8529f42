"""Hypercorn's configuration in TOML or Python, with its defaults; Python is not run.

Source: https://hypercorn.readthedocs.io/en/latest/how_to_guides/configuring.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import AccessLog, Fact, Feature, Limits, Listener
from batten.formats import Workspace, toml
from batten.formats.tree import Scalar, Sequence
from batten.model import (
    UNKNOWN,
    Edit,
    Fix,
    Limit,
    Location,
    Problem,
    Quantity,
    Remedy,
    Safety,
    Setting,
    Switch,
    TurnOff,
    TurnOn,
    UseSuites,
)
from batten.model.record import record
from batten.technologies import Unit
from batten.technologies.shared.processes.rows import HYPERCORN
from batten.technologies.shared.python.assigned import assigned
from batten.technologies.shared.python.module import load
from batten.technologies.shared.python.values import Plain, evaluate
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.transport.tls import OLD_SUITES

__all__ = ["read", "settings", "write"]

_CARRIED = re.compile(
    r"%\(\{(authorization|cookie|x-api-key|proxy-authorization|set-cookie)\}[io]\)", re.IGNORECASE
)
_LOGS = ("accesslog", "errorlog")


@record
class Given:
    """A setting that a file gives, as far as its text shows it."""

    plain: Plain
    at: Location


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of one file. Raises SyntaxProblem and Unreadable."""
    given = _given(unit.main, workspace)
    for row in HYPERCORN:
        if row.name in given and row.bad(given[row.name].plain):
            at = given[row.name].at
            yield Feature(at, row.switch, Setting(True, at), row.what)
    yield from _logs(given)
    yield from _limits(given)
    yield from _listeners(given)
    password = given.get("keyfile_password")
    held = (
        credentials.found("KEYFILE_PASSWORD", password.plain)
        if password and isinstance(password.plain, str)
        else None
    )
    if password is not None and held is not None:
        yield credentials.in_config(password.at, "keyfile_password", held)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The settings that the file gives."""
    yield from ((name, one.at) for name, one in _given(unit.main, workspace).items())


def _given(path: str, workspace: Workspace) -> dict[str, Given]:
    return dict(_of_python(path, workspace) if path.endswith(".py") else _of_toml(path, workspace))


def _of_toml(path: str, workspace: Workspace) -> Iterator[tuple[str, Given]]:
    for name, entry in workspace.document(path, toml.parse).tree.entries.items():
        at = Location(path, name, entry.value.span)
        match entry.value:
            case Scalar(value=str() | int() | float() | bool() as value):
                yield name, Given(value, at)
            case Sequence(items=items):
                words = [item.value for item in items if isinstance(item, Scalar)]
                yield name, Given(tuple(str(word) for word in words), at)
            case _:
                pass


def _of_python(path: str, workspace: Workspace) -> Iterator[tuple[str, Given]]:
    module = load(path, workspace)
    found = assigned(module)
    for name, node in found.own.items():
        value = evaluate(module, node)
        if name not in found.touched and value.plain is not UNKNOWN and not value.overridable:
            here = value.node if value.module.path == path else node
            yield name, Given(value.plain, module.value(here, name))


def _logs(given: dict[str, Given]) -> Iterator[AccessLog]:
    """A log that is turned off on purpose, and formats that hold credentials; no access log is the default."""
    written = given.get("access_log_format")
    names = _CARRIED.findall(written.plain) if written is not None and isinstance(written.plain, str) else []
    off = {name: given[name].at for name in _LOGS if name in given and given[name].plain is None}
    place = next((one.at for one in (given.get("accesslog"), given.get("errorlog"), written) if one), None)
    if place is None or not (off or names):
        return
    carries = tuple(
        Setting(f"`{n}`", written.at) for n in dict.fromkeys(map(str.lower, names)) if written is not None
    )
    access, errors = (Setting(False if name in off else UNKNOWN, off.get(name, place)) for name in _LOGS)
    yield AccessLog(place, access, errors, carries)


def _limits(given: dict[str, Given]) -> Iterator[Limits]:
    """The size of bodies that WSGI applications get: 16 MiB where nothing is written."""
    size, head = given.get("wsgi_max_body_size"), given.get("h11_max_incomplete_size")
    place = size or head
    if place is not None:
        yield Limits(place.at, body=_number(size), headers=_number(head))


def _number(one: Given | None) -> Setting[int] | None:
    if one is None or isinstance(one.plain, bool) or not isinstance(one.plain, int | float):
        return None
    return Setting(int(one.plain), one.at)


def _listeners(given: dict[str, Given]) -> Iterator[Listener]:
    """Addresses with a certificate; `bind` is 127.0.0.1:8000 where nothing is written. TLS is 1.2 or newer always."""
    certificate, ciphers = given.get("certfile"), given.get("ciphers")
    if certificate is None or not isinstance(certificate.plain, str):
        return
    bound = given.get("bind")
    plain = bound.plain if bound is not None else "127.0.0.1:8000"
    words = plain if isinstance(plain, tuple) else (plain,)
    for address in map(str, words):
        host, _, port = address.rpartition(":")
        if not port.isdigit() or address.startswith(("unix:", "fd:")):
            continue
        at = bound.at if bound is not None else certificate.at
        found = given.get("server_names")
        yield Listener(
            Location(at.source, f"bind[{address}]", at.span),
            address=Setting(host.strip("[]") or "0.0.0.0", at),
            port=Setting(int(port), at),
            tls=Setting(True, certificate.at),
            names=tuple(map(str, found.plain))
            if found is not None and isinstance(found.plain, tuple)
            else (),
            ciphers=Setting(str(ciphers.plain), ciphers.at) if ciphers is not None else None,
            certificate=Setting(certificate.plain, certificate.at),
        )


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    if at.span is None:
        return None
    off = "False" if at.source.endswith(".py") else "false"
    match remedy:
        case TurnOff(Switch.RELOAD):
            return Fix("turn automatic reload off", (Edit(at.source, at.span, off),))
        case TurnOn(Switch.ACCESS_LOG | Switch.ERROR_LOG) if at.pointer in _LOGS:
            title, text, breaks = "write the log to the standard output", '"-"', "disks that hold the log"
        case UseSuites(suites):
            title, text, breaks = "offer forward-secret AEAD suites only", f'"{":".join(suites)}"', OLD_SUITES
        case Limit(Quantity.BODY):
            title, text, breaks = "bound the size of bodies", str(16 << 20), "clients that send larger bodies"
        case _:
            return None
    return Fix(title, (Edit(at.source, at.span, text),), safety=Safety.RISKY, breaks=breaks)

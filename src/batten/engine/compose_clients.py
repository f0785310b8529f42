"""The clients of a Compose file's services that a fix would cut off, as far as the file shows them."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_right
from collections.abc import Iterator

from batten.engine.callers import ADDRESS, OUTSIDE, contained, text_of
from batten.formats import Mapping, SyntaxProblem, Unreadable, Workspace, key_path
from batten.formats.tree import Entry
from batten.model import Finding, Fix, Span, Switch
from batten.model import remedy as want
from batten.model.record import record
from batten.technologies.shared.stores.recognition import product_of

_VARIABLE = re.compile(r"\$\{?(\w+)")
_MINIO_USER = "MINIO_ROOT_USER"
_PORTS = re.compile(r"^[ \t]+ports:", re.MULTILINE)
_LOGINS = ("store-authenticated", "store-default-credentials", "store-encrypted")
_WRITTEN = ("secret-not-inline", "secret-not-guessable", "store-default-credentials")
_SHORTEST = 4  # characters of a password that is looked for in other places
_PASSWORD = re.compile(r"(?i)pass|pwd|secret")
_DEFAULT = re.compile(r"\$\{\w{1,100}:?-([^${}]{1,400})\}")
_HOST = re.compile(r"(?://|@|[=:,]\s*[\"']?)(?=([^:/\"'\s?,]+))")
_CONNECTED = re.compile(
    r"(?:password|pwd)\s*=\s*(?P<value>[^;\s\"']+)\s*(?:(?P<more>;)|[\"']?\s*$)", re.IGNORECASE | re.MULTILINE
)
_CONNECTION = re.compile(r"(?i)\b(?:data source|server|host)\s*=")
_ASKED_OVER_HTTP = re.compile(r"\b(?:curl|wget)\b")
_PUBLISHED = re.compile(r"(?:^|[:\"'\s])(\d{2,5})(?::\d{2,5})?(?:/\w+)?[\"']?\s*$")
_HERE = frozenset(("localhost", "127.0.0.1", "0.0.0.0", "[::1]", "host.docker.internal"))
# What only Docker's Swarm takes from a Compose file, or the command that gives it one.
_SWARM = re.compile(
    r"\bdocker stack deploy\b|^[ \t]+driver:[ \t]*[\"']?overlay\b|^[ \t]+mode:[ \t]*[\"']?(?:ingress|global|replicated)\b"
    r"|^[ \t]+(?:placement|update_config|rollback_config):[ \t]*(?:#.*)?$",
    re.MULTILINE,
)
_AT_HOST = re.compile(r"127\.0\.0\.1|\bhost_ip\b")


def unpaired(fix: Fix, finding: Finding, workspace: Workspace) -> str:
    """A password, or TLS, that a store asks for and its clients do not know of."""
    inline = finding.control == "secret-not-inline" and "/environment[" in finding.at.pointer
    if not (inline or finding.control in _LOGINS) or not _asks(finding):
        return ""
    if finding.technology != "compose" or not _clients(finding.at.source, workspace).services:
        own = finding.technology not in OUTSIDE and finding.technology != "kubernetes"
        if own and any(contained(e.source, workspace) for e in fix.edits):
            return "which clients connect, and with which credentials? the file is given to a container: change both together"
        return ""
    return _left_out(fix, finding, workspace, inline)


def halved(fix: Fix, finding: Finding, workspace: Workspace) -> str:
    """A password whose other end goes on with the value that is written: in the text of a connection, or in a file of variables
    that a client is given."""
    span = finding.at.span
    if finding.technology != "compose" or finding.control not in _WRITTEN or span is None or not fix.edits:
        return ""
    text = text_of(workspace, finding.at.source)
    value = _written(text[span.start : span.end])
    if len(value) < _SHORTEST:
        return ""
    clients = _clients(finding.at.source, workspace)
    own = clients.around(span)
    if own is None or not _PASSWORD.search(finding.at.pointer):
        return ""
    connected = [n for n in clients.passwords.get(value.lower(), ()) if n != own]
    given = [
        n
        for n in clients.of.get(clients.services[own].key.text, ())
        if n != own and _given(clients.services[n], value, finding.at.source, workspace)
    ]
    if not connected and not given:
        return ""
    first = min(connected + given)
    held = "Its connection string" if first in connected else "The file of its variables"
    return f"how does {clients.services[first].key.text} get the password? {held} has the value that is written here: change both together"


@record
class _Clients:
    """The services of a Compose file, in its order, and by number which of them name a host or have a password written."""

    services: tuple[Entry, ...]
    of: dict[str, list[int]]  # by the name of the service that they connect to, or wait for
    passwords: dict[str, list[int]]  # by the password of a connection string, in lower case

    def around(self, span: Span) -> int | None:
        """The number of the service in which a span lies."""
        at = bisect_right(self.services, span.start, key=lambda entry: entry.span.start) - 1
        return at if at >= 0 and span.end <= self.services[at].span.end else None


def _clients(path: str, workspace: Workspace) -> _Clients:
    return workspace.kept((__name__, "clients", path), lambda: _clients_of(path, workspace))


def _clients_of(path: str, workspace: Workspace) -> _Clients:
    text = text_of(workspace, path)
    services = tuple(sorted(_services(path, workspace), key=lambda entry: entry.span.start))
    of: dict[str, list[int]] = {}
    passwords: dict[str, list[int]] = {}
    for number, entry in enumerate(services):
        said = text[entry.span.start : entry.span.end]
        # Without what mounts a volume, and without the image, whose names are no hosts.
        # The services that `depends_on` names.
        waits = key_path(entry.value, "depends_on")
        if isinstance(waits, Mapping):
            waits_for: list[str] = list(waits.entries)
        else:
            named = waits.plain() if waits is not None else []
            waits_for = [str(name) for name in named] if isinstance(named, list) else []
        for name in dict.fromkeys(
            (
                *waits_for,
                *_HOST.findall(
                    re.sub(r"^\s*(?:-\s*[\"']?[\w.-]+:/|image:).*$", "", said, flags=re.MULTILINE)
                ),
            )
        ):
            of.setdefault(name, []).append(number)
        connects = _CONNECTION.search(said) is not None
        for found in _CONNECTED.finditer(said):
            if connects or found["more"]:
                passwords.setdefault(found["value"].lower(), []).append(number)
    return _Clients(services=services, of=of, passwords=passwords)


def _written(said: str) -> str:
    """The literal of a variable: behind its name, in quotes, or as another variable's default."""
    default = _DEFAULT.search(said)
    if default is not None:
        return default[1]
    bare = said.strip().removeprefix("- ").strip("\"'")
    name, equal, value = bare.partition("=")
    return (value if equal and name.replace("_", "").isalnum() else bare).strip("\"'")


def _given(client: Entry, value: str, path: str, workspace: Workspace) -> bool:
    """Whether a file of variables that the service is given has the value."""
    named = key_path(client.value, "env_file")
    listed = named.plain() if named is not None else []
    for file in listed if isinstance(listed, list) else [listed]:
        if isinstance(file, str):
            held = text_of(workspace, posixpath.normpath(posixpath.join(posixpath.dirname(path), file)))
            if re.search(
                rf"=[\"']?{re.escape(value)}[\"']?\s*$", held, re.MULTILINE
            ):  # ours: a value in a frame of ours
                return True
    return False


def _asks(finding: Finding) -> bool:
    match finding.remedy:
        case want.RequireAuth() | want.TurnOff(Switch.PLAIN):
            return True
        case _:
            return type(finding.remedy).__name__ in ("RuleMethod", "RuleOverTls")


def _left_out(fix: Fix, finding: Finding, workspace: Workspace, inline: bool = False) -> str:
    """Services that connect to the one that is changed, and would go on without the credential. `inline`: the password of a store
    becomes a variable; its clients in which it is written, too, have a fix of their own."""
    text = text_of(workspace, finding.at.source)
    clients = _clients(finding.at.source, workspace)
    number = clients.around(finding.at.span) if finding.at.span is not None else None
    if number is None:
        return ""
    own = clients.services[number]
    if inline and not product_of(
        str(own.value.text("image") or "") if isinstance(own.value, Mapping) else ""
    ):
        return ""
    named = {name for edit in fix.edits for name in _VARIABLE.findall(edit.text)}
    if inline:
        # What finds the password that is written at a place, as a value or within a URL.
        span = finding.at.span
        written = text[span.start : span.end].strip("\"' ") if span is not None else ""
        value = re.escape(written.partition("=")[2] or written.rpartition(": ")[2] or written)
        framed = rf"[:=][ \t]*[\"']?{value}[\"']?[ \t]*$|:{value}@"
        password = re.compile(framed, re.MULTILINE) if value else None  # ours: a literal in a frame of ours
    else:
        password = None
    without = []
    for other in (clients.services[n] for n in clients.of.get(own.key.text, ()) if n != number):
        said = text[other.span.start : other.span.end]
        changed = any(
            (other.span.start <= e.span.start and e.span.end <= other.span.end)
            for e in fix.edits
            if e.source == finding.at.source
        )
        changed = changed or (password is not None and password.search(said) is not None)
        if not changed and not named & set(_VARIABLE.findall(said)):
            without.append(other.key.text)
    if without:
        some = ", ".join(without[:3]) + (" …" if len(without) > 3 else "")
        return f"how do its clients get the credential? {some} would connect without it: give both the same variable"
    started = text[own.span.start : own.span.end]
    if not inline and any(_MINIO_USER in edit.text for edit in fix.edits) and _PORTS.search(started):
        return (
            "which credentials do its clients outside of the file use? a new user and password shut out those that log in with "
            "the default ones: change both together"
        )
    asked = None if inline else key_path(own.value, "healthcheck", "test")
    if asked is not None and _ASKED_OVER_HTTP.search(text[asked.span.start : asked.span.end]):
        return "how does the health check log in? it asks without a credential, and would fail: change both together"
    return ""


def _services(path: str, workspace: Workspace) -> Iterator[Entry]:
    from batten.formats import yaml  # most trees have no Compose file

    try:
        tree = workspace.document(path, yaml.parse).tree
    except (SyntaxProblem, Unreadable):
        return
    held = key_path(tree, "services")
    if isinstance(held, Mapping):
        yield from held


def named_elsewhere(fix: Fix, finding: Finding, workspace: Workspace) -> str:
    """A published port that the file itself calls by another host's name."""
    taken = (
        isinstance(finding.remedy, want.Bind | want.Unpublish | want.TurnOff)
        and "ports" in finding.at.pointer
    )
    span = finding.at.span
    if finding.technology not in ("compose", "quadlet") or not taken or span is None:
        return ""
    text = text_of(workspace, finding.at.source)
    found = _PUBLISHED.search(text[span.start : span.end])
    hosts = workspace.kept(
        (__name__, "hosts", finding.at.source), lambda: _hosts(finding.at.source, workspace)
    )
    host = hosts.get(found[1]) if found is not None else None
    if found is None or host is None:
        return ""
    return (
        f"does a client elsewhere use it? the file names `{host}:{found[1]}`: change it by hand if none does"
    )


def _hosts(path: str, workspace: Workspace) -> dict[str, str]:
    """The first other host that the file names with a port, by the port."""
    services = {entry.key.text for entry in _services(path, workspace)}
    hosts: dict[str, str] = {}
    for address in ADDRESS.finditer(text_of(workspace, path)):
        if address["port"] and address["host"] not in _HERE and address["host"] not in services:
            hosts.setdefault(address["port"], address["host"])
    return hosts


def swarmed(fix: Fix, finding: Finding, workspace: Workspace) -> str:
    """Swarm ignores `security_opt` and addresses of the host (https://docs.docker.com/reference/cli/docker/stack/deploy/), so that
    the fix would change nothing, or keep the stack from being deployed."""
    path = finding.at.source
    if finding.technology != "compose" or not fix.edits:
        return ""
    if not workspace.kept(
        (__name__, "swarm", path), lambda: _SWARM.search(text_of(workspace, path)) is not None
    ):
        return ""
    written = "\n".join(edit.text for edit in fix.edits)
    if "security_opt" in written or "no-new-privileges" in written:
        return "is it deployed with `docker stack deploy`? Swarm ignores `security_opt`: set `no-new-privileges` in daemon.json there"
    if _AT_HOST.search(written):
        return "is it deployed with `docker stack deploy`? Swarm takes no address of the host for a port: do not publish it, or close it in the firewall"
    return ""

"""FTP: whether it lists its files to anonymous clients, and which of them its names give away. No file is ever fetched.

Sources: RFC 959 (USER, PASS, STAT, which lists a folder on the control connection), RFC 1635 (anonymous FTP), RFC 4217 (AUTH TLS).
"""

from __future__ import annotations

import re

from batten.facts import ExposedFile, Fact, Listing
from batten.live.catalogue import file_of, listable
from batten.live.exchange import NotAnswered, Steps, TcpDialogue, talk
from batten.live.tls.services import Service
from batten.live.tls.starttls import reply
from batten.model import Exchange, Kind, Location, Setting

_MODE = re.compile(r"[-l]([rwxsStT-]{9})[.+@]?\s")
_NAME = re.compile(  # mode, links, owner, group, size, date, name, as `ls -l` writes them
    r"^\s*[-ldbcps]\S{9,10}\s+\d+\s+\S+\s+(?:\S+\s+)?\d+\s+"
    r"(?:(?:[^\W\d]\S{1,7}\s+\d{1,2}|\d{1,2}\s+[^\W\d]\S{1,7})\s+(?:\d{4}|\d{1,2}:\d{2})|\d{4}-\d{2}-\d{2} \d{2}:\d{2})\s+"
    r"(\S[^\r\n]{0,200}?)(?: -> [^\r\n]*)?\s*$"
)
_FACTS = re.compile(r"^\s*(?:[\w.-]+=[^;\s]*;)+ ([^\r\n]{1,200}?)\s*$")  # RFC 3659
_TLS_FIRST = re.compile(rb"[45]\d\d[^\n]{0,200}(?:TLS|SSL|secure|encrypt)", re.IGNORECASE)
_FOLDERS = ("/.git", "/.svn", "/.hg", "/.aws", "/.ssh", "/.kube", "/.gnupg", "/.docker")
_STAT = b"STAT /\r\n"
_SHOWN = 2_000  # characters of a listing in the evidence
CLIENTS = "anonymous FTP clients"


def anonymous(named: Service) -> Steps:
    """The listing that an anonymous client gets. RFC 1635: the password is an address of mail, here one that does not exist."""
    answer = yield from talk(_dialogue(named, named.scheme == "ftps", ""))
    if named.scheme == "ftp" and _TLS_FIRST.match(answer.part(1)):
        answer = yield from talk(_dialogue(named, False, "ftp"))
    if not any(part.startswith(b"230") for part in answer.parts):
        return []
    listed = next((part for part in answer.parts if re.match(rb"21[123]", part)), b"")
    if not listed:
        return [
            NotAnswered(
                "anonymous clients may log in; the server lists only over a data connection, which is not opened"
            )
        ]
    listing_listed = listed.decode("utf-8", "replace")
    listing: list[Fact] = []
    entries = [
        (mode, name)
        for line in listing_listed.splitlines()[1:]
        if (name := _name(line)) and (mode := _mode(line))
    ]
    evidence = Exchange("USER anonymous, PASS batten@batten.invalid, STAT /", listing_listed[:_SHOWN])
    at = Location(named.source, "STAT /", kind=Kind.WIRE, exchange=evidence)
    paths = [(mode, f"/{name}") for mode, name in entries]
    sensitive = tuple(path for _, path in paths if listable(path) or path in _FOLDERS)
    listing.append(Listing(at, path="/", on=Setting(True, at), names=sensitive, clients=CLIENTS))
    for mode, path in paths:
        item = file_of(path)
        if item is not None and "r" in mode[3:]:  # what only its owner may read is listed, and not served
            place = Location(named.source, path, kind=Kind.WIRE, exchange=evidence)
            listing.append(
                ExposedFile(
                    place, path, f"{item.what} by its name, listed to {CLIENTS}; not fetched", item.grave
                )
            )
    return listing


def _dialogue(named: Service, tls: bool, starttls: str) -> TcpDialogue:
    first = () if starttls else (b"",)  # the greeting was heard before TLS began
    lines = (*first, b"USER anonymous\r\n", _second, _listed, b"QUIT\r\n")
    return TcpDialogue(named.host, named.port, lines, tls=tls, limit=65_536, whole=reply, starttls=starttls)


def _second(parts: tuple[bytes, ...]) -> bytes:
    return b"PASS batten@batten.invalid\r\n" if parts[-1].startswith(b"331") else _listed(parts)


def _listed(parts: tuple[bytes, ...]) -> bytes:
    return _STAT if parts[-1].startswith(b"230") else b""


def _mode(line: str) -> str:
    found = _MODE.search(line)
    return found[1] if found is not None else "rwxr-xr-x" if _FACTS.match(line) else "---------"


def _name(line: str) -> str:
    found = _NAME.search(line) or _FACTS.match(line)
    return found[1] if found is not None else ""

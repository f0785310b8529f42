"""Ports of `tls:` whose TLS is assessed although no API and no store answers there: mail, directories, files."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from batten.model.record import record

# scheme -> (protocol by whose rules TLS begins, "" where it is spoken at once; usual port)
SCHEMES: dict[str, tuple[str, int]] = {
    "smtp": ("smtp", 25),
    "submission": ("smtp", 587),
    "imap": ("imap", 143),
    "pop3": ("pop3", 110),
    "ftp": ("ftp", 21),
    "ldap": ("ldap", 389),
    "smtps": ("", 465),
    "imaps": ("", 993),
    "pop3s": ("", 995),
    "ftps": ("", 990),
    "ldaps": ("", 636),
    "tls": ("", 443),
}


@record
class Service:
    scheme: str
    host: str
    port: int
    begun: str  # the protocol by whose rules TLS begins, "" where it is spoken at once

    @property
    def source(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def service(entry: str) -> Service | None:
    """What an entry names; None when it names nothing that batten knows."""
    try:
        parts = urlsplit(entry.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme not in SCHEMES or not host:
        return None
    begun, usual = SCHEMES[parts.scheme]
    return Service(parts.scheme, host, port or usual, begun)


def services(entries: tuple[str, ...]) -> Iterator[Service]:
    yield from (found for entry in entries if (found := service(entry)) is not None)


def complaint(entry: str) -> str:
    """What is wrong with an entry, "" when nothing is."""
    if service(entry) is not None:
        return ""
    return f"'{entry[:80]}' is not a port with TLS that batten supports; write {', '.join(SCHEMES)}://host[:port]"

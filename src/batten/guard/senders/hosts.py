"""The hosts that an API answers for, and whether a Host header names one (RFC 9110, 7.2 and 7.4)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from unicodedata import normalize

from batten.guard.options import GuardProblem
from batten.guard.remembered import Remembered
from batten.guard.senders.trust import plain_address

# No label of a host may be empty, but for the root's at the end; `_` is of names that are no hosts and yet are served.
_NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]@/?#\s]+)(?::([0-9]{1,5}|\*))?")
USUAL = frozenset(
    (80, 443)
)  # what a name without a port stands for; a server behind one that ends TLS sees either


def authority(text: str) -> tuple[str, int | None] | None:
    """Host and port of a Host header in one spelling: lower case, without the root's dot, addresses as RFC 5952 writes
    them. None for what names no host."""
    found = _AUTHORITY.fullmatch(text.lower())
    if found is None or found[2] == "*":
        return None
    host = _canonical(found[1])
    port = int(found[2]) if found[2] else None
    if host is None or (port is not None and not 0 < port < 65_536):
        return None
    return host, port


def _canonical(host: str) -> str | None:
    if host.startswith("["):
        try:
            return f"[{IPv6Address(host[1:-1]).compressed}]"
        except AddressValueError:
            return None
    host = host.removesuffix(".")
    if host.replace(".", "").isdigit():  # `127.1` and `017.0.0.1` are addresses to some resolvers
        try:
            return str(IPv4Address(host))
        except AddressValueError:
            return None
    return host if _NAME.fullmatch(host) else None


class Hosts(Remembered[bytes, bool]):
    """Whether a Host header names a listed host; by value, as it was sent. Raises GuardProblem for a list with what is
    no host.

    `api.example.com` is that name without a port, with 80 or 443, or with one of `ports`; `api.example.com:8443` is one port more,
    `api.example.com:*` any; `*.example.com` is any name below. Loopback hosts have any port: there is no usual one.
    """

    __slots__ = ("_exact", "_names", "_open", "_ports", "_suffixes")

    def __init__(self, listed: Iterable[str], ports: Iterable[int] = ()) -> None:
        super().__init__()
        self._ports = USUAL.union(ports)
        self._names: set[str] = set()  # at the usual ports
        self._open: set[str] = set()  # at every port
        self._exact: set[tuple[str, int]] = set()
        self._suffixes: list[tuple[str, str]] = []  # of a name, and its port as it is written
        for text in listed:
            self._add(text.strip())

    def _add(self, text: str) -> None:
        found = _AUTHORITY.fullmatch(_ascii(text.lower()))
        wild = found is not None and found[1].startswith("*.")
        host = None if found is None else _canonical(found[1][2:] if wild else found[1])
        port = "" if found is None else found[2] or ""
        if host is None or (port.isdigit() and not 0 < int(port) < 65_536):
            raise GuardProblem(
                f"'{text}' is not a host; write a name such as api.example.com, [::1] or *.example.com, with or without a port"
            )
        if wild:
            self._suffixes.append((f".{host}", port))
        elif port == "*" or (not port and _is_loopback(host)):
            self._open.add(host)
        elif port:
            self._exact.add((host, int(port)))
        else:
            self._names.add(host)

    @property
    def pattern(self) -> str:
        """The same as an expression for lower case, of a Host header that is one; of IPv6 addresses in one spelling."""
        usual = rf"(?::(?:{'|'.join(map(str, sorted(self._ports)))}))?"
        ports = {"": usual, "*": "(?::[0-9]{1,5})?"}
        rows = [(re.escape(name), usual) for name in sorted(self._names)]
        rows += [(re.escape(name), ports["*"]) for name in sorted(self._open)]
        rows += [(re.escape(name), f":{port}") for name, port in sorted(self._exact)]
        label = r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+"
        rows += [
            (label + re.escape(suffix[1:]), ports.get(port, f":{port}")) for suffix, port in self._suffixes
        ]
        return (
            "^(?:"
            + "|".join(f"{name}{port if name.endswith(']') else _dotted(port)}" for name, port in rows)
            + ")$"
        )

    def __missing__(self, value: bytes) -> bool:
        named = authority(value.decode("latin-1"))
        if named is None:
            found = False
        else:
            host, port = named
            usual = port is None or port in self._ports
            if host in self._open or (usual and host in self._names) or named in self._exact:
                found = True
            else:
                found = any(
                    host.endswith(suffix)
                    and (usual if not written else written == "*" or str(port) == written)
                    for suffix, written in self._suffixes
                )
        self.keep(value, found, b"", len(value))
        return found


def server_names(listed: Iterable[str]) -> tuple[str, ...]:
    """What a list is to servers that tell hosts apart by their names alone: without ports, and without addresses of IPv6."""
    found = (_AUTHORITY.fullmatch(_ascii(text.strip().lower())) for text in listed)
    return tuple(
        dict.fromkeys(each[1].removesuffix(".") for each in found if each is not None and each[1][0] != "[")
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761, 6.3
        return True
    read = plain_address(host.strip("[]"))
    return read is not None and read.is_loopback


def _dotted(port: str) -> str:
    return rf"\.?{port}"


def hosts_of(listed: Iterable[str], ports: Iterable[int] = ()) -> Hosts | None:
    """None where every host is served: none is listed, or `*` is. Raises GuardProblem."""
    names = tuple(listed)
    return Hosts(names, ports) if names and "*" not in names else None


def _ascii(text: str) -> str:
    """With the A-labels (RFC 5890) that clients send in place of what is not ASCII."""
    labels = normalize("NFC", text).split(".")
    return ".".join(each if each.isascii() else f"xn--{each.encode('punycode').decode()}" for each in labels)

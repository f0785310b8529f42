"""How often a log-in may be tried: after some failures one waits, each time twice as long up to a bound.

Counted by name, and by address. Who guesses a name's password from anywhere keeps its owner waiting, too; so a browser that
the user has logged in with before is counted for itself (`device`), and cannot be locked out by others.
"""

from __future__ import annotations

import hashlib
import hmac
from enum import Enum
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import Connection

from batten.watch.access.ids import digest, random_id
from batten.watch.model import DAY, HOUR, MINUTE, SECOND, User
from batten.watch.store import attempts
from batten.watch.store.attempts import Tried


class Kind(Enum):
    """What is counted, with how many are free, the longest wait, and after how long counting begins again."""

    NAME = "name", 5, 15 * MINUTE, DAY
    DEVICE = "device", 5, 5 * MINUTE, DAY
    ADDRESS = "address", 30, 5 * MINUTE, HOUR

    def __init__(self, label: str, free: int, longest: int, window: int) -> None:
        self.label, self.free, self.longest, self.window = label, free, longest, window

    def of(self, value: str) -> Subject:
        """What is counted under; a digest, for a name that was typed can be a password by mistake."""
        return self, f"{self.label}:{digest(value)}"


Subject = tuple[Kind, str]


def of_name(name: str) -> Subject:
    return Kind.NAME.of(name.casefold())


def of_address(address: str) -> Subject:
    return Kind.ADDRESS.of(network(address))


def wait(kind: Kind, count: int) -> int:
    """Milliseconds until the next, after so many."""
    over = count - kind.free
    return 0 if over < 0 else min(SECOND << min(over, 30), kind.longest)


def admitted(db: Connection, subjects: list[Subject], now: int) -> int:
    """Count a log-in before its password is looked at; milliseconds to wait where it is refused, and then not counted. Its
    transaction must end before the password is looked at, or many attempts at once would all be admitted."""
    attempts.prune(db, now - DAY)
    known = {subject: attempts.of(db, subject[1], now) for subject in sorted(subjects, key=lambda s: s[1])}
    # How long is left to wait. A clock that was set back does not make it longer than the bound.
    if left := max(
        min(max(0, (tried.blocked or 0) - now), kind.longest) for (kind, _), tried in known.items()
    ):
        return left
    for (kind, name), tried in known.items():
        fresh = tried if 0 <= now - tried.first < kind.window else Tried(0, now, None)
        pause = wait(kind, fresh.count + 1)
        attempts.keep(db, name, Tried(fresh.count + 1, fresh.first, now + pause if pause else None))
    return 0


def succeeded(db: Connection, subjects: list[Subject], now: int) -> None:
    """Forget the failures of a name or a browser; of an address only this one, or an attacker's own log-ins would clear it."""
    for kind, name in subjects:
        if kind is Kind.ADDRESS:
            tried = attempts.of(db, name, now)
            attempts.keep(db, name, Tried(max(0, tried.count - 1), tried.first, None))
        else:
            attempts.forget(db, name)


def device(user: User) -> str:
    """What a browser keeps to show that the user has logged in with it: worth nothing elsewhere, or with another password."""
    nonce = random_id()
    return f"{nonce}.{_seal(user, nonce)}"


def of_device(user: User | None, sent: str) -> Subject | None:
    """What attempts of this browser for this user are counted under; None where the user has not logged in with it."""
    nonce, _, seal = sent.partition(".")
    if user is None or not user.hash or not seal.isascii() or len(sent) > 200:
        return None
    return Kind.DEVICE.of(nonce) if hmac.compare_digest(seal, _seal(user, nonce)) else None


def _seal(user: User, nonce: str) -> str:
    return hmac.new(user.hash.encode(), f"{user.id}.{nonce}".encode(), hashlib.sha256).hexdigest()


# What of an address is one client's: all of IPv4's, the first 64 bits of IPv6's (RFC 6177: a site has at least as many).
def network(address: str) -> str:
    """The network that an address is counted as; what is no address as it is."""
    try:
        given = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:100]
    if isinstance(given, IPv6Address):
        if given.ipv4_mapped is not None:
            return str(given.ipv4_mapped)
        return str(ip_network((int(given) >> 64 << 64, 64)))
    return str(given)

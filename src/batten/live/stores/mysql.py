"""MySQL and MariaDB: the greeting, and one login without a password as a user that does not exist
(MySQL's client/server protocol 10). As root only where the policy lets vendors' passwords be tried.

The login is no more than that: a greeting that is not answered counts as a broken connection, and after a hundred
of those the server shuts the caller's host out (max_connect_errors).
"""

from __future__ import annotations

import re
from collections.abc import Generator

from batten.live.exchange import Answer, NotAnswered, OtherProduct, Question, Steps
from batten.live.stores.door import Door
from batten.live.stores.sighting import Sighting, facts
from batten.live.stores.talking import once
from batten.live.tls.starttls import MYSQL_SSL, mysql_capabilities, mysql_packet

_PROTOCOL_41, _SECURE_CONNECTION, _PLUGINS = 0x0200, 0x8000, 0x0008_0000
_DENIED, _HOST_DENIED, _NEEDS_TLS = 1045, 1130, 3159
_NOBODY = b"batten-nobody"
_LOGIN_REFUSALS = frozenset((_DENIED, 1251, 1524, 1698, 1862, 1873, 4151))
QUIT = b"\x01\0\0\0\x01"


def login(user: bytes, number: int) -> bytes:
    """A login with an empty password."""
    flags = 1 | _PROTOCOL_41 | _SECURE_CONNECTION | _PLUGINS | (MYSQL_SSL if number > 1 else 0)
    body = flags.to_bytes(4, "little") + (1 << 24).to_bytes(4, "little") + b"\x21" + bytes(23)
    body += user + b"\0\0" + b"mysql_native_password\0"
    return packet(number, body)


def packet(number: int, body: bytes) -> bytes:
    return len(body).to_bytes(3, "little") + bytes([number]) + body


def _after_login(parts: tuple[bytes, ...]) -> bytes:
    """Another way to log in is asked for: nothing again; otherwise good-bye."""
    last = parts[-1]
    if last[4:5] == b"\xfe":
        return packet(last[3] + 1, b"")
    return QUIT if last[4:5] == b"\0" else b""


def probe(door: Door) -> Steps:
    answer = yield from once(door, (b"", login(_NOBODY, 1), _after_login), mysql_packet)
    greeting = answer.part(0)
    if greeting[4:5] == b"\xff":
        # The server refuses this host before any login.
        code = int.from_bytes(answer.part(0)[5:7], "little")
        if code != _HOST_DENIED:
            raise NotAnswered(f"MySQL answered with error {code} instead of a greeting")
        product = "mariadb" if door.scheme == "mariadb" else "mysql"
        return facts(
            door,
            Sighting(
                product,
                False,
                "a connection",
                "connections from this host are not allowed",
                address=answer.address,
            ),
        )
    capabilities = mysql_capabilities(greeting)
    if not capabilities:
        raise OtherProduct("the port does not answer in the MySQL protocol")
    opened, code = _verdict(answer.parts[1:])
    plain, tls = code != _NEEDS_TLS, bool(capabilities & MYSQL_SSL)
    if not plain and tls:
        opened, code = yield from _let_in(door, _NOBODY, tls=True)
    if not opened and code not in _LOGIN_REFUSALS:
        raise NotAnswered(
            f"MySQL answered the login with error {code}; whether it requires a password is unknown"
        )
    rooted: bool | None = None
    if door.credentials and not opened:
        rooted = (yield from _let_in(door, b"root", tls=not plain and tls))[0]
    version = greeting[5 : greeting.index(b"\0", 5)].decode("utf-8", "replace")
    product = "mariadb" if "mariadb" in version.lower() else "mysql"
    return facts(
        door,
        Sighting(
            product,
            opened,
            f"a login as a user that does not exist{', then as root' if rooted is not None else ''}, without a password",
            "accepted" if opened or rooted else "access denied",
            re.sub(r"^5\.5\.5-", "", version),  # MariaDB before 11.0.1 puts this in front, for old clients
            answer.address,
            tls=tls,
            plain=plain,
            default_credentials=rooted,
        ),
    )


def _let_in(door: Door, user: bytes, tls: bool) -> Generator[Question, Answer, tuple[bool, int]]:
    if tls:
        answer = yield from once(door, (login(user, 2), _after_login), mysql_packet, starttls="mysql")
        return _verdict(answer.parts)
    answer = yield from once(door, (b"", login(user, 1), _after_login), mysql_packet)
    return _verdict(answer.parts[1:])


def _verdict(parts: tuple[bytes, ...]) -> tuple[bool, int]:
    """Whether a login succeeded, and the error it was answered with otherwise."""
    if len(parts) > 1 and parts[0][4:5] == b"\xfe":
        parts = parts[1:]
    last = parts[0] if parts else b""
    if last[4:5] == b"\0":
        return True, 0
    return False, int.from_bytes(last[5:7], "little") if last[4:5] == b"\xff" else 0

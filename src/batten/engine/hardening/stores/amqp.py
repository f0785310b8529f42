"""RabbitMQ's log-in with a password (AMQP 0-9-1, 2.2.4), as far as the application's virtual host is open."""

from __future__ import annotations

from batten.engine.hardening.stores.client import Credential, Greeting, Protocol
from batten.harden.stack import APPLICATION
from batten.live.exchange import Line

_HEAD, _END = 7, 0xCE  # bytes of a frame before its payload, and the one behind it
_START_OK, _TUNE, _TUNE_OK, _OPEN, _OPENED = (b"\0\x0a\0" + bytes((n,)) for n in (11, 30, 31, 40, 41))
_LIMITS = b"\0\x10" + b"\0\2\0\0" + b"\0\x3c"  # channels, bytes of a frame, seconds of a heartbeat


def _says(credential: Credential, _: Greeting, tls: bool) -> tuple[Line, ...]:
    response = b"\0" + credential.user.encode() + b"\0" + credential.password
    fields = bytes(4) + _short(b"PLAIN") + len(response).to_bytes(4, "big") + response + _short(b"en_US")
    opening = _frame(_TUNE_OK + _LIMITS) + _frame(_OPEN + _short(APPLICATION.encode()) + bytes(2))

    def opened(parts: tuple[bytes, ...]) -> bytes:
        return opening if _method(parts[-1]) == _TUNE else b""

    return b"AMQP\0\0\x09\x01", _frame(_START_OK + fields), opened


def _short(text: bytes) -> bytes:
    return bytes((len(text),)) + text


def _frame(payload: bytes) -> bytes:
    return b"\1\0\0" + len(payload).to_bytes(4, "big") + payload + bytes((_END,))


def _method(frame: bytes) -> bytes:
    return frame[_HEAD : _HEAD + 4]


def _whole(answer: bytes) -> bool:
    return len(answer) >= _HEAD and len(answer) > _HEAD + int.from_bytes(answer[3:_HEAD], "big")


PROTOCOL = Protocol(
    says=_says, whole=_whole, admits=lambda parts: bool(parts) and _method(parts[-1]) == _OPENED
)

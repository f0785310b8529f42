"""How a client logs in, for each store that a proof starts."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from batten.engine.hardening.stores import amqp, native, scram
from batten.engine.hardening.stores.client import Credential, Greeting, Protocol
from batten.harden import nkeys
from batten.live.exchange import Line


def _redis(credential: Credential, _: Greeting, tls: bool) -> tuple[Line, ...]:
    """https://valkey.io/commands/auth/"""
    who = f"AUTH {credential.user} ".encode() + credential.password + b"\r\n" if credential.user else b""
    return (who + b"EXISTS batten:nobody\r\n",)


def _mqtt(credential: Credential, _: Greeting, tls: bool) -> tuple[Line, ...]:
    """CONNECT of MQTT 3.1.1 (3.1)."""
    fields = [b"batten", *([credential.user.encode(), credential.password] if credential.user else [])]
    flags = 0b10 | (0b1100_0000 if credential.user else 0)
    body = b"\0\x04MQTT\x04" + bytes((flags,)) + b"\0\x3c"
    body += b"".join(len(one).to_bytes(2, "big") + one for one in fields)
    return (b"\x10" + bytes((len(body),)) + body,)


def _nats(credential: Credential, greeting: Greeting, tls: bool) -> tuple[Line, ...]:
    """The nonce of INFO, signed (https://docs.nats.io/reference/reference-protocols/nats-protocol)."""
    options: dict[str, object] = {
        "verbose": False,
        "pedantic": False,
        "lang": "batten",
        "version": "1",
        "protocol": 1,
    }
    if credential.seed:
        options["nkey"] = nkeys.public(credential.seed)
        options["sig"] = _signed(credential.seed, _nonce(greeting))
    return (b"CONNECT " + json.dumps(options).encode() + b"\r\nPING\r\n",)


def _nonce(greeting: Greeting) -> bytes:
    try:
        told = json.loads(greeting[0].partition(b" ")[2].partition(b"\r\n")[0])
    except (IndexError, ValueError):
        return b""
    return str(told.get("nonce", "")).encode() if isinstance(told, dict) else b""


def _signed(seed: bytes, nonce: bytes) -> str:
    try:
        raw = base64.b32decode(seed.strip() + b"=" * (-len(seed.strip()) % 8))[2:34]
    except binascii.Error:
        return ""
    signature = Ed25519PrivateKey.from_private_bytes(raw).sign(nonce)
    return base64.urlsafe_b64encode(signature).decode().rstrip("=")


_COUNT = b'{"key":"AA==","range_end":"AA==","count_only":true}'


def _etcd(credential: Credential, _: Greeting, tls: bool) -> tuple[Line, ...]:
    """A count of no keys, by the gRPC gateway; who asks is known by its certificate."""
    head = "POST /v3/kv/range HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
    return (head.encode() + f"Content-Length: {len(_COUNT)}\r\n\r\n".encode() + _COUNT,)


PROTOCOLS: Mapping[str, Protocol] = {
    **dict.fromkeys(
        ("valkey", "redis"),
        Protocol(
            says=_redis,
            whole=lambda answer: answer.endswith(b"\r\n") and (b":" in answer or answer.startswith(b"-")),
            admits=lambda parts: bool(parts) and b":0\r\n" in parts[0],
        ),
    ),
    "mosquitto": Protocol(
        says=_mqtt,
        whole=lambda answer: len(answer) >= 4,
        admits=lambda parts: bool(parts) and parts[0][:4] == b"\x20\x02\0\0",
    ),
    "nats": Protocol(
        says=_nats,
        whole=lambda answer: b"PONG\r\n" in answer or b"-ERR" in answer,
        admits=lambda parts: bool(parts) and b"PONG\r\n" in parts[0] and b"-ERR" not in parts[0],
        starttls="nats",
        greets=True,
    ),
    "etcd": Protocol(
        says=_etcd,
        whole=lambda answer: answer.endswith(b"0\r\n\r\n") or b"}" in answer,
        admits=lambda parts: bool(parts) and parts[0].startswith(b"HTTP/1.1 200 "),
    ),
    "postgresql": scram.PROTOCOL,
    "mariadb": native.PROTOCOL,
    "rabbitmq": amqp.PROTOCOL,
}

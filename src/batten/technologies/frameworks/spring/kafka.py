"""Connections to Kafka that the properties of Spring describe.

Source: https://docs.spring.io/spring-boot/reference/messaging/kafka.html and, for `security.protocol`,
https://kafka.apache.org/documentation/#adminclientconfigs_security.protocol.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import ConnectionString
from batten.model import Setting
from batten.technologies.shared.settings.settings import Settings

_SERVERS = "spring.kafka.bootstrap-servers"
_PROTOCOLS = tuple(
    f"spring.kafka.{client}{kind}security.protocol"
    for client in ("", "admin.", "consumer.", "producer.", "streams.")
    for kind in ("", "properties.")
)
_PLAIN = ("PLAINTEXT", "SASL_PLAINTEXT")
_SERVER = re.compile(r"(?P<host>[\w.-]+|\[[0-9a-fA-F:.]+\])(?::(?P<port>\d{1,5}))?")


def connections(settings: Settings) -> Iterator[ConnectionString]:
    """One for each client whose protocol is written as one without TLS; what is not written, another source may set."""
    servers = settings.words(_SERVERS, ()).known(())
    first = _SERVER.fullmatch(servers[0]) if servers else None
    for key in _PROTOCOLS:
        protocol = settings.word(key)
        if first is not None and protocol.known("").upper() in _PLAIN:
            plain = Setting(False, protocol.at)
            yield ConnectionString(
                protocol.at,
                scheme="kafka",
                host=first["host"],
                port=int(first["port"] or 9092),
                has_password=protocol.known("").upper() == "SASL_PLAINTEXT",
                encrypted=plain,
                verified=plain,
                local=first["host"].startswith(("127.", "localhost", "[::1]")),
                variable=key,
            )

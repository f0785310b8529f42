"""Protocols that messages travel by, and how each is spoken over TLS (AsyncAPI's words and IANA's ports)."""

from __future__ import annotations

from batten.model.record import record


@record
class Protocol:
    secure: str  # the word for the same protocol over TLS
    port: int = 0  # without TLS, as registered with IANA
    secure_port: int = 0


PLAIN = {
    "http": Protocol("https", 80, 443),
    "ws": Protocol("wss", 80, 443),
    "mqtt": Protocol("secure-mqtt", 1883, 8883),
    "mqtt5": Protocol("secure-mqtt", 1883, 8883),
    "amqp": Protocol("amqps", 5672, 5671),
    "kafka": Protocol("kafka-secure"),
    "stomp": Protocol("stomps"),
    "redis": Protocol("rediss"),
}
SPOKEN = {"mqtt5": "mqtt"}  # the protocol's name, where the word is another
# Where TLS is spoken by habit, whatever the word says. NATS and Pulsar tell TLS by no word at all.
SECURE_PORTS = frozenset((443, 5671, 6380, 8443, 8883, 9093, 9094, 61614))
# Brokers that the provider's own identities guard.
MANAGED = frozenset(("googlepubsub", "sns", "sqs", "anypointmq"))

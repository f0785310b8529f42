"""Ports without a named protocol: recognised by a greeting, by an answer to HTTP, or by a complaint.

A few questions at most. What none of them tells is not assessed, and a port that speaks HTTP is asked no more than
who it is.
"""

from __future__ import annotations

import re
from collections.abc import Generator

from batten.live.exchange import (
    Answer,
    HungUp,
    NotAnswered,
    OtherProduct,
    Question,
    Response,
    TcpDialogue,
    Unreachable,
    talk,
)
from batten.live.stores import (
    clickhouse,
    consoles,
    couchdb,
    edges,
    elasticsearch,
    influxdb,
    orchestrators,
    rabbitmq_management,
    s3,
)
from batten.live.stores.door import Door
from batten.live.stores.web import document, fetch, text_at, wants_tls

_LISTEN = 1.0  # seconds for a server that speaks first
_GREETINGS = (
    (re.compile(rb"INFO \{"), "nats"),
    (re.compile(rb"...\0\x0a[\d.]+", re.DOTALL), "mysql"),
    (re.compile(rb"...\0\xff[\s\S]{2}", re.DOTALL), "mysql"),
)
_COMPLAINTS = (
    (re.compile(rb"-(?:ERR|DENIED|NOAUTH)|\+PONG"), "redis"),
    (re.compile(rb"ERROR\r\n|CLIENT_ERROR|VERSION "), "memcached"),
    (re.compile(rb"(?:HTTP[\s\S]{0,200})?It looks like you are trying to access MongoDB"), "mongodb"),
    (re.compile(rb"AMQP[\0-\x03]"), "amqp"),
    (re.compile(rb"[\x83-\x85]\0[\s\S]{2}\0\0"), "cassandra"),
    (re.compile(rb"HTTP/1\.[01] 400[\s\S]{0,300}clickhouse-client"), "clickhouse-native"),
)
_NOTHING = "no supported store was recognised; write its protocol, as in redis://host:port"
_QUESTIONS = (
    (b"", _GREETINGS, _LISTEN),
    (b"GET / HTTP/1.0\r\n\r\n", _COMPLAINTS, 2.0),  # a Host header would make redis cry wolf in its log
    (b"version\r\n", _COMPLAINTS, 1.0),
)


def recognise(door: Door) -> Generator[Question, Answer, str]:
    """The scheme of what answers there. OtherProduct for another HTTP server; NotAnswered when nothing tells."""
    spoken = "https" if door.tls else (yield from _by_words(door))
    if spoken not in ("http", "https"):
        return spoken
    try:
        root = yield from fetch(door.with_tls(spoken == "https"), "/")
        if wants_tls(root):
            door = door.with_tls(True)
            root = yield from fetch(door, "/")
    except Unreachable:
        raise
    except NotAnswered as error:
        raise NotAnswered(_NOTHING) from error
    return (yield from _by_page(door.with_tls(root.request.url.startswith("https")), root))


def _by_words(door: Door) -> Generator[Question, Answer, str]:
    """A scheme, or "http", or "https" for a port that ends what is not TLS at once."""
    ended = False
    for line, patterns, seconds in _QUESTIONS:
        try:
            answer = yield from talk(TcpDialogue(door.host, door.port, (line,), limit=2048, seconds=seconds))
        except Unreachable:
            raise
        except HungUp:
            ended = True  # a server whose handshake fails may reset the connection instead of ending it
            continue
        except NotAnswered:
            continue
        part = answer.part(0)
        scheme = next((name for pattern, name in patterns if pattern.match(part)), "")
        if scheme or part.startswith(b"HTTP/"):
            return scheme or "http"
        if part and not part.startswith(b"\x15\x03"):
            raise NotAnswered("the port's protocol is not supported")
        ended = True
    if not ended:
        raise NotAnswered("the port sent nothing")
    return "https"


def _by_page(door: Door, root: Response) -> Generator[Question, Answer, str]:
    if scheme := named(root):
        return scheme
    for path, scheme, key in (("/version", "etcd", "etcdserver"), ("/version", "docker", "MinAPIVersion")):
        response = yield from fetch(door, path)
        if text_at(document(response), key):
            return scheme
    raise OtherProduct("the port is a web server, not a store that batten supports")


def named(root: Response) -> str:
    """The scheme that the answer to "/" gives away, "" when it is none that batten supports."""
    if elasticsearch.recognised(root):
        return "elasticsearch"
    if couchdb.recognised(root):
        return "couchdb"
    if influxdb.recognised(root):
        return "influxdb"
    if clickhouse.recognised(root):
        return "clickhouse"
    if rabbitmq_management.recognised(root):
        return "rabbitmq-management"
    if consoles.leads_to_prometheus(root):
        return "prometheus"
    if console := consoles.recognised(root) or orchestrators.recognised(root):
        return console
    if "MinIO" in root.header("server"):
        return "minio"
    return "s3" if s3.recognised(root) else edges.recognised(root)

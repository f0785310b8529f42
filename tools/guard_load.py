"""What clients do to a guard in tools/guard_endurance.py, and what each whole answer is held against."""

from __future__ import annotations

import json
import random
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import SimpleNamespace

from cases import answers, bodies, framing, origins, targets
from cases.case import GOOD_THING, JSON, TOKEN, asked, posted
from cases.plays import ENDLESS, HANG, PLAYS
from guard_clients import Answer, Client
from guard_oracle import may_get_out
from guard_readings import ReadAnswer

_WAITING = tuple(
    f"X-Play: {name}\r".encode() for name, said in PLAYS.items() if said.endswith((HANG, ENDLESS))
)
SUITE = [
    c
    for c in framing.CASES + targets.CASES + origins.CASES + bodies.CASES + answers.CASES
    if not any(w in c.sent for w in _WAITING)
]
_REQUEST = re.compile(rb"([A-Z]+) ([^ ?]+)[^\r\n]* HTTP/1\.1\r\n")
_MIX = ("good", "wrong type", "additional", "page", "trace", "undeclared status", "cut", "reset", "bad chunk", "chunked", "gzip of wrong", "twice",
        "until close", "large", "debug page", "two answers")  # fmt: skip


@dataclass
class Seen:
    """By all clients together."""

    statuses: Counter[int] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)  # connections that ended without a whole answer
    wrong: list[str] = field(default_factory=list)  # what must not be
    seconds: list[float] = field(default_factory=list)
    slowest: float = 0.0

    def took(self, status: int, seconds: float) -> None:
        self.statuses[status] += 1
        self.slowest = max(self.slowest, seconds)
        if len(self.seconds) < 1_000_000:
            self.seconds.append(seconds)

    @property
    def answered(self) -> int:
        return sum(self.statuses.values())


@dataclass
class Load:
    """Threads that ask until they are told to stop."""

    port: int
    act: Callable[[int, random.Random, Seen], None]
    many: int
    seen: Seen = field(default_factory=Seen)
    ended: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Seen:
        for number in range(self.many):
            self.threads.append(threading.Thread(target=self._run, args=(number,), daemon=True))
            self.threads[-1].start()
        return self.seen

    def __exit__(self, *error: object) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join(60)
            if thread.is_alive():
                self.seen.wrong.append("a client hangs")

    def _run(self, number: int) -> None:
        chance = random.Random(number)
        while not self.ended.is_set():
            try:
                self.act(self.port, chance, self.seen)
            except (AssertionError, OSError) as error:
                self.seen.broken[f"{type(error).__name__}: {str(error)[:60]}"] += 1
            except Exception as error:  # whatever it is, the proof has failed
                self.seen.wrong.append(repr(error)[:300])


def mixed(port: int, chance: random.Random, seen: Seen) -> None:
    """One of all the things that clients do."""
    chance.choices(
        (one_case, varied, varied, varied, halves, slow, large, silent), (30, 20, 20, 20, 4, 2, 3, 1)
    )[0](port, chance, seen)


def one_case(port: int, chance: random.Random, seen: Seen) -> None:
    """A case of the black-box suite, with the statuses that it must have."""
    case = chance.choice(SUITE)
    client = Client(port)
    try:
        begun = time.monotonic()
        client.send(case.sent)
        methods = _REQUEST.findall(case.sent)
        got = [
            client.answer(n < len(methods) and methods[n][0] == b"HEAD") for n, _ in enumerate(case.statuses)
        ]
        seen.took(got[-1].status, time.monotonic() - begun)
        told = tuple(answer.status for answer in got)
        if told != case.statuses:
            seen.wrong.append(f"{case.name}: {told}")
    finally:
        client.close()


def varied(port: int, chance: random.Random, seen: Seen) -> None:
    """A connection that asks for ever new things, good and bad ones."""
    client = Client(port)
    try:
        for _ in range(chance.randrange(1, 30)):
            ask(client, _any_request(chance), seen)
    finally:
        client.close()


def _any_request(chance: random.Random) -> bytes:
    number = chance.getrandbits(40)
    extra = (f"X-Request-Id: {number}", f"User-Agent: load/{chance.randrange(1000)}")
    match chance.randrange(6):
        case 0:
            return asked(f"GET /v1/things?page={number}", *extra, play=chance.choice(_MIX))
        case 1:
            body = json.dumps({"name": f"{number:x}"[:10]}).encode()
            return posted("POST /v1/things", body, TOKEN, JSON, *extra)
        case 2:
            body = json.dumps({"name": number, "other": [number] * chance.randrange(50)}).encode()
            return posted("POST /v1/things", body, TOKEN, JSON, *extra)
        case 3:
            return asked(f"GET /v1/undocumented/{number}", *extra)
        case 4:
            return asked(f"{chance.choice(('DELETE', 'PATCH', 'PURGE'))} /v1/things/{number}", TOKEN, *extra)
        case _:
            return asked(f"GET /v1/things/{number}", TOKEN, *extra)


def only_answers(port: int, chance: random.Random, seen: Seen) -> None:
    """A connection whose answers are good or must be replaced."""
    client = Client(port)
    try:
        for _ in range(50):
            ask(client, asked("GET /v1/things", play=chance.choice(_MIX)), seen)
    finally:
        client.close()


def plain(port: int, chance: random.Random, seen: Seen) -> None:
    """A well-behaved client."""
    client = Client(port)
    try:
        for _ in range(100):
            ask(client, asked(f"GET /v1/things/{chance.randrange(1000)}", TOKEN), seen)
            time.sleep(0.002)
    finally:
        client.close()


def ask(client: Client, request: bytes, seen: Seen) -> Answer:
    """One request; its answer is held against what may get out."""
    begun = time.monotonic()
    client.send(request)
    answer = client.answer()
    seen.took(answer.status, time.monotonic() - begun)
    if answer.whole:
        line = _REQUEST.match(request)
        assert line is not None
        who = SimpleNamespace(method=line[1].decode(), raw_path=line[2])
        if not may_get_out(who, _read(answer)):
            seen.wrong.append(f"let out: {request[:200]!r} {answer.head[:100]!r} {answer.body[:200]!r}")
    if b"\r\nconnection: close\r\n" in answer.head or not answer.whole:
        raise AssertionError("it ended")
    return answer


def _read(answer: Answer) -> ReadAnswer:
    lines = [line.partition(b": ") for line in answer.head.split(b"\r\n")[1:] if line]
    return ReadAnswer(
        answer.status, tuple((name, value) for name, _, value in lines), answer.body, answer.whole
    )


def halves(port: int, chance: random.Random, seen: Seen) -> None:
    """A client that goes away in the middle, of its request or of its answer."""
    request = chance.choice(
        (
            posted("POST /v1/things", GOOD_THING, TOKEN, JSON),
            asked("GET /v1/things", play="large"),
            asked("GET /v1/things", play="hang"),
        )
    )
    with socket.create_connection(("127.0.0.1", port), timeout=8) as link:
        link.sendall(request[: chance.randrange(1, len(request) + 1)])
        if chance.random() < 0.5:
            link.settimeout(chance.random() * 0.05)
            with suppress(OSError):
                link.recv(100)
        if chance.random() < 0.5:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def slow(port: int, chance: random.Random, seen: Seen) -> None:
    """A client that takes its time, and gets its answer."""
    request = posted("POST /v1/things", GOOD_THING, TOKEN, JSON)
    client = Client(port)
    try:
        for at in range(0, len(request), 20):
            client.send(request[at : at + 20])
            time.sleep(0.02)
        seen.statuses[client.answer().status] += 1
    finally:
        client.close()


def large(port: int, chance: random.Random, seen: Seen) -> None:
    client = Client(port)
    try:
        client.send(
            posted("POST /v1/things", b" " * chance.randrange(100_000, 1_040_000) + GOOD_THING, TOKEN, JSON)
        )
        status = client.answer().status
        seen.statuses[status] += 1
        if status != 201:
            seen.wrong.append(f"a large body: {status}")
    finally:
        client.close()


def silent(port: int, chance: random.Random, seen: Seen) -> None:
    """A client that says nothing, or half of something, until it is sent away."""
    client = Client(port)
    client.link.settimeout(20)
    try:
        client.send(chance.choice((b"", b"GET /v1/things HTTP/1.1\r\nHo")))
        client.is_at_end()
    finally:
        client.close()

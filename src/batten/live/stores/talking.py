"""Dialogues with a port of which it is not known yet whether it speaks TLS."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Literal

from batten.live.exchange import (
    Answer,
    Line,
    NotAnswered,
    Question,
    TcpAnswer,
    TcpDialogue,
    Unreachable,
    talk,
)
from batten.live.stores.door import Door

Talk = Generator[Question, Answer, TcpAnswer]
CLOSED = "the port closed the connection without an answer"
LIMIT = 16_384
MOST = 1 << 20  # bytes of a frame


def framed(
    at: int, width: int, rest: int, order: Literal["big", "little"] = "big"
) -> Callable[[bytes], bool]:
    """Whether an answer is a whole frame whose length stands `at` there and leaves out `rest` bytes. One that claims
    more than is ever read is whole too: it is no answer."""

    def whole(answer: bytes) -> bool:
        if len(answer) < at + width:
            return False
        length = rest + int.from_bytes(answer[at : at + width], order)
        return len(answer) >= length or length > MOST

    return whole


def once(
    door: Door,
    lines: tuple[Line, ...],
    whole: Callable[[bytes], bool] = bool,
    tls: bool = False,
    starttls: str = "",
    limit: int = LIMIT,
) -> Talk:
    answer = yield from talk(
        TcpDialogue(door.host, door.port, lines, tls, limit, whole, starttls, seconds=door.seconds)
    )
    if not answer.part(0):
        raise NotAnswered(CLOSED)
    return answer


def either(
    door: Door, lines: tuple[Line, ...], whole: Callable[[bytes], bool] = bool, limit: int = LIMIT
) -> Talk:
    """The dialogue in clear text, and over TLS where the port ends the other one at once or sends an alert."""
    if door.tls is not None:
        return (yield from once(door, lines, whole, door.tls, limit=limit))
    try:
        answer = yield from once(door, lines, whole, limit=limit)
    except Unreachable:
        raise
    except NotAnswered as error:
        if "sent nothing" in str(error):
            raise
        return (yield from _over_tls(door, lines, whole, limit, error))
    if answer.part(0)[:2] == b"\x15\x03":
        return (yield from _over_tls(door, lines, whole, limit, NotAnswered(CLOSED)))
    return answer


def _over_tls(
    door: Door, lines: tuple[Line, ...], whole: Callable[[bytes], bool], limit: int, before: NotAnswered
) -> Talk:
    try:
        return (yield from once(door, lines, whole, tls=True, limit=limit))
    except NotAnswered as error:
        raise (before if str(error).startswith("TLS failed") else error) from error


def first_line(part: bytes) -> str:
    return part.decode("utf-8", "replace").partition("\n")[0].rstrip("\r")[:120]

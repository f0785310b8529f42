"""What a guard is asked, and what it says."""

from __future__ import annotations

from dataclasses import field
from typing import NamedTuple

from batten.guard.options import Rule
from batten.model.record import record

Headers = tuple[tuple[bytes, bytes], ...]


@record
class Sender:
    """Who sent a request. What a trusted peer says of the client is not among the request's headers: `address` is the client's,
    "" where it has none, and `told` is what the application gets to read of it."""

    trusted: bool = False
    address: str = ""
    told: Headers = ()


UNTRUSTED = Sender()


class Head(NamedTuple):
    """A request before its body. Header names are in lower case; `raw_path` is as it was sent."""

    method: str
    raw_path: bytes
    query: bytes
    headers: Headers
    scheme: str
    sender: Sender = UNTRUSTED


class AnswerHead(NamedTuple):
    """Header names are in lower case."""

    status: int
    headers: Headers


@record
class Refuse:
    """A request that goes no further. `detail` never holds what the client sent but a JSON pointer; `name` is that of
    an undeclared parameter, if it may be counted."""

    rule: Rule
    status: int
    title: str
    headers: Headers = ()
    detail: str = ""
    name: str = ""
    about: str = ""  # which keyword of which schema, for logs


@record
class Answered:
    """A preflight: the guard answers it, and the application never sees it."""

    status: int
    headers: Headers


@record
class Replace:
    """An answer that must not get out; `reason` and `about`, which keyword of which schema, are for logs."""

    rule: Rule
    status: int
    reason: str
    headers: Headers = ()
    about: str = ""


@record
class Pass:
    """An answer that gets out. `body` is None where it was not looked at."""

    headers: Headers
    body: bytes | None = field(default=None, repr=False)
    noted: tuple[Replace, ...] = ()

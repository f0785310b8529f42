"""One request as handlers see it, and one answer as they give it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec import ValidationError, convert
from sqlalchemy import Connection

from batten.model.record import record
from batten.watch.api.problems import ApiProblem, missing
from batten.watch.api.times import milliseconds
from batten.watch.model import Caller
from batten.watch.settings import Watch

Decoded = TypeVar("Decoded")


@record(kw_only=True)
class Asked:
    """A request that the guard has held against the document. `path`, `query` and `headers` are by name, headers in lower
    case; `now` is in milliseconds."""

    watch: Watch
    caller: Caller
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    now: int

    def number(self, name: str) -> int:
        """A number of the path. Raises ApiProblem (404) where it is something else."""
        written = self.path[name]
        return int(written) if written.isdecimal() and len(written) < 17 else missing(name)

    def text(self, name: str, otherwise: str = "") -> str:
        """A text of the query."""
        return next(iter(self.query.get(name, ())), otherwise)

    def whole(self, name: str, otherwise: int = 0) -> int:
        """A number of the query. Raises ApiProblem (400)."""
        written = self.text(name)
        if written and not (written.isdecimal() and len(written) < 17):
            raise ApiProblem(400, f"{name} is not a number")
        return int(written or otherwise)

    def flag(self, name: str) -> bool | None:
        """True, false, or None where the query does not say."""
        return {"true": True, "false": False}.get(self.text(name))

    def time(self, name: str) -> int | None:
        """A time of the query in milliseconds, None where there is none. Raises ApiProblem (400)."""
        written = self.text(name)
        try:
            return milliseconds(convert(written, datetime)) if written else None
        except (ValidationError, OverflowError, TypeError):
            raise ApiProblem(400, f"{name} is not a time; write it as 2027-01-31T00:00:00Z") from None

    def decoded(self, kind: type[Decoded]) -> Decoded:
        """The JSON body. Raises ApiProblem (400)."""
        try:
            return msgspec.json.decode(
                self.body, type=kind, strict=False
            )  # 1.0 is an integer (JSON Schema, 6.1.1)
        except msgspec.DecodeError as error:
            raise ApiProblem(400, f"the body cannot be read: {error}") from None


@record(kw_only=True)
class Reply:
    """An answer: a body that becomes JSON, or a stream of a media type. A `secret` one is shown once and never kept. `after` is
    done when the transaction is over, before the answer is given."""

    status: int = 200
    body: Mapping[str, object] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: Iterable[bytes] | None = None
    media_type: str = "application/json"
    secret: bool = False
    after: Callable[[], None] | None = None


Handler = Callable[[Connection, Asked], Reply]

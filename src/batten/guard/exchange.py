"""One request on its way to an ASGI application, and its answer on the way back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from batten.contract import SchemaProblem
from batten.guard import decisions, log
from batten.guard.compiled import Compiled
from batten.guard.options import Rule
from batten.guard.tally import Tally
from batten.guard.verdicts import Allow, AnswerHead, Head, Refuse, Replace

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

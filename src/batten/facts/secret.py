from __future__ import annotations

from batten.facts.fact import Fact
from batten.model import Setting
from batten.model.record import record


@record(kw_only=True)
class Secret(Fact):
    """A credential written out in a file. The value itself is never kept: `value` holds its kind.

    `place`: "config", "environment", "history", "image", "code".
    """

    name: str  # the key, option or command that carries it
    value: Setting[str]  # what it looks like: "password", "AWS access key", "private key", "token" …
    place: str
    committed: bool = True

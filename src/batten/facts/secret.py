from __future__ import annotations

from enum import Enum

from batten.facts.fact import Fact
from batten.model import Setting
from batten.model.record import record


class Guess(Enum):
    """How the value of a credential can be guessed."""

    PUBLISHED = "published"  # a vendor's default, or the example of a documentation
    WORDS = "words"  # words, names and digits that programs try
    SEARCHED = "searched"  # a key that is so short that all are tried
    SHORT = "short"  # a key that is shorter than its algorithm requires


@record(kw_only=True)
class Secret(Fact):
    """A credential written out in a file, or the key of a token that was seen. The value itself is never kept: `value`
    holds its kind.

    `place`: "config", "environment", "history", "image", "code", "token".
    """

    name: str  # the key, option or command that carries it
    value: Setting[str]  # what it looks like: "password", "AWS access key", "private key", "token" …
    place: str
    committed: bool = True
    guess: Guess | None = None  # None: nothing shows that it can be guessed
    whose: str = ""  # who publishes it
    signs: bool = False  # a key that signs or encrypts: who has it needs no server to use it
    local: bool = False  # of something on the same machine

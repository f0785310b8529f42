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

    `place`: "config", "environment", "history", "image", "code", "token", "file" (one that keeps credentials for a client).
    """

    name: str  # the key, option or command that carries it
    value: Setting[str]  # what it looks like: "password", "AWS access key", "private key", "token" …
    place: str
    committed: bool = True
    guess: Guess | None = None  # None: nothing shows that it can be guessed
    whose: str = ""  # who publishes it
    signs: bool = False  # a key that signs or encrypts: who has it needs no server to use it
    local: bool = False  # of something on the same machine
    told: bool = False  # it is the name of its user or database, which stands beside it
    suspected: bool = False  # only its name says that it is a credential
    replaced: str = ""  # the file that sets the variable of which this is the default


class Keeps(Enum):
    """What a file gives away to anyone who can read it."""

    KEY = "key"  # a private key, as it is used
    SEALED = "sealed"  # keys that a passphrase protects
    LOGINS = "logins"  # credentials that were sent, or that infrastructure was made with
    HASHES = "hashes"  # passwords that are guessed without the server's help
    DATA = "data"  # what a store held
    STATE = "state"  # what infrastructure was made with: its passwords and keys
    TEXT = "text"  # a copy of another file, with what was deleted from it


@record(kw_only=True)
class KeptFile(Fact):
    """A file that belongs in no repository, as its content proves. `what` says what it contains, with an article."""

    what: str
    keeps: Keeps
    committed: bool = True
    harmless: str = ""  # why a key opens nothing that matters, as the end of a sentence

"""Names of parameters that carry credentials."""

from __future__ import annotations

import re

_CREDENTIAL = re.compile(
    r"x?(?:(?:api|access|secret|private|subscription|auth|account)key"
    r"|(?:api|access|auth|oauth|refresh|bearer|id|session|security|user|login)?token|jwt"
    r"|(?:session|sess)id|pass(?:word|wd|phrase)?|pwd|(?:client|api|app|shared)?secret|authorization"
    r"|credentials?)"
)


def is_credential(name: str) -> bool:
    """Whether a parameter is called like a key, a token or a password, however its words are joined."""
    return _CREDENTIAL.fullmatch(re.sub(r"[-_.\s]", "", name).lower()) is not None


_SESSION = re.compile(r"x?(?:session|sess)id")


def names_a_session(name: str) -> bool:
    """Whether a parameter is called like the identifier of a session: a credential, or one of the API's own objects."""
    return _SESSION.fullmatch(re.sub(r"[-_.\s]", "", name).lower()) is not None

"""Credentials written out in files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.controls._registry import control
from batten.facts import Secret
from batten.masking import TOKENS
from batten.model import UNTOLD, RequireAuth, Severity, Switch, TurnOff, Violation

_TYPED = ("history", "environment")
_ISSUED = frozenset(kind for kind, _ in TOKENS) - {"JSON web token"}  # which tests make for themselves
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


@control(
    "Configuration holds no credential",
    Severity.HIGH,
    "S1 V1",
    "CWE-798, CWE-312, https://12factor.net/config",
)
def secret_not_inline(secret: Secret) -> Iterator[Violation]:
    """A credential in a file is in every clone, image and backup of it, for good."""
    if secret.place in _TYPED or not secret.committed:
        return
    kind = secret.value.known("credential")
    remedy = RequireAuth(secret.name) if _NAME.fullmatch(secret.name) and "URL" not in kind else RequireAuth()
    yield Violation(
        UNTOLD, f"a {kind} is written in `{secret.name}`", secret.value.at, remedy, everywhere=_issued(kind)
    )


@control(
    "Shell histories and environment files hold no credential",
    Severity.HIGH,
    "S1",
    "CWE-538, CWE-312",
)
def history_free_of_secrets(secret: Secret) -> Iterator[Violation]:
    """Histories and .env files are copied, committed and served by mistake more than any other file."""
    if secret.place not in _TYPED or not secret.committed:
        return
    kind = secret.value.known("credential")
    typed = secret.place == "history"
    where = "typed with" if typed else "written in"
    message = f"a {kind} is {where} `{secret.name}`: change it wherever it is valid"
    remedy = TurnOff(Switch.HISTORY_LINE) if typed else None
    yield Violation(UNTOLD, message, secret.value.at, remedy, everywhere=_issued(kind))


def _issued(kind: str) -> bool:
    """Whether somebody issued the credential, so that it is valid wherever its file lies; a password that is only known
    by its name may well be made for a test."""
    return kind in _ISSUED

"""Credentials written out in files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.controls._registry import control
from batten.facts import Secret
from batten.masking import TOKENS
from batten.model import Case, Per, RequireAuth, Severity, Switch, TurnOff, Violation

_TYPED = ("history", "environment")
_ISSUED = frozenset(kind for kind, _ in TOKENS) - {"JSON web token"}  # which tests make for themselves
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


class SecretNotInline(Case):
    HARD_CODED = (
        "hard-coded",
        "Rotate the credential, and read it from a secret store or a variable.",
        Per.THING,
    )


@control(
    "Configuration contains no credentials", Severity.HIGH, "S1 V1",
    "CWE-798, CWE-312, https://12factor.net/config",
)  # fmt: skip
def secret_not_inline(secret: Secret) -> Iterator[Violation]:
    """A credential in a file is in every clone, image and backup of it, for everyone who can read one."""
    if secret.place in _TYPED or not secret.committed:
        return
    kind = secret.value.known("credential")
    remedy = RequireAuth(secret.name) if _NAME.fullmatch(secret.name) and "URL" not in kind else RequireAuth()
    message = f"`{secret.name}` contains a hard-coded {kind}"
    yield Violation(
        SecretNotInline.HARD_CODED, message, secret.value.at, remedy=remedy, everywhere=_issued(kind)
    )


class HistoryFreeOfSecrets(Case):
    TYPED = (
        "typed",
        "Revoke and rotate the credential, and delete the history from the repository.",
        Per.THING,
    )
    WRITTEN = (
        "written",
        "Revoke and rotate the credential, and keep the file out of the repository.",
        Per.THING,
    )


@control(
    "Shell histories and environment files contain no credentials", Severity.HIGH, "S1", "CWE-538, CWE-312"
)
def history_free_of_secrets(secret: Secret) -> Iterator[Violation]:
    """Histories and `.env` files are copied, committed and served by mistake more than any other file."""
    if secret.place not in _TYPED or not secret.committed:
        return
    kind = secret.value.known("credential")
    if secret.place == "history":
        message = f"the shell history contains a plain-text {kind} (`{secret.name}`)"
        remedy = TurnOff(Switch.HISTORY_LINE)
        yield Violation(
            HistoryFreeOfSecrets.TYPED, message, secret.value.at, remedy=remedy, everywhere=_issued(kind)
        )
    else:
        message = f"the environment file contains a plain-text {kind} (`{secret.name}`)"
        yield Violation(HistoryFreeOfSecrets.WRITTEN, message, secret.value.at, everywhere=_issued(kind))


def _issued(kind: str) -> bool:
    """Whether somebody issued the credential, so that it is valid wherever its file lies; a password that is only known
    by its name may well be made for a test."""
    return kind in _ISSUED

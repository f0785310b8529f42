"""Credentials written out in files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import assert_never

from batten.controls._registry import control
from batten.facts import Guess, Keeps, KeptFile, Secret
from batten.masking import TOKENS
from batten.model import Case, DenyPaths, Per, RequireAuth, Severity, Switch, TurnOff, Violation

_TYPED = ("history", "environment")
_ISSUED = frozenset(kind for kind, _ in TOKENS) - {
    "JSON web token",
    "private key",
}  # which tests make
_GUESSED = (Guess.PUBLISHED, Guess.WORDS)
_OF_A_STORE = re.compile(
    r"(?:^|[_.\-])(?:DB|DATABASE|DATASOURCE|SQL|POSTGRES\w*|PG|MYSQL|MARIADB|MONGO\w*|REDIS|CACHE|BROKER|RABBITMQ|ELASTIC\w*|MINIO|CLICKHOUSE)(?:[_.\-]|$)|^PGPASSWORD$",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


class SecretNotInline(Case):
    HARD_CODED = (
        "hard-coded",
        "Rotate the credential, and read it from a secret store or a variable.",
        Per.CREDENTIAL,
    )
    FILE = (
        "credential-file",
        "Revoke and rotate the credential, and remove the file from the repository and its history.",
        Per.CREDENTIAL,
    )
    KEY = (
        "private-key",
        "Replace the key on every system that accepts it, and remove the file from the repository and its history.",
        Per.FOLDER,
    )
    COPY = (
        "data-copy",
        "Remove the file from the repository and its history, and change the passwords and tokens in it.",
        Per.THING,
    )
    LEFT = "editor-leftover", "Delete the file, and exclude files of this name in .gitignore.", Per.THING


@control(
    "Configuration contains no credentials", Severity.HIGH, "S1 V1",
    "CWE-798, CWE-312, https://12factor.net/config",
    disowned=True,
)  # fmt: skip
def secret_not_inline(secret: Secret) -> Iterator[Violation]:
    """A credential in a file is in every clone, image and backup of it, for everyone who can read one."""
    if secret.place in (*_TYPED, "token") or not secret.committed:
        return
    kind = secret.value.known("credential")
    remedy: DenyPaths | RequireAuth
    if secret.place == "file":
        case, remedy = SecretNotInline.FILE, _unlisted(secret.at.source)
        message = f"the credential file contains a plain-text {kind} (`{secret.name}`) {_how(secret)}"
    else:
        case, remedy = SecretNotInline.HARD_CODED, _reference(secret, kind)
        message = f"`{secret.name}` contains a hard-coded {kind} {_how(secret)}"
    yield Violation(
        case,
        message.rstrip(),
        secret.value.at,
        remedy=remedy,
        severity=_leaked(secret),
        everywhere=_issued(kind),
    )


@control("Configuration contains no credentials", Severity.HIGH, "S1 V1", slug="secret-not-inline")
def file_not_kept(file: KeptFile) -> Iterator[Violation]:
    """A key, a dump or a recording is in every clone for good, and is found by its name."""
    if file.committed:
        case, severity = _KEPT[file.keeps]
        message = f"`{file.at.source}` contains {file.what} {file.harmless}".rstrip()
        if file.harmless:
            severity = Severity.LOW
        yield Violation(case, message, file.at, remedy=_unlisted(file.at.source), severity=severity)


def _unlisted(path: str) -> DenyPaths:
    return DenyPaths((path,))


_KEPT: Mapping[Keeps, tuple[SecretNotInline, Severity | None]] = {
    Keeps.KEY: (SecretNotInline.KEY, None),
    Keeps.SEALED: (SecretNotInline.KEY, Severity.MEDIUM),
    Keeps.LOGINS: (SecretNotInline.COPY, Severity.MEDIUM),
    Keeps.HASHES: (SecretNotInline.COPY, Severity.MEDIUM),
    Keeps.DATA: (SecretNotInline.COPY, Severity.LOW),
    Keeps.STATE: (SecretNotInline.COPY, None),
    Keeps.TEXT: (SecretNotInline.LEFT, Severity.LOW),
}


class HistoryFreeOfSecrets(Case):
    TYPED = (
        "typed",
        "Revoke and rotate the credential, and delete the history from the repository.",
        Per.CREDENTIAL,
    )
    WRITTEN = (
        "written",
        "Revoke and rotate the credential, and keep the file out of the repository.",
        Per.CREDENTIAL,
    )


@control(
    "Shell histories and environment files contain no credentials",
    Severity.HIGH,
    "S1",
    "CWE-538, CWE-312",
    disowned=True,
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
        message = (
            f"the environment file contains a plain-text {kind} (`{secret.name}`) {_how(secret)}".rstrip()
        )
        yield Violation(
            HistoryFreeOfSecrets.WRITTEN,
            message,
            secret.value.at,
            severity=_leaked(secret),
            everywhere=_issued(kind),
        )


def _leaked(secret: Secret) -> Severity | None:
    """What can be guessed is not made worse by being read; of what is only called like a credential, nobody knows that it is one."""
    if secret.suspected:
        return Severity.INFO
    if secret.replaced:
        return Severity.LOW
    if secret.guess in _GUESSED:
        return _harm(secret)
    return Severity.MEDIUM if secret.local else None  # who reads it has no way to what it opens


def _reference(secret: Secret, kind: str) -> RequireAuth:
    return RequireAuth(secret.name) if _NAME.fullmatch(secret.name) and "URL" not in kind else RequireAuth()


def _issued(kind: str) -> bool:
    """Whether somebody issued the credential, so that it is valid wherever its file lies; a password that is only known
    by its name may well be made for a test."""
    return kind in _ISSUED


class SecretNotGuessable(Case):
    PUBLISHED = (
        "published-value",
        "Generate a random key of your own (`openssl rand -base64 48`), and keep it outside the configuration.",
    )
    WORDS = (
        "guessable",
        "Generate a random key (`openssl rand -base64 48`), and keep it outside the configuration.",
    )
    SHORT = "short-key", "Generate a key of at least 32 random bytes (`openssl rand -base64 48`)."


@control(
    "Keys that sign and encrypt cannot be guessed", Severity.CRITICAL, "S1 V1",
    "CWE-1391, CWE-326, OWASP API2:2023, RFC 7518 section 3.2",
    covers="secret-not-inline history-free-of-secrets",
    disowned=True,
)  # fmt: skip
def secret_not_guessable(secret: Secret) -> Iterator[Violation]:
    """With the key that signs its tokens, anyone is any user, and nothing of it is logged."""
    if secret.guess is None or not secret.signs or not secret.committed or secret.suspected:
        return
    kind = secret.value.known("key")
    remedy = (
        None if secret.place in _TYPED else _reference(secret, kind)
    )  # a file of variables has no reference
    case = _CASES[secret.guess]
    message = f"`{secret.name}` has a {kind} {_how(secret)}"
    yield Violation(case, message, secret.value.at, remedy=remedy, severity=_harm(secret))


_CASES: Mapping[Guess, SecretNotGuessable] = {
    Guess.PUBLISHED: SecretNotGuessable.PUBLISHED,
    Guess.WORDS: SecretNotGuessable.WORDS,
    Guess.SEARCHED: SecretNotGuessable.SHORT,
    Guess.SHORT: SecretNotGuessable.SHORT,
}


def _how(secret: Secret) -> str:
    """How the value is guessed, and what is used instead of it, as the end of a sentence."""
    replaced = f"(a default: `{secret.replaced}` sets the variable)" if secret.replaced else ""
    match secret.guess:
        case None:
            guessed = ""
        case Guess.PUBLISHED:
            guessed = f"that {secret.whose} publishes"
        case Guess.WORDS:
            guessed = "that can be guessed"
        case Guess.SEARCHED:
            guessed = "that is so short that every value can be tried"
        case Guess.SHORT:
            guessed = "of less than the 32 bytes that HS256 requires"
        case _:
            assert_never(secret.guess)
    return f"{guessed} {replaced}".strip()


def _harm(secret: Secret) -> Severity:
    """A key is used without the server; a password needs a way to what it opens, which is not known here."""
    if secret.local or secret.told or secret.replaced:
        return Severity.LOW
    if secret.guess is Guess.SHORT or "URL" in secret.value.known("") or _OF_A_STORE.search(secret.name):
        return Severity.MEDIUM
    return Severity.CRITICAL if secret.signs and secret.guess is not Guess.SEARCHED else Severity.HIGH

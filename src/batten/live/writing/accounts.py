"""Passwords of accounts in an answer, which no client needs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from batten.live.exchange import Response

_SECRET = re.compile(
    r"(?i)(?:user_?|account_?)?(?:(?:hashed|encrypted|plain)_?)?(?:pass(?:word|wd|phrase)?|pwd)_?(?:hash|digest)?"
)
_MASK = re.compile(
    r"(?i)[*•.x#_ -]+|[\[<(]?(?:redacted|hidden|masked|filtered|secret|string|null|none|password)[\])>]?"
)
_HASH = re.compile(r"\$\w+\$|\w*pbkdf2|scrypt:|sha\d+\$|[0-9a-f]{32}$|[0-9a-f]{40}$|[0-9a-f]{64}$")
_NUMBERED = re.compile(r"(?i)(?:_?id|uid|user_?id|account_?id)")
_UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{24}")


def shows_password(response: Response) -> bool:
    """Whether a JSON answer holds an account with its password or the hash of it. A form's words, a schema,
    and what the request itself said are none."""
    if not 200 <= response.status < 300 or not response.media_type.endswith(("json", "html", "plain")):
        return False
    if response.truncated or ("pass" not in response.text.lower() and "pwd" not in response.text.lower()):
        return False
    try:
        document = json.loads(response.text)
    except (ValueError, RecursionError):
        return False
    if isinstance(document, dict) and document.keys() & {"openapi", "swagger", "$schema", "info"}:
        return False
    said = response.request.body.decode("utf-8", "replace")
    return any(_account(record, said) for record in _objects(document))


def _objects(document: object) -> Iterator[dict[str, object]]:
    pending = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            yield value
            pending += value.values()
        elif isinstance(value, list):
            pending += value


def _account(record: dict[str, object], said: str) -> bool:
    for name, value in record.items():
        if isinstance(value, str) and _SECRET.fullmatch(name) and len(value) > 2:
            own = not _MASK.fullmatch(value) and value not in said
            if own and len(record) > 1 and (_HASH.match(value) or _somebody(record)):
                return True
    return False


def _somebody(record: dict[str, object]) -> bool:
    """The object is about one account: translations of a form have such names too, but no such values."""
    for name, value in record.items():
        if isinstance(value, bool):
            return True
        if _NUMBERED.fullmatch(name) and (isinstance(value, int) or _UUID.fullmatch(str(value))):
            return True
        if name.lower() in ("email", "mail", "e_mail") and re.fullmatch(r"[^@\s]+@[^@\s]+", str(value)):
            return True
    return False

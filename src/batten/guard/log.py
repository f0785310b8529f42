"""What the guard tells operators: which rule, where and why, without what looks like a secret."""

from __future__ import annotations

import logging
import re
import secrets
import traceback

from batten.guard.verdicts import Refuse, Replace
from batten.masking import MASK, filtered

SHOWN = 2_000  # characters of a replaced body
_ASCII_MASK = ascii(MASK)[1:-1]

logger = logging.getLogger("batten.guard")

_LONG = re.compile(
    r"\b(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{24,}(?:\.[A-Za-z0-9_-]+)*"
)  # what is random and long


def redacted(text: str) -> str:
    return _LONG.sub(MASK, filtered(text))


def excerpt(body: bytes) -> str:
    """The beginning of a body on one line, so that it cannot forge lines of the log."""
    text = redacted(body[: SHOWN * 4].decode("utf-8", "replace"))  # before it is cut: no secret is cut in two
    return ascii(text[:SHOWN]).replace(_ASCII_MASK, MASK)


def refused(what: str, verdict: Refuse, reference: str, why: str) -> None:
    told = f": {ascii_of(why)}" if why else ""
    logger.info("%s: %s refused: %d (%s)%s", reference, ascii(what), verdict.status, verdict.rule.value, told)


def replaced(what: str, status: int, verdict: Replace, reference: str, why: str, body: bytes) -> None:
    """`body` is logged only where the operator wants that; else it is empty."""
    shown = f"; its body starts with: {excerpt(body)}" if body else ""
    logger.warning(
        "%s: answer %d of %s replaced by %d (%s): %s%s",
        reference, status, ascii(what), verdict.status, verdict.rule.value, ascii_of(why), shown,
    )  # fmt: skip


def observed(what: str, verdict: Refuse | Replace, why: str) -> None:
    told = ascii_of(why) or f"status {verdict.status}"
    logger.info("%s would have been blocked (%s): %s", ascii(what), verdict.rule.value, told)


def ascii_of(text: str) -> str:
    """On one line, in the characters of every log."""
    return ascii(text)[1:-1]


def broke(what: str, reference: str, error: BaseException) -> None:
    told = filtered(
        "".join(traceback.format_exception(error))
    ).rstrip()  # not `exc_info`: a handler would write what the error and its lines say
    logger.error("%s: %s raised %s\n%s", reference, ascii(what), type(error).__name__, told)


def new_reference() -> str:
    return secrets.token_hex(8)

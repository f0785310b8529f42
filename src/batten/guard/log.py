"""What the guard tells operators: the original of what it replaced, without what looks like a secret."""

from __future__ import annotations

import logging
import re
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


def refused(what: str, verdict: Refuse, reference: str) -> None:
    logger.info("%s: %s refused: %d (%s)", reference, ascii(what), verdict.status, verdict.rule.value)


def replaced(what: str, status: int, verdict: Replace, reference: str, body: bytes) -> None:
    logger.warning(
        "%s: answer %d of %s replaced by %d (%s): %s; its body starts with: %s",
        reference, status, ascii(what), verdict.status, verdict.rule.value, verdict.reason, excerpt(body),
    )  # fmt: skip


def observed(what: str, verdict: Refuse | Replace) -> None:
    reason = verdict.reason if isinstance(verdict, Replace) else f"status {verdict.status}"
    logger.info("%s would have been blocked (%s): %s", ascii(what), verdict.rule.value, reason)


def broke(what: str, reference: str, error: BaseException) -> None:
    told = filtered(
        "".join(traceback.format_exception(error))
    ).rstrip()  # not `exc_info`: a handler would write what the error and its lines say
    logger.error("%s: %s raised %s\n%s", reference, ascii(what), type(error).__name__, told)

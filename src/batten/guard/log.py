"""What the guard tells operators: the original of what it replaced, without what looks like a secret."""

from __future__ import annotations

import logging
import re

from batten.guard.verdicts import Refuse, Replace

SHOWN = 2_000  # characters of a replaced body
HIDDEN = "[redacted]"

logger = logging.getLogger("batten.guard")

_NAMED = re.compile(
    r"(?P<name>(?:token|secret|passw(?:or)?d|passwd|pwd|api[_-]?key|apikey|authorization|cookie|session(?:_?id)?"
    r"|signature|credentials?|private[_-]?key)[\"']?\s*[:=]\s*[\"']?)"
    r"(?:(?:Bearer|Basic)\s+)?[^\s\"'&;,<>{}]+",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE)
_USERINFO = re.compile(r"(\w+://[^\s/:@]*):[^\s/@]+@")
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY.*?(?:-----END [A-Z ]*-----|\Z)", re.DOTALL)
_LONG = re.compile(
    r"\b(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{24,}(?:\.[A-Za-z0-9_-]+)*"
)  # what is random and long


def redacted(text: str) -> str:
    text = _PEM.sub(HIDDEN, text)
    text = _USERINFO.sub(rf"\1:{HIDDEN}@", text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    text = _NAMED.sub(lambda found: found["name"] + HIDDEN, text)
    return _LONG.sub(HIDDEN, text)


def excerpt(body: bytes) -> str:
    """The beginning of a body on one line, so that it cannot forge lines of the log."""
    text = redacted(body[: SHOWN * 4].decode("utf-8", "replace"))  # before it is cut: no secret is cut in two
    return ascii(text[:SHOWN])


def refused(what: str, verdict: Refuse, reference: str) -> None:
    logger.info("%s: %s refused: %d (%s)", reference, ascii(what), verdict.status, verdict.rule.value)


def replaced(what: str, status: int, verdict: Replace, reference: str, body: bytes) -> None:
    logger.warning(
        "%s: answer %d of %s replaced by %d (%s): %s; it began: %s",
        reference, status, ascii(what), verdict.status, verdict.rule.value, verdict.reason, excerpt(body),
    )  # fmt: skip


def observed(what: str, verdict: Refuse | Replace) -> None:
    reason = verdict.reason if isinstance(verdict, Replace) else f"status {verdict.status}"
    logger.info("%s would have been stopped (%s): %s", ascii(what), verdict.rule.value, reason)


def broke(what: str, reference: str, error: BaseException) -> None:
    logger.error("%s: %s raised %s", reference, ascii(what), type(error).__name__, exc_info=error)

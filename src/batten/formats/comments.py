"""Comments beside a place, and whether one gives a reason for what stands there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from batten.formats.document import Text
from batten.model import Span

_ABOVE = 3  # lines of comment directly above the place
_BLOCK = 300  # lines of a block that are looked at for what is commented out
_LONGEST = 300  # characters of a line that are looked at
_BEHIND = re.compile(r"\s(?:#|//)+(?P<said>.*)")
_LINE = re.compile(r"\s*(?:#|//)+(?P<said>.*)")
_REASON = re.compile(
    r"\b(?:(?:required|needed|necessary|used|mandatory) (?:for|to|by|because|so|since|if|when|in)\b"
    r"|(?:needs|requires|need|require) (?:to|the|this|it|access|root|host|full|privileged|read|write)\b"
    r"|(?:intentional|deliberate|purposeful)(?:ly)?\b|purposely\b|on purpose\b|by design\b|because\b|so that\b|in order to\b"
    r"|meant to be\b|must be\b|has to be\b)",
    re.IGNORECASE,
)
# Words of a comment that says the opposite: that it is wrong, not needed, or not to stay.
_DOUBT = re.compile(
    r"\b(?:todo|fixme|xxx|hack|temporar\w*|for now|insecure|unsafe|danger\w*|warning|careful|not|never|no longer|remove|avoid"
    r"|debug\w*|testing|only in dev\w*|don'?t|isn'?t|shouldn'?t)\b|\bbatten:",  # an inline waiver is judged as one
    re.IGNORECASE,
)

# What a comment says of a credential that opens nothing that matters, and what it does not mean by that.
_WORTHLESS = re.compile(
    r"\b(?:(?:dummy|fake|mock(?:ed)?|throw-?away|disposable|sample|example|test(?:ing)?|dev(?:elopment)?|local|demo|public|well[- ]known)"
    r" (?:only|values?|keys?|secrets?|tokens?|passwords?|credentials?|certificates?|accounts?|use|development|testing|purposes?|env(?:ironment)?s?|stack)\b"
    r"|(?:only|just) (?:used )?(?:for|in|by|on) (?:the )?(?:local(?:ly|host)?|dev\w*|tests?|testing|ci|demo|internal\w*|examples?)\b"
    r"|(?:used|run|needed) (?:only )?(?:locally|internally|for (?:local )?(?:dev\w*|tests?|testing))\b|for (?:local )?(?:dev(?:elopment)?|tests|testing|ci|demos?)(?: purposes)? only\b"
    r"|not (?:an? )?(?:real |actual )?(?:secret|credential|sensitive|confidential)\b|no (?:real )?secrets?\b"
    r"|(?:can|could|may) be (?:anything|any value|public)\b|throw-?away|publicly known)",
    re.IGNORECASE,
)
_WORTH = re.compile(
    r"\b(?:prod(?:uction)?|live|(?<!no )(?<!not )(?<!not a )real|not (?:only|just|for)|never|todo|fixme|replace|rotate|remove)\b|\bbatten:",
    re.IGNORECASE,
)
# Comments by which other scanners are told that a finding is accepted.
_ACCEPTED = re.compile(
    r"\b(?:checkov:skip=CKV\w{1,20}|(?:tfsec|trivy|terrascan|snyk)(?::| )(?:ignore|skip)\S{0,80}|kics-scan (?:ignore|disable)\S{0,80}"
    r"|bridgecrew:skip=\w{1,20}|nosemgrep\b|nosec\b|checkov\.io/skip\d{0,3})",
    re.IGNORECASE,
)
_WITHIN = 4  # lines of comment at the beginning of a block
_PARAGRAPH = 6  # lines between a place and the comment above the paragraph that it is in

# The lines of a file before a change, without the blanks around them; None for a file that the change does not touch.
FormerLines = Callable[[str], frozenset[str] | None]


def explained(text: Text, span: Span, former: frozenset[str] | None = None) -> bool:
    """Whether a comment on the place's first line, or directly above it, says why it is so.

    A comment that doubts it, warns of it or plans its end gives no reason; neither does a waiver. Where `former` is given, the
    lines of the file before a change without the blanks around them, only comments and places on such lines count.
    """
    if former is not None and _whole(text, text.line_of(span.start)) not in former:
        return False
    return bool(reason(text, span, former))


def reason(text: Text, span: Span, former: frozenset[str] | None = None) -> str:
    """The comment on the place's first line, or directly above it, that says why it is so; "" where none does, or one doubts it."""
    said = " ".join(_beside(text, span, former))
    return said if _REASON.search(said) is not None and _DOUBT.search(said) is None else ""


def worthless(text: Text, span: Span, former: frozenset[str] | None = None) -> bool:
    """Whether a comment beside a credential, or above the paragraph that it is in, says that it opens nothing that matters: it is
    for tests, for the developer's own machine, or public."""
    if former is not None and _whole(text, text.line_of(span.start)) not in former:
        return False
    said = list(_beside(text, span, former))
    line = text.line_of(span.start)
    for number in range(line - 1, max(line - 1 - _PARAGRAPH, 0), -1):
        written = _line(text.text, text.start_of(number))
        if not written.strip():
            break
        if _LINE.match(written):
            said += _beside(text, Span(text.start_of(number + 1), text.start_of(number + 1)), former)
            break
    words = " ".join(said)
    return _WORTHLESS.search(words) is not None and _WORTH.search(words) is None


def accepted(text: Text, span: Span, former: frozenset[str] | None = None) -> str:
    """The comment beside a place, or at the beginning of its block, by which its owner has accepted what another scanner finds
    there; "" where there is none."""
    if former is not None and _whole(text, text.line_of(span.start)) not in former:
        return ""
    said = list(_beside(text, span, former))
    first = text.line_of(span.start)
    for number in range(first + 1, min(first + _WITHIN, text.line_of(max(span.end - 1, span.start))) + 1):
        found = _LINE.match(_line(text.text, text.start_of(number)))
        if found is None or (former is not None and _whole(text, number) not in former):
            break
        said.append(found["said"])
    return next((one.strip() for one in said if _ACCEPTED.search(one)), "")


def disabled(text: Text, place: tuple[int, int], name: str) -> str:
    """A line of a block that sets `name` and is commented out; "" where there is none. Comments below its last line belong to a
    block as far as they are indented beyond its first."""
    first = text.line_of(place[0])
    last = min(text.line_of(max(place[1] - 1, place[0])), first + _BLOCK)
    outer = _indent(text.line(first))
    for number in range(first, first + 2 * _BLOCK):
        line = _line(text.text, text.start_of(number))
        found = _LINE.match(line)
        if number > last and (found is None or _indent(line) <= outer):
            return ""
        if found is not None:
            words = found["said"].strip().removeprefix("- ")
            rest = words[len(name) :] if words.startswith(name) else ""
            if rest.lstrip()[:1] in (":", "=") and bool(rest.strip()):
                return found["said"].strip()
    return ""


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _beside(text: Text, span: Span, former: frozenset[str] | None) -> Iterator[str]:
    line, whole = text.line_of(span.start), text.text
    above = []
    for number in range(line - 1, max(line - 1 - _ABOVE, 0), -1):
        found = _LINE.match(_line(whole, text.start_of(number)))
        if found is None or (former is not None and _whole(text, number) not in former):
            break
        above.append(found["said"])
    yield from reversed(above)
    rest = _line(whole, span.start)
    if span.end - span.start < len(
        rest
    ):  # what stands behind a place of one line; of a block, behind its first
        rest = _line(whole, span.end)
    found = _BEHIND.search(rest)
    if found is not None and (former is None or _whole(text, text.line_of(span.end)) in former):
        yield found["said"]


def _whole(text: Text, number: int) -> str:
    return text.line(number).strip()


def _line(text: str, start: int) -> str:
    """What a line has from an offset on, as far as it is looked at."""
    return text[start : start + _LONGEST].partition("\n")[0]

"""The filter that every text passes on its way out."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import accumulate

from batten.masking import register as _register
from batten.masking.lines import named, names_something
from batten.masking.patterns import CHANCE, EXAMPLE_TOKENS, OWN_FORM, STARTS, TOKENS
from batten.masking.values import MASK, stands_in

# Languages whose literals are in quotes wherever they are used.
_CODE = (".cs", ".go", ".java", ".kt", ".ts", ".tsx", ".js", ".jsx", ".mjs")
_QUOTES = ("'", '"', "`")
_WORD = r"_?[A-Za-z]{1,60}"
_REFERENCE = re.compile(  # a variable whose name has a turn of case, a field, a call
    rf"(?:(?:await|new)[ ])?(?:{_WORD}(?:[?!]?\.{_WORD}){{1,8}}|_[a-z]{{2,40}}|_?[a-z]{{2,40}}(?:[A-Z][a-z]{{1,40}}){{1,6}})[;,)}} ]{{0,6}}"
    rf"|(?:await[ ]|new[ ])?{_WORD}(?:[?!]?\.{_WORD}){{0,8}}\([^'\"`\n]{{0,400}}|await|new",
)
SHORT = 400  # characters of a text that is remembered
_QUOTED = re.compile(r"`[^`\n]{3,2000}`|'[^'\n]{3,2000}'|\"[^\"\n]{3,2000}\"")
_PIECE = re.compile(r"[A-Z]?[a-z]{3,}")
_HEXADECIMAL = re.compile(r"[0-9a-f]+|[0-9A-F]+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# What makes a name unique: a UUID, an id of AWS (`vol0a1b2c3d4e5f60718`), a digest, and the suffix that CloudFormation appends.
_NUMBERED = re.compile(
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|(?=[a-f]*\d)[0-9a-f]{8,}|(?=[A-F]*\d)[0-9A-F]{8,}"
    r"|-(?=[A-Z]*\d)[A-Z0-9]{12,16}\Z"
)
LEAST = 14  # characters that chance made
_HARMLESS = ("sha1-", "sha256", "sha384", "sha512", "MII", "LS0tLS1CRUdJTiBDRVJU", "AAAA", "arn:")
_WALL = re.compile("•••(?:•••)+")


def masked(text: str) -> str:
    """Text of a file, a command or an answer, as it may be shown."""
    return _short(text, _register.version()) if len(text) <= SHORT else filtered(text)


def sentence(text: str) -> str:
    """What batten itself says, as it may be shown: what it quotes is filtered as `masked` does."""
    return _short_sentence(text, _register.version()) if len(text) <= SHORT else _said(text)


def bares(text: str) -> bool:
    """Whether the text holds something that may not be shown."""
    return bool(spans(text))


def suspect(texts: Iterable[str]) -> set[str]:
    """Those of the texts that hold something that may not be shown, and perhaps some that do not: all are looked at in
    one go, which costs a tenth of asking for each."""
    lines: list[str] = []
    long: list[str] = []
    for text in dict.fromkeys(texts):
        (long if "\n" in text else lines).append(text)
    whole = "\n".join(lines)
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    found = {lines[bisect_right(starts, start) - 1] for start, _ in spans(whole)}
    return found | {text for text in long if spans(text)}


def noted(text: str, source: str = "") -> None:
    """Register every secret that shows in the text of a file, `source`, or an answer by its shape."""
    for start, end, telling in _behind_names_or_own(text, source):
        if telling:
            _register.register(text[start:end])
            if "\\" in text[start:end]:
                _register.register(_unescaped(text[start:end]))
            if "''" in text[start:end]:
                _register.register(text[start:end].replace("''", "'"))


def spans(text: str, source: str = "") -> list[tuple[int, int]]:
    """Where secrets stand in the text, in order and apart. With `source` it is the whole text of that file."""
    if len(text) <= SHORT and not source:
        return list(_short_spans(text, _register.version()))
    return _spans(text, source)


def _spans(text: str, source: str = "") -> list[tuple[int, int]]:
    found = _register.hits(text)
    found += [(start, end) for start, end, _ in _shaped(text, source)]
    if source:
        found += _register.places_of(source, text)
    return apart(found)


def places(source: str, text: str) -> tuple[tuple[int, int], ...]:
    """Where the file shows a registered value, and what readers noted of it: enough to know it again."""
    return tuple(apart([*_register.hits(text), *_register.places_of(source, text)]))


@lru_cache(maxsize=4096)
def _short(text: str, version: int) -> str:
    return filtered(text)


@lru_cache(maxsize=4096)
def _short_spans(text: str, version: int) -> tuple[tuple[int, int], ...]:
    return tuple(_spans(text))


@lru_cache(maxsize=4096)
def _short_sentence(text: str, version: int) -> str:
    return _said(text)


def filtered(text: str) -> str:
    """As `masked`, and nothing of the text is kept: for untrusted input of a guard that runs for months."""
    return _without(text, _spans(text))


def _said(text: str) -> str:
    found = _register.hits(text)
    found += [(start, end) for start, end, _ in _own_forms(text)]
    for quoted in _QUOTED.finditer(text) if "`" in text or "'" in text or '"' in text else ():
        inner = quoted[0][1:-1]
        found += [(s + quoted.start() + 1, e + quoted.start() + 1) for s, e, _ in _shaped(inner)]
    return _without(text, apart(found))


def _without(text: str, found: list[tuple[int, int]]) -> str:
    return part(text, 0, len(text), found) if found else text


def part(text: str, start: int, end: int, found: list[tuple[int, int]]) -> str:
    """The text from `start` to `end` as it may be shown, where spans of the whole text, in order and apart, are secret: a
    part of a secret is hidden, too."""
    parts: list[str] = []
    at = start
    for number in range(bisect_right(found, start, key=lambda span: span[1]), len(found)):
        first, last = found[number]
        if first >= end:
            break
        parts += (text[at : max(first, at)], MASK)
        at = min(last, end)
    parts.append(text[at:end])
    return _WALL.sub(MASK, "".join(parts)) if len(parts) > 1 else parts[0]


def apart(found: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, those that overlap or touch as one."""
    made: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if made and start <= made[-1][1]:
            made[-1] = (made[-1][0], max(end, made[-1][1]))
        elif end > start:
            made.append((start, end))
    return made


def _shaped(text: str, source: str = "") -> Iterator[tuple[int, int, bool]]:
    yield from _behind_names_or_own(text, source)
    # Long texts in which small and large letters and digits are mixed as no name mixes them.
    if not (len(text) < 24):
        for found in CHANCE.finditer(text):
            if _random(found["v"]) and not names_something(text, found.start("v")):
                yield (*found.span("v"), True)


def _behind_names_or_own(text: str, source: str = "") -> Iterator[tuple[int, int, bool]]:
    yield from _own_forms(text)
    code = source.endswith(_CODE)
    for hit in named(text):
        # Whether code refers to a variable or a field there (`key = options.SigningKey;`): its literals are in
        # quotes.
        if not (
            code
            and text[hit.start - 1 : hit.start] not in _QUOTES
            and _REFERENCE.fullmatch(text[hit.start : hit.end]) is not None
        ):
            yield hit.start, hit.end, hit.telling


def _own_forms(text: str) -> Iterator[tuple[int, int, bool]]:
    for needles, pattern, back in OWN_FORM:
        for found in _found(needles, re.compile(pattern), back, text):  # ours: patterns.py
            value = found["v"]
            if value.strip() and MASK not in value and not stands_in(value):
                yield (*found.span("v"), True)
    for _, found in tokens(text):
        yield (*found.span(), True)


def tokens(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """The issuers' tokens in a text, each with its kind; no key blocks."""
    for kind, token in TOKENS[:-1]:  # the last is the first line of a key block
        for found in _found(STARTS[kind], token, 0, text):
            if found[0] not in EXAMPLE_TOKENS:
                yield kind, found


def _found(
    needles: tuple[str, ...], pattern: re.Pattern[str], back: int | None, text: str
) -> Iterator[re.Match[str]]:
    """Where the expression stands in the text: anywhere if one of the needles is there, or `back` before each of them."""
    for needle in needles:
        at = text.find(needle)
        if at >= 0 and back is None:
            yield from pattern.finditer(text)
            return
        while at >= 0 and back is not None:
            found = pattern.match(text, max(at - back, 0))
            if found is not None:
                yield found
            at = text.find(needle, max(at + 1, found.end() if found is not None else 0))


def _random(value: str) -> bool:
    if (
        _HEXADECIMAL.fullmatch(value)
        or value.startswith(_HARMLESS)
        or value.count("/") > 3 + len(value) // 16
    ):
        return False
    bare = _NUMBERED.sub("", value)
    if len(bare) < LEAST:  # what is left of a name without the number or digest in it
        return False
    digits = sum(c.isdigit() for c in bare)
    if digits < 2 or not any(c.islower() for c in bare) or not any(c.isupper() for c in bare):
        return False
    words = sum(len(piece) for piece in _PIECE.findall(bare))
    return 3 * words < len(bare)


def _unescaped(text: str) -> str:
    plain = {"n": "\n", "t": "\t", "r": "\r"}
    return re.sub(r"\\(.)", lambda m: plain.get(m[1], m[1]), text)

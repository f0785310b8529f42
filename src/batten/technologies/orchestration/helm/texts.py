"""Sprig's functions of texts.

Source: https://masterminds.github.io/sprig/strings.html
"""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Callable, Sequence
from urllib.parse import quote_plus

from batten.technologies.orchestration.helm.numbers import integer
from batten.technologies.orchestration.helm.printing import go_quoted
from batten.technologies.orchestration.helm.values import UNKNOWN_VALUE, VAGUE, Chunk, Value
from batten.technologies.shared.rendering.text import HOLE

Function = Callable[[Sequence[Value]], Value]
_LONGEST = 1_000_000  # characters of one word
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Z])(?=\d)|[-_ ]+")


def text(function: Callable[..., str]) -> Function:
    """A function of words that gives a word; its last argument's origin stays with it."""

    def made(arguments: Sequence[Value]) -> Value:
        given = function(*(a.text for a in arguments))
        return (
            UNKNOWN_VALUE
            if len(given) > _LONGEST
            else Value(given, arguments[-1].origin if arguments else None)
        )

    return made


def quoted(mark: str) -> Function:
    def made(arguments: Sequence[Value]) -> Value:
        value = arguments[0] if arguments else Value("")
        if len(arguments) != 1 or any(sign in value.text for sign in '"\\\n\t\r'):
            known = [a for a in arguments if a.data is not None]
            words = (go_quoted(a.text) if mark == '"' else f"'{a.text}'" for a in known)
            return Value(" ".join(words), value.origin)
        if value.data is None:
            return UNKNOWN_VALUE
        return Value(f"{mark}{value.text}{mark}", value.origin, (Chunk(mark), *value.chunks(), Chunk(mark)))

    return made


def indented(arguments: Sequence[Value], newline: bool) -> Value:
    width, value = integer(arguments[0].text), arguments[-1]
    if not 0 <= width <= 200:
        return UNKNOWN_VALUE
    pad = " " * width
    if value.unknown:
        return Value(value.data, None, (Chunk("", None, True, block=width if newline else -2 - width),))
    chunks = [Chunk(("\n" if newline else "") + pad)]
    chunks += [Chunk(c.text.replace("\n", "\n" + pad), c.origin, c.unknown, c.block) for c in value.chunks()]
    return Value("".join(c.text for c in chunks), value.origin, tuple(chunks))


def truncated(arguments: Sequence[Value]) -> Value:
    """The first or last bytes; what is short enough stays as it is, with its parts."""
    width, value = integer(arguments[0].text), arguments[1]
    data = value.text.encode()
    if len(data) <= abs(width):
        return value if isinstance(value.data, str) else Value(value.text, value.origin)
    if HOLE in value.text:
        return VAGUE
    return Value((data[:width] if width >= 0 else data[width:]).decode("utf-8", "ignore"), value.origin)


def trimmed(cut: Callable[[str, str], str]) -> Function:
    """What cuts at the ends: a text that has nothing to cut keeps its parts."""

    def made(arguments: Sequence[Value]) -> Value:
        value, sign = arguments[-1], arguments[0].text if len(arguments) > 1 else ""
        whole = value.text
        given = cut(sign, whole)
        return value if given == whole and isinstance(value.data, str) else Value(given, value.origin)

    return made


def _words(word: str) -> list[str]:
    return [w for w in _CAMEL.split(word) if w]


def _camel(word: str) -> str:
    return "".join(w[:1].upper() + w[1:] for w in re.split(r"[-_ ]+", word))


def substring(start: str, end: str, word: str) -> str:
    first, last = integer(start), integer(end)
    if first < 0:
        return word[:last]
    return word[first:] if last < 0 or last > len(word) else word[first:last]


def _abbreviated(width: str, word: str) -> str:
    most = integer(width)
    return word if most < 4 or len(word) <= most else word[: most - 3] + "..."


def _titled(word: str) -> str:
    return re.sub(r"(^|[^\w'])(\w)", lambda m: m[1] + m[2].upper(), word)


def _untitled(word: str) -> str:
    return re.sub(r"(^|\s)(\w)", lambda m: m[1] + m[2].lower(), word)


def _wrapped(width: str, mark: str, word: str) -> str:
    most = max(integer(width), 1)
    return mark.join(textwrap.wrap(word, most, break_long_words=True, break_on_hyphens=False))


def _repeated(count: str, word: str) -> str:
    return word * max(min(integer(count), _LONGEST // max(len(word), 1) + 1), 0)


def _html(word: str) -> str:
    return html.escape(word).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


TEXTS: dict[str, Function] = {
    "lower": text(str.lower),
    "upper": text(str.upper),
    "title": text(_titled),
    "untitle": text(_untitled),
    "swapcase": text(str.swapcase),
    "initials": text(lambda t: "".join(w[0] for w in t.split())),
    "trim": trimmed(lambda _, t: t.strip()),
    "trimSuffix": trimmed(lambda s, t: t.removesuffix(s)),
    "trimPrefix": trimmed(lambda s, t: t.removeprefix(s)),
    "trimAll": trimmed(lambda s, t: t.strip(s)),
    "nospace": text(lambda t: re.sub(r"\s", "", t)),
    "replace": text(lambda old, new, t: t.replace(old, new)),
    "kebabcase": text(lambda t: "-".join(_words(t)).lower()),
    "snakecase": text(lambda t: "_".join(_words(t)).lower()),
    "camelcase": text(_camel),
    "substr": text(substring),
    "abbrev": text(_abbreviated),
    "plural": text(lambda one, many, n: one if integer(n) == 1 else many),
    "repeat": text(_repeated),
    "wrap": text(lambda n, t: _wrapped(n, "\n", t)),
    "wrapWith": text(_wrapped),
    "html": text(_html),
    "urlquery": text(quote_plus),
    "js": text(lambda t: t.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"').replace("<", "\\u003C").replace(">", "\\u003E")),
    "hello": text(lambda: "Hello!"),
}  # fmt: skip
QUESTIONS: dict[str, Function] = {
    "contains": lambda a: Value(a[0].text in a[1].text),
    "hasPrefix": lambda a: Value(a[1].text.startswith(a[0].text)),
    "hasSuffix": lambda a: Value(a[1].text.endswith(a[0].text)),
}

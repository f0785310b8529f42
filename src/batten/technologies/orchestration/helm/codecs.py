"""Functions of templates that encode, digest, parse and search texts, and take paths and addresses apart.

Sources: https://helm.sh/docs/chart_template_guide/function_list/, https://pkg.go.dev/regexp/syntax
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import posixpath
import re
import zlib
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from urllib.parse import urlsplit

from batten.formats import Mapping, Node, Scalar, SyntaxProblem, yaml
from batten.formats import Sequence as Items
from batten.model import Span
from batten.patterns import BadPattern, Pattern, compiled
from batten.technologies.orchestration.helm.numbers import integer
from batten.technologies.orchestration.helm.texts import Function, text
from batten.technologies.orchestration.helm.values import UNKNOWN_VALUE, Chunk, Value, value_of, wrapped
from batten.technologies.shared.rendering.text import HOLE

_LARGEST = 1_000_000  # characters of YAML or JSON that a template parses
_MOST = 10_000  # matches of one expression
_GROUP = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})")


def from_yaml(kind: type) -> Function:
    def made(arguments: Sequence[Value]) -> Value:
        written = arguments[0].text
        if arguments[0].unknown or len(written) > _LARGEST:
            return UNKNOWN_VALUE
        try:
            root = value_of(_tree(written), None, written)
        except SyntaxProblem as error:
            what = f"error converting YAML to JSON: {error}"
            return wrapped({"Error": what} if kind is dict else [what])
        if root.data is None:
            return Value(kind())
        if not isinstance(root.data, kind):
            what = "map[string]interface {}" if kind is dict else "[]interface {}"
            return wrapped(
                {"Error": f"cannot unmarshal into Go value of type {what}"} if kind is dict else ["Error"]
            )
        return _doubtful(root)

    return made


def _tree(text: str) -> Node:
    """The first document, in which the later of two keys counts."""
    trees = yaml.parse_all(text, later=True)
    return trees[0] if trees else Scalar(None, Span(0, 0))


def _doubtful(value: Value) -> Value:
    """The value with what was a hole in the text unknown again."""
    match value.data:
        case dict():
            return Value(
                {k: _doubtful(v) for k, v in value.data.items() if k != HOLE}, value.origin
            ).weighed()
        case list():
            return Value([_doubtful(v) for v in value.data], value.origin).weighed()
        case str() if value.data == HOLE:
            return UNKNOWN_VALUE
        case str() if HOLE in value.data:
            return Value(value.data, None, (Chunk(value.data, None, True),))
        case _:
            return value


def traced(made: Value, given: Value) -> Value:
    """What was parsed from a text with the places that the text's parts come from."""
    chunks = given.chunks()
    if not any(c.origin for c in chunks) or set(_keys(made)) == {"Error"}:
        return made
    ends = list(accumulate(len(c.text) for c in chunks))
    return _traced(made, _tree(given.text), chunks, ends)


def _keys(value: Value) -> Sequence[str]:
    return list(value.data) if isinstance(value.data, dict) else ()


def _traced(made: Value, node: object, chunks: Sequence[Chunk], ends: Sequence[int]) -> Value:
    if isinstance(made.data, dict) and isinstance(node, Mapping):
        below = {e.key.text: e.value for e in node}
        held = {k: _traced(v, below.get(k), chunks, ends) for k, v in made.data.items()}
        return Value(held, made.origin, size=made.size)
    if isinstance(made.data, list) and isinstance(node, Items):
        items = [_traced(v, n, chunks, ends) for v, n in zip(made.data, node, strict=True)]
        return Value(items, made.origin, size=made.size)
    if isinstance(node, Scalar) and made.origin is None and made.made is None and not made.unknown:
        at = min(bisect_right(ends, node.span.start), len(chunks) - 1)
        return Value(made.data, chunks[at].origin)
    return made


def _parsed(kind: type) -> Function:
    read = from_yaml(kind)

    def made(arguments: Sequence[Value]) -> Value:
        found = read(arguments)
        return found if found.unknown else traced(found, arguments[0])

    return made


def from_json(kind: type) -> Function:
    """JSON as a table or a list; what is not one is told in it, as Helm does."""

    def made(arguments: Sequence[Value]) -> Value:
        if len(arguments[0].text) > _LARGEST:
            return UNKNOWN_VALUE
        try:
            found = json.loads(arguments[0].text, parse_int=float)
        except ValueError as error:
            found = error
        if isinstance(found, kind):
            return wrapped(found)
        return wrapped({"Error": "invalid JSON"} if kind is dict else ["invalid JSON"])

    return made


def _decoded(word: str) -> str:
    try:
        return base64.b64decode(word, validate=True).decode("utf-8", "replace")
    except binascii.Error:
        return f"illegal base64 data at input byte {len(word)}"


def _searched(use: Callable[[Pattern, str, Sequence[Value]], object]) -> Function:
    """A function of an expression and a text; what cannot be told at a bounded cost is unknown."""

    def made(arguments: Sequence[Value]) -> Value:
        try:
            found = use(compiled(arguments[0].text), arguments[1].text, arguments)
        except BadPattern:
            return UNKNOWN_VALUE
        return UNKNOWN_VALUE if found is None else wrapped(found)

    return made


def _spans(pattern: Pattern, word: str, most: int = -1) -> list[tuple[tuple[int, int], ...]] | None:
    """Where it matches, at most so often; None where that is not known."""
    found = pattern.spans(word, _MOST if most < 0 else min(most, _MOST))
    return None if found is None or (len(found) == _MOST != most) else found


def _found(pattern: Pattern, word: str, _: Sequence[Value]) -> str | None:
    spans = _spans(pattern, word, 1)
    return None if spans is None else (word[slice(*spans[0][0])] if spans else "")


def _all(pattern: Pattern, word: str, arguments: Sequence[Value]) -> list[str] | None:
    spans = _spans(pattern, word, integer(arguments[2].text))
    return None if spans is None else [word[slice(*s[0])] for s in spans]


def _replaced(literal: bool) -> Callable[[Pattern, str, Sequence[Value]], str | None]:
    def made(pattern: Pattern, word: str, arguments: Sequence[Value]) -> str | None:
        spans = _spans(pattern, word)
        if spans is None:
            return None
        written, at = [], 0
        for groups in spans:
            written += [word[at : groups[0][0]], _expanded(arguments[2].text, word, groups, literal)]
            at = groups[0][1]
        return "".join((*written, word[at:]))

    return made


def _expanded(form: str, word: str, groups: tuple[tuple[int, int], ...], literal: bool) -> str:
    """A replacement with `$1` and `${1}` put in. Named groups are not kept, so they are empty."""

    def put(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name is None:
            return "$"
        number = int(name) if name.isdigit() else len(groups)
        return word[slice(*groups[number])] if number < len(groups) and groups[number][0] >= 0 else ""

    return form if literal else _GROUP.sub(put, form)


def _split(pattern: Pattern, word: str, arguments: Sequence[Value]) -> list[str] | None:
    most = integer(arguments[2].text)
    spans = _spans(pattern, word, most - 1 if most > 0 else -1)
    if spans is None or most == 0:
        return None if spans is None else []
    made, at = [], 0
    for (start, end), *_ in spans:
        if end > start or 0 < start < len(word):
            made.append(word[at:start])
            at = end
    return [*made, word[at:]]


def _address(arguments: Sequence[Value]) -> Value:
    found = urlsplit(arguments[0].text)
    user, _, host = found.netloc.rpartition("@")
    return wrapped(
        {"scheme": found.scheme, "host": host, "hostname": found.hostname or "", "path": found.path,
         "query": found.query, "opaque": "", "fragment": found.fragment, "userinfo": user}
    )  # fmt: skip


def _address_of(arguments: Sequence[Value]) -> Value:
    table = arguments[0].data
    have = {k: v.text for k, v in table.items()} if isinstance(table, dict) else {}
    user, host = have.get("userinfo", ""), have.get("host", "")
    made = f"{have['scheme']}:" if have.get("scheme") else ""
    made += f"//{user + '@' if user else ''}{host}" if host else ""
    made += have.get("path", "") + ("?" + have["query"] if have.get("query") else "")
    return Value(made + ("#" + have["fragment"] if have.get("fragment") else ""))


def _digest(name: str) -> Function:
    return text(lambda t: hashlib.new(name, t.encode(), usedforsecurity=False).hexdigest())


def _base(path: str) -> str:
    return posixpath.basename(path.rstrip("/")) or ("/" if path else ".")


CODECS: dict[str, Function] = {
    "b64enc": text(lambda t: base64.b64encode(t.encode()).decode()),
    "b64dec": text(_decoded),
    "b32enc": text(lambda t: base64.b32encode(t.encode()).decode()),
    "b32dec": text(lambda t: base64.b32decode(t).decode("utf-8", "replace")),
    "sha1sum": _digest("sha1"),
    "sha256sum": _digest("sha256"),
    "sha512sum": _digest("sha512"),
    "adler32sum": text(lambda t: str(zlib.adler32(t.encode()))),
    "fromJson": from_json(dict),
    "fromJsonArray": from_json(list),
    "mustFromJson": lambda a: wrapped(json.loads(a[0].text, parse_int=float)),
    "regexMatch": _searched(lambda p, t, _: p.search(t)),
    "regexFind": _searched(_found),
    "regexFindAll": _searched(_all),
    "regexReplaceAll": _searched(_replaced(False)),
    "regexReplaceAllLiteral": _searched(_replaced(True)),
    "regexSplit": _searched(_split),
    "regexQuoteMeta": text(lambda t: re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", t)),
    "urlParse": _address,
    "urlJoin": _address_of,
    "base": text(_base),
    "dir": text(lambda p: posixpath.normpath(posixpath.dirname(p)) if p else "."),
    "clean": text(posixpath.normpath),
    "ext": text(lambda p: re.sub(r".*?(\.[^./]*)?$", r"\1", p)),
    "isAbs": lambda a: Value(a[0].text.startswith("/")),
}  # fmt: skip
PARSERS: dict[str, Function] = {"fromYaml": _parsed(dict), "fromYamlArray": _parsed(list)}

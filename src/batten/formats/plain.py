"""The plain spelling of a text, by which it is recognised: as people write it, whatever its author did with it.

YAML has many spellings of one tree: flow style, escapes, quoted and complex keys, tags, anchors and merge keys, an indented root,
other line ends. Patterns that recognise a technology know the plain one. `documents` therefore gives the text itself without
comments and, only where its lines do not show every key, what the parser makes of it, in block style. JSON likewise.
"""

from __future__ import annotations

import json as stdlib
import re
from collections.abc import Iterator
from importlib import import_module
from typing import cast

from batten.formats.document import SyntaxProblem
from batten.formats.tree import Mapping, Node, Scalar, Sequence

SHOWN = 300  # characters of a value: no pattern looks at more
MOST_REPEATED = 4  # times the text's own length, that aliases may make of it
_STRUCTURED = (".yaml", ".yml", ".json", ".jsonld", ".template", ".kubeconfig")
_YAML_NAMED = re.compile(r"kubeconfig|config|.*(?:mongo|etcd).*\.(?:conf|cfg)")
_BREAKS = re.compile("\r\n?|[\x85\u2028\u2029]")
_COMMENT = re.compile(
    r"#(?<=\s#)[^\n]*"
)  # of a text that begins with a line end; so do the patterns below, which a letter finds
_QUOTED_KEY = re.compile(r"(\n[ \t]*(?:-[ \t]+)*)([\"'])([A-Za-z_@][\w.-]*)\2(?=[ \t]*:)")
_LETTER = r"\\(?:u00|x|U000000)(?:[46][1-9a-fA-F]|[57][0-9aA]|5[fF]|[23][0-9a-fA-F])"  # an escape of a printable ASCII character
# Keys whose values patterns look at, and keys below which they look for others.
_VALUED = (
    r"(?:apiVersion|kind|openapi|swagger|asyncapi|overlay|arazzo|AWSTemplateFormatVersion|Transform|\$schema)"
)
_HOLDING = (
    r"(?:http|tcp|udp|tls|service|services|routes|plugins|consumers|upstreams|providers|scrape_configs)"
)
_UNUSUAL_ROOT = re.compile(
    r"\n(?:[&*!|>@`<?]|\{(?![{%#])|\["  # a root that is no block, or a key that is no word
    r"|---[ \t]+[^\s]"
    rf"|{_VALUED}[ \t]*:[ \t]*(?:[*&!|>]|[\"'](?![\w.]))"
    rf"|{_HOLDING}[ \t]*:[ \t]*(?:[*&!]|[{{\[](?![ \t]*[}}\]])))"
)
_INDENTED_ROOT = re.compile(r"(?:\A|\n---[ \t]*)(?:\n[ \t]*(?=\n)|\n%[^\n]*|\n---[ \t]*(?=\n))*\n[ \t]+[^\s]")
_ESCAPED = re.compile(rf"{_LETTER}|\\\n|googleapis\.com\\/")
_COMPLEX_KEY = re.compile(r"\n[ \t-]*\?(?:[ \t]|\n)")
_TYPED = re.compile(r"[Tt]ype[\"']?[ \t]*:[ \t]*(?:[*&|>]|!!)")
_KEY_WITH_PROPERTIES = re.compile(
    r"\n[ \t-]*(?:(?:!!|&)[^\s]+[ \t]+[^\n]*:|\*[^\s]+[ \t]*:)(?:[ \t]|(?=\n)|\Z)"
)
_UNUSUAL_JSON = re.compile(rf"{_LETTER}|googleapis\.com\\/")
# Of what two of these at the root of a text say, one document may be one thing and the next another.
_IDENTITY = re.compile(
    r"\n(services|openapi|swagger|asyncapi|AWSTemplateFormatVersion|apiVersion|entryPoints|entrypoints|http|static_resources"
    r"|staticResources|dynamic_resources|_format_version)[ \t]*:"
)
_SPELLED_OUT = re.compile(r"\s*\{[ \t]*\n")
_LOOSE_BREAK = re.compile(r"[{},]")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|U([0-9a-fA-F]{8}))")


def is_structured(path: str) -> bool:
    """Whether a file of this name is YAML or JSON where it is what its name says."""
    name = path[path.rfind("/") + 1 :]
    return name.endswith(_STRUCTURED) or _YAML_NAMED.fullmatch(name) is not None


def spellings(path: str, text: str) -> list[str]:
    """The texts that patterns are to be held against, of which any may show what the file is: its own without comments, then
    what the parser makes of it where that may say more."""
    own = _BREAKS.sub("\n", text) if any(sign in text for sign in "\r\x85\u2028\u2029") else text
    if not is_structured(path):
        return [own]
    if own.lstrip()[:1] in ("{", "[") and path.endswith((".json", ".jsonld", ".template")):
        unusual = _SPELLED_OUT.match(own) is None or _UNUSUAL_JSON.search(own) is not None
        return [own, *documents(own, path)] if unusual else [own]
    own = f"\n{own}"
    own = _COMMENT.sub("", own) if "#" in own else own
    own = _QUOTED_KEY.sub(r"\1\3", own)
    # Whether YAML hides a key from a pattern. What is looked for in most texts is found by a letter of its own.
    return (
        [own[1:], *documents(text, path)]
        if (
            _UNUSUAL_ROOT.search(own) is not None
            or _INDENTED_ROOT.search(own) is not None
            or ("\\" in own and _ESCAPED.search(own) is not None)
            or (("? " in own or "?\n" in own) and _COMPLEX_KEY.search(own) is not None)
            or ("ype" in own and _TYPED.search(own) is not None)
            or (any(sign in own for sign in "&*!") and _KEY_WITH_PROPERTIES.search(own) is not None)
            or len({found[1] for found in _IDENTITY.finditer(own)}) > 1
        )
        else [own[1:]]
    )


def documents(text: str, path: str = "") -> list[str]:
    """Each document of YAML or JSON in its plain spelling: block style, or JSON a key a line where it is strict JSON. Where the
    text does not parse, what is left of it without its quotes, brackets and escapes."""
    # What strict JSON means; None for another text.
    if text.lstrip()[:1] not in ("{", "["):
        strict = None
    else:
        try:
            strict = stdlib.loads(text)
        except (ValueError, RecursionError):
            strict = None
    if strict is not None:
        block = [] if path.endswith(".json") else ["".join(_block(strict))]
        return [*block, stdlib.dumps(strict, ensure_ascii=False, separators=(",\n", ": "))]
    trees = _trees(text)
    if trees is None:
        return [_loosened(text)]
    found: list[str] = []
    for tree in trees:
        left = [MOST_REPEATED * len(text) + 65536]
        found.append("".join(_of_tree(tree, left)))
    return found


def _trees(text: str) -> list[Node] | None:
    yaml = import_module("batten.formats.yaml")  # most texts are recognised without a parser
    try:
        return cast("list[Node]", yaml.parse_all(text, later=True))
    except SyntaxProblem:
        pass
    try:
        return cast("list[Node]", yaml.parse_each(text).trees)
    except SyntaxProblem:
        return None


def _loosened(text: str) -> str:
    """A text that does not parse, so that its reader is asked and says why: a key a line, without quotes and escapes."""

    def letter(found: re.Match[str]) -> str:
        code = int(found[1] or found[2] or found[3], 16)
        return chr(code) if 0x20 <= code < 0x110000 else " "

    bare = _ESCAPE.sub(letter, _BREAKS.sub("\n", text)).replace('"', "").replace("'", "")
    return "\n".join(line.strip() for line in _LOOSE_BREAK.sub("\n", bare).split("\n"))


def _of_tree(tree: Node, left: list[int], indent: str = "", lead: str = "") -> Iterator[str]:
    """A tree in block style; `left` bounds what aliases make of it."""
    match tree:
        case Mapping() if len(tree.entries):
            for entry in tree:
                value = entry.value
                entry_lead = lead or indent
                if not (left[0] < 0):
                    holder = (isinstance(value, Mapping) and len(value.entries)) or (
                        isinstance(value, Sequence) and len(value.items)
                    )
                    if holder:
                        yield _line(f"{entry_lead}{_short(entry.key.text)}:", left)
                        yield from _of_tree(
                            value, left, indent if isinstance(value, Sequence) else f"{indent}  "
                        )
                    else:
                        said = (
                            value.text
                            if isinstance(value, Scalar)
                            else "{}"
                            if isinstance(value, Mapping)
                            else "[]"
                        )
                        yield _line(f"{entry_lead}{_short(entry.key.text)}: {_short(said)}", left)
                lead = ""
        case Sequence() if len(tree.items):
            for item in tree:
                yield from _of_tree(item, left, f"{indent}  ", f"{lead or indent}- ")
                lead = ""
        case Scalar():
            yield _line(f"{lead or indent}{_short(tree.text)}", left)
        case _:
            yield _line(f"{lead or indent}{'{}' if isinstance(tree, Mapping) else '[]'}", left)


def _line(text: str, left: list[int]) -> str:
    left[0] -= len(text) + 1
    return f"{text}\n"


def _short(text: str) -> str:
    return text[:SHOWN].replace("\n", " ") if "\n" in text or len(text) > SHOWN else text


def _block(value: object, indent: str = "", lead: str = "") -> Iterator[str]:
    """What strict JSON holds, in block style."""
    if isinstance(value, dict) and value:
        for key, held in value.items():
            if isinstance(held, (dict, list)) and held:
                yield f"{lead or indent}{_short(key)}:\n"
                yield from _block(held, indent if isinstance(held, list) else f"{indent}  ")
            else:
                yield f"{lead or indent}{_short(key)}: {_said(held)}\n"
            lead = ""
    elif isinstance(value, list) and value:
        for item in value:
            yield from _block(item, f"{indent}  ", f"{lead or indent}- ")
            lead = ""
    else:
        yield f"{lead or indent}{_said(value)}\n"


def _said(value: object) -> str:
    return _short(value) if isinstance(value, str) else stdlib.dumps(value)


_CONTINUED = re.compile(r"(?<!=)[\\`]\n[ \t]*")
_STATEMENT_END = re.compile(r"(?<=[;{}])[ \t]*(?=[^\s;])|(?<=[^\s])[ \t]*(?=<[A-Za-z?!])")
_QUOTED_WORD = re.compile(r"^([\"'])([\w.-]+)\1(?=[ \t=:{])", re.MULTILINE)


def of_lines(text: str) -> str:
    """A text whose format has statements, a line each: those that share a line or are spread over several are brought to a line
    of their own, without indentation, quotes around their names, and the brackets of namespaces."""
    joined = _CONTINUED.sub("", _BREAKS.sub("\n", text))
    apart = _STATEMENT_END.sub("\n", joined)
    return _QUOTED_WORD.sub(r"\2", "\n".join(line.strip() for line in apart.split("\n")))

"""Legal respellings of configuration: other texts of which each vendor's parser makes the same.

`respellings(path, text)` yields (name, text). Which apply follows from the name of the file: a format is a row of `FORMATS`, and a
technology whose files have one of these names is covered without a change here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml

LONG = 70 * 1024  # characters of comments: more than the head by which files were once recognised
Respell = Callable[[str], "str | None"]


def _comments(sign: str, end: str = "") -> Respell:
    line = f"{sign} this comment says nothing at all, and there are very many of it{end}\n"
    return lambda text: line * (LONG // len(line) + 1) + text


def crlf(text: str) -> str | None:
    return text.replace("\n", "\r\n") if "\r" not in text else None


def bom(text: str) -> str:
    return "\ufeff" + text


# --- YAML: node graphs of the vendor's own parser, written anew -------------------------------------------------------


def _nodes(text: str) -> list[yaml.Node] | None:
    try:
        found = [n for n in yaml.compose_all(text, Loader=yaml.SafeLoader) if n is not None]
    except yaml.YAMLError:
        return None
    return found if found and all(isinstance(n, yaml.MappingNode) for n in found) else None


def _custom(text: str) -> bool:
    return re.search(r"(?:^|[\s\[,{:-])![\w]", text) is not None


def _word(text: str, every: bool) -> str:
    """A word in double quotes, its first letter (or every one) as an escape."""
    letters = [
        f"\\u{ord(c):04x}" if c.isascii() and (every or at == 0) and c.isalnum() else json.dumps(c)[1:-1]
        for at, c in enumerate(text)
    ]
    return f'"{"".join(letters)}"'


class Writer:
    """Writes nodes; `key` and `value` spell words, `flow` and `complex_keys` choose the style."""

    def __init__(
        self,
        key: Callable[[str], str],
        value: Callable[[str], str],
        before: str = "",
        complex_keys: bool = False,
        tag: str = "",
    ) -> None:
        self.key, self.value, self.before, self.complex_keys, self.tag = key, value, before, complex_keys, tag
        self.count = 0

    def text(self, node: yaml.Node, indent: int = 0, style: str = "block") -> str:
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        custom = f"{node.tag} " if node.tag.startswith("!") else ""
        if not node.value:
            return custom + ("{}" if isinstance(node, yaml.MappingNode) else "[]")
        if style == "flow":
            return custom + self._flow(node)
        pad = " " * indent
        lines = []
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                name = self._key(key)
                held = self._held(value, indent)
                lines.append(f"{pad}? {name}\n{pad}:{held}" if self.complex_keys else f"{pad}{name}:{held}")
        else:
            lines = [f"{pad}-{self._held(item, indent)}" for item in node.value]
        return custom + "\n".join(lines) if not custom else custom + "\n" + "\n".join(lines)

    def _held(self, value: yaml.Node, indent: int) -> str:
        self.count += 1
        anchor = f" &a{self.count}" if self.before == "anchor" else ""
        tag = (
            ""
            if not self.tag or value.tag.startswith("!")
            else " !!map"
            if isinstance(value, yaml.MappingNode)
            else " !!seq"
            if isinstance(value, yaml.SequenceNode)
            else " !!str"
            if value.tag.endswith(":str")
            else ""
        )
        if isinstance(value, yaml.ScalarNode) or not value.value:
            return f"{anchor}{tag} {self.text(value, indent)}"
        custom = f" {value.tag}" if value.tag.startswith("!") else ""
        bare = type(value)(
            tag="tag:yaml.org,2002:map" if isinstance(value, yaml.MappingNode) else "tag:yaml.org,2002:seq",
            value=value.value,
        )
        return f"{anchor}{tag}{custom}\n{self.text(bare, indent + 2)}"

    def _flow(self, node: yaml.Node) -> str:
        if isinstance(node, yaml.MappingNode):
            return "{" + ", ".join(f"{self._key(k)}: {self.text(v, 0, 'flow')}" for k, v in node.value) + "}"
        return "[" + ", ".join(self.text(v, 0, "flow") for v in node.value) + "]"

    def _key(self, key: yaml.Node) -> str:
        if key.tag.endswith(":merge"):
            return "<<"
        tag = "!!str " if self.tag else ""
        return tag + (
            self.key(key.value)
            if key.tag.endswith((":str", ":int", ":bool", ":float", ":null"))
            else key.value
        )

    def _scalar(self, node: yaml.ScalarNode) -> str:
        custom = f"{node.tag} " if node.tag.startswith("!") else ""
        plain = node.style is None and not node.tag.endswith(":str")
        return custom + (node.value if plain and not custom else self.value(node.value))


def _quoted(text: str) -> str:
    return json.dumps(text)


def _single(text: str) -> str:
    return json.dumps(text) if "\n" in text or not text.isprintable() else "'" + text.replace("'", "''") + "'"


def _written(style: str = "block", start: str = "", **options: Any) -> Respell:
    def respell(text: str) -> str | None:
        nodes = _nodes(text)
        if nodes is None or ("<<:" in text and style == "flow"):
            return None
        parts = [Writer(**{"key": _single, "value": _quoted, **options}).text(n, 0, style) for n in nodes]
        return start + "\n---\n".join(parts) + "\n"

    return respell


def _on_marker_line(text: str) -> str | None:
    nodes = _nodes(text)
    if nodes is None or "<<:" in text:
        return None
    return "".join(f"--- {Writer(_quoted, _quoted).text(n, 0, 'flow')}\n" for n in nodes)


def _indented(text: str) -> str | None:
    if _nodes(text) is None or re.search(r"^(?:---|\.\.\.|%)", text, re.MULTILINE):
        return None
    return "".join(f"   {line}" if line.strip() else line for line in text.splitlines(keepends=True))


def _merged(text: str) -> str | None:
    nodes = _nodes(text)
    if nodes is None or len(nodes) > 1 or "<<:" in text:
        return None
    return f"<<: {Writer(_quoted, _quoted).text(nodes[0], 0, 'flow')}\n"


def _breaks(sign: str) -> Respell:
    return lambda text: (
        text.replace("\n", sign) if _nodes(text) and "|" not in text and ">" not in text else None
    )


YAML: dict[str, Respell] = {
    "flow": _written("flow"),
    "flow, escaped keys": _written("flow", key=lambda w: _word(w, False)),
    "quoted keys": _written(),
    "double-quoted keys": _written(key=_quoted),
    "escaped keys": _written(key=lambda w: _word(w, False)),
    "escaped words": _written(key=lambda w: _word(w, True), value=lambda w: _word(w, True)),
    "hexadecimal escapes": _written(key=lambda w: '"' + "".join(f"\\x{ord(c):02x}" if c.isascii() else c for c in w) + '"'),
    "anchors": _written(before="anchor"),
    "tags": _written(tag="yes"),
    "complex keys": _written(complex_keys=True),
    "on the marker's line": _on_marker_line,
    "an indented root": _indented,
    "a merge key": _merged,
    "CR": _breaks("\r"),
    "NEL": _breaks("\x85"),
    "CRLF": crlf,
    "a byte order mark": bom,
    "a directive": lambda text: f"%YAML 1.1\n---\n{text}" if _nodes(text) and not text.startswith(("---", "%")) else None,
    "an end marker": lambda text: f"---\n{text}...\n" if _nodes(text) and "\n---" not in f"\n{text}" else None,
    "long comments": _comments("#"),
    "long comments, flow": lambda text: (made := _written("flow")(text)) and _comments("#")(made),
}  # fmt: skip


# --- JSON --------------------------------------------------------------------------------------------------------------


def _json(made: Callable[[Any], str]) -> Respell:
    def respell(text: str) -> str | None:
        try:
            return made(json.loads(text))
        except ValueError:
            return None

    return respell


def _escaped(value: Any, every: bool) -> str:
    match value:
        case dict():
            return "{" + ",".join(f"{_word(k, every)}:{_escaped(v, every)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ",".join(_escaped(v, every) for v in value) + "]"
        case str():
            return _word(value, every)
        case _:
            return json.dumps(value)


JSON: dict[str, Respell] = {
    "minified": _json(lambda v: json.dumps(v, separators=(",", ":"))),
    "escaped first letters": _json(lambda v: _escaped(v, False)),
    "escaped words": _json(lambda v: _escaped(v, True)),
    "apart": _json(lambda v: json.dumps(v, indent=7, separators=(" ,", " : "))),
    "long blanks": lambda text: " \n" * (LONG // 2) + text,
    "reversed": _json(lambda v: json.dumps(dict(reversed(v.items())) if isinstance(v, dict) else v, indent=2)),
    "escaped slashes": _json(lambda v: json.dumps(v, indent=1).replace("/", "\\/")),
    "CRLF": crlf,
    "a byte order mark": bom,
}  # fmt: skip


# --- lines, blocks and tags --------------------------------------------------------------------------------------------


def _each_line(made: Callable[[str], str]) -> Respell:
    return lambda text: "\n".join(made(line) if line.strip() else line for line in text.split("\n"))


def _one_line(text: str) -> str | None:
    """nginx, on one line: its comments go, and its texts stay."""
    if re.search(r"_by_lua|[\"'][^\"'\n]*#|\\$", text, re.MULTILINE):
        return None
    return " ".join(re.sub(r"(?:^|(?<=\s))#[^\n]*", "", text).split()) + "\n"


def _continued(sign: str = "\\") -> Respell:
    """The name of an instruction goes over two lines."""
    return lambda text: (
        re.sub(
            r"^(\w)(\w+)(?=[ \t])",
            rf"\1{sign * (2 if sign == chr(92) else 1)}\n\2",
            text,
            count=0,
            flags=re.MULTILINE,
        )
        if "<<" not in text and not re.search(r"\\\n|^#\s*escape", text)
        else None
    )


def _upper(text: str) -> str:
    return re.sub(
        r"^([ \t]*</?)([A-Za-z]+)",
        lambda m: m[1] + m[2].upper(),
        re.sub(
            r"^([ \t]*)([A-Z][A-Za-z]+)(?=[ \t])", lambda m: m[1] + m[2].upper(), text, flags=re.MULTILINE
        ),
        flags=re.MULTILINE,
    )


LINES: dict[str, Respell] = {"long comments": _comments("#"), "CRLF": crlf}
INI: dict[str, Respell] = {
    "long comments": _comments(";"),
    "CRLF": crlf,
    "indented": _each_line(lambda line: f"   {line}"),
}
FORMATS: tuple[tuple[str, dict[str, Respell]], ...] = (
    (r"(?:.*/)?(?:mongo|etcd)[^/]*\.conf|.*\.(?:ya?ml|template|kube)", YAML),
    (r".*\.json", JSON),
    (r"(?:.*/)?(?:Dockerfile|Containerfile)[^/]*|.*\.[dD]ockerfile", {
        **LINES,
        "lower case": lambda text: re.sub(r"^([A-Z]+)(?=[ \t])", lambda m: m[1].lower(), text, flags=re.MULTILINE) if "<<" not in text else None,
        "indented": _each_line(lambda line: f"   {line}") ,
        "continued names": _continued(),
        "a directive": lambda text: f"# syntax=docker/dockerfile:1\n{text}" if not text.startswith("#") else None,
        "a byte order mark": bom,
    }),
    (r".*\.(?:ini|cnf|service|socket|container|pod|build|image)", INI),
    (r".*\.properties", {**LINES, "blanks": _each_line(lambda line: line if line.lstrip()[:1] in "#!" else re.sub(r"^([\w.-]+)=", r"\1 = ", line))}),
    (r".*\.(?:xml|config|csproj)", {
        "long comments": lambda text: (text[: text.find("?>") + 2] + _comments("<!--", " -->")("") + text[text.find("?>") + 2 :]) if text.startswith("<?xml") else _comments("<!--", " -->")(text),
        "one line": lambda text: re.sub(r">\s+<", "><", text),
        "CRLF": crlf,
    }),
    (r".*\.(?:tf|tofu|hcl|tfvars)", {**LINES, "block comments": _comments("/*", " */"), "slashes": _comments("//")}),
    (r".*\.(?:js|cjs|mjs|ts|cs|java|kt|go|php|jsonc)", {"CRLF": crlf}),
    (r"(?:.*/)?(?:[^/]*nginx[^/]*|conf\.d/[^/]*)", {**LINES, "one line": _one_line, "indented": _each_line(lambda line: f"\t {line}")}),
    (r"(?:.*/)?(?:httpd\.conf|\.htaccess|[^/]*\.vhost)", {**LINES, "upper case": _upper, "lower case": lambda t: re.sub(r"^([ \t]*</?)([A-Za-z]+)", lambda m: m[1] + m[2].lower(), re.sub(r"^([ \t]*)([A-Z][A-Za-z]+)(?=[ \t])", lambda m: m[1] + m[2].lower(), t, flags=re.MULTILINE), flags=re.MULTILINE), "indented": _each_line(lambda line: f"\t {line}"), "continued names": _continued()}),
    (r".*", LINES),
)  # fmt: skip


def respellings(path: str, text: str) -> Iterator[tuple[str, str]]:
    """The respellings that apply to a file of this name and text, each with its own name."""
    format_of = next(found for shape, found in FORMATS if re.fullmatch(shape, path))
    for name, respell in format_of.items():
        made = respell(text)
        if made is not None and made != text:
            yield name, made

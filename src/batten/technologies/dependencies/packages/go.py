"""go.mod and go.sum: https://go.dev/ref/mod#go-mod-file, #go-sum-files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.formats import SyntaxProblem, Workspace
from batten.model import Problem, Span
from batten.model.record import record
from batten.technologies.dependencies._packages.found import Found

_WORD = re.compile(r'"[^"\n]*"|`[^`\n]*`|[^\s"`()]+|[()]')
_VERSION = re.compile(r"v[0-9][\w.+-]*")
_NUMBER = re.compile(r"\d{1,9}")
_PRUNED = (1, 17)  # from this version of Go on, go.mod lists what is required indirectly, too


@record(kw_only=True)
class Line:
    """A directive of go.mod, of a block or alone: its words, their places, and its comment."""

    verb: str
    words: tuple[str, ...]
    spans: tuple[Span, ...]
    comment: str


def lines(text: str) -> Iterator[Line]:
    """The directives of a go.mod, those of blocks one by one. Raises SyntaxProblem for a block that does not end."""
    start, block, opened = 0, "", 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        code, _, comment = text[start:end].partition("//")
        found = [(m[0].strip('"`'), Span(start + m.start(), start + m.end())) for m in _WORD.finditer(code)]
        words = [word for word, _ in found]
        if block and words == [")"]:
            block = ""
        elif len(words) == 2 and words[1] == "(":
            block, opened = words[0], start
        elif words:
            verb, rest = (block, found) if block else (words[0], found[1:])
            yield Line(
                verb=verb,
                words=tuple(w for w, _ in rest),
                spans=tuple(s for _, s in rest),
                comment=comment.strip(),
            )
        start = end + 1
    if block:
        raise SyntaxProblem(f"the block `{block}` has no end", opened, "close it with `)`")


def required(path: str, workspace: Workspace) -> Iterator[Found | Problem]:
    """What is built in: the required modules, or those by which they are replaced; a folder has no version."""
    told = list(lines(workspace.text(path).text))
    replaced = {key: line for line in told if line.verb == "replace" for key in _replaced(line)}
    listed = set[str]()
    for line in told:
        if line.verb == "require" and len(line.words) >= 2:
            name, version = line.words[:2]
            listed.add(name)
            other = replaced.get((name, version)) or replaced.get((name, ""))
            direct = line.comment.partition(";")[0].strip() != "indirect"
            yield (
                _other(other, direct) if other is not None else _module(name, version, line.spans[1], direct)
            )
    language_version = next((line.words[0] for line in told if line.verb == "go" and line.words), "1.16")
    language = tuple(int(number) for number in _NUMBER.findall(language_version)[:2])
    if language < _PRUNED:
        yield from _summed(path, listed | {name for name, _ in replaced}, workspace)


def _module(name: str, version: str, span: Span, direct: bool) -> Found:
    known = _VERSION.fullmatch(version) is not None
    number = version.removeprefix("v").removesuffix("+incompatible") if known else ""
    return Found(name=name, version=number, span=span, direct=direct)


def _replaced(line: Line) -> Iterator[tuple[str, str]]:
    """(module, version) that a directive replaces; every version where it names none."""
    before = line.words[: line.words.index("=>")] if "=>" in line.words else ()
    if before:
        yield before[0], before[1] if len(before) > 1 else ""


def _other(line: Line, direct: bool) -> Found:
    at = line.words.index("=>") + 1
    words, spans = line.words[at:], line.spans[at:]
    if len(words) < 2:
        return Found(name=line.words[0], version="", span=spans[0] if spans else line.spans[0], direct=direct)
    return _module(words[0], words[1], spans[1], direct)


def _summed(path: str, listed: set[str], workspace: Workspace) -> Iterator[Found]:
    """Modules whose content go.sum has a checksum of, at the highest such version: what older go.mod files leave out.
    They have no place in go.mod but its directive of the module."""
    other = path.removesuffix("go.mod") + "go.sum"
    if not workspace.exists(other):
        return
    newest: dict[str, str] = {}
    for line in workspace.text(other).text.splitlines():
        name, _, rest = line.partition(" ")
        version = rest.partition(" ")[0]
        if (
            name not in listed
            and _VERSION.fullmatch(version)
            and order(version) > order(newest.get(name, "v0"))
        ):
            newest[name] = version
    first = workspace.text(path).text.find("\n")
    for name, version in newest.items():
        yield _module(name, version, Span(0, max(first, 0)), False)


def order(version: str) -> tuple[object, ...]:
    """What sorts versions of modules: https://semver.org/#spec-item-11, as far as it matters among resolved ones."""
    core, dash, before = version.removeprefix("v").partition("+")[0].partition("-")
    parts = tuple((0, int(p), "") if p.isdecimal() and len(p) < 20 else (1, 0, p) for p in before.split("."))
    return tuple(int(n) for n in _NUMBER.findall(core)), dash == "", parts

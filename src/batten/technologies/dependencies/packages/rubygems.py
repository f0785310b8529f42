"""Gemfile.lock: https://bundler.io/man/gemfile.5.html, and the sections that Bundler writes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.formats import SyntaxProblem, Workspace
from batten.model import Span
from batten.technologies.dependencies._packages.found import Found

_SPEC = re.compile(r"    (?P<name>[^\s()]+) \((?P<version>[0-9A-Za-z.]+)(?:-[^()\n]*)?\)")
_DIRECT = re.compile(r"  (?P<name>[^\s()!]+)")
_RUBY = re.compile(r"^RUBY VERSION\r?\n[ ]+ruby (?P<version>[0-9]+(?:\.[0-9]+)*)", re.MULTILINE)
_SOURCES = ("GEM", "GIT", "PATH", "PLUGIN SOURCE")


def locked(path: str, workspace: Workspace) -> Iterator[Found]:
    """The gems of a lock file, those of the project's own folders left out. Raises SyntaxProblem where none has a section."""
    text = workspace.text(path).text
    direct, section, rows, start = set[str](), "", list[tuple[str, str, Span]](), 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end].rstrip("\r")
        if line[:1].isalpha():
            section = line
        elif section == "DEPENDENCIES" and (named := _DIRECT.match(line)):
            direct.add(named["name"])
        elif section in _SOURCES and section != "PATH" and line[4:5] != " " and (spec := _SPEC.match(line)):
            at = Span(start + spec.start("version"), start + spec.end("version"))
            rows.append((spec["name"], spec["version"], at))
        start = end + 1
    if not section:
        raise SyntaxProblem("this is not a lock file of Bundler", 0, "run `bundle lock`")
    for name, version, at in rows:
        yield Found(name=name, version=version, span=at, direct=name in direct)


def ruby(text: str) -> tuple[str, Span] | None:
    """The version of Ruby that the bundle was resolved for, and its place."""
    found = _RUBY.search(text)
    return (found["version"], Span(*found.span("version"))) if found else None

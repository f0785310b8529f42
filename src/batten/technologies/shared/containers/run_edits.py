"""Edits of the options of `docker run` where they are words of a command line."""

from __future__ import annotations

import re

from batten.formats.document import Text
from batten.formats.lines import line_start
from batten.model import Edit, Fix, Safety, Span

_PORT = re.compile(r"(?:(?:[\d.]{7,15}|\[[0-9a-fA-F:]+\]):)?(?P<host>[\d-]*):(?P<inner>[\d-]+(?:/\w+)?)$")


def bound(source: Text, span: Span) -> Fix | None:
    """The port published on this machine alone."""
    found = _PORT.search(source.text[span.start : span.end])
    if found is None:
        return None
    start = span.start + found.start()
    edit = Edit(source.path, Span(start, span.end), f"127.0.0.1:{found['host']}:{found['inner']}")
    return _risky("publish the port on 127.0.0.1 only", edit, "clients on other hosts")


def unpublished(source: Text, span: Span) -> Fix:
    """The port published on this machine alone, as the other ports of the container are; the option taken out where no address
    can be written."""
    return bound(source, span) or without(
        source, span, ("do not publish the port", "clients that use the port")
    )


def without(source: Text, span: Span, said: tuple[str, str]) -> Fix:
    """The option taken out, with its line where that is its alone; `said` is the title, and who may notice."""
    text = source.text
    end = span.end + len(text[span.end :]) - len(text[span.end :].lstrip(" \t"))
    if text[end : end + 2] == "\\\n" and not text[line_start(text, span.start) : span.start].strip():
        end += 2  # the line is only the option's
        span = Span(line_start(text, span.start), end)
    return _risky(said[0], Edit(source.path, Span(span.start, end), ""), said[1])


def _risky(title: str, edit: Edit, breaks: str) -> Fix:
    return Fix(title, (edit,), safety=Safety.RISKY, breaks=breaks)

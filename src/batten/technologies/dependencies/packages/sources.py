"""Where packages come from: credentials in addresses, and indexes that are asked over plain HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import BuildStep, Fact
from batten.formats.document import Text
from batten.model import Location, Span, Switch
from batten.technologies.dependencies.packages import requirements
from batten.technologies.shared.secrets import credentials

WITH_CREDENTIALS = re.compile(rb"://[^/\s:@\"'<>]{0,200}:[^/\s@\"'<>]{1,400}@")
_URL = re.compile(r"[a-z][a-z0-9+]{1,20}://[^/\s:@\"'<>]{0,200}:[^/\s@\"'<>]{1,400}@[^\s\"'<>]*")
_INDEXES = frozenset(("-i", "--index-url", "--extra-index-url", "--pypi-url", "-f", "--find-links"))
_PLAIN = re.compile(r"http://(?!localhost\b|127\.|\[::1\])[^\s]+")
_MOST = 1000  # credentials of one file that are told


def secrets(source: Text) -> Iterator[Fact]:
    """The credentials in addresses of a file."""
    for number, found in enumerate(_URL.finditer(source.text)):
        held = credentials.found("url", found[0])
        inner = credentials.url_password(found[0])
        if held is not None and inner is not None:
            span = Span(found.start() + inner.start, found.start() + inner.end)
            yield credentials.in_config(Location(source.path, f"url[{number}]", span), "url", held)
        if number >= _MOST:
            return


def indexes(source: Text) -> Iterator[Fact]:
    """Indexes over HTTP, and hosts whose certificates are not verified: who is on the way decides what is installed."""
    for option in requirements.options(source.text):
        host = option.name == "--trusted-host" and option.value != ""
        plain = _PLAIN.match(option.value) if option.name in _INDEXES else None
        if plain is not None or host:
            end = option.span.start + plain.end() if plain is not None else option.span.end
            value = source.text[option.span.start : end]
            at = Location(source.path, f"option[{option.name}][{value}]", Span(option.span.start, end))
            yield BuildStep(at, Switch.PACKAGE_UNVERIFIED, option.name)

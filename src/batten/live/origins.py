"""Foreign origins that a careless comparison accepts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from batten.live.hello import is_address

STRANGER = "stranger.invalid"  # RFC 2606: a name that nobody has

_GROUP = re.compile(r"\((?:\?:)?([^()|]*)(?:\|[^()]*)?\)[?*+]?")  # (shop|admin): the first will do
_HOST = re.compile(r"(?:[a-z0-9-]+\\?\.)+[a-z]{2,}", re.IGNORECASE)

Named = Iterator[tuple[str, str]]  # an origin, and the trick that it plays


def variants(origin: str) -> Named:
    """What looks like an origin that is written out."""
    parts = urlsplit(origin)
    host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    if not host or is_address(host) or host == "localhost":
        return
    scheme = parts.scheme
    yield f"{scheme}://{host}.{STRANGER}{port}", "suffix"
    yield f"{scheme}://{host}{STRANGER}", "suffix"
    yield f"{scheme}://stranger{host}{port}", "prefix"
    yield f"{scheme}://batten-stranger.{host}{port}", "subdomain"
    if "." in host.partition(".")[2]:
        # Only where a label stands before the domain can a dot be taken for any letter.
        yield f"{scheme}://{host.replace('.', 'x', 1)}{port}", "unescaped-dot"
    yield f"{scheme}://{host}:{(parts.port or 8442) + 1}", "port"
    yield f"{scheme}://{host}@{STRANGER}", "userinfo"
    if scheme == "https":
        yield f"http://{host}{port}", "plain"


def pattern_variants(pattern: str) -> Named:
    """What a regular expression over origins may admit beside what it means: around dots that are not escaped,
    and where it is not anchored. What it admits below a domain by a wildcard is meant."""
    scheme = "https" if "https" in pattern or "http" not in pattern else "http"
    for match in _HOST.finditer(_GROUP.sub(r"\1", pattern)):
        host = match[0].replace("\\", "")
        yield from ((f"{scheme}://{name}", "unescaped-dot") for name in _dots(match[0]))
        yield f"{scheme}://{host}.{STRANGER}", "suffix"
        yield f"{scheme}://{host}{STRANGER}", "suffix"
        yield f"{scheme}://stranger{host}", "prefix"
        yield f"{scheme}://{STRANGER}/{host}", "prefix"
        yield f"{scheme}://{host}@{STRANGER}", "userinfo"
        if "https://" in pattern:
            yield f"http://{host}", "plain"


def _dots(written: str) -> Iterator[str]:
    """The host with a letter in place of each dot that the pattern does not escape. The one before the
    top-level domain leaves a name that nobody can have, unless the pattern's end is open."""
    separators = re.findall(r"\\?\.", written)
    labels = re.split(r"\\?\.", written)
    for index, separator in enumerate(separators):
        if separator == ".":
            name = ".".join(labels[: index + 1]) + "x" + ".".join(labels[index + 1 :])
            yield name if index < len(separators) - 1 else f"{name}.{STRANGER}"

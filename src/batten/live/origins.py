"""Foreign origins that a careless comparison accepts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from batten.live.exchange import Response
from batten.live.tls.hello import is_address

READ = 50_000  # characters of a policy or page in which origins are looked for
STRANGER = "stranger.invalid"  # RFC 2606: a name that nobody has

_GROUP = re.compile(r"\((?:\?:)?([^()|]*)(?:\|[^()]*)?\)[?*+]?")  # (shop|admin): the first will do
_HOST = re.compile(r"(?:[a-z0-9-]+\\?\.)+[a-z]{2,}", re.IGNORECASE)

Named = Iterator[tuple[str, str]]  # an origin, and the trick that it plays


def variants(origin: str) -> Named:
    """What looks like an origin that is written out."""
    parts = urlsplit(origin)
    host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    if not host or host == "localhost" or host.startswith("127.") or host == "::1":
        return  # all ports of this machine are mostly of one developer
    scheme = parts.scheme
    if is_address(host):
        place = f"[{host}]" if ":" in host else host
        yield f"{scheme}://{place}:{(parts.port or 8442) + 1}", "port"
        return
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


DEVELOPMENT = ("http://localhost:3000", "http://localhost")  # where front ends are while they are made
NAMED = 6  # origins of one answer that are tried
_DIRECTIVE = re.compile(
    r"(?i)^\s*(?:connect|script|frame|img|style|font|form|child|default)-[\w-]+\s+([^;]*)"
)
_SOURCE = re.compile(r"(?:(https?)://)?((?:[a-z0-9-]+\.)+[a-z]{2,})(:\d{1,5})?(?:/\S*)?", re.IGNORECASE)
_LINKED = re.compile(
    r"(?i)<(?:script|link|form|iframe|a)\b[^<>]{0,300}?(?:src|href|action)=[\"'](https?://[^/\"'\s?#]{1,200})"
)


def named_origins(response: Response) -> list[str]:
    """Origins that an answer names and that are not its own: by its CORS headers, its Content-Security-Policy and the
    links of a page. Those are who it trusts, so an origin that looks like one of them may be taken for it."""
    found = [response.header("access-control-allow-origin")]
    for policy in response.all("content-security-policy"):
        directives = (_DIRECTIVE.match(part) for part in policy[:READ].split(";"))
        sources = (word for d in directives if d is not None for word in d[1].split())
        found += [_origin(word) for word in sources]
    if response.media_type == "text/html":
        found += [_origin(url) for url in _LINKED.findall(response.text[:READ])]
    asked = {response.request.origin.lower(), *(v for n, v in response.request.headers if n == "Origin")}
    meant = (o.lower() for o in found if o.lower() not in asked and o.startswith(("http://", "https://")))
    return list(dict.fromkeys(meant))[:NAMED]


def _origin(source: str) -> str:
    """The origin of a source of a policy or of a link; a wildcard is none."""
    found = _SOURCE.fullmatch(source)
    return f"{(found[1] or 'https').lower()}://{found[2]}{found[3] or ''}" if found else ""

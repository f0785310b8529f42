"""Products and versions that answers tell: in headers, on error pages, in documents of consoles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from batten.facts import Banner, Component, Fact
from batten.live.evidence import Sight, shown
from batten.model import Setting
from batten.model.record import record

HEADERS = (
    "server",
    "x-powered-by",
    "via",
    "x-aspnet-version",
    "x-aspnetmvc-version",
    "x-runtime-version",
    "x-generator",
)
LONGEST = 1000  # characters of a header
_VERSION = re.compile(r"\d+\.\d+")
_TOKEN = re.compile(r"([A-Za-z][\w.-]*?)[/ ]v?(\d+(?:\.\d+)+[\w.+~-]*)")
_DISTRIBUTION = re.compile(
    r"(?i)\b(?:debian|ubuntu|red hat|centos|rocky|almalinux|fedora|amazon|amzn|suse|raspbian|oracle)\b"
    r"|(?:ubuntu|deb\d|\.el\d|\.amzn|\+dfsg)"
)
_NO_PRODUCT = frozenset({"apache-coyote", "http", "tls", "dav", "proxy", "mod_ssl", "mod_wsgi", "version"})
_NAMES = {"apache": "apache-http-server", "httpd": "apache-http-server", "express.js": "express"}

# Versions that distributions ship and patch without changing them: Debian's nginx does not say who built it.
_SHIPPED = {
    "nginx": "1.10.3 1.14.1 1.14.2 1.18.0 1.20.1 1.22.1 1.24.0 1.26.3",
    "php": "7.0.33 7.2.24 7.3.31 7.4.3 7.4.33 8.0.30 8.1.2 8.2.28 8.2.29 8.3.6",
    "python": "3.6.8 3.6.9 3.7.3 3.8.10 3.9.2 3.9.18 3.9.21 3.10.12 3.11.2 3.12.3 3.13.5",
    "openssl": "1.1.1f 1.1.1k 1.1.1n 3.0.2 3.0.7 3.0.13",
}


@record
class _Told:
    """A pattern in a body whose first group is the version of a product."""

    product: str
    pattern: re.Pattern[str]


_PAGES = (
    _Told("nginx", re.compile(r"<center>nginx/([\d.]+)(?: \(\w+\))?</center>")),
    _Told("openresty", re.compile(r"<center>openresty/([\d.]+)</center>")),
    _Told(
        "Apache", re.compile(r"<address>Apache/([\d.]++)(?: \([^)<]*\))?+(?=[^<]*Server at )[^<]*+</address>")
    ),
    _Told("Apache Tomcat", re.compile(r"<h3>Apache Tomcat/([\d.][\w.-]*+)(?: \([^)<]*\))?</h3>")),
    _Told("Jetty", re.compile(r"Powered by (?:<a [^<>]*>)?Jetty:// ([\d.][\w.-]*+)")),
    _Told("ASP.NET", re.compile(r"ASP\.NET Version:([\d.]+)")),
    _Told("squid", re.compile(r"Generated [^<\n]{1,80} by \S{1,255} \(squid/([\d.]+)")),
)
_DOCUMENTS = (
    _Told("php", re.compile(r"<title>PHP ([\d.]++)[^<]*phpinfo\(\)</title>")),
    _Told("django", re.compile(r"Django Version:\s*</th>\s*<td>([\d.]+)")),
    _Told("python", re.compile(r"Python Version:\s*</th>\s*<td>([\d.]+)")),
    _Told("elasticsearch", re.compile(r'"number"\s*:\s*"([\d.]+)"[\s\S]{0,600}You Know, for Search')),
    _Told("rabbitmq", re.compile(r'"rabbitmq_version"\s*:\s*"([\d.]+)"')),
    _Told("envoy", re.compile(r'"version"\s*:\s*"[0-9a-f]{40}/([\d.]+)/')),
    _Told("spring-boot", re.compile(r'"springBootVersion"\s*:\s*"([\d.]+)"')),
)


def told(seen: Sight) -> Iterator[Banner | Component]:
    """Everything that an answer tells of what made it."""
    doubt = _contradicted(seen)
    banners = [replace(b, doubt=doubt) if b.header.lower() == "server" else b for b in _banners(seen)]
    yield from banners
    if not any(banner.shows_version.known(False) for banner in banners):
        yield from _error_page(seen)
    for component in _components(seen):
        yield (
            replace(component, doubt=doubt)
            if component.evidence.startswith("the header server ")
            else component
        )


def _contradicted(seen: Sight) -> str:
    """What the error page of the same answer names, where the header Server names another server with its version: one
    may be before the other, or the header is made up."""
    named = _TOKEN.match(seen.response.header("server")[:LONGEST])
    if named is None:
        return ""
    for page in _error_page(seen):
        if not page.product.lower().startswith(named[1].lower()):
            return f"the error page of the same answer names {page.shown}"
    return ""


def weighed(facts: Sequence[Fact]) -> list[Fact]:
    """Facts of one target, with what else was seen that contradicts a version: where one answer does, all that name it are in
    doubt; and so is each of several versions that one address has of one product."""
    doubts: dict[tuple[str, str], str] = {}
    versions: dict[tuple[str, str], dict[str, None]] = {}
    for fact in facts:
        if isinstance(fact, Banner) and fact.doubt:
            doubts[fact.at.source, fact.shown] = fact.doubt
        elif isinstance(fact, Component):
            version = fact.version.known("")
            versions.setdefault((fact.at.source, fact.product), {})[version] = None
            if fact.doubt:
                doubts[fact.at.source, f"{fact.product} {version}"] = fact.doubt
    return [_weighed(fact, doubts, versions) for fact in facts]


def _weighed(
    fact: Fact, doubts: Mapping[tuple[str, str], str], versions: Mapping[tuple[str, str], Mapping[str, None]]
) -> Fact:
    where = fact.at.source
    if isinstance(fact, Banner):
        return replace(fact, doubt=doubts.get((where, fact.shown), "")) if not fact.doubt else fact
    if not isinstance(fact, Component):
        return fact
    own = fact.version.known("")
    others = [v for v in versions[where, fact.product] if not (v.startswith(own) or own.startswith(v))]
    said = f"other answers name {fact.product} {others[0]}" if others else ""
    doubt = fact.doubt or doubts.get((where, f"{fact.product} {own}"), "") or said
    return replace(fact, doubt=doubt) if doubt else fact


def _banners(seen: Sight) -> Iterator[Banner]:
    """Headers that show a version number, and the ones that name a product without one."""
    for name in HEADERS:
        value = shown(name, seen.response.header(name), seen.response.secrets)
        if not value:
            continue
        at = seen.at(f"response.headers[{name}]")
        # Via without the protocol's own version, which every Via has (RFC 9110, 7.6.3).
        words = re.sub(r"(?:^|,)\s*(?:\w+/)?[\d.]+\s+", " ", value).strip() if name == "via" else value
        product = re.split(r"[/ (]", words, maxsplit=1)[0] or name
        written = next(n for n, _ in seen.response.headers if n.lower() == name)
        yield Banner(
            at,
            product=product,
            header=written,
            shows_version=Setting(bool(_VERSION.search(words[:LONGEST])), at),
            shown=value,
        )


def _error_page(seen: Sight) -> Iterator[Banner]:
    if seen.response.status < 400 or "html" not in seen.response.media_type:
        return
    text = seen.response.text[:20_000]
    for row in _PAGES:
        if found := row.pattern.search(text):
            at = seen.at("response.body[error page]")
            yield Banner(
                at,
                product=row.product,
                header="the error page",
                shows_version=Setting(True, at),
                shown=f"{row.product}/{found[1]}",
            )


def _components(seen: Sight) -> Iterator[Component]:
    for name in ("server", "x-powered-by"):
        value = seen.response.header(name)
        at = seen.at(f"response.headers[{name}]")
        for product, version in _TOKEN.findall(value[:LONGEST]):
            known = _NAMES.get(product.lower(), product.lower())
            if known not in _NO_PRODUCT:
                own = bool(_DISTRIBUTION.search(value)) or version in _SHIPPED.get(known, "").split()
                yield Component(
                    at,
                    product=known,
                    version=Setting(version, at),
                    backported=own,
                    evidence=f"the header {name} reports {version}",
                )
    text = seen.response.text[:100_000]
    at = seen.at("response.body")
    for row in _DOCUMENTS:
        if found := row.pattern.search(text):
            own = found[1] in _SHIPPED.get(row.product, "").split()
            yield Component(
                at,
                product=row.product,
                version=Setting(found[1], at),
                backported=own,
                evidence=f"the page reports {found[1]}",
            )

"""Package URLs as packages of OSV: https://github.com/package-url/purl-spec, https://ossf.github.io/osv-schema/#defined-ecosystems."""

from __future__ import annotations

from urllib.parse import unquote

from batten.model import Span
from batten.model.record import record
from batten.technologies.dependencies._packages.distributions import ecosystem_of
from batten.technologies.dependencies._packages.found import Found, normalised

_PLAIN = {
    "npm": "npm",
    "gem": "RubyGems",
    "cargo": "crates.io",
    "nuget": "NuGet",
    "hex": "Hex",
    "pub": "Pub",
    "composer": "Packagist",
    "golang": "Go",
    "swift": "SwiftURL",
    "cran": "CRAN",
    "bitnami": "Bitnami",
}
_LONGEST = 4000  # characters of an address that is read


@record(kw_only=True)
class Purl:
    """The parts of an address, decoded; "" for one that it lacks."""

    type: str
    namespace: str
    name: str
    version: str
    qualifiers: dict[str, str]


def parse(text: str) -> Purl | None:
    """The parts of a package URL; None for another text."""
    rest = text.removeprefix("pkg:").lstrip("/")
    if rest == text or len(text) > _LONGEST:
        return None
    rest, _, query = rest.partition("#")[0].partition("?")
    kind, _, path = rest.partition("/")
    above, slash, last = path.rpartition("/")
    name, _, version = last.partition("@") if not last.startswith("@") else (last, "", "")
    pairs = (pair.partition("=") for pair in query.split("&") if "=" in pair)
    return Purl(
        type=kind.lower(),
        namespace=unquote(above) if slash else "",
        name=unquote(name),
        version=unquote(version),
        qualifiers={key.lower(): unquote(value) for key, _, value in pairs},
    )


def package(text: str, span: Span, direct: bool = False, development: bool = False) -> Found | None:
    """The package that an address names; None where OSV has no ecosystem for its type."""
    purl = parse(text)
    named = _named(purl) if purl is not None and purl.name else None
    if purl is None or named is None:
        return None
    ecosystem, name, version = named
    return Found(
        name=name,
        version=version,
        span=span,
        direct=direct,
        development=development,
        source=purl.qualifiers.get("upstream", "").partition("@")[0],
        ecosystem=ecosystem,
    )


def _named(purl: Purl) -> tuple[str, str, str] | None:
    """(ecosystem, name, version) as OSV spells them."""
    whole = f"{purl.namespace}/{purl.name}" if purl.namespace else purl.name
    match purl.type:
        case "pypi":
            return "PyPI", normalised(purl.name), purl.version
        case "maven":
            return "Maven", f"{purl.namespace}:{purl.name}", purl.version
        case "golang":
            return "Go", whole, purl.version.removeprefix("v").removesuffix("+incompatible")
        case "composer":
            return "Packagist", whole.lower(), purl.version.removeprefix("v")
        case "deb" | "apk" | "rpm":
            # A package of a distribution, whose release `distro` names: `debian-12`, `ubuntu-22.04`, `alpine-3.20.1`,
            # `el9`.
            identity, _, release = purl.qualifiers.get("distro", "").rpartition("-")
            ecosystem = ecosystem_of(identity or purl.namespace, release)
            if ecosystem is None:
                return None
            epoch = purl.qualifiers.get("epoch", "")
            return ecosystem, purl.name, f"{epoch}:{purl.version}" if epoch not in ("", "0") else purl.version
        case kind if kind in _PLAIN:
            return _PLAIN[kind], whole, purl.version
        case _:
            return None

"""Bills of materials: the packages that they name by package URLs.

They are read where the run compares packages with advisories; otherwise only for frameworks, which their text shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from batten.facts import Component, Fact
from batten.formats import Workspace
from batten.formats.document import Text
from batten.model import Location, Problem, Setting
from batten.technologies import Unit
from batten.technologies.dependencies._packages.found import Found, told
from batten.technologies.dependencies._packages.frameworks import PRODUCTS
from batten.technologies.dependencies.sbom.forms import Listed, cyclonedx, cyclonedx_xml, spdx, spdx_tags

_CYCLONE = re.compile(r"\"bomFormat\"\s*:\s*\"CycloneDX\"|\"\$schema\"\s*:\s*\"https?://cyclonedx\.org/")
_CYCLONE_XML = re.compile(r"<(?:[\w.-]+:)?bom\b[^>]*cyclonedx\.org/schema/bom")
_SPDX = re.compile(r"\"spdxVersion\"\s*:|\"@context\"\s*:\s*\"https?://spdx\.org/rdf/3")
_SPDX_TAGS = re.compile(r"^[ \t]*SPDXVersion:", re.MULTILINE)
_CYCLONE_SCHEMA = re.compile(r"https?://cyclonedx\.org/")
_SPDX_CONTEXT = re.compile(r"https?://spdx\.org/rdf/3")
_HIDDEN = re.compile(rb"\\u00[2-7]")  # of a letter or sign that could be written
_TYPES = {"PyPI": "pypi", "Maven": "maven", "RubyGems": "gem", "Packagist": "composer", "Hex": "hex"}
# ours: names of batten's own table
_FRAMEWORK = re.compile(
    rb"pkg:(?:%s)@(?P<version>[0-9][0-9A-Za-z.]*)"
    % b"|".join(
        re.escape(f"{kind}/{name.replace(':', '/')}").replace("/", r"\\?/").encode()
        for ecosystem, kind in _TYPES.items()
        for name in PRODUCTS[ecosystem]
    )
)


def names_packages(unit: Unit) -> bool:
    return bool(unit.files)


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    path = unit.main
    if not workspace.packages:
        raw = workspace.overlay[path].encode() if path in workspace.overlay else workspace.data(path)
        if _FRAMEWORK.search(raw) is None and _HIDDEN.search(raw) is None:
            return
    source = workspace.text(path)
    listed = _listed(source)
    if listed is None:
        return
    found: list[Found] = []
    for outcome in listed(source):
        if isinstance(outcome, Problem):
            yield outcome
        else:
            found.append(outcome)
    # The frameworks among the packages; npm's are required by too many tools to show what an application is.
    seen = set[tuple[str, str]]()
    for one in found:
        product = PRODUCTS[one.ecosystem].get(one.name) if one.ecosystem in _TYPES else None
        if product is not None and one.version and not one.development and (product, one.version) not in seen:
            seen.add((product, one.version))
            at = Location(path, f"frameworks[{product}]", one.span)
            yield Component(
                at, product=product, version=Setting(one.version, at), evidence=f"{one.name} {one.version}"
            )
    if workspace.packages:
        yield from told(found, path, "", "", True)


class _Root(
    msgspec.Struct,
    rename={"form": "bomFormat", "schema": "$schema", "version": "spdxVersion", "context": "@context"},
):
    """What the root of a JSON document says that it is."""

    form: object = None
    schema: object = None
    version: object = None
    context: object = None


def _listed(source: Text) -> Listed | None:
    """What reads the file; None for a file that only has the name of one. JSON is asked at its root, wherever its keys are."""
    text = source.text
    if text.lstrip()[:1] == "{":
        try:
            root = msgspec.json.decode(text.encode("utf-8", "surrogatepass"), type=_Root)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return cyclonedx if _CYCLONE.search(text) else spdx if _SPDX.search(text) else None
        if root.form == "CycloneDX" or (isinstance(root.schema, str) and _CYCLONE_SCHEMA.match(root.schema)):
            return cyclonedx
        contexts = root.context if isinstance(root.context, list) else [root.context]
        if root.version is not None or any(
            isinstance(one, str) and _SPDX_CONTEXT.match(one) for one in contexts
        ):
            return spdx
        return None
    if _CYCLONE_XML.search(text):
        return cyclonedx_xml
    return spdx_tags if _SPDX_TAGS.search(text) else None


def write(*_: object) -> None:
    """A bill of materials says what was built; it is made again when that has changed."""
    return None

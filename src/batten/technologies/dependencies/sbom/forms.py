"""The packages of each form of bill, in the order of the file, with the place of each package URL.

Decoded into what is needed and nothing else, since a bill may have ten megabytes. Sources: https://cyclonedx.org/docs/1.6/json/,
https://spdx.github.io/spdx-spec/v2.3/, https://spdx.github.io/spdx-spec/v3.0.1/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec

from batten.formats import SyntaxProblem, xml
from batten.formats.document import Text
from batten.model import Problem, Span
from batten.technologies.dependencies._packages.found import Found
from batten.technologies.dependencies._packages.graph import reached
from batten.technologies.dependencies._packages.purl import package

Listed = Callable[[Text], Iterator[Found | Problem]]
Tie = tuple[str, str, str]  # an element, its relationship, the other element
Form = TypeVar("Form")

_PURL = re.compile(r'"(?P<purl>pkg:[^"\n]{3,4000})"')
_BYTE = re.compile(r"\(byte (?P<at>\d+)\)")
_TAG = re.compile(
    r"^[ \t]*(?P<tag>PackageName|SPDXID|ExternalRef|Relationship|SPDXVersion):[ \t]*(?P<value>[^\r\n]*)",
    re.MULTILINE,
)
_DEVELOPMENT = frozenset(
    ("DEV_DEPENDENCY_OF", "TEST_DEPENDENCY_OF", "TEST_TOOL_OF", "BUILD_DEPENDENCY_OF", "BUILD_TOOL_OF")
)
_REQUIRED_BY = frozenset(
    ("DEPENDENCY_OF", "RUNTIME_DEPENDENCY_OF", "PREREQUISITE_FOR", "OPTIONAL_DEPENDENCY_OF")
)
_VERSION_1 = re.compile(r"1\.\d+")
_DEEPEST = 100


class _Property(msgspec.Struct):
    name: str = ""
    value: str = ""


class _Component(msgspec.Struct, rename={"ref": "bom-ref"}):
    ref: str = ""
    purl: str = ""
    scope: str = ""
    properties: list[_Property] = []
    components: list[_Component] = []


class _Subject(msgspec.Struct):
    component: _Component = msgspec.field(default_factory=_Component)


class _Dependency(msgspec.Struct, rename="camel"):
    ref: str = ""
    depends_on: list[str] = []


class _CycloneDx(msgspec.Struct, rename="camel"):
    spec_version: str = ""
    metadata: _Subject = msgspec.field(default_factory=_Subject)
    components: list[_Component] = []
    dependencies: list[_Dependency] = []


class _Reference(msgspec.Struct, rename="camel"):
    reference_type: str = ""
    reference_locator: str = ""


class _Package(msgspec.Struct, rename={"identity": "SPDXID", "references": "externalRefs"}):
    identity: str = ""
    references: list[_Reference] = []


class _Relationship(msgspec.Struct, rename="camel"):
    spdx_element_id: str = ""
    relationship_type: str = ""
    related_spdx_element: str = ""


class _Element(msgspec.Struct, rename={"purl": "software_packageUrl"}):
    purl: str = ""


class _Spdx(
    msgspec.Struct,
    rename={"version": "spdxVersion", "graph": "@graph", "document_describes": "documentDescribes"},
):
    version: str = ""
    document_describes: list[str] = []
    packages: list[_Package] = []
    relationships: list[_Relationship] = []
    graph: list[_Element] = []


def cyclonedx(source: Text) -> Iterator[Found | Problem]:
    bill = _decoded(source, _CycloneDx)
    if not _VERSION_1.fullmatch(bill.spec_version):
        yield _unknown(source, bill.spec_version, "CycloneDX 1")
        return
    root = bill.metadata.component.ref
    direct = {ref for one in bill.dependencies if root and one.ref == root for ref in one.depends_on}
    places = _places(source.text)
    pending = [(one, 0) for one in reversed(bill.components)]
    while pending:
        one, depth = pending.pop()
        if depth < _DEEPEST:
            pending += [(below, depth + 1) for below in reversed(one.components)]
        # Whether a component is not part of what runs: https://cyclonedx.org/docs/1.6/json/#components_items_scope,
        # and the property of https://github.com/CycloneDX/cyclonedx-property-taxonomy/blob/main/cdx/npm.md.
        made = (
            package(
                one.purl,
                places.get(one.purl, Span(0, 0)),
                one.ref in direct,
                one.scope == "excluded"
                or any(row.name.endswith(":development") and row.value == "true" for row in one.properties),
            )
            if one.purl
            else None
        )
        if made is not None:
            yield made


def cyclonedx_xml(source: Text) -> Iterator[Found | Problem]:
    text = source.text
    for one in xml.elements(text, "component", apart="metadata"):
        purl = one.child("purl")
        if purl is not None:
            start = text.find("pkg:", purl.inside.start, purl.inside.end)
            span = Span(max(start, purl.inside.start), purl.inside.end)
            made = package(purl.text.strip(), span, development=one.value("scope") == "excluded")
            if made is not None:
                yield made


def spdx(source: Text) -> Iterator[Found | Problem]:
    bill = _decoded(source, _Spdx)
    if not bill.graph and not bill.version.startswith("SPDX-2."):
        yield _unknown(source, bill.version.removeprefix("SPDX-"), "SPDX 2 and 3")
        return
    places = _places(source.text)
    rows = [
        (one.identity, ref.reference_locator, places.get(ref.reference_locator, Span(0, 0)))
        for one in bill.packages
        for ref in one.references
        if ref.reference_type == "purl"
    ]
    rows += [("", one.purl, places.get(one.purl, Span(0, 0))) for one in bill.graph if one.purl]
    ties = [
        (one.spdx_element_id, one.relationship_type, one.related_spdx_element) for one in bill.relationships
    ]
    ties += [("", "DESCRIBES", identity) for identity in bill.document_describes]
    yield from _told(rows, ties)


def spdx_tags(source: Text) -> Iterator[Found | Problem]:
    """SPDX as lines of `Tag: value`: https://spdx.github.io/spdx-spec/v2.3/package-information/."""
    rows: list[tuple[str, str, Span]] = []
    ties: list[Tie] = []
    identity = ""
    for found in _TAG.finditer(source.text):
        words = found["value"].split()
        match found["tag"]:
            case "SPDXVersion" if not found["value"].startswith("SPDX-2."):
                yield _unknown(source, found["value"].strip().removeprefix("SPDX-"), "SPDX 2 and 3")
                return
            case "SPDXID":
                identity = found["value"].strip()
            case "ExternalRef" if len(words) == 3 and words[1] == "purl":
                start = found.start("value") + found["value"].find(words[2])
                rows.append((identity, words[2], Span(start, start + len(words[2]))))
            case "Relationship" if len(words) == 3:
                ties.append((words[0], words[1], words[2]))
            case _:
                continue
    yield from _told(rows, ties)


def _told(rows: list[tuple[str, str, Span]], ties: list[Tie]) -> Iterator[Found]:
    """The packages beside those that the bill is of. Where it says what those require for development, what else they lead
    to is what is deployed: https://spdx.github.io/spdx-spec/v2.3/relationships-between-SPDX-elements/."""
    subjects = {other for _, kind, other in ties if kind == "DESCRIBES"} - {""}
    subjects |= {one for one, kind, _ in ties if kind == "DESCRIBED_BY"}
    built = {one for one, kind, _ in ties if kind in _DEVELOPMENT}
    edges: dict[str, list[str]] = {}
    for one, kind, other in ties:
        if kind in _REQUIRED_BY:
            edges.setdefault(other, []).append(one)
        elif kind == "DEPENDS_ON":
            edges.setdefault(one, []).append(other)
    deployed = reached(subjects, edges)
    direct = {one for subject in subjects for one in edges.get(subject, ())} | {
        one for one, kind, other in ties if kind in _DEVELOPMENT and other in subjects
    }
    for identity, purl, span in rows:
        development = bool(built) and identity not in deployed and (bool(edges) or identity in built)
        made = (
            package(purl, span, identity in direct, development)
            if identity not in subjects or not identity
            else None
        )
        if made is not None:
            yield made


def _decoded(source: Text, form: type[Form]) -> Form:
    """The bill, without what is not needed. Raises SyntaxProblem for bad syntax and for fields of another kind."""
    try:
        return msgspec.json.decode(source.text.encode("utf-8", "surrogatepass"), type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        found = _BYTE.search(str(error))
        at = (
            len(source.text.encode("utf-8", "surrogatepass")[: int(found["at"])].decode("utf-8", "ignore"))
            if found
            else 0
        )
        words = str(error).partition(" (byte")[0]
        raise SyntaxProblem(words, at, "let the tool that made it write it again") from error


def _places(text: str) -> dict[str, Span]:
    """Where each package URL is first written, without its quotes."""
    places: dict[str, Span] = {}
    for found in _PURL.finditer(text):
        purl = found["purl"]
        if "\\" in purl:
            try:
                is_string = isinstance(json.loads(found[0]), str)
            except ValueError:
                is_string = False
            purl = str(json.loads(found[0])) if is_string else purl
        places.setdefault(purl, Span(*found.span("purl")))
    return places


def _unknown(source: Text, version: str, known: str) -> Problem:
    message = (
        f"version {version or '(none)'} of this bill of materials is not known: its packages were not read"
    )
    return Problem(source.path, "read", message, hint=f"batten reads {known}")

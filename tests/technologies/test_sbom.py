"""Bills of materials, held against what the package managers of the same projects list; see sbom/README.md."""

from __future__ import annotations

import json
import resource
import time
from pathlib import Path

import pytest

from batten.facts import Component, Package
from batten.formats import SyntaxProblem, Workspace
from batten.model import Problem, Span
from batten.technologies import Unit
from batten.technologies.dependencies._packages.purl import package
from batten.technologies.dependencies.sbom import adapter
from proofs import PROOF

FIXTURES = Path(__file__).parent


def read(path: str, root: Path, text: str = "", wanted: bool = True) -> list[object]:
    workspace = Workspace(root, {path: text} if text else {})
    workspace.packages = wanted
    return list(adapter.read(Unit("sbom", (path,)), workspace))


def packages(outcomes: list[object]) -> list[Package]:
    return [one for one in outcomes if isinstance(one, Package)]


@pytest.mark.parametrize(
    ("file", "project"),
    [("npm.cdx.json", "npm3"), ("npm.spdx.json", "npm3"), ("python.cdx.xml", "uv-compile")],
)
def test_a_bill_has_what_the_package_manager_lists(file: str, project: str) -> None:
    found = packages(read(file, FIXTURES / "sbom"))
    told = {f"{p.name} {p.version.known('')}{' dev' * p.development}" for p in found}
    assert told == set((FIXTURES / "packages" / project / "listed.txt").read_text().splitlines())
    text = (FIXTURES / "sbom" / file).read_text()
    assert all(text[p.at.span.start : p.at.span.end].startswith("pkg:") for p in found if p.at.span)
    assert all(p.at.span and p.at.span.end for p in found)


@pytest.mark.parametrize("file", ["npm.cdx.json", "npm.spdx.json"])
def test_what_the_subject_requires_itself_is_direct(file: str) -> None:
    found = packages(read(file, FIXTURES / "sbom"))
    assert {p.name for p in found if p.direct} == {"debug", "@hapi/boom", "send", "semver"}


@pytest.mark.parametrize(
    ("purl", "told"),
    [
        ("pkg:npm/%40scope/name@1.2.3", "npm|@scope/name|1.2.3|"),
        ("pkg:npm/@scope/name@1.2.3", "npm|@scope/name|1.2.3|"),
        ("pkg:pypi/Zope_Interface@6.1", "PyPI|zope-interface|6.1|"),
        ("pkg:golang/github.com/gin-gonic/gin@v1.9.1#binding", "Go|github.com/gin-gonic/gin|1.9.1|"),
        ("pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar", "Maven|org.apache.logging.log4j:log4j-core|2.14.1|"),
        ("pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&upstream=openssl&distro=debian-12", "Debian:12|libssl3|3.0.11-1~deb12u2|openssl"),
        ("pkg:deb/debian/gcc-12-base@12.2.0-14?distro=bookworm", "Debian:12|gcc-12-base|12.2.0-14|"),
        ("pkg:deb/ubuntu/libc6@2.35-0ubuntu3.4?distro=ubuntu-22.04&upstream=glibc%402.35", "Ubuntu:22.04|libc6|2.35-0ubuntu3.4|glibc"),
        ("pkg:apk/alpine/musl@1.2.4-r2?distro=alpine-3.18.4", "Alpine:v3.18|musl|1.2.4-r2|"),
        ("pkg:apk/alpine/musl@1.2.4-r2?distro=3.18.4", "Alpine:v3.18|musl|1.2.4-r2|"),
        ("pkg:rpm/rocky/openssl-libs@3.0.7-27.el9?epoch=1&distro=rocky-9.3", "Rocky Linux:9|openssl-libs|1:3.0.7-27.el9|"),
        ("pkg:composer/Laravel/framework@v9.52.16", "Packagist|laravel/framework|9.52.16|"),
        ("pkg:nuget/Newtonsoft.Json@12.0.3", "NuGet|Newtonsoft.Json|12.0.3|"),
        ("pkg:swift/github.com/apple/swift-nio@2.59.0", "SwiftURL|github.com/apple/swift-nio|2.59.0|"),
        ("pkg:gem/rails", "RubyGems|rails||"),
        ("pkg:deb/debian/adduser@3.134", ""),
        ("pkg:oci/app@sha256%3Aaa", ""),
        ("pkg:generic/openssl@1.1.1", ""),
        ("https://example.com", ""),
        ("pkg:npm/", ""),
    ],
)  # fmt: skip
def test_package_urls(purl: str, told: str) -> None:
    made = package(purl, Span(0, 1))
    assert (f"{made.ecosystem}|{made.name}|{made.version}|{made.source}" if made else "") == told


def test_tags(tmp_path: Path) -> None:
    text = (
        "SPDXVersion: SPDX-2.3\nDocumentName: app\n\nPackageName: app\nSPDXID: SPDXRef-app\nExternalRef: PACKAGE-MANAGER purl pkg:npm/app@1.0.0\n\n"
        "PackageName: a\nSPDXID: SPDXRef-a\nPackageVersion: 1.0\nExternalRef: PACKAGE_MANAGER purl pkg:npm/a@1.0.0\n\n"
        "PackageName: b\nSPDXID: SPDXRef-b\nExternalRef: SECURITY cpe23Type cpe:2.3:a:b\nExternalRef: PACKAGE-MANAGER purl pkg:pypi/b@2\n"
        "Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-app\nRelationship: SPDXRef-b DEV_DEPENDENCY_OF SPDXRef-app\nRelationship: SPDXRef-app DEPENDS_ON SPDXRef-a\n"
    )
    found = packages(read("app.spdx", tmp_path, text))
    assert [(p.ecosystem, p.name, p.direct, p.development) for p in found] == [
        ("npm", "a", True, False),
        ("PyPI", "b", True, True),
    ]
    assert (
        text[found[1].at.span.start : found[1].at.span.end] == "pkg:pypi/b@2" if found[1].at.span else False
    )


def test_the_third_version_of_spdx(tmp_path: Path) -> None:
    text = '{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [{"type": "software_Package", "software_packageUrl": "pkg:npm/a@1.0.0"}, {"type": "Person"}]}'
    assert [p.name for p in packages(read("a.spdx3.json", tmp_path, text))] == ["a"]


def test_nested_components_and_escaped_slashes(tmp_path: Path) -> None:
    text = '{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{"type": "application", "name": "jar", "components": [{"purl": "pkg:maven\\/a\\/b@1.0", "scope": "excluded"}]}]}'
    [one] = packages(read("bom.json", tmp_path, text))
    assert (one.name, one.development, one.at.span is not None and text[one.at.span.start]) == (
        "a:b",
        True,
        "p",
    )


def test_the_subject_of_an_xml_bill_is_no_component(tmp_path: Path) -> None:
    text = (
        '<?xml version="1.0"?>\n<bom xmlns="http://cyclonedx.org/schema/bom/1.4">\n<metadata><component><purl>pkg:npm/app@1.0.0</purl></component></metadata>\n'
        "<components><component><name>é</name><purl>pkg:npm/a@1.0.0</purl><components><component><purl> pkg:npm/b@2.0.0 </purl></component></components></component></components></bom>\n"
    )
    found = packages(read("bom.xml", tmp_path, text))
    assert sorted((p.name, text[p.at.span.start : p.at.span.end].strip()) for p in found if p.at.span) == [
        ("a", "pkg:npm/a@1.0.0"),
        ("b", "pkg:npm/b@2.0.0"),
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("bom.json", '{"bomFormat": "CycloneDX", "specVersion": "2.0"}'),
        ("a.spdx.json", '{"spdxVersion": "SPDX-1.2"}'),
        ("a.spdx", "SPDXVersion: SPDX-1.2\n"),
    ],
)
def test_an_unknown_version_is_named(path: str, text: str, tmp_path: Path) -> None:
    [problem] = read(path, tmp_path, text)
    assert isinstance(problem, Problem)
    assert "is not known" in problem.message


@pytest.mark.parametrize(
    ("path", "text", "offset"),
    [
        ("bom.json", '{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [}', 65),
        ("bom.json", '{"bomFormat": "CycloneDX", "components": 5}', 0),
        ("bom.xml", '<bom xmlns="http://cyclonedx.org/schema/bom/1.4"><components></bom>', 62),
        (
            "bom.xml",
            '<!DOCTYPE bom [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><bom xmlns="http://cyclonedx.org/schema/bom/1.4">&b;</bom>',
            15,
        ),
    ],
)
def test_a_malformed_bill_is_told_with_its_place(path: str, text: str, offset: int, tmp_path: Path) -> None:
    with pytest.raises(SyntaxProblem) as raised:
        read(path, tmp_path, text)
    assert abs(raised.value.offset - offset) <= 12


def test_without_advisories_only_frameworks_are_told(tmp_path: Path) -> None:
    text = '{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{"purl": "pkg:pypi/django@3.2.1"}, {"purl": "pkg:pypi/idna@3"}]}'
    assert [
        one.product for one in read("bom.json", tmp_path, text, wanted=False) if isinstance(one, Component)
    ] == ["django"]
    assert read("bom.json", tmp_path, text.replace("django", "flask"), wanted=False) == []


@pytest.mark.skipif(not PROOF, reason="it measures memory: make proof")
def test_ten_megabytes_take_less_than_two_hundred_of_memory_and_ten_seconds(tmp_path: Path) -> None:
    rows = [
        {
            "bom-ref": f"r{n}",
            "name": f"package-{n}",
            "hashes": [{"alg": "SHA-512", "content": "8" * 128}],
            "purl": f"pkg:npm/%40scope/package-{n}@1.{n}.0",
        }
        for n in range(30_000)
    ]
    text = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": rows}, indent=2)
    assert len(text) > 10_000_000
    (tmp_path / "bom.json").write_text(text)
    del rows, text
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    assert len(packages(read("bom.json", tmp_path))) == 30_000
    assert time.process_time() - start < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024

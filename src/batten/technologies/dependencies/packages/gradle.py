"""Gradle: lock files, version catalogs, and what build scripts say literally; a script is never run.

Sources: https://docs.gradle.org/current/userguide/dependency_locking.html, .../version_catalogs.html#sec:version-catalog-declaration,
.../declaring_dependencies.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.formats import Mapping, Workspace
from batten.formats.tree import Scalar
from batten.model import Span
from batten.technologies.dependencies._packages.found import Found
from batten.technologies.dependencies.packages.trees import below, inside, place, root, toml, written

_LOCKED = re.compile(r"^(?P<name>[^\s:#=]+:[^\s:=]+):(?P<version>[^\s:=]+)=(?P<for>[^\n]*)", re.MULTILINE)
_VERSION = re.compile(r"[0-9A-Za-z][\w.-]*")
_COMMENT = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_SHORT = re.compile(
    r"\b(?P<for>\w*(?:[iI]mplementation|[aA]pi|[cC]ompile(?:Only)?|[rR]untime(?:Only)?|[pP]rocessor|kapt|ksp|[pP]latform|classpath))"
    r"[ \t]*\(?[ \t]*(?:(?:enforcedPlatform|platform)[ \t]*\([ \t]*)?"
    r"(?P<quote>[\"'])(?P<group>[\w.-]+):(?P<name>[\w.-]+):(?P<version>[^\"'\n:@]+)[^\"'\n]*(?P=quote)"
)
_LONG = re.compile(
    r"\b(?P<for>\w+)[ \t]*\(?[ \t]*group[ \t]*[:=][ \t]*[\"'](?P<group>[\w.-]+)[\"'][ \t]*,[ \t]*name[ \t]*[:=][ \t]*[\"'](?P<name>[\w.-]+)[\"']"
    r"[ \t]*,[ \t]*version[ \t]*[:=][ \t]*[\"'](?P<version>[^\"'\n]+)[\"']"
)
_PLUGIN = re.compile(
    r"\bid[ \t]*\(?[ \t]*[\"'](?P<name>[\w.-]+)[\"'][ \t]*\)?[ \t]+version[ \t]*\(?[ \t]*[\"'](?P<version>[^\"'\n]+)[\"']"
)
_SET = re.compile(
    r"^[ \t]*(?:(?:ext|def|val|var|const val|private val)[ \t.]+)?(?P<name>\w+)[ \t]*=[ \t]*[\"'](?P<value>[^\"'\n$]+)[\"']",
    re.MULTILINE,
)
_PROPERTY = re.compile(r"^[ \t]*(?P<name>[\w.]+)[ \t]*[=:][ \t]*(?P<value>[^\r\n]*?)[ \t]*\r?$", re.MULTILINE)
_VARIABLE = re.compile(r"\$\{?(?:rootProject\.|project\.)?(?:ext\.|property\(\"?)?(?P<name>\w+)\"?\)?\}?")
_JAVA = re.compile(
    r"JavaLanguageVersion\.of\([ \t]*(?P<version>\d+)|\b(?:source|target)Compatibility[ \t]*=[ \t]*(?:JavaVersion\.VERSION_|[\"']?)(?:1[._])?(?P<older>\d+)"
)


def locked(path: str, workspace: Workspace) -> Iterator[Found]:
    """The modules of a lock file; those of test configurations alone are for tests."""
    tools = path.rpartition("/")[2].startswith("buildscript-")
    for found in _LOCKED.finditer(workspace.text(path).text):
        kinds = [kind for kind in found["for"].strip().split(",") if kind]
        tests = bool(kinds) and all("test" in kind.lower() for kind in kinds)
        yield Found(
            name=found["name"],
            version=found["version"],
            span=Span(*found.span("version")),
            development=tools or tests,
        )


def catalog(path: str, workspace: Workspace) -> Iterator[Found]:
    """The libraries of a version catalog."""
    tree = root(path, workspace, toml)
    versions = below(tree["versions"])
    for entry in below(tree["libraries"]):
        match entry.value:
            case Scalar() as one:
                name, _, version = one.text.rpartition(":")
                span = inside(one)
                yield _listed(name, version, Span(span.end - len(version), span.end))
            case Mapping() as row:
                name = written(row, "module") or f"{written(row, 'group')}:{written(row, 'name')}"
                # The version of a row, which may name one of the catalog's, and its place.
                named = below(row["version"]).text("ref")
                holder, key = (versions, named) if named is not None else (row, "version")
                value = holder[key]
                if isinstance(value, Mapping):
                    holder, key = (
                        value,
                        next((k for k in ("strictly", "require", "prefer") if k in value), ""),
                    )
                yield _listed(name, *(written(holder, key), place(holder, key, row.span)))
            case _:
                continue


def _listed(name: str, version: str, span: Span) -> Found:
    known = _VERSION.fullmatch(version) is not None
    return Found(name=name, version=version if known else "", span=span, direct=True)


def script(path: str, workspace: Workspace) -> Iterator[Found]:
    """The modules that a build script names literally, with the variables of the script and of gradle.properties."""
    code = uncommented(workspace.text(path).text)
    values = variables(path, code, workspace)
    for pattern in (_SHORT, _LONG):
        for found in pattern.finditer(code):
            version = filled(found["version"], values)
            yield Found(
                name=f"{found['group']}:{found['name']}",
                version=version if _VERSION.fullmatch(version) else "",
                span=Span(*found.span("version")),
                direct=True,
                development="test" in found["for"].lower(),
            )


def uncommented(text: str) -> str:
    """The script with its comments blanked, so that offsets stay."""
    return _COMMENT.sub(lambda m: m[0] if m[0][0] in "\"'" else re.sub(r"[^\n]", " ", m[0]), text)


def variables(path: str, code: str, workspace: Workspace) -> dict[str, str]:
    """Values that the script, or gradle.properties beside it or at the root, set literally, each once."""
    found: dict[str, str] = {}
    for name in dict.fromkeys(("gradle.properties", workspace.resolve(path, "gradle.properties") or "")):
        if name and workspace.exists(name):
            found |= {m["name"]: m["value"] for m in _PROPERTY.finditer(workspace.text(name).text)}
    for one in _SET.finditer(code):
        found[one["name"]] = one["value"] if found.get(one["name"], one["value"]) == one["value"] else ""
    return found


def filled(text: str, values: dict[str, str]) -> str:
    """A text with its variables; one that is not known stays, and is no version."""
    return _VARIABLE.sub(lambda m: values.get(m["name"]) or m[0], text)


def plugins(code: str, values: dict[str, str]) -> Iterator[tuple[str, str, Span]]:
    """(name, version, place) of the plugins of a script."""
    for found in _PLUGIN.finditer(code):
        yield found["name"], filled(found["version"], values), Span(*found.span("version"))


def java(code: str) -> tuple[str, Span] | None:
    """The version of Java that a script compiles for, and its place."""
    found = _JAVA.search(code)
    if found is None:
        return None
    key = "version" if found["version"] else "older"
    return found[key], Span(*found.span(key))

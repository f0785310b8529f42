"""The archive that a build of Java makes, where its files say its name literally.

https://maven.apache.org/ref/current/maven-model/maven.html (finalName), https://docs.gradle.org/current/dsl/org.gradle.api.tasks.bundling.Jar.html
(archiveFileName).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.engine.building.start import Start
from batten.formats import Unreadable, Workspace

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_NESTED = re.compile(
    r"<(parent|dependencies|dependencyManagement|plugins|pluginManagement|profiles|properties|modules|repositories|distributionManagement)>.*?</\1>",
    re.DOTALL,
)
_ALONE = re.compile(r"spring-boot-maven-plugin|maven-shade-plugin|maven-assembly-plugin|quarkus-maven-plugin")
_NAME = r"(?P<value>[\w.-]{1,100})"
_GRADLE_NAME = re.compile(rf"^\s*rootProject\.name\s*=\s*[\"']{_NAME}[\"']", re.MULTILINE)
_GRADLE_VERSION = re.compile(rf"^\s*version\s*=?\s*[\"']?{_NAME}[\"']?\s*$", re.MULTILINE)
_BOOT = re.compile(r"org\.springframework\.boot")


def archive_of(workspace: Workspace, lock_file: str) -> Iterator[Start]:
    if lock_file == "pom.xml":
        # "" where the archive would not start by itself, or a part of its name is a property or a parent's.
        whole = _COMMENT.sub("", _text(workspace, "pom.xml"))
        own = _NESTED.sub("", whole)
        if not _ALONE.search(whole):
            path = ""
        else:
            maven_name = _element(own, "finalName")
            if not maven_name and _element(own, "artifactId") and _element(own, "version"):
                maven_name = f"{_element(own, 'artifactId')}-{_element(own, 'version')}"
            path = f"target/{maven_name}.jar" if maven_name else ""
    else:
        built = _text(workspace, lock_file)
        settings = _text(workspace, "settings.gradle") + _text(workspace, "settings.gradle.kts")
        name = _GRADLE_NAME.search(settings)
        version = _GRADLE_VERSION.search(built) or _GRADLE_VERSION.search(
            _text(workspace, "gradle.properties")
        )
        if name is None or version is None or not _BOOT.search(built):
            path = ""
        else:
            path = f"build/libs/{name['value']}-{version['value']}.jar"
    if path:
        yield Start(source=lock_file, line=f"java -jar {path}")


def _element(text: str, name: str) -> str:
    found = re.search(rf"<{name}>\s*{_NAME}\s*</{name}>", text)  # ours: the names above
    return found["value"] if found is not None else ""


def _text(workspace: Workspace, path: str) -> str:
    try:
        return workspace.text(path).text if workspace.exists(path) else ""
    except Unreadable:
        return ""

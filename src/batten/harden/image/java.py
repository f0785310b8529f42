"""Java: one archive that `java -jar` starts.

https://maven.apache.org/ref/current/maven-embedder/cli.html (--strict-checksums), https://maven.apache.org/guides/mini/guide-reproducible-builds.html,
https://docs.gradle.org/current/userguide/dependency_locking.html, https://docs.gradle.org/current/userguide/dependency_verification.html.
"""

from __future__ import annotations

import re

from batten.harden.image.health import asks, in_java
from batten.harden.image.instructions import heredoc, run
from batten.harden.image.recipe import EPOCH, PLACE, Recipe
from batten.harden.image.starting import words
from batten.harden.intent import Intent
from batten.harden.options import HardenProblem

_ARCHIVE = re.compile(r"(?:[\w-][\w.+-]*/)*[\w-][\w.+-]*\.jar", re.ASCII)
_DATED = f"-Dproject.build.outputTimestamp={EPOCH}"
_BUILD = {
    "maven": (
        "mvn",
        "--batch-mode",
        "--no-transfer-progress",
        "--strict-checksums",
        "-DskipTests",
        _DATED,
        "package",
    ),
    "gradle": ("gradle", "--no-daemon", "--console=plain", "assemble"),
}
_SECRETS = {"maven": "/root/.m2/settings.xml", "gradle": "/root/.gradle/gradle.properties"}
_NOTES = {
    "maven": "Maven has no lock file: versions are those of pom.xml, and checksums are the repository's own; name no ranges and no snapshots",
    "gradle": "Gradle uses gradle.lockfile and gradle/verification-metadata.xml where they are there; keep both in the repository",
}


def recipe(intent: Intent) -> Recipe:
    """Raises HardenProblem."""
    program = intent.program
    start = words(program.start, intent.stack.application.port)
    archive = start[start.index("-jar") + 1] if "-jar" in start[:-1] else ""
    if start[0] != "java" or not _ARCHIVE.fullmatch(archive):
        raise HardenProblem(
            'the start command names no archive that the build makes; pass --start "java -jar target/NAME.jar"'
        )
    secret = _SECRETS[program.installer] if program.private else ""
    return Recipe(
        installing=(
            heredoc(in_java(asks(intent)), "/health/Health.java"),
            run("javac", "-d", "/health", "/health/Health.java"),
        ),
        building=(run(*_BUILD[program.installer], mount=secret),),
        carried=(f"{PLACE}/{archive}", "/health/Health.class"),
        start=start,
        healthy=("java", "-cp", "/health", "Health"),
        secret=secret,
        notes=(
            _NOTES[program.installer],
            f"the image `build` must have a JDK and {program.installer}, not newer than the Java of `base`",
        ),
    )

"""The Dockerfile, and the list of files that stay out of it.

https://docs.docker.com/build/building/best-practices/. Both stages are named by digest; the last one has no step that runs, so its base needs no
shell, and everything in it belongs to root and is written by nobody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import cast

from batten.harden.image.instructions import SECRET, array, copy, run
from batten.harden.image.recipe import EPOCH, PLACE, Recipe
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.options import HardenProblem
from batten.harden.program import LOCK_FILES
from batten.harden.regions import region
from batten.harden.stack import BASE, BUILD

# The list of what never gets into the build: `.dockerignore`.
#
# https://docs.docker.com/build/concepts/context/#dockerignore-files: the last pattern that fits decides. The names of files with credentials are those that
# batten's own readers know.
_PATTERN = re.compile(r"[\w@+.-]+(?:/[\w@+.-]+)*(?:/\*\.sql)?|\*\.sql")
# What the steps of the build name beside the lock file.
_NEEDED = {
    "python": ("pyproject.toml", "README.md"),
    "node": ("package.json", ".npmrc"),
    "go": ("go.mod",),
    "java": ("gradle", "gradle.lockfile", "settings.gradle", "settings.gradle.kts"),
}
_DEVELOPMENT = (
    ".github", ".gitlab*", ".circleci", ".vscode", ".idea", ".devcontainer", ".DS_Store", ".batten", "batten.yaml", "batten-harden.lock",
    "Dockerfile*", "Containerfile*", "*.dockerignore", "compose*.y*ml", "docker-compose*.y*ml", "*.log", "*.pid", ".coverage*", "htmlcov", "secrets/**/*password*",
)  # fmt: skip
_MADE = {
    "python": ("__pycache__", "*.py[co]", ".venv", "venv", ".tox", ".nox", ".*_cache", "*.egg-info"),
    "node": ("node_modules", ".npm", ".pnpm-store", ".nyc_output"),
    "go": ("*.test", "*.prof"),
    "java": ("target", ".gradle", "*.class"),
}


FILE = "Dockerfile"
_USUAL = {
    "python": {BASE: "python:VERSION-slim", BUILD: "python:VERSION-slim"},
    "node": {BASE: "node:VERSION-slim", BUILD: "node:VERSION-slim"},
    "go": {BASE: "gcr.io/distroless/static-debian13", BUILD: "golang:VERSION"},
    "java": {BASE: "eclipse-temurin:VERSION-jre", BUILD: "maven:VERSION-eclipse-temurin-VERSION"},
}
_OCI = "org.opencontainers.image"  # https://github.com/opencontainers/image-spec/blob/main/annotations.md


def render(intent: Intent) -> Made:
    """Raises HardenProblem."""
    program = intent.program
    if program.language not in LOCK_FILES:
        known = ", ".join(LOCK_FILES)
        raise HardenProblem(f"the language is not known; pass --language with one of {known}, or --from DIR")
    if not program.installer:
        known = ", ".join(LOCK_FILES[program.language])
        raise HardenProblem(
            f"'{program.lock_file}' is not a lock file of {program.language}; choose from {known}"
        )
    module = import_module(f"batten.harden.image.{intent.program.language}")
    made = cast(Callable[[Intent], Recipe], module.recipe)(intent)
    named = stage_images(intent)
    remarks = (
        "# Written by `batten harden image`: change what it was made from, and generate it again.",
        *_how(intent, made),
    )
    text = "\n".join((*remarks, *_build(named[BUILD], made), "", *_last(intent, named[BASE], made)))
    ignored = "\n".join((remarks[0], *_lines(intent)))
    list_of_ignored = f"{FILE}.dockerignore" if intent.program.apart else ".dockerignore"
    return Made(
        {FILE: f"{text}\n", list_of_ignored: f"{ignored}\n"}, notes=tuple(_notes(intent, made)), images=named
    )


def stage_images(intent: Intent) -> dict[str, str]:
    """The images of both stages. That of the last one builds, too, unless it is a language that is compiled or an image
    without tools. Raises HardenProblem."""
    base = intent.images.get(BASE, "")
    build = intent.images.get(BUILD, "")
    alone = intent.program.language in ("python", "node") and "distroless" not in base
    found = {BASE: base, BUILD: build or (base if alone else "")}
    for part, image in found.items():
        if "@sha256:" not in image:
            raise HardenProblem(
                f"no image with a digest is given for '{part}'; pass --image {part}=REPOSITORY:TAG@sha256:DIGEST, for example of "
                f"{_USUAL[intent.program.language][part]} (`docker buildx imagetools inspect REPOSITORY:TAG` prints the digest)"
            )
    return found


def _how(intent: Intent, made: Recipe) -> Iterator[str]:
    secret = f" --secret id={SECRET},src=FILE" if made.secret else ""
    yield f"# docker build{secret} --file {FILE} --tag {intent.stack.name} FOLDER"


def _build(image: str, made: Recipe) -> Iterator[str]:
    yield f"FROM {image} AS build"
    yield f"ARG SOURCE_DATE_EPOCH={EPOCH}"
    yield f"WORKDIR {PLACE}"
    if made.building_with:
        yield _variables(made.building_with)
    yield from region("build", "What the build needs beside this.")
    yield from made.installing
    yield copy(".")
    yield from made.building
    yield run("chmod", "-R", "a=rX", *made.carried)


def _last(intent: Intent, image: str, made: Recipe) -> Iterator[str]:
    application = intent.stack.application
    name, _, digest = image.partition("@")
    yield f"FROM {image}"
    yield f'LABEL {_OCI}.title="{intent.stack.name}" {_OCI}.base.name="{name}" {_OCI}.base.digest="{digest}"'
    yield _variables({**made.environment, "HOME": "/tmp", "PORT": str(application.port)})
    yield f"WORKDIR {PLACE}"
    yield from (copy(path, to=path, stage="build") for path in made.carried)
    yield from region("image", "What the image needs beside this.")
    yield f"USER {application.user}:{application.user}"
    yield f"EXPOSE {application.port}"
    yield "STOPSIGNAL SIGTERM"
    yield f"HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD {array(made.healthy)}"
    yield "ENTRYPOINT []"
    yield f"CMD {array(made.start)}"


def _variables(values: Mapping[str, str]) -> str:
    """Of ours: none has a blank or a quote."""
    return "ENV " + " \\\n    ".join(f"{name}={value}" for name, value in values.items())


def _notes(intent: Intent, made: Recipe) -> Iterator[str]:
    user = intent.stack.application.user
    yield f"run it with --read-only --tmpfs /tmp:mode=1777 --cap-drop ALL --security-opt no-new-privileges; it runs as user {user}"
    if made.secret:
        yield f"the build reads the registry's credentials from FILE, as {made.secret}: docker build --secret id={SECRET},src=FILE"
    if intent.program.apart:
        yield (
            f"BuildKit (Docker 23 and newer) reads {FILE}.dockerignore beside the Dockerfile; for other builders put it into the folder "
            "as .dockerignore"
        )
    if not intent.stack.application.health:
        yield "the health check only connects; --health PATH asks the API"
    yield from made.notes


def _lines(intent: Intent) -> Iterator[str]:
    """Raises HardenProblem for a pattern that would be another."""
    program = intent.program
    if program.include:
        yield "# Only what is named gets in."
        yield "*"
        named = (*program.include, program.file, *_NEEDED[program.language])
        yield from dict.fromkeys(f"!{_pattern(path)}" for path in named)
    yield "# What people and their tools keep in the folder, and what the build makes itself."
    yield from (f"**/{name}" for name in (*_DEVELOPMENT, *_MADE[program.language]))
    yield "# Credentials, keys, and copies of data."
    yield from dict.fromkeys(f"**/{name}" for name in intent.withheld)
    if program.let_in:
        yield "# Of these: what held none when this was written."
    yield from (f"!{_pattern(pattern)}" for pattern in program.let_in)
    yield from region("context", "Your own patterns, which win over those above.")


def _pattern(text: str) -> str:
    if not _PATTERN.fullmatch(text) or ".." in text.split("/"):
        raise HardenProblem(
            f"{text[:200]!r} is not a path for .dockerignore; use letters, digits, '.', '_', '-', '+' and '@'"
        )
    return text

"""Compose files that only bring up what an application needs while it is developed."""

from __future__ import annotations

import posixpath
import re

from batten.formats import Workspace
from batten.model import Context
from batten.technologies.orchestration.compose.parts import Part
from batten.technologies.orchestration.compose.project import Project
from batten.technologies.shared.containers.images import parse

# By the last part of an image's name: stores, brokers, and stand-ins for mail and clouds.
_NEEDED = re.compile(
    r"postgres(?:ql)?|postgis|pgvector|timescaledb|mysql|mariadb|mongo(?:db)?|redis|redis-stack|valkey|memcached|rabbitmq"
    r"|kafka|cp-kafka|zookeeper|cp-zookeeper|elasticsearch|opensearch|minio|nats|localstack|mailhog|mailpit|maildev|mailcatcher"
)
_CLUSTER = frozenset(("k8s", "kubernetes", "manifests", "kustomize", "overlays", "helm", "chart", "charts"))


# A server that catches all mail of an application during development.
_MAILBOX = re.compile(r"mailhog|mailpit|maildev|mailcatcher|inbucket|smtp4dev")
# https://laravel.com/docs/12.x/sail: an environment for developers, which Composer installs with `require-dev`.
_SAIL = re.compile(r"(?:.*/)?vendor/laravel/sail/runtimes/.*", re.DOTALL)


def context(project: Project, workspace: Workspace) -> Context | None:
    """Development for a project that runs the source as developers edit it, and for one of nothing but stores beside
    the manifests or the chart by which the application is deployed to Kubernetes; None for others."""
    services = list(project.services.values())
    if _beside_tests(project, services, workspace):
        return Context.TEST
    if _edited(services) or _says_so(project, workspace):
        return Context.DEVELOPMENT
    if not services or not all(s["image"] is not None and s["build"] is None for s in services):
        return None
    folder = posixpath.dirname(project.files[0]) if project.files else ""
    if _runs_beside(services, folder, workspace):
        return Context.DEVELOPMENT
    if not all(_NEEDED.fullmatch(name) for name in _images(services)):
        return None
    entries = workspace.entries(folder)
    deployed = any(posixpath.basename(e) in _CLUSTER and workspace.is_directory(e) for e in entries)
    return Context.DEVELOPMENT if deployed else None


_MANIFESTS = (
    "pyproject.toml",
    "setup.py",
    "package.json",
    "go.mod",
    "Cargo.toml",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
)


def _beside_tests(project: Project, services: list[Part], workspace: Workspace) -> bool:
    """Whether a library, a package without an image of its own, has its tests beside the file: what they talk to starts with
    the file, on ports of the host, and is not started again when it ends."""
    file = project.files[0] if project.files else ""
    folder = posixpath.dirname(file)
    own = [s for s in services if s.source == file]
    kept = [
        part for s in own for part in (s["restart"], s["deploy"]) if part is not None and part.source == file
    ]
    beside = [f for f in project.files[1:] if posixpath.dirname(f) == folder]
    if not folder or not own or kept or beside:
        return False
    entries = {posixpath.basename(entry) for entry in workspace.entries(folder)}
    package = any(name in entries for name in _MANIFESTS)
    return package and "Dockerfile" not in entries and any(_TESTS.fullmatch(name) for name in entries)


_TESTS = re.compile(r"tests?|\w+[-_]tests?|integration[-_]?tests?|spec", re.IGNORECASE)

_LOCAL = re.compile(
    r"\b(?:for|in|during|local(?:ly)?)\s+(?:local\s+|the\s+)?(?:development|developers|dev)\b|\b(?:local\s+)?(?:development|dev)\s+(?:only|environment|stack|setup|services|use)\b"
    r"|\bnot\s+(?:for|meant\s+for|intended\s+for)\s+production\b|\bdo\s+not\s+use\s+(?:this\s+)?in\s+production\b",
    re.IGNORECASE,
)
_PRODUCTION = re.compile(r"(?<!not for )(?<!not in )\bproduction\b", re.IGNORECASE)


def _says_so(project: Project, workspace: Workspace) -> bool:
    """Whether the comment at the head of its only file says that it is for development, and nothing of production."""
    if len(project.files) != 1:
        return False
    head: list[str] = []
    for line in workspace.text(project.files[0]).text[:4_000].split("\n"):
        if line.strip() and not line.lstrip().startswith("#") and not _OPENING.fullmatch(line.strip()):
            break
        head.append(line)
    text = "\n".join(head)
    return _LOCAL.search(text) is not None and _PRODUCTION.search(re.sub(_NEGATED, "", text)) is None


_OPENING = re.compile(r"---|(?:version|name)[ \t]*:[^#]*")  # lines that a head's comment may follow
_NEGATED = re.compile(r"\b(?:not|never)\b[^.\n]{0,40}\bproduction\b", re.IGNORECASE)


def _runs_beside(services: list[Part], folder: str, workspace: Workspace) -> bool:
    """Whether the application of the folder is built by a Dockerfile that no service uses, and is run on the host by who develops
    it: a service is told that the host has its name, or the example of its variables finds its stores there."""
    if not any(_NEEDED.fullmatch(name) for name in _images(services)):
        return False
    if not workspace.exists(posixpath.join(folder, "Dockerfile")):
        return False
    if any(_calls_host(service) for service in services):
        return True
    examples = (posixpath.join(folder, name) for name in _EXAMPLES)
    return any(
        workspace.exists(path) and len(_AT_HOME.findall(workspace.text(path).text)) > 1 for path in examples
    )


_EXAMPLES = (".env.example", ".env.sample", ".env.dist", ".env.template", "example.env", ".env.development")
# Two variables at least, since one may name the application itself.
_AT_HOME = re.compile(
    r"^[ \t]*(?:export[ \t]+)?\w*(?:PG|POSTGRES|DB|DATABASE|MYSQL|MONGO|REDIS|CACHE|ELASTIC|SEARCH|KAFKA|BROKER|AMQP|RABBIT|MINIO|S3)\w*=[\"']?[^\s\"']*(?:localhost|127\.0\.0\.1)\b",
    re.MULTILINE,
)


def _calls_host(service: Part) -> bool:
    """Whether the host is called by the name of a program that runs on it; `host.docker.internal` is Docker's own name."""
    hosts = service["extra_hosts"]
    if hosts is None:
        return False
    written = [f"{name}:{part.text}".strip(":") for name, part in hosts.entries()]
    written += [item.text for item in hosts.each()]
    return any(
        text.endswith("host-gateway")
        and not text.startswith(("host.docker.internal", "host.containers.internal"))
        for text in written
    )


def _edited(services: list[Part]) -> bool:
    """Whether one file starts Laravel's Sail, or a service that has the folder of its own build, or the whole checkout, mounted
    over what was built, beside a mailbox that catches all mail."""
    if len({service.source for service in services}) != 1:
        return False  # a part that other files of production share
    if any(_SAIL.fullmatch(_built(service)) for service in services):
        return True
    mounted = any(
        _built(service) and any(_mounts(service, folder) for folder in (_built(service), "."))
        for service in services
    )
    return mounted and any(_MAILBOX.fullmatch(name) for name in _images(services))


def _images(services: list[Part]) -> list[str]:
    """The last parts of the images' names."""
    images = [image.text for s in services if (image := s["image"]) is not None]
    return [parse(image).name.rpartition("/")[2].lower() for image in images]


def _built(service: Part) -> str:
    """The folder that an image is built of."""
    build = service["build"]
    folder = build["context"] if build is not None and build.table is not None else build
    return posixpath.normpath(folder.text) if folder is not None and folder.text else ""


def _mounts(service: Part, folder: str) -> bool:
    volumes = service["volumes"]
    for volume in volumes.each() if volumes is not None else ():
        source = volume["source"] if volume.table is not None else volume
        path = source.text.partition(":")[0] if source is not None else ""
        if path and posixpath.normpath(path) == folder:
            return True
    return False

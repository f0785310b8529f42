"""Compose files that only bring up what an application needs while it is developed."""

from __future__ import annotations

import posixpath
import re

from batten.formats import Workspace
from batten.model import Context
from batten.technologies._containers.images import parse
from batten.technologies.compose.parts import Part
from batten.technologies.compose.project import Project

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
    if _edited(services):
        return Context.DEVELOPMENT
    if not services or not all(s["image"] is not None and s["build"] is None for s in services):
        return None
    if not all(_NEEDED.fullmatch(name) for name in _images(services)):
        return None
    entries = workspace.entries(posixpath.dirname(project.files[0]) if project.files else "")
    deployed = any(posixpath.basename(e) in _CLUSTER and workspace.is_directory(e) for e in entries)
    return Context.DEVELOPMENT if deployed else None


def _edited(services: list[Part]) -> bool:
    """Whether one file starts Laravel's Sail, or a service that has the folder of its own build mounted over what was
    built, beside a mailbox that catches all mail."""
    if len({service.source for service in services}) != 1:
        return False  # a part that other files of production share
    if any(_SAIL.fullmatch(_built(service)) for service in services):
        return True
    mounted = any(_built(service) and _mounts(service, _built(service)) for service in services)
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

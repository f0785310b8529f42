"""Compose files that only bring up what an application needs while it is developed."""

from __future__ import annotations

import posixpath
import re

from batten.formats import Workspace
from batten.model import Context
from batten.technologies._containers.images import parse
from batten.technologies.compose.project import Project

# By the last part of an image's name: stores, brokers, and stand-ins for mail and clouds.
_NEEDED = re.compile(
    r"postgres(?:ql)?|postgis|pgvector|timescaledb|mysql|mariadb|mongo(?:db)?|redis|redis-stack|valkey|memcached|rabbitmq"
    r"|kafka|cp-kafka|zookeeper|cp-zookeeper|elasticsearch|opensearch|minio|nats|localstack|mailhog|mailpit|maildev|mailcatcher"
)
_CLUSTER = frozenset(("k8s", "kubernetes", "manifests", "kustomize", "overlays", "helm", "chart", "charts"))


def context(project: Project, workspace: Workspace) -> Context | None:
    """Development for a project of nothing but stores beside the manifests or the chart by which the application is
    deployed to Kubernetes; None for others."""
    services = project.services.values()
    if not services or not all(s["image"] is not None and s["build"] is None for s in services):
        return None
    images = [image.text for s in services if (image := s["image"]) is not None]
    if not all(_NEEDED.fullmatch(parse(image).name.rpartition("/")[2].lower()) for image in images):
        return None
    entries = workspace.entries(posixpath.dirname(project.files[0]) if project.files else "")
    deployed = any(posixpath.basename(e) in _CLUSTER and workspace.is_directory(e) for e in entries)
    return Context.DEVELOPMENT if deployed else None

"""Which images a deployment names, against those of its lock file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.engine.hardening.drifts import Cause, Drift
from batten.engine.hardening.judging import judged
from batten.engine.hardening.lock import Lock
from batten.facts import Image
from batten.formats import Workspace
from batten.model import Setting
from batten.policy import Policy

# What Compose reads beside its file by itself: https://docs.docker.com/compose/how-tos/multiple-compose-files/merge/
BESIDE = ("compose.override.yaml", "compose.override.yml")

_SERVICE = re.compile(r"services\[([^\]]*)\]/")


def differing(workspace: Workspace, lock: Lock, policy: Policy) -> Iterator[Drift]:
    """Images that the lock file does not know, and parts of the lock file whose image no file names. Nothing, where the
    reader of the deployment knows no images."""
    if not lock.images:
        return
    paths = [path for path in (*lock.files, *BESIDE) if workspace.files.exists(path)]
    found = [fact for fact in judged(workspace.root, policy, paths).facts if isinstance(fact, Image)]
    mine = (image for image in found if not _is_added(image, lock))
    named = {(_text(image.reference), image.digest, image.at.source) for image in mine}
    if not named:
        return
    locked = {image.rpartition("@")[2]: part for part, image in lock.images.items()}
    for text, digest, path in sorted(named):
        if digest not in locked:
            yield Drift(Cause.IMAGE, path, f"names {text}, which is not in the lock file")
    there = {digest for _, digest, _ in named}
    for digest, part in sorted(locked.items()):
        if digest not in there:
            yield Drift(
                Cause.IMAGE, part, f"has {digest} in the lock file, and no file of the deployment names it"
            )


def _is_added(image: Image, lock: Lock) -> bool:
    """Whether it is of a service that people added to a Compose project: the parts of ours are services of their names."""
    service = _SERVICE.match(image.at.pointer)
    return service is not None and service[1] not in lock.images


def _text(reference: Setting[str]) -> str:
    return reference.known("") or "an image"

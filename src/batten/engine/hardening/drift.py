"""What is no longer as it was when a deployment was written: its files, the contract, the policy, batten, the secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from batten import __version__
from batten.engine.hardening.drifts import Cause, Drift
from batten.engine.hardening.inputs import Inputs, contract_digests, policy_digests
from batten.engine.hardening.judging import judged
from batten.engine.hardening.lock import Lock, digest
from batten.engine.hardening.output import existing, is_open
from batten.facts import Image
from batten.files import Refused
from batten.files.named import checkout_of
from batten.formats import Workspace
from batten.harden import HardenProblem, regions
from batten.harden.made import Made
from batten.policy import Policy

# What Compose reads beside its file by itself: https://docs.docker.com/compose/how-tos/multiple-compose-files/merge/
BESIDE = ("compose.override.yaml", "compose.override.yml")

_SERVICE = re.compile(r"services\[([^\]]*)\]/")


def drifts(workspace: Workspace, lock: Lock, inputs: Inputs, fresh: Made) -> list[Drift]:
    """`fresh` is what is rendered now from the lock's own words. Raises Unreadable for a contract that is gone."""
    of_inputs = [
        *_inputs(Cause.CONTRACT, lock.contract, contract_digests(inputs)),
        *_inputs(Cause.POLICY, lock.policy, policy_digests(inputs)),
    ]
    return [
        *_deployment(workspace, lock),
        *of_inputs,
        *_rendering(workspace, lock, fresh, bool(of_inputs)),
        *_differing(workspace, lock, inputs.policy),
        *_secrets(workspace, lock, fresh),
    ]


def _inputs(cause: Cause, then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Drift]:
    for path in sorted({*then, *now}):
        if path not in now:
            yield Drift(cause, path, "is not used any more")
        elif path not in then:
            yield Drift(cause, path, "was added")
        elif then[path] != now[path]:
            yield Drift(cause, path, "was changed")


def _deployment(workspace: Workspace, lock: Lock) -> Iterator[Drift]:
    for path, wrote in sorted(lock.files.items()):
        try:
            text = existing(workspace, path)
            if text is None:
                yield Drift(Cause.DEPLOYMENT, path, "is missing")
            elif digest(regions.emptied(path, text)) != wrote:
                yield Drift(Cause.DEPLOYMENT, path, "was edited outside of its regions")
        except HardenProblem as error:
            yield Drift(Cause.DEPLOYMENT, path, f"cannot be compared: {error}")


def _rendering(workspace: Workspace, lock: Lock, fresh: Made, explained: bool) -> Iterator[Drift]:
    """What would be rendered otherwise. Where an input has changed that says why; else it is batten, or the lock itself."""
    now = {path: digest(regions.emptied(path, text)) for path, text in fresh.files.items()}
    same = lock.batten == __version__
    cause = Cause.DEPLOYMENT if explained else Cause.LOCK if same else Cause.BATTEN
    why = "although nothing else changed" if same else f"than batten {lock.batten} did"
    for path in sorted({*lock.files, *now}):
        if path not in now:
            yield Drift(cause, path, "is in the lock file and is not rendered any more; remove it")
        elif path not in lock.files:
            there = "is there" if workspace.files.exists(path) else "is missing"
            yield Drift(cause, path, f"would be rendered, is not in the lock file, and {there}")
        elif lock.files[path] != now[path] and not explained:
            yield Drift(cause, path, f"is rendered otherwise by batten {__version__} {why}")
    if dict(fresh.images or {}) != lock.images:
        yield Drift(cause, "images", "are not those of the lock file")


def _secrets(workspace: Workspace, lock: Lock, fresh: Made) -> Iterator[Drift]:
    """A clone of a repository has none of them, as it should be; a folder with some of them lacks the others."""
    paths = sorted({*lock.secrets, *(secret.path for secret in fresh.secrets)})
    here = [path for path in paths if workspace.files.exists(path)]
    if not here and is_clone(workspace.root):
        return
    for path in paths:
        if path not in here:
            yield Drift(Cause.SECRET, path, "is missing")
            continue
        try:
            if is_open(workspace.files, path):
                yield Drift(Cause.SECRET, path, "is open to other users; set its mode to 0600")
        except (OSError, Refused) as error:
            yield Drift(Cause.SECRET, path, f"cannot be looked at: {error}")


def is_clone(folder: Path) -> bool:
    """Whether the folder is in a repository."""
    return os.path.lexists(checkout_of(folder) / ".git")


def _differing(workspace: Workspace, lock: Lock, policy: Policy) -> Iterator[Drift]:
    """Images that the lock file does not know, and parts of the lock file whose image no file names. Nothing, where the
    reader of the deployment knows no images."""
    if not lock.images:
        return
    paths = [path for path in (*lock.files, *BESIDE) if workspace.files.exists(path)]
    found = [fact for fact in judged(workspace.root, policy, paths).facts if isinstance(fact, Image)]
    mine = (image for image in found if not _is_added(image, lock))
    named = {(image.reference.known("") or "an image", image.digest, image.at.source) for image in mine}
    if not named:
        return
    locked = {image.rpartition("@")[2]: part for part, image in lock.images.items()}
    for text, key, path in sorted(named):
        if key not in locked:
            yield Drift(Cause.IMAGE, path, f"names {text}, which is not in the lock file")
    there = {key for _, key, _ in named}
    for key, part in sorted(locked.items()):
        if key not in there:
            yield Drift(
                Cause.IMAGE, part, f"has {key} in the lock file, and no file of the deployment names it"
            )


def _is_added(image: Image, lock: Lock) -> bool:
    """Whether it is of a service that people added to a Compose project: the parts of ours are services of their names."""
    service = _SERVICE.match(image.at.pointer)
    return service is not None and service[1] not in lock.images

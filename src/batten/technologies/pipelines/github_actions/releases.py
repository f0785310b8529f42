"""What a workflow of releases builds and publishes.

Sources: https://github.com/docker/build-push-action#inputs, https://github.com/helm/chart-releaser-action#inputs
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from batten.facts import Released
from batten.formats.document import Text
from batten.technologies.pipelines.github_actions.workflows import Flow, Step
from batten.technologies.shared.deployment.releases import folder_of, published

_NAMED = re.compile(r"release|publish|deploy", re.IGNORECASE)


def releases(found: Flow, source: Text) -> Iterator[Released]:
    """The folders of images and charts that it publishes; none of a workflow that tests, or publishes what developers use."""
    tags = found.root["on"]["push"]["tags"].exists
    named = _NAMED.search(posixpath.basename(source.path)) or _NAMED.search(found.root["name"].text)
    if found.confined or not (tags or named or "release" in found.triggers):
        return
    for job in found.jobs():
        for step in found.steps(job):
            for folder in _folders(step):
                path = posixpath.normpath(folder) if folder else "."
                if path != "." and not path.startswith(("/", "..")) and "$" not in path:
                    yield Released(step.field.at, path=path)


def _folders(step: Step) -> Iterator[str]:
    action, given = step.field["uses"].text.partition("@")[0], step.field["with"]
    if action == "docker/build-push-action" and given["push"].text not in ("", "false"):
        yield folder_of(given["context"].text, given["file"].text)
    elif action == "helm/chart-releaser-action":
        yield given["charts_dir"].text or "charts"
    yield from published(step.field["run"].text)

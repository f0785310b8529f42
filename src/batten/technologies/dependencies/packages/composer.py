"""composer.lock: https://getcomposer.org/doc/01-basic-usage.md#commit-your-composer-lock-file-to-version-control."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.formats import Workspace
from batten.model import Span
from batten.technologies.dependencies._packages.found import Found
from batten.technologies.dependencies.packages.trees import below, beside, json, place, root, rows, written

_VERSION = re.compile(r"v?(?P<number>[0-9]+(?:\.[0-9]+)*(?:[-+.]?[A-Za-z][\w.+-]*)?)")


def locked(path: str, workspace: Workspace) -> Iterator[Found]:
    tree = root(path, workspace, json)
    wanted = beside(path, "composer.json", workspace, json)
    direct = {str(e.key.value) for key in ("require", "require-dev") for e in below(wanted[key])}
    for section, development in (("packages", False), ("packages-dev", True)):
        for package in rows(tree[section]):
            name, version = written(package, "name"), _VERSION.fullmatch(written(package, "version"))
            span = place(package, "version", place(package, "name"))
            if version is not None and span.end - span.start == len(version[0]):
                span = Span(span.start + version.start("number"), span.end)
            yield Found(
                name=name.lower(),
                version=version["number"] if version else "",
                span=span,
                direct=name in direct,
                development=development,
            )

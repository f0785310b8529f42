"""What a pipeline takes from elsewhere: configuration by `include`, and images.

Sources: https://docs.gitlab.com/ci/yaml/#include, https://docs.gitlab.com/ci/components/#component-versions, https://docs.gitlab.com/ci/pipeline_security/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import BorrowedCode
from batten.facts.pipeline import CodeKind
from batten.formats.tree import Scalar
from batten.model import ABSENT, Location, Setting
from batten.technologies.shared.pipelines import borrowed_image
from batten.technologies.shared.text.fields import Field

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_NUMBERED = re.compile(r".*\d.*")  # a tag; branches are named by words
_BRANCH = re.compile(r"(?:refs/heads/.*|main|master|develop|trunk|stable|HEAD|~latest)", re.IGNORECASE)


def included(root: Field) -> Iterator[BorrowedCode]:
    """The configuration that others keep, by how it is named."""
    field = root["include"]
    rows = list(field.items()) if field.node is not None and not isinstance(field.node, Scalar) else []
    for row in rows or [field]:
        if row.text.startswith(("https://", "http://")):
            yield _remote(row, row)
        elif row["remote"].text:
            yield _remote(row["remote"], row)
        elif row["component"].text:
            yield from _component(row["component"])
        elif row["project"].text:
            project, ref = row["project"], row["ref"]
            at = Location(project.source, f"include[{project.text}]", (ref if ref.exists else project).span)
            yield BorrowedCode(
                at,
                kind=CodeKind.TEMPLATE,
                name=project.text,
                version=Setting(ref.text if ref.exists else ABSENT, at),
                fixed=_COMMIT.fullmatch(ref.text) is not None,
                verified="$" in ref.text
                or (_NUMBERED.fullmatch(ref.text) is not None and not _BRANCH.fullmatch(ref.text)),
            )


def _remote(address: Field, row: Field) -> BorrowedCode:
    checked = row["integrity"].exists if row is not address else False
    at = Location(address.source, f"include[{address.text}]", address.span)
    return BorrowedCode(
        at,
        kind=CodeKind.TEMPLATE,
        name=address.text,
        version=Setting(ABSENT, at),
        fixed=checked,
        verified="$" in address.text,
    )


def functions(job: Field) -> Iterator[BorrowedCode]:
    """What the steps of `run` take from other projects: `gitlab.com/group/project@v1`."""
    for row in job["run"].items():
        for field in (row["step"], row["func"]):
            if field.text and not field.text.startswith((".", "/")):
                yield from _component(field, "run", CodeKind.ACTION)


def _component(
    field: Field, holder: str = "include", kind: CodeKind = CodeKind.COMPONENT
) -> Iterator[BorrowedCode]:
    name, _, version = field.text.partition("@")
    at = Location(field.source, f"{holder}[{name}]", field.span)
    yield BorrowedCode(
        at,
        kind=kind,
        name=name,
        version=Setting(version or ABSENT, at),
        fixed=_COMMIT.fullmatch(version) is not None,
        verified="$" in version
        or (_NUMBERED.fullmatch(version) is not None and not _BRANCH.fullmatch(version)),
    )


def images(holder: Field) -> Iterator[BorrowedCode]:
    """The images of a job, or of those that name none, and of what runs beside it."""
    for row in (holder["image"], *holder["services"].items()):
        name = row["name"] if row["name"].text else row
        if name.text:
            yield from borrowed_image(name.source, name.pointer, name.text, name.span)

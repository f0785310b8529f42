"""Terraform and OpenTofu: what modules declare, with all that they call from disk, and what a plan says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from batten.facts import Fact, Secret
from batten.formats import Workspace
from batten.formats.hcl import Block
from batten.model import Fix, Kind, Location, Problem, Remedy, Safety
from batten.model.record import changed
from batten.technologies import Unit
from batten.technologies.cloud.terraform import changes, credentials, registry_fixes
from batten.technologies.cloud.terraform.buckets import buckets
from batten.technologies.cloud.terraform.calls import called_from, modules, problems, roots
from batten.technologies.cloud.terraform.loose import loose
from batten.technologies.cloud.terraform.module import Declared, Module, folder_of
from batten.technologies.cloud.terraform.plan import is_name
from batten.technologies.cloud.terraform.remedies import fix_of
from batten.technologies.cloud.terraform.resources import resources
from batten.technologies.cloud.terraform.secrets import secrets, stand_ins
from batten.technologies.cloud.terraform.units import grouped
from batten.technologies.cloud.terraform.unused import unused
from batten.technologies.shared.aws.facts import facts
from batten.technologies.shared.aws.families.recovery import DELETING
from batten.technologies.shared.aws.families.safeguards import PUSHING
from batten.technologies.shared.deployment.commands import destroys
from batten.technologies.shared.deployment.moving import moving

_ELSEWHERE = re.compile(r'(?:"\$\{)?\s*(?:var|local|module|data|each|count)\.')

__all__ = ["read", "settings", "units", "write"]


def units(files: Sequence[str], workspace: Workspace) -> Iterable[Unit]:
    return grouped(files, workspace)


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    yield from problems(unit, workspace)
    folders = {folder_of(file) for file in unit.files}
    for module in modules(unit, workspace):
        if module.folder not in folders:
            continue
        for bucket in buckets(module, loose(module)):
            for fact in (bucket, *bucket.cors):
                yield _called(fact, module)
        yield from () if module.library else unused(module)
    written = list(_secrets(unit, workspace, folders))
    yield from written
    known = [s.value.at for s in written]
    known += [at for m in modules(unit, workspace) if not m.library for at in stand_ins(m)]
    for root in roots(unit, workspace):
        for fact in facts(resources(root, frozenset(folders))):
            if not isinstance(fact, Secret) or _is_new(fact, known, workspace):
                yield _called(fact, root)


def _called(fact: Fact, module: Module) -> Fact:
    """The fact, with what its caller is for: what only examples give to a module is no deployment of it."""
    context = called_from(module, folder_of(fact.at.source))
    return changed(fact, at=changed(fact.at, context=context)) if context is not None else fact


def _secrets(unit: Unit, workspace: Workspace, folders: set[str]) -> Iterator[Secret]:
    """Of each folder once, however often its module is called. What a plan holds is written elsewhere."""
    by_folder = {m.folder: m for m in modules(unit, workspace) if m.folder in folders and not m.library}
    if not is_name(unit.main):
        for module in by_folder.values():
            yield from secrets(module, workspace)


def _is_new(secret: Secret, known: list[Location], workspace: Workspace) -> bool:
    """Whether a secret of a resource stands there, and not in a variable or local, and is not known."""
    at, span = secret.value.at, secret.value.at.span
    if span is None:
        return True
    if _ELSEWHERE.match(workspace.text(at.source).text, span.start):
        return False
    places = (k.span for k in known if k.source == at.source)
    return not any(p.start < span.end and span.start < p.end for p in places if p is not None)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """Edits of HCL. A plan, or JSON, is made by something else that should be changed; and where a caller's
    argument decides, the module is not rewritten for all its callers."""
    if at.source.endswith(".json") or at.through:
        return None
    here = [m for m in modules(unit, workspace) if m.folder == folder_of(at.source) and not m.library]
    held = (m for m in here if not m.overridden)
    found = next((fix for m in held if (fix := fix_of(m, remedy, at)) is not None), None)
    others = (credentials.fix_of, changes.fix_of, registry_fixes.fix_of)
    found = found or next(
        (fix for write in others if (fix := write(workspace, remedy, at)) is not None), None
    )
    return _asked(found, at, any(m.reusable for m in here), workspace) if found is not None else None


_REFERENCE = re.compile(r"(?:\$\{\s*)?(?P<name>(?:var|local)(?:\.\w+)+)\s*\}?")


def _replaced_reference(fix: Fix, workspace: Workspace) -> str:
    """The variable or local whose value a literal would replace; its other users, and the module's callers, would not notice."""
    for edit in fix.edits:
        written = (
            workspace.text(edit.source).text[edit.span.start : edit.span.end]
            if workspace.exists(edit.source)
            else ""
        )
        found = _REFERENCE.fullmatch(written.strip().strip('"'))
        if found is not None and found["name"] not in edit.text:
            return found["name"]
    return ""


def _asked(fix: Fix, at: Location, reusable: bool, workspace: Workspace) -> Fix:
    """The fix, or a question where it stops what is done on purpose: a pipeline destroys what it locks, or a module for callers says
    that it is not locked; a file deploys a tag that is pushed again."""
    question = ""
    if fix.breaks == DELETING:
        path = destroys(folder_of(at.source), workspace)
        if path:
            question = f"may it be kept from deletion? {path} runs `terraform destroy`, which would fail"
        elif reusable and at.kind is Kind.VALUE:
            question = "may callers of this module keep it from deletion? add a variable for it"
    elif fix.breaks == PUSHING:
        path = moving(workspace)
        question = f"may tags stay as they are first pushed? {path} deploys one that moves" if path else ""
    elif named := _replaced_reference(fix, workspace):
        question = f"which value should `{named}` have? the module takes it from there: change it at its variable, or where the module is called"
    return Fix(fix.title, (), safety=Safety.VALUE, question=question) if question else fix


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The settings that modules use, as the inventory spells them: `aws_db_instance.storage_encrypted`, nested blocks with dots between."""
    seen: set[int] = set()
    for module in modules(unit, workspace):
        for declared in () if module.library else (*module.resources.values(), *module.data.values()):
            if id(declared) not in seen:
                seen.add(id(declared))
                kind = declared.block.labels[0]
                yield from _of(
                    declared, declared.block, f"data.{kind}" if declared.block.type == "data" else kind
                )


def _of(declared: Declared, outer: Block, name: str) -> Iterator[tuple[str, Location]]:
    waiting = [(outer, name)]
    while waiting:
        block, path = waiting.pop()
        for attribute in block.body.attributes.values():
            yield f"{path}.{attribute.name}", declared.value(attribute, f"{path}.{attribute.name}")
        for inner in block.body.blocks:
            if inner.type == "dynamic" and inner.labels:
                content = inner.body.first("content")
                waiting += [(content, f"{path}.{inner.labels[0]}")] if content is not None else []
            else:
                waiting.append((inner, f"{path}.{inner.type}"))

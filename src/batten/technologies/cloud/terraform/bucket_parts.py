"""Which bucket the resources of a module configure: told of each of them once, and looked up by the bucket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from batten.model import UNKNOWN, Unknown
from batten.technologies.cloud.terraform.evaluate import Evaluator, Reference
from batten.technologies.cloud.terraform.instances import scopes
from batten.technologies.cloud.terraform.module import Declared, Module, Tree

BUCKET = "aws_s3_bucket"
_DEEPEST = 8  # resources that name a bucket by way of another
Target = Reference | str | Unknown | None  # None: something else than a bucket of Terraform's


@dataclass(slots=True)
class Parts:
    """The resources of one kind, each with its number: by the address of the bucket that they refer to, and by the name
    of the bucket. `unclear`: of one it cannot be told."""

    referring: dict[str, tuple[int, Declared]] = field(default_factory=dict)
    naming: dict[str, tuple[int, Declared]] = field(default_factory=dict)
    unclear: bool = False

    def of(self, address: str, name: str | None) -> Declared | None:
        """The first that configures the bucket."""
        found = [self.referring.get(address), self.naming.get(name) if name is not None else None]
        return min((part for part in found if part is not None), key=lambda part: part[0], default=(0, None))[
            1
        ]


def exists(declared: Declared, evaluator: Evaluator) -> bool:
    """Whether a resource is, or may be, made: `count` may be zero."""
    return bool(scopes(declared, evaluator))


def parts(module: Module, kind: str) -> Parts:
    """The resources of a kind that a module has."""
    if kind not in module.parts:
        made, evaluator = Parts(), Evaluator(module)
        for number, declared in enumerate(module.of(kind)):
            if not exists(declared, evaluator):
                continue
            target = _target(declared, evaluator)
            if isinstance(target, Reference):
                made.referring.setdefault(target.address, (number, declared))
            elif isinstance(target, str):
                made.naming.setdefault(target, (number, declared))
            made.unclear = made.unclear or isinstance(target, Unknown)
        module.parts[kind] = made
    found = module.parts[kind]
    assert isinstance(found, Parts)
    return found


def _target(declared: Declared, evaluator: Evaluator, depth: int = 0) -> Target:
    """What a resource's `bucket` is: a bucket by reference or by name, or that of another resource."""
    named = declared.body.attributes.get("bucket")
    value = evaluator.value(named.expression) if named else UNKNOWN
    match value:
        case Reference(kind=kind, data=False) if kind == BUCKET:
            return value
        case Reference(kind=kind, name=name, data=False) if depth < _DEEPEST:
            other = evaluator.module.resources.get((kind, name))
            return UNKNOWN if other is None else _target(other, evaluator, depth + 1)
        case Reference(data=True):
            return None
        case str():
            return value
        case _:
            return UNKNOWN


def elsewhere(tree: Tree, module: Module, kind: str, address: str) -> bool:
    """Whether a module of the tree other than this one has a resource of that kind for the bucket at the address."""
    if kind not in tree.naming:
        tree.naming[kind] = {}
        for named_module in tree.modules:
            for declared in named_module.of(kind):
                attribute = declared.body.attributes.get("bucket")
                value = Evaluator(named_module).value(attribute.expression) if attribute is not None else None
                if isinstance(value, Reference):
                    other, named = named_module, value.address
                    tree.naming[kind].setdefault(named, set()).add(id(other))
    return bool(tree.naming[kind].get(address, set()) - {id(module)})


def log_targets(module: Module) -> set[str]:
    """The names of a module's buckets that take the access logs of others."""
    if module.tree is None:
        return {value.name for value in _targets([module]) if value.module == module.address}
    if module.tree.logged is None:
        module.tree.logged = {}
        for value in _targets(module.tree.modules):
            module.tree.logged.setdefault(value.module, set()).add(value.name)
    return module.tree.logged.get(module.address, set())


def _targets(modules: list[Module]) -> Iterator[Reference]:
    for module in modules:
        evaluator = Evaluator(module)
        for declared in module.resources.values():
            bodies = [declared.body, *(b.body for b in declared.body.all("logging"))]
            for target in (t for b in bodies if (t := b.attributes.get("target_bucket"))):
                value = evaluator.value(target.expression)
                if isinstance(value, Reference) and value.kind == BUCKET:
                    yield value

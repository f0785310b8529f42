"""Whether every object of a bucket is deleted after some days.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket_lifecycle_configuration
"""

from __future__ import annotations

from typing import Protocol

from batten.formats.hcl import Attribute, Body
from batten.model import Unknown
from batten.technologies.cloud.terraform.evaluate import Value
from batten.technologies.cloud.terraform.module import Declared

_WHOLE = ("", None)


class View(Protocol):
    """One bucket and the resources that are about it."""

    @property
    def bucket(self) -> Declared: ...

    def part(self, kind: str) -> Declared | Unknown | None: ...

    def value(self, attribute: Attribute) -> Value: ...


def expires(view: View) -> bool:
    """Whether a rule of the bucket's life cycle is for every object, and deletes it."""
    part = view.part("lifecycle_configuration")
    if isinstance(part, Unknown):
        return False
    rules = part.body.all("rule") if part is not None else view.bucket.body.all("lifecycle_rule")
    return any(_in_force(view, rule.body) and _unfiltered(view, rule.body) for rule in rules)


def _in_force(view: View, rule: Body) -> bool:
    states = [view.value(a) for name in ("status", "enabled") if (a := rule.attributes.get(name))]
    ends = [
        end for block in rule.all("expiration") for end in ("days", "date") if end in block.body.attributes
    ]
    return bool(ends) and states in (["Enabled"], [True])


def _unfiltered(view: View, rule: Body) -> bool:
    bodies = (rule, *(block.body for block in rule.all("filter")))
    narrowed = [
        a for body in bodies for name, a in body.attributes.items() if name not in ("id", "status", "enabled")
    ]
    inner = [block for body in bodies[1:] for block in body.walk()]
    return not inner and all(view.value(attribute) in _WHOLE for attribute in narrowed)

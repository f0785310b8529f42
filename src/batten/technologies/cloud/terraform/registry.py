"""Modules of the public registry: what their inputs mean is data, a file for each in `registry/`.

Such a file is written like a module: the inputs that matter with their defaults, and the resources that they end in. Defaults of
earlier versions are told by `local.major`, the major version that the call names (the newest where it names none); `local.submodule`
is what the call names below `modules/`. Sources: the modules' own `variables.tf` and `main.tf`, tag by tag; the addresses:
https://developer.hashicorp.com/terraform/language/modules/sources
"""

from __future__ import annotations

import re
from functools import lru_cache

from batten.files.own import own_text
from batten.formats.document import Text
from batten.formats.expressions import Literal
from batten.formats.hcl import Body, parse
from batten.model import Span
from batten.model.record import record
from batten.technologies.cloud.terraform.module import Declared, Module
from batten.technologies.cloud.terraform.reading import add

NEWEST = 999
_NAMED = re.compile(
    r"(?:registry\.(?:terraform\.io|opentofu\.org)/)?([\w-]+)/([\w-]+)/aws(?://modules/([\w-]+))?/?$"
    r"|tfr://(?:registry\.(?:terraform\.io|opentofu\.org))?/([\w-]+)/([\w-]+)/aws(?://modules/([\w-]+))?(?:\?version=v?([\d.]+))?$"
)
_CLONED = re.compile(
    r"(?:git::)?(?:https://|ssh://|git@)?(?:\w+@)?github\.com[/:]([\w-]+)/terraform-aws-([\w-]+?)(?:\.git)?"
    r"(?://modules/([\w-]+))?(?:\?(?:[^&]*&)*?ref=v?([\d.]+)[^?]*)?$"
)
_UPPER = re.compile(r"<\s*v?(\d{1,6})(?:\.(\d{1,6}))?")
_EXACT = re.compile(r"\s{0,9}(?:=|~>)?\s{0,9}v?(\d{1,6})(?!\d)")
LONGEST = 1000  # characters of an address


@record
class Known:
    """A module by its place in the registry; `submodule` is "" for the whole."""

    name: str  # "terraform-aws-modules/rds"
    submodule: str
    major: int


def known(source: str, version: str) -> Known | None:
    """The module that a `source` and `version` name; None for one that is not of a public registry's form."""
    if len(source) > LONGEST or len(version) > LONGEST:
        return None
    if (found := _NAMED.match(source)) is not None:
        owner, name, sub, *nested = found.groups()
        if owner is None:
            owner, name, sub, version = nested[0], nested[1], nested[2], nested[3] or version
        return Known(f"{owner}/{name}", sub or "", major(version))
    if (found := _CLONED.match(source)) is not None:
        owner, name, sub, ref = found.groups()
        return Known(f"{owner}/{name}", sub or "", major(ref or ""))
    return None


def major(version: str) -> int:
    """The major version that a constraint allows: the greatest, where it has an upper end."""
    upper = _UPPER.search(version)
    if upper is not None:
        return int(upper[1]) - (1 if not int(upper[2] or 0) else 0)
    exact = _EXACT.match(version)
    return int(exact[1]) if exact is not None else NEWEST


@lru_cache(256)
def _described(name: str, submodule: str) -> tuple[Text, Body] | None:
    """The description of a module. One for the whole serves its submodules where it speaks of them."""
    path = f"technologies/cloud/terraform/registry/{name}"
    text = own_text(f"{path}--{submodule}.hcl") if submodule else own_text(f"{path}.hcl")
    if text is None and submodule:
        whole = own_text(f"{path}.hcl")
        text = whole if whole is not None and "local.submodule" in whole else None
    return None if text is None else (Text(f"{name}.hcl", text), parse(text))


def is_described(source: str) -> bool:
    """Whether the inputs of the module at an address are known."""
    module = known(source, "")
    return module is not None and _described(module.name, module.submodule) is not None


def described(call: Declared, folder: str) -> Module | None:
    """What a call of a registry's module declares, its places those of the call; None for one that is not known."""
    module = known(_word(call, "source"), _word(call, "version"))
    found = _described(module.name, module.submodule) if module is not None else None
    if module is None or found is None:
        return None
    source, body = found
    made = Module(folder, library=True)
    for block in body.blocks:
        add(made, Declared(block, source, call=call))
    made.settled.clear()
    nowhere = Span(0, 0)
    made.locals["major"] = Literal(module.major, nowhere)
    made.locals["submodule"] = Literal(module.submodule, nowhere)
    return made


def _word(call: Declared, name: str) -> str:
    written = call.body.attributes.get(name)
    held = written.expression if written else None
    return held.value if isinstance(held, Literal) and isinstance(held.value, str) else ""
